//! `/api/v1/rollups`: one long tidy table, filtered.

use std::collections::BTreeSet;

use axum::{http::HeaderMap, response::Response};
use weft_host::answer::is_known;
use weft_shared::{
    id::{IndicatorCode, LocationCode},
    model::observation::Breakdown,
    period::{BadPeriodRange, PeriodRange},
    rollup::Network,
    text::BadText,
};

use super::{
    answer::{self, Format, dated},
    cursor::{self, Pinned},
    problem::Problem,
    query::{MOMENTS, PERIODS, Query},
    question::{Live, Wanted},
    released,
};
use crate::app::{AppError, AppHandle, Counted, Moment, Reading, Unrecorded};
use crate::figures::{
    Figure, FigureKey, FileLevel, LevelWord, RollupQuery,
    stream::{self, Head, RowStream},
    workbook,
};

/// The figures of the network and of its locations: of a release for analysts, and for everybody
/// who names one; else those of today.
#[utoipa::path(
    get,
    path = "/api/v1/rollups",
    tag = "figures",
    params(
        ("dataset" = Option<String>, Query, description = "A dataset, such as prevention: rows of \
            its release. Needed by analysts if there are releases of several datasets"),
        ("release" = Option<String>, Query, description = "A release: latest, 2026.1 or \
            prevention/2026.1. Each row is as in the files of the release"),
        ("indicator" = Option<String>, Query, description = "An indicator's code"),
        ("level" = Option<String>, Query, description = "network, location or all. One level is \
            the default, so that a sum over it is right: the network, or the location named"),
        ("location" = Option<String>, Query, description = "A location's code"),
        ("period" = Option<String>, Query,
            description = "A period, or a range of one kind: 2022-01..2023-05"),
        ("breakdown" = Option<String>, Query,
            description = "total, or name=value with + as %2B: age=12%2B. If a definition crosses \
            several, put commas between them: age=5-11,sex=female"),
        ("as_of" = Option<String>, Query, description = "A day, or a time with its offset from \
            UTC (+ as %2B): the figures of the entries received by then, without what was \
            withdrawn or dropped since or is no longer shared. Each row has the moment as as_of. \
            Of releases: the one that was current then"),
        ("labels" = Option<String>, Query, description = "en (the default) or mi: with mi, \
            indicator_name is in te reo Māori where the network gave one. Of releases alone"),
        ("format" = Option<String>, Query,
            description = "csv, xlsx or json; of releases also parquet"),
        ("limit" = Option<u32>, Query, description = "Rows of one JSON page, 1 to 1000"),
        ("cursor" = Option<String>, Query,
            description = "The value of \"next\" on the page before"),
    ),
    responses(
        (status = 200, description = "Rows: all of them in CSV, a page of them in JSON. In CSV a \
            text that looks like a formula has an apostrophe in front, a number never",
            body = super::openapi::RollupPage,
            headers(("weft-notice", description = "not disclosure-controlled, not for publication"),
                    ("weft-as-of", description = "The moment of the figures, if as_of names one"),
                    ("etag", description = "Strong entity tag"))),
        (status = 304, description = "Nothing has changed since the entity tag that was sent"),
        (status = 400, description = "A parameter is wrong: the problem names it and the allowed \
            values", body = super::openapi::ProblemBody,
            content_type = "application/problem+json"),
        (status = 410, description = "The release was withdrawn: the problem has the reason",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The figures do not count all shared values yet; ask again",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("basic" = [])),
)]
pub(super) async fn answer(wanted: Wanted) -> Result<Response, Problem> {
    match wanted {
        Wanted::Released(question) => released::rollups(&question).await,
        Wanted::Live(live) => of_today(&live).await,
    }
}

