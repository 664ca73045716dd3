//! The verb `render`: goes from moment to moment and writes what is asked of each.

use crate::arguments::{Kind, RenderArguments, Size};
use crate::cameras::{Camera, built_in, built_in_names, of_scene};
use crate::drawing::{outline, outline_of};
use crate::failure::Failure;
use crate::files::{FFMPEG_FORMATS, Film, Frame, write_frame, write_json};
use crate::picture::{Studio, open_adapter};
use crate::source::{Line, source_of};
use crate::truth;
use linetwin_model::geometry::dot;
use linetwin_model::scene::ElementId;
use linetwin_model::{Scene, Time};
use linetwin_sim::view::{Moment, Scenery};
use serde_json::{Value, json};
use std::path::Path;

const DEFAULT_SIZE: Size = Size { width_px: 1280, height_px: 720 };
const DEFAULT_RATE_HZ: f64 = 25.0;
/// Longer films are a slip of the hand.
const FRAMES_MAX: u64 = 100_000;

pub fn render(arguments: &RenderArguments) -> Result<(), Failure> {
    let mut line = Line::open(&source_of(&arguments.file, &arguments.set, arguments.seed)?)?;
    let scene = line.simulation.scene().clone();
    let scenery = line.simulation.scenery();
    let plan = Plan::of(arguments, &scene)?;
    line.check_time(plan.times[plan.times.len() - 1])?;
    let first = plan.camera(&scene, &scenery, &line.simulation.moment())?;
    if arguments.check {
        return if plan.kind == Kind::Rgb { open_adapter(arguments.software).map(|_| ()) } else { Ok(()) };
    }
    let mut studio = match plan.kind {
        Kind::Rgb => Some(Studio::open(&scenery, plan.size, arguments.software)?),
        _ => None,
    };
    let mut film = match plan.is_film {
        true => Some(Film::create(&arguments.out, plan.size, plan.rate_hz, plan.times.len() as u32)?),
        false => None,
    };
    for (index, &time) in plan.times.iter().enumerate() {
        line.go_to(time);
        let moment = line.simulation.moment();
        // A built-in camera frames the line once; one that travels is elsewhere in each frame.
        let camera = if plan.own.is_some() { plan.camera(&scene, &scenery, &moment)? } else { first.clone() };
        let seen = match &mut studio {
            Some(studio) => Seen { frame: Some(Frame::Rgb(studio.shoot(&moment, &camera)?)), told: None },
            None => plan.look(&scene, &scenery, &moment, &camera)?,
        };
        match (&mut film, &seen.frame) {
            (Some(film), Some(frame)) => film.add(index as u32, frame, plan.size, seen.told.as_ref())?,
            (Some(_), None) => {
                write_json(&arguments.out.join(format!("frame_{index:05}.json")), seen.told.as_ref().unwrap_or(&Value::Null))?
            }
            (None, frame) => {
                if let Some(frame) = frame {
                    write_frame(&arguments.out, frame, plan.size)?;
                }
                if let Some(told) = &seen.told {
                    write_json(&arguments.out.with_extension("json"), told)?;
                }
            }
        }
    }
    film.map_or(Ok(()), Film::finish)
}

struct Seen {
    frame: Option<Frame>,
    told: Option<Value>,
}

/// What is asked for, with what the camera says where nothing else was said.
struct Plan<'a> {
    arguments: &'a RenderArguments,
    /// Index of the scene's own camera.
    own: Option<usize>,
    /// What a built-in camera frames, instead of the line.
    of: Option<ElementId>,
    size: Size,
    kind: Kind,
    rate_hz: f64,
    is_film: bool,
    /// Of every frame.
    times: Vec<Time>,
}

impl<'a> Plan<'a> {
    /// Refuses what cannot be made, before anything is computed.
    fn of(arguments: &'a RenderArguments, scene: &Scene) -> Result<Self, Failure> {
        let own = scene.cameras.iter().position(|camera| camera.name == arguments.camera);
        if own.is_none() && !built_in_names().any(|name| name == arguments.camera) {
            let own = scene.cameras.iter().map(|camera| camera.name.clone());
            let known: Vec<String> = own.chain(built_in_names().map(str::to_string)).collect();
            return Err(Failure::usage(format!("there is no camera `{}`; there are {}", arguments.camera, known.join(", "))));
        }
        let of = match &arguments.of {
            None => None,
            Some(name) => Some(element_named(scene, name, own.is_some())?),
        };
        let camera = own.map(|index| &scene.cameras[index]);
        let own_size = camera.map(|camera| Size { width_px: camera.size_px[0], height_px: camera.size_px[1] });
        let own_kind = camera.and_then(|camera| camera.sees.first()).map(|kind| Kind::from(*kind));
        let rate_hz = arguments.rate.or(camera.map(|camera| camera.rate_hz)).unwrap_or(DEFAULT_RATE_HZ);
        let plan = Plan {
            arguments,
            own,
            of,
            size: arguments.size.or(own_size).unwrap_or(DEFAULT_SIZE),
            kind: arguments.kind.or(own_kind).unwrap_or(Kind::Rgb),
            rate_hz,
            is_film: arguments.from.is_some(),
            times: times(arguments, rate_hz)?,
        };
        plan.check_ending()?;
        Ok(plan)
    }

