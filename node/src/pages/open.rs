//! The page on its way to a browser: a loopback address, the safeguards, and the one-time link.

use std::{future::Future, net::SocketAddr, sync::Arc};

use tokio::net::TcpListener;
use weft_host::page::{self, Guard, PageError};

use super::router;
use crate::{app::AppHandle, failure::Failure};

/// A node's page that has its address, and is served by [`Page::serve`].
#[derive(Debug)]
pub struct Page {
    listener: TcpListener,
    router: axum::Router,
    guard: Arc<Guard>,
}

impl AppHandle {
    /// Gives the node's page an address, which must be one of this computer; port 0 takes any free
    /// one.
    ///
    /// # Errors
    /// Where the address is not loopback, or taken.
    pub async fn page(&self, address: SocketAddr) -> Result<Page, Failure> {
        let listener = page::bind_loopback(address)
            .await
            .map_err(Failure::failed_error)?;
        let address = listener.local_addr().map_err(|error| {
            Failure::failed(format_args!("The page's address cannot be read: {error}."))
        })?;
        let guard = Arc::new(Guard::new(address, &["/assets/"], "/"));
        let router = page::protect(router(self.clone()), &guard);
        Ok(Page {
            listener,
            router,
            guard,
        })
    }
}

impl Page {
    /// A new link that signs in the browser that opens it, once.
    #[must_use]
    pub fn launch_url(&self) -> String {
        self.guard.launch_url()
    }

    /// Serves the page until `ended`.
    ///
    /// # Errors
    /// Where the system no longer takes connections.
    pub async fn serve(
        self,
        ended: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), PageError> {
        page::serve(self.listener, self.router, ended).await
    }
}
