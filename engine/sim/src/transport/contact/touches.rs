//! What touches what after a step, and how hard, for pictures. Reads contacts; moves and decides nothing.

use super::ContactTransport;
use super::drives::{ContactFrame, active_contacts};
use super::hook::Tag;
use crate::parts::PartId;
use crate::port::{Contact, Seen};
use linetwin_model::scene::ElementId;
use rapier3d::prelude::*;

impl ContactTransport {
    pub(super) fn touches(&self, dt_s: f64) -> Vec<Contact> {
        let per_s = (1.0 / dt_s) as f32;
        let mut contacts = Vec::new();
        for pair in self.world.narrow_phase.contact_pairs().filter(|pair| pair.has_any_active_contact()) {
            // What has just left the world is still named by its contacts.
            let (Some(first), Some(second)) = (self.seen(pair.collider1), self.seen(pair.collider2)) else { continue };
            let (part, other, is_first) = match (first, second) {
                (Seen::Part(part), other) => (part, other, true),
                (other, Seen::Part(part)) => (part, other, false),
                _ => continue,
            };
            let own = if is_first { pair.collider1 } else { pair.collider2 };
            let Some(body) = self.world.colliders[own].parent().and_then(|parent| self.world.bodies.get(parent)) else { continue };
            let centre_m = body.center_of_mass();
            for manifold in pair.solver_manifolds() {
                let frame = ContactFrame::of(manifold);
                for contact in active_contacts(manifold) {
                    let arm_m = if is_first { contact.solver_dp1 } else { contact.solver_dp2 };
                    let on_first_n = if contact.impulse > 0.0 { frame.impulse_on_first(contact) * per_s } else { Vector::ZERO };
                    let sign = if is_first { 1.0 } else { -1.0 };
                    contacts.push(Contact {
                        part,
                        other,
                        at_m: (centre_m + arm_m).to_array(),
                        normal: (manifold.data.normal * -sign).to_array(),
                        force_n: (on_first_n * sign).to_array(),
                    });
                }
            }
        }
        contacts
    }

    fn seen(&self, collider: ColliderHandle) -> Option<Seen> {
        let tag = Tag::decode(self.world.colliders.get(collider)?.user_data);
        Some(match tag.surface {
            Some(surface) => self.owners.of(surface).seen(),
            None => Seen::Part(PartId { source: ElementId(tag.part[0]), serial: tag.part[1] }),
        })
    }
}
