//! Changes that no honest program writes: valid chunks with true checksums and false claims.

use weft_shared::{
    document::{Document, EditError, Editor},
    id::{DocName, actor, sha256},
};

use super::client::{Claim, Hostile};

/// The action column of Automerge's change chunk, and its column of predecessor counts.
const ACTION: u64 = 0x42;
const PREDECESSOR_COUNT: u64 = 0x70;
/// The action column for one `set` operation.
const ONE_SET: [u8; 2] = [0x7f, 1];

/// One operation whose predecessor counts claim `claimed` rows by run length: a hundred bytes on
/// the wire, gigabytes for a reader that expands columns before it compares them.
pub(super) fn bomb(hostile: &Hostile, document: &DocName, claimed: i64) -> Claim {
    let columns = [
        (ACTION, ONE_SET.to_vec()),
        (PREDECESSOR_COUNT, [sleb(claimed), vec![0]].concat()),
    ];
    change(hostile, document, 1, &columns)
}

/// A change that Automerge reads without complaint: number `seq` of this device, with one operation
/// that makes an object at the root of any document.
pub(super) fn plain(hostile: &Hostile, document: &DocName, seq: u64) -> Claim {
    let columns = [
        // The key "k", not inserted, set to null, without predecessors.
        (0x15, vec![0x7f, 1, b'k']),
        (0x34, vec![1]),
        (ACTION, ONE_SET.to_vec()),
        (0x56, vec![0x7f, 0]),
        (PREDECESSOR_COUNT, vec![0x7f, 0]),
    ];
    change(hostile, document, seq, &columns)
}

/// The single operation of a change, with the same number as the change.
fn change(hostile: &Hostile, document: &DocName, seq: u64, columns: &[(u64, Vec<u8>)]) -> Claim {
    let actor = actor(&hostile.key.id(), &document.id(&hostile.location), 0);
    let mut data = vec![0];
    data.extend(uleb(actor.len() as u64));
    data.extend(actor);
    data.extend(uleb(seq));
    data.extend(uleb(seq));
    data.extend(sleb(1_700_000_000));
    // No message, no other actors.
    data.extend([0, 0]);
    data.extend(uleb(columns.len() as u64));
    for (spec, bytes) in columns {
        data.extend(uleb(*spec));
        data.extend(uleb(bytes.len() as u64));
    }
    for (_, bytes) in columns {
        data.extend(bytes);
    }
    Claim {
        document: document.clone(),
        raw: chunk(&data),
        n_changes: 1,
        n_ops: 1,
    }
}

/// A change written by the project's own editor, with content that no page or command accepts.
pub(super) fn edited(
    hostile: &Hostile,
    name: &str,
    write: impl Fn(&mut Editor<'_>) -> Result<(), EditError>,
) -> Claim {
    let mut claims = edits(hostile, name, 1, write);
    claims.pop().expect("one edit was asked for")
}

/// Makes `count` such changes, each after the one before.
pub(super) fn edits(
    hostile: &Hostile,
    name: &str,
    count: usize,
    write: impl Fn(&mut Editor<'_>) -> Result<(), EditError>,
) -> Vec<Claim> {
    let document = DocName::first(name);
    let mut copy = Document::genesis(&hostile.location, &document).expect("a known document");
    let author = hostile.key.id();
    let edits = (0..count).map(|_| {
        let before = copy.operations();
        let edited = copy
            .edit(author, hostile.at(), &write)
            .expect("the editor takes it");
        Claim {
            document: document.clone(),
            raw: edited.change.expect("a change"),
            n_changes: 1,
            n_ops: u32::try_from(copy.operations() - before).expect("a small change"),
        }
    });
    edits.collect()
}

/// Puts magic, checksum, type and length before a change's data.
fn chunk(data: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    hashed.extend(uleb(data.len() as u64));
    hashed.extend(data);
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend(&sha256("", &[&hashed])[..4]);
    bytes.extend(hashed);
    bytes
}

fn uleb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

fn sleb(mut number: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !(-64..64).contains(&number) {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0] & 0x7f);
    bytes
}
