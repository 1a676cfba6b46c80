//! The files of releases: the same bytes at the same address for as long as the release stands.

use std::{collections::BTreeSet, fs, path::Path as FilePath};

use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use weft_host::answer::{is_known, is_unwanted, one_range, put, tagged};
use weft_shared::{
    model::release::{Dataset, ReleaseId, ReleaseState},
    text::sentence,
};

use super::{
    problem::Problem,
    token::{self, Reader},
};
use crate::{
    access::visitor::Visitor,
    app::AppHandle,
    figures::XLSX_TYPE,
    release::{ReleaseError, ReleaseView, Shelf, lists_changes},
};

/// The reader of releases, if one is known.
#[derive(Clone, Debug)]
struct Known(Option<Reader>);

/// Finds out who asks. A stranger may read releases that are open to anybody.
async fn recognise(mut request: Request, next: Next) -> Response {
    let known = match request.extensions().get() {
        Some(Visitor::Here) | None => Some(Reader::here()),
        Some(visitor) => Reader::of(visitor),
    };
    request.extensions_mut().insert(Known(known));
    next.run(request).await
}

/// Returns the routes of files and of their lists.
pub(crate) fn routes(app: &AppHandle) -> Router {
    Router::new()
        .route("/data.json", get(catalogue))
        .route("/data/{dataset}/releases.json", get(releases))
        .route("/data/{dataset}/latest", get(latest))
        .route("/data/{dataset}/latest/{file}", get(latest_file))
        .route("/data/{dataset}/{release}/{file}", get(file))
        .route_layer(middleware::from_fn(recognise))
        .with_state(app.clone())
}

async fn latest(
    State(app): State<AppHandle>,
    Extension(known): Extension<Known>,
    Path(dataset): Path<String>,
) -> Result<Response, Problem> {
    let newest = newest(&app, &known, &dataset).await?;
    Ok(found(&format!("/data/{}/", newest.row.id)))
}

