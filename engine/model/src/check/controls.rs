//! The rules of the line's controls: what they name, and which of them contradict each other. Knows nothing about the
//! grammar of conditions (`condition`).

use super::tables::Tables;
use super::values::{self, Sign};
use super::views::{conveyor, family, reverses};
use super::{Checker, top};
use crate::diagnostic::Diagnostic;
use crate::scene::{Action, ElementId, Rule};
use crate::spec::{ActionSpec, ElementSpec, RuleSpec};
use crate::syntax::FieldPath;
use crate::time::Time;
use crate::words::listed;

/// The name of a rule in reports.
pub(super) fn rule_name(index: usize, rule: &RuleSpec) -> String {
    rule.name.clone().unwrap_or_else(|| format!("rule {}", index + 1))
}

impl Checker<'_, '_> {
    pub(super) fn controls(&mut self, tables: &Tables) -> Vec<Rule> {
        let spec = self.spec;
        let mut rules = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for (index, rule) in spec.controls.iter().enumerate() {
            let path = top("controls").index(index);
            let name = rule_name(index, rule);
            if names.contains(&name) || name.trim().is_empty() {
                let problem = self.error("bad-name", &path.name("name"), format!("two rules are called `{name}`, or the name is empty"));
                self.push(problem.help("give each rule its own name: the report has one line for each"));
            }
            names.push(name.clone());
            rules.extend(self.rule(&path, name, rule, tables));
        }
        if rules.len() == spec.controls.len() {
            self.contradictions(&rules);
        }
        rules
    }

