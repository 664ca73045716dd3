//! Parity: every kernel on a device against its meaning on the processor, over drawn inputs: bit by bit, or within a stated
//! tolerance where the device promises no bits. `linetwin doctor --gpu-check` runs it on real hardware, the tests on the
//! double and on a software adapter.

pub mod particles;
pub mod tolerance;

use crate::device::{Device, OnDeviceLoss, Provenance};
use crate::error::DeviceError;
use crate::kernels::overlaps::{Clearance, ClearanceChecker, LinkPlace, LinkSphere, NOBODY, measure_clearances};
use crate::kernels::pairs::{Ball, PairFinder, find_pairs};
use crate::kernels::prefix_sums::{PrefixSums, sum_prefixes};
use crate::kernels::rays::{Hit, Move, NO_SOLID, Plane, Ray, RayCaster, Shape, Solid, SolidWorld, cast_rays};

/// One kernel, compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parity {
    pub stem: &'static str,
    /// What was compared, in words: "4,096 rays, 1,311 hits".
    pub inputs: String,
    /// Over every bit of the result, by the processor and by the device (FNV-1a, 64 bits).
    pub expected_hash: u64,
    pub found_hash: u64,
    pub provenance: Provenance,
    pub verdict: Verdict,
}

/// What the comparison came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    SameBits,
    /// A device that promises no bits gave what it may; in words, how much differs.
    WithinTolerance(String),
    Different(String),
}

impl Parity {
    pub fn agrees(&self) -> bool {
        !matches!(self.verdict, Verdict::Different(_))
    }

    /// `compare` is asked where the bits differ and the device may.
    fn new(
        stem: &'static str,
        inputs: String,
        device: &Device,
        [expected, found]: [&[u8]; 2],
        compare: impl FnOnce() -> Result<String, String>,
    ) -> Parity {
        let verdict = if expected == found {
            Verdict::SameBits
        } else if device.gpu().is_none_or(|gpu| gpu.is_exact()) {
            Verdict::Different("the bits differ".into())
        } else {
            compare().map_or_else(Verdict::Different, Verdict::WithinTolerance)
        };
        Parity { stem, inputs, expected_hash: hash_of(expected), found_hash: hash_of(found), provenance: device.provenance(), verdict }
    }
}

/// How much a parity case computes: enough for a device, or little enough for an interpreter, or for ThreadSanitizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Tiny,
    Small,
    Full,
}

/// All kernels in turn. The first failure of the device ends it.
pub fn check_parity(device: &Device, extent: Extent) -> Result<Vec<Parity>, DeviceError> {
    type Case = fn(&Device, Extent) -> Result<Parity, DeviceError>;
    let cases: [Case; 5] = [overlaps_agree, pairs_agree, particles::particles_agree, prefix_sums_agree, rays_agree];
    cases.into_iter().map(|case| case(device, extent)).collect()
}

fn overlaps_agree(device: &Device, extent: Extent) -> Result<Parity, DeviceError> {
    let (solid_count, pose_count) = match extent {
        Extent::Tiny => (40, 30),
        Extent::Small => (300, 300),
        Extent::Full => (20_000, 100_000),
    };
    const REACH_M: f32 = 1.5;
    let world = SolidWorld::new(&drawn_solids(17, solid_count));
    let spheres = drawn_arm(19);
    let places = drawn_places(23, pose_count);
    let mut expected: Vec<Clearance> = vec![bytemuck::Zeroable::zeroed(); pose_count];
    let mut found = expected.clone();
    measure_clearances(&world, &spheres, &places, ARM_LINKS, REACH_M, &mut expected);
    let sphere_count = spheres.len();
    let mut checker = ClearanceChecker::new(device, world.clone(), spheres, OnDeviceLoss::Stop)?;
    checker.measure(&places, REACH_M, &mut found)?;
    let hit_count = expected.iter().filter(|clearance| clearance.first_hit != NOBODY).count();
    let inputs = format!("{pose_count} poses of {sphere_count} spheres against {solid_count} solids, {hit_count} hits");
    let bytes = [bytemuck::cast_slice(&expected), bytemuck::cast_slice(&found)];
    let compare = || tolerance::compare_clearances(&world, sphere_count, &expected, &found);
    Ok(Parity::new("overlaps", inputs, device, bytes, compare))
}

fn pairs_agree(device: &Device, extent: Extent) -> Result<Parity, DeviceError> {
    let (ball_count, replications) = match extent {
        Extent::Tiny => (100, 2),
        Extent::Small => (1_500, 5),
        Extent::Full => (2_000_000, 64),
    };
    let mut finder = PairFinder::new(device, OnDeviceLoss::Stop)?;
    let batches = [29, 31].map(|seed| drawn_balls(seed, ball_count, replications));
    let expected = batches.each_ref().map(|balls| find_pairs(balls));
    // The second batch finds the buffers of the first.
    let found = [finder.find(&batches[0])?, finder.find(&batches[1])?];
    let compare = || {
        let told: Result<Vec<String>, String> =
            (0..2).map(|which| tolerance::compare_pairs(&batches[which], &expected[which], &found[which])).collect();
        Ok(told?.join("; "))
    };
    let all = [expected.concat(), found.concat()];
    let inputs = format!("{ball_count} balls of {replications} replications twice, {} pairs", all[0].len());
    let bytes = all.each_ref().map(|keys| bytemuck::cast_slice(keys));
    Ok(Parity::new("pairs", inputs, device, bytes, compare))
}

