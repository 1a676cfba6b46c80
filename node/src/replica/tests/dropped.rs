//! Orders to drop the end of a device's log.

use weft_shared::identity::Operation;

use super::*;
use crate::{replica::Dropped, store::entries};

fn operate(replica: &mut Replica, operation: Operation, at: i64) {
    let signed = replica.sign(operation, now(at)).unwrap();
    session::grow(replica, signed, at);
}

/// Number of an entry's bodies here, and whether it is void.
fn held(replica: &Replica, dix: DeviceIndex, dseq: u64) -> (usize, bool) {
    let db = &replica.store().reader;
    let stored = entries::one(db, Owner::Location.lix(), dix, dseq);
    let stored = stored.unwrap().unwrap();
    (stored.entry.bodies.len(), stored.void.is_some())
}

#[test]
fn a_dropped_end_leaves_only_headers() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let dix = two.dix().unwrap();
    set(&mut two, "5", 1);
    set(&mut two, "6", 2);
    let id = add_insight(&mut two, "Example: the path is dark", 3);
    carry(&mut two, &mut one, dix, 4);
    assert!(one.record(RecordKind::Insight, &id).unwrap().is_some());
    let Height { dseq: last, hash } = one.height(Owner::Location, dix);
    assert_eq!(last, 3);
    let revoked = Operation::RevokeDevice {
        dix,
        dseq: last,
        hash,
    };
    operate(&mut one, revoked, 5);
    let dropped = Operation::Void {
        dix,
        first: 2,
        last,
        hash,
    };
    operate(&mut one, dropped, 6);
    assert_eq!(values(&mut one), ["5"]);
    assert!(one.record(RecordKind::Insight, &id).unwrap().is_none());
    assert_eq!(held(&one, dix, 1), (1, false), "what is kept stays whole");
    for dseq in 2..=last {
        assert_eq!(held(&one, dix, dseq), (0, true), "entry {dseq}");
    }
    assert!(one.verify().unwrap().exceptions.is_empty());
}

#[test]
fn it_is_known_who_dropped_what_and_when() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let dix = DeviceIndex(2);
    set(&mut two, "5", 1);
    set(&mut two, "6", 2);
    carry(&mut two, &mut one, dix, 3);
    assert!(one.drops().unwrap().is_empty());
    let Height { dseq, hash } = one.height(Owner::Location, dix);
    let (first, last) = (2, dseq);
    for operation in [
        Operation::RevokeDevice { dix, dseq, hash },
        Operation::Void {
            dix,
            first,
            last,
            hash,
        },
    ] {
        operate(&mut one, operation, 4);
    }
    let dropped = Dropped {
        device: "Device 2".to_owned(),
        first,
        at: now(4),
        by: Some("Device 1".to_owned()),
    };
    assert_eq!(one.drops().unwrap(), [dropped]);
}
