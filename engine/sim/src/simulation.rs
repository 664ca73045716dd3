//! A simulation as a value: it owns a world and a schedule, steps, and is saved whole. Command line, viewer and tests
//! use nothing else of the engine to run a scene.

use crate::disturb;
use crate::event::Event;
use crate::granular::{DeviceFailure, Granular};
use crate::io::{Command, CommandError, Io};
use crate::line::Line;
use crate::metrics::{Metrics, ReportInputs};
use crate::parts::{PartId, Parts};
use crate::port::{Contact, PartMotion, Traffic, Transport};
use crate::random::Streams;
use crate::ranging::{Ranging, Scan};
use crate::record::fork::forked;
use crate::record::snapshot::{self, ENGINE, Snapshot, SnapshotRef};
use crate::schedule::{Steps, sync_part_entities};
use crate::transport::AnyTransport;
use crate::view::{Moment, Scenery, View};
use crate::workers::Workers;
use crate::world::*;
use bevy_ecs::prelude::*;
use linetwin_compute::Placement;
use linetwin_model::report::KpiReport;
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct SimulationOptions {
    /// Instead of the scene's seed.
    pub seed: Option<u64>,
    pub replication: u32,
    /// Worker threads of the physics; 0: one per core. Never changes a result.
    pub threads: usize,
    /// Where batches of grains and rays run. Never changes a result on a device that promises bits.
    pub placement: Placement,
}

/// Which random numbers a run sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub seed: u64,
    pub replication: u32,
}

/// Chained over all steps: equal hashes mean equal histories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateHash(pub [u8; 32]);

impl std::fmt::Display for StateHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
    #[error("the snapshot was written by {found}, this is {expected}")]
    ForeignEngine { found: String, expected: String },
    #[error("the snapshot belongs to another scene")]
    ForeignScene,
}

/// A running line.
pub struct Simulation {
    world: World,
    steps: Steps,
    run: Run,
    workers: Workers,
}

/// Everything that decides the future of a simulation.
struct State {
    step: u64,
    history: StateHash,
    line: Line,
    parts: Parts,
    measures: Metrics,
    facts: PendingFacts,
    transport: AnyTransport,
    granular: Option<Granular>,
    ranging: Option<Ranging>,
}

impl Simulation {
    /// At time zero, before the first step.
    pub fn new(scene: Arc<Scene>, options: SimulationOptions) -> Self {
        let run = Run { seed: options.seed.unwrap_or(scene.seed), replication: options.replication };
        let streams = Streams { seed: run.seed, replication: run.replication };
        let transport = AnyTransport::new(&scene, streams, options.threads);
        let state = State {
            step: 0,
            history: StateHash::default(),
            line: Line::new(&scene, streams),
            parts: Parts::default(),
            measures: Metrics::new(&scene),
            facts: PendingFacts::default(),
            granular: Granular::new(&scene, &streams, &options.placement),
            ranging: Ranging::new(&scene, &streams, &options.placement, &transport),
            transport,
        };
        Simulation::assemble(scene, run, state)
    }

    /// Goes on exactly where [`save`](Self::save) was called. Of the options only `threads` and `placement` count: seed and
    /// replication come from the snapshot.
    pub fn load(scene: Arc<Scene>, options: SimulationOptions, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let saved = snapshot::decode(bytes, &scene)?;
        Ok(Simulation::resume(scene, options, saved))
    }

    /// A what-if: goes on where [`save`](Self::save) was called in the scene `saved_scene`, with the numbers of `scene`, from
    /// the next draw on. Refused as a foreign scene where they differ in more than [`forked`] allows.
    pub fn load_forked(saved_scene: &Scene, scene: &Scene, options: SimulationOptions, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let saved = snapshot::decode(bytes, saved_scene)?;
        let scene = forked(saved_scene, scene).ok_or(SnapshotError::ForeignScene)?;
        Ok(Simulation::resume(Arc::new(scene), options, saved))
    }

