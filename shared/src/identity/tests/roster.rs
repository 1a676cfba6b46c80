//! The roster admits only devices that the root or an admin let in.

use crate::{
    id::{DeviceId, DeviceIndex, EntryHash, InviteKey, LocationId, RosterHash},
    identity::{
        Applied, DEVICES_LIVE_MAX, DeviceKey, INVITES_OPEN_MAX, Operation, ROSTER_OPERATIONS_MAX,
        Role, RootKey, Roster, RosterError, SignedOperation,
    },
    time::{DAY_MS, Timestamp},
};

pub(super) const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

pub(super) fn root() -> RootKey {
    RootKey::from_seed([1; 32])
}

/// The key of the device numbered `n`, or of the invite that admits it.
fn key(kind: u8, n: u16) -> DeviceKey {
    let mut seed = [kind; 32];
    seed[..2].copy_from_slice(&n.to_be_bytes());
    DeviceKey::from_seed(seed)
}

fn device_key(n: u16) -> DeviceKey {
    key(b'd', n)
}

pub(super) fn invite_key(n: u16) -> InviteKey {
    InviteKey::new(*key(b'i', n).id().as_bytes())
}

pub(super) fn add(n: u16, role: Role) -> Operation {
    Operation::AddDevice {
        device: device_key(n).id(),
        name: format!("Device {n}"),
        role,
    }
}

pub(super) fn invite(n: u16, role: Role) -> Operation {
    Operation::Invite {
        key: invite_key(n),
        role,
        expires: NOW.plus_ms(DAY_MS),
    }
}

pub(super) fn revoke(n: u16) -> Operation {
    Operation::RevokeDevice {
        dix: DeviceIndex(n),
        dseq: 7,
        hash: EntryHash::new([7; 32]),
    }
}

/// The signer in a test: the root, device `n`, or the invite numbered `n`.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    Root,
    Device(u16),
    Invite(u16),
}

pub(super) fn signed(roster: &Roster, by: By, operation: Operation) -> SignedOperation {
    signed_at(roster, by, operation, NOW)
}

pub(super) fn signed_at(
    roster: &Roster,
    by: By,
    operation: Operation,
    at: Timestamp,
) -> SignedOperation {
    let slot = roster.slot(at);
    match by {
        By::Root => SignedOperation::sign_root(slot, operation, &root()),
        By::Device(n) => {
            SignedOperation::sign_device(slot, operation, DeviceIndex(n), &device_key(n))
        }
        By::Invite(n) => SignedOperation::sign_invite(slot, operation, &key(b'i', n)),
    }
}

pub(super) fn apply(
    roster: &mut Roster,
    by: By,
    operation: Operation,
) -> Result<Applied, RosterError> {
    let signed = signed(roster, by, operation);
    let before = roster.clone();
    let result = roster.apply(&signed);
    if result.is_err() {
        assert_eq!(*roster, before, "a refused operation changes nothing");
    }
    result
}

pub(super) fn empty() -> Roster {
    Roster::new(root().public().location_id())
}

/// An admin (1), a member (2), and an open invite numbered 3 for a member.
pub(super) fn office() -> Roster {
    let mut roster = empty();
    for (by, operation) in [
        (By::Root, add(1, Role::Admin)),
        (By::Device(1), invite(2, Role::Member)),
        (By::Invite(2), add(2, Role::Member)),
        (By::Device(1), invite(3, Role::Member)),
    ] {
        apply(&mut roster, by, operation).unwrap();
    }
    roster
}

#[test]
fn a_location_grows_from_its_root() {
    let roster = office();
    assert_eq!(
        (
            roster.len(),
            roster.devices().count(),
            roster.invites().count()
        ),
        (4, 2, 1)
    );
    assert_eq!(roster.root(), Some(&root().public()));
    let second = roster.device(DeviceIndex(2)).unwrap();
    assert_eq!(
        (second.name.as_str(), second.role, second.added_at),
        ("Device 2", Role::Member, 2)
    );
    assert_eq!(roster.dix_of(&device_key(2).id()), Some(DeviceIndex(2)));
    assert_eq!(
        (roster.device(DeviceIndex(0)), roster.device(DeviceIndex(3))),
        (None, None)
    );
    assert_eq!(roster.position(&roster.head()), Some(3));
    assert_eq!(roster.position(&RosterHash::ZERO), None);
}

