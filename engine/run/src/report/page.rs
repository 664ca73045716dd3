//! What the page's template is filled with: every figure as text, every picture as SVG. Owns which figures are shown
//! and in which words.

use super::bulk::{Bulk, bulk};
use super::charts::{self, TimeChart};
use super::flow::sankey;
use super::format::{NONE, count, electrical, mechanical, number, or_none, percent, span};
use super::plan::plan;
use super::sorting::{Sorting, sorting};
use super::states::{gantt, state_bars, state_class, states_seen};
use super::ways::{FaultRow, OrderRow, WayRow, faults, orders, ways};
use crate::manifest::Manifest;
use crate::pictures::Picture;
use crate::snapshot::short;
use linetwin_model::Scene;
use linetwin_model::report::{
    CheckReport, ElementReport, Estimate, IncidentGroup, InvalidCondition, KpiReport, OeeReport, ProductionEvent,
};
use linetwin_model::scene::InputSource;
use serde::Serialize;

#[derive(Serialize)]
pub struct Page<'a> {
    scene: &'a str,
    /// `Seed 7, replication 0, 1 h simulated, statistics from 10 min`.
    subtitle: String,
    verdict: Verdict,
    confidence: &'a str,
    window_note: Option<&'a str>,
    tiles: Vec<Tile>,
    checks: &'a [CheckReport],
    invalid: Vec<InvalidRow<'a>>,
    production: Vec<ProductionRow<'a>>,
    incidents: Vec<IncidentRow<'a>>,
    notes: &'a [String],
    legend: Vec<StateKey>,
    pictures: Pictures,
    plan_legend: Vec<(usize, String, String)>,
    /// Drawn by another program, and lying beside the page.
    photographs: &'a [Picture],
    lead_time: Option<Vec<Share>>,
    waterfall_of: Option<&'a str>,
    constraint: Option<String>,
    hourly_rest: Option<String>,
    gantt_note: Option<String>,
    sorting: Option<Sorting<'a>>,
    bulk: Option<Bulk<'a>>,
    ways: Vec<WayRow<'a>>,
    orders: Vec<OrderRow<'a>>,
    elements: Vec<ElementRow<'a>>,
    failures: Vec<FailureRow<'a>>,
    faults: Vec<FaultRow<'a>>,
    inputs: Vec<InputRow<'a>>,
    defaulted: usize,
    facts: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
struct Verdict {
    /// `good` or `bad`.
    class: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Tile {
    label: &'static str,
    value: String,
    unit: &'static str,
    note: String,
}

#[derive(Serialize)]
struct StateKey {
    name: &'static str,
    class: String,
}

/// SVG, or none where there is nothing to draw.
#[derive(Serialize)]
struct Pictures {
    plan: Option<String>,
    state_bars: Option<String>,
    gantt: Option<String>,
    waterfall: Option<String>,
    throughput: Option<String>,
    wip: Option<String>,
    hourly: Option<String>,
    levels: Vec<(String, String)>,
    lead_time: Option<String>,
    sankey: Option<String>,
}

#[derive(Serialize)]
struct Share {
    name: &'static str,
    time: String,
    percent: f64,
    class: &'static str,
}

#[derive(Serialize)]
struct InvalidRow<'a> {
    #[serde(flatten)]
    condition: &'a InvalidCondition,
    first: String,
}

#[derive(Serialize)]
struct ProductionRow<'a> {
    #[serde(flatten)]
    event: &'a ProductionEvent,
    first: String,
}

#[derive(Serialize)]
struct IncidentRow<'a> {
    text: &'a str,
    first: String,
    /// What became of the parts, and how long jams lasted.
    became: String,
}

#[derive(Serialize)]
struct ElementRow<'a> {
    name: &'a str,
    family: &'a str,
    parts_in: String,
    parts_out: String,
    lost: String,
    level: String,
    availability: String,
    performance: String,
    quality: String,
    oee: String,
    oee_own: String,
    stops: String,
    mtba: String,
    electrical: String,
    mechanical: String,
}

#[derive(Serialize)]
struct FailureRow<'a> {
    element: &'a str,
    mode: &'a str,
    stops: u64,
    down: String,
    mtbf: String,
    clock: &'a str,
    mttr: String,
}

#[derive(Serialize)]
struct InputRow<'a> {
    path: &'a str,
    value: &'a str,
    source: &'a str,
    class: &'static str,
}

