//! The profile of a location, its adoptions, and the hub's description of the network.

mod areas;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use self::areas::{AreaChange, area_changes};
use super::{Audience, clean_text, indicator::Rows, json::scalar, words};
use crate::{
    id::{AreaCode, DefinitionHash, LocationId},
    period::Date,
    text::BadText,
    time::Timestamp,
};

/// Maximum bytes of a name: of a network, a location, an area, a provider, a person or a token.
pub const NAME_BYTES_MAX: usize = 200;
/// Maximum bytes of a code that others use for an area, and of the name of its scheme.
pub const ALIAS_BYTES_MAX: usize = 60;
/// Maximum number of such codes that a location may have.
pub const ALIASES_MAX: usize = 2_000;
/// Maximum bytes of the reason for which an indicator is declined.
pub const REASON_BYTES_MAX: usize = 4_000;

words! {
    /// Whether a location reports an indicator.
    AdoptionStatus, "adoption" {
        /// It reports the indicator.
        Adopted = "adopted" / "adopted",
        /// It does not report it, and gives a reason.
        Declined = "declined" / "declined",
    }
}

/// A location's decision about an indicator; one scalar, like an observation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    /// Whether it reports the indicator.
    pub status: AdoptionStatus,
    /// The definition that new values are entered under.
    pub definition: DefinitionHash,
    /// The audience of observations that do not have one of their own.
    pub audience: Audience,
    /// The reason for declining.
    pub reason: Option<String>,
    /// The rows of releases that its released figures may be in; none before it said yes. One that
    /// said yes to rows of its own said yes to the network's sum as well.
    pub releases: Option<Rows>,
    /// Whether anybody may read such releases without signing in; none if not. False without
    /// [`releases`](Self::releases) says that the location said no, which versions before read as
    /// silence.
    pub open: Option<bool>,
}

/// An area that the hub assigned to a location.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Its code.
    pub code: AreaCode,
    /// Its name.
    pub name: String,
    /// The first day on which it belongs to the location; from the start if there is none.
    pub from: Option<Date>,
    /// The last day on which it belongs to the location.
    pub to: Option<Date>,
}

/// A code that others use for an area, such as `stats_nz:001`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AreaAlias {
    /// The area.
    pub area: AreaCode,
    /// The scheme of the code, such as `stats_nz` or `ons`.
    pub scheme: String,
    /// The code, as those others write it.
    pub code: String,
}

/// A location as the hub's documents describe it; one scalar under its code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its name in English.
    pub name: String,
    /// Its name in te reo Māori.
    pub name_mi: Option<String>,
    /// Its areas, disjoint from those of every other location at any date.
    #[serde(default)]
    pub areas: Vec<Area>,
    /// Codes that others use for its areas, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<AreaAlias>,
    /// When the national team last changed its areas.
    pub areas_changed: Option<Timestamp>,
    /// The location that joined under the code.
    pub location_id: Option<LocationId>,
    /// When the national team and the steward compared words; from then on the location counts.
    pub confirmed_at: Option<Timestamp>,
}

scalar!(Adoption, "adoption");
scalar!(Place, "location");

impl fmt::Display for AreaAlias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}={}", self.scheme, self.code, self.area)
    }
}

impl FromStr for AreaAlias {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let bad = || {
            let fault = "is not a code of others for an area: write the scheme, a colon, the code, \
                         = and our area, such as stats_nz:001=FAR_NORTH";
            BadText::new(text, fault)
        };
        let (alias, area) = text.rsplit_once('=').ok_or_else(bad)?;
        let (scheme, code) = alias.split_once(':').ok_or_else(bad)?;
        let (scheme, code) = (scheme.trim().to_owned(), clean_text(code));
        let short = |text: &str| (1..=ALIAS_BYTES_MAX).contains(&text.len());
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !short(&scheme) || !short(&code) || !scheme.chars().all(plain) {
            return Err(bad());
        }
        let area = area.parse()?;
        Ok(Self { area, scheme, code })
    }
}

impl Adoption {
    /// Whether the location said no to releases, rather than nothing yet.
    #[must_use]
    pub fn said_no(&self) -> bool {
        self.releases.is_none() && self.open == Some(false)
    }

