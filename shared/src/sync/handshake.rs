//! The states before WELCOME, one type each; a transition consumes it.

use super::{
    event::{Admittance, CloseReason, Event, JoinRefusal, Refused, Side, Ticket},
    heights::{differing, list, roster_mark, sealed},
    hello::{greeting, unfit, unfit_hub},
    open::{Link, Misbehaved, Open, Role},
    roster::REVOKED_TEXT,
    session::{Local, State},
};
use crate::{
    id::{DeviceId, DeviceIndex, LocationId},
    identity::SignedOperation,
    log::room::Left,
    time::Timestamp,
    wire::{
        Message, Nack, NackCode,
        limits::{CREDIT_BYTES_MAX, CREDIT_BYTES_START, LOGS_MAX, VERSION},
        message::{Hello, Join, Joined, LogMark, RoomLeft, RosterPart, Scope, Sub, Welcome},
    },
};

pub(super) type Next = Result<State, Misbehaved>;

/// Connector: JOIN was sent.
#[derive(Debug)]
pub(super) struct AwaitJoined {
    join: Join,
    /// The operations of the roster to sign on, collected as they arrive.
    roster: Option<Vec<SignedOperation>>,
}

impl AwaitJoined {
    pub(super) fn start(link: &mut Link, join: Join) -> Self {
        link.send(join.clone());
        Self { join, roster: None }
    }

    /// Sends the same invite again, with an AddDevice on top of the received roster.
    pub(super) fn rejoin(mut self, link: &mut Link, operation: Vec<u8>) -> Self {
        self.join.operation = operation;
        Self::start(link, self.join)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "before_welcome names every message"
    )]
    pub(super) fn on_message(mut self, link: &mut Link, message: Message) -> Next {
        match message {
            Message::Joined(joined) => {
                if joined.code_of_other(&self.join) {
                    return Err(Misbehaved("JOINED for another code than the invite's"));
                }
                link.emit(Event::Joined(Box::new(joined)));
                link.close(CloseReason::JoinOver, None);
            }
            Message::RosterPart(part) => {
                let operations = self.roster.get_or_insert_default();
                operations.extend(decode(&part)?);
            }
            Message::Nack(nack) if nack.code == NackCode::RosterStale => {
                let operations = self.roster.take();
                let operations = operations.ok_or(Misbehaved("a stale JOIN without a roster"))?;
                link.emit(Event::JoinStale { operations });
            }
            other => return before_welcome(link, other, State::AwaitJoined(self)),
        }
        Ok(State::AwaitJoined(self))
    }
}

impl Joined {
    fn code_of_other(&self, join: &Join) -> bool {
        match &join.proof {
            crate::wire::message::JoinProof::Founding { code, .. } => *code != self.code,
            crate::wire::message::JoinProof::Device { location, .. } => *location != self.location,
        }
    }
}

fn decode(part: &RosterPart) -> Result<Vec<SignedOperation>, Misbehaved> {
    let decoded = part.operations.iter();
    let decoded: Result<_, _> = decoded.map(|one| SignedOperation::decode(one)).collect();
    decoded.map_err(|_| Misbehaved("a roster operation that does not read"))
}

/// Handles messages that may arrive at any time before WELCOME or JOINED.
fn before_welcome(link: &mut Link, message: Message, state: State) -> Next {
    match message {
        Message::Nack(nack) => {
            let Nack { code, wait_ms, .. } = nack;
            let text = nack.text.unwrap_or_default();
            link.close(CloseReason::RefusedByPeer(code, text), wait_ms);
        }
        Message::RetryAfter(retry) => link.close(CloseReason::RetryAfter, Some(retry.ms)),
        Message::Notice(notice) => link.emit(Event::Notice {
            level: notice.level,
            text: notice.text,
        }),
        Message::Ping(_) | Message::Credit(_) => {}
        Message::Join(_)
        | Message::Joined(_)
        | Message::Hello(_)
        | Message::Welcome(_)
        | Message::RosterPart(_)
        | Message::Entries(_)
        | Message::Ack(_)
        | Message::Sub(_)
        | Message::Blob(_)
        | Message::GetReads(_)
        | Message::Reads(_) => return Err(Misbehaved("a message before its time")),
    }
    Ok(state)
}

