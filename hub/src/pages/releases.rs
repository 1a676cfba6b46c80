//! `/releases`: where the national team proposes, checks, publishes and withdraws releases. The
//! acts are those of `weft-hub release`.

mod parts;

use std::{collections::BTreeSet, time::Duration};

use askama::Template;
use axum::{
    Form,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use weft_shared::{
    model::release::{REASON_BYTES_MAX, REASON_CHARS_MIN, ReleaseId, ReleaseState},
    period::day_words,
    text::{counted, sentence},
    time::Zone,
};

use self::parts::{Part, parts};
use super::{
    Web,
    frame::{Frame, PageFailure, PageLink, html},
};
use crate::{
    access::visitor::Signed,
    app::Snapshot,
    release::{Checked, NewRelease, OPERATOR, ReleaseError, ReleaseView},
};

/// The fields of a form as they were sent.
type Fields = Vec<(String, String)>;

/// The id of a field or heading, and what is wrong there.
type Problem = (&'static str, String);

#[derive(Template)]
#[template(path = "releases.html")]
struct ListPage {
    frame: Frame,
    /// Each problem with the field that it is about.
    problems: Vec<Problem>,
    groups: Vec<Group>,
    indicators: Vec<Choice>,
    asked: Asked,
}

/// Releases of one state.
struct Group {
    heading: &'static str,
    lines: Vec<Line>,
}

/// A release in a list.
struct Line {
    id: String,
    title: String,
    words: String,
}

/// An indicator that may be chosen.
struct Choice {
    code: String,
    name: String,
    is_chosen: bool,
}

/// The form of a proposal as somebody filled it in.
#[derive(Clone, Debug)]
struct Asked {
    dataset: String,
    title: String,
    indicators: Vec<String>,
    period: String,
    notice_days: String,
    supersedes: String,
    open: bool,
}

impl Asked {
    fn of(fields: &Fields) -> Self {
        let one = |wanted: &str| {
            let found = fields.iter().find(|(name, _)| name == wanted);
            found.map_or_else(String::new, |(_, value)| value.trim().to_owned())
        };
        let chosen = fields.iter().filter(|(name, _)| name == "indicator");
        Self {
            dataset: one("dataset"),
            title: one("title"),
            indicators: chosen.map(|(_, value)| value.clone()).collect(),
            period: one("period"),
            notice_days: one("notice_days"),
            supersedes: one("supersedes"),
            open: !one("open").is_empty(),
        }
    }

    /// The proposal, or all that cannot be read of it.
    fn parse(&self) -> Result<NewRelease, Vec<Problem>> {
        let mut wrong: Vec<Problem> = Vec::new();
        let mut note = |field, error: &dyn std::fmt::Display| {
            wrong.push((field, sentence(&error.to_string())));
        };
        let dataset = self.dataset.parse();
        let dataset = dataset.map_err(|error| note("dataset", &error)).ok();
        let mut indicators = BTreeSet::new();
        for code in &self.indicators {
            match code.parse() {
                Ok(code) => {
                    indicators.insert(code);
                }
                Err(error) => note("indicators", &error),
            }
        }
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let periods = given(&self.period).map(|text| text.parse());
        let periods = periods.transpose().map_err(|error| note("period", &error));
        let days = self.notice_days.parse::<u16>();
        let form = "the days of notice are a whole number from 0 to 90";
        let days = days.map_err(|_| note("notice_days", &form));
        let supersedes = given(&self.supersedes).map(|text| text.parse());
        let supersedes = supersedes.transpose();
        let supersedes = supersedes.map_err(|error| note("supersedes", &error));
        match (dataset, periods, supersedes, days) {
            (Some(dataset), Ok(periods), Ok(supersedes), Ok(notice_days)) if wrong.is_empty() => {
                Ok(NewRelease {
                    dataset,
                    title: given(&self.title),
                    indicators,
                    periods,
                    notice_days,
                    open: self.open,
                    supersedes,
                })
            }
            _ => Err(wrong),
        }
    }
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            notice_days: "14".to_owned(),
            ..Self::of(&Vec::new())
        }
    }
}

pub(super) async fn list(web: Web) -> Result<Response, PageFailure> {
    show_list(&web, Asked::default(), Vec::new()).await
}

pub(super) async fn propose(web: Web, Form(fields): Form<Fields>) -> Result<Response, PageFailure> {
    let Some(signed) = web.visitor.signed() else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let asked = Asked::of(&fields);
    let new = match asked.parse() {
        Ok(new) => new,
        Err(wrong) => return show_list(&web, asked, wrong).await,
    };
    match web.app.propose_release(new, &signed.name).await {
        Ok(proposed) => Ok(see(&proposed.id)),
        Err(error) => {
            let lines = problems(error)?.into_iter();
            let problems = lines.map(|line| ("propose", line)).collect();
            show_list(&web, asked, problems).await
        }
    }
}

