//! A session's state for one of its two locations: the roster and each log, in both directions.

use std::collections::{BTreeMap, VecDeque};

use super::{event::Ticket, voids::Codes};
use crate::{
    id::{BlobHash, DeviceIndex, LocationId, RosterHash},
    identity::Roster,
    log::gate::{Height, LogState},
    time::Timestamp,
    wire::{
        Nack,
        limits::BACKLOG_ENTRIES_MAX,
        message::{LogMark, RosterMark, Void},
    },
};

/// One log, seen from both directions.
#[derive(Debug)]
pub(super) struct Log {
    /// Durable here.
    pub(super) mine: Height,
    /// Durable at the peer, as far as it stated or sent.
    pub(super) peer: u64,
    /// Height that the peer claims to hold; until that has arrived, this end is not live.
    pub(super) announced: u64,
    /// Height here at HELLO.
    pub(super) at_hello: u64,
    /// Height of the peer at HELLO, within reason; later entries are live and rate limited.
    pub(super) backlog: u64,

    /// The last entry handed to the outgoing queue.
    pub(super) sent: u64,
    pub(super) loading: Option<Ticket>,
    /// The last entries of the batches that were handed to the queue and are not acknowledged yet.
    pub(super) in_flight: VecDeque<u64>,
    /// Time until which the peer's rate limit applies.
    pub(super) wait_until: Option<Timestamp>,
    /// The peer does not read compressed bodies.
    pub(super) raw_only: bool,
    /// The peer refused the log for good; nothing more is sent of it.
    pub(super) stopped: bool,
    /// Although it is stopped, send the next entries: they show a device that another copy of it
    /// has written here.
    pub(super) shows: bool,
    /// The height at which the store had nothing to send, contrary to what it had reported.
    pub(super) empty_at: Option<u64>,
    /// The entry resent last, and the number of times.
    pub(super) resent: (u64, u8),

    /// This end's state for the gate; ahead of `mine` while entries wait for their commit.
    pub(super) view: Option<LogState>,
    pub(super) pending: VecDeque<Pending>,
    /// A refusal was sent; batches are dropped until the requested one arrives.
    pub(super) gap: bool,
    /// Refused for good here; any further batch is dropped.
    pub(super) shut: bool,
    /// The peer's knowledge of voided entries.
    pub(super) codes: Codes,
    pub(super) ack_tag: bool,
    /// Connector: the acceptor holds the own log as this end does, and will send an ACK with the
    /// void entries.
    pub(super) ack_follows: bool,
}

/// A part of a log that waits for the store.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) ticket: Ticket,
    /// Height of the log once it is stored; `None` for a blob.
    pub(super) height: Option<Height>,
    /// The entry of a blob, and its hash.
    pub(super) blob: Option<(u64, BlobHash)>,
    pub(super) bytes: usize,
    pub(super) voids: Vec<Void>,
    pub(super) stored: bool,
}

impl Log {
    pub(super) fn new(mine: Height) -> Self {
        Self {
            mine,
            peer: 0,
            announced: 0,
            at_hello: mine.dseq,
            backlog: 0,
            sent: 0,
            loading: None,
            in_flight: VecDeque::new(),
            wait_until: None,
            raw_only: false,
            stopped: false,
            shows: false,
            empty_at: None,
            resent: (0, 0),
            view: None,
            pending: VecDeque::new(),
            gap: false,
            shut: false,
            codes: Codes::told(mine.dseq),
            ack_tag: false,
            ack_follows: false,
        }
    }

    /// The next entry that the gate will accept, while the state is loaded.
    pub(super) fn expected(&self) -> u64 {
        self.view
            .as_ref()
            .map_or(self.mine.dseq, |view| view.height.dseq)
            + 1
    }

    pub(super) fn peer_has(&mut self, dseq: u64) {
        self.peer = self.peer.max(dseq);
        self.announced = self.announced.max(dseq);
        self.sent = self.sent.max(dseq);
        while self.in_flight.front().is_some_and(|last| *last <= dseq) {
            self.in_flight.pop_front();
        }
    }

    /// Whether entries that the peer held at HELLO are still arriving, without a refusal.
    pub(super) const fn is_backlog_coming(&self) -> bool {
        self.mine.dseq < self.backlog && !self.shut && !self.gap
    }

    fn settled(&self) -> bool {
        let sent = self.stopped || self.peer >= self.mine.dseq;
        let received = self.shut || (self.mine.dseq >= self.announced && self.pending.is_empty());
        sent && received && !self.ack_follows
    }
}

/// One of the two locations of a session.
#[derive(Debug)]
pub(super) struct ScopeState {
    pub(super) location: LocationId,
    pub(super) roster: Roster,
    /// Number of operations that the peer holds.
    pub(super) peer_len: usize,
    /// Number of operations that the peer claims to hold.
    pub(super) announced_len: usize,
    pub(super) loading: Option<Ticket>,
    /// Sent once the roster has been sent to the peer.
    pub(super) refusal: Option<Nack>,
    /// The hash of the last of our operations that the peer is asked to append.
    pub(super) offer: Option<RosterHash>,
    pub(super) logs: BTreeMap<DeviceIndex, Log>,
}

impl ScopeState {
    pub(super) fn new(roster: Roster, heights: Vec<(DeviceIndex, Height)>) -> Self {
        let logs = heights
            .into_iter()
            .map(|(dix, height)| (dix, Log::new(height)));
        Self {
            location: roster.location(),
            peer_len: roster.len(),
            announced_len: roster.len(),
            loading: None,
            refusal: None,
            offer: None,
            logs: logs.collect(),
            roster,
        }
    }

    /// Records the heights in which the peer differs from what this end stated.
    ///
    /// Returns the logs of which the peer holds another entry at the same height.
    pub(super) fn peer_holds(
        &mut self,
        roster: Option<RosterMark>,
        differing: &[LogMark],
    ) -> Vec<(DeviceIndex, u64)> {
        if let Some(mark) = roster {
            self.peer_len = mark.len as usize;
            self.announced_len = mark.len as usize;
        }
        for log in self.logs.values_mut() {
            log.peer = log.mine.dseq;
        }
        let mut forked = Vec::new();
        for mark in differing {
            let log = self.log(mark.dix);
            log.peer = mark.dseq;
            if mark.dseq == log.mine.dseq && mark.dseq > 0 {
                log.stopped = true;
                log.shut = true;
                forked.push((mark.dix, mark.dseq));
            }
        }
        for log in self.logs.values_mut() {
            log.announced = log.peer;
            log.sent = log.peer;
            log.backlog = log
                .peer
                .min(log.mine.dseq.saturating_add(BACKLOG_ENTRIES_MAX));
        }
        forked
    }

    pub(super) fn log(&mut self, dix: DeviceIndex) -> &mut Log {
        self.logs
            .entry(dix)
            .or_insert_with(|| Log::new(Height::ZERO))
    }

    pub(super) fn settled(&self, sends: bool) -> bool {
        let roster = (!sends || self.peer_len >= self.roster.len())
            && self.roster.len() >= self.announced_len;
        roster && self.logs.values().all(Log::settled)
    }
}
