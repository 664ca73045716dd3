//! The line seen from above, to scale, drawn from the same paths, spots and ports that the engine runs. Elements carry
//! numbers; the page lists their names beside the picture.

use super::format::number;
use super::svg::{Anchor, Axis, Svg, coordinate};
use linetwin_model::Scene;
use linetwin_model::geometry::{Path, Pose, Segment};
use linetwin_model::joint::end_cut;
use linetwin_model::scene::{
    ARM_BESIDE_M, CarriageId, Carrying, Conveyor, DiverterDevice, Element, ElementId, ElementKind, Fixture, Outcome, Side, SpotId,
};
use std::fmt::Write;

/// The picture is as wide as the line needs between these: a narrow one stays whole on a phone.
const WIDTH_MIN: f64 = 480.0;
const WIDTH_MAX: f64 = 980.0;
const HEIGHT_MAX: f64 = 560.0;
const MARGIN: f64 = 44.0;
/// Around everything drawn [m].
const BORDER_M: f64 = 0.6;
/// Largest turn between two points of a curve's outline [rad]: 5 degrees look round.
const ARC_STEP: f64 = 0.087;

/// Metres in the plan to units of the picture. North is up: y grows upwards in the world and downwards in SVG.
struct View {
    /// Of the picture, and where the line begins in it.
    width: f64,
    left: f64,
    min: [f64; 2],
    max: [f64; 2],
    scale: f64,
}

impl View {
    fn of(points: &[[f64; 2]]) -> Option<View> {
        let first = points.first()?;
        let (mut min, mut max) = (*first, *first);
        for point in points {
            for axis in 0..2 {
                min[axis] = min[axis].min(point[axis]);
                max[axis] = max[axis].max(point[axis]);
            }
        }
        let (min, max) = (min.map(|value| value - BORDER_M), max.map(|value| value + BORDER_M));
        let scale = ((WIDTH_MAX - 2.0 * MARGIN) / (max[0] - min[0])).min((HEIGHT_MAX - 2.0 * MARGIN) / (max[1] - min[1]));
        let length = (max[0] - min[0]) * scale;
        let width = (length + 2.0 * MARGIN).max(WIDTH_MIN);
        Some(View { width, left: (width - length) / 2.0, min, max, scale })
    }

    fn at(&self, point: [f64; 2]) -> [f64; 2] {
        [self.left + (point[0] - self.min[0]) * self.scale, MARGIN + (self.max[1] - point[1]) * self.scale]
    }

    fn height(&self) -> f64 {
        2.0 * MARGIN + (self.max[1] - self.min[1]) * self.scale
    }

    fn polygon(&self, points: &[[f64; 2]]) -> String {
        let mut data = String::new();
        for (index, point) in points.iter().enumerate() {
            let [x, y] = self.at(*point).map(coordinate);
            write!(data, "{}{x} {y}", if index == 0 { 'M' } else { 'L' }).expect("writing into a string");
        }
        data
    }

    fn closed(&self, points: &[[f64; 2]]) -> String {
        self.polygon(points) + "Z"
    }
}

/// The picture and the names of its numbers, in scene order.
pub struct Plan {
    pub svg: String,
    pub legend: Vec<(usize, String, String)>,
}

/// `None` for a scene without conveyors.
pub fn plan(scene: &Scene) -> Option<Plan> {
    let outlines: Vec<Vec<[f64; 2]>> = scene.conveyors.iter().map(|conveyor| outline(scene, conveyor)).collect();
    let ports = scene.ports.iter().map(|port| flat(&port.pose));
    let platforms: Vec<[[f64; 2]; 4]> =
        (0..scene.carriages.len()).flat_map(|index| handing_over(scene, CarriageId::from_index(index))).collect();
    let bulk = super::bulk::outlines(scene);
    let view = View::of(
        &outlines.iter().flatten().chain(platforms.iter().flatten()).chain(bulk.iter().flatten()).copied().chain(ports).collect::<Vec<_>>(),
    )?;
    let mut svg = Svg::new(view.width, view.height());
    draw_grid(&mut svg, &view);
    for (conveyor, outline) in scene.conveyors.iter().zip(&outlines) {
        svg.path(&view.closed(outline), "belt");
        let centre = edge(&conveyor.path, 0.0, 0.0);
        svg.path(&view.polygon(&centre), "centre");
        draw_arrow(&mut svg, &view, &conveyor.path.end(), conveyor.width_m);
        if conveyor.back_port.is_some() {
            draw_arrow(&mut svg, &view, &conveyor.path.start().turned(std::f64::consts::PI), conveyor.width_m);
        }
        for (side, drawn) in [(1.0, conveyor.rails.left), (-1.0, conveyor.rails.right)] {
            let cut = if conveyor.rails.straights { end_cut(scene, conveyor) } else { 0.0 };
            let railed = if drawn { railed_stretches(conveyor) } else { Vec::new() };
            for stretch in railed {
                svg.path(&view.polygon(&edge(&stretch, cut, side * conveyor.width_m / 2.0)), "rail");
            }
        }
        draw_strands(&mut svg, &view, conveyor);
        // A boundary between two drives of one conveyor: its zones.
        for drive in conveyor.drives.iter().skip(1) {
            let at = conveyor.path.pose_at(scene.drives[drive.index()].start_m);
            svg.path(&view.polygon(&across(&at, conveyor.width_m)), "zone");
        }
    }
    for fixture in &scene.fixtures {
        svg.path(&view.closed(&shadow(fixture)), "fixture");
    }
    for platform in &platforms {
        svg.path(&view.closed(platform), "device c-purple");
    }
    for outline in &bulk {
        svg.path(&view.closed(outline), "device c-grey");
    }
    draw_devices(&mut svg, &view, scene);
    let legend = draw_numbers(&mut svg, &view, scene);
    Some(Plan { svg: svg.finish("the line from above, to scale"), legend })
}