impl<'a> Page<'a> {
    pub fn new(scene: &'a Scene, report: &'a KpiReport, manifest: &'a Manifest) -> Self {
        let plan = plan(scene);
        let (plan, plan_legend) = plan.map_or((None, Vec::new()), |plan| (Some(plan.svg), plan.legend));
        let inputs: Vec<InputRow<'a>> = scene
            .inputs
            .iter()
            .map(|input| {
                let (source, class) = match &input.source {
                    InputSource::File(place) => (place.as_str(), "written"),
                    InputSource::Override => ("--set", "override"),
                    InputSource::Default => ("default", "default"),
                };
                InputRow { path: &input.path, value: &input.value, source, class }
            })
            .collect();
        Page {
            scene: &report.scene,
            subtitle: format!(
                "{} simulated, statistics over {} after a warm-up of {}; seed {}, replication {}",
                span(manifest.duration_s),
                span(report.window.duration_s),
                span(report.window.start_s),
                report.seed,
                report.replication
            ),
            verdict: verdict(report),
            confidence: &report.confidence,
            window_note: report.window.note.as_deref(),
            tiles: tiles(report),
            checks: &report.checks,
            invalid: report.invalid_conditions.iter().map(|condition| InvalidRow { condition, first: span(condition.first_s) }).collect(),
            production: report.production_events.iter().map(|event| ProductionRow { event, first: span(event.first_s) }).collect(),
            incidents: report.incidents.iter().map(incident_row).collect(),
            notes: &report.notes,
            legend: states_seen(&report.elements).into_iter().map(|name| StateKey { name, class: state_class(name) }).collect(),
            pictures: pictures(scene, report, plan),
            plan_legend,
            photographs: &manifest.pictures,
            lead_time: lead_time(report),
            waterfall_of: report.series.waterfall.as_ref().map(|waterfall| waterfall.element.as_str()),
            constraint: report.line.constraint.as_ref().map(|constraint| {
                let share = constraint.share.map(|share| format!(", {} of the time", percent(share))).unwrap_or_default();
                format!("{} ({}{share})", constraint.element, constraint.method)
            }),
            hourly_rest: (report.series.hourly.rest_s > 0.0).then(|| {
                format!("{} more in the last {}, which is not a full hour", report.series.hourly.rest, span(report.series.hourly.rest_s))
            }),
            gantt_note: gantt_note(report),
            sorting: sorting(scene, report),
            bulk: bulk(report),
            ways: ways(report),
            orders: orders(report),
            elements: report.elements.iter().map(element_row).collect(),
            failures: report.elements.iter().flat_map(failure_rows).collect(),
            faults: faults(report),
            defaulted: inputs.iter().filter(|input| input.class == "default").count(),
            inputs,
            facts: facts(manifest),
        }
    }
}

fn verdict(report: &KpiReport) -> Verdict {
    let (all, passed) = (report.checks.len(), report.checks.iter().filter(|check| check.passed).count());
    let checks = match all {
        0 => "no checks in the scene".to_string(),
        _ => format!("{passed} of {all} checks passed"),
    };
    let valid = report.invalid_conditions.is_empty();
    let good = valid && passed == all;
    let validity = if valid { "Run valid" } else { "RUN INVALID: physics did what it must not do; do not use these figures" };
    Verdict { class: if good { "good" } else { "bad" }, text: format!("{validity}; {checks}") }
}

