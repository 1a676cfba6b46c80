//! A location with two devices, for the tests of this crate. Its hub is absent but has published
//! indicators.

pub(crate) mod aligned;
mod notice;

use std::{fs, path::Path};

use weft_host::data_dir::DataDir;
use weft_shared::{
    document::{Document, EditError, Editor},
    id::{
        DeviceId, DeviceIndex, DocName, EntryHash, HubRootHash, LocationCode, LocationId,
        RosterHash, Signature,
    },
    identity::{
        DeviceKey, Operation, Role, RootKey, Roster, SignedOperation, Slot, location_zero,
        reads::{ReadChain, ReadHead, ReadPart},
    },
    log::entry::{Entry, HEADER_VERSION, Header, RunChanges, seen_hash},
    model::{
        indicator::file_from_toml,
        profile::{Area, Place},
        schema::{Container, DocKind},
    },
    sync::{Event, Outgoing, Ticket},
    time::Timestamp,
};
use weft_store::{Open, host::HostReply};

pub(crate) use self::{aligned::aligned, notice::notice};
use crate::{
    enrol::{DEVICE_KEY, STORE},
    limits::LAYOUT,
    replica::{Edit, Membership, OpenError, Replica, SaveError, Store},
    store::{LocationRow, Owner, StoreError, rosters, runs},
};

/// A time in seconds after the start of a test.
pub(crate) fn now(n: i64) -> Timestamp {
    Timestamp::from_ms(1_760_000_000_000 + n * 1_000)
}

/// The founded location, and a folder for the stores of its devices.
pub(crate) struct Kit {
    folder: tempfile::TempDir,
    operations: Vec<SignedOperation>,
    pub(crate) membership: Membership,
    /// The definitions that the hub has published, as their file; none if that is empty.
    definitions: String,
    /// The time when the hub confirmed the location.
    pub(crate) confirmed_at: Option<Timestamp>,
    pub(crate) areas_changed: Option<Timestamp>,
    /// Further documents that the hub has written.
    pub(crate) more: Vec<(DocKind, Says)>,
}

