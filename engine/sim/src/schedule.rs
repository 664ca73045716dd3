//! The step, as a table of contents. The only file that orders phases.
//!
//! ```text
//! Begin     remember what the drives have done so far
//! Control   act on the facts of the last Sense and on due calendar entries; write wishes
//! SyncIn    wishes become bodies, belt speeds, blades
//! Physics   move everything from t_n to t_(n+1)
//! Granular  move the grains along, and parts among them on
//! Sense     crossings, photo-eyes, contacts, scans become facts
//! Measure   fold the step's events into the measures; nothing later than t_n is known completely
//! End       hash, conservation, next step
//! ```
//!
//! Exact events know no steps: where they move parts, Control jumps from event to event up to t_n (see `jump.rs`). Where nothing else
//! goes by steps, a step is a leap: Control, Measure and End in one go.

use crate::event::Event;
use crate::granular::Granular;
use crate::jump::{Jump, listen};
use crate::line::Control;
use crate::metrics::Metrics;
use crate::parts::Parts;
use crate::port::{EnergyTotals, Transport};
use crate::record::chain_hash;
use crate::transport::AnyTransport;
use crate::world::*;
use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{LogLevel, ScheduleBuildSettings, ScheduleLabel, SingleThreadedExecutor};
use bevy_ecs::system::{SystemParam, SystemState};
use linetwin_model::{Scene, Time};

/// Steps between two counts of all parts by their places.
const PLACES_EVERY_STEPS: u64 = 120;

#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step;

/// The phases of a step, in order.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhaseSystems {
    Begin,
    Control,
    SyncIn,
    Physics,
    Granular,
    Sense,
    Measure,
    End,
}

/// How a simulation makes its steps.
pub enum Steps {
    Phases(Box<Schedule>),
    /// Exact events, without grains and scans, have nothing to do between two Controls.
    Leaps(Box<SystemState<Leap<'static>>>),
}

impl Steps {
    pub fn new(world: &mut World) -> Self {
        let by_events = matches!(world.resource::<ActiveTransport>().0, AnyTransport::Event(_));
        let by_steps = !by_events || world.resource::<BulkMaterial>().0.is_some() || world.resource::<Lidars>().0.is_some();
        if by_steps { Steps::Phases(Box::new(step_schedule())) } else { Steps::Leaps(Box::new(SystemState::new(world))) }
    }

    /// One step, from t_n to t_(n+1).
    pub fn run(&mut self, world: &mut World) {
        match self {
            Steps::Phases(schedule) => schedule.run(world),
            Steps::Leaps(leap) => leap.get_mut(world).expect("its resources are there from the beginning").make(),
        }
    }
}

/// What a step of exact events alone works with.
#[derive(SystemParam)]
pub struct Leap<'w> {
    scene: Res<'w, RunningScene>,
    clock: ResMut<'w, Clock>,
    energy: ResMut<'w, EnergyAtBegin>,
    transport: ResMut<'w, ActiveTransport>,
    line: ResMut<'w, LineLogic>,
    parts: ResMut<'w, PartTable>,
    facts: ResMut<'w, PendingFacts>,
    wishes: ResMut<'w, Wishes>,
    tap: ResMut<'w, PortTap>,
    events: ResMut<'w, StepEvents>,
    measures: ResMut<'w, Measures>,
    log: ResMut<'w, EventLog>,
    history: ResMut<'w, History>,
    buffer: ResMut<'w, HashBuffer>,
}

impl Leap<'_> {
    fn make(&mut self) {
        let (scene, now) = (&*self.scene.0, self.clock.now);
        self.wishes.0.clear();
        let jumps = self.transport.0.jumps().expect("only exact events leap");
        Jump {
            scene,
            line: &mut self.line.0,
            parts: &mut self.parts.0,
            transport: jumps,
            facts: &mut self.facts.0,
            wishes: &mut self.wishes.0,
            events: &mut self.events.0,
            tap: self.tap.0.as_mut(),
        }
        .to(now);
        self.energy.0.clone_from(self.transport.0.energy());
        measure(scene, now, &self.energy.0, &self.events.0, &mut self.measures.0);
        let moving = (&self.transport.0, None);
        record(self.clock.step, moving, &mut self.events.0, &mut self.log.0, &mut self.history, &mut self.buffer.0);
        end(scene, &mut self.clock, &self.parts.0);
    }
}

