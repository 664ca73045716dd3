//! Constant work in process: how many parts of which sources are in the line, and which sources wait for one to go. Decides
//! only whether a source may release; when it does so is its own affair.

use crate::parts::PartId;
use linetwin_model::Scene;
use linetwin_model::scene::ElementId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Of every limit of the scene, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Conwips {
    rows: Vec<Row>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    /// Released, and not yet where they cease to count.
    inside: BTreeSet<PartId>,
    /// Sources that have a part to release, in the order in which they came.
    waiting: Vec<ElementId>,
}

impl Conwips {
    pub fn new(scene: &Scene) -> Self {
        Conwips { rows: vec![Row::default(); scene.conwips.len()] }
    }

    /// Whether a source may release a part now, before all others that wait and do not stand.
    pub fn allow(&self, scene: &Scene, source: ElementId, stands: impl Fn(ElementId) -> bool) -> bool {
        let Some(index) = limit_of(scene, source) else { return true };
        let row = &self.rows[index];
        let first = row.waiting.iter().find(|waiting| !stands(**waiting));
        row.inside.len() < scene.conwips[index].limit as usize && first.is_none_or(|first| *first == source)
    }

    pub fn wait(&mut self, scene: &Scene, source: ElementId) {
        if let Some(index) = limit_of(scene, source)
            && !self.rows[index].waiting.contains(&source)
        {
            self.rows[index].waiting.push(source);
        }
    }

    /// A part is released.
    pub fn release(&mut self, scene: &Scene, part: PartId) {
        if let Some(index) = limit_of(scene, part.source) {
            self.rows[index].inside.insert(part);
            self.rows[index].waiting.retain(|waiting| *waiting != part.source);
        }
    }

    /// A part comes onto an element, perhaps one up to which it counts.
    pub fn reach(&mut self, scene: &Scene, part: PartId, element: ElementId) {
        for (row, conwip) in self.rows.iter_mut().zip(&scene.conwips) {
            if conwip.until.contains(&element) {
                row.inside.remove(&part);
            }
        }
    }

    /// A part is out of the line.
    pub fn forget(&mut self, part: PartId) {
        for row in &mut self.rows {
            row.inside.remove(&part);
        }
    }
}

fn limit_of(scene: &Scene, source: ElementId) -> Option<usize> {
    scene.conwips.iter().position(|conwip| conwip.sources.contains(&source))
}
