//! The query of an address: parameters that are known there, each once. Pages and the data
//! interface refuse any other, because an answer that ignores one is not what was asked for.

use axum::{extract, http::Uri};
use weft_shared::model::label::turns_text;

/// The parameters of a request, in their order.
pub(crate) type Pairs = Vec<(String, String)>;

/// The fault of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadQuery {
    /// It cannot be decoded.
    Unreadable,
    /// Nothing has a parameter of this name here; the name is cut if it is long.
    Unknown(String),
    /// This parameter is given twice.
    Twice(String),
}

/// Reads the query of `uri`, which may have the parameters `known` and no others.
///
/// # Errors
/// Returns its first fault.
pub(crate) fn read(uri: &Uri, known: &[&str]) -> Result<Pairs, BadQuery> {
    let pairs = extract::Query::<Pairs>::try_from_uri(uri);
    let Ok(extract::Query(pairs)) = pairs else {
        return Err(BadQuery::Unreadable);
    };
    for (at, (name, _)) in pairs.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            return Err(BadQuery::Unknown(shown(name)));
        }
        if pairs[..at].iter().any(|(other, _)| other == name) {
            return Err(BadQuery::Twice(name.clone()));
        }
    }
    Ok(pairs)
}

/// As much of an unknown name as an answer repeats.
pub(crate) fn shown(name: &str) -> String {
    let straight = name.chars().filter(|c| !turns_text(*c));
    straight.take(SHOWN_MAX).collect()
}

/// Maximum number of characters of it.
const SHOWN_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_repeated_turns_no_text() {
        assert_eq!(shown("\u{202e}q\u{2069}"), "q");
    }

    #[test]
    fn a_parameter_is_known_and_given_once() {
        let read = |uri: &str| read(&uri.parse().unwrap(), &["q", "page"]);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read("/"), Ok(Vec::new()));
        assert_eq!(
            read("/?page=2&q=a+b"),
            Ok(vec![pair("page", "2"), pair("q", "a b")])
        );
        assert_eq!(
            read("/?colour=red"),
            Err(BadQuery::Unknown("colour".to_owned()))
        );
        assert_eq!(read("/?q=&q="), Err(BadQuery::Twice("q".to_owned())));
        let long = format!("/?{}=1", "x".repeat(900));
        assert_eq!(read(&long), Err(BadQuery::Unknown("x".repeat(64))));
    }
}
