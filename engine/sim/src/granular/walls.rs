//! What grains meet, as walls of the batch: hoppers with their gates, belts, chutes, bins, the conveyors and fixtures of the line
//! where grains may come, and a box below each FillAndWeigh. Their number and order follow from the scene alone.

use super::feeder::{self, Feeder};
use super::filling::Filling;
use super::gate::Gate;
use super::plan::Plan;
use linetwin_compute::kernels::particles::{ParticleBatch, SurfaceMotion, WallId, WallShape};
use linetwin_model::Scene;
use linetwin_model::geometry::{Pose, Segment, Vec3};
use linetwin_model::scene::{BulkBelt, BulkBin, BulkChute, DriveId, FeederKind, Hopper, Shape};

/// A round wall has so many sides [-]: the inner radius is 0.5 % less.
const SIDES: u32 = 32;

pub struct WallTable {
    gates: Vec<WallId>,
    belts: Vec<WallId>,
    feeders: Vec<WallId>,
    /// Wall, drive, and direction of each stretch of a conveyor that grains may meet.
    conveyors: Vec<(WallId, DriveId, Vec3)>,
    boxes: Vec<WallId>,
    /// Behind all of them come the parts among grains.
    pub first_body: usize,
}

/// A mesh that grows.
#[derive(Default)]
pub struct Sheets {
    points_m: Vec<Vec3>,
    triangles: Vec<[u32; 3]>,
}

impl Sheets {
    pub fn quad(&mut self, corners: [Vec3; 4]) {
        let first = self.points_m.len() as u32;
        self.points_m.extend(corners);
        self.triangles.extend([[first, first + 1, first + 2], [first, first + 2, first + 3]]);
    }

    pub fn shape(self) -> WallShape {
        WallShape::Mesh { points_m: self.points_m, triangles: self.triangles }
    }
}

impl WallTable {
    pub fn new(scene: &Scene, plan: &Plan, batch: &mut ParticleBatch) -> Self {
        let mut first_body = 0;
        let mut add = |material, shape: &WallShape| {
            first_body += 1;
            batch.add_wall(plan.wall_material(material), shape, SurfaceMotion::default()).expect("walls lie within the bounds")
        };
        let mut gates = Vec::new();
        for hopper in &plan.hoppers {
            mantle(&hopper.spec).iter().for_each(|shape| _ = add(hopper.spec.material, shape));
            gates.push(add(hopper.spec.material, &plate(&Gate::default(), plan, gates.len())));
        }
        let mut belts = Vec::new();
        for belt in &plan.belts {
            belts.push(add(belt.spec.material, &carrying(&belt.spec)));
            add(belt.spec.material, &skirts(&belt.spec));
        }
        let feeders = plan.feeders.iter().map(|planned| {
            let spec = &planned.spec;
            if let FeederKind::Screw(screw) = &spec.kind {
                add(spec.material, &feeder::housing(spec, screw));
            }
            add(spec.material, &Feeder::default().wall(spec, 0.0, plan.step_s).0)
        });
        let feeders = feeders.collect();
        plan.chutes.iter().for_each(|chute| _ = add(chute.spec.material, &trough(&chute.spec)));
        plan.bins.iter().for_each(|bin| _ = add(bin.spec.material, &sides(&bin.spec)));
        let mut conveyors = Vec::new();
        for conveyor in scene.conveyors.iter().filter(|conveyor| !conveyor.rolls_freely()) {
            for &drive in &conveyor.drives {
                let row = &scene.drives[drive.index()];
                for (pose, length_m) in stretches(&conveyor.path.segments, row.start_m, row.end_m) {
                    let Some((pose, length_m)) = clipped(&pose, length_m, &plan.bounds_m) else { continue };
                    let mut sheet = Sheets::default();
                    sheet.quad(strip(&pose, length_m, [-conveyor.width_m / 2.0, 0.0], [conveyor.width_m / 2.0, 0.0]));
                    conveyors.push((add(conveyor.material, &sheet.shape()), drive, pose.forward));
                }
            }
        }
        for fixture in scene.fixtures.iter().filter(|fixture| fixture.mesh.is_none()) {
            let inside = (0..3).all(|axis| {
                let at = fixture.pose.position[axis];
                let reach = fixture.size_m.iter().fold(0.0, |sum: f64, size| sum + size) / 2.0;
                at - reach > plan.bounds_m[0][axis] && at + reach < plan.bounds_m[1][axis]
            });
            if inside {
                let axes = [fixture.pose.forward, fixture.pose.left, fixture.pose.up()];
                add(
                    fixture.material,
                    &WallShape::Cuboid { centre_m: fixture.pose.position, half_m: fixture.size_m.map(|size| size / 2.0), axes },
                );
            }
        }
        // One wall serves all boxes that come: it is made of what the first open box of the scene is.
        let variants = scene.part_types.iter().flat_map(|part| &part.variants);
        let open = variants.filter(|variant| matches!(variant.shape, Shape::OpenBox { .. })).map(|variant| variant.material).next();
        let boxes = plan.fillers.iter().map(|filler| {
            let material = open.unwrap_or(plan.hoppers[filler.hopper].spec.material);
            add(material, &box_shape(None, plan))
        });
        let boxes = boxes.collect();
        WallTable { gates, belts, feeders, conveyors, boxes, first_body }
    }

