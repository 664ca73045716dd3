//! Makes the report from a closed fold: names for ids, seconds for nanoseconds, one division at the end. Must not count
//! anything itself.

use super::ReportInputs;
use super::checks::{LostParts, evaluate};
use super::clearing::ClearingTally;
use super::element::{ElementFold, Role, StateKey};
use super::energy::state_power_w;
use super::flow::Flow;
use super::fold::Fold;
use super::gantt::Gantt;
use super::oee::{Quantities, TimeElements, availability, ideal_cycle, oee, waterfall};
use super::production::ProductionKind;
use super::quantile::{histogram, nearest_rank};
use super::series::Buckets;
use crate::event::ElementState;
use linetwin_model::report::*;
use linetwin_model::scene::{Apart, Cleared, ElementId, ElementKind, FailureClock, Fidelity};
use linetwin_model::{Scene, Time};

/// Fewer observations than this give no mean: its standard error would exceed a third of an exponential's mean.
const FEWEST_OBSERVATIONS: u64 = 10;

const CONFIDENCE: &str = "no confidence interval: one run";

/// `fold` is closed at `inputs.now`.
pub fn report(fold: Fold, inputs: &ReportInputs<'_>) -> KpiReport {
    let scene = inputs.scene;
    let window_ns = fold.window.clip(Time::ZERO, inputs.now);
    let elements: Vec<ElementReport> = scene.element_ids().map(|id| element_report(scene, &fold, id, window_ns)).collect();
    let constraint = find_constraint(scene, &fold, window_ns);
    let mut report = KpiReport {
        schema: 1,
        scene: scene.name.clone(),
        seed: inputs.seed,
        replication: inputs.replication,
        window: window_report(&fold, inputs.now, window_ns),
        line: line_report(scene, &fold, constraint.as_ref(), &elements, window_ns),
        elements,
        resources: crew_reports(scene, &fold, window_ns),
        controls: rule_reports(scene, &fold, window_ns),
        checks: Vec::new(),
        production_events: fold.production.report(scene),
        incidents: fold.incidents.report(scene, inputs.now),
        notes: exact_events(scene).into_iter().chain(nobody_clears(scene, &fold)).chain(calibrated(scene)).collect(),
        invalid_conditions: fold.production.report_invalid(scene),
        confidence: CONFIDENCE.to_owned(),
        series: series(scene, &fold, constraint.as_ref().map(|found| found.0), inputs.now, window_ns),
    };
    let lost = LostParts { drops: fold.production.total(ProductionKind::Drop), on_floor: fold.flow.on_floor() };
    report.checks = evaluate(&scene.checks, &report.flat(), lost);
    report
}

fn seconds(ns: u64) -> f64 {
    Time(ns).as_seconds()
}

fn per_hour(count: u64, window_ns: u64) -> f64 {
    if window_ns == 0 { 0.0 } else { count as f64 * 3600.0 / seconds(window_ns) }
}

fn estimate(total: f64, observations: u64) -> Estimate {
    if observations < FEWEST_OBSERVATIONS { Estimate::NotEstimable } else { Estimate::Value(total / observations as f64) }
}

fn window_report(fold: &Fold, now: Time, window_ns: u64) -> Window {
    let start = fold.window.start;
    let note = (window_ns == 0).then(|| {
        format!("the statistics window is empty: the run ended at {} s, within the warm-up of {} s", now.as_seconds(), start.as_seconds())
    });
    Window { start_s: start.as_seconds(), end_s: now.max(start).as_seconds(), duration_s: seconds(window_ns), note }
}

