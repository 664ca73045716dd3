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
