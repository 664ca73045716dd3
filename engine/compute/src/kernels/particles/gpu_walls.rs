//! Walls and bodies of a batch on a GPU: what of them travels, and when.

use super::batch::HostBatch;
use super::body::{Body, BodyFacet, BodyPush};
use super::contract::IMPULSE_COPIES;
use super::layouts::{MovingWall, PlacedFacet};
use super::on_gpu::{OnGpu, number, refill};
use super::state::Line;
use super::walls::Wall;
use crate::error::DeviceError;
use crate::gpu::{DeviceBuffer, Gpu};

type Four = [f32; 4];

/// Walls as the device knows them; those of bodies it moves by itself.
pub struct DeviceWalls {
    pub facets: DeviceBuffer<PlacedFacet>,
    pub planes: DeviceBuffer<u32>,
    pub starts: DeviceBuffer<u32>,
    pub triangles: DeviceBuffer<u32>,
    pub walls: DeviceBuffer<MovingWall>,
    pub impulses: DeviceBuffer<[i64; 6]>,
    /// Of `impulses`, what the host has taken over.
    told: Vec<Line>,
    pub touches: DeviceBuffer<Four>,
    /// What one step reads, and the next one writes.
    pub bodies: DeviceBuffer<Body>,
    pub next_bodies: DeviceBuffer<Body>,
    pub body_facets: DeviceBuffer<BodyFacet>,
}

impl DeviceWalls {
    pub fn new(device: &Gpu) -> Result<Self, DeviceError> {
        Ok(DeviceWalls {
            facets: device.zeros(0)?,
            planes: device.zeros(0)?,
            starts: device.zeros(0)?,
            triangles: device.zeros(0)?,
            walls: device.zeros(0)?,
            impulses: device.zeros(0)?,
            told: Vec::new(),
            touches: device.zeros(0)?,
            bodies: device.zeros(0)?,
            next_bodies: device.zeros(0)?,
            body_facets: device.zeros(0)?,
        })
    }
}

fn moving(wall: &Wall) -> MovingWall {
    MovingWall {
        velocity_mps: wall.motion.velocity_mps,
        material: number(wall.material),
        angular_velocity_radps: wall.motion.angular_velocity_radps,
        unused_1: 0,
        pivot: wall.pivot,
        unused_2: 0,
    }
}

impl OnGpu {
    /// Before steps: what has changed, or everything where walls were added or the host holds other particles.
    pub(super) fn upload_walls(&mut self, host: &mut HostBatch) -> Result<(), DeviceError> {
        let device = self.device();
        let count = host.walls.count();
        if self.all_walls || self.walls.walls.len() != count {
            // Whoever adds walls, particles or restores has brought the host up to date before.
            let own = &mut self.walls;
            refill(&device, &mut own.facets, &host.walls.placed_facets(0..host.walls.facets.len()))?;
            refill(&device, &mut own.walls, &host.walls.walls.iter().map(moving).collect::<Vec<_>>())?;
            let bodies: Vec<Body> = host.bodies.iter().map(|body| Body { felt: [0; 6], ..*body }).collect();
            refill(&device, &mut own.bodies, &bodies)?;
            refill(&device, &mut own.next_bodies, &bodies)?;
            refill(&device, &mut own.body_facets, &host.body_facets)?;
            own.impulses = device.zeros(count * IMPULSE_COPIES)?;
            own.told = vec![Line::default(); count];
            self.wall_impulses.resize(count, Line::default());
            self.all_walls = false;
            self.stale = true;
            host.walls_changed = true;
            host.walls.news.fill_with(Default::default);
        }
        for wall in 0..count {
            let news = std::mem::take(&mut host.walls.news[wall]);
            if news.stands_elsewhere {
                let range = host.walls.facets_of(wall);
                device.write(&mut self.walls.facets, range.start, &host.walls.placed_facets(range.clone()))?;
                if let Some(index) = host.bodies.iter().position(|body| body.wall == number(wall)) {
                    self.send_body(host, index)?;
                }
                self.stale |= host.walls.ways_m[wall] > self.drift.moving_slack_m;
            }
            if news.moves {
                device.write(&mut self.walls.walls, wall, &[moving(&host.walls.walls[wall])])?;
            }
        }
        if self.stale && host.lay_walls() {
            let grid = host.walls.facet_grid();
            refill(&device, &mut self.walls.planes, grid.planes)?;
            refill(&device, &mut self.walls.starts, grid.start)?;
            refill(&device, &mut self.walls.triangles, grid.near)?;
        }
        Ok(())
    }

