//! Observations: one whole statement about an indicator, an area, a period and a breakdown.

mod breakdown;

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use self::breakdown::{BREAKDOWN_BYTES_MAX, BREAKDOWN_PARTS_MAX, Breakdown, Parts, TOTAL};
pub use self::marks::one_of_each_figure;
use super::{
    Audience,
    json::{self, Unreadable},
    number::Number,
    present_scalar,
    schema::DocKind,
    words,
};
use crate::{
    id::{AreaCode, DefinitionHash, IndicatorCode},
    period::Period,
    text::{BadText, is_written_as, parsed},
};

/// The target of the event that says that a statement was decoded.
pub const DECODED: &str = "weft::statement";
/// Maximum bytes of a statement's method.
pub const METHOD_BYTES_MAX: usize = 1_000;
/// Maximum bytes of an observation's note.
pub const NOTE_BYTES_MAX: usize = 4_000;
/// Maximum bytes of the sign that a publisher prints in place of a figure, such as `..C`.
pub const SIGN_BYTES_MAX: usize = 32;
/// Maximum number of checks against which one statement may have been confirmed.
pub const CONFIRMED_MAX: usize = 16;
/// Maximum bytes of the name of a check.
pub const CHECK_BYTES_MAX: usize = 32;

/// The method of a retraction.
const RETRACTED: &str = "taken back";

words! {
    /// The kind of figure, or the reason why there is none (SDMX `OBS_STATUS`).
    Status, "status" {
        /// Normal.
        Normal = "A" / "normal",
        /// On another base than earlier figures.
        Break = "B" / "base changed",
        /// The definition differs.
        DefinitionDiffers = "D" / "definition differs",
        /// Estimated.
        Estimated = "E" / "estimated",
        /// Not collected.
        NotCollected = "L" / "not collected",
        /// Cannot exist.
        CannotExist = "M" / "cannot exist",
        /// Missing.
        Missing = "O" / "missing",
        /// Provisional.
        Provisional = "P" / "provisional",
        /// Suppressed by its publisher.
        Suppressed = "Q" / "suppressed",
    }
}

impl Status {
    /// Whether an observation of this status has no figure to add up.
    pub const fn is_without_figure(self) -> bool {
        matches!(
            self,
            Self::NotCollected | Self::CannotExist | Self::Missing | Self::Suppressed
        )
    }

    /// Its rank: a sum takes the highest of its parts. A changed base never replaces another
    /// status, because the column `base_changed` shows it too.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::Break => 1,
            Self::Provisional => 2,
            Self::Estimated => 3,
            Self::DefinitionDiffers => 4,
            Self::NotCollected | Self::CannotExist | Self::Missing | Self::Suppressed => 0,
        }
    }
}

/// The subject of an observation. Its text is the key in documents:
/// `VAX_PRIMARY/FAR_NORTH/2023-05/age=12%2B`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObservationKey {
    /// The indicator.
    pub indicator: IndicatorCode,
    /// The area.
    pub area: AreaCode,
    /// The period.
    pub period: Period,
    /// The part of the population.
    pub breakdown: Breakdown,
}

impl DocKind {
    /// Whether `key` is an observation here: its period is reported in the document's year.
    /// Anything else under such a key is ignored.
    pub fn holds(self, key: &ObservationKey) -> bool {
        if let Self::Observations(year, _) | Self::Published(_, year, _) = self {
            return key.period.reporting_year() == year;
        }
        self == Self::Team
    }
}

impl fmt::Display for ObservationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            indicator,
            area,
            period,
            breakdown,
        } = self;
        write!(f, "{indicator}/{area}/{period}/{}", breakdown.key())
    }
}

impl fmt::Debug for ObservationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObservationKey {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        // A key has only one valid spelling, or one observation could be stored under two.
        read_key(text)
            .filter(|key| is_written_as(key, text))
            .ok_or_else(|| bad_key(text))
    }
}

impl ObservationKey {
    /// The key as people read and type it, with `age=12+` unencoded; [`ObservationKey::from_typed`]
    /// parses it. Programs read the canonical spelling, its `Display`.
    pub fn typed(&self) -> String {
        let Self {
            indicator,
            area,
            period,
            breakdown,
        } = self;
        format!("{indicator}/{area}/{period}/{}", breakdown.typed())
    }

    /// The key as one word of a command line: [`ObservationKey::typed`] if a shell accepts it
    /// without quotes, else the canonical spelling.
    pub fn word(&self) -> String {
        let typed = self.typed();
        let plain = |c: char| c.is_alphanumeric() || "/=+-_.,:%".contains(c);
        if typed.chars().all(plain) {
            typed
        } else {
            self.to_string()
        }
    }

