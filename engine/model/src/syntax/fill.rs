//! Stands something in for what a text lacks or what cannot be read in it, so that the rest can be checked. Knows the
//! schema, not what a value means; what a check finds of a stand-in is for `consequence` to tell apart.

use super::value::{Field, Value, ValueKind};
use crate::diagnostic::Span;
use crate::schema::{Plain, Range, Schema, Shapes};
use indexmap::IndexMap;

/// What stands in. What a check finds with every filling does not follow from what was filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filling {
    /// The first that the schema allows; an optional field takes its default.
    First,
    /// The last that the schema allows, with another number, for optional fields too.
    Last,
}

pub const FILLINGS: [Filling; 2] = [Filling::First, Filling::Last];

/// A schema that refers to itself ends here.
const MAX_DEPTH: usize = 16;

/// `value` with something in place of everything that is missing in it.
pub fn fill(value: &Value, schema: Schema, filling: Filling) -> Value {
    let shapes = schema.shapes();
    let kind = match &value.kind {
        ValueKind::Missing => return stand_in(value.span, schema, filling, 0),
        ValueKind::List(items) => ValueKind::List(filled_items(items, &shapes, filling)),
        ValueKind::Fields(fields) => ValueKind::Fields(filled_fields(fields, &shapes, filling)),
        ValueKind::Variant { name, payload } => {
            let schema = shapes.variant(&name.text).and_then(|variant| variant.payload);
            let payload = payload.as_ref().zip(schema).map(|(payload, schema)| Box::new(fill(payload, schema, filling)));
            ValueKind::Variant { name: name.clone(), payload }
        }
        plain => plain.clone(),
    };
    Value { span: value.span, kind }
}

fn filled_items(items: &[Value], shapes: &Shapes, filling: Filling) -> Vec<Value> {
    let of_list = shapes.plain.iter().find_map(|plain| if let Plain::List { items, .. } = plain { Some(*items) } else { None });
    let of_tuple = shapes.plain.iter().find_map(|plain| if let Plain::Tuple(schemas) = plain { Some(schemas) } else { None });
    let schema = |index: usize| of_tuple.and_then(|schemas| schemas.get(index)).copied().or(of_list);
    let filled = items.iter().enumerate().filter_map(|(index, item)| Some(fill(item, schema(index)?, filling)));
    filled.collect()
}

fn filled_fields(fields: &IndexMap<String, Field>, shapes: &Shapes, filling: Filling) -> IndexMap<String, Field> {
    let of_map = shapes.plain.iter().find_map(|plain| if let Plain::Map(schema) = plain { Some(*schema) } else { None });
    let structure = shapes.structure();
    let mut filled = IndexMap::new();
    for (name, field) in fields {
        let required = structure.is_none_or(|structure| structure.required().any(|required| required == name));
        let left_out = field.value.kind == ValueKind::Missing && !required && filling == Filling::First;
        let schema = structure.and_then(|structure| structure.field(name)).or(of_map);
        if let Some(schema) = schema.filter(|_| !left_out) {
            filled.insert(name.clone(), Field { name_span: field.name_span, value: fill(&field.value, schema, filling) });
        }
    }
    filled
}

fn stand_in(span: Span, schema: Schema, filling: Filling, depth: usize) -> Value {
    let shapes = schema.shapes();
    let kind = if depth >= MAX_DEPTH { ValueKind::Null } else { stand_in_kind(span, &shapes, filling, depth) };
    Value { span, kind }
}

fn stand_in_kind(span: Span, shapes: &Shapes, filling: Filling, depth: usize) -> ValueKind {
    let inner = |schema: Schema| stand_in(span, schema, filling, depth + 1);
    let variant = match filling {
        Filling::First => shapes.variants.first().filter(|_| shapes.plain.is_empty()),
        Filling::Last => shapes.variants.last(),
    };
    if let Some(variant) = variant {
        let name = super::tree::Name { text: variant.name.to_owned(), span };
        return ValueKind::Variant { name, payload: variant.payload.map(|payload| Box::new(inner(payload))) };
    }
    let plain = match filling {
        Filling::First if shapes.nullable => None,
        Filling::First => shapes.plain.first(),
        Filling::Last => shapes.plain.last(),
    };
    match plain {
        None | Some(Plain::Any) => ValueKind::Null,
        Some(Plain::Bool) => ValueKind::Bool(filling == Filling::Last),
        Some(Plain::Integer(range)) => ValueKind::Integer(number_in(*range, filling, [1.0, 2.0]) as i128),
        Some(Plain::Number(range)) => ValueKind::Float(number_in(*range, filling, [1.0, 0.37])),
        Some(Plain::Text) => ValueKind::Text(String::new()),
        Some(Plain::List { items, least }) => ValueKind::List((0..*least).map(|_| inner(*items)).collect()),
        Some(Plain::Tuple(schemas)) => ValueKind::List(schemas.iter().map(|schema| inner(*schema)).collect()),
        Some(Plain::Map(_)) => ValueKind::Fields(IndexMap::new()),
        Some(Plain::Struct(structure)) => {
            let required = structure.required().filter_map(|name| Some((name, structure.field(name)?)));
            ValueKind::Fields(required.map(|(name, schema)| (name.to_owned(), Field { name_span: span, value: inner(schema) })).collect())
        }
    }
}

