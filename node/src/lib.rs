//! A location's node: its documents, signed log and keys on this computer, and the link to the hub.

mod app;
mod cli;
mod commands;
mod conflicts;
mod doctor;
pub mod enrol;
mod export;
mod failure;
mod fuzz;
mod import;
#[cfg(test)]
mod kit;
mod limits;
mod link;
mod node;
mod observations;
mod pages;
mod program;
mod questions;
mod records;
mod replica;
mod settings;
mod store;
mod verify;
mod view;
mod words;

pub use self::{
    app::AppHandle,
    failure::Failure,
    fuzz::try_file,
    node::Node,
    program::{run_command, run_process},
};

use weft_host::data_dir::Layout;

/// The layout of the data directory.
pub(crate) const LAYOUT: Layout = Layout {
    program: "weft-node",
    version: 1,
};

/// Returns the tree of commands, for programs that show or check it.
#[must_use]
pub fn command() -> clap::Command {
    <cli::Cli as clap::CommandFactory>::command()
}
