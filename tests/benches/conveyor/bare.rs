//! The same conveyor as bare Rapier, with what makes belts work and nothing else: the belt hook and its filter of
//! ghost edges, Coulomb friction, the scene's solver settings. It replays the traffic of a simulation.

use crate::line::{self, Case, Change, Traffic};
use linetwin_model::Scene;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::PartMotion;
use rapier3d::prelude::*;
use std::collections::BTreeMap;

/// Below this cosine between normal and vertical a contact with a belt is a ghost of its edge [-].
const SURFACE_NORMAL_COSINE: f32 = 0.9;
const THICKNESS_M: f64 = 0.1;
/// The bed that receives what leaves the belt [m].
const BED_LENGTH_M: f64 = 0.65;

pub struct BareConveyor {
    world: PhysicsWorld,
    hook: BeltHook,
    parts: BTreeMap<PartId, RigidBodyHandle>,
}

struct BeltHook {
    /// The belts were the first colliders: they have the indices below this.
    belts_end: u32,
    velocity: Vector,
}

impl PhysicsHooks for BeltHook {
    fn modify_solver_contacts(&self, context: &mut ContactModificationContext) {
        let is_belt = |collider: ColliderHandle| collider.into_raw_parts().0 < self.belts_end;
        let belt_is_first = is_belt(context.collider1);
        if !belt_is_first && !is_belt(context.collider2) {
            return;
        }
        let Some(manifold) = context.rigid_mut() else { return };
        if manifold.normal.z.abs() < SURFACE_NORMAL_COSINE {
            manifold.solver_contacts.clear();
            return;
        }
        let velocity = if belt_is_first { self.velocity } else { -self.velocity };
        for contact in manifold.solver_contacts.iter_mut() {
            contact.tangent_velocity = velocity;
        }
    }
}

impl BareConveyor {
    pub fn new(case: &Case, scene: &Scene, traffic: &Traffic, threads: usize) -> Self {
        let mut world = PhysicsWorld::new();
        world.gravity = Vector::new(0.0, 0.0, -scene.physics.gravity_mps2 as f32);
        let parameters = &mut world.integration_parameters;
        parameters.dt = scene.step.seconds() as f32;
        parameters.friction_model = FrictionModel::Coulomb;
        parameters.num_solver_iterations = scene.physics.solver_iterations as usize;
        parameters.contact_recycling = scene.physics.contact_recycling;
        parameters.normalized_contact_recycle_distance = scene.physics.contact_recycle_m as f32;
        parameters.contact_softness.natural_frequency = scene.physics.contact_frequency_hz as f32;
        parameters.static_contact_softness.natural_frequency = 2.0 * scene.physics.contact_frequency_hz as f32;
        world.configure_thread_pool(threads).expect("a pool of this size can be started");

        let Case { length_m, width_m, .. } = *case;
        let belt_z = line::BELT_TOP_M - THICKNESS_M / 2.0;
        let mut solid = |centre: [f64; 3], size: [f64; 3], yaw_deg: f64, hooks: ActiveHooks| {
            let [x, y, z] = centre.map(|value| value as f32);
            let [length, width, height] = size.map(|value| (value / 2.0) as f32);
            let rotation = Rotation::from_rotation_z((yaw_deg as f32).to_radians());
            let body = RigidBodyBuilder::fixed().pose(Pose::from_parts(Vector::new(x, y, z), rotation));
            let collider = ColliderBuilder::cuboid(length, width, height).friction(line::FRICTION as f32).active_hooks(hooks);
            world.insert(body, collider).1
        };
        let mut belts_end = 0;
        for y in (0..case.lanes).map(|lane| case.lane_y_m(lane)) {
            for (x, length) in [(length_m / 2.0, length_m), (length_m + BED_LENGTH_M / 2.0, BED_LENGTH_M)] {
                let belt = solid([x, y, belt_z], [length, width_m, THICKNESS_M], 0.0, ActiveHooks::MODIFY_SOLVER_CONTACTS);
                belts_end = belt.into_raw_parts().0 + 1;
            }
        }
        let across_m = case.lane_y_m(case.lanes - 1);
        let floor = [length_m + 4.0, across_m + 8.0, THICKNESS_M];
        solid([length_m / 2.0, across_m / 2.0, -THICKNESS_M / 2.0], floor, 0.0, ActiveHooks::empty());
        for lane in 0..case.lanes {
            for side in [1.0, -1.0] {
                let rail_y = case.lane_y_m(lane) + side * (width_m / 2.0 + 0.01);
                let rail_z = line::BELT_TOP_M + line::RAIL_HEIGHT_M / 2.0;
                solid([length_m / 2.0, rail_y, rail_z], [length_m, 0.02, line::RAIL_HEIGHT_M], 0.0, ActiveHooks::empty());
            }
            for (centre, yaw_deg) in case.plates(lane) {
                solid(centre, case.plate_size_m(), yaw_deg, ActiveHooks::empty());
            }
        }
        let hook = BeltHook { belts_end, velocity: Vector::new(line::BELT_SPEED_MPS as f32, 0.0, 0.0) };
        let mut conveyor = BareConveyor { world, hook, parts: BTreeMap::new() };
        for (part, motion) in &traffic.initial {
            conveyor.insert(*part, motion, 0.0);
        }
        conveyor
    }

    pub fn run(&mut self, changes: &[Change]) {
        for change in changes {
            self.step(change);
        }
    }

    fn step(&mut self, change: &Change) {
        for part in &change.left {
            let handle = self.parts.remove(part).expect("what leaves has entered");
            self.world.remove_body(handle);
        }
        // The recorded motion is that at the end of the step.
        let dt = self.world.integration_parameters.dt;
        for (part, motion) in &change.entered {
            self.insert(*part, motion, dt);
        }
        self.world.step_with_events(&self.hook, &());
    }

    fn insert(&mut self, part: PartId, motion: &PartMotion, earlier_s: f32) {
        let velocity = Vector::from_array(motion.linear_velocity);
        let position = Vector::from_array(motion.position) - velocity * earlier_s;
        let [x, y, z, w] = motion.rotation;
        let body = RigidBodyBuilder::dynamic()
            .pose(Pose::from_parts(position, Rotation::from_xyzw(x, y, z, w)))
            .linvel(velocity)
            .angvel(Vector::from_array(motion.angular_velocity));
        let half = (line::CARTON_M / 2.0) as f32;
        let collider = ColliderBuilder::cuboid(half, half, half).friction(line::FRICTION as f32).mass(line::CARTON_KG as f32);
        let (handle, _) = self.world.insert(body, collider);
        self.parts.insert(part, handle);
    }

    pub fn mean_speed_mps(&self) -> f64 {
        let speeds = self.parts.values().map(|handle| f64::from(self.world.bodies[*handle].linvel().x));
        speeds.sum::<f64>() / self.parts.len().max(1) as f64
    }
}
