//! What differs between two scenes as they are meant: elements that came, went or have another name, and fields with their
//! old and new value, whether written or a default. Layout, comments and the order of fields are no difference.

use crate::check::{path_text, ron_text};
use crate::spec::SceneSpec;
use crate::syntax::value::Document;
use crate::syntax::{FieldPath, Locate};
use serde::Serialize;
use serde_json::{Map, Value};

/// Fields of the scene whose keys are names that the user chose.
const MAPS: [&str; 4] = ["constants", "materials", "parts", "line"];

/// A scene as written, with its values.
pub struct Side<'a> {
    pub spec: &'a SceneSpec,
    pub document: &'a Document,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub renamed: Vec<Renamed>,
    pub changed: Vec<Change>,
}

/// The same content under another name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Renamed {
    /// `line` or another map.
    pub of: String,
    pub before: String,
    pub after: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// As `--set` takes it.
    pub path: String,
    /// `None`: it is not there.
    pub before: Option<Said>,
    pub after: Option<Said>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    pub value: String,
    /// It is not written.
    pub default: bool,
}

impl Difference {
    pub fn is_empty(&self) -> bool {
        *self == Difference::default()
    }

    /// One line for each.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.removed.iter().for_each(|name| text.push_str(&format!("- {name}\n")));
        self.added.iter().for_each(|name| text.push_str(&format!("+ {name}\n")));
        self.renamed.iter().for_each(|renamed| text.push_str(&format!("= {}: {} -> {}\n", renamed.of, renamed.before, renamed.after)));
        for change in &self.changed {
            text.push_str(&format!("~ {}: {} -> {}\n", change.path, said(&change.before), said(&change.after)));
        }
        text
    }
}

fn said(side: &Option<Said>) -> String {
    match side {
        Some(Said { value, default: true }) => format!("{value} (default)"),
        Some(Said { value, .. }) => value.clone(),
        None => "not given".to_owned(),
    }
}

/// What changes from `before` to `after`.
pub fn difference(before: &Side, after: &Side) -> Difference {
    let fields = |side: &Side| match serde_json::to_value(side.spec) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("a scene's spec is a map of plain data"),
    };
    let (old, new) = (fields(before), fields(after));
    let mut comparison = Comparison { before, after, found: Difference::default() };
    // Renamed entries first: what refers to them has not changed.
    for map in MAPS {
        comparison.names(map, entries(&old, map), entries(&new, map));
    }
    for (name, value) in union(&old, &new) {
        if !MAPS.contains(&name) {
            let path = FieldPath::default().name(name);
            comparison.values(&path, &path, value.0, value.1);
        }
    }
    for map in MAPS {
        for (name, value) in entries(&old, map).into_iter().flatten() {
            let new_name = comparison.found.renamed.iter().find(|renamed| renamed.of == map && renamed.before == *name);
            let new_name = new_name.map_or_else(|| name.clone(), |renamed| renamed.after.clone());
            if let Some(new_value) = entries(&new, map).and_then(|all| all.get(&new_name)) {
                let path = |name: &str| FieldPath::default().name(map).name(name);
                comparison.values(&path(name), &path(&new_name), Some(value), Some(new_value));
            }
        }
    }
    comparison.found
}

fn entries<'v>(fields: &'v Map<String, Value>, map: &str) -> Option<&'v Map<String, Value>> {
    fields.get(map).and_then(Value::as_object)
}

/// A value of the old scene and of the new one.
type OldAndNew<'v> = (Option<&'v Value>, Option<&'v Value>);

/// Both values of every key, in the order of the first, then what only the second has.
fn union<'v>(old: &'v Map<String, Value>, new: &'v Map<String, Value>) -> Vec<(&'v str, OldAndNew<'v>)> {
    let mut all: Vec<_> = old.iter().map(|(name, value)| (name.as_str(), (Some(value), new.get(name)))).collect();
    all.extend(new.iter().filter(|(name, _)| !old.contains_key(*name)).map(|(name, value)| (name.as_str(), (None, Some(value)))));
    all
}

struct Comparison<'a> {
    before: &'a Side<'a>,
    after: &'a Side<'a>,
    found: Difference,
}

