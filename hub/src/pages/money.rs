//! `/money`: whose money it is, for what, and what ends when. `/money/{id}`: one investment, with
//! its lines and everybody who states it.

mod one;
pub(super) mod write;

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::Query,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_shared::{
    alignment::money::{
        Column, Contribution, Cut, Measure, Owner, Pot, Problem, Purse, Range, Row,
    },
    id::{LocationCode, RecordId},
    model::{
        investment::{Investment, InvestmentStatus},
        number::Number,
        outcome::joined,
        places::Places,
        spelling::folded_name,
    },
    period::{Date, Period, day_words},
    text::{capital, counted, percent_unbroken},
};

use self::one::address_of;
pub(super) use self::one::page as one;
use super::{
    Web,
    agenda::may_write,
    asked::Asked,
    csv,
    frame::{Frame, PageFailure, html},
    indicators::pages_of,
    search::{Search, address},
    words::Pages,
};
use crate::app::{Aligned, AppError, Counted, MONEY, MoneyFinding, OfLocations, Unrecorded};

/// Investments on one page.
const ROWS_MAX: usize = 60;
/// Things to look at that the page lists; the command lists all.
const FINDINGS_MAX: usize = 12;
/// Investments with too large parts that the page names beside the sums.
const EXCESS_MAX: usize = 3;
/// Lines of periods that only touch the one asked for, which the page names beside the sums.
const PARTLY_MAX: usize = 3;
/// Investments that end, which the page lists.
const ENDING_MAX: usize = 24;

#[derive(Template)]
#[template(path = "money.html")]
struct Page {
    frame: Frame,
    lede: String,
    asked: String,
    /// The period, as it is typed and in words.
    period: (String, String),
    wrong: Option<String>,
    purses: Vec<PurseShown>,
    /// The day from which a year is counted, and the investments that end in it.
    today: String,
    ending: Vec<Shown>,
    more_ending: usize,
    findings: Vec<MoneyFinding>,
    more_findings: usize,
    rows: Vec<Shown>,
    pages: Pages,
    csv: String,
    may_write: bool,
    /// The years for which money is stated, and the page of the last, if none counts here.
    elsewhere: Option<(String, String)>,
}

/// The sums of one kind and currency.
pub(super) struct PurseShown {
    pub(super) name: String,
    pub(super) sums: Vec<SumShown>,
    pub(super) notes: Vec<String>,
}

/// One measure, by location or by outcome: the three parts are the total.
pub(super) struct SumShown {
    pub(super) what: String,
    pub(super) one: String,
    pub(super) several: String,
    pub(super) not_stated: String,
    pub(super) total: String,
    /// The part of the total that is for one.
    part: String,
}

/// An investment as a row.
#[derive(Clone)]
struct Shown {
    page: String,
    title: String,
    part_of: Option<String>,
    owner: String,
    funder: String,
    recipient: String,
    amount: String,
    from: String,
    to: String,
    places: String,
    outcomes: String,
    status: String,
}

/// Investments as a page shows them, and the locations that state some of them.
pub(super) struct Seen<T> {
    pub(super) locations: BTreeSet<LocationCode>,
    pub(super) shown: T,
}

impl<T> OfLocations for Seen<T> {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.locations.clone()
    }
}

/// The period that is asked for, or else the fiscal year of a day; and why it is not another one.
fn period_of(asked: Option<&String>, today: Date) -> (Period, Option<String>) {
    let now = Period::fiscal_year(today);
    let asked = asked
        .map(|text| text.trim())
        .filter(|text| !text.is_empty());
    match asked.map(|text| text.to_ascii_uppercase().parse::<Period>()) {
        None => (now, None),
        Some(Ok(period)) => (period, None),
        Some(Err(error)) => (now, Some(error.to_string())),
    }
}

pub(super) async fn page(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web, "/money");
    let may_write = may_write(&web);
    let found = web
        .app
        .counted(move |at| read(at, &asked, (frame, may_write)));
    let found = found.await?;
    let seen = web.app.shown(web.reading("/money"), found).await?;
    let status = match seen.shown.wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    html(status, &seen.shown)
}

