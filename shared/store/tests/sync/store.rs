//! An end's store, on a disk in memory, and the host that answers sessions from it.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, params};
use rusqlite_migration::M;
use weft_disk::{Disk, Failure, Operation, VFS};
use weft_shared::{
    id::{BlobHash, DeviceIndex, DocName, LocationId, actor},
    identity::{DeviceKey, Roster, SignedOperation},
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, Tip, seen_hash},
        gate::Height,
        room::Room,
    },
    sync::{Event, JoinRefusal, Replica},
    time::Timestamp,
    wire::message::{Join, Joined},
};
use weft_store::{
    LocationRow, Open, StoreError, Transaction, Writer, WriterOptions, blobs,
    entries::{self, Appended, StoredEntry},
    host::{self, Host, HostReply, Member, NotJoined, Rosters, Wish},
    logs, rosters, undone,
};

use crate::{
    forge::{self, ONE_SET, VALUE_LENGTH, sleb, uleb},
    world::Kind,
};

/// An end as the host of its sessions: the hub, or a device with its own log.
#[derive(Clone)]
pub(super) struct Side {
    rosters: Rosters,
    zero: LocationId,
    own: Option<(LocationId, DeviceIndex, Arc<DeviceKey>)>,
    /// The room that it gives to each device.
    pub(super) room: Option<Room>,
    /// Its answers to those who ask to join, one after the other.
    pub(super) joins: Arc<Mutex<VecDeque<Result<Joined, JoinRefusal>>>>,
}

impl Host for Side {
    fn rosters(&self) -> &Rosters {
        &self.rosters
    }

    fn zero(&self) -> LocationId {
        self.zero
    }

    fn own_log(&self) -> Option<(LocationId, DeviceIndex, &DeviceKey)> {
        let (location, dix, key) = self.own.as_ref()?;
        Some((*location, *dix, key))
    }

    fn decides(&self) -> bool {
        self.own.is_none()
    }

    fn join(&self, _: &Transaction<'_>, _: &Join, _: Timestamp) -> Result<Joined, NotJoined> {
        let mut joins = self.joins.lock().unwrap_or_else(PoisonError::into_inner);
        let next = joins.pop_front().expect("an answer to each");
        next.map_err(NotJoined::Refused)
    }

    fn room(&self, _: &Connection, _: &Member) -> Result<Option<Room>, StoreError> {
        Ok(self.room)
    }
}

pub(super) struct Store {
    writer: Writer,
    reader: Connection,
    pub(super) side: Side,
    /// Whether its disk is full.
    pub(super) full: bool,
    // Last: the connections are on it.
    disk: Disk,
}

/// The log of a device of a location.
pub(super) type LogId = (LocationId, DeviceIndex);

impl Store {
    /// A disk on which a store knows these rosters, location zero's first.
    pub(super) fn disk(known: &[(LocationId, Vec<SignedOperation>)]) -> Disk {
        let disk = Disk::new(0);
        let writer = open(&disk);
        for (lix, (location, operations)) in (1..).map(LocationRow).zip(known.to_vec()) {
            let put = writer.run_blocking(move |tx| {
                rosters::put(tx, lix, &location, Timestamp::from_ms(0))?;
                let mut signed = operations.iter().enumerate();
                signed.try_for_each(|(n, one)| rosters::append(tx, lix, n, &one.encode()))
            });
            put.unwrap();
        }
        disk
    }

    /// Opens a copy of such a store: a device's if it is given an `own` log, else the hub's.
    pub(super) fn open(
        first: &Disk,
        zero: LocationId,
        own: Option<(LocationId, DeviceIndex, Arc<DeviceKey>)>,
    ) -> Self {
        let disk = first.copy(0);
        let writer = open(&disk);
        Self {
            reader: writer.reader().unwrap(),
            writer,
            side: Side {
                rosters: Rosters::default(),
                zero,
                own,
                room: None,
                joins: Arc::default(),
            },
            full: false,
            disk,
        }
    }

    /// Answers an event of a session, or returns it if it asks nothing.
    pub(super) fn answer(&self, event: Event, now: Timestamp) -> Result<HostReply, Box<Event>> {
        match host::sort(event, &self.side) {
            Wish::Read(read) => Ok(read.answer(&self.reader, &self.side)),
            Wish::Write(write) => {
                if self.full {
                    self.disk.fail(Operation::Write, 0, Failure::Full);
                }
                let (answer, _) = write.commit_blocking(&self.writer, self.side.clone(), now);
                self.disk.heal();
                Ok(answer)
            }
            Wish::News(news) => Err(Box::new(news)),
        }
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.writer.run_blocking(job).unwrap()
    }

