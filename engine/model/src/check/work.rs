//! What stations do with parts: tries, changeovers by part type. Knows nothing about where they stand.

use super::Checker;
use super::values::{self, Sign};
use super::views::station_hold;
use crate::scene::{PartType, PartTypeId, Setup};
use crate::spec::{HoldSpec, Quantity, StationSpec, ThenSpec};
use indexmap::IndexMap;

impl Checker<'_, '_> {
    pub(super) fn work_values(&mut self, index: usize, spec: &StationSpec) {
        let path = self.field(index, "tries");
        if spec.tries == 0 {
            let problem = self.error("out-of-range", &path, "`tries` is 0: the station would never work");
            self.push(problem.allowed("1 or more"));
        }
        if spec.tries > 1 && spec.sets.is_none() {
            let problem = self.error("tries-without-test", &path, "nothing says whether a try was good");
            self.push(problem.help("say what a good try sets: sets: {\"ok\": Bernoulli(0.9)}"));
        }
        if spec.then != ThenSpec::Pass && spec.sets.is_none() {
            let problem = self.error("tries-without-test", &self.field(index, "then"), "nothing says whether the work was good");
            self.push(problem.help("say what good work sets: sets: {\"ok\": Bernoulli(0.9)}"));
        }
        let moves = station_hold(spec, self.spec.line.get(&spec.on)) == HoldSpec::None;
        if moves && (spec.tries > 1 || !spec.setup_s.is_empty()) {
            let field = if spec.tries > 1 { "tries" } else { "setup_s" };
            let message = format!("`{field}` needs time in which the part waits, and nothing holds it");
            let problem = self.error("needs-a-hold", &self.field(index, field), message);
            self.push(problem.help("give the station a hold: hold: Blade"));
        }
        for (name, time_s) in &spec.setup_s {
            self.quantity(&self.field(index, "setup_s").name(name), time_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        }
    }

    /// Pairs of types go before types, whatever their order in the file.
    pub(super) fn setups(&mut self, element: usize, spec: &IndexMap<String, Quantity>, part_types: &[PartType]) -> Vec<Setup> {
        let mut setups = Vec::new();
        for (name, time_s) in spec {
            let path = self.field(element, "setup_s").name(name);
            let known = |name: &str| part_types.iter().any(|part_type| part_type.name == name);
            // A part's own name may hold the word: it is tried first.
            let (from, to) = match name.split_once(" to ").filter(|_| !known(name)) {
                Some((from, to)) => (Some(from), to),
                None => (None, name.as_str()),
            };
            let mut named = |name: &str| -> Option<PartTypeId> { self.part_named(&path, name.trim(), part_types) };
            let (from, to) = (from.map(&mut named), named(to));
            let time_s = self.distribution(&path, time_s);
            let (Some(to), None | Some(Some(_))) = (to, from) else { continue };
            setups.push(Setup { from: from.flatten(), to, time_s });
        }
        setups.sort_by_key(|setup| setup.from.is_none());
        setups
    }
}
