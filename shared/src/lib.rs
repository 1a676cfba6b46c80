//! The pure core of Weft: the data of a network of location teams, its signing, sync and rollups.
//!
//! Nothing in this crate performs I/O, reads a clock or draws random numbers: times and seeds are
//! arguments, so that a simulator can replay every run from its seed.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

pub mod alignment;
pub mod disclosure;
pub mod document;
pub mod id;
pub mod identity;
pub mod log;
pub mod model;
pub mod period;
pub mod release;
pub mod rollup;
pub mod seen;
pub mod sync;
pub mod text;
pub mod time;
pub mod validation;
pub mod wire;
