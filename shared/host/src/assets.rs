//! The look of both programs' pages: one stylesheet, embedded in the binary.

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use weft_shared::id::sha256_prefix;

/// The path of the stylesheet.
pub const STYLESHEET_PATH: &str = "/assets/weft.css";

/// The stylesheet itself.
pub const STYLESHEET: &str = include_str!("../assets/weft.css");

/// Returns the stylesheet's route; add [`STYLESHEET_PATH`] to the guard's open paths.
pub fn stylesheet<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(STYLESHEET_PATH, get(answer))
}

async fn answer(headers: HeaderMap) -> Response {
    let tag = sha256_prefix::<8>("weft/stylesheet/1", &[STYLESHEET.as_bytes()]);
    let tag = format!("\"{:016x}\"", u64::from_be_bytes(tag));
    let common = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::CONTENT_TYPE, "text/css; charset=utf-8".to_owned()),
    ];
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, STYLESHEET).into_response()
}
