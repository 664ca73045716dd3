//! What factors do to a measure, and which points can be told apart. Every figure is made replication by replication, in which all
//! points share their random numbers, and is then a mean with Student's interval. Verdicts of one family are corrected together
//! (Holm 1979). Knows nothing of runs or scenes.

use crate::experiment::statistics::{CONFIDENCE, Estimate};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// A measure of one point: by replication, where that is there and valid.
pub type Values = Vec<Option<f64>>;

/// The mean at one level of a factor, over all points that have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelMean {
    pub factor: String,
    pub level: String,
    pub mean: Estimate,
}

/// What a factor, or two together, change from their lowest to their highest values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// One, or two that interact.
    pub factors: Vec<String>,
    pub change: Estimate,
    /// Of no change, corrected for all effects of the measure.
    pub p: f64,
    /// The change is told apart from none.
    pub is_told: bool,
}

/// A point against another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rank {
    pub point: usize,
    /// The point less the other, in pairs.
    pub difference: Estimate,
    pub p: f64,
    pub is_told: bool,
}

/// Corrects the p-values of one family (Holm 1979): in the same order, none above 1.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]).then(a.cmp(b)));
    let (mut corrected, mut largest) = (vec![1.0; p.len()], 0f64);
    for (rank, index) in order.into_iter().enumerate() {
        largest = largest.max(p[index] * (p.len() - rank) as f64).min(1.0);
        corrected[index] = largest;
    }
    corrected
}

fn is_told(p: f64) -> bool {
    p <= 1.0 - CONFIDENCE
}

/// Replications in which every point has a value.
fn whole(points: &[Values]) -> Vec<usize> {
    let most = points.iter().map(Vec::len).min().unwrap_or(0);
    (0..most).filter(|replication| points.iter().all(|point| point[*replication].is_some())).collect()
}

fn value(points: &[Values], point: usize, replication: usize) -> f64 {
    points[point][replication].expect("only whole replications are looked at")
}

/// Means by level, of factors with at most `most_levels`. `levels[point][factor]` as written.
pub fn level_means(factors: &[String], levels: &[Vec<String>], points: &[Values], most_levels: usize) -> Vec<LevelMean> {
    let replications = whole(points);
    let mut means = Vec::new();
    for (factor, name) in factors.iter().enumerate() {
        let mut known: Vec<&str> = Vec::new();
        for point in levels {
            if !known.contains(&point[factor].as_str()) {
                known.push(&point[factor]);
            }
        }
        if known.len() > most_levels {
            continue;
        }
        for level in known {
            let members: Vec<usize> = (0..points.len()).filter(|point| levels[*point][factor] == level).collect();
            let mean =
                |replication: usize| members.iter().map(|point| value(points, *point, replication)).sum::<f64>() / members.len() as f64;
            let values: Vec<f64> = replications.iter().map(|replication| mean(*replication)).collect();
            if let Some(mean) = Estimate::of(&values) {
                means.push(LevelMean { factor: name.clone(), level: level.to_owned(), mean });
            }
        }
    }
    means
}

/// Where each factor is in its range: -1 at its lowest value, 1 at its highest. Factors whose values are no numbers have two levels,
/// or none of this.
fn coded(levels: &[Vec<String>], factor: usize) -> Option<Vec<f64>> {
    let texts: Vec<&str> = levels.iter().map(|point| point[factor].as_str()).collect();
    let numbers: Option<Vec<f64>> = texts.iter().map(|text| text.parse().ok()).collect();
    let numbers = numbers.or_else(|| {
        let mut known: Vec<&str> = texts.clone();
        known.dedup();
        let first = *texts.first()?;
        let second = texts.iter().find(|text| **text != first)?;
        texts
            .iter()
            .map(|text| {
                if *text == first {
                    Some(0.0)
                } else if text == second {
                    Some(1.0)
                } else {
                    None
                }
            })
            .collect()
    })?;
    let (low, high) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| (low.min(*number), high.max(*number)));
    (high > low).then(|| numbers.iter().map(|number| 2.0 * (number - low) / (high - low) - 1.0).collect())
}

