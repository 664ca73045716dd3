//! Incidents ranked by place and cause: what happened where, to which parts, and by which property they differ from all
//! that passed. A small finder of rules with one threshold on one or two properties, and with its counts beside each
//! rule; knows nothing about physics.

use super::window::Window;
use crate::incident::{Incident, IncidentKind, Touched, Traits};
use crate::parts::PartId;
use linetwin_model::report::{IncidentGroup, IncidentOutcomes};
use linetwin_model::scene::{ElementId, Outcome};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fewer incidents at one place tell nothing about their parts.
const FEWEST_INCIDENTS: u64 = 3;
/// Fewer parts that passed are no ground to compare with.
const FEWEST_PASSED: u64 = 10;
/// A rule must hold for this much more of the incidents than of the parts that passed [-].
const LEAST_CONTRAST: f64 = 0.5;
/// A second property must add this much [-].
const SECOND_GAIN: f64 = 0.1;
/// Different combinations of properties that are kept of one place; further ones are not compared.
const MOST_COMBINATIONS: usize = 4096;

/// Incidents that are kept for their causes; production events count all.
const MOST_RECORDS: usize = 10_000;

/// Where an incident was: on an element, and of an overlap the transfer that it lay across.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    element: ElementId,
    across: Option<ElementId>,
}

/// Length, width, height [cm] and mass [0.1 kg]: as finely as a rule is told.
type Key = [u32; 4];

const PROPERTIES: [Property; 4] = [
    Property { more: "longer", less: "shorter", unit: "m", scale: 0.01, digits: 2 },
    Property { more: "wider", less: "narrower", unit: "m", scale: 0.01, digits: 2 },
    Property { more: "higher", less: "lower", unit: "m", scale: 0.01, digits: 2 },
    Property { more: "heavier", less: "lighter", unit: "kg", scale: 0.1, digits: 1 },
];

struct Property {
    more: &'static str,
    less: &'static str,
    unit: &'static str,
    scale: f64,
    digits: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    at: Time,
    incident: Incident,
    /// Until the jam ended, or what happened was cleared; open jams count to the end [ns].
    held_ns: Option<u64>,
    outcome: Option<Outcome>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Incidents {
    /// Of parts that are in the line or offered to it.
    drawn: BTreeMap<PartId, Key>,
    /// By element: the parts that went on from it.
    passed: BTreeMap<ElementId, BTreeMap<Key, u64>>,
    records: Vec<Record>,
    /// By element: the part that its present clearing was called for.
    clearing: BTreeMap<ElementId, PartId>,
}

fn key(traits: &Traits) -> Key {
    // Saturating: no part is 40,000 km long.
    let [length, width, height] = traits.size_m.map(|size| (size * 100.0).round() as u32);
    [length, width, height, rounded_mass(traits.mass_kg)]
}

fn rounded_mass(mass_kg: f64) -> u32 {
    (mass_kg * 10.0).round() as u32
}

impl Incidents {
    pub fn draw(&mut self, part: PartId, traits: &Traits) {
        self.drawn.insert(part, key(traits));
    }

    /// The part weighs so much from now on: whoever passes after that passes with it.
    pub fn weigh(&mut self, part: PartId, mass_kg: f64) {
        if let Some(drawn) = self.drawn.get_mut(&part) {
            drawn[3] = rounded_mass(mass_kg);
        }
    }

    /// The part went on from `element`.
    pub fn pass(&mut self, window: Window, at: Time, part: PartId, element: ElementId) {
        let (true, Some(key)) = (window.contains(at), self.drawn.get(&part)) else { return };
        let passed = self.passed.entry(element).or_default();
        if passed.len() < MOST_COMBINATIONS || passed.contains_key(key) {
            *passed.entry(*key).or_insert(0) += 1;
        }
    }

    pub fn leave(&mut self, part: PartId, outcome: Outcome) {
        self.drawn.remove(&part);
        for record in self.records.iter_mut().filter(|record| record.incident.part == part) {
            record.outcome = Some(outcome);
        }
    }

    pub fn turn_away(&mut self, part: PartId) {
        self.drawn.remove(&part);
    }

    /// Incidents before the window are counted elsewhere; rules are about the window.
    pub fn add(&mut self, window: Window, at: Time, incident: &Incident) {
        if window.contains(at) && self.records.len() < MOST_RECORDS {
            self.records.push(Record { at, incident: incident.clone(), held_ns: None, outcome: None });
        }
    }

    /// Nothing is jammed on the element any more.
    pub fn end_jam(&mut self, at: Time, element: ElementId) {
        let open = |record: &&mut Record| {
            record.incident.kind == IncidentKind::Jam && record.incident.element == element && record.held_ns.is_none()
        };
        if let Some(record) = self.records.iter_mut().rev().find(open) {
            record.held_ns = Some(at.since(record.at).0);
        }
    }

    pub fn begin_clearing(&mut self, element: ElementId, part: PartId) {
        self.clearing.insert(element, part);
    }

