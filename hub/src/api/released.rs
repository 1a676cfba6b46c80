//! Queries of releases: a filter over the rows that went out, each with the bytes that it has in
//! the files of its release. Analysts get these answers alone, and nothing in them but what the
//! files say: a query adds and divides nothing.

pub(super) mod changes;
mod filter;
mod held;
mod lists;
mod need;
mod paging;
mod which;

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{body::Body, http::header, response::Response};
use data_encoding::HEXLOWER;
use futures_core::Stream;
use weft_host::answer::{is_known, is_unwanted, put, with_tag};
use weft_shared::{id::Hasher, model::release::ReleaseId};

use self::{
    filter::Filter,
    paging::Paging,
    which::{Catalogue, Which},
};
pub(super) use self::{
    held::{Held, Shelves},
    lists::{CODES, areas, coverage, file, indicators, list, locations, periods},
    need::need,
};
use super::{
    answer::{Format, Released},
    data,
    problem::Problem,
    query::Query,
    question::{OutThere, Question},
    token,
};
use crate::{
    app::{OfLocations, StreamPlace, Unrecorded},
    query::shown,
    release::{CsvPieces, Part, ReleaseError, ReleaseView},
};

/// A query of rows, parsed as far as that goes without the release.
struct Asked {
    query: Query,
    which: Which,
    paging: Paging,
    format: Format,
    labels: Labels,
}

/// The language of labels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Labels {
    /// As in the files.
    En,
    /// Te reo Māori where the network gave a name, else English.
    Mi,
}

/// The parts of an answer that are known before its first byte.
struct Answer<T> {
    release: ReleaseId,
    /// The filter in words.
    words: String,
    /// Its strong entity tag: a hash of all that it says.
    tag: String,
    /// The cursor of the next page.
    next: Option<String>,
    rows: Unrecorded<T>,
}

/// Answers a query of released rows.
pub(super) async fn rollups(question: &Question) -> Result<Response, Problem> {
    of_releases(rows(question).await)
}

async fn rows(question: &Question) -> Result<Response, Problem> {
    let asked = Asked::read(question, &PARAMETERS, Format::OF_RELEASES)?;
    let format = asked.format;
    let found = question.look(move |out| find(out, &asked)).await?;
    answer(question, format, found, async |part: Part, words, next| {
        Ok(match format {
            Format::Json => part.json(next.as_deref()).into(),
            Format::Csv => Body::from_stream(Pieces(part.csv())),
            Format::Parquet => made(move || part.parquet()).await?,
            Format::Xlsx => made(move || part.xlsx(("Filter", words))).await?,
        })
    })
    .await
}

impl Asked {
    fn read(question: &Question, known: &[&str], formats: &[Format]) -> Result<Self, Problem> {
        let query = Query::read(&question.uri, known)?;
        let format = Format::of(&query, &question.headers, formats)?;
        Ok(Self {
            which: Which::read(&query)?,
            paging: Paging::read(&query, format)?,
            labels: labels(&query)?,
            format,
            query,
        })
    }

    /// The release that is asked for: that of the pages before, or the one that is named.
    fn release<'c>(&self, of: &'c Catalogue) -> Result<&'c ReleaseView, Problem> {
        match self.paging.release() {
            Some(id) => self.which.continued(id, of),
            None => self.which.one(of),
        }
    }
}

fn labels(query: &Query) -> Result<Labels, Problem> {
    match query.one("labels") {
        None | Some("en") => Ok(Labels::En),
        Some("mi") => Ok(Labels::Mi),
        Some(other) => {
            let detail = format!("There are no labels in \"{}\".", shown(other));
            Err(Problem::parameter("labels", detail, ["en", "mi"]))
        }
    }
}

