//! What a distribution says of values: density, share below, share above, quantiles. For the families that are fitted; knows no
//! sample.

use linetwin_model::parametric::Parametric;
use statrs::function::erf::erfc;
use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};
use std::f64::consts::{PI, SQRT_2};

/// Mean and standard deviation of the logarithm of a lognormal value.
pub fn of_logarithm(mean: f64, sd: f64) -> (f64, f64) {
    let variance = (sd * sd / (mean * mean)).ln_1p();
    (mean.ln() - variance / 2.0, variance.sqrt())
}

/// The logarithm of the density; minus infinity where it is zero.
pub fn log_density(distribution: &Parametric, x: f64) -> f64 {
    let gamma = |shape: f64, scale: f64| (shape - 1.0) * x.ln() - x / scale - shape * scale.ln() - ln_gamma(shape);
    let normal = |x: f64, mean: f64, sd: f64| -0.5 * ((x - mean) / sd).powi(2) - sd.ln() - 0.5 * (2.0 * PI).ln();
    match *distribution {
        Parametric::Normal { mean, sd } => normal(x, mean, sd),
        Parametric::Uniform { min, max } if (min..=max).contains(&x) => -(max - min).ln(),
        Parametric::Triangular { min, mode, max } if (min..=max).contains(&x) => {
            let height = (2.0 / (max - min)).ln();
            // At the mode itself one of the slopes may be of no length.
            if x < mode {
                height + ((x - min) / (mode - min)).ln()
            } else if x > mode {
                height + ((max - x) / (max - mode)).ln()
            } else {
                height
            }
        }
        Parametric::Uniform { .. } | Parametric::Triangular { .. } => f64::NEG_INFINITY,
        _ if x <= 0.0 => f64::NEG_INFINITY,
        Parametric::Exponential { mean } => -x / mean - mean.ln(),
        Parametric::Erlang { mean, k } => gamma(f64::from(k), mean / f64::from(k)),
        Parametric::Gamma { shape, scale } => gamma(shape, scale),
        Parametric::Weibull { scale, shape } => {
            let share = x / scale;
            (shape / scale).ln() + (shape - 1.0) * share.ln() - share.powf(shape)
        }
        Parametric::Lognormal { mean, sd } => {
            let (mu, sigma) = of_logarithm(mean, sd);
            normal(x.ln(), mu, sigma) - x.ln()
        }
        _ => unreachable!("a family that is fitted"),
    }
}

/// Probability of at most `x`.
pub fn share_below(distribution: &Parametric, x: f64) -> f64 {
    let normal = |x: f64, mean: f64, sd: f64| 0.5 * erfc((mean - x) / (sd * SQRT_2));
    match *distribution {
        Parametric::Normal { mean, sd } => normal(x, mean, sd),
        Parametric::Uniform { min, max } => ((x - min) / (max - min)).clamp(0.0, 1.0),
        Parametric::Triangular { min, mode, max } => {
            if x <= min {
                0.0
            } else if x >= max {
                1.0
            } else if x <= mode {
                (x - min).powi(2) / ((max - min) * (mode - min))
            } else {
                1.0 - (max - x).powi(2) / ((max - min) * (max - mode))
            }
        }
        _ if x <= 0.0 => 0.0,
        Parametric::Exponential { mean } => -(-x / mean).exp_m1(),
        Parametric::Erlang { mean, k } => gamma_lr(f64::from(k), x * f64::from(k) / mean),
        Parametric::Gamma { shape, scale } => gamma_lr(shape, x / scale),
        Parametric::Weibull { scale, shape } => -(-(x / scale).powf(shape)).exp_m1(),
        Parametric::Lognormal { mean, sd } => {
            let (mu, sigma) = of_logarithm(mean, sd);
            normal(x.ln(), mu, sigma)
        }
        _ => unreachable!("a family that is fitted"),
    }
}

/// The logarithm of the probability of more than `x`: what a value that is only known to be larger adds to the likelihood.
pub fn log_share_above(distribution: &Parametric, x: f64) -> f64 {
    let normal = |x: f64, mean: f64, sd: f64| (0.5 * erfc((x - mean) / (sd * SQRT_2))).ln();
    match *distribution {
        Parametric::Normal { mean, sd } => normal(x, mean, sd),
        Parametric::Uniform { .. } | Parametric::Triangular { .. } => (1.0 - share_below(distribution, x)).ln(),
        _ if x <= 0.0 => 0.0,
        Parametric::Exponential { mean } => -x / mean,
        Parametric::Erlang { mean, k } => gamma_ur(f64::from(k), x * f64::from(k) / mean).ln(),
        Parametric::Gamma { shape, scale } => gamma_ur(shape, x / scale).ln(),
        Parametric::Weibull { scale, shape } => -(x / scale).powf(shape),
        Parametric::Lognormal { mean, sd } => {
            let (mu, sigma) = of_logarithm(mean, sd);
            normal(x.ln(), mu, sigma)
        }
        _ => unreachable!("a family that is fitted"),
    }
}

/// The value that this share lies below, by bisection.
pub fn quantile(distribution: &Parametric, share: f64) -> f64 {
    let (least, most) = distribution.limits();
    let (mean, sd) = (distribution.mean(), distribution.sd());
    let mut low = if least.is_finite() { least } else { mean - sd };
    while least.is_infinite() && share_below(distribution, low) > share {
        low -= mean - low;
    }
    let mut high = if most.is_finite() { most } else { mean + sd };
    while most.is_infinite() && share_below(distribution, high) < share {
        high += high - low;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if share_below(distribution, middle) < share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Parametric; 8] = [
        Parametric::Exponential { mean: 2.0 },
        Parametric::Erlang { mean: 3.0, k: 4 },
        Parametric::Gamma { shape: 0.7, scale: 2.0 },
        Parametric::Weibull { scale: 2.0, shape: 1.7 },
        Parametric::Lognormal { mean: 2.0, sd: 1.5 },
        Parametric::Normal { mean: 5.0, sd: 1.0 },
        Parametric::Uniform { min: 1.0, max: 4.0 },
        Parametric::Triangular { min: 1.0, mode: 1.5, max: 4.0 },
    ];

    #[test]
    fn density_share_and_quantile_are_of_one_distribution() {
        for distribution in &ALL {
            for share in [0.02, 0.3, 0.5, 0.77, 0.99] {
                let x = quantile(distribution, share);
                assert!((share_below(distribution, x) - share).abs() < 1e-9, "{distribution:?} {share}");
                assert!((log_share_above(distribution, x).exp() - (1.0 - share)).abs() < 1e-9, "{distribution:?} {share}");
                let step = 1e-5 * x;
                let slope = (share_below(distribution, x + step) - share_below(distribution, x - step)) / (2.0 * step);
                assert!((log_density(distribution, x).exp() / slope - 1.0).abs() < 1e-4, "{distribution:?} {share}: {slope}");
            }
            // The mean by the quantiles.
            let mean: f64 = (0..4000).map(|k| quantile(distribution, (f64::from(k) + 0.5) / 4000.0)).sum::<f64>() / 4000.0;
            assert!((mean / distribution.mean() - 1.0).abs() < 4e-3, "{distribution:?}: {mean}");
        }
    }
}