    /// A jam ends by itself when it is cleared; anything else held the place up while it was cleared.
    pub fn end_clearing(&mut self, element: ElementId, took: Time) {
        let Some(part) = self.clearing.remove(&element) else { return };
        let concerned = |record: &&mut Record| {
            let incident = &record.incident;
            incident.kind != IncidentKind::Jam && (incident.element, incident.part) == (element, part) && record.held_ns.is_none()
        };
        if let Some(record) = self.records.iter_mut().rev().find(concerned) {
            record.held_ns = Some(took.0);
        }
    }

    /// What lost most time first, then the most frequent, then in order of kind and place.
    pub fn report(&self, scene: &Scene, now: Time) -> Vec<IncidentGroup> {
        let mut groups: BTreeMap<(IncidentKind, Place, Touched), Vec<&Record>> = BTreeMap::new();
        for record in &self.records {
            let touched = match record.incident.circumstances.touched {
                // Which part it was differs from case to case.
                Touched::Part(_) => Touched::Part(PartId { source: ElementId(0), serial: 0 }),
                other => other,
            };
            let place = Place { element: record.incident.element, across: record.incident.circumstances.across };
            groups.entry((record.incident.kind, place, touched)).or_default().push(record);
        }
        let mut found: Vec<IncidentGroup> =
            groups.iter().map(|(&(kind, place, touched), records)| self.group(scene, now, kind, place, touched, records)).collect();
        found.sort_by(|a, b| b.held_s.total_cmp(&a.held_s).then(b.count.cmp(&a.count)));
        found
    }

    fn group(&self, scene: &Scene, now: Time, kind: IncidentKind, place: Place, touched: Touched, records: &[&Record]) -> IncidentGroup {
        let (none, element) = (BTreeMap::new(), place.element);
        let passed = self.passed.get(&element).unwrap_or(&none);
        let keys: Vec<Key> = records.iter().map(|record| key(&record.incident.traits)).collect();
        let rule = find_rule(&keys, passed);
        let (count, all) = (records.len() as u64, passed.values().sum::<u64>());
        let mut speeds: Vec<f64> = records.iter().map(|record| record.incident.circumstances.speed_mps).collect();
        speeds.sort_unstable_by(f64::total_cmp);
        let ended = |outcome| records.iter().filter(|record| record.outcome == outcome).count() as u64;
        let held_ns = held_up_ns(records, now);
        let place = place_name(scene, place, touched);
        let words = match &rule {
            Some(rule) => format!("{}: {} of {count} {}s, {} of {all} that passed", rule.words(), rule.hits, kind.name(), rule.passed),
            None => format!("{count} {}{}, {all} passed", kind.name(), if count == 1 { "" } else { "s" }),
        };
        let lost = if held_ns > 0 { format!("; {:.0} s lost", Time(held_ns).as_seconds()) } else { String::new() };
        IncidentGroup {
            kind: kind.name().to_owned(),
            element: scene.element(element).name.clone(),
            place: place.clone(),
            count,
            passed: all,
            rule: rule.as_ref().map(Rule::words),
            rule_incidents: rule.as_ref().map(|rule| rule.hits),
            rule_passed: rule.as_ref().map(|rule| rule.passed),
            text: format!("{place}: {words}{lost}"),
            first_s: records[0].at.as_seconds(),
            speed_median_mps: speeds[speeds.len() / 2],
            held_s: Time(held_ns).as_seconds(),
            outcomes: IncidentOutcomes {
                good: ended(Some(Outcome::Good)),
                rejected: ended(Some(Outcome::Reject)),
                scrapped: ended(Some(Outcome::Scrap)),
                inside: ended(None),
            },
        }
    }
}

/// Time in which at least one of them lasted [ns]; they are in order of time.
fn held_up_ns(records: &[&Record], now: Time) -> u64 {
    let (mut held_ns, mut until) = (0, Time::ZERO);
    for record in records {
        let span = match (record.held_ns, record.incident.kind) {
            (Some(held), _) => Time(held),
            (None, IncidentKind::Jam) => now.since(record.at),
            (None, _) => continue,
        };
        let (from, to) = (record.at.max(until), (record.at + span).max(until));
        held_ns += to.since(from).0;
        until = to;
    }
    held_ns
}

/// `rail of curve 2`, `belt 1, another part`.
fn place_name(scene: &Scene, place: Place, touched: Touched) -> String {
    let name = |id: ElementId| scene.element(id).name.as_str();
    let element = place.element;
    let here = place.across.map_or(name(element).to_owned(), |transfer| format!("{} across {}", name(element), name(transfer)));
    match touched {
        Touched::Rail(rail) if rail == element => format!("rail of {here}"),
        Touched::Rail(rail) => format!("{here}, rail of {}", name(rail)),
        Touched::Device(device) => format!("{here}, {}", name(device)),
        Touched::Conveyor(edge) => format!("{here}, edge of {}", name(edge)),
        Touched::Part(_) => format!("{here}, against another part"),
        Touched::Floor => format!("{here}, on the floor"),
        Touched::Nothing => here,
    }
}

/// What touched a part, for the table of events.
pub fn touched_name(scene: &Scene, touched: Touched) -> Option<String> {
    let name = |id: ElementId| scene.element(id).name.as_str();
    match touched {
        Touched::Nothing => None,
        Touched::Part(part) => Some(format!("{}#{}", name(part.source), part.serial)),
        Touched::Rail(element) => Some(format!("rail of {}", name(element))),
        Touched::Conveyor(element) => Some(format!("edge of {}", name(element))),
        Touched::Device(element) => Some(name(element).to_owned()),
        Touched::Floor => Some("floor".to_owned()),
    }
}

/// One side of a threshold on one property.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bound {
    property: usize,
    at_least: bool,
    value: u32,
}

