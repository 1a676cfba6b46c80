//! The hub's own documents, as far as they speak of this location. The hub signs them, so no
//! signature of ours covers them: each quote of us must be what a device of ours said, and nothing
//! may stand there that only a location says.

use std::collections::BTreeSet;

use weft_shared::{
    alignment::late::{ANSWER_DAYS_MAX, Requested, answer_days},
    document::Told,
    id::{DocName, LocationCode, RecordId},
    model::{
        answer::{Answer, AnswerKey},
        item::wording,
        outcome::OutcomeRef,
        plan::{Actor, Peers},
        quote::{Dated, Quote, QuoteKey},
        schema::{ANSWER_DAYS, DocKind, RecordKind, split_member},
    },
    period::day_words,
    time::{DAY_MS, Timestamp},
};

use super::Check;
use crate::{
    replica::{DocumentError, Replica},
    store::{Owner, settings::Key},
    view::{QuoteRow, RecordRow, is_request},
};

impl Check {
    /// Checks what the hub says in our name, and of us.
    pub(super) fn hub(&mut self, replica: &mut Replica) -> Result<(), DocumentError> {
        self.in_our_name(replica)?;
        let code = replica.code();
        if let Some(code) = &code {
            self.answers_to_us(replica, code)?;
        }
        for quote in replica.quotes()? {
            if Some(&quote.location) == code.as_ref()
                && let Some(what) = wrong_with(replica, &quote)?
            {
                let title = &quote.quote.title;
                self.complain(
                    None,
                    None,
                    format!("the hub quotes us as \"{title}\": {what}"),
                );
            }
        }
        Ok(())
    }

    /// The hub's answers to requests of ours: each is to one that was, and due when it was due.
    fn answers_to_us(
        &mut self,
        replica: &mut Replica,
        code: &LocationCode,
    ) -> Result<(), DocumentError> {
        let agenda = DocName::first(DocKind::Agenda.to_string());
        let agenda = replica.document(Owner::Hub, &agenda)?;
        let mut answers = Vec::new();
        for under in agenda.all_said::<Answer>() {
            if let AnswerKey::Request(location, id) = &under.key
                && location == code
            {
                let key = quoted_as(code, *id);
                let quote = agenda.said::<Quote>(&key);
                let dated = quote.and_then(|quote| quote.settled()?.request);
                let dues = under.said.into_iter().map(|one| one.value);
                let dues: Vec<Answer> = dues.collect();
                answers.push((*id, dated, dues));
            }
        }
        for (id, dated, said) in answers {
            let row = replica.record_anywhere(RecordKind::Opportunity, &id)?;
            let asked = row.as_ref().map(|row| Ever::of(replica, row)).transpose()?;
            let (Some(row), true) = (row, asked.is_some_and(|ever| ever.asked && ever.peers))
            else {
                // The request may be in the end of a log that was dropped since.
                if last_drop(replica, id)?.is_some() {
                    continue;
                }
                let what =
                    format!("the hub answers the request {id}, which this location never made");
                self.complain(None, None, what);
                continue;
            };
            let mut dues = said.iter().filter_map(|one| {
                let dated = dated.filter(|dated| one.is_to(Some(&dated.wording)))?;
                let latest = asked_on(&row, &dated).due(ANSWER_DAYS_MAX);
                one.due.filter(|due| *due > latest)
            });
            if let Some(due) = dues.next() {
                let (title, due) = (row.record.title(), day_words(due));
                self.complain(
                    None,
                    None,
                    format!("the hub answers \"{title}\" as if it had been due on {due}"),
                );
            }
        }
        Ok(())
    }

    /// Answers to items and questions, and priorities, are a location's to state.
    fn in_our_name(&mut self, replica: &mut Replica) -> Result<(), DocumentError> {
        let agenda = DocName::first(DocKind::Agenda.to_string());
        let agenda = replica.document(Owner::Hub, &agenda)?;
        let mut found = Vec::new();
        for under in agenda.all_said::<Answer>() {
            if !matches!(under.key, AnswerKey::Request(..)) {
                let key = under.key;
                found.push(format!("the hub answers {key}, which only a location does"));
            }
        }
        for record in agenda.records(RecordKind::Outcome) {
            if record.text("priority").is_some() {
                let title = record.title();
                found.push(format!(
                    "the hub names \"{title}\" as a priority, which only a location does"
                ));
            }
        }
        for what in found {
            self.complain(None, None, what);
        }
        Ok(())
    }
}

/// The last time at which an end of a log of ours was dropped that may have had words of this
/// record; `None` if none was.
fn last_drop(replica: &Replica, id: RecordId) -> Result<Option<Timestamp>, DocumentError> {
    let made = id.made();
    let drops = replica.drops()?.into_iter().map(|one| one.at);
    Ok(drops.filter(|at| made.is_none_or(|made| made <= *at)).max())
}

