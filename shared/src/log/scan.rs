//! The change scan: reads an Automerge change chunk within fixed bounds, without Automerge.
//!
//! A valid change of 69 bytes can hold 16.7 million operations, and one whose `start_op` lies at
//! the top of its range applies cleanly and makes every later edit panic. So each change is read
//! here first. The format is that of automerge 0.12 (`storage/chunk.rs`, `storage/change.rs`):
//!
//! ```text
//! magic 4 | checksum 4 | type 1 | length uleb | data
//! data = deps | actor | seq | start_op | time | message | other actors | columns | column bytes
//! ```
//! The hash of a change is SHA-256 over type, length and data; its checksum is the first 4 bytes.

#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};

use crate::wire::limits::{
    CHANGE_ACTORS_MAX, CHANGE_DEPS_MAX, CHANGE_MESSAGE_BYTES_MAX, CHANGE_OPS_MAX, OP_COUNTER_MAX,
};

/// What a change says about itself, borrowed from its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChangeFacts<'a> {
    /// The change's hash, by which others name it.
    pub hash: [u8; 32],
    /// The changes it was made on top of.
    pub deps: &'a [[u8; 32]],
    /// Who made it.
    pub actor: &'a [u8],
    /// The number of this change among its actor's: 1, 2, 3, without gaps.
    pub seq: u64,
    /// The number of its first operation.
    pub start_op: u64,
    /// How many operations it makes.
    pub n_ops: u32,
}

/// Who must have made a change, and which of theirs it must be.
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
    /// The bytes end before the change does, or go on behind it.
    #[error("the length of the change is not the one it states")]
    Length,
    /// Something else begins like this.
    #[error("these bytes begin with no change")]
    Magic,
    /// A document, a deflated change, a bundle.
    #[error("a chunk of type {0} instead of a plain change (1)")]
    ChunkType(u8),
    /// Its bytes are not those that it was written with.
    #[error("the checksum of the change does not match")]
    Checksum,
    /// A number in a form that Automerge does not write.
    #[error("a number in the change is not in its shortest form")]
    Number,
    /// More than 64 direct predecessors.
    #[error("the change names {0} predecessors, more than {CHANGE_DEPS_MAX}")]
    Dependencies(u64),
    /// Another actor than the one computed from device and document.
    #[error("the change was not made by the actor of this device")]
    Actor,
    /// Not the one after the actor's last.
    #[error("the change is number {found} of its actor, expected was {expected}")]
    Seq {
        /// One more than the last that was stored.
        expected: u64,
        /// What the change says.
        found: u64,
    },
    /// Zero, or so high that Automerge would panic at later edits.
    #[error("the operations of the change are numbered past {OP_COUNTER_MAX}, or from zero")]
    StartOp,
    /// Too long, or no text.
    #[error("the message of the change is no text of at most {CHANGE_MESSAGE_BYTES_MAX} bytes")]
    Message,
    /// Too many, or of a length that no actor has.
    #[error("the change names other actors in a form that does not exist")]
    OtherActors,
    /// Unknown, twice, out of order, empty or deflated.
    #[error("the columns of the change are not those of a change")]
    Columns,
    /// The action column is malformed.
    #[error("the actions of the change are malformed")]
    Actions,
    /// More than 10,000.
    #[error("the change makes more than {CHANGE_OPS_MAX} operations")]
    Operations,
}

/// Scans one chunk and holds it against what is expected of it.
///
/// # Errors
/// The first rule that the chunk breaks, in the order of the variants.
pub fn scan<'a>(chunk: &'a [u8], expected: &Expected) -> Result<ChangeFacts<'a>, ScanError> {
    let facts = read(chunk)?;
    facts.check(&expected.actor, expected.seq)?;
    Ok(facts)
}

/// Scans one chunk for its form alone.
///
/// # Errors
/// The first rule that the chunk breaks.
pub fn read(chunk: &[u8]) -> Result<ChangeFacts<'_>, ScanError> {
    let (data, hash) = open(chunk)?;
    let mut data = Reader(data);
    let n_deps = data.uleb()?;
    let deps = data.hashes(n_deps)?;
    let actor = data.prefixed(ACTOR_BYTES_MAX, ScanError::Actor)?;
    let seq = data.uleb()?;
    let start_op = data.uleb()?;
    data.skip_sleb()?;
    let message = data.prefixed(CHANGE_MESSAGE_BYTES_MAX, ScanError::Message)?;
    std::str::from_utf8(message).map_err(|_| ScanError::Message)?;
    skip_other_actors(&mut data)?;
    let n_ops = count_ops(&mut data)?;
    let last_op = start_op.saturating_add(u64::from(n_ops.max(1)) - 1);
    if start_op == 0 || last_op > OP_COUNTER_MAX {
        return Err(ScanError::StartOp);
    }
    Ok(ChangeFacts {
        hash,
        deps,
        actor,
        seq,
        start_op,
        n_ops,
    })
}

impl ChangeFacts<'_> {
    /// Holds actor and number against what they must be.
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

/// Cuts the raw bytes of a run into its chunks. After an error nothing follows.
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

/// Checks magic, type, length and checksum; gives the data and the change's hash.
fn open(chunk: &[u8]) -> Result<(&[u8], [u8; 32]), ScanError> {
    let (data_at, chunk_len) = frame(chunk)?;
    if chunk_len != chunk.len() {
        return Err(ScanError::Length);
    }
    let hash: [u8; 32] = Sha256::digest(&chunk[TYPE_AT..]).into();
    if hash[..4] != chunk[CHECKSUM_AT..TYPE_AT] {
        return Err(ScanError::Checksum);
    }
    Ok((&chunk[data_at..], hash))
}

/// Where the data of the chunk at the head of `bytes` begins, and where the chunk ends.
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

