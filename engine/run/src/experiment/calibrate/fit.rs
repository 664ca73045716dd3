//! Values with which exact events say what contact physics says. Each value belongs to one sight of one element; it is moved until
//! the means of both agree, and known as well as the differences of single runs say. A resistance, or a speed, is seen itself, and not moved.

use super::Counted;
use super::watch::{Seen, Sight};
use crate::experiment::statistics::Estimate;
use linetwin_model::scene::{Calibration, ElementId, ElementKind, SpotTiming, TakeOff};
use linetwin_model::{Scene, Time};
use serde::Serialize;

/// So often exact events are run with better values. Times are right after the first; a flow takes a few.
pub const ROUNDS: u32 = 12;
/// Fewer observations with either say nothing.
const FEWEST: usize = 10;
/// This share of the shortest and of the longest durations are left out: a failure in between, a part that lay askew.
const TRIMMED: f64 = 0.25;
/// What a hopper pours over the textbook lies between these [-].
const LEAST_FLOW: f64 = 0.05;
const MOST_FLOW: f64 = 10.0;
/// Of the whole effect of a hopper's outlet on what pours, what there must be of it [-].
const DECIDES: f64 = 0.3;
/// Of a flow, the share by which it must have changed to tell of its effect [-].
const TELLING: f64 = 1e-3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    SettleS,
    ReleaseS,
    Resistance,
    Flow,
    JamsLateS,
    TakesOffS,
    HandsOver,
    Covers,
}

impl Parameter {
    /// The value with which nothing is otherwise; `None`: that is otherwise for each element.
    fn nothing(self) -> Option<f64> {
        match self {
            Parameter::Flow => Some(1.0),
            Parameter::HandsOver | Parameter::Covers => None,
            _ => Some(0.0),
        }
    }

    /// It is seen itself with contact physics, and needs no exact events.
    fn is_seen(self) -> bool {
        matches!(self, Parameter::Resistance | Parameter::HandsOver | Parameter::Covers)
    }

    /// It may also be less than exact events have it.
    fn is_signed(self) -> bool {
        matches!(self, Parameter::Resistance | Parameter::TakesOffS)
    }

    /// As the scene's field is called.
    pub fn field(self) -> &'static str {
        match self {
            Parameter::SettleS => "settle_s",
            Parameter::ReleaseS => "release_s",
            Parameter::Resistance => "resistance",
            Parameter::Flow => "flow",
            Parameter::JamsLateS => "jams_late_s",
            Parameter::TakesOffS => "takes_off_s",
            Parameter::HandsOver => "hands_over",
            Parameter::Covers => "covers",
        }
    }
}

/// A value with its 95 % interval, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fitted {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// With contact physics.
    pub observations: u32,
}

impl Fitted {
    pub fn new(value: f64, low: f64, high: f64, observations: usize) -> Fitted {
        let [value, low, high] = [value, low, high].map(Fitted::rounded);
        Fitted { value, low: low.min(value), high: high.max(value), observations: u32::try_from(observations).unwrap_or(u32::MAX) }
    }

    /// To what is written: micrometres a metre, microseconds a second.
    pub fn rounded(value: f64) -> f64 {
        (value * 1e6).round() / 1e6
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FittedValue {
    pub element: String,
    pub parameter: Parameter,
    #[serde(flatten)]
    pub fitted: Fitted,
}

/// A value that is looked for.
struct Knob {
    element: ElementId,
    parameter: Parameter,
    /// What tells of it.
    sight: Sight,
    observations: usize,
    value: f64,
    /// How far contact physics is above exact events, by run [s], with `value`; of what is seen itself, what contact physics says [-].
    above_s: Vec<f64>,
    /// What one unit of the value makes of the sight [s], [kg].
    effect: f64,
    /// Of a flow: the value before, and what exact events made of it [kg].
    before: Option<(f64, f64)>,
    /// Something else decides what is seen: the value stays as it was.
    idle: bool,
}

pub struct Fitting<'a> {
    contact: &'a [&'a Seen],
    counted: &'a Counted,
    knobs: Vec<Knob>,
}

