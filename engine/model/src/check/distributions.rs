//! Whether a distribution makes sense: its parameters by themselves, and what it can give against what the field can
//! hold. Turns what is written into what is drawn from. Knows nothing about what the value is used for.

use super::Checker;
use super::values::{Sign, Usual, field_name};
use crate::distribution::Distribution;
use crate::parametric::{Parametric, normal_share};
use crate::spec::Quantity;
use crate::syntax::FieldPath;

/// A normal distribution whose mean is this many standard deviations above 0 counts as positive [-]: 0 is passed once in
/// 10^9 draws, and such a draw is raised to the least that the field can hold.
const SAFE_DEVIATIONS: f64 = 6.0;

/// Below so many standard deviations above 0 negative times are no rare accident any more [-]: once in 740 draws.
const RARE_DEVIATIONS: f64 = 3.0;

/// A truncated normal distribution keeps at least this share of the whole [-]: a thousand draws for one value are slow,
/// and nobody describes a line by the far tail of a bell.
const SMALLEST_SHARE: f64 = 1e-3;

/// An Erlang distribution of more phases draws as many numbers for one value [-]; ordinary ones have 2 to 20.
const MOST_PHASES: u32 = 1000;

/// Above this a Poisson distribution is a normal one to every digit that a report shows [-].
const LARGEST_POISSON_MEAN: f64 = 1e9;

/// Below this shape a gamma or beta distribution is 0 (or 1) to every digit, and its logarithms leave the doubles [-].
const SMALLEST_SHAPE: f64 = 1e-3;

/// What is wrong with a distribution's parameters.
struct Senseless {
    /// The parameter to point at; `None`: the whole.
    field: Option<&'static str>,
    message: String,
    allowed: String,
    remedy: String,
}

impl Checker<'_, '_> {
    /// A number or a distribution whose values must have a sign.
    pub fn quantity(&mut self, path: &FieldPath, quantity: &Quantity, sign: Sign, usual: Option<Usual>) {
        let distribution = match quantity {
            Quantity::Number(value) => return self.number(path, *value, sign, usual),
            Quantity::Drawn(drawn) => {
                if let Some(Senseless { field, message, allowed, remedy }) = senseless(drawn) {
                    let place = field.map_or(path.clone(), |field| path.name(field));
                    self.push(self.error("senseless-distribution", &place, message).allowed(allowed).help(remedy));
                    return;
                }
                Distribution::Parametric(drawn.clone())
            }
            Quantity::Observed(observed) => match self.observations(path, observed) {
                Some(empirical) => Distribution::Empirical(empirical),
                None => return,
            },
        };
        self.drawn_sign(path, &distribution, sign);
        if let Some((message, help)) = usual.and_then(|usual| usual.slip(distribution.mean())) {
            self.push(self.warning("unit-slip", path, format!("the mean, {message}")).help(help));
        }
    }

    /// What the value at `path` is drawn from. Where it makes no sense, [`Self::quantity`] says so.
    pub fn distribution(&mut self, path: &FieldPath, quantity: &Quantity) -> Distribution {
        match quantity {
            Quantity::Number(value) => Distribution::Constant(*value),
            Quantity::Drawn(drawn) => Distribution::Parametric(drawn.clone()),
            Quantity::Observed(observed) => match self.observations(path, observed) {
                Some(empirical) => Distribution::Empirical(empirical),
                // The table has an error, so this stands in a scene that is refused.
                None => Distribution::Constant(1.0),
            },
        }
    }

    /// A distribution that can give what the field cannot hold.
    fn drawn_sign(&mut self, path: &FieldPath, distribution: &Distribution, sign: Sign) {
        let lowest = distribution.min();
        let (refused, allowed) = match sign {
            Sign::Any => return,
            Sign::NotNegative => (lowest < 0.0, "values of at least 0"),
            Sign::Positive => (lowest < 0.0 || (lowest == 0.0 && distribution.reaches_min()), "values above 0"),
        };
        if !refused {
            return;
        }
        let name = field_name(path).to_owned();
        match distribution {
            Distribution::Parametric(Parametric::Normal { mean, sd }) if *sd > 0.0 && *mean >= 0.0 => {
                self.normal_sign(path, *mean, *sd, sign, allowed)
            }
            _ => {
                let lowest = if lowest.is_finite() { lowest.to_string() } else { "any negative number".to_owned() };
                let message = format!("this distribution can give {lowest} for `{name}`");
                let problem = self.error("senseless-distribution", path, message).allowed(allowed);
                self.push(problem.help(sign_remedy(distribution)));
            }
        }
    }

