//! What has been told of a playback since its history began, in words. Bounded; knows no panel.

use linetwin_model::scene::{ElementId, Scene};
use linetwin_model::{Time, scene::Outcome};
use linetwin_run::playback::{Bookmark, News};
use linetwin_sim::event::{Event, EventKind};
use linetwin_sim::parts::PartId;
use linetwin_sim::port::Seen;
use std::collections::{BTreeMap, VecDeque};

/// Lines that are kept.
const LINES_MAX: usize = 20_000;

pub struct Line {
    pub at: Time,
    pub words: String,
    pub element: Option<ElementId>,
    pub part: Option<PartId>,
    /// Something is wrong.
    pub is_alarm: bool,
}

impl Line {
    pub fn concerns(&self, thing: Seen) -> bool {
        match thing {
            Seen::Element(element) => self.element == Some(element),
            Seen::Part(part) => self.part == Some(part),
            Seen::Floor => false,
        }
    }
}

#[derive(Default)]
pub struct EventLog {
    pub lines: VecDeque<Line>,
    /// What came before is not known here: where the last jump led to.
    pub since: Time,
    /// Lines that were given up.
    pub gone: u64,
    /// Since when each element is in its state.
    pub state_since: BTreeMap<ElementId, Time>,
    /// Parts that jam, and where.
    pub jams: BTreeMap<(ElementId, PartId), Time>,
}

impl EventLog {
    pub fn take(&mut self, scene: &Scene, news: &mut News) {
        if let Some(since) = news.restarted_at {
            *self = EventLog { since, ..EventLog::default() };
        }
        self.gone += news.dropped;
        for event in std::mem::take(&mut news.events) {
            self.note(&event);
            let Some(line) = line_of(scene, &event) else { continue };
            if self.lines.len() == LINES_MAX {
                self.lines.pop_front();
                self.gone += 1;
            }
            self.lines.push_back(line);
        }
    }

    fn note(&mut self, event: &Event) {
        match event.kind {
            EventKind::StateChanged { element, .. } => _ = self.state_since.insert(element, event.at),
            EventKind::JamBegan { element, part } => _ = self.jams.insert((element, part), event.at),
            EventKind::JamEnded { element, part } => _ = self.jams.remove(&(element, part)),
            EventKind::PartLeft { part, .. } => self.jams.retain(|(_, jammed), _| *jammed != part),
            _ => {}
        }
    }
}

pub fn part_name(scene: &Scene, part: PartId) -> String {
    format!("{}#{}", scene.element(part.source).name, part.serial)
}

