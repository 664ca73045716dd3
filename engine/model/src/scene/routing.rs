//! What chooses ways for parts, checked. Ids instead of names, nothing that can be wrong.

use super::*;

/// Chooses a way for each part that passes its spot, and writes its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Router {
    pub spot: SpotId,
    /// Set to the way's number.
    pub sets: AttributeId,
    pub by: Routing,
    pub when: Option<Condition>,
    pub skip_full: bool,
    /// Two or more.
    pub ways: Vec<Way>,
    /// Elements on which a part is still on its way to one of the ways.
    pub approach: Vec<ElementId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Routing {
    /// One share for each way, above 0.
    Ratio(Vec<u32>),
    RoundRobin,
    ShortestQueue,
}

/// One of the ways among which a router chooses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// As written: `arm 1.side`.
    pub name: String,
    /// What the router writes for it, from 1.
    pub number: u32,
    pub out_port: PortId,
    /// Conveyors and buffers from there on, in flow order.
    pub lane: Vec<ElementId>,
    /// The station at which it ends; `None`: a merge, a machine or a sink behind the lane.
    pub end: Option<SpotId>,
    /// Full with so many parts.
    pub room: Option<u32>,
}
