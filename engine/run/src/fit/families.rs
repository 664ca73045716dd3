//! The families of distributions that are fitted, and how: by maximum likelihood, with values of which only a lower bound is known
//! (right censoring). Knows a sample and the vocabulary of a scene; not how good a fit is.

use super::likelihood::{log_density, log_share_above};
use super::sample::Sample;
use linetwin_model::parametric::Parametric;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::digamma;

/// An Erlang distribution of more phases is a normal one for every purpose, and draws as many numbers for one value.
const MOST_PHASES: f64 = 100.0;
/// Beyond these a shape says that all values are equal, or that they are zero but for one.
const SHAPES: std::ops::RangeInclusive<f64> = 1e-2..=1e4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    Exponential,
    Erlang,
    Gamma,
    Weibull,
    Lognormal,
    Normal,
    Uniform,
    Triangular,
}

impl Family {
    pub const ALL: [Family; 8] = [
        Family::Exponential,
        Family::Erlang,
        Family::Gamma,
        Family::Weibull,
        Family::Lognormal,
        Family::Normal,
        Family::Uniform,
        Family::Triangular,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Family::Exponential => "Exponential",
            Family::Erlang => "Erlang",
            Family::Gamma => "Gamma",
            Family::Weibull => "Weibull",
            Family::Lognormal => "Lognormal",
            Family::Normal => "Normal",
            Family::Uniform => "Uniform",
            Family::Triangular => "Triangular",
        }
    }

    /// How many numbers were chosen by the data.
    pub fn parameter_count(self) -> u32 {
        match self {
            Family::Exponential => 1,
            Family::Triangular => 3,
            _ => 2,
        }
    }

    /// The member of the family under which the sample is most likely; why there is none.
    pub fn fit(self, sample: &Sample) -> Result<Parametric, &'static str> {
        let sums = sample.sums();
        match self {
            Family::Normal | Family::Uniform | Family::Triangular => {}
            _ if sample.observed()[0] <= 0.0 => return Err("a value is not above 0"),
            _ => {}
        }
        let found = match self {
            Family::Exponential => Some(Parametric::Exponential { mean: (sums.sum + sample.censored().iter().sum::<f64>()) / sums.count }),
            Family::Gamma => gamma(sample).map(|(shape, scale)| Parametric::Gamma { shape, scale }),
            Family::Erlang => erlang(sample),
            Family::Weibull => weibull(sample),
            Family::Lognormal => normal(sample, f64::ln).and_then(|(mu, sigma)| {
                let mean = (mu + sigma * sigma / 2.0).exp();
                let sd = mean * (sigma * sigma).exp_m1().sqrt();
                sd.is_finite().then_some(Parametric::Lognormal { mean, sd })
            }),
            Family::Normal => normal(sample, |x| x).map(|(mean, sd)| Parametric::Normal { mean, sd }),
            Family::Uniform | Family::Triangular if !sample.censored().is_empty() => {
                return Err("values that are only known to be larger say nothing of an upper limit");
            }
            Family::Uniform => Some(Parametric::Uniform { min: sample.observed()[0], max: sample.observed()[sample.observed().len() - 1] }),
            Family::Triangular => triangular(sample.observed()),
        };
        found.ok_or("the likelihood has no maximum")
    }
}

/// The logarithm of the likelihood of a sample.
pub fn log_likelihood(distribution: &Parametric, sample: &Sample) -> f64 {
    let observed: f64 = sample.observed().iter().map(|x| log_density(distribution, *x)).sum();
    observed + sample.censored().iter().map(|x| log_share_above(distribution, *x)).sum::<f64>()
}

/// The maximum of `f` by the simplex method of Nelder and Mead (1965), from around `start`; `None` where it finds none.
fn maximise<const N: usize>(start: [f64; N], step: f64, f: impl Fn([f64; N]) -> f64) -> Option<[f64; N]> {
    const MOST_STEPS: usize = 600;
    let value = |x: [f64; N]| Some(f(x)).filter(|y| y.is_finite()).unwrap_or(f64::NEG_INFINITY);
    let mut simplex: Vec<([f64; N], f64)> = vec![(start, value(start))];
    for axis in 0..N {
        let mut corner = start;
        corner[axis] += step;
        simplex.push((corner, value(corner)));
    }
    for _ in 0..MOST_STEPS {
        simplex.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (best, worst) = (simplex[0], simplex[N]);
        let size = simplex.iter().flat_map(|(x, _)| (0..N).map(|axis| (x[axis] - best.0[axis]).abs())).fold(0.0, f64::max);
        if size < 1e-8 || (size < 1e-4 && best.1 - worst.1 < 1e-11 * best.1.abs()) {
            return best.1.is_finite().then_some(best.0);
        }
        let centre: [f64; N] = std::array::from_fn(|axis| simplex[..N].iter().map(|(x, _)| x[axis]).sum::<f64>() / N as f64);
        let along = |share: f64| -> ([f64; N], f64) {
            let x = std::array::from_fn(|axis| centre[axis] + share * (worst.0[axis] - centre[axis]));
            (x, value(x))
        };
        let reflected = along(-1.0);
        simplex[N] = if reflected.1 > best.1 {
            let expanded = along(-2.0);
            if expanded.1 > reflected.1 { expanded } else { reflected }
        } else if reflected.1 > simplex[N - 1].1 {
            reflected
        } else {
            let contracted = if reflected.1 > worst.1 { along(-0.5) } else { along(0.5) };
            if contracted.1 <= worst.1.max(reflected.1) {
                for corner in &mut simplex[1..] {
                    corner.0 = std::array::from_fn(|axis| f64::midpoint(corner.0[axis], best.0[axis]));
                    corner.1 = value(corner.0);
                }
                continue;
            }
            contracted
        };
    }
    None
}

