//! Which side an element, a drive and a wish belong to, and where the two meet. Derived from the scene.

use crate::port::Wish;
use linetwin_model::Scene;
use linetwin_model::scene::{ConveyorId, ElementId, PortId};

#[derive(Default)]
pub struct Owners {
    /// By element: whether contact physics has the parts at it.
    elements: Vec<bool>,
    /// By drive.
    pub drives: Vec<bool>,
    /// Lanes on which tokens may meet bodies: those that parts go onto from the other side.
    pub watched: Vec<usize>,
    /// By lane.
    pub shaded: Vec<Shaded>,
}

/// Which tokens of a lane bodies must see, beside those near which bodies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shaded {
    /// The lane is of bodies.
    All,
    /// Those at its beginning, onto which bodies come; those at its end, beyond which bodies are.
    Ends { begins: bool, ends: bool },
}

impl Owners {
    pub fn new(scene: &Scene) -> Self {
        let elements = scene.element_ids().map(|element| scene.is_by_contact(element)).collect();
        let drives = scene.drives.iter().map(|drive| scene.by_contact[drive.conveyor.index()]).collect();
        let shaded_by = |by_contact: &bool| if *by_contact { Shaded::All } else { Shaded::Ends { begins: false, ends: false } };
        let mut shaded: Vec<Shaded> = scene.by_contact.iter().map(shaded_by).collect();
        let mut watched = Vec::new();
        for (from, to) in followers(scene) {
            if scene.by_contact[from.index()] == scene.by_contact[to.index()] {
                continue;
            }
            if !watched.contains(&to.index()) {
                watched.push(to.index());
            }
            let tokens = if scene.by_contact[from.index()] { to } else { from };
            if let Shaded::Ends { begins, ends } = &mut shaded[tokens.index()] {
                *(if tokens == to { begins } else { ends }) = true;
            }
        }
        watched.sort_unstable();
        Owners { elements, drives, watched, shaded }
    }

    pub fn by_contact(&self, element: ElementId) -> bool {
        self.elements[element.index()]
    }

    pub fn is_for_tokens(&self, scene: &Scene, wish: &Wish) -> bool {
        match wish {
            Wish::Offer { port, .. } => !self.offers_to_bodies(scene, *port),
            Wish::Place { conveyor, .. } => !scene.by_contact[conveyor.index()],
            // Both have all devices, and know by themselves whether a part is theirs.
            _ => true,
        }
    }

    pub fn is_for_bodies(&self, scene: &Scene, wish: &Wish) -> bool {
        match wish {
            Wish::Offer { port, .. } => self.offers_to_bodies(scene, *port),
            Wish::Place { conveyor, .. } => scene.by_contact[conveyor.index()],
            _ => true,
        }
    }

    fn offers_to_bodies(&self, scene: &Scene, port: PortId) -> bool {
        self.by_contact(scene.port(port).element)
    }
}

/// Which conveyor parts of which may go onto: at its end, or off its side.
fn followers(scene: &Scene) -> Vec<(ConveyorId, ConveyorId)> {
    let carried = |port: PortId| {
        let element = scene.carrier_behind(port);
        scene.conveyors.iter().position(|conveyor| conveyor.element == element).map(ConveyorId::from_index)
    };
    let mut found = Vec::new();
    for edge in &scene.edges {
        let from = scene.host_of(scene.port(edge.from).element);
        if let (Some(from), Some(to)) = (from, carried(edge.to)) {
            found.push((from, to));
        }
    }
    found
}
