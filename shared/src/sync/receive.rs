//! The host stores what arrived, then it is acknowledged; a refusal gives the reason.

use super::{
    event::{Event, Side, Ticket},
    open::{Link, Misbehaved, Open, Question, Role, Step, UNSTORED_TEXT, Waiting},
    scope_state::Pending,
};
use crate::{
    id::{BlobHash, DeviceIndex},
    log::{
        gate::{Admission, LogState, Refusal},
        room::Held,
    },
    time::Timestamp,
    wire::{
        Nack, NackCode,
        limits::{
            BATCH_ENTRIES_MAX, BLOB_BYTES_COUNTED_MIN, BLOB_BYTES_MAX, BLOBS_AHEAD_BYTES_MAX,
        },
        message::{Blob, Scope, Void},
    },
};

use super::heights::roster_mark;

impl Open {
    /// Asks the store for the state of the log, and reads nothing more until the answer.
    pub(super) fn wait_for_view(
        &mut self,
        link: &mut Link,
        (scope, dix): (Scope, DeviceIndex),
        waiting: Waiting,
    ) {
        let ticket = self.ask(link, Question::LoadLog(scope, dix));
        self.paused = Some(ticket);
        self.parked = Some(waiting);
        let location = self.scope_state(scope).location;
        link.emit(Event::LoadLog {
            ticket,
            location,
            dix,
        });
    }

    pub(super) fn on_log(
        &mut self,
        link: &mut Link,
        now: Timestamp,
        ticket: Ticket,
        state: LogState,
    ) {
        let Some(Question::LoadLog(scope, dix)) = self.questions.remove(&ticket) else {
            return;
        };
        self.paused = None;
        let log = self.scope_state(scope).log(dix);
        if state.height.dseq > log.mine.dseq {
            log.mine = state.height;
            log.codes.forget();
        }
        log.view = Some(state);
        match self.parked.take().expect("something waits for its log") {
            Waiting::Batch(parked) => self.judge(link, now, parked),
            Waiting::Blob(blob) => self.take_blob(link, blob),
        }
    }

    pub(super) fn persist(
        &mut self,
        link: &mut Link,
        (scope, dix, bytes): (Scope, DeviceIndex, usize),
        admission: Admission,
    ) {
        let ticket = self.ask(link, Question::Persist(scope, dix));
        let voids = admission.voids().map(|(dseq, code)| Void {
            dseq,
            code: code.number(),
        });
        let pending = Pending {
            ticket,
            height: Some(admission.height()),
            blob: None,
            bytes,
            voids: voids.collect(),
            stored: false,
        };
        let scoped = self.scope_state(scope);
        let location = scoped.location;
        let before = &mut scoped.log(dix).pending;
        let beside = before.iter().filter_map(|pending| pending.blob).collect();
        before.push_back(pending);
        link.emit(Event::Persist {
            ticket,
            location,
            dix,
            admission,
            beside,
        });
    }

    pub(super) fn on_blob(&mut self, link: &mut Link, blob: Blob) -> Step {
        if blob.scope == Scope::Zero && self.role == Role::Acceptor {
            return Err(Misbehaved(
                "words of location zero only flow from the acceptor",
            ));
        }
        self.check_dix(blob.dix)?;
        let bytes = blob.bytes.len();
        if bytes > BLOB_BYTES_MAX {
            return Err(Misbehaved("a blob beyond its limit"));
        }
        if BlobHash::of(&blob.bytes) != blob.hash {
            return Err(Misbehaved("a blob that is not what its hash says"));
        }
        self.spend_window(bytes)?;
        let (scope, dix) = (blob.scope, blob.dix);
        if !self.has_place(scope, dix, blob.dseq) {
            // Its entries will be refused too; if they are sent again, so is the blob.
            self.credit_back += bytes;
            return Ok(());
        }
        if self.scope_state(scope).log(dix).view.is_none() {
            self.wait_for_view(link, (scope, dix), Waiting::Blob(blob));
            return Ok(());
        }
        self.take_blob(link, blob);
        Ok(())
    }

    /// Whether a blob may accompany that entry: one of the next in a log that may still grow.
    fn has_place(&mut self, scope: Scope, dix: DeviceIndex, dseq: u64) -> bool {
        let scoped = self.scope_state(scope);
        let device = scoped.roster.device(dix);
        let may_grow = device.is_some_and(|device| {
            let seal = device.sealed.as_ref();
            seal.is_none_or(|seal| dseq <= seal.dseq)
        });
        let log = scoped.log(dix);
        let ahead = dseq.checked_sub(log.expected());
        let is_next = ahead.is_some_and(|ahead| ahead < BATCH_ENTRIES_MAX as u64);
        may_grow && is_next && !log.shut
    }

