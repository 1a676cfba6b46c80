//! The records that teams share, now or when the entries up to a moment were all there were. Stored
//! rows serve for documents in which nothing was written since; the others are made of their
//! entries.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use weft_shared::{
    document::{Document, FieldChange, Path, Scalar},
    id::{DocId, DocName, RecordId},
    model::{
        Audience,
        schema::{DocKind, RecordKind},
    },
};

use super::{library, told::Told};
use crate::store::{
    LocationRow, StoreError,
    derived::{self, Said},
    documents, later, quarantine,
};

/// The records and statements of all teams, as they stand or stood.
pub(crate) struct Stood<'a> {
    pub(super) conn: &'a Connection,
    /// The documents in which something was written since the moment; none for the present.
    changed: BTreeMap<(LocationRow, DocId), Changed>,
}

/// A document in which something was written since.
struct Changed {
    name: DocName,
    /// As it was, and as it is. Neither, if it cannot be read.
    then: Option<Document>,
    now: Option<Document>,
}

/// Records as they stand or stood, and how many are gone since because their team took them back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    /// Those that are shown, by id.
    pub(crate) told: Vec<Told>,
    /// Number of records that their team shared then, and withdrew or no longer shares.
    pub(crate) n_gone: usize,
}

impl<'a> Stood<'a> {
    /// All that stands now.
    pub(crate) const fn now(conn: &'a Connection) -> Self {
        Self {
            conn,
            changed: BTreeMap::new(),
        }
    }

    /// All that stood when entries up to `hub_seq` were all there were, of those up to `most` that
    /// there are now.
    pub(crate) fn at(conn: &'a Connection, hub_seq: u64, most: u64) -> Result<Self, StoreError> {
        let written = later::written(conn, (hub_seq, most))?;
        let ended = quarantine::ended(conn)?.into_iter();
        let ended: BTreeSet<_> = ended.map(|(lix, doc, seq, _)| (lix, doc, seq)).collect();
        let mut changed = BTreeMap::new();
        for named in documents::all(conn)? {
            let place = (named.lix, named.doc);
            if !written.contains(&place) || !is_told(&named.name) {
                continue;
            }
            let load = |seq| library::load_at(conn, place, seq, &ended);
            let one = Changed {
                then: load(hub_seq)?,
                now: load(most)?,
                name: named.name,
            };
            changed.insert(place, one);
        }
        Ok(Self { conn, changed })
    }

    /// The records of one kind that a location shares or shared, or the hub for location zero.
    ///
    /// Of one that is in several documents the first by name is shown. One that was removed since
    /// stood then; one that was withdrawn since, or is no longer shared, is gone.
    pub(crate) fn records(
        &self,
        lix: LocationRow,
        kind: RecordKind,
    ) -> Result<Records, StoreError> {
        let stored = derived::copies(self.conn, lix, Some(kind))?;
        if self.changed.is_empty() {
            let told = derived::shown(&stored);
            let told = told.iter().filter(|row| !row.withdrawn).map(Told::read);
            return Ok(Records {
                told: told.collect::<Result<_, _>>()?,
                n_gone: 0,
            });
        }
        let now = derived::shown(&stored);
        let is_now: BTreeMap<&str, bool> = now
            .iter()
            .map(|row| (row.id.as_str(), row.withdrawn))
            .collect();
        let mut copies: BTreeMap<RecordId, Vec<Then>> = BTreeMap::new();
        for copy in &stored {
            if !self.changed.contains_key(&(lix, copy.doc.0)) {
                let told = Told::read(&copy.row)?;
                let then = Then::new(copy.doc.1.clone(), told, copy.live);
                copies.entry(then.told.record.id).or_default().push(then);
            }
        }
        let of_location = self.changed.iter().filter(|((of, _), _)| *of == lix);
        for (_, one) in of_location {
            let Some(document) = &one.then else {
                continue;
            };
            for record in document.records(kind) {
                let live = record.is_live() && record.audience >= Audience::Network;
                if live || record.withdrawn {
                    let told = Told::of(document, record);
                    let then = Then::new(one.name.clone(), told, live);
                    copies.entry(then.told.record.id).or_default().push(then);
                }
            }
        }
        let mut records = Records::default();
        for (id, mut copies) in copies {
            copies.sort_by(|a, b| a.name.cmp(&b.name));
            let was_withdrawn = copies.iter().any(|one| one.told.record.withdrawn);
            let Some(first) = copies.into_iter().find(|one| one.live) else {
                continue;
            };
            let stays = match is_now.get(id.to_string().as_str()) {
                Some(withdrawn) => !withdrawn,
                None => self.is_removed(lix, kind, &id),
            };
            match stays {
                true if was_withdrawn => {}
                true => records.told.push(first.told),
                false => records.n_gone += usize::from(!was_withdrawn),
            }
        }
        Ok(records)
    }

