//! The pages of one record of any kind: add, show, change, remove.

use askama::Template;
use weft_host::random::random_bytes;
use weft_shared::{
    id::RecordId,
    model::{
        Audience,
        insight::{Attribution, Consent, NoConsent},
        plan::{Actor, PROSE_BYTES_MAX},
        record::{FieldProblem, Fields},
        schema::RecordKind,
    },
};

use super::{
    Answered, Fault, Reply, Visit,
    audience::AudienceChoice,
    done,
    form::{self, FieldView, Sent, seen},
    history, plan,
    shell::{By, ErrorLink, Section},
};
use crate::{
    edits::records::{self, Moved},
    replica::Edit,
    view::{Choices, RecordRow},
};

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    shell: super::shell::Shell,
    heading: String,
    action: String,
    list: &'static str,
    list_label: &'static str,
    /// A new record's id, so that a form sent twice adds only one record.
    id: String,
    adding: bool,
    insight: bool,
    withdrawn: bool,
    words: Option<String>,
    by: Option<By>,
    contested: bool,
    /// The address of its history.
    history: String,
    fields: Vec<FieldView>,
    audience: AudienceChoice,
}

#[derive(Template)]
#[template(path = "remove.html")]
struct RemovePage {
    shell: super::shell::Shell,
    title: String,
    kind: &'static str,
    href: String,
    insight: bool,
    shared: bool,
}

/// The fields of a submitted form, with their problems.
struct Judged {
    fields: Fields,
    problems: Vec<FieldProblem>,
}

impl Judged {
    /// Adds problems of fields that have none yet.
    fn add(&mut self, found: Vec<FieldProblem>) {
        let known = |one: &FieldProblem| self.problems.iter().all(|known| known.field != one.field);
        let found: Vec<FieldProblem> = found.into_iter().filter(known).collect();
        self.problems.extend(found);
    }
}

/// The page of a record's form.
struct Form<'a> {
    kind: RecordKind,
    id: RecordId,
    row: Option<&'a RecordRow>,
    fields: Vec<FieldView>,
    audience: Option<Audience>,
    errors: Vec<ErrorLink>,
    done: Option<&'a str>,
}

