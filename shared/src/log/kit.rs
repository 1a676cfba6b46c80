//! Helpers for the tests of the log: changes made by hand, changes made by Automerge, and a device
//! that signs anything.

use automerge::{ActorId, AutoCommit, ROOT, transaction::Transactable as _};
use sha2::{Digest as _, Sha256};

use super::codec::Codec;
use super::entry::{HEADER_VERSION, Header, Run, RunChanges, Tip};
use super::gate::{Batch, Gate, Height, LogState, Received, ReceivedRun};
use crate::id::{DeviceIndex, DocId, DocName, LocationId, actor, sha256};
use crate::identity::{DeviceKey, Operation, Role, RootKey, Roster, SignedOperation};
use crate::time::Timestamp;

/// The parts of a change chunk; [`Forged::bytes`] joins them with a valid checksum.
#[derive(Clone, Debug)]
pub(crate) struct Forged {
    pub(crate) chunk_type: u8,
    pub(crate) deps: Vec<[u8; 32]>,
    pub(crate) actor: Vec<u8>,
    pub(crate) seq: u64,
    pub(crate) start_op: u64,
    pub(crate) message: Vec<u8>,
    pub(crate) others: Vec<Vec<u8>>,
    pub(crate) columns: Vec<(u64, Vec<u8>)>,
    pub(crate) tail: Vec<u8>,
}

/// The action column of `n` operations `set`, as one run.
pub(crate) fn set_ops(n: i64) -> Vec<u8> {
    let mut column = sleb(n);
    column.push(1);
    column
}

/// The columns of `n` operations that put null under the key `k`, over nothing.
pub(crate) fn columns(n: i64) -> Vec<(u64, Vec<u8>)> {
    let run = |item: &[u8]| [&sleb(n), item].concat();
    vec![
        (0x15, run(b"\x01k")),
        (0x34, uleb(n.unsigned_abs())),
        (0x42, set_ops(n)),
        (0x56, run(&[0])),
        (0x70, run(&[0])),
    ]
}

impl Forged {
    /// Replaces a column, or inserts it in its place; an empty one is left out.
    pub(crate) fn set(&mut self, spec: u64, column: Vec<u8>) {
        self.columns.retain(|(known, _)| *known != spec);
        if !column.is_empty() {
            let at = self.columns.partition_point(|(known, _)| *known < spec);
            self.columns.insert(at, (spec, column));
        }
    }

    /// A change that puts null under one key `n_ops` times.
    pub(crate) fn new(actor: [u8; 16], seq: u64, start_op: u64, n_ops: i64) -> Self {
        Self {
            chunk_type: 1,
            deps: Vec::new(),
            actor: actor.to_vec(),
            seq,
            start_op,
            message: Vec::new(),
            others: Vec::new(),
            columns: columns(n_ops),
            tail: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut data = uleb(self.deps.len() as u64);
        data.extend(self.deps.as_flattened());
        prefixed(&mut data, &self.actor);
        data.extend(uleb(self.seq));
        data.extend(uleb(self.start_op));
        data.extend(sleb(-1_700_000_000));
        prefixed(&mut data, &self.message);
        data.extend(uleb(self.others.len() as u64));
        self.others
            .iter()
            .for_each(|other| prefixed(&mut data, other));
        data.extend(uleb(self.columns.len() as u64));
        for (spec, column) in &self.columns {
            data.extend(uleb(*spec));
            data.extend(uleb(column.len() as u64));
        }
        self.columns
            .iter()
            .for_each(|(_, column)| data.extend(column));
        data.extend(&self.tail);
        chunk(self.chunk_type, &data)
    }
}

/// Prefixes `data` with magic, checksum, type and length.
pub(crate) fn chunk(chunk_type: u8, data: &[u8]) -> Vec<u8> {
    let mut hashed = vec![chunk_type];
    prefixed(&mut hashed, data);
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend(&Sha256::digest(&hashed)[..4]);
    bytes.extend(hashed);
    bytes
}

fn prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(uleb(bytes.len() as u64));
    out.extend(bytes);
}

pub(crate) fn uleb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

pub(crate) fn sleb(mut number: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !(-64..64).contains(&number) {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0] & 0x7f);
    bytes
}

/// An empty Automerge document with an actor of our choice.
#[expect(
    clippy::disallowed_methods,
    reason = "the actor is set at once, nothing is drawn twice"
)]
pub(crate) fn document(actor: [u8; 16]) -> AutoCommit {
    AutoCommit::new().with_actor(ActorId::from(actor.as_slice()))
}

/// Sets one key and returns the change that Automerge writes for it.
pub(crate) fn put(document: &mut AutoCommit, key: &str, value: &str) -> Vec<u8> {
    document.put(ROOT, key, value).unwrap();
    document.commit().unwrap();
    document
        .get_last_local_change()
        .unwrap()
        .raw_bytes()
        .to_vec()
}

