//! Reads the peer's bytes frame by frame, and pauses while the host has to answer first.

use super::{Session, State};
use crate::{
    sync::{
        event::SessionError,
        open::{Link, Misbehaved, Open},
    },
    time::Timestamp,
    wire::{
        BadFrame, Frame, Message, NackCode,
        limits::{
            FRAME_BYTES_MAX, HELLO_BYTES_MAX, INBOX_BYTES_MAX, JOIN_BYTES_MAX, QUIET_MS_MAX,
            RETRY_MS_MIN,
        },
    },
};

impl Session {
    /// Processes whole frames until one has to wait for the host's answer.
    pub(super) fn read(&mut self, now: Timestamp) -> Result<(), SessionError> {
        let before = self.reader.waiting_bytes();
        let read = self.read_frames(now);
        self.judge_gathered(now);
        self.note_unfinished(now, before);
        self.note_inbox(now);
        read
    }

    /// Counts the bytes held, and withholds credit while all inboxes of the process are full.
    fn note_inbox(&mut self, now: Timestamp) {
        let stored_soon = self.open().map_or(0, Open::inbox_bytes);
        self.inbox.hold(self.reader.waiting_bytes() + stored_soon);
        let full = self.inbox.is_full();
        if let State::Open(open) = &mut self.state {
            open.starve(full, now);
        }
    }

    /// Records since when a frame from the peer has been unfinished. A frame that waits for the
    /// host's answer does not count against the peer.
    fn note_unfinished(&mut self, now: Timestamp, before: usize) {
        let waiting = self.reader.waiting_bytes();
        if waiting == 0 || self.is_paused() {
            self.unfinished = None;
        } else if waiting < before || self.unfinished.is_none() {
            self.unfinished = Some(now);
        }
    }

    /// While all inboxes are full, a peer that leaves a frame unfinished must make room.
    pub(super) fn shed_unfinished(&mut self, now: Timestamp) {
        let late = |since: Timestamp| now.since_ms(since) >= QUIET_MS_MAX;
        if !self.unfinished.is_some_and(late) {
            return;
        }
        if self.inbox.is_full() {
            self.shed(RETRY_MS_MIN);
        } else {
            self.unfinished = Some(now);
        }
    }

    /// Judges what came before a broken frame.
    fn judge_gathered(&mut self, now: Timestamp) {
        if self.open().is_some_and(|open| !open.gathered.is_empty()) {
            self.with_open(now, |open, link| open.judge_gathered(link, now));
        }
    }

    fn read_frames(&mut self, now: Timestamp) -> Result<(), SessionError> {
        while !self.link.over && !self.is_paused() {
            let Some((message, bytes)) = self.pull(now)? else {
                break;
            };
            if let Err(misbehaved) = self.on_message(now, message, bytes) {
                self.judge_gathered(now);
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

    /// Like [`Self::read`], after a host's answer made room. A fault of the peer is reported as an
    /// event.
    pub(super) fn read_on(&mut self, now: Timestamp) {
        let read = self.read(now);
        debug_assert!(
            read.is_ok() || self.link.over,
            "a broken rule ends the session"
        );
    }

    /// Returns the next message, skipping frames that may be skipped.
    fn pull(&mut self, now: Timestamp) -> Result<Option<(Message, usize)>, SessionError> {
        let greets = matches!(self.state, State::AwaitGreeting(_));
        let bytes_max = if greets {
            HELLO_BYTES_MAX
        } else {
            FRAME_BYTES_MAX
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
                    self.judge_gathered(now);
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

    /// Applies what happened before the session was open.
    pub(super) fn opened(&mut self, now: Timestamp) {
        if self.open().is_none() || self.deadline.is_none() {
            return;
        }
        self.deadline = None;
        let stored = std::mem::take(&mut self.stored);
        let rosters = std::mem::take(&mut self.rosters);
        let rewritten = self.rewritten.take();
        self.with_open(now, |open, link| {
            if let Some((dix, height)) = rewritten {
                open.on_rewritten(link, dix, height);
            }
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

    pub(super) fn offer_now(&mut self, now: Timestamp) {
        if self.open().is_some() && !self.offer.is_empty() {
            let offer = std::mem::take(&mut self.offer);
            self.with_open(now, |open, link| open.offer_roster(link, &offer));
        }
    }

    /// Changes an open session and lets it continue.
    pub(super) fn with_open<T>(
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
        self.note_inbox(now);
        Some(outcome)
    }

    fn note_waiting(&mut self, now: Timestamp) {
        match self.open().map(Open::settled) {
            Some(true) => self.waiting = None,
            Some(false) => {
                self.waiting.get_or_insert(now);
            }
            None => {}
        }
    }

    pub(super) fn quiet_since(&self) -> Option<Timestamp> {
        self.waiting.map(|waiting| waiting.max(self.heard))
    }

    fn is_paused(&self) -> bool {
        match &self.state {
            State::Joining(_) | State::Admitting(_) | State::Over => true,
            State::Open(open) => open.paused.is_some(),
            State::AwaitJoined(_) | State::AwaitWelcome(_) | State::AwaitGreeting(_) => false,
        }
    }

    pub(super) fn end(&mut self, Misbehaved(why): Misbehaved) {
        self.link.refuse(NackCode::Malformed, why);
    }
}
