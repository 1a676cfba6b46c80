//! The session as the host sees it: bytes and answers in, bytes and events out.

mod reading;

use std::collections::BTreeMap;

use super::{
    event::{
        Admittance, CloseReason, Event, JoinRefusal, Outgoing, Persisted, Refused, Replica,
        RosterRefusal, SessionError, Ticket,
    },
    handshake::{Admitting, AwaitGreeting, AwaitJoined, AwaitWelcome, Joining},
    inbox::{Inbox, Inboxes},
    open::{self, Link, Open},
};
use crate::{
    id::{DeviceId, DeviceIndex, LocationId},
    identity::{
        Roster, SignedOperation,
        reads::{ReadPart, ReadsAfter},
    },
    log::gate::{Height, LogState, VoidCode},
    time::Timestamp,
    wire::{
        FrameReader, NackCode,
        limits::{JOIN_MS_MAX, PING_MS_MAX, QUIET_MS_MAX, TEXT_BYTES_MAX},
        message::{Join, Joined, NoticeLevel, Ping, RetryAfter},
    },
};

/// A connector's state when it sends HELLO.
#[derive(Clone, Debug)]
pub struct Local {
    /// This device.
    pub device: DeviceId,
    /// Its durable copy.
    pub replica: Replica,
    /// Number of entries in its own log without a known acknowledgement.
    pub outbox: u64,
    /// Whether news of location zero is pushed.
    pub wants_zero: bool,
}

/// One end of a connection; see the [module](super).
#[derive(Debug)]
pub struct Session {
    link: Link,
    state: State,
    reader: FrameReader,
    inbox: Inbox,
    /// Time since which a frame from the peer has been unfinished.
    unfinished: Option<Timestamp>,
    /// Anything stored before the session was open.
    stored: BTreeMap<(LocationId, DeviceIndex), Height>,
    /// The height to which the device's own log was written again before that.
    rewritten: Option<(DeviceIndex, Height)>,
    rosters: BTreeMap<LocationId, Roster>,
    offer: Vec<SignedOperation>,
    /// Deadline for the greetings.
    deadline: Option<Timestamp>,
    heard: Timestamp,
    /// Time since which an answer of the peer has been due.
    waiting: Option<Timestamp>,
    pinged: Option<Timestamp>,
}

/// The state of a session; the types are in `handshake` and `open`.
#[derive(Debug)]
pub(super) enum State {
    AwaitJoined(AwaitJoined),
    AwaitWelcome(Box<AwaitWelcome>),
    AwaitGreeting(AwaitGreeting),
    Joining(Joining),
    Admitting(Admitting),
    Open(Box<Open>),
    Over,
}

impl Session {
    /// Creates a connector that sends HELLO.
    pub fn connect(local: Local, now: Timestamp) -> Self {
        let mut link = Link::default();
        let state = State::AwaitWelcome(AwaitWelcome::start(&mut link, local));
        Self::new(link, state, now)
    }

    /// Creates a connector that sends JOIN; it ends with [`Event::Joined`] or a refusal.
    pub fn join(join: Join, now: Timestamp) -> Self {
        let mut link = Link::default();
        let state = State::AwaitJoined(AwaitJoined::start(&mut link, join));
        Self::new(link, state, now)
    }

    /// Creates an acceptor; `peer` is the device of the TLS key.
    pub fn accept(peer: DeviceId, now: Timestamp) -> Self {
        let state = State::AwaitGreeting(AwaitGreeting { peer });
        Self::new(Link::default(), state, now)
    }

    fn new(link: Link, state: State, now: Timestamp) -> Self {
        Self {
            link,
            state,
            reader: FrameReader::default(),
            inbox: Inbox::default(),
            unfinished: None,
            stored: BTreeMap::new(),
            rewritten: None,
            rosters: BTreeMap::new(),
            offer: Vec::new(),
            deadline: Some(now.plus_ms(JOIN_MS_MAX)),
            heard: now,
            waiting: None,
            pinged: None,
        }
    }

    /// Counts this session's bytes in `inboxes`, with those of all sessions of the process.
    #[must_use]
    pub fn among(mut self, inboxes: &Inboxes) -> Self {
        self.inbox = Inbox::among(inboxes);
        self
    }

    /// Handles bytes from the peer, in any portions.
    ///
    /// # Errors
    /// If the peer breaks the protocol. The session is then over, and the peer hears why.
    pub fn handle_bytes(&mut self, now: Timestamp, bytes: &[u8]) -> Result<(), SessionError> {
        if self.link.over {
            return Err(SessionError::Closed);
        }
        self.heard = now;
        self.pinged = None;
        self.reader.push(bytes);
        self.read(now)
    }

