//! DXF drawings in text form, read to straight strokes: lines, polylines with arcs in them, circles, arcs, ellipses, and blocks of
//! them wherever they are inserted. Layers that are off or frozen, paper space, texts, hatches and dimensions are left out. Group
//! codes after Autodesk's DXF reference. Knows nothing about scenes; a library would bring images, dates and fonts of codes with it.

use std::collections::{BTreeMap, BTreeSet};

type Point = [f64; 2];
pub type Stroke = [Point; 2];

/// More is no plan that helps [strokes].
pub const MOST_STROKES: usize = 1_000_000;
/// A full turn is so many strokes.
const STROKES_PER_TURN: f64 = 48.0;

/// In the drawing's own unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    pub strokes: Vec<Stroke>,
    /// Its unit [m], where the drawing names one.
    pub unit_m: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DxfError {
    #[error("it is a binary DXF; save it as DXF in text form (ASCII)")]
    Binary,
    #[error("line {line} is no group code but `{found}`")]
    NoGroupCode { line: usize, found: String },
    #[error("it has no section ENTITIES")]
    NoEntities,
    #[error("it has no lines, polylines, circles or arcs to draw")]
    Empty,
    #[error("it has more than {MOST_STROKES} strokes")]
    TooLarge,
}

/// What begins with group code 0, and its groups up to the next.
struct Record<'a> {
    kind: &'a str,
    groups: Vec<(i32, &'a str)>,
}

impl<'a> Record<'a> {
    fn text(&self, code: i32) -> Option<&'a str> {
        self.groups.iter().find(|(found, _)| *found == code).map(|(_, text)| *text)
    }
    fn number(&self, code: i32, otherwise: f64) -> f64 {
        self.text(code).and_then(number).unwrap_or(otherwise)
    }
    fn point(&self, code: i32) -> Point {
        [self.number(code, 0.0), self.number(code + 10, 0.0)]
    }
    fn flags(&self, code: i32) -> i64 {
        self.number(code, 0.0) as i64
    }
    /// Drawn from below, as mirrored objects are: their x runs the other way.
    fn side(&self) -> f64 {
        if self.number(230, 1.0) < 0.0 { -1.0 } else { 1.0 }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Of a block, in its own space and in that of what it is inserted into.
#[derive(Clone, Copy)]
struct Turn {
    /// First column, second column, offset.
    x: Point,
    y: Point,
    at: Point,
}

impl Turn {
    const NONE: Turn = Turn { x: [1.0, 0.0], y: [0.0, 1.0], at: [0.0; 2] };

    fn vector(&self, v: Point) -> Point {
        [self.x[0] * v[0] + self.y[0] * v[1], self.x[1] * v[0] + self.y[1] * v[1]]
    }
    fn point(&self, p: Point) -> Point {
        let [x, y] = self.vector(p);
        [x + self.at[0], y + self.at[1]]
    }
    fn holding(&self, inner: &Turn) -> Turn {
        Turn { x: self.vector(inner.x), y: self.vector(inner.y), at: self.point(inner.at) }
    }
}

#[derive(Default)]
struct Block<'a> {
    base: Point,
    records: Vec<Record<'a>>,
}

