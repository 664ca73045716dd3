//! Lidars on a running line: one batch of rays for all scans of a step. Reports what each sees as facts, and keeps the scans that
//! are to be written down; decides nothing, and knows no line logic.
//!
//! A lidar stands still, so what else stands is met once, when it is set up: from then on each ray ends there, and a scan asks
//! only for what is nearer and moves. That is as it is at the step's end, which is the time of the scan.

use crate::granular::DeviceFailure;
use crate::port::{Ball, Fact, FactKind, Seen, Transport};
use crate::random::{Stream, Streams};
use crate::sample::sample;
use linetwin_compute::kernels::rays::{Hit, NO_SOLID, Ray, RayCaster, Solid, SolidWorld, cast_rays};
use linetwin_compute::{Device, DeviceError, OnDeviceLoss, Placement};
use linetwin_model::distribution::Distribution;
use linetwin_model::geometry::{add, scale};
use linetwin_model::parametric::Parametric;
use linetwin_model::scene::{ElementId, ElementKind, Lidar};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

/// Rays of all lidars together from which a device is worth the way there and back: some milliseconds of a processor's thread.
const RAYS_WORTH_A_DEVICE: u64 = 16_384;

const NOTHING: Hit = Hit { distance_m: f32::INFINITY, solid: NO_SOLID };

/// What one lidar measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    pub at: Time,
    pub element: ElementId,
    /// Shape [layers, rays]; `None` where nothing was met.
    pub echoes: Vec<Option<Echo>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Echo {
    pub range_m: f32,
    pub seen: Seen,
}

/// All that decides the future: by lidar, whether something is in its field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangingState {
    blocked: Vec<bool>,
}

/// The lidars of one scene, in its order.
pub struct Ranging {
    lidars: Vec<Planned>,
    caster: RayCaster,
    state: RangingState,
    facts: Vec<Fact>,
    /// Since they were last taken.
    scans: Vec<Scan>,
    /// The device failed, and nobody may take over: nothing is seen, and what comes of it is to be thrown away.
    stopped: Option<DeviceError>,
}

struct Planned {
    element: ElementId,
    lidar: Lidar,
    /// In the lidar's own axes.
    directions: Vec<[f64; 3]>,
    /// In the world; each ends at what stands there.
    rays: Vec<Ray>,
    /// What stands there.
    standing: Vec<Option<Echo>>,
    noise: Stream,
}

/// Whether the scene's rays are worth a device.
pub fn is_worth_a_device(scene: &Scene) -> bool {
    let lidars = scene.elements.iter().filter_map(|element| if let ElementKind::Lidar(lidar) = &element.kind { Some(lidar) } else { None });
    lidars.map(|lidar| u64::from(lidar.rays) * u64::from(lidar.layers)).sum::<u64>() >= RAYS_WORTH_A_DEVICE
}

impl Ranging {
    /// `None` for a scene without lidars.
    pub fn new(scene: &Scene, streams: &Streams, placement: &Placement, transport: &dyn Transport) -> Option<Self> {
        let lidars = scene.element_ids().filter_map(|element| {
            let ElementKind::Lidar(lidar) = &scene.element(element).kind else { return None };
            Some(Planned::new(element, lidar, streams.stream(&scene.element(element).name, "range"), transport))
        });
        let lidars: Vec<Planned> = lidars.collect();
        if lidars.is_empty() {
            return None;
        }
        let on = |device: &Device, on_loss| RayCaster::new(device, SolidWorld::new(&[]), on_loss);
        let (caster, stopped) = match on(if is_worth_a_device(scene) { &placement.device } else { &Device::Cpu }, placement.on_loss) {
            Ok(caster) => (caster, None),
            Err(error) => (on(&Device::Cpu, OnDeviceLoss::Cpu).expect("the processor is always there"), Some(error)),
        };
        let state = RangingState { blocked: vec![false; lidars.len()] };
        Some(Ranging { lidars, caster, state, facts: Vec::new(), scans: Vec::new(), stopped })
    }

    /// Goes on where it was saved.
    pub fn load(scene: &Scene, streams: &Streams, saved: RangingState, placement: &Placement, transport: &dyn Transport) -> Option<Self> {
        Some(Ranging { state: saved, ..Ranging::new(scene, streams, placement, transport)? })
    }

    pub fn state(&self) -> &RangingState {
        &self.state
    }

    /// Whether the device failed since the lidars were set up or loaded.
    pub fn device_failure(&self) -> Option<DeviceFailure> {
        let error = self.stopped.as_ref().or(self.caster.failure())?.clone();
        Some(DeviceFailure { error, stopped: self.stopped.is_some() })
    }

