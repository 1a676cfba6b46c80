//! Insights: things heard or learnt, on their tellers' terms.

use askama::Template;
use weft_shared::model::{insight::Attribution, schema::RecordKind};

use super::{
    Answered, Reply, Visit, audience_phrase, done,
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

impl Visit<'_> {
    pub(super) fn insights(&mut self, asked: &Sent) -> Answered {
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
