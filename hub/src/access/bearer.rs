//! The token that a request carries: as `Bearer`, or as the password of `Basic`, which is what
//! spreadsheets offer. It is never in an address, where logs and histories would keep it.

use std::borrow::Cow;

use axum::http::{HeaderMap, Uri, header};
use data_encoding::BASE64;
use percent_encoding::percent_decode_str;

use super::secret;

/// The token of a request, as far as the request tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// None, so that a session counts.
    Nothing,
    /// A token that may be one of this hub.
    Token(String),
    /// Something that is no token of any hub: nothing has to be looked up to refuse it.
    Mistyped,
    /// A token in the address.
    InAddress,
}

/// Returns the token of a request.
///
/// A token counts before a session, and one that opens nothing is never mended by a session. A
/// scheme that is neither Bearer nor Basic is of something else, such as a gateway.
pub(crate) fn sent(uri: &Uri, headers: &HeaderMap) -> Sent {
    if uri.query().is_some_and(has_token) {
        return Sent::InAddress;
    }
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Sent::Nothing;
    };
    let Ok(value) = value.to_str() else {
        return Sent::Mistyped;
    };
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    let token = if scheme.eq_ignore_ascii_case("bearer") {
        Some(rest.trim().to_owned())
    } else if scheme.eq_ignore_ascii_case("basic") {
        password(rest.trim())
    } else {
        return Sent::Nothing;
    };
    match token.filter(|token| secret::may_be_token(token)) {
        Some(token) => Sent::Token(token),
        None => Sent::Mistyped,
    }
}

/// The password of `Basic`; the user's name is not looked at.
fn password(pair: &str) -> Option<String> {
    let pair = String::from_utf8(BASE64.decode(pair.as_bytes()).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}

/// Whether a query has a token, or the name under which programs send one.
fn has_token(query: &str) -> bool {
    let plain = |text: &str| -> String {
        let text: Cow<'_, str> = percent_decode_str(text).decode_utf8_lossy();
        text.to_ascii_lowercase()
    };
    query.split('&').any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        NAMES.contains(&plain(name).as_str()) || plain(value).trim().starts_with(secret::TOKEN)
    })
}

const NAMES: [&str; 5] = ["token", "access_token", "api_key", "apikey", "api-key"];

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(path: &str, authorization: &str) -> Sent {
        let value = HeaderValue::from_str(authorization).unwrap();
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
        sent(&path.parse().unwrap(), &headers)
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_a_password() {
        let token = secret::token();
        let read = |text: &str| of("/data", text);
        let basic = |pair: String| read(&format!("Basic {}", BASE64.encode(pair.as_bytes())));
        let whole = Sent::Token(token.clone());
        assert_eq!(read(&format!("Bearer {token}")), whole);
        assert_eq!(read(&format!("bearer  {token} ")), whole);
        assert_eq!(basic(format!("excel:{token}")), whole);
        assert_eq!(basic(format!(":{token}")), whole);
        let cut = &token[..token.len() - 1];
        for mistyped in [
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            format!("Bearer {cut}"),
            format!("Bearer {token}{token}"),
            "Basic %%%".to_owned(),
            "Basic /w==".to_owned(),
        ] {
            assert_eq!(read(&mistyped), Sent::Mistyped, "{mistyped}");
        }
        assert_eq!(basic(format!("{token}:")), Sent::Mistyped);
        assert_eq!(basic(token.clone()), Sent::Mistyped);
        for other in ["Negotiate abc", "Digest abc", "abc", ""] {
            assert_eq!(read(other), Sent::Nothing, "{other}");
        }
        let none = sent(&"/data".parse().unwrap(), &HeaderMap::new());
        assert_eq!(none, Sent::Nothing);
    }

    #[test]
    fn a_token_in_an_address_is_found_however_it_is_written() {
        let token = secret::token();
        let right = format!("Bearer {token}");
        for query in [
            format!("token={token}"),
            "Access_Token=anything".to_owned(),
            "api%5Fkey".to_owned(),
            format!("indicator=A&x={token}"),
            format!("x=%77eft_{}", &token[5..]),
        ] {
            let path = format!("/api/v1/rollups?{query}");
            assert_eq!(of(&path, &right), Sent::InAddress, "{query}");
        }
        let path = "/api/v1/rollups?indicator=TOKEN&breakdown=token%3Dyes";
        assert_eq!(of(path, &right), Sent::Token(token));
    }
}
