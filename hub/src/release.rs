//! Releases: what of the figures goes out, as which numbers, in which files. A release is proposed,
//! announced to every node, checked by a reviewer and published; what was published stays as it is.

mod acts;
mod check;
mod collect;
mod consent;
mod diff;
mod error;
mod files;
mod freeze;
mod kept;
mod known;
mod plan;
mod proofs;
mod propose;
mod publish;
mod read;
mod relations;
mod rows;
mod shelf;
mod since;
mod standing;
mod verify;

pub use self::{
    acts::{NewRelease, Proposed, ReleaseRow, ReleaseView},
    check::{Checked, Stop},
    diff::Differences,
    error::ReleaseError,
    publish::Published,
    read::Download,
    verify::Verified,
};

#[cfg(test)]
pub(crate) use self::files::Words;
pub(crate) use self::{
    acts::OPERATOR,
    diff::ROUNDED,
    files::{
        Change, Content, CsvPieces, File, Part, archive, changes as changes_csv, differences,
        locations_of, page, sums, uneven,
    },
    plan::notice_words,
    read::lists_changes,
    shelf::Shelf,
    standing::Standing,
};
