//! Plans and insights that locations shared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use weft_shared::{
    id::{BlobHash, LocationCode},
    model::{
        insight::Words,
        schema::{self, RecordKind},
    },
};

use super::{AppError, Counted, OfLocations, Unrecorded};
use crate::store::{
    LocationRow, StoreError, blobs,
    derived::{self, RecordRow},
    invites,
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
    order: String,
}

impl SharedRecord {
    /// Returns the values of each field and set.
    pub(crate) fn fields_json(&self) -> Value {
        let all = self.fields.iter().chain(&self.sets);
        json!(all.collect::<BTreeMap<_, _>>())
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
        self.shared_records(location, |kind| kind != insight)
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
        self.shared_records(location, |kind| kind == insight)
    }

    /// Returns the number of insights each location shared, without those taken back.
    ///
    /// # Errors
    /// If the store fails.
    pub fn insight_counts(&self) -> Result<Unrecorded<BTreeMap<String, usize>>, AppError> {
        let counts = derived::insight_counts(self.conn)?;
        let bound = invites::bound_codes(self.conn)?.into_iter();
        let count = |lix| counts.get(&lix).copied().unwrap_or_default();
        let counted = bound.map(|bound| (bound.code.to_string(), count(bound.lix)));
        Ok(Unrecorded::new(counted.collect()))
    }

    fn shared_records(
        &self,
        location: Option<&LocationCode>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        let bound = match location {
            None => invites::bound_codes(self.conn)?,
            Some(code) => {
                if self.place(code).is_none() {
                    return Err(AppError::UnknownLocation { code: code.clone() });
                }
                invites::bound(self.conn, code)?.into_iter().collect()
            }
        };
        let mut records = Vec::new();
        for bound in bound {
            let code = bound.code.to_string();
            for row in derived::records(self.conn, bound.lix)? {
                if wanted(&row.kind) {
                    records.push(shared_record(self.conn, bound.lix, &code, row)?);
                }
            }
        }
        records.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        Ok(Unrecorded::new(records))
    }
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
        order: text("order"),
    })
}
