//! Conditions that a scene writes about a part: `"!weight_ok"`, `"mass_kg > 3 && part == \"carton\""`.
//! Knows nothing about where attributes are kept.

use crate::scene::{AttributeId, PartTypeId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    Constant(bool),
    /// True when the attribute is set and not zero.
    IsSet(AttributeId),
    /// False when an operand is not set.
    Compare {
        left: Operand,
        operator: Comparison,
        right: Operand,
    },
    PartIs(PartTypeId),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Operand {
    Number(f64),
    Attribute(AttributeId),
    /// Of the part as drawn [kg].
    MassKg,
    /// Bounding box of the part as drawn [m].
    LengthM,
    WidthM,
    HeightM,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Condition {
    /// Whether it holds, where `value_of` gives an operand's value, `None` for an attribute that is not set.
    pub fn holds(&self, part_type: PartTypeId, value_of: &dyn Fn(Operand) -> Option<f64>) -> bool {
        match self {
            Condition::Constant(value) => *value,
            Condition::IsSet(attribute) => value_of(Operand::Attribute(*attribute)).is_some_and(|value| value != 0.0),
            Condition::Compare { left, operator, right } => match (value_of(*left), value_of(*right)) {
                (Some(left), Some(right)) => operator.holds(left, right),
                _ => false,
            },
            Condition::PartIs(expected) => *expected == part_type,
            Condition::Not(inner) => !inner.holds(part_type, value_of),
            Condition::All(inner) => inner.iter().all(|condition| condition.holds(part_type, value_of)),
            Condition::Any(inner) => inner.iter().any(|condition| condition.holds(part_type, value_of)),
        }
    }
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::GreaterOrEqual => left >= right,
            Comparison::Greater => left > right,
        }
    }
}
