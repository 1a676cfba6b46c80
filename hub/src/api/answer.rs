//! An answer with data: its format, its strong entity tag, and 304 if nothing has changed.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use weft_host::answer::{is_unwanted, put, tagged, with_tag};
use weft_shared::time::Timestamp;

use super::{problem::Problem, query::Query};
use crate::figures::{NOTICE, attachment, stream::Pieces, workbook::XLSX_TYPE};
use crate::query::shown;

/// The format of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Csv,
    /// A workbook: of figures only.
    Xlsx,
    Json,
    /// Columns for programs: of released rows only.
    Parquet,
}

impl Format {
    /// The formats of a list.
    pub(crate) const OF_LISTS: &[Self] = &[Self::Csv, Self::Json];
    /// The formats of live figures.
    pub(crate) const OF_FIGURES: &[Self] = &[Self::Csv, Self::Json, Self::Xlsx];
    /// The formats of released rows.
    pub(crate) const OF_RELEASES: &[Self] = &[Self::Csv, Self::Json, Self::Parquet, Self::Xlsx];

    /// The word for it, which is the ending of its files as well.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::Parquet => "parquet",
        }
    }

    /// Its media type.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Csv => CSV_TYPE,
            Self::Xlsx => XLSX_TYPE,
            Self::Json => "application/json",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// The number of rows of one page: all of them in a file; in JSON `limit`, 1 to 1,000.
    ///
    /// # Errors
    /// Returns a problem if `limit` is no such number, or if `limit` or `cursor` is given for a
    /// file.
    pub(crate) fn rows_max(self, query: &Query) -> Result<usize, Problem> {
        if self != Self::Json {
            let mut names = ["limit", "cursor"].into_iter();
            return match names.find(|name| query.one(name).is_some()) {
                Some(name) => {
                    let detail = "A file always has every row: limit and cursor are for JSON.";
                    Err(Problem::parameter(name, detail, [""; 0]))
                }
                None => Ok(usize::MAX),
            };
        }
        match query.one("limit").map(str::parse) {
            None => Ok(ROWS_DEFAULT),
            Some(Ok(limit)) if (1..=ROWS_MAX).contains(&limit) => Ok(limit),
            Some(_) => {
                let detail = "limit is the number of rows of one page.";
                let allowed = [format!("1..{ROWS_MAX}")];
                Err(Problem::parameter("limit", detail, allowed))
            }
        }
    }

    /// Reads the parameter `format`, which may be one of these; without one, chooses from what the
    /// client accepts.
    pub(crate) fn of(
        query: &Query,
        headers: &HeaderMap,
        allowed: &[Self],
    ) -> Result<Self, Problem> {
        match query.one("format") {
            Some(word) => {
                let mut known = allowed.iter().copied();
                let found = known.find(|format| format.as_str() == word);
                found.ok_or_else(|| {
                    let detail = format!("There is no format \"{}\".", shown(word));
                    let words = allowed.iter().map(|format| format.as_str());
                    Problem::parameter("format", detail, words)
                })
            }
            None => Self::accepted(headers, allowed),
        }
    }

    /// The one of these that the client accepts most, and of several alike the first in
    /// [`PREFERRED`](Self::PREFERRED).
    fn accepted(headers: &HeaderMap, allowed: &[Self]) -> Result<Self, Problem> {
        let lines = headers.get_all(header::ACCEPT).iter();
        let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
        let accept = lines.join(",");
        let preferred = Self::PREFERRED.into_iter();
        let preferred = preferred.filter(|format| allowed.contains(format));
        let mut best = None;
        for format in preferred {
            let quality = match accept.trim().is_empty() {
                true => 1.0,
                false => quality(&accept, format.kind()),
            };
            if quality > best.map_or(0.0, |(most, _)| most) {
                best = Some((quality, format));
            }
        }
        best.map(|(_, format)| format).ok_or_else(|| {
            let detail = "This is in none of the media types that Accept asks for.";
            let kinds = allowed.iter().map(|format| bare(format.kind()).to_owned());
            Problem::not_acceptable(detail).allowing(kinds)
        })
    }

    /// All of them, the one first that is sent to a client to which all are alike.
    const PREFERRED: [Self; 4] = [Self::Json, Self::Csv, Self::Parquet, Self::Xlsx];
}

/// The weight that a client gives to a media type, from 0 to 1: that of the most specific of its
/// ranges that has it (RFC 9110, 12.5.1).
fn quality(accept: &str, kind: &str) -> f32 {
    let kind = bare(kind);
    let group = kind.split('/').next();
    let ranges = unquoted(accept, ',').filter_map(|range| {
        let name = bare(range).to_ascii_lowercase();
        let rank = match name.strip_suffix("/*") {
            _ if name == kind => 2,
            Some("*") => 0,
            Some(all) if Some(all) == group => 1,
            Some(_) | None => return None,
        };
        let mut parameters = unquoted(range, ';').skip(1).map(str::trim);
        let weight = parameters.find_map(|one| one.strip_prefix(['q', 'Q'])?.strip_prefix('='));
        let weight = weight.and_then(|text| text.parse().ok());
        let weight = weight.filter(|weight| (0.0..=1.0).contains(weight));
        Some((rank, weight.unwrap_or(1.0)))
    });
    let most = ranges.max_by_key(|(rank, _)| *rank);
    most.map_or(0.0, |(_, weight)| weight)
}