/// Connector: HELLO was sent.
#[derive(Debug)]
pub(super) struct AwaitWelcome {
    /// State at HELLO; anything stored since then is taken in after WELCOME.
    local: Local,
}

impl AwaitWelcome {
    pub(super) fn start(link: &mut Link, local: Local) -> Box<Self> {
        let state = Self { local };
        state.hello(link, true);
        Box::new(state)
    }

    fn hello(&self, link: &mut Link, short: bool) {
        link.send(greeting(&self.local, short));
        if self.local.wants_zero {
            link.send(Sub { feed: Sub::ZERO });
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "before_welcome names every message"
    )]
    pub(super) fn on_message(
        self: Box<Self>,
        link: &mut Link,
        now: Timestamp,
        message: Message,
    ) -> Next {
        match message {
            Message::Welcome(welcome) => {
                if let Some(text) = unfit_hub(welcome.version) {
                    link.refuse(NackCode::Version, &text);
                } else if welcome.flags & Welcome::LIST_SEALED != 0 {
                    self.hello(link, false);
                } else {
                    return (*self).open(link, now, &welcome);
                }
                Ok(State::AwaitWelcome(self))
            }
            // An acceptor may answer what followed HELLO before it sends WELCOME.
            other => before_welcome(link, other, State::AwaitWelcome(self)),
        }
    }

    fn open(self, link: &mut Link, now: Timestamp, welcome: &Welcome) -> Next {
        let credit = welcome
            .credit
            .map_or(CREDIT_BYTES_START, |credit| credit as usize);
        if credit > CREDIT_BYTES_MAX {
            return Err(Misbehaved("credit out of range"));
        }
        let marks = welcome.heights.as_deref().unwrap_or_default();
        let zero_marks = welcome.zero_heights.as_deref().unwrap_or_default();
        check_marks(marks)?;
        check_marks(zero_marks)?;
        let (device, outbox) = (self.local.device, self.local.outbox);
        let mut open = Open::new(Role::Connector, device, self.local.replica.into(), now);
        open.credit_left = credit;
        let same = welcome.flags & Welcome::SAME != 0;
        let forked = open.own.peer_holds(welcome.roster, marks);
        let dix = open.own.roster.dix_of(&device);
        let above = dix.map_or(0, |dix| open.own.log(dix).peer);
        link.emit(Event::Welcome {
            same,
            server_time: welcome.server_time,
            left: welcome.left.map(|left| (left.into(), above)),
        });
        let zero_forked = open.zero.peer_holds(welcome.zero_roster, zero_marks);
        report_forks(link, open.own.location, &forked);
        report_forks(link, open.zero.location, &zero_forked);
        open.look_at_own_log(link, outbox);
        Ok(State::Open(Box::new(open)))
    }
}

fn report_forks(link: &mut Link, location: LocationId, forked: &[(DeviceIndex, u64)]) {
    for (dix, dseq) in forked {
        let log = (location, *dix, *dseq);
        link.emit(Event::log_refused(Side::Here, NackCode::Fork, log));
    }
}

impl Open {
    /// Handles WELCOME's statement about the log that only this device may write.
    fn look_at_own_log(&mut self, link: &mut Link, outbox: u64) {
        let location = self.own.location;
        let Some(dix) = self.own.roster.dix_of(&self.device) else {
            return;
        };
        let log = self.own.log(dix);
        let (mine, peer) = (log.mine.dseq, log.peer);
        if peer > mine {
            // Restored from a backup, or cloned: another copy wrote the entries above.
            log.stopped = true;
            let log = (location, dix, mine + 1);
            link.emit(Event::log_refused(Side::Here, NackCode::Fork, log));
        } else if outbox > 0 && peer == mine && !log.stopped {
            // Its tag was compared. A lower height is not trusted: the next batch will tell.
            log.ack_follows = true;
        }
    }
}

fn check_marks(marks: &[LogMark]) -> Result<(), Misbehaved> {
    let countable = marks.iter().all(|mark| mark.dseq <= DSEQ_MAX);
    let ordered = marks.is_sorted_by(|a, b| a.dix < b.dix);
    let in_range = marks
        .iter()
        .all(|mark| (1..=LOGS_MAX).contains(&usize::from(mark.dix.0)));
    if ordered && in_range && countable && marks.len() <= LOGS_MAX {
        return Ok(());
    }
    Err(Misbehaved("heights out of order or range"))
}

