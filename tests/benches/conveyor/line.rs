//! The conveyor as a scene, once or many times side by side, its filled state, and the traffic that the bare world replays. Knows nothing of Rapier.

use linetwin_model::Scene;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::PartMotion;
use linetwin_sim::simulation::{Simulation, SimulationOptions};
use std::sync::Arc;

/// Edge of a carton [m].
pub const CARTON_M: f64 = 0.15;
pub const CARTON_KG: f64 = 1.0;
/// Height of the carrying surface [m].
pub const BELT_TOP_M: f64 = 1.0;
pub const BELT_SPEED_MPS: f64 = 1.0;
pub const RAIL_HEIGHT_M: f64 = 0.3;
/// Of every pair of materials [-].
pub const FRICTION: f64 = 0.5;
/// Across and up, of the plates that narrow a belt.
const PLATE_SIDE_M: [f64; 2] = [0.05, 0.4];
pub const PLATE_YAW_DEG: f64 = 5.71;
/// How many cartons enter in each row per second: 9 rows * 5.55 per s * 20 s is 1,000.
const RATE_PER_ROW_PER_H: f64 = 20_000.0;
const ROW_PITCH_M: f64 = 0.215;
/// Between the belts' edges [m].
const LANE_GAP_M: f64 = 1.0;
/// The count stands this long after the first carton has left [s].
const FILLING_MARGIN_S: f64 = 4.0;

/// Equal conveyors side by side, each with rails, rows of cartons and two plates that narrow it.
#[derive(Clone, Copy)]
pub struct Case {
    pub lanes: usize,
    /// Cartons side by side.
    pub rows: usize,
    pub length_m: f64,
    pub width_m: f64,
    /// Centre of the plates along the belt, and to either side of its middle [m].
    pub plate_centre_m: [f64; 2],
    pub plate_length_m: f64,
    pub measured_s: f64,
}

impl Case {
    /// A thousand cartons on one wide belt, narrowed from 2.0 m to 1.6 m between x = 8 m and x = 10 m.
    pub const WIDE: Case =
        Case { lanes: 1, rows: 9, length_m: 20.0, width_m: 2.0, plate_centre_m: [9.0, 0.925], plate_length_m: 2.01, measured_s: 30.0 };

    /// The same at a third of the length and width, with 110 cartons on each belt.
    pub fn narrow(lanes: usize) -> Case {
        Case { lanes, rows: 3, length_m: 20.0 / 3.0, width_m: 0.71, plate_centre_m: [3.0, 0.325], plate_length_m: 0.67, measured_s: 3.0 }
    }

    /// Of a lane's middle [m].
    pub fn lane_y_m(&self, lane: usize) -> f64 {
        lane as f64 * (self.width_m + LANE_GAP_M)
    }

    pub fn plate_size_m(&self) -> [f64; 3] {
        [self.plate_length_m, PLATE_SIDE_M[0], PLATE_SIDE_M[1]]
    }

    /// Centre and yaw of a lane's two plates [m], [degrees].
    pub fn plates(&self, lane: usize) -> [([f64; 3], f64); 2] {
        let [x, y] = self.plate_centre_m;
        [1.0, -1.0].map(|side| ([x, self.lane_y_m(lane) + side * y, BELT_TOP_M + PLATE_SIDE_M[1] / 2.0 + 0.005], -side * PLATE_YAW_DEG))
    }

    fn filling_s(&self) -> f64 {
        self.length_m / BELT_SPEED_MPS + FILLING_MARGIN_S
    }

    pub fn scene_text(&self) -> String {
        let lines: String = (0..self.lanes).map(|lane| self.lane_text(lane)).collect();
        let surface = format!("Surface(friction: {FRICTION})");
        format!(
            r#"Scene(
    schema: 1,
    name: "Conveyor bench",
    seed: 777,
    materials: {{ "card on card": {surface}, "card on belt": {surface}, "card on rail": {surface}, "card on floor": {surface} }},
    parts: {{ "carton": Part(shape: Box(size_m: ({CARTON_M}, {CARTON_M}, {CARTON_M})), mass_kg: {CARTON_KG}) }},
    line: {{
{lines}    }},
)
"#
        )
    }

    fn lane_text(&self, lane: usize) -> String {
        let Case { length_m, width_m, .. } = *self;
        let y = self.lane_y_m(lane);
        let middle = (self.rows - 1) as f64 / 2.0;
        let mut text: String = (0..self.rows)
            .map(|row| {
                let left_m = (row as f64 - middle) * ROW_PITCH_M;
                format!(
                    "        \"row {lane} {row}\": Source(part: \"carton\", rate_per_h: {RATE_PER_ROW_PER_H}, before: \"belt {lane}\", left_m: {left_m:.4}, yaw_deg: Uniform(min: -2.5, max: 2.5)),\n"
                )
            })
            .collect();
        text += &format!(
            "        \"belt {lane}\": Belt(from_m: (0, {y}, {BELT_TOP_M}), to_m: ({length_m}, {y}, {BELT_TOP_M}), width_m: {width_m}, speed_mps: {BELT_SPEED_MPS}, rails: Both, rail_height_m: {RAIL_HEIGHT_M}),\n"
        );
        let [length, width, height] = self.plate_size_m();
        for (name, (centre, yaw_deg)) in ["left", "right"].into_iter().zip(self.plates(lane)) {
            let [x, y, z] = centre;
            text += &format!(
                "        \"{name} plate {lane}\": Fixture(centre_m: ({x}, {y}, {z}), size_m: ({length}, {width}, {height}), yaw_deg: {yaw_deg}, material: \"rail\"),\n"
            );
        }
        text + &format!("        \"dock {lane}\": Sink(after: \"belt {lane}\"),\n")
    }
}

/// A simulation with full belts, as its snapshot.
pub fn fill(case: &Case, scene: &Arc<Scene>, threads: usize) -> Vec<u8> {
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads, ..Default::default() });
    for _ in 0..step_count(scene, case.filling_s()) {
        simulation.step();
        simulation.take_events();
    }
    simulation.save()
}

pub fn resume(scene: &Arc<Scene>, filled: &[u8], threads: usize) -> Simulation {
    Simulation::load(scene.clone(), SimulationOptions { threads, ..Default::default() }, filled).expect("it was saved by this program")
}

/// As the product runs: steps where the physics is at home, and takes the events of each.
pub fn run(simulation: &mut Simulation, steps: usize) {
    simulation.workers().run(|| {
        for _ in 0..steps {
            simulation.step();
            simulation.take_events();
        }
    });
}

pub fn mean_speed_mps(simulation: &Simulation) -> f64 {
    let motions = simulation.motions();
    motions.iter().map(|(_, motion)| f64::from(motion.linear_velocity[0])).sum::<f64>() / motions.len().max(1) as f64
}

/// Which parts stand on the belt at first, and which come and go in each step.
#[derive(Clone)]
pub struct Traffic {
    pub initial: Vec<(PartId, PartMotion)>,
    pub steps: Vec<Change>,
}

#[derive(Clone, Default)]
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

pub fn record(case: &Case, scene: &Arc<Scene>, filled: &[u8], threads: usize) -> Traffic {
    let mut simulation = resume(scene, filled, threads);
    let initial = simulation.motions();
    let mut before: Vec<PartId> = initial.iter().map(|(part, _)| *part).collect();
    let mut steps = Vec::new();
    for _ in 0..step_count(scene, case.measured_s) {
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
