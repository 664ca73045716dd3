//! What two ideal surfaces do to a box that goes from a straight belt onto a curve and off it again, computed without
//! the engine: a plane body of three degrees of freedom that lies with even pressure on what is below it, Coulomb friction
//! at each point of a fine grid, a step forty times finer than the engine's. Knows no contact solver.

/// Points of the grid along each side: twice as many change the turn by less than 0.02 degrees.
const GRID: usize = 16;
/// Slip below which friction falls off linearly [m/s]: far below the slip between the belts (20 mm/s and more).
const STICKING_MPS: f64 = 0.001;
/// Explicit steps are stable below 2 STICKING_MPS / (mu g) = 0.4 ms.
const DT_S: f64 = 0.000_2;
const GRAVITY_MPS2: f64 = 9.81;

/// A belt along x that ends at the origin, a quarter turn, and a belt that goes on from there, all with one speed.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub radius_m: f64,
    /// 1: to the left; -1: to the right.
    pub side: f64,
    pub speed_mps: f64,
    pub friction: f64,
}

/// Where the box is.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdealState {
    pub x_m: f64,
    pub y_m: f64,
    pub yaw_rad: f64,
    velocity: [f64; 3],
}

impl Turn {
    /// Angle about the centre of the turn from its beginning, in the direction of the turn [rad].
    fn angle(&self, x: f64, y: f64) -> f64 {
        x.atan2(self.radius_m - self.side * y)
    }

    /// Velocity of what is below a point [m/s].
    fn velocity_at(&self, x: f64, y: f64) -> [f64; 2] {
        let angle = self.angle(x, y);
        if angle <= 0.0 {
            [self.speed_mps, 0.0]
        } else if angle <= std::f64::consts::FRAC_PI_2 {
            let rate = self.side * self.speed_mps / self.radius_m;
            [-rate * (y - self.side * self.radius_m), rate * x]
        } else {
            [0.0, self.side * self.speed_mps]
        }
    }

    /// How far the box has come along the curve's centre line and the belt after it, from the first seam [m], and the
    /// heading of the path there [rad].
    pub fn progress(&self, state: &IdealState) -> (f64, f64) {
        let quarter = std::f64::consts::FRAC_PI_2;
        let angle = self.angle(state.x_m, state.y_m);
        if angle <= 0.0 {
            (state.x_m, 0.0)
        } else if angle <= quarter {
            (angle * self.radius_m, self.side * angle)
        } else {
            (quarter * self.radius_m + self.side * state.y_m - self.radius_m, self.side * quarter)
        }
    }

    /// Carries a box of this size over both seams from 0.3 m before the first, turned by `yaw_rad`, until `until_m` of
    /// progress, and shows each fiftieth step: progress, and how much
    /// further the box has turned than its path.
    pub fn carry(&self, size_m: [f64; 2], yaw_rad: f64, until_m: f64, mut watch: impl FnMut(f64, f64)) {
        let mut state = IdealState { x_m: -0.3, y_m: 0.0, yaw_rad, velocity: [self.speed_mps, 0.0, 0.0] };
        // Per unit of mass: the inertia of a plate, and friction of one point.
        let inertia_m2 = (size_m[0] * size_m[0] + size_m[1] * size_m[1]) / 12.0;
        let each_mps2 = self.friction * GRAVITY_MPS2 / (GRID * GRID) as f64;
        let at = |k: usize, size: f64| ((k as f64 + 0.5) / GRID as f64 - 0.5) * size;
        for step in 0_u64.. {
            let (sine, cosine) = state.yaw_rad.sin_cos();
            let [vx, vy, turning] = state.velocity;
            let mut push = [0.0; 3];
            for i in 0..GRID {
                for j in 0..GRID {
                    let (a, b) = (at(i, size_m[0]), at(j, size_m[1]));
                    let arm = [cosine * a - sine * b, sine * a + cosine * b];
                    let below = self.velocity_at(state.x_m + arm[0], state.y_m + arm[1]);
                    let slip = [vx - turning * arm[1] - below[0], vy + turning * arm[0] - below[1]];
                    let scale = each_mps2 / (slip[0] * slip[0] + slip[1] * slip[1]).sqrt().max(STICKING_MPS);
                    let force = [-scale * slip[0], -scale * slip[1]];
                    push = [push[0] + force[0], push[1] + force[1], push[2] + arm[0] * force[1] - arm[1] * force[0]];
                }
            }
            state.velocity = [vx + push[0] * DT_S, vy + push[1] * DT_S, turning + push[2] / inertia_m2 * DT_S];
            state.x_m += state.velocity[0] * DT_S;
            state.y_m += state.velocity[1] * DT_S;
            state.yaw_rad += state.velocity[2] * DT_S;
            if step % 50 == 0 {
                let (along_m, heading) = self.progress(&state);
                watch(along_m, state.yaw_rad - yaw_rad - heading);
                if along_m > until_m {
                    break;
                }
            }
        }
    }
}
