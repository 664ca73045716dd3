//! Builds everything solid that a scene names: floor, belts, beds, fixtures (rails: see `rails.rs`). Decides shapes, not speeds: drives
//! set those later. Order of insertion is the order of the scene's tables, for Rapier's results depend on it.

use super::hook::{NO_DRIVE, Surface, Tag};
use super::layout::{Layout, climb, turn_centre, turn_per_m};
use super::owners::{Owner, Owners};
use linetwin_model::Scene;
use linetwin_model::geometry::{Path, Pose as Place, Segment, Vec3, add, dot, scale};
use linetwin_model::joint::end_cut;
use linetwin_model::scene::{Conveyor, Diverter, DiverterDevice, DriveId, MaterialId, Strip, Surfaced};
use rapier3d::prelude::*;

/// Thickness of a belt's collider [m]: thick enough that nothing passes through at line speeds.
const BELT_THICKNESS_M: f64 = 0.1;
/// Angle of the largest sector that one convex prism stands for [rad]: 15 degrees.
const SECTOR_ANGLE: f64 = std::f64::consts::PI / 12.0;
/// On a helix, whose sectors are slightly twisted, each top is two triangles: a part lies on several of 3.75 degrees.
const HELIX_SECTOR_ANGLE: f64 = std::f64::consts::PI / 48.0;
/// The inner radius of a belt that turns about its own edge [m].
pub const RADIUS_MIN_M: f64 = 0.01;
/// The floor's reach beyond everything on it, and its thickness [m].
const FLOOR_MARGIN_M: f64 = 20.0;
const FLOOR_THICKNESS_M: f64 = 1.0;

/// Who collides with whom: parts with everything, everything else with parts alone.
pub const PART_GROUP: Group = Group::GROUP_1;
pub const SOLID_GROUP: Group = Group::GROUP_2;

pub fn solid_groups() -> InteractionGroups {
    InteractionGroups::new(SOLID_GROUP, PART_GROUP, InteractionTestMode::And)
}

pub fn part_groups() -> InteractionGroups {
    InteractionGroups::new(PART_GROUP, PART_GROUP | SOLID_GROUP, InteractionTestMode::And)
}

/// What is solid for parts alone.
pub fn shade_groups() -> InteractionGroups {
    InteractionGroups::new(PART_GROUP, PART_GROUP, InteractionTestMode::And)
}

pub fn vector(a: Vec3) -> Vector {
    Vector::new(a[0] as f32, a[1] as f32, a[2] as f32)
}

pub fn point(a: Vector) -> Vec3 {
    [f64::from(a.x), f64::from(a.y), f64::from(a.z)]
}

/// The body pose whose x, y, z axes are the place's forward, left, up.
pub fn pose(place: &Place) -> Pose {
    let axes = Matrix::from_cols(vector(place.forward), vector(place.left), vector(place.up()));
    Pose::from_parts(vector(place.position), Rotation::from_mat3(&axes).normalize())
}

/// A world under construction, and the surfaces its colliders point to.
pub struct Builder<'a> {
    pub scene: &'a Scene,
    pub world: PhysicsWorld,
    pub surfaces: Vec<Surface>,
    /// By surface.
    pub colliders: Vec<ColliderHandle>,
    pub owners: Owners,
    /// By diverter: the surface of its stretch.
    pub stretches: Vec<usize>,
}

impl<'a> Builder<'a> {
    pub fn new(scene: &'a Scene) -> Self {
        let mut world = PhysicsWorld::new();
        world.gravity = Vector::new(0.0, 0.0, -scene.physics.gravity_mps2 as f32);
        let parameters = &mut world.integration_parameters;
        parameters.dt = scene.step.seconds() as f32;
        parameters.friction_model = FrictionModel::Coulomb;
        parameters.num_solver_iterations = scene.physics.solver_iterations as usize;
        parameters.contact_recycling = scene.physics.contact_recycling;
        parameters.normalized_contact_recycle_distance = scene.physics.contact_recycle_m as f32;
        parameters.contact_softness.natural_frequency = scene.physics.contact_frequency_hz as f32;
        parameters.static_contact_softness.natural_frequency = 2.0 * scene.physics.contact_frequency_hz as f32;
        let stretches = vec![0; scene.diverters.len()];
        Builder { scene, world, surfaces: Vec::new(), colliders: Vec::new(), stretches, owners: Owners::default() }
    }

