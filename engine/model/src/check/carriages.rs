//! Rows of platforms that travel: vertical conveyors, turntables, transfer cars. Can they take what comes, lift it, and do
//! they get where they should without hitting a rail? Knows nothing about how they are driven.

use super::Checker;
use super::boxes::SolidBox;
use super::goods::{largest_size, mean_size};
use super::references::PortRef;
use super::solids::{Part, Solid, solids};
use super::tables::{Draft, Tables};
use super::values::{self, Sign};
use super::views::{CarriageView, LANES, carriage, stops};
use crate::diagnostic::{Diagnostic, Severity};
use crate::geometry::{Vec3, scale};
use crate::scene::*;
use crate::spec::{DividingSpec, ElementSpec, LaneDividerSpec};
use std::collections::BTreeMap;

/// The blade of the conveyor before a platform stands so far before its end [m]: what waits must not touch what travels.
const ENTRY_BLADE_M: f64 = 0.05;
/// Room that a part needs on its platform beside its own length, to stop with the belt's spread and stay clear [m].
const ROOM_M: f64 = 0.1;
/// What stands out of its way by so much does not touch it [m].
const CLEARANCE_M: f64 = 0.005;
/// Thickness of a platform [m].
const PLATFORM_M: f64 = 0.1;

impl Checker<'_, '_> {
    pub(super) fn carriage_values(&mut self, element: usize, view: &CarriageView) {
        let [travel, fastest, ramp] = view.fields.map(|field| self.field(element, field));
        let span = match view.way {
            CarriageWay::About => std::f64::consts::PI,
            CarriageWay::Swing { .. } => std::f64::consts::FRAC_PI_3,
            CarriageWay::Up | CarriageWay::Left => 100.0,
        };
        if view.travel == 0.0 || !view.travel.is_finite() || view.travel.abs() > span {
            let allowed = match view.way {
                CarriageWay::About => "-180 to 180, but not 0",
                CarriageWay::Swing { .. } => "lanes within 60 degrees of straight ahead",
                CarriageWay::Up | CarriageWay::Left => "-100 to 100 m, but not 0",
            };
            let problem = self.error("out-of-range", &travel, format!("`{}` leads nowhere", view.fields[0])).allowed(allowed);
            self.push(problem.help("say how far it goes between taking a part and handing it over"));
        }
        self.number(&fastest, view.top_speed, Sign::Positive, None);
        self.number(&ramp, view.acceleration, Sign::Positive, None);
        self.option(&self.field(element, "force_n"), view.force_n, Sign::Positive, None);
    }

    pub(super) fn carriage(&mut self, element: usize, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let view = carriage(&self.spec.line[element])?;
        let hold = self.feeder_hold(element, PortRef { element, port: "in" }, tables, draft);
        let conveyor = tables.conveyor_of[element]?;
        let entry_hold = hold?;
        let row = &mut tables.spots[entry_hold.index()];
        row.end_m -= ENTRY_BLADE_M;
        row.at_m = (row.at_m - ENTRY_BLADE_M).max(0.0);
        row.start_m = row.start_m.min(row.at_m);
        let length_m = tables.conveyors[conveyor.index()].path.length();
        let drive = &tables.drives[tables.conveyors[conveyor.index()].drives[0].index()];
        // The belt begins to stop when the part's centre is there, and has carried it to the middle when it stands.
        let at_m = (length_m / 2.0 - drive.stopping_m()).max(0.0);
        let spot = tables.add_spot(Spot {
            element: ElementId::from_index(element),
            host: conveyor,
            start_m: 0.0,
            at_m,
            end_m: length_m,
            hold: None,
        });
        let stops = stops(&self.spec.line[element]);
        let out_ports = stops.iter().map(|(name, _)| tables.port_id(element, name, PortDirection::Out)).collect::<Option<Vec<PortId>>>()?;
        let divides = match &self.spec.line[element] {
            ElementSpec::LaneDivider(spec) => Some(self.dividing(element, spec, conveyor, tables)?),
            _ => None,
        };
        tables.carriages.push(Carriage {
            element: ElementId::from_index(element),
            conveyor,
            way: view.way,
            stops: stops.into_iter().map(|(_, stop)| stop).collect(),
            out_ports,
            divides,
            slug: if let ElementSpec::LaneDivider(spec) = &self.spec.line[element] { spec.slug.max(1) } else { 1 },
            top_speed: view.top_speed,
            acceleration: view.acceleration,
            force_n: view.force_n,
            entry_hold,
            spot,
        });
        Some(ElementKind::Carriage(CarriageId::from_index(tables.carriages.len() - 1)))
    }