/// Shape and scale. Without censoring log(shape) - digamma(shape) = log(mean) - mean log, by Minka's generalised Newton steps
/// (Estimating a Gamma distribution, 2002).
fn gamma(sample: &Sample) -> Option<(f64, f64)> {
    let sums = sample.sums();
    let mean = sums.sum / sums.count;
    let gap = mean.ln() - sums.sum_log / sums.count;
    if gap <= 1e-12 {
        return None;
    }
    let mut shape = (3.0 - gap + ((gap - 3.0).powi(2) + 24.0 * gap).sqrt()) / (12.0 * gap);
    for _ in 0..50 {
        let slope = shape * shape * (1.0 / shape - trigamma(shape));
        let next = 1.0 / (1.0 / shape + (shape.ln() - digamma(shape) - gap) / slope);
        let done = (next / shape - 1.0).abs() < 1e-13;
        shape = next;
        if done {
            break;
        }
    }
    let mut found = (shape, mean / shape);
    if !sample.censored().is_empty() {
        let likelihood = |[shape, mean]: [f64; 2]| {
            let (shape, scale) = (shape.exp(), mean.exp() / shape.exp());
            (shape - 1.0) * sums.sum_log - sums.sum / scale - sums.count * (shape * scale.ln() + statrs::function::gamma::ln_gamma(shape))
                + sample.censored().iter().map(|x| log_share_above(&Parametric::Gamma { shape, scale }, *x)).sum::<f64>()
        };
        let [shape, mean] = maximise([shape.ln(), mean.ln()], 0.2, likelihood)?;
        found = (shape.exp(), mean.exp() / shape.exp());
    }
    SHAPES.contains(&found.0).then_some(found)
}

/// The second derivative of ln gamma: recurrence up to 6, then the asymptotic series (Abramowitz and Stegun 6.4.12).
fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 6.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    sum + 1.0 / x + square / 2.0 + square / x * (1.0 / 6.0 - square * (1.0 / 30.0 - square * (1.0 / 42.0 - square / 30.0)))
}

/// The better of the whole numbers of phases around the shape of the gamma distribution.
fn erlang(sample: &Sample) -> Option<Parametric> {
    let (shape, _) = gamma(sample)?;
    let sums = sample.sums();
    let of = |k: f64| {
        let k = k.clamp(1.0, MOST_PHASES);
        let mut mean = sums.sum / sums.count;
        if !sample.censored().is_empty() {
            let likelihood = |[mean]: [f64; 1]| log_likelihood(&Parametric::Erlang { mean: mean.exp(), k: k as u32 }, sample);
            mean = maximise([mean.ln()], 0.2, likelihood)?[0].exp();
        }
        let found = Parametric::Erlang { mean, k: k as u32 };
        let likelihood = log_likelihood(&found, sample);
        Some((found, likelihood))
    };
    let (below, above) = (of(shape.floor())?, of(shape.ceil())?);
    Some(if above.1 > below.1 { above.0 } else { below.0 })
}

/// The shape solves sum x^shape log x / sum x^shape - 1 / shape = mean log of the observed, with the sums over all values: censoring
/// changes no more (Lawless, Statistical Models and Methods for Lifetime Data, section 5.2). By bisection: the left side rises.
fn weibull(sample: &Sample) -> Option<Parametric> {
    let sums = sample.sums();
    let all = || sample.observed().iter().chain(sample.censored()).copied();
    // Powers of shares of the largest value stay within the doubles.
    let largest = all().fold(0.0, f64::max);
    let mean_log = sums.sum_log / sums.count - largest.ln();
    let excess = |shape: f64| {
        let (mut powers, mut weighted) = (0.0, 0.0);
        for x in all().filter(|x| *x > 0.0) {
            let log = (x / largest).ln();
            let power = (shape * log).exp();
            powers += power;
            weighted += power * log;
        }
        weighted / powers - 1.0 / shape - mean_log
    };
    let (mut low, mut high) = (*SHAPES.start(), *SHAPES.end());
    if excess(low) > 0.0 || excess(high) < 0.0 {
        return None;
    }
    while high / low - 1.0 > 1e-12 {
        let middle = (low * high).sqrt();
        if excess(middle) < 0.0 { low = middle } else { high = middle }
    }
    let shape = (low * high).sqrt();
    let powers: f64 = all().map(|x| (x / largest).powf(shape)).sum();
    Some(Parametric::Weibull { scale: largest * (powers / sums.count).powf(1.0 / shape), shape })
}

