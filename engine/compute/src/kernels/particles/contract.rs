//! The contract of `kernels/particles.cu`: entries, and buffers with unit, shape and access. In a launch, buffers are as long
//! as what they can hold; how much of them is meant, the parameters say.

use super::body::{Body, BodyFacet};
use super::clump::{ClumpSphere, RigidClump};
use super::layouts::{
    FacetParameters, HistoryParameters, MovingWall, PlacedFacet, RowParameters, Slot, SortParameters, StepParameters, Survey,
    SurveyParameters,
};
use super::material::PairConstants;
use super::state::{Line, Place};
use crate::contract::{Argument, Entry, Kernel};

pub static KERNEL: Kernel = Kernel {
    stem: "particles",
    source: include_str!("../../../../../kernels/particles.cu"),
    ptx: include_str!("../../../../../kernels/particles.ptx"),
    cubin: Some(include_bytes!("../../../../../kernels/particles.cubin")),
    wgsl: Some(include_str!("../../../../../shaders/particles.wgsl")),
    entries: &[
        &STEP_PARTICLES,
        &PUSH_WALLS,
        &SURVEY_MOTION,
        &COUNT_CELLS,
        &SORT_PARTICLES,
        &COUNT_PAIRS,
        &COUNT_FACETS,
        &WRITE_PAIRS,
        &WRITE_FACETS,
        &INHERIT_HISTORIES,
        &MOVE_BODIES,
        &MOVE_CLUMPS,
    ],
};

/// Sums of each wall, so that not all contacts with one add to the same place [-].
pub const IMPULSE_COPIES: usize = 64;

/// Set in a step's flags: a particle is lost, rows are stale, or nothing was done since an earlier step set one of these.
pub const LOST: u32 = 1;
pub const STALE: u32 = 2;
pub const HALTED: u32 = 4;

/// Pairs, gravity, and the way: one thread for each particle. Reads one set of places, velocities and spins, writes the other.
pub static STEP_PARTICLES: Entry = Entry {
    name: "step_particles",
    threads_per_block: 128,
    registers_at_most: 80,
    warps_at_least: 24,
    arguments: &[
        Argument::read::<Place>("places", "quantum", &["particle_capacity"]),
        Argument::read::<[f32; 4]>("velocities", "m/s", &["particle_capacity"]),
        Argument::read::<[f32; 4]>("spins", "rad/s", &["particle_capacity"]),
        Argument::read::<PairConstants>("constants", "SI", &["material_pairs"]),
        Argument::read::<Place>("anchors", "quantum", &["particle_capacity"]),
        Argument::read::<u32>("row_starts", "-", &["row_capacity"]),
        Argument::read_write::<Slot>("slots", "m", &["slot_capacity"]),
        Argument::read_write::<[f32; 4]>("rolls", "rad", &["roll_capacity"]),
        Argument::read_write::<Line>("lines", "quantum", &["particle_capacity"]),
        Argument::write::<Place>("next_places", "quantum", &["particle_capacity"]),
        Argument::write::<[f32; 4]>("next_velocities", "m/s", &["particle_capacity"]),
        Argument::write::<[f32; 4]>("next_spins", "rad/s", &["particle_capacity"]),
        Argument::read_write::<u32>("flags", "-", &["flag_count"]),
        Argument::parameters::<StepParameters>("parameters"),
    ],
};

/// Contacts with walls, added to momenta before the step; the walls' parts go to one of `IMPULSE_COPIES` sums.
pub static PUSH_WALLS: Entry = Entry {
    name: "push_walls",
    threads_per_block: 128,
    registers_at_most: 80,
    warps_at_least: 24,
    arguments: &[
        Argument::read::<Place>("places", "quantum", &["particle_capacity"]),
        Argument::read::<[f32; 4]>("velocities", "m/s", &["particle_capacity"]),
        Argument::read::<[f32; 4]>("spins", "rad/s", &["particle_capacity"]),
        Argument::read::<PairConstants>("constants", "SI", &["material_pairs"]),
        Argument::read::<PlacedFacet>("facets", "quantum", &["facet_count"]),
        Argument::read::<MovingWall>("walls", "SI", &["wall_count"]),
        Argument::read::<u32>("row_starts", "-", &["row_capacity"]),
        Argument::read::<u32>("flags", "-", &["flag_count"]),
        Argument::read_write::<Slot>("slots", "m", &["slot_capacity"]),
        Argument::read_write::<[f32; 4]>("rolls", "rad", &["roll_capacity"]),
        Argument::read_write::<[f32; 4]>("touches", "m", &["touch_capacity"]),
        Argument::read_write::<Line>("lines", "quantum", &["particle_capacity"]),
        Argument::read_write::<[i64; 6]>("impulses", "quantum", &["impulse_count"]),
        Argument::parameters::<StepParameters>("parameters"),
    ],
};

