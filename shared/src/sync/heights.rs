//! Compares the heights of two ends' logs, builds batches, and computes backoff times.

use std::collections::{BTreeMap, BTreeSet};

use super::event::Heights;
use crate::{
    id::{DeviceIndex, DocName, sha256_prefix},
    identity::Roster,
    log::{
        entry::Entry,
        gate::{Height, Received},
    },
    wire::{
        limits::{
            BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, BATCH_OVERHEAD_BYTES_MAX, RETRY_MS_MAX,
            RETRY_MS_MIN,
        },
        message::{LogMark, RosterMark},
    },
};

pub(super) fn roster_mark(roster: &Roster) -> RosterMark {
    let len = u32::try_from(roster.len()).expect("a roster's length is bounded far below");
    if len == 0 {
        return RosterMark::default();
    }
    RosterMark::new(len, &roster.head())
}

pub(super) fn log_mark(dix: DeviceIndex, height: Height) -> LogMark {
    let tag = if height.dseq == 0 {
        [0; 8]
    } else {
        height.hash.tag()
    };
    LogMark {
        dix,
        dseq: height.dseq,
        tag,
    }
}

/// The logs that are sealed and complete up to their seal, and a digest over them. Two ends can
/// only differ in such logs if one of them lacks some.
pub(super) fn sealed(
    roster: &Roster,
    heights: &Heights,
) -> (BTreeSet<DeviceIndex>, Option<[u8; 16]>) {
    let mut bytes = Vec::new();
    let mut whole = BTreeSet::new();
    let ordered: BTreeMap<DeviceIndex, Height> = heights.iter().copied().collect();
    for (dix, height) in ordered {
        let seal = roster.device(dix).and_then(|device| device.sealed);
        if height.dseq > 0 && seal.is_some_and(|seal| seal.dseq == height.dseq) {
            let mark = log_mark(dix, height);
            bytes.extend_from_slice(&dix.0.to_be_bytes());
            bytes.extend_from_slice(&mark.dseq.to_be_bytes());
            bytes.extend_from_slice(&mark.tag);
            whole.insert(dix);
        }
    }
    let digest = (!whole.is_empty()).then(|| sha256_prefix("weft/sealed/1", &[&bytes]));
    (whole, digest)
}

/// Marks of all non-empty logs, without those in `left_out`.
pub(super) fn list(heights: &Heights, left_out: &BTreeSet<DeviceIndex>) -> Vec<LogMark> {
    let marks = heights
        .iter()
        .filter(|(dix, height)| height.dseq > 0 && !left_out.contains(dix))
        .map(|(dix, height)| log_mark(*dix, *height));
    let mut marks: Vec<_> = marks.collect();
    marks.sort_unstable();
    marks
}

/// The marks of `mine` that differ from `theirs`, with a mark of height 0 for each log that only
/// they have.
pub(super) fn differing(mine: &[LogMark], theirs: &[LogMark]) -> Vec<LogMark> {
    let mine: BTreeMap<DeviceIndex, LogMark> = mine.iter().map(|mark| (mark.dix, *mark)).collect();
    let theirs: BTreeMap<DeviceIndex, LogMark> =
        theirs.iter().map(|mark| (mark.dix, *mark)).collect();
    let all: BTreeSet<DeviceIndex> = mine.keys().chain(theirs.keys()).copied().collect();
    all.into_iter()
        .filter(|dix| mine.get(dix) != theirs.get(dix))
        .map(|dix| {
            mine.get(&dix)
                .copied()
                .unwrap_or_else(|| log_mark(dix, Height::ZERO))
        })
        .collect()
}

/// Chooses the entries of a batch: call [`BatchBuilder::take`] for each in turn, and end the batch
/// before the first one that it refuses.
#[derive(Clone, Copy, Debug)]
pub struct BatchBuilder {
    aim: usize,
    bytes: usize,
    overhead: usize,
    entries: usize,
}

