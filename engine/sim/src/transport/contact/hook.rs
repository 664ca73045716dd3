//! What Rapier asks about a contact before it is solved: friction and restitution of the two materials, the speed of
//! a belt, and whether the contact is only the ghost of an inner edge. Reads a table that is fixed during a step.
//!
//! Every static collider has the hook; pairs with it are never recycled, so belt speed and material are fresh each
//! step. Pairs of parts need it only where Rapier's combine rules cannot say the material table (see `materials.rs`), and where
//! their contacts are searched for.

use super::edges::OuterEdges;
use super::materials::PairTable;
use super::separator::{PAD_FRICTION, PartTag};
use super::sliders::Sliders;
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Cosine between a contact's normal and the surface's, below which the contact is not on the surface [-].
const SURFACE_NORMAL_COSINE: f32 = 0.9;
/// Cosine between a contact's normal and the surface's, below which the contact is with the belt's side, not over its edge [-].
pub const EDGE_NORMAL_COSINE: f32 = 0.2;
/// Cosine between a contact's normal and a fence's up, above which the fence is touched from above or below [-].
const FENCE_NORMAL_COSINE: f32 = 0.5;
/// How far below its surface a belt's edge may be touched without stopping a part [m]. Inner edges of coplanar belts
/// produce contacts with sideways normals within a fraction of a millimetre; steps up to this height are ridden over,
/// as nose rollers do. At 20 mm a real obstacle would be missed.
pub const EDGE_BAND_M: f32 = 0.005;

/// Cosine between a contact's normal and down, above which it pushes through a belt [-]: not what leans on its side.
const THROUGH_COSINE: f32 = 0.5;

/// Slower slip than this needs no direction [m/s]: what sticks creeps a little under the solver, what slides is soon faster.
const SLIP_MIN_MPS: f32 = 1e-3;

/// A static or mechanical collider as the hook sees it. Its index is in the collider's user data.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Surface {
    /// Carries parts: has a speed and inner edges.
    pub belt: bool,
    /// Stops parts with its sides alone: a blade, which comes up through the belt and must not lift or carry.
    pub fence: bool,
    /// Normal of the carrying surface.
    pub up: Vector,
    /// Height of the carrying surface along `up` [m].
    pub top: f32,
    /// Flow direction of a straight; zero on an arc.
    pub forward: Vector,
    /// Centre of an arc.
    pub centre: Vector,
    /// What an arc turns by per metre of its centre line, anticlockwise positive [1/m]; zero on a straight.
    pub turn_per_m: f32,
    /// What a helix rises per metre of its centre line [-]; zero elsewhere.
    pub climb: f32,
    /// Its speed over that of its drive [-].
    pub share: f32,
    /// Of the centre line [m/s].
    pub speed_mps: f32,
    /// The drive whose work it does; `u32::MAX`: nobody's.
    pub drive: u32,
}

pub const NO_DRIVE: u32 = u32::MAX;

impl Surface {
    /// Something solid that does not carry.
    pub fn plain() -> Self {
        Surface {
            belt: false,
            fence: false,
            up: Vector::Z,
            top: 0.0,
            forward: Vector::ZERO,
            centre: Vector::ZERO,
            turn_per_m: 0.0,
            climb: 0.0,
            share: 1.0,
            speed_mps: 0.0,
            drive: NO_DRIVE,
        }
    }
    /// Whether a contact with this normal is with an edge or a side of a belt.
    fn is_beside(&self, normal: Vector) -> bool {
        self.belt && normal.dot(self.up).abs() < SURFACE_NORMAL_COSINE
    }
    /// Whether a contact with this normal is driven: a belt drives with its carrying side and its edges, not with its sides.
    pub fn carries_with(&self, normal: Vector) -> bool {
        !self.belt || normal.dot(self.up).abs() >= EDGE_NORMAL_COSINE
    }
    /// Whether a contact would push a part that is over the belt down through it: no contact does. Between a part and a sector of
    /// a curve that it just reaches, the search for the shallowest way out now and then finds the one through both of them,
    /// a third of a metre long, and the part was thrown over. `outward`: the normal, from the belt to the part.
    fn pushes_through(&self, outward: Vector, centre: impl FnOnce() -> Vector) -> bool {
        self.belt && outward.dot(self.up) < -THROUGH_COSINE && centre().dot(self.up) > self.top
    }
    /// Whether it carries parts, and its drive stands.
    pub fn stands(&self) -> bool {
        self.belt && self.drive != NO_DRIVE && self.speed_mps == 0.0
    }
    /// Velocity of the surface at `point` [m/s].
    pub fn velocity_at(&self, point: Vector) -> Vector {
        if self.turn_per_m == 0.0 {
            return self.forward * self.speed_mps;
        }
        let arm = point - self.centre;
        // A helix moves as a screw: its surface glides along itself.
        Vector::new(-arm.y, arm.x, 0.0) * (self.turn_per_m * self.speed_mps) + Vector::Z * (self.climb * self.speed_mps)
    }
}

