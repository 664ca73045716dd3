//! Recognises what went wrong with a part from its motion alone: tipped over, skewed beyond its lane, or across a transfer; and
//! finds out for these, for jams and for drops what touched it. Reports facts; decides nothing.

use super::ContactTransport;
use super::body::{Axes, Where};
use super::hook::Tag;
use super::owners::Owner;
use super::stance::Standing;
use super::watch::index_of;
use super::world::vector;
use crate::incident::{Circumstances, IncidentKind, Touched};
use crate::port::FactKind;
use linetwin_model::geometry::{Path, Segment, dot, length};
use linetwin_model::scene::{ElementKind, MaterialId, Rails};
use linetwin_model::{Scene, Time};
use rapier3d::prelude::*;

/// Steps between two looks: a tenth of a second at 120 steps, in which nothing tips.
const LOOK_EVERY_STEPS: u64 = 12;
/// A part that leans less than this stands flat [-], cosine of 3 degrees.
const FLAT_COSINE: f64 = 0.9986;
/// How much wider than its lane a part must be to be skewed [m].
const SKEW_M: f64 = 0.01;
/// Looks in a row that must find a part skewed: one that is turned for a moment goes on.
const SKEWED_LOOKS: u32 = 3;
/// Contacts whose normal is within this of the vertical carry [-].
const CARRYING_COSINE: f32 = 0.7;
/// What touched a part longer ago has nothing to do with its fall [s].
const TOUCH_MEMORY_S: f64 = 2.0;
/// Parts that are followed from one to the next ahead, to find what holds the first.
const QUEUE_MAX: usize = 32;

impl ContactTransport {
    /// After the jams of the step were found: completes them, and looks for what else went wrong.
    pub(super) fn watch_incidents(&mut self, scene: &Scene, until: Time) {
        self.explain_facts(scene, until);
        if self.steps.is_multiple_of(LOOK_EVERY_STEPS) {
            for index in 0..self.bodies.len() {
                // One that coasts stands as it stood.
                if self.bodies[index].place == Where::OnLane && self.bodies[index].coaster.is_none() {
                    self.look_at(scene, index, until);
                }
            }
        }
    }

    /// Jams and drops of this step get their circumstances.
    fn explain_facts(&mut self, scene: &Scene, until: Time) {
        let begun = |kind: &FactKind| match *kind {
            FactKind::JamBegan { part, element, .. } => Some((IncidentKind::Jam, part, element)),
            FactKind::Dropped { part, from } => Some((IncidentKind::Drop, part, from)),
            _ => None,
        };
        let found: Vec<_> = self.facts.iter().filter_map(|fact| begun(&fact.kind)).collect();
        for (kind, part, element) in found {
            let Ok(index) = self.bodies.binary_search_by_key(&part, |body| body.id) else { continue };
            let circumstances = self.circumstances(scene, index, kind, until);
            self.report_at(until, FactKind::Incident { kind, part, element, circumstances });
        }
    }

    fn look_at(&mut self, scene: &Scene, index: usize, until: Time) {
        let motion = &self.motions.now[index];
        let rotation = Rotation::from_array(motion.rotation);
        let axes = Axes::new(&rotation);
        let body = &self.bodies[index];
        let lane = &self.layout.lanes[body.lane as usize];
        let above = body.left_m.abs() <= lane.width_m / 2.0 && (0.0..=lane.length_m).contains(&body.along.centre_m);
        let flow = self.flow_under(body);
        let across_m = 2.0 * body.extent.along(&axes, flow.left);
        let flat = (0..3).any(|axis| axes.0[axis][2].abs() > FLAT_COSINE);
        let hangs_over = body.left_m.abs() + across_m / 2.0 > lane.width_m / 2.0;
        // What touches a part that is about to fall is asked before it lies on the floor.
        if !flat || !above || hangs_over {
            let (touched, friction) = self.touched(scene, index);
            if touched != Touched::Nothing {
                self.bodies[index].stance.last_touch = Some((touched, friction, until));
            }
        } else {
            let speed = motion.linear_velocity.map(f64::from);
            self.bodies[index].stance.speed_mps = length(speed);
        }
        self.look_for_overlap(scene, index, &axes, until);
        if above && !self.tray_tilts_under(scene, index) {
            self.look_for_tip(scene, index, &rotation, until);
        }
        if above {
            self.look_for_skew(scene, index, &axes, across_m, until);
        }
    }

