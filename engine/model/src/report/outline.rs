//! Which KPIs a scene yields, before anything runs: the report of a run in which nothing happened, made flat like any
//! other, so that the paths which a check may name cannot differ from those of a report. Knows names, no numbers.

use super::{ElementReport, FailureReport, KpiReport, PartCount, ReaderReport};

/// What a scene says of one element that decides which KPIs it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElementOutline {
    pub name: String,
    /// The variant's name as written in the scene.
    pub family: String,
    /// Names of its failure modes.
    pub failure_modes: Vec<String>,
}

/// The paths of all KPIs of a line of these elements that carries these parts, in the order of a report.
pub fn kpi_paths(elements: Vec<ElementOutline>, parts: &[String]) -> Vec<String> {
    let blank = KpiReport { elements: elements.into_iter().map(|element| blank_element(element, parts)).collect(), ..KpiReport::default() };
    blank.flat().into_iter().map(|kpi| kpi.path).collect()
}

fn blank_element(outline: ElementOutline, parts: &[String]) -> ElementReport {
    let left_by_part = match outline.family.as_str() {
        "Sink" => parts.iter().map(|part| PartCount { part: part.clone(), ..PartCount::default() }).collect(),
        _ => Vec::new(),
    };
    let failures = outline.failure_modes.into_iter().map(|mode| FailureReport { mode, ..FailureReport::default() });
    let reader = (outline.family == "Scanner").then(ReaderReport::default);
    ElementReport {
        name: outline.name,
        family: outline.family,
        left_by_part,
        failures: failures.collect(),
        reader,
        ..ElementReport::default()
    }
}
