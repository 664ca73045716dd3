//! A part as a body of the world and as the senses follow it: its shape's extent in any direction, where it is along
//! its lane, which spots and ports it is passing. Knows nothing about what is reported of it.

use super::coasting::{Coaster, Rest};
use super::energy::Ledger;
use super::hook::Tag;
use super::materials::PartPairs;
use super::stance::Stance;
use super::world::{part_groups, shade_groups, vector};
use crate::load;
use crate::parts::{DrawnShape, Part, PartId};
use crate::transport::mixed::Shade;
use linetwin_model::geometry::{Vec3, dot};
use linetwin_model::scene::{ElementId, PortId, SpotId};
use linetwin_model::{Scene, Time};
use rapier3d::prelude::*;
use serde::{Deserialize, Serialize};

/// Turns parry's cylinder, whose axis is y, upright: 90 degrees about x.
const UPRIGHT: [f32; 4] = [std::f32::consts::FRAC_1_SQRT_2, 0.0, 0.0, std::f32::consts::FRAC_1_SQRT_2];

/// How far a shape reaches from its centre.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Extent {
    /// Half length, width, height [m].
    Box([f64; 3]),
    /// Upright, [m]: flat ends, or spherical ones within the half height.
    Round { radius_m: f64, half_height_m: f64, caps: bool },
}

impl Extent {
    pub fn new(shape: &DrawnShape) -> Self {
        match *shape {
            DrawnShape::Cylinder { diameter_m, height_m } => {
                Extent::Round { radius_m: diameter_m / 2.0, half_height_m: height_m / 2.0, caps: false }
            }
            DrawnShape::Capsule { diameter_m, height_m } => {
                Extent::Round { radius_m: diameter_m / 2.0, half_height_m: height_m.max(diameter_m) / 2.0, caps: true }
            }
            DrawnShape::Box { .. } | DrawnShape::OpenBox { .. } | DrawnShape::Loaded(_) | DrawnShape::ConvexHull { .. } => {
                Extent::Box(shape.size_m().map(|size| size / 2.0))
            }
        }
    }

    /// From the centre to the outermost face along a unit `direction` [m], for a shape turned by `axes`.
    pub fn along(&self, axes: &Axes, direction: Vec3) -> f64 {
        match *self {
            Extent::Box(half) => (0..3).map(|k| half[k] * dot(axes.0[k], direction).abs()).sum(),
            Extent::Round { radius_m, half_height_m, caps } => {
                let upright = dot(axes.0[2], direction).abs().min(1.0);
                if caps {
                    (half_height_m - radius_m) * upright + radius_m
                } else {
                    half_height_m * upright + radius_m * (1.0 - upright * upright).sqrt()
                }
            }
        }
    }

    /// Radius of a sphere about the centre that holds the shape [m].
    pub fn radius_m(&self) -> f64 {
        match *self {
            Extent::Box(half) => dot(half, half).sqrt(),
            Extent::Round { radius_m, half_height_m, .. } => (radius_m * radius_m + half_height_m * half_height_m).sqrt(),
        }
    }
}

/// A part's x, y and z axes in world space.
#[derive(Clone, Copy, Debug)]
pub struct Axes(pub [Vec3; 3]);

impl Axes {
    pub fn new(rotation: &Rotation) -> Self {
        let matrix = Matrix::from_quat(*rotation);
        let column = |v: Vector| [f64::from(v.x), f64::from(v.y), f64::from(v.z)];
        Axes([column(matrix.x_axis), column(matrix.y_axis), column(matrix.z_axis)])
    }
}

/// Another lane that the part reaches into, seen from its own: its arc length there is `along_m + offset_m`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub lane: u32,
    /// Tells apart two views of one lane, where a closed loop goes on as itself: one more beyond each seam.
    pub lap: u32,
    pub offset_m: f64,
    /// Index of the first of the lane's spots that the leading face has not reached.
    pub next_spot: u32,
}

/// The lanes that a part is seen on. Its own stands in the body itself: it is read in every step, most parts have no
/// other, and a list would be one more place in memory to wait for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Views {
    own: View,
    others: Vec<View>,
}

impl Views {
    pub fn on(lane: u32, next_spot: u32) -> Self {
        Views { own: View { lane, lap: 0, offset_m: 0.0, next_spot }, others: Vec::new() }
    }

