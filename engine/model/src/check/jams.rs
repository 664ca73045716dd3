//! How jams are cleared: whom an entry is about, and whether it can do what it says. Knows nothing about how jams come
//! about.

use super::carriers::has_loose_carriers;
use super::controls::is_driven;
use super::values::{self, Sign};
use super::views::{conveyor, family, travels};
use super::{Checker, top};
use crate::diagnostic::Diagnostic;
use crate::distribution::Distribution;
use crate::scene::{ClearBy, Cleared, Clearing, ElementId};
use crate::spec::{ClearBySpec, ClearSpec, ClearedSpec, ElementSpec};
use crate::syntax::FieldPath;
use crate::words::listed;

impl Checker<'_, '_> {
    pub(super) fn clearings(&mut self) -> Vec<Clearing> {
        let spec = self.spec;
        let mut clearings: Vec<Clearing> = Vec::new();
        for (index, clear) in spec.jams.iter().enumerate() {
            let path = top("jams").index(index);
            let Some(clearing) = self.clearing(&path, clear) else { continue };
            let idle = |element: &ElementId| {
                let settled = |of: &Cleared| clearings.iter().any(|other| !is_reverse(other.by) && other.fits(*element, *of));
                clearing.of.iter().all(settled)
            };
            if !clearing.elements.is_empty() && clearing.elements.iter().all(idle) {
                let problem =
                    Diagnostic::warning("idle-clear", self.at.value_span(&path), "entries before this one clear all that it clears");
                self.push(problem.help("put it before them, or take it away: the first entry that fits counts"));
            }
            clearings.push(clearing);
        }
        clearings
    }

