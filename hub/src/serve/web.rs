//! Serves the pages and the data interface at loopback addresses.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    http::{HeaderName, HeaderValue},
    middleware,
    response::Response,
};
use tokio::{sync::oneshot, task::JoinHandle};
use weft_host::{
    assets,
    page::{self, Guard, Loopback, PageError},
    task,
};

use crate::{
    api,
    app::{AppHandle, PagesServed},
    figures::{NOTICE, NOTICE_HEADER},
    pages,
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
    task: JoinHandle<()>,
}

impl Pages {
    /// The address of the national team's pages.
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
pub async fn pages(
    app: &AppHandle,
    http: SocketAddr,
    admin: SocketAddr,
) -> Result<Pages, PageError> {
    // Bind both ports before serving either: a hub without one of them does not start.
    let http = page::bind_loopback(http).await?;
    let admin = page::bind_loopback(admin).await?;
    let url = format!("{}/", http.origin());
    let admin_url = format!("{}/", admin.origin());
    let guard = Arc::new(Guard::new(http.address(), OPEN, HOME));
    let national = page::protect(national(app), &guard);
    let administration = Guard::new(admin.address(), pages::admin::OPEN, HOME);
    let administration = Arc::new(administration.renewed_by("weft-hub admin"));
    let administrative = page::protect(pages::admin::routes(app), &administration);
    let served = PagesServed {
        national: url.clone(),
        administration: admin_url,
        guard: administration,
    };
    app.set_serving(|serving| serving.pages = Some(served));
    Ok(Pages {
        url,
        serving: vec![serve(http, national), serve(admin, administrative)],
    })
}

fn serve(at: Loopback, router: Router) -> Serving {
    let (stop, stopped) = oneshot::channel();
    let task = task::spawn(page::serve(at, router, async {
        // Dropping the handle stops the server as well.
        let _dropped = stopped.await;
    }));
    Serving { stop, task }
}

/// Returns the routes of the national team's pages and of the data interface.
pub(crate) fn national(app: &AppHandle) -> Router {
    pages::national(app)
        .merge(assets::routes())
        .merge(api::router(app))
        .layer(middleware::map_response(add_notice))
}

/// Adds the notice to any answer.
async fn add_notice(mut response: Response) -> Response {
    let name = HeaderName::from_static(NOTICE_HEADER);
    let notice = HeaderValue::from_static(NOTICE);
    response.headers_mut().insert(name, notice);
    response
}

/// The national team's pages need no cookie: they change nothing. The guard compares the address of
/// every request with its own, so no foreign page in a browser can read them.
const OPEN: &[&str] = &["/"];
/// The page that one-time links lead to.
const HOME: &str = "/";
