//! What will go wrong by mechanics alone: a part too long for a curve between its rails, a part that falls over at a stop,
//! a belt too steep for its friction, a hold before which a part has no room. Each with the numbers and what would help. Works on the checked tables alone.

use super::Checker;
use super::goods::mean_size;
use crate::diagnostic::Diagnostic;
use crate::geometry::Segment;
use crate::scene::*;

/// Play that a part needs between rails [m]: less, and it wedges at its corners.
const PLAY_M: f64 = 0.005;

impl Checker<'_, '_> {
    pub(super) fn prospects(&mut self, scene: &Scene) {
        for conveyor in &scene.conveyors {
            let passing = &scene.element(conveyor.element).passing;
            self.curves(scene, conveyor, passing);
            self.slopes(scene, conveyor, passing);
        }
        for spot in &scene.spots {
            let host = scene.conveyor(spot.host);
            self.stops(scene, spot, host, &scene.element(host.element).passing);
            self.room_before(scene, spot, host);
        }
    }

    /// A box that hugs the inner rail reaches out to sqrt((inner + width)^2 + (length / 2)^2) with its outer corners.
    fn curves(&mut self, scene: &Scene, conveyor: &Conveyor, passing: &[Passing]) {
        if !(conveyor.rails.left && conveyor.rails.right) {
            return;
        }
        let tightest = conveyor.path.segments.iter().filter_map(|segment| match *segment {
            Segment::Arc { radius_m, .. } | Segment::Helix { radius_m, .. } => Some(radius_m),
            Segment::Straight { .. } => None,
        });
        let Some(radius_m) = tightest.min_by(f64::total_cmp) else { return };
        let (inner_m, outer_m) = (radius_m - conveyor.width_m / 2.0, radius_m + conveyor.width_m / 2.0);
        let reach = |[length_m, width_m]: [f64; 2]| libm::hypot(inner_m + width_m, length_m / 2.0);
        let lying = lying(scene, passing);
        let worst = lying.iter().max_by(|a, b| reach(a.plan_m).total_cmp(&reach(b.plan_m)));
        let Some(worst) = worst.filter(|part| reach(part.plan_m) + PLAY_M > outer_m) else { return };
        let [length_m, width_m] = worst.plan_m;
        let element = conveyor.element.index();
        let (name, needed_m) = (self.name(element).to_owned(), reach(worst.plan_m) + PLAY_M - inner_m);
        let message = format!(
            "`{}` ({length_m:.3} m long, {width_m:.3} m wide) needs {needed_m:.3} m between the rails of `{name}`, which are {:.3} m apart around {radius_m} m",
            worst.name, conveyor.width_m
        );
        let span = self.at.name_span(&self.element_path(element));
        let problem =
            Diagnostic::warning("wedges-in-curve", span, message).allowed(format!("a width of {needed_m:.3} m, or a larger radius"));
        self.push(problem.help("it will wedge: widen the curve, raise its radius, or take the rails away (`rails: None`)"));
    }

    /// On a slope steeper than its friction, a part slides on the belt, whatever drives that.
    fn slopes(&mut self, scene: &Scene, conveyor: &Conveyor, passing: &[Passing]) {
        // On a chute they should.
        let driven = conveyor.drives.iter().any(|drive| scene.drives[drive.index()].speed_mps != 0.0);
        if !driven {
            return;
        }
        let steep = |segment: &Segment| match *segment {
            Segment::Straight { start, .. } => start.forward[2].abs() / libm::hypot(start.forward[0], start.forward[1]),
            Segment::Arc { .. } => 0.0,
            // Towards the inner edge a helix is steeper; parts lie along the middle.
            // One of more than 45 degrees is an error of its own.
            Segment::Helix { radius_m, angle, rise_m, .. } => {
                Some((rise_m / (radius_m * angle)).abs()).filter(|slope| *slope <= 1.0).unwrap_or(0.0)
            }
        };
        let slope = conveyor.path.segments.iter().map(steep).fold(0.0, f64::max);
        let variants = passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
        let least = variants
            .map(|variant| (scene.materials.pair(variant.material, conveyor.material).friction, variant))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((friction, variant)) = least.filter(|(friction, _)| slope > *friction) else { return };
        let degrees = |slope: f64| libm::atan(slope) * 180.0 / std::f64::consts::PI;
        let element = conveyor.element.index();
        let message = format!("`{}` slides on `{}`: its slope is {:.1} degrees", variant.name, self.name(element), degrees(slope));
        let span = self.at.name_span(&self.element_path(element));
        let problem = Diagnostic::warning("too-steep", span, message);
        let allowed = format!("up to {:.1} degrees with a friction of {friction}", degrees(friction));
        self.push(problem.allowed(allowed).help("less slope, or a `material` with more friction"));
    }

