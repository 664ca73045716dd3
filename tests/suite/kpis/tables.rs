//! `docs/kpis.md` and `docs/states.md` say what the code says, and a report has exactly the KPIs that are published.

use super::*;
use linetwin_model::report::{
    BulkReport, CrewReport, ElementReport, FaultReport, FieldReport, KPI_PATTERNS, KpiReport, LineBulkReport, LineReport, OrderReport,
    RuleReport, key,
};
use linetwin_sim::metrics::states::STATE_TABLE;

#[test]
fn every_kpi_of_a_report_is_in_the_published_table_and_the_other_way_round() {
    let scene = scene(THREE_CARTONS);
    let mut events = three_cartons();
    events.push(at(95.0, EventKind::StateChanged { element: SEALER, state: Starved, port: Some(0) }));
    let (metrics, now) = measured(&scene, events, 100.0);
    let report = report_of(&scene, &metrics, now);
    let pattern_of = |path: &str| {
        let Some((_, rest)) =
            scene.elements.iter().map(|element| element.name.as_str()).find_map(|name| path.strip_prefix(name).map(|rest| (name, rest)))
        else {
            return path.to_owned();
        };
        let mut rest =
            rest.replace(".carton.", ".<part>.").replace(".failure.jaw.", ".failure.<mode>.").replace(".failure.film.", ".failure.<mode>.");
        rest = rest.replace(".to.sorter.side.", ".to.<way>.").replace(".to.belt.", ".to.<way>.");
        if rest.ends_with("electrical_j") || rest.ends_with("mechanical_j") {
            rest = ".<energy>_j".to_owned();
        }
        for state in ElementState::ALL {
            if rest == format!(".state.{}", key(state.name())) {
                rest = ".state.<state>".to_owned();
            }
        }
        format!("<element>{}", rest.replace(".state.starved.in", ".state.starved.<port>"))
    };
    // The only port of a station is its host's; where it has none of its own the index stands for it.
    let found: std::collections::BTreeSet<String> = report
        .flat()
        .iter()
        .map(|kpi| pattern_of(&kpi.path))
        .map(|pattern| if pattern.starts_with("<element>.state.starved.") { "<element>.state.starved.<port>".to_owned() } else { pattern })
        .collect();
    // A family that is not in this scene has KPIs of its own.
    let of_loop = ElementReport { name: "loop".to_owned(), family: "Loop".to_owned(), ..ElementReport::default() };
    let others = KpiReport { elements: vec![of_loop], ..KpiReport::default() }.flat();
    let carriers = others.iter().filter_map(|kpi| kpi.path.strip_prefix("loop.carriers")).map(|rest| format!("<element>.carriers{rest}"));
    let lift = ElementReport { name: "lift".to_owned(), family: "ContinuousVerticalConveyor".to_owned(), ..ElementReport::default() };
    let lifts = KpiReport { elements: vec![lift], ..KpiReport::default() }.flat();
    let platforms = lifts.iter().filter_map(|kpi| kpi.path.strip_prefix("lift.platforms")).map(|rest| format!("<element>.platforms{rest}"));
    let of_filler =
        ElementReport { name: "filler".to_owned(), family: "Station".to_owned(), filled_kg: Some(0.0), ..ElementReport::default() };
    let filled = KpiReport { elements: vec![of_filler], ..KpiReport::default() }.flat();
    let filled = filled.into_iter().filter_map(|kpi| kpi.path.strip_prefix("filler.filled").map(|rest| format!("<element>.filled{rest}")));
    let bulk = |name: &str, family: &str| ElementReport {
        name: name.to_owned(),
        family: family.to_owned(),
        bulk: Some(BulkReport::default()),
        ..ElementReport::default()
    };
    let line = LineReport { bulk: Some(LineBulkReport::default()), ..LineReport::default() };
    let poured = KpiReport {
        line,
        elements: vec![bulk("silo", "Hopper"), bulk("silo", "FillAndWeigh"), bulk("silo", "BulkBelt")],
        ..KpiReport::default()
    }
    .flat();
    let words = ["bulk", "spilt", "fed_kg", "fill_error", "weighed", "weighing", "dosing"];
    let poured = poured.into_iter().map(|kpi| kpi.path).filter(|path| words.iter().any(|word| path.contains(word)));
    let poured: Vec<String> = poured.map(|path| path.replace("silo.", "<element>.")).collect();
    let fault = FaultReport { mode: "<mode>".to_owned(), ..FaultReport::default() };
    let of_sensor = ElementReport { name: "eye".to_owned(), family: "Eye".to_owned(), faults: vec![fault], ..ElementReport::default() };
    let sensors = KpiReport { elements: vec![of_sensor], ..KpiReport::default() }.flat();
    let sensors = sensors.into_iter().filter_map(|kpi| kpi.path.strip_prefix("eye.fault").map(|rest| format!("<element>.fault{rest}")));
    let field = Some(FieldReport::default());
    let of_lidar = ElementReport { name: "lidar".to_owned(), family: "Lidar".to_owned(), field, ..ElementReport::default() };
    let fields = KpiReport { elements: vec![of_lidar], ..KpiReport::default() }.flat().into_iter().map(|kpi| kpi.path);
    let fields = fields.filter(|path| path.ends_with(".intrusions") || path.ends_with(".blocked_s"));
    let fields: Vec<String> = fields.map(|path| path.replace("lidar.", "<element>.")).collect();
    let order = OrderReport { order: "<order>".to_owned(), ..OrderReport::default() };
    let of_source =
        ElementReport { name: "infeed".to_owned(), family: "Source".to_owned(), orders: vec![order], ..ElementReport::default() };
    let orders = KpiReport { elements: vec![of_source], ..KpiReport::default() }.flat();
    let orders = orders.into_iter().filter_map(|kpi| kpi.path.strip_prefix("infeed.order").map(|rest| format!("<element>.order{rest}")));
    // Nor has it rules and crews.
    let crew = CrewReport { crew: "<crew>".to_owned(), ..CrewReport::default() };
    let rule = RuleReport { rule: "<rule>".to_owned(), ..RuleReport::default() };
    let shared = KpiReport { resources: vec![crew], controls: vec![rule], ..KpiReport::default() }.flat();
    let shared = shared.into_iter().map(|kpi| kpi.path).filter(|path| path.starts_with("controls.") || path.starts_with("resources."));
    let found: std::collections::BTreeSet<String> = found
        .into_iter()
        .chain(carriers)
        .chain(platforms)
        .chain(filled)
        .chain(poured)
        .chain(sensors)
        .chain(fields)
        .chain(orders)
        .chain(shared)
        .collect();
    let published: std::collections::BTreeSet<String> = KPI_PATTERNS.iter().map(|pattern| pattern.path.to_owned()).collect();
    assert_eq!(found, published);
    let paths: Vec<String> = report.flat().into_iter().map(|kpi| kpi.path).collect();
    let unique: std::collections::BTreeSet<&String> = paths.iter().collect();
    assert_eq!(unique.len(), paths.len(), "a path names one KPI");
}

/// The table of a document: its rows between the first and the last line that begin with a bar.
fn table_of(document: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(document);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().filter(|line| line.starts_with('|')).skip(2).map(str::to_owned).collect()
}

#[test]
fn the_published_tables_are_those_of_the_code() {
    let kpis: Vec<String> = KPI_PATTERNS.iter().map(|kpi| format!("| `{}` | {} | {} |", kpi.path, kpi.unit, kpi.meaning)).collect();
    assert_eq!(table_of("kpis.md"), kpis, "docs/kpis.md: replace the rows of its table by the expected ones:\n{}", kpis.join("\n"));
    let states: Vec<String> = STATE_TABLE
        .iter()
        .map(|row| format!("| {} | {} | {} | {} | {} |", row.state.name(), row.meaning, row.packml, row.iso_22400, row.loss))
        .collect();
    assert_eq!(table_of("states.md"), states, "docs/states.md: replace the rows of its table by the expected ones:\n{}", states.join("\n"));
    assert!(STATE_TABLE.iter().map(|row| row.state).eq(ElementState::ALL), "every state has its row");
}
