//! What a part stands on while grains push it: points that give way in no direction, with Coulomb's friction, asked after each
//! substep. A load that came to the rigid bodies one step late would throw a light part under heavy grains; here what carries it
//! answers at once, and the rigid bodies are told of the load afterwards, when it is in balance.

use crate::port::PartStep;
use linetwin_model::geometry::{Vec3, add, cross, dot, length, scale, sub};
use std::array::from_fn;

/// Times that all points are asked, one after the other, each knowing what the others have answered [-].
const SWEEPS: u32 = 12;

/// Mass, and moments of inertia about axes in world space, as rows.
#[derive(Clone, Copy)]
pub struct Inertia {
    pub mass_kg: f64,
    pub moments_kgm2: [f64; 3],
    pub axes: [Vec3; 3],
}

impl Inertia {
    /// The angular velocity that an angular impulse gives.
    fn turning(&self, angular: Vec3) -> Vec3 {
        let own: [f64; 3] = from_fn(|axis| dot(self.axes[axis], angular) / self.moments_kgm2[axis]);
        from_fn(|part| (0..3).map(|axis| own[axis] * self.axes[axis][part]).sum())
    }

    /// The angular impulse that gives an angular velocity.
    pub fn spin(&self, turning: Vec3) -> Vec3 {
        let own: [f64; 3] = from_fn(|axis| dot(self.axes[axis], turning) * self.moments_kgm2[axis]);
        from_fn(|part| (0..3).map(|axis| own[axis] * self.axes[axis][part]).sum())
    }

    /// What stops a velocity of 1 at an arm, along a direction [kg].
    fn seen_at(&self, arm: Vec3, direction: Vec3) -> f64 {
        let turned = cross(self.turning(cross(arm, direction)), arm);
        1.0 / (1.0 / self.mass_kg + dot(turned, direction))
    }
}

/// An impulse through the centre of mass, and an angular one about it.
pub type Push = (Vec3, Vec3);

fn together(a: Push, b: Push) -> Push {
    (add(a.0, b.0), add(a.1, b.1))
}

fn at(arm: Vec3, impulse: Vec3) -> Push {
    (impulse, cross(arm, impulse))
}

struct Point {
    arm: Vec3,
    normal: Vec3,
    friction: f64,
    /// By all but grains, in a substep.
    pressed_ns: f64,
    /// Of the last substep.
    reaction_ns: f64,
    held: Vec3,
}

pub struct Support {
    inertia: Inertia,
    points: Vec<Point>,
    /// What grains put on it in the step so far.
    load: Push,
}

impl Support {
    pub fn new(step: &PartStep, inertia: Inertia, substeps: u32) -> Self {
        let bore = step.bearings.iter().fold([0.0; 3], |sum, bearing| add(sum, scale(bearing.normal, bearing.impulse_ns)));
        // What the rigid bodies knew of grains is part of what bore.
        let without_grains = match dot(bore, bore) {
            0.0 => 1.0,
            squared => (1.0 + dot(step.load_ns, bore) / squared).clamp(0.0, 1.0),
        };
        let each = 1.0 / f64::from(substeps);
        let point = |bearing: &crate::port::Bearing| Point {
            arm: bearing.arm_m,
            normal: bearing.normal,
            friction: bearing.friction,
            pressed_ns: bearing.impulse_ns * without_grains * each,
            reaction_ns: bearing.impulse_ns * each,
            held: [0.0; 3],
        };
        Support { inertia, points: step.bearings.iter().map(point).collect(), load: ([0.0; 3], [0.0; 3]) }
    }

    /// Before a substep: what it will give if grains push as in the one before, beyond what the rigid bodies took from it.
    pub fn expected(&self) -> Push {
        let gives = |point: &Point| at(point.arm, add(scale(point.normal, point.reaction_ns - point.pressed_ns), point.held));
        self.points.iter().map(gives).fold(([0.0; 3], [0.0; 3]), together)
    }

