//! What must hold at the end of a run: each check names a KPI that this scene yields. Knows which KPIs there are, not how
//! they are measured.

use super::tables::Tables;
use super::values::Sign;
use super::views::{conveyor, family, handles_bulk, upkeep};
use super::{Checker, top};
use crate::diagnostic::Diagnostic;
use crate::report::{ElementOutline, LineOutline, kpi_paths};
use crate::scene::{Check, ElementKind};
use crate::spec::{CheckSpec, ElementSpec};
use crate::syntax::FieldPath;
use crate::words::{listed, nearest};

impl Checker<'_, '_> {
    pub(super) fn checks(&mut self, tables: &Tables) -> Vec<Check> {
        let spec = self.spec;
        let parts: Vec<String> = spec.parts.keys().cloned().collect();
        let orders = |index: usize| match &tables.elements[index].kind {
            ElementKind::Source(source) => source.orders.iter().map(|order| order.name.clone()).collect(),
            _ => Vec::new(),
        };
        let outline = spec.line.iter().enumerate().map(|(index, (name, element))| ElementOutline {
            name: name.clone(),
            orders: orders(index),
            family: family(element).to_owned(),
            conveys: conveyor(element).is_some(),
            ways: match element {
                ElementSpec::Router(router) => router.over.clone(),
                ElementSpec::LaneDivider(_) => super::views::stops(element).iter().map(|(name, _)| (*name).to_owned()).collect(),
                _ => Vec::new(),
            },
            fills: matches!(element, ElementSpec::FillAndWeigh(_))
                || matches!(element, ElementSpec::Station(station) if station.fills_kg.is_some()),
            bulk: handles_bulk(element) || matches!(element, ElementSpec::FillAndWeigh(_)),
            failure_modes: upkeep(element).failures.iter().map(|failure| failure.mode.clone()).collect(),
            fault_modes: upkeep(element).faults.iter().map(|fault| fault.mode.clone()).collect(),
        });
        let elements = outline.collect();
        let rules = spec.controls.iter().enumerate().map(|(index, rule)| super::controls::rule_name(index, rule)).collect();
        let paths = kpi_paths(LineOutline { elements, parts, crews: spec.resources.keys().cloned().collect(), rules });
        spec.checks.iter().enumerate().map(|(index, check)| self.run_check(&top("checks").index(index), check, &paths)).collect()
    }

    fn run_check(&mut self, path: &FieldPath, check: &CheckSpec, paths: &[String]) -> Check {
        match check {
            CheckSpec::AtLeast { kpi, value } => {
                self.kpi_path(&path.name("kpi"), kpi, paths);
                self.number(&path.name("value"), *value, Sign::Any, None);
                Check::AtLeast { kpi: kpi.clone(), value: *value }
            }
            CheckSpec::AtMost { kpi, value } => {
                self.kpi_path(&path.name("kpi"), kpi, paths);
                self.number(&path.name("value"), *value, Sign::Any, None);
                Check::AtMost { kpi: kpi.clone(), value: *value }
            }
            CheckSpec::Between { kpi, low, high } => {
                self.kpi_path(&path.name("kpi"), kpi, paths);
                self.number(&path.name("low"), *low, Sign::Any, None);
                self.number(&path.name("high"), *high, Sign::Any, None);
                if low > high {
                    let problem = self.error("limits-reversed", &path.name("low"), format!("`low` ({low}) is above `high` ({high})"));
                    self.push(problem.help("swap them"));
                }
                Check::Between { kpi: kpi.clone(), low: *low, high: *high }
            }
            CheckSpec::NoPartLost => Check::NoPartLost,
        }
    }

    fn kpi_path(&mut self, path: &FieldPath, kpi: &str, paths: &[String]) {
        if paths.iter().any(|known| known == kpi) {
            return;
        }
        // The longest name, where one element's is the beginning of another's.
        let owners = ["line", "resources", "controls"].into_iter().chain(self.spec.line.keys().map(String::as_str));
        let owner = owners.filter(|name| kpi == *name || in_element(kpi, name).is_some()).max_by_key(|name| name.len());
        let Some(owner) = owner else {
            let first = kpi.split('.').next().unwrap_or(kpi);
            let problem = self.error("unknown-kpi", path, format!("`{kpi}` is no KPI: neither `line` nor an element is called `{first}`"));
            let known = listed(std::iter::once("line").chain(self.spec.line.keys().map(String::as_str)));
            self.push(meant(problem.allowed(format!("a path that begins with {known}")), kpi, paths));
            return;
        };
        // Its family or its failures may have to be guessed.
        if self.spec.line.get_index_of(owner).is_some_and(|element| self.at.is_broken(&self.element_path(element))) {
            return;
        }
        let found = if kpi == owner { String::new() } else { format!(" `{}`", &kpi[owner.len() + 1..]) };
        let problem = self.error("unknown-kpi", path, format!("`{owner}` has no KPI{found}"));
        let allowed = format!("`{owner}.` and one of {}", summary(paths.iter().filter_map(|path| in_element(path, owner))));
        self.push(meant(problem.allowed(allowed), kpi, paths));
    }
}

/// `oee` of `sealer.oee` for the element `sealer`.
fn in_element<'a>(kpi: &'a str, element: &str) -> Option<&'a str> {
    kpi.strip_prefix(element)?.strip_prefix('.')
}

/// The KPIs of one element, its ten states as one.
fn summary<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const STATE: &str = "state.";
    let names: Vec<&str> = names.collect();
    let (states, others): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.starts_with(STATE));
    let all: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
    let states: Vec<&str> = states.iter().filter_map(|name| name.strip_prefix(STATE)).collect();
    let states = if states.is_empty() { String::new() } else { format!(", `state.` and one of {}", listed(states)) };
    format!("{}{states}", all.join(", "))
}

fn meant(problem: Diagnostic, kpi: &str, paths: &[String]) -> Diagnostic {
    let lacks_unit = |path: &&String| path.strip_prefix(kpi).is_some_and(|rest| rest.starts_with('_'));
    let near = paths.iter().find(lacks_unit).map(String::as_str);
    match near.or_else(|| nearest(kpi, paths.iter().map(String::as_str))) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("docs/kpis.md says what each KPI means"),
    }
}
