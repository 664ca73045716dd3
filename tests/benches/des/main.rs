//! Parts per second by exact events: ten stations one behind the other, exponential work (mean 10 s), ten places between them, and
//! failures while they work (mean 1,000 s, repaired in 50 s), the first never without parts. Against SimPy, and against a loop written
//! by hand over a binary heap, which knows nothing but this line.
//!
//! `cargo bench --locked -p linetwin-tests --bench des [-- PARTS]` (100,000); SimPy makes a tenth of them. Processor time of one thread:
//! linetwin's of a whole run directory with state changes (`--events states`), without `report.html`. `LINETWIN_PYTHON` (python3) must
//! have the module `simpy`, else that row is SKIPPED.

mod heap;

use linetwin_model::Time;
use linetwin_run::{EventLevel, RunRequest, execute};
use linetwin_tests::processor::cpu_s;
use linetwin_tests::theory::ten_stations;
use std::path::Path;
use std::process::Command;

const PARTS: u64 = 100_000;
/// Turns, of which the fastest counts: the machine disturbs, and never helps.
const ROUNDS: usize = 3;
/// SimPy makes so much fewer.
const FEWER: u64 = 10;
/// What is promised over SimPy, and over the loop [-].
const PROMISED: [f64; 2] = [50.0, 0.4];

/// Parts per second of processor time, and of simulated time.
#[derive(Clone, Copy)]
pub struct Rate {
    pub per_s: f64,
    pub throughput: f64,
}

fn main() {
    // `cargo bench` hands its own flags on to a target without harness.
    let words: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let parts = words.first().map_or(PARTS, |word| word.parse().expect("a number of parts"));
    let fastest = |turn: &dyn Fn() -> Result<Rate, String>| {
        let turns: Result<Vec<Rate>, String> = (0..ROUNDS).map(|_| turn()).collect();
        turns.map(|turns| turns.into_iter().max_by(|a, b| a.per_s.total_cmp(&b.per_s)).expect("rounds"))
    };
    // By the loop's own throughput, so that both make as many.
    let by_hand = fastest(&|| Ok(heap::run(parts))).expect("it always runs");
    let until_s = parts as f64 / by_hand.throughput;
    let turn = |belts, events| fastest(&|| our_turn(&ten_stations(belts), events, until_s)).expect("the line runs");
    let ours = turn(false, EventLevel::States);
    let silent = turn(false, EventLevel::None);
    let carried = turn(true, EventLevel::States);
    println!("{:<34} {:>14} {:>18}", "des, ten stations", "parts per s", "throughput [1/s]");
    let row = |name: &str, rate: &Rate| println!("{name:<34} {:>14.0} {:>18.5}", rate.per_s, rate.throughput);
    row("linetwin, --events states", &ours);
    row("linetwin, --events none", &silent);
    row("linetwin, belts between, states", &carried);
    row("loop by hand over a heap", &by_hand);
    let peer = fastest(&|| simpy(parts / FEWER));
    match &peer {
        Ok(rate) => {
            row("SimPy", rate);
            println!("linetwin over SimPy: {:.2}; promised: at least {}", ours.per_s / rate.per_s, PROMISED[0]);
        }
        Err(reason) => println!("SKIPPED: SimPy: {reason}"),
    }
    println!("linetwin over the loop: {:.4}; promised: at least {}", ours.per_s / by_hand.per_s, PROMISED[1]);
}

fn our_turn(scene_text: &str, events: EventLevel, until_s: f64) -> Result<Rate, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let scene = folder.path().join("scene.ron");
    std::fs::write(&scene, scene_text).map_err(|error| error.to_string())?;
    let request = RunRequest { events, page: false, ..RunRequest::new(&scene, Time::from_seconds(until_s), folder.path().join("out")) };
    let before = cpu_s();
    let outcome = execute(&request, &mut ()).map_err(|error| error.to_string())?;
    let spent_s = cpu_s() - before;
    let report = outcome.report.ok_or("interrupted")?;
    let made = report.line.throughput_per_h / 3600.0 * until_s;
    Ok(Rate { per_s: made / spent_s, throughput: made / until_s })
}

fn simpy(parts: u64) -> Result<Rate, String> {
    let python = std::env::var("LINETWIN_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/des/line_simpy.py");
    let output = Command::new(&python).arg(script).arg(parts.to_string()).output().map_err(|error| format!("{python}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [per_s, throughput] if output.status.success() => Ok(Rate { per_s, throughput }),
        _ => Err(String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or("no message").to_owned()),
    }
}
