//! Edits of records: their fields, flags and places.

use std::collections::BTreeSet;

use automerge::{ObjType, ReadDoc as _, transaction::Transactable as _};

use super::{EditError, Editor};
use crate::{
    document::wrap::ObjId,
    id::RecordId,
    model::{
        Audience,
        order::order_after,
        record::{FieldValue, Fields},
        schema::{self, RecordKind},
    },
};

/// The place of a new record in the list of its kind, which may lie in several documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordPlace {
    /// After the last one here and after this [order](order_after), the greatest elsewhere.
    End(Option<String>),
    /// At this order: the record comes from another document.
    At(String),
}

impl Editor<'_> {
    /// Creates a record at the end of its kind, or changes the named fields of an existing one.
    ///
    /// # Errors
    /// If fields are invalid. The error lists all problems.
    pub fn put_record(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        audience: Audience,
        fields: &Fields,
    ) -> Result<(), EditError> {
        self.put_record_at(kind, id, audience, fields, &RecordPlace::End(None))
    }

    /// As [`Editor::put_record`]; a record that is made gets this place in its list.
    ///
    /// # Errors
    /// Returns all that is wrong with the fields.
    pub fn put_record_at(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        audience: Audience,
        fields: &Fields,
        place: &RecordPlace,
    ) -> Result<(), EditError> {
        self.container(kind.container())?;
        let known = self.view().record_map(kind, id).is_some();
        let fields = self.checked(kind, id, fields)?;
        if !known {
            let order = match place {
                RecordPlace::At(order) => order.clone(),
                RecordPlace::End(elsewhere) => {
                    let here = self.view().records(kind).pop().map(|last| last.order);
                    let last = here.max(elsewhere.clone());
                    order_after(last.as_deref())
                }
            };
            self.make_record(kind, id)?;
            self.put_raw(kind, id, schema::ORDER, &order)?;
        }
        let map = self.record(kind, id)?;
        self.put(kind, id, &map, schema::AUDIENCE, audience.word())?;
        for (key, value) in &fields {
            self.put_field(kind, id, &map, key, value)?;
        }
        Ok(())
    }

    /// Changes one field of a record.
    ///
    /// # Errors
    /// If there is no such record, or the value is invalid.
    pub fn set_field(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        key: &str,
        value: &FieldValue,
    ) -> Result<(), EditError> {
        let map = self.record(kind, id)?;
        let fields = Fields::from([(key.to_owned(), value.clone())]);
        for (key, value) in kind.check(&fields, false).map_err(EditError::Fields)? {
            self.put_field(kind, id, &map, &key, &value)?;
        }
        Ok(())
    }

    /// The fields in their stored form, if they are right by themselves, with one another and with
    /// those that the record has already.
    fn checked(
        &self,
        kind: RecordKind,
        id: &RecordId,
        fields: &Fields,
    ) -> Result<Fields, EditError> {
        let standing = self.view().record(kind, id);
        let checked = kind.check(fields, standing.is_none());
        let checked = checked.map_err(EditError::Fields)?;
        if let Some(standing) = standing {
            let mut whole = standing.to_fields();
            let before = kind.across(&whole);
            whole.extend(checked.clone());
            // A problem that was there before came from elsewhere, and stops no other change.
            let mut wrong = kind.across(&whole);
            wrong.retain(|problem| !before.contains(problem));
            if !wrong.is_empty() {
                return Err(EditError::Fields(wrong));
            }
        }
        Ok(checked)
    }

    /// Changes the audience of a record within this document. A record whose audience changes to or
    /// from `team` moves to another document instead; see [`Editor::mark_moved`].
    ///
    /// # Errors
    /// If there is no such record.
    pub fn set_audience(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        audience: Audience,
    ) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::AUDIENCE, audience.word())
    }

    /// Removes a record from all lists. Its content stays, so that no words are lost. If another
    /// person changes it concurrently, people are asked.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn remove_record(&mut self, kind: RecordKind, id: &RecordId) -> Result<(), EditError> {
        let map = self.record(kind, id)?;
        if self.view().values_in(&map, schema::REMOVED).is_empty() {
            return self.put_raw(kind, id, schema::REMOVED, schema::SET);
        }
        self.decide_removal(kind, id, true)
    }

    /// Puts a removed or moved record back into the lists.
    ///
    /// The decision to keep it is written explicitly: if another person removes it concurrently,
    /// people are asked.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn restore_record(&mut self, kind: RecordKind, id: &RecordId) -> Result<(), EditError> {
        let map = self.record(kind, id)?;
        let gone = self.view().values_in(&map, schema::REMOVED);
        if gone.iter().any(|one| one.value != schema::KEPT) {
            self.put_raw(kind, id, schema::REMOVED, schema::KEPT)?;
        }
        self.put_raw(kind, id, schema::MOVED, "")
    }

    /// Settles whether a record is removed or kept, over everything seen of it.
    pub(super) fn decide_removal(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        removed: bool,
    ) -> Result<(), EditError> {
        let value = if removed { schema::SET } else { schema::KEPT };
        self.put_anew(kind, id, schema::REMOVED, value)?;
        if removed {
            return Ok(());
        }
        self.put_raw(kind, id, schema::MOVED, "")
    }

    /// Marks a record as moved to the document called `document`.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn mark_moved(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        document: &str,
    ) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::MOVED, document)
    }

    /// Marks an insight as taken back by its teller. Devices that hold its words delete them.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn withdraw(&mut self, kind: RecordKind, id: &RecordId) -> Result<(), EditError> {
        self.put_raw(kind, id, schema::WITHDRAWN, schema::SET)
    }

    /// Marks the words of an insight as replaced. Every device that holds them deletes them.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn forget_words(&mut self, kind: RecordKind, id: &RecordId) -> Result<(), EditError> {
        let map = self.record(kind, id)?;
        for words in self.view().values_in(&map, schema::WORDS_HASH) {
            self.put(kind, id, &map, &before_key(&words.value), schema::SET)?;
        }
        Ok(())
    }

    /// Creates a record without fields, if there is none yet.
    pub(in crate::document) fn make_record(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
    ) -> Result<(), EditError> {
        if self.view().record_map(kind, id).is_none() {
            let container = self.container(kind.container())?;
            self.tx
                .put_object(&container, id.to_string(), ObjType::Map)?;
            self.touch(kind.container(), &id.to_string());
        }
        Ok(())
    }

    fn record(&self, kind: RecordKind, id: &RecordId) -> Result<ObjId, EditError> {
        self.container(kind.container())?;
        let map = self.view().record_map(kind, id);
        map.ok_or_else(|| EditError::UnknownRecord {
            document: self.kind.to_string(),
            kind,
            id: *id,
        })
    }

    /// Writes a field unchanged, without a check against the schema.
    pub(in crate::document) fn put_raw(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        key: &str,
        value: &str,
    ) -> Result<(), EditError> {
        let map = self.record(kind, id)?;
        self.put(kind, id, &map, key, value)
    }

    /// Like [`Editor::put_raw`], but over everything seen here, even an equal value.
    pub(in crate::document) fn put_anew(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        key: &str,
        value: &str,
    ) -> Result<(), EditError> {
        let map = self.record(kind, id)?;
        self.rewrite(&map, key, value)?;
        self.touch(kind.container(), &id.to_string());
        Ok(())
    }

    fn put_field(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        map: &ObjId,
        key: &str,
        value: &FieldValue,
    ) -> Result<(), EditError> {
        let members = match value {
            FieldValue::Text(text) => return self.put(kind, id, map, key, text),
            FieldValue::Set(members) => members,
        };
        let known: BTreeSet<String> = self.tx.keys(map).collect();
        let known = known.iter().filter_map(|known| {
            let (field, member) = schema::split_member(known)?;
            (field == key).then_some(member)
        });
        for gone in known.filter(|member| !members.contains(*member)) {
            self.put(kind, id, map, &schema::member_key(key, gone), "")?;
        }
        for member in members {
            self.put(kind, id, map, &schema::member_key(key, member), schema::SET)?;
        }
        Ok(())
    }

    fn put(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        map: &ObjId,
        key: &str,
        value: &str,
    ) -> Result<(), EditError> {
        let before = if key == schema::WORDS_HASH {
            self.view().values_in(map, key)
        } else {
            Vec::new()
        };
        if self.write(map, key, value)? {
            self.touch(kind.container(), &id.to_string());
        }
        for gone in before.iter().filter(|before| before.value != value) {
            self.write(map, &before_key(&gone.value), schema::SET)?;
        }
        Ok(())
    }
}

fn before_key(hash: &str) -> String {
    schema::member_key(schema::WORDS_BEFORE, hash)
}
