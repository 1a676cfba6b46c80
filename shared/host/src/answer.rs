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
    let mut tags = tags(headers, &header::IF_NONE_MATCH);
    tags.any(|known| known.trim_start_matches("W/") == tag || known == "*")
}

/// Whether the client wants another version alone than the one with this strong entity tag. A weak
/// tag is of no version (RFC 9110, 13.1.1).
#[must_use]
pub fn is_unwanted(headers: &HeaderMap, tag: &str) -> bool {
    let mut tags = tags(headers, &header::IF_MATCH);
    headers.contains_key(header::IF_MATCH) && !tags.any(|wanted| wanted == tag || wanted == "*")
}

/// The entity tags of a header.
fn tags<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
}

/// The one part of a file in bytes that a header asks for, such as `bytes=0-5`. All else that it
/// may say is ignored: another unit, a range that ends before it begins, or several of them (RFC
/// 9110, 14.2).
#[must_use]
pub fn one_range(header: &HeaderValue) -> Option<HeaderValue> {
    let (unit, set) = header.to_str().ok()?.split_once('=')?;
    let (first, last) = set.trim().split_once('-')?;
    let number = |text: &str| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        // A file has fewer bytes than any number that does not fit.
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let range = match (first, last) {
        ("", "") => None,
        ("", last) => Some(format!("bytes=-{}", number(last)?)),
        (first, "") => Some(format!("bytes={}-", number(first)?)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| format!("bytes={first}-{last}"))
        }
    };
    let range = range.filter(|_| unit.eq_ignore_ascii_case("bytes"))?;
    HeaderValue::from_str(&range).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_asked_for_and_all_else_is_ignored() {
        for (text, range) in [
            ("bytes=0-5", Some("bytes=0-5")),
            ("bytes=5-5", Some("bytes=5-5")),
            ("Bytes=0-", Some("bytes=0-")),
            ("bytes=-8", Some("bytes=-8")),
            (
                "bytes=0-99999999999999999999999",
                Some("bytes=0-18446744073709551615"),
            ),
            ("lines=0-5", None),
            ("bytes=5-0", None),
            ("bytes=0-1,4-5", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("bytes=+1-2", None),
            ("bytes", None),
            ("", None),
        ] {
            let found = one_range(&HeaderValue::from_static(text));
            assert_eq!(found, range.map(HeaderValue::from_static), "{text}");
        }
    }

    #[test]
    fn a_version_is_unwanted_if_another_is_asked_for_by_its_strong_tag() {
        let tag = "\"a\"";
        for (text, expected) in [
            ("\"a\"", false),
            ("\"b\", \"a\"", false),
            ("*", false),
            ("\"b\"", true),
            ("W/\"a\"", true),
            ("", true),
        ] {
            let headers = [(header::IF_MATCH, HeaderValue::from_static(text))];
            let headers: HeaderMap = headers.into_iter().collect();
            assert_eq!(is_unwanted(&headers, tag), expected, "{text}");
        }
        assert!(!is_unwanted(&HeaderMap::new(), tag));
    }
}
