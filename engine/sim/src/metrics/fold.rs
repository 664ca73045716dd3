//! Folds one event after the other, in order of time, into the measures it concerns. Decides who is told; the rooms
//! count. Must not know how a report looks.

use super::ExactTotals;
use super::bulk::BulkTally;
use super::carriers::Carriers;
use super::constraint::ActivePeriods;
use super::crews::CrewTally;
use super::element::{ElementFold, Role};
use super::energy::DriveEnergy;
use super::flow::{Flow, Leaving};
use super::incidents::Incidents;
use super::orders::Orders;
use super::production::{Production, ProductionKind};
use super::sorting::Sorting;
use super::spells::SpellTally;
use super::window::{Level, Window};
use crate::event::{DivertMiss, ElementState, Event, EventKind};
use crate::incident::IncidentKind;
use crate::parts::PartId;
use linetwin_model::scene::{ElementId, ElementKind};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    pub window: Window,
    pub flow: Flow,
    pub elements: Vec<ElementFold>,
    pub constraint: ActivePeriods,
    pub production: Production,
    pub sorting: Sorting,
    pub orders: Orders,
    pub incidents: Incidents,
    pub energy: DriveEnergy,
    pub carriers: Carriers,
    pub bulk: BulkTally,
    /// By crew.
    pub crews: Vec<CrewTally>,
    /// By rule.
    pub rules: Vec<SpellTally>,
}

impl Fold {
    pub fn new(scene: &Scene) -> Self {
        let window = Window { start: scene.warmup };
        let elements: Vec<ElementFold> = scene.elements.iter().map(ElementFold::new).collect();
        Fold {
            window,
            flow: Flow::default(),
            constraint: ActivePeriods::new(window, elements.len()),
            elements,
            production: Production::default(),
            sorting: Sorting::default(),
            orders: Orders::default(),
            incidents: Incidents::default(),
            energy: DriveEnergy::new(window, scene.drives.len()),
            carriers: Carriers::default(),
            bulk: BulkTally::default(),
            crews: vec![CrewTally::default(); scene.crews.len()],
            rules: vec![SpellTally::default(); scene.controls.len()],
        }
    }

