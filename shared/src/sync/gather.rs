//! Batches on their way to the gate.
//!
//! Small batches of one log that arrived together are judged as one. A tip signs the whole chain
//! below it, so the last one vouches for all of them, and one check, one write and one
//! acknowledgement replace several. The earlier tips of the same chain are not checked. If the gate
//! refuses the joined batch, each part is judged separately, so that the sender learns which one is
//! wrong.

use super::event::Event;
use super::heights::overhead_received;
use super::open::{Link, Misbehaved, Open, Parked, Role, Step, Waiting};
use crate::{
    id::DeviceIndex,
    log::gate::{Admission, Batch, Gate, Received, Refusal},
    time::Timestamp,
    wire::{
        limits::{BATCH_BYTES_AIM, BATCH_ENTRIES_MAX, BATCH_OVERHEAD_BYTES_MAX},
        message::{Entries, Scope},
    },
};

/// Consecutive batches of one log that are being gathered, and their totals.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    parts: Vec<Parked>,
    bytes: usize,
    overhead: usize,
    entries: usize,
}

impl Parked {
    /// The number of its last entry; if it is empty, the number before the first.
    fn last(&self) -> u64 {
        let entries = self.batch.entries.len() as u64;
        self.batch
            .first_dseq
            .saturating_add(entries)
            .saturating_sub(1)
    }

    /// Upper bound of the bytes in it that are not bodies.
    fn overhead(&self) -> usize {
        self.batch.entries.iter().map(overhead_received).sum()
    }
}

impl Gathered {
    pub(super) const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether `next` continues these and all of them still fit into one batch. They are forwarded
    /// as one batch, because only the last tip is kept.
    fn takes(&self, next: &Parked) -> bool {
        let Some(last) = self.parts.last() else {
            return true;
        };
        !next.batch.entries.is_empty()
            && (last.scope, last.batch.dix) == (next.scope, next.batch.dix)
            && last.last().checked_add(1) == Some(next.batch.first_dseq)
            && self.bytes + next.bytes <= BATCH_BYTES_AIM
            && self.overhead + next.overhead() <= BATCH_OVERHEAD_BYTES_MAX
            && self.entries + next.batch.entries.len() <= BATCH_ENTRIES_MAX
    }

    fn push(&mut self, next: Parked) {
        self.bytes += next.bytes;
        self.overhead += next.overhead();
        self.entries += next.batch.entries.len();
        self.parts.push(next);
    }

    /// Joins them into one batch under the last tip; `None` if there are fewer than two.
    fn joined(&self) -> Option<Parked> {
        let [first, .., last] = &self.parts[..] else {
            return None;
        };
        let entries = self.parts.iter().flat_map(|part| &part.batch.entries);
        Some(Parked {
            scope: first.scope,
            batch: Batch {
                dix: first.batch.dix,
                first_dseq: first.batch.first_dseq,
                prev_tag: first.batch.prev_tag,
                entries: entries.cloned().collect(),
                tip: last.batch.tip,
            },
            bytes: self.parts.iter().map(|part| part.bytes).sum(),
        })
    }
}

impl Open {
    pub(super) fn on_entries(&mut self, link: &mut Link, now: Timestamp, from: Entries) -> Step {
        self.check_dix(from.dix)?;
        let scope = from.scope;
        let batch = self.documents.unpack(from)?;
        let bytes = batch.entries.iter().map(Received::body_bytes).sum();
        self.spend_window(bytes)?;
        let parked = Parked {
            scope,
            batch,
            bytes,
        };
        if self.lacks_own_bodies(&parked) {
            self.credit_back += bytes;
            self.zero.log(parked.batch.dix).shut = true;
            return Ok(());
        }
        if parked.batch.entries.len() > 1 && parked.overhead() > BATCH_OVERHEAD_BYTES_MAX {
            return Err(Misbehaved("a batch that no one could pass on"));
        }
        if self.shows_a_copy(&parked) {
            self.credit_back += bytes;
            let location = self.scope_state(scope).location;
            let Parked { batch, .. } = parked;
            link.emit(Event::OwnLog {
                location,
                dix: batch.dix,
                batch,
            });
            return Ok(());
        }
        if !self.gathered.takes(&parked) {
            self.judge_gathered(link, now);
        }
        if self.is_open_for(&parked) {
            self.gathered.push(parked);
        } else {
            self.take_batch(link, now, parked);
        }
        Ok(())
    }

    /// Whether a device gives the acceptor's own entries back without their bodies. They would be
    /// void for good; another device may have them whole.
    fn lacks_own_bodies(&self, parked: &Parked) -> bool {
        let mut entries = parked.batch.entries.iter();
        self.role == Role::Acceptor
            && parked.scope == Scope::Zero
            && entries.any(|entry| matches!(entry, Received::Voided { .. }))
    }

    /// Whether the acceptor is showing its copy in place of entries of the connector's own log.
    fn shows_a_copy(&mut self, parked: &Parked) -> bool {
        let own = self.own.roster.dix_of(&self.device) == Some(parked.batch.dix);
        if self.role == Role::Acceptor || parked.scope != Scope::Own || !own {
            return false;
        }
        let log = self.own.log(parked.batch.dix);
        log.stopped && parked.batch.first_dseq <= log.mine.dseq
    }

    /// Whether the gate may judge it as it arrives.
    fn is_open_for(&mut self, parked: &Parked) -> bool {
        let scoped = self.scope_state(parked.scope);
        let known = scoped.roster.device(parked.batch.dix).is_some();
        let log = scoped.log(parked.batch.dix);
        let goes_on = log.view.is_some() && !log.shut && !log.gap;
        known && goes_on && !parked.batch.entries.is_empty()
    }

