//! The replica: the documents of this location and the hub, the logs they derive from, and the
//! rosters of those who may write.
//!
//! **Invariant:** an edit's document change, its entry and its place in the outbox are committed in
//! one SQLite transaction before anything is sent.

mod bundle;
mod derive;
mod documents;
mod draft;
mod dropped;
mod edit;
mod ended;
mod host;
mod membership;
mod memory;
mod prepared;
mod quarantine;
mod reads;
mod rebuild;
mod recall;
mod receive;
mod roster;
mod save_error;
mod seal;
mod share;
mod sizes;
mod stopped;
mod team;
#[cfg(test)]
mod tests;
mod voids;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rusqlite::Connection;
use weft_shared::{
    id::{BlobHash, DeviceId, DeviceIndex, DocId, DocName, LocationId, RecordId},
    identity::{Device, DeviceKey, Roster, SignedOperation, TeamKey},
    model::schema::DocKind,
    period::Date,
    time::Timestamp,
};
use weft_store::{
    Committed, Mirror, Open, Transaction, Writer, WriterOptions,
    host::{Known, Rosters},
};

pub(crate) use self::{
    bundle::CarryError,
    documents::DocumentError,
    draft::Draft,
    dropped::Dropped,
    edit::{Edit, Saved},
    ended::VERSION,
    membership::{Alone, Membership, begin_alone, is_alone},
    reads::NotAccepted,
    save_error::SaveError,
    share::NoRoom,
    stopped::{Halted, Stopped},
};
use self::{
    derive::Backlog, documents::Documents, ended::Ends, membership::Belongs, rebuild::Rebuilt,
    share::Share, team::Team,
};
use crate::limits::{DOCUMENTS_LOADED_BYTES_MAX, DOCUMENTS_LOADED_MAX};
use crate::store::{
    self, LocationRow, StoreError, derived,
    logs::{self, LogRow},
    rosters,
    settings::{self, Key},
};
pub(crate) use crate::store::{
    Owner,
    reads::{KeptRead, ReadAlarm},
};

/// The node's whole state. The [`owner`](crate::owner) holds it, and nothing else uses it.
pub(crate) struct Replica {
    store: Store,
    key: Arc<DeviceKey>,
    /// Both rosters again, for the host of the session.
    rosters: Rosters,
    /// `None` while this computer works alone.
    membership: Option<Membership>,
    own: Side,
    hub: Side,
    documents: Documents,
    /// Whether an edit is being prepared: documents in memory may be ahead of the store, so they
    /// stay.
    preparing: bool,
    ends: Ends,
    /// The team's keys, as the entries on disk and this device's key give them.
    team: Team,
    /// A key of the team that was drawn and has sealed nothing yet.
    unused: Option<TeamKey>,
    /// Copies of insights of which another copy was withdrawn, until they are withdrawn too.
    withdrawn: BTreeMap<RecordId, BTreeSet<DocKind>>,
    /// Sealed words that were deleted here, and that no entry has deleted elsewhere yet.
    gone: BTreeSet<BlobHash>,
    /// The source of keys and nonces: 32 secret random bytes at a time.
    seeds: Seeds,
    /// Documents that our own log has named before.
    named: Mirror<BTreeSet<DocId>>,
    stopped: Mirror<Option<Stopped>>,
    /// The room that the hub has for us; `None` until it has told us.
    share: Mirror<Option<Share>>,
    /// Number of changes to anything that a page may show.
    version: u64,
    /// The version at which conflicts were last counted, and their number.
    conflicts: Option<(u64, u64)>,
    /// The version and the day at which late indicators were last counted, and their number.
    late: Option<(u64, Date, u64)>,
    /// The same for open actions whose day has passed.
    overdue: Option<(u64, Date, u64)>,
    /// Number of times that the tail of our log was rewritten.
    rewrites: u64,
    backlog: Backlog,
    /// The result of a rebuild at open, if everything derived had to be remade.
    remade: Option<Rebuilt>,
}

/// The writer of the database and a connection that only reads.
pub(crate) struct Store {
    pub(crate) writer: Writer,
    pub(crate) reader: Connection,
}

/// The logs and roster of one location.
struct Side {
    location: LocationId,
    roster: Mirror<Roster>,
    logs: Mirror<BTreeMap<DeviceIndex, LogRow>>,
    names: Mirror<BTreeMap<DocId, DocName>>,
}

/// A source of secret random bytes.
pub(crate) type Seeds = Box<dyn FnMut() -> [u8; 32] + Send>;