fn prefix_sums_agree(device: &Device, extent: Extent) -> Result<Parity, DeviceError> {
    // One tile; one more value than a tile; two levels, the last tile partly filled; three.
    let counts: &[usize] = match extent {
        Extent::Tiny => &[1, 513],
        Extent::Small => &[1, 512, 513, 5_000],
        Extent::Full => &[1, 512, 513, 262_145, 20_000_000],
    };
    let mut drawn = Drawn::new(3);
    let (mut expected_all, mut found_all) = (Vec::new(), Vec::new());
    for &count in counts {
        let values: Vec<u32> = (0..count).map(|_| (drawn.bits() >> 40) as u32).collect();
        let mut expected = vec![0; count];
        sum_prefixes(&values, &mut expected);
        let mut found = expected.clone();
        if let Some(gpu) = device.gpu() {
            let (values, mut sums) = (gpu.upload(&values)?, gpu.zeros(count)?);
            PrefixSums::new(&gpu, count)?.sum(&values, &mut sums, count)?;
            gpu.download(&sums, &mut found)?;
        }
        expected_all.extend(expected);
        found_all.extend(found);
    }
    let bytes = [bytemuck::cast_slice(&expected_all), bytemuck::cast_slice(&found_all)];
    let compare = || Err("integers leave nothing to round".into());
    Ok(Parity::new("prefix_sums", format!("{counts:?} counts"), device, bytes, compare))
}

fn rays_agree(device: &Device, extent: Extent) -> Result<Parity, DeviceError> {
    let (solid_count, ray_count) = match extent {
        Extent::Tiny => (40, 200),
        Extent::Small => (300, 1_500),
        Extent::Full => (20_000, 1_000_000),
    };
    let mut world = SolidWorld::new(&drawn_solids(7, solid_count));
    let rays = drawn_rays(11, ray_count);
    let moves = drawn_moves(13, solid_count);
    let mut caster = RayCaster::new(device, world.clone(), OnDeviceLoss::Stop)?;
    // Before and after some solids have moved.
    let mut expected = vec![Hit { distance_m: 0.0, solid: 0 }; 2 * ray_count];
    let mut found = expected.clone();
    cast_rays(&world, &rays, &mut expected[..ray_count]);
    caster.cast(&rays, &mut found[..ray_count])?;
    let unmoved = world.clone();
    world.move_solids(&moves);
    caster.move_solids(&moves)?;
    cast_rays(&world, &rays, &mut expected[ray_count..]);
    caster.cast(&rays, &mut found[ray_count..])?;
    let hit_count = expected.iter().filter(|hit| hit.solid != NO_SOLID).count();
    let inputs = format!("{ray_count} rays twice against {solid_count} solids of which every third moves, {hit_count} hits");
    let bytes = [bytemuck::cast_slice(&expected), bytemuck::cast_slice(&found)];
    let compare = || {
        let before = tolerance::compare_hits(&unmoved, &rays, &expected[..ray_count], &found[..ray_count])?;
        let after = tolerance::compare_hits(&world, &rays, &expected[ray_count..], &found[ray_count..])?;
        Ok(format!("{before}; {after}"))
    };
    Ok(Parity::new("rays", inputs, device, bytes, compare))
}

