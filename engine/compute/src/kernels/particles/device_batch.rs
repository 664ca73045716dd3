//! The batch as its user sees it: on the processor, or on a device with the same bytes. A device keeps the state between
//! steps. The host keeps what it was when the device last told all of it (the last committed step) and a list of what has
//! happened since, so that a device may fail at any time: the processor then does the same once more, and goes on.

use super::batch::{BatchError, BatchSpec, HostBatch, Particle, WallId};
use super::body::{Body, BodyMass, BodyMotion, BodyPush, SavedBody};
use super::books::Books;
use super::clump::Clump;
use super::on_gpu::{Changes, Fetched, Motions, OnGpu};
use super::saved::{SavedBatch, fingerprint_of};
use super::shapes::WallShape;
use super::state::Line;
use super::step::StepError;
use super::walls::{Facet, SurfaceMotion, Wall};
use crate::device::{Device, OnDeviceLoss, Provenance};
use crate::error::DeviceError;
use std::borrow::Cow;
use std::cell::OnceCell;

/// So many steps a device goes without telling the host all it has [-]: after a failure the processor repeats them.
const STEPS_UNCOMMITTED: u32 = 1000;
/// So many facets of walls that moved meanwhile are kept for that [-]: 64 bytes each.
const FACETS_UNCOMMITTED: usize = 200_000;

/// What the device has done, or was told, since the last committed step.
#[derive(Clone)]
enum Event {
    Steps(u32),
    /// A wall's facets and its motion.
    Placed(WallId, Vec<Facet>, Wall),
    BodySet(usize, SavedBody),
    BodyPushed(usize, BodyPush),
    Moves(WallId, Wall),
    /// Its impulse was asked for.
    Asked(WallId),
}

#[derive(Clone)]
struct WallsThen {
    walls: Vec<Wall>,
    facets: Vec<Facet>,
    bodies: Vec<Body>,
}

/// Particles and walls, advanced together.
pub struct ParticleBatch {
    /// As of the last committed step: without a device, as it is now.
    host: HostBatch,
    on_gpu: Option<OnGpu>,
    since: Vec<Event>,
    /// Motions as the device has them now, once somebody has asked.
    seen: OnceCell<Motions>,
    steps_since: u32,
    facets_since: usize,
    /// Walls at the committed step, where they have changed since.
    walls_then: Option<WallsThen>,
    builds_before: u64,
    on_loss: OnDeviceLoss,
    failure: Option<DeviceError>,
    /// Under `OnDeviceLoss::Stop`: what every further step answers.
    stopped: Option<DeviceError>,
}

impl ParticleBatch {
    /// On the processor.
    pub fn new(spec: BatchSpec) -> Result<Self, BatchError> {
        Self::on(&Device::Cpu, spec, OnDeviceLoss::default())
    }

    /// On a GPU, else on the processor. A device that fails here is an error under `OnDeviceLoss::Stop`; else the processor
    /// takes over at once.
    pub fn on(device: &Device, spec: BatchSpec, on_loss: OnDeviceLoss) -> Result<Self, BatchError> {
        let host = HostBatch::new(spec)?;
        let mut batch = ParticleBatch {
            host,
            on_gpu: None,
            since: Vec::new(),
            seen: OnceCell::new(),
            steps_since: 0,
            facets_since: 0,
            walls_then: None,
            builds_before: 0,
            on_loss,
            failure: None,
            stopped: None,
        };
        if let Some(gpu) = device.gpu() {
            match OnGpu::new(&gpu, &batch.host) {
                Ok(on_gpu) => batch.on_gpu = Some(on_gpu),
                Err(error) => on_loss.leave(&mut batch.on_gpu, &mut batch.failure, error)?,
            }
        }
        Ok(batch)
    }

    /// How many steps of equal length a time takes so that each is at most `share` of the longest that is accepted.
    pub fn steps_within(spec: &BatchSpec, time_s: f64, share: f64) -> u32 {
        HostBatch::steps_within(spec, time_s, share)
    }

    /// One step of `dt_s`.
    pub fn step(&mut self) -> Result<(), StepError> {
        self.run(1)
    }

    /// So many steps. A device is told of several at once, which is much faster than one by one.
    pub fn run(&mut self, steps: u32) -> Result<(), StepError> {
        let mut left = steps;
        while left > 0 {
            if let Some(error) = &self.stopped {
                return Err(StepError::Device(error.clone()));
            }
            let Some(on_gpu) = &mut self.on_gpu else {
                self.settle()?;
                self.host.step()?;
                left -= 1;
                continue;
            };
            match on_gpu.run(&mut self.host, left) {
                Ok(ran) => {
                    left -= ran.steps;
                    self.note_steps(ran.steps);
                    if ran.lost {
                        self.commit();
                        return Err(self.host.lost());
                    }
                    if self.steps_since >= STEPS_UNCOMMITTED || self.facets_since >= FACETS_UNCOMMITTED {
                        self.commit();
                    }
                }
                Err(error) => self.fall_back(error),
            }
        }
        Ok(())
    }

