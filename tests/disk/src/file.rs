//! The content of one file: what programs read, and what a power loss leaves of it.

use crate::{Remains, random::Random};

/// Bytes that a disk writes as a whole or not at all.
pub(crate) const SECTOR_BYTES: usize = 512;

/// One file.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// The content as programs see it.
    pub(crate) bytes: Vec<u8>,
    /// The content that a power loss cannot change; none if even the name may be lost.
    durable: Option<Vec<u8>>,
    pending: Vec<Change>,
}

/// A change that was not synced.
#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

impl File {
    /// A file that lay there all the time.
    pub(crate) fn restored(bytes: Vec<u8>) -> Self {
        Self {
            durable: Some(bytes.clone()),
            bytes,
            pending: Vec::new(),
        }
    }

    /// Copies bytes into `out`; returns how many there were.
    pub(crate) fn read(&self, at: usize, out: &mut [u8]) -> usize {
        let there = self.bytes.get(at..).unwrap_or_default();
        let count = there.len().min(out.len());
        out[..count].copy_from_slice(&there[..count]);
        count
    }

    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) {
        let change = Change::Write {
            at,
            bytes: bytes.to_vec(),
        };
        change.apply(&mut self.bytes);
        self.pending.push(change);
    }

    pub(crate) fn resize(&mut self, len: usize) {
        let change = Change::Resize(len);
        change.apply(&mut self.bytes);
        self.pending.push(change);
    }

    pub(crate) fn sync(&mut self) {
        let durable = self.durable.get_or_insert_default();
        self.pending.drain(..).for_each(|one| one.apply(durable));
    }

    /// A sync that failed: the system may take pages for clean that are not on the disk.
    pub(crate) fn fail_sync(&mut self, random: &mut Random) {
        self.pending.retain(|_| random.chance(50));
    }

    pub(crate) fn durable(&self) -> Option<&[u8]> {
        self.durable.as_deref()
    }

    /// Returns what can come back if its deletion is lost.
    pub(crate) fn into_durable(self) -> Option<Vec<u8>> {
        self.durable
    }

    /// Returns what a power loss leaves; none if that is not even the name.
    pub(crate) fn lose_power(self, remains: Remains, random: &mut Random) -> Option<Self> {
        if remains == Remains::Everything {
            return Some(self);
        }
        let named = self.durable.is_some();
        if !named && (remains == Remains::Nothing || random.chance(50)) {
            return None;
        }
        let mut bytes = self.durable.unwrap_or_default();
        let pending = self.pending.into_iter();
        match remains {
            Remains::Nothing | Remains::Everything => {}
            Remains::Torn => {
                let whole = random.index(pending.len() + 1);
                for (n, change) in pending.take(whole + 1).enumerate() {
                    match change {
                        change if n < whole => change.apply(&mut bytes),
                        Change::Write { at, bytes: torn } => {
                            let sectors = sectors(at, &torn);
                            let kept = random.index(sectors.len() + 1);
                            sectors
                                .iter()
                                .take(kept)
                                .for_each(|one| one.apply(&mut bytes));
                        }
                        Change::Resize(_) => {}
                    }
                }
            }
            Remains::Reordered => {
                for change in pending {
                    let parts = match change {
                        Change::Write { at, bytes } => sectors(at, &bytes),
                        resize @ Change::Resize(_) => vec![resize],
                    };
                    let kept = parts.iter().filter(|_| random.chance(50));
                    kept.for_each(|one| one.apply(&mut bytes));
                }
            }
        }
        Some(Self::restored(bytes))
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Resize(len) => content.resize(*len, 0),
        }
    }
}

/// Splits a write at the boundaries of sectors.
fn sectors(mut at: usize, mut bytes: &[u8]) -> Vec<Change> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let room = SECTOR_BYTES - at % SECTOR_BYTES;
        let (part, rest) = bytes.split_at(room.min(bytes.len()));
        parts.push(Change::Write {
            at,
            bytes: part.to_vec(),
        });
        at += part.len();
        bytes = rest;
    }
    parts
}