fn read(
    at: &Counted<'_>,
    asked: &Asked,
    (frame, may_write): (Frame, bool),
) -> Result<Unrecorded<Seen<Page>>, AppError> {
    let aligned = at.aligned()?;
    let (period, wrong) = period_of(asked.get("period"), aligned.today);
    let search = Search::of(asked.get("q"));
    let page = asked
        .get("page")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let all = by_title(&aligned);
    let fitting = all.iter().filter(|(_, one)| fits(one, &search));
    let fitting: Vec<(&Owner, &Investment)> = fitting.copied().collect();
    let typed = period.to_string();
    let base = address("/money", &[("period", &typed), ("q", search.typed())]);
    let (shown, pages) = pages_of(&fitting, page, (&base, "page"), ROWS_MAX);
    let ending = ending(&once(&aligned, &all), aligned.today);
    let findings = at.check_money()?.unshown();
    let mut locations = findings.locations();
    let stated = shown.iter().chain(ending.iter().take(ENDING_MAX));
    locations.extend(stated.filter_map(|(owner, _)| owner.location().cloned()));
    let money = aligned.books().count(period, &aligned.locations);
    let lines = aligned.books().contributions(period);
    let partly_shown = lines.iter().filter(|one| one.is_partly);
    locations.extend(partly_shown.filter_map(|one| one.owner.location().cloned()));
    let elsewhere = stated_years(&aligned).filter(|_| money.pots.is_empty());
    let page = Page {
        elsewhere: elsewhere.map(|(first, last)| {
            let last = last.to_string();
            (
                format!("{first} to {last}"),
                address("/money", &[("period", &last)]),
            )
        }),
        lede: lede(&all),
        asked: search.typed().to_owned(),
        period: (typed.clone(), capital(&period.words())),
        wrong,
        purses: money
            .pots
            .iter()
            .map(|(purse, pot)| {
                let mut shown = purse_shown(purse, pot);
                shown.notes.extend(excess(&aligned, purse));
                shown.notes.extend(partly(&aligned, &lines, purse));
                shown
            })
            .collect(),
        today: day_words(aligned.today),
        more_ending: ending.len().saturating_sub(ENDING_MAX),
        ending: ending
            .iter()
            .take(ENDING_MAX)
            .map(|one| row(&aligned, *one))
            .collect(),
        more_findings: findings.0.len().saturating_sub(FINDINGS_MAX),
        findings: findings.0.into_iter().take(FINDINGS_MAX).collect(),
        rows: shown.into_iter().map(|one| row(&aligned, one)).collect(),
        pages,
        csv: address("/money.csv", &[("period", &typed)]),
        may_write,
        frame,
    };
    Ok(Unrecorded::new(Seen {
        locations,
        shown: page,
    }))
}

/// The investments of a kind and currency whose parts are more than they are, in words.
fn excess(aligned: &Aligned, of: &Purse) -> Vec<String> {
    let problems = aligned.books().problems();
    let parts = problems.filter_map(|problem| match problem {
        Problem::PartsExceed(key, by, _) => Some((aligned.recorded.investments.get(key)?, by)),
        _ => None,
    });
    let parts = parts.filter(|(one, _)| one.kind == of.kind && one.currency == of.currency);
    let words = parts.map(|(one, by)| {
        format!(
            "The parts of “{}” are {} more than it is, and all of them count.",
            one.title,
            by.grouped()
        )
    });
    words.take(EXCESS_MAX).collect()
}

/// The lines of a kind and currency whose period only touches the one asked for, in words.
fn partly(aligned: &Aligned, lines: &[Contribution], of: &Purse) -> Vec<String> {
    let partly = lines.iter().filter(|one| one.is_partly && one.purse == *of);
    let words = partly.filter_map(|one| {
        let key = one.line.as_ref()?;
        let stated = &aligned.recorded.investments;
        let investment = stated.get(&(one.owner.clone(), one.id))?;
        Some(format!(
            "“{}”: what is {} in {} is in no sum here.",
            investment.title,
            key.what,
            key.period.words()
        ))
    });
    words.take(PARTLY_MAX).collect()
}

