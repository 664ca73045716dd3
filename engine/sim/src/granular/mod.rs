//! Grains on a running line: one batch of particles with the walls of everything that they meet, advanced in substeps after the
//! parts. It pours, and knows no line logic: it is told which gates are open, which belts run and which box is to be filled,
//! and reports what it sees as facts.
//!
//! | file | what |
//! |---|---|
//! | `plan` | the scene's bulk elements, and the batch made from them |
//! | `walls` | what grains meet, as shapes |
//! | `gate` | slide gates |
//! | `belt` | speeds of belts, their scales |
//! | `feeder` | screws and troughs that swing |
//! | `feed` | grains that come in |
//! | `places` | where each grain is, and the books: none is lost, and no nanogram |
//! | `filling` | boxes on scales |
//! | `coupled` | parts among grains |
//! | `support` | what such parts stand on |
//! | `saved` | all of it as plain data |
//!
//! Grains feel parts, conveyors' surfaces and fixtures, and parts feel grains. What a box is filled with becomes a part of its weight
//! when it is let go.

mod belt;
mod coupled;
mod feed;
mod feeder;
mod filling;
mod gate;
mod places;
mod plan;
mod saved;
mod shown;
mod support;
mod walls;

use crate::parts::{PartId, Parts};
use crate::port::{BulkSeen, BulkWay, Fact, FactKind, InvalidKind, NANOGRAMS_PER_KG, Transport, Wish};
use crate::random::Streams;
use belt::Belt;
use coupled::{Around, Coupled, Course, PartForce};
use feed::{Feeds, Inlet};
use feeder::Feeder;
use filling::Filling;
use gate::Gate;
use linetwin_compute::kernels::particles::{Particle, ParticleBatch, StepError};
use linetwin_compute::{DeviceError, Placement};
use linetwin_model::scene::{DriveId, ElementId};
use linetwin_model::{Scene, Time};
pub use places::Books;
use places::{Amount, Places};
use plan::Plan;
pub use saved::GranularSnapshot;
use serde::{Deserialize, Serialize};
pub use shown::{ShownWall, Vessels, WallRole};
use std::collections::BTreeMap;
use std::sync::Mutex;
use walls::WallTable;

/// How often what has moved is told: a fact for every step would say little more.
const TOLD_EVERY: Time = Time(100_000_000);

/// All that decides the future but the particles themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    places: Places,
    /// By hopper, in scene order.
    gates: Vec<Gate>,
    feeds: Feeds,
    /// By bulk belt, in scene order.
    belts: Vec<Belt>,
    feeders: Vec<Feeder>,
    /// Of the drives of conveyors, as they were told [m/s].
    speeds_mps: Vec<f64>,
    /// By FillAndWeigh: the box below it.
    fillings: Vec<Option<Filling>>,
    /// By FillAndWeigh: what is still to come when its gate begins to close [kg].
    in_flight_kg: Vec<f64>,
    /// What hoppers and belts were last said to look like.
    told: BTreeMap<ElementId, BulkSeen>,
    coupled: Coupled,
    /// A grain was lost by the batch: nothing moves any more.
    failed: bool,
}

/// The grains of one scene.
pub struct Granular {
    plan: Plan,
    walls: WallTable,
    state: State,
    /// Saving sorts what it keeps for the next step, and is asked of a simulation that is only looked at.
    batch: Mutex<ParticleBatch>,
    /// By number, as of the last step.
    seen: Vec<(u64, Particle)>,
    /// Of grains on parts, in the last step.
    forces: Vec<PartForce>,
    facts: Vec<Fact>,
    /// The device failed, and nobody may take over: grains stand still, and what comes of it is to be thrown away.
    stopped: Option<DeviceError>,
}

/// The device of the grains failed.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceFailure {
    pub error: DeviceError,
    /// The last step is no step. Else the processor went on, from the last committed step, to the same bytes.
    pub stopped: bool,
}