fn number_in(range: Range, filling: Filling, wanted: [f64; 2]) -> f64 {
    let wanted = if filling == Filling::First { wanted[0] } else { wanted[1] };
    let bounds = [range.at_least, range.at_most, range.more_than.map(|bound| bound + 1.0), range.less_than.map(|bound| bound - 1.0)];
    std::iter::once(wanted).chain(bounds.into_iter().flatten()).find(|value| range.contains(*value)).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FileId;
    use crate::schema::scene_schema;
    use crate::spec::SceneSpec;
    use serde::Deserialize;

    /// Every type of the scene can be stood in for: each variant of each enum, each field of each struct.
    #[test]
    fn what_stands_in_has_its_type() {
        let root = scene_schema().root();
        let span = Span { file: FileId(0), start: 0, end: 0 };
        for filling in FILLINGS {
            let scene = fill(&Value { span, kind: ValueKind::Missing }, root, filling);
            SceneSpec::deserialize(&scene).expect("the scene itself");
            let structure = root.shapes().structure().expect("a scene is a struct");
            for name in structure.names() {
                let mut changed = scene.clone();
                let ValueKind::Fields(fields) = &mut changed.kind else { panic!("a struct") };
                for value in every_variant(structure.field(name).expect("its own field"), span, 0) {
                    fields.insert(name.to_owned(), Field { name_span: span, value });
                    let filled = fill(&Value { span, kind: ValueKind::Fields(fields.clone()) }, root, filling);
                    SceneSpec::deserialize(&filled).unwrap_or_else(|error| panic!("{name}: {error}"));
                }
            }
        }
    }

    /// One value for each alternative at each place below `schema`, all else missing.
    fn every_variant(schema: Schema, span: Span, depth: usize) -> Vec<Value> {
        const DEEP_ENOUGH: usize = 6;
        let value = |kind| Value { span, kind };
        let shapes = schema.shapes();
        let mut all = vec![value(ValueKind::Missing)];
        if depth > DEEP_ENOUGH {
            return all;
        }
        for variant in &shapes.variants {
            let name = crate::syntax::tree::Name { text: variant.name.to_owned(), span };
            let payloads = variant.payload.map_or_else(
                || vec![None],
                |payload| every_variant(payload, span, depth + 1).into_iter().map(|payload| Some(Box::new(payload))).collect(),
            );
            all.extend(payloads.into_iter().map(|payload| value(ValueKind::Variant { name: name.clone(), payload })));
        }
        for plain in &shapes.plain {
            let entry = |name: &str, value: Value| IndexMap::from([(name.to_owned(), Field { name_span: span, value })]);
            match plain {
                Plain::List { items, .. } => {
                    all.extend(every_variant(*items, span, depth + 1).into_iter().map(|item| value(ValueKind::List(vec![item]))));
                }
                Plain::Map(schema) => {
                    all.extend(
                        every_variant(*schema, span, depth + 1).into_iter().map(|inner| value(ValueKind::Fields(entry("x", inner)))),
                    );
                }
                Plain::Struct(structure) => {
                    // The required fields beside it are missing too: validation puts them so.
                    let required = |fields: &mut IndexMap<String, Field>| {
                        for name in structure.required() {
                            fields.entry(name.to_owned()).or_insert(Field { name_span: span, value: value(ValueKind::Missing) });
                        }
                    };
                    for name in structure.names() {
                        for inner in every_variant(structure.field(name).expect("its own field"), span, depth + 1) {
                            let mut fields = entry(name, inner);
                            required(&mut fields);
                            all.push(value(ValueKind::Fields(fields)));
                        }
                    }
                }
                _ => {}
            }
        }
        all
    }
}
