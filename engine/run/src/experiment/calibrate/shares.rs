//! Shares of parts that something happened to: with an interval, and by a property of the part where that decides. Knows nothing of
//! what happened.

use super::drawn::Values;
use super::fit::Fitted;
use crate::experiment::statistics::Estimate;
use linetwin_model::scene::{PartProperty, ShareBy};
use serde::Serialize;
use statrs::function::erf::erfc;

/// Of the standard normal distribution: 95 % lie within [-].
const TWO_SIDED_95: f64 = 1.959_964;
/// A class of fewer parts says too little.
const LEAST_IN_CLASS: usize = 10;
/// Classes are told apart where chance alone would do that in fewer cases, whichever property and bound is tried [-].
const SIGNIFICANT: f64 = 0.05;
/// Values nearer than this are one, in metres or kilograms: twice what is written.
const EQUAL: f64 = 2e-6;

/// A property by which the share differs, with its classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByProperty {
    pub of: PartProperty,
    pub classes: Vec<FittedClass>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FittedClass {
    /// `None`: the last.
    pub up_to: Option<f64>,
    pub share: Fitted,
}

/// One part: its properties, and whether it happened to it.
pub type Case = (Values, bool);

/// Of all cases together, and by a property where that decides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FittedShare {
    pub share: Fitted,
    pub by: Option<ByProperty>,
}

impl FittedShare {
    pub fn of(cases: &[Case]) -> FittedShare {
        let some = cases.iter().filter(|(_, happened)| *happened).count();
        FittedShare { share: share(some as f64, cases.len() as f64), by: by_property(cases) }
    }

    /// What exact events read of it.
    pub fn row(&self) -> ShareBy {
        match &self.by {
            Some(by) => ShareBy {
                property: by.of,
                bounds: by.classes.iter().filter_map(|class| class.up_to).collect(),
                shares: by.classes.iter().map(|class| class.share.value).collect(),
            },
            None => ShareBy::even(self.share.value),
        }
    }
}

/// `some` of `all`, with Wilson's interval (Journal of the American Statistical Association 22, 1927).
pub fn share(some: f64, all: f64) -> Fitted {
    let (n, value) = (all, some / all);
    let square = TWO_SIDED_95 * TWO_SIDED_95;
    let middle = (value + square / (2.0 * n)) / (1.0 + square / n);
    let half = TWO_SIDED_95 / (1.0 + square / n) * (value * (1.0 - value) / n + square / (4.0 * n * n)).sqrt();
    Fitted::new(value, (middle - half).max(0.0), (middle + half).min(1.0), all as usize)
}

/// A share of parts that come in clusters, of each of which `(some, all)` is known: Wilson's interval of as many parts as would say as
/// much if each came alone. That is by how much the clusters vary more than chance (Kish's design effect, Survey Sampling, 1965; the
/// variance of a ratio by its linear terms), never less; one cluster alone says nothing.
pub fn share_of_clusters(clusters: &[(f64, f64)]) -> Fitted {
    let (some, all) = clusters.iter().fold((0.0, 0.0), |sums, cluster| (sums.0 + cluster.0, sums.1 + cluster.1));
    let (value, mean) = ((some / all).clamp(0.0, 1.0), all / clusters.len() as f64);
    let terms: Vec<f64> = clusters.iter().map(|(some, all)| (some - value * all) / mean).collect();
    let alone = value * (1.0 - value) / all;
    let as_many = match Estimate::of(&terms).and_then(|terms| terms.half_width) {
        None => return Fitted::new(value, 0.0, 1.0, all as usize),
        // All or none in each: they may be of one piece.
        Some(_) if alone == 0.0 => clusters.len() as f64,
        Some(half_width) => all / ((half_width / TWO_SIDED_95).powi(2) / alone).max(1.0),
    };
    let Fitted { low, high, .. } = share(value * as_many, as_many);
    Fitted::new(value, low, high, all as usize)
}

