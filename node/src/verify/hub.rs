//! The hub's own documents, as far as they speak of this location. The hub signs them, so no
//! signature of ours covers them: each quote of us must be what a device of ours said, and nothing
//! may stand there that only a location says.

use std::collections::BTreeSet;

use weft_shared::{
    document::Told,
    id::DocName,
    model::{
        answer::{Answer, AnswerKey},
        outcome::OutcomeRef,
        plan::Peers,
        quote::Quote,
        schema::{DocKind, RecordKind, split_member},
    },
    period::day_words,
    time::{DAY_MS, Timestamp},
};

use super::Check;
use crate::{
    replica::{DocumentError, Replica},
    store::{Owner, settings::Key},
    view::{QuoteRow, RecordRow},
};

impl Check {
    /// Checks what the hub says in our name, and of us.
    pub(super) fn hub(&mut self, replica: &mut Replica) -> Result<(), DocumentError> {
        self.in_our_name(replica)?;
        let code = replica.code();
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

/// Why a quote of us is not ours; `None` if we say it, or said it and the hub has had no time to
/// follow.
fn wrong_with(replica: &mut Replica, quote: &QuoteRow) -> Result<Option<String>, DocumentError> {
    let Some(row) = replica.record_anywhere(quote.kind, &quote.id)? else {
        let label = quote.kind.label();
        return Ok(Some(format!("this location has no such {label}")));
    };
    let shared = replica.shared_as()?;
    let now = Quote::of(quote.kind, &row.record, &shared);
    let is_shown = row.record.is_live() && !row.is_local();
    if is_shown && now.as_ref() == Some(&quote.quote) {
        return Ok(None);
    }
    if !Ever::of(replica, &row)?.said(&quote.quote) {
        return Ok(Some("no device of this location said so".to_owned()));
    }
    let at = row.written.at;
    let last: Option<i64> = replica.setting(Key::LastShared)?;
    let had_time = |at: Timestamp| last.is_some_and(|last| last > at.ms() + DAY_MS);
    Ok(at.filter(|at| had_time(*at)).map(|at| {
        let day = day_words(replica.zone().day(at));
        format!("that is what it said before {day}, and the hub has had the change since")
    }))
}

/// Everything that a record of ours ever said of what is quoted.
struct Ever {
    titles: BTreeSet<String>,
    outcomes: BTreeSet<OutcomeRef>,
    /// Whether the other locations were ever allowed to see it.
    peers: bool,
}

impl Ever {
    fn of(replica: &mut Replica, row: &RecordRow) -> Result<Self, DocumentError> {
        let (kind, id) = (row.record.kind, row.record.id.to_string());
        let mut ever = Self {
            titles: BTreeSet::new(),
            outcomes: BTreeSet::new(),
            peers: false,
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
    }

    fn said(&self, quote: &Quote) -> bool {
        self.peers && self.titles.contains(&quote.title) && quote.outcomes.is_subset(&self.outcomes)
    }
}
