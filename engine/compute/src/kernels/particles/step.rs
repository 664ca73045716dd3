//! The step: rows built when they have to be, chunks of particles side by side.

use super::batch::{HostBatch, LEAVES, is_sphere, material_of};
use super::body::BODY_SLACK;
use super::clump::OUTSIDE;
use super::pairs::Motion;
use super::rows::{Rows, Sources};
use super::state::{Advance, Line, Place};
use super::walls::Walls;
use super::width::{Width, advance_run, push_chunk};
use super::{Faults, Scales, grid};
use crate::error::DeviceError;

/// Rows are built so that they last about this many steps at the speeds of then. Longer rows last longer and are walked
/// in every step; the figure is flat between 12 and 30.
const STEPS_AHEAD: f32 = 20.0;
/// Slack of a particle that stands still, as a share of the smallest radius [-]: what it may be pushed meanwhile.
const RESTING_SLACK: f32 = 0.02;

/// Why a batch cannot go on; it holds nothing useful any more.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StepError {
    #[error("particle {id} left the bounds at {position_m:?} m")]
    OutOfBounds { id: u64, position_m: [f64; 3] },
    #[error("particle {id} at {position_m:?} m moves further in a step than the smallest radius, or its motion is not a number")]
    TooFast { id: u64, position_m: [f64; 3] },
    #[error("the body of wall {wall} at {position_m:?} m moves further in a step than the smallest radius, or left the bounds")]
    Body { wall: usize, position_m: [f64; 3] },
    /// Under [`OnDeviceLoss::Stop`](crate::OnDeviceLoss::Stop).
    #[error(transparent)]
    Device(DeviceError),
}

/// How far a particle may move before rows have to be built anew.
#[derive(Clone, Copy)]
pub struct Slack {
    /// Moving like this brings nobody nearer [m/s].
    pub drift_mps: [f32; 3],
    pub resting_m: f32,
    pub ahead_s: f32,
    pub largest_m: f32,
}

/// What all do together, and how long walls are good for.
#[derive(Clone, Copy)]
pub struct Drift {
    pub per_step: [i32; 3],
    /// How much further walls are looked for, and what of that is for walls that are moved.
    pub wall_slack_m: f32,
    pub moving_slack_m: f32,
    pub slack: Slack,
}

/// [m]
#[inline(always)]
fn slack_of(velocity: &[f32; 4], slack: &Slack) -> f32 {
    let [x, y, z] = [0, 1, 2].map(|axis: usize| velocity[axis] - slack.drift_mps[axis]);
    (slack.resting_m + ((x * x + y * y) + z * z).sqrt() * slack.ahead_s).min(slack.largest_m)
}

impl HostBatch {
    /// One step of `dt_s`.
    pub fn step(&mut self) -> Result<(), StepError> {
        if self.stale {
            self.build_rows();
        }
        let motion = Motion {
            places: &self.places,
            velocities: &self.velocities,
            spins: &self.spins,
            constants: &self.constants,
            material_count: self.spec.materials.len(),
            only_material: self.only_material,
            scales: self.scales,
        };
        let hertz = matches!(self.spec.law, super::ContactLaw::HertzMindlin);
        let push = match (hertz, self.rolling) {
            (true, false) => push_chunk::<true, false>,
            (true, true) => push_chunk::<true, true>,
            (false, false) => push_chunk::<false, false>,
            (false, true) => push_chunk::<false, true>,
        };
        push_chunks(Push { width: self.width, push, motion, walls: &self.walls }, &mut self.rows, &mut self.lines);
        for axis in 0..3 {
            self.drift[axis] = self.drift[axis].wrapping_add(self.drift_per_step[axis]);
        }
        let run = Advance {
            places: &mut self.places,
            velocities: &mut self.velocities,
            spins: &mut self.spins,
            lines: &mut self.lines,
            anchors: &self.anchors,
            drift: self.drift,
        };
        let faults = advance_chunks(self.width, &self.rows, 0..self.rows.len(), run, &self.scales);
        let faults = faults.and(self.move_clumps()).and(self.move_bodies());
        self.steps_since_built += 1;
        let drifted = self.drift.map(|part| part as f32 * self.scales.metre_per_quantum);
        let squared = (drifted[0] * drifted[0] + drifted[1] * drifted[1]) + drifted[2] * drifted[2];
        let drift_slack_m = self.wall_slack_m - self.moving_slack_m;
        self.stale |= faults.stale || squared > drift_slack_m * drift_slack_m;
        if faults.lost { Err(self.lost()) } else { Ok(()) }
    }