/// The property whose best bound tells the parts apart best, by the likelihood ratio, and further bounds of it; `None` where chance
/// alone does as well. Every bound that was tried counts (Bonferroni).
pub fn by_property(cases: &[Case]) -> Option<ByProperty> {
    let sorted = |index: usize| {
        let mut values: Vec<(f64, bool)> = cases.iter().map(|(values, happened)| (values[index], *happened)).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        values
    };
    let all: Vec<Vec<(f64, bool)>> = (0..PartProperty::ALL.len()).map(sorted).collect();
    let tried = all.iter().map(|values| bounds(values).count()).sum();
    let gain = |values: &Vec<(f64, bool)>| best_bound(values, tried).map_or(0.0, |(_, gain)| gain);
    // Of equals the first.
    let (index, _) = all.iter().map(gain).enumerate().rev().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, gain)| *gain > 0.0)?;
    let mut classes = Vec::new();
    divide(&all[index], None, tried, &mut classes);
    Some(ByProperty { of: PartProperty::ALL[index], classes })
}

/// Into classes as long as a bound tells parts apart.
fn divide(values: &[(f64, bool)], up_to: Option<f64>, tried: usize, classes: &mut Vec<FittedClass>) {
    match best_bound(values, tried) {
        Some((at, _)) => {
            let bound = Fitted::rounded(f64::midpoint(values[at - 1].0, values[at].0));
            divide(&values[..at], Some(bound), tried, classes);
            divide(&values[at..], up_to, tried, classes);
        }
        None => classes.push(FittedClass { up_to, share: share(happened(values) as f64, values.len() as f64) }),
    }
}

/// Where ascending values can be divided: the first index of the upper class.
fn bounds(values: &[(f64, bool)]) -> impl Iterator<Item = usize> + '_ {
    let last = (values.len() + 1).saturating_sub(LEAST_IN_CLASS);
    (LEAST_IN_CLASS..last).filter(|&at| values[at].0 - values[at - 1].0 > EQUAL)
}

