//! `/account`: what a person signs in with, where they are signed in, and their tokens.

mod tokens;

use askama::Template;
use axum::{
    Form,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use weft_host::clock;
use weft_shared::text::sentence;

use self::tokens::Tokens;
pub(super) use self::tokens::{make_token, revoke_token};
use super::{
    Web,
    frame::{Frame, PageFailure, html},
    invite::{SaidByPasskey, refused},
    nothing_here,
    words::minute,
};
use crate::{
    access::visitor::Signed,
    app::{EnrolError, Offer},
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    signed: Signed,
    roles: String,
    credentials: Vec<CredentialLine>,
    sessions: Vec<SessionLine>,
    tokens: Tokens,
    offer: Option<Offer>,
    problem: String,
}

struct CredentialLine {
    number: i64,
    words: String,
    may_end: bool,
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
    show(&web, String::new(), Tokens::default()).await
}

async fn show(web: &Web, problem: String, mut tokens: Tokens) -> Result<Response, PageFailure> {
    let Some(signed) = web.visitor.signed().cloned() else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let (person, now) = (signed.person, clock::now());
    let found = web
        .app
        .read(move |at| Ok((at.account(person, now)?, at.zone())));
    let (account, zone) = found.await?;
    tokens.list(&signed, &account.tokens, &zone);
    let is_last = account.credentials.len() == 1;
    let credentials = account.credentials.iter().map(|one| {
        let used = one.used.map_or_else(
            || "not used yet".to_owned(),
            |at| format!("used {}", minute(at, &zone)),
        );
        CredentialLine {
            number: one.number,
            words: sentence(&format!(
                "{}: made {}, {used}",
                one.label,
                minute(one.created, &zone)
            )),
            may_end: one.is_passkey && !is_last && signed.fresh && signed.by_passkey,
        }
    });
    let sessions = account.sessions.into_iter().map(|one| SessionLine {
        number: one.number,
        purpose: one.purpose,
        when: format!(
            "since {}, last used {}",
            minute(one.began, &zone),
            minute(one.used, &zone)
        ),
        is_this: one.number == signed.session,
    });
    let whose = (signed.person, signed.name.as_str());
    // A stolen password and one code must not become a passkey.
    let offer = match signed.fresh && signed.by_passkey {
        true => {
            web.app
                .offer_passkey(&web.site, &made_for(&signed), whose)
                .await?
        }
        false => None,
    };
    let page = AccountPage {
        frame: Frame::entrance(web),
        offer,
        roles: signed.roles.said(),
        credentials: credentials.collect(),
        sessions: sessions.collect(),
        tokens,
        signed,
        problem,
    };
    let status = match page.problem.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    html(status, &page)
}

pub(super) async fn add_passkey(
    web: Web,
    Form(said): Form<SaidByPasskey>,
) -> Result<Response, PageFailure> {
    let Some(signed) = by_passkey(&web) else {
        return Ok(nothing_here(web));
    };
    let answered = (said.ceremony.as_str(), said.answer.as_str());
    let made = web.app.admits_enrolment(web.from).and_then(|()| {
        let whose = made_for(signed);
        web.app.new_passkey(&web.site, &whose, answered)
    });
    let added = match made {
        Ok(proof) => web.app.add_passkey(signed, proof).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(()) => Ok(back()),
        Err(EnrolError::App(error)) => Err(error.into()),
        Err(error) => {
            let problem = sentence(&error.to_string());
            refused(show(&web, problem, Tokens::default()).await?, &error)
        }
    }
}

pub(super) async fn end_passkey(
    web: Web,
    Form(form): Form<Numbered>,
) -> Result<Response, PageFailure> {
    let Some(signed) = by_passkey(&web) else {
        return Ok(nothing_here(web));
    };
    if let Ok(number) = form.number.parse() {
        web.app.end_passkey(signed, number).await?;
    }
    Ok(back())
}

/// Returns the person if they signed in with a passkey: a password adds none, and ends none.
fn by_passkey(web: &Web) -> Option<&Signed> {
    web.visitor.signed().filter(|signed| signed.by_passkey)
}

pub(super) async fn end_session(
    web: Web,
    Form(form): Form<Numbered>,
) -> Result<Response, PageFailure> {
    if let (Some(signed), Ok(session)) = (web.visitor.signed(), form.number.parse()) {
        web.app.end_session(signed, session).await?;
    }
    Ok(back())
}

/// The account that a passkey is made for.
fn made_for(signed: &Signed) -> String {
    format!("account {}", signed.person)
}

/// Shows the account again, by a request of its own.
fn back() -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, "/account")]).into_response()
}
