//! A host: a device of a location, or the hub. Its disk survives a crash; the rest does not.

use std::collections::BTreeSet;

use weft_shared::{
    document::{Author, Document},
    id::{BlobHash, DeviceId, Dix, DocName, LocationId},
    identity::{DeviceKey, Roster, SignedOperation},
    log::{
        entry::{Entry, EntryContext, RunChanges, seen_hash},
        gate::{Admission, Height, VoidCode},
    },
    model::{
        Audience,
        number::Number,
        observation::{ObservationKey, Statement, Status},
        schema::Container,
    },
    sync::Ticket,
    time::Timestamp,
    wire::message::Join,
};

use crate::{
    derived::Derived,
    oracle::{Written, document},
    setting,
    store::Store,
};

/// One end of a connection.
pub(crate) type At = (u64, usize);

/// Work for the writer. Queued work is lost in a crash; finished work is durable.
#[derive(Debug)]
pub(crate) enum Job {
    Edit {
        number: u64,
        key: Option<ObservationKey>,
        words: bool,
        /// From a faulty device: no gate accepts it.
        spoilt: bool,
    },
    /// Another device's change, sent by a malicious device under its own name.
    Forge {
        number: u64,
        key: ObservationKey,
        sibling: DeviceId,
    },
    /// The hub has the host's own log up to here, but only the headers of some entries.
    Acked {
        dseq: u64,
        voids: Vec<(u64, VoidCode)>,
    },
    Persist {
        at: At,
        ticket: Ticket,
        log: (LocationId, Dix),
        admission: Box<Admission>,
    },
    Blob {
        at: At,
        ticket: Ticket,
        log: (LocationId, Dix),
        dseq: u64,
        hash: BlobHash,
        bytes: Vec<u8>,
        /// Whether a mutant postponed it.
        again: bool,
    },
    Roster {
        at: At,
        ticket: Ticket,
        location: LocationId,
        after: usize,
        operations: Vec<SignedOperation>,
    },
    Join {
        at: At,
        ticket: Ticket,
        request: Box<Join>,
        /// Whether this is the mutant's second transaction.
        again: bool,
    },
}

/// A device's attempt to join its location.
#[derive(Clone, Debug)]
pub(crate) struct Joining {
    pub(crate) invite: DeviceKey,
    /// Whether the hub refused it for good.
    pub(crate) refused: bool,
}

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) key: DeviceKey,
    pub(crate) location: LocationId,
    /// Error of its clock in milliseconds.
    pub(crate) offset_ms: i64,

    pub(crate) store: Store,

    pub(crate) derived: Derived,
    pub(crate) jobs: Vec<Job>,
    pub(crate) up: bool,
    /// Counts crashes, so that plans made before one are void.
    pub(crate) life: u64,
    pub(crate) connection: Option<u64>,
    pub(crate) attempts: u32,
    pub(crate) connecting: bool,
    pub(crate) parted_until: u64,
    pub(crate) joining: Option<Joining>,
    pub(crate) revoked: bool,
}

impl Host {
    pub(crate) fn new(name: String, key: DeviceKey, location: LocationId) -> Self {
        Self {
            name,
            key,
            location,
            offset_ms: 0,
            store: Store::default(),
            derived: Derived::default(),
            jobs: Vec::new(),
            up: true,
            life: 0,
            connection: None,
            attempts: 0,
            connecting: false,
            parted_until: 0,
            joining: None,
            revoked: false,
        }
    }

    /// Its index in its own location, once its copy of the roster has it.
    pub(crate) fn dix(&self) -> Option<Dix> {
        let (roster, _) = self.store.rosters.get(&self.location)?;
        roster.dix_of(&self.key.id())
    }

    pub(crate) fn roster(&self) -> Roster {
        self.store.roster(self.location)
    }

    pub(crate) fn has_joined(&self) -> bool {
        self.dix().is_some()
    }

    /// Whether in the end it must hold what the location's devices wrote. This is true of the hub,
    /// and of every device that is in the roster and not revoked.
    pub(crate) fn takes_part(&self, location: LocationId, hub: &Store) -> bool {
        if self.name == "hub" {
            return true;
        }
        let known = hub
            .rosters
            .get(&self.location)
            .filter(|_| self.location == location);
        known.is_some_and(|(roster, _)| {
            let device = roster
                .dix_of(&self.key.id())
                .and_then(|dix| roster.device(dix));
            device.is_some_and(|device| device.sealed.is_none())
        })
    }

