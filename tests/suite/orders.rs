//! Schedules and limits of the work in process: lots come in their order, none before its release, with a changeover between
//! part types; what is measured of an order is what its events say; never more parts than the limit are in the line.

use crate::sortation::{kpi, run, text_of};
use linetwin_sim::event::{Event, EventKind};
use linetwin_tests::assert_same_bytes;

#[test]
fn lots_follow_each_other_and_their_lateness_is_what_their_last_part_says() {
    let (events, report) = run(&text_of("orders.ron"), 600.0);
    let types: Vec<u32> = events
        .iter()
        .filter_map(|event| if let EventKind::PartCreated { part_type, .. } = event.kind { Some(part_type.0) } else { None })
        .collect();
    let expected: Vec<u32> = [(0, 12), (1, 8), (0, 6)].iter().flat_map(|(part_type, count)| vec![*part_type; *count]).collect();
    assert_eq!(types, expected, "in the order of the table, and nothing behind it");
    let entered: Vec<f64> = times(&events, |kind| matches!(kind, EventKind::PartEntered { .. }));
    assert!(entered[20] >= 300.0 && entered[20] < 301.0, "the last lot is released at 300 s: {}", entered[20]);
    let left: Vec<f64> = times(&events, |kind| matches!(kind, EventKind::PartLeft { .. }));
    for (order, last, due, count) in [("A-17", 11, 150.0, 12.0), ("B-03", 19, 260.0, 8.0), ("A-18", 25, 400.0, 6.0)] {
        let of = |name: &str| kpi(&report, &format!("infeed.order.{order}.{name}"));
        assert_eq!((of("released"), of("finished"), of("lost")), (count, count, 0.0), "{order}");
        assert!((of("lateness_s") - (left[last] - due)).abs() < 1e-9, "{order}");
    }
    // Two changeovers: to large, and back.
    assert!((kpi(&report, "press.state.setup") * 600.0 - 65.0).abs() < 1e-6, "{}", kpi(&report, "press.state.setup") * 600.0);
    assert_eq!(kpi(&report, "line.wip_max"), 6.0, "the limit is reached and kept");
}

fn times(events: &[Event], wanted: fn(&EventKind) -> bool) -> Vec<f64> {
    events.iter().filter(|event| wanted(&event.kind)).map(|event| event.at.as_seconds()).collect()
}

/// Two sources on one limit, up to the second belt.
fn limited(more: &str, conwip: &str) -> String {
    format!(
        r#"Scene(schema: 1, name: "limited",
            parts: {{ "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4) }},
            line: {{
                "one": Source(part: "carton", interarrival_s: 2, before: "belt 1"{more}),
                "two": Source(part: "carton", interarrival_s: 2, before: "belt 2"{more}),
                "belt 1": Belt(from_m: (0, 0, 0.8), to_m: (6, 0, 0.8), width_m: 0.6, speed_mps: 0.4),
                "belt 2": Belt(from_m: (0, 3, 0.8), to_m: (6, 3, 0.8), width_m: 0.6, speed_mps: 0.4),
                "on 1": Belt(after: "belt 1", length_m: 4), "on 2": Belt(after: "belt 2", length_m: 4),
                "dock 1": Sink(after: "on 1"), "dock 2": Sink(after: "on 2"),
            }},
            conwip: [{conwip}])"#
    )
}

#[test]
fn sources_of_one_limit_share_it_and_a_part_counts_up_to_where_it_says() {
    let conwip = r#"Conwip(limit: 4, sources: ["one", "two"], until: ["on 1", "on 2"])"#;
    let (events, report) = run(&limited("", conwip), 300.0);
    let mut inside = 0;
    for event in &events {
        match event.kind {
            EventKind::PartEntered { .. } => inside += 1,
            EventKind::PartMoved { to, .. } if to.0 == 4 || to.0 == 5 => inside -= 1,
            _ => {}
        }
        assert!(inside <= 4, "{inside} at {:?}", event.at);
    }
    // Little's law: 4 parts, each of which takes about 15 s over its belt of 6 m.
    let (one, two) = (kpi(&report, "dock 1.parts_in"), kpi(&report, "dock 2.parts_in"));
    assert!((one - two).abs() <= 2.0, "taken in turns: {one} and {two}");
    assert!((one + two - 4.0 * 300.0 / 15.0).abs() < 12.0, "{}", one + two);
    assert!(kpi(&report, "one.state.blocked") > 0.5);
    // Who may not wait is turned away.
    let (_, report) = run(&limited(", when_occupied: Lose", conwip), 200.0);
    let away = kpi(&report, "one.turned_away") + kpi(&report, "two.turned_away");
    assert!((away + kpi(&report, "line.entered") - 200.0).abs() <= 4.0 && away > 100.0, "{away} turned away");
}

#[test]
fn what_waits_for_its_release_is_in_the_snapshot() {
    assert_same_bytes(&text_of("orders.ron"), 55.2, 75.0);
}

#[test]
fn orders_find_their_docks_and_levels_pull_what_they_lack() {
    let (events, report) = run(&text_of("kanban.ron"), 500.0);
    assert_eq!(kpi(&report, "line.missorted"), 0.0);
    assert_eq!((kpi(&report, "dock A.small.count"), kpi(&report, "dock B.large.count")), (18.0, 8.0), "A-17 and A-18; B-03");
    assert_eq!((kpi(&report, "dock A.large.count"), kpi(&report, "dock B.small.count")), (0.0, 0.0));
    // Between infeed and store at most six; the rule acts at once.
    let mut inside = 0;
    for event in &events {
        match event.kind {
            EventKind::PartEntered { .. } => inside += 1,
            EventKind::PartMoved { to, .. } if to.0 == 4 => inside -= 1,
            _ => {}
        }
        assert!(inside <= 6, "{inside} at {:?}", event.at);
    }
    assert!(kpi(&report, "controls.kanban.activations") >= 5.0 && kpi(&report, "store.level_max") >= 3.0);
    assert_same_bytes(&text_of("kanban.ron"), 61.3, 80.0);
}
