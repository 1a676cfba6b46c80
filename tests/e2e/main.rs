//! The built programs in separate processes, as people and scripts use them.
//!
//! Run `cargo build --bins` first: the tests refuse programs that are older than the sources.

mod agenda;
mod aligned;
mod alone;
mod backups;
mod carried;
mod clock;
mod column;
mod comeback;
mod config;
mod contract;
mod copies;
mod devices;
mod disk;
mod drops;
mod export;
mod figures;
#[cfg(unix)]
mod golden;
#[path = "../hostile/hostile.rs"]
mod hostile;
mod invites;
#[path = "../oracle/judge.rs"]
mod judge;
mod kill;
mod money;
mod network;
#[cfg(unix)]
mod open;
mod own;
mod program;
#[cfg(unix)]
mod proxy;
#[cfg(unix)]
mod readme;
mod reads;
mod rebuild;
mod released;
mod releases;
mod report;
mod rooms;
mod seen;
mod stores;
mod team;
mod unreachable;
mod verified;
mod web;
#[cfg(unix)]
mod welcome;
mod words;
mod workbook;
mod wrong;