    pub fn build_statics(&mut self, layout: &Layout) {
        self.begin(Owner::Floor);
        self.add_floor(layout);
        // What travels is no static: `carriage.rs` and `train.rs` make it.
        let scene = self.scene;
        let travels = |conveyor: &Conveyor| {
            let carriers = scene.trains.iter().any(|train| scene.conveyor(train.conveyor).element == conveyor.element);
            let platforms = scene.lifts.iter().any(|lift| lift.element == conveyor.element);
            platforms || carriers || scene.carriages.iter().any(|carriage| carriage.element == conveyor.element)
        };
        for conveyor in self.scene.conveyors.iter().filter(|conveyor| !travels(conveyor)) {
            self.begin(Owner::Conveyor(conveyor.element));
            self.add_conveyor(conveyor, end_cut(self.scene, conveyor));
        }
        for lane in &layout.lanes {
            if let Some(bed) = lane.bed.filter(|bed| bed.solid) {
                self.begin(Owner::Conveyor(lane.element));
                let material = self.scene.conveyors.first().map_or(self.scene.physics.floor_material, |conveyor| conveyor.material);
                let piece = Piece { from_m: 0.0, to_m: lane.length_m };
                self.add_belt(
                    &lane.path.segments[0],
                    piece,
                    Across { strip: Strip { left_m: 0.0, width_m: lane.width_m, share: 1.0 }, cut: 0.0 },
                    material,
                    bed.speed_mps,
                    NO_DRIVE,
                );
            }
        }
        self.add_rails();
        for fixture in &self.scene.fixtures {
            self.begin(Owner::Device(fixture.element));
            let collider = fixture.mesh.as_ref().map_or_else(|| cuboid(scale(fixture.size_m, 0.5)), surfaced);
            self.add_solid(Surface::plain(), fixture.material, pose(&fixture.pose), collider);
        }
    }

    /// What is built from now on is `owner`'s.
    pub fn begin(&mut self, owner: Owner) {
        self.owners.begin(self.surfaces.len(), owner);
    }

    /// A static collider with the hook; returns its surface's index.
    pub fn add_solid(&mut self, surface: Surface, material: MaterialId, pose: Pose, collider: ColliderBuilder) -> usize {
        let index = self.surfaces.len();
        let collider = self.hooked(collider, index, material);
        let (_, handle) = self.world.insert(RigidBodyBuilder::fixed().pose(pose), collider);
        self.surfaces.push(surface);
        self.colliders.push(handle);
        index
    }

    pub fn hooked(&self, collider: ColliderBuilder, surface: usize, material: MaterialId) -> ColliderBuilder {
        let tag = Tag::surface(surface, material.0, &*collider.shape);
        collider.user_data(tag.encode()).active_hooks(ActiveHooks::MODIFY_SOLVER_CONTACTS).collision_groups(solid_groups())
    }

