//! Every KPI of a report as a flat list: one path, one number, one unit. Owns the path grammar, which checks in a scene,
//! `kpi.csv` and `linetwin compare` share. Knows nothing about how a number was measured.
//!
//! A path is `line.<kpi>` or `<element>.<kpi>`. Names that the scene wrote (elements, part types, failure modes) stand
//! as written, spaces and all; names of ours have underscores: `sealer.failure.load cell.down_s`, `belt 1.state.planned_stop`.

use super::{BulkReport, ElementReport, JamReport, KpiReport, LineReport, OeeReport, StateShare};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One KPI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlatKpi {
    pub path: String,
    /// `None`: not estimable, or a denominator is zero.
    pub value: Option<f64>,
    /// `-` for a ratio.
    pub unit: String,
}

/// One row of the published table of KPIs (`docs/kpis.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KpiPattern {
    /// With `<element>`, `<part>`, `<mode>`, `<state>`, `<port>`, `<order>`, `<way>`, `<crew>`, `<rule>` for names.
    pub path: &'static str,
    pub unit: &'static str,
    pub meaning: &'static str,
}

const fn pattern(path: &'static str, unit: &'static str, meaning: &'static str) -> KpiPattern {
    KpiPattern { path, unit, meaning }
}

/// Every path there is.
pub const KPI_PATTERNS: [KpiPattern; 130] = [
    pattern("line.good", "parts", "good parts of the counted type that left in the window"),
    pattern("line.throughput_per_h", "1/h", "good parts of the counted type per hour of the window"),
    pattern("line.demand_per_h", "1/h", "demand rate, where the scene gives one"),
    pattern("line.demand_met", "-", "throughput / demand"),
    pattern("line.takt_time_s", "s", "takt time: planned production time / demand"),
    pattern("line.entered", "parts", "parts of all types that entered in the window"),
    pattern("line.rejected", "parts", "parts of all types taken out by a reject sink"),
    pattern("line.scrapped", "parts", "parts of all types lost as scrap"),
    pattern("line.inside_at_start", "parts", "WIP at the start of the window"),
    pattern("line.inside_at_end", "parts", "WIP at the end of the window"),
    pattern("line.on_floor", "parts", "of those inside at the end: lying on the floor"),
    pattern("line.turned_away", "parts", "never entered: a source found its place occupied"),
    pattern("line.drops", "events", "parts that fell in the window"),
    pattern("line.misroutes", "events", "parts that took another way than they were routed"),
    pattern("line.jams", "events", "jams that began in the window"),
    pattern("line.clearings", "events", "jams, and what else the scene has cleared, whose clearing ended in the window"),
    pattern("line.taken_out", "parts", "parts that were taken out in clearing; scrap"),
    pattern("line.clearing_s", "s", "time from calls to ends of clearings within the window, of all elements together"),
    pattern("line.clearing_waiting_s", "s", "of that: until the work began (crew, response)"),
    pattern("line.time_to_clear_s", "s", "mean time from the call to the end, of clearings that ended in the window"),
    pattern("line.wip_mean", "parts", "time-weighted mean of the parts in the line"),
    pattern("line.wip_min", "parts", "smallest WIP in the window"),
    pattern("line.wip_max", "parts", "largest WIP in the window"),
    pattern("line.lead_time_mean_s", "s", "mean lead time (enter to leave) of good parts of the counted type"),
    pattern("line.lead_time_p5_s", "s", "5 % quantile of the lead time, nearest rank"),
    pattern("line.lead_time_p50_s", "s", "median lead time, nearest rank"),
    pattern("line.lead_time_p95_s", "s", "95 % quantile of the lead time, nearest rank"),
    pattern("line.lead_time_max_s", "s", "longest lead time"),
    pattern("line.lead_time_processing_s", "s", "mean time a part was worked on"),
    pattern("line.lead_time_transport_s", "s", "mean time a part moved and was not worked on"),
    pattern("line.lead_time_waiting_s", "s", "mean time a part stood and was not worked on"),
    pattern("line.availability", "-", "of the line at its constraint: APT / PBT"),
    pattern("line.performance", "-", "of the line at its constraint: PRI * PQ / APT"),
    pattern("line.quality", "-", "good / all of the parts that the constraint worked on and that left"),
    pattern("line.oee", "-", "availability * performance * quality of the line"),
    pattern("line.oee_without_starved_blocked", "-", "the same without starved and blocked time of the constraint"),
    pattern("line.constraint_share", "-", "share of the window in which the constraint was the momentary one"),
    pattern("line.electrical_j", "J", "electrical energy of all elements"),
    pattern("line.mechanical_j", "J", "mechanical work of all drives on parts"),
    pattern("line.electrical_j_per_good", "J", "electrical energy per good part of the counted type"),
    pattern("line.energy_residual_j", "J", "energy of parts that no drive, mechanism or other part gave or took"),
    pattern("line.energy_residual_share", "-", "the same over the mechanical work of all drives"),
    pattern("line.no_read_share", "-", "no-reads / passes, of all scanners together"),
    pattern("line.recirculated_share", "-", "passes of parts that had been at the same scanner before / all passes"),
    pattern("line.missed_diverts", "parts", "parts that diverters should have taken off and did not"),
    pattern("line.lane_full", "parts", "parts that diverters let pass because the way behind them was full"),
    pattern("line.missorted", "parts", "parts that arrived at a sink which does not receive them"),
    pattern("line.missorted_share", "-", "the same over all parts that left at sinks which say what they receive"),
    pattern("line.bulk_fed_kg", "kg", "bulk material that came into the line in the window"),
    pattern("line.bulk_filled_kg", "kg", "bulk material that was filled into parts"),
    pattern("line.bulk_out_kg", "kg", "bulk material that left by bins"),
    pattern("line.bulk_spilt_kg", "kg", "bulk material that fell on the floor, or flew away"),
    pattern("line.bulk_inside_kg", "kg", "bulk material in the line at the end of the window, without what is in parts"),
    pattern("line.bulk_residence_mean_s", "s", "mean time from coming in until it was filled into a part or left by a bin, by mass"),
    pattern("<element>.parts_in", "parts", "parts that came onto the element; at devices: works begun"),
    pattern("<element>.parts_out", "parts", "parts that went on from it; at devices: works ended, less scrap"),
    pattern("<element>.rejected", "parts", "parts that left the line here as reject"),
    pattern("<element>.scrapped", "parts", "parts that left the line here as scrap"),
    pattern("<element>.turned_away", "parts", "sources: parts that found no place"),
    pattern("<element>.cycles", "cycles", "works finished; counters: parts counted"),
    pattern("<element>.per_h", "1/h", "sinks: parts of all types per hour; others: cycles per hour"),
    pattern("<element>.<part>.per_h", "1/h", "sinks: parts of one type per hour of the window"),
    pattern("<element>.<part>.count", "parts", "sinks: parts of one type in the window"),
    pattern("<element>.missorted", "parts", "sinks: parts that arrived and that it does not receive"),
    pattern("<element>.missed_diverts", "parts", "diverters: outside their window, while it was down, or that went past it"),
    pattern("<element>.lane_full", "parts", "diverters: parts let pass because the way behind was full"),
    pattern("<element>.order.<order>.released", "parts", "sources: parts of the order that entered, since time zero"),
    pattern("<element>.order.<order>.finished", "parts", "sources: parts of the order that left as good"),
    pattern("<element>.order.<order>.lost", "parts", "sources: parts of the order that were rejected, scrapped or turned away"),
    pattern("<element>.order.<order>.finished_at_s", "s", "sources: when the last part of the order was finished or lost"),
    pattern("<element>.order.<order>.lateness_s", "s", "sources: the same less the due time; negative where it was early"),
    pattern("<element>.to.<way>.parts", "parts", "routers and lane dividers: parts sent this way"),
    pattern("<element>.to.<way>.share", "-", "routers and lane dividers: the same over all parts that it sent"),
    pattern("<element>.no_reads", "passes", "scanners: passes at which nothing was read; tag readers: tags not read"),
    pattern("<element>.no_read_share", "-", "scanners: no-reads / passes; tag readers: of all tags that passed"),
    pattern("<element>.passes_per_part", "-", "scanners: passes / passes of parts that came for the first time"),
    pattern("<element>.recirculated_share", "-", "scanners: passes of parts that had been there before / passes"),
    pattern("<element>.level_mean", "parts", "time-weighted mean of the parts on it (at devices: in work)"),
    pattern("<element>.level_max", "parts", "most parts on it (at devices: in work)"),
    pattern("<element>.state.<state>", "-", "share of the window in a state"),
    pattern("<element>.state.starved.<port>", "-", "share of the window in which this in-port lacked parts"),
    pattern("<element>.availability", "-", "stations, checkweighers and conveyors: APT / PBT"),
    pattern("<element>.jams", "events", "conveyors: jams that began in the window"),
    pattern("<element>.clearings", "events", "conveyors: clearings that ended in the window"),
    pattern("<element>.taken_out", "parts", "conveyors: parts that were taken out in clearing"),
    pattern("<element>.clearing_s", "s", "conveyors: time from calls to ends of clearings within the window"),
    pattern("<element>.clearing_waiting_s", "s", "conveyors: of that, until the work began (crew, response)"),
    pattern("<element>.time_to_clear_s", "s", "conveyors: mean time from the call to the end, of clearings that ended"),
    pattern("<element>.performance", "-", "stations and checkweighers: PRI * PQ / APT"),
    pattern("<element>.quality", "-", "stations and checkweighers: GQ / PQ"),
    pattern("<element>.oee", "-", "availability * performance * quality"),
    pattern("<element>.oee_without_starved_blocked", "-", "the same without starved and blocked time"),
    pattern("<element>.first_pass_yield", "-", "stations that inspect: share of the parts that passed at their first try there"),
    pattern("<element>.filled_kg", "kg", "stations that fill: what they added to the weight of parts"),
    pattern("<element>.fill_error_mean_kg", "kg", "fill-and-weigh stations: mean of what was filled in less the target"),
    pattern("<element>.fill_error_sd_kg", "kg", "fill-and-weigh stations: its standard deviation"),
    pattern("<element>.fed_kg", "kg", "hoppers: what was fed at the top; what was there at time zero is not"),
    pattern("<element>.weighed_kg", "kg", "bulk belts with a scale: what it added up"),
    pattern("<element>.weighing_error", "-", "the same over what went across the scale's middle, grain by grain, less 1"),
    pattern("<element>.dosing_error", "-", "bulk belts that dose: mass flow over the end while something was on it / set rate, less 1"),
    pattern("<element>.bulk_kg", "kg", "bulk elements: what went through the outlet or off the end; bins and stations: what came in"),
    pattern("<element>.bulk_kgps", "kg/s", "the same over the window: mean mass flow"),
    pattern("<element>.spilt_kg", "kg", "bulk elements: what fell on the floor, or flew away, after it was here last"),
    pattern("<element>.carriers_loaded", "-", "loops: share of the time of its carriers in which they hold something"),
    pattern("<element>.carriers_waiting", "-", "loops: share of the time of its carriers in which they stand"),
    pattern(
        "<element>.platforms_filled",
        "-",
        "continuous vertical conveyors: share of the platforms between the levels that carry a part",
    ),
    pattern("<element>.stops", "stops", "stops of any cause that began in the window"),
    pattern("<element>.minor_stops", "stops", "of those: shorter than minor_stop_s"),
    pattern("<element>.mtba_s", "s", "mean running time between any two stops"),
    pattern("<element>.failure.<mode>.stops", "stops", "failures of this mode that began in the window"),
    pattern("<element>.failure.<mode>.down_s", "s", "down time of this mode within the window"),
    pattern("<element>.failure.<mode>.waiting_s", "s", "of the down time: waiting for the crew"),
    pattern("<element>.failure.<mode>.mtbf", "s or cycles", "mean up time between failures, on the clock of the mode"),
    pattern("<element>.failure.<mode>.mttr_s", "s", "mean time to repair"),
    pattern("<element>.intrusions", "events", "lidars: how often something came into the field, as the line was told"),
    pattern("<element>.blocked_s", "s", "lidars: how long something was in the field"),
    pattern("<element>.faulty_s", "s", "sensors that have faults: time in which at least one lasted"),
    pattern("<element>.fault.<mode>.faults", "faults", "faults of this kind that began in the window"),
    pattern("<element>.fault.<mode>.faulty_s", "s", "how long they lasted within the window"),
    pattern("<element>.fault.<mode>.waiting_s", "s", "of that: waiting for the crew"),
    pattern("<element>.fault.<mode>.unseen", "parts", "parts that the fault hid from the sensor"),
    pattern("<element>.fault.<mode>.missed_diverts", "parts", "diverts missed because the fault hid the part, or its way"),
    pattern("<element>.<energy>_j", "J", "`electrical_j`, `mechanical_j`: energy of the element"),
    pattern("resources.<crew>.calls", "calls", "how often one of the crew was called in the window"),
    pattern("resources.<crew>.utilisation", "-", "mean share of the crew that was at work"),
    pattern("resources.<crew>.waiting_mean", "calls", "time-weighted mean of the calls that waited"),
    pattern("resources.<crew>.wait_mean_s", "s", "mean wait of a call: all waiting over the calls"),
    pattern("controls.<rule>.activations", "times", "how often the rule began in the window"),
    pattern("controls.<rule>.active_s", "s", "how long the rule was active in the window"),
    pattern("controls.<rule>.active_share", "-", "share of the window in which the rule was active"),
];

