//! The plan: initiatives first, then everything that belongs to them.

use askama::Template;
use weft_shared::{
    id::RecordId,
    model::{
        Audience,
        schema::{FieldKind, RecordKind, record_kind},
    },
    text::capital,
};

use super::{
    Answered, Fault, Reply, Visit, done,
    form::Sent,
    moment::day,
    shell::{By, Section, Shell},
};
use crate::view::{Choices, RecordRow, word_label};

/// The kinds of the plan in the order of the page.
const KINDS: [RecordKind; 8] = [
    RecordKind::Initiative,
    RecordKind::Action,
    RecordKind::Outcome,
    RecordKind::Partner,
    RecordKind::Target,
    RecordKind::Relationship,
    RecordKind::Opportunity,
    RecordKind::Marker,
];

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    shell: Shell,
    parts: Vec<Part>,
}

/// The records of one kind.
struct Part {
    heading: String,
    anchor: &'static str,
    what: &'static str,
    add: String,
    add_label: String,
    lines: Vec<Line>,
}

struct Line {
    href: String,
    title: String,
    state: String,
    details: String,
    local: bool,
    contested: bool,
    by: By,
}

/// Returns the kind that an address names. Insights have other pages.
pub(super) fn of_plan(text: &str) -> Result<RecordKind, Fault> {
    let kind = record_kind(text)
        .ok()
        .filter(|kind| *kind != RecordKind::Insight);
    kind.ok_or(Fault::NotFound)
}

impl Visit<'_> {
    pub(super) fn plan(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::Plan, "Plan")?;
        let mut parts = Vec::with_capacity(KINDS.len());
        for kind in KINDS {
            parts.push(self.part(kind)?);
        }
        let shell = shell.after(done(asked));
        Reply::page(false, &PlanPage { shell, parts })
    }

    fn part(&mut self, kind: RecordKind) -> Result<Part, Fault> {
        let choices = Choices::read(self.replica, kind)?;
        let rows = self.replica.records(kind)?;
        let mut lines: Vec<Line> = rows.iter().map(|row| self.line(row, &choices)).collect();
        if let Some(words) = steps(kind) {
            // Sort in the order of progress, and within a step keep the records' order.
            lines.sort_by_key(|line| words.iter().position(|word| *word == line.state));
        }
        Ok(Part {
            heading: capital(kind.container().label()),
            anchor: kind.container().word(),
            what: what(kind),
            add: add_href(kind),
            add_label: format!("Add {}", with_article(kind)),
            lines,
        })
    }

    fn line(&self, row: &RecordRow, choices: &Choices) -> Line {
        let record = &row.record;
        let label = |key: &str| {
            let field = record.kind.field(key)?;
            Some(choices.label(field, record.text(key)?))
        };
        let state = STATE_KEYS
            .iter()
            .find_map(|key| label(key))
            .unwrap_or_default();
        let details = DETAIL_KEYS.iter().filter_map(|key| {
            let field = record
                .kind
                .field(key)
                .filter(|field| field.key != record.kind.title())?;
            let text = record.text(key)?;
            Some(match field.kind {
                FieldKind::Date => format!("{} {}", field.label.to_lowercase(), day(text)),
                _ => choices.label(field, text),
            })
        });
        Line {
            href: href(record.kind, &record.id),
            title: record
                .kind
                .field(record.kind.title())
                .filter(|field| matches!(field.kind, FieldKind::Reference(_)))
                .map_or_else(
                    || row.title(),
                    |field| choices.label(field, &record.title()),
                ),
            state,
            details: details.collect::<Vec<_>>().join(", "),
            contested: record.contested().next().is_some(),
            local: record.audience == Audience::Team,
            by: By::new(&row.written, &self.calendar),
        }
    }
}

/// Fields that record how far something has come.
const STATE_KEYS: [&str; 3] = ["status", "state", "tie"];
/// Fields that a list shows beside the title.
const DETAIL_KEYS: [&str; 8] = [
    "owner",
    "due",
    "initiative",
    "population",
    "kind",
    "setting",
    "who",
    "on",
];

/// The labels of a kind's states, in their order.
fn steps(kind: RecordKind) -> Option<Vec<&'static str>> {
    let field = STATE_KEYS.iter().find_map(|key| kind.field(key))?;
    match field.kind {
        FieldKind::Choice(words) => {
            Some(words.iter().map(|word| word_label(words, word)).collect())
        }
        _ => None,
    }
}

fn what(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Outcome => "The results for people that initiatives work towards.",
        RecordKind::Initiative => "What the plan is made of.",
        RecordKind::Action => "Who does what, by when.",
        RecordKind::Partner => "Organisations that you work with.",
        RecordKind::Relationship => "How the tie with a partner changes over time.",
        RecordKind::Opportunity => {
            "What somebody could act on: the community, local or central \
                                    government."
        }
        RecordKind::Marker => "Conditions that shifted, from what to what, on what evidence.",
        RecordKind::Target => "Values that somebody hopes for, and why.",
        RecordKind::Insight => "What was heard or learnt.",
    }
}

/// The address of a record's page.
pub(super) fn href(kind: RecordKind, id: &RecordId) -> String {
    match kind {
        RecordKind::Insight => format!("/insights/{id}"),
        _ => format!("/plan/{}/{id}", kind.container().word()),
    }
}

/// The address of the page that adds a record.
pub(super) fn add_href(kind: RecordKind) -> String {
    match kind {
        RecordKind::Insight => "/insights/add".to_owned(),
        _ => format!("/plan/{}/add", kind.container().word()),
    }
}

/// The label with its article: "an initiative", "a partner".
pub(super) fn with_article(kind: RecordKind) -> String {
    let label = kind.label();
    let vowel = label.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {label}", if vowel { "an" } else { "a" })
}
