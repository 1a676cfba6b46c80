//! The room that a hub gives to a location and to each of its devices.
//!
//! A location has room for a number of documents and bytes. A member's device may fill a quarter of
//! it, members stop once three quarters are full, and the last quarter is for admins, so one device
//! cannot keep its colleagues from saving. In each share the last sixteenth of the bytes takes only
//! headers, so a log goes on for a while after its bodies are refused.

use crate::identity::Role;
use crate::wire::limits::{
    LOCATION_BYTES_MAX, LOCATION_DOCUMENTS_MAX, LOCATION_HEADERS_BYTES_MAX, MEMBER_SHARE_QUARTERS,
    MEMBERS_SHARE_QUARTERS,
};

/// A location's use of its room, as it counts for one of its devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// The device's role in the roster.
    pub role: Role,
    /// Use by its own log.
    pub own: Held,
    /// Use by all logs of the location.
    pub all: Held,
}

/// Use of room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Held {
    /// Documents, counted for the device that began them.
    pub documents: u64,
    /// Bytes of headers, bodies and blobs.
    pub bytes: u64,
}

/// Room left for a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Left {
    /// Documents that it may begin.
    pub documents: u64,
    /// Bytes of entries, bodies and blobs included.
    pub bytes: u64,
    /// Bytes of headers, if their bodies are left out.
    pub headers: u64,
}

impl Room {
    /// An empty location, for a device with `role`.
    pub fn empty(role: Role) -> Self {
        Self {
            role,
            own: Held::default(),
            all: Held::default(),
        }
    }

    /// The room left for the device.
    pub fn left(&self) -> Left {
        match self.role {
            Role::Admin => Left::of(self.all, 4),
            Role::Member => {
                let own = Left::of(self.own, MEMBER_SHARE_QUARTERS);
                own.min(Left::of(self.all, MEMBERS_SHARE_QUARTERS))
            }
        }
    }

    /// Adds what the device has stored.
    pub fn add(&mut self, more: Held) {
        for held in [&mut self.own, &mut self.all] {
            held.documents = held.documents.saturating_add(more.documents);
            held.bytes = held.bytes.saturating_add(more.bytes);
        }
    }
}

impl Left {
    /// The rest of this many quarters of a location's room.
    fn of(held: Held, quarters: u64) -> Self {
        let share = |whole: u64| whole / 4 * quarters;
        let bytes = share(LOCATION_BYTES_MAX - LOCATION_HEADERS_BYTES_MAX);
        Self {
            documents: share(LOCATION_DOCUMENTS_MAX as u64).saturating_sub(held.documents),
            bytes: bytes.saturating_sub(held.bytes),
            headers: share(LOCATION_BYTES_MAX).saturating_sub(held.bytes),
        }
    }

    fn min(self, other: Self) -> Self {
        Self {
            documents: self.documents.min(other.documents),
            bytes: self.bytes.min(other.bytes),
            headers: self.headers.min(other.headers),
        }
    }

    /// Whether `more` still fits.
    pub const fn fits(&self, more: Held) -> bool {
        more.documents <= self.documents && more.bytes <= self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn room(role: Role, own: (u64, u64), all: (u64, u64)) -> Left {
        let held = |(documents, bytes)| Held { documents, bytes };
        Room {
            role,
            own: held(own),
            all: held(all),
        }
        .left()
    }

    fn left(documents: u64, bytes: u64, headers: u64) -> Left {
        Left {
            documents,
            bytes,
            headers,
        }
    }

    #[test]
    fn a_member_has_a_quarter_and_leaves_the_last_one() {
        let empty = room(Role::Member, (0, 0), (0, 0));
        assert_eq!(empty, left(1_250, 60 * MIB, 64 * MIB));
        // Its own share is full.
        let full = room(Role::Member, (1_250, 60 * MIB), (1_250, 60 * MIB));
        assert_eq!(full, left(0, 0, 4 * MIB));
        // Three others have filled theirs: the last quarter is not for members.
        let late = room(Role::Member, (0, 0), (3_750, 192 * MIB));
        assert_eq!(late, left(0, 0, 0));
        let admin = room(Role::Admin, (0, 0), (3_750, 192 * MIB));
        assert_eq!(admin, left(1_250, 48 * MIB, 64 * MIB));
        let sole = room(Role::Admin, (0, 0), (0, 0));
        assert_eq!(sole, left(5_000, 240 * MIB, 256 * MIB));
    }

    #[test]
    fn what_is_added_is_counted_for_the_device_and_for_all() {
        let mut room = Room::empty(Role::Member);
        let more = Held {
            documents: 2,
            bytes: MIB,
        };
        room.add(more);
        assert_eq!((room.own, room.all), (more, more));
        assert!(room.left().fits(Held {
            documents: 1_248,
            bytes: 59 * MIB
        }));
        assert!(!room.left().fits(Held {
            documents: 1_249,
            bytes: 0
        }));
    }
}