    pub(super) fn lost(&self) -> StepError {
        let position =
            |place: &Place| [0, 1, 2].map(|axis: usize| self.middle_m[axis] + f64::from(place.at[axis]) * self.metre_per_quantum);
        let outside = |place: &Place| (0..3).any(|axis| place.at[axis].unsigned_abs() >= self.scales.bounds[axis]);
        let fast = |index: usize| {
            let line = &self.lines[index];
            let [vx, vy, vz, _] = self.velocities[index];
            let way = [vx, vy, vz].map(|part| (part * self.scales.quanta_per_step).abs());
            way.iter().any(|part| part.is_nan() || *part > self.scales.largest_way)
                || line.momentum.iter().chain(&line.spin).any(|part| part.unsigned_abs() >= super::fixed::LARGEST as u64)
        };
        // The lowest number, so that the message does not depend on the order in memory.
        let lost = (0..self.lines.len()).filter(|&index| is_sphere(&self.lines[index]) && (fast(index) || outside(&self.places[index])));
        let lost = lost.min_by_key(|&index| self.lines[index].id);
        let of_clumps = self.clumps.all.iter().filter(|clump| clump.lost != 0).min_by_key(|clump| clump.id);
        if let Some(clump) = of_clumps.filter(|clump| lost.is_none_or(|index| clump.id < self.lines[index].id)) {
            let (id, position_m) = (clump.id, self.grain_of(clump).position_m);
            let outside = clump.lost == OUTSIDE;
            return if outside { StepError::OutOfBounds { id, position_m } } else { StepError::TooFast { id, position_m } };
        }
        let Some(index) = lost else {
            let body = self.bodies.iter().find(|body| body.lost != 0).expect("the step found one");
            return StepError::Body { wall: body.wall as usize, position_m: self.motion_of_body(body).position_m };
        };
        let (id, position_m) = (self.lines[index].id, position(&self.places[index]));
        if fast(index) { StepError::TooFast { id, position_m } } else { StepError::OutOfBounds { id, position_m } }
    }

    /// Sorts particles by cell and finds who may touch whom from now on.
    pub(super) fn build_rows(&mut self) {
        self.keep_contacts();
        let slack = self.choose_drift();
        self.lay_walls();
        let of = |velocity| f64::from(slack_of(velocity, &slack));
        let mean_slack = self.velocities.iter().map(of).sum::<f64>() / self.lines.len().max(1) as f64;
        self.grid.lay(&self.places, 2.0 * (slack.largest_m + mean_slack as f32), self.scales.metre_per_quantum);
        let lines = &self.lines;
        let stay = self.grid.sort(&self.places, |index| lines[index].material & LEAVES != 0, &mut self.order);
        grid::permute(&mut self.order, &mut self.lines);
        grid::permute(&mut self.order, &mut self.places);
        self.lines.truncate(stay);
        self.places.truncate(stay);
        self.velocities.truncate(stay);
        self.spins.truncate(stay);
        (0..stay).for_each(|index| self.refresh_motion(index));
        self.find_members();
        self.anchors.clear();
        let anchored = self.places.iter().zip(&self.velocities);
        self.anchors.extend(anchored.map(|(place, velocity)| Place { radius: place.radius + slack_of(velocity, &slack), ..*place }));
        let first = self.lines.first().map_or(0, material_of);
        self.only_material = self.lines.iter().all(|line| material_of(line) == first).then_some(first);
        self.cut_chunks();
        let sources = Sources {
            grid: &self.grid,
            anchors: &self.anchors,
            lines: self.has_clumps().then_some(&self.lines),
            old: &self.order,
            pairs: &self.kept,
            on_walls: &self.kept_on_walls,
            walls: &self.walls,
            wall_slack: self.wall_slack_m,
            metre_per_quantum: self.scales.metre_per_quantum,
            rolling: self.rolling,
        };
        build_chunks(sources, stay, &mut self.rows);
        self.walls.ways_m.fill(0.0);
        self.bodies.iter_mut().for_each(|body| body.moved_m = 0.0);
        self.stale = false;
        self.steps_since_built = 0;
        self.builds += 1;
    }

    /// Lays their grid where they have changed; whether they had.
    pub(super) fn lay_walls(&mut self) -> bool {
        if self.walls_changed {
            // Radius, slack and drift are each at most the largest radius.
            self.walls.lay(3.01 * f64::from(self.spec.radii_m[1]), self.metre_per_quantum);
        }
        std::mem::take(&mut self.walls_changed)
    }

