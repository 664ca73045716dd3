//! A plan of the hall, checked. No part of a run's state: nothing stands on it.

use serde::{Deserialize, Serialize};

/// In the world, on the floor [m].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FloorPlan {
    /// Straight strokes from end to end.
    Lines(Vec<[[f64; 2]; 2]>),
    Picture {
        /// The file, which can be decoded.
        png: Vec<u8>,
        /// Lower left, lower right, upper right, upper left.
        corners_m: [[f64; 2]; 4],
    },
}
