//! Drives a sans-IO session over a QUIC stream: bytes in, frames out, timers, and the
//! application's answers.
//!
//! Node and hub each have one task for each session. The session's events go to the application at
//! once; the application answers whenever it has something durable to say, through an
//! [`Answers`] handle that may be cloned into any task or thread.

#[cfg(test)]
mod tests;

use std::{convert::Infallible, fmt, ops::ControlFlow, time::Duration};

use quinn::{ReadError, RecvStream, SendStream, WriteError};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use weft_shared::{
    sync::{Event, Session, SessionError},
    time::Timestamp,
};

use crate::{clock::Steady, limits};

/// A state machine as [`drive`] sees it: `weft_shared::sync::Session`, and what tests put in its
/// place.
pub trait Machine: Send {
    /// What the application hears.
    type Event: Send;
    /// Why the peer's bytes were refused.
    type Error: std::error::Error + Send + 'static;

    /// Bytes came from the peer.
    ///
    /// # Errors
    /// Where the peer misbehaves: the session is over.
    fn handle_bytes(&mut self, now: Timestamp, bytes: &[u8]) -> Result<(), Self::Error>;
    /// A moment that [`Machine::poll_timeout`] named has come.
    fn handle_timeout(&mut self, now: Timestamp);
    /// The stream or the connection is gone.
    fn handle_disconnected(&mut self);
    /// Bytes for the peer.
    fn poll_transmit(&mut self) -> Option<Vec<u8>>;
    /// Bytes that [`Machine::poll_transmit`] would give at once.
    fn unsent_bytes(&self) -> usize;
    /// Something for the application.
    fn poll_event(&mut self) -> Option<Self::Event>;
    /// When to wake it.
    fn poll_timeout(&self) -> Option<Timestamp>;
    /// Whether it has ended: what it still has to say is sent, then the stream is closed.
    fn is_over(&self) -> bool;
}

/// What the application does with events. It must not block: work goes to a task or to the writer,
/// and its outcome comes back through [`Answers`].
pub trait Application<M: Machine>: Send {
    /// Something happened; `Break` ends the session once its last frames are on their way. One that
    /// is over ends by itself.
    fn handle_event(&mut self, event: M::Event, answers: &Answers<M>) -> ControlFlow<()>;
}

impl Machine for Session {
    type Event = Event;
    type Error = SessionError;

    fn handle_bytes(&mut self, now: Timestamp, bytes: &[u8]) -> Result<(), SessionError> {
        Self::handle_bytes(self, now, bytes)
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        Self::handle_timeout(self, now);
    }

    fn handle_disconnected(&mut self) {
        Self::handle_disconnected(self);
    }

    fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        Self::poll_transmit(self)
    }

    fn unsent_bytes(&self) -> usize {
        Self::unsent_bytes(self)
    }

    fn poll_event(&mut self) -> Option<Event> {
        Self::poll_event(self)
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        Self::poll_timeout(self)
    }

    fn is_over(&self) -> bool {
        Self::is_over(self)
    }
}

type Answer<M> = Box<dyn FnOnce(&mut M, Timestamp) + Send>;

/// The way back into a session that is being driven.
pub struct Answers<M> {
    queue: mpsc::Sender<Answer<M>>,
}

impl<M> Answers<M> {
    /// Calls `answer` with the session, soon. A session that is over hears nothing more, which is
    /// no mistake.
    pub async fn send(&self, answer: impl FnOnce(&mut M, Timestamp) + Send + 'static) {
        // The session is over: whoever comes next learns the same from the store.
        let _over = self.queue.send(Box::new(answer)).await;
    }

    /// As [`Answers::send`], for callers that cannot wait; says whether there was room. Use it for
    /// pokes that a later one makes superfluous.
    pub fn try_send(&self, answer: impl FnOnce(&mut M, Timestamp) + Send + 'static) -> bool {
        self.queue.try_send(Box::new(answer)).is_ok()
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.queue.is_closed()
    }
}

impl<M> Clone for Answers<M> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<M> fmt::Debug for Answers<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("over", &self.is_over())
            .finish()
    }
}

/// The other end of [`Answers`].
pub struct AnswersReceiver<M> {
    queue: mpsc::Receiver<Answer<M>>,
}

impl<M> fmt::Debug for AnswersReceiver<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswersReceiver").finish_non_exhaustive()
    }
}

