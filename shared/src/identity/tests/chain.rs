//! A roster's chain cannot be altered, shortened in the middle or forged unnoticed.

use proptest::prelude::*;

use super::roster::{
    By, NOW, add, empty, invite, invite_key, office, revoke, root, signed, signed_at,
};
use crate::{
    id::Signature,
    identity::{Operation, Role, Roster, RosterError, SignedOperation},
    time::DAY_MS,
};

/// A chain of `office()`, as operations.
fn chain() -> Vec<SignedOperation> {
    let mut roster = empty();
    let script = [
        (By::Root, add(1, Role::Admin)),
        (By::Device(1), invite(2, Role::Member)),
        (By::Invite(2), add(2, Role::Member)),
        (By::Device(1), revoke(2)),
    ];
    let grow = |(by, operation)| {
        let signed = signed(&roster, by, operation);
        roster.apply(&signed).unwrap();
        signed
    };
    script.into_iter().map(grow).collect()
}

fn any_step() -> impl Strategy<Value = (By, Operation, i64)> {
    let by = prop_oneof![
        1 => Just(By::Root),
        4 => (1..6_u16).prop_map(By::Device),
        4 => (1..8_u16).prop_map(By::Invite),
    ];
    let role = any::<bool>().prop_map(|admin| if admin { Role::Admin } else { Role::Member });
    let n = 1..8_u16;
    let operation = prop_oneof![
        (n.clone(), role.clone()).prop_map(|(n, role)| add(n, role)),
        (n.clone(), role).prop_map(|(n, role)| invite(n, role)),
        n.clone()
            .prop_map(|n| Operation::RevokeInvite { key: invite_key(n) }),
        n.prop_map(revoke),
    ];
    (by, operation, -DAY_MS / 2..2 * DAY_MS)
}

proptest! {
    #[test]
    fn no_changed_bit_passes(at: prop::sample::Index, bit: prop::sample::Index) {
        let mut operations = chain();
        let at = at.index(operations.len());
        let mut bytes = operations[at].encode();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(changed) = SignedOperation::decode(&bytes) {
            operations[at] = changed;
            let location = root().public().location_id();
            let (position, _) = Roster::replay(location, &operations).unwrap_err();
            prop_assert_eq!(position, at);
        }
    }

    #[test]
    fn no_operation_can_be_left_out_doubled_or_moved(
        from: prop::sample::Index, to: prop::sample::Index, action in 0..3,
    ) {
        let operations = chain();
        let (from, to) = (from.index(operations.len()), to.index(operations.len()));
        let mut changed = operations.clone();
        match action {
            0 => drop(changed.remove(from)),
            1 => changed.insert(to, operations[from].clone()),
            _ => changed.swap(from, to),
        }
        let location = root().public().location_id();
        let whole = Roster::replay(location, &operations).unwrap();
        match Roster::replay(location, &changed) {
            // A shortened chain is valid; anyone who knows the head sees that it is short.
            Ok(roster) => prop_assert!(changed == operations || roster.head() != whole.head()),
            Err((position, _)) => prop_assert!(position <= changed.len()),
        }
    }

    #[test]
    fn whatever_is_tried_the_roster_keeps_its_rules(
        steps in prop::collection::vec(any_step(), 0..40),
    ) {
        let mut roster = empty();
        let mut held = vec![signed(&roster, By::Root, add(1, Role::Admin))];
        roster.apply(&held[0]).unwrap();
        for (by, operation, later_ms) in steps {
            let attempt = signed_at(&roster, by, operation, NOW.plus_ms(later_ms));
            let before = roster.clone();
            match roster.apply(&attempt) {
                Ok(_) => held.push(attempt),
                Err(_) => prop_assert_eq!(&roster, &before),
            }
        }
        prop_assert_eq!(roster.len(), held.len());
        for (index, device) in roster.devices().enumerate() {
            prop_assert_eq!(usize::from(device.dix.0), index + 1);
            prop_assert_eq!(roster.dix_of(&device.id), Some(device.dix));
        }
        let replayed = Roster::replay(roster.location(), &held).unwrap();
        prop_assert_eq!(&replayed, &roster);
        for operation in &held {
            let again = roster.apply(operation);
            let out_of_place = matches!(again, Err(RosterError::OutOfPlace { .. }));
            prop_assert!(out_of_place);
        }
    }

    #[test]
    fn foreign_bytes_are_no_operation(bytes: Vec<u8>, flips: Vec<(prop::sample::Index, u8)>) {
        let _ = SignedOperation::decode(&bytes);
        let mut bytes = chain().remove(0).encode();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(read) = SignedOperation::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
        }
    }

    #[test]
    fn a_signature_that_nobody_made_is_refused(halves: [[u8; 32]; 2]) {
        let mut roster = office();
        let mut forged = signed(&roster, By::Device(1), revoke(2));
        forged.signature = Signature::from_slice(&halves.concat()).unwrap();
        let refused = matches!(roster.apply(&forged), Err(RosterError::Signature(_)));
        prop_assert!(refused);
    }
}
