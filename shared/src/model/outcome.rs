//! Outcomes as other records name them: the network's by code, a location's own by its record.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    record::{Record, SET_MEMBERS_MAX},
    schema::RecordKind,
};
use crate::{
    id::{IndicatorCode, OutcomeCode, RecordId},
    text::{BadText, parsed},
};

/// The mark between the members of a set that is part of a key.
pub const JOINED_BY: char = '+';

/// An outcome that money, work or an item is for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeRef {
    /// One of the network's.
    Network(OutcomeCode),
    /// A location's own; the record is in that location's documents.
    Own(RecordId),
}

impl OutcomeRef {
    /// The code, if it is one of the network's outcomes.
    #[must_use]
    pub const fn code(&self) -> Option<&OutcomeCode> {
        match self {
            Self::Network(code) => Some(code),
            Self::Own(_) => None,
        }
    }
}

impl fmt::Display for OutcomeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(code) => code.fmt(f),
            Self::Own(id) => id.fmt(f),
        }
    }
}

impl fmt::Debug for OutcomeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for OutcomeRef {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        // A code has no hyphen, and the text of a record's id has four.
        let read = if text.contains('-') {
            text.parse().map(Self::Own).ok()
        } else {
            text.parse().map(Self::Network).ok()
        };
        read.ok_or_else(|| {
            let form = "write the code of one of the network's outcomes, such as VAX, or the id of \
                        an outcome of your own";
            BadText::new(text, format!("is not an outcome: {form}"))
        })
    }
}

impl Serialize for OutcomeRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OutcomeRef {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        parsed(d)
    }
}

/// The text of a set of outcomes: sorted, with `+` between them; empty if none is stated.
#[must_use]
pub fn joined(outcomes: &BTreeSet<OutcomeRef>) -> String {
    let texts: Vec<_> = outcomes.iter().map(ToString::to_string).collect();
    texts.join(&JOINED_BY.to_string())
}

/// Parses the text of a set of outcomes, in any order.
///
/// ```
/// use weft_shared::model::outcome::{joined, split};
/// assert_eq!(joined(&split("vax+HOMES").unwrap()), "HOMES+VAX");
/// assert!(split("").unwrap().is_empty());
/// assert!(split("VAX+").is_err());
/// ```
///
/// # Errors
/// If one of them is not an outcome, or there are more than [`SET_MEMBERS_MAX`].
pub fn split(text: &str) -> Result<BTreeSet<OutcomeRef>, BadText> {
    if text.is_empty() {
        return Ok(BTreeSet::new());
    }
    let parts = text.split(JOINED_BY).take(SET_MEMBERS_MAX + 1);
    let outcomes: BTreeSet<OutcomeRef> = parts.map(str::parse).collect::<Result<_, _>>()?;
    if outcomes.len() > SET_MEMBERS_MAX {
        let fault = format!("names too many outcomes: at most {SET_MEMBERS_MAX}");
        return Err(BadText::new(text, fault));
    }
    Ok(outcomes)
}

/// One of the network's outcomes, as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkOutcome {
    /// The id of its record.
    pub id: RecordId,
    /// Its code.
    pub code: OutcomeCode,
    /// The result, as people would say it.
    pub name: String,
    /// The indicator that stands first for it.
    pub headline: Option<IndicatorCode>,
    /// All indicators that show it.
    pub indicators: BTreeSet<IndicatorCode>,
}

impl NetworkOutcome {
    /// Reads a record; `None` if it is no outcome, or has no name or no code.
    #[must_use]
    pub fn read(record: &Record) -> Option<Self> {
        if record.kind != RecordKind::Outcome {
            return None;
        }
        let text = |key: &str| record.text(key).filter(|text| !text.is_empty());
        let indicators = record.members("indicators");
        Some(Self {
            id: record.id,
            code: text("code")?.parse().ok()?,
            name: text("name")?.to_owned(),
            headline: text("headline").and_then(|code| code.parse().ok()),
            indicators: indicators.filter_map(|code| code.parse().ok()).collect(),
        })
    }
}
