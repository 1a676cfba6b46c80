//! Limits of a document: exactly that much is taken, and one more is not.

use super::*;
use crate::{
    identity::Role,
    log::size::DocumentSize,
    wire::limits::{DOCUMENT_CHANGES_MAX, DOCUMENT_OPS_MAX, DOCUMENT_RAW_BYTES_MAX},
};

/// A hub's judgement on the second entry, which alters its change so, and the document's size
/// then.
fn judged(
    held: Option<DocumentSize>,
    alter: impl Fn(&mut Forged),
) -> (Option<VoidCode>, DocumentSize) {
    let (mut author, mut state) = started();
    let below = author.height;
    let mut draft = good(&author, 2);
    forge(&author, &mut draft, alter);
    let entry = author.append(vec![draft]);
    let batch = author.batch(below, vec![entry]);
    if let Some(held) = held {
        state.documents.values_mut().for_each(|size| *size = held);
    }
    state.room = Some(Room::empty(Role::Admin));
    let admission = author.gate().admit(&mut state, batch).unwrap().unwrap();
    let size = state.documents.values().next().copied();
    (voids(&admission)[0], size.unwrap_or_default())
}

#[test]
fn the_last_operation_has_the_number_250_000() {
    // The change has two operations.
    for (start_op, code) in [
        (249_999, None),
        (250_000, Some(VoidCode::StartOp)),
        (250_001, Some(VoidCode::StartOp)),
    ] {
        let number = |change: &mut Forged| change.start_op = start_op;
        assert_eq!(judged(None, number).0, code, "{start_op}");
    }
}

#[test]
fn a_document_is_filled_to_the_last_byte_operation_and_change() {
    let none = DocumentSize::default();
    let (code, entry) = judged(Some(none), |_| ());
    assert_eq!((code, entry.operations, entry.changes), (None, 2, 1));
    let full = DocumentSize {
        raw_bytes: DOCUMENT_RAW_BYTES_MAX - entry.raw_bytes,
        operations: DOCUMENT_OPS_MAX - entry.operations,
        changes: DOCUMENT_CHANGES_MAX - entry.changes,
    };
    let (code, filled) = judged(Some(full), |_| ());
    assert_eq!(code, None);
    let sizes = (filled.raw_bytes, filled.operations, filled.changes);
    assert_eq!(sizes, (8 << 20, 250_000, 50_000));
    for (raw_bytes, operations, changes) in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
        let mut past = full;
        past += DocumentSize {
            raw_bytes,
            operations,
            changes,
        };
        assert_eq!(judged(Some(past), |_| ()), (Some(VoidCode::Full), past));
    }
}
