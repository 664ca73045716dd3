//! The shape of a clump: a rigid union of spheres, and what follows from its volume. Volume, centre and moments are those of the
//! union, so that overlaps count once: exact sums where no two spheres overlap, else an integral over columns.

use super::batch::BatchError;
use super::clump::MOST_SPHERES;

/// Columns of the integral over the smallest radius, and along the longer side of what it looks down on at most [-]. Spheres of
/// like size then weigh right within 1e-4.
const COLUMNS_OF_A_RADIUS: f64 = 150.0;
const MOST_COLUMNS: f64 = 1000.0;
/// Spheres whose surfaces are so much of the smaller radius apart still touch [-].
const TOUCHING: f64 = 1e-6;

/// A union of spheres about its centre and along its principal axes, in units of the radius of the sphere of its volume.
#[derive(Clone, Debug, PartialEq)]
pub struct ClumpShape {
    pub(super) spheres: Vec<([f64; 3], f64)>,
    /// About its axes, of a mass of 1; 0.4 for a sphere [-].
    pub(super) inertia: [f64; 3],
    /// From the centre to the furthest point [-].
    reach: f64,
    /// From its own axes to those that it was given in: a unit quaternion x, y, z, w.
    pub(super) rotation: [f64; 4],
    /// Its centre, in the units that it was given in.
    pub(super) centre: [f64; 3],
    /// Radius of the sphere of its volume, in the same.
    pub(super) radius: f64,
}

impl ClumpShape {
    /// From centres and radii, in any unit.
    pub fn new(spheres: &[([f64; 3], f64)]) -> Result<Self, BatchError> {
        let refuse = |text: String| Err(BatchError::Particle(text));
        if !(2..=MOST_SPHERES).contains(&spheres.len()) {
            return refuse(format!("a clump of {} spheres: 2 to {MOST_SPHERES} are taken", spheres.len()));
        }
        if spheres.iter().any(|(at, radius)| !(*radius > 0.0 && radius.is_finite()) || at.iter().any(|part| !part.is_finite())) {
            return refuse("spheres of a clump have places, and radii above nothing".to_string());
        }
        for (a, one) in spheres.iter().enumerate() {
            if let Some(b) = (0..spheres.len()).find(|&b| b != a && distance(one.0, spheres[b].0) + one.1 <= spheres[b].1) {
                return refuse(format!("sphere {a} of a clump lies within sphere {b}"));
            }
        }
        if let Some(apart) = first_apart(spheres) {
            return refuse(format!("sphere {apart} of a clump touches none of those before it, nor any that these touch"));
        }
        let moments = Moments::of(spheres);
        let volume = moments.volume;
        let radius = libm::cbrt(volume / (4.0 / 3.0 * std::f64::consts::PI));
        let centre = moments.first.map(|part| part / volume);
        // Second moments about the centre, of a volume of 1.
        let second = |a: usize, b: usize| moments.second[a][b] / volume - centre[a] * centre[b];
        let (values, axes) = principal([0, 1, 2].map(|a: usize| [0, 1, 2].map(|b: usize| second(a, b))));
        let whole: f64 = values.iter().sum();
        let along = |at: [f64; 3]| axes.map(|axis| (0..3).map(|part| axis[part] * (at[part] - centre[part])).sum::<f64>() / radius);
        let spheres: Vec<_> = spheres.iter().map(|(at, sphere)| (along(*at), sphere / radius)).collect();
        let reach = spheres.iter().map(|(at, sphere)| distance(*at, [0.0; 3]) + sphere).fold(0.0, f64::max);
        let inertia = values.map(|value| (whole - value) / (radius * radius));
        Ok(ClumpShape { spheres, inertia, reach, rotation: quaternion_of(axes), centre, radius })
    }

