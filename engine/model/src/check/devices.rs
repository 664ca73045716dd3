//! Rows of what stands at conveyors and at their ends: spots with their holds, eyes, pushers, merges, buffers, rails.
//! Knows nothing about how line logic uses them.

use super::Checker;
use super::goods::longest_m;
use super::inputs::to_micrometres;
use super::lidars::lidar_kind;
use super::references::PortRef;
use super::senses::delay;
use super::surfaces::Lacks;
use super::tables::{Draft, Tables};
use super::views::{Way, conveyor, device, hands, through};
use crate::diagnostic::Diagnostic;
use crate::distribution::Distribution;
use crate::geometry::{Pose, Segment, add, length, scale, sub};
use crate::scene::*;
use crate::spec::{
    ElementSpec, FixtureSpec, GuideRailSpec, HoldSpec, MergeSpec, PrioritySpec, PusherSpec, SetsSpec, SideSpec, WhenFullSpec,
};
use crate::syntax::FieldPath;
use crate::time::Time;

/// Share of a pusher's stroke after which its plate meets a part half as wide as the host, in its middle [-]: with that
/// lead the plate meets the part centred, and leaves its neighbours in a queue alone.
const STROKE_UNTIL_PUSHED: f64 = 0.32;

/// A hold at a conveyor's end begins this far before it: what comes is seen in time [m].
const END_HOLD_LENGTH_M: f64 = 0.5;

/// Its middle, behind which a part is let go before the blade closes [m].
const END_HOLD_MIDDLE_M: f64 = 0.05;

/// Distance of a blade from what it guards [m].
const BLADE_CLEARANCE_M: f64 = 0.02;

/// Thickness of rails [m]: thick enough that no step of a fast part reaches through.
const RAIL_THICKNESS_M: f64 = 0.03;

/// A rail follows a curve in pieces of at most this length [m]; on a radius of 1 m they deviate by 1 mm.
const RAIL_PIECE_M: f64 = 0.1;

