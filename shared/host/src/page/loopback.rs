//! The port of this computer at which pages are served.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::TcpListener;

use super::{PageError, holder};
use crate::{http::Listener, limits};

/// A port for pages, bound at a loopback address.
///
/// Links say `localhost`, as passkeys need it, and a browser tries both addresses behind that name.
/// So a port of 127.0.0.1 is bound at ::1 as well: otherwise a program of another account could
/// wait there for the one-time link.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    listeners: Vec<TcpListener>,
}

impl Loopback {
    /// The address, with port 0 replaced by the chosen port.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address as links have it, such as `http://localhost:8434`, without a final `/`.
    pub fn origin(&self) -> String {
        origin(self.address)
    }

    pub(super) fn into_listeners(self) -> Vec<Listener> {
        self.listeners.into_iter().map(Listener::Port).collect()
    }
}

/// Returns the origin of pages at `address`, as links have it.
pub fn origin(address: SocketAddr) -> String {
    format!("http://{}", host(address))
}

/// Returns the host and port of pages at `address`, as links have them.
pub(super) fn host(address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => format!("localhost:{}", address.port()),
        _ => address.to_string(),
    }
}

/// Binds a loopback port for pages; port 0 picks a free one.
///
/// # Errors
/// If the address is not a loopback address, or is taken.
pub async fn bind_loopback(address: SocketAddr) -> Result<Loopback, PageError> {
    if !address.ip().is_loopback() {
        return Err(PageError::NotLoopback { address });
    }
    let mut tries = limits::PORT_TRIES_MAX;
    loop {
        tries -= 1;
        match bind(address).await {
            // The port that the system picked is free at one of the two addresses only.
            Err((_, error)) if address.port() == 0 && tries > 0 && is_taken(&error) => {}
            Err((at, error)) if is_taken(&error) => {
                return Err(PageError::Taken {
                    port: at.port(),
                    holder: holder::of_port(at.port()),
                });
            }
            Err((address, source)) => return Err(PageError::Bind { address, source }),
            Ok(bound) => return Ok(bound),
        }
    }
}

/// Binds the address, and ::1 beside 127.0.0.1. Returns the address that failed, with the reason.
async fn bind(address: SocketAddr) -> Result<Loopback, (SocketAddr, io::Error)> {
    let failed = |error| (address, error);
    let first = TcpListener::bind(address).await.map_err(failed)?;
    let bound = first.local_addr().map_err(failed)?;
    let mut listeners = vec![first];
    if bound.ip() == Ipv4Addr::LOCALHOST {
        let twin = SocketAddr::from((Ipv6Addr::LOCALHOST, bound.port()));
        match TcpListener::bind(twin).await {
            Ok(second) => listeners.push(second),
            Err(error) if is_taken(&error) => return Err((twin, error)),
            // Without IPv6 no other program can bind it either.
            Err(error) => tracing::debug!(%error, "pages are served over IPv4 alone"),
        }
    }
    Ok(Loopback {
        address: bound,
        listeners,
    })
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}