async fn show_list(
    web: &Web,
    asked: Asked,
    problems: Vec<Problem>,
) -> Result<Response, PageFailure> {
    let chosen = asked.indicators.clone();
    let found = web.app.counted(move |at| {
        let codes = at.network().indicators();
        let indicators = codes
            .filter_map(|code| at.network().newest(code))
            .map(|one| Choice {
                is_chosen: chosen.iter().any(|chosen| *chosen == one.code.as_str()),
                code: one.code.to_string(),
                name: one.name.clone(),
            });
        let indicators: Vec<Choice> = indicators.collect();
        Ok(groups(at).map(|groups| (groups, indicators)))
    });
    let (groups, indicators) = found.await?.map_err(failure)?;
    let status = status(&problems);
    let page = ListPage {
        frame: Frame::national(web, "/data"),
        problems,
        groups,
        indicators,
        asked,
    };
    html(status, &page)
}

fn groups(at: &Snapshot<'_>) -> Result<Vec<Group>, ReleaseError> {
    let (all, zone) = (at.releases()?, at.zone());
    let of = |heading, state| Group {
        heading,
        lines: all
            .iter()
            .rev()
            .filter(|one| one.row.state == state)
            .map(|one| Line {
                id: one.row.id.to_string(),
                title: one.title.clone(),
                words: history(one, &zone).join(" "),
            })
            .collect(),
    };
    let groups = [
        of("Proposed", ReleaseState::Proposed),
        of("Published", ReleaseState::Published),
        of("Withdrawn", ReleaseState::Withdrawn),
        of("Dropped", ReleaseState::Dropped),
    ];
    let some = groups.into_iter().filter(|group| !group.lines.is_empty());
    Ok(some.collect())
}

/// The acts on a release, a sentence each.
fn history(view: &ReleaseView, zone: &Zone) -> Vec<String> {
    let (row, day) = (&view.row, |at| day_words(zone.day(at)));
    let by = |name: &str| match name {
        OPERATOR => "by the operator, at the hub’s own computer".to_owned(),
        name => format!("by {name}"),
    };
    let mut words = vec![format!(
        "Proposed on {} {}.",
        day(row.proposed),
        by(&row.proposed_by)
    )];
    if row.state == ReleaseState::Proposed {
        let due = day_words(view.due);
        words.push(match view.notice_days {
            0 => "It may go out at once: the teams have no notice.".to_owned(),
            days => format!(
                "Teams have {} to say no. It may go out from {due} on.",
                counted(days, "day", "days")
            ),
        });
    }
    if let (Some(at), Some(name)) = (row.published, &row.published_by) {
        words.push(format!("Published on {} {}.", day(at), by(name)));
    }
    if let (Some(at), Some(reason)) = (row.withdrawn, &row.reason) {
        words.push(format!("Withdrawn on {}: {reason}", day(at)));
    }
    words
}

#[derive(Template)]
#[template(path = "release.html")]
struct ReleasePage {
    frame: Frame,
    problems: Vec<String>,
    view: ReleaseView,
    is_proposed: bool,
    indicators: String,
    history: Vec<String>,
    checked: Option<Checked>,
    parts: Vec<Part>,
    /// Whether the person signed in with a passkey, which publishing needs.
    by_passkey: bool,
    reason: String,
    reason_min: usize,
    reason_max: usize,
}

