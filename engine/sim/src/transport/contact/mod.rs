//! Contact physics: every part is a rigid body, belts drive through friction, a jam is a jam. Owns the physics world
//! and implements [`Transport`] over it; never knows what the line wants with a part.
//!
//! ```text
//! layout     lanes, exits, spots, eyes: derived from the scene once
//! world      floor, belts, fixtures become colliders                              rails       so do guide rails
//! hook       what Rapier asks per contact: material, belt speed, ghost edges       sliders    what it asks of parts
//! edges      which edges of belts are no ghosts
//! materials  which pairs need it
//! drives     ramps, surface speeds, work                                          mechanism  blades, clamps, belt stops, pop-ups
//! carriage   platforms that travel                                                train      carriers of a sorter
//! lift       platforms on endless chains
//! entry      offers become bodies                                                 plate, pusher, swing_arm, shoes, rollers  finite forces
//! leaving    bodies go out of the physics
//! body, follow, eyes, watch     bodies become facts                                motions, crowd  how and where they are
//! coasting   parts at rest on their belts, without bodies                          lookahead, convoy, grid, clear_way  until something could touch them
//! grains     what grains are told of parts, and parts that they have moved
//! straighten what somebody sets straight, and where there is room for it
//! solids     colliders as rays meet them                                          shown      and as pictures show them
//! incidents, stance, overlap     tipped, skewed, across a transfer; what touched it                             owners     whose a surface is
//! border     what goes over from and to exact events
//! energy     what each part gained against what its contacts gave it           touches     contacts as pictures show them
//! ```

mod body;
mod border;
mod carriage;
mod clear_way;
mod coasting;
mod convoy;
mod crowd;
mod drives;
mod edges;
mod energy;
mod entry;
mod eyes;
mod follow;
mod grains;
mod grid;
mod hook;
mod incidents;
mod layout;
mod leaving;
mod lift;
mod lifter;
mod lookahead;
mod materials;
mod mechanism;
mod motions;
mod overlap;
mod owners;
mod plate;
mod pop_up;
mod pusher;
mod rails;
mod rollers;
mod separator;
mod shoes;
mod shown;
mod sliders;
mod solids;
mod stance;
mod straighten;
mod swing_arm;
mod touches;
mod train;
mod watch;
mod world;

pub use shown::hull_of;

use crate::parts::{PartId, Parts};
use crate::port::{
    Ball, Contact, EnergyTotals, Fact, FactKind, Installed, MovedPart, MoverPose, PartBody, PartMotion, PartStep, Seen, Steps, Transport,
    Wish,
};
use body::Body;
use border::Shadow;
use carriage::{CarriageNews, CarriageState};
use coasting::Coasting;
use crowd::{Crowd, Occupants};
use drives::Drives;
use edges::OuterEdges;
use energy::EnergyBalance;
use entry::Offer;
use eyes::EyeState;
use follow::Sensing;
use hook::{ContactHook, NO_DRIVE, Surface};
use layout::Layout;
use lift::LiftState;
use linetwin_compute::kernels::rays::Solid;
use linetwin_model::scene::{CarriageId, DriveId, ElementId, ElementKind, LiftId};
use linetwin_model::{Scene, Time};
use materials::{PairTable, PartPairs};
use mechanism::Mechanisms;
use motions::{Motions, motion_of};
use owners::Owners;
use pusher::PusherNews;
use rapier3d::prelude::{ColliderHandle, PhysicsWorld, RigidBodyHandle};
use rayon::ThreadPool;
use rollers::Rollers;
use serde::{Deserialize, Serialize};
use sliders::Sliders;
use std::sync::Arc;
use straighten::InHand;
use train::TrainState;

/// Identity, pose and velocities of one part.
const HASHED_BYTES_PER_PART: usize = 60;
/// Parts that are gathered for the hash at once: enough for its widest path, and a buffer that the allocator keeps
/// instead of asking the system for it in every step.
const PARTS_PER_HASH_BLOCK: usize = 1024;

