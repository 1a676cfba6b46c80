//! Drives a sans-IO session over a QUIC stream: bytes in, frames out, timers, and the
//! application's answers.
//!
//! Node and hub each have one task per session. The session's events go to the application at once.
//! The application answers when it has something durable to report, through a [`SessionHandle`]
//! that may be cloned into any task or thread.

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

/// A state machine as [`drive`] sees it: `weft_shared::sync::Session`, or a test's substitute.
pub trait Machine: Send {
    /// An event for the application.
    type Event: Send;
    /// The reason the peer's bytes were refused.
    type Error: std::error::Error + Send + 'static;

    /// Handles bytes from the peer.
    ///
    /// # Errors
    /// If the peer misbehaves. The session is then over.
    fn handle_bytes(&mut self, now: Timestamp, bytes: &[u8]) -> Result<(), Self::Error>;
    /// Handles a timeout that [`Machine::poll_timeout`] returned.
    fn handle_timeout(&mut self, now: Timestamp);
    /// Handles the loss of the stream or the connection.
    fn handle_disconnected(&mut self);
    /// Returns bytes for the peer.
    fn poll_transmit(&mut self) -> Option<Vec<u8>>;
    /// Number of bytes that [`Machine::poll_transmit`] would return at once.
    fn unsent_bytes(&self) -> usize;
    /// Returns an event for the application.
    fn poll_event(&mut self) -> Option<Self::Event>;
    /// The time to wake it.
    fn poll_timeout(&self) -> Option<Timestamp>;
    /// Whether it has ended: what it still has to say is sent, then the stream is closed.
    fn is_over(&self) -> bool;
}

/// The application's handling of events. It must not block: work goes to a task or to the writer,
/// and its outcome returns through [`SessionHandle`].
pub trait Application<M: Machine>: Send {
    /// Handles an event. `Break` ends the session once its last frames are sent. A session that is
    /// over ends without it.
    fn handle_event(&mut self, event: M::Event, answers: &SessionHandle<M>) -> ControlFlow<()>;
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

type Act<M> = Box<dyn FnOnce(&mut M, Timestamp) + Send>;

/// A handle for answers to a driven session.
pub struct SessionHandle<M> {
    queue: mpsc::Sender<Act<M>>,
}

impl<M> SessionHandle<M> {
    /// Calls `answer` with the session soon. If the session is over, the call is dropped, which is
    /// no error.
    pub async fn send(&self, answer: impl FnOnce(&mut M, Timestamp) + Send + 'static) {
        // The session is over. The next session learns the same from the store.
        let _over = self.queue.send(Box::new(answer)).await;
    }

    /// As [`SessionHandle::send`], for callers that cannot wait. Returns whether there was room. It
    /// is for pokes that a later one makes redundant.
    pub fn try_send(&self, answer: impl FnOnce(&mut M, Timestamp) + Send + 'static) -> bool {
        self.queue.try_send(Box::new(answer)).is_ok()
    }

    /// Whether the session is over.
    pub fn is_over(&self) -> bool {
        self.queue.is_closed()
    }
}

impl<M> Clone for SessionHandle<M> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<M> fmt::Debug for SessionHandle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle")
            .field("over", &self.is_over())
            .finish()
    }
}

/// The receiving end of [`SessionHandle`].
pub struct SessionInbox<M> {
    queue: mpsc::Receiver<Act<M>>,
}

impl<M> SessionInbox<M> {
    /// Gives the session the next answer, for a driver without a stream. Returns whether there was
    /// one.
    pub fn try_give(&mut self, session: &mut M, now: Timestamp) -> bool {
        let answer = self.queue.try_recv().ok();
        let given = answer.map(|answer| answer(session, now));
        given.is_some()
    }
}

impl<M> fmt::Debug for SessionInbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionInbox").finish_non_exhaustive()
    }
}

/// Makes a pair for one session. Make it before the session starts, so that others can poke it from
/// the start.
pub fn channel<M>() -> (SessionHandle<M>, SessionInbox<M>) {
    let (sender, receiver) = mpsc::channel(limits::DRIVE_ANSWERS_MAX);
    (
        SessionHandle { queue: sender },
        SessionInbox { queue: receiver },
    )
}

/// The way a session ended.
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
    /// The peer reset the stream.
    #[error("the other side gave the stream up, with code {0}")]
    StreamReset(u64),
}