/// A name of ours as a path segment: `planned stop` is `planned_stop`.
pub fn key(name: &str) -> String {
    name.replace(' ', "_")
}

struct Flat(Vec<FlatKpi>);

impl Flat {
    fn add(&mut self, path: String, value: impl Into<Option<f64>>, unit: &str) {
        self.0.push(FlatKpi { path, value: value.into(), unit: unit.to_owned() });
    }
    fn count(&mut self, path: String, value: u64, unit: &str) {
        self.add(path, value as f64, unit);
    }
}

impl KpiReport {
    /// Every KPI, the line's first, then by element, by crew and by rule in scene order.
    pub fn flat(&self) -> Vec<FlatKpi> {
        let mut flat = Flat(Vec::new());
        flatten_line(&mut flat, &self.line);
        for element in &self.elements {
            flatten_element(&mut flat, element, self.window.duration_s);
        }
        for crew in &self.resources {
            let path = |kpi: &str| format!("resources.{}.{kpi}", crew.crew);
            flat.count(path("calls"), crew.calls, "calls");
            flat.add(path("utilisation"), crew.utilisation, "-");
            flat.add(path("waiting_mean"), crew.waiting_mean, "calls");
            flat.add(path("wait_mean_s"), crew.wait_mean_s, "s");
        }
        for rule in &self.controls {
            let path = |kpi: &str| format!("controls.{}.{kpi}", rule.rule);
            flat.count(path("activations"), rule.activations, "times");
            flat.add(path("active_s"), rule.active_s, "s");
            flat.add(path("active_share"), rule.active_share, "-");
        }
        flat.0
    }
}

