//! One investment: what it is, its lines, its parts, and what each team says of it.

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::StatusCode,
    response::Response,
};
use weft_shared::{
    alignment::money::{InvestmentKey, LineAmount, Owner},
    id::{LocationCode, RecordId},
    model::{investment::Investment, outcome::joined, places::Places},
    period::day_words,
};

use super::{Seen, Shown, amount, outcomes, places, range, row, whole};
use crate::{
    app::{Aligned, AppError, Counted, OfLocations as _, Unrecorded},
    pages::{
        Web,
        agenda::may_write,
        asked::Asked,
        frame::{Frame, PageFailure, PageLink, html},
        search::address,
    },
};

#[derive(Template)]
#[template(path = "money-one.html")]
struct Page {
    frame: Frame,
    title: String,
    owner: String,
    amount: String,
    facts: Vec<(&'static str, String)>,
    lines: Vec<LineShown>,
    rest: Option<String>,
    /// The statements of other teams of the same investment.
    others: Vec<Shown>,
    parts: Vec<Shown>,
    /// Words about the act before, and about money without a place.
    said: Vec<&'static str>,
    /// The things to look at, in words.
    findings: Vec<String>,
    /// The page on which the national team changes it, if it may, and that for a part of it.
    change: Option<(String, String)>,
}

struct LineShown {
    is_nowhere: bool,
    what: &'static str,
    period: String,
    places: String,
    outcomes: String,
    amount: String,
    /// Its key, and the page on which it is stated again.
    key: (String, String),
}

pub(in crate::pages) async fn page(
    web: Web,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web, "/money");
    let wanted: Option<RecordId> = id.parse().ok();
    let by = asked.get(BY).cloned();
    let is_replaced = asked.get("done").is_some_and(|word| word == REPLACED);
    let path = format!("/money/{id}");
    let for_page = (frame.clone(), may_write(&web), is_replaced);
    let found = web.app.counted(move |at| match wanted {
        Some(id) => read(at, (id, by), for_page),
        None => Ok(nothing()),
    });
    let seen = web.app.shown(web.reading(&path), found.await?).await?;
    match seen.shown {
        Some(page) => html(StatusCode::OK, &page),
        None => frame.message(
            StatusCode::NOT_FOUND,
            "There is no such investment",
            "It may have been taken back, or the address is mistyped.",
            vec![PageLink::new("/money", "Money")],
        ),
    }
}

fn nothing() -> Unrecorded<Seen<Option<Page>>> {
    Unrecorded::new(Seen {
        locations: [].into(),
        shown: None,
    })
}

/// The word in the address after a line that takes the place of another.
pub(super) const REPLACED: &str = "replaced";
const PARTLY_NOWHERE: &str = "Where no location is stated, the money is in no location’s column: \
                              it stands under “not stated”.";

/// The parameter that names the location that states an investment.
const BY: &str = "by";

/// The page of an investment as a team states it.
pub(super) fn address_of((owner, id): &InvestmentKey) -> String {
    let by = owner.location().map_or("", LocationCode::as_str);
    address(&format!("/money/{id}"), &[(BY, by)])
}

/// The investment that an address names. Without a location it is the national team's, or that of
/// the only location with such a record: another one may have copied its id.
fn named(aligned: &Aligned, id: RecordId, by: Option<String>) -> Option<InvestmentKey> {
    let mut stated = aligned.recorded.investments.keys();
    let mut of_id = stated.by_ref().filter(|(_, other)| *other == id);
    match by.filter(|code| !code.is_empty()) {
        Some(code) => {
            let owner = Owner::Location(code.parse().ok()?);
            of_id.find(|(of, _)| *of == owner).cloned()
        }
        None => {
            // The national team sorts first.
            let first = of_id.next()?;
            let is_only = first.0 == Owner::Hub || of_id.next().is_none();
            is_only.then(|| first.clone())
        }
    }
}

