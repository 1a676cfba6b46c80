//! Plans and insights that locations shared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use weft_shared::{
    document::FieldChange,
    id::{BlobHash, LocationCode, RecordId},
    model::{
        insight::Words,
        record::{Concurrent, Record},
        schema::{self, RecordKind},
    },
    time::{Timestamp, Zone},
};

use super::{AppError, Counted, OfLocations, Unrecorded};
pub(crate) use crate::aggregate::stood::StatusChanges;
use crate::{
    aggregate::stood,
    store::{
        LocationRow, StoreError, blobs,
        derived::{self, RecordRow},
        entries,
    },
};

/// A record that a location shared with the network.
#[derive(Clone, Debug)]
pub struct SharedRecord {
    /// The location's code.
    pub location: String,
    /// The kind of record.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The audience it was shared with.
    pub audience: String,
    /// The title shown in lists.
    pub title: String,
    /// Whether the person who told it took it back.
    pub withdrawn: bool,
    /// The values of each field, the one shown to everyone first.
    pub fields: BTreeMap<String, Vec<String>>,
    /// Sets, such as the partners of an initiative.
    pub sets: BTreeMap<String, Vec<String>>,
    /// An insight's words, unless they were withdrawn.
    pub words: Option<String>,
    /// The last change of an initiative's status.
    pub changed: Option<FieldChange>,
    /// Of an opportunity: when the hub received what made it a request, and each wording of it.
    pub asked: Vec<Timestamp>,
    order: String,
}

impl SharedRecord {
    /// A record of a location's document, without words and history.
    pub(super) fn of(location: &LocationCode, record: &Record) -> Self {
        let values = |values: &Vec<Concurrent>| {
            let texts = values.iter().map(|one| one.value.clone());
            texts.collect::<Vec<_>>()
        };
        let fields = record.fields.iter();
        let sets = record.sets.iter();
        Self {
            location: location.to_string(),
            kind: record.kind.word().to_owned(),
            id: record.id.to_string(),
            audience: record.audience.word().to_owned(),
            title: record.title(),
            withdrawn: record.withdrawn,
            fields: fields
                .map(|(key, all)| (key.clone(), values(all)))
                .collect(),
            sets: sets
                .map(|(key, all)| (key.clone(), all.iter().cloned().collect()))
                .collect(),
            words: None,
            changed: None,
            asked: Vec::new(),
            order: record.order.clone(),
        }
    }

    /// Returns the values of each field and set.
    pub(crate) fn fields_json(&self) -> Value {
        let all = self.fields.iter().chain(&self.sets);
        json!(all.collect::<BTreeMap<_, _>>())
    }

    /// It as it was after an earlier change of its status.
    pub(crate) fn moved_to(&self, status: &str, change: &FieldChange) -> Self {
        let mut then = self.clone();
        then.changed = Some(change.clone());
        then.fields
            .insert("status".to_owned(), vec![status.to_owned()]);
        then
    }

    /// When it was written down, as the clock of its device said; none if its id tells no time.
    pub fn made(&self) -> Option<Timestamp> {
        made(&self.id)
    }

    /// Returns the members of a set, such as the outcomes of an initiative.
    pub fn members(&self, set: &str) -> impl Iterator<Item = &str> {
        self.sets.get(set).into_iter().flatten().map(String::as_str)
    }

    /// Returns the first value of a field; empty if there is none.
    pub fn text(&self, field: &str) -> &str {
        let values = self.fields.get(field);
        values
            .and_then(|values| values.first())
            .map_or("", String::as_str)
    }
}

