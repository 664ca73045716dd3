//! Probability distributions as a scene names them: parameters and what they may be. Sampling lives in the engine
//! (`sim`), which alone knows random streams.

use serde::{Deserialize, Serialize};

/// A number of the scene, or a distribution it is drawn from. The unit is that of the field which holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Distribution {
    Constant(f64),
    Uniform {
        min: f64,
        max: f64,
    },
    Triangular {
        min: f64,
        mode: f64,
        max: f64,
    },
    Normal {
        mean: f64,
        sd: f64,
    },
    /// Normal, drawn again while outside the limits.
    TruncatedNormal {
        mean: f64,
        sd: f64,
        min: f64,
        max: f64,
    },
    /// By the mean and standard deviation of the value itself (not of its logarithm).
    Lognormal {
        mean: f64,
        sd: f64,
    },
    Exponential {
        mean: f64,
    },
    /// Sum of `k` exponentials, by the mean of the sum.
    Erlang {
        mean: f64,
        k: u32,
    },
    Gamma {
        shape: f64,
        scale: f64,
    },
    Weibull {
        scale: f64,
        shape: f64,
    },
    /// 1 with probability `p`, else 0.
    Bernoulli {
        p: f64,
    },
    /// One of these values, by relative weight.
    Discrete {
        values: Vec<f64>,
        weights: Vec<f64>,
    },
}

impl Distribution {
    /// The distribution of `factor` times the value, for conversions of units; `factor` is positive.
    pub fn scaled(&self, factor: f64) -> Distribution {
        assert!(factor > 0.0, "a conversion of units never reverses");
        match *self {
            Distribution::Constant(value) => Distribution::Constant(value * factor),
            Distribution::Uniform { min, max } => Distribution::Uniform { min: min * factor, max: max * factor },
            Distribution::Triangular { min, mode, max } => {
                Distribution::Triangular { min: min * factor, mode: mode * factor, max: max * factor }
            }
            Distribution::Normal { mean, sd } => Distribution::Normal { mean: mean * factor, sd: sd * factor },
            Distribution::TruncatedNormal { mean, sd, min, max } => {
                Distribution::TruncatedNormal { mean: mean * factor, sd: sd * factor, min: min * factor, max: max * factor }
            }
            Distribution::Lognormal { mean, sd } => Distribution::Lognormal { mean: mean * factor, sd: sd * factor },
            Distribution::Exponential { mean } => Distribution::Exponential { mean: mean * factor },
            Distribution::Erlang { mean, k } => Distribution::Erlang { mean: mean * factor, k },
            Distribution::Gamma { shape, scale } => Distribution::Gamma { shape, scale: scale * factor },
            Distribution::Weibull { scale, shape } => Distribution::Weibull { scale: scale * factor, shape },
            Distribution::Bernoulli { p } => Distribution::Discrete { values: vec![0.0, factor], weights: vec![1.0 - p, p] },
            Distribution::Discrete { ref values, ref weights } => {
                Distribution::Discrete { values: values.iter().map(|value| value * factor).collect(), weights: weights.clone() }
            }
        }
    }

    /// The expected value, in the unit of the field that holds the distribution. Closed forms throughout.
    pub fn mean(&self) -> f64 {
        match *self {
            Distribution::Constant(value) => value,
            Distribution::Uniform { min, max } => f64::midpoint(min, max),
            Distribution::Triangular { min, mode, max } => (min + mode + max) / 3.0,
            Distribution::Normal { mean, .. }
            | Distribution::Lognormal { mean, .. }
            | Distribution::Exponential { mean }
            | Distribution::Erlang { mean, .. } => mean,
            Distribution::TruncatedNormal { mean, sd, min, max } => truncated_normal_mean(mean, sd, min, max),
            Distribution::Gamma { shape, scale } => shape * scale,
            Distribution::Weibull { scale, shape } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Distribution::Bernoulli { p } => p,
            Distribution::Discrete { ref values, ref weights } => {
                let total: f64 = weights.iter().sum();
                values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / total
            }
        }
    }
}

/// mean + sd (phi(a) - phi(b)) / (Phi(b) - Phi(a)) with a, b the limits in units of sd (Johnson, Kotz and Balakrishnan,
/// Continuous Univariate Distributions 1, section 13.10.1).
fn truncated_normal_mean(mean: f64, sd: f64, min: f64, max: f64) -> f64 {
    if sd <= 0.0 {
        return mean.clamp(min, max);
    }
    let density = |x: f64| libm::exp(-x * x / 2.0) / (2.0 * std::f64::consts::PI).sqrt();
    let cumulative = |x: f64| libm::erfc(-x / std::f64::consts::SQRT_2) / 2.0;
    let (low, high) = ((min - mean) / sd, (max - mean) / sd);
    mean + sd * (density(low) - density(high)) / (cumulative(high) - cumulative(low))
}

#[cfg(test)]
mod tests {
    use super::Distribution::*;

    /// The closed forms lose a few digits in erfc and tgamma; 1e-9 is far below what any KPI shows.
    const TOLERANCE: f64 = 1e-9;

    #[test]
    fn a_scaled_distribution_has_the_scaled_mean() {
        let cases = [
            Constant(2.0),
            Uniform { min: -1.0, max: 4.0 },
            Bernoulli { p: 0.3 },
            Gamma { shape: 2.0, scale: 3.0 },
            Discrete { values: vec![1.0, 5.0], weights: vec![1.0, 3.0] },
            TruncatedNormal { mean: 2.0, sd: 1.0, min: 1.5, max: 4.0 },
        ];
        for distribution in cases {
            assert!((distribution.scaled(0.25).mean() - 0.25 * distribution.mean()).abs() < TOLERANCE, "{distribution:?}");
        }
    }

    #[test]
    fn means_are_those_of_the_textbook() {
        let cases = [
            (Triangular { min: 1.2, mode: 1.4, max: 1.8 }, 4.4 / 3.0),
            (TruncatedNormal { mean: 2.0, sd: 1.0, min: 1.0, max: 3.0 }, 2.0),
            // Half normal: sqrt(2 / pi).
            (TruncatedNormal { mean: 0.0, sd: 1.0, min: 0.0, max: 40.0 }, 0.797_884_560_802_865_4),
            // Gamma(3/2) = sqrt(pi) / 2.
            (Weibull { scale: 2.0, shape: 2.0 }, 1.772_453_850_905_516),
            (Gamma { shape: 0.5, scale: 3.0 }, 1.5),
            (Discrete { values: vec![1.0, 10.0], weights: vec![3.0, 1.0] }, 3.25),
            (Erlang { mean: 6.0, k: 3 }, 6.0),
        ];
        for (distribution, expected) in cases {
            let found = distribution.mean();
            assert!((found - expected).abs() < TOLERANCE, "{distribution:?}: {found}, expected {expected}");
        }
    }
}
