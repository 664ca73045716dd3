//! The schema of `kpi.json`: what a run measured. Plain data; the formulas stand in `sim/src/metrics`, the pictures in
//! `run`. Times are seconds derived once from integer nanoseconds, shares are of the statistics window.

mod flat;
mod outline;
mod series;

pub use flat::{FlatKpi, KPI_PATTERNS, KpiPattern, has_states, key};
pub use outline::{ElementOutline, LineOutline, kpi_paths};
pub use series::*;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The measures of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KpiReport {
    /// Version of this schema: 1.
    pub schema: u32,
    pub scene: String,
    pub seed: u64,
    pub replication: u32,
    pub window: Window,
    pub line: LineReport,
    /// In scene order.
    pub elements: Vec<ElementReport>,
    /// Crews, in scene order.
    #[serde(default)]
    pub resources: Vec<CrewReport>,
    /// Rules of the line's controls, in scene order.
    #[serde(default)]
    pub controls: Vec<RuleReport>,
    pub checks: Vec<CheckReport>,
    /// Drops, misroutes, jams, stalls, missed work, missed diverts, tip-overs, skews, overlaps: since time zero, the warm-up included.
    pub production_events: Vec<ProductionEvent>,
    /// What went wrong with parts within the window, by kind, place and what touched them; what lost most time first, then
    /// the most frequent.
    #[serde(default)]
    pub incidents: Vec<IncidentGroup>,
    /// What a reader of the figures should know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What physics must not do; any entry makes the run invalid.
    pub invalid_conditions: Vec<InvalidCondition>,
    /// What this report says about its own certainty: one run alone has no confidence interval.
    pub confidence: String,
    /// What the pictures of the report are drawn from.
    pub series: Series,
}

/// The statistics window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Statistics start, after the warm-up [s].
    pub start_s: f64,
    /// [s]
    pub end_s: f64,
    /// [s]
    pub duration_s: f64,
    /// Set where the window is empty: the run was shorter than the warm-up.
    pub note: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineReport {
    /// The part type that counts; `None`: all.
    pub counted_part: Option<String>,
    /// Good parts of the counted type that left in the window.
    pub good: u64,
    /// Good parts per hour of the window [1/h].
    pub throughput_per_h: f64,
    /// [1/h]
    pub demand_per_h: Option<f64>,
    /// Throughput / demand [-].
    pub demand_met: Option<f64>,
    /// Takt time: planned production time / demand [s].
    pub takt_time_s: Option<f64>,
    pub parts: PartCounts,
    pub wip: WipReport,
    pub lead_time: LeadTimeReport,
    pub constraint: Option<ConstraintReport>,
    /// Of the line, at its constraint: availability and performance are the constraint's, quality is that of the parts
    /// that were worked on there and have left the line, wherever they were taken out.
    pub oee: Option<OeeReport>,
    pub energy: EnergyReport,
    pub sorting: SortingReport,
    /// Only of lines with bulk material.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk: Option<LineBulkReport>,
    /// Jams of all elements, and what clearing them took.
    #[serde(default)]
    pub jams: JamReport,
    /// How well the physics kept the energy of the parts [J]: what parts gained beyond the work of moving surfaces and of
    /// other parts on them, or moved without a contact, summed over parts and windows of 1,200 steps; an estimate from a
    /// tenth of the steps and every sudden gain. Zero in nature.
    pub energy_residual_j: f64,
    /// The same over the mechanical work of the drives [-]; gains above 0.02 in a window make the run invalid.
    pub energy_residual_share: Option<f64>,
}

