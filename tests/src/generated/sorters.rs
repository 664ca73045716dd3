//! Sorters whose carriers take parts off: a belt of slats with shoes, and closed loops with a belt or a tray on each carrier.

use super::goods::{Goods, largest};
use super::{Drawing, tidy};

impl Drawing {
    /// A slat belt with shoes that push parts off at an angle.
    pub(super) fn shoes(&mut self, y_m: f64) {
        let goods = self.mixed_goods();
        let [longest_m, widest_m, _] = largest(&goods);
        let (slats, reader, source) = (self.name("slats"), self.name("reader"), self.name("source"));
        let (width_m, z_m) = (tidy(widest_m.max(longest_m) + self.random.between(0.1, 0.3)), self.random.between(1.2, 1.8));
        let speed_mps = self.random.between(0.4, 1.2);
        self.add(
            &slats,
            format!(
                "Belt(from_m: (0, {y_m}, {z_m}), to_m: (10, {y_m}, {z_m}), width_m: {width_m}, speed_mps: {speed_mps}, material: \"steel\")"
            ),
        );
        self.lanes_from(&source, &goods, &slats);
        self.add(&reader, format!("Scanner(on: \"{slats}\", at_m: 1, reads: \"lane\", sets: \"seen_lane\", read_rate: 0.95)"));
        for (lane, at_m) in [(1, 3.5), (2, 7.0)] {
            let (shoes, side) = (self.name("shoes"), *self.random.pick(&["Left", "Right"]));
            let angle_deg = *self.random.pick(&[20, 30]);
            let track = if self.random.chance(0.5) { format!(", track: Track(from: \"{reader}\")") } else { String::new() };
            self.add(
                &shoes,
                format!(
                    "ShoeSorter(on: \"{slats}\", at_m: {at_m}, side: {side}, angle_deg: {angle_deg}, when: \"seen_lane == {lane}\"{track})"
                ),
            );
            self.caught(&format!("{shoes}.side"));
        }
        self.fill(&slats, &goods, 4);
        self.sink(&slats);
    }

    /// A loop with a cross belt or a tilting tray on each carrier, loaded from the side.
    pub(super) fn trays(&mut self, y_m: f64) {
        self.has_carriers = true;
        let goods = self.mixed_goods();
        let [longest_m, widest_m, _] = largest(&goods);
        let (sorter, queue, loader, source) = (self.name("sorter"), self.name("queue"), self.name("loader"), self.name("source"));
        let (width_m, pitch_m) = (tidy(longest_m.max(widest_m) + 0.2), tidy(longest_m.max(widest_m) + self.random.between(0.1, 0.3)));
        let carriers = match self.random.chance(0.5) {
            true => format!("CrossBelt(pitch_m: {pitch_m})"),
            false => format!("TiltTray(pitch_m: {pitch_m}, tilt_deg: {})", self.random.between(32.0, 42.0)),
        };
        let (ahead_m, speed_mps) = (self.random.between(6.0, 9.0), self.random.between(0.4, 1.2));
        let radius_m = tidy(width_m / 2.0 + self.random.between(0.8, 1.5));
        let path = format!("Ahead({ahead_m}), Left({radius_m}, 180)");
        self.add(
            &sorter,
            format!(
                "Loop(start_m: (0, {y_m}, 1.8), path: [{path}, {path}], speed_mps: {speed_mps}, width_m: {width_m}, material: \"steel\", carriers: {carriers})"
            ),
        );
        let zone_m = tidy(longest_m + 0.2);
        self.add(
            &queue,
            format!(
                "ZoneConveyor(before: \"{loader}\", length_m: {}, zone_m: {zone_m}, width_m: {}, speed_mps: 0.6, rails: Both)",
                tidy(3.0 * zone_m),
                tidy(widest_m + 0.15)
            ),
        );
        self.lanes_from(&source, &goods, &queue);
        self.fill(&queue, &goods, 3);
        let cycle_s = self.random.between(0.2, 1.5);
        self.add(&loader, format!("Loader(on: \"{sorter}\", at_m: 1, side: Right, cycle_s: {cycle_s})"));
        for (lane, at_m) in [(1, 3.2), (2, tidy(ahead_m + 3.1 * radius_m + 3.0))] {
            let (exit, side) = (self.name("exit"), *self.random.pick(&["Right", "Right", "Left"]));
            self.add(&exit, format!("Discharge(on: \"{sorter}\", at_m: {at_m}, side: {side}, when: \"lane == {lane}\")"));
            self.caught(&format!("{exit}.side"));
        }
    }

    fn lanes_from(&mut self, source: &str, goods: &[Goods], before: &str) {
        let (part, gap_s) = (self.random.pick(goods).name.clone(), self.seconds());
        self.add(
            source,
            format!(
                "Source(part: \"{part}\", interarrival_s: {gap_s}, before: \"{before}\", sets: {{\"lane\": Discrete(values: [1, 2, 3], weights: [2, 2, 1])}})"
            ),
        );
        self.sources.push(source.to_owned());
    }

    fn caught(&mut self, port: &str) {
        let name = self.name("chute");
        let fall_deg = self.random.between(20.0, 28.0);
        self.add(&name, format!("Chute(after: \"{port}\", length_m: 1.5, fall_deg: {fall_deg})"));
        self.sink(&name);
    }
}