    fn add_floor(&mut self, layout: &Layout) {
        let (mut low, mut high) = ([0.0_f64; 2], [0.0_f64; 2]);
        for lane in &layout.lanes {
            let reach = lane.width_m + FLOOR_MARGIN_M;
            for segment in &lane.path.segments {
                for along in [0.0, segment.length() / 2.0, segment.length()] {
                    let at = segment.pose_at(along).position;
                    for axis in 0..2 {
                        low[axis] = low[axis].min(at[axis] - reach);
                        high[axis] = high[axis].max(at[axis] + reach);
                    }
                }
            }
        }
        let centre = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, self.scene.physics.floor_z_m - FLOOR_THICKNESS_M / 2.0];
        let half = [(high[0] - low[0]) / 2.0 + FLOOR_MARGIN_M, (high[1] - low[1]) / 2.0 + FLOOR_MARGIN_M, FLOOR_THICKNESS_M / 2.0];
        let place = Place::new(centre, 0.0, 0.0);
        self.add_solid(Surface::plain(), self.scene.physics.floor_material, pose(&place), cuboid(half));
    }

    /// One collider per drive, segment, sector and strand, so that each has one speed and one direction or centre.
    fn add_conveyor(&mut self, conveyor: &Conveyor, cut: f64) {
        // Rollers that turn freely are no surfaces: `rollers.rs` makes them.
        let strips = conveyor.strips();
        for &drive_id in &conveyor.drives {
            let drive = &self.scene.drives[drive_id.index()];
            for (whole, diverter) in self.stretches_of(conveyor, Piece { from_m: drive.start_m, to_m: drive.end_m }) {
                if let Some(diverter) = diverter {
                    self.stretches[diverter] = self.surfaces.len();
                    self.begin(Owner::Device(self.scene.diverters[diverter].element));
                }
                self.add_stretch(conveyor, drive_id, whole, &strips, cut);
                self.begin(Owner::Conveyor(conveyor.element));
            }
        }
    }

    /// `whole` of a conveyor, cut where pop-ups begin and end, with the diverter whose stretch a piece is.
    fn stretches_of(&self, conveyor: &Conveyor, whole: Piece) -> Vec<(Piece, Option<usize>)> {
        let own = |diverter: &Diverter| matches!(diverter.device, DiverterDevice::PopUp { .. });
        let inside = |diverter: &Diverter| own(diverter) && whole.from_m <= diverter.start_m + 1e-9 && diverter.end_m <= whole.to_m + 1e-9;
        let on_host = self.scene.diverters.iter().enumerate();
        let on_host = on_host.filter(|(_, diverter)| self.scene.conveyor(diverter.host).element == conveyor.element && inside(diverter));
        let own: Vec<(Piece, Option<usize>)> =
            on_host.map(|(index, diverter)| (Piece { from_m: diverter.start_m, to_m: diverter.end_m }, Some(index))).collect();
        let taken: Vec<Piece> = own.iter().map(|(piece, _)| *piece).collect();
        let mut all: Vec<(Piece, Option<usize>)> = whole.without(&taken).into_iter().map(|piece| (piece, None)).chain(own).collect();
        all.sort_by(|a, b| a.0.from_m.total_cmp(&b.0.from_m));
        all
    }

    fn add_stretch(&mut self, conveyor: &Conveyor, drive_id: DriveId, whole: Piece, strips: &[Strip], cut: f64) {
        let drive = &self.scene.drives[drive_id.index()];
        let last = Some(&drive_id) == conveyor.drives.last() && whole.to_m >= drive.end_m;
        for (segment, piece) in pieces(&conveyor.path, whole) {
            let ends = last && std::ptr::eq(segment, &conveyor.path.segments[conveyor.path.segments.len() - 1]);
            for &strip in strips {
                let across = Across { strip, cut: if ends { cut } else { 0.0 } };
                self.add_belt(segment, piece, across, conveyor.material, drive.speed_mps, drive_id.0);
            }
        }
    }

    fn add_belt(&mut self, segment: &Segment, piece: Piece, across: Across, material: MaterialId, speed_mps: f64, drive: u32) {
        let width_m = across.strip.width_m;
        let surface = |at_m: f64| {
            let at = segment.pose_at(at_m);
            Surface {
                belt: true,
                fence: false,
                up: vector(at.up()),
                top: dot(at.position, at.up()) as f32,
                forward: if matches!(segment, Segment::Straight { .. }) { vector(at.forward) } else { Vector::ZERO },
                centre: vector(turn_centre(segment)),
                turn_per_m: turn_per_m(segment) as f32,
                climb: climb(segment) as f32,
                share: across.strip.share as f32,
                speed_mps: speed_mps as f32 * across.strip.share as f32,
                drive,
            }
        };
        match *segment {
            Segment::Straight { .. } if across.cut != 0.0 => {
                let place = segment.pose_at(piece.from_m);
                self.add_solid(surface(0.0), material, pose(&place), cut_prism(piece, across));
            }
            Segment::Straight { .. } => {
                let place = segment.pose_at((piece.from_m + piece.to_m) / 2.0).shifted(0.0, across.strip.left_m, -BELT_THICKNESS_M / 2.0);
                let half = [(piece.to_m - piece.from_m) / 2.0, width_m / 2.0, BELT_THICKNESS_M / 2.0];
                self.add_solid(surface(0.0), material, pose(&place), cuboid(half));
            }
            Segment::Arc { radius_m, .. } | Segment::Helix { radius_m, .. } => {
                let sloped = climb(segment) != 0.0;
                let sector_m = if sloped { HELIX_SECTOR_ANGLE } else { SECTOR_ANGLE } / turn_per_m(segment).abs();
                for sector in piece.split(sector_m) {
                    let place = segment.pose_at(sector.from_m);
                    let collider = sector_prism(segment, sector, radius_m, width_m, &place);
                    // Each sector of a helix slopes its own way.
                    let at_m = if sloped { f64::midpoint(sector.from_m, sector.to_m) } else { 0.0 };
                    self.add_solid(surface(at_m), material, pose(&place), collider);
                }
            }
        }
    }
}

/// The triangles of a machine. They are thin: what gets behind one is pushed out by the nearest side.
fn surfaced(mesh: &Surfaced) -> ColliderBuilder {
    let points = mesh.points_m.iter().map(|&point| vector(point)).collect();
    ColliderBuilder::trimesh(points, mesh.triangles.clone()).expect("a checked mesh has triangles")
}

pub fn cuboid(half: Vec3) -> ColliderBuilder {
    ColliderBuilder::cuboid(half[0] as f32, half[1] as f32, half[2] as f32)
}

/// A length of a path or segment [m].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    pub from_m: f64,
    pub to_m: f64,
}

