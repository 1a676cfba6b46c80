//! Sealed runs (codec 8): what a team keeps to itself travels as entries like any other, and only
//! the location's devices can read it.
//!
//! The body of a sealed run is an [`Envelope`]. Its clear part names the key, gives keys to
//! colleagues' devices, and names words to forget; the rest is the run's changes under the key,
//! bound to location and device, and padded to a few sizes. The run's header counts the changes, as
//! the gate needs to know that none is missing; its hash is that of the envelope. So the hub checks
//! and relays a sealed entry, counts its bytes, and reads nothing.

#[cfg(test)]
mod tests;

use super::{
    codec::{self, Codec, Inflater},
    entry::{ComposeError, Header, Run, TooLarge},
    scan::{self, ScanError, split_chunks},
};
use crate::{
    id::{BlobHash, DeviceId, DocId, DocName, LocationId, TeamKeyId, actor, sha256},
    identity::{Altered, GRANT_BYTES, NONCE_BYTES, TeamKey, TeamKeys},
    model::schema::DocKind,
    wire::limits::{
        DOCUMENT_OPS_MAX, ENTRY_CHANGES_MAX, ENTRY_OPS_MAX, ENTRY_RAW_BYTES_MAX, RUN_FORGETS_MAX,
        RUN_GRANTS_MAX,
    },
};

/// The document whose runs are sealed: that of everything with the audience `team`.
pub fn team_document() -> DocName {
    DocName::first(DocKind::Team.to_string())
}

/// A team key, sealed for one device.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub struct Grant {
    /// The key.
    #[n(0)]
    pub key: TeamKeyId,
    /// The device that can open it.
    #[n(1)]
    pub to: DeviceId,
    /// See [`TeamKey::grant`].
    #[cbor(n(2), with = "minicbor::bytes")]
    pub sealed: [u8; GRANT_BYTES],
}

/// The body of a sealed run.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub struct Envelope {
    /// The key that opens it.
    #[n(0)]
    pub key: TeamKeyId,
    /// Keys for colleagues' devices.
    #[n(1)]
    pub grants: Vec<Grant>,
    /// Sealed words that every holder must delete: they were withdrawn or replaced.
    #[n(2)]
    pub forget: Vec<BlobHash>,
    /// The number drawn for this sealing.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub nonce: [u8; NONCE_BYTES],
    /// The sealed changes; empty if the run only gives keys or has words deleted.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
    /// The seq of the first of them, so that the gate knows that none is missing; 0 if there are
    /// none.
    #[n(5)]
    pub first: u64,
}

/// A body of codec 8 that is no envelope in its one encoding, or has too much in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no sealed run in canonical CBOR within its limits")]
pub struct BadEnvelope;

impl Envelope {
    /// Canonical CBOR.
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to a Vec cannot fail")
    }

    /// Parses the output of [`Envelope::encode`], and nothing else.
    ///
    /// # Errors
    /// If the bytes are in another encoding, or exceed a limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadEnvelope> {
        let envelope: Self = minicbor::decode(bytes).map_err(|_| BadEnvelope)?;
        let fits =
            envelope.grants.len() <= RUN_GRANTS_MAX && envelope.forget.len() <= RUN_FORGETS_MAX;
        let says_something = !envelope.grants.is_empty()
            || !envelope.forget.is_empty()
            || !envelope.sealed.is_empty();
        if !fits || !says_something || envelope.encode() != bytes {
            return Err(BadEnvelope);
        }
        Ok(envelope)
    }

    /// Seals changes of the team's document, which may be none if there are grants or words to
    /// forget.
    ///
    /// # Errors
    /// If a colleague's device would refuse the changes, or there is too much for one entry.
    pub fn seal(
        place: &Place,
        changes: &[Vec<u8>],
        (key, nonce): (&TeamKey, [u8; NONCE_BYTES]),
        (grants, forget): (Vec<Grant>, Vec<BlobHash>),
    ) -> Result<Self, ComposeError> {
        if changes.is_empty() && grants.is_empty() && forget.is_empty() {
            return Err(ComposeError::Empty);
        }
        TooLarge::check("keys for devices", grants.len(), RUN_GRANTS_MAX)?;
        TooLarge::check("deleted texts", forget.len(), RUN_FORGETS_MAX)?;
        let first = changes
            .first()
            .map(|change| scan::read(change))
            .transpose()?;
        let first = first.map_or(0, |facts| facts.seq);
        check_changes(place, first, changes).map_err(|error| match error {
            Unopened::Large(error) => ComposeError::TooLarge(error),
            Unopened::Change(error) => ComposeError::Change(error),
            Unopened::NoKey | Unopened::Altered(_) | Unopened::Envelope | Unopened::Counts => {
                ComposeError::Empty
            }
        })?;
        let sealed = match changes {
            [] => Vec::new(),
            _ => key.seal(&place.context(), &nonce, &padded(&packed(changes))),
        };
        Ok(Self {
            key: key.id(),
            grants,
            forget,
            nonce,
            sealed,
            first,
        })
    }
}

