//! What sees and measures, as written: photo-eyes, counters, light grids, scales, tag readers, encoders, and how sensors lie. Scanners and
//! checkweighers have places of their own. Knows nothing
//! about what the line does with what it is told.

use super::{FailureSpec, PowerSpec, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A photo-eye: a light barrier across a conveyor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Eye")]
pub struct EyeSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// Height of its beam above the carrying surface [m].
    #[serde(default = "beam_height_m")]
    pub height_m: f64,
    /// How long its beam is broken before it says so; what passes faster is not told [s].
    #[serde(default)]
    pub on_delay_s: f64,
    /// How long its beam is free before it says so; a shorter gap is not told [s].
    #[serde(default)]
    pub off_delay_s: f64,
    /// How it lies from time to time.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
}

/// Counts the parts that pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Counter")]
pub struct CounterSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// Which parts, e.g. `"!weight_ok && mass_kg > 3"`; the others do not count.
    #[serde(default)]
    pub when: Option<String>,
    /// From a part in its middle until the line knows [s].
    #[serde(default)]
    pub delay_s: f64,
    /// How it lies from time to time.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
}

/// A light grid: beams across and from above that measure parts in motion as they are, so that a skewed or tipped part
/// reads longer, wider or higher than it is. It measures a part while that passes and knows when its trailing face is through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "LightGrid")]
pub struct LightGridSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Where its beams are along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The attributes that it writes.
    pub sets: GridSetsSpec,
    /// Distance of its beams: what it measures is a multiple of that, the nearest [m].
    #[serde(default = "pitch_m")]
    pub pitch_m: f64,
    /// Standard deviation of the measurement before that, of each of length, width and height [m].
    #[serde(default)]
    pub error_sd_m: f64,
    /// From a part's trailing face in its beams until the line knows [s].
    #[serde(default)]
    pub delay_s: f64,
    /// How it lies from time to time. A part that it does not see has no measures.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// The names of the attributes that a light grid writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "GridSets")]
pub struct GridSetsSpec {
    /// Extent along the flow [m].
    #[serde(default)]
    pub length_m: Option<String>,
    /// Extent across the flow [m].
    #[serde(default)]
    pub width_m: Option<String>,
    /// Height of its topmost point above the carrying surface [m].
    #[serde(default)]
    pub height_m: Option<String>,
}

/// A static scale: a blade holds each part on its platform until it has stood still for `settle_s`. While another part is on
/// the platform, however little, the reading has a share of that part's weight, drawn between none and all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Scale")]
pub struct ScaleSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// Its centre along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The attributes that it writes.
    pub sets: ScaleSetsSpec,
    /// How long a part must have stood still [s].
    #[serde(default = "settle_s")]
    pub settle_s: f64,
    /// Standard deviation of the measurement [kg].
    #[serde(default)]
    pub error_sd_kg: f64,
    /// What it shows is a multiple of this; 0: all figures [kg].
    #[serde(default)]
    pub division_kg: f64,
    /// Lower and upper limit of `sets.within` [kg].
    #[serde(default)]
    pub limits_kg: Option<[f64; 2]>,
    /// Length of its platform along the host; the blade stands at its end [m].
    #[serde(default = "platform_length_m")]
    pub length_m: f64,
    /// Which parts, e.g. `"part == 'carton'"`; the others pass.
    #[serde(default)]
    pub when: Option<String>,
    /// From the reading until the line knows [s].
    #[serde(default)]
    pub delay_s: f64,
    /// How it lies from time to time. A part that it does not see has no weight.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
    /// Planned run time per item (ISO 22400-2), against which performance is measured [s]. Otherwise: `settle_s`.
    #[serde(default)]
    pub ideal_cycle_s: Option<f64>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// The names of the attributes that a scale writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ScaleSets")]
pub struct ScaleSetsSpec {
    /// What it reads [kg].
    #[serde(default)]
    pub weight_kg: Option<String>,
    /// 1 where that is within the limits, else 0.
    #[serde(default)]
    pub within: Option<String>,
    /// 1 where another part was on the platform, else 0.
    #[serde(default)]
    pub disturbed: Option<String>,
}

