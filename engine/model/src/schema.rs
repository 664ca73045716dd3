//! The JSON Schema of scenes, made from the spec types with their doc comments, and the view of it that validation
//! walks: which shapes a value may have. Knows what schemars writes; knows nothing about texts or trees.
//!
//! To make it takes longer than a short run. It is therefore kept as text (`scene.schema`), of which a scene needs a few lines.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The JSON Schema of a scene, as `linetwin schema` prints it: as people write scenes, with values that are computed.
pub fn json_schema() -> Value {
    let mut schema = made().clone();
    allow_computed(&mut schema);
    allow_repeated(&mut schema);
    schema["$defs"]["Computed"] = serde_json::json!({
        "description": "Computed from the scene's constants: {\"Value\": \"2 * pitch_m\"}, in RON Value(\"2 * pitch_m\").",
        "type": "object",
        "properties": { "Value": { "type": "string" } },
        "required": ["Value"],
        "additionalProperties": false
    });
    schema
}

/// An element may stand for others: a use of a template, or a repetition.
fn allow_repeated(schema: &mut Value) {
    let Some(elements) = schema["$defs"]["Element"]["oneOf"].as_array_mut() else {
        unreachable!("elements are alternatives of the schema")
    };
    for (word, description, field) in [
        ("Use", "The elements of a template; further fields are its parameters.", "template"),
        ("Repeat", "An element so often as each list has values, or `count` times; further fields are lists, one value for each.", "of"),
    ] {
        let kind = if field == "of" { serde_json::json!({ "$ref": "#/$defs/Element" }) } else { serde_json::json!({ "type": "string" }) };
        elements.push(serde_json::json!({
            "description": description,
            "type": "object",
            "properties": { word: { "type": "object", "properties": { field: kind }, "required": [field] } },
            "required": [word],
            "additionalProperties": false
        }));
    }
}

/// Every number and text may be computed. Its documentation and default stay where they are.
fn allow_computed(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(allow_computed),
        Value::Object(map) => {
            map.values_mut().for_each(allow_computed);
            let of = |kind: &Value| matches!(kind.as_str(), Some("number" | "integer" | "string"));
            let plain = map.get("type").is_some_and(|kind| of(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(of)));
            if plain && !map.contains_key("const") && !map.contains_key("enum") {
                let outside = ["description", "default"];
                let inside: Map<String, Value> = map
                    .iter()
                    .filter(|(key, _)| !outside.contains(&key.as_str()))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                map.retain(|key, _| outside.contains(&key.as_str()));
                map.insert("anyOf".to_owned(), serde_json::json!([inside, { "$ref": "#/$defs/Computed" }]));
            }
        }
        _ => {}
    }
}

/// The JSON Schema of a scene in which nothing is left to compute, as the spec types are, made once.
pub(crate) fn made() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| schemars::schema_for!(crate::spec::SceneSpec).to_value())
}

/// What `scene.schema` holds: the schema without its definitions, then each of these behind its name and a space; a line each.
pub fn lines_to_keep() -> String {
    let (mut root, definitions) = (made().clone(), made()["$defs"].as_object().expect("the schema has definitions"));
    root.as_object_mut().expect("a scene is a struct").remove("$defs");
    let lines = definitions.iter().map(|(name, definition)| format!("{name} {definition}\n"));
    format!("{root}\n{}", lines.collect::<String>())
}

/// The JSON Schema of a scene in which nothing is left to compute.
pub(crate) fn scene_schema() -> &'static SchemaDocument {
    static SCHEMA: OnceLock<SchemaDocument> = OnceLock::new();
    SCHEMA.get_or_init(|| SchemaDocument::kept(include_str!("scene.schema")))
}

/// A JSON Schema with its definitions, each of which is parsed when it is first looked at.
#[derive(Debug)]
pub(crate) struct SchemaDocument {
    root: Value,
    definitions: BTreeMap<String, Definition>,
}

