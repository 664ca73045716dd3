//! A hand on the line's wires: which I/O points an element has, what they are forced to, and what of that makes the line another one
//! than was opened. Knows no panel.

use super::session::Session;
use linetwin_model::scene::ElementId;
use linetwin_run::playback::PointNow;
use linetwin_sim::io::{IoValue, Signal};
use serde_json::json;

/// An element's I/O point as it is now.
pub struct Wire {
    pub name: String,
    pub signal: Signal,
    pub now: PointNow,
}

impl Session {
    /// The points of an element, in their order.
    pub fn wires(&self, element: ElementId) -> Vec<Wire> {
        let Some(picture) = self.picture() else { return Vec::new() };
        let (stage, now) = (&picture.stage, &picture.latest.points);
        let all = stage.points.iter().zip(now).filter(|((_, signal), _)| signal.element(&stage.scene) == element);
        all.map(|((name, signal), now)| Wire { name: name.clone(), signal: *signal, now: *now }).collect()
    }

    /// A recorded run stays what it was; its what-ifs do not.
    pub fn can_force(&self) -> bool {
        self.edits.is_some() || self.looks_at_branch
    }

    /// From the next step on; `None` lets go of it.
    pub fn force(&mut self, point: &str, force: Option<IoValue>) {
        if self.played().playback.force(point, force).is_ok() {
            self.journal.tell("forced", json!({ "point": point, "value": force.map(told), "step": self.status().step }));
        }
    }

    /// The line as it is without a hand on it.
    pub fn let_go(&mut self) {
        if self.played().playback.let_go().is_ok() {
            self.journal.tell("let go", json!({ "inputs": self.status().hand.len() }));
        }
    }
}

pub fn told(value: IoValue) -> String {
    match value {
        IoValue::Bool(true) => "on".to_string(),
        IoValue::Bool(false) => "off".to_string(),
        IoValue::Number(number) => format!("{number}"),
    }
}
