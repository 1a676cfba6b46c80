//! Our learning reviews: what moved, the story behind it, what works and what was decided.

use std::cmp::Reverse;

use askama::Template;
use weft_shared::{
    id::IndicatorCode,
    model::{record::Record, schema::RecordKind},
    period::Period,
};

use super::{
    Answered, Fault, Reply, Visit, done,
    form::Sent,
    moment::day,
    plan,
    shell::{Section, Shell},
};
use crate::{curve, view::RecordRow};

#[derive(Template)]
#[template(path = "reviews.html")]
struct ReviewsPage {
    shell: Shell,
    add: String,
    reviews: Vec<ReviewView>,
    /// Those of the national team.
    of_network: Vec<ReviewView>,
}

struct ReviewView {
    /// The page of one of ours.
    href: Option<String>,
    question: String,
    meta: String,
    local: bool,
    contested: bool,
    curve: Option<Curve>,
    /// Headings with their words.
    parts: Vec<(&'static str, String)>,
    next: Option<String>,
}

/// The curve that a review is about.
struct Curve {
    href: String,
    name: String,
    words: String,
    strip: String,
}

impl Visit<'_> {
    pub(super) fn reviews(&mut self, asked: &Sent) -> Answered {
        let mut rows = self.replica.records(RecordKind::Review)?;
        let held = |row: &RecordRow| row.record.text("on").unwrap_or_default().to_owned();
        rows.sort_by_cached_key(|row| Reverse((held(row), row.record.id)));
        let mut reviews = Vec::with_capacity(rows.len());
        for row in &rows {
            let review = self.review(&row.record)?;
            reviews.push(ReviewView {
                href: Some(plan::href(RecordKind::Review, &row.record.id)),
                local: row.is_sealed(),
                ..review
            });
        }
        let mut of_network = Vec::new();
        for record in self.replica.network_reviews()? {
            of_network.push(self.review(&record)?);
        }
        let shell = self.shell(Section::Reviews, "Learning reviews")?;
        let page = ReviewsPage {
            shell: shell.after(done(asked)),
            add: plan::add_href(RecordKind::Review),
            reviews,
            of_network,
        };
        Reply::page(false, &page)
    }

    fn review(&mut self, record: &Record) -> Result<ReviewView, Fault> {
        let text = |key: &str| record.text(key).filter(|text| !text.is_empty());
        let period = text("period").map(|text| {
            let period = text.parse::<Period>();
            period.map_or_else(|_| text.to_owned(), Period::words)
        });
        let took_part: Vec<&str> = record.members("took_part").collect();
        let meta = [
            text("on").map(|on| format!("held on {}", day(on))),
            period.map(|period| format!("looked back on {period}")),
            (!took_part.is_empty()).then(|| format!("took part: {}", took_part.join(", "))),
        ];
        let parts = [
            ("What moved, and the story", "story"),
            ("What works", "works"),
            ("Decided", "decided"),
        ];
        let parts = parts.into_iter();
        let parts = parts.filter_map(|(head, key)| Some((head, text(key)?.to_owned())));
        Ok(ReviewView {
            href: None,
            question: record.title(),
            meta: meta.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            local: false,
            contested: record.contested().next().is_some(),
            parts: parts.collect(),
            next: text("next").map(day),
            curve: self.curve_of(record)?,
        })
    }

    /// The curve of the indicator that a review is about, if it has one here.
    fn curve_of(&mut self, record: &Record) -> Result<Option<Curve>, Fault> {
        let code = record.text("indicator").and_then(|code| code.parse().ok());
        let Some(code): Option<IndicatorCode> = code.filter(|_| !self.replica.is_alone()) else {
            return Ok(None);
        };
        let Some(row) = self.replica.indicator(&code)? else {
            return Ok(None);
        };
        let now = self.calendar.now();
        let values = self.replica.observations(|key| key.indicator == code)?;
        let targets = self.replica.targets(Some(&code), now)?;
        let figures = self.replica.figures(&row, &values, now)?;
        let brief = curve::brief(&row, &figures, &targets, self.calendar.today());
        Ok(brief.map(|brief| Curve {
            href: format!("/indicators/{code}"),
            name: row.definition.name.clone(),
            words: brief.words,
            strip: brief.strip,
        }))
    }
}
