//! The hub's investments as they are derived from its documents.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_shared::{
    document::Document,
    id::{DocName, LocationId, RecordId},
    log::size::DocumentSize,
    model::{
        Audience,
        investment::{DOCUMENT_INVESTMENTS_MAX, Investment},
        line::{Line, LineKey, LineWhat, most_of},
        number::Number,
        record::Record,
        schema::{DocKind, RecordKind},
    },
    text::listed,
};

use super::super::AppError;
use crate::{
    aggregate::{library, told::Told},
    limits::{MONEY_DOCUMENT_NEW_PERCENT, MONEY_DOCUMENTS_MAX},
    store::{
        LocationRow, StoreError,
        derived::{self, Said},
        documents,
    },
};

/// Investments that an error names.
const LISTED_MAX: usize = 8;

/// The investments of all documents, by document.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) all: Vec<Kept>,
    /// Records with a field that this version cannot read.
    pub(super) unread: usize,
    /// The last document and its room; 0 if there is none yet.
    last: (u32, Room),
}

/// An investment in its document.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The number of the document.
    pub(super) part: u32,
    pub(super) record: Record,
    pub(super) investment: Investment,
    /// Its lines, in the order of their keys; of a contested one all statements.
    pub(super) lines: Vec<Said<Line>>,
}

/// The content of a document, as far as it limits what goes in.
#[derive(Clone, Copy, Debug, Default)]
struct Room {
    investments: usize,
    size: DocumentSize,
}

impl Room {
    fn takes_more(&self) -> bool {
        self.investments < DOCUMENT_INVESTMENTS_MAX
            && self.size.percent_full() < MONEY_DOCUMENT_NEW_PERCENT
    }
}

impl Held {
    /// Reads all that is derived from the documents. Every entry of the hub must be in it.
    pub(super) fn load(conn: &Connection, zero: &LocationId) -> Result<Self, StoreError> {
        let mut held = Self::default();
        let mut lines: BTreeMap<RecordId, Vec<Said<Line>>> = BTreeMap::new();
        for said in derived::said::<Line>(conn, LocationRow::ZERO, "")? {
            lines.entry(said.0.investment).or_default().push(said);
        }
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        let kind = RecordKind::Investment;
        for copy in derived::copies(conn, LocationRow::ZERO, Some(kind))? {
            let Ok(DocKind::Money(part)) = DocKind::of(&copy.doc.1) else {
                continue;
            };
            *counts.entry(part).or_default() += 1;
            if !copy.live || copy.row.withdrawn {
                continue;
            }
            let record = Told::read(&copy.row)?.record;
            let Some(investment) = Investment::read(&record) else {
                held.unread += 1;
                continue;
            };
            held.all.push(Kept {
                part,
                lines: lines.remove(&record.id).unwrap_or_default(),
                record,
                investment,
            });
        }
        held.all.sort_by(|a, b| {
            (a.part, &a.record.order, a.record.id).cmp(&(b.part, &b.record.order, b.record.id))
        });
        for part in 1..=MONEY_DOCUMENTS_MAX {
            let doc = *begin(zero, part).id();
            if documents::name(conn, LocationRow::ZERO, &doc)?.is_none() {
                break;
            }
            let room = Room {
                investments: counts.get(&part).copied().unwrap_or(0),
                size: documents::size(conn, LocationRow::ZERO, &doc)?,
            };
            held.last = (part, room);
        }
        Ok(held)
    }

    /// The document that takes a new investment of so many bytes. What it takes counts.
    pub(super) fn place(&mut self, bytes: usize) -> Result<u32, AppError> {
        if self.last.0 == 0 || !self.last.1.takes_more() {
            if self.last.0 >= MONEY_DOCUMENTS_MAX {
                return Err(AppError::AgendaRefused(vec![format!(
                    "there are {MONEY_DOCUMENTS_MAX} documents of money, and that is the most"
                )]));
            }
            self.last = (self.last.0 + 1, Room::default());
        }
        let (part, room) = &mut self.last;
        room.investments += 1;
        room.size.raw_bytes += bytes as u64;
        Ok(*part)
    }

    /// The investment of an identifier, of an id, or of the beginning of an id.
    pub(super) fn find(&self, named: &str) -> Result<&Kept, AppError> {
        let refused = |why: String| Err(AppError::AgendaRefused(vec![why]));
        let wanted = named.trim();
        let identified = |one: &&Kept| one.investment.identifier.as_deref() == Some(wanted);
        if let Some(one) = self.all.iter().find(identified) {
            return Ok(one);
        }
        let start = wanted.to_ascii_lowercase();
        let begins = |one: &&Kept| one.record.id.to_string().starts_with(&start);
        let found: Vec<&Kept> = self.all.iter().filter(begins).collect();
        match found.as_slice() {
            [only] if !start.is_empty() => Ok(only),
            [] => refused(format!(
                "the hub has no investment \"{wanted}\": weft-hub investment list shows what \
                 there is"
            )),
            several => {
                let names: Vec<&str> = several
                    .iter()
                    .map(|one| one.investment.title.as_str())
                    .collect();
                refused(format!(
                    "{} investments have ids that begin with \"{wanted}\": {}. Give more of it",
                    several.len(),
                    listed(&names, LISTED_MAX)
                ))
            }
        }
    }

    pub(super) fn of(&self, id: RecordId) -> Option<&Kept> {
        self.all.iter().find(|one| one.record.id == id)
    }
}

impl Kept {
    pub(super) const fn audience(&self) -> Audience {
        self.record.audience
    }

    /// The lines as they are stated; of a contested one all statements.
    pub(super) fn stated(&self) -> Vec<(LineKey, Line)> {
        let said = self.lines.iter();
        said.flat_map(|(key, said)| said.iter().map(|one| (key.clone(), one.clone())))
            .collect()
    }

    /// The sum of its committed lines; of a contested one the most.
    pub(super) fn committed(&self) -> Number {
        let committed = self.lines.iter();
        let committed = committed.filter(|(key, _)| key.what == LineWhat::Committed);
        let amounts = committed
            .filter_map(|(key, said)| Some((key, said.iter().map(|one| one.amount).max()?)));
        most_of(&amounts.collect::<Vec<_>>())
    }
}

/// A document of investments, empty if it has not begun. Every entry of the hub must be derived.
pub(super) fn document(
    conn: &Connection,
    zero: &LocationId,
    part: u32,
) -> Result<Document, StoreError> {
    let empty = begin(zero, part);
    let loaded = library::load(conn, LocationRow::ZERO, empty.id())?;
    Ok(loaded.map_or(empty, |loaded| loaded.document))
}

/// An empty document of investments.
fn begin(zero: &LocationId, part: u32) -> Document {
    let name = DocName::first(DocKind::Money(part).to_string());
    Document::genesis(zero, &name).expect("a kind's own name always reads")
}
