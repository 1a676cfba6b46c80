//! The host of sessions: answers every question of a [`Session`] from the store.
//!
//! It knows no clock, no network and no runtime. A driver [sorts](sort) each event of a session,
//! runs a [`Read`] on a connection that reads and a [`Write`] on the writer, and gives the
//! [`HostReply`] to the session.
//!
//! **Invariant:** a `Write` has no answer before its commit has returned, so that nothing is
//! acknowledged before it is durable. All that differs between hosts is in [`Host`].

mod roster;
mod work;

use std::{collections::BTreeSet, sync::Arc};

use rusqlite::Connection;
use weft_shared::{
    id::{DeviceId, DeviceIndex, LocationId},
    identity::{
        Applied, DeviceKey, Role, Roster, SignedOperation,
        reads::{ReadPart, ReadsAfter},
    },
    log::{
        gate::{Admission, LogState, VoidCode},
        room::Room,
    },
    sync::{
        Admittance, Event, JoinRefusal, Outgoing, Persisted, Refused, RosterRefusal, Session, Side,
        Ticket,
    },
    time::Timestamp,
    wire::{
        NackCode,
        message::{Join, Joined},
    },
};

pub use self::{
    roster::{AppendError, Known, Rosters},
    work::{Read, Write},
};
use crate::{LocationRow, StoreError, Transaction};

/// The differences between the hosts of sessions. By default a host is a device that takes what its
/// hub decided.
pub trait Host: Clone + Send + Sync + 'static {
    /// The verified rosters of this store.
    fn rosters(&self) -> &Rosters;

    /// Location zero.
    fn zero(&self) -> LocationId;

    /// This host's own log, and the key that signs it when it is offered.
    fn own_log(&self) -> Option<(LocationId, DeviceIndex, &DeviceKey)> {
        None
    }

    /// Whether operations of rosters are accepted here first: invites expire by this host's clock,
    /// and a log is sealed where this host holds it.
    fn decides(&self) -> bool {
        false
    }

    /// Admits an unknown device, in the transaction that appends it to its location's roster.
    ///
    /// # Errors
    /// If it is refused, or the store fails: nothing is changed.
    fn join(
        &self,
        _: &Transaction<'_>,
        _request: &Join,
        _now: Timestamp,
    ) -> Result<Joined, NotJoined> {
        let (code, text) = (NackCode::UnknownDevice, "joining is for hubs".to_owned());
        Err(NotJoined::Refused(JoinRefusal::Refused { code, text }))
    }

    /// Returns the reason why a device of a roster is not served, if there is one.
    ///
    /// # Errors
    /// If the store fails.
    fn refuses(&self, _: &Connection, _: &DeviceId) -> Result<Option<Refused>, StoreError> {
        Ok(None)
    }

    /// Returns the room of a device, if it has a quota here.
    ///
    /// # Errors
    /// If the store fails.
    fn room(&self, _: &Connection, _: &Member) -> Result<Option<Room>, StoreError> {
        Ok(None)
    }

    /// Returns `Some` if entries may not be appended because of what was stored since the session
    /// judged them, with the dropped changes that they build on.
    ///
    /// # Errors
    /// If the store fails.
    fn conflict(
        &self,
        _: &Transaction<'_>,
        _: &Member,
        _: &Admission,
    ) -> Result<Option<BTreeSet<[u8; 32]>>, StoreError> {
        Ok(None)
    }

    /// Keeps what follows from appended entries, in their transaction.
    ///
    /// # Errors
    /// If the store fails: nothing is appended.
    fn appended(
        &self,
        _: &Transaction<'_>,
        _: &Member,
        _: &Arc<Admission>,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    /// Closes rows of a location's ledger of reads, and returns those after `after` with the next
    /// proof about a release; `None` if this end has no such ledger.
    ///
    /// # Errors
    /// If the store fails.
    fn reads(
        &self,
        _: &Transaction<'_>,
        _: &LocationId,
        _after: ReadsAfter,
        _now: Timestamp,
    ) -> Result<Option<ReadPart>, StoreError> {
        Ok(None)
    }

    /// A revocation of this device named a height that its log has passed meanwhile.
    fn outruns(&self, _: &DeviceId) {}

    /// Keeps what follows from appended operations, in their transaction.
    ///
    /// # Errors
    /// If they are refused, or the store fails: nothing is appended.
    fn grown(&self, _: &Transaction<'_>, _: &Known, _: &[Applied]) -> Result<(), AppendError> {
        Ok(())
    }
}

