//! Questions of a session at work: read from a connection, or committed by the writer.

use std::sync::Arc;

use rusqlite::Connection;
use weft_shared::{
    id::{BlobHash, DeviceId, DeviceIndex, LocationId},
    identity::{Roster, SignedOperation},
    log::{
        entry::Tip,
        gate::{Admission, LogState},
        room::Held,
        sealed::{Envelope, are_sealed},
    },
    sync::{
        Admittance, Event, JoinRefusal, Outgoing, Persisted, Refused, Replica, RosterRefusal,
        Ticket,
    },
    time::Timestamp,
    wire::NackCode,
};

use super::{AppendError, Host, HostReply, Member, NotJoined, UNREAD_TEXT, refusal};
use crate::{
    LocationRow, Receipt, StoreError, Transaction, Writer, blobs,
    entries::{self, Appended},
    logs::{self, Mark},
    rosters, undone,
};

/// A question that the store answers as it is.
#[derive(Debug)]
pub struct Read(Event);

/// A question that is answered once something is durable.
#[derive(Debug)]
pub struct Write(Demand);

#[derive(Debug)]
enum Demand {
    Entries(Entries),
    Other(Event),
}

/// Entries to append, and the blobs that must be stored by then.
#[derive(Debug)]
struct Entries {
    ticket: Ticket,
    log: (LocationId, DeviceIndex),
    admission: Arc<Admission>,
    beside: Vec<(u64, BlobHash)>,
}

/// The reason to undo a transaction.
#[derive(Debug, thiserror::Error)]
enum Undone {
    /// The answer refuses what was asked.
    #[error("refused")]
    Refused(Box<HostReply>),
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Read {
    pub(super) const fn new(event: Event) -> Self {
        Self(event)
    }

    /// Answers from what `conn` sees.
    pub fn answer(self, conn: &Connection, host: &impl Host) -> HostReply {
        self.read(conn, host).unwrap_or_else(|error| {
            tracing::error!(%error, "the store cannot answer a session");
            HostReply::Failed(error)
        })
    }

    fn read(self, conn: &Connection, host: &impl Host) -> Result<HostReply, StoreError> {
        let lix = |location| host.rosters().lix(conn, location);
        Ok(match self.0 {
            Event::Hello {
                ticket,
                device,
                location,
            } => HostReply::Admitted(ticket, Box::new(admit(conn, host, &device, &location)?)),
            Event::LoadLog {
                ticket,
                location,
                dix,
            } => {
                let known = host.rosters().read(conn, &location)?;
                let known = known.ok_or(StoreError::Damaged("locations"))?;
                let member = known.member(dix).ok_or(StoreError::Damaged("roster"))?;
                HostReply::Log(ticket, Box::new(state(conn, host, &member)?))
            }
            Event::LoadVoids {
                ticket,
                location,
                dix,
                above,
            } => HostReply::Voids(ticket, undone::voids(conn, lix(&location)?, dix, above)?),
            Event::Load {
                ticket,
                location,
                dix,
                from_dseq,
                bytes_aim,
            } => {
                let aim = (bytes_aim, false);
                let outgoing = entries::outgoing(conn, lix(&location)?, dix, from_dseq, aim)?;
                HostReply::Loaded(ticket, outgoing)
            }
            Event::LoadRoster {
                ticket,
                location,
                after,
            } => HostReply::RosterLoaded(ticket, rosters::signed(conn, lix(&location)?, after)?),
            other => unreachable!("not sorted as a read: {other:?}"),
        })
    }
}

impl Write {
    pub(super) fn new(event: Event) -> Self {
        Self(match event {
            Event::Persist {
                ticket,
                location,
                dix,
                admission,
                beside,
            } => Demand::Entries(Entries {
                ticket,
                log: (location, dix),
                admission: Arc::new(admission),
                beside,
            }),
            other => Demand::Other(other),
        })
    }

    /// The log of the entries to append, and the entries, if it is about entries.
    pub const fn entries(&self) -> Option<((LocationId, DeviceIndex), &Arc<Admission>)> {
        match &self.0 {
            Demand::Entries(Entries { log, admission, .. }) => Some((*log, admission)),
            Demand::Other(_) => None,
        }
    }