fn flatten_line(flat: &mut Flat, line: &LineReport) {
    let path = |kpi: &str| format!("line.{kpi}");
    flat.count(path("good"), line.good, "parts");
    flat.add(path("throughput_per_h"), line.throughput_per_h, "1/h");
    flat.add(path("demand_per_h"), line.demand_per_h, "1/h");
    flat.add(path("demand_met"), line.demand_met, "-");
    flat.add(path("takt_time_s"), line.takt_time_s, "s");
    let parts = &line.parts;
    for (kpi, count) in [
        ("entered", parts.entered),
        ("rejected", parts.rejected),
        ("scrapped", parts.scrapped),
        ("inside_at_start", parts.inside_at_start),
        ("inside_at_end", parts.inside_at_end),
        ("on_floor", parts.on_floor),
        ("turned_away", parts.turned_away),
    ] {
        flat.count(path(kpi), count, "parts");
    }
    for (kpi, count) in [("drops", parts.drops), ("misroutes", parts.misroutes), ("jams", parts.jams)] {
        flat.count(path(kpi), count, "events");
    }
    flatten_clearings(flat, "line", &line.jams);
    flat.add(path("wip_mean"), line.wip.mean, "parts");
    flat.count(path("wip_min"), line.wip.min, "parts");
    flat.count(path("wip_max"), line.wip.max, "parts");
    let lead = &line.lead_time;
    for (kpi, value) in [
        ("lead_time_mean_s", lead.mean_s),
        ("lead_time_p5_s", lead.p5_s),
        ("lead_time_p50_s", lead.p50_s),
        ("lead_time_p95_s", lead.p95_s),
        ("lead_time_max_s", lead.max_s),
        ("lead_time_processing_s", lead.processing_s),
        ("lead_time_transport_s", lead.transport_s),
        ("lead_time_waiting_s", lead.waiting_s),
    ] {
        flat.add(path(kpi), value, "s");
    }
    flatten_oee(flat, "line", line.oee.as_ref());
    flat.add(path("constraint_share"), line.constraint.as_ref().and_then(|constraint| constraint.share), "-");
    flat.add(path("electrical_j"), line.energy.electrical_j, "J");
    flat.add(path("mechanical_j"), line.energy.mechanical_j, "J");
    flat.add(path("electrical_j_per_good"), line.energy.electrical_j_per_good, "J");
    flat.add(path("energy_residual_j"), line.energy_residual_j, "J");
    flat.add(path("energy_residual_share"), line.energy_residual_share, "-");
    flat.add(path("no_read_share"), line.sorting.no_read_share, "-");
    flat.add(path("recirculated_share"), line.sorting.recirculated_share, "-");
    flat.count(path("missed_diverts"), line.sorting.missed_diverts, "parts");
    flat.count(path("lane_full"), line.sorting.lane_full, "parts");
    flat.count(path("missorted"), line.sorting.missorted, "parts");
    flat.add(path("missorted_share"), line.sorting.missorted_share, "-");
    if let Some(bulk) = &line.bulk {
        for (kpi, kg) in [
            ("bulk_fed_kg", bulk.fed_kg),
            ("bulk_filled_kg", bulk.filled_kg),
            ("bulk_out_kg", bulk.out_kg),
            ("bulk_spilt_kg", bulk.spilt_kg),
            ("bulk_inside_kg", bulk.inside_kg),
        ] {
            flat.add(path(kpi), kg, "kg");
        }
        flat.add(path("bulk_residence_mean_s"), bulk.residence_mean_s, "s");
    }
}

