//! The walls that grains meet, for pictures: what stands, in the world, and gates and feeders with where they are. Changes nothing.

use super::Granular;
use super::feeder::{Feeder, housing};
use super::gate::Gate;
use super::plan::Plan;
use super::walls::{carrying, mantle, sides, skirts, trough};
use crate::random::Streams;
use linetwin_compute::kernels::particles::WallShape;
use linetwin_model::Scene;
use linetwin_model::geometry::{Pose, add, scale};
use linetwin_model::scene::{BulkFeeder, ElementId, FeederKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WallRole {
    Vessel,
    Belt,
    /// A gate, a screw's flight, a trough that swings.
    Moving,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ShownWall {
    pub element: ElementId,
    pub role: WallRole,
    /// In the world; of something that moves, in the space of its mover.
    pub shape: WallShape,
    pub mover: Option<usize>,
}

impl Granular {
    /// Always the same in the same order.
    pub fn shown_walls(&self) -> Vec<ShownWall> {
        walls(&self.plan)
    }

    /// Where gates and feeders are, in order.
    pub fn movers(&self) -> Vec<Pose> {
        movers(&self.plan, &self.state.gates, &self.state.feeders)
    }
}

/// The same walls where there are no grains: with exact events bulk material flows.
pub struct Vessels(Plan);

impl Vessels {
    /// `None` for a scene without bulk material.
    pub fn new(scene: &Scene) -> Option<Self> {
        Plan::new(scene, &Streams { seed: 0, replication: 0 }).map(Vessels)
    }

    pub fn shown_walls(&self) -> Vec<ShownWall> {
        walls(&self.0)
    }

    /// With gates so far open [-], by hopper, and feeders at rest.
    pub fn movers(&self, gates: &[(ElementId, f64)]) -> Vec<Pose> {
        let open = |element: ElementId| gates.iter().find(|(id, _)| *id == element).map_or(0.0, |(_, open)| *open);
        let gates: Vec<Gate> = self.0.hoppers.iter().map(|hopper| Gate::at_rest(open(hopper.element))).collect();
        movers(&self.0, &gates, &vec![Feeder::default(); self.0.feeders.len()])
    }
}

fn walls(plan: &Plan) -> Vec<ShownWall> {
    let (mut found, mut movers) = (Vec::new(), 0..);
    let mut add = |element, role, shape, mover| found.push(ShownWall { element, role, shape, mover });
    for hopper in &plan.hoppers {
        mantle(&hopper.spec).into_iter().for_each(|shape| add(hopper.element, WallRole::Vessel, shape, None));
        let (_, half_m) = Gate::default().plate(hopper, plan);
        let plate = WallShape::Cuboid { centre_m: [0.0; 3], half_m, axes: WallShape::UPRIGHT };
        add(hopper.element, WallRole::Moving, plate, movers.next());
    }
    for belt in &plan.belts {
        add(belt.element, WallRole::Belt, carrying(&belt.spec), None);
        add(belt.element, WallRole::Vessel, skirts(&belt.spec), None);
    }
    for planned in &plan.feeders {
        if let FeederKind::Screw(screw) = &planned.spec.kind {
            add(planned.element, WallRole::Vessel, housing(&planned.spec, screw), None);
        }
        let own = BulkFeeder { start: Pose::new([0.0; 3], 0.0, 0.0), ..planned.spec.clone() };
        add(planned.element, WallRole::Moving, Feeder::default().wall(&own, 0.0, plan.step_s).0, movers.next());
    }
    plan.chutes.iter().for_each(|chute| add(chute.element, WallRole::Vessel, trough(&chute.spec), None));
    plan.bins.iter().for_each(|bin| add(bin.element, WallRole::Vessel, sides(&bin.spec), None));
    found
}

fn movers(plan: &Plan, gates: &[Gate], feeders: &[Feeder]) -> Vec<Pose> {
    let gates = plan.hoppers.iter().zip(gates).map(|(hopper, gate)| Pose::new(gate.plate(hopper, plan).0, 0.0, 0.0));
    let feeders = plan.feeders.iter().zip(feeders).map(|(planned, feeder)| {
        let (start, [turn, away_m]) = (planned.spec.start, feeder.way(&planned.spec));
        match &planned.spec.kind {
            FeederKind::Screw(_) => Pose { left: add(scale(start.left, libm::cos(turn)), scale(start.up(), libm::sin(turn))), ..start },
            FeederKind::Vibratory(kind) => start.shifted(away_m * libm::cos(kind.throw), 0.0, away_m * libm::sin(kind.throw)),
        }
    });
    gates.chain(feeders).collect()
}
