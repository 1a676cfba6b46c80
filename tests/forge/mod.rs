//! Changes written byte by byte, with true checksums: what they claim is the caller's choice.

use weft_shared::id::sha256;

/// The columns of one operation that puts null under the root's key "k", over nothing.
pub(crate) const ONE_SET: [(u64, &[u8]); 5] = [
    (0x15, &[0x7f, 1, b'k']),
    (0x34, &[1]),
    (ACTION, &[0x7f, 1]),
    (VALUE_LENGTH, &[0x7f, 0]),
    (PREDECESSOR_COUNT, &[0x7f, 0]),
];
/// The column of the operations' actions in Automerge's change chunk.
pub(crate) const ACTION: u64 = 0x42;
/// Its column of the types and lengths of values.
pub(crate) const VALUE_LENGTH: u64 = 0x56;
/// Its column of predecessor counts.
pub(crate) const PREDECESSOR_COUNT: u64 = 0x70;

/// Change number `seq` of an actor, whose first operation has the same number.
pub(crate) fn change(actor: [u8; 16], seq: u64, columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    // No change that it follows.
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
    chunk(&data)
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

/// A number as Automerge writes one without a sign.
pub(crate) fn uleb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

/// A number as Automerge writes one with a sign.
pub(crate) fn sleb(mut number: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !(-64..64).contains(&number) {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0] & 0x7f);
    bytes
}
