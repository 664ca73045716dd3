//! Tests of seams.