    pub fn observe(&mut self, scene: &Scene, event: &Event) {
        let (at, window) = (event.at, self.window);
        let counts = u64::from(window.contains(at));
        match event.kind {
            EventKind::PartTurnedAway { part } => {
                self.incidents.turn_away(part);
                self.orders.end(scene, at, part, None);
                self.flow.turned_away += counts;
                self.elements[part.source.index()].turned_away += counts;
            }
            EventKind::PartEntered { part, element } => {
                self.flow.enter(window, at, part, element);
                self.orders.release(scene, at, part);
                if part.source != element {
                    self.elements[part.source.index()].parts_out += counts;
                }
                self.arrive(at, element);
                self.carriers.enter(scene, window, at, part);
            }
            EventKind::PartMoved { part, from, to } => {
                self.incidents.pass(window, at, part, from);
                self.relocate(at, part, to);
            }
            EventKind::PartPutIn { part, into, .. } => {
                self.put_in(at, part, into);
                self.carriers.load(window, at, into, true);
            }
            EventKind::PartFilled { part, element, added_kg, mass_kg } => {
                self.incidents.weigh(part, mass_kg);
                self.elements[element.index()].filled_kg += if window.contains(at) { added_kg } else { 0.0 };
            }
            EventKind::FillEnded { element, filled_kg, target_kg, .. } => self.bulk.fill(window, at, element, filled_kg - target_kg),
            EventKind::BulkMoved { element, way, mass_ng, stay_ng_ns, .. } => {
                self.bulk.count(window, at, (element, way), mass_ng, stay_ng_ns);
            }
            EventKind::PartTakenOut { part, from, element } => {
                self.take_out(at, part, element);
                self.carriers.load(window, at, from, false);
            }
            EventKind::PartLeft { part, element, outcome, part_type } => {
                self.incidents.pass(window, at, part, element);
                self.incidents.leave(part, outcome);
                self.orders.end(scene, at, part, Some(outcome));
                let counted = scene.count.is_none_or(|count| count == part_type);
                let packed =
                    scene.part_types.iter().any(|container| container.holds.as_ref().is_some_and(|holds| holds.part_type == part_type));
                self.leave(at, part, element, &Leaving { outcome, part_type, counted, packed });
            }
            EventKind::CycleStarted { element, part } => self.begin_work(at, element, part),
            EventKind::CycleEnded { element, part } => self.end_work(at, element, part),
            EventKind::WorkJudged { element, passed, first, .. } => {
                self.elements[element.index()].judge(window.contains(at) && first, passed)
            }
            EventKind::StateChanged { element, state, port } => self.change_state(scene, at, element, (state, port)),
            EventKind::FailureBegan { element, mode } => {
                let waits = scene.element(element).failures[mode as usize].crew.is_some();
                self.elements[element.index()].stops.failure_began(window, scene.minor_stop, at, mode, waits);
            }
            EventKind::FailureEnded { element, mode } => self.elements[element.index()].stops.failure_ended(window, at, mode),
            EventKind::RepairBegan { element, mode } => self.elements[element.index()].stops.repair_began(window, at, mode),
            EventKind::FaultBegan { element, fault } => {
                let waits = scene.element(element).faults[fault as usize].crew.is_some();
                self.elements[element.index()].faults.begin(window, at, fault, waits);
            }
            EventKind::FaultEnded { element, fault } => self.elements[element.index()].faults.end(window, at, fault),
            EventKind::FaultRepairBegan { element, fault } => self.elements[element.index()].faults.begin_repair(window, at, fault),
            EventKind::PartUnseen { element, fault, .. } => self.elements[element.index()].faults.hide(window, at, fault),
            EventKind::CrewCalled { crew, .. } => self.crews[crew as usize].call(window, at),
            EventKind::CrewCame { crew, .. } => self.crews[crew as usize].come(window, at),
            EventKind::CrewLeft { crew, .. } => self.crews[crew as usize].leave(window, at),
            EventKind::CrewDismissed { crew, .. } => self.crews[crew as usize].dismiss(window, at),
            EventKind::EyeBlocked { element, .. } if is_lidar(scene, element) => self.elements[element.index()].field.begin(window, at),
            EventKind::EyeCleared { element, .. } if is_lidar(scene, element) => self.elements[element.index()].field.end(window, at),
            EventKind::EyeBlocked { .. } | EventKind::EyeCleared { .. } => {}
            EventKind::RuleBegan { rule } => self.rules[rule as usize].begin(window, at),
            EventKind::RuleEnded { rule } => self.rules[rule as usize].end(window, at),
            EventKind::Counted { element, .. } => self.elements[element.index()].cycles += counts,
            EventKind::NoRead { element, part } => self.sorting.pass(window, at, element, part, false),
            EventKind::AttributeSet { element, part, attribute, .. } => {
                let reads = match &scene.element(element).kind {
                    ElementKind::Scanner(_) => true,
                    ElementKind::TagReader(reader) => attribute == reader.sets,
                    _ => false,
                };
                if reads {
                    self.sorting.pass(window, at, element, part, true);
                }
            }
            EventKind::DivertMissed { element, part, why } => {
                if let DivertMiss::Unseen { sensor, fault } = why {
                    self.elements[sensor.index()].faults.miss_divert(window, at, fault);
                }
                self.sorting.miss(window, at, element);
                self.production.count(window, at, ProductionKind::MissedDivert, element, Some(part));
            }
            EventKind::LaneFull { element, .. } => self.sorting.pass_full(window, at, element),
            EventKind::Routed { element, way, .. } => {
                self.sorting.route(window, at, element, way);
                // A divider's cycles are told by themselves.
                let routes = matches!(scene.element(element).kind, ElementKind::Router(_));
                self.elements[element.index()].cycles += counts * u64::from(routes);
            }
            EventKind::Missorted { element, .. } => self.sorting.missort(window, at, element),
            EventKind::PartMoving { part } => self.set_standing(at, part, false),
            EventKind::PartStanding { part } => self.set_standing(at, part, true),
            EventKind::Dropped { part, element } => {
                self.flow.drop_part(part);
                self.production.count(window, at, ProductionKind::Drop, element, Some(part));
            }
            EventKind::Misrouted { part, element } => self.production.count(window, at, ProductionKind::Misroute, element, Some(part)),
            EventKind::WorkMissed { element, part } => self.production.count(window, at, ProductionKind::MissedWork, element, Some(part)),
            EventKind::Stalled { element } => self.production.count(window, at, ProductionKind::Stall, element, None),
            EventKind::JamBegan { element, part } => self.begin_jam(at, element, part),
            EventKind::JamEnded { element, part } => {
                let jammed = &mut self.elements[element.index()].jammed;
                jammed.retain(|jammed| *jammed != part);
                if jammed.is_empty() {
                    self.incidents.end_jam(at, element);
                }
            }
            EventKind::ClearingCalled { element, part, .. } => {
                self.elements[element.index()].clearing.call(at);
                self.incidents.begin_clearing(element, part);
            }
            EventKind::ClearingBegan { element, .. } => self.elements[element.index()].clearing.begin(at),
            EventKind::ClearingEnded { element, took, taken_out, .. } => {
                self.elements[element.index()].clearing.end(window, at, took, taken_out);
                self.incidents.end_clearing(element, took);
            }
            EventKind::PartDrawn { part, ref traits } => self.incidents.draw(part, traits),
            EventKind::Incident(ref incident) => {
                // Of a pile-up, the part that began it stands for all: `jams` counts it once as well.
                let began = self.elements[incident.element.index()].jammed.first() == Some(&incident.part);
                if incident.kind != IncidentKind::Jam || began {
                    self.incidents.add(window, at, incident);
                }
                if let Some(kind) = ProductionKind::of(incident.kind) {
                    self.production.count(window, at, kind, incident.element, Some(incident.part));
                }
            }
            EventKind::Invalid { kind, part, element } => self.production.count_invalid(at, kind, part, element),
            // Of no measure: the journal has them.
            EventKind::PartCreated { .. } | EventKind::PartCompleted { .. } | EventKind::PartSeparated { .. } | EventKind::Freed { .. } => {
            }
        }
    }

