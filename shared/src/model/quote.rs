//! Quotes: what the hub shows of a location's record to the other locations, because its `peers`
//! says so. Each is one scalar under its key; every node finds those of itself and compares them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::{
    json::scalar,
    outcome::OutcomeRef,
    plan::{LINE_BYTES_MAX, Peers},
    record::SETS_READ_MAX,
    schema::RecordKind,
    values::Values,
};
use crate::{
    id::{LocationCode, OutcomeCode, RecordId, WordingHash},
    period::Date,
    text::{BadText, is_written_as},
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
            .filter(|key| is_written_as(key, text))
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
    /// Of a request to the national team: what a late answer is seen by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Dated>,
}

/// A request's days, in the network's time zone, as the hub counts them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dated {
    /// The day on which the hub received the present wording.
    pub received: Date,
    /// The last day on which an answer is in time.
    pub due: Date,
    /// The present wording, which an answer names.
    pub wording: WordingHash,
}

impl Dated {
    /// Whether the request is late on `today`; `answered` is the day of the answer to its wording.
    #[must_use]
    pub fn is_late(&self, answered: Option<Date>, today: Date) -> bool {
        answered.unwrap_or(today) > self.due
    }
}

scalar!(Quote, "quote");

impl Quote {
    /// The quote of a live record that its location shared, without days; `None` if its `peers`
    /// does not say yes, or it has no title. `shared` are the location's own outcomes that are one
    /// of the network's: the other locations know those by code.
    #[must_use]
    pub fn of(
        kind: RecordKind,
        record: &impl Values,
        shared: &BTreeMap<RecordId, OutcomeCode>,
    ) -> Option<Self> {
        if record.filled("peers") != Some(Peers::Yes.word()) {
            return None;
        }
        let title = record.filled(kind.title())?;
        let outcomes = record.members("outcomes").into_iter();
        let outcomes = outcomes.filter_map(|text| text.parse().ok());
        let quote = Self {
            title: title.to_owned(),
            outcomes: outcomes.map(|one| as_known(one, shared)).collect(),
            request: None,
        };
        quote.fits().then_some(quote)
    }

    /// Whether it is no longer than what it quotes may be.
    pub(super) fn fits(&self) -> bool {
        (1..=LINE_BYTES_MAX).contains(&self.title.len()) && self.outcomes.len() <= SETS_READ_MAX
    }
}

/// An outcome as the other locations know it.
fn as_known(one: OutcomeRef, shared: &BTreeMap<RecordId, OutcomeCode>) -> OutcomeRef {
    let code = match &one {
        OutcomeRef::Own(id) => shared.get(id).cloned(),
        OutcomeRef::Network(_) => None,
    };
    code.map_or(one, OutcomeRef::Network)
}
