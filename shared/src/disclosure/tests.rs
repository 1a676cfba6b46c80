//! Tests of disclosure control.

mod attacker;
mod audit;
mod kit;
mod random;
mod rules;
mod vectors;
