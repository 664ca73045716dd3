//! What holds parts: blades, clamps, belt stops, one per spot with a hold; and the pushers. Wishes set what they should
//! do, each step moves them a little, and nothing rises under a part. Reads where bodies are; reports no crossings.

use super::body::{Along, Body, Extent, Passing};
use super::crowd::{Occupants, Passer};
use super::drives::{Drives, wake_on};
use super::hook::Surface;
use super::lifter::LifterState;
use super::owners::Owner;
use super::plate::{Plate, PlateSpec};
use super::pop_up::PopUpState;
use super::pusher::PusherState;
use super::separator::{PartTag, too_close};
use super::shoes::ShoesState;
use super::swing_arm::SwingArmState;
use super::train::DischargeState;
use super::world::{Builder, pose};
use crate::parts::PartId;
use linetwin_model::Scene;
use linetwin_model::scene::{
    DiverterDevice, DiverterId, DriveId, ElementId, HoldKind, PLATE_ABOVE_BELT_M, PLATE_CLEARANCE_M, PusherId, Side, Spot, SpotId,
};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// How high a blade stands above the belt, and how far below it rests [m].
const BLADE_HEIGHT_M: f64 = 0.10;
const BLADE_REST_M: f64 = 0.02;
const BLADE_THICKNESS_M: f64 = 0.01;
/// [m/s]: a quick thin blade, which comes up between two cartons that follow each other without a gap.
const BLADE_SPEED_MPS: f32 = 4.0;
/// A leading face this far beyond a spot's end is above its blade [m]; less is pushed back. At 1.4 m/s a part moves this
/// far in one step, so that faster queues may not be separated.
const ABOVE_BLADE_M: f64 = 0.012;
/// A leading face this close to an engaged blade rests against it [m].
const AT_BLADE_M: f64 = 0.02;
/// Jaw of a clamp: length along the flow, thickness and height [m], force [N], speed [m/s].
const JAW_LENGTH_M: f64 = 0.10;
const JAW_THICKNESS_M: f64 = 0.02;
const JAW_HEIGHT_M: f64 = 0.10;
const JAW_FORCE_N: f64 = 150.0;
const JAW_SPEED_MPS: f64 = 1.0;
/// How far from the spot's middle a clamped or stopped part may rest [m].
const AT_MIDDLE_M: f64 = 0.15;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Device {
    Blade { body: RigidBodyHandle, collider: ColliderHandle, down: Vector, up: Vector, raised_m: f32 },
    Clamp { jaws: [Plate; 2], closed: bool },
    BeltStop { drive: DriveId, stopped: bool },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Hold {
    spot: SpotId,
    element: ElementId,
    device: Device,
    /// What the line wants.
    wanted: bool,
    /// Parts of a blade that were beyond its middle, or let go, when it was engaged: it closes behind them.
    passes: Vec<PartId>,
    /// The part that is kept, or was kept last.
    part: Option<PartId>,
    /// A blade lets `part` out, of a queue or as it comes: until it is up again, what follows too closely is braked.
    separates: bool,
    /// The last of several parts for which a blade is open.
    last: Option<PartId>,
    stalled: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DiverterState {
    PopUp(PopUpState),
    Lifter(LifterState),
    SwingArm(SwingArmState),
    Shoes(ShoesState),
    Carriers(DischargeState),
}

impl DiverterState {
    pub fn want(&mut self, out: bool) {
        match self {
            DiverterState::PopUp(pop_up) => pop_up.want(out),
            DiverterState::Lifter(lifter) => lifter.want(out),
            DiverterState::SwingArm(arm) => arm.want(out),
            DiverterState::Shoes(shoes) => shoes.want(out),
            DiverterState::Carriers(discharge) => discharge.wanted = out,
        }
    }

    /// Whether a part that leaves by its side does so because of it.
    fn diverts(&self) -> bool {
        match self {
            DiverterState::PopUp(pop_up) => pop_up.diverts(),
            DiverterState::Lifter(lifter) => lifter.diverts(),
            DiverterState::SwingArm(arm) => arm.diverts(),
            DiverterState::Shoes(shoes) => shoes.diverts(),
            DiverterState::Carriers(discharge) => discharge.diverts(),
        }
    }

    /// After a step: who it is, and whether it cannot go on, or can again, where that changed.
    fn sense(&mut self, world: &PhysicsWorld) -> Option<StallNews> {
        let (element, stalled) = match self {
            DiverterState::PopUp(_) | DiverterState::Lifter(_) | DiverterState::Carriers(_) => return None,
            DiverterState::SwingArm(arm) => (arm.element, arm.sense(world)?),
            DiverterState::Shoes(shoes) => (shoes.element, shoes.sense(world)?),
        };
        Some(StallNews { element, stalled })
    }

    fn hash(&self, hasher: &mut blake3::Hasher) {
        match self {
            DiverterState::PopUp(pop_up) => _ = hasher.update(&[u8::from(pop_up.raised)]),
            DiverterState::Lifter(lifter) => lifter.hash(hasher),
            DiverterState::SwingArm(arm) => arm.hash(hasher),
            DiverterState::Shoes(shoes) => shoes.hash(hasher),
            DiverterState::Carriers(discharge) => discharge.hash(hasher),
        }
    }

    /// Its bodies that move.
    fn bodies(&self) -> Vec<RigidBodyHandle> {
        match self {
            DiverterState::PopUp(_) | DiverterState::Lifter(_) | DiverterState::Carriers(_) => Vec::new(),
            DiverterState::SwingArm(arm) => vec![arm.body],
            DiverterState::Shoes(shoes) => shoes.bodies().collect(),
        }
    }
}

/// A mechanism began or ceased to be unable to move.
pub struct StallNews {
    pub element: ElementId,
    pub stalled: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mechanisms {
    holds: Vec<Hold>,
    /// By [`SpotId`]: index into `holds`.
    hold_of_spot: Vec<Option<u32>>,
    pub pushers: Vec<PusherState>,
    pub diverters: Vec<DiverterState>,
    /// Parts on the brake pads of a separator during this step; found anew before each.
    #[serde(skip)]
    pub braked: Vec<PartTag>,
}

impl Mechanisms {
    pub fn new(builder: &mut Builder<'_>) -> Self {
        let scene = builder.scene;
        let mut mechanisms = Mechanisms { hold_of_spot: vec![None; scene.spots.len()], ..Mechanisms::default() };
        for (index, spot) in scene.spots.iter().enumerate() {
            let Some(kind) = spot.hold else { continue };
            builder.begin(Owner::Device(spot.element));
            let device = match kind {
                HoldKind::Blade => new_blade(builder, spot),
                HoldKind::Clamp => new_clamp(builder, spot),
                HoldKind::BeltStop => Device::BeltStop { drive: drive_under(scene, spot), stopped: false },
            };
            mechanisms.hold_of_spot[index] = Some(super::entry::index_u32(mechanisms.holds.len()));
            let hold = Hold {
                spot: SpotId::from_index(index),
                element: spot.element,
                device,
                wanted: false,
                passes: Vec::new(),
                part: None,
                separates: false,
                last: None,
                stalled: false,
            };
            mechanisms.holds.push(hold);
        }
        for pusher in &scene.pushers {
            builder.begin(Owner::Device(pusher.element));
            mechanisms.pushers.push(PusherState::new(builder, pusher));
        }
        for (index, diverter) in scene.diverters.iter().enumerate() {
            let id = DiverterId::from_index(index);
            mechanisms.diverters.push(match diverter.device {
                DiverterDevice::PopUp { speed_mps } => {
                    DiverterState::PopUp(PopUpState::new(builder, diverter, speed_mps, builder.stretches[index]))
                }
                DiverterDevice::Lifter { speed_mps, lift_m } => {
                    DiverterState::Lifter(LifterState::new(builder, diverter, speed_mps, lift_m))
                }
                DiverterDevice::SwingArm { height_m, force_n } => {
                    DiverterState::SwingArm(SwingArmState::new(builder, diverter, height_m, force_n))
                }
                DiverterDevice::Shoes { .. } => DiverterState::Shoes(ShoesState::new(builder, id)),
                DiverterDevice::Carriers => DiverterState::Carriers(DischargeState::default()),
            });
        }
        mechanisms
    }

    /// Before a step.
    pub fn drive_diverters(
        &mut self,
        (dt_s, occupants, drives): (f32, Occupants<'_>, &Drives),
        surfaces: &mut [Surface],
        colliders: &[ColliderHandle],
        world: &mut PhysicsWorld,
    ) {
        for diverter in &mut self.diverters {
            match diverter {
                DiverterState::PopUp(pop_up) => pop_up.drive(dt_s, surfaces, colliders, world),
                DiverterState::Lifter(lifter) => lifter.drive(dt_s, surfaces, world),
                DiverterState::SwingArm(arm) => arm.drive(dt_s, world),
                DiverterState::Shoes(shoes) => shoes.drive(dt_s, occupants, drives, world),
                // The carriers look themselves.
                DiverterState::Carriers(_) => {}
            }
        }
    }

    /// What rising between strands did on parts in the last step, by drive [J].
    pub fn lifting_work_j<'a>(&'a self, world: &'a PhysicsWorld, surfaces: &'a [Surface]) -> impl Iterator<Item = (usize, f64)> + 'a {
        let lifters =
            self.diverters.iter().filter_map(|diverter| if let DiverterState::Lifter(lifter) = diverter { Some(lifter) } else { None });
        lifters.flat_map(move |lifter| lifter.work_j(world, surfaces))
    }

    pub fn diverts(&self, diverter: DiverterId) -> bool {
        self.diverters[diverter.index()].diverts()
    }

    fn hold_mut(&mut self, spot: SpotId) -> &mut Hold {
        let index = self.hold_of_spot[spot.index()].expect("the line holds only at spots that have a hold");
        &mut self.holds[index as usize]
    }

    pub fn engage(&mut self, spot: SpotId, occupants: Occupants<'_>) {
        let hold = self.hold_mut(spot);
        if !hold.wanted {
            hold.wanted = true;
            hold.passes.clear();
            let last = hold.last.take().and_then(|last| occupants.passing(spot).find(|passer| passer.body.id == last));
            let gone_by = occupants.passing(spot).filter(|passer| match &last {
                Some(last) => passer.lead_beyond_m >= last.lead_beyond_m,
                None => passer.centred || passer.held,
            });
            hold.passes.extend(gone_by.map(|passer| passer.body.id));
        }
    }

    pub fn release(&mut self, spot: SpotId, occupants: Occupants<'_>) {
        let hold = self.hold_mut(spot);
        (hold.wanted, hold.last) = (false, None);
        if let Device::Blade { .. } = hold.device {
            let coming = occupants.passing(spot).filter(|passer| passer.trail_beyond_m < 0.0);
            let first = coming.max_by(|a, b| a.lead_beyond_m.total_cmp(&b.lead_beyond_m));
            let held = occupants.passing(spot).find(|passer| passer.held);
            hold.part = held.or(first).map(|passer| passer.body.id);
            hold.separates = hold.part.is_some();
        }
    }

    /// An open blade lets out several parts, and this one last.
    pub fn lead_out(&mut self, spot: SpotId, part: PartId) {
        let hold = self.hold_mut(spot);
        (hold.last, hold.part) = (Some(part), Some(part));
        hold.separates = !hold.wanted;
    }

    /// Whether a part at rest there is kept by the spot's hold.
    pub fn keeps(&self, passing: &Passing, scene: &Scene, part: PartId, along: Along) -> bool {
        let Some(index) = self.hold_of_spot[passing.spot.index()] else { return false };
        let hold = &self.holds[index as usize];
        let spot = scene.spot(passing.spot);
        match hold.device {
            Device::Blade { raised_m, .. } => hold.wanted && raised_m > 0.0 && passing.lead_beyond_m.abs() < AT_BLADE_M,
            Device::Clamp { closed, .. } => closed && hold.part == Some(part) && (along.centre_m - spot.at_m).abs() < AT_MIDDLE_M,
            Device::BeltStop { stopped, .. } => stopped && hold.part == Some(part) && (along.centre_m - spot.at_m).abs() < AT_MIDDLE_M,
        }
    }

    pub fn pushes(&self, pusher: PusherId) -> bool {
        self.pushers[pusher.index()].pushes()
    }

    /// Whether a spot's hold is engaged, and not only to close behind `part`.
    pub fn stops(&self, spot: SpotId, part: PartId) -> bool {
        let hold = self.hold_of_spot[spot.index()].map(|index| &self.holds[index as usize]);
        hold.is_some_and(|hold| hold.wanted && !hold.passes.contains(&part))
    }

    /// Before a step: moves everything by one step towards what is wanted.
    pub fn drive(&mut self, scene: &Scene, dt_s: f32, occupants: Occupants<'_>, drives: &mut Drives, world: &mut PhysicsWorld) {
        self.braked.clear();
        for hold in &mut self.holds {
            let spot = scene.spot(hold.spot);
            match hold.device {
                Device::Blade { .. } => {
                    hold.drive_blade(dt_s, occupants, world);
                    if let (true, Some(leader)) = (hold.separates, hold.part) {
                        self.braked.extend(too_close(leader, (hold.spot, spot), drives.speed_mps(drive_under(scene, spot)), occupants));
                    }
                }
                Device::Clamp { .. } => hold.drive_clamp(scene, spot, dt_s, occupants, drives, world),
                Device::BeltStop { .. } => hold.drive_belt_stop(scene, spot, dt_s, occupants, drives),
            }
        }
        for pusher in &mut self.pushers {
            pusher.drive(world, dt_s);
        }
    }

    /// After a step: which holds and arms cannot move as wished, since when that changed.
    pub fn stalls(&mut self, world: &PhysicsWorld, occupants: Occupants<'_>, mut news: impl FnMut(StallNews)) {
        self.diverters.iter_mut().filter_map(|diverter| diverter.sense(world)).for_each(&mut news);
        for hold in &mut self.holds {
            let stalled = hold.is_blocked_by_standing(occupants);
            if stalled != hold.stalled {
                hold.stalled = stalled;
                news(StallNews { element: hold.element, stalled });
            }
        }
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        for diverter in &self.diverters {
            diverter.hash(hasher);
        }
        for hold in &self.holds {
            hasher.update(&[u8::from(hold.wanted), u8::from(hold.stalled)]);
            match hold.device {
                Device::Blade { raised_m, .. } => hasher.update(&raised_m.to_bits().to_le_bytes()),
                Device::Clamp { closed, .. } => hasher.update(&[u8::from(closed)]),
                Device::BeltStop { stopped, .. } => hasher.update(&[u8::from(stopped)]),
            };
        }
    }

    /// Dynamic bodies of mechanisms, for the hash.
    pub fn moving_bodies(&self) -> impl Iterator<Item = RigidBodyHandle> + '_ {
        let jaws = self.holds.iter().flat_map(|hold| match &hold.device {
            Device::Clamp { jaws, .. } => [Some(jaws[0].body), Some(jaws[1].body)],
            _ => [None, None],
        });
        jaws.flatten()
            .chain(self.pushers.iter().map(|pusher| pusher.plate.body))
            .chain(self.diverters.iter().flat_map(DiverterState::bodies))
    }
}

fn is_above_blade(passer: &Passer<'_>) -> bool {
    passer.lead_beyond_m > ABOVE_BLADE_M && passer.trail_beyond_m < 0.0
}

impl Hold {
    /// Rises when the parts that may pass have passed and none is above it.
    fn drive_blade(&mut self, dt_s: f32, occupants: Occupants<'_>, world: &mut PhysicsWorld) {
        let Device::Blade { body, collider, down, up, ref mut raised_m } = self.device else { return };
        let full = (BLADE_HEIGHT_M + BLADE_REST_M) as f32;
        let mut closes = self.wanted;
        if closes && (*raised_m < full || !self.passes.is_empty()) {
            let passes = &mut self.passes;
            passes.retain(|part| {
                let mut here = occupants.passing(self.spot);
                here.any(|passer| passer.body.id == *part && passer.trail_beyond_m < 0.0)
            });
            closes = passes.is_empty() && !occupants.passing(self.spot).any(|passer| is_above_blade(&passer));
        }
        let target = if closes { full } else { 0.0 };
        self.separates &= !(closes && *raised_m == full);
        if *raised_m != target {
            let most = BLADE_SPEED_MPS * dt_s;
            *raised_m += (target - *raised_m).clamp(-most, most);
            wake_on(world, collider);
            // One that has turned while it rested may not touch the blade any more, and sleep on the running belt.
            for passer in occupants.passing(self.spot) {
                world.wake_up(passer.body.handle, true);
            }
            world.bodies[body].set_next_kinematic_translation(down + up * *raised_m);
        }
    }

    fn is_blocked_by_standing(&self, occupants: Occupants<'_>) -> bool {
        match &self.device {
            Device::Blade { raised_m, .. } if self.wanted && *raised_m < BLADE_REST_M as f32 => {
                occupants.passing(self.spot).any(|passer| passer.body.standing() && is_above_blade(&passer))
            }
            _ => false,
        }
    }

    /// The part whose centre will be at the spot's middle within `ahead_m` of way; not one that was kept before.
    fn next_part(&self, spot: &Spot, occupants: Occupants<'_>, ahead_m: impl Fn(&Body) -> f64) -> Option<PartId> {
        let last = self.part;
        let coming = occupants.passing(self.spot).filter(|passer| !passer.centred && Some(passer.body.id) != last);
        let mut near = coming.filter(|passer| passer.along.is_some_and(|along| spot.at_m - along.centre_m <= ahead_m(passer.body)));
        near.next().map(|passer| passer.body.id)
    }

    fn drive_clamp(&mut self, scene: &Scene, spot: &Spot, dt_s: f32, occupants: Occupants<'_>, drives: &Drives, world: &mut PhysicsWorld) {
        let half_width_m = scene.conveyor(spot.host).width_m / 2.0;
        let speed = drives.speed_mps(drive_under(scene, spot)).abs();
        let ahead = |body: &Body| {
            let half_part_m = match body.extent {
                Extent::Box(half) => half[0].min(half[1]),
                Extent::Round { radius_m, .. } => radius_m,
            };
            speed * ((half_width_m + PLATE_CLEARANCE_M - half_part_m).max(0.0) / JAW_SPEED_MPS + f64::from(dt_s))
        };
        let next = if self.wanted { self.next_part(spot, occupants, ahead) } else { None };
        let wanted = self.wanted;
        let Device::Clamp { jaws, closed } = &mut self.device else { return };
        if *closed && !wanted {
            *closed = false;
        } else if let (false, Some(part)) = (*closed, next) {
            (*closed, self.part) = (true, Some(part));
        }
        for jaw in jaws {
            let travel = jaw.travel_m(world);
            let speed = if *closed {
                JAW_SPEED_MPS as f32
            } else if travel > 0.001 {
                -JAW_SPEED_MPS as f32
            } else {
                0.0
            };
            jaw.drive(world, speed);
        }
    }

    fn drive_belt_stop(&mut self, scene: &Scene, spot: &Spot, dt_s: f32, occupants: Occupants<'_>, drives: &mut Drives) {
        let Device::BeltStop { drive, stopped } = self.device else { return };
        let speed = drives.speed_mps(drive);
        let braking_m = speed * speed / (2.0 * scene.drives[drive.index()].deceleration_mps2) + speed * f64::from(dt_s);
        let mut now_stopped = stopped;
        if stopped && !self.wanted {
            drives.states[drive.index()].stops -= 1;
            now_stopped = false;
        } else if !stopped
            && self.wanted
            && let Some(part) = self.next_part(spot, occupants, |_| braking_m)
        {
            drives.states[drive.index()].stops += 1;
            now_stopped = true;
            self.part = Some(part);
        }
        self.device = Device::BeltStop { drive, stopped: now_stopped };
    }
}

fn drive_under(scene: &Scene, spot: &Spot) -> DriveId {
    let drives = &scene.conveyor(spot.host).drives;
    let under = drives.iter().find(|drive| spot.at_m <= scene.drives[drive.index()].end_m);
    *under.or(drives.last()).expect("a conveyor has a drive")
}

fn new_blade(builder: &mut Builder<'_>, spot: &Spot) -> Device {
    let host = builder.scene.conveyor(spot.host);
    let height_m = BLADE_HEIGHT_M + BLADE_REST_M;
    let place = host.path.pose_at(spot.end_m).shifted(BLADE_THICKNESS_M / 2.0, 0.0, -height_m / 2.0 - BLADE_REST_M);
    let at = pose(&place);
    let half = [BLADE_THICKNESS_M / 2.0, host.width_m / 2.0, height_m / 2.0].map(|half| half as f32);
    let collider = builder.hooked(ColliderBuilder::cuboid(half[0], half[1], half[2]), builder.surfaces.len(), host.rails.material);
    let (body, collider) = builder.world.insert(RigidBodyBuilder::kinematic_position_based().pose(at), collider);
    builder.surfaces.push(Surface { fence: true, up: at.rotation * Vector::Z, ..Surface::plain() });
    builder.colliders.push(collider);
    Device::Blade { body, collider, down: at.translation, up: at.rotation * Vector::Z, raised_m: 0.0 }
}

fn new_clamp(builder: &mut Builder<'_>, spot: &Spot) -> Device {
    let host = builder.scene.conveyor(spot.host);
    let aside = host.width_m / 2.0 + PLATE_CLEARANCE_M + JAW_THICKNESS_M / 2.0;
    let jaws = [Side::Left, Side::Right].map(|side| {
        let away = if side == Side::Left { aside } else { -aside };
        let spec = PlateSpec {
            place: host.path.pose_at(spot.at_m).shifted(0.0, away, JAW_HEIGHT_M / 2.0 + PLATE_ABOVE_BELT_M),
            size_m: [JAW_LENGTH_M, JAW_THICKNESS_M, JAW_HEIGHT_M],
            rightward: side == Side::Left,
            stroke_m: host.width_m / 2.0 + PLATE_CLEARANCE_M - 0.01,
            force_n: JAW_FORCE_N,
            material: host.rails.material,
        };
        Plate::new(builder, &spec)
    });
    Device::Clamp { jaws, closed: false }
}
