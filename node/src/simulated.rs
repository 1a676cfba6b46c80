//! A node without threads, clock or network, for simulations: each call does all of its work.

use std::{collections::BTreeMap, path::Path};

use weft_shared::{
    document::{Document, EditError, Editor},
    id::{BlobHash, DeviceIndex, DocName, HubRootHash},
    identity::{DeviceKey, Operation, SignedOperation},
    model::schema::DocKind,
    sync::{self, Event, Local, Session},
    time::Timestamp,
    wire::message::Joined,
};
use weft_store::{Open, StoreError, host::HostReply};

use crate::{
    enrol::write_down,
    replica::{DocumentError, Edit, Membership, OpenError, Replica, SaveError, Saved, Store},
    store::Owner,
};

/// A replica on a disk of a simulation.
#[derive(Debug)]
pub struct Simulated {
    replica: Replica,
    /// The time of the last event.
    now: Timestamp,
}

/// The file of a store, and the SQLite VFS that it is on.
type Place<'a> = (&'a Path, &'static str);

/// The reason why nothing was saved.
type Refused = Box<dyn std::error::Error>;

impl Simulated {
    /// Saves what a device learnt by joining, in one transaction.
    ///
    /// # Errors
    /// If the store fails.
    pub fn join((path, vfs): Place<'_>, hub: HubRootHash, joined: &Joined) -> Result<(), Refused> {
        let membership = Membership {
            location: joined.location,
            code: joined.code.clone(),
            address: String::new(),
            hub,
            zero: joined.zero,
            network: joined.network.clone(),
            operator: joined.operator.clone(),
        };
        let store = Store::open(path, Open::Simulated(vfs))?;
        Ok(write_down(&store, &membership, joined, String::new())?)
    }

    /// Opens the store of a device; returns none if it has not joined. `seeds` takes the place of
    /// the random bytes of the operating system.
    ///
    /// # Errors
    /// If the store fails.
    pub fn open(
        (path, vfs): Place<'_>,
        key: DeviceKey,
        seeds: impl FnMut() -> [u8; 32] + Send + 'static,
        now: Timestamp,
    ) -> Result<Option<Self>, Refused> {
        let store = Store::open(path, Open::Simulated(vfs))?;
        match Replica::open_with(store, key, Box::new(seeds), now) {
            Ok(replica) => Ok(Some(Self { replica, now })),
            Err(OpenError::NotJoined) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Begins a session with the hub. A program has a quiet moment before, in which it reads what
    /// the last one brought.
    pub fn session(&mut self, now: Timestamp) -> Session {
        self.now = now;
        self.read_in();
        let local = Local {
            device: self.replica.device_id(),
            replica: self.replica.for_session(),
            outbox: self.replica.waiting(),
            wants_zero: true,
        };
        Session::connect(local, now)
    }

    /// Answers an event of the session.
    ///
    /// # Errors
    /// If the store fails: the session ends.
    pub fn answer(
        &mut self,
        event: Event,
        now: Timestamp,
    ) -> Result<Option<HostReply>, StoreError> {
        self.now = now;
        let (answer, after) = self.replica.answer(event, now)?;
        self.replica.read_soon(after);
        Ok(answer)
    }

    /// Reads what has arrived into the documents, and does what follows for the team.
    pub fn read_in(&mut self) {
        let any = self.replica.has_backlog();
        self.replica.read_in();
        if any {
            self.replica.tend_team(self.now);
        }
    }

    /// Saves a change of one document, with words of insights. Returns whether it made an entry.
    ///
    /// # Errors
    /// Returns the reason why nothing was saved.
    pub fn save(
        &mut self,
        kind: DocKind,
        words: Vec<(BlobHash, Vec<u8>)>,
        apply: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError> + Send + 'static,
        now: Timestamp,
    ) -> Result<bool, Refused> {
        self.read_in();
        let mut edit = Edit::default();
        for (hash, blob) in words {
            edit.with_words(hash, blob);
        }
        edit.on(kind, apply);
        let saved: Result<Saved, SaveError> = self.replica.save(vec![edit], now);
        let saved = saved?;
        Ok(saved.entries + saved.sealed > 0)
    }

    /// Returns a document as a person sees it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn document(&mut self, kind: DocKind) -> Result<&Document, Refused> {
        self.read_in();
        let name = DocName::first(kind.to_string());
        Ok(self.replica.document(Owner::Location, &name)?)
    }

    /// Signs an operation on the current roster.
    ///
    /// # Errors
    /// If it does not apply.
    pub fn sign(&self, operation: Operation, now: Timestamp) -> Result<SignedOperation, String> {
        self.replica.sign(operation, now)
    }

    /// Returns the index of this device, once its roster has it.
    pub fn dix(&self) -> Option<DeviceIndex> {
        self.replica.dix()
    }

    /// Returns the rosters and logs that it holds.
    pub fn holds(&self) -> sync::Replica {
        self.replica.for_session()
    }

    /// Returns the number of its entries that the hub has not acknowledged.
    pub fn waiting(&self) -> u64 {
        self.replica.waiting()
    }

    /// Returns the number of times that the tail of its log was rewritten: a session ends then.
    pub const fn rewrites(&self) -> u64 {
        self.replica.rewrites()
    }

    /// Whether it may write no more.
    pub fn is_halted(&self) -> bool {
        self.replica.halted().is_some()
    }

    /// Whether its disk has failed.
    pub fn is_closed(&self) -> bool {
        self.replica.store().writer.is_closed()
    }

    /// Returns the canonical text of each document that holds anything, by the location and the
    /// name.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn dumps(&mut self) -> Result<BTreeMap<String, String>, Refused> {
        self.read_in();
        let mut dumps = BTreeMap::new();
        for (owner, name) in self.replica.known_names() {
            let at = format!("{} {name}", self.replica.location(owner));
            let document = self.replica.document(owner, &name)?;
            if !document.all_told().is_empty() {
                dumps.insert(at, document.dump());
            }
        }
        Ok(dumps)
    }

    /// Discards everything derived, and makes it again from the entries.
    ///
    /// # Errors
    /// If the store fails.
    pub fn rebuild(&mut self) -> Result<(), Refused> {
        let rebuilt: Result<_, DocumentError> = self.replica.rebuild();
        rebuilt?;
        Ok(())
    }
}
