//! The cookie of a browser that has opened a one-time link: when it ends, and a code that only
//! the holder of the key can make. Nothing is stored for it, so it outlives the program if the key
//! does.

use data_encoding::HEXLOWER;
use weft_shared::{id::sha256, time::Timestamp};

use crate::{
    data_dir::{DataDir, DataDirError},
    limits,
    random::random_bytes,
};

/// The key that makes and checks the cookies of one data directory.
#[derive(Clone)]
pub struct SessionKey([u8; BYTES]);

impl SessionKey {
    /// Returns a key that is kept nowhere, so that its sessions end with the program.
    pub(super) fn passing() -> Self {
        Self(random_bytes())
    }

    /// Returns the key in `dir`. If there is none that can be used, makes one that only the owner
    /// of the directory can read; sessions under another one have then ended.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn of(dir: &DataDir) -> Result<Self, DataDirError> {
        let kept = dir.read_secret(FILE)?;
        if let Some(key) = kept.and_then(|bytes| bytes.try_into().ok()) {
            return Ok(Self(key));
        }
        let key = random_bytes();
        dir.write_secret(FILE, &key)?;
        Ok(Self(key))
    }

    /// Returns the cookie's value for a session that begins `now` at `port`.
    pub(super) fn cookie(&self, port: u16, now: Timestamp) -> String {
        let life = i64::try_from(limits::PAGE_SESSION_TIME_MAX.as_millis()).unwrap_or(i64::MAX);
        let until = now.plus_ms(life).ms();
        format!("{until}.{}", self.code(port, until))
    }

    /// Whether this key made `cookie` for `port`, for a session that has not ended `now`.
    pub(super) fn admits(&self, cookie: &str, port: u16, now: Timestamp) -> bool {
        let Some((until, code)) = cookie.split_once('.') else {
            return false;
        };
        let Ok(until) = until.parse::<i64>() else {
            return false;
        };
        // Hashes are compared, so that timing reveals nothing about the code.
        let same = super::guard::hash(code) == super::guard::hash(&self.code(port, until));
        same && now.ms() < until
    }

    /// The parts have a fixed length, so no other session has the same bytes.
    fn code(&self, port: u16, until: i64) -> String {
        let parts: [&[u8]; 3] = [&self.0, &port.to_be_bytes(), &until.to_be_bytes()];
        HEXLOWER.encode(&sha256("weft/page-session/1", &parts))
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey")
    }
}

const BYTES: usize = 32;
/// The file of the key in a data directory.
pub const FILE: &str = "page.key";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::{Layout, is_private};

    const LAYOUT: Layout = Layout {
        program: "weft-test",
        holds: "test",
        begin: "Begin",
        files: &[],
        movable: &[],
        version: 1,
    };

    #[test]
    fn a_session_is_of_one_key_and_one_port_and_ends() {
        let (key, other) = (SessionKey([1; BYTES]), SessionKey([2; BYTES]));
        let begin = Timestamp::from_ms(1_000);
        let cookie = key.cookie(8434, begin);
        assert!(key.admits(&cookie, 8434, begin));
        assert!(!other.admits(&cookie, 8434, begin));
        assert!(!key.admits(&cookie, 8435, begin));
        let (until, code) = cookie.split_once('.').unwrap();
        let until: i64 = until.parse().unwrap();
        assert!(key.admits(&cookie, 8434, Timestamp::from_ms(until - 1)));
        assert!(!key.admits(&cookie, 8434, Timestamp::from_ms(until)));
        let prolonged = format!("{}.{code}", until + 1);
        assert!(!key.admits(&prolonged, 8434, begin));
        for nonsense in ["", ".", "1", &format!("x.{code}"), &format!("{until}.")] {
            assert!(!key.admits(nonsense, 8434, begin), "{nonsense}");
        }
    }

    #[test]
    fn the_key_stays_in_the_data_directory_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path(), LAYOUT, true).unwrap();
        let now = Timestamp::from_ms(0);
        let cookie = SessionKey::of(&dir).unwrap().cookie(8434, now);
        assert!(SessionKey::of(&dir).unwrap().admits(&cookie, 8434, now));
        assert!(is_private(&dir.path(FILE)).unwrap());
        // Half a key is none.
        dir.write_secret(FILE, &[0; BYTES / 2]).unwrap();
        let fresh = SessionKey::of(&dir).unwrap();
        assert!(!fresh.admits(&cookie, 8434, now));
        assert!(!fresh.admits(&SessionKey([0; BYTES]).cookie(8434, now), 8434, now));
    }
}