    pub fn place_gate(&self, index: usize, gate: &Gate, plan: &Plan, batch: &mut ParticleBatch) {
        let motion = SurfaceMotion { velocity_mps: [0.0, gate.speed_mps as f32, 0.0], ..SurfaceMotion::default() };
        batch.place_wall(self.gates[index], &plate(gate, plan, index), motion).expect("a plate stays within the bounds");
    }

    /// As it is at a share of the step.
    pub fn place_feeder(&self, index: usize, feeder: &Feeder, part: f64, plan: &Plan, batch: &mut ParticleBatch) {
        let (shape, motion) = feeder.wall(&plan.feeders[index].spec, part, plan.step_s);
        batch.place_wall(self.feeders[index], &shape, motion).expect("a feeder stays within the bounds");
    }

    pub fn set_belt(&self, index: usize, plan: &Plan, speed_mps: f64, batch: &mut ParticleBatch) {
        set_speed(self.belts[index], plan.belts[index].spec.start.forward, speed_mps, batch);
    }

    pub fn set_conveyor_speed(&self, drive: DriveId, speed_mps: f64, batch: &mut ParticleBatch) {
        for (wall, _, forward) in self.conveyors.iter().filter(|(_, of, _)| *of == drive) {
            set_speed(*wall, *forward, speed_mps, batch);
        }
    }

    /// Where the box below a FillAndWeigh stands; without one, out of the way below the floor.
    pub fn place_box(&self, index: usize, filling: Option<&Filling>, plan: &Plan, batch: &mut ParticleBatch) {
        batch.place_wall(self.boxes[index], &box_shape(filling, plan), SurfaceMotion::default()).expect("a box stands within the bounds");
        batch.take_wall_impulse(self.boxes[index]);
    }

    /// What grains did to a box since this was last asked [N s].
    pub fn take_box_impulse(&self, index: usize, batch: &mut ParticleBatch) -> Vec3 {
        batch.take_wall_impulse(self.boxes[index]).0
    }
}

fn set_speed(wall: WallId, forward: Vec3, speed_mps: f64, batch: &mut ParticleBatch) {
    let velocity_mps = forward.map(|part| (part * speed_mps) as f32);
    batch.set_surface_motion(wall, SurfaceMotion { velocity_mps, ..SurfaceMotion::default() }).expect("its pivot is the middle");
}

/// Cone and cylinder.
pub fn mantle(hopper: &Hopper) -> [WallShape; 2] {
    let [x, y, z] = hopper.outlet_m;
    let round = |from_z: f64, from_radius_m, to_z: f64, to_radius_m| WallShape::Frustum {
        from_m: [x, y, from_z],
        from_radius_m,
        to_m: [x, y, to_z],
        to_radius_m,
        sides: SIDES,
    };
    let knee_m = z + hopper.cone_m;
    [round(z, hopper.outlet_radius_m, knee_m, hopper.radius_m), round(knee_m, hopper.radius_m, hopper.top_m(), hopper.radius_m)]
}

fn plate(gate: &Gate, plan: &Plan, hopper: usize) -> WallShape {
    let (centre_m, half_m) = gate.plate(&plan.hoppers[hopper], plan);
    WallShape::Cuboid { centre_m, half_m, axes: WallShape::UPRIGHT }
}

/// A strip along a pose between two lines, each `[left, up]` of it.
pub fn strip(start: &Pose, length_m: f64, right: [f64; 2], left: [f64; 2]) -> [Vec3; 4] {
    let at = |along: f64, [left, up]: [f64; 2]| start.shifted(along, left, up).position;
    [at(0.0, right), at(length_m, right), at(length_m, left), at(0.0, left)]
}

pub fn carrying(belt: &BulkBelt) -> WallShape {
    let ([edge_m, up_m], flat_m) = (belt.edge_m(), belt.width_m / 6.0);
    let mut sheets = Sheets::default();
    sheets.quad(strip(&belt.start, belt.length_m, [-flat_m, 0.0], [flat_m, 0.0]));
    sheets.quad(strip(&belt.start, belt.length_m, [-edge_m, up_m], [-flat_m, 0.0]));
    sheets.quad(strip(&belt.start, belt.length_m, [flat_m, 0.0], [edge_m, up_m]));
    sheets.shape()
}

