//! The health of the hub: what `weft-hub status` and `weft-hub doctor` say.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use weft_host::table::Finding;
use weft_shared::text::{capital, counted};

use super::table::{Act, Table};
use crate::{
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
    findings: Vec<Finding>,
    facts: Vec<(String, String)>,
    table: Table,
}

pub(super) async fn page(web: Web) -> Result<Response, PageFailure> {
    let status = web.app.read(|at| at.status()).await?;
    let findings = web.app.doctor().await?;
    let wrong = findings.iter().filter(|one| !one.ok).count();
    let facts = status.lines().into_iter();
    let label = (
        "Treatment, may scroll sideways",
        "Each location, by name, in the same columns",
    );
    let rows = web.app.treatment().await?;
    let table = Table::of(label, &TREATMENT, &rows, &status.zone, None);
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
        findings,
        table,
    };
    html(StatusCode::OK, &page)
}
