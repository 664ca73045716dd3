//! What theory says of queues and lines: closed forms where there are some, Markov chains solved to the last digit where there are
//! none. What the engine measures is held against it. Knows no scene.

use std::collections::BTreeMap;

/// Long-run means of a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Queue {
    /// Of the time that its servers are busy, each [-].
    pub utilisation: f64,
    /// Customers waiting, and altogether.
    pub waiting: f64,
    pub inside: f64,
    /// How long one waits, and stays altogether [s].
    pub waiting_s: f64,
    pub stay_s: f64,
}

impl Queue {
    /// By Little's law, of what waits.
    fn of(arrivals_per_s: f64, work_s: f64, servers: f64, waiting: f64) -> Queue {
        let offered = arrivals_per_s * work_s;
        let waiting_s = waiting / arrivals_per_s;
        Queue { utilisation: offered / servers, waiting, inside: waiting + offered, waiting_s, stay_s: waiting_s + work_s }
    }
}

/// Poisson arrivals, work of any distribution, one server: Pollaczek and Khinchine.
pub fn m_g_1(arrivals_per_s: f64, work_s: f64, work_sd_s: f64) -> Queue {
    let load = arrivals_per_s * work_s;
    assert!(load < 1.0, "a queue that grows without end has no means");
    let variation = work_sd_s / work_s;
    Queue::of(arrivals_per_s, work_s, 1.0, load * load * (1.0 + variation * variation) / (2.0 * (1.0 - load)))
}

pub fn m_m_1(arrivals_per_s: f64, work_s: f64) -> Queue {
    m_g_1(arrivals_per_s, work_s, work_s)
}

pub fn m_d_1(arrivals_per_s: f64, work_s: f64) -> Queue {
    m_g_1(arrivals_per_s, work_s, 0.0)
}

/// Probability that somebody waits, with `offered` erlangs: Erlang's C formula, by his recursion for B.
pub fn erlang_c(servers: u32, offered: f64) -> f64 {
    let lost = (1..=servers).fold(1.0, |lost, server| offered * lost / (f64::from(server) + offered * lost));
    let load = offered / f64::from(servers);
    lost / (1.0 - load * (1.0 - lost))
}

pub fn m_m_c(arrivals_per_s: f64, work_s: f64, servers: u32) -> Queue {
    let load = arrivals_per_s * work_s / f64::from(servers);
    assert!(load < 1.0, "a queue that grows without end has no means");
    Queue::of(arrivals_per_s, work_s, f64::from(servers), erlang_c(servers, arrivals_per_s * work_s) * load / (1.0 - load))
}

/// One server and room for `places` altogether; who finds none is lost. Times are of those who come in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossQueue {
    /// Share of the arrivals [-].
    pub lost: f64,
    /// [1/s]
    pub throughput_per_s: f64,
    pub queue: Queue,
}

pub fn m_m_1_k(arrivals_per_s: f64, work_s: f64, places: u32) -> LossQueue {
    let load = arrivals_per_s * work_s;
    let weights: Vec<f64> = (0..=places).map(|inside| load.powi(inside as i32)).collect();
    let all: f64 = weights.iter().sum();
    let inside = weights.iter().enumerate().map(|(inside, weight)| inside as f64 * weight).sum::<f64>() / all;
    let lost = weights[places as usize] / all;
    let throughput_per_s = arrivals_per_s * (1.0 - lost);
    let busy = throughput_per_s * work_s;
    LossQueue { lost, throughput_per_s, queue: Queue::of(throughput_per_s, work_s, 1.0, inside - busy) }
}

/// Machines that run exponentially long and are repaired by a crew: mean number that is down, waiting for somebody or in repair,
/// and share of the time that a machine runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MachineRepair {
    pub down: f64,
    pub waiting: f64,
    pub availability: f64,
}

pub fn machine_repair(machines: u32, crew: u32, uptime_s: f64, repair_s: f64) -> MachineRepair {
    let mut weight = 1.0;
    let (mut all, mut down, mut waiting) = (1.0, 0.0, 0.0);
    for count in 1..=machines {
        weight *= f64::from(machines - count + 1) / uptime_s * repair_s / f64::from(count.min(crew));
        all += weight;
        down += f64::from(count) * weight;
        waiting += f64::from(count.saturating_sub(crew)) * weight;
    }
    MachineRepair { down: down / all, waiting: waiting / all, availability: 1.0 - down / all / f64::from(machines) }
}

