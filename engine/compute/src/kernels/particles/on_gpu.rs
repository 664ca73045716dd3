//! A batch on a GPU: its buffers, building rows there, steps, and what travels back when the batch is asked.

use super::body::Body;
use super::clump::{ClumpSphere, RigidClump};
use super::contract::*;
use super::gpu_walls::DeviceWalls;
use super::grid::Grid;
use super::layouts::*;
use super::material::{ContactLaw, PairConstants};
use super::rows::{Kept, Rows, TOUCHES};
use super::state::{Line, Place};
use super::step::{Drift, Slack};
use super::{batch::HostBatch, batch::LEAVES};
use crate::device::Provenance;
use crate::error::DeviceError;
use crate::gpu::{DeviceBuffer, Gpu, Loaded};
use crate::kernels::prefix_sums::PrefixSums;

/// Steps that are launched before anybody waits for one of them.
const AHEAD: u32 = 32;
/// Threads that look at all particles: enough to fill a device, few enough that their sums do not queue for one place.
const SURVEYORS: usize = 8192;

type Four = [f32; 4];

/// What one step reads, and the next one writes.
struct Motion {
    places: DeviceBuffer<Place>,
    velocities: DeviceBuffer<Four>,
    spins: DeviceBuffer<Four>,
}

impl Motion {
    fn new(device: &Gpu, capacity: usize) -> Result<Self, DeviceError> {
        Ok(Motion { places: device.zeros(capacity)?, velocities: device.zeros(capacity)?, spins: device.zeros(capacity)? })
    }
}

/// Rows of candidates: particle `p` has `starts[p]..starts[p + 1]` of pairs and `starts[count + p]..starts[count + p + 1]` of
/// facets, which follow after all pairs.
struct DeviceRows {
    starts: DeviceBuffer<u32>,
    slots: DeviceBuffer<Slot>,
    /// One where nothing resists rolling.
    rolls: DeviceBuffer<Four>,
    /// Particles that have rows.
    count: usize,
    /// Slots of pairs, and all.
    used: [usize; 2],
}

/// What is as long as the particles are many.
struct Particles {
    now: Motion,
    next: Motion,
    lines: DeviceBuffer<Line>,
    next_lines: DeviceBuffer<Line>,
    anchors: DeviceBuffer<Place>,
    order: DeviceBuffer<u32>,
    cells: DeviceBuffer<u32>,
    ranks: DeviceBuffer<u32>,
    leavers: DeviceBuffer<u32>,
    cell_counts: DeviceBuffer<u32>,
    cell_starts: DeviceBuffer<u32>,
    row_counts: DeviceBuffer<u32>,
    rows: DeviceRows,
    old_rows: DeviceRows,
    prefix_sums: PrefixSums,
    capacity: usize,
}

impl Particles {
    fn new(device: &Gpu, capacity: usize) -> Result<Self, DeviceError> {
        let (cells, rows) = (Grid::most_cells(capacity) + 2, 2 * capacity + 1);
        let empty = || -> Result<DeviceRows, DeviceError> {
            Ok(DeviceRows { starts: device.zeros(rows)?, slots: device.zeros(1)?, rolls: device.zeros(1)?, count: 0, used: [0; 2] })
        };
        Ok(Particles {
            now: Motion::new(device, capacity)?,
            next: Motion::new(device, capacity)?,
            lines: device.zeros(capacity)?,
            next_lines: device.zeros(capacity)?,
            anchors: device.zeros(capacity)?,
            order: device.zeros(capacity)?,
            cells: device.zeros(capacity)?,
            ranks: device.zeros(capacity)?,
            leavers: device.zeros(capacity.div_ceil(32))?,
            cell_counts: device.zeros(cells)?,
            cell_starts: device.zeros(cells)?,
            row_counts: device.zeros(rows)?,
            rows: empty()?,
            old_rows: empty()?,
            prefix_sums: PrefixSums::new(device, cells.max(rows))?,
            capacity,
        })
    }
}

