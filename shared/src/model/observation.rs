//! Observations: one whole statement about an indicator, an area, a period and a breakdown.

mod breakdown;

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::breakdown::{
    BREAKDOWN_BYTES_MAX, BREAKDOWN_PARTS_MAX, BadBreakdown, Breakdown, Parts, TOTAL,
};
pub use self::marks::one_of_each_figure;
use super::{Audience, json, number::Number, schema::DocKind, words};
use crate::{
    id::{AreaCode, DefinitionHash, IndicatorCode},
    period::Period,
};

/// Most bytes of a statement's method.
pub const METHOD_BYTES_MAX: usize = 1_000;
/// Most bytes of an observation's note.
pub const NOTE_BYTES_MAX: usize = 4_000;
/// Most bytes of the sign that a publisher prints where a figure would be, such as `..C`.
pub const SIGN_BYTES_MAX: usize = 32;
/// Most checks that one statement may have been confirmed against.
pub const CONFIRMED_MAX: usize = 16;
/// Most bytes of the name of a check.
pub const CHECK_BYTES_MAX: usize = 32;

/// The method of a statement that takes another back.
const RETRACTED: &str = "taken back";

words! {
    /// What kind of figure it is, or why there is none (SDMX `OBS_STATUS`).
    Status, "status" {
        /// Normal.
        Normal = "A" / "normal",
        /// On another base than the figures before it.
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
    #[must_use]
    pub const fn is_without_figure(self) -> bool {
        match self {
            Self::NotCollected | Self::CannotExist | Self::Missing | Self::Suppressed => true,
            Self::Normal
            | Self::Break
            | Self::DefinitionDiffers
            | Self::Estimated
            | Self::Provisional => false,
        }
    }
}

/// What an observation is about. Its text is the key under which documents hold it:
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
    /// Whether `key` is an observation here: its period is reported in the year of the document.
    /// Whatever else stands under such a key says nothing.
    #[must_use]
    pub fn holds(self, key: &ObservationKey) -> bool {
        match self {
            Self::Observations(year, _) => key.period.reporting_year() == year,
            Self::Team => true,
            Self::Profile
            | Self::Plan(_)
            | Self::Insights(..)
            | Self::Network
            | Self::Definitions => false,
        }
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

/// Text that is no key of an observation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is no observation: it looks like VAX_PRIMARY/FAR_NORTH/2023-05/age=12+, or ends \
     with total"
)]
pub struct BadObservationKey {
    /// What was read, cut to 64 characters.
    pub text: String,
}

impl FromStr for ObservationKey {
    type Err = BadObservationKey;

    fn from_str(text: &str) -> Result<Self, BadObservationKey> {
        // Only one spelling of a key is a key, or one observation could hide behind two.
        read_key(text)
            .filter(|key| key.to_string() == text)
            .ok_or_else(|| BadObservationKey::of(text))
    }
}

impl ObservationKey {
    /// The key as people read and type it, with `age=12+` as it is; [`ObservationKey::from_typed`]
    /// reads it back. What programs read is the key's one spelling, its `Display`.
    #[must_use]
    pub fn typed(&self) -> String {
        let Self {
            indicator,
            area,
            period,
            breakdown,
        } = self;
        format!("{indicator}/{area}/{period}/{}", breakdown.typed())
    }

    /// The key as one word of a command line: [`ObservationKey::typed`] where a shell takes that as
    /// it stands, else the one spelling that programs read.
    #[must_use]
    pub fn word(&self) -> String {
        let typed = self.typed();
        let plain = |c: char| c.is_alphanumeric() || "/=+-_.,:%".contains(c);
        if typed.chars().all(plain) {
            typed
        } else {
            self.to_string()
        }
    }

    /// Reads a key as a person types it: `age=12+` or `age=12%2B`, `observations/` before it or
    /// not. What is stored has one spelling.
    ///
    /// ```
    /// use weft_shared::model::observation::ObservationKey;
    /// let typed = ObservationKey::from_typed("VAX_PRIMARY/FAR_NORTH/2022-12/age=12+").unwrap();
    /// assert_eq!(typed.to_string(), "VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B");
    /// ```
    ///
    /// # Errors
    /// Says what a key looks like.
    pub fn from_typed(text: &str) -> Result<Self, BadObservationKey> {
        let text = text.trim();
        let text = text.strip_prefix("observations/").unwrap_or(text);
        read_key(text).ok_or_else(|| BadObservationKey::of(text))
    }
}

impl BadObservationKey {
    fn of(text: &str) -> Self {
        let text = text.chars().take(64).collect();
        Self { text }
    }
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
        String::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What is said about a key, as one scalar: a concurrent edit never mixes one person's numerator
/// with another's denominator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The definition it was entered under.
    pub definition: DefinitionHash,
    /// The numerator, or the count.
    pub numerator: Option<Number>,
    /// The denominator.
    pub denominator: Option<Number>,
    /// The value, where it is no ratio of the two.
    pub value: Option<Number>,
    /// The lower end of a survey's 95 % interval, in the unit of the value.
    pub lower: Option<Number>,
    /// The upper end of that interval.
    pub upper: Option<Number>,
    /// What kind of figure it is.
    pub status: Status,
    /// How it came about, such as the date on which its source stood like that.
    pub method: Option<String>,
    /// How far it may travel.
    pub audience: Audience,
    /// The names of the checks whose questions somebody answered with "yes, this is right".
    pub confirmed: BTreeSet<String>,
    /// What the publisher printed in place of a figure, such as `..C`.
    pub sign: Option<String>,
}

