//! What jams on conveyors with contact physics: who of those that came along jammed, where, for how long, and what was done about it.
//! Counts, and what they say; knows nothing of why a part jams.

use super::drawn::{Drawn, Values};
use super::fit::Fitted;
use super::shares::{Case, FittedShare, share, share_of_clusters};
use super::watch::{Seen, Sight};
use linetwin_model::scene::{Cleared, ConveyorId, ElementId, Jamming, PartProperty, PartTypeId, PortId};
use linetwin_model::{Scene, Time};
use linetwin_sim::Simulation;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{FactKind, Traffic, Wish};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Gamma};
use std::collections::BTreeMap;

/// Fewer jams say nothing of how often there are any.
const FEWEST: usize = 3;

/// What is done about a jam: index into its counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Attempt {
    Reversal,
    Straightening,
}

/// A part of which it is known whether it jammed.
#[derive(Clone, Debug)]
struct Trial {
    values: Values,
    /// Where it came onto the conveyor and where it left it [m].
    entered_m: f64,
    left_m: f64,
    jammed_at_m: Option<f64>,
    /// It was behind another that jammed, in this pile-up.
    behind: Option<usize>,
}

/// Of one type of part on one conveyor.
#[derive(Clone, Debug, Default)]
struct Record {
    trials: Vec<Trial>,
    /// Time in jams, and how many of them ended by themselves.
    lasted: Time,
    ended: usize,
    /// By attempt: how many there were, and how many cleared a jam.
    tried: [usize; 2],
    cleared: [usize; 2],
}

/// A part on a conveyor.
#[derive(Clone, Debug)]
struct Stay {
    on: ConveyorId,
    part_type: PartTypeId,
    values: Values,
    entered_m: f64,
    jammed_at_m: Option<f64>,
    behind: Option<usize>,
    /// The so many-th that came, and when.
    number: usize,
    came_at: Time,
    /// It is in a jam, of this pile-up: who jams behind another belongs to the same.
    since: Option<Time>,
    pile_up: usize,
    /// What came of the last attempt is not known.
    attempt: Option<Attempt>,
}

/// What was seen in one run.
#[derive(Default)]
pub struct Jams {
    records: BTreeMap<(ConveyorId, PartTypeId), Record>,
    stays: BTreeMap<PartId, Stay>,
    /// Who jammed there last.
    heads: BTreeMap<ConveyorId, PartId>,
    /// From coming to being recognised, where nobody had jammed ahead [s].
    pub took_s: Seen,
    /// How many have come onto conveyors.
    came: usize,
    pile_ups: usize,
}

/// How parts of one type jam on one conveyor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FittedJamming {
    pub element: String,
    pub part: String,
    pub at_m: f64,
    #[serde(flatten)]
    pub share: FittedShare,
    pub share_behind: Option<Fitted>,
    pub ends_after_s: Option<Fitted>,
    pub reversals_that_clear: Option<Fitted>,
    pub straightenings_that_clear: Option<Fitted>,
    /// What exact events read of it.
    #[serde(skip)]
    pub row: Jamming,
}

impl FittedJamming {
    /// Those of its values that are there, as the scene's fields are called.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, Fitted)> {
        let all = [
            ("share", Some(self.share.share)),
            ("share_behind", self.share_behind),
            ("ends_after_s", self.ends_after_s),
            ("reversals_that_clear", self.reversals_that_clear),
            ("straightenings_that_clear", self.straightenings_that_clear),
        ];
        all.into_iter().filter_map(|(field, fitted)| Some((field, fitted?)))
    }
}

impl Jams {
    /// `simulation`: as it is right after this was said.
    pub fn see(&mut self, scene: &Scene, simulation: &Simulation, drawn: &mut Drawn, traffic: &Traffic) {
        match traffic {
            Traffic::Wish(_, Wish::Straighten { part }) => self.attempt(*part, Attempt::Straightening),
            Traffic::Wish(_, Wish::SetSpeed { drive, speed_mps }) if *speed_mps < 0.0 => {
                if let Some(part) = self.heads.get(&scene.drives[drive.index()].conveyor) {
                    self.attempt(*part, Attempt::Reversal);
                }
            }
            Traffic::Wish(at, Wish::Remove { part }) => self.go(scene, *part, None, *at),
            Traffic::Wish(..) => {}
            Traffic::Fact(fact) => match fact.kind {
                FactKind::Entered { part, port } => self.come(scene, simulation, drawn, (part, port), fact.crossed_at),
                FactKind::Crossed { part, port, .. } => {
                    self.go(scene, part, Some(port), fact.crossed_at);
                    self.come(scene, simulation, drawn, (part, port), fact.crossed_at);
                }
                FactKind::Dropped { part, .. } => self.go(scene, part, None, fact.crossed_at),
                FactKind::JamBegan { part, element, head } if part == head => self.jam(scene, simulation, part, element, fact.crossed_at),
                FactKind::JamEnded { part, .. } => self.end(part, fact.crossed_at),
                _ => {}
            },
        }
    }

