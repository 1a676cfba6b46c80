//! The location's indicator values.

use std::collections::BTreeSet;

use weft_shared::{
    document::Observed,
    id::DocName,
    model::{
        Audience,
        note::{Note, NotedFigure},
        observation::{ObservationKey, Statement, one_of_each_figure},
        schema::DocKind,
    },
};

use super::{Authors, Written};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// The statements about one key.
#[derive(Clone, Debug)]
pub(crate) struct ObservationRow {
    pub(crate) key: ObservationKey,
    /// The statements, the one to show first; more than one if it is contested.
    pub(crate) stated: Vec<StatedRow>,
    /// Texts under the key that this version cannot read.
    pub(crate) unreadable: BTreeSet<String>,
    /// The notes beside it; more than one if people wrote them at once.
    pub(crate) notes: Vec<Note>,
    /// Whether it is for the team alone.
    pub(crate) local: bool,
}

/// A statement and its author.
#[derive(Clone, Debug)]
pub(crate) struct StatedRow {
    pub(crate) statement: Statement,
    pub(crate) written: Written,
}

impl ObservationRow {
    fn new(one: Observed, local: bool, authors: &mut Authors<'_>) -> Self {
        let stated = one.stated.into_iter().map(|said| StatedRow {
            written: authors.written(&said.actor, said.op),
            statement: said.statement,
        });
        Self {
            stated: stated.collect(),
            key: one.key,
            unreadable: one.unreadable.into_iter().map(|one| one.value).collect(),
            notes: one.notes,
            local,
        }
    }

    /// Merges the rows of several documents, in the order of their keys. If both have a key, the
    /// shared value comes before the team's own, unless it was taken back.
    pub(crate) fn merged(mut rows: Vec<Self>) -> Vec<Self> {
        rows.sort_by(|a, b| (&a.key, a.local).cmp(&(&b.key, b.local)));
        rows.dedup_by(|later, earlier| {
            let same = later.key == earlier.key;
            if same && !later.local {
                earlier.join(later);
            } else if same && later.comes_before(earlier) {
                std::mem::swap(later, earlier);
            }
            same
        });
        rows
    }

    /// Whether this value, which is the team's own, counts although a shared one is there.
    fn comes_before(&self, shared: &Self) -> bool {
        shared.is_taken_out() && !self.is_taken_out()
    }

    /// Adds another part's statements about the same key. Those that differ are kept side by side.
    fn join(&mut self, other: &mut Self) {
        self.stated.append(&mut other.stated);
        let stated = std::mem::take(&mut self.stated);
        self.stated = one_of_each_figure(stated, |one| &one.statement);
        self.unreadable.append(&mut other.unreadable);
        for note in other.notes.drain(..) {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// Whether people stated different things and no one has settled it; one of them may be a text
    /// that this version cannot read.
    pub(crate) fn is_contested(&self) -> bool {
        self.answers() > 1
    }

    /// The number of different things that people stated.
    pub(crate) fn answers(&self) -> usize {
        self.stated.len() + self.unreadable.len()
    }

    /// Whether every statement takes back what stood there: it is in no list and no figure.
    pub(crate) fn is_taken_out(&self) -> bool {
        let back = self.stated.iter().all(|one| one.statement.is_retraction());
        back && self.unreadable.is_empty()
    }

    /// The statement that stands alone.
    pub(crate) fn settled(&self) -> Option<&StatedRow> {
        self.stated.first().filter(|_| !self.is_contested())
    }

    /// Its audience: the narrowest if people chose several at once.
    pub(crate) fn audience(&self) -> Audience {
        let audiences = self.stated.iter().map(|one| one.statement.audience);
        audiences.min().unwrap_or(Audience::Team)
    }

    /// Returns the note for one of the statements, and the figure that it was written for if that
    /// is another one.
    pub(crate) fn note(&self, statement: &Statement) -> Option<(&str, Option<&NotedFigure>)> {
        let note = Note::beside(&self.notes, statement)?;
        Some((&note.text, note.written_for(statement)))
    }

    /// Returns each note in words, once. Names the note's figure if it is contested or no longer
    /// current.
    pub(crate) fn notes_in_words(&self) -> Vec<String> {
        let words = |note: &Note| {
            let mut stated = self.stated.iter().map(|one| &one.statement);
            let first = stated.clone().next();
            let about = stated.any(|statement| note.is_about(statement));
            let text = &note.text;
            match &note.figure {
                Some(figure) if about && self.is_contested() => {
                    format!("for {}: {text}", figure.words())
                }
                Some(figure) if !about => {
                    let words = first.map(|statement| figure.words_beside(statement));
                    let words = words.unwrap_or_else(|| figure.words().to_owned());
                    format!("written for {words}: {text}")
                }
                Some(_) | None => text.clone(),
            }
        };
        self.notes.iter().map(words).collect()
    }

    /// The note that is read beside a statement, for people: "written for 50 of 100: checked".
    /// `shown` writes the figure as those around it are written.
    pub(crate) fn note_words(
        &self,
        statement: &Statement,
        shown: impl Fn(&str) -> String,
    ) -> Option<String> {
        let (text, figure) = self.note(statement)?;
        Some(match figure {
            Some(figure) => {
                let figure = shown(&figure.words_beside(statement));
                format!("written for {figure}: {text}")
            }
            None => text.to_owned(),
        })
    }

    /// Returns the statements.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        self.stated
            .iter()
            .map(|one| one.statement.clone())
            .collect()
    }
}

impl Replica {
    /// Returns the values that `wanted` selects, in the order of their keys. If both have a key,
    /// the shared value comes before the team's own, unless it was taken back.
    pub(crate) fn observations(
        &mut self,
        wanted: impl Fn(&ObservationKey) -> bool,
    ) -> Result<Vec<ObservationRow>, DocumentError> {
        let mut rows: Vec<ObservationRow> = Vec::new();
        for name in self.observing() {
            rows.extend(self.observations_in(&name, &wanted)?);
        }
        Ok(ObservationRow::merged(rows))
    }

