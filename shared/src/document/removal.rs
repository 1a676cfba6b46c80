//! Concurrent removal and editing of a record: people are asked whether it is kept.

use std::collections::BTreeSet;

use automerge::{ActorId, ChangeHash, ReadDoc as _};

use super::{Document, wrap::ObjId};
use crate::model::{
    record::{Concurrent, Record},
    schema::{self, RecordKind},
};

/// Fields without content that a person would miss: a record's position and its state.
const BOOKKEEPING: [&str; 6] = [
    schema::ORDER,
    schema::REMOVED,
    schema::MOVED,
    schema::WITHDRAWN,
    schema::WORDS_BYTES,
    schema::WORDS_BEFORE,
];

impl Document {
    /// Adds to the record any dispute about its removal.
    ///
    /// There is one if a person concurrently kept it, or changed a field without having seen the
    /// removal. Until someone settles that, it stays in the lists. A withdrawn insight stays
    /// withdrawn, and one that was narrowed to a team's own computer stays narrowed.
    pub(super) fn with_dispute(&self, mut record: Record) -> Record {
        let all = |key: &str| record.fields.get(key).map_or(&[][..], Vec::as_slice);
        let (gone, kept): (Vec<_>, Vec<_>) = all(schema::REMOVED)
            .iter()
            .cloned()
            .partition(|one| one.value != schema::KEPT);
        let moved = all(schema::MOVED).iter();
        let moved = moved.filter(|_| record.kind != RecordKind::Insight);
        let marks: Vec<Concurrent> = gone.iter().chain(moved).cloned().collect();
        let Some(mark) = marks.first().filter(|_| !record.withdrawn) else {
            return record;
        };
        let unseen = self.unseen(&record, &marks);
        let last = unseen.iter().max_by_key(|(_, one)| (one.op, one.actor));
        let keeper = kept.first().or_else(|| last.map(|(_, one)| one));
        let Some(keeper) = keeper else {
            return record;
        };
        let said = |value: &str, by: &Concurrent| Concurrent {
            value: value.to_owned(),
            ..by.clone()
        };
        record.disputed = vec![said(schema::SET, mark), said(schema::KEPT, keeper)];
        record.unseen = unseen.into_iter().map(|(field, _)| field).collect();
        record.removed = false;
        record
    }

    /// The values of a record that none of these removals had seen, with their fields.
    fn unseen(&self, record: &Record, removals: &[Concurrent]) -> Vec<(String, Concurrent)> {
        let Some(map) = self.view().record_map(record.kind, &record.id) else {
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        for removal in removals {
            let id = ObjId::Id(removal.op, ActorId::from(removal.actor), 0);
            if let Some(hash) = self.inner.hash_for_opid(&id) {
                self.see(&map, hash, &mut seen);
            }
        }
        let fields = self.view().entries_in(&map);
        let fields = fields.filter_map(|(key, values)| {
            let field = schema::split_member(&key).map_or(&*key, |(field, _)| field);
            let told = !BOOKKEEPING.contains(&field);
            told.then(|| (field.to_owned(), values))
        });
        let each = fields.flat_map(|(field, values)| {
            let values = values.into_iter();
            values.map(move |one| (field.clone(), one))
        });
        each.filter(|(_, one)| !seen.contains(&(one.op, ActorId::from(one.actor))))
            .collect()
    }

    /// Adds the operations behind a map's values when `head` was the newest change.
    fn see(&self, map: &ObjId, head: ChangeHash, seen: &mut BTreeSet<(u64, ActorId)>) {
        let mut add = |id: &ObjId| {
            if let ObjId::Id(op, actor, _) = id {
                seen.insert((*op, actor.clone()));
            }
        };
        for item in self.inner.map_range_at(map, .., &[head]) {
            add(&item.id());
            if item.conflict {
                let all = self.inner.get_all_at(map, &*item.key, &[head]);
                all.unwrap_or_default().iter().for_each(|(_, id)| add(id));
            }
        }
    }
}
