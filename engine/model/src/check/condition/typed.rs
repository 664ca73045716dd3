//! What a piece of a condition is: yes or no, a number with its unit, a state, a part. Knows nothing about how it is written.

use crate::condition::{Comparison, Condition, Number, Operand};
use crate::scene::{AttributeId, ElementId};

/// A unit by its symbol; `None` where the number says none and goes with any.
pub type Unit = Option<&'static str>;

#[derive(Clone, Debug)]
pub enum Typed {
    Bool(Condition),
    Number(Number, Unit),
    /// A number, and by itself whether it is set and not zero.
    Attribute(AttributeId, Unit),
    State(ElementId),
    Part,
    Order,
    Text(String),
}

/// A typed piece with its place in the text.
#[derive(Clone, Debug)]
pub struct Piece {
    pub typed: Typed,
    pub start: usize,
    pub end: usize,
}

impl Typed {
    pub fn describe(&self) -> String {
        match self {
            Typed::Bool(_) => "a yes or no".to_owned(),
            Typed::Number(_, Some(unit)) => format!("a number [{unit}]"),
            Typed::Number(_, None) | Typed::Attribute(..) => "a number".to_owned(),
            Typed::State(_) => "a state".to_owned(),
            Typed::Part => "a part".to_owned(),
            Typed::Order => "an order".to_owned(),
            Typed::Text(_) => "a text".to_owned(),
        }
    }

    pub fn number(&self) -> Option<(Number, Unit)> {
        match self {
            Typed::Number(number, unit) => Some((number.clone(), *unit)),
            Typed::Attribute(attribute, unit) => Some((Number::Operand(Operand::Attribute(*attribute)), *unit)),
            _ => None,
        }
    }

    pub fn truth(&self) -> Option<Condition> {
        match self {
            Typed::Bool(condition) => Some(condition.clone()),
            Typed::Attribute(attribute, _) => Some(Condition::IsSet(*attribute)),
            _ => None,
        }
    }
}

/// The unit that a name's ending tells: `weight_kg`.
pub fn unit_of_name(name: &str) -> Unit {
    let ending = name.rsplit_once('_')?.1;
    let units = [("s", "s"), ("h", "h"), ("m", "m"), ("kg", "kg"), ("mps", "m/s"), ("n", "N"), ("w", "W"), ("j", "J"), ("deg", "deg")];
    units.into_iter().find(|(known, _)| *known == ending).map(|(_, unit)| unit)
}

/// `a == b` of two yes or no.
pub fn same(a: Condition, b: Condition) -> Condition {
    let neither = Condition::All(vec![Condition::Not(Box::new(a.clone())), Condition::Not(Box::new(b.clone()))]);
    Condition::Any(vec![Condition::All(vec![a, b]), neither])
}

/// `condition` for `==`, its contrary for `!=`; nothing else compares what has no order.
pub fn equality(operator: Comparison, condition: Condition) -> Option<Condition> {
    match operator {
        Comparison::Equal => Some(condition),
        Comparison::NotEqual => Some(Condition::Not(Box::new(condition))),
        _ => None,
    }
}