/// Counts of all part types within the window; the balance
/// `inside_at_start + entered = good + rejected + scrapped + inside_at_end` holds exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartCounts {
    pub inside_at_start: u64,
    pub entered: u64,
    pub good: u64,
    pub rejected: u64,
    pub scrapped: u64,
    pub inside_at_end: u64,
    /// Of those inside at the end: lying on the floor.
    pub on_floor: u64,
    /// Never entered: a source found its place occupied.
    pub turned_away: u64,
    /// Drops in the window (production events).
    pub drops: u64,
    pub misroutes: u64,
    pub jams: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WipReport {
    /// Time-weighted mean [parts].
    pub mean: f64,
    pub max: u64,
    pub min: u64,
    pub at_end: u64,
    /// Integral of WIP over the window [part s].
    pub integral_part_s: f64,
}

/// Enter to leave, of the good parts of the counted type that left in the window. Quantiles are by nearest rank: the
/// smallest observed value that at least p % of the observations do not exceed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeadTimeReport {
    pub count: u64,
    pub mean_s: Option<f64>,
    pub p5_s: Option<f64>,
    pub p50_s: Option<f64>,
    pub p95_s: Option<f64>,
    pub max_s: Option<f64>,
    /// Mean time a part was worked on [s].
    pub processing_s: Option<f64>,
    /// Mean time it moved [s].
    pub transport_s: Option<f64>,
    /// Mean time it stood and nobody worked on it [s].
    pub waiting_s: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConstraintReport {
    pub element: String,
    /// `declared` or `active period`.
    pub method: String,
    /// Share of the window in which it was the momentary constraint [-] (active-period method): alone or while the
    /// constraint shifted to or from it.
    pub share: Option<f64>,
    /// All elements that could be the constraint, the largest share first.
    pub candidates: Vec<ConstraintCandidate>,
}

/// One element's part in the active-period method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConstraintCandidate {
    pub element: String,
    /// Share of the window as the only constraint [-].
    pub sole_share: f64,
    /// Share of the window while the constraint shifted [-]; counted for both elements.
    pub shifting_share: f64,
}

