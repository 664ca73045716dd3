//! Watches: the hash of every step and the snapshot of a whole simulation. Changes nothing.

pub mod fork;
pub mod snapshot;

use crate::event::Event;
use crate::granular::Granular;
use crate::port::Transport;
use crate::simulation::StateHash;
use crate::transport::AnyTransport;

/// Exact events are hashed whole once a simulated minute, and by what happened in every step: all that they do is told.
const WHOLE_EVERY_STEPS: u64 = 60;

/// The hash after a step: of every bit of moving state, the step's events, the hash before, and the step's number. Two runs
/// with the same hash after step n did the same in every step up to n.
///
/// The state comes first because it is long: from the hash's beginning it is taken many kilobytes at a time.
pub fn chain_hash(
    before: StateHash,
    step: u64,
    moving: (&AnyTransport, Option<&Granular>),
    events: &[Event],
    buffer: &mut Vec<u8>,
) -> StateHash {
    let mut hasher = blake3::Hasher::new();
    let (transport, granular) = moving;
    if step.is_multiple_of(WHOLE_EVERY_STEPS) || !matches!(transport, AnyTransport::Event(_)) {
        transport.hash_state(&mut hasher);
    }
    if let Some(granular) = granular {
        granular.hash_state(&mut hasher);
    }
    let mut bytes = std::mem::take(buffer);
    bytes.clear();
    for event in events {
        bytes = postcard::to_extend(event, bytes).expect("an event is plain data");
    }
    bytes.extend(before.0);
    bytes.extend(step.to_le_bytes());
    hasher.update(&bytes);
    *buffer = bytes;
    StateHash(*hasher.finalize().as_bytes())
}