/// What a collider's user data says: who it is to the hook and to the senses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Index into the surfaces; `None`: a part.
    pub surface: Option<u32>,
    pub material: u32,
    /// Whether its contacts are found by a search, which may end in a wrong one: those between two boxes are computed.
    pub searched: bool,
    /// Source and serial of a part.
    pub part: [u32; 2],
}

/// Beside the material.
const SEARCHED: u32 = 1 << 31;

fn is_searched(shape: &dyn Shape) -> bool {
    match shape.as_typed_shape() {
        TypedShape::Cuboid(_) => false,
        TypedShape::Compound(compound) => compound.shapes().iter().any(|(_, inner)| is_searched(&**inner)),
        _ => true,
    }
}

impl Tag {
    pub fn surface(index: usize, material: u32, shape: &dyn Shape) -> Self {
        let surface = Some(u32::try_from(index).expect("surfaces stay far below 2^32"));
        Tag { surface, material, searched: is_searched(shape), part: [0; 2] }
    }
    pub fn part(source: u32, serial: u32, material: u32, shape: &dyn Shape) -> Self {
        Tag { surface: None, material, searched: is_searched(shape), part: [source, serial] }
    }
    pub fn encode(self) -> u128 {
        let surface = self.surface.map_or(0, |index| index + 1);
        let material = self.material | if self.searched { SEARCHED } else { 0 };
        u128::from(surface) | u128::from(material) << 32 | u128::from(self.part[0]) << 64 | u128::from(self.part[1]) << 96
    }
    pub fn decode(data: u128) -> Self {
        // Each field is one 32-bit word of the data.
        let word = |at: u32| (data >> at) as u32;
        let (surface, searched) = (word(0).checked_sub(1), word(32) & SEARCHED != 0);
        Tag { surface, material: word(32) & !SEARCHED, searched, part: [word(64), word(96)] }
    }
}

/// Rapier adds `tangent_velocity` to the motion of the *first* collider's surface, so a belt that is second in the
/// pair needs the opposite sign.
fn tangent_velocity(belt_velocity: Vector, belt_is_first: bool) -> Vector {
    if belt_is_first { belt_velocity } else { -belt_velocity }
}

pub struct ContactHook<'a> {
    pub surfaces: &'a [Surface],
    pub edges: &'a OuterEdges,
    pub pairs: &'a PairTable,
    pub sliders: &'a Sliders,
    /// Parts on the brake pads of a separator.
    pub braked: &'a [PartTag],
}

/// Deeper than this contacts are held against how far their shapes are in each other [m], and what that must be of it [-].
const DOUBTFUL_M: f32 = 0.005;
const BELIEVED_SHARE: f32 = 0.5;

