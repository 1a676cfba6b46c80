//! The records of the plan, and the insights.

use std::collections::BTreeSet;

use weft_shared::{
    document::FieldChange,
    id::{BlobHash, DeviceIndex, DocName, RecordId},
    model::{
        Audience,
        insight::Words,
        record::Record,
        schema::{self, DocKind, RecordKind},
    },
    period::Period,
};

use super::{Authors, Written};
use crate::{
    replica::{DocumentError, Replica},
    store::{LocationRow, Owner, blobs},
    words::{excerpt, figure::area_name},
};

/// A record and the document that holds it.
#[derive(Clone, Debug)]
pub(crate) struct RecordRow {
    pub(crate) record: Record,
    pub(crate) document: DocName,
    /// An insight's words; `None` if they were withdrawn or have not arrived.
    pub(crate) words: Option<String>,
    /// The newest of the changes that it shows; of concurrent ones it shows one.
    pub(crate) written: Written,
    /// The names of a target's indicator and area, where they are known.
    names: Option<(String, Option<String>)>,
}

/// Maximum characters of an insight's words in its title.
const TITLE_CHARS_MAX: usize = 60;

impl RecordRow {
    fn new(
        record: Record,
        document: &DocName,
        authors: &mut Authors<'_>,
    ) -> Result<Self, DocumentError> {
        // A change keeps the record too, which says nothing about whose values are shown.
        let keeps = |key: &str| key == schema::REMOVED && !record.removed;
        let shown = record.fields.iter().filter(|(key, _)| !keeps(key));
        let shown = shown.filter_map(|(_, values)| values.first());
        let newest = shown.max_by_key(|one| one.op);
        let written = newest.map(|one| authors.written(&one.actor, one.op));
        Ok(Self {
            words: authors.replica.words_of(&record)?,
            record,
            document: document.clone(),
            written: written.unwrap_or_default(),
            names: None,
        })
    }

    /// The title in headings and links.
    pub(crate) fn title(&self) -> String {
        let record = &self.record;
        let title = match (record.kind, &self.words) {
            (RecordKind::Insight, _) if record.withdrawn => "a withdrawn insight".to_owned(),
            (RecordKind::Insight, Some(words)) => excerpt(words, TITLE_CHARS_MAX),
            (RecordKind::Target, _) => {
                let text = |key: &str| record.text(key).unwrap_or_default();
                let period = record.text("period").map(|text| {
                    let period = text.parse::<Period>();
                    period.map_or_else(|_| text.to_owned(), Period::words)
                });
                let by = period.map_or_else(String::new, |period| format!(" by {period}"));
                let (indicator, area) = match &self.names {
                    Some((name, area)) => (name.as_str(), area.as_deref()),
                    None => (text("indicator"), record.text("area")),
                };
                let area = area.filter(|area| !area.is_empty());
                let area = area.map_or_else(String::new, |area| format!(", {area}"));
                format!("{indicator}: {}{by}{area}", text("value"))
            }
            (RecordKind::Relationship, _) => "a tie with a partner".to_owned(),
            _ => record.title(),
        };
        if title.is_empty() {
            format!("{} without a title", record.kind.label())
        } else {
            title
        }
    }

    /// Whether it is for the team alone.
    pub(crate) fn is_sealed(&self) -> bool {
        self.document.name == DocKind::Team.to_string()
    }

    /// A record that was withdrawn in one document is withdrawn in all.
    fn take_back(&mut self) {
        self.record.withdrawn = true;
        self.words = None;
    }
}

/// Whether a record was removed, and neither withdrawn by its teller nor moved elsewhere.
fn is_restorable(record: &Record) -> bool {
    record.removed && record.moved.is_none() && !record.withdrawn
}

/// The result of looking up an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Found(Box<RecordId>),
    None,
    Several(usize),
}

impl Replica {
    /// The records of a kind in their order, without those removed or moved elsewhere. Of one that
    /// is in several documents the first by name is shown, as at the hub, and what is shared
    /// before what is sealed; it is taken back if it was anywhere.
    pub(crate) fn records(&mut self, kind: RecordKind) -> Result<Vec<RecordRow>, DocumentError> {
        self.records_where(kind, Record::is_live)
    }

    /// Returns the removed records of a kind that can be restored.
    pub(crate) fn removed_records(
        &mut self,
        kind: RecordKind,
    ) -> Result<Vec<RecordRow>, DocumentError> {
        let live = self.records(kind)?.into_iter();
        let live: BTreeSet<RecordId> = live.map(|row| row.record.id).collect();
        let mut removed = self.records_where(kind, is_restorable)?;
        removed.retain(|row| !live.contains(&row.record.id));
        Ok(removed)
    }

