//! Small facts about this node, by name.

use rusqlite::{
    Connection, OptionalExtension as _, Result,
    types::{FromSql, ToSql},
};

/// The name of a setting in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// 1 while this computer has joined no network.
    Alone,
    /// The location's code, such as `FN`.
    LocationCode,
    /// The hub's address, as HOST:PORT.
    HubAddress,
    /// The hash of the hub's root key, 32 bytes.
    HubRoot,
    /// The network's name, as the hub said at joining.
    Network,
    /// The legal person that operates the hub.
    Operator,
    /// The four words of this node's joining.
    Words,
    /// When the hub last acknowledged an entry, in milliseconds.
    LastShared,
    /// Why this device may not append to its log any more.
    Stopped,
    /// 1 when the last attempt to reach the hub succeeded, 0 when not.
    HubReachable,
    /// When the hub was last reached, in milliseconds.
    LastReached,
    /// 1 while the hub refuses this device as revoked.
    SaidRevoked,
    /// 1 while the hub's operator blocks this device.
    SaidBlocked,
    /// 1 while the hub has no room for what this device saved.
    SaidFull,
    /// Milliseconds that this computer's clock was behind the hub's at the last exchange, where
    /// that was worth a word; else 0.
    ClockBehind,
    /// Bytes that the hub has room for, of this device, as it said last.
    RoomBytes,
    /// Documents that this device may still begin.
    RoomDocuments,
    /// The last entry of this device that the hub held when it said so.
    RoomAbove,
    /// The last change of the location's areas that somebody here has read of, in milliseconds.
    AreasRead,
    /// The last entry of each other device that somebody here has seen.
    ChangesSeen,
    /// When somebody here said so, in milliseconds.
    ChangesSeenAt,
    /// The tag of the language of the navigation.
    Language,
    /// The version that derived what is derived; empty while that is being made.
    Derived,
}

impl Key {
    const fn name(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::LocationCode => "location_code",
            Self::HubAddress => "hub_address",
            Self::HubRoot => "hub_root",
            Self::Network => "network",
            Self::Operator => "operator",
            Self::Words => "words",
            Self::LastShared => "last_shared",
            Self::Stopped => "stopped",
            Self::HubReachable => "hub_reachable",
            Self::LastReached => "last_reached",
            Self::SaidRevoked => "said_revoked",
            Self::SaidBlocked => "said_blocked",
            Self::SaidFull => "said_full",
            Self::ClockBehind => "clock_behind",
            Self::RoomBytes => "room_bytes",
            Self::RoomDocuments => "room_documents",
            Self::RoomAbove => "room_above",
            Self::AreasRead => "areas_read",
            Self::ChangesSeen => "changes_seen",
            Self::ChangesSeenAt => "changes_seen_at",
            Self::Language => "language",
            Self::Derived => "derived_version",
        }
    }
}

/// The value of `key`, where there is one.
pub(crate) fn value<T: FromSql>(store: &Connection, key: Key) -> Result<Option<T>> {
    store
        .prepare_cached("SELECT value FROM setting WHERE key = ?1")?
        .query_row([key.name()], |row| row.get(0))
        .optional()
}

/// Sets `key`.
pub(crate) fn set(store: &Connection, key: Key, value: impl ToSql) -> Result<()> {
    store
        .prepare_cached(
            "INSERT INTO setting (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute((key.name(), value))?;
    Ok(())
}
