//! The carriers of a sorter: a chain that moves exactly as its drive says, each carrier with a surface of its own. It takes
//! parts along by friction, and gives them off where it is told: a belt across it runs, or it tilts. Knows nothing about which
//! part it carries.
//!
//! What is left out: the mass of the carriers and the give of their chain.

use super::carriage::ramped;
use super::drives::{Drives, wake_on};
use super::hook::Surface;
use super::mechanism::{DiverterState, Mechanisms};
use super::owners::Owner;
use super::world::{Builder, cuboid, pose, vector};
use linetwin_model::Scene;
use linetwin_model::geometry::{Pose as Place, add, dot, scale};
use linetwin_model::scene::{DiverterDevice, Side, SorterCarriers};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Thickness of a carrier [m].
const THICKNESS_M: f64 = 0.06;
/// Fraction of a tray's time to tilt spent speeding up, and again slowing down [-].
const RAMP_FRACTION: f64 = 0.25;
/// How long after the last carrier a part may still slide off because of it [s].
const AFTER_S: f64 = 2.0;

/// Where carriers give off: whether the one that comes to it next shall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DischargeState {
    pub wanted: bool,
    /// Since a carrier last gave off there [s].
    idle_s: f64,
}

impl Default for DischargeState {
    fn default() -> Self {
        DischargeState { wanted: false, idle_s: AFTER_S }
    }
}

