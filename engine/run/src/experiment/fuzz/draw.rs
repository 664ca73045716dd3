//! Which disturbances happen in a run: drawn by its number, so that the same seed finds the same. Knows nothing of how runs fare.

use linetwin_model::scene::Disturbance;
use linetwin_model::{Scene, Time};
use linetwin_sim::random::Streams;
use linetwin_sim::sample::sample;
use serde::Serialize;

/// Of one disturbance, in one run.
const MOST_OF_ONE: u32 = 2;
/// Times are whole milliseconds and factors whole thousandths, which are written and read back as they are.
const GRID: f64 = 1000.0;

/// A disturbance that happens, as a scene writes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Happens {
    pub disturbance: u32,
    pub at_s: f64,
    pub for_s: f64,
    pub factor: f64,
}

impl Happens {
    /// As an override of the scene.
    pub fn written(all: &[Happens]) -> String {
        let one = |happens: &Happens| {
            let Happens { disturbance, at_s, for_s, factor } = happens;
            format!("Happens(disturbance: {disturbance}, at_s: {at_s}, for_s: {for_s}, factor: {factor})")
        };
        format!("happens=[{}]", all.iter().map(one).collect::<Vec<_>>().join(", "))
    }
}

pub fn on_grid(value: f64) -> f64 {
    (value * GRID).round() / GRID
}

/// Each disturbance not at all, once or twice, at any moment of the run; in the order of time.
pub fn drawn(scene: &Scene, seed: u64, run: u32, duration: Time) -> Vec<Happens> {
    let streams = Streams { seed, replication: run };
    let mut happens = Vec::new();
    for (index, Disturbance { for_s, factor, .. }) in scene.disturbances.iter().enumerate() {
        let stream = |purpose: &str| streams.stream(&format!("disturbance {index}"), purpose);
        let [count, at, span, size] = ["count", "at", "for", "factor"].map(stream);
        // What lasts the whole run happens once at most.
        let most = if for_s.is_some() { MOST_OF_ONE } else { 1 };
        let count = ((f64::from(most + 1) * count.draw(0).unit()) as u32).min(most);
        for number in 0..count {
            let at_s = if for_s.is_some() { duration.as_seconds() * at.draw(number).unit() } else { 0.0 };
            happens.push(Happens {
                disturbance: index as u32,
                at_s: on_grid(at_s),
                for_s: for_s.as_ref().map_or(0.0, |for_s| on_grid(sample(for_s, &mut span.draw(number)))),
                factor: factor.as_ref().map_or(1.0, |factor| on_grid(sample(factor, &mut size.draw(number)))),
            });
        }
    }
    happens.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    happens
}
