//! How far a fitted distribution is from its sample, and how often chance alone takes it so far: by samples that are drawn from it,
//! with the engine's own draws, and fitted again. Knows nothing of other fits.

use super::families::Family;
use super::likelihood::share_below;
use super::sample::Sample;
use linetwin_model::distribution::Distribution;
use linetwin_model::parametric::Parametric;
use linetwin_sim::random::{Stream, Streams};
use linetwin_sim::sample::sample as draw_from;
use serde::{Deserialize, Serialize};

/// With more values every family is found to be wrong by something that no line notices, and drawing takes long.
pub const MOST_VALUES: usize = 10_000;
/// Values that are drawn altogether, and samples at least and at most.
const DRAWN_VALUES: usize = 400_000;
const SAMPLES: std::ops::RangeInclusive<usize> = 99..=999;

/// A distance of the shares, and how probable one as large is if the family is right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance {
    pub value: f64,
    /// `None`: not estimated, as there are more than 10,000 values.
    pub p: Option<f64>,
}

/// Kolmogorov and Smirnov's largest difference of the shares, and Anderson and Darling's, which weighs the tails.
pub fn distances(distribution: &Parametric, sample: &Sample) -> [f64; 2] {
    let shares = sample.shares();
    let (mut largest, mut squares) = (0.0_f64, 0.0);
    // Between two values the sample's share stands at s, and the distribution's, u, rises: the integral of (s - u)^2 / (u (1 - u))
    // is s^2 ln u - (1 - s)^2 ln(1 - u) - u.
    let stretch = |s: f64, from: f64, to: f64| {
        let rise = if s > 0.0 { s * s * (to / from).ln() } else { 0.0 };
        let fall = if s < 1.0 { (1.0 - s) * (1.0 - s) * ((1.0 - to) / (1.0 - from)).ln() } else { 0.0 };
        rise - fall - (to - from)
    };
    let (mut last, mut step) = (0.0, 0.0);
    for (value, before, after) in shares {
        // A share of exactly 0 or 1 would be infinitely far.
        let share = share_below(distribution, value).clamp(1e-15, 1.0 - 1e-15);
        largest = largest.max((share - before).abs()).max((share - after).abs());
        squares += stretch(step, last, share.max(last));
        (last, step) = (share.max(last), after);
    }
    // Behind the last observed value: to the end, or to the largest bound.
    let end = match sample.censored().last() {
        Some(bound) => share_below(distribution, *bound).clamp(last, 1.0 - 1e-15),
        None => 1.0,
    };
    squares += stretch(step, last, end);
    [largest, sample.count() as f64 * squares]
}

/// Both distances with their probabilities.
pub fn goodness(family: Family, distribution: &Parametric, sample: &Sample, seed: u64) -> [Distance; 2] {
    let found = distances(distribution, sample);
    if sample.count() > MOST_VALUES {
        return found.map(|value| Distance { value, p: None });
    }
    let wanted = (DRAWN_VALUES / sample.count()).clamp(*SAMPLES.start(), *SAMPLES.end());
    let streams = Streams { seed, replication: 0 };
    let [values, bounds] = ["values", "bounds"].map(|what| streams.stream(&sample.name, &format!("fit\0{}\0{what}", family.name())));
    let bound_shares = sample.shares_of_bounds();
    let source = Distribution::Parametric(distribution.clone());
    let (mut drawn, mut as_far) = (0_u32, [0_u32; 2]);
    for number in 0..wanted {
        let Some(other) = resampled(&source, sample, &bound_shares, number, &values, &bounds) else { continue };
        let Ok(fitted) = family.fit(&other) else { continue };
        drawn += 1;
        for (count, (value, found)) in as_far.iter_mut().zip(distances(&fitted, &other).into_iter().zip(found)) {
            *count += u32::from(value >= found);
        }
    }
    [0, 1].map(|index| Distance { value: found[index], p: Some(f64::from(as_far[index] + 1) / f64::from(drawn + 1)) })
}

/// As many values from the distribution, with bounds as there were.
fn resampled(
    source: &Distribution,
    sample: &Sample,
    bound_shares: &[(f64, f64, f64)],
    number: usize,
    values: &Stream,
    bounds: &Stream,
) -> Option<Sample> {
    let (mut observed, mut censored) = (Vec::with_capacity(sample.count()), Vec::new());
    for index in 0..sample.count() {
        let index = u32::try_from(number * sample.count() + index).expect("few values are drawn");
        let value = draw_from(source, &mut values.draw(index));
        let bound = if bound_shares.is_empty() {
            f64::INFINITY
        } else {
            let unit = bounds.draw(index).unit();
            bound_shares.iter().find(|(_, _, share)| unit <= *share).map_or(f64::INFINITY, |(bound, ..)| *bound)
        };
        if value <= bound { observed.push(value) } else { censored.push(bound) }
    }
    Sample::new(&sample.name, observed, censored)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the sums over ordered values of every textbook.
    #[test]
    fn distances_are_those_of_whole_samples() {
        let distribution = Parametric::Exponential { mean: 2.0 };
        let values = [0.3, 0.9, 1.1, 2.4, 2.4000001, 6.5];
        let sample = Sample::new("x", values.to_vec(), vec![]).expect("values");
        let n = values.len() as f64;
        let share = |x: f64| 1.0 - (-x / 2.0_f64).exp();
        let square = -n
            - (0..values.len())
                .map(|i| (2.0 * i as f64 + 1.0) / n * (share(values[i]).ln() + (1.0 - share(values[values.len() - 1 - i])).ln()))
                .sum::<f64>();
        let largest =
            (0..values.len()).map(|i| (share(values[i]) - i as f64 / n).max((i + 1) as f64 / n - share(values[i]))).fold(0.0, f64::max);
        let found = distances(&distribution, &sample);
        assert!((found[0] - largest).abs() < 1e-12 && (found[1] - square).abs() < 1e-9, "{found:?}: {largest} {square}");
    }
}