impl Bound {
    fn holds(&self, key: &Key) -> bool {
        if self.at_least { key[self.property] >= self.value } else { key[self.property] <= self.value }
    }
    fn words(&self) -> String {
        let property = &PROPERTIES[self.property];
        let value = format!("{:.*} {}", property.digits, f64::from(self.value) * property.scale, property.unit);
        format!("{value} or {}", if self.at_least { property.more } else { property.less })
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    bounds: Vec<Bound>,
    hits: u64,
    passed: u64,
    contrast: f64,
}

impl Rule {
    fn words(&self) -> String {
        let bounds: Vec<String> = self.bounds.iter().map(Bound::words).collect();
        format!("parts of {}", bounds.join(" and "))
    }
}

fn judged(bounds: Vec<Bound>, incidents: &[Key], passed: &BTreeMap<Key, u64>) -> Rule {
    let holds = |key: &Key| bounds.iter().all(|bound| bound.holds(key));
    let hits = incidents.iter().filter(|key| holds(key)).count() as u64;
    let all: u64 = passed.values().sum();
    let passing: u64 = passed.iter().filter(|(key, _)| holds(key)).map(|(_, count)| count).sum();
    let contrast = hits as f64 / incidents.len() as f64 - passing as f64 / all.max(1) as f64;
    Rule { bounds, hits, passed: passing, contrast }
}

/// The rule that holds for most incidents and fewest of the parts that passed; of equals the first property counts, and
/// one property goes before two.
fn find_rule(incidents: &[Key], passed: &BTreeMap<Key, u64>) -> Option<Rule> {
    if (incidents.len() as u64) < FEWEST_INCIDENTS || passed.values().sum::<u64>() < FEWEST_PASSED {
        return None;
    }
    let mut bounds = Vec::new();
    for property in 0..PROPERTIES.len() {
        let mut values: Vec<u32> = incidents.iter().map(|key| key[property]).collect();
        values.sort_unstable();
        values.dedup();
        for value in values {
            bounds.extend([true, false].map(|at_least| Bound { property, at_least, value }));
        }
    }
    let better = |best: Option<Rule>, rule: Rule, by: f64| match best {
        Some(best) if rule.contrast <= best.contrast + by => Some(best),
        _ => Some(rule),
    };
    let one = bounds.iter().fold(None, |best, &bound| better(best, judged(vec![bound], incidents, passed), 0.0))?;
    let first = one.bounds[0];
    let others = bounds.iter().filter(|bound| bound.property != first.property);
    let two = others.fold(None, |best, &bound| better(best, judged(vec![first, bound], incidents, passed), 0.0));
    let best = match two {
        Some(two) if two.contrast > one.contrast + SECOND_GAIN => two,
        _ => one,
    };
    (best.contrast >= LEAST_CONTRAST).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(keys: &[(Key, u64)]) -> BTreeMap<Key, u64> {
        keys.iter().copied().collect()
    }

    #[test]
    fn a_threshold_that_sets_the_incidents_apart_is_found() {
        let passed = passed(&[([30, 20, 10, 20], 300), ([40, 20, 10, 20], 100), ([50, 20, 10, 20], 6)]);
        let jams = [[50, 20, 10, 20], [50, 20, 10, 20], [52, 20, 10, 20], [50, 20, 10, 20], [30, 20, 10, 20]];
        let rule = find_rule(&jams, &passed).expect("length tells them apart");
        assert_eq!((rule.words().as_str(), rule.hits, rule.passed), ("parts of 0.50 m or longer", 4, 6));
    }

    #[test]
    fn two_properties_are_joined_only_where_one_does_not_do() {
        // Long ones pass where they are light, heavy ones where they are short.
        let passed = passed(&[([50, 20, 10, 10], 100), ([30, 20, 10, 90], 100)]);
        let rule = find_rule(&[[50, 20, 10, 90]; 4], &passed).expect("long and heavy");
        assert_eq!(rule.words(), "parts of 0.50 m or longer and 9.0 kg or heavier");
        assert_eq!((rule.hits, rule.passed), (4, 0));
    }

    #[test]
    fn where_all_parts_are_alike_there_is_no_rule() {
        assert_eq!(find_rule(&[[40, 30, 25, 40]; 9], &passed(&[([40, 30, 25, 40], 500)])), None);
        assert_eq!(find_rule(&[[40, 30, 25, 40]; 2], &passed(&[([20, 30, 25, 40], 500)])), None, "two say nothing");
    }
}
