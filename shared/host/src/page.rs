//! Safeguards of the pages that a program serves on this computer.
//!
//! Any web page in the same browser can send requests to a loopback port. The exact `Host` is
//! therefore required, which prevents DNS rebinding. Changes must come from our own pages, by
//! `Sec-Fetch-Site` or `Origin`. Every path not declared open needs a cookie that only a one-time
//! link sets. Nothing is allowed across origins.

mod events;
mod guard;
mod holder;
mod large;
mod loopback;
mod proxy;
mod session;
#[cfg(test)]
mod tests;

use std::{any::Any, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Request, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, predicate::Predicate},
    limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};

pub use self::{
    events::Listeners,
    guard::Guard,
    loopback::{Loopback, bind_loopback, origin},
    proxy::{Came, Public},
    session::{FILE as SESSION_FILE, SessionKey},
};
pub use crate::http::{Socket, SocketError};
use crate::{
    http::{self, Listener},
    limits,
};

/// The reason pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Only this computer may ask for pages without a proxy.
    #[error(
        "pages are served on this computer alone: {address} is no loopback address; give 127.0.0.1 \
         and a port, and let a proxy carry them to other computers"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// Another program has the port.
    #[error(
        "{holder} uses port {port} of this computer already: close it, or choose another port \
         with --http 127.0.0.1:PORT, or in config.toml where it names the port"
    )]
    Taken {
        /// The port.
        port: u16,
        /// Words for the program that has it.
        holder: String,
    },
    /// The address cannot be had.
    #[error("cannot serve pages at {address}; choose another address")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// A socket cannot be had.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

impl PageError {
    /// Whether the request itself was not allowed; otherwise this computer is the obstacle.
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NotLoopback { .. } | Self::Socket(SocketError::Long(_))
        )
    }
}

/// Adds every safeguard to `router`.
pub fn protect(router: Router, guard: &Arc<Guard>) -> Router {
    router
        .merge(guard::launch_route(guard))
        .layer(middleware::from_fn_with_state(
            Arc::clone(guard),
            guard::check,
        ))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            limits::PAGE_TIME_MAX,
        ))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(limits::PAGE_BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(
            Arc::new(large::Limits::of(guard)),
            large::limit,
        ))
        .layer(CompressionLayer::new().compress_when(PagesAlone))
        .layer(middleware::map_response(add_headers))
}

/// Compresses pages and their assets. Files of data go out as they are, so that their length and
/// their checksum are those that were published; streams of events must not wait for a full block.
#[derive(Clone, Copy, Debug)]
struct PagesAlone;

impl Predicate for PagesAlone {
    fn should_compress<B: HttpBody>(&self, response: &axum::http::Response<B>) -> bool {
        let headers = response.headers();
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let file = headers.contains_key(header::CONTENT_DISPOSITION);
        !file && COMPRESSED.iter().any(|one| kind.starts_with(one))
    }
}

/// The content types of pages. The typeface is compressed in itself.
const COMPRESSED: [&str; 4] = ["text/html", "text/css", "text/javascript", "image/svg+xml"];

/// A place at which pages are served.
#[derive(Debug)]
pub enum Place {
    /// A port of this computer.
    Port(Loopback),
    /// A Unix socket.
    Socket(Socket),
}

/// Serves until `shutdown` ends, then finishes the answers that have begun. A failed connection
/// does not end it.
pub async fn serve(at: Place, router: Router, shutdown: impl Future<Output = ()> + Send + 'static) {
    let listeners = match at {
        Place::Port(port) => port.into_listeners(),
        Place::Socket(socket) => vec![Listener::Socket(socket)],
    };
    http::serve(listeners, router, shutdown).await;
}

/// Makes a plain page for people, if the program's own templates are out of reach.
pub(crate) fn plain_page(status: StatusCode, title: &str, text: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en-NZ\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1><p>{text}</p></html>"
    );
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (status, html, Body::from(page)).into_response()
}

async fn add_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        headers.entry(name).or_insert(value);
    }
    response
}

fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(text, "a page panicked");
    let title = "Something went wrong";
    let text = "This page has a fault. What was saved before is safe. Go back and try again, and \
                report it if it happens again.";
    plain_page(StatusCode::INTERNAL_SERVER_ERROR, title, text)
}

/// Scripts, styles and forms only from ourselves; `same-origin` keeps the `Origin` of our forms.
const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (
        "permissions-policy",
        "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "private, no-store"),
];

type PageRequest = Request<Body>;
