//! Lines around containers and carriers: what fills and empties cases and pallets, carriers on closed loops, products that
//! are joined on them.

use super::goods::Goods;
use super::{Drawing, tidy};

impl Drawing {
    /// Bottles into cases, and those onto pallets, or out of both again.
    pub(super) fn packing(&mut self, y_m: f64) {
        let (bottle, case, pallet) = (self.name("bottle"), self.name("case"), self.name("pallet"));
        let (d, h) = (self.random.between(0.06, 0.1), self.random.between(0.1, 0.2));
        let n = [1 + self.random.below(3), 1 + self.random.below(2)];
        let [l, w, high] = [tidy(n[0] as f64 * d + 0.02), tidy(n[1] as f64 * d + 0.02), tidy(h + 0.02)];
        let on = [1 + self.random.below(2), 1 + self.random.below(2)];
        let (pl, pw) = (tidy(on[0] as f64 * l + 0.02), tidy(on[1] as f64 * w + 0.02));
        let layers = 1 + self.random.below(2);
        self.parts
            .push(format!("\"{bottle}\": Part(shape: Cylinder(diameter_m: {d}, height_m: {h}), mass_kg: 0.5, material: \"plastic\")"));
        self.parts.push(format!(
            "\"{case}\": Part(shape: OpenBox(size_m: ({l}, {w}, {high})), mass_kg: 0.3, holds: Grid(part: \"{bottle}\", n: ({}, {}, 1)))",
            n[0], n[1]
        ));
        self.parts.push(format!(
            "\"{pallet}\": Part(shape: Box(size_m: ({pl}, {pw}, 0.12)), mass_kg: 6, material: \"plastic\", holds: Layers(part: \"{case}\", n: ({}, {}), layers: {layers}))",
            on[0], on[1]
        ));
        let bottles = [Goods { name: bottle.clone(), size_m: [d, d, h], mass_kg: 0.5 }];
        let (filler, feed) = (self.name("filler"), self.name("feed"));
        let (z_m, speed_mps, width_m) = (self.random.between(0.7, 1.2), self.random.between(0.2, 0.6), tidy(d + 0.015));
        let rate_per_h = self.random.between(2000.0, 7000.0);
        self.add(&filler, format!("Source(part: \"{bottle}\", rate_per_h: {rate_per_h}, before: \"{feed}\")"));
        self.sources.push(filler);
        self.add(
            &feed,
            format!("Belt(from_m: (0, {y_m}, {z_m}), to_m: (2, {y_m}, {z_m}), width_m: {width_m}, speed_mps: {speed_mps}, rails: Both, rail_height_m: 0.15)"),
        );
        self.fill(&feed, &bottles, 4);
        let mut last = feed;
        if self.random.chance(0.5) {
            let (table, lane) = (self.name("table"), self.name("lane"));
            let length_m = self.random.between(2.0, 3.0);
            self.add(
                &table,
                format!(
                    "AccumulationTable(after: \"{last}\", length_m: {length_m}, width_m: {}, exit_speed_mps: 0.5)",
                    tidy(width_m + 0.3)
                ),
            );
            self.add(&lane, format!("Belt(after: \"{table}\", length_m: 1.5, speed_mps: 0.5, rails: Both, rail_height_m: 0.15)"));
            self.fill(&table, &bottles, 4);
            self.fill(&lane, &bottles, 4);
            last = lane;
        }
        let packer = self.name("packer");
        let says = format!("cycle_s: {}{}", self.random.between(0.3, 2.0), self.failures());
        self.add(&packer, format!("Packer(after: \"{last}\", into: \"{case}\", {says})"));
        let erector = self.name("erector");
        if self.random.chance(0.5) {
            let cycle_s = self.random.between(0.3, 2.0);
            self.add(&erector, format!("Source(part: \"{case}\", cycle_s: {cycle_s}, before: \"{packer}.empties\")"));
        } else {
            let belt = self.name("empties");
            self.add(&belt, format!("Belt(before: \"{packer}.empties\", length_m: 1.5, width_m: {}, speed_mps: 0.4)", tidy(w + 0.1)));
            self.add(&erector, format!("Source(part: \"{case}\", interarrival_s: 1.5, before: \"{belt}\")"));
            self.fill(&belt, &[Goods { name: case.clone(), size_m: [l, w, high], mass_kg: 0.3 }], 3);
        }
        let away = self.name("away");
        let zone_m = tidy(l + 0.15);
        let away_says = if self.random.chance(0.5) {
            format!("ZoneConveyor(after: \"{packer}\", length_m: {}, zone_m: {zone_m}, speed_mps: 0.5)", tidy(3.0 * zone_m))
        } else {
            format!("Belt(after: \"{packer}\", length_m: 1.2, speed_mps: 0.5)")
        };
        self.add(&away, away_says);
        match self.random.below(3) {
            0 => self.sink(&away),
            1 => {
                let (unpacker, out, back) = (self.name("unpacker"), self.name("out"), self.name("back"));
                let cycle_s = self.random.between(0.3, 1.0);
                self.add(&unpacker, format!("Unpacker(after: \"{away}\", cycle_s: {cycle_s}, takes: 1, width_m: {width_m})"));
                self.add(&out, format!("Belt(after: \"{unpacker}\", length_m: 1, speed_mps: 0.4, rails: Both)"));
                self.add(&back, format!("Belt(after: \"{unpacker}.empties\", length_m: 1, width_m: {})", tidy(w + 0.2)));
                self.sink(&out);
                self.sink(&back);
            }
            _ => self.palletising(&away, &pallet, [pl, pw], w),
        }
    }

