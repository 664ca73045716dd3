//! Poses and velocities of all parts at both ends of the last step, in the order of the bodies. The physics keeps them
//! scattered over a large arena; whoever follows, shows, balances or hashes reads them here, where they lie side by side.

use super::body::Body;
use super::sliders::Sliders;
use crate::port::PartMotion;
use linetwin_model::Time;
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Motions {
    /// At the last step's end; of a part that has just entered, as it was set down.
    pub now: Vec<PartMotion>,
    /// At the last step's begin.
    pub before: Vec<PartMotion>,
}

impl Motions {
    /// A part enters at `index` of the bodies.
    pub fn insert(&mut self, index: usize, motion: PartMotion) {
        self.now.insert(index, motion);
        self.before.insert(index, motion);
    }

    pub fn remove(&mut self, index: usize) {
        self.now.remove(index);
        self.before.remove(index);
    }

    /// After a step.
    pub fn read(&mut self, bodies: &[Body], world: &PhysicsWorld, sliders: &mut Sliders, until: Time) {
        std::mem::swap(&mut self.now, &mut self.before);
        self.now.clear();
        for (index, body) in bodies.iter().enumerate() {
            if let Some(coaster) = &body.coaster {
                self.now.push(coaster.motion_at(&self.before[index], until));
                continue;
            }
            let physical = &world.bodies[body.handle];
            self.now.push(motion_of(physical));
            sliders.remember(body.handle, physical);
        }
    }
}

/// Pose and velocities of a body.
pub fn motion_of(physical: &RigidBody) -> PartMotion {
    PartMotion {
        position: physical.translation().to_array(),
        rotation: physical.rotation().to_array(),
        linear_velocity: physical.linvel().to_array(),
        angular_velocity: physical.angvel().to_array(),
    }
}