    fn rule(&mut self, path: &FieldPath, name: String, rule: &RuleSpec, tables: &Tables) -> Option<Rule> {
        for (field, value) in [("on_delay_s", rule.on_delay_s), ("off_delay_s", rule.off_delay_s)] {
            self.number(&path.name(field), value, Sign::NotNegative, Some(values::CYCLE_TIME));
        }
        let when = self.expression(&path.name("when"), &rule.when, &tables.attributes, &[], false);
        let until = rule.until.as_ref().map(|until| self.expression(&path.name("until"), until, &tables.attributes, &[], false));
        if rule.r#do.is_empty() {
            let problem = self.error("empty-rule", &path.name("do"), format!("the rule `{name}` does nothing"));
            self.push(problem.allowed("`Hold(\"ELEMENT\")`, `Release(\"ELEMENT\")`, `SetSpeed(\"CONVEYOR\", 0.3)`"));
        }
        let mut actions = Vec::new();
        for (index, action) in rule.r#do.iter().enumerate() {
            actions.extend(self.action(&path.name("do").index(index), action));
        }
        let complete = !rule.r#do.is_empty() && actions.len() == rule.r#do.len();
        let until = match until {
            Some(until) => Some(until?),
            None => None,
        };
        let (when, on_delay, off_delay) = (when?, Time::from_seconds(rule.on_delay_s), Time::from_seconds(rule.off_delay_s));
        complete.then_some(Rule { name, when, actions, until, on_delay, off_delay })
    }

    fn action(&mut self, path: &FieldPath, action: &ActionSpec) -> Option<Action> {
        match action {
            ActionSpec::Hold(name) => self.held_element(path, name).map(Action::Hold),
            ActionSpec::Release(name) => self.held_element(path, name).map(Action::Release),
            ActionSpec::SetSpeed { element, speed_mps } => {
                let field = path.name("speed_mps");
                let path = path.name("element");
                let index = self.element_named(&path, element)?;
                let goes_back = *speed_mps < 0.0 && matches!(self.spec.line[index], ElementSpec::Belt(_));
                if goes_back && !reverses(&self.spec.line[index]) {
                    let message = format!("{speed_mps} m/s runs `{element}` against its flow, and it does not reverse");
                    let problem = self.error("out-of-range", &field, message).allowed("above 0");
                    self.push(problem.help("write `reverses: true` at the belt, and what catches parts behind its port `back`"));
                    return None;
                }
                self.number(&field, if goes_back { -speed_mps } else { *speed_mps }, Sign::Positive, Some(values::SPEED));
                if !is_driven(&self.spec.line[index]) {
                    let message = format!("`{element}` is a {}, and has no speed", family(&self.spec.line[index]));
                    let conveyors = self.spec.line.iter().filter(|(_, spec)| is_driven(spec));
                    let problem = self.error("not-a-conveyor", &path, message).allowed(listed(conveyors.map(|(name, _)| name.as_str())));
                    self.push(problem);
                    return None;
                }
                Some(Action::SetSpeed { element: ElementId::from_index(index), speed_mps: *speed_mps })
            }
        }
    }

    pub(super) fn held_element(&mut self, path: &FieldPath, name: &str) -> Option<ElementId> {
        let index = self.element_named(path, name)?;
        let spec = &self.spec.line[index];
        if can_be_held(spec) {
            return Some(ElementId::from_index(index));
        }
        let message = format!("`{name}` is a {}: there is nothing to hold", family(spec));
        let others = self.spec.line.iter().filter(|(_, spec)| can_be_held(spec)).map(|(name, _)| name.as_str());
        let mut problem = self.error("cannot-hold", path, message).allowed(listed(others));
        if let ElementSpec::Sink(sink) = spec
            && let Some(feeder) = sink.after.names.first()
        {
            problem = problem.help(format!("hold what feeds it: `{feeder}`"));
        }
        self.push(problem);
        None
    }

    /// The first rule decides: where that is not what was meant, it should be known.
    fn contradictions(&mut self, rules: &[Rule]) {
        for (second, rule) in rules.iter().enumerate() {
            for (first, earlier) in rules[..second].iter().enumerate() {
                for (index, action) in rule.actions.iter().enumerate() {
                    let Some(against) = earlier.actions.iter().position(|other| contradict(*other, *action)) else { continue };
                    let place = |rule: usize, action: usize| top("controls").index(rule).name("do").index(action);
                    let element = self.name(action.element().index()).to_owned();
                    let message = format!("the rules `{}` and `{}` contradict each other over `{element}`", earlier.name, rule.name);
                    let problem = self.warning("contradicting-rules", &place(second, index), message);
                    let other = self.at.value_span(&place(first, against));
                    let help = format!("while both are active, `{}` decides, because it stands first", earlier.name);
                    self.push(problem.related(other, "the other one").help(help));
                }
            }
        }
        for (number, rule) in rules.iter().enumerate() {
            for (index, action) in rule.actions.iter().enumerate() {
                let Action::Release(element) = *action else { continue };
                let holds = |other: &Action| *other == Action::Hold(element);
                if !rules[number..].iter().any(|other| other.actions.iter().any(holds)) {
                    let path = top("controls").index(number).name("do").index(index);
                    let message = format!("`{}` releases `{}`, which no rule behind it holds", rule.name, self.name(element.index()));
                    let problem = Diagnostic::warning("idle-release", self.at.value_span(&path), message);
                    self.push(problem.help("put it before the rule that holds, or take it away"));
                }
            }
        }
    }
}

/// Whether the element has something to interrupt.
pub(super) fn can_be_held(spec: &ElementSpec) -> bool {
    crate::report::has_states(family(spec))
        && !matches!(spec, ElementSpec::Sink(_) | ElementSpec::Bin(_) | ElementSpec::Chute(_) | ElementSpec::GravityRollerConveyor(_))
}

/// Whether a drive moves what is on it.
pub(super) fn is_driven(spec: &ElementSpec) -> bool {
    conveyor(spec).is_some() && !matches!(spec, ElementSpec::Chute(_) | ElementSpec::GravityRollerConveyor(_))
}

fn contradict(a: Action, b: Action) -> bool {
    match (a, b) {
        (Action::Hold(a), Action::Release(b)) | (Action::Release(a), Action::Hold(b)) => a == b,
        (Action::SetSpeed { element: a, speed_mps: fast }, Action::SetSpeed { element: b, speed_mps: slow }) => a == b && fast != slow,
        _ => false,
    }
}
