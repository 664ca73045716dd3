//! A number of a scene, or the distribution it is drawn from, and the other fields that may be written in two ways.
//! Knows how they are written, not whether the parameters make sense (`check` does).

use crate::distribution::Distribution;
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{EnumAccessDeserializer, MapAccessDeserializer};
use serde::de::{EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A number, or a distribution from which one number is drawn each time. The unit is the field's.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    Number(f64),
    Drawn(DistributionSpec),
}

/// A probability distribution. All parameters have the unit of the field, but where they say otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Distribution")]
pub enum DistributionSpec {
    /// Equally likely between two limits.
    Uniform {
        /// Lower limit.
        min: f64,
        /// Upper limit.
        max: f64,
    },
    /// A triangle between two limits: what people estimate well.
    Triangular {
        /// Lower limit.
        min: f64,
        /// Most likely value.
        mode: f64,
        /// Upper limit.
        max: f64,
    },
    /// Gauss's bell; can be negative.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Normal, drawn again while outside the limits.
    TruncatedNormal {
        /// Mean before truncation.
        mean: f64,
        /// Standard deviation before truncation.
        sd: f64,
        /// Lower limit.
        min: f64,
        /// Upper limit.
        max: f64,
    },
    /// Positive and skewed to the right (repair times), by mean and standard deviation of the value itself.
    Lognormal {
        /// Mean of the value (not of its logarithm).
        mean: f64,
        /// Standard deviation of the value (not of its logarithm).
        sd: f64,
    },
    /// Memoryless: times between independent events.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Sum of `k` equal exponential times.
    Erlang {
        /// Mean of the sum.
        mean: f64,
        /// Number of exponential times, at least 1 [-].
        k: u32,
    },
    /// Gamma, mean `shape * scale`.
    Gamma {
        /// Shape [-].
        shape: f64,
        /// Scale.
        scale: f64,
    },
    /// Life times: a shape below 1 fails early, above 1 wears out.
    Weibull {
        /// Scale: 63.2 % lie below.
        scale: f64,
        /// Shape [-].
        shape: f64,
    },
    /// 1 with probability `p`, else 0.
    Bernoulli {
        /// Probability of 1, from 0 to 1 [-].
        p: f64,
    },
    /// One of several values.
    Discrete {
        /// The values.
        values: Vec<f64>,
        /// Their relative weights, one for each value [-].
        weights: Vec<f64>,
    },
}

impl Quantity {
    pub fn distribution(&self) -> Distribution {
        match self {
            Quantity::Number(value) => Distribution::Constant(*value),
            Quantity::Drawn(drawn) => match drawn.clone() {
                DistributionSpec::Uniform { min, max } => Distribution::Uniform { min, max },
                DistributionSpec::Triangular { min, mode, max } => Distribution::Triangular { min, mode, max },
                DistributionSpec::Normal { mean, sd } => Distribution::Normal { mean, sd },
                DistributionSpec::TruncatedNormal { mean, sd, min, max } => Distribution::TruncatedNormal { mean, sd, min, max },
                DistributionSpec::Lognormal { mean, sd } => Distribution::Lognormal { mean, sd },
                DistributionSpec::Exponential { mean } => Distribution::Exponential { mean },
                DistributionSpec::Erlang { mean, k } => Distribution::Erlang { mean, k },
                DistributionSpec::Gamma { shape, scale } => Distribution::Gamma { shape, scale },
                DistributionSpec::Weibull { scale, shape } => Distribution::Weibull { scale, shape },
                DistributionSpec::Bernoulli { p } => Distribution::Bernoulli { p },
                DistributionSpec::Discrete { values, weights } => Distribution::Discrete { values, weights },
            },
        }
    }
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
                DistributionSpec::deserialize(EnumAccessDeserializer::new(data)).map(Quantity::Drawn)
            }
            /// JSON writes a variant as a map of one entry.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Quantity, A::Error> {
                DistributionSpec::deserialize(MapAccessDeserializer::new(map)).map(Quantity::Drawn)
            }
        }
        deserializer.deserialize_any(QuantityVisitor)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let drawn = generator.subschema_for::<DistributionSpec>();
        json_schema!({
            "description": "A number, or a distribution from which one number is drawn each time. The unit is the field's.",
            "anyOf": [{ "type": "number", "format": "double" }, drawn]
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
