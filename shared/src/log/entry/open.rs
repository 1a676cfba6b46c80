//! Reads stored entries: bodies are checked against their header, inflated or opened, and scanned.

use crate::id::{DocId, sha256};
use crate::identity::TeamKeys;
use crate::log::codec::{Codec, InflateError, Inflater};
use crate::log::scan::{self, ScanError};
use crate::log::sealed::{self, Place, Unopened};
use crate::time::Timestamp;

use super::{Body, Entry, Header, Run, RunChanges};

impl Entry {
    /// Checks the bodies against the header, sealed ones too.
    ///
    /// # Errors
    /// If the stored bytes are not those that the header names, or the bodies were refused.
    pub fn check_bodies(&self) -> Result<(), BadBody> {
        match self.changes(&TeamKeys::NONE) {
            Ok(_) | Err(BadBody::Sealed(Unopened::NoKey)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The changes of each run, after a check of the bodies against the header.
    ///
    /// # Errors
    /// If the stored bytes are not those that the header names, the bodies were refused, or `keys`
    /// do not open them.
    pub fn changes(&self, keys: &TeamKeys) -> Result<Vec<RunChanges>, BadBody> {
        if self.bodies.len() != self.header.runs.len() {
            return Err(BadBody::Missing);
        }
        let mut opener = Opener::with(keys);
        let parts = self.header.runs.iter().zip(&self.bodies);
        parts
            .map(|(run, body)| opener.open(&self.header, run, body))
            .collect()
    }

    /// The runs as derivation takes them: checked against the header and scanned by today's rules,
    /// because an older gate admitted changes that this one refuses. Empty if the bodies were
    /// refused when the entry arrived.
    ///
    /// Refusals depend on the entry alone, so all replicas of a version agree. A sealed run whose
    /// key is missing is left out.
    pub fn scanned(&self, keys: &TeamKeys) -> Vec<ScannedRun> {
        self.scanned_by(&mut Opener::with(keys))
    }

    /// Like [`Entry::scanned`], for one of many entries, which share what opens them.
    pub fn scanned_by(&self, opener: &mut Opener<'_>) -> Vec<ScannedRun> {
        let parts = self.header.runs.iter().zip(&self.bodies);
        let scanned = (0..).zip(parts).filter_map(|(number, (run, body))| {
            let opened = match opener.open(&self.header, run, body) {
                Err(BadBody::Sealed(Unopened::NoKey)) => return None,
                opened => opened.map_err(|error| error.to_string()),
            };
            let scanned = opened.and_then(|opened| {
                let spans = opened.changes.iter().map(|change| Span::of(change));
                let spans = spans.collect::<Result<_, _>>();
                Ok((spans.map_err(|error| error.to_string())?, opened.changes))
            });
            let (spans, changes) = match scanned {
                Ok((spans, changes)) => (spans, Ok(changes)),
                Err(why) => (Vec::new(), Err(why)),
            };
            Some(ScannedRun {
                number,
                doc: run.doc,
                n: run.n,
                changes,
                spans,
            })
        });
        scanned.collect()
    }
}

/// A run of a stored entry, with its changes or the reason why none of them may be derived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScannedRun {
    /// Its number in the entry.
    pub number: u32,
    /// The document.
    pub doc: DocId,
    /// The device's actor.
    pub n: u8,
    /// The changes, or a problem in words for a person.
    pub changes: Result<Vec<Vec<u8>>, String>,
    /// The operations of each change.
    pub spans: Vec<Span>,
}

/// The operations of a change: those of an actor are numbered upwards, from change to change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The change's hash.
    pub hash: [u8; 32],
    /// The number of the first.
    pub first_op: u64,
    /// The number of the last.
    pub last_op: u64,
    /// When they were made, in whole seconds, by their device's clock.
    pub at: Timestamp,
}

impl Span {
    fn of(change: &[u8]) -> Result<Self, ScanError> {
        let facts = scan::read(change)?;
        Ok(Self {
            hash: facts.hash,
            first_op: facts.start_op,
            last_op: facts.last_op(),
            at: facts.at,
        })
    }
}

/// Opens bodies one after another: inflates them, or opens them with the keys of a team.
#[derive(Debug)]
pub struct Opener<'a> {
    inflater: Inflater,
    keys: &'a TeamKeys,
}

impl<'a> Opener<'a> {
    /// One that has these keys.
    pub fn with(keys: &'a TeamKeys) -> Self {
        Self {
            inflater: Inflater::default(),
            keys,
        }
    }

    fn open(&mut self, header: &Header, run: &Run, body: &Body) -> Result<RunChanges, BadBody> {
        let inflated;
        let raw = match body.codec {
            Codec::Raw => &body.bytes,
            Codec::Zstd => {
                inflated = self.inflater.zstd(&body.bytes)?;
                &inflated
            }
            Codec::Sealed => {
                run.check(&body.bytes)?;
                let place = Place::of(header, run);
                let opened = (body.bytes.as_slice(), run.n_changes);
                let changes = sealed::open(&place, opened, self.keys, &mut self.inflater)?;
                return Ok(run.with(changes));
            }
        };
        run.changes(raw)
    }
}

impl Run {
    /// Checks bytes against the hash in the header.
    fn check(&self, raw: &[u8]) -> Result<(), BadBody> {
        if sha256("", &[raw]) != self.raw_hash {
            return Err(BadBody::Altered);
        }
        Ok(())
    }

    /// Splits the run's raw bytes, after a check against the header.
    fn changes(&self, raw: &[u8]) -> Result<RunChanges, BadBody> {
        self.check(raw)?;
        let changes = scan::split_chunks(raw)
            .map(|chunk| chunk.map(<[u8]>::to_vec))
            .collect::<Result<_, _>>()
            .map_err(|_| BadBody::Altered)?;
        Ok(self.with(changes))
    }

    fn with(&self, changes: Vec<Vec<u8>>) -> RunChanges {
        RunChanges {
            doc: self.doc,
            name: self.name.clone(),
            n: self.n,
            changes,
        }
    }
}

/// Bodies that do not match their header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    /// A voided entry has none.
    #[error("the entry has no bodies: they were refused when it arrived")]
    Missing,
    /// Its hash is not the one that the header names.
    #[error("a body is not the one that the entry was signed with")]
    Altered,
    /// It does not inflate.
    #[error("a stored body cannot be inflated")]
    Inflate(#[from] InflateError),
    /// It is sealed, and gives no changes.
    #[error(transparent)]
    Sealed(#[from] Unopened),
}
