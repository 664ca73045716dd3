//! What a container is with its content, and a part with what fills it: mass, centre of mass, inertia and shape, as one rigid body. Formulas only; knows
//! nothing about who packs, nor about bodies.

use crate::part_map::PartMap;
use crate::parts::{DrawnShape, Part};
use linetwin_model::scene::Seat;
use serde::{Deserialize, Serialize};

/// Content that reaches less than this beyond its container [m] does not change what the container touches.
const STICKS_OUT_M: f64 = 1e-6;

/// A container whose content stands above it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    pub own: DrawnShape,
    /// Centre of the container and of its content, above the centre of both together [m].
    pub own_z_m: f64,
    pub load_z_m: f64,
    /// Length, width, height of the content as a block [m].
    pub load_m: [f64; 3],
}

/// What is known of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Gross {
    pub mass_kg: f64,
    /// From the shape's centre [m].
    pub centre_of_mass_m: [f64; 3],
    /// About the centre of mass, along the axes of the part [kg m^2]; `None`: that of its shape.
    pub inertia_kgm2: Option<[f64; 3]>,
    pub shape: DrawnShape,
}

/// One solid box of a shape: its centre and its size [m].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    pub centre_m: [f64; 3],
    pub size_m: [f64; 3],
}

impl Block {
    fn volume(&self) -> f64 {
        self.size_m.iter().product()
    }
}

/// The boxes that a shape is made of; the bounding box where it is none.
pub fn blocks(shape: &DrawnShape) -> Vec<Block> {
    match shape {
        DrawnShape::OpenBox { size_m: [length, width, height], wall_m: wall } => {
            let inner = length - 2.0 * wall;
            // The bottom goes through below the walls, so that one flat face meets the belt.
            let (wall_z, wall_height) = (wall / 2.0, height - wall);
            let block = |centre_m, size_m| Block { centre_m, size_m };
            vec![
                block([0.0, 0.0, (wall - height) / 2.0], [*length, *width, *wall]),
                block([(length - wall) / 2.0, 0.0, wall_z], [*wall, *width, wall_height]),
                block([(wall - length) / 2.0, 0.0, wall_z], [*wall, *width, wall_height]),
                block([0.0, (width - wall) / 2.0, wall_z], [inner, *wall, wall_height]),
                block([0.0, (wall - width) / 2.0, wall_z], [inner, *wall, wall_height]),
            ]
        }
        DrawnShape::Loaded(loaded) => {
            let raised = |block: Block| {
                let [x, y, z] = block.centre_m;
                Block { centre_m: [x, y, z + loaded.own_z_m], ..block }
            };
            let mut all: Vec<Block> = blocks(&loaded.own).into_iter().map(raised).collect();
            all.push(Block { centre_m: [0.0, 0.0, loaded.load_z_m], size_m: loaded.load_m });
            all
        }
        _ => vec![Block { centre_m: [0.0; 3], size_m: shape.size_m() }],
    }
}

/// Centre of mass of a shape of one density, from the centre of its bounding box [m].
pub fn centroid_m(shape: &DrawnShape) -> [f64; 3] {
    let blocks = blocks(shape);
    let volume: f64 = blocks.iter().map(Block::volume).sum();
    std::array::from_fn(|axis| blocks.iter().map(|block| block.volume() * block.centre_m[axis]).sum::<f64>() / volume)
}

/// Moments of inertia of a shape of one density about its centre of mass, along its axes [kg m^2]. A hull counts as its
/// bounding box, a capsule as its cylinder.
fn inertia_kgm2(shape: &DrawnShape, mass_kg: f64) -> [f64; 3] {
    if let DrawnShape::Cylinder { diameter_m, height_m } | DrawnShape::Capsule { diameter_m, height_m } = *shape {
        let radius2 = diameter_m * diameter_m / 4.0;
        let across = mass_kg * (3.0 * radius2 + height_m * height_m) / 12.0;
        return [across, across, mass_kg * radius2 / 2.0];
    }
    let (blocks, centre_m) = (blocks(shape), centroid_m(shape));
    let volume: f64 = blocks.iter().map(Block::volume).sum();
    let mut sum = [0.0; 3];
    for block in &blocks {
        let mass = mass_kg * block.volume() / volume;
        let [a, b, c] = block.size_m.map(|size| size * size);
        let own = [b + c, a + c, a + b].map(|squares| mass * squares / 12.0);
        let moved = moved(own, mass, std::array::from_fn(|axis| block.centre_m[axis] - centre_m[axis]));
        sum = std::array::from_fn(|axis| sum[axis] + moved[axis]);
    }
    sum
}

