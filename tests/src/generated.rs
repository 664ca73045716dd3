//! Scenes drawn from the vocabulary by a seed: lines of conveyors whose ports meet, with what stands at them, and parts on
//! all of it from the start. Draws what a user might write, sensible or not; what the check says of it is not known here.

mod goods;
mod machines;
mod sorters;
mod spine;

use goods::Goods;

/// A line, its parts, and what else a scene says, as text.
pub struct Drawing {
    random: Random,
    parts: Vec<String>,
    line: Vec<String>,
    fills: Vec<String>,
    rules: Vec<String>,
    /// What rules may hold, and the photo-eyes that they may ask.
    sources: Vec<String>,
    eyes: Vec<String>,
    serial: usize,
    /// Carriers are not taken off their loops.
    has_carriers: bool,
}

/// Lines of one scene lie side by side, further apart than any of them reaches [m].
const LINES_APART_M: f64 = 60.0;

/// The scene of a seed, as RON.
pub fn scene(seed: u64) -> String {
    let mut drawing = Drawing {
        random: Random(seed),
        parts: Vec::new(),
        line: Vec::new(),
        fills: Vec::new(),
        rules: Vec::new(),
        sources: Vec::new(),
        eyes: Vec::new(),
        serial: 0,
        has_carriers: false,
    };
    for line in 0..1 + drawing.random.below(2) {
        let y_m = LINES_APART_M * line as f64;
        match drawing.random.below(12) {
            0 => drawing.carriers(y_m),
            1 => drawing.assembly(y_m),
            2 | 3 => drawing.packing(y_m),
            4 => drawing.ring(y_m),
            5 => drawing.shoes(y_m),
            6 => drawing.trays(y_m),
            _ => drawing.spine(y_m),
        }
    }
    drawing.controls();
    drawing.text(seed)
}

impl Drawing {
    /// A name that no other element or part has.
    fn name(&mut self, of: &str) -> String {
        self.serial += 1;
        format!("{of} {}", self.serial)
    }

    fn add(&mut self, name: &str, element: impl AsRef<str>) {
        self.line.push(format!("\"{name}\": {}", element.as_ref()));
    }

    /// Parts that stand on a conveyor from the start, as far as there is room.
    fn fill(&mut self, on: &str, goods: &[Goods], room: usize) {
        if room > 0 && self.random.chance(0.7) {
            let (part, count) = (self.random.pick(goods).name.clone(), 1 + self.random.below(room.min(4)));
            self.fills.push(format!("Fill(on: \"{on}\", part: \"{part}\", count: {count})"));
        }
    }

    /// What stops a machine within the few seconds of a test.
    fn failures(&mut self) -> String {
        if !self.random.chance(0.15) {
            return String::new();
        }
        let clock = *self.random.pick(&["Calendar", "Running"]);
        let (uptime_s, repair_s) = (self.random.between(0.3, 3.0), self.random.between(0.2, 2.0));
        format!(", failures: [Failure(mode: \"stop\", clock: {clock}, uptime_s: Exponential(mean: {uptime_s}), repair_s: {repair_s})]")
    }

    fn seconds(&mut self) -> String {
        let mean = self.random.between(0.3, 3.0);
        match self.random.below(5) {
            0 => format!("Exponential(mean: {mean})"),
            1 => format!("Triangular(min: {}, mode: {mean}, max: {})", tidy(mean / 2.0), tidy(mean * 2.0)),
            2 => format!("Lognormal(mean: {mean}, sd: {})", tidy(mean / 3.0)),
            _ => format!("{mean}"),
        }
    }

    /// Rules over the photo-eyes, and who clears jams.
    fn controls(&mut self) {
        for eye in self.eyes.clone() {
            if self.random.chance(0.5) && !self.sources.is_empty() {
                let (held, after_s) = (self.random.pick(&self.sources).clone(), self.random.between(0.1, 1.0));
                let until = if self.random.chance(0.5) { format!(", until: \"'{eye}'.clear_for > 0.5\"") } else { String::new() };
                let name = self.name("rule");
                self.rules
                    .push(format!("Rule(name: \"{name}\", when: \"'{eye}'.blocked_for > {after_s}\", do: [Hold(\"{held}\")]{until})"));
            }
        }
    }

    fn text(&mut self, seed: u64) -> String {
        let clears = [
            "",
            "jams: [Clear(clear_s: 1)],",
            "jams: [Clear(by: Reverse(run_s: 0.5)), Clear(of: [Jam, TipOver, Skew, Drop, Overlap], clear_s: 0.5)],",
        ];
        let (clears, jam_after_s) = (
            if self.has_carriers { "jams: [Clear(of: [Jam, TipOver], by: Straighten, clear_s: 0.5)]," } else { *self.random.pick(&clears) },
            self.random.between(0.5, 3.0),
        );
        format!(
            "Scene(schema: 1, name: \"Generated {seed}\", seed: {seed}, physics: (jam_after_s: {jam_after_s}),\n parts: {{\n  {}\n }},\n line: {{\n  {}\n }},\n controls: [{}],\n {clears}\n initial: [{}])\n",
            self.parts.join(",\n  "),
            self.line.join(",\n  "),
            self.rules.join(",\n  "),
            self.fills.join(", ")
        )
    }
}

/// Millimetres, grams, milliseconds: as a user would write them.
fn tidy(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A tidy number.
    fn between(&mut self, low: f64, high: f64) -> f64 {
        tidy(low + (high - low) * self.unit())
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
