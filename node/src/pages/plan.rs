//! The plan: a document of outcomes, initiatives and actions, and lists of the other kinds.

mod aims;
pub(super) mod document;

use std::collections::BTreeMap;

use askama::Template;
use weft_shared::{
    id::RecordId,
    model::{
        Audience,
        answer::AnswerKey,
        line::LineKey,
        plan::InitiativeStatus,
        schema::{Container, FieldKind, Owner, RecordKind, record_kind},
    },
    text::{capital, counted},
};

use self::{
    aims::{Aims, Priority, ShownBy},
    document::{ActionPart, Days, Document, Filter, OutcomePart, Records, Show, action},
};
use super::{
    Answered, Fault, Reply, Visit, done,
    form::Sent,
    moment::day,
    shell::{By, Section, Shell},
};
use crate::view::{Choices, RecordRow, word_label};

/// The kinds of the plan in the order of the menu that adds.
const KINDS: [RecordKind; 8] = [
    RecordKind::Action,
    RecordKind::Initiative,
    RecordKind::Outcome,
    RecordKind::Partner,
    RecordKind::Relationship,
    RecordKind::Opportunity,
    RecordKind::Marker,
    RecordKind::Target,
];
/// Number of days before its due date from which an action counts as due.
pub(super) const DUE_WITHIN_DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    shell: Shell,
    today: String,
    summary: String,
    filter: Filter,
    filtered: bool,
    statuses: Vec<(&'static str, &'static str)>,
    /// Ids and names, for the choice of one outcome.
    named: Vec<(String, String)>,
    document: Document,
    /// The indicators, targets and priority of each outcome, by its id.
    aims: BTreeMap<String, Aims>,
    adds: Vec<Add>,
    others: Vec<(String, String)>,
    /// Kinds of which there is nothing yet.
    without: String,
}

impl PlanPage {
    fn shown_by(&self, outcome: &OutcomePart) -> &[ShownBy] {
        let aims = self.aims.get(&outcome.id);
        aims.map_or(&[], |aims| aims.shown_by.as_slice())
    }

    fn priority(&self, outcome: &OutcomePart) -> Option<&Priority> {
        self.aims.get(&outcome.id)?.priority.as_ref()
    }

    /// The curve of an outcome's first indicator that has one.
    fn strip(&self, outcome: &OutcomePart) -> Option<&str> {
        let mut shown = self.shown_by(outcome).iter();
        shown.find_map(|one| one.strip.as_deref())
    }

    fn shows(&self, show: &str) -> bool {
        let shown = match self.filter.show {
            Show::Everything => "",
            Show::Due => "due",
            Show::Open => "open",
        };
        shown == show
    }
}

/// An entry of the menu that adds.
struct Add {
    href: String,
    label: String,
    what: &'static str,
}

#[derive(Template)]
#[template(path = "kind.html")]
struct KindPage {
    shell: Shell,
    part: Part,
}

/// The records of one kind.
struct Part {
    heading: String,
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
        .filter(|kind| *kind != RecordKind::Insight && kind.is_of(Owner::Location));
    kind.ok_or(Fault::NotFound)
}

