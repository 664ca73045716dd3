//! The points of a plan: which value each factor has at each of them. Knows nothing of scenes or runs.

use linetwin_model::sweep::{Design, Domain, Factor, MOST_SOBOL_FACTORS};
use linetwin_sim::random::Streams;

/// Steps of a range that are told apart: values stay short, `0.4313` and not `0.43127739102`.
const STEPS_OF_A_RANGE: f64 = 10_000.0;

/// For each point, in order, a value for each factor, as written in a scene.
pub fn points(factors: &[Factor], design: &Design) -> Vec<Vec<String>> {
    match design {
        Design::Grid => grid(factors),
        Design::List(points) => points.clone(),
        Design::LatinHypercube { points, seed } => placed(factors, &latin_hypercube(factors, *points, *seed)),
        Design::Sobol { points } => placed(factors, &(0..*points).map(|point| sobol(point, factors.len())).collect::<Vec<_>>()),
    }
}

/// The last factor changes first.
fn grid(factors: &[Factor]) -> Vec<Vec<String>> {
    let mut points = vec![Vec::new()];
    for factor in factors {
        let Domain::Levels(levels) = &factor.domain else { unreachable!("a grid was checked to have levels") };
        let longer = |point: &Vec<String>| levels.iter().map(|level| point.iter().chain([level]).cloned().collect()).collect::<Vec<_>>();
        points = points.iter().flat_map(longer).collect();
    }
    points
}

/// `places`: for each point, where each factor is in its range, from 0 to below 1.
fn placed(factors: &[Factor], places: &[Vec<f64>]) -> Vec<Vec<String>> {
    places.iter().map(|point| factors.iter().zip(point).map(|(factor, place)| value_at(&factor.domain, *place)).collect()).collect()
}

