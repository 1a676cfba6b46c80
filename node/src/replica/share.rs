//! The room that the hub has for this device. The hub states it with WELCOME, and each save is
//! subtracted, so that a save that could not be shared is refused before anything is written.

use rusqlite::Connection;
use weft_shared::{
    id::DeviceIndex,
    log::{
        entry::Entry,
        room::{Held, Left},
    },
    text::counted,
};
use weft_store::{Mirror, StoreError};

use super::Replica;
use crate::store::{
    LocationRow, entries,
    settings::{self, Key},
};

/// The room that the hub stated last, and the room used since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    left: Left,
    /// The last entry of this device that the hub held at that time.
    above: u64,
    spent: Held,
}

/// The hub has no room for the save.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Nothing was saved, because the hub has no room for it: this device may still store {} and \
     begin {} there. A member's device may fill a quarter of its location's room, members together \
     three quarters, and the rest is for admins. An admin can revoke a device that fills it and \
     take back what it wrote last (weft-node device drop).",
    size(self.left.bytes),
    counted(self.left.documents, "document", "documents")
)]
pub(crate) struct NoRoom {
    left: Left,
}

impl Share {
    /// Loads the share from the store; `None` before the hub has stated it.
    pub(super) fn load(
        db: &Connection,
        dix: Option<DeviceIndex>,
    ) -> Result<Option<Self>, StoreError> {
        let value = |key| settings::value::<i64>(db, key);
        let (Some(bytes), Some(documents), Some(above)) = (
            value(Key::RoomBytes)?,
            value(Key::RoomDocuments)?,
            value(Key::RoomAbove)?,
        ) else {
            return Ok(None);
        };
        let left = Left {
            documents: documents.cast_unsigned(),
            bytes: bytes.cast_unsigned(),
            headers: 0,
        };
        Ok(Some(Self::of(db, dix, left, above.cast_unsigned())?))
    }

    fn of(
        db: &Connection,
        dix: Option<DeviceIndex>,
        left: Left,
        above: u64,
    ) -> Result<Self, StoreError> {
        let mut share = Self {
            left,
            above,
            spent: Held::default(),
        };
        let Some(dix) = dix else {
            return Ok(share);
        };
        for stored in entries::range(db, (LocationRow::OWN, dix), above + 1, u64::MAX, usize::MAX)?
        {
            if stored.void.is_none() {
                share.spend(held(&stored.entry, 0));
            }
        }
        Ok(share)
    }

    fn save(&self, db: &Connection) -> rusqlite::Result<()> {
        settings::set(db, Key::RoomBytes, self.left.bytes.cast_signed())?;
        settings::set(db, Key::RoomDocuments, self.left.documents.cast_signed())?;
        settings::set(db, Key::RoomAbove, self.above.cast_signed())
    }

    pub(super) const fn spend(&mut self, more: Held) {
        self.spent.documents += more.documents;
        self.spent.bytes += more.bytes;
    }

    /// Returns the room that is left now.
    const fn now(&self) -> Left {
        Left {
            documents: self.left.documents.saturating_sub(self.spent.documents),
            bytes: self.left.bytes.saturating_sub(self.spent.bytes),
            headers: self.left.headers,
        }
    }
}

/// Returns the room that an entry takes, with `words` bytes of words beside it.
pub(super) fn held(entry: &Entry, words: usize) -> Held {
    let named = entry.header.runs.iter().filter(|run| run.name.is_some());
    Held {
        documents: named.count() as u64,
        bytes: (entry.header.encode().len() + entry.wire_bytes() + words) as u64,
    }
}

impl Replica {
    /// Records the room that the hub has for this device above one of its entries.
    pub(crate) fn hear_room(&mut self, left: Left, above: u64) -> Result<(), StoreError> {
        let share = Share::of(&self.store.reader, self.dix(), left, above)?;
        let same = self.share.is_some_and(|held| {
            (held.left.bytes, held.left.documents, held.above)
                == (left.bytes, left.documents, above)
        });
        if same {
            self.share = Mirror::read(Some(share));
            return Ok(());
        }
        let heard = self.store.write(move |db| share.save(db))?;
        *self.share.after(&heard.receipt) = Some(share);
        Ok(())
    }

    /// The hub voided an entry for lack of room: nothing more fits until it says otherwise, unless
    /// it judged the entry before it last named its room.
    pub(super) fn room_is_used_up(&mut self, dseq: u64) -> Result<(), StoreError> {
        let above = self.share.map_or(0, |share| share.above);
        match dseq > above {
            true => self.hear_room(Left::default(), above),
            false => Ok(()),
        }
    }

    /// Checks that the hub has room for that much more, as far as is known here.
    pub(super) fn check_room(&self, more: Held) -> Result<(), NoRoom> {
        match *self.share {
            Some(share) if !share.now().fits(more) => Err(NoRoom { left: share.now() }),
            Some(_) | None => Ok(()),
        }
    }
}

/// A number of bytes, for a person.
fn size(bytes: u64) -> String {
    let units = [(1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.into_iter().find(|(unit, _)| bytes >= *unit);
    match unit {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}