    /// The adoption of a location that says no to releases.
    ///
    /// ```
    /// use weft_shared::{
    ///     id::DefinitionHash,
    ///     model::{
    ///         Audience,
    ///         indicator::Rows,
    ///         profile::{Adoption, AdoptionStatus},
    ///     },
    /// };
    ///
    /// let yes = Adoption {
    ///     status: AdoptionStatus::Adopted,
    ///     definition: DefinitionHash::new([1; 32]),
    ///     audience: Audience::Released,
    ///     reason: None,
    ///     releases: Some(Rows::Network),
    ///     open: None,
    /// };
    /// let no = yes.clone().refusing();
    /// assert!(!yes.said_no() && no.said_no());
    /// assert_eq!(Adoption::decode(&no.encode()), Ok(no));
    /// ```
    #[must_use]
    pub fn refusing(self) -> Self {
        Self {
            releases: None,
            open: Some(false),
            ..self
        }
    }

    /// The decision that counts when people decided concurrently and have not settled it: a decline
    /// before an adoption, and the narrowest audience of all. `None` if there are none.
    pub fn until_settled(decisions: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut all: Vec<Self> = decisions.into_iter().collect();
        let narrowest = all.iter().map(|one| one.audience).min()?;
        let declines = |one: &Self| one.status == AdoptionStatus::Declined;
        all.sort_by_key(|one| (!declines(one), one.encode()));
        let mut first = all.into_iter().next()?;
        first.audience = narrowest;
        Some(first)
    }
}

impl Place {
    /// The codes that others use for one of its areas.
    pub fn aliases_of(&self, area: &AreaCode) -> impl Iterator<Item = &AreaAlias> {
        self.aliases.iter().filter(move |alias| alias.area == *area)
    }

    /// The areas that belong to it on `day`.
    pub fn areas_on(&self, day: Date) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(move |area| {
            area.from.is_none_or(|from| from <= day) && area.to.is_none_or(|to| day <= to)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_others_are_in_the_text_only_if_there_are_any() {
        let alias = "stats_nz:001=FAR_NORTH".parse::<AreaAlias>().unwrap();
        assert_eq!(alias.to_string(), "stats_nz:001=FAR_NORTH");
        for wrong in [
            "001=FAR_NORTH",
            "stats_nz:=FAR_NORTH",
            ":1=FAR_NORTH",
            "a:1",
            "a:1=1",
        ] {
            assert!(wrong.parse::<AreaAlias>().is_err(), "{wrong}");
        }
        let text = concat!(
            r#"{"aliases":[{"area":"FAR_NORTH","code":"001","scheme":"stats_nz"}],"#,
            r#""areas":[],"name":"Far North"}"#
        );
        let place = Place::decode(text).unwrap();
        assert_eq!(place.aliases, std::slice::from_ref(&alias));
        assert_eq!(place.encode(), text);
        assert_eq!(place.aliases_of(&alias.area).count(), 1);
    }

    #[test]
    fn a_place_has_one_text() {
        let place = Place {
            name: "Healthy Families Far North".to_owned(),
            name_mi: None,
            areas: vec![Area {
                code: AreaCode::parse("FAR_NORTH").unwrap(),
                name: "Far North District".to_owned(),
                from: "2014-07-01".parse().ok(),
                to: None,
            }],
            aliases: Vec::new(),
            areas_changed: None,
            location_id: Some(LocationId::new([3; 16])),
            confirmed_at: Some(Timestamp::from_ms(1_795_000_000_000)),
        };
        let text = place.encode();
        expect_test::expect![[r#"
            {"areas":[{"code":"FAR_NORTH",
            "from":"2014-07-01",
            "name":"Far North District"}],
            "confirmed_at":"2026-11-18T11:06:40.000Z",
            "location_id":"03030303030303030303030303030303",
            "name":"Healthy Families Far North"}"#]]
        .assert_eq(&text.replace(
            ",\"", ",
\"",
        ));
        assert_eq!(Place::decode(&text), Ok(place.clone()));
        assert!(Place::decode(&text.replace("{\"areas\"", "{ \"areas\"")).is_err());
        assert!(Place::decode(&text.replace("\"name\":\"H", "\"nickname\":\"H")).is_err());
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(place.areas_on(day("2014-06-30")).count(), 0);
        assert_eq!(place.areas_on(day("2014-07-01")).count(), 1);
    }
}
