//! What holds exactly, in integer nanoseconds, for any valid stream of events: random ones, one told late, one saved and
//! loaded between, and that of a real line.

use super::*;
use linetwin_model::scene::Fidelity;
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A valid stream of events, drawn from `choices`: parts that enter, move, stand, are worked on and leave; states,
/// failures and jams of all elements. Some choices have no length.
fn random_stream(choices: &[(u32, u8, u8)]) -> (Vec<Event>, Time) {
    use EventKind::*;
    let mut now = 0_u64;
    let mut events: Vec<Event> = Vec::new();
    let mut next = 0;
    let mut inside: Vec<u32> = Vec::new();
    let mut working: Option<u32> = None;
    let mut failing: Option<u32> = None;
    for &(wait, action, which) in choices {
        now += u64::from(wait) * u64::from(wait % 3) * 7;
        let mut tell = |kind| events.push(Event { at: Time(now), kind });
        let pick = (!inside.is_empty()).then(|| inside[usize::from(which) % inside.len().max(1)]);
        match (action % 10, pick) {
            (0 | 1, _) => {
                tell(PartEntered { part: part(next), element: BELT });
                inside.push(next);
                next += 1;
            }
            (2, Some(serial)) => {
                inside.retain(|other| *other != serial);
                if working == Some(serial) {
                    working = None;
                    if which % 2 == 0 {
                        tell(CycleEnded { element: SEALER, part: part(serial) });
                    }
                }
                let (element, outcome) = [(DOCK, Outcome::Good), (SEALER, Outcome::Scrap), (DOCK, Outcome::Reject)][usize::from(which % 3)];
                tell(PartLeft { part: part(serial), element, outcome, part_type: CARTON });
            }
            (3, Some(serial)) => tell(PartStanding { part: part(serial) }),
            (4, Some(serial)) => tell(PartMoving { part: part(serial) }),
            (5, Some(serial)) if working.is_none() => {
                working = Some(serial);
                tell(CycleStarted { element: SEALER, part: part(serial) });
            }
            (6, _) if working.is_some() => {
                let serial = working.take().expect("just seen");
                tell(CycleEnded { element: SEALER, part: part(serial) });
            }
            (7, _) => match failing.take() {
                Some(mode) => {
                    tell(FailureEnded { element: SEALER, mode });
                    tell(StateChanged { element: SEALER, state: Processing, port: None });
                }
                None => {
                    failing = Some(u32::from(which % 2));
                    tell(StateChanged { element: SEALER, state: Down, port: None });
                    tell(FailureBegan { element: SEALER, mode: u32::from(which % 2) });
                }
            },
            (8, _) if failing.is_none() => {
                tell(StateChanged { element: SEALER, state: ElementState::ALL[usize::from(which) % 10], port: None });
            }
            (9, _) => {
                let element = [BELT, WEIGHER, INFEED][usize::from(which) % 3];
                tell(StateChanged { element, state: ElementState::ALL[usize::from(which / 3) % 10], port: Some(which % 2) });
            }
            _ => {}
        }
    }
    (events, Time(now + 1_000))
}