/// No store counts further.
const DSEQ_MAX: u64 = i64::MAX.unsigned_abs();

/// Acceptor: no message has come yet, or a JOIN was answered.
#[derive(Debug)]
pub(super) struct AwaitGreeting {
    pub(super) peer: DeviceId,
}

impl AwaitGreeting {
    pub(super) fn on_message(self, link: &mut Link, message: Message) -> Next {
        match message {
            Message::Join(request) => {
                if request.device != self.peer {
                    return Err(Misbehaved("JOIN names another device than the TLS key"));
                }
                if let Some(text) = unfit(request.version, 0) {
                    link.refuse(NackCode::Version, &text);
                    return Ok(State::AwaitGreeting(self));
                }
                let ticket = link.ticket();
                link.emit(Event::Join {
                    ticket,
                    request: Box::new(request),
                });
                let peer = self.peer;
                Ok(State::Joining(Joining { peer, ticket }))
            }
            Message::Hello(hello) => {
                if hello.device != self.peer {
                    return Err(Misbehaved("HELLO names another device than the TLS key"));
                }
                if let Some(text) = unfit(hello.version, hello.capabilities) {
                    link.refuse(NackCode::Version, &text);
                    return Ok(State::AwaitGreeting(self));
                }
                check_marks(&hello.heights)?;
                check_marks(&hello.zero_heights)?;
                let ticket = link.ticket();
                link.emit(Event::Hello {
                    ticket,
                    device: hello.device,
                    location: hello.location,
                });
                let hello = Box::new(hello);
                Ok(State::Admitting(Admitting { ticket, hello }))
            }
            // Sent together with a HELLO that must be repeated.
            Message::Sub(_) => Ok(State::AwaitGreeting(self)),
            Message::RetryAfter(_)
            | Message::Joined(_)
            | Message::Welcome(_)
            | Message::RosterPart(_)
            | Message::Entries(_)
            | Message::Ack(_)
            | Message::Nack(_)
            | Message::Credit(_)
            | Message::Blob(_)
            | Message::GetReads(_)
            | Message::Reads(_)
            | Message::Notice(_)
            | Message::Ping(_) => Err(Misbehaved("something else than JOIN or HELLO first")),
        }
    }
}

/// Acceptor: the host is deciding about a JOIN.
#[derive(Debug)]
pub(super) struct Joining {
    peer: DeviceId,
    ticket: Ticket,
}

impl Joining {
    pub(super) fn answer(
        self,
        link: &mut Link,
        ticket: Ticket,
        answer: Result<Joined, JoinRefusal>,
    ) -> State {
        if ticket != self.ticket {
            return State::Joining(self);
        }
        match answer {
            Ok(joined) => {
                link.send(joined);
                link.close(CloseReason::JoinOver, None);
            }
            Err(JoinRefusal::Stale(operations)) => {
                for part in super::roster::parts(Scope::Own, 0, &operations) {
                    link.send(part);
                }
                let text = "sign the operation on top of this roster";
                link.send(Nack::of_message(NackCode::RosterStale, 0x01, text));
                let peer = self.peer;
                return State::AwaitGreeting(AwaitGreeting { peer });
            }
            Err(JoinRefusal::Refused { code, text }) => link.refuse(code, &text),
        }
        State::Joining(self)
    }
}

/// Acceptor: the host is looking up the device.
#[derive(Debug)]
pub(super) struct Admitting {
    ticket: Ticket,
    hello: Box<Hello>,
}

impl Admitting {
    pub(super) fn answer(
        self,
        link: &mut Link,
        now: Timestamp,
        ticket: Ticket,
        answer: Result<Admittance, Refused>,
        full: bool,
    ) -> State {
        if ticket != self.ticket {
            return State::Admitting(self);
        }
        let admittance = match answer {
            Ok(admittance) => admittance,
            Err(refused) => {
                link.refuse(refused.code, &refused.text);
                return State::Admitting(self);
            }
        };
        let roster = &admittance.replica.roster;
        let device = roster
            .dix_of(&self.hello.device)
            .and_then(|dix| roster.device(dix));
        match device {
            None => {
                link.refuse(
                    NackCode::UnknownDevice,
                    "this device is in no roster here; join first",
                );
                State::Admitting(self)
            }
            Some(device) if device.sealed.is_some() => {
                link.refuse(NackCode::Revoked, REVOKED_TEXT);
                State::Admitting(self)
            }
            Some(_) => self.welcome(link, now, admittance, full),
        }
    }