impl Visit<'_> {
    pub(super) fn plan(&mut self, asked: &Sent) -> Answered {
        if let Ok(kind) = of_plan(asked.first("kind")) {
            let part = self.part(kind)?;
            let shell = self.shell(Section::Plan, &part.heading)?.after(done(asked));
            return Reply::page(false, &KindPage { shell, part });
        }
        let shell = self.shell(Section::Plan, "Plan")?;
        let records = Records {
            outcomes: self.replica.records(RecordKind::Outcome)?,
            initiatives: self.replica.records(RecordKind::Initiative)?,
            actions: self.replica.records(RecordKind::Action)?,
            partners: self.replica.records(RecordKind::Partner)?,
        };
        let filter = Filter::of(asked);
        let today = self.calendar.today();
        let days = Days { today };
        let document = Document::of(&records, &filter, &days);
        let (others, without) = self.others()?;
        let label = |word: &&'static str| (*word, word_label(InitiativeStatus::WORDS, word));
        let named = |row: &RecordRow| (row.record.id.to_string(), row.title());
        let page = PlanPage {
            today: day(&today.to_string()),
            summary: summary(&records, &days),
            filtered: filter.is_any(),
            filter,
            statuses: InitiativeStatus::WORDS.iter().map(label).collect(),
            named: records.outcomes.iter().map(named).collect(),
            aims: self.aims(&records.outcomes, &document.outcomes)?,
            document,
            adds: self.offered().iter().map(|kind| add(*kind)).collect(),
            others,
            without,
            shell: shell.after(done(asked)),
        };
        Reply::page(false, &page)
    }

    /// Returns the kinds that the menu offers. A target is of an indicator, and a computer that
    /// works alone has none.
    fn offered(&self) -> &'static [RecordKind] {
        match self.replica.is_alone() {
            true => KINDS.split_last().map_or(&[], |(_target, others)| others),
            false => &KINDS,
        }
    }

    /// Returns the kinds that the document leaves out, each with its number, and those of which
    /// there is nothing.
    fn others(&mut self) -> Result<(Vec<(String, String)>, String), Fault> {
        let (mut others, mut without) = (Vec::new(), Vec::new());
        for kind in &self.offered()[3..] {
            let container = kind.container();
            match self.replica.records(*kind)?.len() {
                0 => without.push(container.label()),
                count => others.push((
                    format!("/plan?kind={}", container.word()),
                    counted(count as u64, kind.label(), container.label()),
                )),
            }
        }
        Ok((others, without.join(" or ")))
    }

    fn part(&mut self, kind: RecordKind) -> Result<Part, Fault> {
        let choices = Choices::read(self.replica, kind)?;
        let rows = self.replica.records(kind)?;
        let goals = self.goals(kind)?;
        let line = |row: &RecordRow| self.line(row, &choices, goals.get(&row.record.id).cloned());
        let mut lines: Vec<Line> = rows.iter().map(line).collect();
        if let Some(words) = steps(kind) {
            // Sort in the order of progress, and within a step keep the records' order.
            lines.sort_by_key(|line| words.iter().position(|word| *word == line.state));
        }
        Ok(Part {
            heading: capital(kind.container().label()),
            what: what(kind),
            add: add_href(kind),
            add_label: format!("Add {}", with_article(kind)),
            lines,
        })
    }

    /// `goal` is what a target hopes for, in words.
    fn line(&self, row: &RecordRow, choices: &Choices, goal: Option<String>) -> Line {
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
                .filter(|field| {
                    matches!(field.kind, FieldKind::Reference(_) | FieldKind::Indicator)
                })
                .map_or_else(
                    || row.title(),
                    |field| choices.label(field, &record.title()),
                ),
            state,
            details: details.chain(goal).collect::<Vec<_>>().join(", "),
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

fn add(kind: RecordKind) -> Add {
    Add {
        href: add_href(kind),
        label: capital(kind.label()),
        what: what(kind),
    }
}

/// The plan in a sentence: `3 outcomes, 4 initiatives, 7 actions: 1 late, 2 due in the next 14
/// days.`
fn summary(records: &Records, days: &Days) -> String {
    let count = |rows: &[RecordRow], one: &str, many: &str| counted(rows.len() as u64, one, many);
    let actions: Vec<ActionPart> = records
        .actions
        .iter()
        .map(|row| action(row, days))
        .collect();
    let late = actions.iter().filter(|action| action.late).count();
    let soon = actions.iter().filter(|action| action.soon).count();
    format!(
        "{}, {}, {}: {late} late, {soon} due in the next {DUE_WITHIN_DAYS} days.",
        count(&records.outcomes, "outcome", "outcomes"),
        count(&records.initiatives, "initiative", "initiatives"),
        count(&records.actions, "action", "actions"),
    )
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
        RecordKind::Item => "What the national team puts to all locations.",
        RecordKind::Investment => "What a funder gives, to whom, for what and how long.",
        RecordKind::Review => "What moved, the story behind it, and what was decided.",
    }
}

/// The address of a record's page.
pub(super) fn href(kind: RecordKind, id: &RecordId) -> String {
    match kind {
        RecordKind::Insight => format!("/insights/{id}"),
        _ => format!("/plan/{}/{id}", kind.container().word()),
    }
}

/// The address of the page of an answer or of a line of money, if the key is one of them.
pub(super) fn statement_href(container: Container, key: &str) -> Option<String> {
    match container {
        Container::Answers => match key.parse().ok()? {
            AnswerKey::Item(id) => Some(format!("/agenda/{id}")),
            key => Some(format!("/sight/{}", key.question_name()?)),
        },
        Container::Lines => {
            let key: LineKey = key.parse().ok()?;
            Some(href(RecordKind::Investment, &key.investment))
        }
        _ => None,
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
