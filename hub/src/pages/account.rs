//! `/account`: what a person signs in with, and where they are signed in.

use askama::Template;
use axum::{
    Form,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use weft_host::clock;
use weft_shared::time::{Timestamp, Zone};

use super::{
    Web,
    frame::{Frame, PageFailure, html},
};
use crate::access::visitor::Signed;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    signed: Signed,
    roles: String,
    credentials: Vec<String>,
    sessions: Vec<SessionLine>,
}

struct SessionLine {
    number: i64,
    purpose: String,
    when: String,
    is_this: bool,
}

/// A form that names a session.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Numbered {
    #[serde(default)]
    number: String,
}

pub(super) async fn page(web: Web) -> Result<Response, PageFailure> {
    let Some(signed) = web.visitor.signed().cloned() else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let (person, now) = (signed.person, clock::now());
    let found = web
        .app
        .read(move |at| Ok((at.account(person, now)?, at.zone())));
    let (account, zone) = found.await?;
    let credentials = account.credentials.iter().map(|one| {
        let used = one.used.map_or_else(
            || "not used yet".to_owned(),
            |at| format!("used {}", moment(at, &zone)),
        );
        format!("{}: made {}, {used}", one.label, moment(one.created, &zone))
    });
    let sessions = account.sessions.into_iter().map(|one| SessionLine {
        number: one.number,
        purpose: one.purpose,
        when: format!(
            "since {}, last used {}",
            moment(one.began, &zone),
            moment(one.used, &zone)
        ),
        is_this: one.number == signed.session,
    });
    let page = AccountPage {
        frame: Frame::entrance(&web),
        roles: signed.roles.to_string().replace(' ', ", "),
        credentials: credentials.collect(),
        sessions: sessions.collect(),
        signed,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn end_session(
    web: Web,
    Form(form): Form<Numbered>,
) -> Result<Response, PageFailure> {
    if let (Some(signed), Ok(session)) = (web.visitor.signed(), form.number.parse()) {
        web.app.end_session(signed, session).await?;
    }
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/account")]).into_response())
}

fn moment(at: Timestamp, zone: &Zone) -> String {
    zone.minute(at)
}
