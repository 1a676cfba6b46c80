//! `/requests`: what locations ask of the national team, the late ones first and named; and the
//! form that answers one.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use weft_shared::{
    id::LocationCode,
    model::{
        answer::{ANSWER, Answer, AnswerKey, Answered, Stance},
        record::Fields,
    },
    period::day_words,
    text::{counted, listed},
};

use super::{Places, may_write, place_of, places, write};
use crate::{
    app::{REQUEST_ROWS, RequestView},
    pages::{
        Web,
        asked::{Asked, moment, with_moment},
        csv,
        form::{self, Choices, FieldForm, Sent},
        frame::{Frame, PageFailure, PageLink, Past, html},
    },
};

#[derive(Template)]
#[template(path = "requests.html")]
struct ListPage {
    frame: Frame,
    lede: String,
    rule: String,
    csv: String,
    may_write: bool,
    groups: Vec<Group>,
}

struct Group {
    heading: &'static str,
    requests: Vec<Line>,
}

/// A request as pages show it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) page: String,
    pub(super) place: String,
    pub(super) what: String,
    pub(super) description: Option<String>,
    pub(super) received: String,
    pub(super) due: String,
    pub(super) is_late: bool,
    /// Whether the hub said that it needs more time, and until when.
    pub(super) more_time: Option<String>,
    /// The hub's answers that were published, each with its reason.
    pub(super) answers: Vec<(String, Option<String>)>,
    pub(super) draft: Option<String>,
}

impl Line {
    pub(super) fn of(
        request: &RequestView,
        places: &Places,
        drafts: &[(AnswerKey, Answer)],
        may_write: bool,
    ) -> Self {
        let key = request.key();
        let draft = drafts.iter().find(|(of, _)| *of == key);
        let answers = request.answers.iter().map(|one| {
            let words = one.stance.label();
            let until = one.until.map(|day| format!(", until {}", day_words(day)));
            let earlier = match one.is_to(Some(&request.wording)) {
                true => "",
                false => " (to an earlier wording, so it counts as none)",
            };
            let words = format!("Our answer: {words}{}{earlier}", until.unwrap_or_default());
            (words, one.reason.clone())
        });
        Self {
            page: match may_write {
                true => page_of(request),
                false => "/requests".to_owned(),
            },
            place: place_of(places, &request.location),
            what: request.what.clone(),
            description: request.description.clone(),
            received: day_words(request.received),
            due: request.due_words(),
            is_late: request.is_late,
            more_time: request.needs_time().then(|| {
                let until = request.answer().and_then(|one| one.until);
                let until = until.map(|day| format!(" until {}", day_words(day)));
                format!("we need more time{}", until.unwrap_or_default())
            }),
            answers: answers.collect(),
            draft: draft.map(|(_, answer)| answer.stance.label().to_owned()),
        }
    }
}

fn page_of(request: &RequestView) -> String {
    format!("/requests/{}/{}", request.location, request.id)
}