    /// Smallest and largest radius of its spheres, over that of the sphere of its volume [-].
    pub fn radii(&self) -> [f64; 2] {
        let radii = self.spheres.iter().map(|(_, radius)| *radius);
        [radii.clone().fold(f64::INFINITY, f64::min), radii.fold(0.0, f64::max)]
    }

    /// From its centre to its furthest point, over the radius of the sphere of its volume [-].
    pub fn reach(&self) -> f64 {
        self.reach
    }

    /// Moments of inertia about its principal axes of a clump of mass 1 kg whose sphere of equal volume has a radius of 1 m.
    pub fn inertia(&self) -> [f64; 3] {
        self.inertia
    }

    /// Radius of the sphere of its volume, in the unit that it was given in.
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// Its centre of mass, in the unit that it was given in.
    pub fn centre(&self) -> [f64; 3] {
        self.centre
    }

    /// Where its spheres are from its centre, along its principal axes, and their radii, over the radius of the sphere of its volume.
    pub fn spheres(&self) -> &[([f64; 3], f64)] {
        &self.spheres
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|axis| (a[axis] - b[axis]) * (a[axis] - b[axis])).sum::<f64>().sqrt()
}

/// The first sphere that hangs on none of those that hang on the first.
fn first_apart(spheres: &[([f64; 3], f64)]) -> Option<usize> {
    let mut held = vec![false; spheres.len()];
    held[0] = true;
    for _ in 0..spheres.len() {
        for a in 0..spheres.len() {
            let touches = |b: &usize| {
                distance(spheres[a].0, spheres[*b].0) <= spheres[a].1 + spheres[*b].1 + TOUCHING * spheres[a].1.min(spheres[*b].1)
            };
            held[a] |= (0..spheres.len()).filter(|b| held[*b]).any(|b| touches(&b));
        }
    }
    held.iter().position(|held| !held)
}

/// Integrals over a volume of 1, x and x y.
#[derive(Default)]
struct Moments {
    volume: f64,
    first: [f64; 3],
    second: [[f64; 3]; 3],
}

