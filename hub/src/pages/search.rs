//! Words that a list is searched for: in the address, in any case, with macrons or without.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use weft_shared::model::spelling::folded_name;

/// The words as somebody typed them.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    typed: String,
    folded: String,
}

impl Search {
    /// Takes the words of an address, if it has any.
    pub(super) fn of(asked: Option<&String>) -> Self {
        let typed = asked.map(|text| text.trim()).unwrap_or_default();
        Self {
            folded: folded_name(typed),
            typed: typed.to_owned(),
        }
    }

    /// Whether one of the texts has them. Without words every list is whole; signs alone are in no
    /// text.
    pub(super) fn finds<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        let has = |text: &str| folded_name(text).contains(&self.folded);
        self.typed.is_empty() || (!self.folded.is_empty() && texts.into_iter().any(has))
    }

    /// The words as they were typed.
    pub(super) fn typed(&self) -> &str {
        &self.typed
    }
}

/// An address with those of its parameters that say something.
pub(super) fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    let pairs = pairs
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    let pairs: Vec<String> = pairs.collect();
    match pairs.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", pairs.join("&")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macrons_and_case_are_nothing_and_signs_alone_find_nothing() {
        let search = |text: &str| Search::of(Some(&text.to_owned()));
        assert!(search(" opotiki ").finds(["Ōpōtiki District"]));
        assert!(search("").finds([]));
        assert!(!search("***").finds(["Ōpōtiki"]));
        assert!(!search("taupo").finds(["Ōpōtiki", "FN"]));
    }

    #[test]
    fn an_address_has_only_what_was_asked_for() {
        assert_eq!(
            address("/insights", &[("q", ""), ("theme", "")]),
            "/insights"
        );
        let pairs = [("q", "a b"), ("theme", ""), ("page", "2")];
        assert_eq!(address("/insights", &pairs), "/insights?q=a%20b&page=2");
    }
}
