//! Lines of money: what of an investment was committed or spent, in which period, where and for
//! which outcomes. Each is one scalar under its key, like an observation.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    investment::is_amount,
    json::scalar,
    number::Number,
    outcome::{OutcomeRef, joined, split},
    places::Places,
    plan::{LINE_BYTES_MAX, PROSE_BYTES_MAX},
    words,
};
use crate::{
    id::RecordId,
    period::Period,
    text::{BadText, parsed},
};

words! {
    /// Whether money of a line was promised or is gone.
    LineWhat, "kind of line" {
        /// It was promised for the period.
        Committed = "committed" / "committed",
        /// It was spent in the period.
        Spent = "spent" / "spent",
    }
}

/// The subject of a line. Its text is the key in documents:
/// `<investment>/committed/FY2027/FN+WT/VAX`; places and outcomes are empty if they are not stated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineKey {
    /// The investment, a record of the same owner.
    pub investment: RecordId,
    /// Whether it was committed or spent.
    pub what: LineWhat,
    /// The period.
    pub period: Period,
    /// The locations.
    pub places: Places,
    /// The outcomes; none if they are not stated.
    pub outcomes: BTreeSet<OutcomeRef>,
}

impl fmt::Display for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            investment,
            what,
            period,
            places,
            outcomes,
        } = self;
        let outcomes = joined(outcomes);
        write!(f, "{investment}/{what}/{period}/{places}/{outcomes}")
    }
}

impl fmt::Debug for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for LineKey {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        // A key has only one valid spelling, or one line could be stored under two.
        read_key(text)
            .filter(|key| key.to_string() == text)
            .ok_or_else(|| {
                let form = "it looks like <id of the investment>/committed/FY2027/FN+WT/VAX";
                BadText::new(text, format!("is not a line of money: {form}"))
            })
    }
}

fn read_key(text: &str) -> Option<LineKey> {
    let mut parts = text.splitn(5, '/');
    Some(LineKey {
        investment: parts.next()?.parse().ok()?,
        what: parts.next()?.parse().ok()?,
        period: parts.next()?.parse().ok()?,
        places: parts.next()?.parse().ok()?,
        outcomes: split(parts.next()?).ok()?,
    })
}

impl Serialize for LineKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        parsed(d)
    }
}

/// The statement under a [`LineKey`]. Kind and currency are those of the investment.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The amount, above zero.
    pub amount: Number,
    /// The document or person that it is from.
    pub source: Option<String>,
    /// Whatever else should be known.
    pub note: Option<String>,
}

scalar!(Line, "line of money");

impl Line {
    /// Whether a form would have accepted it.
    pub(super) fn fits(&self) -> bool {
        let short = |text: &Option<String>, max: usize| {
            text.as_ref()
                .is_none_or(|text| (1..=max).contains(&text.len()))
        };
        is_amount(self.amount)
            && short(&self.source, LINE_BYTES_MAX)
            && short(&self.note, PROSE_BYTES_MAX)
    }
}