fn flatten_clearings(flat: &mut Flat, name: &str, jams: &JamReport) {
    let path = |kpi: &str| format!("{name}.{kpi}");
    flat.count(path("clearings"), jams.clearings, "events");
    flat.count(path("taken_out"), jams.taken_out, "parts");
    flat.add(path("clearing_s"), jams.clearing_s, "s");
    flat.add(path("clearing_waiting_s"), jams.waiting_s, "s");
    flat.add(path("time_to_clear_s"), jams.time_to_clear_s.value(), "s");
}

fn flatten_oee(flat: &mut Flat, name: &str, oee: Option<&OeeReport>) {
    for (kpi, value) in [
        ("availability", oee.and_then(|oee| oee.availability)),
        ("performance", oee.and_then(|oee| oee.performance)),
        ("quality", oee.and_then(|oee| oee.quality)),
        ("oee", oee.and_then(|oee| oee.oee)),
        ("oee_without_starved_blocked", oee.and_then(|oee| oee.oee_without_starved_blocked)),
    ] {
        flat.add(format!("{name}.{kpi}"), value, "-");
    }
}

fn flatten_element(flat: &mut Flat, element: &ElementReport, window_s: f64) {
    let path = |kpi: &str| format!("{}.{kpi}", element.name);
    for (kpi, count, unit) in [
        ("parts_in", element.parts_in, "parts"),
        ("parts_out", element.parts_out, "parts"),
        ("rejected", element.rejected, "parts"),
        ("scrapped", element.scrapped, "parts"),
        ("turned_away", element.turned_away, "parts"),
        ("cycles", element.cycles, "cycles"),
    ] {
        flat.count(path(kpi), count, unit);
    }
    let passed = if matches!(element.family.as_str(), "Sink" | "Bin") { element.parts_in } else { element.cycles };
    flat.add(path("per_h"), (window_s > 0.0).then(|| passed as f64 * 3600.0 / window_s), "1/h");
    for part in &element.left_by_part {
        flat.add(path(&format!("{}.per_h", part.part)), part.per_h, "1/h");
        flat.count(path(&format!("{}.count", part.part)), part.count, "parts");
    }
    if element.family == "Sink" {
        flat.count(path("missorted"), element.missorted, "parts");
    }
    if let Some(diverter) = &element.diverter {
        flat.count(path("missed_diverts"), diverter.missed_diverts, "parts");
        flat.count(path("lane_full"), diverter.lane_full, "parts");
    }
    for order in &element.orders {
        let path = |kpi: &str| format!("{}.order.{}.{kpi}", element.name, order.order);
        for (kpi, count) in [("released", order.released), ("finished", order.finished), ("lost", order.lost)] {
            flat.count(path(kpi), count, "parts");
        }
        flat.add(path("finished_at_s"), order.finished_at_s, "s");
        flat.add(path("lateness_s"), order.lateness_s, "s");
    }
    for way in &element.ways {
        flat.count(path(&format!("to.{}.parts", way.way)), way.parts, "parts");
        flat.add(path(&format!("to.{}.share", way.way)), way.share, "-");
    }
    if let Some(field) = &element.field {
        flat.count(path("intrusions"), field.intrusions, "events");
        flat.add(path("blocked_s"), field.blocked_s, "s");
    }
    if let Some(reader) = &element.reader {
        flat.count(path("no_reads"), reader.no_reads, "passes");
        flat.add(path("no_read_share"), reader.no_read_share, "-");
        flat.add(path("passes_per_part"), reader.passes_per_part, "-");
        flat.add(path("recirculated_share"), reader.recirculated_share, "-");
    }
    flat.add(path("level_mean"), element.level_mean, "parts");
    flat.count(path("level_max"), element.level_max, "parts");
    flatten_states(flat, element);
    if works(&element.family) {
        flatten_oee(flat, &element.name, element.oee.as_ref());
    }
    if let Some(jams) = &element.jams {
        flat.add(path("availability"), element.availability, "-");
        flat.count(path("jams"), jams.jams, "events");
        flatten_clearings(flat, &element.name, jams);
    }
    if matches!(element.family.as_str(), "Station" | "ParallelStation") {
        flat.add(path("first_pass_yield"), element.first_pass_yield, "-");
    }
    if element.filled_kg.is_some() {
        flat.add(path("filled_kg"), element.filled_kg, "kg");
    }
    if let Some(bulk) = &element.bulk {
        flatten_bulk(flat, element, bulk, window_s);
    }
    if element.family == "Loop" {
        flat.add(path("carriers_loaded"), element.carriers_loaded, "-");
        flat.add(path("carriers_waiting"), element.carriers_waiting, "-");
    }
    if element.family == "ContinuousVerticalConveyor" {
        flat.add(path("platforms_filled"), element.platforms_filled, "-");
    }
    flat.count(path("stops"), element.stops, "stops");
    flat.count(path("minor_stops"), element.minor_stops, "stops");
    flat.add(path("mtba_s"), element.mtba_s.value(), "s");
    for failure in &element.failures {
        let path = |kpi: &str| format!("{}.failure.{}.{kpi}", element.name, failure.mode);
        flat.count(path("stops"), failure.stops, "stops");
        flat.add(path("down_s"), failure.down_s, "s");
        flat.add(path("waiting_s"), failure.waiting_s, "s");
        flat.add(path("mtbf"), failure.mtbf.value(), if failure.clock == "cycles" { "cycles" } else { "s" });
        flat.add(path("mttr_s"), failure.mttr_s.value(), "s");
    }
    if !element.faults.is_empty() {
        flat.add(path("faulty_s"), element.faulty_s, "s");
    }
    for fault in &element.faults {
        let path = |kpi: &str| format!("{}.fault.{}.{kpi}", element.name, fault.mode);
        flat.count(path("faults"), fault.faults, "faults");
        flat.add(path("faulty_s"), fault.faulty_s, "s");
        flat.add(path("waiting_s"), fault.waiting_s, "s");
        flat.count(path("unseen"), fault.unseen, "parts");
        flat.count(path("missed_diverts"), fault.missed_diverts, "parts");
    }
    flat.add(path("electrical_j"), element.energy.electrical_j, "J");
    flat.add(path("mechanical_j"), element.energy.mechanical_j, "J");
}

