//! One long run cut into batches: means with intervals without any other run, where the batches are long enough to know nothing of
//! each other. Knows the run by its journal alone.

use super::statistics::Estimate;
use super::warm_up::mser_5;
use crate::directory::journal_path;
use crate::error::RunError;
use crate::input::stored_input;
use crate::journal::{EventLevel, JournalError, JournalReader};
use crate::manifest::{MANIFEST_FILE, Manifest};
use crate::outputs::read_kpi_json;
use linetwin_model::report::key;
use linetwin_model::scene::Outcome;
use linetwin_model::{Scene, Time};
use linetwin_sim::event::{ElementState, Event, EventKind};
use linetwin_sim::parts::PartId;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Batches that are tried, the most first. More than thirty narrow an interval no further, fewer than ten make it wide (Schmeiser 1982).
const BATCH_COUNTS: [usize; 6] = [30, 24, 20, 16, 12, 10];
/// Bins of which batches are made: every number of batches divides it.
const BINS: usize = 960;
/// One-sided 80 % quantile of the standard normal distribution: batches count as dependent where independent ones would be so
/// much alike once in five times.
const DEPENDENT: f64 = 0.841_621;

/// What one run says of its means.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunBatches {
    pub scene: String,
    pub seed: u64,
    pub replication: u32,
    /// Between which it is cut into batches [s].
    pub from_s: f64,
    pub to_s: f64,
    /// Where WIP and output have settled (MSER-5), from the beginning [s]; `None`: the run is too short to say.
    pub settled_after_s: Option<f64>,
    pub means: Vec<BatchMean>,
}

/// One measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchMean {
    pub kpi: String,
    pub unit: String,
    /// Of the whole time; its interval is by Student's t over the batches.
    pub estimate: Estimate,
    /// Of neighbouring batches [-].
    pub correlation: f64,
    /// Whether neighbouring batches tell nothing of each other, as far as can be seen: otherwise the interval is too narrow, and the
    /// run too short.
    pub is_independent: bool,
}

/// Sums and weights by bin: a batch's mean is the sum of its sums over the sum of its weights.
#[derive(Clone, Debug)]
struct Bins {
    sums: Vec<f64>,
    weights: Vec<f64>,
}

impl Bins {
    /// Of a measure over time: every bin weighs as much.
    fn over_time(bin_s: f64) -> Bins {
        Bins { sums: vec![0.0; BINS], weights: vec![bin_s; BINS] }
    }
    fn over_events() -> Bins {
        Bins { sums: vec![0.0; BINS], weights: vec![0.0; BINS] }
    }

    /// As many batches as are independent; ten where none are. `None` where a batch has no value.
    fn judged(&self) -> Option<(Estimate, f64, bool)> {
        let mut last = None;
        for count in BATCH_COUNTS {
            let size = self.sums.len() / count;
            let batches = self.sums.chunks_exact(size).zip(self.weights.chunks_exact(size));
            let means: Vec<f64> = batches.map(|(sums, weights)| sums.iter().sum::<f64>() / weights.iter().sum::<f64>()).collect();
            let Some(estimate) = Estimate::of(&means).filter(|estimate| estimate.mean.is_finite()) else { continue };
            let (correlation, is_independent) = independent(&means);
            let whole = self.sums.iter().sum::<f64>() / self.weights.iter().sum::<f64>();
            last = Some((Estimate { mean: whole, ..estimate }, correlation, is_independent));
            if is_independent {
                break;
            }
        }
        last
    }
}

/// Correlation of neighbours, and whether it is one that independent values have: von Neumann's ratio (1941), as Fishman (1978) judges
/// batches by it.
fn independent(means: &[f64]) -> (f64, bool) {
    let count = means.len() as f64;
    let mean = means.iter().sum::<f64>() / count;
    let squares: f64 = means.iter().map(|x| (x - mean) * (x - mean)).sum();
    let steps: f64 = means.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum();
    if squares <= 0.0 {
        return (0.0, true);
    }
    let correlation = 1.0 - steps / (2.0 * squares);
    (correlation, correlation < DEPENDENT * ((count - 2.0) / (count * count - 1.0)).sqrt())
}