/// The reason why a replica cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error(
        "The data directory holds no membership: joining was interrupted. Run weft-node join with \
         the invite again."
    )]
    NotJoined,
    #[error(
        "The stored roster of {whose} is damaged at operation {position}. Restore the data \
         directory from a backup, or join again with a device invite."
    )]
    Roster {
        whose: &'static str,
        position: usize,
    },
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    pub(crate) fn open(path: &std::path::Path, open: Open) -> Result<Self, StoreError> {
        let options = WriterOptions {
            derived: &derived::TABLES,
            ..WriterOptions::default()
        };
        let writer = Writer::open(path, open, options, store::migrate::run)?;
        let reader = writer.reader()?;
        Ok(Self { writer, reader })
    }

    /// Runs `job` in a transaction and returns once that is on disk, with the proof that memory
    /// needs to follow.
    pub(crate) fn write<T: Send + 'static, E: Into<StoreError>>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Committed<T>, StoreError> {
        let job = move |db: &Transaction<'_>| job(db).map_err(E::into);
        self.writer.commit_blocking(job)
    }
}

impl Replica {
    /// Opens the store that [`join`](crate::enrol) wrote.
    pub(crate) fn open(store: Store, key: DeviceKey, now: Timestamp) -> Result<Self, OpenError> {
        Self::open_with(store, key, Box::new(weft_host::random::random_bytes), now)
    }

    /// As [`Replica::open`], with random bytes of one's own.
    pub(crate) fn open_with(
        store: Store,
        key: DeviceKey,
        seeds: Seeds,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let belongs = Belongs::load(&store.reader)?.ok_or(OpenError::NotJoined)?;
        let reset = |store: &Store| store.writer.begin_again_blocking(derived::reset);
        let ends = Ends::open(&store)?;
        let mut fresh = match derived::is_current(&store.reader)? {
            true => None,
            false => Some(reset(&store)?),
        };
        let (own, hub) = match Side::both(&store.reader, &belongs) {
            // The unreadable part may be derived.
            Err(OpenError::Store(error)) if fresh.is_none() => {
                tracing::warn!(%error, "everything derived is made again");
                fresh = Some(reset(&store)?);
                Side::both(&store.reader, &belongs)?
            }
            sides => sides?,
        };
        let known = [(Owner::Location, &own), (Owner::Hub, &hub)];
        let known = known.map(|(owner, side)| Known {
            lix: owner.lix(),
            roster: Arc::new((*side.roster).clone()),
        });
        let stopped: Option<String> = settings::value(&store.reader, Key::Stopped)?;
        let share = Share::load(&store.reader, own.roster.dix_of(&key.id()))?;
        let mut replica = Self {
            store,
            ends,
            key: Arc::new(key),
            rosters: Rosters::from_iter(known),
            membership: belongs.membership,
            own,
            hub,
            documents: Documents::new(DOCUMENTS_LOADED_MAX, DOCUMENTS_LOADED_BYTES_MAX),
            preparing: false,
            team: Team::default(),
            unused: None,
            gone: BTreeSet::new(),
            withdrawn: BTreeMap::new(),
            seeds,
            named: Mirror::default(),
            stopped: Mirror::read(stopped.as_deref().and_then(Stopped::parse)),
            share: Mirror::read(share),
            version: 0,
            conflicts: None,
            late: None,
            overdue: None,
            rewrites: 0,
            backlog: Backlog::default(),
            remade: None,
        };
        replica.team = replica.load_team(&replica.store.reader)?;
        // A crash may have come between an admin's order to drop entries and its execution.
        replica.take_out_dropped()?;
        replica.derive_at_open(fresh)?;
        // A crash may have come between learning of a loss and sending it again.
        if let Err(error) = replica.say_lost_again(now) {
            tracing::error!(%error, "what the hub did not take is not said again yet");
        }
        if let Err(error) = replica.seal_journal(now) {
            tracing::error!(%error, "what was kept on this computer is not sealed yet");
        }
        Ok(replica)
    }

