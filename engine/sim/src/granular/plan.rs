//! What of a scene grains have to do with, and the batch that is made from it. Derived from the scene alone, so no part of a
//! snapshot.

use super::feed::FEED_MPS;
use super::feeder::substeps_per_s;
use super::walls::WallTable;
use crate::random::{Stream, Streams};
use linetwin_compute::kernels::particles::{BatchError, BatchSpec, ClumpShape, ContactLaw, Interaction, Material, Particle, ParticleBatch};
use linetwin_compute::{Device, DeviceError, Placement};
use linetwin_model::Scene;
use linetwin_model::scene::*;

/// Substeps are so much shorter than the longest that is accepted [-].
const STEP_SHARE: f64 = 0.9;
/// Of the smallest radius, what a grain moves in a substep at most [-]: beyond a whole one it would jump over what it meets.
const WAY_SHARE: f64 = 0.8;
/// Radii of a clump's spheres are rounded once more than they are drawn [-].
const LESS: f64 = 1.0 - 1e-6;
const MORE: f64 = 1.0 + 1e-6;
/// The least restitution that a batch takes [-]: walls of the scene may have less.
const LEAST_RESTITUTION: f64 = 0.01;

pub struct PlannedHopper {
    pub element: ElementId,
    pub spec: Hopper,
    /// Height of the gate's upper face [m].
    pub bottom_m: f64,
    /// Diameters of the grains that it is fed with, and how clumps are turned.
    pub diameters: Stream,
    pub rotations: Stream,
}

pub struct Planned<T> {
    pub element: ElementId,
    pub spec: T,
}

pub struct PlannedFiller {
    pub element: ElementId,
    pub spec: FillAndWeigh,
    /// Index into [`Plan::hoppers`].
    pub hopper: usize,
    /// Height of the gate's upper face [m]: what is higher is not in the box.
    pub gate_z_m: f64,
    pub settle_s: f64,
}

pub struct Plan {
    pub granulates: Vec<Granulate>,
    /// Of each granulate, where it is not round.
    pub shapes: Vec<Option<ClumpShape>>,
    pub hoppers: Vec<PlannedHopper>,
    pub belts: Vec<Planned<BulkBelt>>,
    pub feeders: Vec<Planned<BulkFeeder>>,
    pub chutes: Vec<Planned<BulkChute>>,
    pub bins: Vec<Planned<BulkBin>>,
    pub fillers: Vec<PlannedFiller>,
    pub bounds_m: [[f64; 3]; 2],
    pub floor_z_m: f64,
    pub gravity_mps2: f64,
    /// Radius of the smallest sphere, and the furthest that a grain reaches from its centre [m].
    pub radii_m: [f64; 2],
    pub step_s: f64,
    pub substeps: u32,
    /// Materials of walls, behind those of the grains in the batch.
    pub wall_materials: Vec<MaterialId>,
    spec: BatchSpec,
}

