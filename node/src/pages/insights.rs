//! Insights: what was heard or learnt, on the terms of the person who said it.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Router;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_host::chart::Mark;
use weft_shared::model::{
    Audience, insight::Attribution, schema::RecordKind, spelling::folded_name,
};

use super::{
    Answered, Fault, Pages, Reply, Visit, audience_phrase, done,
    form::Sent,
    moment::day,
    plan,
    shell::{By, Section, Shell},
    shows, takes,
};
use crate::{view::RecordRow, words::excerpt};

/// Maximum characters of an insight's words in the list.
const LIST_CHARS_MAX: usize = 400;
/// Insights on one page of the list.
const PAGE_LINES_MAX: usize = 30;

/// The pages of insights.
pub(super) fn routes() -> Router<Pages> {
    const KIND: RecordKind = RecordKind::Insight;
    let ask = shows(|visit, (), _| visit.ask_record(KIND));
    let add = takes(|visit, (), sent| visit.add_record(KIND, sent));
    let show = shows(|visit, id: String, asked| visit.show_record(KIND, &id, asked));
    let save = takes(|visit, id: String, sent| visit.save_record(KIND, &id, sent));
    let ask_withdraw = shows(|visit, id: String, _| visit.ask_removal(KIND, &id));
    let withdraw = takes(|visit, id: String, _| visit.remove_record(KIND, &id));
    Router::new()
        .route("/insights", shows(|visit, (), asked| visit.insights(asked)))
        .route("/insights/add", ask.merge(add))
        .route("/insights/{id}", show.merge(save))
        .route("/insights/{id}/withdraw", ask_withdraw.merge(withdraw))
}

#[derive(Template)]
#[template(path = "insights.html")]
struct InsightsPage {
    shell: Shell,
    words: String,
    theme: String,
    indicator: String,
    filtered: bool,
    themes: Vec<Theme>,
    indicators: Vec<Shows>,
    lines: Vec<Line>,
    lock: String,
    page: usize,
    pages: usize,
    newer: Option<String>,
    older: Option<String>,
}

/// A theme with the number of insights that have it.
struct Theme {
    name: String,
    count: usize,
    href: String,
}

/// An indicator that an insight is about, by way of the plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shows {
    name: String,
    code: String,
}

struct Line {
    href: String,
    title: String,
    words: Option<String>,
    withdrawn: bool,
    themes: String,
    indicators: Vec<Shows>,
    details: String,
    audience: &'static str,
    local: bool,
    contested: bool,
    by: By,
}

/// The query of the address.
#[derive(Clone, Default)]
struct Filter {
    words: String,
    theme: String,
    indicator: String,
}

impl Filter {
    fn of(asked: &Sent) -> Self {
        let text = |name: &str| asked.first(name).trim().to_owned();
        Self {
            words: text("q"),
            theme: text("theme"),
            indicator: text("indicator"),
        }
    }

    /// The address of one page of what this lets through.
    fn href(&self, page: usize) -> String {
        let page = page.to_string();
        let pairs = [
            ("q", self.words.as_str()),
            ("theme", &self.theme),
            ("indicator", &self.indicator),
            ("page", if page == "1" { "" } else { &page }),
        ];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let pairs = pairs.map(|(name, value)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        });
        format!("/insights?{}", pairs.collect::<Vec<_>>().join("&"))
    }

    fn is_any(&self) -> bool {
        [&self.words, &self.theme, &self.indicator]
            .iter()
            .any(|text| !text.is_empty())
    }

    fn lets_through(&self, row: &RecordRow, indicators: &[Shows]) -> bool {
        let record = &row.record;
        let themes = || record.members("themes");
        let wanted = folded_name(&self.words);
        let setting = record.text("setting").unwrap_or_default();
        let teller = teller(row);
        let mut texts = [row.words.as_deref().unwrap_or_default(), setting, &teller]
            .into_iter()
            .chain(themes());
        (wanted.is_empty() || texts.any(|text| folded_name(text).contains(&wanted)))
            && (self.theme.is_empty() || themes().any(|one| one == self.theme))
            && (self.indicator.is_empty()
                || indicators.iter().any(|one| one.code == self.indicator))
    }
}

