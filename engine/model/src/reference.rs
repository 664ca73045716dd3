//! Reference pages of the scene language as Markdown, made from the schema and its documentation: one for each element, one
//! for the types that they share. Knows the shape of the schema and no element.

use crate::check::ron_text;
use crate::schema::made;
use serde_json::{Map, Value};

/// A definition of the schema that is no element: what pages of elements refer to.
const TYPES_PAGE: &str = "types.md";

/// What a definition is called in a scene, and what an element is for, in the order of the language.
pub fn elements() -> impl Iterator<Item = (&'static str, &'static str)> {
    let alternatives = made()["$defs"]["Element"]["oneOf"].as_array().expect("elements are alternatives");
    alternatives.iter().map(|alternative| {
        let name = alternative["required"][0].as_str().expect("an alternative requires its name");
        (name, described(alternative))
    })
}

/// Where the fields of an element stand in the schema: some elements share a definition.
fn definition_of(name: &str) -> Option<&'static str> {
    let alternatives = made()["$defs"]["Element"]["oneOf"].as_array()?;
    let found = alternatives.iter().find_map(|alternative| alternative["properties"][name]["$ref"].as_str())?;
    found.strip_prefix("#/$defs/")
}

/// The page of an element, with a scene that shows it (its path from the repository's root, and its text); `None`: there is
/// no such element.
pub fn element_page(name: &str, scene: Option<(&str, &str)>) -> Option<String> {
    let (name, summary) = elements().find(|(known, _)| *known == name)?;
    let definition = &made()["$defs"][definition_of(name)?];
    let said = described(definition);
    let more = if said.is_empty() || said == summary { String::new() } else { format!("{said}\n\n") };
    let mut page = format!("# {name}\n\n{summary}\n\n{more}{}", fields(definition));
    if let Some((path, text)) = scene {
        page += &format!("\n## Example\n\n[`{path}`](../../{path})\n\n```ron\n{}\n```\n", text.trim_end());
    }
    Some(page)
}

/// The page of everything else: the scene itself, and what fields refer to.
pub fn types_page() -> String {
    let schema = made();
    let definitions = schema["$defs"].as_object().expect("the schema has definitions");
    let is_element = |name: &str| name == "Element" || elements().any(|(element, _)| definition_of(element) == Some(name));
    let mut page = format!("# Types\n\nWhat a scene holds, and what the fields of elements refer to.\n\n## Scene\n\n{}", fields(schema));
    for (name, definition) in definitions.iter().filter(|(name, _)| !is_element(name)) {
        page += &format!("\n## {name}\n\n");
        let description = described(definition);
        if !description.is_empty() {
            page += &format!("{description}\n\n");
        }
        page += &if definition.get("properties").is_some() { fields(definition) } else { alternatives(definition) };
    }
    page
}

/// The index of all pages.
pub fn index_page() -> String {
    let rows: String = elements().map(|(name, summary)| format!("| [{name}]({name}.md) | {summary} |\n")).collect();
    format!(
        "# Reference\n\nMade from the documentation of the scene language. `linetwin schema Belt` prints the page of an element.\n\n\
         | element | |\n|---|---|\n{rows}\n[Types]({TYPES_PAGE}): the scene itself, and what the fields of elements refer to.\n"
    )
}

fn described(node: &Value) -> &str {
    node["description"].as_str().unwrap_or_default()
}

/// In one line, for a cell of a table.
fn in_cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// The fields of a struct as a table.
fn fields(definition: &Value) -> String {
    let Some(properties) = definition["properties"].as_object() else { return String::new() };
    let required: Vec<&str> = definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut table = "| field | value | default | |\n|---|---|---|---|\n".to_owned();
    for (name, field) in properties {
        let default = match field.get("default") {
            _ if required.contains(&name.as_str()) => "required".to_owned(),
            None | Some(Value::Null) => String::new(),
            Some(Value::Array(items)) if items.is_empty() => "none".to_owned(),
            Some(Value::Object(map)) if map.is_empty() => "none".to_owned(),
            Some(value) => format!("`{}`", ron_text(value)),
        };
        table += &format!("| `{name}` | {} | {} | {} |\n", in_cell(&kind(field)), in_cell(&default), in_cell(described(field)));
    }
    table
}

/// The alternatives of an enum as a list; what a plain type is, else.
fn alternatives(definition: &Value) -> String {
    let Some(branches) = ["oneOf", "anyOf"].iter().find_map(|word| definition[word].as_array()) else {
        return match definition["enum"].as_array() {
            Some(names) => names.iter().filter_map(Value::as_str).map(|name| format!("* `{name}`\n")).collect(),
            None => format!("{}\n", kind(definition)),
        };
    };
    let mut list = String::new();
    for branch in branches {
        let description = in_cell(described(branch));
        let said = if description.is_empty() { String::new() } else { format!(": {description}") };
        match variant(branch) {
            Some((name, None)) => list += &format!("* `{name}`{said}\n"),
            Some((name, Some(payload))) => {
                list += &format!("* `{name}(...)`{said}");
                list += &match payload["properties"].as_object() {
                    Some(fields) => format!("{}\n", inner_fields(fields, payload)),
                    None => format!(" ({})\n", kind(payload)),
                };
            }
            None => match branch["enum"].as_array() {
                Some(names) => names.iter().filter_map(Value::as_str).for_each(|name| list += &format!("* `{name}`\n")),
                None => list += &format!("* {}{said}\n", kind(branch)),
            },
        }
    }
    list
}

