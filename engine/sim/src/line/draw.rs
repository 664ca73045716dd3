//! What is drawn for a part: its variant, shape, mass and pose, each from its own stream at the part's serial, so that
//! no draw shifts another. Knows nothing about when parts come.

use crate::load;
use crate::parts::{DrawnShape, Part, Place};
use crate::random::{Stream, Streams};
use crate::sample::{pick, sample};
use linetwin_model::distribution::Distribution;
use linetwin_model::scene::{PartTypeId, Shape};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A drawn length below this [m] is not a thing: it is raised. Ordinary parts measure 0.02 to 1.
const LEAST_LENGTH_M: f64 = 1e-3;
/// A drawn mass below this [kg] is not a thing: it is raised. Ordinary parts weigh 0.01 to 50.
const LEAST_MASS_KG: f64 = 1e-3;

/// The streams of one place where parts are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PartStreams {
    variant: Stream,
    size: Stream,
    mass: Stream,
    centre_of_mass: Stream,
    left: Stream,
    yaw: Stream,
}

impl PartStreams {
    pub fn new(streams: &Streams, name: &str) -> Self {
        let stream = |purpose| streams.stream(name, purpose);
        PartStreams {
            variant: stream("variant"),
            size: stream("size"),
            mass: stream("mass"),
            centre_of_mass: stream("centre of mass"),
            left: stream("left"),
            yaw: stream("yaw"),
        }
    }

    /// The part with this serial, pending since `at`.
    pub fn part(&self, scene: &Scene, part_type: PartTypeId, serial: u32, at: Time) -> Part {
        let variants = &scene.part_types[part_type.index()].variants;
        let variant = match variants.len() {
            1 => 0,
            // The weights are summed in file order: the same bits on every machine.
            _ => pick(&variants.iter().map(|variant| variant.weight).collect::<Vec<_>>(), &mut self.variant.draw(serial)),
        };
        let chosen = &variants[variant];
        let mass_kg = sample(&chosen.mass_kg, &mut self.mass.draw(serial)).max(LEAST_MASS_KG);
        let shape = self.shape(&chosen.shape, serial);
        // Of an open box, the centre of its bottom and walls is where the offset counts from.
        let from_m = if matches!(shape, DrawnShape::OpenBox { .. }) { load::centroid_m(&shape) } else { [0.0; 3] };
        let centre_of_mass_m = std::array::from_fn(|axis| {
            from_m[axis] + sample(&chosen.centre_of_mass_m[axis], &mut self.centre_of_mass.component(serial, axis as u32))
        });
        Part {
            part_type,
            variant: u32::try_from(variant).expect("fewer than 2^32 articles"),
            place: Place::Pending,
            shape,
            mass_kg,
            centre_of_mass_m,
            attributes: BTreeMap::new(),
            works: BTreeMap::new(),
            inertia_kgm2: None,
            content: Vec::new(),
            seat: None,
            created_at: at,
            entered_at: None,
            on_floor: false,
            own: (mass_kg, centre_of_mass_m),
            filling_kg: 0.0,
        }
    }

    pub fn left_m(&self, distribution: &Distribution, serial: u32) -> f64 {
        sample(distribution, &mut self.left.draw(serial))
    }

    pub fn yaw_rad(&self, distribution: &Distribution, serial: u32) -> f64 {
        sample(distribution, &mut self.yaw.draw(serial))
    }

    fn shape(&self, shape: &Shape, serial: u32) -> DrawnShape {
        let length =
            |component, distribution: &Distribution| sample(distribution, &mut self.size.component(serial, component)).max(LEAST_LENGTH_M);
        match shape {
            Shape::Box { size_m } => DrawnShape::Box { size_m: std::array::from_fn(|axis| length(axis as u32, &size_m[axis])) },
            Shape::OpenBox { size_m, wall_m } => {
                DrawnShape::OpenBox { size_m: std::array::from_fn(|axis| length(axis as u32, &size_m[axis])), wall_m: *wall_m }
            }
            Shape::Cylinder { diameter_m, height_m } => {
                DrawnShape::Cylinder { diameter_m: length(0, diameter_m), height_m: length(1, height_m) }
            }
            Shape::Capsule { diameter_m, height_m } => {
                let diameter_m = length(0, diameter_m);
                // A capsule is never flatter than a ball.
                DrawnShape::Capsule { diameter_m, height_m: length(1, height_m).max(diameter_m) }
            }
            Shape::ConvexHull { points_m, scale } => {
                let factor = length(0, scale);
                let bound = |axis: usize, pick: fn(f64, f64) -> f64, start| points_m.iter().map(|p| p[axis]).fold(start, pick);
                let middle: [f64; 3] =
                    std::array::from_fn(|axis| (bound(axis, f64::min, f64::INFINITY) + bound(axis, f64::max, f64::NEG_INFINITY)) / 2.0);
                let place = |point: &[f64; 3]| std::array::from_fn(|axis| (point[axis] - middle[axis]) * factor);
                DrawnShape::ConvexHull { points_m: points_m.iter().map(place).collect() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linetwin_model::read::{ReadOptions, read};

    fn scene(part: &str) -> Scene {
        let text = format!(
            "Scene(schema: 1, name: \"draws\", parts: {{\"carton\": Part({part})}}, line: {{
                \"infeed\": Source(part: \"carton\", interarrival_s: 3, before: \"belt\"),
                \"belt\": Belt(from_m: (0, 0, 1), to_m: (3, 0, 1), width_m: 0.6, speed_mps: 0.5),
                \"dock\": Sink(after: \"belt\"),
            }})"
        );
        let reading = read("draws.ron", &text, &ReadOptions::default(), &|path| Err(std::io::Error::other(path.to_owned())));
        reading.scene.unwrap_or_else(|| panic!("{:?}", reading.diagnostics))
    }

    /// Promised: how one number of a part is drawn, and how many words that takes, changes no other number of any part.
    #[test]
    fn another_distribution_of_the_length_leaves_width_mass_and_centre_as_they_were() {
        let rest = "0.3, Uniform(min: 0.2, max: 0.3))), mass_kg: Gamma(shape: 9, scale: 0.5)";
        let centre = "centre_of_mass_m: (0, Normal(mean: 0, sd: 0.01), Uniform(min: -0.01, max: 0.01))";
        let plain = scene(&format!("shape: Box(size_m: (0.4, {rest}, {centre}"));
        // Rejection takes another number of words for each part.
        let drawn = "TruncatedNormal(mean: 0.4, sd: 0.1, min: 0.39, max: 0.41)";
        let changed =
            scene(&format!("shape: Box(size_m: ({drawn}, {rest}, {}", centre.replace("(0, N", "(Uniform(min: -0.01, max: 0.01), N")));
        let streams = PartStreams::new(&Streams { seed: 5, replication: 0 }, "infeed");
        for serial in 0..200 {
            let part = |scene: &Scene| streams.part(scene, PartTypeId(0), serial, Time::ZERO);
            let (before, after) = (part(&plain), part(&changed));
            assert_ne!(before.shape.size_m()[0], after.shape.size_m()[0]);
            assert_eq!(before.shape.size_m()[1..], after.shape.size_m()[1..]);
            assert_eq!(before.mass_kg, after.mass_kg);
            assert_ne!(before.centre_of_mass_m[0], after.centre_of_mass_m[0]);
            assert_eq!(before.centre_of_mass_m[1..], after.centre_of_mass_m[1..]);
        }
    }
}
