//! The conveyor as a scene, its filled state, and the traffic that the bare world replays. Knows nothing of Rapier.

use linetwin_model::Scene;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::PartMotion;
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use std::sync::Arc;

/// Edge of a carton [m].
pub const CARTON_M: f64 = 0.15;
pub const CARTON_KG: f64 = 1.0;
pub const BELT_LENGTH_M: f64 = 20.0;
pub const BELT_WIDTH_M: f64 = 2.0;
/// Height of the carrying surface [m].
pub const BELT_TOP_M: f64 = 1.0;
pub const BELT_SPEED_MPS: f64 = 1.0;
pub const RAIL_HEIGHT_M: f64 = 0.3;
/// Of every pair of materials [-].
pub const FRICTION: f64 = 0.5;
/// Two plates that narrow the belt from 2.0 m to 1.6 m between x = 8 m and x = 10 m: `+` and `-` of y.
pub const PLATE_CENTRE_M: [f64; 2] = [9.0, 0.925];
pub const PLATE_SIZE_M: [f64; 3] = [2.01, 0.05, 0.4];
pub const PLATE_YAW_DEG: f64 = 5.71;
/// Cartons side by side, and how many enter in each row per second: 9 * 5.55 per s * 20 s is 1,000.
const ROWS: usize = 9;
const RATE_PER_ROW_PER_H: f64 = 20_000.0;
const ROW_PITCH_M: f64 = 0.215;
/// The first carton has left after 20 s; then the count stands.
const FILLING_S: f64 = 24.0;
const MEASURED_S: f64 = 30.0;

pub fn scene_text() -> String {
    let middle = (ROWS - 1) as f64 / 2.0;
    let sources: String = (0..ROWS)
        .map(|row| {
            let left_m = (row as f64 - middle) * ROW_PITCH_M;
            format!(
                "        \"row {row}\": Source(part: \"carton\", rate_per_h: {RATE_PER_ROW_PER_H}, before: \"belt\", left_m: {left_m:.4}, yaw_deg: Uniform(min: -2.5, max: 2.5)),\n"
            )
        })
        .collect();
    let plates: String = [("left", 1.0), ("right", -1.0)]
        .map(|(name, side)| {
            format!(
                "        \"{name} plate\": Fixture(centre_m: ({}, {}, {}), size_m: ({}, {}, {}), yaw_deg: {}, material: \"rail\"),\n",
                PLATE_CENTRE_M[0],
                side * PLATE_CENTRE_M[1],
                BELT_TOP_M + PLATE_SIZE_M[2] / 2.0 + 0.005,
                PLATE_SIZE_M[0],
                PLATE_SIZE_M[1],
                PLATE_SIZE_M[2],
                -side * PLATE_YAW_DEG
            )
        })
        .concat();
    let surface = format!("Surface(friction: {FRICTION})");
    format!(
        r#"Scene(
    schema: 1,
    name: "Conveyor bench",
    seed: 777,
    materials: {{ "card on card": {surface}, "card on belt": {surface}, "card on rail": {surface}, "card on floor": {surface} }},
    parts: {{ "carton": Part(shape: Box(size_m: ({CARTON_M}, {CARTON_M}, {CARTON_M})), mass_kg: {CARTON_KG}) }},
    line: {{
{sources}        "belt": Belt(from_m: (0, 0, {BELT_TOP_M}), to_m: ({BELT_LENGTH_M}, 0, {BELT_TOP_M}), width_m: {BELT_WIDTH_M}, speed_mps: {BELT_SPEED_MPS}, rails: Both, rail_height_m: {RAIL_HEIGHT_M}),
{plates}        "dock": Sink(after: "belt"),
    }},
)
"#
    )
}

/// A simulation with a full belt, as its snapshot.
pub fn fill(scene: &Arc<Scene>, threads: usize) -> Vec<u8> {
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads, ..Default::default() });
    for _ in 0..step_count(scene, FILLING_S) {
        simulation.step();
        simulation.take_events();
    }
    simulation.save()
}

pub fn resume(scene: &Arc<Scene>, filled: &[u8], threads: usize) -> Simulation {
    Simulation::load(scene.clone(), SimulationOptions { threads, ..Default::default() }, filled).expect("it was saved by this program")
}

/// As the product runs: step, take the events.
pub fn run(simulation: &mut Simulation, steps: usize) {
    for _ in 0..steps {
        simulation.step();
        simulation.take_events();
    }
}

pub fn mean_speed_mps(simulation: &Simulation) -> f64 {
    let motions = simulation.motions();
    motions.iter().map(|(_, motion)| f64::from(motion.linear_velocity[0])).sum::<f64>() / motions.len().max(1) as f64
}

/// Which parts stand on the belt at first, and which come and go in each step.
pub struct Traffic {
    pub initial: Vec<(PartId, PartMotion)>,
    pub steps: Vec<Change>,
}

#[derive(Default)]
pub struct Change {
    pub left: Vec<PartId>,
    /// With the motion at the end of their first step.
    pub entered: Vec<(PartId, PartMotion)>,
}

impl Traffic {
    pub fn entered(&self) -> usize {
        self.steps.iter().map(|change| change.entered.len()).sum()
    }
    pub fn left(&self) -> usize {
        self.steps.iter().map(|change| change.left.len()).sum()
    }
    pub fn mean_count(&self) -> f64 {
        let mut count = self.initial.len();
        let mut sum = 0;
        for change in &self.steps {
            count = count + change.entered.len() - change.left.len();
            sum += count;
        }
        sum as f64 / self.steps.len() as f64
    }
}

pub fn record(scene: &Arc<Scene>, filled: &[u8], threads: usize) -> Traffic {
    let mut simulation = resume(scene, filled, threads);
    let initial = simulation.motions().to_vec();
    let mut before: Vec<PartId> = initial.iter().map(|(part, _)| *part).collect();
    let mut steps = Vec::new();
    for _ in 0..step_count(scene, MEASURED_S) {
        simulation.step();
        simulation.take_events();
        let motions = simulation.motions();
        let left = before.iter().filter(|part| motions.binary_search_by_key(part, |(id, _)| id).is_err()).copied().collect();
        let entered = motions.iter().filter(|(part, _)| before.binary_search(part).is_err()).copied().collect();
        before.clear();
        before.extend(motions.iter().map(|(part, _)| *part));
        steps.push(Change { left, entered });
    }
    Traffic { initial, steps }
}

fn step_count(scene: &Scene, seconds: f64) -> usize {
    (seconds / scene.step.seconds()).round() as usize
}
