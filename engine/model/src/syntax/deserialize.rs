//! serde's way into a [`Value`]: the spec types are deserialized from what validation has left. Knows no schema; an error
//! here is what no schema can say (an integer beyond its type), and carries the span of its value.

use super::value::{Field, Value, ValueKind};
use crate::diagnostic::Span;
use serde::de::{self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::fmt;

/// Why a value does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeserializeError {
    /// Of the innermost value; `None` only before one was met.
    pub span: Option<Span>,
    pub message: String,
}

impl de::Error for DeserializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DeserializeError { span: None, message: message.to_string() }
    }
}

impl DeserializeError {
    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

type Result<T> = std::result::Result<T, DeserializeError>;

impl<'de> de::Deserializer<'de> for &'de Value {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let visited = match &self.kind {
            ValueKind::Missing => Err(de::Error::custom("a value is missing")),
            ValueKind::Null => visitor.visit_unit(),
            ValueKind::Bool(value) => visitor.visit_bool(*value),
            ValueKind::Integer(value) => match (u64::try_from(*value), i64::try_from(*value)) {
                (Ok(unsigned), _) => visitor.visit_u64(unsigned),
                (_, Ok(signed)) => visitor.visit_i64(signed),
                _ => visitor.visit_i128(*value),
            },
            ValueKind::Float(value) => visitor.visit_f64(*value),
            ValueKind::Text(text) => visitor.visit_borrowed_str(text),
            ValueKind::List(items) => visitor.visit_seq(Items(items.iter())),
            ValueKind::Fields(fields) => visitor.visit_map(Fields { fields: fields.iter(), value: None }),
            ValueKind::Variant { .. } => visitor.visit_enum(self),
        };
        visited.map_err(|error: DeserializeError| error.at(self.span))
    }

    /// An integer may stand for a float, also one beyond 64 bits.
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind {
            ValueKind::Integer(value) => visitor.visit_f64(value as f64).map_err(|error: DeserializeError| error.at(self.span)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind {
            ValueKind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DeserializeError;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields<'de> {
    fields: indexmap::map::Iter<'de, String, Field>,
    value: Option<&'de Value>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = DeserializeError;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some((name, field)) = self.fields.next() else { return Ok(None) };
        self.value = Some(&field.value);
        seed.deserialize(name.as_str().into_deserializer()).map(Some).map_err(|error: DeserializeError| error.at(field.name_span))
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.value.take().expect("serde asks for a key before its value"))
    }
}

impl<'de> EnumAccess<'de> for &'de Value {
    type Error = DeserializeError;
    type Variant = Payload<'de>;
    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Payload<'de>)> {
        let ValueKind::Variant { name, payload } = &self.kind else {
            return Err(de::Error::custom("a variant is missing"));
        };
        let variant = seed.deserialize(name.text.as_str().into_deserializer());
        let variant = variant.map_err(|error: DeserializeError| error.at(name.span))?;
        Ok((variant, Payload { value: payload.as_deref(), span: self.span }))
    }
}

/// The payload of a variant, on its way to serde.
pub struct Payload<'de> {
    value: Option<&'de Value>,
    span: Span,
}

impl<'de> Payload<'de> {
    fn some(self) -> Result<&'de Value> {
        self.value.ok_or(DeserializeError { span: Some(self.span), message: "the variant's fields are missing".into() })
    }
}

impl<'de> VariantAccess<'de> for Payload<'de> {
    type Error = DeserializeError;
    fn unit_variant(self) -> Result<()> {
        match self.value {
            None => Ok(()),
            Some(value) => Err(DeserializeError { span: Some(value.span), message: "this variant has no fields".into() }),
        }
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.some()?)
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        de::Deserializer::deserialize_any(self.some()?, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        de::Deserializer::deserialize_any(self.some()?, visitor)
    }
}