/// Where that tells most, and twice the logarithm of the likelihood ratio, if it is more than chance alone would give.
fn best_bound(values: &[(f64, bool)], tried: usize) -> Option<(usize, f64)> {
    let total = happened(values);
    let whole = log_likelihood(total, values.len());
    let below: Vec<usize> = std::iter::once(0)
        .chain(values.iter().scan(0, |sum, (_, happened)| {
            *sum += usize::from(*happened);
            Some(*sum)
        }))
        .collect();
    let gain = |at: usize| 2.0 * (log_likelihood(below[at], at) + log_likelihood(total - below[at], values.len() - at) - whole);
    let (at, gain) = bounds(values).map(|at| (at, gain(at))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    // Chi-squared with one degree of freedom.
    let p = erfc((gain.max(0.0) / 2.0).sqrt()) * tried as f64;
    (p < SIGNIFICANT).then_some((at, gain))
}

fn happened(values: &[(f64, bool)]) -> usize {
    values.iter().filter(|(_, happened)| *happened).count()
}

/// Of `some` of `all`, with their share as what is probable.
fn log_likelihood(some: usize, all: usize) -> f64 {
    let term = |count: usize| if count == 0 { 0.0 } else { count as f64 * (count as f64 / all as f64).ln() };
    term(some) + term(all - some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform on [0, 1), the same each time.
    fn units(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    fn cases(count: usize, seed: u64, jams: impl Fn(&Values, f64) -> bool) -> Vec<Case> {
        let mut unit = units(seed);
        let case = |_| {
            let left_m = 0.06 * unit() - 0.03;
            let values = [0.3, 0.2 + 0.12 * unit(), 0.15, 1.0 + unit(), left_m.abs(), left_m];
            (values, jams(&values, unit()))
        };
        (0..count).map(case).collect()
    }

    /// Agresti and Coull, The American Statistician 52 (1998).
    #[test]
    fn shares_have_wilsons_interval() {
        let told = |some, all| {
            let Fitted { value, low, high, observations } = share(some, all);
            ([value, low, high].map(|value| (value * 1e4).round() / 1e4), observations)
        };
        assert_eq!(told(0.0, 10.0), ([0.0, 0.0, 0.2775], 10));
        assert_eq!(told(5.0, 10.0), ([0.5, 0.2366, 0.7634], 10));
        assert_eq!(told(10.0, 10.0), ([1.0, 0.7225, 1.0], 10));
    }

    /// Rows of ten of which all or none: half of twenty rows, and not of two hundred parts.
    #[test]
    fn clusters_say_as_much_as_they_differ() {
        let (rows, mixed) = ([[(10.0, 10.0), (0.0, 10.0)]; 10].concat(), [(5.0, 10.0); 20]);
        let (of_rows, of_mixed, alone) = (share_of_clusters(&rows), share_of_clusters(&mixed), share(10.0, 20.0));
        assert!(of_rows.value == 0.5 && of_rows.observations == 200);
        assert!((of_rows.low - alone.low).abs() < 0.04 && (of_rows.high - alone.high).abs() < 0.04, "{of_rows:?} {alone:?}");
        assert_eq!(of_mixed, share(100.0, 200.0));
        let [all, one] = [&[(10.0, 10.0); 4][..], &[(3.0, 10.0)]].map(share_of_clusters);
        assert_eq!((all.low, all.high), (share(4.0, 4.0).low, 1.0));
        assert_eq!((one.value, one.low, one.high), (0.3, 0.0, 1.0));
    }

    /// Where chance decides row by row, 95 of 100 at least, less three standard deviations of a thousand.
    #[test]
    fn intervals_of_clusters_hold_the_share_as_often_as_they_say() {
        let mut unit = units(9);
        let holds = |_: &usize| {
            let rows: Vec<(f64, f64)> = (0..12).map(|_| (if unit() < 0.3 { 8.0 } else { 0.0 }, 8.0)).collect();
            let Fitted { low, high, .. } = share_of_clusters(&rows);
            (low..=high).contains(&0.3)
        };
        let held = (0..1000).filter(holds).count();
        assert!((930..=1000).contains(&held), "{held} of 1000");
    }

    #[test]
    fn what_is_too_wide_jams_and_nothing_else() {
        let found = by_property(&cases(800, 1, |values, _| values[1] > 0.3)).expect("the width decides");
        assert_eq!((found.of, found.classes.len()), (PartProperty::Width, 2));
        let [narrow, wide] = [found.classes[0], found.classes[1]];
        assert!((narrow.up_to.expect("a bound") - 0.3).abs() < 1e-3 && wide.up_to.is_none(), "{found:?}");
        assert_eq!((narrow.share.value, wide.share.value), (0.0, 1.0));
    }

    /// Heavier ones more and more often, with chance.
    #[test]
    fn a_share_that_grows_gets_several_classes() {
        let found = by_property(&cases(6000, 2, |values, unit| unit < 0.8 * (values[3] - 1.0))).expect("the mass decides");
        assert!(found.of == PartProperty::Mass && found.classes.len() > 3, "{found:?}");
        assert!(found.classes.is_sorted_by(|a, b| a.share.value < b.share.value), "{found:?}");
        assert!(found.classes[..found.classes.len() - 1].is_sorted_by(|a, b| a.up_to < b.up_to), "{found:?}");
        let whole: u32 = found.classes.iter().map(|class| class.share.observations).sum();
        assert_eq!(whole, 6000);
    }

    #[test]
    fn chance_alone_makes_no_classes() {
        let found = (0..200).filter(|seed| by_property(&cases(300, 1000 + seed, |_, unit| unit < 0.1)).is_some()).count();
        // 5 % at most, of which 200 batches show 10, with 3 either way.
        assert!(found <= 16, "{found} of 200");
        assert_eq!(by_property(&cases(15, 3, |values, _| values[1] > 0.26)), None, "too few for two classes");
    }
}
