//! The distributions that are given by parameters: the one list of them, as a scene writes them and as the engine draws
//! from them, with their moments and limits. Knows no random numbers (`sim` does), no files, and not which parameters
//! make sense (`check` does).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A probability distribution. All parameters have the unit of the field, but where they say otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Distribution")]
pub enum Parametric {
    /// Equally likely between two limits.
    Uniform {
        /// Lower limit.
        min: f64,
        /// Upper limit.
        max: f64,
    },
    /// A triangle between two limits: what people estimate well.
    Triangular {
        /// Lower limit.
        min: f64,
        /// Most likely value.
        mode: f64,
        /// Upper limit.
        max: f64,
    },
    /// A smooth hump between two limits, with the mean `(min + lambda * mode + max) / (lambda + 2)`: estimated times.
    Pert {
        /// Lower limit.
        min: f64,
        /// Most likely value.
        mode: f64,
        /// Upper limit.
        max: f64,
        /// Weight of the mode: 4 as in PERT, larger is narrower, 0 is uniform [-].
        #[serde(default = "pert_lambda")]
        lambda: f64,
    },
    /// Gauss's bell; can be negative.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Normal, drawn again while outside the limits.
    TruncatedNormal {
        /// Mean before truncation.
        mean: f64,
        /// Standard deviation before truncation.
        sd: f64,
        /// Lower limit.
        min: f64,
        /// Upper limit.
        max: f64,
    },
    /// Positive and skewed to the right (repair times), by mean and standard deviation of the value itself.
    Lognormal {
        /// Mean of the value (not of its logarithm).
        mean: f64,
        /// Standard deviation of the value (not of its logarithm).
        sd: f64,
    },
    /// Memoryless: times between independent events.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Sum of `k` equal exponential times.
    Erlang {
        /// Mean of the sum.
        mean: f64,
        /// Number of exponential times, 1 to 1000 [-].
        k: u32,
    },
    /// Gamma, mean `shape * scale`.
    Gamma {
        /// Shape [-].
        shape: f64,
        /// Scale.
        scale: f64,
    },
    /// Shares and other values between two limits; its mean lies at `alpha / (alpha + beta)` of the way.
    Beta {
        /// First shape: how strongly low values are rare [-].
        alpha: f64,
        /// Second shape: how strongly high values are rare [-].
        beta: f64,
        /// Lower limit.
        #[serde(default)]
        min: f64,
        /// Upper limit.
        #[serde(default = "one")]
        max: f64,
    },
    /// Life times: a shape below 1 fails early, above 1 wears out.
    Weibull {
        /// Scale: 63.2 % lie below.
        scale: f64,
        /// Shape [-].
        shape: f64,
    },
    /// How many independent events fall into a span: 0, 1, 2 and so on.
    Poisson {
        /// Mean number.
        mean: f64,
    },
    /// How many trials until the first success, that one counted: 1, 2, 3 and so on, with the mean `1 / p`.
    Geometric {
        /// Probability that a trial succeeds, above 0, to 1 [-].
        p: f64,
    },
    /// 1 with probability `p`, else 0.
    Bernoulli {
        /// Probability of 1, from 0 to 1 [-].
        p: f64,
    },
    /// One of several values.
    Discrete {
        /// The values.
        values: Vec<f64>,
        /// Their relative weights, one for each value [-].
        weights: Vec<f64>,
    },
}

fn pert_lambda() -> f64 {
    4.0
}

fn one() -> f64 {
    1.0
}