/// The log and actor that wrote a sealed run: it opens for no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The location.
    pub location: LocationId,
    /// The device.
    pub device: DeviceId,
    /// The device's actor.
    pub n: u8,
}

impl Place {
    /// The place of a run in an entry with this header.
    pub const fn of(header: &Header, run: &Run) -> Self {
        Self {
            location: header.location,
            device: header.device,
            n: run.n,
        }
    }

    fn context(&self) -> Vec<u8> {
        [
            b"weft/sealed/1".as_slice(),
            self.location.as_bytes(),
            self.device.as_bytes(),
            &[self.n],
        ]
        .concat()
    }

    fn document(&self) -> DocId {
        team_document().id(&self.location)
    }
}

/// The reason why a sealed run gives no changes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// Its key has not been given to this device yet: the only reason that passes.
    #[error("its key has not been given to this device yet")]
    NoKey,
    /// It is no envelope.
    #[error("it is no sealed run")]
    Envelope,
    /// It was sealed for another place, or altered.
    #[error(transparent)]
    Altered(#[from] Altered),
    /// It has not as many changes as its header says.
    #[error("it does not hold what its header says")]
    Counts,
    /// A change in it may not be applied.
    #[error("a sealed change may not be applied: {0}")]
    Change(#[from] ScanError),
    /// It holds more than one entry may.
    #[error(transparent)]
    Large(#[from] TooLarge),
}

/// The changes in a sealed run, checked as the gate checks those that it can read.
///
/// # Errors
/// If the key is missing, or the changes are not ones that this device may have sealed.
pub fn open(
    place: &Place,
    (body, n_changes): (&[u8], u32),
    keys: &TeamKeys,
    inflater: &mut Inflater,
) -> Result<Vec<Vec<u8>>, Unopened> {
    let envelope = Envelope::decode(body).map_err(|BadEnvelope| Unopened::Envelope)?;
    if envelope.sealed.is_empty() {
        return Ok(Vec::new());
    }
    let key = keys.get(&envelope.key).ok_or(Unopened::NoKey)?;
    let padded = key.open(&place.context(), &envelope.nonce, &envelope.sealed)?;
    let raw = unpacked(unpadded(&padded)?, inflater)?;
    let chunks = split_chunks(&raw).map(|chunk| chunk.map(<[u8]>::to_vec));
    let changes = chunks.collect::<Result<Vec<_>, ScanError>>()?;
    if changes.len() != n_changes as usize {
        return Err(Unopened::Counts);
    }
    check_changes(place, envelope.first, &changes)?;
    Ok(changes)
}

/// Checks what the gate cannot see: that the changes are the device's own, with the seqs that the
/// envelope says, and within the limits of an entry.
fn check_changes(place: &Place, first: u64, changes: &[Vec<u8>]) -> Result<(), Unopened> {
    let actor = actor(&place.device, &place.document(), place.n);
    TooLarge::check("changes", changes.len(), ENTRY_CHANGES_MAX as usize)?;
    let bytes = changes.iter().map(Vec::len).sum();
    TooLarge::check("bytes", bytes, ENTRY_RAW_BYTES_MAX)?;
    let mut operations = 0_u32;
    for (change, seq) in changes.iter().zip(first..) {
        let facts = scan::read(change)?;
        facts.check(&actor, seq)?;
        if facts.last_op() > DOCUMENT_OPS_MAX {
            return Err(ScanError::StartOp.into());
        }
        operations = operations.saturating_add(facts.n_ops);
    }
    TooLarge::check("operations", operations as usize, ENTRY_OPS_MAX as usize)?;
    Ok(())
}

/// The codec's number, and the changes packed with it.
fn packed(changes: &[Vec<u8>]) -> Vec<u8> {
    let (codec, bytes) = codec::compress(&changes.concat());
    [&[codec.number()], bytes.as_slice()].concat()
}

fn unpacked(packed: &[u8], inflater: &mut Inflater) -> Result<Vec<u8>, Unopened> {
    let (codec, bytes) = packed.split_first().ok_or(Altered)?;
    match Codec::from_number(*codec) {
        Some(Codec::Raw) => Ok(bytes.to_vec()),
        Some(Codec::Zstd) => Ok(inflater.zstd(bytes).map_err(|_| Altered)?),
        Some(Codec::Sealed) | None => Err(Altered.into()),
    }
}

/// The sizes to which short contents are padded; longer ones are padded to a multiple of the last.
const STEPS: [usize; 4] = [512, 2 << 10, 8 << 10, 32 << 10];
const LENGTH_BYTES: usize = 4;

/// The length, the content, and zeros up to the next step.
fn padded(content: &[u8]) -> Vec<u8> {
    let bytes = LENGTH_BYTES + content.len();
    let step = STEPS.into_iter().find(|step| bytes <= *step);
    let last = STEPS[STEPS.len() - 1];
    let step = step.unwrap_or_else(|| bytes.next_multiple_of(last));
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let mut padded = Vec::with_capacity(step);
    padded.extend_from_slice(&length.to_be_bytes());
    padded.extend_from_slice(content);
    padded.resize(step, 0);
    padded
}

fn unpadded(padded: &[u8]) -> Result<&[u8], Altered> {
    let (length, rest) = padded.split_first_chunk::<LENGTH_BYTES>().ok_or(Altered)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Altered)?;
    rest.get(..length).ok_or(Altered)
}

/// The beginning of a blob with sealed words. Other blobs begin with 16 random bytes.
const WORDS_LABEL: &[u8] = b"weft/sealed-words/1";

/// Seals the words of an insight. Returns a blob that travels like any other.
pub fn seal_words(
    location: &LocationId,
    (key, nonce): (&TeamKey, [u8; NONCE_BYTES]),
    words: &[u8],
) -> Vec<u8> {
    let context = [WORDS_LABEL, location.as_bytes()].concat();
    let sealed = key.seal(&context, &nonce, &padded(words));
    [WORDS_LABEL, key.id().as_bytes(), &nonce, &sealed].concat()
}

/// Whether a blob holds sealed words.
pub fn are_sealed(blob: &[u8]) -> bool {
    blob.starts_with(WORDS_LABEL)
}

/// The words that [`seal_words`] sealed.
///
/// # Errors
/// If the key is missing, or the blob was altered or sealed elsewhere.
pub fn open_words(
    location: &LocationId,
    keys: &TeamKeys,
    blob: &[u8],
) -> Result<Vec<u8>, Unopened> {
    let rest = blob.strip_prefix(WORDS_LABEL).ok_or(Unopened::Envelope)?;
    let (key, rest) = rest.split_first_chunk().ok_or(Unopened::Envelope)?;
    let (nonce, sealed) = rest.split_first_chunk().ok_or(Unopened::Envelope)?;
    let key = keys.get(&TeamKeyId::new(*key)).ok_or(Unopened::NoKey)?;
    let context = [WORDS_LABEL, location.as_bytes()].concat();
    let opened = key.open(&context, nonce, sealed)?;
    Ok(unpadded(&opened)?.to_vec())
}

/// The actor of the team's document that makes its changes.
pub const CHANGES_ACTOR: u8 = 0;
/// The actor of runs without changes: they are counted apart.
pub const KEYS_ACTOR: u8 = u8::MAX;

/// The run and body of an envelope, for an entry.
pub(super) fn run(
    location: &LocationId,
    (n_changes, is_first): (u32, bool),
    envelope: &Envelope,
) -> (Run, Vec<u8>) {
    let name = team_document();
    let bytes = envelope.encode();
    let run = Run {
        doc: name.id(location),
        name: is_first.then_some(name),
        n: match envelope.sealed.is_empty() {
            true => KEYS_ACTOR,
            false => CHANGES_ACTOR,
        },
        n_changes,
        n_ops: 0,
        raw_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        raw_hash: sha256("", &[&bytes]),
    };
    (run, bytes)
}