fn draw_grid(svg: &mut Svg, view: &View) {
    let tick = Axis::from_zero((view.max[0] - view.min[0]).max(view.max[1] - view.min[1]), 12).tick;
    let (left, right, top, bottom) = (view.left, view.at(view.max)[0], MARGIN, view.height() - MARGIN);
    for value in (Axis { min: view.min[0], max: view.max[0], tick }).ticks() {
        let [x, _] = view.at([value, 0.0]);
        svg.line([x, top], [x, bottom], "grid");
        svg.text([x, bottom + 14.0], Anchor::Middle, "tick", &number(value));
    }
    for value in (Axis { min: view.min[1], max: view.max[1], tick }).ticks() {
        let [_, y] = view.at([0.0, value]);
        svg.line([left, y], [right, y], "grid");
        svg.text([left - 6.0, y + 4.0], Anchor::End, "tick", &number(value));
    }
    svg.text([right, bottom + 30.0], Anchor::End, "label", "x [m]");
    svg.text([left - 6.0, top - 10.0], Anchor::End, "label", "y [m]");
}

/// Where a conveyor has its rails, but for the gaps at devices.
fn railed_stretches(conveyor: &Conveyor) -> Vec<Path> {
    if conveyor.rails.straights {
        return vec![conveyor.path.clone()];
    }
    let arcs = conveyor.path.segments.iter().filter(|segment| !matches!(segment, Segment::Straight { .. }));
    arcs.map(|arc| Path { segments: vec![*arc] }).collect()
}

/// The inner edges of strands, and every roller that turns freely.
fn draw_strands(svg: &mut Svg, view: &View, conveyor: &Conveyor) {
    let length_m = conveyor.path.length();
    match conveyor.carrying {
        Carrying::Closed => {}
        Carrying::Strands { .. } | Carrying::Chains { .. } => {
            for strip in conveyor.strips() {
                for left in [strip.left_m - strip.width_m / 2.0, strip.left_m + strip.width_m / 2.0] {
                    svg.path(&view.polygon(&edge(&conveyor.path, 0.0, left)), "zone");
                }
            }
        }
        Carrying::FreeRollers(rollers) => {
            let count = (length_m / rollers.pitch_m).round().max(1.0) as u32;
            for roller in 0..count {
                let at = conveyor.path.pose_at((f64::from(roller) + 0.5) * length_m / f64::from(count));
                svg.path(&view.polygon(&across(&at, conveyor.width_m)), "zone");
            }
        }
    }
}

fn draw_arrow(svg: &mut Svg, view: &View, end: &Pose, width_m: f64) {
    let (long, wide) = (width_m * 0.35, width_m * 0.2);
    let corners = [end.shifted(-long, wide, 0.0), end.shifted(-long * 0.1, 0.0, 0.0), end.shifted(-long, -wide, 0.0)];
    svg.path(&view.polygon(&corners.map(|pose| flat(&pose))), "arrow");
}

