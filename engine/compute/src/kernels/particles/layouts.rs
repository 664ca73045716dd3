//! What crosses to the device beside particles: structs of equal name and field order in `kernels/particles.cu`.

use super::Scales;
use bytemuck::{Pod, Zeroable};

/// A candidate in a row: of another particle, or of a facet. Each pair has one in the rows of both.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Slot {
    /// With [`TOUCHES`](super::rows::TOUCHES).
    pub other: u32,
    pub shear: [f32; 3],
}

#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PlacedFacet {
    /// [quanta]
    pub corners: [[i32; 3]; 3],
    pub normal: [f32; 3],
    pub wall: u32,
    /// 1 for a half-space, 0 for a triangle.
    pub plane: u32,
    pub unused: [u32; 2],
}

#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct MovingWall {
    pub velocity_mps: [f32; 3],
    pub material: u32,
    pub angular_velocity_radps: [f32; 3],
    pub unused_1: u32,
    /// [quanta]
    pub pivot: [i32; 3],
    pub unused_2: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct StepParameters {
    pub scales: Scales,
    pub count: u32,
    pub material_count: u32,
    /// 1 for Hertz and Mindlin, 0 for linear springs.
    pub hertz: u32,
    pub rolling: u32,
    /// Which of the flags says whether to go on; the next one is told how it went.
    pub step: u32,
    /// How far the anchors have drifted after this step [quanta].
    pub drift: [i32; 3],
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct GridAxis {
    /// 0, 1 or 2.
    pub axis: u32,
    pub cells: u32,
    /// [quanta]
    pub low: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct GridLayout {
    pub fast: GridAxis,
    pub middle: GridAxis,
    pub slow: GridAxis,
    pub cell_per_quantum: f32,
    pub metre_per_quantum: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct SortParameters {
    pub grid: GridLayout,
    pub count: u32,
    /// How many bits are set in `leavers`.
    pub leavers: u32,
    /// Where those go.
    pub last_cell: u32,
    /// [m/s]
    pub drift: [f32; 3],
    pub resting_slack_m: f32,
    pub ahead_s: f32,
    pub largest_m: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct RowParameters {
    pub grid: GridLayout,
    pub count: u32,
    /// 1 where there are clumps: their own spheres do not touch each other.
    pub clumped: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct FacetParameters {
    /// [quanta]
    pub low: [i32; 3],
    pub cells: [u32; 3],
    /// Side of a cell [quanta].
    pub cell: i32,
    pub plane_count: u32,
    pub count: u32,
    /// How much further walls are looked for [m].
    pub slack_m: f32,
    pub metre_per_quantum: f32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct HistoryParameters {
    pub count: u32,
    /// Particles that have old rows.
    pub old_count: u32,
    pub rolling: u32,
}

/// Sums over all particles, from which cells and slacks are chosen.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Survey {
    /// [2^-20 m/s]
    pub velocity: [i64; 3],
    /// Of speeds [2^-20 m^2/s^2].
    pub square: i64,
    /// [quanta]
    pub low: [i32; 3],
    /// [quanta]
    pub high: [i32; 3],
    pub unused: [u32; 2],
}

impl Survey {
    /// Of nobody.
    pub const NONE: Survey = Survey { velocity: [0; 3], square: 0, low: [i32::MAX; 3], high: [i32::MIN; 3], unused: [0; 2] };
    /// Units of a metre per second, and of its square.
    pub const PER_UNIT: f64 = 1_048_576.0;
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct SurveyParameters {
    pub count: u32,
}
