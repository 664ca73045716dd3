//! What sees and measures, checked, and how it lies. Readers are in `sortation`.

use super::*;

/// What says whether something is there: a photo-eye, or a lidar by its field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eye {
    /// The element that owns it: the eye itself, a zone conveyor, or a lidar.
    pub element: ElementId,
    /// `None`: the field of a lidar.
    pub beam: Option<Beam>,
    /// From a broken, or a free, beam or field until it says so.
    pub on_delay: Time,
    pub off_delay: Time,
}

/// A light barrier across its host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beam {
    pub host: ConveyorId,
    pub at_m: f64,
    /// Above the surface [m].
    pub height_m: f64,
}

/// Measures how far what is solid is along many rays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lidar {
    /// Where the rays begin; the middle of the field of view is forward, its left end to the left.
    pub pose: Pose,
    /// Within a layer, and from the lowest layer to the highest [rad].
    pub fov_rad: f64,
    pub layers_fov_rad: f64,
    /// In each layer.
    pub rays: u32,
    pub layers: u32,
    /// Least and greatest [m].
    pub range_m: [f64; 2],
    /// Between two scans.
    pub every: Time,
    /// Of each range [m].
    pub error_sd_m: f64,
    pub field: Option<LidarField>,
    /// What says that something is in the field.
    pub eye: Option<EyeId>,
    /// Whether its scans are written down.
    pub records: bool,
}

/// Where a lidar watches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LidarField {
    /// Nearer than this [m].
    Reach(f64),
    /// Inside these corners, forward and to the left [m].
    Polygon(Vec<[f64; 2]>),
}

impl Lidar {
    /// Of every ray, in its own axes: forward, left, up; layer by layer from the lowest, each from right to left.
    pub fn directions(&self) -> impl Iterator<Item = [f64; 3]> + '_ {
        let all_round = self.fov_rad > std::f64::consts::TAU - 1e-9;
        let steps = if all_round { self.rays } else { self.rays.saturating_sub(1) };
        let spread =
            |index: u32, steps: u32, fov_rad: f64| if steps == 0 { 0.0 } else { (f64::from(index) / f64::from(steps) - 0.5) * fov_rad };
        (0..self.layers).flat_map(move |layer| {
            let up = spread(layer, self.layers - 1, self.layers_fov_rad);
            (0..self.rays).map(move |ray| {
                let left = spread(ray, steps, self.fov_rad);
                [libm::cos(up) * libm::cos(left), libm::cos(up) * libm::sin(left), libm::sin(up)]
            })
        })
    }
}

impl LidarField {
    /// Whether it holds a point forward, left and above of the lidar [m].
    pub fn holds(&self, point_m: [f64; 3]) -> bool {
        let [x, y, z] = point_m;
        match self {
            LidarField::Reach(reach_m) => x * x + y * y + z * z <= reach_m * reach_m,
            LidarField::Polygon(corners) => {
                let before = corners.iter().cycle().skip(corners.len().saturating_sub(1));
                let sides = corners.iter().zip(before);
                // A line to the left crosses an odd number of sides.
                let crossed =
                    |([ax, ay], [bx, by]): (&[f64; 2], &[f64; 2])| (*ax > x) != (*bx > x) && y < (by - ay) * (x - ax) / (bx - ax) + ay;
                sides.filter(|side| crossed(*side)).count() % 2 == 1
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    pub spot: SpotId,
    pub when: Option<Condition>,
    /// Until the line knows.
    pub delay: Time,
}

/// Measures parts while they pass the beams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LightGrid {
    /// Without a length.
    pub spot: SpotId,
    /// Set to length, width and height as measured.
    pub sets: [Option<AttributeId>; 3],
    pub pitch_m: f64,
    pub error_sd_m: f64,
    /// Until the line knows.
    pub delay: Time,
}

/// A station whose work is to let a part settle and to weigh it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    pub station: Station,
    pub error_sd_kg: f64,
    /// Of what it shows; 0: none [kg].
    pub division_kg: f64,
    pub weight: Option<AttributeId>,
    /// Set to whether the weight is within these limits [kg].
    pub within: Option<(AttributeId, [f64; 2])>,
    /// Set to whether another part was on the platform.
    pub disturbed: Option<AttributeId>,
    pub delay: Time,
}

/// Reads the tags in its field, and in what is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagReader {
    /// The field.
    pub spot: SpotId,
    /// A part with this attribute has a tag.
    pub reads: AttributeId,
    pub sets: AttributeId,
    /// Set, on what passes, to how many tags were read.
    pub counts: Option<AttributeId>,
    /// Probability of an answer in each round [-].
    pub read_rate: f64,
    /// Of a round, for each tag in the field [s].
    pub round_s: f64,
    pub delay: Time,
}

/// Counts the way of a drive's surface.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    pub host: ConveyorId,
    pub at_m: f64,
    pub drive: DriveId,
    /// [1/m]
    pub pulses_per_m: f64,
}

impl ElementKind {
    /// Where a sensor looks that parts pass in motion.
    pub fn sense(&self) -> Option<SpotId> {
        match self {
            ElementKind::Checkweigher(Checkweigher { spot, .. })
            | ElementKind::Scanner(Scanner { spot, .. })
            | ElementKind::TagReader(TagReader { spot, .. })
            | ElementKind::LightGrid(LightGrid { spot, .. }) => Some(*spot),
            _ => None,
        }
    }
}

/// A way in which a sensor lies from time to time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    pub mode: String,
    pub kind: FaultKind,
    pub clock: FaultClock,
    /// Until the next one: [s] or [parts], by the clock.
    pub uptime: Distribution,
    pub repair_s: Distribution,
    /// Whom a repair waits for.
    pub crew: Option<CrewNeed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum FaultKind {
    StuckOn,
    StuckOff,
    /// Probability of each part [-].
    Misses(f64),
    /// Added to what is measured.
    Offset(f64),
}

/// What runs towards the next fault; it stands while the fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultClock {
    Time,
    /// Parts that come to the sensor.
    Parts,
}
