//! What the pictures of a report are drawn from: compact, bounded, the same bytes for the same run. Plain data; knows
//! nothing about colours or paper.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything over time. Unlike the KPIs it covers the whole run, the warm-up included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// Statistics start here: what lies before is to be shaded [s].
    pub warmup_end_s: f64,
    /// End of the run [s].
    pub end_s: f64,
    /// Width of the buckets below [s]: bucket k covers (k * width, (k + 1) * width]; the last may be cut by the end.
    pub bucket_s: f64,
    /// Good parts of the counted type per hour [1/h], per bucket.
    pub throughput_per_h: Vec<f64>,
    /// Mean WIP [parts], per bucket.
    pub wip: Vec<f64>,
    /// Of the places where parts wait: buffers and zone conveyors.
    pub levels: Vec<LevelSeries>,
    pub hourly: HourlyOutput,
    pub lead_time: Histogram,
    /// In scene order; only elements that have states.
    pub gantt: Vec<GanttRow>,
    /// Parts that went from one element to the next in the window.
    pub flow: Vec<FlowEdge>,
    /// Where the time of the line's constraint went; none without one.
    pub waterfall: Option<Waterfall>,
}

/// Parts on one element over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelSeries {
    pub element: String,
    /// Mean level [parts], per bucket of [`Series::bucket_s`].
    pub level: Vec<f64>,
    /// [parts]; none where the element has no fixed capacity.
    pub capacity: Option<u64>,
}

/// Good parts of the counted type in each full hour of the window, and their quantiles by nearest rank.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HourlyOutput {
    /// Hour k begins k hours after the statistics start [parts].
    pub full_hours: Vec<u64>,
    /// In the last, broken hour [parts].
    pub rest: u64,
    /// Its length [s].
    pub rest_s: f64,
    pub p5: Option<u64>,
    pub p50: Option<u64>,
    pub p95: Option<u64>,
}

/// Counts in bins of equal width: bin k covers [start + k * width, start + (k + 1) * width).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// [s]
    pub start_s: f64,
    /// [s]
    pub width_s: f64,
    pub counts: Vec<u64>,
}

/// The states of one element over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GanttRow {
    pub element: String,
    /// Interval k begins here and ends where the next begins; the last ends with the run [s].
    pub starts_s: Vec<f64>,
    /// Names as in [`StateShare::state`](super::StateShare), one per interval.
    pub states: Vec<String>,
    /// Set where intervals were merged to keep the row short: each cell of this width [s] then shows the state that
    /// held longest in it.
    pub merged_to_s: Option<f64>,
}

/// How many parts went from one element to another in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowEdge {
    pub from: String,
    pub to: String,
    pub count: u64,
}

/// Losses at the constraint, from planned time to good parts; the steps add up: planned = sum of losses + net.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Waterfall {
    pub element: String,
    /// Planned busy time [s].
    pub planned_s: f64,
    /// From the first loss to the last.
    pub losses: Vec<Loss>,
    /// Ideal time of the good parts [s]; OEE = net / planned.
    pub net_s: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    pub kind: LossKind,
    /// A failure mode, `jam`, `minor stops`, `starved`, `blocked`, `speed and handling`, `reject and scrap`, ...
    pub name: String,
    /// [s]; below zero only for `speed and handling`, where parts came faster than the ideal cycle.
    pub time_s: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    Availability,
    Performance,
    Quality,
}