    /// The document of a location as it stood, if something was written in it since.
    pub(super) fn then(&self, place: &(LocationRow, DocId)) -> Option<Option<&Document>> {
        self.changed.get(place).map(|one| one.then.as_ref())
    }

    /// Whether a record was removed since by its team, which is no withdrawal: it is in the history
    /// of what it shared.
    fn is_removed(&self, lix: LocationRow, kind: RecordKind, id: &RecordId) -> bool {
        let of_location = self.changed.iter().filter(|((of, _), _)| *of == lix);
        let now = of_location.filter_map(|(_, one)| one.now.as_ref());
        let mut now = now.filter_map(|document| document.record(kind, id));
        now.any(|one| {
            let shared = one.audience >= Audience::Network && !one.withdrawn;
            one.removed && one.moved.is_none() && shared
        })
    }

    /// The statements under keys of one type that a location, or the hub, makes or made, each with
    /// the different ones under its key, by the text of the key.
    pub(crate) fn said<T: Scalar + PartialEq>(
        &self,
        lix: LocationRow,
    ) -> Result<Vec<Said<T>>, StoreError> {
        if self.changed.is_empty() {
            return derived::said::<T>(self.conn, lix, "");
        }
        let mut found = derived::texts::<T>(self.conn, lix, "")?;
        found.retain(|((doc, _), _, _)| !self.changed.contains_key(&(lix, *doc)));
        let of_location = self.changed.iter().filter(|((of, _), _)| *of == lix);
        for ((_, doc), one) in of_location {
            let Some(document) = &one.then else {
                continue;
            };
            let all = document.all_said::<T>().map(|under| {
                let values = under.said.into_iter().map(|said| said.value);
                ((*doc, one.name.clone()), under.key, values.collect())
            });
            found.extend(all);
        }
        found.sort_by_cached_key(|((_, name), key, _)| (key.to_string(), name.clone()));
        let mut all: Vec<Said<T>> = Vec::new();
        for (_, key, values) in found.into_iter().filter(|one| !one.2.is_empty()) {
            match all.last_mut().filter(|(last, _)| *last == key) {
                Some((_, known)) => known.extend::<Vec<T>>(values),
                None => all.push((key, values)),
            }
        }
        for (_, values) in &mut all {
            derived::distinct(values);
        }
        Ok(all)
    }
}

/// The changes of the status of a location's initiatives, the last first, by id: each with the
/// status that it wrote. They are those of the entries up to `hub_seq`.
pub(crate) fn status_changes(
    conn: &Connection,
    lix: LocationRow,
    hub_seq: u64,
) -> Result<StatusChanges, StoreError> {
    let ended = quarantine::ended(conn)?.into_iter();
    let ended = ended.map(|(lix, doc, seq, _)| (lix, doc, seq)).collect();
    let mut all = StatusChanges::new();
    for named in documents::all(conn)? {
        let is_plan = matches!(DocKind::of(&named.name), Ok(DocKind::Plan(_)));
        if named.lix != lix || !is_plan {
            continue;
        }
        let place = (named.lix, named.doc);
        let Some(document) = library::load_at(conn, place, hub_seq, &ended)? else {
            continue;
        };
        let kind = RecordKind::Initiative;
        // Each change is read once. Only what was written more than once had another value, for
        // which the past is looked into.
        let is_status = |path: &Path| {
            path.container == kind.container() && path.field.as_deref() == Some("status")
        };
        let mut writings: BTreeMap<String, usize> = BTreeMap::new();
        for (path, _) in document.writings(&is_status) {
            *writings.entry(path.key).or_default() += 1;
        }
        for record in document.records(kind) {
            let n = writings.get(&record.id.to_string());
            if n.is_none_or(|n| *n < 2) {
                continue;
            }
            let changes = document.changes_of(kind, &record.id, "status", STATUS_CHANGES_MAX);
            let known = all.entry(record.id.to_string()).or_default();
            known.extend(changes);
            known.sort_by_key(|(_, change)| std::cmp::Reverse(change.at));
        }
    }
    Ok(all)
}

/// Changes of status by the ids of initiatives.
pub(crate) type StatusChanges = BTreeMap<String, Vec<(String, FieldChange)>>;

/// Changes of one status that are read.
const STATUS_CHANGES_MAX: usize = 64;

/// A record as a document had it.
struct Then {
    name: DocName,
    told: Told,
    live: bool,
}

impl Then {
    const fn new(name: DocName, told: Told, live: bool) -> Self {
        Self { name, told, live }
    }
}

/// Whether a document holds records or statements that are read here.
fn is_told(name: &DocName) -> bool {
    matches!(
        DocKind::of(name),
        Ok(DocKind::Plan(_) | DocKind::Money(_) | DocKind::Answers(..) | DocKind::Agenda)
    )
}
