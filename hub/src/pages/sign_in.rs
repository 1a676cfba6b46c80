//! `/sign-in` and `/sign-out`: works without scripts, by name, password and code.

use askama::Template;
use axum::{
    Form,
    extract::Query,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use weft_shared::text::sentence;

use super::{
    Web,
    asked::Asked,
    frame::{Frame, PageFailure, html},
};
use crate::{
    access::{site::Cookie, visitor::Visitor},
    app::{Offer, Refusal, SignIn},
    limits::PURPOSE_CHARS,
};

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignInPage {
    frame: Frame,
    title: &'static str,
    problem: String,
    /// Why somebody who has signed in is asked again.
    again: bool,
    name: String,
    purpose: String,
    next: String,
    /// A sign-in with a passkey.
    offer: Option<Offer>,
}

/// The form with which people sign in by a passkey.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SaidByPasskey {
    #[serde(default)]
    ceremony: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    next: String,
}

/// The form with which people sign in.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn page(web: Web, Query(asked): Query<Asked>) -> Result<Response, PageFailure> {
    let next = asked.get("next").map(|next| own_path(next));
    let mut page = SignInPage::new(&web, next.unwrap_or_default());
    page.again = asked.contains_key("again");
    if let Some(signed) = web.visitor.signed() {
        page.purpose.clone_from(&signed.purpose);
    }
    html(StatusCode::OK, &page)
}

pub(super) async fn password(web: Web, Form(said): Form<Said>) -> Result<Response, PageFailure> {
    let next = own_path(&said.next);
    let sign_in = SignIn {
        name: said.name.clone(),
        password: said.password,
        code: said.code,
        purpose: said.purpose.clone(),
    };
    let done = web.app.sign_in(sign_in, web.from).await;
    answer(&web, done, (said.name, said.purpose, next)).await
}

pub(super) async fn passkey(
    web: Web,
    Form(said): Form<SaidByPasskey>,
) -> Result<Response, PageFailure> {
    let ceremony = (said.ceremony.as_str(), said.answer.as_str());
    let app = &web.app;
    let done = app.sign_in_by_passkey(&web.site, ceremony, &said.purpose, web.from);
    let done = done.await;
    let next = own_path(&said.next);
    answer(&web, done, (String::new(), said.purpose, next)).await
}

/// Answers an attempt: leads on, or says why not on a form with what was said.
async fn answer(
    web: &Web,
    done: Result<String, Refusal>,
    (name, purpose, next): (String, String, String),
) -> Result<Response, PageFailure> {
    match done {
        Ok(cookie) => {
            end_old(web).await?;
            Ok(signed_in(web, &cookie, &next))
        }
        Err(Refusal::App(error)) => Err(error.into()),
        Err(refusal) => {
            let mut page = SignInPage::new(web, next);
            page.title = "Error: Sign in";
            page.problem = sentence(&refusal.to_string());
            page.name = cut(name, NAME_CHARS);
            page.purpose = cut(purpose, *PURPOSE_CHARS.end());
            let mut response = html(status(&refusal), &page)?;
            if matches!(refusal, Refusal::TooMany) {
                let wait = header::HeaderValue::from_static("60");
                response.headers_mut().insert(header::RETRY_AFTER, wait);
            }
            Ok(response)
        }
    }
}

/// A new sign-in takes the place of the session that this browser had.
pub(super) async fn end_old(web: &Web) -> Result<(), PageFailure> {
    if let Some(signed) = web.visitor.signed() {
        web.app.end_session(signed, signed.session).await?;
    }
    Ok(())
}

/// Gives the browser its session, and leads it to where it wanted to go.
fn signed_in(web: &Web, cookie: &str, next: &str) -> Response {
    let next = if next.is_empty() { HOME } else { next };
    let headers: [(HeaderName, String); 2] = [
        (header::LOCATION, next.to_owned()),
        (header::SET_COOKIE, web.site.cookie(Cookie::Session, cookie)),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

pub(super) async fn out(web: Web) -> Result<Response, PageFailure> {
    end_old(&web).await?;
    let headers = [
        (header::LOCATION, "/sign-in".to_owned()),
        (header::SET_COOKIE, web.site.cookie(Cookie::Session, "")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

impl SignInPage {
    fn new(web: &Web, next: String) -> Self {
        let mut frame = Frame::entrance(web);
        if let Visitor::Stranger = web.visitor {
            frame.nav.clear();
        }
        Self {
            frame,
            title: "Sign in",
            problem: String::new(),
            again: false,
            name: String::new(),
            purpose: String::new(),
            next,
            offer: web.app.offer_signing(&web.site),
        }
    }
}

const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Refusal::App(_) | Refusal::Purpose | Refusal::Wrong | Refusal::Passkey | Refusal::Over => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    }
}

/// Leaves no more of what somebody typed than they may type.
fn cut(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    }
}

/// Returns a path of these pages, and nothing for one that leads elsewhere.
fn own_path(next: &str) -> String {
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= NEXT_BYTES_MAX
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own {
        next.to_owned()
    } else {
        String::new()
    }
}

/// The overview, from which those who may not read it are led to their account.
const HOME: &str = "/";
const NEXT_BYTES_MAX: usize = 2_048;
/// Letters of a name that come back: more than any person has here.
const NAME_CHARS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_typed_comes_back_no_longer_than_it_may_be() {
        assert_eq!(cut("Āro".repeat(100), 4), "ĀroĀ");
        assert_eq!(cut("Āro".to_owned(), 3), "Āro");
    }

    #[test]
    fn a_sign_in_leads_to_these_pages_alone() {
        for own in ["/", "/insights?q=a%20b", "/indicators/VAX?as_of=2023-01-01"] {
            assert_eq!(own_path(own), own);
        }
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nset-cookie: x",
            "javascript:alert(1)",
        ] {
            assert_eq!(own_path(other), "", "{other}");
        }
    }
}
