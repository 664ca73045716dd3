//! The port between the line's logic and what moves its parts. Facts come up, wishes go down, and neither side knows
//! who stands at the other end: contact physics, exact events, or a test. Every wish and every sensed fact crosses a
//! named I/O point (see `io.rs`), where it can be forced.
//!
//! A *spot* is where a device meets its host conveyor (`start <= at <= end` in arc length). For every part that passes,
//! the transport reports in this order: `Arrived` (leading face at start), `Centred` (centre at `at`), `Left`
//! (trailing face beyond `end`); and `Held` whenever the part has come to rest in an engaged hold.

use crate::incident::{Circumstances, IncidentKind};
use crate::parts::{PartId, Parts};
use linetwin_compute::kernels::rays::Solid;
use linetwin_model::scene::{CarriageId, ConveyorId, DiverterId, DriveId, ElementId, EyeId, PortId, PusherId, SpotId};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// A part that has rested in an engaged hold for so long is held: four default steps.
pub const HELD_AFTER: Time = Time(33_333_333);
/// A part that has rested for so long stands: twelve default steps. A collision passes in less.
pub const STANDING_AFTER: Time = Time(100_000_000);

/// Something the transport saw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Exact, interpolated within the step: what measures and borders use.
    pub crossed_at: Time,
    /// When a controller can know: the step's end. What logic uses.
    pub seen_at: Time,
    pub kind: FactKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum FactKind {
    /// A standing offer was taken: the part now exists on the element of `port`.
    Entered {
        part: PartId,
        port: PortId,
    },
    /// A standing offer was not taken at its first try; it stands on. Sent once per offer.
    Refused {
        part: PartId,
        port: PortId,
    },
    /// The part's centre crossed the plane of in-port `port`, coming from element `from`: it is now on that element.
    Crossed {
        part: PartId,
        from: ElementId,
        port: PortId,
    },
    /// The part's trailing face left `element`, on which its centre no longer is.
    Cleared {
        part: PartId,
        element: ElementId,
    },
    /// The part's leading face is at the spot's start.
    Arrived {
        part: PartId,
        spot: SpotId,
    },
    /// The part's centre is at the spot's middle.
    Centred {
        part: PartId,
        spot: SpotId,
    },
    /// The part rests in the spot's engaged hold.
    Held {
        part: PartId,
        spot: SpotId,
    },
    /// What was seen of the part at a light grid while it passed, just before `Left`: extents along and across the flow,
    /// and how high it reached [m]. A transport whose parts have no pose reports none: they are as drawn.
    Measured {
        part: PartId,
        spot: SpotId,
        size_m: [f64; 3],
    },
    /// The part's trailing face is beyond the spot's end, or it left the host before (pushed off, taken out).
    Left {
        part: PartId,
        spot: SpotId,
    },
    EyeBlocked {
        eye: EyeId,
    },
    EyeCleared {
        eye: EyeId,
    },
    /// A lidar has made a scan: the least of its ranges, or the greatest that it has where it meets nothing [m].
    Ranged {
        element: ElementId,
        nearest_m: f64,
    },
    /// The pusher is back at rest; `reached`: it made its full stroke.
    StrokeEnded {
        pusher: PusherId,
        reached: bool,
    },
    /// A carriage is at rest: at its stop, or at home.
    TravelEnded {
        carriage: CarriageId,
        away: bool,
    },
    /// A mechanism meets its force limit and does not move as wished / moves again.
    Stalled {
        element: ElementId,
    },
    Freed {
        element: ElementId,
    },
    /// The part lies on the floor; it fell off `from`.
    Dropped {
        part: PartId,
        from: ElementId,
    },
    /// The part crossed an in-port that is not where the line routed it.
    Misrouted {
        part: PartId,
        port: PortId,
    },
    /// The part stands on a running conveyor and nothing legitimate holds it / no longer. `head`: who is first in the
    /// pile-up that it stands in, perhaps itself, perhaps on another element.
    JamBegan {
        part: PartId,
        element: ElementId,
        head: PartId,
    },
    JamEnded {
        part: PartId,
        element: ElementId,
    },
    /// Something went wrong with the part; for jams and drops beside their own facts.
    Incident {
        kind: IncidentKind,
        part: PartId,
        element: ElementId,
        circumstances: Circumstances,
    },
    /// The part began / ceased to move (for the split of lead time into transport and waiting).
    Moving {
        part: PartId,
    },
    Standing {
        part: PartId,
    },
    /// What a hopper or a bulk belt looks like, where that has changed.
    BulkSeen {
        element: ElementId,
        seen: BulkSeen,
    },
    /// So many grains went this way since it was last told; `stay_ng_ns`: how long they were in the line, by mass, of those that
    /// go into parts or leave.
    BulkMoved {
        element: ElementId,
        way: BulkWay,
        grains: u64,
        mass_ng: u64,
        stay_ng_ns: u128,
    },
    /// A part has been filled, and what came to lie in it is in it from now on. `shown_kg`: what the scale shows.
    BulkFilled {
        element: ElementId,
        part: PartId,
        mass_ng: u64,
        shown_kg: f64,
    },
    /// What physics must not do.
    Invalid {
        kind: InvalidKind,
        part: Option<PartId>,
        element: Option<ElementId>,
    },
}