async fn latest_file(
    State(app): State<AppHandle>,
    Extension(known): Extension<Known>,
    Path((dataset, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let newest = newest(&app, &known, &dataset).await?;
    known_file(&app, &newest.row.id, &file)?;
    Ok(found(&format!("/data/{}/{file}", newest.row.id)))
}

/// An address that leads to another one now, and may lead elsewhere tomorrow.
fn found(to: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    put(&mut response, header::LOCATION, to);
    put(&mut response, header::CACHE_CONTROL, "private, no-cache");
    response
}

async fn file(
    State(app): State<AppHandle>,
    Extension(known): Extension<Known>,
    Path((dataset, release, name)): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let id = format!("{dataset}/{release}").parse::<ReleaseId>();
    let id = id.map_err(|bad| Problem::released(StatusCode::NOT_FOUND, bad.to_string()))?;
    let found = app.read({
        let (id, name) = (id.clone(), name.clone());
        move |at| {
            Ok(at.release(&id).and_then(|view| {
                let given = (at.download(&view, Some(&name))?, at.repeated_by(&view)?);
                Ok((given, view))
            }))
        }
    });
    let found = found.await?;
    let reader = match (known.0.clone(), &found) {
        (Some(reader), _) => reader,
        (None, Ok((_, view))) if view.open && view.row.published.is_some() => {
            Reader::of_open(request.extensions().get())
        }
        (None, _) => return Err(Problem::no_token(token::MISSING).of_releases()),
    };
    let ((download, repeated), view) = found.map_err(problem)?;
    match view.row.state {
        ReleaseState::Published => {}
        ReleaseState::Withdrawn => {
            let all = went_out(&app, &known).await?;
            return Err(withdrawn(&view, &all));
        }
        ReleaseState::Proposed | ReleaseState::Dropped => {
            return Err(problem(ReleaseError::Unknown(id)));
        }
    }
    let path = known_file(&app, &id, &name)?;
    if let Some(gone) = repeated.filter(|_| lists_changes(&name)) {
        return Err(repeats(&view, &gone));
    }
    let manifest = view
        .row
        .manifest
        .map_or_else(String::new, |hash| hash.to_string());
    let tag = format!("\"{}-{name}\"", manifest.get(..32).unwrap_or_default());
    if is_unwanted(request.headers(), &tag) {
        return Err(Problem::another_version(Some(&tag)).of_releases());
    }
    let mut response = match is_known(request.headers(), &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => {
            let reading = reader.reads("downloaded", &format!("{id}/{name}"));
            let is_head = request.method() == Method::HEAD;
            let response = send(&path, request, &tag).await?;
            // Nothing of the body is sent yet. A ledger that says too much says nothing.
            if response.status().is_success() && !is_head {
                app.shown(reading, download).await?;
            }
            response
        }
    };
    put(&mut response, header::ETAG, &tag);
    put(&mut response, header::CACHE_CONTROL, "private, no-cache");
    put(&mut response, header::VARY, "authorization, cookie");
    let described = format!("</data/{id}/datapackage.json>; rel=\"describedby\"");
    put(&mut response, header::LINK, &described);
    Ok(response)
}

/// Sends a file, or a range of it. A range of another version is answered with the whole file, and
/// so is one in a header that is to be ignored.
async fn send(path: &FilePath, request: Request, tag: &str) -> Result<Response, Problem> {
    let mut wanted = Request::new(Body::empty());
    *wanted.method_mut() = request.method().clone();
    let same = request
        .headers()
        .get(header::IF_RANGE)
        .is_none_or(|one| one == tag);
    let range = request.headers().get(header::RANGE);
    let range = range.filter(|_| same && request.method() == Method::GET);
    if let Some(range) = range.and_then(one_range) {
        wanted.headers_mut().insert(header::RANGE, range);
    }
    let kind = HeaderValue::from_static(kind(path));
    let sent = ServeFile::new(path).oneshot(wanted).await;
    let sent = sent.unwrap_or_else(|never| match never {});
    if sent.status() == StatusCode::NOT_FOUND {
        return Err(Problem::released(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The hub lost the files of this release. Its operator can put them back from a backup.",
        ));
    }
    if sent.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        return Ok(beyond(path, sent.headers()));
    }
    let mut response = sent.map(Body::new);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// Answers a request for a part that the file does not have.
fn beyond(path: &FilePath, sent: &HeaderMap) -> Response {
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    let detail = format!(
        "This file has {bytes} bytes, counted from 0, and nothing of the range that was asked for. \
         Ask for a part of it, or leave out Range for the whole file."
    );
    let whole = format!("bytes=0-{}", bytes.saturating_sub(1));
    let problem = Problem::released(StatusCode::RANGE_NOT_SATISFIABLE, detail);
    let mut response = problem.about("Range").allowing([whole]).into_response();
    if let Some(range) = sent.get(header::CONTENT_RANGE) {
        let range = range.clone();
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}

fn kind(path: &FilePath) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str());
    match ending {
        Some("csv") => "text/csv; charset=utf-8; header=present",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("xlsx") => XLSX_TYPE,
        Some("json") => "application/json",
        Some("zip") => "application/zip",
        _ => "text/plain; charset=utf-8",
    }
}

/// The path of a file of a release, by the name that the release gave it.
fn known_file(app: &AppHandle, id: &ReleaseId, name: &str) -> Result<std::path::PathBuf, Problem> {
    let names = Shelf::of(app.data_dir()).names(id);
    match names.iter().any(|one| one == name) {
        true => Ok(Shelf::of(app.data_dir()).folder(id).join(name)),
        false => {
            let cut: String = name.chars().take(64).collect();
            let detail = format!("Release {id} has no file \"{cut}\".");
            Err(Problem::released(StatusCode::NOT_FOUND, detail).allowing(names))
        }
    }
}

async fn newest(app: &AppHandle, known: &Known, dataset: &str) -> Result<ReleaseView, Problem> {
    let all = of_dataset(app, known, dataset).await?;
    let mut published = all
        .into_iter()
        .filter(|one| one.row.state == ReleaseState::Published);
    published.next_back().ok_or_else(all_withdrawn)
}

pub(super) fn all_withdrawn() -> Problem {
    let detail = "Every release of this dataset was withdrawn.";
    Problem::released(StatusCode::GONE, detail)
}

/// The releases of a dataset that went out, in the order of the chain.
async fn of_dataset(
    app: &AppHandle,
    known: &Known,
    dataset: &str,
) -> Result<Vec<ReleaseView>, Problem> {
    let all = went_out(app, known).await?;
    let wanted = dataset.parse::<Dataset>().ok();
    let of: Vec<ReleaseView> = all
        .iter()
        .filter(|one| Some(&one.row.id.dataset) == wanted.as_ref())
        .cloned()
        .collect();
    if of.is_empty() {
        let known: BTreeSet<String> = all
            .iter()
            .map(|one| one.row.id.dataset.to_string())
            .collect();
        let cut: String = dataset.chars().take(64).collect();
        let detail =
            format!("There is no dataset \"{cut}\" here; /data.json lists what was released.");
        return Err(Problem::released(StatusCode::NOT_FOUND, detail).allowing(known));
    }
    Ok(of)
}

/// The releases that went out, as far as the reader may know of them.
async fn went_out(app: &AppHandle, Known(reader): &Known) -> Result<Vec<ReleaseView>, Problem> {
    let all = app.read(|at| Ok(at.releases())).await?.map_err(problem)?;
    let mut all: Vec<ReleaseView> = all
        .into_iter()
        .filter(|one| one.row.published.is_some())
        .collect();
    if reader.is_none() {
        all.retain(|one| one.open);
        if all.is_empty() {
            return Err(Problem::no_token(token::MISSING).of_releases());
        }
    }
    Ok(all)
}

async fn releases(
    State(app): State<AppHandle>,
    Extension(known): Extension<Known>,
    Path(dataset): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let all = of_dataset(&app, &known, &dataset).await?;
    let rows: Vec<Value> = all.iter().rev().map(release_json).collect();
    let body = json!({ "dataset": dataset, "releases": rows });
    Ok(tagged(
        &headers,
        "application/json",
        None,
        body.to_string().into_bytes(),
    ))
}

fn release_json(view: &ReleaseView) -> Value {
    let row = &view.row;
    json!({
        "release": row.id.number,
        "title": view.title,
        "state": row.state,
        "published_at": row.published,
        "manifest_sha256": row.manifest,
        "supersedes": view.supersedes,
        "reason": row.reason,
        "url": format!("/data/{}/", row.id),
    })
}

/// The catalogue of datasets (DCAT), for programs that harvest one.
async fn catalogue(
    State(app): State<AppHandle>,
    Extension(known): Extension<Known>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let all = went_out(&app, &known).await?;
    let published = all
        .iter()
        .filter(|one| one.row.state == ReleaseState::Published);
    let mut newest = std::collections::BTreeMap::new();
    for view in published {
        newest.insert(view.row.id.dataset.clone(), view);
    }
    let views: Vec<ReleaseView> = newest.values().map(|view| (*view).clone()).collect();
    let repeating = app.read(move |at| {
        let views = views.into_iter();
        let all = views.map(|view| Ok((at.repeated_by(&view)?.is_some(), view.row.id)));
        Ok(all.collect::<Result<Vec<_>, ReleaseError>>())
    });
    let repeating = repeating.await?.map_err(problem)?;
    let shelf = Shelf::of(app.data_dir());
    let datasets: Vec<Value> = newest
        .into_iter()
        .map(|(dataset, view)| {
            let files = shelf.names(&view.row.id).into_iter();
            let files = files.filter(|name| name.starts_with(dataset.as_str()));
            let repeats = repeating.contains(&(true, view.row.id.clone()));
            let files = files.filter(|name| !repeats || !lists_changes(name));
            let distributions: Vec<Value> = files
                .map(|name| {
                    json!({
                        "@type": "dcat:Distribution",
                        "dcterms:title": name,
                        "dcat:downloadURL": format!("/data/{}/{name}", view.row.id),
                        "dcat:mediaType": kind(FilePath::new(&name)),
                    })
                })
                .collect();
            json!({
                "@type": "dcat:Dataset",
                "dcterms:identifier": dataset,
                "dcterms:title": view.title,
                "dcterms:issued": view.row.published,
                "dcat:version": view.row.id.number,
                "dcat:landingPage": format!("/data/{dataset}"),
                "dcat:distribution": distributions,
            })
        })
        .collect();
    let body = json!({
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dcterms": "http://purl.org/dc/terms/",
        },
        "@type": "dcat:Catalog",
        "dcterms:title": app.network(),
        "dcterms:publisher": app.operator(),
        "dcat:dataset": datasets,
    });
    Ok(tagged(
        &headers,
        "application/ld+json",
        None,
        body.to_string().into_bytes(),
    ))
}