async fn of_today(live: &Live) -> Result<Response, Problem> {
    let (app, headers) = (live.app(), &live.headers);
    let query = Query::read(&live.uri, PARAMETERS)?;
    let format = Format::of(&query, headers, Format::OF_FIGURES)?;
    let page = Page::read(&query, format)?;
    let reading = live.reader.reads("read rollups", &query.words());
    match format {
        Format::Csv | Format::Xlsx | Format::Parquet => {
            let found = app
                .stream_rows(&reading.key(), move |at| asked(at, &query, None))
                .await?;
            file((app, format), found, reading, headers).await
        }
        Format::Json => {
            let found = app.counted(move |at| {
                let (past, asked) = match asked(at, &query, page.pinned) {
                    Ok(asked) => asked,
                    Err(problem) => return Ok(Err(problem)),
                };
                let at = past.as_ref().unwrap_or(at);
                let found = at.page_of_rows(&asked, page.after, page.rows_max + 1)?;
                let pinned = at.as_of.map(|moment| (moment, at.hub_seq));
                let found = found.map(|figures| cut(figures, page.rows_max, pinned));
                Ok(Ok((at.as_of, found)))
            });
            let (as_of, found) = found.await??;
            let (shown, next) = app.shown(reading, found).await?;
            let rows = shown.iter().map(|figure| figure.json_as_of(as_of));
            Ok(dated(answer::json(rows, next, headers), as_of))
        }
    }
}

/// Returns every row as a file. Its tag is known before the first row: who has the file already
/// costs no reading of figures.
async fn file(
    (app, format): (&AppHandle, Format),
    (head, rows): (Head, Unrecorded<RowStream>),
    reading: Reading,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (tag, write): (String, stream::WriteRows) = match format {
        Format::Xlsx => (head.workbook_tag(), workbook::xlsx),
        Format::Csv | Format::Json | Format::Parquet => (head.tag.clone(), stream::csv),
    };
    let pieces = match is_known(headers, &tag) {
        true => None,
        false => {
            let pieces = app.shown_rows(reading, rows, write).await?;
            Some(pieces.begun().await?)
        }
    };
    let file = answer::file_stream(("rollups", format), &tag, pieces);
    Ok(dated(file, head.as_of))
}

/// Leaves the rows of one page, and returns the cursor of the next one if there is one.
fn cut(
    mut figures: Vec<Figure>,
    rows_max: usize,
    pinned: Option<Pinned>,
) -> (Vec<Figure>, Option<String>) {
    let later = figures.len() > rows_max;
    figures.truncate(rows_max);
    let last = figures.last().filter(|_| later);
    let next = last.map(|figure| cursor::write(&figure.key(), pinned));
    (figures, next)
}

/// Parses the query. Unknown codes are a problem, so that a typing mistake is no empty answer.
fn rollup_query(
    query: &Query,
    indicators: &BTreeSet<String>,
    network: &Network,
) -> Result<RollupQuery, Problem> {
    let unknown = |name: &str, value: &str, allowed: BTreeSet<String>| {
        Problem::parameter(
            name,
            format!("There is no {name} \"{value}\" here."),
            allowed,
        )
    };
    let indicator = query.one("indicator").map(|value| {
        let code = IndicatorCode::parse(value).ok();
        code.filter(|code| indicators.contains(code.as_str()))
            .ok_or_else(|| unknown("indicator", value, indicators.clone()))
    });
    let location = query.one("location").map(|value| {
        let code = LocationCode::parse(value).ok();
        let known = code.filter(|code| network.member(code).is_some());
        known.ok_or_else(|| {
            let members = network.members().map(|member| member.code.to_string());
            unknown("location", value, members.collect())
        })
    });
    let level = query.one("level").map(|value| {
        let words = FileLevel::WORDS.map(str::to_owned);
        let level = value.parse::<FileLevel>();
        level.map_err(|_| unknown("level", value, words.into()))
    });
    let (level, location) = (level.transpose()?, location.transpose()?);
    let asked = RollupQuery {
        indicator: indicator.transpose()?,
        period: period(query)?,
        level: FileLevel::query(level, location.as_ref()),
        location,
        breakdown: None,
    };
    if asked.level == Some(LevelWord::Network) && asked.location.is_some() {
        let detail = "The level network has no locations: give level=location, or leave it out.";
        return Err(Problem::parameter("level", detail, ["location", "all"]));
    }
    Ok(asked)
}

fn period(query: &Query) -> Result<Option<PeriodRange>, Problem> {
    let range = query.one("period").map(|text| {
        text.parse().map_err(|error: BadPeriodRange| {
            let range = ["2022-01..2023-05"];
            let forms = PERIODS.iter().chain(&range).copied();
            Problem::parameter("period", format!("{error}."), forms)
        })
    });
    range.transpose()
}

