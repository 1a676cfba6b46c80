//! `/investment`: do need, priority, work and money meet? The matrix of outcomes and locations, and
//! one outcome in full.

mod matrix;

use askama::Template;
use axum::{
    extract::{MatchedPath, Path, Query},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_host::{chart::Mark, clock};
use weft_shared::{alignment::sight::not_counted, id::LocationCode, period::Period, time::Zone};

use self::matrix::{Band, Head, OwnLine, band, bands, heads, own_lines};
use super::{
    Web, asked, csv,
    frame::{Frame, PageFailure, PageLink, Past, html},
    money::stated_years,
};
use crate::{
    app::{AppError, Counted, Moment, Unrecorded},
    sight::{
        EXPLAINED, Explained, IDENTITY, Identity, NEEDS, QUESTIONS, SIGHT, SightAsked, SightView,
        answer_words, as_of_words,
    },
};

#[derive(Template)]
#[template(path = "investment.html")]
struct Page {
    frame: Frame,
    eyebrow: String,
    /// The fields of the form: the period, and the day of the past.
    period: String,
    day: String,
    heads: Vec<Head>,
    bands: Vec<Band>,
    /// The outcomes that one location named each.
    own: Vec<OwnLine>,
    priority_mark: String,
    shared_mark: String,
    not_counted: String,
    questions: Vec<Line>,
    identity: Vec<Identity>,
    /// The years for which money is stated, and the last of them.
    years: Option<(Period, Period)>,
    coverage: Vec<String>,
    gone: Option<String>,
    /// The parameters at the end of files' addresses.
    query: String,
}

#[derive(Template)]
#[template(path = "investment-outcome.html")]
struct OutcomePage {
    frame: Frame,
    eyebrow: String,
    title: String,
    heads: Vec<Head>,
    bands: Vec<Band>,
    priority_mark: String,
    shared_mark: String,
    not_counted: String,
    questions: Vec<Line>,
    cells: Vec<CellLines>,
    gone: Option<String>,
    /// The address of the whole matrix, and the parameters of files' addresses.
    back: String,
    query: String,
    code: String,
}

/// A question with its answers, in words.
struct Line {
    outcome: String,
    location: String,
    question: &'static str,
    answers: Vec<String>,
}

/// The content of one cell.
struct CellLines {
    location: String,
    name: String,
    /// The computed lines, by mark.
    sums: Vec<(&'static str, String)>,
    /// The stated lines, by mark, each with the one who stated it.
    entries: Vec<(&'static str, String, String)>,
    /// Number of entries that only the file lists.
    more: usize,
}

/// Entries of a cell that the page lists; the file has all of them.
const ENTRIES_LISTED_MAX: usize = 200;

/// The cells that an address asks for.
#[derive(Clone, Debug)]
struct Asked {
    sight: SightAsked,
    moment: Option<Moment>,
}

impl Asked {
    fn of(asked: &asked::Asked) -> Result<Self, AppError> {
        let text = |name: &str| asked.get(name).filter(|text| !text.is_empty());
        let wrong = |error: &dyn std::fmt::Display| AppError::NoMoment(error.to_string());
        let period = text("period")
            .map(|text| text.parse::<Period>())
            .transpose();
        let location = text("location")
            .map(|text| text.parse::<LocationCode>())
            .transpose();
        // A form sends an empty day for the present.
        let mut known = asked.clone();
        known.retain(|_, value| !value.is_empty());
        Ok(Self {
            sight: SightAsked {
                period: period.map_err(|error| wrong(&error))?,
                outcome: text("outcome").cloned(),
                location: location.map_err(|error| wrong(&error))?,
            },
            moment: asked::moment(&known)?,
        })
    }

    /// The parameters of a file's address, with its question mark.
    fn query(&self, outcome: Option<&str>) -> String {
        let location = self.sight.location.as_ref().map(ToString::to_string);
        let period = self.sight.period.map(|period| period.to_string());
        let fields = [
            ("outcome", outcome.map(str::to_owned)),
            ("location", location),
            ("period", period),
            ("as_of", self.moment.map(|moment| moment.to_string())),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| {
            let value = value?;
            Some(format!(
                "{name}={}",
                utf8_percent_encode(&value, NON_ALPHANUMERIC)
            ))
        });
        let fields: Vec<String> = fields.collect();
        match fields.is_empty() {
            true => String::new(),
            false => format!("?{}", fields.join("&")),
        }
    }
}

/// Something that is not there, or what was found.
enum Found<T> {
    There(T),
    Not(String),
}

/// Tells an error of the address from one of the hub.
fn found<T>(result: Result<T, AppError>) -> Result<Found<T>, AppError> {
    match result {
        Ok(found) => Ok(Found::There(found)),
        Err(error @ (AppError::NoFigure(_) | AppError::UnknownLocation { .. })) => {
            Ok(Found::Not(weft_shared::text::sentence(&error.to_string())))
        }
        Err(error) => Err(error),
    }
}

fn not_there(frame: Frame, why: &str) -> Result<Response, PageFailure> {
    let links = vec![PageLink::new("/investment", "Line of sight")];
    frame.message(StatusCode::NOT_FOUND, "There is nothing here", why, links)
}

pub(super) async fn page(
    web: Web,
    Query(asked): Query<asked::Asked>,
) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web, "/investment");
    let asked = Asked::of(&asked)?;
    let of = asked.clone();
    let read = web.app.counted(move |now| {
        let at = now.at(of.moment)?;
        Ok((found(at.sight(&of.sight))?, Past::of(&at, of.moment)))
    });
    let (seen, past) = read.await?;
    frame.past = past;
    let seen = match seen {
        Found::There(seen) => seen,
        Found::Not(why) => return not_there(frame, &why),
    };
    let view = web.app.shown(web.reading("/investment"), seen).await?;
    name_sources(&mut frame, &view);
    let query = asked.query(None);
    let page = Page {
        eyebrow: weft_shared::text::capital(&as_of_words(&view)),
        period: view.period.to_string(),
        day: match asked.moment {
            Some(Moment::EndOf(day)) => day.to_string(),
            Some(Moment::At(_)) | None => String::new(),
        },
        heads: heads(&view),
        bands: bands(&view, &query),
        own: own_lines(&view, &query),
        priority_mark: Mark::DiamondFull.svg(),
        shared_mark: Mark::Half.svg(),
        not_counted: not_counted(view.period, view.today()),
        questions: lines(&view),
        identity: view.identity(),
        years: stated_years(&view.aligned),
        coverage: coverage(&view),
        gone: view.gone_words(),
        query,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// Serves one outcome in full, or what it is made of as a file if the code ends in `.csv`.
pub(super) async fn outcome(
    web: Web,
    Path(code): Path<String>,
    Query(asked): Query<asked::Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web, "/investment");
    let mut asked = Asked::of(&asked)?;
    let (code, is_file) = match code.strip_suffix(".csv") {
        Some(code) => (code.to_owned(), true),
        None => (code, false),
    };
    asked.sight.outcome = Some(code.clone());
    let of = asked.clone();
    let read = web.app.counted(move |now| {
        let at = now.at(of.moment)?;
        let seen = found(whole(&at, &of.sight))?;
        Ok((seen, Past::of(&at, of.moment), at.zone()))
    });
    let (seen, past, zone) = read.await?;
    frame.past = past;
    let seen = match seen {
        Found::There(seen) => seen,
        Found::Not(why) => return not_there(frame, &why),
    };
    let reading = web.reading(&format!("/investment/{code}"));
    let (view, explained) = web.app.shown(reading, seen).await?;
    if is_file {
        return Ok(csv::list("line-of-sight", &EXPLAINED, &explained, &headers));
    }
    name_sources(&mut frame, &view);
    let query = asked.query(Some(&code));
    let rows = &view.sight.rows;
    if rows.is_empty() {
        return not_there(frame, "The outcome has no row in this period.");
    }
    let titles: Vec<String> = rows.iter().map(matrix::title).collect();
    let band = |row| Band {
        // The title is no link to the page that it stands on.
        page: None,
        ..band(&view, row, &asked.query(None))
    };
    let page = OutcomePage {
        eyebrow: weft_shared::text::capital(&as_of_words(&view)),
        title: titles.join("; "),
        heads: heads(&view),
        bands: rows.iter().map(band).collect(),
        priority_mark: Mark::DiamondFull.svg(),
        shared_mark: Mark::Half.svg(),
        not_counted: not_counted(view.period, view.today()),
        questions: lines(&view),
        cells: cells(&view, &explained, &zone),
        gone: view.gone_words(),
        back: format!("/investment{}", asked.query(None)),
        query,
        code,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// One outcome with all that its cells are made of.
fn whole(
    at: &Counted<'_>,
    asked: &SightAsked,
) -> Result<Unrecorded<(SightView, Vec<Explained>)>, AppError> {
    let view = at.sight(asked)?.unshown();
    let explained = at.explain_sight(asked)?.unshown();
    Ok(Unrecorded::new((view, explained)))
}

/// Serves the tables of the page as files.
pub(super) async fn file(
    web: Web,
    path: MatchedPath,
    Query(asked): Query<asked::Asked>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let asked = Asked::of(&asked)?;
    let read = web
        .app
        .counted(move |now| found(now.at(asked.moment)?.sight(&asked.sight)));
    let seen = match read.await? {
        Found::There(seen) => seen,
        Found::Not(why) => return not_there(Frame::national(&web, "/investment"), &why),
    };
    let path = path.as_str().to_owned();
    let view = web.app.shown(web.reading(&path), seen).await?;
    Ok(match path.as_str() {
        "/investment/need.csv" => csv::list("need", &NEEDS, &view.needs(), &headers),
        "/investment/questions.csv" => {
            csv::list("questions", &QUESTIONS, &view.questions, &headers)
        }
        "/investment/sum.csv" => csv::list("money", &IDENTITY, &view.identity(), &headers),
        _ => csv::list("line-of-sight", &SIGHT, &view.lines(), &headers),
    })
}

fn name_sources(frame: &mut Frame, view: &SightView) {
    let definitions: Vec<_> = view.definitions.values().cloned().collect();
    frame.name_definitions(&definitions, view.definitions.keys());
}

fn lines(view: &SightView) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for raised in &view.questions {
        let line = Line {
            outcome: raised.outcome.clone(),
            location: raised.question.location.to_string(),
            question: raised.question.asked.question(),
            answers: raised.answers.iter().map(answer_words).collect(),
        };
        // A question that no location has answered is one row, with all whom it is put to.
        let same = |known: &&mut Line| {
            known.answers.is_empty()
                && (&known.outcome, known.question) == (&line.outcome, line.question)
        };
        match lines
            .iter_mut()
            .find(same)
            .filter(|_| line.answers.is_empty())
        {
            Some(known) => known.location.push_str(&format!(", {}", line.location)),
            None => lines.push(line),
        }
    }
    lines
}

/// A line for each location: when the hub last heard from it.
fn coverage(view: &SightView) -> Vec<String> {
    let lines = view.received.iter().map(|(code, day)| {
        let heard = match day {
            Some(day) => format!("last received on {}", weft_shared::period::day_words(*day)),
            None => "nothing received yet".to_owned(),
        };
        let beyond = view.aligned.books().beyond(code);
        let beyond: Vec<&LocationCode> = beyond.iter().collect();
        let others = match beyond.as_slice() {
            [] => String::new(),
            codes => format!(
                "; its money is stated by others, too: {}",
                weft_shared::text::listed(codes, usize::MAX)
            ),
        };
        format!("{code}: {heard}{others}")
    });
    lines.collect()
}

/// The content of the cells, a location each.
fn cells(view: &SightView, explained: &[Explained], zone: &Zone) -> Vec<CellLines> {
    let now = clock::now();
    let same = |a: &Explained, b: &Explained| a.location == b.location;
    let cells = explained.chunk_by(same).map(|of_cell| {
        let sums = of_cell.iter().filter(|one| one.source.is_none());
        let stated = of_cell.iter().filter_map(|one| {
            let source = one.source.as_ref()?;
            let at = source.at.map(|at| zone.told(at, now)).unwrap_or_default();
            let entry = source.entry.map(|n| format!(", entry {n}"));
            let entry = entry.unwrap_or_default();
            let who = format!("{}, {}, {at}{entry}", source.team, source.device);
            Some((one.part, one.what.clone(), who))
        });
        let mut entries: Vec<_> = stated.collect();
        let more = entries.len().saturating_sub(ENTRIES_LISTED_MAX);
        entries.truncate(ENTRIES_LISTED_MAX);
        CellLines {
            location: of_cell[0].location.to_string(),
            name: view.column(&of_cell[0].location),
            sums: sums.map(|one| (one.part, one.what.clone())).collect(),
            entries,
            more,
        }
    });
    cells.collect()
}
