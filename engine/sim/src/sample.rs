//! Sampling the model's distributions from counter-based draws, on `libm` alone.

use crate::random::Draw;
use linetwin_model::distribution::Distribution;

/// One value of `distribution`.
pub fn sample(distribution: &Distribution, draw: &mut Draw) -> f64 {
    match *distribution {
        Distribution::Constant(value) => value,
        Distribution::Uniform { min, max } => min + (max - min) * draw.unit(),
        Distribution::Triangular { min, mode, max } => {
            let (unit, span) = (draw.unit(), max - min);
            let split = if span > 0.0 { (mode - min) / span } else { 0.0 };
            if unit < split { min + (unit * span * (mode - min)).sqrt() } else { max - ((1.0 - unit) * span * (max - mode)).sqrt() }
        }
        Distribution::Normal { mean, sd } => mean + sd * standard_normal(draw),
        Distribution::TruncatedNormal { mean, sd, min, max } => {
            // Rejection: the check refuses limits that leave less than a thousandth of the probability.
            loop {
                let value = mean + sd * standard_normal(draw);
                if (min..=max).contains(&value) {
                    return value;
                }
            }
        }
        Distribution::Lognormal { mean, sd } => {
            let variance = libm::log1p(sd * sd / (mean * mean));
            libm::exp(libm::log(mean) - variance / 2.0 + variance.sqrt() * standard_normal(draw))
        }
        Distribution::Exponential { mean } => -mean * libm::log(draw.unit()),
        Distribution::Erlang { mean, k } => {
            let sum: f64 = (0..k).map(|_| -libm::log(draw.unit())).sum();
            mean * sum / f64::from(k)
        }
        Distribution::Gamma { shape, scale } => scale * standard_gamma(shape, draw),
        Distribution::Weibull { scale, shape } => scale * libm::pow(-libm::log(draw.unit()), 1.0 / shape),
        Distribution::Bernoulli { p } => f64::from(u8::from(draw.unit() < p)),
        Distribution::Discrete { ref values, ref weights } => values[pick(weights, draw)],
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Streams;

    /// Draws per case. The bounds below are five standard errors, so a correct sampler fails about once in two million.
    const DRAWS: u32 = 100_000;

    #[test]
    fn samples_have_the_moments_of_their_distribution() {
        use Distribution::*;
        let cases: [(Distribution, f64, f64); 12] = [
            (Constant(3.0), 3.0, 0.0),
            (Uniform { min: 1.0, max: 4.0 }, 2.5, 9.0 / 12.0),
            (Triangular { min: 1.0, mode: 2.0, max: 6.0 }, 3.0, (1.0 + 4.0 + 36.0 - 2.0 - 12.0 - 6.0) / 18.0),
            (Normal { mean: -2.0, sd: 3.0 }, -2.0, 9.0),
            // Symmetric truncation at one sigma: variance 1 - 2 phi(1) / (2 Phi(1) - 1).
            (TruncatedNormal { mean: 0.0, sd: 1.0, min: -1.0, max: 1.0 }, 0.0, 0.291_125_1),
            (Lognormal { mean: 300.0, sd: 200.0 }, 300.0, 40_000.0),
            (Exponential { mean: 5.0 }, 5.0, 25.0),
            (Erlang { mean: 6.0, k: 3 }, 6.0, 12.0),
            (Gamma { shape: 0.5, scale: 2.0 }, 1.0, 2.0),
            // Weibull with shape 2: mean sqrt(pi)/2, variance 1 - pi/4.
            (Weibull { scale: 1.0, shape: 2.0 }, 0.886_226_925_452_758, 0.214_601_836_602_551_7),
            (Bernoulli { p: 0.3 }, 0.3, 0.21),
            (Discrete { values: vec![1.0, 10.0], weights: vec![3.0, 1.0] }, 3.25, 15.1875),
        ];
        for (case, (distribution, mean, variance)) in cases.iter().enumerate() {
            let stream = Streams { seed: 11, replication: 0 }.stream("moments", &case.to_string());
            let values: Vec<f64> = (0..DRAWS).map(|index| sample(distribution, &mut stream.draw(index))).collect();
            let found = values.iter().sum::<f64>() / f64::from(DRAWS);
            let spread = values.iter().map(|value| (value - found).powi(2)).sum::<f64>() / f64::from(DRAWS - 1);
            let standard_error = (variance / f64::from(DRAWS)).sqrt();
            assert!((found - mean).abs() <= 5.0 * standard_error + 1e-12, "{distribution:?}: mean {found}, expected {mean}");
            // A heavy tail makes the sample variance itself noisy: 8 % covers the lognormal here.
            assert!((spread - variance).abs() <= 0.08 * variance + 1e-12, "{distribution:?}: variance {spread}, expected {variance}");
        }
    }
}