    /// Returns the records of a kind, those removed or withdrawn too.
    pub(crate) fn records_of_all_times(
        &mut self,
        kind: RecordKind,
    ) -> Result<Vec<RecordRow>, DocumentError> {
        self.records_where(kind, |_| true)
    }

    /// Returns the greatest order of a kind's records over all documents, removed ones included.
    pub(crate) fn last_order(&mut self, kind: RecordKind) -> Result<Option<String>, DocumentError> {
        let mut last = None;
        for name in self.own_documents(|document| document.has(kind.container())) {
            let records = self.document(Owner::Location, &name)?.records(kind);
            last = last.max(records.into_iter().map(|record| record.order).max());
        }
        Ok(last)
    }

    /// The documents in which such records may stand, by name.
    fn holding(&self, kind: RecordKind) -> Vec<DocName> {
        let mut documents = self.own_documents(|document| document.has(kind.container()));
        documents.sort();
        documents
    }

    fn records_where(
        &mut self,
        kind: RecordKind,
        wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<RecordRow>, DocumentError> {
        let documents = self.holding(kind);
        let mut rows = Vec::new();
        let mut withdrawn = BTreeSet::new();
        for name in documents {
            let (replica, document) = self.with_document(Owner::Location, &name)?;
            let mut authors = Authors::new(replica, document);
            let records = document.records(kind);
            let taken_back = records.iter().filter(|record| record.withdrawn);
            withdrawn.extend(taken_back.map(|record| record.id));
            for record in records.into_iter().filter(|record| wanted(record)) {
                rows.push(RecordRow::new(record, &name, &mut authors)?);
            }
        }
        for row in &mut rows {
            if withdrawn.contains(&row.record.id) {
                row.take_back();
            }
        }
        rows.sort_by_key(|row| (row.record.id, row.is_sealed()));
        rows.dedup_by_key(|row| row.record.id);
        rows.sort_by(|a, b| (&a.record.order, a.record.id).cmp(&(&b.record.order, b.record.id)));
        self.name_targets(kind, &mut rows)?;
        Ok(rows)
    }

    /// Finds the names of what targets are for.
    fn name_targets(
        &mut self,
        kind: RecordKind,
        rows: &mut [RecordRow],
    ) -> Result<(), DocumentError> {
        if kind != RecordKind::Target || rows.is_empty() {
            return Ok(());
        }
        let versions = self.versions()?;
        let areas = self.place()?.map(|place| place.areas).unwrap_or_default();
        for row in rows {
            let text = |key: &str| row.record.text(key).unwrap_or_default();
            let code = text("indicator").parse().ok();
            let newest = code.and_then(|code| versions.get(&code)?.newest());
            let area = Some(text("area")).filter(|area| !area.is_empty());
            let area = area.map(|code| match code.parse() {
                Ok(area) => area_name(&areas, &area),
                Err(_) => code.to_owned(),
            });
            row.names = newest.map(|one| (one.name.clone(), area));
        }
        Ok(())
    }

    /// Returns one live record.
    pub(crate) fn record(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
    ) -> Result<Option<RecordRow>, DocumentError> {
        self.record_where(kind, id, Record::is_live)
    }

    /// Returns one removed record that can be restored.
    pub(crate) fn removed_record(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
    ) -> Result<Option<RecordRow>, DocumentError> {
        if self.record(kind, id)?.is_some() {
            return Ok(None);
        }
        self.record_where(kind, id, is_restorable)
    }

    /// Returns one record, live or not.
    pub(crate) fn record_anywhere(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
    ) -> Result<Option<RecordRow>, DocumentError> {
        match self.record(kind, id)? {
            Some(row) => Ok(Some(row)),
            None => self.record_where(kind, id, |_| true),
        }
    }

    fn record_where(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
        wanted: impl Fn(&Record) -> bool,
    ) -> Result<Option<RecordRow>, DocumentError> {
        let mut found = Vec::new();
        let mut withdrawn = false;
        for name in self.holding(kind) {
            let (replica, document) = self.with_document(Owner::Location, &name)?;
            let record = document.record(kind, id);
            withdrawn |= record.as_ref().is_some_and(|record| record.withdrawn);
            if let Some(record) = record.filter(|record| wanted(record)) {
                let mut authors = Authors::new(replica, document);
                found.push(RecordRow::new(record, &name, &mut authors)?);
            }
        }
        let mut shown = found.into_iter().min_by_key(RecordRow::is_sealed);
        if withdrawn {
            shown.iter_mut().for_each(RecordRow::take_back);
        }
        if let Some(shown) = &mut shown {
            self.name_targets(kind, std::slice::from_mut(shown))?;
        }
        Ok(shown)
    }

    /// Finds the one of these records whose id is, or begins with, `text`.
    pub(crate) fn find_in(rows: &[RecordRow], text: &str) -> Wanted {
        let text = text.trim().to_ascii_lowercase();
        if text.is_empty() {
            // A script that fails to fill in an id must not select the only record.
            return Wanted::None;
        }
        let mut ids = rows.iter().map(|row| row.record.id);
        let fits: Vec<RecordId> = ids
            .by_ref()
            .filter(|id| id.to_string().starts_with(&text))
            .collect();
        match fits.as_slice() {
            [] => Wanted::None,
            [id] => Wanted::Found(Box::new(*id)),
            several => Wanted::Several(several.len()),
        }
    }

    /// Returns the documents that hold the record, or its traces from before a move.
    pub(crate) fn copies(
        &mut self,
        kind: RecordKind,
        id: &RecordId,
    ) -> Result<Vec<DocKind>, DocumentError> {
        let mut copies = Vec::new();
        for name in self.own_documents(|document| document.has(kind.container())) {
            let record = self.document(Owner::Location, &name)?.record(kind, id);
            copies.extend(record.and_then(|_| DocKind::of(&name).ok()));
        }
        Ok(copies)
    }

    /// Returns the last change of an initiative's status from another one; `None` if it has had
    /// none.
    pub(crate) fn status_change(
        &mut self,
        row: &RecordRow,
    ) -> Result<Option<FieldChange>, DocumentError> {
        let document = self.document(Owner::Location, &row.document)?;
        Ok(document.changed(row.record.kind, &row.record.id, "status"))
    }

    /// Returns the words of an insight, if they are here.
    pub(crate) fn words_of(&self, record: &Record) -> Result<Option<String>, DocumentError> {
        let words = Words::in_record(record);
        let words = words.map(|words| self.words_by_hash(&words.hash));
        Ok(words.transpose()?.flatten())
    }

    /// Whether somebody else may have these words.
    pub(crate) fn were_offered(&self, hash: &BlobHash) -> Result<bool, DocumentError> {
        let own = self.dix().unwrap_or(DeviceIndex(0));
        let db = &self.store().reader;
        Ok(blobs::was_offered(db, (LocationRow::OWN, own), hash)?)
    }

    /// Returns words by the hash of their blob, if they are here.
    pub(crate) fn words_by_hash(&self, hash: &BlobHash) -> Result<Option<String>, DocumentError> {
        let blob = blobs::bytes(&self.store().reader, LocationRow::OWN, hash)?;
        let opened = blob.and_then(|blob| self.opened(blob));
        Ok(opened.and_then(|blob| Words::text(&blob)))
    }

    /// Returns the number of live records that are for the team alone.
    pub(crate) fn team_only(&mut self) -> Result<u64, DocumentError> {
        let team = self.team();
        let document = self.document(Owner::Location, &team)?;
        let records = RecordKind::ALL
            .iter()
            .flat_map(|kind| document.records(*kind));
        let records = records.filter(Record::is_live).count();
        let adoptions = document.adoptions().len();
        let count = records + adoptions + document.observation_keys_standing().count();
        Ok(count as u64)
    }

    /// Returns the document for a new record: a further part if the present one is full.
    pub(crate) fn document_for(
        &mut self,
        kind: RecordKind,
        audience: Audience,
        year: i16,
    ) -> Result<DocKind, DocumentError> {
        use crate::limits::{
            DOCUMENT_FILL_PERCENT, INITIATIVES_PER_DOCUMENT, INSIGHTS_PER_DOCUMENT,
        };
        use weft_shared::model::investment::DOCUMENT_INVESTMENTS_MAX;

        let first = kind.document(audience, year);
        let (limit, counted) = match first {
            DocKind::Insights(..) => (INSIGHTS_PER_DOCUMENT, RecordKind::Insight),
            DocKind::Plan(_) => (INITIATIVES_PER_DOCUMENT, RecordKind::Initiative),
            DocKind::Money(_) => (DOCUMENT_INVESTMENTS_MAX, RecordKind::Investment),
            DocKind::Answers(..) => (INSIGHTS_PER_DOCUMENT, RecordKind::Review),
            _ => return Ok(first),
        };
        let part = |number| match first {
            DocKind::Insights(year, _) => DocKind::Insights(year, number),
            DocKind::Answers(year, _) => DocKind::Answers(year, number),
            DocKind::Money(_) => DocKind::Money(number),
            _ => DocKind::Plan(number),
        };
        let mut number = 1;
        loop {
            let document = part(number);
            let name = DocName::first(document.to_string());
            let percent = self.size_of(Owner::Location, &name)?.percent_full();
            let filled = percent >= DOCUMENT_FILL_PERCENT;
            // Few records may fill a document too. Only one kind moves on before that.
            let many =
                kind == counted && self.own_document(document)?.records(counted).len() >= limit;
            if !filled && !many {
                return Ok(document);
            }
            number += 1;
        }
    }
}
