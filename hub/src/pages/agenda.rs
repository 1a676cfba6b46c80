//! `/agenda`: what waits for the national team, and what was put to all locations with the answer
//! of each; one item in full; and requests.

pub(super) mod requests;
pub(super) mod write;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::{
    extract::{Path, Query},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_shared::{
    id::LocationCode,
    model::{
        answer::{Answer, AnswerKey},
        item::ItemState,
    },
    period::{Date, day_words},
    text::counted,
};

use self::requests::Line;
use super::{
    Web,
    asked::Asked,
    csv,
    form::FieldForm,
    frame::{Frame, PageFailure, PageLink, html},
    indicators::pages_of,
    words::{Pages, place_page, shortened},
};
use crate::{
    access::visitor::Visitor,
    app::{
        AGENDA_ROWS, ANSWER_ROWS, AnswerView, AppError, Counted, ItemView, OfLocations,
        RequestView, Unrecorded,
    },
};

#[derive(Template)]
#[template(path = "agenda.html")]
struct ListPage {
    frame: Frame,
    lede: String,
    may_write: bool,
    waits: Vec<Line>,
    /// The drafts, each with the page on which it is changed.
    drafts: Vec<(String, Option<String>)>,
    items: Vec<Shown>,
    pages: Pages,
    digest: String,
}

#[derive(Template)]
#[template(path = "agenda-item.html")]
struct OnePage {
    frame: Frame,
    item: Shown,
    text: Option<String>,
    link: Option<String>,
    facts: Vec<(&'static str, String)>,
    may_write: bool,
    may_close: bool,
    form: FieldForm,
}

/// An item as pages show it.
#[derive(Clone, Debug)]
struct Shown {
    page: String,
    title: String,
    /// Its type, its state and its days.
    meta: String,
    answers: Vec<Answered>,
    /// The locations that have not answered, by name.
    silent: String,
}

/// The words of one location about an item.
#[derive(Clone, Debug)]
struct Answered {
    place: String,
    place_page: String,
    words: String,
    reasons: Vec<String>,
    by: String,
}

/// The names of locations as lists show them.
pub(super) type Places = BTreeMap<LocationCode, String>;

/// The names of the network's locations as lists show them.
pub(super) fn places(at: &Counted<'_>) -> Places {
    let mut places = at.places();
    shortened(places.values_mut().map(|place| &mut place.name));
    let named = places.into_iter().map(|(code, place)| (code, place.name));
    named.collect()
}

/// The name of a location; its code if the network no longer has it.
pub(super) fn place_of(places: &Places, code: &LocationCode) -> String {
    places
        .get(code)
        .cloned()
        .unwrap_or_else(|| code.to_string())
}

impl Answered {
    fn of(view: &AnswerView, places: &Places) -> Self {
        let by: BTreeSet<&str> = view.answers.iter().map(|one| one.by.as_str()).collect();
        Self {
            place: place_of(places, &view.location),
            place_page: place_page(view.location.as_str()),
            words: words(view),
            reasons: view
                .answers
                .iter()
                .filter_map(|one| one.reason.clone())
                .collect(),
            by: by.into_iter().collect::<Vec<_>>().join("; "),
        }
    }
}

/// A location's answer in words.
fn words(view: &AnswerView) -> String {
    match view.answers.as_slice() {
        [] => view.words(),
        [only] if only.is_to(Some(&view.wording)) => only.stance.label().to_owned(),
        [only] => format!(
            "no answer yet; to an earlier wording: {}",
            only.stance.label()
        ),
        several => {
            let labels: Vec<&str> = several.iter().map(|one| one.stance.label()).collect();
            format!(
                "{} different answers, which it has not settled: {}",
                several.len(),
                labels.join("; ")
            )
        }
    }
}

impl Shown {
    fn of(view: &ItemView, answers: &[AnswerView], places: &Places) -> Self {
        let item = &view.item;
        let said = |one: &&AnswerView| !one.answers.is_empty();
        let silent = answers.iter().filter(|one| !said(one));
        let silent: Vec<String> = silent.map(|one| place_of(places, &one.location)).collect();
        Self {
            page: format!("/agenda/{}", item.id),
            title: item.title.clone(),
            meta: meta(view),
            answers: answers
                .iter()
                .filter(said)
                .map(|one| Answered::of(one, places))
                .collect(),
            silent: silent.join(", "),
        }
    }
}

fn meta(view: &ItemView) -> String {
    let item = &view.item;
    let mut parts = vec![item.kind.label().to_owned(), view.word().to_owned()];
    let day = |words: &str, day: Option<Date>| Some(format!("{words} {}", day_words(day?)));
    if view.state == Some(ItemState::Open) {
        parts.extend(day("answers are hoped for by", item.answer_by));
        parts.extend(day("open until", item.closes));
    }
    if !item.outcomes.is_empty() {
        let codes: Vec<String> = item.outcomes.iter().map(ToString::to_string).collect();
        parts.push(format!("for {}", codes.join(", ")));
    }
    parts.extend(item.closed.as_ref().map(|why| format!("closed: {why}")));
    parts.join(" · ")
}

/// The part of the page that is of locations.
struct Seen {
    items: Vec<(ItemView, Vec<AnswerView>)>,
    requests: Vec<RequestView>,
}

impl OfLocations for Seen {
    fn locations(&self) -> BTreeSet<LocationCode> {
        let answers = self
            .items
            .iter()
            .flat_map(|(_, answers)| answers.locations());
        answers.chain(self.requests.locations()).collect()
    }
}

impl Seen {
    /// Reads a page of the items, the open ones first, and the requests that wait.
    fn read(at: &Counted<'_>, page: usize) -> Result<(Unrecorded<Self>, Pages, usize), AppError> {
        let mut views = at.items()?;
        let all = views.len();
        views.reverse();
        views.sort_by_key(|view| view.state != Some(ItemState::Open));
        let (views, pages) = pages_of(&views, page, ("/agenda", "page"), ITEMS_MAX);
        let mut items = Vec::new();
        for view in views {
            let answers = at.answers(&view)?.unshown();
            items.push((view, answers));
        }
        let mut requests = at.requests()?.unshown();
        requests.retain(|one| one.answered.is_none());
        requests.sort_by_key(|one| !one.is_late);
        let seen = Self { items, requests };
        Ok((Unrecorded::new(seen), pages, all))
    }
}

/// Whether the visitor may write for the national team: it needs somebody who signed in.
pub(super) fn may_write(web: &Web) -> bool {
    matches!(web.visitor, Visitor::Signed(_))
}

pub(super) async fn page(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let frame = Frame::national(&web, "/agenda");
    let page = asked.get("page").and_then(|text| text.parse().ok());
    let drafts = web.app.draft_items().await?;
    let drafted = web.app.draft_answers().await?;
    let found = web.app.counted(move |at| {
        let (seen, pages, all) = Seen::read(at, page.unwrap_or(1))?;
        let about = (pages, all, places(at), at.agenda_digest());
        Ok(seen.map(|seen| (seen, about)))
    });
    let reading = web.reading("/agenda");
    let found = found.await?;
    let (seen, (pages, all, places, digest)) = web.app.shown(reading, found).await?;
    let may_write = may_write(&web);
    let page = ListPage {
        lede: lede(&seen, all),
        waits: seen
            .requests
            .iter()
            .map(|one| Line::of(one, &places, &drafted, may_write))
            .collect(),
        drafts: draft_lines(&drafts, &drafted, &places, may_write),
        items: seen
            .items
            .iter()
            .map(|(view, answers)| Shown::of(view, answers, &places))
            .collect(),
        may_write,
        pages,
        digest,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn lede(seen: &Seen, all: usize) -> String {
    let waits = waits_words(&seen.requests);
    let items = counted(all, "item", "items");
    format!("{waits} The agenda has {items}, and every word of it goes to all locations.")
}

/// Says which requests wait for the national team's answer, and for which it asked for more time.
pub(super) fn waits_words(requests: &[RequestView]) -> String {
    let (asked, waiting): (Vec<_>, Vec<_>) = requests.iter().partition(|one| one.needs_time());
    let late = waiting.iter().filter(|one| one.is_late).count();
    let waits = match (waiting.len(), late) {
        (0, _) => "No location’s request waits for our answer.".to_owned(),
        (waiting, 0) => format!(
            "{} for our answer, none of them late.",
            counted(
                waiting,
                "location’s request waits",
                "requests of locations wait"
            )
        ),
        (waiting, late) => format!(
            "{} for our answer; {late} of them {} late.",
            counted(
                waiting,
                "location’s request waits",
                "requests of locations wait"
            ),
            if late == 1 { "is" } else { "are" }
        ),
    };
    let more_time = match asked.len() {
        0 => String::new(),
        n => {
            let late = match asked.iter().filter(|one| one.is_late).count() {
                0 => String::new(),
                1 => "; 1 of them is late".to_owned(),
                late => format!("; {late} of them are late"),
            };
            format!(" Of {n} more we said that we need more time{late}.")
        }
    };
    format!("{waits}{more_time}")
}

/// The drafts in words, each with the page on which it is changed.
fn draft_lines(
    items: &[ItemView],
    answers: &[(AnswerKey, Answer)],
    places: &Places,
    may_write: bool,
) -> Vec<(String, Option<String>)> {
    let items = items.iter().map(|view| {
        let words = format!("{}: {}", view.item.kind.label(), view.item.title);
        let page = format!("/agenda/{}/edit", view.item.id);
        (words, may_write.then_some(page))
    });
    let answers = answers.iter().filter_map(|(key, answer)| {
        let AnswerKey::Request(location, id) = key else {
            return None;
        };
        let place = place_of(places, location);
        let words = format!("answer to a request of {place}: {}", answer.stance.label());
        let page = format!("/requests/{location}/{id}");
        Some((words, may_write.then_some(page)))
    });
    items.chain(answers).collect()
}

pub(super) async fn one(web: Web, Path(id): Path<String>) -> Result<Response, PageFailure> {
    show(&web, id, FieldForm::default()).await
}

/// Shows one item; `form` is that with which it is closed, if it was sent.
pub(super) async fn show(web: &Web, id: String, sent: FieldForm) -> Result<Response, PageFailure> {
    let frame = Frame::national(web, "/agenda");
    let reading = web.reading(&format!("/agenda/{id}"));
    let found = web.app.counted(move |at| {
        let Ok(view) = at.item(&id) else {
            return Ok(None);
        };
        let about = (view.clone(), places(at), at.items()?, at.outcomes());
        Ok(Some(at.answers(&view)?.map(|answers| (answers, about))))
    });
    let Some(found) = found.await? else {
        return nothing(frame);
    };
    let (answers, (view, places, items, outcomes)) = web.app.shown(reading, found).await?;
    let is_open = view.state == Some(ItemState::Open);
    let may_write = may_write(web);
    let item = &view.item;
    let name = |code: &str| {
        let known = outcomes.iter().find(|one| one.code.as_str() == code);
        known.map_or_else(|| code.to_owned(), |one| format!("{} ({code})", one.name))
    };
    let title = |id| {
        let known = items.iter().find(|one| one.item.id == id);
        known.map_or_else(
            || "an item that is gone".to_owned(),
            |one| one.item.title.clone(),
        )
    };
    let named: Vec<String> = (item.outcomes.iter())
        .map(|one| name(&one.to_string()))
        .collect();
    let later = items.iter().find(|one| one.item.replaces == Some(item.id));
    let facts = [
        ("For", named.join("; ")),
        ("Replaces", item.replaces.map_or_else(String::new, title)),
        (
            "Replaced by",
            later.map_or_else(String::new, |one| one.item.title.clone()),
        ),
        ("Closed, because", item.closed.clone().unwrap_or_default()),
    ];
    let problems = !sent.problems.is_empty();
    let page = OnePage {
        text: item.text.clone(),
        link: item.link.clone(),
        facts: facts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .collect(),
        form: match problems {
            true => sent,
            false => write::closing(&Default::default()),
        },
        may_write: may_write && is_open,
        may_close: may_write && is_open,
        item: Shown {
            answers: answers
                .iter()
                .map(|one| Answered::of(one, &places))
                .collect(),
            ..Shown::of(&view, &answers, &places)
        },
        frame,
    };
    let status = match problems {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    html(status, &page)
}

/// Says that there is no such item.
pub(super) fn nothing(frame: Frame) -> Result<Response, PageFailure> {
    frame.message(
        StatusCode::NOT_FOUND,
        "There is no such item",
        "No item of the agenda that was published has this address.",
        vec![PageLink::new("/agenda", "The agenda")],
    )
}

pub(super) async fn items_csv(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let items = web.app.counted(|at| at.items()).await?;
    Ok(csv::list("agenda", &AGENDA_ROWS, &items, &headers))
}

pub(super) async fn answers_csv(web: Web, headers: HeaderMap) -> Result<Response, PageFailure> {
    let found = web.app.counted(|at| at.answer_rows()).await?;
    let rows = web.app.shown(web.reading("/answers.csv"), found).await?;
    Ok(csv::list("answers", &ANSWER_ROWS, &rows, &headers))
}

/// Items on one page.
const ITEMS_MAX: usize = 20;