    /// Reads the entries that a crash left unread. Reads all if that fails, or if the derived
    /// tables were reset, when `fresh` is the number of entries.
    fn derive_at_open(&mut self, fresh: Option<u64>) -> Result<(), OpenError> {
        let entries = match fresh {
            Some(entries) => entries,
            None => match self.read_named().and_then(|()| self.derive_rest()) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(%error, "everything derived is made again");
                    self.store.writer.begin_again_blocking(derived::reset)?
                }
            },
        };
        self.read_named()?;
        let remade = self.remake(entries)?;
        self.remade = Some(remade);
        Ok(())
    }

    fn read_named(&mut self) -> Result<(), DocumentError> {
        self.named = Mirror::read(named(&self.store.reader, self.dix())?);
        Ok(())
    }

    /// Returns this device's id.
    pub(crate) fn device_id(&self) -> DeviceId {
        self.key.id()
    }

    /// Returns this device's index, or `None` before the roster that admits it has arrived.
    pub(crate) fn dix(&self) -> Option<DeviceIndex> {
        self.own.roster.dix_of(&self.key.id())
    }

    /// Returns this device from the roster.
    pub(crate) fn device(&self) -> Option<&Device> {
        self.own.roster.device(self.dix()?)
    }

    pub(crate) fn roster(&self, owner: Owner) -> &Roster {
        &self.side(owner).roster
    }

    pub(crate) fn location(&self, owner: Owner) -> LocationId {
        self.side(owner).location
    }

    /// Returns the state of each log of `owner`.
    pub(crate) fn logs(&self, owner: Owner) -> &BTreeMap<DeviceIndex, LogRow> {
        &self.side(owner).logs
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the names of the known documents of `owner`.
    pub(crate) fn names(&self, owner: Owner) -> Vec<DocName> {
        self.side(owner).names.values().cloned().collect()
    }

    /// Returns the device that wrote as `actor` in `document`.
    pub(crate) fn author(
        &self,
        owner: Owner,
        document: &DocId,
        actor: &[u8; 16],
    ) -> Option<&Device> {
        self.side(owner).roster.devices().find(|device| {
            (0..=u8::MAX)
                .take(ACTOR_NUMBERS_TRIED)
                .any(|n| weft_shared::id::actor(&device.id, document, n) == *actor)
        })
    }

    /// A counter that changes whenever something that a page may show does.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// The number of conflicts, if nothing has changed since they were counted.
    pub(crate) fn conflicts_counted(&self) -> Option<u64> {
        let (version, count) = self.conflicts?;
        (version == self.version).then_some(count)
    }

    /// The number of indicators that are late on a day, if nothing has changed since they were
    /// counted.
    pub(crate) fn late_counted(&self, today: Date) -> Option<u64> {
        let (version, day, count) = self.late?;
        ((version, day) == (self.version, today)).then_some(count)
    }

    /// Keeps that number until something changes or the day ends.
    pub(crate) const fn count_late(&mut self, today: Date, count: u64) {
        self.late = Some((self.version, today, count));
    }

    /// The number of open actions whose day had passed on a day, if nothing has changed since they
    /// were counted.
    pub(crate) fn overdue_counted(&self, today: Date) -> Option<u64> {
        let (version, day, count) = self.overdue?;
        ((version, day) == (self.version, today)).then_some(count)
    }

    /// Keeps that number until something changes or the day ends.
    pub(crate) const fn count_overdue(&mut self, today: Date, count: u64) {
        self.overdue = Some((self.version, today, count));
    }

    /// Keeps the number of conflicts until something changes.
    pub(crate) const fn count_conflicts(&mut self, count: u64) {
        self.conflicts = Some((self.version, count));
    }

    /// A counter that changes whenever the tail of our own log was rewritten.
    pub(crate) const fn rewrites(&self) -> u64 {
        self.rewrites
    }

    pub(crate) const fn moved(&mut self) {
        self.version += 1;
    }

    fn side(&self, owner: Owner) -> &Side {
        match owner {
            Owner::Hub => &self.hub,
            Owner::Location => &self.own,
        }
    }

    fn side_mut(&mut self, owner: Owner) -> &mut Side {
        match owner {
            Owner::Hub => &mut self.hub,
            Owner::Location => &mut self.own,
        }
    }
}

impl std::fmt::Debug for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replica")
            .field("membership", &self.membership)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

/// The documents of a location that are known, by their ids.
fn names(db: &Connection, owner: Owner) -> Result<BTreeMap<DocId, DocName>, StoreError> {
    let all = store::documents::all(db)?.into_iter();
    let named = all.filter(|one| one.lix == owner.lix());
    Ok(named.map(|one| (one.doc, one.name)).collect())
}

/// The documents that our own log has named.
fn named(db: &Connection, dix: Option<DeviceIndex>) -> Result<BTreeSet<DocId>, StoreError> {
    let Some(dix) = dix else {
        return Ok(BTreeSet::new());
    };
    let state = logs::state(db, LocationRow::OWN, dix)?;
    Ok(state
        .seqs
        .into_keys()
        .map(|(document, _)| document)
        .collect())
}

impl Side {
    /// Loads our side, and the hub's.
    fn both(db: &Connection, belongs: &Belongs) -> Result<(Self, Self), OpenError> {
        let own = Self::load(db, Owner::Location, belongs.location)?;
        Ok((own, Self::load(db, Owner::Hub, belongs.zero())?))
    }

    fn load(db: &Connection, owner: Owner, location: LocationId) -> Result<Self, OpenError> {
        let mut roster = Roster::new(location);
        for (position, bytes) in rosters::operations(db, owner.lix(), 0)?.iter().enumerate() {
            let damaged = || OpenError::Roster {
                whose: match owner {
                    Owner::Hub => "the hub",
                    Owner::Location => "this location",
                },
                position,
            };
            let operation = SignedOperation::decode(bytes).map_err(|_| damaged())?;
            roster.apply(&operation).map_err(|_| damaged())?;
        }
        Ok(Self {
            location,
            roster: Mirror::read(roster),
            logs: Mirror::read(logs::logs(db, owner.lix())?.into_iter().collect()),
            names: Mirror::read(names(db, owner)?),
        })
    }
}

/// Number of actor numbers tried to find an actor's device. Higher ones come only from forms saved
/// over somebody else's changes.
const ACTOR_NUMBERS_TRIED: usize = 8;
