//! What lets parts into the line, checked: orders and limits of the work in process.

use super::*;

/// A lot of one part type that a source makes as a whole before the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub name: String,
    /// Of all schedules of the scene, from 1: orders of one name have one number.
    pub number: u32,
    pub part_type: PartTypeId,
    /// Above 0.
    pub quantity: u32,
    /// Serial of its first part at its source.
    pub first: u64,
    /// None of its parts is made before.
    pub release: Time,
    pub due: Option<Time>,
}

/// A source of `sources` makes a part only while fewer of their parts than `limit` are in the line, up to one of `until`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conwip {
    pub limit: u32,
    pub sources: Vec<ElementId>,
    pub until: Vec<ElementId>,
}

impl Source {
    /// The order that the part of this serial belongs to, where the source has a schedule.
    pub fn order_of(&self, serial: u64) -> Option<usize> {
        let begun = self.orders.partition_point(|order| order.first <= serial).checked_sub(1)?;
        let order = &self.orders[begun];
        (serial < order.first + u64::from(order.quantity)).then_some(begun)
    }

    pub fn type_of(&self, serial: u64) -> PartTypeId {
        self.order_of(serial).map_or(self.part_type, |order| self.orders[order].part_type)
    }

    /// Every type that it makes.
    pub fn part_types(&self) -> Vec<PartTypeId> {
        let mut types: Vec<PartTypeId> = match self.orders.is_empty() {
            true => vec![self.part_type],
            false => self.orders.iter().map(|order| order.part_type).collect(),
        };
        types.sort();
        types.dedup();
        types
    }

    /// When the part of this serial may be made at the earliest.
    pub fn release_of(&self, serial: u64) -> Time {
        self.order_of(serial).map_or(Time::ZERO, |order| self.orders[order].release)
    }
}
