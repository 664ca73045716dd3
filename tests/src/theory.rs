//! Lines of scene text of which theory knows the long-run means. In theory transport takes no time. Where machines hand parts on by
//! themselves that is so here too; where belts bring them, parts are short and belts fast beside the work, and what is left of their
//! travel is told with each line and counted in what is expected of it.

use crate::queueing::{Unreliable, m_d_1, m_g_1, m_m_1, m_m_1_k, m_m_c, machine_repair, tandem, two_machines};
use linetwin_model::report::KpiReport;

/// A measure, and what theory says of its mean.
pub struct Figure {
    pub name: &'static str,
    pub expected: f64,
    /// By what share of it transport can shift the mean beyond what is counted in it [-].
    pub shift: f64,
    pub measured: fn(&KpiReport) -> f64,
}

pub struct Model {
    pub name: &'static str,
    /// RON; its warm-up is in it.
    pub scene: String,
    pub until_s: f64,
    pub figures: Vec<Figure>,
}

/// What a part that meets nobody needs from entering to leaving beside its work [s]: the centre of a part of 50 mm goes 2.95 m at 1 m/s
/// and, once it has stood for 0.1 s, 1 m more.
const TRAVEL_S: f64 = 2.95 + 0.1 + 1.0;

/// Parts per hour of machines that need so long for one [s].
const HOUR_S: f64 = 3600.0;

pub fn models() -> Vec<Model> {
    let mut models = vec![
        single("M/M/1", "Exponential(mean: 5)", 1, 10.0, m_m_1(1.0 / 10.0, 5.0).stay_s),
        single("M/M/3", "Exponential(mean: 5)", 3, 3.0, m_m_c(1.0 / 3.0, 5.0, 3).stay_s),
        single("M/D/1", "5", 1, 8.0, m_d_1(1.0 / 8.0, 5.0).stay_s),
        single("M/G/1", "Uniform(min: 1, max: 9)", 1, 8.0, m_g_1(1.0 / 8.0, 5.0, 8.0 / 12.0_f64.sqrt()).stay_s),
        loss(),
        repair(),
    ];
    models.extend([unbuffered("two stations, no buffer", 2), unbuffered("three stations, no buffer", 3)]);
    models.extend([
        buffered("two stations, one place between them", &[(1, 15.0), (0, 15.0)]),
        buffered("three stations, two places each", &[(2, 15.0), (2, 15.0), (0, 15.0)]),
        buffered("the bowl, one place each", &[(1, 16.5), (1, 13.0), (0, 16.5)]),
        unreliable(),
    ]);
    models.extend(by_hand());
    models
}