/// The pieces of a header between marks that are outside quotes (RFC 9110, 5.6.4).
fn unquoted(text: &str, mark: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |one| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match one {
            '"' if !was_escaped => is_quoted = !is_quoted,
            '\\' if is_quoted => is_escaped = !was_escaped,
            _ => {}
        }
        !is_quoted && one == mark
    })
}

/// A media type without its parameters.
fn bare(kind: &str) -> &str {
    kind.split(';').next().unwrap_or(kind).trim()
}

/// Answers a request for another version alone than the one that there is. It comes after the
/// answer is made: before that, no one knows which version it is.
pub(crate) async fn wanted(request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let response = next.run(request).await;
    let tag = response.headers().get(header::ETAG);
    let tag = tag.and_then(|tag| tag.to_str().ok());
    match tag.filter(|tag| is_unwanted(&headers, tag)) {
        Some(tag) => {
            let mut problem = Problem::another_version(Some(tag));
            if response.extensions().get::<Released>().is_some() {
                problem = problem.of_releases();
            }
            problem.into_response()
        }
        None => response,
    }
}

/// Returns rows as JSON objects, with the cursor of the page after them.
pub(crate) fn json(
    rows: impl Iterator<Item = Value>,
    next: Option<String>,
    headers: &HeaderMap,
) -> Response {
    let body = json!({
        "data": rows.collect::<Vec<_>>(),
        "next": next,
        "notice": NOTICE,
    });
    let body = body.to_string().into_bytes();
    described(tagged(headers, "application/json", None, body))
}

/// Returns a CSV file for machines.
pub(crate) fn csv(name: &str, body: Vec<u8>, headers: &HeaderMap) -> Response {
    let file = attachment(name, "csv");
    described(tagged(headers, CSV_TYPE, Some(&file), body))
}

/// Returns a file that is written while it is read; nothing of it if the client has it already.
pub(crate) fn file_stream(
    (name, format): (&str, Format),
    tag: &str,
    pieces: Option<Pieces>,
) -> Response {
    let body = pieces.map(Body::from_stream);
    let file = attachment(name, format.as_str());
    described(with_tag(tag, format.kind(), Some(&file), body))
}

/// Adds the moment of the past as of which the answer is.
pub(super) fn dated(mut response: Response, as_of: Option<Timestamp>) -> Response {
    if let Some(moment) = as_of {
        put(&mut response, AS_OF, &moment.rfc3339());
    }
    response
}

/// The mark of an answer from releases, which may be published: it has no notice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Released;

fn described(mut response: Response) -> Response {
    put(&mut response, header::LINK, DESCRIBED_BY);
    response
}

const DESCRIBED_BY: &str = "</openapi.json>; rel=\"describedby\"";
const CSV_TYPE: &str = "text/csv; charset=utf-8; header=present";
/// Rows of one JSON page if the request does not say.
const ROWS_DEFAULT: usize = 500;
/// Maximum number of rows in one JSON page.
const ROWS_MAX: usize = 1_000;
/// The moment of the figures, if they are of the past.
const AS_OF: HeaderName = HeaderName::from_static("weft-as-of");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_the_one_that_the_client_accepts_most() {
        let chosen = |accept: &str| {
            let headers = [(header::ACCEPT, accept.parse().unwrap())];
            Format::accepted(&headers.into_iter().collect(), Format::OF_RELEASES).ok()
        };
        let parquet = Format::Parquet.kind();
        for (accept, format) in [
            ("", Some(Format::Json)),
            ("*/*", Some(Format::Json)),
            ("text/html, */*;q=0.1", Some(Format::Json)),
            ("text/csv", Some(Format::Csv)),
            ("text/*", Some(Format::Csv)),
            ("text/csv, application/json", Some(Format::Json)),
            ("text/csv, application/json;q=0.5", Some(Format::Csv)),
            ("Text/CSV;header=present , */*;q=0.5", Some(Format::Csv)),
            (parquet, Some(Format::Parquet)),
            ("application/*;q=0.2, text/csv;q=0.1", Some(Format::Json)),
            ("*/*, application/json;q=0", Some(Format::Csv)),
            // A mark within quotes divides nothing.
            (
                "text/html;a=\", text/csv\", text/csv;q=0.1",
                Some(Format::Csv),
            ),
            ("text/html;a=\", text/csv\"", None),
            (
                "text/csv;a=\"\\\",\";q=0, application/*;q=0.1",
                Some(Format::Json),
            ),
            (
                "text/csv;a=\";q=0\", application/json;q=0.5",
                Some(Format::Csv),
            ),
            // A weight that is none counts as all.
            ("text/csv;q=inf, application/json", Some(Format::Json)),
            ("text/csv;q=NaN, application/json;q=0.5", Some(Format::Csv)),
            ("text/csv;q=-1, application/json;q=2", Some(Format::Json)),
            ("text/html", None),
            ("application/json;q=0", None),
        ] {
            assert_eq!(chosen(accept), format, "{accept}");
        }
        let live = Format::accepted(
            &[(header::ACCEPT, parquet.parse().unwrap())]
                .into_iter()
                .collect(),
            Format::OF_FIGURES,
        );
        let problem = format!("{:?}", live.unwrap_err());
        assert!(
            problem.contains("406") && problem.contains("text/csv"),
            "{problem}"
        );
    }
}