/// Whether contacts tell of an overlap that is not there. The search for them goes on from the last normal, and now and then ends
/// in a wrong one: a bottle that stood on its belt was 49 mm deep in it, sideways, and thrown over. One from the start finds
/// none there.
fn is_imagined([first, second]: [&Collider; 2], deepest: f32) -> bool {
    if deepest >= -DOUBTFUL_M {
        return false;
    }
    match rapier3d::parry::query::contact(first.position(), first.shape(), second.position(), second.shape(), 0.0) {
        Ok(Some(found)) => found.dist > BELIEVED_SHARE * deepest,
        Ok(None) => true,
        // Two shapes that it does not know.
        Err(_) => false,
    }
}

impl PhysicsHooks for ContactHook<'_> {
    fn modify_solver_contacts(&self, context: &mut ContactModificationContext) {
        let colliders = [context.collider1, context.collider2].map(|collider| &context.colliders[collider]);
        let [first, second] = colliders.map(|collider| Tag::decode(collider.user_data));
        let (body1, body2, bodies) = (context.rigid_body1, context.rigid_body2, context.bodies);
        let Some(manifold) = context.rigid_mut() else { return };
        let deepest = || manifold.solver_contacts.iter().map(|contact| contact.dist).fold(0.0, f32::min);
        if (first.searched || second.searched) && is_imagined(colliders, deepest()) {
            manifold.solver_contacts.clear();
            return;
        }
        (*manifold.friction, *manifold.restitution) = self.pairs.get(first.material, second.material);
        let (index, belt_is_first) = match (first.surface, second.surface) {
            (Some(index), _) => (index, true),
            (None, Some(index)) => (index, false),
            (None, None) => return,
        };
        let surface = &self.surfaces[index as usize];
        if surface.fence && manifold.normal.dot(surface.up).abs() > FENCE_NORMAL_COSINE {
            manifold.solver_contacts.clear();
            return;
        }
        let (part, other) = if belt_is_first { (body2, body1) } else { (body1, body2) };
        let outward = if belt_is_first { *manifold.normal } else { -*manifold.normal };
        if part.is_some_and(|part| surface.pushes_through(outward, || bodies[part].center_of_mass())) {
            manifold.solver_contacts.clear();
            return;
        }
        if surface.is_beside(*manifold.normal) {
            let touched = |contact: &SolverContact| if belt_is_first { contact.anchor1 } else { contact.anchor2 };
            let is_at_top = |contact: &SolverContact| surface.top - touched(contact).dot(surface.up) <= EDGE_BAND_M;
            let deepest = manifold.solver_contacts.iter().min_by(|a, b| a.dist.total_cmp(&b.dist));
            if manifold.solver_contacts.iter().all(is_at_top)
                && !deepest.is_some_and(|contact| self.edges.tips_over(index, surface, outward, touched(contact)))
            {
                manifold.solver_contacts.clear();
                return;
            }
        }
        if !surface.carries_with(*manifold.normal) {
            return;
        }
        let part_tag = if belt_is_first { second.part } else { first.part };
        if surface.belt && self.braked.contains(&part_tag) {
            // The part stands on pads instead of the running belt.
            *manifold.friction = PAD_FRICTION;
            return;
        }
        // The correction is for a part against something that cannot give way.
        let other = other.map(|other| &bodies[other]);
        let yields = other.is_some_and(RigidBody::is_dynamic);
        // A platform that travels takes its belt along; the solver adds that by itself.
        let carrier = other.filter(|other| other.is_kinematic());
        let slipping = part.filter(|_| !yields).map(|part| self.sliders.get(part, bodies));
        if let Some(slipping) = slipping.as_ref().filter(|_| *manifold.restitution > 0.0) {
            slipping.gather_flat_impact(manifold.solver_contacts, *manifold.normal, &surface.velocity_at(slipping.centre));
        }
        let mut work = FrictionWork::default();
        for contact in manifold.solver_contacts.iter_mut() {
            let point = if belt_is_first { contact.anchor1 } else { contact.anchor2 };
            let mut velocity = surface.velocity_at(point);
            if let Some(slipping) = &slipping {
                let carried = carrier.map_or(velocity, |carrier| velocity + carrier.velocity_at_point(point));
                let slip = slipping.slip(point, *manifold.normal, carried);
                if FrictionWork::counts(slip) {
                    let last = &manifold.manifold.points[(contact.contact_id[0] & !NEW_CONTACT_BIT) as usize].data;
                    let on_part = if belt_is_first { -last.warmstart_tangent_world } else { last.warmstart_tangent_world };
                    work.add(slip, on_part, *manifold.friction * last.warmstart_impulse);
                }
                velocity += slipping.correction(point, slip);
            }
            // What points along the normal the solver would take for a surface that moves into the part, or away from it.
            velocity -= *manifold.normal * velocity.dot(*manifold.normal);
            contact.tangent_velocity = tangent_velocity(velocity, belt_is_first);
        }
        if surface.belt && slipping.is_some() {
            *manifold.friction *= work.regain(manifold.user_data);
        }
    }
}

