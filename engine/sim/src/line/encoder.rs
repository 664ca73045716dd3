//! Encoders: what each has counted of its drive's way, pulse by pulse. In a fault it loses some or all of them, and never
//! finds them again.

use super::context::Context;
use super::sensor::Sensor;
use linetwin_model::Scene;
use linetwin_model::scene::{ElementId, ElementKind, Track};
use serde::{Deserialize, Serialize};

/// An encoder as controllers see it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct EncoderView {
    pub element: ElementId,
    /// The way of the surface when it was last looked at [m].
    way_m: f64,
    /// Of that, what it saw [m].
    seen_m: f64,
    pub speed_mps: f64,
    /// What it did not see, backwards too [m], and the last fault that hid some of it.
    pub lost_m: f64,
    pub lost_in: u32,
}

impl EncoderView {
    pub fn of(scene: &Scene) -> Vec<EncoderView> {
        let encoders = scene.element_ids().filter(|&element| matches!(scene.element(element).kind, ElementKind::Encoder(_)));
        let view = |element| EncoderView { element, way_m: 0.0, seen_m: 0.0, speed_mps: 0.0, lost_m: 0.0, lost_in: 0 };
        encoders.map(view).collect()
    }
}

/// The encoder counts what its drive has moved since it last did.
pub(super) fn count_way(context: &mut Context<'_>, index: usize, sensor: &Sensor) {
    let element = context.board.encoders[index].element;
    let ElementKind::Encoder(encoder) = &context.scene.element(element).kind else { return };
    let (way_m, (share, hidden_in)) = (context.encoders_m[encoder.drive.index()], sensor.sees_of_all(context, element));
    let view = &mut context.board.encoders[index];
    let moved_m = way_m - std::mem::replace(&mut view.way_m, way_m);
    view.seen_m += moved_m * share;
    view.speed_mps = moved_m * share / context.scene.step.seconds();
    if let Some(fault) = hidden_in {
        view.lost_m += (moved_m * (1.0 - share)).abs();
        view.lost_in = fault;
    }
}

impl Context<'_> {
    fn encoder(&self, element: ElementId) -> Option<&EncoderView> {
        self.board.encoders.iter().find(|view| view.element == element)
    }

    /// In whole pulses [m].
    pub fn encoder_m(&self, element: ElementId) -> Option<f64> {
        let ElementKind::Encoder(encoder) = &self.scene.element(element).kind else { return None };
        Some((self.encoder(element)?.seen_m * encoder.pulses_per_m).floor() / encoder.pulses_per_m)
    }

    pub fn encoder_mps(&self, element: ElementId) -> Option<f64> {
        self.encoder(element).map(|view| view.speed_mps)
    }

    /// The way by which a diverter follows parts [m], and what its encoder has lost of it until now [m].
    pub fn tracked_m(&self, track: &Track) -> (f64, f64) {
        let own = track.encoder.and_then(|encoder| Some((self.encoder_m(encoder)?, self.encoder(encoder)?.lost_m)));
        own.unwrap_or_else(|| (self.encoders_m[track.drive.index()], 0.0))
    }

    /// The fault in which an encoder lost pulses last.
    pub fn lost_in(&self, encoder: ElementId) -> Option<u32> {
        self.encoder(encoder).map(|view| view.lost_in)
    }
}
