//! What stations do with parts, as written, beside the stations themselves. Knows nothing about names it refers to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of a part whose last try failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Then")]
pub enum ThenSpec {
    /// It goes on.
    #[default]
    Pass,
    /// It is scrap: taken out at the station.
    Scrap,
}
