//! Parts of all shapes, and the sizes that a line needs to know of them.

use super::{Drawing, tidy};

/// A part type of a drawn scene.
#[derive(Clone)]
pub struct Goods {
    pub name: String,
    /// Largest length, width and height [m].
    pub size_m: [f64; 3],
    pub mass_kg: f64,
}

/// The largest of each measure [m].
pub fn largest(goods: &[Goods]) -> [f64; 3] {
    let of = |axis: usize| goods.iter().map(|part| part.size_m[axis]).fold(0.0, f64::max);
    [of(0), of(1), of(2)]
}

/// Bounding box of `housing.stl` [m].
const HOUSING_M: [f64; 3] = [0.32, 0.27, 0.14];

impl Drawing {
    /// One to three types that share a line.
    pub(super) fn mixed_goods(&mut self) -> Vec<Goods> {
        (0..1 + self.random.below(3)).map(|_| self.goods()).collect()
    }

    fn goods(&mut self) -> Goods {
        let name = self.name("part");
        let [l, w, h] = [self.random.between(0.15, 0.6), self.random.between(0.12, 0.42), self.random.between(0.05, 0.4)];
        let mass_kg = self.random.between(0.3, 12.0);
        let (shape, size_m) = match self.random.below(12) {
            0 => (format!("Cylinder(diameter_m: {w}, height_m: {h})"), [w, w, h]),
            1 => (format!("Capsule(diameter_m: {w}, height_m: {})", tidy(h + w)), [w, w, h + w]),
            2 => (format!("OpenBox(size_m: ({l}, {w}, {h}))"), [l, w, h]),
            3 => {
                let points = format!("(0, 0, 0), ({l}, 0, 0), ({l}, {w}, 0), (0, {w}, 0), ({l}, 0, {h}), ({l}, {w}, {h})");
                (format!("ConvexHull(points_m: [{points}])"), [l, w, h])
            }
            4 => ("Mesh(file: \"housing.stl\", unit: Millimetre)".to_owned(), HOUSING_M),
            5 => {
                let (least_l, least_h) = (tidy(0.7 * l), tidy(0.5 * h));
                (format!("Box(size_m: (Uniform(min: {least_l}, max: {l}), {w}, Uniform(min: {least_h}, max: {h})))"), [l, w, h])
            }
            _ => (format!("Box(size_m: ({l}, {w}, {h}))"), [l, w, h]),
        };
        let material = *self.random.pick(&["card", "card", "plastic", "rubber", "steel"]);
        let mass = if self.random.chance(0.3) {
            format!(
                "TruncatedNormal(mean: {mass_kg}, sd: {}, min: {}, max: {})",
                tidy(mass_kg / 8.0),
                tidy(mass_kg / 2.0),
                tidy(2.0 * mass_kg)
            )
        } else {
            mass_kg.to_string()
        };
        let off_centre = if self.random.chance(0.15) {
            format!(", centre_of_mass_m: ({}, 0, {})", tidy(size_m[0] / 8.0), tidy(-size_m[2] / 8.0))
        } else {
            String::new()
        };
        self.parts.push(format!("\"{name}\": Part(shape: {shape}, mass_kg: {mass}, material: \"{material}\"{off_centre})"));
        Goods { name, size_m, mass_kg }
    }
}