    /// Asks the host to store a blob whose log has been checked, if there is room for it.
    fn take_blob(&mut self, link: &mut Link, blob: Blob) {
        let (scope, dix, bytes) = (blob.scope, blob.dix, blob.bytes.len());
        if !self.has_place(scope, dix, blob.dseq) {
            self.credit_back += bytes;
            return;
        }
        let view = self.scope_state(scope).log(dix).view.as_mut();
        let view = view.expect("the caller has loaded it");
        if !has_room(view, (blob.dseq, blob.hash), bytes as u64) {
            self.refuse(link, (scope, dix, bytes), Refusal::Full);
            return;
        }
        let ticket = self.ask(link, Question::Persist(scope, dix));
        let scoped = self.scope_state(scope);
        let location = scoped.location;
        scoped.log(dix).pending.push_back(Pending {
            ticket,
            height: None,
            blob: Some((blob.dseq, blob.hash)),
            bytes,
            voids: Vec::new(),
            stored: false,
        });
        link.emit(Event::PersistBlob {
            ticket,
            location,
            dix,
            dseq: blob.dseq,
            hash: blob.hash,
            bytes: blob.bytes,
        });
    }

    /// The host committed `ticket`. Everything that is durable without a gap before it may be
    /// acknowledged.
    pub(super) fn stored(
        &mut self,
        link: &mut Link,
        scope: Scope,
        dix: DeviceIndex,
        ticket: Ticket,
    ) {
        let log = self.scope_state(scope).log(dix);
        let Some(pending) = log
            .pending
            .iter_mut()
            .find(|pending| pending.ticket == ticket)
        else {
            // Discarded after a conflict.
            return;
        };
        pending.stored = true;
        let mut bytes = 0;
        let mut acknowledge = false;
        while log.pending.front().is_some_and(|pending| pending.stored) {
            let mut pending = log.pending.pop_front().expect("the front was looked at");
            bytes += pending.bytes;
            if let Some(height) = pending.height {
                if height.dseq > log.mine.dseq {
                    log.mine = height;
                }
                log.codes.add(&mut pending.voids);
                acknowledge = true;
            }
        }
        self.credit_back += bytes;
        if acknowledge {
            self.acknowledge(link, scope, dix);
        }
    }

    /// Another session stored entries of this log: starts again from the store's state.
    pub(super) fn conflict(
        &mut self,
        link: &mut Link,
        scope: Scope,
        dix: DeviceIndex,
        state: LogState,
    ) {
        let scoped = self.scope_state(scope);
        let log = scoped.log(dix);
        let highest = log
            .pending
            .iter()
            .filter_map(|pending| pending.height)
            .next_back();
        let given_up = log
            .pending
            .iter()
            .filter(|pending| pending.height.is_some());
        let bytes: usize = given_up.map(|pending| pending.bytes).sum();
        log.pending.retain(|pending| pending.height.is_none());
        if state.height.dseq >= log.mine.dseq {
            log.mine = state.height;
            log.ack_tag = true;
            log.codes.forget();
        }
        let expected = log.mine.dseq + 1;
        let missing = highest.is_some_and(|height| height.dseq >= expected);
        log.view = Some(state);
        log.gap = missing;
        self.credit_back += bytes;
        self.acknowledge(link, scope, dix);
        // Flush before the refusal, so that the sender knows the height.
        self.flush(link);
        if missing {
            link.send(Nack::of_log(NackCode::Gap, scope, dix, expected));
        }
    }

