//! The first half of the gate: is this the next part of the log, and did the device sign it? Bytes
//! are inflated and hashed here, but not parsed.

use crate::id::{EntryHash, sha256};
use crate::log::codec::{Codec, Inflater};
use crate::log::entry::{Body, HEADER_VERSION, Header, Run, Tip};
use crate::wire::limits::{
    DOC_NAME_BYTES_MAX, ENTRY_RAW_BYTES_MAX, ENTRY_RUNS_MAX, ENTRY_WIRE_BYTES_MAX,
};

use super::{Batch, Gate, Height, LogState, Received, ReceivedRun, Refusal, VoidCode};

/// Entries that the device signed for, not yet judged.
pub(super) struct Opened {
    pub(super) entries: Vec<OpenedEntry>,
    pub(super) tip: Tip,
}

/// One opened entry.
pub(super) struct OpenedEntry {
    pub(super) header: Header,
    pub(super) hash: EntryHash,
    /// The length of the stored header.
    pub(super) header_bytes: usize,
    /// The position in the roster of the head that the header names.
    pub(super) roster_at: usize,
    pub(super) bodies: Vec<Body>,
    pub(super) inflated: Vec<Option<Vec<u8>>>,
    pub(super) void: Option<VoidCode>,
}

impl OpenedEntry {
    /// An entry without bodies whose place is not known yet.
    const fn of(header: Header, void: Option<VoidCode>) -> Self {
        Self {
            header,
            hash: EntryHash::ZERO,
            header_bytes: 0,
            roster_at: 0,
            bodies: Vec::new(),
            inflated: Vec::new(),
            void,
        }
    }
}

/// Opens the new part of `batch`; `None` if nothing in it is new.
pub(super) fn open(
    gate: &Gate<'_>,
    state: &LogState,
    batch: Batch,
) -> Result<Option<Opened>, Refusal> {
    let Some(n_held) = locate(gate, state, &batch)? else {
        return Ok(None);
    };
    let opened = open_new(gate, state.height, batch, n_held, Rosters::Known).and_then(|opened| {
        let headers = opened.entries.iter().map(|entry| entry.header_bytes as u64);
        let headers: u64 = headers.sum();
        // An entry that does not fit is void but keeps its header, so headers need a limit too.
        if state.room.is_some_and(|room| headers > room.left().headers) {
            return Err(Refusal::Full);
        }
        Ok(opened)
    });
    // If the batch overlaps the log, the sender's chain may leave ours below the first new entry.
    // Sent again from our height, with its tag, the batch will tell a fork from a bad tip.
    let overlaps = n_held > 0;
    if overlaps && matches!(opened, Err(Refusal::BadTip)) {
        return Err(Refusal::Gap {
            expected: state.height.dseq + 1,
        });
    }
    opened.map(Some)
}

/// See [`Gate::read_copy`].
pub(super) fn read_copy(
    gate: &Gate<'_>,
    below: Height,
    batch: Batch,
) -> Result<Vec<Height>, Refusal> {
    let opened = open_new(gate, below, batch, 0, Rosters::Any)?;
    let entries = opened.entries.iter();
    let heights = entries.map(|entry| Height {
        dseq: entry.header.dseq,
        hash: entry.hash,
    });
    Ok(heights.collect())
}

/// The rosters that an entry may name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rosters {
    Known,
    Any,
}

/// Number of entries at the start of the batch that are held already; `None` if all are.
fn locate(gate: &Gate<'_>, state: &LogState, batch: &Batch) -> Result<Option<usize>, Refusal> {
    let first = batch.first_dseq;
    let before_last = (batch.entries.len() as u64).checked_sub(1);
    let last = before_last.and_then(|n| first.checked_add(n));
    let (1.., Some(last)) = (first, last) else {
        return Err(Refusal::Malformed(
            "it holds no entries, or none that can be numbered",
        ));
    };
    if gate
        .device
        .sealed
        .as_ref()
        .is_some_and(|seal| last > seal.dseq)
    {
        return Err(Refusal::Revoked);
    }
    let height = state.height;
    if last <= height.dseq {
        // Only the hash at the height is available; lower duplicates are not checked.
        if last == height.dseq && verify(gate, &tip(height, batch)).is_err() {
            return Err(Refusal::Fork { dseq: height.dseq });
        }
        return Ok(None);
    }
    let expected = height.dseq + 1;
    let Some(n_held) = expected.checked_sub(first) else {
        return Err(Refusal::Gap { expected });
    };
    if n_held == 0 && batch.prev_tag != height.hash.tag() {
        return Err(Refusal::Fork { dseq: height.dseq });
    }
    usize::try_from(n_held)
        .map(Some)
        .map_err(|_| Refusal::Gap { expected })
}

fn tip(height: Height, batch: &Batch) -> Tip {
    Tip {
        dseq: height.dseq,
        hash: height.hash,
        signature: batch.tip,
    }
}

fn verify(gate: &Gate<'_>, tip: &Tip) -> Result<(), Refusal> {
    tip.verify(&gate.device.id).map_err(|_| Refusal::BadTip)
}

