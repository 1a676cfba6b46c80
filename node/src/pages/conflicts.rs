//! People said different things at once: every answer, who, when, and one click.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
};
use weft_shared::model::{
    Audience,
    schema::{Container, RecordKind},
};

use super::{
    Answered, Asked, Fault, Filled, Here, Reply, Visit, done,
    form::{Sent, seen},
    plan,
    shell::{By, Section, Shell},
};
use crate::{
    conflicts::{Described, describe, settlement},
    failure::Failure,
    view::{ConflictRow, ConflictValue, observed_key},
};

#[derive(Template)]
#[template(path = "conflicts.html")]
struct ConflictsPage {
    shell: Shell,
    conflicts: Vec<Contested>,
}

/// One thing with more than one answer.
struct Contested {
    id: String,
    title: String,
    href: String,
    field: String,
    answers: Vec<Answer>,
}

struct Answer {
    text: String,
    by: By,
    /// Marks the very value that the person saw.
    mark: String,
    /// What the button says.
    keep: &'static str,
    /// The note beside a figure.
    note: Option<String>,
}

pub(super) async fn list(State(pages): Here, Query(asked): Asked) -> Answered {
    pages
        .visit(move |visit| visit.conflict_list(&Sent(asked)))
        .await
}

pub(super) async fn settle(State(pages): Here, Form(sent): Filled) -> Answered {
    pages.visit(move |visit| visit.settle(&Sent(sent))).await
}

impl Visit<'_> {
    fn conflict_list(&mut self, asked: &Sent) -> Answered {
        let (shell, _) = self.shell(Section::Conflicts, "Conflicts")?;
        let rows = self.replica.conflicts()?;
        let mut conflicts = Vec::with_capacity(rows.len());
        for row in &rows {
            conflicts.push(self.contested(row)?);
        }
        let shell = shell.after(done(asked));
        Reply::page(false, &ConflictsPage { shell, conflicts })
    }

    fn settle(&mut self, sent: &Sent) -> Answered {
        let rows = self.replica.conflicts()?;
        let row = rows.into_iter().find(|row| row.id == sent.first("id"));
        let marked = |value: &&ConflictValue| mark(value) == sent.first("value");
        let row = row.as_ref();
        let value = row.and_then(|row| row.values.iter().find(marked));
        let Some((row, value)) = row.zip(value) else {
            return Err(Fault::Failed(Failure::needs_action(
                "Meanwhile somebody settled this, or changed it again. Nothing was changed now. Go \
                 back to the conflicts and look again.",
            )));
        };
        // The button of a value that was kept here says that it is shared with the network.
        let audience = value.local.then_some(Audience::Network);
        let edit = settlement(self.replica, row, value, audience)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/conflicts", saved, "settled"))
    }

    fn contested(&mut self, row: &ConflictRow) -> Result<Contested, Fault> {
        let described = describe(self.replica, row)?;
        let href = href(row, &described);
        let mut answers = Vec::with_capacity(row.values.len());
        for (value, text) in row.values.iter().zip(described.answers) {
            answers.push(Answer {
                text: plan::capital(&text),
                by: By::new(&value.written, &self.calendar),
                mark: mark(value),
                keep: keep(row, value),
                note: self.note(row, value)?,
            });
        }
        Ok(Contested {
            id: row.id.clone(),
            title: plan::capital(&described.title),
            href,
            field: described.part,
            answers,
        })
    }

    /// The note beside a contested figure.
    fn note(&mut self, row: &ConflictRow, value: &ConflictValue) -> Result<Option<String>, Fault> {
        let key = observed_key(&row.conflict);
        let key = key.filter(|_| row.conflict.container == Container::Observations && !value.local);
        let observed = match key {
            Some(key) => self.replica.observation(&key)?,
            None => None,
        };
        Ok(observed.and_then(|observed| {
            let stated = observed.stated.iter();
            let mut stated = stated.filter(|one| one.statement.encode() == value.value);
            observed.note_words(&stated.next()?.statement)
        }))
    }
}

fn mark(value: &ConflictValue) -> String {
    seen(&format!("{}{}", value.local, value.value))
}

fn keep(row: &ConflictRow, value: &ConflictValue) -> &'static str {
    let removal = RecordKind::is_removal(row.conflict.field.as_deref());
    match (removal, value.local) {
        (true, _) if weft_shared::model::schema::SET == value.value => "Remove it",
        (true, _) => "Keep it",
        (false, true) => "Keep this answer, and share it with the network",
        (false, false) => "Keep this answer",
    }
}

/// The page of what a conflict is about.
fn href(row: &ConflictRow, described: &Described) -> String {
    if let Some(record) = &described.record {
        return plan::href(record.record.kind, &record.record.id);
    }
    if let Some(key) = observed_key(&row.conflict) {
        return format!("/indicators/{}", key.indicator);
    }
    match row.conflict.container {
        Container::Adoptions => format!("/indicators/{}", row.conflict.key),
        _ => "/".to_owned(),
    }
}