    /// Opens the session. If `full`, without credit until the inboxes of this process have room.
    fn welcome(self, link: &mut Link, now: Timestamp, admittance: Admittance, full: bool) -> State {
        let hello = *self.hello;
        let replica = &admittance.replica;
        let (mut whole, digest) = sealed(&replica.roster, &replica.heights);
        if hello.sealed.is_none() {
            whole.clear();
        } else if hello.sealed != digest {
            link.send(welcome(now, Welcome::LIST_SEALED));
            let peer = hello.device;
            return State::AwaitGreeting(AwaitGreeting { peer });
        }
        let mine = list(&replica.heights, &whole);
        let zero_mine = list(&replica.zero_heights, &[].into());
        let marks = [roster_mark(&replica.roster), roster_mark(&replica.zero)];
        let left = admittance.left.map(Into::into);
        let mut open = Open::new(Role::Acceptor, hello.device, admittance, now);
        let theirs = differing(&hello.heights, &mine);
        let forked = open.own.peer_holds(Some(hello.roster), &theirs);
        report_forks(link, open.own.location, &forked);
        open.hold_against_own_log(&hello, &forked);
        let theirs = differing(&hello.zero_heights, &zero_mine);
        let forked = open.zero.peer_holds(Some(hello.zero_roster), &theirs);
        report_forks(link, open.zero.location, &forked);

        let mut answer = welcome(now, 0);
        answer.roster = (marks[0] != hello.roster).then_some(marks[0]);
        answer.zero_roster = (marks[1] != hello.zero_roster).then_some(marks[1]);
        let some = |marks: Vec<LogMark>| (!marks.is_empty()).then_some(marks);
        answer.heights = some(differing(&mine, &hello.heights));
        answer.zero_heights = some(differing(&zero_mine, &hello.zero_heights));
        let same = answer.roster.is_none()
            && answer.zero_roster.is_none()
            && answer.heights.is_none()
            && answer.zero_heights.is_none();
        if same {
            answer.flags = Welcome::SAME;
        }
        answer.left = left;
        if full {
            answer.credit = Some(0);
            open.credit_back = std::mem::take(&mut open.window_left);
            open.starve(full, now);
        }
        link.send(answer);
        open.acknowledge_outbox(link, hello.own_height(&open.own.roster), hello.outbox);
        State::Open(Box::new(open))
    }
}

impl Open {
    /// Acceptor: shows a device what is stored here if its own log has forked, or if it has saved
    /// more without knowing what is stored here.
    fn hold_against_own_log(&mut self, hello: &Hello, forked: &[(DeviceIndex, u64)]) {
        let Some(dix) = self.own.roster.dix_of(&hello.device) else {
            return;
        };
        let height = hello.own_height(&self.own.roster);
        self.acknowledged = height.saturating_sub(hello.outbox);
        let above = hello.outbox > 0 && self.own.log(dix).mine.dseq > height;
        if above || forked.iter().any(|(log, _)| *log == dix) {
            self.show_copy(dix);
        }
    }
}

impl From<Left> for RoomLeft {
    fn from(left: Left) -> Self {
        Self {
            documents: left.documents,
            bytes: left.bytes,
            headers: left.headers,
        }
    }
}

impl From<RoomLeft> for Left {
    fn from(left: RoomLeft) -> Self {
        Self {
            documents: left.documents,
            bytes: left.bytes,
            headers: left.headers,
        }
    }
}

fn welcome(now: Timestamp, flags: u8) -> Welcome {
    Welcome {
        version: VERSION,
        flags,
        server_time: now,
        roster: None,
        heights: None,
        zero_roster: None,
        zero_heights: None,
        credit: None,
        left: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_that_no_store_can_count_are_refused() {
        for (dseq, is_taken) in [(1 << 63, false), (u64::MAX, false), ((1 << 63) - 1, true)] {
            let dix = DeviceIndex(1);
            let mark = LogMark {
                dix,
                dseq,
                tag: [0; 8],
            };
            assert_eq!(check_marks(&[mark]).is_ok(), is_taken, "{dseq}");
        }
    }
}