/// How the device at a spot is drawn; `None` for the ends that zones and merges hold: they belong to the conveyor's picture.
fn device_class(scene: &Scene, spot: SpotId) -> Option<&'static str> {
    Some(match scene.element(scene.spot(spot).element).kind {
        ElementKind::Station(_) | ElementKind::Assembly(_) | ElementKind::Unload(_) | ElementKind::FillAndWeigh(_) => "device c-green",
        ElementKind::Scale(_) => "device c-purple",
        ref kind if kind.sense().is_some() => "device c-purple",
        ElementKind::Loader(ref loader) if loader.window != spot => return None,
        ElementKind::Stop(_) | ElementKind::Induction(_) | ElementKind::Counter(_) | ElementKind::Router(_) => "device c-grey",
        ElementKind::Loader(_) => "device c-grey",
        _ => return None,
    })
}

/// Middle, length and width of the box of a device at a spot.
fn box_of(scene: &Scene, spot: SpotId) -> (Pose, f64, f64) {
    let spot = scene.spot(spot);
    let host = scene.conveyor(spot.host);
    (host.path.pose_at(f64::midpoint(spot.start_m, spot.end_m)), (spot.end_m - spot.start_m).max(0.05), host.width_m + 0.16)
}

fn draw_devices(svg: &mut Svg, view: &View, scene: &Scene) {
    for spot in (0..scene.spots.len()).map(SpotId::from_index) {
        let Some(class) = device_class(scene, spot) else { continue };
        let (middle, length_m, width_m) = box_of(scene, spot);
        svg.path(&view.closed(&box_corners(&middle, length_m, width_m)), class);
    }
    for element in &scene.elements {
        let class = match element.kind {
            ElementKind::Packer(_) | ElementKind::Unpacker(_) | ElementKind::ParallelStation(_) => "device c-green",
            ElementKind::Buffer(_) => "device c-grey",
            _ => continue,
        };
        if let Some((middle, length_m, width_m)) = extent(scene, element) {
            svg.path(&view.closed(&box_corners(&middle, length_m, width_m)), class);
        }
    }
    for eye in &scene.eyes {
        let Some(beam) = eye.beam else { continue };
        let host = scene.conveyor(beam.host);
        svg.path(&view.polygon(&across(&host.path.pose_at(beam.at_m), host.width_m + 0.1)), "eye");
    }
    for diverter in &scene.diverters {
        let host = scene.conveyor(diverter.host);
        let middle = host.path.pose_at(f64::midpoint(diverter.start_m, diverter.end_m));
        let sign = if diverter.side == Side::Left { 1.0 } else { -1.0 };
        let drawn = match diverter.device {
            DiverterDevice::PopUp { .. } | DiverterDevice::Lifter { .. } | DiverterDevice::Shoes { .. } | DiverterDevice::Carriers => {
                box_corners(&middle, diverter.end_m - diverter.start_m, host.width_m)
            }
            // As it stands when it is out.
            DiverterDevice::SwingArm { .. } => {
                let pivot = host.path.pose_at(diverter.start_m).shifted(0.0, -sign * (host.width_m / 2.0 + ARM_BESIDE_M), 0.0);
                let arm = pivot.turned(sign * diverter.angle).shifted(diverter.arm_m() / 2.0, 0.0, 0.0);
                box_corners(&arm, diverter.arm_m(), 0.06)
            }
        };
        svg.path(&view.closed(&drawn), "device c-orange");
        if let DiverterDevice::SwingArm { .. } = diverter.device {
            continue;
        }
        let heading = middle.turned(sign * diverter.angle);
        draw_arrow(svg, view, &heading.shifted(host.width_m * 0.4, 0.0, 0.0), host.width_m);
    }
    for pusher in &scene.pushers {
        let host = scene.conveyor(pusher.host);
        // The plate rests on the side that it pushes away from.
        let side = match pusher.side {
            Side::Left => -1.0,
            Side::Right => 1.0,
        };
        let rest = host.path.pose_at(pusher.at_m).shifted(0.0, side * (host.width_m / 2.0 + 0.09), 0.0);
        svg.path(&view.closed(&box_corners(&rest, pusher.length_m, 0.12)), "device c-orange");
    }
}

/// A fixture's outline from above: of a mesh, that of its hull.
fn shadow(fixture: &Fixture) -> Vec<[f64; 2]> {
    let Some(mesh) = &fixture.mesh else { return box_corners(&fixture.pose, fixture.size_m[0], fixture.size_m[1]).to_vec() };
    let mut points: Vec<[f64; 2]> = mesh.points_m.iter().map(|&[x, y, z]| flat(&fixture.pose.shifted(x, y, z))).collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    // Andrew's monotone chain: along the lower side, and back along the upper one.
    let turns_right = |a: [f64; 2], b: [f64; 2], c: [f64; 2]| (b[0] - a[0]) * (c[1] - a[1]) <= (b[1] - a[1]) * (c[0] - a[0]);
    let mut hull: Vec<[f64; 2]> = Vec::new();
    for side in [points.clone(), points.into_iter().rev().collect()] {
        let from = hull.len();
        for point in side {
            while hull.len() >= from + 2 && turns_right(hull[hull.len() - 2], hull[hull.len() - 1], point) {
                hull.pop();
            }
            hull.push(point);
        }
        hull.pop();
    }
    hull
}