    /// Parses a key as a person types it: `age=12+` or `age=12%2B`, with or without a leading
    /// `observations/`. The stored key has one spelling.
    ///
    /// ```
    /// use weft_shared::model::observation::ObservationKey;
    /// let typed = ObservationKey::from_typed("VAX_PRIMARY/FAR_NORTH/2022-12/age=12+").unwrap();
    /// assert_eq!(typed.to_string(), "VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B");
    /// ```
    ///
    /// # Errors
    /// If the text is not a key. The error shows the form of one.
    pub fn from_typed(text: &str) -> Result<Self, BadText> {
        let text = text.trim();
        let text = text.strip_prefix("observations/").unwrap_or(text);
        read_key(text).ok_or_else(|| bad_key(text))
    }
}

fn bad_key(text: &str) -> BadText {
    let form = "it looks like VAX_PRIMARY/FAR_NORTH/2023-05/age=12+, or ends with total";
    BadText::new(text, format!("is not an observation: {form}"))
}

fn read_key(text: &str) -> Option<ObservationKey> {
    let mut parts = text.splitn(4, '/');
    Some(ObservationKey {
        indicator: parts.next()?.parse().ok()?,
        area: parts.next()?.parse().ok()?,
        period: parts.next()?.parse().ok()?,
        breakdown: Breakdown::read(parts.next()?)?,
    })
}

impl Serialize for ObservationKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObservationKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        parsed(d)
    }
}

/// The statement under a key, as one scalar: a concurrent edit never mixes one person's numerator
/// with another's denominator.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The definition it was entered under.
    pub definition: DefinitionHash,
    /// The numerator, or the count.
    pub numerator: Option<Number>,
    /// The denominator.
    pub denominator: Option<Number>,
    /// The value, if it is not the ratio of the two.
    pub value: Option<Number>,
    /// The lower end of a survey's 95 % interval, in the unit of the value.
    pub lower: Option<Number>,
    /// The upper end of that interval.
    pub upper: Option<Number>,
    /// The kind of figure.
    pub status: Status,
    /// Its method, such as the date of the version of its source.
    pub method: Option<String>,
    /// The audience.
    pub audience: Audience,
    /// The names of the checks whose questions a person answered with "yes, this is right".
    #[serde(default)]
    pub confirmed: BTreeSet<String>,
    /// The sign that the publisher printed in place of a figure, such as `..C`.
    pub sign: Option<String>,
}

impl Statement {
    /// A statement without figures.
    pub const fn without_figure(
        definition: DefinitionHash,
        status: Status,
        audience: Audience,
    ) -> Self {
        Self {
            definition,
            numerator: None,
            denominator: None,
            value: None,
            lower: None,
            upper: None,
            status,
            method: None,
            audience,
            confirmed: BTreeSet::new(),
            sign: None,
        }
    }

    /// A retraction: a statement that was taken back, as opposed to a missing figure.
    pub fn retraction(definition: DefinitionHash, audience: Audience) -> Self {
        Self {
            method: Some(RETRACTED.to_owned()),
            ..Self::without_figure(definition, Status::Missing, audience)
        }
    }

    /// Whether it is a retraction of an earlier statement.
    pub fn is_retraction(&self) -> bool {
        self.status == Status::Missing && self.method.as_deref() == Some(RETRACTED)
    }

    /// Whether a stored text is a retraction. Other texts are not decoded.
    pub fn is_retraction_text(text: &str) -> bool {
        text.contains(RETRACTED) && Self::decode(text).is_ok_and(|one| one.is_retraction())
    }

    /// Whether it is for a narrower audience than the network.
    pub fn is_narrow(&self) -> bool {
        self.audience < Audience::Network
    }

    /// Encodes the statement as RFC 8785 text: two people who state the same write the same bytes.
    /// Parts that do not apply are left out.
    pub fn encode(&self) -> String {
        let text = |text: &str| Some(json::string(text));
        let number = |number: Option<Number>| Some(json::canonical(&number?.json()));
        let names: Vec<_> = self.confirmed.iter().map(|one| json::string(one)).collect();
        let names = (!names.is_empty()).then(|| format!("[{}]", names.join(",")));
        json::members([
            ("audience", text(self.audience.word())),
            ("confirmed", names),
            ("definition", text(&self.definition.to_string())),
            ("denominator", number(self.denominator)),
            ("lower", number(self.lower)),
            ("method", self.method.as_deref().and_then(text)),
            ("numerator", number(self.numerator)),
            ("sign", self.sign.as_deref().and_then(text)),
            ("status", text(self.status.word())),
            ("upper", number(self.upper)),
            ("value", number(self.value)),
        ])
    }

    /// Parses a statement. Only canonical text is accepted.
    ///
    /// # Errors
    /// If the text is not in canonical form, has a part that is longer than a form accepts, or has
    /// parts that this version does not know.
    pub fn decode(text: &str) -> Result<Self, Unreadable> {
        // One event each, so that a test can count how many a read needs.
        tracing::trace!(target: DECODED, "a statement is decoded");
        let text = present_scalar(text);
        match plain::read(&text) {
            Some(plain) => Ok(plain),
            None => json::decode(&text, "statement", Self::fits, Self::encode),
        }
    }
}

mod marks;
mod plain;
#[cfg(test)]
mod tests;
