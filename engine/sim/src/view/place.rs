//! Where something is: a point and a turn, in the numbers that pictures are made of.

use linetwin_model::geometry::Pose;

/// A point [m] and a unit quaternion x, y, z, w: from the thing's own space into the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub position_m: [f32; 3],
    pub rotation: [f32; 4],
}

impl Default for Place {
    fn default() -> Self {
        Place { position_m: [0.0; 3], rotation: [0.0, 0.0, 0.0, 1.0] }
    }
}

impl Place {
    /// X along the pose's forward, y along its left, z up from it.
    pub fn of(pose: &Pose) -> Self {
        let rotation = quaternion([pose.forward, pose.left, pose.up()]);
        Place { position_m: pose.position.map(|value| value as f32), rotation: rotation.map(|value| value as f32) }
    }

    /// A vector of the thing's own space, in the world.
    pub fn turned(&self, v: [f32; 3]) -> [f32; 3] {
        let [x, y, z, w] = self.rotation;
        let t = [2.0 * (y * v[2] - z * v[1]), 2.0 * (z * v[0] - x * v[2]), 2.0 * (x * v[1] - y * v[0])];
        [v[0] + w * t[0] + y * t[2] - z * t[1], v[1] + w * t[1] + z * t[0] - x * t[2], v[2] + w * t[2] + x * t[1] - y * t[0]]
    }

    /// A point of the thing's own space, in the world [m].
    pub fn point(&self, p: [f32; 3]) -> [f32; 3] {
        let turned = self.turned(p);
        std::array::from_fn(|axis| self.position_m[axis] + turned[axis])
    }

    /// `inner`, which is told in this one's space, in the world.
    pub fn holding(&self, inner: &Place) -> Place {
        let ([ax, ay, az, aw], [bx, by, bz, bw]) = (self.rotation, inner.rotation);
        let rotation = [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ];
        Place { position_m: self.point(inner.position_m), rotation }
    }
}

/// Of three axes at right angles (Shepperd 1978: the largest part first, so that nothing small is divided by).
fn quaternion([x, y, z]: [[f64; 3]; 3]) -> [f64; 4] {
    let four = [1.0 + x[0] - y[1] - z[2], 1.0 - x[0] + y[1] - z[2], 1.0 - x[0] - y[1] + z[2], 1.0 + x[0] + y[1] + z[2]];
    let largest = (0..4).fold(0, |best, next| if four[next] > four[best] { next } else { best });
    let raw = match largest {
        0 => [four[0], x[1] + y[0], z[0] + x[2], y[2] - z[1]],
        1 => [x[1] + y[0], four[1], y[2] + z[1], z[0] - x[2]],
        2 => [z[0] + x[2], y[2] + z[1], four[2], x[1] - y[0]],
        _ => [y[2] - z[1], z[0] - x[2], x[1] - y[0], four[3]],
    };
    let length = raw.iter().map(|value| value * value).sum::<f64>().sqrt();
    raw.map(|value| value / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounding of f32.
    const TOLERANCE: f32 = 1e-6;

    #[test]
    fn a_place_turns_its_axes_onto_those_of_the_pose() {
        for heading in [-3.1, -1.6, -0.4, 0.0, 0.9, 2.2, std::f64::consts::PI] {
            for pitch in [-0.5, 0.0, 0.7] {
                let pose = Pose::new([1.0, -2.0, 0.8], heading, pitch);
                let place = Place::of(&pose);
                for (own, axis) in [([1.0, 0.0, 0.0], pose.forward), ([0.0, 1.0, 0.0], pose.left), ([0.0, 0.0, 1.0], pose.up())] {
                    let found = place.turned(own);
                    assert!((0..3).all(|k| (found[k] - axis[k] as f32).abs() < TOLERANCE), "{heading} {pitch}: {found:?}, not {axis:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_held_goes_along() {
        let outer = Place::of(&Pose::new([1.0, 2.0, 3.0], 0.7, 0.2));
        let inner = Place::of(&Pose::new([0.1, -0.2, 0.3], 1.1, 0.0));
        let (both, p) = (outer.holding(&inner), [0.4, 0.5, -0.6]);
        let (found, expected) = (both.point(p), outer.point(inner.point(p)));
        assert!((0..3).all(|k| (found[k] - expected[k]).abs() < 4.0 * TOLERANCE), "{found:?}, not {expected:?}");
    }
}
