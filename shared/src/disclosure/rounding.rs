//! Fixed random rounding: the same count of the same areas is always shown as the same number.

use std::{collections::BTreeMap, fmt, sync::Arc};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::profile::Profile;
use crate::id::{AreaCode, sha256};

/// Length of a secret.
pub const SECRET_BYTES: usize = 32;

/// The secret behind the rounding. Who has it can undo some of the rounding.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// A secret from random bytes.
    pub const fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its commitment, which manifests carry: SHA-256 of a label, a zero byte and the secret.
    pub fn commitment(&self) -> [u8; 32] {
        sha256("weft/round-secret/1\0", &[&self.0])
    }

    fn code(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("HMAC takes a key of any length")
    }
}

/// Rounds with a secret. The secret is made ready once.
#[derive(Clone, Debug)]
pub(super) struct Coins(Hmac<Sha256>);

impl Coins {
    pub(super) fn new(secret: &Secret) -> Self {
        Self(secret.code())
    }

    /// The first eight bytes of the code for a count of some areas.
    pub(super) fn coin(&self, areas: &Areas, raw: u64) -> u64 {
        let mut code = self.0.clone();
        code.update(b"weft/round/1\0");
        code.update(Digits::of(raw).as_bytes());
        code.update(b"\0");
        code.update(areas.0.as_bytes());
        let code = code.finalize().into_bytes();
        let first = code.first_chunk().expect("SHA-256 has 32 bytes");
        u64::from_be_bytes(*first)
    }
}

/// The decimal digits of a number, in place: a release rounds millions.
struct Digits {
    digits: [u8; DIGITS_MAX],
    from: usize,
}

const DIGITS_MAX: usize = u64::MAX.ilog10() as usize + 1;

impl Digits {
    fn of(mut number: u64) -> Self {
        let (mut digits, mut from) = ([0; DIGITS_MAX], DIGITS_MAX);
        loop {
            from -= 1;
            digits[from] = b'0' + u8::try_from(number % 10).expect("a digit is below ten");
            number /= 10;
            if number == 0 {
                return Self { digits, from };
            }
        }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.digits[self.from..]
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A set of areas as it enters the rounding: their codes, sorted and joined.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Areas(Arc<str>);

impl Areas {
    /// The set of these codes, in any order.
    pub fn new<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        let mut codes: Vec<&str> = codes.into_iter().collect();
        codes.sort_unstable();
        codes.dedup();
        Self(codes.join("\u{1f}").into())
    }

    /// The set of some areas. That of one shares its code: most rows of a release are of one area.
    pub(super) fn of<'a>(areas: impl IntoIterator<Item = &'a AreaCode>) -> Self {
        let mut areas = areas.into_iter();
        match (areas.next(), areas.next()) {
            (Some(one), None) => Self(one.into()),
            (one, two) => {
                let all = one.into_iter().chain(two).chain(areas);
                Self::new(all.map(AreaCode::as_str))
            }
        }
    }

    /// Its codes, sorted.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.split('\u{1f}').filter(|code| !code.is_empty())
    }
}

/// Counts that were rounded, by areas and true count. They outrank the secret, so that a lost one
/// rounds nothing in another way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rounded(BTreeMap<Areas, BTreeMap<u64, u64>>);

impl Rounded {
    /// The shown number of a count that was rounded before.
    pub fn shown(&self, areas: &Areas, raw: u64) -> Option<u64> {
        self.0.get(areas)?.get(&raw).copied()
    }

    /// Adds a rounding. The first one of a count stands.
    pub fn add(&mut self, areas: &Areas, raw: u64, shown: u64) {
        let counts = match self.0.get_mut(areas) {
            Some(counts) => counts,
            None => self.0.entry(areas.clone()).or_default(),
        };
        counts.entry(raw).or_insert(shown);
    }

    /// All roundings: areas, true count and shown number, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&Areas, u64, u64)> {
        let counts = self.0.iter();
        counts.flat_map(|(areas, counts)| {
            let counts = counts.iter();
            counts.map(move |(raw, shown)| (areas, *raw, *shown))
        })
    }
}

/// Rounds by the table or else by the secret, and notes what the table does not have.
#[derive(Debug)]
pub(super) struct Rounding<'a> {
    profile: &'a Profile,
    coins: Coins,
    before: &'a Rounded,
    added: Vec<(Areas, u64, u64)>,
}

impl<'a> Rounding<'a> {
    pub(super) fn new(profile: &'a Profile, secret: &Secret, before: &'a Rounded) -> Self {
        Self {
            profile,
            coins: Coins::new(secret),
            before,
            added: Vec::new(),
        }
    }

    pub(super) fn shown(&mut self, areas: &Areas, raw: u64) -> u64 {
        if let Some(shown) = self.before.shown(areas, raw) {
            return shown;
        }
        let shown = round(self.profile, &self.coins, areas, raw);
        self.added.push((areas.clone(), raw, shown));
        shown
    }

    pub(super) fn added(mut self) -> Rounded {
        // Sorted once: a map that grows by millions of counts compares its codes far more often.
        self.added.sort();
        let mut all: Vec<(Areas, BTreeMap<u64, u64>)> = Vec::new();
        for (areas, raw, shown) in self.added {
            match all.last_mut() {
                Some((last, counts)) if *last == areas => {
                    counts.insert(raw, shown);
                }
                _ => all.push((areas, BTreeMap::from([(raw, shown)]))),
            }
        }
        Rounded(all.into_iter().collect())
    }
}

/// Rounds to a multiple of the base: to the nearer one in two of three cases, else to the farther.
pub(super) fn round(profile: &Profile, coins: &Coins, areas: &Areas, raw: u64) -> u64 {
    let rest = raw % profile.base;
    if rest == 0 {
        return raw;
    }
    let far = coins.coin(areas, raw).is_multiple_of(3);
    let up_is_near = 2 * rest > profile.base;
    if up_is_near != far {
        raw.saturating_add(profile.base - rest)
    } else {
        raw - rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_of_a_number_are_those_that_people_write() {
        for number in [0, 7, 9, 10, 99, 100, 1_234_567_890, u64::MAX - 1, u64::MAX] {
            let digits = Digits::of(number);
            assert_eq!(digits.as_bytes(), number.to_string().as_bytes());
        }
    }

    #[test]
    fn the_first_rounding_of_a_count_stands() {
        let areas = Areas::new(["NORTH"]);
        let mut rounded = Rounded::default();
        for shown in [99, 102] {
            rounded.add(&areas, 100, shown);
            assert_eq!(rounded.shown(&areas, 100), Some(99));
        }
    }
}
