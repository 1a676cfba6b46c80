//! Entries of this device that the hub did not take leave the documents, which hold accepted work,
//! and are sent again as new entries. What cannot be sent again is kept for a person.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use weft_shared::{
    document::{Assignment, Document, Lost},
    id::{DeviceIndex, DocId, EntryHash},
    log::{
        entry::Header,
        gate::VoidCode,
        lost::{Disposition, Rejected, may_say_again},
    },
    model::schema::DocKind,
    text::first_lines,
    time::Timestamp,
};
use weft_store::{Committed, Receipt, StoreError, Transaction};

use super::{DocumentError, Edit, Replica, SaveError};
use crate::store::{
    LocationRow, Owner, documents, entries, logs, lost, quarantine, runs, touches, undone,
};

/// The content of a lost entry that can be sent again.
struct Words {
    lost: lost::Lost,
    hash: EntryHash,
    again: Vec<(DocKind, Vec<Assignment>)>,
    /// Content that somebody else has overwritten since.
    overtaken: Vec<String>,
}

impl Replica {
    /// Voids entries of a log of which the hub keeps only the headers. Their content leaves the
    /// documents, in the transaction that runs `more`.
    pub(super) fn take_out(
        &mut self,
        dix: DeviceIndex,
        voids: &[(u64, VoidCode)],
        more: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Receipt, StoreError> {
        let own = Some(dix) == self.dix();
        let voids = voids.to_vec();
        let any = !voids.is_empty();
        let mut no_room = voids.iter().filter(|(_, code)| *code == VoidCode::Room);
        if let Some((last, _)) = no_room.next_back().filter(|_| own) {
            self.room_is_used_up(*last)?;
        }
        let Committed { value, receipt } = self.store.write(move |db| {
            let mut documents = BTreeSet::new();
            for (dseq, code) in voids {
                let header = make_void(db, dix, dseq, code)?;
                let runs = header.iter().flat_map(|header| &header.runs);
                documents.extend(runs.map(|run| run.doc));
                if own && header.is_some() {
                    lost::put(db, dseq)?;
                }
            }
            more(db)?;
            let named = super::named(db, (own && any).then_some(dix))?;
            Ok::<_, StoreError>((documents, named))
        })?;
        let (documents, named) = value;
        if any {
            self.team = self.load_team(&self.store.reader)?;
            self.forget(documents.iter().map(|doc| (Owner::Location, *doc)));
            if own {
                *self.named.after(&receipt) = named;
            }
            self.moved();
        }
        Ok(receipt)
    }

    /// Sends lost content again, and keeps for a person any that cannot be sent.
    pub(crate) fn say_lost_again(&mut self, now: Timestamp) -> Result<(), SaveError> {
        let Some(dix) = self.dix().filter(|_| self.stopped.is_none()) else {
            return Ok(());
        };
        let open = |db: &Connection| lost::open(db, dix);
        if open(&self.store.reader)?.is_empty() {
            return Ok(());
        }
        let rejected = self.rejected(dix)?;
        self.take_out(dix, &rejected, |_| Ok(()))?;
        let lost = open(&self.store.reader)?;
        let words = self.lost_words(dix, &lost)?;
        let (words, given_up): (Vec<_>, Vec<_>) = words
            .into_iter()
            .partition(|one| may_say_again(one.lost.code, one.lost.tries));
        for one in given_up {
            self.keep(one.lost.dseq, &one.lost.code.to_string(), &one.all())?;
        }
        let all: Vec<Edit> = words.iter().map(Words::edit).collect();
        if let Err(error) = self.save(all, now) {
            match error {
                SaveError::Compose(_)
                | SaveError::Edit(_)
                | SaveError::NoRoom(_)
                | SaveError::Full(_) => {
                    self.say_one_by_one(dix, &words, now)?;
                }
                other => return Err(other),
            }
        }
        Ok(())
    }

    /// Sends entries one by one if any of them cannot be sent again, or not yet.
    fn say_one_by_one(
        &mut self,
        dix: DeviceIndex,
        words: &[Words],
        now: Timestamp,
    ) -> Result<(), SaveError> {
        let mut waits = false;
        for one in words {
            match self.save(vec![one.edit()], now) {
                Ok(_) => {}
                // It is tried again when the hub has room, whatever it fell for. So is what may be
                // about something that waits.
                Err(error @ (SaveError::NoRoom(_) | SaveError::Edit(_)))
                    if waits || matches!(error, SaveError::NoRoom(_)) =>
                {
                    waits = true;
                    let (dseq, code) = (one.lost.dseq, VoidCode::Room);
                    self.store.write(move |db| {
                        let log = logs::log(db, LocationRow::OWN, dix)?;
                        undone::set_void(db, log, dseq, code)
                    })?;
                    self.keep(dseq, &code.to_string(), &one.all())?;
                }
                Err(error @ (SaveError::Compose(_) | SaveError::Edit(_) | SaveError::Full(_))) => {
                    self.keep(one.lost.dseq, &error.to_string(), &one.all())?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Finds our unacknowledged entries that build on lost ones, because the hub will not take them
    /// either.
    fn rejected(&self, dix: DeviceIndex) -> Result<Vec<(u64, VoidCode)>, StoreError> {
        let db = &self.store.reader;
        let open: BTreeSet<u64> = lost::open(db, dix)?.iter().map(|one| one.dseq).collect();
        let log = self.own.logs.get(&dix).copied().unwrap_or_default();
        let mut rejected = Rejected::default();
        let mut found = Vec::new();
        for dseq in open.first().copied().unwrap_or(1)..=log.height.dseq {
            let Some(stored) = entries::one(db, LocationRow::OWN, dix, dseq)? else {
                continue;
            };
            let disposition = match stored.void {
                Some(_) if open.contains(&dseq) => Disposition::Void,
                Some(_) => Disposition::SaidAgain,
                None if dseq <= log.acknowledged => Disposition::Accepted,
                None => Disposition::Unknown,
            };
            if rejected.next(&stored.entry.header, disposition) {
                found.push((dseq, VoidCode::Seq));
            }
        }
        Ok(found)
    }

    /// Reads the content of lost entries, compared with the documents without them.
    fn lost_words(
        &mut self,
        dix: DeviceIndex,
        lost: &[lost::Lost],
    ) -> Result<Vec<Words>, DocumentError> {
        let mut runs = Vec::new();
        let mut bases: BTreeMap<DocId, Document> = BTreeMap::new();
        for one in lost {
            let stored = entries::one(&self.store.reader, LocationRow::OWN, dix, one.dseq)?;
            let Some(entry) = stored.map(|stored| stored.entry) else {
                continue;
            };
            let scanned = entry.scanned(self.keys_of(Owner::Location)).into_iter();
            let changes = scanned.filter_map(|run| Some((run.doc, run.changes.ok()?)));
            let changes: Vec<_> = changes.collect();
            for (doc, _) in &changes {
                let name = self.own.names.get(doc).cloned();
                if let Some(name) = name.filter(|name| DocKind::of(name).is_ok()) {
                    let base = self.document(Owner::Location, &name)?;
                    bases.entry(*doc).or_insert_with(|| base.clone());
                }
            }
            runs.push((*one, entry.hash, changes));
        }
        let mut readers: BTreeMap<DocId, Lost<'_>> = bases
            .iter()
            .map(|(doc, base)| (*doc, Lost::of(base)))
            .collect();
        let words = runs.into_iter().map(|(lost, hash, changes)| {
            let mut words = Words {
                lost,
                hash,
                again: Vec::new(),
                overtaken: Vec::new(),
            };
            for (doc, changes) in changes {
                let Some(reader) = readers.get_mut(&doc) else {
                    continue;
                };
                let said = reader.read(&changes);
                let overtaken = said.overtaken.iter().map(ToString::to_string);
                words.overtaken.extend(overtaken);
                words.again.push((bases[&doc].kind(), said.again));
            }
            words
        });
        Ok(words.collect())
    }

    fn keep(&mut self, dseq: u64, why: &str, said: &[String]) -> Result<(), StoreError> {
        let text = for_a_person(why, said);
        tracing::warn!(entry = dseq, %text, "the hub did not take what was saved");
        self.store.write(move |db| lost::keep(db, dseq, &text))?;
        self.moved();
        Ok(())
    }
}

impl Words {
    fn edit(&self) -> Edit {
        let mut edit = Edit::default();
        let why = "somebody has written something else there since";
        let any = !self.overtaken.is_empty();
        let kept = any.then(|| for_a_person(why, &self.overtaken));
        edit.say_again_of(self.lost.dseq, kept);
        for (document, said) in &self.again {
            let (hash, said) = (self.hash, said.clone());
            edit.on(*document, move |editor| {
                editor.name_lost(&hash);
                editor.say_again(&said)
            });
        }
        edit
    }

    /// Returns everything that the entry stated, in words.
    fn all(&self) -> Vec<String> {
        let again = self.again.iter().flat_map(|(_, said)| said);
        let again = again.map(ToString::to_string);
        again.chain(self.overtaken.iter().cloned()).collect()
    }
}

/// Describes content that is not sent again, with the reason.
fn for_a_person(why: &str, said: &[String]) -> String {
    let shorten = |line: &String| match line.char_indices().nth(KEPT_LINE_CHARS_MAX) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line.clone(),
    };
    let lines = first_lines(said.iter().map(shorten), KEPT_LINES_MAX, said.len());
    format!("{why}; it said: {}", lines.join("; "))
}

/// Marks an entry of our location as void and removes what is derived from it. Returns `None` if it
/// was void before. Its bodies stay.
fn make_void(
    db: &Connection,
    dix: DeviceIndex,
    dseq: u64,
    code: VoidCode,
) -> Result<Option<Header>, StoreError> {
    let Some(stored) = entries::one(db, LocationRow::OWN, dix, dseq)? else {
        return Ok(None);
    };
    let log = logs::log(db, LocationRow::OWN, dix)?;
    // One that waits for room goes on waiting, whatever else the hub says of it.
    if stored.void != Some(VoidCode::Room) {
        undone::set_void(db, log, dseq, code)?;
    }
    if stored.void.is_some() {
        return Ok(None);
    }
    let header = stored.entry.header;
    for (number, run) in (0..).zip(&header.runs) {
        undone::take_back(db, log, &run.doc, run.n, run.n_changes)?;
        runs::drop(db, dix, dseq, &run.doc, number)?;
        quarantine::release(db, LocationRow::OWN, &run.doc, stored.hub_seq)?;
        documents::drop_snapshot(db, LocationRow::OWN, &run.doc)?;
    }
    touches::drop_entry(db, dix, dseq)?;
    Ok(Some(header))
}

/// Maximum number of lines that are kept for a person, and of characters in each.
const KEPT_LINES_MAX: usize = 20;
const KEPT_LINE_CHARS_MAX: usize = 160;
