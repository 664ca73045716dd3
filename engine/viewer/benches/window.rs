//! What a window costs: `cargo bench --locked -p linetwin-viewer --bench window` (or `cargo test`, of the development build) plays
//! `scenes/packaging.ron` in a window on a display without a screen (Xvfb), drawn on the processor, and prints how long the first picture
//! took, what a step costs with the window and without, and how many frames there were a second.

#[allow(dead_code, reason = "the tests ask for more")]
#[path = "../tests/viewer/desk.rs"]
mod desk;
#[allow(dead_code, reason = "the tests ask for more")]
#[path = "../tests/viewer/program.rs"]
mod program;

use desk::Desk;
use linetwin_run::DeviceRequest;
use linetwin_run::playback::{Opened, Source};
use program::scene;
use std::path::PathBuf;

const SCENE: &str = "packaging.ron";
/// As fast as it goes, for which the ratio is promised, and at the pace of the clock, where the simulation mostly sleeps: speed and simulated
/// time [s].
const RUNS: [(&str, u64); 2] = [("max", 900), ("1", 20)];
/// Threads of a simulation that is played: its own, and those of its physics.
const PLAYER: &str = "playback";
const WORKERS: &str = "rapier-worker";

/// A step without anybody who looks [ms of a processor].
fn headless_ms(seconds: u64) -> (f64, u64) {
    let measured = move || {
        let opened = Opened::open(&Source::of(scene(SCENE)), 0, &DeviceRequest::default()).expect("it is a scene");
        let mut simulation = opened.fresh();
        let last = opened.scene().step.step_at_or_after(linetwin_model::Time::from_seconds(seconds as f64)) + 1;
        let begun_s = processor_s("self");
        simulation.workers().run(|| {
            while simulation.step_count() < last {
                simulation.step();
                simulation.take_events();
                simulation.take_scans();
            }
        });
        ((processor_s("self") - begun_s) * 1e3 / last as f64, last)
    };
    // As in a window.
    let thread = std::thread::Builder::new().name(PLAYER.to_string()).spawn(measured).expect("a thread");
    thread.join().expect("it steps")
}

fn main() {
    let Some(desk) = Desk::open() else { return };
    for (speed, seconds) in RUNS {
        let until = format!("{seconds}s");
        let (alone_ms, steps) = headless_ms(seconds);
        assert!(alone_ms > 0.0, "the system's books know no thread of the simulation");
        let mut window = desk.window(&scene(SCENE), &["--speed", speed, "--until", &until]);
        let pictured_s = window.until("pictured", |_| true)["wall_s"].as_f64().expect("a number");
        let process = window.process().to_string();
        let begun_s = processor_s(&process);
        window.press("space");
        let playing = window.until("playing", |_| true);
        let ended = window.until("paused", |line| line["step"] != 0);
        let with_ms = (processor_s(&process) - begun_s) * 1e3 / ended["step"].as_f64().expect("a number");
        let took_s = ended["wall_s"].as_f64().expect("a number") - playing["wall_s"].as_f64().expect("a number");
        let drawn = ended["frames"].as_f64().expect("a number") - playing["frames"].as_f64().expect("a number");
        println!(
            "{SCENE} at speed {speed}: first picture after {pictured_s:.1} s; {steps} steps, {alone_ms:.3} ms of a processor each alone, \
             {with_ms:.3} ms with the window: {:.2} times; {:.1} frames/s",
            with_ms / alone_ms,
            drawn / took_s
        );
        window.press("ctrl+q");
        assert_eq!(window.ended().0, Some(0));
    }
}

/// What the threads of a simulation have had of processors, from the system's own books; only where there is `/proc` [s].
fn processor_s(process: &str) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("a system with /proc");
    let of = |task: PathBuf| {
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let books = std::fs::read_to_string(task.join("schedstat")).ok()?;
        let is_its = name.trim() == PLAYER || name.starts_with(WORKERS);
        is_its.then(|| books.split(' ').next().and_then(|ns| ns.parse::<f64>().ok())).flatten()
    };
    tasks.filter_map(|task| of(task.ok()?.path())).sum::<f64>() * 1e-9
}