    fn note_steps(&mut self, steps: u32) {
        self.seen.take();
        self.steps_since += steps;
        match self.since.last_mut() {
            Some(Event::Steps(count)) => *count += steps,
            _ => self.since.push(Event::Steps(steps)),
        }
    }

    /// Brings the host to where the device is. Where the device fails meanwhile, the processor goes there by itself.
    fn commit(&mut self) {
        if let (Some(on_gpu), false) = (&mut self.on_gpu, self.since.is_empty()) {
            let seen = self.seen.take();
            let fetched = on_gpu.gather_wall_impulses().map(|_| ()).and_then(|()| on_gpu.fetch(&self.host, seen));
            match fetched {
                Ok(fetched) => {
                    self.host.install(fetched);
                    self.forget();
                }
                Err(error) => self.fall_back(error),
            }
        }
        // What it finds wrong was found before, and the caller has been told.
        let _ = self.settle();
    }

    /// Repeats what a device has done that failed.
    fn settle(&mut self) -> Result<(), StepError> {
        if self.on_gpu.is_some() || self.since.is_empty() {
            return Ok(());
        }
        let outcome = repeat(&mut self.host, &self.since, self.walls_then.take());
        self.forget();
        outcome
    }

    fn forget(&mut self) {
        self.seen.take();
        self.since.clear();
        (self.steps_since, self.facets_since) = (0, 0);
        self.walls_then = None;
    }

    fn fall_back(&mut self, error: DeviceError) {
        self.builds_before += self.on_gpu.as_ref().map_or(0, |on_gpu| on_gpu.builds);
        self.stopped = self.on_loss.leave(&mut self.on_gpu, &mut self.failure, error).err();
    }

    fn note_changes(&mut self, changes: Changes) {
        if let Some(on_gpu) = &mut self.on_gpu
            && on_gpu.changes != Changes::All
        {
            on_gpu.changes = changes;
        }
    }

    /// Adds a particle; the number it is known by from then on.
    pub fn insert(&mut self, particle: &Particle) -> Result<u64, BatchError> {
        self.commit();
        let id = self.host.insert(particle)?;
        self.note_changes(Changes::Particles);
        Ok(id)
    }

    /// Adds a clump; the number it is known by from then on. Its spheres have that number and those that follow.
    pub fn insert_clump(&mut self, clump: &Clump<'_>) -> Result<u64, BatchError> {
        self.commit();
        let id = self.host.insert_clump(clump)?;
        self.note_changes(Changes::All);
        Ok(id)
    }

    /// Takes out what `leaves` says, a clump as a whole, and returns it by number. Contacts of what stays keep their history.
    pub fn remove_where(&mut self, leaves: impl Fn(u64, &Particle) -> bool) -> Vec<(u64, Particle)> {
        self.commit();
        let had_clumps = self.host.has_clumps();
        let removed = self.host.remove_where(leaves);
        if !removed.is_empty() {
            // Clumps that stay have moved up.
            self.note_changes(if had_clumps { Changes::All } else { Changes::Particles });
        }
        removed
    }

    /// All grains by number.
    pub fn particles(&self) -> Vec<(u64, Particle)> {
        match self.seen() {
            Some((lines, places, clumps)) => self.host.particles_of(lines, places, clumps),
            None => self.now().particles(),
        }
    }

    /// Centre [m] and radius [m] of every sphere, those of clumps among them, by number.
    pub fn spheres(&self) -> Vec<(u64, [f64; 3], f32)> {
        self.now().spheres()
    }

    /// None where the host has the motions itself, and where the device fails.
    fn seen(&self) -> Option<&Motions> {
        let on_gpu = self.on_gpu.as_ref().filter(|_| !self.since.is_empty())?;
        if self.seen.get().is_none() {
            let _ = self.seen.set(on_gpu.fetch_motion().ok()?);
        }
        self.seen.get()
    }