    fn attempt(&mut self, part: PartId, attempt: Attempt) {
        if let Some(stay) = self.stays.get_mut(&part).filter(|stay| stay.jammed_at_m.is_some()) {
            stay.attempt = Some(attempt);
        }
    }

    fn come(&mut self, scene: &Scene, simulation: &Simulation, drawn: &mut Drawn, (part, port): (PartId, PortId), at: Time) {
        let element = scene.carrier_behind(port);
        let on = scene.conveyors.iter().position(|conveyor| conveyor.element == element).map(ConveyorId::from_index);
        let (Some(on), Some(row)) = (on, simulation.parts().get(part)) else { return };
        let values = drawn.values(row, part);
        let conveyor = scene.conveyor(on);
        let at_port = || if conveyor.in_port == port { 0.0 } else { conveyor.path.nearest_along(scene.port(port).pose.position) };
        let entered_m = drawn.take_along_m(part).unwrap_or_else(at_port);
        let behind = self.stays.values().find(|stay| stay.on == on && stay.since.is_some()).map(|stay| stay.pile_up);
        self.came += 1;
        let (part_type, number) = (row.part_type, self.came);
        self.stays.insert(
            part,
            Stay {
                on,
                part_type,
                values,
                entered_m,
                jammed_at_m: None,
                behind,
                number,
                came_at: at,
                since: None,
                pile_up: 0,
                attempt: None,
            },
        );
    }

    fn record(&mut self, stay: &Stay) -> &mut Record {
        self.records.entry((stay.on, stay.part_type)).or_default()
    }

    /// A part is no longer on its conveyor: it goes on by this port, or is taken away.
    fn go(&mut self, scene: &Scene, part: PartId, port: Option<PortId>, at: Time) {
        self.end(part, at);
        let Some(stay) = self.stays.remove(&part) else { return };
        let path = &scene.conveyor(stay.on).path;
        let left_m = port.map(|port| path.nearest_along(scene.port(port).pose.position));
        let (jammed, entered_m) = (stay.jammed_at_m, stay.entered_m);
        let record = self.record(&stay);
        match (stay.attempt, port) {
            (Some(attempt), Some(_)) => {
                record.tried[attempt as usize] += 1;
                record.cleared[attempt as usize] += 1;
            }
            (None, Some(_)) if jammed.is_some() => record.ended += 1,
            _ => {}
        }
        // Of one that was taken away before it jammed nobody knows whether it would have.
        if let Some(left_m) = left_m.or(jammed) {
            record.trials.push(Trial { values: stay.values, entered_m, left_m, jammed_at_m: jammed, behind: stay.behind });
        }
    }

    fn jam(&mut self, scene: &Scene, simulation: &Simulation, part: PartId, element: ElementId, at: Time) {
        let Some(stay) = self.stays.get_mut(&part).filter(|stay| scene.conveyor(stay.on).element == element) else { return };
        let attempt = stay.attempt.take();
        stay.since = Some(at);
        if stay.jammed_at_m.is_none() {
            stay.pile_up = stay.behind.unwrap_or(self.pile_ups);
            self.pile_ups += usize::from(stay.behind.is_none());
            if stay.behind.is_none() {
                self.took_s.entry((Sight::Jams, element)).or_default().push(at.since(stay.came_at).as_seconds());
            }
            let motion = simulation.motions().into_iter().find(|(id, _)| *id == part);
            let place = motion.map(|(_, motion)| motion.position.map(f64::from));
            stay.jammed_at_m = place.map(|place| scene.conveyor(stay.on).path.nearest_along(place));
        }
        let stay = stay.clone();
        self.heads.insert(stay.on, part);
        let follows = |other: &&mut Stay| other.on == stay.on && other.number > stay.number && other.jammed_at_m.is_none();
        self.stays.values_mut().filter(follows).for_each(|other| _ = other.behind.get_or_insert(stay.pile_up));
        if let Some(attempt) = attempt {
            self.record(&stay).tried[attempt as usize] += 1;
        }
    }

    fn end(&mut self, part: PartId, at: Time) {
        let Some(stay) = self.stays.get_mut(&part) else { return };
        let Some(since) = stay.since.take() else { return };
        let stay = stay.clone();
        self.record(&stay).lasted += at.since(since);
    }

    /// The run is over: what stands in a jam did so up to now.
    pub fn close(&mut self, scene: &Scene, at: Time) {
        let parts: Vec<PartId> = self.stays.keys().copied().collect();
        parts.into_iter().for_each(|part| self.go(scene, part, None, at));
    }
}

fn is_cleared(scene: &Scene, conveyor: ConveyorId) -> bool {
    scene.clearings.iter().any(|clearing| clearing.fits(scene.conveyor(conveyor).element, Cleared::Jam))
}

