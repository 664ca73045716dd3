//! Where grains go: what pours into what, how far the space of grains reaches, whether the boxes that are filled stand where it
//! pours. Works on the checked elements; single values are looked at in `bulk`.

use super::Checker;
use super::goods::mean_size;
use super::tables::Tables;
use crate::diagnostic::Severity;
use crate::geometry::{Pose, Vec3, dot, sub};
use crate::scene::*;

/// Around what grains are meant for: how far they may fly before they are out of the picture [m].
const AROUND_M: f64 = 0.8;
/// Grains leave so far below the floor at the latest, and boxes that wait to be filled are kept there [m].
const BELOW_FLOOR_M: f64 = 0.5;
/// A wider space makes places of grains too coarse [m].
const WIDEST_M: f64 = 100.0;

/// Of the smallest grain: a wider gap beside a flight lets grains in, and no grain out [-].
const CLEARANCE_SHARE: f64 = 0.5;
/// So many of the largest grains side by side get through a screw [-].
const SCREW_GRAINS: f64 = 2.5;

impl Checker<'_, '_> {
    pub(super) fn bulk_space(&mut self, granulates: Vec<Granulate>, tables: &Tables) -> Option<BulkSpace> {
        let elements: Vec<(ElementId, &BulkElement)> = (0..)
            .map(ElementId::from_index)
            .zip(&tables.elements)
            .filter_map(|(id, element)| if let ElementKind::Bulk(bulk) = &element.kind { Some((id, bulk)) } else { None })
            .collect();
        if elements.is_empty() || granulates.is_empty() {
            return None;
        }
        let mut bounds_m = [[f64::INFINITY; 3], [f64::NEG_INFINITY; 3]];
        let mut reach = |point: Vec3| {
            for axis in 0..3 {
                bounds_m[0][axis] = bounds_m[0][axis].min(point[axis] - AROUND_M);
                bounds_m[1][axis] = bounds_m[1][axis].max(point[axis] + AROUND_M);
            }
        };
        elements.iter().for_each(|(_, bulk)| corners(bulk).into_iter().for_each(&mut reach));
        bounds_m[0][2] = self.spec.physics.floor_z_m - BELOW_FLOOR_M;
        let widest = (0..3).map(|axis| bounds_m[1][axis] - bounds_m[0][axis]).fold(0.0, f64::max);
        if widest > WIDEST_M {
            let problem = self.of_element(
                Severity::Error,
                "too-far-apart",
                elements[0].0,
                format!("the elements for bulk material spread over {widest:.0} m"),
            );
            self.push(problem.allowed(format!("{WIDEST_M} m at most")).help("coordinates are in metres"));
        }
        let mut edges = Vec::new();
        for (id, bulk) in &elements {
            let low_m = corners(bulk).iter().map(|corner| corner[2]).fold(f64::INFINITY, f64::min);
            if low_m < self.spec.physics.floor_z_m {
                let message = format!(
                    "`{}` reaches down to {low_m:.3} m, below the floor at {} m",
                    self.name(id.index()),
                    self.spec.physics.floor_z_m
                );
                let problem = self.of_element(Severity::Error, "below-floor", *id, message);
                self.push(problem.help("raise it, or lower `physics.floor_z_m`"));
            }
            let Some(outlet) = outlet(bulk, self.spec.physics.gravity_mps2) else { continue };
            match self.catcher(*id, &outlet, &elements, tables) {
                Some((to, landing_m)) => edges.push(BulkEdge { from: *id, to, landing_m }),
                None => {
                    let message = format!("what `{}` pours falls on the floor", self.name(id.index()));
                    let problem = self.of_element(Severity::Warning, "nothing-catches", *id, message);
                    let [x, y, z] = outlet.at_m;
                    self.push(
                        problem
                            .help(format!("it comes out at ({x:.3}, {y:.3}, {z:.3}): put a BulkBelt, BulkChute, Hopper or BulkBin below")),
                    );
                }
            }
        }
        for (id, bulk) in &elements {
            let BulkElement::Hopper(hopper) = bulk else { continue };
            if hopper.starts_kg == 0.0 && hopper.feed_kgps == 0.0 && !edges.iter().any(|edge| edge.to == *id) {
                let message = format!("`{}` is empty, and nothing fills it", self.name(id.index()));
                let problem = self.of_element(Severity::Warning, "never-filled", *id, message);
                self.push(problem.help("say `starts_kg` or `feed_kgps`, or pour into it"));
            }
        }
        for (id, bulk) in &elements {
            let BulkElement::Belt(belt) = bulk else { continue };
            self.belt_scale(
                *id,
                belt,
                &granulates,
                elements.iter().filter(|(from, _)| edges.iter().any(|edge| edge.from == *from && edge.to == *id)),
            );
        }
        self.screws(&granulates, &elements);
        Some(BulkSpace { granulates, bounds_m, edges })
    }

