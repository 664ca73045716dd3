//! Whether parts get through: what they do not fit on, what nothing reaches, what never ends, and where less can pass than
//! comes. Works on the checked tables alone.

use super::Checker;
use super::goods::{largest_size, mean_length, mean_size};
use super::packing::groups;
use super::references::ports_of;
use super::views::{carriage, host};
use crate::diagnostic::{Diagnostic, Severity};
use crate::distribution::Distribution;
use crate::geometry::{length, sub};
use crate::scene::*;
use crate::time::Time;

/// Rounding of sums of metres [m].
const SLACK_M: f64 = 1e-9;

/// Rate at which parts come [parts/s]; `None` where it depends on conditions.
type Rate = Option<f64>;

impl Checker<'_, '_> {
    /// With elements that could not be built, as far as what is found does not follow from that.
    pub(super) fn flow(&mut self, scene: &Scene, unbuilt: &[usize]) {
        // Where a stated flow cannot be, what nothing reaches, what never ends and what stands in one place
        // follow from it.
        if self.broken_ports.is_empty() && unbuilt.is_empty() {
            self.unreachable(scene);
            self.endless(scene);
            self.crossings(scene);
            self.solids_apart(scene);
        }
        // What an element would have taken out of the flow seems to go on.
        if !unbuilt.iter().any(|element| self.diverts(*element)) {
            self.sizes(scene);
            for id in scene.element_ids() {
                let mut coming = scene.element(id).passing.iter().map(|part| part.part_type);
                self.strangers(scene, id, &mut coming);
            }
            self.chutes(scene);
            self.friction_cones(scene);
            self.shoe_grips(scene);
            self.trays(scene);
            self.bearing(scene);
            self.carriages(scene);
            self.continuous_lifts(scene);
            self.prospects(scene);
            self.capacities(scene);
            self.fillings(scene);
            self.starvation(scene);
            self.deadlocks(scene);
        }
        self.eyes_between_steps(scene);
        self.ideal_cycles(scene);
        self.handed_straight(scene);
        self.overlaps(scene);
        self.zone_lengths(scene);
        self.loop_room(scene);
    }

    /// Whether parts leave or join a conveyor there.
    fn diverts(&self, element: usize) -> bool {
        let spec = &self.spec.line[element];
        let ports = |direction| !ports_of(spec, direction).is_empty();
        host(spec).is_some() && (ports(PortDirection::In) || ports(PortDirection::Out))
    }

    fn unreachable(&mut self, scene: &Scene) {
        for id in scene.element_ids() {
            let carries = !scene.element(id).ports.is_empty()
                && !matches!(
                    scene.element(id).kind,
                    ElementKind::Source(_)
                        | ElementKind::Pusher(_)
                        | ElementKind::Diverter(_)
                        | ElementKind::Merge(_)
                        | ElementKind::Loader(_)
                        | ElementKind::Unload(_)
                );
            if carries && scene.element(id).passing.is_empty() {
                let name = self.name(id.index());
                let span = self.at.name_span(&self.element_path(id.index()));
                let mut problem = Diagnostic::warning("unreachable", span, format!("no part ever reaches `{name}`"));
                if let Some((other, away_m)) = self.nearly_feeds(scene, id) {
                    problem = problem.allowed(format!(
                        "an out-port within 20 mm; that of `{}` is {:.0} mm away",
                        self.name(other),
                        away_m * 1000.0
                    ));
                }
                self.push(problem.help(format!("feed it: a Source with before: \"{name}\", or a conveyor that ends where it begins")));
            }
        }
    }

