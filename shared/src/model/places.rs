//! Places of money: all locations, some of them by code, or not stated.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{outcome::JOINED_BY, record::SET_MEMBERS_MAX};
use crate::{
    id::LocationCode,
    text::{BadText, parsed},
};

/// The word for all locations. No location has it as its code.
pub const ALL: &str = "ALL";

/// The locations that an investment or a line of it is for. Its text is empty, `ALL`, or sorted
/// codes with `+` between them: `FN+WT`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Places {
    /// None is stated.
    #[default]
    NotStated,
    /// All locations of the network.
    All,
    /// These; at least one. [`Places::of`] makes none from an empty set. Many lines have the same
    /// in common.
    Of(Arc<BTreeSet<LocationCode>>),
}

impl Places {
    /// These locations; not stated if there are none.
    pub fn of(codes: impl IntoIterator<Item = LocationCode>) -> Self {
        let codes: BTreeSet<_> = codes.into_iter().collect();
        if codes.is_empty() {
            Self::NotStated
        } else {
            Self::Of(codes.into())
        }
    }

    /// Whether they are stated and include this location.
    ///
    /// ```
    /// use weft_shared::model::places::Places;
    /// let places: Places = "wt+FN".parse().unwrap();
    /// assert_eq!(places.to_string(), "FN+WT");
    /// assert!(places.include(&"FN".parse().unwrap()));
    /// assert!("FN+ALL".parse::<Places>().is_err());
    /// ```
    #[must_use]
    pub fn include(&self, code: &LocationCode) -> bool {
        match self {
            Self::NotStated => false,
            Self::All => true,
            Self::Of(codes) => codes.contains(code),
        }
    }

    /// Whether they are exactly this location.
    #[must_use]
    pub fn is_only(&self, code: &LocationCode) -> bool {
        matches!(self, Self::Of(codes) if codes.len() == 1 && codes.contains(code))
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStated => Ok(()),
            Self::All => f.write_str(ALL),
            Self::Of(codes) => {
                let codes: Vec<_> = codes.iter().map(LocationCode::as_str).collect();
                f.write_str(&codes.join(&JOINED_BY.to_string()))
            }
        }
    }
}

impl FromStr for Places {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        if text.is_empty() {
            return Ok(Self::NotStated);
        }
        if text.eq_ignore_ascii_case(ALL) {
            return Ok(Self::All);
        }
        let parts = text.split(JOINED_BY).take(SET_MEMBERS_MAX + 1);
        let codes: BTreeSet<LocationCode> = parts.map(str::parse).collect::<Result<_, _>>()?;
        if codes.iter().any(|code| code.as_str() == ALL) {
            let fault = "names all locations and some of them: write ALL alone, or the codes";
            return Err(BadText::new(text, fault));
        }
        if codes.len() > SET_MEMBERS_MAX {
            let fault = format!("names more than {SET_MEMBERS_MAX} locations: write ALL");
            return Err(BadText::new(text, fault));
        }
        Ok(Self::Of(codes.into()))
    }
}

impl Serialize for Places {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        parsed(d)
    }
}
