//! The plan as a document: outcomes, their initiatives, and the actions of these. What belongs to
//! nothing comes at the end, so that no work is lost.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_host::chart::{Mark, steps};
use weft_shared::model::{
    Audience,
    plan::{ActionState, InitiativeStatus},
    schema::RecordKind,
    spelling::folded_name,
};

use super::{DUE_WITHIN_DAYS, href};
use crate::{
    pages::{audience_phrase, form::Sent, moment::day},
    view::{RecordRow, word_label},
};

/// The query of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) show: Show,
    /// The word of a status; any if empty.
    pub(super) status: String,
    /// The id of an outcome; any if empty.
    pub(super) outcome: String,
    /// The words to search for, as typed.
    pub(super) words: String,
}

/// The actions to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Show {
    #[default]
    Everything,
    Due,
    Open,
}

impl Filter {
    pub(super) fn of(asked: &Sent) -> Self {
        let text = |name: &str| asked.first(name).trim().to_owned();
        Self {
            show: match asked.first("show") {
                "due" => Show::Due,
                "open" => Show::Open,
                _ => Show::Everything,
            },
            status: text("status"),
            outcome: text("outcome"),
            words: text("q"),
        }
    }

    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// The address of the same filter with other actions shown: `due`, `open` or all.
    pub(super) fn with_show(&self, show: &str) -> String {
        let pairs = [
            ("show", show),
            ("status", &self.status),
            ("outcome", &self.outcome),
            ("q", &self.words),
        ];
        let pairs = pairs.iter().filter(|(_, text)| !text.is_empty());
        let pairs = pairs.map(|(name, text)| {
            let text = utf8_percent_encode(text, NON_ALPHANUMERIC);
            format!("{name}={text}")
        });
        format!("/plan?{}", pairs.collect::<Vec<_>>().join("&"))
    }

    fn finds(&self, texts: &[&str]) -> bool {
        let wanted = folded_name(&self.words);
        wanted.is_empty() || texts.iter().any(|text| folded_name(text).contains(&wanted))
    }
}

/// The records of a plan, in their order.
pub(super) struct Records {
    pub(super) outcomes: Vec<RecordRow>,
    pub(super) initiatives: Vec<RecordRow>,
    pub(super) actions: Vec<RecordRow>,
    pub(super) partners: Vec<RecordRow>,
}

/// A day, and the last day that counts as soon, as dates.
pub(super) struct Days {
    pub(super) today: jiff::civil::Date,
}

impl Days {
    fn soon(&self) -> String {
        let span = jiff::Span::new().days(DUE_WITHIN_DAYS);
        self.today.saturating_add(span).to_string()
    }
}

/// An outcome with its initiatives.
pub(super) struct OutcomePart {
    pub(super) id: String,
    pub(super) href: String,
    pub(super) name: String,
    pub(super) population: String,
    pub(super) description: String,
    pub(super) audience: &'static str,
    pub(super) local: bool,
    pub(super) contested: bool,
    pub(super) codes: Vec<String>,
    pub(super) initiatives: Vec<InitiativePart>,
}

/// An initiative with its actions.
#[derive(Clone)]
pub(super) struct InitiativePart {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) status: &'static str,
    /// The steps of the status, as SVG; empty if it is not one of the five steps.
    pub(super) steps: String,
    pub(super) details: String,
    pub(super) local: bool,
    pub(super) contested: bool,
    pub(super) actions: Vec<ActionPart>,
}

/// An action in one line.
#[derive(Clone)]
pub(super) struct ActionPart {
    pub(super) href: String,
    pub(super) what: String,
    pub(super) owner: String,
    pub(super) when: String,
    pub(super) mark: String,
    pub(super) state: &'static str,
    pub(super) done: bool,
    pub(super) late: bool,
    pub(super) soon: bool,
    pub(super) local: bool,
    pub(super) contested: bool,
}