    /// Whether grains have room between a screw's shaft and its tube, and none between its flight and the tube.
    fn screws(&mut self, granulates: &[Granulate], elements: &[(ElementId, &BulkElement)]) {
        let smallest_m = granulates.iter().map(Granulate::thinnest_m).fold(f64::INFINITY, f64::min);
        let largest_m = granulates.iter().map(Granulate::longest_m).fold(0.0, f64::max);
        for (id, bulk) in elements {
            let BulkElement::Feeder(BulkFeeder { kind: FeederKind::Screw(screw), .. }) = bulk else { continue };
            let clearance_m = screw.tube_radius_m - screw.radius_m;
            if clearance_m > CLEARANCE_SHARE * smallest_m {
                let message = format!("grains of {smallest_m} m jam between the flight and its tube");
                let problem = self.error("jams", &self.field(id.index(), "clearance_m"), message);
                self.push(problem.allowed(format!("{:.4} m at most", CLEARANCE_SHARE * smallest_m)));
            }
            let room_m = (screw.radius_m - screw.shaft_radius_m).min(screw.pitch_m);
            if room_m < SCREW_GRAINS * largest_m {
                let message = format!("grains of {largest_m} m have {room_m:.3} m in the screw");
                let problem = self.warning("jams", &self.field(id.index(), "diameter_m"), message);
                self.push(problem.help(format!("{:.3} m between shaft and flight, and of pitch, let them pass", SCREW_GRAINS * largest_m)));
            }
        }
    }