fn skip_other_actors(data: &mut Reader<'_>) -> Result<(), ScanError> {
    let n_actors = data.uleb()?;
    if n_actors > CHANGE_ACTORS_MAX as u64 {
        return Err(ScanError::OtherActors);
    }
    for _ in 0..n_actors {
        data.prefixed(ACTOR_BYTES_MAX, ScanError::OtherActors)?;
    }
    Ok(())
}

/// Reads the column table and the action column behind it, to the end of the data.
fn count_ops(data: &mut Reader<'_>) -> Result<u32, ScanError> {
    let n_columns = data.uleb()?;
    if n_columns > COLUMNS.len() as u64 {
        return Err(ScanError::Columns);
    }
    let mut known = COLUMNS.iter();
    let mut columns_len = 0_u64;
    let mut action = None;
    for _ in 0..n_columns {
        let spec = data.uleb()?;
        let len = data.uleb()?;
        if len == 0 || !known.any(|column| *column == spec) {
            return Err(ScanError::Columns);
        }
        if spec == ACTION_COLUMN {
            action = Some((columns_len, len));
        }
        columns_len = columns_len.saturating_add(len);
    }
    let columns = data.take(columns_len)?;
    if !data.0.is_empty() {
        return Err(ScanError::Length);
    }
    let Some((at, len)) = action else {
        return if n_columns == 0 {
            Ok(0)
        } else {
            Err(ScanError::Actions)
        };
    };
    let mut columns = Reader(columns);
    columns.take(at)?;
    sum_runs(Reader(columns.take(len)?))
}

/// Sums the runs of the action column: `count value` for a repeated value, `-count values` for
/// different ones. A run of nulls (count 0) has no place here.
fn sum_runs(mut column: Reader<'_>) -> Result<u32, ScanError> {
    let mut n_ops = 0_u64;
    while !column.0.is_empty() {
        let count = column.sleb()?;
        n_ops = n_ops.saturating_add(count.unsigned_abs());
        if n_ops > u64::from(CHANGE_OPS_MAX) {
            return Err(ScanError::Operations);
        }
        let n_values = match count {
            0 => return Err(ScanError::Actions),
            1.. => 1,
            ..0 => count.unsigned_abs(),
        };
        let actions = column.take(n_values).map_err(|_| ScanError::Actions)?;
        if actions.iter().any(|action| *action > ACTION_MAX) {
            return Err(ScanError::Actions);
        }
    }
    u32::try_from(n_ops).map_err(|_| ScanError::Operations)
}

/// Takes from the front of a slice; never past its end.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, ScanError> {
        let (first, rest) = self.0.split_first().ok_or(ScanError::Length)?;
        self.0 = rest;
        Ok(*first)
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], ScanError> {
        let len = usize::try_from(len).map_err(|_| ScanError::Length)?;
        let (taken, rest) = self.0.split_at_checked(len).ok_or(ScanError::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Bytes behind their length.
    fn prefixed(&mut self, len_max: usize, error: ScanError) -> Result<&'a [u8], ScanError> {
        let len = self.uleb()?;
        if len > len_max as u64 {
            return Err(error);
        }
        self.take(len)
    }

    fn hashes(&mut self, count: u64) -> Result<&'a [[u8; 32]], ScanError> {
        if count > CHANGE_DEPS_MAX as u64 {
            return Err(ScanError::Dependencies(count));
        }
        let (hashes, _) = self.take(count * 32)?.as_chunks();
        Ok(hashes)
    }

    /// An unsigned LEB128 number in its shortest form.
    fn uleb(&mut self) -> Result<u64, ScanError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(ScanError::Number);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                let overlong = byte == 0 && shift > 0;
                return if overlong {
                    Err(ScanError::Number)
                } else {
                    Ok(number)
                };
            }
        }
        Err(ScanError::Number)
    }

    /// A signed LEB128 number in its shortest form.
    fn sleb(&mut self) -> Result<i64, ScanError> {
        let mut number = 0_i64;
        let mut previous = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 != 0 {
                previous = byte;
                continue;
            }
            let negative = byte & 0x40 != 0;
            let is_last = shift == LAST_SHIFT;
            if is_last && byte != 0 && byte != 0x7f {
                return Err(ScanError::Number);
            }
            let extends =
                (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
            if shift > 0 && extends {
                return Err(ScanError::Number);
            }
            if negative && !is_last {
                number |= -1 << (shift + 7);
            }
            return Ok(number);
        }
        Err(ScanError::Number)
    }

    fn skip_sleb(&mut self) -> Result<(), ScanError> {
        self.sleb().map(|_| ())
    }
}

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHECKSUM_AT: usize = 4;
const TYPE_AT: usize = 8;
const CHANGE_TYPE: u8 = 1;
/// Where the tenth and last byte of a 64-bit number goes.
const LAST_SHIFT: u32 = 63;
/// An actor of ours has 16 bytes; Automerge's own random ones too. Others are not bounded by it.
const ACTOR_BYTES_MAX: usize = 32;
/// Mark, the last of Automerge's actions.
const ACTION_MAX: u8 = 7;
const ACTION_COLUMN: u64 = 0x42;
/// All columns of a change, in their order: number of the column << 4 | type; bit 3, which would
/// say that the column is deflated, is never set.
const COLUMNS: [u64; 14] = [
    0x01, // object: actor
    0x02, // object: counter
    0x11, // key: actor
    0x13, // key: counter
    0x15, // key: text
    0x34, // insert
    ACTION_COLUMN,
    0x56, // value: type and length
    0x57, // value: bytes
    0x70, // predecessors: count
    0x71, // predecessors: actor
    0x73, // predecessors: counter
    0x94, // expand
    0xa5, // mark name
];