    pub(super) fn lix(&self, location: LocationId) -> LocationRow {
        self.side.rosters.lix(&self.reader, &location).unwrap()
    }

    pub(super) fn roster(&self, location: LocationId) -> Roster {
        let known = self.side.rosters.read(&self.reader, &location).unwrap();
        (*known.unwrap().roster).clone()
    }

    /// Keeps only the first operations of a location's roster, and no word of it if there are none.
    pub(super) fn forget_roster(&mut self, location: LocationId, keep: usize) {
        let lix = self.lix(location);
        self.write(move |tx| {
            let place = params![lix.0, keep];
            tx.execute("DELETE FROM roster WHERE lix = ? AND position >= ?", place)?;
            if keep == 0 {
                tx.execute("DELETE FROM locations WHERE lix = ?", [lix.0])?;
            }
            Ok(())
        });
        self.side.rosters = Rosters::default();
    }

    pub(super) fn heights(&self, location: LocationId) -> Vec<(DeviceIndex, Height)> {
        let logs = logs::logs(&self.reader, self.lix(location)).unwrap();
        logs.into_iter()
            .map(|(dix, log)| (dix, log.height))
            .collect()
    }

    pub(super) fn height(&self, (location, dix): LogId) -> Height {
        let mut heights = self.heights(location).into_iter();
        let found = heights.find(|(other, _)| *other == dix);
        found.map_or(Height::ZERO, |(_, height)| height)
    }

    /// Whether anything was ever stored of this log.
    pub(super) fn has_log(&self, (location, dix): LogId) -> bool {
        let found = logs::find(&self.reader, self.lix(location), dix);
        found.unwrap().is_some()
    }

    pub(super) fn replica(&self, own: LocationId, zero: LocationId) -> Replica {
        Replica {
            roster: self.roster(own),
            heights: self.heights(own),
            zero: self.roster(zero),
            zero_heights: self.heights(zero),
        }
    }

    pub(super) fn entry(&self, (location, dix): LogId, dseq: u64) -> Option<StoredEntry> {
        entries::one(&self.reader, self.lix(location), dix, dseq).unwrap()
    }

    /// Number of entries that it holds of a log.
    pub(super) fn entries(&self, (location, dix): LogId) -> usize {
        let sql = "SELECT count(*) FROM logs JOIN entries USING (log) WHERE lix = ? AND dix = ?";
        let place = params![self.lix(location).0, dix.0];
        self.reader.query_row(sql, place, |row| row.get(0)).unwrap()
    }

    /// The entries of a log over which it holds the device's signature.
    pub(super) fn tips(&self, (location, dix): LogId) -> Vec<u64> {
        let sql = "SELECT entries.dseq FROM logs JOIN entries USING (log)
            WHERE lix = ? AND dix = ? AND tip IS NOT NULL ORDER BY entries.dseq";
        let mut query = self.reader.prepare_cached(sql).unwrap();
        let place = params![self.lix(location).0, dix.0];
        let tips = query.query_map(place, |row| row.get(0)).unwrap();
        tips.collect::<Result<_, _>>().unwrap()
    }

