//! The verb `bench`: how long a frame takes on this machine, against the number of parts and of grains. Everything moves in every
//! frame, which is the worst that a line can do; nothing is simulated, so that only drawing is measured.

use crate::arguments::{BenchArguments, Size};
use crate::cameras::built_in;
use crate::drawing::extent;
use crate::failure::Failure;
use crate::picture::{Quality, Studio, open_adapter};
use linetwin_model::scene::{ElementId, PartTypeId};
use linetwin_sim::Simulation;
use linetwin_sim::parts::PartId;
use linetwin_sim::view::{Grain, Moment, Place, Scenery, ShownPart};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Something for parts to be of, and for the light to fall on.
const SCENE: &str = r#"Scene(schema: 1, name: "bench",
    parts: { "carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 5) },
    line: {
        "infeed": Source(part: "carton", interarrival_s: 10, before: "belt"),
        "belt": Belt(from_m: (0, -1, 0.8), to_m: (6, -1, 0.8), width_m: 0.6, speed_mps: 0.5),
        "dock": Sink(after: "belt"),
    })"#;
/// Of cartons side by side [m].
const SPACING_M: [f32; 2] = [0.55, 0.45];
const GRAIN_RADIUS_M: f32 = 0.005;
/// What is uploaded, and pipelines that are made, with the first of them.
const WARM_UP_FRAMES: usize = 4;
const FEWEST_FRAMES: usize = 3;

pub fn bench(arguments: &BenchArguments) -> Result<(), Failure> {
    let adapter = open_adapter(arguments.software)?;
    println!("adapter  {}{}", adapter.name, if adapter.is_software { " (software)" } else { "" });
    println!("{:<16}{:>9}{:>10}  {:<7}{:>10}{:>11}{:>11}{:>13}", "size", "parts", "grains", "", "stage", "frame", "rate", "processor");
    // The settings of the adapter first; a GPU bears both.
    let settings: &[bool] = if adapter.is_software { &[true] } else { &[false, true] };
    let hall = hall()?;
    drop(adapter);
    for &size in &arguments.size {
        for &light in settings {
            let mut studio = Studio::with(&hall.scenery, size, open_adapter(arguments.software)?, Quality::of(light));
            let most = |counts: &[usize]| counts.iter().copied().max().unwrap_or(0);
            let rows = arguments.parts.iter().map(|&parts| (parts, 0)).chain(arguments.grains.iter().map(|&grains| (0, grains)));
            let both = (most(&arguments.parts), most(&arguments.grains));
            for (parts, grains) in rows.chain(Some(both).filter(|both| both.0 > 0 && both.1 > 0)) {
                let row = measure(&mut studio, &hall, (parts, grains), size, arguments.seconds)?;
                let (stage_ms, frame_ms) = (milliseconds(row.stage), milliseconds(row.frame));
                println!(
                    "{:<16}{parts:>9}{grains:>10}  {:<7}{stage_ms:>7.2} ms{frame_ms:>8.2} ms{:>8.1} Hz{:>10.2} ms",
                    format!("{} x {}", size.width_px, size.height_px),
                    if light { "light" } else { "full" },
                    1e3 / frame_ms,
                    milliseconds(row.processor)
                );
            }
        }
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What stands, and the moment that parts and grains are added to.
struct Hall {
    scenery: Scenery,
    empty: Moment,
}

fn hall() -> Result<Hall, Failure> {
    let reading = linetwin_model::read::read("bench.ron", SCENE, &Default::default(), &|_| Err(std::io::ErrorKind::NotFound.into()));
    let scene = reading.scene.ok_or_else(|| Failure::internal("the scene of the bench does not check"))?;
    let simulation = Simulation::new(scene.into(), Default::default());
    Ok(Hall { scenery: simulation.scenery(), empty: simulation.moment() })
}

struct Row {
    /// From a moment to what the renderer is told.
    stage: Duration,
    /// All of it, until the adapter has drawn.
    frame: Duration,
    /// Time of processors that a frame takes, of all threads together: what a busy machine changes least, and what a software adapter
    /// takes from everything else.
    processor: Duration,
}

/// Medians; of the processor's time, the mean.
fn measure(studio: &mut Studio, hall: &Hall, counts: (usize, usize), size: Size, seconds: f64) -> Result<Row, Failure> {
    let first = moment(hall, counts, 0);
    let camera = built_in("overview", &extent(&hall.scenery, &first), size);
    let camera = camera.ok_or_else(|| Failure::internal("there is no overview"))?;
    let (mut stages, mut frames) = (Vec::new(), Vec::new());
    let (mut measured, mut processor) = (Duration::ZERO, Duration::ZERO);
    for frame in 0.. {
        // Two moments in turn: what makes them is not to be measured.
        let moment = moment(hall, counts, frame % 2);
        let (begun, used) = (Instant::now(), processor_time());
        let stage = studio.frame(&moment, &camera);
        if frame >= WARM_UP_FRAMES {
            stages.push(stage);
            frames.push(begun.elapsed());
            measured += begun.elapsed();
            processor += processor_time() - used;
        }
        if frames.len() >= FEWEST_FRAMES && measured.as_secs_f64() >= seconds {
            break;
        }
    }
    let processor = processor / frames.len() as u32;
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    Ok(Row { stage: median(&mut stages), frame: median(&mut frames), processor })
}

/// Of this process; zero where nobody tells.
fn processor_time() -> Duration {
    #[cfg(unix)]
    {
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(used.tv_sec as u64, used.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

fn moment(hall: &Hall, (parts, grains): (usize, usize), shift: usize) -> Moment {
    let along_m = shift as f32 * 0.004;
    let side = (parts as f64).sqrt().ceil().max(1.0) as usize;
    let part = |index: usize| ShownPart {
        id: PartId { source: ElementId::from_index(0), serial: index as u32 },
        part_type: PartTypeId::from_index(0),
        variant: 0,
        place: Place {
            position_m: [(index % side) as f32 * SPACING_M[0] + along_m, (index / side) as f32 * SPACING_M[1], 0.93],
            ..Place::default()
        },
        scale: [1.0; 3],
        inside: None,
    };
    let edge = (grains as f64).cbrt().ceil().max(1.0) as usize;
    let grain = |index: usize| {
        let own = [index % edge, index / edge % edge, index / edge / edge];
        let jitter = (index * 7919 % 101) as f32 / 101.0 * GRAIN_RADIUS_M;
        let at = |axis: usize, from_m: f32| from_m + own[axis] as f32 * 2.05 * GRAIN_RADIUS_M + jitter;
        Grain { at_m: [at(0, 0.5) + along_m, at(1, 0.2), at(2, 0.02)], radius_m: GRAIN_RADIUS_M, granulate: (index % 3) as u32 }
    };
    Moment { parts: (0..parts).map(part).collect(), grains: Arc::new((0..grains).map(grain).collect()), ..hall.empty.clone() }
}