    /// After it, where the part moves so against what carries it: what it has to give beyond that.
    pub fn correct(&mut self, velocity: Vec3, turning: Vec3) -> Push {
        let (inertia, mut moves, mut given) = (self.inertia, (velocity, turning), ([0.0; 3], [0.0; 3]));
        let mut give = |moves: &mut Push, point: &Point, impulse: Vec3| {
            let push = at(point.arm, impulse);
            *moves = together(*moves, (scale(impulse, 1.0 / inertia.mass_kg), inertia.turning(push.1)));
            given = together(given, push);
        };
        for _ in 0..SWEEPS {
            for point in &mut self.points {
                let (arm, normal) = (point.arm, point.normal);
                let velocity_there = |moves: &Push| add(moves.0, cross(moves.1, arm));
                let closing = dot(velocity_there(&moves), normal);
                let reaction_ns = (point.reaction_ns - closing * inertia.seen_at(arm, normal)).max(0.0);
                let change_ns = reaction_ns - std::mem::replace(&mut point.reaction_ns, reaction_ns);
                give(&mut moves, point, scale(normal, change_ns));
                let there = velocity_there(&moves);
                let slip = sub(there, scale(normal, dot(there, normal)));
                let (speed, most_ns) = (length(slip), point.friction * point.reaction_ns);
                let mut held = point.held;
                if speed > 0.0 {
                    let direction = scale(slip, 1.0 / speed);
                    held = sub(held, scale(direction, speed * inertia.seen_at(arm, direction)));
                }
                let size = length(held);
                if size > most_ns {
                    held = scale(held, most_ns / size);
                }
                let change = sub(held, std::mem::replace(&mut point.held, held));
                give(&mut moves, point, change);
            }
        }
        for point in &self.points {
            self.load = together(self.load, at(point.arm, scale(point.normal, point.pressed_ns - point.reaction_ns)));
        }
        given
    }

    /// What grains have put on it in the step, along its normals: friction was had in the step itself.
    pub fn load(&self) -> Push {
        self.load
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{Bearing, RigidMotion};

    const ROUNDING: f64 = 1e-9;

    fn table(friction: f64, load_ns: f64) -> Support {
        let rest =
            RigidMotion { centre_m: [0.0; 3], rotation: [0.0, 0.0, 0.0, 1.0], velocity_mps: [0.0; 3], angular_velocity_radps: [0.0; 3] };
        // A box of 2 kg, 0.4 x 0.2 x 0.2 m, whose weight of 20 N presses for 0.01 s, in ten substeps.
        let corner = |x: f64, y: f64| Bearing { arm_m: [x, y, -0.1], normal: [0.0, 0.0, 1.0], impulse_ns: (0.2 + load_ns) / 4.0, friction };
        let bearings = vec![corner(0.2, 0.1), corner(0.2, -0.1), corner(-0.2, 0.1), corner(-0.2, -0.1)];
        let inertia_kgm2 = [2.0 / 12.0 * 0.08, 2.0 / 12.0 * 0.2, 2.0 / 12.0 * 0.2];
        let step = PartStep {
            before: rest,
            now: rest,
            mass_kg: 2.0,
            inertia_kgm2,
            load_ns: [0.0, 0.0, -load_ns],
            load_nms: [0.0; 3],
            bearings,
            meets_parts: false,
        };
        let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        Support::new(&step, Inertia { mass_kg: 2.0, moments_kgm2: inertia_kgm2, axes }, 10)
    }

    #[test]
    fn a_table_bears_what_presses_holds_what_friction_may_and_lets_go_what_is_lifted() {
        // Pressed down by 1 N s: it stands, and the table has the load.
        let mut support = table(0.5, 0.0);
        let (impulse, angular) = support.correct([0.0, 0.0, -0.5], [0.0; 3]);
        assert!((impulse[2] - 1.0).abs() < 1e-3 && length(angular) < 1e-3, "{impulse:?} {angular:?}");
        assert!((support.load().0[2] + 1.0).abs() < 1e-3, "{:?}", support.load());
        // Lifted by less than its weight it stays, by more it goes: 0.02 N s a substep hold it.
        assert!((table(0.5, 0.0).correct([0.0, 0.0, 0.005], [0.0; 3]).0[2] + 0.01).abs() < 1e-4);
        assert!((table(0.5, 0.0).correct([0.0, 0.0, 0.5], [0.0; 3]).0[2] + 0.02).abs() < ROUNDING);
        // Pushed aside: half of the weight is what friction has.
        assert!((table(0.5, 0.0).correct([0.5, 0.0, 0.0], [0.0; 3]).0[0] + 0.01).abs() < 2e-3);
        assert_eq!(table(0.0, 0.0).correct([0.5, 0.0, 0.0], [0.0; 3]).0[0], 0.0);
        let held = table(0.5, 0.0).correct([0.002, 0.0, 0.0], [0.0; 3]).0[0];
        assert!((held + 0.004).abs() < 1e-3, "{held}");
    }

    #[test]
    fn what_the_rigid_bodies_knew_of_grains_is_expected_again() {
        assert_eq!(table(0.5, 0.0).expected().0, [0.0; 3], "without grains there is nothing beyond");
        let loaded = table(0.5, 1.0);
        assert!((loaded.expected().0[2] - 0.1).abs() < ROUNDING, "{:?}", loaded.expected());
    }
}