/// Clumps as the device knows them; where their spheres are it finds out when it sorts.
struct DeviceClumps {
    all: DeviceBuffer<RigidClump>,
    spheres: DeviceBuffer<ClumpSphere>,
    members: DeviceBuffer<u32>,
}

/// What the device must be told before its next step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Changes {
    None,
    /// Particles of the host leave, or were added after those that the device has.
    Particles,
    /// The host holds other particles.
    All,
}

/// What came of some steps.
pub struct Ran {
    pub steps: u32,
    pub lost: bool,
}

/// Of every particle, in the order of the device, and of every clump.
pub type Motions = (Vec<Line>, Vec<Place>, Vec<RigidClump>);

/// The state of a batch, brought to the host.
pub struct Fetched {
    pub lines: Vec<Line>,
    pub places: Vec<Place>,
    pub clumps: Vec<RigidClump>,
    /// Those that touch.
    pub contacts: Rows,
    pub wall_impulses: Vec<Line>,
    pub bodies: Vec<Body>,
}

pub struct OnGpu {
    loaded: Loaded,
    particles: Particles,
    pub(super) walls: DeviceWalls,
    clumps: DeviceClumps,
    constants: DeviceBuffer<PairConstants>,
    flags: DeviceBuffer<u32>,
    survey: DeviceBuffer<Survey>,
    flags_are_set: bool,
    grid: Grid,
    pub(super) drift: Drift,
    count: usize,
    leavers: usize,
    pub(super) stale: bool,
    pub changes: Changes,
    /// The device knows none of the walls.
    pub(super) all_walls: bool,
    steps_since_built: u32,
    /// How many steps the last rows were good for.
    lifetime: u32,
    pub builds: u64,
    /// What walls have got since they were last asked, less what the device has summed.
    pub wall_impulses: Vec<Line>,
}

pub fn number(count: usize) -> u32 {
    u32::try_from(count).expect("a batch has fewer than 2^32 of everything")
}

impl OnGpu {
    pub fn new(device: &Gpu, host: &HostBatch) -> Result<Self, DeviceError> {
        let nothing = Slack { drift_mps: [0.0; 3], resting_m: 0.0, ahead_s: 0.0, largest_m: 0.0 };
        Ok(OnGpu {
            loaded: device.load(&KERNEL)?,
            particles: Particles::new(device, 0)?,
            walls: DeviceWalls::new(device)?,
            clumps: DeviceClumps { all: device.zeros(0)?, spheres: device.zeros(0)?, members: device.zeros(0)? },
            constants: device.upload(&host.constants)?,
            flags: device.zeros(AHEAD as usize + 1)?,
            survey: device.zeros(1)?,
            flags_are_set: false,
            grid: Grid::default(),
            drift: Drift { per_step: [0; 3], wall_slack_m: 0.0, moving_slack_m: 0.0, slack: nothing },
            count: 0,
            leavers: 0,
            stale: true,
            changes: Changes::All,
            all_walls: true,
            steps_since_built: 0,
            lifetime: 4,
            builds: 0,
            wall_impulses: Vec::new(),
        })
    }

    pub(super) fn device(&self) -> Gpu {
        self.loaded.device()
    }

    pub fn provenance(&self) -> Provenance {
        self.loaded.device().provenance()
    }

    /// Some of so many steps, at least one.
    pub fn run(&mut self, host: &mut HostBatch, at_most: u32) -> Result<Ran, DeviceError> {
        match self.changes {
            Changes::None => {}
            Changes::Particles if host.lines.len() <= self.particles.capacity => self.upload_changes(host)?,
            _ => self.upload_all(host)?,
        }
        self.changes = Changes::None;
        self.upload_walls(host)?;
        if self.stale {
            self.build_rows(host)?;
        }
        let expected = self.lifetime.saturating_sub(self.steps_since_built).clamp(1, AHEAD);
        self.launch_steps(host, at_most.min(expected).min(self.steps_until_walls_are_stale(host)))
    }

