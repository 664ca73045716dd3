//! Where an element stands, as its fields give it, and moving and turning it by them. What has its place from a neighbour is
//! refused, with the neighbour's name. Knows no geometry beyond points and a heading.

use super::{Change, EditError, SceneEditor};
use crate::diagnostic::{FileId, Sources};
use crate::files::{FileLoader, LoadFile};
use crate::read::{Reading, expand};
use crate::schema::{Plain, scene_schema};
use crate::syntax::parser::parse;
use crate::syntax::tree::{Argument, Entry, Node, NodeKind};
use crate::syntax::value::quoted;
use crate::words::{listed, nearest};

/// Fields that are points in the scene's space [m].
const POINTS: [&str; 4] = ["from_m", "position_m", "at_m", "to_m"];
/// Fields that name the neighbour which an element gets its place from.
const NEIGHBOURS: [&str; 4] = ["after", "before", "on", "over"];
/// Maps of the scene whose entries have a place.
const MAPS: [&str; 2] = ["line", "cameras"];
/// A hand does not place more finely [1/m], [1/deg]: a tenth of a millimetre.
const GRAIN: f64 = 1e4;

/// What gives an element its place.
#[derive(Clone, Debug, PartialEq)]
pub enum Placing {
    /// Its own fields: it can be moved; and turned, where it has a heading.
    Free {
        position_m: [f64; 3],
        /// 0 is +X, 90 is +Y [deg].
        heading_deg: Option<f64>,
    },
    /// It follows from others; says from which, and what to do.
    Derived { reason: String },
}

/// The fields of an element that matter here.
struct Fields {
    map: &'static str,
    /// In the order of [`POINTS`], those that are written as numbers.
    points: Vec<(&'static str, [f64; 3])>,
    heading_deg: Option<f64>,
    placing: Placing,
}

impl SceneEditor {
    pub fn placing(&self, element: &str, load_file: LoadFile) -> Result<Placing, EditError> {
        Ok(self.fields(element, load_file)?.placing)
    }

    /// Along the scene's axes [m]. What follows the element comes along.
    pub fn move_by(&mut self, element: &str, by_m: [f64; 3], load_file: LoadFile) -> Result<Reading, EditError> {
        let fields = self.free(element, load_file)?;
        let moved = |(name, point): &(&str, [f64; 3])| {
            let to: [f64; 3] = std::array::from_fn(|axis| point[axis] + by_m[axis]);
            Change::set(path(fields.map, element, name), written(to))
        };
        self.apply(&fields.points.iter().map(moved).collect::<Vec<_>>(), load_file)
    }

    /// About where it begins, anticlockwise from above [deg].
    pub fn turn_by(&mut self, element: &str, by_deg: f64, load_file: LoadFile) -> Result<Reading, EditError> {
        let fields = self.free(element, load_file)?;
        let point = |name: &str| fields.points.iter().find(|(known, _)| *known == name).map(|(_, point)| *point);
        let change = match (point("from_m"), point("to_m"), fields.heading_deg) {
            (Some(from), Some(to), _) => {
                let (sin, cos) = (libm::sin(by_deg.to_radians()), libm::cos(by_deg.to_radians()));
                let [x, y] = [to[0] - from[0], to[1] - from[1]];
                Change::set(path(fields.map, element, "to_m"), written([from[0] + cos * x - sin * y, from[1] + sin * x + cos * y, to[2]]))
            }
            (_, _, Some(heading)) => {
                let turned = (heading + by_deg + 180.0).rem_euclid(360.0) - 180.0;
                Change::set(path(fields.map, element, "heading_deg"), rounded(turned))
            }
            _ => return Err(EditError::Refused(format!("`{element}` has no heading that could be turned"))),
        };
        self.apply(&[change], load_file)
    }

    fn free(&self, element: &str, load_file: LoadFile) -> Result<Fields, EditError> {
        let fields = self.fields(element, load_file)?;
        match fields.placing {
            Placing::Free { .. } => Ok(fields),
            Placing::Derived { reason } => Err(EditError::Refused(reason)),
        }
    }

    fn fields(&self, element: &str, load_file: LoadFile) -> Result<Fields, EditError> {
        let (mut sources, mut files, mut problems) = (Sources::default(), Vec::new(), Vec::new());
        let mut loader = FileLoader::new(load_file, &mut sources, &mut files);
        let root = expand(&self.name, &self.text, &mut loader, &mut problems).root;
        let entries = |map: &str| entries_of(&root, map).iter().filter_map(|entry| Some((entry.text()?, &entry.value)));
        let found = MAPS.into_iter().find_map(|map| Some((map, entries(map).find(|(name, _)| *name == element)?.1)));
        let Some((map, node)) = found else {
            let names = || MAPS.into_iter().flat_map(entries).map(|(name, _)| name);
            let near = nearest(element, names()).map_or(listed(names()), |near| format!("did you mean `{near}`?"));
            return Err(EditError::Refused(format!("the scene has no element or camera `{element}`: {near}")));
        };
        Ok(fields_of(map, element, node))
    }
}

/// The map and the name of what is written at a place of a scene's text: the element that a diagnostic speaks of.
pub fn entry_at(name: &str, text: &str, at: u32) -> Option<(String, String)> {
    let mut problems = Vec::new();
    let root = parse(FileId(0), name, text, &mut problems).root;
    ["line", "cameras", "parts", "templates"].into_iter().find_map(|map| {
        let holds = |entry: &&Entry| (entry.key.span.start..=entry.value.span.end).contains(&at);
        Some((map.to_owned(), entries_of(&root, map).iter().find(holds)?.text()?.to_owned()))
    })
}

fn entries_of<'n>(root: &'n Node, map: &str) -> &'n [Entry] {
    let field = arguments_of(root).iter().find(|argument| is_called(argument, map));
    if let Some(Argument { value: Node { kind: NodeKind::Map(entries), .. }, .. }) = field { entries } else { &[] }
}