/// Text that is no statement in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadStatement {
    /// It is not JSON, or a part is missing or of another kind.
    #[error("the statement's \"{0}\" is missing or unreadable")]
    Part(&'static str),
    /// It says the same as another text, or more than this version knows.
    #[error("the statement is not in canonical form, or of a newer version of Weft: upgrade")]
    NotCanonical,
}

/// What the text of a statement may hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    audience: String,
    #[serde(default)]
    confirmed: Vec<String>,
    definition: String,
    denominator: Option<serde_json::Number>,
    lower: Option<serde_json::Number>,
    method: Option<String>,
    numerator: Option<serde_json::Number>,
    sign: Option<String>,
    status: String,
    upper: Option<serde_json::Number>,
    value: Option<serde_json::Number>,
}

impl Statement {
    /// A statement without figures.
    #[must_use]
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

    /// What says that a statement was taken back, rather than that a figure is missing.
    #[must_use]
    pub fn retraction(definition: DefinitionHash, audience: Audience) -> Self {
        Self {
            method: Some(RETRACTED.to_owned()),
            ..Self::without_figure(definition, Status::Missing, audience)
        }
    }

    /// Whether it takes back what stood there.
    #[must_use]
    pub fn is_retraction(&self) -> bool {
        self.status == Status::Missing && self.method.as_deref() == Some(RETRACTED)
    }

    /// The statement as RFC 8785 text: two who state the same write the same bytes. What does not
    /// apply is left out.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(192);
        // The keys are written in their canonical order.
        let mut put = |key: &str, value: &str| {
            text.push(if text.is_empty() { '{' } else { ',' });
            text.push('"');
            text.push_str(key);
            text.push_str("\":");
            text.push_str(value);
        };
        let number = |number: Number| json::canonical(&number.json());
        put("audience", &json::string(self.audience.word()));
        if !self.confirmed.is_empty() {
            let names: Vec<_> = self.confirmed.iter().map(|one| json::string(one)).collect();
            put("confirmed", &format!("[{}]", names.join(",")));
        }
        put("definition", &json::string(&self.definition.to_string()));
        if let Some(denominator) = self.denominator {
            put("denominator", &number(denominator));
        }
        if let Some(lower) = self.lower {
            put("lower", &number(lower));
        }
        if let Some(method) = &self.method {
            put("method", &json::string(method));
        }
        if let Some(numerator) = self.numerator {
            put("numerator", &number(numerator));
        }
        if let Some(sign) = &self.sign {
            put("sign", &json::string(sign));
        }
        put("status", &json::string(self.status.word()));
        if let Some(upper) = self.upper {
            put("upper", &number(upper));
        }
        if let Some(value) = self.value {
            put("value", &number(value));
        }
        text.push('}');
        text
    }

    /// Reads a statement; only its canonical text is one.
    ///
    /// # Errors
    /// Names the part that is missing or unreadable.
    pub fn decode(text: &str) -> Result<Self, BadStatement> {
        let parts: Members = serde_json::from_str(text).map_err(|_| BadStatement::Part("text"))?;
        let number = |part: Option<serde_json::Number>, name| {
            let read = |part| json::number(&part).ok_or(BadStatement::Part(name));
            part.map(Value::Number).map(read).transpose()
        };
        let part = BadStatement::Part;
        let statement = Self {
            definition: parts.definition.parse().map_err(|_| part("definition"))?,
            numerator: number(parts.numerator, "numerator")?,
            denominator: number(parts.denominator, "denominator")?,
            value: number(parts.value, "value")?,
            lower: number(parts.lower, "lower")?,
            upper: number(parts.upper, "upper")?,
            status: parts.status.parse().map_err(|_| part("status"))?,
            method: parts.method,
            audience: parts.audience.parse().map_err(|_| part("audience"))?,
            confirmed: parts.confirmed.into_iter().collect(),
            sign: parts.sign,
        };
        // No form lets more through, so nobody has to hold it who reads a document.
        if statement
            .method
            .as_ref()
            .is_some_and(|method| method.len() > METHOD_BYTES_MAX)
        {
            return Err(part("method"));
        }
        let fits = statement.confirmed.len() <= CONFIRMED_MAX
            && statement
                .confirmed
                .iter()
                .all(|one| one.len() <= CHECK_BYTES_MAX);
        if !fits {
            return Err(part("confirmed"));
        }
        if statement
            .sign
            .as_ref()
            .is_some_and(|sign| sign.len() > SIGN_BYTES_MAX)
        {
            return Err(part("sign"));
        }
        if statement.encode() == text {
            Ok(statement)
        } else {
            Err(BadStatement::NotCanonical)
        }
    }
}

mod marks;
#[cfg(test)]
mod tests;
