//! The goods: parts with drawn sizes, and mixes read from a table, each row one article. Knows nothing about the line.

use super::values::{self, Sign};
use super::{Checker, top};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::distribution::Distribution;
use crate::geometry::{Vec3, cross, dot, length, sub};
use crate::scene::{Materials, PartType, PartVariant, Shape};
use crate::spec::{MixSpec, OnePartSpec, PartSpec, Quantity, ShapeSpec};
use crate::syntax::FieldPath;

/// Between foam and lead [kg/m^3]: outside, a size or a mass is probably in another unit.
const USUAL_DENSITY: std::ops::RangeInclusive<f64> = 5.0..=12_000.0;

/// Columns that a table of goods needs; others are ignored.
const COLUMNS: [&str; 5] = ["article", "length_m", "width_m", "height_m", "mass_kg"];

/// More distinct articles than any plant has; a table beyond that is another kind of file.
const ARTICLE_LIMIT: usize = 100_000;

/// The largest part to expect, where sizes have no end, is this many standard deviations above the mean [-]: one in 740.
const RARE_DEVIATIONS: f64 = 3.0;

/// One article of a table.
#[derive(Clone, PartialEq)]
struct Article {
    name: String,
    size_m: [f64; 3],
    mass_kg: f64,
}

impl Checker<'_, '_> {
    pub(super) fn part_types(&mut self, materials: &Materials) -> Vec<PartType> {
        let spec = self.spec;
        if spec.parts.is_empty() && spec.bulk.is_empty() {
            let problem = self.error("no-parts", &top("parts"), "the scene has no parts");
            self.push(problem.help("describe at least one: \"carton\": Part(shape: Box(size_m: (0.4, 0.3, 0.25)), mass_kg: 4)"));
        }
        let mut part_types = Vec::new();
        for (name, part) in &spec.parts {
            let path = top("parts").name(name);
            let variants = match part {
                PartSpec::Part(part) => self.one_part(name, &path, part, materials).into_iter().collect(),
                PartSpec::Mix(mix) => self.mix(&path, mix, materials),
            };
            part_types.push(PartType { name: name.clone(), variants, nest: None, holds: None, bill: Vec::new() });
        }
        self.contents(&mut part_types);
        self.patterns(&mut part_types);
        part_types
    }

    /// `None` for a product, whose shape and mass are those of its parts, and where an error says what is missing.
    fn one_part(&mut self, name: &str, path: &FieldPath, part: &OnePartSpec, materials: &Materials) -> Option<PartVariant> {
        // Each is checked whether or not another is missing.
        let mass_kg = part.mass_kg.as_ref().map(|mass_kg| {
            let path = path.name("mass_kg");
            self.quantity(&path, mass_kg, Sign::Positive, Some(values::MASS));
            self.distribution(&path, mass_kg)
        });
        let centre_of_mass_m = std::array::from_fn(|axis| {
            let path = path.name("centre_of_mass_m").index(axis);
            self.quantity(&path, &part.centre_of_mass_m[axis], Sign::Any, None);
            self.distribution(&path, &part.centre_of_mass_m[axis])
        });
        let shape = part.shape.as_ref().map(|shape| self.shape(&path.name("shape"), shape));
        let material = self.material(&path.name("material"), &part.material, materials);
        let (Some(shape), Some(mass_kg), true) = (shape, mass_kg, part.bill.is_empty()) else {
            self.shape_or_bill(name, path, part);
            return None;
        };
        let variant = PartVariant { name: name.to_owned(), weight: 1.0, shape, mass_kg, centre_of_mass_m, material };
        let size = mean_size(&variant.shape);
        for (axis, (offset, size)) in variant.centre_of_mass_m.iter().zip(size).enumerate() {
            let offset = offset.mean();
            if offset.abs() > size / 2.0 {
                let path = path.name("centre_of_mass_m").index(axis);
                let problem =
                    self.error("out-of-range", &path, format!("the centre of mass lies {offset} m from the centre, outside the part"));
                self.push(problem.allowed(format!("up to {} m either way", size / 2.0)));
            }
        }
        self.density(self.at.value_span(&path.name("mass_kg")), size, variant.mass_kg.mean());
        Some(variant)
    }

