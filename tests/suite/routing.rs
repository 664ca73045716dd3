//! Routers: a ratio is exact over every cycle, turns are turns, the shortest queue shares work by what each place can do, what
//! is full or stands is passed over, and parts go where they are sent, to the same bytes.

use crate::sortation::{kpi, run, text_of};
use linetwin_sim::event::{Event, EventKind};
use linetwin_tests::{assert_same_bytes, scene_from};

/// The scene of three places, with another way to choose.
fn routed_by(by: &str) -> String {
    let text = text_of("routing.ron");
    let changed = text.replace("by: ShortestQueue, skip_full: true", by);
    assert_ne!(changed, text, "the scene says how it chooses");
    changed
}

/// The places work so fast that nothing waits.
fn fast_by(by: &str) -> String {
    routed_by(by).replace("mean: 24, sd: 3", "mean: 4, sd: 0.1").replace("mean: 8, sd: 1", "mean: 4, sd: 0.1")
}

fn ways(events: &[Event]) -> Vec<u32> {
    let way = |event: &Event| if let EventKind::Routed { way, .. } = event.kind { Some(way) } else { None };
    events.iter().filter_map(way).collect()
}

#[test]
fn a_ratio_is_exact_over_every_cycle_and_turns_are_turns() {
    let (events, report) = run(&fast_by("by: Ratio([3, 1, 2])"), 420.0);
    let sent = ways(&events);
    assert!(sent.len() > 90, "{} parts", sent.len());
    for cycle in sent.chunks_exact(6) {
        let count = |way| cycle.iter().filter(|sent| **sent == way).count();
        assert_eq!((count(0), count(1), count(2)), (3, 1, 2), "{cycle:?}");
        assert!(cycle.windows(2).filter(|pair| pair == &[0, 0]).count() <= 1, "evenly mixed: {cycle:?}");
    }
    assert_eq!(kpi(&report, "line.misroutes"), 0.0);
    let total = kpi(&report, "split.cycles");
    assert!((kpi(&report, "split.to.left.side.share") - 0.5).abs() < 3.0 / total, "half of {total}");
    // Each goes where it is sent, but for those on their way.
    let (gone, told) = (kpi(&report, "dock 2.parts_in"), kpi(&report, "split.to.right.side.parts"));
    assert!((gone - told).abs() <= 5.0, "{gone} of {told}");

    let (events, _) = run(&fast_by("by: RoundRobin"), 240.0);
    let sent = ways(&events);
    assert!(sent.len() > 50 && sent.iter().zip((0..3).cycle()).all(|(found, expected)| *found == expected), "{sent:?}");
}

/// Places of 8, 24 and 8 s offer 7 parts in 24 s, of which 6 come: each gets what it can do, and not a third.
#[test]
fn the_shortest_queue_shares_work_by_what_each_place_can_do() {
    let (events, report) = run(&text_of("routing.ron"), 1200.0);
    let share = |path: &str| kpi(&report, &format!("split.to.{path}.share"));
    assert!((0.13..0.2).contains(&share("right.side")), "{}", share("right.side"));
    assert!((0.36..0.48).contains(&share("left.side")), "{}", share("left.side"));
    assert!((0.36..0.48).contains(&share("belt")), "{}", share("belt"));
    for place in ["place 1", "place 2", "place 3"] {
        assert!(kpi(&report, &format!("{place}.state.processing")) > 0.7, "{place}");
    }
    // Four zones hold four; who is on the way counts as well.
    for lane in ["lane 1", "lane 2", "lane 3"] {
        assert!(kpi(&report, &format!("{lane}.level_max")) <= 4.0, "{lane}");
    }
    assert!(ways(&events).starts_with(&[0, 1, 2]), "of equals the first");
}

#[test]
fn what_stands_is_passed_over_and_only_then() {
    let held = r#"controls: [Rule(when: "time_s > 60 && time_s < 200", do: [Hold("place 1")])], checks:"#;
    let sent_to_held = |by: &str| {
        let (events, _) = run(&fast_by(by).replace("checks:", held), 260.0);
        let within = |event: &&Event| (60.5..200.0).contains(&event.at.as_seconds());
        let during: Vec<Event> = events.iter().filter(within).cloned().collect();
        let after: Vec<Event> = events.iter().filter(|event| event.at.as_seconds() > 201.0).cloned().collect();
        assert!(ways(&after).contains(&0), "released, it gets parts again");
        ways(&during).iter().filter(|way| **way == 0).count()
    };
    assert_eq!(sent_to_held("by: RoundRobin, skip_full: true"), 0);
    assert!(sent_to_held("by: RoundRobin") >= 10);
    // A way with one place left gets one at a time: those on their way fill it.
    let (events, report) = run(&fast_by("by: Ratio([5, 1, 1]), skip_full: true, room: [1, 4, 4]"), 240.0);
    assert!(kpi(&report, "lane 1.level_max") <= 1.0);
    assert!(ways(&events).windows(2).all(|pair| pair != [0, 0]), "never twice in a row");
}

#[test]
fn ways_and_their_parts_are_in_the_snapshot() {
    assert_same_bytes(&text_of("routing.ron"), 41.3, 60.0);
}

#[test]
fn a_template_may_hold_a_router_with_its_ways() {
    let text = r#"Scene(schema: 1, name: "cells",
        parts: { "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4) },
        templates: {"cell": Template(parameters: ["y_m"], line: {
            "infeed": Source(part: "carton", interarrival_s: 4, before: "belt"),
            "belt": Belt(from_m: Value("[0, y_m, 0.8]"), length_m: 6, width_m: 0.6, speed_mps: 0.6),
            "split": Router(on: "belt", at_m: 1, sets: "way", over: ["off.side", "belt"], by: RoundRobin),
            "off": PopUp(on: "belt", at_m: 3.5, side: Left, angle_deg: 90, when: "way == 'off.side'"),
            "side": Sink(after: ["off.side"], outcome: Good),
            "dock": Sink(after: "belt"),
        })},
        line: { "north": Use(template: "cell", y_m: 0), "south": Use(template: "cell", y_m: 5) })"#;
    let text = text.replace(r#"Value("[0, y_m, 0.8]")"#, r#"(0, Value("y_m"), 0.8)"#);
    let scene = scene_from(&text);
    let router = scene.element_named("south/split").expect("it is there");
    let linetwin_model::scene::ElementKind::Router(router) = &scene.element(router).kind else { panic!("it is a router") };
    let names: Vec<&str> = router.ways.iter().map(|way| way.name.as_str()).collect();
    assert_eq!(names, ["south/off.side", "south/belt"]);
    let (_, report) = run(&text, 60.0);
    assert!((kpi(&report, "south/side.parts_in") - kpi(&report, "south/dock.parts_in")).abs() <= 2.0);
}