    fn arrive(&mut self, at: Time, element: ElementId) {
        let fold = &mut self.elements[element.index()];
        if fold.role == Role::Carrier {
            fold.parts_in += u64::from(self.window.contains(at));
            fold.change_level(self.window, at, Level::increase);
        }
    }

    fn depart(&mut self, at: Time, element: ElementId) {
        let fold = &mut self.elements[element.index()];
        if fold.role == Role::Carrier {
            fold.parts_out += u64::from(self.window.contains(at));
            fold.change_level(self.window, at, Level::decrease);
        }
    }

    fn relocate(&mut self, at: Time, part: PartId, to: ElementId) {
        let from = self.flow.relocate(self.window, at, part, to);
        if from != to {
            self.depart(at, from);
            self.arrive(at, to);
        }
    }

    /// A part that is taken out at a station goes there from its conveyor; one that ends in a sink may have been booked
    /// onto it before. Either way it is on `element` when it leaves.
    fn leave(&mut self, at: Time, part: PartId, element: ElementId, leaving: &Leaving) {
        self.carriers.leave(self.window, at, part);
        // What is in another part leaves no place of its own; where that has left as well, it leaves as part of it.
        let holder = self.flow.live.get(&part).and_then(|live| live.inside);
        let as_part = holder.is_some_and(|holder| !self.flow.live.contains_key(&holder));
        if let Some(holder) = holder {
            self.carriers.load(self.window, at, holder, false);
        } else {
            self.relocate(at, part, element);
            self.depart(at, element);
        }
        let gone = self.flow.leave(self.window, at, part, leaving);
        self.sorting.leave(part);
        for fold in &mut self.elements {
            fold.jammed.retain(|jammed| *jammed != part);
            if let Some(index) = fold.in_work.iter().position(|worked| *worked == part) {
                fold.in_work.remove(index);
                fold.change_level(self.window, at, Level::decrease);
            }
        }
        if self.window.contains(at) && (!as_part || leaving.packed) {
            let fold = &mut self.elements[element.index()];
            fold.left.add(leaving.outcome);
            *fold.left_by_type.entry(leaving.part_type).or_insert(0) += 1;
            for worker in gone.worked_by {
                self.elements[worker.index()].worked.add(leaving.outcome);
            }
        }
    }

