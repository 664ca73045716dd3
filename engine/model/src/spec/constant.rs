//! A constant of a scene, whatever it is: known by then to be plain data, and an input like any other.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A number, a text, a truth value, a list or a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConstantSpec(pub serde_json::Value);

impl JsonSchema for ConstantSpec {
    fn schema_name() -> Cow<'static, str> {
        "Constant".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A number, a text, a truth value, a list or a distribution." })
    }
}
