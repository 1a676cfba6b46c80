//! Admission of requests by host, by origin and by cookie.

use std::{
    collections::VecDeque,
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use weft_shared::id::sha256;

use super::{
    PageRequest, SessionKey, loopback, plain_page,
    proxy::{Came, Public},
};
use crate::{clock, http::Peer, limits, random::random_hex};

/// The admission rules of one server of pages.
pub struct Guard {
    /// The names that a request may have in `Host`; links have the first.
    hosts: Vec<String>,
    port: u16,
    cookie_name: String,
    key: SessionKey,
    /// The attribute that lets the cookie outlive the browser, if the key outlives the program.
    cookie_life: String,
    /// Hashes of the one-time links that have not been opened yet, oldest first.
    launches: Mutex<VecDeque<[u8; 32]>>,
    open: &'static [&'static str],
    home: &'static str,
    /// Paths that take nothing but a short form, as `open` has them.
    forms: &'static [&'static str],
    /// Paths at which nothing can be changed, as `open` has them.
    fixed: &'static [&'static str],
    /// The command that prints a new one-time link, if there is one.
    renewal: Option<&'static str>,
    /// The address of the web at which a proxy serves these pages, if one does.
    public: Option<Public>,
}

impl Guard {
    /// Guards pages at the loopback address `address`.
    ///
    /// Paths equal to an entry of `open`, or below an entry that ends in `/`, need no cookie: the
    /// stylesheet, health checks, and interfaces that check tokens themselves. `home` is the page
    /// that the one-time link leads to.
    pub fn new(address: SocketAddr, open: &'static [&'static str], home: &'static str) -> Self {
        let mut hosts = vec![loopback::host(address), address.to_string()];
        hosts.dedup();
        Self::with(hosts, address.port(), (open, home))
    }

    /// Guards pages at a Unix socket, where a proxy asks for the address of the web, and programs
    /// of this computer for `http://localhost/`.
    pub fn of_socket(open: &'static [&'static str], home: &'static str) -> Self {
        Self::with(vec!["localhost".to_owned()], 0, (open, home))
    }

    fn with(
        hosts: Vec<String>,
        port: u16,
        (open, home): (&'static [&'static str], &'static str),
    ) -> Self {
        Self {
            hosts,
            port,
            // Browsers share cookies between a host's ports: each server needs its own name.
            cookie_name: format!("weft-{port}"),
            key: SessionKey::passing(),
            cookie_life: String::new(),
            launches: Mutex::new(VecDeque::new()),
            open,
            home,
            forms: &[],
            fixed: &[],
            renewal: None,
            public: None,
        }
    }

    /// Lets a browser come back with the same cookie after the program has started again, for as
    /// long as [`limits::PAGE_SESSION_TIME_MAX`].
    #[must_use]
    pub fn remembers(mut self, key: SessionKey) -> Self {
        let seconds = limits::PAGE_SESSION_TIME_MAX.as_secs();
        self.key = key;
        self.cookie_life = format!("; Max-Age={seconds}");
        self
    }

    /// Takes no body larger than [`limits::PAGE_FORM_BYTES_MAX`] at these paths, or below one that
    /// ends in `/`: those where strangers write.
    #[must_use]
    pub const fn with_forms(mut self, paths: &'static [&'static str]) -> Self {
        self.forms = paths;
        self
    }

    /// Lets requests of every method through at these paths, or below one that ends in `/`, from
    /// anywhere: their routes change nothing, and say so themselves.
    #[must_use]
    pub const fn without_changes(mut self, paths: &'static [&'static str]) -> Self {
        self.fixed = paths;
        self
    }

    /// Lets a proxy on this computer serve these pages at an address of the web, and no longer
    /// anything else but what is `local`.
    #[must_use]
    pub fn behind(mut self, public: Public) -> Self {
        self.public = Some(public);
        self
    }

    /// Sets the command that prints a new one-time link, shown to visitors without the cookie.
    #[must_use]
    pub const fn renewed_by(mut self, command: &'static str) -> Self {
        self.renewal = Some(command);
        self
    }

    /// Returns a new one-time link into the pages. Opening it sets the cookie; it works once.
    pub fn launch_url(&self) -> String {
        let token = random_hex::<16>();
        let mut launches = self.launches.lock().unwrap_or_else(PoisonError::into_inner);
        if launches.len() >= limits::LAUNCH_TOKENS_MAX {
            launches.pop_front();
        }
        launches.push_back(hash(&token));
        format!("http://{}/launch/{token}", self.hosts[0])
    }

    /// Spends a token. Returns true exactly once per token.
    fn spend(&self, token: &str) -> bool {
        let token = hash(token);
        let mut launches = self.launches.lock().unwrap_or_else(PoisonError::into_inner);
        let found = launches.iter().position(|known| *known == token);
        found.and_then(|at| launches.remove(at)).is_some()
    }

    pub(super) fn knows_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| known == host)
    }

    /// Whether `origin` is one of our own pages, under any of our names.
    fn is_own_origin(&self, origin: &str, host: &str) -> bool {
        match &self.public {
            Some(public) => origin.strip_prefix("https://") == Some(&*public.host),
            None => origin.strip_prefix("http://") == Some(host) && self.knows_host(host),
        }
    }

    fn is_open(&self, path: &str) -> bool {
        is_among(self.open, path)
    }

    pub(super) fn takes_a_form_alone(&self, path: &str) -> bool {
        is_among(self.forms, path)
    }

    /// Whether a path is answered although all connections are in use: on the web, what programs
    /// of this computer ask for.
    pub(super) fn answers_in_a_crowd(&self, request: &PageRequest) -> bool {
        let public = self.public.as_ref();
        public.is_none_or(|public| public.is_for_here(self, request))
    }

    /// The address of the one who asks, if it is known.
    pub(super) fn client(&self, request: &PageRequest) -> Option<IpAddr> {
        let peer = request.extensions().get::<Peer>().copied();
        match &self.public {
            Some(public) if !public.is_for_here(self, request) => {
                let came = public.came(request.headers(), request.uri(), peer);
                came.ok()?.from
            }
            Some(_) | None => match peer {
                Some(Peer::Port(address)) => Some(address),
                Some(Peer::Socket) | None => None,
            },
        }
    }

    pub(super) fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let lines = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).any(|pair| {
            let value = pair.trim().split_once('=');
            value.is_some_and(|(name, value)| {
                name == self.cookie_name && self.key.admits(value, self.port, clock::now())
            })
        })
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// Whether a path is one of `paths`, or below one that ends in `/`.
fn is_among(paths: &[&str], path: &str) -> bool {
    let mut paths = paths.iter();
    paths.any(|one| path == *one || one.ends_with('/') && path.starts_with(one))
}

