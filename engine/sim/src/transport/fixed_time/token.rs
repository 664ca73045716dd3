//! What the fixed-time transport moves: tokens, what they pass, and the wishes that stand. Decides nothing.

use crate::parts::PartId;
use crate::port::{FactKind, PartMotion};
use linetwin_model::geometry::Path;
use linetwin_model::scene::{ConveyorId, EyeId, PortId, SpotId};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Token {
    pub part: PartId,
    /// Half its extent along the flow [m].
    pub half_m: f64,
    pub height_m: f64,
    pub left_m: f64,
    pub yaw_rad: f64,
    /// Of the centre, along its lane [m].
    pub along_m: f64,
    pub speed_mps: f64,
    pub standing: bool,
    pub held: Option<SpotId>,
    /// On the bed behind this in-port: it no longer stops for anything.
    pub outside: Option<PortId>,
    /// A plate is on it.
    pub pushed: bool,
    /// The conveyor its tail may still be on, and what to add to `along_m` for the place there.
    pub behind: Option<(ConveyorId, f64)>,
    pub watches: Vec<Watch>,
}

/// How far a token is with a spot (0 before, 1 arrived, 2 centred, 3 left) or an eye (0 before, 1 covers it, 2 past).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    pub mark: Mark,
    pub stage: u8,
    /// On the conveyor behind.
    pub behind: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Mark {
    Spot(SpotId),
    Eye(EyeId),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct HoldState {
    pub engaged: bool,
    /// Parts that were beyond the middle when it was engaged.
    pub passing: Vec<PartId>,
    /// The last of several for which it is open.
    pub last: Option<PartId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Offer {
    pub part: PartId,
    pub port: PortId,
    pub size_m: [f64; 3],
    pub left_m: f64,
    pub yaw_rad: f64,
    pub born_at: Time,
    pub refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stroke {
    pub started_at: Time,
    /// The part that is on the plate, until it is off its host.
    pub part: Option<PartId>,
}

/// A straight move within a step.
#[derive(Clone, Copy)]
pub(super) struct Move {
    pub from_m: f64,
    pub to_m: f64,
    pub speed_mps: f64,
    pub from_at: Time,
}

impl Move {
    /// When the centre is at `x`; at once where it is beyond already.
    pub fn instant_of(&self, x_m: f64) -> Time {
        if x_m <= self.from_m || self.speed_mps <= 0.0 {
            return self.from_at;
        }
        self.from_at + Time::from_seconds((x_m - self.from_m) / self.speed_mps)
    }
}

impl Token {
    pub fn tail_m(&self) -> f64 {
        self.along_m - self.half_m
    }
    pub fn lead_m(&self) -> f64 {
        self.along_m + self.half_m
    }
}

/// Where a token would be if it were a body.
pub(super) fn motion(token: &Token, path: &Path) -> PartMotion {
    let pose = path.pose_at(token.along_m).shifted(0.0, token.left_m, token.height_m / 2.0);
    let half_turn = (pose.heading() + token.yaw_rad) / 2.0;
    PartMotion {
        position: pose.position.map(|value| value as f32),
        rotation: [0.0, 0.0, libm::sin(half_turn) as f32, libm::cos(half_turn) as f32],
        linear_velocity: pose.forward.map(|value| (value * token.speed_mps) as f32),
        angular_velocity: [0.0; 3],
    }
}

/// The next thing that happens at a watch, and where the centre is then.
pub(super) fn next_mark(scene: &Scene, watch: &Watch, half_m: f64, part: PartId) -> Option<(f64, FactKind)> {
    match (watch.mark, watch.stage) {
        (Mark::Spot(spot), 0) => Some((scene.spot(spot).start_m - half_m, FactKind::Arrived { part, spot })),
        (Mark::Spot(spot), 1) => Some((scene.spot(spot).at_m, FactKind::Centred { part, spot })),
        (Mark::Spot(spot), 2) => Some((scene.spot(spot).end_m + half_m, FactKind::Left { part, spot })),
        (Mark::Eye(eye), 0) => Some((scene.eyes[eye.index()].beam?.at_m - half_m, FactKind::EyeBlocked { eye })),
        (Mark::Eye(eye), 1) => Some((scene.eyes[eye.index()].beam?.at_m + half_m, FactKind::EyeCleared { eye })),
        _ => None,
    }
}

/// A watch for every spot and eye of a conveyor.
pub(super) fn watches(scene: &Scene, lane: ConveyorId) -> Vec<Watch> {
    let spots = scene.spots.iter().enumerate().filter(|(_, spot)| spot.host == lane);
    let eyes = scene.eyes.iter().enumerate().filter(|(_, eye)| eye.beam.is_some_and(|beam| beam.host == lane));
    let marks = spots.map(|(index, _)| Mark::Spot(SpotId::from_index(index)));
    let marks = marks.chain(eyes.map(|(index, _)| Mark::Eye(EyeId::from_index(index))));
    marks.map(|mark| Watch { mark, stage: 0, behind: false }).collect()
}
