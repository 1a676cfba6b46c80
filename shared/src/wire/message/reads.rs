//! The messages of the ledger of reads: GET_READS and READS.

use minicbor::{Decode, Encode};

use crate::identity::reads::{
    ReadChain, ReadHead, ReadPart, ReadRow, SeenTag, SentProof, SentSeen,
};

/// GET_READS: asks for the reads of the device's own location after the one with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GetReads {
    /// The number of the last row that the device holds; 0 if none.
    #[n(0)]
    pub after: u64,
    /// The number of the last proof about a release that it holds; 0 if none.
    #[n(1)]
    pub proofs_after: u64,
    /// The tag of what it last received as seen by the national team; zeros if nothing.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub seen: SeenTag,
}

/// READS: closed rows of the ledger of reads, and the signed end of their chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reads {
    /// The end of the chain before the rows.
    #[n(0)]
    pub before: ReadChain,
    /// The rows.
    #[n(1)]
    pub rows: Vec<ReadRow>,
    /// The end of the chain after them.
    #[n(2)]
    pub head: ReadHead,
    /// The next proof about a release, if there is one.
    #[n(3)]
    pub proof: Option<Box<SentProof>>,
    /// The national team's view of the location now.
    #[n(4)]
    pub seen: Option<SentSeen>,
}

impl From<ReadPart> for Reads {
    fn from(part: ReadPart) -> Self {
        let ReadPart {
            before,
            rows,
            head,
            proof,
            seen,
        } = part;
        Self {
            before,
            rows,
            head,
            proof,
            seen,
        }
    }
}

impl From<Reads> for ReadPart {
    fn from(reads: Reads) -> Self {
        let Reads {
            before,
            rows,
            head,
            proof,
            seen,
        } = reads;
        Self {
            before,
            rows,
            head,
            proof,
            seen,
        }
    }
}