#[derive(Serialize, Deserialize)]
pub struct ContactTransport {
    world: PhysicsWorld,
    /// What colliders with the hook are; indexed by their user data.
    surfaces: Vec<Surface>,
    /// By surface.
    colliders: Vec<ColliderHandle>,
    owners: Owners,
    /// In order of part id.
    bodies: Vec<Body>,
    motions: Motions,
    /// In order of arrival.
    offers: Vec<Offer>,
    /// In order of being taken up.
    in_hand: Vec<InHand>,
    drives: Drives,
    eyes: Vec<EyeState>,
    mechanisms: Mechanisms,
    rollers: Rollers,
    carriages: Vec<CarriageState>,
    trains: Vec<TrainState>,
    lifts: Vec<LiftState>,
    balance: EnergyBalance,
    /// Tokens of exact events, where bodies may meet them. In order of part id.
    shadows: Vec<Shadow>,
    /// Bodies that go out of the physics after the next step.
    leaving: Vec<RigidBodyHandle>,
    /// Since the last `sense`.
    facts: Vec<Fact>,
    steps: u64,
    /// Parts that grains have moved in this step.
    #[serde(skip)]
    moved: Vec<MovedPart>,
    /// Entered since the last step: the broad phase has not seen them.
    #[serde(skip)]
    fresh: Vec<PartId>,
    #[serde(skip)]
    crowd: Crowd,
    #[serde(skip)]
    sliders: Sliders,
    #[serde(skip)]
    coasting: Coasting,
    /// By collider index: the driven surface that the collider is.
    #[serde(skip)]
    driven: Vec<Option<u32>>,
    /// The surfaces that move, in order.
    #[serde(skip)]
    moving: Vec<u32>,
    #[serde(skip)]
    layout: Layout,
    /// By port: where a part that stands is in the way.
    #[serde(skip)]
    transfers: Vec<Option<overlap::Transfer>>,
    #[serde(skip)]
    edges: OuterEdges,
    #[serde(skip)]
    pairs: PairTable,
    #[serde(skip)]
    part_pairs: PartPairs,
}

impl ContactTransport {
    /// `threads`: workers of the physics, 0 for one per core; never changes a result.
    pub fn new(scene: &Scene, threads: usize) -> Self {
        let layout = Layout::new(scene);
        let mut builder = world::Builder::new(scene);
        builder.build_statics(&layout);
        let mechanisms = Mechanisms::new(&mut builder);
        let rollers = Rollers::new(&mut builder);
        let ids = (0..scene.carriages.len()).map(CarriageId::from_index);
        let carriages = ids.map(|id| CarriageState::new(&mut builder, id)).collect();
        let trains = (0..scene.trains.len()).map(|train| TrainState::new(&mut builder, train)).collect();
        let lifts = (0..scene.lifts.len()).map(|lift| LiftState::new(&mut builder, LiftId::from_index(lift))).collect();
        let balance = EnergyBalance::new(&builder.world, &builder.colliders);
        let mut transport = ContactTransport {
            world: builder.world,
            surfaces: builder.surfaces,
            colliders: builder.colliders,
            owners: builder.owners,
            bodies: Vec::new(),
            motions: Motions::default(),
            offers: Vec::new(),
            in_hand: Vec::new(),
            drives: Drives::new(scene),
            eyes: vec![EyeState::default(); scene.eyes.len()],
            mechanisms,
            rollers,
            carriages,
            trains,
            lifts,
            balance,
            shadows: Vec::new(),
            leaving: Vec::new(),
            facts: Vec::new(),
            steps: 0,
            moved: Vec::new(),
            fresh: Vec::new(),
            crowd: Crowd::default(),
            sliders: Sliders::default(),
            coasting: Coasting::default(),
            driven: Vec::new(),
            moving: Vec::new(),
            layout: Layout::default(),
            transfers: Vec::new(),
            edges: OuterEdges::default(),
            pairs: PairTable::default(),
            part_pairs: PartPairs::default(),
        };
        transport.resume(scene, threads);
        transport
    }