pub fn read(bytes: &[u8]) -> Result<Drawing, DxfError> {
    if bytes.starts_with(b"AutoCAD Binary DXF") {
        return Err(DxfError::Binary);
    }
    // Only numbers and names count; a text in an old code page is none of them.
    let text = String::from_utf8_lossy(bytes);
    let records = records(&text)?;
    let (mut unit_m, mut hidden) = (None, BTreeSet::new());
    let (mut blocks, mut entities): (BTreeMap<&str, Block<'_>>, Option<Vec<Record<'_>>>) = Default::default();
    let (mut section, mut block) = ("", None);
    for record in records {
        match record.kind {
            "SECTION" => {
                section = record.text(2).unwrap_or_default();
                match section {
                    // Its variables are no records of their own.
                    "HEADER" => unit_m = unit_of(&record),
                    "ENTITIES" => entities = Some(Vec::new()),
                    _ => {}
                }
            }
            "LAYER" if section == "TABLES" => {
                if record.number(62, 7.0) < 0.0 || record.flags(70) & 1 != 0 {
                    hidden.extend(record.text(2).map(str::to_owned));
                }
            }
            "BLOCK" => {
                let name = record.text(2).unwrap_or_default();
                blocks.insert(name, Block { base: record.point(10), records: Vec::new() });
                block = Some(name);
            }
            "ENDBLK" => block = None,
            _ => {
                if let (Some(name), "BLOCKS") = (block, section) {
                    blocks.entry(name).or_default().records.push(record);
                } else if let (Some(entities), "ENTITIES") = (&mut entities, section) {
                    entities.push(record);
                }
            }
        }
    }
    let entities = entities.ok_or(DxfError::NoEntities)?;
    let mut pen = Pen { blocks, hidden, strokes: Vec::new(), inserted: 0 };
    pen.draw(&entities, &Turn::NONE)?;
    if pen.strokes.is_empty() { Err(DxfError::Empty) } else { Ok(Drawing { strokes: pen.strokes, unit_m }) }
}

fn records(text: &str) -> Result<Vec<Record<'_>>, DxfError> {
    let mut records: Vec<Record<'_>> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, code)) = lines.next() {
        let code = code.trim().trim_start_matches('\u{feff}');
        let Some((_, value)) = lines.next() else { break };
        let code: i32 = code.parse().map_err(|_| DxfError::NoGroupCode { line: index + 1, found: code.chars().take(20).collect() })?;
        match (code, records.last_mut()) {
            (0, _) => records.push(Record { kind: value.trim(), groups: Vec::new() }),
            (_, Some(record)) => record.groups.push((code, value.trim())),
            // A comment before the first section.
            (_, None) => {}
        }
    }
    Ok(records)
}

/// `$INSUNITS` [m].
fn unit_of(header: &Record<'_>) -> Option<f64> {
    let at = header.groups.iter().position(|group| *group == (9, "$INSUNITS"))?;
    match header.groups.get(at + 1)?.1 {
        "1" => Some(0.0254),
        "2" => Some(0.3048),
        "4" => Some(0.001),
        "5" => Some(0.01),
        "6" => Some(1.0),
        "10" => Some(0.9144),
        "14" => Some(0.1),
        _ => None,
    }
}

struct Pen<'a> {
    blocks: BTreeMap<&'a str, Block<'a>>,
    hidden: BTreeSet<String>,
    strokes: Vec<Stroke>,
    /// Blocks, also empty ones: those in blocks multiply.
    inserted: usize,
}