/// Bulk material is weighed in these: whole numbers, so that nothing is lost in sums.
pub const NANOGRAMS_PER_KG: f64 = 1e12;

/// A hopper or a bulk belt as its level switch and gate tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkSeen {
    /// What it holds [ng], and how fast that changes, where that is known ahead [ng/s].
    pub content_ng: u64,
    pub content_ngps: i64,
    /// Something comes out of the hopper, or is on the belt.
    pub flows: bool,
    /// The gate is not closed; the belt runs.
    pub open: bool,
    /// What the belt's scale shows [ng/s], and what it has added up [ng].
    pub flow_ngps: u64,
    pub weighed_ng: u64,
    /// How fast that grows, where that is known ahead [ng/s].
    pub weighed_ngps: u64,
}

/// What happens to bulk material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BulkWay {
    /// It is in a hopper at time zero.
    AtStart,
    /// Fed to a hopper.
    Fed,
    /// Out of a hopper, off the end of a belt or chute.
    Poured,
    /// Into a part.
    IntoPart,
    /// Into a bin, where it leaves the line.
    Out,
    /// On the floor, or flown away, after it was last at this element.
    Spilt,
    /// Across the middle of a belt's scale.
    Passed,
    /// Added up by that scale: a mass without grains.
    Weighed,
}

impl BulkWay {
    pub fn name(self) -> &'static str {
        match self {
            BulkWay::AtStart => "at start",
            BulkWay::Fed => "fed",
            BulkWay::Poured => "poured",
            BulkWay::IntoPart => "into part",
            BulkWay::Out => "out",
            BulkWay::Spilt => "spilt",
            BulkWay::Passed => "passed",
            BulkWay::Weighed => "weighed",
        }
    }
}

/// What physics must not do: it makes a run invalid. Jams, drops and misroutes are production events, not these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum InvalidKind {
    BodyNotFinite,
    /// A body passed through something solid.
    Tunnelling,
    /// Two bodies overlap by more than the tolerance for longer than a moment.
    Penetration,
    EnergyFromNowhere,
    /// A part passed a sensor and no edge was seen.
    MissedEdge,
    /// A grain moves too fast for its step, or is no number: all grains stand from then on.
    GrainLost,
}

impl InvalidKind {
    pub fn name(self) -> &'static str {
        match self {
            InvalidKind::BodyNotFinite => "body not finite",
            InvalidKind::Tunnelling => "tunnelling",
            InvalidKind::Penetration => "penetration",
            InvalidKind::EnergyFromNowhere => "energy from nowhere",
            InvalidKind::MissedEdge => "missed sensor edge",
            InvalidKind::GrainLost => "grain lost",
        }
    }
}

