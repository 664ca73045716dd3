//! The engine: ECS world and schedule, transports, line logic, measures, snapshots. Opens no file, reads no wall
//! clock, prints nothing. Transcendental functions come from `libm`.

pub mod calendar;
pub mod disturb;
pub mod event;
pub mod granular;
pub mod incident;
pub mod io;
pub mod jump;
pub mod line;
pub mod load;
pub mod metrics;
pub mod part_map;
pub mod parts;
pub mod port;
pub mod random;
pub mod ranging;
pub mod record;
pub mod sample;
pub mod schedule;
pub mod simulation;
pub mod transport;
pub mod view;
pub mod workers;
pub mod world;

pub use simulation::{Simulation, SimulationOptions};
