//! Loopback HTTP for both programs. No client can hold a connection without using it.

mod patient;

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
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::sleep,
};

use self::patient::Patient;
use crate::{limits, task};

/// Serves at all `listeners` until `shutdown` ends, then finishes the answers that have begun.
pub(crate) async fn serve(
    listeners: Vec<TcpListener>,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let free = Arc::new(Semaphore::new(limits::HTTP_CONNECTIONS_MAX));
    let (closing, _) = watch::channel(());
    let accept = async {
        loop {
            let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
                return;
            };
            let (stream, peer) = accepted(&listeners).await;
            let connection = answer((stream, peer), router.clone(), closing.subscribe());
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
    let all = u32::try_from(limits::HTTP_CONNECTIONS_MAX).unwrap_or(u32::MAX);
    // The semaphore is never closed.
    let _all_done = free.acquire_many(all).await;
}

/// The address at the other end of the connection of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

async fn accepted(listeners: &[TcpListener]) -> (TcpStream, Peer) {
    let next = |context: &mut Context<'_>| {
        let mut ready = listeners
            .iter()
            .map(|listener| listener.poll_accept(context));
        ready.find(Poll::is_ready).unwrap_or(Poll::Pending)
    };
    loop {
        match poll_fn(next).await {
            Ok((stream, peer)) => return (stream, Peer(peer.ip().to_canonical())),
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
    (stream, peer): (TcpStream, Peer),
    router: Router,
    mut closing: watch::Receiver<()>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HTTP_HEADER_TIME_MAX)
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
        let serving = tokio::spawn(serve(vec![listener], router, async {
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