fn scene(name: &str, warmup_s: f64, resources: &str, line: &str) -> String {
    // Friction that sets a part in motion in 0.1 s.
    format!(
        "Scene(schema: 1, name: \"{name}\", fidelity: Event, warmup_s: {warmup_s},
            materials: {{\"steel on belt\": (friction: 1)}},
            parts: {{\"job\": Part(shape: Box(size_m: (0.05, 0.05, 0.02)), mass_kg: 0.5, material: \"steel\")}},
            {resources} line: {{ {line} }})"
    )
}

/// A queue before servers side by side. The next part stands ready while all of them work, so that nothing is lost between two works.
fn single(name: &'static str, work: &str, servers: u32, interarrival_s: f64, stay_s: f64) -> Model {
    let line = format!(
        "\"arrivals\": Source(part: \"job\", interarrival_s: Exponential(mean: {interarrival_s}), before: \"queue\"),
         \"queue\": Belt(from_m: (0, 0, 0.8), to_m: (3, 0, 0.8), width_m: 0.2, speed_mps: 1),
         \"server\": ParallelStation(after: \"queue\", processing_s: {work}, slots: {servers}),
         \"way out\": Belt(after: \"server\", length_m: 1),
         \"out\": Sink(after: \"way out\"),"
    );
    let stay = |report: &KpiReport| kpi(report, "line.lead_time_mean_s");
    let inside = |report: &KpiReport| kpi(report, "line.wip_mean");
    let busy = |report: &KpiReport| kpi(report, "server.level_mean");
    let (warmup_s, through_s) = (100.0 * interarrival_s, stay_s + TRAVEL_S);
    let work_s = 5.0;
    Model {
        name,
        scene: scene(name, warmup_s, "", &line),
        until_s: warmup_s + 600.0 * interarrival_s,
        figures: vec![
            Figure { name: "stay [s]", expected: through_s, shift: 2e-3, measured: stay },
            // By Little's law.
            Figure { name: "inside", expected: through_s / interarrival_s, shift: 2e-3, measured: inside },
            Figure { name: "in work", expected: work_s / interarrival_s, shift: 2e-3, measured: busy },
        ],
    }
}

/// Room for four: who finds one in work and three on the short belt before it is turned away. A part that comes to an empty machine
/// needs 0.2 s to it.
fn loss() -> Model {
    let line = "\"arrivals\": Source(part: \"job\", interarrival_s: Exponential(mean: 20), before: \"queue\", when_occupied: Lose),
         \"queue\": Belt(from_m: (0, 0, 0.8), to_m: (0.175, 0, 0.8), width_m: 0.2, speed_mps: 1),
         \"server\": ParallelStation(after: \"queue\", processing_s: Exponential(mean: 20), slots: 1),
         \"way out\": Belt(after: \"server\", length_m: 0.2),
         \"out\": Sink(after: \"way out\"),";
    let theory = m_m_1_k(1.0 / 20.0, 20.0, 4);
    let lost = |report: &KpiReport| {
        let [lost, entered] = ["line.turned_away", "line.entered"].map(|path| kpi(report, path));
        lost / (lost + entered)
    };
    let stay = |report: &KpiReport| kpi(report, "line.lead_time_mean_s");
    Model {
        name: "M/M/1/4",
        scene: scene("M/M/1/4", 1000.0, "", line),
        until_s: 1000.0 + 400.0 * 20.0,
        figures: vec![
            Figure { name: "lost", expected: theory.lost, shift: 5e-3, measured: lost },
            Figure {
                name: "throughput [1/h]",
                expected: HOUR_S * theory.throughput_per_s,
                shift: 3e-3,
                measured: |report| kpi(report, "line.throughput_per_h"),
            },
            Figure { name: "stay [s]", expected: theory.queue.stay_s + 0.125 + 0.1 + 0.2, shift: 5e-3, measured: stay },
        ],
    }
}

/// Machines that nobody feeds, and a crew that mends them: transport has no part in it.
fn repair() -> Model {
    let (machines, crew, uptime_s, repair_s) = (6, 2, 30.0, 7.5);
    let machine = |number: u32| {
        let (name, along_m) = (format!("machine {number}"), f64::from(number));
        format!(
            "\"{name}\": Station(on: \"belt\", at_m: {along_m}, hold: Blade, processing_s: 1, failures: [Failure(mode: \"breaks\",
                clock: Calendar, uptime_s: Exponential(mean: {uptime_s}), repair_s: Exponential(mean: {repair_s}), crew: \"crew\")]),"
        )
    };
    let stations: String = (1..=machines).map(machine).collect();
    let line = format!(
        "\"in\": Source(part: \"job\", interarrival_s: 1, before: \"belt\", limit: 1),
         \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (8, 0, 0.8), width_m: 0.2, speed_mps: 1), {stations}
         \"out\": Sink(after: \"belt\"),"
    );
    let theory = machine_repair(machines, crew, uptime_s, repair_s);
    let down = |report: &KpiReport| (1..=6).map(|number| kpi(report, &format!("machine {number}.state.down"))).sum();
    Model {
        name: "machine repair",
        scene: scene("Machine repair", 500.0, &format!("resources: {{\"crew\": Crew({crew})}},"), &line),
        until_s: 500.0 + 3000.0,
        figures: vec![Figure { name: "down", expected: theory.down, shift: 0.0, measured: down }],
    }
}

/// What a station loses between two works when a part stands behind its blade: blades one part and a little apart, 0.3 s from the end
/// of one work to the beginning of the next.
const EXCHANGE_S: f64 = 0.304;

/// Blades one behind the other, with no room for a part between them.
fn unbuffered(name: &'static str, stations: usize) -> Model {
    let work_s = 10.0;
    let station = |number: usize| {
        let along_m = 1.0 + 0.06 * number as f64;
        format!(
            "\"station {number}\": Station(on: \"belt\", at_m: {along_m}, hold: Blade, length_m: 0.06, processing_s: Exponential(mean: {work_s})),"
        )
    };
    let line = format!(
        "\"in\": Source(part: \"job\", interarrival_s: 0.5, before: \"belt\"),
         \"belt\": Belt(from_m: (0, 0, 0.8), to_m: (2, 0, 0.8), width_m: 0.2, speed_mps: 0.5), {}
         \"out\": Sink(after: \"belt\"),",
        (0..stations).map(station).collect::<String>()
    );
    // All parts move on together: each cycle of the line holds one exchange.
    let cycle_s = 1.0 / tandem(&vec![work_s; stations], &vec![0; stations - 1]) + EXCHANGE_S;
    Model { name, scene: scene(name, 500.0, "", &line), until_s: 500.0 + 500.0 * work_s, figures: vec![throughput(HOUR_S / cycle_s)] }
}

/// Machines with belts between them that are as long as so many parts: behind each its places and its mean work [s]. An empty belt and
/// the look at the part keep a machine waiting for 0.2 s and more, a full one that moves up for 0.1 s.
fn buffered(name: &'static str, machines: &[(u32, f64)]) -> Model {
    let works: Vec<f64> = machines.iter().map(|(_, work_s)| *work_s).collect();
    let places: Vec<u32> = machines[..machines.len() - 1].iter().map(|(places, _)| *places).collect();
    let specs: Vec<String> = works.iter().map(|work_s| format!("processing_s: Exponential(mean: {work_s})")).collect();
    let until_s = 1000.0 + 400.0 * 15.0;
    let expected = HOUR_S * tandem(&works, &places);
    Model { name, scene: scene(name, 1000.0, "", &chain(&specs, &places)), until_s, figures: vec![throughput(expected)] }
}

/// Two machines that fail while they work, and four places between them.
fn unreliable() -> Model {
    let machine = Unreliable { work_s: 10.0, uptime_s: 100.0, repair_s: 30.0 };
    let spec = failing_machine(machine);
    let expected = HOUR_S * two_machines([machine; 2], 4);
    Model {
        name: "two machines that fail",
        scene: scene("Two machines that fail", 1000.0, "", &chain(&[spec.clone(), spec], &[4])),
        until_s: 1000.0 + 8_000.0,
        figures: vec![throughput(expected)],
    }
}

/// Lines without conveyors, of which theory is exact.
fn by_hand() -> Vec<Model> {
    let stay = |report: &KpiReport| kpi(report, "line.lead_time_mean_s");
    let inside = |report: &KpiReport| kpi(report, "line.wip_mean");
    let lost = |report: &KpiReport| {
        let [lost, entered] = ["line.turned_away", "line.entered"].map(|path| kpi(report, path));
        lost / (lost + entered)
    };
    let queue = |places: u32, interarrival_s: f64, work: &str, otherwise: &str| {
        format!(
            "\"arrivals\": Source(part: \"job\", interarrival_s: Exponential(mean: {interarrival_s}), before: \"queue\", {otherwise}),
             \"queue\": Buffer(from_m: (0, 0, 0.8), capacity: {places}),
             \"server\": ParallelStation(after: \"queue\", {work}),
             \"out\": Sink(after: \"server\"),"
        )
    };
    let exact = |name, expected, measured: fn(&KpiReport) -> f64| Figure { name, expected, shift: 0.0, measured };
    let m_m_3 = m_m_c(1.0 / 3.0, 5.0, 3);
    let loss = m_m_1_k(1.0 / 20.0, 20.0, 4);
    let works = [16.5, 13.0, 16.5];
    let specs = works.map(|work_s| format!("processing_s: Exponential(mean: {work_s})"));
    let failing = Unreliable { work_s: 10.0, uptime_s: 100.0, repair_s: 30.0 };
    vec![
        Model {
            name: "M/M/3, by hand",
            scene: scene("M/M/3", 300.0, "", &queue(10_000, 3.0, "processing_s: Exponential(mean: 5), slots: 3", "")),
            until_s: 300.0 + 600.0 * 3.0,
            figures: vec![exact("stay [s]", m_m_3.stay_s, stay), exact("inside", m_m_3.stay_s / 3.0, inside)],
        },
        Model {
            name: "M/M/1/4, by hand",
            // Three wait and one is in work.
            scene: scene("M/M/1/4", 1000.0, "", &queue(3, 20.0, "processing_s: Exponential(mean: 20)", "when_occupied: Lose")),
            until_s: 1000.0 + 400.0 * 20.0,
            figures: vec![
                exact("lost", loss.lost, lost),
                exact("throughput [1/h]", HOUR_S * loss.throughput_per_s, |report| kpi(report, "line.throughput_per_h")),
                exact("stay [s]", loss.queue.stay_s, stay),
            ],
        },
        Model {
            name: "the bowl without places, by hand",
            scene: scene("The bowl", 1000.0, "", &handed(&specs, &[0, 0])),
            until_s: 1000.0 + 400.0 * 15.0,
            figures: vec![Figure { shift: 0.0, ..throughput(HOUR_S * tandem(&works, &[0, 0])) }],
        },
        Model {
            name: "the bowl, one place each, by hand",
            scene: scene("The bowl", 1000.0, "", &handed(&specs, &[1, 1])),
            until_s: 1000.0 + 400.0 * 15.0,
            figures: vec![Figure { shift: 0.0, ..throughput(HOUR_S * tandem(&works, &[1, 1])) }],
        },
        Model {
            name: "two machines that fail, by hand",
            scene: scene("Two machines that fail", 1000.0, "", &handed(&[failing_machine(failing), failing_machine(failing)], &[4])),
            until_s: 1000.0 + 8_000.0,
            figures: vec![Figure { shift: 0.0, ..throughput(HOUR_S * two_machines([failing; 2], 4)) }],
        },
    ]
}

/// Ten machines that fail while they work, with ten places between them: the line of the bench `des`, in which machines hand parts on,
/// or belts carry them. Work is ten times what it usually is in that comparison, so that the belts take a hundredth of it.
pub fn ten_stations(belts: bool) -> String {
    let machine = failing_machine(Unreliable { work_s: 10.0, uptime_s: 1000.0, repair_s: 50.0 });
    let line = if belts { chain } else { handed };
    scene("Ten stations", 0.0, "", &line(&vec![machine; 10], &[10; 9]))
}

fn throughput(expected: f64) -> Figure {
    Figure { name: "throughput [1/h]", expected, shift: 4e-3, measured: |report| kpi(report, "line.throughput_per_h") }
}

fn failing_machine(Unreliable { work_s, uptime_s, repair_s }: Unreliable) -> String {
    format!(
        "processing_s: Exponential(mean: {work_s}), failures: [Failure(mode: \"breaks\", uptime_s: Exponential(mean: {uptime_s}),
            repair_s: Exponential(mean: {repair_s}))]"
    )
}

