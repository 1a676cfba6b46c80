//! Frames: a length, a type, and a CBOR body.

use super::{limits::FRAME_BYTES_MAX, message::Message};

/// One frame as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message that this version knows.
    Message(Box<Message>),
    /// A type above 0x7f that this version does not know and may skip.
    Skipped(u8),
}

/// Bytes that are not a frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// Longer than this protocol allows.
    #[error("a frame of {bytes} bytes; at most {FRAME_BYTES_MAX} are allowed")]
    TooLong {
        /// The length it announced.
        bytes: u64,
    },
    /// A length that is not a varint, or a frame without a type.
    #[error("a frame without a proper length or type")]
    NoHeader,
    /// An unknown type below 0x80; such types may not be skipped.
    #[error("a message of type {0:#04x}, which this version does not know")]
    UnknownType(u8),
    /// A body that does not match its type.
    #[error("a body of type {number:#04x} that does not read: {why}")]
    BadBody {
        /// The type.
        number: u8,
        /// The parser's message.
        why: String,
    },
}

impl Frame {
    /// Parses a type and body: a frame without its length.
    ///
    /// # Errors
    /// Returns an error unless it is one whole body of a type that is known or may be skipped.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadFrame> {
        let (&number, body) = bytes.split_first().ok_or(BadFrame::NoHeader)?;
        let bad_body = |why: String| BadFrame::BadBody { number, why };
        let mut decoder = minicbor::Decoder::new(body);
        let message = Message::decode_body(number, &mut decoder)
            .map_err(|error| bad_body(error.to_string()))?;
        let Some(message) = message else {
            return if number < 0x80 {
                Err(BadFrame::UnknownType(number))
            } else {
                Ok(Self::Skipped(number))
            };
        };
        if decoder.position() != body.len() {
            return Err(bad_body("bytes after its end".into()));
        }
        Ok(Self::Message(Box::new(message)))
    }
}

/// Appends `message` to `out` as one frame.
///
/// # Panics
/// If the message is longer than a frame. Senders keep within `limits`.
pub fn encode(message: &Message, out: &mut Vec<u8>) {
    // Reserve room for the longest length and move the bytes up afterwards, which saves a second
    // buffer.
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH_BYTES_MAX]);
    out.push(message.number());
    message.encode_body(out);
    let frame_bytes = out.len() - start - LENGTH_BYTES_MAX;
    assert!(
        frame_bytes <= FRAME_BYTES_MAX,
        "a {} of {frame_bytes} bytes was cut to fit a frame",
        message.label()
    );
    let (length, length_bytes) = varint(frame_bytes);
    let unused = LENGTH_BYTES_MAX - length_bytes;
    out[start + unused..start + LENGTH_BYTES_MAX].copy_from_slice(&length[..length_bytes]);
    out.drain(start..start + unused);
}

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    start: usize,
}

impl FrameReader {
    /// Adds received bytes, in any portions.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        } else if self.start > FRAME_BYTES_MAX {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Number of bytes that wait for the rest of their frame, or to be pulled.
    pub fn waiting_bytes(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Returns the next whole frame, if there is one, and the number of its bytes.
    ///
    /// # Errors
    /// If a frame is longer than `bytes_max` or cannot be parsed. Nothing after it can be trusted.
    pub fn pull(&mut self, bytes_max: usize) -> Result<Option<(Frame, usize)>, BadFrame> {
        let rest = &self.buffer[self.start..];
        let Some((length, length_bytes)) = read_varint(rest)? else {
            return Ok(None);
        };
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= bytes_max)
            .ok_or(BadFrame::TooLong { bytes: length })?;
        let Some(frame) = rest.get(length_bytes..length_bytes + length) else {
            return Ok(None);
        };
        let frame = Frame::decode(frame)?;
        self.start += length_bytes + length;
        Ok(Some((frame, length)))
    }
}

fn varint(value: usize) -> ([u8; LENGTH_BYTES_MAX], usize) {
    let mut bytes = [0; LENGTH_BYTES_MAX];
    let mut rest = value;
    for (at, byte) in bytes.iter_mut().enumerate() {
        let seven = u8::try_from(rest & 0x7f).expect("seven bits fit a byte");
        rest >>= 7;
        if rest == 0 {
            *byte = seven;
            return (bytes, at + 1);
        }
        *byte = seven | 0x80;
    }
    unreachable!("a frame's length has at most {LENGTH_BYTES_MAX} groups of seven bits")
}

fn read_varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, BadFrame> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(LENGTH_BYTES_MAX).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            // A longer form than needed would let one frame have two encodings.
            let shortest = at == 0 || *byte != 0;
            return if shortest {
                Ok(Some((value, at + 1)))
            } else {
                Err(BadFrame::NoHeader)
            };
        }
    }
    if bytes.len() < LENGTH_BYTES_MAX {
        Ok(None)
    } else {
        Err(BadFrame::NoHeader)
    }
}

/// Size of the longest length: three groups of seven bits hold 2 MiB.
const LENGTH_BYTES_MAX: usize = 3;

const _: () = assert!(FRAME_BYTES_MAX < 1 << (7 * LENGTH_BYTES_MAX));
