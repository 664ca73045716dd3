//! Tests of broken_scenes.
