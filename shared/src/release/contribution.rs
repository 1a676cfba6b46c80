//! The proof that a location's numbers are in a release: a salted hash of what was counted. The
//! salt goes to that location alone, because a bare hash of few small counts can be guessed.

use std::{collections::BTreeMap, fmt};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::json;

use crate::{
    id::{ContributionHash, DefinitionHash, DeviceIndex, RosterHash, sha256},
    model::{json::canonical, number::Number, observation::ObservationKey},
    rollup::Stated,
};

/// 32 random bytes that keep a contribution from being guessed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A salt of these bytes, which must be random and used once.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt")
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(D::Error::custom)?;
        let bytes = bytes.try_into();
        bytes
            .map(Self)
            .map_err(|_| D::Error::custom("a salt has 32 bytes"))
    }
}

/// The heights of a location's logs when a release was frozen: device index to the number of its
/// last entry.
pub type Heights = BTreeMap<DeviceIndex, u64>;

/// One statement that a release counted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Its subject.
    pub key: ObservationKey,
    /// The hash of the definition under which it was stated.
    pub definition: DefinitionHash,
    /// The signed entry that states it: its device, and its number in that device's log.
    pub entry: (DeviceIndex, u64),
    /// The numerator.
    pub numerator: Option<Number>,
    /// The denominator.
    pub denominator: Option<Number>,
    /// The value, if it is not the ratio of the two.
    pub value: Option<Number>,
}

impl Counted {
    /// A statement about a subject; `None` if no signed entry states it.
    pub fn of(key: &ObservationKey, stated: &Stated) -> Option<Self> {
        let (statement, entry) = (&stated.statement, stated.entry?);
        Some(Self {
            key: key.clone(),
            definition: statement.definition,
            entry: (entry.dix, entry.dseq),
            numerator: statement.numerator,
            denominator: statement.denominator,
            value: statement.value,
        })
    }
}

/// Proves what a release counted of a location: SHA-256("weft/contribution/1" || salt || canonical
/// JSON of the roster's head, the heights and what was counted, in the order of keys).
pub fn contribution(
    salt: &Salt,
    roster: &RosterHash,
    heights: &Heights,
    counted: &[Counted],
) -> ContributionHash {
    let mut counted: Vec<&Counted> = counted.iter().collect();
    counted.sort();
    let heights: Vec<(u16, u64)> = heights.iter().map(|(dix, dseq)| (dix.0, *dseq)).collect();
    let text = canonical(&json!({
        "roster": roster,
        "heights": heights,
        "counted": counted,
    }));
    let parts: [&[u8]; 2] = [salt.as_bytes(), text.as_bytes()];
    ContributionHash::new(sha256("weft/contribution/1", &parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(area: &str, numerator: i64) -> Counted {
        Counted {
            key: format!("SMOKING/{area}/2018/total").parse().unwrap(),
            definition: DefinitionHash::new([3; 32]),
            entry: (DeviceIndex(1), 4),
            numerator: Some(Number::from(numerator)),
            denominator: Some(Number::from(900)),
            value: None,
        }
    }

    #[test]
    fn a_contribution_changes_with_everything_that_it_proves() {
        let (salt, roster) = (Salt::new([1; 32]), RosterHash::new([2; 32]));
        let heights = Heights::from([(DeviceIndex(1), 9)]);
        let all = [counted("FAR_NORTH", 300), counted("GORE", 20)];
        let proof = contribution(&salt, &roster, &heights, &all);
        let [first, second] = all.clone();
        let turned = [second.clone(), first.clone()];
        assert_eq!(contribution(&salt, &roster, &heights, &turned), proof);

        let higher = Heights::from([(DeviceIndex(1), 10)]);
        let later = Counted {
            entry: (DeviceIndex(1), 5),
            ..first.clone()
        };
        let others = [
            contribution(&Salt::new([9; 32]), &roster, &heights, &all),
            contribution(&salt, &RosterHash::new([9; 32]), &heights, &all),
            contribution(&salt, &roster, &higher, &all),
            contribution(&salt, &roster, &heights, &all[..1]),
            contribution(
                &salt,
                &roster,
                &heights,
                &[counted("FAR_NORTH", 301), second.clone()],
            ),
            contribution(&salt, &roster, &heights, &[later, second.clone()]),
            contribution(&salt, &roster, &heights, &[first.clone(), first, second]),
        ];
        for other in others {
            assert_ne!(other, proof);
        }
    }

    #[test]
    fn a_salt_is_never_printed() {
        assert_eq!(format!("{:?}", Salt::new([7; 32])), "Salt");
        let text = serde_json::to_string(&Salt::new([7; 32])).unwrap();
        assert_eq!(
            serde_json::from_str::<Salt>(&text).unwrap(),
            Salt::new([7; 32])
        );
        assert!(serde_json::from_str::<Salt>("\"07\"").is_err());
    }
}
