//! Concurrent answers: each of them, who gave it and when, and a button to keep it.

use askama::Template;
use weft_host::failure::Failure;
use weft_shared::{
    model::{
        Audience,
        schema::{Container, RecordKind},
    },
    text::capital,
};

use super::{
    Answered, Fault, Reply, Visit, audience_phrase, done, figure,
    form::{Sent, seen},
    plan,
    shell::{By, Section, Shell},
};
use crate::{
    edits::{audiences, settlement},
    view::{ConflictRow, ConflictValue, Described, describe, observed_key},
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
    answers: Vec<SettlementForm>,
}

struct SettlementForm {
    text: String,
    by: By,
    /// A mark for the exact value that the person saw.
    mark: String,
    /// The buttons that keep it.
    keeps: Vec<Keep>,
    /// The note beside a figure.
    note: Option<String>,
}

/// A button that keeps an answer.
struct Keep {
    /// The button's text.
    text: String,
    /// The audience that the button gives the answer, if it gives one.
    audience: String,
}

impl Visit<'_> {
    pub(super) fn conflict_list(&mut self, asked: &Sent) -> Answered {
        let rows = self.replica.conflicts()?;
        let shell = self.shell(Section::Conflicts, "To settle")?;
        let mut conflicts = Vec::with_capacity(rows.len());
        for row in &rows {
            conflicts.push(self.contested(row)?);
        }
        let shell = shell.after(done(asked));
        Reply::page(false, &ConflictsPage { shell, conflicts })
    }

    pub(super) fn settle(&mut self, sent: &Sent) -> Answered {
        let rows = self.replica.conflicts()?;
        let row = rows.into_iter().find(|row| row.id == sent.first("id"));
        let marked = |value: &&ConflictValue| mark(value) == sent.first("value");
        let row = row.as_ref();
        let value = row.and_then(|row| row.values.iter().find(marked));
        let Some((row, value)) = row.zip(value) else {
            return Err(moved_on());
        };
        // The button of a value that was kept here also chooses its audience.
        let said = audiences(row).into_iter();
        let mut said = said.filter(|one| one.word() == sent.first("audience"));
        let audience = said.next().filter(|_| value.local);
        if value.local && audience.is_none() {
            return Err(moved_on());
        }
        let edit = settlement(self.replica, row, value, audience)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/conflicts", saved, "settled"))
    }

    fn contested(&mut self, row: &ConflictRow) -> Result<Contested, Fault> {
        let described = describe(self.replica, row)?;
        let href = href(row, &described);
        let mut answers = Vec::with_capacity(row.values.len());
        for (value, text) in row.values.iter().zip(described.answers) {
            answers.push(SettlementForm {
                text: capital(&text),
                by: By::new(&value.written, &self.calendar),
                mark: mark(value),
                keeps: keeps(row, value),
                note: self.note(row, value)?,
            });
        }
        Ok(Contested {
            id: row.id.clone(),
            title: capital(&described.title),
            href,
            field: described.part,
            answers,
        })
    }

    /// Returns the note on a contested figure.
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
            observed.note_words(&stated.next()?.statement, figure::grouped_words)
        }))
    }
}

fn mark(value: &ConflictValue) -> String {
    seen(&format!("{}{}", value.local, value.value))
}

fn moved_on() -> Fault {
    Fault::Failed(Failure::needs_action(
        "Meanwhile somebody settled this, or changed it again. Nothing was changed now. Go back to \
         the conflicts and look again.",
    ))
}

fn keeps(row: &ConflictRow, value: &ConflictValue) -> Vec<Keep> {
    let removal = RecordKind::is_removal(row.conflict.field.as_deref());
    let plain = |text: &str| Keep {
        text: text.to_owned(),
        audience: String::new(),
    };
    match (removal, value.local) {
        (true, _) if weft_shared::model::schema::SET == value.value => vec![plain("Remove it")],
        (true, _) => vec![plain("Keep it")],
        (false, false) => vec![plain("Keep this answer")],
        (false, true) => {
            let far = |audience: Audience| Keep {
                text: format!(
                    "Keep this answer, and share it with {}",
                    audience_phrase(audience)
                ),
                audience: audience.word().to_owned(),
            };
            audiences(row).into_iter().map(far).collect()
        }
    }
}

/// The page for the thing in conflict.
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