impl BatchBuilder {
    /// A batch of about `bytes_aim` body and blob bytes.
    pub fn new(bytes_aim: usize) -> Self {
        Self {
            aim: bytes_aim.min(BATCH_BYTES_MAX),
            bytes: 0,
            overhead: 0,
            entries: 0,
        }
    }

    /// Whether `entry` still fits into the batch; the first always does.
    pub fn take(&mut self, entry: &Entry) -> bool {
        self.take_with(entry, 0)
    }

    /// Like [`BatchBuilder::take`], for an entry that introduces `blob_bytes` of blobs.
    pub fn take_with(&mut self, entry: &Entry, blob_bytes: usize) -> bool {
        let bytes = self.bytes + entry.wire_bytes() + blob_bytes;
        let overhead = self.overhead + overhead_bytes(entry);
        let fits = bytes <= self.aim
            && overhead <= BATCH_OVERHEAD_BYTES_MAX
            && self.entries < BATCH_ENTRIES_MAX;
        if fits || self.entries == 0 {
            self.bytes = bytes;
            self.overhead = overhead;
            self.entries += 1;
            return true;
        }
        false
    }
}

/// Upper bound of the bytes in an ENTRIES message that are not the entry's bodies.
fn overhead_bytes(entry: &Entry) -> usize {
    overhead(entry.header.runs.iter().map(|run| run.name.as_ref()))
}

/// The same for a received entry: there must be room to forward it.
pub(super) fn overhead_received(entry: &Received) -> usize {
    match entry {
        Received::Whole { runs, .. } => overhead(runs.iter().map(|run| run.name.as_ref())),
        Received::Voided { header, .. } => {
            overhead(header.runs.iter().map(|run| run.name.as_ref()))
        }
    }
}

/// The same for an entry whose runs carry these names.
fn overhead<'a>(names: impl Iterator<Item = Option<&'a DocName>>) -> usize {
    let runs = names.map(|name| RUN_OVERHEAD_BYTES + name.map_or(0, |name| name.name.len() + 8));
    ENTRY_OVERHEAD_BYTES + runs.sum::<usize>()
}

/// Timestamp, hashes and, if the entry was voided, the header's own fields.
const ENTRY_OVERHEAD_BYTES: usize = 256;
/// Numbers, lengths, the document's id in the table; the claims of a voided run.
const RUN_OVERHEAD_BYTES: usize = 88;

/// Milliseconds before attempt number `attempt` (from 0) after a failure. The time doubles, and
/// `jitter` spreads it, so that nodes which lost the hub together do not return together.
pub fn backoff_ms(attempt: u32, jitter: u64) -> u64 {
    let step = RETRY_MS_MIN.saturating_mul(1 << attempt.min(20));
    let most = step.min(RETRY_MS_MAX);
    most / 2 + jitter % (most / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(dix: u16, dseq: u64, tag: u8) -> LogMark {
        LogMark {
            dix: DeviceIndex(dix),
            dseq,
            tag: [tag; 8],
        }
    }

    #[test]
    fn only_what_differs_is_named() {
        let mine = [mark(1, 5, 1), mark(2, 9, 2), mark(4, 1, 4)];
        let theirs = [mark(1, 5, 1), mark(2, 8, 7), mark(3, 2, 3)];
        let named = differing(&mine, &theirs);
        assert_eq!(named, [mark(2, 9, 2), mark(3, 0, 0), mark(4, 1, 4)]);
        assert!(differing(&mine, &mine).is_empty());
    }

    #[test]
    fn backoff_doubles_up_to_its_limit_and_is_spread() {
        for attempt in 0..40 {
            for jitter in [0, 1, 12_345, u64::MAX] {
                let wait = backoff_ms(attempt, jitter);
                assert!((RETRY_MS_MIN / 2..=RETRY_MS_MAX).contains(&wait));
            }
        }
        assert!(backoff_ms(0, 0) < backoff_ms(3, 0));
        assert_ne!(backoff_ms(5, 0), backoff_ms(5, 7));
    }
}
