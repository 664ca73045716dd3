//! What a number of the checked scene is drawn from: a constant, a distribution given by parameters, or the values of a
//! table. Sampling lives in the engine (`sim`), which alone knows random streams.

use crate::parametric::Parametric;
use serde::{Deserialize, Serialize};

/// A number of the scene, or a distribution it is drawn from. The unit is that of the field which holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Distribution {
    Constant(f64),
    Parametric(Parametric),
    Empirical(Empirical),
    /// `factor` times what is drawn from `of`: a conversion of units that no parameters take up.
    Scaled {
        factor: f64,
        of: Box<Distribution>,
    },
}

/// The distribution of observed values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Empirical {
    /// In ascending order, so that the order of a table's rows says nothing; never empty.
    sorted: Vec<f64>,
    /// Between neighbours on a straight line, instead of the observed values alone.
    pub interpolated: bool,
}

impl Empirical {
    /// `None` without a value, or with one that is not finite.
    pub fn new(mut values: Vec<f64>, interpolated: bool) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        (!values.is_empty() && values.iter().all(|value| value.is_finite())).then_some(Empirical { sorted: values, interpolated })
    }

    /// In ascending order, never empty.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Mean of the values; interpolated: each stretch between neighbours is equally likely.
    fn mean(&self) -> f64 {
        match self.stretches() {
            Some(count) => self.pairs().map(|(low, high)| f64::midpoint(low, high)).sum::<f64>() / count,
            None => self.sorted.iter().sum::<f64>() / self.sorted.len() as f64,
        }
    }

    fn sd(&self) -> f64 {
        let mean = self.mean();
        let variance = match self.stretches() {
            Some(count) => {
                let about_mean = |low: f64, high: f64| {
                    let (offset, span) = (f64::midpoint(low, high) - mean, high - low);
                    offset * offset + span * span / 12.0
                };
                self.pairs().map(|(low, high)| about_mean(low, high)).sum::<f64>() / count
            }
            None => self.sorted.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / self.sorted.len() as f64,
        };
        variance.sqrt()
    }

    /// Number of stretches between neighbours, where values come from them.
    fn stretches(&self) -> Option<f64> {
        (self.interpolated && self.sorted.len() > 1).then(|| (self.sorted.len() - 1) as f64)
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.sorted.windows(2).map(|pair| (pair[0], pair[1]))
    }
}

impl From<Parametric> for Distribution {
    fn from(parametric: Parametric) -> Self {
        Distribution::Parametric(parametric)
    }
}

impl Distribution {
    /// The distribution of `factor` times the value, for conversions of units; `factor` is positive.
    pub fn scaled(&self, factor: f64) -> Distribution {
        assert!(factor > 0.0, "a conversion of units never reverses");
        let by_parameters = match self {
            Distribution::Constant(value) => Some(Distribution::Constant(value * factor)),
            Distribution::Parametric(parametric) => parametric.scaled(factor).map(Distribution::Parametric),
            Distribution::Empirical(_) | Distribution::Scaled { .. } => None,
        };
        by_parameters.unwrap_or_else(|| Distribution::Scaled { factor, of: Box::new(self.clone()) })
    }