    pub(super) fn divider_values(&mut self, element: usize, spec: &LaneDividerSpec) {
        if !(2..=LANES.len() as u32).contains(&spec.lanes) {
            let problem = self.error("out-of-range", &self.field(element, "lanes"), format!("`lanes` is {}", spec.lanes));
            self.push(problem.allowed(format!("2 to {}", LANES.len())));
        }
        self.number(&self.field(element, "pitch_m"), spec.pitch_m, Sign::Positive, Some(values::DEVICE_LENGTH));
        let slug = self.field(element, "slug");
        if spec.slug == 0 {
            let problem = self.error("out-of-range", &slug, "`slug` is 0: no lane would ever get a part");
            self.push(problem.allowed("1 or more"));
        } else if let (true, DividingSpec::Attribute(name)) = (spec.slug > 1, &spec.by) {
            let problem = self.warning("without-effect", &slug, format!("each part goes where its `{name}` says"));
            self.push(problem.help("take `slug` away, or choose by Ratio, RoundRobin or ShortestQueue"));
        }
        if let DividingSpec::Ratio { shares } = &spec.by {
            let path = self.field(element, "by").name("shares");
            if shares.len() != spec.lanes as usize {
                let problem = self.error("wrong-length", &path, format!("{} for {} lanes", shares.len(), spec.lanes));
                self.push(problem.allowed("one share for each lane"));
            }
            for (number, _) in shares.iter().enumerate().filter(|(_, share)| **share == 0) {
                let problem = self.error("out-of-range", &path.index(number), "this lane would never get a part");
                self.push(problem.allowed("1 or more").help("take the lane away"));
            }
        }
    }

    fn dividing(&mut self, element: usize, spec: &LaneDividerSpec, conveyor: ConveyorId, tables: &Tables) -> Option<Dividing> {
        let width_m = tables.conveyors[conveyor.index()].width_m;
        if spec.pitch_m < width_m {
            let message = format!("lanes of {width_m} m lie {} m apart: they overlap", spec.pitch_m);
            let problem = self.error("lanes-overlap", &self.field(element, "pitch_m"), message);
            self.push(problem.allowed(format!("at least {width_m} m")));
        }
        Some(Dividing::By(match &spec.by {
            DividingSpec::Ratio { shares } => Routing::Ratio(shares.clone()),
            DividingSpec::RoundRobin => Routing::RoundRobin,
            DividingSpec::ShortestQueue => Routing::ShortestQueue,
            DividingSpec::Attribute(name) => {
                let path = self.field(element, "by");
                return self.attribute_read(&path, name, tables).map(Dividing::Attribute);
            }
        }))
    }

    /// Whether platforms can take what comes, and reach where they should.
    pub(super) fn carriages(&mut self, scene: &Scene) {
        let solids = if scene.carriages.is_empty() { Vec::new() } else { solids(scene) };
        for (index, carriage) in scene.carriages.iter().enumerate() {
            let passing = &scene.element(carriage.element).passing;
            self.platform_room(scene, carriage, passing);
            self.lifts(scene, carriage, passing);
            self.slips(scene, carriage, passing);
            self.obstacles(scene, CarriageId::from_index(index), passing, &solids);
        }
    }