fn path(map: &str, element: &str, field: &str) -> String {
    format!("{map}.{}.{field}", quoted(element))
}

fn rounded(value: f64) -> String {
    // No negative zero.
    format!("{}", (value * GRAIN).round() / GRAIN + 0.0)
}

fn written(point: [f64; 3]) -> String {
    format!("({})", point.map(rounded).join(", "))
}

fn is_called(argument: &Argument, name: &str) -> bool {
    argument.label.as_ref().is_some_and(|label| label.text == name)
}

/// Named fields, through the parentheses of a variant and those of its struct.
fn arguments_of(node: &Node) -> &[Argument] {
    match &node.kind {
        NodeKind::Group { arguments, .. } => match arguments.as_slice() {
            [Argument { label: None, value }] => arguments_of(value),
            arguments => arguments,
        },
        _ => &[],
    }
}

fn number(node: &Node) -> Option<f64> {
    match node.kind {
        NodeKind::Integer(value) => Some(value as f64),
        NodeKind::Float(value) => Some(value),
        _ => None,
    }
}

fn point(node: &Node) -> Option<[f64; 3]> {
    let numbers: Option<Vec<f64>> = match &node.kind {
        NodeKind::Group { name: None, arguments } => arguments.iter().map(|argument| number(&argument.value)).collect(),
        NodeKind::List(items) => items.iter().map(number).collect(),
        _ => None,
    };
    numbers?.try_into().ok()
}

fn fields_of(map: &'static str, element: &str, node: &Node) -> Fields {
    let derived = |reason| Fields { map, points: Vec::new(), heading_deg: None, placing: Placing::Derived { reason } };
    let arguments = arguments_of(node);
    let field = |name: &str| arguments.iter().find(|argument| is_called(argument, name)).map(|argument| &argument.value);
    let kind = if let NodeKind::Group { name: Some(name), .. } = &node.kind { name.text.as_str() } else { "" };
    let begins = POINTS[..3].iter().find(|name| field(name).is_some_and(|value| number(value).is_none()));
    let Some(begins) = begins else {
        let neighbour = NEIGHBOURS.iter().find_map(|name| Some((name, field(name)?)));
        let reason = match neighbour {
            Some((name, value)) => {
                let named = if let NodeKind::Text(text) = &value.kind { format!("{name}: {}", quoted(text)) } else { (*name).to_owned() };
                let along = if field("at_m").is_some() { ", `at_m` along it: set that" } else { ": move that" };
                format!("`{element}` stands where `{named}` puts it{along}")
            }
            None => format!("`{element}` has no field that gives its place"),
        };
        return derived(reason);
    };
    if let Some(NodeKind::Text(platform)) = field("on").map(|value| &value.kind) {
        return derived(format!("`{element}` travels with `{platform}`, and its place is given on that: set `{begins}`"));
    }
    let mut points = Vec::new();
    for name in POINTS {
        let Some(value) = field(name).filter(|value| number(value).is_none()) else { continue };
        let Some(point) = point(value) else {
            return derived(format!("`{name}` of `{element}` is computed: change the constants that it is computed from"));
        };
        points.push((name, point));
    }
    let at = |name: &str| points.iter().find(|(known, _)| *known == name).map(|(_, point)| *point);
    let heading_deg = match (at("from_m"), at("to_m")) {
        (Some(from), Some(to)) => Some(libm::atan2(to[1] - from[1], to[0] - from[0]).to_degrees()),
        _ if field("look_at_m").is_none() && has_heading(map, kind) => Some(field("heading_deg").and_then(number).unwrap_or(0.0)),
        _ => None,
    };
    let position_m = at(begins).expect("the field that it begins with is a point");
    Fields { map, points, heading_deg, placing: Placing::Free { position_m, heading_deg } }
}

/// Whether what stands in a map, as this variant, can say its heading.
fn has_heading(map: &str, kind: &str) -> bool {
    let scene = scene_schema().root();
    let heading = || {
        let entries = scene.shapes().structure()?.field(map)?;
        let entry = entries.shapes().plain.iter().find_map(|plain| if let Plain::Map(entry) = plain { Some(*entry) } else { None })?;
        let fields = match entry.shapes().variant(kind) {
            Some(variant) => variant.payload?,
            None => entry,
        };
        fields.shapes().structure()?.field("heading_deg")
    };
    heading().is_some()
}