    pub fn iter(&self) -> impl Iterator<Item = &View> {
        std::iter::once(&self.own).chain(&self.others)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut View> {
        std::iter::once(&mut self.own).chain(&mut self.others)
    }

    pub fn find(&self, lane: u32, lap: u32) -> Option<&View> {
        self.iter().find(|view| (view.lane, view.lap) == (lane, lap))
    }

    /// The lap at which the part's own lane goes on as `lane`.
    fn lap_on(&self, lane: u32) -> u32 {
        if lane == self.own.lane { self.own.lap.wrapping_add(1) } else { 0 }
    }

    pub fn is_own(&self, lane: u32, lap: u32) -> bool {
        (self.own.lane, self.own.lap) == (lane, lap)
    }

    /// `offset_m`: arc length on `lane` minus that on the part's own.
    pub fn look_ahead(&mut self, lane: u32, offset_m: f64) {
        let lap = self.lap_on(lane);
        if self.find(lane, lap).is_none() {
            self.others.push(View { lane, lap, offset_m, next_spot: 0 });
        }
    }

    /// `lane` becomes the part's own; `shift_m` is arc length there minus that on the old.
    pub fn go_on(&mut self, lane: u32, shift_m: f64) {
        let lap = self.lap_on(lane);
        self.look_ahead(lane, shift_m);
        if let Some(known) = self.others.iter_mut().find(|view| (view.lane, view.lap) == (lane, lap)) {
            std::mem::swap(known, &mut self.own);
        }
        self.own.offset_m = 0.0;
        for old in &mut self.others {
            old.offset_m -= shift_m;
        }
    }

    /// Forgets lanes that the trailing face has left; never the part's own.
    pub fn forget(&mut self, gone: impl Fn(u32) -> bool) {
        self.others.retain(|view| !gone(view.lane));
    }

    /// Of `lane`, the part's own view first.
    pub fn on_lane(&self, lane: u32) -> impl Iterator<Item = &View> {
        self.iter().filter(move |view| view.lane == lane)
    }
}

/// A spot between `Arrived` and `Left`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passing {
    pub spot: SpotId,
    /// The view that it is seen in.
    pub lane: u32,
    pub lap: u32,
    pub centred: bool,
    pub held: bool,
    /// At a light grid: the largest extents seen so far, along, across and above [m].
    pub seen_m: [f64; 3],
    /// Leading and trailing face beyond the plane at the spot's end, where a blade stands [m]. Where the path turns, a corner
    /// is there before the arc length of the face is.
    pub lead_beyond_m: f64,
    pub trail_beyond_m: f64,
}

impl Passing {
    /// `view`: lane and lap.
    pub fn of(spot: SpotId, view: (u32, u32), centred: bool) -> Self {
        let (lane, lap) = view;
        Passing { spot, lane, lap, centred, held: false, seen_m: [0.0; 3], lead_beyond_m: 0.0, trail_beyond_m: 0.0 }
    }
}

/// A port whose plane the centre has crossed and the trailing face has not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clearing {
    pub element: ElementId,
    pub port: PortId,
}

/// Arc lengths along the part's lane [m].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Along {
    pub trail_m: f64,
    pub centre_m: f64,
    pub lead_m: f64,
}