/// Reads tags by radio: of all parts in its field, and of what is in them. In rounds, one tag after the other: the longer a
/// part is in the field and the fewer tags there are, the surer each is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "TagReader")]
pub struct TagReaderSpec {
    /// The belt, curve or zone conveyor it stands at.
    pub on: String,
    /// The middle of its field along the host's centre line; negative from the end [m].
    pub at_m: f64,
    /// The attribute that a tag holds, as a Source or a Station sets it. A part without it has no tag.
    pub reads: String,
    /// The attribute that it writes with that value, on the part whose tag it is; unset where the tag was not read.
    pub sets: String,
    /// The attribute that it writes on the part that passes with how many tags it read on it and in it.
    #[serde(default)]
    pub counts: Option<String>,
    /// Probability that a tag answers in a round [-].
    #[serde(default = "answer_rate")]
    pub read_rate: f64,
    /// Time of a round for each tag in the field [s].
    #[serde(default = "round_s")]
    pub round_s: f64,
    /// Length of its field along the host [m].
    #[serde(default = "field_length_m")]
    pub length_m: f64,
    /// From a part's trailing face out of the field until the line knows [s].
    #[serde(default)]
    pub delay_s: f64,
    /// How it lies from time to time. Of a part that it does not see it reads no tag.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
    /// What stops it from time to time.
    #[serde(default)]
    pub failures: Vec<FailureSpec>,
    /// Electrical power by state [W].
    #[serde(default)]
    pub power_w: PowerSpec,
}

/// An encoder at a drive: it counts the way of the surface in pulses, backwards too. Conditions ask it (`encoder.position_m`,
/// `encoder.speed_mps`), and a diverter can follow parts by it (`Track`). In a fault it loses pulses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Encoder")]
pub struct EncoderSpec {
    /// The belt, curve, zone conveyor or loop whose way it counts.
    pub on: String,
    /// Where it is along the host's centre line, which says whose zone's drive it counts; negative from the end [m].
    #[serde(default)]
    pub at_m: f64,
    /// Its resolution [1/m].
    #[serde(default = "pulses_per_m")]
    pub pulses_per_m: f64,
    /// How it lies from time to time: `StuckOff` counts nothing, `Misses` loses that share of the pulses.
    #[serde(default)]
    pub faults: Vec<FaultSpec>,
}

/// A way in which a sensor lies from time to time. The line acts on what it is told; the measures know what is. Several may
/// last at once: the first one in the list that is stuck decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Fault")]
pub struct FaultSpec {
    /// What it is called: one line of the report.
    pub mode: String,
    /// How it lies.
    pub kind: FaultKindSpec,
    /// Time until the next one, from the end of the one before [s].
    #[serde(default)]
    pub uptime_s: Option<Quantity>,
    /// Instead: how many parts come to the sensor until the next one [parts].
    #[serde(default)]
    pub uptime_parts: Option<Quantity>,
    /// Time until it tells the truth again [s].
    pub repair_s: Quantity,
    /// The crew (of `resources`) that a repair waits for.
    #[serde(default)]
    pub crew: Option<String>,
    /// Of its calls for the crew: the highest goes first [-].
    #[serde(default)]
    pub crew_priority: i32,
}

/// How a sensor lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "FaultKind")]
pub enum FaultKindSpec {
    /// A photo-eye, or the field of a lidar, says that something is there, whatever is.
    StuckOn,
    /// It sees nothing at all.
    StuckOff,
    /// It does not see some of the parts.
    Misses {
        /// Probability of each part that comes [-].
        probability: f64,
    },
    /// What it measures is off by the same amount each time.
    Offset {
        /// Added to what it measures, in the unit of that: a weigher's in [kg], a light grid's in [m].
        by: f64,
    },
}

fn pulses_per_m() -> f64 {
    1000.0
}
fn pitch_m() -> f64 {
    0.005
}
fn settle_s() -> f64 {
    0.5
}
fn platform_length_m() -> f64 {
    0.6
}
fn answer_rate() -> f64 {
    0.5
}
fn round_s() -> f64 {
    0.02
}
fn field_length_m() -> f64 {
    1.0
}
fn beam_height_m() -> f64 {
    0.05
}
