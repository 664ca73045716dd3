//! From event to event: where a transport knows when something happens next, time jumps there, and the line decides at that
//! very instant. Knows neither what the line decides nor how parts move.

use crate::event::Event;
use crate::line::{Control, Line};
use crate::parts::Parts;
use crate::port::{Fact, Jumps, Traffic, Wish};
use linetwin_model::{Scene, Time};

/// So often the line may decide at one instant: more is a circle that never ends.
const PASSES_MAX: u32 = 100_000;

/// A line and its transport, from the instant at which they stand to a later one.
pub struct Jump<'a> {
    pub scene: &'a Scene,
    pub line: &'a mut Line,
    pub parts: &'a mut Parts,
    pub transport: &'a mut dyn Jumps,
    /// What others tell the line at the end of the jump; none are left.
    pub facts: &'a mut Vec<Fact>,
    /// All that the line wished on the way is added.
    pub wishes: &'a mut Vec<Wish>,
    /// In order of time.
    pub events: &'a mut Vec<Event>,
    /// Where somebody listens.
    pub tap: Option<&'a mut Vec<Traffic>>,
}

/// Adds what the line was told, and what it then wished.
pub fn listen(tap: &mut Vec<Traffic>, facts: &[Fact], wishes: &[Wish], now: Time) {
    tap.extend(facts.iter().map(|fact| Traffic::Fact(*fact)));
    tap.extend(wishes.iter().map(|wish| Traffic::Wish(now, wish.clone())));
}

impl Jump<'_> {
    /// Everything that happens up to `until`, which included.
    pub fn to(&mut self, until: Time) {
        let mut facts: Vec<Fact> = Vec::new();
        let follows_drives = self.line.follows_drives();
        loop {
            let next = [self.line.next_at(), self.transport.next_at()].into_iter().flatten().min();
            let now = next.map_or(until, |next| next.min(until));
            // Where tokens only turned to something else, the line has nothing to decide.
            let (mut passes, mut asked) = (0, follows_drives || self.line.is_asked());
            loop {
                self.transport.go_to(self.scene, now);
                if follows_drives {
                    self.transport.count(self.scene);
                }
                facts.clear();
                self.transport.sense(self.scene, now, &mut facts);
                if now >= until {
                    facts.append(self.facts);
                }
                let is_due = self.line.next_at().is_some_and(|at| at <= now);
                if !asked && facts.is_empty() && !is_due {
                    break;
                }
                let first_wish = self.wishes.len();
                let decided_at_its_end = self.line.control(&mut Control {
                    scene: self.scene,
                    now,
                    facts: &facts,
                    encoders_m: self.transport.encoders_m(),
                    parts: self.parts,
                    wishes: self.wishes,
                    events: self.events,
                });
                let wishes = &self.wishes[first_wish..];
                if let Some(tap) = &mut self.tap {
                    listen(tap, &facts, wishes, now);
                }
                self.transport.accept(self.scene, self.parts, wishes, now);
                // What was decided may have to be followed by something else at the same instant: a hold that was opened is closed
                // again.
                asked = !wishes.is_empty() || decided_at_its_end;
                if !asked {
                    break;
                }
                passes += 1;
                assert!(passes < PASSES_MAX, "the line goes round in a circle at {} s: {wishes:?}", now.as_seconds());
            }
            if now >= until {
                break;
            }
        }
        self.transport.count(self.scene);
    }
}
