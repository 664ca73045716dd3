//! A line of conveyors of all kinds, end to start, with the devices that stand at them and short branches at its sides.

use super::goods::{Goods, largest};
use super::{Drawing, tidy};

/// A line as it grows.
pub struct Line {
    pub goods: Vec<Goods>,
    /// The out-port at its end; none before its first conveyor.
    pub last: Option<String>,
    pub from_m: [f64; 3],
    pub heading_deg: f64,
    pub z_m: f64,
    pub width_m: f64,
    pub speed_mps: f64,
    /// How far it has turned: not so far that it comes back to itself [deg].
    turned_deg: f64,
    /// Its end travels, and cannot feed what travels or stores.
    travels: bool,
    /// What parts carry.
    pub attributes: Vec<String>,
    /// The belt of which a bin can make the flow stand.
    first: String,
}

/// Between two devices on one conveyor [m].
const APART_M: f64 = 0.1;
/// Behind a branch, before the line may turn [m].
const PAST_A_BRANCH_M: f64 = 1.5;

impl Drawing {
    /// From a source over up to seven conveyors to a sink.
    pub(super) fn spine(&mut self, y_m: f64) {
        let mut line = self.new_line(y_m);
        self.belt(&mut line);
        self.source(&mut line);
        if self.random.chance(0.2) {
            self.fixture(&line);
        }
        for _ in 0..self.random.below(7) {
            self.piece(&mut line);
        }
        if line.travels {
            self.belt(&mut line);
        }
        self.end(&line);
    }

    pub(super) fn new_line(&mut self, y_m: f64) -> Line {
        let goods = self.mixed_goods();
        let [longest_m, widest_m, _] = largest(&goods);
        // What a merge or a diverter turns lies across.
        let across_m = if self.random.chance(0.7) { widest_m.max(longest_m) } else { widest_m };
        let width_m = tidy(across_m + self.random.between(0.03, 0.3));
        let z_m = self.random.between(0.7, 1.6);
        Line {
            goods,
            last: None,
            from_m: [0.0, y_m, z_m],
            heading_deg: self.random.below(60) as f64 - 30.0,
            z_m,
            width_m,
            speed_mps: self.random.between(0.2, 1.2),
            turned_deg: 0.0,
            travels: false,
            attributes: Vec::new(),
            first: String::new(),
        }
    }

    /// A conveyor at the line's end; what it says beside its place and its width.
    fn conveyor(&mut self, line: &mut Line, family: &str, says: &str) -> String {
        let name = self.name(&family.to_lowercase());
        let place = match &line.last {
            Some(last) => format!("after: \"{last}\""),
            None => {
                let [x, y, z] = line.from_m;
                format!(
                    "from_m: ({x}, {y}, {z}), heading_deg: {}, width_m: {}, speed_mps: {}",
                    line.heading_deg, line.width_m, line.speed_mps
                )
            }
        };
        self.add(&name, format!("{family}({place}, {says})"));
        if line.last.is_none() {
            line.first = name.clone();
        }
        (line.last, line.travels) = (Some(name.clone()), false);
        name
    }