    fn shape(&mut self, path: &FieldPath, shape: &ShapeSpec) -> Shape {
        if let ShapeSpec::Mesh { file, unit, scale } = shape {
            self.quantity(&path.name("scale"), scale, Sign::Positive, None);
            // Where an error says why, a small tetrahedron stands for what is not there.
            let points_m = self
                .mesh_hull(&path.name("file"), file, *unit)
                .unwrap_or_else(|| vec![[0.0; 3], [0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 0.1]]);
            return Shape::ConvexHull { points_m, scale: self.distribution(&path.name("scale"), scale) };
        }
        let mut size = |path: FieldPath, quantity: &Quantity| {
            self.quantity(&path, quantity, Sign::Positive, Some(values::PART_SIZE));
            self.distribution(&path, quantity)
        };
        match shape {
            ShapeSpec::Box { size_m } => {
                let path = path.name("size_m");
                Shape::Box { size_m: std::array::from_fn(|axis| size(path.index(axis), &size_m[axis])) }
            }
            ShapeSpec::OpenBox { size_m, wall_m } => {
                let size_path = path.name("size_m");
                let size_m: [_; 3] = std::array::from_fn(|axis| size(size_path.index(axis), &size_m[axis]));
                let least_m = size_m[0].min().min(size_m[1].min()).min(2.0 * size_m[2].min());
                if !(*wall_m > 0.0 && 2.0 * *wall_m < least_m) {
                    let problem = self.error("out-of-range", &path.name("wall_m"), format!("`wall_m` is {wall_m}"));
                    self.push(problem.allowed("above 0, and thin enough to leave room inside"));
                }
                Shape::OpenBox { size_m, wall_m: *wall_m }
            }
            ShapeSpec::Cylinder { diameter_m, height_m } => {
                Shape::Cylinder { diameter_m: size(path.name("diameter_m"), diameter_m), height_m: size(path.name("height_m"), height_m) }
            }
            ShapeSpec::Capsule { diameter_m, height_m } => {
                let diameter_m = size(path.name("diameter_m"), diameter_m);
                let height_m = size(path.name("height_m"), height_m);
                if height_m.mean() < diameter_m.mean() {
                    let problem = self.error("out-of-range", &path.name("height_m"), "the capsule is lower than its two half spheres");
                    self.push(problem.allowed("at least `diameter_m`"));
                }
                Shape::Capsule { diameter_m, height_m }
            }
            ShapeSpec::ConvexHull { points_m, scale } => {
                self.quantity(&path.name("scale"), scale, Sign::Positive, None);
                if !has_volume(points_m) {
                    let problem = self.error("flat-hull", &path.name("points_m"), "these points span no volume");
                    self.push(problem.allowed("at least four points that do not lie in one plane"));
                }
                Shape::ConvexHull { points_m: points_m.clone(), scale: self.distribution(&path.name("scale"), scale) }
            }
            ShapeSpec::Mesh { .. } => unreachable!("read above, with its file"),
        }
    }

    fn density(&mut self, span: Span, size_m: [f64; 3], mass_kg: f64) {
        let density = mass_kg / size_m.iter().product::<f64>();
        if density.is_finite() && density > 0.0 && !USUAL_DENSITY.contains(&density) {
            let message = format!("{mass_kg} kg in {} x {} x {} m is a density of {density:.3} kg/m^3", size_m[0], size_m[1], size_m[2]);
            self.push(
                Diagnostic::warning("unit-slip", span, message)
                    .help("are the sizes in metres (0.4, not 400 mm) and the mass in kilograms?"),
            );
        }
    }

