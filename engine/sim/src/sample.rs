//! Sampling the model's distributions from counter-based draws, on `libm` alone. Each function uses as many words of its
//! draw as it likes: the draw owns its counter blocks. Knows no streams and no scene.

use crate::random::Draw;
use linetwin_model::distribution::{Distribution, Empirical};
use linetwin_model::parametric::Parametric;

/// From this mean on a Poisson number is drawn by transformed rejection, which needs a mean of at least 10 [-].
const LEAST_REJECTION_MEAN: f64 = 10.0;

/// One value of `distribution`.
pub fn sample(distribution: &Distribution, draw: &mut Draw) -> f64 {
    match distribution {
        Distribution::Constant(value) => *value,
        Distribution::Parametric(parametric) => sample_parametric(parametric, draw),
        Distribution::Empirical(empirical) => sample_empirical(empirical, draw),
        Distribution::Scaled { factor, of } => factor * sample(of, draw),
    }
}

fn sample_parametric(distribution: &Parametric, draw: &mut Draw) -> f64 {
    match *distribution {
        Parametric::Uniform { min, max } => min + (max - min) * draw.unit(),
        Parametric::Triangular { min, mode, max } => {
            let (unit, span) = (draw.unit(), max - min);
            let split = if span > 0.0 { (mode - min) / span } else { 0.0 };
            if unit < split { min + (unit * span * (mode - min)).sqrt() } else { max - ((1.0 - unit) * span * (max - mode)).sqrt() }
        }
        Parametric::Pert { min, mode, max, lambda } => {
            // Vose, Risk Analysis (2008): a beta distribution whose shapes put the mode where it belongs.
            let span = max - min;
            let share = |part: f64| if span > 0.0 { part / span } else { 0.0 };
            min + span * standard_beta(1.0 + lambda * share(mode - min), 1.0 + lambda * share(max - mode), draw)
        }
        Parametric::Normal { mean, sd } => mean + sd * standard_normal(draw),
        Parametric::TruncatedNormal { mean, sd, min, max } => {
            // Rejection: the check refuses limits that leave less than a thousandth of the probability.
            loop {
                let value = mean + sd * standard_normal(draw);
                if (min..=max).contains(&value) {
                    return value;
                }
            }
        }
        Parametric::Lognormal { mean, sd } => {
            let variance = libm::log1p(sd * sd / (mean * mean));
            libm::exp(libm::log(mean) - variance / 2.0 + variance.sqrt() * standard_normal(draw))
        }
        Parametric::Exponential { mean } => -mean * libm::log(draw.unit()),
        Parametric::Erlang { mean, k } => {
            let sum: f64 = (0..k).map(|_| -libm::log(draw.unit())).sum();
            mean * sum / f64::from(k)
        }
        Parametric::Gamma { shape, scale } => scale * standard_gamma(shape, draw),
        Parametric::Beta { alpha, beta, min, max } => min + (max - min) * standard_beta(alpha, beta, draw),
        Parametric::Weibull { scale, shape } => scale * libm::pow(-libm::log(draw.unit()), 1.0 / shape),
        Parametric::Poisson { mean } if mean < LEAST_REJECTION_MEAN => small_poisson(mean, draw),
        Parametric::Poisson { mean } => large_poisson(mean, draw),
        // Inversion: more than n trials with probability (1 - p)^n. With p = 1 the logarithm is minus infinity.
        Parametric::Geometric { p } => (libm::log(draw.unit()) / libm::log1p(-p)).ceil().max(1.0),
        Parametric::Bernoulli { p } => f64::from(u8::from(draw.unit() < p)),
        Parametric::Discrete { ref values, ref weights } => values[pick(weights, draw)],
    }
}

/// One of the observed values, or, interpolated, a point between two neighbours (Law, Simulation Modeling and Analysis
/// (2015), section 8.3.16).
fn sample_empirical(empirical: &Empirical, draw: &mut Draw) -> f64 {
    let (sorted, unit) = (empirical.sorted(), draw.unit());
    if !empirical.interpolated {
        return sorted[((unit * sorted.len() as f64) as usize).min(sorted.len() - 1)];
    }
    let place = unit * (sorted.len() - 1) as f64;
    let below = place as usize;
    let low = sorted[below];
    sorted.get(below + 1).map_or(low, |high| low + (place - below as f64) * (high - low))
}

/// An index with probability proportional to its weight. Panics on an empty list: a checked scene has none.
pub fn pick(weights: &[f64], draw: &mut Draw) -> usize {
    let mut left = draw.unit() * weights.iter().sum::<f64>();
    for (index, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return index;
        }
    }
    // Rounding can leave a last sliver: it belongs to the last weight that is not zero.
    weights.iter().rposition(|&weight| weight > 0.0).expect("some weight is positive")
}

/// Box and Muller (1958), the cosine half: two words a value, no rejection.
fn standard_normal(draw: &mut Draw) -> f64 {
    let radius = (-2.0 * libm::log(draw.unit())).sqrt();
    radius * libm::cos(std::f64::consts::TAU * draw.unit())
}

/// Marsaglia and Tsang (2000), with the boost for shapes below 1.
fn standard_gamma(shape: f64, draw: &mut Draw) -> f64 {
    if shape < 1.0 {
        let boost = libm::pow(draw.unit(), 1.0 / shape);
        return boost * standard_gamma(shape + 1.0, draw);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = standard_normal(draw);
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        if libm::log(draw.unit()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}

/// X / (X + Y) of two gamma values (Devroye, Non-Uniform Random Variate Generation (1986), chapter IX, theorem 4.1), by
/// their logarithms: with small shapes both are far below the least double.
fn standard_beta(alpha: f64, beta: f64, draw: &mut Draw) -> f64 {
    let x = log_standard_gamma(alpha, draw);
    let y = log_standard_gamma(beta, draw);
    1.0 / (1.0 + libm::exp(y - x))
}

/// The logarithm of a gamma value; the boost for shapes below 1 as a sum.
fn log_standard_gamma(shape: f64, draw: &mut Draw) -> f64 {
    let boost = if shape < 1.0 { libm::log(draw.unit()) / shape } else { 0.0 };
    boost + libm::log(standard_gamma(if shape < 1.0 { shape + 1.0 } else { shape }, draw))
}

/// Inversion by going up through the probabilities: Devroye (1986), chapter X.3.3. One word.
fn small_poisson(mean: f64, draw: &mut Draw) -> f64 {
    let unit = draw.unit();
    let (mut count, mut probability) = (0.0, libm::exp(-mean));
    let mut cumulative = probability;
    // The sum may end a hair below 1: where nothing is added any more, the count stands.
    while unit > cumulative && probability > 0.0 {
        count += 1.0;
        probability *= mean / count;
        cumulative += probability;
    }
    count
}

/// Transformed rejection PTRS: Hörmann, The transformed rejection method for generating Poisson random variables,
/// Insurance: Mathematics and Economics 12 (1993).
fn large_poisson(mean: f64, draw: &mut Draw) -> f64 {
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let surely_inside = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let (u, v) = (draw.unit() - 0.5, draw.unit());
        let distance = 0.5 - u.abs();
        let count = ((2.0 * a / distance + b) * u + mean + 0.43).floor();
        if distance >= 0.07 && v <= surely_inside {
            return count;
        }
        if count < 0.0 || (distance < 0.013 && v > distance) {
            continue;
        }
        let accepted = libm::log(v * inverse_alpha / (a / (distance * distance) + b));
        if accepted <= count * libm::log(mean) - mean - libm::lgamma(count + 1.0) {
            return count;
        }
    }
}
