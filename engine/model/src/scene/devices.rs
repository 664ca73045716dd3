//! What stands at conveyors and beside them: spots, pushers, fixtures.

use super::{Conveyor, ConveyorId, ElementId, MaterialId, PortId};
use crate::geometry::{Pose, Vec3};
use serde::{Deserialize, Serialize};

/// Where a device meets its host conveyor. Transports report parts at it; a spot with a hold can keep them there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// The device that owns it.
    pub element: ElementId,
    pub host: ConveyorId,
    /// Arc length along the host [m]: `start <= at <= end`. A blade stands at `end`.
    pub start_m: f64,
    pub at_m: f64,
    pub end_m: f64,
    pub hold: Option<HoldKind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldKind {
    /// A plate rises at the spot's end; parts slip on the running belt against it.
    Blade,
    /// Two jaws press the part from both sides at the spot's middle.
    Clamp,
    /// The drive under the spot stops when the part's centre is at the spot's middle.
    BeltStop,
}

/// A plate that pushes parts off its host to one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pusher {
    pub element: ElementId,
    pub host: ConveyorId,
    pub at_m: f64,
    /// Pushes towards this side of the flow.
    pub side: Side,
    /// Length of the plate along the flow [m].
    pub length_m: f64,
    pub height_m: f64,
    /// Time of the stroke out, unloaded [s]; it returns in the same time.
    pub stroke_s: f64,
    pub force_n: f64,
    pub material: MaterialId,
    pub out_port: PortId,
}

/// Between a host's edge and what rests beside it, ready to come out [m]: parts may hang over the edge.
pub const PLATE_CLEARANCE_M: f64 = 0.05;
/// Between a surface and the lower edge of what works above it [m].
pub const PLATE_ABOVE_BELT_M: f64 = 0.005;

impl Pusher {
    /// From rest to the other edge of its host [m].
    pub fn stroke_m(&self, host: &Conveyor) -> f64 {
        host.width_m + PLATE_CLEARANCE_M
    }

    /// Middle and size of its head at rest, which is as deep as its stroke.
    pub fn head_at_rest(&self, host: &Conveyor) -> (Pose, Vec3) {
        let away = if self.side == Side::Left { -1.0 } else { 1.0 };
        let stroke_m = self.stroke_m(host);
        let aside_m = host.width_m / 2.0 + PLATE_CLEARANCE_M + stroke_m / 2.0;
        let middle = host.path.pose_at(self.at_m).shifted(0.0, away * aside_m, self.height_m / 2.0 + PLATE_ABOVE_BELT_M);
        (middle, [self.length_m, stroke_m, self.height_m])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    Left,
    Right,
}

/// A static box or mesh in the world: guide rail, plate, machine frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fixture {
    pub element: ElementId,
    /// At the box's centre.
    pub pose: Pose,
    /// Along forward, left and up [m].
    pub size_m: Vec3,
    pub material: MaterialId,
    /// Its surface instead of the box, which then bounds it.
    pub mesh: Option<Surfaced>,
}

/// Points about a fixture's centre, along its forward, left and up [m], and triangles of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surfaced {
    pub points_m: Vec<Vec3>,
    pub triangles: Vec<[u32; 3]>,
}