    /// Whether a belt can carry what it is to dose, and its scale is clear of what pours onto it.
    fn belt_scale<'a>(
        &mut self,
        id: ElementId,
        belt: &BulkBelt,
        granulates: &[Granulate],
        sources: impl Iterator<Item = &'a (ElementId, &'a BulkElement)>,
    ) {
        let Some(scale) = &belt.scale else { return };
        let densest_kgpm3 = granulates.iter().map(Granulate::poured_kgpm3).fold(0.0, f64::max);
        let most_kgps = belt.speed_mps * belt.section_m2() * densest_kgpm3;
        if let Some(doses_kgps) = belt.doses_kgps.filter(|doses_kgps| *doses_kgps > most_kgps) {
            let message = format!("{doses_kgps} kg/s are more than the belt carries at {} m/s", belt.speed_mps);
            let problem = self.error("does-not-fit", &self.field(id.index(), "doses_kgps"), message);
            self.push(problem.allowed(format!("{most_kgps:.3} kg/s at most, with a belt full to the top of its skirts")));
        }
        for (from, source) in sources {
            let Some(outlet) = outlet(source, self.spec.physics.gravity_mps2) else { continue };
            let reach_m = if let BulkElement::Hopper(hopper) = source { hopper.outlet_radius_m } else { 0.0 };
            let along_m = dot(sub(outlet.at_m, belt.start.position), belt.start.forward);
            if along_m + reach_m > scale.from_m && along_m - reach_m < scale.to_m() {
                let message = format!("`{}` pours onto the scale of `{}`", self.name(from.index()), self.name(id.index()));
                let path = self.field(id.index(), "scale").name("from_m");
                self.push(self.warning("weighs-what-falls", &path, message).help(format!(
                    "what falls, or lies below an outlet, does not ride with the belt: begin well beyond {:.3} m",
                    along_m + reach_m
                )));
            }
        }
    }

    /// The uppermost of what lies below an outlet, and where what pours comes down on it.
    fn catcher(
        &self,
        from: ElementId,
        outlet: &Outlet,
        elements: &[(ElementId, &BulkElement)],
        tables: &Tables,
    ) -> Option<(ElementId, Vec3)> {
        let gravity_mps2 = self.spec.physics.gravity_mps2;
        let filled = tables.elements.iter().enumerate().filter_map(|(index, element)| match &element.kind {
            ElementKind::FillAndWeigh(filler) if filler.hopper == from => Some(ElementId::from_index(index)),
            _ => None,
        });
        if let Some(filler) = filled.into_iter().next() {
            return Some((filler, outlet.at_m));
        }
        let below = elements.iter().filter(|(id, _)| *id != from).filter_map(|(id, bulk)| {
            // It flies on while it falls.
            let landing = |z_m: f64| {
                let fallen_m = outlet.at_m[2] - z_m;
                let flown_m = outlet.speed_mps * (2.0 * fallen_m.max(0.0) / gravity_mps2.max(1e-9)).sqrt();
                let [x, y, _] = outlet.at_m;
                (fallen_m > 0.0).then_some([x + outlet.forward[0] * flown_m, y + outlet.forward[1] * flown_m, z_m])
            };
            let height_m = catches(bulk, &landing)?;
            Some((landing(height_m)?, *id))
        });
        below.max_by(|a, b| a.0[2].total_cmp(&b.0[2])).map(|(landing_m, id)| (id, landing_m))
    }

    /// Whether the boxes that come to a FillAndWeigh stand below its hopper's outlet, and have room for what is to go in.
    pub(super) fn fillings(&mut self, scene: &Scene) {
        let Some(space) = &scene.bulk else { return };
        for id in scene.element_ids() {
            let ElementKind::FillAndWeigh(filler) = &scene.element(id).kind else { continue };
            let ElementKind::Bulk(BulkElement::Hopper(hopper)) = &scene.element(filler.hopper).kind else { continue };
            let granulate = &space.granulates[hopper.granulate];
            let spot = scene.spot(filler.station.spot);
            let host = scene.conveyor(spot.host);
            let mut boxes = 0;
            for passing in &scene.element(host.element).passing {
                let part = &scene.part_types[passing.part_type.index()];
                for variant in &part.variants {
                    let Shape::OpenBox { wall_m, .. } = &variant.shape else { continue };
                    boxes += 1;
                    let [long, wide, height_m] = mean_size(&variant.shape);
                    let [length_m, width_m] = if passing.turned { [wide, long] } else { [long, wide] };
                    // It stands against the blade.
                    let middle = host.path.pose_at((spot.end_m - length_m / 2.0).max(0.0));
                    let inside = BoxBelow { middle, half_m: [length_m / 2.0 - wall_m, width_m / 2.0 - wall_m], height_m };
                    self.box_below(id, hopper, &inside, &part.name, granulate);
                    let room_kg = 4.0 * inside.half_m[0] * inside.half_m[1] * (height_m - wall_m) * granulate.poured_kgpm3();
                    if filler.target_kg > 0.9 * room_kg {
                        let message = format!("{} kg do not go into `{}`, which holds {room_kg:.3} kg level", filler.target_kg, part.name);
                        let mut problem = self.error("does-not-fit", &self.field(id.index(), "target_kg"), message);
                        if filler.target_kg <= room_kg {
                            problem.severity = Severity::Warning;
                        }
                        self.push(problem.help("what pours in forms a heap, whose top stands out: leave a tenth of the room"));
                    }
                }
            }
            if boxes == 0 && !scene.element(host.element).passing.is_empty() {
                let message = format!("no open box comes to `{}`", self.name(id.index()));
                let problem = self.of_element(Severity::Warning, "nothing-to-fill", id, message);
                self.push(problem.help("parts that are filled have the shape OpenBox"));
            }
        }
    }

    fn box_below(&mut self, id: ElementId, hopper: &Hopper, inside: &BoxBelow, part: &str, granulate: &Granulate) {
        let away = sub(hopper.outlet_m, inside.middle.position);
        let offsets = [dot(away, inside.middle.forward), dot(away, inside.middle.left)];
        let path = self.field(id.index(), "hopper");
        let outside =
            (0..2).map(|axis| offsets[axis].abs() + hopper.outlet_radius_m - inside.half_m[axis]).fold(f64::NEG_INFINITY, f64::max);
        if outside > 0.0 {
            let [x, y, _] = inside.middle.position;
            let message = format!("the outlet reaches {:.0} mm beyond the inside of `{part}` where that stands", outside * 1000.0);
            let mut problem = self.error("pours-beside", &path, message);
            if (0..2).all(|axis| offsets[axis].abs() < inside.half_m[axis]) {
                problem.severity = Severity::Warning;
            }
            self.push(problem.help(format!("its middle stands at ({x:.3}, {y:.3}): put the hopper's `outlet_m` there")));
        }
        // The gate slides below the outlet.
        let (grain_m, gate_m) = (granulate.longest_m(), granulate.gate_gap_m() + GATE_THICKNESS_M);
        let free_m = hopper.outlet_m[2] - gate_m - (inside.middle.position[2] + inside.height_m);
        if free_m < grain_m {
            let lowest_m = inside.middle.position[2] + inside.height_m + gate_m + grain_m;
            let message = format!("`{part}` reaches up to the gate: {:.0} mm are free between them", free_m * 1000.0);
            self.push(self.error("no-room-below", &path, message).help(format!("raise the outlet to {lowest_m:.3} m")));
        }
    }
}

