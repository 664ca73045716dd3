//! What sorts parts, checked: readers and diverters. Ids instead of names, nothing that can be wrong.

use super::*;

/// Reads an attribute of a part in motion while its centre passes the spot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scanner {
    pub spot: SpotId,
    pub reads: AttributeId,
    /// Set to what was read; unset where nothing was.
    pub sets: AttributeId,
    /// Probability of a read at each pass [-].
    pub read_rate: f64,
}