/// The fields of a variant, as a list below it.
fn inner_fields(fields: &Map<String, Value>, payload: &Value) -> String {
    let required: Vec<&str> = payload["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    fields
        .iter()
        .map(|(name, field)| {
            let optional = if required.contains(&name.as_str()) { "" } else { ", optional" };
            format!("\n  * `{name}` ({}{optional}): {}", kind(field), in_cell(described(field)))
        })
        .collect()
}

/// Name and content of a variant.
fn variant(branch: &Value) -> Option<(&str, Option<&Value>)> {
    if let Some(name) = branch["const"].as_str() {
        return Some((name, None));
    }
    let properties = branch["properties"].as_object()?;
    let only = branch["required"].as_array().is_some_and(|required| required.len() == 1) && properties.len() == 1;
    properties
        .iter()
        .next()
        .filter(|_| only && branch["additionalProperties"] == Value::Bool(false))
        .map(|(name, payload)| (name.as_str(), Some(payload)))
}

/// What a value may be.
fn kind(node: &Value) -> String {
    if let Some(target) = node["$ref"].as_str().and_then(|target| target.strip_prefix("#/$defs/")) {
        let page = if elements().any(|(name, _)| name == target) {
            format!("{target}.md")
        } else {
            format!("{TYPES_PAGE}#{}", target.to_lowercase())
        };
        return if target == "Element" { "an element".to_owned() } else { format!("[{target}]({page})") };
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        if let Some(branches) = node[word].as_array() {
            let kinds = branches.iter().filter(|branch| branch["type"] != "null").map(|branch| match variant(branch) {
                Some((name, None)) => format!("`{name}`"),
                Some((name, Some(_))) => format!("`{name}(...)`"),
                None => kind(branch),
            });
            return kinds.collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(names) = node["enum"].as_array() {
        return names.iter().filter_map(Value::as_str).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
    }
    let named = match &node["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect(),
        Value::String(kind) => vec![kind.as_str()],
        _ => vec![],
    };
    let words = named.into_iter().map(|kind| match kind {
        "boolean" => "`true` or `false`".to_owned(),
        "integer" => "whole number".to_owned(),
        "string" => "text".to_owned(),
        "array" => array(node),
        "object" => match node.get("additionalProperties") {
            Some(values @ Value::Object(_)) => format!("map of {}", self::kind(values)),
            _ => "fields".to_owned(),
        },
        other => other.to_owned(),
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "a value".to_owned() } else { words.join(" or ") }
}

fn array(node: &Value) -> String {
    if let Some(items) = node["prefixItems"].as_array() {
        return format!("({})", items.iter().map(kind).collect::<Vec<_>>().join(", "));
    }
    let item = kind(&node["items"]);
    match (node["minItems"].as_u64(), node["maxItems"].as_u64()) {
        (Some(least), Some(most)) if least == most => format!("({})", vec![item; most as usize].join(", ")),
        _ => format!("list of {item}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_fields_units_and_defaults() {
        let page = element_page("Belt", Some(("scenes/belt.ron", "Scene()\n"))).expect("there are belts");
        assert!(page.starts_with("# Belt\n\nA straight belt"), "{page}");
        let row = page.lines().find(|line| line.starts_with("| `acceleration_mps2`")).expect("a belt has a ramp");
        assert_eq!(row, "| `acceleration_mps2` | number | `1` | Ramp when starting, stopping or changing speed [m/s^2]. |");
        assert!(page.contains("| `from_m` | (number, number, number) |"), "{page}");
        assert!(page.contains("| `rails` | [Rails](types.md#rails) | `Curves` |"), "{page}");
        assert!(page.ends_with("[`scenes/belt.ron`](../../scenes/belt.ron)\n\n```ron\nScene()\n```\n"), "{page}");
        assert_eq!(element_page("Bolt", None), None);
        // Two elements that share their fields.
        for name in ["ChainConveyor", "StripBelt"] {
            let page = element_page(name, None).expect("there are strands");
            assert!(page.contains("| `strands` | whole number | `2` |"), "{page}");
        }
        assert!(!types_page().contains("## Strands"), "what is on pages of elements is not told again");
    }

    #[test]
    fn every_reference_leads_to_a_heading() {
        let types = types_page();
        let headings: Vec<String> = types.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_lowercase).collect();
        let pages = elements().map(|(name, _)| element_page(name, None).expect("it is there")).chain([types.clone()]);
        for page in pages {
            for (_, after) in page.match_indices("(types.md#").map(|(at, start)| (at, &page[at + start.len()..])) {
                let target = after.split(')').next().expect("a link ends");
                assert!(headings.iter().any(|heading| heading == target), "{target}: {headings:?}");
            }
        }
        assert!(types.contains("* `Exponential(...)`"), "{types}");
    }
}
