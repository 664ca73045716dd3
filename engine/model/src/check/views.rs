//! The same questions to elements of different families: what every conveyor says, which fields all elements share.
//! Knows nothing about whether the answers are right.

use crate::geometry::{Pose, Vec3};
use crate::scene::CarriageWay;
use crate::spec::{
    AccumulationTableSpec, ChuteSpec, ElementSpec, FailureSpec, FaultSpec, GravityRollerConveyorSpec, HoldSpec, LaneDividerSpec, Names,
    PieceSpec, PowerSpec, RailsSpec, SpeedRegionSpec, StationSpec, StrandsSpec,
};

/// What a belt, a curve and a zone conveyor say alike.
pub struct ConveyorView<'a> {
    pub from_m: Option<[f64; 3]>,
    pub to_m: Option<[f64; 3]>,
    pub heading_deg: f64,
    pub after: &'a Names,
    pub before: &'a Names,
    pub way: Way<'a>,
    pub width_m: Option<f64>,
    pub speed_mps: Option<f64>,
    pub acceleration_mps2: f64,
    pub deceleration_mps2: Option<f64>,
    pub speeds: &'a [SpeedRegionSpec],
    pub surface: SurfaceView<'a>,
    pub rails: RailsSpec,
    pub rail_height_m: f64,
    pub material: &'a str,
}

