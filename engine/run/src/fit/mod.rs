//! From the records of machines to distributions that a scene can hold: fitted by maximum likelihood, with values of which only a
//! lower bound is known, ranked, and judged. Knows neither lines nor runs.

mod families;
mod goodness;
mod intervals;
mod likelihood;
mod sample;
mod table;

pub use families::Family;
pub use goodness::Distance;
pub use intervals::FittedParameter;
use likelihood::quantile;
pub use sample::Sample;
pub use table::{Columns, LogClock};

use crate::error::RunError;
use crate::files::{failed, write_atomic};
use crate::input::text_of;
use linetwin_model::parametric::Parametric;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

/// Below this probability of so large a distance a family is said not to fit [-].
pub const DOUBTFUL: f64 = 0.05;
/// Successive values are told to hang together where chance gives such a correlation once in twenty records.
const CORRELATION_DEVIATIONS: f64 = 1.96;
/// A normal distribution with less of these between its mean and zero gives negative values too often for a time; a scene refuses it.
const SAFE_DEVIATIONS: f64 = 6.0;
/// Digits of a parameter in a scene's line: a thousandth of what any record tells.
const DIGITS: usize = 6;

#[derive(Clone, Debug)]
pub struct FitRequest {
    pub path: PathBuf,
    pub columns: Columns,
    pub clock: LogClock,
    /// The last share of the record, which is not looked at [-].
    pub hold_out: f64,
    /// Of the samples that are drawn to judge the fits.
    pub seed: u64,
    /// Folder of the tables and the page; `None`: none are written.
    pub folder: Option<PathBuf>,
}

/// All fits of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitResult {
    pub source: String,
    pub hold_out: f64,
    pub fits: Vec<SampleFit>,
    /// Lines to paste into a scene, from a machine log by element.
    pub lines: Vec<String>,
    pub left_out: Vec<String>,
}

/// The fits of one sample, the best first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleFit {
    pub name: String,
    pub observed: u64,
    /// Of which only a lower bound is known.
    pub censored: u64,
    pub min: f64,
    /// Of the observed values.
    pub mean: f64,
    pub max: f64,
    /// What a scene takes for it.
    pub scene: String,
    pub fits: Vec<Fit>,
    /// Families without a fit, and why.
    pub without: Vec<(String, String)>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Observed values against those of the best fits at the same shares: of each, by family.
    #[serde(skip)]
    pub quantiles: Vec<(Family, Vec<[f64; 2]>)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    pub family: Family,
    pub scene: String,
    pub parameters: Vec<FittedParameter>,
    pub log_likelihood: f64,
    /// Akaike's and the Bayesian information criterion; less is better.
    pub aic: f64,
    pub bic: f64,
    pub ks: Distance,
    pub ad: Distance,
}

impl Fit {
    /// Whether nothing speaks against it but its neighbours.
    pub fn is_plausible(&self) -> bool {
        [self.ks.p, self.ad.p].iter().all(|p| p.is_none_or(|p| p >= DOUBTFUL))
    }
}

pub fn fit_file(request: &FitRequest) -> Result<FitResult, RunError> {
    let path = &request.path;
    let text = text_of(path, fs::read(path).map_err(failed("read", path))?)?;
    let refused = |reason: String| RunError::Record { path: path.clone(), reason };
    let samples = table::read_samples(&text, &request.columns, request.clock, request.hold_out).map_err(refused)?;
    if samples.samples.is_empty() {
        return Err(refused(format!("it holds nothing to fit: {}", samples.left_out.join("; "))));
    }
    let fits: Vec<SampleFit> = samples.samples.iter().map(|sample| fit_sample(sample, request.seed)).collect();
    let lines = if samples.is_log { scene_lines(&fits, request.clock) } else { Vec::new() };
    let source = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let result = FitResult { source, hold_out: request.hold_out, fits, lines, left_out: samples.left_out };
    if let Some(folder) = &request.folder {
        write_files(folder, &result)?;
    }
    Ok(result)
}

/// A fit, or why there is none.
type FamilyFit = Result<(Fit, Parametric), &'static str>;

