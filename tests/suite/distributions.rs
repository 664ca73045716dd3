//! Distributions. Promised: what is drawn has the mean, the standard deviation and the cumulative distribution of theory;
//! a draw depends on nothing but its name; and `docs/distributions.md` says what is there.

mod theory;

use linetwin_model::Scene;
use linetwin_model::distribution::{Distribution, Empirical};
use linetwin_model::parametric::Parametric::*;
use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::ElementKind;
use linetwin_sim::random::{Stream, Streams};
use linetwin_sim::sample::sample;
use std::sync::LazyLock;
use theory::{cumulative, gamma_p};

/// Draws for each case. The seed is fixed, so a passed test stays passed; the bounds below say how surprising a sample
/// may be before it counts as wrong.
const DRAWS: u32 = 200_000;

/// A mean or standard deviation further off than this many of its standard errors is wrong [-].
const SIGMAS: f64 = 4.5;

/// The chance that a normal value lies further off than [`SIGMAS`], both sides together: the same surprise for the tests
/// of the whole distribution.
const SURPRISE: f64 = 6.8e-6;

/// Bins of the chi-square test hold at least so many expected draws, so that their counts are nearly normal.
const LEAST_EXPECTED: f64 = 50.0;

fn cases() -> Vec<Distribution> {
    let parametric = [
        Uniform { min: -1.0, max: 4.0 },
        Triangular { min: 1.0, mode: 2.0, max: 6.0 },
        Triangular { min: 1.0, mode: 6.0, max: 6.0 },
        Pert { min: 1.0, mode: 2.0, max: 6.0, lambda: 4.0 },
        Pert { min: 1.0, mode: 1.0, max: 2.0, lambda: 0.5 },
        Normal { mean: -2.0, sd: 3.0 },
        TruncatedNormal { mean: 0.0, sd: 1.0, min: -1.0, max: 2.5 },
        TruncatedNormal { mean: 4.0, sd: 0.5, min: 5.0, max: 7.0 },
        Lognormal { mean: 300.0, sd: 200.0 },
        Lognormal { mean: 2.0, sd: 0.1 },
        Exponential { mean: 5.0 },
        Erlang { mean: 6.0, k: 1 },
        Erlang { mean: 6.0, k: 7 },
        Gamma { shape: 0.3, scale: 2.0 },
        Gamma { shape: 1.0, scale: 3.0 },
        Gamma { shape: 12.5, scale: 0.1 },
        Beta { alpha: 0.4, beta: 0.7, min: 0.0, max: 1.0 },
        Beta { alpha: 2.0, beta: 8.0, min: -1.0, max: 3.0 },
        Beta { alpha: 40.0, beta: 3.0, min: 0.0, max: 1.0 },
        Weibull { scale: 2.0, shape: 0.8 },
        Weibull { scale: 2.0, shape: 3.5 },
        Poisson { mean: 0.2 },
        Poisson { mean: 9.9 },
        Poisson { mean: 10.0 },
        Poisson { mean: 47.3 },
        Poisson { mean: 20_000.0 },
        Geometric { p: 0.004 },
        Geometric { p: 0.6 },
        Geometric { p: 1.0 },
        Bernoulli { p: 0.3 },
        Discrete { values: vec![1.0, 10.0, -4.0, 99.0], weights: vec![3.0, 1.0, 0.5, 0.0] },
    ];
    let observed = |values, interpolated| Distribution::Empirical(Empirical::new(values, interpolated).expect("finite values"));
    // A value that comes twice would be a step in a continuous distribution, which Kolmogorov and Smirnov do not treat.
    let observed = [observed(vec![7.0, 1.0, 2.5, 2.5, 20.0], false), observed(vec![7.0, 1.0, 2.5, 3.0, 20.0], true)];
    let all = parametric.map(Distribution::Parametric).into_iter();
    all.chain(observed).chain([Distribution::Constant(3.0), Distribution::from(Poisson { mean: 3.0 }).scaled(0.5)]).collect()
}

