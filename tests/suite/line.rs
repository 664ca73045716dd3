//! The line's logic on the fixed-time transport: every family alone against what theory or arithmetic says, conservation
//! at every step, wires that are forced, and snapshots. Nothing here knows about contact physics.

use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::{ElementId, Outcome};
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::io::{Command, IoValue};
use linetwin_sim::line::{Control, Line};
use linetwin_sim::parts::{PartId, Parts, Place};
use linetwin_sim::port::{Fact, Transport, Wish};
use linetwin_sim::random::Streams;
use linetwin_sim::transport::fixed_time::FixedTimeTransport;
use std::collections::BTreeMap;

/// A scene of cartons of 0.4 m with the given elements.
fn scene_with(head: &str, line: &str) -> Scene {
    let text = format!(
        "Scene(schema: 1, name: \"test\", seed: 7, {head}
            parts: {{ \"carton\": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: Normal(mean: 4.0, sd: 0.3)) }},
            line: {{ {line} }})"
    );
    let reading = read("test.ron", &text, &ReadOptions::default(), &|path: &str| Err(std::io::Error::other(path.to_string())));
    let problems: Vec<_> = reading.diagnostics.iter().map(|problem| problem.message.clone()).collect();
    reading.scene.unwrap_or_else(|| panic!("{problems:#?}"))
}

fn scene(line: &str) -> Scene {
    scene_with("", line)
}

/// A running line with everything that happened.
struct Rig {
    scene: Scene,
    line: Line,
    parts: Parts,
    transport: FixedTimeTransport,
    facts: Vec<Fact>,
    wishes: Vec<Wish>,
    events: Vec<Event>,
    step: u64,
}

impl Rig {
    fn new(scene: Scene, replication: u32) -> Self {
        let streams = Streams { seed: scene.seed, replication };
        Rig {
            line: Line::new(&scene, streams),
            transport: FixedTimeTransport::new(&scene),
            parts: Parts::default(),
            facts: Vec::new(),
            wishes: Vec::new(),
            events: Vec::new(),
            step: 0,
            scene,
        }
    }

    fn now(&self) -> Time {
        self.scene.step.time_of(self.step)
    }

    fn step(&mut self) {
        let (now, until) = (self.now(), self.scene.step.time_of(self.step + 1));
        self.wishes.clear();
        self.line.control(&mut Control {
            scene: &self.scene,
            now,
            facts: &self.facts,
            parts: &mut self.parts,
            wishes: &mut self.wishes,
            events: &mut self.events,
        });
        self.parts.assert_conserved();
        self.facts.clear();
        self.transport.accept(&self.scene, &self.parts, &self.wishes, now);
        self.transport.advance(&self.scene, now, until);
        self.transport.sense(&self.scene, now, until, &mut self.facts);
        self.step += 1;
    }

    fn run(&mut self, seconds: f64) -> &mut Self {
        let end = self.now() + Time::from_seconds(seconds);
        while self.now() < end {
            self.step();
        }
        self
    }

    fn force(&mut self, point: &str, force: Option<IoValue>) {
        let command = Command { step: self.step, sequence: 0, point: point.to_string(), force };
        self.line.command(&command).expect("the point exists and takes the value");
    }

    fn id(&self, name: &str) -> ElementId {
        self.scene.element_named(name).expect("the scene has it")
    }

    fn times(&self, pick: impl Fn(&EventKind) -> bool) -> Vec<f64> {
        self.events.iter().filter(|event| pick(&event.kind)).map(|event| event.at.as_seconds()).collect()
    }

    fn left(&self, outcome: Outcome) -> Vec<f64> {
        self.times(|kind| matches!(kind, EventKind::PartLeft { outcome: found, .. } if *found == outcome))
    }

    fn cycles_ended(&self, name: &str) -> Vec<f64> {
        let wanted = self.id(name);
        self.times(|kind| matches!(kind, EventKind::CycleEnded { element, .. } if *element == wanted))
    }

    /// Share of the time from `from_s` to now that an element spent in a state.
    fn share(&self, name: &str, state: ElementState, from_s: f64) -> f64 {
        let (wanted, end) = (self.id(name), self.now().as_seconds());
        let mut changes: Vec<(f64, ElementState)> = Vec::new();
        for event in &self.events {
            if let EventKind::StateChanged { element, state, .. } = event.kind
                && element == wanted
            {
                changes.push((event.at.as_seconds(), state));
            }
        }
        let ends = changes.iter().skip(1).map(|(at, _)| *at).chain([end]);
        let spans = changes.iter().zip(ends).filter(|((_, found), _)| *found == state);
        spans.map(|((at, _), next)| (next.max(from_s) - at.max(from_s)).max(0.0)).sum::<f64>() / (end - from_s)
    }
}

const BELT_AND_DOCK: &str = "
    \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.5),
    \"dock\": Sink(after: \"belt\"),";

/// Instants inside a step are interpolated on f64 arc lengths: rounding stays far below a microsecond.
const EXACT_S: f64 = 1e-6;

#[test]
fn a_part_passes_a_belt_in_length_over_speed() {
    let mut rig = Rig::new(scene(&format!("\"in\": Source(part: \"carton\", rate_per_h: 600, before: \"belt\"), {BELT_AND_DOCK}")), 0);
    rig.run(60.0);
    let (entered, left) = (rig.times(|kind| matches!(kind, EventKind::PartEntered { .. })), rig.left(Outcome::Good));
    assert_eq!(entered[..5], [0.0, 6.0, 12.0, 18.0, 24.0], "a constant rate is exact");
    assert!(left.len() >= 7);
    for (entered, left) in entered.iter().zip(&left) {
        // From the trailing face on the in-plane to the trailing face on the out-plane: 6 m at 0.5 m/s.
        assert!((left - entered - 12.0).abs() < EXACT_S, "{entered} to {left}");
    }
}