/// Integral of WIP within the window, by its definition: at every instant the number of parts inside.
fn wip_integral(events: &[Event], start: Time, end: Time) -> u128 {
    let mut integral = 0;
    let (mut inside, mut since) = (0_u128, Time::ZERO);
    let mut advance = |inside: u128, to: Time| {
        integral += inside * u128::from(to.since(since.max(start)).0);
        since = to;
    };
    for event in events {
        match event.kind {
            EventKind::PartEntered { .. } => {
                advance(inside, event.at);
                inside += 1;
            }
            EventKind::PartLeft { .. } => {
                advance(inside, event.at);
                inside -= 1;
            }
            _ => {}
        }
    }
    advance(inside, end);
    integral
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_stream_satisfies_the_exact_identities(
        choices in proptest::collection::vec((0_u32..50_000_000, any::<u8>(), any::<u8>()), 1..400),
        warmup_share in 0_u64..=120,
    ) {
        let (events, now) = random_stream(&choices);
        let mut scene = scene("minor_stop_s: 0.2,");
        scene.warmup = Time(now.0 / 100 * warmup_share);
        let mut metrics = Metrics::new(&scene);
        for event in &events {
            metrics.observe(&scene, event);
            metrics.advance_to(&scene, event.at, &EnergyTotals::new(1));
        }
        let exact = metrics.exact(&scene, now);
        prop_assert_eq!(exact.wip_integral, exact.stays, "the integral of WIP is the sum of the stays");
        prop_assert_eq!(exact.wip_integral, wip_integral(&events, scene.warmup, now));
        for (element, sum) in &exact.state_sums_ns {
            prop_assert_eq!(*sum, exact.window_ns, "states of {:?} fill the window", element);
        }
        for (element, stopped, explained) in &exact.stop_sums_ns {
            prop_assert_eq!(stopped, explained, "stops of {:?} explain its down time", element);
        }
        prop_assert_eq!(exact.lead_ns, exact.split_ns.iter().sum::<u128>(), "lead time = processing + transport + waiting");
        let report = report_of(&scene, &metrics, now);
        let parts = &report.line.parts;
        prop_assert_eq!(parts.inside_at_start + parts.entered, parts.good + parts.rejected + parts.scrapped + parts.inside_at_end);
        for kpi in report.flat() {
            prop_assert!(kpi.value.is_none_or(f64::is_finite), "{} is finite or missing", kpi.path);
        }
        for element in report.elements.iter().filter_map(|element| element.oee.as_ref()) {
            prop_assert!(element.availability.is_none_or(|share| (0.0..=1.0).contains(&share)));
            prop_assert!(element.quality.is_none_or(|share| (0.0..=1.0).contains(&share)));
        }
        if let Some(waterfall) = &report.series.waterfall {
            let sum = waterfall.losses.iter().map(|loss| loss.time_s).sum::<f64>() + waterfall.net_s;
            // A dozen rounded terms of at most a few hundred seconds.
            prop_assert!((sum - waterfall.planned_s).abs() < 1e-6, "{:?}", waterfall);
        }
    }

    #[test]
    fn a_snapshot_between_any_two_events_changes_nothing(
        choices in proptest::collection::vec((0_u32..50_000_000, any::<u8>(), any::<u8>()), 1..200),
        cut_share in 0_usize..=100,
    ) {
        let (events, now) = random_stream(&choices);
        let scene = scene("warmup_s: 0.5,");
        let cut = events.len() * cut_share / 100;
        let (mut whole, mut resumed) = (Metrics::new(&scene), Metrics::new(&scene));
        for (index, event) in events.iter().enumerate() {
            if index == cut {
                let bytes = postcard::to_stdvec(&resumed).expect("measures can be saved");
                resumed = postcard::from_bytes(&bytes).expect("measures can be loaded");
                prop_assert_eq!(postcard::to_stdvec(&resumed).expect("measures can be saved"), bytes);
            }
            let mut energy = EnergyTotals::new(1);
            energy.drive_work_j[0] = 0.25 * event.at.as_seconds();
            for metrics in [&mut whole, &mut resumed] {
                metrics.observe(&scene, event);
                metrics.advance_to(&scene, event.at, &energy);
            }
        }
        prop_assert_eq!(report_of(&scene, &whole, now), report_of(&scene, &resumed, now));
    }
}

/// Little (1961): L = lambda W. With every stay inside the window it is an identity of integers: L T = sum of lead times.
#[test]
fn littles_law_holds_exactly_over_a_closed_window() {
    let scene = scene("");
    let mut events = Vec::new();
    let mut entered_ns = 0;
    for serial in 0..500_u32 {
        entered_ns += u64::from(serial.wrapping_mul(2_654_435_761) >> 8) % 900_000_007;
        let left_ns = entered_ns + 1 + u64::from(serial.wrapping_mul(40_503)) % 3_000_000_019;
        events.push(Event { at: Time(entered_ns), kind: EventKind::PartEntered { part: part(serial), element: BELT } });
        events.push(Event {
            at: Time(left_ns),
            kind: EventKind::PartLeft { part: part(serial), element: DOCK, outcome: Outcome::Good, part_type: CARTON },
        });
    }
    let now_s = (entered_ns as f64 / 1e9 + 10.0).ceil();
    let (metrics, now) = measured(&scene, events, now_s);
    let exact = metrics.exact(&scene, now);
    assert_eq!(exact.wip_integral, exact.lead_ns);
    let report = report_of(&scene, &metrics, now);
    assert_eq!(report.line.good, 500);
    let arrivals_per_s = report.line.good as f64 / report.window.duration_s;
    let mean_lead_s = report.line.lead_time.mean_s.expect("parts left");
    assert_near(report.line.wip.mean, arrivals_per_s * mean_lead_s, "L = lambda W");
}

