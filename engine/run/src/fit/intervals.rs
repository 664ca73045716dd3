//! How well the parameters of a fit are known: from the curvature of the likelihood at its maximum. Knows nothing of other fits.

use super::families::log_likelihood;
use super::sample::Sample;
use crate::experiment::CONFIDENCE;
use linetwin_model::parametric::Parametric;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Two-sided 95 % quantile of the standard normal distribution.
const NORMAL_95: f64 = 1.959_963_985;

/// A parameter of a fitted distribution, by its name in a scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedParameter {
    pub name: String,
    pub value: f64,
    /// Within which the true one lies with 95 % confidence; `None` where limits of values are parameters, and for a whole number.
    pub interval: Option<[f64; 2]>,
}

/// Names and values, in the order in which a scene's positional arguments stand.
pub fn parameters(distribution: &Parametric) -> Vec<(&'static str, f64)> {
    match *distribution {
        Parametric::Exponential { mean } => vec![("mean", mean)],
        Parametric::Erlang { mean, k } => vec![("mean", mean), ("k", f64::from(k))],
        Parametric::Gamma { shape, scale } => vec![("shape", shape), ("scale", scale)],
        Parametric::Weibull { scale, shape } => vec![("scale", scale), ("shape", shape)],
        Parametric::Lognormal { mean, sd } | Parametric::Normal { mean, sd } => vec![("mean", mean), ("sd", sd)],
        Parametric::Uniform { min, max } => vec![("min", min), ("max", max)],
        Parametric::Triangular { min, mode, max } => vec![("min", min), ("mode", mode), ("max", max)],
        _ => unreachable!("a family that is fitted"),
    }
}

/// The same family with other values, in the same order.
pub fn with_parameters(distribution: &Parametric, values: &[f64]) -> Parametric {
    match (distribution, values) {
        (Parametric::Exponential { .. }, [mean]) => Parametric::Exponential { mean: *mean },
        (Parametric::Erlang { .. }, [mean, k]) => Parametric::Erlang { mean: *mean, k: k.round() as u32 },
        (Parametric::Gamma { .. }, [shape, scale]) => Parametric::Gamma { shape: *shape, scale: *scale },
        (Parametric::Weibull { .. }, [scale, shape]) => Parametric::Weibull { scale: *scale, shape: *shape },
        (Parametric::Lognormal { .. }, [mean, sd]) => Parametric::Lognormal { mean: *mean, sd: *sd },
        (Parametric::Normal { .. }, [mean, sd]) => Parametric::Normal { mean: *mean, sd: *sd },
        (Parametric::Uniform { .. }, [min, max]) => Parametric::Uniform { min: *min, max: *max },
        (Parametric::Triangular { .. }, [min, mode, max]) => Parametric::Triangular { min: *min, mode: *mode, max: *max },
        _ => unreachable!("as many values as the family has parameters"),
    }
}

pub fn with_intervals(distribution: &Parametric, sample: &Sample) -> Vec<FittedParameter> {
    let intervals = match distribution {
        Parametric::Exponential { mean } => vec![Some(exponential(*mean, sample))],
        Parametric::Erlang { .. } => vec![by_curvature(distribution, sample, 1).map(|found| found[0]), None],
        Parametric::Uniform { .. } | Parametric::Triangular { .. } => vec![None; 3],
        _ => by_curvature(distribution, sample, 2).map_or(vec![None; 2], |found| found.into_iter().map(Some).collect()),
    };
    parameters(distribution)
        .into_iter()
        .zip(intervals)
        .map(|((name, value), interval)| FittedParameter { name: name.to_owned(), value, interval })
        .collect()
}

/// The sum of all values over the mean is half of a chi squared value with twice as many degrees of freedom as there are observed
/// ones: exactly, where they end the record, and closely where the record ends at a given time.
fn exponential(mean: f64, sample: &Sample) -> [f64; 2] {
    let count = sample.observed().len() as f64;
    let chi = |count: f64| ChiSquared::new(2.0 * count).expect("at least one value");
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let open = if sample.censored().is_empty() { 0.0 } else { 1.0 };
    [2.0 * mean * count / chi(count + open).inverse_cdf(1.0 - tail), 2.0 * mean * count / chi(count).inverse_cdf(tail)]
}

/// Normal intervals of the first `free` parameters (of their logarithms, but for a normal mean), with the inverse of the observed
/// information as their covariance.
fn by_curvature(distribution: &Parametric, sample: &Sample, free: usize) -> Option<Vec<[f64; 2]>> {
    const STEP: f64 = 1e-3;
    let values: Vec<f64> = parameters(distribution).iter().map(|(_, value)| *value).collect();
    let linear = |index: usize| index == 0 && matches!(distribution, Parametric::Normal { .. });
    // A step is a thousandth of a parameter, and of a normal mean a thousandth of the standard deviation.
    let moved = |index: usize, steps: f64| if linear(index) { values[0] + steps * values[1] } else { values[index] * steps.exp() };
    let likelihood = |steps: &[f64]| {
        let mut all = values.clone();
        steps.iter().enumerate().for_each(|(index, steps)| all[index] = moved(index, *steps));
        log_likelihood(&with_parameters(distribution, &all), sample)
    };
    let at = |a: usize, da: f64, b: usize, db: f64| {
        let mut steps = vec![0.0; free];
        steps[a] += da;
        steps[b] += db;
        likelihood(&steps)
    };
    let information = DMatrix::from_fn(free, free, |a, b| {
        let mixed = at(a, STEP, b, STEP) - at(a, STEP, b, -STEP) - at(a, -STEP, b, STEP) + at(a, -STEP, b, -STEP);
        -mixed / (4.0 * STEP * STEP)
    });
    let covariance = information.try_inverse()?;
    (0..free)
        .map(|index| {
            let half = NORMAL_95 * Some(covariance[(index, index)]).filter(|variance| *variance > 0.0)?.sqrt();
            Some([moved(index, -half), moved(index, half)])
        })
        .collect()
}
