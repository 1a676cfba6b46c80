//! Ceremonies that somebody has begun and not ended: a passkey that is being made or asked for, an
//! authenticator app that is being set up.
//!
//! The page carries them, under a seal that only this program can make. The hub keeps nothing for
//! one that has merely begun, so no number of strangers who look at a page pushes out anybody
//! else's. It keeps only which sign-ins were ended with a proof, and none of those ends again. A
//! passkey or an app is added once by its own key or by its link, so nothing is kept of those.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use data_encoding::BASE64URL_NOPAD;
use weft_host::random::random_bytes;
use weft_shared::{id::sha256, time::Timestamp};

use crate::limits::{CEREMONIES_ENDED_MAX, CEREMONY_BYTES_MAX, CEREMONY_MS, CODE_SETUP_MS};

/// The kind of a ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A sign-in with a passkey.
    SignIn,
    /// A passkey that is being made.
    Register,
    /// An authenticator app that is being set up.
    Setup,
}

/// Makes and opens the seals of one run of the program.
pub(crate) struct Seals {
    key: [u8; KEY_BYTES],
    /// The sign-ins that were ended, and when they began, until their time is over.
    ended: Mutex<BTreeMap<Seal, Timestamp>>,
}

/// A ceremony whose seal was whole and whose time is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// The hub's half of it.
    pub(crate) bytes: Vec<u8>,
    since: Timestamp,
    seal: Seal,
}

impl Seals {
    /// Makes seals with a key of their own.
    pub(crate) fn new() -> Self {
        Self {
            key: random_bytes(),
            ended: Mutex::default(),
        }
    }

    /// Seals a ceremony that begins `now`. Only a request about `whose` opens it.
    pub(crate) fn seal(&self, kind: Kind, whose: &str, bytes: &[u8], now: Timestamp) -> String {
        let seal = self.code(kind, whose, bytes, now);
        let text = [seal.as_slice(), &now.ms().to_be_bytes(), bytes].concat();
        BASE64URL_NOPAD.encode(&text)
    }

    /// Opens a seal. None if it is none of ours, was about somebody else, its time is over, or the
    /// ceremony was ended.
    pub(crate) fn open(
        &self,
        kind: Kind,
        whose: &str,
        text: &str,
        now: Timestamp,
    ) -> Option<Opened> {
        if text.len() > CEREMONY_BYTES_MAX {
            return None;
        }
        let text = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (seal, rest) = text.split_first_chunk::<KEY_BYTES>()?;
        let (since, bytes) = rest.split_first_chunk()?;
        let since = Timestamp::from_ms(i64::from_be_bytes(*since));
        let right = self.code(kind, whose, bytes, since);
        // Hashes are compared, so that timing reveals nothing about the code.
        let is_ours = sha256("", &[&right]) == sha256("", &[seal]);
        let opened = Opened {
            bytes: bytes.to_vec(),
            since,
            seal: right,
        };
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = kind.lasts(since, now) && !ended.contains_key(&right);
        (is_ours && is_open).then_some(opened)
    }

    /// Ends a sign-in that was proven. Returns true once for each.
    pub(crate) fn end_signing(&self, opened: &Opened, now: Timestamp) -> bool {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        // One from after `now` stays: a clock that was set back may go forward again.
        let life = Kind::SignIn.life_ms();
        ended.retain(|_, since| now.ms() < since.ms().saturating_add(life));
        // To forget one would let it end twice.
        if ended.len() >= CEREMONIES_ENDED_MAX {
            return false;
        }
        ended.insert(opened.seal, opened.since).is_none()
    }

    /// The code over all that a seal holds. Only a hash of fixed length stands beside the key, so
    /// nothing can be added behind it.
    fn code(&self, kind: Kind, whose: &str, bytes: &[u8], since: Timestamp) -> Seal {
        let length = (whose.len() as u64).to_be_bytes();
        let parts: [&[u8]; 5] = [
            kind.word().as_bytes(),
            &since.ms().to_be_bytes(),
            &length,
            whose.as_bytes(),
            bytes,
        ];
        let held = sha256("weft/ceremony/1", &parts);
        sha256("weft/ceremony-seal/1", &[&self.key, &held])
    }
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seals")
    }
}

impl Kind {
    /// A word of one length for each.
    const fn word(self) -> &'static str {
        match self {
            Self::SignIn => "get",
            Self::Register => "new",
            Self::Setup => "app",
        }
    }

    const fn life_ms(self) -> i64 {
        match self {
            Self::SignIn | Self::Register => CEREMONY_MS,
            Self::Setup => CODE_SETUP_MS,
        }
    }

    /// Whether the time of one that began then is not over. None opens before it began.
    fn lasts(self, since: Timestamp, now: Timestamp) -> bool {
        now.ms()
            .checked_sub(since.ms())
            .is_some_and(|passed| (0..self.life_ms()).contains(&passed))
    }
}

