//! Names in quotes beside what they are compared with: parts, orders, ways of routers, states. Knows nothing about how a condition
//! is put together.

use super::typed::Piece;
use super::{Parser, Problem, states};
use crate::report::STATE_NAMES;
use crate::scene::{AttributeId, PartTypeId};
use crate::spec::ElementSpec;
use crate::words::{listed, nearest};

impl Parser<'_> {
    pub(super) fn part_named(&mut self, piece: &Piece, name: &str) -> PartTypeId {
        let found = self.names.part_types.iter().position(|part_type| part_type == name);
        if found.is_none() {
            let problem = Problem::new(piece.start, piece.end, format!("no part is called `{name}`"));
            let known = self.names.part_types.iter().map(String::as_str);
            let help = nearest(name, known.clone()).map(|near| format!("did you mean `{near}`?"));
            self.problems.push(Problem { help, ..problem.allowed(listed(known)) });
        }
        PartTypeId::from_index(found.unwrap_or(0))
    }

    pub(super) fn order_named(&mut self, piece: &Piece, name: &str) -> f64 {
        let Some(orders) = self.names.orders else { return 1.0 };
        let found = orders.iter().position(|order| order == name);
        if found.is_none() {
            let problem = Problem::new(piece.start, piece.end, format!("no order is called `{name}`"));
            let known = orders.iter().map(String::as_str);
            let help = nearest(name, known.clone()).map(|near| format!("did you mean `{near}`?"));
            let none = "no Source of this scene has a `schedule`";
            let allowed = if orders.is_empty() { none.to_owned() } else { listed(known) };
            self.problems.push(Problem { help, ..problem.allowed(allowed) });
        }
        (found.unwrap_or(0) + 1) as f64
    }

    /// The number that a router writes for a way.
    pub(super) fn way_named(&self, attribute: AttributeId, left: &Piece, right: &Piece, name: &str) -> Result<f64, Problem> {
        let written = self.names.attributes.get(attribute.index()).map_or("", String::as_str);
        let ways = ways_of(self.names.elements.iter().map(|(_, spec)| *spec), written);
        if ways.is_empty() {
            let message = format!("{} is a number and {} is a text: they cannot be compared", self.written(left), self.written(right));
            return Err(Problem::new(left.start, right.end, message));
        }
        ways.iter().position(|way| *way == name).map(|way| (way + 1) as f64).ok_or_else(|| {
            let problem = Problem::new(right.start, right.end, format!("no router that sets `{written}` has a way `{name}`"));
            let help = nearest(name, ways.iter().copied()).map(|near| format!("did you mean '{near}'?"));
            Problem { help, ..problem.allowed(listed(ways.iter().copied())) }
        })
    }

    pub(super) fn state_named(&mut self, piece: &Piece, name: &str) -> u8 {
        let found = STATE_NAMES.iter().position(|state| *state == name);
        if found.is_none() {
            let problem = Problem::new(piece.start, piece.end, format!("no state is called `{name}`"));
            let help = nearest(name, STATE_NAMES).map(|near| format!("did you mean '{near}'?"));
            self.problems.push(Problem { help, ..problem.allowed(states()) });
        }
        found.unwrap_or(0) as u8
    }
}

/// The ways of all routers that write an attribute, by the numbers that they write, from 1.
pub fn ways_of<'a>(line: impl Iterator<Item = &'a ElementSpec>, attribute: &str) -> Vec<&'a str> {
    let mut ways: Vec<&str> = Vec::new();
    for element in line {
        if let ElementSpec::Router(router) = element
            && router.sets == attribute
        {
            for name in &router.over {
                if !ways.contains(&name.as_str()) {
                    ways.push(name);
                }
            }
        }
    }
    ways
}