    /// The whole batch as it is now. A device that fails here is left at the next step; the answer is right all the same.
    fn now(&self) -> Cow<'_, HostBatch> {
        if self.since.is_empty() {
            return Cow::Borrowed(&self.host);
        }
        let mut now = self.host.clone();
        match self.on_gpu.as_ref().map(|on_gpu| on_gpu.fetch(&self.host, self.seen.get().cloned())) {
            Some(Ok(fetched)) => now.install(fetched),
            _ => {
                // What it finds wrong was found before, and the caller has been told.
                let _ = repeat(&mut now, &self.since, self.walls_then.clone());
            }
        }
        Cow::Owned(now)
    }

    pub fn len(&self) -> usize {
        // Steps make and lose nobody.
        self.host.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn add_wall(&mut self, material: usize, shape: &WallShape, motion: SurfaceMotion) -> Result<WallId, BatchError> {
        self.commit();
        self.host.add_wall(material, shape, motion)
    }

    /// A belt starts, stops or changes its speed.
    pub fn set_surface_motion(&mut self, wall: WallId, motion: SurfaceMotion) -> Result<(), BatchError> {
        self.change_walls(|host| host.set_surface_motion(wall, motion))?;
        self.note_event(|host| Event::Moves(wall, host.walls.walls[wall.0]));
        Ok(())
    }

    /// Moves a wall as a whole to where `shape` says, which has the same facets as before, so that contacts keep their
    /// history. Rows are rebuilt where it has come further than a quarter of the smallest radius since they were built.
    pub fn place_wall(&mut self, wall: WallId, shape: &WallShape, motion: SurfaceMotion) -> Result<(), BatchError> {
        self.change_walls(|host| host.place_wall(wall, shape, motion))?;
        self.note_event(|host| {
            let facets = host.walls.facets[host.walls.facets_of(wall.0)].to_vec();
            Event::Placed(wall, facets, host.walls.walls[wall.0])
        });
        if let Some(Event::Placed(_, facets, _)) = self.since.last() {
            self.facets_since += facets.len();
        }
        Ok(())
    }

    /// Adds a wall that grains move. Its shape is given from the centre of mass, along its principal axes.
    pub fn add_body(&mut self, material: usize, shape: &WallShape, mass: &BodyMass, motion: &BodyMotion) -> Result<WallId, BatchError> {
        self.commit();
        self.host.add_body(material, shape, mass, motion)
    }

    /// Moves a body, or lets it move otherwise. Where it stays near where it was, rows are kept.
    pub fn set_body(&mut self, wall: WallId, motion: &BodyMotion) -> Result<(), BatchError> {
        self.change_walls(|host| host.set_body(wall, motion))?;
        self.note_event(|host| {
            let index = host.body_index(wall).expect("it was set");
            Event::BodySet(index, host.bodies[index].saved())
        });
        Ok(())
    }

    /// Something other than grains gives a body an impulse [N s], and an angular one about its centre of mass [N m s]; booked in
    /// whole quanta.
    pub fn push_body(&mut self, wall: WallId, impulse_ns: [f64; 3], angular_nms: [f64; 3]) -> Result<(), BatchError> {
        let Some(index) = self.host.body_index(wall) else { return Err(BatchError::Wall("the wall is no body".to_string())) };
        let push = self.host.quantised_push(impulse_ns, angular_nms)?;
        let known = self.since.is_empty() || self.host.walls.news[wall.0].stands_elsewhere;
        match &mut self.on_gpu {
            Some(on_gpu) if !known => {
                if let Err(error) = on_gpu.push_body(&self.host, index, &push) {
                    self.fall_back(error);
                }
            }
            _ => self.change_walls(|host| {
                host.push_body(index, &push);
                Ok(())
            })?,
        }
        // Nothing was pushed where the device failed meanwhile: whoever repeats what has happened pushes as well.
        self.note_event(|_| Event::BodyPushed(index, push));
        Ok(())
    }

    /// Takes a body out. Walls behind it, which are bodies as well, move up by one number.
    pub fn remove_body(&mut self, wall: WallId) -> Result<(), BatchError> {
        self.commit();
        self.host.remove_body(wall)?;
        self.note_changes(Changes::All);
        Ok(())
    }

    /// Where a body is and how it moves; none where the wall is no body.
    pub fn body(&self, wall: WallId) -> Option<BodyMotion> {
        let index = self.host.body_index(wall)?;
        let known = self.since.is_empty() || self.host.walls.news[wall.0].stands_elsewhere;
        match &self.on_gpu {
            Some(_) if known => self.host.body(wall),
            Some(on_gpu) if let Ok(bodies) = on_gpu.fetch_bodies() => Some(self.host.motion_of_body(&bodies[index])),
            _ => self.now().body(wall),
        }
    }

    /// Walls are the host's; as they were at the committed step is kept with what has happened since.
    fn change_walls(&mut self, change: impl FnOnce(&mut HostBatch) -> Result<(), BatchError>) -> Result<(), BatchError> {
        if !self.since.is_empty() && self.walls_then.is_none() {
            let HostBatch { walls, bodies, .. } = &self.host;
            self.walls_then = Some(WallsThen { walls: walls.walls.clone(), facets: walls.facets.clone(), bodies: bodies.clone() });
        }
        change(&mut self.host)
    }

    /// Nothing happens since a committed step that is the present one.
    fn note_event(&mut self, event: impl FnOnce(&HostBatch) -> Event) {
        if !self.since.is_empty() {
            self.since.push(event(&self.host));
        }
    }

    /// Impulse [N s] and angular impulse about its pivot [N m s] that a wall got since it was last asked, summed in integers.
    pub fn take_wall_impulse(&mut self, wall: WallId) -> ([f64; 3], [f64; 3]) {
        if let (Some(on_gpu), false) = (&mut self.on_gpu, self.since.is_empty()) {
            match on_gpu.gather_wall_impulses().map(|sums| std::mem::take(&mut sums[wall.0])) {
                Ok(sum) => {
                    self.since.push(Event::Asked(wall));
                    return self.host.impulse_of(&sum);
                }
                Err(error) => self.fall_back(error),
            }
        }
        self.commit();
        if let Some(sum) = self.on_gpu.as_mut().and_then(|on_gpu| on_gpu.wall_impulses.get_mut(wall.0)) {
            *sum = Line::default();
        }
        self.host.take_wall_impulse(wall)
    }

    pub fn spec(&self) -> &BatchSpec {
        &self.host.spec
    }

    /// How often rows were built, for those who measure.
    pub fn build_count(&self) -> u64 {
        self.host.build_count() + self.builds_before + self.on_gpu.as_ref().map_or(0, |on_gpu| on_gpu.builds)
    }

    /// Bytes that the host holds for particles and their rows, without the walls' facets.
    pub fn bytes(&self) -> usize {
        self.host.bytes()
    }

    /// The books as they stand. Springs are those of the last step, so rows that were not walked yet hold none.
    pub fn books(&self) -> Books {
        self.now().books()
    }

    /// What is there now. The next step of this batch, and of one restored from it, is the same.
    pub fn save(&mut self) -> SavedBatch {
        self.commit();
        self.host.save()
    }

    /// Two sums that are equal where places and motions of all particles are, whatever their order in memory.
    pub fn fingerprint(&self) -> [u64; 2] {
        match self.seen() {
            // Of bodies more is asked than their place.
            Some((lines, places, clumps)) if self.host.bodies.is_empty() => fingerprint_of(lines, places, clumps),
            _ => self.now().fingerprint(),
        }
    }

    /// Goes on from what [`ParticleBatch::save`] gave; spec and walls are those of the batch that was saved.
    pub fn restore(&mut self, saved: &SavedBatch) {
        self.forget();
        self.host.restore(saved);
        self.note_changes(Changes::All);
    }

    /// Who computes the next step.
    pub fn provenance(&self) -> Provenance {
        self.on_gpu.as_ref().map_or(Provenance::Cpu, OnGpu::provenance)
    }

    /// To be announced: the device failed. The processor took over, or, under `OnDeviceLoss::Stop`, no step is done any more.
    pub fn failure(&self) -> Option<&DeviceError> {
        self.failure.as_ref().or(self.stopped.as_ref())
    }
}

