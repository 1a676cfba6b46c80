//! Two people changed the same thing: both values, who, when, and one click.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
};
use weft_shared::model::{
    Audience,
    indicator::Definition,
    observation::{ObservationKey, Statement},
    profile::Adoption,
    schema::{self, Container, RecordKind},
};

use super::{
    Answered, Asked, Fault, Filled, Here, Reply, Visit,
    audience::phrase,
    done, figure,
    form::{Choices, Sent, seen},
    plan,
    shell::{By, Section, Shell},
};
use crate::{commands::conflicts::settlement, failure::Failure, view::ConflictRow};

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
        let marked = |row: &ConflictRow| {
            let mut values = row.values.iter();
            let value = values.find(|value| seen(&value.value) == sent.first("value"));
            value.map(|value| value.value.clone())
        };
        let Some((row, value)) = row.and_then(|row| marked(&row).map(|value| (row, value))) else {
            return Err(Fault::Failed(Failure::needs_action(
                "Meanwhile somebody settled this, or changed it again. Nothing was changed now. Go \
                 back to the conflicts and look again.",
            )));
        };
        let edit = settlement(row, &value)?;
        let saved = self.save(vec![edit])?;
        Ok(Reply::see("/conflicts", saved, "settled"))
    }

    fn contested(&mut self, row: &ConflictRow) -> Result<Contested, Fault> {
        let (title, href) = self.subject(row)?;
        let mut answers = Vec::with_capacity(row.values.len());
        for value in &row.values {
            answers.push(Answer {
                text: self.answer(row, &value.value)?,
                by: By::new(&value.written, &self.calendar),
                mark: seen(&value.value),
            });
        }
        let field = row.conflict.field.as_deref();
        let kind = RecordKind::of(row.conflict.container);
        let label = match (field, kind) {
            (Some(schema::AUDIENCE), _) => "Who may see it",
            (Some(schema::REMOVED), _) => "Whether it is removed",
            (Some(schema::WORDS_HASH), _) => "Its words",
            (Some(key), Some(kind)) => kind.field(key).map_or("", |field| field.label),
            _ => "",
        };
        Ok(Contested {
            id: row.id.clone(),
            title,
            href,
            field: label.to_owned(),
            answers,
        })
    }

    /// What a conflict is about, and its page.
    fn subject(&mut self, row: &ConflictRow) -> Result<(String, String), Fault> {
        let key = &row.conflict.key;
        if let Some(kind) = RecordKind::of(row.conflict.container) {
            let record = match key.parse() {
                Ok(id) => self.replica.record(kind, &id)?,
                Err(_) => None,
            };
            let title = record.as_ref().map_or_else(|| key.clone(), plan::title);
            let href = record.map(|record| plan::href(kind, &record.record.id));
            let title = format!("{}: {title}", kind.label());
            return Ok((title, href.unwrap_or_else(|| "/plan".to_owned())));
        }
        if let Ok(key) = key.parse::<ObservationKey>() {
            let areas = self.all_areas()?;
            let name = self.definition(&key)?.map(|definition| definition.name);
            let title = format!(
                "{}, {}, {}, {}",
                name.unwrap_or_else(|| key.indicator.to_string()),
                figure::area_name(&areas, &key.area),
                key.period,
                figure::heading(&key.breakdown)
            );
            return Ok((title, format!("/indicators/{}", key.indicator)));
        }
        let href = match row.conflict.container {
            Container::Adoptions => format!("/indicators/{key}"),
            _ => "/".to_owned(),
        };
        Ok((format!("{}: {key}", row.conflict.container.label()), href))
    }

    fn definition(&mut self, key: &ObservationKey) -> Result<Option<Definition>, Fault> {
        let row = self.replica.indicator(&key.indicator)?;
        Ok(row.map(|row| row.definition))
    }

    /// One of the values, in words.
    fn answer(&mut self, row: &ConflictRow, value: &str) -> Result<String, Fault> {
        let conflict = &row.conflict;
        if conflict.container == Container::Observations {
            let key: Option<ObservationKey> = conflict.key.parse().ok();
            let definition = match &key {
                Some(key) => self.definition(key)?,
                None => None,
            };
            return Ok(Statement::decode(value).map_or_else(
                |_| value.to_owned(),
                |statement| {
                    let figure = figure::words(&statement, definition.as_ref());
                    format!("{figure}; seen by {}", phrase(statement.audience))
                },
            ));
        }
        if conflict.container == Container::Adoptions {
            return Ok(Adoption::decode(value).map_or_else(
                |_| value.to_owned(),
                |adoption| {
                    let seen_by = phrase(adoption.audience);
                    format!("{}; seen by {seen_by}", adoption.status.label())
                },
            ));
        }
        let (Some(field), Some(kind)) = (&conflict.field, RecordKind::of(conflict.container))
        else {
            return Ok(value.to_owned());
        };
        if field == schema::AUDIENCE {
            return Ok(phrase(Audience::or_team(Some(value))).to_owned());
        }
        let text = match kind.field(field) {
            Some(spec) => Choices::read(self.replica, kind)?.label(spec, value),
            None => value.to_owned(),
        };
        Ok(if text.is_empty() {
            "nothing".to_owned()
        } else {
            text
        })
    }
}
