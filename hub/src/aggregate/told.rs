//! Records as the text that is stored of them, and read from it again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, json};
use weft_shared::{
    document::Document,
    id::RecordId,
    model::{
        Audience, plan,
        record::{Concurrent, Record},
        schema::{self, RecordKind},
    },
    time::Timestamp,
};

use crate::store::{StoreError, derived::RecordRow};

/// A record that a team shares, and when the priority that it names was stated.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// The record. Its values have no authors if they are read from the stored text.
    pub(crate) record: Record,
    /// When a priority was stated, by its device's clock.
    pub(crate) named: Option<Timestamp>,
    /// The entries that made an opportunity a request that the hub may show, or worded it, in the
    /// order in which the hub stored them. Only rows have them.
    pub(crate) asked: Vec<u64>,
}

impl Told {
    /// A record as it is in a document.
    pub(super) fn of(document: &Document, record: Record) -> Self {
        let priority = record
            .fields
            .get(PRIORITY)
            .and_then(|values| values.first());
        let yes = priority.filter(|one| one.value == plan::Priority::Yes.word());
        let stated = yes.and_then(|one| document.change_of(&one.actor, one.op));
        Self {
            named: stated.map(|change| change.at),
            asked: Vec::new(),
            record,
        }
    }

    /// Encodes it: its fields with all concurrent values, the one shown to everyone first.
    pub(super) fn text(&self) -> String {
        const FLAGS: [&str; 5] = [
            schema::AUDIENCE,
            schema::ORDER,
            schema::REMOVED,
            schema::MOVED,
            schema::WITHDRAWN,
        ];
        let record = &self.record;
        let fields = record.fields.iter();
        let fields = fields.filter(|(key, _)| !FLAGS.contains(&key.as_str()));
        let fields: Map<_, _> = fields
            .map(|(key, values)| {
                let mut seen = BTreeSet::new();
                let texts = values.iter().map(|one| one.value.as_str());
                let texts: Vec<&str> = texts.filter(|text| seen.insert(*text)).collect();
                (key.clone(), texts.into())
            })
            .collect();
        let sets = record.sets.iter();
        let sets = sets.filter(|(key, _)| *key != schema::WORDS_BEFORE);
        let sets: Map<_, _> = sets
            .map(|(key, members)| {
                let members: Vec<&String> = members.iter().collect();
                (key.clone(), json!(members))
            })
            .collect();
        let mut text = json!({
            "audience": record.audience.word(),
            "withdrawn": record.withdrawn,
            "order": record.order,
            "title": record.title(),
            "fields": fields,
            "sets": sets,
        });
        if let Some(named) = self.named {
            text[NAMED] = named.ms().into();
        }
        if !self.asked.is_empty() {
            text[ASKED] = self.asked.clone().into();
        }
        text.to_string()
    }

    /// Reads a record from its stored row.
    pub(crate) fn read(row: &RecordRow) -> Result<Self, StoreError> {
        Self::parse(row).ok_or(StoreError::Derived("records"))
    }

    fn parse(row: &RecordRow) -> Option<Self> {
        let text: Text = serde_json::from_str(&row.record).ok()?;
        let concurrent = |value: String| Concurrent {
            value,
            actor: [0; 16],
            op: 0,
        };
        let fields = text.fields.into_iter().map(|(key, values)| {
            let values = values.into_iter().map(concurrent);
            (key, values.collect())
        });
        Some(Self {
            record: Record {
                id: row.id.parse::<RecordId>().ok()?,
                kind: row.kind.parse::<RecordKind>().ok()?,
                fields: fields.collect(),
                sets: text.sets,
                audience: text.audience.parse::<Audience>().ok()?,
                removed: false,
                disputed: Vec::new(),
                unseen: BTreeSet::new(),
                moved: None,
                withdrawn: row.withdrawn,
                order: text.order.unwrap_or_default(),
                unread: BTreeSet::new(),
            },
            named: text.named_ms.map(Timestamp::from_ms),
            asked: text.asked,
        })
    }
}

/// The stored text of a record, as far as it is read again. Ten thousand are read at once, so
/// nothing of it is kept in another form on the way.
#[derive(Deserialize)]
struct Text {
    fields: BTreeMap<String, Vec<String>>,
    sets: BTreeMap<String, BTreeSet<String>>,
    audience: String,
    order: Option<String>,
    named_ms: Option<i64>,
    #[serde(default)]
    asked: Vec<u64>,
}

const PRIORITY: &str = "priority";
const NAMED: &str = "named_ms";
const ASKED: &str = "asked";