/// At both edges, and behind the beginning.
pub fn skirts(belt: &BulkBelt) -> WallShape {
    let [edge_m, up_m] = belt.edge_m();
    let top_m = up_m + belt.skirt_m;
    let mut sheets = Sheets::default();
    for side in [-edge_m, edge_m] {
        sheets.quad(strip(&belt.start, belt.length_m, [side, up_m], [side, top_m]));
    }
    let at = |left, up| belt.start.shifted(0.0, left, up).position;
    sheets.quad([at(-edge_m, 0.0), at(edge_m, 0.0), at(edge_m, top_m), at(-edge_m, top_m)]);
    sheets.shape()
}

pub fn trough(chute: &BulkChute) -> WallShape {
    let half_m = chute.width_m / 2.0;
    let mut sheets = Sheets::default();
    sheets.quad(strip(&chute.start, chute.length_m, [-half_m, 0.0], [half_m, 0.0]));
    for side in [-half_m, half_m] {
        sheets.quad(strip(&chute.start, chute.length_m, [side, 0.0], [side, chute.wall_m]));
    }
    sheets.shape()
}

pub fn sides(bin: &BulkBin) -> WallShape {
    let ([x, y, z], [l, w, h]) = (bin.at_m, bin.size_m.map(|size| size / 2.0));
    let at = |i: f64, j: f64, k: f64| [x + i * l, y + j * w, z + k * 2.0 * h];
    let mut sheets = Sheets::default();
    for [(a, b), (c, d)] in [[(-1.0, -1.0), (1.0, -1.0)], [(1.0, -1.0), (1.0, 1.0)], [(1.0, 1.0), (-1.0, 1.0)], [(-1.0, 1.0), (-1.0, -1.0)]]
    {
        sheets.quad([at(a, b, 0.0), at(c, d, 0.0), at(c, d, 1.0), at(a, b, 1.0)]);
    }
    sheets.shape()
}

/// The inside of an open box: a floor and four walls.
fn box_shape(filling: Option<&Filling>, plan: &Plan) -> WallShape {
    let [low, high] = plan.bounds_m;
    let hidden_m = [f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1]), low[2] - 0.1];
    let (centre_m, axes, half) = match filling {
        Some(filling) => {
            let [l, w, h] = filling.size_m.map(|size| size / 2.0);
            (filling.centre_m, filling.axes, [l - filling.wall_m, w - filling.wall_m, h, filling.wall_m])
        }
        None => (hidden_m, WallShape::UPRIGHT, [0.01, 0.01, 0.01, 0.0]),
    };
    let [l, w, h, floor_m] = half;
    let at = |x: f64, y: f64, z: f64| -> Vec3 {
        std::array::from_fn(|part| centre_m[part] + x * axes[0][part] + y * axes[1][part] + z * axes[2][part])
    };
    let mut sheets = Sheets::default();
    let bottom = floor_m - h;
    sheets.quad([at(-l, -w, bottom), at(l, -w, bottom), at(l, w, bottom), at(-l, w, bottom)]);
    for [(a, b), (c, d)] in [[(-l, -w), (l, -w)], [(l, -w), (l, w)], [(l, w), (-l, w)], [(-l, w), (-l, -w)]] {
        sheets.quad([at(a, b, bottom), at(c, d, bottom), at(c, d, h), at(a, b, h)]);
    }
    sheets.shape()
}

/// The straight pieces of a path between two places along it. What falls on a curve goes through to the floor.
fn stretches(segments: &[Segment], start_m: f64, end_m: f64) -> Vec<(Pose, f64)> {
    let (mut before_m, mut found) = (0.0, Vec::new());
    for segment in segments {
        let length_m = segment.length();
        let (from_m, to_m) = ((start_m - before_m).max(0.0), (end_m - before_m).min(length_m));
        if let Segment::Straight { start, .. } = segment
            && to_m > from_m + 1e-9
        {
            found.push((start.shifted(from_m, 0.0, 0.0), to_m - from_m));
        }
        before_m += length_m;
    }
    found
}

/// What of a line lies within bounds.
fn clipped(start: &Pose, length_m: f64, bounds_m: &[Vec3; 2]) -> Option<(Pose, f64)> {
    let (mut from_m, mut to_m) = (0.0, length_m);
    let ways = start.position.iter().zip(&start.forward);
    for ((&at, &along), (&low, &high)) in ways.zip(bounds_m[0].iter().zip(&bounds_m[1])) {
        let (low, high) = (low - at, high - at);
        if along.abs() < 1e-12 {
            if low > 0.0 || high < 0.0 {
                return None;
            }
            continue;
        }
        let (a, b) = (low / along, high / along);
        from_m = f64::max(from_m, a.min(b));
        to_m = f64::min(to_m, a.max(b));
    }
    (to_m > from_m + 1e-9).then(|| (start.shifted(from_m, 0.0, 0.0), to_m - from_m))
}
