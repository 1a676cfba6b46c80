//! The words of the hub's signed document `releases`: notices of releases to come, and the chain of
//! those that went out. Every node receives them.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{indicator::Rows, json::scalar, plan::LINE_BYTES_MAX, words};
use crate::{
    id::{IndicatorCode, ManifestHash, ReleaseHash, sha256},
    period::Date,
    text::{BadText, parsed},
    time::Timestamp,
};

/// Maximum number of indicators in a release.
pub const RELEASE_INDICATORS_MAX: usize = 200;
/// Maximum bytes of the reason for a withdrawal.
pub const REASON_BYTES_MAX: usize = 500;
/// Minimum characters of the reason for a withdrawal: a sentence.
pub const REASON_CHARS_MIN: usize = 10;
/// Maximum characters of the code of a dataset.
const DATASET_CHARS_MAX: usize = 40;

/// The code of a dataset, which is a part of addresses and file names: `prevention`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dataset(Box<str>);

impl Dataset {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Dataset {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let code = text.trim();
        let takes = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_one = (2..=DATASET_CHARS_MAX).contains(&code.len())
            && code.starts_with(|first: char| first.is_ascii_lowercase())
            && !code.ends_with('-')
            && code.bytes().all(takes);
        if is_one {
            return Ok(Self(code.into()));
        }
        let form = "it begins with a small letter and has 2 to 40 small letters, digits and \
                    hyphens, such as prevention";
        Err(BadText::new(
            text,
            format!("is not a code of a dataset: {form}"),
        ))
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a release within its dataset: `2026.1` is the first of 2026.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseNumber {
    /// The year in which it was proposed.
    pub year: i16,
    /// Its number in that year, from 1.
    pub n: u16,
}

impl FromStr for ReleaseNumber {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let read = || {
            let (year, n) = text.trim().split_once('.')?;
            let number = Self {
                year: year
                    .parse()
                    .ok()
                    .filter(|year| (2000..=9999).contains(year))?,
                n: n.parse().ok().filter(|n| *n > 0)?,
            };
            (number.to_string() == text.trim()).then_some(number)
        };
        read().ok_or_else(|| {
            BadText::new(
                text,
                "is not a number of a release: it looks like 2026.1".to_owned(),
            )
        })
    }
}

impl fmt::Display for ReleaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.year, self.n)
    }
}

impl fmt::Debug for ReleaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A release by its dataset and number: `prevention/2026.1`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseId {
    /// The dataset.
    pub dataset: Dataset,
    /// The number.
    pub number: ReleaseNumber,
}

impl FromStr for ReleaseId {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let Some((dataset, number)) = text.trim().split_once('/') else {
            let why = "is no release: it looks like prevention/2026.1".to_owned();
            return Err(BadText::new(text, why));
        };
        Ok(Self {
            dataset: dataset.parse()?,
            number: number.parse()?,
        })
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.dataset, self.number)
    }
}

impl fmt::Debug for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                parsed(d)
            }
        }
    )*};
}
as_text!(Dataset, ReleaseNumber, ReleaseId);

words! {
    /// The state of a release.
    ReleaseState, "state of a release" {
        /// It is announced, and waits for its day and for those who have not said yes.
        Proposed = "proposed" / "announced",
        /// It is at its address.
        Published = "published" / "published",
        /// Its address answers with the reason.
        Withdrawn = "withdrawn" / "withdrawn",
        /// It was announced, and will not go out.
        Dropped = "dropped" / "dropped",
    }
}

/// A release that is announced: one scalar under its id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The dataset's title.
    pub title: String,
    /// The indicators in it, with the rows that each would have.
    pub indicators: BTreeMap<IndicatorCode, Rows>,
    /// The periods in it, as an inclusive range in text; all if there is none.
    pub periods: Option<String>,
    /// The day on which it was proposed.
    pub proposed: Date,
    /// The first day on which it may go out.
    pub due: Date,
    /// Whether anybody may read it without signing in.
    pub open: bool,
    /// Its state.
    pub state: ReleaseState,
}

scalar!(Notice, "notice of a release");

impl Notice {
    fn fits(&self) -> bool {
        let periods = self.periods.as_ref();
        self.title.len() <= LINE_BYTES_MAX
            && (1..=RELEASE_INDICATORS_MAX).contains(&self.indicators.len())
            && periods.is_none_or(|periods| periods.len() <= LINE_BYTES_MAX)
    }
}

words! {
    /// An act that the chain of releases records.
    ReleaseAct, "act on a release" {
        /// It went out.
        Published = "published" / "published",
        /// Its address answers with a reason and without figures.
        Withdrawn = "withdrawn" / "withdrawn",
    }
}

/// One link of the chain of releases: one scalar under its number. Each names the hash of the link
/// before it, so that none can be left out, changed or put in later without a trace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its number in the chain, from 1.
    pub n: u32,
    /// The act.
    pub act: ReleaseAct,
    /// The release.
    pub release: ReleaseId,
    /// When, by the hub's clock.
    pub at: Timestamp,
    /// The hash of the release's `manifest.json`, which names every file and every contribution.
    pub manifest: ManifestHash,
    /// The hash of the link before it; none for the first.
    pub before: Option<ReleaseHash>,
    /// The release that it corrects.
    pub supersedes: Option<ReleaseNumber>,
    /// The reason for a withdrawal.
    pub reason: Option<String>,
}

scalar!(Link, "link of the chain of releases");

impl Link {
    fn fits(&self) -> bool {
        let reason = self.reason.as_ref();
        self.n > 0
            && (self.n == 1) == self.before.is_none()
            && (self.act == ReleaseAct::Withdrawn) == reason.is_some()
            && reason.is_none_or(|reason| reason.len() <= REASON_BYTES_MAX)
    }

    /// The key under which it is kept.
    pub fn key(&self) -> String {
        self.n.to_string()
    }

    /// Its hash: SHA-256("weft/release/1" || its canonical text).
    pub fn hash(&self) -> ReleaseHash {
        ReleaseHash::new(sha256("weft/release/1", &[self.encode().as_bytes()]))
    }
}

/// A fault of a chain of releases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// A number is missing.
    #[error("link {0} is missing: it was left out")]
    Missing(u32),
    /// A link does not name the one before it.
    #[error("link {0} does not follow the link before it: one of the two was changed")]
    Unlinked(u32),
    /// A link is another than the one seen before.
    #[error("link {0} is another than the one this computer saw before: there are two histories")]
    Changed(u32),
}

/// Checks that a chain is whole from its first link on, and goes on from the links that were seen
/// before.
///
/// # Errors
/// Returns the first fault.
pub fn check_chain(
    links: &BTreeMap<u32, Link>,
    seen: &BTreeMap<u32, ReleaseHash>,
) -> Result<(), BrokenChain> {
    let mut before = None;
    for (expected, (n, link)) in (1..).zip(links) {
        if *n != expected || link.n != expected {
            return Err(BrokenChain::Missing(expected));
        }
        if link.before != before {
            return Err(BrokenChain::Unlinked(expected));
        }
        let hash = link.hash();
        if seen.get(n).is_some_and(|seen| *seen != hash) {
            return Err(BrokenChain::Changed(expected));
        }
        before = Some(hash);
    }
    match seen.keys().find(|n| !links.contains_key(n)) {
        Some(n) => Err(BrokenChain::Missing(*n)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