    /// Where the rows of walls end, since these do not drift along.
    fn steps_until_walls_are_stale(&self, host: &HostBatch) -> u32 {
        (1..AHEAD).find(|step| self.walls_are_stale_after(host, self.steps_since_built + step)).unwrap_or(AHEAD)
    }

    fn walls_are_stale_after(&self, host: &HostBatch, steps: u32) -> bool {
        let way = self.drift.per_step.map(|part| f64::from(part) * f64::from(steps) * host.metre_per_quantum);
        let slack = f64::from(self.drift.wall_slack_m - self.drift.moving_slack_m);
        way.iter().map(|part| part * part).sum::<f64>() > slack * slack
    }

    fn launch_steps(&mut self, host: &HostBatch, steps: u32) -> Result<Ran, DeviceError> {
        let device = self.device();
        if self.flags_are_set {
            device.clear(&mut self.flags)?;
        }
        let particles = &mut self.particles;
        for step in 0..steps {
            let since = self.steps_since_built + step + 1;
            let parameters = StepParameters {
                scales: host.scales,
                count: number(self.count),
                material_count: number(host.spec.materials.len()),
                hertz: u32::from(matches!(host.spec.law, ContactLaw::HertzMindlin)),
                rolling: u32::from(host.rolling),
                step,
                drift: self.drift.per_step.map(|part| part.wrapping_mul(since as i32)),
            };
            let (now, next, rows) = (&particles.now, &mut particles.next, &mut particles.rows);
            if rows.used[1] > rows.used[0] {
                let launch = self.loaded.launch(&PUSH_WALLS).read(&now.places).read(&now.velocities).read(&now.spins);
                let launch = launch.read(&self.constants).read(&self.walls.facets).read(&self.walls.walls).read(&rows.starts);
                let launch = launch.read(&self.flags).write(&mut rows.slots).write(&mut rows.rolls).write(&mut self.walls.touches);
                let launch = launch.write(&mut particles.lines).write(&mut self.walls.impulses);
                launch.value(&parameters).over(self.count)?;
            }
            let launch = self.loaded.launch(&STEP_PARTICLES).read(&now.places).read(&now.velocities).read(&now.spins);
            let launch = launch.read(&self.constants).read(&particles.anchors).read(&rows.starts).write(&mut rows.slots);
            let launch = launch.write(&mut rows.rolls).write(&mut particles.lines).write(&mut next.places).write(&mut next.velocities);
            launch.write(&mut next.spins).write(&mut self.flags).value(&parameters).over(self.count)?;
            let (count, clumps) = (self.clumps.all.len(), &mut self.clumps);
            if count > 0 {
                let parameters = StepParameters { count: number(count), ..parameters };
                let next = &mut particles.next;
                let launch = self.loaded.launch(&MOVE_CLUMPS).read(&clumps.spheres).read(&clumps.members).read(&particles.anchors);
                let launch = launch.write(&mut clumps.all).write(&mut particles.lines).write(&mut next.places);
                let launch = launch.write(&mut next.velocities).write(&mut next.spins).write(&mut self.flags);
                launch.value(&parameters).over(count)?;
            }
            std::mem::swap(&mut particles.now, &mut particles.next);
            if !host.bodies.is_empty() {
                let facets = host.body_facets.len();
                let parameters = StepParameters { count: number(facets), ..parameters };
                let walls = &mut self.walls;
                let launch = self.loaded.launch(&MOVE_BODIES).read(&walls.bodies).read(&walls.body_facets).read(&walls.impulses);
                let launch = launch.write(&mut self.flags).write(&mut walls.next_bodies).write(&mut walls.facets);
                launch.write(&mut walls.walls).value(&parameters).over(facets)?;
                std::mem::swap(&mut walls.bodies, &mut walls.next_bodies);
            }
        }
        let mut flags = [0; AHEAD as usize + 1];
        device.download(&self.flags, &mut flags[..=steps as usize])?;
        let found = &flags[1..=steps as usize];
        let done = number(found.iter().take_while(|&&flag| flag & HALTED == 0).count());
        if (steps - done) % 2 == 1 {
            std::mem::swap(&mut particles.now, &mut particles.next);
            std::mem::swap(&mut self.walls.bodies, &mut self.walls.next_bodies);
        }
        let told = found.iter().fold(0, |all, flag| all | flag);
        self.flags_are_set = told != 0;
        self.steps_since_built += done;
        self.stale = told & STALE != 0 || self.walls_are_stale_after(host, self.steps_since_built);
        if self.stale {
            self.lifetime = self.steps_since_built;
        }
        Ok(Ran { steps: done, lost: told & LOST != 0 })
    }

