//! What chooses a way for parts, as written. Knows nothing about where the ways are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Chooses one of several ways for each part that passes, and writes it on the part; where the part then goes is up to the
/// diverters, which read it: `when: "lane == 'arm 1.side'"`. It has no hardware: it stands where a control decides, upstream
/// of all its ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Router")]
pub struct RouterSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The attribute that it writes: which way. Conditions compare it with the way's name as `over` writes it, or with its
    /// number from 1 in the order of `over`; routers that write the same attribute count on.
    pub sets: String,
    /// The ways among which it chooses: out-ports downstream of it, `"arm 1.side"`, or `"belt"` for straight on at the end.
    pub over: Vec<String>,
    /// How it chooses.
    pub by: RoutingSpec,
    /// For which parts, e.g. `"part == 'carton'"`; the others get no way.
    #[serde(default)]
    pub when: Option<String>,
    /// Passes over a way that is full or stands: with as many parts as `room` says, whose diverter's `full_when` holds, or of
    /// which the diverter, a conveyor or the machine at its end is down, held, jammed or in a break. Where all are, it
    /// chooses among all.
    #[serde(default)]
    pub skip_full: bool,
    /// How many parts each way takes before it is full, in the order of `over`; by default what its zone conveyors and buffers
    /// hold, where it has nothing else [parts].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub room: Vec<u32>,
}

/// How a router chooses. The parts of a way are those that were sent there and have not come to its end: to the end of the
/// first station on it, or to a merge, a packer or a sink.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Routing")]
pub enum RoutingSpec {
    /// In this ratio, evenly mixed and without chance: exact over every cycle of as many parts as the shares add up to. A way
    /// that was passed over is not made up for.
    Ratio {
        /// One for each way, in the order of `over`: `Ratio([2, 1, 1])` [parts].
        shares: Vec<u32>,
    },
    /// One after the other.
    RoundRobin,
    /// The way with the fewest parts; of equals the first in `over`.
    ShortestQueue,
}
