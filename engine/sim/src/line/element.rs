//! One element: its family's logic, its failures and its jams. Hands each happening to the family that it concerns, and
//! sees to what all families share: down and jammed go before every other state.

mod audience;
mod spots;
mod standing;

use super::buffer::BufferLogic;
use super::bulk::BulkLogic;
use super::carriage::CarriageLogic;
use super::checkweigher::CheckweigherLogic;
use super::clearing::{Clearing, Order};
use super::context::{Context, Stand};
use super::conveyor::carrying_state;
use super::crews::CrewTask;
use super::diverter::DiverterLogic;
use super::draw::PartStreams;
use super::encoder::count_way;
use super::eye::EyeLogic;
use super::failures::Failures;
use super::handovers::Handover;
use super::induction::InductionLogic;
use super::joining::Joining;
use super::lift::LiftLogic;
use super::light_grid::LightGridLogic;
use super::loader::LoaderLogic;
use super::merge::MergeLogic;
use super::packer::PackerLogic;
use super::parallel::ParallelLogic;
use super::pusher::PusherLogic;
use super::router::RouterLogic;
use super::scanner::ScannerLogic;
use super::sensor::Sensor;
use super::sink::SinkLogic;
use super::source::SourceLogic;
use super::station::StationLogic;
use super::tag_reader::TagReaderLogic;
use super::unpacker::UnpackerLogic;
use super::zone_conveyor::ZoneConveyorLogic;
use super::{Entry, EntryKind};
use crate::event::{ElementState, EventKind};
use crate::parts::PartId;
use crate::random::Streams;
use linetwin_model::scene::{BulkElement, Cleared, Element, ElementId, ElementKind, EyeId, PortId, SpotId, Track};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ElementLogic {
    family: Family,
    failures: Failures,
    sensor: Sensor,
    /// Parts that are jammed on it.
    jams: BTreeSet<PartId>,
    clearing: Clearing,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Family {
    Source(SourceLogic),
    Sink(SinkLogic),
    Conveyor,
    ZoneConveyor(ZoneConveyorLogic),
    Carriage(CarriageLogic),
    Lift(LiftLogic),
    Buffer(BufferLogic),
    Bulk(BulkLogic),
    Packer(PackerLogic),
    Unpacker(UnpackerLogic),
    Station(StationLogic),
    Parallel(ParallelLogic),
    Checkweigher(CheckweigherLogic),
    Scanner(ScannerLogic),
    TagReader(TagReaderLogic),
    LightGrid(LightGridLogic),
    Router(RouterLogic),
    Diverter(DiverterLogic),
    Pusher(PusherLogic),
    Induction(InductionLogic),
    Loader(LoaderLogic),
    Merge(MergeLogic),
    Counter,
    Eye(EyeLogic),
    /// What watches its field.
    Lidar(Option<EyeLogic>),
    /// Encoders and fixtures, chutes and bins for bulk material: nothing to decide.
    Passive,
}

impl ElementLogic {
    pub fn new(scene: &Scene, streams: &Streams, element: ElementId) -> Self {
        let element = scene.element(element);
        let family = match &element.kind {
            ElementKind::Source(_) => {
                Family::Source(SourceLogic::new(streams.stream(&element.name, "interarrival"), PartStreams::new(streams, &element.name)))
            }
            ElementKind::Sink(_) => Family::Sink(SinkLogic::default()),
            ElementKind::Conveyor(_) => Family::Conveyor,
            ElementKind::ZoneConveyor(spec) => Family::ZoneConveyor(ZoneConveyorLogic::new(spec)),
            ElementKind::Carriage(id) => Family::Carriage(CarriageLogic::new(scene.carriage(*id))),
            ElementKind::Lift(id) => Family::Lift(LiftLogic::new(scene.lift(*id))),
            ElementKind::Buffer(_) => Family::Buffer(BufferLogic::default()),
            ElementKind::Packer(_) => Family::Packer(PackerLogic::new(PartStreams::new(streams, &element.name))),
            ElementKind::Unpacker(_) => Family::Unpacker(UnpackerLogic::default()),
            kind @ (ElementKind::Station(_)
            | ElementKind::Assembly(_)
            | ElementKind::Unload(_)
            | ElementKind::Scale(_)
            | ElementKind::FillAndWeigh(_)) => {
                let spec = kind.station().expect("it is one");
                let joining = match kind {
                    ElementKind::Assembly(assembly) => Some(Joining::new(assembly, PartStreams::new(streams, &element.name))),
                    _ => None,
                };
                Family::Station(StationLogic::new(spec.spot, scene.spot(spec.spot).hold.is_some()).with(joining))
            }
            ElementKind::ParallelStation(spec) => Family::Parallel(ParallelLogic::new(spec)),
            ElementKind::Stop(spec) => Family::Station(StationLogic::new(spec.spot, scene.spot(spec.spot).hold.is_some())),
            ElementKind::Checkweigher(_) => Family::Checkweigher(CheckweigherLogic::default()),
            ElementKind::Scanner(_) => Family::Scanner(ScannerLogic::default()),
            ElementKind::TagReader(_) => Family::TagReader(TagReaderLogic::default()),
            ElementKind::LightGrid(_) => Family::LightGrid(LightGridLogic::default()),
            ElementKind::Router(spec) => Family::Router(RouterLogic::new(spec)),
            ElementKind::Diverter(_) => Family::Diverter(DiverterLogic::default()),
            ElementKind::Pusher(_) => Family::Pusher(PusherLogic::default()),
            ElementKind::Induction(spec) => Family::Induction(InductionLogic::new(spec)),
            ElementKind::Loader(_) => Family::Loader(LoaderLogic::default()),
            ElementKind::Merge(spec) => Family::Merge(MergeLogic::new(spec)),
            ElementKind::Counter(_) => Family::Counter,
            ElementKind::Eye(eye) => Family::Eye(EyeLogic::new(*eye)),
            ElementKind::Lidar(lidar) => Family::Lidar(lidar.eye.map(EyeLogic::new)),
            ElementKind::Bulk(BulkElement::Hopper(_) | BulkElement::Belt(_) | BulkElement::Feeder(_)) => Family::Bulk(BulkLogic::default()),
            ElementKind::Encoder(_) | ElementKind::Fixture | ElementKind::Bulk(_) => Family::Passive,
        };
        ElementLogic {
            family,
            failures: Failures::default(),
            sensor: Sensor::default(),
            jams: BTreeSet::new(),
            clearing: Clearing::default(),
        }
    }

    pub fn start(&mut self, context: &mut Context<'_>, element: ElementId) {
        self.failures.start(context, element);
        self.sensor.start(context, element);
        match &mut self.family {
            Family::Source(source) => source.start(context, element),
            Family::Station(station) => station.start(context),
            Family::Parallel(parallel) => parallel.start(context, element),
            Family::Merge(merge) => merge.start(context),
            Family::Induction(induction) => induction.start(context),
            Family::Loader(loader) => loader.start(context, element),
            Family::Packer(packer) => packer.start(context, element),
            Family::Unpacker(unpacker) => unpacker.start(context, element),
            Family::Carriage(carriage) => carriage.start(context, element),
            Family::Lift(lift) => lift.start(context),
            _ => {}
        }
    }

    pub fn on_entry(&mut self, context: &mut Context<'_>, entry: Entry, at: Time) {
        let element = entry.element;
        match (entry.kind, &mut self.family) {
            (EntryKind::FailureDue(mode), _) => {
                let goes_down = self.failures.on_due(context, element, mode as usize, at);
                self.go_down_if(goes_down, context, element, at);
            }
            (EntryKind::RepairEnds, _) => {
                if self.failures.on_repaired(context, element, at) {
                    self.set_stand(context, element, Stand::Failed, false, at);
                }
            }
            (EntryKind::FaultDue(fault), _) => {
                self.sensor.on_due(context, element, fault, at);
                self.on_fault(context, element, at);
            }
            (EntryKind::FaultEnds(fault), _) => {
                self.sensor.on_repaired(context, element, fault, at);
                self.on_fault(context, element, at);
            }
            (EntryKind::CrewComes(CrewTask::Mend(fault)), _) => self.sensor.on_crew(context, element, fault, at),
            (EntryKind::SenseDue, Family::Eye(eye) | Family::Lidar(Some(eye))) => eye.on_due(context, at),
            (EntryKind::SenseDue, _) => self.sensor.on_told(context, element, at),
            (EntryKind::ClearingDue, _) => {
                let order = self.clearing.on_due(context, element, at);
                self.obey(context, element, order, at);
            }
            (EntryKind::CrewComes(CrewTask::Clear), _) => self.clearing.on_crew(context, element, at),
            (EntryKind::CrewComes(CrewTask::Repair), _) => self.failures.on_crew(context, element, at),
            (EntryKind::CrewComes(CrewTask::Work), Family::Station(station)) => station.on_crew(context, element, at),
            (EntryKind::CrewComes(CrewTask::Slot(slot)), Family::Parallel(parallel)) => parallel.on_crew(context, element, slot, at),
            // The end of the phase looks what may be released.
            (EntryKind::ReleaseDue, _) => {}
            (EntryKind::Arrival, Family::Source(source)) => source.on_arrival(context, element, at),
            (EntryKind::WorkEnds, Family::Station(station)) => {
                for _ in 0..station.on_work_ended(context, element, &mut self.sensor, at) {
                    self.count_cycle_if(true, context, element, at);
                }
            }
            (EntryKind::SlotEnds(slot), Family::Parallel(parallel)) => {
                for _ in 0..parallel.on_work_ended(context, element, slot, at) {
                    self.count_cycle_if(true, context, element, at);
                }
            }
            (EntryKind::SlotWaited(_), Family::Station(station)) => station.on_patience_over(context, element),
            (EntryKind::SlotWaited(slot), Family::Parallel(parallel)) => parallel.on_patience_over(context, element, slot, at),
            (EntryKind::EmptyingDue, Family::Parallel(parallel)) => parallel.on_emptying(context, element, at),
            (EntryKind::BinArrives, Family::Station(station)) => station.on_bin_arrived(context, element, at),
            (EntryKind::WorkEnds, Family::Sink(logic)) => {
                if let ElementKind::Sink(sink) = &context.scene.element(element).kind {
                    logic.on_emptied(context, element, sink, at);
                }
            }
            (EntryKind::WorkEnds, Family::Packer(packer)) => {
                let ended = packer.on_work_ended(context, element, at);
                self.count_cycle_if(ended, context, element, at);
            }
            (EntryKind::WorkEnds, Family::Unpacker(unpacker)) => {
                let ended = unpacker.on_work_ended(context, element, at);
                self.count_cycle_if(ended, context, element, at);
            }
            (EntryKind::LeaveDue, Family::Station(station)) => station.on_leave_due(context, element, at),
            (EntryKind::BufferRelease, Family::Buffer(buffer)) => buffer.on_release_due(context, element, at),
            (EntryKind::StrokeDue, Family::Pusher(pusher)) => {
                let ended = pusher.on_stroke_ended(context, element, false, at);
                self.count_cycle_if(ended, context, element, at);
            }
            (EntryKind::GapDue, Family::Induction(induction)) => induction.on_gap_due(),
            (EntryKind::PromiseLapses(zone), Family::ZoneConveyor(zones)) => zones.on_promise_lapsed(context, element, zone as usize),
            (kind, _) => unreachable!("no family but its own makes an entry {kind:?}"),
        }
    }

    pub fn on_refused(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        match &mut self.family {
            Family::Source(source) => source.on_refused(context, element, part, at),
            Family::Station(station) => station.on_refused(context, element, part, at),
            Family::Parallel(parallel) => parallel.on_refused(context, element, part, at),
            Family::Buffer(buffer) => buffer.on_refused(context, element, part, at),
            Family::Packer(packer) => packer.on_refused(context, element, part, at),
            Family::Unpacker(unpacker) => unpacker.on_refused(context, element, part, at),
            _ => {}
        }
    }

    /// A part that this element offered is in.
    pub fn on_entered(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        match &mut self.family {
            Family::Source(source) => source.on_entered(context, element, part, at),
            Family::Station(station) => station.on_entered(context, element, part, at),
            Family::Parallel(parallel) => parallel.on_entered(context, element, part, at),
            Family::Buffer(buffer) => buffer.on_entered(context, element, part, at),
            Family::Packer(packer) => packer.on_entered(context, element, part, at),
            Family::Loader(_) => context.stand(part, false, at),
            Family::Unpacker(unpacker) => unpacker.on_entered(context, element, part, at),
            _ => {}
        }
    }

    /// Whether the element takes a part at a port behind which no conveyor is.
    pub fn accepts(&mut self, context: &mut Context<'_>, element: ElementId, offer: Handover) -> bool {
        match &mut self.family {
            Family::Sink(sink) => sink.accepts(),
            Family::Packer(packer) => packer.accepts(context, element, offer.port),
            Family::Parallel(parallel) => parallel.accepts(context, element, offer.part, context.now),
            Family::Buffer(buffer) => buffer.accepts(context, element),
            _ => false,
        }
    }

    /// It has taken one.
    pub fn on_handed(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        match (&mut self.family, &context.scene.element(element).kind) {
            (Family::Sink(logic), ElementKind::Sink(sink)) => logic.take(context, element, sink, part, at),
            (Family::Packer(packer), _) => packer.on_handed(context, element, part, at),
            (Family::Parallel(parallel), _) => parallel.on_handed(context, element, part, at),
            (Family::Buffer(buffer), _) => buffer.on_stored(context, element, part, at),
            _ => unreachable!("an element that accepts a part takes it"),
        }
    }

    /// A part's centre came in.
    pub fn on_crossed(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        if let Family::Buffer(buffer) = &mut self.family {
            buffer.on_promised(context, element, part);
        }
    }

    /// A part that is on this element has wholly left the one before.
    pub fn on_cleared(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        match (&mut self.family, &context.scene.element(element).kind) {
            (Family::Sink(logic), ElementKind::Sink(sink)) => logic.take(context, element, sink, part, at),
            (Family::Buffer(_), _) => {
                context.wishes.push(crate::port::Wish::Remove { part });
                self.on_stored(context, element, part, at);
            }
            _ => {}
        }
    }

    /// A part has wholly left this element for another.
    pub fn on_vacated(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        let ended = match &mut self.family {
            Family::Carriage(carriage) => carriage.on_vacated(context, element, part, at),
            Family::Lift(lift) => lift.on_vacated(context, element, part, at),
            _ => false,
        };
        self.count_cycle_if(ended, context, element, at);
    }

    pub fn on_travel_ended(&mut self, context: &mut Context<'_>, element: ElementId, away: bool, at: Time) {
        if let Family::Carriage(carriage) = &mut self.family {
            carriage.on_travel_ended(context, element, away, at);
        }
    }

    pub fn on_stored(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if let Family::Buffer(buffer) = &mut self.family {
            buffer.on_stored(context, element, part, at);
        }
    }

    pub fn on_eye(&mut self, context: &mut Context<'_>, element: ElementId, eye: EyeId, blocked: bool) {
        if let Family::ZoneConveyor(zones) = &mut self.family {
            zones.on_eye(context, element, eye, blocked);
        }
    }

    /// Whether it is a photo-eye, or a lidar, whose beam or field is broken, or free again.
    pub fn on_beam(&mut self, context: &mut Context<'_>, element: ElementId, broken: bool, at: Time) -> bool {
        let (Family::Eye(eye) | Family::Lidar(Some(eye))) = &mut self.family else { return false };
        eye.on_beam(context, element, &mut self.sensor, broken, at);
        true
    }

    pub fn count_way(&self, context: &mut Context<'_>, encoder: usize) {
        count_way(context, encoder, &self.sensor);
    }

    fn on_fault(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        if let Family::Eye(eye) | Family::Lidar(Some(eye)) = &mut self.family {
            eye.on_fault(context, element, &self.sensor, at);
        }
    }

    /// A lidar tells its least range; one that is stuck tells the same whatever is there.
    pub fn on_ranged(&self, context: &mut Context<'_>, element: ElementId, nearest_m: f64) {
        let ElementKind::Lidar(lidar) = &context.scene.element(element).kind else { return };
        let stuck_m = self.sensor.stuck(context, element).map(|on| lidar.range_m[usize::from(!on)]);
        context.board.nearest_m.insert(element, stuck_m.unwrap_or(nearest_m));
    }

    pub fn on_stroke_ended(&mut self, context: &mut Context<'_>, element: ElementId, reached: bool, at: Time) {
        if let Family::Pusher(pusher) = &mut self.family {
            let ended = pusher.on_stroke_ended(context, element, reached, at);
            self.count_cycle_if(ended, context, element, at);
        }
    }

    pub fn on_stalled(&mut self, context: &mut Context<'_>, element: ElementId, stalled: bool, at: Time) {
        match &mut self.family {
            Family::Pusher(pusher) => pusher.on_stalled(context, element, stalled, at),
            Family::Diverter(diverter) => diverter.on_stalled(context, element, stalled, at),
            Family::Carriage(carriage) => carriage.on_stalled(context, element, stalled, at),
            Family::Lift(lift) => lift.on_stalled(context, element, stalled, at),
            _ => {}
        }
    }

    /// A part was seen at `spot`, whosever that is.
    pub fn on_followed(&mut self, context: &Context<'_>, element: ElementId, spot: SpotId, part: PartId) {
        let begins = |track: &Option<Track>| track.filter(|track| track.from == spot);
        match (&mut self.family, &context.scene.element(element).kind) {
            (Family::Diverter(logic), ElementKind::Diverter(spec)) => {
                begins(&spec.track).inspect(|track| logic.on_followed(context, track, part));
            }
            (Family::Pusher(logic), ElementKind::Pusher(spec)) => {
                begins(&spec.track).inspect(|track| logic.on_followed(context, track, part));
            }
            _ => {}
        }
    }

    /// A part goes on by `port`, wherever it was.
    pub fn on_gone_on(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, port: PortId, at: Time) {
        if let Family::Diverter(diverter) = &mut self.family {
            diverter.on_gone_on(context, element, part, port, at);
        }
    }

    /// A part left the station at `spot`, where a way of this router may end.
    pub fn on_way_left(&mut self, spec: &Element, spot: SpotId, part: PartId) {
        if let (Family::Router(router), ElementKind::Router(spec)) = (&mut self.family, &spec.kind) {
            router.on_worked(spec, spot, part);
        }
    }

    pub fn on_jam(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, began: bool, at: Time) {
        // What the standing drives keep is no jam to the transport; here it is one until it is cleared.
        let lasts = self.clearing.keeps_jam(part, !began);
        if began && self.jams.insert(part) {
            context.emit(at, EventKind::JamBegan { element, part });
            context.touch(element, at);
        } else if !began && !lasts {
            self.end_jam(context, element, part, at);
        }
    }

    pub fn is_jammed_by(&self, part: PartId) -> bool {
        self.jams.contains(&part)
    }

    fn end_jam(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, at: Time) {
        if self.jams.remove(&part) {
            context.emit(at, EventKind::JamEnded { element, part });
            context.touch(element, at);
        }
    }

    /// Something has happened that is perhaps cleared away; `part`: the one to begin with.
    pub fn clear(&mut self, context: &mut Context<'_>, element: ElementId, cleared: Cleared, part: PartId, at: Time) {
        let order = self.clearing.on_incident(context, element, cleared, part, at);
        self.obey(context, element, order, at);
    }

    fn obey(&mut self, context: &mut Context<'_>, element: ElementId, order: Order, at: Time) {
        match order {
            Order::Nothing => {}
            Order::Stop => self.set_stand(context, element, Stand::Clearing, true, at),
            Order::Reverse => {
                context.reverse_drives(element, true);
                self.set_stand(context, element, Stand::Clearing, false, at);
            }
            Order::GoOn(freed) => {
                context.reverse_drives(element, false);
                self.set_stand(context, element, Stand::Clearing, false, at);
                for part in freed {
                    self.end_jam(context, element, part, at);
                }
            }
        }
    }

    pub fn on_motion(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, standing: bool, at: Time) {
        match &mut self.family {
            Family::Station(station) => station.on_motion(context, element, part, standing, at),
            Family::Packer(packer) if standing => packer.on_standing(context, element, part, at),
            Family::Parallel(parallel) if standing => parallel.on_standing(context, element, part, at),
            Family::Unpacker(unpacker) if standing => unpacker.on_standing(context, element, part, at),
            Family::Induction(induction) => {
                if induction.concerns(part) {
                    context.touch(element, at);
                }
                if !standing {
                    induction.on_moving(context, part);
                }
            }
            Family::Carriage(carriage) => {
                carriage.on_motion(context, part, standing);
                context.touch(element, at);
            }
            Family::Lift(lift) if !standing => lift.on_moving(context, part),
            Family::Merge(merge) => {
                if !standing {
                    merge.on_moving(context, part);
                }
                if merge.concerns(part) {
                    context.touch(element, at);
                }
            }
            _ => {}
        }
    }

    /// What pours has filled a part: with so much, of which the scale shows so much [kg].
    pub fn on_filled(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId, filled_kg: (f64, f64), at: Time) {
        if let Family::Station(station) = &mut self.family {
            let ended = station.on_filled(context, element, part, filled_kg, at);
            self.count_cycle_if(ended, context, element, at);
        }
    }

    /// A part left the line or fell off it.
    pub fn on_gone(&mut self, context: &mut Context<'_>, element: ElementId, part: PartId) {
        let at = context.now;
        self.clearing.forget(part);
        self.end_jam(context, element, part, at);
        match &mut self.family {
            Family::Station(station) => station.on_left(context, element, part, at),
            Family::Checkweigher(weigher) => {
                let ended = weigher.on_left(context, element, part, at);
                self.count_cycle_if(ended, context, element, at);
            }
            Family::Diverter(diverter) => {
                let ended = diverter.on_gone(context, element, part);
                self.count_cycle_if(ended, context, element, at);
            }
            Family::Scanner(scanner) => {
                let ended = scanner.on_gone(context, element, part);
                self.count_cycle_if(ended, context, element, at);
            }
            Family::TagReader(reader) => reader.on_gone(context, element, part),
            Family::LightGrid(grid) => grid.on_gone(context, element, part),
            Family::Pusher(pusher) => pusher.on_gone(part),
            Family::Buffer(buffer) => buffer.on_gone(context, element, part),
            Family::Packer(packer) => packer.on_left(context, element, part, at),
            Family::Parallel(parallel) => parallel.on_left(context, element, part, at),
            Family::Unpacker(unpacker) => unpacker.on_left(context, element, part, at),
            Family::Merge(merge) => merge.on_gone(context, element, part),
            Family::Induction(induction) => induction.on_gone(context, element, part),
            Family::Loader(loader) => loader.forget(context, element, part),
            Family::Carriage(carriage) => carriage.on_gone(context, element, part),
            Family::Lift(lift) => lift.on_gone(context, element, part),
            _ => {}
        }
    }

    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        match &mut self.family {
            Family::Source(source) => source.settle(context, element),
            Family::Station(station) => station.settle(context, element),
            Family::Bulk(bulk) => bulk.settle(context, element),
            Family::ZoneConveyor(zones) => zones.settle(context, element),
            Family::Merge(merge) => merge.settle(context, element),
            Family::Induction(induction) => induction.settle(context, element),
            Family::Loader(loader) => {
                let ended = loader.settle(context, element);
                self.count_cycle_if(ended, context, element, context.now);
            }
            Family::Carriage(carriage) => carriage.settle(context, element),
            Family::Lift(lift) => lift.settle(context, element),
            _ => {}
        }
    }

    /// Works out the state anew.
    pub fn refresh(&mut self, context: &mut Context<'_>, element: ElementId, at: Time) {
        let kind = &context.scene.element(element).kind;
        let own = match (&self.family, kind) {
            (Family::Source(source), _) => source.state(context, element),
            (Family::Sink(sink), _) => sink.state(context, element),
            (Family::Conveyor, ElementKind::Conveyor(conveyor)) => carrying_state(context, element, *conveyor),
            (Family::ZoneConveyor(_), ElementKind::ZoneConveyor(spec)) => carrying_state(context, element, spec.conveyor),
            (Family::Buffer(buffer), _) => buffer.state(),
            (Family::Bulk(bulk), _) => bulk.state(context, element),
            (Family::Packer(packer), _) => packer.state(context, element),
            (Family::Unpacker(unpacker), _) => unpacker.state(),
            (Family::Station(station), _) => station.state_of(context, element),
            (Family::Parallel(parallel), _) => parallel.state(context, element),
            (Family::Checkweigher(weigher), _) => weigher.state(),
            (Family::Scanner(scanner), _) => scanner.state(),
            (Family::TagReader(reader), _) => reader.state(),
            (Family::LightGrid(grid), _) => grid.state(),
            (Family::Diverter(diverter), _) => diverter.state(),
            (Family::Pusher(pusher), _) => pusher.state(),
            (Family::Merge(merge), _) => merge.state(context),
            (Family::Induction(induction), _) => induction.state(context),
            (Family::Loader(loader), _) => loader.state(),
            (Family::Carriage(carriage), _) => carriage.state(context, element),
            (Family::Lift(lift), _) => lift.state(context, element),
            _ => return,
        };
        let maintained = self.failures.is_planned(context, element).then_some(ElementState::PlannedStop);
        let planned = context.board.planned_stop(element).or(maintained);
        let state = match () {
            () if planned.is_some() => (planned.unwrap_or(own.0), None),
            () if self.failures.is_down() => (ElementState::Down, None),
            () if !self.jams.is_empty() || self.clearing.is_active() => (ElementState::Jammed, None),
            () if context.board.is_held(element) => (ElementState::Held, None),
            () => own,
        };
        if let Some(at) = context.set_state(element, state, at) {
            self.failures.on_processing(context, element, state.0 == ElementState::Processing, at);
        }
    }

    fn count_cycle_if(&mut self, ended: bool, context: &mut Context<'_>, element: ElementId, at: Time) {
        if ended {
            let goes_down = self.failures.on_cycle_ended(context, element, at);
            self.go_down_if(goes_down, context, element, at);
        }
    }

    fn go_down_if(&mut self, goes_down: bool, context: &mut Context<'_>, element: ElementId, at: Time) {
        if goes_down {
            self.set_stand(context, element, Stand::Failed, true, at);
        }
    }
}
