//! The session as its host sees it: bytes and answers in, bytes and events out.

use std::collections::BTreeMap;

use super::{
    event::{
        CloseReason, Event, JoinRefusal, Outgoing, Persisted, Refused, Replica, RosterRefusal,
        SessionError, Ticket,
    },
    handshake::{Admitting, AwaitGreeting, AwaitJoined, AwaitWelcome, Joining},
    open::{self, Link, Misbehaved, Open},
};
use crate::{
    id::{DeviceId, Dix, LocationId},
    identity::{Roster, SignedOperation},
    log::gate::{Height, LogState},
    time::Timestamp,
    wire::{
        BadFrame, Frame, FrameReader, Message, NackCode,
        limits::{
            FRAME_BYTES_MAX, HELLO_BYTES_MAX, INBOX_BYTES_MAX, JOIN_BYTES_MAX, JOIN_MS_MAX,
            PING_MS_MAX, QUIET_MS_MAX, TEXT_BYTES_MAX,
        },
        message::{Join, Joined, NoticeLevel, Ping, RetryAfter},
    },
};

/// What a connector holds when it says HELLO.
#[derive(Clone, Debug)]
pub struct Local {
    /// This device.
    pub device: DeviceId,
    /// What it holds, durably.
    pub replica: Replica,
    /// Entries of its own log that no acknowledgement is known of.
    pub outbox: u64,
    /// Whether news of location zero should be pushed.
    pub wants_zero: bool,
}

/// One end of a connection; see the [module](super).
#[derive(Debug)]
pub struct Session {
    link: Link,
    state: State,
    reader: FrameReader,
    /// What the host stored before the session was open.
    stored: BTreeMap<(LocationId, Dix), Height>,
    rosters: BTreeMap<LocationId, Roster>,
    offer: Vec<SignedOperation>,
    /// The greetings must be over by then.
    deadline: Option<Timestamp>,
    heard: Timestamp,
    /// Since when something is expected of the peer.
    waiting: Option<Timestamp>,
    pinged: Option<Timestamp>,
}

/// Where a session stands; the types are in `handshake` and `open`.
#[derive(Debug)]
pub(super) enum State {
    AwaitJoined(AwaitJoined),
    AwaitWelcome(AwaitWelcome),
    AwaitGreeting(AwaitGreeting),
    Joining(Joining),
    Admitting(Admitting),
    Open(Box<Open>),
    Over,
}

impl Session {
    /// A connector that says HELLO.
    #[must_use]
    pub fn connect(local: Local, now: Timestamp) -> Self {
        let mut link = Link::default();
        let state = State::AwaitWelcome(AwaitWelcome::start(&mut link, local));
        Self::new(link, state, now)
    }

    /// A connector that says JOIN; it ends with [`Event::Joined`] or a refusal.
    #[must_use]
    pub fn join(join: Join, now: Timestamp) -> Self {
        let mut link = Link::default();
        let state = State::AwaitJoined(AwaitJoined::start(&mut link, join));
        Self::new(link, state, now)
    }

    /// An acceptor; `peer` is the device of the TLS key.
    #[must_use]
    pub fn accept(peer: DeviceId, now: Timestamp) -> Self {
        let state = State::AwaitGreeting(AwaitGreeting { peer });
        Self::new(Link::default(), state, now)
    }

    fn new(link: Link, state: State, now: Timestamp) -> Self {
        Self {
            link,
            state,
            reader: FrameReader::default(),
            stored: BTreeMap::new(),
            rosters: BTreeMap::new(),
            offer: Vec::new(),
            deadline: Some(now.plus_ms(JOIN_MS_MAX)),
            heard: now,
            waiting: None,
            pinged: None,
        }
    }

    /// Bytes came from the peer, in any portions.
    ///
    /// # Errors
    /// Where the peer breaks the protocol: the session is over then, and says so to the peer.
    pub fn handle_bytes(&mut self, now: Timestamp, bytes: &[u8]) -> Result<(), SessionError> {
        if self.link.over {
            return Err(SessionError::Closed);
        }
        self.heard = now;
        self.pinged = None;
        self.reader.push(bytes);
        self.read(now)
    }

