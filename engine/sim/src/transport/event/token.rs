//! A part as a length on a lane: how it moves, what of the lane it has met. Decides nothing.

use super::layout::{Lane, What};
use super::motion::Motion;
use crate::parts::{DrawnShape, Part, PartId};
use crate::port::PartMotion;
use linetwin_model::geometry::Path;
use linetwin_model::scene::{DiverterId, MaterialId, PartTypeId, PortId, SpotId};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Token {
    pub part: PartId,
    pub part_type: PartTypeId,
    pub size_m: [f64; 3],
    /// Seen from above: however it is turned, it covers as much.
    pub round: bool,
    pub mass_kg: f64,
    pub material: MaterialId,
    pub left_m: f64,
    /// About the vertical, from the flow.
    pub yaw_rad: f64,
    /// Half of what it covers of its lane [m].
    pub half_m: f64,
    /// Coulomb coefficient on its lane [-].
    pub friction: f64,
    /// Of the centre along its lane.
    pub motion: Motion,
    pub cursor: Cursor,
    /// On lanes that its ends reach into.
    pub others: Vec<Cursor>,
    pub next: Next,
    /// The same but for marks that it meets and what is told of its rest.
    pub otherwise: Next,
    pub at_hold: Option<SpotId>,
    /// Its hold has let it go, and it sets off then.
    pub sets_off: Option<(SpotId, Time)>,
    /// Since when it rests, and what has been said of that.
    pub rests_since: Option<Time>,
    pub told_held: bool,
    pub told_standing: bool,
    /// Keeps what follows so far off while a blade comes up behind it [m].
    pub keeps_m: f64,
    pub aside: Option<Aside>,
    /// Shoes or a carrier were sent for it.
    pub sent: Option<DiverterId>,
    /// Bodies of contact physics are in its way, where their places along its lane did not tell.
    pub kept_back: bool,
    /// On the bed behind this in-port: it no longer stops for anything.
    pub outside: Option<PortId>,
}

/// Being moved off its lane sideways: when its centre is at the edge, by which out-port, how fast it is then [m/s], and
/// how much of its way it then covers over its length [-], where it turns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Aside {
    pub at: Time,
    pub port: PortId,
    pub speed_mps: f64,
    pub covers: Option<f64>,
}

/// When something happens to a token by itself, and what.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Next {
    pub at: Time,
    pub what: Happening,
}

impl Next {
    pub const NOTHING: Next = Next { at: Time::MAX, what: Happening::Nothing };
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Happening {
    Nothing,
    /// It meets a mark.
    Mark {
        x_m: f64,
    },
    /// It comes to a hold, or to a place where it must stop.
    Stop {
        x_m: f64,
    },
    /// The drive of a belt stop begins to brake under it.
    Brake,
    /// It meets who is ahead, or has its way free.
    Look,
    /// It has rested so long that this is told.
    Rested,
    Aside,
    /// It is recognised as a jam, or is none any more.
    Jam,
}

/// How far a token is with the marks of a lane: the next for each of its faces.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    pub lane: u32,
    /// Place on that lane less place on the token's own [m].
    pub shift_m: f64,
    pub next: [u32; 3],
}

impl Cursor {
    /// Of a token that comes onto a lane from its beginning.
    pub fn new(lane: usize, shift_m: f64) -> Self {
        Cursor { lane: u32::try_from(lane).expect("few lanes"), shift_m, next: [0; 3] }
    }

    /// Of a token that appears in the middle of a lane: what it is wholly beyond, it never met.
    pub fn from_beside(lane: usize, layout: &Lane, x_m: f64, half_m: f64) -> Self {
        let mut cursor = Cursor::new(lane, 0.0);
        let beyond = |at_m: f64, from_m: f64| at_m < from_m - super::EQUAL_M;
        cursor.next[1] = count(&layout.marks[1], |at_m| beyond(at_m, x_m));
        cursor.next[2] = count(&layout.marks[2], |at_m| beyond(at_m, x_m - half_m));
        // By its leading face it meets what it is not wholly beyond at once.
        let passed = |what: What| layout.marks[2][..cursor.next[2] as usize].iter().any(|mark| mark.what == what);
        cursor.next[0] = u32::try_from(layout.marks[0].iter().take_while(|mark| passed(mark.what)).count()).expect("few marks");
        cursor
    }

    pub fn index(&self) -> usize {
        self.lane as usize
    }

    /// Whether its trailing face has met this.
    pub fn has_left(&self, layout: &Lane, what: What) -> bool {
        layout.marks[2][..self.next[2] as usize].iter().any(|mark| mark.what == what)
    }

