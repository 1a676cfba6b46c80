//! The ledger of reads of one location: rows that are chained by their hashes, and the head of the
//! chain, which the hub signs.
//!
//! Rows are numbered by location from 1, without gaps. The hash of a row covers the one before it,
//! so a signed head vouches for all rows up to it.

mod pages;

use minicbor::{Decode, Encode};

use super::{BadSignature, Context, DeviceKey, verify};
use crate::{
    id::{DeviceId, LocationId, ReadHash, Signature, sha256, sha256_prefix},
    time::Timestamp,
};

/// Somebody read something of a location; a closed row, which no longer changes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReadRow {
    /// Its number among the reads of this location.
    #[n(0)]
    pub n: u64,
    /// The time of the first read.
    #[n(1)]
    pub at: Timestamp,
    /// The reader.
    #[n(2)]
    pub reader: String,
    /// The organisation that they read for.
    #[n(3)]
    pub organisation: String,
    /// The act, such as "opened a page".
    #[n(4)]
    pub act: String,
    /// The thing that was read, such as a page's path.
    #[n(5)]
    pub subject: String,
    /// The purpose that they stated.
    #[n(6)]
    pub purpose: String,
    /// The number of times, within ten minutes of the first.
    #[n(7)]
    pub count: u64,
}

/// The end of a chain: its last row and the hash of that row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ReadChain {
    /// The number of the last row; 0 before the first.
    #[n(0)]
    pub n: u64,
    /// Its hash; zeros before the first.
    #[n(1)]
    pub hash: ReadHash,
}

/// The end of a chain, as a hub's log device signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReadHead {
    /// The end of the chain.
    #[n(0)]
    pub chain: ReadChain,
    /// The device that signed.
    #[n(1)]
    pub device: DeviceId,
    /// Its signature.
    #[n(2)]
    pub signature: Signature,
}

/// The last things that a location holds, after which it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadsAfter {
    /// The last row of the ledger that it holds; 0 if none.
    pub row: u64,
    /// The number of the last proof that it holds; 0 if none.
    pub proof: u64,
    /// The tag of what it holds as seen by the national team; zeros if nothing.
    pub seen: SeenTag,
}

/// The first bytes of a hash: enough to see whether two are the same.
pub type SeenTag = [u8; 8];

/// The national team's view of a location, which goes to this location alone: compressed JSON,
/// which only what shows it reads.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SentSeen {
    /// When the hub made it.
    #[n(0)]
    pub at: Timestamp,
    /// Its tag.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub tag: SeenTag,
    /// The bytes; none if the location holds those of this tag.
    #[n(2)]
    pub bytes: Option<minicbor::bytes::ByteVec>,
}

impl SentSeen {
    /// The view at this time.
    pub fn new(at: Timestamp, bytes: Vec<u8>) -> Self {
        Self {
            at,
            tag: Self::tag(&bytes),
            bytes: Some(bytes.into()),
        }
    }

    /// The tag of these bytes.
    pub fn tag(bytes: &[u8]) -> SeenTag {
        sha256_prefix("weft/seen/1", &[bytes])
    }

    /// Leaves out bytes that a location holds.
    pub fn leave_out(&mut self, held: SeenTag) {
        if self.tag == held {
            self.bytes = None;
        }
    }
}

/// A proof about a release, which goes to this location alone: compressed JSON, which only what
/// checks releases reads.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SentProof {
    /// Its number at the hub; later releases have larger ones.
    #[n(0)]
    pub n: u64,
    /// The proof.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// A part of the ledger, as the hub sends it to a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPart {
    /// The end of the chain before these rows, as the hub has it.
    pub before: ReadChain,
    /// The rows.
    pub rows: Vec<ReadRow>,
    /// The end of the chain after them.
    pub head: ReadHead,
    /// The next proof about a release, if there is one.
    pub proof: Option<Box<SentProof>>,
    /// The national team's view of the location, if that is known now.
    pub seen: Option<SentSeen>,
}

/// A ledger of reads that does not go on from what this location holds of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadGap {
    /// Rows are missing, doubled or out of order.
    #[error("row {found} came where row {expected} belongs")]
    Missing {
        /// The row that belongs there.
        expected: u64,
        /// The row that came.
        found: u64,
    },
    /// The hub's chain has fewer rows than this location has seen.
    #[error("the hub shows {theirs} rows, and had shown {ours}")]
    Shorter {
        /// The last row that is held here.
        ours: u64,
        /// The last row that the hub has.
        theirs: u64,
    },
    /// A row that was shown is another now.
    #[error("a row up to {n} is another than the hub had shown")]
    Altered {
        /// The last row that the two have in common by number.
        n: u64,
    },
    /// The hub did not sign the end of the chain.
    #[error("the hub's signature under row {n} does not verify")]
    Unsigned {
        /// The row.
        n: u64,
    },
}

impl ReadRow {
    /// The thing that was read, in words: a page by its name, and all else as the hub says it.
    pub fn about(&self) -> String {
        about(&self.subject)
    }
}

/// Says the subject of a read in words: a page by its name, and all else as it is.
pub fn about(subject: &str) -> String {
    pages::name(subject).unwrap_or_else(|| subject.to_owned())
}

impl ReadChain {
    /// The chain with one more row.
    ///
    /// # Errors
    /// If the row is not the next one.
    pub fn with(self, location: &LocationId, row: &ReadRow) -> Result<Self, ReadGap> {
        let expected = self.n.saturating_add(1);
        if row.n != expected {
            return Err(ReadGap::Missing {
                expected,
                found: row.n,
            });
        }
        let bytes = minicbor::to_vec(row).expect("writing to a vector cannot fail");
        let parts: [&[u8]; 3] = [location.as_bytes(), self.hash.as_bytes(), &bytes];
        Ok(Self {
            n: row.n,
            hash: ReadHash::new(sha256("weft/read/1", &parts)),
        })
    }

