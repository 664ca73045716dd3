//! The case with coasting: what it costs beside bare Rapier, and what comes out of it beside full contact.

use crate::line::{self, Case};
use crate::{Cost, DEFAULT_PAIRS, Duel, STEPS_PER_TURN, quantile};
use linetwin_model::{Scene, Time};
use linetwin_sim::event::EventKind;
use linetwin_sim::parts::PartId;
use linetwin_sim::{Simulation, SimulationOptions};
use std::sync::Arc;

/// How many times bare Rapier it is to be at least [-], and by how much its throughput may be off [-].
const PROMISED_TIMES: f64 = 5.0;
const PROMISED_SHARE: f64 = 0.01;
const COMPARED_S: f64 = 60.0;

pub fn print() {
    let case = Case::WIDE;
    let contact = Duel::new(case, 1);
    let scene = Arc::new(Scene { coasting: true, ..(*contact.scene).clone() });
    let filled = line::fill(&case, &scene, 1);
    let coasting = Duel { scene: scene.clone(), filled, ..contact.clone() };
    println!("coasting: {} parts on average, {} steps, 1 thread", contact.traffic.mean_count().round(), contact.traffic.steps.len());
    for pair in 0..DEFAULT_PAIRS {
        let turns = coasting.fight().turns;
        let sum = |side: usize| turns.iter().fold(Cost::default(), |sum, turn| sum.and(turn[side]));
        let step_us = |cost: Cost| 1e6 * cost.cpu_s / contact.traffic.steps.len() as f64;
        let times: Vec<f64> = turns.iter().map(|[bare, whole]| bare.cpu_s / whole.cpu_s).collect();
        let [low, middle, high] = [0.25, 0.5, 0.75].map(|part| quantile(&times, part));
        let (bare, whole) = (sum(0), sum(1));
        println!(
            "{pair:>4} bare {:.3} s ({:.0} us per step), coasting {:.3} s ({:.0} us per step): {:.2} times; of {} turns of {STEPS_PER_TURN} steps: median {middle:.2}, quartiles {low:.2} and {high:.2}",
            bare.cpu_s,
            step_us(bare),
            whole.cpu_s,
            step_us(whole),
            bare.cpu_s / whole.cpu_s,
            turns.len()
        );
    }
    let simulation = line::resume(&scene, &coasting.filled, 1);
    let (coast, all) = (simulation.coasting(), simulation.motions().len());
    println!("at the beginning {coast} of {all} parts coast");
    println!("promised: at least {PROMISED_TIMES} times (processor time)");

    let [there, here] = [&contact.scene, &scene].map(arrivals);
    let rows: Vec<_> = there.iter().map(|(part, _)| part.source).collect();
    let in_order = |found: &[(PartId, Time)]| {
        let mut sources: Vec<_> = rows.clone();
        sources.sort();
        sources.dedup();
        sources.into_iter().map(|row| found.iter().map(|(part, _)| *part).filter(|part| part.source == row).collect()).collect()
    };
    let (contact_rows, coasting_rows): (Vec<Vec<PartId>>, Vec<Vec<PartId>>) = (in_order(&there), in_order(&here));
    let same = contact_rows.iter().zip(&coasting_rows).filter(|(a, b)| a.iter().zip(b.iter()).all(|(a, b)| a == b)).count();
    let mut apart_s: Vec<f64> = there
        .iter()
        .filter_map(|(part, at)| {
            here.iter().find(|(other, _)| other == part).map(|(_, other)| (other.as_seconds() - at.as_seconds()).abs())
        })
        .collect();
    apart_s.sort_by(f64::total_cmp);
    let share = here.len() as f64 / there.len() as f64 - 1.0;
    println!(
        "out in {COMPARED_S} s: contact {}, coasting {} ({:+.2} %, promised {:.0} %)",
        there.len(),
        here.len(),
        100.0 * share,
        100.0 * PROMISED_SHARE
    );
    println!("order: {same} of {} rows as with contact", contact_rows.len());
    println!("a part's time at the end: median {:.4} s apart, 99 % within {:.4} s", quantile(&apart_s, 0.5), quantile(&apart_s, 0.99));
}

/// Parts that left the line and when, in order, from an empty belt on.
fn arrivals(scene: &Arc<Scene>) -> Vec<(PartId, Time)> {
    let mut simulation = Simulation::new(scene.clone(), SimulationOptions { threads: 1, ..Default::default() });
    simulation.run_until(Time::from_seconds(COMPARED_S));
    let events = simulation.take_events();
    events
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::PartMoved { part, .. } => Some((part, event.at)),
            _ => None,
        })
        .collect()
}
