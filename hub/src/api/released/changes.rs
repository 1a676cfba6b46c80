//! The cells in which one release of a dataset differs from an earlier one. Both stand, so their
//! files say the same.

use std::collections::BTreeSet;

use axum::{body::Body, response::Response};
use serde_json::Value;
use weft_shared::{id::LocationCode, model::release::ReleaseState, release::Head};

use super::{
    super::{
        answer::Format,
        data,
        problem::Problem,
        question::{OutThere, Question},
    },
    Answer, Asked, Catalogue, Which, answer,
    filter::{Filter, Known},
    of_releases, tag,
};
use crate::{
    app::{OfLocations, Unrecorded},
    release::{Change, changes_csv, differences, locations_of, page},
};

/// Changes that are about to be sent.
struct Changes {
    changes: Vec<Change>,
    head: Head,
    locations: BTreeSet<LocationCode>,
}

impl OfLocations for Changes {
    fn locations(&self) -> BTreeSet<LocationCode> {
        self.locations.clone()
    }
}

/// The cells of a release that differ from an earlier one of its dataset.
#[utoipa::path(
    get, path = "/api/v1/changes", tag = "releases",
    params(
        ("since" = String, Query, description = "The earlier release: its number, or a day or \
            time at which it was the current one"),
        ("dataset" = Option<String>, Query, description = "The dataset; needed if there are \
            releases of several"),
        ("release" = Option<String>, Query, description = "The later release: latest (the \
            default), 2026.1 or prevention/2026.1"),
        ("as_of" = Option<String>, Query, description = "A day or time: the later release is the \
            one that was current then"),
        ("indicator" = Option<String>, Query, description = "As for rollups"),
        ("level" = Option<String>, Query, description = "network, location or all (the default)"),
        ("location" = Option<String>, Query, description = "As for rollups"),
        ("period" = Option<String>, Query, description = "As for rollups"),
        ("breakdown" = Option<String>, Query, description = "As for rollups"),
        ("format" = Option<String>, Query, description = "csv or json"),
        ("limit" = Option<u32>, Query, description = "Rows of one JSON page, 1 to 1000"),
        ("cursor" = Option<String>, Query,
            description = "The value of \"next\" on the page before"),
    ),
    responses(
        (status = 200, description = "The rows as CHANGES.csv has them, each with what it said \
            before", body = super::super::openapi::ReleasedPage),
        (status = 304, description = "Nothing has changed since the entity tag that was sent"),
        (status = 400, description = "A parameter is wrong: the problem names it and the allowed \
            values", body = super::super::openapi::ProblemBody,
            content_type = "application/problem+json"),
        (status = 410, description = "One of the two was withdrawn: the problem has the reason",
            body = super::super::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("basic" = [])),
)]
pub(in crate::api) async fn changes(question: Question) -> Result<Response, Problem> {
    of_releases(of(&question).await)
}

async fn of(question: &Question) -> Result<Response, Problem> {
    let asked = Asked::read(question, &PARAMETERS, Format::OF_LISTS)?;
    let format = asked.format;
    let found = question.look(move |out| find(out, &asked)).await?;
    answer(
        question,
        format,
        found,
        async |of: Changes, _, next| match format {
            Format::Json => Ok(page(of.json(), next.as_deref()).into()),
            _ => Ok(Body::from(of.csv()?)),
        },
    )
    .await
}

fn find(out: &OutThere<'_>, asked: &Asked) -> Result<Answer<Changes>, Problem> {
    let catalogue = Catalogue::of(out)?;
    let later = asked.release(&catalogue)?;
    let id = &later.row.id;
    let Some(since) = asked.query.one("since") else {
        let earlier = catalogue.all.iter().filter(|one| {
            one.row.id.dataset == id.dataset
                && one.row.link < later.row.link
                && one.row.state == ReleaseState::Published
        });
        let earlier: Vec<String> = earlier.map(|one| one.row.id.number.to_string()).collect();
        let detail = match earlier.is_empty() {
            true => format!(
                "Since which release? None went out before {id}, so it changed none. Ask \
                 once the next one is out, with its predecessor, such as since={}.",
                id.number
            ),
            false => {
                "Since which release? Give its number, or a day on which it was current.".to_owned()
            }
        };
        return Err(Problem::parameter("since", detail, earlier));
    };
    let earlier = Which::since(since, &id.dataset)?.one(&catalogue);
    let earlier = earlier.map_err(|problem| problem.about("since"))?;
    let is_earlier = earlier.row.id.dataset == id.dataset && earlier.row.link <= later.row.link;
    if !is_earlier {
        let detail = format!(
            "{} is not an earlier release than {id}: give one that went out before it.",
            earlier.row.id
        );
        return Err(Problem::parameter("since", detail, [""; 0]));
    }
    let was_corrected = out.is_corrected(earlier)?;
    let (before, now) = (out.held(earlier)?, out.held(later)?);
    let mut known = Known::default();
    known.add(&before.content);
    known.add(&now.content);
    let filter = Filter::read(&asked.query, &known, None)?;
    let words = format!("since={} {}", earlier.row.id.number, filter.words());
    let rows = (now.content.rows(), &*now.content.words.kept);
    let mut changes = differences(before.content.rows(), rows, was_corrected);
    changes.retain(|change| filter.takes(&change.row));
    let (len, most) = (changes.len(), asked.paging.most);
    let from = asked.paging.from(&words, len)?;
    let next = asked.paging.next(id, &words, (from, len));
    let changes: Vec<Change> = changes.into_iter().skip(from).take(most).collect();
    let contributors = before.contributors.union(&now.contributors).cloned();
    let rows = changes.iter().map(|change| &change.row);
    let of = Changes {
        locations: locations_of(rows, &contributors.collect()),
        head: now.content.head.clone(),
        changes,
    };
    let further = next.as_deref().unwrap_or_default();
    let csv = std::iter::once(of.csv());
    Ok(Answer {
        tag: tag(asked.format, &[&words, further], csv)?,
        release: id.clone(),
        words,
        next,
        rows: Unrecorded::new(of),
    })
}

impl Changes {
    fn csv(&self) -> Result<Vec<u8>, Problem> {
        changes_csv(&self.changes, &self.head).map_err(data::problem)
    }

    fn json(&self) -> impl Iterator<Item = Value> {
        self.changes.iter().map(|change| change.json(&self.head))
    }
}

const PARAMETERS: [&str; 12] = [
    "since",
    "dataset",
    "release",
    "as_of",
    "indicator",
    "level",
    "location",
    "period",
    "breakdown",
    "format",
    "limit",
    "cursor",
];