impl Checker<'_, '_> {
    pub(super) fn device_kind(
        &mut self,
        element: usize,
        spec: &ElementSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let id = ElementId::from_index(element);
        // Conditions and materials are checked even where the element has no place.
        Some(match spec {
            ElementSpec::Station(station) => self.station(element, station, tables, draft)?,
            ElementSpec::ParallelStation(station) => self.parallel_station(element, station, tables, draft)?,
            ElementSpec::Assembly(assembly) => self.assembly(element, assembly, tables, draft)?,
            ElementSpec::Unload(unload) => self.unload(element, unload, tables, draft)?,
            ElementSpec::Checkweigher(weigher) => {
                let sets = tables.attributes.iter().position(|known| *known == weigher.sets).map(AttributeId::from_index)?;
                ElementKind::Checkweigher(Checkweigher {
                    spot: self.device_spot(element, spec, None, tables, draft)?,
                    limits_kg: weigher.limits_kg,
                    error_sd_kg: weigher.error_sd_kg,
                    sets,
                    delay: delay(weigher.delay_s),
                    ideal_cycle: weigher.ideal_cycle_s.map(Time::from_seconds),
                })
            }
            ElementSpec::Scanner(scanner) => {
                let reads = self.attribute_read(&self.field(element, "reads"), &scanner.reads, tables);
                let sets = tables.attribute(&scanner.sets)?;
                let spot = self.device_spot(element, spec, None, tables, draft)?;
                let delay = delay(scanner.delay_s);
                ElementKind::Scanner(Scanner { spot, reads: reads?, sets, read_rate: scanner.read_rate, delay })
            }
            ElementSpec::TagReader(_) | ElementSpec::LightGrid(_) | ElementSpec::Scale(_) => {
                self.sense_kind(element, spec, tables, draft)?
            }
            ElementSpec::FillAndWeigh(filler) => self.fill_and_weigh(element, filler, tables, draft)?,
            ElementSpec::Router(router) => self.router(element, router, tables, draft)?,
            ElementSpec::Stop(stop) => {
                let when = self.option_when(element, stop.when.as_deref(), tables, draft);
                ElementKind::Stop(Stop {
                    spot: self.device_spot(element, spec, Some(HoldKind::Blade), tables, draft)?,
                    hold_s: self.distribution(&self.field(element, "hold_s"), &stop.hold_s),
                    when,
                })
            }
            ElementSpec::Induction(induction) => {
                let spot = self.device_spot(element, spec, Some(HoldKind::Blade), tables, draft)?;
                let lacks = Lacks { field: "on", what: "whose speed would make the gaps", allowed: "a conveyor that is driven" };
                self.host_is_driven(element, tables.spots[spot.index()].host, &lacks, tables)?;
                ElementKind::Induction(Induction { spot, gap_m: induction.gap_m })
            }
            ElementSpec::Counter(counter) => {
                let when = self.option_when(element, counter.when.as_deref(), tables, draft);
                let delay = delay(counter.delay_s);
                ElementKind::Counter(Counter { spot: self.device_spot(element, spec, None, tables, draft)?, when, delay })
            }
            ElementSpec::Pusher(pusher) => self.pusher(element, pusher, WhenFullSpec::Push, tables, draft)?,
            ElementSpec::Transfer(transfer) => self.pusher(element, &transfer.pusher(), transfer.when_full, tables, draft)?,
            ElementSpec::PopUp(pop_up) => self.pop_up(element, pop_up, tables, draft)?,
            ElementSpec::SwingArm(arm) => self.swing_arm(element, arm, tables, draft)?,
            ElementSpec::Loader(loader) => self.loader(element, loader, tables, draft)?,
            ElementSpec::Discharge(discharge) => self.discharge(element, discharge, tables, draft)?,
            ElementSpec::ShoeSorter(shoes) => self.shoe_sorter(element, shoes, tables, draft)?,
            ElementSpec::Encoder(encoder) => {
                let (host, at_m) = self.host_of(element, tables, draft)?;
                let drives = tables.drives.iter().enumerate().filter(|(_, drive)| drive.conveyor == host);
                let drive =
                    drives.clone().find(|(_, drive)| at_m <= drive.end_m).or_else(|| drives.clone().next_back()).map(|(index, _)| index)?;
                let (drive, pulses_per_m) = (DriveId::from_index(drive), encoder.pulses_per_m);
                ElementKind::Encoder(Encoder { host, at_m, drive, pulses_per_m })
            }
            ElementSpec::Eye(eye) => {
                let (host, at_m) = self.host_of(element, tables, draft)?;
                let (on_delay, off_delay) = (delay(eye.on_delay_s), delay(eye.off_delay_s));
                let beam = Some(Beam { host, at_m, height_m: eye.height_m });
                ElementKind::Eye(tables.add_eye(Eye { element: id, beam, on_delay, off_delay }))
            }
            ElementSpec::Lidar(lidar) => lidar_kind(id, lidar, tables),
            ElementSpec::Merge(merge) => self.merge(element, merge, tables, draft)?,
            ElementSpec::Buffer(buffer) => {
                let into = draft.links.iter().find(|link| link.from == PortRef { element, port: "out" })?.to;
                let entry_hold = self.fed(element, tables, draft)?;
                ElementKind::Buffer(Buffer {
                    capacity: buffer.capacity,
                    dwell_s: self.distribution(&self.field(element, "dwell_s"), &buffer.dwell_s),
                    release_s: self.distribution(&self.field(element, "release_s"), &buffer.release_s),
                    entry_hold,
                    into: tables.port_id(into.element, into.port, PortDirection::In)?,
                })
            }
            spec if super::packing::packing(spec).is_some() => self.packing_kind(element, spec, tables, draft)?,
            ElementSpec::GuideRail(rail) => self.guide_rail(element, rail, tables, draft)?,
            ElementSpec::Fixture(fixture) => self.fixture(element, fixture, tables, draft),
            _ => unreachable!("conveyors, sources and sinks are made in `tables`"),
        })
    }

    pub(super) fn host_of(&self, element: usize, tables: &Tables, draft: &Draft<'_>) -> Option<(ConveyorId, f64)> {
        let host = tables.conveyor_of[draft.references[element].on?]?;
        Some((host, draft.layout.get(element)?.at_m))
    }

