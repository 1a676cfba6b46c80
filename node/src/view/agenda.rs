//! The agenda of the national team, with this location's answers.

use std::collections::BTreeSet;

use weft_shared::{
    id::RecordId,
    model::{
        answer::{Answer, AnswerKey},
        item::{Item, ItemState, items},
        schema::{Container, DocKind, RecordKind},
    },
    period::Date,
    time::{Timestamp, Zone},
};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    words::dated_line,
};

/// An item of the agenda and what this location said to it.
#[derive(Clone, Debug)]
pub(crate) struct ItemRow {
    pub(crate) item: Item,
    pub(crate) state: ItemState,
    /// Our answers; several if two of us answered without knowing of each other.
    pub(crate) answers: Vec<Answer>,
    /// The day on which each of them was given, by the clock of its device.
    pub(crate) given: Vec<Option<Date>>,
    /// Whether one of them was written here and the hub does not have it yet.
    pub(crate) is_unsent: bool,
    /// The wording that an answer to an earlier one is to, if there is no other answer.
    pub(crate) earlier: Option<Earlier>,
}

/// The wording of an item that stands no more.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    pub(crate) title: String,
    pub(crate) text: Option<String>,
    /// The day on which the national team changed it.
    pub(crate) changed: Date,
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

    /// Each of our answers in full, with its day.
    pub(crate) fn said(&self) -> Vec<String> {
        let all = self.answers.iter().zip(&self.given);
        all.map(|(answer, on)| dated_line(answer, *on)).collect()
    }

    /// Our answer in words, as lists show it.
    pub(crate) fn answer_words(&self) -> String {
        let words = self.stance_words();
        match self.is_unsent {
            true => format!("{words} (written, not yet sent)"),
            false => words,
        }
    }

    fn stance_words(&self) -> String {
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
        let zone = self.zone();
        let unsent = self.waiting_in(Container::Answers)?;
        let mut rows = Vec::with_capacity(items.len());
        for item in &items {
            let key = AnswerKey::Item(item.id);
            let dated = self.dated_answers(&key)?;
            let given = dated.iter().map(|(_, at)| at.map(|at| zone.day(at)));
            let given = given.collect();
            let answers: Vec<Answer> = dated.into_iter().map(|(answer, _)| answer).collect();
            rows.push(ItemRow {
                earlier: self.earlier(item, &answers, &zone)?,
                item: item.clone(),
                state: item.state(&items, today),
                is_unsent: unsent.contains(&key.to_string()),
                answers,
                given,
            });
        }
        Ok(rows)
    }

    /// The wording that our only answer to an item is to, if it is an earlier one.
    fn earlier(
        &mut self,
        item: &Item,
        answers: &[Answer],
        zone: &Zone,
    ) -> Result<Option<Earlier>, DocumentError> {
        let [only] = answers else { return Ok(None) };
        let before = only.wording.filter(|wording| *wording != item.wording);
        let Some(before) = before else {
            return Ok(None);
        };
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let was = agenda.worded(RecordKind::Item, &item.id, &before);
        Ok(was.map(|(mut fields, at)| Earlier {
            title: fields.remove("title").unwrap_or_default(),
            text: fields.remove("text"),
            changed: zone.day(at),
        }))
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
        let dated = self.dated_answers(key)?.into_iter();
        Ok(dated.map(|(answer, _)| answer).collect())
    }

    /// The same, each with when it was given.
    pub(crate) fn dated_answers(
        &mut self,
        key: &AnswerKey,
    ) -> Result<Vec<(Answer, Option<Timestamp>)>, DocumentError> {
        let mut answers: Vec<(Answer, Option<Timestamp>)> = Vec::new();
        for (_, name) in self.documents_where(Owner::Location, is_answers) {
            let document = self.document(Owner::Location, &name)?;
            let said = document.said::<Answer>(key).into_iter();
            for one in said.flat_map(|under| under.said) {
                if answers.iter().all(|(known, _)| *known != one.value) {
                    let at = document.change_of(&one.actor, one.op);
                    answers.push((one.value, at.map(|change| change.at)));
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