    /// Judges the gathered batches together or, failing that, one by one.
    pub(super) fn judge_gathered(&mut self, link: &mut Link, now: Timestamp) {
        let gathered = std::mem::take(&mut self.gathered);
        if let Some(joined) = gathered.joined() {
            let place = (joined.scope, joined.batch.dix, joined.bytes);
            let before = self.spent;
            if let Ok(Some(admission)) = self.admit(now, joined) {
                self.persist(link, place, admission);
                return;
            }
            // They are judged again in parts, and charged again.
            self.allowance.give_back(self.spent - before);
        }
        for part in gathered.parts {
            self.take_batch(link, now, part);
        }
    }

    fn take_batch(&mut self, link: &mut Link, now: Timestamp, parked: Parked) {
        let (scope, dix, bytes) = (parked.scope, parked.batch.dix, parked.bytes);
        let scoped = self.scope_state(scope);
        let known = scoped.roster.device(dix).is_some();
        let log = scoped.log(dix);
        if log.shut || (log.gap && parked.batch.first_dseq > log.expected()) {
            self.credit_back += bytes;
        } else if !known {
            self.refuse(link, (scope, dix, bytes), Refusal::RosterStale);
        } else if log.view.is_none() {
            self.wait_for_view(link, (scope, dix), Waiting::Batch(parked));
        } else {
            self.judge(link, now, parked);
        }
    }

    pub(super) fn judge(&mut self, link: &mut Link, now: Timestamp, parked: Parked) {
        let place = (parked.scope, parked.batch.dix, parked.bytes);
        let (scope, dix, bytes) = place;
        let below = parked.batch.first_dseq.saturating_sub(1);
        match self.admit(now, parked) {
            Ok(Some(admission)) => self.persist(link, place, admission),
            Ok(None) => {
                self.credit_back += bytes;
                // Held already; it is acknowledged with any that still wait for a commit.
                let log = self.scope_state(scope).log(dix);
                log.codes.rewind(below);
                if log.pending.is_empty() {
                    self.acknowledge(link, scope, dix);
                }
            }
            Err(refusal) => self.refuse(link, place, refusal),
        }
    }

    /// Passes a batch to the allowance and the gate, once the state of its log is loaded.
    fn admit(&mut self, now: Timestamp, parked: Parked) -> Result<Option<Admission>, Refusal> {
        let last = parked.last();
        let Parked { scope, batch, .. } = parked;
        let (dix, first) = (batch.dix, batch.first_dseq);
        let is_void = |entry: &&Received| matches!(entry, Received::Voided { .. });
        let n_void = batch.entries.iter().filter(is_void).count() as u64;
        let live = self.live(scope, dix, (first, last)).max(n_void);
        self.spend_allowance(live, now)?;
        let scoped = self.scope_state(scope);
        let log = scoped.logs.get_mut(&dix).expect("looked up before");
        let device = scoped.roster.device(dix).expect("looked up before");
        let view = log.view.as_mut().expect("loaded before");
        let gate = Gate {
            location: scoped.location,
            zero: scope == Scope::Zero,
            roster: &scoped.roster,
            device,
        };
        let admitted = gate.admit(view, batch)?;
        log.gap = false;
        if admitted.is_some() {
            // The peer that sends them has them: they are not offered back.
            log.peer_has(last);
        }
        Ok(admitted)
    }

    /// Number of these entries that were not offered at HELLO.
    fn live(&mut self, scope: Scope, dix: DeviceIndex, (first, last): (u64, u64)) -> u64 {
        let log = self.scope_state(scope).log(dix);
        let free = log.backlog.max(log.expected() - 1);
        last.saturating_sub(free.max(first.saturating_sub(1)))
    }

    /// Charges live entries to the allowance at the acceptor, including those without bodies, which
    /// cost no credit. Entries of a backlog are not charged, but wait while the device is held.
    fn spend_allowance(&mut self, entries: u64, now: Timestamp) -> Result<(), Refusal> {
        if self.role == Role::Connector {
            return Ok(());
        }
        self.allowance.spend(entries, now)?;
        self.spent += entries;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{DocId, RosterHash, Signature},
        log::gate::ReceivedRun,
        wire::limits::ENTRY_RUNS_MAX,
    };

    /// Entries from `first_dseq` on, with 128 runs each and empty bodies.
    fn hollow(first_dseq: u64, entries: usize) -> Parked {
        let run = ReceivedRun {
            doc: DocId::new([1; 16]),
            name: None,
            n: 0,
            n_changes: 0,
            n_ops: 0,
            codec: 0,
            bytes: Vec::new(),
        };
        let entry = Received::Whole {
            roster: RosterHash::new([2; 32]),
            seen: [3; 32],
            created: Timestamp::from_ms(4),
            runs: vec![run; ENTRY_RUNS_MAX],
        };
        Parked {
            scope: Scope::Own,
            batch: Batch {
                dix: DeviceIndex(1),
                first_dseq,
                prev_tag: [5; 8],
                entries: vec![entry; entries],
                tip: Signature::new([6; 64]),
            },
            bytes: 0,
        }
    }

    #[test]
    fn together_they_are_no_longer_than_one_batch_may_be() {
        let mut gathered = Gathered::default();
        gathered.push(hollow(1, 40));
        assert!(gathered.takes(&hollow(41, 1)), "what follows");
        assert!(!gathered.takes(&hollow(42, 1)), "after a hole");
        assert!(!gathered.takes(&hollow(41, 0)), "nothing at all");
        assert!(!gathered.takes(&hollow(41, 20)), "more than fits a frame");
        let other = Parked {
            scope: Scope::Zero,
            ..hollow(41, 1)
        };
        assert!(!gathered.takes(&other), "another log");
    }
}
