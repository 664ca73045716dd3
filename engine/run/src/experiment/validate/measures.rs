//! What a machine log says of a line: the same for a plant and for a run, so that both are measured alike. Knows nothing about where
//! a log comes from.

use linetwin_model::machine_log::{LOG_STATES, LogEvent, MachineLog};
use std::collections::BTreeMap;

const DOWN: usize = 6;
const JAMMED: usize = 7;
const IDLE: usize = 1;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Per hour.
    Rate,
    /// Of the time [-].
    Share,
    /// Events.
    Count,
}

/// States that a log tells apart; others are counted as the nearest of them.
#[derive(Clone, Copy, Debug)]
pub struct Words([usize; LOG_STATES.len()]);

impl Words {
    /// Of a plant that does not tell jams from other stops, or why a machine waits, the run is not asked for either.
    pub fn of(log: &MachineLog) -> Words {
        let mut used = [false; LOG_STATES.len()];
        for entry in &log.entries {
            if let LogEvent::State(state) = entry.event {
                used[usize::from(state)] = true;
            }
        }
        Words(std::array::from_fn(|state| match state {
            _ if used[state] => state,
            JAMMED if used[DOWN] => DOWN,
            0 | DOWN => state,
            _ if used[IDLE] => IDLE,
            _ => state,
        }))
    }
}

/// By path: `dock.left_per_h`, `press.state.down`, `press.stops`; of the elements that `asked` names.
pub fn measures(log: &MachineLog, words: Words, asked: &dyn Fn(&str) -> bool) -> BTreeMap<(String, Kind), f64> {
    let mut found = BTreeMap::new();
    let span_s = log.end.as_seconds();
    for (index, name) in log.elements.iter().enumerate().filter(|(_, name)| asked(name)) {
        let element = index as u32;
        for (event, path) in [(LogEvent::Left, "left_per_h"), (LogEvent::Ended, "cycles_per_h")] {
            let count = log.times(element, event).count();
            if count > 0 {
                found.insert((format!("{name}.{path}"), Kind::Rate), count as f64 * 3600.0 / span_s);
            }
        }
        let spells = log.spells(element);
        let mut times = [0.0; LOG_STATES.len()];
        let mut stops = 0;
        let mut last = None;
        for (state, from, to) in spells {
            let state = words.0[usize::from(state)];
            times[state] += (to - from).as_seconds();
            // What began before is no stop of this window.
            stops += u32::from(state == DOWN && last.is_some_and(|last| last != DOWN));
            last = Some(state);
        }
        for (state, time_s) in times.into_iter().enumerate().filter(|(_, time_s)| *time_s > 0.0) {
            found.insert((format!("{name}.state.{}", LOG_STATES[state].replace(' ', "_")), Kind::Share), time_s / span_s);
        }
        if last.is_some() {
            found.insert((format!("{name}.stops"), Kind::Count), f64::from(stops));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_measured_with_the_words_that_the_plant_has() {
        let log = |text: &str| MachineLog::read(&format!("time_s,element,event\n{text}100,,end\n")).expect("a log");
        let plant = log("0,press,idle\n10,press,processing\n60,press,down\n80,press,processing\n5,dock,left\n"
            .replace("5,dock,left\n", "")
            .as_str());
        let run =
            log("0,press,starved\n10,press,processing\n50,press,jammed\n70,press,blocked\n80,press,down\n90,press,down\n95,dock,left\n");
        let told = |log: &MachineLog| -> Vec<(String, f64)> {
            measures(log, Words::of(&plant), &|_| true).into_iter().map(|((path, _), value)| (path, value)).collect()
        };
        let of = |path: &str, value: f64| (path.to_owned(), value);
        assert_eq!(
            told(&plant),
            [of("press.state.down", 0.2), of("press.state.idle", 0.1), of("press.state.processing", 0.7), of("press.stops", 1.0)]
        );
        assert_eq!(
            told(&run),
            [
                of("dock.left_per_h", 36.0),
                of("press.state.down", 0.4),
                of("press.state.idle", 0.2),
                of("press.state.processing", 0.4),
                of("press.stops", 2.0)
            ]
        );
    }
}
