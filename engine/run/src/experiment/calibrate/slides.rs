//! What resists parts on conveyors without a drive, with contact physics: from how fast they speed up there, where nothing touches
//! them, step by step. How fast they came onto it does not matter, nor that they wait at its end. Knows nothing of what is made of it.

use super::watch::{Seen, Sight};
use linetwin_model::Scene;
use linetwin_model::scene::{Carrying, ConveyorId, ElementKind, PortId};
use linetwin_sim::Simulation;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{FactKind, Traffic, Wish};
use std::collections::BTreeMap;

/// A shorter way says nothing of how fast a part speeds up [m], nor do fewer steps.
const SHORTEST_M: f64 = 0.3;
const FEWEST: usize = 20;

/// A part on a conveyor without a drive.
struct Way {
    on: ConveyorId,
    /// However it is turned, it reaches no further from its centre [m].
    reach_m: f64,
    /// What its materials say [-].
    friction: f64,
    /// Of each step on the stretch on which nothing touches it: when [s], and where [m].
    places: Vec<(f64, f64)>,
    /// It is beyond that.
    ended: bool,
}

pub struct Slides<'s> {
    scene: &'s Scene,
    ways: BTreeMap<PartId, Way>,
    pub seen: Seen,
}

impl<'s> Slides<'s> {
    pub fn new(scene: &'s Scene) -> Self {
        Slides { scene, ways: BTreeMap::new(), seen: Seen::new() }
    }

    pub fn see(&mut self, simulation: &Simulation, traffic: &Traffic) {
        match traffic {
            Traffic::Wish(_, Wish::Remove { part }) => _ = self.ways.remove(part),
            Traffic::Wish(..) => {}
            Traffic::Fact(fact) => match fact.kind {
                FactKind::Entered { part, port } | FactKind::Crossed { part, port, .. } => {
                    self.conclude(part);
                    self.begin(simulation, part, port);
                }
                FactKind::Dropped { part, .. } => _ = self.ways.remove(&part),
                _ => {}
            },
        }
    }

    fn begin(&mut self, simulation: &Simulation, part: PartId, port: PortId) {
        let ElementKind::Conveyor(on) = self.scene.element(self.scene.port(port).element).kind else { return };
        let (Some(row), true) = (simulation.parts().get(part), self.scene.is_slope(on)) else { return };
        let size_m = row.shape.size_m();
        let material = self.scene.part_types[row.part_type.index()].variants[row.variant as usize].material;
        let friction = self.scene.materials.pair(material, self.scene.conveyor(on).material).friction;
        self.ways.insert(
            part,
            Way { on, reach_m: (size_m[0] * size_m[0] + size_m[1] * size_m[1]).sqrt() / 2.0, friction, places: Vec::new(), ended: false },
        );
    }

    /// Where they are after a step.
    pub fn look(&mut self, simulation: &Simulation) {
        if self.ways.is_empty() {
            return;
        }
        let now_s = simulation.settled().as_seconds();
        let mut there: Vec<(PartId, ConveyorId, f64, f64)> = Vec::new();
        for (part, motion) in simulation.motions() {
            if let Some(way) = self.ways.get(&part) {
                let place = self.scene.conveyor(way.on).path.locate(motion.position.map(f64::from), 0.0);
                there.push((part, way.on, place.along, way.reach_m));
            }
        }
        for (part, on, along_m, reach_m) in &there {
            let touches = |(other, also_on, other_m, other_reach_m): &(PartId, ConveyorId, f64, f64)| {
                other != part && also_on == on && (other_m - along_m).abs() <= reach_m + other_reach_m
            };
            let way = self.ways.get_mut(part).expect("it is on its way");
            let is_wholly_on = *along_m >= *reach_m && *along_m <= self.scene.conveyor(*on).path.length() - reach_m;
            if is_wholly_on && !way.ended && !there.iter().any(touches) {
                way.places.push((now_s, *along_m));
            } else {
                way.ended |= !way.places.is_empty();
            }
        }
    }

    fn conclude(&mut self, part: PartId) {
        let Some(way) = self.ways.remove(&part).filter(|way| way.places.len() >= FEWEST) else { return };
        let (begin, end) = (way.places[0], way.places[way.places.len() - 1]);
        let (way_m, lasted_s) = (end.1 - begin.1, end.0 - begin.0);
        if way_m < SHORTEST_M {
            return;
        }
        let conveyor = self.scene.conveyor(way.on);
        let sin = conveyor.path.start().forward[2];
        let cos = (1.0 - sin * sin).max(0.0).sqrt();
        let known = match conveyor.carrying {
            Carrying::FreeRollers(rollers) => rollers.resistance + rollers.resistance_per_mps * way_m / lasted_s,
            _ => way.friction,
        };
        let resistance = (-sin - acceleration_mps2(&way.places) / self.scene.physics.gravity_mps2) / cos - known;
        self.seen.entry((Sight::Slides, conveyor.element)).or_default().push(resistance);
    }
}

/// Of the parabola that is nearest to places at even times, by least squares: the second of its orthogonal polynomials [m/s^2].
fn acceleration_mps2(places: &[(f64, f64)]) -> f64 {
    let count = places.len() as f64;
    let middle_s = places.iter().map(|(at_s, _)| at_s).sum::<f64>() / count;
    let spread = places.iter().map(|(at_s, _)| (at_s - middle_s) * (at_s - middle_s)).sum::<f64>() / count;
    let second = |at_s: f64| (at_s - middle_s) * (at_s - middle_s) - spread;
    let (along, whole) =
        places.iter().fold((0.0, 0.0), |sums, (at_s, place_m)| (sums.0 + place_m * second(*at_s), sums.1 + second(*at_s) * second(*at_s)));
    2.0 * along / whole
}

#[cfg(test)]
mod tests {
    use super::acceleration_mps2;

    #[test]
    fn how_fast_a_part_speeds_up_is_apart_from_how_fast_it_came() {
        for (came_mps, rate_mps2) in [(0.6, 0.86), (2.7, 0.86), (0.5, 0.02), (1.0, -0.4)] {
            let places: Vec<(f64, f64)> = (0..100)
                .map(|step| f64::from(step) / 120.0)
                .map(|at_s| (7.0 + at_s, 0.3 + came_mps * at_s + rate_mps2 / 2.0 * at_s * at_s))
                .collect();
            let found = acceleration_mps2(&places);
            assert!((found - rate_mps2).abs() < 1e-6, "{found} instead of {rate_mps2}");
        }
    }
}
