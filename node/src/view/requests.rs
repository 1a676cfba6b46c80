//! Our requests to the national team, with its answers.

use weft_shared::{
    id::RecordId,
    model::{
        answer::{Answer, AnswerKey},
        item::wording,
        plan::{Actor, Peers},
        schema::{DocKind, RecordKind},
    },
    period::Date,
};

use super::first;
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
};

/// One of our requests.
#[derive(Clone, Debug)]
pub(crate) struct RequestRow {
    pub(crate) id: RecordId,
    pub(crate) what: String,
    pub(crate) needed_by: Option<Date>,
    /// Whether it stays on this computer, so that no one can answer it.
    pub(crate) local: bool,
    /// The answer of the national team that counts: it is to the present wording.
    pub(crate) answer: Option<Answer>,
    /// Whether there is one to an earlier wording only.
    pub(crate) earlier: bool,
}

impl Replica {
    /// Returns our requests in the order of the plan.
    pub(crate) fn requests(&mut self) -> Result<Vec<RequestRow>, DocumentError> {
        let Some(code) = self.code() else {
            return Ok(Vec::new());
        };
        let rows = self.records(RecordKind::Opportunity)?;
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let request = |row: &super::RecordRow| {
            let record = &row.record;
            let is = |key: &str, word: &str| record.text(key) == Some(word);
            if !is("who", Actor::Backbone.word()) || !is("peers", Peers::Yes.word()) {
                return None;
            }
            let under = agenda.said::<Answer>(&AnswerKey::Request(code.clone(), record.id));
            let said = under.into_iter().flat_map(|under| under.said);
            let mut answers: Vec<Answer> = said.map(|one| one.value).collect();
            let some = !answers.is_empty();
            let now = wording(record);
            answers.retain(|one| one.is_to(now.as_ref()));
            Some(RequestRow {
                id: record.id,
                what: record.title(),
                needed_by: record.text("needed_by").and_then(|day| day.parse().ok()),
                local: row.is_local(),
                earlier: some && answers.is_empty(),
                answer: answers.into_iter().next(),
            })
        };
        Ok(rows.iter().filter_map(request).collect())
    }
}
