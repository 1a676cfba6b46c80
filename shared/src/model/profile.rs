//! The profile of a location, its adoptions, and the hub's description of the network.

mod areas;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::areas::{AreaChange, area_changes};
use super::{Audience, json, words};
use crate::{
    id::{AreaCode, DefinitionHash, LocationId},
    period::Date,
    time::Timestamp,
};

/// Maximum bytes of a name: of a network, a location, an area, a provider, a person or a token.
pub const NAME_BYTES_MAX: usize = 200;
/// Maximum bytes of the reason for which an indicator is declined.
pub const REASON_BYTES_MAX: usize = 4_000;

/// A location's description of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// Its names by language, such as `en` and `mi`.
    pub names: BTreeMap<String, String>,
    /// Lead providers by id.
    pub providers: BTreeMap<String, String>,
    /// People's display names by id; a device's id stands for the person who works at it.
    pub people: BTreeMap<String, String>,
}

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    #[serde(default, with = "day", skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day on which it belongs to the location.
    #[serde(default, with = "day", skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

/// A location as the hub's documents describe it; one scalar under its code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its name in English.
    pub name: String,
    /// Its name in te reo Māori.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_mi: Option<String>,
    /// Its areas, disjoint from those of every other location at any date.
    #[serde(default)]
    pub areas: Vec<Area>,
    /// When the national team last changed its areas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub areas_changed: Option<Timestamp>,
    /// The location that joined under the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// When the national team and the steward compared words; from then on the location counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
}

/// Text that is not such a scalar in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unreadable {what}: it is damaged, or of a newer version of Weft")]
pub struct Unreadable {
    /// The kind of scalar expected.
    pub what: &'static str,
}

macro_rules! scalar {
    ($name:ident, $what:literal) => {
        impl $name {
            /// Its canonical JSON text.
            #[must_use]
            pub fn encode(&self) -> String {
                let value = serde_json::to_value(self).unwrap_or(Value::Null);
                json::canonical(&value)
            }

            /// Parses its canonical JSON text.
            ///
            /// # Errors
            /// If the text is not in canonical form, has a part that is longer than a form accepts,
            /// or has parts that this version does not know.
            pub fn decode(text: &str) -> Result<Self, Unreadable> {
                serde_json::from_str(text)
                    .ok()
                    .filter(|read: &Self| read.fits() && read.encode() == text)
                    .ok_or(Unreadable { what: $what })
            }
        }
    };
}
scalar!(Adoption, "adoption");
scalar!(Place, "location");

impl Adoption {
    /// The decision that counts when people decided concurrently and have not settled it: a decline
    /// before an adoption, and the narrowest audience of all. `None` if there are none.
    #[must_use]
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

mod day {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::period::Date;

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for this form"
    )]
    pub(super) fn serialize<S: Serializer>(day: &Option<Date>, s: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => s.collect_str(day),
            None => s.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Date>, D::Error> {
        let text = Option::<String>::deserialize(d)?;
        let read = |text: String| text.parse().map_err(serde::de::Error::custom);
        text.map(read).transpose()
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