    fn resume(scene: Arc<Scene>, options: SimulationOptions, saved: Snapshot) -> Self {
        let mut transport = saved.transport;
        transport.resume(&scene, options.threads);
        let streams = Streams { seed: saved.run.seed, replication: saved.run.replication };
        let granular = saved.granular.and_then(|granular| Granular::load(&scene, &streams, granular, &options.placement));
        let ranging = saved.ranging.and_then(|ranging| Ranging::load(&scene, &streams, ranging, &options.placement, &transport));
        let state = State {
            step: saved.step,
            history: saved.history,
            line: saved.line,
            parts: saved.parts,
            measures: saved.measures,
            facts: PendingFacts(saved.facts),
            transport,
            granular,
            ranging,
        };
        Simulation::assemble(scene, saved.run, state)
    }

    fn assemble(scene: Arc<Scene>, run: Run, state: State) -> Self {
        let workers = Workers::new(state.transport.workers());
        let mut world = World::new();
        world.insert_resource(Clock::at_step(&scene, state.step));
        world.insert_resource(RunningScene(scene));
        world.insert_resource(History(state.history));
        world.insert_resource(LineLogic(state.line));
        world.insert_resource(PartTable(state.parts));
        world.insert_resource(Measures(state.measures));
        world.insert_resource(state.facts);
        world.insert_resource(ActiveTransport(state.transport));
        world.insert_resource(BulkMaterial(state.granular));
        world.insert_resource(Lidars(state.ranging));
        world.init_resource::<Wishes>();
        world.init_resource::<StepEvents>();
        world.init_resource::<EventLog>();
        world.init_resource::<PortTap>();
        world.init_resource::<EnergyAtBegin>();
        world.init_resource::<HashBuffer>();
        world.init_resource::<PartEntities>();
        let steps = Steps::new(&mut world);
        Simulation { world, steps, run, workers }
    }

    /// One step, from t_n to t_(n+1).
    ///
    /// The whole of it runs on a worker of the physics: what the physics has just written is then in the caches of the
    /// processor that senses, measures and hashes it. From a thread of its own, every step would fetch it from another.
    pub fn step(&mut self) {
        self.disturb();
        let Simulation { world, steps, workers, .. } = self;
        workers.run(|| steps.run(world));
    }

    fn disturb(&mut self) {
        if self.scene().happenings.is_empty() {
            return;
        }
        for command in disturb::commands(self.scene(), self.io(), self.step_count()) {
            self.command(&command).expect("its point is there and can be on or off");
        }
    }

    /// Where steps are done: whoever makes many steps at one go makes them in there.
    pub fn workers(&self) -> Workers {
        self.workers.clone()
    }

    /// Steps until everything up to `time` is known: see [`settled`](Self::settled).
    pub fn run_until(&mut self, time: Time) {
        self.workers().run(|| {
            while self.step_count() == 0 || self.settled() < time {
                self.step();
            }
        });
    }

    /// An input from outside: forces an I/O point, or lets go of it, before the next step. A command is an input of the
    /// run like the scene: who sends it keeps it, and sends it at the same step when the run is repeated.
    pub fn command(&mut self, command: &Command) -> Result<(), CommandError> {
        assert_eq!(command.step, self.step_count(), "a command is given before its step");
        self.world.resource_mut::<LineLogic>().0.command(command)
    }

    /// The I/O points: every sensed value and every wish to a device, by name.
    pub fn io(&self) -> &Io {
        self.world.resource::<LineLogic>().0.io()
    }

    pub fn scene(&self) -> &Arc<Scene> {
        &self.world.resource::<RunningScene>().0
    }

    pub fn run(&self) -> Run {
        self.run
    }

    /// t_n of the next step: the bodies stand as at this instant.
    pub fn now(&self) -> Time {
        self.world.resource::<Clock>().now
    }

    /// The instant up to which events and measures are complete: that of the last Control, one step before
    /// [`now`](Self::now). What the last step sensed is acted on in the next.
    pub fn settled(&self) -> Time {
        self.scene().step.time_of(self.step_count().saturating_sub(1))
    }

    /// Steps done.
    pub fn step_count(&self) -> u64 {
        self.world.resource::<Clock>().step
    }

