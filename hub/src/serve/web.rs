//! Serves the pages and the data interface at loopback addresses, or at a Unix socket.

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
    page::{self, Guard, PageError, Place, Public, Socket},
    task,
};

use super::door::{self, Door};
use crate::{
    access::site::Site,
    api,
    app::{AppHandle, PagesServed},
    figures::{NOTICE, NOTICE_HEADER},
    pages,
    settings::{Listen, PublicWeb, Web},
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
    pages_at(app, Web::Here(http), admin).await
}

/// The same; if the way to the pages is public, a proxy serves them and the data interface at an
/// address of the web.
pub(crate) async fn pages_at(
    app: &AppHandle,
    web: Web,
    admin: SocketAddr,
) -> Result<Pages, PageError> {
    // Bind both places before serving either: a hub without one of them does not start.
    let (http, guard, site) = bind(web).await?;
    let admin = page::bind_loopback(admin).await?;
    let (guard, site) = (Arc::new(guard), Arc::new(site));
    let url = format!("{}/", site.origin);
    let admin_url = format!("{}/", admin.origin());
    let national = page::protect(national(app, &site), &guard);
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
        serving: vec![
            serve(http, national),
            serve(Place::Port(admin), administrative),
        ],
    })
}

/// Binds the place of the pages. Returns it with their guard and their site.
async fn bind(web: Web) -> Result<(Place, Guard, Site), PageError> {
    match web {
        Web::Here(address) => {
            let port = page::bind_loopback(address).await?;
            let guard = Guard::new(port.address(), OPEN, HOME);
            let site = Site::local(port.origin(), port.address().port());
            Ok((Place::Port(port), guarding(guard), site))
        }
        Web::Public(PublicWeb { at, url, proxies }) => {
            let (place, guard) = match at {
                Listen::Port(address) => {
                    let port = page::bind_loopback(address).await?;
                    let guard = Guard::new(port.address(), OPEN, HOME);
                    (Place::Port(port), guard)
                }
                Listen::Socket(path) => {
                    let socket = Socket::bind(&path)?;
                    (Place::Socket(socket), Guard::of_socket(OPEN, HOME))
                }
            };
            let guard = guard.behind(Public {
                host: url.host().to_owned(),
                proxies: proxies.0,
                local: LOCAL,
            });
            Ok((place, guarding(guard), Site::public(&url)))
        }
    }
}

/// Guards the pages and the data interface as they are.
pub(crate) const fn guarding(guard: Guard) -> Guard {
    guard.with_forms(FORMS).without_changes(api::READ_ONLY)
}

fn serve(at: Place, router: Router) -> Serving {
    let (stop, stopped) = oneshot::channel();
    let task = task::spawn(page::serve(at, router, async {
        // Dropping the handle stops the server as well.
        let _dropped = stopped.await;
    }));
    Serving { stop, task }
}

/// Returns the routes of the national team's pages and of the data interface, behind the door.
pub(crate) fn national(app: &AppHandle, site: &Arc<Site>) -> Router {
    let door = Door {
        app: app.clone(),
        site: Arc::clone(site),
    };
    pages::national(app, site)
        .merge(api::router(app))
        .layer(middleware::map_response(add_notice))
        .merge(pages::data::routes(app, site))
        .merge(pages::guide::routes(app, site))
        .merge(api::data::routes(app))
        .merge(assets::routes())
        .layer(middleware::from_fn_with_state(door, door::check))
}

/// Adds the notice to any answer but those from releases.
async fn add_notice(mut response: Response) -> Response {
    if api::is_released(&response) {
        return response;
    }
    let name = HeaderName::from_static(NOTICE_HEADER);
    let notice = HeaderValue::from_static(NOTICE);
    response.headers_mut().insert(name, notice);
    response
}

/// The guard asks for no cookie of its own: the door does. The guard compares the address of every
/// request with its own, so no foreign page in a browser can read them.
const OPEN: &[&str] = &["/"];
/// Paths at which strangers write, and nothing is long.
pub(crate) const FORMS: &[&str] = &["/sign-in", "/sign-in/", "/invite/"];
/// Paths that a monitor on this computer asks for.
const LOCAL: &[&str] = &["/healthz", "/readyz", "/metrics"];
/// The page that one-time links lead to.
const HOME: &str = "/";