    /// A bell has no end. Where it must be positive a mean too near to 0 is refused; times that come out negative count
    /// as 0, which is said where it is no rare accident.
    fn normal_sign(&mut self, path: &FieldPath, mean: f64, sd: f64, sign: Sign, allowed: &str) {
        let name = field_name(path);
        let message = format!("Normal(mean: {mean}, sd: {sd}) can give a negative `{name}`");
        let help = format!("write TruncatedNormal(mean: {mean}, sd: {sd}, min: {}, max: {})", mean / 10.0, mean + 6.0 * sd);
        let problem = match sign {
            Sign::Positive if mean < SAFE_DEVIATIONS * sd => self.error("senseless-distribution", path, message).help(help),
            Sign::NotNegative if mean < RARE_DEVIATIONS * sd => {
                self.warning("negative-draws", path, message).help(format!("negative times count as 0; {help}"))
            }
            _ => return,
        };
        self.push(problem.allowed(allowed));
    }
}

fn sign_remedy(distribution: &Distribution) -> &'static str {
    match distribution {
        Distribution::Empirical(_) => "take these rows out of the table, or name another column",
        Distribution::Parametric(Parametric::Poisson { .. }) => "a count that starts at 1 is Geometric",
        Distribution::Parametric(Parametric::Bernoulli { .. } | Parametric::Discrete { .. }) => "take this value out",
        Distribution::Parametric(Parametric::Normal { .. }) => "give a positive `mean`",
        _ => "raise `min`",
    }
}

/// What is wrong with the parameters themselves, the first thing of each distribution.
fn senseless(drawn: &Parametric) -> Option<Senseless> {
    let found = match drawn {
        Parametric::Uniform { min, max } => ordered(("min", *min), ("max", *max)),
        Parametric::Triangular { min, mode, max } => {
            ordered(("min", *min), ("mode", *mode)).or_else(|| ordered(("mode", *mode), ("max", *max)))
        }
        Parametric::Pert { min, mode, max, lambda } => ordered(("min", *min), ("mode", *mode))
            .or_else(|| ordered(("mode", *mode), ("max", *max)))
            .or_else(|| not_negative("lambda", *lambda)),
        Parametric::Normal { sd, .. } => not_negative("sd", *sd),
        Parametric::TruncatedNormal { mean, sd, min, max } => {
            not_negative("sd", *sd).or_else(|| ordered(("min", *min), ("max", *max))).or_else(|| truncated_away(*mean, *sd, *min, *max))
        }
        Parametric::Lognormal { mean, sd } => positive("mean", *mean).or_else(|| not_negative("sd", *sd)),
        Parametric::Exponential { mean } => positive("mean", *mean),
        Parametric::Erlang { mean, k } => positive("mean", *mean).or_else(|| phases(*mean, *k)),
        Parametric::Gamma { shape, scale } => shape_of("shape", *shape).or_else(|| positive("scale", *scale)),
        Parametric::Beta { alpha, beta, min, max } => {
            shape_of("alpha", *alpha).or_else(|| shape_of("beta", *beta)).or_else(|| ordered(("min", *min), ("max", *max)))
        }
        Parametric::Weibull { scale, shape } => positive("scale", *scale).or_else(|| shape_of("shape", *shape)),
        Parametric::Poisson { mean } => positive("mean", *mean).or_else(|| large_poisson(*mean)),
        Parametric::Geometric { p } => probability(*p, *p > 0.0, "a probability above 0, to 1"),
        Parametric::Bernoulli { p } => probability(*p, true, "a probability from 0 to 1"),
        Parametric::Discrete { values, weights } => senseless_weights(values, weights),
    };
    found.or_else(|| endless_spread(drawn))
}

fn positive(field: &'static str, value: f64) -> Option<Senseless> {
    (value <= 0.0).then(|| of_field(field, value, "a number above 0", sign_slip(value).unwrap_or("give a positive number".to_owned())))
}

fn not_negative(field: &'static str, value: f64) -> Option<Senseless> {
    (value < 0.0).then(|| of_field(field, value, "a number of at least 0", sign_slip(value).unwrap_or_default()))
}