/// Of a finished run that kept all its events. `warmup`: instead of the scene's.
pub fn batch_means(dir: &Path, warmup: Option<Time>) -> Result<RunBatches, RunError> {
    let manifest = Manifest::load_or_refuse(dir)?;
    manifest.require_finished(dir)?;
    let refused = |reason: &str| RunError::Record { path: dir.join(MANIFEST_FILE), reason: reason.to_owned() };
    if manifest.events != EventLevel::All {
        return Err(refused("the run kept not all its events: run it with --events all"));
    }
    let scene = stored_input(dir, &manifest)?.scene;
    let (from, to) = (warmup.unwrap_or(scene.warmup), manifest.duration());
    if from >= to {
        return Err(RunError::NothingMeasured { duration_s: to.as_seconds(), warmup_s: from.as_seconds() });
    }
    let path = journal_path(dir);
    let damaged = |error: JournalError| RunError::Damaged { path: path.clone(), reason: error.to_string() };
    let mut journal = JournalReader::open(&path, &manifest.run_key_bytes()).map_err(damaged)?;
    let mut fold = Fold::new(&scene, from, to);
    while let Some(block) = journal.next_block().map_err(damaged)? {
        block.events.iter().for_each(|event| fold.take(event));
    }
    let series = read_kpi_json(dir)?.series;
    let settled = [&series.wip, &series.throughput_per_h].map(|values| mser_5(&values[..values.len().saturating_sub(1)]));
    let [Some(wip), Some(output)] = settled else { return Ok(fold.finish(&manifest, None)) };
    Ok(fold.finish(&manifest, Some(wip.max(output) as f64 * series.bucket_s)))
}

/// From events to bins.
struct Fold<'a> {
    scene: &'a Scene,
    from: Time,
    to: Time,
    entered: BTreeMap<PartId, Time>,
    /// Since when so many are inside, and each element is in its state.
    inside: (Time, u32),
    states: Vec<Option<(Time, ElementState)>>,
    throughput: Bins,
    wip: Bins,
    lead: Bins,
    /// By element and state.
    shares: BTreeMap<(usize, ElementState), Bins>,
}

impl<'a> Fold<'a> {
    fn new(scene: &'a Scene, from: Time, to: Time) -> Self {
        let bin_s = (to - from).as_seconds() / BINS as f64;
        Fold {
            scene,
            from,
            to,
            entered: BTreeMap::new(),
            inside: (Time::ZERO, 0),
            states: vec![None; scene.elements.len()],
            throughput: Bins::over_time(bin_s),
            wip: Bins::over_time(bin_s),
            lead: Bins::over_events(),
            shares: BTreeMap::new(),
        }
    }

    fn bin_s(&self) -> f64 {
        self.wip.weights[0]
    }

    /// The bin of a moment; `None` outside.
    fn bin(&self, at: Time) -> Option<usize> {
        (at >= self.from && at < self.to).then(|| (((at - self.from).as_seconds() / self.bin_s()) as usize).min(BINS - 1))
    }

    fn take(&mut self, event: &Event) {
        match event.kind {
            EventKind::PartEntered { part, .. } => {
                self.entered.insert(part, event.at);
                self.count(event.at, 1);
            }
            EventKind::PartLeft { part, outcome, part_type, .. } => {
                self.count(event.at, -1);
                let since = self.entered.remove(&part);
                let counts = outcome == Outcome::Good && self.scene.count.is_none_or(|counted| counted == part_type);
                let (Some(bin), Some(since), true) = (self.bin(event.at), since, counts) else { return };
                self.throughput.sums[bin] += 3600.0;
                self.lead.sums[bin] += (event.at - since).as_seconds();
                self.lead.weights[bin] += 1.0;
            }
            EventKind::StateChanged { element, state, .. } => {
                let before = self.states[element.index()].replace((event.at, state));
                self.spend(element.index(), before, event.at);
            }
            _ => {}
        }
    }

    fn count(&mut self, at: Time, change: i32) {
        let (since, inside) = self.inside;
        spread(&mut self.wip.sums, self.from, self.to, [since, at], f64::from(inside));
        self.inside = (at.max(since), inside.saturating_add_signed(change));
    }

    fn spend(&mut self, element: usize, state: Option<(Time, ElementState)>, until: Time) {
        let Some((since, state)) = state else { return };
        let bin_s = self.bin_s();
        let bins = self.shares.entry((element, state)).or_insert_with(|| Bins::over_time(bin_s));
        spread(&mut bins.sums, self.from, self.to, [since, until], 1.0);
    }

