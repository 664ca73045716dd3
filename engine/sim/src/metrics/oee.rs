//! OEE by ISO 22400-2 and where the time of the constraint went. Formulas only; knows nothing about events.
//!
//! The elements of ISO 22400-2:2014, and what they are here:
//!
//! * PBT, planned busy time: the window less `planned stop` and `not scheduled`.
//! * APT, actual production time: PBT less the availability losses, which are stops (`down`, `jammed`) of at least
//!   `minor_stop_s`, `held` and `setup`. The delay time ADET (minor stops, `starved`, `blocked`) stays in APT, so that it
//!   lowers effectiveness and not availability; the KPIs "without starved and blocked" take those two out of PBT and APT.
//! * PRI, planned run time per item: `ideal_cycle_s` where the scene declares it, else the mean of the processing time.
//!   A parallel station shares it among the parts that it can work on at once. A checkweigher works in motion; the checked scene says how long a part of mean length takes.
//! * PQ, produced quantity: works finished. GQ, good quantity: PQ less scrap.

use super::element::ElementFold;
use super::stops::Cause;
use crate::event::ElementState;
use linetwin_model::report::{Loss, LossKind, OeeReport, Waterfall};
use linetwin_model::scene::{Element, ElementKind};
use linetwin_model::{Scene, Time};

/// Time elements of one machine within the window [ns].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeElements {
    /// PBT
    pub planned_busy: u64,
    /// APT
    pub production: u64,
    /// `starved` and `blocked`
    pub waiting: u64,
}

impl TimeElements {
    pub fn of(fold: &ElementFold) -> Self {
        let planned_busy = fold.time_in_all() - fold.time_in(ElementState::PlannedStop) - fold.time_in(ElementState::NotScheduled);
        let lost = fold.stops.total().long_ns + fold.time_in(ElementState::Held) + fold.time_in(ElementState::Setup);
        let waiting = fold.time_in(ElementState::Starved) + fold.time_in(ElementState::Blocked);
        TimeElements { planned_busy, production: planned_busy - lost, waiting }
    }
}

/// Quantities behind OEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantities {
    /// PQ
    pub produced: u64,
    /// Good, of `judged` parts: GQ and PQ of a machine; of the line, what became of the constraint's parts.
    pub good: u64,
    pub judged: u64,
}

/// KPI 8 of ISO 22400-2, for what has no work of its own to plan.
pub fn availability(times: TimeElements) -> Option<f64> {
    ratio(times.production, times.planned_busy)
}

fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// KPIs 6 (OEE index), 8 (availability), 9 (effectiveness, here performance) and 10 (quality ratio) of ISO 22400-2:
///
/// * availability = APT / PBT
/// * effectiveness = PRI * PQ / APT
/// * quality ratio = GQ / PQ
/// * OEE index = availability * effectiveness * quality ratio
///
/// `ideal` is PRI; `None` where the element has no work of its own to plan.
pub fn oee(times: TimeElements, ideal: Option<Time>, quantities: Quantities) -> OeeReport {
    let performance = |production: u64| {
        let ideal_ns = u128::from(ideal?.0) * u128::from(quantities.produced);
        (production > 0).then(|| ideal_ns as f64 / production as f64)
    };
    let product = |a: Option<f64>, b: Option<f64>, c: Option<f64>| Some(a? * b? * c?);
    let quality = ratio(quantities.good, quantities.judged);
    let all = (ratio(times.production, times.planned_busy), performance(times.production));
    // A machine waits only while it could produce, so both differences are of a part and its whole.
    let own_production = times.production - times.waiting;
    let own = (ratio(own_production, times.planned_busy - times.waiting), performance(own_production));
    OeeReport {
        availability: all.0,
        performance: all.1,
        quality,
        oee: product(all.0, all.1, quality),
        availability_without_starved_blocked: own.0,
        performance_without_starved_blocked: own.1,
        oee_without_starved_blocked: product(own.0, own.1, quality),
        ideal_cycle_s: ideal.map(Time::as_seconds),
        produced: quantities.produced,
    }
}

