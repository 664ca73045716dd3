//! Conveyors of the checked scene: path, what carries, rails, drives.

use super::{ConveyorId, DriveId, ElementId, MaterialId, PortId};
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
}

/// What of a conveyor carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Carrying {
    /// One closed surface: a belt, or driven rollers so close that no part notices them.
    #[default]
    Closed,
    /// So many narrow strands, the outer ones at the edges, with free space between them.
    Strands { count: u32, width_m: f64 },
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

impl Conveyor {
    /// Where the strands lie beside the centre line, from right to left [m]; a closed surface has none.
    pub fn strand_middles_m(&self) -> Vec<f64> {
        let Carrying::Strands { count, width_m } = self.carrying else { return Vec::new() };
        let apart_m = (self.width_m - width_m) / f64::from(count.max(2) - 1);
        (0..count).map(|strand| (width_m - self.width_m) / 2.0 + f64::from(strand) * apart_m).collect()
    }

    /// Free space between two strands [m]; 0 on a closed surface.
    pub fn strand_gap_m(&self) -> f64 {
        match self.carrying {
            Carrying::Strands { count, width_m } => (self.width_m - f64::from(count) * width_m) / f64::from(count.max(2) - 1),
            Carrying::Closed | Carrying::FreeRollers(_) => 0.0,
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