    fn clearing(&mut self, path: &FieldPath, clear: &ClearSpec) -> Option<Clearing> {
        self.quantity(&path.name("response_s"), &clear.response_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        if clear.of.is_empty() {
            let problem = self.error("empty-list", &path.name("of"), "the entry clears nothing");
            self.push(problem.allowed("`[Jam]`, and `TipOver`, `Skew`, `Drop`, `Overlap`"));
        }
        let by = match clear.by {
            ClearBySpec::Remove => ClearBy::Remove,
            ClearBySpec::Straighten => ClearBy::Straighten,
            ClearBySpec::Reverse { tries, .. } => ClearBy::Reverse { tries },
        };
        let clear_s = match clear.by {
            ClearBySpec::Reverse { run_s, tries } => self.reverse(path, clear, run_s, tries),
            ClearBySpec::Remove | ClearBySpec::Straighten => self.work(path, clear),
        };
        let response_s = self.distribution(&path.name("response_s"), &clear.response_s);
        let crew = self.crew_need(&path.name("crew"), clear.crew.as_ref(), clear.crew_priority);
        let elements = self.cleared_elements(path, clear);
        let of = clear.of.iter().map(|of| match of {
            ClearedSpec::Jam => Cleared::Jam,
            ClearedSpec::TipOver => Cleared::TipOver,
            ClearedSpec::Skew => Cleared::Skew,
            ClearedSpec::Drop => Cleared::Drop,
            ClearedSpec::Overlap => Cleared::Overlap,
        });
        let of: Vec<Cleared> = of.collect();
        (!elements.is_empty() && !of.is_empty()).then_some(Clearing { elements, of, by, response_s, clear_s: clear_s?, crew })
    }

    /// By hand.
    fn work(&mut self, path: &FieldPath, clear: &ClearSpec) -> Option<Distribution> {
        let Some(clear_s) = &clear.clear_s else {
            let problem = self.error("missing-field", path, "the entry does not say its `clear_s`");
            self.push(problem.help("how long somebody works on one jam: `clear_s: Triangular(min: 5, mode: 15, max: 60)`"));
            return None;
        };
        self.quantity(&path.name("clear_s"), clear_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        Some(self.distribution(&path.name("clear_s"), clear_s))
    }

    /// By itself.
    fn reverse(&mut self, path: &FieldPath, clear: &ClearSpec, run_s: f64, tries: u32) -> Option<Distribution> {
        let by = path.name("by");
        self.number(&by.name("run_s"), run_s, Sign::Positive, Some(values::CYCLE_TIME));
        if tries == 0 {
            let problem = self.error("out-of-range", &by.name("tries"), "`tries` is 0: it would never reverse");
            self.push(problem.allowed("1 or more"));
        }
        for (field, given) in [("clear_s", clear.clear_s.is_some()), ("crew", clear.crew.is_some())] {
            if given {
                let problem = self.error("needless-field", &path.name(field), format!("`{field}` does not go with `Reverse`"));
                self.push(
                    problem.help("a conveyor reverses by itself, for `run_s`; whom it calls then says another entry behind this one"),
                );
            }
        }
        if let Some(number) = clear.of.iter().position(|of| *of != ClearedSpec::Jam) {
            let problem = self.error("cannot-reverse", &path.name("of").index(number), "running backwards sets no part upright");
            self.push(problem.allowed("`of: [Jam]` beside `Reverse`"));
        }
        Some(Distribution::Constant(run_s))
    }

    fn cleared_elements(&mut self, path: &FieldPath, clear: &ClearSpec) -> Vec<ElementId> {
        let spec = self.spec;
        let path = path.name("on");
        let reverse = matches!(clear.by, ClearBySpec::Reverse { .. });
        if clear.on.names.is_empty() {
            // What cannot run backwards is left to the next entry.
            let sets = |element: &ElementSpec| clear.by != ClearBySpec::Straighten || can_straighten(element);
            let fits = |element: &ElementSpec| conveyor(element).is_some() && (!reverse || reverses(element)) && sets(element);
            let all = spec.line.values().enumerate().filter(|(_, element)| fits(element));
            let all: Vec<usize> = all.map(|(index, _)| index).collect();
            if let (ClearBySpec::Remove, Some(&index)) = (clear.by, all.iter().find(|index| has_loose_carriers(&spec.line[**index]))) {
                self.refuse_to_take_carriers(&path, index);
            }
            return all.into_iter().map(ElementId::from_index).collect();
        }
        let mut elements = Vec::new();
        for (number, name) in clear.on.names.iter().enumerate() {
            let path = if clear.on.list { path.index(number) } else { path.clone() };
            let Some(index) = self.element_named(&path, name) else { continue };
            if conveyor(&spec.line[index]).is_none() {
                let message = format!("`{name}` is a {}: nothing jams on it", family(&spec.line[index]));
                let conveyors = spec.line.iter().filter(|(_, element)| conveyor(element).is_some());
                let problem = self.error("not-a-conveyor", &path, message).allowed(listed(conveyors.map(|(name, _)| name.as_str())));
                self.push(problem);
                continue;
            }
            if reverse && !reverses(&spec.line[index]) {
                let why = if travels(&spec.line[index]) { "it would push its part off the wrong end" } else { "nothing drives it" };
                let message = format!("`{name}` is a {} and does not run backwards: {why}", family(&spec.line[index]));
                let conveyors = spec.line.iter().filter(|(_, element)| reverses(element));
                let problem = self.error("cannot-reverse", &path, message).allowed(listed(conveyors.map(|(name, _)| name.as_str())));
                let other = if can_straighten(&spec.line[index]) { "`by: Remove` or `by: Straighten` there" } else { "`by: Remove` there" };
                self.push(problem.help(other));
                continue;
            }
            if clear.by == ClearBySpec::Straighten && !can_straighten(&spec.line[index]) {
                let message = format!("`{name}` is a {}: nobody reaches onto its platforms", family(&spec.line[index]));
                self.push(self.error("cannot-straighten", &path, message).allowed("`by: Remove`"));
                continue;
            }
            if clear.by == ClearBySpec::Remove && has_loose_carriers(&spec.line[index]) {
                self.refuse_to_take_carriers(&path, index);
            }
            elements.push(ElementId::from_index(index));
        }
        elements.sort();
        elements.dedup();
        elements
    }

    fn refuse_to_take_carriers(&mut self, path: &FieldPath, element: usize) {
        let message = format!("`{}` would lose its carriers: what is taken out does not come back", self.name(element));
        // Where `on` is not written, the entry itself is pointed at.
        let problem = self.error("takes-carriers", path, message);
        self.push(
            problem.allowed("`by: Straighten` on a loop").help("name the other conveyors in `on`, and give the loop an entry of its own"),
        );
    }
}

/// Whether it can run backwards to free what jams on it.
fn reverses(element: &ElementSpec) -> bool {
    is_driven(element) && !travels(element)
}

/// Whether somebody sets a part straight there.
fn can_straighten(element: &ElementSpec) -> bool {
    !matches!(element, ElementSpec::ContinuousVerticalConveyor(_))
}

fn is_reverse(by: ClearBy) -> bool {
    matches!(by, ClearBy::Reverse { .. })
}