    /// Whether a part that is set down at the beginning of a conveyor is not beyond a blade at once.
    fn room_before(&mut self, scene: &Scene, spot: &Spot, host: &Conveyor) {
        let sets_down = |id: &ElementId| match &scene.element(*id).kind {
            ElementKind::Source(source) => source.into == host.in_port,
            _ => {
                scene.host_of(*id).is_none()
                    && scene.edges.iter().any(|edge| edge.to == host.in_port && scene.port(edge.from).element == *id)
            }
        };
        let Some(feeder) = scene.element_ids().find(sets_down).filter(|_| spot.hold == Some(HoldKind::Blade)) else { return };
        for part in &scene.element(host.element).passing {
            for variant in &scene.part_types[part.part_type.index()].variants {
                let size_m = mean_size(&variant.shape);
                let length_m = size_m[usize::from(part.turned)];
                if length_m <= spot.end_m + PLAY_M {
                    continue;
                }
                let [held_by, on, from] = [spot.element, host.element, feeder].map(|id| self.name(id.index()).to_owned());
                let message = format!(
                    "`{}` is {length_m:.3} m long, and the blade of `{held_by}` is {:.3} m behind the beginning of `{on}`, where `{from}` sets it down",
                    variant.name, spot.end_m
                );
                let problem = Diagnostic::warning("no-room-before", self.at.name_span(&self.element_path(host.element.index())), message);
                self.push(problem.help(format!("it is beyond the blade at once: make `{on}` {:.3} m longer", length_m - spot.end_m)));
                return;
            }
        }
    }

    /// Whether what is stopped stays upright: against a blade by its energy, on a belt that stops by the deceleration.
    fn stops(&mut self, scene: &Scene, spot: &Spot, host: &Conveyor, passing: &[Passing]) {
        let drive = host.drives.iter().map(|drive| &scene.drives[drive.index()]).find(|drive| spot.at_m <= drive.end_m);
        let (Some(hold), Some(drive)) = (spot.hold, drive) else { return };
        let gravity = scene.physics.gravity_mps2;
        for part in lying(scene, passing) {
            let ([base_m, _], height_m) = (part.plan_m, part.height_m);
            let message = match hold {
                HoldKind::Blade => {
                    // Struck at its foot, it turns about it with m v h / 2 = I w, I = m (b^2 + h^2) / 3, and falls where
                    // I w^2 / 2 lifts its centre over the edge.
                    let lift_m = libm::hypot(base_m, height_m) / 2.0 - height_m / 2.0;
                    let inertia = (base_m * base_m + height_m * height_m) / 3.0;
                    let tips_mps = libm::sqrt(2.0 * gravity * lift_m * inertia) / (height_m / 2.0);
                    if drive.speed_mps < tips_mps {
                        continue;
                    }
                    format!(
                        "falls over at a blade from {tips_mps:.2} m/s on, and `{}` brings it with {} m/s",
                        self.name(host.element.index()),
                        drive.speed_mps
                    )
                }
                HoldKind::BeltStop => {
                    let tips_mps2 = gravity * base_m / height_m;
                    let friction = scene.materials.pair(part.material, host.material).friction;
                    if drive.deceleration_mps2.min(friction * gravity) < tips_mps2 {
                        continue;
                    }
                    format!("tips from {tips_mps2:.2} m/s^2 on, and its belt stops with {} m/s^2", drive.deceleration_mps2)
                }
                HoldKind::Clamp => continue,
            };
            let element = spot.element.index();
            let whole = format!("`{}` ({base_m:.3} m at its foot, {height_m:.3} m high) {message}", part.name);
            let problem = Diagnostic::warning("tips-over", self.at.name_span(&self.element_path(element)), whole);
            self.push(problem.help("a slower or gentler drive (`speed_mps`, `deceleration_mps2`), or another hold"));
            return;
        }
    }
}

/// A part as it lies on a conveyor: along and across the flow, and up [m].
struct Lying<'a> {
    name: &'a str,
    plan_m: [f64; 2],
    height_m: f64,
    material: MaterialId,
}

/// The boxes among what passes; round parts have no corners, and no length that matters here.
fn lying<'a>(scene: &'a Scene, passing: &[Passing]) -> Vec<Lying<'a>> {
    let mut all = Vec::new();
    for passing in passing {
        for variant in &scene.part_types[passing.part_type.index()].variants {
            let [length_m, width_m, height_m] = mean_size(&variant.shape);
            if matches!(variant.shape, Shape::Box { .. } | Shape::OpenBox { .. } | Shape::ConvexHull { .. }) {
                let plan_m = if passing.turned { [width_m, length_m] } else { [length_m, width_m] };
                all.push(Lying { name: &variant.name, plan_m, height_m, material: variant.material });
            }
        }
    }
    all
}
