//! The line of the bench as one loop over a binary heap: what a program costs that knows nothing but this line.

use super::Rate;
use linetwin_tests::processor::cpu_s;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const STATIONS: usize = 10;
const PLACES: usize = 10;
const WORK_S: f64 = 10.0;
const UPTIME_S: f64 = 1000.0;
const REPAIR_S: f64 = 50.0;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Idle,
    /// So much of its work is left when what it waits for has happened [s].
    Works(f64),
    Fails(f64),
    Mended(f64),
    Blocked,
}

struct Line {
    random: u64,
    now_s: f64,
    /// Instants in order as bits: positive numbers sort as their bits do.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    states: [State; STATIONS],
    waiting: [usize; STATIONS],
    uptime_s: [f64; STATIONS],
    out: u64,
}

impl Line {
    fn exponential(&mut self, mean: f64) -> f64 {
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let unit = ((self.random >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        -mean * libm::log(unit)
    }

    fn after(&mut self, seconds: f64, station: usize) {
        self.due.push(Reverse(((self.now_s + seconds).to_bits(), station)));
    }

    fn work(&mut self, station: usize, left_s: f64) {
        let uptime_s = self.uptime_s[station];
        if left_s < uptime_s {
            self.uptime_s[station] -= left_s;
            self.states[station] = State::Works(0.0);
            self.after(left_s, station);
        } else {
            self.states[station] = State::Fails(left_s - uptime_s);
            self.after(uptime_s, station);
        }
    }

    /// Takes the next part, where there is one, and lets those before it move up.
    fn take(&mut self, mut station: usize) {
        loop {
            if station > 0 && self.waiting[station] == 0 && self.states[station - 1] != State::Blocked {
                self.states[station] = State::Idle;
                return;
            }
            let work_s = self.exponential(WORK_S);
            self.work(station, work_s);
            if station == 0 {
                return;
            }
            let before = station - 1;
            if self.states[before] != State::Blocked {
                self.waiting[station] -= 1;
                return;
            }
            // Its part comes in, and that of the next one before goes on.
            station = before;
        }
    }

    fn finish(&mut self, station: usize) {
        let next = station + 1;
        if next == STATIONS {
            self.out += 1;
        } else if self.states[next] == State::Idle {
            self.states[station] = State::Idle;
            let work_s = self.exponential(WORK_S);
            self.work(next, work_s);
        } else if self.waiting[next] < PLACES {
            self.waiting[next] += 1;
        } else {
            self.states[station] = State::Blocked;
            return;
        }
        self.take(station);
    }
}

pub fn run(parts: u64) -> Rate {
    let mut line = Line {
        random: 88_172_645_463_325_252,
        now_s: 0.0,
        due: BinaryHeap::with_capacity(2 * STATIONS),
        states: [State::Idle; STATIONS],
        waiting: [0; STATIONS],
        uptime_s: [0.0; STATIONS],
        out: 0,
    };
    for station in 0..STATIONS {
        line.uptime_s[station] = line.exponential(UPTIME_S);
    }
    let before = cpu_s();
    line.take(0);
    while line.out < parts {
        let Reverse((at, station)) = line.due.pop().expect("the first station always works");
        line.now_s = f64::from_bits(at);
        match line.states[station] {
            State::Works(_) => line.finish(station),
            State::Fails(left_s) => {
                line.states[station] = State::Mended(left_s);
                let repair_s = line.exponential(REPAIR_S);
                line.after(repair_s, station);
            }
            State::Mended(left_s) => {
                line.uptime_s[station] = line.exponential(UPTIME_S);
                line.work(station, left_s);
            }
            State::Idle | State::Blocked => unreachable!("nothing is due of it"),
        }
    }
    Rate { per_s: parts as f64 / (cpu_s() - before), throughput: parts as f64 / line.now_s }
}