    pub(super) fn keep_contacts(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        self.kept.clear();
        self.kept_on_walls.clear();
        for rows in &mut self.rows {
            rows.keep(&mut self.kept, &mut self.kept_on_walls);
            for (sum, part) in self.wall_impulses.iter_mut().zip(&mut rows.walls.impulses) {
                sum.push(part.momentum, part.spin);
                *part = Line::default();
            }
        }
        self.kept.start.push(self.kept.other.len() as u32);
        self.kept_on_walls.start.push(self.kept_on_walls.other.len() as u32);
    }

    fn choose_drift(&mut self) -> Slack {
        let count = self.velocities.len().max(1) as f64;
        let mut mean = [0.0f64; 3];
        for velocity in &self.velocities {
            (0..3).for_each(|axis| mean[axis] += f64::from(velocity[axis]));
        }
        let drift = self.drift_of(mean.map(|part| part / count));
        self.drift = [0; 3];
        self.wall_slack_m = drift.wall_slack_m;
        self.moving_slack_m = drift.moving_slack_m;
        self.drift_per_step = drift.per_step;
        drift.slack
    }

    /// From the mean velocity [m/s]: what all do together brings nobody nearer, and rows that drift along last longer. Any
    /// other would do.
    pub(super) fn drift_of(&self, mean_mps: [f64; 3]) -> Drift {
        let per_step = mean_mps.map(|part| part * self.spec.dt_s / self.metre_per_quantum);
        let way = (per_step[0] * per_step[0] + per_step[1] * per_step[1] + per_step[2] * per_step[2]).sqrt() * self.metre_per_quantum;
        let per_step = per_step.map(|part| part as i32);
        // A wall that was moved is moved again.
        let moves = !self.bodies.is_empty() || self.walls.ways_m.iter().any(|way| *way > 0.0);
        let moving_slack_m = if moves { self.spec.radii_m[0] * BODY_SLACK } else { 0.0 };
        let most = self.spec.radii_m[1] - moving_slack_m;
        Drift {
            per_step,
            wall_slack_m: ((way * 2.0 * f64::from(STEPS_AHEAD)) as f32).min(most) + moving_slack_m,
            moving_slack_m,
            slack: Slack {
                drift_mps: per_step.map(|part| (f64::from(part) * self.metre_per_quantum / self.spec.dt_s) as f32),
                resting_m: self.spec.radii_m[0] * RESTING_SLACK,
                ahead_s: STEPS_AHEAD * self.scales.dt_s,
                largest_m: self.spec.radii_m[1],
            },
        }
    }

    /// Chunks of about equal work, one for each thread.
    fn cut_chunks(&mut self) {
        let particles = self.lines.len();
        let chunks = rayon::current_num_threads().clamp(1, particles.max(1));
        self.rows.resize_with(chunks, Rows::new);
        let work = |index: usize| 2 + self.kept.count_of(self.order[index] as usize);
        let all: usize = (0..particles).map(work).sum();
        let (mut done, mut chunk) = (0, 1);
        self.rows[0].first = 0;
        for index in 0..particles {
            // Every chunk gets at least one particle.
            let enough = done * chunks >= chunk * all && index > self.rows[chunk - 1].first;
            if chunk < chunks && (enough || particles - index == chunks - chunk) {
                self.rows[chunk].first = index;
                chunk += 1;
            }
            done += work(index);
        }
    }
}

type PushChunk = fn(Width, Motion<'_>, &Walls, &mut Rows, &mut [Line]);

#[derive(Clone, Copy)]
struct Push<'a> {
    width: Width,
    push: PushChunk,
    motion: Motion<'a>,
    walls: &'a Walls,
}

fn push_chunks(push: Push<'_>, rows: &mut [Rows], lines: &mut [Line]) {
    match rows {
        [] => {}
        [one] => (push.push)(push.width, push.motion, push.walls, one, lines),
        _ => {
            let (before, after) = rows.split_at_mut(rows.len() / 2);
            let (of_before, of_after) = lines.split_at_mut(after[0].first - before[0].first);
            rayon::join(|| push_chunks(push, before, of_before), || push_chunks(push, after, of_after));
        }
    }
}

fn build_chunks(sources: Sources<'_>, end: usize, rows: &mut [Rows]) {
    match rows {
        [] => {}
        [one] => one.build(one.first..end, sources),
        _ => {
            let (before, after) = rows.split_at_mut(rows.len() / 2);
            let middle = after[0].first;
            rayon::join(|| build_chunks(sources, middle, before), || build_chunks(sources, end, after));
        }
    }
}