/// FNV-1a: not against malice, but every bit counts, and it is the same everywhere.
pub fn hash_of(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Numbers for parity cases (SplitMix64): the same on every machine, good enough to hit every branch.
#[derive(Clone, Debug)]
pub struct Drawn(u64);

impl Drawn {
    pub fn new(seed: u64) -> Drawn {
        Drawn(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Below `end`.
    pub fn index(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// Evenly between `low` and `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.bits() >> 40) as f32 / 16_777_216.0)
    }

    pub fn vector(&mut self, reach: f32) -> [f32; 3] {
        [self.between(-reach, reach), self.between(-reach, reach), self.between(-reach, reach)]
    }

    pub fn unit_vector(&mut self) -> [f32; 3] {
        loop {
            let v = self.vector(1.0);
            let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
            if (0.1..=1.0).contains(&length) {
                return v.map(|component| component / length);
            }
        }
    }

    fn rotation(&mut self) -> [f32; 4] {
        let [x, y, z] = self.unit_vector();
        let half = self.between(-1.0, 1.0);
        let rest = (1.0 - half * half).sqrt();
        [x * rest, y * rest, z * rest, half]
    }
}

/// Balls of several sizes, by replication; about as many pairs as balls.
pub fn drawn_balls(seed: u64, count: usize, replications: u32) -> Vec<Ball> {
    let mut drawn = Drawn::new(seed);
    let reach = 0.35 * libm::cbrtf(count as f32 / replications as f32);
    let ball = |index: usize| Ball {
        center_m: drawn.vector(reach),
        radius_m: drawn.between(0.05, 0.4),
        replication: (index as u64 * u64::from(replications) / count as u64) as u32,
        unused: [0; 3],
    };
    (0..count).map(ball).collect()
}

/// Solids of every kind in a hall of 40 by 40 by 8 m, some turned, some on the grid of the axes.
pub fn drawn_solids(seed: u64, count: usize) -> Vec<Solid> {
    let mut drawn = Drawn::new(seed);
    let solid = |_| {
        let size = drawn.between(0.05, 0.8);
        let shape = match drawn.index(4) {
            0 => Shape::Box { half_m: [size, drawn.between(0.05, 0.8), drawn.between(0.05, 0.4)] },
            1 => Shape::Sphere { radius_m: size },
            2 => Shape::Cylinder { radius_m: size, half_height_m: drawn.between(0.05, 1.0) },
            _ => octahedron(size),
        };
        let [x, y, z] = drawn.vector(20.0);
        let rotation = if drawn.index(3) == 0 { [0.0, 0.0, 0.0, 1.0] } else { drawn.rotation() };
        Solid { shape, position_m: [x, y, 4.0 + 0.2 * z], rotation }
    };
    (0..count).map(solid).collect()
}

/// Every third solid goes somewhere else.
pub fn drawn_moves(seed: u64, solid_count: usize) -> Vec<Move> {
    let mut drawn = Drawn::new(seed);
    let moved = |solid| {
        let [x, y, z] = drawn.vector(20.0);
        Move { solid, position_m: [x, y, 4.0 + 0.2 * z], rotation: drawn.rotation() }
    };
    (0..solid_count as u32).step_by(3).map(moved).collect()
}

fn octahedron(size: f32) -> Shape {
    let unit = 1.0 / 3.0_f32.sqrt();
    let corners = (0..6).map(|k| std::array::from_fn(|axis| if axis == k / 2 { size * [1.0, -1.0][k % 2] } else { 0.0 }));
    let planes = (0..8).map(|signs| Plane {
        normal: std::array::from_fn(|axis| if signs >> axis & 1 == 1 { -unit } else { unit }),
        offset_m: size * unit,
    });
    Shape::Hull { points_m: corners.collect(), planes: planes.collect() }
}

/// Rays through that hall: most in any direction, some along an axis, some short, some with a blind zone.
pub fn drawn_rays(seed: u64, count: usize) -> Vec<Ray> {
    let mut drawn = Drawn::new(seed);
    let ray = |_| {
        let [x, y, z] = drawn.vector(22.0);
        let mut direction = drawn.unit_vector();
        if drawn.index(5) == 0 {
            let axis = drawn.index(3);
            direction = std::array::from_fn(|k| if k == axis { [1.0, -1.0][drawn.index(2)] } else { 0.0 });
        }
        let least_m = if drawn.index(4) == 0 { drawn.between(0.0, 2.0) } else { 0.0 };
        let most_m = if drawn.index(4) == 0 { drawn.between(0.0, 5.0) } else { 60.0 };
        Ray { origin_m: [x, y, 4.0 + 0.2 * z], least_m, direction, most_m }
    };
    (0..count).map(ray).collect()
}

/// Links of the drawn mechanism [-].
pub const ARM_LINKS: usize = 3;

/// Spheres along three links.
pub fn drawn_arm(seed: u64) -> Vec<LinkSphere> {
    let mut drawn = Drawn::new(seed);
    let sphere = |k: u32| {
        let center_m = [0.1 * (k % 8) as f32, drawn.between(-0.05, 0.05), drawn.between(-0.05, 0.05)];
        LinkSphere { center_m, radius_m: drawn.between(0.02, 0.12), link: k % ARM_LINKS as u32, unused: [0; 3] }
    };
    (0..24).map(sphere).collect()
}

/// Shape [count, ARM_LINKS]: each pose somewhere in the hall, its links turned any way.
pub fn drawn_places(seed: u64, count: usize) -> Vec<LinkPlace> {
    let mut drawn = Drawn::new(seed);
    let pose = |_| {
        let [x, y, z] = drawn.vector(20.0);
        [(); ARM_LINKS].map(|()| {
            let [a, b, c] = rotation_matrix(drawn.rotation());
            let row = |row: [f32; 3], position: f32| [row[0], row[1], row[2], position];
            LinkPlace { x: row(a, x), y: row(b, y), z: row(c, 4.0 + 0.2 * z) }
        })
    };
    (0..count).flat_map(pose).collect()
}

/// Rows of the rotation that a unit quaternion stands for.
fn rotation_matrix([x, y, z, w]: [f32; 4]) -> [[f32; 3]; 3] {
    [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
        [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
        [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
    ]
}