impl Counted<'_> {
    /// Returns the shared parts of plans.
    ///
    /// # Errors
    /// If the network has no such location.
    pub fn plan(
        &self,
        location: Option<&LocationCode>,
    ) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        let insight = RecordKind::Insight.word();
        self.shared_records(location, |row| row.kind != insight)
    }

    /// Returns the shared parts of insights.
    ///
    /// # Errors
    /// If the network has no such location.
    pub fn insights(
        &self,
        location: Option<&LocationCode>,
    ) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        let insight = RecordKind::Insight.word();
        self.shared_records(location, |row| row.kind == insight)
    }

    /// Returns what shifted, newest first: system-change markers, and initiatives whose status
    /// changed.
    ///
    /// # Errors
    /// If the store fails.
    pub fn shifted(&self) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        let (marker, initiative) = (RecordKind::Marker.word(), RecordKind::Initiative.word());
        let found = self.shared_records(None, |row| {
            row.kind == marker || (row.kind == initiative && row.changed.is_some())
        })?;
        Ok(found.map(|mut records| {
            records.sort_by_key(|one| std::cmp::Reverse(one.shifted_on()));
            records
        }))
    }

    /// Returns the changes of the status of a location's initiatives, the last first.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn status_changes(&self, location: &str) -> Result<StatusChanges, AppError> {
        let mut teams = self.teams()?.into_iter();
        let team = teams.find(|(owner, _)| {
            let code = owner.location();
            code.is_some_and(|code| code.as_str() == location)
        });
        Ok(match team {
            Some((_, lix)) => stood::status_changes(self.conn, lix, self.hub_seq)?,
            None => StatusChanges::new(),
        })
    }

    /// Returns what was written down since a moment, newest first, without words taken back.
    ///
    /// # Errors
    /// If the store fails.
    pub fn written_since(
        &self,
        since: Timestamp,
    ) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        let is_new = |row: &RecordRow| made(&row.id).is_some_and(|at| at >= since);
        let found = self.shared_records(None, |row| !row.withdrawn && is_new(row))?;
        Ok(found.map(|mut records| {
            records.sort_by_key(|one| std::cmp::Reverse(one.made()));
            records
        }))
    }

    /// Returns the number of insights each location shared, without those taken back.
    ///
    /// # Errors
    /// If the store fails.
    pub fn insight_counts(&self) -> Result<Unrecorded<BTreeMap<String, usize>>, AppError> {
        let counts = derived::insight_counts(self.conn)?;
        let teams = self.teams()?.into_iter();
        let count = |lix| counts.get(&lix).copied().unwrap_or_default();
        let counted = teams.filter_map(|(owner, lix)| {
            let code = owner.location()?.to_string();
            Some((code, count(lix)))
        });
        Ok(Unrecorded::new(counted.collect()))
    }

    pub(super) fn shared_records(
        &self,
        location: Option<&LocationCode>,
        wanted: impl Fn(&RecordRow) -> bool,
    ) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        if let Some(code) = location.filter(|code| self.place(code).is_none()) {
            return Err(AppError::UnknownLocation { code: code.clone() });
        }
        // A device speaks for a location once words were compared. Until then its records are in no
        // list, and not on the page of the location either, which says that it waits.
        let mut records = Vec::new();
        for (owner, lix) in self.teams()? {
            let code = owner
                .location()
                .filter(|of| location.is_none_or(|one| one == *of));
            let Some(code) = code.map(ToString::to_string) else {
                continue;
            };
            for row in derived::records(self.conn, lix)? {
                if wanted(&row) {
                    records.push(shared_record(self.conn, lix, &code, row)?);
                }
            }
        }
        records.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        Ok(Unrecorded::new(records))
    }
}

impl SharedRecord {
    /// The moment that a marker or a change of status is about: the end of the day that was given,
    /// or when it was written.
    pub(super) fn shifted_on(&self) -> Option<Timestamp> {
        let day = self.text("on").parse().ok();
        let day = day.and_then(|day| Zone::utc().end_of(day));
        let changed = self.changed.as_ref().map(|change| change.at);
        day.or(changed).or_else(|| self.made())
    }
}

fn made(id: &str) -> Option<Timestamp> {
    id.parse::<RecordId>().ok()?.made()
}

impl OfLocations for Vec<SharedRecord> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let codes = self.iter().filter_map(|one| one.location.parse().ok());
        codes.collect()
    }
}

fn sort_key(record: &SharedRecord) -> (&str, usize, &str, &str) {
    let kinds = RecordKind::WORDS.iter();
    let mut kinds = kinds.enumerate();
    let at = kinds.find(|(_, word)| **word == record.kind);
    let at = at.map_or(usize::MAX, |(at, _)| at);
    (&record.location, at, &record.order, &record.id)
}

fn shared_record(
    conn: &rusqlite::Connection,
    lix: LocationRow,
    code: &str,
    row: RecordRow,
) -> Result<SharedRecord, StoreError> {
    let damaged = || StoreError::Derived("records");
    let value: Value = serde_json::from_str(&row.record).map_err(|_| damaged())?;
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let lists = |key: &str| {
        let lists = serde_json::from_value(value[key].clone());
        lists.map_err(|_| damaged())
    };
    let fields: BTreeMap<String, Vec<String>> = lists("fields")?;
    let withdrawn = row.withdrawn;
    let hash = fields
        .get(schema::WORDS_HASH)
        .and_then(|hashes| hashes.first());
    let hash = hash.and_then(|hash| hash.parse::<BlobHash>().ok());
    let mut asked = Vec::new();
    for entry in value["asked"].as_array().into_iter().flatten() {
        if let Some(entry) = entry.as_u64() {
            asked.extend(entries::received_at(conn, entry)?);
        }
    }
    let words = match hash {
        Some(hash) if !withdrawn => blobs::bytes(conn, lix, &hash)?,
        Some(_) | None => None,
    };
    Ok(SharedRecord {
        location: code.to_owned(),
        kind: row.kind,
        id: row.id,
        audience: text("audience"),
        title: text("title"),
        withdrawn,
        sets: lists("sets")?,
        fields,
        words: words.and_then(|blob| Words::text(&blob)),
        changed: row.changed,
        asked,
        order: text("order"),
    })
}
