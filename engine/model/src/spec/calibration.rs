//! What contact physics says of a line that exact events cannot know by themselves, as `linetwin calibrate` writes it. Knows nothing
//! about how it was measured.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was measured with contact physics, for exact events. `linetwin calibrate SCENE` writes a file with it, which the scene then
/// includes; contact physics does not read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Calibration")]
pub struct CalibrationSpec {
    /// Fingerprint of the scene that it was measured on: the check warns where the scene is another one now.
    pub of_scene: String,
    /// By element.
    #[serde(default)]
    pub elements: IndexMap<String, CalibratedSpec>,
    /// What to expect of exact events with these values, on random numbers that were not used to find them.
    #[serde(default)]
    pub apart: ApartSpec,
}

/// Of one element.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Calibrated")]
pub struct CalibratedSpec {
    /// Until a part that has come to its hold rests there: it bounces off a blade, a jaw shifts it [s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_s: Option<FittedSpec>,
    /// Until a part that its hold lets go sets off [s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_s: Option<FittedSpec>,
    /// Of a conveyor without a drive: what resists parts there beyond the friction of their materials or the resistance of its
    /// rollers; negative where less does [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resistance: Option<FittedSpec>,
    /// Of a hopper: what pours out of it, over what the textbook says of its outlet, or of what takes it along below [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FittedSpec>,
    /// Of a conveyor: how much later one that jams is found to stand there: what comes up behind it moves it on, and it turns [s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jams_late_s: Option<FittedSpec>,
    /// Of a conveyor: what jams there, by part.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub jams: IndexMap<String, JammingSpec>,
    /// Of a diverter or a pusher: what goes past although it was told to take it off, by part.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub misses: IndexMap<String, MissedSpec>,
    /// Of a diverter or a pusher: how much longer it takes than exact events have it until the centre of a part is off its host;
    /// negative where less [s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_off_s: Option<FittedSpec>,
    /// Of a diverter or a pusher: how fast parts then come onto what follows at its side, along the flow there, over its own speed: of
    /// its wheels, of the host of an arm or of shoes, of a plate from end to end of its stroke [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hands_over: Option<FittedSpec>,
    /// Of a diverter or a pusher: how much of their way parts cover at the end of what follows at its side, over their length, since they
    /// turn while they come there [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<FittedSpec>,
    /// Of a station or a stop with a blade: what slips past it with the part that it keeps, by part.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub slips: IndexMap<String, SlippedSpec>,
}

/// How parts of one type slip past a blade with the part that it keeps: beside it, or touching it from behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Slipped")]
pub struct SlippedSpec {
    /// Of the parts that come while another is there, how many slip past [-].
    pub share: FittedSpec,
    /// A property of a part that decides how often it does; without it, every part of the type slips past as often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PropertySpec>,
}

/// How parts of one type go past a diverter or a pusher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Missed")]
pub struct MissedSpec {
    /// Of the parts that it was told to take off, how many go past it [-].
    pub share: FittedSpec,
    /// A property of a part that decides how often it does; without it, every part of the type goes past as often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PropertySpec>,
}

/// How parts of one type jam on a conveyor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Jamming")]
pub struct JammingSpec {
    /// Of the parts that come along there, how many jam [-].
    pub share: FittedSpec,
    /// Where the centre of one that jams is then, from the conveyor's beginning [m].
    pub at_m: f64,
    /// Of the parts that are behind one when it jams, and would not jam by themselves, how many jam next: they turn while they queue
    /// up [-]; without it, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_behind: Option<FittedSpec>,
    /// A property of a part that decides how often it does; without it, every part of the type jams as often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PropertySpec>,
    /// Mean time until a jam that was recognised ends by itself, where nobody clears it [s]; without it, it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_after_s: Option<FittedSpec>,
    /// Of the times that the conveyor ran backwards to clear a jam, how many cleared it [-]; without it, none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversals_that_clear: Option<FittedSpec>,
    /// Of the times that somebody set a jammed part straight, how many cleared it [-]; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub straightenings_that_clear: Option<FittedSpec>,
}

/// A property of parts, and how many of them it happens to by its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Property")]
pub struct PropertySpec {
    /// Which property.
    pub of: PartPropertySpec,
    /// From the smallest values to the largest.
    pub classes: Vec<ClassSpec>,
}

/// What is drawn for each part, and may decide whether it jams, or goes past what should take it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "PartProperty")]
pub enum PartPropertySpec {
    /// Along the flow as it came into the line [m].
    Length,
    /// Across the flow as it came into the line [m].
    Width,
    /// Upwards [m].
    Height,
    /// With what it holds [kg].
    Mass,
    /// How far its centre was beside the middle of the conveyor onto which it was set down, on either side [m].
    OffCentre,
    /// How far its centre was to the left of that middle, seen in flow direction; negative to the right [m].
    Left,
}

/// Parts whose property lies between the bound of the class before and their own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Class")]
pub struct ClassSpec {
    /// The largest value that belongs to it, in the property's unit [m], [kg]; the last class has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<f64>,
    /// Of these parts, how many it happens to [-].
    pub share: FittedSpec,
}

/// By how much exact events differ from contact physics, over the value with contact physics.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Apart")]
pub struct ApartSpec {
    /// `line.throughput_per_h` [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput_per_h: Option<FittedSpec>,
    /// `line.lead_time_mean_s` [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_time_mean_s: Option<FittedSpec>,
    /// `line.wip_mean` [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wip_mean: Option<FittedSpec>,
    /// `line.jams` [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jams: Option<FittedSpec>,
    /// `line.misroutes` [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misroutes: Option<FittedSpec>,
    /// `line.bulk_out_kg` [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_out_kg: Option<FittedSpec>,
    /// `line.bulk_filled_kg` [-].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_filled_kg: Option<FittedSpec>,
}

/// A measured value, in the unit of its field.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Fitted")]
pub struct FittedSpec {
    /// The best estimate.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// How many observations it was made of [observations].
    pub observations: u32,
}