/// Every family on a thread of its own.
pub fn fit_sample(sample: &Sample, seed: u64) -> SampleFit {
    let found: Vec<(Family, FamilyFit)> = thread::scope(|scope| {
        let workers: Vec<_> = Family::ALL.map(|family| (family, scope.spawn(move || fit_family(family, sample, seed)))).into();
        workers.into_iter().map(|(family, worker)| (family, worker.join().expect("a fit does not panic"))).collect()
    });
    let (mut fits, mut without) = (Vec::new(), Vec::new());
    for (family, fit) in found {
        match fit {
            Ok(fit) => fits.push(fit),
            Err(reason) => without.push((family.name().to_owned(), reason.to_owned())),
        }
    }
    // Of two that are alike, the one that comes first in the list: the simpler one.
    fits.sort_by(|(a, _), (b, _)| a.aic.total_cmp(&b.aic));
    let observed = sample.observed();
    let values = observed.len() as f64;
    let mut notes = Vec::new();
    let is_time = observed[0] >= 0.0;
    let chosen = fits.iter().find(|(_, distribution)| !is_time || holds_times(distribution));
    let scene = match chosen {
        None => scene_number(sample.sums().sum / values),
        Some((fit, _)) => fit.scene.clone(),
    };
    match chosen {
        None => notes.push("all values are alike, or no family fits: the mean stands for them".to_owned()),
        Some((fit, _)) if !fit.is_plausible() => notes.push(format!(
            "chance alone rarely takes even {} so far from the values: look at the picture; Empirical(csv: ..., column: ...) draws \
             from the values themselves",
            fit.family.name()
        )),
        _ => {}
    }
    if let Some((fit, _)) = fits.first().filter(|first| Some(&first.0) != chosen.map(|(fit, _)| fit)) {
        notes.push(format!("{} comes out best, but can be negative, which a scene refuses for a time", fit.family.name()));
    }
    if let Some(correlation) = sample.correlation.filter(|found| found.abs() > CORRELATION_DEVIATIONS / values.sqrt()) {
        notes.push(format!("a value hangs together with the one before (correlation {correlation:.2}); a scene draws each by itself"));
    }
    if sample.count() > goodness::MOST_VALUES {
        notes.push(format!("with more than {} values no p is estimated: some difference is always found", goodness::MOST_VALUES));
    }
    SampleFit {
        name: sample.name.clone(),
        observed: observed.len() as u64,
        censored: sample.censored().len() as u64,
        min: observed[0],
        mean: sample.sums().sum / values,
        max: observed[observed.len() - 1],
        scene,
        quantiles: fits.iter().take(PICTURES).map(|(fit, distribution)| (fit.family, quantiles(distribution, sample))).collect(),
        fits: fits.into_iter().map(|(fit, _)| fit).collect(),
        without,
        notes,
    }
}

/// Fits with a picture.
const PICTURES: usize = 3;

/// Values at most so many: a picture shows no more.
fn quantiles(distribution: &Parametric, sample: &Sample) -> Vec<[f64; 2]> {
    const MOST: usize = 200;
    let shares = sample.shares();
    let step = shares.len().div_ceil(MOST);
    let last = shares.len() - 1;
    let shown = shares.iter().enumerate().filter(|(index, _)| index % step == 0 || *index == last);
    shown.map(|(_, (value, before, after))| [quantile(distribution, f64::midpoint(*before, *after)), *value]).collect()
}

fn fit_family(family: Family, sample: &Sample, seed: u64) -> FamilyFit {
    let distribution = family.fit(sample)?;
    let log_likelihood = families::log_likelihood(&distribution, sample);
    if !log_likelihood.is_finite() {
        return Err("the likelihood has no maximum");
    }
    let count = f64::from(family.parameter_count());
    let [ks, ad] = goodness::goodness(family, &distribution, sample, seed);
    let fit = Fit {
        family,
        scene: scene_text(family, &distribution),
        parameters: intervals::with_intervals(&distribution, sample),
        log_likelihood,
        aic: 2.0 * count - 2.0 * log_likelihood,
        bic: count * (sample.count() as f64).ln() - 2.0 * log_likelihood,
        ks,
        ad,
    };
    Ok((fit, distribution))
}