/// A device of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its location.
    pub location: LocationId,
    /// The location's row.
    pub lix: LocationRow,
    /// Its index there.
    pub dix: DeviceIndex,
    /// Its role.
    pub role: Role,
}

/// An event of a session, sorted.
#[derive(Debug)]
pub enum Wish {
    /// To be answered by a connection that reads.
    Read(Read),
    /// To be answered after a commit.
    Write(Write),
    /// Nothing to be answered.
    News(Event),
}

/// Sorts an event of a session.
pub fn sort(event: Event, host: &impl Host) -> Wish {
    let own = host.own_log().map(|(location, dix, _)| (location, dix));
    match event {
        Event::Load { location, dix, .. } if own == Some((location, dix)) => {
            Wish::Write(Write::new(event))
        }
        Event::Join { .. }
        | Event::Persist { .. }
        | Event::PersistBlob { .. }
        | Event::PersistRoster { .. }
        | Event::LoadReads { .. } => Wish::Write(Write::new(event)),
        Event::Hello { .. }
        | Event::LoadLog { .. }
        | Event::LoadVoids { .. }
        | Event::Load { .. }
        | Event::LoadRoster { .. } => Wish::Read(Read::new(event)),
        news => Wish::News(news),
    }
}

/// Why a device was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum NotJoined {
    /// The answer to its request.
    #[error("refused: {0:?}")]
    Refused(JoinRefusal),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// An answer for the session that asked.
#[derive(Clone, Debug)]
pub enum HostReply {
    /// To [`Event::Join`].
    Joined(Ticket, Box<Result<Joined, JoinRefusal>>),
    /// To [`Event::Hello`].
    Admitted(Ticket, Box<Result<Admittance, Refused>>),
    /// To [`Event::LoadLog`].
    Log(Ticket, Box<LogState>),
    /// To [`Event::LoadVoids`].
    Voids(Ticket, Vec<(u64, VoidCode)>),
    /// To [`Event::Persist`] and [`Event::PersistBlob`].
    Persisted(Ticket, Persisted),
    /// To [`Event::PersistRoster`].
    Roster(Ticket, Box<Result<Roster, RosterRefusal>>),
    /// To [`Event::Load`].
    Loaded(Ticket, Outgoing),
    /// To [`Event::LoadRoster`].
    RosterLoaded(Ticket, Vec<SignedOperation>),
    /// To [`Event::LoadReads`].
    Reads(Ticket, Option<ReadPart>),
    /// The store failed, so the session ends. The peer keeps everything.
    Failed(StoreError),
}

impl HostReply {
    /// Gives the answer to the session that asked.
    pub fn give(self, session: &mut Session, now: Timestamp) {
        match self {
            Self::Joined(ticket, answer) => session.handle_joined(now, ticket, *answer),
            Self::Admitted(ticket, answer) => session.handle_admitted(now, ticket, *answer),
            Self::Log(ticket, state) => session.handle_log(now, ticket, *state),
            Self::Voids(ticket, voids) => session.handle_voids(now, ticket, &voids),
            Self::Persisted(ticket, answer) => session.handle_persisted(now, ticket, answer),
            Self::Roster(ticket, answer) => session.handle_roster(now, ticket, *answer),
            Self::Loaded(ticket, outgoing) => session.handle_loaded(now, ticket, outgoing),
            Self::RosterLoaded(ticket, operations) => {
                session.handle_roster_loaded(now, ticket, &operations);
            }
            Self::Reads(ticket, part) => session.handle_reads(now, ticket, part),
            Self::Failed(_) => session.fail(UNREAD_TEXT),
        }
    }
}

/// The reason if the store fails for another reason than a full disk, for the people at the other
/// end.
const UNREAD_TEXT: &str = "the hub cannot use its store now. Nothing is lost: try again later, and \
    if it goes on, tell the people who run it";

/// A refusal by this end that concerns no log.
#[must_use]
pub fn refusal(code: NackCode, text: &str) -> Refused {
    Refused {
        by: Side::Here,
        code,
        log: None,
        text: text.to_owned(),
    }
}
