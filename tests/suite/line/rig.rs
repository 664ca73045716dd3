//! A line on the event transport, with everything that happened to it; conservation is asserted at
//! every step.

use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::{ElementId, Outcome};
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::io::{Command, IoValue};
use linetwin_sim::jump::Jump;
use linetwin_sim::line::Line;
use linetwin_sim::parts::Parts;
use linetwin_sim::port::HELD_AFTER;
use linetwin_sim::random::Streams;
use linetwin_sim::transport::event::EventTransport;

/// A scene of cartons of 0.4 m with the given elements.
pub fn scene_with(head: &str, line: &str) -> Scene {
    let text = format!(
        "Scene(schema: 1, name: \"test\", seed: 7, {head}
            parts: {{ \"carton\": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: Normal(mean: 4.0, sd: 0.3)) }},
            line: {{ {line} }})"
    );
    let reading = read("test.ron", &text, &ReadOptions::default(), &|path: &str| Err(std::io::Error::other(path.to_string())));
    let problems: Vec<_> = reading.diagnostics.iter().map(|problem| problem.message.clone()).collect();
    reading.scene.unwrap_or_else(|| panic!("{problems:#?}"))
}

pub fn scene(line: &str) -> Scene {
    scene_with("", line)
}

/// A running line with everything that happened.
pub struct Rig {
    pub scene: Scene,
    pub line: Line,
    pub parts: Parts,
    pub transport: EventTransport,
    pub events: Vec<Event>,
    pub step: u64,
}

impl Rig {
    pub fn new(scene: Scene, replication: u32) -> Self {
        let streams = Streams { seed: scene.seed, replication };
        Rig {
            line: Line::new(&scene, streams),
            transport: EventTransport::new(&scene, streams),
            parts: Parts::default(),
            events: Vec::new(),
            step: 0,
            scene,
        }
    }

    pub fn now(&self) -> Time {
        self.scene.step.time_of(self.step)
    }

    pub fn step(&mut self) {
        let now = self.now();
        let (scene, line, parts) = (&self.scene, &mut self.line, &mut self.parts);
        let (transport, events) = (&mut self.transport, &mut self.events);
        Jump { scene, line, parts, transport, facts: &mut Vec::new(), wishes: &mut Vec::new(), events, tap: None }.to(now);
        self.parts.assert_conserved();
        self.step += 1;
    }

    pub fn run(&mut self, seconds: f64) -> &mut Self {
        let end = self.now() + Time::from_seconds(seconds);
        while self.now() < end {
            self.step();
        }
        self
    }

    pub fn force(&mut self, point: &str, force: Option<IoValue>) {
        let command = Command { step: self.step, sequence: 0, point: point.to_string(), force };
        self.line.command(&command).expect("the point exists and takes the value");
    }

    pub fn id(&self, name: &str) -> ElementId {
        self.scene.element_named(name).expect("the scene has it")
    }

    pub fn times(&self, pick: impl Fn(&EventKind) -> bool) -> Vec<f64> {
        self.events.iter().filter(|event| pick(&event.kind)).map(|event| event.at.as_seconds()).collect()
    }

    pub fn left(&self, outcome: Outcome) -> Vec<f64> {
        self.times(|kind| matches!(kind, EventKind::PartLeft { outcome: found, .. } if *found == outcome))
    }

    pub fn cycles_ended(&self, name: &str) -> Vec<f64> {
        let wanted = self.id(name);
        self.times(|kind| matches!(kind, EventKind::CycleEnded { element, .. } if *element == wanted))
    }

    /// Share of the time from `from_s` to now that an element spent in a state.
    pub fn share(&self, name: &str, state: ElementState, from_s: f64) -> f64 {
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

/// Of the belts here [m/s], and what card gains on them by friction, 0.5 times gravity [m/s^2].
const SPEED_MPS: f64 = 0.5;
const GAIN_MPS2: f64 = 0.5 * 9.81;

/// How long a part takes from rest over a way that is longer than its ramp [s].
pub fn from_rest_s(way_m: f64) -> f64 {
    way_m / SPEED_MPS + SPEED_MPS / (2.0 * GAIN_MPS2)
}

/// How long a part must rest to be held [s].
pub fn held_s() -> f64 {
    HELD_AFTER.as_seconds()
}

/// From letting a carton of 0.4 m out of a blade to holding the next, which stands behind it [s]: that one is kept back until
/// it has 50 mm and 50 ms of way between them, and moves up by its own length.
pub fn exchange_s() -> f64 {
    from_rest_s(0.05 + 0.05 * SPEED_MPS) + from_rest_s(0.4) + held_s()
}

/// Every family at once, with failures everywhere and more arrivals than it can take.
pub const EVERYTHING: &str = "
    \"in\": Source(part: \"carton\", interarrival_s: Exponential(mean: 2.5), before: \"zones\", when_occupied: Lose),
    \"zones\": ZoneConveyor(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), zone_m: 1, width_m: 0.6, speed_mps: 0.5,
        failures: [Failure(mode: \"chain\", uptime_s: Exponential(mean: 120), repair_s: Exponential(mean: 20))]),
    \"rack\": Buffer(after: \"zones\", capacity: 4, dwell_s: Uniform(min: 0, max: 5), release_s: 1,
        failures: [Failure(mode: \"lift\", clock: Calendar, uptime_s: Exponential(mean: 150), repair_s: 10)]),
    \"host\": Belt(after: \"rack\", length_m: 12,
        failures: [Failure(mode: \"belt\", uptime_s: Exponential(mean: 200), repair_s: 15)]),
    \"merge\": Merge(on: \"host\", at_m: 3, side: Right, priority: FirstCome),
    \"in 2\": Source(part: \"carton\", interarrival_s: Exponential(mean: 8), before: \"side\",
        failures: [Failure(mode: \"empty\", clock: Calendar, uptime_s: Exponential(mean: 100), repair_s: 20)]),
    \"side\": Belt(before: \"merge.side\", length_m: 3, width_m: 0.6, speed_mps: 0.5),
    \"weigher\": Checkweigher(on: \"host\", at_m: 5, limits_kg: (3.6, 4.4), error_sd_kg: 0.05, sets: \"weight_ok\",
        failures: [Failure(mode: \"cell\", uptime_s: Exponential(mean: 60), repair_s: Exponential(mean: 10))]),
    \"reject\": Pusher(on: \"host\", at_m: 6.5, side: Left, stroke_s: 0.3, when: \"!weight_ok\"),
    \"bin\": Sink(after: \"reject.side\"),
    \"gate\": Stop(on: \"host\", at_m: 8, hold_s: Uniform(min: 0, max: 1), when: \"mass_kg > 4\"),
    \"work\": Station(on: \"host\", at_m: 10, hold: Clamp, processing_s: Triangular(min: 1, mode: 2, max: 4), scrap_probability: 0.1,
        failures: [Failure(mode: \"knife\", uptime_s: Exponential(mean: 90), repair_s: Lognormal(mean: 15, sd: 10)),
                   Failure(mode: \"glue\", clock: Cycles, uptime_cycles: 20, repair_s: 12)]),
    \"eye\": Eye(on: \"host\", at_m: 11.5),
    \"cells\": ParallelStation(after: \"host\", processing_s: Uniform(min: 4, max: 9), slots: 3, batch: 2, wait_s: 15, scrap_probability: 0.05,
        failures: [Failure(mode: \"probe\", uptime_s: Exponential(mean: 80), repair_s: 12)]),
    \"shelf\": Buffer(after: \"cells\", capacity: 2, dwell_s: 3,
        failures: [Failure(mode: \"door\", clock: Calendar, uptime_s: Exponential(mean: 130), repair_s: 12)]),
    \"polish\": ParallelStation(after: \"shelf\", processing_s: Uniform(min: 1, max: 3), slots: 2,
        failures: [Failure(mode: \"felt\", uptime_s: Exponential(mean: 110), repair_s: 9)]),
    \"out\": Belt(after: \"polish\", length_m: 2),
    \"dock\": Sink(after: \"out\"),";
