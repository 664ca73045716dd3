//! A platform that travels with its belt: up and down, about its middle, or across. Poses are those of its home, where it
//! takes parts; the travel says how far it is from there.

use super::{AttributeId, ConveyorId, ElementId, PortId, Routing, SpotId};
use crate::geometry::{Pose, Vec3, add, scale, sub};
use serde::{Deserialize, Serialize};

/// A platform with a belt, the conveyor, that goes between its home and a stop, or one of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carriage {
    pub element: ElementId,
    pub conveyor: ConveyorId,
    pub way: CarriageWay,
    /// From home to the stops, at least one: [m], or [rad] of a turntable.
    pub stops: Vec<f64>,
    /// Where it hands over at each of them.
    pub out_ports: Vec<PortId>,
    /// How it chooses among several.
    pub divides: Option<Dividing>,
    /// So many parts in a row go to the same one, at least 1.
    pub slug: u32,
    /// Its fastest travel [m/s], [rad/s].
    pub top_speed: f64,
    /// [m/s^2], [rad/s^2]
    pub acceleration: f64,
    /// The most that it can lift [N]; `None`: it cannot stall.
    pub force_n: Option<f64>,
    /// The hold at the end of the conveyor that feeds it.
    pub entry_hold: SpotId,
    /// Where its belt stops with a part.
    pub spot: SpotId,
}

impl Carriage {
    /// From home to a stop, or back, on average over the stops [s].
    pub fn travel_s(&self) -> f64 {
        self.stops.iter().map(|stop| self.travel_over_s(*stop)).sum::<f64>() / self.stops.len() as f64
    }

    /// From rest to rest over a way [m], or [rad] of a turntable, in either direction [s].
    pub fn travel_over_s(&self, way: f64) -> f64 {
        let (way, ramp) = (way.abs(), self.top_speed * self.top_speed / self.acceleration);
        match way > ramp {
            true => way / self.top_speed + self.top_speed / self.acceleration,
            false => 2.0 * libm::sqrt(way / self.acceleration),
        }
    }

    /// The stop that is furthest from home.
    pub fn furthest(&self) -> f64 {
        self.stops.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).expect("a carriage has a stop")
    }
}

/// How a carriage with several stops chooses one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Dividing {
    By(Routing),
    /// The number of the stop, from 1; else the last one.
    Attribute(AttributeId),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum CarriageWay {
    Up,
    /// About the vertical through its middle, anticlockwise.
    About,
    /// To the left of its flow.
    Left,
    /// About the vertical through its beginning, anticlockwise; that lies so far behind its middle [m].
    Swing {
        arm_m: f64,
    },
}

impl CarriageWay {
    /// Where a pose of home is when the carriage, whose middle at home is `middle`, has gone by `travel`.
    pub fn moved(self, home: Pose, middle: Pose, travel: f64) -> Pose {
        match self {
            CarriageWay::Up => Pose { position: add(home.position, [0.0, 0.0, travel]), ..home },
            CarriageWay::Left => Pose { position: add(home.position, scale(middle.left, travel)), ..home },
            CarriageWay::About | CarriageWay::Swing { .. } => {
                let turn = |v: Vec3| turned(v, travel);
                let pivot = self.pivot(middle);
                let position = add(pivot, turn(sub(home.position, pivot)));
                Pose { position, forward: turn(home.forward), left: turn(home.left) }
            }
        }
    }

    /// The point of home that is at `point` when the carriage has gone by `travel`.
    pub fn at_home(self, point: Vec3, middle: Pose, travel: f64) -> Vec3 {
        match self {
            CarriageWay::Up => sub(point, [0.0, 0.0, travel]),
            CarriageWay::Left => sub(point, scale(middle.left, travel)),
            CarriageWay::About | CarriageWay::Swing { .. } => {
                let pivot = self.pivot(middle);
                add(pivot, turned(sub(point, pivot), -travel))
            }
        }
    }

    /// What it turns about, where it turns.
    fn pivot(self, middle: Pose) -> Vec3 {
        match self {
            CarriageWay::Swing { arm_m } => sub(middle.position, scale(middle.forward, arm_m)),
            CarriageWay::Up | CarriageWay::About | CarriageWay::Left => middle.position,
        }
    }

    /// Parts run over it, and it travels without them.
    pub fn swings(self) -> bool {
        matches!(self, CarriageWay::Swing { .. })
    }
}

/// Turned by `angle` about the vertical.
fn turned(v: Vec3, angle: f64) -> Vec3 {
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    [v[0] * cos - v[1] * sin, v[0] * sin + v[1] * cos, v[2]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::length;

    #[test]
    fn at_home_undoes_what_moved_does() {
        let middle = Pose::new([3.0, 1.0, 0.8], 0.6, 0.0);
        let point = middle.shifted(0.4, -0.2, 0.1);
        for way in [CarriageWay::Up, CarriageWay::About, CarriageWay::Left, CarriageWay::Swing { arm_m: 0.6 }] {
            let moved = way.moved(point, middle, 1.1);
            let back = way.at_home(moved.position, middle, 1.1);
            assert!(length(sub(back, point.position)) < 1e-12, "{way:?}: {back:?}");
            assert!(length(sub(moved.position, point.position)) > 0.1, "{way:?} moves");
        }
    }
}
