//! What is seen at a moment, one entry for each mesh with its place and its size. Both renderers draw this list.

use linetwin_sim::parts::PartId;
use linetwin_sim::view::{Moment, Place, Role, Scenery, ShownPart};

/// A mesh in the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    pub thing: Thing,
    /// Index into [`Scenery::meshes`].
    pub mesh: usize,
    pub place: Place,
    /// Along the mesh's own axes.
    pub scale: [f32; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// Index into [`Scenery::items`].
    Item(usize),
    Part(PartId),
    /// On a part.
    Label(PartId),
}

/// Items first, in order; then parts, each with its label.
pub fn drawn(scenery: &Scenery, moment: &Moment) -> Vec<Drawn> {
    let items = scenery.items.iter().enumerate().filter(|(_, item)| item.role != Role::Collider).map(|(index, item)| {
        let (place, scale) = item.in_world(&moment.movers);
        Drawn { thing: Thing::Item(index), mesh: item.mesh, place, scale }
    });
    // What is all zero is out of the picture.
    let items = items.filter(|drawn| drawn.scale.iter().all(|scale| *scale != 0.0));
    items.chain(moment.parts.iter().flat_map(|part| part_meshes(scenery, part))).collect()
}

fn part_meshes(scenery: &Scenery, part: &ShownPart) -> impl Iterator<Item = Drawn> {
    let look = scenery.look(part.part_type, part.variant);
    let (place, scale) = (part.place, part.scale);
    let body = Drawn { thing: Thing::Part(part.id), mesh: look.mesh, place, scale };
    let label = look.label.map(|mesh| Drawn { thing: Thing::Label(part.id), mesh, place, scale });
    std::iter::once(body).chain(label)
}

/// Points of everything that is seen but the floor [m], and of the floor below it: what a first picture is to show.
pub fn outline(scenery: &Scenery, moment: &Moment) -> Vec<[f64; 3]> {
    let mut points = Vec::new();
    for drawn in drawn(scenery, moment) {
        if matches!(drawn.thing, Thing::Item(index) if scenery.items[index].role == Role::Floor) {
            continue;
        }
        let [low, high] = scenery.meshes[drawn.mesh].bounds();
        for corner in 0..8_usize {
            let own = std::array::from_fn(|axis| [low[axis], high[axis]][corner >> axis & 1] * drawn.scale[axis]);
            let [x, y, z] = drawn.place.point(own).map(f64::from);
            points.extend([[x, y, z], [x, y, f64::from(scenery.floor_z_m).min(z)]]);
        }
    }
    if points.is_empty() {
        points.extend([[-1.0, -1.0, 0.0], [1.0, 1.0, 1.0]]);
    }
    points
}
