//! The line of sight at the hub: need, a community's own priority, the work it shares and money,
//! side by side for each outcome and location, now or as of a moment.

mod explain;
mod needs;
mod released;
mod rows;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use weft_host::list::{Column as Head, Datum, List};
use weft_shared::{
    alignment::{
        money::{Column, Owner, Row},
        need::Remark,
        questions::{Question, questions},
        recorded::Needs,
        sight::{Cell, Sight, SightRow},
    },
    id::{IndicatorCode, LocationCode},
    model::{
        answer::{Answer, AnswerKey},
        indicator::Definition,
        outcome::OutcomeRef,
    },
    period::{Date, Period, day_words},
    text::listed,
    time::Timestamp,
};

pub(crate) use self::words::{answer_words, measure_words, need_words, work_words};
pub use self::{
    explain::{EXPLAINED, Explained, Source},
    needs::{NEEDS, NeedLine},
    released::{ReleasedNeed, ReleasedNeeds, need_csv},
    rows::{SIGHT, SightLine},
    words::{IDENTITY, Identity},
};
use crate::app::{Aligned, AppError, Counted, OfLocations, Unrecorded};

/// A question about the line of sight; what is left out restricts nothing.
#[derive(Clone, Debug, Default)]
pub struct SightAsked {
    /// The period; the fiscal year of the day that is asked about, if none is given.
    pub period: Option<Period>,
    /// The code of one of the network's outcomes, or the id of a location's own.
    pub outcome: Option<String>,
    /// One location.
    pub location: Option<LocationCode>,
}

/// The line of sight of a period, from one state of the hub.
#[derive(Clone, Debug)]
pub struct SightView {
    /// The period.
    pub period: Period,
    /// The moment as of which it is, if it is of the past.
    pub as_of: Option<Timestamp>,
    /// The time of that moment, unless it is the end of a day.
    pub time: Option<String>,
    /// The locations' names.
    pub names: BTreeMap<LocationCode, String>,
    /// The day on which the hub last had a whole exchange with each location.
    pub received: BTreeMap<LocationCode, Option<Date>>,
    /// The newest definition of each indicator.
    pub definitions: BTreeMap<IndicatorCode, Definition>,
    /// The records that it is made of.
    pub aligned: Arc<Aligned>,
    /// The matrix, or the part of it that was asked for.
    pub sight: Sight,
    /// The questions that it raises, each with the location's own answer.
    pub questions: Vec<Raised>,
}

/// A question, with what the location that it is about answered.
#[derive(Clone, Debug)]
pub struct Raised {
    /// The question.
    pub question: Question,
    /// The name of the outcome; its id if it is gone.
    pub outcome: String,
    /// The location's different answers; none yet, or several if they are contested.
    pub answers: Vec<Answer>,
}

impl OfLocations for SightView {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let cells = self.sight.rows.iter().flat_map(|row| &row.cells);
        let mut locations: BTreeSet<LocationCode> = BTreeSet::new();
        for cell in cells.filter(|cell| !cell.is_empty()) {
            if let Column::Of(code) = &cell.column {
                locations.insert(code.clone());
            }
        }
        // The names of outcomes and the money of a cell may be another location's.
        let named = self.sight.rows.iter().filter_map(|row| row.owner.as_ref());
        let rows = self.sight.rows.iter().map(|row| row.head.clone()).collect();
        let columns = self.sight.columns.iter().cloned().collect();
        let stated = self.aligned.books().owners(self.period, &rows, &columns);
        locations.extend(named.chain(&stated).filter_map(Owner::location).cloned());
        let answered = self.questions.iter().filter(|one| !one.answers.is_empty());
        locations.extend(answered.map(|one| one.question.location.clone()));
        locations
    }
}