/// The parts of the page.
pub(super) struct Document {
    pub(super) outcomes: Vec<OutcomePart>,
    /// Initiatives without an outcome.
    pub(super) loose: Vec<InitiativePart>,
    /// Actions without an initiative.
    pub(super) loose_actions: Vec<ActionPart>,
}

impl Document {
    pub(super) fn is_empty(&self) -> bool {
        self.outcomes.is_empty() && self.loose.is_empty() && self.loose_actions.is_empty()
    }

    /// Puts the records that `filter` lets through into their order.
    pub(super) fn of(records: &Records, filter: &Filter, days: &Days) -> Self {
        let ids = |rows: &[RecordRow]| -> BTreeSet<String> {
            rows.iter().map(|row| row.record.id.to_string()).collect()
        };
        let (outcomes, initiatives) = (ids(&records.outcomes), ids(&records.initiatives));
        let mut of: BTreeMap<&str, Vec<&RecordRow>> = BTreeMap::new();
        for action in &records.actions {
            let parent = action.record.text("initiative");
            let parent = parent.filter(|id| initiatives.contains(*id));
            of.entry(parent.unwrap_or_default())
                .or_default()
                .push(action);
        }
        let sort = Sort {
            records,
            filter,
            days,
            of,
        };
        let belongs = |row: &&RecordRow| {
            row.record
                .members("outcomes")
                .any(|id| outcomes.contains(id))
        };
        let part_of = |id: &str, found: bool| -> Vec<InitiativePart> {
            let mut rows = records.initiatives.iter();
            let rows = rows
                .by_ref()
                .filter(|row| row.record.members("outcomes").any(|one| one == id));
            rows.filter_map(|row| sort.initiative(row, found)).collect()
        };
        let shown = |row: &&RecordRow| {
            filter.outcome.is_empty() || row.record.id.to_string() == filter.outcome
        };
        let parts = records.outcomes.iter().filter(shown).filter_map(|row| {
            let found = sort.finds_outcome(row);
            let initiatives = part_of(&row.record.id.to_string(), found);
            // Without a filter an outcome stands there before anybody works on it.
            let alone = filter.show == Show::Everything && filter.status.is_empty() && found;
            (alone || !initiatives.is_empty()).then(|| outcome(row, initiatives))
        });
        let all = filter.outcome.is_empty();
        let loose = records
            .initiatives
            .iter()
            .filter(|row| all && !belongs(row));
        let none = all && filter.status.is_empty();
        Self {
            outcomes: parts.collect(),
            loose: loose
                .filter_map(|row| sort.initiative(row, false))
                .collect(),
            loose_actions: if none {
                sort.actions("", false)
            } else {
                Vec::new()
            },
        }
    }
}

/// The state while records are sorted into the document.
struct Sort<'a> {
    records: &'a Records,
    filter: &'a Filter,
    days: &'a Days,
    /// Actions by the id of their initiative; empty for those without.
    of: BTreeMap<&'a str, Vec<&'a RecordRow>>,
}