    /// Answers once it is durable. It is in the writer's queue as soon as this was polled once,
    /// unless that is full.
    pub async fn commit(self, writer: &Writer, host: impl Host, now: Timestamp) -> HostReply {
        let (bytes, failing) = (self.bytes(), self.failing(&host));
        let job = move |tx: &Transaction<'_>| self.run(tx, &host, now);
        failing.outcome(writer.run_sized(bytes, job).await)
    }

    /// As [`Write::commit`], outside the asynchronous runtime. Returns the proof of the commit too,
    /// if there was one.
    ///
    /// # Panics
    /// If it is called from asynchronous code.
    pub fn commit_blocking(
        self,
        writer: &Writer,
        host: impl Host,
        now: Timestamp,
    ) -> (HostReply, Option<Receipt>) {
        let failing = self.failing(&host);
        let job = move |tx: &Transaction<'_>| self.run(tx, &host, now);
        let (answer, receipt) = match writer.commit_blocking(job) {
            Ok(committed) => (Ok(committed.value), Some(committed.receipt)),
            Err(undone) => (Err(undone), None),
        };
        (failing.outcome(answer), receipt)
    }

    /// The answer if the store fails.
    fn failing(&self, host: &impl Host) -> Failing {
        match &self.0 {
            Demand::Entries(Entries { ticket, .. })
            | Demand::Other(Event::PersistBlob { ticket, .. }) => Failing::Persist(*ticket),
            Demand::Other(Event::Join { ticket, .. }) => Failing::Join(*ticket),
            Demand::Other(Event::LoadReads { ticket, .. }) => Failing::Reads(*ticket),
            Demand::Other(Event::PersistRoster {
                ticket, location, ..
            }) if host.decides() => match host.rosters().held(location) {
                Some(known) => Failing::Roster(*ticket, known.roster),
                None => Failing::Session,
            },
            Demand::Other(_) => Failing::Session,
        }
    }

    fn bytes(&self) -> usize {
        match &self.0 {
            Demand::Entries(Entries { admission, .. }) => {
                let bytes = admission.entries.iter().map(|one| one.entry.wire_bytes());
                bytes.sum()
            }
            Demand::Other(Event::PersistBlob { bytes, .. }) => bytes.len(),
            Demand::Other(_) => 0,
        }
    }

