//! Quantiles by nearest rank and histograms, on integers. Knows nothing about what is counted.

/// The smallest value that at least `percent` of `sorted` do not exceed; `None` of nothing.
pub fn nearest_rank(sorted: &[u64], percent: u64) -> Option<u64> {
    let rank = (sorted.len() as u64 * percent).div_ceil(100).max(1);
    sorted.get(usize::try_from(rank - 1).expect("a rank is at most the number of values")).copied()
}

/// Bins of equal width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bins {
    pub start: u64,
    pub width: u64,
    pub counts: Vec<u64>,
}

/// Most bins a histogram has: what a phone's width shows.
const MAX_BINS: u64 = 40;

/// A histogram of `sorted` whose bin width is 1, 2 or 5 times a power of ten, so that its edges can be read.
pub fn histogram(sorted: &[u64]) -> Bins {
    let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
        return Bins::default();
    };
    let fits = |width: u64| last / width - first / width < MAX_BINS;
    let width = (0..19)
        .flat_map(|power| [1, 2, 5].map(|digit: u64| digit * 10_u64.pow(power)))
        .find(|&width| fits(width))
        .expect("5e18 ns holds every span of time");
    let start = first / width * width;
    let mut counts = vec![0; usize::try_from((last - start) / width + 1).expect("few bins")];
    for value in sorted {
        counts[usize::try_from((value - start) / width).expect("few bins")] += 1;
    }
    Bins { start, width, counts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank_is_an_observed_value() {
        let ten: Vec<u64> = (1..=10).collect();
        assert_eq!(nearest_rank(&ten, 50), Some(5));
        assert_eq!(nearest_rank(&ten, 51), Some(6));
        assert_eq!(nearest_rank(&ten, 5), Some(1));
        assert_eq!(nearest_rank(&ten, 95), Some(10));
        assert_eq!(nearest_rank(&[7], 50), Some(7));
        assert_eq!(nearest_rank(&[], 50), None);
    }

    #[test]
    fn a_histogram_counts_everything_once_in_few_readable_bins() {
        let values: Vec<u64> = (0..1000).map(|k| 3_000_000_007 + k * 123_456_789).collect();
        let bins = histogram(&values);
        assert_eq!(bins.counts.iter().sum::<u64>(), 1000);
        assert_eq!(bins.width, 5_000_000_000);
        assert_eq!(bins.start, 0);
        assert!(bins.counts.len() <= 40);
        // A value on an edge belongs to the bin that begins there.
        assert_eq!(histogram(&[10, 10]), Bins { start: 10, width: 1, counts: vec![2] });
        assert_eq!(histogram(&[0, 39, 40]), Bins { start: 0, width: 2, counts: [1].into_iter().chain([0; 18]).chain([1, 1]).collect() });
    }
}
