//! One file per verb: each reads its arguments, calls one function of the library and prints what came back.

pub mod batches;
pub mod check;
pub mod compare;
pub mod completions;
pub mod diff;
pub mod doctor;
pub mod export;
pub mod fit;
pub mod fmt;
pub mod jams;
pub mod log;
pub mod new;
pub mod pictures;
pub mod processes;
pub mod replay;
pub mod replicate;
pub mod report;
pub mod run;
pub mod scene_file;
pub mod schema;
pub mod sweep;
pub mod test;
pub mod tree;
pub mod validate;
pub mod view;
pub mod watcher;
