//! The rules that every store behind this crate keeps, whatever database it uses.

mod contents;
mod host;
mod quarantine;

use rusqlite_migration::M;
use weft_shared::{
    document::Document,
    id::{BlobHash, DeviceIndex, DocName, EntryHash, LocationId, RosterHash},
    identity::DeviceKey,
    log::{
        entry::{Entry, HEADER_VERSION, Header, RunChanges, Tip, seen_hash},
        gate::{Height, VoidCode},
    },
    model::schema::Container,
    time::Timestamp,
};

use super::{entries::Appended, logs::Mark, *};

const DIX: DeviceIndex = DeviceIndex(1);
const LOG: (LocationRow, DeviceIndex) = (LocationRow::OWN, DIX);

/// A store with location zero and one other, and the device that writes there.
struct Kit {
    _folder: tempfile::TempDir,
    writer: Writer,
    key: DeviceKey,
    location: LocationId,
    document: Document,
    name: DocName,
}

fn now(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

impl Kit {
    fn new() -> Self {
        Self::of(location(2))
    }

    fn of(location: LocationId) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = store_in(&folder);
        let name = DocName::first("observations/2023".to_owned());
        let kit = Self {
            _folder: folder,
            writer,
            key: DeviceKey::from_seed([7; 32]),
            location,
            document: Document::genesis(&location, &name).unwrap(),
            name,
        };
        let zero = self::location(1);
        kit.run(move |db| {
            rosters::put(db, LocationRow::ZERO, &zero, now(0))?;
            rosters::put(db, LocationRow::OWN, &location, now(0))
        });
        kit
    }

    fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.writer.run_blocking(job).unwrap()
    }

    /// The entry after `height`, which names its document if it is the first.
    fn entry(&mut self, height: Height) -> Entry {
        let (device, dseq) = (self.key.id(), height.dseq + 1);
        // No two are alike, or the second would be no change.
        let text = format!("{:x>400}", self.document.changes());
        let edited = self.document.edit(device, now(1), |editor| {
            let key = format!("VAX_PRIMARY/FAR_NORTH/2023-01/age={dseq}");
            editor.put_text(Container::Notes, &key, &text)
        });
        let run = RunChanges {
            doc: self.name.id(&self.location),
            name: (dseq == 1).then(|| self.name.clone()),
            n: 0,
            changes: vec![edited.unwrap().change.unwrap()],
        };
        let context = Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location: self.location,
            device,
            dseq,
            prev: height.hash,
            roster: RosterHash::ZERO,
            seen: seen_hash(std::iter::empty()),
            created: now(1),
        };
        Entry::compose(context, vec![run]).unwrap()
    }

    /// Appends so many entries.
    fn fill(&mut self, count: u64) -> Vec<Entry> {
        let mut height = Height::ZERO;
        let mut all = Vec::new();
        for _ in 0..count {
            let entry = self.entry(height);
            let job = entry.clone();
            let appended = self.run(move |db| entries::append_own(db, LOG.0, DIX, &job, now(5)));
            height = Height {
                dseq: entry.header.dseq,
                hash: entry.hash,
            };
            assert_eq!(appended, Appended::To(height));
            all.push(entry);
        }
        all
    }

    fn log(&self) -> Log {
        self.run(|db| logs::log(db, LocationRow::OWN, DIX))
    }
}

fn store_in(folder: &tempfile::TempDir) -> Writer {
    let path = folder.path().join("store.db");
    let writer = Writer::open(&path, Open::Create, WriterOptions::default(), |db| {
        let steps = vec![M::up("")];
        migrate(db, "", steps, |db| Ok(db.execute_batch(DERIVED)?))
    });
    writer.unwrap()
}

fn location(n: u8) -> LocationId {
    LocationId::new([n; 16])
}

fn hash(n: u8) -> BlobHash {
    BlobHash::new([n; 32])
}

#[test]
fn entries_are_appended_where_their_log_ends_and_nowhere_else() {
    let mut kit = Kit::new();
    let all = kit.fill(3);
    let state = kit.run(|db| logs::state(db, LocationRow::OWN, DIX));
    assert_eq!(state.height.dseq, 3);
    assert_eq!(state.seqs.values().copied().collect::<Vec<_>>(), [3]);
    let (again, beyond) = (
        all[2].clone(),
        kit.entry(Height {
            dseq: 7,
            ..state.height
        }),
    );
    let beside = kit.entry(Height {
        hash: EntryHash::new([9; 32]),
        ..state.height
    });
    let log = kit.log();
    for entry in [again, beyond, beside] {
        let moved =
            kit.run(move |db| entries::append_own(db, LocationRow::OWN, DIX, &entry, now(6)));
        assert_eq!(moved, Appended::Moved);
    }
    let next = kit.entry(state.height);
    let moved = kit.run(move |db| {
        logs::seal(db, log)?;
        entries::append_own(db, LocationRow::OWN, DIX, &next, now(6))
    });
    assert_eq!(moved, Appended::Moved, "a sealed log never grows");
    let held = kit.run(|db| entries::range(db, LOG, 1, u64::MAX, usize::MAX));
    assert_eq!(
        held.into_iter().map(|one| one.entry).collect::<Vec<_>>(),
        all
    );
    let names = kit.run(|db| documents::all(db));
    assert_eq!(
        names.iter().map(|one| &one.name).collect::<Vec<_>>(),
        [&kit.name]
    );
    assert_eq!(
        kit.run(|db| entries::broken_chains(db)),
        Vec::<String>::new()
    );
}