/// Mean and standard deviation of what `of` makes of the values.
fn normal(sample: &Sample, of: impl Fn(f64) -> f64) -> Option<(f64, f64)> {
    let values: Vec<f64> = sample.observed().iter().map(|x| of(*x)).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    let sd = (squares / count).sqrt();
    if sd <= 1e-12 * mean.abs() {
        return None;
    }
    if sample.censored().is_empty() {
        return Some((mean, sd));
    }
    let censored: Vec<f64> = sample.censored().iter().map(|x| of(*x)).collect();
    let likelihood = |[place, width]: [f64; 2]| {
        let (centre, sigma) = (mean + sd * place, sd * width.exp());
        let observed = -count * sigma.ln() - (squares + count * (mean - centre).powi(2)) / (2.0 * sigma * sigma);
        observed + censored.iter().map(|x| log_share_above(&Parametric::Normal { mean: centre, sd: sigma }, *x)).sum::<f64>()
    };
    let [place, width] = maximise([0.0, 0.0], 0.3, likelihood)?;
    Some((mean + sd * place, sd * width.exp()))
}

/// For given limits the likelihood is greatest with the mode at one of the values (Oliver, A maximum likelihood oddity, 1972); the
/// limits are sought.
fn triangular(sorted: &[f64]) -> Option<Parametric> {
    let (least, most) = (sorted[0], sorted[sorted.len() - 1]);
    let span = most - least;
    if sorted.len() < 3 || span <= 0.0 {
        return None;
    }
    let best = |min: f64, max: f64| -> (f64, f64) {
        let above: f64 = sorted.iter().map(|x| (max - x).ln()).sum();
        let (mut below, mut above, count) = (0.0, above, sorted.len() as f64);
        let mut found = (least, f64::NEG_INFINITY);
        for (index, x) in sorted.iter().enumerate() {
            let (under, over) = ((x - min).ln(), (max - x).ln());
            let rank = index as f64;
            above -= over;
            let likelihood = below - rank * under + above - (count - 1.0 - rank) * over;
            if likelihood > found.1 {
                found = (*x, likelihood);
            }
            below += under;
        }
        (found.0, found.1 + count * (2.0 / (max - min)).ln())
    };
    let limits = |[low, high]: [f64; 2]| (least - span * low.exp(), most + span * high.exp());
    let start = (1.0 / sorted.len() as f64).ln();
    let place = maximise([start, start], 0.5, |place| {
        let (min, max) = limits(place);
        // Limits far out are a straight line, which has no end.
        if place.iter().any(|log| *log > 3.0) { f64::NEG_INFINITY } else { best(min, max).1 }
    })?;
    let (min, max) = limits(place);
    Some(Parametric::Triangular { min, mode: best(min, max).0, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigamma_is_that_of_the_tables() {
        let sixth = std::f64::consts::PI.powi(2) / 6.0;
        assert!(
            (trigamma(1.0) - sixth).abs() < 1e-8
                && (trigamma(0.5) - 3.0 * sixth).abs() < 1e-8
                && (trigamma(10.0) - 0.105_166_335_7).abs() < 1e-9
        );
    }

    /// Nothing near the fit is more likely than it.
    #[test]
    fn a_fit_is_a_maximum_of_the_likelihood() {
        let values = [3.1, 4.4, 0.9, 2.2, 7.5, 2.9, 5.0, 3.3, 1.7, 2.6, 6.1, 3.8];
        for censored in [vec![], vec![4.0, 8.0, 1.0]] {
            let sample = Sample::new("x", values.to_vec(), censored).expect("values");
            for family in Family::ALL {
                let Ok(found) = family.fit(&sample) else {
                    assert!(!sample.censored().is_empty() && matches!(family, Family::Uniform | Family::Triangular));
                    continue;
                };
                let best = log_likelihood(&found, &sample);
                assert!(best.is_finite(), "{found:?}");
                for (name, factor) in [(0, 0.99), (0, 1.01), (1, 0.99), (1, 1.01), (2, 0.99), (2, 1.01)] {
                    let near = super::super::nearby(&found, name, factor);
                    assert!(log_likelihood(&near, &sample) <= best + 1e-7, "{found:?} against {near:?}");
                }
            }
        }
    }
}
