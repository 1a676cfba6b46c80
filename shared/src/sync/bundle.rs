//! Bundles: the logs of a location, and what its devices know of the hub's, as a file that anybody
//! may carry. An entry authenticates itself, so nothing about the way has to be trusted.
//!
//! A bundle is [`MAGIC`], then frames of the session: first an [`About`], then ROSTER, BLOB and
//! ENTRIES in the order in which a session would send them. Documents are numbered afresh in each
//! ENTRIES. Nothing answers, so the reader leaves out what it has.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;

use super::{Outgoing, open::Misbehaved, packed::Packer, packed::Unpacker};
use crate::{
    id::{BlobHash, DeviceIndex, LocationId},
    identity::SignedOperation,
    log::gate::Batch,
    time::Timestamp,
    wire::{
        BadFrame, Frame, FrameReader, Message, frame,
        limits::{BLOB_BYTES_MAX, FRAME_BYTES_MAX},
        message::{Blob, Ping, RosterPart, Scope},
    },
};

/// The beginning of a bundle; what follows is compressed.
pub const MAGIC: &[u8] = b"weft-bundle/1\n";
/// Operations in one ROSTER of a bundle.
const OPERATIONS_MAX: usize = 256;

/// Whose bundle it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub struct About {
    /// The location.
    #[n(0)]
    pub location: LocationId,
    /// Its network's location zero.
    #[n(1)]
    pub zero: LocationId,
    /// When the device that made it says that it did.
    #[n(2)]
    pub made: Timestamp,
}

/// A piece of a bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Operations of a roster, after the first `after`.
    Roster {
        /// Whose.
        scope: Scope,
        /// The number of operations before these.
        after: usize,
        /// The operations.
        operations: Vec<SignedOperation>,
    },
    /// A blob; an entry that names it follows.
    Blob {
        /// Whose.
        scope: Scope,
        /// The log that the entry is in.
        dix: DeviceIndex,
        /// The entry.
        dseq: u64,
        /// The hash of the bytes, which was checked.
        hash: BlobHash,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Entries, not judged yet.
    Batch {
        /// Whose.
        scope: Scope,
        /// The entries.
        batch: Batch,
    },
    /// The last piece: nothing was cut off.
    End,
}

