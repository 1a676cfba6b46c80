//! The parameters of a request: each known, each given once, or a problem that names it.

use axum::{extract, http::Uri};

use super::problem::Problem;
use crate::query::{self, BadQuery, Pairs};

/// The parameters of one request, all known by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Pairs,
}

impl Query {
    /// Reads the query of `uri`, which may have the parameters `known` and no others.
    pub(crate) fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let allowed = || known.iter().copied();
        let mut pairs = query::read(uri, known).map_err(|bad| match bad {
            BadQuery::Unreadable => Problem::parameter(
                "query",
                "The part after the ? cannot be read: write name=value with & between them, \
                 percent-encoded.",
                allowed(),
            ),
            BadQuery::Unknown(name) => Problem::parameter(
                &name,
                format!("There is no parameter \"{name}\" here."),
                allowed(),
            ),
            BadQuery::Twice(name) => Problem::parameter(
                &name,
                format!("\"{name}\" is given twice: give it once, or leave it out to ask for all."),
                Vec::<String>::new(),
            ),
        })?;
        if let Some((name, _)) = pairs
            .iter()
            .find(|(_, value)| value.len() > VALUE_BYTES_MAX)
        {
            let detail = format!("\"{name}\" must have at most {VALUE_BYTES_MAX} bytes.");
            return Err(Problem::parameter(name, detail, Vec::<String>::new()));
        }
        // An empty parameter asks for everything, because forms send it so. A moment is sent by
        // scripts alone: if theirs is empty, the figures of today would mislead.
        pairs.retain(|(name, value)| !value.is_empty() || name == "as_of");
        Ok(Self { pairs })
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

/// Whether a query has one of these parameters. A query that cannot be read has none.
pub(super) fn has_one(uri: &Uri, names: &[&str]) -> bool {
    let pairs = extract::Query::<Pairs>::try_from_uri(uri);
    pairs.is_ok_and(|extract::Query(pairs)| {
        let mut pairs = pairs.iter();
        pairs.any(|(name, value)| !value.is_empty() && names.contains(&name.as_str()))
    })
}

/// The forms of a moment.
pub(super) const MOMENTS: [&str; 3] = [
    "2023-06-01",
    "2023-06-01T09:00:00Z",
    "2023-06-01T21:00:00%2B12:00",
];
/// One example of each form of a period.
pub(super) const PERIODS: [&str; 6] = [
    "2023",
    "FY2024",
    "2024-Q1",
    "2024-03",
    "2024-W05",
    "Y2017-2020",
];
/// Maximum bytes of the value of a parameter.
const VALUE_BYTES_MAX: usize = 512;
