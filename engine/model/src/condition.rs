//! Conditions that a scene writes about parts and about the line: `"!weight_ok"`, `"mass_kg > 3 && part == 'carton'"`,
//! `"high.blocked_for > 3"`. Knows nothing about where values are kept, nor about how a condition is written.
//!
//! Some operands change as time passes. Whoever asks a condition gets its truth and, where time alone can change it, after
//! which span to ask again: so a rule waits for an exact instant and never polls. At such an instant the truth is that of
//! the moment just after it: `blocked_for > 3` becomes true when three seconds are over, not a nanosecond later.

use crate::scene::{AttributeId, ElementId, PartTypeId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    Constant(bool),
    /// True when the attribute is set and not zero.
    IsSet(AttributeId),
    /// False when an operand has no value (an attribute that is not set, a division by zero).
    Compare {
        left: Number,
        operator: Comparison,
        right: Number,
    },
    PartIs(PartTypeId),
    Line(LineFact),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// A number, worked out anew each time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Number {
    Constant(f64),
    Operand(Operand),
    Negative(Box<Number>),
    Sum(Box<Number>, Box<Number>),
    Difference(Box<Number>, Box<Number>),
    Product(Box<Number>, Box<Number>),
    Quotient(Box<Number>, Box<Number>),
    Least(Vec<Number>),
    Greatest(Vec<Number>),
    Magnitude(Box<Number>),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Operand {
    Attribute(AttributeId),
    /// Of the part, with what it holds and what fills it [kg].
    MassKg,
    /// Bounding box of the part as drawn [m].
    LengthM,
    WidthM,
    HeightM,
    /// 1 where the part holds others, else 0 [-].
    Loaded,
    /// Number of the order that the part was made for [-].
    Order,
    /// Parts in the line.
    Wip,
    /// Simulated time [s].
    TimeS,
    /// How long a photo-eye, or the field of a lidar, has been blocked, as its controller sees it; 0 while it is clear [s].
    BlockedForS(ElementId),
    /// How long it has been clear; 0 while it is blocked [s].
    ClearForS(ElementId),
    /// The least range of a lidar's last scan [m].
    NearestM(ElementId),
    /// On a conveyor or in a buffer.
    Parts(ElementId),
    /// Of a counter since time zero.
    Count(ElementId),
    /// In a hopper [kg].
    ContentKg(ElementId),
    /// That the scale of a bulk belt shows [kg/s].
    FlowKgps(ElementId),
    /// That it has added up since time zero [kg].
    WeighedKg(ElementId),
    /// That an encoder has counted since time zero [m].
    PositionM(ElementId),
    /// That the first drive of a conveyor is told, or an encoder counts [m/s].
    SpeedMps(ElementId),
}

/// What is true of the line or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineFact {
    /// A photo-eye, or the field of a lidar, as its controller sees it.
    Blocked(ElementId),
    /// The element is in the state of this index into [`crate::report::STATE_NAMES`].
    State { element: ElementId, state: u8 },
    /// A drive of the conveyor is told to turn.
    Running(ElementId),
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

/// Where the values come from.
pub trait Values {
    /// Of the part that is asked about; `None` where there is none.
    fn part_type(&self) -> Option<PartTypeId>;
    /// `None`: it has no value.
    fn number(&self, operand: Operand) -> Option<Changing>;
    fn is(&self, fact: LineFact) -> bool;
}

/// A value now, and how it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Changing {
    pub value: f64,
    /// Of the value, as time passes [1/s].
    pub per_s: f64,
    /// For so long; then another rate holds. [`Time::MAX`]: until something happens.
    pub holds_for: Time,
}

impl Changing {
    pub fn constant(value: f64) -> Self {
        Changing { value, per_s: 0.0, holds_for: Time::MAX }
    }
}

/// The truth of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub holds: bool,
    /// After this span the passing of time alone may have changed it; `None`: only what happens can.
    pub ask_again_in: Option<Time>,
}

impl Condition {
    pub fn holds(&self, values: &dyn Values) -> bool {
        self.judge(values).holds
    }

    pub fn judge(&self, values: &dyn Values) -> Verdict {
        let plain = |holds| Verdict { holds, ask_again_in: None };
        match self {
            Condition::Constant(value) => plain(*value),
            Condition::IsSet(attribute) => {
                plain(values.number(Operand::Attribute(*attribute)).is_some_and(|changing| changing.value != 0.0))
            }
            Condition::Compare { left, operator, right } => match (left.value(values), right.value(values)) {
                (Some(left), Some(right)) => compare(left, *operator, right),
                _ => plain(false),
            },
            Condition::PartIs(expected) => plain(values.part_type() == Some(*expected)),
            Condition::Line(fact) => plain(values.is(*fact)),
            Condition::Not(inner) => {
                let inner = inner.judge(values);
                Verdict { holds: !inner.holds, ..inner }
            }
            Condition::All(inner) => many(inner, values, true),
            Condition::Any(inner) => many(inner, values, false),
        }
    }
}

