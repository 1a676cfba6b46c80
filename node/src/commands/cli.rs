//! The tree of commands. Their arguments and output are in files under `commands/`.

use crate::limits::LAYOUT;
use clap::{Parser, Subcommand};
use weft_host::{
    backup::Backup,
    shell::{EXIT_CODES, Place},
};

use super::{
    agenda::Agenda, bundle::BundleArgs, conflicts::Conflicts, device::Device, doctor::Doctor,
    export::Export, history::History, import::Import, indicator::Indicator, join::Join,
    ledger::Ledger, line_of_sight::LineOfSight, observation::Observation, open::Open, page::Page,
    readers::Readers, rebuild::Rebuild, record::RecordCommand, recover::Recover, release::Release,
    report::Report, request::Request, run::Run, seen::Seen, start_alone::StartAlone,
    status::Status, sync::Sync, verify::Verify, words::Words,
};

/// A location's node of a Weft network: keeps the location's plan, indicator values and insights on
/// this computer, signed, and shares what the location chose to share with the network's hub.
#[derive(Debug, Parser)]
#[command(name = LAYOUT.program, version, max_term_width = 80, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) place: Place,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands of the program.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Join(Join),
    Recover(Recover),
    StartAlone(StartAlone),
    Open(Open),
    Run(Run),
    Page(Page),
    Sync(Sync),
    Status(Status),
    Device(Device),
    Indicator(Indicator),
    Observation(Observation),
    Import(Import),
    #[command(flatten)]
    Record(RecordCommand),
    Agenda(Agenda),
    Request(Request),
    LineOfSight(LineOfSight),
    Conflicts(Conflicts),
    History(History),
    Release(Release),
    Readers(Readers),
    Ledger(Ledger),
    Seen(Seen),
    Report(Report),
    Export(Export),
    Backup(Backup),
    Bundle(BundleArgs),
    Verify(Verify),
    Doctor(Doctor),
    Rebuild(Rebuild),
    Words(Words),
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::Cli;

    #[test]
    fn the_tree_of_commands_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_data_directory_may_follow_the_command() {
        for line in [
            "weft-node --data-dir d status --json",
            "weft-node status --data-dir d",
            "weft-node initiative add --name x --data-dir d --audience network",
            "weft-node conflicts settle ID --choose 2 --data-dir d",
            "weft-node insight withdraw 0193 --data-dir d",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.place.data_dir.unwrap().to_str(), Some("d"), "{line}");
        }
    }

    #[test]
    fn a_value_needs_a_figure_or_a_status() {
        let set = "weft-node observation set A1 --area AB --period 2023";
        for (rest, fits) in [
            ("", false),
            // A count has no denominator, but only the definition says what is a count.
            ("--numerator 1", true),
            ("--denominator 2", false),
            ("--numerator 1 --denominator 2", true),
            ("--value 1 --numerator 1 --denominator 2", false),
            ("--value -1", true),
            ("--status L", true),
            ("--denominator 2 --status Q", true),
        ] {
            let line = format!("{set} {rest}");
            let parsed = Cli::try_parse_from(line.split_whitespace());
            assert_eq!(parsed.is_ok(), fits, "{rest}");
        }
    }
}