impl Visit<'_> {
    /// Shows the empty form for a new record.
    pub(super) fn ask_record(&mut self, kind: RecordKind) -> Answered {
        if kind == RecordKind::Target {
            // A target is of an indicator.
            self.replica.membership()?;
        }
        let choices = Choices::read(self.replica, kind)?;
        self.form(Form {
            kind,
            id: RecordId::from_parts(self.calendar.now(), random_bytes()),
            row: None,
            fields: form::empty(kind, &choices),
            audience: Some(Audience::Team),
            errors: Vec::new(),
            done: None,
        })
    }

    /// Adds a record, or shows the form again with every problem.
    pub(super) fn add_record(&mut self, kind: RecordKind, sent: &Sent) -> Answered {
        if kind == RecordKind::Target {
            // A target is of an indicator.
            self.replica.membership()?;
        }
        let id: RecordId = sent.first("id").parse().map_err(|_| Fault::NotFound)?;
        if let Some(row) = self.replica.record(kind, &id)? {
            // The form was sent twice: the record exists already.
            let done = added(kind, &row.record.to_fields(), row.record.audience);
            let href = plan::href(kind, &id);
            return Ok(Reply::See(format!("{href}?done={done}")));
        }
        let audience: Option<Audience> = sent.first("audience").parse().ok();
        let mut edit = Edit::default();
        let mut judged = judge_new(&mut edit, kind, sent, audience);
        let fields = &judged.fields;
        let now = self.calendar.now();
        let found = records::problems(self.replica, (kind, id), (fields, fields), now)?;
        judged.add(found);
        let (Some(audience), true) = (audience, judged.problems.is_empty()) else {
            return self.form_again(kind, id, None, sent, &judged.problems);
        };
        let done = added(kind, &judged.fields, audience);
        records::add(
            self.replica,
            &mut edit,
            kind,
            id,
            audience,
            judged.fields,
            now,
        )?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see(&plan::href(kind, &id), saved, done))
    }

    /// Shows a record with the form to change it.
    pub(super) fn show_record(&mut self, kind: RecordKind, id: &str, asked: &Sent) -> Answered {
        let Ok(row) = self.found(kind, id) else {
            return self.gone(kind, id);
        };
        let choices = Choices::read(self.replica, kind)?;
        self.form(Form {
            kind,
            id: row.record.id,
            fields: form::filled(&row.record, &choices),
            audience: Some(row.record.audience),
            row: Some(&row),
            errors: Vec::new(),
            done: done(asked),
        })
    }

    /// Saves the fields that the person changed, or shows the form again.
    pub(super) fn save_record(&mut self, kind: RecordKind, id: &str, sent: &Sent) -> Answered {
        let row = self.found(kind, id)?;
        let id = row.record.id;
        let wanted: Option<Audience> = sent.first("audience").parse().ok();
        let audience = wanted.filter(|one| seen(one.word()) != sent.first("seen-audience"));
        let mut judged = judge_changed(&row, sent, audience.unwrap_or(row.record.audience));
        let mut whole = row.record.to_fields();
        whole.extend(judged.fields.clone());
        let now = self.calendar.now();
        let given = (&judged.fields, &whole);
        let found = records::problems(self.replica, (kind, id), given, now)?;
        judged.add(found);
        if !judged.problems.is_empty() || wanted.is_none() {
            return self.form_again(kind, id, Some(&row), sent, &judged.problems);
        }
        let mut edit = Edit::default();
        let moved = records::change(self.replica, &mut edit, &row, judged.fields, audience, now)?;
        let saved = self.save(vec![edit])?;
        let done = match moved {
            Moved::Narrowed { .. } => "narrowed",
            Moved::Stays(_) | Moved::Widened(_) => "saved",
        };
        Ok(Reply::see(&plan::href(kind, &id), saved, done))
    }

    /// Asks for confirmation before a record is removed.
    pub(super) fn ask_removal(&mut self, kind: RecordKind, id: &str) -> Answered {
        let row = self.found(kind, id)?;
        let insight = kind == RecordKind::Insight;
        let copies = self.replica.copies(kind, &row.record.id)?;
        let verb = if insight { "Withdraw" } else { "Remove" };
        let title = row.title();
        let heading = format!("{verb} {title}");
        let shell = self.shell(section(kind), &heading)?;
        let page = RemovePage {
            shell,
            title,
            kind: kind.label(),
            href: plan::href(kind, &row.record.id),
            insight,
            shared: copies.iter().any(|copy| !copy.is_sealed()),
        };
        Reply::page(false, &page)
    }

    /// Takes a record out of the lists, or deletes an insight's words.
    pub(super) fn remove_record(&mut self, kind: RecordKind, id: &str) -> Answered {
        let row = self.found(kind, id)?;
        let (edit, list, done) = match kind {
            RecordKind::Insight => {
                let (edit, _) = records::withdraw(self.replica, &row)?;
                (edit, "/insights", "withdrawn")
            }
            _ => (records::remove(&row)?, list(kind).0, "removed"),
        };
        let saved = self.save(vec![edit])?;
        Ok(Reply::see(list, saved, done))
    }

    fn found(&mut self, kind: RecordKind, id: &str) -> Result<RecordRow, Fault> {
        let id: RecordId = id.parse().map_err(|_| Fault::NotFound)?;
        self.replica.record(kind, &id)?.ok_or(Fault::NotFound)
    }

    fn form_again(
        &mut self,
        kind: RecordKind,
        id: RecordId,
        row: Option<&RecordRow>,
        sent: &Sent,
        problems: &[FieldProblem],
    ) -> Answered {
        let choices = Choices::read(self.replica, kind)?;
        let audience: Option<Audience> = sent.first("audience").parse().ok();
        let mut errors = form::links(kind, problems);
        if audience.is_none() {
            errors.push(ErrorLink {
                id: AudienceChoice::FIRST_ID.to_owned(),
                text: "Choose who may see it".to_owned(),
            });
        }
        let record = row.map(|row| &row.record);
        self.form(Form {
            kind,
            id,
            row,
            fields: form::returned(kind, record, sent, problems, &choices),
            audience,
            errors,
            done: None,
        })
    }

    fn form(&mut self, form: Form<'_>) -> Answered {
        let Form { kind, id, row, .. } = form;
        let adding = row.is_none();
        let heading = match row {
            Some(row) => row.title(),
            None => format!("Add {}", plan::with_article(kind)),
        };
        let shell = self.shell(section(kind), &heading)?;
        let mut shell = shell.after(form.done);
        let refused = !form.errors.is_empty();
        let mut audience = AudienceChoice::new(
            "Who may see this?",
            &shell.operator,
            self.replica.team_only()?,
            form.audience,
        );
        let missing = |error: &&ErrorLink| error.id == AudienceChoice::FIRST_ID;
        audience.error = form
            .errors
            .iter()
            .find(missing)
            .map(|error| error.text.clone());
        if let Some(row) = row {
            audience.seen = seen(row.record.audience.word());
        }
        if refused {
            shell.refuse(form.errors);
        }
        let insight = kind == RecordKind::Insight;
        let page = RecordPage {
            heading,
            action: if adding {
                plan::add_href(kind)
            } else {
                plan::href(kind, &id)
            },
            list: list(kind).0,
            list_label: list(kind).1,
            id: id.to_string(),
            adding,
            insight,
            withdrawn: row.is_some_and(|row| row.record.withdrawn),
            words: row.and_then(|row| row.words.clone()),
            by: row.map(|row| By::new(&row.written, &self.calendar)),
            contested: row.is_some_and(|row| row.record.contested().next().is_some()),
            history: history::record_href(&id.to_string()),
            fields: form.fields,
            audience,
            shell,
        };
        Reply::page(refused, &page)
    }
}