#[derive(Debug)]
struct Definition {
    text: &'static str,
    parsed: OnceLock<Value>,
}

impl SchemaDocument {
    /// Of the lines that [`lines_to_keep`] writes.
    fn kept(lines: &'static str) -> Self {
        let (root, definitions) = lines.split_once('\n').expect("a line for the schema itself");
        let definitions = definitions.lines().map(|line| line.split_once(' ').expect("a name before each definition"));
        SchemaDocument {
            root: parsed(root),
            definitions: definitions.map(|(name, text)| (name.to_owned(), Definition { text, parsed: OnceLock::new() })).collect(),
        }
    }

    /// Of a schema that schemars has made.
    pub fn of(mut root: Value) -> Self {
        let definitions = match root.as_object_mut().and_then(|fields| fields.remove("$defs")) {
            Some(Value::Object(definitions)) => definitions,
            _ => Map::new(),
        };
        let whole = |value: Value| Definition { text: "", parsed: OnceLock::from(value) };
        SchemaDocument { root, definitions: definitions.into_iter().map(|(name, value)| (name, whole(value))).collect() }
    }

    pub fn root(&self) -> Schema<'_> {
        Schema { document: self, node: &self.root }
    }

    /// By a reference as schemars writes them.
    fn referred(&self, reference: &str) -> (&str, &Value) {
        let target = reference.strip_prefix("#/$defs/").expect("schemars refers to definitions");
        let (name, definition) = self.definitions.get_key_value(target).expect("schemars defines what it refers to");
        (name, definition.parsed.get_or_init(|| parsed(definition.text)))
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it was written by this crate")
}

/// A place in a JSON Schema document.
#[derive(Clone, Copy, Debug)]
pub struct Schema<'s> {
    document: &'s SchemaDocument,
    node: &'s Value,
}

/// Everything that a value may look like, with references and alternatives resolved.
#[derive(Debug, Default)]
pub struct Shapes<'s> {
    pub nullable: bool,
    /// Enum variants: a bare name, or a name with a payload.
    pub variants: Vec<Variant<'s>>,
    pub plain: Vec<Plain<'s>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Variant<'s> {
    pub name: &'s str,
    pub payload: Option<Schema<'s>>,
}

