//! A signature serves one purpose, words restore a root, and only the pinned hub is accepted.

use proptest::prelude::*;

use crate::{
    id::{DeviceId, Signature},
    identity::{
        BadHubStatement, BadRecoveryWords, BadSignature, Context, DeviceKey, HubStatement, RootKey,
        location_zero, verify,
    },
};

const CONTEXTS: [Context; 3] = [Context::Roster, Context::Tip, Context::HubTls];

#[test]
fn a_signature_verifies_in_its_own_context_only() {
    let key = DeviceKey::from_seed([7; 32]);
    for made in CONTEXTS {
        let signature = key.sign(made, b"words");
        for read in CONTEXTS {
            let verdict = verify(key.id().as_bytes(), read, b"words", &signature);
            assert_eq!(verdict.is_ok(), made == read, "{made:?} read as {read:?}");
        }
    }
}

#[test]
fn no_label_begins_another() {
    for a in CONTEXTS {
        for b in CONTEXTS {
            assert!(
                a == b || !a.label().starts_with(b.label()),
                "{a:?} begins with {b:?}"
            );
        }
    }
}

#[test]
fn a_key_of_small_order_verifies_nothing() {
    // The neutral element: a lax verifier accepts this pair for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let verdict = verify(
        &neutral,
        Context::Tip,
        b"anything",
        &Signature::new(signature),
    );
    assert_eq!(verdict, Err(BadSignature));
}

#[test]
fn pkcs8_holds_the_seed_behind_the_fixed_prefix_of_rfc_8410() {
    let der = DeviceKey::from_seed([9; 32]).pkcs8_der();
    let prefix = [
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    assert_eq!(der[..16], prefix);
    assert_eq!(der[16..], [9; 32]);
}

#[test]
fn debug_shows_no_secret() {
    let (device, root) = (
        DeviceKey::from_seed([0xab; 32]),
        RootKey::from_seed([0xab; 32]),
    );
    let shown = format!("{device:?} {root:?}");
    assert!(
        !shown.contains("abab") && !shown.contains("171, 171"),
        "{shown}"
    );
}

#[test]
fn a_location_is_its_root_and_the_pin_begins_with_it() {
    let root = RootKey::from_seed([1; 32]).public();
    assert_eq!(root.location_id(), location_zero(&root.hash()));
    assert_ne!(
        root.location_id(),
        RootKey::from_seed([2; 32]).public().location_id()
    );
}

#[test]
fn recovery_words_are_told_apart_by_what_is_wrong() {
    let root = RootKey::from_seed([3; 32]);
    let words = root.recovery_words();
    assert_eq!(words.split(' ').count(), 24);
    let shouted = format!("  {}\n", words.to_uppercase().replace(' ', "  "));
    let read = RootKey::from_recovery_words(&shouted).unwrap();
    assert_eq!(read.public(), root.public());

    let refuse = |text: &str| RootKey::from_recovery_words(text).unwrap_err();
    let short = words.rsplit_once(' ').unwrap().0;
    assert_eq!(refuse(short), BadRecoveryWords::Count(23));
    assert_eq!(refuse(""), BadRecoveryWords::Count(0));
    let misspelt = format!("{short} kererū");
    assert_eq!(refuse(&misspelt), BadRecoveryWords::Unknown(24));
    let mut swapped: Vec<&str> = words.split(' ').collect();
    let other = swapped.iter().position(|word| *word != swapped[0]).unwrap();
    swapped.swap(0, other);
    assert_eq!(refuse(&swapped.join(" ")), BadRecoveryWords::Checksum);
}

#[test]
fn a_hub_is_the_one_that_was_pinned() {
    let root = RootKey::from_seed([4; 32]);
    let tls = DeviceKey::from_seed([5; 32]).id();
    let pin = root.public().hash();
    let statement = HubStatement::sign(&root, tls);
    let read = HubStatement::decode(&statement.encode()).unwrap();
    assert_eq!(read, statement);
    assert_eq!(read.verify(&pin, &tls), Ok(()));

    let stranger = RootKey::from_seed([6; 32]);
    let theirs = HubStatement::sign(&stranger, tls);
    assert_eq!(theirs.verify(&pin, &tls), Err(BadHubStatement::OtherHub));
    let other_key = DeviceId::new([8; 32]);
    assert_eq!(
        statement.verify(&pin, &other_key),
        Err(BadHubStatement::OtherKey)
    );
    let claimed = HubStatement {
        root: root.public(),
        ..theirs
    };
    assert_eq!(
        claimed.verify(&pin, &tls),
        Err(BadHubStatement::Signature(BadSignature))
    );
    let trailing = [statement.encode(), vec![0]].concat();
    assert_eq!(
        HubStatement::decode(&trailing),
        Err(BadHubStatement::Malformed)
    );
}

proptest! {
    #[test]
    fn any_root_comes_back_from_its_words(seed: [u8; 32]) {
        let root = RootKey::from_seed(seed);
        let back = RootKey::from_recovery_words(&root.recovery_words()).unwrap();
        prop_assert_eq!(back.seed(), root.seed());
    }

    #[test]
    fn foreign_bytes_are_no_statement(bytes: Vec<u8>, text: String) {
        prop_assert!(HubStatement::decode(&bytes).is_err());
        prop_assert!(RootKey::from_recovery_words(&text).is_err());
    }

    #[test]
    fn foreign_keys_and_signatures_verify_nothing(
        key: [u8; 32], message: Vec<u8>, signature in prop::array::uniform32(any::<[u8; 2]>()),
    ) {
        let signature = Signature::from_slice(&signature.concat()).unwrap();
        prop_assert!(verify(&key, Context::Tip, &message, &signature).is_err());
    }
}