impl Counted<'_> {
    /// Returns the line of sight of a period: all of it, or one outcome or location.
    ///
    /// # Errors
    /// If there is no such outcome or location, or the store fails.
    pub fn sight(&self, asked: &SightAsked) -> Result<Unrecorded<SightView>, AppError> {
        let aligned = self.aligned()?;
        let period = asked
            .period
            .unwrap_or_else(|| Period::fiscal_year(aligned.today));
        let needs = self.needs(&aligned, period)?;
        let (mut view, raised) = self.sight_by(asked, &aligned, &needs)?;
        view.questions = self.answered(&view.sight, raised)?;
        Ok(Unrecorded::new(view))
    }

    /// The line of sight of some records with these needs, and the questions that it raises, not
    /// answered yet.
    fn sight_by(
        &self,
        asked: &SightAsked,
        aligned: &Arc<Aligned>,
        needs: &Needs,
    ) -> Result<(SightView, Vec<Question>), AppError> {
        let period = asked
            .period
            .unwrap_or_else(|| Period::fiscal_year(aligned.today));
        let unknown = asked.location.as_ref();
        if let Some(code) = unknown.filter(|code| !aligned.locations.contains(code)) {
            return Err(AppError::UnknownLocation { code: code.clone() });
        }
        let given = (aligned.recorded).given((period, aligned.today), &aligned.locations, needs);
        let mut sight = Sight::of(&given);
        let mut raised = questions(&sight, &given);
        let absent = self.network().members();
        let absent = absent.filter(|one| !one.counts());
        let absent: BTreeSet<LocationCode> = absent.map(|one| one.code.clone()).collect();
        name_absent(&mut sight, &absent);
        raised.retain(|one| !absent.contains(&one.location));
        if let Some(text) = &asked.outcome {
            let wanted = Some(outcome(&sight, text)?);
            sight.rows.retain(|row| row.head.outcome() == wanted);
            raised.retain(|one| one.row.outcome() == wanted);
        }
        if let Some(code) = &asked.location {
            keep_column(&mut sight, code);
            raised.retain(|one| one.location == *code);
        }
        let members = || self.network().members();
        let names = members().map(|one| (one.code.clone(), one.place.name.clone()));
        let received = members().map(|one| (one.code.clone(), one.synced));
        let indicators = aligned.recorded.outcomes.iter();
        let indicators = indicators.flat_map(|one| &one.indicators);
        let definitions = indicators.filter_map(|code| {
            let newest = self.network().newest(code)?;
            Some((code.clone(), newest.clone()))
        });
        let zone = self.zone();
        let is_end = |at: &Timestamp| zone.end_of(zone.day(*at)) == Some(at.plus_ms(1));
        let within = self.as_of.filter(|at| !is_end(at));
        let view = SightView {
            period,
            as_of: self.as_of,
            time: within.map(|at| zone.time_of_day(at)),
            names: names.collect(),
            received: received.collect(),
            definitions: definitions.collect(),
            sight,
            questions: Vec::new(),
            aligned: Arc::clone(aligned),
        };
        Ok((view, raised))
    }

    /// Puts each location's own answers beside the questions.
    fn answered(&self, sight: &Sight, raised: Vec<Question>) -> Result<Vec<Raised>, AppError> {
        let mut said: BTreeMap<(LocationCode, AnswerKey), Vec<Answer>> = BTreeMap::new();
        let stood = self.stood()?;
        for (owner, lix) in self.teams()? {
            let Owner::Location(code) = owner else {
                continue;
            };
            let of_location = stood.said::<Answer>(lix)?.into_iter();
            said.extend(of_location.map(|(key, values)| ((code.clone(), key), values)));
        }
        let raised = raised.into_iter().map(|question| {
            let row = sight.rows.iter().find(|row| row.head == question.row);
            let name = row.map(|row| row.name.clone());
            let name = name.filter(|name| !name.is_empty());
            // An id in an answer is that of an outcome of the location's own.
            let may_answer = match &question.row {
                Row::Own(owner, _) => owner.location() == Some(&question.location),
                Row::Network(_) | Row::NotStated => true,
            };
            let key = AnswerKey::Question(question.asked, question.row.outcome());
            let key = may_answer.then(|| (question.location.clone(), key));
            let answers = key.and_then(|key| said.remove(&key));
            Raised {
                outcome: name.unwrap_or_else(|| question.row.to_string()),
                answers: answers.unwrap_or_default(),
                question,
            }
        });
        Ok(raised.collect())
    }
}

/// The questions, a row each.
pub const QUESTIONS: List<Raised> = List::new(&[
    Head::new("outcome", |one: &Raised| Datum::text(&one.question.row)),
    Head::new("outcome_name", |one: &Raised| (&*one.outcome).into()),
    Head::new("location_code", |one: &Raised| {
        Datum::text(&one.question.location)
    }),
    Head::new("question", |one: &Raised| one.question.asked.word().into()),
    Head::new("in_words", |one: &Raised| {
        one.question.asked.question().into()
    }),
    Head::new("answer", |one: &Raised| {
        let answers: Vec<String> = one.answers.iter().map(answer_words).collect();
        (!answers.is_empty()).then(|| answers.join(" / ")).into()
    }),
]);

