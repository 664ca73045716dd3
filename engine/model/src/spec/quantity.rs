//! A number of a scene, or the distribution it is drawn from, and the other fields that may be written in two ways.
//! Knows how they are written, not whether the parameters make sense (`check` does).

use crate::parametric::Parametric;
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{EnumAccessDeserializer, MapAccessDeserializer};
use serde::de::{DeserializeSeed, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A number, or a distribution from which one number is drawn each time. The unit is the field's.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    Number(f64),
    Drawn(Parametric),
    Observed(ObservedSpec),
}

/// The distribution of values that were observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Observed")]
pub enum ObservedSpec {
    /// Values observed in the plant, from a column of a CSV file. Each draw is one of them, all equally likely.
    Empirical {
        /// Path of the CSV file, from the scene's folder. Its first line names the columns.
        csv: String,
        /// The column's name; its numbers have the unit of the field.
        column: String,
        /// Draw also between the observed values, on straight lines from each to the next greater.
        #[serde(default)]
        interpolated: bool,
    },
}

impl From<f64> for Quantity {
    fn from(value: f64) -> Self {
        Quantity::Number(value)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Quantity::Number(value) => serializer.serialize_f64(*value),
            Quantity::Drawn(drawn) => drawn.serialize(serializer),
            Quantity::Observed(observed) => observed.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct QuantityVisitor;
        impl<'de> Visitor<'de> for QuantityVisitor {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a distribution")
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Quantity, E> {
                Ok(Quantity::Number(value))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Quantity, E> {
                Ok(Quantity::Number(value as f64))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Quantity, E> {
                Ok(Quantity::Number(value as f64))
            }
            fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Quantity, A::Error> {
                let (name, content) = data.variant::<String>()?;
                let observed = name == "Empirical";
                let variant = EnumAccessDeserializer::new(NamedVariant { name, content });
                if observed {
                    ObservedSpec::deserialize(variant).map(Quantity::Observed)
                } else {
                    Parametric::deserialize(variant).map(Quantity::Drawn)
                }
            }
            /// JSON writes a variant as a map of one entry.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Quantity, A::Error> {
                self.visit_enum(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(QuantityVisitor)
    }
}

/// A variant whose name was read already, to find the list it belongs to.
struct NamedVariant<V> {
    name: String,
    content: V,
}

impl<'de, V: VariantAccess<'de>> EnumAccess<'de> for NamedVariant<V> {
    type Error = V::Error;
    type Variant = V;
    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, V), V::Error> {
        Ok((seed.deserialize(self.name.into_deserializer())?, self.content))
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let drawn = generator.subschema_for::<Parametric>();
        let observed = generator.subschema_for::<ObservedSpec>();
        json_schema!({
            "description": "A number, or a distribution from which one number is drawn each time. The unit is the field's.",
            "anyOf": [{ "type": "number", "format": "double" }, drawn, observed]
        })
    }
}

/// One name, or a list of names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    pub names: Vec<String>,
    /// Written as a list: then a name's place is `[index]` below the field.
    pub list: bool,
}

impl Names {
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.list, self.names.as_slice()) {
            (false, [name]) => serializer.serialize_str(name),
            _ => self.names.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;
        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a list of names")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Names, E> {
                Ok(Names { names: vec![name.to_owned()], list: false })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = sequence.next_element()? {
                    names.push(name);
                }
                Ok(Names { names, list: true })
            }
        }
        deserializer.deserialize_any(NamesVisitor)
    }
}

impl JsonSchema for Names {
    fn schema_name() -> Cow<'static, str> {
        "Names".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A name, or a list of names.",
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
        })
    }
}

/// Attributes that are written on a part: one name (set to 1), or values by name.
#[derive(Clone, Debug, PartialEq)]
pub enum SetsSpec {
    Name(String),
    Values(IndexMap<String, Quantity>),
}

impl Serialize for SetsSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            SetsSpec::Name(name) => serializer.serialize_str(name),
            SetsSpec::Values(values) => values.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SetsSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SetsVisitor;
        impl<'de> Visitor<'de> for SetsVisitor {
            type Value = SetsSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an attribute's name, or values by attribute")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<SetsSpec, E> {
                Ok(SetsSpec::Name(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SetsSpec, A::Error> {
                let mut values = IndexMap::new();
                while let Some((name, value)) = map.next_entry()? {
                    values.insert(name, value);
                }
                Ok(SetsSpec::Values(values))
            }
        }
        deserializer.deserialize_any(SetsVisitor)
    }
}

impl JsonSchema for SetsSpec {
    fn schema_name() -> Cow<'static, str> {
        "Sets".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let quantity = generator.subschema_for::<Quantity>();
        json_schema!({
            "description": "An attribute's name (it is set to 1), or values by attribute: {\"ok\": Bernoulli(p: 0.96)}.",
            "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": quantity }]
        })
    }
}
