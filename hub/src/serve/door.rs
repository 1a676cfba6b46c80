//! The door of the pages and of the data interface: applies the table of routes to each request.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use weft_host::page::Came;

use crate::{
    access::{
        pace::tokens::Place,
        routes::{self, Need, Verdict},
        site::{Cookie, Site},
        visitor::Visitor,
    },
    api,
    app::AppHandle,
    pages::{self, From, Web},
};

/// The door's means to judge a request.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) app: AppHandle,
    pub(super) site: Arc<Site>,
}

impl Door {
    /// Returns who asks, and the place of a request for data. Where tokens count, a token counts
    /// alone: a session beside it is not looked at.
    async fn who(
        &self,
        need: Option<Need>,
        (uri, headers): (&Uri, &HeaderMap),
        From(from): From,
    ) -> Result<(Visitor, Option<Place>), Response> {
        if need.is_some_and(Need::takes_tokens) {
            let token = api::token::visitor(&self.app, (uri, headers), from).await?;
            if let Some((visitor, place)) = token {
                return Ok((visitor, Some(place)));
            }
        }
        if need == Some(Need::Open) && !is_personal(uri.path()) {
            return Ok((Visitor::Stranger, None));
        }
        let cookie = session(&self.site, headers);
        let visitor = self.app.visitor(cookie, self.site.is_public).await;
        let visitor = visitor.map_err(pages::failure)?;
        let place = match need.is_some_and(Need::takes_tokens) {
            true => api::token::place(&self.app, &visitor).map_err(|busy| *busy)?,
            false => None,
        };
        Ok((visitor, place))
    }
}

/// Judges a request, and answers it or says why not.
pub(super) async fn check(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let is_change = !matches!(*request.method(), Method::GET | Method::HEAD);
    // The same for each visitor, and for what is not there.
    if is_change && api::is_read_only(&path) {
        return api::only_reads();
    }
    let route = request.extensions().get::<MatchedPath>();
    // A route that the table lacks opens for no one.
    let need = route.map(|route| routes::need(route.as_str()));
    let came = request.extensions().get::<Came>().copied();
    let is_local = !door.site.is_public || came.is_some_and(|came| came.is_local);
    let from = From(came.and_then(|came| came.from));
    let (visitor, place) = match door
        .who(need.flatten(), (request.uri(), request.headers()), from)
        .await
    {
        Ok(known) => known,
        Err(answer) => return answer,
    };
    let verdict = match need {
        Some(Some(need)) => routes::judge(need, &visitor, is_local),
        // Nothing is there, which is for no stranger to know.
        Some(None) | None => match visitor {
            Visitor::Stranger => Verdict::SignIn,
            _ if need.is_none() => Verdict::Pass,
            _ => Verdict::Unknown,
        },
    };
    match verdict {
        Verdict::Pass => {
            request.extensions_mut().insert(visitor);
            request.extensions_mut().insert(from);
            let response = next.run(request).await;
            match place {
                Some(place) => api::token::holding(response, place),
                None => response,
            }
        }
        Verdict::SignIn if api::is_path(&path) => api::sign_in_first(request.uri()),
        Verdict::OutOfScope => api::out_of_scope(),
        Verdict::Unknown if api::is_path(&path) => api::nothing_here(),
        Verdict::SignIn => sign_in("", is_change, &request),
        Verdict::SignInAgain => sign_in("again=1&", is_change, &request),
        // The overview is the front page of the network, and an account that of a person.
        Verdict::Unknown if path == "/" && !is_change => see("/account".to_owned()),
        Verdict::Unknown | Verdict::NeedsPasskey => {
            let web = Web {
                app: door.app,
                site: door.site,
                visitor,
                base: pages::ADMIN,
                from: None,
            };
            match verdict {
                Verdict::NeedsPasskey => pages::needs_passkey(&web),
                _ => pages::nothing_here(web),
            }
        }
    }
}

/// Whether an open page shows more to somebody who has signed in.
fn is_personal(path: &str) -> bool {
    matches!(path, "/sign-in" | "/sign-in/passkey")
}

/// Leads to the page where people sign in, and back to where they wanted to go. What a form said
/// is not kept, so after a form they go to its page.
fn sign_in(again: &str, is_change: bool, request: &Request) -> Response {
    let next = match is_change {
        true => String::new(),
        false => request.uri().to_string(),
    };
    let next = utf8_percent_encode(&next, NON_ALPHANUMERIC);
    see(format!("/sign-in?{again}next={next}"))
}

fn see(path: String) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

/// The cookie of a session that a request carries.
fn session(site: &Site, headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    site.read(Cookie::Session, lines).map(str::to_owned)
}
