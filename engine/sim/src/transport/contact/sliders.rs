//! What the contact hook asks of every part in every step: how it moves, and how it gives way. The physics keeps that in
//! several places of a large arena; here it is one line of memory for each part, read where the motions are read anyway.

use super::hook::Slipping;
use rapier3d::prelude::*;

/// By the bodies' index in their arena. Derived: a body that is not known here is read itself, with the same result.
#[derive(Default)]
pub struct Sliders {
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Slot {
    slipping: Slipping,
}

impl Sliders {
    /// After a step, before the next: nothing else changes what is remembered of a part.
    pub fn remember(&mut self, handle: RigidBodyHandle, physical: &RigidBody) {
        let index = arena_index(handle);
        if self.slots.len() <= index {
            self.slots.resize(index + 1, Slot::default());
        }
        self.slots[index].slipping = Slipping::new(physical);
    }

    /// A part enters, perhaps in the place of one that has left: the physics has not weighed it yet.
    pub fn forget(&mut self, handle: RigidBodyHandle) {
        if let Some(slot) = self.slots.get_mut(arena_index(handle)) {
            *slot = Slot::default();
        }
    }

    pub fn get(&self, handle: RigidBodyHandle, bodies: &RigidBodySet) -> Slipping {
        let known = self.slots.get(arena_index(handle)).filter(|slot| slot.slipping.is_known());
        known.map_or_else(|| Slipping::new(&bodies[handle]), |slot| slot.slipping)
    }
}

/// Where a body stands in its arena, whoever stood there before.
pub fn arena_index(handle: RigidBodyHandle) -> usize {
    handle.into_raw_parts().0 as usize
}