/// One step from t_n to t_(n+1). Systems run one after another on one thread: parallelism lives inside the physics,
/// where it cannot change a result.
fn step_schedule() -> Schedule {
    use PhaseSystems::*;
    let mut schedule = Schedule::new(Step);
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule.set_build_settings(ScheduleBuildSettings { ambiguity_detection: LogLevel::Error, ..Default::default() });
    schedule.configure_sets((Begin, Control, SyncIn, Physics, Granular, Sense, Measure, End).chain());
    schedule.add_systems((
        begin_step.in_set(Begin),
        decide.in_set(Control),
        accept_wishes.in_set(SyncIn),
        advance_transport.in_set(Physics),
        pour_bulk.in_set(Granular),
        sense_facts.in_set(Sense),
        measure_events.in_set(Measure),
        (record_step, end_step).chain().in_set(End),
    ));
    schedule
}

fn begin_step(transport: Res<ActiveTransport>, mut energy: ResMut<EnergyAtBegin>) {
    // Where exact events move parts, it is what they had done when the line last decided.
    if !matches!(transport.0, AnyTransport::Event(_)) {
        energy.0.clone_from(transport.0.energy());
    }
}

fn decide(
    (scene, clock): (Res<RunningScene>, Res<Clock>),
    mut energy: ResMut<EnergyAtBegin>,
    mut transport: ResMut<ActiveTransport>,
    (mut line, mut parts): (ResMut<LineLogic>, ResMut<PartTable>),
    mut facts: ResMut<PendingFacts>,
    (mut wishes, mut tap): (ResMut<Wishes>, ResMut<PortTap>),
    mut events: ResMut<StepEvents>,
) {
    wishes.0.clear();
    if let Some(jumps) = transport.0.jumps() {
        let (line, parts, facts, tap) = (&mut line.0, &mut parts.0, &mut facts.0, tap.0.as_mut());
        let mut jump = Jump { scene: &scene.0, line, parts, transport: jumps, facts, wishes: &mut wishes.0, events: &mut events.0, tap };
        jump.to(clock.now);
        energy.0.clone_from(transport.0.energy());
        return;
    }
    line.0.control(&mut Control {
        scene: &scene.0,
        now: clock.now,
        facts: &facts.0,
        encoders_m: &energy.0.drive_way_m,
        parts: &mut parts.0,
        wishes: &mut wishes.0,
        events: &mut events.0,
    });
    if let Some(tap) = &mut tap.0 {
        listen(tap, &facts.0, &wishes.0, clock.now);
    }
    facts.0.clear();
}

fn accept_wishes(
    scene: Res<RunningScene>,
    clock: Res<Clock>,
    parts: Res<PartTable>,
    mut transport: ResMut<ActiveTransport>,
    mut bulk: ResMut<BulkMaterial>,
    wishes: Res<Wishes>,
) {
    if let Some(steps) = transport.0.steps() {
        steps.accept(&scene.0, &parts.0, &wishes.0, clock.now);
    }
    if let Some(granular) = &mut bulk.0 {
        granular.accept(&scene.0, &parts.0, &transport.0, &wishes.0);
    }
}

fn advance_transport(scene: Res<RunningScene>, clock: Res<Clock>, mut transport: ResMut<ActiveTransport>) {
    if let Some(steps) = transport.0.steps() {
        steps.advance(&scene.0, clock.now, clock.until);
    }
}