/// Machines with buffers of so many places between them; the first never lacks parts.
fn handed(machines: &[String], places: &[u32]) -> String {
    let mut line = "\"in\": Source(part: \"job\", interarrival_s: 0.001, before: \"machine 1\"),".to_owned();
    let mut feeder = "from_m: (0, 0, 0.8)".to_owned();
    for (number, machine) in machines.iter().enumerate() {
        let next = number + 1;
        line += &format!("\"machine {next}\": ParallelStation({feeder}, {machine}),");
        feeder = format!("after: \"machine {next}\"");
        if let Some(places) = places.get(number).filter(|places| **places > 0) {
            line += &format!("\"buffer {next}\": Buffer({feeder}, capacity: {places}),");
            feeder = format!("after: \"buffer {next}\"");
        }
    }
    line + &format!("\"out\": Sink({feeder}),")
}

/// Machines with belts of so many places between them; the first never lacks parts.
fn chain(machines: &[String], places: &[u32]) -> String {
    let mut line = "\"in\": Source(part: \"job\", interarrival_s: 0.5, before: \"belt 0\"),
        \"belt 0\": Belt(from_m: (0, 0, 0.8), to_m: (0.2, 0, 0.8), width_m: 0.2, speed_mps: 1),"
        .to_owned();
    for (number, machine) in machines.iter().enumerate() {
        let next = number + 1;
        // Half a part more than the places, so that rounding takes none of them.
        let length_m = places.get(number).map_or(0.2, |places| 0.05 * f64::from(*places) + 0.025);
        line += &format!(
            "\"machine {next}\": ParallelStation(after: \"belt {number}\", {machine}),
             \"belt {next}\": Belt(after: \"machine {next}\", length_m: {length_m}),"
        );
    }
    line + &format!("\"out\": Sink(after: \"belt {}\"),", machines.len())
}

fn kpi(report: &KpiReport, path: &str) -> f64 {
    report.flat().into_iter().find(|kpi| kpi.path == path).and_then(|kpi| kpi.value).unwrap_or_else(|| panic!("no `{path}`"))
}