    fn palletising(&mut self, feed: &str, pallet: &str, [_, wide_m]: [f64; 2], case_wide_m: f64) {
        let (palletiser, out) = (self.name("palletiser"), self.name("outfeed"));
        let (layer_s, change_s) = (self.random.between(0.3, 1.5), self.random.between(0.0, 1.0));
        self.add(&palletiser, format!("Palletiser(after: \"{feed}\", into: \"{pallet}\", layer_s: {layer_s}, change_s: {change_s})"));
        if self.random.chance(0.4) {
            let source = self.name("pallets");
            self.add(&source, format!("Source(part: \"{pallet}\", cycle_s: 1, before: \"{palletiser}.pallets\")"));
        }
        self.add(&out, format!("Belt(after: \"{palletiser}\", length_m: 1.5, speed_mps: 0.4)"));
        if self.random.chance(0.5) {
            return self.sink(&out);
        }
        let (depalletiser, cases, empties) = (self.name("depalletiser"), self.name("cases"), self.name("empties"));
        self.add(&depalletiser, format!("Depalletiser(after: \"{out}\", layer_s: {layer_s})"));
        self.add(&cases, format!("Belt(after: \"{depalletiser}\", length_m: 1, width_m: {}, speed_mps: 0.4)", tidy(case_wide_m + 0.1)));
        self.add(&empties, format!("Belt(after: \"{depalletiser}.pallets\", length_m: 1, width_m: {})", tidy(wide_m + 0.4)));
        self.sink(&cases);
        self.sink(&empties);
    }

    pub(super) fn sink(&mut self, after: &str) {
        let name = self.name("dock");
        self.add(&name, format!("Sink(after: \"{after}\")"));
    }

    /// A closed loop of carriers with stations.
    pub(super) fn carriers(&mut self, y_m: f64) {
        self.has_carriers = true;
        let carrier = self.name("carrier");
        let [l, w] = [self.random.between(0.2, 0.34), self.random.between(0.2, 0.34)];
        self.parts.push(format!("\"{carrier}\": Part(shape: Box(size_m: ({l}, {w}, 0.05)), mass_kg: 3, material: \"plastic\")"));
        let (looped, ahead_m, radius_m) = (self.name("loop"), self.random.between(2.0, 5.0), self.random.between(0.6, 1.2));
        let left = *self.random.pick(&["Left", "Right"]);
        let count = 1 + self.random.below(12);
        let (heading_deg, speed_mps) = (self.random.below(360), self.random.between(0.2, 0.6));
        let path = format!("Ahead({ahead_m}), {left}({radius_m}, 180)");
        self.add(
            &looped,
            format!(
                "Loop(start_m: (0, {y_m}, 0.9), heading_deg: {heading_deg}, path: [{path}, {path}], speed_mps: {speed_mps}, zone_m: 0.5, fill: Carriers(part: \"{carrier}\", count: {count}))"
            ),
        );
        let (station, counter) = (self.name("washer"), self.name("counter"));
        let says = format!("processing_s: {}, again: true{}", self.seconds(), self.failures());
        let at_m = self.random.between(0.6, ahead_m - 0.5);
        self.add(&station, format!("Station(on: \"{looped}\", at_m: {at_m}, {says})"));
        self.add(&counter, format!("Counter(on: \"{looped}\", at_m: -0.5)"));
    }

