//! The KPI table that ends a run: the line, its elements with their state shares, checks, invalid conditions.

use super::{Align, Grid, number, percent};
use crate::console::Style;
use linetwin_model::Time;
use linetwin_model::duration::format_duration;
use linetwin_model::report::{ElementReport, KpiReport};

/// The time model's order; a column appears where a state occurred.
const STATES: [&str; 10] = ["processing", "idle", "starved", "blocked", "held", "setup", "down", "jammed", "planned stop", "not scheduled"];

/// Lines of incidents that the table shows.
const MOST_INCIDENTS: usize = 8;

pub fn kpi_text(report: &KpiReport, style: Style) -> String {
    let mut text = heading(report, style);
    text.push_str(&line_text(report));
    text.push('\n');
    text.push_str(&elements_grid(&report.elements).text(style));
    text.push_str(&orders_text(&report.elements, style));
    text.push_str(&failures_text(&report.elements, style));
    text.push_str(&faults_text(&report.elements, style));
    text.push_str(&incidents_text(report, style));
    text.push_str(&checks_text(report, style));
    text.push_str(&invalid_text(report, style));
    text
}

fn heading(report: &KpiReport, style: Style) -> String {
    let measured = format_duration(Time::from_seconds(report.window.duration_s));
    let warmup = match report.window.start_s {
        start_s if start_s > 0.0 => format!(", after a warm-up of {}", format_duration(Time::from_seconds(start_s))),
        _ => String::new(),
    };
    let name = style.bold(&report.scene);
    let mut text = format!("{name}  seed {}, replication {}: {measured} measured{warmup}\n", report.seed, report.replication);
    if report.window.duration_s <= 0.0 {
        text.push_str(&style.bad("the run is not longer than its warm-up: nothing was measured\n"));
    }
    text
}