    fn put_in(&mut self, at: Time, part: PartId, into: PartId) {
        if let Some(live) = self.flow.live.get_mut(&part) {
            live.close(at);
            live.inside = Some(into);
            let place = live.place;
            let fold = &mut self.elements[place.index()];
            if fold.role == Role::Carrier {
                fold.change_level(self.window, at, Level::decrease);
            }
        }
    }

    fn take_out(&mut self, at: Time, part: PartId, element: ElementId) {
        if let Some(live) = self.flow.live.get_mut(&part) {
            live.close(at);
            (live.inside, live.standing) = (None, false);
        }
        self.flow.relocate(self.window, at, part, element);
        self.arrive(at, element);
    }

    fn set_standing(&mut self, at: Time, part: PartId, standing: bool) {
        self.flow.set_standing(at, part, standing);
        self.carriers.stand(self.window, at, part, standing);
    }

    fn begin_work(&mut self, at: Time, element: ElementId, part: PartId) {
        let fold = &mut self.elements[element.index()];
        if fold.role == Role::Carrier || fold.in_work.contains(&part) {
            return;
        }
        fold.parts_in += u64::from(self.window.contains(at));
        fold.in_work.push(part);
        fold.change_level(self.window, at, Level::increase);
        if fold.role == Role::Worker && fold.works() {
            self.flow.set_worked_on(at, part, true);
        }
    }

    fn end_work(&mut self, at: Time, element: ElementId, part: PartId) {
        let fold = &mut self.elements[element.index()];
        fold.cycles += u64::from(self.window.contains(at));
        let Some(index) = fold.in_work.iter().position(|worked| *worked == part) else { return };
        fold.in_work.remove(index);
        fold.change_level(self.window, at, Level::decrease);
        if fold.role == Role::Worker {
            if fold.works() {
                self.flow.set_worked_on(at, part, false);
            }
            self.flow.note_worker(part, element);
        }
    }

    fn change_state(&mut self, scene: &Scene, at: Time, element: ElementId, next: (ElementState, Option<u8>)) {
        let fold = &mut self.elements[element.index()];
        let worked = fold.works();
        fold.change_state(self.window, scene.minor_stop, at, next);
        if fold.role != Role::Worker {
            return;
        }
        self.constraint.set_active(at, element, super::states::is_active(next.0));
        if worked != fold.works() {
            for part in &fold.in_work {
                self.flow.set_worked_on(at, *part, !worked);
            }
        }
    }

    /// Several parts that stand in one pile-up are one jam.
    fn begin_jam(&mut self, at: Time, element: ElementId, part: PartId) {
        let jammed = &mut self.elements[element.index()].jammed;
        if jammed.is_empty() {
            self.production.count(self.window, at, ProductionKind::Jam, element, Some(part));
        }
        if !jammed.contains(&part) {
            jammed.push(part);
        }
    }

    /// Ends every open span at `now`.
    pub fn close(&mut self, scene: &Scene, now: Time) {
        self.flow.close(self.window, now);
        for element in &mut self.elements {
            element.close(self.window, scene.minor_stop, now);
        }
        self.crews.iter_mut().for_each(|crew| crew.close(self.window, now));
        self.rules.iter_mut().for_each(|rule| rule.end(self.window, now));
        self.constraint.close(now);
        self.carriers.close(self.window, now);
    }

    /// Of a closed fold.
    pub fn exact(&self, now: Time) -> ExactTotals {
        let ids = |fold: &&ElementFold| fold.has_states();
        let elements = || (0..).map(ElementId::from_index).zip(&self.elements).filter(move |(_, fold)| ids(fold));
        ExactTotals {
            window_ns: self.window.clip(Time::ZERO, now),
            wip_integral: self.flow.wip.integral,
            stays: self.flow.stays(self.window, now),
            state_sums_ns: elements().map(|(id, fold)| (id, fold.time_in_all())).collect(),
            stop_sums_ns: elements()
                .map(|(id, fold)| {
                    let total = fold.stops.total();
                    let stopped = fold.time_in(ElementState::Down) + fold.time_in(ElementState::Jammed);
                    (id, stopped, total.minor_ns + total.long_ns)
                })
                .collect(),
            lead_ns: self.flow.all_lead,
            split_ns: self.flow.all_split,
        }
    }
}

fn is_lidar(scene: &Scene, element: ElementId) -> bool {
    matches!(scene.element(element).kind, ElementKind::Lidar(_))
}
