//! A what-if: a saved state that goes on in a scene of which only such numbers are others as are read anew whenever they are
//! needed. Everything else (geometry, speeds, logic, goods) is in the state already, and a state of one line is none of another.
//!
//! What was drawn before stays: the part on its way, the work begun, the failure to come. The new numbers hold from the next
//! draw on.

use crate::metrics::ideal_cycle;
use linetwin_model::scene::{Element, ElementKind, Setup, Station};
use linetwin_model::{Scene, Time};

/// The names of the fields that may be others, for messages.
pub const FORKABLE: [&str; 10] = [
    "interarrival_s",
    "rate_per_h",
    "processing_s",
    "scrap_probability",
    "hold_s",
    "setup_s",
    "uptime_s",
    "uptime_cycles",
    "repair_s",
    "demand_per_h",
];

/// The scene in which a state of `saved` goes on as `wanted` says: `wanted` itself, but stations are measured by the ideal
/// cycle that they had, since one OEE spans both. `None` where they differ in something else.
pub fn forked(saved: &Scene, wanted: &Scene) -> Option<Scene> {
    if with_numbers_of(wanted, saved) != (Scene { inputs: Vec::new(), ..saved.clone() }) {
        return None;
    }
    let mut scene = wanted.clone();
    for (element, saved_element) in scene.elements.iter_mut().zip(&saved.elements) {
        if let Some(declared @ None) = declared_ideal(&mut element.kind) {
            *declared = ideal_cycle(saved, saved_element);
        }
    }
    Some(scene)
}

fn declared_ideal(kind: &mut ElementKind) -> Option<&mut Option<Time>> {
    match kind {
        ElementKind::ParallelStation(station) => Some(&mut station.ideal_cycle),
        kind => station(kind).map(|station| &mut station.ideal_cycle),
    }
}

/// Stations whose work is drawn anew for each part.
fn station(kind: &mut ElementKind) -> Option<&mut Station> {
    match kind {
        ElementKind::Station(station) => Some(station),
        ElementKind::Assembly(assembly) => Some(&mut assembly.station),
        ElementKind::Unload(unload) => Some(&mut unload.station),
        _ => None,
    }
}

/// `scene` with everything from `saved` that may differ, and without inputs.
fn with_numbers_of(scene: &Scene, saved: &Scene) -> Scene {
    let mut scene = Scene { inputs: Vec::new(), demand_per_h: saved.demand_per_h, compute: saved.compute.clone(), ..scene.clone() };
    for (element, saved) in scene.elements.iter_mut().zip(&saved.elements) {
        restore(element, saved);
    }
    scene
}

fn restore(element: &mut Element, saved: &Element) {
    for (failure, saved) in element.failures.iter_mut().zip(&saved.failures) {
        failure.uptime.clone_from(&saved.uptime);
        failure.repair_s.clone_from(&saved.repair_s);
    }
    match (&mut element.kind, &saved.kind) {
        (ElementKind::Source(source), ElementKind::Source(saved)) => source.arrivals.clone_from(&saved.arrivals),
        (ElementKind::Stop(stop), ElementKind::Stop(saved)) => stop.hold_s.clone_from(&saved.hold_s),
        (ElementKind::ParallelStation(station), ElementKind::ParallelStation(saved)) => {
            station.processing_s.clone_from(&saved.processing_s);
            station.scrap_probability = saved.scrap_probability;
            restore_setups(&mut station.setups, &saved.setups);
        }
        (kind, saved) => {
            if let (Some(station), Some(saved)) = (station(kind), saved.station()) {
                station.processing_s.clone_from(&saved.processing_s);
                station.scrap_probability = saved.scrap_probability;
                restore_setups(&mut station.setups, &saved.setups);
            }
        }
    }
}

fn restore_setups(setups: &mut [Setup], saved: &[Setup]) {
    for (setup, saved) in setups.iter_mut().zip(saved) {
        setup.time_s.clone_from(&saved.time_s);
    }
}