    /// Makes again what a snapshot does not hold: tables derived from the scene, and the workers.
    pub fn resume(&mut self, scene: &Scene, threads: usize) {
        self.layout = Layout::new(scene);
        self.transfers = overlap::transfers(scene, &self.layout);
        self.coasting = Coasting::new(scene);
        self.edges = OuterEdges::new(scene, &self.world, &self.surfaces, &self.colliders);
        self.pairs = PairTable::new(&scene.materials);
        self.part_pairs = PartPairs::new(scene);
        self.driven = driven_surfaces(&self.surfaces, &self.colliders);
        self.moving = self.moving_surfaces();
        self.crowd = Crowd::new(scene, self.layout.lanes.len());
        for (body, motion) in self.bodies.iter_mut().zip(&self.motions.now) {
            self.crowd.note(body);
            self.coasting.admit(body, motion);
        }
        self.world.configure_thread_pool(threads).expect("the system gives a few threads");
    }

    /// The threads of the physics.
    pub fn workers(&self) -> Option<Arc<ThreadPool>> {
        self.world.thread_pool()
    }

    fn report(&mut self, crossed_at: Time, kind: FactKind) {
        // Seen at the end of the step that follows: `sense` fills it in.
        self.facts.push(Fact { crossed_at, seen_at: crossed_at, kind });
    }

    fn report_at(&mut self, until: Time, kind: FactKind) {
        self.facts.push(Fact { crossed_at: until, seen_at: until, kind });
    }

    fn obey(&mut self, scene: &Scene, parts: &Parts, wish: &Wish, now: Time) {
        match *wish {
            Wish::Offer { part, port, left_m, yaw_rad, born_at } => {
                self.offers.push(Offer { part, port, left_m, yaw_rad, born_at, refused: false });
            }
            Wish::Withdraw { part } => self.offers.retain(|offer| offer.part != part),
            Wish::Place { part, conveyor, along_m, left_m, yaw_rad } => {
                self.place(scene, parts, part, (conveyor, along_m, left_m, yaw_rad), now);
            }
            Wish::LastOut { spot, part } => self.mechanisms.lead_out(spot, part),
            Wish::Hold { spot } => self.mechanisms.engage(spot, Occupants { bodies: &self.bodies, crowd: &self.crowd }),
            Wish::Release { spot } => self.mechanisms.release(spot, Occupants { bodies: &self.bodies, crowd: &self.crowd }),
            Wish::Push { pusher } => self.mechanisms.pushers[pusher.index()].push(),
            Wish::Divert { diverter, out } => self.mechanisms.diverters[diverter.index()].want(out),
            Wish::Travel { carriage, away, stop } => self.carriages[carriage.index()].send(away, stop),
            Wish::SetSpeed { drive, speed_mps } => self.drives.states[drive.index()].set_mps = speed_mps,
            Wish::Reweigh { part } => self.reweigh(parts, part),
            Wish::Straighten { part } => self.straighten(part, now),
            Wish::Remove { part } => self.remove(part, now),
            // For what moves grains.
            Wish::RunBulk { .. } | Wish::Fill { .. } => {}
        }
    }