    /// All particles of the host, and their contacts as rows in which all touch.
    fn upload_all(&mut self, host: &mut HostBatch) -> Result<(), DeviceError> {
        let device = self.device();
        let count = host.lines.len();
        if count > self.particles.capacity {
            // What was there goes first: both need not fit.
            self.particles = Particles::new(&device, 0)?;
            self.particles = Particles::new(&device, count + count / 8 + 64)?;
        }
        host.keep_contacts();
        let (starts, slots, rolls, used) = rows_of(&host.kept, &host.kept_on_walls, count, host.rolling);
        let rows = &mut self.particles.rows;
        reserve(&device, rows, slots.len(), host.rolling)?;
        device.write(&mut rows.starts, 0, &starts)?;
        device.write(&mut rows.slots, 0, &slots)?;
        device.write(&mut rows.rolls, 0, &rolls)?;
        (rows.count, rows.used) = (count, used);
        refill(&device, &mut self.clumps.all, &host.clumps.all)?;
        refill(&device, &mut self.clumps.spheres, &host.clumps.spheres)?;
        refill(&device, &mut self.clumps.members, &host.clumps.members)?;
        self.count = 0;
        self.upload_changes(host)?;
        self.wall_impulses.clone_from(&host.wall_impulses);
        self.all_walls = true;
        Ok(())
    }

    /// Particles beyond those that the device has, and who leaves.
    fn upload_changes(&mut self, host: &HostBatch) -> Result<(), DeviceError> {
        let device = self.device();
        let (from, count) = (self.count, host.lines.len());
        let particles = &mut self.particles;
        if count > from {
            device.write(&mut particles.lines, from, &host.lines[from..])?;
            device.write(&mut particles.now.places, from, &host.places[from..])?;
            device.write(&mut particles.now.velocities, from, &host.velocities[from..])?;
            device.write(&mut particles.now.spins, from, &host.spins[from..])?;
        }
        let mut leavers = vec![0u32; count.div_ceil(32)];
        self.leavers = 0;
        for (index, _) in host.lines.iter().enumerate().filter(|(_, line)| line.material & LEAVES != 0) {
            leavers[index / 32] |= 1 << (index % 32);
            self.leavers += 1;
        }
        if self.leavers > 0 {
            device.write(&mut particles.leavers, 0, &leavers)?;
        }
        self.count = count;
        self.stale = true;
        Ok(())
    }

    /// The box of all places, and the drift; the size of a cell [m].
    fn survey(&mut self, host: &HostBatch) -> Result<([[i32; 3]; 2], f32), DeviceError> {
        let device = self.device();
        let mut found = Survey { low: [0; 3], high: [0; 3], ..Survey::NONE };
        if self.count > 0 {
            device.write(&mut self.survey, 0, &[Survey::NONE])?;
            let now = &self.particles.now;
            let launch = self.loaded.launch(&SURVEY_MOTION).read(&now.places).read(&now.velocities).write(&mut self.survey);
            launch.value(&SurveyParameters { count: number(self.count) }).over(self.count.min(SURVEYORS))?;
            device.download(&self.survey, std::slice::from_mut(&mut found))?;
        }
        let mean_of = |sum: i64| sum as f64 / Survey::PER_UNIT / self.count.max(1) as f64;
        let mean_mps = found.velocity.map(mean_of);
        self.drift = host.drift_of(mean_mps);
        let slack = self.drift.slack;
        // The root of the mean square, which is at least the mean.
        let beside = mean_of(found.square) - mean_mps.iter().map(|part| part * part).sum::<f64>();
        let mean_slack = (slack.resting_m + beside.max(0.0).sqrt() as f32 * slack.ahead_s).min(slack.largest_m);
        Ok(([found.low, found.high], 2.0 * (slack.largest_m + mean_slack)))
    }

