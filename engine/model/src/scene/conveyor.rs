//! Conveyors of the checked scene: path, what carries, rails, drives.

use super::{ConveyorId, DriveId, ElementId, ElementKind, Fidelity, MaterialId, PortId, Scene};
use crate::geometry::Path;
use serde::{Deserialize, Serialize};

/// A driven surface that carries parts along a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conveyor {
    pub element: ElementId,
    pub path: Path,
    pub width_m: f64,
    pub material: MaterialId,
    pub carrying: Carrying,
    pub rails: Rails,
    /// In flow order, end to start, covering the path.
    pub drives: Vec<DriveId>,
    pub in_port: PortId,
    pub out_port: PortId,
    /// Of a belt that runs both ways: where parts leave against its flow, where it begins.
    pub back_port: Option<PortId>,
}

/// What of a conveyor carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Carrying {
    /// One closed surface: a belt, or driven rollers so close that no part notices them.
    #[default]
    Closed,
    /// So many narrow strands, the outer ones at the edges, with free space between them.
    Strands { count: u32, width_m: f64 },
    /// So many chains side by side with no free space, fastest on the right: that one is `fast_m` wide and moves `share` times
    /// as fast as the drive, the leftmost as fast as the drive, those between them in even steps.
    Chains { count: u32, fast_m: f64, share: f64 },
    /// Rollers that turn freely; the conveyor's one drive has the speed 0 and stands for nothing.
    FreeRollers(FreeRollers),
}

/// Rollers that turn freely; distance and diameter [m].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FreeRollers {
    pub pitch_m: f64,
    pub diameter_m: f64,
    /// Moment of inertia of one over the square of its radius [kg].
    pub inertia_kg: f64,
    /// Resistance over load [-].
    pub resistance: f64,
    /// What that grows by with the speed [s/m].
    pub resistance_per_mps: f64,
    /// Resistance of one at its surface, over the speed there [N s/m].
    pub drag_nspm: f64,
}

/// A lengthwise part of a conveyor's surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strip {
    /// Its middle beside the centre line [m].
    pub left_m: f64,
    pub width_m: f64,
    /// Its speed over that of the drive [-].
    pub share: f64,
}

impl Conveyor {
    /// What carries, from right to left; nothing where rollers turn freely.
    pub fn strips(&self) -> Vec<Strip> {
        let right_m = -self.width_m / 2.0;
        match self.carrying {
            Carrying::Closed => vec![Strip { left_m: 0.0, width_m: self.width_m, share: 1.0 }],
            Carrying::Strands { count, width_m } => {
                let apart_m = (self.width_m - width_m) / f64::from(count.max(2) - 1);
                let middle = |strand: u32| right_m + width_m / 2.0 + f64::from(strand) * apart_m;
                (0..count).map(|strand| Strip { left_m: middle(strand), width_m, share: 1.0 }).collect()
            }
            Carrying::Chains { count, fast_m, share } => {
                let slower = f64::from(count - 1);
                let width_m = (self.width_m - fast_m) / slower;
                let chain = |k: u32| match k {
                    0 => Strip { left_m: right_m + fast_m / 2.0, width_m: fast_m, share },
                    k => Strip {
                        left_m: right_m + fast_m + (f64::from(k) - 0.5) * width_m,
                        width_m,
                        share: share + (1.0 - share) * f64::from(k) / slower,
                    },
                };
                (0..count).map(chain).collect()
            }
            Carrying::FreeRollers(_) => Vec::new(),
        }
    }

    /// Free space between two strands [m]; 0 on a closed surface.
    pub fn strand_gap_m(&self) -> f64 {
        match self.carrying {
            Carrying::Strands { count, width_m } => (self.width_m - f64::from(count) * width_m) / f64::from(count.max(2) - 1),
            Carrying::Closed | Carrying::Chains { .. } | Carrying::FreeRollers(_) => 0.0,
        }
    }

    pub fn rolls_freely(&self) -> bool {
        matches!(self.carrying, Carrying::FreeRollers(_))
    }
}

/// Guide rails at a conveyor's edges. They are left open along a pusher's plate, on the side it pushes to for the longest
/// part and its way during the stroke, and where a side conveyor joins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rails {
    pub left: bool,
    pub right: bool,
    /// False: only where the path turns.
    pub straights: bool,
    /// Above the carrying surface [m].
    pub height_m: f64,
    pub material: MaterialId,
}

/// A length of conveyor with its own motor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drive {
    pub conveyor: ConveyorId,
    /// Arc length along the conveyor [m].
    pub start_m: f64,
    pub end_m: f64,
    /// Set speed of the centre line [m/s], positive in flow direction; 0 where nothing drives.
    pub speed_mps: f64,
    /// Ramp when starting or speeding up [m/s^2].
    pub acceleration_mps2: f64,
    /// Ramp when stopping or slowing down [m/s^2].
    pub deceleration_mps2: f64,
}

impl Drive {
    /// From its set speed to rest [m].
    pub fn stopping_m(&self) -> f64 {
        self.speed_mps * self.speed_mps / (2.0 * self.deceleration_mps2)
    }
}

impl Scene {
    /// The conveyor that an element is, or stands on; `None`: it is no part of the way.
    pub fn host_of(&self, element: ElementId) -> Option<ConveyorId> {
        let own = self.conveyors.iter().position(|conveyor| conveyor.element == element).map(ConveyorId::from_index);
        let side = || match &self.element(element).kind {
            ElementKind::Pusher(logic) => Some(self.pushers[logic.pusher.index()].host),
            ElementKind::Diverter(logic) => Some(self.diverters[logic.diverter.index()].host),
            _ => None,
        };
        let spot = || self.spots.iter().find(|spot| spot.element == element).map(|spot| spot.host);
        own.or_else(side).or_else(spot)
    }
    /// Whether contact physics moves the parts at an element, or its bulk material is grains.
    pub fn is_by_contact(&self, element: ElementId) -> bool {
        match self.fidelity {
            Fidelity::Contact => true,
            Fidelity::Event => false,
            Fidelity::Mixed if matches!(self.element(element).kind, ElementKind::Bulk(_)) => !self.bulk_flows,
            Fidelity::Mixed => self.host_of(element).is_none_or(|host| self.by_contact[host.index()]),
        }
    }
}
