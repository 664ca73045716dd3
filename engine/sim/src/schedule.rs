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
//! Exact events know no steps: where they move parts, Control jumps from event to event up to t_n (see `jump.rs`). Without contact
//! physics beside them SyncIn, Physics and Sense have nothing left to do.

use crate::jump::{Jump, listen};
use crate::line::Control;
use crate::port::Transport;
use crate::record::chain_hash;
use crate::transport::AnyTransport;
use crate::world::*;
use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{LogLevel, ScheduleBuildSettings, ScheduleLabel, SingleThreadedExecutor};

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

/// What moves and senses by steps.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct BetweenControlsSystems;

/// Whether anything does: exact events, without grains and scans, have nothing to do between two Controls.
fn goes_by_steps(transport: Res<ActiveTransport>, bulk: Res<BulkMaterial>, lidars: Res<Lidars>) -> bool {
    !matches!(transport.0, AnyTransport::Event(_)) || bulk.0.is_some() || lidars.0.is_some()
}

/// One step from t_n to t_(n+1). Systems run one after another on one thread: parallelism lives inside the physics,
/// where it cannot change a result.
pub fn step_schedule() -> Schedule {
    use PhaseSystems::*;
    let mut schedule = Schedule::new(Step);
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule.set_build_settings(ScheduleBuildSettings { ambiguity_detection: LogLevel::Error, ..Default::default() });
    schedule.configure_sets((Begin, Control, SyncIn, Physics, Granular, Sense, Measure, End).chain());
    schedule.configure_sets((SyncIn, Physics, Granular, Sense).in_set(BetweenControlsSystems));
    schedule.configure_sets(BetweenControlsSystems.run_if(goes_by_steps));
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
    for event in &events.0 {
        measures.0.observe(&scene.0, event);
    }
    measures.0.advance_to(&scene.0, clock.now, &energy.0);
}

fn record_step(
    clock: Res<Clock>,
    (transport, bulk): (Res<ActiveTransport>, Res<BulkMaterial>),
    mut events: ResMut<StepEvents>,
    mut log: ResMut<EventLog>,
    mut history: ResMut<History>,
    mut buffer: ResMut<HashBuffer>,
) {
    history.0 = chain_hash(history.0, clock.step, (&transport.0, bulk.0.as_ref()), &events.0, &mut buffer.0);
    log.0.append(&mut events.0);
}

fn end_step(scene: Res<RunningScene>, mut clock: ResMut<Clock>, parts: Res<PartTable>) {
    parts.0.assert_conserved();
    if clock.step.is_multiple_of(PLACES_EVERY_STEPS) {
        parts.0.assert_places();
    }
    *clock = Clock::at_step(&scene.0, clock.step + 1);
}
