//! Everything that both programs of Weft need to touch the outside world.
//!
//! The data directory, configuration, output, QUIC endpoints and the driver of a session, the
//! channel from the command line to a running program, and the safeguards of local pages. Nothing
//! here knows the domain.
#![warn(missing_docs)]

pub mod answer;
pub mod assets;
pub mod backup;
pub mod browser;
pub mod chart;
pub mod clock;
pub mod config;
pub mod control;
pub mod csv;
pub mod data_dir;
pub mod drive;
pub mod failure;
pub mod file;
pub mod folder;
pub mod hook;
mod http;
pub mod intake;
pub mod limits;
pub mod list;
pub mod log;
pub mod output;
pub mod page;
pub mod problems;
pub mod qr;
pub mod quic;
pub mod random;
pub mod reply;
pub mod shell;
pub mod split;
pub mod table;
pub mod task;
pub mod text;
pub mod upload;
pub mod words;