/// What of a conveyor carries.
#[derive(Clone, Copy)]
pub enum SurfaceView<'a> {
    Belt,
    Rollers { pitch_m: f64 },
    FreeRollers(&'a GravityRollerConveyorSpec),
    Strands { count: u32, width_m: f64 },
    Table(&'a AccumulationTableSpec),
}

/// How the platform of a vertical conveyor, a turntable or a transfer car travels: [m] or [rad].
#[derive(Clone, Copy)]
pub struct CarriageView {
    pub way: CarriageWay,
    pub travel: f64,
    pub top_speed: f64,
    pub acceleration: f64,
    pub force_n: Option<f64>,
    /// The fields that say so: travel, fastest, ramp.
    pub fields: [&'static str; 3],
}

pub fn carriage(element: &ElementSpec) -> Option<CarriageView> {
    Some(match element {
        ElementSpec::VerticalConveyor(spec) => CarriageView {
            way: CarriageWay::Up,
            travel: spec.rise_m,
            top_speed: spec.travel_mps,
            acceleration: spec.travel_mps2,
            force_n: Some(spec.force_n),
            fields: ["rise_m", "travel_mps", "travel_mps2"],
        },
        ElementSpec::Turntable(spec) => CarriageView {
            way: CarriageWay::About,
            travel: spec.angle_deg * RADIANS,
            top_speed: spec.turn_degps * RADIANS,
            acceleration: spec.turn_degps2 * RADIANS,
            force_n: None,
            fields: ["angle_deg", "turn_degps", "turn_degps2"],
        },
        ElementSpec::LaneDivider(spec) => CarriageView {
            way: if spec.swings { CarriageWay::Swing { arm_m: spec.length_m / 2.0 } } else { CarriageWay::Left },
            travel: stop_of_lane(spec, 0),
            top_speed: spec.travel_mps / tip_m(spec),
            acceleration: spec.travel_mps2 / tip_m(spec),
            force_n: None,
            fields: ["pitch_m", "travel_mps", "travel_mps2"],
        },
        ElementSpec::TransferCar(spec) => CarriageView {
            way: CarriageWay::Left,
            travel: spec.shift_m,
            top_speed: spec.travel_mps,
            acceleration: spec.travel_mps2,
            force_n: None,
            fields: ["shift_m", "travel_mps", "travel_mps2"],
        },
        _ => return None,
    })
}

/// The names of a divider's ports.
pub const LANES: [&str; 8] = ["lane 1", "lane 2", "lane 3", "lane 4", "lane 5", "lane 6", "lane 7", "lane 8"];

/// How far to the left of the feeder a lane lies, counted from 0 [m], or how far it swings there [rad]: lanes lie on an arc.
fn stop_of_lane(spec: &LaneDividerSpec, lane: u32) -> f64 {
    let lanes = f64::from(spec.lanes.saturating_sub(1)) / 2.0 - f64::from(lane);
    match spec.swings {
        true => lanes * 2.0 * libm::asin((spec.pitch_m / (2.0 * spec.length_m)).clamp(0.0, 1.0)),
        false => lanes * spec.pitch_m,
    }
}

/// What its speeds are of: its tip, so far from what it turns about; or all of it [m].
fn tip_m(spec: &LaneDividerSpec) -> f64 {
    if spec.swings { spec.length_m } else { 1.0 }
}

/// Where a carriage hands over, and by which port.
pub fn stops(element: &ElementSpec) -> Vec<(&'static str, f64)> {
    match (element, carriage(element)) {
        (ElementSpec::LaneDivider(spec), _) => (0..spec.lanes).zip(LANES).map(|(lane, name)| (name, stop_of_lane(spec, lane))).collect(),
        (_, Some(view)) => vec![("out", view.travel)],
        _ => Vec::new(),
    }
}

/// Whether what carries parts moves as a whole: nothing stands at it, and only a conveyor feeds it.
pub fn travels(element: &ElementSpec) -> bool {
    carriage(element).is_some() || matches!(element, ElementSpec::ContinuousVerticalConveyor(_))
}

/// Where a conveyor hands over whose path ends there: one that goes up hands over above.
pub fn handing_over(element: &ElementSpec, end: Pose) -> Pose {
    match element {
        ElementSpec::ContinuousVerticalConveyor(spec) => end.shifted(0.0, 0.0, spec.rise_m),
        _ => end,
    }
}

/// In a degree.
const RADIANS: f64 = std::f64::consts::PI / 180.0;

/// What stands in no scene.
static NO_NAMES: Names = Names { names: Vec::new(), list: false };

/// How a conveyor runs from its beginning to its end.
pub enum Way<'a> {
    Straight { length_m: Option<f64>, rise_m: Option<f64>, slope_deg: Option<f64> },
    Arc { radius_m: f64, angle_deg: f64 },
    Helix { radius_m: f64, angle_deg: f64, rise_m: f64 },
    Zones { length_m: Option<f64>, path: &'a [PieceSpec], zone_m: f64 },
}

/// The fields of a conveyor that any family of them has.
macro_rules! conveyor_view {
    ($spec:ident, $to_m:expr, $way:expr) => {
        ConveyorView {
            from_m: $spec.from_m,
            to_m: $to_m,
            heading_deg: $spec.heading_deg,
            after: &$spec.after,
            before: &$spec.before,
            way: $way,
            width_m: $spec.width_m,
            speed_mps: $spec.speed_mps,
            acceleration_mps2: $spec.acceleration_mps2,
            deceleration_mps2: $spec.deceleration_mps2,
            speeds: &[],
            surface: SurfaceView::Belt,
            rails: $spec.rails,
            rail_height_m: $spec.rail_height_m,
            material: &$spec.material,
        }
    };
}

/// The belt of a platform that travels.
macro_rules! platform {
    ($spec:ident) => {
        ConveyorView {
            from_m: None,
            to_m: None,
            heading_deg: 0.0,
            after: &$spec.after,
            before: &NO_NAMES,
            way: Way::Straight { length_m: Some($spec.length_m), rise_m: None, slope_deg: None },
            width_m: $spec.width_m,
            speed_mps: $spec.speed_mps,
            acceleration_mps2: $spec.acceleration_mps2,
            deceleration_mps2: None,
            speeds: &[],
            surface: SurfaceView::Belt,
            rails: RailsSpec::None,
            rail_height_m: 0.1,
            material: &$spec.material,
        }
    };
}

/// A belt that runs both ways.
pub fn reverses(element: &ElementSpec) -> bool {
    matches!(element, ElementSpec::Belt(belt) if belt.reverses)
}

pub fn conveyor(element: &ElementSpec) -> Option<ConveyorView<'_>> {
    match element {
        ElementSpec::AccumulationTable(spec) => Some(ConveyorView {
            from_m: None,
            to_m: None,
            heading_deg: 0.0,
            after: &spec.after,
            before: &NO_NAMES,
            way: Way::Straight { length_m: Some(spec.length_m), rise_m: None, slope_deg: None },
            width_m: Some(spec.width_m),
            speed_mps: spec.speed_mps,
            acceleration_mps2: spec.acceleration_mps2,
            deceleration_mps2: None,
            speeds: &[],
            surface: SurfaceView::Table(spec),
            rails: RailsSpec::None,
            rail_height_m: spec.rail_height_m,
            material: &spec.material,
        }),
        ElementSpec::Loop(spec) => Some(ConveyorView {
            from_m: Some(spec.start_m),
            to_m: None,
            heading_deg: spec.heading_deg,
            after: &NO_NAMES,
            before: &NO_NAMES,
            way: Way::Zones { length_m: None, path: &spec.path, zone_m: spec.zone_m.unwrap_or(f64::INFINITY) },
            width_m: Some(spec.width_m),
            speed_mps: Some(spec.speed_mps),
            acceleration_mps2: spec.acceleration_mps2,
            deceleration_mps2: None,
            speeds: &[],
            surface: SurfaceView::Belt,
            // Carriers of a sorter leave both sides open.
            rails: if spec.carriers.is_some() { RailsSpec::None } else { spec.rails },
            rail_height_m: spec.rail_height_m,
            material: &spec.material,
        }),
        ElementSpec::Belt(spec) => {
            let way = Way::Straight { length_m: spec.length_m, rise_m: spec.rise_m, slope_deg: spec.slope_deg };
            Some(ConveyorView { speeds: &spec.speeds, ..conveyor_view!(spec, spec.to_m, way) })
        }
        ElementSpec::Spiral(spec) => {
            let way = Way::Helix { radius_m: spec.radius_m, angle_deg: spec.angle_deg, rise_m: spec.rise_m };
            Some(conveyor_view!(spec, None, way))
        }
        ElementSpec::RollerConveyor(spec) => {
            let way = Way::Straight { length_m: spec.length_m, rise_m: spec.rise_m, slope_deg: spec.slope_deg };
            Some(ConveyorView { surface: SurfaceView::Rollers { pitch_m: spec.pitch_m }, ..conveyor_view!(spec, spec.to_m, way) })
        }
        ElementSpec::GravityRollerConveyor(spec) => Some(ConveyorView {
            from_m: spec.from_m,
            to_m: spec.to_m,
            heading_deg: spec.heading_deg,
            after: &spec.after,
            before: &spec.before,
            way: Way::Straight { length_m: spec.length_m, rise_m: spec.rise_m, slope_deg: spec.slope_deg },
            width_m: spec.width_m,
            speed_mps: None,
            acceleration_mps2: 1.0,
            deceleration_mps2: None,
            speeds: &[],
            surface: SurfaceView::FreeRollers(spec),
            rails: spec.rails,
            rail_height_m: spec.rail_height_m,
            material: &spec.material,
        }),
        ElementSpec::VerticalConveyor(spec) => Some(platform!(spec)),
        ElementSpec::ContinuousVerticalConveyor(spec) => {
            let length_m = Some(spec.length_m + 2.0 * spec.radius_m);
            Some(ConveyorView { way: Way::Straight { length_m, rise_m: None, slope_deg: None }, ..platform!(spec) })
        }
        ElementSpec::Turntable(spec) => Some(platform!(spec)),
        ElementSpec::TransferCar(spec) => Some(platform!(spec)),
        ElementSpec::LaneDivider(spec) => Some(platform!(spec)),
        ElementSpec::ChainConveyor(spec) => Some(strands(spec, CHAIN_WIDTH_M, "steel")),
        ElementSpec::StripBelt(spec) => Some(strands(spec, STRIP_WIDTH_M, "belt")),
        ElementSpec::Curve(spec) => Some(conveyor_view!(spec, None, Way::Arc { radius_m: spec.radius_m, angle_deg: spec.angle_deg })),
        ElementSpec::Chute(spec) => Some(chute(spec)),
        ElementSpec::ZoneConveyor(spec) => {
            let way = Way::Zones { length_m: spec.length_m, path: &spec.path, zone_m: spec.zone_m };
            Some(conveyor_view!(spec, spec.to_m, way))
        }
        _ => None,
    }
}

/// A chute is a belt that goes down, has walls and never runs.
fn chute(spec: &ChuteSpec) -> ConveyorView<'_> {
    ConveyorView {
        from_m: spec.from_m,
        to_m: spec.to_m,
        heading_deg: spec.heading_deg,
        after: &spec.after,
        before: &spec.before,
        way: Way::Straight { length_m: spec.length_m, rise_m: spec.drop_m.map(|drop| -drop), slope_deg: spec.fall_deg.map(|fall| -fall) },
        width_m: spec.width_m,
        speed_mps: Some(0.0),
        acceleration_mps2: 1.0,
        deceleration_mps2: None,
        speeds: &[],
        surface: SurfaceView::Belt,
        rails: RailsSpec::Both,
        rail_height_m: spec.wall_height_m,
        material: &spec.material,
    }
}

