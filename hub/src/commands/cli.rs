//! The command line: only the tree of commands. Each command's file owns its arguments.

use clap::{Parser, Subcommand};
use weft_host::shell::{EXIT_CODES, Place};

use super::{
    Json, agenda, alert, backup, bundle, definitions, device, init, insight, investment, invite,
    ledger, location, missing, network, outcome, person, plan, published, release, report, request,
    review, rollup, run, sight, target, token, treatment,
};
use crate::limits::LAYOUT;

/// The hub of a Weft network: receives what location teams share, and adds it up.
#[derive(Debug, Parser)]
#[command(
    name = LAYOUT.program,
    version,
    propagate_version = true,
    max_term_width = 80,
    after_help = EXIT_CODES
)]
pub struct Cli {
    /// The options of every command.
    #[command(flatten)]
    pub place: Place,

    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command of `weft-hub`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a hub: its keys, its data directory and the network's name.
    Init(init::Args),
    /// Serve nodes and pages until stopped.
    Run(run::Args),
    /// Add, list and confirm locations.
    #[command(subcommand)]
    Location(location::Command),
    /// Show or change the network's settings: its time zone.
    #[command(subcommand)]
    Network(network::Command),
    /// Make, list and revoke founding invites.
    #[command(subcommand)]
    Invite(invite::Command),
    /// List devices, block one, and serve it again.
    #[command(subcommand)]
    Device(device::Command),
    /// Import, list and show indicator definitions.
    #[command(subcommand)]
    Definitions(definitions::Command),
    /// Import, list and remove figures that offices published.
    #[command(subcommand)]
    Published(published::Command),
    /// List what was due and did not come, with the reason.
    ///
    /// An indicator is due by its settings due_days and reported_from.
    #[command(after_long_help = super::json_help(missing::shape()))]
    Missing(missing::Args),
    /// List how each location was served: the same columns for all, by code.
    #[command(after_long_help = super::json_help(treatment::shape()))]
    Treatment(treatment::Args),
    /// Set, list and remove the network's targets. Every node receives them.
    #[command(subcommand)]
    Target(target::Command),
    /// Add, change and list the network's outcomes. Every node receives them.
    #[command(subcommand)]
    Outcome(outcome::Command),
    /// Propose, offer and ask, all locations at once, and read their answers.
    #[command(subcommand)]
    Agenda(agenda::Command),
    /// List the requests of locations, and answer them.
    #[command(subcommand)]
    Request(request::Command),
    /// Add, change, list, import and export investments and their lines.
    #[command(subcommand)]
    Investment(investment::Command),
    /// Add, change and list the national team's learning reviews.
    #[command(subcommand)]
    Review(review::Command),
    /// Show need, a community's own priority, work and money side by side, or explain cells.
    ///
    /// A table for each outcome, with a line for each location in the order of the alphabet.
    /// Nothing is blended into a score, and nothing is sorted by value. Money is counted once: what
    /// is for several is shown in each of their cells and added in none.
    #[command(after_long_help = super::json_help(sight::shape()))]
    LineOfSight(sight::Args),
    /// Add up the values that locations shared, or explain one figure.
    ///
    /// CSV has the columns dataset, level, release, indicator_code, indicator_name,
    /// indicator_name_mi, definition_version, location_code, location_name, area_type, area_code,
    /// area_name, freq, period, period_start, period_end, breakdown, breakdown_value, value, unit,
    /// numerator, denominator, obs_status, conf_status, status_reason, n_locations, n_expected,
    /// n_areas, n_areas_expected, denominator_covered, n_contested, base_changed, lower, upper,
    /// value_low, value_high, numerator_low, numerator_high and updated_at, empty if one does
    /// not apply. JSON: [{the same names}], null if one does not apply.
    ///
    /// The figures are the network's, so that a sum over a file is right: --level location gives
    /// those of each location. Each row of CSV and XLSX ends with source, licence and notice.
    ///
    /// In CSV a text that looks like a formula has an apostrophe in front. A number never has.
    ///
    /// unit is the unit of the values. A figure with n_areas below n_areas_expected is partial
    /// (marked * in the table): status_reason says which areas are missing, and why; obs_status is
    /// that of the areas in it.
    #[command(after_long_help = rollup::EXAMPLES)]
    Rollup(rollup::Args),
    /// Propose, check, publish and withdraw releases: what analysts may read.
    #[command(subcommand)]
    Release(release::Command),
    /// Write the report of a period for a minister, for funders or for the community.
    Report(report::Args),
    /// List the plans that locations shared.
    #[command(subcommand)]
    Plan(plan::Command),
    /// List the insights that locations shared.
    #[command(subcommand)]
    Insight(insight::Command),
    /// Print a one-time link into the administration of the running hub.
    Admin,
    /// Back up the hub, check a backup, or restore one.
    ///
    /// A backup is one file, which only its words or its passphrase open. It holds the hub's keys
    /// too. Keep the words and the file in different places.
    Backup(backup::Args),
    /// Take in what a location sent as a file, because it has no line.
    Bundle(bundle::BundleArgs),
    /// Try the command that is called when the hub needs a person.
    #[command(subcommand)]
    Alert(alert::Command),
    /// Invite people, confirm them, and change what they may do.
    #[command(subcommand)]
    Person(person::Command),
    /// Make, list and revoke tokens for the data interface.
    #[command(subcommand)]
    Token(token::Command),
    /// Write out who did and saw what, in the order of time.
    ///
    /// It is of the acts of people and of the hub's own computer, and of each read of what a
    /// location shared. Rows are kept for seven years, addresses for 30 days.
    #[command(after_long_help = super::json_help(ledger::shape()))]
    Ledger(ledger::Args),
    /// Show the state of the hub and of each location, and when each last sent something.
    ///
    /// JSON: {network, operator, country, backup_country, time_zone, hub, log_device, address,
    /// running, sync, pages, administration, entries, waiting, figures, held, quarantined, newer,
    /// set_aside, derived_through, disk_full, late, backup, sessions, locations: [{code, state,
    /// devices, blocked, last_received}]}; address is the one in invites. figures says how far
    /// they are behind, and why. late says how many locations are late, or is null. set_aside names
    /// entries that are left out because the program ended at them. sync, pages and administration
    /// are null unless the hub runs. backup is {lock, schedule: {folder, every, keep}, last: {at,
    /// file, bytes}, failed: {at, why}}, each left out if there is none; it is null if it cannot be
    /// read.
    Status(Json),
    /// Check the store, the disk, the keys, the documents and the figures.
    ///
    /// JSON: [{check, ok, finding}].
    Doctor(Json),
    /// Make documents and figures again from the signed entries.
    ///
    /// Prints a fingerprint of all documents: the same entries give the same one, at any hub.
    ///
    /// JSON: {entries, documents, facts, figures, dump_sha256, dumps: [{location, document,
    /// sha256}]}.
    Rebuild(Json),
}
