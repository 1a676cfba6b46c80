//! The hub's pages: the national team's view of its network, and the administration.
//!
//! All pages only read, except the administration, which has a separate port.

pub(crate) mod admin;
mod card;
mod chart;
mod coverage;
mod definitions;
pub(crate) mod figure;
mod frame;
mod indicator;
mod overview;
mod sheet;
pub(crate) mod source;
mod trend;
pub(crate) mod words;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router, extract::State, http::StatusCode, middleware, response::Response, routing::get,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use weft_host::{
    assets,
    page::{self, Guard, PageError},
    task,
};

use self::frame::{Failure, Frame, Link};
use crate::{
    api,
    app::{self, AppHandle},
};

/// Pages that are being served.
#[derive(Debug)]
pub struct Pages {
    url: String,
    serving: Vec<Serving>,
}

#[derive(Debug)]
struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), PageError>>,
}

impl Pages {
    /// The address of the national team's pages.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Finishes the answers that have begun, and stops.
    pub async fn stop(self) {
        for Serving { stop, task } in self.serving {
            // If the server has already ended, there is nothing to stop.
            let _ended = stop.send(());
            let _ended = task.await;
        }
    }
}

/// Serves the national team's pages and the data interface at `http`, and the administration at
/// `admin`; port 0 picks a free port. [`AppHandle::administration_link`] leads into the latter.
///
/// # Errors
/// If an address is not a loopback address, or is taken.
pub async fn start(
    app: &AppHandle,
    http: SocketAddr,
    admin: SocketAddr,
) -> Result<Pages, PageError> {
    // Bind both ports before serving either: a hub without one of them does not start.
    let http = page::bind_loopback(http).await?;
    let admin = page::bind_loopback(admin).await?;
    let address = |listener: &TcpListener| listener.local_addr().map_err(PageError::Serve);
    let url = format!("http://{}/", address(&http)?);
    let admin_url = format!("http://{}/", address(&admin)?);
    let guard = Arc::new(Guard::new(address(&http)?, OPEN, HOME));
    let national = page::protect(national(app), &guard);
    let administration = Guard::new(address(&admin)?, admin::OPEN, HOME);
    let administration = Arc::new(administration.renewed_by("weft-hub admin"));
    let administrative = page::protect(admin::routes(app), &administration);
    app.serves_pages(app::Serving {
        national: url.clone(),
        administration: admin_url,
        guard: administration,
    });
    Ok(Pages {
        url,
        serving: vec![serve(http, national), serve(admin, administrative)],
    })
}

fn serve(listener: TcpListener, router: Router) -> Serving {
    let (stop, stopped) = oneshot::channel();
    let task = task::spawn(page::serve(listener, router, async {
        // Dropping the handle stops the server as well.
        let _dropped = stopped.await;
    }));
    Serving { stop, task }
}

/// State shared by the pages.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) app: AppHandle,
}

/// Returns the routes of the national team's pages and the data interface.
pub(crate) fn national(app: &AppHandle) -> Router {
    let web = Web { app: app.clone() };
    Router::new()
        .route("/", get(overview::page))
        .route("/locations.csv", get(overview::locations_csv))
        .route("/initiatives.csv", get(overview::initiatives_csv))
        .route("/insights.csv", get(overview::insights_csv))
        .route("/indicators/{code}", get(indicator::page))
        .route("/coverage", get(coverage::page))
        .route("/coverage.csv", get(coverage::csv))
        .route("/definitions", get(definitions::page))
        .route("/definitions.csv", get(definitions::csv))
        .fallback(no_such_page)
        .with_state(web)
        .merge(assets::stylesheet())
        .merge(api::router(app))
        .layer(middleware::map_response(api::add_notice))
}

async fn no_such_page(State(web): State<Web>) -> Result<Response, Failure> {
    let frame = Frame::national(&web.app, "").await?;
    frame.message(
        StatusCode::NOT_FOUND,
        "There is no such page",
        "The address may be mistyped, or the page may have moved.",
        vec![Link::new("/", "National overview")],
    )
}

/// The national team's pages need no cookie: they change nothing. The guard compares the address of
/// every request with its own, so no foreign page in a browser can read them.
const OPEN: &[&str] = &["/"];
/// The page that one-time links lead to.
const HOME: &str = "/";