/// Width of a strand where the scene does not give it [m].
const CHAIN_WIDTH_M: f64 = 0.05;
const STRIP_WIDTH_M: f64 = 0.08;

fn strands<'a>(spec: &'a StrandsSpec, width_m: f64, material: &'a str) -> ConveyorView<'a> {
    ConveyorView {
        from_m: spec.from_m,
        to_m: spec.to_m,
        heading_deg: spec.heading_deg,
        after: &spec.after,
        before: &spec.before,
        way: Way::Straight { length_m: spec.length_m, rise_m: spec.rise_m, slope_deg: spec.slope_deg },
        width_m: spec.width_m,
        speed_mps: spec.speed_mps,
        acceleration_mps2: spec.acceleration_mps2,
        deceleration_mps2: spec.deceleration_mps2,
        speeds: &[],
        surface: SurfaceView::Strands { count: spec.strands, width_m: spec.strand_width_m.unwrap_or(width_m) },
        rails: spec.rails,
        rail_height_m: spec.rail_height_m,
        material: spec.material.as_deref().unwrap_or(material),
    }
}

/// What takes parts out of the world of contacts at its in-port and hands them back at its out-port, straight ahead.
pub struct ThroughView<'a> {
    pub after: &'a Names,
    pub from_m: Option<Vec3>,
    pub heading_deg: f64,
    pub length_m: f64,
    pub rise_m: f64,
}