    fn build_rows(&mut self, host: &mut HostBatch) -> Result<(), DeviceError> {
        let device = self.device();
        let (corners, cell_m) = self.survey(host)?;
        self.anchor_bodies(host)?;
        self.grid.lay_between(corners, self.count, cell_m, host.scales.metre_per_quantum);
        let grid = self.grid.layout();
        self.sort(&device)?;
        let count = self.count;
        let particles = &mut self.particles;
        device.clear(&mut particles.row_counts)?;
        let parameters = RowParameters { grid, count: number(count), clumped: u32::from(!self.clumps.all.is_empty()) };
        let launch = self.loaded.launch(&COUNT_PAIRS).read(&particles.anchors).read(&particles.lines).read(&particles.cell_starts);
        launch.write(&mut particles.row_counts).value(&parameters).over(count)?;
        let walls = &self.walls;
        let of_walls = host.walls.facet_grid();
        let facet_parameters = FacetParameters {
            low: of_walls.low,
            cells: of_walls.cells,
            cell: of_walls.cell,
            plane_count: number(of_walls.planes.len()),
            count: number(count),
            slack_m: self.drift.wall_slack_m,
            metre_per_quantum: host.scales.metre_per_quantum,
        };
        let has_walls = !walls.facets.is_empty();
        if has_walls {
            let launch = self.loaded.launch(&COUNT_FACETS).read(&particles.anchors).read(&walls.facets).read(&walls.planes);
            let launch = launch.read(&walls.starts).read(&walls.triangles).write(&mut particles.row_counts);
            launch.value(&facet_parameters).over(count)?;
        }
        std::mem::swap(&mut particles.rows, &mut particles.old_rows);
        let rows = &mut particles.rows;
        particles.prefix_sums.sum(&particles.row_counts, &mut rows.starts, 2 * count + 1)?;
        let (mut pairs, mut all) = ([0], [0]);
        device.download_from(&rows.starts, count, &mut pairs)?;
        device.download_from(&rows.starts, 2 * count, &mut all)?;
        (rows.count, rows.used) = (count, [pairs[0] as usize, all[0] as usize]);
        reserve(&device, rows, rows.used[1], host.rolling)?;
        let on_walls = rows.used[1] - rows.used[0];
        if on_walls > self.walls.touches.len() {
            self.walls.touches = device.zeros(on_walls + on_walls / 4)?;
        }
        let launch = self.loaded.launch(&WRITE_PAIRS).read(&particles.anchors).read(&particles.lines).read(&particles.cell_starts);
        let launch = launch.read(&rows.starts);
        launch.write(&mut particles.row_counts).write(&mut rows.slots).value(&parameters).over(count)?;
        if on_walls > 0 {
            let walls = &self.walls;
            let launch = self.loaded.launch(&WRITE_FACETS).read(&particles.anchors).read(&walls.facets).read(&walls.planes);
            let launch = launch.read(&walls.starts).read(&walls.triangles).read(&rows.starts).write(&mut rows.slots);
            launch.value(&facet_parameters).over(count)?;
        }
        let old = &particles.old_rows;
        let rolling = u32::from(host.rolling);
        let parameters = HistoryParameters { count: number(count), old_count: number(old.count), rolling };
        let launch = self.loaded.launch(&INHERIT_HISTORIES).read(&particles.order).read(&rows.starts).read(&old.starts);
        let launch = launch.read(&old.slots).read(&old.rolls).write(&mut rows.slots).write(&mut rows.rolls);
        launch.value(&parameters).over(2 * count)?;
        self.stale = false;
        self.steps_since_built = 0;
        self.builds += 1;
        Ok(())
    }

