//! How jams are cleared, checked: entries in order, each with the elements it is about.

use super::{CrewNeed, ElementId};
use crate::distribution::Distribution;
use serde::{Deserialize, Serialize};

/// Of several that fit, the first counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clearing {
    /// In scene order. Never empty.
    pub elements: Vec<ElementId>,
    /// Never empty.
    pub of: Vec<Cleared>,
    pub by: ClearBy,
    /// From the call, or from when somebody of the crew is free, to the begin of the work [s].
    pub response_s: Distribution,
    /// The work; of a reverse, how long it runs backwards [s].
    pub clear_s: Distribution,
    pub crew: Option<CrewNeed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cleared {
    Jam,
    TipOver,
    Skew,
    Drop,
    Overlap,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClearBy {
    Remove,
    Straighten,
    /// Up to so many times in a row, at least once.
    Reverse {
        tries: u32,
    },
}

impl Clearing {
    pub fn fits(&self, element: ElementId, cleared: Cleared) -> bool {
        self.of.contains(&cleared) && self.elements.contains(&element)
    }
}