/// Something the line wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wish {
    /// Place a new body at in-port `port` as soon as its swept box is free: its trailing face on the port's plane,
    /// offset and turned as given. Stands until `Entered` or `Withdraw`; offers at one port are served in order.
    /// `born_at` is the exact time of the offer: a body that enters at once is advanced by belt speed times what has
    /// passed since.
    Offer { part: PartId, port: PortId, left_m: f64, yaw_rad: f64, born_at: Time },
    /// Take a standing offer back.
    Withdraw { part: PartId },
    /// Stand the part on a conveyor at once (contents at time zero); answered by `Entered` at the conveyor's in-port.
    Place { part: PartId, conveyor: ConveyorId, along_m: f64, left_m: f64, yaw_rad: f64 },
    /// Engage the hold of a spot: it closes behind a part that is already beyond its middle, and keeps the next one.
    Hold { spot: SpotId },
    /// Open the hold.
    Release { spot: SpotId },
    /// Of a blade that was opened just now for several parts: this is the last of them, and it closes behind that one.
    LastOut { spot: SpotId, part: PartId },
    /// Make one stroke, out and back.
    Push { pusher: PusherId },
    /// Bring a diverter out, or back to rest.
    Divert { diverter: DiverterId, out: bool },
    /// Go to this stop of several (`away`), or home.
    Travel { carriage: CarriageId, away: bool, stop: u32 },
    /// Change a drive's set speed [m/s]; it ramps with the drive's acceleration. 0 stops.
    SetSpeed { drive: DriveId, speed_mps: f64 },
    /// The part's mass and centre of mass have changed: something was put into it or taken out, or it was filled. Take them anew.
    Reweigh { part: PartId },
    /// Set the part upright and straight onto the middle of its lane, near where it is, as soon as there is room. Until then
    /// it is in somebody's hand and has no body.
    Straighten { part: PartId },
    /// A hopper's gate may open, or a bulk belt runs / it closes, or stands.
    RunBulk { element: ElementId, runs: bool },
    /// Fill this part, with the gate open while it `pours`; `None`: nothing is to be filled any more.
    Fill { element: ElementId, part: Option<PartId>, pours: bool },
    /// Take the part's body out of the world.
    Remove { part: PartId },
}

/// What crossed the port, for whoever listens.
#[derive(Clone, Debug, PartialEq)]
pub enum Traffic {
    Fact(Fact),
    /// Made by the line at this instant.
    Wish(Time, Wish),
}

/// Where a part is in the world, for pictures, hashes and sensors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartMotion {
    /// Of the shape's centre [m].
    pub position: [f32; 3],
    /// Unit quaternion x, y, z, w: world from part.
    pub rotation: [f32; 4],
    /// Of the centre of mass [m/s].
    pub linear_velocity: [f32; 3],
    /// [rad/s]
    pub angular_velocity: [f32; 3],
}

/// A rigid body about its centre of mass; the rotation is that of its principal axes, x, y, z, w.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigidMotion {
    pub centre_m: [f64; 3],
    pub rotation: [f64; 4],
    pub velocity_mps: [f64; 3],
    pub angular_velocity_radps: [f64; 3],
}

/// Where something solid that does not give way bore on a part in the last step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bearing {
    /// From the part's centre of mass, in world space.
    pub arm_m: [f64; 3],
    /// Onto the part.
    pub normal: [f64; 3],
    pub impulse_ns: f64,
    /// What is left of the coefficient when the friction of this step is taken off [-].
    pub friction: f64,
}