/// Each case with its draws in ascending order, drawn once for all tests.
static SAMPLES: LazyLock<Vec<(Distribution, Vec<f64>)>> = LazyLock::new(|| {
    let sorted = |(case, distribution): (usize, Distribution)| {
        let mut values = draws(&distribution, &format!("case {case}"));
        values.sort_by(f64::total_cmp);
        (distribution, values)
    };
    cases().into_iter().enumerate().map(sorted).collect()
});

fn stream(purpose: &str) -> Stream {
    Streams { seed: 11, replication: 0 }.stream("distributions", purpose)
}

fn draws(distribution: &Distribution, purpose: &str) -> Vec<f64> {
    let stream = stream(purpose);
    (0..DRAWS).map(|index| sample(distribution, &mut stream.draw(index))).collect()
}

/// Mean and standard deviation of a sample, and the standard error of the latter, which follows from the fourth moment.
fn moments(values: &[f64]) -> (f64, f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let moment = |power: i32| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / count;
    let (variance, fourth) = (moment(2), moment(4));
    let error_of_variance = ((fourth - variance * variance).max(0.0) / count).sqrt();
    (mean, variance.sqrt(), if variance > 0.0 { error_of_variance / (2.0 * variance.sqrt()) } else { 0.0 })
}

#[test]
fn samples_have_the_mean_and_the_standard_deviation_of_theory() {
    for (distribution, values) in SAMPLES.iter() {
        let (mean, sd, error_of_sd) = moments(values);
        let (rounding, error_of_mean) = (1e-9 * distribution.mean().abs(), distribution.sd() / f64::from(DRAWS).sqrt());
        let off = (mean - distribution.mean()).abs();
        assert!(off <= SIGMAS * error_of_mean + rounding, "{distribution:?}: mean {mean}, expected {}", distribution.mean());
        let off = (sd - distribution.sd()).abs();
        assert!(off <= SIGMAS * error_of_sd + rounding, "{distribution:?}: sd {sd}, expected {}", distribution.sd());
    }
}

#[test]
fn samples_stay_within_the_limits() {
    for (distribution, values) in SAMPLES.iter() {
        let (low, high) = (values[0], values[values.len() - 1]);
        assert!(low >= distribution.min() && high <= distribution.max(), "{distribution:?}: {low} to {high}");
        assert!(low.is_finite() && high.is_finite(), "{distribution:?}: {low} to {high}");
        if !distribution.reaches_min() {
            assert!(low > distribution.min(), "{distribution:?} gives {low}");
        }
    }
}

/// Probability that a perfect sample deviates as much as this one or more; by Kolmogorov and Smirnov where the cumulative
/// distribution is continuous, else by chi-square.
fn surprise(sorted: &[f64], theory: &Distribution) -> f64 {
    let distinct = sorted.windows(2).filter(|pair| pair[0] < pair[1]).count() + 1;
    // Values that repeat a hundred times are counted ones.
    if distinct * 100 > sorted.len() { kolmogorov_smirnov(sorted, theory) } else { chi_square(sorted, theory) }
}

/// The tail 2 exp(-2 n D^2) of the largest distance D of the cumulative distributions (Smirnov 1948, leading term).
fn kolmogorov_smirnov(sorted: &[f64], theory: &Distribution) -> f64 {
    let count = sorted.len() as f64;
    let distances = sorted.iter().enumerate().map(|(index, value)| {
        let expected = cumulative(theory, *value);
        (expected - index as f64 / count).max((index + 1) as f64 / count - expected)
    });
    let largest = distances.fold(0.0, f64::max);
    2.0 * (-2.0 * count * largest * largest).exp()
}