/// On the processor, what has happened since the batch was as it is.
fn repeat(host: &mut HostBatch, since: &[Event], walls_then: Option<WallsThen>) -> Result<(), StepError> {
    if let Some(WallsThen { walls, facets, bodies }) = walls_then {
        (host.walls.walls, host.walls.facets, host.bodies) = (walls, facets, bodies);
        host.walls_changed = true;
    }
    host.stale = true;
    for event in since {
        match event {
            Event::Steps(count) => {
                for _ in 0..*count {
                    host.step()?;
                }
            }
            Event::Placed(wall, facets, motion) => {
                host.walls.walls[wall.0] = *motion;
                host.put_facets(*wall, facets);
            }
            Event::BodySet(index, saved) => host.put_body(*index, saved),
            Event::BodyPushed(index, push) => host.push_body(*index, push),
            Event::Moves(wall, motion) => host.walls.walls[wall.0] = *motion,
            Event::Asked(wall) => {
                host.take_wall_impulse(*wall);
            }
        }
    }
    Ok(())
}

impl HostBatch {
    /// Takes over what a device has told. Its rows are built anew before the next step here.
    fn install(&mut self, fetched: Fetched) {
        let Fetched { lines, places, clumps, contacts, wall_impulses, bodies } = fetched;
        self.velocities.resize(lines.len(), [0.0; 4]);
        self.spins.resize(lines.len(), [0.0; 4]);
        (self.lines, self.places, self.wall_impulses) = (lines, places, wall_impulses);
        self.rows = vec![contacts];
        (0..self.lines.len()).for_each(|index| self.refresh_motion(index));
        self.clumps.all = clumps;
        self.find_members();
        for (index, body) in bodies.into_iter().enumerate() {
            // One that was set since the last step is as it was set.
            if !self.walls.news[body.wall as usize].stands_elsewhere {
                self.bodies[index] = body;
                self.place_body(index);
            }
        }
        self.look_at_sums();
        self.stale = true;
    }
}
