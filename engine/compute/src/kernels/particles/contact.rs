//! The force between two touching bodies: one written order of + - * / and sqrt on singles. Swapping the two bodies
//! changes the sign of every vector and not one bit more, so a pair may be evaluated once or from both sides.

use super::material::PairConstants;

/// A contact as one of its bodies sees it; vectors point from the other body, or tell motion relative to it.
#[derive(Clone, Copy)]
pub struct Touch {
    /// Unit vector from the other body to this one.
    pub normal: [f32; 3],
    /// Penetration depth [m], positive.
    pub overlap: f32,
    /// 1 / (1/r + 1/r of the other) [m].
    pub radius: f32,
    /// 1 / (1/m + 1/m of the other) [kg].
    pub mass: f32,
    /// Of the material points at the contact [m/s].
    pub velocity: [f32; 3],
    /// [rad/s]
    pub spin: [f32; 3],
    /// Tangential displacement since first touch, less what slipped [m].
    pub shear: [f32; 3],
    /// Rolling angle since first touch, less what gave way [rad].
    pub roll: [f32; 3],
}

/// What a contact does to this body; the other gets the opposite.
#[derive(Clone, Copy)]
pub struct Response {
    /// Along the normal [N], positive when pushing.
    pub push: f32,
    /// In the tangent plane [N].
    pub tangent: [f32; 3],
    /// Of rolling resistance [N m].
    pub moment: [f32; 3],
    pub shear: [f32; 3],
    pub roll: [f32; 3],
}

#[inline(always)]
pub fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    (a[0] * b[0] + a[1] * b[1]) + a[2] * b[2]
}

#[inline(always)]
pub fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[inline(always)]
pub fn add(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

#[inline(always)]
pub fn sub(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[inline(always)]
pub fn scale(a: [f32; 3], by: f32) -> [f32; 3] {
    [a[0] * by, a[1] * by, a[2] * by]
}

/// `a` without its part along `normal`.
#[inline(always)]
fn flatten(a: [f32; 3], normal: [f32; 3]) -> [f32; 3] {
    sub(a, scale(normal, dot(a, normal)))
}

/// A spring of `stiffness` and a damper in the tangent plane, limited to `limit`: force, and the spring's new length,
/// which slips where the limit is reached: it then holds all of the limit. Leaving the damper's part out of it, as some
/// codes do, does not converge: where a contact begins, the damper outgrows stiffness, and the spring is wound up backwards
/// the more the shorter the step. Also used for rolling, where lengths are angles and forces moments.
#[inline(always)]
fn limited_spring(length: [f32; 3], rate: [f32; 3], stiffness: f32, damping: f32, limit: f32, dt: f32) -> ([f32; 3], [f32; 3]) {
    let stretched = add(length, scale(rate, dt));
    let damped = scale(rate, damping);
    let force = add(scale(stretched, stiffness), damped);
    let size_squared = dot(force, force);
    let slips = size_squared > limit * limit;
    let size = if slips { size_squared.sqrt() } else { 1.0 };
    let share = if slips { limit / size } else { 1.0 };
    let kept = scale(force, share);
    let slipped = scale(kept, 1.0 / stiffness);
    let length = if slips { slipped } else { stretched };
    ([-kept[0], -kept[1], -kept[2]], length)
}

/// Hertz and Mindlin (as in Di Renzo and Di Maio 2004, without their micro-slip) or linear springs; Coulomb's limit with
/// a tangential spring that survives slip; rolling resistance as a spring with damping and limit (Ai et al. 2011,
/// model C, with Mindlin's stiffness times the radius squared); linear cohesion.
#[inline(always)]
pub fn respond<const HERTZ: bool, const ROLLING: bool>(touch: &Touch, constants: &PairConstants, dt: f32) -> Response {
    let circle = (touch.radius * touch.overlap).sqrt();
    let stiffening = if HERTZ { circle } else { 1.0 };
    let normal_stiffness = constants.normal * stiffening;
    let shear_stiffness = constants.shear * stiffening;
    let damping = (stiffening * touch.mass).sqrt();
    let speed = dot(touch.velocity, touch.normal);
    let pressed = normal_stiffness * touch.overlap - (constants.normal_damping * damping) * speed;
    // A damper must not pull: there is no glue in it.
    let pressed = if pressed > 0.0 { pressed } else { 0.0 };
    let push = pressed - constants.cohesion * (circle * circle);
    let slide = sub(touch.velocity, scale(touch.normal, speed));
    let (tangent, shear) = limited_spring(
        flatten(touch.shear, touch.normal),
        slide,
        shear_stiffness,
        constants.shear_damping * damping,
        constants.friction * pressed,
        dt,
    );
    let (moment, roll) = if ROLLING {
        let squared = touch.radius * touch.radius;
        limited_spring(
            flatten(touch.roll, touch.normal),
            flatten(touch.spin, touch.normal),
            shear_stiffness * squared,
            (constants.rolling_damping * damping) * squared,
            (constants.rolling_friction * touch.radius) * pressed,
            dt,
        )
    } else {
        ([0.0; 3], [0.0; 3])
    };
    Response { push, tangent, moment, shear, roll }
}
