//! What every element owes: the same bytes for any number of threads and after snapshots in mid-motion, parts that balance,
//! states that add up to the time. Works on the elements of a line given as text.

use crate::{balance_of, scene_from};
use linetwin_model::report::KpiReport;
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::{Simulation, SimulationOptions};
use std::sync::Arc;

/// What a run did.
pub struct RunOutcome {
    pub scene: Arc<Scene>,
    pub events: Vec<Event>,
    pub until: Time,
    simulation: Simulation,
}

/// A scene of cartons (`carton` of 0.4 x 0.3 x 0.25 m and about 4 kg, `small` of 0.15 x 0.15 x 0.05 m) with these elements.
pub fn scene_of(line: &str) -> Arc<Scene> {
    scene_from(&format!(
        r#"Scene(schema: 1, name: "Elements", seed: 5,
            parts: {{ "carton": Part(shape: Box((0.4, 0.3, 0.25)), mass_kg: Normal(4, 0.3)), "small": Part(shape: Box((0.15, 0.15, 0.05)), mass_kg: 0.5) }},
            line: {{ {line} }})"#
    ))
}

fn options(threads: usize) -> SimulationOptions {
    SimulationOptions { threads, ..Default::default() }
}

pub fn run_scene(line: &str, seconds: f64, threads: usize) -> RunOutcome {
    let (scene, until) = (scene_of(line), Time::from_seconds(seconds));
    let mut simulation = Simulation::new(scene.clone(), options(threads));
    simulation.run_until(until);
    let events = simulation.take_events();
    RunOutcome { scene, events, until, simulation }
}

impl RunOutcome {
    pub fn count(&self, wanted: impl Fn(&EventKind) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(&event.kind)).count()
    }

    pub fn left(&self) -> usize {
        self.count(|kind| matches!(kind, EventKind::PartLeft { .. }))
    }

    pub fn report(&self) -> KpiReport {
        self.simulation.report()
    }

    /// Share of the whole run that an element spent in a state [-], from the events alone.
    pub fn share(&self, name: &str, wanted: ElementState) -> f64 {
        self.spans(name).iter().filter(|(state, _)| *state == wanted).map(|(_, span)| span.as_seconds()).sum::<f64>()
            / self.until.as_seconds()
    }

    fn spans(&self, name: &str) -> Vec<(ElementState, Time)> {
        let id = self.scene.element_named(name).expect("an element of the line");
        let changes = self.events.iter().filter_map(|event| match event.kind {
            EventKind::StateChanged { element, state, .. } if element == id => Some((event.at, state)),
            _ => None,
        });
        let changes: Vec<(Time, ElementState)> = changes.collect();
        let ends = changes.iter().skip(1).map(|(at, _)| *at).chain([self.until]);
        changes.iter().zip(ends).map(|((at, state), end)| (*state, end.since(*at))).collect()
    }

    /// Parts that entered are in or out, and every element that has states has one at every instant.
    pub fn assert_balanced(&self) {
        let balance = balance_of(&self.events);
        let inside = self.report().line.parts.inside_at_end;
        assert_eq!(balance.entered, balance.left + inside, "parts balance");
        for element in &self.scene.elements {
            let spans = self.spans(&element.name);
            let total: u64 = spans.iter().map(|(_, span)| span.0).sum();
            assert!(spans.is_empty() || total == self.until.0, "the states of `{}` add up to {total} ns", element.name);
        }
    }
}

/// Runs the line on one, two and four threads, and saved and loaded at these seconds; every bit must agree.
pub fn same_bytes(line: &str, seconds: f64, saves_s: &[f64]) {
    let (scene, until) = (scene_of(line), Time::from_seconds(seconds));
    let finish = |mut simulation: Simulation, mut events: Vec<Event>| {
        simulation.run_until(until);
        events.extend(simulation.take_events());
        (events, simulation.state_hash(), simulation.save())
    };
    let whole = finish(Simulation::new(scene.clone(), options(1)), Vec::new());
    assert!(balance_of(&whole.0).entered > 3, "too quiet to show anything");
    for threads in [2, 4] {
        let other = finish(Simulation::new(scene.clone(), options(threads)), Vec::new());
        assert!(whole == other, "one and {threads} threads differ");
    }

    let mut simulation = Simulation::new(scene.clone(), options(1));
    let mut events = Vec::new();
    for (index, at_s) in saves_s.iter().enumerate() {
        simulation.run_until(Time::from_seconds(*at_s));
        events.extend(simulation.take_events());
        let bytes = simulation.save();
        simulation = Simulation::load(scene.clone(), options(1 + index % 2), &bytes).expect("its own snapshot");
        assert!(simulation.save() == bytes, "save, load, save at {at_s} s gives other bytes");
    }
    let resumed = finish(simulation, events);
    assert!(whole == resumed, "an uninterrupted and a resumed run differ");
}