/// Returns the hub as of the moment that a query names, if it names one; a later page is of the
/// moment of the first.
fn as_of<'a>(
    at: &Counted<'a>,
    query: &Query,
    pinned: Option<Pinned>,
) -> Result<Option<Counted<'a>>, Problem> {
    let wrong = |detail: String| Problem::parameter("as_of", detail, MOMENTS);
    let moment = query.one("as_of").map(|text| {
        let moment = Moment::in_query(text);
        moment.map_err(|error: BadText| wrong(format!("{error}.")))
    });
    let past = match (moment.transpose()?, pinned) {
        (Some(_), Some((moment, hub_seq))) => Some(at.as_of_answer(moment, hub_seq)),
        (moment, None) => moment.map(|moment| at.as_of(moment)),
        (None, Some(_)) => {
            let detail = "This cursor is of figures as of a moment: send as_of with it, as before.";
            return Err(wrong(detail.to_owned()));
        }
    };
    past.transpose().map_err(|error| match error {
        AppError::NoMoment(why) => wrong(format!("{why}.")),
        other => other.into(),
    })
}

fn breakdown(
    at: &Counted<'_>,
    text: &str,
    indicator: Option<&IndicatorCode>,
) -> Result<Breakdown, Problem> {
    at.typed_breakdown(text, indicator).map_err(|_| {
        let detail = format!("\"{text}\" is no breakdown: write total, or name=value.");
        let forms = ["total", "age=12%2B", "age=5-11,sex=female"];
        Problem::parameter("breakdown", detail, forms)
    })
}

/// Returns what figures are asked for, and the hub of the past if they are. A breakdown that no
/// figure has is a problem; one that others have is none.
fn asked<'a>(
    at: &Counted<'a>,
    query: &Query,
    pinned: Option<Pinned>,
) -> Result<(Option<Counted<'a>>, RollupQuery), Problem> {
    let past = as_of(at, query, pinned)?;
    let asked = asked_at(past.as_ref().unwrap_or(at), query)?;
    Ok((past, asked))
}

fn asked_at(at: &Counted<'_>, query: &Query) -> Result<RollupQuery, Problem> {
    let definitions = at.definitions();
    let codes = definitions.iter().map(|one| &one.code);
    let known = codes.filter(|code| at.network().newest(code).is_some());
    let indicators = known.map(|code| code.to_string()).collect();
    let mut asked = rollup_query(query, &indicators, at.network())?;
    let Some(value) = query.one("breakdown") else {
        return Ok(asked);
    };
    asked.breakdown = Some(breakdown(at, value, asked.indicator.as_ref())?);
    let found = at.page_of_rows(&asked, None, 1)?;
    if !found.unshown().is_empty() {
        return Ok(asked);
    }
    let known = at.all_breakdowns()?.into_iter();
    let known: BTreeSet<String> = known.map(|breakdown| breakdown.to_string()).collect();
    // A + that was not percent-encoded arrives as a blank.
    let plus = value.replace(' ', "+");
    if plus != value && known.contains(&plus) {
        asked.breakdown = Some(breakdown(at, &plus, asked.indicator.as_ref())?);
        return Ok(asked);
    }
    if known.contains(value) {
        return Ok(asked);
    }
    let detail = format!("No figure has the breakdown \"{value}\".");
    Err(Problem::parameter("breakdown", detail, known))
}

/// A page of the rows that match.
struct Page {
    rows_max: usize,
    after: Option<FigureKey>,
    /// The moment of the pages before, if they are of the past.
    pinned: Option<Pinned>,
}

impl Page {
    fn read(query: &Query, format: Format) -> Result<Self, Problem> {
        let rows_max = format.rows_max(query)?;
        let cursor = query.one("cursor").map(cursor::read).transpose()?;
        let is_past = query.one("as_of").is_some();
        if cursor
            .as_ref()
            .is_some_and(|(_, pinned)| pinned.is_none() && is_past)
        {
            let detail = "This cursor is of the figures of today: send it without as_of.";
            return Err(Problem::parameter("cursor", detail, Vec::<String>::new()));
        }
        let (after, pinned) = cursor.map_or((None, None), |(key, pinned)| (Some(key), pinned));
        Ok(Self {
            rows_max,
            after,
            pinned,
        })
    }
}

const PARAMETERS: &[&str] = &[
    "indicator",
    "level",
    "location",
    "period",
    "breakdown",
    "as_of",
    "format",
    "limit",
    "cursor",
];