impl Granular {
    /// `None` for a scene without bulk material, or whose bulk material flows.
    pub fn new(scene: &Scene, streams: &Streams, placement: &Placement) -> Option<Self> {
        if scene.bulk_flows {
            return None;
        }
        let plan = Plan::new(scene, streams)?;
        let (mut batch, walls, stopped) = plan.batch(scene, placement);
        let mut state = State {
            places: Places::default(),
            gates: vec![Gate::default(); plan.hoppers.len()],
            feeds: Feeds::new(plan.hoppers.len()),
            belts: vec![Belt::default(); plan.belts.len()],
            feeders: vec![Feeder::default(); plan.feeders.len()],
            speeds_mps: vec![0.0; scene.drives.len()],
            fillings: vec![None; plan.fillers.len()],
            in_flight_kg: plan.fillers.iter().map(|filler| filler.spec.in_flight_kg).collect(),
            told: BTreeMap::new(),
            coupled: Coupled::default(),
            failed: false,
        };
        state.feeds.fill(&mut Inlet { plan: &plan, batch: &mut batch, places: &mut state.places });
        let seen = batch.particles();
        Some(Granular { plan, walls, state, batch: Mutex::new(batch), seen, forces: Vec::new(), facts: Vec::new(), stopped })
    }

    /// Whether the device failed since the grains were set in or loaded.
    pub fn device_failure(&self) -> Option<DeviceFailure> {
        let batch = self.batch.lock().expect("nobody panics while saving");
        let error = self.stopped.as_ref().or(batch.failure())?.clone();
        Some(DeviceFailure { error, stopped: self.stopped.is_some() })
    }

    /// How many grains there are, and what became of all that ever were.
    pub fn books(&self) -> &Books {
        self.state.places.books()
    }

    /// Grains by number, as of the last step.
    pub fn grains(&self) -> &[(u64, Particle)] {
        &self.seen
    }

    /// Mean force of grains on each part that is among them or filled, in the last step [N].
    pub fn part_forces(&self) -> &[(PartId, [f64; 3])] {
        &self.forces
    }

    /// Substeps of a step.
    pub fn substeps(&self) -> u32 {
        self.plan.substeps
    }

    /// What the line wants of gates, belts and boxes.
    pub fn accept(&mut self, scene: &Scene, parts: &Parts, transport: &dyn Transport, wishes: &[Wish]) {
        for wish in wishes {
            match *wish {
                Wish::SetSpeed { drive, speed_mps } => {
                    self.state.speeds_mps[drive.index()] = speed_mps;
                    self.walls.set_conveyor_speed(drive, speed_mps, live(&mut self.batch));
                }
                Wish::RunBulk { element, runs } => self.run(element, runs),
                Wish::Fill { element, part, pours } => {
                    let index = self.plan.filler_of(element);
                    let filling = part.and_then(|part| match self.state.fillings[index].take() {
                        Some(known) if known.part == part => Some(Filling { pours, ..known }),
                        _ => Filling::begin(scene, &self.plan.fillers[index], part, parts, transport, pours),
                    });
                    let batch = live(&mut self.batch);
                    self.walls.place_box(index, filling.as_ref(), &self.plan, batch);
                    self.state.fillings[index] = filling;
                }
                _ => {}
            }
        }
    }

    fn run(&mut self, element: ElementId, runs: bool) {
        if let Some(index) = self.plan.hoppers.iter().position(|hopper| hopper.element == element) {
            self.state.gates[index].enabled = runs;
        }
        if let Some(index) = self.plan.belts.iter().position(|belt| belt.element == element) {
            self.state.belts[index].runs = runs;
        }
        if let Some(index) = self.plan.feeders.iter().position(|feeder| feeder.element == element) {
            self.state.feeders[index].runs = runs;
        }
    }

