//! How diverters and pushers take parts off: how long that takes, whatever moves the parts, and with contact physics how fast they then
//! come onto what follows. Knows nothing of what is made of it.

use super::misses::side;
use super::watch::{Seen, Sight};
use linetwin_model::scene::{ConveyorId, ElementId, ElementKind, Fidelity, SpotId};
use linetwin_model::{Scene, Time};
use linetwin_sim::Simulation;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::{FactKind, Traffic, Wish};
use std::collections::BTreeMap;

/// On what is driven, how fast a part comes onto it is seen over this way [m]: its surface soon takes it along as fast as it goes itself.
const SEEN_OVER_M: f64 = 0.1;

/// A part that was handed over, and is not wholly on what follows.
struct Way {
    device: ElementId,
    on: ConveyorId,
    since: Time,
    /// Over so much of its way it is seen [m]; it reaches no further from its centre, where that is a slope.
    over_m: f64,
    reach_m: f64,
    /// What speeds it up there [m/s^2].
    rate_mps2: f64,
}

/// How much of its way a part covers, and would if it lay along it [m].
#[derive(Clone, Copy, Debug)]
struct Lying {
    covered_m: f64,
    length_m: f64,
}

pub struct TakeOffs<'s> {
    scene: &'s Scene,
    /// When a part came to a device.
    came: BTreeMap<(PartId, ElementId), Time>,
    ways: BTreeMap<PartId, Way>,
    /// Who is on what follows a device.
    beyond: BTreeMap<PartId, (ElementId, ConveyorId)>,
    lying: BTreeMap<ElementId, Vec<Lying>>,
    pub seen: Seen,
}

impl<'s> TakeOffs<'s> {
    pub fn new(scene: &'s Scene) -> Self {
        TakeOffs { scene, came: BTreeMap::new(), ways: BTreeMap::new(), beyond: BTreeMap::new(), lying: BTreeMap::new(), seen: Seen::new() }
    }

    pub fn see(&mut self, simulation: &Simulation, traffic: &Traffic) {
        match traffic {
            Traffic::Wish(_, Wish::Remove { part }) => self.forget(*part),
            Traffic::Wish(..) => {}
            Traffic::Fact(fact) => match fact.kind {
                FactKind::Arrived { part, spot } if self.begins(spot) => {
                    _ = self.came.insert((part, self.scene.spot(spot).element), fact.crossed_at);
                }
                FactKind::Crossed { part, port, .. } => {
                    self.lies(simulation, part);
                    let came: Vec<(ElementId, Time)> =
                        self.came.iter().filter(|((of, _), _)| *of == part).map(|((_, device), at)| (*device, *at)).collect();
                    self.forget(part);
                    if let Some((device, at)) = came.into_iter().find(|(device, _)| side(self.scene, *device) == Some(port)) {
                        let lasted_s = fact.crossed_at.since(at).as_seconds();
                        self.seen.entry((Sight::TakesOff, device)).or_default().push(lasted_s);
                        let after = self.scene.element(self.scene.port(port).element);
                        if let (ElementKind::Conveyor(on), Fidelity::Contact) = (&after.kind, self.scene.fidelity) {
                            self.begin(simulation, part, (device, *on), fact.crossed_at);
                            self.beyond.insert(part, (device, *on));
                        }
                    }
                }
                FactKind::Dropped { part, .. } => self.forget(part),
                _ => {}
            },
        }
    }

    /// A device's work on a part begins there: not at its blade.
    fn begins(&self, spot: SpotId) -> bool {
        self.scene.takes_off(self.scene.spot(spot).element) && self.scene.diverters.iter().all(|diverter| diverter.stop != Some(spot))
    }