    /// Signs the end of a location's chain.
    pub fn sign(self, location: &LocationId, key: &DeviceKey) -> ReadHead {
        ReadHead {
            chain: self,
            device: key.id(),
            signature: key.sign(Context::Reads, &self.message(location)),
        }
    }

    /// The chain after a part that the hub sent, once everything in it was checked.
    ///
    /// A location that holds no rows yet begins where the part begins: a hub keeps rows for some
    /// years only. `is_hub` says whether a device is a log device of the hub.
    ///
    /// # Errors
    /// If the part does not go on from here.
    pub fn follow(
        self,
        location: &LocationId,
        part: &ReadPart,
        is_hub: impl Fn(&DeviceId) -> bool,
    ) -> Result<Self, ReadGap> {
        let head = part.head;
        if !is_hub(&head.device) || head.verify(location).is_err() {
            return Err(ReadGap::Unsigned { n: head.chain.n });
        }
        if head.chain.n < self.n {
            return Err(ReadGap::Shorter {
                ours: self.n,
                theirs: head.chain.n,
            });
        }
        let start = if self.n == 0 { part.before } else { self };
        let mut rows = part.rows.iter();
        let end = rows.try_fold(start, |chain, row| chain.with(location, row))?;
        if end.n != head.chain.n {
            return Err(ReadGap::Missing {
                expected: end.n.saturating_add(1),
                found: head.chain.n,
            });
        }
        if end != head.chain {
            return Err(ReadGap::Altered { n: start.n });
        }
        Ok(end)
    }

    fn message(&self, location: &LocationId) -> Vec<u8> {
        let n = self.n.to_be_bytes();
        [location.as_bytes().as_slice(), &n, self.hash.as_bytes()].concat()
    }
}

impl ReadHead {
    /// Verifies the signature for a location's chain.
    ///
    /// # Errors
    /// If the device did not sign this.
    pub fn verify(&self, location: &LocationId) -> Result<(), BadSignature> {
        let message = self.chain.message(location);
        verify(
            self.device.as_bytes(),
            Context::Reads,
            &message,
            &self.signature,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCATION: LocationId = LocationId::new([1; 16]);

    fn row(n: u64) -> ReadRow {
        ReadRow {
            n,
            at: Timestamp::from_ms(1_795_000_000_000),
            reader: "Example reader".to_owned(),
            organisation: "Example organisation".to_owned(),
            act: "opened a page".to_owned(),
            subject: format!("/locations/FN?page={n}"),
            purpose: "Example: the yearly report".to_owned(),
            count: 1,
        }
    }

    fn key() -> DeviceKey {
        DeviceKey::from_seed([5; 32])
    }

    fn chain(rows: &[ReadRow]) -> ReadChain {
        let mut rows = rows.iter();
        let chain = rows.try_fold(ReadChain::default(), |chain, row| {
            chain.with(&LOCATION, row)
        });
        chain.unwrap()
    }

    /// The rows after `after` of a ledger of these rows.
    fn part(rows: &[ReadRow], after: usize) -> ReadPart {
        ReadPart {
            before: chain(&rows[..after]),
            rows: rows[after..].to_vec(),
            head: chain(rows).sign(&LOCATION, &key()),
            proof: None,
            seen: None,
        }
    }

    fn follow(ours: &[ReadRow], part: &ReadPart) -> Result<ReadChain, ReadGap> {
        chain(ours).follow(&LOCATION, part, |device| *device == key().id())
    }

    #[test]
    fn a_ledger_goes_on_row_by_row() {
        let rows: Vec<ReadRow> = (1..=5).map(row).collect();
        assert_eq!(follow(&rows[..2], &part(&rows, 2)), Ok(chain(&rows)));
        assert_eq!(follow(&rows, &part(&rows, 5)), Ok(chain(&rows)));
        assert_eq!(follow(&[], &part(&rows, 0)), Ok(chain(&rows)));
        // A new device, and a hub that has forgotten its oldest rows.
        assert_eq!(follow(&[], &part(&rows, 3)), Ok(chain(&rows)));
    }

    #[test]
    fn whatever_does_not_go_on_is_noticed() {
        let rows: Vec<ReadRow> = (1..=5).map(row).collect();
        let ours = &rows[..3];
        let mut left_out = part(&rows, 3);
        left_out.rows.remove(0);
        let missing = |expected, found| Err(ReadGap::Missing { expected, found });
        assert_eq!(follow(ours, &left_out), missing(4, 5));
        let mut cut = part(&rows, 3);
        cut.rows.pop();
        assert_eq!(follow(ours, &cut), missing(5, 5));
        let (theirs, ours_n) = (2, 3);
        let shorter = ReadGap::Shorter {
            ours: ours_n,
            theirs,
        };
        assert_eq!(follow(ours, &part(&rows[..2], 2)), Err(shorter));
        let mut other = rows.clone();
        other[1].count = 7;
        let altered = Err(ReadGap::Altered { n: 3 });
        assert_eq!(follow(ours, &part(&other, 3)), altered);
        assert_eq!(follow(ours, &part(&other[..3], 3)), altered);
        let mut unsigned = part(&rows, 3);
        unsigned.head = chain(&rows).sign(&LocationId::new([2; 16]), &key());
        assert_eq!(follow(ours, &unsigned), Err(ReadGap::Unsigned { n: 5 }));
        let mut stranger = part(&rows, 3);
        stranger.head = chain(&rows).sign(&LOCATION, &DeviceKey::from_seed([6; 32]));
        assert_eq!(follow(ours, &stranger), Err(ReadGap::Unsigned { n: 5 }));
    }
}