    /// The spot of a device with a length along its host.
    pub(super) fn device_spot(
        &mut self,
        element: usize,
        spec: &ElementSpec,
        hold: Option<HoldKind>,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<SpotId> {
        self.spot_of_length(element, device(spec)?.length_m?, hold, tables, draft)
    }

    /// The spot of a device that takes `length_m` of its host.
    pub(super) fn spot_of_length(
        &mut self,
        element: usize,
        length_m: f64,
        hold: Option<HoldKind>,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<SpotId> {
        let (host, at_m) = self.host_of(element, tables, draft)?;
        let host_length = tables.conveyors[host.index()].path.length();
        if hold == Some(HoldKind::BeltStop) {
            let lacks = Lacks { field: "hold", what: "that could stop", allowed: "Blade or Clamp" };
            self.host_is_driven(element, host, &lacks, tables)?;
        }
        let (start_m, end_m) = (at_m - length_m / 2.0, at_m + length_m / 2.0);
        // A rounding error of the halves is no overhang.
        const SLACK_M: f64 = 1e-9;
        if start_m < -SLACK_M || end_m > host_length + SLACK_M {
            let over = (-start_m).max(end_m - host_length);
            let message = format!(
                "`{}` is {length_m} m long and reaches {over:.3} m beyond its host, which is {host_length:.3} m long",
                self.name(element)
            );
            let problem = self.error("beyond-host", &self.field(element, "at_m"), message);
            self.push(
                problem
                    .allowed(format!("{:.3} to {:.3}", length_m / 2.0, host_length - length_m / 2.0))
                    .help("`at_m` is the device's centre"),
            );
            return None;
        }
        let spot =
            Spot { element: ElementId::from_index(element), host, start_m: start_m.max(0.0), at_m, end_m: end_m.min(host_length), hold };
        Some(tables.add_spot(spot))
    }

    fn pusher(
        &mut self,
        element: usize,
        pusher: &PusherSpec,
        when_full: WhenFullSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<ElementKind> {
        let material = self.material(&self.field(element, "material"), &pusher.material, draft.materials);
        let when = self.when(&self.field(element, "when"), &pusher.when, tables, draft);
        let spot = self.device_spot(element, &self.spec.line[element], None, tables, draft)?;
        let Spot { host, at_m, .. } = tables.spots[spot.index()];
        let drive = tables.drives.iter().find(|drive| drive.conveyor == host && at_m <= drive.end_m)?;
        // The part is seen so far upstream of the plate that it is before its middle when it is pushed.
        let lead_m = drive.speed_mps.abs() * pusher.stroke_s * STROKE_UNTIL_PUSHED;
        let trigger = &mut tables.spots[spot.index()];
        trigger.at_m = (at_m - lead_m).max(0.0);
        trigger.start_m = (trigger.start_m - lead_m).max(0.0);
        tables.pushers.push(Pusher {
            element: ElementId::from_index(element),
            host,
            at_m,
            side: side(pusher.side),
            length_m: pusher.length_m,
            height_m: pusher.height_m,
            stroke_s: pusher.stroke_s,
            force_n: pusher.force_n,
            material,
            out_port: tables.port_id(element, "side", PortDirection::Out)?,
        });
        let track = match &pusher.track {
            Some(track) => Some(self.track(element, track, spot, tables)?),
            None => None,
        };
        let room = if when_full == WhenFullSpec::Pass { self.first_zone_behind(element, tables, draft) } else { None };
        Some(ElementKind::Pusher(PusherLogic { spot, pusher: PusherId::from_index(tables.pushers.len() - 1), when: when?, room, track }))
    }

    /// The drive of the zone that a pusher pushes into; `None` where no zone conveyor is behind it.
    fn first_zone_behind(&self, element: usize, tables: &Tables, draft: &Draft<'_>) -> Option<DriveId> {
        let behind = draft.links.iter().find(|link| link.from == PortRef { element, port: "side" })?.to.element;
        matches!(self.spec.line[behind], ElementSpec::ZoneConveyor(_)).then_some(())?;
        tables.conveyors[tables.conveyor_of[behind]?.index()].drives.first().copied()
    }

    /// What `sets` writes.
    pub(super) fn set_attributes(&mut self, element: usize, sets: Option<&SetsSpec>, tables: &Tables) -> Vec<SetAttribute> {
        let written = match sets {
            None => Vec::new(),
            Some(SetsSpec::Name(name)) => vec![(name.as_str(), Distribution::Constant(1.0))],
            Some(SetsSpec::Values(values)) => {
                let path = self.field(element, "sets");
                values.iter().map(|(name, value)| (name.as_str(), self.distribution(&path.name(name), value))).collect()
            }
        };
        written.into_iter().filter_map(|(name, value)| Some(SetAttribute { attribute: tables.attribute(name)?, value })).collect()
    }

    /// An attribute that a device reads must be one that some element writes.
    pub(super) fn attribute_read(&mut self, path: &FieldPath, name: &str, tables: &Tables) -> Option<AttributeId> {
        let found = tables.attribute(name);
        if found.is_none() {
            let known: Vec<&str> = tables.attributes.iter().map(String::as_str).collect();
            self.unknown(path, "attribute", name, &known);
        }
        found
    }

    /// The hold at the end of the one conveyor that feeds a buffer or a machine, or `None` inside where parts are handed to it.
    pub(super) fn fed(&mut self, element: usize, tables: &mut Tables, draft: &Draft<'_>) -> Option<Option<SpotId>> {
        let port = PortRef { element, port: "in" };
        let line = &self.spec.line;
        let mut feeders = draft.links.iter().filter(|link| link.to == port).peekable();
        if feeders.peek().is_some() && feeders.all(|link| hands(&line[link.from.element], &line[element])) {
            return Some(None);
        }
        self.feeder_hold(element, port, tables, draft).map(Some)
    }

    /// The hold at the end of the one conveyor that feeds `port`.
    pub(super) fn feeder_hold(&mut self, element: usize, port: PortRef, tables: &mut Tables, draft: &Draft<'_>) -> Option<SpotId> {
        let feeders: Vec<usize> = draft.links.iter().filter(|link| link.to == port).map(|link| link.from.element).collect();
        if feeders.len() != 1 {
            if !draft.layout.complete() || self.broken_ports.contains(&port) {
                return None;
            }
            let name = self.port_name(port);
            let message = match feeders.len() {
                0 => format!("nothing feeds `{name}`"),
                more => format!("{more} elements feed `{name}`, and only one conveyor can"),
            };
            let mut problem = Diagnostic::error("one-feeder", self.at.name_span(&self.element_path(element)), message);
            let by_hand = through(&self.spec.line[element]).is_some();
            let others = if by_hand { ", or else what hands parts over: Sources, Buffers and ParallelStations" } else { "" };
            problem = problem.allowed(format!("one conveyor that ends here{others}"));
            problem = problem.help(format!("write `before: \"{name}\"` at the conveyor, or merge the conveyors first"));
            self.push(problem);
            return None;
        }
        let feeder = tables.conveyor_of[feeders[0]]?;
        let end_m = tables.conveyors[feeder.index()].path.length();
        // What waits must not touch the moving thing beyond the end: it would be dragged along the blade.
        Some(tables.add_spot(end_hold(ElementId::from_index(element), feeder, end_m - BLADE_CLEARANCE_M)))
    }

    fn merge(&mut self, element: usize, merge: &MergeSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let side_hold = self.feeder_hold(element, PortRef { element, port: "side" }, tables, draft);
        let (host, at_m) = self.host_of(element, tables, draft)?;
        let side_hold = side_hold?;
        let feeder = tables.spots[side_hold.index()].host;
        let side_width = tables.conveyors[feeder.index()].width_m;
        let angle = merge.angle_deg * std::f64::consts::PI / 180.0;
        // Where the side conveyor meets the host's edge, and how far its corners are before and beyond its end.
        let mouth_m = side_width / libm::sin(angle);
        let corner_m = if merge.angle_deg == 90.0 { 0.0 } else { side_width / 2.0 / libm::tan(angle) };
        self.cut_end(element, feeder, corner_m, tables)?;
        // What waits at the side must not reach over the host's edge with a corner.
        let end_m = tables.conveyors[feeder.index()].path.length() - corner_m - BLADE_CLEARANCE_M;
        tables.spots[side_hold.index()] = end_hold(ElementId::from_index(element), feeder, end_m);
        // Of the parts that come there in the end: see `fit_to_parts`. To the micrometre, so that the report can say it.
        let length_m = merge.length_m.unwrap_or_else(|| to_micrometres(mouth_m + longest_m(draft.part_types)));
        let host_length = tables.conveyors[host.index()].path.length();
        let id = ElementId::from_index(element);
        let [window, host_hold] = merge_stretch(id, (host, &tables.conveyors[host.index()]), at_m, length_m);
        if host_hold.end_m < END_HOLD_MIDDLE_M || at_m + mouth_m / 2.0 > host_length {
            let message = format!("the merge needs a clear stretch of {length_m:.3} m of `{}`, and a hold before it", merge.on);
            let low = length_m / 2.0 + BLADE_CLEARANCE_M + END_HOLD_MIDDLE_M;
            let problem = self.error("beyond-host", &self.field(element, "at_m"), message);
            self.push(problem.allowed(format!("{low:.3} to {:.3}", host_length - mouth_m / 2.0)));
            return None;
        }
        let host_hold = tables.add_spot(host_hold);
        let window = tables.add_spot(window);
        let priority = match merge.priority {
            PrioritySpec::Host => MergePriority::Host,
            PrioritySpec::Side => MergePriority::Side,
            PrioritySpec::FirstCome => MergePriority::FirstCome,
            PrioritySpec::Alternate => MergePriority::Alternate,
        };
        Some(ElementKind::Merge(Merge { host_hold, side_hold, window, priority }))
    }

    /// The end of a conveyor that joins at an angle is cut along the host's edge: its last piece, of one drive, must be
    /// straight and longer than the cut.
    fn cut_end(&mut self, element: usize, feeder: ConveyorId, corner_m: f64, tables: &Tables) -> Option<()> {
        let conveyor = &tables.conveyors[feeder.index()];
        let drive = conveyor.drives.last().map(|drive| &tables.drives[drive.index()])?;
        let straight_m = match conveyor.path.segments.last()? {
            Segment::Straight { length_m, .. } => length_m.min(drive.end_m - drive.start_m),
            Segment::Arc { .. } | Segment::Helix { .. } => 0.0,
        };
        if corner_m == 0.0 {
            return Some(());
        }
        if straight_m > corner_m {
            return self.only_closed_is_cut(element, conveyor);
        }
        let name = self.name(conveyor.element.index()).to_owned();
        let message = format!("at this angle, `{name}` must end with a straight piece of more than {corner_m:.3} m");
        let problem = self.error("cut-end", &self.field(element, "angle_deg"), message);
        let other = self.at.name_span(&self.element_path(conveyor.element.index()));
        let found = if straight_m > 0.0 { format!("its last piece is {straight_m:.3} m") } else { "it ends in a curve".to_owned() };
        self.push(problem.related(other, found).help("put a straight Belt between it and the merge, or give it a longer last zone"));
        None
    }

    /// Drives and eyes of a zone conveyor. An eye stands so far before its zone's end that a part stops within the zone.
    pub(super) fn zones(&mut self, element: usize, tables: &mut Tables) -> Option<ElementKind> {
        let conveyor = tables.conveyor_of[element]?;
        let drives = tables.conveyors[conveyor.index()].drives.clone();
        let mut zones = Vec::new();
        for drive in drives {
            let row = &tables.drives[drive.index()];
            let (start_m, end_m) = (row.start_m, row.end_m);
            let at_m = (end_m - row.stopping_m() - 0.05).max((start_m + end_m) / 2.0);
            let (id, height_m, delay) = (ElementId::from_index(element), ZONE_BEAM_HEIGHT_M, Time::ZERO);
            let eye = Eye { element: id, beam: Some(Beam { host: conveyor, at_m, height_m }), on_delay: delay, off_delay: delay };
            zones.push(Zone { drive, eye: tables.add_eye(eye), end_hold: None });
        }
        let ring = matches!(self.spec.line[element], ElementSpec::Loop(_));
        Some(ElementKind::ZoneConveyor(ZoneConveyor { conveyor, zones, ring }))
    }

    /// The last zone knows the hold at its end, where a buffer or a merge closes it.
    pub(super) fn close_zone_ends(&mut self, tables: &mut Tables) {
        for index in 0..tables.elements.len() {
            let hold = match &tables.elements[index].kind {
                ElementKind::Buffer(buffer) => buffer.entry_hold,
                ElementKind::Merge(merge) => Some(merge.side_hold),
                ElementKind::Packer(packer) => Some(packer.pickup),
                ElementKind::Unpacker(unpacker) => Some(unpacker.pickup),
                ElementKind::ParallelStation(station) => station.pickup,
                ElementKind::Loader(loader) => Some(loader.pickup),
                ElementKind::Carriage(id) => Some(tables.carriages[id.index()].entry_hold),
                ElementKind::Lift(id) => Some(tables.lifts[id.index()].entry_hold),
                _ => None,
            };
            let Some(hold) = hold else { continue };
            let host = tables.spots[hold.index()].host;
            let feeder = tables.elements.iter_mut().find_map(|element| match &mut element.kind {
                ElementKind::ZoneConveyor(zones) if zones.conveyor == host => zones.zones.last_mut(),
                _ => None,
            });
            if let Some(zone) = feeder {
                zone.end_hold = Some(hold);
            }
        }
    }

    fn guide_rail(&mut self, element: usize, rail: &GuideRailSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let material = self.material(&self.field(element, "material"), &rail.material, draft.materials);
        let host = tables.conveyor_of[draft.references[element].on?]?;
        let conveyor = &tables.conveyors[host.index()];
        let total = conveyor.path.length();
        let from_end = |value: f64| if value < 0.0 { total + value } else { value };
        let (start_m, end_m) = (from_end(rail.start_m), rail.end_m.map_or(total, from_end));
        if !(0.0 <= start_m && start_m < end_m && end_m <= total + 1e-9) {
            let field = if rail.end_m.is_some() { "end_m" } else { "start_m" };
            let problem =
                self.error("beyond-host", &self.field(element, field), format!("the rail runs from {start_m:.3} m to {end_m:.3} m"));
            self.push(problem.allowed(format!("from 0 to {total:.3} m, forwards")));
            return None;
        }
        let end_inset = rail.end_inset_m.unwrap_or(rail.inset_m);
        for (field, inset) in [("inset_m", rail.inset_m), ("end_inset_m", end_inset)] {
            if inset.abs() >= conveyor.width_m {
                let problem = self.error(
                    "out-of-range",
                    &self.field(element, field),
                    format!("`{field}` is {inset}, and the host {} m wide", conveyor.width_m),
                );
                self.push(problem.allowed(format!("less than {} m either way", conveyor.width_m)));
                return None;
            }
        }
        let sign = if rail.side == SideSpec::Left { 1.0 } else { -1.0 };
        let outer = |along: f64| {
            let inset = rail.inset_m + (end_inset - rail.inset_m) * (along - start_m) / (end_m - start_m);
            conveyor.path.pose_at(along).shifted(0.0, sign * (conveyor.width_m / 2.0 - inset + RAIL_THICKNESS_M / 2.0), rail.height_m / 2.0)
        };
        let straight = conveyor.path.segments.len() == 1 && matches!(conveyor.path.segments[0], Segment::Straight { .. });
        let pieces = if straight { 1 } else { ((end_m - start_m) / RAIL_PIECE_M).ceil().max(1.0) as usize };
        for piece in 0..pieces {
            let along = |index: usize| start_m + (end_m - start_m) * index as f64 / pieces as f64;
            let (from, to) = (outer(along(piece)), outer(along(piece + 1)));
            let span = sub(to.position, from.position);
            let level = libm::hypot(span[0], span[1]);
            let middle = scale(add(from.position, to.position), 0.5);
            tables.fixtures.push(Fixture {
                element: ElementId::from_index(element),
                pose: Pose::new(middle, libm::atan2(span[1], span[0]), libm::atan2(span[2], level)),
                size_m: [length(span), RAIL_THICKNESS_M, rail.height_m],
                material,
                mesh: None,
            });
        }
        Some(ElementKind::Fixture)
    }

    fn fixture(&mut self, element: usize, fixture: &FixtureSpec, tables: &mut Tables, draft: &Draft<'_>) -> ElementKind {
        let material = self.material(&self.field(element, "material"), &fixture.material, draft.materials);
        let surface = fixture.mesh.as_ref().and_then(|file| self.mesh_surface(&self.field(element, "mesh"), file, fixture.unit));
        let (mesh, size_m) = surface.map_or((None, fixture.size_m.unwrap_or([1.0; 3])), |(mesh, size_m)| (Some(mesh), size_m));
        tables.fixtures.push(Fixture {
            element: ElementId::from_index(element),
            pose: Pose::new(fixture.centre_m, fixture.yaw_deg * std::f64::consts::PI / 180.0, 0.0),
            size_m,
            material,
            mesh,
        });
        ElementKind::Fixture
    }

    /// Devices that share a stretch of their host get in each other's way.
    pub(super) fn overlaps(&mut self, scene: &Scene) {
        let works = |spot: &Spot| {
            use ElementKind::{Buffer, Carriage, Counter, Lift, Loader};
            !matches!(scene.element(spot.element).kind, Counter(_) | Buffer(_) | Carriage(_) | Lift(_) | Loader(_))
                && !matches!(&scene.element(spot.element).kind, ElementKind::Diverter(logic) if scene.diverters[logic.diverter.index()].device == DiverterDevice::Carriers)
                && !matches!(&scene.element(spot.element).kind, ElementKind::Merge(merge) if scene.spot(merge.window) != spot)
        };
        let spots: Vec<&Spot> = scene.spots.iter().filter(|spot| works(spot)).collect();
        for (index, a) in spots.iter().enumerate() {
            for b in &spots[index + 1..] {
                let shared = a.end_m.min(b.end_m) - a.start_m.max(b.start_m);
                if a.host == b.host && a.element != b.element && shared > 1e-3 {
                    let (first, second) = (a.element.index(), b.element.index());
                    let message =
                        format!("`{}` and `{}` share {:.0} mm of their host", self.name(first), self.name(second), shared * 1000.0);
                    let problem = self.warning("overlapping-devices", &self.field(second, "at_m"), message);
                    let other = self.at.value_span(&self.field(first, "at_m"));
                    self.push(problem.related(other, "the other one").help("move one along the host, or give it a shorter `length_m`"));
                }
            }
        }
    }

    /// Zones longer than their conveyor's stopping distance allow a part to stop inside.
    pub(super) fn zone_lengths(&mut self, scene: &Scene) {
        for (element, spec) in self.spec.line.values().enumerate() {
            let Some(Way::Zones { .. }) = conveyor(spec).map(|view| view.way) else { continue };
            let ElementKind::ZoneConveyor(zones) = &scene.elements[element].kind else { continue };
            let drive = &scene.drives[zones.zones[0].drive.index()];
            let (length, stopping) = (drive.end_m - drive.start_m, drive.stopping_m());
            if stopping > length / 2.0 {
                let message = format!("a zone is {length:.3} m long, and its drive needs {stopping:.3} m to stop");
                let problem = self.warning("zone-too-fast", &self.field(element, "zone_m"), message);
                self.push(problem.help(
                    "parts overrun their zone: lower `speed_mps`, raise `acceleration_mps2` or `deceleration_mps2`, or lengthen `zone_m`",
                ));
            }
        }
    }
}

/// Height of a zone's photo-eye above the rollers [m]: low enough for flat cartons.
const ZONE_BEAM_HEIGHT_M: f64 = 0.03;

pub(super) fn hold_kind(hold: HoldSpec) -> Option<HoldKind> {
    match hold {
        HoldSpec::Usual | HoldSpec::None => None,
        HoldSpec::Blade => Some(HoldKind::Blade),
        HoldSpec::Clamp => Some(HoldKind::Clamp),
        HoldSpec::BeltStop => Some(HoldKind::BeltStop),
    }
}

/// A blade on `host` whose plate stands at `end_m`.
/// The window of a merge at a place of its host, and the hold before it.
pub(super) fn merge_stretch(element: ElementId, (host, row): (ConveyorId, &Conveyor), at_m: f64, length_m: f64) -> [Spot; 2] {
    let (start_m, end_m) = (at_m - length_m / 2.0, (at_m + length_m / 2.0).min(row.path.length()));
    [Spot { element, host, start_m, at_m, end_m, hold: None }, end_hold(element, host, start_m - BLADE_CLEARANCE_M)]
}

fn end_hold(element: ElementId, host: ConveyorId, end_m: f64) -> Spot {
    let start_m = (end_m - END_HOLD_LENGTH_M).max(0.0);
    let at_m = (end_m - END_HOLD_MIDDLE_M).max(start_m);
    Spot { element, host, start_m, at_m, end_m, hold: Some(HoldKind::Blade) }
}

fn side(side: SideSpec) -> Side {
    match side {
        SideSpec::Left => Side::Left,
        SideSpec::Right => Side::Right,
    }
}