/// Main effects, and those of two factors together where there are points enough, by least squares in each replication.
pub fn effects(factors: &[String], levels: &[Vec<String>], points: &[Values]) -> Vec<Effect> {
    let replications = whole(points);
    let columns: Vec<(Vec<String>, Vec<f64>)> =
        factors.iter().enumerate().filter_map(|(factor, name)| Some((vec![name.clone()], coded(levels, factor)?))).collect();
    let mut terms = columns.clone();
    for (first, (a, x)) in columns.iter().enumerate() {
        for (b, y) in &columns[first + 1..] {
            terms.push((vec![a[0].clone(), b[0].clone()], x.iter().zip(y).map(|(x, y)| x * y).collect()));
        }
    }
    // Interactions want points beyond those that the fit uses up, or at least as many.
    let Some(fit) = Fit::new(points.len(), &terms).or_else(|| {
        terms.truncate(columns.len());
        Fit::new(points.len(), &terms)
    }) else {
        return Vec::new();
    };
    let mut changes: Vec<Vec<f64>> = vec![Vec::new(); terms.len()];
    for replication in replications {
        let values = DVector::from_fn(points.len(), |point, _| value(points, point, replication));
        for (term, coefficient) in fit.coefficients(&values).into_iter().enumerate() {
            // From -1 to 1.
            changes[term].push(2.0 * coefficient);
        }
    }
    let estimates: Vec<Estimate> = changes.iter().filter_map(|values| Estimate::of(values)).collect();
    if estimates.len() < terms.len() {
        return Vec::new();
    }
    let corrected = holm(&estimates.iter().map(Estimate::p_of_zero).collect::<Vec<_>>());
    let found = terms.into_iter().zip(estimates).zip(corrected);
    found.map(|(((factors, _), change), p)| Effect { factors, change, p, is_told: is_told(p) }).collect()
}

/// Least squares with a constant; the matrix that gives coefficients from values.
struct Fit(DMatrix<f64>);

impl Fit {
    /// `None` where the points do not tell the terms apart.
    fn new(points: usize, terms: &[(Vec<String>, Vec<f64>)]) -> Option<Fit> {
        let design = DMatrix::from_fn(points, terms.len() + 1, |point, term| term.checked_sub(1).map_or(1.0, |term| terms[term].1[point]));
        let enough = points > terms.len() && !terms.is_empty();
        let normal = design.transpose() * &design;
        let inverse = normal.cholesky().filter(|_| enough)?.inverse();
        // What cannot be told apart leaves a sum without an inverse, or with one of rounding errors.
        let sound = inverse.diagonal().iter().all(|variance| variance.is_finite() && *variance < 1e6);
        sound.then(|| Fit(inverse * design.transpose()))
    }

    /// Without the constant.
    fn coefficients(&self, values: &DVector<f64>) -> Vec<f64> {
        (&self.0 * values).iter().skip(1).copied().collect()
    }
}

