//! How what is rigid moves, from its momentum and spin in quanta: bodies and clumps alike. Singles in one written order.

use super::Scales;
use super::contact::dot;
use super::fixed::to_float;

/// Directions that turn with what is rigid, as rows of the matrix that turns vectors.
#[inline(always)]
pub fn axes_of([x, y, z, w]: [f32; 4]) -> [[f32; 3]; 3] {
    let twice = 2.0 / (((x * x + y * y) + z * z) + w * w);
    [
        [1.0 - twice * (y * y + z * z), twice * (x * y - z * w), twice * (x * z + y * w)],
        [twice * (x * y + z * w), 1.0 - twice * (x * x + z * z), twice * (y * z - x * w)],
        [twice * (x * z - y * w), twice * (y * z + x * w), 1.0 - twice * (x * x + y * y)],
    ]
}

#[inline(always)]
pub fn turned(axes: [[f32; 3]; 3], vector: [f32; 3]) -> [f32; 3] {
    [dot(axes[0], vector), dot(axes[1], vector), dot(axes[2], vector)]
}

#[inline(always)]
pub fn turned_back(axes: [[f32; 3]; 3], vector: [f32; 3]) -> [f32; 3] {
    [0, 1, 2].map(|part: usize| (axes[0][part] * vector[0] + axes[1][part] * vector[1]) + axes[2][part] * vector[2])
}

/// Velocity [m/s] of a momentum.
#[inline(always)]
pub fn velocity_of([px, py, pz]: [i64; 3], mass_kg: f32, scales: &Scales) -> [f32; 3] {
    let by_mass = scales.momentum_per_quantum / mass_kg;
    [to_float(px) * by_mass, to_float(py) * by_mass, to_float(pz) * by_mass]
}

/// Angular velocity [rad/s] of a spin, with moments of inertia about the axes [kg m2].
#[inline(always)]
pub fn turning_of([lx, ly, lz]: [i64; 3], inertia: [f32; 3], axes: [[f32; 3]; 3], scales: &Scales) -> [f32; 3] {
    let by = scales.spin_per_quantum;
    let own = turned_back(axes, [to_float(lx) * by, to_float(ly) * by, to_float(lz) * by]);
    turned(axes, [own[0] / inertia[0], own[1] / inertia[1], own[2] / inertia[2]])
}

/// How a quaternion changes, twice.
#[inline(always)]
pub fn rates_of([a, b, c]: [f32; 3], [x, y, z, w]: [f32; 4]) -> [f32; 4] {
    [(a * w + b * z) - c * y, (b * w + c * x) - a * z, (c * w + a * y) - b * x, -((a * x + b * y) + c * z)]
}
