//! Tests of run_directory.