pub(in crate::pages) async fn page(
    web: Web,
    Query(asked): Query<Asked>,
) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web, "/agenda");
    let moment = moment(&asked)?;
    let found = web.app.counted(move |now| {
        let at = now.at(moment)?;
        let about = (places(now), now.answer_days().0, Past::of(&at, moment));
        Ok(at.requests()?.map(|requests| (requests, about)))
    });
    let found = found.await?;
    let (requests, (places, days, past)) = web.app.shown(web.reading("/requests"), found).await?;
    // Drafts are of the present, and so is an answer that somebody writes now.
    let may_write = may_write(&web) && past.is_none();
    let drafts = match past {
        None => web.app.draft_answers().await?,
        Some(_) => Vec::new(),
    };
    frame.past = past;
    let group = |heading, wanted: fn(&RequestView) -> bool| Group {
        heading,
        requests: requests
            .iter()
            .filter(|one| wanted(one))
            .map(|one| Line::of(one, &places, &drafts, may_write))
            .collect(),
    };
    let groups = [
        group("Late", |one| one.answered.is_none() && one.is_late),
        group("Waiting for our answer", |one| {
            one.answered.is_none() && !one.is_late && !one.needs_time()
        }),
        group("We need more time", |one| {
            one.answered.is_none() && !one.is_late && one.needs_time()
        }),
        group("Answered", |one| one.answered.is_some()),
    ];
    let page = ListPage {
        csv: with_moment("/requests.csv", moment),
        lede: lede(&requests, &places),
        rule: format!(
            "A request is due on the day that it names, or else {} after the hub received it; 20 \
             December to 15 January do not count. A new wording is a new request, and a day that \
             had passed when the hub received it counts as none. Its title and our answer go to \
             the computers of all locations.",
            counted(u64::from(days), "day", "days")
        ),
        groups: groups
            .into_iter()
            .filter(|group| !group.requests.is_empty())
            .collect(),
        may_write,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn lede(requests: &[RequestView], places: &Places) -> String {
    if requests.is_empty() {
        return "No location has asked the national team for anything yet.".to_owned();
    }
    let late = requests
        .iter()
        .filter(|one| one.answered.is_none() && one.is_late);
    let late: Vec<String> = late
        .map(|one| format!("{}, “{}”", place_of(places, &one.location), one.what))
        .collect();
    let all = counted(requests.len(), "request", "requests");
    match late.as_slice() {
        [] => format!("{all} of locations. None is late."),
        late => format!("{all} of locations. Late: {}.", listed(late, NAMED_MAX)),
    }
}

pub(in crate::pages) async fn file(
    web: Web,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let moment = moment(&asked)?;
    let found = web
        .app
        .counted(move |now| now.at(moment)?.requests())
        .await?;
    let rows = web.app.shown(web.reading("/requests.csv"), found).await?;
    Ok(csv::list("requests", &REQUEST_ROWS, &rows, &headers))
}

pub(in crate::pages) async fn one(
    web: Web,
    Path((location, id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let Some((request, places)) = request(&web, &location, &id).await? else {
        return nothing(&web);
    };
    let drafts = web.app.draft_answers().await?;
    let key = request.key();
    let draft = drafts.into_iter().find(|(of, _)| *of == key);
    let filled = draft.map_or_else(Fields::new, |(_, answer)| fields_of(&answer));
    let form = form_of(&request, &filled);
    show(&web, (&request, &places), form)
}

/// Puts an answer among the drafts.
pub(in crate::pages) async fn answer(
    web: Web,
    Path((location, id)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageFailure> {
    let Some((request, places)) = request(&web, &location, &id).await? else {
        return nothing(&web);
    };
    let fields = form::read(ANSWER, &sent);
    match web
        .app
        .draft_answer(&request, &form::said(fields.clone()))
        .await
    {
        Ok(_) => Ok(write::see("/agenda#drafts")),
        Err(error) => {
            let mut form = form_of(&request, &fields);
            form.refused(&form::mendable(error)?);
            show(&web, (&request, &places), form)
        }
    }
}

/// A request that an address names. To answer is to read, so the reading is recorded.
async fn request(
    web: &Web,
    location: &str,
    id: &str,
) -> Result<Option<(RequestView, Places)>, PageFailure> {
    let (location, id) = (location.parse::<LocationCode>().ok(), id.to_owned());
    let found = web.app.counted(move |at| {
        let requests = at.requests()?.map(|mut all| {
            all.retain(|one| Some(&one.location) == location.as_ref() && one.id.to_string() == id);
            all
        });
        let places = places(at);
        Ok(requests.map(|requests| (requests, places)))
    });
    let found = found.await?;
    let reading = web.reading("/requests");
    let (requests, places) = web.app.shown(reading, found).await?;
    let first = requests.into_iter().next();
    Ok(first.map(|request| (request, places)))
}

fn nothing(web: &Web) -> Result<Response, PageFailure> {
    Frame::national(web, "/agenda").message(
        StatusCode::NOT_FOUND,
        "There is no such request",
        "Its location may have taken it back, or asks somebody else now.",
        vec![PageLink::new("/requests", "All requests")],
    )
}

fn fields_of(answer: &Answer) -> Fields {
    let pairs = [
        ("stance", Some(answer.stance.word().to_owned())),
        ("reason", answer.reason.clone()),
        ("by", Some(answer.by.clone())),
        ("until", answer.until.map(|day| day.to_string())),
    ];
    let said = pairs.into_iter();
    said.filter_map(|(key, text)| Some((key.to_owned(), text?.into())))
        .collect()
}

fn form_of(request: &RequestView, filled: &Fields) -> FieldForm {
    let asked_for_time = request
        .answers
        .iter()
        .any(|one| one.stance == Stance::NeedsTime);
    let stances = Answered::Request { asked_for_time }.stances().iter();
    let stances = stances.filter(|one| !asked_for_time || **one != Stance::NeedsTime);
    let stances = stances.map(|one| (one.word().to_owned(), one.label().to_owned()));
    let choices = Choices::from([("stance", stances.collect())]);
    let mut filled = filled.clone();
    filled
        .entry("by".to_owned())
        .or_insert_with(|| NATIONAL.into());
    // The hub's answers always have a reason.
    FieldForm::of(ANSWER, &filled, &choices).requiring("reason")
}

fn show(
    web: &Web,
    (request, places): (&RequestView, &Places),
    form: FieldForm,
) -> Result<Response, PageFailure> {
    let about = [
        ("Asks", request.what.clone()),
        ("Why", request.description.clone().unwrap_or_default()),
        ("Received", day_words(request.received)),
        ("Due", request.due_words()),
    ];
    let form = write::FormPage {
        frame: Frame::national(web, "/agenda"),
        title: format!("Answer {}", place_of(places, &request.location)),
        lede: "The title of the request, our answer and its reason go to the computers of all \
               locations."
            .to_owned(),
        back: ("/requests", "Requests"),
        about: about
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .collect(),
        action: page_of(request),
        button: "Put the answer in draft",
        form,
    };
    form.answer()
}

/// The role of those who answer, as the form begins.
const NATIONAL: &str = "national team";
/// Late requests that the sentence at the top names.
const NAMED_MAX: usize = 5;