/// ISO 22400-2. Factors are [-]; `None` where a denominator is zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OeeReport {
    pub availability: Option<f64>,
    pub performance: Option<f64>,
    pub quality: Option<f64>,
    /// Their product.
    pub oee: Option<f64>,
    /// The same three with starved and blocked time taken out of the planned time: what the machine itself loses.
    pub availability_without_starved_blocked: Option<f64>,
    pub performance_without_starved_blocked: Option<f64>,
    pub oee_without_starved_blocked: Option<f64>,
    /// The ideal cycle time (planned run time per item) behind `performance` [s].
    pub ideal_cycle_s: Option<f64>,
    /// Produced quantity behind `performance` and `quality` [parts].
    pub produced: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnergyReport {
    /// Electrical energy [J]: state power over time, and of drives with `efficiency` and `no_load_w` also
    /// no-load power for as long as each turns, plus mechanical work / efficiency.
    pub electrical_j: f64,
    /// Work of the drives on the parts [J]: mechanical, not electrical.
    pub mechanical_j: f64,
    /// Electrical energy per good part [J].
    pub electrical_j_per_good: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ElementReport {
    pub name: String,
    pub family: String,
    /// In the order of the time model; only states that occurred.
    pub states: Vec<StateShare>,
    pub parts_in: u64,
    pub parts_out: u64,
    pub rejected: u64,
    pub scrapped: u64,
    pub turned_away: u64,
    /// Parts that left the line here, by type: sinks.
    pub left_by_part: Vec<PartCount>,
    /// Works finished (stations), strokes (pushers), weighings, counts.
    pub cycles: u64,
    /// Sinks: parts that do not belong there (`receives`).
    pub missorted: u64,
    /// Only of scanners.
    pub reader: Option<ReaderReport>,
    /// Lidars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldReport>,
    /// Only of diverters that take parts off a host.
    pub diverter: Option<DiverterReport>,
    /// Only of sources with a schedule: its orders, in their order.
    #[serde(default)]
    pub orders: Vec<OrderReport>,
    /// Only of routers and lane dividers: what they sent where, in the order of their ways.
    #[serde(default)]
    pub ways: Vec<WayReport>,
    /// Mean level of parts on it [parts], time-weighted, and its largest value.
    pub level_mean: f64,
    pub level_max: u64,
    /// Only for elements that work on parts: stations and checkweighers.
    pub oee: Option<OeeReport>,
    /// Conveyors: APT / PBT (ISO 22400-2) [-].
    #[serde(default)]
    pub availability: Option<f64>,
    /// Only of conveyors.
    #[serde(default)]
    pub jams: Option<JamReport>,
    /// Loops: share of the time of its carriers in which they are loaded, and in which they stand [-].
    pub carriers_loaded: Option<f64>,
    pub carriers_waiting: Option<f64>,
    /// Continuous vertical conveyors: share of the platforms on their way between the levels that carry a part, over time [-].
    pub platforms_filled: Option<f64>,
    /// Stations that draw whether a part is good: share of the parts that passed when they were judged first [-].
    pub first_pass_yield: Option<f64>,
    /// Stations that fill: what they added to the weight of parts [kg].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled_kg: Option<f64>,
    /// Only of what stores, carries, doses or catches bulk material.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk: Option<BulkReport>,
    pub failures: Vec<FailureReport>,
    /// Sensors that have faults: time in which at least one lasted, within the window [s].
    #[serde(default)]
    pub faulty_s: Option<f64>,
    #[serde(default)]
    pub faults: Vec<FaultReport>,
    /// Stops of any cause (failures, jams) that began in the window.
    pub stops: u64,
    /// Of those: shorter than the minor stop limit.
    pub minor_stops: u64,
    /// Mean time between any two stops, on the run-time clock (time in `processing`) [s].
    pub mtba_s: Estimate,
    pub energy: EnergyReport,
    /// State power over time [J], same order as `states`.
    pub energy_by_state_j: Vec<f64>,
}

/// Jams within the window, and what clearing took; tip-overs and other incidents count to the clearings where the scene has
/// them cleared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JamReport {
    /// That began.
    pub jams: u64,
    /// Clearings that ended.
    pub clearings: u64,
    /// Parts that were taken out.
    pub taken_out: u64,
    /// From calls to ends, all together [s].
    pub clearing_s: f64,
    /// Of that: until the work began [s].
    pub waiting_s: f64,
    /// Mean time from the call to the end, of clearings that ended [s].
    pub time_to_clear_s: Estimate,
}

/// Bulk material within the window, summed in whole nanograms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineBulkReport {
    /// Fed to hoppers; what was in them at time zero is not [kg].
    pub fed_kg: f64,
    /// Filled into parts [kg].
    pub filled_kg: f64,
    /// Left by bins [kg].
    pub out_kg: f64,
    /// On the floor, or flown away [kg].
    pub spilt_kg: f64,
    /// In the line at the end, without what is in parts: all that was ever fed less all that has gone [kg].
    pub inside_kg: f64,
    /// Mean time from coming in until it was filled into a part or left by a bin, by mass [s].
    pub residence_mean_s: Option<f64>,
}

/// What one element did with bulk material in the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BulkReport {
    /// Hoppers: what was fed at the top [kg].
    pub fed_kg: f64,
    /// Out of the hopper, off the belt or chute; into the bin or the parts [kg].
    pub moved_kg: f64,
    /// Fell on the floor, or flew away, after it was here last [kg].
    pub spilt_kg: f64,
    /// Fill-and-weigh stations: mean and standard deviation of what was filled in less the target; the latter of at least two
    /// fills [kg].
    pub fill_error_mean_kg: Option<f64>,
    pub fill_error_sd_kg: Option<f64>,
    /// Belts with a scale: what that added up [kg].
    pub weighed_kg: Option<f64>,
    /// The same over what went across the scale's middle, less 1 [-].
    pub weighing_error: Option<f64>,
    /// Belts that dose: mass flow over the end while something was on it, over the set rate, less 1 [-].
    pub dosing_error: Option<f64>,
}

