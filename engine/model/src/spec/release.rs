//! What lets parts into the line, as written: a limit of the work in process. Knows nothing about who is limited.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Constant work in process: its Sources release a part only while fewer of their parts than `limit` are in the line. Meanwhile
/// a Source is blocked and its arrival clock stands; with `when_occupied: Lose` the part is turned away. Of several that
/// wait the first that came goes first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Conwip")]
pub struct ConwipSpec {
    /// Most parts at once [parts].
    pub limit: u32,
    /// The Sources whose parts count.
    pub sources: Vec<String>,
    /// Elements up to which a part counts: it no longer does once it comes onto one of them. In any case it ceases to count
    /// when it leaves the line or falls off it.
    #[serde(default)]
    pub until: Vec<String>,
}