    /// Returns the keys of all values, without reading one.
    pub(crate) fn observation_keys(&mut self) -> Result<BTreeSet<ObservationKey>, DocumentError> {
        let mut keys = BTreeSet::new();
        for name in self.observing() {
            let document = self.document(Owner::Location, &name)?;
            keys.extend(document.observation_keys());
        }
        Ok(keys)
    }

    /// Returns the keys of all values that stand: without those that were taken out again.
    pub(crate) fn observation_keys_standing(
        &mut self,
    ) -> Result<BTreeSet<ObservationKey>, DocumentError> {
        let mut keys = BTreeSet::new();
        for name in self.observing() {
            let document = self.document(Owner::Location, &name)?;
            keys.extend(document.observation_keys_standing());
        }
        Ok(keys)
    }

    /// Returns the documents that hold values.
    pub(crate) fn observing(&self) -> Vec<DocName> {
        self.own_documents(|kind| matches!(kind, DocKind::Observations(..) | DocKind::Team))
    }

    /// Returns the values that are for the team alone.
    pub(crate) fn observations_kept(&mut self) -> Result<Vec<ObservationRow>, DocumentError> {
        self.observations_in(&super::first(DocKind::Team), &|_| true)
    }

    /// Returns the statements about one key.
    pub(crate) fn observation(
        &mut self,
        key: &ObservationKey,
    ) -> Result<Option<ObservationRow>, DocumentError> {
        let shared = self.observation_shared(key)?;
        if shared.as_ref().is_some_and(|shared| !shared.is_taken_out()) {
            return Ok(shared);
        }
        let kept = self.observation_in(DocKind::Team, key)?;
        Ok(match (shared, kept) {
            (Some(shared), Some(kept)) if !kept.comes_before(&shared) => Some(shared),
            (shared, kept) => kept.or(shared),
        })
    }

    /// Returns the location's statements about one key, from every part of its year.
    pub(crate) fn observation_shared(
        &mut self,
        key: &ObservationKey,
    ) -> Result<Option<ObservationRow>, DocumentError> {
        let mut shared: Option<ObservationRow> = None;
        for part in self.parts_of(key.period.reporting_year()) {
            match (&mut shared, self.observation_in(part, key)?) {
                (Some(shared), Some(mut row)) => shared.join(&mut row),
                (None, row) => shared = row,
                (Some(_), None) => {}
            }
        }
        Ok(shared)
    }

    fn observation_in(
        &mut self,
        kind: DocKind,
        key: &ObservationKey,
    ) -> Result<Option<ObservationRow>, DocumentError> {
        let (replica, document) = self.with_document(Owner::Location, &super::first(kind))?;
        let observed = document.observation(key);
        let mut authors = Authors::new(replica, document);
        Ok(observed.map(|one| ObservationRow::new(one, kind.is_sealed(), &mut authors)))
    }

    /// Returns the values of one document that `wanted` selects.
    pub(crate) fn observations_in(
        &mut self,
        name: &DocName,
        wanted: &dyn Fn(&ObservationKey) -> bool,
    ) -> Result<Vec<ObservationRow>, DocumentError> {
        let local = name.name == DocKind::Team.to_string();
        let (replica, document) = self.with_document(Owner::Location, name)?;
        let mut authors = Authors::new(replica, document);
        let observed = document.observations_where(wanted);
        let rows = observed.map(|one| ObservationRow::new(one, local, &mut authors));
        Ok(rows.collect())
    }
}