/// Bytes that are no bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBundle {
    /// Not a bundle at all, or of another version.
    #[error("it is not a bundle, or another version of Weft made it")]
    Other,
    /// A frame that cannot be read.
    #[error("it is damaged: {0}")]
    Frame(#[from] BadFrame),
    /// A frame of an honest kind that no bundle has, or has so.
    #[error("it is damaged: it holds {0}")]
    Piece(&'static str),
}

impl About {
    /// Writes the beginning of a bundle.
    pub fn write(&self, out: &mut Vec<u8>) {
        let about = minicbor::to_vec(self).expect("writing to a Vec cannot fail");
        let length = u8::try_from(about.len()).expect("three short fields");
        out.push(length);
        out.extend_from_slice(&about);
    }
}

/// Appends operations of a roster.
pub fn write_roster(scope: Scope, operations: &[SignedOperation], out: &mut Vec<u8>) {
    let mut after = 0;
    for part in operations.chunks(OPERATIONS_MAX) {
        let encoded = part
            .iter()
            .map(|operation| ByteVec::from(operation.encode()));
        let message = RosterPart {
            scope,
            after: u32::try_from(after).unwrap_or(u32::MAX),
            operations: encoded.collect(),
        };
        frame::encode(&message.into(), out);
        after += part.len();
    }
}

/// Appends entries of a log and their blobs. Without a signature over the last nothing is written.
pub fn write_entries((scope, dix): (Scope, DeviceIndex), outgoing: Outgoing, out: &mut Vec<u8>) {
    let Some(tip) = outgoing.tip.filter(|_| !outgoing.entries.is_empty()) else {
        return;
    };
    for blob in outgoing.blobs {
        let message = Blob {
            scope,
            dix,
            dseq: blob.dseq,
            hash: blob.hash,
            bytes: blob.bytes,
        };
        frame::encode(&message.into(), out);
    }
    let mut numbers = BTreeMap::new();
    let packer = Packer::new(&mut numbers, false);
    let message = packer.entries((scope, dix), outgoing.entries, &outgoing.voids, &tip);
    frame::encode(&message.into(), out);
}

/// Appends the mark that nothing was cut off.
pub fn write_end(out: &mut Vec<u8>) {
    let end = Ping {
        nonce: 0,
        answer: true,
    };
    frame::encode(&end.into(), out);
}

/// Reads a bundle from portions of any size.
#[derive(Debug, Default)]
pub struct BundleReader {
    begun: Vec<u8>,
    about: Option<About>,
    frames: FrameReader,
}

impl BundleReader {
    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        match self.about {
            Some(_) => self.frames.push(bytes),
            None => self.begun.extend_from_slice(bytes),
        }
    }

    /// Whose bundle it is, once that has been read.
    ///
    /// # Errors
    /// If it is no bundle.
    pub fn about(&mut self) -> Result<Option<About>, BadBundle> {
        if self.about.is_some() {
            return Ok(self.about);
        }
        let Some((length, rest)) = self.begun.split_first() else {
            return Ok(None);
        };
        let Some((about, rest)) = rest.split_at_checked(usize::from(*length)) else {
            return Ok(None);
        };
        let about = minicbor::decode(about).map_err(|_| BadBundle::Other)?;
        self.frames.push(rest);
        self.about = Some(about);
        Ok(self.about)
    }

    /// The next piece, if all of it is there.
    ///
    /// # Errors
    /// If it cannot be read; nothing after it can.
    pub fn piece(&mut self) -> Result<Option<Piece>, BadBundle> {
        loop {
            let Some((frame, _)) = self.frames.pull(FRAME_BYTES_MAX)? else {
                return Ok(None);
            };
            if let Frame::Message(message) = frame {
                return piece(*message).map(Some);
            }
        }
    }
}

fn piece(message: Message) -> Result<Piece, BadBundle> {
    match message {
        Message::RosterPart(part) => {
            let operations = part.operations.iter();
            let operations = operations.map(|bytes| SignedOperation::decode(bytes));
            let operations = operations.collect::<Result<_, _>>();
            Ok(Piece::Roster {
                scope: part.scope,
                after: part.after as usize,
                operations: operations.map_err(|_| BadBundle::Piece("no roster operation"))?,
            })
        }
        Message::Blob(blob) => {
            if blob.bytes.len() > BLOB_BYTES_MAX || BlobHash::of(&blob.bytes) != blob.hash {
                return Err(BadBundle::Piece("words that are not those of their hash"));
            }
            Ok(Piece::Blob {
                scope: blob.scope,
                dix: blob.dix,
                dseq: blob.dseq,
                hash: blob.hash,
                bytes: blob.bytes,
            })
        }
        Message::Entries(entries) => {
            let scope = entries.scope;
            let batch = Unpacker::default().unpack(entries);
            let batch = batch.map_err(|Misbehaved(why)| BadBundle::Piece(why))?;
            Ok(Piece::Batch { scope, batch })
        }
        Message::Ping(Ping {
            nonce: 0,
            answer: true,
        }) => Ok(Piece::End),
        Message::Join(_)
        | Message::Joined(_)
        | Message::Hello(_)
        | Message::Welcome(_)
        | Message::Ack(_)
        | Message::Nack(_)
        | Message::Credit(_)
        | Message::Sub(_)
        | Message::Notice(_)
        | Message::RetryAfter(_)
        | Message::Ping(_)
        | Message::GetReads(_)
        | Message::Reads(_) => Err(BadBundle::Piece("a message that no bundle has")),
    }
}
