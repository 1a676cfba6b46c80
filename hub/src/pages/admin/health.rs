//! The health of the hub: what `weft-hub status` and `weft-hub doctor` say.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use weft_shared::text::{capital, counted};

use super::table::{Act, Table};
use crate::{
    app::AppError,
    pages::{
        Web,
        frame::{Frame, PageFailure, html},
    },
    treatment::TREATMENT,
};

#[derive(Template)]
#[template(path = "admin/health.html")]
struct Health {
    frame: Frame,
    lede: String,
    findings: Vec<Checked>,
    facts: Vec<(String, String)>,
    /// None while figures are behind.
    table: Option<Table>,
}

/// A check and what it found.
struct Checked {
    name: String,
    finding: String,
    ok: bool,
}

pub(super) async fn page(web: Web) -> Result<Response, PageFailure> {
    let (status, findings) = web.app.health().await?;
    let wrong = findings.iter().filter(|one| !one.ok).count();
    let facts = status.lines().into_iter();
    let label = (
        "How each location was served, may scroll sideways",
        "Each location in the order of codes, with the same columns",
    );
    // The checks are needed most while figures cannot be counted.
    let table = match web.app.treatment().await {
        Ok(rows) => Some(Table::of(label, &TREATMENT, &rows, &status.zone, None)),
        Err(AppError::Behind { .. } | AppError::Aggregation(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let page = Health {
        frame: Frame::administration(&web, "/health"),
        lede: match wrong {
            0 => "All checks are well.".to_owned(),
            wrong => format!(
                "{} something.",
                counted(wrong, "check needs", "checks need")
            ),
        },
        facts: facts.map(|(name, fact)| (capital(name), fact)).collect(),
        findings: findings
            .into_iter()
            .map(|one| Checked {
                name: capital(one.check),
                finding: capital(&one.finding),
                ok: one.ok,
            })
            .collect(),
        table,
    };
    html(StatusCode::OK, &page)
}
