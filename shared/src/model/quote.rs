//! Quotes: what the hub shows of a location's record to the other locations, because its `peers`
//! says so. Each is one scalar under its key; every node finds those of itself and compares them.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    json::scalar, outcome::OutcomeRef, plan::LINE_BYTES_MAX, record::SETS_READ_MAX,
    schema::RecordKind,
};
use crate::{
    id::{LocationCode, RecordId},
    text::BadText,
};

/// The record that is quoted. Its text is the key in documents: `FN/initiative/<id>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QuoteKey {
    /// The location whose record it is.
    pub location: LocationCode,
    /// The kind of the record.
    pub kind: RecordKind,
    /// Its id.
    pub id: RecordId,
}

impl fmt::Display for QuoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { location, kind, id } = self;
        write!(f, "{location}/{kind}/{id}")
    }
}

impl FromStr for QuoteKey {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        read_key(text)
            .filter(|key| key.to_string() == text)
            .ok_or_else(|| BadText::new(text, "is no quote: it looks like FN/initiative/<id>"))
    }
}

fn read_key(text: &str) -> Option<QuoteKey> {
    let mut parts = text.splitn(3, '/');
    Some(QuoteKey {
        location: parts.next()?.parse().ok()?,
        kind: parts.next()?.parse().ok()?,
        id: parts.next()?.parse().ok()?,
    })
}

/// The part of a record that is quoted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// Its title.
    pub title: String,
    /// The outcomes that it is for.
    pub outcomes: BTreeSet<OutcomeRef>,
}

scalar!(Quote, "quote");

impl Quote {
    /// Whether it is no longer than what it quotes may be.
    pub(super) fn fits(&self) -> bool {
        (1..=LINE_BYTES_MAX).contains(&self.title.len()) && self.outcomes.len() <= SETS_READ_MAX
    }
}
