//! Entries as they travel: everything that the receiver derives is left out, and documents have
//! numbers.

use std::collections::BTreeMap;

use super::open::Misbehaved;
use crate::{
    id::{DeviceIndex, DocId, RosterHash},
    log::{
        codec::{Codec, Inflater},
        entry::{Body, Entry, Header, Tip},
        gate::{Batch, Received, ReceivedRun, VoidCode},
    },
    time::Timestamp,
    wire::{
        limits::{BATCH_ENTRIES_MAX, SESSION_DOCUMENTS_MAX},
        message::{Entries, Scope, Voided, WireEntry, WireRun},
    },
};

/// Packs entries for the wire. It leaves out everything that the receiver derives.
pub(super) struct Packer<'a> {
    /// The numbers that documents have with the receiver.
    numbers: &'a mut BTreeMap<DocId, u32>,
    documents: Vec<DocId>,
    inflater: Inflater,
    raw_only: bool,
    before: Option<Before>,
}

/// The values of the previous entry, which the next need not repeat.
#[derive(Clone, Copy)]
struct Before {
    created: Timestamp,
    seen: [u8; 32],
    roster: RosterHash,
}

impl<'a> Packer<'a> {
    /// Packs with the numbers that documents have so far; `raw_only` if the receiver asked for it.
    pub(super) fn new(numbers: &'a mut BTreeMap<DocId, u32>, raw_only: bool) -> Self {
        Self {
            numbers,
            documents: Vec::new(),
            inflater: Inflater::default(),
            raw_only,
            before: None,
        }
    }

    /// Packs consecutive entries of a log, at least one, with the signature over the last.
    pub(super) fn entries(
        mut self,
        (scope, dix): (Scope, DeviceIndex),
        entries: Vec<Entry>,
        voids: &[(u64, VoidCode)],
        tip: &Tip,
    ) -> Entries {
        let first = &entries.first().expect("a batch holds entries").header;
        let (first_dseq, prev_tag) = (first.dseq, first.prev.tag());
        let mut voids = voids.iter().copied().peekable();
        let packed = entries.into_iter().map(|entry| {
            let dseq = entry.header.dseq;
            let void = voids.next_if(|(voided, _)| *voided == dseq);
            self.pack(entry, void.map(|(_, code)| code))
        });
        let entries = packed.collect();
        Entries {
            scope,
            dix,
            first_dseq,
            prev_tag,
            documents: self.documents,
            entries,
            tip: tip.signature,
        }
    }

    fn pack(&mut self, entry: Entry, void: Option<VoidCode>) -> WireEntry {
        if let Some(code) = void {
            let voided = Some(Voided {
                code: code.number(),
                header: entry.header.encode(),
            });
            return WireEntry {
                created_delta: 0,
                runs: Vec::new(),
                seen: None,
                roster: None,
                voided,
            };
        }
        let Entry { header, bodies, .. } = entry;
        let now = Before {
            created: header.created,
            seen: header.seen,
            roster: header.roster,
        };
        let before = self.before.replace(now);
        let since = before.map_or(Timestamp::from_ms(0), |before| before.created);
        let runs = header.runs.into_iter().zip(bodies);
        let runs = runs.map(|(run, body)| {
            let body = self.body(body);
            WireRun {
                document: self.number(run.doc),
                n: run.n,
                codec: body.codec.number(),
                bytes: body.bytes,
                n_changes: run.n_changes,
                n_ops: run.n_ops,
                name: run.name,
            }
        });
        WireEntry {
            created_delta: now.created.ms().wrapping_sub(since.ms()),
            runs: runs.collect(),
            seen: (before.map(|before| before.seen) != Some(now.seen)).then_some(now.seen),
            roster: (before.map(|before| before.roster) != Some(now.roster)).then_some(now.roster),
            voided: None,
        }
    }

    fn number(&mut self, doc: DocId) -> u32 {
        let next = u32::try_from(self.numbers.len()).expect("bounded by SESSION_DOCUMENTS_MAX");
        let number = *self.numbers.entry(doc).or_insert(next);
        if number == next {
            assert!(
                self.numbers.len() <= SESSION_DOCUMENTS_MAX,
                "two locations within their limits fit the table"
            );
            self.documents.push(doc);
        }
        number
    }

    fn body(&mut self, body: Body) -> Body {
        match body.codec {
            Codec::Zstd if self.raw_only => Body {
                codec: Codec::Raw,
                bytes: self
                    .inflater
                    .zstd(&body.bytes)
                    .expect("a stored body inflates"),
            },
            Codec::Raw | Codec::Zstd | Codec::Sealed => body,
        }
    }
}

/// Unpacks entries, with the numbers that the sender has given to documents so far.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    documents: Vec<DocId>,
}

impl Unpacker {
    /// Unpacks a message.
    ///
    /// # Errors
    /// If it is none of an honest sender.
    pub(super) fn unpack(&mut self, from: Entries) -> Result<Batch, Misbehaved> {
        if from.entries.len() > BATCH_ENTRIES_MAX {
            return Err(Misbehaved("more entries than one ENTRIES may hold"));
        }
        self.documents.extend(from.documents);
        if self.documents.len() > SESSION_DOCUMENTS_MAX {
            return Err(Misbehaved("more documents than one session may number"));
        }
        let mut before = None;
        let entries = from.entries.into_iter();
        let entries = entries.map(|entry| self.unpack_entry(entry, &mut before));
        Ok(Batch {
            dix: from.dix,
            first_dseq: from.first_dseq,
            prev_tag: from.prev_tag,
            entries: entries.collect::<Result<_, _>>()?,
            tip: from.tip,
        })
    }

    fn unpack_entry(
        &self,
        entry: WireEntry,
        before: &mut Option<(Timestamp, [u8; 32], RosterHash)>,
    ) -> Result<Received, Misbehaved> {
        if let Some(voided) = entry.voided {
            let header = Header::decode(&voided.header);
            return Ok(Received::Voided {
                code: VoidCode::from_number(voided.code),
                header: Box::new(header.map_err(|_| Misbehaved("a header that does not read"))?),
            });
        }
        let since = before.map_or(Timestamp::from_ms(0), |(created, _, _)| created);
        // Wrapping, so that the difference between any two timestamps can be sent.
        let created = Timestamp::from_ms(since.ms().wrapping_add(entry.created_delta));
        let unsaid = Misbehaved("the first entry of a batch names no roster or heights");
        let seen = entry
            .seen
            .or_else(|| before.map(|(_, seen, _)| seen))
            .ok_or(unsaid)?;
        let roster = entry
            .roster
            .or_else(|| before.map(|(_, _, roster)| roster))
            .ok_or(unsaid)?;
        *before = Some((created, seen, roster));
        let runs = entry.runs.into_iter().map(|run| self.unpack_run(run));
        Ok(Received::Whole {
            roster,
            seen,
            created,
            runs: runs.collect::<Result<_, _>>()?,
        })
    }

    fn unpack_run(&self, run: WireRun) -> Result<ReceivedRun, Misbehaved> {
        let doc = *self
            .documents
            .get(run.document as usize)
            .ok_or(Misbehaved("a document without a number"))?;
        Ok(ReceivedRun {
            doc,
            name: run.name,
            n: run.n,
            n_changes: run.n_changes,
            n_ops: run.n_ops,
            codec: run.codec,
            bytes: run.bytes,
        })
    }
}
