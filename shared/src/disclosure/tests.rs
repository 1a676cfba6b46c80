//! Tests of disclosure control.

mod kit;
mod rules;
mod vectors;