/// The fiscal years from the first day of money to its last; none without any amount.
pub(super) fn stated_years(aligned: &Aligned) -> Option<(Period, Period)> {
    let all = aligned.recorded.investments.values();
    let stated = all.filter(|one| one.amount.is_some());
    let first = stated.clone().map(|one| one.from).min()?;
    let last = stated.map(|one| one.to).max()?;
    Some((Period::fiscal_year(first), Period::fiscal_year(last)))
}

fn lede(all: &[(&Owner, &Investment)]) -> String {
    match all.len() {
        0 => "No team has stated an investment yet. The national team adds one here, or many with \
              weft-hub investment import, and a location on its own page."
            .to_owned(),
        count => format!(
            "{} of the national team and the locations, in the order of titles. A contract that \
             several teams state counts once, and parts are taken off their whole.",
            counted(
                count,
                "statement of an investment",
                "statements of investments"
            )
        ),
    }
}

/// All investments in the order of their titles, those of the national team before the same of a
/// location.
pub(super) fn by_title(aligned: &Aligned) -> Vec<(&Owner, &Investment)> {
    let all = aligned.recorded.investments.iter();
    let mut all: Vec<(&Owner, &Investment)> = all.map(|((owner, _), one)| (owner, one)).collect();
    all.sort_by_cached_key(|(owner, one)| (folded_name(&one.title), (*owner).clone(), one.id));
    all
}

fn fits(one: &Investment, search: &Search) -> bool {
    let texts = [Some(&one.title), Some(&one.funder.0)];
    let more = [one.recipient.0.as_ref(), one.identifier.as_ref()];
    let texts = texts.into_iter().chain(more).flatten();
    search.finds(texts.map(String::as_str))
}

/// Each investment once, as the team states it whose statement counts.
pub(super) fn once<'a>(
    aligned: &Aligned,
    all: &[(&'a Owner, &'a Investment)],
) -> Vec<(&'a Owner, &'a Investment)> {
    let first = aligned.books().first_statements();
    let all = all.iter().copied();
    all.filter(|(owner, one)| first.contains(&((*owner).clone(), one.id)))
        .collect()
}

/// Those in force that end within a year, by their last day and then their title.
pub(super) fn ending<'a>(
    all: &[(&'a Owner, &'a Investment)],
    today: Date,
) -> Vec<(&'a Owner, &'a Investment)> {
    let (next, day) = (today.year() + 1, today.day());
    // The 29th of February has no day a year later.
    let last = Date::new(next, today.month(), day).or_else(|_| Date::new(next, 2, 28));
    let last = last.unwrap_or(today);
    let ending = all.iter().filter(|(_, one)| {
        one.status == InvestmentStatus::Committed && (today..=last).contains(&one.to)
    });
    let mut ending: Vec<_> = ending.copied().collect();
    ending.sort_by_key(|(_, one)| one.to);
    ending
}

/// The name of the whole of a part: the title if that is stated, or else as the part names it.
fn whole(aligned: &Aligned, (owner, one): (&Owner, &Investment)) -> Option<String> {
    let named = one.part_of.clone()?;
    let whole = aligned.books().whole_of(&(owner.clone(), one.id));
    let whole = whole.and_then(|key| aligned.recorded.investments.get(&key));
    Some(whole.map_or(named, |whole| whole.title.clone()))
}

fn row(aligned: &Aligned, (owner, one): (&Owner, &Investment)) -> Shown {
    Shown {
        page: address_of(&(owner.clone(), one.id)),
        title: one.title.clone(),
        part_of: whole(aligned, (owner, one)),
        owner: owner.to_string(),
        funder: one.funder.0.clone(),
        recipient: one.recipient.0.as_ref().map_or_else(
            || "recipient not stated".to_owned(),
            |name| format!("to {name}"),
        ),
        amount: amount(one),
        from: day_words(one.from),
        to: day_words(one.to),
        places: places(&one.places),
        outcomes: outcomes(&joined(&one.outcomes)),
        status: one.status.label().to_owned(),
    }
}

