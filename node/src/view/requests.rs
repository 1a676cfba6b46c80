//! The requests of all locations to the national team, with its answers.

use weft_shared::{
    document::Document,
    id::{LocationCode, RecordId, WordingHash},
    model::{
        answer::{Answer, AnswerKey},
        item::wording,
        plan::{Actor, Peers},
        quote::{Dated, Quote, QuoteKey},
        record::Record,
        schema::{DocKind, RecordKind},
    },
    period::{Date, day_words},
    text::counted,
    time::Zone,
};

use super::{QuoteRow, first, quotes::name_of};
use crate::{
    replica::{DocumentError, Replica},
    store::Owner,
    words::answer_line,
};

/// A request of a location.
#[derive(Clone, Debug)]
pub(crate) struct RequestRow {
    pub(crate) location: LocationCode,
    /// The location's name, if the network has it.
    pub(crate) name: String,
    pub(crate) id: RecordId,
    pub(crate) what: String,
    /// Whether it is for the team alone, so that no one else can answer it.
    pub(crate) local: bool,
    /// The days of its present wording, once the hub has shown it to all locations.
    pub(crate) dated: Option<Dated>,
    /// The answer of the national team that counts: it is to the present wording.
    pub(crate) answer: Option<Answer>,
    /// One to an earlier wording, if there is no other.
    pub(crate) earlier: Option<Answer>,
    /// The day of the first answer to its present wording, but for one that asks for time.
    pub(crate) answered: Option<Date>,
    /// Whether it was answered after the day on which it was due, or waits beyond it.
    pub(crate) is_late: bool,
}

impl RequestRow {
    /// Whole days from its receipt to its answer.
    pub(crate) fn days(&self) -> Option<u64> {
        let days = self.dated?.received.until(self.answered?).ok()?.get_days();
        u64::try_from(days).ok()
    }

    /// The answer in words: that which counts, or that there is none.
    pub(crate) fn answer_words(&self) -> String {
        match (&self.answer, &self.earlier) {
            (Some(answer), _) => answer_line(answer),
            (None, Some(earlier)) => {
                format!(
                    "no answer yet (to an earlier wording: {})",
                    answer_line(earlier)
                )
            }
            (None, None) => "no answer yet".to_owned(),
        }
    }

    /// By when an answer is due or was, how long it took, and whether it is late: in words.
    pub(crate) fn due_words(&self) -> String {
        let Some(dated) = self.dated else {
            return match self.local {
                true => "only your team can read it".to_owned(),
                false => "the hub has not listed this wording yet".to_owned(),
            };
        };
        let due = day_words(dated.due);
        let Some(on) = self.answered else {
            return match self.is_late {
                true => {
                    let since = dated.due.tomorrow().unwrap_or(dated.due);
                    format!("late since {}", day_words(since))
                }
                false => format!("due by {due}"),
            };
        };
        let took = counted(self.days().unwrap_or_default(), "day", "days");
        let on = day_words(on);
        match self.is_late {
            true => format!("answered late on {on}, after {took}: it was due on {due}"),
            false => format!("answered on {on}, after {took}"),
        }
    }
}

/// Whether a record asks the national team for something, for all locations to see.
pub(crate) fn is_request(record: &Record) -> bool {
    let is = |key: &str, word: &str| record.text(key) == Some(word);
    is("who", Actor::Backbone.word()) && is("peers", Peers::Yes.word())
}

impl Replica {
    /// Returns the requests of all locations: ours in the order of the plan, then those of the
    /// others by location and title.
    pub(crate) fn requests(&mut self, today: Date) -> Result<Vec<RequestRow>, DocumentError> {
        let Some(code) = self.code() else {
            return Ok(Vec::new());
        };
        let (quotes, zone) = (self.quotes()?, self.zone());
        let name = name_of(&self.places()?, &code);
        let ours = self.records(RecordKind::Opportunity)?;
        let agenda = self.document(Owner::Hub, &first(DocKind::Agenda))?;
        let mut rows = Vec::new();
        for row in ours.iter().filter(|row| is_request(&row.record)) {
            let (id, wording) = (row.record.id, wording(&row.record));
            let key = QuoteKey {
                location: code.clone(),
                kind: RecordKind::Opportunity,
                id,
            };
            let quote = agenda.said::<Quote>(&key);
            let dated = quote.as_ref().and_then(|under| under.settled()?.request);
            let mut request = RequestRow {
                location: code.clone(),
                name: name.clone(),
                id,
                what: row.record.title(),
                local: row.is_sealed(),
                dated: dated.filter(|dated| Some(dated.wording) == wording),
                answer: None,
                earlier: None,
                answered: None,
                is_late: false,
            };
            answered(agenda, &mut request, wording, (&zone, today));
            rows.push(request);
        }
        for QuoteRow {
            location,
            name,
            id,
            quote,
            ..
        } in quotes
        {
            let Some(dated) = quote.request.filter(|_| location != code) else {
                continue;
            };
            let mut request = RequestRow {
                location,
                name,
                id,
                what: quote.title,
                local: false,
                dated: Some(dated),
                answer: None,
                earlier: None,
                answered: None,
                is_late: false,
            };
            answered(agenda, &mut request, Some(dated.wording), (&zone, today));
            rows.push(request);
        }
        Ok(rows)
    }
}

/// Adds what the hub answered to a request in a wording.
fn answered(
    agenda: &Document,
    request: &mut RequestRow,
    wording: Option<WordingHash>,
    (zone, today): (&Zone, Date),
) {
    let key = AnswerKey::Request(request.location.clone(), request.id);
    let under = agenda.said::<Answer>(&key).into_iter();
    let said = under.flat_map(|under| under.said).map(|one| one.value);
    let (now, before): (Vec<Answer>, Vec<Answer>) =
        said.partition(|one| one.is_to(wording.as_ref()));
    request.earlier = before.into_iter().next().filter(|_| now.is_empty());
    request.answer = now.into_iter().next();
    let (Some(wording), Some(dated)) = (wording, request.dated) else {
        return;
    };
    let at = agenda.answered(&key, &wording, |at| zone.day(at) <= dated.due);
    request.answered = at.map(|at| zone.day(at));
    request.is_late = dated.is_late(request.answered, today);
}