/// Where a part touched something in the last step, for pictures; of a part that sleeps, in the last step that it was awake.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact {
    pub part: PartId,
    /// What it touched.
    pub other: Seen,
    /// In the world [m].
    pub at_m: [f32; 3],
    /// Out of the other, onto the part.
    pub normal: [f32; 3],
    /// On the part, friction included, as a mean over the step [N]; zero where the two are only near each other.
    pub force_n: [f32; 3],
}

/// A part in the last step, without what grains did in it.
#[derive(Clone, Debug, PartialEq)]
pub struct PartStep {
    pub before: RigidMotion,
    pub now: RigidMotion,
    pub mass_kg: f64,
    /// About its principal axes.
    pub inertia_kgm2: [f64; 3],
    /// What it was given for grains in the step before, as [`MovedPart`] says: impulse and angular impulse.
    pub load_ns: [f64; 3],
    pub load_nms: [f64; 3],
    pub bearings: Vec<Bearing>,
    /// Another part touched it.
    pub meets_parts: bool,
}

/// A part's mass and surface, from its centre of mass along its principal axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartBody {
    /// A `MaterialId`.
    pub material: u32,
    pub mass_kg: f64,
    pub inertia_kgm2: [f64; 3],
    pub points_m: Vec<[f64; 3]>,
    pub triangles: Vec<[u32; 3]>,
}

/// What grains did to a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MovedPart {
    pub part: PartId,
    /// Where it is instead of where the transport had it; `None`: there.
    pub motion: Option<RigidMotion>,
    /// What acts on it through the next step: the load that what it stands on is to bear.
    pub force_n: [f64; 3],
    pub torque_nm: [f64; 3],
}

/// Sums since the start of a run.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnergyTotals {
    /// Mechanical work of each drive on parts [J], by `DriveId`.
    pub drive_work_j: Vec<f64>,
    /// How long each drive has turned, by `DriveId`.
    pub drive_running: Vec<Time>,
    /// Way of each drive's surface, forwards positive [m], by `DriveId`: what its encoder says.
    pub drive_way_m: Vec<f64>,
    /// Energy of parts that neither a drive, a mechanism nor another part gave or took [J].
    pub residual_j: f64,
}

impl Clone for EnergyTotals {
    fn clone(&self) -> Self {
        let mut totals = EnergyTotals::default();
        totals.clone_from(self);
        totals
    }

    /// Copied in every step, into the room that is there.
    fn clone_from(&mut self, other: &Self) {
        let EnergyTotals { drive_work_j, drive_running, drive_way_m, residual_j } = other;
        self.drive_work_j.clone_from(drive_work_j);
        self.drive_running.clone_from(drive_running);
        self.drive_way_m.clone_from(drive_way_m);
        self.residual_j = *residual_j;
    }
}

impl EnergyTotals {
    pub fn new(drive_count: usize) -> Self {
        EnergyTotals {
            drive_work_j: vec![0.0; drive_count],
            drive_running: vec![Time::ZERO; drive_count],
            drive_way_m: vec![0.0; drive_count],
            residual_j: 0.0,
        }
    }
}

/// Whose something solid is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Seen {
    Floor,
    /// A belt, rail, blade, platform or machine of this element.
    Element(ElementId),
    Part(PartId),
}

/// Whose a solid surface is, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    Floor,
    Conveyor(ElementId),
    /// A guide rail of this conveyor.
    Rail(ElementId),
    /// A blade, jaw or plate, or a fixture.
    Device(ElementId),
}

impl Owner {
    pub fn seen(self) -> Seen {
        match self {
            Owner::Floor => Seen::Floor,
            Owner::Conveyor(element) | Owner::Rail(element) | Owner::Device(element) => Seen::Element(element),
        }
    }
}

/// Something solid that is no part, for pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Installed {
    pub owner: Owner,
    /// In the world; of something that moves, in its own space. None of a mesh, which is that of the scene's fixture.
    pub solids: Vec<Solid>,
    /// Which of what [`Transport::movers`] tells it is.
    pub mover: Option<usize>,
}

