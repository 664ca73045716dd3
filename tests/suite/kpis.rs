//! Tests of kpis.
