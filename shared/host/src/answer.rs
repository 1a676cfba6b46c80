//! Answers over HTTP that a client may keep: a strong entity tag, and 304 if nothing has changed.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use weft_shared::id::sha256_prefix;

/// Returns a body with a strong entity tag, or 304 if the client has this version already.
pub fn tagged(headers: &HeaderMap, kind: &str, file: Option<&str>, body: Vec<u8>) -> Response {
    let tag = sha256_prefix::<16>("weft/answer/1", &[kind.as_bytes(), &body]);
    let tag = format!("\"{:032x}\"", u128::from_be_bytes(tag));
    let body = (!is_known(headers, &tag)).then(|| body.into());
    with_tag(&tag, kind, file, body)
}

/// Returns a body with a strong entity tag that was worked out before it, or 304 without one.
#[must_use]
pub fn with_tag(tag: &str, kind: &str, file: Option<&str>, body: Option<Body>) -> Response {
    let mut response = match body {
        None => StatusCode::NOT_MODIFIED.into_response(),
        Some(body) => {
            let mut response = body.into_response();
            put(&mut response, header::CONTENT_TYPE, kind);
            if let Some(file) = file {
                put(&mut response, header::CONTENT_DISPOSITION, file);
            }
            response
        }
    };
    put(&mut response, header::ETAG, tag);
    put(&mut response, header::CACHE_CONTROL, "private, no-cache");
    put(&mut response, header::VARY, "accept, authorization");
    response
}

/// Sets a header.
///
/// # Panics
/// If `value` is no header: only words of our own stand there.
pub fn put(response: &mut Response, name: HeaderName, value: &str) {
    let value =
        HeaderValue::from_str(value).expect("only codes and words of ours stand in headers");
    response.headers_mut().insert(name, value);
}

/// Whether the client has the version with this entity tag.
#[must_use]
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|known| known.trim().trim_start_matches("W/"));
    tags.any(|known| known == tag || known == "*")
}
