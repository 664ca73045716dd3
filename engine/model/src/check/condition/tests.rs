//! What conditions mean, and what is said of those that mean nothing.

use super::*;
use crate::condition::{Changing, Values};
use crate::scene::PartTypeId;
use crate::spec::{CounterSpec, EyeSpec, SinkSpec};

const ELEMENTS: [&str; 3] = ["high", "the dock", "tally"];

fn elements() -> [ElementSpec; 3] {
    let on = || "belt".to_owned();
    [
        ElementSpec::Eye(EyeSpec { on: on(), at_m: 1.0, height_m: 0.05, on_delay_s: 0.0, off_delay_s: 0.0, faults: Vec::new() }),
        ElementSpec::Sink(SinkSpec { after: crate::spec::Names { names: vec![on()], list: false }, outcome: None, receives: None }),
        ElementSpec::Counter(CounterSpec { on: on(), at_m: 1.0, when: None, delay_s: 0.0, faults: Vec::new() }),
    ]
}

fn read_as(text: &str, of_part: bool) -> Result<Condition, Vec<Problem>> {
    let attributes = ["weight_ok", "grade", "tare_kg"].map(str::to_owned);
    let part_types = ["carton", "tote"].map(str::to_owned);
    let specs = elements();
    let elements: Vec<(&str, &ElementSpec)> = ELEMENTS.into_iter().zip(&specs).collect();
    let orders = ["A-17", "B-03"].map(str::to_owned);
    parse(text, &Names { attributes: &attributes, part_types: &part_types, orders: Some(&orders), elements: &elements, of_part })
}

fn read(text: &str) -> Result<Condition, Vec<Problem>> {
    read_as(text, true)
}

/// A tote of 4 kg of the order B-03, one of seven parts in the line, with grade 2 whose weight is not set, on a line whose eye has been blocked for 5 s at second 100, whose
/// dock is blocked and whose counter says 12.
struct Tote;

impl Values for Tote {
    fn part_type(&self) -> Option<PartTypeId> {
        Some(PartTypeId(1))
    }
    fn number(&self, operand: Operand) -> Option<Changing> {
        let value = match operand {
            Operand::Attribute(AttributeId(1)) => 2.0,
            Operand::MassKg => 4.0,
            Operand::Order => 2.0,
            Operand::Wip => 7.0,
            Operand::TimeS => 100.0,
            Operand::BlockedForS(ElementId(0)) => 5.0,
            Operand::ClearForS(ElementId(0)) => 0.0,
            Operand::Count(ElementId(2)) => 12.0,
            _ => return None,
        };
        Some(Changing::constant(value))
    }
    fn is(&self, fact: LineFact) -> bool {
        let blocked = LineFact::State { element: ElementId(1), state: 3 };
        fact == LineFact::Blocked(ElementId(0)) || fact == blocked
    }
}

fn holds(text: &str) -> bool {
    read(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}")).holds(&Tote)
}

