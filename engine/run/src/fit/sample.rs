//! Values of one quantity, some of them only known to be larger than a bound. Knows no distribution.

/// Fewer say nothing of a distribution's shape.
pub const LEAST_VALUES: usize = 5;

/// At least one value observed.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    /// In ascending order.
    observed: Vec<f64>,
    /// Bounds below which the value is known not to lie, in ascending order.
    censored: Vec<f64>,
    /// Correlation of observed values with the next one, in the order of the record [-]; `None` for few.
    pub correlation: Option<f64>,
    sums: Sums,
}

/// Over what was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    pub count: f64,
    pub sum: f64,
    pub sum_log: f64,
}

impl Sample {
    /// In the order of the record; `None` where nothing was observed.
    pub fn new(name: &str, mut observed: Vec<f64>, mut censored: Vec<f64>) -> Option<Sample> {
        let correlation = correlation(&observed);
        observed.sort_by(f64::total_cmp);
        censored.sort_by(f64::total_cmp);
        let sums = Sums { count: observed.len() as f64, sum: observed.iter().sum(), sum_log: observed.iter().map(|x| x.ln()).sum() };
        (!observed.is_empty()).then(|| Sample { name: name.to_owned(), observed, censored, correlation, sums })
    }

    pub fn observed(&self) -> &[f64] {
        &self.observed
    }

    pub fn censored(&self) -> &[f64] {
        &self.censored
    }

    pub fn sums(&self) -> Sums {
        self.sums
    }

    pub fn count(&self) -> usize {
        self.observed.len() + self.censored.len()
    }

    /// Estimate of the share at or below each distinct observed value, where censored values are counted for as long as they are
    /// known (Kaplan and Meier 1958): values with the share before and the share after them.
    pub fn shares(&self) -> Vec<(f64, f64, f64)> {
        product_limit(&self.observed, &self.censored)
    }

    /// The same of the bounds, seen as values that the observed ones censor: from which bounds came.
    pub fn shares_of_bounds(&self) -> Vec<(f64, f64, f64)> {
        product_limit(&self.censored, &self.observed)
    }
}

fn product_limit(events: &[f64], bounds: &[f64]) -> Vec<(f64, f64, f64)> {
    let mut shares = Vec::new();
    let (mut above, mut at, mut bound) = (1.0, 0, 0);
    while at < events.len() {
        let value = events[at];
        let ties = events[at..].iter().take_while(|other| **other == value).count();
        // A bound at the very value is larger than it.
        while bound < bounds.len() && bounds[bound] < value {
            bound += 1;
        }
        let at_risk = (events.len() - at + bounds.len() - bound) as f64;
        let before = 1.0 - above;
        above *= 1.0 - ties as f64 / at_risk;
        shares.push((value, before, 1.0 - above));
        at += ties;
    }
    shares
}

fn correlation(values: &[f64]) -> Option<f64> {
    const LEAST: usize = 20;
    let count = values.len();
    let mean = values.iter().sum::<f64>() / count.max(1) as f64;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    let products: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    (count >= LEAST && squares > 0.0).then(|| products / squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The remission times of the 6-MP group (Freireich et al. 1963), the example of every textbook of survival analysis.
    #[test]
    fn shares_are_those_of_kaplan_and_meier() {
        let observed = vec![6.0, 6.0, 6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0];
        let censored = vec![6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0];
        let sample = Sample::new("remission", observed, censored).expect("values");
        let survival: Vec<f64> = sample.shares().iter().map(|(_, _, share)| ((1.0 - share) * 1e4).round() / 1e4).collect();
        assert_eq!(survival, [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]);
    }
}
