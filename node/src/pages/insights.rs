//! Insights: things heard or learnt, on their tellers' terms.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
};
use weft_shared::model::{insight::Attribution, schema::RecordKind};

use super::{
    Answered, Asked, Filled, Here, Reply, Visit, audience_phrase, done,
    form::Sent,
    moment::day,
    plan,
    shell::{By, Section, Shell},
};
use crate::{view::RecordRow, words::excerpt};

/// Maximum characters of an insight's words in the list.
const LIST_CHARS_MAX: usize = 400;

#[derive(Template)]
#[template(path = "insights.html")]
struct InsightsPage {
    shell: Shell,
    lines: Vec<Line>,
}

struct Line {
    href: String,
    words: Option<String>,
    withdrawn: bool,
    themes: String,
    details: String,
    audience: &'static str,
    by: By,
}

pub(super) async fn list(State(pages): Here, Query(asked): Asked) -> Answered {
    pages.visit(move |visit| visit.insights(&Sent(asked))).await
}

pub(super) async fn ask(State(pages): Here) -> Answered {
    pages
        .visit(|visit| visit.ask_record(RecordKind::Insight))
        .await
}

pub(super) async fn add(State(pages): Here, Form(sent): Filled) -> Answered {
    pages
        .visit(move |visit| visit.add_record(RecordKind::Insight, &Sent(sent)))
        .await
}

pub(super) async fn show(
    State(pages): Here,
    Path(id): Path<String>,
    Query(asked): Asked,
) -> Answered {
    pages
        .visit(move |visit| visit.show_record(RecordKind::Insight, &id, &Sent(asked)))
        .await
}

pub(super) async fn save(
    State(pages): Here,
    Path(id): Path<String>,
    Form(sent): Filled,
) -> Answered {
    pages
        .visit(move |visit| visit.save_record(RecordKind::Insight, &id, &Sent(sent)))
        .await
}

pub(super) async fn ask_withdraw(State(pages): Here, Path(id): Path<String>) -> Answered {
    pages
        .visit(move |visit| visit.ask_removal(RecordKind::Insight, &id))
        .await
}

pub(super) async fn withdraw(State(pages): Here, Path(id): Path<String>) -> Answered {
    pages
        .visit(move |visit| visit.remove_record(RecordKind::Insight, &id))
        .await
}

impl Visit<'_> {
    fn insights(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::Insights, "Insights")?;
        let rows = self.replica.records(RecordKind::Insight)?;
        // Latest first.
        let lines = rows.iter().rev().map(|row| self.insight(row)).collect();
        let shell = shell.after(done(asked));
        Reply::page(false, &InsightsPage { shell, lines })
    }

    fn insight(&self, row: &RecordRow) -> Line {
        let record = &row.record;
        let heard = record
            .text("heard_on")
            .map(|on| format!("heard on {}", day(on)));
        let setting = record.text("setting").map(str::to_owned);
        let teller = teller(row);
        let details = [teller, setting, heard].into_iter().flatten();
        Line {
            href: plan::href(RecordKind::Insight, &record.id),
            words: row
                .words
                .as_ref()
                .map(|words| excerpt(words, LIST_CHARS_MAX)),
            withdrawn: record.withdrawn,
            themes: record.members("themes").collect::<Vec<_>>().join(", "),
            details: details.collect::<Vec<_>>().join(", "),
            audience: audience_phrase(record.audience),
            by: By::new(&row.written, &self.calendar),
        }
    }
}

/// The teller as they want to be named.
fn teller(row: &RecordRow) -> Option<String> {
    let attribution: Attribution = row.record.text("attribution")?.parse().ok()?;
    match attribution {
        Attribution::None => None,
        Attribution::Named | Attribution::Pseudonym => row.record.text("teller").map(str::to_owned),
    }
}