/// The parallel axis theorem.
fn moved(own: [f64; 3], mass_kg: f64, offset_m: [f64; 3]) -> [f64; 3] {
    let [x, y, z] = offset_m.map(|offset| offset * offset);
    [own[0] + mass_kg * (y + z), own[1] + mass_kg * (x + z), own[2] + mass_kg * (x + y)]
}

/// Without what it holds.
pub fn own_shape(shape: &DrawnShape) -> &DrawnShape {
    if let DrawnShape::Loaded(loaded) = shape { &loaded.own } else { shape }
}

/// What fills a part: its centre, and its moments of inertia [m], [kg m^2].
fn filling(own: &DrawnShape, mass_kg: f64) -> ([f64; 3], [f64; 3]) {
    match *own {
        DrawnShape::OpenBox { size_m: [length, width, height], wall_m } => {
            let inside = DrawnShape::Box { size_m: [length - 2.0 * wall_m, width - 2.0 * wall_m, height - wall_m] };
            ([0.0, 0.0, wall_m / 2.0], inertia_kgm2(&inside, mass_kg))
        }
        ref closed => ([0.0; 3], inertia_kgm2(closed, mass_kg)),
    }
}

/// Height of the floor that content stands on, above the centre of an empty container [m].
pub fn floor_z_m(shape: &DrawnShape) -> f64 {
    match own_shape(shape) {
        DrawnShape::OpenBox { size_m, wall_m } => wall_m - size_m[2] / 2.0,
        other => other.size_m()[2] / 2.0,
    }
}

/// Where content is in its holder: its centre from the empty holder's centre. What has no seat stands in the middle on top.
pub fn seat_of(holder: &DrawnShape, inside: &Part) -> Seat {
    let on_top = holder.size_m()[2] / 2.0 + inside.shape.size_m()[2] / 2.0;
    inside.seat.unwrap_or(Seat { centre_m: [0.0, 0.0, on_top], turned: false })
}

/// `part` with everything that is in it. Products of inertia, which a full pattern of equal parts does not have, are left
/// out.
pub fn gross(live: &PartMap<Box<Part>>, part: &Part) -> Gross {
    let own = own_shape(&part.shape);
    let (own_kg, own_m) = part.own;
    if part.content.is_empty() && part.filling_kg == 0.0 {
        return Gross { mass_kg: own_kg, centre_of_mass_m: own_m, inertia_kgm2: None, shape: own.clone() };
    }
    let content: Vec<(&Part, Seat)> = part
        .content
        .iter()
        .map(|id| &**live.get(id).expect("what a part holds exists"))
        .map(|inside| (inside, seat_of(own, inside)))
        .collect();
    let mut bodies = vec![(own_kg, own_m, inertia_kgm2(own, own_kg))];
    if part.filling_kg > 0.0 {
        let (centre_m, moments) = filling(own, part.filling_kg);
        bodies.push((part.filling_kg, centre_m, moments));
    }
    for (inside, seat) in &content {
        let [x, y, z] = inside.centre_of_mass_m;
        let [a, b, c] = inside.inertia_kgm2.unwrap_or_else(|| inertia_kgm2(&inside.shape, inside.mass_kg));
        let (offset, moments) = if seat.turned { ([-y, x, z], [b, a, c]) } else { ([x, y, z], [a, b, c]) };
        bodies.push((inside.mass_kg, std::array::from_fn(|axis| seat.centre_m[axis] + offset[axis]), moments));
    }
    let mass_kg: f64 = bodies.iter().map(|(mass, ..)| mass).sum();
    let centre: [f64; 3] = std::array::from_fn(|axis| bodies.iter().map(|(mass, at, _)| mass * at[axis]).sum::<f64>() / mass_kg);
    let mut inertia = [0.0; 3];
    for (mass, at, moments) in &bodies {
        let moved = moved(*moments, *mass, std::array::from_fn(|axis| at[axis] - centre[axis]));
        inertia = std::array::from_fn(|axis| inertia[axis] + moved[axis]);
    }
    // A closed shape is filled to its likeness.
    let alike = content.is_empty() && !matches!(own, DrawnShape::OpenBox { .. });
    let shape = loaded_shape(own, &content);
    let lowered_m = if let DrawnShape::Loaded(loaded) = &shape { loaded.own_z_m } else { 0.0 };
    Gross { mass_kg, centre_of_mass_m: [centre[0], centre[1], centre[2] + lowered_m], inertia_kgm2: (!alike).then_some(inertia), shape }
}

