//! Requests with large bodies. Only a few are received at once, because they are held in memory.
//! One that is too large, or one too many, is read to its end, so that the browser shows the answer
//! instead of a broken connection.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    extract::State,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use tokio::{sync::Semaphore, time::timeout};

use super::{Guard, PageRequest, plain_page};
use crate::{http::Crowded, limits};

/// The limits of one server of pages.
#[derive(Debug)]
pub(super) struct Limits {
    guard: Arc<Guard>,
    /// Places for large bodies.
    places: Semaphore,
    /// Forms of strangers that are arriving, by the address.
    forms: Forms,
}

impl Limits {
    pub(super) fn of(guard: &Arc<Guard>) -> Self {
        Self {
            guard: Arc::clone(guard),
            places: Semaphore::new(limits::PAGE_LARGE_BODIES_MAX),
            forms: Forms::default(),
        }
    }
}

/// Refuses a request whose body is said to be too large, and one whose body is large while as many
/// as there are `places` arrive. The limit on the body itself holds for one that says nothing of
/// its size.
pub(super) async fn limit(
    State(of): State<Arc<Limits>>,
    request: PageRequest,
    next: Next,
) -> Response {
    if request.extensions().get::<Crowded>().is_some() && !of.guard.answers_in_a_crowd(&request) {
        let text = "More people ask at once than this computer serves. Nothing of yours was kept \
                    or changed. Wait a moment, and try again.";
        return busy(StatusCode::SERVICE_UNAVAILABLE, text);
    }
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let is_form = of.guard.takes_a_form_alone(request.uri().path());
    let most = match is_form {
        true => limits::PAGE_FORM_BYTES_MAX,
        false => limits::PAGE_BODY_BYTES_MAX,
    };
    let most = most as u64;
    if let Some(length) = length.filter(|length| *length > most) {
        return refuse(request, (length, most)).await;
    }
    // Browsers say how long a form is. A stranger who does not takes no place of a large file.
    if is_form && length.is_none() && !request.body().is_end_stream() {
        let text = "A form here must say how long it is (Content-Length). Nothing was changed.";
        return plain_page(StatusCode::LENGTH_REQUIRED, "How long is it?", text);
    }
    if is_form && !request.body().is_end_stream() {
        return match of.received(request).await {
            Ok(request) => next.run(request).await,
            Err(refusal) => *refusal,
        };
    }
    let is_small = length.is_some_and(|length| length < limits::PAGE_LARGE_BODY_BYTES_MIN);
    if is_small || request.body().is_end_stream() {
        return next.run(request).await;
    }
    let Ok(_place) = of.places.try_acquire() else {
        // One that says nothing of its size may never end.
        let _is_over = timeout(limits::PAGE_TIME_MAX, drain(request.into_body())).await;
        let text = format!(
            "{} large files are being received already. Nothing of yours was kept or changed. Wait \
             a moment, go back, and send it again.",
            limits::PAGE_LARGE_BODIES_MAX
        );
        let title = "Too many files at once";
        return plain_page(StatusCode::SERVICE_UNAVAILABLE, title, &text);
    };
    next.run(request).await
}

impl Limits {
    /// Waits until a form of a stranger has arrived, in a place of its address. One who sends it
    /// slowly has no page of the program's in work meanwhile, and has an end soon.
    async fn received(&self, request: PageRequest) -> Result<PageRequest, Box<Response>> {
        let Some(_place) = self.forms.place(self.guard.client(&request)) else {
            let text = "Too many forms arrive from your address at once. Nothing of yours was kept \
                        or changed. Wait a moment, go back, and send it again.";
            return Err(Box::new(busy(StatusCode::TOO_MANY_REQUESTS, text)));
        };
        let (parts, body) = request.into_parts();
        let whole = to_bytes(body, limits::PAGE_FORM_BYTES_MAX);
        match timeout(limits::PAGE_FORM_TIME_MAX, whole).await {
            Ok(Ok(body)) => Ok(PageRequest::from_parts(parts, Body::from(body))),
            Ok(Err(_)) | Err(_) => {
                let text = "The form did not arrive in time, so nothing was changed. Go back, and \
                            send it again.";
                Err(Box::new(busy(StatusCode::REQUEST_TIMEOUT, text)))
            }
        }
    }
}

/// An answer to one whose connection is needed for others.
fn busy(status: StatusCode, text: &str) -> Response {
    let mut response = plain_page(status, "Not now", text);
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// The numbers of forms that are arriving, by the address.
#[derive(Clone, Debug, Default)]
struct Forms(Arc<Mutex<BTreeMap<Option<IpAddr>, usize>>>);

/// The place of a form that is arriving.
struct FormPlace {
    forms: Forms,
    from: Option<IpAddr>,
}

impl Forms {
    fn place(&self, from: Option<IpAddr>) -> Option<FormPlace> {
        let from = from.map(subscriber);
        let mut all = self.all();
        let count = all.entry(from).or_default();
        if *count >= limits::PAGE_FORMS_OF_AN_ADDRESS_MAX {
            return None;
        }
        *count += 1;
        Some(FormPlace {
            forms: self.clone(),
            from,
        })
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Option<IpAddr>, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FormPlace {
    fn drop(&mut self) {
        let mut all = self.forms.all();
        if let Some(count) = all.get_mut(&self.from) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                all.remove(&self.from);
            }
        }
    }
}

/// The address, or of IPv6 the 64 bits of one subscriber.
fn subscriber(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6((six.to_bits() & (u128::MAX << 64)).into()),
        four => four,
    }
}

async fn refuse(request: PageRequest, (length, most): (u64, u64)) -> Response {
    if length <= limits::PAGE_DRAINED_BYTES_MAX {
        drain(request.into_body()).await;
    }
    let text = format!(
        "A page takes at most {} at once, and this was {}. Nothing was changed. Go back and choose \
         a smaller file, or split it.",
        size(most),
        size(length)
    );
    plain_page(StatusCode::PAYLOAD_TOO_LARGE, "That is too large", &text)
}

/// Writes a size that a person reads, rounded up.
fn size(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} KB", bytes.div_ceil(1 << 10)),
        _ => format!("{} MB", bytes.div_ceil(1 << 20)),
    }
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
