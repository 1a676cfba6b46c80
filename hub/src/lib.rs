//! The hub of a Weft network: receives signed entries from nodes, keeps them, and adds up what
//! locations shared.
//!
//! [`app::AppHandle`] is the way in for commands, pages and tests; [`pages::start`] serves pages.

mod aggregate;
mod allowances;
mod api;
pub mod app;
pub mod cli;
pub mod commands;
mod directory;
mod enrol;
mod keys;
#[cfg(test)]
mod kit;
pub mod limits;
mod listener;
pub mod pages;
mod peer;
pub mod program;
mod settings;
pub mod store;
mod strangers;
mod switchboard;
#[cfg(test)]
mod tests;