fn line_report(
    scene: &Scene,
    fold: &Fold,
    constraint: Option<&(ElementId, ConstraintReport)>,
    elements: &[ElementReport],
    window_ns: u64,
) -> LineReport {
    let flow = &fold.flow;
    let throughput_per_h = per_hour(flow.good_counted, window_ns);
    let electrical_j: f64 = elements.iter().map(|element| element.energy.electrical_j).sum();
    let mechanical_j: f64 = elements.iter().map(|element| element.energy.mechanical_j).sum();
    LineReport {
        counted_part: scene.count.map(|part_type| scene.part_types[part_type.index()].name.clone()),
        good: flow.good_counted,
        throughput_per_h,
        demand_per_h: scene.demand_per_h,
        demand_met: scene.demand_per_h.filter(|&demand| demand > 0.0 && window_ns > 0).map(|demand| throughput_per_h / demand),
        takt_time_s: scene.demand_per_h.filter(|&demand| demand > 0.0).map(|demand| 3600.0 / demand),
        parts: PartCounts {
            inside_at_start: flow.inside_at_start,
            entered: flow.entered,
            good: flow.outcomes.good,
            rejected: flow.outcomes.rejected,
            scrapped: flow.outcomes.scrapped,
            inside_at_end: flow.wip.value,
            on_floor: flow.on_floor(),
            turned_away: flow.turned_away,
            drops: fold.production.in_window(ProductionKind::Drop),
            misroutes: fold.production.in_window(ProductionKind::Misroute),
            jams: fold.production.in_window(ProductionKind::Jam),
        },
        wip: WipReport {
            mean: flow.wip.mean(window_ns),
            max: flow.wip.max.max(flow.wip.min()),
            min: flow.wip.min(),
            at_end: flow.wip.value,
            integral_part_s: flow.wip.integral as f64 / 1e9,
        },
        lead_time: lead_time_report(flow),
        oee: constraint.and_then(|found| line_oee(scene, fold, found.0)),
        constraint: constraint.map(|found| found.1.clone()),
        energy: EnergyReport {
            electrical_j,
            mechanical_j,
            electrical_j_per_good: (flow.good_counted > 0).then(|| electrical_j / flow.good_counted as f64),
        },
        sorting: fold.sorting.line(sorted_parts(scene, elements)),
        jams: {
            let mut all = ClearingTally::default();
            fold.elements.iter().for_each(|element| all.add(&element.clearing));
            jam_report(fold.production.in_window(ProductionKind::Jam), &all)
        },
        bulk: fold.bulk.line(scene),
        energy_residual_j: fold.energy.residual_j(),
        energy_residual_share: (mechanical_j > 0.0).then(|| fold.energy.residual_j() / mechanical_j),
    }
}

fn jam_report(jams: u64, tally: &ClearingTally) -> JamReport {
    JamReport {
        jams,
        clearings: tally.ended,
        taken_out: tally.taken_out,
        clearing_s: seconds(tally.open_ns),
        waiting_s: seconds(tally.waiting_ns),
        time_to_clear_s: estimate(seconds(tally.took_ns), tally.ended),
    }
}

/// Where no part can jam, tip over or fall, whatever the figures say.
fn exact_events(scene: &Scene) -> Option<String> {
    let by_contact = scene.conveyors.iter().zip(&scene.by_contact).filter(|(_, by_contact)| **by_contact);
    let names: Vec<String> = by_contact.map(|(conveyor, _)| format!("`{}`", scene.element(conveyor.element).name)).collect();
    let drawn = scene.calibration.as_ref().map(|calibration| (!calibration.jams.is_empty(), !calibration.misses.is_empty()));
    let what = match drawn.unwrap_or_default() {
        (true, true) => "parts jam and are missed by diverters by chance as often as was measured, and nothing tips over or falls",
        (true, false) => "parts jam by chance as often as was measured, and nothing tips over or falls",
        (false, true) => "parts are missed by diverters by chance as often as was measured, and nothing jams, tips over or falls",
        (false, false) => "nothing jams, tips over or falls",
    };
    match scene.fidelity {
        Fidelity::Contact => None,
        Fidelity::Event => Some(format!("exact events moved all parts: {what} in such a run")),
        Fidelity::Mixed => Some(format!("contact physics moved parts on {}, exact events on all else, where {what}", names.join(", "))),
    }
}

/// Elements that jammed and that nobody clears stand to the end: their figures tell little.
fn nobody_clears(scene: &Scene, fold: &Fold) -> Option<String> {
    let cleared = |id: ElementId| scene.clearings.iter().any(|clearing| clearing.fits(id, Cleared::Jam));
    let stuck = scene.element_ids().filter(|id| fold.production.total_at(ProductionKind::Jam, *id) > 0 && !cleared(*id));
    let names: Vec<String> = stuck.map(|id| format!("`{}`", scene.element(id).name)).collect();
    (!names.is_empty()).then(|| format!("nobody clears the jams of {}: no entry of `jams` is about them", names.join(", ")))
}

