//! Whose each solid surface is, so that what touched a part can be named. Filled while the world is built; knows no
//! bodies.

pub use crate::port::Owner;
use serde::{Deserialize, Serialize};

/// In order of surfaces: from this surface on, they belong to this owner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Owners(Vec<(u32, Owner)>);

impl Owners {
    /// What is built from now on is `owner`'s; `next`: how many surfaces there are.
    pub fn begin(&mut self, next: usize, owner: Owner) {
        self.0.push((super::entry::index_u32(next), owner));
    }

    pub fn of(&self, surface: u32) -> Owner {
        let after = self.0.partition_point(|(from, _)| *from <= surface);
        after.checked_sub(1).map_or(Owner::Floor, |at| self.0[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::scene::ElementId;

    #[test]
    fn a_surface_belongs_to_whoever_was_being_built() {
        let mut owners = Owners::default();
        owners.begin(1, Owner::Conveyor(ElementId(4)));
        owners.begin(1, Owner::Rail(ElementId(4)));
        owners.begin(3, Owner::Device(ElementId(7)));
        let found: Vec<Owner> = (0..5).map(|surface| owners.of(surface)).collect();
        let (rail, device) = (Owner::Rail(ElementId(4)), Owner::Device(ElementId(7)));
        assert_eq!(found, [Owner::Floor, rail, rail, device, device]);
    }
}