fn advance_chunks(width: Width, rows: &[Rows], chunks: std::ops::Range<usize>, run: Advance<'_>, scales: &Scales) -> Faults {
    if chunks.len() < 2 {
        let Some(first) = rows.get(chunks.start).map(|rows| rows.first) else { return Faults::default() };
        for other in rows.iter() {
            other.halo.add_to(first, run.lines);
        }
        return advance_run(width, run, scales);
    }
    let middle = chunks.start + chunks.len() / 2;
    let at = rows[middle].first - rows[chunks.start].first;
    let (places, other_places) = run.places.split_at_mut(at);
    let (velocities, other_velocities) = run.velocities.split_at_mut(at);
    let (spins, other_spins) = run.spins.split_at_mut(at);
    let (lines, other_lines) = run.lines.split_at_mut(at);
    let (anchors, other_anchors) = run.anchors.split_at(at);
    let drift = run.drift;
    let before = Advance { places, velocities, spins, lines, anchors, drift };
    let after = Advance {
        places: other_places,
        velocities: other_velocities,
        spins: other_spins,
        lines: other_lines,
        anchors: other_anchors,
        drift,
    };
    let (one, two) = rayon::join(
        || advance_chunks(width, rows, chunks.start..middle, before, scales),
        || advance_chunks(width, rows, middle..chunks.end, after, scales),
    );
    one.and(two)
}

#[cfg(test)]
mod tests {
    use super::super::{BatchSpec, ContactLaw, Interaction, Material, Particle, SurfaceMotion, WallShape};
    use super::*;

    fn heap(law: ContactLaw, rolling_friction: f64, width: Width) -> super::super::SavedBatch {
        let spec = BatchSpec {
            bounds_m: [[-0.2; 3], [0.2; 3]],
            radii_m: [0.004, 0.006],
            materials: vec![Material { youngs_modulus_pa: 5e6, poisson_ratio: 0.3, density_kg_per_m3: 2500.0 }],
            interactions: vec![Interaction { restitution: 0.5, friction: 0.4, rolling_friction, cohesion_pa: 40.0 }],
            law,
            gravity_mps2: [0.0, 0.0, -9.81],
            dt_s: 2e-5,
        };
        let mut batch = HostBatch::new(spec).expect("a batch");
        batch.width = width;
        let bowl =
            WallShape::Frustum { from_m: [0.0, 0.0, -0.06], from_radius_m: 0.0, to_m: [0.0, 0.0, 0.1], to_radius_m: 0.12, sides: 16 };
        batch.add_wall(0, &bowl, SurfaceMotion::default()).expect("a bowl");
        for index in 0..343 {
            let cell = [index % 7, index / 7 % 7, index / 49];
            let position_m = cell.map(|at| (at as f64 - 3.0) * 0.0098 + 0.0001 * (index % 5) as f64);
            let particle = Particle {
                position_m: [position_m[0], position_m[1], position_m[2] + 0.03],
                velocity_mps: [-10.0 * position_m[0], -10.0 * position_m[1], -0.8 - 10.0 * position_m[2]],
                angular_velocity_radps: [3.0, -2.0, 1.0],
                radius_m: 0.004 + 0.000_4 * (index % 6) as f32,
                material: 0,
            };
            batch.insert(&particle).expect("it fits");
        }
        (0..900).for_each(|_| batch.step().expect("nobody is lost"));
        batch.save()
    }

    #[test]
    fn the_width_of_vectors_does_not_show() {
        let linear = ContactLaw::LinearSpring { normal_n_per_m: 2e4, tangential_n_per_m: 1e4 };
        for (law, rolling_friction) in [(ContactLaw::HertzMindlin, 0.0), (ContactLaw::HertzMindlin, 0.1), (linear, 0.0), (linear, 0.1)] {
            let plain = heap(law, rolling_friction, Width::Baseline);
            assert!(plain.contacts.len() > 20 && plain.on_walls.len() > 5, "{} contacts", plain.contacts.len());
            #[cfg(target_arch = "x86_64")]
            for width in [Width::Avx2, Width::Avx512] {
                let there = match width {
                    Width::Avx2 => is_x86_feature_detected!("avx2"),
                    _ => Width::widest() == Width::Avx512,
                };
                if there {
                    assert!(heap(law, rolling_friction, width) == plain, "{width:?} gives other bits");
                } else {
                    println!("SKIPPED {width:?}: this processor does not have it");
                }
            }
        }
    }
}
