//! What a window costs, measured where it is asked for:
//! `cargo test --locked -p linetwin-viewer --test viewer -- --ignored --nocapture speed`. Holds nothing: on two cores it depends on who
//! else computes.

use crate::desk::{Desk, processor_s};
use crate::program::scene;
use linetwin_run::DeviceRequest;
use linetwin_run::playback::{Opened, Source};

const SCENE: &str = "packaging.ron";
const SECONDS: u64 = 30;

/// A step without anybody who looks [ms of a processor].
fn headless_ms() -> (f64, u64) {
    let measured = || {
        let opened = Opened::open(&Source::of(scene(SCENE)), 0, &DeviceRequest::default()).expect("it is a scene");
        let mut simulation = opened.fresh();
        let last = opened.scene().step.step_at_or_after(linetwin_model::Time::from_seconds(SECONDS as f64)) + 1;
        let begun_s = processor_s("self", "headless");
        simulation.workers().run(|| {
            while simulation.step_count() < last {
                simulation.step();
                simulation.take_events();
                simulation.take_scans();
            }
        });
        ((processor_s("self", "headless") - begun_s) * 1e3 / last as f64, last)
    };
    // What it starts has its name.
    let thread = std::thread::Builder::new().name("headless".to_string()).spawn(measured).expect("a thread");
    thread.join().expect("it steps")
}

#[test]
#[ignore = "takes a minute, and depends on who else computes"]
fn speed_of_a_window_beside_its_simulation() {
    let Some(desk) = Desk::open() else { return };
    let until = format!("{SECONDS}s");
    for speed in ["1", "max"] {
        let (alone_ms, steps) = headless_ms();
        let mut window = desk.window(&scene(SCENE), &["--speed", speed, "--until", &until]);
        let pictured_s = window.until("pictured", |_| true)["wall_s"].as_f64().expect("a number");
        let begun_s = window.processor_s("playback");
        window.press("space");
        let playing = window.until("playing", |_| true);
        let ended = window.until("paused", |line| line["step"] != 0);
        let with_ms = (window.processor_s("playback") - begun_s) * 1e3 / ended["step"].as_f64().expect("a number");
        let took_s = ended["wall_s"].as_f64().expect("a number") - playing["wall_s"].as_f64().expect("a number");
        let drawn = ended["frames"].as_f64().expect("a number") - playing["frames"].as_f64().expect("a number");
        println!(
            "{SCENE} at {speed}: first picture after {pictured_s:.1} s; {steps} steps, {alone_ms:.3} ms of a processor each alone, \
             {with_ms:.3} ms with the window: {:.2} times; {:.1} frames/s",
            with_ms / alone_ms,
            drawn / took_s
        );
        window.press("ctrl+q");
        assert_eq!(window.ended().0, Some(0));
    }
}
