//! The fuzz targets. Whatever the bytes are, nothing panics, and whatever can be read is read the
//! same way again.
//!
//! `tests/all --long` looks for bytes that break this. Those found so far are in `corpus`, and an
//! ordinary test tries them again.

use std::sync::OnceLock;

use automerge::Change;
use sha2::{Digest as _, Sha256};
use weft_shared::{
    id::LocationId,
    identity::{Invite, Roster, SignedOperation, TeamKeys},
    log::{
        entry::Header,
        scan,
        sealed::{Envelope, open_words},
    },
    model::{
        indicator::{Definition, definitions_from_toml},
        profile::Place,
    },
    sync::bundle::BundleReader,
    wire::{Frame, FrameReader, frame, limits::FRAME_BYTES_MAX},
};

/// Runs a target on bytes.
pub type Run = fn(&[u8]);

/// Every target by its name; `corpus` has a folder for each.
pub const TARGETS: [(&str, Run); 10] = [
    ("frame", frames),
    ("entry", entry),
    ("scan", change),
    ("invite", invite),
    ("csv", csv),
    ("definitions", definitions),
    ("roster", roster),
    ("backup", backup),
    ("bundle", bundle),
    ("sealed", sealed),
];

/// Returns the target with this name.
#[must_use]
pub fn target(name: &str) -> Option<Run> {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.map(|(_, run)| *run)
}

/// A stream of frames. Each readable message is written and read again.
fn frames(bytes: &[u8]) {
    let mut reader = FrameReader::default();
    reader.push(bytes);
    while let Ok(Some((pulled, _))) = reader.pull(FRAME_BYTES_MAX) {
        let Frame::Message(message) = pulled else {
            continue;
        };
        let mut written = Vec::new();
        frame::encode(&message, &mut written);
        let mut again = FrameReader::default();
        again.push(&written);
        let read = again
            .pull(FRAME_BYTES_MAX)
            .map(|pulled| pulled.map(|it| it.0));
        assert_eq!(read, Ok(Some(Frame::Message(message))));
    }
    let _ = Frame::decode(bytes);
}

/// The header of an entry, which has only one encoding.
fn entry(bytes: &[u8]) {
    if let Ok(header) = Header::decode(bytes) {
        assert_eq!(header.encode(), bytes);
    }
}

/// The data of a change, behind a valid length and checksum. Automerge reads whatever the scan lets
/// through, with the same counts.
fn change(data: &[u8]) {
    let _ = scan::read(data);
    let chunk = chunk(data);
    let Ok(facts) = scan::read(&chunk) else {
        return;
    };
    let read = Change::try_from(chunk.as_slice());
    let read = read.expect("Automerge reads what the scan lets through");
    assert_eq!(read.len(), facts.n_ops as usize);
    assert_eq!(read.hash().0, facts.hash);
    assert_eq!(read.seq(), facts.seq);
    assert_eq!(read.start_op().get(), facts.start_op);
    assert_eq!(read.actor_id().to_bytes(), facts.actor);
    assert_eq!(read.deps().len(), facts.deps.len());
    assert_eq!(read.decode().operations.len(), facts.n_ops as usize);
}

/// Wraps `data` in a change chunk.
#[must_use]
pub fn chunk(data: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    let mut length = data.len();
    while length > 0x7f {
        hashed.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    hashed.push(length.to_le_bytes()[0]);
    hashed.extend(data);
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend(&Sha256::digest(&hashed)[..4]);
    bytes.extend(hashed);
    bytes
}

fn invite(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(invite) = text.parse::<Invite>() {
        let again = invite.to_string().parse::<Invite>();
        assert_eq!(again, Ok(invite));
    }
}

/// A file of indicator values, against the definitions of the examples.
fn csv(bytes: &[u8]) {
    static KNOWN: OnceLock<(Vec<Definition>, Place)> = OnceLock::new();
    let (known, place) = KNOWN.get_or_init(|| {
        let known = include_str!("../../../examples/data/indicators.toml");
        let known = definitions_from_toml(known).expect("the examples are definitions");
        let place =
            r#"{"name": "Far North", "areas": [{"code": "FAR_NORTH", "name": "Far North"}]}"#;
        let place = serde_json::from_str(place).expect("a place");
        (known, place)
    });
    let _ = weft_node::try_file(known, place, bytes);
}

/// A file of definitions. Each readable one is written and read again.
fn definitions(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for definition in definitions_from_toml(&text).unwrap_or_default() {
        let again = Definition::decode(&definition.encode());
        assert_eq!(again.ok(), Some(definition));
    }
}

/// The content of a backup before it is compressed.
fn backup(bytes: &[u8]) {
    let packed = zstd::encode_all(bytes, 1).expect("memory takes all bytes");
    if let Ok(manifest) = weft_host::backup::content(&*packed) {
        let text = serde_json::to_vec(&manifest).expect("a list of names is JSON");
        let again = serde_json::from_slice(&text).ok();
        assert_eq!(again, Some(manifest));
    }
}

/// The content of a bundle before it is compressed.
fn bundle(bytes: &[u8]) {
    let mut reader = BundleReader::default();
    reader.push(bytes);
    if let Ok(Some(_)) = reader.about() {
        while let Ok(Some(_)) = reader.piece() {}
    }
}

/// The body of a sealed run, which has only one encoding, and sealed words.
fn sealed(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::decode(bytes) {
        assert_eq!(envelope.encode(), bytes);
    }
    let _ = open_words(&LocationId::new([1; 16]), &TeamKeys::NONE, bytes);
}

/// Operations of a roster, each after its length in two bytes.
fn roster(bytes: &[u8]) {
    let mut roster = Roster::new(LocationId::new([1; 16]));
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (one, after) = after.split_at(length);
        rest = after;
        let Ok(operation) = SignedOperation::decode(one) else {
            continue;
        };
        assert_eq!(operation.encode(), one);
        if roster.is_empty() {
            roster = Roster::new(operation.slot.location);
        }
        let before = roster.len();
        let applied = roster.apply(&operation);
        assert_eq!(roster.len(), before + usize::from(applied.is_ok()));
    }
}
