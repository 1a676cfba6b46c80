//! The state after WELCOME: both ends offer, judge and acknowledge.
//!
//! This file has the common part; [`receive`](super::receive), [`send`](super::send) and
//! [`roster`](super::roster) have the three others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    event::{Admittance, CloseReason, Event, Persisted, Refused, Side, Ticket},
    gather::Gathered,
    packed::Unpacker,
    scope_state::ScopeState,
};
use crate::{
    id::{DeviceId, DeviceIndex, DocId, LocationId, RosterHash},
    identity::{SignedOperation, reads::SeenTag},
    log::{
        allowance::Allowance,
        gate::{Batch, Height},
    },
    time::Timestamp,
    wire::{
        Message, Nack, NackCode, frame,
        limits::{CREDIT_BYTES_START, INBOXES_WAIT_MS, LOGS_MAX},
        message::{Blob, Credit, NoticeLevel, Ping, Scope, Sub},
    },
};

/// The part that an end plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Connector,
    Acceptor,
}

/// The machine's output: bytes for the peer, events for the host.
#[derive(Debug, Default)]
pub(super) struct Link {
    pub(super) events: VecDeque<Event>,
    pub(super) out: Vec<u8>,
    tickets: u64,
    pub(super) over: bool,
}

impl Link {
    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    pub(super) fn send(&mut self, message: impl Into<Message>) {
        if !self.over {
            frame::encode(&message.into(), &mut self.out);
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Ends the session; only the first reason counts.
    pub(super) fn close(&mut self, reason: CloseReason, retry_after_ms: Option<u64>) {
        if !self.over {
            self.over = true;
            self.emit(Event::Closed {
                reason,
                retry_after_ms,
            });
        }
    }

    /// Tells the peer why the session cannot continue, and ends it.
    pub(super) fn refuse(&mut self, code: NackCode, text: &str) {
        self.send(Nack {
            text: Some(text.to_owned()),
            ..Nack::bare(code)
        });
        self.close(CloseReason::RefusedHere(code, text.to_owned()), None);
    }
}

/// A protocol rule that the peer broke; the session ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Misbehaved(pub(super) &'static str);

pub(super) type Step = Result<(), Misbehaved>;

/// The question that a ticket was issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    LoadLog(Scope, DeviceIndex),
    LoadVoids(Scope, DeviceIndex),
    Persist(Scope, DeviceIndex),
    Load(Scope, DeviceIndex),
    PersistRoster(Scope, RosterHash),
    LoadRoster(Scope, usize),
    LoadReads,
}

/// An item that waits for the state of its log.
#[derive(Debug)]
pub(super) enum Waiting {
    Batch(Parked),
    Blob(Blob),
}

/// A batch on its way to the gate.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) scope: Scope,
    pub(super) batch: Batch,
    pub(super) bytes: usize,
}

/// Entries and blobs that wait for credit.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) scope: Scope,
    pub(super) dix: DeviceIndex,
    pub(super) bytes: usize,
    pub(super) cargo: super::send::Cargo,
}

/// The state after WELCOME.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) role: Role,
    /// The connector's device, at both ends.
    pub(super) device: DeviceId,
    pub(super) own: ScopeState,
    pub(super) zero: ScopeState,
    pub(super) zero_wanted: bool,

    pub(super) credit_left: usize,
    pub(super) ready: VecDeque<Ready>,
    pub(super) ready_bytes: usize,
    pub(super) numbers: BTreeMap<DocId, u32>,

    /// The credit that the peer has left, and the credit that may be granted to it again.
    pub(super) window_left: usize,
    pub(super) credit_back: usize,
    pub(super) documents: Unpacker,
    pub(super) allowance: Allowance,
    /// Entries that were charged to the allowance.
    pub(super) spent: u64,
    /// No credit is granted until then: all inboxes of this process are full.
    pub(super) starved_until: Option<Timestamp>,
    /// Acceptor: the last entry of its own log that the device knows to be acknowledged.
    pub(super) acknowledged: u64,
    pub(super) ack_due: BTreeSet<(Scope, DeviceIndex)>,

    pub(super) questions: BTreeMap<Ticket, Question>,
    /// Nothing more is read until this question is answered.
    pub(super) paused: Option<Ticket>,
    pub(super) parked: Option<Waiting>,
    /// Empty between reads.
    pub(super) gathered: Gathered,
    pub(super) live: bool,
    /// Connector: rows of the ledger of reads were asked for.
    pub(super) reads_asked: bool,
    /// Acceptor: the tag of what the device holds as seen by the national team.
    pub(super) seen_held: SeenTag,
}

