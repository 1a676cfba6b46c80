//! `/invite/{secret}`: a person enrols. Looking spends nothing, because programs that check mail
//! open links as well.

use askama::Template;
use axum::{
    Form,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use weft_host::{clock, qr};
use weft_shared::text::sentence;

use super::{
    Web,
    frame::{Frame, PageFailure, html},
};
use crate::{
    access::{roles::Role, site::Cookie},
    app::{EnrolError, Enrolled, LinkView, NewPassword, Offer, PersonRow, Proof, Setup},
};

#[derive(Template)]
#[template(path = "invite.html")]
struct OpenPage {
    frame: Frame,
    title: &'static str,
    problem: String,
    path: String,
    name: String,
    organisation: String,
    roles: String,
    named: bool,
    /// Whether only a passkey will do.
    needs_passkey: bool,
    setup: Setup,
    offer: Option<Offer>,
    /// The picture that an authenticator app reads.
    picture: Option<String>,
    typed: String,
}

#[derive(Template)]
#[template(path = "invite-used.html")]
struct UsedPage {
    frame: Frame,
    heading: String,
    words: Option<String>,
    is_confirmed: bool,
}

/// The reason an invite is shown again, and the app that was being set up.
#[derive(Clone, Debug, Default)]
struct Slip {
    problem: String,
    setup: String,
}

/// The answer of a browser that made a passkey.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SaidByPasskey {
    #[serde(default)]
    pub(super) ceremony: String,
    #[serde(default)]
    pub(super) answer: String,
    /// The seal of the app that the same page of an invite shows.
    #[serde(default)]
    setup: String,
}

/// The form with which a person enrols by password and code.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    setup: String,
}

pub(super) async fn page(
    web: Web,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    show(&web, secret, &headers, Slip::default()).await
}

async fn show(
    web: &Web,
    secret: String,
    headers: &HeaderMap,
    slip: Slip,
) -> Result<Response, PageFailure> {
    let link = secret.clone();
    let waits = web.site.read(Cookie::Waits, cookies(headers));
    let waits = waits.map(str::to_owned);
    let now = clock::now();
    let found = web
        .app
        .read(move |at| at.link(&secret, waits.as_deref(), now))
        .await?;
    let used = |heading: String, words: Option<String>, is_confirmed| UsedPage {
        frame: Frame::entrance(web),
        heading,
        words,
        is_confirmed,
    };
    match found {
        LinkView::Open { person } => {
            let whose = (person.number, person.name.as_str());
            let offer = web.app.offer_passkey(&web.site, &link, whose).await?;
            let page = OpenPage::new(web, &person, (&link, offer), slip);
            let status = match page.problem.is_empty() {
                true => StatusCode::OK,
                false => StatusCode::UNPROCESSABLE_ENTITY,
            };
            html(status, &page)
        }
        LinkView::Waits { name, words } => html(
            StatusCode::OK,
            &used(format!("One step more, {name}"), Some(words), false),
        ),
        LinkView::Confirmed { name } => html(
            StatusCode::OK,
            &used(format!("{name}, you may sign in"), None, true),
        ),
        LinkView::Closed => html(
            StatusCode::NOT_FOUND,
            &used("This link cannot be used".to_owned(), None, false),
        ),
    }
}

pub(super) async fn spend(
    web: Web,
    Path(secret): Path<String>,
    headers: HeaderMap,
    Form(said): Form<Said>,
) -> Result<Response, PageFailure> {
    let new = NewPassword {
        password: said.password,
        again: &said.again,
        setup: &said.setup,
        code: &said.code,
    };
    let proof = match web.app.admits_enrolment(web.from) {
        Ok(()) => web.app.new_password(&secret, new).await,
        Err(error) => Err(error),
    };
    enrol(&web, secret, &headers, (proof, said.setup)).await
}

pub(super) async fn spend_by_passkey(
    web: Web,
    Path(secret): Path<String>,
    headers: HeaderMap,
    Form(said): Form<SaidByPasskey>,
) -> Result<Response, PageFailure> {
    let answered = (said.ceremony.as_str(), said.answer.as_str());
    let admitted = web.app.admits_enrolment(web.from);
    let proof = admitted.and_then(|()| web.app.new_passkey(&web.site, &secret, answered));
    enrol(&web, secret, &headers, (proof, said.setup)).await
}

async fn enrol(
    web: &Web,
    secret: String,
    headers: &HeaderMap,
    (proof, setup): (Result<Proof, EnrolError>, String),
) -> Result<Response, PageFailure> {
    let enrolled = match proof {
        Ok(proof) => web.app.enrol(&secret, proof).await,
        Err(error) => Err(error),
    };
    match enrolled {
        Ok(enrolled) => Ok(waits(web, &secret, &enrolled)),
        Err(EnrolError::App(error)) => Err(error.into()),
        Err(error) => {
            let problem = sentence(&error.to_string());
            let page = show(web, secret, headers, Slip { problem, setup }).await?;
            refused(page, &error)
        }
    }
}

/// Gives the page that says why somebody was not enrolled the status of a pace, if it was that.
pub(super) fn refused(mut page: Response, error: &EnrolError) -> Result<Response, PageFailure> {
    if matches!(error, EnrolError::Pace) {
        *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        let wait = HeaderValue::from_static("60");
        page.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    Ok(page)
}

/// Leads the browser that enrolled to its words; the cookie shows that it is the one.
fn waits(web: &Web, secret: &str, enrolled: &Enrolled) -> Response {
    let headers = [
        (header::LOCATION, format!("/invite/{secret}")),
        (
            header::SET_COOKIE,
            web.site.cookie(Cookie::Waits, &enrolled.waits),
        ),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines.filter_map(|line| line.to_str().ok())
}

impl OpenPage {
    fn new(
        web: &Web,
        person: &PersonRow,
        (link, offer): (&str, Option<Offer>),
        Slip { problem, setup }: Slip,
    ) -> Self {
        let setup = web.app.setup(link, &setup);
        let address = setup.secret.address(web.app.network(), &person.name);
        Self {
            frame: Frame::entrance(web),
            title: match problem.is_empty() {
                true => "Your invite",
                false => "Error: Your invite",
            },
            problem,
            path: format!("/invite/{link}"),
            name: person.name.clone(),
            organisation: person.organisation.clone(),
            roles: person.roles.said(),
            named: person.named,
            needs_passkey: person.roles.has(Role::Admin),
            picture: qr::svg(&address, "QR code for an authenticator app"),
            typed: setup.secret.typed(),
            offer,
            setup,
        }
    }
}