    /// On a tilted tray a part slides, and the vertical says nothing of how it stands: what has tipped there still lies so where
    /// it comes to.
    fn tray_tilts_under(&self, scene: &Scene, index: usize) -> bool {
        let body = &self.bodies[index];
        self.trains.iter().any(|train| train.tilts_under(scene, body.lane, body.along.centre_m))
    }

    fn look_for_tip(&mut self, scene: &Scene, index: usize, rotation: &Rotation, until: Time) {
        let body = &self.bodies[index];
        let physical = &self.world.bodies[body.handle];
        let standing = Standing::new(&body.extent, &self.world.colliders[body.collider], rotation, physical.local_center_of_mass());
        if let Some(face) = standing.tipped_from(body.stance.face) {
            self.bodies[index].stance.face = face;
            self.report_incident(scene, index, IncidentKind::Tip, until);
        }
    }

    fn look_for_skew(&mut self, scene: &Scene, index: usize, axes: &Axes, across_m: f64, until: Time) {
        let body = &self.bodies[index];
        let lane = &self.layout.lanes[body.lane as usize];
        // Between two rails a part cannot get wider than its lane; one that wedges there is a jam.
        let both = |rails: &Rails| rails.left && rails.right && (rails.straights || turns_at(&lane.path, body.along.centre_m));
        let railed = scene.conveyors.get(body.lane as usize).is_some_and(|conveyor| both(&conveyor.rails));
        // Being pushed off or led in from the side turns a part on purpose.
        let led = body.passing.iter().any(|passing| {
            !matches!(
                scene.element(scene.spot(passing.spot).element).kind,
                ElementKind::Station(_)
                    | ElementKind::Stop(_)
                    | ElementKind::Induction(_)
                    | ElementKind::Checkweigher(_)
                    | ElementKind::Scale(_)
                    | ElementKind::FillAndWeigh(_)
                    | ElementKind::LightGrid(_)
                    | ElementKind::Scanner(_)
                    | ElementKind::Router(_)
                    | ElementKind::TagReader(_)
                    | ElementKind::Counter(_)
                    | ElementKind::Lift(_)
            )
        });
        // As wide as it would be with its sides along the flow it is not skewed, however wide it is.
        let flow = self.flow_under(body);
        let along_flow = (0..2).map(|axis| dot(axes.0[axis], flow.left).abs()).fold(0.0, f64::max);
        let straight = along_flow > FLAT_COSINE;
        let skewed = across_m > lane.width_m + SKEW_M && !railed && !led && !straight;
        let stance = &mut self.bodies[index].stance;
        stance.skewed_looks = if skewed { stance.skewed_looks.saturating_add(1) } else { 0 };
        let now = stance.skewed_looks >= SKEWED_LOOKS;
        if now && !stance.skewed {
            stance.skewed = true;
            self.report_incident(scene, index, IncidentKind::Skew, until);
        } else if across_m < lane.width_m {
            stance.skewed = false;
        }
    }

    fn look_for_overlap(&mut self, scene: &Scene, index: usize, axes: &Axes, until: Time) {
        if let Some(told) = self.bodies[index].stance.across {
            if !self.still_across(scene, index, axes, told) {
                self.bodies[index].stance.across = None;
            }
        } else if let Some(transfer) = self.obstructed(scene, index, axes, until) {
            self.bodies[index].stance.across = Some(transfer);
            self.report_incident(scene, index, IncidentKind::Overlap, until);
        }
    }

    fn report_incident(&mut self, scene: &Scene, index: usize, kind: IncidentKind, until: Time) {
        let body = &self.bodies[index];
        let (part, element) = (body.id, self.layout.lanes[body.lane as usize].element);
        let circumstances = self.circumstances(scene, index, kind, until);
        self.report_at(until, FactKind::Incident { kind, part, element, circumstances });
    }