/// Pearson's test over bins that each hold enough expected draws.
fn chi_square(sorted: &[f64], theory: &Distribution) -> f64 {
    let count = sorted.len() as f64;
    let mut distinct = sorted.to_vec();
    distinct.dedup();
    let (mut statistic, mut bins, mut counted, mut expected_before) = (0.0, 0, 0, 0.0);
    for (index, value) in distinct.iter().enumerate() {
        let up_to = sorted.partition_point(|drawn| drawn <= value);
        // The last bin takes the tail, of which nothing was drawn.
        let last = index + 1 == distinct.len();
        let expected_up_to = if last { count } else { count * cumulative(theory, *value) };
        let expected = expected_up_to - expected_before;
        let enough_left = count - expected_up_to >= LEAST_EXPECTED;
        if (expected >= LEAST_EXPECTED && enough_left) || last {
            let observed = (up_to - counted) as f64;
            statistic += (observed - expected) * (observed - expected) / expected;
            (bins, counted, expected_before) = (bins + 1, up_to, expected_up_to);
        }
    }
    match bins {
        // One value only: right if theory says the same.
        1 => f64::from(u8::from(cumulative(theory, distinct[0]) == 1.0)),
        bins => 1.0 - gamma_p(f64::from(bins - 1) / 2.0, statistic / 2.0),
    }
}

#[test]
fn samples_follow_the_cumulative_distribution_of_theory() {
    for (distribution, values) in SAMPLES.iter() {
        let surprise = surprise(values, distribution);
        assert!(surprise > SURPRISE, "{distribution:?}: a perfect sampler deviates so much with probability {surprise:e}");
    }
}

/// Else the test above could not fail.
#[test]
fn the_tests_of_fit_see_parameters_that_are_two_percent_off() {
    let pairs: [(Distribution, Distribution); 6] = [
        (Normal { mean: 0.0, sd: 1.0 }.into(), Normal { mean: 0.0, sd: 1.02 }.into()),
        (Gamma { shape: 2.0, scale: 1.0 }.into(), Gamma { shape: 2.04, scale: 1.0 }.into()),
        (Beta { alpha: 2.0, beta: 3.0, min: 0.0, max: 1.0 }.into(), Beta { alpha: 2.0, beta: 3.06, min: 0.0, max: 1.0 }.into()),
        (Poisson { mean: 30.0 }.into(), Poisson { mean: 30.6 }.into()),
        (Geometric { p: 0.1 }.into(), Geometric { p: 0.102 }.into()),
        (Bernoulli { p: 0.5 }.into(), Bernoulli { p: 0.51 }.into()),
    ];
    for (drawn, theory) in pairs {
        let mut values = draws(&drawn, "power");
        values.sort_by(f64::total_cmp);
        let surprise = surprise(&values, &theory);
        assert!(surprise < SURPRISE, "{drawn:?} passes for {theory:?}: {surprise:e}");
    }
}

/// What the check lets pass is drawn in finite time and is a number.
#[test]
fn the_extremes_that_are_accepted_can_be_drawn() {
    let extremes = [
        "Gamma(shape: 0.001, scale: 1e100)",
        "Gamma(shape: 1e15, scale: 1)",
        "Beta(alpha: 0.001, beta: 0.001)",
        "Beta(alpha: 1e15, beta: 0.001, min: -1e100, max: 1e100)",
        "Pert(min: 2, mode: 2, max: 2)",
        "Pert(min: 0, mode: 1, max: 1, lambda: 1e9)",
        "Triangular(min: 2, mode: 2, max: 2)",
        "Weibull(scale: 1, shape: 0.02)",
        "Weibull(scale: 1, shape: 1e9)",
        "Lognormal(mean: 1, sd: 1e6)",
        "TruncatedNormal(mean: 0, sd: 1, min: 3.05, max: 40)",
        "TruncatedNormal(mean: 1, sd: 0, min: 1, max: 1)",
        "Erlang(mean: 1e-100, k: 1000)",
        "Poisson(mean: 1e-300)",
        "Poisson(mean: 1e9)",
        "Geometric(p: 1e-100)",
        "Discrete(values: [1, 2], weights: [1e-300, 0])",
    ];
    for written in extremes {
        let scene = with_value(written);
        let (distribution, stream) = (drawn_in(&scene), stream(written));
        for index in 0..1000 {
            let value = sample(distribution, &mut stream.draw(index));
            assert!(value.is_finite() && value >= distribution.min() && value <= distribution.max(), "{written}: {value}");
        }
    }
}