impl Piece {
    /// Equal parts no longer than `longest_m`.
    pub fn split(self, longest_m: f64) -> Vec<Piece> {
        let count = ((self.to_m - self.from_m) / longest_m - 1e-9).ceil().max(1.0);
        let each = (self.to_m - self.from_m) / count;
        (0..count as u32)
            .map(|k| Piece { from_m: self.from_m + f64::from(k) * each, to_m: self.from_m + f64::from(k + 1) * each })
            .collect()
    }
    /// What is left of it beside `gaps`.
    pub fn without(self, gaps: &[Piece]) -> Vec<Piece> {
        let mut left = vec![self];
        for gap in gaps {
            left = left
                .into_iter()
                .flat_map(|piece| {
                    [Piece { to_m: piece.to_m.min(gap.from_m), ..piece }, Piece { from_m: piece.from_m.max(gap.to_m), ..piece }]
                })
                .filter(|piece| piece.to_m - piece.from_m > 1e-6)
                .collect();
        }
        left
    }
}

/// `whole` of the path, cut at its segments; the pieces are in arc length of their segment.
pub fn pieces(path: &Path, whole: Piece) -> Vec<(&Segment, Piece)> {
    let mut offset = 0.0;
    let mut found = Vec::new();
    for segment in &path.segments {
        let piece = Piece { from_m: (whole.from_m - offset).max(0.0), to_m: (whole.to_m - offset).min(segment.length()) };
        if piece.to_m - piece.from_m > 1e-9 {
            found.push((segment, piece));
        }
        offset += segment.length();
    }
    found
}

/// Where a belt or strand lies beside the centre line, its width, and how much further its end lies per metre to the left (the cotangent of the angle at which it
/// joins a host, by whose edge it is cut) [-].
#[derive(Clone, Copy)]
struct Across {
    strip: Strip,
    cut: f64,
}

/// The path with its last straight so much longer or shorter.
pub fn stretched(path: &Path, longer_m: f64) -> Path {
    let mut path = path.clone();
    if let Some(Segment::Straight { length_m, .. }) = path.segments.last_mut() {
        *length_m += longer_m;
    }
    path
}

/// The last piece of a straight belt as a prism, in the space of its beginning.
fn cut_prism(piece: Piece, across: Across) -> ColliderBuilder {
    let mut points = Vec::with_capacity(8);
    for left in [-across.strip.width_m / 2.0, across.strip.width_m / 2.0] {
        for along in [0.0, piece.to_m - piece.from_m + across.cut * left] {
            for below in [0.0, BELT_THICKNESS_M] {
                points.push(Vector::new(along as f32, left as f32, -below as f32));
            }
        }
    }
    ColliderBuilder::convex_hull(&points).expect("a cut belt has eight distinct corners")
}

/// A sector of a curve as a convex prism, in the space of `place`. Its outer edge is a chord outside the true arc, so
/// that the belt is nowhere narrower than drawn; neighbours share their radial faces.
fn sector_prism(segment: &Segment, sector: Piece, radius_m: f64, width_m: f64, place: &Place) -> ColliderBuilder {
    let side = turn_per_m(segment).signum();
    let half_angle = (sector.to_m - sector.from_m) * turn_per_m(segment).abs() / 2.0;
    let outer_m = (radius_m + width_m / 2.0) / libm::cos(half_angle);
    let inner_m = (radius_m - width_m / 2.0).max(RADIUS_MIN_M);
    let mut points = Vec::with_capacity(8);
    for along in [sector.from_m, sector.to_m] {
        let at = segment.pose_at(along);
        for distance in [inner_m, outer_m] {
            for below in [0.0, BELT_THICKNESS_M] {
                let corner = at.shifted(0.0, (radius_m - distance) * side, -below).position;
                let offset = add(corner, scale(place.position, -1.0));
                points.push(Vector::new(dot(offset, place.forward) as f32, dot(offset, place.left) as f32, dot(offset, place.up()) as f32));
            }
        }
    }
    ColliderBuilder::convex_hull(&points).expect("a sector has eight distinct corners")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_leave_what_is_beside_them() {
        let whole = Piece { from_m: 0.0, to_m: 4.0 };
        let gaps = [Piece { from_m: 1.0, to_m: 2.0 }, Piece { from_m: 3.5, to_m: 5.0 }];
        assert_eq!(whole.without(&gaps), vec![Piece { from_m: 0.0, to_m: 1.0 }, Piece { from_m: 2.0, to_m: 3.5 }]);
    }

    #[test]
    fn a_split_covers_the_whole() {
        let parts = Piece { from_m: 1.0, to_m: 2.0 }.split(0.3);
        assert_eq!(parts.len(), 4);
        assert_eq!((parts[0].from_m, parts[3].to_m), (1.0, 2.0));
    }
}