/// The hub's statements in a document.
pub(crate) type Says = fn(&mut Editor<'_>) -> Result<(), EditError>;

impl Kit {
    pub(crate) fn new() -> Self {
        Self::publishing(example("indicators.toml"))
    }

    /// A kit whose hub has published these definitions with their settings.
    pub(crate) fn publishing(definitions: String) -> Self {
        let root = RootKey::from_seed([9; 32]);
        let hub = HubRootHash::new([3; 32]);
        Self {
            folder: tempfile::tempdir().unwrap(),
            operations: admit(&root, &[key(1), key(2)]),
            membership: Membership {
                location: root.public().location_id(),
                code: LocationCode::parse("FN").unwrap(),
                address: "127.0.0.1:1".to_owned(),
                hub,
                zero: location_zero(&hub),
                network: "Example network".to_owned(),
                operator: "Example operator".to_owned(),
            },
            definitions,
            confirmed_at: Some(now(0)),
            areas_changed: None,
            more: Vec::new(),
        }
    }

    /// Opens the replica of device `n`, without a data directory.
    pub(crate) fn open(&self, n: u8) -> Replica {
        let path = self.folder.path().join(format!("{n}.db"));
        self.open_at(&path, Open::Create, n).unwrap()
    }

    /// The operation that admits device `n` to a replica's roster, signed by the root.
    pub(crate) fn admission(&self, replica: &Replica, n: u8, at: Timestamp) -> SignedOperation {
        let root = RootKey::from_seed([9; 32]);
        assert_eq!(self.membership.location, root.public().location_id());
        let add = Operation::AddDevice {
            device: key(n).id(),
            name: format!("Device {n}"),
            role: Role::Admin,
        };
        let slot = replica.roster(Owner::Location).slot(at);
        SignedOperation::sign_root(slot, add, &root)
    }

    /// Opens the replica of device 1, which has received the hub's documents.
    pub(crate) fn open_published(&self) -> Replica {
        let path = self.folder.path().join("published.db");
        drop(self.store(&path));
        self.open_at(&path, Open::Existing, 1).unwrap()
    }

    /// Opens the replica of device 2, which has received the hub's documents.
    pub(crate) fn open_second(&self) -> Replica {
        let path = self.folder.path().join("second.db");
        drop(self.store(&path));
        self.open_at(&path, Open::Existing, 2).unwrap()
    }

    /// Opens the replica of device `n` in the store at `path`.
    pub(crate) fn open_at(&self, path: &Path, open: Open, n: u8) -> Result<Replica, OpenError> {
        let store = Store::open(path, open)?;
        let opened = Replica::open(store, key(n), now(0));
        if !matches!(opened, Err(OpenError::NotJoined)) {
            return opened;
        }
        let store = Store::open(path, open)?;
        self.fill(&store)?;
        Replica::open(store, key(n), now(0))
    }

    /// Creates the whole data directory of device 1, which has received the hub's documents.
    pub(crate) fn data_dir(&self) -> std::path::PathBuf {
        let path = self.folder.path().join("node");
        let dir = DataDir::open(&path, LAYOUT, true).unwrap();
        dir.write_secret(DEVICE_KEY, key(1).seed()).unwrap();
        drop(self.store(&dir.path(STORE)));
        dir.complete().unwrap();
        path
    }

    /// Creates a store in which a hub has what device 1 begins with.
    pub(crate) fn hub_store(&self) -> Store {
        self.store(&self.folder.path().join("hub.db"))
    }

    fn store(&self, path: &Path) -> Store {
        let store = Store::open(path, Open::Create).unwrap();
        self.fill(&store).unwrap();
        self.publish(&store);
        store
    }

    fn fill(&self, store: &Store) -> Result<(), StoreError> {
        let (membership, operations) = (self.membership.clone(), self.operations.clone());
        store.write(move |db| {
            membership.save(db)?;
            for (position, one) in operations.iter().enumerate() {
                rosters::append(db, LocationRow::OWN, position, &one.encode())?;
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(())
    }

    /// Stores what the hub would have sent: its location and the shared indicator definitions.
    fn publish(&self, store: &Store) {
        let hub = Hub::new(self.membership.zero);
        let place = Place {
            name: "Healthy Families Far North".to_owned(),
            name_mi: None,
            areas: vec![Area {
                code: "FAR_NORTH".parse().unwrap(),
                name: "Far North District".to_owned(),
                from: None,
                to: None,
            }],
            aliases: Vec::new(),
            areas_changed: self.areas_changed,
            location_id: Some(self.membership.location),
            confirmed_at: self.confirmed_at,
        };
        let code = self.membership.code.clone();
        let network = hub.says(DocKind::Network, |editor| editor.put_place(&code, &place));
        let mut changes = vec![network];
        if !self.definitions.is_empty() {
            let defined = file_from_toml(&self.definitions).unwrap();
            changes.push(hub.says(DocKind::Definitions, |editor| {
                defined.iter().try_for_each(|one| {
                    editor.put_definition(&one.definition)?;
                    one.settings
                        .iter()
                        .try_for_each(|set| editor.put_setting(set))
                })
            }));
        }
        let more = self.more.iter();
        changes.extend(more.map(|(kind, says)| hub.says(*kind, says)));
        let entry = hub.entry(changes);
        let stored =
            store.write(move |db| runs::append(db, Owner::Hub, DeviceIndex(1), &entry, now(0)));
        stored.unwrap();
    }
}

/// A part of a ledger of reads that no hub signed.
pub(crate) fn unsigned_reads() -> ReadPart {
    let chain = ReadChain::default();
    ReadPart {
        before: chain,
        rows: Vec::new(),
        head: ReadHead {
            chain,
            device: DeviceId::new([5; 32]),
            signature: Signature::new([0; 64]),
        },
        proof: None,
        seen: None,
    }
}

/// Fills a part of a year with long notes until it is `percent` full or takes no more.
pub(crate) fn fill(replica: &mut Replica, part: DocKind, percent: u64) -> Result<(), SaveError> {
    for n in 0.. {
        let name = DocName::first(part.to_string());
        let size = replica.size_of(Owner::Location, &name)?;
        if size.percent_full() >= percent {
            break;
        }
        let mut edit = Edit::default();
        edit.on(part, move |editor| {
            (0..4).try_for_each(|i| {
                let key = format!("VAX_PRIMARY/FILLED/2022-01/age={n}-{i}");
                editor.put_text(Container::Notes, &key, &"x".repeat(48 << 10))
            })
        });
        replica.save(vec![edit], now(100 + n))?;
    }
    Ok(())
}

/// The question for the entries of a log of the location.
pub(crate) fn load(replica: &Replica, dix: DeviceIndex, from_dseq: u64) -> Event {
    Event::Load {
        ticket: Ticket(0),
        location: replica.location(Owner::Location),
        dix,
        from_dseq,
        bytes_aim: usize::MAX,
    }
}

/// Entries of a log of the location, as they are offered to the hub.
pub(crate) fn offered(replica: &mut Replica, dix: DeviceIndex, from_dseq: u64) -> Outgoing {
    let load = load(replica, dix, from_dseq);
    match replica.answer(load, now(0)).unwrap() {
        (Some(HostReply::Loaded(_, outgoing)), _) => outgoing,
        (other, _) => panic!("{other:?}"),
    }
}

pub(crate) fn example(name: &str) -> String {
    fs::read_to_string(example_path(name)).unwrap()
}

/// The path of an example file.
pub(crate) fn example_path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/data")
        .join(name)
}

fn key(n: u8) -> DeviceKey {
    DeviceKey::from_seed([n; 32])
}

fn admit(root: &RootKey, devices: &[DeviceKey]) -> Vec<SignedOperation> {
    let mut roster = Roster::new(root.public().location_id());
    let mut operations = Vec::new();
    for (n, device) in (1..).zip(devices) {
        let slot = Slot {
            location: roster.location(),
            prev: if n == 1 {
                RosterHash::ZERO
            } else {
                roster.head()
            },
            at: now(0),
        };
        let add = Operation::AddDevice {
            device: device.id(),
            name: format!("Device {n}"),
            role: Role::Admin,
        };
        let signed = SignedOperation::sign_root(slot, add, root);
        roster.apply(&signed).unwrap();
        operations.push(signed);
    }
    operations
}

/// The device that writes the hub's documents.
struct Hub {
    location: LocationId,
    key: DeviceKey,
}

impl Hub {
    fn new(location: LocationId) -> Self {
        Self {
            location,
            key: key(8),
        }
    }

    fn says(
        &self,
        kind: DocKind,
        edit: impl FnOnce(&mut Editor<'_>) -> Result<(), EditError>,
    ) -> RunChanges {
        let name = DocName::first(kind.to_string());
        let author = self.key.id();
        let mut document = Document::genesis(&self.location, &name).unwrap();
        let edited = document.edit(author, now(0), edit).unwrap();
        RunChanges {
            doc: name.id(&self.location),
            name: Some(name),
            n: 0,
            changes: vec![edited.change.unwrap()],
        }
    }

    fn entry(&self, changes: Vec<RunChanges>) -> Entry {
        let context = Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location: self.location,
            device: self.key.id(),
            dseq: 1,
            prev: EntryHash::ZERO,
            roster: RosterHash::ZERO,
            seen: seen_hash(std::iter::empty()),
            created: now(0),
        };
        Entry::compose(context, changes).unwrap()
    }
}