fn tiles(report: &KpiReport) -> Vec<Tile> {
    let line = &report.line;
    let parts = &line.parts;
    let demand = match (line.demand_per_h, line.demand_met) {
        (Some(demand), Some(met)) => format!("{} of the demand of {}/h", percent(met), number(demand)),
        _ => format!("{} good parts", count(line.good)),
    };
    let lead = &line.lead_time;
    let oee = line.oee.as_ref();
    let factor = |value: fn(&OeeReport) -> Option<f64>| or_none(oee.and_then(value), percent);
    let energy = &line.energy;
    vec![
        Tile { label: "Throughput", value: number(line.throughput_per_h), unit: "parts/h", note: demand },
        Tile {
            label: "OEE of the line",
            value: factor(|oee| oee.oee),
            unit: "",
            note: format!(
                "availability {}, performance {}, quality {}",
                factor(|oee| oee.availability),
                factor(|oee| oee.performance),
                factor(|oee| oee.quality)
            ),
        },
        Tile {
            label: "Lead time, median",
            value: or_none(lead.p50_s, span),
            unit: "",
            note: format!("mean {}, 95 % within {}", or_none(lead.mean_s, span), or_none(lead.p95_s, span)),
        },
        Tile {
            label: "WIP, mean",
            value: number(line.wip.mean),
            unit: "parts",
            note: format!("{} to {}, {} at the end", count(line.wip.min), count(line.wip.max), count(line.wip.at_end)),
        },
        Tile {
            label: "Rejected and scrapped",
            value: count(parts.rejected + parts.scrapped),
            unit: "parts",
            note: format!(
                "{} rejected, {} scrapped, {} dropped, {} turned away",
                count(parts.rejected),
                count(parts.scrapped),
                count(parts.drops),
                count(parts.turned_away)
            ),
        },
        Tile {
            label: "Energy per good part",
            value: or_none(energy.electrical_j_per_good, electrical),
            unit: "",
            note: format!(
                "electrical {}; work of the drives on parts {} (mechanical); unexplained {}",
                electrical(energy.electrical_j),
                mechanical(energy.mechanical_j),
                mechanical(line.energy_residual_j)
            ),
        },
    ]
}

fn lead_time(report: &KpiReport) -> Option<Vec<Share>> {
    let lead = &report.line.lead_time;
    let mean = lead.mean_s.filter(|mean| *mean > 0.0)?;
    let share = |name, time: Option<f64>, class| {
        let time = time.unwrap_or(0.0);
        Share { name, time: span(time), percent: (time / mean * 1000.0).round() / 10.0, class }
    };
    Some(vec![
        share("processing", lead.processing_s, "b-processing"),
        share("transport", lead.transport_s, "b-starved"),
        share("waiting", lead.waiting_s, "b-blocked"),
    ])
}

fn pictures(scene: &Scene, report: &KpiReport, plan: Option<String>) -> Pictures {
    const HEIGHT: f64 = 230.0;
    const LEVEL_HEIGHT: f64 = 160.0;
    let series = &report.series;
    let over_time = |label, class, values, group: usize, reference, height| {
        TimeChart {
            label,
            class,
            values,
            bucket_s: series.bucket_s * group as f64,
            end_s: series.end_s,
            warmup_end_s: series.warmup_end_s,
            reference,
            height,
        }
        .draw()
    };
    let demand = report.line.demand_per_h.map(|demand| (demand, "demand"));
    let group = throughput_group(report);
    let throughput = charts::grouped(&series.throughput_per_h, group);
    Pictures {
        plan,
        state_bars: state_bars(&report.elements),
        gantt: gantt(series),
        waterfall: series.waterfall.as_ref().filter(|waterfall| waterfall.planned_s > 0.0).map(charts::waterfall),
        throughput: (!throughput.is_empty()).then(|| over_time("good parts per hour [1/h]", "c-blue", &throughput, group, demand, HEIGHT)),
        wip: (!series.wip.is_empty()).then(|| over_time("WIP [parts]", "c-green", &series.wip, 1, None, HEIGHT)),
        hourly: charts::hourly(&series.hourly),
        levels: series
            .levels
            .iter()
            .map(|level| {
                let capacity = level.capacity.map(|capacity| (capacity as f64, "capacity"));
                (level.element.clone(), over_time("level [parts]", "c-orange", &level.level, 1, capacity, LEVEL_HEIGHT))
            })
            .collect(),
        lead_time: charts::histogram(&series.lead_time, report.line.lead_time.p50_s),
        sankey: sankey(scene, &series.flow),
    }
}

/// How many buckets make one step of the throughput chart: enough that a step holds some ten parts on average, and at
/// least twelve steps in all; one part more or less must not look like a change of speed.
fn throughput_group(report: &KpiReport) -> usize {
    const PARTS_PER_STEP: f64 = 10.0;
    const STEPS_MIN: usize = 12;
    let series = &report.series;
    let parts_per_bucket = report.line.throughput_per_h * series.bucket_s / 3_600.0;
    let most = (series.throughput_per_h.len() / STEPS_MIN).max(1);
    if parts_per_bucket > 0.0 { ((PARTS_PER_STEP / parts_per_bucket).ceil() as usize).clamp(1, most) } else { most }
}

