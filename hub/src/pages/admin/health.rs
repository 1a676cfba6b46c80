//! The health of the hub: what `weft-hub status` and `weft-hub doctor` say.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use weft_host::table::Finding;
use weft_shared::text::{capital, counted};

use crate::pages::{
    Web,
    frame::{Frame, PageFailure, html},
};

#[derive(Template)]
#[template(path = "admin/health.html")]
struct Health {
    frame: Frame,
    lede: String,
    findings: Vec<Finding>,
    facts: Vec<(String, String)>,
}

pub(super) async fn page(web: Web) -> Result<Response, PageFailure> {
    let status = web.app.read(|at| at.status()).await?;
    let findings = web.app.doctor().await?;
    let wrong = findings.iter().filter(|one| !one.ok).count();
    let facts = status.lines().into_iter();
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
    };
    html(StatusCode::OK, &page)
}
