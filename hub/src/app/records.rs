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

use super::{AppError, AppHandle, OfLocations, Unrecorded};
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
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        let values = self.fields.get(field);
        values
            .and_then(|values| values.first())
            .map_or("", String::as_str)
    }
}

impl AppHandle {
    /// Returns the shared parts of plans.
    ///
    /// # Errors
    /// If the network has no such location.
    pub async fn plan(
        &self,
        location: Option<&LocationCode>,
    ) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        let insight = RecordKind::Insight.word();
        self.shared_records(location, move |kind| kind != insight)
            .await
    }

    /// Returns the shared parts of insights.
    ///
    /// # Errors
    /// If the network has no such location.
    pub async fn insights(
        &self,
        location: Option<&LocationCode>,
    ) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        let insight = RecordKind::Insight.word();
        self.shared_records(location, move |kind| kind == insight)
            .await
    }

    /// Returns the number of insights each location shared, without those taken back. Counting
    /// reads no one's words, so it is not in the ledger.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn insight_counts(&self) -> Result<BTreeMap<String, usize>, AppError> {
        self.counted().await?;
        let read = self.shared.store.read(|conn| {
            let mut counts = BTreeMap::new();
            for bound in invites::bound_codes(conn)? {
                let records = derived::records(conn, bound.lix)?;
                let insights = records
                    .iter()
                    .filter(|row| row.kind == RecordKind::Insight.word());
                let standing = insights.filter(|row| !row.withdrawn).count();
                counts.insert(bound.code.to_string(), standing);
            }
            Ok::<_, StoreError>(counts)
        });
        Ok(read.await?)
    }

    async fn shared_records(
        &self,
        location: Option<&LocationCode>,
        wanted: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Unrecorded<Vec<SharedRecord>>, AppError> {
        if let Some(code) = location
            && !self.shared.own.standing().places().contains_key(code)
        {
            return Err(AppError::UnknownLocation { code: code.clone() });
        }
        self.counted().await?;
        let only = location.map(ToString::to_string);
        let read = self.shared.store.read(move |conn| {
            let mut records = Vec::new();
            let bound = invites::bound_codes(conn)?;
            for bound in bound {
                let code = bound.code.to_string();
                if only.as_ref().is_some_and(|only| *only != code) {
                    continue;
                }
                for row in derived::records(conn, bound.lix)? {
                    if wanted(&row.kind) {
                        records.push(shared_record(conn, bound.lix, &code, row)?);
                    }
                }
            }
            Ok::<_, StoreError>(records)
        });
        let mut records = read.await?;
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