impl Visit<'_> {
    pub(super) fn insights(&mut self, asked: &Sent) -> Answered {
        let shell = self.shell(Section::Insights, "Insights")?;
        let filter = Filter::of(asked);
        let about = self.about()?;
        let of = |row: &RecordRow| -> Vec<Shows> {
            let initiatives = row.record.members("initiatives");
            let all = initiatives
                .filter_map(|id| about.get(id))
                .flatten()
                .cloned();
            all.collect::<BTreeSet<_>>().into_iter().collect()
        };
        let rows = self.replica.records(RecordKind::Insight)?;
        let mut themes: BTreeMap<&str, usize> = BTreeMap::new();
        for theme in rows.iter().flat_map(|row| row.record.members("themes")) {
            *themes.entry(theme).or_default() += 1;
        }
        // The latest comes first.
        let found: Vec<(&RecordRow, Vec<Shows>)> = rows
            .iter()
            .rev()
            .map(|row| (row, of(row)))
            .filter(|(row, indicators)| filter.lets_through(row, indicators))
            .collect();
        let pages = found.len().div_ceil(PAGE_LINES_MAX).max(1);
        let page = asked
            .first("page")
            .parse()
            .unwrap_or(1_usize)
            .clamp(1, pages);
        let shown = found
            .chunks(PAGE_LINES_MAX)
            .nth(page - 1)
            .unwrap_or_default();
        let theme = |(name, count): (&&str, &usize)| Theme {
            name: (*name).to_owned(),
            count: *count,
            href: Filter {
                theme: (*name).to_owned(),
                ..Filter::default()
            }
            .href(1),
        };
        let indicators: BTreeSet<Shows> = rows.iter().flat_map(&of).collect();
        let page = InsightsPage {
            themes: themes.iter().map(theme).collect(),
            indicators: indicators.into_iter().collect(),
            lines: shown
                .iter()
                .map(|(row, indicators)| self.insight(row, indicators.clone()))
                .collect(),
            lock: Mark::Lock.svg(),
            newer: (page > 1).then(|| filter.href(page - 1)),
            older: (page < pages).then(|| filter.href(page + 1)),
            page,
            pages,
            filtered: filter.is_any(),
            words: filter.words,
            theme: filter.theme,
            indicator: filter.indicator,
            shell: shell.after(done(asked)),
        };
        Reply::page(false, &page)
    }

    /// Returns the indicators that each initiative's outcomes name, by the initiative's id.
    fn about(&mut self) -> Result<BTreeMap<String, Vec<Shows>>, Fault> {
        let rows = self.replica.indicators()?;
        let shows = |code: &str| {
            let code = code.to_uppercase();
            let row = rows
                .iter()
                .find(|row| row.definition.code.as_str() == code)?;
            Some(Shows {
                name: row.definition.name.clone(),
                code,
            })
        };
        let outcomes = self.replica.records(RecordKind::Outcome)?;
        let of_outcome: BTreeMap<String, Vec<Shows>> = outcomes
            .iter()
            .map(|row| {
                let codes = row.record.members("indicators");
                (row.record.id.to_string(), codes.filter_map(shows).collect())
            })
            .collect();
        let initiatives = self.replica.records(RecordKind::Initiative)?;
        let of_initiative = initiatives.iter().map(|row| {
            let outcomes = row.record.members("outcomes");
            let all = outcomes
                .filter_map(|id| of_outcome.get(id))
                .flatten()
                .cloned();
            (row.record.id.to_string(), all.collect())
        });
        Ok(of_initiative.collect())
    }

    fn insight(&self, row: &RecordRow, indicators: Vec<Shows>) -> Line {
        let record = &row.record;
        let heard = record
            .text("heard_on")
            .map(|on| format!("heard {}", day(on)));
        let setting = record.text("setting").map(str::to_owned);
        let details = [Some(teller(row)), setting, heard].into_iter().flatten();
        Line {
            href: plan::href(RecordKind::Insight, &record.id),
            title: row.title(),
            words: row
                .words
                .as_ref()
                .map(|words| excerpt(words, LIST_CHARS_MAX)),
            withdrawn: record.withdrawn,
            themes: record.members("themes").collect::<Vec<_>>().join(", "),
            indicators,
            details: details.collect::<Vec<_>>().join(" · "),
            audience: audience_phrase(record.audience),
            local: record.audience == Audience::Team,
            contested: record.contested().next().is_some(),
            by: By::new(&row.written, &self.calendar),
        }
    }
}

/// Returns the name of the person who said it, as they want to be named.
fn teller(row: &RecordRow) -> String {
    let attribution = row
        .record
        .text("attribution")
        .and_then(|text| text.parse().ok());
    let named = match attribution {
        Some(Attribution::Named | Attribution::Pseudonym) => row.record.text("teller"),
        Some(Attribution::None) | None => None,
    };
    named.unwrap_or("no one named").to_owned()
}