struct BoxBelow {
    middle: Pose,
    /// Of its inside along and across the flow [m].
    half_m: [f64; 2],
    height_m: f64,
}

/// Where an element pours.
struct Outlet {
    at_m: Vec3,
    /// Unit vector in the plane, and the speed along it [m/s].
    forward: Vec3,
    speed_mps: f64,
}

fn outlet(bulk: &BulkElement, gravity_mps2: f64) -> Option<Outlet> {
    let at_m = bulk.outlet_m()?;
    let (forward, speed_mps) = match bulk {
        BulkElement::Belt(belt) => (belt.start.forward, belt.speed_mps),
        BulkElement::Feeder(feeder) => (feeder.start.forward, feeder.conveying_mps(gravity_mps2)),
        // How fast it slides depends on friction; it drops off steeply.
        BulkElement::Chute(chute) => (chute.start.forward, 0.3),
        BulkElement::Hopper(_) | BulkElement::Bin(_) => ([1.0, 0.0, 0.0], 0.0),
    };
    Some(Outlet { at_m, forward, speed_mps })
}

/// The height at which something catches what comes down at `landing`, a point for each height.
fn catches(bulk: &BulkElement, landing: &dyn Fn(f64) -> Option<Vec3>) -> Option<f64> {
    let on_run = |start: &Pose, length_m: f64, half_m: f64| {
        // On a slope the height depends on where: twice is near enough.
        let mut z_m = start.position[2] + start.forward[2] * length_m / 2.0;
        for _ in 0..3 {
            let away = sub(landing(z_m)?, start.position);
            let level = libm::hypot(start.forward[0], start.forward[1]);
            let along = (away[0] * start.forward[0] + away[1] * start.forward[1]) / level;
            if !(-0.02..=level * length_m).contains(&along) || dot(away, start.left).abs() > half_m {
                return None;
            }
            z_m = start.position[2] + start.forward[2] * along / level;
        }
        Some(z_m)
    };
    match bulk {
        BulkElement::Hopper(hopper) => {
            let at = landing(hopper.top_m())?;
            let away = libm::hypot(at[0] - hopper.outlet_m[0], at[1] - hopper.outlet_m[1]);
            (away < hopper.radius_m).then(|| hopper.top_m())
        }
        BulkElement::Belt(belt) => on_run(&belt.start, belt.length_m, belt.edge_m()[0]),
        BulkElement::Feeder(feeder) => match &feeder.kind {
            FeederKind::Screw(screw) => on_run(&feeder.start, screw.inlet_m, feeder.half_m()),
            FeederKind::Vibratory(_) => on_run(&feeder.start, feeder.length_m, feeder.half_m()),
        },
        BulkElement::Chute(chute) => on_run(&chute.start, chute.length_m, chute.width_m / 2.0),
        BulkElement::Bin(bin) => {
            let at = landing(bin.at_m[2] + bin.size_m[2])?;
            let inside = (0..2).all(|axis| (at[axis] - bin.at_m[axis]).abs() < bin.size_m[axis] / 2.0);
            inside.then_some(bin.at_m[2] + bin.size_m[2])
        }
    }
}

/// Points that span an element.
fn corners(bulk: &BulkElement) -> Vec<Vec3> {
    let run = |start: &Pose, length_m: f64, half_m: f64, up_m: f64| {
        let mut found = Vec::new();
        for along in [0.0, length_m] {
            for left in [-half_m, half_m] {
                found.extend([start.shifted(along, left, 0.0).position, start.shifted(along, left, up_m).position]);
            }
        }
        found
    };
    match bulk {
        BulkElement::Hopper(hopper) => {
            let ([x, y, z], r) = (hopper.outlet_m, hopper.radius_m);
            vec![[x - r, y - r, z], [x + r, y + r, hopper.top_m()]]
        }
        BulkElement::Belt(belt) => {
            let [half_m, up_m] = belt.edge_m();
            run(&belt.start, belt.length_m, half_m, up_m + belt.skirt_m)
        }
        BulkElement::Feeder(feeder) => {
            let [low_m, high_m] = feeder.heights_m();
            let mut found = run(&feeder.start, feeder.length_m, feeder.half_m(), low_m);
            found.extend(run(&feeder.start, feeder.length_m, feeder.half_m(), high_m));
            found
        }
        BulkElement::Chute(chute) => run(&chute.start, chute.length_m, chute.width_m / 2.0, chute.wall_m),
        BulkElement::Bin(bin) => {
            let ([x, y, z], [l, w, h]) = (bin.at_m, bin.size_m);
            vec![[x - l / 2.0, y - w / 2.0, z], [x + l / 2.0, y + w / 2.0, z + h]]
        }
    }
}
