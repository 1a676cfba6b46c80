//! Accepts nodes over QUIC: handshakes, connections, and a session on each stream.

use std::{net::SocketAddr, sync::Arc};

use quinn::{ConnectionError, VarInt};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};
use weft_host::{
    quic::{self, Knock, Peer},
    task,
};

use crate::{
    app::{AppError, AppHandle, Shared},
    limits,
    peer::{self, AdmissionState},
    registry::Stranger,
};

/// A hub that accepts nodes. [`Listening::close`] stops it; dropping it stops it at once.
#[derive(Debug)]
pub struct Listening {
    app: AppHandle,
    listener: quic::Listener,
    at: SocketAddr,
    task: JoinHandle<()>,
}

/// Starts to listen for nodes.
///
/// # Errors
/// If the address is taken.
pub async fn listen(app: &AppHandle, address: SocketAddr) -> Result<Listening, AppError> {
    let identity = &app.shared.identity;
    let listener = quic::Listener::bind(address, &identity.tls, &identity.statement)?;
    let at = listener.local_addr().unwrap_or(address);
    let task = task::spawn(accept(Arc::clone(&app.shared), listener.clone()));
    let app = app.clone();
    let listening = Listening {
        app,
        listener,
        at,
        task,
    };
    listening.app.serves_nodes(at).await;
    Ok(listening)
}

impl Listening {
    /// The address it listens on, with port 0 replaced by the chosen port.
    pub const fn at(&self) -> SocketAddr {
        self.at
    }

    /// Tells all peers that the hub stops, and gives them time to hear it.
    pub async fn close(self) {
        self.task.abort();
        self.listener.close("the hub is stopping").await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
        self.app.set_serving(|serving| serving.nodes = None);
    }
}

async fn accept(shared: Arc<Shared>, listener: quic::Listener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            knock = listener.accept() => match knock {
                Some(knock) => {
                    connections.spawn(task::work(serve(Arc::clone(&shared), knock)));
                }
                None => return,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(shared: Arc<Shared>, knock: Knock) {
    let from = knock.remote_address();
    let peer = match knock.open().await {
        Ok(peer) => peer,
        Err(error) => {
            tracing::debug!(%from, %error, "a peer did not get in");
            return;
        }
    };
    // A crowd of strangers must not keep the network's own devices out.
    let device = peer.device;
    let mut place = None;
    if !shared.directory.knows(device).await {
        place = shared.strangers.enter(from.ip());
        if place.is_none() {
            tracing::debug!(%from, "too many strangers are connected");
            peer.connection.close(CROWDED, CROWDED_TEXT);
            return;
        }
    }
    let error = attend(&shared, &peer, place).await;
    tracing::debug!(%from, %device, %error, "a connection ended");
}

/// Serves the sessions of one connection. A connection without an admitted session is closed soon:
/// a peer that sends nothing, is refused or was superseded keeps no place here.
async fn attend(
    shared: &Arc<Shared>,
    Peer { connection, device }: &Peer,
    stranger: Option<Stranger>,
) -> ConnectionError {
    let soon = || Some(Instant::now() + limits::ADMISSION_TIME_MAX);
    let admission = Arc::new(AdmissionState::new(stranger));
    let mut until = soon();
    let mut sessions = JoinSet::new();
    let error = loop {
        tokio::select! {
            streams = connection.accept_bi() => match streams {
                Ok(streams) => {
                    let (shared, admission) = (Arc::clone(shared), Arc::clone(&admission));
                    let session = peer::serve(shared, *device, streams, admission);
                    sessions.spawn(task::work(session));
                }
                Err(error) => break error,
            },
            Some(_) = sessions.join_next() => {
                // After a JOIN comes a HELLO, on another stream.
                if sessions.is_empty() && until.is_none() {
                    until = soon();
                }
            }
            () = admission.admitted() => {
                until = if sessions.is_empty() { soon() } else { None };
            }
            () = admission.replaced() => {
                connection.close(CROWDED, CROWDED_TEXT);
            }
            () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                connection.close(LATE, b"no session was begun in time");
                until = None;
            }
        }
    };
    admission.leave();
    // Sessions end with their streams.
    while sessions.join_next().await.is_some() {}
    error
}

/// The reason the hub closes a connection, for a reader of the wire.
const CROWDED: VarInt = VarInt::from_u32(1);
const CROWDED_TEXT: &[u8] = b"too many are joining";
const LATE: VarInt = VarInt::from_u32(2);
