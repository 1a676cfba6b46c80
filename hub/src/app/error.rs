//! Failures of requests to the hub, in words for the person who asked.

use std::path::PathBuf;

use weft_host::{data_dir::DataDirError, output::ExitCode, problems};
use weft_shared::{
    id::{AreaCode, IndicatorCode, LocationCode},
    identity::BadAddress,
    model::{indicator::Problem, profile},
    period::Date,
    text::counted,
};

use super::{people::PersonError, published::Wrong, tokens::TokenError};
use crate::{keys::KeysError, store::StoreError};

/// The reason the hub could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A hub exists already.
    #[error(
        "{} holds a hub already. Nothing was changed; for another hub name another directory with \
         --data-dir", path.display()
    )]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address is not valid.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] weft_host::config::ConfigError),
    /// The hub cannot listen.
    #[error(transparent)]
    Listen(#[from] weft_host::quic::ListenError),
    /// A name that is empty or too long.
    #[error("the {what} has 1 to {bytes_max} bytes and no control characters")]
    Name {
        /// The thing that is named.
        what: &'static str,
        /// Maximum length in bytes.
        bytes_max: usize,
    },
    /// There is no place for another file of figures now.
    #[error(
        "as many files of figures are being read as there may be at once, or two by you alone; ask \
         again in a few seconds"
    )]
    FilesBusy,
    /// The ground of an act changed while it was being prepared.
    #[error("a location stored something meanwhile; try again")]
    Meanwhile,
    /// The days of a part of the ledger are in the wrong order.
    #[error("the last day, {until}, is before the first, {since}: name them the other way round")]
    LedgerDays {
        /// The first day.
        since: Date,
        /// The last.
        until: Date,
    },
    /// The network has no such location.
    #[error(
        "the network has no location {code}; weft-hub location list shows those it has, and \
         weft-hub location add {code} adds it"
    )]
    UnknownLocation {
        /// The code.
        code: LocationCode,
    },
    /// The network has no such indicator.
    #[error("the network has no indicator {code}; weft-hub definitions list shows those it has")]
    UnknownIndicator {
        /// The code.
        code: IndicatorCode,
    },
    /// More indicators than the overview draws.
    #[error(
        "the overview shows at most {most} indicators first, and {named} were named, so nothing \
         was changed; the others stay below them, one line each"
    )]
    HeadlineTooLong {
        /// The number that was named.
        named: usize,
        /// The number that there may be.
        most: usize,
    },
    /// Two locations cannot stand on one tile.
    #[error(
        "{first} and {second} stand on one tile, so nothing was changed; give one of them another \
         row or column"
    )]
    TileTaken {
        /// One of them.
        first: LocationCode,
        /// The other.
        second: LocationCode,
    },
    /// A change of a location's areas must name its first day.
    #[error(
        "{code} is there already with other areas, and nothing was changed. Say from which day it \
         has these: --from 2024-01-01. Periods that end before that day stay as they are. If its \
         areas were wrong all the time, say --from start"
    )]
    AreasNeedDay {
        /// The location.
        code: LocationCode,
    },
    /// A new location has its areas from the start.
    #[error(
        "{code} is new, and a new location has its areas from the start, so nothing was changed. \
         Leave --from out. If {code} takes over an area on a day, add it without --area first, and \
         then give --area and --from"
    )]
    NewFromDay {
        /// The location.
        code: LocationCode,
    },
    /// A location that is to end has ended by then.
    #[error(
        "{code} has no areas after {last}, so it has ended already, and nothing was changed. If it \
         goes on, give it areas: weft-hub location add {code} --name NAME --area CODE=NAME --from \
         DAY"
    )]
    Ended {
        /// The location.
        code: LocationCode,
        /// The last day on which it had an area.
        last: String,
    },
    /// A location is to end before it has any area.
    #[error(
        "{code} has no areas before that day, so it would have none at any time, and nothing was \
         changed. Give a later day"
    )]
    EndsBeforeItBegins {
        /// The location.
        code: LocationCode,
    },
    /// A new location has the prefix of an indicator of the network as its code.
    #[error(
        "{code} cannot be a location's code: the network's indicator {indicator} begins with it, \
         and codes that begin with {code}_ are the location's own indicators. Choose another code"
    )]
    CodeIsPrefix {
        /// The location.
        code: LocationCode,
        /// The indicator.
        indicator: IndicatorCode,
    },
    /// A code that means all locations.
    #[error("ALL names all locations where money is stated, so no location has it: choose another")]
    CodeIsAll,
    /// A code of others is for an area of the location.
    #[error(
        "{alias} names no area of {code}, so nothing was changed: {area} is not one. Give its \
         areas with --area first, or mend the code after ="
    )]
    AliasOfNoArea {
        /// The code of others, as given.
        alias: String,
        /// The area that it names.
        area: AreaCode,
        /// The location.
        code: LocationCode,
    },
    /// A location has too many codes of others.
    #[error(
        "{code} would have more than {} codes of others for its areas, so nothing was changed. \
         Give only those that files use",
        profile::ALIASES_MAX
    )]
    TooManyAliases {
        /// The location.
        code: LocationCode,
    },
    /// An area can belong to one location only.
    #[error(
        "the area {area} belongs to {code} at that time; areas of two locations never overlap, or \
         people would be counted twice. If it changes hands, hand it over: \
         weft-hub location areas {area}=LOCATION --from DAY"
    )]
    AreaTaken {
        /// The area.
        area: AreaCode,
        /// The location that it belongs to.
        code: LocationCode,
    },
    /// One area cannot go to two locations.
    #[error("the area {area} is named twice, so nothing was changed: it goes to one location")]
    AreaTwice {
        /// The area.
        area: AreaCode,
    },
    /// An area that no one has can be handed over by no one.
    #[error(
        "no location has the area {area} for good, so nothing was changed. weft-hub location list \
         shows who has which; weft-hub location add gives one that is new"
    )]
    AreaOfNobody {
        /// The area.
        area: AreaCode,
    },
    /// A location has one area at least.
    #[error(
        "{code} would have no area left, so nothing was changed. Name what it gets in the same \
         command: AREA={code}"
    )]
    NoAreaLeft {
        /// The location.
        code: LocationCode,
    },
    /// The change that a person was shown differs from the one that would be made now.
    #[error(
        "somebody else changed the network meanwhile, so {code} would become something else than \
         was shown. Nothing was changed: say it again"
    )]
    NetworkMoved {
        /// The location that was to change.
        code: LocationCode,
    },
    /// The code belongs to a location already.
    #[error(
        "{code} has joined already, so no founding invite was made. A further device joins with \
         an invite made at one of its own devices: weft-node device invite. If all of them are \
         lost, its recovery words bring it back: weft-hub invite create {code} --way-back"
    )]
    CodeBound {
        /// The code.
        code: LocationCode,
    },
    /// No device ever joined as the code.
    #[error(
        "no device has joined as {code}, so there is nothing to come back to. Make a founding \
         invite: weft-hub invite create {code}"
    )]
    NothingLost {
        /// The code.
        code: LocationCode,
    },
    /// The text names no invite.
    #[error(
        "\"{text}\" is neither an invite's number nor a location's code. weft-hub invite list \
         shows both"
    )]
    NotAnInvite {
        /// The text.
        text: String,
    },
    /// No open invite has this number or code.
    #[error(
        "no open invite matches {text}: nothing was revoked. weft-hub invite list shows which are \
         open"
    )]
    NoOpenInvite {
        /// The number or the code.
        text: String,
    },
    /// No device has joined, so there is nothing to confirm.
    #[error(
        "no device has joined as {code} yet, so there is nothing to confirm. Send the location its \
         invite: weft-hub invite create {code}"
    )]
    NotJoined {
        /// The location.
        code: LocationCode,
    },
    /// The text cannot be confirmation words at all.
    #[error(
        "nothing was confirmed: {0}. Give all four as the steward reads them out, such as \
         \"frost cargo approve ostrich\""
    )]
    NotWords(String),
    /// The words are not those of the device that joined.
    #[error(
        "these are not the words of the device that joined as {code}, so it stays unconfirmed. Ask \
         the steward to read them out again. If they still differ, somebody else has used the \
         invite: do not confirm, and call the team"
    )]
    OtherWords {
        /// The location.
        code: LocationCode,
    },
    /// The location was confirmed before, and the words are not those of the device that joined.
    #[error(
        "{code} was confirmed before, but not by these words: they are not those of the device \
         that joined. Ask the steward to read them out again; if they still differ, somebody else \
         has used the invite: call the team, and see weft-hub device list and weft-hub device block"
    )]
    ConfirmedByOthers {
        /// The location.
        code: LocationCode,
    },
    /// The hub's address is not known.
    #[error(
        "an invite carries the hub's address, and the one it listens at cannot be called by other \
         devices: start the hub first (weft-hub run), or make it with --public-address HOST:PORT"
    )]
    NoAddress,
    /// A definitions file with problems, and all of these.
    #[error("nothing was imported: {}", in_words(problems))]
    Definitions {
        /// The problems with their lines.
        problems: Vec<Problem>,
    },
    /// A definitions file that cannot be imported as a whole.
    #[error("nothing was imported: {}", .0.join("; "))]
    DefinitionsRefused(Vec<String>),
    /// Settings of a definition that cannot be stored, with all that is wrong with them.
    #[error("nothing was changed: {}", .0.join("; "))]
    SettingsRefused(Vec<String>),
    /// A target that cannot be set or found, with all that is wrong with it.
    #[error("nothing was changed: {}", .0.join("; "))]
    TargetRefused(Vec<String>),
    /// Something of the agenda or of money that cannot be written or found, and all its problems.
    #[error("nothing was changed: {}", .0.join("; "))]
    AgendaRefused(Vec<String>),
    /// A file of published figures or of money with problems, and all of these.
    #[error("nothing was imported: {}", lines(problems))]
    PublishedFile {
        /// The problems with their lines.
        problems: Vec<Wrong>,
    },
    /// An import of figures or of money that cannot be made or found.
    #[error("nothing was changed: {0}")]
    PublishedRefused(String),
    /// Acknowledged entries are not in the figures yet.
    #[error(
        "the figures are {} behind what locations have shared, after waiting {} s; \
         nothing is lost. Ask again in a moment",
        counted(*behind, "entry", "entries"),
        waited_ms / 1_000
    )]
    Behind {
        /// Number of entries that are not folded yet.
        behind: u64,
        /// Time waited.
        waited_ms: u64,
    },
    /// There is no such figure.
    #[error("{0}")]
    NoFigure(String),
    /// A person must say or confirm which column of a file is what.
    #[error("nothing was imported, because the file's columns must be confirmed: {0}")]
    PublishedColumns(String),
    /// More figures than a workbook holds.
    #[error(
        "a workbook holds at most {most} figures, and these are more: ask for one indicator or \
         fewer periods, or for CSV"
    )]
    WorkbookFull {
        /// Maximum number of figures.
        most: u32,
    },
    /// Nothing is known as of this moment.
    #[error("{0}")]
    NoMoment(String),
    /// The hub's own documents refused an edit.
    #[error("the hub's own documents could not be changed: {0}")]
    Own(String),
    /// A reading could not be recorded, so nothing is shown.
    #[error(
        "what locations shared is shown only once the ledger says who read it, and that could not \
         be written: {0}"
    )]
    Unrecorded(#[source] StoreError),
    /// An act on a person was refused.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// An act on a token that was refused.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The aggregation has ended.
    #[error("the aggregation has stopped: {0}; start the hub again, or run weft-hub rebuild")]
    Aggregation(String),
}