/// `None`: it happens so often that nobody reads it.
fn line_of(scene: &Scene, event: &Event) -> Option<Line> {
    if let Some(bookmark) = Bookmark::of(scene, event) {
        let Bookmark { at, element, part, words, .. } = bookmark;
        return Some(Line { at, words: words.to_string(), element, part, is_alarm: true });
    }
    let on = |element: ElementId| scene.element(element).name.as_str();
    let name = |part: PartId| part_name(scene, part);
    let mode = |element: ElementId, mode: u32| {
        scene.element(element).failures.get(mode as usize).map_or(String::new(), |failure| failure.mode.clone())
    };
    use EventKind::*;
    let (element, part, words) = match event.kind {
        PartEntered { part, element } => (element, Some(part), format!("{} enters at {}", name(part), on(element))),
        PartMoved { part, from, to } => (to, Some(part), format!("{} goes from {} to {}", name(part), on(from), on(to))),
        PartPutIn { part, into, element } => (element, Some(part), format!("{} goes into {} at {}", name(part), name(into), on(element))),
        PartTakenOut { part, from, element } => {
            (element, Some(part), format!("{} is taken out of {} at {}", name(part), name(from), on(element)))
        }
        PartFilled { part, element, added_kg, mass_kg } => {
            (element, Some(part), format!("{} is filled with {added_kg:.3} kg at {}: {mass_kg:.3} kg", name(part), on(element)))
        }
        PartCompleted { part, element, .. } => (element, Some(part), format!("{} is completed at {}", name(part), on(element))),
        PartSeparated { part, element, .. } => (element, Some(part), format!("{} is taken apart at {}", name(part), on(element))),
        PartLeft { part, element, outcome, .. } => {
            let how = match outcome {
                Outcome::Good => "good",
                Outcome::Reject => "rejected",
                Outcome::Scrap => "scrap",
            };
            (element, Some(part), format!("{} leaves at {}: {how}", name(part), on(element)))
        }
        CycleStarted { element, part } => (element, Some(part), format!("{} begins with {}", on(element), name(part))),
        CycleEnded { element, part } => (element, Some(part), format!("{} is done with {}", on(element), name(part))),
        WorkMissed { element, part } => (element, Some(part), format!("{} misses {}", on(element), name(part))),
        WorkJudged { element, part, passed, .. } => {
            (element, Some(part), format!("{} {} {}", on(element), if passed { "passes" } else { "fails" }, name(part)))
        }
        NoRead { element, part } => (element, Some(part), format!("{} reads nothing on {}", on(element), name(part))),
        Routed { element, part, .. } => (element, Some(part), format!("{} routes {}", on(element), name(part))),
        LaneFull { element, part } => (element, Some(part), format!("the lane of {} is full for {}", on(element), name(part))),
        StateChanged { element, state, .. } => (element, None, format!("{} is {}", on(element), state.name())),
        FailureEnded { element, mode: which } => (element, None, format!("{} is repaired: {}", on(element), mode(element, which))),
        RepairBegan { element, mode: which } => (element, None, format!("repair of {} begins: {}", on(element), mode(element, which))),
        FaultEnded { element, .. } => (element, None, format!("{} senses again", on(element))),
        CrewCalled { crew, element } => (element, None, format!("{} calls {}", on(element), scene.crews[crew as usize].name)),
        CrewCame { crew, element } => (element, None, format!("{} comes to {}", scene.crews[crew as usize].name, on(element))),
        CrewLeft { crew, element } => (element, None, format!("{} leaves {}", scene.crews[crew as usize].name, on(element))),
        JamEnded { element, part } => (element, Some(part), format!("the jam of {} on {} ends", name(part), on(element))),
        ClearingBegan { element, .. } => (element, None, format!("clearing of {} begins", on(element))),
        ClearingEnded { element, took, .. } => (element, None, format!("{} is cleared after {:.1} s", on(element), took.as_seconds())),
        Freed { element } => (element, None, format!("{} is free again", on(element))),
        _ => return None,
    };
    Some(Line { at: event.at, words, element: Some(element), part, is_alarm: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::pick::tests::line;

    #[test]
    fn a_part_has_a_history_and_a_jump_begins_a_new_one() {
        let (scene, _, moment) = line(5.0);
        let (belt, dock) = (scene.element_named("belt").expect("a belt"), scene.element_named("dock").expect("a dock"));
        let part = moment.parts[0].id;
        let told = |seconds: f64, kind: EventKind| Event { at: Time::from_seconds(seconds), kind };
        let mut log = EventLog::default();
        let events = vec![
            told(1.0, EventKind::PartEntered { part, element: belt }),
            told(2.0, EventKind::EyeBlocked { element: belt, eye: 0 }),
            told(3.0, EventKind::JamBegan { element: belt, part }),
            told(4.0, EventKind::PartLeft { part, element: dock, outcome: Outcome::Good, part_type: moment.parts[0].part_type }),
        ];
        log.take(&scene, &mut News { events, ..News::default() });
        let words: Vec<&str> = log.lines.iter().map(|line| line.words.as_str()).collect();
        assert_eq!(words, ["in#0 enters at belt", "in#0 jams on belt", "in#0 leaves at dock: good"]);
        assert!(log.lines[1].is_alarm && log.lines.iter().all(|line| line.concerns(Seen::Part(part))));
        assert!(log.jams.is_empty(), "what has left jams no more");
        log.take(&scene, &mut News { restarted_at: Some(Time::from_seconds(9.0)), ..News::default() });
        assert!(log.lines.is_empty() && log.since == Time::from_seconds(9.0));
    }
}