/// How fast the friction of a slipping part is brought to what Coulomb's law gives [-], per step, how fast a part that
/// sticks forgets it, and the most that is given.
const REGAIN_RATE: f32 = 0.2;
const REGAIN_FORGOTTEN: f32 = 0.2;
const REGAIN_MAX: f32 = 0.1;
/// Where friction takes less than this of what its limit would, the part sticks [-].
const SLIDING_SHARE: f32 = 0.85;
/// A part that slips more slowly sticks as well [m/s]: what it was given is forgotten, so that it can break loose.
const CREEP_MPS: f32 = 0.001;
/// At a faster slip friction builds up at once, and nothing is missing [m/s].
const SLOW_MPS: f32 = 0.15;
/// Rapier's flag of a contact that is new, beside its index.
const NEW_CONTACT_BIT: u32 = 1 << 31;

/// What friction took from a slipping part in the last substep, and what it should have taken.
///
/// A solver that goes from contact to contact lets the load swing between the corners of a box. A contact whose load comes
/// back builds its friction up again at the rate of its slip, so that a slowly slipping box has up to 5 % less friction than
/// its loads allow, and creeps on a slope on which it should rest. The coefficient is raised until the friction takes as
/// much as the coefficient and the loads say.
#[derive(Default)]
struct FrictionWork {
    /// [J/s times the substep]
    taken: f32,
    due: f32,
}

impl FrictionWork {
    /// Whether friction at this slip is to be looked at: the impulses of the last step are memory that nothing else reads.
    fn counts(slip: Vector) -> bool {
        (CREEP_MPS * CREEP_MPS..SLOW_MPS * SLOW_MPS).contains(&slip.length_squared())
    }

    /// `limit`: coefficient times normal impulse.
    fn add(&mut self, slip: Vector, on_part: Vector, limit: f32) {
        self.taken -= on_part.dot(slip);
        self.due += limit * slip.length();
    }

    /// By what to multiply the coefficient. `memory`: bits of what is added to 1, kept by the manifold from step to step.
    fn regain(&self, memory: &mut u32) -> f32 {
        let mut more = f32::from_bits(*memory);
        if self.taken > SLIDING_SHARE * self.due {
            more = (more + REGAIN_RATE * (self.due / self.taken - 1.0)).clamp(0.0, REGAIN_MAX);
        } else {
            more *= 1.0 - REGAIN_FORGOTTEN;
        }
        *memory = more.to_bits();
        1.0 + more
    }
}

/// Slower impacts than this leave nothing to see of their rebound [m/s].
const IMPACT_MIN_MPS: f32 = 0.3;
/// An impact is flat where its contacts close equally fast to this fraction [-], and straight where the slip is less
/// than this fraction of the closing speed [-].
const FLAT_FRACTION: f32 = 0.02;
const STRAIGHT_FRACTION: f32 = 0.1;

/// What a slip's correction asks of a body, read once for all its contacts.
#[derive(Clone, Copy, Default)]
pub struct Slipping {
    centre: Vector,
    linear: Vector,
    angular: Vector,
    /// Zero: nothing is known of the body.
    inverse_mass: f32,
    inverse_inertia: AngularInertia,
}

