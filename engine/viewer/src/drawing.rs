//! What is seen at a moment, one entry for each mesh with its place and its size. Both renderers draw this list.

use linetwin_model::scene::ElementId;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Moment, Place, Role, Scenery, ShownPart};

/// So much of an element's neighbours is in a picture of it [m].
const AROUND_M: f64 = 0.5;
const GRAINS_LOOKED_AT: usize = 20_000;

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
    let items = (0..scenery.items.len()).filter_map(|index| drawn_item(scenery, moment, index));
    let parts = moment.parts.iter().flat_map(|part| {
        let (body, label) = drawn_part(scenery, part);
        std::iter::once(body).chain(label)
    });
    items.chain(parts).collect()
}

/// `None`: it is not seen, or not now.
pub fn drawn_item(scenery: &Scenery, moment: &Moment, index: usize) -> Option<Drawn> {
    let item = &scenery.items[index];
    let (place, scale) = item.in_world(&moment.movers);
    // What is all zero is out of the picture.
    let is_seen = item.role != Role::Collider && scale.iter().all(|scale| *scale != 0.0);
    is_seen.then_some(Drawn { thing: Thing::Item(index), mesh: item.mesh, place, scale })
}

/// With its label.
pub fn drawn_part(scenery: &Scenery, part: &ShownPart) -> (Drawn, Option<Drawn>) {
    let look = scenery.look(part.part_type, part.variant);
    let (place, scale) = (part.place, part.scale);
    let body = Drawn { thing: Thing::Part(part.id), mesh: look.mesh, place, scale };
    (body, look.label.map(|mesh| Drawn { thing: Thing::Label(part.id), mesh, place, scale }))
}

/// Corners of a box that holds everything that is seen, and the floor below it [m]: quickly, for what comes every frame.
pub fn extent(scenery: &Scenery, moment: &Moment) -> Vec<[f64; 3]> {
    let [mut low, mut high] = scenery.bounds_m;
    low[2] = low[2].min(scenery.floor_z_m);
    // Of very many grains, some thousands say how far they reach.
    let some_grains = moment.grains.iter().step_by(moment.grains.len().div_ceil(GRAINS_LOOKED_AT).max(1));
    for at_m in moment.parts.iter().map(|part| part.place.position_m).chain(some_grains.map(|grain| grain.at_m)) {
        for axis in 0..3 {
            (low[axis], high[axis]) = (low[axis].min(at_m[axis]), high[axis].max(at_m[axis]));
        }
    }
    let ends = [low, high];
    (0..8_usize).map(|corner| std::array::from_fn(|axis| f64::from(ends[corner >> axis & 1][axis]))).collect()
}

/// Points of everything that is seen but the floor [m], and of the floor below it: what a first picture is to show.
pub fn outline(scenery: &Scenery, moment: &Moment) -> Vec<[f64; 3]> {
    let mut points = Vec::new();
    for drawn in drawn(scenery, moment) {
        if matches!(drawn.thing, Thing::Item(index) if scenery.items[index].role == Role::Floor) {
            continue;
        }
        for [x, y, z] in corners(scenery, &drawn) {
            points.extend([[x, y, z], [x, y, f64::from(scenery.floor_z_m).min(z)]]);
        }
    }
    if points.is_empty() {
        points.extend([[-1.0, -1.0, 0.0], [1.0, 1.0, 1.0]]);
    }
    points
}

/// Points of one element and what is just around it [m]; none where nothing is seen of it.
pub fn outline_of(element: ElementId, scenery: &Scenery, moment: &Moment) -> Vec<[f64; 3]> {
    let is_its = |drawn: &Drawn| matches!(drawn.thing, Thing::Item(index) if scenery.items[index].owner == Seen::Element(element));
    let own = drawn(scenery, moment).into_iter().filter(is_its).flat_map(|drawn| corners(scenery, &drawn));
    own.flat_map(|[x, y, z]| [-AROUND_M, AROUND_M].map(|around_m| [x + around_m, y + around_m, z])).collect()
}

/// Of the box about a mesh, in the world [m].
fn corners(scenery: &Scenery, drawn: &Drawn) -> [[f64; 3]; 8] {
    let ends = scenery.meshes[drawn.mesh].bounds();
    std::array::from_fn(|corner| {
        let own = std::array::from_fn(|axis| ends[corner >> axis & 1][axis] * drawn.scale[axis]);
        drawn.place.point(own).map(f64::from)
    })
}