/// Box and mean motion of all, by few threads that each look at many.
pub static SURVEY_MOTION: Entry = Entry {
    name: "survey_motion",
    threads_per_block: 128,
    registers_at_most: 32,
    warps_at_least: 64,
    arguments: &[
        Argument::read::<Place>("places", "quantum", &["particle_capacity"]),
        Argument::read::<[f32; 4]>("velocities", "m/s", &["particle_capacity"]),
        Argument::read_write::<Survey>("survey", "2^-20 SI", &["1"]),
        Argument::parameters::<SurveyParameters>("parameters"),
    ],
};

/// The cell of each particle, and which one of it.
pub static COUNT_CELLS: Entry = Entry {
    name: "count_cells",
    threads_per_block: 128,
    registers_at_most: 24,
    warps_at_least: 64,
    arguments: &[
        Argument::read::<Place>("places", "quantum", &["particle_capacity"]),
        Argument::read::<u32>("leavers", "-", &["leaver_words"]),
        Argument::write::<u32>("cells", "-", &["particle_capacity"]),
        Argument::write::<u32>("ranks", "-", &["particle_capacity"]),
        Argument::read_write::<u32>("cell_counts", "-", &["cell_capacity"]),
        Argument::parameters::<SortParameters>("parameters"),
    ],
};

/// Particles to where their cells are; anchors for the rows to come.
pub static SORT_PARTICLES: Entry = Entry {
    name: "sort_particles",
    threads_per_block: 128,
    registers_at_most: 32,
    warps_at_least: 64,
    arguments: &[
        Argument::read::<u32>("cells", "-", &["particle_capacity"]),
        Argument::read::<u32>("ranks", "-", &["particle_capacity"]),
        Argument::read::<u32>("cell_starts", "-", &["cell_capacity"]),
        Argument::read::<Line>("lines", "quantum", &["particle_capacity"]),
        Argument::read::<Place>("places", "quantum", &["particle_capacity"]),
        Argument::read::<[f32; 4]>("velocities", "m/s", &["particle_capacity"]),
        Argument::read::<[f32; 4]>("spins", "rad/s", &["particle_capacity"]),
        Argument::write::<Line>("next_lines", "quantum", &["particle_capacity"]),
        Argument::write::<Place>("next_places", "quantum", &["particle_capacity"]),
        Argument::write::<[f32; 4]>("next_velocities", "m/s", &["particle_capacity"]),
        Argument::write::<[f32; 4]>("next_spins", "rad/s", &["particle_capacity"]),
        Argument::write::<Place>("anchors", "quantum", &["particle_capacity"]),
        Argument::write::<u32>("order", "-", &["particle_capacity"]),
        Argument::write::<u32>("members", "-", &["clump_spheres"]),
        Argument::parameters::<SortParameters>("parameters"),
    ],
};

/// How long rows will be.
pub static COUNT_PAIRS: Entry = Entry {
    name: "count_pairs",
    threads_per_block: 128,
    registers_at_most: 40,
    warps_at_least: 48,
    arguments: &[
        Argument::read::<Place>("anchors", "quantum", &["particle_capacity"]),
        Argument::read::<Line>("lines", "quantum", &["particle_capacity"]),
        Argument::read::<u32>("cell_starts", "-", &["cell_capacity"]),
        Argument::read_write::<u32>("counts", "-", &["row_capacity"]),
        Argument::parameters::<RowParameters>("parameters"),
    ],
};

/// The same of facets; they follow after all pairs.
pub static COUNT_FACETS: Entry = Entry {
    name: "count_facets",
    threads_per_block: 128,
    registers_at_most: 40,
    warps_at_least: 48,
    arguments: &[
        Argument::read::<Place>("anchors", "quantum", &["particle_capacity"]),
        Argument::read::<PlacedFacet>("facets", "quantum", &["facet_count"]),
        Argument::read::<u32>("planes", "-", &["plane_count"]),
        Argument::read::<u32>("facet_starts", "-", &["facet_cells"]),
        Argument::read::<u32>("triangles", "-", &["triangle_count"]),
        Argument::read_write::<u32>("counts", "-", &["row_capacity"]),
        Argument::parameters::<FacetParameters>("parameters"),
    ],
};

