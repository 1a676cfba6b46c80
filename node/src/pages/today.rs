//! Today: the state of saved work, tasks for a person, and colleagues' changes.

use std::collections::BTreeMap;

use askama::Template;
use weft_shared::{
    id::IndicatorCode,
    model::{
        observation::ObservationKey,
        plan::ActionState,
        schema::{Container, RecordKind},
    },
    text::capital,
    time::Timestamp,
};

use super::{
    Answered, Fault, Reply, Visit, done, figure,
    form::Sent,
    moment::{Moment, day},
    plan,
    shell::{By, Section, Shell},
};
use crate::{
    replica::Replica,
    view::{HistoryRow, IndicatorRow, Written},
};

/// Maximum number of colleagues' changes on the page.
const CHANGES_SHOWN_MAX: usize = 12;
/// Number of days before its due date from which an action is shown.
const DUE_WITHIN_DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    shell: Shell,
    waiting: u64,
    waiting_since: Option<Moment>,
    conflicts: u64,
    undecided: Vec<(String, String)>,
    due: Vec<Due>,
    changes: Vec<Change>,
}

/// An action that is due, or will be soon.
struct Due {
    href: String,
    what: String,
    owner: String,
    day: String,
    late: bool,
}

/// A change by a colleague.
struct Change {
    what: String,
    href: String,
    by: By,
}

impl Visit<'_> {
    pub(super) fn read_news(&mut self, sent: &Sent) -> Answered {
        if let Ok(ms) = sent.first("at").parse() {
            self.replica.read_of_areas(Timestamp::from_ms(ms))?;
        }
        Ok(Reply::See("/".to_owned()))
    }

    pub(super) fn today(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::Today, "Today")?;
        let indicators = self.replica.indicators()?;
        let named = |row: &IndicatorRow| (row.definition.code.clone(), row.definition.name.clone());
        let names: BTreeMap<_, _> = indicators.iter().map(named).collect();
        let undecided = indicators.iter().filter(|row| row.decision.is_none());
        let undecided = undecided.map(named);
        let waiting_since = self.replica.waiting_since()?;
        let page = TodayPage {
            waiting: shell.brief.waiting,
            waiting_since: waiting_since.map(|at| self.calendar.moment(at)),
            conflicts: shell.conflicts,
            undecided: undecided
                .map(|(code, name)| (code.to_string(), name))
                .collect(),
            due: self.due()?,
            changes: self.changes(&names)?,
            shell: shell.after(done(asked)),
        };
        Reply::page(false, &page)
    }

    fn due(&mut self) -> Result<Vec<Due>, Fault> {
        let today = self.calendar.today();
        let soon = today.saturating_add(jiff::Span::new().days(DUE_WITHIN_DAYS));
        let (today, soon) = (today.to_string(), soon.to_string());
        let mut due: Vec<(String, Due)> = Vec::new();
        for row in self.replica.records(RecordKind::Action)? {
            let record = &row.record;
            let over = [ActionState::Done, ActionState::Dropped].map(ActionState::word);
            let Some(on) = record.text("due").filter(|on| *on <= soon.as_str()) else {
                continue;
            };
            if record
                .text("state")
                .is_some_and(|state| over.contains(&state))
            {
                continue;
            }
            due.push((
                on.to_owned(),
                Due {
                    href: plan::href(RecordKind::Action, &record.id),
                    what: record.title(),
                    owner: record.text("owner").unwrap_or_default().to_owned(),
                    day: day(on),
                    late: on < today.as_str(),
                },
            ));
        }
        due.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(due.into_iter().map(|(_, due)| due).collect())
    }

    /// Returns the last changes by colleagues, one for each thing that they changed.
    fn changes(&mut self, names: &Names) -> Result<Vec<Change>, Fault> {
        let mut changes: Vec<Change> = Vec::new();
        let mut read = 0;
        loop {
            let rows = self.replica.history_of_others(read, CHANGES_SHOWN_MAX)?;
            if rows.is_empty() {
                return Ok(changes);
            }
            read += rows.len();
            for row in rows {
                let Some((what, href)) = subject(self.replica, &row, names)? else {
                    continue;
                };
                let mut shown = changes.iter();
                if shown.any(|change| change.href == href && change.what == what) {
                    continue;
                }
                let written = Written {
                    device: row.device.clone(),
                    at: Some(row.at),
                };
                changes.push(Change {
                    what,
                    href,
                    by: By::new(&written, &self.calendar),
                });
                if changes.len() == CHANGES_SHOWN_MAX {
                    return Ok(changes);
                }
            }
        }
    }
}

/// The names of the network's indicators.
type Names = BTreeMap<IndicatorCode, String>;

/// The subject of a history line and its page, or `None` if it is in no list any more.
fn subject(
    replica: &mut Replica,
    row: &HistoryRow,
    names: &Names,
) -> Result<Option<(String, String)>, Fault> {
    let Ok(container) = row.container.parse::<Container>() else {
        return Ok(None);
    };
    if let Some(kind) = RecordKind::of(container) {
        let Ok(id) = row.record.parse() else {
            return Ok(None);
        };
        let record = replica.record(kind, &id)?;
        return Ok(record.map(|record| {
            let title = record.title();
            let what = capital(&format!("{}: {title}", kind.label()));
            (what, plan::href(kind, &id))
        }));
    }
    Ok(match container {
        Container::Adoptions => {
            let Ok(code) = row.record.parse() else {
                return Ok(None);
            };
            let name = named(names, &code);
            Some((format!("Decision on {name}"), format!("/indicators/{code}")))
        }
        Container::Observations | Container::Notes => {
            let Ok(key) = row.record.parse::<ObservationKey>() else {
                return Ok(None);
            };
            let name = named(names, &key.indicator);
            let part = figure::heading(&key.breakdown);
            let text = format!("Value: {name}, {}, {part}", key.period);
            Some((text, format!("/indicators/{}", key.indicator)))
        }
        _ => None,
    })
}

/// The name of an indicator, or its code if the hub has not published it.
fn named(names: &Names, code: &IndicatorCode) -> String {
    let name = names.get(code).cloned();
    name.unwrap_or_else(|| code.to_string())
}
