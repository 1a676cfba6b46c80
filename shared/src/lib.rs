//! The pure core of Weft: what a network of location teams knows, signs, exchanges and adds up.
//!
//! Nothing in this crate performs I/O, reads a clock or draws randomness: time and seeds come in as
//! arguments, so that a simulator replays every run from its seed.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

pub mod document;
pub mod id;
pub mod identity;
pub mod log;
pub mod model;
pub mod period;
pub mod rollup;
pub mod sync;
pub mod time;
pub mod validation;
pub mod wire;