    fn occupants(&self) -> Occupants<'_> {
        Occupants { bodies: &self.bodies, crowd: &self.crowd }
    }

    /// Each part along its lane, the eyes, and the mechanisms.
    fn follow_bodies(&mut self, scene: &Scene, now: Time, until: Time) {
        let (mut bodies, mut eyes) = (std::mem::take(&mut self.bodies), std::mem::take(&mut self.eyes));
        let mut facts = std::mem::take(&mut self.facts);
        let (layout, mechanisms, carriages, lifts) = (&self.layout, &self.mechanisms, self.carriages.as_slice(), self.lifts.as_slice());
        let per_s = 1.0 / scene.step.seconds();
        let mut sensing = Sensing { scene, layout, mechanisms, carriages, lifts, now, until, per_s, facts: &mut facts };
        self.crowd.clear();
        for (body, motion) in bodies.iter_mut().zip(&self.motions.now) {
            if let Some(along) = body.quiet_along(until) {
                (body.position, body.along) = (motion.position.map(f64::from), along);
                self.crowd.note(body);
                continue;
            }
            let before = sensing.follow(body, motion);
            self.crowd.note(body);
            if body.place == body::Where::OnLane && !eyes.is_empty() {
                let (collider, at) = coasting::collider_of(&self.world, body, motion);
                eyes::test_part(&mut sensing, &mut eyes, body, before, (collider.shape(), &at));
            }
            coasting::quieten(body, layout);
        }
        eyes::conclude(&mut sensing, &mut eyes, &self.layout);
        (self.bodies, self.eyes, self.facts) = (bodies, eyes, facts);
    }

    fn sense_mechanisms(&mut self, scene: &Scene, until: Time) {
        let dt_s = scene.step.seconds() as f32;
        let mut facts = std::mem::take(&mut self.facts);
        let mut report = |kind| facts.push(Fact { crossed_at: until, seen_at: until, kind });
        let stall = |element: ElementId, stalled| if stalled { FactKind::Stalled { element } } else { FactKind::Freed { element } };
        let occupants = Occupants { bodies: &self.bodies, crowd: &self.crowd };
        self.mechanisms.stalls(&self.world, occupants, |news| {
            // A part above the blade of a lift stands there while its feeder waits for the chains; one that is stuck is a jam.
            if !matches!(scene.element(news.element).kind, ElementKind::Lift(_)) {
                report(stall(news.element, news.stalled));
            }
        });
        for (index, pusher) in self.mechanisms.pushers.iter_mut().enumerate() {
            let (element, id) = (pusher.element, linetwin_model::scene::PusherId::from_index(index));
            pusher.sense(&self.world, dt_s, |news| {
                report(match news {
                    PusherNews::StrokeEnded { reached } => FactKind::StrokeEnded { pusher: id, reached },
                    PusherNews::Stalled => stall(element, true),
                    PusherNews::Freed => stall(element, false),
                });
            });
        }
        for (index, carriage) in self.carriages.iter_mut().enumerate() {
            let (element, id) = (carriage.element, CarriageId::from_index(index));
            carriage.sense(|news| {
                report(match news {
                    CarriageNews::Ended { away } => FactKind::TravelEnded { carriage: id, away },
                    CarriageNews::Stalled => stall(element, true),
                    CarriageNews::Freed => stall(element, false),
                });
            });
        }
        for lift in &mut self.lifts {
            if let Some(stalled) = lift.sense() {
                report(stall(lift.element, stalled));
            }
        }
        self.facts = facts;
    }
}

impl Steps for ContactTransport {
    fn accept(&mut self, scene: &Scene, parts: &Parts, wishes: &[Wish], now: Time) {
        self.remove_leaving();
        for wish in wishes {
            self.obey(scene, parts, wish, now);
        }
        self.set_down(scene, parts, now);
        self.try_offers(scene, parts, now);
    }