#[test]
fn conditions_mean_what_they_say() {
    for text in [
        "!weight_ok",
        "grade",
        "mass_kg>3",
        "grade >= 2 && grade <= 2e0",
        "part == 'tote'",
        "order == 'B-03' && order != 'A-17'",
        "line.wip == 7",
        "part != \"carton\"",
        "true",
        "high.blocked",
        "high.blocked_for > 3",
        "high.blocked == true",
        "(!weight_ok) == high.blocked",
        "high.clear_for == 0",
        "'the dock'.blocked && 'the dock'.state == 'blocked' && 'the dock'.state != 'down'",
        "tally.count - 2 == 10",
        "time_s / 10 == 10 && mass_kg * -1 < -(3)",
        "min(mass_kg, 3) == 3 && max(1, 2, mass_kg) == 4 && abs(mass_kg - 6) == 2",
        "2 + 3 * 4 == 14 && (2 + 3) * 4 == 20 && 7 - 2 - 1 == 4 && 8 / 2 / 2 == 2",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "weight_ok",
        "mass_kg < -3.5",
        "!grade",
        "part == 'carton'",
        "weight_ok == 0",
        "weight_ok == true",
        "!(grade || weight_ok)",
        "!high.blocked",
        "'the dock'.planned_stop",
        "weight_ok + 1 > 0",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn and_binds_stronger_than_or_and_not_stronger_still() {
    assert!(holds("grade || weight_ok && weight_ok"));
    assert!(!holds("(grade || weight_ok) && weight_ok"));
    assert!(holds("!weight_ok && grade"));
    assert!(!holds("!(!weight_ok && grade)"));
    assert!(holds("!mass_kg < 3"), "not binds looser than a comparison");
}

#[test]
fn every_unknown_name_is_reported_with_its_place() {
    let problems = read("wieght_ok && part == 'catron' && hihg.blocked && high.blokked").unwrap_err();
    let places: Vec<(usize, usize)> = problems.iter().map(|problem| (problem.start, problem.end)).collect();
    assert_eq!(places, [(0, 9), (21, 29), (33, 37), (54, 61)]);
    let help: Vec<&str> = problems.iter().filter_map(|problem| problem.help.as_deref()).collect();
    assert_eq!(help, ["did you mean `weight_ok`?", "did you mean `carton`?", "did you mean `high`?", "did you mean `high.blocked`?"]);
}

/// The message of the one problem, and the stretch of text it points at.
fn problem(text: &str, of_part: bool) -> (String, String) {
    let problems = read_as(text, of_part).expect_err(text);
    assert_eq!(problems.len(), 1, "{text}: {problems:?}");
    (problems[0].message.clone(), text[problems[0].start..problems[0].end].to_owned())
}

#[test]
fn types_and_units_are_checked_at_their_place() {
    for (text, message, place) in [
        ("mass_kg > length_m", "`mass_kg` is in kg and `length_m` in m: they cannot be compared", "mass_kg > length_m"),
        ("tare_kg + height_m > 1", "`tare_kg` is in kg and `height_m` in m: they cannot be added", "tare_kg + height_m"),
        ("high.blocked_for && grade", "`high.blocked_for` is a number [s], not a yes or no", "high.blocked_for"),
        ("high.blocked + 1 > 0", "`high.blocked` is a yes or no, and here must be a number", "high.blocked"),
        ("high.blocked > 0", "`high.blocked` is a yes or no and `0` is a number: they cannot be compared", "high.blocked > 0"),
        ("'the dock'.state == 3", "`'the dock'.state` is a state, and `3` is a number", "'the dock'.state == 3"),
        ("'the dock'.state < 'down'", "`<` does not compare a state", "'the dock'.state < 'down'"),
        ("order == 'A-18'", "no order is called `A-18`", "'A-18'"),
        ("order > 'A-17'", "`>` does not compare an order", "order > 'A-17'"),
        ("line.parts > 3", "the line has no `parts`", "parts"),
        ("1 < grade < 3", "`<` compares what is a comparison already", "<"),
        ("abs(1, 2) > 0", "`abs` has 2 numbers", "abs(1, 2)"),
    ] {
        assert_eq!(problem(text, true), (message.to_owned(), place.to_owned()), "{text}");
    }
    assert!(read("mass_kg * height_m > mass_kg * 2 / time_s").is_ok(), "products are of no unit that is checked");
}

#[test]
fn a_rule_has_no_part_and_meets_straight_lines_only() {
    for (text, place) in
        [("mass_kg > 3", "mass_kg"), ("part == 'tote'", "part"), ("grade", "grade"), ("time_s * time_s > 4", "time_s * time_s")]
    {
        assert_eq!(problem(text, false).1, place, "{text}");
    }
    for text in ["high.blocked_for > 3", "2 * time_s > 4 && time_s / 2 < 100", "max(time_s, high.clear_for) > 9"] {
        assert!(read_as(text, false).is_ok(), "{text}");
    }
}

#[test]
fn what_is_no_condition_is_refused_and_nothing_panics() {
    let deep = ["(", "-", "!", "abs("].map(|opening| opening.repeat(10_000));
    let texts = [
        "",
        "!",
        "a &",
        "weight_ok &&",
        "mass_kg",
        "3",
        "3 <",
        "(grade",
        "grade)",
        "'x",
        "'x'",
        "part",
        "part > 'tote'",
        "part == grade",
        "grade = 2",
        "1.2.3 < 2",
        "é",
        "grade é",
        "- < 2",
        "grade grade",
        "high",
        "high.",
        "high.3",
        ".blocked",
        "done(",
        "done(3)",
        "done(high)",
        "min(1)",
        "min()",
        "abs",
        "grade !",
        "done",
    ];
    for text in texts.into_iter().chain(deep.iter().map(String::as_str)) {
        for of_part in [true, false] {
            let problems = read_as(text, of_part).expect_err(text);
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(text.is_char_boundary(problem.start) && text.is_char_boundary(problem.end), "{text}: {problem:?}");
            }
        }
    }
}