fn read(
    at: &Counted<'_>,
    (id, by): (RecordId, Option<String>),
    (frame, may_write, is_replaced): (Frame, bool, bool),
) -> Result<Unrecorded<Seen<Option<Page>>>, AppError> {
    let aligned = at.aligned()?;
    let stated = &aligned.recorded.investments;
    let key = named(&aligned, id, by);
    let Some((key, one)) = key.and_then(|key| stated.get_key_value(&key)) else {
        return Ok(nothing());
    };
    let owner = &key.0;
    let same =
        |other: &Investment| other.identifier.is_some() && other.identifier == one.identifier;
    let others = stated.iter();
    let others = others.filter(|(other, said)| *other != key && same(said));
    let others: Vec<_> = others.map(|((owner, _), said)| (owner, said)).collect();
    let parts = aligned.books().parts_of(key);
    let parts = parts.iter().filter_map(|part| stated.get_key_value(part));
    let parts: Vec<_> = parts.map(|((owner, _), part)| (owner, part)).collect();
    let mut findings = at.check_money()?.unshown();
    findings
        .0
        .retain(|found| found.investments.iter().any(|(other, _)| other == key));
    let mut locations = findings.locations();
    let teams = others
        .iter()
        .chain(&parts)
        .map(|(owner, _)| *owner)
        .chain([owner]);
    locations.extend(teams.filter_map(Owner::location).cloned());
    let lines = lines(&aligned, key);
    let nowhere = one.places == Places::NotStated || lines.iter().any(|line| line.is_nowhere);
    let said = is_replaced
        .then_some("The line takes the place of the one before, which stays in the history.");
    let page = Page {
        said: said
            .into_iter()
            .chain(nowhere.then_some(PARTLY_NOWHERE))
            .collect(),
        title: one.title.clone(),
        owner: owner.to_string(),
        amount: amount(one),
        facts: facts(one, whole(&aligned, (owner, one))),
        lines,
        rest: rest(&aligned, key),
        others: others.into_iter().map(|one| row(&aligned, one)).collect(),
        parts: parts.into_iter().map(|one| row(&aligned, one)).collect(),
        findings: findings.0.into_iter().map(|found| found.words).collect(),
        change: (may_write && *owner == Owner::Hub).then(|| change(one)),
        frame,
    };
    Ok(Unrecorded::new(Seen {
        locations,
        shown: Some(page),
    }))
}

/// The page on which an investment is changed, and that on which a part of it is added.
fn change(one: &Investment) -> (String, String) {
    let name = one.identifier.clone().unwrap_or_else(|| one.id.to_string());
    (
        format!("/money/{}", one.id),
        address("/money/new", &[("part_of", &name)]),
    )
}

fn facts(one: &Investment, whole: Option<String>) -> Vec<(&'static str, String)> {
    let with_id = |(name, id): (Option<&String>, &Option<String>)| {
        let name = name.map_or("Not stated", String::as_str);
        id.as_ref()
            .map_or_else(|| name.to_owned(), |id| format!("{name} ({id})"))
    };
    let mut facts = vec![
        ("Funder", with_id((Some(&one.funder.0), &one.funder.1))),
        (
            "Recipient",
            with_id((one.recipient.0.as_ref(), &one.recipient.1)),
        ),
        ("Kind", one.kind.label().to_owned()),
        ("GST", one.gst.label().to_owned()),
        ("From", day_words(one.from)),
        ("To", day_words(one.to)),
        ("Locations", places(&one.places)),
        ("Outcomes", outcomes(&joined(&one.outcomes))),
        ("Status", one.status.label().to_owned()),
        ("Source", one.source.clone()),
    ];
    let more = [
        ("Awarded", one.awarded.map(day_words)),
        ("Identifier", one.identifier.clone()),
        ("Part of", whole),
        ("Withheld until", one.until.map(day_words)),
        ("Note", one.note.clone()),
    ];
    facts.extend(
        more.into_iter()
            .filter_map(|(name, text)| Some((name, text?))),
    );
    facts
}

fn lines(aligned: &Aligned, key: &InvestmentKey) -> Vec<LineShown> {
    let stated = aligned.books().investment(key);
    let lines = stated.map_or(&[][..], |stated| &stated.lines).iter();
    let amount = |line: &LineAmount| match line.is_contested() {
        false => line.least.grouped(),
        true => format!(
            "{} to {}, not settled",
            line.least.grouped(),
            line.most.grouped()
        ),
    };
    let shown = lines.map(|line| LineShown {
        is_nowhere: line.key.places == Places::NotStated,
        what: line.key.what.label(),
        period: line.key.period.words(),
        places: places(&line.key.places),
        outcomes: outcomes(&joined(&line.key.outcomes)),
        amount: amount(line),
        key: (
            line.key.to_string(),
            address(
                &format!("/money/{}/line", key.1),
                &[("line", &line.key.to_string())],
            ),
        ),
    });
    shown.collect()
}

/// The rest that no line divides; none if there is none, or another team's statement counts.
fn rest(aligned: &Aligned, key: &InvestmentKey) -> Option<String> {
    let rest = aligned.books().rest_of(key)?;
    (!rest.is_zero()).then(|| range(rest))
}
