//! The reason why this device may no longer append to its log. Everything it holds stays readable.

use std::fmt;

use rusqlite::Connection;
use weft_store::StoreError;

use super::Replica;
use crate::store::settings::{self, Key};

/// The event that stopped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Another device revoked it.
    Revoked,
    /// A peer holds more of this device's log than this device, or other entries: the device was
    /// restored from an old copy, or copied.
    Cloned,
}

/// The event and the device it stopped, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Halted {
    pub(crate) why: Stopped,
    /// The device's name, if its roster has one.
    device: Option<String>,
}

impl Stopped {
    const fn word(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Cloned => "cloned",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Revoked, Self::Cloned]
            .into_iter()
            .find(|one| one.word() == word)
    }
}

impl Stopped {
    pub(super) fn save(self, db: &Connection) -> rusqlite::Result<()> {
        settings::set(db, Key::Stopped, self.word())
    }
}

impl Halted {
    /// For a device without a name in its roster, revoked by the hub's word alone.
    pub(crate) const REVOKED: Self = Self {
        why: Stopped::Revoked,
        device: None,
    };
}

impl fmt::Display for Halted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.why, &self.device) {
            (Stopped::Revoked, _) => f.write_str(
                "This device was taken out of the location's roster, so nothing more is shared \
                 from it. Everything on it is kept: export it (weft-node export --to DIR), and ask \
                 an admin of the location for a new invite if this was a mistake.",
            ),
            (Stopped::Cloned, device) => {
                let device = device.as_ref();
                let device = device.map_or_else(
                    || "a device of this location".to_owned(),
                    |name| format!("\"{name}\""),
                );
                write!(
                    f,
                    "This is a copy of {device}: the hub holds work of that device which this \
                     data directory does not hold, so it was copied, or restored from a backup. \
                     It shares nothing and takes no more changes, so that two copies do not \
                     contradict each other. Nothing is lost: that work is at the hub, and \
                     everything on this computer is kept. Join again with a device invite \
                     (weft-node join INVITE) into a new --data-dir, and it comes back."
                )
            }
        }
    }
}

impl Replica {
    /// Returns the reason why this device may no longer write, if there is one.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        *self.stopped
    }

    /// Returns the reason in words for a person.
    pub(crate) fn halted(&self) -> Option<Halted> {
        let device = self.device().map(|device| device.name.clone());
        self.stopped.map(|why| Halted { why, device })
    }

    /// Records that this device may no longer write.
    pub(crate) fn stop(&mut self, why: Stopped) -> Result<(), StoreError> {
        if *self.stopped == Some(why) {
            return Ok(());
        }
        let stopped = self.store.write(move |db| why.save(db))?;
        *self.stopped.after(&stopped.receipt) = Some(why);
        self.moved();
        Ok(())
    }
}