impl Pen<'_> {
    fn draw(&mut self, records: &[Record<'_>], turn: &Turn) -> Result<(), DxfError> {
        let mut records = records.iter().peekable();
        while let Some(record) = records.next() {
            let mut vertices = Vec::new();
            if record.kind == "POLYLINE" {
                while let Some(next) = records.next_if(|next| next.kind != "SEQEND") {
                    vertices.push((next.point(10), next.number(42, 0.0)));
                }
            }
            let is_hidden = record.text(8).is_some_and(|layer| self.hidden.contains(layer));
            // In paper space, or made invisible.
            if is_hidden || record.flags(67) == 1 || record.flags(60) == 1 {
                continue;
            }
            let mirrored = turn.holding(&Turn { x: [record.side(), 0.0], ..Turn::NONE });
            match record.kind {
                "LINE" => self.line(turn, &[record.point(10), record.point(11)])?,
                "LWPOLYLINE" => self.polyline(&mirrored, &light_vertices(record), record.flags(70) & 1 != 0)?,
                // Meshes are no outlines.
                "POLYLINE" if record.flags(70) & (16 | 64) == 0 => self.polyline(&mirrored, &vertices, record.flags(70) & 1 != 0)?,
                "CIRCLE" => self.arc(&mirrored, record, 0.0, 360.0)?,
                "ARC" => self.arc(&mirrored, record, record.number(50, 0.0), record.number(51, 360.0))?,
                "ELLIPSE" => self.ellipse(turn, record)?,
                "INSERT" => self.insert(&mirrored, record)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn line(&mut self, turn: &Turn, points: &[Point]) -> Result<(), DxfError> {
        let strokes = points.windows(2).map(|pair| [turn.point(pair[0]), turn.point(pair[1])]).filter(|[from, to]| from != to);
        self.strokes.extend(strokes);
        if self.strokes.len() > MOST_STROKES { Err(DxfError::TooLarge) } else { Ok(()) }
    }

    /// Each vertex with its bulge: the tangent of a quarter of the angle of the arc to the next.
    fn polyline(&mut self, turn: &Turn, vertices: &[(Point, f64)], is_closed: bool) -> Result<(), DxfError> {
        let ends = vertices.iter().skip(1).chain(vertices.first().filter(|_| is_closed));
        let mut points: Vec<Point> = vertices.iter().take(1).map(|(point, _)| *point).collect();
        for (&(from, bulge), &(to, _)) in vertices.iter().zip(ends) {
            if bulge != 0.0 {
                points.extend(bulged(from, to, bulge));
            }
            points.push(to);
        }
        self.line(turn, &points)
    }

    /// Anticlockwise, from one angle to the next one [deg].
    fn arc(&mut self, turn: &Turn, record: &Record<'_>, from_deg: f64, to_deg: f64) -> Result<(), DxfError> {
        let ([x, y], radius) = (record.point(10), record.number(40, 0.0));
        let sweep_deg = if to_deg > from_deg { to_deg - from_deg } else { to_deg - from_deg + 360.0 };
        let at = |angle: f64| [x + radius * libm::cos(angle), y + radius * libm::sin(angle)];
        self.line(turn, &swept(from_deg.to_radians(), sweep_deg.min(360.0).to_radians(), at))
    }

    fn ellipse(&mut self, turn: &Turn, record: &Record<'_>) -> Result<(), DxfError> {
        let ([x, y], [long_x, long_y]) = (record.point(10), record.point(11));
        let ratio = record.number(40, 1.0) * record.side();
        let (from, to) = (record.number(41, 0.0), record.number(42, std::f64::consts::TAU));
        let sweep = if to > from { to - from } else { to - from + std::f64::consts::TAU };
        let at = |angle: f64| {
            let (along, across) = (libm::cos(angle), ratio * libm::sin(angle));
            [x + along * long_x - across * long_y, y + along * long_y + across * long_x]
        };
        self.line(turn, &swept(from, sweep, at))
    }

    fn insert(&mut self, turn: &Turn, record: &Record<'_>) -> Result<(), DxfError> {
        // Taken out while it is drawn, and put back: one that holds itself finds nothing.
        let Some((name, block)) = self.blocks.remove_entry(record.text(2).unwrap_or_default()) else { return Ok(()) };
        let angle = record.number(50, 0.0).to_radians();
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let (along, across) = (record.number(41, 1.0), record.number(42, 1.0));
        let count = |code: i32| (record.number(code, 1.0) as usize).clamp(1, MOST_STROKES);
        let mut drawn = Ok(());
        'all: for row in 0..count(71) {
            for column in 0..count(70) {
                let own = [record.number(44, 0.0) * column as f64, record.number(45, 0.0) * row as f64];
                let turned = Turn { x: [cos, sin], y: [-sin, cos], at: record.point(10) };
                let scaled = Turn { x: [along, 0.0], y: [0.0, across], at: own };
                let base = Turn { at: block.base.map(|value| -value), ..Turn::NONE };
                drawn = self.draw(&block.records, &turn.holding(&turned).holding(&scaled).holding(&base));
                self.inserted += 1;
                if self.inserted > MOST_STROKES {
                    drawn = Err(DxfError::TooLarge);
                }
                if drawn.is_err() {
                    break 'all;
                }
            }
        }
        self.blocks.insert(name, block);
        drawn
    }
}

/// Points of a curve at even steps of its angle.
fn swept(from: f64, sweep: f64, at: impl Fn(f64) -> Point) -> Vec<Point> {
    let count = (sweep / std::f64::consts::TAU * STROKES_PER_TURN).ceil().max(1.0);
    (0..=count as usize).map(|k| at(from + sweep * k as f64 / count)).collect()
}

/// Points between the ends of an arc.
fn bulged(from: Point, to: Point, bulge: f64) -> Vec<Point> {
    let angle = 4.0 * libm::atan(bulge);
    let chord = [to[0] - from[0], to[1] - from[1]];
    // From the middle of the chord to that of the circle, to the left of the way.
    let aside = (1.0 - bulge * bulge) / (4.0 * bulge);
    let middle = [from[0] + chord[0] / 2.0 - aside * chord[1], from[1] + chord[1] / 2.0 + aside * chord[0]];
    let arm = [from[0] - middle[0], from[1] - middle[1]];
    let count = (angle.abs() / std::f64::consts::TAU * STROKES_PER_TURN).ceil().max(1.0) as usize;
    let turned = |k: usize| {
        let part = angle * k as f64 / count as f64;
        let (sin, cos) = (libm::sin(part), libm::cos(part));
        [middle[0] + cos * arm[0] - sin * arm[1], middle[1] + sin * arm[0] + cos * arm[1]]
    };
    (1..count).map(turned).collect()
}

fn light_vertices(record: &Record<'_>) -> Vec<(Point, f64)> {
    let mut vertices: Vec<(Point, f64)> = Vec::new();
    for &(code, text) in &record.groups {
        let value = number(text).unwrap_or(0.0);
        match (code, vertices.last_mut()) {
            (10, _) => vertices.push(([value, 0.0], 0.0)),
            (20, Some((point, _))) => point[1] = value,
            (42, Some((_, bulge))) => *bulge = value,
            _ => {}
        }
    }
    vertices
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups as `code value`, a line each.
    fn dxf(groups: &str) -> Vec<u8> {
        groups.lines().map(str::trim).filter(|line| !line.is_empty()).fold(Vec::new(), |mut bytes, line| {
            let (code, value) = line.split_once(' ').unwrap_or((line, ""));
            bytes.extend(format!("{code:>3}\r\n{value}\r\n").bytes());
            bytes
        })
    }

    fn entities(groups: &str) -> Result<Drawing, DxfError> {
        read(&dxf(&format!("0 SECTION\n2 ENTITIES\n{groups}\n0 ENDSEC\n0 EOF")))
    }

    fn assert_near(found: &[Stroke], expected: &[Stroke]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().flatten().flatten().zip(expected.iter().flatten().flatten()) {
            assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}");
        }
    }

    #[test]
    fn lines_and_closed_polylines_are_as_written() {
        let drawing = entities("0 LINE\n8 WALLS\n10 1\n20 2\n11 4\n21 6\n0 LWPOLYLINE\n90 3\n70 1\n10 0\n20 0\n10 2\n20 0\n10 2\n20 1")
            .expect("it reads");
        assert_eq!(drawing.unit_m, None);
        assert_near(
            &drawing.strokes,
            &[[[1.0, 2.0], [4.0, 6.0]], [[0.0, 0.0], [2.0, 0.0]], [[2.0, 0.0], [2.0, 1.0]], [[2.0, 1.0], [0.0, 0.0]]],
        );
        let old = "0 POLYLINE\n70 1\n0 VERTEX\n10 0\n20 0\n0 VERTEX\n10 3\n20 0\n0 VERTEX\n10 3\n20 3\n0 SEQEND\n0 TEXT\n1 hall";
        assert_eq!(entities(old).expect("it reads").strokes.len(), 3);
    }

    #[test]
    fn arcs_circles_ellipses_and_bulges_keep_to_their_curve_and_meet_their_ends() {
        let arc = entities("0 ARC\n10 1\n20 1\n40 2\n50 270\n51 90").expect("it reads").strokes;
        assert_eq!(arc.len(), 24);
        assert_near(&[[arc[0][0], arc[23][1]]], &[[[1.0, -1.0], [1.0, 3.0]]]);
        assert!(arc.iter().all(|[from, _]| (libm::hypot(from[0] - 1.0, from[1] - 1.0) - 2.0).abs() < 1e-9 && from[0] > 0.99));
        let circle = entities("0 CIRCLE\n10 0\n20 0\n40 1.5").expect("it reads").strokes;
        assert_eq!(circle.len(), 48);
        let ellipse = entities("0 ELLIPSE\n10 0\n20 0\n11 0\n21 2\n40 0.5").expect("it reads").strokes;
        assert!(ellipse.iter().all(|[p, _]| (p[1] * p[1] / 4.0 + p[0] * p[0] - 1.0).abs() < 1e-9), "{ellipse:?}");
        // A bulge of 1 is half a circle to the right of its chord, seen along the way: below it.
        let half = entities("0 LWPOLYLINE\n10 0\n20 0\n42 1\n10 2\n20 0").expect("it reads").strokes;
        assert_eq!(half.len(), 24);
        assert!(half.iter().all(|[p, _]| (libm::hypot(p[0] - 1.0, p[1]) - 1.0).abs() < 1e-9 && p[1] < 1e-9), "{half:?}");
    }

    #[test]
    fn blocks_are_moved_turned_scaled_and_repeated_and_layers_that_are_off_stay_out() {
        let text = dxf(
            "999 made by hand\n0 SECTION\n2 HEADER\n9 $ACADVER\n1 AC1015\n9 $INSUNITS\n70 4\n0 ENDSEC
            0 SECTION\n2 TABLES\n0 TABLE\n2 LAYER\n0 LAYER\n2 PIPES\n70 0\n62 -3\n0 LAYER\n2 ICE\n70 1\n62 7\n0 ENDTAB\n0 ENDSEC
            0 SECTION\n2 BLOCKS\n0 BLOCK\n2 COLUMN\n10 1\n20 0\n0 LINE\n10 1\n20 0\n11 2\n21 0\n0 INSERT\n2 COLUMN\n0 ENDBLK\n0 ENDSEC
            0 SECTION\n2 ENTITIES\n0 INSERT\n2 COLUMN\n10 10\n20 20\n41 3\n42 3\n50 90\n70 2\n44 5
            0 LINE\n8 PIPES\n10 0\n20 0\n11 9\n21 9\n0 LINE\n8 ICE\n10 0\n20 0\n11 9\n21 9\n0 LINE\n67 1\n10 0\n20 0\n11 9\n21 9\n0 INSERT\n2 NOTHING\n0 ENDSEC",
        );
        let drawing = read(&text).expect("it reads");
        assert_eq!(drawing.unit_m, Some(0.001));
        assert_near(&drawing.strokes, &[[[10.0, 20.0], [10.0, 23.0]], [[10.0, 25.0], [10.0, 28.0]]]);
    }

    #[test]
    fn what_is_no_drawing_says_why() {
        assert_eq!(read(b"AutoCAD Binary DXF\r\n\x1a\0"), Err(DxfError::Binary));
        assert_eq!(read(b"a plan\nof a hall\n"), Err(DxfError::NoGroupCode { line: 1, found: "a plan".to_owned() }));
        assert_eq!(read(&dxf("0 SECTION\n2 HEADER\n0 ENDSEC")), Err(DxfError::NoEntities));
        assert_eq!(entities("0 TEXT\n1 hall"), Err(DxfError::Empty));
        let nested = |name: &str, inner: &str| format!("0 BLOCK\n2 {name}\n0 INSERT\n2 {inner}\n70 1000\n71 1000\n0 ENDBLK\n");
        let blocks = format!("0 SECTION\n2 BLOCKS\n{}{}0 ENDSEC\n", nested("A", "B"), nested("B", "C"));
        let text = dxf(&format!("{blocks}0 SECTION\n2 ENTITIES\n0 INSERT\n2 A\n70 1000\n71 1000\n0 ENDSEC"));
        assert_eq!(read(&text), Err(DxfError::TooLarge));
    }
}
