//! Takes the pieces of a bundle into a store, each by the question that a session would ask.

use std::collections::BTreeMap;

use weft_shared::{
    id::{BlobHash, DeviceIndex, LocationId},
    identity::{Roster, SignedOperation},
    log::gate::{Batch, Gate, LogState, Received},
    sync::{Event, Persisted, bundle::Piece},
    text::counted,
    wire::{
        limits::{BATCH_ENTRIES_MAX, BLOB_BYTES_COUNTED_MIN, BLOBS_AHEAD_BYTES_MAX},
        message::Scope,
    },
};

use super::{About, BundleError, TICKET};
use crate::{
    StoreError,
    host::{HostReply, Rosters},
};

/// The outcome of taking a bundle in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Entries that were new here.
    pub entries: u64,
    /// Those of them of which only the header was taken.
    pub void: u64,
    /// Roster operations that were new here.
    pub operations: u64,
    /// The parts that were not taken, and why, each in a sentence.
    pub refused: Vec<String>,
}

impl Carried {
    /// The outcome in lines for a person: what was new, and each thing that was not taken.
    pub fn lines(&self) -> Vec<String> {
        let what = match (self.entries, self.operations) {
            (0, 0) => "There was nothing new in it.".to_owned(),
            (entries, operations) => format!(
                "Took {} and {} to the location's list of devices.",
                counted(entries, "new entry", "new entries"),
                counted(operations, "change", "changes"),
            ),
        };
        let refused = self.refused.iter();
        let refused = refused.map(|refused| format!("Not taken: entries {refused}."));
        std::iter::once(what).chain(refused).collect()
    }
}

/// The parts that a store takes from a bundle, beside the logs of the location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A node takes the hub's own entries too. It takes no changes of its location's list of
    /// devices: only the hub decides in which order these stand.
    AtNode,
    /// The hub takes those changes, and none of its own entries.
    AtHub,
}

impl Takes {
    const fn roster(self, scope: Scope) -> bool {
        matches!(
            (self, scope),
            (Self::AtNode, Scope::Zero) | (Self::AtHub, Scope::Own)
        )
    }

    const fn entries(self, scope: Scope) -> bool {
        matches!((self, scope), (Self::AtNode, _) | (Self::AtHub, Scope::Own))
    }
}

/// Words that wait for the entries that name them.
type Words = Vec<(u64, BlobHash, Vec<u8>)>;

/// A log as far as it is taken.
struct Log {
    view: LogState,
    words: Words,
    shut: bool,
}

struct Taker<'a> {
    about: About,
    rosters: &'a Rosters,
    ask: &'a mut dyn FnMut(Event) -> Result<HostReply, StoreError>,
    logs: BTreeMap<(Scope, DeviceIndex), Log>,
    carried: Carried,
}

/// Takes pieces into a store. Entries that are here already are skipped; a log that is refused
/// stops, and the others go on.
///
/// # Errors
/// If the file can no longer be read, or the store fails. What was taken until then stays.
pub fn apply(
    pieces: impl Iterator<Item = Result<Piece, BundleError>>,
    (about, takes): (About, Takes),
    rosters: &Rosters,
    ask: &mut dyn FnMut(Event) -> Result<HostReply, StoreError>,
) -> Result<Carried, BundleError> {
    let mut taker = Taker {
        about,
        rosters,
        ask,
        logs: BTreeMap::new(),
        carried: Carried::default(),
    };
    for piece in pieces {
        match piece? {
            Piece::Roster {
                scope,
                after,
                operations,
            } if takes.roster(scope) => taker.roster(scope, after, operations)?,
            Piece::Blob {
                scope,
                dix,
                dseq,
                hash,
                bytes,
            } if takes.entries(scope) => taker.blob((scope, dix), (dseq, hash, bytes))?,
            Piece::Batch { scope, batch } if takes.entries(scope) => taker.batch(scope, batch)?,
            Piece::Roster { .. } | Piece::Blob { .. } | Piece::Batch { .. } | Piece::End => {}
        }
    }
    Ok(taker.carried)
}

