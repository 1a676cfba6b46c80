//! The hub of a Weft network: receives signed entries from nodes, keeps them, and adds up what
//! locations shared.
//!
//! [`app::AppHandle`] is the way in for commands, pages and tests; [`serve`] opens it to nodes and
//! browsers.

pub mod access;
mod aggregate;
mod alert;
mod api;
pub mod app;
pub mod commands;
mod directory;
mod enrol;
pub mod figures;
mod keys;
#[cfg(test)]
mod kit;
pub mod ledger;
pub mod limits;
mod pages;
mod peer;
pub mod program;
mod query;
mod registry;
pub mod release;
pub mod serve;
mod settings;
pub mod sight;
pub mod store;
#[cfg(test)]
mod tests;
pub mod treatment;

pub use self::peer::accept;
