//! Read access: a token as `Bearer`, or as the password of `Basic`, which is what spreadsheets
//! offer. It is never in an address, where logs and histories would keep it.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use weft_host::clock;

use super::{Api, problem::Problem, query::has_one, question::NAMES};
use crate::{
    access::{
        scope::Scope,
        visitor::{HERE, Signed, Visitor},
    },
    app::{AppHandle, Reading},
};

/// The reader in the ledger, and how far they may read.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    scope: Scope,
    name: String,
    organisation: String,
    purpose: String,
}

impl Reader {
    /// Somebody at the hub's own computer, as long as no one signs in.
    pub(super) fn here() -> Self {
        Self::named(HERE, Scope::Live)
    }

    /// Anybody who reads a release that is open to all.
    pub(super) fn anybody() -> Self {
        Self::named("somebody who did not sign in", Scope::Releases)
    }

    fn named(name: &str, scope: Scope) -> Self {
        Self {
            scope,
            name: name.to_owned(),
            organisation: String::new(),
            purpose: String::new(),
        }
    }

    /// Somebody who has signed in, in a browser.
    pub(super) fn signed(signed: &Signed) -> Self {
        Self {
            // The door lets no one here who reads no figures.
            scope: Scope::of(signed.roles).unwrap_or(Scope::Releases),
            name: signed.name.clone(),
            organisation: signed.organisation.clone(),
            purpose: signed.purpose.clone(),
        }
    }

    /// Whether they may read more than releases.
    pub(super) fn reads_live(&self) -> bool {
        self.scope == Scope::Live
    }

    /// Returns the reading of something.
    pub(super) fn reads(&self, act: &'static str, subject: &str) -> Reading {
        Reading::by(&self.name, act, subject).of(&self.organisation, &self.purpose)
    }
}

/// Lets only requests pass of which the reader is known.
pub(super) async fn require(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let reader = match of(&api.app, request.headers()).await {
        Ok(Some(reader)) => reader,
        Ok(None) => match request.extensions().get() {
            Some(Visitor::Signed(signed)) => Reader::signed(signed),
            // A hub for trying out: its releases need no token, like their files.
            Some(Visitor::Here) if has_one(request.uri(), &NAMES) => Reader::here(),
            _ => return Problem::no_token(MISSING).into_response(),
        },
        Err(problem) => return problem.into_response(),
    };
    request.extensions_mut().insert(reader);
    next.run(request).await
}

/// Returns the reader whose token a request carries; none if it carries none.
pub(super) async fn of(app: &AppHandle, headers: &HeaderMap) -> Result<Option<Reader>, Problem> {
    let Some(token) = token_of(headers) else {
        return Ok(None);
    };
    let now = clock::now();
    match app.read(move |at| at.token(&token, now)).await? {
        Some(row) if !app.admits_token(row.number) => Err(Problem::too_many()),
        Some(row) => Ok(Some(Reader::named(
            &format!("token {}", row.name),
            Scope::Live,
        ))),
        None => Err(Problem::no_token(UNKNOWN)),
    }
}

/// Returns the token that a request carries.
fn token_of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let token = if scheme.eq_ignore_ascii_case("bearer") {
        rest.trim().to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(BASE64.decode(rest.trim().as_bytes()).ok()?).ok()?;
        pair.split_once(':')?.1.to_owned()
    } else {
        return None;
    };
    (!token.is_empty()).then_some(token)
}

pub(super) const MISSING: &str = "This needs a token: send it in the Authorization header, as \
     Bearer, or as the password of Basic with any user name. The national team makes one with \
     weft-hub token create NAME.";
const UNKNOWN: &str = "This token opens nothing: it was revoked, is over, or mistyped. weft-hub \
     token list shows the names of those that stand.";

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_comes_as_bearer_or_as_a_password() {
        let read = |text: &str| {
            let value = HeaderValue::from_str(text).unwrap();
            token_of(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
        };
        let basic = |pair: &str| read(&format!("Basic {}", BASE64.encode(pair.as_bytes())));
        assert_eq!(read("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(read("bearer  abc ").as_deref(), Some("abc"));
        assert_eq!(basic("excel:abc").as_deref(), Some("abc"));
        assert_eq!(basic(":abc").as_deref(), Some("abc"));
        assert_eq!(basic("abc:"), None);
        assert_eq!(basic("abc"), None);
        for bad in [
            "",
            "Bearer",
            "Bearer ",
            "abc",
            "Digest abc",
            "Basic %%%",
            "Basic /w==",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(token_of(&HeaderMap::new()), None);
    }
}