/// What a scanner read in the window. Shares are [-]; `None` where nothing passed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReaderReport {
    /// Passes at which nothing was read.
    pub no_reads: u64,
    /// No-reads / passes.
    pub no_read_share: Option<f64>,
    /// Passes / passes of parts that came for the first time.
    pub passes_per_part: Option<f64>,
    /// Passes of parts that had been there before / passes.
    pub recirculated_share: Option<f64>,
}

/// What came into the field of a lidar in the window, as its controllers were told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldReport {
    pub intrusions: u64,
    /// How long something was in it [s].
    pub blocked_s: f64,
}

/// An order of a source's schedule: counts and times from the start of the run, the warm-up included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderReport {
    pub order: String,
    pub part: String,
    /// Ordered.
    pub quantity: u32,
    /// That entered the line.
    pub released: u64,
    /// That left as good.
    pub finished: u64,
    /// Rejected, scrapped or turned away.
    pub lost: u64,
    /// When its first part entered [s].
    pub released_at_s: Option<f64>,
    /// When the last of all its parts was finished or lost [s].
    pub finished_at_s: Option<f64>,
    /// [s]
    pub due_s: Option<f64>,
    /// Finished - due; negative: early [s].
    pub lateness_s: Option<f64>,
}

/// What a router or a lane divider sent one way in the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WayReport {
    /// As written in the scene: `arm 1.side`; of a divider `lane 1`.
    pub way: String,
    pub parts: u64,
    /// Of all that it sent [-]; `None` where it sent none.
    pub share: Option<f64>,
}

/// What a diverter let go on in the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiverterReport {
    /// Parts that it should have taken off and did not: outside their window, while it was down, or that went past it.
    pub missed_diverts: u64,
    /// Parts that it let pass because the way behind it was full.
    pub lane_full: u64,
}

/// How the line sorted in the window. Shares are [-]; `None` where nothing passed a scanner or left at a sink that says
/// what it receives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SortingReport {
    /// No-reads / passes, of all scanners together.
    pub no_read_share: Option<f64>,
    /// Passes of parts that had been at the same scanner before / passes, of all scanners together.
    pub recirculated_share: Option<f64>,
    /// Parts that diverters should have taken off and did not, all together.
    pub missed_diverts: u64,
    /// Parts that diverters let pass because the way behind them was full, all together.
    pub lane_full: u64,
    /// Parts that arrived at a sink that they do not belong to.
    pub missorted: u64,
    /// Missorted / all parts that left at sinks which say what they receive.
    pub missorted_share: Option<f64>,
}

/// The states of the time model, in its order.
pub const STATE_NAMES: [&str; 10] =
    ["processing", "idle", "starved", "blocked", "held", "setup", "down", "jammed", "planned stop", "not scheduled"];

/// A crew within the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrewReport {
    pub crew: String,
    /// How many they are.
    pub count: u32,
    /// How often one of them was called.
    pub calls: u64,
    /// Mean share of them that were at work [-].
    pub utilisation: Option<f64>,
    /// Calls that waited, as a mean over time.
    pub waiting_mean: Option<f64>,
    /// How long a call waited, all waiting over the calls [s].
    pub wait_mean_s: Option<f64>,
}

/// A rule of the line's controls within the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleReport {
    pub rule: String,
    /// How often it began.
    pub activations: u64,
    /// How long it was active [s].
    pub active_s: f64,
    /// The same over the window [-].
    pub active_share: Option<f64>,
}

/// How many parts of one type left, and how many per hour of the window [1/h].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartCount {
    pub part: String,
    pub count: u64,
    pub per_h: f64,
}