/// A pair for one session; make it before the session starts, so that others can already poke it.
#[must_use]
pub fn answers<M>() -> (Answers<M>, AnswersReceiver<M>) {
    let (sender, receiver) = mpsc::channel(limits::DRIVE_ANSWERS_MAX);
    (
        Answers { queue: sender },
        AnswersReceiver { queue: receiver },
    )
}

/// How a session ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended<E: std::error::Error + 'static> {
    /// The session is over, or the application ended it; its last events say why.
    #[error("the session has ended")]
    ByUs,
    /// The peer finished its stream.
    #[error("the other side ended the session")]
    ByPeer,
    /// The peer's bytes were refused.
    #[error("the other side does not keep to the protocol")]
    Misbehaved(#[source] E),
    /// The peer does not read what it is sent.
    #[error("the other side does not read what it is sent")]
    Unread,
    /// The connection is gone.
    #[error("the connection was lost")]
    Lost(#[source] quinn::ConnectionError),
    /// The stream was given up by the peer.
    #[error("the other side gave the stream up, with code {0}")]
    StreamReset(u64),
}

/// Drives `session` over `streams` until one side ends it.
///
/// Frames are gathered and written together; everything that is waiting (bytes, answers) is taken
/// in before frames go out, so that a hundred small answers travel as a few packets.
///
/// What the peer does not read is bounded: from [`limits::DRIVE_UNREAD_BYTES_MAX`] on, nothing of
/// its is read either, and no answers are taken that would lead to more. Two ends that both wait
/// so for each other would wait for ever, therefore a session that stays above the mark for
/// [`limits::DRIVE_UNREAD_TIME_MAX`] ends; both come back and go on by heights. Honest ends do not
/// get there: bodies keep to the credit, acknowledgements of a log melt into one, and the rest is
/// an answer to what was read, so the mark lies far above what they have in flight.
pub async fn drive<M: Machine>(
    session: &mut M,
    streams: (SendStream, RecvStream),
    application: &mut impl Application<M>,
    answers: (Answers<M>, AnswersReceiver<M>),
) -> Ended<M::Error> {
    let patience = limits::DRIVE_UNREAD_TIME_MAX;
    drive_with(session, streams, application, answers, patience).await
}

async fn drive_with<M: Machine>(
    session: &mut M,
    streams: (SendStream, RecvStream),
    application: &mut impl Application<M>,
    (answers, mut inbox): (Answers<M>, AnswersReceiver<M>),
    patience: Duration,
) -> Ended<M::Error> {
    let (send, receive) = streams;
    let mut driver = Driver {
        session,
        application,
        answers,
        clock: Steady::start(),
        outgoing: Outgoing {
            send,
            bytes: Vec::new(),
            written: 0,
        },
        patience,
        crowded: None,
    };
    let ended = match driver.run(receive, &mut inbox).await {
        Err(ended) => ended,
        Ok(never) => match never {},
    };
    if matches!(ended, Ended::ByUs | Ended::Misbehaved(_)) {
        driver.farewell().await;
    } else {
        if matches!(ended, Ended::Unread) {
            // What lies in the stream's buffer is for nobody either. A stream that is closed
            // already holds nothing.
            let _closed = driver.outgoing.send.reset(UNREAD);
        }
        driver.session.handle_disconnected();
    }
    // The last events of a session that is over: whether to go on is no question any more.
    let _over = driver.deliver_events();
    ended
}

struct Driver<'a, M: Machine, A> {
    session: &'a mut M,
    application: &'a mut A,
    answers: Answers<M>,
    clock: Steady,
    outgoing: Outgoing,
    /// How long the peer may leave too much unread.
    patience: Duration,
    /// Since when it does.
    crowded: Option<Instant>,
}

/// Why a stream was given up: the peer does not read it.
const UNREAD: quinn::VarInt = quinn::VarInt::from_u32(1);

/// What woke the driver: a closed list.
enum Woken<M> {
    Read(Result<Option<usize>, ReadError>),
    Written(Result<usize, WriteError>),
    Answer(Answer<M>),
    Timer,
    OutOfPatience,
}

