//! `/data` and `/data/{dataset}`: what was released, in which files, and a line for each program
//! that reads them.

mod notes;

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_shared::{
    model::release::{Dataset, ReleaseId, ReleaseNumber, ReleaseState},
    period::day_words,
    release::{COLUMNS, Meaning, ReleaseRow, RowLine},
    text::{counted, size},
};

use self::notes::{in_words, notes};
use super::{
    Web,
    frame::{Frame, PageFailure, PageLink, html},
};
use crate::{
    access::{roles::Role, site::Site, visitor::Visitor},
    app::{AppHandle, Snapshot},
    release::{ReleaseError, ReleaseView, Shelf, lists_changes, notice_words},
};

/// Returns the routes of the pages about releases.
pub(crate) fn routes(app: &AppHandle, site: &Arc<Site>) -> Router {
    let web = Web::new(app, site);
    Router::new()
        .route("/data", get(all))
        .route("/data/", get(|| async { Redirect::permanent("/data") }))
        .route("/data/{dataset}", get(dataset))
        .route("/data/{dataset}/{release}", get(short))
        .route("/data/{dataset}/{release}/", get(release))
        .with_state(web)
}

#[derive(Template)]
#[template(path = "data.html")]
struct All {
    frame: Frame,
    datasets: Vec<Listed>,
    /// Whether the reader is of the national team, which makes releases.
    is_maker: bool,
}

/// A dataset in the list of all.
struct Listed {
    path: String,
    title: String,
    release: String,
    day: String,
    open: bool,
}

async fn all(web: Web) -> Result<Response, PageFailure> {
    let found = web.app.read(|at| {
        let zone = at.zone();
        Ok(at.releases().map(|all| (all, zone)))
    });
    let (all, zone) = found.await?.map_err(failure)?;
    let mut newest = BTreeMap::new();
    for view in all.into_iter().filter(|view| may_see(&web, view)) {
        if view.row.state == ReleaseState::Published {
            newest.insert(view.row.id.dataset.clone(), view);
        }
    }
    if newest.is_empty() && web.is_stranger() {
        return Ok(sign_in("/data"));
    }
    let datasets = newest.into_values().map(|view| Listed {
        path: format!("/data/{}", view.row.id.dataset),
        day: view
            .row
            .published
            .map_or_else(String::new, |at| day_words(zone.day(at))),
        release: view.row.id.number.to_string(),
        title: view.title,
        open: view.open,
    });
    let page = All {
        frame: frame(&web),
        datasets: datasets.collect(),
        is_maker: web
            .visitor
            .signed()
            .is_some_and(|one| one.roles.has(Role::National)),
    };
    html(StatusCode::OK, &page)
}

/// The frame of a page about releases: unlike all others it may travel.
pub(super) fn frame(web: &Web) -> Frame {
    Frame {
        travel: String::new(),
        ..Frame::national(web, "/data")
    }
}

async fn dataset(
    web: Web,
    Path(dataset): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let wanted = dataset.parse::<Dataset>().ok();
    let all = web
        .app
        .read(|at| Ok(at.releases()))
        .await?
        .map_err(failure)?;
    let mut of = all;
    of.retain(|one| Some(&one.row.id.dataset) == wanted.as_ref() && may_see(&web, one));
    let newest = |state| of.iter().rfind(|one| one.row.state == state);
    // If all of them are withdrawn, the page of the last one says why.
    match newest(ReleaseState::Published).or_else(|| newest(ReleaseState::Withdrawn)) {
        Some(view) => show(&web, &view.row.id, &headers).await,
        None => none(&web, "There is no such dataset"),
    }
}

/// Whether the reader may know of a release.
fn may_see(web: &Web, view: &ReleaseView) -> bool {
    view.open || !web.is_stranger()
}

/// Leads a stranger to the page where people sign in.
fn sign_in(next: &str) -> Response {
    let next = utf8_percent_encode(next, NON_ALPHANUMERIC);
    Redirect::to(&format!("/sign-in?next={next}")).into_response()
}