#[derive(Debug)]
pub enum Plain<'s> {
    Any,
    Bool,
    Integer(Range),
    Number(Range),
    Text,
    List { items: Schema<'s>, least: usize },
    Tuple(Vec<Schema<'s>>),
    Map(Schema<'s>),
    Struct(StructSchema<'s>),
}

#[derive(Clone, Copy, Debug)]
pub struct StructSchema<'s> {
    document: &'s SchemaDocument,
    /// As written before its parentheses: `Failure`.
    pub name: Option<&'s str>,
    fields: &'s Map<String, Value>,
    required: &'s [Value],
}

/// Bounds of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    pub at_least: Option<f64>,
    pub more_than: Option<f64>,
    pub at_most: Option<f64>,
    pub less_than: Option<f64>,
}

/// References and alternatives nest at most this deep; a schema that refers to itself would never end.
const MAX_INDIRECTION: usize = 16;

impl<'s> Schema<'s> {
    fn at(self, node: &'s Value) -> Self {
        Schema { node, ..self }
    }

    /// The first sentence of its documentation.
    pub fn summary(self) -> Option<&'s str> {
        let text = self.node.get("description")?.as_str()?;
        Some(text.split('\n').next().unwrap_or(text))
    }

    pub fn shapes(self) -> Shapes<'s> {
        let mut shapes = Shapes::default();
        self.collect(&mut shapes, None, 0);
        shapes
    }

    fn collect(self, shapes: &mut Shapes<'s>, name: Option<&'s str>, depth: usize) {
        assert!(depth < MAX_INDIRECTION, "the scene's schema refers to itself without end");
        if let Some(reference) = self.node.get("$ref").and_then(Value::as_str) {
            let (name, definition) = self.document.referred(reference);
            return self.at(definition).collect(shapes, Some(name), depth + 1);
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            if let Some(branches) = self.node.get(keyword).and_then(Value::as_array) {
                return branches.iter().for_each(|branch| self.branch(branch, shapes, depth));
            }
        }
        if let Some(names) = self.node.get("enum").and_then(Value::as_array) {
            shapes.nullable |= names.iter().any(Value::is_null);
            shapes.variants.extend(names.iter().filter_map(Value::as_str).map(|name| Variant { name, payload: None }));
            return;
        }
        match self.node.get("type") {
            Some(Value::String(kind)) => self.typed(kind, shapes, name),
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).for_each(|kind| self.typed(kind, shapes, name)),
            _ => shapes.plain.push(Plain::Any),
        }
    }

    /// One alternative: a variant, or a shape like any other.
    fn branch(self, branch: &'s Value, shapes: &mut Shapes<'s>, depth: usize) {
        if let Some(name) = branch.get("const").and_then(Value::as_str) {
            shapes.variants.push(Variant { name, payload: None });
            return;
        }
        let properties = branch.get("properties").and_then(Value::as_object);
        let tagged = branch.get("additionalProperties") == Some(&Value::Bool(false)) && branch.get("required").is_some();
        if let Some((name, payload)) = properties.filter(|all| tagged && all.len() == 1).and_then(|all| all.iter().next()) {
            shapes.variants.push(Variant { name, payload: Some(self.at(payload)) });
            return;
        }
        self.at(branch).collect(shapes, None, depth + 1);
    }

    fn typed(self, kind: &str, shapes: &mut Shapes<'s>, name: Option<&'s str>) {
        let plain = match kind {
            "null" => {
                shapes.nullable = true;
                return;
            }
            "boolean" => Plain::Bool,
            "integer" => Plain::Integer(self.range()),
            "number" => Plain::Number(self.range()),
            "string" => Plain::Text,
            "array" => self.array(),
            "object" => self.object(name),
            other => unreachable!("JSON Schema knows no type `{other}`"),
        };
        shapes.plain.push(plain);
    }

    fn array(self) -> Plain<'s> {
        let length = |keyword| self.node.get(keyword).and_then(Value::as_u64).map(|length| length as usize);
        let (least, most) = (length("minItems"), length("maxItems"));
        if let Some(items) = self.node.get("prefixItems").and_then(Value::as_array) {
            return Plain::Tuple(items.iter().map(|item| self.at(item)).collect());
        }
        let items = self.node.get("items").map_or(self.at(&Value::Bool(true)), |items| self.at(items));
        match (least, most) {
            (Some(least), Some(most)) if least == most => Plain::Tuple(vec![items; most]),
            _ => Plain::List { items, least: least.unwrap_or(0) },
        }
    }

    fn object(self, name: Option<&'s str>) -> Plain<'s> {
        static NO_FIELDS: OnceLock<Map<String, Value>> = OnceLock::new();
        let fields = self.node.get("properties").and_then(Value::as_object);
        match (fields, self.node.get("additionalProperties")) {
            (None, Some(values @ (Value::Object(_) | Value::Bool(true)))) => Plain::Map(self.at(values)),
            (fields, _) => Plain::Struct(StructSchema {
                document: self.document,
                name: name.or_else(|| self.node.get("title").and_then(Value::as_str)),
                fields: fields.unwrap_or_else(|| NO_FIELDS.get_or_init(Map::new)),
                required: self.node.get("required").and_then(Value::as_array).map_or(&[], Vec::as_slice),
            }),
        }
    }

    fn range(self) -> Range {
        let bound = |keyword| self.node.get(keyword).and_then(Value::as_f64);
        let of_format = match self.node.get("format").and_then(Value::as_str) {
            Some("uint8") => Some(f64::from(u8::MAX)),
            Some("uint16") => Some(f64::from(u16::MAX)),
            Some("uint32") => Some(f64::from(u32::MAX)),
            _ => None,
        };
        Range {
            at_least: bound("minimum"),
            more_than: bound("exclusiveMinimum"),
            at_most: bound("maximum").or(of_format),
            less_than: bound("exclusiveMaximum"),
        }
    }
}