impl SightView {
    /// The name of a column.
    pub fn column(&self, column: &Column) -> String {
        match column {
            Column::Of(code) => {
                let name = self.names.get(code);
                name.map_or_else(|| code.to_string(), Clone::clone)
            }
            Column::NotStated => NOT_STATED.to_owned(),
        }
    }

    /// The cells with their rows, by outcome and then by location.
    pub fn cells(&self) -> impl Iterator<Item = (&SightRow, &Cell)> {
        let rows = self.sight.rows.iter();
        rows.flat_map(|row| row.cells.iter().map(move |cell| (row, cell)))
    }

    /// The day as of which it is, in the network's time zone.
    pub fn today(&self) -> Date {
        self.aligned.today
    }

    /// Says that records were taken back since the moment, if there are any.
    pub fn gone_words(&self) -> Option<String> {
        let gone = &self.aligned.gone;
        let shown = |code: &&LocationCode| {
            let mut columns = self.sight.columns.iter();
            columns.any(|one| matches!(one, Column::Of(of) if of == *code))
        };
        let codes: Vec<&LocationCode> = gone.keys().filter(shown).collect();
        (!codes.is_empty()).then(|| {
            let codes = listed(&codes, usize::MAX);
            format!("Words that were withdrawn since, or are no longer shared, are gone: {codes}.")
        })
    }
}

/// The name of what is not stated.
pub(crate) const NOT_STATED: &str = "not stated";

/// The outcome that a code or an id names. Several teams may have a record of one id.
fn outcome(sight: &Sight, text: &str) -> Result<OutcomeRef, AppError> {
    let text = text.trim();
    let named = text.parse::<OutcomeRef>().ok();
    let is_row = |named: &OutcomeRef| {
        let mut heads = sight.rows.iter().map(|row| row.head.outcome());
        heads.any(|head| head.as_ref() == Some(named))
    };
    let known = named.filter(is_row);
    known.ok_or_else(|| {
        let codes = sight
            .rows
            .iter()
            .filter(|one| one.owner == Some(Owner::Hub));
        let codes: Vec<String> = codes.map(|one| one.head.to_string()).collect();
        let there = match codes.as_slice() {
            [] => "it has none yet: weft-hub outcome add CODE --name TEXT".to_owned(),
            codes => format!("it has {}", listed(codes, OUTCOMES_LISTED_MAX)),
        };
        let shown = crate::query::shown(text);
        AppError::NoFigure(format!("the network has no outcome \"{shown}\": {there}"))
    })
}

/// Says of locations that have not joined that this is why they have no figure.
fn name_absent(sight: &mut Sight, absent: &BTreeSet<LocationCode>) {
    let cells = sight.rows.iter_mut().flat_map(|row| &mut row.cells);
    let of_absent = cells.filter(|cell| match &cell.column {
        Column::Of(code) => absent.contains(code),
        Column::NotStated => false,
    });
    for need in of_absent.flat_map(|cell| &mut cell.needs) {
        let unreported = (need.remarks.iter_mut()).find(|one| **one == Remark::NotReported);
        if let Some(remark) = unreported {
            *remark = Remark::NotJoined;
        }
    }
}

/// Leaves one location's column.
fn keep_column(sight: &mut Sight, code: &LocationCode) {
    let wanted = Column::Of(code.clone());
    sight.columns.retain(|column| *column == wanted);
    for row in &mut sight.rows {
        row.cells.retain(|cell| cell.column == wanted);
    }
    let owner = Owner::Location(code.clone());
    sight.rows.retain(|row| {
        let is_other = row
            .owner
            .as_ref()
            .is_some_and(|of| *of != Owner::Hub && *of != owner);
        !is_other || row.cells.iter().any(|cell| !cell.is_empty())
    });
}

/// Outcomes that an error names.
const OUTCOMES_LISTED_MAX: usize = 12;

/// The period, and the day as of which it is seen.
pub(crate) fn as_of_words(view: &SightView) -> String {
    let day = day_words(view.today());
    match &view.time {
        None if view.as_of.is_some() => {
            format!("{}, as of the end of {day}", view.period.words())
        }
        None => format!("{}, as of {day}", view.period.words()),
        Some(time) => format!("{}, as of {day}, {time}", view.period.words()),
    }
}