/// Where a platform hands over; at home it is drawn as a belt.
fn handing_over(scene: &Scene, id: CarriageId) -> Vec<[[f64; 2]; 4]> {
    let (carriage, middle) = (scene.carriage(id), scene.carriage_middle(id));
    let host = scene.conveyor(carriage.conveyor);
    let at = |stop: &f64| box_corners(&carriage.way.moved(middle, middle, *stop), host.path.length(), host.width_m);
    carriage.stops.iter().map(at).collect()
}

/// The middle, length and width of what stands between its in-port and its out-port.
fn extent(scene: &Scene, element: &Element) -> Option<(Pose, f64, f64)> {
    let port = |name: &str| element.ports.iter().map(|port| scene.port(*port)).find(|port| port.name == name);
    let (entry, exit) = (port("in")?, port("out")?);
    let [from, to] = [flat(&entry.pose), flat(&exit.pose)];
    let length_m = (to[0] - from[0]).hypot(to[1] - from[1]);
    Some((entry.pose.shifted(length_m / 2.0, 0.0, 0.0), length_m, entry.width_m.max(exit.width_m)))
}

/// Numbers every element that has a place, and gives the list.
fn draw_numbers(svg: &mut Svg, view: &View, scene: &Scene) -> Vec<(usize, String, String)> {
    /// Of a mark, in units of the picture.
    const RADIUS: f64 = 9.0;
    let mut legend = Vec::new();
    let mut taken: Vec<[f64; 2]> = Vec::new();
    for id in scene.element_ids() {
        let element = scene.element(id);
        let Some(place) = place_of(scene, id) else { continue };
        let number = legend.len() + 1;
        // In its own box where that is large enough and free: beside it a neighbour may stand.
        let own = (0..scene.spots.len()).map(SpotId::from_index).find_map(|spot| {
            let (middle, length_m, width_m) =
                device_class(scene, spot).filter(|_| scene.spot(spot).element == id).map(|_| box_of(scene, spot))?;
            (length_m.min(width_m) * view.scale > 2.0 * RADIUS + 4.0).then(|| view.at(flat(&middle)))
        });
        let is_free = |at: &[f64; 2]| taken.iter().all(|other| (at[0] - other[0]).hypot(at[1] - other[1]) > 2.0 * RADIUS);
        let mut at = own.filter(is_free).unwrap_or_else(|| view.at(place));
        // Several sources may feed one machine.
        if matches!(element.kind, ElementKind::Source(_)) {
            while !is_free(&at) {
                at[1] -= 2.0 * RADIUS + 2.0;
            }
        }
        taken.push(at);
        let class = match &element.kind {
            ElementKind::Source(_) => "mark c-blue",
            ElementKind::Sink(sink) if sink.outcome == Outcome::Good => "mark c-green",
            ElementKind::Sink(_) => "mark c-vermillion",
            _ => "mark",
        };
        svg.circle(at, RADIUS, class);
        svg.text([at[0], at[1] + 3.8], Anchor::Middle, "mark-text", &number.to_string());
        legend.push((number, element.name.clone(), element.family.clone()));
    }
    legend
}