impl AppError {
    /// The hub is about to stop.
    pub(crate) const fn closed() -> Self {
        Self::Store(StoreError::Closed)
    }

    /// The exit code of a command that fails with this error.
    pub const fn exit_code(&self) -> ExitCode {
        match self {
            Self::DataDir(DataDirError::Missing { .. }) => ExitCode::NoDataDir,
            Self::Person(error) => error.exit_code(),
            Self::Token(error) => error.exit_code(),
            // The arguments name something that does not exist.
            Self::UnknownLocation { .. }
            | Self::LedgerDays { .. }
            | Self::UnknownIndicator { .. }
            | Self::HeadlineTooLong { .. }
            | Self::TileTaken { .. }
            | Self::NoFigure(_)
            | Self::WorkbookFull { .. }
            | Self::NoMoment(_)
            | Self::Name { .. }
            | Self::AreasNeedDay { .. }
            | Self::AreaTwice { .. }
            | Self::AreaOfNobody { .. }
            | Self::NewFromDay { .. }
            | Self::Ended { .. }
            | Self::EndsBeforeItBegins { .. }
            | Self::CodeIsPrefix { .. }
            | Self::CodeIsAll
            | Self::AliasOfNoArea { .. }
            | Self::TooManyAliases { .. }
            | Self::NotAnInvite { .. }
            | Self::NoOpenInvite { .. }
            | Self::NotWords(_)
            | Self::SettingsRefused(_)
            | Self::TargetRefused(_)
            | Self::AgendaRefused(_)
            | Self::PublishedRefused(_)
            | Self::Address(_)
            | Self::Config(_) => ExitCode::Usage,
            Self::Behind { .. }
            | Self::FilesBusy
            | Self::Meanwhile
            | Self::PublishedColumns(_)
            | Self::DataDir(DataDirError::InUse { .. })
            | Self::Exists { .. }
            | Self::AreaTaken { .. }
            | Self::NoAreaLeft { .. }
            | Self::NetworkMoved { .. }
            | Self::CodeBound { .. }
            | Self::NothingLost { .. }
            | Self::NotJoined { .. }
            | Self::OtherWords { .. }
            | Self::ConfirmedByOthers { .. }
            | Self::NoAddress => ExitCode::NeedsAction,
            Self::DataDir(_)
            | Self::Keys(_)
            | Self::Store(_)
            | Self::Definitions { .. }
            | Self::DefinitionsRefused(_)
            | Self::PublishedFile { .. }
            | Self::Listen(_)
            | Self::Own(_)
            | Self::Unrecorded(_)
            | Self::Aggregation(_) => ExitCode::Failed,
        }
    }
}

