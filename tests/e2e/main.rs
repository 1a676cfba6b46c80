//! The built programs in separate processes, as people and scripts use them.
//!
//! `cargo build --bins` first: the tests refuse programs that are older than the sources.

mod contract;
mod kill;
mod network;
mod program;
mod wrong;