    fn mix(&mut self, path: &FieldPath, mix: &MixSpec, materials: &Materials) -> Vec<PartVariant> {
        let material = self.material(&path.name("material"), &mix.material, materials);
        let csv = path.name("csv");
        let loaded = match self.files.load_text(&mix.csv, self.at.value_span(&csv).file) {
            Ok(loaded) => loaded,
            Err(error) => {
                let problem = self.error("missing-file", &csv, error.to_string());
                self.push(problem.help("a path in a scene is relative to the scene's folder, one in `--set` to the current folder"));
                return Vec::new();
            }
        };
        let mut articles: Vec<(Article, f64)> = Vec::new();
        for article in self.articles(loaded.file, &loaded.text) {
            match articles.iter_mut().find(|(known, _)| *known == article) {
                Some((_, weight)) => *weight += 1.0,
                None => articles.push((article, 1.0)),
            }
        }
        if articles.is_empty() && !self.refused() {
            let problem = self.error("empty-table", &csv, format!("`{}` has no rows", loaded.path));
            self.push(problem.allowed("one row for each article"));
        }
        let constant = Distribution::Constant;
        let variant = |(article, weight): (Article, f64)| PartVariant {
            name: article.name,
            weight,
            shape: Shape::Box { size_m: article.size_m.map(constant) },
            mass_kg: constant(article.mass_kg),
            centre_of_mass_m: [0.0; 3].map(constant),
            material,
        };
        articles.into_iter().map(variant).collect()
    }

    /// The good rows of a table; the others are reported with their place in it.
    fn articles(&mut self, file: FileId, text: &str) -> Vec<Article> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
        let whole = |start: usize, end: usize| Span { file, start: start as u32, end: end as u32 };
        let first_line = whole(0, text.lines().next().map_or(0, str::len));
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(error) => {
                self.push(Diagnostic::error("bad-table", first_line, error.to_string()));
                return Vec::new();
            }
        };
        let columns = COLUMNS.map(|column| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == column));
        let missing: Vec<&str> = COLUMNS.iter().zip(&columns).filter(|(_, found)| found.is_none()).map(|(column, _)| *column).collect();
        if !missing.is_empty() {
            let problem = Diagnostic::error("missing-column", first_line, format!("the table lacks the column {}", missing.join(", ")));
            self.push(problem.allowed(format!("columns {}, separated by commas", COLUMNS.join(", "))));
            return Vec::new();
        }
        let columns = columns.map(|column| column.expect("no column is missing"));
        let mut articles = Vec::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let start = error.position().map_or(0, |position| position.byte() as usize);
                    self.push(Diagnostic::error("bad-table", whole(start, start), error.to_string()));
                    continue;
                }
            };
            let start = record.position().map_or(0, |position| position.byte() as usize);
            let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
            let before = self.diagnostics.len();
            let mut number = |column: usize, usual| {
                let field = record.get(columns[column]).unwrap_or("");
                let span = field_span(file, start, line, columns[column], field);
                self.cell(span, COLUMNS[column], field, usual)
            };
            let size_m = [1, 2, 3].map(|column| number(column, values::PART_SIZE));
            let mass_kg = number(4, values::MASS);
            if self.diagnostics.len() == before {
                self.density(whole(start, start + line.trim_end().len()), size_m, mass_kg);
                articles.push(Article { name: record.get(columns[0]).unwrap_or("").to_owned(), size_m, mass_kg });
            }
            if articles.len() > ARTICLE_LIMIT {
                let problem = Diagnostic::error("bad-table", first_line, format!("the table has more than {ARTICLE_LIMIT} rows"));
                self.push(problem.help("is this the right file?"));
                break;
            }
        }
        articles
    }

    /// A positive number of a table.
    fn cell(&mut self, span: Span, column: &str, field: &str, usual: values::Usual) -> f64 {
        match field.parse::<f64>() {
            Ok(value) if value.is_finite() && value > 0.0 => {
                if let Some((message, help)) = usual.slip(value) {
                    self.push(Diagnostic::warning("unit-slip", span, format!("`{column}`: {message}")).help(help));
                }
                value
            }
            _ => {
                let mut problem = Diagnostic::error("bad-cell", span, format!("`{column}` is `{field}`")).allowed("a number above 0");
                if field.contains(',') {
                    problem = problem.help("write a decimal point");
                }
                self.push(problem);
                1.0
            }
        }
    }
}

