//! A mechanism and a world on a device, ready for batches of poses. World and spheres travel once.

use super::{Clearance, KERNEL, LinkPlace, LinkSphere, MEASURE_CLEARANCES, OverlapsParameters, measure_clearances};
use crate::device::{Device, OnDeviceLoss, Provenance};
use crate::error::DeviceError;
use crate::gpu::{DeviceBuffer, Gpu, Loaded};
use crate::kernels::rays::{Node, PlacedSolid, Plane, REACH_M, SolidWorld};
use rayon::prelude::*;

#[derive(Debug)]
pub struct ClearanceChecker {
    world: SolidWorld,
    spheres: Vec<LinkSphere>,
    link_count: usize,
    on_gpu: Option<OnGpu>,
    on_loss: OnDeviceLoss,
    failure: Option<DeviceError>,
}

impl ClearanceChecker {
    /// A device that fails here is an error under `OnDeviceLoss::Stop`; else the processor takes over at once.
    pub fn new(device: &Device, world: SolidWorld, spheres: Vec<LinkSphere>, on_loss: OnDeviceLoss) -> Result<Self, DeviceError> {
        let link_count = spheres.iter().map(|sphere| sphere.link as usize + 1).max().expect("a mechanism has spheres");
        assert!(spheres.iter().all(|sphere| sphere.radius_m >= 0.0), "a sphere has a radius");
        let mut checker = ClearanceChecker { world, spheres, link_count, on_gpu: None, on_loss, failure: None };
        if let Some(gpu) = device.gpu() {
            match OnGpu::new(&gpu, &checker.world, &checker.spheres) {
                Ok(on_gpu) => checker.on_gpu = Some(on_gpu),
                Err(error) => checker.fall_back(error)?,
            }
        }
        Ok(checker)
    }

    /// One clearance for each pose, the same bytes on every device that is exact. `places` has shape [pose_count, link_count]; nothing
    /// farther than `reach_m` is looked for.
    pub fn measure(&mut self, places: &[LinkPlace], reach_m: f32, clearances: &mut [Clearance]) -> Result<(), DeviceError> {
        assert_eq!(places.len(), clearances.len() * self.link_count, "a place for each link of each pose");
        assert!((0.0..=REACH_M).contains(&reach_m), "{reach_m} m");
        let within = |place: &LinkPlace| [place.x, place.y, place.z].iter().flatten().all(|number| number.abs() <= REACH_M);
        assert!(places.par_iter().all(within), "a link is not within {REACH_M} m");
        if let Some(on_gpu) = &mut self.on_gpu {
            match on_gpu.measure(places, self.link_count, reach_m, clearances) {
                Ok(()) => return Ok(()),
                Err(error) => self.fall_back(error)?,
            }
        }
        measure_clearances(&self.world, &self.spheres, places, self.link_count, reach_m, clearances);
        Ok(())
    }

    fn fall_back(&mut self, error: DeviceError) -> Result<(), DeviceError> {
        self.on_loss.leave(&mut self.on_gpu, &mut self.failure, error)
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

#[derive(Debug)]
struct OnGpu {
    loaded: Loaded,
    nodes: DeviceBuffer<Node>,
    solids: DeviceBuffer<PlacedSolid>,
    planes: DeviceBuffer<Plane>,
    spheres: DeviceBuffer<LinkSphere>,
    /// As long as the largest batch so far, rounded up.
    places: DeviceBuffer<LinkPlace>,
    clearances: DeviceBuffer<Clearance>,
    node_count: u32,
}

impl OnGpu {
    fn new(device: &Gpu, world: &SolidWorld, spheres: &[LinkSphere]) -> Result<OnGpu, DeviceError> {
        Ok(OnGpu {
            loaded: device.load(&KERNEL)?,
            nodes: device.upload(world.nodes())?,
            solids: device.upload(world.solids())?,
            planes: device.upload(world.planes())?,
            spheres: device.upload(spheres)?,
            places: device.zeros(0)?,
            clearances: device.zeros(0)?,
            node_count: world.node_count(),
        })
    }

    fn measure(&mut self, places: &[LinkPlace], link_count: usize, reach_m: f32, clearances: &mut [Clearance]) -> Result<(), DeviceError> {
        let device = self.loaded.device();
        if clearances.len() > self.clearances.len() {
            let capacity = clearances.len().next_power_of_two();
            (self.places, self.clearances) = (device.zeros(capacity * link_count)?, device.zeros(capacity)?);
        }
        device.write(&mut self.places, 0, places)?;
        let number = |count: usize| u32::try_from(count).expect("a batch has fewer than 2^32 of everything");
        let parameters = OverlapsParameters {
            pose_count: number(clearances.len()),
            link_count: number(link_count),
            sphere_count: number(self.spheres.len()),
            node_count: self.node_count,
            reach_m,
        };
        let launch = self.loaded.launch(&MEASURE_CLEARANCES).read(&self.nodes).read(&self.solids).read(&self.planes);
        let launch = launch.read(&self.spheres).read(&self.places).write(&mut self.clearances);
        launch.value(&parameters).over(clearances.len())?;
        device.download(&self.clearances, clearances)
    }
}
