//! `/report`: what to tell the minister, a funder and the people of the places about a period, to
//! read and print, and as files.

mod chart;
pub(crate) mod file;
mod make;
mod missing;
mod money;
mod place;
pub(crate) mod read;
mod reader;
mod section;

use askama::Template;
use axum::{
    body::Body,
    extract::Query,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_shared::period::Period;

use self::{
    make::make,
    section::{Part, Report},
};
pub(crate) use self::{read::Wanted, reader::Reader};
use super::{
    Web,
    asked::{self, Asked},
    frame::{Frame, PageFailure, Past, html},
};
use crate::app::{AppError, Moment};

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    frame: Frame,
    readers: Vec<Choice>,
    period: String,
    /// The fault of what was asked for.
    error: Option<String>,
    report: Option<Report>,
    /// A sentence for the national team alone; empty if all may go out.
    left_out: String,
    /// The address of the files.
    file: String,
    /// The folder of the pictures; none on the page, which has drawings.
    pictures: Option<&'static str>,
}

struct Choice {
    word: &'static str,
    label: &'static str,
    chosen: bool,
}

/// A question, as far as it can be read.
struct Question {
    reader: Reader,
    period: Option<Period>,
    moment: Option<Moment>,
    error: Option<String>,
}

impl Question {
    fn of(asked: &Asked) -> Result<Self, AppError> {
        let text = |name: &str| asked.get(name).map_or("", |text| text.trim());
        let reader = match text("for") {
            "" => Ok(Reader::Minister),
            word => word.parse(),
        };
        let period = match text("period") {
            "" => Ok(None),
            word => word.to_ascii_uppercase().parse().map(Some),
        };
        let error = [reader.as_ref().err(), period.as_ref().err()];
        let error: Vec<String> = error
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        Ok(Self {
            reader: reader.unwrap_or(Reader::Minister),
            period: period.ok().flatten(),
            moment: asked::moment(asked)?,
            error: (!error.is_empty()).then(|| error.join("; ")),
        })
    }
}

pub(super) async fn page(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let mut frame = Frame::national(&web, "/report");
    // A report is made for others, of what was released.
    frame.travel = String::new();
    let question = Question::of(&asked)?;
    let (reader, moment, mut error) = (question.reader, question.moment, question.error);
    let app = web.app.clone();
    let found = web.app.counted(move |now| {
        let at = now.at(moment)?;
        let period = question
            .period
            .unwrap_or_else(|| Period::fiscal_year(at.today()));
        let wanted = Wanted::of(&app, reader, period);
        let past = Past::of(&at, moment);
        match read::read(&at, &wanted) {
            Ok(found) => Ok((wanted, past, Some(found), None)),
            Err(AppError::NoFigure(why)) => Ok((wanted, past, None, Some(why))),
            Err(other) => Err(other),
        }
    });
    let (wanted, past, found, refused) = found.await?;
    frame.past = past;
    error = error.or(refused);
    let found = found.filter(|_| error.is_none());
    let content = match found {
        Some(found) => Some(web.app.shown(web.reading("/report"), found).await?),
        None => None,
    };
    let typed = asked.get("period").cloned();
    let period = typed
        .filter(|_| error.is_some())
        .unwrap_or_else(|| wanted.period.to_string());
    let labels = ["a minister", "those who fund", "the people of the places"];
    let readers = Reader::ALL
        .into_iter()
        .zip(labels)
        .map(|(one, label)| Choice {
            word: one.word(),
            label,
            chosen: one == reader,
        });
    let status = match error {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let address = format!(
        "/report.zip?for={reader}&period={}",
        utf8_percent_encode(&wanted.period.to_string(), NON_ALPHANUMERIC)
    );
    let page = Page {
        frame,
        readers: readers.collect(),
        period: period.chars().take(PERIOD_CHARS_MAX).collect(),
        error,
        left_out: content
            .as_ref()
            .map_or_else(String::new, |one| left_out(one.left_out)),
        report: content.map(|content| make(&content, &wanted)),
        file: asked::with_moment(&address, moment),
        pictures: None,
    };
    html(status, &page)
}

/// Answers with the files of a report in one archive.
pub(super) async fn zip(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let question = Question::of(&asked)?;
    if let Some(why) = question.error {
        return Err(AppError::NoMoment(why).into());
    }
    let app = web.app.clone();
    let found = web.app.counted(move |now| {
        let at = now.at(question.moment)?;
        let period = question
            .period
            .unwrap_or_else(|| Period::fiscal_year(at.today()));
        let wanted = Wanted::of(&app, question.reader, period);
        let found = read::read(&at, &wanted).map_err(|error| match error {
            AppError::NoFigure(why) => AppError::NoMoment(why),
            other => other,
        })?;
        Ok::<_, AppError>((wanted, found))
    });
    let (wanted, found) = found.await?;
    let content = web.app.shown(web.reading("/report.zip"), found).await?;
    let files = file::files(&content, &wanted)?;
    let bytes = file::zipped(&files, &content, &wanted);
    let bytes = bytes.map_err(|error| PageFailure::Page(error.to_string()))?;
    let name = format!("attachment; filename=\"{}.zip\"", wanted.name());
    let head = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((head, Body::from(bytes)).into_response())
}

/// A sentence about what is not in a report, for the national team alone.
pub(crate) fn left_out(records: usize) -> String {
    match records {
        0 => String::new(),
        1 => {
            "1 record of the period is not in it, because it is not released: a location’s or our \
              own. Readers are not told."
                .to_owned()
        }
        more => format!(
            "{more} records of the period are not in it, because they are not released: locations’ \
             and our own. Readers are not told."
        ),
    }
}

/// Maximum characters of a period that is shown again.
const PERIOD_CHARS_MAX: usize = 40;