#[test]
fn an_event_told_a_fraction_of_a_step_late_is_folded_in_its_place() {
    let scene = scene("");
    let in_order = three_cartons();
    let (metrics, now) = measured(&scene, in_order.clone(), 100.0);
    let expected = report_of(&scene, &metrics, now);
    // Those of one element or part stay in order; the two histories are told one after the other within each second.
    let mut by_second: BTreeMap<u64, (Vec<Event>, Vec<Event>)> = BTreeMap::new();
    for mut event in in_order {
        event.at.0 += if matches!(event.kind, EventKind::PartStanding { .. }) { 3_000_000 } else { 0 };
        let slot = by_second.entry(event.at.0 / 1_000_000_000).or_default();
        if matches!(event.kind, EventKind::StateChanged { .. }) { slot.0.push(event) } else { slot.1.push(event) }
    }
    let mut late = Metrics::new(&scene);
    for (second, (states, mut others)) in by_second {
        others.sort_by_key(|event| event.at);
        for event in others.iter().chain(&states) {
            late.observe(&scene, event);
        }
        late.advance_to(&scene, Time((second + 1) * 1_000_000_000), &EnergyTotals::new(1));
    }
    let found = report_of(&scene, &late, now);
    assert_eq!(found.elements[SEALER.index()], expected.elements[SEALER.index()]);
    assert_eq!(found.line.wip, expected.line.wip);
}

#[test]
fn a_real_line_satisfies_the_same_identities() {
    let mut scene = scene("warmup_s: 60, minor_stop_s: 9,");
    (scene.seed, scene.fidelity) = (11, Fidelity::Event);
    let scene = Arc::new(scene);
    let mut simulation = Simulation::new(Arc::clone(&scene), SimulationOptions::default());
    let mut metrics = Metrics::new(&scene);
    let mut events = Vec::new();
    while simulation.settled() < Time::from_seconds(900.0) {
        simulation.step();
        for event in simulation.take_events() {
            metrics.observe(&scene, &event);
            events.push(event);
        }
        metrics.advance_to(&scene, simulation.settled(), &EnergyTotals::new(scene.drives.len()));
    }
    let now = simulation.settled();
    let exact = metrics.exact(&scene, now);
    assert_eq!(exact.wip_integral, exact.stays);
    assert!(exact.state_sums_ns.len() >= 4, "source, belt, weigher and sealer have states");
    assert!(exact.state_sums_ns.iter().all(|(_, sum)| *sum == exact.window_ns));
    assert_eq!(exact.lead_ns, exact.split_ns.iter().sum::<u128>());
    let report = report_of(&scene, &metrics, now);
    let (parts, balance) = (&report.line.parts, simulation.parts().balance());
    assert_eq!(parts.inside_at_start + parts.entered, parts.good + parts.rejected + parts.scrapped + parts.inside_at_end);
    assert_eq!(parts.inside_at_end, simulation.parts().inside());
    let count = |outcome| {
        events.iter().filter(|event| matches!(event.kind, EventKind::PartLeft { outcome: found, .. } if found == outcome)).count() as u64
    };
    assert_eq!((count(Outcome::Good), count(Outcome::Scrap)), (balance.good, balance.scrapped));
    assert!(parts.good > 20 && report.line.oee.is_some(), "{:?}", report.line);
    assert_eq!(report.line.constraint.as_ref().map(|found| found.element.as_str()), Some("sealer"));
}