/// Where an element's number goes: beside its device, on its conveyor, before or behind the port of a source or sink.
fn place_of(scene: &Scene, id: ElementId) -> Option<[f64; 2]> {
    /// Clear of the belt's edge [m].
    const BESIDE_M: f64 = 0.32;
    let beside = |host: linetwin_model::scene::ConveyorId, at_m: f64, left: f64| {
        let host = scene.conveyor(host);
        flat(&host.path.pose_at(at_m).shifted(0.0, left * (host.width_m / 2.0 + BESIDE_M), 0.0))
    };
    let element = scene.element(id);
    let on_spot = |spot: linetwin_model::scene::SpotId| beside(scene.spot(spot).host, scene.spot(spot).at_m, 1.0);
    let on_path = |conveyor: linetwin_model::scene::ConveyorId| {
        let path = &scene.conveyor(conveyor).path;
        flat(&path.pose_at(path.length() / 2.0))
    };
    Some(match &element.kind {
        ElementKind::Source(source) => flat(&scene.port(source.into).pose.shifted(-0.25, 0.0, 0.0)),
        ElementKind::Sink(_) => flat(&scene.port(*element.ports.first()?).pose.shifted(0.25, 0.0, 0.0)),
        ElementKind::Conveyor(conveyor) => on_path(*conveyor),
        ElementKind::ZoneConveyor(zones) => on_path(zones.conveyor),
        ElementKind::Packer(_) | ElementKind::Unpacker(_) | ElementKind::Buffer(_) | ElementKind::ParallelStation(_) => {
            flat(&extent(scene, element)?.0)
        }
        ElementKind::Carriage(carriage) => on_path(scene.carriage(*carriage).conveyor),
        ElementKind::Lift(lift) => on_path(scene.lift(*lift).conveyor),
        ElementKind::Router(router) => on_spot(router.spot),
        ElementKind::Stop(stop) => on_spot(stop.spot),
        ElementKind::Induction(induction) => on_spot(induction.spot),
        ElementKind::Loader(loader) => on_spot(loader.window),
        ElementKind::Counter(counter) => on_spot(counter.spot),
        ElementKind::Merge(merge) => on_spot(merge.window),
        ElementKind::Pusher(logic) => {
            let pusher = scene.pushers.get(logic.pusher.index())?;
            beside(pusher.host, pusher.at_m, if pusher.side == Side::Left { -1.0 } else { 1.0 })
        }
        ElementKind::Diverter(logic) => {
            let diverter = scene.diverters.get(logic.diverter.index())?;
            let left = if diverter.side == Side::Left { -1.0 } else { 1.0 };
            beside(diverter.host, f64::midpoint(diverter.start_m, diverter.end_m), left)
        }
        ElementKind::Encoder(encoder) => beside(encoder.host, encoder.at_m, 1.0),
        ElementKind::Eye(eye) => {
            let beam = scene.eyes.get(eye.index())?.beam?;
            beside(beam.host, beam.at_m, -1.0)
        }
        ElementKind::Lidar(lidar) => flat(&lidar.pose),
        kind @ (ElementKind::Station(_)
        | ElementKind::Assembly(_)
        | ElementKind::Unload(_)
        | ElementKind::FillAndWeigh(_)
        | ElementKind::Scale(_)) => on_spot(kind.station()?.spot),
        ElementKind::Bulk(bulk) => super::bulk::middle(bulk),
        kind @ (ElementKind::Checkweigher(_) | ElementKind::Scanner(_) | ElementKind::TagReader(_) | ElementKind::LightGrid(_)) => {
            on_spot(kind.sense()?)
        }
        ElementKind::Fixture => flat(&scene.fixtures.iter().find(|fixture| fixture.element == id)?.pose),
    })
}

fn flat(pose: &Pose) -> [f64; 2] {
    [pose.position[0], pose.position[1]]
}

fn across(pose: &Pose, width_m: f64) -> [[f64; 2]; 2] {
    [flat(&pose.shifted(0.0, width_m / 2.0, 0.0)), flat(&pose.shifted(0.0, -width_m / 2.0, 0.0))]
}

fn box_corners(pose: &Pose, length_m: f64, width_m: f64) -> [[f64; 2]; 4] {
    let (x, y) = (length_m / 2.0, width_m / 2.0);
    [(x, y), (x, -y), (-x, -y), (-x, y)].map(|(forward, left)| flat(&pose.shifted(forward, left, 0.0)))
}

/// The curve `left_m` beside a centre line, whose end is cut to join another conveyor.
fn edge(path: &Path, cut: f64, left_m: f64) -> Vec<[f64; 2]> {
    let mut points = Vec::new();
    for segment in &path.segments {
        let pieces = match *segment {
            Segment::Straight { .. } => 1,
            Segment::Arc { angle, .. } | Segment::Helix { angle, .. } => (angle.abs() / ARC_STEP).ceil() as usize,
        };
        for piece in 0..=pieces {
            let along = segment.length() * piece as f64 / pieces.max(1) as f64;
            points.push(flat(&segment.pose_at(along).shifted(0.0, left_m, 0.0)));
        }
    }
    points.pop();
    points.push(flat(&path.end().shifted(cut * left_m, left_m, 0.0)));
    points
}

fn outline(scene: &Scene, conveyor: &Conveyor) -> Vec<[f64; 2]> {
    let cut = end_cut(scene, conveyor);
    let mut points = edge(&conveyor.path, cut, conveyor.width_m / 2.0);
    points.extend(edge(&conveyor.path, cut, -conveyor.width_m / 2.0).into_iter().rev());
    points
}