/// What several runs say together.
pub fn fitted(scene: &Scene, runs: &[&Jams]) -> Vec<FittedJamming> {
    let mut all: BTreeMap<(ConveyorId, PartTypeId), Record> = BTreeMap::new();
    let before = runs.iter().scan(0, |sum, jams| Some(std::mem::replace(sum, *sum + jams.pile_ups)));
    for (pile_ups, (key, seen)) in before.zip(runs).flat_map(|(before, jams)| jams.records.iter().map(move |record| (before, record))) {
        let record = all.entry(*key).or_default();
        let numbered = |trial: &Trial| Trial { behind: trial.behind.map(|behind| behind + pile_ups), ..trial.clone() };
        record.trials.extend(seen.trials.iter().map(numbered));
        record.lasted += seen.lasted;
        record.ended += seen.ended;
        for attempt in 0..record.tried.len() {
            record.tried[attempt] += seen.tried[attempt];
            record.cleared[attempt] += seen.cleared[attempt];
        }
    }
    all.iter().filter_map(|((conveyor, part_type), record)| record.fitted(scene, *conveyor, *part_type)).collect()
}

impl Record {
    fn fitted(&self, scene: &Scene, conveyor: ConveyorId, part_type: PartTypeId) -> Option<FittedJamming> {
        let mut places: Vec<f64> = self.trials.iter().filter_map(|trial| trial.jammed_at_m).collect();
        places.sort_by(f64::total_cmp);
        if places.len() < FEWEST {
            return None;
        }
        // One of the places, in whole millimetres on the conveyor.
        let at_m = (places[places.len() / 2] * 1e3).floor() / 1e3;
        let came_along = |trial: &&Trial| trial.jammed_at_m.is_some() || (trial.entered_m < at_m && trial.left_m > at_m);
        let trials: Vec<&Trial> = self.trials.iter().filter(came_along).collect();
        let jammed_behind = trials.iter().filter(|trial| trial.behind.is_some() && trial.jammed_at_m.is_some()).count();
        let matters = jammed_behind >= FEWEST;
        let own = trials.iter().filter(|trial| !(trial.behind.is_some() && matters));
        let cases: Vec<Case> = own.map(|trial| (trial.values, trial.jammed_at_m.is_some())).collect();
        let all = FittedShare::of(&cases);
        let share_by = all.row();
        // Of those behind that would not have jammed by themselves, by pile-up: so many did, of so many.
        let of = PartProperty::ALL.iter().position(|property| *property == share_by.property).expect("it is one of all");
        let mut pile_ups: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for (pile_up, trial) in trials.iter().filter_map(|trial| Some((trial.behind?, trial))) {
            let (by_itself, of_row) = (share_by.of(trial.values[of]), pile_ups.entry(pile_up).or_default());
            of_row.0 += f64::from(u8::from(trial.jammed_at_m.is_some())) - by_itself;
            of_row.1 += 1.0 - by_itself;
        }
        let pile_ups: Vec<(f64, f64)> = pile_ups.into_values().collect();
        let more: f64 = pile_ups.iter().map(|(more, _)| more).sum();
        // They come in rows, so that a row is what was observed, and not a part.
        let share_behind = (matters && more > 0.0).then(|| share_of_clusters(&pile_ups));
        let ends_after_s = (self.ended > 0 && !is_cleared(scene, conveyor)).then(|| mean_s(self.lasted, self.ended));
        let clears = |attempt: Attempt| {
            let (tried, cleared) = (self.tried[attempt as usize], self.cleared[attempt as usize]);
            (tried > 0).then(|| share(cleared as f64, tried as f64))
        };
        let [reversals_that_clear, straightenings_that_clear] = [Attempt::Reversal, Attempt::Straightening].map(clears);
        Some(FittedJamming {
            element: scene.element(scene.conveyor(conveyor).element).name.clone(),
            part: scene.part_types[part_type.index()].name.clone(),
            at_m,
            share: all,
            share_behind,
            ends_after_s,
            reversals_that_clear,
            straightenings_that_clear,
            row: Jamming {
                conveyor,
                part_type,
                at_m,
                share: share_by,
                share_behind: share_behind.map_or(0.0, |fitted| fitted.value),
                ends_after_s: ends_after_s.map(|fitted| fitted.value),
                reversals_that_clear: reversals_that_clear.map_or(0.0, |fitted| fitted.value),
                straightenings_that_clear: straightenings_that_clear.map_or(1.0, |fitted| fitted.value),
            },
        })
    }
}

/// Of exponential times of which so many ended within `total`, the others not: the mean, with the interval of a run that is cut off
/// (Epstein and Sobel, Journal of the American Statistical Association 48, 1953).
fn mean_s(total: Time, ended: usize) -> Fitted {
    let (total_s, count) = (total.as_seconds(), ended as f64);
    let quantile = |shape: f64, share: f64| Gamma::new(shape, 1.0).expect("a positive shape").inverse_cdf(share);
    Fitted::new(total_s / count, total_s / quantile(count + 1.0, 0.975), total_s / quantile(count, 0.025), ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chi-squared at 2.5 and 97.5 %: 3.2470 with ten degrees of freedom, 23.337 with twelve.
    #[test]
    fn a_mean_of_times_that_were_cut_off_has_its_interval() {
        let Fitted { value, low, high, observations } = mean_s(Time::from_seconds(100.0), 5);
        assert_eq!((value, observations), (20.0, 5));
        assert!((low - 200.0 / 23.337).abs() < 1e-3 && (high - 200.0 / 3.2470).abs() < 1e-2, "{low} {high}");
    }
}