/// The long-run shares of the states that are reached from `start`, where `moves` gives the rates (or probabilities) at which each is
/// left for others. By the elimination of Grassmann, Taksar and Heyman (1985), which subtracts nothing.
pub fn long_run<S: Ord + Clone>(start: S, moves: impl Fn(&S) -> Vec<(S, f64)>) -> BTreeMap<S, f64> {
    let mut numbers = BTreeMap::from([(start.clone(), 0usize)]);
    let mut states = vec![start];
    let mut rates: Vec<(usize, usize, f64)> = Vec::new();
    let mut at = 0;
    while at < states.len() {
        for (next, rate) in moves(&states[at].clone()) {
            let number = *numbers.entry(next.clone()).or_insert_with(|| {
                states.push(next);
                states.len() - 1
            });
            rates.push((at, number, rate));
        }
        at += 1;
    }
    let count = states.len();
    let mut table = vec![vec![0.0; count]; count];
    for (from, to, rate) in rates.into_iter().filter(|(from, to, _)| from != to) {
        table[from][to] += rate;
    }
    for last in (1..count).rev() {
        let out: f64 = table[last][..last].iter().sum();
        for from in 0..last {
            table[from][last] /= out;
            for to in 0..last {
                let through = table[from][last] * table[last][to];
                table[from][to] += through;
            }
        }
    }
    let mut shares = vec![1.0; count];
    for state in 1..count {
        shares[state] = (0..state).map(|from| shares[from] * table[from][state]).sum();
    }
    let all: f64 = shares.iter().sum();
    states.into_iter().zip(shares).map(|(state, share)| (state, share / all)).collect()
}

/// A station of a tandem line: parts in it and in the buffer before it, and whether its finished part finds no room.
type Place = (u32, bool);

/// Throughput of stations one behind the other with exponential times [1/s]: the first never lacks parts, the last never lacks room,
/// and a finished part stays in its station until the buffer of the next one takes it (Hillier and Boling 1967). `buffers` lie between
/// them.
pub fn tandem(work_s: &[f64], buffers: &[u32]) -> f64 {
    assert_eq!(work_s.len(), buffers.len() + 1, "a buffer between each two stations");
    let last = work_s.len() - 1;
    let mut start: Vec<Place> = vec![(0, false); work_s.len()];
    start[0] = (1, false);
    let moves = |line: &Vec<Place>| {
        let working = (0..=last).filter(|station| line[*station].0 > 0 && !line[*station].1);
        working.map(|station| (finished(line.clone(), station, buffers), 1.0 / work_s[station])).collect()
    };
    let shares = long_run(start, moves);
    shares.iter().filter(|(line, _)| line[last].0 > 0).map(|(_, share)| share / work_s[last]).sum()
}

fn finished(mut line: Vec<Place>, station: usize, buffers: &[u32]) -> Vec<Place> {
    if station + 1 < line.len() {
        if line[station + 1].0 > buffers[station] {
            line[station].1 = true;
            return line;
        }
        line[station + 1].0 += 1;
    }
    // What leaves makes room for a part that waits before it, and so on to the first station, which takes a new one.
    let mut freed = station;
    while freed > 0 {
        line[freed].0 -= 1;
        if !line[freed - 1].1 {
            return line;
        }
        line[freed - 1].1 = false;
        line[freed].0 += 1;
        freed -= 1;
    }
    line
}

/// A machine that stops: mean work on a part, mean working time to a failure, mean repair time [s].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unreliable {
    pub work_s: f64,
    pub uptime_s: f64,
    pub repair_s: f64,
}

