//! The scene that `linetwin new` writes: small, commented, and it runs.

/// The text of a new scene called `name`.
pub fn new_scene(name: &str) -> String {
    // A name may hold what a RON string must escape.
    let name: String = name.chars().flat_map(char::escape_default).collect();
    TEMPLATE.replace("NAME_OF_THE_LINE", &name)
}

const TEMPLATE: &str = r#"// A line with one machine. Lengths in m, masses in kg, times in s; Z is up.
// Run it:              linetwin run THIS_FILE --for 10min
// See what it means:   linetwin check THIS_FILE, linetwin tree THIS_FILE --edges
// Change one value:    linetwin run THIS_FILE --for 10min --set 'belt 1.speed_mps=0.6'
Scene(
    schema: 1,
    name: "NAME_OF_THE_LINE",
    seed: 1,
    warmup_s: 120, // statistics start here
    parts: {
        "carton": Part(shape: Box(size_m: (0.40, 0.30, 0.25)), mass_kg: 4.0),
    },
    line: {
        // One carton every 4 s on average.
        "infeed": Source(part: "carton", interarrival_s: Exponential(mean: 4), before: "belt 1"),
        "belt 1": Belt(from_m: (0, 0, 0.8), to_m: (4, 0, 0.8), width_m: 0.5, speed_mps: 0.4, rails: Both),
        // What is not said is taken over from the conveyor before it: width and speed.
        "belt 2": Belt(after: "belt 1", length_m: 3, rails: Both),
        // A blade holds each carton for the work; the machine fails now and then.
        "taper":  Station(on: "belt 2", at_m: 1.5, hold: Blade, processing_s: Triangular(min: 1.5, mode: 2, max: 3),
                          failures: [Failure(mode: "tape torn", uptime_s: Exponential(mean: 900), repair_s: Lognormal(mean: 60, sd: 30))]),
        "dock":   Sink(after: "belt 2"),
    },
    checks: [NoPartLost],
)
"#;
