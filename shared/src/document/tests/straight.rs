//! A document without Automerge takes in nothing that one with it would not, and says the same.

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::Index};

use super::*;
use crate::{
    document::straight::{Put, Straight},
    log::{
        kit::{Forged, set_ops, sleb, uleb},
        scan,
    },
    model::observation::NOTE_BYTES_MAX,
};

const NAME: &str = "observations/2022";

fn straight() -> Straight {
    Straight::genesis(&LOCATION, &DocName::first(NAME)).unwrap()
}

/// An edit: a device, the keys that it writes with their values, and whether it heard all others.
#[derive(Clone, Debug)]
struct Edit(u8, Vec<(u8, u32)>, bool);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let values = prop::collection::vec((0..9_u8, 0..300_u32), 1..6);
    let heard = prop_oneof![9 => Just(true), 1 => Just(false)];
    let edit = (0..3_u8, values, heard).prop_map(|(device, keys, hears)| Edit(device, keys, hears));
    prop::collection::vec(edit, 1..10)
}

/// The changes of devices that mostly write one after another.
fn written(edits: &[Edit]) -> Vec<Vec<u8>> {
    let mut devices = vec![document(NAME); 3];
    let mut changes: Vec<Vec<u8>> = Vec::new();
    for Edit(device, values, hears) in edits {
        let document = &mut devices[usize::from(*device)];
        if *hears {
            for change in &changes {
                document.apply(std::slice::from_ref(change)).unwrap();
            }
        }
        let edited = document.edit(author(device + 1), AT, |editor| {
            values.iter().try_for_each(|(at, value)| {
                let key = key(&format!("A1/AB/2022-0{}/total", at + 1));
                let note = value.to_string();
                let note = (value % 3 == 0).then_some(note.as_str());
                editor.put_observation(&key, &stated(*value), note)
            })
        });
        changes.extend(edited.unwrap().change);
    }
    changes
}

/// Takes changes in one after another both ways, until the document without Automerge refuses one.
/// Returns how many it took in.
fn compare(changes: &[Vec<u8>]) -> usize {
    let (mut plain, mut full) = (straight(), document(NAME));
    let mut texts: BTreeMap<(Container, String), String> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        let taken = full.apply(std::slice::from_ref(change));
        let mut touched = Touched::new();
        let put = |put: Put<'_>| {
            touched.insert((put.container, put.key.to_owned()));
            texts.insert((put.container, put.key.to_owned()), put.text.to_owned());
            Some(())
        };
        let Ok(facts) = scan::read(change) else {
            return at;
        };
        if plain.take((change, facts.hash), put).is_none() {
            return at;
        }
        assert_eq!(taken, Ok(touched));
        for ((container, key), text) in &texts {
            let values = full.view().values(*container, key);
            let [only] = values.as_slice() else {
                panic!("{key} has {values:?}");
            };
            assert_eq!(&only.value, text);
        }
    }
    changes.len()
}

#[test]
fn what_one_person_writes_needs_no_automerge() {
    let one = [(0, 7), (1, 8), (0, 9), (2, 300)];
    let edits = [
        Edit(0, one.to_vec(), true),
        Edit(0, vec![(1, 6), (4, 3)], true),
        Edit(1, vec![(1, 5)], true),
        Edit(0, vec![(1, 4), (5, 9)], true),
    ];
    let changes = written(&edits);
    assert_eq!(compare(&changes), 4);
    let large: Vec<_> = (0..9).map(|at| (at, u32::from(at))).collect();
    assert_eq!(compare(&written(&[Edit(2, large, true)])), 1);
}

#[test]
fn what_was_written_without_the_other_is_refused() {
    let edits = [
        Edit(0, vec![(1, 1)], true),
        Edit(1, vec![(1, 2)], false),
        Edit(0, vec![(1, 3)], true),
    ];
    assert_eq!(compare(&written(&edits)), 1);
}

/// Those who show notes judge them, so one that no form accepts is left to the document.
#[test]
fn a_note_that_no_form_accepts_is_refused() {
    let taken = |bytes: usize| {
        let edited = document(NAME).edit(author(1), AT, |editor| {
            let note = "x".repeat(bytes);
            editor.put_text(Container::Notes, "A1/AB/2022-01/total", &note)
        });
        compare(&[edited.unwrap().change.unwrap()])
    };
    assert_eq!(taken(NOTE_BYTES_MAX), 1);
    assert_eq!(taken(NOTE_BYTES_MAX + 1), 0);
}