    /// A body that was set: sums and ways are the device's.
    fn send_body(&mut self, host: &HostBatch, index: usize) -> Result<(), DeviceError> {
        let device = self.device();
        let mut there = [Body::default()];
        device.download_from(&self.walls.bodies, index, &mut there)?;
        let metre = host.scales.metre_per_quantum;
        let own = host.body_facets.iter().filter(|facet| facet.body == number(index));
        let way = |facet: &BodyFacet| there[0].placed(facet, metre).way_to(&host.bodies[index].placed(facet, metre), metre);
        let moved_m = there[0].moved_m + own.map(way).fold(0.0, f32::max);
        self.stale |= moved_m > there[0].slack_m;
        device.write(&mut self.walls.bodies, index, &[Body { felt: there[0].felt, moved_m, ..host.bodies[index] }])
    }

    /// A body that moves on the device gets an impulse.
    pub fn push_body(&mut self, host: &HostBatch, index: usize, push: &BodyPush) -> Result<(), DeviceError> {
        let device = self.device();
        let mut there = [Body::default()];
        device.download_from(&self.walls.bodies, index, &mut there)?;
        there[0].push(push);
        device.write(&mut self.walls.bodies, index, &there)?;
        let wall = there[0].wall as usize;
        let (velocity_mps, angular_velocity_radps) = there[0].surface(&host.scales);
        let moves = MovingWall { velocity_mps, angular_velocity_radps, pivot: there[0].at, ..moving(&host.walls.walls[wall]) };
        device.write(&mut self.walls.walls, wall, &[moves])
    }

    /// Rows are about to be built: nothing has moved since.
    pub(super) fn anchor_bodies(&mut self, host: &mut HostBatch) -> Result<(), DeviceError> {
        host.walls.ways_m.fill(0.0);
        if host.bodies.is_empty() {
            return Ok(());
        }
        let mut bodies = self.fetch_bodies()?;
        bodies.iter_mut().for_each(|body| body.moved_m = 0.0);
        self.device().write(&mut self.walls.bodies, 0, &bodies)
    }

    pub fn fetch_bodies(&self) -> Result<Vec<Body>, DeviceError> {
        let mut bodies = vec![Body::default(); self.walls.bodies.len()];
        self.device().download(&self.walls.bodies, &mut bodies)?;
        Ok(bodies)
    }

    /// Of each wall, what its copies have summed up to.
    fn sums(&self) -> Result<Vec<Line>, DeviceError> {
        let mut parts = vec![[0i64; 6]; self.walls.impulses.len()];
        self.device().download(&self.walls.impulses, &mut parts)?;
        let mut sums = vec![Line::default(); self.wall_impulses.len()];
        for (sum, parts) in sums.iter_mut().zip(parts.chunks(IMPULSE_COPIES)) {
            parts.iter().for_each(|&[px, py, pz, lx, ly, lz]| sum.push([px, py, pz], [lx, ly, lz]));
        }
        Ok(sums)
    }

    pub(super) fn wall_impulses_now(&self) -> Result<Vec<Line>, DeviceError> {
        let mut all = self.wall_impulses.clone();
        for ((all, sum), told) in all.iter_mut().zip(self.sums()?).zip(&self.walls.told) {
            all.push(sum.momentum, sum.spin);
            all.push(told.momentum.map(|part| part.wrapping_neg()), told.spin.map(|part| part.wrapping_neg()));
        }
        Ok(all)
    }

    /// Takes the sums over from the device. There they stay, since bodies know what they were.
    pub fn gather_wall_impulses(&mut self) -> Result<&mut Vec<Line>, DeviceError> {
        self.wall_impulses = self.wall_impulses_now()?;
        self.walls.told = self.sums()?;
        Ok(&mut self.wall_impulses)
    }
}
