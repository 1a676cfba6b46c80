//! The faults of a release, as one location sees them.

use super::RowName;
use crate::{
    id::{IndicatorCode, LocationCode},
    model::{number::Number, observation::ObservationKey, release::ReleaseId},
};

/// A fault of a release, as one location sees it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The chain does not name the release.
    #[error("the chain of releases does not name it")]
    NotInChain,
    /// The hub's announcements do not have the release.
    #[error("the hub announced no such release, or took the announcement back")]
    Unannounced,
    /// The hub announced it in another way before.
    #[error(
        "the hub announced it in another way before, with other indicators, rows, periods or days, \
         or for other readers: our answer was to that"
    )]
    Rewritten,
    /// A statement was counted without a yes.
    #[error("{} was counted, and we did not say yes to that", .0.typed())]
    Unagreed(ObservationKey),
    /// Anybody may read a figure, and the location did not say yes to that.
    #[error("anybody may read it without signing in, and we did not say yes to that for {0}")]
    OpenUnagreed(IndicatorCode),
    /// A row has the location's name, and it said yes to the sum alone.
    #[error("the files have the {0}, and we did not say yes to a row with our name")]
    RowUnagreed(RowName),
    /// The manifest is not the one that the chain names.
    #[error("its manifest is not the one that the chain of releases names")]
    OtherManifest,
    /// The manifest is of another release.
    #[error("its manifest is of another release")]
    OtherRelease,
    /// The location is not in the manifest, although the hub says that it counted its statements.
    #[error("our location is not in its manifest: we were left out")]
    Missing,
    /// The hub calls the location by another code.
    #[error("the hub calls our location {0} in it, and that is not our code")]
    OtherCode(LocationCode),
    /// Another location has the location's code.
    #[error("its manifest gives our code {0} to another location")]
    CodeOfAnother(LocationCode),
    /// The location is in the manifest several times.
    #[error("our location is in its manifest {0} times: we were counted more than once")]
    Doubled(usize),
    /// The salted hash is another than that of the statements that the hub says it counted.
    #[error("its proof of our numbers does not fit the numbers that the hub says it counted")]
    OtherContribution,
    /// One statement was counted twice.
    #[error("{} was counted twice", .0.typed())]
    Twice(ObservationKey),
    /// A statement was counted that the location did not make, or not so.
    #[error("{} was counted as {counted}, and we stated {stated}", key.typed())]
    Altered {
        /// The subject.
        key: ObservationKey,
        /// The counted figure.
        counted: String,
        /// The stated figure.
        stated: String,
    },
    /// A released statement is neither counted nor said to be left out.
    #[error("{} was left out without a word", .0.typed())]
    Omitted(ObservationKey),
    /// A statement was left out for a reason that does not hold.
    #[error(
        "{} was left out because {why}, and nothing on this computer says so: we had released it \
         and said yes before the release was announced, and took neither back",
        key.typed()
    )]
    Owed {
        /// The subject.
        key: ObservationKey,
        /// The hub's reason.
        why: String,
    },
    /// The manifest neither has the location nor says why not.
    #[error(
        "its manifest neither names our location nor says why it was left out. That is right only \
         if the network confirmed our location after the release went out"
    )]
    Unexplained,
    /// The logs had come further than the hub says.
    #[error(
        "the hub had acknowledged entry {acknowledged} of device {dix}, and counted only up to \
         entry {counted}"
    )]
    BackDated {
        /// The device's index.
        dix: u16,
        /// The last entry that it had acknowledged.
        acknowledged: u64,
        /// The last entry that it counted.
        counted: u64,
    },
    /// A sum is said to be kept from a release that did not go out before.
    #[error("the {row} is said to be as {release} showed it, and no such release went out before")]
    KeptFromNone {
        /// The row.
        row: RowName,
        /// The release.
        release: ReleaseId,
    },
    /// A sum is said to be kept, and the earlier release showed another, or none.
    #[error("the {row} is said to be as {release} showed it, and {release} did not show it so")]
    KeptChanged {
        /// The row.
        row: RowName,
        /// The release.
        release: ReleaseId,
    },
    /// A sum is said to be kept, and the list of changes does not say so.
    #[error(
        "the hub told us that the {row} is as {release} showed it, and the list of changes does \
         not say so"
    )]
    KeptUnlisted {
        /// The row.
        row: RowName,
        /// The release.
        release: ReleaseId,
    },
    /// The list of changes has a sum with numbers of the location as kept, and the hub did not tell
    /// it.
    #[error(
        "the list of changes says that the {row} is as {release} showed it, with a number of ours, \
         and the hub did not tell us"
    )]
    KeptHidden {
        /// The row.
        row: RowName,
        /// The release.
        release: ReleaseId,
    },
    /// The manifest says something else of the release than its announcement, its link in the chain
    /// or the network's documents.
    #[error("its manifest has \"{said}\" as {field}, and what the network told us has \"{known}\"")]
    Said {
        /// The field of the manifest.
        field: &'static str,
        /// Its content.
        said: String,
        /// The content that it should have.
        known: String,
    },
    /// The manifest says another notice than there was.
    #[error(
        "its manifest says that teams had {days} days of notice: it was announced on {proposed}, \
         for {due}"
    )]
    OtherNotice {
        /// The days that it says.
        days: u16,
        /// The day of the announcement, in words.
        proposed: String,
        /// The first day on which it might go out, in words.
        due: String,
    },
    /// The release went out before the notice had ended.
    #[error("it went out on {day}, and teams had until {due} to say no")]
    TooEarly {
        /// The day on which it went out, in words.
        day: String,
        /// The first day on which it might, in words.
        due: String,
    },
    /// The table of meanings says something else of an indicator than its definition.
    #[error(
        "indicators.csv has \"{said}\" as {column} of {code} version {version}, and the definition \
         that the network told us has \"{expected}\""
    )]
    Meaning {
        /// The code of the indicator.
        code: String,
        /// The version of its definition.
        version: String,
        /// The column.
        column: &'static str,
        /// Its content.
        said: String,
        /// The content that it should have.
        expected: String,
    },
    /// The table of meanings has a version that the network does not.
    #[error(
        "indicators.csv has version {version} of {code}, and the network told us of no such version"
    )]
    NoMeaning {
        /// The code of the indicator.
        code: String,
        /// The version.
        version: String,
    },
    /// The table of meanings has no line for a version of which there are rows.
    #[error(
        "indicators.csv has no line for {code} version {version}, and the tables have rows of it"
    )]
    NoMeaningOf {
        /// The code of the indicator.
        code: String,
        /// The version.
        version: String,
    },
    /// The table of meanings has several lines for one version.
    #[error("indicators.csv has {lines} lines for {code} version {version}, and there must be one")]
    MeaningLines {
        /// The code of the indicator.
        code: String,
        /// The version.
        version: String,
        /// The number of lines.
        lines: usize,
    },
    /// A table has the same row twice.
    #[error("the files have the {0} twice")]
    RowDoubled(RowName),
    /// A row is of a location that the network does not have.
    #[error("the files have the {0}, and the network has no location of that code")]
    RowStranger(RowName),
    /// A row says something else than follows from the documents of the network and its own counts.
    #[error("the {row} has {column} {shown}, and it should be {expected}")]
    RowWords {
        /// The row.
        row: RowName,
        /// The column's name.
        column: &'static str,
        /// Its content, in quotes; `empty` if there is none.
        shown: String,
        /// The content that it should have.
        expected: String,
    },
    /// A row differs between what the hub sent the location and the files.
    #[error("the {0} is another in the files than the hub showed us")]
    RowChanged(RowName),
    /// The files have a row about the location that the hub did not send it.
    #[error("the files have the {0}, and the hub did not show it to us")]
    RowHidden(RowName),
    /// The hub sent the location a row that the files do not have.
    #[error("the hub showed us the {0}, and the files do not have it")]
    RowInvented(RowName),
    /// The files have a row about the location with a figure that is not proved.
    #[error(
        "the files have the {0} with a figure: the hub sent us no proof of what it counted there, \
         and no office published it as far as this computer knows"
    )]
    RowUnproven(RowName),
    /// A statement was counted, and its location has no row.
    #[error(
        "{} was counted, and the files have no row of ours for it, as was announced",
        .0.typed()
    )]
    RowMissing(ObservationKey),
    /// The location's own row is too far from the sum of its statements.
    #[error(
        "the {row} shows the {part} {shown}, and what was counted of ours adds up to {counted}: \
         more than {most} apart, and no count of ours in an earlier release explains it"
    )]
    RowOff {
        /// The row.
        row: RowName,
        /// `numerator` or `denominator`.
        part: &'static str,
        /// The shown count.
        shown: Number,
        /// The sum of the counted statements.
        counted: Number,
        /// The most that rounding explains.
        most: i64,
    },
    /// A row follows another version of the definition than what was counted.
    #[error(
        "the {row} follows version {version} of its definition, and what was counted of ours is of \
         another that it is not added to"
    )]
    RowVersion {
        /// The row.
        row: RowName,
        /// The version as the file has it.
        version: String,
    },
    /// A row with numbers of the location is empty, and not withheld.
    #[error(
        "the {0} is empty and does not say that it is withheld, and a number of ours was counted \
         in it"
    )]
    RowBlank(RowName),
    /// A row lacks a count that its figure is made of.
    #[error("the {row} shows a figure without its {part}, and a number of ours was counted in it")]
    RowPartMissing {
        /// The row.
        row: RowName,
        /// `numerator` or `denominator`.
        part: &'static str,
    },
    /// A figure is another than what it is made of gives.
    #[error("the {row} shows {shown}, and what it is made of gives {expected}")]
    RowFigure {
        /// The row.
        row: RowName,
        /// The shown figure, in words.
        shown: String,
        /// The figure that it should be, in words.
        expected: String,
    },
    /// The network's row is too far from the sum of the rows of its locations.
    #[error(
        "the {row} shows the {part} {shown}, and its {rows} rows of locations add up to {sum}: \
         more than {most} apart"
    )]
    SumOff {
        /// The row.
        row: RowName,
        /// `numerator` or `denominator`.
        part: &'static str,
        /// The shown count.
        shown: Number,
        /// The sum over the rows of locations.
        sum: Number,
        /// The number of those rows.
        rows: usize,
        /// The most that rounding explains.
        most: i64,
    },
}