    fn rails(&mut self) -> &'static str {
        let among = ["Both", "Both", "None", "Left", "Right", "Curves"];
        among[self.random.below(among.len())]
    }

    pub(super) fn belt(&mut self, line: &mut Line) {
        let length_m = self.random.between(1.0, 6.0);
        let slope_deg = if self.random.chance(0.2) { self.random.between(-8.0, 8.0) } else { 0.0 };
        let rails = self.rails();
        let mut says = format!("length_m: {length_m}, rails: {rails}");
        if slope_deg != 0.0 && (0.4..3.0).contains(&(line.z_m + length_m * slope_deg / 57.3)) {
            says += &format!(", slope_deg: {slope_deg}");
            line.z_m += length_m * slope_deg / 57.3;
        }
        if line.last.is_some() && self.random.chance(0.3) {
            line.speed_mps = self.random.between(0.2, 1.2);
            says += &format!(", speed_mps: {}", line.speed_mps);
        }
        if length_m > 3.0 && self.random.chance(0.2) {
            says += &format!(", speeds: [(from_m: 0.5, to_m: 1.5, speed_mps: {})]", self.random.between(0.2, 1.2));
        }
        says += &self.failures();
        let name = self.conveyor(line, "Belt", &says);
        self.devices(line, &name, length_m, true);
        self.fill_with(line, &name, length_m);
    }

    fn fill_with(&mut self, line: &Line, name: &str, length_m: f64) {
        let [longest_m, ..] = largest(&line.goods);
        self.fill(name, &line.goods, (length_m / longest_m) as usize);
    }

    fn source(&mut self, line: &mut Line) {
        let name = self.name("source");
        let goods = line.goods.clone();
        let part = self.random.pick(&goods).name.clone();
        let when = match self.random.below(3) {
            0 => format!("rate_per_h: {}", self.random.between(600.0, 4000.0)),
            1 => format!("cycle_s: {}", self.seconds()),
            _ => format!("interarrival_s: {}", self.seconds()),
        };
        let attribute = self.name("lane").replace(' ', "_");
        let occupied = self.random.pick(&["Wait", "Lose"]);
        let yaw_deg = self.random.between(0.0, 20.0);
        self.add(
            &name,
            format!(
                "Source(part: \"{part}\", {when}, before: \"{}\", when_occupied: {occupied}, yaw_deg: Uniform(min: -{yaw_deg}, max: {yaw_deg}), sets: {{\"{attribute}\": Discrete(values: [1, 2, 3], weights: [2, 1, 1])}})",
                line.first
            ),
        );
        line.attributes.push(attribute);
        self.sources.push(name);
    }

    /// One more conveyor, of whatever kind fits there.
    fn piece(&mut self, line: &mut Line) {
        let [longest_m, widest_m, highest_m] = largest(&line.goods);
        let rails = self.rails();
        match self.random.below(15) {
            0 => {
                let left = if line.turned_deg.abs() < 1.0 { self.random.chance(0.5) } else { line.turned_deg < 0.0 };
                let angle_deg = self.random.between(15.0, 90.0) * if left { 1.0 } else { -1.0 };
                let radius_m = tidy(line.width_m / 2.0 + self.random.between(0.3, 1.2));
                line.turned_deg += angle_deg;
                let name = self.conveyor(line, "Curve", &format!("radius_m: {radius_m}, angle_deg: {angle_deg}, rails: {rails}"));
                self.devices(line, &name, radius_m * angle_deg.abs() / 57.3, false);
                self.fill_with(line, &name, radius_m * angle_deg.abs() / 57.3);
            }
            1 | 2 => {
                let (length_m, zone_m) = (self.random.between(1.5, 4.5), tidy(longest_m + self.random.between(0.1, 0.3)));
                let says = format!("length_m: {length_m}, zone_m: {zone_m}, rails: {rails}{}", self.failures());
                let name = self.conveyor(line, "ZoneConveyor", &says);
                let straight = self.random.chance(0.4);
                self.devices(line, &name, length_m, straight);
                self.fill_with(line, &name, length_m);
            }
            3 => {
                let length_m = self.random.between(1.0, 4.0);
                let pitch_m = self.pitch_m(line);
                let name = self.conveyor(line, "RollerConveyor", &format!("length_m: {length_m}, pitch_m: {pitch_m}, rails: {rails}"));
                self.devices(line, &name, length_m, true);
                self.fill_with(line, &name, length_m);
            }
            4 => {
                let slope_deg = self.random.between(-5.0, -2.0);
                let (length_m, pitch_m) = (self.random.between(1.0, 3.0), self.pitch_m(line));
                line.z_m += length_m * slope_deg / 57.3;
                let says = format!(
                    "length_m: {length_m}, slope_deg: {slope_deg}, pitch_m: {pitch_m}, diameter_m: {}, rails: {rails}",
                    tidy(0.8 * pitch_m)
                );
                let name = self.conveyor(line, "GravityRollerConveyor", &says);
                self.fill_with(line, &name, length_m);
                let speed_mps = line.speed_mps;
                let name = self.conveyor(line, "Belt", &format!("length_m: 1.5, speed_mps: {speed_mps}"));
                self.fill_with(line, &name, 1.5);
            }
            5 => {
                let family = *self.random.pick(&["ChainConveyor", "StripBelt"]);
                let (length_m, strands) = (self.random.between(1.0, 3.0), 3 + self.random.below(4));
                let name = self.conveyor(line, family, &format!("length_m: {length_m}, strands: {strands}, rails: {rails}"));
                self.devices(line, &name, length_m, false);
                self.fill_with(line, &name, length_m);
            }
            6 => {
                let turns = self.random.between(0.5, 2.5);
                let rise_m = tidy(turns * (highest_m + self.random.between(0.12, 0.3)));
                let radius_m = tidy(line.width_m / 2.0 + self.random.between(0.5, 1.0));
                // Whole turns lead on as it came.
                let angle_deg = (turns.round().max(1.0)) * 360.0;
                line.z_m += rise_m;
                let says = format!("radius_m: {radius_m}, angle_deg: {angle_deg}, rise_m: {rise_m}, material: \"rubber\"");
                let name = self.conveyor(line, "Spiral", &says);
                self.fill_with(line, &name, radius_m * 6.0);
            }
            7 if !line.travels => self.platform(line, longest_m.max(widest_m)),
            8 if !line.travels => {
                self.rack(line);
                self.hand_on(line);
            }
            9 if line.z_m > 1.3 => {
                let (length_m, fall_deg) = (self.random.between(0.8, 1.6), self.random.between(18.0, 28.0));
                line.z_m -= length_m * fall_deg / 57.3;
                let name = self.conveyor(line, "Chute", &format!("length_m: {length_m}, fall_deg: {fall_deg}"));
                self.fill_with(line, &name, length_m);
                let speed_mps = line.speed_mps;
                let name = self.conveyor(line, "Belt", &format!("length_m: 2, speed_mps: {speed_mps}, rails: Both"));
                self.fill_with(line, &name, 2.0);
            }
            10 if !line.travels => {
                self.parallel(line);
                self.hand_on(line);
            }
            11 if !line.travels => self.divider(line, longest_m),
            _ => self.belt(line),
        }
    }

    fn parallel(&mut self, line: &mut Line) {
        let (name, last) = (self.name("parallel"), line.last.clone().unwrap_or_default());
        let slots = 1 + self.random.below(4);
        let mut says = format!("slots: {slots}, processing_s: {}", self.seconds());
        if self.random.chance(0.4) {
            says += &format!(", batch: {}, wait_s: {}", 2 + self.random.below(3), self.random.between(0.5, 3.0));
        }
        if self.random.chance(0.3) {
            let written = self.name("seen").replace(' ', "_");
            says += &format!(", sets: {{\"{written}\": Bernoulli(0.7)}}");
            line.attributes.push(written);
        }
        if self.random.chance(0.3) {
            let from = line.goods[self.random.below(line.goods.len())].name.clone();
            says += &format!(", setup_s: {{\"{from}\": {}}}", self.seconds());
        }
        says += &self.failures();
        self.add(&name, format!("ParallelStation(after: \"{last}\", {says})"));
        line.last = Some(name);
    }

    fn rack(&mut self, line: &mut Line) {
        let (name, last) = (self.name("rack"), line.last.clone().unwrap_or_default());
        let (capacity, dwell_s, release_s) = (1 + self.random.below(8), self.random.between(0.0, 2.0), self.seconds());
        let rise_m = self.random.between(-0.2, 0.5);
        line.z_m += rise_m;
        let says = format!("capacity: {capacity}, dwell_s: {dwell_s}, release_s: {release_s}, rise_m: {rise_m}");
        self.add(&name, format!("Buffer(after: \"{last}\", {says})"));
        line.last = Some(name);
    }

    /// Parts may go through more hands before a belt has them again.
    fn hand_on(&mut self, line: &mut Line) {
        while self.random.chance(0.4) {
            if self.random.chance(0.5) { self.rack(line) } else { self.parallel(line) }
        }
        self.belt(line);
    }

    /// The line goes on from its first lane.
    fn divider(&mut self, line: &mut Line, longest_m: f64) {
        let (name, last) = (self.name("divider"), line.last.clone().unwrap_or_default());
        let (lanes, pitch_m) = (2 + self.random.below(2), tidy(line.width_m + self.random.between(0.08, 0.3)));
        let by = *self.random.pick(&["RoundRobin", "ShortestQueue"]);
        let length_m = tidy(longest_m + self.random.between(0.2, 0.5));
        let slug = 1 + self.random.below(3);
        let swings = self.random.chance(0.4);
        let says = format!("length_m: {length_m}, lanes: {lanes}, pitch_m: {pitch_m}, swings: {swings}, slug: {slug}, by: {by}");
        self.add(&name, format!("LaneDivider(after: \"{last}\", {says})"));
        for lane in 2..=lanes {
            let (belt, dock) = (self.name("lane"), self.name("dock"));
            self.add(&belt, format!("Belt(after: \"{name}.lane {lane}\", length_m: 1.5, rails: Both)"));
            self.add(&dock, format!("Sink(after: \"{belt}\")"));
        }
        line.last = Some(format!("{name}.lane 1"));
        self.belt(line);
    }

    /// Something that stands beside the line's first conveyor.
    fn fixture(&mut self, line: &Line) {
        let (turn, beside_m) = (line.heading_deg.to_radians(), line.width_m / 2.0 + self.random.between(0.3, 0.8));
        let left_m = if self.random.chance(0.5) { beside_m } else { -beside_m };
        let [x, y, z] = line.from_m;
        let (x, y) = (tidy(x + 0.5 * turn.cos() - left_m * turn.sin()), tidy(y + 0.5 * turn.sin() + left_m * turn.cos()));
        let name = self.name("cabinet");
        self.add(&name, format!("Fixture(centre_m: ({x}, {y}, {z}), size_m: (0.2, 0.2, 0.4))"));
    }

    /// So that every part lies on three rollers, whichever way.
    fn pitch_m(&mut self, line: &Line) -> f64 {
        let shortest_m = line.goods.iter().map(|part| part.size_m[0].min(part.size_m[1])).fold(f64::INFINITY, f64::min);
        // Some are drawn shorter, and some are round and lie on less.
        tidy(self.random.between(0.03, 0.1).min(0.7 * shortest_m / 3.0))
    }

    fn platform(&mut self, line: &mut Line, longest_m: f64) {
        let length_m = tidy(longest_m + self.random.between(0.12, 0.4));
        // From the speed of what feeds it to rest within a third of its length; or as it comes.
        let ramp = if self.random.chance(0.8) {
            format!("acceleration_mps2: {}", tidy((1.5 * line.speed_mps * line.speed_mps / length_m).max(1.0)))
        } else {
            "acceleration_mps2: 1".to_owned()
        };
        match self.random.below(3) {
            0 => {
                let rise_m = if line.z_m > 1.5 { -0.8 } else { self.random.between(0.4, 2.0) };
                line.z_m += rise_m;
                self.conveyor(line, "VerticalConveyor", &format!("length_m: {length_m}, rise_m: {rise_m}, {ramp}"));
            }
            1 => {
                let left = if line.turned_deg.abs() < 1.0 { self.random.chance(0.5) } else { line.turned_deg < 0.0 };
                let angle_deg = if left { 90.0 } else { -90.0 };
                line.turned_deg += angle_deg;
                self.conveyor(line, "Turntable", &format!("length_m: {length_m}, angle_deg: {angle_deg}, {ramp}"));
            }
            _ => {
                let shift_m = tidy((line.width_m + self.random.between(0.2, 1.5)) * if self.random.chance(0.5) { 1.0 } else { -1.0 });
                self.conveyor(line, "TransferCar", &format!("length_m: {length_m}, shift_m: {shift_m}, {ramp}"));
            }
        }
        line.travels = true;
    }

    fn end(&mut self, line: &Line) {
        let name = self.name("dock");
        let last = line.last.clone().unwrap_or_default();
        if self.random.chance(0.1) && !line.travels {
            let first = &line.first;
            self.add(&name, format!("Bin(after: \"{last}\", capacity: 3, when_full: Hold(\"{first}\"), emptying_s: 1)"));
        } else {
            self.add(&name, format!("Sink(after: \"{last}\")"));
        }
    }

    /// Two belts and two half circles that close on themselves, with a way in and a way out.
    pub(super) fn ring(&mut self, y_m: f64) {
        let mut line = self.new_line(y_m);
        line.heading_deg = 0.0;
        let (length_m, radius_m) = (self.random.between(5.0, 8.0), tidy(line.width_m / 2.0 + self.random.between(0.8, 1.5)));
        let ahead = self.conveyor(&mut line, "Belt", &format!("length_m: {length_m}, rails: Both"));
        let turn = self.conveyor(&mut line, "Curve", &format!("radius_m: {radius_m}, angle_deg: 180"));
        let back = self.conveyor(&mut line, "Belt", &format!("length_m: {length_m}, rails: Both"));
        let close = self.name("curve");
        self.add(&close, format!("Curve(after: \"{back}\", before: \"{ahead}\", radius_m: {radius_m}, angle_deg: 180)"));
        self.merge(&mut line, &ahead, tidy(length_m / 2.0), "Right");
        let pusher = self.name("pusher");
        let when = self.condition(&line);
        let at_m = tidy(length_m / 2.0);
        self.add(&pusher, format!("Pusher(on: \"{back}\", at_m: {at_m}, side: Right, stroke_s: 0.5, when: \"{when}\")"));
        self.branch(&line, &back, &format!("{pusher}.side"));
        for name in [&ahead, &turn, &back, &close] {
            self.fill_with(&line, name, length_m / 2.0);
        }
    }

    /// A side conveyor with its own source; false where the host has no room for it.
    pub(super) fn merge(&mut self, line: &mut Line, host: &str, at_m: f64, side: &str) {
        let (merge, belt, source) = (self.name("merge"), self.name("side"), self.name("source"));
        let angle_deg = *self.random.pick(&[90, 90, 60, 45, 30]);
        let priority = *self.random.pick(&["Host", "Side", "FirstCome", "Alternate"]);
        self.add(&merge, format!("Merge(on: \"{host}\", at_m: {at_m}, side: {side}, angle_deg: {angle_deg}, priority: {priority})"));
        let goods = line.goods.clone();
        let (part, gap_s, width_m) = (self.random.pick(&goods).name.clone(), self.seconds(), line.width_m);
        let family =
            if self.random.chance(0.3) { format!("ZoneConveyor(zone_m: {}, ", tidy(largest(&goods)[0] + 0.2)) } else { "Belt(".to_owned() };
        self.add(&belt, format!("{family}before: \"{merge}.side\", length_m: 2, width_m: {width_m}, speed_mps: 0.5, rails: Both)"));
        self.add(&source, format!("Source(part: \"{part}\", interarrival_s: {gap_s}, before: \"{belt}\")"));
        self.sources.push(source);
        self.fill(&belt, &goods, 2);
    }
}

