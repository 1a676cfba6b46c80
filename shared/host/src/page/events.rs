//! Tells open pages that something changed, so that they can fetch themselves again.

use std::{convert::Infallible, sync::Arc};

use axum::{
    http::StatusCode,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::plain_page;
use crate::limits;

/// The pages that listen for changes. One for each server of pages; clones are the same.
#[derive(Clone, Debug)]
pub struct Listeners {
    places: Arc<Semaphore>,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits::PAGE_LISTENERS_MAX)),
        }
    }
}

impl Listeners {
    /// Answers with a stream of server-sent events `change`, each with the number that `changes`
    /// holds then. A change that came while the page was away comes with the first event after it.
    ///
    /// The stream ends when the sender of `changes` is dropped. If too many pages listen, answers
    /// 503: that page works on, and shows changes when it is loaded again.
    pub fn listen(&self, changes: watch::Receiver<u64>) -> Response {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let title = "Too many open pages";
            let text = "Close some pages of this program. Pages that do not listen show changes \
                        when they are loaded again.";
            return plain_page(StatusCode::SERVICE_UNAVAILABLE, title, text);
        };
        let keep_alive = KeepAlive::new().interval(limits::PAGE_LISTENER_PULSE_INTERVAL);
        let told = stream::unfold((changes, place), next);
        Sse::new(told).keep_alive(keep_alive).into_response()
    }
}

/// A page that listens, with its place.
type Listener = (watch::Receiver<u64>, OwnedSemaphorePermit);

async fn next((mut changes, place): Listener) -> Option<(Result<Event, Infallible>, Listener)> {
    changes.changed().await.ok()?;
    let number = *changes.borrow_and_update();
    let event = Event::default().event("change").data(number.to_string());
    Some((Ok(event), (changes, place)))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use futures_util::StreamExt;

    use super::*;

    async fn text(body: &mut axum::body::BodyDataStream) -> Option<Bytes> {
        body.next().await.map(Result::unwrap)
    }

    #[tokio::test]
    async fn a_page_hears_the_newest_change_until_the_program_stops() {
        let (sender, receiver) = watch::channel(0);
        let answer = Listeners::default().listen(receiver);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let mut body = Body::into_data_stream(answer.into_body());
        sender.send_replace(1);
        sender.send_replace(2);
        assert_eq!(text(&mut body).await.unwrap(), "event: change\ndata: 2\n\n");
        drop(sender);
        assert_eq!(text(&mut body).await, None);
    }

    #[tokio::test]
    async fn listening_pages_are_limited_and_their_places_come_back() {
        let (_sender, receiver) = watch::channel(0);
        let listeners = Listeners::default();
        let listen = || listeners.listen(receiver.clone());
        let open: Vec<Response> = (0..limits::PAGE_LISTENERS_MAX).map(|_| listen()).collect();
        assert!(open.iter().all(|answer| answer.status() == StatusCode::OK));
        assert_eq!(listen().status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(open);
        assert_eq!(listen().status(), StatusCode::OK);
    }
}