fn line_text(report: &KpiReport) -> String {
    let line = &report.line;
    let counts = &line.parts;
    let mut rows: Vec<(&str, String)> = Vec::new();
    let demand = match (line.demand_per_h, line.demand_met) {
        (Some(demand), Some(met)) => format!(", {:.1} % of the demand of {demand:.0}/h", met * 100.0),
        _ => String::new(),
    };
    let counted = line.counted_part.as_deref().map_or_else(String::new, |part| format!(" of \"{part}\""));
    rows.push(("throughput", format!("{:.1}/h{demand}", line.throughput_per_h)));
    rows.push(("good parts", format!("{}{counted}; rejected {}, scrapped {}", line.good, counts.rejected, counts.scrapped)));
    rows.push((
        "parts",
        format!(
            "inside at start {}, entered {}, inside at end {}{}",
            counts.inside_at_start,
            counts.entered,
            counts.inside_at_end,
            if counts.turned_away > 0 { format!("; turned away {}", counts.turned_away) } else { String::new() }
        ),
    ));
    rows.push(("events", format!("jams {}, drops {}, misroutes {}", counts.jams, counts.drops, counts.misroutes)));
    let missed = report.production_events.iter().filter(|event| event.kind == "missed work");
    let missed: Vec<String> = missed.map(|event| format!("{} at {}", event.count, event.element)).collect();
    if !missed.is_empty() {
        rows.push(("missed work", format!("parts that went on without it since the start: {}", missed.join(", "))));
    }
    if line.jams.clearings > 0 {
        let each = line.jams.time_to_clear_s.value().map_or_else(String::new, |mean| format!(", {mean:.1} s each"));
        rows.push((
            "clearing",
            format!("{} cleared in {:.0} s{each}; {} parts taken out", line.jams.clearings, line.jams.clearing_s, line.jams.taken_out),
        ));
    }
    let sorting = &line.sorting;
    if sorting.no_read_share.is_some() || sorting.missorted_share.is_some() {
        let share = |share: Option<f64>| share.map_or_else(String::new, |share| format!(" ({:.1} %)", share * 100.0));
        rows.push((
            "sorting",
            format!(
                "not read {} %, came round again {} %; missed diverts {}, lanes full {}, missorted {}{}",
                percent(sorting.no_read_share),
                percent(sorting.recirculated_share),
                sorting.missed_diverts,
                sorting.lane_full,
                sorting.missorted,
                share(sorting.missorted_share)
            ),
        ));
    }
    if let Some(bulk) = &line.bulk {
        rows.push((
            "bulk",
            format!(
                "fed {:.3} kg, filled {:.3}, out {:.3}, spilt {:.3}, inside at end {:.3}; residence {} s",
                bulk.fed_kg,
                bulk.filled_kg,
                bulk.out_kg,
                bulk.spilt_kg,
                bulk.inside_kg,
                number(bulk.residence_mean_s, 1)
            ),
        ));
    }
    rows.push(("WIP", format!("mean {:.2}, min {}, max {}, at end {}", line.wip.mean, line.wip.min, line.wip.max, line.wip.at_end)));
    let lead = &line.lead_time;
    rows.push((
        "lead time",
        format!(
            "mean {} s (processing {}, transport {}, waiting {}); p5 {}, p50 {}, p95 {}",
            number(lead.mean_s, 1),
            number(lead.processing_s, 1),
            number(lead.transport_s, 1),
            number(lead.waiting_s, 1),
            number(lead.p5_s, 1),
            number(lead.p50_s, 1),
            number(lead.p95_s, 1)
        ),
    ));
    if let (Some(oee), Some(constraint)) = (&line.oee, &line.constraint) {
        rows.push((
            "OEE",
            format!(
                "{} % at {} ({}): availability {} %, performance {} %, quality {} %",
                percent(oee.oee),
                constraint.element,
                constraint.method,
                percent(oee.availability),
                percent(oee.performance),
                percent(oee.quality)
            ),
        ));
    }
    let per_good = line.energy.electrical_j_per_good.map_or_else(String::new, |joule| format!(", {:.2} kJ per good part", joule / 1e3));
    rows.push((
        "energy",
        format!(
            "electrical {:.2} kWh{per_good}; mechanical work of the drives {} kJ",
            line.energy.electrical_j / 3.6e6,
            number(Some(line.energy.mechanical_j / 1e3), 1)
        ),
    ));
    let label_width = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    rows.iter().map(|(label, value)| format!("  {label:<label_width$}  {value}\n")).collect()
}

/// Shares of the window [%]; what has no states (rails, photo-eyes, counters) shows dashes.
fn elements_grid(elements: &[ElementReport]) -> Grid {
    let occurred: Vec<&str> =
        STATES.into_iter().filter(|name| elements.iter().any(|element| element.states.iter().any(|share| share.state == *name))).collect();
    let mut headings = vec![("element".to_string(), Align::Left), ("family".to_string(), Align::Left)];
    headings.extend(["in", "out"].map(|name| (name.to_string(), Align::Right)));
    headings.extend(occurred.iter().map(|name| (format!("{name} %"), Align::Right)));
    headings.push(("OEE %".to_string(), Align::Right));
    let mut grid = Grid::new(headings);
    for element in elements {
        let mut row = vec![element.name.clone(), element.family.clone(), element.parts_in.to_string(), element.parts_out.to_string()];
        row.extend(occurred.iter().map(|name| state_cell(element, name)));
        row.push(percent(element.oee.as_ref().and_then(|oee| oee.oee)));
        grid.push(row);
    }
    grid
}

/// The ports of a starved state add up to one share.
fn state_cell(element: &ElementReport, state: &str) -> String {
    let shares: Vec<f64> = element.states.iter().filter(|share| share.state == state).map(|share| share.share).collect();
    percent((!shares.is_empty()).then(|| shares.iter().sum()))
}