/// Drives `session` over `streams` until one side ends it.
///
/// Frames are gathered and written together. Everything that waits (bytes, answers) is handled
/// before frames go out, so that a hundred small answers travel as a few packets.
///
/// Output that the peer does not read is bounded. From [`limits::DRIVE_UNREAD_BYTES_MAX`] on, the
/// driver reads nothing from the peer either, and takes no answers that would add output. Two ends
/// could then wait for each other for ever, so a session that stays above the mark for
/// [`limits::DRIVE_UNREAD_TIME_MAX`] ends; both reconnect and continue from their heights. Honest
/// ends do not get there: bodies keep to the credit, acknowledgements of a log merge into one, and
/// the rest answers what was read, so the mark lies far above what they have in flight.
pub async fn drive<M: Machine>(
    session: &mut M,
    streams: (SendStream, RecvStream),
    application: &mut impl Application<M>,
    answers: (SessionHandle<M>, SessionInbox<M>),
) -> Ended<M::Error> {
    let patience = limits::DRIVE_UNREAD_TIME_MAX;
    drive_with(session, streams, application, answers, patience).await
}

async fn drive_with<M: Machine>(
    session: &mut M,
    streams: (SendStream, RecvStream),
    application: &mut impl Application<M>,
    (answers, mut inbox): (SessionHandle<M>, SessionInbox<M>),
    patience: Duration,
) -> Ended<M::Error> {
    let (send, mut receive) = streams;
    let mut driver = Driver {
        session,
        application,
        answers,
        clock: Steady::start(),
        outgoing: Outgoing {
            send,
            bytes: Vec::new(),
            written: 0,
            unheard: false,
        },
        patience,
        crowded: None,
    };
    // The stream to read is dropped after the farewell: dropping it tells the peer to stop sending,
    // and the peer must first hear why.
    let ended = match driver.run(&mut receive, &mut inbox).await {
        Err(ended) => ended,
        Ok(never) => match never {},
    };
    if matches!(ended, Ended::ByUs | Ended::Misbehaved(_)) {
        driver.farewell().await;
    } else {
        if matches!(ended, Ended::Unread) {
            // The peer will not read the stream's buffer either. A closed stream already holds
            // nothing.
            let _closed = driver.outgoing.send.reset(UNREAD);
        }
        driver.session.handle_disconnected();
    }
    // Deliver the last events of a session that is over; whether to go on is settled.
    let _over = driver.deliver_events();
    ended
}

struct Driver<'a, M: Machine, A> {
    session: &'a mut M,
    application: &'a mut A,
    answers: SessionHandle<M>,
    clock: Steady,
    outgoing: Outgoing,
    /// Maximum time the peer may leave too much unread.
    patience: Duration,
    /// The time since which it has done so.
    crowded: Option<Instant>,
}

/// The code of a stream reset: the peer does not read the stream.
const UNREAD: quinn::VarInt = quinn::VarInt::from_u32(1);

/// The reasons for waking the driver: a closed list.
enum Woken<M> {
    Read(Result<Option<usize>, ReadError>),
    Written(Result<usize, WriteError>),
    Answer(Act<M>),
    Timer,
    OutOfPatience,
}

impl<M: Machine, A: Application<M>> Driver<'_, M, A> {
    async fn run(
        &mut self,
        receive: &mut RecvStream,
        inbox: &mut SessionInbox<M>,
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
        inbox: &mut SessionInbox<M>,
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
            Woken::Read(Err(ReadError::Reset(code))) => {
                return Err(Ended::StreamReset(code.into_inner()));
            }
            // The peer reads no more. What it sent before may say why, so it is read to its end.
            Woken::Written(Err(WriteError::Stopped(_))) => self.outgoing.stop(),
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

    /// Whether the peer has read enough that more may be sent.
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

    /// Sends what is left, and waits briefly until the peer has it.
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
                // Acknowledged or reset: either way nothing is left to do.
                let _stopped = self.outgoing.send.stopped().await;
            }
        };
        // Do not wait for a peer that no longer answers.
        let _late = timeout(limits::DRIVE_FAREWELL_TIME_MAX, goodbye).await;
    }
}

/// Bytes on their way into the stream.
struct Outgoing {
    send: SendStream,
    bytes: Vec<u8>,
    written: usize,
    /// Whether the peer has stopped reading; then nothing is kept for it.
    unheard: bool,
}

impl Outgoing {
    fn push(&mut self, frames: Vec<u8>) {
        if self.unheard {
            return;
        }
        if self.is_empty() {
            self.bytes = frames;
            self.written = 0;
        } else {
            self.bytes.extend_from_slice(&frames);
        }
    }

    fn stop(&mut self) {
        self.unheard = true;
        self.bytes.clear();
        self.written = 0;
    }

    fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }

    fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// Cancelling this loses nothing: bytes count only after [`Outgoing::advance`].
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
