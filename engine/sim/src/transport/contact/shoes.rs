//! Shoe sorters: blocks that travel with the slats of their host and are moved across it by a motor of limited force. A
//! switch sends those aside that pass while a part is beside it for which it was thrown: what a part has beside it stays with
//! it. Knows nothing about which parts should go.
//!
//! ```text
//!   ------------------------------------  edge to which they push
//!                        _ - '
//!               _ - '   part ->          shoes follow each other along the guide, so that those beside a part are an
//!        _ - '                           oblique wall that travels with it
//!   --switch----------------------------
//! ```
//!
//! A shoe that waits for its next turn is kept below its host: slats come back there.

use super::crowd::Occupants;
use super::drives::Drives;
use super::hook::Surface;
use super::owners::Owner;
use super::plate::{MOTOR_GAIN, Stall};
use super::world::{Builder, pose, vector};
use crate::parts::PartId;
use linetwin_model::scene::{
    DiverterDevice, DiverterId, DriveId, ElementId, ElementKind, PLATE_ABOVE_BELT_M, SHOE_THICKNESS_M, Side, SpotId, shoe_way_m,
};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Mass of a shoe [kg]: moulded, with its pin.
const SHOE_MASS_KG: f32 = 0.5;
/// Of the way to the next shoe along the guide, what a shoe is long [-], and the most [m].
const SHOE_LENGTH_SHARE: f64 = 0.96;
const SHOE_LENGTH_MAX_M: f64 = 0.15;
/// How far below its working place a shoe waits [m].
const BELOW_M: f32 = 0.5;
/// How long after the last shoe a part may still slide off because of it [s].
const AFTER_S: f32 = 2.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shoe {
    /// Moves along the host, and carries the shoe.
    slat: RigidBodyHandle,
    body: RigidBodyHandle,
    joint: ImpulseJointHandle,
    crosses: bool,
    stall: Stall,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShoesState {
    pub element: ElementId,
    spot: SpotId,
    drive: DriveId,
    shoes: Vec<Shoe>,
    /// Where one waits for its turn.
    rest: Pose,
    flow: Vector,
    aside: Vector,
    /// Of the guide: lateral way over way along the host.
    slope: f32,
    pitch_m: f64,
    /// The switch and the length of the guide, along the host [m].
    start_m: f64,
    length_m: f32,
    switch_s: f32,
    wanted: bool,
    thrown: bool,
    waited_s: f32,
    /// Since a shoe last passed the switch [m].
    way_m: f64,
    /// Parts whose leading end has passed the switch, and whether it was thrown for them.
    passed: Vec<(PartId, bool)>,
    /// Surface speed that the shoes were told [m/s].
    speed_mps: f32,
    idle_s: f32,
    stalled: bool,
}

impl ShoesState {
    pub fn new(builder: &mut Builder<'_>, id: DiverterId) -> Self {
        let scene = builder.scene;
        let diverter = &scene.diverters[id.index()];
        let DiverterDevice::Shoes { pitch_m, height_m, force_n } = diverter.device else { unreachable!("only shoes are built here") };
        let ElementKind::Diverter(logic) = &scene.element(diverter.element).kind else { unreachable!("a diverter has its logic") };
        builder.begin(Owner::Device(diverter.element));
        let host = scene.conveyor(diverter.host);
        let under = host.drives.iter().find(|drive| diverter.end_m <= scene.drives[drive.index()].end_m + 1e-6);
        let sign = if diverter.side == Side::Left { 1.0 } else { -1.0 };
        let beside_m = host.width_m / 2.0 + SHOE_THICKNESS_M;
        let start = host.path.pose_at(diverter.start_m).shifted(0.0, -sign * beside_m, height_m / 2.0 + PLATE_ABOVE_BELT_M);
        let at = pose(&start);
        let rest = Pose::from_parts(at.translation - Vector::Z * BELOW_M, at.rotation);
        let long_m = (pitch_m / libm::cos(diverter.angle) * SHOE_LENGTH_SHARE).min(SHOE_LENGTH_MAX_M);
        let half = [long_m / 2.0, SHOE_THICKNESS_M / 2.0, height_m / 2.0].map(|length| length as f32);
        let turn = Pose::from_parts(Vector::ZERO, Rotation::from_rotation_z((sign * diverter.angle) as f32));
        let length_m = diverter.end_m - diverter.start_m;
        let local = Vector::Y * sign as f32;
        let count = (length_m / pitch_m).ceil() as usize + 2;
        let shoes = (0..count).map(|_| {
            let index = builder.surfaces.len();
            let block = ColliderBuilder::cuboid(half[0], half[1], half[2]).position(turn).mass(SHOE_MASS_KG);
            let collider = builder.hooked(block, index, diverter.material);
            let moving = RigidBodyBuilder::dynamic().pose(rest).gravity_scale(0.0).can_sleep(false);
            let (body, collider) = builder.world.insert(moving, collider);
            builder.surfaces.push(Surface::plain());
            builder.colliders.push(collider);
            let slat = builder.world.insert_body(RigidBodyBuilder::kinematic_velocity_based().pose(rest));
            let joint = PrismaticJointBuilder::new(local)
                .limits([0.0, shoe_way_m(host.width_m) as f32])
                .motor_velocity(0.0, MOTOR_GAIN)
                .motor_max_force(force_n as f32)
                .build();
            let joint = builder.world.insert_impulse_joint(slat, body, joint);
            Shoe { slat, body, joint, crosses: false, stall: Stall::default() }
        });
        let shoes = shoes.collect();
        ShoesState {
            element: diverter.element,
            spot: logic.spot,
            drive: *under.or(host.drives.last()).expect("a conveyor has a drive"),
            shoes,
            rest,
            flow: vector(start.forward),
            aside: vector(start.left) * sign as f32,
            slope: libm::tan(diverter.angle) as f32,
            pitch_m,
            start_m: diverter.start_m,
            length_m: length_m as f32,
            switch_s: diverter.stroke_s as f32,
            wanted: false,
            thrown: false,
            waited_s: 0.0,
            way_m: 0.0,
            passed: Vec::new(),
            speed_mps: 0.0,
            idle_s: AFTER_S,
            stalled: false,
        }
    }

    pub fn want(&mut self, aside: bool) {
        if self.wanted != aside {
            (self.wanted, self.waited_s) = (aside, 0.0);
        }
    }

    /// Whether a part that leaves by its side does so because of it.
    pub fn diverts(&self) -> bool {
        self.idle_s < AFTER_S
    }

    /// Before a step.
    pub fn drive(&mut self, dt_s: f32, occupants: Occupants<'_>, drives: &Drives, world: &mut PhysicsWorld) {
        self.waited_s += dt_s;
        if self.waited_s >= self.switch_s {
            self.thrown = self.wanted;
        }
        let speed_mps = drives.speed_mps(self.drive);
        let beside = self.look(occupants);
        self.travel(speed_mps as f32, world);
        self.way_m += speed_mps * f64::from(dt_s);
        let passes = self.way_m >= self.pitch_m;
        self.way_m = self.way_m.rem_euclid(self.pitch_m);
        if passes && beside {
            self.send(world);
        }
        self.idle_s = if self.shoes.iter().any(|shoe| shoe.crosses) { 0.0 } else { self.idle_s + dt_s };
    }

    /// Each part is sorted out as its leading end passes the switch. Whether one that is to go aside is beside it now.
    fn look(&mut self, occupants: Occupants<'_>) -> bool {
        self.passed.retain(|(part, _)| occupants.passing(self.spot).any(|passer| passer.body.id == *part));
        let mut beside = false;
        for passer in occupants.passing(self.spot) {
            let Some(along) = passer.along.filter(|along| along.lead_m >= self.start_m) else { continue };
            let known = self.passed.iter().find(|(part, _)| *part == passer.body.id);
            let aside = known.map_or(self.thrown, |(_, aside)| *aside);
            if known.is_none() {
                self.passed.push((passer.body.id, aside));
            }
            beside |= aside && along.trail_m <= self.start_m;
        }
        beside
    }

    /// Those that cross go on with their slats; at the end of the guide they are out of the way.
    fn travel(&mut self, speed_mps: f32, world: &mut PhysicsWorld) {
        let told = std::mem::replace(&mut self.speed_mps, speed_mps);
        for index in 0..self.shoes.len() {
            let shoe = &self.shoes[index];
            if !shoe.crosses {
                continue;
            }
            let gone_m = (world.bodies[shoe.slat].translation() - self.rest.translation).dot(self.flow);
            if !(0.0..self.length_m).contains(&gone_m) {
                self.put(index, self.rest, 0.0, world);
                self.shoes[index].crosses = false;
            } else if told != speed_mps {
                self.tell(index, speed_mps, world);
            }
        }
    }

    /// A shoe that has just passed the switch goes aside.
    fn send(&mut self, world: &mut PhysicsWorld) {
        let Some(index) = self.shoes.iter().position(|shoe| !shoe.crosses) else { return };
        let at = Pose::from_parts(self.rest.translation + Vector::Z * BELOW_M + self.flow * self.way_m as f32, self.rest.rotation);
        self.put(index, at, self.speed_mps, world);
        self.shoes[index].crosses = true;
    }

    fn put(&mut self, index: usize, slat_at: Pose, speed_mps: f32, world: &mut PhysicsWorld) {
        let (slat, body) = (self.shoes[index].slat, self.shoes[index].body);
        // Where along the guide it is follows from where its slat is.
        let on_guide_m = (slat_at.translation - self.rest.translation).dot(self.flow) * self.slope;
        world.bodies[slat].set_position(slat_at, true);
        let block = &mut world.bodies[body];
        block.set_position(Pose::from_parts(slat_at.translation + self.aside * on_guide_m, slat_at.rotation), true);
        block.set_linvel((self.flow + self.aside * self.slope) * speed_mps, true);
        block.set_angvel(Vector::ZERO, true);
        self.shoes[index].stall = Stall::default();
        self.tell(index, speed_mps, world);
    }

    fn tell(&self, index: usize, speed_mps: f32, world: &mut PhysicsWorld) {
        let shoe = &self.shoes[index];
        world.bodies[shoe.slat].set_linvel(self.flow * speed_mps, true);
        let joint = world.impulse_joints.get_mut(shoe.joint, true).expect("a shoe's joint lives as long as the shoe");
        joint.data.set_motor_velocity(JointAxis::LinX, speed_mps * self.slope, MOTOR_GAIN);
    }

    /// After a step: whether a shoe cannot go on, or all can again, where that changed.
    pub fn sense(&mut self, world: &PhysicsWorld) -> Option<bool> {
        let wished_mps = self.speed_mps * self.slope;
        let mut stalls = false;
        for shoe in self.shoes.iter_mut().filter(|shoe| shoe.crosses) {
            stalls |= shoe.stall.look(wished_mps, world.bodies[shoe.body].linvel().dot(self.aside));
        }
        (std::mem::replace(&mut self.stalled, stalls) != stalls).then_some(stalls)
    }

    pub fn bodies(&self) -> impl Iterator<Item = RigidBodyHandle> + '_ {
        self.shoes.iter().filter(|shoe| shoe.crosses).map(|shoe| shoe.body)
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&[u8::from(self.wanted), u8::from(self.thrown), u8::from(self.stalled)]);
        hasher.update(&self.way_m.to_bits().to_le_bytes());
    }
}
