//! Some rows of a release, in the formats of its files: each row has the bytes that it has there.

use std::{collections::BTreeSet, sync::Arc, vec};

use weft_shared::{id::LocationCode, release::ReleaseRow};

use super::{Content, Fact, SHEETS, book, columnar, csv, json};
use crate::{app::OfLocations, release::ReleaseError};

/// Some rows of a release. It has those of the network before those of locations, and otherwise the
/// order of the files.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    content: Arc<Content>,
    /// The numbers of its rows in each table.
    rows: [Vec<usize>; 2],
    /// The locations whose records the release was made of.
    contributors: BTreeSet<LocationCode>,
}

impl OfLocations for Part {
    fn locations(&self) -> BTreeSet<LocationCode> {
        locations_of(self.rows(), &self.contributors)
    }
}

/// The locations whose records are in rows: a row of the network may hold something of each that
/// contributed to the release, another of its own location alone.
pub(crate) fn locations_of<'r>(
    rows: impl Iterator<Item = &'r ReleaseRow>,
    contributors: &BTreeSet<LocationCode>,
) -> BTreeSet<LocationCode> {
    let of: BTreeSet<Option<&str>> = rows.map(|row| row.location_code.as_deref()).collect();
    let is_in = |code: &&LocationCode| of.contains(&None) || of.contains(&Some(code.as_str()));
    contributors.iter().filter(is_in).cloned().collect()
}

impl Part {
    /// The rows that `takes` lets in, of a release that was made of records of `contributors`.
    pub(crate) fn new(
        content: Arc<Content>,
        contributors: BTreeSet<LocationCode>,
        takes: impl Fn(&ReleaseRow) -> bool,
    ) -> Self {
        let chosen = |rows: &[ReleaseRow]| {
            let rows = rows.iter().enumerate();
            let taken = rows.filter(|(_, row)| takes(row));
            taken.map(|(at, _)| at).collect()
        };
        Self {
            rows: [chosen(&content.network), chosen(&content.locations)],
            content,
            contributors,
        }
    }

    /// Only the rows after the first `from` ones, and so many of them at most.
    pub(crate) fn page(mut self, from: usize, most: usize) -> Self {
        let (mut passed, mut left) = (from, most);
        for rows in &mut self.rows {
            let skip = passed.min(rows.len());
            passed -= skip;
            rows.drain(..skip);
            rows.truncate(left);
            left -= rows.len();
        }
        self
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    /// The rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &ReleaseRow> {
        let network = self.rows[0].iter().map(|at| &self.content.network[*at]);
        let locations = self.rows[1].iter().map(|at| &self.content.locations[*at]);
        network.chain(locations)
    }

    /// The rows as CSV, piece by piece: the file is never in memory as a whole.
    pub(crate) fn csv(self) -> CsvPieces {
        let of = self.rows.iter().zip([false, true]);
        let rows: Vec<_> = of
            .flat_map(|(rows, second)| rows.iter().map(move |at| (second, *at)))
            .collect();
        CsvPieces {
            content: self.content,
            rows: rows.into_iter(),
            has_begun: false,
        }
    }

    /// The rows as a page of JSON, with the cursor of the page after it.
    pub(crate) fn json(&self, next: Option<&str>) -> String {
        let rows: Vec<&ReleaseRow> = self.rows().collect();
        json(&rows, &self.content.head, next)
    }

    /// The rows as Parquet.
    ///
    /// # Errors
    /// If the format cannot hold them.
    pub(crate) fn parquet(&self) -> Result<Vec<u8>, ReleaseError> {
        let rows: Vec<&ReleaseRow> = self.rows().collect();
        columnar::parquet(&rows, &self.content.head).map_err(ReleaseError::format)
    }

    /// The rows as a workbook, which says that they are a part: `filter`.
    ///
    /// # Errors
    /// If the format cannot hold them.
    pub(crate) fn xlsx(&self, filter: Fact) -> Result<Vec<u8>, ReleaseError> {
        let Content { head, words, .. } = &*self.content;
        let mut facts = self.content.facts((self.rows[0].len(), self.rows[1].len()));
        facts.push(filter);
        let tables = [&self.content.network, &self.content.locations];
        let tables = self.rows.iter().zip(tables);
        let sheets = SHEETS.into_iter().zip(tables);
        // A program reads the first sheet, so a level that is not in it has no empty one.
        let is_empty = self.len() == 0;
        let sheets =
            sheets.filter(|(name, (rows, _))| !rows.is_empty() || is_empty && *name == SHEETS[0]);
        let sheets: Vec<_> = sheets
            .map(|(name, (rows, of))| (name, rows.iter().map(|at| &of[*at]).collect::<Vec<_>>()))
            .collect();
        book::xlsx(head, (&facts, &words.meanings), &sheets).map_err(ReleaseError::format)
    }
}

/// The pieces of a file in CSV, the line of names in the first.
#[derive(Debug)]
pub(crate) struct CsvPieces {
    content: Arc<Content>,
    /// Each row as whether it is of a location, and its number among those.
    rows: vec::IntoIter<(bool, usize)>,
    has_begun: bool,
}

impl Iterator for CsvPieces {
    type Item = Result<Vec<u8>, ReleaseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let of = |(second, at): (bool, usize)| match second {
            false => &self.content.network[at],
            true => &self.content.locations[at],
        };
        let rows: Vec<&ReleaseRow> = self.rows.by_ref().take(PIECE_ROWS).map(of).collect();
        if rows.is_empty() && self.has_begun {
            return None;
        }
        let piece = csv(&rows, &self.content.head, !self.has_begun);
        self.has_begun = true;
        Some(piece)
    }
}

/// Rows of one piece: some 150 KiB.
const PIECE_ROWS: usize = 500;
