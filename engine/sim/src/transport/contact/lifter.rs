//! Belts or rows of wheels that rise between the strands of a host: they lift what lies there off the strands, and their
//! surface moves at an angle to the flow. Each is driven positively to its height; what it does to a part sideways is up to
//! friction. Knows nothing about which parts should be carried off.

use super::carriage::{lifting_work_j, ramped};
use super::drives::wake_on;
use super::entry::index_u32;
use super::hook::Surface;
use super::owners::Owner;
use super::pop_up::{AFTER_S, carried};
use super::world::{Builder, cuboid, pose, vector};
use linetwin_model::geometry::dot;
use linetwin_model::scene::{Diverter, LIFTER_CLEARANCE_M};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// How far below the strands they rest [m]: further than what rides over an edge is pressed down.
const REST_M: f64 = 0.02;
const THICKNESS_M: f64 = 0.03;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifterState {
    rows: Vec<Row>,
    up: Vector,
    /// Height of the carrying surfaces along `up` at rest, and how far they rise [m].
    low: f32,
    full_m: f64,
    /// The trapezoid of its travel [m/s], [m/s^2].
    top_mps: f64,
    ramp_mps2: f64,
    wanted: bool,
    raised_m: f64,
    speed_mps: f64,
    /// Since they have sunk [s].
    sunk_s: f32,
}

/// One of them, between two strands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    body: RigidBodyHandle,
    collider: ColliderHandle,
    surface: u32,
    rest: Vector,
}

impl LifterState {
    pub fn new(builder: &mut Builder<'_>, diverter: &Diverter, speed_mps: f64, lift_m: f64) -> Self {
        let host = builder.scene.conveyor(diverter.host);
        let middle = host.path.pose_at((diverter.start_m + diverter.end_m) / 2.0);
        let drive = host.drives.iter().find(|drive| diverter.end_m <= builder.scene.drives[drive.index()].end_m + 1e-6);
        let drive = *drive.expect("the check puts a diverter on one drive");
        let forward = vector(carried(builder, diverter, speed_mps));
        let low = (dot(middle.position, middle.up()) - REST_M) as f32;
        let width_m = host.strand_gap_m() - 2.0 * LIFTER_CLEARANCE_M;
        let strips = host.strips();
        // Half of its time it speeds up, half it slows down.
        let (way_m, rise_s) = (REST_M + lift_m, diverter.stroke_s.max(builder.scene.step.seconds()));
        builder.begin(Owner::Device(diverter.element));
        let rows = strips.windows(2).map(|pair| {
            let left_m = (pair[0].left_m + pair[1].left_m) / 2.0;
            let at = pose(&middle.shifted(0.0, left_m, -REST_M - THICKNESS_M / 2.0));
            let half = [(diverter.end_m - diverter.start_m) / 2.0, width_m / 2.0, THICKNESS_M / 2.0];
            let index = builder.surfaces.len();
            let collider = builder.hooked(cuboid(half), index, diverter.material);
            let (body, collider) = builder.world.insert(RigidBodyBuilder::kinematic_position_based().pose(at), collider);
            let speed_mps = builder.scene.drives[drive.index()].speed_mps as f32;
            let surface = Surface { belt: true, up: vector(middle.up()), top: low, forward, speed_mps, drive: drive.0, ..Surface::plain() };
            builder.surfaces.push(surface);
            builder.colliders.push(collider);
            Row { body, collider, surface: index_u32(index), rest: at.translation }
        });
        LifterState {
            rows: rows.collect(),
            up: vector(middle.up()),
            low,
            full_m: way_m,
            top_mps: 2.0 * way_m / rise_s,
            ramp_mps2: 4.0 * way_m / (rise_s * rise_s),
            wanted: false,
            raised_m: 0.0,
            speed_mps: 0.0,
            sunk_s: AFTER_S,
        }
    }

    pub fn want(&mut self, up: bool) {
        self.wanted = up;
    }

    /// Whether a part that leaves by its side does so because of it.
    pub fn diverts(&self) -> bool {
        self.raised_m > 0.0 || self.sunk_s < AFTER_S
    }

    /// Before a step.
    pub fn drive(&mut self, dt_s: f32, surfaces: &mut [Surface], world: &mut PhysicsWorld) {
        self.sunk_s = if self.raised_m > 0.0 { 0.0 } else { self.sunk_s + dt_s };
        let target = if self.wanted { self.full_m } else { 0.0 };
        if self.raised_m == target && self.speed_mps == 0.0 {
            return;
        }
        (self.raised_m, self.speed_mps) = ramped(self.raised_m, self.speed_mps, target, self.top_mps, self.ramp_mps2, f64::from(dt_s));
        let raised_m = self.raised_m as f32;
        for row in &self.rows {
            surfaces[row.surface as usize].top = self.low + raised_m;
            world.bodies[row.body].set_next_kinematic_translation(row.rest + self.up * raised_m);
            wake_on(world, row.collider);
        }
    }

    /// What it did to lift parts in the last step, by drive [J].
    pub fn work_j<'a>(&'a self, world: &'a PhysicsWorld, surfaces: &'a [Surface]) -> impl Iterator<Item = (usize, f64)> + 'a {
        self.rows.iter().map(|row| (surfaces[row.surface as usize].drive as usize, lifting_work_j(world, row.body, row.collider)))
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&[u8::from(self.wanted)]);
        hasher.update(&self.raised_m.to_bits().to_le_bytes());
        hasher.update(&self.speed_mps.to_bits().to_le_bytes());
    }
}
