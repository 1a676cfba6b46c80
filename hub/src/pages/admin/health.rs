//! The health of the hub: what `weft-hub status` and `weft-hub doctor` say.

use askama::Template;
use axum::{http::StatusCode, response::Response};
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
    findings: Vec<Checked>,
    facts: Vec<(String, String)>,
    table: Table,
}

/// A check and what it found.
struct Checked {
    name: String,
    finding: String,
    ok: bool,
}

pub(super) async fn page(web: Web) -> Result<Response, PageFailure> {
    let status = web.app.read(|at| at.status()).await?;
    let findings = web.app.doctor().await?;
    let wrong = findings.iter().filter(|one| !one.ok).count();
    let facts = status.lines().into_iter();
    let label = (
        "Treatment, may scroll sideways",
        "Each location in the order of codes, with the same columns",
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