    /// Moves every grain from `now` to `until`, when the transport has moved its parts, and those on that are among grains.
    pub fn advance(&mut self, scene: &Scene, parts: &Parts, transport: &mut dyn Transport, now: Time, until: Time) {
        if self.state.failed || self.stopped.is_some() {
            return;
        }
        let mut courses = self.meet(scene, parts, transport);
        match self.push(&mut courses, now, until) {
            Ok(()) => {
                let boxes = self.look(now, until);
                let (moved, forces) = self.state.coupled.end(courses, &boxes, &self.plan, live(&mut self.batch));
                self.forces = forces;
                transport.take_over(moved);
            }
            Err(error) => {
                self.fail(&error, until);
                self.forces.clear();
                transport.take_over(self.state.coupled.let_go());
            }
        }
    }

    /// Who is among grains in this step.
    fn meet(&mut self, scene: &Scene, parts: &Parts, transport: &dyn Transport) -> Vec<Course> {
        let filled: Vec<PartId> = self.state.fillings.iter().flatten().map(|filling| filling.part).collect();
        let around =
            Around { scene, plan: &self.plan, parts, transport, grains: &self.seen, filled: &filled, first_body: self.walls.first_body };
        self.state.coupled.begin(&around, live(&mut self.batch))
    }

    fn push(&mut self, courses: &mut [Course], now: Time, until: Time) -> Result<(), StepError> {
        let batch = live(&mut self.batch);
        let dt_s = until.since(now).as_seconds();
        let State { feeds, places, .. } = &mut self.state;
        feeds.feed(&mut Inlet { plan: &self.plan, batch, places }, &self.seen, now, dt_s);
        for (index, hopper) in self.plan.hoppers.iter().enumerate() {
            let gate = &mut self.state.gates[index];
            let filled = self.plan.fillers.iter().position(|filler| filler.hopper == index);
            let opening = filled.map_or(1.0, |index| {
                let opening = |filling: &Filling| filling.opening(&self.plan.fillers[index], self.state.in_flight_kg[index]);
                self.state.fillings[index].as_ref().map_or(0.0, opening)
            });
            gate.aim(if gate.enabled { opening } else { 0.0 }, hopper, dt_s);
        }
        for (index, belt) in self.state.belts.iter_mut().enumerate() {
            if belt.drive(&self.plan.belts[index].spec) {
                self.walls.set_belt(index, &self.plan, belt.speed_mps, batch);
            }
        }
        self.state.feeders.iter_mut().for_each(|feeder| feeder.aim(dt_s));
        let feeds: Vec<usize> = (0..self.plan.feeders.len()).filter(|index| self.state.feeders[*index].moves()).collect();
        let led = courses.iter().any(Course::is_led);
        let mut done = 0;
        for substep in 0..self.plan.substeps {
            let gates = self.plan.hoppers.iter().zip(&mut self.state.gates).enumerate();
            let slid = gates.filter_map(|(index, (hopper, gate))| gate.slide(hopper, &self.plan, substep).then_some(index));
            let slid: Vec<usize> = slid.collect();
            if slid.is_empty() && feeds.is_empty() && !led {
                continue;
            }
            // A device is told of many substeps at once, up to where something moves.
            batch.run(substep - done)?;
            done = substep;
            slid.into_iter().for_each(|index| self.walls.place_gate(index, &self.state.gates[index], &self.plan, batch));
            let part = f64::from(substep) / f64::from(self.plan.substeps);
            for &index in &feeds {
                self.walls.place_feeder(index, &self.state.feeders[index], part, &self.plan, batch);
            }
            courses.iter_mut().for_each(|course| course.settle(substep, &self.plan, batch));
        }
        batch.run(self.plan.substeps - done)?;
        courses.iter_mut().for_each(|course| course.settle(self.plan.substeps, &self.plan, batch));
        self.state.gates.iter_mut().for_each(Gate::arrive);
        for index in feeds {
            self.state.feeders[index].arrive(&self.plan.feeders[index].spec, dt_s);
            // What has come to rest is not placed again.
            self.walls.place_feeder(index, &self.state.feeders[index], 0.0, &self.plan, batch);
        }
        Ok(())
    }

