//! Readers of the data interface: people who signed in, and programs with a token.

use std::{
    future::Future as _,
    io,
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::problem::Problem;
use crate::{
    access::{
        bearer::{self, Sent},
        pace::tokens::Place,
        scope::Scope,
        visitor::{ANYBODY, HERE, ReadsAs, Visitor},
    },
    app::{AppHandle, Reading, TokenRefusal},
    limits::ANSWER_TIME_MAX,
};

/// The reader in the ledger, and how far they may read.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    scope: Scope,
    reads_as: ReadsAs,
}

impl Reader {
    /// Somebody at the hub's own computer, as long as no one signs in.
    pub(super) fn here() -> Self {
        Self::named(HERE, Scope::Live)
    }

    /// Anybody who reads a release that is open to all; one who signed in is known all the same.
    pub(super) fn of_open(visitor: Option<&Visitor>) -> Self {
        match visitor.and_then(Visitor::reads_as) {
            None => Self::named(ANYBODY, Scope::Releases),
            Some(one) => Self {
                scope: Scope::Releases,
                reads_as: one.clone(),
            },
        }
    }

    fn named(name: &str, scope: Scope) -> Self {
        Self {
            scope,
            reads_as: ReadsAs {
                person: None,
                reader: name.to_owned(),
                organisation: String::new(),
                purpose: String::new(),
            },
        }
    }

    /// Returns the person or the program that asks, as the door found out; none if they have not
    /// said who they are.
    pub(super) fn of(visitor: &Visitor) -> Option<Self> {
        let reads_as = visitor.reads_as()?.clone();
        let scope = visitor.scope()?;
        Some(Self { scope, reads_as })
    }

    /// Whether they may read more than releases.
    pub(super) fn reads_live(&self) -> bool {
        self.scope == Scope::Live
    }

    /// One key for one reader.
    pub(super) fn key(&self) -> String {
        self.reads_as.key()
    }

    /// Returns the reading of something.
    pub(super) fn reads(&self, act: &'static str, subject: &str) -> Reading {
        Reading::of(&self.reads_as, act, subject)
    }
}

/// Returns the program that asks with a token, and the place that its request holds; none if the
/// request has no token, so that a session counts.
///
/// A token that opens nothing is refused even where a session would open more.
pub(crate) async fn visitor(
    app: &AppHandle,
    (uri, headers): (&Uri, &HeaderMap),
    from: Option<IpAddr>,
) -> Result<Option<(Visitor, Place)>, Response> {
    let refused = |problem: Problem| said_of(uri, problem).into_response();
    let token = match bearer::sent(uri, headers) {
        Sent::Nothing => return Ok(None),
        Sent::Token(token) => token,
        Sent::Mistyped => return Err(refused(Problem::bad_token(MISTYPED))),
        Sent::InAddress => return Err(refused(Problem::token_in_address())),
    };
    let refusal = match app.bearer(&token, from).await {
        Ok((bearer, place)) => return Ok(Some((Visitor::Token(bearer.into()), place))),
        Err(refusal) => refusal,
    };
    let problem = match refusal {
        TokenRefusal::App(error) => error.into(),
        TokenRefusal::Busy(wait) => Problem::too_many(wait),
        TokenRefusal::NotIn | TokenRefusal::NoFigures => {
            Problem::bad_token(&format!("{} Ask an admin of the hub.", refusal.sentence()))
        }
        TokenRefusal::Unknown | TokenRefusal::Revoked | TokenRefusal::Over(_) => {
            Problem::bad_token(&format!("{} {ANOTHER}", refusal.sentence()))
        }
    };
    Err(refused(problem))
}

/// Marks a problem at an address of a release: it has no notice that it is not for publication.
pub(super) fn said_of(uri: &Uri, problem: Problem) -> Problem {
    let names = |pair: &str| {
        ["dataset=", "release="]
            .iter()
            .any(|one| pair.starts_with(one))
    };
    let is_named = uri.query().is_some_and(|query| query.split('&').any(names));
    match is_named || uri.path().starts_with("/data") {
        true => problem.of_releases(),
        false => problem,
    }
}

/// Returns the place of the request of a person who has signed in. They have the pace of a program:
/// each answer is a row in the ledgers of locations.
pub(crate) fn place(app: &AppHandle, visitor: &Visitor) -> Result<Option<Place>, Box<Response>> {
    let Some(signed) = visitor.signed() else {
        return Ok(None);
    };
    let place = app.shared.entrance.people.admit_token(signed.person);
    let place = place.map_err(|wait| Box::new(Problem::too_many(wait).into_response()))?;
    Ok(Some(place))
}

/// An answer that holds something, such as the place of its request, until its last byte is sent,
/// or until its client has had time enough: then it breaks off.
pub(crate) fn holding<T: Send + Unpin + 'static>(response: Response, held: T) -> Response {
    let over = Box::pin(sleep(ANSWER_TIME_MAX));
    let held = Some(held);
    response.map(|body| Body::new(Held { body, over, held }))
}

struct Held<T> {
    body: Body,
    over: Pin<Box<Sleep>>,
    held: Option<T>,
}

impl<T: Unpin> HttpBody for Held<T> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.over.as_mut().poll(context).is_ready() {
            self.body = Body::empty();
            self.held = None;
            let slow = io::Error::new(io::ErrorKind::TimedOut, "the client read too slowly");
            return Poll::Ready(Some(Err(Error::new(slow))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pub(super) const MISSING: &str = "This needs a token: send it in the Authorization header, as \
     Bearer, or as the password of Basic with any user name. You make one at /account, or on the \
     hub's own computer with weft-hub token create.";
const MISTYPED: &str = "This is no token: its letters do not fit together, so it was mistyped or \
     cut short. Copy it again, whole, and send it as Bearer, or as the password of Basic.";
const ANOTHER: &str = "You make another at /account, or on the hub's own computer with weft-hub \
     token create.";