    /// Number of blobs in the store.
    pub(super) fn blobs(&self) -> usize {
        let sql = "SELECT count(*) FROM blobs";
        self.reader.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Number of blob bytes that it keeps for a log.
    pub(super) fn blob_bytes(&self, (location, dix): LogId) -> usize {
        let sql = "SELECT coalesce(sum(length(bytes)), 0) FROM logs JOIN blobs USING (log)
            WHERE lix = ? AND dix = ?";
        let place = params![self.lix(location).0, dix.0];
        self.reader.query_row(sql, place, |row| row.get(0)).unwrap()
    }

    /// Leaves the first entries of a log, as in an older copy of the store, or after a recall.
    pub(super) fn cut(&self, (location, dix): LogId, keep: u64) -> Height {
        let (lix, height) = (self.lix(location), self.height((location, dix)));
        self.write(move |tx| {
            let log = logs::log(tx, lix, dix)?;
            let cut = entries::range(tx, (lix, dix), keep + 1, height.dseq, usize::MAX)?;
            let last = entries::one(tx, lix, dix, keep)?;
            let last = last.map_or(Height::ZERO, |last| height_of(&last.entry));
            undone::cut_above(tx, log, &last)?;
            let sound = cut.iter().filter(|one| one.void.is_none());
            for run in sound.flat_map(|one| &one.entry.header.runs) {
                undone::take_back(tx, log, &run.doc, run.n, run.n_changes)?;
            }
            Ok(last)
        })
    }

    /// Appends an entry that did not come over a session, with its device's signature.
    pub(super) fn append(&self, (location, dix): LogId, entry: Entry, key: &DeviceKey) {
        let (lix, tip) = (
            self.lix(location),
            Tip::sign(key, entry.header.dseq, entry.hash),
        );
        let appended = self.write(move |tx| {
            let appended = entries::append_own(tx, lix, dix, &entry, entry.header.created)?;
            entries::put_tip(tx, lix, dix, &tip)?;
            Ok(appended)
        });
        assert!(matches!(appended, Appended::To(_)));
    }

    /// Writes so many entries to an end's own log, each with one change of about `size` bytes, and
    /// returns the heights. The hub signs each; a device signs what it offers.
    pub(super) fn save(
        &self,
        (name, location): (&str, LocationId),
        key: &DeviceKey,
        now: Timestamp,
        count: usize,
        (size, kind): (usize, Kind),
    ) -> Vec<Height> {
        let dix = self.roster(location).dix_of(&key.id()).unwrap();
        let mut draft = Draft::new(self, (location, dix), key, now);
        let entries = (0..count).map(|_| draft.next(size, kind == Kind::Spoilt));
        let entries: Vec<Entry> = entries.collect();
        let heights = entries.iter().map(height_of).collect();
        let (lix, signs) = (self.lix(location), self.side.own.is_none());
        let (name, key) = (name.to_owned(), key.clone());
        self.write(move |tx| {
            let log = logs::log(tx, lix, dix)?;
            for entry in &entries {
                let dseq = entry.header.dseq;
                let appended = entries::append_own(tx, lix, dix, entry, now)?;
                assert!(matches!(appended, Appended::To(_)));
                if signs {
                    entries::put_tip(tx, lix, dix, &Tip::sign(&key, dseq, entry.hash))?;
                }
                if kind == Kind::Words {
                    let words = format!("the words of {name} {dseq}").into_bytes();
                    blobs::put(tx, log, dseq, &BlobHash::of(&words), &words, now)?;
                }
            }
            Ok(())
        });
        heights
    }
}

/// The next entry of a log, all of which change one document.
struct Draft {
    header: Header,
    name: DocName,
}

impl Draft {
    fn new(store: &Store, (location, dix): LogId, key: &DeviceKey, now: Timestamp) -> Self {
        let height = store.height((location, dix));
        let others = store.heights(location).into_iter();
        let others = others.filter(|(other, _)| *other != dix);
        let seen = seen_hash(others.map(|(other, height)| (other, height.dseq, height.hash)));
        let header = Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location,
            device: key.id(),
            dseq: height.dseq + 1,
            prev: height.hash,
            roster: store.roster(location).head(),
            seen,
            created: now,
        };
        let name = if location == store.side.zero {
            "definitions"
        } else {
            "plan"
        };
        Self {
            header,
            name: DocName::first(name),
        }
    }

    /// The entry, whose change skips a number if it is `spoilt`; then it is the turn of another.
    fn next(&mut self, size: usize, spoilt: bool) -> Entry {
        let Header {
            location,
            device,
            dseq,
            ..
        } = self.header;
        let doc = self.name.id(&location);
        let seq = dseq + u64::from(spoilt);
        let run = RunChanges {
            doc,
            name: (dseq == 1).then(|| self.name.clone()),
            n: 0,
            changes: vec![change(actor(&device, &doc, 0), seq, size)],
        };
        let entry = Entry::compose(self.header.clone(), vec![run]).unwrap();
        self.header.prev = entry.hash;
        self.header.dseq += 1;
        entry
    }
}

/// A change that sets a value of bytes which do not compress.
fn change(actor: [u8; 16], seq: u64, size: usize) -> Vec<u8> {
    let salt = usize::try_from(seq).unwrap();
    let noise = (0..size).map(|n| (n * n * 31 + n / 7 + salt).to_le_bytes()[0]);
    let mut columns = ONE_SET.map(|(spec, bytes)| (spec, bytes.to_vec())).to_vec();
    let value = columns.iter().position(|(spec, _)| *spec == VALUE_LENGTH);
    let value = value.expect("a set has a value");
    columns[value].1 = [sleb(1), uleb((size as u64) << 4 | 7)].concat();
    columns.insert(value + 1, (VALUE_LENGTH + 1, noise.collect()));
    forge::change(actor, seq, &columns)
}

fn height_of(entry: &Entry) -> Height {
    Height {
        dseq: entry.header.dseq,
        hash: entry.hash,
    }
}

fn open(disk: &Disk) -> Writer {
    let path = disk.path("store.db");
    let open = Open::Simulated(VFS);
    let opened = Writer::open(Path::new(&path), open, WriterOptions::default(), |db| {
        let derived = |db: &Connection| Ok(db.execute_batch(weft_store::DERIVED)?);
        weft_store::migrate(db, "", vec![M::up("")], derived)
    });
    opened.unwrap()
}
