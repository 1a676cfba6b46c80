//! Loopback HTTP for both programs. No client can hold a connection without using it.

mod patient;
mod socket;

use std::{
    future::poll_fn,
    io,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{Semaphore, watch},
    time::sleep,
};

use self::patient::Patient;
pub use self::socket::{Socket, SocketError};
use crate::{limits, task};

/// A socket that listens.
#[derive(Debug)]
pub(crate) enum Listener {
    Port(TcpListener),
    Socket(Socket),
}

impl Listener {
    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(Box<dyn Stream>, Peer)>> {
        match self {
            Self::Port(listener) => listener.poll_accept(context).map_ok(|(stream, peer)| {
                let stream: Box<dyn Stream> = Box::new(stream);
                (stream, Peer::Port(peer.ip().to_canonical()))
            }),
            Self::Socket(socket) => {
                let accepted = socket.poll_accept(context);
                accepted.map_ok(|stream| (stream, Peer::Socket))
            }
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Serves at all `listeners` until `shutdown` ends, then finishes the answers that have begun.
pub(crate) async fn serve(
    listeners: Vec<Listener>,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let most = limits::HTTP_CONNECTIONS_MAX + limits::HTTP_CONNECTIONS_KEPT;
    let free = Arc::new(Semaphore::new(most));
    let (closing, _) = watch::channel(());
    let accept = async {
        loop {
            let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
                return;
            };
            let (stream, peer) = accepted(&listeners).await;
            let is_crowded = free.available_permits() < limits::HTTP_CONNECTIONS_KEPT;
            let came = (peer, is_crowded.then_some(Crowded));
            let connection = answer((stream, came), router.clone(), closing.subscribe());
            drop(task::spawn(async move {
                connection.await;
                drop(permit);
            }));
        }
    };
    tokio::select! {
        () = accept => {}
        () = shutdown => {}
    }
    drop(listeners);
    closing.send_replace(());
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    // The semaphore is never closed.
    let _all_done = free.acquire_many(all).await;
}

/// The other end of the connection of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A program at this address.
    Port(IpAddr),
    /// A program that may write to the Unix socket.
    #[cfg_attr(
        not(unix),
        expect(dead_code, reason = "other systems have no such socket")
    )]
    Socket,
}

/// Marks a request on a connection that is kept for programs of this computer: all others are in
/// use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowded;

async fn accepted(listeners: &[Listener]) -> (Box<dyn Stream>, Peer) {
    let next = |context: &mut Context<'_>| {
        let mut ready = listeners
            .iter()
            .map(|listener| listener.poll_accept(context));
        ready.find(Poll::is_ready).unwrap_or(Poll::Pending)
    };
    loop {
        match poll_fn(next).await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            // Probably out of file handles; others will close meanwhile.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                sleep(limits::HTTP_ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

async fn answer(
    (stream, (peer, crowded)): (Box<dyn Stream>, (Peer, Option<Crowded>)),
    router: Router,
    mut closing: watch::Receiver<()>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        if let Some(crowded) = crowded {
            request.extensions_mut().insert(crowded);
        }
        router.call(request)
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .keep_alive(crowded.is_none())
            .header_read_timeout(match crowded {
                None => limits::HTTP_HEADER_TIME_MAX,
                Some(Crowded) => limits::HTTP_KEPT_HEADER_TIME_MAX,
            })
            .serve_connection(TokioIo::new(Patient::new(stream)), service)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = closing.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to a page broke off");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
        sync::oneshot,
        time::timeout,
    };

    use super::*;

    async fn ask(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn half_a_request_holds_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "here"));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(vec![Listener::Port(listener)], router, async {
            let _gone = stopped.await;
        }));
        let mut halves = Vec::new();
        for _ in 0..limits::HTTP_CONNECTIONS_MAX + 20 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream
                .write_all(b"GET / HTTP/1.1\r\nhost: x")
                .await
                .unwrap();
            halves.push(stream);
        }
        // All places are taken; a newcomer waits until the half-open ones are dropped.
        let whole = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let patience = limits::HTTP_HEADER_TIME_MAX * 3;
        let answer = timeout(patience, ask(address, whole)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("here"), "{answer}");
        for mut half in halves {
            let mut rest = Vec::new();
            // An answer that says so, or an end without one.
            let _ended = timeout(patience, half.read_to_end(&mut rest))
                .await
                .unwrap();
        }
        stop.send(()).unwrap();
        timeout(Duration::from_secs(5), serving)
            .await
            .unwrap()
            .unwrap();
    }
}