impl Open {
    pub(super) fn new(
        role: Role,
        device: DeviceId,
        admittance: Admittance,
        now: Timestamp,
    ) -> Self {
        let replica = admittance.replica;
        Self {
            role,
            device,
            own: ScopeState::new(replica.roster, replica.heights),
            zero: ScopeState::new(replica.zero, replica.zero_heights),
            zero_wanted: false,
            credit_left: CREDIT_BYTES_START,
            ready: VecDeque::new(),
            ready_bytes: 0,
            numbers: BTreeMap::new(),
            window_left: CREDIT_BYTES_START,
            credit_back: 0,
            documents: Unpacker::default(),
            allowance: admittance.allowance.unwrap_or_else(|| Allowance::new(now)),
            spent: 0,
            starved_until: None,
            acknowledged: 0,
            ack_due: BTreeSet::new(),
            questions: BTreeMap::new(),
            paused: None,
            parked: None,
            gathered: Gathered::default(),
            live: false,
            reads_asked: false,
            seen_held: SeenTag::default(),
        }
    }

    pub(super) fn scope_state(&mut self, scope: Scope) -> &mut ScopeState {
        match scope {
            Scope::Own => &mut self.own,
            Scope::Zero => &mut self.zero,
        }
    }

    /// The state of that location; `None` if the session does not cover it.
    pub(super) fn scope_of(&self, location: &LocationId) -> Option<Scope> {
        if *location == self.own.location {
            Some(Scope::Own)
        } else {
            (*location == self.zero.location).then_some(Scope::Zero)
        }
    }

    /// Whether this end offers the roster of that scope to the peer. The acceptor alone decides
    /// about location zero. Entries of it go either way: an acceptor that was restored from a
    /// backup receives those again that it wrote since.
    pub(super) fn sends_roster(&self, scope: Scope) -> bool {
        scope == Scope::Own || self.role == Role::Acceptor
    }

    pub(super) fn ask(&mut self, link: &mut Link, question: Question) -> Ticket {
        let ticket = link.ticket();
        self.questions.insert(ticket, question);
        ticket
    }

    pub(super) fn on_message(&mut self, link: &mut Link, now: Timestamp, message: Message) -> Step {
        if !matches!(message, Message::Entries(_)) {
            self.judge_gathered(link, now);
        }
        match message {
            Message::RosterPart(part) => self.on_roster(link, part)?,
            Message::Entries(entries) => self.on_entries(link, now, entries)?,
            Message::Blob(blob) => self.on_blob(link, blob)?,
            Message::Ack(ack) => self.on_ack(link, ack)?,
            Message::Nack(nack) => self.on_nack(link, now, nack)?,
            Message::Credit(credit) => self.on_credit(credit)?,
            Message::Sub(sub) => self.on_sub(link, sub),
            Message::Notice(notice) => link.emit(Event::Notice {
                level: notice.level,
                text: notice.text,
            }),
            Message::RetryAfter(retry) => {
                link.close(CloseReason::RetryAfter, Some(retry.ms));
            }
            Message::Ping(Ping { nonce, answer }) => {
                if !answer {
                    let answer = true;
                    link.send(Ping { nonce, answer });
                }
            }
            Message::Hello(hello) => self.on_hello(&hello)?,
            Message::GetReads(get) => self.on_get_reads(link, get)?,
            Message::Reads(reads) => self.on_reads(link, reads)?,
            Message::Join(_) | Message::Joined(_) | Message::Welcome(_) => {
                return Err(Misbehaved("a greeting after the greetings"));
            }
        }
        self.go_on(link, now);
        Ok(())
    }

    fn on_sub(&mut self, link: &mut Link, sub: Sub) {
        if sub.feed == Sub::ZERO && self.role == Role::Acceptor {
            self.zero_wanted = true;
            return;
        }
        let text = "this feed is not for a location's device";
        link.send(Nack::of_message(NackCode::NotAllowed, 0x0b, text));
    }

    /// Handles something stored, here or in another session: offers it if the peer lacks it.
    pub(super) fn on_stored(&mut self, scope: Scope, dix: DeviceIndex, height: Height) {
        let log = self.scope_state(scope).log(dix);
        if height.dseq <= log.mine.dseq {
            return;
        }
        log.mine = height;
        log.codes.forget();
        log.empty_at = None;
        let behind = log
            .view
            .as_ref()
            .is_some_and(|view| view.height.dseq < height.dseq);
        if behind && log.pending.is_empty() {
            // Another session stored these entries; the state is loaded again when needed.
            log.view = None;
        }
    }

