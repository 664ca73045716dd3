//! Containers, and what fills and empties them: whether a pattern fits into its container, where the ports of packers and
//! palletisers are, what they take and give. Knows nothing about when they do it.

use super::goods::{largest_size, mean_size};
use super::place::DraftPort;
use super::references::PortRef;
use super::tables::{Draft, Tables};
use super::values::{self, Sign};
use super::{Checker, top};
use crate::diagnostic::{Diagnostic, Severity};
use crate::geometry::Pose;
use crate::scene::*;
use crate::spec::{ElementSpec, HoldsSpec, OnePartSpec, PartSpec, Quantity, ShapeSpec, SideSpec};
use crate::syntax::FieldPath;
use crate::time::Time;
use std::f64::consts::FRAC_PI_2;

/// More parts than this in one container are another kind of goods (bulk), and each is a part of its own here.
const CAPACITY_LIMIT: u64 = 10_000;
/// A pattern may be larger than its container by this [m]: sums of metres round, and card gives way.
const FIT_SLACK_M: f64 = 1e-4;
/// What an out-port is wider than the container that leaves by it [m].
const BESIDE_CONTAINER_M: f64 = 0.1;
/// How much further than its group of parts a pick-up position reaches [m]: the next part is seen before it is wanted.
const PICKUP_MARGIN_M: f64 = 0.02;

/// What packers, unpackers, palletisers and depalletisers have in common.
pub struct PackingView<'a> {
    pub after: &'a crate::spec::Names,
    /// The container that it fills; `None`: it empties them.
    pub into: Option<&'a str>,
    /// The port of the containers: `empties`, `pallets`.
    pub port: &'static str,
    pub side: SideSpec,
    pub length_m: f64,
    pub rise_m: f64,
    pub width_m: Option<f64>,
    pub layerwise: bool,
    pub takes: Option<u32>,
    /// The field, and what it says.
    pub cycle_s: (&'static str, &'a Quantity),
    pub change_s: Option<&'a Quantity>,
    pub ideal_cycle_s: Option<f64>,
}

pub fn packing(element: &ElementSpec) -> Option<PackingView<'_>> {
    macro_rules! view {
        ($spec:ident, $into:expr, $port:literal, $side:ident, $layerwise:literal, $takes:expr, $cycle:ident, $change:expr) => {
            PackingView {
                after: &$spec.after,
                into: $into,
                port: $port,
                side: $spec.$side,
                length_m: $spec.length_m,
                rise_m: $spec.rise_m,
                width_m: $spec.width_m,
                layerwise: $layerwise,
                takes: $takes,
                cycle_s: (stringify!($cycle), &$spec.$cycle),
                change_s: $change,
                ideal_cycle_s: $spec.ideal_cycle_s,
            }
        };
    }
    Some(match element {
        ElementSpec::Packer(spec) => view!(spec, Some(&spec.into), "empties", empties_side, false, spec.takes, cycle_s, None),
        ElementSpec::Unpacker(spec) => view!(spec, None, "empties", empties_side, false, spec.takes, cycle_s, None),
        ElementSpec::Palletiser(spec) => view!(spec, Some(&spec.into), "pallets", pallets_side, true, None, layer_s, Some(&spec.change_s)),
        ElementSpec::Disassembly(spec) => view!(spec, None, "base", base_side, false, None, processing_s, None),
        ElementSpec::Depalletiser(spec) => view!(spec, None, "pallets", pallets_side, true, None, layer_s, Some(&spec.change_s)),
        _ => return None,
    })
}

