//! The messages and frames of the protocol, and their limits.
//!
//! `shared/PROTOCOL.md` is the specification; the golden vectors in `tests/golden/wire.txt` pin
//! each message to its bytes.

pub mod frame;
pub mod limits;
pub mod message;
mod nack;
#[cfg(test)]
mod tests;

pub use frame::{BadFrame, Frame, FrameReader};
pub use message::Message;
pub use nack::{Nack, NackCode};
