//! Energy: the mechanical work of drives within the window, and electrical energy by state power. Floats, since work
//! is one; their sums are taken in a fixed order. Knows nothing about parts.

use super::element::ElementFold;
use super::window::Window;
use crate::event::ElementState;
use linetwin_model::scene::{ElementId, Power};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// Cumulative work of every drive [J], by drive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriveEnergy {
    window: Window,
    /// At the start of the window, once that is passed.
    at_start: Option<Vec<f64>>,
    last_at: Time,
    last: Vec<f64>,
}

impl DriveEnergy {
    pub fn new(window: Window, drive_count: usize) -> Self {
        DriveEnergy { window, at_start: None, last_at: Time::ZERO, last: vec![0.0; drive_count] }
    }

    pub fn advance_to(&mut self, now: Time, work_j: &[f64]) {
        if self.at_start.is_none() && now >= self.window.start {
            // Where the warm-up ends within a step, the step's work is taken as done at constant power.
            let span = now.since(self.last_at).0;
            let share = if span == 0 { 1.0 } else { self.window.start.since(self.last_at).0 as f64 / span as f64 };
            let between = |(before, after): (&f64, &f64)| before + (after - before) * share;
            self.at_start = Some(self.last.iter().zip(work_j).map(between).collect());
        }
        self.last_at = now;
        self.last.clear();
        self.last.extend_from_slice(work_j);
    }

    /// Within the window [J].
    pub fn mechanical_j(&self, scene: &Scene, element: ElementId) -> f64 {
        let Some(at_start) = &self.at_start else { return 0.0 };
        let own = scene.drives.iter().enumerate().filter(|(_, drive)| scene.conveyor(drive.conveyor).element == element);
        own.filter_map(|(index, _)| Some(self.last.get(index)? - at_start.get(index)?)).sum()
    }
}

/// Power drawn in a state [W]. A jammed or starved machine is switched on and idles; one that is down, in a planned
/// stop or not scheduled stands by.
pub fn state_power_w(power: &Power, state: ElementState) -> f64 {
    use ElementState::*;
    match state {
        Processing => power.processing_w,
        Idle | Starved | Blocked | Held | Setup | Jammed => power.idle_w,
        Down | PlannedStop | NotScheduled => power.down_w,
    }
}

/// What an element's drives draw beside its state power [J]: `no_load_w` per drive while the element is neither down,
/// held, in a planned stop nor unscheduled, plus mechanical work / efficiency. Zero unless the scene gives both.
pub fn drive_electrical_j(scene: &Scene, element: ElementId, fold: &ElementFold, mechanical_j: f64) -> f64 {
    use ElementState::*;
    let power = &scene.element(element).power;
    let (Some(efficiency), Some(no_load_w)) = (power.efficiency, power.no_load_w) else { return 0.0 };
    let drives = scene.drives.iter().filter(|drive| scene.conveyor(drive.conveyor).element == element).count();
    let running = |state: &ElementState| !matches!(state, Down | Held | PlannedStop | NotScheduled);
    let running_ns: u64 = ElementState::ALL.into_iter().filter(running).map(|state| fold.time_in(state)).sum();
    // Work taken back by a braking drive is not fed into the grid.
    drives as f64 * no_load_w * Time(running_ns).as_seconds() + mechanical_j.max(0.0) / efficiency
}
