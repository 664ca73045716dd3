//! How bodies go out of the physics. Must not know why.
//!
//! Each contact of a body has a colour in the solver, of which no two contacts of one body have the same: what has one colour is
//! solved side by side. The physics takes the colours back of contacts that end, but not of a body that is removed while it touches
//! something; in its place the next body gets others than all the rest, and is solved apart from them. A body that goes is
//! therefore put where it touches nothing, so that its contacts end, and removed after that step.

use super::ContactTransport;
use rapier3d::prelude::*;

/// How far below the line they are put, where nothing is, and how far from each other [m].
const BELOW_M: f32 = 2000.0;
const APART_M: f32 = 100.0;

impl ContactTransport {
    /// It is nowhere any more, for whoever looks.
    pub(super) fn take_out(&mut self, handle: RigidBodyHandle) {
        if let Some(body) = self.world.bodies.get_mut(handle) {
            let away = Vector::new(self.leaving.len() as f32 * APART_M, 0.0, -BELOW_M);
            body.set_position(Pose::from_translation(away), true);
            body.set_linvel(Vector::ZERO, true);
            self.leaving.push(handle);
        }
    }

    /// After a step, and before anything else is done.
    pub(super) fn remove_leaving(&mut self) {
        for handle in self.leaving.drain(..) {
            self.world.remove_body(handle);
        }
    }
}