/// How far the measures of exact events are expected from those of contact physics.
fn calibrated(scene: &Scene) -> Option<String> {
    let calibration = scene.calibration.as_ref().filter(|_| scene.fidelity != Fidelity::Contact)?;
    let percent = |share: f64| format!("{:+.1}", 100.0 * share);
    let told = calibration.apart.iter().map(|Apart { kpi, mean, low, high, runs }| {
        format!("{kpi} {} % ({} to {}, {runs} pairs of runs)", percent(*mean), percent(*low), percent(*high))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty())
        .then(|| format!("exact events are calibrated; expected against contact physics, with 95 % intervals: {}", told.join("; ")))
}

/// Parts that left at sinks which say what they receive.
fn sorted_parts(scene: &Scene, elements: &[ElementReport]) -> u64 {
    let receives = |kind: &ElementKind| matches!(kind, ElementKind::Sink(sink) if sink.receives.is_some());
    let sinks = scene.elements.iter().zip(elements).filter(|(element, _)| receives(&element.kind));
    sinks.flat_map(|(_, report)| &report.left_by_part).map(|part| part.count).sum()
}

fn lead_time_report(flow: &Flow) -> LeadTimeReport {
    let mut sorted = flow.lead_times.clone();
    sorted.sort_unstable();
    let count = sorted.len() as u64;
    let mean = |sum: u128| (count > 0).then(|| sum as f64 / count as f64 / 1e9);
    let quantile = |percent| nearest_rank(&sorted, percent).map(seconds);
    LeadTimeReport {
        count,
        mean_s: mean(sorted.iter().map(|&lead| u128::from(lead)).sum()),
        p5_s: quantile(5),
        p50_s: quantile(50),
        p95_s: quantile(95),
        max_s: sorted.last().copied().map(seconds),
        processing_s: mean(flow.lead_split[0]),
        transport_s: mean(flow.lead_split[1]),
        waiting_s: mean(flow.lead_split[2]),
    }
}

/// The declared constraint, else the element that was the momentary one for the longest time (the first in scene order
/// of equals); `None` where nothing that works was ever active.
fn find_constraint(scene: &Scene, fold: &Fold, window_ns: u64) -> Option<(ElementId, ConstraintReport)> {
    let share = |ns: u64| if window_ns == 0 { 0.0 } else { ns as f64 / window_ns as f64 };
    let total = |id: ElementId| fold.constraint.times[id.index()].sole + fold.constraint.times[id.index()].shifting;
    let mut workers: Vec<ElementId> = scene.element_ids().filter(|id| fold.elements[id.index()].role == Role::Worker).collect();
    workers.sort_by_key(|&id| std::cmp::Reverse(total(id)));
    let found = workers.first().copied().filter(|&id| total(id) > 0);
    let element = scene.constraint.or(found)?;
    let candidate = |&id: &ElementId| ConstraintCandidate {
        element: scene.element(id).name.clone(),
        sole_share: share(fold.constraint.times[id.index()].sole),
        shifting_share: share(fold.constraint.times[id.index()].shifting),
    };
    let report = ConstraintReport {
        element: scene.element(element).name.clone(),
        method: if scene.constraint.is_some() { "declared" } else { "active period" }.to_owned(),
        share: workers.contains(&element).then(|| share(total(element))),
        candidates: workers.iter().map(candidate).collect(),
    };
    Some((element, report))
}

fn machine_quantities(fold: &ElementFold) -> Quantities {
    Quantities { produced: fold.cycles, good: fold.cycles.saturating_sub(fold.left.scrapped), judged: fold.cycles }
}

/// Quality at the constraint is that of the parts it worked on and that have left, wherever they were taken out: a part
/// that is scrapped after the constraint has cost its time, one that is rejected before it has not.
fn line_quantities(fold: &ElementFold) -> Quantities {
    Quantities { produced: fold.cycles, good: fold.worked.good, judged: fold.worked.total() }
}

fn line_oee(scene: &Scene, fold: &Fold, constraint: ElementId) -> Option<OeeReport> {
    let element = &fold.elements[constraint.index()];
    element.has_states().then(|| oee(TimeElements::of(element), ideal_cycle(scene, scene.element(constraint)), line_quantities(element)))
}

fn element_report(scene: &Scene, fold: &Fold, id: ElementId, window_ns: u64) -> ElementReport {
    let (element, measured) = (scene.element(id), &fold.elements[id.index()]);
    let works = measured.role == Role::Worker && measured.has_states();
    let states: Vec<(StateKey, u64)> = measured.durations.iter().map(|(&key, &span)| (key, span)).collect();
    let energy_by_state_j: Vec<f64> =
        states.iter().map(|&((state, _), span)| state_power_w(&element.power, state) * seconds(span)).collect();
    let mechanical_j = fold.energy.mechanical_j(scene, id);
    let conveys = scene.conveyors.iter().any(|conveyor| conveyor.element == id);
    let stops = measured.stops.total();
    let stop_count = stops.minor_count + stops.long_count;
    // A device finishes works; what it scraps does not go on.
    let parts_out = match measured.role {
        Role::Carrier | Role::Source => measured.parts_out,
        Role::Worker | Role::Device => measured.cycles.saturating_sub(measured.left.total()),
    };
    ElementReport {
        name: element.name.clone(),
        family: element.family.clone(),
        states: states.iter().map(|&(key, span)| state_share(scene, id, key, span, window_ns)).collect(),
        parts_in: measured.parts_in,
        parts_out,
        rejected: measured.left.rejected,
        scrapped: measured.left.scrapped,
        turned_away: measured.turned_away,
        left_by_part: left_by_part(scene, id, measured, window_ns),
        cycles: measured.cycles,
        missorted: fold.sorting.missorted(id),
        diverter: matches!(element.kind, ElementKind::Diverter(_) | ElementKind::Pusher(_)).then(|| fold.sorting.diverter(id)),
        reader: matches!(element.kind, ElementKind::Scanner(_) | ElementKind::TagReader(_)).then(|| fold.sorting.reader(id)),
        field: matches!(element.kind, ElementKind::Lidar(_))
            .then(|| FieldReport { intrusions: measured.field.began, blocked_s: seconds(measured.field.active_ns) }),
        orders: fold.orders.report(scene, id),
        ways: match &element.kind {
            ElementKind::Router(router) => fold.sorting.ways(id, router.ways.iter().map(|way| way.name.as_str())),
            ElementKind::Carriage(carriage) if scene.carriage(*carriage).divides.is_some() => {
                let lanes = scene.carriage(*carriage).out_ports.iter().map(|port| scene.port(*port).name.as_str());
                fold.sorting.ways(id, lanes)
            }
            _ => Vec::new(),
        },
        level_mean: measured.level.mean(window_ns),
        level_max: measured.level.max,
        oee: works.then(|| oee(TimeElements::of(measured), ideal_cycle(scene, element), machine_quantities(measured))),
        availability: (conveys && measured.has_states()).then(|| availability(TimeElements::of(measured))).flatten(),
        jams: conveys.then(|| jam_report(fold.production.in_window_at(ProductionKind::Jam, id), &measured.clearing)),
        carriers_loaded: fold.carriers.shares(id).map(|shares| shares.0),
        carriers_waiting: fold.carriers.shares(id).map(|shares| shares.1),
        platforms_filled: match element.kind {
            ElementKind::Lift(lift) => Some(measured.level.mean(window_ns) * scene.lift(lift).pitch_m / scene.lift(lift).way_m()),
            _ => None,
        },
        first_pass_yield: (measured.judged > 0).then(|| measured.passed as f64 / measured.judged as f64),
        bulk: fold.bulk.report(scene, id, seconds(measured.time_in(ElementState::Processing))),
        filled_kg: fills(&element.kind).then_some(measured.filled_kg),
        failures: failure_reports(scene, id, measured, window_ns),
        faulty_s: (!element.faults.is_empty()).then(|| seconds(measured.faults.faulty_ns)),
        faults: fault_reports(scene, id, measured),
        stops: stop_count,
        minor_stops: stops.minor_count,
        mtba_s: estimate(seconds(measured.time_in(ElementState::Processing)), stop_count),
        energy: EnergyReport {
            electrical_j: energy_by_state_j.iter().sum::<f64>() + fold.energy.drive_electrical_j(scene, id),
            mechanical_j,
            electrical_j_per_good: None,
        },
        energy_by_state_j,
    }
}

fn fills(kind: &ElementKind) -> bool {
    matches!(kind, ElementKind::FillAndWeigh(_)) || kind.station().is_some_and(|station| station.fills_kg.is_some())
}

fn state_share(scene: &Scene, element: ElementId, key: StateKey, span: u64, window_ns: u64) -> StateShare {
    let port_name = |index: u8| match scene.element(element).ports.get(usize::from(index)) {
        _ if matches!(scene.element(element).kind, ElementKind::Assembly(_)) => "supply".to_owned(),
        Some(&port) => scene.port(port).name.clone(),
        None => format!("port {index}"),
    };
    StateShare {
        state: key.0.name().to_owned(),
        port: key.1.filter(|_| key.0 == ElementState::Starved).map(port_name),
        time_s: seconds(span),
        share: span as f64 / window_ns as f64,
    }
}

/// For a sink every type of the scene, so that a check on a type that never came finds a zero.
fn left_by_part(scene: &Scene, id: ElementId, measured: &ElementFold, window_ns: u64) -> Vec<PartCount> {
    if !matches!(scene.element(id).kind, ElementKind::Sink(_)) {
        return Vec::new();
    }
    let row = |(index, part_type): (usize, &linetwin_model::scene::PartType)| {
        let count = measured.left_by_type.get(&linetwin_model::scene::PartTypeId::from_index(index)).copied().unwrap_or(0);
        PartCount { part: part_type.name.clone(), count, per_h: per_hour(count, window_ns) }
    };
    scene.part_types.iter().enumerate().map(row).collect()
}

/// MTBF on the clock of the mode: `running`, time in `processing`; `calendar`, the window less the repairs of this mode,
/// during which the clock stands; `cycles`, works finished.
fn failure_reports(scene: &Scene, id: ElementId, measured: &ElementFold, window_ns: u64) -> Vec<FailureReport> {
    let row = |(failure, tally): (&linetwin_model::scene::Failure, &super::stops::FailureTally)| {
        let (clock, up) = match failure.clock {
            FailureClock::Running => ("running", seconds(measured.time_in(ElementState::Processing))),
            FailureClock::Calendar => ("calendar", seconds(window_ns - tally.down_ns)),
            FailureClock::Cycles => ("cycles", measured.cycles as f64),
        };
        FailureReport {
            mode: failure.mode.clone(),
            stops: tally.began,
            down_s: seconds(tally.down_ns),
            waiting_s: seconds(tally.waiting_ns),
            clock: clock.to_owned(),
            mtbf: estimate(up, tally.began),
            mttr_s: estimate(seconds(tally.repair_ns), tally.repairs),
        }
    };
    scene.element(id).failures.iter().zip(&measured.stops.failures).map(row).collect()
}

fn fault_reports(scene: &Scene, id: ElementId, measured: &ElementFold) -> Vec<FaultReport> {
    let row = |(fault, tally): (&linetwin_model::scene::Fault, &super::faults::FaultTally)| FaultReport {
        mode: fault.mode.clone(),
        faults: tally.began,
        faulty_s: seconds(tally.faulty_ns),
        waiting_s: seconds(tally.waiting_ns),
        unseen: tally.unseen,
        missed_diverts: tally.missed_diverts,
    };
    scene.element(id).faults.iter().zip(&measured.faults.rows).map(row).collect()
}

fn crew_reports(scene: &Scene, fold: &Fold, window_ns: u64) -> Vec<CrewReport> {
    let row = |(crew, tally): (&linetwin_model::scene::Crew, &super::crews::CrewTally)| CrewReport {
        crew: crew.name.clone(),
        count: crew.count,
        calls: tally.calls,
        utilisation: (window_ns > 0).then(|| tally.busy.mean(window_ns) / f64::from(crew.count)),
        waiting_mean: (window_ns > 0).then(|| tally.waiting.mean(window_ns)),
        wait_mean_s: (tally.calls > 0).then(|| tally.waiting.integral as f64 / 1e9 / tally.calls as f64),
    };
    scene.crews.iter().zip(&fold.crews).map(row).collect()
}

fn rule_reports(scene: &Scene, fold: &Fold, window_ns: u64) -> Vec<RuleReport> {
    let row = |(rule, tally): (&linetwin_model::scene::Rule, &super::spells::SpellTally)| RuleReport {
        rule: rule.name.clone(),
        activations: tally.began,
        active_s: seconds(tally.active_ns),
        active_share: (window_ns > 0).then(|| tally.active_ns as f64 / window_ns as f64),
    };
    scene.controls.iter().zip(&fold.rules).map(row).collect()
}

fn series(scene: &Scene, fold: &Fold, constraint: Option<ElementId>, now: Time, window_ns: u64) -> Series {
    let flow = &fold.flow;
    let elements = || scene.element_ids().map(|id| (id, scene.element(id), &fold.elements[id.index()]));
    let level = |(_, element, measured): (ElementId, &linetwin_model::scene::Element, &ElementFold)| {
        let capacity = match &element.kind {
            ElementKind::Buffer(buffer) => Some(u64::from(buffer.capacity)),
            // One part a zone is what zero-pressure accumulation keeps.
            ElementKind::ZoneConveyor(conveyor) => Some(conveyor.zones.len() as u64),
            _ => None,
        };
        let level = means(measured.level_series.as_ref()?, now);
        Some(LevelSeries { element: element.name.clone(), level, capacity })
    };
    let lead = {
        let mut sorted = flow.lead_times.clone();
        sorted.sort_unstable();
        histogram(&sorted)
    };
    Series {
        warmup_end_s: fold.window.start.as_seconds(),
        end_s: now.as_seconds(),
        bucket_s: seconds(flow.wip_series.width),
        throughput_per_h: flow
            .good_series
            .sums
            .iter()
            .zip(flow.good_series.lengths(now))
            .map(|(&count, length)| per_hour(count, length))
            .collect(),
        wip: means(&flow.wip_series, now),
        levels: elements().filter_map(level).collect(),
        hourly: hourly(flow, window_ns),
        lead_time: Histogram { start_s: seconds(lead.start), width_s: seconds(lead.width), counts: lead.counts },
        gantt: elements()
            .filter(|(_, _, measured)| measured.has_states())
            .map(|(_, element, measured)| gantt_row(&element.name, &measured.gantt))
            .collect(),
        flow: flow
            .edges
            .iter()
            .map(|(&(from, to), &count)| FlowEdge { from: scene.element(from).name.clone(), to: scene.element(to).name.clone(), count })
            .collect(),
        waterfall: constraint.and_then(|id| {
            let (element, measured) = (scene.element(id), &fold.elements[id.index()]);
            let ideal = ideal_cycle(scene, element)?;
            measured.has_states().then(|| waterfall(element, measured, ideal, line_quantities(measured)))
        }),
    }
}

fn means(buckets: &Buckets, now: Time) -> Vec<f64> {
    let mean = |(&sum, length): (&u64, u64)| if length == 0 { 0.0 } else { sum as f64 / length as f64 };
    buckets.sums.iter().zip(buckets.lengths(now)).map(mean).collect()
}

fn hourly(flow: &Flow, window_ns: u64) -> HourlyOutput {
    let (full, rest_ns) = Flow::full_hours(window_ns);
    let hour = |index: usize| flow.hourly.get(index).copied().unwrap_or(0);
    let full_hours: Vec<u64> = (0..full).map(hour).collect();
    let mut sorted = full_hours.clone();
    sorted.sort_unstable();
    HourlyOutput {
        full_hours,
        rest: hour(full),
        rest_s: seconds(rest_ns),
        p5: nearest_rank(&sorted, 5),
        p50: nearest_rank(&sorted, 50),
        p95: nearest_rank(&sorted, 95),
    }
}

fn gantt_row(name: &str, gantt: &Gantt) -> GanttRow {
    GanttRow {
        element: name.to_owned(),
        starts_s: gantt.intervals.iter().map(|interval| interval.0.as_seconds()).collect(),
        states: gantt.intervals.iter().map(|interval| interval.1.name().to_owned()).collect(),
        merged_to_s: (gantt.cell > 0).then(|| seconds(gantt.cell)),
    }
}
