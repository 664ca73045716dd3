//! Cameras, checked. No part of a run's state: they see, and nothing sees them.

use super::CarriageId;
use crate::geometry::{Pose, Vec3, add, dot, scale, sub};
use serde::{Deserialize, Serialize};

/// A pinhole that looks along `pose.forward`, with `pose.left` to the left of its pictures and `pose.up()` at their upper edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    pub name: String,
    /// In world space, or in that of the platform: forward, left and up from the middle of its surface [m].
    pub pose: Pose,
    /// The platform that it travels with.
    pub mount: Option<CarriageId>,
    /// Width and height [px].
    pub size_px: [u32; 2],
    /// Across the width [rad].
    pub fov_rad: f64,
    /// Nearest and farthest [m].
    pub range_m: [f64; 2],
    pub rate_hz: f64,
    /// In the order in which they are asked for, each once.
    pub sees: Vec<CameraKind>,
}

pub use crate::spec::CameraKindSpec as CameraKind;

impl Camera {
    /// Its pose in the world, on a platform whose middle is there.
    pub fn on(&self, platform: &Pose) -> Pose {
        let turned = |v: Vec3| add(add(scale(platform.forward, v[0]), scale(platform.left, v[1])), scale(platform.up(), v[2]));
        Pose {
            position: add(platform.position, turned(self.pose.position)),
            forward: turned(self.pose.forward),
            left: turned(self.pose.left),
        }
    }

    /// Focal length, the same across and along [px].
    pub fn focal_px(&self) -> f64 {
        f64::from(self.size_px[0]) / (2.0 * libm::tan(self.fov_rad / 2.0))
    }

    /// Field of view along the height [rad].
    pub fn fov_up_rad(&self) -> f64 {
        2.0 * libm::atan(f64::from(self.size_px[1]) / 2.0 / self.focal_px())
    }

    /// Where a point of the world is in the picture of a camera at `pose`: from the upper left corner, to the right and down
    /// [px], and its depth along the axis [m], which is not above 0 for what is behind.
    pub fn project(&self, pose: &Pose, point_m: Vec3) -> ([f64; 2], f64) {
        let offset = sub(point_m, pose.position);
        let [depth_m, left_m, up_m] = [pose.forward, pose.left, pose.up()].map(|axis| dot(offset, axis));
        let f = self.focal_px() / depth_m;
        let [width, height] = self.size_px.map(f64::from);
        ([width / 2.0 - left_m * f, height / 2.0 - up_m * f], depth_m)
    }
}