fn failures_text(elements: &[ElementReport], style: Style) -> String {
    let mut grid = Grid::new(vec![
        ("failure".into(), Align::Left),
        ("stops".into(), Align::Right),
        ("down s".into(), Align::Right),
        ("MTBF".into(), Align::Right),
        ("MTTR s".into(), Align::Right),
    ]);
    let mut any = false;
    for element in elements {
        for failure in element.failures.iter().filter(|failure| failure.stops > 0) {
            any = true;
            let unit = if failure.clock == "cycles" { "cycles" } else { "s" };
            grid.push(vec![
                format!("{}: {}", element.name, failure.mode),
                failure.stops.to_string(),
                format!("{:.1}", failure.down_s),
                estimate(&failure.mtbf, unit),
                estimate(&failure.mttr_s, ""),
            ]);
        }
    }
    if any { format!("\n{}", grid.text(style)) } else { String::new() }
}

/// Orders that were begun, since time zero.
fn orders_text(elements: &[ElementReport], style: Style) -> String {
    let columns = ["ordered", "released", "finished", "lost", "done at s", "late s"].map(|column| (column.into(), Align::Right));
    let mut grid = Grid::new([("order".into(), Align::Left), ("part".into(), Align::Left)].into_iter().chain(columns).collect());
    let mut any = false;
    for element in elements {
        for order in element.orders.iter().filter(|order| order.released > 0) {
            any = true;
            grid.push(vec![
                format!("{}: {}", element.name, order.order),
                order.part.clone(),
                order.quantity.to_string(),
                order.released.to_string(),
                order.finished.to_string(),
                order.lost.to_string(),
                number(order.finished_at_s, 1),
                number(order.lateness_s, 1),
            ]);
        }
    }
    if any { format!("\n{}", grid.text(style)) } else { String::new() }
}

/// Where sensors lied.
fn faults_text(elements: &[ElementReport], style: Style) -> String {
    let columns = ["faults", "faulty s", "unseen", "missed diverts"].map(|column| (column.into(), Align::Right));
    let mut grid = Grid::new([("sensor fault".into(), Align::Left)].into_iter().chain(columns).collect());
    let mut any = false;
    for element in elements {
        for fault in element.faults.iter().filter(|fault| fault.faulty_s > 0.0) {
            any = true;
            grid.push(vec![
                format!("{}: {}", element.name, fault.mode),
                fault.faults.to_string(),
                format!("{:.1}", fault.faulty_s),
                fault.unseen.to_string(),
                fault.missed_diverts.to_string(),
            ]);
        }
    }
    if any { format!("\n{}", grid.text(style)) } else { String::new() }
}

/// What lost most time, by place and cause.
fn incidents_text(report: &KpiReport, style: Style) -> String {
    if report.incidents.is_empty() && report.notes.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.bold("incidents"));
    for group in report.incidents.iter().take(MOST_INCIDENTS) {
        text.push_str(&format!("  {}\n", group.text));
    }
    if let Some(more) = report.incidents.len().checked_sub(MOST_INCIDENTS).filter(|more| *more > 0) {
        text.push_str(&format!("  and {more} more places in kpi.json\n"));
    }
    for note in &report.notes {
        text.push_str(&format!("  note: {note}\n"));
    }
    text
}

fn estimate(estimate: &linetwin_model::report::Estimate, unit: &str) -> String {
    use linetwin_model::report::Estimate;
    match estimate {
        Estimate::Value(value) => format!("{value:.1} {unit}").trim_end().to_string(),
        Estimate::NotEstimable => "not estimable".into(),
    }
}

fn checks_text(report: &KpiReport, style: Style) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let verdict = if check.passed { style.good("passed") } else { style.bad("failed") };
        text.push_str(&format!("  {verdict}  {}: {}\n", check.text, check.found));
    }
    let block = if text.is_empty() { String::new() } else { format!("\n{}\n{text}", style.bold("checks")) };
    format!("{block}\n{}\n", report.confidence)
}

fn invalid_text(report: &KpiReport, style: Style) -> String {
    if report.invalid_conditions.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.bad("this run is invalid: physics did what it must not do"));
    for condition in &report.invalid_conditions {
        text.push_str(&format!(
            "  {} x {}, first at {:.3} s ({}): {}\n",
            condition.count, condition.kind, condition.first_s, condition.first_at, condition.remedy
        ));
    }
    text
}
