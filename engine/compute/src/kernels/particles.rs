//! Bulk material as soft spheres (discrete elements; Cundall and Strack 1979): Hertz and Mindlin or linear springs, with
//! Coulomb friction, tangential history, rolling resistance and linear cohesion, against each other and against walls.
//! Pure data in and out: it knows no scene, no file and no clock.
//!
//! One step, from t_n to t_(n+1):
//!
//! ```text
//! rebuild rows   only when somebody has moved further than its slack since they were built
//! push           impulse of each contact, from places and velocities at t_n, added to momentum and spin
//! advance        gravity, velocity at t_(n+1), place at t_(n+1)
//! move clumps    what was done to their spheres, gathered; their own motion; where their spheres are
//! ```
//!
//! Same bits everywhere, by construction: singles with + - * / and sqrt in one written order; a contact's force is exactly
//! the opposite seen from the other side; places, momenta and spins are integers, so sums over contacts have no order.
//! Hence neither threads, nor vector width, nor the order of particles in memory, nor when rows were built can show.
//!
//! On CUDA (`kernels/particles.cu`) the state stays on the device, and so do rows: these hold each pair twice, so that each
//! particle gathers all that is done to it, from its own side, and no sum needs an atomic but those of walls. A step is one
//! launch that reads one set of places and velocities and writes the other, before it one for the walls, if somebody is
//! near; several steps are launched ahead, and those after one that found rows stale do nothing. Rows are built on the
//! device: particles are sorted by cell, candidates counted, the counts summed by [`prefix_sums`](super::prefix_sums), the
//! rows written, histories looked up in the old ones.

mod batch;
mod body;
mod books;
mod clump;
mod clump_shape;
mod contact;
mod contract;
mod device_batch;
mod fixed;
mod gpu_walls;
mod grid;
mod layouts;
mod material;
mod on_gpu;
mod pairs;
mod rigid;
mod rows;
mod saved;
mod shapes;
mod state;
mod step;
mod walls;
mod width;

pub use batch::{BatchError, BatchSpec, Particle, WallId};
pub use body::{BodyMass, BodyMotion, SavedBody};
pub use books::Books;
pub use clump::{Clump, MOST_SPHERES, SavedClump};
pub use clump_shape::ClumpShape;
pub use contract::{
    COUNT_CELLS, COUNT_FACETS, COUNT_PAIRS, INHERIT_HISTORIES, KERNEL, MOVE_BODIES, MOVE_CLUMPS, PUSH_WALLS, SORT_PARTICLES,
    STEP_PARTICLES, SURVEY_MOTION, WRITE_FACETS, WRITE_PAIRS,
};
pub use device_batch::ParticleBatch;
pub use material::{ContactLaw, Interaction, Material};
pub use saved::{SavedBatch, SavedContact, SavedParticle};
pub use shapes::WallShape;
pub use step::StepError;
pub use walls::SurfaceMotion;

/// Sizes of quanta, and the constants of a step made of them.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Scales {
    pub dt_s: f32,
    /// Of places [m], a power of two.
    pub metre_per_quantum: f32,
    /// Of momenta [kg m/s], a power of two.
    pub momentum_per_quantum: f32,
    /// Of spins [kg m^2/s], a power of two.
    pub spin_per_quantum: f32,
    pub quanta_per_step: f32,
    pub linear_quanta_per_newton: f32,
    pub angular_quanta_per_newton_metre: f32,
    /// Momentum that gravity gives in a step.
    pub gravity_quanta_per_kg: [f32; 3],
    /// A longer way in one step would jump over what it should touch [quanta].
    pub largest_way: f32,
    /// Half the sides of the bounds [quanta].
    pub bounds: [u32; 3],
}

/// What a step found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// A particle is out of bounds, too fast, or not a number.
    pub lost: bool,
    /// A particle has moved further than its slack.
    pub stale: bool,
}

impl Faults {
    fn and(self, other: Faults) -> Faults {
        Faults { lost: self.lost | other.lost, stale: self.stale | other.stale }
    }
}