/// The ports of a packing element: where parts or containers come, and where they leave. A product that is taken apart is
/// unpacked: its first part is what the others were in.
pub fn packing_ports(element: &ElementSpec, direction: PortDirection) -> &'static [&'static str] {
    match (element, direction) {
        (ElementSpec::Packer(_), PortDirection::In) => &["in", "empties"],
        (ElementSpec::Palletiser(_), PortDirection::In) => &["in", "pallets"],
        (ElementSpec::Unpacker(_), PortDirection::Out) => &["out", "empties"],
        (ElementSpec::Depalletiser(_), PortDirection::Out) => &["out", "pallets"],
        (ElementSpec::Disassembly(_), PortDirection::Out) => &["out", "base"],
        (ElementSpec::Unpacker(_) | ElementSpec::Depalletiser(_) | ElementSpec::Disassembly(_), PortDirection::In) => &["in"],
        (ElementSpec::Packer(_) | ElementSpec::Palletiser(_), PortDirection::Out) => &["out"],
        _ => &[],
    }
}

impl Checker<'_, '_> {
    pub(super) fn packing_values(&mut self, index: usize, element: &ElementSpec) {
        let Some(view) = packing(element) else { return };
        self.number(&self.field(index, "length_m"), view.length_m, Sign::Positive, Some(values::CONVEYOR_LENGTH));
        self.number(&self.field(index, "rise_m"), view.rise_m, Sign::Any, Some(values::COORDINATE));
        self.option(&self.field(index, "width_m"), view.width_m, Sign::Positive, Some(values::CONVEYOR_WIDTH));
        self.quantity(&self.field(index, view.cycle_s.0), view.cycle_s.1, Sign::Positive, Some(values::CYCLE_TIME));
        if let Some(change_s) = view.change_s {
            self.quantity(&self.field(index, "change_s"), change_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        }
        self.option(&self.field(index, "ideal_cycle_s"), view.ideal_cycle_s, Sign::Positive, Some(values::CYCLE_TIME));
        if view.takes == Some(0) {
            self.push(self.error("out-of-range", &self.field(index, "takes"), "`takes` is 0").allowed("1 or more"));
        }
    }

    /// How containers are filled, once every part has its number.
    pub(super) fn patterns(&mut self, part_types: &mut [PartType]) {
        let spec = self.spec;
        for (index, (name, part)) in spec.parts.iter().enumerate() {
            let PartSpec::Part(OnePartSpec { holds: Some(holds), shape, .. }) = part else { continue };
            let path = top("parts").name(name).name("holds");
            let (held, layers) = match holds {
                HoldsSpec::Nest { .. } => continue,
                HoldsSpec::Grid { part, n: [along, across, up] } => {
                    (part, vec![LayerPattern { n: [*along, *across], turned: false }; (*up).min(CAPACITY_LIMIT as u32) as usize])
                }
                HoldsSpec::Layers { part, n, layers, turned_n } => {
                    let layer = |level: u32| match turned_n {
                        Some(turned) if level % 2 == 1 => LayerPattern { n: *turned, turned: true },
                        _ => LayerPattern { n: *n, turned: false },
                    };
                    (part, (0..(*layers).min(CAPACITY_LIMIT as u32)).map(layer).collect())
                }
            };
            let count: u64 = layers.iter().map(|layer| u64::from(layer.n[0]) * u64::from(layer.n[1])).sum();
            if layers.is_empty() || layers.iter().any(|layer| layer.n.contains(&0)) || count > CAPACITY_LIMIT {
                let problem = self.error("out-of-range", &path, format!("`{name}` holds {count} parts"));
                self.push(problem.allowed(format!("1 to {CAPACITY_LIMIT}: every number at least 1")));
                continue;
            }
            if !matches!(shape, Some(ShapeSpec::Box { .. } | ShapeSpec::OpenBox { .. })) {
                let problem = self.error("not-a-container", &path, format!("nothing can stand in or on `{name}`"));
                self.push(problem.allowed("shape: OpenBox(...) to hold parts inside, shape: Box(...) to carry them on top"));
                continue;
            }
            let Some(part_type) = self.part_named(&path.name("part"), held, part_types) else { continue };
            part_types[index].holds = Some(Holds { part_type, layers });
        }
        for index in 0..part_types.len() {
            if self.holds_itself(index, part_types) {
                let name = part_types[index].name.clone();
                let path = top("parts").name(&name).name("holds").name("part");
                let problem = self.error("holds-itself", &path, format!("`{name}` holds itself"));
                self.push(problem.help("a container holds smaller things, which may be containers"));
                part_types[index].holds = None;
            }
        }
        for index in 0..part_types.len() {
            self.pattern_fits(index, part_types);
        }
    }

    fn holds_itself(&self, index: usize, part_types: &[PartType]) -> bool {
        let mut next = part_types[index].holds.as_ref();
        for _ in 0..part_types.len() {
            let Some(holds) = next else { return false };
            if holds.part_type.index() == index {
                return true;
            }
            next = part_types[holds.part_type.index()].holds.as_ref();
        }
        false
    }

    /// Whether every layer finds room in its container; where only the largest parts do not, that is a warning.
    fn pattern_fits(&mut self, index: usize, part_types: &[PartType]) {
        let (container, Some(holds)) = (&part_types[index], &part_types[index].holds) else { return };
        let Some(room_m) = container.variants.first().map(|variant| floor_m(&variant.shape)) else { return };
        let held = &part_types[holds.part_type.index()];
        let mut worst: Option<(Severity, String)> = None;
        for variant in &held.variants {
            for (severity, size_m) in [(Severity::Error, mean_size(&variant.shape)), (Severity::Warning, largest_size(&variant.shape))] {
                for layer in &holds.layers {
                    let pitch_m = layer.footprint_m(size_m);
                    let needed_m = [0, 1].map(|axis| f64::from(layer.n[axis]) * pitch_m[axis]);
                    let fits = (0..2).all(|axis| needed_m[axis] <= room_m[axis] + FIT_SLACK_M);
                    if !fits && worst.as_ref().is_none_or(|(known, _)| severity == Severity::Error && *known != Severity::Error) {
                        let turned = if layer.turned { ", lying turned," } else { "" };
                        let message = format!(
                            "{} x {} of `{}`{turned} need {:.3} x {:.3} m, and `{}` has {:.3} x {:.3} m",
                            layer.n[0], layer.n[1], held.name, needed_m[0], needed_m[1], container.name, room_m[0], room_m[1]
                        );
                        worst = Some((severity, message));
                    }
                }
            }
        }
        let Some((severity, message)) = worst else { return };
        let path = top("parts").name(&container.name).name("holds");
        let mut problem = self.error("does-not-fit", &path, message);
        problem.severity = severity;
        self.push(problem.help("take fewer parts, or a larger container: its size is outside, its walls take some of it"));
    }

    /// Ports of a packing element behind `from`.
    pub(super) fn place_packing(&mut self, spec: &ElementSpec, from: &DraftPort) -> Option<Vec<DraftPort>> {
        let view = packing(spec)?;
        let level = Pose::new(from.pose.position, from.pose.heading(), 0.0);
        let out_width_m = view.width_m.or_else(|| self.container_width(view.into?)).unwrap_or(from.width_m);
        let out = level.shifted(view.length_m, 0.0, view.rise_m);
        let sign = if view.side == SideSpec::Left { 1.0 } else { -1.0 };
        let fills = view.into.is_some();
        // Empty containers come to the middle of the side, at the height at which full ones leave; and the other way round.
        let aside_m = out_width_m.max(from.width_m) / 2.0;
        let beside = level.shifted(view.length_m / 2.0, sign * aside_m, if fills { view.rise_m } else { 0.0 });
        let turn = if fills { -sign } else { sign } * FRAC_PI_2;
        let containers = Pose::new(beside.position, level.heading() + turn, 0.0);
        let direction = if fills { PortDirection::In } else { PortDirection::Out };
        let port = |name, direction, pose, width_m| DraftPort { name, direction, pose, width_m, speed_mps: from.speed_mps };
        let container_width_m = if fills { out_width_m } else { from.width_m };
        let mut ports = vec![
            port("in", PortDirection::In, from.pose, from.width_m),
            port(view.port, direction, containers, container_width_m),
            port("out", PortDirection::Out, out, out_width_m),
        ];
        // In-ports first.
        ports.sort_by_key(|port| port.direction == PortDirection::Out);
        Some(ports)
    }

    fn container_width(&mut self, name: &str) -> Option<f64> {
        let spec = self.spec;
        let PartSpec::Part(OnePartSpec { shape: Some(shape), .. }) = spec.parts.get(name)? else { return None };
        let (ShapeSpec::Box { size_m } | ShapeSpec::OpenBox { size_m, .. }) = shape else { return None };
        let path = top("parts").name(name).name("shape").name("size_m").index(1);
        let width_m = self.distribution(&path, &size_m[1]).mean();
        (width_m.is_finite() && width_m > 0.0).then_some(width_m + BESIDE_CONTAINER_M)
    }

    pub(super) fn packing_kind(
        &mut self,
        element: usize,
        spec: &ElementSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let view = packing(spec)?;
        let cycle_s = self.distribution(&self.field(element, view.cycle_s.0), view.cycle_s.1);
        let change_s = match view.change_s {
            Some(change_s) => self.distribution(&self.field(element, "change_s"), change_s),
            None => crate::distribution::Distribution::Constant(0.0),
        };
        let ideal_cycle = view.ideal_cycle_s.map(Time::from_seconds);
        match view.into {
            Some(into) => {
                let holds = self.container(element, into, draft);
                let (pickup, empties) = (self.pickup(element, "in", tables, draft), self.empties(element, &view, tables, draft));
                let (container, holds) = holds?;
                let (pickup, empties) = (pickup?, empties?);
                let takes = if view.layerwise { 1 } else { view.takes.unwrap_or(holds.capacity()).min(holds.capacity()) };
                self.reach_back(element, pickup, takes, &holds, tables, draft)?;
                let into = self.led_to(element, "out", tables, draft)?;
                let layerwise = view.layerwise;
                Some(ElementKind::Packer(Packer { container, pickup, takes, layerwise, cycle_s, change_s, empties, into, ideal_cycle }))
            }
            None => {
                let pickup = self.pickup(element, "in", tables, draft)?;
                let into = self.led_to(element, "out", tables, draft)?;
                let empties_into = self.led_to(element, view.port, tables, draft)?;
                let (takes, layerwise) = (view.takes, view.layerwise);
                let separates = matches!(spec, ElementSpec::Disassembly(_));
                Some(ElementKind::Unpacker(Unpacker {
                    separates,
                    pickup,
                    takes,
                    layerwise,
                    cycle_s,
                    change_s,
                    into,
                    empties_into,
                    ideal_cycle,
                }))
            }
        }
    }

    /// The container that an element fills, and its pattern.
    fn container(&mut self, element: usize, into: &str, draft: &Draft<'_>) -> Option<(PartTypeId, Holds)> {
        let path = self.field(element, "into");
        let id = self.part_named(&path, into, draft.part_types)?;
        let holds = draft.part_types[id.index()].holds.clone();
        if holds.is_none() && !matches!(self.spec.parts.get(into), Some(PartSpec::Part(OnePartSpec { holds: Some(_), .. }))) {
            let name = self.name(element).to_owned();
            let problem = self.error("not-a-container", &path, format!("`{name}` fills `{into}`, which does not say what it holds"));
            self.push(problem.help(format!("write at `{into}`: holds: Grid(part: \"...\", n: (4, 3, 1))")));
        }
        Some((id, holds?))
    }

    /// The in-port where a port of this element leads.
    pub(super) fn led_to(&self, element: usize, port: &'static str, tables: &Tables, draft: &Draft<'_>) -> Option<PortId> {
        let into = draft.links.iter().find(|link| link.from == PortRef { element, port })?.to;
        tables.port_id(into.element, into.port, PortDirection::In)
    }

    /// The blade at the end of the one conveyor that feeds a port.
    pub(super) fn pickup(&mut self, element: usize, port: &'static str, tables: &mut Tables, draft: &Draft<'_>) -> Option<SpotId> {
        self.feeder_hold(element, PortRef { element, port }, tables, draft)
    }

    /// Where empty containers come from: a source, a conveyor, or nowhere (a palletiser has as many as it needs).
    fn empties(&mut self, element: usize, view: &PackingView<'_>, tables: &mut Tables, draft: &Draft<'_>) -> Option<Empties> {
        let port = PortRef { element, port: view.port };
        let mut feeders = draft.links.iter().filter(|link| link.to == port).map(|link| link.from.element);
        match feeders.next() {
            None if view.layerwise => Some(Empties::Unlimited),
            None if !draft.layout.complete() || self.broken_ports.contains(&port) => None,
            None => {
                let name = self.name(element).to_owned();
                let message = format!("`{name}` gets no empty containers: nothing feeds `{name}.{}`", view.port);
                let problem = Diagnostic::error("no-empties", self.at.name_span(&self.element_path(element)), message);
                let into = view.into.unwrap_or("case");
                let help = format!("add an erector: \"erector\": Source(part: \"{into}\", cycle_s: 3, before: \"{name}.{}\")", view.port);
                self.push(problem.allowed("a Source or a conveyor that ends there").help(help));
                None
            }
            Some(feeder) if matches!(self.spec.line[feeder], ElementSpec::Source(_)) && feeders.next().is_none() => {
                if let (ElementSpec::Source(source), Some(into)) = (&self.spec.line[feeder], view.into)
                    && source.part != into
                {
                    let message = format!("`{}` makes `{}`, and `{}` fills `{into}`", self.name(feeder), source.part, self.name(element));
                    let problem = self.error("wrong-container", &self.field(feeder, "part"), message);
                    self.push(problem.allowed(format!("`{into}`")));
                    return None;
                }
                Some(Empties::Handed(tables.port_id(element, view.port, PortDirection::In)?))
            }
            Some(_) => self.pickup(element, view.port, tables, draft).map(Empties::Taken),
        }
    }

    /// A pick-up position is as long as the group of parts that is taken from it.
    fn reach_back(
        &mut self,
        element: usize,
        pickup: SpotId,
        takes: u32,
        holds: &Holds,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<()> {
        let variants = &draft.part_types[holds.part_type.index()].variants;
        let longest_m = variants.iter().map(|variant| largest_size(&variant.shape)[0]).fold(0.0, f64::max);
        let needed_m = f64::from(takes) * longest_m + PICKUP_MARGIN_M;
        let spot = &mut tables.spots[pickup.index()];
        if needed_m > spot.end_m {
            let (feeder, length_m) = (tables.conveyors[spot.host.index()].element.index(), spot.end_m);
            let (name, feeder) = (self.name(element).to_owned(), self.name(feeder).to_owned());
            let message =
                format!("`{name}` takes {takes} parts at once, which stand on {needed_m:.3} m; `{feeder}` is {length_m:.3} m long");
            let path = self.field(element, "takes");
            let problem = self.error("too-short-a-queue", &path, message);
            self.push(problem.help(format!("write takes: {}, or lengthen `{feeder}`", ((length_m - PICKUP_MARGIN_M) / longest_m).floor())));
            return None;
        }
        spot.start_m = spot.start_m.min(spot.end_m - needed_m);
        Some(())
    }

    /// Whatever else comes than what an element packs or unpacks would stand at its end for good.
    pub(super) fn strangers(&mut self, scene: &Scene, id: ElementId, coming: &mut dyn Iterator<Item = PartTypeId>) {
        let known: Box<dyn Fn(PartTypeId) -> bool> = match &scene.element(id).kind {
            ElementKind::Packer(packer) => {
                let holds = scene.part_types[packer.container.index()].holds.as_ref();
                let content = holds.map(|holds| holds.part_type);
                let container = packer.container;
                Box::new(move |part| part == container || Some(part) == content)
            }
            // A product that was never finished is still of the type of its first part.
            ElementKind::Unpacker(Unpacker { separates: true, .. }) => Box::new(|part: PartTypeId| {
                let is_first = |product: &PartType| product.bill.first().is_some_and(|row| row.part_type == part);
                !scene.part_types[part.index()].bill.is_empty() || scene.part_types.iter().any(is_first)
            }),
            ElementKind::Unpacker(_) => Box::new(|part: PartTypeId| scene.part_types[part.index()].holds.is_some()),
            _ => return,
        };
        for part in coming.filter(|part| !known(*part)).collect::<Vec<_>>() {
            let (name, part) = (self.name(id.index()).to_owned(), &scene.part_types[part.index()].name);
            let message = match &scene.element(id).kind {
                ElementKind::Packer(packer) => {
                    let into = &scene.part_types[packer.container.index()].name;
                    format!("`{part}` reaches `{name}`, and does not go into `{into}`")
                }
                ElementKind::Unpacker(Unpacker { separates: true, .. }) => format!("`{part}` reaches `{name}`, and is joined of nothing"),
                _ => format!("`{part}` reaches `{name}`, and holds nothing"),
            };
            let problem = Diagnostic::error("cannot-pack", self.at.name_span(&self.element_path(id.index())), message);
            let joined = matches!(&scene.element(id).kind, ElementKind::Unpacker(Unpacker { separates: true, .. }));
            let help = if joined { "it would go on as it came" } else { "it would stand before it for good" };
            self.push(problem.help(format!("{help}: send it another way")));
        }
    }

    /// Warns where fewer containers come than parts to fill them.
    pub(super) fn too_few_empties(&mut self, scene: &Scene, id: ElementId, wanted: Option<f64>, come: Option<f64>) {
        let (Some(wanted), Some(come)) = (wanted, come) else { return };
        if come > 0.0 && wanted > come * (1.0 + 1e-9) {
            let port = &scene.port(scene.element(id).ports[1]).name;
            let message = format!(
                "`{}.{port}` gets {:.0} containers/h, and the parts that come would fill {:.0}",
                self.name(id.index()),
                come * 3600.0,
                wanted * 3600.0
            );
            let problem = Diagnostic::warning("overload", self.at.name_span(&self.element_path(id.index())), message);
            self.push(problem.help("a queue will grow without end; if that is wanted, nothing needs to change"));
        }
    }

    pub(super) fn source_cycle(&mut self, index: usize, given: [bool; 3], path: &FieldPath) {
        let fields = ["interarrival_s", "rate_per_h", "cycle_s"];
        let said: Vec<&str> = fields.iter().zip(given).filter(|(_, given)| *given).map(|(field, _)| *field).collect();
        match said.as_slice() {
            [] => {
                let message = format!("`{}` does not say how often parts come", self.name(index));
                let problem = Diagnostic::error("missing-field", self.at.name_span(path), message);
                self.push(problem.allowed("`interarrival_s`, `rate_per_h` or `cycle_s`"));
            }
            [first, second, ..] => {
                let problem = self.error("given-twice", &path.name(*second), format!("`{second}` beside `{first}`"));
                self.push(problem.help("take one of them away"));
            }
            _ => {}
        }
    }
}

/// Length and width of the floor that a container's content stands on [m].
fn floor_m(shape: &Shape) -> [f64; 2] {
    let [length_m, width_m, _] = mean_size(shape);
    match shape {
        Shape::OpenBox { wall_m, .. } => [length_m - 2.0 * wall_m, width_m - 2.0 * wall_m],
        _ => [length_m, width_m],
    }
}

/// How many groups of parts fill a container.
pub(super) fn groups(scene: &Scene, packer: &Packer) -> u32 {
    let Some(holds) = &scene.part_types[packer.container.index()].holds else { return 1 };
    if packer.layerwise { holds.layers.len() as u32 } else { holds.capacity().div_ceil(packer.takes) }
}