impl Parametric {
    /// The distribution of `factor` times the value, `factor` above 0; `None` where no parameters give it (a count).
    pub fn scaled(&self, factor: f64) -> Option<Parametric> {
        Some(match *self {
            Parametric::Uniform { min, max } => Parametric::Uniform { min: min * factor, max: max * factor },
            Parametric::Triangular { min, mode, max } => {
                Parametric::Triangular { min: min * factor, mode: mode * factor, max: max * factor }
            }
            Parametric::Pert { min, mode, max, lambda } => {
                Parametric::Pert { min: min * factor, mode: mode * factor, max: max * factor, lambda }
            }
            Parametric::Normal { mean, sd } => Parametric::Normal { mean: mean * factor, sd: sd * factor },
            Parametric::TruncatedNormal { mean, sd, min, max } => {
                Parametric::TruncatedNormal { mean: mean * factor, sd: sd * factor, min: min * factor, max: max * factor }
            }
            Parametric::Lognormal { mean, sd } => Parametric::Lognormal { mean: mean * factor, sd: sd * factor },
            Parametric::Exponential { mean } => Parametric::Exponential { mean: mean * factor },
            Parametric::Erlang { mean, k } => Parametric::Erlang { mean: mean * factor, k },
            Parametric::Gamma { shape, scale } => Parametric::Gamma { shape, scale: scale * factor },
            Parametric::Beta { alpha, beta, min, max } => Parametric::Beta { alpha, beta, min: min * factor, max: max * factor },
            Parametric::Weibull { scale, shape } => Parametric::Weibull { scale: scale * factor, shape },
            Parametric::Poisson { .. } | Parametric::Geometric { .. } => return None,
            Parametric::Bernoulli { p } => Parametric::Discrete { values: vec![0.0, factor], weights: vec![1.0 - p, p] },
            Parametric::Discrete { ref values, ref weights } => {
                Parametric::Discrete { values: values.iter().map(|value| value * factor).collect(), weights: weights.clone() }
            }
        })
    }

    /// The expected value. Closed forms throughout.
    pub fn mean(&self) -> f64 {
        match *self {
            Parametric::Uniform { min, max } => f64::midpoint(min, max),
            Parametric::Triangular { min, mode, max } => (min + mode + max) / 3.0,
            Parametric::Pert { min, mode, max, lambda } => (min + lambda * mode + max) / (lambda + 2.0),
            Parametric::Normal { mean, .. }
            | Parametric::Lognormal { mean, .. }
            | Parametric::Exponential { mean }
            | Parametric::Erlang { mean, .. }
            | Parametric::Poisson { mean } => mean,
            Parametric::TruncatedNormal { mean, sd, min, max } => truncated_normal_moments(mean, sd, min, max).0,
            Parametric::Gamma { shape, scale } => shape * scale,
            Parametric::Beta { alpha, beta, min, max } => min + (max - min) * alpha / (alpha + beta),
            Parametric::Weibull { scale, shape } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Parametric::Geometric { p } => 1.0 / p,
            Parametric::Bernoulli { p } => p,
            Parametric::Discrete { ref values, ref weights } => weighted_mean(values, weights, |value| value),
        }
    }

    /// The standard deviation. Closed forms throughout.
    pub fn sd(&self) -> f64 {
        let variance = match *self {
            Parametric::Uniform { min, max } => (max - min) * (max - min) / 12.0,
            Parametric::Triangular { min, mode, max } => {
                let (below, above) = (mode - min, max - mode);
                (below * below + below * above + above * above) / 18.0
            }
            Parametric::Pert { min, max, lambda, .. } => (self.mean() - min) * (max - self.mean()) / (lambda + 3.0),
            Parametric::Normal { sd, .. } | Parametric::Lognormal { sd, .. } => return sd,
            Parametric::TruncatedNormal { mean, sd, min, max } => truncated_normal_moments(mean, sd, min, max).1,
            Parametric::Exponential { mean } => return mean,
            Parametric::Erlang { mean, k } => mean * mean / f64::from(k),
            Parametric::Gamma { shape, scale } => shape * scale * scale,
            Parametric::Beta { alpha, beta, min, max } => {
                let (sum, span) = (alpha + beta, max - min);
                span * span * (alpha / sum) * (beta / sum) / (sum + 1.0)
            }
            Parametric::Weibull { scale, shape } => {
                let mean = libm::tgamma(1.0 + 1.0 / shape);
                scale * scale * (libm::tgamma(1.0 + 2.0 / shape) - mean * mean)
            }
            Parametric::Poisson { mean } => mean,
            Parametric::Geometric { p } => (1.0 - p) / (p * p),
            Parametric::Bernoulli { p } => p * (1.0 - p),
            Parametric::Discrete { ref values, ref weights } => {
                let mean = self.mean();
                weighted_mean(values, weights, |value| (value - mean) * (value - mean))
            }
        };
        // Rounding may leave a hair below 0 where the true variance is 0.
        variance.max(0.0).sqrt()
    }

