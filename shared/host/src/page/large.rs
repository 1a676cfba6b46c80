//! Requests that are too large for a page: they are read to their end, so that the browser shows
//! the answer instead of a broken connection.

use std::future::poll_fn;

use axum::{
    body::{Body, HttpBody as _},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};
use tokio::time::timeout;

use super::{PageRequest, plain_page};
use crate::limits;

/// Refuses a request whose body is said to be too large. The limit on the body itself holds for one
/// that says nothing of its size.
pub(super) async fn refuse(request: PageRequest, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let most = limits::PAGE_BODY_BYTES_MAX as u64;
    let Some(length) = length.filter(|length| *length > most) else {
        return next.run(request).await;
    };
    if length <= limits::PAGE_DRAINED_BYTES_MAX {
        drain(request.into_body()).await;
    }
    let text = format!(
        "A page takes at most {} MB at once, and this was {} MB. Nothing was changed. Go back and \
         choose a smaller file, or split it.",
        most >> 20,
        length.div_ceil(1 << 20)
    );
    plain_page(StatusCode::PAYLOAD_TOO_LARGE, "That is too large", &text)
}

/// Reads a body to its end and keeps nothing of it.
async fn drain(body: Body) {
    let mut body = std::pin::pin!(body);
    loop {
        let frame = poll_fn(|context| body.as_mut().poll_frame(context));
        // A client that sends nothing more waits for its answer.
        match timeout(limits::PAGE_DRAIN_SILENCE_MAX, frame).await {
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) | Err(_) => return,
        }
    }
}
