//! Boxes that lie as they like, and how deep they stand in each other, or in a surface of triangles. Knows nothing about whose they are.

use crate::geometry::{Pose, Vec3, cross, dot, length, scale, sub};

/// A box around `middle`: half of its length, width and height along forward, left and up [m].
#[derive(Clone, Copy, Debug)]
pub struct SolidBox {
    pub middle: Pose,
    pub half_m: Vec3,
}

impl SolidBox {
    fn axes(&self) -> [Vec3; 3] {
        [self.middle.forward, self.middle.left, self.middle.up()]
    }

    /// From its middle to the outermost corner along a unit `axis` [m].
    fn reach_m(&self, axis: Vec3) -> f64 {
        let axes = self.axes();
        (0..3).map(|k| self.half_m[k] * dot(axes[k], axis).abs()).sum()
    }

    /// Lowest and highest coordinate of each axis of the world [m].
    pub fn bounds(&self) -> [Vec3; 2] {
        let reach = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|axis| self.reach_m(axis));
        let at = self.middle.position;
        [[at[0] - reach[0], at[1] - reach[1], at[2] - reach[2]], [at[0] + reach[0], at[1] + reach[1], at[2] + reach[2]]]
    }

    /// The shortest way by which one must move so that they only touch [m]; `None` where they are apart. By the separating
    /// axes of two boxes: the normals of their faces, and what stands square to an edge of each.
    pub fn depth_in(&self, other: &SolidBox) -> Option<f64> {
        /// Edges nearly in line have no axis of their own.
        const PARALLEL: f64 = 1e-6;
        let (own, others) = (self.axes(), other.axes());
        let away = sub(other.middle.position, self.middle.position);
        let edges = own.iter().flat_map(|a| others.iter().map(|b| cross(*a, *b)));
        let axes = own.iter().chain(&others).copied().chain(edges).filter(|axis| length(*axis) > PARALLEL);
        let depth = axes.map(|axis| {
            let axis = scale(axis, 1.0 / length(axis));
            self.reach_m(axis) + other.reach_m(axis) - dot(away, axis).abs()
        });
        depth.reduce(f64::min).filter(|depth| *depth > 0.0)
    }
}

/// The corners of one piece of a surface [m].
pub type Triangle = [Vec3; 3];

impl SolidBox {
    /// The shortest way by which a triangle must move so that it only touches the box [m]; `None` where they are apart. By the
    /// separating axes: the normals of the box and of the triangle, and what stands square to an edge of each.
    pub fn depth_of(&self, triangle: &Triangle) -> Option<f64> {
        /// Edges nearly in line have no axis of their own [m].
        const PARALLEL: f64 = 1e-9;
        let own = self.axes();
        let [a, b, c] = triangle.map(|corner| sub(corner, self.middle.position));
        let edges = [sub(b, a), sub(c, b), sub(a, c)];
        let square = own.iter().flat_map(|axis| edges.iter().map(|edge| cross(*axis, *edge)));
        let axes = own.into_iter().chain([cross(edges[0], edges[1])]).chain(square).filter(|axis| length(*axis) > PARALLEL);
        let depth = axes.map(|axis| {
            let axis = scale(axis, 1.0 / length(axis));
            let along = [a, b, c].map(|corner| dot(corner, axis));
            let (low, high) = (along[0].min(along[1]).min(along[2]), along[0].max(along[1]).max(along[2]));
            let reach_m = self.reach_m(axis);
            (high + reach_m).min(reach_m - low)
        });
        depth.reduce(f64::min).filter(|depth| *depth > 0.0)
    }
}

/// Whether the bounds of two things leave room between them.
pub fn bounds_apart(a: &[Vec3; 2], b: &[Vec3; 2]) -> bool {
    (0..3).any(|axis| a[0][axis] > b[1][axis] || b[0][axis] > a[1][axis])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube(position: Vec3, heading: f64, pitch: f64) -> SolidBox {
        SolidBox { middle: Pose::new(position, heading, pitch), half_m: [0.5; 3] }
    }

    #[test]
    fn a_triangle_is_as_deep_in_a_box_as_its_shortest_way_out() {
        let (level, eighth) = (cube([0.0; 3], 0.0, 0.0), std::f64::consts::FRAC_PI_4);
        let wall = |x: f64| [[x, -9.0, -9.0], [x, 9.0, -9.0], [x, 0.0, 9.0]];
        assert!((level.depth_of(&wall(0.3)).unwrap() - 0.2).abs() < 1e-12, "a wall through it");
        assert_eq!(level.depth_of(&wall(0.51)), None);
        assert!((cube([0.0; 3], eighth, 0.0).depth_of(&wall(0.51)).unwrap() - (0.5_f64.sqrt() - 0.51)).abs() < 1e-12, "its edge");
        // A corner reaches in; a small one is wholly inside.
        assert!((level.depth_of(&[[0.4, 0.0, 0.0], [3.0, -1.0, 0.0], [3.0, 1.0, 0.0]]).unwrap() - 0.1).abs() < 1e-12);
        assert!((level.depth_of(&[[0.1, 0.0, 0.0], [0.2, 0.0, 0.1], [0.2, 0.1, 0.0]]).unwrap() - 0.4).abs() < 1e-12);
        // Past an upright edge: only an axis square to both edges tells.
        assert_eq!(level.depth_of(&[[0.9, 0.2, 0.0], [0.2, 0.9, 0.0], [0.9, 0.9, 0.3]]), None);
    }

    #[test]
    fn boxes_overlap_by_the_shortest_way_out() {
        let (origin, eighth) = (cube([0.0; 3], 0.0, 0.0), std::f64::consts::FRAC_PI_4);
        let depth = |other: SolidBox| origin.depth_in(&other);
        assert!((depth(cube([0.9, 0.2, 0.0], 0.0, 0.0)).unwrap() - 0.1).abs() < 1e-12);
        assert_eq!(depth(cube([1.01, 0.0, 0.0], 0.0, 0.0)), None);
        // Turned by 45 degrees, an edge reaches 0.707 m.
        assert!((depth(cube([1.1, 0.0, 0.0], eighth, 0.0)).unwrap() - (0.5 + 0.5_f64.sqrt() - 1.1)).abs() < 1e-12);
        assert_eq!(depth(cube([1.25, 0.0, 0.0], eighth, 0.0)), None);
        // Edge against edge, upright against level, 0.707 m from either middle: the faces alone would see an overlap.
        let (upright, level) = (cube([0.0; 3], eighth, 0.0), |x| cube([x, 0.0, 0.0], 0.0, eighth));
        assert_eq!(upright.depth_in(&level(1.43)), None);
        assert!((upright.depth_in(&level(1.36)).unwrap() - (2.0_f64.sqrt() - 1.36)).abs() < 1e-12);
    }
}
