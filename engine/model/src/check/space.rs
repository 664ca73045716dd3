//! Whether conveyors stand in each other's way: two surfaces in one place, or one so close above another that parts do not
//! pass below it. Knows centre lines and widths, nothing about who feeds whom but where two conveyors join.

use super::Checker;
use super::goods::largest_size;
use crate::diagnostic::Diagnostic;
use crate::geometry::{Segment, Vec3, length, sub};
use crate::scene::{Conveyor, ElementKind, Scene};

/// Distance between two places that are looked at along a conveyor [m]: less than the narrowest belt.
const LOOK_EVERY_M: f64 = 0.05;

/// At most so many places along one conveyor are looked at: a kilometre is looked at more coarsely.
const MOST_LOOKS: usize = 2_000;

/// What conveyors may share at their edges and ends [m]: a joint turns by some degrees, and ports meet within 20 mm.
const SHARED_M: f64 = 0.06;

/// What a conveyor needs below its surface [m]: its belt and the return run.
const BELT_M: f64 = 0.1;

impl Checker<'_, '_> {
    pub(super) fn crossings(&mut self, scene: &Scene) {
        let variants = scene.part_types.iter().flat_map(|part_type| &part_type.variants);
        let clear_m = variants.map(|variant| largest_size(&variant.shape)[2]).fold(0.0, f64::max) + BELT_M;
        for (index, first) in scene.conveyors.iter().enumerate() {
            self.turns_apart(first, clear_m);
            for second in &scene.conveyors[index + 1..] {
                let joined = merges_into(scene, first, second) || merges_into(scene, second, first);
                if joined || far_apart(first, second, clear_m) {
                    continue;
                }
                let Some(at) = meeting(second, first, clear_m).or_else(|| meeting(first, second, clear_m)) else { continue };
                let (former, latter) = (first.element.index(), second.element.index());
                let (x, y, z) = (at[0], at[1], at[2]);
                let message =
                    format!("`{}` and `{}` are in each other's way at ({x:.2}, {y:.2}, {z:.2})", self.name(former), self.name(latter));
                let problem = Diagnostic::warning("crossing-conveyors", self.at.name_span(&self.element_path(latter)), message)
                    .allowed(format!("a clear height of {clear_m:.2} m between surfaces that cross"))
                    .related(self.at.name_span(&self.element_path(former)), "the other one");
                self.push(problem.help("move one of them, or let a Merge join them"));
            }
        }
    }
}

impl Checker<'_, '_> {
    /// What rides on one turn of a spiral passes below the next.
    fn turns_apart(&mut self, conveyor: &Conveyor, clear_m: f64) {
        let turns = conveyor.path.segments.iter().filter_map(|segment| match *segment {
            Segment::Helix { angle, rise_m, .. } => Some((angle.abs(), rise_m.abs())),
            _ => None,
        });
        let (angle, rise_m) = turns.fold((0.0, 0.0), |sum, turn| (sum.0 + turn.0, sum.1 + turn.1));
        let apart_m = rise_m / angle * std::f64::consts::TAU;
        if angle > std::f64::consts::TAU && apart_m < clear_m {
            let element = conveyor.element.index();
            let message = format!("the turns of `{}` are {apart_m:.3} m above each other", self.name(element));
            let problem = self
                .error("turns-too-close", &self.field(element, "rise_m"), message)
                .allowed(format!("{clear_m:.3} m for the tallest part and the belt"));
            self.push(problem.help(format!("raise `rise_m` to {:.2} m, or turn less", clear_m * angle / std::f64::consts::TAU)));
        }
    }
}

/// No place of a path is further from its middle than half its length.
fn far_apart(a: &Conveyor, b: &Conveyor, clear_m: f64) -> bool {
    let middle = |conveyor: &Conveyor| conveyor.path.pose_at(conveyor.path.length() / 2.0).position;
    let reach = |conveyor: &Conveyor| (conveyor.path.length() + conveyor.width_m) / 2.0;
    length(sub(middle(a), middle(b))) > reach(a) + reach(b) + clear_m
}

/// Whether `side` ends at a merge on `host`.
fn merges_into(scene: &Scene, side: &Conveyor, host: &Conveyor) -> bool {
    scene.successor(side.out_port).is_some_and(|port| match &scene.element(scene.port(port).element).kind {
        ElementKind::Merge(merge) => scene.conveyor(scene.spot(merge.window).host).element == host.element,
        _ => false,
    })
}

/// The first place of `conveyor` that lies on, closely above or closely below `other`.
fn meeting(conveyor: &Conveyor, other: &Conveyor, clear_m: f64) -> Option<Vec3> {
    let path_m = conveyor.path.length();
    let looks = ((path_m / LOOK_EVERY_M).ceil() as usize).clamp(2, MOST_LOOKS);
    let reach_m = conveyor.width_m / 2.0 - SHARED_M;
    (0..=looks).find_map(|look| {
        let along = SHARED_M + (path_m - 2.0 * SHARED_M) * look as f64 / looks as f64;
        let pose = conveyor.path.pose_at(along.clamp(0.0, path_m));
        let points = [0.0, reach_m.max(0.0), -reach_m.max(0.0)].map(|left| pose.shifted(0.0, left, 0.0).position);
        points.into_iter().find(|point| is_on(other, *point, clear_m))
    })
}

/// Whether a point lies on, closely above or closely below a conveyor. Each piece of its path is asked, not only the nearest
/// one: a spiral comes back above its own beginning.
fn is_on(other: &Conveyor, point: Vec3, clear_m: f64) -> bool {
    let (path_m, mut start_m) = (other.path.length(), 0.0);
    other.path.segments.iter().any(|segment| {
        let (found, from_m) = (segment.locate(point), start_m);
        start_m += segment.length();
        let along_m = from_m + found.along;
        let inside = (0.0..=segment.length()).contains(&found.along) && SHARED_M < along_m && along_m < path_m - SHARED_M;
        inside && found.left.abs() < other.width_m / 2.0 - SHARED_M && found.above.abs() < clear_m
    })
}