    fn begin(&mut self, simulation: &Simulation, part: PartId, (device, on): (ElementId, ConveyorId), since: Time) {
        let Some(row) = simulation.parts().get(part) else { return };
        let size_m = row.shape.size_m();
        let reach_m = (size_m[0] * size_m[0] + size_m[1] * size_m[1]).sqrt() / 2.0;
        let conveyor = self.scene.conveyor(on);
        let (over_m, rate_mps2) = if self.scene.is_slope(on) {
            let material = self.scene.part_types[row.part_type.index()].variants[row.variant as usize].material;
            let friction = self.scene.resistance(on, self.scene.materials.pair(material, conveyor.material).friction);
            let sin = conveyor.path.start().forward[2];
            (reach_m, self.scene.physics.gravity_mps2 * (-sin - friction * (1.0 - sin * sin).max(0.0).sqrt()))
        } else {
            (SEEN_OVER_M, 0.0)
        };
        self.ways.insert(part, Way { device, on, since, over_m, reach_m, rate_mps2 });
    }

    /// A part goes on from what follows a device: how it lies there.
    fn lies(&mut self, simulation: &Simulation, part: PartId) {
        let Some((device, on)) = self.beyond.remove(&part) else { return };
        if let Some((_, motion)) = simulation.motions().into_iter().find(|(other, _)| *other == part) {
            let [x, y, z, w] = motion.rotation.map(f64::from);
            // Its length as it points, seen from above, and what of that is along the way and across it.
            let pointed = [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + z * w)];
            let ahead = self.scene.conveyor(on).path.end().forward;
            let along = (pointed[0] * ahead[0] + pointed[1] * ahead[1]).abs();
            let across = (pointed[1] * ahead[0] - pointed[0] * ahead[1]).abs();
            let whole = (along * along + across * across).sqrt();
            if whole == 0.0 {
                return;
            }
            let Some(row) = simulation.parts().get(part) else { return };
            let [length_m, width_m, _] = row.shape.size_m();
            let covered_m = (length_m * along + width_m * across) / whole;
            self.lying.entry(device).or_default().push(Lying { covered_m, length_m });
        }
    }

    /// Where they are after a step.
    pub fn look(&mut self, simulation: &Simulation) {
        if self.ways.is_empty() {
            return;
        }
        let scene = self.scene;
        let motions = simulation.motions();
        let now = simulation.settled();
        self.ways.retain(|part, way| {
            let path = &scene.conveyor(way.on).path;
            let along = |position: [f32; 3]| path.locate(position.map(f64::from), 0.0);
            let Some((_, motion)) = motions.iter().find(|(other, _)| other == part) else { return false };
            let along_m = along(motion.position).along;
            // Who is in its way may brake it.
            let is_near = |(other, motion): &(PartId, linetwin_sim::port::PartMotion)| {
                let place = along(motion.position);
                let (width_m, ahead_m) = (scene.conveyor(way.on).width_m, place.along - along_m);
                other != part && place.left.abs() < width_m / 2.0 && ahead_m > 0.0 && ahead_m < 2.0 * way.reach_m && place.above.abs() < 1.0
            };
            if motions.iter().any(is_near) {
                return false;
            }
            if along_m < way.over_m {
                return true;
            }
            let lasted_s = now.since(way.since).as_seconds();
            let speed_mps = along_m / lasted_s - way.rate_mps2 * lasted_s / 2.0;
            if let Some(own_mps) = scene.own_speed_mps(way.device).filter(|own_mps| *own_mps > 0.0) {
                self.seen.entry((Sight::HandsOver, way.device)).or_default().push((speed_mps / own_mps).max(0.0));
            }
            false
        });
    }

    /// The run is over: how much of their way parts cover, all together. They lie every way, so that neither a mean of angles nor most of
    /// them would say it.
    pub fn close(&mut self) {
        for (device, lying) in &self.lying {
            let (covered_m, length_m) = lying.iter().fold((0.0, 0.0), |sums, lying| (sums.0 + lying.covered_m, sums.1 + lying.length_m));
            self.seen.insert((Sight::Covers, *device), vec![covered_m / length_m; lying.len()]);
        }
    }

    fn forget(&mut self, part: PartId) {
        self.came.retain(|(of, _), _| *of != part);
        self.ways.remove(&part);
        self.beyond.remove(&part);
    }
}
