//! How long a line takes to forget that it began empty: MSER-5 (White, Cobb and Spratt 2000). Knows nothing of runs.

/// Values that are averaged before they are judged.
const BATCH: usize = 5;

/// How many values at the beginning are better left out: what leaves the rest with the least standard error of its mean.
/// `None` where that is more than half of them (the series is too short to say), or there are too few.
pub fn mser_5(values: &[f64]) -> Option<usize> {
    let batches: Vec<f64> = values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < 4 {
        return None;
    }
    let error_from = |start: usize| {
        let rest = &batches[start..];
        let mean = rest.iter().sum::<f64>() / rest.len() as f64;
        rest.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (rest.len() * rest.len()) as f64
    };
    // The last few batches have a small error by chance.
    let starts = 0..batches.len() - 2;
    let best = starts.min_by(|a, b| error_from(*a).total_cmp(&error_from(*b)))?;
    (best <= batches.len() / 2).then_some(best * BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_that_differs_is_left_out() {
        let noise = |k: usize| if k.is_multiple_of(2) { 0.3 } else { -0.3 } + if k.is_multiple_of(7) { 0.2 } else { 0.0 };
        let filling: Vec<f64> = (0..200).map(|k| 10.0 * (1.0 - (-(k as f64) / 10.0).exp()) + noise(k)).collect();
        let found = mser_5(&filling).expect("it settles");
        assert!((20..=60).contains(&found), "{found}: at 20 values it is within 14 % of where it settles, at 60 within 0.3 %");
        let steady: Vec<f64> = (0..200).map(noise).collect();
        assert!(mser_5(&steady).expect("steady") <= 15);
        let growing: Vec<f64> = (0..200).map(|k| k as f64).collect();
        assert_eq!(mser_5(&growing), None, "it never settles");
        assert_eq!(mser_5(&[1.0; 10]), None, "too few to say");
    }
}
