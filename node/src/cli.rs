//! The tree of commands; what each takes and prints stands in its own file under `commands/`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{
    conflicts::Conflicts, device::Device, doctor::Doctor, export::Export, history::History,
    import::Import, indicator::Indicator, join::Join, observation::Observation, rebuild::Rebuild,
    record::RecordCommand, run::Run, status::Status, sync::Sync, verify::Verify,
};

/// A location's node of a Weft network: keeps the location's plan, indicator values and insights on
/// this computer, signed, and shares with the network's hub what the location chose to share.
#[derive(Debug, Parser)]
#[command(name = "weft-node", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Where this node keeps its keys and records.
    #[arg(long, global = true, env = "WEFT_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Settings that flags and the environment may override; without it, `config.toml` in the
    /// data directory.
    #[arg(long, global = true, env = "WEFT_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Join(Join),
    Run(Run),
    Sync(Sync),
    Status(Status),
    Device(Device),
    Indicator(Indicator),
    Observation(Observation),
    Import(Import),
    #[command(flatten)]
    Record(RecordCommand),
    Conflicts(Conflicts),
    History(History),
    Export(Export),
    Verify(Verify),
    Doctor(Doctor),
    Rebuild(Rebuild),
}

const EXIT_CODES: &str = "\
Data goes to stdout, talk to stderr. Exit codes: 0 ok, 1 failed, 2 usage, 3 needs action, \
10 no data directory, 20 hub unreachable (work is safe), 21 refused by the hub.";