    /// The moment that [`Self::poll_timeout`] named has come.
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
    }

    /// The connection is gone.
    pub fn handle_disconnected(&mut self) {
        self.link.close(CloseReason::Disconnected, None);
    }

    /// Answers [`Event::Join`]. `Ok` only once the device is in the roster, durably.
    pub fn handle_joined(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        answer: Result<Joined, JoinRefusal>,
    ) {
        let link = &mut self.link;
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Joining(joining) => joining.answer(link, ticket, answer),
            other @ (State::AwaitJoined(_)
            | State::AwaitWelcome(_)
            | State::AwaitGreeting(_)
            | State::Admitting(_)
            | State::Open(_)
            | State::Over) => other,
        };
        self.read_on(now);
    }

    /// Answers [`Event::JoinStale`]: the AddDevice, signed on the roster that arrived.
    pub fn rejoin(&mut self, operation: Vec<u8>) {
        let link = &mut self.link;
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::AwaitJoined(state) => State::AwaitJoined(state.rejoin(link, operation)),
            other @ (State::AwaitWelcome(_)
            | State::AwaitGreeting(_)
            | State::Joining(_)
            | State::Admitting(_)
            | State::Open(_)
            | State::Over) => other,
        };
    }

    /// Answers [`Event::Hello`] with what this end holds, or why it does not serve the device.
    pub fn handle_admitted(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        answer: Result<Replica, Refused>,
    ) {
        let link = &mut self.link;
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::Admitting(state) => state.answer(link, now, ticket, answer),
            other @ (State::AwaitJoined(_)
            | State::AwaitWelcome(_)
            | State::AwaitGreeting(_)
            | State::Joining(_)
            | State::Open(_)
            | State::Over) => other,
        };
        self.opened(now);
        self.read_on(now);
    }

    /// Answers [`Event::LoadLog`].
    pub fn handle_log(&mut self, now: Timestamp, ticket: Ticket, state: LogState) {
        let judged = self.with_open(now, |open, link| open.on_log(link, now, ticket, state));
        if let Some(Err(misbehaved)) = judged {
            self.end(misbehaved);
        }
        self.read_on(now);
    }

    /// Answers [`Event::Persist`] and [`Event::PersistBlob`]; in any order.
    pub fn handle_persisted(&mut self, now: Timestamp, ticket: Ticket, answer: Persisted) {
        self.with_open(now, |open, link| open.on_persisted(link, ticket, answer));
    }

    /// Answers [`Event::PersistRoster`] with the roster as it stands, appended to or not.
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

    /// A log is stored up to `height` now, by whoever; it is offered if the peer lacks some of it.
    pub fn handle_stored(
        &mut self,
        now: Timestamp,
        location: LocationId,
        dix: Dix,
        height: Height,
    ) {
        if !matches!(self.state, State::Open(_)) {
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

    /// A roster has grown, by whoever; it is brought to the peer, and a sealed peer is let go.
    pub fn handle_roster_changed(&mut self, now: Timestamp, roster: Roster) {
        if !matches!(self.state, State::Open(_)) {
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

    /// Sends words for the user at the other end.
    pub fn notify(&mut self, level: NoticeLevel, text: &str) {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        open::notice(&mut self.link, level, text[..end].to_owned());
    }

    /// Ends the session; what is on its way may still be transmitted.
    pub fn close(&mut self) {
        self.link.close(CloseReason::Shutdown, None);
    }

    /// Ends the session and asks the peer to stay away for a while.
    pub fn shed(&mut self, retry_after_ms: u64) {
        self.link.send(RetryAfter { ms: retry_after_ms });
        self.link.close(CloseReason::Shutdown, None);
    }

    /// Bytes for the peer; also after the end, until there are none.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if let State::Open(open) = &mut self.state {
            open.flush(&mut self.link);
        }
        (!self.link.out.is_empty()).then(|| std::mem::take(&mut self.link.out))
    }

    /// Something for the host to do or know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.link.events.pop_front()
    }

    /// When to call [`Self::handle_timeout`] at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        if self.link.over {
            return None;
        }
        let sign_of_life = match self.pinged {
            Some(pinged) => Some(pinged.plus_ms(PING_MS_MAX)),
            None => self.quiet_since().map(|since| since.plus_ms(QUIET_MS_MAX)),
        };
        let log = match &self.state {
            State::Open(open) => open.timeout(),
            State::AwaitJoined(_)
            | State::AwaitWelcome(_)
            | State::AwaitGreeting(_)
            | State::Joining(_)
            | State::Admitting(_)
            | State::Over => None,
        };
        [self.deadline, sign_of_life, log]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether both ends held the same at some moment of this session.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(&self.state, State::Open(open) if open.live)
    }

    /// Whether nothing is on its way now: all that is stored here is acknowledged by the peer, and
    /// all that the peer announced is stored here.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(&self.state, State::Open(open) if open.settled())
    }

    /// Whether the session has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.link.over
    }
}

impl Session {
    /// Works on whole frames until one has to wait for an answer of the host.
    fn read(&mut self, now: Timestamp) -> Result<(), SessionError> {
        while !self.link.over && !self.is_paused() {
            let Some((message, bytes)) = self.pull()? else {
                break;
            };
            if let Err(misbehaved) = self.on_message(now, message, bytes) {
                self.end(misbehaved);
                return Err(SessionError::Misbehaved(misbehaved.0));
            }
            self.note_waiting(now);
        }
        if self.reader.waiting_bytes() > INBOX_BYTES_MAX {
            let flood = Misbehaved("more bytes than there was credit for");
            self.end(flood);
            return Err(SessionError::Misbehaved(flood.0));
        }
        Ok(())
    }

