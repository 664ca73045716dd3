//! Which KPIs a scene yields, before anything runs: the report of a run in which nothing happened, made flat like any
//! other, so that the paths which a check may name cannot differ from those of a report. Knows names, no numbers.

use super::{
    BulkReport, CrewReport, DiverterReport, ElementReport, FailureReport, FaultReport, FieldReport, JamReport, KpiReport, LineBulkReport,
    LineReport, OrderReport, PartCount, ReaderReport, RuleReport, WayReport,
};

/// What a scene says of one element that decides which KPIs it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElementOutline {
    pub name: String,
    /// The variant's name as written in the scene.
    pub family: String,
    /// Whether parts travel on it.
    pub conveys: bool,
    /// Of a source: the names of its orders.
    pub orders: Vec<String>,
    /// Of a router: the names of its ways.
    pub ways: Vec<String>,
    /// Whether it adds to the weight of parts.
    pub fills: bool,
    /// Whether it has to do with bulk material.
    pub bulk: bool,
    /// Names of its failure modes.
    pub failure_modes: Vec<String>,
    /// Names of its faults, where it is a sensor.
    pub fault_modes: Vec<String>,
}

/// What a scene says that decides which KPIs there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineOutline {
    pub elements: Vec<ElementOutline>,
    /// Names of the part types.
    pub parts: Vec<String>,
    /// Names of the crews.
    pub crews: Vec<String>,
    /// Names of the rules.
    pub rules: Vec<String>,
}

/// The paths of all KPIs of a line, in the order of a report.
pub fn kpi_paths(line: LineOutline) -> Vec<String> {
    let bulk = line.elements.iter().any(|element| element.bulk).then(LineBulkReport::default);
    let elements = line.elements.into_iter().map(|element| blank_element(element, &line.parts)).collect();
    let controls = line.rules.into_iter().map(|rule| RuleReport { rule, ..RuleReport::default() }).collect();
    let resources = line.crews.into_iter().map(|crew| CrewReport { crew, ..CrewReport::default() }).collect();
    let line = LineReport { bulk, ..LineReport::default() };
    let blank = KpiReport { line, elements, resources, controls, ..KpiReport::default() };
    blank.flat().into_iter().map(|kpi| kpi.path).collect()
}

fn blank_element(outline: ElementOutline, parts: &[String]) -> ElementReport {
    let left_by_part = match outline.family.as_str() {
        "Sink" | "Bin" => parts.iter().map(|part| PartCount { part: part.clone(), ..PartCount::default() }).collect(),
        _ => Vec::new(),
    };
    let failures = outline.failure_modes.into_iter().map(|mode| FailureReport { mode, ..FailureReport::default() });
    let faults: Vec<FaultReport> = outline.fault_modes.into_iter().map(|mode| FaultReport { mode, ..FaultReport::default() }).collect();
    let diverter = matches!(outline.family.as_str(), "PopUp" | "SwingArm" | "ShoeSorter" | "Discharge" | "Pusher" | "Transfer")
        .then(DiverterReport::default);
    let field = (outline.family == "Lidar").then(FieldReport::default);
    let reader = matches!(outline.family.as_str(), "Scanner" | "TagReader").then(ReaderReport::default);
    ElementReport {
        orders: outline.orders.into_iter().map(|order| OrderReport { order, ..OrderReport::default() }).collect(),
        ways: outline.ways.into_iter().map(|way| WayReport { way, ..WayReport::default() }).collect(),
        name: outline.name,
        family: outline.family,
        left_by_part,
        failures: failures.collect(),
        faults,
        reader,
        field,
        jams: outline.conveys.then(JamReport::default),
        diverter,
        filled_kg: outline.fills.then_some(0.0),
        bulk: outline.bulk.then(BulkReport::default),
        ..ElementReport::default()
    }
}
