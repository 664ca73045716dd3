//! What a condition may ask of an element, by its family, and of the line. Knows nothing about how a condition is put together.

use super::typed::Typed;
use crate::check::views::{conveyor, family, through};
use crate::condition::{Condition, LineFact, Number, Operand};
use crate::report::{STATE_NAMES, has_states, key};
use crate::scene::ElementId;
use crate::spec::ElementSpec;

/// A name as a condition takes it.
pub(super) fn as_written(name: &str) -> String {
    let word = name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if word { name.to_owned() } else { format!("'{name}'") }
}

/// What a condition may ask of an element of this family, beside its states one by one.
pub(super) fn property_names(spec: &ElementSpec) -> Vec<&'static str> {
    match spec {
        ElementSpec::Eye(_) => vec!["blocked", "blocked_for", "clear_for"],
        ElementSpec::Lidar(lidar) if lidar.field.is_some() => vec!["blocked", "blocked_for", "clear_for", "nearest_m"],
        ElementSpec::Lidar(_) => vec!["nearest_m"],
        ElementSpec::Counter(_) => vec!["count"],
        ElementSpec::Hopper(_) => vec!["content_kg", "state"],
        ElementSpec::BulkBelt(belt) if belt.scale.is_some() => vec!["flow_kgps", "state", "weighed_kg"],
        ElementSpec::Encoder(_) => vec!["position_m", "speed_mps"],
        _ if !has_states(family(spec)) => Vec::new(),
        _ if conveyor(spec).is_some() => vec!["parts", "running", "speed_mps", "state"],
        _ if through(spec).is_some() => vec!["parts", "state"],
        _ => vec!["state"],
    }
}

pub(super) fn properties(name: &str, spec: &ElementSpec) -> Vec<String> {
    let mut all: Vec<String> = property_names(spec).into_iter().map(|property| format!("`{}.{property}`", as_written(name))).collect();
    if has_states(family(spec)) {
        all.push(format!("`{}.` and a state such as `down`", as_written(name)));
    }
    all
}

pub(super) fn property_of(spec: &ElementSpec, element: ElementId, property: &str) -> Option<Typed> {
    let names = property_names(spec);
    let state = |name: &str| STATE_NAMES.iter().position(|state| key(state) == name);
    let number = |operand, unit| Some(Typed::Number(Number::Operand(operand), Some(unit)));
    let fact = |fact| Some(Typed::Bool(Condition::Line(fact)));
    match property {
        "level" if names.contains(&"parts") => number(Operand::Parts(element), "parts"),
        _ if !names.contains(&property) => match state(property) {
            Some(state) if names.contains(&"state") => fact(LineFact::State { element, state: state as u8 }),
            _ => None,
        },
        "blocked" => fact(LineFact::Blocked(element)),
        "blocked_for" => number(Operand::BlockedForS(element), "s"),
        "clear_for" => number(Operand::ClearForS(element), "s"),
        "nearest_m" => number(Operand::NearestM(element), "m"),
        "count" => number(Operand::Count(element), "parts"),
        "parts" => number(Operand::Parts(element), "parts"),
        "content_kg" => number(Operand::ContentKg(element), "kg"),
        "flow_kgps" => number(Operand::FlowKgps(element), "kg/s"),
        "weighed_kg" => number(Operand::WeighedKg(element), "kg"),
        "position_m" => number(Operand::PositionM(element), "m"),
        "running" => fact(LineFact::Running(element)),
        "speed_mps" => number(Operand::SpeedMps(element), "m/s"),
        _ => Some(Typed::State(element)),
    }
}

/// The name by which a condition asks the line as a whole: no element is called so.
pub(super) const LINE: &str = "line";

/// What it may ask of that.
pub(super) const OF_LINE: [&str; 1] = ["wip"];

pub(super) fn property_of_line(property: &str) -> Option<Typed> {
    OF_LINE.contains(&property).then_some(Typed::Number(Number::Operand(Operand::Wip), Some("parts")))
}
