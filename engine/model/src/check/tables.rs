//! The tables that the engine runs, from what is placed and linked: ports, edges, conveyors with their drives, and one
//! row for each element (`devices` makes those that stand at conveyors). Where an error was reported a row does nothing:
//! such tables never leave the check.

use super::Checker;
use super::circuit::is_loop;
use super::place::Layout;
use super::ports::Link;
use super::references::{ElementReferences, PortRef, ports_of};
use super::surfaces::Stretch;
use super::views::{ConveyorView, Way, carriage, conveyor, family, handles_bulk, travels, upkeep};
use crate::distribution::Distribution;
use crate::geometry::{Path, Segment};
use crate::scene::*;
use crate::spec::{
    ClockSpec, ElementSpec, LoopSpec, OutcomeSpec, ParallelStationSpec, RailsSpec, SetsSpec, SourceSpec, StationSpec, WhenOccupiedSpec,
};
use std::f64::consts::PI;

/// Everything of a [`Scene`] that has to do with its elements.
#[derive(Default)]
pub struct Tables {
    pub attributes: Vec<String>,
    pub elements: Vec<Element>,
    pub ports: Vec<Port>,
    pub edges: Vec<Edge>,
    pub conveyors: Vec<Conveyor>,
    pub drives: Vec<Drive>,
    pub spots: Vec<Spot>,
    pub eyes: Vec<Eye>,
    pub pushers: Vec<Pusher>,
    pub diverters: Vec<Diverter>,
    pub carriages: Vec<Carriage>,
    pub trains: Vec<Train>,
    pub lifts: Vec<ContinuousLift>,
    pub fixtures: Vec<Fixture>,
    /// Elements that an error keeps from being built. Their rows do nothing: the tables then serve the rest of the check alone.
    pub unbuilt: Vec<usize>,
    /// Ids by element index; `None` for what is no conveyor.
    pub conveyor_of: Vec<Option<ConveyorId>>,
    /// Ports of each element, by element index.
    ports_of: Vec<Vec<PortId>>,
}

/// What rows are made from.
pub(super) struct Draft<'a> {
    pub materials: &'a Materials,
    pub granulates: &'a [Granulate],
    pub part_types: &'a [PartType],
    pub references: &'a [ElementReferences],
    pub layout: &'a Layout,
    pub links: &'a [Link],
}

impl Tables {
    pub fn port_id(&self, element: usize, name: &str, direction: PortDirection) -> Option<PortId> {
        let ports = self.ports_of.get(element)?.iter().copied();
        ports.into_iter().find(|id| {
            let port = &self.ports[id.index()];
            port.name == name && port.direction == direction
        })
    }
    pub fn attribute(&self, name: &str) -> Option<AttributeId> {
        self.attributes.iter().position(|known| known == name).map(AttributeId::from_index)
    }
    pub fn add_spot(&mut self, spot: Spot) -> SpotId {
        self.spots.push(spot);
        SpotId::from_index(self.spots.len() - 1)
    }
    pub fn add_eye(&mut self, eye: Eye) -> EyeId {
        self.eyes.push(eye);
        EyeId::from_index(self.eyes.len() - 1)
    }
}

impl Checker<'_, '_> {
    pub(super) fn tables(
        &mut self,
        materials: &Materials,
        granulates: &[Granulate],
        part_types: &[PartType],
        references: &[ElementReferences],
        layout: &Layout,
        links: &[Link],
    ) -> Tables {
        let draft = Draft { materials, granulates, part_types, references, layout, links };
        let mut tables = Tables { attributes: self.attributes(), ..Tables::default() };
        self.port_rows(&mut tables, &draft);
        let spec = self.spec;
        for (element, spec) in spec.line.values().enumerate() {
            let id = conveyor(spec).and_then(|view| self.conveyor_row(element, &view, &mut tables, &draft));
            tables.conveyor_of.push(id);
        }
        for (element, spec) in spec.line.values().enumerate() {
            let kind = self.kind(element, spec, &mut tables, &draft);
            if kind.is_none() {
                tables.unbuilt.push(element);
            }
            let row = self.element_row(element, spec, kind.unwrap_or(ElementKind::Fixture), &tables);
            tables.elements.push(row);
        }
        self.close_zone_ends(&mut tables);
        self.lead_ways(&mut tables);
        tables
    }