    fn platform_room(&mut self, scene: &Scene, carriage: &Carriage, passing: &[Passing]) {
        let element = carriage.element.index();
        let conveyor = scene.conveyor(carriage.conveyor);
        let (length_m, stopping_m) = (conveyor.path.length(), scene.drives[conveyor.drives[0].index()].stopping_m());
        let longest = passing.iter().flat_map(|passing| {
            let axis = usize::from(passing.turned);
            scene.part_types[passing.part_type.index()].variants.iter().map(move |variant| largest_size(&variant.shape)[axis])
        });
        let needed_m = longest.fold(0.0, f64::max) + ROOM_M;
        if needed_m > length_m {
            let message = format!("the platform of `{}` is {length_m:.3} m long, and what comes needs {needed_m:.3} m", self.name(element));
            let problem = self.error("part-too-long", &self.field(element, "length_m"), message);
            self.push(problem.allowed(format!("at least {needed_m:.3} m")).help("a part that reaches over its ends hits what it passes"));
        } else if stopping_m > length_m / 2.0 {
            let message =
                format!("the belt of `{}` needs {stopping_m:.3} m to stop, more than half of its {length_m:.3} m", self.name(element));
            let mut problem = self.warning("platform-too-fast", &self.field(element, "speed_mps"), message);
            // Its foremost edge is over the end, and meets what the platform passes.
            if stopping_m + needed_m / 2.0 > length_m {
                problem.severity = Severity::Error;
            }
            self.push(problem.help("parts overrun the platform: lower `speed_mps` or raise `acceleration_mps2`"));
        }
    }

    fn lifts(&mut self, scene: &Scene, carriage: &Carriage, passing: &[Passing]) {
        let Some(force_n) = carriage.force_n.filter(|_| carriage.furthest() > 0.0) else { return };
        let variants = passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
        let heaviest = variants.max_by(|a, b| a.mass_kg.mean().total_cmp(&b.mass_kg.mean()));
        let needed = |variant: &PartVariant| variant.mass_kg.mean() * (scene.physics.gravity_mps2 + carriage.acceleration);
        if let Some(variant) = heaviest.filter(|variant| needed(variant) > force_n) {
            let message = format!("to lift `{}` takes {:.0} N, and `force_n` is {force_n}", variant.name, needed(variant));
            let problem = self.warning("too-heavy", &self.field(carriage.element.index(), "force_n"), message);
            self.push(
                problem.allowed(format!("at least {:.0} N", needed(variant))).help("it stalls: raise `force_n`, or lower `travel_mps2`"),
            );
        }
    }

    /// Whether friction takes parts along.
    fn slips(&mut self, scene: &Scene, carriage: &Carriage, passing: &[Passing]) {
        let belt = scene.conveyor(carriage.conveyor).material;
        let variants = passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
        let needed = |variant: &PartVariant| match carriage.way {
            // One that swings is empty then.
            CarriageWay::Up | CarriageWay::Swing { .. } => 0.0,
            CarriageWay::Left => carriage.acceleration,
            // A corner of the part is further from the middle than any other point of it.
            CarriageWay::About => {
                let [length, width, _] = mean_size(&variant.shape);
                libm::hypot(length, width) / 2.0 * carriage.acceleration
            }
        };
        let worst = variants
            .map(|variant| {
                let friction = scene.materials.pair(variant.material, belt).friction;
                (needed(variant) / (friction * scene.physics.gravity_mps2), friction, variant)
            })
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((share, friction, variant)) = worst.filter(|(share, ..)| *share > 1.0) {
            let element = carriage.element.index();
            let field = carriage_fields(self, element)[2];
            let message = format!(
                "`{}` slips on `{}`: its ramp asks for {:.2} m/s^2, and friction {friction} gives {:.2}",
                variant.name,
                self.name(element),
                needed(variant),
                friction * scene.physics.gravity_mps2
            );
            let problem = self.warning("slips", &self.field(element, field), message);
            self.push(problem.help(format!("divide `{field}` by {share:.2}, or give its belt another `material`")));
        }
    }

