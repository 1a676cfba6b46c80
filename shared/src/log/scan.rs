//! The change scan: reads an Automerge change chunk within fixed bounds, without Automerge.
//!
//! A valid change of 69 bytes can hold 16.7 million operations, and one of 110 bytes two thousand
//! million predecessors. One with a `start_op` at the top of its range applies cleanly and makes
//! every later edit panic. So each change, with all its columns, is read here first, in steps
//! bounded by its own bytes and the limits; nothing is allocated but the list of its actors. The
//! format is that of automerge 0.12 (`storage/chunk.rs`, `storage/change.rs`,
//! `storage/change/change_op_columns.rs`):
//!
//! ```text
//! magic 4 | checksum 4 | type 1 | length uleb | data
//! data = deps | actor | seq | start_op | time | message | other actors | columns | column bytes
//! ```
//! The hash of a change is SHA-256 over type, length and data; its checksum is the first 4 bytes.
//! `columns` describes the columns' content, `runs` their encoding. Automerge reads every change
//! that passes, with the same counts.

mod columns;
pub(crate) mod plain;
mod reader;
mod runs;
#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};

use self::reader::Reader;
use crate::time::Timestamp;
use crate::wire::limits::{
    CHANGE_ACTORS_MAX, CHANGE_DEPS_MAX, CHANGE_KEY_BYTES_MAX, CHANGE_MESSAGE_BYTES_MAX,
    CHANGE_OPS_MAX, CHANGE_PREDS_MAX, CHANGE_TEXT_BYTES_MAX, CHANGE_VALUE_BYTES_MAX,
    OP_COUNTER_MAX, RUN_RAW_BYTES_MAX,
};

/// The content of a change's header, borrowed from its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChangeFacts<'a> {
    /// The change's hash, by which others name it.
    pub hash: [u8; 32],
    /// The changes it was made on top of.
    pub deps: &'a [[u8; 32]],
    /// The actor that made it.
    pub actor: &'a [u8],
    /// The number of this change among its actor's: 1, 2, 3, without gaps.
    pub seq: u64,
    /// The number of its first operation.
    pub start_op: u64,
    /// Number of operations.
    pub n_ops: u32,
    /// When it was made, in whole seconds, by its device's clock.
    pub at: Timestamp,
}

/// The actor that must have made a change, and the seq that it must have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    /// See [`actor`](crate::id::actor).
    pub actor: [u8; 16],
    /// One more than the actor's last.
    pub seq: u64,
}

/// Why a change may not travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScanError {
    /// The bytes end before the change does, continue after it, or exceed 1 MiB.
    #[error("the length of the change is not the one it states")]
    Length,
    /// The magic bytes are wrong.
    #[error("these bytes begin with no change")]
    Magic,
    /// A document, a deflated change or a bundle.
    #[error("a chunk of type {0} instead of a plain change (1)")]
    ChunkType(u8),
    /// The bytes are not those that were written.
    #[error("the checksum of the change does not match")]
    Checksum,
    /// A number that is not in the form that Automerge writes.
    #[error("a number in the change is not in its shortest form")]
    Number,
    /// More than 64 direct predecessors.
    #[error("the change names {0} predecessors, more than {CHANGE_DEPS_MAX}")]
    Dependencies(u64),
    /// The actor is not the one computed from device and document.
    #[error("the change was not made by the actor of this device")]
    Actor,
    /// The change is not the actor's next.
    #[error("the change is number {found} of its actor, expected was {expected}")]
    Seq {
        /// One more than the last seq stored.
        expected: u64,
        /// The change's seq.
        found: u64,
    },
    /// Zero, or so high that Automerge would panic at later edits.
    #[error("the operations of the change are numbered past {OP_COUNTER_MAX}, or from zero")]
    StartOp,
    /// Too long, or not valid text.
    #[error("the message of the change is no text of at most {CHANGE_MESSAGE_BYTES_MAX} bytes")]
    Message,
    /// Too many, of an impossible length, duplicated or out of order.
    #[error("the change names other actors in a form that does not exist")]
    OtherActors,
    /// Unknown, duplicated, out of order, empty or deflated.
    #[error("the columns of the change are not those of a change")]
    Columns,
    /// The action column is malformed.
    #[error("the actions of the change are malformed")]
    Actions,
    /// More than 10,000.
    #[error("the change makes more than {CHANGE_OPS_MAX} operations")]
    Operations,
    /// A column ends before the last operation, or continues after it.
    #[error("the columns of the change do not hold one item for each operation")]
    Rows,
    /// An actor that the change does not list, or an operation that does not come before this one.
    #[error("an operation of the change names one that cannot be there")]
    Reference,
    /// No key, two keys, or one that is too long or not valid text.
    #[error("a key of the change is no text of at most {CHANGE_KEY_BYTES_MAX} bytes")]
    Key,
    /// Of an unknown type, of the wrong length for its type, too long, or out of place.
    #[error("a value of the change is malformed, or has more than {CHANGE_VALUE_BYTES_MAX} bytes")]
    Value,
    /// More than 40,000.
    #[error("the change replaces more than {CHANGE_PREDS_MAX} operations")]
    Predecessors,
    /// More than 4 MiB, counting each repetition.
    #[error("the keys of the change have more than {CHANGE_TEXT_BYTES_MAX} bytes in all")]
    Text,
}

/// Scans one chunk and checks it against `expected`.
///
/// # Errors
/// Returns the first rule that the chunk breaks, in the order of the variants.
pub fn scan<'a>(chunk: &'a [u8], expected: &Expected) -> Result<ChangeFacts<'a>, ScanError> {
    let facts = read(chunk)?;
    facts.check(&expected.actor, expected.seq)?;
    Ok(facts)
}