fn judge_new(edit: &mut Edit, kind: RecordKind, sent: &Sent, audience: Option<Audience>) -> Judged {
    let mut fields = form::fresh(kind, sent);
    let mut problems = Vec::new();
    if kind == RecordKind::Insight {
        match records::say(edit, sent.first("text")) {
            Ok(words) => fields.extend(words),
            Err(failure) => problems.push(problem("text", &failure.to_string())),
        }
        problems.extend(consent(&fields, audience.unwrap_or(Audience::Team)));
    }
    let found = kind.check(&fields, true).err().unwrap_or_default();
    let mut judged = Judged { fields, problems };
    judged.add(found);
    judged
}

/// The message after a record is added: money without a place is in no location's figures, and a
/// request for the team alone is asked of no one.
fn added(kind: RecordKind, fields: &Fields, audience: Audience) -> &'static str {
    let places = fields.get("locations");
    let is_placed = places.is_some_and(|places| !places.is_empty());
    let is_of_backbone = fields.get("who") == Some(&Actor::Backbone.word().into());
    match kind {
        RecordKind::Investment if !is_placed => "addednowhere",
        RecordKind::Opportunity if is_of_backbone && audience == Audience::Team => "addedunsent",
        _ => "added",
    }
}

fn judge_changed(row: &RecordRow, sent: &Sent, audience: Audience) -> Judged {
    let kind = row.record.kind;
    let (fields, mut problems) = match form::changed(&row.record, sent) {
        Ok(fields) => (fields, Vec::new()),
        Err(problems) => (Fields::new(), problems),
    };
    if let Err(found) = kind.check(&fields, false) {
        problems.extend(found);
    }
    let mut judged = Judged { fields, problems };
    let mut whole = row.record.to_fields();
    whole.extend(judged.fields.clone());
    judged.add(kind.across(&whole));
    if kind == RecordKind::Insight && judged.problems.is_empty() {
        judged.add(consent(&whole, audience));
    }
    judged
}

/// The problems with an insight's consent if it is to travel that far.
fn consent(fields: &Fields, audience: Audience) -> Vec<FieldProblem> {
    match Consent::check(fields, audience) {
        Ok(()) => Vec::new(),
        Err(NoConsent::Narrower { consent, .. }) => vec![problem(
            "consent",
            &format!(
                "the person who said it agreed to \"{}\" and no further: ask them again, or choose \
                 a narrower audience below",
                consent.label()
            ),
        )],
        Err(NoConsent::Unnamed) => vec![problem(
            "teller",
            "the person who said it wants not to be named: leave this empty, or ask them how they \
             want to be named",
        )],
        Err(NoConsent::Missing) => {
            let text = |key: &str| fields.get(key).and_then(|value| value.text()).unwrap_or("");
            let mut problems = Vec::new();
            if text("consent").parse::<Audience>().is_err() {
                let words = "before it goes further than your team, say how far the person who \
                             said it agreed that it may travel";
                problems.push(problem("consent", words));
            }
            if text("attribution").parse::<Attribution>().is_err() {
                let words = "before it goes further than your team, say how the person who said it \
                             wants to be named";
                problems.push(problem("attribution", words));
            }
            problems
        }
    }
}

fn problem(field: &str, message: &str) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        message: message.to_owned(),
    }
}

const fn section(kind: RecordKind) -> Section {
    match kind {
        RecordKind::Insight => Section::Insights,
        RecordKind::Investment => Section::Money,
        RecordKind::Review => Section::Reviews,
        _ => Section::Plan,
    }
}

/// The page that lists a kind, with the words of a link to it.
const fn list(kind: RecordKind) -> (&'static str, &'static str) {
    match kind {
        RecordKind::Insight => ("/insights", "All insights"),
        RecordKind::Investment => ("/money", "Money"),
        RecordKind::Review => ("/reviews", "Learning reviews"),
        _ => ("/plan", "The whole plan"),
    }
}

const _: () = assert!(PROSE_BYTES_MAX < weft_host::limits::PAGE_BODY_BYTES_MAX);
