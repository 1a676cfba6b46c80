//! The parameters of a request: each known, each given once, or a problem that names it.

use axum::http::Uri;

use super::problem::Problem;

/// The parameters of one request, all known by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads the query of `uri`, which may have the parameters `known` and no others.
    pub(crate) fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
        let Ok(axum::extract::Query(pairs)) = pairs else {
            return Err(Problem::parameter(
                "query",
                "The part after the ? cannot be read: write name=value with & between them, \
                 percent-encoded.",
                known.iter().copied(),
            ));
        };
        let mut query = Self::default();
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                let shown: String = name.chars().take(SHOWN_MAX).collect();
                return Err(Problem::parameter(
                    &shown,
                    format!("There is no parameter \"{shown}\" here."),
                    known.iter().copied(),
                ));
            }
            if query.one(&name).is_some() {
                return Err(Problem::parameter(
                    &name,
                    format!("\"{name}\" is given twice: give it once, or leave it out for all."),
                    Vec::<String>::new(),
                ));
            }
            // An empty parameter asks for everything, because forms send it so. A moment is sent by
            // scripts alone: if theirs is empty, the figures of today would mislead.
            if !value.is_empty() || name == "as_of" {
                query.pairs.push((name, value));
            }
        }
        Ok(query)
    }

    /// Returns the value of a parameter, if it is given.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the parameters as the ledger records them.
    pub(crate) fn words(&self) -> String {
        let pairs = self.pairs.iter();
        let words: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        words.join(" ")
    }
}

/// Maximum number of characters of an unknown name that a problem repeats.
pub(crate) const SHOWN_MAX: usize = 64;