/// Checks the host, then the origin of a change, then the cookie.
pub(super) async fn check(
    State(guard): State<Arc<Guard>>,
    mut request: PageRequest,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let came = match &guard.public {
        Some(public) if !public.is_for_here(&guard, &request) => {
            match public.came(request.headers(), request.uri(), peer) {
                Ok(came) => came,
                Err(refusal) => return *refusal,
            }
        }
        Some(_) | None => match check_here(&guard, &request) {
            Ok(()) => Came {
                from: match peer {
                    Some(Peer::Port(address)) => Some(address),
                    Some(Peer::Socket) | None => None,
                },
                is_local: true,
            },
            Err(refusal) => return *refusal,
        },
    };
    request.extensions_mut().insert(came);
    let (headers, path) = (request.headers(), request.uri().path());
    let host = text(headers, &header::HOST).unwrap_or_default();
    let may_change = !is_safe(request.method()) && !is_among(guard.fixed, path);
    if may_change && !comes_from_us(&guard, headers, host) {
        return foreign_change();
    }
    let is_launch = path.starts_with(LAUNCH) && guard.public.is_none();
    if !guard.is_open(path) && !is_launch && !guard.has_cookie(headers) {
        return no_cookie(&guard);
    }
    next.run(request).await
}

/// Checks the host of a request that comes from this computer.
fn check_here(guard: &Guard, request: &PageRequest) -> Result<(), Box<Response>> {
    let headers = request.headers();
    let host = text(headers, &header::HOST).filter(|host| guard.knows_host(host));
    let absolute = request
        .uri()
        .authority()
        .is_none_or(|named| guard.knows_host(named.as_str()));
    match host.filter(|_| absolute) {
        Some(_) => Ok(()),
        None => Err(Box::new(wrong_host(guard))),
    }
}

