//! Tests of disclosure control.

mod attacker;
mod audit;
mod kit;
mod random;
mod repeated;
mod rests;
mod rules;
mod sentences;
mod vectors;