/// Scans one chunk for its form alone.
///
/// # Errors
/// Returns the first rule that the chunk breaks.
pub fn read(chunk: &[u8]) -> Result<ChangeFacts<'_>, ScanError> {
    let (data, hash) = open(chunk)?;
    let mut data = Reader(data);
    let Header {
        mut facts, others, ..
    } = header(&mut data, hash)?;
    let n_actors = others.len() as u64 + 1;
    facts.n_ops = columns::count_ops(&mut data, facts.start_op, n_actors)?;
    if facts.last_op() > OP_COUNTER_MAX {
        return Err(ScanError::StartOp);
    }
    Ok(facts)
}

/// A change without its columns.
struct Header<'a> {
    /// The number of operations is not counted yet.
    facts: ChangeFacts<'a>,
    message: &'a [u8],
    others: Vec<&'a [u8]>,
}

/// Reads a change up to its columns.
fn header<'a>(data: &mut Reader<'a>, hash: [u8; 32]) -> Result<Header<'a>, ScanError> {
    let n_deps = data.uleb()?;
    let deps = data.hashes(n_deps)?;
    let actor = data.prefixed(ACTOR_BYTES_MAX, ScanError::Actor)?;
    let seq = data.uleb()?;
    let start_op = data.uleb()?;
    let seconds = data.sleb()?;
    let message = data.prefixed(CHANGE_MESSAGE_BYTES_MAX, ScanError::Message)?;
    std::str::from_utf8(message).map_err(|_| ScanError::Message)?;
    let others = other_actors(data, actor)?;
    if start_op == 0 || start_op > OP_COUNTER_MAX {
        return Err(ScanError::StartOp);
    }
    let facts = ChangeFacts {
        hash,
        deps,
        actor,
        seq,
        start_op,
        n_ops: 0,
        at: Timestamp::from_ms(seconds.saturating_mul(1_000)),
    };
    Ok(Header {
        facts,
        message,
        others,
    })
}

impl ChangeFacts<'_> {
    /// The number of its last operation.
    #[must_use]
    pub fn last_op(&self) -> u64 {
        self.start_op + u64::from(self.n_ops.max(1)) - 1
    }

    /// Checks the actor and the seq.
    pub(crate) fn check(&self, actor: &[u8; 16], seq: u64) -> Result<(), ScanError> {
        if self.actor != actor {
            return Err(ScanError::Actor);
        }
        if self.seq != seq {
            return Err(ScanError::Seq {
                expected: seq,
                found: self.seq,
            });
        }
        Ok(())
    }
}

/// Splits the raw bytes of a run into its chunks. Ends after the first error.
pub fn split_chunks(raw: &[u8]) -> impl Iterator<Item = Result<&[u8], ScanError>> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match frame(rest) {
            Ok((_, chunk_len)) => {
                let (chunk, after) = rest.split_at(chunk_len);
                rest = after;
                Some(Ok(chunk))
            }
            Err(error) => {
                rest = &[];
                Some(Err(error))
            }
        }
    })
}

/// Checks magic, type, length and checksum; returns the data and the change's hash.
fn open(chunk: &[u8]) -> Result<(&[u8], [u8; 32]), ScanError> {
    let (data_at, chunk_len) = frame(chunk)?;
    if chunk_len != chunk.len() || chunk_len > RUN_RAW_BYTES_MAX {
        return Err(ScanError::Length);
    }
    let hash: [u8; 32] = Sha256::digest(&chunk[TYPE_AT..]).into();
    if hash[..4] != chunk[CHECKSUM_AT..TYPE_AT] {
        return Err(ScanError::Checksum);
    }
    Ok((&chunk[data_at..], hash))
}

/// Returns the offset of the data in the first chunk of `bytes`, and the chunk's length.
fn frame(bytes: &[u8]) -> Result<(usize, usize), ScanError> {
    let mut reader = Reader(bytes);
    if reader.take(MAGIC.len() as u64)? != MAGIC {
        return Err(ScanError::Magic);
    }
    reader.take((TYPE_AT - CHECKSUM_AT) as u64)?;
    let chunk_type = reader.byte()?;
    if chunk_type != CHANGE_TYPE {
        return Err(ScanError::ChunkType(chunk_type));
    }
    let data_len = reader.uleb()?;
    let data_at = bytes.len() - reader.0.len();
    reader.take(data_len)?;
    Ok((data_at, bytes.len() - reader.0.len()))
}

/// The actors besides the change's own, which must be distinct and in ascending order.
fn other_actors<'a>(data: &mut Reader<'a>, own: &[u8]) -> Result<Vec<&'a [u8]>, ScanError> {
    let n_actors = data.uleb()?;
    if n_actors > CHANGE_ACTORS_MAX as u64 {
        return Err(ScanError::OtherActors);
    }
    let mut actors: Vec<&[u8]> = Vec::new();
    for _ in 0..n_actors {
        let actor = data.prefixed(ACTOR_BYTES_MAX, ScanError::OtherActors)?;
        if actor == own || actors.last().is_some_and(|before| *before >= actor) {
            return Err(ScanError::OtherActors);
        }
        actors.push(actor);
    }
    Ok(actors)
}

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHECKSUM_AT: usize = 4;
const TYPE_AT: usize = 8;
const CHANGE_TYPE: u8 = 1;
/// Our actors and Automerge's random ones have 16 bytes; others may be longer.
const ACTOR_BYTES_MAX: usize = 32;