/// An amount with its currency, or why there is none.
pub(super) fn amount(one: &Investment) -> String {
    match one.amount {
        Some(amount) => format!("{} {}", one.currency, amount.grouped()),
        None => one.status.label().to_owned(),
    }
}

pub(super) fn places(places: &Places) -> String {
    match places {
        Places::NotStated => "not stated".to_owned(),
        Places::All => "all locations".to_owned(),
        Places::Of(_) => places.to_string().replace('+', ", "),
    }
}

fn outcomes(joined: &str) -> String {
    match joined {
        "" => "not stated".to_owned(),
        joined => {
            // The id of a record says nothing to a reader.
            let name = |one: &str| match one.parse::<RecordId>() {
                Ok(_) => "an outcome of the location’s own".to_owned(),
                Err(_) => one.to_owned(),
            };
            let names: Vec<String> = joined.split('+').map(name).collect();
            names.join(", ")
        }
    }
}

pub(super) fn purse_shown(purse: &Purse, pot: &Pot) -> PurseShown {
    let what = |measure| match measure {
        Measure::Committed => "Committed in the period",
        Measure::Spent => "Spent in the period",
        Measure::InForce => "In force, not divided by year",
    };
    let measures = Measure::ALL.into_iter();
    let measures = measures.filter(|measure| !pot.total.get(*measure).is_zero());
    let sums = measures.flat_map(|measure| {
        let total = pot.total.get(measure);
        let places = of_cut(&pot.locations, &Column::NotStated, measure);
        let outcomes = of_cut(&pot.outcomes, &Row::NotStated, measure);
        let shown = |cut: &str, of| sum_shown(format!("{}, {cut}", what(measure)), of, total);
        [shown("by location", places), shown("by outcome", outcomes)]
    });
    let sums = sums.collect();
    let mut notes = Vec::new();
    if pot.total.gst.is_mixed() {
        let text =
            "Amounts with and without GST, or of which it is not stated, are added as they are.";
        notes.push(text.to_owned());
    }
    if pot.total.n_partly > 0 {
        notes.push(format!(
            "{} of periods that only touch this one, and in no sum here.",
            counted(pot.total.n_partly, "line is", "lines are")
        ));
    }
    PurseShown {
        name: capital(&format!("{}, {}", purse.kind.label(), purse.currency)),
        sums,
        notes,
    }
}

/// The money of a cut that is for several of its heads, and that for none that is stated.
fn of_cut<K: Ord>(cut: &Cut<K>, not_stated: &K, measure: Measure) -> (Number, Number) {
    let none = cut.of.get(not_stated);
    let none = none.map_or(Number::ZERO, |figures| figures.divided.get(measure).value);
    (cut.shared.get(measure).value, none)
}

fn sum_shown(what: String, (several, not_stated): (Number, Number), total: Range) -> SumShown {
    let one = total.value - several - not_stated;
    let all = Number::from(100);
    let part = one.ratio(total.value, all, 1);
    SumShown {
        what,
        one: one.grouped(),
        several: several.grouped(),
        not_stated: not_stated.grouped(),
        total: range(total),
        part: part
            .map(|part| percent_unbroken(part.shown(1, Some(all))))
            .unwrap_or_default(),
    }
}

/// A sum, with its range if teams differ about it.
fn range(range: Range) -> String {
    match range.is_provisional() {
        false => range.value.grouped(),
        true => format!(
            "{} (provisional: {} to {})",
            range.value.grouped(),
            range.low.grouped(),
            range.high.grouped()
        ),
    }
}

pub(super) async fn file(
    web: Web,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let found = web.app.counted(move |at| {
        let (period, wrong) = period_of(asked.get("period"), at.aligned()?.today);
        match wrong {
            Some(why) => Err(AppError::NoMoment(format!("period: {why}"))),
            None => at.money_lines(Some(period)),
        }
    });
    let reading = web.reading("/money.csv");
    let rows = web.app.shown(reading, found.await?).await?;
    Ok(csv::list("money", &MONEY, &rows.0, &headers))
}
