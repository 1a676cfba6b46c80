//! Confirmation words: both ends compute the same, and reading slips are told from other words.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use crate::{
    id::HubRootHash,
    identity::{ConfirmationWords, DeviceKey, RootKey, confirmation_words},
};

fn words_for(hub: u8, root: u8, device: u8, secret: u8) -> ConfirmationWords {
    confirmation_words(
        &HubRootHash::new([hub; 32]),
        &RootKey::from_seed([root; 32]).public(),
        &DeviceKey::from_seed([device; 32]).id(),
        &[secret; 16],
    )
}

#[test]
fn every_part_changes_the_words() {
    let words = words_for(1, 2, 3, 4);
    expect!["wonder pass latin income"].assert_eq(&words.to_string());
    assert_eq!(words, words_for(1, 2, 3, 4));
    for other in [
        words_for(9, 2, 3, 4),
        words_for(1, 9, 3, 4),
        words_for(1, 2, 9, 4),
    ] {
        assert_ne!(words, other);
    }
    assert_ne!(words, words_for(1, 2, 3, 9));
}

fn check(text: &str, expected: Expect) {
    let read = text.parse::<ConfirmationWords>();
    expected.assert_eq(&read.map_or_else(|error| error.to_string(), |words| words.to_string()));
}

#[test]
fn slips_are_forgiven_and_mistakes_explained() {
    check("zoo abandon zone able", expect!["zoo abandon zone able"]);
    check(
        "  Zoo, ABANDON\n zone-able. ",
        expect!["zoo abandon zone able"],
    );
    check(
        "zoo abandon zone",
        expect![[r#"
        four words are needed, not 3"#]],
    );
    check(
        "",
        expect![[r#"
        four words are needed, not 0"#]],
    );
    check(
        "zoo abandon zone able able",
        expect![[r#"
        four words are needed, not 5"#]],
    );
    check(
        "zoo abandon zoen able",
        expect![[r#"
        "zoen" (word 3) is no confirmation word: have it spelt out again"#]],
    );
}

proptest! {
    #[test]
    fn words_read_back(hub: u8, root: u8, device: u8, secret: u8) {
        let words = words_for(hub, root, device, secret);
        prop_assert_eq!(words.to_string().parse::<ConfirmationWords>().unwrap(), words);
    }

    #[test]
    fn any_text_is_read_without_panic(text: String) {
        let _ = text.parse::<ConfirmationWords>();
    }
}
