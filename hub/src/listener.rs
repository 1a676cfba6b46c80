//! Where nodes knock: handshakes, connections, and a session on each stream.

use std::{net::SocketAddr, sync::Arc};

use tokio::task::{JoinHandle, JoinSet};
use weft_host::quic::{self, Knock, Peer};

use crate::{app::Shared, peer};

/// A listening hub; it stops with [`Listening::close`], or at once where it is dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    listener: quic::Listener,
    task: JoinHandle<()>,
}

impl Listening {
    pub(crate) fn start(
        shared: &Arc<Shared>,
        address: SocketAddr,
    ) -> Result<(Self, SocketAddr), quic::ListenError> {
        let identity = &shared.identity;
        let listener = quic::Listener::bind(address, &identity.tls, &identity.statement)?;
        let address = listener.local_addr().unwrap_or(address);
        let task = tokio::spawn(accept(Arc::clone(shared), listener.clone()));
        Ok((Self { listener, task }, address))
    }

    /// Tells all peers that the hub stops, and waits until they can have heard it.
    pub(crate) async fn close(&self) {
        self.task.abort();
        self.listener.close("the hub is stopping").await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(shared: Arc<Shared>, listener: quic::Listener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            knock = listener.accept() => match knock {
                Some(knock) => {
                    connections.spawn(serve(Arc::clone(&shared), knock));
                }
                None => return,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(shared: Arc<Shared>, knock: Knock) {
    let from = knock.remote_address();
    let Peer { connection, device } = match knock.open().await {
        Ok(peer) => peer,
        Err(error) => {
            tracing::debug!(%from, %error, "a peer did not get in");
            return;
        }
    };
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            streams = connection.accept_bi() => match streams {
                Ok(streams) => {
                    sessions.spawn(peer::serve(Arc::clone(&shared), device, streams));
                }
                Err(error) => {
                    tracing::debug!(%from, %device, %error, "a connection ended");
                    // Sessions end by themselves with their streams.
                    while sessions.join_next().await.is_some() {}
                    return;
                }
            },
            Some(_) = sessions.join_next() => {}
        }
    }
}
