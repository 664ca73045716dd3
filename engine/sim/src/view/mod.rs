//! What a picture shows of a line: made by code from the checked scene and from what the transport says is solid. Knows no
//! renderer and no file; never changes a simulation.
//!
//! A [`Scenery`] is what keeps its shape through a run, a [`Moment`] what changes. Metres, seconds, radians; Z is up; meshes
//! are seen from where their triangles go anticlockwise.
//!
//! ```text
//! scenery  meshes, items, looks of part types                      moment  poses, states, ways of drives
//! mesh     boxes, cylinders, hulls, prisms                         place   where something is
//! role     what an item is, its colour, lamps of a stack light     stage   items as they are put together
//! installed  what is solid: floor, devices, platforms             beds    belts, rollers, side frames
//! machines   portals, stack lights, gates                         senses  photo-eyes, arches, lidars
//! stands     legs and columns                                     vessels walls that grains meet
//! looks      meshes of part types
//! ```

mod beds;
mod installed;
mod looks;
mod machines;
mod mesh;
mod moment;
mod place;
mod role;
mod scenery;
mod senses;
mod stage;
mod stands;
mod vessels;

pub use mesh::Mesh;
pub use moment::{DriveMoment, Grain, Moment, Mover, ShownPart};
pub use place::Place;
pub use role::{Colour, Lamp, Lamps, Role, part_colour, state_colour};
pub use scenery::{Item, PartLook, Scenery, Viewpoint};

use crate::line::Line;
use crate::parts::Parts;
use crate::port::Transport;
use linetwin_model::{Scene, Time};

/// What of a simulation is looked at.
pub(crate) struct View<'a> {
    pub scene: &'a Scene,
    pub now: Time,
    pub line: &'a Line,
    pub parts: &'a Parts,
    pub transport: &'a dyn Transport,
    pub grains: Option<&'a crate::granular::Granular>,
}