impl Drawing {
    /// Devices one behind the other, as many as there is room for and chance wants; `straight`: also what needs a straight
    /// host and a branch at its side.
    fn devices(&mut self, line: &mut Line, host: &str, host_m: f64, straight: bool) {
        let [longest_m, ..] = largest(&line.goods);
        let mut at_m = self.random.between(0.2, 0.8);
        let wanted = self.random.below(4);
        for _ in 0..wanted {
            let place_m = tidy(longest_m + self.random.between(0.05, 0.4));
            if straight && self.random.chance(0.4) {
                let needs_m = place_m + 0.6;
                if at_m + needs_m + PAST_A_BRANCH_M > host_m {
                    return;
                }
                self.side_device(line, host, tidy(at_m + needs_m / 2.0), place_m);
                at_m += needs_m + APART_M + longest_m;
            } else {
                if at_m + place_m + APART_M > host_m {
                    return;
                }
                self.device(line, host, tidy(at_m + place_m / 2.0), place_m);
                at_m += place_m + APART_M + self.random.between(0.0, 0.5);
            }
        }
    }

    fn device(&mut self, line: &mut Line, host: &str, at_m: f64, length_m: f64) {
        let on = format!("on: \"{host}\", at_m: {at_m}");
        let heavy_kg = line.goods[0].mass_kg;
        let written = self.name("seen").replace(' ', "_");
        let read = line.attributes.first().cloned();
        let (family, says) = match self.random.below(13) {
            0 | 1 => {
                let hold = *self.random.pick(&["Blade", "Clamp", "BeltStop", "None", "Blade"]);
                let mut says = format!("length_m: {length_m}, hold: {hold}, processing_s: {}", self.seconds());
                if self.random.chance(0.4) {
                    says += &format!(", sets: {{\"{written}\": Bernoulli(0.7)}}, tries: {}", 1 + self.random.below(3));
                    line.attributes.push(written);
                }
                if self.random.chance(0.3) {
                    says += &format!(", when: \"{}\"", self.condition(line));
                }
                if self.random.chance(0.2) {
                    says += ", scrap_probability: 0.3";
                }
                if self.random.chance(0.2) {
                    says += ", fills_kg: Uniform(min: 0.1, max: 2)";
                }
                ("Station", says + &self.failures())
            }
            2 => ("Stop", format!("length_m: {length_m}, hold_s: {}{}", self.seconds(), self.failures())),
            3 => ("Induction", format!("length_m: {length_m}, gap_m: {}{}", self.random.between(0.1, 1.0), self.failures())),
            4 => {
                line.attributes.push(written.clone());
                let limits = format!("limits_kg: ({}, {})", tidy(0.9 * heavy_kg), tidy(1.1 * heavy_kg));
                ("Checkweigher", format!("length_m: {length_m}, {limits}, error_sd_kg: 0.01, sets: \"{written}\""))
            }
            5 => match read {
                Some(read) => {
                    line.attributes.push(written.clone());
                    ("Scanner", format!("reads: \"{read}\", sets: \"{written}\", read_rate: 0.9"))
                }
                None => ("Counter", String::new()),
            },
            6 => match read {
                Some(read) => {
                    line.attributes.push(written.clone());
                    ("TagReader", format!("length_m: {length_m}, reads: \"{read}\", sets: \"{written}\""))
                }
                None => ("Counter", String::new()),
            },
            7 => {
                line.attributes.push(written.clone());
                ("LightGrid", format!("error_sd_m: 0.002, sets: (length_m: \"{written}\")"))
            }
            8 => {
                line.attributes.push(written.clone());
                let limits = format!("limits_kg: ({}, {})", tidy(0.9 * heavy_kg), tidy(1.1 * heavy_kg));
                ("Scale", format!("length_m: {length_m}, settle_s: 0.3, {limits}, sets: (within: \"{written}\")"))
            }
            9 => ("Encoder", "pulses_per_m: 500".to_owned()),
            10 => {
                let (side, inset_m) = (*self.random.pick(&["Left", "Right"]), self.random.between(0.0, 0.1));
                let (name, start_m, end_m) = (self.name("rail"), tidy(at_m - length_m / 2.0), tidy(at_m + length_m / 2.0));
                self.add(
                    &name,
                    format!("GuideRail(on: \"{host}\", side: {side}, start_m: {start_m}, end_m: {end_m}, end_inset_m: {inset_m})"),
                );
                return;
            }
            11 => ("Counter", format!("when: \"{}\"", self.condition(line))),
            _ => ("Eye", format!("height_m: 0.04, on_delay_s: {}", self.random.between(0.0, 0.3))),
        };
        let name = self.name(&family.to_lowercase());
        self.add(&name, format!("{family}({on}, {says})"));
        if family == "Eye" {
            self.eyes.push(name);
        }
    }