/// The place of a cell: exact where the row has no quotes, else the row.
pub(super) fn field_span(file: FileId, line_start: usize, line: &str, column: usize, field: &str) -> Span {
    let mut at = 0;
    for (index, raw) in line.split(',').enumerate() {
        if index == column && raw.trim() == field && !line.contains('"') {
            let start = line_start + at + (raw.len() - raw.trim_start().len());
            return Span { file, start: start as u32, end: (start + field.len()) as u32 };
        }
        at += raw.len() + 1;
    }
    Span { file, start: line_start as u32, end: (line_start + line.trim_end().len()) as u32 }
}

/// Whether four of the points span a tetrahedron that is not flat.
pub(super) fn has_volume(points: &[Vec3]) -> bool {
    let Some((origin, rest)) = points.split_first() else { return false };
    let farthest =
        |measure: &dyn Fn(Vec3) -> f64| rest.iter().map(|point| sub(*point, *origin)).max_by(|a, b| measure(*a).total_cmp(&measure(*b)));
    let Some(first) = farthest(&length) else { return false };
    let Some(second) = farthest(&|v| length(cross(first, v))) else { return false };
    let normal = cross(first, second);
    let Some(third) = farthest(&|v| dot(normal, v).abs()) else { return false };
    dot(normal, third).abs() > 1e-9 * length(first).max(1e-9) * length(first) * length(first)
}

/// Length, width, height of a part of mean size [m].
pub(super) fn mean_size(shape: &Shape) -> [f64; 3] {
    size_by(shape, Distribution::mean)
}

/// Mean length over the variants of a part type, by weight [m].
pub(super) fn mean_length(part_type: &PartType) -> f64 {
    let total: f64 = part_type.variants.iter().map(|variant| variant.weight).sum();
    let lengths = part_type.variants.iter().map(|variant| variant.weight * mean_size(&variant.shape)[0]);
    (lengths.sum::<f64>() / total).max(1e-3)
}

/// Length, width, height of the largest part to expect [m].
pub(super) fn largest_size(shape: &Shape) -> [f64; 3] {
    size_by(shape, |size| size.rarely_above(RARE_DEVIATIONS))
}

/// Length of the longest part of these types to expect [m].
pub(super) fn longest_m<'a>(part_types: impl IntoIterator<Item = &'a PartType>) -> f64 {
    largest_sizes(part_types).map(|[length, ..]| length).fold(0.0, f64::max)
}

/// The same of their longer horizontal sides [m].
pub(super) fn longest_side_m<'a>(part_types: impl IntoIterator<Item = &'a PartType>) -> f64 {
    largest_sizes(part_types).map(|[length, width, _]| length.max(width)).fold(0.0, f64::max)
}

fn largest_sizes<'a>(part_types: impl IntoIterator<Item = &'a PartType>) -> impl Iterator<Item = [f64; 3]> {
    part_types.into_iter().flat_map(|part_type| &part_type.variants).map(|variant| largest_size(&variant.shape))
}

/// Length, width, height of the smallest part to expect [m].
pub(super) fn smallest_size(shape: &Shape) -> [f64; 3] {
    size_by(shape, |size| (2.0 * size.mean() - size.rarely_above(RARE_DEVIATIONS)).max(size.min()))
}

fn size_by(shape: &Shape, value: impl Fn(&Distribution) -> f64) -> [f64; 3] {
    match shape {
        Shape::Box { size_m } | Shape::OpenBox { size_m, .. } => size_m.each_ref().map(value),
        Shape::Cylinder { diameter_m, height_m } | Shape::Capsule { diameter_m, height_m } => {
            [value(diameter_m), value(diameter_m), value(height_m)]
        }
        Shape::ConvexHull { points_m, scale } => {
            let factor = value(scale);
            std::array::from_fn(|axis| {
                let (low, high) = points_m
                    .iter()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| (low.min(point[axis]), high.max(point[axis])));
                (high - low) * factor
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hull_needs_four_points_off_one_plane() {
        let tetrahedron = [[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert!(has_volume(&tetrahedron));
        assert!(has_volume(&tetrahedron.map(|point| crate::geometry::scale(point, 0.01))), "small parts have a volume too");
        assert!(!has_volume(&tetrahedron[..3]));
        assert!(!has_volume(&[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]));
        assert!(!has_volume(&[]));
    }
}