impl Plan {
    pub fn new(scene: &Scene, streams: &Streams) -> Option<Self> {
        let space = scene.bulk.as_ref()?;
        let (mut hoppers, mut belts, mut chutes, mut bins) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut feeders, mut wall_materials) = (Vec::new(), Vec::new());
        for element in scene.element_ids() {
            let row = scene.element(element);
            let ElementKind::Bulk(bulk) = &row.kind else { continue };
            wall_materials.push(match bulk {
                BulkElement::Hopper(spec) => spec.material,
                BulkElement::Belt(spec) => spec.material,
                BulkElement::Feeder(spec) => spec.material,
                BulkElement::Chute(spec) => spec.material,
                BulkElement::Bin(spec) => spec.material,
            });
            match bulk.clone() {
                BulkElement::Hopper(spec) => {
                    let bottom_m = spec.outlet_m[2] - space.granulates[spec.granulate].gate_gap_m();
                    let [diameters, rotations] = ["grain diameter", "grain rotation"].map(|purpose| streams.stream(&row.name, purpose));
                    hoppers.push(PlannedHopper { element, spec, bottom_m, diameters, rotations });
                }
                BulkElement::Belt(spec) => belts.push(Planned { element, spec }),
                BulkElement::Feeder(spec) => feeders.push(Planned { element, spec }),
                BulkElement::Chute(spec) => chutes.push(Planned { element, spec }),
                BulkElement::Bin(spec) => bins.push(Planned { element, spec }),
            }
        }
        let shape = |granulate: &Granulate| {
            let is_clump = !granulate.spheres.is_empty();
            is_clump.then(|| ClumpShape::new(&granulate.spheres).expect("the check has looked at its spheres"))
        };
        let shapes: Vec<Option<ClumpShape>> = space.granulates.iter().map(shape).collect();
        let fillers = scene.element_ids().filter_map(|element| {
            let ElementKind::FillAndWeigh(spec) = &scene.element(element).kind else { return None };
            let hopper = hoppers.iter().position(|hopper| hopper.element == spec.hopper)?;
            let gate_z_m = hoppers[hopper].bottom_m;
            Some(PlannedFiller { element, spec: spec.clone(), hopper, gate_z_m, settle_s: spec.settle.as_seconds() })
        });
        let fillers = fillers.collect();
        wall_materials.extend(scene.conveyors.iter().map(|conveyor| conveyor.material));
        wall_materials.extend(scene.fixtures.iter().map(|fixture| fixture.material));
        wall_materials.extend(scene.part_types.iter().flat_map(|part| part.variants.iter().map(|variant| variant.material)));
        wall_materials.sort_unstable();
        wall_materials.dedup();
        let rows = || space.granulates.iter().zip(&shapes);
        let largest = |of: fn(&ClumpShape) -> f64| {
            let radius = |(row, shape): (&Granulate, &Option<ClumpShape>)| row.diameter_m.max() / 2.0 * shape.as_ref().map_or(1.0, of);
            rows().map(radius).fold(0.0, f64::max)
        };
        let smallest = rows().map(|(row, shape)| row.diameter_m.min() / 2.0 * shape.as_ref().map_or(1.0, |shape| shape.radii()[0] * LESS));
        let radii_m = [smallest.fold(f64::INFINITY, f64::min), largest(ClumpShape::reach)];
        let largest_sphere_m = largest(|shape| shape.radii()[1] * MORE);
        let mut spec = batch_spec(scene, space, &wall_materials, [radii_m[0], largest_sphere_m]);
        let moved = feeders.iter().map(|feeder| substeps_per_s(&feeder.spec, radii_m[0])).fold(0.0, f64::max);
        let by_feeders = (moved * scene.step.seconds()).ceil() as u32;
        let driven_mps = belts.iter().map(|belt| belt.spec.speed_mps).chain(scene.drives.iter().map(|drive| drive.speed_mps.abs()));
        let fastest_mps = fall_mps(space, scene) + driven_mps.fold(FEED_MPS, f64::max);
        let by_speed = (fastest_mps * scene.step.seconds() / (WAY_SHARE * radii_m[0])).ceil() as u32;
        let substeps = ParticleBatch::steps_within(&spec, scene.step.seconds(), STEP_SHARE).max(by_feeders).max(by_speed);
        spec.dt_s = scene.step.seconds() / f64::from(substeps);
        Some(Plan {
            granulates: space.granulates.clone(),
            shapes,
            hoppers,
            belts,
            feeders,
            chutes,
            bins,
            fillers,
            bounds_m: space.bounds_m,
            floor_z_m: scene.physics.floor_z_m,
            gravity_mps2: scene.physics.gravity_mps2,
            radii_m,
            step_s: scene.step.seconds(),
            substeps,
            wall_materials,
            spec,
        })
    }

    /// An empty batch with its walls. A device that fails at once, where nobody else may take over, is the second answer.
    pub fn batch(&self, scene: &Scene, placement: &Placement) -> (ParticleBatch, WallTable, Option<DeviceError>) {
        let on = |device: &Device| ParticleBatch::on(device, self.spec.clone(), placement.on_loss);
        let (batch, stopped) = match on(&placement.device) {
            Err(BatchError::Device(error)) => (on(&Device::Cpu), Some(error)),
            batch => (batch, None),
        };
        let mut batch = batch.expect("the check has looked at materials, and the step is short enough");
        let walls = WallTable::new(scene, self, &mut batch);
        (batch, walls, stopped)
    }

    pub fn middle_m(&self) -> [f64; 3] {
        std::array::from_fn(|axis| f64::midpoint(self.bounds_m[0][axis], self.bounds_m[1][axis]))
    }

    /// From the centre of a grain to its furthest point [m].
    pub fn reach_m(&self, grain: &Particle) -> f64 {
        f64::from(grain.radius_m) * self.shapes[grain.material].as_ref().map_or(1.0, ClumpShape::reach)
    }

    pub fn largest_m(&self) -> f64 {
        2.0 * self.radii_m[1]
    }

    /// Index of a material of walls among those of the batch.
    pub fn wall_material(&self, material: MaterialId) -> usize {
        self.granulates.len() + self.wall_materials.iter().position(|known| *known == material).expect("all materials are listed")
    }

    pub fn filler_of(&self, element: ElementId) -> usize {
        self.fillers.iter().position(|filler| filler.element == element).expect("only a FillAndWeigh wishes to fill")
    }
}