    fn run(
        self,
        tx: &Transaction<'_>,
        host: &impl Host,
        now: Timestamp,
    ) -> Result<HostReply, Undone> {
        let event = match self.0 {
            Demand::Entries(entries) => {
                let (location, dix) = entries.log;
                let member = host.rosters().member(tx, &location, dix)?;
                let whole = blobs::are_held(tx, member.lix, dix, &entries.beside)?;
                let persisted = match whole {
                    true => append(tx, host, &member, &entries.admission, now)?,
                    false => Persisted::Failed,
                };
                return Ok(HostReply::Persisted(entries.ticket, persisted));
            }
            Demand::Other(event) => event,
        };
        match event {
            Event::Join { ticket, request } => match host.join(tx, &request, now) {
                Ok(joined) => Ok(HostReply::Joined(ticket, Box::new(Ok(joined)))),
                Err(NotJoined::Refused(refusal)) => {
                    let answer = HostReply::Joined(ticket, Box::new(Err(refusal)));
                    Err(Undone::Refused(Box::new(answer)))
                }
                Err(NotJoined::Store(error)) => Err(error.into()),
            },
            Event::PersistBlob {
                ticket,
                location,
                dix,
                dseq,
                hash,
                bytes,
            } => {
                let member = host.rosters().member(tx, &location, dix)?;
                let persisted = put_blob(tx, host, &member, (dseq, hash), &bytes, now)?;
                Ok(HostReply::Persisted(ticket, persisted))
            }
            Event::PersistRoster {
                ticket,
                location,
                operations,
                ..
            } => match grow(tx, host, &location, &operations, now)? {
                Ok(roster) => Ok(HostReply::Roster(ticket, Box::new(Ok(roster)))),
                Err(refusal) => {
                    let answer = HostReply::Roster(ticket, Box::new(Err(refusal)));
                    Err(Undone::Refused(Box::new(answer)))
                }
            },
            Event::LoadReads {
                ticket,
                location,
                after,
            } => Ok(HostReply::Reads(
                ticket,
                host.reads(tx, &location, after, now)?,
            )),
            Event::Load {
                ticket,
                from_dseq,
                bytes_aim,
                ..
            } => Ok(HostReply::Loaded(
                ticket,
                offer(tx, host, from_dseq, bytes_aim)?,
            )),
            other => unreachable!("not sorted as a write: {other:?}"),
        }
    }
}

/// The work that ends if the store fails.
#[derive(Debug)]
enum Failing {
    Persist(Ticket),
    Join(Ticket),
    /// A look at the ledger of reads, which a full disk puts off.
    Reads(Ticket),
    /// An offer of operations, beside the roster as it stays.
    Roster(Ticket, Arc<Roster>),
    Session,
}

impl Failing {
    /// The answer to a job that has ended: this is called after its commit.
    fn outcome(self, result: Result<HostReply, Undone>) -> HostReply {
        let error = match result {
            Ok(answer) => return answer,
            Err(Undone::Refused(answer)) => return *answer,
            Err(Undone::Store(error)) => error,
        };
        tracing::error!(%error, "nothing was stored for a session");
        match self {
            Self::Persist(ticket) => HostReply::Persisted(ticket, Persisted::Failed),
            Self::Reads(ticket) => HostReply::Reads(ticket, None),
            Self::Join(ticket) => {
                // The error itself may name files of this computer.
                let (code, text) = match error {
                    StoreError::Full => (NackCode::Full, UNSTORED_TEXT.to_owned()),
                    _ => (NackCode::Unavailable, UNREAD_TEXT.to_owned()),
                };
                HostReply::Joined(ticket, Box::new(Err(JoinRefusal::Refused { code, text })))
            }
            Self::Roster(ticket, roster) => {
                let refusal = RosterRefusal {
                    roster: (*roster).clone(),
                    code: NackCode::Full,
                    text: UNSTORED_TEXT.to_owned(),
                };
                HostReply::Roster(ticket, Box::new(Err(refusal)))
            }
            Self::Session => HostReply::Failed(error),
        }
    }
}

fn admit(
    conn: &Connection,
    host: &impl Host,
    id: &DeviceId,
    location: &LocationId,
) -> Result<Result<Admittance, Refused>, StoreError> {
    let known = host.rosters().read(conn, location)?;
    let dix = known.as_ref().and_then(|known| known.roster.dix_of(id));
    let (Some(known), Some(dix)) = (known, dix) else {
        return Ok(Err(refusal(NackCode::UnknownDevice, UNKNOWN_TEXT)));
    };
    let member = known.member(dix).expect("the roster has just found it");
    let device = known.roster.device(dix);
    if device.is_some_and(|device| device.sealed.is_some()) {
        return Ok(Err(refusal(NackCode::Revoked, REVOKED_TEXT)));
    }
    if let Some(refused) = host.refuses(conn, id)? {
        return Ok(Err(refused));
    }
    let zero = host.rosters().read(conn, &host.zero())?;
    let zero = zero.ok_or(StoreError::Damaged("roster"))?;
    let heights = |lix: LocationRow| {
        let logs = logs::logs(conn, lix)?.into_iter();
        Ok::<_, StoreError>(logs.map(|(dix, log)| (dix, log.height)).collect())
    };
    let replica = Replica {
        roster: (*known.roster).clone(),
        heights: heights(known.lix)?,
        zero: (*zero.roster).clone(),
        zero_heights: heights(zero.lix)?,
    };
    let room = host.room(conn, &member)?;
    Ok(Ok(Admittance {
        left: room.map(|room| room.left()),
        ..replica.into()
    }))
}

/// The state of a log as the gate needs it.
fn state(conn: &Connection, host: &impl Host, member: &Member) -> Result<LogState, StoreError> {
    Ok(LogState {
        room: host.room(conn, member)?,
        ..logs::state(conn, member.lix, member.dix)?
    })
}

/// Keeps a blob if it still fits: other sessions may have stored something since it was judged.
fn put_blob(
    tx: &Transaction<'_>,
    host: &impl Host,
    member: &Member,
    (dseq, hash): (u64, BlobHash),
    bytes: &[u8],
    now: Timestamp,
) -> Result<Persisted, StoreError> {
    let (lix, dix) = (member.lix, member.dix);
    let more = Held {
        documents: 0,
        bytes: bytes.len() as u64,
    };
    let room = host.room(tx, member)?;
    let fits = room.is_none_or(|room| room.left().fits(more));
    if !fits && !blobs::are_held(tx, lix, dix, &[(dseq, hash)])? {
        return Ok(Persisted::Failed);
    }
    let log = logs::log(tx, lix, dix)?;
    blobs::put(tx, log, dseq, &hash, bytes, now)?;
    Ok(Persisted::Stored)
}

/// Appends entries, unless something that was stored meanwhile stands against them.
fn append(
    tx: &Transaction<'_>,
    host: &impl Host,
    member: &Member,
    admission: &Arc<Admission>,
    now: Timestamp,
) -> Result<Persisted, StoreError> {
    let dropped = host.conflict(tx, member, admission)?;
    if dropped.is_none()
        && let Appended::To(_) = entries::append(tx, member.lix, member.dix, admission, now)?
    {
        forget(tx, member, admission)?;
        host.appended(tx, member, admission)?;
        return Ok(Persisted::Stored);
    }
    Ok(Persisted::Conflict(LogState {
        dropped: dropped.unwrap_or_default(),
        ..state(tx, host, member)?
    }))
}

/// Deletes the sealed words that sealed entries withdraw or replace. They can order that of sealed
/// words only, so what the location shared is deleted by nothing but its shared records.
fn forget(tx: &Transaction<'_>, member: &Member, admission: &Admission) -> Result<(), StoreError> {
    let sound = admission.entries.iter().filter(|one| one.void.is_none());
    for (_, body) in sound.filter_map(|one| one.entry.sealed()) {
        let envelope = Envelope::decode(&body.bytes).ok();
        for hash in envelope.into_iter().flat_map(|envelope| envelope.forget) {
            let blob = blobs::bytes(tx, member.lix, &hash)?;
            if blob.is_some_and(|blob| are_sealed(&blob)) {
                blobs::withdraw(tx, member.lix, &hash)?;
            }
        }
    }
    Ok(())
}

/// Appends operations to a roster, or says why not.
fn grow(
    tx: &Transaction<'_>,
    host: &impl Host,
    location: &LocationId,
    operations: &[SignedOperation],
    now: Timestamp,
) -> Result<Result<Roster, RosterRefusal>, StoreError> {
    let before = host.rosters().uncommitted(tx, location)?;
    let before = before.ok_or(StoreError::Damaged("locations"))?;
    match host.rosters().append(tx, host, &before, operations, now) {
        Ok(known) => Ok(Ok((*known.roster).clone())),
        Err(AppendError::Store(error)) => Err(error),
        Err(error) => {
            tracing::info!(%location, %error, "a roster operation was refused");
            if let AppendError::OtherHeight { device } = &error {
                host.outruns(device);
            }
            Ok(Err(RosterRefusal {
                roster: (*before.roster).clone(),
                code: error.code(),
                text: error.to_string(),
            }))
        }
    }
}

/// Commits that entries of this host's own log may have left it, and signs them.
fn offer(
    tx: &Transaction<'_>,
    host: &impl Host,
    from_dseq: u64,
    bytes_aim: usize,
) -> Result<Outgoing, StoreError> {
    let (location, dix, key) = host.own_log().expect("sorted as its own log");
    let lix = host.rosters().lix(tx, &location)?;
    let mut outgoing = entries::outgoing(tx, lix, dix, from_dseq, (bytes_aim, true))?;
    if let Some(last) = outgoing.entries.last() {
        let tip = Tip::sign(key, last.header.dseq, last.hash);
        logs::reach(tx, (lix, dix), Mark::Offered, tip.dseq)?;
        entries::put_tip(tx, lix, dix, &tip)?;
        outgoing.tip = Some(tip);
    }
    Ok(outgoing)
}

const UNSTORED_TEXT: &str = "the hub cannot store anything now, so its disk may be full. Tell the \
    people who run it, and try again later";
const UNKNOWN_TEXT: &str = "this hub has no such device; join with an invite first";
const REVOKED_TEXT: &str = "this device was revoked by its location; its work stays on this \
    computer, and nothing more is shared. Ask the location's team for a new invite";