impl Sort<'_> {
    fn finds_outcome(&self, row: &RecordRow) -> bool {
        let text = |key: &str| row.record.text(key).unwrap_or_default();
        let codes: Vec<&str> = row.record.members("indicators").collect();
        let texts = ["name", "population", "description", "why", "by"].map(text);
        self.filter.finds(&texts) || self.filter.finds(&codes)
    }

    fn initiative(&self, row: &RecordRow, parent_found: bool) -> Option<InitiativePart> {
        let record = &row.record;
        let text = |key: &str| record.text(key).unwrap_or_default();
        let status = text("status");
        if !self.filter.status.is_empty() && status != self.filter.status {
            return None;
        }
        let partners = self.records.partners.iter();
        let partners = partners
            .filter(|one| {
                record
                    .members("partners")
                    .any(|id| id == one.record.id.to_string())
            })
            .map(|one| one.record.title())
            .collect::<Vec<_>>();
        let partners = partners.join(" and ");
        let texts = [
            text("name"),
            text("description"),
            text("setting"),
            &partners,
        ];
        let found = parent_found || self.filter.finds(&texts);
        let actions = self.actions(&record.id.to_string(), found);
        let alone = self.filter.show == Show::Everything && found;
        if !alone && actions.is_empty() {
            return None;
        }
        let local = record.audience == Audience::Team;
        let with = (!partners.is_empty()).then(|| format!("with {partners}"));
        let seen_by = (!local).then(|| format!("seen by {}", audience_phrase(record.audience)));
        let setting = Some(text("setting").to_owned()).filter(|text| !text.is_empty());
        let details = [setting, with, seen_by].into_iter().flatten();
        Some(InitiativePart {
            href: href(RecordKind::Initiative, &record.id),
            name: row.title(),
            status: word_label(InitiativeStatus::WORDS, status),
            steps: steps_of(status),
            details: details.collect::<Vec<_>>().join(" · "),
            local,
            contested: record.contested().next().is_some(),
            actions,
        })
    }

    fn actions(&self, initiative: &str, parent_found: bool) -> Vec<ActionPart> {
        let rows = self.of.get(initiative).into_iter().flatten();
        let parts = rows.filter_map(|row| {
            let text = |key: &str| row.record.text(key).unwrap_or_default();
            let texts = [text("what"), text("owner"), text("note")];
            let found = parent_found || self.filter.finds(&texts);
            let part = action(row, self.days);
            let wanted = match self.filter.show {
                Show::Everything => true,
                Show::Open => !part.done,
                Show::Due => part.soon || part.late,
            };
            (found && wanted).then_some(part)
        });
        parts.collect()
    }
}

fn outcome(row: &RecordRow, initiatives: Vec<InitiativePart>) -> OutcomePart {
    let record = &row.record;
    let text = |key: &str| record.text(key).unwrap_or_default().to_owned();
    OutcomePart {
        id: record.id.to_string(),
        href: href(RecordKind::Outcome, &record.id),
        name: row.title(),
        population: text("population"),
        description: text("description"),
        audience: audience_phrase(record.audience),
        local: record.audience == Audience::Team,
        contested: record.contested().next().is_some(),
        codes: record
            .members("indicators")
            .map(str::to_uppercase)
            .collect(),
        initiatives,
    }
}

/// An action in words; late after the day it was due.
pub(super) fn action(row: &RecordRow, days: &Days) -> ActionPart {
    let record = &row.record;
    let state = record.text("state").unwrap_or_default();
    let over = [ActionState::Done, ActionState::Dropped].map(ActionState::word);
    let done = over.contains(&state);
    let due = record.text("due").unwrap_or_default();
    let today = days.today.to_string();
    let open = !done && !due.is_empty();
    let label = word_label(ActionState::WORDS, state);
    ActionPart {
        href: href(RecordKind::Action, &record.id),
        what: row.title(),
        owner: record.text("owner").unwrap_or_default().to_owned(),
        when: match (done, due.is_empty()) {
            (true, _) => label.to_owned(),
            (false, true) => String::new(),
            (false, false) => format!("due {}", day(due)),
        },
        mark: if state == ActionState::Done.word() {
            Mark::Tick.svg()
        } else if done {
            Mark::Dash.svg()
        } else {
            Mark::Ring.svg()
        },
        state: if label.is_empty() { "open" } else { label },
        done,
        late: open && due < today.as_str(),
        soon: open && due >= today.as_str() && due <= days.soon().as_str(),
        local: record.audience == Audience::Team,
        contested: record.contested().next().is_some(),
    }
}

/// The five steps of a status as SVG; empty for one that is no step.
pub(in crate::pages) fn steps_of(status: &str) -> String {
    let five = InitiativeStatus::ALL.iter().take(5);
    let step = five.zip(1_u8..).find(|(one, _)| one.word() == status);
    step.map_or_else(String::new, |(_, step)| steps(step))
}