fn pour_bulk(
    scene: Res<RunningScene>,
    clock: Res<Clock>,
    parts: Res<PartTable>,
    mut transport: ResMut<ActiveTransport>,
    mut bulk: ResMut<BulkMaterial>,
) {
    if let Some(granular) = &mut bulk.0 {
        granular.advance(&scene.0, &parts.0, &mut transport.0, clock.now, clock.until);
    }
}

/// One entity for each part, with its motion. No part of the step: whoever looks has it done. Walks the sorted lists of the
/// entities that there were and of the motions that there are side by side.
pub(crate) fn sync_part_entities(
    transport: Res<ActiveTransport>,
    mut index: ResMut<PartEntities>,
    mut motions: Query<&mut Motion>,
    mut commands: Commands,
) {
    let current = transport.0.motions();
    let mut next = Vec::with_capacity(current.len());
    let mut before = index.0.iter().copied().peekable();
    for &(part, motion) in &current {
        while let Some((_, gone)) = before.next_if(|(id, _)| *id < part) {
            commands.entity(gone).despawn();
        }
        let entity = match before.next_if(|(id, _)| *id == part) {
            Some((_, entity)) => {
                motions.get_mut(entity).expect("a part's entity lives as long as the part").0 = motion;
                entity
            }
            None => commands.spawn((PartOf(part), Motion(motion))).id(),
        };
        next.push((part, entity));
    }
    for (_, gone) in before {
        commands.entity(gone).despawn();
    }
    index.0 = next;
}

fn sense_facts(
    scene: Res<RunningScene>,
    clock: Res<Clock>,
    mut transport: ResMut<ActiveTransport>,
    (mut bulk, mut lidars): (ResMut<BulkMaterial>, ResMut<Lidars>),
    mut facts: ResMut<PendingFacts>,
) {
    if let Some(steps) = transport.0.steps() {
        steps.sense(&scene.0, clock.now, clock.until, &mut facts.0);
    }
    if let Some(granular) = &mut bulk.0 {
        granular.sense(&mut facts.0);
    }
    if let Some(ranging) = &mut lidars.0 {
        ranging.scan(&transport.0, clock.now, clock.until, &mut facts.0);
    }
}

fn measure_events(
    scene: Res<RunningScene>,
    clock: Res<Clock>,
    energy: Res<EnergyAtBegin>,
    events: Res<StepEvents>,
    mut measures: ResMut<Measures>,
) {
    measure(&scene.0, clock.now, &energy.0, &events.0, &mut measures.0);
}

fn measure(scene: &Scene, now: Time, energy: &EnergyTotals, events: &[Event], measures: &mut Metrics) {
    for event in events {
        measures.observe(scene, event);
    }
    measures.advance_to(scene, now, energy);
}

fn record_step(
    clock: Res<Clock>,
    (transport, bulk): (Res<ActiveTransport>, Res<BulkMaterial>),
    mut events: ResMut<StepEvents>,
    mut log: ResMut<EventLog>,
    mut history: ResMut<History>,
    mut buffer: ResMut<HashBuffer>,
) {
    record(clock.step, (&transport.0, bulk.0.as_ref()), &mut events.0, &mut log.0, &mut history, &mut buffer.0);
}

fn record(
    step: u64,
    moving: (&AnyTransport, Option<&Granular>),
    events: &mut Vec<Event>,
    log: &mut Vec<Event>,
    history: &mut History,
    buffer: &mut Vec<u8>,
) {
    history.0 = chain_hash(history.0, step, moving, events, buffer);
    log.append(events);
}

fn end_step(scene: Res<RunningScene>, mut clock: ResMut<Clock>, parts: Res<PartTable>) {
    end(&scene.0, &mut clock, &parts.0);
}

fn end(scene: &Scene, clock: &mut Clock, parts: &Parts) {
    parts.assert_conserved();
    if clock.step.is_multiple_of(PLACES_EVERY_STEPS) {
        parts.assert_places();
    }
    *clock = Clock::at_step(scene, clock.step + 1);
}