fn value_at(domain: &Domain, place: f64) -> String {
    match domain {
        Domain::Levels(levels) => levels[((place * levels.len() as f64) as usize).min(levels.len() - 1)].clone(),
        Domain::Range { low, high, whole: true } => {
            let (first, last) = (low.ceil(), high.floor());
            (first + (place * (last - first + 1.0)).floor()).min(last).to_string()
        }
        Domain::Range { low, high, whole: false } => {
            let step = decimal_at_most((high - low) / STEPS_OF_A_RANGE);
            let value = (((low + place * (high - low)) / step).round() * step).clamp(*low, *high);
            // What steps of 0.0001 add up to is not 0.4313 to the last bit; its text is.
            let text = format!("{value:.*}", decimals_of(step));
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
        Domain::Listed => unreachable!("only a list has factors without values"),
    }
}

/// The largest power of ten that is no larger.
fn decimal_at_most(step: f64) -> f64 {
    let mut power = 1.0;
    while power > step {
        power /= 10.0;
    }
    while power * 10.0 <= step {
        power *= 10.0;
    }
    power
}

/// Decimals that show a power of ten.
fn decimals_of(step: f64) -> usize {
    let (mut power, mut decimals) = (1.0, 0);
    while power > step * 1.000_001 {
        power /= 10.0;
        decimals += 1;
    }
    decimals
}

/// In every factor each of `points` equal shares is taken once, in an order of its own, at a place of its own.
fn latin_hypercube(factors: &[Factor], points: u32, seed: u64) -> Vec<Vec<f64>> {
    let streams = Streams { seed, replication: 0 };
    let columns: Vec<Vec<f64>> = factors
        .iter()
        .map(|factor| {
            let (order, within) = (streams.stream(&factor.name, "order"), streams.stream(&factor.name, "within"));
            let mut shares: Vec<u32> = (0..points).collect();
            for last in (1..shares.len()).rev() {
                let other = (order.draw(last as u32).unit() * (last + 1) as f64) as usize;
                shares.swap(last, other.min(last));
            }
            (0..points).zip(shares).map(|(point, share)| (f64::from(share) + within.draw(point).unit()) / f64::from(points)).collect()
        })
        .collect();
    (0..points as usize).map(|point| columns.iter().map(|column| column[point]).collect()).collect()
}

/// Primitive polynomials and first direction numbers of Joe and Kuo (2008), `new-joe-kuo-6`, from the second factor on:
/// the coefficients between the first and the last, and m_1, m_2, ...
const JOE_KUO: [(u32, &[u32]); MOST_SOBOL_FACTORS - 1] = [
    (0, &[1]),
    (1, &[1, 3]),
    (1, &[1, 3, 1]),
    (2, &[1, 1, 1]),
    (1, &[1, 1, 3, 3]),
    (4, &[1, 3, 5, 13]),
    (2, &[1, 1, 5, 5, 17]),
    (4, &[1, 1, 5, 5, 5]),
    (7, &[1, 1, 7, 11, 19]),
    (11, &[1, 1, 5, 1, 1]),
    (13, &[1, 1, 1, 3, 11]),
    (14, &[1, 3, 5, 5, 31]),
    (1, &[1, 3, 3, 9, 7, 49]),
    (13, &[1, 1, 1, 15, 21, 21]),
    (16, &[1, 3, 1, 13, 27, 49]),
    (19, &[1, 1, 1, 15, 7, 5]),
    (22, &[1, 3, 1, 15, 13, 25]),
    (25, &[1, 1, 5, 5, 19, 61]),
    (1, &[1, 3, 7, 11, 23, 15, 103]),
    (4, &[1, 3, 7, 13, 13, 15, 69]),
];

/// The point of this number of Sobol's sequence, in the order of Antonov and Saleev (Gray code).
fn sobol(point: u32, factors: usize) -> Vec<f64> {
    let gray = point ^ (point >> 1);
    (0..factors)
        .map(|factor| {
            let directions = directions(factor);
            let bits = (0..u32::BITS).filter(|bit| gray >> bit & 1 == 1).fold(0, |sum, bit| sum ^ directions[bit as usize]);
            f64::from(bits) / 4_294_967_296.0
        })
        .collect()
}

/// v_1, v_2, ... as fractions of 2^32.
fn directions(factor: usize) -> [u32; 32] {
    let mut directions: [u32; 32] = std::array::from_fn(|bit| 1 << (31 - bit));
    let Some((coefficients, first)) = factor.checked_sub(1).map(|row| JOE_KUO[row]) else { return directions };
    let degree = first.len();
    for bit in 0..directions.len() {
        directions[bit] = match first.get(bit) {
            Some(m) => m << (31 - bit),
            None => {
                let far = directions[bit - degree];
                let inner = (1..degree).filter(|k| coefficients >> (degree - 1 - k) & 1 == 1);
                inner.fold(far ^ (far >> degree), |sum, k| sum ^ directions[bit - k])
            }
        };
    }
    directions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(name: &str, domain: Domain) -> Factor {
        Factor { name: name.to_owned(), sets: vec!["x.y".to_owned()], domain }
    }

    fn ranged(count: usize) -> Vec<Factor> {
        (0..count).map(|k| factor(&format!("f{k}"), Domain::Range { low: 0.0, high: 1.0, whole: false })).collect()
    }

    #[test]
    fn a_grid_has_every_level_with_every_other() {
        let levels = |name: &str, levels: &[&str]| factor(name, Domain::Levels(levels.iter().map(|level| (*level).to_owned()).collect()));
        let points = points(&[levels("a", &["1", "2"]), levels("b", &["x", "y", "z"])], &Design::Grid);
        assert_eq!(points.len(), 6);
        assert_eq!((points[1].join(" "), points[5].join(" ")), ("1 y".to_owned(), "2 z".to_owned()));
    }

    /// Points 500 and 999 of the sequence in 1,024ths, as `scipy.stats.qmc.Sobol(21, scramble=False)` gives them.
    #[test]
    fn sobols_points_are_the_published_ones() {
        let at = |point: u32| sobol(point, MOST_SOBOL_FACTORS).iter().map(|place| (place * 1024.0) as u32).collect::<Vec<_>>();
        let [first, second] = [at(500), at(999)];
        assert_eq!(first, [450, 66, 354, 418, 554, 962, 58, 794, 546, 142, 670, 530, 254, 774, 570, 598, 126, 326, 350, 710, 358]);
        assert_eq!(second, [161, 931, 83, 1013, 991, 865, 879, 729, 833, 647, 23, 453, 485, 969, 851, 571, 289, 673, 695, 39, 343]);
    }

    #[test]
    fn every_share_of_every_range_is_taken_once() {
        let assert_even = |places: &[Vec<f64>]| {
            for factor in 0..places[0].len() {
                let mut shares: Vec<u32> = places.iter().map(|point| (point[factor] * places.len() as f64) as u32).collect();
                shares.sort_unstable();
                assert!(shares.iter().copied().eq(0..places.len() as u32), "factor {factor}: {shares:?}");
            }
        };
        assert_even(&latin_hypercube(&ranged(5), 37, 1));
        assert_even(&(0..256).map(|point| sobol(point, MOST_SOBOL_FACTORS)).collect::<Vec<_>>());
        assert_ne!(latin_hypercube(&ranged(2), 8, 1), latin_hypercube(&ranged(2), 8, 2), "another seed gives other points");
        // Another factor beside it moves no point of the first.
        let column = |factors: usize| latin_hypercube(&ranged(factors), 8, 1).iter().map(|point| point[0]).collect::<Vec<_>>();
        assert_eq!(column(1), column(4));
    }

    #[test]
    fn values_are_short_and_within_their_range() {
        let range = Domain::Range { low: 0.3, high: 0.8, whole: false };
        assert_eq!(
            (value_at(&range, 0.0), value_at(&range, 0.5), value_at(&range, 1.0 / 3.0)),
            ("0.3".into(), "0.55".into(), "0.46667".into())
        );
        let whole = Domain::Range { low: 1.0, high: 4.0, whole: true };
        assert_eq!([0.0, 0.26, 0.74, 0.999].map(|place| value_at(&whole, place)), ["1", "2", "3", "4"]);
        let wide = Domain::Range { low: 0.0, high: 30_000.0, whole: false };
        assert_eq!((value_at(&wide, 0.5), value_at(&wide, 0.123_456)), ("15000".into(), "3704".into()));
        let levels = Domain::Levels(vec!["slow".into(), "fast".into()]);
        assert_eq!((value_at(&levels, 0.49), value_at(&levels, 0.999_999)), ("slow".into(), "fast".into()));
    }
}