    pub(super) fn refuse(
        &mut self,
        link: &mut Link,
        (scope, dix, bytes): (Scope, DeviceIndex, usize),
        refusal: Refusal,
    ) {
        self.credit_back += bytes;
        let scoped = self.scope_state(scope);
        let mark = roster_mark(&scoped.roster);
        let location = scoped.location;
        let log = scoped.log(dix);
        log.gap = true;
        let expected = log.expected();
        let nack = |code| Nack::of_log(code, scope, dix, expected);
        let mut for_good = |code, dseq| {
            log.shut = true;
            link.emit(Event::log_refused(Side::Here, code, (location, dix, dseq)));
            Nack::of_log(code, scope, dix, dseq)
        };
        let forked = matches!(refusal, Refusal::Fork { .. });
        let nack = match refusal {
            Refusal::Gap { expected } => Nack::of_log(NackCode::Gap, scope, dix, expected),
            Refusal::RosterStale => Nack {
                roster: Some(mark),
                ..nack(NackCode::RosterStale)
            },
            Refusal::LimitRate { wait_ms } => Nack {
                wait_ms: Some(wait_ms),
                ..nack(NackCode::Limit)
            },
            Refusal::UnknownCodec => nack(NackCode::UnknownCodec),
            Refusal::Fork { dseq } => for_good(NackCode::Fork, dseq),
            Refusal::Revoked => for_good(NackCode::Revoked, expected),
            Refusal::Full => Nack {
                text: Some(FULL_TEXT.to_owned()),
                ..for_good(NackCode::Full, expected)
            },
            Refusal::BadTip => for_good(NackCode::BadTip, expected),
            Refusal::Malformed(why) => Nack {
                text: Some(why.to_owned()),
                ..for_good(NackCode::Malformed, expected)
            },
        };
        link.send(nack);
        if forked && scope == Scope::Own {
            self.show_copy(dix);
        }
    }

    /// Acceptor: the store took nothing of a log, so it is refused until the next session. The
    /// device still receives what others wrote, which needs no room.
    pub(super) fn unstored(&mut self, link: &mut Link, scope: Scope, dix: DeviceIndex) {
        let scoped = self.scope_state(scope);
        let location = scoped.location;
        let log = scoped.log(dix);
        let bytes: usize = log.pending.drain(..).map(|pending| pending.bytes).sum();
        log.view = None;
        log.gap = true;
        let first = !std::mem::replace(&mut log.shut, true);
        let dseq = log.mine.dseq + 1;
        self.credit_back += bytes;
        if first {
            let log = (location, dix, dseq);
            link.emit(Event::log_refused(Side::Here, NackCode::Full, log));
            link.send(Nack {
                text: Some(UNSTORED_TEXT.to_owned()),
                ..Nack::of_log(NackCode::Full, scope, dix, dseq)
            });
        }
    }

    /// Acceptor: the device's own log here differs from the device's copy. Sends it the entries
    /// stored here, after the last one that it knows to be acknowledged. Its signature under them
    /// shows that another copy of the device wrote them.
    pub(super) fn show_copy(&mut self, dix: DeviceIndex) {
        let acknowledged = self.acknowledged;
        let own = self.own.roster.dix_of(&self.device) == Some(dix);
        let log = self.own.log(dix);
        if self.role == Role::Connector || !own || acknowledged >= log.mine.dseq {
            return;
        }
        log.stopped = true;
        log.shows = true;
        log.sent = acknowledged;
        log.in_flight.clear();
        log.loading = None;
        log.empty_at = None;
    }

    pub(super) fn spend_window(&mut self, bytes: usize) -> Step {
        self.window_left = self
            .window_left
            .checked_sub(bytes)
            .ok_or(Misbehaved("more bytes than there was credit for"))?;
        Ok(())
    }
}

/// The reason if a device's share is used up, for the people there.
const FULL_TEXT: &str = "this device's share of its location's room there is used up. \
    Administrators of the location have some more; the people who run the hub know what takes the \
    room";

/// Counts a blob once, if the device has room for it and its log does not have too much ahead.
pub(super) fn has_room(view: &mut LogState, blob: (u64, BlobHash), bytes: u64) -> bool {
    if view.blobs_ahead.contains_key(&blob) {
        return true;
    }
    let counted = |bytes: &u64| (*bytes).max(BLOB_BYTES_COUNTED_MIN);
    let ahead: u64 = view.blobs_ahead.values().map(counted).sum();
    let more = Held {
        documents: 0,
        bytes,
    };
    let full = view.room.is_some_and(|room| !room.left().fits(more));
    if full || ahead + counted(&bytes) > BLOBS_AHEAD_BYTES_MAX {
        return false;
    }
    view.blobs_ahead.insert(blob, bytes);
    if let Some(room) = &mut view.room {
        room.add(more);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::Role, log::room::Room};

    #[test]
    fn a_full_share_takes_no_blob() {
        let hash = BlobHash::new([1; 32]);
        let mut room = Room::empty(Role::Member);
        room.add(Held {
            documents: 0,
            bytes: room.left().bytes - 10,
        });
        let mut view = LogState {
            room: Some(room),
            ..LogState::default()
        };
        assert!(!has_room(&mut view, (1, hash), 11));
        assert!(has_room(&mut view, (1, hash), 10));
        assert!(has_room(&mut view, (1, hash), 10), "it is there already");
    }
}
