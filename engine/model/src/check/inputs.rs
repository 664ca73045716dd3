//! Every input of a scene with its value and where it came from, for the report: what was written, what was set on the
//! command line, what was defaulted. Walks the written scene as data, so that a new field is listed by itself.

use super::{Checker, top};
use crate::scene::{ElementKind, Input, InputSource, Scene};
use crate::syntax::value::quoted;
use crate::syntax::{FieldPath, Step};
use serde_json::Value;

impl Checker<'_, '_> {
    pub(super) fn inputs(&mut self, scene: &Scene) -> Vec<Input> {
        let Ok(Value::Object(fields)) = serde_json::to_value(self.spec) else { unreachable!("a scene's spec is a map of plain data") };
        let mut inputs = Vec::new();
        for (field, value) in &fields {
            self.collect(&top(field), value, &mut inputs);
        }
        self.taken_over(scene, &mut inputs);
        inputs
    }

    fn collect(&self, path: &FieldPath, value: &Value, inputs: &mut Vec<Input>) {
        match value {
            // A field that is not given and has no default says nothing.
            Value::Null => {}
            Value::Object(map) if is_map(path) => {
                for (name, value) in map {
                    self.collect(&path.name(name), value, inputs);
                }
            }
            Value::Object(map) if is_variant(map) => {
                let (_, content) = map.iter().next().expect("a variant has one entry");
                let described = path.0.len() == 2 && matches!(&path.0[0], Step::Name(name) if name == "line" || name == "parts");
                match content {
                    Value::Object(fields) if described => {
                        for (field, value) in fields {
                            self.collect(&path.name(field), value, inputs);
                        }
                    }
                    _ => inputs.push(self.input(path, value)),
                }
            }
            Value::Object(map) => {
                for (field, value) in map {
                    self.collect(&path.name(field), value, inputs);
                }
            }
            Value::Array(items) if items.iter().any(|item| matches!(item, Value::Object(map) if !is_variant(map))) => {
                for (index, item) in items.iter().enumerate() {
                    self.collect(&path.index(index), item, inputs);
                }
            }
            Value::Array(items) if items.is_empty() && self.at.written(path).is_none() => {}
            _ => inputs.push(self.input(path, value)),
        }
    }

    fn input(&self, path: &FieldPath, value: &Value) -> Input {
        let written = self.at.written(path);
        let source = match &written {
            Some(_) if self.at.is_override(path) => InputSource::Override,
            Some(_) => InputSource::File(self.files.place(self.at.value_span(path))),
            None => InputSource::Default,
        };
        Input { path: path_text(path), value: written.unwrap_or_else(|| ron_text(value)), source }
    }

    /// Values that follow from neighbours or from the flow are inputs too: the reader of a report wants to see them.
    fn taken_over(&self, scene: &Scene, inputs: &mut Vec<Input>) {
        let mut add = |path: FieldPath, value: String| {
            let text = path_text(&path);
            if self.at.written(&path).is_none() && !inputs.iter().any(|input| input.path == text) {
                inputs.push(Input { path: text, value, source: InputSource::Default });
            }
        };
        for conveyor in &scene.conveyors {
            let element = conveyor.element.index();
            add(self.field(element, "width_m"), format!("{} (its neighbour's)", conveyor.width_m));
            let speed = scene.drives[conveyor.drives[0].index()].speed_mps;
            // A chute and free rollers have no drive, and no speed to set.
            if speed != 0.0 {
                add(self.field(element, "speed_mps"), format!("{speed} (its neighbour's)"));
            }
        }
        for (index, element) in scene.elements.iter().enumerate() {
            match &element.kind {
                ElementKind::Sink(sink) => add(self.field(index, "outcome"), format!("{:?}", sink.outcome)),
                ElementKind::Merge(merge) => {
                    let window = scene.spot(merge.window);
                    add(self.field(index, "length_m"), format!("{}", to_micrometres(2.0 * (window.at_m - window.start_m))));
                }
                _ => {}
            }
        }
    }
}

/// The nearest whole number of micrometres [m].
pub(super) fn to_micrometres(length_m: f64) -> f64 {
    (length_m * 1e6).round() / 1e6
}

/// Whether the keys below are names that the user chose, not fields: `line`, `parts`, `materials`, `constants`,
/// `cameras`, `resources`, `elements` of a calibration with their `jams`, and `sets` of a station.
fn is_map(path: &FieldPath) -> bool {
    match path.0.as_slice() {
        [Step::Name(field)] => ["line", "parts", "materials", "constants", "cameras", "resources"].contains(&field.as_str()),
        [Step::Name(calibration), Step::Name(field)] => calibration == "calibration" && field == "elements",
        [Step::Name(calibration), Step::Name(_), Step::Name(_), Step::Name(field)] => calibration == "calibration" && field == "jams",
        [Step::Name(line), Step::Name(_), Step::Name(field)] => line == "line" && field == "sets",
        _ => false,
    }
}

/// JSON writes a variant with content as a map of one entry whose key begins with a capital letter; fields never do.
fn is_variant(map: &serde_json::Map<String, Value>) -> bool {
    map.len() == 1 && map.keys().all(|key| key.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// `belt 1.speed_mps`, as `--set` takes it: elements and parts are named without `line` and `parts`.
pub(crate) fn path_text(path: &FieldPath) -> String {
    let mut words: Vec<String> = Vec::new();
    for (depth, step) in path.0.iter().enumerate() {
        match step {
            Step::Name(name) if depth == 0 && name == "line" && path.0.len() > 1 => {}
            Step::Name(name) if name.contains(['.', '=', '"']) => {
                words.push(quoted(name));
            }
            Step::Name(name) => words.push(name.clone()),
            Step::Index(index) => words.push(index.to_string()),
        }
    }
    words.join(".")
}

/// A default as it would be written in RON.
pub(crate) fn ron_text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(value) => value.to_string(),
        // Whole numbers without a decimal point, as people write them.
        Value::Number(value) => value.as_f64().map_or_else(|| value.to_string(), |value| value.to_string()),
        // Unit variants (`Wait`, `Both`) and names of materials: the capital tells them apart.
        Value::String(text) if text.starts_with(|c: char| c.is_ascii_uppercase()) => text.clone(),
        Value::String(text) => quoted(text),
        // Numbers side by side are a point or limits, anything else is a list.
        Value::Array(items) if !items.iter().all(Value::is_number) => {
            format!("[{}]", items.iter().map(ron_text).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("({})", items.iter().map(ron_text).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let fields: Vec<String> = map.iter().map(|(name, value)| format!("{name}: {}", ron_text(value))).collect();
            format!("({})", fields.join(", "))
        }
    }
}
