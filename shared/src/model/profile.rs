//! The profile of a location, its adoptions, and the hub's description of the network.

mod areas;

use serde::{Deserialize, Serialize};

pub use self::areas::{AreaChange, area_changes};
use super::{Audience, json::scalar, words};
use crate::{
    id::{AreaCode, DefinitionHash, LocationId},
    period::Date,
    time::Timestamp,
};

/// Maximum bytes of a name: of a network, a location, an area, a provider, a person or a token.
pub const NAME_BYTES_MAX: usize = 200;
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
    /// When the national team last changed its areas.
    pub areas_changed: Option<Timestamp>,
    /// The location that joined under the code.
    pub location_id: Option<LocationId>,
    /// When the national team and the steward compared words; from then on the location counts.
    pub confirmed_at: Option<Timestamp>,
}

scalar!(Adoption, "adoption");
scalar!(Place, "location");

impl Adoption {
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