/// A run before it is signed; its claims may be false.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) doc: DocId,
    pub(crate) name: Option<DocName>,
    pub(crate) n: u8,
    pub(crate) n_changes: u32,
    pub(crate) n_ops: u32,
    pub(crate) raw: Vec<u8>,
    pub(crate) codec: Codec,
}

impl Draft {
    pub(crate) fn new(doc: &DocName, author: &Author, changes: &[Forged], n_ops: u32) -> Self {
        Self {
            doc: doc.id(&author.location),
            name: Some(doc.clone()),
            n: 0,
            n_changes: u32::try_from(changes.len()).unwrap(),
            n_ops,
            raw: changes.iter().flat_map(Forged::bytes).collect(),
            codec: Codec::Raw,
        }
    }
}

/// A device that signs anything, and the roster that admits it.
pub(crate) struct Author {
    pub(crate) key: DeviceKey,
    pub(crate) root: RootKey,
    pub(crate) location: LocationId,
    pub(crate) roster: Roster,
    pub(crate) height: Height,
}

impl Author {
    pub(crate) fn new() -> Self {
        let root = RootKey::from_seed([7; 32]);
        let key = DeviceKey::from_seed([8; 32]);
        let location = root.public().location_id();
        let mut author = Self {
            key,
            root,
            location,
            roster: Roster::new(location),
            height: Height::ZERO,
        };
        author.operate(Operation::AddDevice {
            device: author.key.id(),
            name: "Front desk".to_owned(),
            role: Role::Admin,
        });
        author
    }

    /// Adds a roster operation, signed by the root.
    pub(crate) fn operate(&mut self, operation: Operation) {
        let slot = self.roster.slot(Timestamp::from_ms(1_000));
        let signed = SignedOperation::sign_root(slot, operation, &self.root);
        self.roster.apply(&signed).unwrap();
    }

    pub(crate) fn actor(&self, doc: &DocName, n: u8) -> [u8; 16] {
        actor(&self.key.id(), &doc.id(&self.location), n)
    }

    pub(crate) fn gate(&self) -> Gate<'_> {
        Gate {
            location: self.location,
            zero: false,
            roster: &self.roster,
            device: self.roster.device(DeviceIndex(1)).unwrap(),
        }
    }

    /// The context in which an honest device composes its next entry.
    pub(crate) fn context(&self) -> Header {
        Header {
            version: HEADER_VERSION,
            runs: Vec::new(),
            location: self.location,
            device: self.key.id(),
            dseq: self.height.dseq + 1,
            prev: self.height.hash,
            roster: self.roster.head(),
            seen: [3; 32],
            created: Timestamp::from_ms(1_795_000_000_000),
        }
    }

    /// Appends an entry with these runs, however wrong, and returns it as it is sent.
    pub(crate) fn append(&mut self, drafts: Vec<Draft>) -> Received {
        let context = self.context();
        let runs = drafts.iter().map(|draft| Run {
            doc: draft.doc,
            name: draft.name.clone(),
            n: draft.n,
            n_changes: draft.n_changes,
            n_ops: draft.n_ops,
            raw_len: u32::try_from(draft.raw.len()).unwrap(),
            raw_hash: sha256("", &[&draft.raw]),
        });
        let header = Header {
            version: HEADER_VERSION,
            location: context.location,
            device: context.device,
            dseq: context.dseq,
            prev: context.prev,
            roster: context.roster,
            seen: context.seen,
            created: context.created,
            runs: runs.collect(),
        };
        self.height = Height {
            dseq: header.dseq,
            hash: header.hash(),
        };
        Received::Whole {
            roster: header.roster,
            seen: header.seen,
            created: header.created,
            runs: drafts.into_iter().map(travelling).collect(),
        }
    }

    /// Puts entries above `below` into a batch and signs the author's height.
    pub(crate) fn batch(&self, below: Height, entries: Vec<Received>) -> Batch {
        Batch {
            dix: DeviceIndex(1),
            first_dseq: below.dseq + 1,
            prev_tag: below.hash.tag(),
            entries,
            tip: Tip::sign(&self.key, self.height.dseq, self.height.hash).signature,
        }
    }
}

fn travelling(draft: Draft) -> ReceivedRun {
    let bytes = match draft.codec {
        Codec::Raw | Codec::Sealed => draft.raw,
        Codec::Zstd => zstd::bulk::compress(&draft.raw, 3).unwrap(),
    };
    ReceivedRun {
        doc: draft.doc,
        name: draft.name,
        n: draft.n,
        n_changes: draft.n_changes,
        n_ops: draft.n_ops,
        codec: draft.codec.number(),
        bytes,
    }
}

/// Changes to one document as an honest device composes them.
pub(crate) fn run(
    author: &Author,
    doc: &DocName,
    first: bool,
    changes: Vec<Vec<u8>>,
) -> RunChanges {
    RunChanges {
        doc: doc.id(&author.location),
        name: first.then(|| doc.clone()),
        n: 0,
        changes,
    }
}

/// The state of a receiver that holds nothing.
pub(crate) fn empty() -> LogState {
    LogState::default()
}