#[test]
fn marks_of_a_log_never_go_back() {
    let mut kit = Kit::new();
    kit.fill(3);
    let logs = kit.run(|db| {
        for mark in [Mark::Offered, Mark::Acknowledged, Mark::Derived] {
            logs::reach(db, LOG, mark, 2)?;
            logs::reach(db, LOG, mark, 1)?;
        }
        logs::logs(db, LocationRow::OWN)
    });
    let [(DIX, log)] = logs[..] else {
        panic!("{logs:?}");
    };
    assert_eq!((log.offered, log.acknowledged, log.derived), (2, 2, 2));
    assert_eq!((log.height.dseq, log.stored), (3, now(5)));
}

#[test]
fn entries_go_out_up_to_a_signature_and_void_ones_without_bodies() {
    let mut kit = Kit::new();
    let all = kit.fill(4);
    let tips = [(2, &all[1]), (3, &all[2])].map(|(dseq, one)| Tip::sign(&kit.key, dseq, one.hash));
    let (log, stored) = (kit.log(), tips.clone());
    kit.run(move |db| {
        undone::set_void(db, log, 2, VoidCode::Size)?;
        stored
            .iter()
            .try_for_each(|tip| entries::put_tip(db, LocationRow::OWN, DIX, tip))?;
        blobs::put(db, log, 1, &hash(1), b"words", now(5))?;
        blobs::put(db, log, 4, &hash(4), b"others", now(5))
    });
    let out = |aim, signs| {
        kit.run(move |db| entries::outgoing(db, LocationRow::OWN, DIX, 1, (aim, signs)))
    };
    let relayed = out(usize::MAX, false);
    assert_eq!(
        (relayed.entries.len(), relayed.tip),
        (3, Some(tips[1].clone()))
    );
    assert_eq!(relayed.voids, [(2, VoidCode::Size)]);
    assert!(relayed.entries[1].bodies.is_empty() && !relayed.entries[2].bodies.is_empty());
    assert_eq!(relayed.blobs.len(), 1);
    assert_eq!(out(1, false).entries.len(), 2, "up to the first signature");
    let own = out(usize::MAX, true);
    assert_eq!((own.entries.len(), own.tip, own.blobs.len()), (4, None, 2));
    assert_eq!(out(1, true).entries.len(), 1);
    let found = kit.run(|db| {
        let from = entries::tip_from(db, LocationRow::OWN, DIX, 1)?;
        Ok((
            from,
            entries::last_tip(db, LocationRow::OWN, DIX)?,
            undone::voids(db, LocationRow::OWN, DIX, 0)?,
        ))
    });
    let told = |tip: &Tip| Some((tip.dseq, tip.signature));
    assert_eq!(
        found,
        (told(&tips[0]), told(&tips[1]), vec![(2, VoidCode::Size)])
    );
}

#[test]
fn words_stand_beside_their_entry_until_they_are_withdrawn() {
    let mut kit = Kit::new();
    kit.fill(2);
    let log = kit.log();
    let words = |kit: &Kit| kit.run(|db| blobs::bytes(db, LocationRow::OWN, &hash(1)));
    let beside = |kit: &Kit| {
        let out = kit.run(|db| entries::outgoing(db, LocationRow::OWN, DIX, 1, (usize::MAX, true)));
        out.blobs.iter().map(|blob| blob.dseq).collect::<Vec<_>>()
    };
    kit.run(move |db| blobs::put(db, log, 0, &hash(1), b"words", now(5)));
    assert_eq!(
        (words(&kit).as_deref(), beside(&kit)),
        (Some(&b"words"[..]), vec![])
    );
    kit.run(move |db| blobs::place(db, log, &hash(1), 1));
    assert_eq!(beside(&kit), [1]);
    kit.run(move |db| blobs::move_to(db, log, 1, 2));
    assert_eq!(beside(&kit), [2]);
    let offered = |kit: &Kit, own: DeviceIndex| {
        kit.run(move |db| blobs::was_offered(db, (LocationRow::OWN, own), &hash(1)))
    };
    assert!(!offered(&kit, DIX));
    assert!(
        offered(&kit, DeviceIndex(DIX.0 + 1)),
        "it came from another"
    );
    kit.run(move |db| logs::reach(db, LOG, Mark::Offered, 1));
    assert!(!offered(&kit, DIX));
    kit.run(move |db| logs::reach(db, LOG, Mark::Offered, 2));
    assert!(offered(&kit, DIX));
    kit.run(move |db| {
        blobs::withdraw(db, LocationRow::OWN, &hash(1))?;
        blobs::put(db, log, 2, &hash(1), b"words", now(6))
    });
    assert_eq!(
        (words(&kit), beside(&kit)),
        (None, vec![]),
        "never taken again"
    );
}

