//! Cumulative distributions, computed apart from the engine: closed forms, and the incomplete gamma and beta functions by
//! series and continued fraction (Press et al., Numerical Recipes (2007), sections 6.2 and 6.4; DLMF 8.7.1, 8.9.2 and
//! 8.17.22). Knows nothing about how values are drawn.

use linetwin_model::distribution::Distribution;
use linetwin_model::parametric::Parametric;

/// Terms end where they no longer change a double.
const EPSILON: f64 = 1e-16;
/// In the place of a denominator that vanishes (Lentz's method).
const TINY: f64 = 1e-300;
/// Far more terms than arguments up to 10^5 need, which is about their square root.
const MOST_TERMS: usize = 100_000;

/// Regularised lower incomplete gamma function P(a, x).
pub fn gamma_p(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum, mut index) = (1.0 / a, 1.0 / a, a);
        for _ in 0..MOST_TERMS {
            index += 1.0;
            term *= x / index;
            sum += term;
            if term < sum * EPSILON {
                return sum * front;
            }
        }
        panic!("the series of P({a}, {x}) does not end");
    }
    let fraction = lentz(x + 1.0 - a, |n| (-n * (n - a), x + 1.0 - a + 2.0 * n));
    1.0 - front / fraction
}

/// Regularised incomplete beta function I_x(a, b).
pub fn beta_i(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return f64::from(u8::from(x >= 1.0));
    }
    // The fraction converges fast on this side of the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_i(b, a, 1.0 - x);
    }
    let front = libm::exp(libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x)) / a;
    let coefficient = |n: f64| {
        let m = (n / 2.0).floor();
        let odd = n % 2.0 == 1.0;
        let numerator = if odd { -(a + m) * (a + b + m) * x } else { m * (b - m) * x };
        (numerator / ((a + 2.0 * m - f64::from(u8::from(!odd))) * (a + 2.0 * m + f64::from(u8::from(odd)))), 1.0)
    };
    front / lentz(1.0, coefficient)
}

/// The continued fraction b0 + a1 / (b1 + a2 / (b2 + ...)) by the modified method of Lentz; `terms` gives (a_n, b_n).
fn lentz(b0: f64, terms: impl Fn(f64) -> (f64, f64)) -> f64 {
    let raised = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut value, mut c, mut d) = (raised(b0), raised(b0), 0.0);
    for n in 1..MOST_TERMS {
        let (a, b) = terms(n as f64);
        d = 1.0 / raised(b + a * d);
        c = raised(b + a / c);
        value *= c * d;
        if (c * d - 1.0).abs() < EPSILON * 10.0 {
            return value;
        }
    }
    panic!("the continued fraction does not end");
}

/// Cumulative normal distribution.
fn phi(x: f64) -> f64 {
    libm::erfc(-x / std::f64::consts::SQRT_2) / 2.0
}

/// Probability of a value of at most `x`.
pub fn cumulative(distribution: &Distribution, x: f64) -> f64 {
    match distribution {
        Distribution::Constant(value) => f64::from(u8::from(x >= *value)),
        Distribution::Parametric(parametric) => parametric_cumulative(parametric, x),
        Distribution::Scaled { factor, of } => cumulative(of, x / factor),
        Distribution::Empirical(empirical) => {
            let sorted = empirical.sorted();
            let at_most = sorted.iter().filter(|value| **value <= x).count();
            if !empirical.interpolated {
                return at_most as f64 / sorted.len() as f64;
            }
            match at_most {
                0 => 0.0,
                count if count == sorted.len() => 1.0,
                count => {
                    let (low, high) = (sorted[count - 1], sorted[count]);
                    ((count - 1) as f64 + (x - low) / (high - low)) / (sorted.len() - 1) as f64
                }
            }
        }
    }
}