    pub(super) fn on_persisted(&mut self, link: &mut Link, ticket: Ticket, answer: Persisted) {
        let Some(Question::Persist(scope, dix)) = self.questions.remove(&ticket) else {
            return;
        };
        match answer {
            Persisted::Stored => self.stored(link, scope, dix, ticket),
            Persisted::Conflict(state) => self.conflict(link, scope, dix, state),
            Persisted::Failed if self.role == Role::Acceptor => self.unstored(link, scope, dix),
            Persisted::Failed => {
                link.send(Nack {
                    text: Some(UNSTORED_TEXT.to_owned()),
                    ..Nack::bare(NackCode::Full)
                });
                link.close(CloseReason::StoreFailed, None);
            }
        }
    }

    /// Continues after any change: sends, asks the store, or becomes live.
    pub(super) fn go_on(&mut self, link: &mut Link, now: Timestamp) {
        self.send_rosters(link);
        self.want_loads(link, now);
        self.send_ready(link);
        if !self.live && self.settled() && self.paused.is_none() {
            self.live = true;
            link.emit(Event::Live);
        }
    }

    pub(super) fn settled(&self) -> bool {
        self.own.settled(true) && self.zero.settled(self.role == Role::Acceptor)
    }

    /// Writes the acknowledgements and credit that are due.
    pub(super) fn flush(&mut self, link: &mut Link) {
        for (scope, dix) in std::mem::take(&mut self.ack_due) {
            let log = self.scope_state(scope).log(dix);
            if log.codes.is_asking() {
                self.ack_due.insert((scope, dix));
                continue;
            }
            let ack = log.ack(scope, dix);
            link.send(ack);
        }
        if self.starved_until.is_some() {
            return;
        }
        let idle = self.window_left + self.credit_back >= CREDIT_BYTES_START;
        if self.credit_back >= CREDIT_BYTES_START / 4 || (idle && self.credit_back > 0) {
            let bytes = u32::try_from(self.credit_back).expect("bounded by the credit at start");
            self.window_left += self.credit_back;
            self.credit_back = 0;
            link.send(Credit { bytes });
        }
    }

    /// The time at which a log may be sent again after the peer's rate limit.
    pub(super) fn timeout(&self) -> Option<Timestamp> {
        let logs = self.own.logs.values().chain(self.zero.logs.values());
        let waits = logs.filter_map(|log| log.wait_until);
        waits.chain(self.starved_until).min()
    }

    /// Number of body and blob bytes received but not yet stored or refused.
    pub(super) const fn inbox_bytes(&self) -> usize {
        CREDIT_BYTES_START.saturating_sub(self.window_left + self.credit_back)
    }

    /// Records whether all inboxes of this process are full. If so, credit that is due waits.
    pub(super) fn starve(&mut self, full: bool, now: Timestamp) {
        let waits = full && self.credit_back > 0;
        self.starved_until = waits.then(|| now.plus_ms(INBOXES_WAIT_MS));
    }

    pub(super) fn on_timeout(&mut self, link: &mut Link, now: Timestamp) {
        for scoped in [&mut self.own, &mut self.zero] {
            for log in scoped.logs.values_mut() {
                log.wait_until = log.wait_until.filter(|until| *until > now);
            }
        }
        self.go_on(link, now);
    }

    /// Limits the peer to the number of logs that a location may have.
    pub(super) fn check_dix(&self, dix: DeviceIndex) -> Step {
        if dix.0 == 0 || usize::from(dix.0) > LOGS_MAX {
            return Err(Misbehaved("a log with a number out of range"));
        }
        Ok(())
    }
}

/// The reason if the store fails, for the people at the other end.
pub(super) const UNSTORED_TEXT: &str = "it cannot store anything now, so its disk may be full. \
    What was not acknowledged stays safe with its sender: tell the people who run it";

pub(super) fn notice(link: &mut Link, level: NoticeLevel, text: String) {
    link.send(crate::wire::message::Notice { level, text });
}

pub(super) fn refused_by_peer(nack: Nack, log: Option<(LocationId, DeviceIndex, u64)>) -> Event {
    Event::Refused(Refused {
        by: Side::Peer,
        code: nack.code,
        log,
        text: nack.text.unwrap_or_default(),
    })
}

pub(super) fn offer_head(operations: &[SignedOperation]) -> Option<RosterHash> {
    operations.last().map(SignedOperation::hash)
}

impl Open {
    pub(super) fn peer_has(&mut self, scope: Scope, dix: DeviceIndex, dseq: u64) {
        self.scope_state(scope).log(dix).peer_has(dseq);
    }
}