    /// Handles the timeout that [`Self::poll_timeout`] returned.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.link.over {
            return;
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.link.close(CloseReason::TimedOut, None);
            return;
        }
        match self.pinged {
            Some(pinged) if now.since_ms(pinged) >= PING_MS_MAX => {
                self.link.close(CloseReason::TimedOut, None);
            }
            Some(_) => {}
            None if self
                .quiet_since()
                .is_some_and(|since| now.since_ms(since) >= QUIET_MS_MAX) =>
            {
                self.pinged = Some(now);
                let nonce = now.ms().unsigned_abs();
                let answer = false;
                self.link.send(Ping { nonce, answer });
            }
            None => {}
        }
        self.with_open(now, |open, link| open.on_timeout(link, now));
        self.shed_unfinished(now);
    }

    /// Handles the loss of the connection.
    pub fn handle_disconnected(&mut self) {
        self.link.close(CloseReason::Disconnected, None);
    }

    /// Answers [`Event::Join`]. `Ok` only once the device is durably in the roster.
    pub fn handle_joined(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        answer: Result<Joined, JoinRefusal>,
    ) {
        let state = std::mem::replace(&mut self.state, State::Over);
        self.state = if let State::Joining(joining) = state {
            joining.answer(&mut self.link, ticket, answer)
        } else {
            state
        };
        self.read_on(now);
    }

    /// Answers [`Event::JoinStale`] with the AddDevice, signed on the received roster.
    pub fn rejoin(&mut self, operation: Vec<u8>) {
        let state = std::mem::replace(&mut self.state, State::Over);
        self.state = if let State::AwaitJoined(waiting) = state {
            State::AwaitJoined(waiting.rejoin(&mut self.link, operation))
        } else {
            state
        };
    }

    /// Answers [`Event::Hello`] with this end's copy, or the reason for not serving the device.
    pub fn handle_admitted(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        answer: Result<impl Into<Admittance>, Refused>,
    ) {
        let (answer, full) = (answer.map(Into::into), self.inbox.is_full());
        let state = std::mem::replace(&mut self.state, State::Over);
        self.state = if let State::Admitting(admitting) = state {
            admitting.answer(&mut self.link, now, ticket, answer, full)
        } else {
            state
        };
        self.opened(now);
        self.read_on(now);
    }

    /// Answers [`Event::LoadLog`].
    pub fn handle_log(&mut self, now: Timestamp, ticket: Ticket, state: LogState) {
        self.with_open(now, |open, link| open.on_log(link, now, ticket, state));
        self.read_on(now);
    }

    /// Answers [`Event::LoadVoids`].
    pub fn handle_voids(&mut self, now: Timestamp, ticket: Ticket, voids: &[(u64, VoidCode)]) {
        self.with_open(now, |open, link| open.on_voids(link, ticket, voids));
    }

    /// Answers [`Event::Persist`] and [`Event::PersistBlob`]; in any order.
    pub fn handle_persisted(&mut self, now: Timestamp, ticket: Ticket, answer: Persisted) {
        self.with_open(now, |open, link| open.on_persisted(link, ticket, answer));
    }

    /// Answers [`Event::PersistRoster`] with the current roster, appended to or not.
    pub fn handle_roster(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        answer: Result<Roster, RosterRefusal>,
    ) {
        self.with_open(now, |open, link| {
            open.on_roster_persisted(link, ticket, answer)
        });
        self.read_on(now);
    }

    /// Answers [`Event::Load`].
    pub fn handle_loaded(&mut self, now: Timestamp, ticket: Ticket, outgoing: Outgoing) {
        self.with_open(now, |open, link| open.on_loaded(link, ticket, outgoing));
    }

    /// Answers [`Event::LoadRoster`] with all operations but the first `after`.
    pub fn handle_roster_loaded(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        operations: &[SignedOperation],
    ) {
        self.with_open(now, |open, link| {
            open.on_roster_loaded(link, ticket, operations)
        });
    }

    /// Connector: asks for the rows of the location's ledger of reads, and the proofs, after
    /// `after`. The answer is [`Event::Reads`]; an older peer gives none.
    pub fn ask_reads(&mut self, now: Timestamp, after: ReadsAfter) {
        self.with_open(now, |open, link| open.ask_reads(link, after));
    }

    /// Answers [`Event::LoadReads`]; `None` if this end has no such ledger.
    pub fn handle_reads(&mut self, now: Timestamp, ticket: Ticket, part: Option<ReadPart>) {
        self.with_open(now, |open, link| open.on_reads_loaded(link, ticket, part));
    }

    /// Handles a log now stored up to `height` by any session; offers it if the peer lacks some.
    pub fn handle_stored(
        &mut self,
        now: Timestamp,
        location: LocationId,
        dix: DeviceIndex,
        height: Height,
    ) {
        if self.open().is_none() {
            let known = self.stored.entry((location, dix)).or_default();
            if height.dseq > known.dseq {
                *known = height;
            }
            return;
        }
        self.with_open(now, |open, _| {
            if let Some(scope) = open.scope_of(&location) {
                open.on_stored(scope, dix, height);
            }
        });
    }

    /// Handles the device's own log whose end, not yet offered to anybody, was written again up to
    /// `height`. The session goes on.
    pub fn handle_rewritten(
        &mut self,
        now: Timestamp,
        location: LocationId,
        dix: DeviceIndex,
        height: Height,
    ) {
        if self.open().is_none() {
            self.stored.remove(&(location, dix));
            self.rewritten = Some((dix, height));
            return;
        }
        self.with_open(now, |open, link| open.on_rewritten(link, dix, height));
    }

    /// Handles a roster that has grown: sends it to the peer, and ends a sealed peer's session.
    pub fn handle_roster_changed(&mut self, now: Timestamp, roster: Roster) {
        if self.open().is_none() {
            self.rosters.insert(roster.location(), roster);
            return;
        }
        self.with_open(now, |open, link| open.on_roster_changed(link, roster));
    }

    /// Asks the peer to append operations to the device's own location's roster. Ends with
    /// [`Event::RosterAccepted`] or [`Event::RosterRefused`].
    pub fn offer_roster(&mut self, now: Timestamp, operations: Vec<SignedOperation>) {
        self.offer = operations;
        self.offer_now(now);
    }

    /// Sends a message to the user at the other end.
    pub fn notify(&mut self, level: NoticeLevel, text: &str) {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        open::notice(&mut self.link, level, text[..end].to_owned());
    }

    /// Ends the session; bytes already queued may still be transmitted.
    pub fn close(&mut self) {
        self.link.close(CloseReason::Shutdown, None);
    }

    /// Ends the session, and gives the peer the reason: the host's store does not answer.
    pub fn fail(&mut self, text: &str) {
        self.link.refuse(NackCode::Unavailable, text);
    }

    /// Ends the session and asks the peer to stay away for a while.
    pub fn shed(&mut self, retry_after_ms: u64) {
        self.link.send(RetryAfter { ms: retry_after_ms });
        self.link.close(CloseReason::Shutdown, None);
    }

    /// Returns bytes for the peer. Call it after the end too, until there are none.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if let State::Open(open) = &mut self.state {
            open.flush(&mut self.link);
        }
        (!self.link.out.is_empty()).then(|| std::mem::take(&mut self.link.out))
    }

    /// Number of bytes that [`Self::poll_transmit`] would return, without acknowledgements now due.
    pub const fn unsent_bytes(&self) -> usize {
        self.link.out.len()
    }

    /// Returns the next event for the host.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.link.events.pop_front()
    }

    /// Returns the latest time at which to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        if self.link.over {
            return None;
        }
        let sign_of_life = match self.pinged {
            Some(pinged) => Some(pinged.plus_ms(PING_MS_MAX)),
            None => self.quiet_since().map(|since| since.plus_ms(QUIET_MS_MAX)),
        };
        let log = self.open().and_then(Open::timeout);
        let unfinished = self.unfinished.map(|since| since.plus_ms(QUIET_MS_MAX));
        [self.deadline, sign_of_life, log, unfinished]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether both ends held the same at some point of this session.
    pub fn is_live(&self) -> bool {
        self.open().is_some_and(|open| open.live)
    }

    /// Whether nothing is in flight: the peer has acknowledged everything that is stored here, and
    /// everything that the peer announced is stored here.
    pub fn is_settled(&self) -> bool {
        self.open().is_some_and(Open::settled)
    }

    fn open(&self) -> Option<&Open> {
        if let State::Open(open) = &self.state {
            Some(open)
        } else {
            None
        }
    }

    /// Whether the session has ended.
    pub fn is_over(&self) -> bool {
        self.link.over
    }
}