/// Leads to the page of a release, or to its archive: relative links of the page need the slash.
async fn short(
    web: Web,
    Path((dataset, release)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let bare = release.strip_suffix(".zip").unwrap_or(&release);
    let Ok(id) = format!("{dataset}/{bare}").parse::<ReleaseId>() else {
        return none(&web, "There is no such release");
    };
    let to = match release.ends_with(".zip") {
        true => format!("/data/{id}/{}-{}.zip", id.dataset, id.number),
        false => format!("/data/{id}/"),
    };
    Ok(Redirect::permanent(&to).into_response())
}

async fn release(
    web: Web,
    Path((dataset, release)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    if release == "latest" {
        return Ok(Redirect::permanent(&format!("/data/{dataset}/latest")).into_response());
    }
    match format!("{dataset}/{release}").parse::<ReleaseId>() {
        Ok(id) => show(&web, &id, &headers).await,
        Err(_) => none(&web, "There is no such release"),
    }
}

#[derive(Template)]
#[template(path = "dataset.html")]
struct Page {
    frame: Frame,
    title: String,
    lede: String,
    number: String,
    day: String,
    dataset: String,
    /// The address of the release, with the name under which the hub is reached.
    base: String,
    open: bool,
    /// Whether a program needs a token to read it. A hub without people asks for none.
    needs_token: bool,
    files: Vec<FileRow>,
    others: Vec<FileRow>,
    rows: Vec<RowLine>,
    columns: Vec<(&'static str, &'static str)>,
    /// Each indicator, and what it counts.
    meanings: Vec<(String, String)>,
    notes: Vec<(String, String)>,
    notice: String,
    changes: String,
    cite: String,
    corrects: Option<ReleaseNumber>,
    corrected_by: Option<ReleaseId>,
    earlier: Vec<ReleaseView>,
}

struct FileRow {
    name: String,
    purpose: &'static str,
    size: String,
}

/// The parts of a release that its page reads.
struct Found {
    view: ReleaseView,
    rows: Vec<ReleaseRow>,
    meanings: Vec<Meaning>,
    has_locations: bool,
    earlier: Vec<ReleaseView>,
    day: String,
    /// A release that was withdrawn, whose figures its list of changes repeats.
    repeats: Option<ReleaseNumber>,
}

impl Found {
    /// Returns the newest release that this reader may see and that corrects this one.
    fn corrected_by(&self, web: &Web) -> Option<ReleaseId> {
        let number = self.view.row.id.number;
        let correction = self.earlier.iter().rfind(|one| {
            one.supersedes == Some(number)
                && one.row.state == ReleaseState::Published
                && may_see(web, one)
        });
        correction.map(|one| one.row.id.clone())
    }
}

fn found(at: &Snapshot<'_>, id: &ReleaseId) -> Result<Found, ReleaseError> {
    let view = at.release(id)?;
    let kept = at.release_rows(&view)?;
    let earlier = at.releases()?.into_iter().filter(|one| {
        one.row.id.dataset == id.dataset && one.row.id != *id && one.row.published.is_some()
    });
    let zone = at.zone();
    Ok(Found {
        day: view
            .row
            .published
            .map_or_else(String::new, |at| day_words(zone.day(at))),
        earlier: earlier.collect(),
        has_locations: !kept.locations.is_empty(),
        repeats: at.repeated_by(&view)?.map(|gone| gone.row.id.number),
        rows: kept.network,
        meanings: kept.words.meanings,
        view,
    })
}

async fn show(web: &Web, id: &ReleaseId, headers: &HeaderMap) -> Result<Response, PageFailure> {
    let wanted = id.clone();
    let found = match web.app.read(move |at| Ok(found(at, &wanted))).await? {
        Ok(found) => found,
        Err(ReleaseError::Unknown(_)) => {
            return none(web, "There is no such release");
        }
        Err(error) => return Err(failure(error)),
    };
    if !may_see(web, &found.view) {
        return none(web, "There is no such release");
    }
    match found.view.row.state {
        ReleaseState::Published => {}
        ReleaseState::Withdrawn => return withdrawn(web, found),
        ReleaseState::Proposed | ReleaseState::Dropped => {
            return none(web, "There is no such release");
        }
    }
    let view = found.view.clone();
    let shown = web.app.read(move |at| Ok(at.download(&view, None))).await?;
    let reading = web.reading(&format!("/data/{id}/"));
    web.app.shown(reading, shown.map_err(failure)?).await?;
    let (files, others) = files(web, &found);
    let page = Page {
        frame: frame(web),
        lede: lede(&found),
        number: id.number.to_string(),
        base: format!("{}/data/{id}", origin(headers)),
        files,
        others,
        rows: found
            .rows
            .iter()
            .rev()
            .take(SAMPLE_ROWS)
            .map(ReleaseRow::line)
            .collect(),
        columns: COLUMNS
            .iter()
            .map(|column| (column.name, column.about))
            .collect(),
        meanings: found
            .meanings
            .iter()
            .map(|one| (one.title(), one.sentence()))
            .collect(),
        notes: notes(&found.rows, &found.meanings),
        notice: notice_words(found.view.notice_days),
        changes: changes(&found),
        cite: cite(web, &found),
        corrects: found.view.supersedes,
        corrected_by: found.corrected_by(web),
        needs_token: !found.view.open && !matches!(web.visitor, Visitor::Here),
        open: found.view.open,
        title: found.view.title,
        earlier: found
            .earlier
            .into_iter()
            .filter(|one| may_see(web, one))
            .collect(),
        day: found.day,
        dataset: id.dataset.to_string(),
    };
    html(StatusCode::OK, &page)
}

/// The page of a release that is gone: the reason, and the release that corrects it.
fn withdrawn(web: &Web, found: Found) -> Result<Response, PageFailure> {
    let mut links = vec![PageLink::new("/data", "All data")];
    if let Some(id) = found.corrected_by(web) {
        let words = format!("Release {}, which corrects it", id.number);
        links.insert(0, PageLink::new(&format!("/data/{id}/"), &words));
    }
    let heading = format!("Release {} is withdrawn", found.view.row.id);
    let reason = found.view.row.reason.unwrap_or_default();
    let text = format!("It was withdrawn: {reason}");
    frame(web).message(StatusCode::GONE, &heading, &text, links)
}

/// The files of figures, people's first, and those that describe them.
fn files(web: &Web, of: &Found) -> (Vec<FileRow>, Vec<FileRow>) {
    let id = &of.view.row.id;
    let (dataset, shelf) = (id.dataset.to_string(), Shelf::of(web.app.data_dir()));
    let mut names = shelf.names(id);
    names.retain(|name| of.repeats.is_none() || !lists_changes(name));
    let row = |name: &String, purpose| FileRow {
        size: size(shelf.bytes(id, name).unwrap_or_default()),
        name: name.clone(),
        purpose,
    };
    let main = names.iter().filter_map(|name| {
        let purpose = purpose(&dataset, name)?;
        Some((place(name), row(name, purpose)))
    });
    let mut main: Vec<_> = main.collect();
    main.sort_by_key(|(place, _)| *place);
    let others = names
        .iter()
        .filter(|name| purpose(&dataset, name).is_none());
    let others = others.map(|name| row(name, "")).collect();
    (main.into_iter().map(|(_, row)| row).collect(), others)
}

fn none(web: &Web, heading: &str) -> Result<Response, PageFailure> {
    if web.is_stranger() {
        return Ok(sign_in("/data"));
    }
    let text = "The address may be mistyped.";
    let links = vec![PageLink::new("/data", "All data")];
    frame(web).message(StatusCode::NOT_FOUND, heading, text, links)
}

pub(super) fn failure(error: ReleaseError) -> PageFailure {
    match error {
        ReleaseError::App(error) => error.into(),
        other => PageFailure::Page(other.to_string()),
    }
}

/// The name under which the reader reaches the hub, for lines that work when pasted.
pub(super) fn origin(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("localhost");
    let bare = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_here = ["127.0.0.1", "localhost", "[::1]"].contains(&bare);
    let scheme = if is_here { "http" } else { "https" };
    format!("{scheme}://{host}")
}

fn lede(found: &Found) -> String {
    let indicators = counted(
        found.view.indicators.len() as u64,
        "indicator",
        "indicators",
    );
    let rows = counted(found.rows.len() as u64, "row", "rows");
    let years = match (first(&found.rows), last(&found.rows)) {
        (Some(first), Some(last)) if first == last => format!(", {}", in_words(first)),
        (Some(first), Some(last)) => format!(", {} to {}", in_words(first), in_words(last)),
        _ => String::new(),
    };
    let beside = match found.has_locations {
        true => " A table of its own has the rows of locations.",
        false => "",
    };
    format!(
        "{indicators}{years}: {rows} of the network, one figure a row, with its numerator, \
         denominator, status and definition.{beside}"
    )
}

fn first(rows: &[ReleaseRow]) -> Option<&str> {
    rows.iter()
        .min_by_key(|row| &row.period_start)
        .map(|row| &*row.period)
}

fn last(rows: &[ReleaseRow]) -> Option<&str> {
    rows.iter()
        .max_by_key(|row| &row.period_end)
        .map(|row| &*row.period)
}

fn changes(found: &Found) -> String {
    if let Some(gone) = found.repeats {
        return format!(
            "The list of changes is not given any more: it says what release {gone} said, which \
             was withdrawn."
        );
    }
    match found.earlier.is_empty() {
        true => "First release of this dataset.".to_owned(),
        false => "CHANGES.csv lists each cell that differs from the release before.".to_owned(),
    }
}

fn cite(web: &Web, found: &Found) -> String {
    let view = &found.view;
    format!(
        "{}, {}, release {}, {}. LICENCE.txt has the sources and their licences.",
        web.app.network(),
        view.title,
        view.row.id.number,
        found.day
    )
}

/// The purpose of a file of figures; none for one that describes them.
fn purpose(dataset: &str, name: &str) -> Option<&'static str> {
    let rest = name.strip_prefix(dataset)?;
    Some(match rest {
        ".xlsx" => "Excel: figures, dictionary and notes as sheets",
        ".csv" => "R, Python, SAS, SQL: the network. UTF-8, no byte order mark",
        ".parquet" => "DuckDB, Polars, Arrow, Power BI: the network",
        ".json" => "JavaScript and other programs: the network, as the data interface sends it",
        "-locations.csv" | "-locations.parquet" | "-locations.json" => "The rows of locations",
        other if other.ends_with(".zip") => "All files of this release",
        _ => return None,
    })
}

/// The place of a file in the list: people's first, the network before its locations.
fn place(name: &str) -> usize {
    let is_of_locations = name.contains("-locations.");
    let ending = [".xlsx", ".csv", ".parquet", ".json", ".zip"]
        .iter()
        .position(|ending| name.ends_with(ending));
    ending.unwrap_or_default() * 2 + usize::from(is_of_locations)
}

/// Rows of figures that the page shows.
const SAMPLE_ROWS: usize = 6;