fn gantt_note(report: &KpiReport) -> Option<String> {
    let merged = report.series.gantt.iter().filter_map(|row| row.merged_to_s);
    let widest = merged.fold(0.0, f64::max);
    (widest > 0.0).then(|| format!("Rows with many changes show, for every {}, the state that held longest.", span(widest)))
}

fn element_row(element: &ElementReport) -> ElementRow<'_> {
    let oee = element.oee.as_ref();
    let factor = |value: fn(&OeeReport) -> Option<f64>| or_none(oee.and_then(value), percent);
    let some = |joules: f64, format: fn(f64) -> String| if joules == 0.0 { NONE.to_string() } else { format(joules) };
    ElementRow {
        name: &element.name,
        family: &element.family,
        parts_in: count(element.parts_in),
        parts_out: count(element.parts_out),
        lost: count(element.rejected + element.scrapped),
        level: number(element.level_mean),
        availability: factor(|oee| oee.availability),
        performance: factor(|oee| oee.performance),
        quality: factor(|oee| oee.quality),
        oee: factor(|oee| oee.oee),
        oee_own: factor(|oee| oee.oee_without_starved_blocked),
        stops: if element.stops == 0 {
            "0".to_string()
        } else {
            format!("{} ({} minor)", count(element.stops), count(element.minor_stops))
        },
        mtba: if element.stops == 0 { NONE.to_string() } else { estimate(&element.mtba_s, span) },
        electrical: some(element.energy.electrical_j, electrical),
        mechanical: some(element.energy.mechanical_j, mechanical),
    }
}

fn failure_rows(element: &ElementReport) -> impl Iterator<Item = FailureRow<'_>> {
    element.failures.iter().map(|failure| FailureRow {
        element: &element.name,
        mode: &failure.mode,
        stops: failure.stops,
        down: span(failure.down_s),
        mtbf: if failure.clock == "cycles" {
            estimate(&failure.mtbf, |cycles| format!("{} cycles", number(cycles)))
        } else {
            estimate(&failure.mtbf, span)
        },
        clock: &failure.clock,
        mttr: estimate(&failure.mttr_s, span),
    })
}

fn estimate(estimate: &Estimate, format: impl Fn(f64) -> String) -> String {
    match estimate {
        Estimate::Value(value) => format(*value),
        Estimate::NotEstimable => "not estimable".to_string(),
    }
}

fn facts(manifest: &Manifest) -> Vec<(&'static str, String)> {
    let bodies = format!("rigid bodies, Coulomb friction, {} solver iterations", manifest.physics.solver_iterations);
    let transport = match manifest.transport.as_str() {
        "event" => "event: exact events".to_string(),
        "mixed" => format!("mixed: {bodies}; exact events beside them"),
        contact => format!("{contact}: {bodies}"),
    };
    let inputs = manifest.inputs.iter().map(|input| {
        format!(
            "{} ({} bytes, blake3 {})",
            crate::input::file_name(&input.path),
            count(input.fingerprint.bytes),
            short(&input.fingerprint.blake3)
        )
    });
    let overrides = if manifest.overrides.is_empty() { "none".to_string() } else { manifest.overrides.join("; ") };
    vec![
        ("Inputs", inputs.collect::<Vec<_>>().join(", ")),
        ("Overrides (--set)", overrides),
        ("Seed, replication", format!("{}, {}", manifest.seed, manifest.replication)),
        (
            "Simulated time",
            format!("{} s in {} steps of {}/{} s", manifest.duration_s, count(manifest.steps), manifest.step.num, manifest.step.den),
        ),
        ("Transport", transport),
        ("Engine", format!("linetwin {}, sources {}", manifest.engine.version, short(&manifest.engine.source_hash))),
        ("Run key", manifest.run_key.clone()),
        ("Final state hash", manifest.final_hash.clone().unwrap_or(NONE.to_string())),
    ]
}

fn incident_row(group: &IncidentGroup) -> IncidentRow<'_> {
    let outcomes = &group.outcomes;
    let counts = [
        (outcomes.good, "left as good"),
        (outcomes.rejected, "rejected"),
        (outcomes.scrapped, "scrapped"),
        (outcomes.inside, "still inside"),
    ];
    let mut words: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if group.held_s > 0.0 {
        words.push(format!("held up for {} in all", span(group.held_s)));
    }
    IncidentRow { text: &group.text, first: span(group.first_s), became: words.join(", ") }
}
