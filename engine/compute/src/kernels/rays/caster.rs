//! A world of solids on a device, ready for batches of rays. The world travels once, rays and hits each time.

use super::{CAST_RAYS, Hit, KERNEL, LONGEST_RAY_M, Move, Node, PlacedSolid, Plane, REACH_M, Ray, RaysParameters, SolidWorld, cast_rays};
use crate::device::{Device, OnDeviceLoss, Provenance};
use crate::error::DeviceError;
use crate::gpu::{DeviceBuffer, Gpu, Loaded};
use rayon::prelude::*;

#[derive(Debug)]
pub struct RayCaster {
    world: SolidWorld,
    on_gpu: Option<OnGpu>,
    on_loss: OnDeviceLoss,
    /// Why the device is no longer used.
    failure: Option<DeviceError>,
}

impl RayCaster {
    /// A device that fails here is an error under `OnDeviceLoss::Stop`; else the processor takes over at once.
    pub fn new(device: &Device, world: SolidWorld, on_loss: OnDeviceLoss) -> Result<RayCaster, DeviceError> {
        let mut caster = RayCaster { world, on_gpu: None, on_loss, failure: None };
        if let Some(gpu) = device.gpu() {
            match OnGpu::new(&gpu, &caster.world) {
                Ok(on_gpu) => caster.on_gpu = Some(on_gpu),
                Err(error) => caster.fall_back(error)?,
            }
        }
        Ok(caster)
    }

    /// One hit for each ray, the same bytes on every device that is exact.
    pub fn cast(&mut self, rays: &[Ray], hits: &mut [Hit]) -> Result<(), DeviceError> {
        assert_eq!(rays.len(), hits.len(), "one hit for each ray");
        rays.par_iter().for_each(check_ray);
        if let Some(on_gpu) = &mut self.on_gpu {
            match on_gpu.cast(rays, hits) {
                Ok(()) => return Ok(()),
                Err(error) => self.fall_back(error)?,
            }
        }
        cast_rays(&self.world, rays, hits);
        Ok(())
    }

    /// What moved travels, and the boxes of the tree.
    pub fn move_solids(&mut self, moves: &[Move]) -> Result<(), DeviceError> {
        self.world.move_solids(moves);
        match self.on_gpu.as_mut().map(|on_gpu| on_gpu.update(&self.world)) {
            Some(Err(error)) => self.fall_back(error),
            _ => Ok(()),
        }
    }

    /// Another world from now on; it travels whole.
    pub fn set_world(&mut self, world: SolidWorld) -> Result<(), DeviceError> {
        self.world = world;
        match self.on_gpu.as_mut().map(|on_gpu| on_gpu.replace(&self.world)) {
            Some(Err(error)) => self.fall_back(error),
            _ => Ok(()),
        }
    }

    fn fall_back(&mut self, error: DeviceError) -> Result<(), DeviceError> {
        self.on_loss.leave(&mut self.on_gpu, &mut self.failure, error)
    }

    pub fn world(&self) -> &SolidWorld {
        &self.world
    }

    /// Who computes the next batch.
    pub fn provenance(&self) -> Provenance {
        self.on_gpu.as_ref().map_or(Provenance::Cpu, |on_gpu| on_gpu.loaded.device().provenance())
    }

    /// To be announced: the device failed, and the processor took over.
    pub fn failure(&self) -> Option<&DeviceError> {
        self.failure.as_ref()
    }
}

fn check_ray(ray: &Ray) {
    let [x, y, z] = ray.direction;
    let length2 = x * x + y * y + z * z;
    let right = ray.origin_m.iter().all(|coordinate| coordinate.abs() <= REACH_M)
        && (length2 - 1.0).abs() < 1e-3
        && ray.least_m >= 0.0
        && ray.most_m <= LONGEST_RAY_M;
    assert!(right, "a ray has a unit direction, an origin within {REACH_M} m and ends within {LONGEST_RAY_M} m: {ray:?}");
}

#[derive(Debug)]
struct OnGpu {
    loaded: Loaded,
    nodes: DeviceBuffer<Node>,
    solids: DeviceBuffer<PlacedSolid>,
    planes: DeviceBuffer<Plane>,
    /// As long as the largest batch so far, rounded up; the same length.
    rays: DeviceBuffer<Ray>,
    hits: DeviceBuffer<Hit>,
    node_count: u32,
}

impl OnGpu {
    fn new(device: &Gpu, world: &SolidWorld) -> Result<OnGpu, DeviceError> {
        Ok(OnGpu {
            loaded: device.load(&KERNEL)?,
            nodes: device.upload(world.nodes())?,
            solids: device.upload(world.solids())?,
            planes: device.upload(world.planes())?,
            rays: device.zeros(0)?,
            hits: device.zeros(0)?,
            node_count: world.node_count(),
        })
    }

    fn replace(&mut self, world: &SolidWorld) -> Result<(), DeviceError> {
        let device = self.loaded.device();
        (self.nodes, self.solids, self.planes) =
            (device.upload(world.nodes())?, device.upload(world.solids())?, device.upload(world.planes())?);
        self.node_count = world.node_count();
        Ok(())
    }

    fn update(&mut self, world: &SolidWorld) -> Result<(), DeviceError> {
        let device = self.loaded.device();
        device.write(&mut self.nodes, 0, world.nodes())?;
        device.write(&mut self.solids, 0, world.solids())?;
        device.write(&mut self.planes, 0, world.planes())
    }

    fn cast(&mut self, rays: &[Ray], hits: &mut [Hit]) -> Result<(), DeviceError> {
        let device = self.loaded.device();
        if rays.len() > self.rays.len() {
            let capacity = rays.len().next_power_of_two();
            // Both or none: the contract wants them of one length.
            (self.rays, self.hits) = (device.zeros(capacity)?, device.zeros(capacity)?);
        }
        device.write(&mut self.rays, 0, rays)?;
        let ray_count = u32::try_from(rays.len()).expect("a batch has fewer than 2^32 rays");
        let parameters = RaysParameters { ray_count, node_count: self.node_count };
        let launch = self.loaded.launch(&CAST_RAYS).read(&self.nodes).read(&self.solids).read(&self.planes).read(&self.rays);
        launch.write(&mut self.hits).value(&parameters).over(rays.len())?;
        device.download(&self.hits, hits)
    }
}