fn parametric_cumulative(distribution: &Parametric, x: f64) -> f64 {
    if x < distribution.limits().0 {
        return 0.0;
    }
    if x >= distribution.limits().1 {
        return 1.0;
    }
    match *distribution {
        Parametric::Uniform { min, max } => (x - min) / (max - min),
        Parametric::Triangular { min, mode, max } if x < mode => (x - min) * (x - min) / ((max - min) * (mode - min)),
        Parametric::Triangular { min, mode, max } => 1.0 - (max - x) * (max - x) / ((max - min) * (max - mode)),
        Parametric::Pert { min, mode, max, lambda } => {
            let shape = |part: f64| 1.0 + lambda * part / (max - min);
            beta_i(shape(mode - min), shape(max - mode), (x - min) / (max - min))
        }
        Parametric::Normal { mean, sd } => phi((x - mean) / sd),
        Parametric::TruncatedNormal { mean, sd, min, max } => {
            let below = |x: f64| phi((x - mean) / sd);
            (below(x) - below(min)) / (below(max) - below(min))
        }
        Parametric::Lognormal { mean, sd } => {
            let ratio = sd / mean;
            let variance = libm::log(1.0 + ratio * ratio);
            phi((libm::log(x / mean) + variance / 2.0) / variance.sqrt())
        }
        Parametric::Exponential { mean } => -libm::expm1(-x / mean),
        Parametric::Erlang { mean, k } => gamma_p(f64::from(k), f64::from(k) * x / mean),
        Parametric::Gamma { shape, scale } => gamma_p(shape, x / scale),
        Parametric::Beta { alpha, beta, min, max } => beta_i(alpha, beta, (x - min) / (max - min)),
        Parametric::Weibull { scale, shape } => -libm::expm1(-libm::pow(x / scale, shape)),
        // Sums of Poisson probabilities are an incomplete gamma function: DLMF 8.4.10.
        Parametric::Poisson { mean } => 1.0 - gamma_p(x.floor() + 1.0, mean),
        Parametric::Geometric { p } => -libm::expm1(x.floor() * libm::log1p(-p)),
        Parametric::Bernoulli { p } => 1.0 - p,
        Parametric::Discrete { ref values, ref weights } => {
            let below: f64 = values.iter().zip(weights).filter(|(value, _)| **value <= x).map(|(_, weight)| weight).sum();
            below / weights.iter().sum::<f64>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions hold to about 13 digits; the tests they serve look at 4.
    const TOLERANCE: f64 = 1e-12;

    #[test]
    fn incomplete_functions_keep_their_identities() {
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < TOLERANCE, "{found}, expected {expected}");
        for x in [0.01, 0.3, 1.0, 2.5, 9.0, 30.0] {
            near(gamma_p(1.0, x), -libm::expm1(-x));
            near(gamma_p(0.5, x), libm::erf(x.sqrt()));
            // P(a, x) - P(a + 1, x) = x^a e^-x / Gamma(a + 1): DLMF 8.8.5.
            for a in [0.2, 1.7, 8.0, 40.0] {
                let step = libm::exp(a * libm::log(x) - x - libm::lgamma(a + 1.0));
                near(gamma_p(a, x) - gamma_p(a + 1.0, x), step);
            }
        }
        for x in [0.02, 0.25, 0.5, 0.8, 0.99] {
            near(beta_i(1.0, 3.5, x), 1.0 - libm::pow(1.0 - x, 3.5));
            near(beta_i(2.0, 3.0, x), x * x * (6.0 - 8.0 * x + 3.0 * x * x));
            near(beta_i(0.5, 0.5, x), 2.0 / std::f64::consts::PI * libm::asin(x.sqrt()));
            for (a, b) in [(0.3, 2.0), (5.0, 0.7), (12.0, 30.0)] {
                near(beta_i(a, b, x), 1.0 - beta_i(b, a, 1.0 - x));
                // I_x(a, b) - I_x(a + 1, b) = x^a (1 - x)^b / (a B(a, b)): DLMF 8.17.20.
                let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
                let step = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - log_beta) / a;
                near(beta_i(a, b, x) - beta_i(a + 1.0, b, x), step);
            }
        }
    }
}
