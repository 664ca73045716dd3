//! A simulation as bytes and back: everything that decides its future, nothing that can be derived. The entities of
//! parts are derived from the transport; the scene is given again by whoever loads.

use crate::granular::GranularSnapshot;
use crate::line::Line;
use crate::metrics::Metrics;
use crate::parts::Parts;
use crate::port::Fact;
use crate::ranging::RangingState;
use crate::simulation::{Run, SnapshotError, StateHash};
use crate::transport::AnyTransport;
use linetwin_model::Scene;
use serde::{Deserialize, Serialize};

/// Who can read a snapshot: another engine would not go on to the same bytes.
pub const ENGINE: &str = concat!("linetwin-sim ", env!("CARGO_PKG_VERSION"), " rapier3d 0.36.1");

/// What is saved, written from references.
#[derive(Serialize)]
pub struct SnapshotRef<'a> {
    pub engine: &'a str,
    pub scene: [u8; 32],
    pub run: Run,
    pub step: u64,
    pub history: StateHash,
    pub line: &'a Line,
    pub parts: &'a Parts,
    pub measures: &'a Metrics,
    pub facts: &'a [Fact],
    pub transport: &'a AnyTransport,
    pub granular: Option<GranularSnapshot>,
    pub ranging: Option<&'a RangingState>,
}

/// What follows the head (engine and scene), read into values.
#[derive(Deserialize)]
pub struct Snapshot {
    pub run: Run,
    pub step: u64,
    pub history: StateHash,
    pub line: Line,
    pub parts: Parts,
    pub measures: Metrics,
    pub facts: Vec<Fact>,
    pub transport: AnyTransport,
    pub granular: Option<GranularSnapshot>,
    pub ranging: Option<RangingState>,
}

/// Identifies a checked scene: equal hashes run alike. Where an input was written does not count.
pub fn scene_hash(scene: &Scene) -> [u8; 32] {
    let bare = Scene { inputs: Vec::new(), ..scene.clone() };
    let bytes = postcard::to_stdvec(&bare).expect("a scene is plain data");
    *blake3::hash(&bytes).as_bytes()
}

pub fn encode(snapshot: &SnapshotRef<'_>) -> Vec<u8> {
    postcard::to_stdvec(snapshot).expect("the state of a simulation is plain data")
}

/// Reads the head first, so that a foreign snapshot is told from a damaged one.
pub fn decode(bytes: &[u8], scene: &Scene) -> Result<Snapshot, SnapshotError> {
    let damaged = |error: postcard::Error| SnapshotError::Damaged(error.to_string());
    let ((engine, found_scene), rest) = postcard::take_from_bytes::<(String, [u8; 32])>(bytes).map_err(damaged)?;
    if engine != ENGINE {
        return Err(SnapshotError::ForeignEngine { found: engine, expected: ENGINE.to_owned() });
    }
    if found_scene != scene_hash(scene) {
        return Err(SnapshotError::ForeignScene);
    }
    let (snapshot, rest) = postcard::take_from_bytes::<Snapshot>(rest).map_err(damaged)?;
    if rest.is_empty() { Ok(snapshot) } else { Err(SnapshotError::Damaged(format!("{} bytes follow its end", rest.len()))) }
}