/// Every point against `against`, in pairs.
pub fn ranked(points: &[Values], against: usize) -> Vec<Rank> {
    let differences = |point: usize| -> Vec<f64> {
        let pairs = points[point].iter().zip(&points[against]);
        pairs.filter_map(|(own, other)| Some((*own)? - (*other)?)).collect()
    };
    let others: Vec<(usize, Estimate)> =
        (0..points.len()).filter(|point| *point != against).filter_map(|point| Some((point, Estimate::of(&differences(point))?))).collect();
    let corrected = holm(&others.iter().map(|(_, difference)| difference.p_of_zero()).collect::<Vec<_>>());
    others.into_iter().zip(corrected).map(|((point, difference), p)| Rank { point, difference, p, is_told: is_told(p) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|k| format!("f{k}")).collect()
    }

    #[test]
    fn holms_correction_is_the_published_one() {
        // Holm 1979: 0.01, 0.02, 0.03, 0.04 of four become 0.04, 0.06, 0.06, 0.06.
        let near = |found: Vec<f64>, expected: &[f64]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near(holm(&[0.01, 0.04, 0.03, 0.02]), &[0.04, 0.06, 0.06, 0.06]));
        assert!(near(holm(&[0.5, 0.6]), &[1.0, 1.0]));
        assert!(holm(&[]).is_empty());
    }

    /// A line that is known: 10 + 3 a - 2 b + 1.5 a b, with noise that all points of a replication share, and some of their own.
    #[test]
    fn effects_are_found_where_there_are_some_and_nowhere_else() {
        let levels: Vec<Vec<String>> = ["1", "2"]
            .iter()
            .flat_map(|a| {
                ["low", "high"].iter().flat_map(move |b| ["5", "7"].iter().map(move |c| vec![(*a).into(), (*b).into(), (*c).into()]))
            })
            .collect();
        let noise = |k: usize| ((k * 2_654_435_761) % 1000) as f64 / 1000.0 - 0.5;
        let code = |text: &str| if ["1", "low", "5"].contains(&text) { -1.0 } else { 1.0 };
        let points: Vec<Values> = levels
            .iter()
            .enumerate()
            .map(|(point, level)| {
                let (a, b) = (code(&level[0]), code(&level[1]));
                let truth = 10.0 + 3.0 * a - 2.0 * b + 1.5 * a * b;
                (0..8).map(|k| Some(truth + 20.0 * noise(k + 1) + 0.05 * noise(100 * point + k))).collect()
            })
            .collect();
        let found = effects(&names(3), &levels, &points);
        let told: Vec<(String, f64)> =
            found.iter().filter(|effect| effect.is_told).map(|effect| (effect.factors.join("*"), effect.change.mean)).collect();
        let expected = [("f0", 6.0), ("f1", -4.0), ("f0*f1", 3.0)];
        assert_eq!(found.len(), 6);
        assert!(
            told.len() == 3
                && told.iter().zip(expected).all(|((name, mean), (known, true_mean))| name == known && (mean - true_mean).abs() < 0.1),
            "{found:?}"
        );
        let means = level_means(&names(3), &levels, &points, 5);
        assert_eq!(means.len(), 6);
        assert!((means[1].mean.mean - means[0].mean.mean - 6.0).abs() < 0.1, "the means by level say the same");
        assert!(level_means(&names(3), &levels, &points, 1).is_empty());
    }

    #[test]
    fn with_too_few_points_only_main_effects_are_told() {
        let levels: Vec<Vec<String>> = [["0", "0"], ["1", "0"], ["0", "1"]].map(|point| point.map(str::to_owned).to_vec()).to_vec();
        let points: Vec<Values> = [1.0, 3.0, 2.0].iter().map(|value| (0..3).map(|k| Some(value + f64::from(k))).collect()).collect();
        let found = effects(&names(2), &levels, &points);
        let near = |place: usize, change: f64| found[place].factors.len() == 1 && (found[place].change.mean - change).abs() < 1e-9;
        assert!(found.len() == 2 && near(0, 2.0) && near(1, 1.0), "{found:?}");
        let same: Vec<Vec<String>> = vec![vec!["1".into(), "1".into()]; 3];
        assert!(effects(&names(2), &same, &points).is_empty(), "what never changes has no effect");
    }

    #[test]
    fn points_that_cannot_be_told_apart_are_not_ranked() {
        let shared = [100.0, 140.0, 80.0, 120.0, 95.0];
        let point = |own: [f64; 5]| -> Values { shared.iter().zip(own).map(|(shared, own)| Some(shared + own)).collect() };
        let points = [point([0.0; 5]), point([5.0, 5.5, 4.5, 5.2, 4.8]), point([1.0, -1.0, 2.0, -2.0, 0.5])];
        let found = ranked(&points, 0);
        assert_eq!(found.iter().map(|rank| (rank.point, rank.is_told)).collect::<Vec<_>>(), [(1, true), (2, false)]);
        let mut gaps = points.clone();
        gaps[1][2] = None;
        assert_eq!(ranked(&gaps, 0)[0].difference.n, 4, "a replication that one of them lacks is no pair");
    }
}