/// Draw k is the same whoever draws before it, however many words that takes.
#[test]
fn a_draw_does_not_depend_on_other_draws() {
    for (case, distribution) in cases().iter().enumerate() {
        let stream = stream(&format!("order {case}"));
        let value = |index| sample(distribution, &mut stream.draw(index)).to_bits();
        let forward: Vec<u64> = (0..200).map(value).collect();
        let mut backward: Vec<u64> = (0..200).rev().map(value).collect();
        backward.reverse();
        assert_eq!(forward, backward, "{distribution:?}");
    }
}

#[test]
fn neighbouring_draws_and_streams_are_uncorrelated() {
    let normal = Normal { mean: 0.0, sd: 1.0 }.into();
    let (first, second) = (draws(&normal, "left"), draws(&normal, "yaw"));
    let correlation = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64;
    // The product of two independent standard normal values has the standard deviation 1.
    let limit = SIGMAS / f64::from(DRAWS - 1).sqrt();
    for (what, found) in [("neighbours", correlation(&first[1..], &first)), ("streams", correlation(&first, &second))] {
        assert!(found.abs() < limit, "{what}: {found}");
    }
}

const DOCUMENT: &str = include_str!("../../docs/distributions.md");

/// The scene of the document's examples: an attribute may be anything.
fn with_value(written: &str) -> Scene {
    let text = format!(
        "Scene(schema: 1, name: \"document\", parts: {{\"carton\": Part(shape: Box((0.4, 0.3, 0.25)), mass_kg: 4)}}, line: {{
            \"infeed\": Source(part: \"carton\", interarrival_s: 10, before: \"belt\"),
            \"belt\": Belt(from_m: (0, 0, 1), to_m: (3, 0, 1), width_m: 0.6, speed_mps: 0.5),
            \"work\": Station(on: \"belt\", at_m: 1.5, hold: Blade, processing_s: 2, sets: {{\"value\": {written}}}),
            \"dock\": Sink(after: \"belt\"),
        }})"
    );
    let table = DOCUMENT.split("```csv\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the document shows its table");
    let load = |path: &str| if path == "repairs.csv" { Ok(table.as_bytes().to_vec()) } else { Err(std::io::ErrorKind::NotFound.into()) };
    let reading = read("document.ron", &text, &ReadOptions::default(), &load);
    assert!(reading.diagnostics.is_empty(), "{written}: {:?}", reading.diagnostics);
    reading.scene.expect("a scene without a problem")
}

fn drawn_in(scene: &Scene) -> &Distribution {
    let stations = scene.elements.iter().filter_map(|element| match &element.kind {
        ElementKind::Station(station) => Some(&station.sets[0].value),
        _ => None,
    });
    stations.into_iter().next().expect("the scene has a station")
}

#[test]
fn the_document_shows_every_distribution_with_its_moments() {
    let rows: Vec<Vec<&str>> = DOCUMENT
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains(" = "))
        .map(|line| line.split(" | ").map(|cell| cell.trim_matches([' ', '|'])).collect())
        .collect();
    for row in &rows {
        let scene = with_value(row[0].trim_matches('`'));
        let distribution = drawn_in(&scene);
        for (cell, exact) in [(row[1], distribution.mean()), (row[2], distribution.sd())] {
            let printed = cell.rsplit(" = ").next().expect("a cell has text");
            let value: f64 = printed.parse().unwrap_or_else(|_| panic!("{}: {printed} is no number", row[0]));
            let decimals = printed.split('.').nth(1).map_or(0, str::len);
            let half_a_digit = 0.5 * 10_f64.powi(-(decimals as i32)) * (1.0 + 1e-9);
            assert!((value - exact).abs() <= half_a_digit, "{}: {printed}, exactly {exact}", row[0]);
        }
    }
    let schema = linetwin_model::schema::json_schema();
    let names = ["Distribution", "Observed"].into_iter().flat_map(|definition| {
        let variants = schema["$defs"][definition]["oneOf"].as_array().expect("a list of variants").clone();
        variants.into_iter().flat_map(|variant| variant["properties"].as_object().expect("named").keys().cloned().collect::<Vec<_>>())
    });
    let names: Vec<String> = names.collect();
    assert!(names.len() >= 16, "{names:?}");
    for name in names {
        assert!(rows.iter().any(|row| row[0].starts_with(&format!("`{name}("))), "docs/distributions.md has no row for {name}");
    }
}
