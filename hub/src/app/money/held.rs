//! The hub's investments as its documents have them, read one document at a time.

use std::collections::BTreeMap;

use rusqlite::Connection;
use weft_shared::{
    document::{Document, Under},
    id::{DocName, LocationId, RecordId},
    log::size::DocumentSize,
    model::{
        Audience,
        investment::{DOCUMENT_INVESTMENTS_MAX, Investment},
        line::{Line, LineKey, LineWhat, sum_of},
        number::Number,
        record::Record,
        schema::{DocKind, RecordKind},
    },
    text::listed,
};

use super::super::AppError;
use crate::{
    limits::{MONEY_DOCUMENT_NEW_PERCENT, MONEY_DOCUMENTS_MAX},
    store::{LocationRow, StoreError, documents, entries},
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
    pub(super) lines: Vec<Under<Line>>,
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
    /// Reads all documents.
    pub(super) fn load(conn: &Connection, zero: &LocationId) -> Result<Self, StoreError> {
        let mut held = Self::default();
        for part in 1..=MONEY_DOCUMENTS_MAX {
            let Some(document) = document(conn, zero, part)? else {
                break;
            };
            let mut lines: BTreeMap<RecordId, Vec<Under<Line>>> = BTreeMap::new();
            for one in document.all_said::<Line>() {
                lines.entry(one.key.investment).or_default().push(one);
            }
            let records = document.records(RecordKind::Investment);
            let investments = records.len();
            for record in records.into_iter().filter(Record::is_live) {
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
            let size = documents::size(conn, LocationRow::ZERO, document.id())?;
            held.last = (part, Room { investments, size });
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
        said.flat_map(|under| {
            let said = under.said.iter();
            said.map(|one| (under.key.clone(), one.value.clone()))
        })
        .collect()
    }

    /// The sum of its committed lines; of a contested one the most.
    pub(super) fn committed(&self) -> Number {
        let committed = self.lines.iter();
        let committed = committed.filter(|one| one.key.what == LineWhat::Committed);
        let amounts = committed.filter_map(|one| {
            let said = one.said.iter().map(|said| said.value.amount);
            Some((&one.key, said.max()?))
        });
        sum_of(&amounts.collect::<Vec<_>>())
    }
}

/// A document of investments; none if it has not begun.
pub(super) fn document(
    conn: &Connection,
    zero: &LocationId,
    part: u32,
) -> Result<Option<Document>, StoreError> {
    let mut document = begin(zero, part);
    let doc = *document.id();
    if documents::name(conn, LocationRow::ZERO, &doc)?.is_none() {
        return Ok(None);
    }
    let last = entries::last_hub_seq(conn)?;
    let filling = entries::filling(conn, LocationRow::ZERO, &doc, last)?;
    let runs = filling.iter().flat_map(|(_, stored)| {
        let scanned = stored.entry.scanned().into_iter();
        let own = scanned.filter(|run| run.doc == doc);
        own.filter_map(|run| run.changes.ok())
    });
    let runs: Vec<Vec<Vec<u8>>> = runs.collect();
    let runs: Vec<&[Vec<u8>]> = runs.iter().map(Vec::as_slice).collect();
    let derived = document.apply_runs(&runs);
    for error in derived.iter().filter_map(|one| one.as_ref().err()) {
        tracing::error!(%error, document = %document.name(), "an own entry is set aside");
    }
    Ok(Some(document))
}

/// An empty document of investments.
pub(super) fn begin(zero: &LocationId, part: u32) -> Document {
    let name = DocName::first(DocKind::Money(part).to_string());
    Document::genesis(zero, &name).expect("a kind's own name always reads")
}
