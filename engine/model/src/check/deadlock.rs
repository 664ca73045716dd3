//! Circles of conveyors that can fill until nothing on them moves. Computed from the graph: a circle, a merge or a loader by
//! which parts come into it from outside although it is full, and nothing that limits how many; or a spur of a loop that holds
//! all its carriers together with the stretch before it. Says how many parts that takes; whether they come is up to the run.
//! (More carriers than zones: `circuit`.)

use super::Checker;
use super::flow::successors;
use super::goods::mean_length;
use crate::diagnostic::Diagnostic;
use crate::scene::*;

impl Checker<'_, '_> {
    pub(super) fn deadlocks(&mut self, scene: &Scene) {
        let next: Vec<Vec<ElementId>> = scene
            .element_ids()
            .map(|id| successors(scene, id).into_iter().filter(|next| !scene.element(*next).passing.is_empty()).collect())
            .collect();
        let before: Vec<Vec<ElementId>> =
            scene.element_ids().map(|id| scene.element_ids().filter(|from| next[from.index()].contains(&id)).collect()).collect();
        for id in scene.element_ids() {
            let Some(window) = scene.joins(id) else { continue };
            let host = scene.conveyor(scene.spot(window).host).element;
            let Some(side) = scene.edges.iter().find(|edge| scene.port(edge.to).element == id).map(|edge| scene.port(edge.from).element)
            else {
                continue;
            };
            let (downstream, upstream) = (reached(&[host], &next), reached(&[host], &before));
            let circle: Vec<ElementId> =
                scene.element_ids().filter(|element| downstream[element.index()] && upstream[element.index()]).collect();
            // What goes round on a sorter comes to each way off again: it locks where these lead back onto it.
            let sorter = matches!(scene.element(id).kind, ElementKind::Loader(_));
            let closed = next[host.index()].iter().any(|after| circle.contains(after) && !(sorter && *after == host));
            let ring = matches!(&scene.element(host).kind, ElementKind::ZoneConveyor(zones) if zones.ring);
            // Where what goes round has priority, parts come in only while there is a gap, and a last gap stays. Carriers on
            // zones leave gaps between them that are no free zone.
            let first = matches!(&scene.element(id).kind, ElementKind::Merge(merge) if merge.priority == MergePriority::Host);
            let waits_for_a_gap = first && !ring;
            if ring && circle.contains(&side) {
                self.full_spurs(scene, (id, side), &next);
            }
            if closed && !circle.contains(&side) && !waits_for_a_gap {
                self.full_circle(scene, id, &circle, &reached(&[side], &before));
            }
        }
    }

    /// Carriers that go off a loop by a spur and come back by this merge, from `side`: where the spur and the loop from the merge
    /// to the way into the spur are full of them, each waits for the other.
    fn full_spurs(&mut self, scene: &Scene, (merge, side): (ElementId, ElementId), next: &[Vec<ElementId>]) {
        let Some(window) = scene.joins(merge).map(|spot| scene.spot(spot)) else { return };
        let conveyor = scene.conveyor(window.host);
        let ElementKind::ZoneConveyor(zones) = &scene.element(conveyor.element).kind else { return };
        let carriers: u32 = scene.initial.iter().filter(|fill| fill.element == conveyor.element).map(|fill| fill.count).sum();
        // Beside the loop itself.
        let apart: Vec<Vec<ElementId>> =
            next.iter().map(|after| after.iter().copied().filter(|element| *element != conveyor.element).collect()).collect();
        for pusher in scene.pushers.iter().filter(|pusher| pusher.host == window.host) {
            // One that lets carriers pass while the spur is full holds nobody up.
            let waits = matches!(&scene.element(pusher.element).kind, ElementKind::Pusher(logic) if logic.room.is_none());
            let Some(start) = scene.successor(pusher.out_port).map(|port| scene.carrier_behind(port)).filter(|_| waits) else { continue };
            let from_start = reached(&[start], &apart);
            if !from_start[side.index()] {
                continue;
            }
            let spur: Vec<ElementId> =
                scene.element_ids().filter(|id| from_start[id.index()] && reached(&[*id], &apart)[side.index()]).collect();
            let length_m = conveyor.path.length();
            let way_m = |at_m: f64| (at_m - window.at_m).rem_euclid(length_m);
            let middle_m = |zone: &Zone| {
                let drive = &scene.drives[zone.drive.index()];
                f64::midpoint(drive.start_m, drive.end_m)
            };
            let between = zones.zones.iter().filter(|zone| way_m(middle_m(zone)) < way_m(pusher.at_m)).count();
            let places = between as f64 + places(scene, &spur);
            if f64::from(carriers) < places || !places.is_finite() {
                continue;
            }
            let (into, back) = (self.name(pusher.element.index()), self.name(merge.index()));
            let message = format!(
                "`{into}` and `{back}` can wait for each other: {places:.0} of the {carriers} carriers of `{}` fill the way between them, and none moves",
                self.name(conveyor.element.index())
            );
            let problem = Diagnostic::warning("deadlock-prone", self.at.name_span(&self.element_path(merge.index())), message);
            let related = self.at.name_span(&self.element_path(pusher.element.index()));
            let problem = problem.related(related, "here they go off the loop");
            self.push(problem.help("a longer spur, fewer carriers, or `when_full: Pass` where they go off"));
        }
    }

    /// `feeding`: the elements from which parts come to the merge's side.
    fn full_circle(&mut self, scene: &Scene, merge: ElementId, circle: &[ElementId], feeding: &[bool]) {
        let sources: Vec<ElementId> = scene
            .element_ids()
            .filter(
                |id| matches!(&scene.element(*id).kind, ElementKind::Source(source) if feeding[scene.carrier_behind(source.into).index()]),
            )
            .collect();
        let places = places(scene, circle);
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
        let sorter = matches!(scene.element(merge).kind, ElementKind::Loader(_));
        self.push(problem.help(if ring || sorter {
            by_limit
        } else {
            format!("let what goes round go first, `priority: Host`; or {by_limit}")
        }));
    }
}

/// How many parts stand on these elements when they are full [parts].
fn places(scene: &Scene, circle: &[ElementId]) -> f64 {
    let of = |id: &ElementId| match &scene.element(*id).kind {
        ElementKind::ZoneConveyor(zones) => zones.zones.len() as f64,
        ElementKind::Buffer(buffer) => f64::from(buffer.capacity),
        ElementKind::Carriage(_) => 1.0,
        ElementKind::Lift(id) => (scene.lift(*id).way_m() / scene.lift(*id).pitch_m).floor(),
        ElementKind::Conveyor(conveyor) if scene.train_of(*conveyor).is_some() => {
            scene.train_of(*conveyor).map_or(0.0, |train| f64::from(train.count))
        }
        ElementKind::Conveyor(conveyor) => {
            let lengths: Vec<f64> = scene.coming(*id).map(mean_length).collect();
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