    /// As [`Self::read`], where a host's answer made room; what the peer did wrong shows as an
    /// event.
    fn read_on(&mut self, now: Timestamp) {
        let read = self.read(now);
        debug_assert!(
            read.is_ok() || self.link.over,
            "a broken rule ends the session"
        );
    }

    /// The next message; frames that may be skipped are.
    fn pull(&mut self) -> Result<Option<(Message, usize)>, SessionError> {
        let bytes_max = match self.state {
            State::AwaitGreeting(_) => HELLO_BYTES_MAX,
            State::AwaitJoined(_)
            | State::AwaitWelcome(_)
            | State::Joining(_)
            | State::Admitting(_)
            | State::Open(_)
            | State::Over => FRAME_BYTES_MAX,
        };
        loop {
            match self.reader.pull(bytes_max) {
                Ok(Some((Frame::Message(message), bytes))) => return Ok(Some((*message, bytes))),
                Ok(Some((Frame::Skipped(_), _))) => {}
                Ok(None) => return Ok(None),
                Err(error) => {
                    let code = match error {
                        BadFrame::UnknownType(_) => NackCode::Unsupported,
                        BadFrame::TooLong { .. }
                        | BadFrame::NoHeader
                        | BadFrame::BadBody { .. } => NackCode::Malformed,
                    };
                    self.link.refuse(code, &error.to_string());
                    return Err(error.into());
                }
            }
        }
    }

    fn on_message(
        &mut self,
        now: Timestamp,
        message: Message,
        bytes: usize,
    ) -> Result<(), Misbehaved> {
        if let State::Open(open) = &mut self.state {
            return open.on_message(&mut self.link, now, message);
        }
        if matches!(message, Message::Join(_)) && bytes > JOIN_BYTES_MAX {
            return Err(Misbehaved("a JOIN beyond its limit"));
        }
        let link = &mut self.link;
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            State::AwaitJoined(state) => state.on_message(link, message)?,
            State::AwaitWelcome(state) => state.on_message(link, now, message)?,
            State::AwaitGreeting(state) => state.on_message(link, message)?,
            other @ (State::Joining(_) | State::Admitting(_) | State::Open(_) | State::Over) => {
                other
            }
        };
        self.opened(now);
        Ok(())
    }

    /// Takes in what happened before the session was open.
    fn opened(&mut self, now: Timestamp) {
        if !matches!(self.state, State::Open(_)) || self.deadline.is_none() {
            return;
        }
        self.deadline = None;
        let stored = std::mem::take(&mut self.stored);
        let rosters = std::mem::take(&mut self.rosters);
        self.with_open(now, |open, link| {
            rosters
                .into_values()
                .for_each(|roster| open.on_roster_changed(link, roster));
            for ((location, dix), height) in stored {
                if let Some(scope) = open.scope_of(&location) {
                    open.on_stored(scope, dix, height);
                }
            }
        });
        self.offer_now(now);
    }

    fn offer_now(&mut self, now: Timestamp) {
        if matches!(self.state, State::Open(_)) && !self.offer.is_empty() {
            let offer = std::mem::take(&mut self.offer);
            self.with_open(now, |open, link| open.offer_roster(link, &offer));
        }
    }

    /// Changes an open session, and lets it go on from there.
    fn with_open<T>(
        &mut self,
        now: Timestamp,
        change: impl FnOnce(&mut Open, &mut Link) -> T,
    ) -> Option<T> {
        let State::Open(open) = &mut self.state else {
            return None;
        };
        if self.link.over {
            return None;
        }
        let outcome = change(open, &mut self.link);
        open.go_on(&mut self.link, now);
        self.note_waiting(now);
        Some(outcome)
    }

    fn note_waiting(&mut self, now: Timestamp) {
        let State::Open(open) = &self.state else {
            return;
        };
        if open.settled() {
            self.waiting = None;
        } else {
            self.waiting.get_or_insert(now);
        }
    }

    fn quiet_since(&self) -> Option<Timestamp> {
        self.waiting.map(|waiting| waiting.max(self.heard))
    }

    fn is_paused(&self) -> bool {
        match &self.state {
            State::Joining(_) | State::Admitting(_) | State::Over => true,
            State::Open(open) => open.paused.is_some(),
            State::AwaitJoined(_) | State::AwaitWelcome(_) | State::AwaitGreeting(_) => false,
        }
    }

    fn end(&mut self, Misbehaved(why): Misbehaved) {
        self.link.refuse(NackCode::Malformed, why);
    }
}