impl DischargeState {
    /// Whether a part that leaves by its side does so because of it.
    pub fn diverts(&self) -> bool {
        self.idle_s < AFTER_S
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&[u8::from(self.wanted)]);
        hasher.update(&self.idle_s.to_bits().to_le_bytes());
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Carrier {
    body: RigidBodyHandle,
    collider: ColliderHandle,
    /// Of its middle along the loop [m].
    along_m: f64,
    /// By diverter: where it gives off now.
    gives_off_at: Option<u32>,
    /// Of its belt, to the left [m/s].
    belt_mps: f64,
    /// Of its tray, the left edge upwards [rad], and how fast [rad/s].
    tilt: f64,
    tilts_radps: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainState {
    /// Index into the scene's trains.
    train: usize,
    /// Index of the first carrier's surface.
    first_surface: usize,
    carriers: Vec<Carrier>,
    stood: bool,
}

impl TrainState {
    pub fn new(builder: &mut Builder<'_>, index: usize) -> Self {
        let scene = builder.scene;
        let train = &scene.trains[index];
        let conveyor = scene.conveyor(train.conveyor);
        let pitch_m = scene.train_pitch_m(train);
        builder.begin(Owner::Conveyor(conveyor.element));
        let first_surface = builder.surfaces.len();
        let half = [train.length_m / 2.0, conveyor.width_m / 2.0, THICKNESS_M / 2.0];
        let carriers = (0..train.count).map(|number| {
            let along_m = f64::from(number) * pitch_m;
            let middle = conveyor.path.pose_at(along_m);
            let collider = builder.hooked(cuboid(half), builder.surfaces.len(), conveyor.material);
            let at = pose(&middle.shifted(0.0, 0.0, -THICKNESS_M / 2.0));
            let (body, collider) = builder.world.insert(RigidBodyBuilder::kinematic_position_based().pose(at), collider);
            let mut surface = Surface { belt: true, ..Surface::plain() };
            lay(&mut surface, &middle, 0.0);
            builder.surfaces.push(surface);
            builder.colliders.push(collider);
            Carrier { body, collider, along_m, gives_off_at: None, belt_mps: 0.0, tilt: 0.0, tilts_radps: 0.0 }
        });
        let carriers = carriers.collect();
        TrainState { train: index, first_surface, carriers, stood: false }
    }

    /// Before a step of `dt_s`: everything goes on by one step.
    pub fn drive(
        &mut self,
        scene: &Scene,
        dt_s: f64,
        (drives, mechanisms): (&Drives, &mut Mechanisms),
        surfaces: &mut [Surface],
        world: &mut PhysicsWorld,
    ) {
        let train = &scene.trains[self.train];
        let conveyor = scene.conveyor(train.conveyor);
        let (length_m, pitch_m) = (conveyor.path.length(), scene.train_pitch_m(train));
        let drive = conveyor.drives[0];
        let gone_m = drives.speed_mps(drive) * dt_s;
        let way_m = drives.totals.drive_way_m[drive.index()] + gone_m;
        let stands = gone_m == 0.0;
        let starts = std::mem::replace(&mut self.stood, stands) && !stands;
        self.switch(scene, dt_s, gone_m, mechanisms);
        for (number, carrier) in self.carriers.iter_mut().enumerate() {
            carrier.along_m = (way_m + number as f64 * pitch_m).rem_euclid(length_m);
            let side = carrier.gives_off_at.map_or(0.0, |at| if scene.diverters[at as usize].side == Side::Left { 1.0 } else { -1.0 });
            carrier.act(&train.carriers, side, dt_s);
            let middle = rolled(conveyor.path.pose_at(carrier.along_m), carrier.tilt);
            lay(&mut surfaces[self.first_surface + number], &middle, carrier.belt_mps);
            world.bodies[carrier.body].set_next_kinematic_position(pose(&middle.shifted(0.0, 0.0, -THICKNESS_M / 2.0)));
            if starts {
                wake_on(world, carrier.collider);
            }
        }
    }

    /// A carrier that comes to the beginning of a stretch gives off there if that is wanted now, and does so to its end.
    fn switch(&mut self, scene: &Scene, dt_s: f64, gone_m: f64, mechanisms: &mut Mechanisms) {
        let host = scene.trains[self.train].conveyor;
        let length_m = scene.conveyor(host).path.length();
        let here = |at_m: f64, along_m: f64| (at_m - along_m).rem_euclid(length_m) < gone_m;
        for (index, diverter) in scene.diverters.iter().enumerate() {
            if diverter.host != host || diverter.device != DiverterDevice::Carriers {
                continue;
            }
            let DiverterState::Carriers(discharge) = &mut mechanisms.diverters[index] else { continue };
            let id = super::entry::index_u32(index);
            for carrier in &mut self.carriers {
                if discharge.wanted && here(diverter.start_m, carrier.along_m) {
                    carrier.gives_off_at = Some(id);
                } else if carrier.gives_off_at == Some(id) && here(diverter.end_m, carrier.along_m) {
                    carrier.gives_off_at = None;
                }
            }
            let active = self.carriers.iter().any(|carrier| carrier.gives_off_at == Some(id));
            discharge.idle_s = if active { 0.0 } else { discharge.idle_s + dt_s };
        }
    }

    /// Whether a tray on or beside this place of a lane is not level.
    pub fn tilts_under(&self, scene: &Scene, lane: u32, along_m: f64) -> bool {
        let train = &scene.trains[self.train];
        // Lanes of conveyors have their numbers.
        if train.conveyor.0 != lane {
            return false;
        }
        let (length_m, pitch_m) = (scene.conveyor(train.conveyor).path.length(), scene.train_pitch_m(train));
        let apart_m = |carrier: &Carrier| {
            let way_m = (carrier.along_m - along_m).rem_euclid(length_m);
            way_m.min(length_m - way_m)
        };
        self.carriers.iter().any(|carrier| carrier.tilt != 0.0 && apart_m(carrier) < pitch_m)
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        for carrier in &self.carriers {
            hasher.update(&carrier.gives_off_at.map_or(0, |at| at + 1).to_le_bytes());
            for number in [carrier.along_m, carrier.belt_mps, carrier.tilt, carrier.tilts_radps] {
                hasher.update(&number.to_bits().to_le_bytes());
            }
        }
    }
}

impl Carrier {
    /// `side`: 1 where it gives off to the left, -1 to the right, 0 where it keeps its part.
    fn act(&mut self, carriers: &SorterCarriers, side: f64, dt_s: f64) {
        match *carriers {
            SorterCarriers::CrossBelts { speed_mps, acceleration_mps2 } => {
                let most = acceleration_mps2 * dt_s;
                self.belt_mps += (side * speed_mps - self.belt_mps).clamp(-most, most);
            }
            SorterCarriers::TiltTrays { tilt, tilt_s } => {
                // A trapezoid: way = top speed x (time - one ramp).
                let top = tilt / (tilt_s * (1.0 - RAMP_FRACTION));
                let acceleration = top / (RAMP_FRACTION * tilt_s);
                (self.tilt, self.tilts_radps) = ramped(self.tilt, self.tilts_radps, -side * tilt, top, acceleration, dt_s);
            }
        }
    }
}

/// Turned about its flow, the left edge upwards.
fn rolled(place: Place, tilt: f64) -> Place {
    if tilt == 0.0 {
        return place;
    }
    Place { left: add(scale(place.left, libm::cos(tilt)), scale(place.up(), libm::sin(tilt))), ..place }
}

/// The surface of a carrier whose middle is there, with a belt that runs to the left.
fn lay(surface: &mut Surface, middle: &Place, belt_mps: f64) {
    surface.up = vector(middle.up());
    surface.top = dot(middle.position, middle.up()) as f32;
    surface.forward = vector(middle.left);
    surface.speed_mps = belt_mps as f32;
}
