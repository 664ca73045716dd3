//! Single values: what a number may be, what a field usually holds (to catch millimetres), and whether a distribution's
//! parameters make sense. Knows nothing about what the value is used for.

use super::Checker;
use crate::spec::{DistributionSpec, Quantity};
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

/// A normal distribution whose mean is this many standard deviations above 0 counts as positive [-].
const SAFE_DEVIATIONS: f64 = 6.0;

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

    /// A number or a distribution whose values must have a sign.
    pub fn quantity(&mut self, path: &FieldPath, quantity: &Quantity, sign: Sign, usual: Option<Usual>) {
        match quantity {
            Quantity::Number(value) => self.number(path, *value, sign, usual),
            Quantity::Drawn(drawn) => {
                if let Some((message, remedy)) = senseless(drawn) {
                    self.push(self.error("senseless-distribution", path, message).help(remedy));
                    return;
                }
                let distribution = quantity.distribution();
                self.drawn_sign(path, drawn, sign);
                if let Some((message, help)) = usual.and_then(|usual| usual.slip(distribution.mean())) {
                    self.push(self.warning("unit-slip", path, format!("the mean, {message}")).help(help));
                }
            }
        }
    }

    /// A distribution that can give what the field cannot hold.
    fn drawn_sign(&mut self, path: &FieldPath, drawn: &DistributionSpec, sign: Sign) {
        let name = field_name(path).to_owned();
        let lowest = lowest(drawn);
        let refused = match sign {
            Sign::Any => false,
            Sign::NotNegative => lowest < 0.0,
            Sign::Positive => lowest < 0.0 || (lowest == 0.0 && reaches_zero(drawn)),
        };
        if !refused {
            return;
        }
        let allowed = if sign == Sign::Positive { "values above 0" } else { "values of at least 0" };
        if let DistributionSpec::Normal { mean, sd } = *drawn {
            // A normal distribution has no end, but six standard deviations are passed once in 10^9 draws.
            if mean >= SAFE_DEVIATIONS * sd {
                return;
            }
            let help = format!("write TruncatedNormal(mean: {mean}, sd: {sd}, min: {}, max: {})", mean / 10.0, mean + 6.0 * sd);
            let message = format!("Normal(mean: {mean}, sd: {sd}) can give a negative `{name}`");
            if sign == Sign::Positive {
                self.push(self.error("senseless-distribution", path, message).allowed(allowed).help(help));
            } else if mean < 3.0 * sd {
                self.push(
                    self.warning("negative-draws", path, message).allowed(allowed).help(format!("negative times count as 0; {help}")),
                );
            }
        } else {
            let message = format!("this distribution can give {lowest} for `{name}`");
            self.push(self.error("senseless-distribution", path, message).allowed(allowed));
        }
    }
}

/// The last name on the way to a value; for `size_m[2]` it is `size_m`.
fn field_name(path: &FieldPath) -> &str {
    let names = path.0.iter().rev().filter_map(|step| match step {
        crate::syntax::Step::Name(name) => Some(name.as_str()),
        crate::syntax::Step::Index(_) => None,
    });
    names.into_iter().next().unwrap_or("value")
}

/// What is wrong with the parameters themselves, and what to do.
fn senseless(drawn: &DistributionSpec) -> Option<(String, &'static str)> {
    let positive =
        |name: &str, value: f64| (value <= 0.0).then(|| (format!("`{name}` is {value}, and must be above 0"), "give a positive number"));
    let not_negative =
        |name: &str, value: f64| (value < 0.0).then(|| (format!("`{name}` is {value}, and cannot be negative"), "give 0 or more"));
    let ordered = |low: (&str, f64), high: (&str, f64)| {
        (low.1 > high.1).then(|| (format!("`{}` ({}) is above `{}` ({})", low.0, low.1, high.0, high.1), "swap them"))
    };
    match drawn {
        DistributionSpec::Uniform { min, max } => ordered(("min", *min), ("max", *max)),
        DistributionSpec::Triangular { min, mode, max } => {
            ordered(("min", *min), ("mode", *mode)).or_else(|| ordered(("mode", *mode), ("max", *max)))
        }
        DistributionSpec::Normal { sd, .. } => not_negative("sd", *sd),
        DistributionSpec::TruncatedNormal { mean, sd, min, max } => {
            not_negative("sd", *sd).or_else(|| ordered(("min", *min), ("max", *max))).or_else(|| {
                // Sampling draws again while outside the limits: that must end soon.
                let share = share_between(*mean, *sd, *min, *max);
                (share < SMALLEST_SHARE).then(|| {
                    (
                        format!("hardly any value of a normal distribution around {mean} lies between {min} and {max}"),
                        "move the limits around the mean",
                    )
                })
            })
        }
        DistributionSpec::Lognormal { mean, sd } => positive("mean", *mean).or_else(|| not_negative("sd", *sd)),
        DistributionSpec::Exponential { mean } => positive("mean", *mean),
        DistributionSpec::Erlang { mean, k } => positive("mean", *mean).or_else(|| positive("k", f64::from(*k))),
        DistributionSpec::Gamma { shape, scale } => positive("shape", *shape).or_else(|| positive("scale", *scale)),
        DistributionSpec::Weibull { scale, shape } => positive("scale", *scale).or_else(|| positive("shape", *shape)),
        DistributionSpec::Bernoulli { p } => {
            (!(0.0..=1.0).contains(p)).then(|| (format!("`p` is {p}, and a probability lies between 0 and 1"), "4 % is written 0.04"))
        }
        DistributionSpec::Discrete { values, weights } => {
            if values.is_empty() {
                Some(("`values` is empty".to_owned(), "give at least one value"))
            } else if values.len() != weights.len() {
                let message = format!("there are {} values and {} weights", values.len(), weights.len());
                Some((message, "give one weight for each value"))
            } else {
                let bad = weights.iter().any(|weight| *weight < 0.0) || weights.iter().sum::<f64>() <= 0.0;
                bad.then(|| ("a weight is negative, or all are 0".to_owned(), "give weights of 0 or more, one of them above 0"))
            }
        }
    }
}

/// A truncated normal distribution keeps at least this share of the whole [-]: a thousand draws for one value are slow,
/// and nobody describes a line by the far tail of a bell.
const SMALLEST_SHARE: f64 = 1e-3;

/// Probability that a normal value lies within limits.
fn share_between(mean: f64, sd: f64, min: f64, max: f64) -> f64 {
    if sd <= 0.0 {
        return if (min..=max).contains(&mean) { 1.0 } else { 0.0 };
    }
    let below = |limit: f64| libm::erfc((mean - limit) / (sd * std::f64::consts::SQRT_2)) / 2.0;
    below(max) - below(min)
}

/// The lowest value that can be drawn.
fn lowest(drawn: &DistributionSpec) -> f64 {
    match drawn {
        DistributionSpec::Uniform { min, .. }
        | DistributionSpec::Triangular { min, .. }
        | DistributionSpec::TruncatedNormal { min, .. } => *min,
        DistributionSpec::Normal { mean, sd } => {
            if *sd > 0.0 {
                f64::NEG_INFINITY
            } else {
                *mean
            }
        }
        DistributionSpec::Discrete { values, .. } => values.iter().copied().fold(f64::INFINITY, f64::min),
        _ => 0.0,
    }
}

/// Whether 0 itself is drawn, where 0 is the lowest value.
fn reaches_zero(drawn: &DistributionSpec) -> bool {
    matches!(drawn, DistributionSpec::Bernoulli { .. } | DistributionSpec::Discrete { .. } | DistributionSpec::Normal { .. })
}