/// Throughput of two machines with `buffer` places between them, all times exponential, failures only at work (Gershwin and Berman
/// 1981) [1/s].
pub fn two_machines(machines: [Unreliable; 2], buffer: u32) -> f64 {
    // With the part in each machine; a finished one that waits in the first counts as well.
    let most = buffer + 2;
    let moves = |state: &(u32, [bool; 2])| {
        let (parts, up) = *state;
        let works = [up[0] && parts < most, up[1] && parts > 0];
        let mut moves = Vec::new();
        for side in 0..2 {
            let turned = |mut up: [bool; 2]| {
                up[side] = !up[side];
                up
            };
            if works[side] {
                moves.push(((if side == 0 { parts + 1 } else { parts - 1 }, up), 1.0 / machines[side].work_s));
                moves.push(((parts, turned(up)), 1.0 / machines[side].uptime_s));
            } else if !up[side] {
                moves.push(((parts, turned(up)), 1.0 / machines[side].repair_s));
            }
        }
        moves
    };
    let shares = long_run((0, [true, true]), moves);
    shares.iter().filter(|((parts, up), _)| up[1] && *parts > 0).map(|(_, share)| share / machines[1].work_s).sum()
}

/// Share of the cycles in which a part leaves two machines with equal, constant work: in each cycle a machine that works fails with
/// probability `fails`, and one that stands is repaired with probability `mends` (Gershwin, Manufacturing Systems Engineering (1994),
/// section 3.6). `places` hold what is between them, the machines included.
pub fn two_machines_in_cycles(fails: [f64; 2], mends: [f64; 2], places: u32) -> f64 {
    let next = |state: &(u32, [bool; 2])| {
        let (parts, up) = *state;
        let fed = [parts < places, parts > 0];
        let mut moves = Vec::new();
        for after in [[false, false], [false, true], [true, false], [true, true]] {
            let side = |side: usize| match (up[side], after[side]) {
                (true, true) if fed[side] => 1.0 - fails[side],
                (true, false) if fed[side] => fails[side],
                (true, stays) => f64::from(u8::from(stays)),
                (false, true) => mends[side],
                (false, false) => 1.0 - mends[side],
            };
            let probability = side(0) * side(1);
            if probability > 0.0 {
                let parts = parts + u32::from(after[0] && fed[0]) - u32::from(after[1] && fed[1]);
                moves.push(((parts, after), probability));
            }
        }
        moves
    };
    let shares = long_run((places / 2, [true, true]), next);
    // Of the states before a cycle, those from which a part leaves in it.
    let leaves = |(_, up): &(u32, [bool; 2])| if up[1] { 1.0 - fails[1] } else { mends[1] };
    shares.iter().filter(|((parts, _), _)| *parts > 0).map(|(state, share)| share * leaves(state)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found}, not {wanted}");
    }

    #[test]
    fn single_queues_are_those_of_the_textbooks() {
        let queue = m_m_1(0.8, 1.0);
        close(queue.inside, 4.0, 1e-12);
        close(queue.waiting, 3.2, 1e-12);
        close(queue.stay_s, 5.0, 1e-12);
        // Constant work halves what waits.
        close(m_d_1(0.8, 1.0).waiting, 1.6, 1e-12);
        // Between the two: Erlang work of two phases, three quarters.
        close(m_g_1(0.8, 1.0, 0.5_f64.sqrt()).waiting, 2.4, 1e-12);
        // Two servers, 1.5 erlangs: C = 9/14.
        close(erlang_c(2, 1.5), 9.0 / 14.0, 1e-12);
        close(m_m_c(1.5, 1.0, 2).waiting, 27.0 / 14.0, 1e-12);
        // Tables of Erlang's C: 10 servers, 8 erlangs: 0.409; 5 servers, 4 erlangs: 0.554.
        close(erlang_c(10, 8.0), 0.409, 5e-4);
        close(erlang_c(5, 4.0), 0.554, 5e-4);
        let one = (m_m_c(0.8, 1.0, 1), m_m_1(0.8, 1.0));
        close(one.0.waiting, one.1.waiting, 1e-12);
    }

    #[test]
    fn finite_queues_agree_with_their_chains() {
        // Equal rates: every number inside is as likely.
        let equal = m_m_1_k(1.0, 1.0, 4);
        close(equal.lost, 0.2, 1e-12);
        close(equal.queue.inside, 2.0, 1e-12);
        for (arrivals, places) in [(0.7, 3), (1.6, 5)] {
            let chain = long_run(0, |inside: &u32| {
                let mut moves = Vec::new();
                if *inside < places {
                    moves.push((inside + 1, arrivals));
                }
                if *inside > 0 {
                    moves.push((inside - 1, 0.5));
                }
                moves
            });
            let found = m_m_1_k(arrivals, 2.0, places);
            close(found.lost, chain[&places], 1e-12);
            close(found.queue.inside, chain.iter().map(|(inside, share)| f64::from(*inside) * share).sum(), 1e-12);
        }
        for (machines, crew) in [(5, 1), (6, 2), (3, 3)] {
            let chain = long_run(0, |down: &u32| {
                let mut moves = Vec::new();
                if *down < machines {
                    moves.push((down + 1, f64::from(machines - down) / 9.0));
                }
                if *down > 0 {
                    moves.push((down - 1, f64::from((*down).min(crew)) / 2.0));
                }
                moves
            });
            let found = machine_repair(machines, crew, 9.0, 2.0);
            close(found.down, chain.iter().map(|(down, share)| f64::from(*down) * share).sum(), 1e-12);
        }
        // Somebody for each: no machine knows of the others.
        close(machine_repair(3, 3, 9.0, 2.0).availability, 9.0 / 11.0, 1e-12);
        close(machine_repair(3, 3, 9.0, 2.0).waiting, 0.0, 1e-12);
    }

    #[test]
    fn tandem_lines_are_those_of_hunt_and_of_hillier_and_boling() {
        // Hunt (1956), without buffers: 2/3, 22/39, and 0.5148 of four stations.
        close(tandem(&[1.0; 2], &[0]), 2.0 / 3.0, 1e-12);
        close(tandem(&[1.0; 3], &[0; 2]), 22.0 / 39.0, 1e-12);
        close(tandem(&[1.0; 4], &[0; 3]), 0.5148, 5e-5);
        // Two stations with b places between them: (b + 2) / (b + 3).
        for buffer in 0..6 {
            close(tandem(&[1.0; 2], &[buffer]), f64::from(buffer + 2) / f64::from(buffer + 3), 1e-12);
        }
        // A line read backwards makes as much (Yamazaki and Sakasegawa 1975), and the middle one should work fastest: the bowl.
        close(tandem(&[1.0, 0.7, 1.4], &[1, 2]), tandem(&[1.4, 0.7, 1.0], &[2, 1]), 1e-12);
        assert!(tandem(&[1.05, 0.9, 1.05], &[0; 2]) > tandem(&[1.0; 3], &[0; 2]));
        close(tandem(&[2.0; 3], &[1; 2]), tandem(&[1.0; 3], &[1; 2]) / 2.0, 1e-12);
    }

    #[test]
    fn two_machines_lie_between_no_buffer_and_an_endless_one() {
        let machine = |work_s, uptime_s, repair_s| Unreliable { work_s, uptime_s, repair_s };
        // Without failures a tandem of two; a machine alone where the other never lacks anything.
        close(two_machines([machine(1.0, 1e12, 1.0); 2], 3), tandem(&[1.0; 2], &[3]), 1e-9);
        let slow = machine(1.0, 90.0, 10.0);
        close(two_machines([machine(1e-4, 1e9, 1e-4), slow], 50), 0.9, 1e-4);
        let line = [machine(1.0, 100.0, 12.0), machine(0.9, 80.0, 15.0)];
        let found: Vec<f64> = [0, 2, 10, 40].map(|buffer| two_machines(line, buffer)).to_vec();
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]) && found[3] < 100.0 / 112.0, "{found:?}");
        close(two_machines(line, 10), two_machines([line[1], line[0]], 10), 1e-9);
        // In cycles: Buzacott's line without buffer, 1 / (1 + sum of p / r), is the lower limit, the worse machine the upper one.
        let cycles = |places| two_machines_in_cycles([0.01, 0.012], [0.1, 0.09], places);
        let (least, most) = (1.0 / (1.0 + 0.1 + 0.012 / 0.09), 0.09 / 0.102);
        let found: Vec<f64> = [4, 10, 30, 200].map(cycles).to_vec();
        assert!(found[0] > least && found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?} above {least}");
        close(found[3], most, 2e-3);
    }
}