impl Slipping {
    pub fn is_known(&self) -> bool {
        self.inverse_mass != 0.0
    }

    pub fn new(part: &RigidBody) -> Self {
        let properties = part.mass_properties();
        Slipping {
            centre: part.center_of_mass(),
            linear: part.linvel(),
            angular: part.angvel(),
            inverse_mass: properties.local_mprops.inv_mass,
            inverse_inertia: properties.effective_world_inv_inertia,
        }
    }

    /// Of the part over the surface at `point`, without what is along the normal [m/s].
    fn slip(&self, point: Vector, normal: Vector, surface_velocity: Vector) -> Vector {
        let relative = self.linear + self.angular.cross(point - self.centre) - surface_velocity;
        let slip = relative - normal * relative.dot(normal);
        if slip.length_squared() < SLIP_MIN_MPS * SLIP_MIN_MPS { Vector::ZERO } else { slip }
    }

    /// Moves the contacts of a flat, straight impact below the centre of mass, where one contact would be.
    ///
    /// Rapier gives each contact its rebound once, one after the other. At the corners of a box each takes back what
    /// the one before has given: a flat carton kept 0.36 of its speed where 0.5 was set, and came up spinning. Below the
    /// centre the first contact's impulse is right for all. In an impact that is not flat the corners differ, and stay.
    fn gather_flat_impact(&self, contacts: &mut SolverContacts, normal: Vector, surface_velocity: &Vector) {
        let closing = self.linear.dot(normal);
        if contacts.len() < 2 || closing.abs() < IMPACT_MIN_MPS {
            return;
        }
        let lateral = |vector: Vector| vector - normal * vector.dot(normal);
        let slip = lateral(self.linear - *surface_velocity);
        let flat = |contact: &SolverContact| {
            let turning = self.angular.cross(contact.anchor1 - self.centre).dot(normal);
            turning.abs() <= FLAT_FRACTION * closing.abs()
        };
        if slip.length() > STRAIGHT_FRACTION * closing.abs() || !contacts.iter().all(flat) {
            return;
        }
        // The centre must be between the contacts, or the part would tip over them.
        let first = lateral(contacts[0].anchor1 - self.centre);
        let mut sides = [false; 3];
        for contact in contacts.iter() {
            let arm = lateral(contact.anchor1 - self.centre);
            let turn = first.cross(arm).dot(normal);
            sides = [sides[0] | (arm.dot(first) < 0.0), sides[1] | (turn > 0.0), sides[2] | (turn < 0.0)];
        }
        if sides == [true; 3] {
            for contact in contacts.iter_mut() {
                let shift = lateral(self.centre - contact.anchor1);
                contact.anchor1 += shift;
                contact.anchor2 += shift;
            }
        }
    }