impl<'a> Fitting<'a> {
    /// `contact`: what was seen in each run with contact physics; `counted`: what is not looked for.
    pub fn new(scene: &Scene, contact: &'a [&'a Seen], counted: &'a Counted) -> Self {
        let total = |sight: Sight, element: ElementId| contact.iter().filter_map(|seen| seen.get(&(sight, element))).map(Vec::len).sum();
        let mut knobs = Vec::new();
        for element in scene.element_ids() {
            let settles = [Sight::Alone, Sight::Behind].into_iter().max_by_key(|sight| total(*sight, element)).expect("two");
            for (parameter, sight) in [
                (Parameter::SettleS, settles),
                (Parameter::ReleaseS, Sight::LetGo),
                (Parameter::Resistance, Sight::Slides),
                (Parameter::Flow, Sight::Poured),
                (Parameter::JamsLateS, Sight::Jams),
                (Parameter::TakesOffS, Sight::TakesOff),
                (Parameter::HandsOver, Sight::HandsOver),
                (Parameter::Covers, Sight::Covers),
            ] {
                let observations: usize = total(sight, element);
                // Of a hopper whose gate weighs, the seconds say little of its flow.
                let weighs = parameter == Parameter::Flow && is_weighed(scene, element);
                if observations >= FEWEST && !weighs {
                    let mut knob = Knob::new(element, parameter, sight, observations);
                    if parameter.is_seen() {
                        knob.above_s = contact.iter().filter_map(|seen| middle(seen.get(&(sight, element))?)).collect();
                        knob.value = Estimate::of(&knob.above_s).map_or(0.0, |estimate| estimate.mean);
                    }
                    knobs.push(knob);
                }
            }
        }
        Fitting { contact, counted, knobs }
    }

    /// What exact events are to be run with next.
    pub fn calibration(&self, scene: &Scene) -> Calibration {
        applied(scene, self.knobs.iter().map(|knob| (knob.element, knob.parameter, knob.value)), self.counted)
    }

    /// Takes in what was seen with that, in the same runs.
    pub fn learn(&mut self, event: &[Seen]) {
        for knob in self.knobs.iter_mut().filter(|knob| !knob.parameter.is_seen()) {
            let middle = |seen: &Seen| seen.get(&(knob.sight, knob.element)).and_then(|durations| middle(durations));
            let pairs = self.contact.iter().zip(event).filter_map(|(contact, event)| Some(middle(contact)? - middle(event)?));
            knob.above_s = pairs.collect();
            let event: Vec<f64> = event.iter().filter_map(middle).collect();
            knob.adjust(Estimate::of(&event).map(|estimate| estimate.mean));
        }
    }

    /// Those that can be told from nothing.
    pub fn values(&self, scene: &Scene) -> Vec<FittedValue> {
        let told = self.knobs.iter().filter(|knob| !knob.idle).filter_map(|knob| {
            let half_width = Estimate::of(&knob.above_s)?.half_width? / knob.effect.abs();
            let (low, high) = (knob.value - half_width, knob.value + half_width);
            let low = if knob.parameter.is_signed() { low } else { low.max(0.0) };
            let is_nothing = knob.parameter.nothing().is_some_and(|nothing| (knob.value - nothing).abs() <= half_width);
            (!is_nothing).then(|| FittedValue {
                element: scene.element(knob.element).name.clone(),
                parameter: knob.parameter,
                fitted: Fitted::new(knob.value, low, high, knob.observations),
            })
        });
        told.collect()
    }
}

impl Knob {
    fn new(element: ElementId, parameter: Parameter, sight: Sight, observations: usize) -> Knob {
        Knob {
            element,
            parameter,
            sight,
            observations,
            value: parameter.nothing().unwrap_or(0.0),
            above_s: Vec::new(),
            effect: 1.0,
            before: None,
            idle: false,
        }
    }

    /// `event`: what exact events made of it with `value`, in the mean.
    fn adjust(&mut self, event: Option<f64>) {
        let off_s = Estimate::of(&self.above_s).map(|estimate| estimate.mean);
        if self.parameter == Parameter::Flow {
            if let (Some(off_kg), Some(event_kg)) = (off_s, event.filter(|event_kg| *event_kg > 0.0)) {
                self.flow_on(off_kg, event_kg);
            }
        } else if let Some(off_s) = off_s {
            // Exact events take so much longer, and nothing else of this sight changes.
            self.value += off_s;
            if !self.parameter.is_signed() {
                self.value = self.value.max(0.0);
            }
        }
    }

    /// A rate is as much larger as its value, unless what is below or above decides it.
    fn flow_on(&mut self, off_kg: f64, event_kg: f64) {
        let whole = event_kg / self.value;
        match self.before {
            None => self.effect = whole,
            // A change too small says nothing of its effect.
            Some((value, _)) if (value - self.value).abs() < TELLING * self.value => {}
            Some((value, kg)) => {
                self.effect = (event_kg - kg) / (self.value - value);
                self.idle |= self.effect < DECIDES * whole;
            }
        }
        self.before = Some((self.value, event_kg));
        let next = if self.idle { 1.0 } else { self.value + off_kg / self.effect };
        self.value = next.clamp(LEAST_FLOW, MOST_FLOW);
    }
}