    /// Makes the scans that are due after `now` until `until`, of the world as it is then.
    pub fn scan(&mut self, transport: &dyn Transport, now: Time, until: Time, facts: &mut Vec<Fact>) {
        if self.stopped.is_some() {
            return;
        }
        let due: Vec<usize> = (0..self.lidars.len()).filter(|&index| self.lidars[index].is_due(now, until)).collect();
        if due.is_empty() {
            return;
        }
        let near: Vec<Ball> = due.iter().map(|&index| self.lidars[index].ball()).collect();
        let (seen, solids): (Vec<Seen>, Vec<Solid>) = transport.solids(false, &near).into_iter().unzip();
        let rays: Vec<Ray> = due.iter().flat_map(|&index| self.lidars[index].rays.iter().copied()).collect();
        let mut hits = vec![NOTHING; rays.len()];
        if !solids.is_empty() {
            let cast = self.caster.set_world(SolidWorld::new(&solids)).and_then(|()| self.caster.cast(&rays, &mut hits));
            if let Err(error) = cast {
                self.stopped = Some(error);
                return;
            }
        }
        let mut rest = hits.as_slice();
        for index in due {
            let (own, others) = rest.split_at(self.lidars[index].rays.len());
            rest = others;
            self.tell(index, own, &seen, until);
        }
        facts.append(&mut self.facts);
    }

    fn tell(&mut self, index: usize, hits: &[Hit], seen: &[Seen], until: Time) {
        let planned = &self.lidars[index];
        let echoes = planned.echoes(hits, seen, until);
        let [_, most_m] = planned.lidar.range_m;
        let nearest_m = echoes.iter().flatten().fold(most_m, |least, echo| least.min(f64::from(echo.range_m)));
        let mut tell = |kind| self.facts.push(Fact { crossed_at: until, seen_at: until, kind });
        tell(FactKind::Ranged { element: planned.element, nearest_m });
        if let (Some(eye), Some(field)) = (planned.lidar.eye, &planned.lidar.field) {
            let mut points =
                echoes.iter().zip(&planned.directions).filter_map(|(echo, direction)| Some((echo.as_ref()?.range_m, direction)));
            let blocked = points.any(|(range_m, direction)| field.holds(scale(*direction, f64::from(range_m))));
            if std::mem::replace(&mut self.state.blocked[index], blocked) != blocked {
                tell(if blocked { FactKind::EyeBlocked { eye } } else { FactKind::EyeCleared { eye } });
            }
        }
        if planned.lidar.records {
            self.scans.push(Scan { at: until, element: planned.element, echoes });
        }
    }

    /// The scans that are to be written down, in order, since the last call.
    pub fn take_scans(&mut self) -> Vec<Scan> {
        std::mem::take(&mut self.scans)
    }
}

impl Planned {
    fn new(element: ElementId, lidar: &Lidar, noise: Stream, transport: &dyn Transport) -> Self {
        let (directions, pose) = (lidar.directions().collect::<Vec<_>>(), lidar.pose);
        let [least_m, most_m] = lidar.range_m.map(|range| range as f32);
        let in_world = |[x, y, z]: [f64; 3]| add(add(scale(pose.forward, x), scale(pose.left, y)), scale(pose.up(), z));
        let ray = |direction: &[f64; 3]| Ray {
            origin_m: pose.position.map(|coordinate| coordinate as f32),
            least_m,
            direction: in_world(*direction).map(|component| component as f32),
            most_m,
        };
        let rays = directions.iter().map(ray).collect();
        let mut planned = Planned { element, lidar: lidar.clone(), directions, rays, standing: Vec::new(), noise };
        planned.meet_what_stands(transport);
        planned
    }

    fn meet_what_stands(&mut self, transport: &dyn Transport) {
        let (seen, solids): (Vec<Seen>, Vec<Solid>) = transport.solids(true, &[self.ball()]).into_iter().unzip();
        let mut hits = vec![NOTHING; self.rays.len()];
        cast_rays(&SolidWorld::new(&solids), &self.rays, &mut hits);
        self.standing = hits.iter().map(|hit| echo_of(hit, &seen)).collect();
        for (ray, echo) in self.rays.iter_mut().zip(&self.standing) {
            ray.most_m = echo.map_or(ray.most_m, |echo| echo.range_m);
        }
    }

    fn is_due(&self, now: Time, until: Time) -> bool {
        self.number(now) != self.number(until)
    }

    /// How many scans have been due by then.
    fn number(&self, at: Time) -> u64 {
        at.0 / self.lidar.every.0
    }

    fn ball(&self) -> Ball {
        (self.lidar.pose.position, self.lidar.range_m[1])
    }

    /// What each ray tells: whatever is nearest, and how far that seems.
    fn echoes(&self, hits: &[Hit], seen: &[Seen], at: Time) -> Vec<Option<Echo>> {
        let met = hits.iter().zip(&self.standing).map(|(hit, standing)| echo_of(hit, seen).or(*standing));
        if self.lidar.error_sd_m == 0.0 {
            return met.collect();
        }
        let [least_m, most_m] = self.lidar.range_m.map(|range| range as f32);
        let error = Distribution::from(Parametric::Normal { mean: 0.0, sd: self.lidar.error_sd_m });
        // 2^32 scans are years.
        let mut draw = self.noise.draw(self.number(at) as u32);
        // Drawn for every ray: what one meets shifts no other's.
        let errors = std::iter::repeat_with(|| sample(&error, &mut draw) as f32);
        let felt = |echo: Echo, error_m: f32| Echo { range_m: (echo.range_m + error_m).clamp(least_m, most_m), ..echo };
        met.zip(errors).map(|(echo, error_m)| echo.map(|echo| felt(echo, error_m))).collect()
    }
}

fn echo_of(hit: &Hit, seen: &[Seen]) -> Option<Echo> {
    let seen = *seen.get(hit.solid as usize)?;
    Some(Echo { range_m: hit.distance_m, seen })
}