/// PRI of an element that works.
pub fn ideal_cycle(scene: &Scene, element: &Element) -> Option<Time> {
    match &element.kind {
        ElementKind::Checkweigher(weigher) => weigher.ideal_cycle,
        ElementKind::ParallelStation(station) => {
            let mean_s = station.processing_s.mean() / f64::from(station.capacity());
            station.ideal_cycle.or_else(|| Some(Time::from_seconds(mean_s)))
        }
        ElementKind::Packer(packer) => packer.ideal_cycle.or_else(|| {
            let holds = scene.part_types[packer.container.index()].holds.as_ref()?;
            let groups = if packer.layerwise { holds.layers.len() as u32 } else { holds.capacity().div_ceil(packer.takes) };
            Some(Time::from_seconds(f64::from(groups) * packer.cycle_s.mean() + packer.change_s.mean()))
        }),
        // How many groups a container that comes has, only the run knows.
        ElementKind::Unpacker(unpacker) => unpacker.ideal_cycle.or_else(|| {
            let all_at_once = !unpacker.layerwise && unpacker.takes.is_none();
            all_at_once.then(|| Time::from_seconds(unpacker.cycle_s.mean() + unpacker.change_s.mean()))
        }),
        kind => {
            let station = kind.station()?;
            station.ideal_cycle.or_else(|| Some(Time::from_seconds(station.processing_s.mean() / f64::from(station.batch))))
        }
    }
}

/// From planned time to good parts, loss by loss; exact in nanoseconds, so that the steps add up.
pub fn waterfall(element: &Element, fold: &ElementFold, ideal: Time, quantities: Quantities) -> Waterfall {
    let times = TimeElements::of(fold);
    let stops = fold.stops.total();
    let time = |state| i128::from(fold.time_in(state));
    let mut losses: Vec<(LossKind, String, i128)> = Vec::new();
    for (cause, tally) in &fold.stops.by_cause {
        let name = match cause {
            Cause::Failure(mode) => element.failures[*mode as usize].mode.clone(),
            Cause::Unnamed => "down".to_owned(),
            Cause::Jam => "jam".to_owned(),
        };
        losses.push((LossKind::Availability, name, i128::from(tally.long_ns)));
    }
    losses.push((LossKind::Availability, "held".to_owned(), time(ElementState::Held)));
    losses.push((LossKind::Availability, "setup".to_owned(), time(ElementState::Setup)));
    losses.retain(|loss| loss.2 != 0);
    let ideal_ns = i128::from(ideal.0) * i128::from(quantities.produced);
    let waiting = [ElementState::Starved, ElementState::Blocked].map(|state| (state.name(), time(state)));
    let minor = i128::from(stops.minor_ns);
    let speed = i128::from(times.production) - minor - waiting[0].1 - waiting[1].1 - ideal_ns;
    losses.push((LossKind::Performance, "minor stops".to_owned(), minor));
    losses.extend(waiting.map(|(name, span)| (LossKind::Performance, name.to_owned(), span)));
    losses.push((LossKind::Performance, "speed and handling".to_owned(), speed));
    let judged = i128::from(quantities.judged.max(1));
    let net_ns = if quantities.judged == 0 { ideal_ns } else { ideal_ns * i128::from(quantities.good) / judged };
    losses.push((LossKind::Quality, "reject and scrap".to_owned(), ideal_ns - net_ns));
    let seconds = |span: i128| span as f64 / 1e9;
    Waterfall {
        element: element.name.clone(),
        planned_s: Time(times.planned_busy).as_seconds(),
        losses: losses.into_iter().map(|(kind, name, span)| Loss { kind, name, time_s: seconds(span) }).collect(),
        net_s: seconds(net_ns),
    }
}