    /// The number of entries that the hub has not acknowledged.
    pub(crate) fn outbox(&self) -> u64 {
        let dix = self.dix();
        let height = dix.map_or(0, |dix| self.store.height(self.location, dix).dseq);
        height.saturating_sub(self.store.acked)
    }

    /// Writes an observation (or, at the hub, a setting) into its document and its log, in one
    /// transaction.
    pub(crate) fn edit(
        &mut self,
        number: u64,
        key: Option<&ObservationKey>,
        (words, spoilt): (bool, bool),
        now: Timestamp,
    ) -> Result<Option<Written>, String> {
        let Some(dix) = self.dix() else {
            return Ok(None);
        };
        let sealed = self
            .roster()
            .device(dix)
            .is_some_and(|device| device.sealed.is_some());
        if sealed {
            return Ok(None);
        }
        let location = self.location;
        let name = key.map_or_else(|| DocName::first("network"), |_| document());
        let author = Author {
            device: self.key.id(),
            n: 0,
        };
        let held = self.derived.document(location, &name)?;
        let instead_of = key.map(|key| numbers(held, key)).unwrap_or_default();
        let edited = held
            .edit(author, now, |editor| match key {
                Some(key) => editor.put_observation(key, &statement(number), None),
                None => editor.put_text(Container::Settings, "name", &format!("network {number}")),
            })
            .map_err(|error| error.to_string())?;
        let change = edited.change.ok_or("an edit that changes nothing")?;
        let mut entry = self.compose(dix, &name, change, now)?;
        if spoilt {
            entry.header.runs[0].n_ops += 1;
            entry.hash = entry.header.hash();
            self.store.spoilt = true;
        }
        let (dseq, hash) = (entry.header.dseq, entry.hash);
        let log = self.store.logs.entry((location, dix)).or_default();
        log.entries.push((entry, None));
        let mut blob = None;
        if words {
            let bytes = format!("the words of {number}").into_bytes();
            let name = BlobHash::of(&bytes);
            log.blobs.insert((dseq, name));
            self.store.blobs.insert(name, bytes);
            blob = Some(name);
        }
        Ok(key.map(|key| Written {
            location,
            dix,
            dseq,
            hash,
            key: key.clone(),
            instead_of,
            blob,
        }))
    }

    pub(crate) fn compose(
        &self,
        dix: Dix,
        name: &DocName,
        change: Vec<u8>,
        now: Timestamp,
    ) -> Result<Entry, String> {
        let location = self.location;
        let Height { dseq, hash } = self.store.height(location, dix);
        let others = self.store.heights(location).into_iter();
        let others = others.filter(|(other, _)| *other != dix);
        let context = EntryContext {
            location,
            device: self.key.id(),
            dseq: dseq + 1,
            prev: hash,
            roster: self.roster().head(),
            seen: seen_hash(others.map(|(other, height)| (other, height.dseq, height.hash))),
            created: now,
        };
        let doc = name.id(&location);
        let is_first = !self.store.has_run(location, dix, &doc);
        let run = RunChanges {
            doc,
            name: is_first.then(|| name.clone()),
            n: 0,
            changes: vec![change],
        };
        Entry::compose(context, vec![run]).map_err(|error| error.to_string())
    }
}

/// Makes the statement with this `number`.
pub(crate) fn statement(number: u64) -> Statement {
    let numerator = i64::try_from(number).expect("far below");
    Statement {
        definition: setting::definition().hash(),
        numerator: Some(Number::from(numerator)),
        denominator: Some(Number::from(setting::DENOMINATOR)),
        value: None,
        status: Status::Normal,
        method: None,
        audience: Audience::Network,
        lower: None,
        upper: None,
        confirmed: Default::default(),
        sign: None,
    }
}

/// Returns the numbers of the statements that stand under a key.
pub(crate) fn numbers(document: &Document, key: &ObservationKey) -> BTreeSet<u64> {
    let observed = document.observation(key);
    let stated = observed.into_iter().flat_map(|observed| observed.stated);
    let numbers = stated.filter_map(|stated| stated.statement.numerator);
    numbers
        .filter_map(|number| number.to_string().parse().ok())
        .collect()
}
