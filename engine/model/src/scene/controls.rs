//! The line's controls, checked: rules in order of priority.

use super::ElementId;
use crate::condition::Condition;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// While it is active, it does something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    /// About the line alone.
    pub when: Condition,
    /// Never empty.
    pub actions: Vec<Action>,
    /// `None`: it ends when `when` no longer holds.
    pub until: Option<Condition>,
    pub on_delay: Time,
    pub off_delay: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    Hold(ElementId),
    Release(ElementId),
    /// Of all drives of a conveyor [m/s], positive.
    SetSpeed {
        element: ElementId,
        speed_mps: f64,
    },
}

impl Action {
    pub fn element(self) -> ElementId {
        match self {
            Action::Hold(element) | Action::Release(element) | Action::SetSpeed { element, .. } => element,
        }
    }
}
