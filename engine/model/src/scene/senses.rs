//! What sees and measures, checked, and how it lies. Readers are in `sortation`.

use super::*;

/// A light barrier across its host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eye {
    /// The element that owns it: the eye itself, or a zone conveyor.
    pub element: ElementId,
    pub host: ConveyorId,
    pub at_m: f64,
    /// Of the beam above the surface [m].
    pub height_m: f64,
    /// From a broken, or a free, beam until it says so.
    pub on_delay: Time,
    pub off_delay: Time,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    pub spot: SpotId,
    pub when: Option<Condition>,
    /// Until the line knows.
    pub delay: Time,
}

/// Measures parts while they pass the beams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LightGrid {
    /// Without a length.
    pub spot: SpotId,
    /// Set to length, width and height as measured.
    pub sets: [Option<AttributeId>; 3],
    pub pitch_m: f64,
    pub error_sd_m: f64,
    /// Until the line knows.
    pub delay: Time,
}

/// A station whose work is to let a part settle and to weigh it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    pub station: Station,
    pub error_sd_kg: f64,
    /// Of what it shows; 0: none [kg].
    pub division_kg: f64,
    pub weight: Option<AttributeId>,
    /// Set to whether the weight is within these limits [kg].
    pub within: Option<(AttributeId, [f64; 2])>,
    /// Set to whether another part was on the platform.
    pub disturbed: Option<AttributeId>,
    pub delay: Time,
}

/// Reads the tags in its field, and in what is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagReader {
    /// The field.
    pub spot: SpotId,
    /// A part with this attribute has a tag.
    pub reads: AttributeId,
    pub sets: AttributeId,
    /// Set, on what passes, to how many tags were read.
    pub counts: Option<AttributeId>,
    /// Probability of an answer in each round [-].
    pub read_rate: f64,
    /// Of a round, for each tag in the field [s].
    pub round_s: f64,
    pub delay: Time,
}

/// Counts the way of a drive's surface.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    pub host: ConveyorId,
    pub at_m: f64,
    pub drive: DriveId,
    /// [1/m]
    pub pulses_per_m: f64,
}

impl ElementKind {
    /// Where a sensor looks that parts pass in motion.
    pub fn sense(&self) -> Option<SpotId> {
        match self {
            ElementKind::Checkweigher(Checkweigher { spot, .. })
            | ElementKind::Scanner(Scanner { spot, .. })
            | ElementKind::TagReader(TagReader { spot, .. })
            | ElementKind::LightGrid(LightGrid { spot, .. }) => Some(*spot),
            _ => None,
        }
    }
}

/// A way in which a sensor lies from time to time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    pub mode: String,
    pub kind: FaultKind,
    pub clock: FaultClock,
    /// Until the next one: [s] or [parts], by the clock.
    pub uptime: Distribution,
    pub repair_s: Distribution,
    /// Whom a repair waits for.
    pub crew: Option<CrewNeed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum FaultKind {
    StuckOn,
    StuckOff,
    /// Probability of each part [-].
    Misses(f64),
    /// Added to what is measured.
    Offset(f64),
}

/// What runs towards the next fault; it stands while the fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultClock {
    Time,
    /// Parts that come to the sensor.
    Parts,
}
