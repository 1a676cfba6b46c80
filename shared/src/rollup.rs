//! Aggregation of observations over locations: pure, so hub, node and tests use the same.
