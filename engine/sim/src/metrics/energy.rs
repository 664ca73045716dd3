//! Energy: the mechanical work of drives within the window, electrical energy by state power and running drives, and
//! what no contact explains. Floats, since work is one; their sums are taken in a fixed order. Knows nothing about parts.

use super::window::Window;
use crate::event::ElementState;
use crate::port::EnergyTotals;
use linetwin_model::scene::{ElementId, Power};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// What the drives have done, at the ends of the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriveEnergy {
    window: Window,
    /// At the start of the window, once that is passed.
    at_start: Option<EnergyTotals>,
    last_at: Time,
    last: EnergyTotals,
}

impl DriveEnergy {
    pub fn new(window: Window, drive_count: usize) -> Self {
        DriveEnergy { window, at_start: None, last_at: Time::ZERO, last: EnergyTotals::new(drive_count) }
    }

    pub fn advance_to(&mut self, now: Time, totals: &EnergyTotals) {
        if self.at_start.is_none() && now >= self.window.start {
            // Where the warm-up ends within a step, the step's work is taken as done at constant power.
            let span = now.since(self.last_at).0;
            let share = if span == 0 { 1.0 } else { self.window.start.since(self.last_at).0 as f64 / span as f64 };
            let between = |before: f64, after: f64| before + (after - before) * share;
            let work = self.last.drive_work_j.iter().zip(&totals.drive_work_j);
            let way = self.last.drive_way_m.iter().zip(&totals.drive_way_m);
            let running = self.last.drive_running.iter().zip(&totals.drive_running);
            self.at_start = Some(EnergyTotals {
                drive_work_j: work.map(|(&before, &after)| between(before, after)).collect(),
                drive_running: running.map(|(&before, &after)| Time(between(before.0 as f64, after.0 as f64) as u64)).collect(),
                drive_way_m: way.map(|(&before, &after)| between(before, after)).collect(),
                residual_j: between(self.last.residual_j, totals.residual_j),
            });
        }
        self.last_at = now;
        self.last.clone_from(totals);
    }

    /// Work within the window [J].
    pub fn mechanical_j(&self, scene: &Scene, element: ElementId) -> f64 {
        let Some(at_start) = &self.at_start else { return 0.0 };
        let works =
            drives_of(scene, element).filter_map(|drive| Some(self.last.drive_work_j.get(drive)? - at_start.drive_work_j.get(drive)?));
        // Not `sum`, which is -0 for an element without drives.
        works.fold(0.0, |total, work_j| total + work_j)
    }

    /// How long the element's drives turned within the window, each by itself [s].
    fn running_s(&self, scene: &Scene, element: ElementId) -> f64 {
        let Some(at_start) = &self.at_start else { return 0.0 };
        let spans = drives_of(scene, element)
            .filter_map(|drive| Some(self.last.drive_running.get(drive)?.since(*at_start.drive_running.get(drive)?).0));
        Time(spans.sum()).as_seconds()
    }

    /// Within the window [J].
    pub fn residual_j(&self) -> f64 {
        self.at_start.as_ref().map_or(0.0, |at_start| self.last.residual_j - at_start.residual_j)
    }

    /// What an element's drives draw beside its state power [J]: `no_load_w` for as long as each turns, plus mechanical
    /// work / efficiency. Zero unless the scene gives both.
    pub fn drive_electrical_j(&self, scene: &Scene, element: ElementId) -> f64 {
        let power = &scene.element(element).power;
        let (Some(efficiency), Some(no_load_w)) = (power.efficiency, power.no_load_w) else { return 0.0 };
        // Work taken back by a braking drive is not fed into the grid.
        no_load_w * self.running_s(scene, element) + self.mechanical_j(scene, element).max(0.0) / efficiency
    }
}

fn drives_of(scene: &Scene, element: ElementId) -> impl Iterator<Item = usize> + '_ {
    (0..scene.drives.len()).filter(move |&drive| scene.conveyor(scene.drives[drive].conveyor).element == element)
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
