//! The agenda of the national team, with this location's answers.

use std::collections::BTreeSet;

use weft_shared::{
    id::RecordId,
    model::{
        answer::{Answer, AnswerKey},
        item::{Item, ItemState, items},
        schema::{DocKind, RecordKind},
    },
    period::Date,
};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// An item of the agenda and what this location said to it.
#[derive(Clone, Debug)]
pub(crate) struct ItemRow {
    pub(crate) item: Item,
    pub(crate) state: ItemState,
    /// Our answers; several if two of us answered without knowing of each other.
    pub(crate) answers: Vec<Answer>,
}

/// One of our answers.
#[derive(Clone, Debug)]
pub(crate) struct AnswerRow {
    pub(crate) key: AnswerKey,
    pub(crate) answer: Answer,
    pub(crate) contested: bool,
    /// The title of the item that it answers, if it is one of the agenda.
    pub(crate) item: Option<String>,
}

impl ItemRow {
    /// The answer that counts: it is the only one, and to the present wording.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        match self.answers.as_slice() {
            [only] if only.is_to(Some(&self.item.wording)) => Some(only),
            _ => None,
        }
    }

    /// Whether it waits for our answer.
    pub(crate) fn is_waiting(&self) -> bool {
        self.state == ItemState::Open && self.answer().is_none()
    }

    /// Our answer in words, as lists show it.
    pub(crate) fn answer_words(&self) -> String {
        match self.answers.as_slice() {
            [] => "no answer yet".to_owned(),
            [only] if only.is_to(Some(&self.item.wording)) => only.stance.label().to_owned(),
            [only] => format!(
                "no answer yet (to an earlier wording: {})",
                only.stance.label()
            ),
            several => format!("{} different answers", several.len()),
        }
    }
}

impl Replica {
    /// Returns the items of the agenda in the order of their publication, as the hub has them.
    pub(crate) fn agenda(&mut self, today: Date) -> Result<Vec<ItemRow>, DocumentError> {
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let items = items(&agenda.records(RecordKind::Item));
        let mut rows = Vec::with_capacity(items.len());
        for item in &items {
            rows.push(ItemRow {
                item: item.clone(),
                state: item.state(&items, today),
                answers: self.answers_to(&AnswerKey::Item(item.id))?,
            });
        }
        Ok(rows)
    }

    /// Returns the number of items that wait for our answer.
    pub(crate) fn waiting_items(&mut self, today: Date) -> Result<u64, DocumentError> {
        let rows = self.agenda(today)?;
        Ok(rows.iter().filter(|row| row.is_waiting()).count() as u64)
    }

    /// The text by which locations see that they have the same agenda.
    pub(crate) fn agenda_digest(&mut self) -> Result<String, DocumentError> {
        Ok(self.document(Owner::Hub, &first(DocKind::Agenda))?.digest())
    }

    /// Returns our different answers under a key.
    pub(crate) fn answers_to(&mut self, key: &AnswerKey) -> Result<Vec<Answer>, DocumentError> {
        let mut answers: Vec<Answer> = Vec::new();
        for (_, name) in self.documents_where(Owner::Location, is_answers) {
            let document = self.document(Owner::Location, &name)?;
            let said = document.said::<Answer>(key).into_iter();
            for one in said.flat_map(|under| under.said) {
                if !answers.contains(&one.value) {
                    answers.push(one.value);
                }
            }
        }
        Ok(answers)
    }

    /// Returns all our answers, in the order of their keys.
    pub(crate) fn answers(&mut self) -> Result<Vec<AnswerRow>, DocumentError> {
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let items = items(&agenda.records(RecordKind::Item));
        let mut keys: BTreeSet<AnswerKey> = BTreeSet::new();
        for (_, name) in self.documents_where(Owner::Location, is_answers) {
            let document = self.document(Owner::Location, &name)?;
            keys.extend(document.all_said::<Answer>().map(|under| under.key));
        }
        let mut rows = Vec::new();
        for key in keys {
            let answers = self.answers_to(&key)?;
            let contested = answers.len() > 1;
            let item = items.iter().find(|item| AnswerKey::Item(item.id) == key);
            rows.extend(answers.into_iter().map(|answer| AnswerRow {
                key: key.clone(),
                answer,
                contested,
                item: item.map(|item| item.title.clone()),
            }));
        }
        Ok(rows)
    }

    /// Returns the document for an answer: the one that has an earlier answer under the key, or
    /// else that of the year.
    pub(crate) fn document_of_answer(
        &mut self,
        key: &AnswerKey,
        year: i16,
    ) -> Result<DocKind, DocumentError> {
        for (kind, name) in self.documents_where(Owner::Location, is_answers) {
            let document = self.document(Owner::Location, &name)?;
            if document.said::<Answer>(key).is_some() {
                return Ok(kind);
            }
        }
        self.document_for(
            RecordKind::Review,
            weft_shared::model::Audience::Network,
            year,
        )
    }

    /// Finds the item that an id or its beginning names.
    pub(crate) fn item(&mut self, text: &str, today: Date) -> Result<Vec<ItemRow>, DocumentError> {
        let text = text.trim().to_ascii_lowercase();
        let names = |id: &RecordId| !text.is_empty() && id.to_string().starts_with(&text);
        let mut rows = self.agenda(today)?;
        rows.retain(|row| names(&row.item.id));
        Ok(rows)
    }
}

const fn is_answers(kind: DocKind) -> bool {
    matches!(kind, DocKind::Answers(..))
}