pub fn through(element: &ElementSpec) -> Option<ThroughView<'_>> {
    macro_rules! view {
        ($spec:expr) => {
            ThroughView {
                after: &$spec.after,
                from_m: $spec.from_m,
                heading_deg: $spec.heading_deg,
                length_m: $spec.length_m,
                rise_m: $spec.rise_m,
            }
        };
    }
    match element {
        ElementSpec::Buffer(spec) => Some(view!(spec)),
        ElementSpec::ParallelStation(spec) => Some(view!(spec)),
        _ => None,
    }
}

/// Whether parts go from one to the other by hand, with no conveyor between them.
pub fn hands(from: &ElementSpec, into: &ElementSpec) -> bool {
    through(into).is_some() && (through(from).is_some() || matches!(from, ElementSpec::Source(_)))
}

/// Host and place of a device that stands at a conveyor.
pub struct DeviceView<'a> {
    pub on: &'a str,
    pub at_m: f64,
    /// Along the host, around its centre [m]; `None` where it follows from others (a merge, an arm), 0 for a point.
    pub length_m: Option<f64>,
}

pub fn device(element: &ElementSpec) -> Option<DeviceView<'_>> {
    let (on, at_m, length_m) = match element {
        ElementSpec::Stop(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Induction(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Pusher(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::PopUp(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::SwingArm(spec) => (&spec.on, spec.at_m, spec.length_m),
        ElementSpec::ShoeSorter(spec) => (&spec.on, spec.at_m, spec.length_m),
        ElementSpec::Transfer(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Discharge(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Loader(spec) => (&spec.on, spec.at_m, Some(0.0)),
        ElementSpec::Merge(spec) => (&spec.on, spec.at_m, spec.length_m),
        ElementSpec::Station(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Assembly(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Unload(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Checkweigher(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Scanner(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::TagReader(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::Scale(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::FillAndWeigh(spec) => (&spec.on, spec.at_m, Some(spec.length_m)),
        ElementSpec::LightGrid(spec) => (&spec.on, spec.at_m, Some(0.0)),
        ElementSpec::Encoder(spec) => (&spec.on, spec.at_m, Some(0.0)),
        ElementSpec::Eye(spec) => (&spec.on, spec.at_m, Some(0.0)),
        ElementSpec::Router(spec) => (&spec.on, spec.at_m, Some(0.0)),
        ElementSpec::Counter(spec) => (&spec.on, spec.at_m, Some(0.0)),
        _ => return None,
    };
    Some(DeviceView { on, at_m, length_m })
}

/// How a station holds parts: where it does not say so, a loop has it stop its carriers.
pub fn station_hold(spec: &StationSpec, host: Option<&ElementSpec>) -> HoldSpec {
    match spec.hold {
        HoldSpec::Usual if matches!(host, Some(ElementSpec::Loop(_))) => HoldSpec::Blade,
        HoldSpec::Usual => HoldSpec::None,
        said => said,
    }
}

/// How a device holds parts that works on them; `None` for a device that does no work.
pub fn hold_of(element: &ElementSpec, host: Option<&ElementSpec>) -> Option<HoldSpec> {
    match element {
        ElementSpec::Station(spec) => Some(station_hold(spec, host)),
        ElementSpec::Assembly(spec) => Some(spec.hold),
        ElementSpec::Unload(spec) => Some(spec.hold),
        ElementSpec::Stop(_) | ElementSpec::Induction(_) | ElementSpec::Scale(_) | ElementSpec::FillAndWeigh(_) => Some(HoldSpec::Blade),
        _ => None,
    }
}

/// The host that an element names, whether it is a device or a guide rail.
pub fn host(element: &ElementSpec) -> Option<&str> {
    match element {
        ElementSpec::GuideRail(spec) => Some(&spec.on),
        _ => device(element).map(|device| device.on),
    }
}

/// What stops an element, how it lies, and what it draws. Elements that never move have neither.
#[derive(Default)]
pub struct Upkeep<'a> {
    pub failures: &'a [FailureSpec],
    pub faults: &'a [FaultSpec],
    pub power_w: PowerSpec,
    pub efficiency: Option<f64>,
    pub no_load_w: Option<f64>,
}

pub fn upkeep(element: &ElementSpec) -> Upkeep<'_> {
    macro_rules! plain {
        ($spec:ident) => {
            Upkeep { failures: &$spec.failures, power_w: $spec.power_w, ..Upkeep::default() }
        };
    }
    macro_rules! driven {
        ($spec:ident) => {
            Upkeep { efficiency: $spec.efficiency, no_load_w: $spec.no_load_w, ..plain!($spec) }
        };
    }
    match element {
        ElementSpec::Source(spec) => plain!(spec),
        ElementSpec::Hopper(spec) => plain!(spec),
        ElementSpec::BulkBelt(spec) => plain!(spec),
        ElementSpec::ScrewFeeder(spec) => plain!(spec),
        ElementSpec::VibratoryFeeder(spec) => plain!(spec),
        ElementSpec::FillAndWeigh(spec) => plain!(spec),
        ElementSpec::Belt(spec) => driven!(spec),
        ElementSpec::Curve(spec) => driven!(spec),
        ElementSpec::ZoneConveyor(spec) => driven!(spec),
        ElementSpec::AccumulationTable(spec) => driven!(spec),
        ElementSpec::Loop(spec) => driven!(spec),
        ElementSpec::RollerConveyor(spec) => driven!(spec),
        ElementSpec::VerticalConveyor(spec) => driven!(spec),
        ElementSpec::ContinuousVerticalConveyor(spec) => driven!(spec),
        ElementSpec::Turntable(spec) => driven!(spec),
        ElementSpec::TransferCar(spec) => driven!(spec),
        ElementSpec::LaneDivider(spec) => driven!(spec),
        ElementSpec::Spiral(spec) => driven!(spec),
        ElementSpec::ChainConveyor(spec) | ElementSpec::StripBelt(spec) => driven!(spec),
        ElementSpec::Stop(spec) => plain!(spec),
        ElementSpec::Induction(spec) => plain!(spec),
        ElementSpec::Pusher(spec) => plain!(spec),
        ElementSpec::PopUp(spec) => plain!(spec),
        ElementSpec::SwingArm(spec) => plain!(spec),
        ElementSpec::ShoeSorter(spec) => plain!(spec),
        ElementSpec::Transfer(spec) => plain!(spec),
        ElementSpec::Discharge(spec) => plain!(spec),
        ElementSpec::Loader(spec) => plain!(spec),
        ElementSpec::Merge(spec) => plain!(spec),
        ElementSpec::Buffer(spec) => plain!(spec),
        ElementSpec::Packer(spec) => plain!(spec),
        ElementSpec::Unpacker(spec) => plain!(spec),
        ElementSpec::Palletiser(spec) => plain!(spec),
        ElementSpec::Depalletiser(spec) => plain!(spec),
        ElementSpec::Station(spec) => plain!(spec),
        ElementSpec::ParallelStation(spec) => plain!(spec),
        ElementSpec::Assembly(spec) => plain!(spec),
        ElementSpec::Disassembly(spec) => plain!(spec),
        ElementSpec::Unload(spec) => plain!(spec),
        ElementSpec::Checkweigher(spec) => Upkeep { faults: &spec.faults, ..plain!(spec) },
        ElementSpec::Scanner(spec) => Upkeep { faults: &spec.faults, ..plain!(spec) },
        ElementSpec::TagReader(spec) => Upkeep { faults: &spec.faults, ..plain!(spec) },
        ElementSpec::LightGrid(spec) => Upkeep { faults: &spec.faults, ..plain!(spec) },
        ElementSpec::Scale(spec) => Upkeep { faults: &spec.faults, ..plain!(spec) },
        ElementSpec::Encoder(spec) => Upkeep { faults: &spec.faults, ..Upkeep::default() },
        ElementSpec::Eye(spec) => Upkeep { faults: &spec.faults, ..Upkeep::default() },
        ElementSpec::Lidar(spec) => Upkeep { faults: &spec.faults, ..Upkeep::default() },
        ElementSpec::Counter(spec) => Upkeep { faults: &spec.faults, ..Upkeep::default() },
        ElementSpec::Chute(_)
        | ElementSpec::GravityRollerConveyor(_)
        | ElementSpec::Sink(_)
        | ElementSpec::Bin(_)
        | ElementSpec::BulkChute(_)
        | ElementSpec::BulkBin(_)
        | ElementSpec::GuideRail(_)
        | ElementSpec::Fixture(_)
        | ElementSpec::Router(_) => Upkeep::default(),
    }
}

/// Whether it stores, carries or catches bulk material by itself; no part is ever on it.
pub fn handles_bulk(element: &ElementSpec) -> bool {
    matches!(
        element,
        ElementSpec::Hopper(_)
            | ElementSpec::BulkBelt(_)
            | ElementSpec::BulkChute(_)
            | ElementSpec::ScrewFeeder(_)
            | ElementSpec::VibratoryFeeder(_)
            | ElementSpec::BulkBin(_)
    )
}

/// The variant's name, as written.
pub fn family(element: &ElementSpec) -> &'static str {
    match element {
        ElementSpec::Source(_) => "Source",
        ElementSpec::Sink(_) => "Sink",
        ElementSpec::Bin(_) => "Bin",
        ElementSpec::Belt(_) => "Belt",
        ElementSpec::Curve(_) => "Curve",
        ElementSpec::ZoneConveyor(_) => "ZoneConveyor",
        ElementSpec::AccumulationTable(_) => "AccumulationTable",
        ElementSpec::Loop(_) => "Loop",
        ElementSpec::Spiral(_) => "Spiral",
        ElementSpec::VerticalConveyor(_) => "VerticalConveyor",
        ElementSpec::ContinuousVerticalConveyor(_) => "ContinuousVerticalConveyor",
        ElementSpec::Turntable(_) => "Turntable",
        ElementSpec::TransferCar(_) => "TransferCar",
        ElementSpec::LaneDivider(_) => "LaneDivider",
        ElementSpec::RollerConveyor(_) => "RollerConveyor",
        ElementSpec::GravityRollerConveyor(_) => "GravityRollerConveyor",
        ElementSpec::ChainConveyor(_) => "ChainConveyor",
        ElementSpec::StripBelt(_) => "StripBelt",
        ElementSpec::Stop(_) => "Stop",
        ElementSpec::Induction(_) => "Induction",
        ElementSpec::Pusher(_) => "Pusher",
        ElementSpec::PopUp(_) => "PopUp",
        ElementSpec::SwingArm(_) => "SwingArm",
        ElementSpec::ShoeSorter(_) => "ShoeSorter",
        ElementSpec::Chute(_) => "Chute",
        ElementSpec::Transfer(_) => "Transfer",
        ElementSpec::Discharge(_) => "Discharge",
        ElementSpec::Loader(_) => "Loader",
        ElementSpec::Merge(_) => "Merge",
        ElementSpec::Buffer(_) => "Buffer",
        ElementSpec::Packer(_) => "Packer",
        ElementSpec::Unpacker(_) => "Unpacker",
        ElementSpec::Palletiser(_) => "Palletiser",
        ElementSpec::Depalletiser(_) => "Depalletiser",
        ElementSpec::Station(_) => "Station",
        ElementSpec::ParallelStation(_) => "ParallelStation",
        ElementSpec::Assembly(_) => "Assembly",
        ElementSpec::Disassembly(_) => "Disassembly",
        ElementSpec::Unload(_) => "Unload",
        ElementSpec::Checkweigher(_) => "Checkweigher",
        ElementSpec::Scanner(_) => "Scanner",
        ElementSpec::TagReader(_) => "TagReader",
        ElementSpec::LightGrid(_) => "LightGrid",
        ElementSpec::Scale(_) => "Scale",
        ElementSpec::Hopper(_) => "Hopper",
        ElementSpec::BulkBelt(_) => "BulkBelt",
        ElementSpec::BulkChute(_) => "BulkChute",
        ElementSpec::BulkBin(_) => "BulkBin",
        ElementSpec::ScrewFeeder(_) => "ScrewFeeder",
        ElementSpec::VibratoryFeeder(_) => "VibratoryFeeder",
        ElementSpec::FillAndWeigh(_) => "FillAndWeigh",
        ElementSpec::Router(_) => "Router",
        ElementSpec::GuideRail(_) => "GuideRail",
        ElementSpec::Fixture(_) => "Fixture",
        ElementSpec::Encoder(_) => "Encoder",
        ElementSpec::Eye(_) => "Eye",
        ElementSpec::Lidar(_) => "Lidar",
        ElementSpec::Counter(_) => "Counter",
    }
}
