//! Releases: frozen, numbered and checksummed publications of rollups. It is pure: rows, manifests
//! and contributions are functions of what is passed in, so that hub and nodes make the same bytes.

pub mod chain;
pub mod check;
pub mod contribution;
pub mod earlier;
pub mod fault;
pub mod formats;
pub mod manifest;
pub mod meaning;
pub mod row;
pub mod said;
pub mod table;

pub use self::{
    chain::chain_words,
    check::{Agreed, Own, Proof, Unproven},
    contribution::{Counted, Heights, Salt, contribution},
    earlier::Earlier,
    fault::Fault,
    manifest::{Manifest, ManifestFile, ManifestLocation},
    meaning::Meaning,
    row::{COLUMNS, Column, Head, Kind, ReleaseRow, RowLine},
    said::{Announcement, said},
    table::{Changed, KeptPart, KeptRow, ProofsBefore, RowName, SliceName, Tables, not_any_more},
};

/// Maximum number of rows in a release: a workbook holds them, and so does memory.
pub const ROWS_MAX: usize = 200_000;
