//! Answers: those of locations to items, and the hub's to requests of locations.

use std::collections::{BTreeMap, BTreeSet};

use weft_shared::{
    alignment::late::{self, Requested},
    document::Scalar as _,
    id::{LocationCode, RecordId, WordingHash},
    model::{
        answer::{Answer, AnswerKey, Answered, Stance, answer},
        item::wording_of,
        plan::{Actor, Peers},
        quote::{Dated, QuoteKey},
        record::Fields,
        schema::{self, RecordKind},
    },
    period::{Date, day_words},
    time::Timestamp,
};

use super::{AnswerRow, AppError, AppHandle, Counted, ItemView, Standing, drafts::ANSWER, texts};
use crate::{
    app::{OfLocations, SharedRecord, Unrecorded},
    store::{LocationRow, derived, desk::DraftRow, invites},
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
    /// Whether a device founded the location and words were not compared yet: what that device
    /// says is not the location's answer.
    pub waits: bool,
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
            [] if self.waits => "not confirmed yet".to_owned(),
            [] => "no answer yet".to_owned(),
            [only] if only.is_to(Some(&self.wording)) => only.stance.word().to_owned(),
            [only] => format!("no answer yet (to an earlier wording: {})", only.stance),
            several => format!("{} different answers", several.len()),
        }
    }
}