    fn side_device(&mut self, line: &mut Line, host: &str, at_m: f64, length_m: f64) {
        let side = *self.random.pick(&["Left", "Right"]);
        let when = self.condition(line);
        let on = format!("on: \"{host}\", at_m: {at_m}, side: {side}");
        let (family, says) = match self.random.below(6) {
            0 => return self.merge(line, host, at_m, side),
            1 => {
                let (angle_deg, stops) = (self.random.pick(&[30, 45, 90]), self.random.chance(0.3));
                let lift_m = self.random.between(0.0, 0.02);
                ("PopUp", format!("length_m: {length_m}, angle_deg: {angle_deg}, lift_m: {lift_m}, rise_s: 0.1, stops: {stops}"))
            }
            2 => ("SwingArm", format!("angle_deg: {}, length_m: {}, swing_s: 0.4", self.random.pick(&[35, 40, 50]), tidy(length_m + 0.4))),
            3 => {
                let (router, diverter) = (self.name("router"), self.name("wheels"));
                let by = *self.random.pick(&["RoundRobin", "Ratio([2, 1])", "ShortestQueue"]);
                let upstream_m = tidy((at_m - length_m / 2.0 - 0.3).max(0.0));
                let way = self.name("way").replace(' ', "_");
                self.add(
                    &router,
                    format!(
                        "Router(on: \"{host}\", at_m: {upstream_m}, sets: \"{way}\", over: [\"{diverter}.side\", \"{host}\"], by: {by})"
                    ),
                );
                self.add(&diverter, format!("PopUp({on}, length_m: {length_m}, angle_deg: 90, when: \"{way} == '{diverter}.side'\")"));
                return self.branch(line, host, &format!("{diverter}.side"));
            }
            4 => ("Transfer", format!("length_m: {length_m}, stroke_s: {}", self.random.between(0.5, 1.2))),
            _ => ("Pusher", format!("length_m: {length_m}, stroke_s: {}{}", self.random.between(0.2, 0.8), self.failures())),
        };
        let name = self.name(&family.to_lowercase());
        self.add(&name, format!("{family}({on}, {says}, when: \"{when}\")"));
        self.branch(line, host, &format!("{name}.side"));
    }