    /// What it has come to and not left.
    pub fn covered<'a>(&'a self, layout: &'a Lane) -> impl Iterator<Item = What> + 'a {
        let come = layout.marks[0][..self.next[0] as usize].iter().map(|mark| mark.what);
        come.filter(|what| matches!(what, What::Spot(_) | What::Eye(_)) && !self.has_left(layout, *what))
    }
}

fn count(marks: &[super::layout::Mark], is_met: impl Fn(f64) -> bool) -> u32 {
    u32::try_from(marks.iter().take_while(|mark| is_met(mark.at_m)).count()).expect("few marks")
}

impl Token {
    pub fn new(scene: &Scene, id: PartId, part: &Part, cursor: Cursor, left_m: f64, yaw_rad: f64, motion: Motion) -> Self {
        let mut token = Token {
            part: id,
            part_type: part.part_type,
            size_m: part.shape.size_m(),
            round: matches!(part.shape, DrawnShape::Cylinder { .. } | DrawnShape::Capsule { .. }),
            mass_kg: part.mass_kg,
            material: scene.part_types[part.part_type.index()].variants[part.variant as usize].material,
            left_m,
            yaw_rad,
            half_m: 0.0,
            friction: 0.0,
            motion,
            cursor,
            others: Vec::new(),
            next: Next::NOTHING,
            otherwise: Next::NOTHING,
            at_hold: None,
            sets_off: None,
            rests_since: None,
            told_held: false,
            told_standing: false,
            keeps_m: 0.0,
            aside: None,
            sent: None,
            kept_back: false,
            outside: None,
        };
        token.lie_on(scene, cursor.index(), yaw_rad);
        token
    }

    /// It lies on this lane from now on, turned so from its flow.
    pub fn lie_on(&mut self, scene: &Scene, lane: usize, yaw_rad: f64) {
        self.yaw_rad = yaw_rad;
        self.half_m = self.half_when(yaw_rad);
        self.friction = scene.materials.pair(self.material, scene.conveyors[lane].material).friction;
    }

    /// Half of what it covers along the flow when it is turned so from that [m].
    pub fn half_when(&self, yaw_rad: f64) -> f64 {
        if self.round { self.size_m[0] / 2.0 } else { half_length(self.size_m, yaw_rad) }
    }

    /// How it lies if it covers so much of its way, over its length: of two ways the one that is nearer to `yaw_rad`.
    pub fn yaw_that_covers(&self, covers: f64, yaw_rad: f64) -> f64 {
        let [length_m, width_m, _] = self.size_m;
        // L cos a + W sin a = D cos(a - p), with D the diagonal and p its angle to the length.
        let (diagonal_m, to_diagonal) = (libm::hypot(length_m, width_m), libm::atan2(width_m, length_m));
        let beside = libm::acos((covers * length_m / diagonal_m).clamp(0.0, 1.0));
        let from_flow = libm::atan2(libm::sin(yaw_rad).abs(), libm::cos(yaw_rad).abs());
        let ways = [to_diagonal - beside, to_diagonal + beside].map(|way| way.clamp(0.0, std::f64::consts::FRAC_PI_2));
        let error = |way: &f64| (half_length(self.size_m, *way) * 2.0 - covers * length_m).abs();
        let [a, b] = ways;
        let way = match error(&a) - error(&b) {
            less if less < -super::EQUAL_M => a,
            more if more > super::EQUAL_M => b,
            _ if (a - from_flow).abs() < (b - from_flow).abs() => a,
            _ => b,
        };
        if libm::sin(yaw_rad) * libm::cos(yaw_rad) < 0.0 { -way } else { way }
    }

    /// Half of what it covers across the flow [m].
    pub fn half_width_m(&self) -> f64 {
        self.half_when(self.yaw_rad + std::f64::consts::FRAC_PI_2)
    }

    /// Where it would be if it were a body.
    pub fn shown(&self, path: &Path, now: Time) -> PartMotion {
        let motion = self.motion.from(now);
        let pose = path.pose_at(motion.x_m).shifted(0.0, self.left_m, self.size_m[2] / 2.0);
        let half_turn = (pose.heading() + self.yaw_rad) / 2.0;
        PartMotion {
            position: pose.position.map(|value| value as f32),
            rotation: [0.0, 0.0, libm::sin(half_turn) as f32, libm::cos(half_turn) as f32],
            linear_velocity: pose.forward.map(|value| (value * motion.v_mps) as f32),
            angular_velocity: [0.0; 3],
        }
    }
}

/// Of a box turned so, along the flow [m].
fn half_length(size_m: [f64; 3], yaw_rad: f64) -> f64 {
    let (sin, cos) = (libm::sin(yaw_rad).abs(), libm::cos(yaw_rad).abs());
    (size_m[0] * cos + size_m[1] * sin) / 2.0
}