/// All of them (`neutral` true), or any of them.
fn many(conditions: &[Condition], values: &dyn Values, neutral: bool) -> Verdict {
    conditions.iter().fold(Verdict { holds: neutral, ask_again_in: None }, |sum, condition| {
        let next = condition.judge(values);
        let spans = sum.ask_again_in.into_iter().chain(next.ask_again_in);
        Verdict { holds: if neutral { sum.holds && next.holds } else { sum.holds || next.holds }, ask_again_in: spans.min() }
    })
}

fn compare(left: Changing, operator: Comparison, right: Changing) -> Verdict {
    let (difference, per_s) = (left.value - right.value, left.per_s - right.per_s);
    let (sign, crossing) = course(difference, per_s);
    let rate_ends = left.holds_for.min(right.holds_for);
    let next = crossing.map_or(rate_ends, |crossing| crossing.min(rate_ends));
    Verdict { holds: operator.holds(sign), ask_again_in: (next < Time::MAX).then_some(next) }
}

/// The sign that a changing value has from now on, and when it next goes through zero. What is within half a nanosecond of
/// zero goes through it now: time has no finer grain, and whoever was told to ask then must find it so.
fn course(value: f64, per_s: f64) -> (i8, Option<Time>) {
    let sign = |value: f64| i8::from(value > 0.0) - i8::from(value < 0.0);
    if per_s == 0.0 {
        return (sign(value), None);
    }
    let zero_in_s = -value / per_s;
    let crossing = Time::from_seconds(zero_in_s.abs());
    match crossing {
        Time::ZERO => (sign(per_s), None),
        crossing if zero_in_s > 0.0 && crossing < Time::MAX => (sign(value), Some(crossing)),
        _ => (sign(value), None),
    }
}

impl Number {
    /// `None` where an operand has no value or the result is not finite.
    pub fn value(&self, values: &dyn Values) -> Option<Changing> {
        let both = |a: &Number, b: &Number| Some((a.value(values)?, b.value(values)?));
        let result = match self {
            Number::Constant(value) => Changing::constant(*value),
            Number::Operand(operand) => values.number(*operand)?,
            Number::Negative(inner) => inner.value(values)?.scaled(-1.0),
            Number::Sum(a, b) => both(a, b).map(|(a, b)| a.plus(b))?,
            Number::Difference(a, b) => both(a, b).map(|(a, b)| a.plus(b.scaled(-1.0)))?,
            Number::Product(a, b) => {
                let (a, b) = both(a, b)?;
                a.with(b, a.value * b.value, a.value * b.per_s + a.per_s * b.value)
            }
            Number::Quotient(a, b) => {
                let (a, b) = both(a, b)?;
                let value = a.value / b.value;
                a.with(b, value, (a.per_s - value * b.per_s) / b.value)
            }
            Number::Least(inner) => extreme(inner, values, -1)?,
            Number::Greatest(inner) => extreme(inner, values, 1)?,
            Number::Magnitude(inner) => {
                let inner = inner.value(values)?;
                extreme_of(inner, inner.scaled(-1.0), 1)
            }
        };
        (result.value.is_finite() && result.per_s.is_finite()).then_some(result)
    }

    /// Whether it changes as time passes.
    pub fn changes(&self) -> bool {
        match self {
            Number::Constant(_) => false,
            Number::Operand(operand) => matches!(operand, Operand::TimeS | Operand::BlockedForS(_) | Operand::ClearForS(_)),
            Number::Negative(inner) | Number::Magnitude(inner) => inner.changes(),
            Number::Sum(a, b) | Number::Difference(a, b) | Number::Product(a, b) | Number::Quotient(a, b) => a.changes() || b.changes(),
            Number::Least(inner) | Number::Greatest(inner) => inner.iter().any(Number::changes),
        }
    }
}

impl Changing {
    fn with(self, other: Changing, value: f64, per_s: f64) -> Changing {
        Changing { value, per_s, holds_for: self.holds_for.min(other.holds_for) }
    }
    fn plus(self, other: Changing) -> Changing {
        self.with(other, self.value + other.value, self.per_s + other.per_s)
    }
    fn scaled(self, factor: f64) -> Changing {
        Changing { value: self.value * factor, per_s: self.per_s * factor, ..self }
    }
}

fn extreme(inner: &[Number], values: &dyn Values, direction: i8) -> Option<Changing> {
    let mut all = inner.iter().map(|number| number.value(values));
    let first = all.next()??;
    all.try_fold(first, |best, next| Some(extreme_of(best, next?, direction)))
}

/// The greater (`direction` 1) or lesser (-1) of two, for as long as it is.
fn extreme_of(a: Changing, b: Changing, direction: i8) -> Changing {
    let (sign, crossing) = course(a.value - b.value, a.per_s - b.per_s);
    let chosen = if sign * direction >= 0 { a } else { b };
    let holds_for = a.holds_for.min(b.holds_for).min(crossing.unwrap_or(Time::MAX));
    Changing { holds_for, ..chosen }
}