impl Along {
    pub fn shifted(self, by_m: f64) -> Self {
        Along { trail_m: self.trail_m + by_m, centre_m: self.centre_m + by_m, lead_m: self.lead_m + by_m }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Where {
    OnLane,
    /// Fallen: reported once, then left alone.
    OnFloor,
    /// Its state went non-finite and Rapier disabled it.
    Invalid,
}

#[derive(Serialize, Deserialize)]
pub struct Body {
    pub id: PartId,
    pub handle: RigidBodyHandle,
    pub collider: ColliderHandle,
    pub extent: Extent,
    pub place: Where,
    pub lane: u32,
    /// As the senses know it: that of the step before while they follow.
    pub position: Vec3,
    pub along: Along,
    /// Of the centre beside and above the lane's centre line [m].
    pub left_m: f64,
    pub above_m: f64,
    pub views: Views,
    pub passing: Vec<Passing>,
    pub clearing: Vec<Clearing>,
    /// Consecutive steps slower than the threshold.
    pub slow_steps: u32,
    pub standing_since: Option<Time>,
    /// Since when it stands although nothing legitimate keeps it.
    pub loose_since: Option<Time>,
    pub jammed_on: Option<ElementId>,
    /// Who was first in its pile-up when its jam began.
    pub jam_head: Option<PartId>,
    pub stance: Stance,
    /// Consecutive looks that found it overlapping something by more than the tolerance.
    pub deep_looks: u32,
    pub overlaps: bool,
    pub energy: Ledger,
    pub rest: Rest,
    /// In how many steps in a row it rested on its belt since it was last refused to coast.
    pub rest_steps: u32,
    /// After how many it is tried.
    pub wait_steps: u32,
    /// While its belt carries it in closed form.
    pub coaster: Option<Coaster>,
}

impl Body {
    pub fn standing(&self) -> bool {
        self.standing_since.is_some()
    }

    /// Arc lengths on `lane`; none where it is not straight on from the part's own, two over the seam of a loop.
    pub fn along_on(&self, lane: u32) -> impl Iterator<Item = Along> + '_ {
        self.views.on_lane(lane).map(|view| self.along.shifted(view.offset_m))
    }

    /// Arc lengths in one view.
    pub fn along_in(&self, lane: u32, lap: u32) -> Option<Along> {
        self.views.find(lane, lap).map(|view| self.along.shifted(view.offset_m))
    }
}

/// The collider of a part: shape, mass properties, material, identity.
pub fn collider_of(scene: &Scene, id: PartId, part: &Part, pairs: PartPairs) -> ColliderBuilder {
    let builder = match &part.shape {
        DrawnShape::Box { size_m } => ColliderBuilder::cuboid(half(size_m[0]), half(size_m[1]), half(size_m[2])),
        DrawnShape::OpenBox { .. } | DrawnShape::Loaded(_) => {
            let block = |block: load::Block| {
                let [length, width, height] = block.size_m.map(half);
                (Pose::from_translation(vector(block.centre_m)), SharedShape::cuboid(length, width, height))
            };
            ColliderBuilder::compound(load::blocks(&part.shape).into_iter().map(block).collect())
        }
        DrawnShape::Cylinder { diameter_m, height_m } => ColliderBuilder::cylinder(half(*height_m), half(*diameter_m)),
        DrawnShape::Capsule { diameter_m, height_m } => {
            ColliderBuilder::capsule_z(half((height_m - diameter_m).max(0.0)), half(*diameter_m))
        }
        DrawnShape::ConvexHull { points_m } => {
            let points: Vec<Vector> = points_m.iter().map(|&point| vector(point)).collect();
            let size = part.shape.size_m();
            // Points in one plane have no hull; the check refuses them, so the box stands for rounding alone.
            ColliderBuilder::convex_hull(&points).unwrap_or_else(|| ColliderBuilder::cuboid(half(size[0]), half(size[1]), half(size[2])))
        }
    };
    let upright = upright(part);
    let mass = mass_of(&*builder.shape, part);

    let material = material_of(scene, part);
    let own = scene.materials.pair(material, material);
    let tag = Tag::part(id.source.0, id.serial, material.0, &*builder.shape);
    // The hook also looks at what was found by a search.
    let hooks = match pairs {
        PartPairs::Rules { .. } if !tag.searched => ActiveHooks::empty(),
        _ => ActiveHooks::MODIFY_SOLVER_CONTACTS,
    };
    let mut builder = builder
        .position(Pose::from_parts(Vector::ZERO, upright))
        .mass_properties(mass)
        .friction(own.friction as f32)
        .restitution(own.restitution as f32)
        .active_hooks(hooks)
        .collision_groups(part_groups())
        .user_data(tag.encode());
    if let PartPairs::Rules { friction, restitution } = pairs {
        builder = builder.friction_combine_rule(friction).restitution_combine_rule(restitution);
    }
    builder
}

/// The collider of what bodies meet of a token.
pub fn shade_collider(scene: &Scene, shade: &Shade, part: &Part, pairs: PartPairs) -> ColliderBuilder {
    let [length, width, height] = shade.half_m.map(|half_m| half_m as f32);
    let mut builder = collider_of(scene, shade.part, part, pairs).position(Pose::IDENTITY);
    builder.shape = SharedShape::cuboid(length, width, height);
    let tag = Tag::part(shade.part.source.0, shade.part.serial, material_of(scene, part).0, &*builder.shape);
    // Bodies alone meet it: what else moves is moved by what it does on the other side.
    builder.user_data(tag.encode()).collision_groups(shade_groups())
}

/// The rotation of a part's collider in its body.
fn upright(part: &Part) -> Rotation {
    if matches!(part.shape, DrawnShape::Cylinder { .. }) {
        Rotation::from_xyzw(UPRIGHT[0], UPRIGHT[1], UPRIGHT[2], UPRIGHT[3])
    } else {
        Rotation::IDENTITY
    }
}

/// Inertia of the shape, scaled to the part's mass, moved with its centre of mass.
pub fn mass_of(shape: &dyn Shape, part: &Part) -> MassProperties {
    let centre = vector(part.centre_of_mass_m);
    if let Some(inertia) = part.inertia_kgm2 {
        return MassProperties::new(centre, part.mass_kg as f32, vector(inertia));
    }
    let mut mass = shape.mass_properties(1.0);
    mass.set_mass(part.mass_kg as f32, true);
    if matches!(part.shape, DrawnShape::OpenBox { .. } | DrawnShape::Loaded(_)) {
        mass.local_com = centre;
    } else {
        mass.local_com += upright(part).inverse() * centre;
    }
    mass
}

pub fn material_of(scene: &Scene, part: &Part) -> linetwin_model::scene::MaterialId {
    scene.part_types[part.part_type.index()].variants[part.variant as usize].material
}

fn half(size: f64) -> f32 {
    (size / 2.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_of_a_box_and_a_tilted_cylinder_are_those_of_geometry() {
        let axes = Axes([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        let boxed = Extent::new(&DrawnShape::Box { size_m: [0.4, 0.3, 0.2] });
        assert!((boxed.along(&axes, [0.6, 0.8, 0.0]) - (0.2 * 0.6 + 0.15 * 0.8)).abs() < 1e-12);
        let round = Extent::new(&DrawnShape::Cylinder { diameter_m: 0.2, height_m: 1.0 });
        assert!((round.along(&axes, [0.8, 0.0, 0.6]) - (0.5 * 0.6 + 0.1 * 0.8)).abs() < 1e-12);
    }

    #[test]
    fn a_cylinder_stands_upright() {
        let rotation = Rotation::from_xyzw(UPRIGHT[0], UPRIGHT[1], UPRIGHT[2], UPRIGHT[3]);
        assert!((rotation * Vector::Y - Vector::Z).length() < 1e-6);
    }
}