    fn advance(&mut self, scene: &Scene, now: Time, until: Time) {
        let dt_s = scene.step.seconds();
        let occupants = Occupants { bodies: &self.bodies, crowd: &self.crowd };
        self.mechanisms.drive(scene, dt_s as f32, occupants, &mut self.drives, &mut self.world);
        let around = (dt_s as f32, occupants, &self.drives);
        self.mechanisms.drive_diverters(around, &mut self.surfaces, &self.colliders, &mut self.world);
        self.drives.ramp(scene, dt_s, &mut self.surfaces, &self.colliders, &mut self.world);
        for (index, carriage) in self.carriages.iter_mut().enumerate() {
            carriage.drive(scene, CarriageId::from_index(index), dt_s, &mut self.surfaces, &mut self.world);
        }
        for train in &mut self.trains {
            train.drive(scene, until.since(now).as_seconds(), (&self.drives, &mut self.mechanisms), &mut self.surfaces, &mut self.world);
        }
        for lift in &mut self.lifts {
            lift.drive(scene, until.since(now).as_seconds(), &mut self.drives, &mut self.surfaces, &mut self.world);
        }
        self.rollers.brake(&mut self.world, scene.physics.gravity_mps2 as f32, dt_s as f32);
        self.coast(scene, now);
        self.balance.begin(&self.world, &self.colliders);
        let (surfaces, edges, pairs, sliders) = (&self.surfaces, &self.edges, &self.pairs, &self.sliders);
        let hook = ContactHook { surfaces, edges, pairs, sliders, braked: &self.mechanisms.braked };
        self.world.step_with_events(&hook, &());
        self.motions.read(&self.bodies, &self.world, &mut self.sliders, until);
        self.note_rest(scene);
        self.fresh.clear();
        self.drives.count_running(until.since(now));
        self.steps += 1;
    }

    fn sense(&mut self, scene: &Scene, now: Time, until: Time, facts: &mut Vec<Fact>) {
        self.watch_contacts(scene, until);
        self.watch_quarantine(until);
        self.watch_energy(scene, until);
        self.go_on_from_grains();
        self.follow_bodies(scene, now, until);
        self.sense_mechanisms(scene, until);
        self.watch_jams(scene, until);
        self.watch_incidents(scene, until);
        let start = facts.len();
        facts.extend(self.facts.drain(..).map(|fact| Fact { seen_at: until, ..fact }));
        facts[start..].sort_by_key(order);
    }
}

impl Transport for ContactTransport {
    fn motions(&self) -> Vec<(PartId, PartMotion)> {
        self.bodies.iter().map(|body| body.id).zip(self.motions.now.iter().copied()).collect()
    }

    fn coasting(&self) -> usize {
        self.coasting.count()
    }

    fn step_of(&self, scene: &Scene, part: PartId) -> Option<PartStep> {
        self.step_of_part(part, scene.step.seconds())
    }

    fn body_of(&self, part: PartId) -> Option<PartBody> {
        self.body_of_part(part)
    }

    fn contacts(&self, scene: &Scene) -> Vec<Contact> {
        self.touches(scene.step.seconds())
    }

    fn take_over(&mut self, moved: Vec<MovedPart>) {
        self.moved = moved;
    }

    fn solids(&self, standing: bool, near: &[Ball]) -> Vec<(Seen, Solid)> {
        self.solid_bodies(standing, near)
    }

    fn installed(&self, scene: &Scene) -> Vec<Installed> {
        self.installed_solids(scene)
    }

    fn movers(&self, scene: &Scene, tell: &mut dyn FnMut(MoverPose)) {
        self.tell_movers(scene, tell);
    }

    fn speed_mps(&self, drive: DriveId) -> f64 {
        self.drives.speed_mps(drive)
    }

    fn energy(&self) -> &EnergyTotals {
        &self.drives.totals
    }