fn flatten_bulk(flat: &mut Flat, element: &ElementReport, bulk: &BulkReport, window_s: f64) {
    let path = |kpi: &str| format!("{}.{kpi}", element.name);
    if element.family == "FillAndWeigh" {
        flat.add(path("fill_error_mean_kg"), bulk.fill_error_mean_kg, "kg");
        flat.add(path("fill_error_sd_kg"), bulk.fill_error_sd_kg, "kg");
    }
    if element.family == "Hopper" {
        flat.add(path("fed_kg"), bulk.fed_kg, "kg");
    }
    if element.family == "BulkBelt" {
        flat.add(path("weighed_kg"), bulk.weighed_kg, "kg");
        flat.add(path("weighing_error"), bulk.weighing_error, "-");
        flat.add(path("dosing_error"), bulk.dosing_error, "-");
    }
    flat.add(path("bulk_kg"), bulk.moved_kg, "kg");
    flat.add(path("bulk_kgps"), (window_s > 0.0).then(|| bulk.moved_kg / window_s), "kg/s");
    flat.add(path("spilt_kg"), bulk.spilt_kg, "kg");
}

// Which KPIs an element has follows from its family and its names alone: they are known before a run.

/// Elements that only watch or only stand there are in no state.
pub fn has_states(family: &str) -> bool {
    !matches!(family, "Eye" | "Lidar" | "Counter" | "Encoder" | "Router" | "GuideRail" | "Fixture" | "BulkChute" | "BulkBin")
}

