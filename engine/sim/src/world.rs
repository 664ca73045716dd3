//! What a simulation's world holds: resources for the engine's rooms and one entity for each part that has a place in
//! the world. Knows the rooms by name only; the order of the phases stands in `schedule.rs`.

use crate::event::Event;
use crate::granular::Granular;
use crate::line::Line;
use crate::metrics::Metrics;
use crate::parts::{PartId, Parts};
use crate::port::{EnergyTotals, Fact, PartMotion, Traffic, Wish};
use crate::ranging::Ranging;
use crate::simulation::StateHash;
use crate::transport::AnyTransport;
use bevy_ecs::prelude::*;
use linetwin_model::{Scene, Time};
use std::sync::Arc;

/// The scene that is run. Constant.
#[derive(Resource)]
pub struct RunningScene(pub Arc<Scene>);

/// Where the simulation is: the next step runs from `now` = t_step to `until` = t_(step + 1).
#[derive(Resource, Clone, Copy)]
pub struct Clock {
    pub step: u64,
    pub now: Time,
    pub until: Time,
}

impl Clock {
    pub fn at_step(scene: &Scene, step: u64) -> Self {
        Clock { step, now: scene.step.time_of(step), until: scene.step.time_of(step + 1) }
    }
}

#[derive(Resource)]
pub struct LineLogic(pub Line);

#[derive(Resource)]
pub struct PartTable(pub Parts);

#[derive(Resource)]
pub struct ActiveTransport(pub AnyTransport);

/// `None`: the line has no bulk material.
#[derive(Resource)]
pub struct BulkMaterial(pub Option<Granular>);

/// `None`: the line has no lidars.
#[derive(Resource)]
pub struct Lidars(pub Option<Ranging>);

#[derive(Resource)]
pub struct Measures(pub Metrics);

/// Facts of the last Sense; the next Control consumes them, so they belong to a snapshot.
#[derive(Resource, Default)]
pub struct PendingFacts(pub Vec<Fact>);

/// Wishes of this step's Control.
#[derive(Resource, Default)]
pub struct Wishes(pub Vec<Wish>);

/// What has crossed the port and was not taken yet; `None`: nobody listens.
#[derive(Resource, Default)]
pub struct PortTap(pub Option<Vec<Traffic>>);

/// Events of this step.
#[derive(Resource, Default)]
pub struct StepEvents(pub Vec<Event>);

/// Events that the owner has not taken yet.
#[derive(Resource, Default)]
pub struct EventLog(pub Vec<Event>);

/// What the drives had done at the step's begin.
#[derive(Resource, Default)]
pub struct EnergyAtBegin(pub EnergyTotals);

/// The hash after the last step.
#[derive(Resource, Default)]
pub struct History(pub StateHash);

/// A scratch buffer, empty between steps.
#[derive(Resource, Default)]
pub struct HashBuffer(pub Vec<u8>);

/// Which part an entity shows.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartOf(pub PartId);

/// Where it is and how it moves.
#[derive(Component, Clone, Copy, Debug, PartialEq)]
pub struct Motion(pub PartMotion);

/// The entities of the parts, in order of part id, as when somebody last looked.
#[derive(Resource, Default)]
pub struct PartEntities(pub Vec<(PartId, Entity)>);