    /// Told at the element where the grain was last, or of the part that left the batch.
    fn fail(&mut self, error: &StepError, until: Time) {
        let (part, element) = match error {
            StepError::OutOfBounds { id, .. } | StepError::TooFast { id, .. } => (None, self.state.places.element_of(*id)),
            StepError::Body { wall, .. } => (self.state.coupled.part_of(*wall, self.walls.first_body), None),
            StepError::Device(error) => {
                self.stopped = Some(error.clone());
                return;
            }
        };
        self.state.failed = true;
        let kind = FactKind::Invalid { kind: InvalidKind::GrainLost, part, element };
        self.facts.push(Fact { crossed_at: until, seen_at: until, kind });
    }

    /// Where grains are now, what has gone, and what the scales show; the forces on boxes that are filled.
    fn look(&mut self, now: Time, until: Time) -> Vec<PartForce> {
        let dt_s = until.since(now).as_seconds();
        let batch = live(&mut self.batch);
        self.seen = batch.particles();
        let mut on_scales_ng = vec![0; self.plan.belts.len()];
        let mut leaving = self.state.places.update(&self.plan, &self.seen, until, &mut on_scales_ng);
        for ((belt, planned), on_it_ng) in self.state.belts.iter_mut().zip(&self.plan.belts).zip(on_scales_ng) {
            if let Some(scale) = &planned.spec.scale {
                self.state.places.weigh(planned.element, belt.weigh(scale, on_it_ng, dt_s));
            }
        }
        let (mut filled, mut boxes) = (Vec::new(), Vec::new());
        for (index, filler) in self.plan.fillers.iter().enumerate() {
            let impulse_ns = self.walls.take_box_impulse(index, batch);
            let Some(filling) = &mut self.state.fillings[index] else { continue };
            boxes.push((filling.part, impulse_ns.map(|part| part / dt_s)));
            let gate = &self.state.gates[filler.hopper];
            if !filling.weigh(
                filler,
                -impulse_ns[2] / dt_s / self.plan.gravity_mps2,
                self.state.in_flight_kg[index],
                gate.is_closed(),
                dt_s,
            ) {
                continue;
            }
            let inside = filling.inside(&self.plan, filler, &self.seen);
            let amount = self.state.places.put_into_part(filler.element, &inside, until);
            leaving.extend(inside);
            let (part, shown_kg) = (filling.part, filling.shown_kg);
            filled.push(FactKind::BulkFilled { element: filler.element, part, mass_ng: amount.mass_ng, shown_kg });
            let error_kg = amount.kg() - filler.spec.target_kg;
            let corrected_kg = self.state.in_flight_kg[index] + filler.spec.correction * error_kg;
            self.state.in_flight_kg[index] = corrected_kg.clamp(0.0, 0.9 * filler.spec.target_kg);
            self.state.fillings[index] = None;
            self.walls.place_box(index, None, &self.plan, batch);
        }
        if !leaving.is_empty() {
            leaving.sort_unstable();
            batch.remove_where(|id, _| leaving.binary_search(&id).is_ok());
            self.seen.retain(|(id, _)| leaving.binary_search(id).is_err());
        }
        self.state.places.assert_conserved(self.seen.len());
        let due = now.0 / TOLD_EVERY.0 != until.0 / TOLD_EVERY.0;
        if due || !filled.is_empty() {
            // Before the instant at which it is told: a window that begins then has nothing of it.
            let crossed_at = Time(until.0 - 1);
            self.state.places.take_news(|element, way: BulkWay, Amount { grains, mass_ng }, stay_ng_ns| {
                let kind = FactKind::BulkMoved { element, way, grains, mass_ng, stay_ng_ns };
                self.facts.push(Fact { crossed_at, seen_at: until, kind });
            });
        }
        let mut tell = |kind| self.facts.push(Fact { crossed_at: until, seen_at: until, kind });
        filled.into_iter().for_each(&mut tell);
        let gates = self.state.gates.iter().map(|gate| BulkSeen { open: !gate.is_closed(), ..BulkSeen::default() });
        let belts = self.state.belts.iter().map(|belt| BulkSeen {
            open: belt.runs,
            flow_ngps: (belt.flow_kgps() * NANOGRAMS_PER_KG).round() as u64,
            weighed_ng: belt.weighed_ng,
            ..BulkSeen::default()
        });
        let feeders = self.state.feeders.iter().map(|feeder| BulkSeen { open: feeder.runs, ..BulkSeen::default() });
        for (element, seen) in self.state.places.views(&self.plan, gates.chain(belts).chain(feeders), until) {
            if self.state.told.insert(element, seen) != Some(seen) {
                tell(FactKind::BulkSeen { element, seen });
            }
        }
        boxes
    }