    /// The lower and upper limit of what can be drawn, infinite where there is none.
    pub fn limits(&self) -> (f64, f64) {
        match *self {
            Parametric::Uniform { min, max }
            | Parametric::Triangular { min, max, .. }
            | Parametric::Pert { min, max, .. }
            | Parametric::TruncatedNormal { min, max, .. }
            | Parametric::Beta { min, max, .. } => (min, max),
            Parametric::Normal { sd, .. } if sd > 0.0 => (f64::NEG_INFINITY, f64::INFINITY),
            Parametric::Normal { mean, .. } => (mean, mean),
            Parametric::Lognormal { .. }
            | Parametric::Exponential { .. }
            | Parametric::Erlang { .. }
            | Parametric::Gamma { .. }
            | Parametric::Weibull { .. }
            | Parametric::Poisson { .. } => (0.0, f64::INFINITY),
            Parametric::Geometric { p } => (1.0, if p < 1.0 { f64::INFINITY } else { 1.0 }),
            Parametric::Bernoulli { p } => (if p < 1.0 { 0.0 } else { 1.0 }, if p > 0.0 { 1.0 } else { 0.0 }),
            Parametric::Discrete { ref values, ref weights } => {
                let possible = values.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(value, _)| *value);
                possible.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
            }
        }
    }

    /// Whether the lower limit itself is drawn, and not only approached.
    pub fn reaches_its_lower_limit(&self) -> bool {
        let (low, high) = self.limits();
        let counted = matches!(
            self,
            Parametric::Poisson { .. } | Parametric::Geometric { .. } | Parametric::Bernoulli { .. } | Parametric::Discrete { .. }
        );
        counted || low == high
    }
}

fn weighted_mean(values: &[f64], weights: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    values.iter().zip(weights).map(|(value, weight)| of(*value) * weight).sum::<f64>() / weights.iter().sum::<f64>()
}

/// Mean and variance of a normal distribution that is cut at `min` and `max` (Johnson, Kotz and Balakrishnan, Continuous
/// Univariate Distributions 1, section 13.10.1), with a and b the limits in units of sd:
/// mean + sd (phi(a) - phi(b)) / Z and sd^2 (1 + (a phi(a) - b phi(b)) / Z - ((phi(a) - phi(b)) / Z)^2), Z = Phi(b) - Phi(a).
fn truncated_normal_moments(mean: f64, sd: f64, min: f64, max: f64) -> (f64, f64) {
    if sd <= 0.0 {
        return (mean.clamp(min, max), 0.0);
    }
    let density = |x: f64| libm::exp(-x * x / 2.0) / (2.0 * std::f64::consts::PI).sqrt();
    let (low, high) = ((min - mean) / sd, (max - mean) / sd);
    let share = normal_share(mean, sd, min, max);
    let shift = (density(low) - density(high)) / share;
    // An infinite limit would make 0 * inf; a limit beyond 40 sd has no density at all in a double.
    let moment = |x: f64| if x.abs() < 40.0 { x * density(x) } else { 0.0 };
    (mean + sd * shift, sd * sd * (1.0 + (moment(low) - moment(high)) / share - shift * shift))
}

/// Probability that a normal value lies between `min` and `max`.
pub fn normal_share(mean: f64, sd: f64, min: f64, max: f64) -> f64 {
    if sd <= 0.0 {
        return if (min..=max).contains(&mean) { 1.0 } else { 0.0 };
    }
    let below = |limit: f64| libm::erfc((mean - limit) / (sd * std::f64::consts::SQRT_2)) / 2.0;
    below(max) - below(min)
}