/// Where something that moves is: its position [m], its rotation x, y, z, w, and its size over that at the beginning, along its
/// axes, zero while it is not there.
pub type MoverPose = ([f32; 3], [f32; 4], [f32; 3]);

/// A ball in the world: middle and radius [m].
pub type Ball = ([f64; 3], f64);

/// Moves parts step by step. One step is `accept`, `advance`, `sense`.
pub trait Steps {
    /// Takes the wishes of one Control phase, in order, at time `now`. `parts` tells shape and mass of what is offered.
    fn accept(&mut self, scene: &Scene, parts: &Parts, wishes: &[Wish], now: Time);
    /// Moves everything from `now` to `until`.
    fn advance(&mut self, scene: &Scene, now: Time, until: Time);
    /// Appends what happened in the last `advance` (and `accept`), ordered by (`crossed_at`, part, kind).
    fn sense(&mut self, scene: &Scene, now: Time, until: Time, facts: &mut Vec<Fact>);
}

/// Moves parts from instant to instant: it knows when something happens next.
pub trait Jumps {
    /// When it has something to report on its own.
    fn next_at(&self) -> Option<Time>;
    /// Moves everything up to `now`.
    fn go_to(&mut self, scene: &Scene, now: Time);
    /// Appends what has happened up to `now`, where it stands, in order.
    fn sense(&mut self, scene: &Scene, now: Time, facts: &mut Vec<Fact>);
    /// Takes wishes at `now`, where it stands.
    fn accept(&mut self, scene: &Scene, parts: &Parts, wishes: &[Wish], now: Time);
    /// Brings what the drives have done up to now.
    fn count(&mut self, scene: &Scene);
    /// What the encoder of each drive says [m], by `DriveId`, as of the last [`count`](Self::count).
    fn encoders_m(&self) -> &[f64];
}

/// What moves parts, as others see it: contact physics, exact events, or both.
pub trait Transport {
    /// Poses and velocities of all parts that have a place in the world, in order of id.
    fn motions(&self) -> Vec<(PartId, PartMotion)>;
    /// How many parts are carried in closed form instead of by contacts.
    fn coasting(&self) -> usize {
        0
    }
    /// After `advance`: how a part moved in it, for grains. `None` where it has no body.
    fn step_of(&self, _scene: &Scene, _part: PartId) -> Option<PartStep> {
        None
    }
    fn body_of(&self, _part: PartId) -> Option<PartBody> {
        None
    }
    /// What parts touched in the last step, in any order. A transport whose parts have no bodies gives nothing.
    fn contacts(&self, _scene: &Scene) -> Vec<Contact> {
        Vec::new()
    }
    /// After `advance`, before `sense`: what grains did to parts in this step.
    fn take_over(&mut self, _moved: Vec<MovedPart>) {}
    /// What is solid and within one of the balls, as it is now: what never moves (`standing`), or all else. A transport whose
    /// parts have no bodies gives nothing.
    fn solids(&self, standing: bool, near: &[Ball]) -> Vec<(Seen, Solid)>;
    /// Everything solid that is no part, always the same in the same order.
    fn installed(&self, _scene: &Scene) -> Vec<Installed> {
        Vec::new()
    }
    /// Where what moves is, in order.
    fn movers(&self, _scene: &Scene, _tell: &mut dyn FnMut(MoverPose)) {}
    /// How far the gate of each hopper is open, where bulk material flows [-].
    fn gates(&self) -> Vec<(ElementId, f64)> {
        Vec::new()
    }
    /// Surface speed of a drive [m/s].
    fn speed_mps(&self, drive: DriveId) -> f64;
    /// What the drives have done since the start.
    fn energy(&self) -> &EnergyTotals;
    /// Adds every bit of moving state to the step's hash.
    fn hash_state(&self, hasher: &mut blake3::Hasher);
}