fn open_new(
    gate: &Gate<'_>,
    mut height: Height,
    batch: Batch,
    n_held: usize,
    rosters: Rosters,
) -> Result<Opened, Refusal> {
    let signature = batch.tip;
    let mut opener = Opener {
        gate,
        rosters,
        inflater: Inflater::default(),
        encoded: Vec::new(),
    };
    let mut entries: Vec<OpenedEntry> = Vec::with_capacity(batch.entries.len() - n_held);
    for received in batch.entries.into_iter().skip(n_held) {
        let entry = opener.open(height, received, entries.last())?;
        height = Height {
            dseq: entry.header.dseq,
            hash: entry.hash,
        };
        entries.push(entry);
    }
    let tip = Tip {
        dseq: height.dseq,
        hash: height.hash,
        signature,
    };
    verify(gate, &tip)?;
    if gate
        .device
        .sealed
        .is_some_and(|seal| tip.dseq == seal.dseq && tip.hash != seal.hash)
    {
        return Err(Refusal::Revoked);
    }
    Ok(Opened { entries, tip })
}

/// Opens entries one after another with the same buffers.
struct Opener<'a> {
    gate: &'a Gate<'a>,
    rosters: Rosters,
    inflater: Inflater,
    encoded: Vec<u8>,
}

impl Opener<'_> {
    fn open(
        &mut self,
        below: Height,
        received: Received,
        before: Option<&OpenedEntry>,
    ) -> Result<OpenedEntry, Refusal> {
        let mut entry = match received {
            Received::Whole {
                roster,
                seen,
                created,
                runs,
            } => {
                let header = Header {
                    version: HEADER_VERSION,
                    location: self.gate.location,
                    device: self.gate.device.id,
                    dseq: below.dseq + 1,
                    prev: below.hash,
                    roster,
                    seen,
                    created,
                    runs: Vec::with_capacity(runs.len().min(ENTRY_RUNS_MAX)),
                };
                self.unpack(header, runs)?
            }
            Received::Voided { code, header } => self.take_voided(below, *header, code)?,
        };
        entry.roster_at = self.place_in_roster(&entry.header, before)?;
        entry.header.encode_into(&mut self.encoded);
        entry.hash = Header::hash_encoded(&self.encoded);
        entry.header_bytes = self.encoded.len();
        Ok(entry)
    }

    /// Looks up the roster's position. Most entries name the same roster as the one before.
    fn place_in_roster(
        &self,
        header: &Header,
        before: Option<&OpenedEntry>,
    ) -> Result<usize, Refusal> {
        match before {
            Some(before) if before.header.roster == header.roster => Ok(before.roster_at),
            Some(_) | None => {
                let place = self.gate.roster.position(&header.roster);
                let any = (self.rosters == Rosters::Any).then_some(usize::MAX);
                place.or(any).ok_or(Refusal::RosterStale)
            }
        }
    }

    fn unpack(
        &mut self,
        mut header: Header,
        runs: Vec<ReceivedRun>,
    ) -> Result<OpenedEntry, Refusal> {
        check_runs(runs.iter().map(|run| run.name.as_ref()))?;
        let mut bodies = Vec::with_capacity(runs.len());
        let mut inflated = Vec::with_capacity(runs.len());
        let mut raw_bytes = 0;
        let mut wire_bytes = 0;
        for received in runs {
            let codec = Codec::from_number(received.codec).ok_or(Refusal::UnknownCodec)?;
            let unpacked = match codec {
                Codec::Raw | Codec::Sealed => None,
                Codec::Zstd => {
                    let raw = self.inflater.zstd(&received.bytes);
                    Some(raw.map_err(|_| Refusal::UnknownCodec)?)
                }
            };
            let raw = unpacked.as_deref().unwrap_or(&received.bytes);
            raw_bytes += raw.len();
            wire_bytes += received.bytes.len();
            header.runs.push(Run {
                doc: received.doc,
                name: received.name,
                n: received.n,
                n_changes: received.n_changes,
                n_ops: received.n_ops,
                raw_len: u32::try_from(raw.len())
                    .map_err(|_| Refusal::Malformed("a body is longer than any frame"))?,
                raw_hash: sha256("", &[raw]),
            });
            // From here on an oversized entry is only hashed, so that it holds no more memory.
            if raw_bytes <= ENTRY_RAW_BYTES_MAX {
                inflated.push(unpacked);
                bodies.push(Body {
                    codec,
                    bytes: received.bytes,
                });
            }
        }
        let too_large = raw_bytes > ENTRY_RAW_BYTES_MAX || wire_bytes > ENTRY_WIRE_BYTES_MAX;
        Ok(OpenedEntry {
            bodies,
            inflated,
            ..OpenedEntry::of(header, too_large.then_some(VoidCode::Size))
        })
    }

    fn take_voided(
        &self,
        below: Height,
        header: Header,
        code: VoidCode,
    ) -> Result<OpenedEntry, Refusal> {
        check_runs(header.runs.iter().map(|run| run.name.as_ref()))?;
        if header.version != HEADER_VERSION
            || header.location != self.gate.location
            || header.device != self.gate.device.id
            || header.dseq != below.dseq + 1
        {
            return Err(Refusal::Malformed(
                "the header of a voided entry has another place",
            ));
        }
        if header.prev != below.hash {
            return Err(Refusal::BadTip);
        }
        Ok(OpenedEntry::of(header, Some(code)))
    }
}

/// Limits the header's own size: a header is kept even if the bodies are void.
fn check_runs<'a>(
    names: impl ExactSizeIterator<Item = Option<&'a crate::id::DocName>>,
) -> Result<(), Refusal> {
    if !(1..=ENTRY_RUNS_MAX).contains(&names.len()) {
        return Err(Refusal::Malformed("an entry has 1 to 128 runs"));
    }
    for name in names.flatten() {
        if name.name.len() > DOC_NAME_BYTES_MAX {
            return Err(Refusal::Malformed(
                "the name of a document has at most 128 bytes",
            ));
        }
    }
    Ok(())
}