impl OfLocations for Vec<AnswerRow> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let said = self.iter().map(|row| &row.of);
        let said = said.filter(|one| !one.answers.is_empty());
        said.map(|one| one.location.clone()).collect()
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
    /// The outcomes that it would help, by their ids in the location's plan.
    pub outcomes: Vec<String>,
    /// The day on which the hub received its present wording.
    pub received: Date,
    /// The last day on which an answer is in time.
    pub due: Date,
    /// The day of the first answer to its present wording, but for one that asks for time.
    pub answered: Option<Date>,
    /// Whether it was answered after the day on which it was due, or waits beyond it.
    pub is_late: bool,
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

    /// Its days, as its quote takes them to the other locations.
    pub(in crate::app) fn dated(&self) -> (QuoteKey, Dated) {
        let key = QuoteKey {
            location: self.location.clone(),
            kind: RecordKind::Opportunity,
            id: self.id,
        };
        let dated = Dated {
            received: self.received,
            due: self.due,
            wording: self.wording,
        };
        (key, dated)
    }

    /// The answer that counts: it is the only one, and to the present wording.
    pub fn answer(&self) -> Option<&Answer> {
        match self.answers.as_slice() {
            [only] if only.is_to(Some(&self.wording)) => Some(only),
            _ => None,
        }
    }

    /// Whether the hub said that it needs more time, and nothing since.
    pub fn needs_time(&self) -> bool {
        let answer = self.answer();
        answer.is_some_and(|one| one.stance == Stance::NeedsTime)
    }

    /// By when an answer is due or was, and whether it is late: in words.
    pub fn due_words(&self) -> String {
        match (self.answered, self.is_late) {
            (Some(_), true) => format!("answered late: it was due on {}", day_words(self.due)),
            (Some(on), false) => format!("answered on {}", day_words(on)),
            (None, true) => format!("late: it was due on {}", day_words(self.due)),
            (None, false) => format!("due by {}", day_words(self.due)),
        }
    }

    fn read(
        record: &SharedRecord,
        standing: &Standing,
        (today, past): (Date, Option<&Past>),
    ) -> Option<Self> {
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
        let zone = standing.zone();
        let wording = wording_of(RecordKind::Opportunity, owned, members)?;
        let days = standing.answer_days();
        let mut asked = Requested {
            // A store of an earlier version does not say when it received it.
            on: zone.day(record.asked.last().copied().or_else(|| record.made())?),
            needed_by: text("needed_by").and_then(|day| day.parse().ok()),
            answered: None,
        };
        let in_time = |at: Timestamp| zone.day(at) <= asked.due(days);
        let agenda = standing.agenda();
        let (answered, answers) = match past {
            None => {
                let answered = agenda.answered(&key, &wording, in_time);
                (answered, standing.answers_to(&key))
            }
            Some(past) => {
                let said = past.answers.get(&key).cloned().unwrap_or_default();
                let answered = said.iter().any(|one| one.settles(&wording));
                let first = answered.then(|| agenda.first_answer(&key, &wording));
                (first.flatten().filter(|on| *on <= past.at), said)
            }
        };
        asked.answered = answered.map(|at| zone.day(at));
        Some(Self {
            what: owned("what")?,
            description: owned("description"),
            needed_by: asked.needed_by,
            outcomes: record.members("outcomes").map(str::to_owned).collect(),
            received: asked.on,
            due: asked.due(days),
            answered: asked.answered,
            is_late: asked.is_late(days, today),
            answers,
            wording,
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

    /// The days that the national team has to answer a request that names no day.
    fn answer_days(&self) -> u16 {
        late::answer_days(self.setting(schema::ANSWER_DAYS).as_deref())
    }
}

/// The hub's published answers as they stood at a moment.
struct Past {
    at: Timestamp,
    answers: BTreeMap<AnswerKey, Vec<Answer>>,
}

impl Counted<'_> {
    /// Every location's answer to an item, by code, those without one included.
    ///
    /// # Errors
    /// If the store fails.
    pub fn answers(&self, view: &ItemView) -> Result<Unrecorded<Vec<AnswerView>>, AppError> {
        let key = AnswerKey::Item(view.item.id);
        let (bound, teams) = (invites::bound_codes(self.conn)?, self.teams()?);
        let team = |code: &LocationCode| {
            let mut teams = teams.iter();
            teams
                .find(|(owner, _)| owner.location() == Some(code))
                .map(|(_, lix)| *lix)
        };
        let past = self.as_of.map(|_| self.stood()).transpose()?;
        let mut answers = Vec::new();
        for code in self.standing.places().into_keys() {
            let lix = team(&code);
            let said = match (lix, &past) {
                (Some(lix), None) => derived::said::<Answer>(self.conn, lix, &key.to_string())?,
                (Some(lix), Some(past)) => past.said::<Answer>(lix)?,
                (None, _) => Vec::new(),
            };
            let said = said.into_iter().find(|(one, _)| *one == key);
            answers.push(AnswerView {
                waits: lix.is_none() && bound.iter().any(|bound| bound.code == code),
                location: code,
                answers: said.map(|(_, said)| said).unwrap_or_default(),
                wording: view.item.wording,
            });
        }
        Ok(Unrecorded::new(answers))
    }

    /// Every location's answer to each item, by item and location.
    ///
    /// # Errors
    /// If the store fails.
    pub fn answer_rows(&self) -> Result<Unrecorded<Vec<AnswerRow>>, AppError> {
        let mut rows = Vec::new();
        for item in self.items()? {
            let of = self.answers(&item)?.unshown().into_iter();
            rows.extend(of.map(|of| AnswerRow {
                item: item.clone(),
                of,
            }));
        }
        Ok(Unrecorded::new(rows))
    }

    /// The requests of locations, by location and in the order of their plans, as they stand or
    /// stood. Of the past, those are gone that were withdrawn since or are no longer shared.
    ///
    /// # Errors
    /// If the store fails.
    pub fn requests(&self) -> Result<Unrecorded<Vec<RequestView>>, AppError> {
        let opportunity = RecordKind::Opportunity.word();
        let records = self.shared_records(None, |row| row.kind == opportunity)?;
        let today = self.today();
        let (records, past) = match self.as_of {
            None => (records, None),
            Some(at) => {
                let (records, past) = self.requested(&records.unshown(), at)?;
                (Unrecorded::new(records), Some(past))
            }
        };
        Ok(records.map(|records| {
            let days = (today, past.as_ref());
            let read = |record: &SharedRecord| RequestView::read(record, self.standing, days);
            records.iter().filter_map(read).collect()
        }))
    }

    /// The opportunities of locations as they stood, each with when the hub received it, and the
    /// hub's answers of then.
    fn requested(
        &self,
        now: &[SharedRecord],
        at: Timestamp,
    ) -> Result<(Vec<SharedRecord>, Past), AppError> {
        let stood = self.stood()?;
        let asked = |code: &LocationCode, id: &str| {
            let same = |one: &&SharedRecord| one.id == id && one.location == code.as_str();
            let asked = now.iter().find(same).map(|one| one.asked.clone());
            let mut asked = asked.unwrap_or_default();
            asked.retain(|asked| *asked <= at);
            asked
        };
        let mut records = Vec::new();
        for bound in invites::bound_codes(self.conn)? {
            let mut told = stood.records(bound.lix, RecordKind::Opportunity)?.told;
            told.sort_by(|a, b| {
                (&a.record.order, a.record.id).cmp(&(&b.record.order, b.record.id))
            });
            records.extend(told.iter().map(|one| {
                let mut record = SharedRecord::of(&bound.code, &one.record);
                record.asked = asked(&bound.code, &record.id);
                record
            }));
        }
        let answers = stood.said::<Answer>(LocationRow::ZERO)?;
        let answers = answers.into_iter().collect();
        Ok((records, Past { at, answers }))
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
        let mut said = said.map_err(|problems| AppError::AgendaRefused(texts(Some(&problems))))?;
        let today = self.shared.own.standing().today();
        if said.until.is_some_and(|day| day < today) {
            let why = format!("until: that day has passed: today is {}", day_words(today));
            return Err(AppError::AgendaRefused(vec![why]));
        }
        said.due = Some(request.due);
        let row = DraftRow {
            kind: ANSWER.to_owned(),
            id: request.key().to_string(),
            fields: said.to_scalar(),
        };
        self.put_draft("request answer", row).await?;
        Ok(said)
    }
}