type Seal = [u8; KEY_BYTES];
const KEY_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(10_000_000);

    #[test]
    fn a_ceremony_is_of_one_kind_and_one_person_and_ends_once_in_time() {
        let seals = Seals::new();
        let text = seals.seal(Kind::Register, "person 1", b"half", NOW);
        let open = |kind, whose, now| seals.open(kind, whose, &text, now);
        let opened = open(Kind::Register, "person 1", NOW).unwrap();
        assert_eq!(opened.bytes, b"half");
        assert_eq!(open(Kind::SignIn, "person 1", NOW), None);
        assert_eq!(open(Kind::Register, "person 2", NOW), None);
        let last = NOW.plus_ms(CEREMONY_MS - 1);
        assert!(open(Kind::Register, "person 1", last).is_some());
        assert_eq!(open(Kind::Register, "person 1", last.plus_ms(1)), None);
        // A clock that is set back keeps nothing for ever.
        assert_eq!(open(Kind::Register, "person 1", NOW.plus_ms(-1)), None);
        // An app takes longer to set up than a finger to lay on.
        let app = seals.seal(Kind::Setup, "", b"", NOW);
        assert!(seals.open(Kind::Setup, "", &app, last.plus_ms(1)).is_some());

        let text = seals.seal(Kind::SignIn, "", b"half", NOW);
        let open = |now| seals.open(Kind::SignIn, "", &text, now);
        let opened = open(NOW).unwrap();
        assert!(seals.end_signing(&opened, NOW));
        assert_eq!(open(NOW), None);
        assert!(!seals.end_signing(&opened, NOW));
        assert_eq!(
            Seals::new().open(Kind::Setup, "", &app, NOW),
            None,
            "of another run"
        );
    }

    #[test]
    fn a_seal_that_was_changed_anywhere_does_not_open() {
        let seals = Seals::new();
        let text = seals.seal(Kind::SignIn, "", b"half", NOW);
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        let open = |bytes: &[u8]| {
            let text = BASE64URL_NOPAD.encode(bytes);
            seals.open(Kind::SignIn, "", &text, NOW)
        };
        assert!(open(&bytes).is_some());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(open(&changed), None, "{at}");
            assert_eq!(open(&bytes[..at]), None, "{at}");
        }
        assert_eq!(open(&[bytes.as_slice(), b"more"].concat()), None);
        for nonsense in ["", "=", "ā", &"A".repeat(CEREMONY_BYTES_MAX + 1)] {
            assert_eq!(seals.open(Kind::SignIn, "", nonsense, NOW), None);
        }
    }

    #[test]
    fn what_is_begun_takes_no_place_and_what_is_ended_is_never_forgotten_too_soon() {
        let seals = Seals::new();
        let mine = seals.seal(Kind::SignIn, "", b"mine", NOW);
        for n in 0..100_000_u32 {
            seals.seal(Kind::SignIn, "", &n.to_be_bytes(), NOW);
        }
        assert!(seals.open(Kind::SignIn, "", &mine, NOW).is_some());
        assert_eq!(seals.ended.lock().unwrap().len(), 0);
        let end = |n: usize, now| {
            let text = seals.seal(Kind::SignIn, "", &n.to_be_bytes(), now);
            seals.end_signing(&seals.open(Kind::SignIn, "", &text, now).unwrap(), now)
        };
        assert!((0..CEREMONIES_ENDED_MAX).all(|n| end(n, NOW)));
        assert!(!end(CEREMONIES_ENDED_MAX, NOW));
        assert!(end(0, NOW.plus_ms(CEREMONY_MS)));
        assert_eq!(seals.ended.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_no_sign_in_that_was_heard() {
        let seals = Seals::new();
        let text = seals.seal(Kind::SignIn, "", b"heard", NOW);
        let opened = seals.open(Kind::SignIn, "", &text, NOW).unwrap();
        assert!(seals.end_signing(&opened, NOW));
        // Somebody else signs in while the clock is a second behind, and then it is right again.
        let back = NOW.plus_ms(-1_000);
        let other = seals.seal(Kind::SignIn, "", b"other", back);
        let other = seals.open(Kind::SignIn, "", &other, back).unwrap();
        assert!(seals.end_signing(&other, back));
        assert_eq!(seals.open(Kind::SignIn, "", &text, NOW), None);
        assert!(!seals.end_signing(&opened, NOW));
    }
}
