//! Who has something to do next, of a fixed number of agents: a tournament, whose winner is known at once and whose table
//! changes in log2(n) steps. Equal times: the lower number first.

use linetwin_model::Time;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Agenda {
    /// A heap-ordered tree: the winner of a pair is at half its index; leaves begin at `leaves`.
    winners: Vec<u32>,
    times: Vec<Time>,
    leaves: usize,
}

impl Agenda {
    pub fn new(agents: usize) -> Self {
        let leaves = agents.next_power_of_two().max(1);
        let mut agenda = Agenda { winners: vec![0; 2 * leaves], times: vec![Time::MAX; leaves], leaves };
        for leaf in 0..leaves {
            agenda.winners[leaves + leaf] = u32::try_from(leaf).expect("fewer than 2^32 agents");
        }
        for node in (1..leaves).rev() {
            agenda.decide(node);
        }
        agenda
    }

    fn decide(&mut self, node: usize) {
        let [left, right] = [self.winners[2 * node], self.winners[2 * node + 1]];
        self.winners[node] = if self.times[right as usize] < self.times[left as usize] { right } else { left };
    }

    pub fn set(&mut self, agent: usize, at: Time) {
        if self.times[agent] == at {
            return;
        }
        self.times[agent] = at;
        let mut node = (self.leaves + agent) / 2;
        while node > 0 {
            self.decide(node);
            node /= 2;
        }
    }

    /// Who is next, and when; [`Time::MAX`]: nobody.
    pub fn next(&self) -> (usize, Time) {
        let agent = self.winners[1] as usize;
        (agent, self.times[agent])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_is_next_and_the_lower_number_of_equals() {
        for agents in [1, 2, 5, 8] {
            let mut agenda = Agenda::new(agents);
            assert_eq!(agenda.next().1, Time::MAX);
            let mut times = vec![Time::MAX; agents];
            for step in 0..200_usize {
                let agent = step * 7 % agents;
                times[agent] = Time((step * 37 % 11) as u64);
                agenda.set(agent, times[agent]);
                let first = (0..agents).min_by_key(|agent| times[*agent]).expect("there is one");
                assert_eq!(agenda.next(), (first, times[first]));
            }
        }
    }
}