#[test]
fn an_invite_admits_once_and_in_its_time() {
    let mut roster = office();
    let expires = NOW.plus_ms(DAY_MS);
    let late = signed_at(&roster, By::Invite(3), add(3, Role::Member), expires);
    assert_eq!(
        roster.apply(&late),
        Err(RosterError::InviteExpired(expires))
    );
    assert!(
        roster
            .open_invite(&invite_key(3), expires.plus_ms(-1))
            .is_ok()
    );
    assert_eq!(
        roster.open_invite(&invite_key(3), expires),
        Err(RosterError::InviteExpired(expires))
    );

    let (first, second) = (
        signed(&roster, By::Invite(3), add(3, Role::Member)),
        signed(&roster, By::Invite(3), add(4, Role::Member)),
    );
    assert_eq!(roster.apply(&first), Ok(Applied::Added(DeviceIndex(3))));
    assert!(matches!(
        roster.apply(&second),
        Err(RosterError::OutOfPlace { .. })
    ));
    let again = apply(&mut roster, By::Invite(3), add(4, Role::Member));
    assert_eq!(again, Err(RosterError::InviteSpent));
    assert_eq!(
        roster.open_invite(&invite_key(3), NOW),
        Err(RosterError::InviteSpent)
    );
    let reopened = apply(&mut roster, By::Device(1), invite(3, Role::Member));
    assert_eq!(reopened, Err(RosterError::InviteExists));
}

#[test]
fn an_invite_expires_after_it_is_made_and_not_too_late() {
    for (life_ms, fine) in [
        (1, true),
        (30 * DAY_MS, true),
        (0, false),
        (30 * DAY_MS + 1, false),
    ] {
        let expires = NOW.plus_ms(life_ms);
        let operation = Operation::Invite {
            key: invite_key(4),
            role: Role::Member,
            expires,
        };
        let answer = apply(&mut office(), By::Device(1), operation);
        let expected = if fine {
            Ok(Applied::Invited)
        } else {
            Err(RosterError::BadExpiry)
        };
        assert_eq!(answer, expected, "{life_ms}");
    }
}

#[test]
fn a_seal_is_final() {
    let mut roster = office();
    apply(&mut roster, By::Device(1), revoke(2)).unwrap();
    let seal = roster.device(DeviceIndex(2)).unwrap().sealed.unwrap();
    assert_eq!((seal.dseq, seal.hash), (7, EntryHash::new([7; 32])));
    let again = apply(&mut roster, By::Device(1), revoke(2));
    assert_eq!(again, Err(RosterError::AlreadyRevoked(DeviceIndex(2))));
    let back = apply(&mut roster, By::Invite(3), add(2, Role::Member));
    assert_eq!(back, Err(RosterError::DeviceExists(DeviceIndex(2))));
}

#[test]
fn a_revoked_admin_signs_nothing_and_its_invites_fall() {
    let mut roster = office();
    apply(&mut roster, By::Root, add(3, Role::Admin)).unwrap();
    apply(&mut roster, By::Device(3), invite(5, Role::Admin)).unwrap();
    apply(&mut roster, By::Device(1), revoke(3)).unwrap();
    let stolen = apply(&mut roster, By::Device(3), invite(6, Role::Admin));
    assert_eq!(stolen, Err(RosterError::SignerRevoked(DeviceIndex(3))));
    let planted = apply(&mut roster, By::Invite(5), add(5, Role::Admin));
    assert_eq!(planted, Err(RosterError::InviteRevoked));
    let honest = apply(&mut roster, By::Invite(3), add(4, Role::Member));
    assert_eq!(honest, Ok(Applied::Added(DeviceIndex(4))));
}

#[test]
fn the_root_lets_a_location_back_in_after_its_last_admin_is_gone() {
    let mut roster = office();
    apply(&mut roster, By::Root, revoke(1)).unwrap();
    assert_eq!(
        apply(&mut roster, By::Root, add(4, Role::Admin)),
        Ok(Applied::Added(DeviceIndex(3)))
    );
}

#[test]
fn the_sixty_fifth_device_waits_until_one_is_revoked() {
    let mut roster = empty();
    let most = u16::try_from(DEVICES_LIVE_MAX).unwrap();
    for n in 1..=most {
        let role = if n == 1 { Role::Admin } else { Role::Member };
        apply(&mut roster, By::Root, add(n, role)).unwrap();
    }
    let further = apply(&mut roster, By::Root, add(most + 1, Role::Member));
    assert_eq!(further, Err(RosterError::TooManyDevices));
    apply(&mut roster, By::Device(1), revoke(2)).unwrap();
    let after = apply(&mut roster, By::Root, add(most + 1, Role::Member));
    assert_eq!(after, Ok(Applied::Added(DeviceIndex(most + 1))));
}