    fn finish(mut self, manifest: &Manifest, settled_after_s: Option<f64>) -> RunBatches {
        self.count(self.to, 0);
        for element in 0..self.states.len() {
            self.spend(element, self.states[element], self.to);
        }
        let mut means = Vec::new();
        let mut push = |kpi: String, unit: &str, bins: &Bins| {
            if let Some((estimate, correlation, is_independent)) = bins.judged() {
                means.push(BatchMean { kpi, unit: unit.to_owned(), estimate, correlation, is_independent });
            }
        };
        push("line.throughput_per_h".to_owned(), "1/h", &self.throughput);
        push("line.wip_mean".to_owned(), "parts", &self.wip);
        push("line.lead_time_mean_s".to_owned(), "s", &self.lead);
        for ((element, state), bins) in &self.shares {
            if bins.sums.iter().any(|sum| *sum > 0.0) {
                push(format!("{}.state.{}", self.scene.elements[*element].name, key(state.name())), "-", bins);
            }
        }
        RunBatches {
            scene: manifest.scene.clone(),
            seed: manifest.seed,
            replication: manifest.replication,
            from_s: self.from.as_seconds(),
            to_s: self.to.as_seconds(),
            settled_after_s,
            means,
        }
    }
}

/// Adds to each bin the value times the seconds of the span that lie in it.
fn spread(sums: &mut [f64], from: Time, to: Time, span: [Time; 2], value: f64) {
    let [begin, end] = span.map(|at| at.max(from).min(to) - from);
    if begin >= end {
        return;
    }
    let bin_s = (to - from).as_seconds() / sums.len() as f64;
    let [begin, end] = [begin, end].map(Time::as_seconds);
    let first = ((begin / bin_s) as usize).min(sums.len() - 1);
    for (bin, sum) in sums.iter_mut().enumerate().skip(first) {
        let (low, high) = (bin as f64 * bin_s, (bin + 1) as f64 * bin_s);
        if low >= end {
            break;
        }
        *sum += value * (end.min(high) - begin.max(low)).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_sim::random::Streams;

    /// Waiting times of an M/M/1 queue, customer by customer (Lindley 1952), in bins.
    fn queue(load: f64, customers_in_bin: usize, replication: u32) -> Bins {
        let streams = Streams { seed: 1, replication };
        let [gap, work] = ["gap", "work"].map(|name| streams.stream(name, "batch means"));
        let drawn = |stream: &linetwin_sim::random::Stream, index: u32| -stream.draw(index).unit().ln();
        let mut bins = Bins { sums: vec![0.0; BINS], weights: vec![customers_in_bin as f64; BINS] };
        // As it is in the long run: nobody with probability 1 - load, else an exponential time.
        let start = streams.stream("start", "batch means");
        let mut wait = if start.draw(0).unit() < load { drawn(&start, 1) / (1.0 - load) } else { 0.0 };
        for customer in 0..(BINS * customers_in_bin) as u32 {
            bins.sums[customer as usize / customers_in_bin] += wait;
            wait = (wait + drawn(&work, customer) - drawn(&gap, customer) / load).max(0.0);
        }
        bins
    }

    #[test]
    fn intervals_of_one_run_hold_the_mean_of_a_queue_as_often_as_they_say() {
        const RUNS: u32 = 600;
        let (mut held, mut judged_independent) = (0, 0);
        for run in 0..RUNS {
            let (estimate, _, is_independent) = queue(0.5, 12, run).judged().expect("values");
            // The mean wait at load rho is rho / (1 - rho) mean works.
            held += u32::from((estimate.mean - 1.0).abs() <= estimate.half_width.expect("ten batches at least"));
            judged_independent += u32::from(is_independent);
        }
        let share = f64::from(held) / f64::from(RUNS);
        assert!((0.93..=0.97).contains(&share), "{share}");
        assert!(judged_independent > RUNS * 9 / 10, "{judged_independent}");
    }

    #[test]
    fn a_run_that_is_too_short_is_told() {
        // A hundredth of the customers that a queue at 0.98 needs to forget what it was.
        let told = (0..40).filter(|run| queue(0.98, 1, *run).judged().is_some_and(|(.., is_independent)| !is_independent)).count();
        assert!(told >= 25, "{told} of 40");
        let (correlation, is_independent) = independent(&(0..20).map(f64::from).collect::<Vec<_>>());
        assert!(correlation > 0.8 && !is_independent);
        assert!(independent(&[3.0; 20]).1, "what never varies is known");
    }

    #[test]
    fn spans_are_spread_over_the_bins_that_they_touch() {
        let mut sums = [0.0; 4];
        let at = |seconds: f64| Time::from_seconds(seconds);
        spread(&mut sums, at(10.0), at(50.0), [at(0.0), at(15.0)], 2.0);
        spread(&mut sums, at(10.0), at(50.0), [at(15.0), at(35.0)], 1.0);
        spread(&mut sums, at(10.0), at(50.0), [at(45.0), at(90.0)], 3.0);
        assert_eq!(sums, [15.0, 10.0, 5.0, 15.0]);
    }
}
