//! What is to be seen, as a simulation at any moment of it.

use crate::failure::{Failure, print_problems};
use linetwin_model::Time;
use linetwin_run::DeviceRequest;
use linetwin_run::playback::{Opened, Source};
use linetwin_sim::Simulation;
use std::path::Path;

pub struct Line {
    opened: Opened,
    pub simulation: Simulation,
}

/// A scene, or a run as it was. What a scene is warned of is printed.
pub fn source_of(path: &Path, set: &[String], new_seed: Option<u64>) -> Result<Source, Failure> {
    if !path.exists() {
        return Err(Failure::usage(format!("{} cannot be read: there is no such file or directory", path.display())));
    }
    let mut source = Source::of(path.to_path_buf());
    match &mut source {
        Source::Scene { overrides, seed, .. } => (*overrides, *seed) = (set.to_vec(), new_seed),
        Source::Run { .. } if set.is_empty() && new_seed.is_none() => {}
        Source::Run { dir } => {
            return Err(Failure::usage(format!("{} is a run, and stays what it was: --set and --seed are for scenes", dir.display())));
        }
    }
    Ok(source)
}

impl Line {
    /// In its beginning.
    pub fn open(source: &Source) -> Result<Line, Failure> {
        let opened = Opened::open(source, 0, &DeviceRequest::default())?;
        print_problems(&opened.input.warnings, &opened.input.sources);
        opened.notes.iter().for_each(|note| eprintln!("{note}"));
        let simulation = opened.fresh();
        Ok(Line { opened, simulation })
    }

    /// A run holds nothing beyond its end.
    pub fn check_time(&self, time: Time) -> Result<(), Failure> {
        match self.opened.end {
            Some(end) if time > end => {
                Err(Failure::usage(format!("the run ends at {} s; there is nothing to see at {} s", end.as_seconds(), time.as_seconds())))
            }
            _ => Ok(()),
        }
    }

    /// To the first state at or after `time`; of a run from the last snapshot before it. Times only grow.
    pub fn go_to(&mut self, time: Time) {
        let step = self.opened.scene().step.step_at_or_after(time);
        if let Some(record) = &self.opened.record {
            let ahead = record.snapshots_up_to(step).into_iter().take_while(|snapshot| *snapshot > self.simulation.step_count());
            // One that cannot be read is passed over: an earlier one, or the beginning, leads to the same state.
            let loaded = ahead
                .filter_map(|snapshot| record.state(snapshot).ok())
                .find_map(|state| Simulation::load(self.opened.scene().clone(), self.opened.options.clone(), &state).ok());
            if let Some(loaded) = loaded {
                self.simulation = loaded;
            }
        }
        let simulation = &mut self.simulation;
        simulation.workers().run(|| {
            while simulation.now() < time {
                simulation.step();
                // Nobody reads them here, and they would pile up.
                simulation.take_events();
                simulation.take_scans();
            }
        });
    }
}