pub(super) async fn one(
    web: Web,
    Path((dataset, release)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    match (format!("{dataset}/{release}").parse(), web.visitor.signed()) {
        (Ok(id), Some(signed)) => show(&web, signed, &id, (String::new(), Vec::new())).await,
        _ => none(&web),
    }
}

pub(super) async fn act(
    web: Web,
    Path((dataset, release)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageFailure> {
    let id = format!("{dataset}/{release}").parse::<ReleaseId>();
    let (Ok(id), Some(signed)) = (id, web.visitor.signed()) else {
        return none(&web);
    };
    let one = |wanted: &str| {
        let found = fields.iter().find(|(name, _)| name == wanted);
        found.map_or("", |(_, value)| value)
    };
    let by = &signed.name;
    let done = match one("act") {
        "publish" if !signed.by_passkey => Err(ReleaseError::Refused(vec![NO_PASSKEY.to_owned()])),
        "publish" => match publish(&web, &id, by, one("checked")).await {
            Some(done) => done,
            None => return goes_on(&web, &id),
        },
        "drop" => web.app.drop_release(&id, by).await,
        "withdraw" => web.app.withdraw_release(&id, one("reason"), by).await,
        _ => Err(ReleaseError::Refused(vec![NO_ACT.to_owned()])),
    };
    match done {
        Ok(()) => Ok(see(&id)),
        Err(ReleaseError::Unknown(_)) => none(&web),
        Err(error) => {
            let said = (one("reason").to_owned(), problems(error)?);
            show(&web, signed, &id, said).await
        }
    }
}

/// Publishes what somebody checked. None if it takes longer than a page may wait: it goes on then.
async fn publish(
    web: &Web,
    id: &ReleaseId,
    by: &str,
    checked: &str,
) -> Option<Result<(), ReleaseError>> {
    let going = web.app.publish_release(id, by, Some(checked));
    let done = tokio::time::timeout(PUBLISH_WAIT, going).await;
    Some(done.ok()?.map(|_| ()))
}

fn goes_on(web: &Web, id: &ReleaseId) -> Result<Response, PageFailure> {
    let links = vec![PageLink::new(&format!("/releases/{id}"), "The release")];
    let text = "It is a large one. You may close this page. Look at the release in some minutes: \
        it is published then, or its check says what stops it.";
    let frame = Frame::national(web, "/data");
    let title = "The release is still being published";
    frame.message(StatusCode::ACCEPTED, title, text, links)
}

async fn show(
    web: &Web,
    signed: &Signed,
    id: &ReleaseId,
    (reason, problems): (String, Vec<String>),
) -> Result<Response, PageFailure> {
    let wanted = id.clone();
    let found = web.app.read(move |at| {
        let view = at.release(&wanted);
        let codes = view.iter().flat_map(|view| view.indicators.clone());
        let indicators = at.indicators_in_words(&codes.collect::<Vec<_>>());
        Ok((view, indicators, at.zone()))
    });
    let (view, indicators, zone) = found.await?;
    let view = match view {
        Err(ReleaseError::Unknown(_)) => return none(web),
        other => other.map_err(failure)?,
    };
    let status = status(&problems);
    let (mut problems, mut checked) = (problems, None);
    if view.row.state == ReleaseState::Proposed {
        let reading = web.reading(&format!("/releases/{id}"));
        match web.app.check_release(id, &signed.name, reading).await {
            Ok(found) => checked = Some(found),
            // It may be too large, or somebody else has just published it.
            Err(error) => problems.extend(self::problems(error)?),
        }
    }
    let page = ReleasePage {
        frame: Frame::national(web, "/data"),
        problems,
        indicators,
        history: history(&view, &zone),
        is_proposed: view.row.state == ReleaseState::Proposed,
        parts: checked.as_ref().map_or_else(Vec::new, parts),
        checked,
        view,
        by_passkey: signed.by_passkey,
        reason,
        reason_min: REASON_CHARS_MIN,
        reason_max: REASON_BYTES_MAX,
    };
    html(status, &page)
}

/// The lines of an error that the person can do something about.
fn problems(error: ReleaseError) -> Result<Vec<String>, PageFailure> {
    match error {
        ReleaseError::App(error) => Err(error.into()),
        ReleaseError::Stopped(stops) => {
            Ok(stops.iter().map(|stop| sentence(&stop.page())).collect())
        }
        ReleaseError::Refused(lines) => Ok(lines.iter().map(|line| sentence(line)).collect()),
        other => Ok(vec![sentence(&other.to_string())]),
    }
}

fn failure(error: ReleaseError) -> PageFailure {
    match error {
        ReleaseError::App(error) => error.into(),
        other => PageFailure::Page(other.to_string()),
    }
}

fn none(web: &Web) -> Result<Response, PageFailure> {
    let links = vec![PageLink::new("/releases", "All releases")];
    let text = "The address may be mistyped.";
    let frame = Frame::national(web, "/data");
    frame.message(
        StatusCode::NOT_FOUND,
        "There is no such release",
        text,
        links,
    )
}

const fn status<T>(problems: &[T]) -> StatusCode {
    match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Shows a release by a request of its own, so that reloading sends no form again.
fn see(id: &ReleaseId) -> Response {
    let to = format!("/releases/{id}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// Longest wait of a page for a publication; a request may take a minute.
const PUBLISH_WAIT: Duration = Duration::from_secs(45);
const NO_PASSKEY: &str = "publishing needs a passkey, and you signed in with a password: add a \
    passkey to your account, and sign in with it";
const NO_ACT: &str = "the form names no act: choose publish, drop or withdraw";