#[test]
fn only_documents_of_texts_are_read_so() {
    let is_read = |name: &str| Straight::genesis(&LOCATION, &DocName::first(name)).is_some();
    let names = [
        "observations/2022",
        "published/3/2022",
        "profile",
        "plan",
        "team",
        "other",
    ];
    assert_eq!(names.map(is_read), [true, true, false, false, false, false]);
}

/// A change of three values in the form in which Automerge writes it.
fn forged() -> Forged {
    let document = document(NAME);
    let genesis = document.inner.get_changes(&[]);
    let maker = genesis[0].actor_id().to_bytes().to_vec();
    let texts = [1, 2, 300].map(|value| stated(value).encode());
    let run = |item: &[u8]| [&sleb(3), item].concat();
    let keys = ["a", "b", "c"].map(|key| [uleb(1), key.as_bytes().to_vec()].concat());
    let metas = texts
        .each_ref()
        .map(|text| uleb((text.len() as u64) << 4 | 6));
    let metas = [sleb(2), metas[0].clone(), sleb(-1), metas[2].clone()].concat();
    Forged {
        chunk_type: 1,
        deps: document.heads(),
        actor: crate::id::actor(&author(1), document.id(), 0).to_vec(),
        seq: 1,
        start_op: 3,
        message: Vec::new(),
        others: vec![maker],
        columns: vec![
            (0x01, run(&[1])),
            (0x02, run(&[1])),
            (0x15, [sleb(-3), keys.concat()].concat()),
            (0x34, uleb(3)),
            (0x42, set_ops(3)),
            (0x56, metas),
            (0x57, texts.concat().into_bytes()),
            (0x70, run(&[0])),
        ],
        tail: Vec::new(),
    }
}

#[test]
fn what_automerge_would_write_otherwise_is_refused() {
    assert_eq!(compare(&[forged().bytes()]), 1);
    let split = |item: &[u8]| [&sleb(2), item, &sleb(-1), item].concat();
    let again = |item: &[u8]| [&sleb(-1), item, &sleb(2), item].concat();
    let each = |item: &[u8]| [&sleb(-3), item, item, item].concat();
    let (one, zero): (&[u8], &[u8]) = (&[1], &[0]);
    let forms = [split, again, each];
    let columns = [(0x01, one), (0x02, one), (0x42, one), (0x70, zero)];
    for (column, item) in columns {
        for form in forms {
            let mut forged = forged();
            forged.set(column, form(item));
            let change = forged.bytes();
            assert!(scan::read(&change).is_ok());
            assert_eq!(compare(&[change]), 0, "column {column:x}");
        }
    }
    let keys = |parts: [&[u8]; 4]| parts.concat();
    for column in [
        keys([&sleb(-1), b"\x01a", &sleb(-2), b"\x01b\x01c"]),
        keys([&sleb(-2), b"\x01a\x01b", &sleb(1), b"\x01c"]),
    ] {
        let mut forged = forged();
        forged.set(0x15, column);
        assert_eq!(compare(&[forged.bytes()]), 0);
    }
    let mut named = forged();
    named.others.push(vec![0xff; 16]);
    assert_eq!(
        compare(&[named.bytes()]),
        0,
        "an actor that no operation names"
    );
    let mut said = forged();
    said.message = b"hello".to_vec();
    assert_eq!(compare(&[said.bytes()]), 0);
    for (seq, start_op) in [(2, 3), (1, 4), (1, 2)] {
        let mut numbered = forged();
        (numbered.seq, numbered.start_op) = (seq, start_op);
        assert_eq!(compare(&[numbered.bytes()]), 0);
    }
}

proptest! {
    #[test]
    fn it_says_the_same_or_refuses(edits in edits()) {
        compare(&written(&edits));
    }

    #[test]
    fn a_change_that_lies_is_taken_in_by_neither_or_both(
        edits in edits(),
        at in any::<Index>(),
        lie in properties::lie(),
    ) {
        let mut changes = written(&edits);
        let at = at.index(changes.len());
        changes[at] = lie.told(&changes[at]);
        compare(&changes);
    }
}
