//! Exact layers of a picture: how far, which thing, which way a surface looks. Computed on the processor in f64 and not by the
//! renderer, so that no light, filter, driver or rounding of a GPU touches them: every machine writes the same bytes.
//!
//! ```text
//! raster   triangles and balls into layers           things   whose a mesh is: numbers, names, classes
//! boxes    boxes in 2D and 3D, hidden shares, the camera as matrices
//! ```

mod boxes;
mod raster;
mod things;

pub use boxes::{class_numbers, describe};
pub use raster::draw;
pub use things::instances;

#[cfg(test)]
mod tests;