    /// The expected value, in the unit of the field that holds the distribution.
    pub fn mean(&self) -> f64 {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Parametric(parametric) => parametric.mean(),
            Distribution::Empirical(empirical) => empirical.mean(),
            Distribution::Scaled { factor, of } => factor * of.mean(),
        }
    }

    /// The standard deviation, in the unit of the field that holds the distribution.
    pub fn sd(&self) -> f64 {
        match self {
            Distribution::Constant(_) => 0.0,
            Distribution::Parametric(parametric) => parametric.sd(),
            Distribution::Empirical(empirical) => empirical.sd(),
            Distribution::Scaled { factor, of } => factor * of.sd(),
        }
    }

    /// The least value that can be drawn, minus infinity where there is none.
    pub fn min(&self) -> f64 {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Parametric(parametric) => parametric.limits().0,
            Distribution::Empirical(empirical) => empirical.sorted[0],
            Distribution::Scaled { factor, of } => factor * of.min(),
        }
    }

    /// The greatest value that can be drawn, infinity where there is none.
    pub fn max(&self) -> f64 {
        match self {
            Distribution::Constant(value) => *value,
            Distribution::Parametric(parametric) => parametric.limits().1,
            Distribution::Empirical(empirical) => empirical.sorted[empirical.sorted.len() - 1],
            Distribution::Scaled { factor, of } => factor * of.max(),
        }
    }

    /// Whether [`Self::min`] itself is drawn, and not only approached.
    pub fn reaches_min(&self) -> bool {
        match self {
            Distribution::Constant(_) | Distribution::Empirical(_) => true,
            Distribution::Parametric(parametric) => parametric.reaches_its_lower_limit(),
            Distribution::Scaled { of, .. } => of.reaches_min(),
        }
    }

    /// What draws rarely exceed: the greatest value, or `deviations` standard deviations above the mean where there is
    /// none. The limits of a truncated normal are often set far out, so there it is the nearer of the two.
    pub fn rarely_above(&self, deviations: f64) -> f64 {
        match self {
            Distribution::Parametric(Parametric::TruncatedNormal { mean, sd, max, .. }) => max.min(mean + deviations * sd),
            Distribution::Scaled { factor, of } => factor * of.rarely_above(deviations),
            _ if self.max().is_finite() => self.max(),
            _ => self.mean() + deviations * self.sd(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parametric::Parametric::*;

    /// The closed forms lose a few digits in erfc and tgamma; 1e-9 is far below what any KPI shows.
    const TOLERANCE: f64 = 1e-9;

    fn observed(interpolated: bool) -> Distribution {
        Distribution::Empirical(Empirical::new(vec![6.0, 1.0, 2.0], interpolated).expect("three values"))
    }

    #[test]
    fn a_scaled_distribution_has_the_scaled_moments_and_limits() {
        let parametric = [
            Uniform { min: -1.0, max: 4.0 },
            Triangular { min: 1.0, mode: 1.5, max: 3.0 },
            Pert { min: 1.0, mode: 1.5, max: 3.0, lambda: 6.0 },
            Normal { mean: 1.0, sd: 3.0 },
            TruncatedNormal { mean: 2.0, sd: 1.0, min: 1.5, max: 4.0 },
            Lognormal { mean: 2.0, sd: 1.0 },
            Exponential { mean: 2.0 },
            Erlang { mean: 2.0, k: 3 },
            Gamma { shape: 2.0, scale: 3.0 },
            Beta { alpha: 2.0, beta: 3.0, min: 1.0, max: 5.0 },
            Weibull { scale: 2.0, shape: 1.5 },
            Poisson { mean: 4.0 },
            Geometric { p: 0.25 },
            Bernoulli { p: 0.3 },
            Discrete { values: vec![1.0, 5.0], weights: vec![1.0, 3.0] },
        ];
        let all = parametric.map(Distribution::Parametric).into_iter();
        for distribution in all.chain([Distribution::Constant(2.0), observed(false), observed(true)]) {
            let scaled = distribution.scaled(0.25);
            let pairs = [
                (scaled.mean(), distribution.mean()),
                (scaled.sd(), distribution.sd()),
                (scaled.min(), distribution.min()),
                (scaled.max(), distribution.max()),
                (scaled.rarely_above(3.0), distribution.rarely_above(3.0)),
            ];
            for (found, whole) in pairs {
                assert!(found == 0.25 * whole || (found - 0.25 * whole).abs() < TOLERANCE, "{distribution:?}: {found} of {whole}");
            }
            assert_eq!(scaled.reaches_min(), distribution.reaches_min(), "{distribution:?}");
        }
    }

    #[test]
    fn moments_are_those_of_the_textbook() {
        let half_normal = TruncatedNormal { mean: 0.0, sd: 1.0, min: 0.0, max: 60.0 };
        let cases: [(Distribution, f64, f64); 9] = [
            (Triangular { min: 1.2, mode: 1.4, max: 1.8 }.into(), 4.4 / 3.0, (0.28_f64 / 18.0).sqrt()),
            // Half normal: sqrt(2 / pi) and 1 - 2 / pi.
            (half_normal.into(), 0.797_884_560_802_865_4, 0.602_810_275_436_684_5),
            // Gamma(3/2) = sqrt(pi) / 2; variance 4 (1 - pi / 4).
            (Weibull { scale: 2.0, shape: 2.0 }.into(), 1.772_453_850_905_516, 0.926_502_750_352_066_5),
            (Gamma { shape: 0.5, scale: 3.0 }.into(), 1.5, 4.5_f64.sqrt()),
            (Discrete { values: vec![1.0, 10.0], weights: vec![3.0, 1.0] }.into(), 3.25, 15.1875_f64.sqrt()),
            // (2 + 4 * 3 + 10) / 6 = 4; (4 - 2) (10 - 4) / 7.
            (Pert { min: 2.0, mode: 3.0, max: 10.0, lambda: 4.0 }.into(), 4.0, (12.0_f64 / 7.0).sqrt()),
            (Beta { alpha: 1.0, beta: 3.0, min: 0.0, max: 4.0 }.into(), 1.0, 0.6_f64.sqrt()),
            (observed(false), 3.0, (14.0_f64 / 3.0).sqrt()),
            // Half between 1 and 2, half between 2 and 6.
            (observed(true), 2.75, 2.270_833_333_333_333_3_f64.sqrt()),
        ];
        for (distribution, mean, sd) in cases {
            assert!((distribution.mean() - mean).abs() < TOLERANCE, "{distribution:?}: mean {}, expected {mean}", distribution.mean());
            assert!((distribution.sd() - sd).abs() < TOLERANCE, "{distribution:?}: sd {}, expected {sd}", distribution.sd());
        }
    }

    #[test]
    fn only_values_that_can_be_drawn_are_observations() {
        assert_eq!(Empirical::new(vec![], false), None);
        assert_eq!(Empirical::new(vec![1.0, f64::NAN], true), None);
    }
}
