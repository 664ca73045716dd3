//! The one suite binary: each module states at its top what it promises.

mod assembly;
mod broken_scenes;
mod clearing;
mod conditions;
mod contact_line;
mod controls;
mod determinism;
mod distributions;
mod incidents;
mod kpis;
mod laws;
mod line;
mod loops;
mod overrides;
mod packing;
mod reference;
mod resources;
mod routing;
mod run_directory;
mod run_tables;
mod scenes;
mod seams;
mod senses;
mod sortation;
mod tidy;
