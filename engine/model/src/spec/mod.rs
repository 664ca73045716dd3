//! The scene as a user writes it: serde and schemars types whose doc comments are the schema documentation.