    /// Appends what was seen in the last step.
    pub fn sense(&mut self, facts: &mut Vec<Fact>) {
        facts.append(&mut self.facts);
    }

    /// Adds every bit of moving state to the step's hash.
    pub fn hash_state(&self, hasher: &mut blake3::Hasher) {
        let [a, b] = self.batch.lock().expect("nobody panics while saving").fingerprint();
        hasher.update(&a.to_le_bytes()).update(&b.to_le_bytes());
        for gate in &self.state.gates {
            hasher.update(&gate.open.to_bits().to_le_bytes());
        }
        for belt in &self.state.belts {
            hasher.update(&belt.speed_mps.to_bits().to_le_bytes()).update(&belt.weighed_ng.to_le_bytes());
        }
        self.state.feeders.iter().for_each(|feeder| _ = hasher.update(&feeder.bits()));
        for filling in &self.state.fillings {
            hasher.update(&filling.as_ref().map_or(0, |filling| filling.shown_kg.to_bits()).to_le_bytes());
        }
    }

    pub fn save(&self) -> GranularSnapshot {
        let batch = self.batch.lock().expect("nobody panics while saving").save();
        GranularSnapshot::new(self.state.clone(), &batch)
    }

    /// Goes on where it was saved.
    pub fn load(scene: &Scene, streams: &Streams, saved: GranularSnapshot, placement: &Placement) -> Option<Self> {
        let plan = Plan::new(scene, streams)?;
        let (mut batch, walls, stopped) = plan.batch(scene, placement);
        let (state, particles) = saved.into_parts();
        for (index, gate) in state.gates.iter().enumerate() {
            walls.place_gate(index, gate, &plan, &mut batch);
        }
        for (index, belt) in state.belts.iter().enumerate() {
            walls.set_belt(index, &plan, belt.speed_mps, &mut batch);
        }
        for (index, feeder) in state.feeders.iter().enumerate() {
            walls.place_feeder(index, feeder, 0.0, &plan, &mut batch);
        }
        for (index, filling) in state.fillings.iter().enumerate() {
            walls.place_box(index, filling.as_ref(), &plan, &mut batch);
        }
        for (index, speed_mps) in state.speeds_mps.iter().enumerate() {
            walls.set_conveyor_speed(DriveId::from_index(index), *speed_mps, &mut batch);
        }
        state.coupled.add_all(&plan, &mut batch);
        batch.restore(&particles);
        let seen = batch.particles();
        Some(Granular { plan, walls, state, batch: Mutex::new(batch), seen, forces: Vec::new(), facts: Vec::new(), stopped })
    }
}

/// The batch, by whoever alone has it.
fn live(batch: &mut Mutex<ParticleBatch>) -> &mut ParticleBatch {
    batch.get_mut().expect("nobody panics while saving")
}
