//! Welcome: the first page, which joins this computer to a network without a terminal.
//!
//! It is served while there is no node in the data directory. What a person has typed and the
//! recovery words of a new location are in memory until the computer has joined. From then on the
//! node's own pages are served in its place, to the same browser and at the same address.

mod desk;
mod page;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use axum::{
    Form, Router,
    extract::{Path, Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::runtime::Handle;
use tower::ServiceExt as _;
use weft_host::{assets, clock, data_dir::DataDir, page::Guard};

use self::desk::{Act, Ask, Desk, Next};
use super::{Fault, Pairs, Reply, form::Sent};
use crate::{
    app::{AppHandle, Node},
    enrol::{self, Recovery, words::fresh},
};

/// Maximum time for which a form waits until the hub has answered. After that its page reloads
/// itself.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(9);

/// The page of a computer that has not joined, and the node once it has.
pub(crate) struct Welcome {
    dir: Arc<DataDir>,
    runtime: Handle,
    guard: OnceLock<Arc<Guard>>,
    desk: Mutex<Desk>,
    joined: OnceLock<Joined>,
}

struct Joined {
    node: AppHandle,
    pages: Router,
}

impl Welcome {
    /// Prepares the page of a directory that this process has begun.
    pub(crate) fn new(dir: Arc<DataDir>, runtime: &Handle) -> Self {
        Self {
            dir,
            runtime: runtime.clone(),
            guard: OnceLock::new(),
            desk: Mutex::default(),
            joined: OnceLock::new(),
        }
    }

    /// Returns the node, once this computer has joined.
    pub(crate) fn node(&self) -> Option<&AppHandle> {
        self.joined.get().map(|joined| &joined.node)
    }

    /// Keeps the guard, which hands out links to the page.
    pub(crate) fn serves_pages(&self, guard: &Arc<Guard>) {
        // The page is served once in the life of a process.
        let _first_counts = self.guard.set(Arc::clone(guard));
    }

    /// Returns a new one-time link to the page, while it is served.
    pub(crate) fn page_link(&self) -> Option<String> {
        self.guard.get().map(|guard| guard.launch_url())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a form. Returns what the hub is to be asked, if it was the last one, and whether
    /// something in it has to be looked at again.
    fn take(&self, act: Act, sent: &Sent) -> Result<(Option<Ask>, bool), Fault> {
        let begun = enrol::needs_words(&self.dir)?;
        let mut desk = self.desk();
        let ask = match desk.take(act, sent, begun, clock::now()) {
            Next::Ask(ask) => Some(ask),
            Next::Page => None,
            Next::ClearUp => {
                enrol::clear_up(&self.dir);
                None
            }
        };
        Ok((ask, desk.is_wrong()))
    }

    /// Asks the hub, outside the asynchronous runtime, and opens the node if it was admitted.
    fn join(&self, ask: Ask) {
        let Ask { invite, name, root } = ask;
        // A device of a location that exists has no use for a root.
        let recovery = Recovery::Held(root.unwrap_or_else(|| Box::new(fresh())));
        let enrolled = match enrol::join_in(&self.dir, &invite, &name, recovery, &self.runtime) {
            Ok(enrolled) => enrolled,
            Err(not_joined) => {
                if not_joined.leaves_nothing() {
                    enrol::clear_up(&self.dir);
                }
                return self.desk().refuse(&invite, not_joined);
            }
        };
        match Node::open_dir(Arc::clone(&self.dir), &self.runtime) {
            Ok(node) => {
                if let Some(guard) = self.guard.get() {
                    node.serves_pages(guard);
                }
                self.runtime.block_on(node.live(true));
                let pages = super::router(node.clone());
                // Only one attempt runs at a time.
                let _first_counts = self.joined.set(Joined { node, pages });
                self.desk().arrive(enrolled);
            }
            Err(failure) => self.desk().stop(&failure),
        }
    }
}

impl fmt::Debug for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Welcome")
            .field("joined", &self.node().is_some())
            .finish_non_exhaustive()
    }
}

/// The welcome page; behind it the pages of the node, once this computer has joined.
pub(crate) fn router(welcome: &Arc<Welcome>) -> Router {
    Router::new()
        .route("/welcome", get(show))
        .route("/welcome/{act}", post(take))
        .fallback(pass)
        .with_state(Arc::clone(welcome))
        .merge(assets::routes())
}

type Here = State<Arc<Welcome>>;

async fn show(State(welcome): Here) -> Result<Reply, Fault> {
    welcome.desk().page(welcome.dir.root(), false)
}

async fn take(
    State(welcome): Here,
    Path(act): Path<String>,
    Form(sent): Form<Pairs>,
) -> Result<Reply, Fault> {
    let act = Act::parse(&act).ok_or(Fault::NotFound)?;
    let (ask, wrong) = welcome.take(act, &Sent(sent))?;
    if wrong {
        return welcome.desk().page(welcome.dir.root(), true);
    }
    if let Some(ask) = ask {
        let work = Arc::clone(&welcome);
        let joining = tokio::task::spawn_blocking(move || work.join(ask));
        // It goes on if the answer takes longer, or the browser leaves.
        let _later = tokio::time::timeout(ANSWER_WAIT_MAX, joining).await;
    }
    Ok(Reply::See(PATH.to_owned()))
}

/// Passes a request to the node's pages. Before there are any, every address leads to this page.
async fn pass(State(welcome): Here, request: Request) -> Response {
    match welcome.joined.get() {
        Some(joined) => {
            let answer = joined.pages.clone().oneshot(request).await;
            answer.unwrap_or_else(|never| match never {})
        }
        None if request.method() == Method::GET => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, PATH)]).into_response()
        }
        None => Fault::NotFound.into_response(),
    }
}

const PATH: &str = "/welcome";