    /// Particles by cell; who leaves is left behind.
    fn sort(&mut self, device: &Gpu) -> Result<(), DeviceError> {
        let particles = &mut self.particles;
        let last_cell = self.grid.cell_count();
        let parameters = SortParameters {
            grid: self.grid.layout(),
            count: number(self.count),
            leavers: number(self.leavers),
            last_cell: number(last_cell),
            drift: self.drift.slack.drift_mps,
            resting_slack_m: self.drift.slack.resting_m,
            ahead_s: self.drift.slack.ahead_s,
            largest_m: self.drift.slack.largest_m,
        };
        device.clear(&mut particles.cell_counts)?;
        let launch = self.loaded.launch(&COUNT_CELLS).read(&particles.now.places).read(&particles.leavers).write(&mut particles.cells);
        launch.write(&mut particles.ranks).write(&mut particles.cell_counts).value(&parameters).over(self.count)?;
        particles.prefix_sums.sum(&particles.cell_counts, &mut particles.cell_starts, last_cell + 2)?;
        let (now, next) = (&particles.now, &mut particles.next);
        let launch = self.loaded.launch(&SORT_PARTICLES).read(&particles.cells).read(&particles.ranks).read(&particles.cell_starts);
        let launch = launch.read(&particles.lines).read(&now.places).read(&now.velocities).read(&now.spins);
        let launch = launch.write(&mut particles.next_lines).write(&mut next.places).write(&mut next.velocities).write(&mut next.spins);
        let launch = launch.write(&mut particles.anchors).write(&mut particles.order).write(&mut self.clumps.members);
        launch.value(&parameters).over(self.count)?;
        std::mem::swap(&mut particles.now, &mut particles.next);
        std::mem::swap(&mut particles.lines, &mut particles.next_lines);
        self.count -= self.leavers;
        self.leavers = 0;
        Ok(())
    }

    /// Motions alone.
    pub fn fetch_motion(&self) -> Result<Motions, DeviceError> {
        let device = self.loaded.device();
        let (mut lines, mut places) = (vec![Line::default(); self.count], vec![Place::default(); self.count]);
        let mut clumps = vec![RigidClump::default(); self.clumps.all.len()];
        device.download(&self.particles.lines, &mut lines)?;
        device.download(&self.particles.now.places, &mut places)?;
        device.download(&self.clumps.all, &mut clumps)?;
        Ok((lines, places, clumps))
    }

    /// Everything, some steps after rows were built; the device keeps it as well. Of motions that are `known` nothing travels.
    pub fn fetch(&self, host: &HostBatch, known: Option<Motions>) -> Result<Fetched, DeviceError> {
        let device = self.loaded.device();
        let (lines, places, clumps) = known.map_or_else(|| self.fetch_motion(), Ok)?;
        let rows = &self.particles.rows;
        let mut starts = vec![0; 2 * rows.count + 1];
        let mut slots = vec![Slot::default(); rows.used[1]];
        let mut rolls = vec![[0.0; 4]; if host.rolling { slots.len() } else { 0 }];
        device.download(&rows.starts, &mut starts)?;
        device.download(&rows.slots, &mut slots)?;
        device.download(&rows.rolls, &mut rolls)?;
        let contacts = contacts_of(&starts, &slots, &rolls, rows.count, host.walls.count());
        let (wall_impulses, bodies) = (self.wall_impulses_now()?, self.fetch_bodies()?);
        Ok(Fetched { lines, places, clumps, contacts, wall_impulses, bodies })
    }
}

