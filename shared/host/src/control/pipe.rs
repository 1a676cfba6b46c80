//! The output of a command on its way to the command line. A thread writes it, the server reads it,
//! and no more than the limit is ever in memory.

use std::{
    io::{self, Write},
    pin::Pin,
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::body::{Body, Bytes};
use futures_core::Stream;
use tokio::{
    sync::mpsc,
    time::{Interval, interval},
};

use crate::limits;

/// The kind of a piece of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Data.
    Out = 1,
    /// Messages.
    Err = 2,
    /// A question to the person.
    Question = 3,
    /// The end, with the exit code.
    Exit = 4,
    /// No output, but the command is still at work.
    Pulse = 5,
}

impl Kind {
    fn from_number(number: u8) -> Option<Self> {
        let all = [
            Self::Out,
            Self::Err,
            Self::Question,
            Self::Exit,
            Self::Pulse,
        ];
        all.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// The writing end.
#[derive(Clone)]
pub(super) struct Pipe {
    pieces: mpsc::UnboundedSender<Bytes>,
    room: Arc<Room>,
}

/// Makes a pipe and the response body that reads it.
pub(super) fn pair() -> (Pipe, Body) {
    let (pieces, receiver) = mpsc::unbounded_channel();
    let room = Arc::new(Room::default());
    let pipe = Pipe {
        pieces,
        room: Arc::clone(&room),
    };
    let pieces = Pieces {
        receiver,
        room,
        pulse: interval(limits::CONTROL_PULSE_INTERVAL),
    };
    (pipe, Body::from_stream(pieces))
}

impl Pipe {
    /// Sends a piece. Waits while too much is in transit.
    pub(super) fn send(&self, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut piece = Vec::with_capacity(HEADER_BYTES + bytes.len());
        piece.push(kind as u8);
        piece.extend_from_slice(&length.to_be_bytes());
        piece.extend_from_slice(bytes);
        self.room.take(piece.len())?;
        let sent = self.pieces.send(piece.into());
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    pub(super) fn writer(&self, kind: Kind) -> PipeWriter {
        PipeWriter {
            pipe: self.clone(),
            kind,
        }
    }
}

/// The pipe's writer for one kind of output.
pub(super) struct PipeWriter {
    pipe: Pipe,
    kind: Kind,
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(limits::CONTROL_PIECE_BYTES_MAX);
        self.pipe.send(self.kind, &bytes[..length])?;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The amount in transit.
#[derive(Default)]
struct Room {
    state: Mutex<RoomState>,
    changed: Condvar,
}

#[derive(Default)]
struct RoomState {
    used: usize,
    closed: bool,
}

impl Room {
    fn take(&self, bytes: usize) -> io::Result<()> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |state: &mut RoomState| {
            !state.closed && state.used > 0 && state.used + bytes > limits::CONTROL_OUTPUT_BYTES_MAX
        };
        let waited = self.changed.wait_while(state, full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.used += bytes;
        Ok(())
    }

    fn give_back(&self, bytes: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used -= bytes;
        self.changed.notify_all();
    }

    fn close(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed = true;
        self.changed.notify_all();
    }
}

/// The reading end, which the server sends.
struct Pieces {
    receiver: mpsc::UnboundedReceiver<Bytes>,
    room: Arc<Room>,
    pulse: Interval,
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(piece) = self.receiver.poll_recv(context) {
            return Poll::Ready(piece.map(|piece| {
                self.room.give_back(piece.len());
                Ok(piece)
            }));
        }
        let pulse = self.pulse.poll_tick(context);
        pulse.map(|_| Some(Ok(Bytes::from_static(&PULSE))))
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.room.close();
    }
}

/// Reads the next piece. The other side is this same program, so sizes are only sanity-checked.
pub(super) fn read_piece(reader: &mut impl io::Read) -> io::Result<(Kind, Vec<u8>)> {
    let mut header = [0; HEADER_BYTES];
    reader.read_exact(&mut header)?;
    let [kind, length @ ..] = header;
    let kind = Kind::from_number(kind).ok_or(io::ErrorKind::InvalidData)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > limits::CONTROL_OUTPUT_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok((kind, bytes))
}

const HEADER_BYTES: usize = 5;
const PULSE: [u8; HEADER_BYTES] = [Kind::Pulse as u8, 0, 0, 0, 0];
