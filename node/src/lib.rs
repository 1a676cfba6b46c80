//! A location's node: its documents, signed log and keys on this computer, and the link to the hub.

mod app;
mod commands;
mod curve;
mod edits;
pub mod enrol;
mod export;
mod import;
#[cfg(test)]
mod kit;
mod limits;
mod link;
mod owner;
mod pages;
mod program;
mod replica;
mod report;
mod settings;
mod simulated;
mod store;
mod verify;
mod view;
mod words;

pub use self::{
    app::{AppHandle, Node},
    import::fuzz::try_file,
    program::{main, run_command, run_in},
    simulated::Simulated,
};

/// Returns the tree of commands, for programs that show or check it.
pub fn command() -> clap::Command {
    weft_host::shell::command::<commands::cli::Cli>(limits::LAYOUT)
}
