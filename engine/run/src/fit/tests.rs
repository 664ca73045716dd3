//! Fits are judged on samples of known distributions, drawn by the engine.

use super::goodness::goodness;
use super::intervals::{parameters, with_intervals};
use super::*;
use linetwin_model::distribution::Distribution;
use linetwin_sim::random::Streams;
use linetwin_sim::sample::sample as draw_from;

const TRUE: [(Family, Parametric); 6] = [
    (Family::Exponential, Parametric::Exponential { mean: 40.0 }),
    (Family::Erlang, Parametric::Erlang { mean: 4.2, k: 4 }),
    (Family::Gamma, Parametric::Gamma { shape: 2.5, scale: 20.0 }),
    (Family::Weibull, Parametric::Weibull { scale: 900.0, shape: 1.5 }),
    (Family::Lognormal, Parametric::Lognormal { mean: 300.0, sd: 200.0 }),
    (Family::Normal, Parametric::Normal { mean: 4.0, sd: 0.3 }),
];

/// Values of `distribution`; those above a bound, which is drawn evenly up to three times the mean, are censored.
fn drawn(distribution: &Parametric, count: u32, replication: u32, censored: bool) -> Sample {
    let stream = Streams { seed: 5, replication }.stream("fit", "values");
    let source = Distribution::Parametric(distribution.clone());
    let (mut observed, mut bounds) = (Vec::new(), Vec::new());
    for index in 0..count {
        let value = draw_from(&source, &mut stream.component(index, 0));
        let bound = if censored { 3.0 * distribution.mean() * stream.component(index, 1).unit() } else { f64::INFINITY };
        if value <= bound { observed.push(value) } else { bounds.push(bound) }
    }
    Sample::new("x", observed, bounds).expect("values")
}

#[test]
fn intervals_hold_the_true_parameters_as_often_as_they_say() {
    const SAMPLES: u32 = 600;
    for (family, truth) in &TRUE {
        for censored in [false, true] {
            // Of an Erlang distribution only the mean has an interval, which takes the number of phases as known.
            let free = if *family == Family::Erlang { 1 } else { parameters(truth).len() };
            let (mut held, mut fitted) = (vec![0; free], 0);
            for replication in 0..SAMPLES {
                let sample = drawn(truth, 150, replication, censored);
                let found = with_intervals(&family.fit(&sample).expect("a fit"), &sample);
                fitted += 1;
                for (index, (_, value)) in parameters(truth).into_iter().enumerate().take(free) {
                    let [low, high] = found[index].interval.expect("an interval");
                    held[index] += u32::from((low..=high).contains(&value));
                }
            }
            for held in held {
                // Three standard errors of such a share are 2.7 points; intervals from the curvature are a little short at 150 values.
                let share = f64::from(held) / f64::from(fitted);
                assert!((0.915..=0.98).contains(&share), "{family:?}, censored {censored}: {share}");
            }
        }
    }
}

#[test]
fn many_values_give_the_true_parameters_back_and_rank_the_true_family_first() {
    for (family, truth) in &TRUE {
        let sample = drawn(truth, 20_000, 0, true);
        let found = family.fit(&sample).expect("a fit");
        for ((name, value), (_, wanted)) in parameters(&found).into_iter().zip(parameters(truth)) {
            assert!((value / wanted - 1.0).abs() < 0.04, "{family:?} {name}: {value}, not {wanted}");
        }
    }
    for (truth, family) in [
        (Parametric::Uniform { min: 2.0, max: 3.0 }, Family::Uniform),
        (Parametric::Triangular { min: 1.0, mode: 1.4, max: 3.0 }, Family::Triangular),
        (TRUE[3].1.clone(), Family::Weibull),
        (TRUE[4].1.clone(), Family::Lognormal),
    ] {
        let found = fit_sample(&drawn(&truth, 2_000, 1, false), 0);
        assert_eq!(found.fits[0].family, family, "{:#?}", found.fits);
        // One in a hundred such samples is as odd as the third of them may be.
        assert!([found.fits[0].ks.p, found.fits[0].ad.p].iter().all(|p| *p > Some(0.01)), "{:#?}", found.fits[0]);
        let normal = found.fits.iter().find(|fit| fit.family == Family::Normal).expect("a fit");
        assert!(!normal.is_plausible(), "{normal:#?}");
    }
}

#[test]
fn the_p_of_a_true_family_is_small_as_seldom_as_it_says() {
    for censored in [false, true] {
        let (family, truth) = &TRUE[3];
        let mut small = [0; 2];
        for replication in 0..60 {
            let sample = drawn(truth, 40, replication, censored);
            let found = goodness(*family, &family.fit(&sample).expect("a fit"), &sample, u64::from(replication));
            small.iter_mut().zip(found).for_each(|(small, distance)| *small += u32::from(distance.p < Some(0.2)));
        }
        // Of 60 at 20 %: 12, and 9 more or less are three standard errors.
        assert!(small.iter().all(|count| (3..=21).contains(count)), "censored {censored}: {small:?}");
    }
}

#[test]
fn times_are_not_given_what_can_be_negative() {
    let values: Vec<f64> = (0..60).map(|k| 1.0 + f64::from((k * 37) % 60) / 20.0).collect();
    let found = fit_sample(&Sample::new("x", values, vec![]).expect("values"), 0);
    assert!(!found.scene.starts_with("Normal"), "{}", found.scene);
    let alike = fit_sample(&Sample::new("x", vec![2.5; 8], vec![]).expect("values"), 0);
    assert!(alike.scene == "2.5" || alike.scene.starts_with("Exponential"), "{alike:#?}");
}