    /// What to add to a surface's velocity so that sliding friction points against the slip.
    ///
    /// For a contact that slides with v, Rapier's Coulomb solver finds the impulse that would stop it, -K^-1 v, and cuts it
    /// to the friction cone. K holds the body's inertia as seen from the contact, so that for a corner the impulse is turned
    /// away from v: the corners' sideways parts cancel, and a carton slides with up to 9 % less friction than its
    /// coefficient says (measured on an incline, 0.4 x 0.3 x 0.1 m). Asking instead for v - K v / (v K v / v v) makes the
    /// uncut impulse parallel to v and leaves the component along v as it was; it is linear in v, so nothing changes for a
    /// contact that sticks.
    fn correction(&self, point: Vector, slip: Vector) -> Vector {
        let arm = point - self.centre;
        let slip_squared = slip.length_squared();
        if slip_squared == 0.0 {
            return Vector::ZERO;
        }
        let spin = self.inverse_inertia * arm.cross(slip);
        let moved = slip * self.inverse_mass + spin.cross(arm);
        slip - moved * (slip_squared / moved.dot(slip))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::contact::materials::PairTable;

    fn belt(surface: &mut Surface) -> Surface {
        surface.belt = true;
        surface.forward = Vector::X;
        surface.speed_mps = 0.7;
        *surface
    }

    #[test]
    fn no_contact_pushes_a_part_down_through_its_belt() {
        let mut surface = belt(&mut Surface::plain());
        surface.top = 0.8;
        let over = || Vector::new(0.0, 0.0, 0.9);
        assert!(surface.pushes_through(Vector::new(0.1, 0.0, -0.99), over));
        assert!(!surface.pushes_through(Vector::Z, over), "it carries");
        assert!(!surface.pushes_through(Vector::new(1.0, 0.0, -0.01), over), "it leans on the side");
        assert!(!surface.pushes_through(-Vector::Z, || Vector::ZERO), "what is below is held down");
        assert!(!Surface::plain().pushes_through(-Vector::Z, over), "no belt");
    }

    #[test]
    fn a_deep_contact_is_believed_where_the_shapes_overlap() {
        let belt = ColliderBuilder::cuboid(1.0, 0.1, 0.05).translation(Vector::new(0.0, 0.0, -0.05)).build();
        let bottle_at = |height_m: f32| {
            let upright = Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2);
            let place = Pose3::from_parts(Vector::new(0.2, 0.0, 0.11 + height_m), upright);
            ColliderBuilder::cylinder(0.11, 0.035).position(place).build()
        };
        let imagined = |height_m: f32, deepest: f32| is_imagined([&belt, &bottle_at(height_m)], deepest);
        assert!(imagined(0.0, -0.049), "it stands on the belt");
        assert!(imagined(0.01, -0.049), "it is above the belt");
        assert!(!imagined(-0.03, -0.03), "it is in the belt");
        assert!(!imagined(0.0, -0.004), "what is not deep is not looked at");
    }

    /// Rapier orders a pair by insertion, so a belt may be first or second: it must carry the same way in both.
    #[test]
    fn a_belt_carries_forward_in_both_pair_orders() {
        for part_first in [false, true] {
            let mut world = PhysicsWorld::new();
            world.gravity = Vector::new(0.0, 0.0, -9.81);
            let surfaces = [belt(&mut Surface::plain())];
            let pairs = PairTable::uniform(0.5, 0.0);
            let add_belt = |world: &mut PhysicsWorld| {
                let collider = ColliderBuilder::cuboid(4.0, 0.5, 0.05)
                    .user_data(Tag::surface(0, 0, &Cuboid::new(Vector::ONE)).encode())
                    .active_hooks(ActiveHooks::MODIFY_SOLVER_CONTACTS);
                world.insert(RigidBodyBuilder::fixed().translation(Vector::new(0.0, 0.0, -0.05)), collider);
            };
            if !part_first {
                add_belt(&mut world);
            }
            let body = RigidBodyBuilder::dynamic().translation(Vector::new(-2.0, 0.0, 0.1));
            let (part, _) = world.insert(body, ColliderBuilder::cuboid(0.1, 0.1, 0.1).mass(2.0));
            if part_first {
                add_belt(&mut world);
            }
            for _ in 0..60 {
                let (edges, sliders) = (OuterEdges::default(), Sliders::default());
                world.step_with_events(
                    &ContactHook { surfaces: &surfaces, edges: &edges, pairs: &pairs, sliders: &sliders, braked: &[] },
                    &(),
                );
            }
            let speed = world.bodies[part].linvel().x;
            assert!((speed - 0.7).abs() < 0.007, "part first: {part_first}, speed {speed}");
        }
    }

    #[test]
    fn a_tag_survives_its_encoding() {
        let (flat, round) = (Cuboid::new(Vector::ONE), Ball::new(1.0));
        for tag in [Tag::surface(0, 3, &flat), Tag::surface(70_000, 0, &round), Tag::part(5, u32::MAX, 2, &round)] {
            assert_eq!(Tag::decode(tag.encode()), tag);
        }
        assert!(!Tag::surface(0, 3, &flat).searched && Tag::part(5, 1, 2, &round).searched);
    }
}
