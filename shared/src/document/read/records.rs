//! Reads records within the limits of forms; longer content is reported instead of read.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ReadDoc;

use super::View;
use crate::{
    id::RecordId,
    model::{
        Audience,
        order::ORDER_BYTES_MAX,
        record::{Concurrent, Record, SETS_READ_MAX},
        schema::{self, RecordKind},
    },
    wire::limits::DOC_NAME_BYTES_MAX,
};

impl<R: ReadDoc> View<'_, R> {
    /// Every record of a kind, including removed ones, in their order.
    pub fn records(&self, kind: RecordKind) -> Vec<Record> {
        let ids = self.keys(kind.container());
        let ids = ids.iter().filter_map(|id| id.parse().ok());
        let mut records: Vec<_> = ids.filter_map(|id| self.record(kind, &id)).collect();
        records.sort_by(|a, b| (&a.order, a.id).cmp(&(&b.order, b.id)));
        records
    }

    /// One record.
    pub fn record(&self, kind: RecordKind, id: &RecordId) -> Option<Record> {
        let map = self.record_map(kind, id)?;
        let mut fields: BTreeMap<String, Vec<Concurrent>> = BTreeMap::new();
        let mut sets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut unread = BTreeSet::new();
        for (key, values) in self.entries_in(&map) {
            let Some((field, member)) = schema::split_member(&key) else {
                fields.insert(key, values);
                continue;
            };
            let members = sets.entry(field.to_owned()).or_default();
            let most = kind.bytes_max(field);
            if most.is_some_and(|most| member.len() > most || members.len() >= SETS_READ_MAX) {
                unread.insert(field.to_owned());
            } else {
                members.insert(member.to_owned());
            }
        }
        sets.retain(|_, members| !members.is_empty());
        // Flags count at any length: a removed record stays removed.
        let first = |key: &str| Some(fields.get(key)?.first()?.value.as_str());
        let audiences = fields.get(schema::AUDIENCE).into_iter().flatten();
        let audiences = audiences.map(|one| Audience::or_team(Some(&one.value)));
        let mut record = Record {
            id: *id,
            kind,
            audience: audiences.min().unwrap_or(Audience::Team),
            removed: fields
                .get(schema::REMOVED)
                .is_some_and(|values| values.iter().any(|one| one.value != schema::KEPT)),
            disputed: Vec::new(),
            unseen: BTreeSet::new(),
            moved: first(schema::MOVED).map(|name| cut(name, DOC_NAME_BYTES_MAX)),
            withdrawn: fields.contains_key(schema::WITHDRAWN),
            order: cut(first(schema::ORDER).unwrap_or_default(), ORDER_BYTES_MAX),
            fields,
            sets,
            unread,
        };
        record.leave_long_texts();
        Some(record)
    }
}

impl Record {
    /// Removes the values that no form would have accepted, and records their fields.
    fn leave_long_texts(&mut self) {
        for (key, values) in &mut self.fields {
            let Some(most) = self.kind.bytes_max(key) else {
                continue;
            };
            let before = values.len();
            values.retain(|one| one.value.len() <= most);
            if values.len() < before {
                self.unread.insert(key.clone());
            }
        }
        self.fields.retain(|_, values| !values.is_empty());
    }
}

/// The beginning of a text, cut at a character boundary.
fn cut(text: &str, bytes_max: usize) -> String {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
