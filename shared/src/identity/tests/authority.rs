//! Rights to change a roster, and the error that everyone else gets.

use expect_test::{Expect, expect};

use super::roster::{By, add, apply, invite, invite_key, office, revoke};
use crate::{
    id::{DeviceIndex, EntryHash},
    identity::{Operation, Role},
};

/// Checks the office's answer to one operation.
fn check(by: By, operation: Operation, expected: Expect) {
    let answer = apply(&mut office(), by, operation);
    let answer = answer.map_or_else(|error| error.to_string(), |applied| format!("{applied:?}"));
    expected.assert_eq(&answer);
}

#[test]
fn who_may_invite_and_add() {
    check(By::Device(1), invite(4, Role::Admin), expect!["Invited"]);
    check(
        By::Device(2),
        invite(4, Role::Member),
        expect!["device 2 is a member, and only an admin device invites and revokes: do it there"],
    );
    check(
        By::Device(9),
        invite(4, Role::Member),
        expect!["the roster has no device 9: `weft-node device list` shows those it has"],
    );
    check(
        By::Invite(3),
        invite(4, Role::Member),
        expect!["the operation is signed by a key of the wrong kind"],
    );
    check(
        By::Root,
        invite(4, Role::Member),
        expect!["the operation is signed by a key of the wrong kind"],
    );
    check(
        By::Device(1),
        invite(3, Role::Member),
        expect!["an invite with this key has been made before"],
    );
    check(
        By::Invite(3),
        add(3, Role::Member),
        expect!["Added(DeviceIndex(3))"],
    );
    check(
        By::Invite(3),
        add(3, Role::Admin),
        expect!["the invite is for the role member, and the device claims admin"],
    );
    check(
        By::Invite(2),
        add(3, Role::Member),
        expect!["the invite has been used: each admits one device; ask for another"],
    );
    check(
        By::Invite(9),
        add(3, Role::Member),
        expect!["the location knows no such invite: ask its team for a new one"],
    );
    check(
        By::Device(1),
        add(3, Role::Member),
        expect!["the operation is signed by a key of the wrong kind"],
    );
    check(
        By::Root,
        add(3, Role::Member),
        expect!["Added(DeviceIndex(3))"],
    );
    check(
        By::Invite(3),
        add(2, Role::Member),
        expect!["this key is device 2 already: a revoked device comes back under a new key"],
    );
}

#[test]
fn who_may_revoke() {
    check(By::Device(1), revoke(2), expect!["Revoked(DeviceIndex(2))"]);
    check(By::Root, revoke(1), expect!["Revoked(DeviceIndex(1))"]);
    check(
        By::Device(1),
        revoke(1),
        expect!["this is the location's last admin device: invite another admin device first"],
    );
    check(
        By::Device(2),
        revoke(1),
        expect!["device 2 is a member, and only an admin device invites and revokes: do it there"],
    );
    check(
        By::Invite(3),
        revoke(1),
        expect!["the operation is signed by a key of the wrong kind"],
    );
    check(
        By::Device(1),
        revoke(9),
        expect!["the roster has no device 9: `weft-node device list` shows those it has"],
    );
    check(
        By::Device(1),
        Operation::RevokeInvite { key: invite_key(3) },
        expect!["InviteRevoked"],
    );
    check(
        By::Device(1),
        Operation::RevokeInvite { key: invite_key(2) },
        expect!["the invite has been used: each admits one device; ask for another"],
    );
    check(
        By::Device(1),
        Operation::RevokeInvite { key: invite_key(9) },
        expect!["the location knows no such invite: ask its team for a new one"],
    );
    let hash = EntryHash::ZERO;
    check(
        By::Device(1),
        Operation::RevokeDevice {
            dix: DeviceIndex(2),
            dseq: 3,
            hash,
        },
        expect!["the seal's height and hash do not belong together"],
    );
    check(
        By::Device(1),
        Operation::RevokeDevice {
            dix: DeviceIndex(2),
            dseq: 0,
            hash,
        },
        expect!["Revoked(DeviceIndex(2))"],
    );
}

/// Revokes device 2 at entry 7, then drops these entries in the name of `by`.
fn check_drop(by: By, (dix, first, last): (u16, u64, u64), expected: Expect) {
    let mut office = office();
    if matches!(by, By::Device(3)) {
        apply(&mut office, By::Invite(3), add(3, Role::Member)).unwrap();
    }
    apply(&mut office, By::Device(1), revoke(2)).unwrap();
    let operation = Operation::Void {
        dix: DeviceIndex(dix),
        first,
        last,
        hash: EntryHash::new([7; 32]),
    };
    let answer = apply(&mut office, by, operation.clone());
    let answer = answer.map(|applied| {
        let again = apply(&mut office, by, operation);
        let again = again.expect_err("as much is dropped once");
        format!("{applied:?}; {again}")
    });
    expected.assert_eq(&answer.unwrap_or_else(|error| error.to_string()));
}

#[test]
fn the_end_of_a_revoked_device_s_log_can_be_dropped() {
    let admin = By::Device(1);
    check_drop(
        admin,
        (2, 3, 7),
        expect!["Dropped(DeviceIndex(2)); these entries of device 2 have been dropped already"],
    );
    check_drop(
        By::Root,
        (2, 1, 7),
        expect!["Dropped(DeviceIndex(2)); these entries of device 2 have been dropped already"],
    );
    check_drop(
        By::Device(2),
        (2, 3, 7),
        expect!["device 2 is revoked and can no longer change the roster"],
    );
    // A member that is not revoked.
    check_drop(
        By::Device(3),
        (2, 3, 7),
        expect!["device 3 is a member, and only an admin device invites and revokes: do it there"],
    );
    check_drop(
        By::Invite(3),
        (2, 3, 7),
        expect!["the operation is signed by a key of the wrong kind"],
    );
    check_drop(
        admin,
        (1, 3, 7),
        expect!["device 1 is not revoked: revoke it first"],
    );
    for (first, last) in [(0, 7), (8, 7), (3, 6), (3, 8)] {
        check_drop(
            admin,
            (2, first, last),
            expect!["what is dropped of device 2 is not the end of its log"],
        );
    }
}