impl Moments {
    fn of(spheres: &[([f64; 3], f64)]) -> Self {
        let pairs = (0..spheres.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let apart = |(a, b): (usize, usize)| distance(spheres[a].0, spheres[b].0) >= spheres[a].1 + spheres[b].1;
        if pairs.into_iter().all(apart) { Self::of_disjoint(spheres) } else { Self::of_columns(spheres) }
    }

    fn of_disjoint(spheres: &[([f64; 3], f64)]) -> Self {
        let mut sum = Moments::default();
        for (at, radius) in spheres {
            let volume = 4.0 / 3.0 * std::f64::consts::PI * radius * radius * radius;
            sum.volume += volume;
            for a in 0..3 {
                sum.first[a] += volume * at[a];
                sum.second[a][a] += volume * radius * radius / 5.0;
                (0..3).for_each(|b| sum.second[a][b] += volume * at[a] * at[b]);
            }
        }
        sum
    }

    /// Columns along z through the middles of equal squares; along a column, what lies in any of the spheres is exact.
    fn of_columns(spheres: &[([f64; 3], f64)]) -> Self {
        let side = |axis: usize| {
            let low = spheres.iter().map(|(at, radius)| at[axis] - radius).fold(f64::INFINITY, f64::min);
            (low, spheres.iter().map(|(at, radius)| at[axis] + radius).fold(f64::NEG_INFINITY, f64::max) - low)
        };
        let ((x_low, x_side), (y_low, y_side)) = (side(0), side(1));
        let smallest = spheres.iter().map(|(_, radius)| *radius).fold(f64::INFINITY, f64::min);
        let step = (smallest / COLUMNS_OF_A_RADIUS).max(x_side.max(y_side) / MOST_COLUMNS);
        let count = |side: f64| (side / step).ceil().max(1.0) as usize;
        let mut sum = Moments::default();
        let mut spans: Vec<[f64; 2]> = Vec::new();
        for column in 0..count(x_side) * count(y_side) {
            let [x, y] = [column % count(x_side), column / count(x_side)].map(|at| (at as f64 + 0.5) * step);
            let (x, y) = (x_low + x, y_low + y);
            spans.clear();
            for (at, radius) in spheres {
                let half = radius * radius - (x - at[0]) * (x - at[0]) - (y - at[1]) * (y - at[1]);
                if half > 0.0 {
                    spans.push([at[2] - half.sqrt(), at[2] + half.sqrt()]);
                }
            }
            spans.sort_by(|a, b| a[0].total_cmp(&b[0]));
            let mut done = f64::NEG_INFINITY;
            for [from, to] in &spans {
                let from = from.max(done);
                if *to > from {
                    sum.add_piece([x, y], [from, *to], step * step);
                    done = *to;
                }
            }
        }
        sum
    }

    fn add_piece(&mut self, [x, y]: [f64; 2], [from, to]: [f64; 2], area: f64) {
        let long = to - from;
        let (z, square) = (0.5 * (from + to), (from * from + from * to + to * to) / 3.0);
        let volume = area * long;
        self.volume += volume;
        for (a, value) in [x, y, z].into_iter().enumerate() {
            self.first[a] += volume * value;
            for (b, other) in [x, y, z].into_iter().enumerate() {
                self.second[a][b] += volume * if (a, b) == (2, 2) { square } else { value * other };
            }
        }
    }
}

/// Values and axes (rows, right-handed) of a symmetric matrix, by Jacobi's rotations.
fn principal(mut m: [[f64; 3]; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    let mut axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let size: f64 = m.iter().flatten().map(|part| part.abs()).sum();
    for _ in 0..32 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if m[p][q].abs() <= 1e-15 * size {
                continue;
            }
            let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            // Rows, then columns.
            for part in 0..3 {
                (m[p][part], m[q][part]) = (c * m[p][part] - s * m[q][part], s * m[p][part] + c * m[q][part]);
                (axes[p][part], axes[q][part]) = (c * axes[p][part] - s * axes[q][part], s * axes[p][part] + c * axes[q][part]);
            }
            for row in &mut m {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
        }
    }
    ([m[0][0], m[1][1], m[2][2]], axes)
}

/// Of the rotation that turns x, y, z into these rows.
fn quaternion_of([a, b, c]: [[f64; 3]; 3]) -> [f64; 4] {
    let squares = [1.0 + a[0] - b[1] - c[2], 1.0 - a[0] + b[1] - c[2], 1.0 - a[0] - b[1] + c[2], 1.0 + a[0] + b[1] + c[2]];
    let largest = (1..4).fold(0, |best, part| if squares[part] > squares[best] { part } else { best });
    let four = 2.0 * squares[largest].sqrt();
    let parts = match largest {
        0 => [squares[0], a[1] + b[0], a[2] + c[0], b[2] - c[1]],
        1 => [a[1] + b[0], squares[1], b[2] + c[1], c[0] - a[2]],
        2 => [a[2] + c[0], b[2] + c[1], squares[2], a[1] - b[0]],
        _ => [b[2] - c[1], c[0] - a[2], a[1] - b[0], squares[3]],
    };
    parts.map(|part| part / four)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn what_overlaps_counts_once() {
        for gap in [0.3f64, 1.0, 1.7] {
            let shape = ClumpShape::new(&[([0.0, 0.0, 0.0], 1.0), ([gap, 0.0, 0.0], 1.0)]).expect("a clump");
            // Two caps of height h are in both.
            let h = 1.0 - gap / 2.0;
            let volume = 8.0 / 3.0 * PI - 2.0 * PI * h * h * (3.0 - h) / 3.0;
            let found = 4.0 / 3.0 * PI * shape.radius.powi(3);
            assert!((found / volume - 1.0).abs() < 1e-4, "{gap}: {found}, expected {volume}");
            assert!((shape.centre[0] - gap / 2.0).abs() < 1e-5 && shape.centre[1].abs() < 1e-5, "{:?}", shape.centre);
            // By discs from the plane between both to the tip: moments about the line through both, and across it.
            let slices = 20_000;
            let (mut along, mut across) = (0.0, 0.0);
            for slice in 0..slices {
                let x = (1.0 + gap / 2.0) * (f64::from(slice) + 0.5) / f64::from(slices);
                let square = 1.0 - (x - gap / 2.0) * (x - gap / 2.0);
                let disc = 2.0 * PI * square * (1.0 + gap / 2.0) / f64::from(slices);
                along += disc * square / 2.0;
                across += disc * (square / 4.0 + x * x);
            }
            for (found, expected) in shape.inertia.into_iter().zip([along, across, across]) {
                let found = found * shape.radius * shape.radius;
                assert!((found / (expected / volume) - 1.0).abs() < 1e-4, "{gap}: {found}, expected {}", expected / volume);
            }
        }
    }

    #[test]
    fn disjoint_spheres_are_exact_and_columns_agree() {
        let spheres = [([0.0, 0.0, 0.0], 1.0), ([2.0, 0.0, 0.0], 1.0), ([4.0, 0.0, 0.0], 1.0)];
        let shape = ClumpShape::new(&spheres).expect("a rod");
        let [along, across, other] = shape.inertia.map(|part| part * shape.radius * shape.radius);
        assert!((along - 0.4).abs() < 1e-12 && (across - (0.4 + 8.0 / 3.0)).abs() < 1e-12 && (other - across).abs() < 1e-12);
        assert_eq!(shape.centre, [2.0, 0.0, 0.0]);
        let (exact, columns) = (Moments::of_disjoint(&spheres), Moments::of_columns(&spheres));
        assert!((columns.volume / exact.volume - 1.0).abs() < 1e-4);
        for axis in 0..3 {
            assert!((columns.second[axis][axis] / exact.second[axis][axis] - 1.0).abs() < 3e-4, "{:?}", columns.second);
        }
    }

    #[test]
    fn axes_are_those_of_the_shape_however_it_is_given() {
        let spheres = [([0.0, 0.0, 0.0], 1.0), ([1.2, 1.2, 0.0], 1.0), ([1.2, 1.2, 1.2], 0.7), ([-0.9, 0.4, -0.5], 0.8)];
        let shape = ClumpShape::new(&spheres).expect("a clump");
        // Turned back by its rotation, its spheres are where they were.
        let [x, y, z, w] = shape.rotation;
        for ((at, _), (own, _)) in spheres.iter().zip(&shape.spheres) {
            let [a, b, c] = *own;
            let t = [2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)];
            let back = [a + w * t[0] + y * t[2] - z * t[1], b + w * t[1] + z * t[0] - x * t[2], c + w * t[2] + x * t[1] - y * t[0]];
            for axis in 0..3 {
                assert!((back[axis] * shape.radius + shape.centre[axis] - at[axis]).abs() < 1e-12, "{back:?}, {at:?}");
            }
        }
        // The same shape given along its own axes needs no turning, and has the same moments.
        let again = ClumpShape::new(&shape.spheres).expect("a clump");
        for axis in 0..3 {
            assert!((again.inertia[axis] / shape.inertia[axis] - 1.0).abs() < 1e-3, "{again:?}");
        }
    }

    #[test]
    fn bad_clumps_are_refused() {
        let refused = |spheres: &[([f64; 3], f64)]| ClumpShape::new(spheres).expect_err("a bad clump").to_string();
        let one = ([0.0; 3], 1.0);
        assert!(refused(&[one]).contains("2 to 8"));
        assert!(refused(&[one, ([3.0, 0.0, 0.0], 1.0)]).contains("touches none"));
        assert!(refused(&[one, one]).contains("lies within"));
        assert!(refused(&[one, ([1.0, 0.0, 0.0], 0.0)]).contains("radii"));
    }
}