/// The container, with a block for its content where that stands above it. Content without a seat is in a nest, which
/// holds it clear of everything else.
fn loaded_shape(own: &DrawnShape, content: &[(&Part, Seat)]) -> DrawnShape {
    let own_m = own.size_m();
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for (inside, seat) in content.iter().filter(|(inside, _)| inside.seat.is_some()) {
        let [length, width, height] = inside.shape.size_m();
        let size = if seat.turned { [width, length, height] } else { [length, width, height] };
        for axis in 0..3 {
            low[axis] = low[axis].min(seat.centre_m[axis] - size[axis] / 2.0);
            high[axis] = high[axis].max(seat.centre_m[axis] + size[axis] / 2.0);
        }
    }
    let top_m = own_m[2] / 2.0;
    if high[2].is_nan() || high[2] <= top_m + STICKS_OUT_M {
        return own.clone();
    }
    // A block in the middle: what stands on a half-filled layer does not move the shape's centre.
    let across = |axis: usize| 2.0 * high[axis].max(-low[axis]);
    let centre_z_m = (high[2] - top_m) / 2.0;
    let loaded = Loaded {
        own: own.clone(),
        own_z_m: -centre_z_m,
        load_z_m: f64::midpoint(low[2], high[2]) - centre_z_m,
        load_m: [across(0), across(1), high[2] - low[2]],
    };
    DrawnShape::Loaded(Box::new(loaded))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of a few products.
    const TOLERANCE: f64 = 1e-12;

    #[test]
    fn an_open_box_is_a_shell_whose_centre_lies_low() {
        let shape = DrawnShape::OpenBox { size_m: [0.4, 0.3, 0.2], wall_m: 0.01 };
        let volume: f64 = blocks(&shape).iter().map(Block::volume).sum();
        let hollow = 0.4 * 0.3 * 0.2 - 0.38 * 0.28 * 0.19;
        assert!((volume - hollow).abs() < TOLERANCE, "the outside less the inside");
        // First moments of the outside (zero) and of the inside, whose centre is half a wall above.
        let expected = -(0.38 * 0.28 * 0.19) * 0.005 / hollow;
        assert!((centroid_m(&shape)[2] - expected).abs() < TOLERANCE);
        assert_eq!(floor_z_m(&shape), 0.01 - 0.1);
    }

    #[test]
    fn a_box_that_is_filled_turns_like_one_of_that_weight() {
        let shape = DrawnShape::Box { size_m: [0.4, 0.3, 0.2] };
        let (centre_m, moments) = filling(&shape, 1.5);
        let (empty, full) = (inertia_kgm2(&shape, 0.5), inertia_kgm2(&shape, 2.0));
        assert_eq!(centre_m, [0.0; 3]);
        for axis in 0..3 {
            assert!((empty[axis] + moments[axis] - full[axis]).abs() < TOLERANCE);
        }
        let open = DrawnShape::OpenBox { size_m: [0.4, 0.3, 0.2], wall_m: 0.01 };
        assert_eq!(filling(&open, 1.0).0, [0.0, 0.0, 0.005], "above the bottom");
    }

    #[test]
    fn two_half_boxes_turn_like_a_whole_one() {
        let whole = inertia_kgm2(&DrawnShape::Box { size_m: [0.4, 0.3, 0.2] }, 2.0);
        let half = inertia_kgm2(&DrawnShape::Box { size_m: [0.2, 0.3, 0.2] }, 1.0);
        let joined: [f64; 3] = std::array::from_fn(|axis| 2.0 * moved(half, 1.0, [0.1, 0.0, 0.0])[axis]);
        for axis in 0..3 {
            assert!((whole[axis] - joined[axis]).abs() < TOLERANCE);
        }
    }
}