/// Time in one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StateShare {
    /// `processing`, `idle`, `starved`, `blocked`, `held`, `setup`, `down`, `jammed`, `planned stop`, `not scheduled`.
    pub state: String,
    /// For `starved`: which in-port lacks parts, where there are several.
    pub port: Option<String>,
    /// [s]
    pub time_s: f64,
    /// Of the window [-].
    pub share: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailureReport {
    pub mode: String,
    /// That began in the window.
    pub stops: u64,
    /// Within the window [s].
    pub down_s: f64,
    /// Of that: waiting for the crew [s].
    #[serde(default)]
    pub waiting_s: f64,
    /// `running`, `calendar` or `cycles`: the clock of `mtbf`.
    pub clock: String,
    /// Mean up time between failures, on that clock [s or cycles].
    pub mtbf: Estimate,
    /// Mean time to repair, of repairs that ended in the window [s].
    pub mttr_s: Estimate,
}

/// A way in which a sensor lies, within the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaultReport {
    pub mode: String,
    /// That began.
    pub faults: u64,
    /// How long they lasted [s].
    pub faulty_s: f64,
    /// Of that: waiting for the crew [s].
    pub waiting_s: f64,
    /// Parts that it hid from the sensor.
    pub unseen: u64,
    /// Diverts that were missed because the sensor did not see the part.
    pub missed_diverts: u64,
}

/// An observed mean, only given where there are enough observations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Estimate {
    Value(f64),
    /// Fewer than ten occurrences.
    #[default]
    NotEstimable,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// As written in the scene.
    pub text: String,
    pub passed: bool,
    /// What was found.
    pub found: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InvalidCondition {
    /// `body not finite`, `tunnelling`, `penetration`, `energy from nowhere`, ...
    pub kind: String,
    pub count: u64,
    /// First time [s] and the element or part it was seen at.
    pub first_s: f64,
    pub first_at: String,
    /// What to do about it.
    pub remedy: String,
}

/// Something that went wrong in production and that nobody typed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductionEvent {
    /// `drop`, `misroute`, `jam`, `stall`, `missed work`, `missed divert`, `tip-over`, `skew`, `overlap`.
    pub kind: String,
    pub element: String,
    pub count: u64,
    /// First time [s].
    pub first_s: f64,
    /// The part it first happened to, as `source#serial`; none for a stalled mechanism.
    pub first_part: Option<String>,
}

/// Incidents of one kind at one place, and how their parts differ from those that passed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentGroup {
    /// `jam`, `drop`, `tip-over`, `skew`, `overlap`.
    pub kind: String,
    pub element: String,
    /// In words: the element, and what touched the part.
    pub place: String,
    /// Incidents in the window.
    pub count: u64,
    /// Parts that went on from the element in the window.
    pub passed: u64,
    /// A threshold on one or two properties that holds for most incidents and few of the parts that passed; none where no
    /// property sets them apart, or where there are fewer than 3 incidents or 10 parts.
    pub rule: Option<String>,
    /// Incidents, and parts that passed, for which the rule holds.
    pub rule_incidents: Option<u64>,
    pub rule_passed: Option<u64>,
    /// The whole as a sentence.
    pub text: String,
    /// First time in the window [s].
    pub first_s: f64,
    /// Median speed of the parts when they last moved freely [m/s].
    pub speed_median_mps: f64,
    /// How long the place was held up by jams, and by the clearing of what else happened; where several last at once, that
    /// time counts once [s].
    pub held_s: f64,
    /// What became of the parts.
    pub outcomes: IncidentOutcomes,
}

/// Parts by what became of them after an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentOutcomes {
    pub good: u64,
    pub rejected: u64,
    pub scrapped: u64,
    /// Still in the line, or on the floor beside it.
    pub inside: u64,
}

impl Estimate {
    pub fn value(&self) -> Option<f64> {
        match self {
            Estimate::Value(value) => Some(*value),
            Estimate::NotEstimable => None,
        }
    }
}

/// The JSON Schema of `kpi.json`.
pub fn kpi_schema() -> schemars::Schema {
    schemars::schema_for!(KpiReport)
}
