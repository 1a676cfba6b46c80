//! Orders to drop the end of a device's log.

use weft_shared::{id::Dix, identity::Operation, log::gate::Height};

use super::{carry, set};
use crate::{
    kit::{Kit, now},
    replica::Dropped,
    store::Owner,
};

#[test]
fn it_is_known_who_dropped_what_and_when() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let dix = Dix(2);
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
        let signed = one.sign(operation, now(4)).unwrap();
        let after = one.roster(Owner::Location).len();
        let persisted = one.persist_roster(Owner::Location, after, &[signed]);
        persisted.unwrap().unwrap();
    }
    let dropped = Dropped {
        device: "Device 2".to_owned(),
        first,
        at: now(4),
        by: Some("Device 1".to_owned()),
    };
    assert_eq!(one.drops().unwrap(), [dropped]);
}
