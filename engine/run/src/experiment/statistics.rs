//! What independent replications say of a mean: an interval by Student's t, and how many more would narrow it. Knows nothing of
//! runs or measures.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Two-sided.
pub const CONFIDENCE: f64 = 0.95;
/// Nobody makes more replications than this for one figure.
const MOST_REPLICATIONS: u32 = 1_000_000;

/// A mean over replications.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Replications that have a value.
    pub n: u32,
    pub mean: f64,
    /// Sample standard deviation; 0 for a single value.
    pub sd: f64,
    /// The mean lies within this on either side with 95 % confidence, where nothing else is said; `None` for a single value.
    pub half_width: Option<f64>,
    pub min: f64,
    pub max: f64,
}

impl Estimate {
    /// `None` without a value.
    pub fn of(values: &[f64]) -> Option<Estimate> {
        Estimate::with_confidence(values, CONFIDENCE)
    }

    pub fn with_confidence(values: &[f64], confidence: f64) -> Option<Estimate> {
        let n = u32::try_from(values.len()).ok().filter(|n| *n > 0)?;
        let mean = values.iter().sum::<f64>() / f64::from(n);
        let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        let sd = if n > 1 { (squares / f64::from(n - 1)).sqrt() } else { 0.0 };
        let half_width = (n > 1).then(|| half_width(sd, n, confidence));
        let (min, max) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| (value.min(min), value.max(max)));
        Some(Estimate { n, mean, sd, half_width, min, max })
    }

    /// The half width over the mean [-]; `None` for a single value or a mean of zero.
    pub fn relative(&self) -> Option<f64> {
        self.half_width.filter(|_| self.mean != 0.0).map(|half_width| half_width / self.mean.abs())
    }

    /// How probable a mean this far from zero is where there is none, by Student's t; 1 for a single value.
    pub fn p_of_zero(&self) -> f64 {
        match self.half_width {
            None => 1.0,
            Some(_) if self.mean == 0.0 => 1.0,
            Some(_) if self.sd == 0.0 => 0.0,
            Some(_) => 2.0 * (1.0 - students(self.n).cdf(self.mean.abs() * f64::from(self.n).sqrt() / self.sd)),
        }
    }

    /// How many more replications would bring the half width down to this share of the mean, if they vary as these do.
    pub fn more_for(&self, share: f64) -> Option<u32> {
        let goal = share * self.mean.abs();
        if self.half_width? <= goal {
            return Some(0);
        }
        if goal <= 0.0 {
            return None;
        }
        // The half width falls with n: bisection finds the first that is small enough.
        let (mut too_few, mut enough) = (self.n, MOST_REPLICATIONS);
        if half_width(self.sd, enough, CONFIDENCE) > goal {
            return None;
        }
        while enough - too_few > 1 {
            let n = too_few.midpoint(enough);
            if half_width(self.sd, n, CONFIDENCE) <= goal { enough = n } else { too_few = n }
        }
        Some(enough - self.n)
    }
}

fn half_width(sd: f64, n: u32, confidence: f64) -> f64 {
    students(n).inverse_cdf(f64::midpoint(1.0, confidence)) * sd / f64::from(n).sqrt()
}

fn students(n: u32) -> StudentsT {
    StudentsT::new(0.0, 1.0, f64::from(n - 1)).expect("at least one degree of freedom")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles of Student's t at 97.5 %, as printed in every table.
    #[test]
    fn intervals_are_students() {
        for (n, t) in [(2u32, 12.706), (5, 2.776), (11, 2.228), (31, 2.042), (121, 1.980)] {
            assert!((half_width(1.0, n, CONFIDENCE) * f64::from(n).sqrt() - t).abs() < 6e-4, "{n}");
        }
        let four = Estimate::of(&[9.0, 10.0, 11.0, 10.0]).expect("values");
        assert_eq!((four.n, four.mean, four.min, four.max), (4, 10.0, 9.0, 11.0));
        // 3.1824 sqrt(2 / 3) / 2
        assert!((four.half_width.expect("four values") - 1.2992).abs() < 1e-4);
        assert_eq!(Estimate::of(&[3.0]).expect("a value").half_width, None);
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn a_mean_at_the_end_of_its_interval_has_the_p_of_what_is_outside() {
        let mut four = Estimate::of(&[9.0, 10.0, 11.0, 10.0]).expect("values");
        four.mean = four.half_width.expect("four values");
        assert!((four.p_of_zero() - 0.05).abs() < 1e-6);
        let p = |values: &[f64]| Estimate::of(values).expect("values").p_of_zero();
        assert_eq!((p(&[0.0, 0.0]), p(&[2.0, 2.0]), p(&[3.0])), (1.0, 0.0, 1.0));
    }

    #[test]
    fn what_is_missing_for_a_half_width_is_the_least_that_reaches_it() {
        let four = Estimate::of(&[9.0, 10.0, 11.0, 10.0]).expect("values");
        let more = four.more_for(0.05).expect("within reach");
        assert!(half_width(four.sd, 4 + more, CONFIDENCE) <= 0.5 && half_width(four.sd, 3 + more, CONFIDENCE) > 0.5, "{more}");
        assert_eq!(four.more_for(0.2), Some(0));
        assert_eq!(Estimate::of(&[-1.0, 1.0]).expect("values").more_for(0.1), None, "no share of zero is a width");
    }

    /// Of 95 % intervals over normal values, 95 of 100 hold the mean.
    #[test]
    fn intervals_hold_the_mean_as_often_as_they_say() {
        // Sums of twelve uniform numbers, by a counter and a mixing function.
        let uniform = |k: u64| {
            let mixed = (k ^ (k >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        };
        let normal = |k: u64| (0..12).map(|i| uniform((12 * k + i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))).sum::<f64>() - 6.0;
        let held = (0..4000u64).filter(|sample| {
            let values: Vec<f64> = (0..6).map(|i| normal(6 * sample + i)).collect();
            let estimate = Estimate::of(&values).expect("values");
            estimate.mean.abs() <= estimate.half_width.expect("six values")
        });
        let share = held.count() as f64 / 4000.0;
        assert!((0.94..0.96).contains(&share), "{share}");
    }
}