    fn circumstances(&self, scene: &Scene, index: usize, kind: IncidentKind, until: Time) -> Circumstances {
        let body = &self.bodies[index];
        let axes = Axes::new(&Rotation::from_array(self.motions.now[index].rotation));
        let flow = self.flow_under(body);
        let recent = body.stance.last_touch.filter(|touch| until.since(touch.2).as_seconds() < TOUCH_MEMORY_S);
        let (touched, friction) = match kind {
            IncidentKind::Drop => recent.map_or((Touched::Nothing, 0.0), |touch| (touch.0, touch.1)),
            IncidentKind::Jam => self.held_by(scene, index),
            _ => match self.touched(scene, index) {
                (Touched::Nothing, friction) => recent.map_or((Touched::Nothing, friction), |touch| (touch.0, touch.1)),
                found => found,
            },
        };
        // The long axis against the flow; a part has no head.
        let long = match body.extent {
            super::body::Extent::Box(half) if half[1] > half[0] => axes.0[1],
            _ => axes.0[0],
        };
        let (ahead, aside) = (dot(long, flow.forward), dot(long, flow.left));
        let sign = if ahead < 0.0 { -1.0 } else { 1.0 };
        Circumstances {
            touched,
            speed_mps: body.stance.speed_mps,
            yaw_rad: libm::atan2(sign * aside, sign * ahead),
            tilt_rad: libm::acos(axes.0[2][2].clamp(-1.0, 1.0)),
            friction,
            across: body.stance.across.filter(|_| kind == IncidentKind::Overlap),
        }
    }

    /// What holds a jammed part: what touches it, or where that is a part, what holds that one, and so on ahead.
    fn held_by(&self, scene: &Scene, start: usize) -> (Touched, f64) {
        let mut seen = vec![start];
        let mut found = self.touched(scene, start);
        while let (Touched::Part(part), true) = (found.0, seen.len() < QUEUE_MAX) {
            let Ok(next) = self.bodies.binary_search_by_key(&part, |body| body.id) else { break };
            let ahead = self.touched(scene, next);
            if seen.contains(&next) || ahead.0 == Touched::Nothing {
                break;
            }
            seen.push(next);
            found = ahead;
        }
        found
    }

    /// What presses most on a part besides what carries it, and the friction of the pair.
    fn touched(&self, scene: &Scene, index: usize) -> (Touched, f64) {
        let body = &self.bodies[index];
        let flow = vector(self.flow_under(body).forward);
        let own = Tag::decode(self.world.colliders[body.collider].user_data).material;
        let friction = |material: u32| scene.materials.pair(MaterialId(own), MaterialId(material)).friction;
        let (mut best, mut strongest) = ((Touched::Nothing, 0.0), 0.0_f32);
        let mut carrier = None;
        for pair in self.world.narrow_phase.contact_pairs_with(body.collider).filter(|pair| pair.has_any_active_contact()) {
            let part_is_first = pair.collider1 == body.collider;
            let other = if part_is_first { pair.collider2 } else { pair.collider1 };
            let tag = Tag::decode(self.world.colliders[other].user_data);
            for manifold in pair.solver_manifolds() {
                // Onto the part.
                let normal = if part_is_first { -manifold.data.normal } else { manifold.data.normal };
                let impulse: f32 = manifold.points.iter().map(|point| point.data.impulse).sum();
                if normal.z.abs() > CARRYING_COSINE {
                    carrier = carrier.or(Some(tag.material));
                    continue;
                }
                // Against the flow it counts whole, from behind hardly: what pushes a part does not hold it.
                let weight = if normal.dot(flow) > CARRYING_COSINE { 0.1 } else { 1.0 };
                if impulse * weight > strongest {
                    strongest = impulse * weight;
                    best = (self.named(tag), friction(tag.material));
                }
            }
        }
        match (best.0, carrier) {
            (Touched::Nothing, Some(material)) => (Touched::Nothing, friction(material)),
            _ => best,
        }
    }

    fn named(&self, tag: Tag) -> Touched {
        match tag.surface {
            None => index_of(&self.bodies, tag).map_or(Touched::Nothing, |index| Touched::Part(self.bodies[index].id)),
            Some(surface) => match self.owners.of(surface) {
                Owner::Floor => Touched::Floor,
                Owner::Conveyor(element) => Touched::Conveyor(element),
                Owner::Rail(element) => Touched::Rail(element),
                Owner::Device(element) => Touched::Device(element),
            },
        }
    }

    /// Where a part stands when its body is made, for its stance.
    pub(super) fn first_face(
        &self,
        handle: RigidBodyHandle,
        collider: ColliderHandle,
        extent: &super::body::Extent,
    ) -> super::stance::Face {
        let body = &self.world.bodies[handle];
        Standing::new(extent, &self.world.colliders[collider], body.rotation(), body.local_center_of_mass()).face()
    }
}

/// Whether the path is no straight at this arc length.
fn turns_at(path: &Path, along_m: f64) -> bool {
    let mut offset_m = 0.0;
    let at = path.segments.iter().find(|segment| {
        offset_m += segment.length();
        along_m <= offset_m
    });
    !matches!(at.or(path.segments.last()), Some(Segment::Straight { .. }))
}