impl Taker<'_> {
    const fn location(&self, scope: Scope) -> LocationId {
        match scope {
            Scope::Zero => self.about.zero,
            Scope::Own => self.about.location,
        }
    }

    fn known(&self, scope: Scope) -> Option<std::sync::Arc<Roster>> {
        let known = self.rosters.held(&self.location(scope))?;
        Some(known.roster)
    }

    fn refuse(&mut self, scope: Scope, dix: DeviceIndex, why: &str) {
        let roster = self.known(scope);
        let device = roster.as_ref().and_then(|roster| roster.device(dix));
        let name = device.map_or_else(
            || "a device that is not known here".to_owned(),
            |device| format!("\"{}\"", device.name),
        );
        self.carried.refused.push(format!("of {name}: {why}"));
    }

    fn roster(
        &mut self,
        scope: Scope,
        after: usize,
        mut operations: Vec<SignedOperation>,
    ) -> Result<(), StoreError> {
        let held = self.known(scope).map_or(0, |roster| roster.len());
        let Some(skip) = held.checked_sub(after) else {
            return Ok(());
        };
        if skip >= operations.len() {
            return Ok(());
        }
        let fresh = operations.split_off(skip);
        let count = fresh.len() as u64;
        let persist = Event::PersistRoster {
            ticket: TICKET,
            location: self.location(scope),
            after: held,
            operations: fresh,
        };
        match (self.ask)(persist)? {
            HostReply::Roster(_, grown) => match *grown {
                Ok(_) => self.carried.operations += count,
                Err(refusal) => self.carried.refused.push(format!(
                    "changes of the location's list of devices: {}",
                    refusal.text
                )),
            },
            HostReply::Failed(error) => return Err(error),
            _ => return Err(StoreError::Damaged("roster")),
        }
        Ok(())
    }

    /// The state of a log, loaded if need be; `None` if its device is not in the roster here.
    fn log(&mut self, of: (Scope, DeviceIndex)) -> Result<Option<&mut Log>, StoreError> {
        if !self.logs.contains_key(&of) {
            let (scope, dix) = of;
            let known = self.known(scope);
            if known.is_none_or(|roster| roster.device(dix).is_none()) {
                return Ok(None);
            }
            let load = Event::LoadLog {
                ticket: TICKET,
                location: self.location(scope),
                dix,
            };
            let view = match (self.ask)(load)? {
                HostReply::Log(_, view) => *view,
                HostReply::Failed(error) => return Err(error),
                _ => return Err(StoreError::Damaged("logs")),
            };
            let log = Log {
                view,
                words: Vec::new(),
                shut: false,
            };
            self.logs.insert(of, log);
        }
        Ok(self.logs.get_mut(&of))
    }

    /// Keeps words until their entries have passed the gate: nothing else vouches for them.
    fn blob(
        &mut self,
        (scope, dix): (Scope, DeviceIndex),
        (dseq, hash, bytes): (u64, BlobHash, Vec<u8>),
    ) -> Result<(), StoreError> {
        let Some(log) = self.log((scope, dix))?.filter(|log| !log.shut) else {
            return Ok(());
        };
        let ahead = dseq.checked_sub(log.view.height.dseq + 1);
        if ahead.is_none_or(|ahead| ahead >= BATCH_ENTRIES_MAX as u64) {
            return Ok(());
        }
        let counted = |bytes: usize| (bytes as u64).max(BLOB_BYTES_COUNTED_MIN);
        let waiting: u64 = log
            .words
            .iter()
            .map(|(.., words)| counted(words.len()))
            .sum();
        if waiting + counted(bytes.len()) > BLOBS_AHEAD_BYTES_MAX {
            self.shut((scope, dix), "it has more words than entries to name them");
            return Ok(());
        }
        log.words.push((dseq, hash, bytes));
        Ok(())
    }

    /// Stores the words of entries that have passed the gate. Returns whether all are stored.
    fn store_words(
        &mut self,
        (location, dix): (LocationId, DeviceIndex),
        words: Words,
    ) -> Result<bool, StoreError> {
        for (dseq, hash, bytes) in words {
            let persist = Event::PersistBlob {
                ticket: TICKET,
                location,
                dix,
                dseq,
                hash,
                bytes,
            };
            match (self.ask)(persist)? {
                HostReply::Persisted(_, Persisted::Stored) => {}
                HostReply::Failed(error) => return Err(error),
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn shut(&mut self, of: (Scope, DeviceIndex), why: &str) {
        if let Some(log) = self.logs.get_mut(&of) {
            log.shut = true;
        }
        self.refuse(of.0, of.1, why);
    }

    fn batch(&mut self, scope: Scope, batch: Batch) -> Result<(), StoreError> {
        let (location, dix) = (self.location(scope), batch.dix);
        let roster = self.known(scope);
        if self.log((scope, dix))?.is_none() {
            self.refuse(scope, dix, "the list of devices that admits it is missing");
            return Ok(());
        }
        let log = self.logs.get_mut(&(scope, dix)).expect("it is loaded");
        let device = roster.as_ref().and_then(|roster| roster.device(dix));
        let (Some(roster), Some(device), false) = (roster.as_deref(), device, log.shut) else {
            return Ok(());
        };
        let gate = Gate {
            location,
            zero: scope == Scope::Zero,
            roster,
            device,
        };
        // Nothing that is signed says that an entry has no content, so a courier could make it so.
        let is_void = |entry: &Received| matches!(entry, Received::Voided { .. });
        if batch.entries.iter().any(is_void) {
            self.shut(
                (scope, dix),
                "some have no content; they come over the line",
            );
            return Ok(());
        }
        let words = std::mem::take(&mut log.words);
        let admission = match gate.admit(&mut log.view, batch) {
            Ok(Some(admission)) => admission,
            Ok(None) => return Ok(()),
            Err(refusal) => {
                self.shut((scope, dix), &refusal.to_string());
                return Ok(());
            }
        };
        let (entries, void) = (admission.entries.len(), admission.voids().count());
        let last = admission.height().dseq;
        let first = last + 1 - entries as u64;
        let named = |one: &(u64, BlobHash, Vec<u8>)| (first..=last).contains(&one.0);
        let words: Words = words.into_iter().filter(named).collect();
        let beside = words.iter().map(|(dseq, hash, _)| (*dseq, *hash)).collect();
        if !self.store_words((location, dix), words)? {
            self.shut((scope, dix), "there is no room for its words");
            return Ok(());
        }
        let persist = Event::Persist {
            ticket: TICKET,
            location,
            dix,
            admission,
            beside,
        };
        match (self.ask)(persist)? {
            HostReply::Persisted(_, Persisted::Stored) => {
                self.carried.entries += entries as u64;
                self.carried.void += void as u64;
            }
            HostReply::Failed(error) => return Err(error),
            _ => self.shut(
                (scope, dix),
                "something else was stored meanwhile, or cannot be stored: try again",
            ),
        }
        Ok(())
    }
}