impl Comparison<'_> {
    /// Entries of a map that came, went, or have another name.
    fn names(&mut self, map: &str, old: Option<&Map<String, Value>>, new: Option<&Map<String, Value>>) {
        let nothing = Map::new();
        let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
        let mut came: Vec<(&String, &Value)> = new.iter().filter(|(name, _)| !old.contains_key(*name)).collect();
        for (name, value) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
            match came.iter().position(|(_, other)| *other == value) {
                Some(at) => {
                    let after = came.remove(at).0.clone();
                    self.found.renamed.push(Renamed { of: map.to_owned(), before: name.clone(), after });
                }
                None => self.found.removed.push(path_text(&FieldPath::default().name(map).name(name))),
            }
        }
        self.found.added.extend(came.iter().map(|(name, _)| path_text(&FieldPath::default().name(map).name(name.as_str()))));
    }

    fn values(&mut self, old_path: &FieldPath, path: &FieldPath, old: Option<&Value>, new: Option<&Value>) {
        let (old, new) = (old.filter(|value| !value.is_null()), new.filter(|value| !value.is_null()));
        if old == new {
            return;
        }
        match (old, new) {
            (Some(Value::String(a)), Some(Value::String(b))) if self.is_renamed(a, b) => return,
            (Some(Value::Object(a)), Some(Value::Object(b))) => match (variant(a), variant(b)) {
                (Some((a, old)), Some((b, new))) if a == b => return self.values(old_path, path, Some(old), Some(new)),
                (None, None) => {
                    for (name, (old, new)) in union(a, b) {
                        self.values(&old_path.name(name), &path.name(name), old, new);
                    }
                    return;
                }
                _ => {}
            },
            (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
                for (index, (old, new)) in a.iter().zip(b).enumerate() {
                    self.values(&old_path.index(index), &path.index(index), Some(old), Some(new));
                }
                return;
            }
            _ => {}
        }
        let said = |side: &Side, path: &FieldPath, value: Option<&Value>| {
            let written = side.document.written(path);
            value.map(|value| Said { default: written.is_none(), value: written.unwrap_or_else(|| ron_text(value)) })
        };
        let (before, after) = (said(self.before, old_path, old), said(self.after, path, new));
        self.found.changed.push(Change { path: path_text(path), before, after });
    }

    /// `belt 1` and `belt 1.side`, where `belt 1` has another name now.
    fn is_renamed(&self, old: &str, new: &str) -> bool {
        self.found.renamed.iter().any(|renamed| {
            let rest = (old.strip_prefix(renamed.before.as_str()), new.strip_prefix(renamed.after.as_str()));
            matches!(rest, (Some(a), Some(b)) if a == b && (a.is_empty() || a.starts_with('.')))
        })
    }
}

/// JSON writes a variant as a map of one entry whose key begins with a capital letter; fields never do.
fn variant(map: &Map<String, Value>) -> Option<(&String, &Value)> {
    map.iter().next().filter(|(name, _)| map.len() == 1 && name.starts_with(|c: char| c.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use crate::files::FileLoader;
    use crate::read::{ReadOptions, SpecReading, read_spec};

    const OLD: &str = r#"(schema: 1, name: "x", parts: {"carton": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4)},
        line: {"in": Source(part: "carton", interarrival_s: 4, before: "belt"), "eye": Eye(on: "belt", at_m: 1),
        "belt": Belt(from_m: (0, 0, 1), length_m: 2, width_m: 0.5, speed_mps: 0.5), "dock": Sink(after: "belt")})"#;

    fn spec(text: &str) -> SpecReading {
        let (mut sources, mut files, mut diagnostics) = (Sources::default(), Vec::new(), Vec::new());
        let nothing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let mut loader = FileLoader::new(&nothing, &mut sources, &mut files);
        let reading = read_spec("scene.ron", text, &ReadOptions::default(), &mut loader, &mut diagnostics);
        assert_eq!(diagnostics, vec![]);
        reading
    }

    fn compared(old: &str, new: &str) -> Difference {
        let (old, new) = (spec(old), spec(new));
        let side = |reading: &'static SpecReading| Side { spec: reading.spec.as_ref().expect("it reads"), document: &reading.document };
        difference(&side(Box::leak(Box::new(old))), &side(Box::leak(Box::new(new))))
    }

    #[test]
    fn layout_and_written_defaults_are_no_difference() {
        let again = OLD.replace("speed_mps: 0.5", "acceleration_mps2: 1.0, speed_mps: /* slow */ 0.50").replace(", \"eye\"", ",\n\"eye\"");
        let found = compared(OLD, &again);
        assert!(found.changed.iter().all(|change| change.path == "belt.acceleration_mps2"), "{found:?}");
        assert_eq!(compared(OLD, OLD), Difference::default());
    }

    #[test]
    fn what_came_went_changed_and_has_another_name() {
        let new = OLD
            .replace("\"belt\"", "\"lane\"")
            .replace("\"eye\": Eye(on: \"lane\", at_m: 1)", "\"count\": Counter(on: \"lane\", at_m: 1)")
            .replace("Box(size_m: (0.4, 0.3, 0.25))", "Box(size_m: (0.4, 0.35, 0.25))")
            .replace("mass_kg: 4", "mass_kg: Normal(4, 0.1)")
            .replace("name: \"x\"", "name: \"x\", warmup_s: 60");
        let expected = "- eye\n+ count\n= line: belt -> lane\n~ warmup_s: 0 (default) -> 60\n\
             ~ parts.carton.shape.size_m.1: 0.3 -> 0.35\n~ parts.carton.mass_kg: 4 -> Normal(4, 0.1)\n";
        assert_eq!(compared(OLD, &new).text(), expected);
        let other =
            compared(OLD, &OLD.replace("Belt(from_m: (0, 0, 1), length_m: 2", "ZoneConveyor(from_m: (0, 0, 1), zone_m: 0.5, length_m: 2"));
        assert_eq!(other.changed.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["belt"]);
    }
}