/// Elements that work on parts have an OEE of their own.
fn works(family: &str) -> bool {
    matches!(
        family,
        "Station"
            | "ParallelStation"
            | "Assembly"
            | "Disassembly"
            | "Unload"
            | "Checkweigher"
            | "Scale"
            | "FillAndWeigh"
            | "Packer"
            | "Unpacker"
            | "Palletiser"
            | "Depalletiser"
    )
}

/// All ten states of an element that has any, so that a check on `down` also holds where nothing ever failed.
fn flatten_states(flat: &mut Flat, element: &ElementReport) {
    if !has_states(&element.family) {
        return;
    }
    for state in super::STATE_NAMES {
        // Not `sum`, which is -0 for a state that never was.
        let share = element.states.iter().filter(|entry| entry.state == state).fold(0.0, |total, entry| total + entry.share);
        flat.add(format!("{}.state.{}", element.name, key(state)), share, "-");
    }
    if element.family == "Assembly" {
        let supply = element.states.iter().filter(|entry| entry.port.as_deref() == Some("supply"));
        flat.add(format!("{}.state.starved.supply", element.name), supply.fold(0.0, |total, entry| total + entry.share), "-");
        return;
    }
    // Where several in-ports can starve a machine, each has its share, whether it ever did or not.
    let ports: &[&str] = match element.family.as_str() {
        "Packer" => &["in", "empties"],
        "Palletiser" => &["in", "pallets"],
        _ => &[],
    };
    for entry in element.states.iter().filter(|entry| ports.is_empty() && entry.state == "starved") {
        if let Some(port) = &entry.port {
            flat.add(format!("{}.state.starved.{}", element.name, key(port)), entry.share, "-");
        }
    }
    for port in ports {
        let of_port = |entry: &&StateShare| entry.state == "starved" && entry.port.as_deref() == Some(port);
        let share = element.states.iter().filter(of_port).fold(0.0, |total, entry| total + entry.share);
        flat.add(format!("{}.state.starved.{port}", element.name), share, "-");
    }
}
