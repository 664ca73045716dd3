//! Circles of conveyors that can fill until nothing on them moves. Computed from the graph: a circle, a merge by which parts
//! come into it from outside although it is full, and nothing that limits how many. Says how many parts that takes; whether
//! they come is up to the run. (More carriers than zones: `circuit`.)

use super::Checker;
use super::flow::{Passing, successors};
use super::goods::mean_length;
use crate::diagnostic::Diagnostic;
use crate::scene::*;

impl Checker<'_, '_> {
    pub(super) fn deadlocks(&mut self, scene: &Scene, passing: &[Vec<Passing>]) {
        let next: Vec<Vec<ElementId>> = scene
            .element_ids()
            .map(|id| successors(scene, id).into_iter().filter(|next| !passing[next.index()].is_empty()).collect())
            .collect();
        let before: Vec<Vec<ElementId>> =
            scene.element_ids().map(|id| scene.element_ids().filter(|from| next[from.index()].contains(&id)).collect()).collect();
        for id in scene.element_ids() {
            let ElementKind::Merge(merge) = &scene.element(id).kind else { continue };
            let host = scene.conveyor(scene.spot(merge.window).host).element;
            let Some(side) = scene.edges.iter().find(|edge| scene.port(edge.to).element == id).map(|edge| scene.port(edge.from).element)
            else {
                continue;
            };
            let (downstream, upstream) = (reached(&[host], &next), reached(&[host], &before));
            let circle: Vec<ElementId> =
                scene.element_ids().filter(|element| downstream[element.index()] && upstream[element.index()]).collect();
            let closed = next[host.index()].iter().any(|after| circle.contains(after));
            let ring = matches!(&scene.element(host).kind, ElementKind::ZoneConveyor(zones) if zones.ring);
            // Where what goes round has priority, parts come in only while there is a gap, and a last gap stays. Carriers on
            // zones leave gaps between them that are no free zone.
            let waits_for_a_gap = merge.priority == MergePriority::Host && !ring;
            if closed && !circle.contains(&side) && !waits_for_a_gap {
                self.full_circle(scene, id, &circle, &reached(&[side], &before), passing);
            }
        }
    }

    /// `feeding`: the elements from which parts come to the merge's side.
    fn full_circle(&mut self, scene: &Scene, merge: ElementId, circle: &[ElementId], feeding: &[bool], passing: &[Vec<Passing>]) {
        let sources: Vec<ElementId> = scene
            .element_ids()
            .filter(
                |id| matches!(&scene.element(*id).kind, ElementKind::Source(source) if feeding[scene.carrier_behind(source.into).index()]),
            )
            .collect();
        let places = places(scene, circle, passing);
        let limited =
            scene.conwips.iter().any(|conwip| f64::from(conwip.limit) < places && sources.iter().all(|id| conwip.sources.contains(id)));
        let made = sources.iter().map(|id| match &scene.element(*id).kind {
            ElementKind::Source(source) => source.limit.map_or(f64::INFINITY, |limit| limit as f64),
            _ => 0.0,
        });
        let held = scene.controls.iter().flat_map(|rule| &rule.actions).any(|action| match action {
            Action::Hold(held) => sources.contains(held) || feeding[held.index()] || *held == merge,
            Action::Release(_) | Action::SetSpeed { .. } => false,
        });
        if limited || held || made.sum::<f64>() < places {
            return;
        }
        let names: Vec<String> = circle.iter().map(|id| format!("`{}`", self.name(id.index()))).collect();
        let round = if names.len() == 1 { names[0].clone() } else { format!("the circle of {}", names.join(", ")) };
        let message = format!("`{}` can fill {round} with {places:.0} parts, until nothing moves", self.name(merge.index()));
        let mut problem = Diagnostic::warning("deadlock-prone", self.at.name_span(&self.element_path(merge.index())), message);
        for source in &sources {
            problem = problem.related(self.at.name_span(&self.element_path(source.index())), "nothing limits how many come from here");
        }
        let limit = places.clamp(2.0, 1e9) - 1.0;
        let first = sources.first().map_or("NAME", |id| self.name(id.index()));
        let by_limit = format!("limit them, conwip: [Conwip(limit: {limit:.0}, sources: [\"{first}\"])], or hold them by a rule");
        let ring = circle.iter().all(|id| matches!(&scene.element(*id).kind, ElementKind::ZoneConveyor(zones) if zones.ring));
        self.push(problem.help(if ring { by_limit } else { format!("let what goes round go first, `priority: Host`; or {by_limit}") }));
    }
}

/// How many parts stand on these elements when they are full [parts].
fn places(scene: &Scene, circle: &[ElementId], passing: &[Vec<Passing>]) -> f64 {
    let of = |id: &ElementId| match &scene.element(*id).kind {
        ElementKind::ZoneConveyor(zones) => zones.zones.len() as f64,
        ElementKind::Buffer(buffer) => f64::from(buffer.capacity),
        ElementKind::Carriage(_) => 1.0,
        ElementKind::Conveyor(conveyor) => {
            let lengths: Vec<f64> = passing[id.index()].iter().map(|part| mean_length(&scene.part_types[part.part_type.index()])).collect();
            let mean_m = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
            if mean_m > 0.0 { (scene.conveyor(*conveyor).path.length() / mean_m).floor() } else { f64::INFINITY }
        }
        _ => 0.0,
    };
    circle.iter().map(of).sum()
}

/// By element: whether it is one of these or can be reached from one.
fn reached(from: &[ElementId], next: &[Vec<ElementId>]) -> Vec<bool> {
    let mut reached = vec![false; next.len()];
    let mut waiting = from.to_vec();
    while let Some(id) = waiting.pop() {
        if !std::mem::replace(&mut reached[id.index()], true) {
            waiting.extend(&next[id.index()]);
        }
    }
    reached
}