impl Comparison {
    /// Between two values.
    pub fn holds_between(self, left: f64, right: f64) -> bool {
        let difference = left - right;
        self.holds(i8::from(difference > 0.0) - i8::from(difference < 0.0))
    }

    /// Of a difference with this sign to zero.
    fn holds(self, sign: i8) -> bool {
        match self {
            Comparison::Less => sign < 0,
            Comparison::LessOrEqual => sign <= 0,
            Comparison::Equal => sign == 0,
            Comparison::NotEqual => sign != 0,
            Comparison::GreaterOrEqual => sign >= 0,
            Comparison::Greater => sign > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An eye that was blocked `0` seconds ago, at the time of the same number of seconds.
    struct At(f64);

    impl Values for At {
        fn part_type(&self) -> Option<PartTypeId> {
            None
        }
        fn number(&self, operand: Operand) -> Option<Changing> {
            match operand {
                Operand::TimeS | Operand::BlockedForS(_) => Some(Changing { value: self.0, per_s: 1.0, holds_for: Time::MAX }),
                _ => None,
            }
        }
        fn is(&self, _: LineFact) -> bool {
            false
        }
    }

    fn blocked_for() -> Number {
        Number::Operand(Operand::BlockedForS(ElementId(0)))
    }

    fn test(operator: Comparison, right: Number) -> Condition {
        Condition::Compare { left: blocked_for(), operator, right }
    }

    #[test]
    fn a_threshold_in_time_is_met_at_its_instant_and_not_asked_again() {
        // 0.1 + 0.2 is no multiple of a nanosecond in binary: still one instant decides.
        for threshold in [3.0, 0.1 + 0.2, 1e5 + 0.1] {
            for (operator, before, after) in [
                (Comparison::Greater, false, true),
                (Comparison::GreaterOrEqual, false, true),
                (Comparison::Less, true, false),
                (Comparison::LessOrEqual, true, false),
                (Comparison::Equal, false, false),
                (Comparison::NotEqual, true, true),
            ] {
                let condition = test(operator, Number::Constant(threshold));
                let early = condition.judge(&At(0.05));
                assert_eq!(early.holds, before, "{operator:?} {threshold}");
                let instant = Time::from_seconds(0.05) + early.ask_again_in.expect("time will change it");
                assert_eq!(instant, Time::from_seconds(threshold), "{operator:?}");
                let late = condition.judge(&At(instant.as_seconds()));
                assert_eq!(late, Verdict { holds: after, ask_again_in: None }, "{operator:?} {threshold}");
            }
        }
    }

    #[test]
    fn arithmetic_moves_the_instant() {
        let twice = Number::Product(Box::new(Number::Constant(2.0)), Box::new(blocked_for()));
        let shifted = Number::Difference(Box::new(twice), Box::new(Number::Constant(1.0)));
        let condition = Condition::Compare { left: shifted, operator: Comparison::Greater, right: Number::Constant(5.0) };
        assert_eq!(condition.judge(&At(1.0)).ask_again_in, Some(Time::from_seconds(2.0)));
        // max(4, t) > 5: first when the greater one changes, then at the threshold.
        let greatest = Number::Greatest(vec![Number::Constant(4.0), blocked_for()]);
        let condition = Condition::Compare { left: greatest, operator: Comparison::Greater, right: Number::Constant(5.0) };
        assert_eq!(condition.judge(&At(1.0)).ask_again_in, Some(Time::from_seconds(3.0)));
        assert_eq!(condition.judge(&At(4.0)).ask_again_in, Some(Time::from_seconds(1.0)));
        assert!(condition.judge(&At(5.0)).holds);
        // |t - 3| < 1 holds from 2 to 4.
        let apart = Number::Magnitude(Box::new(Number::Difference(Box::new(blocked_for()), Box::new(Number::Constant(3.0)))));
        let condition = Condition::Compare { left: apart, operator: Comparison::Less, right: Number::Constant(1.0) };
        let (mut now, mut changes) = (Time::ZERO, Vec::new());
        let mut held = false;
        loop {
            let verdict = condition.judge(&At(now.as_seconds()));
            if verdict.holds != held {
                held = verdict.holds;
                changes.push(now.as_seconds());
            }
            let Some(span) = verdict.ask_again_in else { break };
            assert!(span > Time::ZERO);
            now += span;
        }
        assert_eq!(changes, [2.0, 4.0]);
    }

    #[test]
    fn what_has_no_value_compares_as_false() {
        let unset = Number::Operand(Operand::MassKg);
        for operator in [Comparison::Less, Comparison::Equal, Comparison::NotEqual, Comparison::Greater] {
            assert!(!test(operator, unset.clone()).holds(&At(1.0)));
            let by_zero = Number::Quotient(Box::new(Number::Constant(1.0)), Box::new(Number::Constant(0.0)));
            assert!(!test(operator, by_zero).holds(&At(1.0)));
        }
    }
}