    /// Names of all attributes that some element writes, in file order.
    fn attributes(&mut self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let spec = self.spec;
        for (element, spec) in spec.line.values().enumerate() {
            let path = self.field(element, "sets");
            let written: Vec<(&str, crate::syntax::FieldPath)> = match spec {
                ElementSpec::Checkweigher(spec) => vec![(spec.sets.as_str(), path)],
                ElementSpec::Scanner(spec) => vec![(spec.sets.as_str(), path)],
                ElementSpec::TagReader(_) | ElementSpec::LightGrid(_) | ElementSpec::Scale(_) => super::senses::written(spec, &path),
                ElementSpec::Router(spec) => vec![(spec.sets.as_str(), path)],
                ElementSpec::Station(StationSpec { sets, .. })
                | ElementSpec::ParallelStation(ParallelStationSpec { sets, .. })
                | ElementSpec::Source(SourceSpec { sets, .. }) => match sets {
                    Some(SetsSpec::Name(name)) => vec![(name.as_str(), path)],
                    Some(SetsSpec::Values(values)) => values.keys().map(|name| (name.as_str(), path.name(name))).collect(),
                    None => Vec::new(),
                },
                _ => Vec::new(),
            };
            for (name, path) in written {
                let word =
                    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_');
                if !word || super::condition::WORDS.contains(&name) {
                    let problem = crate::diagnostic::Diagnostic::error(
                        "bad-name",
                        self.at.name_span(&path),
                        format!("`{name}` cannot be an attribute"),
                    );
                    self.push(problem.allowed("letters, digits and `_`, and no word of conditions such as `part` or `mass_kg`"));
                }
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names.extend(self.stations_asked_for().iter().map(|station| super::condition::done_attribute(station)));
        names
    }

    /// All ports, in order of elements, and the edges between them.
    fn port_rows(&mut self, tables: &mut Tables, draft: &Draft<'_>) {
        for element in 0..self.spec.line.len() {
            let mut ids = Vec::new();
            for port in draft.layout.get(element).iter().flat_map(|placed| &placed.ports) {
                ids.push(PortId::from_index(tables.ports.len()));
                tables.ports.push(Port {
                    element: ElementId::from_index(element),
                    name: port.name.to_owned(),
                    direction: port.direction,
                    pose: port.pose,
                    width_m: port.width_m,
                });
            }
            tables.ports_of.push(ids);
        }
        for link in draft.links {
            let id = |port: PortRef, direction| tables.port_id(port.element, port.port, direction);
            if let (Some(from), Some(to)) = (id(link.from, PortDirection::Out), id(link.to, PortDirection::In)) {
                tables.edges.push(Edge { from, to });
            }
        }
    }

    fn conveyor_row(&mut self, element: usize, view: &ConveyorView<'_>, tables: &mut Tables, draft: &Draft<'_>) -> Option<ConveyorId> {
        let material = self.material(&self.field(element, "material"), view.material, draft.materials);
        let rail = draft.materials.names.iter().position(|name| name == "rail").map(MaterialId::from_index)?;
        let placed = draft.layout.get(element)?;
        let path = placed.path.clone()?;
        let id = ConveyorId::from_index(tables.conveyors.len());
        self.inner_edges(element, &path, placed.width_m);
        if let Some((low, _)) = path_heights(&path).filter(|(low, _)| *low < self.spec.physics.floor_z_m) {
            let message =
                format!("`{}` runs at a height of {low:.3} m, below the floor at {} m", self.name(element), self.spec.physics.floor_z_m);
            let problem = crate::diagnostic::Diagnostic::error("below-floor", self.at.name_span(&self.element_path(element)), message);
            self.push(problem.help("raise it, or lower `physics.floor_z_m`"));
        }
        let length = path.length();
        let (carrying, stretches) = (self.carrying(element, view, placed)?, self.stretches(element, view, placed, length, draft)?);
        let first_drive = tables.drives.len();
        for Stretch { start_m, end_m, speed_mps } in stretches {
            tables.drives.push(Drive {
                conveyor: id,
                start_m,
                end_m,
                speed_mps,
                acceleration_mps2: view.acceleration_mps2,
                deceleration_mps2: view.deceleration_mps2.unwrap_or(view.acceleration_mps2),
            });
        }
        let side = |side: RailsSpec| view.rails == side || matches!(view.rails, RailsSpec::Both | RailsSpec::Curves);
        let rails = Rails {
            left: side(RailsSpec::Left),
            right: side(RailsSpec::Right),
            straights: view.rails != RailsSpec::Curves,
            height_m: view.rail_height_m,
            material: rail,
        };
        tables.conveyors.push(Conveyor {
            element: ElementId::from_index(element),
            path,
            width_m: placed.width_m,
            material,
            carrying,
            rails,
            drives: (first_drive..tables.drives.len()).map(DriveId::from_index).collect(),
            in_port: tables.port_id(element, "in", PortDirection::In)?,
            out_port: tables.port_id(element, ports_of(&self.spec.line[element], PortDirection::Out).first()?, PortDirection::Out)?,
            back_port: tables.port_id(element, "back", PortDirection::Out),
        });
        Some(id)
    }

    /// Arcs need an inner radius.
    fn inner_edges(&mut self, element: usize, path: &Path, width_m: f64) {
        let tight = path.segments.iter().find_map(|segment| match *segment {
            Segment::Arc { radius_m, .. } | Segment::Helix { radius_m, .. } if radius_m <= width_m / 2.0 => Some(radius_m),
            _ => None,
        });
        // A width that stands in the curve itself was reported with it.
        let own = conveyor(&self.spec.line[element]).is_some_and(|view| view.width_m.is_some() && matches!(view.way, Way::Arc { .. }));
        if let (Some(radius), false) = (tight, own) {
            let message =
                format!("`{}` turns around {radius} m and is {width_m} m wide: its inner edge has no radius left", self.name(element));
            let problem = crate::diagnostic::Diagnostic::error("out-of-range", self.at.name_span(&self.element_path(element)), message);
            self.push(problem.allowed(format!("a radius above {} m", width_m / 2.0)));
        }
    }

    fn element_row(&mut self, element: usize, spec: &ElementSpec, kind: ElementKind, tables: &Tables) -> Element {
        let upkeep = upkeep(spec);
        let failures = upkeep.failures.iter().enumerate().map(|(number, failure)| {
            let path = self.field(element, "failures").index(number);
            let uptime = match (&failure.uptime_s, &failure.uptime_cycles) {
                (Some(uptime), _) => self.distribution(&path.name("uptime_s"), uptime),
                (None, Some(uptime)) => self.distribution(&path.name("uptime_cycles"), uptime),
                (None, None) => Distribution::Constant(f64::MAX),
            };
            Failure {
                mode: failure.mode.clone(),
                clock: match failure.clock {
                    ClockSpec::Calendar => FailureClock::Calendar,
                    ClockSpec::Running => FailureClock::Running,
                    ClockSpec::Cycles => FailureClock::Cycles,
                },
                uptime,
                repair_s: self.distribution(&path.name("repair_s"), &failure.repair_s),
                recorded: None,
                crew: self.crew_need(&path.name("crew"), failure.crew.as_ref(), failure.crew_priority),
                planned: failure.planned,
            }
        });
        let failures = failures.collect();
        let faults = self.fault_rows(element, spec);
        Element {
            name: self.name(element).to_owned(),
            family: family(spec).to_owned(),
            kind,
            failures,
            faults,
            power: Power {
                idle_w: upkeep.power_w.idle,
                processing_w: upkeep.power_w.processing,
                down_w: upkeep.power_w.down,
                efficiency: upkeep.efficiency,
                no_load_w: upkeep.no_load_w,
            },
            ports: tables.ports_of[element].clone(),
            passing: Vec::new(),
        }
    }

    /// What an element is and does; `None` where an error says why not.
    fn kind(&mut self, element: usize, spec: &ElementSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        Some(match spec {
            ElementSpec::Source(source) => {
                let part_type = self.part_named(&self.field(element, "part"), &source.part, draft.part_types);
                let target = draft.references[element].before.first().and_then(|reference| reference.target);
                let orders = self.orders.remove(&element).unwrap_or_default();
                let scheduled = orders.last().map(|order| order.first + u64::from(order.quantity));
                let arrivals = match (&source.interarrival_s, &source.cycle_s, source.rate_per_h) {
                    (Some(interarrival), _, _) => {
                        Some(Arrivals::Interarrival(self.distribution(&self.field(element, "interarrival_s"), interarrival)))
                    }
                    // A machine that waits with its part does not make the next one: what `Wait` does to the clock.
                    (None, Some(cycle), _) => Some(Arrivals::Interarrival(self.distribution(&self.field(element, "cycle_s"), cycle))),
                    (None, None, rate) => rate.map(|per_h| Arrivals::Rate { per_h }),
                };
                let target = target?;
                ElementKind::Source(Source {
                    part_type: part_type?,
                    arrivals: arrivals?,
                    orders,
                    limit: source.limit.into_iter().chain(scheduled).min(),
                    when_occupied: match source.when_occupied {
                        WhenOccupiedSpec::Wait => WhenOccupied::Wait,
                        WhenOccupiedSpec::Lose => WhenOccupied::Lose,
                    },
                    into: tables.port_id(target.element, target.port, PortDirection::In)?,
                    left_m: self.distribution(&self.field(element, "left_m"), &source.left_m),
                    yaw_rad: self.distribution(&self.field(element, "yaw_deg"), &source.yaw_deg).scaled(PI / 180.0),
                    sets: self.set_attributes(element, source.sets.as_ref(), tables),
                })
            }
            ElementSpec::Bin(bin) => self.bin(element, bin, tables)?,
            ElementSpec::Sink(sink) => ElementKind::Sink(Sink {
                outcome: match sink.outcome {
                    Some(OutcomeSpec::Good) => Outcome::Good,
                    Some(OutcomeSpec::Reject) => Outcome::Reject,
                    Some(OutcomeSpec::Scrap) => Outcome::Scrap,
                    None if self.catches_pusher(element, draft) => Outcome::Reject,
                    None => Outcome::Good,
                },
                receives: sink.receives.as_deref().and_then(|text| self.when(&self.field(element, "receives"), text, tables, draft)),
                bin: None,
            }),
            ElementSpec::AccumulationTable(table) => {
                self.table_rails(element, table, tables, draft)?;
                ElementKind::Conveyor(tables.conveyor_of[element]?)
            }
            ElementSpec::Loop(LoopSpec { carriers: Some(carriers), .. }) => self.train(element, carriers, tables)?,
            ElementSpec::ZoneConveyor(_) | ElementSpec::Loop(_) => self.zones(element, tables)?,
            spec if handles_bulk(spec) => self.bulk_kind(element, spec, draft)?,
            spec if carriage(spec).is_some() => self.carriage(element, tables, draft)?,
            ElementSpec::ContinuousVerticalConveyor(lift) => self.continuous_lift(element, lift, tables, draft)?,
            spec if conveyor(spec).is_some() => ElementKind::Conveyor(tables.conveyor_of[element]?),
            _ => self.device_kind(element, spec, tables, draft)?,
        })
    }

    fn catches_pusher(&self, element: usize, draft: &Draft<'_>) -> bool {
        let feeders = draft.links.iter().filter(|link| link.to.element == element).map(|link| &self.spec.line[link.from.element]);
        feeders.into_iter().any(|feeder| matches!(feeder, ElementSpec::Pusher(_) | ElementSpec::Transfer(_)))
    }

    pub(super) fn initial(&mut self, part_types: &[PartType], tables: &Tables) -> Vec<InitialFill> {
        let spec = self.spec;
        let mut fills = Vec::new();
        for (path, fill) in self.all_fills() {
            let element = self.element_named(&path.name("on"), &fill.on);
            let part_type = self.part_named(&path.name("part"), &fill.part, part_types);
            let (Some(element), Some(part_type)) = (element, part_type) else { continue };
            let room = match (&spec.line[element], tables.conveyor_of[element]) {
                (ElementSpec::Buffer(buffer), _) => Some(f64::from(buffer.capacity)),
                (spec, Some(id)) if !travels(spec) => {
                    let length = tables.conveyors[id.index()].path.length();
                    match conveyor(spec).map(|view| view.way) {
                        // Asked of all its fills together.
                        _ if is_loop(spec) => None,
                        Some(Way::Zones { .. }) => Some(tables.conveyors[id.index()].drives.len() as f64),
                        _ => Some((length / super::goods::mean_length(&part_types[part_type.index()])).floor()),
                    }
                }
                (spec, _) if conveyor(spec).is_none() || travels(spec) => {
                    let message = format!("`{}` is a {}: nothing stands on it at time zero", fill.on, family(spec));
                    self.push(
                        self.error("cannot-fill", &path.name("on"), message)
                            .allowed("a Belt, a Curve or another conveyor that does not travel itself, or a Buffer"),
                    );
                    None
                }
                _ => None,
            };
            if let Some(room) = room.filter(|room| f64::from(fill.count) > *room) {
                let message = format!("{} parts do not fit on `{}`", fill.count, fill.on);
                self.push(self.error("cannot-fill", &path.name("count"), message).allowed(format!("{room} at most")));
            }
            fills.push(InitialFill { element: ElementId::from_index(element), part_type, count: fill.count });
        }
        fills
    }
}

/// Lowest and highest point of a centre line [m].
fn path_heights(path: &Path) -> Option<(f64, f64)> {
    let ends = path.segments.iter().flat_map(|segment| [segment.start().position[2], segment.pose_at(segment.length()).position[2]]);
    ends.map(|z| (z, z)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}
