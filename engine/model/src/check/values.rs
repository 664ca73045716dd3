//! Single values: what a number may be, and what a field usually holds (to catch millimetres). Knows nothing about what
//! the value is used for, nor about distributions.

use super::Checker;
use crate::syntax::FieldPath;

/// What a number must be, whatever else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Any,
    NotNegative,
    Positive,
}

/// What a field usually holds. A value far outside, that would be inside in a unit 1000 times smaller or larger, is
/// probably a slip. These limits warn and never refuse: real lines leave them on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    pub low: f64,
    pub high: f64,
    pub unit: &'static str,
    /// The unit 1000 times smaller.
    pub milli: &'static str,
    /// The unit 1000 times larger.
    pub kilo: &'static str,
}

const fn metres(low: f64, high: f64) -> Usual {
    Usual { low, high, unit: "m", milli: "mm", kilo: "km" }
}

pub const CONVEYOR_LENGTH: Usual = metres(0.05, 300.0);
pub const CONVEYOR_WIDTH: Usual = metres(0.03, 6.0);
pub const RADIUS: Usual = metres(0.1, 50.0);
pub const ZONE_LENGTH: Usual = metres(0.1, 12.0);
pub const DEVICE_LENGTH: Usual = metres(0.02, 20.0);
pub const PART_SIZE: Usual = metres(0.003, 6.0);
/// A coordinate can be 0, so only the upper end says anything.
pub const COORDINATE: Usual = metres(0.0, 1000.0);
pub const HEIGHT: Usual = metres(0.002, 3.0);
pub const SPEED: Usual = Usual { low: 0.005, high: 6.0, unit: "m/s", milli: "mm/s", kilo: "km/s" };
pub const ACCELERATION: Usual = Usual { low: 0.02, high: 50.0, unit: "m/s^2", milli: "mm/s^2", kilo: "km/s^2" };
pub const MASS: Usual = Usual { low: 0.0005, high: 3000.0, unit: "kg", milli: "g", kilo: "t" };
pub const CYCLE_TIME: Usual = Usual { low: 0.01, high: 3600.0, unit: "s", milli: "ms", kilo: "ks" };

impl Usual {
    /// The warning's words for `value`, if it is off by 1000.
    pub fn slip(self, value: f64) -> Option<(String, String)> {
        let size = value.abs();
        let Usual { low, high, unit, milli, kilo } = self;
        if size > high && size / 1000.0 >= low {
            let message = format!("{value} {unit} is about 1000 times what this field usually holds");
            Some((message, format!("if {milli} were meant: {value} {milli} = {} {unit}", value / 1000.0)))
        } else if size > 0.0 && size < low && size * 1000.0 <= high {
            let message = format!("{value} {unit} is about a 1000th of what this field usually holds");
            Some((message, format!("if {kilo} were meant: {value} {kilo} = {} {unit}", value * 1000.0)))
        } else {
            None
        }
    }
}

impl Checker<'_, '_> {
    /// A plain number that must have a sign and usually lies in a range.
    pub fn number(&mut self, path: &FieldPath, value: f64, sign: Sign, usual: Option<Usual>) {
        let wrong = match sign {
            _ if !value.is_finite() => Some("a finite number"),
            Sign::Positive if value <= 0.0 => Some("a number above 0"),
            Sign::NotNegative if value < 0.0 => Some("a number of at least 0"),
            _ => None,
        };
        if let Some(allowed) = wrong {
            let name = field_name(path);
            self.push(self.error("out-of-range", path, format!("`{name}` is {value}")).allowed(allowed));
        } else if let Some((message, help)) = usual.and_then(|usual| usual.slip(value)) {
            self.push(self.warning("unit-slip", path, message).help(help));
        }
    }

    /// A ratio or probability from 0 to 1.
    pub fn fraction(&mut self, path: &FieldPath, value: f64) {
        if !(0.0..=1.0).contains(&value) {
            let mut problem =
                self.error("out-of-range", path, format!("`{}` is {value}", field_name(path))).allowed("a number from 0 to 1");
            if (2.0..=100.0).contains(&value) {
                problem = problem.help(format!("{value} % is written {}", value / 100.0));
            }
            self.push(problem);
        }
    }

    pub fn option(&mut self, path: &FieldPath, value: Option<f64>, sign: Sign, usual: Option<Usual>) {
        if let Some(value) = value {
            self.number(path, value, sign, usual);
        }
    }
}

/// The last name on the way to a value; for `size_m[2]` it is `size_m`.
pub(super) fn field_name(path: &FieldPath) -> &str {
    let names = path.0.iter().rev().filter_map(|step| match step {
        crate::syntax::Step::Name(name) => Some(name.as_str()),
        crate::syntax::Step::Index(_) => None,
    });
    names.into_iter().next().unwrap_or("value")
}
