//! The ledger: its newest rows, and all of it as a file.

use askama::Template;
use axum::{
    body::Body,
    extract::Query,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use weft_shared::{id::LocationCode, text::sentence};

use super::{
    Said, mendable,
    table::{Act, Row, Table},
};
use crate::{
    app::{AppError, LEDGER, LedgerAsked, READS, ledger_day},
    figures::attachment,
    ledger::Form,
    limits::{LEDGER_KEPT_YEARS, LEDGER_ROWS_MAX},
    pages::{
        Web,
        asked::Asked,
        frame::{Frame, PageFailure, html},
    },
};

/// The parameters of the file.
pub(in crate::pages) const PARAMETERS: &[&str] = &["person", "location", "since", "until"];

#[derive(Template)]
#[template(path = "admin/ledger.html")]
struct Ledger {
    frame: Frame,
    title: String,
    said: Said,
    fields: Vec<Field>,
    /// Each table with its heading.
    tables: [(&'static str, Table); 2],
    rows_max: u32,
    years: i64,
}

/// A field of the form that asks for a file.
struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
}

pub(super) async fn page(web: Web) -> Result<Response, PageFailure> {
    show(&web, Said::default(), &Asked::new()).await
}

async fn show(web: &Web, said: Said, asked: &Asked) -> Result<Response, PageFailure> {
    let found = web.app.read(|at| {
        let (acts, reads) = (at.ledger(LEDGER_ROWS_MAX)?, at.reads(LEDGER_ROWS_MAX)?);
        Ok((acts, reads, at.names(), at.zone()))
    });
    let (acts, reads, names, zone) = found.await?;
    let acts = Table::of(
        ("Table of acts", "Newest first"),
        &LEDGER,
        &acts,
        &zone,
        None,
    )
    .naming("About", &names, is_of_location);
    let reads = Table::of(
        (
            "Table of reads",
            "Newest first. The same within ten minutes is one row.",
        ),
        &READS,
        &reads,
        &zone,
        None,
    )
    .naming("Location", &names, |_| true);
    let field = |(name, label, hint): (&'static str, _, _)| Field {
        name,
        label,
        hint,
        value: asked.get(name).cloned().unwrap_or_default(),
    };
    let page = Ledger {
        frame: Frame::administration(web, "/ledger"),
        title: said.title("Ledger"),
        fields: FIELDS.map(field).into(),
        tables: [("What was done", acts), ("Who read what", reads)],
        rows_max: LEDGER_ROWS_MAX,
        years: LEDGER_KEPT_YEARS,
        said,
    };
    html(page.said.status(), &page)
}

/// Whether an act was done to a location.
fn is_of_location(row: &Row) -> bool {
    let mut cells = row.cells.iter();
    cells.any(|cell| cell.text.starts_with("location ") || cell.text.starts_with("invite "))
}

const FIELDS: [(&str, &str, &str); 4] = [
    (
        "person",
        "Person (optional)",
        "The name with which they sign in",
    ),
    ("location", "Location (optional)", "Its code, such as FN"),
    ("since", "First day (optional)", "Such as 2026-11-01"),
    ("until", "Last day (optional)", "Such as 2026-11-30"),
];

pub(super) async fn file(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let wanted = match read(&asked) {
        Ok(wanted) => wanted,
        Err((field, why)) => return show(&web, Said::problem(field, why), &asked).await,
    };
    let pieces = match web.app.ledger_file(wanted, Form::Csv).await {
        Ok(pieces) => pieces,
        Err(error @ AppError::UnknownLocation { .. }) => {
            return show(&web, mendable(error, "location")?, &asked).await;
        }
        Err(error @ AppError::Person(_)) => {
            return show(&web, mendable(error, "person")?, &asked).await;
        }
        Err(error) => return show(&web, mendable(error, "until")?, &asked).await,
    };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, attachment("ledger", "csv")),
    ];
    let body = Body::from_stream(pieces.begun().await?);
    Ok((StatusCode::OK, headers, body).into_response())
}

/// Reads what is asked for; a field that is empty asks for nothing.
fn read(asked: &Asked) -> Result<LedgerAsked, (&'static str, String)> {
    let text = |name: &str| {
        let text = asked.get(name).map(|text| text.trim());
        text.filter(|text| !text.is_empty())
    };
    let day = |name: &'static str| {
        let day = text(name).map(ledger_day).transpose();
        day.map_err(|why| (name, sentence(&why)))
    };
    let location = text("location").map(LocationCode::parse).transpose();
    Ok(LedgerAsked {
        person: text("person").map(str::to_owned),
        location: location.map_err(|error| ("location", sentence(&error.to_string())))?,
        since: day("since")?,
        until: day("until")?,
    })
}