/// Other values in a buffer, which is made anew where their number has changed.
pub fn refill<T: bytemuck::Pod>(device: &Gpu, buffer: &mut DeviceBuffer<T>, values: &[T]) -> Result<(), DeviceError> {
    if buffer.len() == values.len() {
        return device.write(buffer, 0, values);
    }
    *buffer = device.upload(values)?;
    Ok(())
}

/// Room for so many slots.
fn reserve(device: &Gpu, rows: &mut DeviceRows, slots: usize, rolling: bool) -> Result<(), DeviceError> {
    if slots > rows.slots.len() {
        rows.slots = device.zeros(slots + slots / 4)?;
    }
    if rolling && slots > rows.rolls.len() {
        rows.rolls = device.zeros(rows.slots.len())?;
    }
    Ok(())
}

/// Contacts that were kept, as rows of the device: starts, slots, rolls, slots of pairs and all.
fn rows_of(kept: &Kept, on_walls: &Kept, count: usize, rolling: bool) -> (Vec<u32>, Vec<Slot>, Vec<Four>, [usize; 2]) {
    let negative = |parts: [f32; 3]| parts.map(|part| -part);
    let four = |[x, y, z]: [f32; 3]| [x, y, z, 0.0];
    let mut entries: Vec<(usize, Slot, Four)> = Vec::new();
    for (particle, row) in kept.rows() {
        for at in row {
            let (other, shear) = (kept.other[at], kept.shear[at]);
            let roll = kept.roll.get(at).copied().unwrap_or_default();
            entries.push((particle, Slot { other: other | TOUCHES, shear }, four(roll)));
            entries.push((other as usize, Slot { other: particle as u32 | TOUCHES, shear: negative(shear) }, four(negative(roll))));
        }
    }
    let pairs = entries.len();
    for (particle, row) in on_walls.rows() {
        for at in row {
            let roll = on_walls.roll.get(at).copied().unwrap_or_default();
            entries.push((count + particle, Slot { other: on_walls.other[at] | TOUCHES, shear: on_walls.shear[at] }, four(roll)));
        }
    }
    entries.sort_by_key(|(row, ..)| *row);
    let starts = (0..=2 * count).map(|row| number(entries.partition_point(|(at, ..)| *at < row))).collect();
    let slots = entries.iter().map(|(_, slot, _)| *slot).collect();
    let rolls = entries.iter().filter(|_| rolling).map(|(.., roll)| *roll).collect();
    (starts, slots, rolls, [pairs, entries.len()])
}

/// The contacts of rows of the device, each pair once, as rows of one chunk.
fn contacts_of(starts: &[u32], slots: &[Slot], rolls: &[Four], count: usize, walls: usize) -> Rows {
    let mut rows = Rows::new();
    let three = |&[x, y, z, _]: &Four| [x, y, z];
    let touching = |row: usize| {
        let slots_of_row = starts[row] as usize..starts[row + 1] as usize;
        slots_of_row.filter(|&at| slots[at].other & TOUCHES != 0)
    };
    rows.start.clear();
    for particle in 0..count {
        rows.start.push(number(rows.other.len()));
        for at in touching(particle).filter(|&at| slots[at].other & !TOUCHES > particle as u32) {
            rows.other.push(slots[at].other);
            rows.shear.push(slots[at].shear);
            rows.roll.extend(rolls.get(at).map(three));
        }
    }
    rows.start.push(number(rows.other.len()));
    rows.halo.end = count;
    let own = &mut rows.walls;
    for particle in 0..count {
        if touching(count + particle).next().is_none() {
            continue;
        }
        own.particle.push(particle as u32);
        own.start.push(number(own.facet.len()));
        for at in touching(count + particle) {
            own.facet.push(slots[at].other);
            own.shear.push(slots[at].shear);
            own.roll.extend(rolls.get(at).map(three));
        }
    }
    own.start.push(number(own.facet.len()));
    own.impulses.resize(walls, Line::default());
    rows
}
