//! The nouns of linetwin: the scene as written (one lossless syntax tree with spans), its check with diagnostics, the
//! checked [`scene::Scene`], and the schema of the KPI report. Opens no file of its own accord, runs nothing, knows
//! nothing about physics, devices or windows.

pub mod check;
pub mod condition;
mod consequence;
pub mod diagnostic;
pub mod difference;
pub mod distribution;
pub mod duration;
mod dxf;
pub mod edit;
pub mod expand;
pub mod files;
pub mod geometry;
pub mod graph;
pub mod joint;
pub mod machine_log;
pub mod mesh;
pub mod parametric;
pub mod read;
pub mod reference;
pub mod render;
pub mod report;
pub mod scene;
pub mod schema;
pub mod spec;
pub mod sweep;
pub mod syntax;
pub mod template;
pub mod time;
pub mod words;

pub use scene::Scene;
pub use time::Time;
