//! What a condition can turn out as, without knowing how the line runs: from the part type, and from what is known of the
//! attributes that parts carry at a place. Says of nothing that it cannot be unless it cannot.

use crate::condition::{Condition, Number, Operand};
use crate::scene::{PartTypeId, Scene};

/// Whether it can hold, and whether it can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcomes {
    pub hold: bool,
    pub fail: bool,
}

/// What an attribute can be on a part at some place, where it is set at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Written {
    #[default]
    Never,
    /// One of these, in order.
    Some(Vec<f64>),
    Anything,
}

impl Written {
    /// Either of both; whether that is more than before.
    pub fn join(&mut self, other: &Written) -> bool {
        /// More values than a person tells apart.
        const MOST: usize = 64;
        let before = self.clone();
        *self = match (&before, other) {
            (Written::Never, other) => other.clone(),
            (known, Written::Never) => known.clone(),
            (Written::Some(a), Written::Some(b)) => {
                let mut all: Vec<f64> = a.iter().chain(b).copied().collect();
                all.sort_by(f64::total_cmp);
                all.dedup();
                if all.len() > MOST { Written::Anything } else { Written::Some(all) }
            }
            _ => Written::Anything,
        };
        *self != before
    }
}

/// Of whom a condition is asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub scene: &'a Scene,
    pub part_type: PartTypeId,
    /// By attribute; `None`: nothing is known of them.
    pub attributes: Option<&'a [Written]>,
}

pub(super) fn outcomes(condition: &Condition, asked: Asked<'_>) -> Outcomes {
    let all = |inner: &[Condition]| inner.iter().map(|condition| outcomes(condition, asked)).collect::<Vec<Outcomes>>();
    match condition {
        Condition::Constant(value) => Outcomes { hold: *value, fail: !value },
        Condition::PartIs(expected) => {
            // A carrier is asked for what it holds.
            let part_type = &asked.scene.part_types[asked.part_type.index()];
            let carries = part_type.nest.is_some() || part_type.holds.is_some();
            Outcomes { hold: carries || *expected == asked.part_type, fail: carries || *expected != asked.part_type }
        }
        Condition::IsSet(attribute) => {
            let written = asked.attributes.map(|attributes| &attributes[attribute.index()]);
            let hold = match written {
                Some(Written::Never) => false,
                Some(Written::Some(values)) => values.iter().any(|value| *value != 0.0),
                Some(Written::Anything) | None => true,
            };
            Outcomes { hold, fail: true }
        }
        Condition::Compare { left, operator, right } => {
            let hold = match (values(left, asked), values(right, asked)) {
                (Written::Never, _) | (_, Written::Never) => false,
                (Written::Some(a), Written::Some(b)) => a.iter().any(|a| b.iter().any(|b| operator.holds_between(*a, *b))),
                _ => true,
            };
            Outcomes { hold, fail: true }
        }
        Condition::Line(_) => Outcomes { hold: true, fail: true },
        Condition::Not(inner) => {
            let inner = outcomes(inner, asked);
            Outcomes { hold: inner.fail, fail: inner.hold }
        }
        Condition::All(inner) => {
            let inner = all(inner);
            Outcomes { hold: inner.iter().all(|o| o.hold), fail: inner.iter().any(|o| o.fail) }
        }
        Condition::Any(inner) => {
            let inner = all(inner);
            Outcomes { hold: inner.iter().any(|o| o.hold), fail: inner.iter().all(|o| o.fail) }
        }
    }
}

/// What a number can be; `Never` where it has no value.
fn values(number: &Number, asked: Asked<'_>) -> Written {
    let (Some(attributes), true) = (asked.attributes, has_value(number, asked)) else {
        return if asked.attributes.is_some() { Written::Never } else { Written::Anything };
    };
    match number {
        Number::Constant(value) => Written::Some(vec![*value]),
        Number::Operand(Operand::Attribute(attribute)) => attributes[attribute.index()].clone(),
        _ => Written::Anything,
    }
}

fn has_value(number: &Number, asked: Asked<'_>) -> bool {
    let all = |inner: &[Number]| inner.iter().all(|number| has_value(number, asked));
    match number {
        Number::Operand(Operand::Attribute(attribute)) => {
            asked.attributes.is_none_or(|attributes| attributes[attribute.index()] != Written::Never)
        }
        Number::Constant(_) | Number::Operand(_) => true,
        Number::Negative(inner) | Number::Magnitude(inner) => has_value(inner, asked),
        Number::Sum(a, b) | Number::Difference(a, b) | Number::Product(a, b) | Number::Quotient(a, b) => {
            has_value(a, asked) && has_value(b, asked)
        }
        Number::Least(inner) | Number::Greatest(inner) => all(inner),
    }
}

/// The attributes that a condition reads.
pub(super) fn attributes_in(condition: &Condition) -> Vec<usize> {
    let mut found = Vec::new();
    collect(condition, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

fn collect(condition: &Condition, found: &mut Vec<usize>) {
    match condition {
        Condition::IsSet(attribute) => found.push(attribute.index()),
        Condition::Compare { left, right, .. } => {
            collect_in_number(left, found);
            collect_in_number(right, found);
        }
        Condition::Not(inner) => collect(inner, found),
        Condition::All(inner) | Condition::Any(inner) => inner.iter().for_each(|condition| collect(condition, found)),
        Condition::Constant(_) | Condition::PartIs(_) | Condition::Line(_) => {}
    }
}

fn collect_in_number(number: &Number, found: &mut Vec<usize>) {
    match number {
        Number::Operand(Operand::Attribute(attribute)) => found.push(attribute.index()),
        Number::Constant(_) | Number::Operand(_) => {}
        Number::Negative(inner) | Number::Magnitude(inner) => collect_in_number(inner, found),
        Number::Sum(a, b) | Number::Difference(a, b) | Number::Product(a, b) | Number::Quotient(a, b) => {
            collect_in_number(a, found);
            collect_in_number(b, found);
        }
        Number::Least(inner) | Number::Greatest(inner) => inner.iter().for_each(|number| collect_in_number(number, found)),
    }
}
