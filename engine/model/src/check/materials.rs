//! Materials and how pairs of them meet: the built-in table, and what a scene says instead. Knows nothing about parts.

use super::values::Sign;
use super::{Checker, top};
use crate::scene::{MaterialId, Materials, Surface};
use crate::syntax::FieldPath;

/// Known without being declared, in the order of the table below.
pub const BUILT_IN_MATERIALS: [&str; 8] = ["card", "plastic", "steel", "rubber", "belt", "roller", "rail", "floor"];

/// A pair that neither the table nor the scene describes.
pub const UNKNOWN_PAIR: Surface = Surface { friction: 0.4, restitution: 0.1 };

/// Sliding friction [-] of dry, clean surfaces, lower triangle in the order of `BUILT_IN_MATERIALS`: the middle of the
/// ranges that conveyor and packaging handbooks give (cardboard on PVC belt 0.4 to 0.6, on steel 0.3 to 0.4, on UHMW-PE
/// rail 0.15 to 0.25; PE or PP totes about 0.1 less; steel on steel 0.15 to 0.3). Measure where it matters: a scene can
/// say otherwise for each pair.
const FRICTION: [&[f64]; 8] = [
    &[0.45],                                           // card
    &[0.35, 0.30],                                     // plastic
    &[0.35, 0.25, 0.20],                               // steel
    &[0.70, 0.65, 0.60, 0.90],                         // rubber
    &[0.50, 0.45, 0.40, 0.80, 0.50],                   // belt
    &[0.35, 0.30, 0.20, 0.60, 0.40, 0.20],             // roller
    &[0.20, 0.20, 0.15, 0.50, 0.25, 0.15, 0.15],       // rail
    &[0.50, 0.40, 0.40, 0.80, 0.50, 0.40, 0.30, 0.50], // floor
];

/// Restitution [-] of a material against something stiff; of a pair the smaller counts, since the softer one yields.
const RESTITUTION: [f64; 8] = [0.10, 0.30, 0.40, 0.50, 0.20, 0.30, 0.30, 0.40];

impl Checker<'_, '_> {
    pub(super) fn materials(&mut self) -> Materials {
        let spec = self.spec;
        let mut names: Vec<String> = BUILT_IN_MATERIALS.iter().map(|name| (*name).to_owned()).collect();
        let mut said = Vec::new();
        for (key, surface) in &spec.materials {
            let path = top("materials").name(key);
            self.number(&path.name("friction"), surface.friction, Sign::NotNegative, None);
            if surface.friction > 5.0 {
                let message = format!("a friction of {} is glue", surface.friction);
                self.push(self.warning("unusual-value", &path.name("friction"), message).help("most pairs lie between 0.1 and 1"));
            }
            self.fraction(&path.name("restitution"), surface.restitution);
            let Some((a, b)) = key.split_once(" on ").map(|(a, b)| (a.trim(), b.trim())).filter(|(a, b)| !a.is_empty() && !b.is_empty())
            else {
                let problem =
                    crate::diagnostic::Diagnostic::error("bad-pair", self.at.name_span(&path), format!("`{key}` is no pair of materials"));
                self.push(problem.allowed("`\"MATERIAL on MATERIAL\"`").help("write it like \"card on belt\""));
                continue;
            };
            let pair = [a, b].map(|name| index_of(&mut names, name));
            if let Some((_, _, other)) = said.iter().find(|(known, _, _)| *known == pair || *known == [pair[1], pair[0]]) {
                let problem = crate::diagnostic::Diagnostic::error(
                    "duplicate-pair",
                    self.at.name_span(&path),
                    format!("the pair `{key}` is given twice"),
                );
                let first = self.at.name_span(&top("materials").name(*other));
                self.push(problem.related(first, "first given here").help("keep one: the order of the two does not matter"));
            }
            said.push((pair, Surface { friction: surface.friction, restitution: surface.restitution }, key.as_str()));
        }
        let count = names.len();
        let mut pairs = vec![UNKNOWN_PAIR; count * count];
        for a in 0..BUILT_IN_MATERIALS.len() {
            for b in 0..=a {
                let surface = Surface { friction: FRICTION[a][b], restitution: RESTITUTION[a].min(RESTITUTION[b]) };
                pairs[a * count + b] = surface;
                pairs[b * count + a] = surface;
            }
        }
        for ([a, b], surface, _) in said {
            pairs[a * count + b] = surface;
            pairs[b * count + a] = surface;
        }
        Materials { names, pairs }
    }

    pub(super) fn material(&mut self, path: &FieldPath, name: &str, materials: &Materials) -> MaterialId {
        let found = materials.names.iter().position(|known| known == name);
        if found.is_none() {
            let known: Vec<&str> = materials.names.iter().map(String::as_str).collect();
            self.unknown(path, "material", name, &known);
        }
        MaterialId::from_index(found.unwrap_or(0))
    }
}

fn index_of(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
