//! Timestamps, in milliseconds since 1970-01-01T00:00:00Z.

mod length;
mod notice;
mod zone;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::BadText;

pub use self::{
    length::{length_words, parse_length_ms},
    notice::after_days,
    zone::Zone,
};

/// One day in milliseconds.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A point in time as milliseconds since the Unix epoch, UTC. It is always an argument, never read
/// from a clock in this crate.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] i64);

impl Timestamp {
    /// The time `ms` milliseconds after the Unix epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The time `ms` milliseconds later (earlier if negative); saturates at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this time; negative if `earlier` is later.
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Formats it as RFC 3339 in UTC with milliseconds, such as `2026-11-21T09:30:00.000Z`.
    pub fn rfc3339(self) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        format!("{moment:.3}")
    }

    /// Parses RFC 3339 text, such as `2026-11-21T09:30:00Z`.
    ///
    /// # Errors
    /// If the text is not an RFC 3339 timestamp. The error repeats the text.
    pub fn parse_rfc3339(text: &str) -> Result<Self, BadText> {
        let fault = "is no moment in the form 2026-11-21T09:30:00Z";
        let moment = text.parse::<jiff::Timestamp>();
        let moment = moment.map_err(|_| BadText::new(text, fault))?;
        Ok(Self(moment.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).map_err(serde::de::Error::custom)
    }
}