/// The problem of a withdrawn release, with that of `all` which corrects it.
pub(super) fn withdrawn(view: &ReleaseView, all: &[ReleaseView]) -> Problem {
    let reason = view.row.reason.as_deref().unwrap_or_default();
    let corrected = view
        .corrected_by(all)
        .map_or_else(String::new, |id| format!(" Release {id} corrects it."));
    let reason = sentence(reason);
    let detail = format!("Release {} was withdrawn: {reason}{corrected}", view.row.id);
    Problem::released(StatusCode::GONE, detail)
}

/// The problem of a file that repeats figures of a release that was withdrawn after it.
fn repeats(view: &ReleaseView, gone: &ReleaseView) -> Problem {
    let id = &view.row.id;
    let reason = sentence(gone.row.reason.as_deref().unwrap_or_default());
    let detail = format!(
        "This file says what release {} said, and that was withdrawn: {reason} The other files of \
         release {id} stand: take them one by one.",
        gone.row.id
    );
    Problem::released(StatusCode::GONE, detail)
}

/// The problem of a list of all datasets at a moment, if a release of then is gone.
pub(super) fn withdrawn_since(view: &ReleaseView) -> Problem {
    let reason = sentence(view.row.reason.as_deref().unwrap_or_default());
    let detail = format!(
        "Release {} was current then and was withdrawn since: {reason} A list without it would \
         not be whole. Name one of the other datasets, or leave as_of out.",
        view.row.id
    );
    Problem::released(StatusCode::GONE, detail)
}

pub(super) fn problem(error: ReleaseError) -> Problem {
    match error {
        ReleaseError::App(error) => error.into(),
        ReleaseError::Unknown(id) => {
            let detail = format!("There is no release {id}; /data.json lists what was released.");
            Problem::released(StatusCode::NOT_FOUND, detail)
        }
        other => Problem::released(StatusCode::INTERNAL_SERVER_ERROR, other.to_string()),
    }
}
