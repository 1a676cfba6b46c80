//! Answers: those of locations to items, and the hub's to requests of locations.

use std::collections::BTreeSet;

use weft_shared::{
    document::Scalar as _,
    id::{LocationCode, RecordId, WordingHash},
    model::{
        answer::{Answer, AnswerKey, Answered, Stance, answer},
        item::wording_of,
        plan::{Actor, Peers},
        record::Fields,
        schema::RecordKind,
    },
    period::Date,
};

use super::{AppError, AppHandle, Counted, ItemView, Standing, drafts::ANSWER, texts};
use crate::{
    app::{OfLocations, SharedRecord, Unrecorded},
    store::{derived, desk::DraftRow, invites},
};

/// A location's answers under one key.
#[derive(Clone, Debug)]
pub struct AnswerView {
    /// The location.
    pub location: LocationCode,
    /// Its different answers; none yet, or several if they are contested.
    pub answers: Vec<Answer>,
    /// The wording that there is now.
    pub wording: WordingHash,
}

impl AnswerView {
    /// The answer that counts: it is the only one, and to the present wording.
    pub fn answer(&self) -> Option<&Answer> {
        match self.answers.as_slice() {
            [only] if only.is_to(Some(&self.wording)) => Some(only),
            _ => None,
        }
    }

    /// It in words, as lists show it.
    pub fn words(&self) -> String {
        match self.answers.as_slice() {
            [] => "no answer yet".to_owned(),
            [only] if only.is_to(Some(&self.wording)) => only.stance.word().to_owned(),
            [only] => format!("no answer yet (to an earlier wording: {})", only.stance),
            several => format!("{} different answers", several.len()),
        }
    }
}

impl OfLocations for Vec<AnswerView> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let said = self.iter().filter(|one| !one.answers.is_empty());
        said.map(|one| one.location.clone()).collect()
    }
}

/// A request of a location: an opportunity that the backbone could act on.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// The location.
    pub location: LocationCode,
    /// The id of its record.
    pub id: RecordId,
    /// The thing that is asked for, in one line.
    pub what: String,
    /// Everything else that was said of it.
    pub description: Option<String>,
    /// The day by which it is needed.
    pub needed_by: Option<Date>,
    /// The hash of its wording.
    pub wording: WordingHash,
    /// The hub's answers that were published.
    pub answers: Vec<Answer>,
}

impl RequestView {
    /// The key of an answer to it.
    pub fn key(&self) -> AnswerKey {
        AnswerKey::Request(self.location.clone(), self.id)
    }

    /// The answer that counts: it is the only one, and to the present wording.
    pub fn answer(&self) -> Option<&Answer> {
        match self.answers.as_slice() {
            [only] if only.is_to(Some(&self.wording)) => Some(only),
            _ => None,
        }
    }

    fn read(record: &SharedRecord, standing: &Standing) -> Option<Self> {
        let is = |key: &str, word: &str| record.text(key) == word;
        if !is("who", Actor::Backbone.word()) || !is("peers", Peers::Yes.word()) {
            return None;
        }
        let text = |key: &str| Some(record.text(key)).filter(|text| !text.is_empty());
        let location: LocationCode = record.location.parse().ok()?;
        let id: RecordId = record.id.parse().ok()?;
        let key = AnswerKey::Request(location.clone(), id);
        let members = |key: &str| record.members(key).map(str::to_owned).collect();
        let owned = |key: &str| text(key).map(str::to_owned);
        Some(Self {
            what: owned("what")?,
            description: owned("description"),
            needed_by: text("needed_by").and_then(|day| day.parse().ok()),
            wording: wording_of(RecordKind::Opportunity, owned, members)?,
            answers: standing.answers_to(&key),
            location,
            id,
        })
    }
}

impl OfLocations for Vec<RequestView> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.iter().map(|one| one.location.clone()).collect()
    }
}

impl Standing {
    /// The hub's different answers under a key that were published.
    pub(super) fn answers_to(&self, key: &AnswerKey) -> Vec<Answer> {
        let under = self.agenda().said::<Answer>(key).into_iter();
        let said = under.flat_map(|under| under.said);
        said.map(|one| one.value).collect()
    }
}

impl Counted<'_> {
    /// Every location's answer to an item, by code, those without one included.
    ///
    /// # Errors
    /// If the store fails.
    pub fn answers(&self, view: &ItemView) -> Result<Unrecorded<Vec<AnswerView>>, AppError> {
        let key = AnswerKey::Item(view.item.id);
        let bound = invites::bound_codes(self.conn)?;
        let mut answers = Vec::new();
        for code in self.standing.places().into_keys() {
            let lix = bound.iter().find(|bound| bound.code == code);
            let said = match lix {
                Some(bound) => derived::said::<Answer>(self.conn, bound.lix, &key.to_string())?,
                None => Vec::new(),
            };
            let said = said.into_iter().find(|(one, _)| *one == key);
            answers.push(AnswerView {
                location: code,
                answers: said.map(|(_, said)| said).unwrap_or_default(),
                wording: view.item.wording,
            });
        }
        Ok(Unrecorded::new(answers))
    }

    /// The requests of locations, by location and in the order of their plans.
    ///
    /// # Errors
    /// If the store fails.
    pub fn requests(&self) -> Result<Unrecorded<Vec<RequestView>>, AppError> {
        let opportunity = RecordKind::Opportunity.word();
        let records = self.shared_records(None, |row| row.kind == opportunity)?;
        Ok(records.map(|records| {
            let read = |record: &SharedRecord| RequestView::read(record, self.standing);
            records.iter().filter_map(read).collect()
        }))
    }
}

impl AppHandle {
    /// Puts an answer to a request among the drafts: it goes out with the next publication.
    ///
    /// # Errors
    /// Returns all that is wrong with it, or that there is no such request.
    pub async fn draft_answer(
        &self,
        request: &RequestView,
        fields: &Fields,
    ) -> Result<Answer, AppError> {
        let asked_for_time = (request.answers.iter()).any(|one| one.stance == Stance::NeedsTime);
        let answered = Answered::Request { asked_for_time };
        let said = answer(fields, answered, Some(request.wording));
        let said = said.map_err(|problems| AppError::AgendaRefused(texts(Some(&problems))))?;
        let row = DraftRow {
            kind: ANSWER.to_owned(),
            id: request.key().to_string(),
            fields: said.to_scalar(),
        };
        self.put_draft("request answer", row).await?;
        Ok(said)
    }
}