#[test]
fn expired_invites_make_room_for_new_ones() {
    let mut roster = office();
    let most = u16::try_from(INVITES_OPEN_MAX).unwrap();
    for n in 4..most + 3 {
        apply(&mut roster, By::Device(1), invite(n, Role::Member)).unwrap();
    }
    let further = apply(&mut roster, By::Device(1), invite(999, Role::Member));
    assert_eq!(further, Err(RosterError::TooManyInvites));
    let at = NOW.plus_ms(DAY_MS);
    let operation = Operation::Invite {
        key: invite_key(999),
        role: Role::Member,
        expires: at.plus_ms(1),
    };
    let later = signed_at(&roster, By::Device(1), operation, at);
    assert_eq!(roster.apply(&later), Ok(Applied::Invited));
}

#[test]
fn a_full_roster_still_revokes() {
    let mut roster = office();
    let mut n = 4;
    while roster.len() < ROSTER_OPERATIONS_MAX {
        let open = signed(&roster, By::Device(1), invite(n, Role::Member));
        roster.apply(&open).unwrap();
        let key = invite_key(n);
        let shut = signed(&roster, By::Device(1), Operation::RevokeInvite { key });
        roster.apply(&shut).unwrap();
        n += 1;
    }
    let more = apply(&mut roster, By::Device(1), invite(n, Role::Member));
    assert_eq!(more, Err(RosterError::Full));
    let more = apply(&mut roster, By::Root, add(4, Role::Member));
    assert_eq!(more, Err(RosterError::Full));
    assert_eq!(
        apply(&mut roster, By::Device(1), revoke(2)),
        Ok(Applied::Revoked(DeviceIndex(2)))
    );
}

#[test]
fn a_roster_begins_with_an_admin_that_the_root_adds() {
    let mut roster = empty();
    let member = apply(&mut roster, By::Root, add(1, Role::Member));
    assert_eq!(member, Err(RosterError::FirstNotAdmin));
    for by in [By::Device(1), By::Invite(1)] {
        assert_eq!(
            apply(&mut roster, by, add(1, Role::Admin)),
            Err(RosterError::NoRoot)
        );
    }
    let stranger = RootKey::from_seed([2; 32]);
    let slot = roster.slot(NOW);
    let usurped = SignedOperation::sign_root(slot, add(1, Role::Admin), &stranger);
    assert_eq!(roster.apply(&usurped), Err(RosterError::OtherRoot));
    assert_eq!(
        apply(&mut roster, By::Root, invite(1, Role::Admin)),
        Err(RosterError::WrongSigner)
    );
}

#[test]
fn names_and_keys_are_checked() {
    let device = |name: &str| Operation::AddDevice {
        device: device_key(4).id(),
        name: name.to_owned(),
        role: Role::Member,
    };
    for name in ["", "  ", "two\nlines", "\u{1b}[2J", &"ā".repeat(33)] {
        let answer = apply(&mut office(), By::Root, device(name));
        assert_eq!(answer, Err(RosterError::BadName), "{name:?}");
    }
    assert!(apply(&mut office(), By::Root, device(&"ā".repeat(32))).is_ok());
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let name = "Weak".to_owned();
    let device = DeviceId::new(neutral);
    let weak = Operation::AddDevice {
        device,
        name,
        role: Role::Member,
    };
    assert_eq!(
        apply(&mut office(), By::Root, weak),
        Err(RosterError::BadKey)
    );
    let (key, expires) = (InviteKey::new(neutral), NOW.plus_ms(1));
    let weak = Operation::Invite {
        key,
        role: Role::Member,
        expires,
    };
    assert_eq!(
        apply(&mut office(), By::Device(1), weak),
        Err(RosterError::BadKey)
    );
}

#[test]
fn an_operation_holds_in_one_place_and_from_one_signer_only() {
    let mut roster = office();
    let fine = signed(&roster, By::Device(1), revoke(2));

    let elsewhere = Roster::new(LocationId::new([9; 16])).slot(NOW).location;
    let mut moved = fine.clone();
    moved.slot.location = elsewhere;
    assert_eq!(roster.apply(&moved), Err(RosterError::OtherLocation));

    let mut claimed = fine.clone();
    claimed.signer = signed(&roster, By::Root, revoke(2)).signer;
    assert!(matches!(
        roster.apply(&claimed),
        Err(RosterError::Signature(_))
    ));

    let slot = roster.slot(NOW);
    let forged = SignedOperation::sign_device(slot, revoke(2), DeviceIndex(1), &device_key(2));
    assert!(matches!(
        roster.apply(&forged),
        Err(RosterError::Signature(_))
    ));

    assert_eq!(roster.apply(&fine), Ok(Applied::Revoked(DeviceIndex(2))));
    assert!(matches!(
        roster.apply(&fine),
        Err(RosterError::OutOfPlace { .. })
    ));
}