    /// What ends so close before an element that it was meant to feed it, and how far away [m].
    fn nearly_feeds(&self, scene: &Scene, id: ElementId) -> Option<(usize, f64)> {
        /// What is nearer meets it, and leads nowhere that parts come; nobody means to leave out more [m].
        const NEAR_M: std::ops::Range<f64> = 0.02..0.5;
        let ports = |direction| scene.ports.iter().filter(move |port| port.direction == direction);
        let away = ports(PortDirection::In).filter(|port| port.element == id).flat_map(|into| {
            let others = ports(PortDirection::Out).filter(|out| out.element != id);
            others.map(|out| (out.element.index(), length(sub(out.pose.position, into.pose.position))))
        });
        away.filter(|(_, away_m)| NEAR_M.contains(away_m)).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// From everything that parts reach, a sink must be reachable.
    fn endless(&mut self, scene: &Scene) {
        let next: Vec<Vec<usize>> =
            scene.element_ids().map(|id| successors(scene, id).into_iter().map(ElementId::index).collect()).collect();
        let mut ends: Vec<bool> = scene.elements.iter().map(|element| matches!(element.kind, ElementKind::Sink(_))).collect();
        // Carriers go round for good.
        for id in scene.element_ids().filter(|id| matches!(&scene.element(*id).kind, ElementKind::ZoneConveyor(zones) if zones.ring)) {
            let carriers = |part: &Passing| scene.initial.iter().any(|fill| fill.element == id && fill.part_type == part.part_type);
            ends[id.index()] |= scene.element(id).passing.iter().all(carriers);
        }
        while let Some(found) = (0..next.len()).find(|element| !ends[*element] && next[*element].iter().any(|next| ends[*next])) {
            ends[found] = true;
        }
        let carries = |index: usize| !scene.elements[index].passing.is_empty() && !ends[index];
        let lost: Vec<usize> = (0..next.len()).filter(|index| carries(*index)).collect();
        if let Some((first, rest)) = lost.split_first() {
            let span = self.at.name_span(&self.element_path(*first));
            let message = format!("what enters `{}` never leaves: no sink is reachable", self.name(*first));
            let mut problem = Diagnostic::error("endless", span, message);
            for other in rest {
                problem = problem.related(self.at.name_span(&self.element_path(*other)), "in the same circle");
            }
            self.push(problem.help("add a way out: a Pusher with a Sink that catches its side, or a Sink at the end"));
        }
    }

    fn sizes(&mut self, scene: &Scene) {
        for id in scene.element_ids() {
            let element = scene.element(id);
            match &element.kind {
                ElementKind::Conveyor(conveyor) => {
                    self.conveyor_width(scene, id, *conveyor, &scene.element(id).passing);
                    if let Some(train) = scene.train_of(*conveyor) {
                        let (along, what) = (true, "length of a carrier");
                        let fit = Fit { limit_m: train.length_m, along, field: "carriers", what, code: "part-too-long" };
                        self.fits(scene, id, &scene.element(id).passing, fit);
                    }
                }
                ElementKind::Carriage(carriage) => {
                    self.conveyor_width(scene, id, scene.carriage(*carriage).conveyor, &scene.element(id).passing);
                }
                ElementKind::Lift(lift) => self.conveyor_width(scene, id, scene.lift(*lift).conveyor, &scene.element(id).passing),
                ElementKind::ZoneConveyor(zones) => {
                    self.conveyor_width(scene, id, zones.conveyor, &scene.element(id).passing);
                    let drive = &scene.drives[zones.zones[0].drive.index()];
                    self.fits(
                        scene,
                        id,
                        &scene.element(id).passing,
                        Fit {
                            limit_m: drive.end_m - drive.start_m,
                            along: true,
                            field: "zone_m",
                            what: "zone length",
                            code: "part-too-long",
                        },
                    );
                }
                ElementKind::Buffer(_) | ElementKind::ParallelStation(_) => {
                    let ends = element.ports.iter().map(|port| scene.port(*port).pose.position);
                    let span = ends.reduce(|a, b| sub(b, a)).map_or(0.0, |span| libm::hypot(span[0], span[1]));
                    self.fits(
                        scene,
                        id,
                        &scene.element(id).passing,
                        Fit { limit_m: span, along: true, field: "length_m", what: "length", code: "part-too-long" },
                    );
                }
                ElementKind::Station(Station { spot, .. })
                | ElementKind::Assembly(Assembly { station: Station { spot, .. }, .. })
                | ElementKind::Unload(Unload { station: Station { spot, .. }, .. })
                | ElementKind::Scale(Scale { station: Station { spot, .. }, .. })
                | ElementKind::FillAndWeigh(FillAndWeigh { station: Station { spot, .. }, .. })
                | ElementKind::Checkweigher(Checkweigher { spot, .. }) => {
                    let spot = scene.spot(*spot);
                    let host = scene.conveyor(spot.host).element.index();
                    let together = f64::from(scene.element(id).kind.station().map_or(1, |station| station.batch));
                    let what = if together > 1.0 { "length for each of the batch" } else { "length" };
                    let limit_m = (spot.end_m - spot.start_m) / together;
                    let fit = Fit { limit_m, along: true, field: "length_m", what, code: "part-too-long" };
                    self.fits(scene, id, &scene.elements[host].passing, fit);
                    self.follower_slips(scene, id, spot, together, &scene.elements[host].passing);
                }
                _ => {}
            }
        }
    }

    /// Warns where what waits behind the part at a blade lies beyond the middle of the stretch: it counts as on its way out, and goes on
    /// with that part.
    fn follower_slips(&mut self, scene: &Scene, id: ElementId, spot: &Spot, together: f64, passing: &[Passing]) {
        if spot.hold != Some(HoldKind::Blade) {
            return;
        }
        let lengths = passing.iter().flat_map(|passing| {
            let variants = &scene.part_types[passing.part_type.index()].variants;
            variants.iter().map(move |variant| (mean_size(&variant.shape)[usize::from(passing.turned)], &variant.name))
        });
        let Some((shortest_m, part)) = lengths.min_by(|a, b| a.0.total_cmp(&b.0)) else { return };
        let most_m = (2.0 * together + 1.0) * shortest_m;
        if shortest_m <= 0.0 || spot.end_m - spot.start_m <= most_m + SLACK_M {
            return;
        }
        let name = self.name(id.index());
        let message =
            format!("`{part}` is {shortest_m:.3} m long: what waits behind it lies beyond the middle of `{name}`, and slips past with it");
        let problem = self.warning("follower-slips", &self.field(id.index(), "length_m"), message);
        self.push(
            problem.help(format!("write length_m: {:.3} at most; where no part waits behind another, nothing needs to change", most_m)),
        );
    }

    fn conveyor_width(&mut self, scene: &Scene, id: ElementId, conveyor: ConveyorId, passing: &[Passing]) {
        let limit_m = scene.conveyor(conveyor).width_m;
        self.fits(scene, id, passing, Fit { limit_m, along: false, field: "width_m", what: "width", code: "part-too-wide" });
    }

    /// Whether every part that passes fits; the largest that does not is named. Parts that are too large on average are
    /// an error; where only rare ones are, a warning.
    fn fits(&mut self, scene: &Scene, id: ElementId, passing: &[Passing], fit: Fit) {
        // Such a size has an error of its own.
        if fit.limit_m <= 0.0 {
            return;
        }
        let mut worst: Option<(f64, Severity, String)> = None;
        for passing in passing {
            let part_type = &scene.part_types[passing.part_type.index()];
            for variant in &part_type.variants {
                let axis = usize::from(passing.turned == fit.along);
                let (mean, largest) = (mean_size(&variant.shape)[axis], largest_size(&variant.shape)[axis]);
                let (size, severity) = if mean > fit.limit_m + SLACK_M { (mean, Severity::Error) } else { (largest, Severity::Warning) };
                if size <= fit.limit_m + SLACK_M {
                    continue;
                }
                let worse = worst.as_ref().is_none_or(|(known, known_severity, _)| (severity, -size) < (*known_severity, -*known));
                if worse {
                    let way = if passing.turned { ", lying across," } else { "" };
                    let name = if variant.name == part_type.name {
                        format!("`{}`", part_type.name)
                    } else {
                        format!("`{}` (`{}`)", variant.name, part_type.name)
                    };
                    worst = Some((size, severity, format!("{name}{way}")));
                }
            }
        }
        let Some((size, severity, part)) = worst else { return };
        let path = self.field(id.index(), fit.field);
        let kind = if fit.along { "long" } else { "wide" };
        let message =
            format!("{part} is up to {size:.3} m {kind}; the {} of `{}` is {:.3} m", fit.what, self.name(id.index()), fit.limit_m);
        let mut problem = self.error(fit.code, &path, message);
        problem.severity = severity;
        let raised = if fit.field == "carriers" { "pitch_m" } else { fit.field };
        self.push(problem.allowed(format!("{} of at least {size:.3} m", fit.what)).help(format!("raise `{raised}`")));
    }

    /// Warns where the mean rate that comes is above what can pass. People simulate overload on purpose.
    fn capacities(&mut self, scene: &Scene) {
        let rates = rates(scene);
        for id in scene.element_ids() {
            match &scene.element(id).kind {
                ElementKind::Station(station) if station.when.is_none() => {
                    let spot = scene.spot(station.spot);
                    let mean_s = station.processing_s.mean() / f64::from(station.batch);
                    if spot.hold.is_some() {
                        self.bound(id, "processing_s", rate_at(scene, &rates, spot), 1.0 / mean_s, "can work on");
                    } else {
                        self.in_motion(scene, id, spot, mean_s);
                    }
                }
                ElementKind::FillAndWeigh(FillAndWeigh { station, .. }) if station.when.is_none() => {
                    let capacity = 1.0 / station.processing_s.mean();
                    self.bound(id, "target_kg", rate_at(scene, &rates, scene.spot(station.spot)), capacity, "fills");
                }
                ElementKind::ParallelStation(station) => {
                    let capacity = f64::from(station.capacity()) / station.processing_s.mean();
                    self.bound(id, "processing_s", rates[id.index()], capacity, "can work on");
                }
                ElementKind::Stop(stop) if stop.when.is_none() => {
                    let spot = scene.spot(stop.spot);
                    self.bound(id, "hold_s", rate_at(scene, &rates, spot), 1.0 / stop.hold_s.mean(), "lets pass");
                }
                ElementKind::Packer(packer) => {
                    let groups = groups(scene, packer);
                    let Some(holds) = &scene.part_types[packer.container.index()].holds else { continue };
                    let capacity = f64::from(holds.capacity());
                    let seconds = f64::from(groups) * packer.cycle_s.mean() + packer.change_s.mean();
                    let field = if packer.layerwise { "layer_s" } else { "cycle_s" };
                    let ports = &scene.element(id).ports;
                    self.bound(id, field, inflow(scene, &rates, ports[0]), capacity / seconds, "packs");
                    if packer.empties != Empties::Unlimited {
                        let (wanted, come) = (inflow(scene, &rates, ports[0]), inflow(scene, &rates, ports[1]));
                        self.too_few_empties(scene, id, wanted.map(|rate| rate / capacity), come);
                    }
                }
                ElementKind::Carriage(platform) => {
                    let platform = scene.carriage(*platform);
                    let conveyor = scene.conveyor(platform.conveyor);
                    // It cannot do better: to the middle, there, off it, and back.
                    let over_s = conveyor.path.length() / scene.drives[conveyor.drives[0].index()].speed_mps;
                    let cycle_s = match platform.way.swings() {
                        // Of a slug, the parts run over it one behind the other.
                        true => (platform.travel_s() + over_s) / f64::from(platform.slug),
                        false => 2.0 * platform.travel_s() + over_s,
                    };
                    let field = carriage(&self.spec.line[id.index()]).map_or("length_m", |view| view.fields[1]);
                    self.bound(id, field, rates[id.index()], 1.0 / cycle_s, "carries");
                }
                ElementKind::Lift(lift) => {
                    let lift = scene.lift(*lift);
                    let speed_mps = scene.drives[scene.conveyor(lift.conveyor).drives[0].index()].speed_mps;
                    self.bound(id, "pitch_m", rates[id.index()], speed_mps / lift.pitch_m, "carries");
                }
                ElementKind::Buffer(buffer) => self.bound(id, "release_s", rates[id.index()], 1.0 / buffer.release_s.mean(), "lets go"),
                ElementKind::Conveyor(conveyor) if scene.train_of(*conveyor).is_none() => {
                    let conveyor = scene.conveyor(*conveyor);
                    let drives = conveyor.drives.iter().map(|drive| scene.drives[drive.index()].speed_mps);
                    // In single file at the fastest chain.
                    let fastest = conveyor.strips().iter().map(|strip| strip.share).fold(0.0, f64::max);
                    let speed = fastest * drives.fold(f64::INFINITY, f64::min);
                    let lengths: Vec<f64> =
                        scene.part_types.iter().filter(|part_type| !part_type.variants.is_empty()).map(mean_length).collect();
                    let shortest = lengths.iter().copied().fold(f64::INFINITY, f64::min);
                    if shortest.is_finite() {
                        self.bound(id, "speed_mps", rates[id.index()], speed / shortest, "carries");
                    }
                }
                _ => {}
            }
        }
    }

    /// Performance would exceed 1 for no other reason than what the scene declares.
    fn ideal_cycles(&mut self, scene: &Scene) {
        for id in scene.element_ids() {
            let (ideal, mean_s) = match &scene.element(id).kind {
                ElementKind::ParallelStation(station) => (station.ideal_cycle, station.processing_s.mean() / f64::from(station.capacity())),
                kind => kind
                    .station()
                    .map_or((None, 0.0), |station| (station.ideal_cycle, station.processing_s.mean() / f64::from(station.batch))),
            };
            let Some(ideal_s) = ideal.map(Time::as_seconds) else { continue };
            if mean_s > 0.0 && ideal_s > mean_s * (1.0 + 1e-9) {
                let message = format!("the work takes {mean_s} s on average, less than the ideal {ideal_s} s");
                let problem = self.warning("slow-ideal", &self.field(id.index(), "ideal_cycle_s"), message);
                self.push(problem.help("performance would exceed 1: the ideal cycle is the shortest that the machine can keep up"));
            }
        }
    }

    /// What is handed over lies nowhere.
    fn handed_straight(&mut self, scene: &Scene) {
        let sources = scene.element_ids().filter_map(|id| match &scene.element(id).kind {
            ElementKind::Source(source) if scene.is_handed(source.into) => Some((id, source)),
            _ => None,
        });
        for (id, source) in sources {
            for (field, said) in [("left_m", &source.left_m), ("yaw_deg", &source.yaw_rad)] {
                if *said != Distribution::Constant(0.0) {
                    let taker = self.name(scene.port(source.into).element.index());
                    let message =
                        format!("`{taker}` takes parts out of the hands of `{}`: it is the same how they lie", self.name(id.index()));
                    let problem = self.warning("without-effect", &self.field(id.index(), field), message);
                    self.push(problem.help(format!("take `{field}` away, or put a Belt between them")));
                }
            }
        }
    }

    /// Warns where parts can pass a photo-eye between two steps.
    fn eyes_between_steps(&mut self, scene: &Scene) {
        let types = scene.part_types.iter().filter(|part_type| !part_type.variants.is_empty());
        let shortest_m = types.map(mean_length).fold(f64::INFINITY, f64::min);
        if scene.fidelity == Fidelity::Event {
            return;
        }
        let mut told: Vec<ElementId> = Vec::new();
        for eye in &scene.eyes {
            let Some(beam) = eye.beam else { continue };
            let mut drives = scene.conveyor(beam.host).drives.iter().map(|drive| &scene.drives[drive.index()]);
            let speed_mps = drives.rfind(|drive| drive.start_m <= beam.at_m).map_or(0.0, |drive| drive.speed_mps);
            let way_m = speed_mps * scene.step.seconds();
            if shortest_m < way_m && !told.contains(&eye.element) {
                told.push(eye.element);
                let message =
                    format!("parts of {shortest_m:.3} m move {way_m:.3} m per step at {speed_mps} m/s: some pass this eye unseen");
                let problem = self.warning("coarse-step", &self.element_path(eye.element.index()), message);
                let hz = (speed_mps / shortest_m).ceil();
                self.push(problem.help(format!("use a shorter step: `step_hz: {hz}` or more; a run in which it happens is invalid")));
            }
        }
    }

    fn bound(&mut self, id: ElementId, field: &str, rate: Rate, capacity: f64, verb: &str) {
        let Some(rate) = rate else { return };
        // Parameters that make no sense have an error of their own, and their mean says nothing here.
        if capacity.is_finite() && capacity > 0.0 && rate > capacity * (1.0 + 1e-9) {
            let (comes, passes) = (rate * 3600.0, capacity * 3600.0);
            let message = format!("`{}` {verb} {passes:.0} parts/h at most, and {comes:.0} parts/h come", self.name(id.index()));
            let problem = self.warning("overload", &self.field(id.index(), field), message);
            self.push(problem.help("a queue will grow without end; if that is wanted, nothing needs to change"));
        }
    }

    /// Work on a moving part must end before the part has left.
    fn in_motion(&mut self, scene: &Scene, id: ElementId, spot: &Spot, mean_s: f64) {
        let host = scene.conveyor(spot.host);
        let speed = scene.drives[host.drives[0].index()].speed_mps;
        let types = scene.coming(host.element).filter(|part_type| !part_type.variants.is_empty());
        let Some(longest) = types.map(mean_length).reduce(f64::max) else { return };
        let inside_s = (spot.end_m - spot.at_m + longest / 2.0) / speed;
        if mean_s > inside_s {
            let message = format!("the work takes {mean_s:.3} s on average, and a part is gone after {inside_s:.3} s: nothing holds it");
            let problem = self.warning("work-unfinished", &self.field(id.index(), "processing_s"), message);
            self.push(problem.help("give the station a hold (hold: Blade), a longer `length_m`, or a slower host"));
        }
    }
}

/// A length that parts must not exceed.
#[derive(Clone, Copy)]
struct Fit {
    limit_m: f64,
    /// Compare what lies along the flow; else across.
    along: bool,
    field: &'static str,
    what: &'static str,
    code: &'static str,
}

/// Elements that parts go on to from an element that carries them: over edges, off by pushers, in by merges.
pub(super) fn successors(scene: &Scene, id: ElementId) -> Vec<ElementId> {
    let mut next = Vec::new();
    let mut over = |port: PortId| {
        if let Some(into) = scene.successor(port) {
            next.push(scene.carrier_behind(into));
        }
    };
    for port in &scene.element(id).ports {
        if scene.port(*port).direction == PortDirection::Out {
            over(*port);
        }
    }
    for exit in scene.side_exits().filter(|exit| scene.conveyor(exit.host).element == id) {
        over(exit.out_port);
    }
    next
}

/// The rate at which parts enter each element, where no condition decides it. Circles have none either.
fn rates(scene: &Scene) -> Vec<Rate> {
    let count = scene.elements.len();
    let mut rates: Vec<Rate> = vec![None; count];
    // Each round settles at least one more element; a circle never settles.
    let mut progress = true;
    while progress {
        progress = false;
        for id in scene.element_ids() {
            if rates[id.index()].is_some() {
                continue;
            }
            let mut sum = 0.0;
            let mut known = true;
            let mut fed = false;
            for edge in scene.edges.iter().filter(|edge| scene.carrier_behind(edge.to) == id) {
                fed = true;
                match outflow(scene, &rates, edge.from) {
                    Some(rate) => sum += rate,
                    None => known = false,
                }
            }
            if fed && known {
                rates[id.index()] = Some(sum);
                progress = true;
            }
        }
    }
    rates
}

/// The rate at which parts leave by an out-port [parts/s]. What packs passes on one container for so many parts, and no
/// more than come empty.
fn outflow(scene: &Scene, rates: &[Rate], port: PortId) -> Rate {
    let from = scene.port(port).element;
    let capacity = |container: PartTypeId| scene.part_types[container.index()].holds.as_ref().map(|holds| f64::from(holds.capacity()));
    match &scene.element(from).kind {
        // What waits there as orders, or until there is room in the line, does not come.
        ElementKind::Source(source) if !source.orders.is_empty() || scene.conwips.iter().any(|conwip| conwip.sources.contains(&from)) => {
            None
        }
        ElementKind::Source(source) => Some(match &source.arrivals {
            Arrivals::Interarrival(distribution) => 1.0 / distribution.mean(),
            Arrivals::Rate { per_h } => per_h / 3600.0,
            Arrivals::Recorded(times) => times.len() as f64 / times.last()?.as_seconds().max(1.0),
        }),
        ElementKind::Pusher(_) | ElementKind::Diverter(_) => None,
        ElementKind::Carriage(id) if scene.carriage(*id).divides.is_some() => None,
        ElementKind::Conveyor(id) if scene.conveyor(*id).back_port.is_some() => None,
        ElementKind::Packer(packer) => {
            let ports = &scene.element(from).ports;
            let filled = inflow(scene, rates, ports[0])? / capacity(packer.container)?;
            match packer.empties {
                Empties::Unlimited => Some(filled),
                Empties::Handed(_) | Empties::Taken(_) => Some(filled.min(inflow(scene, rates, ports[1])?)),
            }
        }
        // How much is in each container that comes, the rates do not know.
        ElementKind::Unpacker(_) => None,
        _ if scene.side_exits().any(|exit| scene.conveyor(exit.host).element == from) => None,
        _ => rates[from.index()],
    }
}

/// The rate at which parts come in by an in-port [parts/s].
fn inflow(scene: &Scene, rates: &[Rate], port: PortId) -> Rate {
    scene.edges.iter().filter(|edge| edge.to == port).map(|edge| outflow(scene, rates, edge.from)).sum()
}

/// The rate at a spot: that of its host, unless a pusher or a merge before it changes it.
fn rate_at(scene: &Scene, rates: &[Rate], spot: &Spot) -> Rate {
    let host = scene.conveyor(spot.host).element;
    let pushed = scene.side_exits().any(|exit| exit.host == spot.host && exit.at_m < spot.at_m);
    let merged = scene.element_ids().any(|element| scene.joins(element).is_some_and(|window| scene.spot(window).host == spot.host));
    if pushed || merged { None } else { rates[host.index()] }
}