impl<M: Machine, A: Application<M>> Driver<'_, M, A> {
    async fn run(
        &mut self,
        mut receive: RecvStream,
        inbox: &mut AnswersReceiver<M>,
    ) -> Result<Infallible, Ended<M::Error>> {
        let mut buffer = vec![0; limits::DRIVE_READ_BYTES_MAX];
        loop {
            if self.deliver_events().is_break() || self.session.is_over() {
                return Err(Ended::ByUs);
            }
            self.gather();
            let deadline = self.session.poll_timeout();
            let wait = deadline.map_or(Duration::MAX, |deadline| self.clock.until(deadline));
            let room = self.has_room();
            let patience = self.crowded.map_or(self.patience, |since| {
                self.patience.saturating_sub(since.elapsed())
            });
            let woken = tokio::select! {
                read = receive.read(&mut buffer), if room => Woken::Read(read),
                Some(answer) = inbox.queue.recv(), if room => Woken::Answer(answer),
                written = self.outgoing.write(), if !self.outgoing.is_empty() => {
                    Woken::Written(written)
                }
                () = sleep(wait), if deadline.is_some() => Woken::Timer,
                () = sleep(patience), if !room => Woken::OutOfPatience,
            };
            self.handle(woken, &buffer, inbox)?;
        }
    }

    fn handle(
        &mut self,
        woken: Woken<M>,
        buffer: &[u8],
        inbox: &mut AnswersReceiver<M>,
    ) -> Result<(), Ended<M::Error>> {
        let now = self.clock.now();
        match woken {
            Woken::Read(Ok(Some(read))) => {
                let handled = self.session.handle_bytes(now, &buffer[..read]);
                handled.map_err(Ended::Misbehaved)?;
            }
            Woken::Read(Ok(None)) => return Err(Ended::ByPeer),
            Woken::Read(Err(ReadError::ConnectionLost(error)))
            | Woken::Written(Err(WriteError::ConnectionLost(error))) => {
                return Err(Ended::Lost(error));
            }
            Woken::Read(Err(ReadError::Reset(code)))
            | Woken::Written(Err(WriteError::Stopped(code))) => {
                return Err(Ended::StreamReset(code.into_inner()));
            }
            Woken::Read(Err(_)) | Woken::Written(Err(_)) => return Err(Ended::StreamReset(0)),
            Woken::Written(Ok(written)) => self.outgoing.advance(written),
            Woken::Answer(answer) => {
                answer(self.session, now);
                while self.has_room()
                    && let Ok(answer) = inbox.queue.try_recv()
                {
                    answer(self.session, now);
                }
            }
            Woken::Timer => self.session.handle_timeout(now),
            Woken::OutOfPatience => return Err(Ended::Unread),
        }
        Ok(())
    }

    /// Whether the peer has read enough for more to be said to it.
    fn has_room(&mut self) -> bool {
        let unread = self.outgoing.waiting() + self.session.unsent_bytes();
        let room = unread <= limits::DRIVE_UNREAD_BYTES_MAX;
        if room {
            self.crowded = None;
        } else {
            self.crowded.get_or_insert_with(Instant::now);
        }
        room
    }

    fn deliver_events(&mut self) -> ControlFlow<()> {
        while let Some(event) = self.session.poll_event() {
            self.application.handle_event(event, &self.answers)?;
        }
        ControlFlow::Continue(())
    }

    fn gather(&mut self) {
        while self.outgoing.waiting() < limits::DRIVE_WRITE_BYTES_AIM
            && let Some(frames) = self.session.poll_transmit()
        {
            self.outgoing.push(frames);
        }
    }

    /// Sends what is left, and waits shortly until the peer has it.
    async fn farewell(&mut self) {
        let goodbye = async {
            loop {
                self.gather();
                if self.outgoing.is_empty() {
                    break;
                }
                let Ok(written) = self.outgoing.write().await else {
                    return;
                };
                self.outgoing.advance(written);
            }
            if self.outgoing.send.finish().is_ok() {
                // Acknowledged or given up: nothing is left to do either way.
                let _stopped = self.outgoing.send.stopped().await;
            }
        };
        // A peer that no longer answers is not waited for.
        let _late = timeout(limits::DRIVE_FAREWELL_TIME_MAX, goodbye).await;
    }
}

/// Bytes on their way into the stream.
struct Outgoing {
    send: SendStream,
    bytes: Vec<u8>,
    written: usize,
}

impl Outgoing {
    fn push(&mut self, frames: Vec<u8>) {
        if self.is_empty() {
            self.bytes = frames;
            self.written = 0;
        } else {
            self.bytes.extend_from_slice(&frames);
        }
    }

    fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }

    fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// Nothing is lost where this is cancelled: bytes count once [`Outgoing::advance`] says so.
    async fn write(&mut self) -> Result<usize, WriteError> {
        self.send.write(&self.bytes[self.written..]).await
    }

    fn advance(&mut self, written: usize) {
        self.written += written;
        if self.is_empty() {
            self.bytes.clear();
            self.written = 0;
        }
    }
}