/// Headers that are present must agree, and at least one must be. A browser that sends neither is
/// too old to be told apart from an attack.
fn comes_from_us(guard: &Guard, headers: &HeaderMap, host: &str) -> bool {
    let site = headers.get(SEC_FETCH_SITE);
    let origin = headers.get(header::ORIGIN);
    let site_ok = site.is_none_or(|site| site.as_bytes() == b"same-origin");
    let origin_ok = origin.is_none_or(|origin| {
        origin
            .to_str()
            .is_ok_and(|origin| guard.is_own_origin(origin, host))
    });
    (site.is_some() || origin.is_some()) && site_ok && origin_ok
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Returns the route of the one-time link. Nothing is there on the web, where people sign in.
pub(super) fn launch_route(guard: &Arc<Guard>) -> Router {
    if guard.public.is_some() {
        return Router::new();
    }
    Router::new()
        .route("/launch/{token}", get(launch))
        .with_state(Arc::clone(guard))
}

/// Opens the one-time link. A look-ahead by `HEAD` does not spend it.
async fn launch(
    method: Method,
    State(guard): State<Arc<Guard>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if !guard.spend(&token) {
        // A visitor who has the cookie already, perhaps after reloading, still gets in.
        return if guard.has_cookie(&headers) {
            (StatusCode::SEE_OTHER, [(header::LOCATION, guard.home)]).into_response()
        } else {
            no_cookie(&guard)
        };
    }
    let (name, life) = (&guard.cookie_name, &guard.cookie_life);
    let value = guard.key.cookie(guard.port, clock::now());
    let cookie = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/{life}");
    let headers = [
        (header::LOCATION, guard.home.to_owned()),
        (header::SET_COOKIE, cookie),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn wrong_host(guard: &Guard) -> Response {
    let text = format!("These pages are at http://{}/ only.", guard.hosts[0]);
    plain_page(StatusCode::MISDIRECTED_REQUEST, "Wrong address", &text)
}

fn foreign_change() -> Response {
    let text = "Something other than these pages tried to change something here. Nothing was \
                changed. If it was you, go back, reload the page and try again.";
    plain_page(StatusCode::FORBIDDEN, "Not from these pages", text)
}

fn no_cookie(guard: &Guard) -> Response {
    let renewal = guard.renewal.map_or_else(
        || "Start the program again, or ask it for a new link.".to_owned(),
        |command| format!("To open them, run this in a terminal on this computer: {command}"),
    );
    let text = format!(
        "These pages open by a one-time link. That link was used already, this is another browser, \
         or it is more than 30 days since this one opened a link. {renewal}"
    );
    plain_page(
        StatusCode::UNAUTHORIZED,
        "Open these pages with a new link",
        &text,
    )
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Hashes a token for comparison, so that timing reveals nothing about it.
pub(super) fn hash(token: &str) -> [u8; 32] {
    sha256("weft/page-token/1", &[token.as_bytes()])
}

const LAUNCH: &str = "/launch/";
const SEC_FETCH_SITE: &str = "sec-fetch-site";
