//! The hub's pages: on this computer alone until people can sign in.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, routing::get};
use tokio::{sync::oneshot, task::JoinHandle};
use weft_host::page::{self, Guard, PageError};

use crate::app::AppHandle;

/// Pages that are being served.
#[derive(Debug)]
pub(crate) struct Pages {
    url: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), PageError>>,
}

impl Pages {
    /// The one-time link that lets a browser in.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Lets the answers that have begun go out, and stops.
    pub(crate) async fn stop(self) {
        // Where the server has ended by itself, nothing is left to stop.
        let _ended = self.stop.send(());
        let _ended = self.task.await;
    }
}

/// Serves the pages at `address`.
pub(crate) async fn start(_: &AppHandle, address: SocketAddr) -> Result<Pages, PageError> {
    let listener = page::bind_loopback(address).await?;
    let address = listener.local_addr().unwrap_or(address);
    let guard = Arc::new(Guard::new(address, &["/healthz"], "/"));
    let router = Router::new().route("/healthz", get(async || "ok\n"));
    let router = page::protect(router, &guard);
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(page::serve(listener, router, async {
        // A handle that was dropped stops the server as well.
        let _dropped = stopped.await;
    }));
    let url = guard.launch_url();
    Ok(Pages { url, stop, task })
}
