//! `/api/v1/need` for analysts: need by the figures of releases.

use axum::response::Response;
use weft_shared::{alignment::sight::Order, id::LocationCode, period::Period, text::sentence};

use super::{
    super::{
        answer::Format,
        problem::Problem,
        query::Query,
        question::{OutThere, Question},
    },
    Catalogue, Which, file,
};
use crate::{
    app::{AppError, Counted, Moment, Unrecorded},
    release::Standing,
    sight::{ReleasedNeeds, SightAsked, need_csv},
};

/// A question about need, parsed as far as that goes without the hub.
struct Asked {
    which: Which,
    of: SightAsked,
    moment: Option<Moment>,
    order: Order,
}

/// Answers with the need that the current releases show, or those that are named.
pub(in crate::api) async fn need(question: &Question) -> Result<Response, Problem> {
    let read = read(question).await.map_err(Problem::of_releases);
    let (query, found) = read?;
    let rows = &found.rows;
    let json = || rows.iter().map(|row| row.json()).collect();
    file(question, ("need", &query), json, || need_csv(rows))
}

async fn read(question: &Question) -> Result<(Query, ReleasedNeeds), Problem> {
    let query = Query::read(&question.uri, &PARAMETERS)?;
    Format::of(&query, &question.headers, Format::OF_LISTS)?;
    let moment = query.one("as_of").map(Moment::in_query).transpose();
    let asked = Asked {
        which: Which::read(&query)?,
        of: SightAsked {
            period: one::<Period>(&query, "period")?,
            outcome: query.one("outcome").map(str::to_owned),
            location: one::<LocationCode>(&query, "location")?,
        },
        // A text that is no moment was refused with the release that it would name.
        moment: moment.unwrap_or_default(),
        order: one::<Order>(&query, "sort")?.unwrap_or_default(),
    };
    let order = asked.order;
    let found = question.weigh(move |out, at| find(out, at, &asked)).await?;
    let words = query.words();
    let mut found = question.shown(("read need", &*words), found).await?;
    if order == Order::Location {
        found.rows.sort_by(|one, other| {
            let key = |column: Option<&weft_shared::alignment::money::Column>| {
                (column.is_none(), column.cloned())
            };
            key(one.line.column()).cmp(&key(other.line.column()))
        });
    }
    Ok((query, found))
}

fn find(
    out: &OutThere<'_>,
    now: &Counted<'_>,
    asked: &Asked,
) -> Result<Unrecorded<ReleasedNeeds>, Problem> {
    let catalogue = Catalogue::of(out)?;
    let mut releases = Vec::new();
    // Before the first release there is nothing to name, and no need by releases.
    if !catalogue.all.is_empty() {
        for view in asked.which.each(&catalogue)? {
            let held = out.held(view)?;
            releases.push(Standing {
                id: view.row.id.clone(),
                content: held.content.clone(),
                contributors: held.contributors.clone(),
            });
        }
    }
    let at = now
        .at(asked.moment)
        .map_err(|error| wrong("as_of", error))?;
    let found = at.released_needs(&asked.of, &releases);
    found.map_err(|error| match error {
        AppError::UnknownLocation { .. } => wrong("location", error),
        error => wrong("outcome", error),
    })
}

/// A problem with a parameter, for an error of somebody who asks; any other stays one of the hub.
fn wrong(parameter: &str, error: AppError) -> Problem {
    match error {
        AppError::NoMoment(_) | AppError::NoFigure(_) | AppError::UnknownLocation { .. } => {
            Problem::parameter(parameter, sentence(&error.to_string()), [""; 0])
        }
        other => other.into(),
    }
}

fn one<T: std::str::FromStr<Err: std::fmt::Display>>(
    query: &Query,
    name: &str,
) -> Result<Option<T>, Problem> {
    let value = query.one(name).map(str::parse::<T>).transpose();
    value.map_err(|error| Problem::parameter(name, format!("{name}: {error}."), [""; 0]))
}

const PARAMETERS: [&str; 8] = [
    "outcome", "location", "period", "dataset", "release", "as_of", "sort", "format",
];