/// Of what falls from the top of the space to the floor.
fn fall_mps(space: &BulkSpace, scene: &Scene) -> f64 {
    let height_m = space.bounds_m[1][2] - scene.physics.floor_z_m;
    libm::sqrt(2.0 * scene.physics.gravity_mps2 * height_m.max(0.0))
}

/// Walls give as the grains do: the first bulk material's elasticity is theirs.
fn batch_spec(scene: &Scene, space: &BulkSpace, walls: &[MaterialId], radii_m: [f64; 2]) -> BatchSpec {
    let grains: Vec<Material> = space.granulates.iter().map(elastic).collect();
    let count = grains.len();
    let materials: Vec<Material> = grains.iter().copied().chain(walls.iter().map(|_| grains[0])).collect();
    let mut interactions = Vec::new();
    for a in 0..materials.len() {
        for b in a..materials.len() {
            interactions.push(match (space.granulates.get(a), space.granulates.get(b)) {
                (Some(one), Some(_)) if a == b => of_grains(one),
                (Some(one), Some(other)) => between_grains(scene, one, other),
                (Some(grain), None) => on_wall(scene, grain, walls[b - count]),
                // Walls do not meet.
                _ => Interaction::FRICTIONLESS_ELASTIC,
            });
        }
    }
    BatchSpec {
        bounds_m: space.bounds_m,
        radii_m: radii_m.map(|radius| radius as f32),
        materials,
        interactions,
        law: ContactLaw::HertzMindlin,
        gravity_mps2: [0.0, 0.0, -scene.physics.gravity_mps2],
        dt_s: scene.step.seconds(),
    }
}

fn elastic(granulate: &Granulate) -> Material {
    Material { youngs_modulus_pa: granulate.young_pa, poisson_ratio: granulate.poisson, density_kg_per_m3: granulate.density_kgpm3 }
}

fn of_grains(granulate: &Granulate) -> Interaction {
    Interaction {
        restitution: granulate.restitution,
        friction: granulate.friction,
        rolling_friction: granulate.rolling_friction,
        cohesion_pa: granulate.cohesion_pa,
    }
}

/// Grains of two bulk materials meet as their surfaces do, and the one that yields more decides.
fn between_grains(scene: &Scene, one: &Granulate, other: &Granulate) -> Interaction {
    Interaction {
        restitution: one.restitution.min(other.restitution),
        friction: scene.materials.pair(one.material, other.material).friction,
        rolling_friction: f64::midpoint(one.rolling_friction, other.rolling_friction),
        cohesion_pa: one.cohesion_pa.min(other.cohesion_pa),
    }
}

fn on_wall(scene: &Scene, grain: &Granulate, wall: MaterialId) -> Interaction {
    let surface = scene.materials.pair(grain.material, wall);
    Interaction {
        restitution: surface.restitution.max(LEAST_RESTITUTION),
        friction: surface.friction,
        rolling_friction: grain.rolling_friction,
        cohesion_pa: 0.0,
    }
}