#[test]
fn a_tail_that_was_taken_back_leaves_the_log_as_it_was() {
    let mut kit = Kit::new();
    let all = kit.fill(3);
    let (log, doc) = (kit.log(), kit.name.id(&location(2)));
    let to = Height {
        dseq: 1,
        hash: all[0].hash,
    };
    let second = all[1].clone();
    let state = kit.run(move |db| {
        blobs::put(db, log, 3, &hash(1), b"words", now(5))?;
        undone::cut_above(db, log, &to)?;
        undone::take_back(db, log, &doc, 0, 2)?;
        let state = logs::state(db, LocationRow::OWN, DIX)?;
        let again = entries::append_own(db, LocationRow::OWN, DIX, &second, now(6))?;
        assert!(matches!(again, Appended::To(Height { dseq: 2, .. })));
        blobs::place(db, log, &hash(1), 2)?;
        Ok(state)
    });
    assert_eq!(
        (state.height, state.seqs.into_values().max()),
        (to, Some(1))
    );
    let out = kit.run(|db| entries::outgoing(db, LocationRow::OWN, DIX, 1, (usize::MAX, true)));
    assert_eq!((out.entries.len(), out.blobs.len()), (2, 1));
}

#[test]
fn of_an_erased_end_only_headers_stay() {
    let mut kit = Kit::new();
    let all = kit.fill(3);
    let log = kit.log();
    let whole = kit.run(move |db| {
        blobs::put(db, log, 3, &hash(1), b"words", now(5))?;
        undone::erase(db, log, 2)?;
        undone::whole_from(db, LocationRow::OWN, DIX, 1)
    });
    assert_eq!(whole, [1]);
    let held = kit.run(|db| entries::range(db, LOG, 2, 3, usize::MAX));
    for (stored, entry) in held.iter().zip(&all[1..]) {
        assert_eq!(
            (&stored.entry.header, stored.entry.hash),
            (&entry.header, entry.hash)
        );
        assert!(stored.entry.bodies.is_empty() && stored.void == Some(VoidCode::Dropped));
    }
    assert_eq!(
        kit.run(|db| blobs::bytes(db, LocationRow::OWN, &hash(1))),
        None
    );
}

#[test]
fn of_two_operations_on_one_head_the_first_stands() {
    let kit = Kit::new();
    kit.run(|db| rosters::append(db, LocationRow::OWN, 0, b"first"));
    let second = |db: &Transaction<'_>| rosters::append(db, LocationRow::OWN, 0, b"second");
    assert!(kit.writer.run_blocking(second).is_err());
    let roster = kit.run(|db| rosters::operations(db, LocationRow::OWN, 0));
    assert_eq!(roster, [b"first".to_vec()]);
    let found = kit.run(|db| Ok((rosters::lix(db, &location(2))?, rosters::all(db)?)));
    let both = vec![
        (LocationRow::ZERO, location(1)),
        (LocationRow::OWN, location(2)),
    ];
    assert_eq!(found, (Some(LocationRow::OWN), both));
    assert_eq!(
        kit.run(|db| rosters::found(db, &location(3), now(1))),
        LocationRow(3)
    );
}

#[test]
fn a_snapshot_is_replaced_and_dropped() {
    let kit = Kit::new();
    let doc = kit.name.id(&location(2));
    let find = move |db: &Transaction<'_>| documents::snapshot(db, LocationRow::OWN, &doc);
    for (bytes, reached) in [(b"one", None), (b"two", Some(b"far".to_vec()))] {
        let put = reached.clone();
        kit.run(move |db| {
            documents::put_snapshot(db, LocationRow::OWN, &doc, bytes, put.as_deref())
        });
        assert_eq!(kit.run(find), Some((bytes.to_vec(), reached)));
    }
    kit.run(move |db| documents::drop_snapshot(db, LocationRow::OWN, &doc));
    assert_eq!(kit.run(find), None);
}

#[test]
fn a_log_that_holds_nothing_is_no_log() {
    let kit = Kit::new();
    let log = kit.log();
    assert_eq!(kit.run(|db| logs::logs(db, LocationRow::OWN)), []);
    let found = kit.run(|db| logs::find(db, LocationRow::OWN, DIX));
    assert_eq!((found, kit.log()), (Some(log), log));
    let height = kit.run(move |db| logs::height(db, log));
    assert_eq!((height.dseq, height.hash), (0, EntryHash::ZERO));
}