    /// Bodies are gathered first: the hash takes many kilobytes at once several times faster than a few bytes at a time. What
    /// coasts is told by where it began: the hash goes over all steps.
    fn hash_state(&self, hasher: &mut blake3::Hasher) {
        let mut bytes = Vec::with_capacity(HASHED_BYTES_PER_PART * self.bodies.len().min(PARTS_PER_HASH_BLOCK));
        for (bodies, motions) in self.bodies.chunks(PARTS_PER_HASH_BLOCK).zip(self.motions.now.chunks(PARTS_PER_HASH_BLOCK)) {
            for (body, motion) in bodies.iter().zip(motions).filter(|(body, _)| !self.coasting.goes_on(body)) {
                bytes.extend_from_slice(&body.id.source.0.to_le_bytes());
                bytes.extend_from_slice(&body.id.serial.to_le_bytes());
                bytes.extend_from_slice(&motion_bytes(motion));
            }
            hasher.update(&bytes);
            bytes.clear();
        }
        for drive in &self.drives.states {
            bytes.extend_from_slice(&drive.speed_mps.to_bits().to_le_bytes());
        }
        hasher.update(&bytes);
        self.mechanisms.hash(hasher);
        bytes.clear();
        self.carriages.iter().for_each(|carriage| carriage.hash(hasher));
        self.trains.iter().for_each(|train| train.hash(hasher));
        self.lifts.iter().for_each(|lift| lift.hash(hasher));
        let carried = self.carriages.iter().map(CarriageState::body).chain(self.lifts.iter().flat_map(LiftState::bodies));
        for body in self.mechanisms.moving_bodies().chain(self.rollers.bodies()).chain(carried) {
            bytes.extend_from_slice(&motion_bytes(&motion_of(&self.world.bodies[body])));
        }
        hasher.update(&bytes);
    }
}

/// Every bit of a pose and of velocities, for the hash.
fn motion_bytes(motion: &PartMotion) -> [u8; 52] {
    let vectors = [motion.position, motion.linear_velocity, motion.angular_velocity];
    let mut bytes = [0; 52];
    for (place, number) in bytes.chunks_exact_mut(4).zip(vectors.iter().flatten().chain(&motion.rotation)) {
        place.copy_from_slice(&number.to_bits().to_le_bytes());
    }
    bytes
}

/// By collider index, which of the driven surfaces it is. Surfaces are built first and stay, so no part gets their index.
fn driven_surfaces(surfaces: &[Surface], colliders: &[ColliderHandle]) -> Vec<Option<u32>> {
    let mut table = Vec::new();
    for (index, (surface, collider)) in surfaces.iter().zip(colliders).enumerate() {
        if surface.drive != NO_DRIVE {
            let at = collider.into_raw_parts().0 as usize;
            table.resize(table.len().max(at + 1), None);
            table[at] = Some(entry::index_u32(index));
        }
    }
    table
}

/// Facts are handed over by instant, then part, then in the order in which a part meets things: it enters, crosses,
/// arrives, is centred and held, leaves, clears.
fn order(fact: &Fact) -> (Time, Option<PartId>, u8) {
    use FactKind::*;
    let (part, rank) = match fact.kind {
        Entered { part, .. } => (Some(part), 0),
        Refused { part, .. } => (Some(part), 1),
        Crossed { part, .. } => (Some(part), 2),
        Misrouted { part, .. } => (Some(part), 3),
        Arrived { part, .. } => (Some(part), 4),
        Centred { part, .. } => (Some(part), 5),
        Held { part, .. } => (Some(part), 6),
        // Equals stay in the order of being reported: what is measured comes before it leaves.
        Measured { part, .. } | Left { part, .. } => (Some(part), 7),
        Cleared { part, .. } => (Some(part), 8),
        Dropped { part, .. } => (Some(part), 9),
        Moving { part } => (Some(part), 10),
        Standing { part } => (Some(part), 11),
        JamBegan { part, .. } => (Some(part), 12),
        JamEnded { part, .. } => (Some(part), 13),
        Invalid { part, .. } => (part, 14),
        Incident { part, .. } => (Some(part), 15),
        EyeBlocked { .. } => (None, 0),
        EyeCleared { .. } => (None, 1),
        StrokeEnded { .. } => (None, 2),
        Stalled { .. } => (None, 3),
        Freed { .. } => (None, 4),
        TravelEnded { .. } => (None, 5),
        Ranged { .. } | BulkSeen { .. } | BulkMoved { .. } | BulkFilled { .. } => (None, 6),
    };
    (fact.crossed_at, part, rank)
}
