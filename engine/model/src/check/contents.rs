//! What parts hold and what they are joined of: nests, bills of materials. Knows nothing about where things are joined.

use super::{Checker, top};
use crate::diagnostic::Diagnostic;
use crate::scene::{BillRow, PartType, PartTypeId};
use crate::spec::{HoldsSpec, OnePartSpec, PartSpec};
use crate::syntax::FieldPath;

impl Checker<'_, '_> {
    /// A part has a shape and a mass, or a bill that says where they come from.
    pub(super) fn shape_or_bill(&mut self, name: &str, path: &FieldPath, part: &OnePartSpec) {
        for (field, given) in [("shape", part.shape.is_some()), ("mass_kg", part.mass_kg.is_some())] {
            if given && !part.bill.is_empty() {
                let problem = self.error("given-twice", &path.name(field), format!("`{field}` beside `bill`"));
                self.push(problem.help("a product has the shape of the first part of its bill, and weighs what its parts weigh"));
            }
            if !given && part.bill.is_empty() {
                let message = format!("`{name}` has no `{field}`");
                let problem = Diagnostic::error("missing-field", self.at.name_span(path), message);
                self.push(problem.allowed("`shape` and `mass_kg`, or a `bill` of the parts that it is joined of"));
            }
        }
    }

    /// Nests and bills, once every part has its number; products take the shape of their first part.
    pub(super) fn contents(&mut self, part_types: &mut [PartType]) {
        let spec = self.spec;
        for (index, (name, part)) in spec.parts.iter().enumerate() {
            let PartSpec::Part(part) = part else { continue };
            let path = top("parts").name(name);
            if let Some(HoldsSpec::Nest { part: held }) = &part.holds {
                let held_path = path.name("holds").name("part");
                part_types[index].nest = self.part_named(&held_path, held, part_types);
                if part_types[index].nest == Some(PartTypeId::from_index(index)) {
                    let problem = self.error("holds-itself", &held_path, format!("`{name}` holds itself"));
                    self.push(problem.help("name the part that stands in its nest"));
                }
            }
            for (component, count) in &part.bill {
                let at = path.name("bill").name(component);
                let Some(part_type) = self.part_named(&at, component, part_types) else { continue };
                if *count == 0 {
                    self.push(self.error("out-of-range", &at, "a bill lists none of it").allowed("1 or more"));
                }
                if matches!(spec.parts.get_index(part_type.index()), Some((_, PartSpec::Part(found))) if !found.bill.is_empty()) {
                    let problem = self.error("bill-of-products", &at, format!("`{component}` is joined of others itself"));
                    self.push(problem.help("list the parts that it is joined of; a product of products is joined on two loops"));
                }
                part_types[index].bill.push(BillRow { part_type, count: *count });
            }
        }
        for index in 0..part_types.len() {
            let Some(first) = part_types[index].bill.first() else { continue };
            part_types[index].variants = part_types[first.part_type.index()].variants.clone();
        }
    }
}
