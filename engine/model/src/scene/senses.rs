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