impl<'s> Shapes<'s> {
    pub fn variant(&self, name: &str) -> Option<Variant<'s>> {
        self.variants.iter().find(|variant| variant.name == name).copied()
    }

    pub fn structure(&self) -> Option<StructSchema<'s>> {
        self.plain.iter().find_map(|plain| if let Plain::Struct(structure) = plain { Some(*structure) } else { None })
    }

    /// Text and nothing else (but nothing at all, where that is allowed).
    pub fn only_text(&self) -> bool {
        self.variants.is_empty() && matches!(self.plain.as_slice(), [Plain::Text])
    }

    pub fn allows_text(&self) -> bool {
        self.plain.iter().any(|plain| matches!(plain, Plain::Text | Plain::Any))
    }

    /// What may stand here, for "must be ...".
    pub fn describe(&self) -> String {
        let mut words: Vec<String> = self.plain.iter().map(Plain::describe).collect();
        if !self.variants.is_empty() {
            let names: Vec<String> = self.variants.iter().map(|variant| format!("`{}`", variant.name)).collect();
            words.push(crate::words::either(&names));
        }
        crate::words::either(&words)
    }
}

impl Plain<'_> {
    fn describe(&self) -> String {
        match self {
            Plain::Any => "a value".into(),
            Plain::Bool => "`true` or `false`".into(),
            Plain::Integer(_) => "a whole number".into(),
            Plain::Number(_) => "a number".into(),
            Plain::Text => "text in quotes".into(),
            Plain::List { .. } => "a list `[...]`".into(),
            Plain::Tuple(items) => format!("a tuple of {}", items.len()),
            Plain::Map(_) => "a map `{\"name\": value}`".into(),
            Plain::Struct(structure) => match structure.name {
                Some(name) => format!("the fields of a `{name}`"),
                None => "named fields `(...)`".into(),
            },
        }
    }
}

impl<'s> StructSchema<'s> {
    pub fn field(&self, name: &str) -> Option<Schema<'s>> {
        self.fields.get(name).map(|node| Schema { document: self.document, node })
    }

    /// In the order of the type, which is the order of positional values.
    pub fn names(&self) -> impl Iterator<Item = &'s str> + Clone + use<'s> {
        self.fields.keys().map(String::as_str)
    }

    pub fn required(&self) -> impl Iterator<Item = &'s str> + Clone + use<'s> {
        self.required.iter().filter_map(Value::as_str)
    }
}

impl Range {
    pub fn contains(self, value: f64) -> bool {
        self.at_least.is_none_or(|bound| value >= bound)
            && self.more_than.is_none_or(|bound| value > bound)
            && self.at_most.is_none_or(|bound| value <= bound)
            && self.less_than.is_none_or(|bound| value < bound)
    }

    pub fn describe(self) -> String {
        let bounds = [("at least", self.at_least), ("more than", self.more_than), ("at most", self.at_most), ("less than", self.less_than)];
        let parts: Vec<String> = bounds.iter().filter_map(|(word, bound)| bound.map(|bound| format!("{word} {bound}"))).collect();
        parts.join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_may_compute_what_programs_see_as_numbers() {
        let computed = serde_json::json!({ "$ref": "#/$defs/Computed" });
        let belt = |schema: &Value| {
            let mut all = schema["$defs"].as_object().expect("definitions").values();
            all.find(|definition| definition["properties"].get("slope_deg").is_some()).expect("a belt")["properties"]["speed_mps"].clone()
        };
        let (written, plain) = (belt(&json_schema()), belt(made()));
        assert_eq!(written["anyOf"][1], computed, "{written}");
        assert_eq!((written["description"].clone(), plain["anyOf"].clone()), (plain["description"].clone(), Value::Null));
    }
}