    /// A platform that meets something on its way, or whose part does: sampled every centimetre or half a degree.
    fn obstacles(&mut self, scene: &Scene, id: CarriageId, passing: &[Passing], solids: &[Solid]) {
        let carriage = scene.carriage(id);
        let conveyor = scene.conveyor(carriage.conveyor);
        let middle = scene.carriage_middle(id);
        let sizes = passing.iter().flat_map(|passing| {
            let variants = &scene.part_types[passing.part_type.index()].variants;
            variants
                .iter()
                .map(|variant| largest_size(&variant.shape))
                .map(|[length, width, height]| if passing.turned { [width, length, height] } else { [length, width, height] })
        });
        let load_m = sizes.fold([0.0_f64; 3], |a, b| [a[0].max(b[0]), a[1].max(b[1]), a[2].max(b[2])]);
        let platform_m = [conveyor.path.length(), conveyor.width_m, PLATFORM_M];
        let at = |travel: f64, size_m: Vec3, up_m: f64| {
            let middle = carriage.way.moved(middle, middle, travel);
            SolidBox { middle: middle.shifted(0.0, 0.0, up_m), half_m: scale(size_m, 0.5) }
        };
        // Stops in between lie on the way to the outermost ones.
        let outermost = [carriage.stops.iter().copied().fold(0.0, f64::max), carriage.stops.iter().copied().fold(0.0, f64::min)];
        let ways = outermost.into_iter().filter(|stop| *stop != 0.0).flat_map(|stop: f64| {
            let looks = (stop.abs() / 0.01).ceil().clamp(2.0, 2000.0) as u32;
            (0..=looks).map(move |look| stop * f64::from(look) / f64::from(looks))
        });
        let moving: Vec<(f64, [SolidBox; 2])> =
            ways.map(|travel| (travel, [at(travel, platform_m, -PLATFORM_M / 2.0), at(travel, load_m, load_m[2] / 2.0)])).collect();
        let travelled = |travel: f64| match carriage.way {
            CarriageWay::About | CarriageWay::Swing { .. } => format!("{:.1} degrees", travel * 180.0 / std::f64::consts::PI),
            CarriageWay::Up | CarriageWay::Left => format!("{travel:.3} m"),
        };
        self.hits_on_its_way(scene, carriage.element, &moving, !carriage.way.swings(), travelled, solids);
    }

    /// What a platform (or its load, the second box) meets when it has travelled so far. `beside`: it must also keep clear of the
    /// rails and devices of its neighbours, though not of these themselves.
    pub(super) fn hits_on_its_way(
        &mut self,
        scene: &Scene,
        mover: ElementId,
        moving: &[(f64, [SolidBox; 2])],
        beside: bool,
        travelled: impl Fn(f64) -> String,
        solids: &[Solid],
    ) {
        let joined = self.joined(scene);
        // By what is hit: after which travel, whether by the load, and how deep at most.
        let mut hits: BTreeMap<ElementId, (f64, bool, f64)> = BTreeMap::new();
        for solid in solids.iter().filter(|solid| solid.element != mover && solid.part != Part::Lane) {
            // It goes close by what feeds it and by what it feeds.
            // One that swings lies close before its lanes, between their rails.
            let counts = beside && matches!(solid.part, Part::Rail | Part::Fixture | Part::Mesh | Part::Plate | Part::Arm);
            if !counts && joined(mover, solid.element) {
                continue;
            }
            let hit = moving.iter().find_map(|(travel, boxes)| {
                let hits = |shape: &SolidBox| solid.depth_in(shape).is_some_and(|depth| depth > CLEARANCE_M);
                boxes.iter().position(hits).map(|which| (*travel, which == 1))
            });
            if let Some((travel, by_load)) = hit {
                let depths = moving.iter().flat_map(|(_, boxes)| boxes).filter_map(|shape| solid.depth_in(shape));
                let depth_m = depths.fold(0.0, f64::max);
                let known = hits.entry(solid.element).or_insert((travel, by_load, depth_m));
                known.2 = known.2.max(depth_m);
                if travel.abs() < known.0.abs() {
                    (known.0, known.1) = (travel, by_load);
                }
            }
        }
        for (other, (travel, by_load, depth_m)) in hits {
            let (element, other) = (mover.index(), other.index());
            let what = if by_load { format!("what `{}` carries", self.name(element)) } else { format!("`{}`", self.name(element)) };
            let message =
                format!("{what} hits `{}` after {} of its way, by up to {:.0} mm", self.name(other), travelled(travel), depth_m * 1000.0);
            let related = self.at.name_span(&self.element_path(other));
            let problem = Diagnostic::warning("hits-on-its-way", self.at.name_span(&self.element_path(element)), message);
            self.push(problem.related(related, "this stands in the way").help("move or shorten what stands in the way"));
        }
    }
}

fn carriage_fields(checker: &Checker<'_, '_>, element: usize) -> [&'static str; 3] {
    carriage(&checker.spec.line[element]).map_or(["", "", ""], |view| view.fields)
}