/// Why a quote of us is not ours; `None` if we say it, or said it and the hub has had no time to
/// follow.
fn wrong_with(replica: &mut Replica, quote: &QuoteRow) -> Result<Option<String>, DocumentError> {
    let last: Option<i64> = replica.setting(Key::LastShared)?;
    let had_time = |at: Timestamp| last.is_some_and(|last| last > at.ms() + DAY_MS);
    let dropped = last_drop(replica, quote.id)?;
    let may_be_dropped = dropped.is_some_and(|at| !had_time(at));
    let Some(row) = replica.record_anywhere(quote.kind, &quote.id)? else {
        if may_be_dropped {
            return Ok(None);
        }
        let label = quote.kind.label();
        return Ok(Some(format!("this location has no such {label}")));
    };
    let shared = replica.shared_as()?;
    let now = Quote::of(quote.kind, &row.record, &shared).map(|now| Quote {
        request: quote.quote.request,
        ..now
    });
    let is_worded = quote
        .quote
        .request
        .is_none_or(|dated| is_request(&row.record) && wording(&row.record) == Some(dated.wording));
    let is_shown = row.record.is_live() && !row.is_sealed();
    if is_shown && is_worded && now.as_ref() == Some(&quote.quote) {
        return wrong_due(replica, &row, quote);
    }
    let ever = Ever::of(replica, &row)?;
    if !ever.said(&quote.quote) || (quote.quote.request.is_some() && !ever.asked) {
        if may_be_dropped {
            return Ok(None);
        }
        return Ok(Some("no device of this location said so".to_owned()));
    }
    let at = row.written.at;
    Ok(at.filter(|at| had_time(*at)).map(|at| {
        let day = day_words(replica.zone().day(at));
        format!("that is what it said before {day}, and the hub has had the change since")
    }))
}

/// Whether the day by which the hub says that an answer to us is due is another than by the rule.
fn wrong_due(
    replica: &mut Replica,
    row: &RecordRow,
    quote: &QuoteRow,
) -> Result<Option<String>, DocumentError> {
    let Some(dated) = quote.quote.request else {
        return Ok(None);
    };
    let network = DocName::first(DocKind::Network.to_string());
    let settings = replica.document(Owner::Hub, &network)?.settings();
    let days = answer_days(settings.get(ANSWER_DAYS).map(String::as_str));
    let due = asked_on(row, &dated).due(days);
    Ok((due != dated.due).then(|| {
        let (said, due) = (day_words(dated.due), day_words(due));
        format!("it says that an answer is due by {said}, and that is {due}")
    }))
}

/// A request of ours, received when the hub says.
fn asked_on(row: &RecordRow, dated: &Dated) -> Requested {
    Requested {
        on: dated.received,
        needed_by: row
            .record
            .text("needed_by")
            .and_then(|day| day.parse().ok()),
        answered: None,
    }
}

fn quoted_as(code: &LocationCode, id: RecordId) -> QuoteKey {
    QuoteKey {
        location: code.clone(),
        kind: RecordKind::Opportunity,
        id,
    }
}

/// Everything that a record of ours ever said of what is quoted.
struct Ever {
    titles: BTreeSet<String>,
    outcomes: BTreeSet<OutcomeRef>,
    /// Whether the other locations were ever allowed to see it.
    peers: bool,
    /// Whether it ever asked the national team for something.
    asked: bool,
}

impl Ever {
    fn of(replica: &mut Replica, row: &RecordRow) -> Result<Self, DocumentError> {
        let (kind, id) = (row.record.kind, row.record.id.to_string());
        let mut ever = Self {
            titles: BTreeSet::new(),
            outcomes: BTreeSet::new(),
            peers: false,
            asked: false,
        };
        let mut codes: BTreeSet<(String, String)> = BTreeSet::new();
        for name in replica.own_documents(|document| document.has(kind.container())) {
            let document = replica.document(Owner::Location, &name)?;
            for (_, told) in document.all_told() {
                for one in told {
                    if one.container == kind.container() && one.key == id {
                        ever.take(kind, &one);
                    }
                    if one.container == RecordKind::Outcome.container()
                        && one.field.as_deref() == Some("shared")
                    {
                        codes.extend(one.value.map(|code| (one.key, code)));
                    }
                }
            }
        }
        // An outcome of ours is quoted by the code of the network's that it was.
        let ids: BTreeSet<String> = ever.outcomes.iter().map(ToString::to_string).collect();
        let codes = codes.into_iter().filter(|(of, _)| ids.contains(of));
        ever.outcomes
            .extend(codes.filter_map(|(_, code)| code.parse().ok()));
        Ok(ever)
    }

    fn take(&mut self, kind: RecordKind, told: &Told) {
        let field = told.field.as_deref().unwrap_or_default();
        if let Some(("outcomes", member)) = split_member(field) {
            self.outcomes.extend(member.parse::<OutcomeRef>().ok());
        }
        let Some(value) = &told.value else {
            return;
        };
        if field == kind.title() {
            self.titles.insert(value.clone());
        }
        self.peers |= field == "peers" && value == Peers::Yes.word();
        self.asked |= field == "who" && value == Actor::Backbone.word();
    }

    fn said(&self, quote: &Quote) -> bool {
        self.peers && self.titles.contains(&quote.title) && quote.outcomes.is_subset(&self.outcomes)
    }
}