    fn check_ending(&self) -> Result<(), Failure> {
        let out = &self.arguments.out;
        let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
        let known = match (self.is_film, self.kind) {
            (false, Kind::Boxes) => vec!["json"],
            (false, Kind::Depth) => vec!["png", "npy"],
            (false, _) => vec!["png"],
            (true, Kind::Rgb | Kind::Normals) => ["", "apng"].into_iter().chain(FFMPEG_FORMATS).collect(),
            (true, Kind::Depth) => vec!["", "apng"],
            // Each frame has numbers of its own.
            (true, Kind::Instances | Kind::Classes | Kind::Boxes) => vec![""],
        };
        if known.contains(&ending.as_str()) {
            return Ok(());
        }
        let name = |ending: &&str| if ending.is_empty() { "a folder without an ending".to_string() } else { format!(".{ending}") };
        let told: Vec<String> = known.iter().map(name).collect();
        let what = if self.is_film { "the frames of a film" } else { "the picture" };
        Err(Failure::usage(format!("{} cannot hold {what}: name {}", out.display(), told.join(", "))))
    }

    fn camera(&self, scene: &Scene, scenery: &Scenery, moment: &Moment) -> Result<Camera, Failure> {
        if let Some(own) = self.own {
            return Ok(of_scene(&scene.cameras[own], &scenery.cameras[own].in_world(&moment.movers), self.size));
        }
        let mut points = self.of.map_or(Vec::new(), |element| outline_of(element, scenery, moment));
        if points.is_empty() {
            points = outline(scenery, moment);
        }
        let framed = built_in(&self.arguments.camera, &points, self.size);
        framed.ok_or_else(|| Failure::internal(format!("the camera {} was there before", self.arguments.camera)))
    }

    /// A layer of what is seen: arithmetic, and no renderer.
    fn look(&self, scene: &Scene, scenery: &Scenery, moment: &Moment, camera: &Camera) -> Result<Seen, Failure> {
        let instances = truth::instances(scene, scenery, moment);
        let layers = truth::draw(scenery, &instances, camera, self.size);
        let numbered = |numbers: &[u32]| {
            let number = |&at: &u32| if at == 0 { 0 } else { numbers[at as usize - 1] as u16 };
            Frame::Grey16(layers.instance.iter().map(number).collect())
        };
        let frame = match self.kind {
            Kind::Rgb => return Err(Failure::internal("the studio draws what is lit")),
            Kind::Boxes => None,
            Kind::Depth if is_npy(&self.arguments.out) => {
                Some(Frame::Metres(layers.depth_m.iter().map(|depth_m| *depth_m as f32).collect()))
            }
            Kind::Depth => Some(Frame::Grey16(layers.depth_m.iter().map(|depth_m| millimetres(*depth_m)).collect())),
            Kind::Normals => Some(Frame::Rgb(layers.normal.iter().flat_map(|normal| normal_colour(*normal, camera)).collect())),
            Kind::Instances if instances.len() > usize::from(u16::MAX) => {
                let count = instances.len();
                return Err(Failure::usage(format!("{count} things are more than 16 bits can number: use --kind boxes or classes")));
            }
            Kind::Instances => Some(numbered(&(1..=instances.len() as u32).collect::<Vec<_>>())),
            Kind::Classes => Some(numbered(&truth::class_numbers(&instances))),
        };
        let is_told = matches!(self.kind, Kind::Boxes | Kind::Instances | Kind::Classes);
        let told = is_told.then(|| {
            let mut told = json!({ "scene": scene.name, "time_s": moment.now.as_seconds() });
            let described = truth::describe(scenery, &instances, &layers, camera);
            if let (Value::Object(told), Value::Object(described)) = (&mut told, described) {
                told.extend(described);
            }
            told
        });
        Ok(Seen { frame, told })
    }
}

fn element_named(scene: &Scene, name: &str, has_own_camera: bool) -> Result<ElementId, Failure> {
    if has_own_camera {
        return Err(Failure::usage("a camera of the scene looks where it looks: --of goes with overview, top and the like".to_string()));
    }
    let found = scene.element_ids().find(|id| scene.element(*id).name == name);
    found.ok_or_else(|| Failure::usage(format!("there is no element `{name}`; `linetwin tree` prints those of a scene")))
}

fn times(arguments: &RenderArguments, rate_hz: f64) -> Result<Vec<Time>, Failure> {
    let (Some(from), Some(to)) = (arguments.from, arguments.to) else { return Ok(vec![arguments.at]) };
    if to < from {
        let (from_s, to_s) = (from.as_seconds(), to.as_seconds());
        return Err(Failure::usage(format!("a film cannot end (--to {to_s} s) before it begins (--from {from_s} s)")));
    }
    // A last frame that rounding would lose is kept.
    let count = ((to - from).as_seconds() * rate_hz + 1e-9).floor() as u64 + 1;
    if count > FRAMES_MAX {
        return Err(Failure::usage(format!(
            "a film of {count} frames is too long: at most {FRAMES_MAX}; lower --rate, or make it in pieces"
        )));
    }
    Ok((0..count).map(|frame| from + Time::from_seconds(frame as f64 / rate_hz)).map(|time| time.min(to)).collect())
}

fn is_npy(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npy"))
}

/// 0 where nothing is.
fn millimetres(depth_m: f64) -> u16 {
    if depth_m.is_infinite() { 0 } else { (depth_m * 1000.0).round().min(f64::from(u16::MAX)) as u16 }
}

/// In the space of the camera: x to the right, y up, z towards it.
fn normal_colour(normal: [f32; 3], camera: &Camera) -> [u8; 3] {
    if normal == [0.0; 3] {
        return [0; 3];
    }
    let normal = normal.map(f64::from);
    [dot(normal, camera.right), dot(normal, camera.up), -dot(normal, camera.forward)].map(|part| (127.5 * (1.0 + part)).round() as u8)
}
