//! The plan of the hall: is its file there, does it read, how large is it, and where does it lie? Knows nothing about formats of
//! drawings (`dxf`) or how a plan is drawn.

use super::values::{self, COORDINATE, Sign};
use super::{Checker, top};
use crate::dxf;
use crate::scene::FloorPlan;
use crate::spec::FloorPlanSpec;
use crate::syntax::FieldPath;

/// What every graphics adapter takes [px].
const MOST_PX: u32 = 8192;
/// Halls are smaller, and larger [m].
const USUAL_M: [f64; 2] = [2.0, 3000.0];

impl Checker<'_, '_> {
    pub(super) fn floor_plan(&mut self) -> Option<FloorPlan> {
        let spec = self.spec.floor_plan.as_ref()?;
        let path = top("floor_plan");
        for (axis, value) in spec.at_m.into_iter().enumerate() {
            self.number(&path.name("at_m").index(axis), value, Sign::Any, Some(COORDINATE));
        }
        self.number(&path.name("heading_deg"), spec.heading_deg, Sign::Any, None);
        self.option(&path.name("width_m"), spec.width_m, Sign::Positive, Some(values::COORDINATE));
        let file = path.name("file");
        let ending = spec.file.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        let is_picture = match ending.as_str() {
            "png" => true,
            "dxf" => false,
            _ => {
                let problem = self.error("bad-floor-plan", &file, format!("`{}` ends neither in .dxf nor .png", spec.file));
                self.push(problem.allowed("a DXF drawing in text form, or a PNG picture"));
                return None;
            }
        };
        let (field, is_there) = if is_picture { ("unit", spec.unit.is_some()) } else { ("width_m", spec.width_m.is_some()) };
        if is_there {
            let (what, instead) = if is_picture { ("a picture", "width_m") } else { ("a drawing", "unit") };
            let problem = self.error("contradiction", &path.name(field), format!("{what} has no `{field}`"));
            self.push(problem.help(format!("take it away; the size of {what} follows from `{instead}`")));
        }
        let (name, bytes) = match self.files.load_bytes(&spec.file, self.at.value_span(&file).file) {
            Ok(loaded) => loaded,
            Err(error) => {
                let problem = self.error("missing-file", &file, error.to_string());
                self.push(problem.help("a path in a scene is relative to the scene's folder, one in `--set` to the current folder"));
                return None;
            }
        };
        if is_picture { self.picture(spec, &path, &name, bytes) } else { self.drawing(spec, &path, &name, &bytes) }
    }

    fn picture(&mut self, spec: &FloorPlanSpec, path: &FieldPath, name: &str, bytes: Vec<u8>) -> Option<FloorPlan> {
        let Some(width_m) = spec.width_m else {
            let problem = self.error("missing-field", path, format!("nothing says how large `{name}` is on the floor"));
            self.push(problem.help("add `width_m: 60`, the width of the picture in metres"));
            return None;
        };
        let [width, height] = match size_of_png(&bytes) {
            Ok(size) => size,
            Err(reason) => {
                let problem = self.error("bad-floor-plan", &path.name("file"), format!("`{name}` is no picture: {reason}"));
                self.push(problem.allowed(format!("a PNG of at most {MOST_PX} x {MOST_PX} pixels")));
                return None;
            }
        };
        let height_m = width_m * f64::from(height) / f64::from(width);
        let corners_m = [[0.0, 0.0], [width_m, 0.0], [width_m, height_m], [0.0, height_m]].map(place_of(spec));
        Some(FloorPlan::Picture { png: bytes, corners_m })
    }

    fn drawing(&mut self, spec: &FloorPlanSpec, path: &FieldPath, name: &str, bytes: &[u8]) -> Option<FloorPlan> {
        let file = path.name("file");
        let drawing = match dxf::read(bytes) {
            Ok(drawing) => drawing,
            Err(error) => {
                let problem = self.error("bad-floor-plan", &file, format!("`{name}` is no drawing: {error}"));
                self.push(problem.allowed("a DXF in text form with lines, polylines, arcs, circles, ellipses, or blocks of them"));
                return None;
            }
        };
        let Some(unit_m) = spec.unit.map(|unit| unit.metres()).or(drawing.unit_m) else {
            let problem = self.error("missing-field", path, format!("`{name}` does not name the unit of its coordinates"));
            self.push(
                problem.allowed("Metre, Millimetre, Centimetre or Inch").help("most halls are drawn in millimetres: `unit: Millimetre`"),
            );
            return None;
        };
        let ends = |axis: usize| drawing.strokes.iter().flatten().map(move |point| point[axis] * unit_m);
        let size_m = [0, 1].map(|axis| ends(axis).fold(f64::NEG_INFINITY, f64::max) - ends(axis).fold(f64::INFINITY, f64::min));
        let longest_m = size_m[0].max(size_m[1]);
        if !(USUAL_M[0]..=USUAL_M[1]).contains(&longest_m) {
            let message = format!("`{name}` measures {:.3} m x {:.3} m, which is no usual size of a hall", size_m[0], size_m[1]);
            self.push(self.warning("unit-slip", &file, message).help("check `unit`"));
        }
        let place = place_of(spec);
        Some(FloorPlan::Lines(drawing.strokes.iter().map(|stroke| stroke.map(|[x, y]| place([x * unit_m, y * unit_m]))).collect()))
    }
}

/// From the plan's own space, in metres, to the world.
fn place_of(spec: &FloorPlanSpec) -> impl Fn([f64; 2]) -> [f64; 2] + use<> {
    let (at_m, angle) = (spec.at_m, spec.heading_deg.to_radians());
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    move |[x, y]| [at_m[0] + cos * x - sin * y, at_m[1] + sin * x + cos * y]
}

/// Of one that can be decoded to its last pixel.
fn size_of_png(bytes: &[u8]) -> Result<[u32; 2], String> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().map_err(|error| error.to_string())?;
    let [width, height] = [reader.info().width, reader.info().height];
    if width > MOST_PX || height > MOST_PX {
        return Err(format!("it has {width} x {height} pixels"));
    }
    while reader.next_row().map_err(|error| error.to_string())?.is_some() {}
    Ok([width, height])
}
