//! Whose turn it is among several ways: by ratio, one after the other, or where the fewest are. Knows nothing about where the
//! ways lead.

use linetwin_model::scene::Routing;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Turns {
    /// By way, for a ratio: the parts that it is owed, in shares of one cycle.
    owed: Vec<i64>,
    /// In turn: whose it is.
    next: usize,
}

impl Turns {
    pub fn new(ways: usize) -> Self {
        Turns { owed: vec![0; ways], next: 0 }
    }

    /// One of the open ways, of which there is at least one.
    pub fn choose(&mut self, by: &Routing, open: &[bool], queue: impl Fn(usize) -> usize) -> usize {
        let ways = || (0..open.len()).filter(|way| open[*way]);
        match by {
            Routing::Ratio(shares) => {
                // Whoever is owed most gets the part, and owes a whole cycle for it: over a cycle each gets its share.
                let mut cycle = 0;
                for way in ways() {
                    self.owed[way] += i64::from(shares[way]);
                    cycle += i64::from(shares[way]);
                }
                let chosen = ways().max_by_key(|way| (self.owed[*way], std::cmp::Reverse(*way))).expect("a way is open");
                self.owed[chosen] -= cycle;
                chosen
            }
            Routing::RoundRobin => {
                let count = open.len();
                let chosen = (0..count).map(|step| (self.next + step) % count).find(|way| open[*way]).expect("a way is open");
                self.next = (chosen + 1) % count;
                chosen
            }
            Routing::ShortestQueue => ways().min_by_key(|way| queue(*way)).expect("a way is open"),
        }
    }
}