    /// What catches parts at the side of a conveyor.
    pub(super) fn branch(&mut self, line: &Line, host: &str, port: &str) {
        let (name, end) = (self.name("branch"), self.name("bin"));
        let zone_m = tidy(largest(&line.goods)[0] + 0.3);
        match self.random.below(5) {
            0 => return self.add(&end, format!("Sink(after: \"{port}\", outcome: Reject)")),
            1 => return self.add(&end, format!("Bin(after: \"{port}\", capacity: 2, when_full: Hold(\"{host}\"), emptying_s: 1)")),
            2 if line.z_m > 1.0 => self.add(&name, format!("Chute(after: \"{port}\", length_m: 1, fall_deg: 24)")),
            3 => self.add(&name, format!("ZoneConveyor(after: \"{port}\", length_m: 1.4, zone_m: {zone_m}, speed_mps: 0.5)")),
            _ => self.add(&name, format!("Belt(after: \"{port}\", length_m: 1.2, speed_mps: 0.5)")),
        }
        self.fill(&name, &line.goods, 1);
        self.add(&end, format!("Sink(after: \"{name}\")"));
    }

    /// What a device asks of a part.
    pub(super) fn condition(&mut self, line: &Line) -> String {
        let goods = line.goods.clone();
        let part = self.random.pick(&goods).clone();
        let one = match self.random.below(6) {
            0 => format!("mass_kg > {}", part.mass_kg),
            1 => format!("part == '{}'", part.name),
            2 => format!("length_m > {}", tidy(0.9 * part.size_m[0])),
            3 if !self.eyes.is_empty() => format!("!('{}'.blocked_for > 1)", self.random.pick(&self.eyes)),
            _ if !line.attributes.is_empty() => {
                let attribute = self.random.pick(&line.attributes).clone();
                if self.random.chance(0.5) { attribute } else { format!("{attribute} == 2") }
            }
            _ => "time_s > 1".to_owned(),
        };
        match self.random.below(5) {
            0 => format!("!({one})"),
            1 => format!("{one} || time_s > 3"),
            2 => format!("{one} && height_m > 0.1"),
            _ => one,
        }
    }
}