fn find(out: &OutThere<'_>, asked: &Asked) -> Result<Answer<Part>, Problem> {
    let catalogue = Catalogue::of(out)?;
    let view = asked.release(&catalogue)?;
    let held = out.held(view)?;
    let filter = Filter::read(&asked.query, &held.known, Some("network"))?;
    let mut words = filter.words();
    let content = match asked.labels {
        Labels::En => held.content.clone(),
        Labels::Mi => {
            words.push_str(" labels=mi");
            held.in_te_reo()
        }
    };
    let contributors = held.contributors.clone();
    let all = Part::new(content, contributors, |row| filter.takes(row));
    let (len, release) = (all.len(), &view.row.id);
    let from = asked.paging.from(&words, len)?;
    let next = asked.paging.next(release, &words, (from, len));
    let part = all.page(from, asked.paging.most);
    let pieces = part.clone().csv().map(|piece| piece.map_err(data::problem));
    let further = next.as_deref().unwrap_or_default();
    Ok(Answer {
        tag: tag(asked.format, &[&words, further], pieces)?,
        release: release.clone(),
        words,
        next,
        rows: Unrecorded::new(part),
    })
}

/// Sends an answer, once its reading is in the ledger; nothing of it if the client has it already.
async fn answer<T: OfLocations>(
    question: &Question,
    format: Format,
    (found, permit): (Answer<T>, StreamPlace),
    body: impl AsyncFnOnce(T, String, Option<String>) -> Result<Body, Problem>,
) -> Result<Response, Problem> {
    let Answer {
        release,
        words,
        tag,
        next,
        rows,
    } = found;
    if is_unwanted(&question.headers, &tag) {
        // The tag is a hash of the rows, so it is for those who read them and are recorded.
        return Err(Problem::another_version(None));
    }
    let body = match is_known(&question.headers, &tag) {
        true => None,
        false => {
            let subject = format!("{release} {words}");
            let reading = ("read released rows", &*subject);
            let rows = question.shown(reading, rows).await?;
            Some(body(rows, words, next).await?)
        }
    };
    let file = (format != Format::Json).then(|| {
        let (dataset, number) = (&release.dataset, release.number);
        let ending = format.as_str();
        format!("attachment; filename=\"{dataset}-{number}-filtered.{ending}\"")
    });
    let mut response = with_tag(&tag, format.kind(), file.as_deref(), body);
    let described = format!("</data/{release}/dictionary.csv>; rel=\"describedby\"");
    put(&mut response, header::LINK, &described);
    // As long as its client reads, it is one of the few that there may be.
    Ok(token::holding(response, permit))
}

/// Marks what is said of releases: it has no notice that it is not for publication.
fn of_releases(answer: Result<Response, Problem>) -> Result<Response, Problem> {
    let mut response = answer.map_err(Problem::of_releases)?;
    put(&mut response, header::VARY, "accept, authorization, cookie");
    response.extensions_mut().insert(Released);
    Ok(response)
}

/// Makes a file that is nothing before its last row.
async fn made(
    make: impl FnOnce() -> Result<Vec<u8>, ReleaseError> + Send + 'static,
) -> Result<Body, Problem> {
    let made = tokio::task::spawn_blocking(make).await;
    let made = made.unwrap_or_else(|error| Err(ReleaseError::Files(error.to_string())));
    made.map(Body::from).map_err(data::problem)
}

/// The strong entity tag of an answer: of its rows, and of all else that it depends on.
fn tag(
    format: Format,
    words: &[&str],
    pieces: impl Iterator<Item = Result<Vec<u8>, Problem>>,
) -> Result<String, Problem> {
    let mut hasher = Hasher::new("weft/released/1");
    let version = env!("CARGO_PKG_VERSION");
    for word in [version, format.as_str()].iter().chain(words) {
        hasher.add(&(word.len() as u64).to_be_bytes());
        hasher.add(word.as_bytes());
    }
    for piece in pieces {
        hasher.add(&piece?);
    }
    Ok(format!("\"{}\"", HEXLOWER.encode(&hasher.finish()[..16])))
}

impl Catalogue {
    fn of(out: &OutThere<'_>) -> Result<Self, Problem> {
        Ok(Self {
            all: out.releases()?,
            zone: out.zone(),
            now: weft_host::clock::now(),
        })
    }
}

/// CSV as the pieces of a body.
struct Pieces(CsvPieces);

impl Stream for Pieces {
    type Item = Result<Vec<u8>, ReleaseError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}

/// The parameters of a query of rows.
const PARAMETERS: [&str; 12] = [
    "dataset",
    "release",
    "as_of",
    "indicator",
    "level",
    "location",
    "period",
    "breakdown",
    "labels",
    "format",
    "limit",
    "cursor",
];