fn shape_of(field: &'static str, value: f64) -> Option<Senseless> {
    (value < SMALLEST_SHAPE).then(|| {
        let allowed = format!("a number of at least {SMALLEST_SHAPE}");
        of_field(field, value, &allowed, sign_slip(value).unwrap_or("ordinary shapes are 0.5 to 5".to_owned()))
    })
}

fn sign_slip(value: f64) -> Option<String> {
    (value < 0.0).then(|| format!("was {} meant?", -value))
}

fn of_field(field: &'static str, value: f64, allowed: &str, remedy: impl Into<String>) -> Senseless {
    Senseless { field: Some(field), message: format!("`{field}` is {value}"), allowed: allowed.to_owned(), remedy: remedy.into() }
}

fn ordered(low: (&str, f64), high: (&str, f64)) -> Option<Senseless> {
    (low.1 > high.1).then(|| Senseless {
        field: None,
        message: format!("`{}` ({}) is above `{}` ({})", low.0, low.1, high.0, high.1),
        allowed: format!("`{}` up to `{}`", low.0, high.0),
        remedy: "swap them".to_owned(),
    })
}

fn probability(p: f64, possible: bool, allowed: &str) -> Option<Senseless> {
    (!possible || !(0.0..=1.0).contains(&p)).then(|| {
        let percent = if (2.0..=100.0).contains(&p) { p } else { 4.0 };
        of_field("p", p, allowed, format!("{percent} % is written {}", percent / 100.0))
    })
}

/// Sampling draws again while outside the limits: that must end soon.
fn truncated_away(mean: f64, sd: f64, min: f64, max: f64) -> Option<Senseless> {
    (normal_share(mean, sd, min, max) < SMALLEST_SHARE).then(|| Senseless {
        field: None,
        message: format!("hardly any value of a normal distribution around {mean} lies between {min} and {max}"),
        allowed: format!("limits that leave at least {SMALLEST_SHARE} of it"),
        remedy: "move the limits around the mean".to_owned(),
    })
}

fn phases(mean: f64, k: u32) -> Option<Senseless> {
    let remedy = match k {
        0 => "1 phase is an Exponential".to_owned(),
        _ => format!("write Gamma(shape: {k}, scale: {}), which is the same", mean / f64::from(k)),
    };
    (!(1..=MOST_PHASES).contains(&k)).then(|| of_field("k", f64::from(k), &format!("1 to {MOST_PHASES}"), remedy))
}

fn large_poisson(mean: f64) -> Option<Senseless> {
    (mean > LARGEST_POISSON_MEAN).then(|| {
        let remedy = format!("write Normal(mean: {mean}, sd: {}), which is the same to nine digits", mean.sqrt());
        of_field("mean", mean, &format!("above 0, to {LARGEST_POISSON_MEAN}"), remedy)
    })
}

fn senseless_weights(values: &[f64], weights: &[f64]) -> Option<Senseless> {
    let whole = |message: String, allowed: &str, remedy: &str| {
        Some(Senseless { field: None, message, allowed: allowed.to_owned(), remedy: remedy.to_owned() })
    };
    if values.is_empty() {
        whole("`values` is empty".to_owned(), "at least one value", "a value that never varies is written as a number")
    } else if values.len() != weights.len() {
        let message = format!("there are {} values and {} weights", values.len(), weights.len());
        whole(message, "one weight for each value", "equal weights are written as 1, 1 and so on")
    } else if let Some(weight) = weights.iter().find(|weight| **weight < 0.0) {
        whole(format!("a weight is {weight}"), "weights of at least 0", "weights say how often a value comes beside the others")
    } else if weights.iter().sum::<f64>() <= 0.0 {
        whole("all weights are 0".to_owned(), "at least one weight above 0", "weights say how often a value comes beside the others")
    } else {
        None
    }
}

/// Parameters whose moments are beyond every number (a Weibull of shape 0.01) describe nothing that a line does.
fn endless_spread(drawn: &Parametric) -> Option<Senseless> {
    let endless = !(drawn.mean().is_finite() && drawn.sd().is_finite());
    endless.then(|| Senseless {
        field: None,
        message: "its mean or its standard deviation is beyond every number".to_owned(),
        allowed: "parameters with a finite mean and standard deviation".to_owned(),
        remedy: "give ordinary numbers; a shape, for one, is mostly 0.5 to 5".to_owned(),
    })
}