/// Each pair into the rows of both; counts go down to nothing.
pub static WRITE_PAIRS: Entry = Entry {
    name: "write_pairs",
    threads_per_block: 128,
    registers_at_most: 40,
    warps_at_least: 48,
    arguments: &[
        Argument::read::<Place>("anchors", "quantum", &["particle_capacity"]),
        Argument::read::<Line>("lines", "quantum", &["particle_capacity"]),
        Argument::read::<u32>("cell_starts", "-", &["cell_capacity"]),
        Argument::read::<u32>("row_starts", "-", &["row_capacity"]),
        Argument::read_write::<u32>("counts", "-", &["row_capacity"]),
        Argument::write::<Slot>("slots", "m", &["slot_capacity"]),
        Argument::parameters::<RowParameters>("parameters"),
    ],
};

/// Facets into rows, ascending.
pub static WRITE_FACETS: Entry = Entry {
    name: "write_facets",
    threads_per_block: 128,
    registers_at_most: 40,
    warps_at_least: 48,
    arguments: &[
        Argument::read::<Place>("anchors", "quantum", &["particle_capacity"]),
        Argument::read::<PlacedFacet>("facets", "quantum", &["facet_count"]),
        Argument::read::<u32>("planes", "-", &["plane_count"]),
        Argument::read::<u32>("facet_starts", "-", &["facet_cells"]),
        Argument::read::<u32>("triangles", "-", &["triangle_count"]),
        Argument::read::<u32>("row_starts", "-", &["row_capacity"]),
        Argument::write::<Slot>("slots", "m", &["slot_capacity"]),
        Argument::parameters::<FacetParameters>("parameters"),
    ],
};

/// Histories from the old rows: one thread for each row, of pairs and then of facets.
pub static INHERIT_HISTORIES: Entry = Entry {
    name: "inherit_histories",
    threads_per_block: 128,
    registers_at_most: 24,
    warps_at_least: 64,
    arguments: &[
        Argument::read::<u32>("order", "-", &["particle_capacity"]),
        Argument::read::<u32>("row_starts", "-", &["row_capacity"]),
        Argument::read::<u32>("old_row_starts", "-", &["old_row_capacity"]),
        Argument::read::<Slot>("old_slots", "m", &["old_slot_capacity"]),
        Argument::read::<[f32; 4]>("old_rolls", "rad", &["old_roll_capacity"]),
        Argument::read_write::<Slot>("slots", "m", &["slot_capacity"]),
        Argument::write::<[f32; 4]>("rolls", "rad", &["roll_capacity"]),
        Argument::parameters::<HistoryParameters>("parameters"),
    ],
};

/// Walls that grains move, after the step's contacts with them: one thread for each facet, all of which do the same for their
/// body. Of the parameters `count` is the number of facets.
pub static MOVE_BODIES: Entry = Entry {
    name: "move_bodies",
    threads_per_block: 128,
    registers_at_most: 128,
    warps_at_least: 16,
    arguments: &[
        Argument::read::<Body>("bodies", "quantum", &["body_count"]),
        Argument::read::<BodyFacet>("body_facets", "m", &["body_facet_count"]),
        Argument::read::<[i64; 6]>("impulses", "quantum", &["impulse_count"]),
        Argument::read_write::<u32>("flags", "-", &["flag_count"]),
        Argument::write::<Body>("next_bodies", "quantum", &["body_count"]),
        Argument::write::<PlacedFacet>("facets", "quantum", &["facet_count"]),
        Argument::read_write::<MovingWall>("walls", "SI", &["wall_count"]),
        Argument::parameters::<StepParameters>("parameters"),
    ],
};

/// Clumps, after the step of all particles: one thread for each, which gathers what was done to its spheres and says where these
/// are. Of the parameters `count` is the number of clumps.
pub static MOVE_CLUMPS: Entry = Entry {
    name: "move_clumps",
    threads_per_block: 128,
    registers_at_most: 96,
    warps_at_least: 20,
    arguments: &[
        Argument::read::<ClumpSphere>("clump_spheres", "m", &["clump_spheres"]),
        Argument::read::<u32>("members", "-", &["clump_spheres"]),
        Argument::read::<Place>("anchors", "quantum", &["particle_capacity"]),
        Argument::read_write::<RigidClump>("clumps", "quantum", &["clump_count"]),
        Argument::read_write::<Line>("lines", "quantum", &["particle_capacity"]),
        Argument::write::<Place>("next_places", "quantum", &["particle_capacity"]),
        Argument::write::<[f32; 4]>("next_velocities", "m/s", &["particle_capacity"]),
        Argument::write::<[f32; 4]>("next_spins", "rad/s", &["particle_capacity"]),
        Argument::read_write::<u32>("flags", "-", &["flag_count"]),
        Argument::parameters::<StepParameters>("parameters"),
    ],
};
