//! The crowded scene of the determinism tests and benches: parallel lanes where cartons queue up, are pushed off,
//! scrapped, and leave, so that piles, spawns and removals happen all the time.

/// RON text of `lanes` lanes; each holds about 17 cartons after a minute.
pub fn crowded_lanes(lanes: usize) -> String {
    let mut line = String::new();
    for lane in 0..lanes {
        let y = lane as f64 * 1.5;
        line += &format!(
            r#"
        "feed {lane}": Source(part: "carton", interarrival_s: Exponential(mean: 1.1), before: "belt {lane}", yaw_deg: Normal(mean: 0, sd: 8)),
        "belt {lane}": Belt(from_m: (0, {y}, 0.8), to_m: (8, {y}, 0.8), width_m: 0.6, speed_mps: 0.6, rails: Both),
        "push {lane}": Pusher(on: "belt {lane}", at_m: 2.0, side: Left, stroke_s: 0.4, when: "mass_kg > 5.2"),
        "bin {lane}": Sink(after: "push {lane}.side"),
        "press {lane}": Station(on: "belt {lane}", at_m: 7.0, hold: Blade, processing_s: Triangular(min: 1.2, mode: 1.6, max: 3.0), scrap_probability: 0.05),
        "dock {lane}": Sink(after: "belt {lane}"),"#
        );
    }
    format!(
        r#"Scene(
    schema: 1,
    name: "Crowded lanes",
    seed: 11,
    parts: {{ "carton": Part(shape: Box(size_m: (Uniform(min: 0.2, max: 0.4), 0.25, Uniform(min: 0.1, max: 0.3))), mass_kg: TruncatedNormal(mean: 4.0, sd: 0.8, min: 2.0, max: 6.0)) }},
    line: {{{line}
    }},
)
"#
    )
}
