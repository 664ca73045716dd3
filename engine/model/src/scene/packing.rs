//! Containers and what fills and empties them, checked. Knows nothing about which parts are in which container.

use super::{ConveyorId, PartTypeId, PortId, SpotId};
use crate::distribution::Distribution;
use crate::geometry::Vec3;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// How a container is filled: layers of one part, side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holds {
    pub part_type: PartTypeId,
    /// From the lowest to the highest, never empty.
    pub layers: Vec<LayerPattern>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerPattern {
    /// Along the container's length and across it.
    pub n: [u32; 2],
    /// Its parts lie turned by a quarter.
    pub turned: bool,
}

impl LayerPattern {
    pub fn count(&self) -> u32 {
        self.n[0] * self.n[1]
    }

    /// Length and width of a part as it lies in this layer [m].
    pub fn footprint_m(&self, size_m: Vec3) -> [f64; 2] {
        if self.turned { [size_m[1], size_m[0]] } else { [size_m[0], size_m[1]] }
    }
}

/// Where a part goes in its container.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seat {
    /// Of its centre, from the middle of the floor that the content stands on [m].
    pub centre_m: Vec3,
    pub turned: bool,
}

impl Holds {
    /// How many parts it takes.
    pub fn capacity(&self) -> u32 {
        self.layers.iter().map(LayerPattern::count).sum()
    }

    /// The layer of the part that comes after `filled` others, and how many parts are below that layer.
    pub fn layer_of(&self, filled: u32) -> Option<(&LayerPattern, u32)> {
        let mut below = 0;
        for layer in &self.layers {
            if filled < below + layer.count() {
                return Some((layer, below));
            }
            below += layer.count();
        }
        None
    }

    /// The place of the part that comes after `filled` others of the same size: touching each other, in the middle.
    pub fn seat(&self, filled: u32, size_m: Vec3) -> Option<Seat> {
        let (layer, below) = self.layer_of(filled)?;
        let level = self.layers.iter().position(|known| std::ptr::eq(known, layer))?;
        let (row, column) = ((filled - below) / layer.n[0], (filled - below) % layer.n[0]);
        let pitch_m = layer.footprint_m(size_m);
        let offset_m = |index: u32, n: u32, pitch_m: f64| (f64::from(index) - f64::from(n - 1) / 2.0) * pitch_m;
        let centre_m = [offset_m(column, layer.n[0], pitch_m[0]), offset_m(row, layer.n[1], pitch_m[1]), (level as f64 + 0.5) * size_m[2]];
        Some(Seat { centre_m, turned: layer.turned })
    }
}

/// Packer and palletiser: gathers parts from the end of its feeder and puts them into containers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Packer {
    pub container: PartTypeId,
    /// The blade at the end of the feeder, which never opens: parts are taken from where they stand before it.
    pub pickup: SpotId,
    /// How many are taken from the feeder at once.
    pub takes: u32,
    /// Parts are gathered to whole layers, also while the layer before is being put down; else in groups of `takes`, by a
    /// machine that stands still meanwhile.
    pub layerwise: bool,
    /// For one group [s].
    pub cycle_s: Distribution,
    /// From a full container to an empty one [s].
    pub change_s: Distribution,
    pub empties: Empties,
    pub into: PortId,
    /// Declared planned run time per container; `None`: the means of its cycles and of the change.
    pub ideal_cycle: Option<Time>,
}

/// Where empty containers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Empties {
    Unlimited,
    /// A source hands them over at this port.
    Handed(PortId),
    /// They are taken from the blade at the end of a conveyor.
    Taken(SpotId),
}

/// Unpacker, depalletiser and disassembly: takes containers from the end of its feeder and their content out of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unpacker {
    /// Takes products apart: what is emptied is the first part of its bill again.
    pub separates: bool,
    /// The blade at the end of the feeder, which never opens.
    pub pickup: SpotId,
    /// How many parts are taken out at once; `None`: all of a container.
    pub takes: Option<u32>,
    /// One layer at a time.
    pub layerwise: bool,
    /// For one group [s].
    pub cycle_s: Distribution,
    /// From an empty container to a full one [s].
    pub change_s: Distribution,
    /// Where the parts go, and where the containers.
    pub into: PortId,
    pub empties_into: PortId,
    /// Declared planned run time per container; `None`: the means of its cycles and of the change.
    pub ideal_cycle: Option<Time>,
}

/// What makes a sink a bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    pub capacity: u32,
    /// Until it is empty again [s].
    pub emptying_s: Distribution,
    /// Stands while it is full.
    pub holds: ConveyorId,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(layers: Vec<LayerPattern>) -> Holds {
        Holds { part_type: PartTypeId(0), layers }
    }

    #[test]
    fn seats_of_a_grid_are_centred_and_touch() {
        let layer = LayerPattern { n: [4, 3], turned: false };
        let grid = holds(vec![layer, layer]);
        assert_eq!(grid.capacity(), 24);
        let size_m = [0.07, 0.08, 0.2];
        let seats: Vec<Vec3> = (0..24).map(|filled| grid.seat(filled, size_m).expect("within its capacity").centre_m).collect();
        for axis in 0..2 {
            // A sum of a dozen products.
            assert!(seats.iter().map(|seat| seat[axis]).sum::<f64>().abs() < 1e-12);
        }
        assert!((seats[1][0] - seats[0][0] - 0.07).abs() < 1e-12);
        assert!((seats[4][1] - seats[0][1] - 0.08).abs() < 1e-12);
        assert!((seats[12][2] - 0.3).abs() < 1e-12, "the second layer stands on the first");
        assert_eq!(grid.seat(24, size_m), None);
    }

    #[test]
    fn every_second_layer_may_lie_turned() {
        let stack = holds(vec![LayerPattern { n: [2, 3], turned: false }, LayerPattern { n: [3, 2], turned: true }]);
        let first = stack.seat(6, [0.6, 0.4, 0.2]).expect("within its capacity");
        assert!(first.turned);
        assert!((first.centre_m[0] + 0.4).abs() < 1e-12, "three of 0.4 m along");
        assert!((first.centre_m[1] + 0.3).abs() < 1e-12, "two of 0.6 m across");
    }
}
