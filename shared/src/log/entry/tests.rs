//! Entries have one encoding, and composing refuses what a gate would refuse.

use expect_test::expect;

use super::*;
use crate::identity::TeamKeys;
use crate::log::kit::{Author, Forged, document, put, run};
use crate::log::scan::ScanError;

fn plan() -> DocName {
    DocName::first("plan")
}

/// An entry of two changes to the plan, made by hand so that no version of Automerge alters it.
fn fixed(author: &Author) -> Entry {
    let actor = author.actor(&plan(), 0);
    let changes = [Forged::new(actor, 1, 1, 3), Forged::new(actor, 2, 4, 1)];
    let changes = changes.iter().map(Forged::bytes).collect();
    Entry::compose(author.context(), vec![run(author, &plan(), true, changes)]).unwrap()
}

#[test]
fn the_encoding_of_a_header_is_fixed() {
    let entry = fixed(&Author::new());
    let encoded = entry.header.encode();
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|it| format!("{it:02x}")).collect() };
    let lines: Vec<String> = encoded.chunks(40).map(hex).collect();
    expect![[r#"
        890150fcdf8836727540c75702deae125bbaa858201398f62c6d1a457c51ba6a4b5f3dbd2f69fca9
        3216218dc8997e416bd17d93ca015820000000000000000000000000000000000000000000000000
        000000000000000058200a27ce3026f7d5a0a229ca432689d6da6b708a915b066f1d0aec12944a59
        ea03582003030303030303030303030303030303030303030303030303030303030303031b000001
        a1ee565e00818750f3bfe09b656a3b6ea43e65d1b5fc2e718264706c616e0000020418745820f2ad
        79f98df1c17981769e16b2d71f441fd79c49246be8bae4722a977f7141fc"#]]
    .assert_eq(&lines.join("\n"));
    expect!["480c13534b68698eaf6fa152a9d9791fb7d5c3637dc7f3c493e554e6b3544a95"]
        .assert_eq(&entry.hash.to_string());
    assert_eq!(Header::decode(&encoded), Ok(entry.header));
}

#[test]
fn a_header_has_one_encoding() {
    let header = fixed(&Author::new()).header;
    let good = header.encode();
    let trailing = [good.as_slice(), &[0]].concat();
    assert_eq!(Header::decode(&trailing), Err(BadHeader));
    assert_eq!(Header::decode(&good[..good.len() - 1]), Err(BadHeader));
    // The version, 1, as a number of two bytes.
    assert_eq!(good[1], 1);
    let longer = [&good[..1], &[0x18, 0x01], &good[2..]].concat();
    assert_eq!(Header::decode(&longer), Err(BadHeader));
    let next = Header {
        version: 2,
        ..header
    };
    assert_eq!(Header::decode(&next.encode()), Err(BadHeader));
}

#[test]
fn bodies_come_back_as_they_went_in() {
    let author = Author::new();
    let mut doc = document(author.actor(&plan(), 0));
    let words = "the same words again ".repeat(40);
    let changes: Vec<Vec<u8>> = (0..20)
        .map(|at| put(&mut doc, &format!("key {at}"), &words))
        .collect();
    let part = run(&author, &plan(), true, changes);
    let entry = Entry::compose(author.context(), vec![part.clone()]).unwrap();
    assert_eq!(entry.bodies[0].codec, Codec::Zstd);
    assert!(entry.wire_bytes() * 4 < entry.header.runs[0].raw_len as usize);
    assert_eq!(entry.header.runs[0].n_ops, 20);
    assert_eq!(entry.changes(&TeamKeys::NONE), Ok(vec![part]));

    let mut altered = entry.clone();
    altered.header.runs[0].raw_hash[0] ^= 1;
    assert_eq!(altered.changes(&TeamKeys::NONE), Err(BadBody::Altered));
    let mut torn = entry.clone();
    torn.bodies[0].bytes.truncate(20);
    assert!(matches!(
        torn.changes(&TeamKeys::NONE),
        Err(BadBody::Inflate(_))
    ));
    let mut void = entry;
    void.bodies.clear();
    assert_eq!(void.changes(&TeamKeys::NONE), Err(BadBody::Missing));
}

#[track_caller]
fn check(changes: &[Forged], outcome: &str) {
    let author = Author::new();
    let changes = changes.iter().map(Forged::bytes).collect();
    let part = run(&author, &plan(), true, changes);
    let composed = Entry::compose(author.context(), vec![part]);
    let composed = composed.map_or_else(|error| error.to_string(), |_| "composed".to_owned());
    assert_eq!(composed, outcome);
}

#[test]
fn nothing_is_composed_that_a_gate_would_void() {
    let actor = Author::new().actor(&plan(), 0);
    let change = |seq: u64, n_ops: i64| Forged::new(actor, seq, 1, n_ops);
    check(&[change(5, 1), change(6, 1)], "composed");
    check(&[], "an entry without changes was asked for");
    check(
        &[change(1, 1), change(3, 1)],
        "a change of our own would be refused",
    );
    check(
        &[Forged::new([1; 16], 1, 1, 1)],
        "a change of our own would be refused",
    );
    check(&[change(1, 10_001)], "a change of our own would be refused");
    check(
        &[change(1, 10_000), change(2, 10_000), change(3, 1)],
        "this save is too large to share at once: 20001 operations, at most 20000 are allowed; \
         save it in smaller parts",
    );
    let many: Vec<Forged> = (1..=1_001).map(|seq| change(seq, 1)).collect();
    check(
        &many,
        "this save is too large to share at once: 1001 changes, at most 1000 are allowed; \
         save it in smaller parts",
    );
}

#[test]
fn a_name_stands_with_its_own_document() {
    let author = Author::new();
    let change = Forged::new(author.actor(&plan(), 0), 1, 1, 1).bytes();
    let mut part = run(&author, &plan(), true, vec![change]);
    part.name = Some(DocName::first("profile"));
    let refused = Entry::compose(author.context(), vec![part.clone()]).unwrap_err();
    assert_eq!(refused, ComposeError::Name(DocName::first("profile")));
    part.name = Some(DocName::first("n".repeat(129)));
    let refused = Entry::compose(author.context(), vec![part]).unwrap_err();
    assert!(matches!(refused, ComposeError::TooLarge(_)));
    let foreign = Forged::new([1; 16], 1, 1, 1).bytes();
    let part = run(&author, &plan(), true, vec![foreign]);
    let refused = Entry::compose(author.context(), vec![part]).unwrap_err();
    assert_eq!(refused, ComposeError::Change(ScanError::Actor));
}

#[test]
fn a_tip_holds_for_one_hash_and_one_device() {
    let author = Author::new();
    let tip = Tip::sign(&author.key, 1, EntryHash::new([1; 32]));
    assert_eq!(tip.verify(&author.key.id()), Ok(()));
    assert!(tip.verify(&DeviceKey::from_seed([9; 32]).id()).is_err());
    let mut other = tip;
    other.hash = EntryHash::new([2; 32]);
    assert!(other.verify(&author.key.id()).is_err());
}

#[test]
fn what_was_seen_is_named_by_one_hash() {
    let hash = |dseq| {
        let heights = [(DeviceIndex(1), dseq, EntryHash::new([1; 32]))];
        seen_hash(heights.into_iter())
    };
    assert_eq!(hash(4), hash(4));
    assert_ne!(hash(4), hash(5));
    assert_ne!(hash(4), seen_hash(std::iter::empty()));
}