    /// The events since the last call, in order. They pile up until they are taken: take them every step, or at least
    /// every few seconds of simulated time.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.world.resource_mut::<EventLog>().0)
    }

    /// The scans of lidars that are to be written down since the last call, in order. They pile up as events do.
    pub fn take_scans(&mut self) -> Vec<Scan> {
        self.world.resource_mut::<Lidars>().0.as_mut().map(Ranging::take_scans).unwrap_or_default()
    }

    /// What has crossed the port between the line's logic and what moves its parts since the last call, in order. The first call
    /// begins to listen; from then on it piles up as events do. Never changes what happens.
    pub fn take_traffic(&mut self) -> Vec<Traffic> {
        self.world.resource_mut::<PortTap>().0.replace(Vec::new()).unwrap_or_default()
    }

    /// Whether the device of grains or rays failed since the beginning, or since the run was loaded.
    pub fn device_failure(&self) -> Option<DeviceFailure> {
        let of_rays = || self.world.resource::<Lidars>().0.as_ref().and_then(Ranging::device_failure);
        self.bulk().and_then(Granular::device_failure).or_else(of_rays)
    }

    pub fn state_hash(&self) -> StateHash {
        self.world.resource::<History>().0
    }

    pub fn parts(&self) -> &Parts {
        &self.world.resource::<PartTable>().0
    }

    /// Of every part that has a place in the world, in order of id. Gathered by this call.
    pub fn motions(&self) -> Vec<(PartId, PartMotion)> {
        self.world.resource::<ActiveTransport>().0.motions()
    }

    /// How many of the parts coast now: their belts carry them in closed form.
    pub fn coasting(&self) -> usize {
        self.world.resource::<ActiveTransport>().0.coasting()
    }

    /// The grains of a line with bulk material.
    pub fn bulk(&self) -> Option<&Granular> {
        self.world.resource::<BulkMaterial>().0.as_ref()
    }

    /// What a picture shows of the line and what keeps its shape through the run. The same at any time, and costs a few
    /// milliseconds.
    pub fn scenery(&self) -> Scenery {
        self.view().scenery()
    }

    /// What changes from step to step in a picture, as of [`now`](Self::now); with exact events as of [`settled`](Self::settled).
    pub fn moment(&self) -> Moment {
        self.view().moment()
    }

    /// What parts touched in the last step, and with what force, for pictures; none with exact events. Gathered by this call.
    pub fn contacts(&self) -> Vec<Contact> {
        self.world.resource::<ActiveTransport>().0.contacts(self.scene())
    }

    /// The instant at which parts stand: exact events stand where the line decided last.
    fn shown_at(&self) -> Time {
        match self.world.resource::<ActiveTransport>().0 {
            AnyTransport::Event(_) => self.settled(),
            AnyTransport::Contact(_) | AnyTransport::Mixed(_) => self.now(),
        }
    }

    fn view(&self) -> View<'_> {
        View {
            scene: self.scene(),
            now: self.shown_at(),
            line: &self.world.resource::<LineLogic>().0,
            parts: self.parts(),
            transport: &self.world.resource::<ActiveTransport>().0,
            grains: self.bulk(),
        }
    }

    /// The world, for whoever shows it. One entity per part, with [`PartOf`] and [`Motion`], brought up to date by this call.
    pub fn world(&mut self) -> &World {
        self.world.run_system_cached(sync_part_entities).expect("its resources are there from the beginning");
        &self.world
    }

    /// The measures up to [`settled`](Self::settled).
    pub fn report(&self) -> KpiReport {
        self.world.resource::<Measures>().0.report(&ReportInputs {
            scene: self.scene(),
            now: self.settled(),
            seed: self.run.seed,
            replication: self.run.replication,
        })
    }

    /// Everything, as bytes (not compressed), except events and scans that were not taken. Save, load, save gives the same bytes.
    pub fn save(&self) -> Vec<u8> {
        snapshot::encode(&SnapshotRef {
            engine: ENGINE,
            scene: snapshot::scene_hash(self.scene()),
            run: self.run,
            step: self.step_count(),
            history: self.state_hash(),
            line: &self.world.resource::<LineLogic>().0,
            parts: self.parts(),
            measures: &self.world.resource::<Measures>().0,
            facts: &self.world.resource::<PendingFacts>().0,
            transport: &self.world.resource::<ActiveTransport>().0,
            granular: self.bulk().map(Granular::save),
            ranging: self.world.resource::<Lidars>().0.as_ref().map(Ranging::state),
        })
    }
}