/// Lists each message once, with its lines. A file of another kind would have no end of them.
fn in_words(problems: &[Problem]) -> String {
    let count = counted(problems.len(), "problem", "problems");
    let mut text = format!("the file has {count}.");
    let lines = problems
        .iter()
        .map(|one| (one.line as u64, one.message.as_str()));
    let groups = problems::grouped(lines);
    for group in groups.iter().take(PROBLEM_MESSAGES_MAX) {
        text.push_str("\n  ");
        text.push_str(group);
    }
    if let rest @ 1.. = groups.len().saturating_sub(PROBLEM_MESSAGES_MAX) {
        let rest = counted(rest, "other message", "other messages");
        text.push_str(&format!("\n  and {rest}"));
    }
    text.push_str("\nMend it and import it again: examples/data/indicators.toml shows the form.");
    if groups.len() < problems.len() || groups.len() > PROBLEM_MESSAGES_MAX {
        text.push_str("\n--all-problems names each problem with its line.");
    }
    text
}

/// Lists the problems of a file of published figures, each message once.
fn lines(problems: &[Wrong]) -> String {
    let count = counted(problems.len(), "problem", "problems");
    let lines = problems.iter().map(|one| (one.line, one.message.as_str()));
    let groups = problems::grouped(lines);
    let mut text = format!("the file has {count}.");
    for group in groups.iter().take(PROBLEM_MESSAGES_MAX) {
        text.push_str("\n  ");
        text.push_str(group);
    }
    if let rest @ 1.. = groups.len().saturating_sub(PROBLEM_MESSAGES_MAX) {
        let rest = counted(rest, "other message", "other messages");
        text.push_str(&format!("\n  and {rest}"));
    }
    text
}

/// Maximum number of messages about one file, unless a person asks for all of them.
const PROBLEM_MESSAGES_MAX: usize = 20;
