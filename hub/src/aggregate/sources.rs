//! The signed entries behind what teams share: who, with which device, and when.

use std::collections::{BTreeMap, btree_map::Entry};

use rusqlite::OptionalExtension as _;
use weft_shared::{
    document::{Document, Scalar},
    id::{DeviceId, DocId, RecordId},
    model::schema::RecordKind,
    time::Timestamp,
};

use super::{
    library::{self, Authors},
    origins::{Origins, Spans},
    stood::Stood,
};
use crate::store::{LocationRow, StoreError, derived};

/// The origin of a record or statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The device that signed it.
    pub(crate) device: Option<DeviceId>,
    /// When it was made, by the clock of the device.
    pub(crate) at: Option<Timestamp>,
    /// The number of the signed entry in the log of the device.
    pub(crate) entry: Option<u64>,
}

/// Finds the entries behind what stands or stood. Documents are read when asked for, each once.
pub(crate) struct Sources<'s, 'a> {
    stood: &'s Stood<'a>,
    read: BTreeMap<(LocationRow, DocId), Option<(Document, Authors)>>,
}

impl<'s, 'a> Sources<'s, 'a> {
    /// Looks behind what stands or stood here.
    pub(crate) const fn new(stood: &'s Stood<'a>) -> Self {
        Self {
            stood,
            read: BTreeMap::new(),
        }
    }

    /// The last change of a record that a location shares, or of one of its fields.
    pub(crate) fn record(
        &mut self,
        lix: LocationRow,
        kind: RecordKind,
        (id, field): (&RecordId, Option<&str>),
    ) -> Result<Option<Origin>, StoreError> {
        let stood = self.stood;
        for doc in derived::documents_of(stood.conn, lix, (kind.word(), &id.to_string()))? {
            let Some((document, authors)) = self.document(lix, doc)? else {
                continue;
            };
            let Some(record) = document.record(kind, id).filter(|one| one.is_live()) else {
                continue;
            };
            let fields = record.fields.iter();
            let fields = fields.filter(|(key, _)| field.is_none_or(|field| field == *key));
            let values = fields.flat_map(|(_, values)| values.iter());
            let made = values.map(|one| {
                let change = document.change_of(&one.actor, one.op);
                (change.map(|change| change.at), one.op, one.actor)
            });
            let last = made.max();
            if let Some((_, op, actor)) = last {
                let place = (lix, doc);
                return Ok(Some(origin(
                    stood,
                    place,
                    (document, authors),
                    (&actor, op),
                )?));
            }
        }
        Ok(None)
    }

    /// The statement that a location makes under a key.
    pub(crate) fn said<T: Scalar>(
        &mut self,
        lix: LocationRow,
        key: &T::Key,
    ) -> Result<Option<Origin>, StoreError> {
        let (container, text) = (T::CONTAINER.word(), key.to_string());
        let stood = self.stood;
        for doc in derived::documents_of_said(stood.conn, lix, (container, &text))? {
            let Some((document, authors)) = self.document(lix, doc)? else {
                continue;
            };
            let under = document.said::<T>(key);
            let first = under.as_ref().and_then(|under| under.said.first());
            if let Some(said) = first {
                let of = (&said.actor, said.op);
                return Ok(Some(origin(stood, (lix, doc), (document, authors), of)?));
            }
        }
        Ok(None)
    }

    fn document(
        &mut self,
        lix: LocationRow,
        doc: DocId,
    ) -> Result<Option<(&Document, &Authors)>, StoreError> {
        let known = match self.read.entry((lix, doc)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let conn = self.stood.conn;
                let read = match self.stood.then(&(lix, doc)) {
                    Some(None) => None,
                    Some(Some(document)) => {
                        Some((document.clone(), library::authors(conn, lix, &doc)?))
                    }
                    None => {
                        let loaded = library::load(conn, lix, &doc)?;
                        loaded.map(|loaded| (loaded.document, loaded.beside))
                    }
                };
                new.insert(read)
            }
        };
        Ok(known
            .as_ref()
            .map(|(document, authors)| (document, authors)))
    }
}

fn origin(
    stood: &Stood<'_>,
    (lix, doc): (LocationRow, DocId),
    (document, authors): (&Document, &Authors),
    (actor, op): (&[u8; 16], u64),
) -> Result<Origin, StoreError> {
    let mut origins = Origins::new(stood.conn, (lix, doc), Spans::default());
    let (hub_seq, at) = origins.of_operation(document, authors, (actor, op))?;
    let sql = "SELECT dseq FROM entries WHERE hub_seq = ?";
    let mut query = stood.conn.prepare_cached(sql)?;
    let entry = hub_seq.map(|hub_seq| query.query_row([hub_seq], |row| row.get(0)).optional());
    Ok(Origin {
        device: authors.get(actor).copied(),
        at,
        entry: entry.transpose()?.flatten(),
    })
}
