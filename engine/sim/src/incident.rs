//! Incidents: what went wrong with one part, and the circumstances it was seen in. Plain data that the transport fills,
//! the line completes and the measures rank; nobody decides anything here.

use crate::parts::PartId;
use linetwin_model::scene::ElementId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IncidentKind {
    /// Stands on a running conveyor, and nothing holds it on purpose.
    Jam,
    /// Lies on the floor.
    Drop,
    /// Turned beyond the pose in which it stood: its centre of mass is no longer above that face.
    Tip,
    /// Turned against the flow, so that it is wider than its lane; where two rails prevent that, it jams instead.
    Skew,
    /// Lies across a transfer, in the way of what comes along there: at rest over the side of a conveyor, or at a platform that
    /// travels.
    Overlap,
}

impl IncidentKind {
    pub const ALL: [IncidentKind; 5] =
        [IncidentKind::Jam, IncidentKind::Drop, IncidentKind::Tip, IncidentKind::Skew, IncidentKind::Overlap];

    /// As events, measures and reports call it.
    pub fn name(self) -> &'static str {
        match self {
            IncidentKind::Jam => "jam",
            IncidentKind::Drop => "drop",
            IncidentKind::Tip => "tip-over",
            IncidentKind::Skew => "skew",
            IncidentKind::Overlap => "overlap",
        }
    }
}

/// What held, pushed or turned the part: where the largest force acted that did not carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Touched {
    /// Only what carries it.
    #[default]
    Nothing,
    Part(PartId),
    /// A guide rail of this conveyor.
    Rail(ElementId),
    /// A conveyor's edge or end.
    Conveyor(ElementId),
    /// A blade, jaw or plate of this device, or a fixture.
    Device(ElementId),
    Floor,
}

/// How it was when it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    pub touched: Touched,
    /// Of the part when it last moved freely [m/s].
    pub speed_mps: f64,
    /// Of its long axis against the flow, -90 to 90 degrees [rad].
    pub yaw_rad: f64,
    /// Of its up axis against the vertical [rad].
    pub tilt_rad: f64,
    /// Coefficient between the part and what it touched; the carrying surface's where it touched nothing [-].
    pub friction: f64,
    /// The diverter, merge or platform whose way it is in, of an overlap.
    pub across: Option<ElementId>,
}

/// One incident, complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub kind: IncidentKind,
    pub part: PartId,
    /// Where it was.
    pub element: ElementId,
    pub circumstances: Circumstances,
    pub traits: Traits,
}

/// The decisive properties of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traits {
    /// Length, width, height as it entered [m].
    pub size_m: [f64; 3],
    pub mass_kg: f64,
}