    /// Carriers on which a product is joined, tested, reworked on a spur, and taken out.
    pub(super) fn assembly(&mut self, y_m: f64) {
        self.has_carriers = true;
        let (carrier, base, lid, product) = (self.name("carrier"), self.name("base"), self.name("lid"), self.name("product"));
        let [w, h] = [self.random.between(0.1, 0.22), self.random.between(0.04, 0.12)];
        self.parts.push(format!(
            "\"{carrier}\": Part(shape: Box(size_m: (0.3, 0.3, 0.05)), mass_kg: 3, material: \"plastic\", holds: Nest(\"{product}\"))"
        ));
        let shape = if self.random.chance(0.5) {
            format!("Box(size_m: ({w}, {w}, {h}))")
        } else {
            format!("Cylinder(diameter_m: {w}, height_m: {h})")
        };
        self.parts.push(format!("\"{base}\": Part(shape: {shape}, mass_kg: 0.8, material: \"steel\")"));
        self.parts.push(format!("\"{lid}\": Part(shape: Box(size_m: ({}, {}, 0.02)), mass_kg: 0.2)", tidy(0.6 * w), tidy(0.6 * w)));
        self.parts.push(format!("\"{product}\": Part(bill: {{\"{base}\": 1, \"{lid}\": 1}})"));
        let looped = self.name("loop");
        let (count, speed_mps) = (4 + self.random.below(12), self.random.between(0.25, 0.6));
        self.add(
            &looped,
            format!(
                "Loop(start_m: (0, {y_m}, 0.9), path: [Ahead(12), Left(1, 180), Ahead(12), Left(1, 180)], speed_mps: {speed_mps}, zone_m: 0.5, fill: Carriers(part: \"{carrier}\", count: {count}))"
            ),
        );
        let (load, join, test, leave, spur, rework, back, unload) = (
            self.name("load"),
            self.name("join"),
            self.name("test"),
            self.name("leave"),
            self.name("spur"),
            self.name("rework"),
            self.name("return"),
            self.name("unload"),
        );
        let ok = self.name("ok").replace(' ', "_");
        // Near the end of the loop, where the carriers stand at first, so that something is done within a few seconds.
        let [first_s, second_s, third_s] = [(); 3].map(|()| self.random.between(0.2, 1.0));
        self.add(&load, format!("Assembly(on: \"{looped}\", at_m: 1, adds: \"{base}\", processing_s: {first_s})"));
        self.add(&join, format!("Assembly(on: \"{looped}\", at_m: 2, adds: \"{lid}\", supply: Kanban(bins: 2, size: 3, refill_s: 2), processing_s: {second_s})"));
        self.add(&test, format!("Station(on: \"{looped}\", at_m: 3, processing_s: {third_s}, sets: {{\"{ok}\": Bernoulli(0.5)}})"));
        self.add(&leave, format!("Transfer(on: \"{looped}\", at_m: 19, side: Right, when: \"done('{test}') && !{ok}\", when_full: Pass)"));
        self.add(&spur, format!("ZoneConveyor(after: \"{leave}.side\", path: [Ahead(1), Left(1, 90), Ahead(2), Left(1, 90), Ahead(1)], zone_m: 0.5, before: \"{back}.side\")"));
        self.add(
            &rework,
            format!(
                "Station(on: \"{spur}\", at_m: 3, hold: Blade, processing_s: 1, sets: {{\"{ok}\": Bernoulli(0.9)}}, tries: 2, then: Scrap)"
            ),
        );
        self.add(&back, format!("Merge(on: \"{looped}\", at_m: 23, side: Right, priority: Host)"));
        self.add(&unload, format!("Unload(on: \"{looped}\", at_m: 26, when: \"{ok}\", processing_s: 1)"));
        if self.random.chance(0.5) {
            let belt = self.name("belt");
            self.add(&belt, format!("Belt(after: \"{unload}\", length_m: 1.5)"));
            self.taken_apart(&belt);
        } else {
            self.sink(&unload);
        }
    }
    /// Products on a belt, which may be taken apart at its end.
    fn taken_apart(&mut self, belt: &str) {
        if self.random.chance(0.4) {
            return self.sink(belt);
        }
        let (strip, lids, bases) = (self.name("strip"), self.name("lids"), self.name("bases"));
        let (processing_s, failures) = (self.seconds(), self.failures());
        self.add(&strip, format!("Disassembly(after: \"{belt}\", processing_s: {processing_s}{failures})"));
        self.add(&lids, format!("Belt(after: \"{strip}\", length_m: 1)"));
        self.add(&bases, format!("Belt(after: \"{strip}.base\", length_m: 1)"));
        self.sink(&lids);
        self.sink(&bases);
    }
}