fn is_weighed(scene: &Scene, hopper: ElementId) -> bool {
    scene.elements.iter().any(|element| matches!(&element.kind, ElementKind::FillAndWeigh(filler) if filler.hopper == hopper))
}

/// What exact events read, of values by their elements' names.
pub fn calibration_of(scene: &Scene, values: &[FittedValue], counted: &Counted) -> Calibration {
    let named = |name: &str| scene.element_ids().find(|element| scene.element(*element).name == name).expect("an element of this scene");
    applied(scene, values.iter().map(|found| (named(&found.element), found.parameter, found.fitted.value)), counted)
}

fn applied(scene: &Scene, values: impl Iterator<Item = (ElementId, Parameter, f64)>, counted: &Counted) -> Calibration {
    let mut spots = vec![SpotTiming::default(); scene.spots.len()];
    let mut resistance = vec![0.0; scene.conveyors.len()];
    let mut flow = vec![1.0; scene.elements.len()];
    let mut jams_late = vec![Time::ZERO; scene.conveyors.len()];
    let mut take_offs: Vec<TakeOff> = Vec::new();
    for (element, parameter, value) in values {
        if let Parameter::TakesOffS | Parameter::HandsOver | Parameter::Covers = parameter {
            let known = take_offs.iter().position(|row| row.device == element).unwrap_or_else(|| {
                take_offs.push(TakeOff { device: element, longer_s: 0.0, speed: None, covers: None });
                take_offs.len() - 1
            });
            match parameter {
                Parameter::TakesOffS => take_offs[known].longer_s = value,
                Parameter::HandsOver => take_offs[known].speed = Some(value),
                _ => take_offs[known].covers = Some(value),
            }
        }
        for (timing, _) in spots.iter_mut().zip(&scene.spots).filter(|(_, spot)| spot.element == element && spot.hold.is_some()) {
            match parameter {
                Parameter::SettleS => timing.settle = Time::from_seconds(value),
                Parameter::ReleaseS => timing.release = Time::from_seconds(value),
                _ => {}
            }
        }
        if parameter == Parameter::Flow {
            flow[element.index()] = value;
        }
        for (found, conveyor) in resistance.iter_mut().zip(&scene.conveyors) {
            if parameter == Parameter::Resistance && conveyor.element == element {
                *found = value;
            }
        }
        for (late, conveyor) in jams_late.iter_mut().zip(&scene.conveyors) {
            if parameter == Parameter::JamsLateS && conveyor.element == element {
                *late = Time::from_seconds(value);
            }
        }
    }
    let misses = counted.misses.iter().map(|missed| missed.row.clone()).collect();
    let slips = counted.slips.iter().map(|slipped| slipped.row.clone()).collect();
    let jams = counted.jams.iter().map(|jamming| jamming.row.clone()).collect();
    Calibration { spots, resistance, flow, jams, jams_late, misses, take_offs, slips, apart: Vec::new() }
}

/// Mean of the durations without the shortest and the longest [s]; `None` of too few.
fn middle(durations: &[f64]) -> Option<f64> {
    let mut sorted = durations.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = (sorted.len() as f64 * TRIMMED) as usize;
    let kept = &sorted[cut..sorted.len() - cut];
    (sorted.len() >= 2).then(|| kept.iter().sum::<f64>() / kept.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_knows_no_outliers() {
        assert_eq!(middle(&[1.0, 1.0, 1.2, 1.2, 90.0, 0.1, 1.1, 1.1]), Some(1.1));
        assert_eq!(middle(&[1.0]), None);
    }

    #[test]
    fn a_flow_is_fitted_where_it_decides() {
        let fitted = |contact_kg: f64, pours_kg: fn(f64) -> f64| {
            let mut knob = Knob::new(ElementId(0), Parameter::Flow, Sight::Poured, 100);
            for _ in 0..ROUNDS {
                let event_kg = pours_kg(knob.value);
                knob.above_s = vec![contact_kg - event_kg; 2];
                knob.adjust(Some(event_kg));
            }
            (knob.value, knob.idle)
        };
        assert_eq!(fitted(1.5, |flow| 1.2 * flow), (1.25, false));
        // A belt below doses.
        assert_eq!(fitted(0.63, |flow| (1.2 * flow).min(0.6)), (1.0, true));
    }
}