/// Whether a scene takes it where a time is wanted.
fn holds_times(distribution: &Parametric) -> bool {
    match distribution {
        Parametric::Normal { mean, sd } => *mean >= SAFE_DEVIATIONS * sd,
        _ => distribution.limits().0 >= 0.0,
    }
}

/// As a scene writes it.
fn scene_text(family: Family, distribution: &Parametric) -> String {
    let written = |(name, value): (&str, f64)| format!("{name}: {}", scene_number(value));
    let fields: Vec<String> = intervals::parameters(distribution).into_iter().map(written).collect();
    format!("{}({})", family.name(), fields.join(", "))
}

fn scene_number(value: f64) -> String {
    let rounded: f64 = format!("{value:.*e}", DIGITS - 1).parse().expect("a number that was just written");
    rounded.to_string()
}

/// Of each element of a log what its fields would be, in the order of the log.
fn scene_lines(fits: &[SampleFit], clock: LogClock) -> Vec<String> {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    let of = |element: &str, kind: &str| fits.iter().find(|fit| fit.name == format!("{element}.{kind}"));
    for fit in fits {
        let Some((element, kind)) = fit.name.rsplit_once('.') else { continue };
        let field = match kind {
            "repair_s" if of(element, "uptime_s").is_some() => continue,
            "uptime_s" => {
                let repair = of(element, "repair_s").map_or_else(|| "0".to_owned(), |fit| fit.scene.clone());
                let clock = if clock == LogClock::Calendar { "Calendar" } else { "Running" };
                format!("failures: [Failure(mode: \"stop\", clock: {clock}, uptime_s: {}, repair_s: {repair})]", fit.scene)
            }
            _ => format!("{kind}: {}", fit.scene),
        };
        match lines.last_mut().filter(|(name, _)| name == element) {
            Some((_, fields)) => fields.push(field),
            None => lines.push((element.to_owned(), vec![field])),
        }
    }
    lines.into_iter().map(|(element, fields)| format!("{element:?}: {}", fields.join(", "))).collect()
}

/// `fit.json`, `fit.html`, and `fit.csv` with a row for each fit.
fn write_files(folder: &Path, result: &FitResult) -> Result<(), RunError> {
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    write_atomic(&folder.join("fit.json"), |file| {
        serde_json::to_writer_pretty(&mut *file, result)?;
        file.write_all(b"\n")
    })?;
    write_atomic(&folder.join("fit.csv"), |file| {
        let mut table = crate::kpi_table::writer(file)?;
        table.write_record(["sample", "family", "scene", "log_likelihood", "aic", "bic", "ks", "ks_p", "ad", "ad_p"])?;
        for sample in &result.fits {
            for fit in &sample.fits {
                let p = |distance: Distance| distance.p.map_or_else(String::new, |p| p.to_string());
                let numbers = [fit.log_likelihood, fit.aic, fit.bic, fit.ks.value, fit.ad.value].map(|number| number.to_string());
                let [likelihood, aic, bic, ks, ad] = &numbers;
                table.write_record([&sample.name, fit.family.name(), &fit.scene, likelihood, aic, bic, ks, &p(fit.ks), ad, &p(fit.ad)])?;
            }
        }
        table.flush()
    })?;
    write_atomic(&folder.join("fit.html"), |file| crate::report::write_fit(result, file))?;
    Ok(())
}

impl std::fmt::Display for Distance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.4}", self.value)?;
        self.p.map_or(Ok(()), |p| f.write_fmt(format_args!(" (p {p:.3})")))
    }
}

/// The same family with one parameter changed, for tests.
#[cfg(test)]
fn nearby(distribution: &Parametric, parameter: usize, factor: f64) -> Parametric {
    let mut values: Vec<f64> = intervals::parameters(distribution).into_iter().map(|(_, value)| value).collect();
    if let Some(value) = values.get_mut(parameter) {
        *value *= factor;
    }
    intervals::with_parameters(distribution, &values)
}

#[cfg(test)]
mod tests;
