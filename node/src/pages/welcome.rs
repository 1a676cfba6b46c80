//! Welcome: the first page, which joins this computer to a network without a terminal.
//!
//! It is served while there is no node in the data directory, and beside the pages of a node that
//! works alone. What a person has typed and the
//! recovery words of a new location are in memory until the computer has joined. From then on the
//! node's own pages are served in its place, to the same browser and at the same address.

mod desk;
mod page;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock},
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

use self::desk::{Act, Ask, Desk, Next, Start};
use super::{Fault, Pairs, Reply, form::Sent};
use crate::{
    app::{AppHandle, Node},
    enrol::{self, Enrolled, Recovery, words::fresh},
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
    opened: RwLock<Option<Opened>>,
}

/// The node of this computer.
#[derive(Clone)]
struct Opened {
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
            opened: RwLock::default(),
        }
    }

    /// Prepares the page of a node that works alone, beside its own pages.
    pub(crate) fn of_alone(dir: Arc<DataDir>, node: AppHandle, runtime: &Handle) -> Self {
        let welcome = Self::new(dir, runtime);
        welcome.desk().alone = true;
        welcome.open(node);
        welcome
    }

    /// Returns the node, once this computer has one.
    pub(crate) fn node(&self) -> Option<AppHandle> {
        self.opened().map(|opened| opened.node)
    }

    fn opened(&self) -> Option<Opened> {
        let opened = self.opened.read();
        opened.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves the pages of `node` from now on.
    fn open(&self, node: AppHandle) {
        if let Some(guard) = self.guard.get() {
            node.serves_pages(guard);
        }
        let pages = super::router(node.clone());
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        *opened = Some(Opened { node, pages });
    }

    /// Keeps the guard, which hands out links to the page.
    pub(crate) fn serves_pages(&self, guard: &Arc<Guard>) {
        // The page is served once in the life of a process.
        let _first_counts = self.guard.set(Arc::clone(guard));
        if let Some(node) = self.node() {
            node.serves_pages(guard);
        }
    }

    /// Returns a new one-time link to the page, while it is served.
    pub(crate) fn page_link(&self) -> Option<String> {
        self.guard.get().map(|guard| guard.launch_url())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a form. Returns the work that follows from it, if it was the last one, and whether
    /// something in it has to be looked at again.
    fn take(&self, act: Act, sent: &Sent) -> Result<(Option<Work>, bool), Fault> {
        let begun = match act {
            Act::Alone => enrol::asked(&self.dir)?,
            _ => enrol::needs_words(&self.dir)?,
        };
        let mut desk = self.desk();
        let work = match desk.take(act, sent, begun, clock::now()) {
            Next::Ask(ask) => Some(Work::Join(ask)),
            Next::Start(start) => Some(Work::Start(start)),
            Next::Page => None,
            Next::ClearUp => {
                enrol::clear_up(&self.dir);
                None
            }
        };
        Ok((work, desk.is_wrong()))
    }

    /// Does what a form asked for, outside the asynchronous runtime.
    fn work(&self, work: Work) {
        match (work, self.node()) {
            (Work::Join(ask), Some(node)) => self.bring(&ask, &node),
            (Work::Join(ask), None) => self.join(ask),
            (Work::Start(start), None) => self.start(start),
            // It has started; a form of another window changes nothing.
            (Work::Start(_), Some(_)) => {}
        }
    }

    /// Begins a location without a network, and opens its node.
    fn start(&self, Start { name, root }: Start) {
        let outcome = enrol::alone::start(&self.dir, &name, Recovery::Held(root));
        let opened = outcome.and_then(|()| {
            let node = Node::open_dir(Arc::clone(&self.dir), &self.runtime)?;
            self.open(node);
            Ok(())
        });
        self.desk().started(opened);
    }

    /// Brings the location of a node that works alone to the hub of the line.
    fn bring(&self, ask: &Ask, node: &AppHandle) {
        match Node::join(node, (&self.dir, &ask.invite), &self.runtime) {
            Ok(enrolled) => self.arrive(enrolled),
            Err(failure) => self.desk().stays_alone(&failure),
        }
    }

    /// Asks the hub, and opens the node if it was admitted.
    fn join(&self, ask: Ask) {
        let Ask { invite, name, root } = ask;
        // A device of a location that exists has no use for a root.
        let recovery = Recovery::Held(root.unwrap_or_else(|| Box::new(fresh())));
        match enrol::join_in(&self.dir, &invite, &name, recovery, &self.runtime) {
            Ok(enrolled) => self.arrive(enrolled),
            Err(not_joined) => {
                if not_joined.leaves_nothing() {
                    enrol::clear_up(&self.dir);
                }
                self.desk().refuse(&invite, not_joined);
            }
        }
    }

    /// Opens the node of a computer that has joined.
    fn arrive(&self, enrolled: Enrolled) {
        match Node::open_dir(Arc::clone(&self.dir), &self.runtime) {
            Ok(node) => {
                self.runtime.block_on(node.live(true));
                self.open(node);
                self.desk().arrive(enrolled);
            }
            Err(failure) => self.desk().stop(&failure),
        }
    }
}

/// The work that follows from a form.
enum Work {
    Join(Ask),
    Start(Start),
}

impl fmt::Debug for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Welcome")
            .field("opened", &self.opened().is_some())
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
    let (work, wrong) = welcome.take(act, &Sent(sent))?;
    if wrong {
        return welcome.desk().page(welcome.dir.root(), true);
    }
    let Some(work) = work else {
        return Ok(Reply::See(PATH.to_owned()));
    };
    let starts = matches!(work, Work::Start(_));
    let own = Arc::clone(&welcome);
    let working = tokio::task::spawn_blocking(move || own.work(work));
    // It goes on if the answer takes longer, or the browser leaves.
    let _later = tokio::time::timeout(ANSWER_WAIT_MAX, working).await;
    // A computer that has started alone needs no more of this page.
    let began = starts && !welcome.desk().is_wrong();
    Ok(Reply::See(if began { "/" } else { PATH }.to_owned()))
}

/// Passes a request to the node's pages. Before there are any, every address leads to this page.
async fn pass(State(welcome): Here, request: Request) -> Response {
    match welcome.opened() {
        Some(opened) => {
            let answer = opened.pages.oneshot(request).await;
            answer.unwrap_or_else(|never| match never {})
        }
        None if request.method() == Method::GET => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, PATH)]).into_response()
        }
        None => Fault::NotFound.into_response(),
    }
}

const PATH: &str = "/welcome";
