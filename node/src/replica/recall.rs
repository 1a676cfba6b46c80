//! Narrowing an audience before anything has left: the tail of our log that nobody was offered is
//! written anew without the record.

use std::collections::BTreeSet;

use rusqlite::Connection;
use weft_shared::{
    document::Document,
    id::{Dix, DocId},
    log::{entry::Header, gate::Height},
    model::{
        observation::ObservationKey,
        record::Record,
        schema::{Container, DocKind, RecordKind},
    },
};

use super::{DocumentError, Edit, Replica, SaveError, documents::Place};
use crate::store::{
    Owner, entries,
    touches::{self, Touch},
};

/// What a person takes back before it has left this computer.
pub(super) type Recalled = BTreeSet<(Container, String)>;

/// The tail that goes, and what it was made of.
pub(super) struct Cut {
    /// The last entry that stays.
    pub(super) to: Height,
    dix: Dix,
    headers: Vec<Header>,
    documents: BTreeSet<DocId>,
}

impl Replica {
    /// Whether everything that was ever written about a record is in the tail of our own log that
    /// nobody was offered.
    pub(crate) fn is_unoffered(
        &self,
        container: Container,
        record: &str,
    ) -> Result<bool, DocumentError> {
        let Some((dix, log)) = self
            .dix()
            .and_then(|dix| Some((dix, self.logs(Owner::Location).get(&dix)?)))
        else {
            return Ok(false);
        };
        let history = touches::history(&self.store.reader, Some(record))?;
        let mut shared = history.iter().filter(|touch| {
            touch.container == container.word() && touch.document != DocKind::Team.to_string()
        });
        let mut any = false;
        let unoffered = shared.all(|touch| {
            any = true;
            touch
                .entry
                .is_some_and(|(of, dseq)| of == dix && dseq > log.offered)
        });
        Ok(any && unoffered)
    }

    /// Puts documents back to where they were before the tail, and returns the cut with the edit
    /// that says again what the tail said, without what is recalled.
    pub(super) fn recall(
        &mut self,
        recalled: &Recalled,
        dix: Dix,
        places: &mut BTreeSet<Place>,
    ) -> Result<(Cut, Edit), SaveError> {
        let log = self.own.logs.get(&dix).copied().unwrap_or_default();
        let db = &self.store.reader;
        let to = match entries::one(db, Owner::Location, dix, log.offered)
            .map_err(DocumentError::from)?
        {
            Some(stored) => Height {
                dseq: log.offered,
                hash: stored.entry.hash,
            },
            None => Height::ZERO,
        };
        let tail = entries::range(
            db,
            Owner::Location,
            dix,
            to.dseq + 1,
            log.height.dseq,
            usize::MAX,
        )
        .map_err(DocumentError::from)?;
        let touched = touches::above(db, dix, to.dseq).map_err(DocumentError::from)?;
        // What is void was taken out of the documents before.
        let tail = tail.into_iter().filter(|stored| stored.void.is_none());
        let headers: Vec<Header> = tail.map(|stored| stored.entry.header).collect();
        let documents: BTreeSet<DocId> = headers
            .iter()
            .flat_map(|header| &header.runs)
            .map(|run| run.doc)
            .collect();
        let mut again = Edit::default();
        for doc in &documents {
            let Some(name) = self.own.names.get(doc).cloned() else {
                continue;
            };
            let was = self.document(Owner::Location, &name)?.clone();
            places.insert((Owner::Location, *doc));
            self.load_below(&name, dix, to.dseq)?;
            let kept = touched
                .iter()
                .filter(|touch| touch.document == name.to_string());
            for touch in kept {
                self.say_again(&was, touch, recalled, &mut again)?;
            }
        }
        let cut = Cut {
            to,
            dix,
            headers,
            documents,
        };
        Ok((cut, again))
    }

    /// Copies what a document said under one key into an edit.
    fn say_again(
        &self,
        was: &Document,
        touch: &Touch,
        recalled: &Recalled,
        again: &mut Edit,
    ) -> Result<(), SaveError> {
        let Ok(container) = touch.container.parse::<Container>() else {
            return Ok(());
        };
        let key = touch.record.clone();
        if recalled.contains(&(container, key.clone())) {
            return Ok(());
        }
        if let Some(kind) = RecordKind::of(container) {
            let id = key.parse().ok();
            let record = id.and_then(|id| was.record(kind, &id));
            if let Some(record) = record {
                copy_record(was.kind(), record, again);
            }
            return Ok(());
        }
        copy_scalar(was, container, key, again);
        Ok(())
    }

    /// Forgets which documents the tail named first: the next entry names them again.
    pub(super) fn unname(&mut self, cut: &Cut) {
        for header in &cut.headers {
            let named = header.runs.iter().filter(|run| run.name.is_some());
            for run in named {
                self.named.remove(&run.doc);
            }
        }
    }
}

impl Cut {
    /// Takes the tail out of the store.
    pub(super) fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        entries::cut_above(db, self.dix, &self.to)?;
        for run in self.headers.iter().flat_map(|header| &header.runs) {
            entries::take_back(db, self.dix, &run.doc, run.n, run.n_changes)?;
        }
        for document in &self.documents {
            crate::store::documents::drop_snapshot(db, Owner::Location, document)?;
        }
        Ok(())
    }
}

fn copy_record(document: DocKind, record: Record, again: &mut Edit) {
    let (kind, id, audience) = (record.kind, record.id, record.audience);
    let fields = record.to_fields();
    again.on(document, move |editor| {
        editor.put_record(kind, &id, audience, &fields)?;
        if record.removed {
            editor.remove_record(kind, &id)?;
        }
        if let Some(moved) = &record.moved {
            editor.mark_moved(kind, &id, moved)?;
        }
        if record.withdrawn {
            editor.withdraw(kind, &id)?;
        }
        Ok(())
    });
}

fn copy_scalar(was: &Document, container: Container, key: String, again: &mut Edit) {
    let document = was.kind();
    match container {
        Container::Observations | Container::Notes => {
            let observed = key
                .parse::<ObservationKey>()
                .ok()
                .and_then(|key| was.observation(&key));
            let Some(observed) = observed else {
                return;
            };
            let Some(first) = observed.stated.into_iter().next() else {
                return;
            };
            again.on(document, move |editor| {
                editor.put_observation(&observed.key, &first.statement, None)?;
                let mut notes = observed.notes.iter();
                notes.try_for_each(|note| editor.put_note(&observed.key, note))
            });
        }
        Container::Adoptions => {
            let code = key.parse().ok();
            let adoption = code.and_then(|code| Some((was.adoptions().remove(&code)?, code)));
            again.on(document, move |editor| match &adoption {
                Some((adoption, code)) => editor.put_adoption(code, adoption),
                None => editor.put_text(container, &key, ""),
            });
        }
        _ => {
            let text = was.view().texts(container).remove(&key).unwrap_or_default();
            again.on(document, move |editor| {
                editor.put_text(container, &key, &text)
            });
        }
    }
}
