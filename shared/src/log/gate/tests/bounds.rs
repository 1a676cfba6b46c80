//! Limits of an entry and of its place: the last value that is taken, and one past it.

use super::{voids::with_left, *};
use crate::identity::Role;
use crate::wire::limits::{
    DOC_NAME_BYTES_MAX, ENTRY_CHANGES_MAX, ENTRY_OPS_MAX, ENTRY_RAW_BYTES_MAX,
    ENTRY_WIRE_BYTES_MAX, LOCATION_DOCUMENTS_MAX,
};

/// Judges entry 2 with these drafts. Returns its code, and the receiver's state after it.
fn judged(
    prepare: impl FnOnce(&mut LogState),
    drafts: impl FnOnce(&Author) -> Vec<Draft>,
) -> (Option<VoidCode>, LogState) {
    let (mut author, mut state) = started();
    prepare(&mut state);
    let below = author.height;
    let drafts = drafts(&author);
    let entry = author.append(drafts);
    let batch = author.batch(below, vec![entry]);
    let admission = author.gate().admit(&mut state, batch).unwrap().unwrap();
    (voids(&admission)[0], state)
}

/// The code of a good entry 2 that `change` alters.
fn altered(change: impl FnOnce(&mut Draft)) -> Option<VoidCode> {
    let draft = |author: &Author| {
        let mut draft = good(author, 2);
        change(&mut draft);
        vec![draft]
    };
    judged(|_| (), draft).0
}

/// A run of the profile's actor `n`, with one change of that seq.
fn profile(author: &Author, (n, seq): (u8, u64), named: bool) -> Draft {
    let profile = DocName::first("profile");
    let forged = Forged::new(author.actor(&profile, n), seq, seq * 10, 1);
    let draft = Draft::new(&profile, author, &[forged], 1);
    let name = draft.name.clone().filter(|_| named);
    Draft { n, name, ..draft }
}

#[test]
fn an_entry_is_as_large_as_it_may_be_and_no_larger() {
    // An entry that fits is read on: these counts are wrong, and these bytes are no changes.
    let (size, counts) = (Some(VoidCode::Size), Some(VoidCode::Counts));
    assert_eq!(altered(|it| it.n_changes = ENTRY_CHANGES_MAX), counts);
    assert_eq!(altered(|it| it.n_changes = ENTRY_CHANGES_MAX + 1), size);
    assert_eq!(altered(|it| it.n_ops = ENTRY_OPS_MAX), counts);
    assert_eq!(altered(|it| it.n_ops = ENTRY_OPS_MAX + 1), size);
    let scan = Some(VoidCode::Scan);
    let sent = |bytes: usize| altered(|it| it.raw = vec![7; bytes]);
    assert_eq!(sent(ENTRY_WIRE_BYTES_MAX), scan);
    assert_eq!(sent(ENTRY_WIRE_BYTES_MAX + 1), size);
    let numbers = |bytes: usize| {
        let numbers = (0..bytes).flat_map(|n| format!("{:08}", n / 4).into_bytes());
        numbers.take(bytes).collect::<Vec<u8>>()
    };
    let inflated = |rest: usize| {
        let drafts = |author: &Author| {
            let mut draft = good(author, 2);
            draft.codec = Codec::Zstd;
            let part = |bytes: usize| Draft {
                raw: numbers(bytes),
                ..draft.clone()
            };
            vec![part(ENTRY_RAW_BYTES_MAX - 400), part(rest)]
        };
        judged(|_| (), drafts).0
    };
    assert_eq!(inflated(400), scan);
    assert_eq!(inflated(401), size);
}

#[test]
fn an_entry_without_changes_is_void() {
    let nothing = altered(|it| {
        (it.n_changes, it.n_ops) = (0, 0);
        it.raw.clear();
    });
    assert_eq!(nothing, Some(VoidCode::Counts));
}

#[test]
fn a_name_is_as_long_as_it_may_be() {
    let long = DocName::first("n".repeat(DOC_NAME_BYTES_MAX));
    let draft = |author: &Author| {
        let forged = Forged::new(author.actor(&long, 0), 1, 1, 1);
        vec![Draft::new(&long, author, &[forged], 1)]
    };
    assert_eq!(judged(|_| (), draft).0, None);
}

#[test]
fn one_entry_names_a_document_once_and_each_actor_goes_on() {
    let of = |drafts: &[((u8, u64), bool)]| {
        let drafts = |author: &Author| {
            let drafts = drafts.iter();
            drafts
                .map(|(place, named)| profile(author, *place, *named))
                .collect()
        };
        judged(|_| (), drafts).0
    };
    let (documents, seq) = (Some(VoidCode::Documents), Some(VoidCode::Seq));
    assert_eq!(of(&[((0, 1), true), ((1, 1), false)]), None);
    assert_eq!(of(&[((0, 1), true), ((1, 1), true)]), documents);
    assert_eq!(of(&[((0, 1), false), ((1, 1), true)]), documents);
    assert_eq!(of(&[((0, 1), true), ((0, 2), false)]), None);
    assert_eq!(of(&[((0, 1), true), ((0, 1), false)]), seq);
    assert_eq!(of(&[((0, 1), true), ((1, 2), false)]), seq);
    // Another document in the same entry names nothing for it.
    let beside = |author: &Author| vec![good(author, 2), profile(author, (0, 1), false)];
    assert_eq!(judged(|_| (), beside).0, documents);
}

#[test]
fn a_location_has_so_many_documents_and_no_more() {
    let begin = |held: usize| {
        let crowd = move |state: &mut LogState| {
            let ids = (1..held).map(|id| DocId::new((id as u128).to_be_bytes()));
            let none = DocumentSize::default();
            state.documents.extend(ids.map(|id| (id, none)));
            assert_eq!(state.documents.len(), held);
        };
        judged(crowd, |author| vec![profile(author, (0, 1), true)]).0
    };
    assert_eq!(begin(LOCATION_DOCUMENTS_MAX - 1), None);
    assert_eq!(begin(LOCATION_DOCUMENTS_MAX), Some(VoidCode::Room));
}

#[test]
fn room_is_used_to_the_last_byte_and_document() {
    let first = |author: &Author| vec![good(author, 2)];
    let empty = |state: &mut LogState| state.room = Some(Room::empty(Role::Member));
    let (code, after) = judged(empty, first);
    let used = after.room.unwrap().own;
    assert_eq!((code, used.documents), (None, 0));
    let left = |bytes: u64| {
        let with = move |state: &mut LogState| state.room = Some(with_left(bytes));
        judged(with, first).0
    };
    assert_eq!(left(used.bytes), None);
    assert_eq!(left(used.bytes - 1), Some(VoidCode::Room));
    // A document counts for the device once, when it begins it.
    let both = |author: &Author| {
        let [one, other] = [((0, 1), true), ((1, 1), false)];
        vec![
            profile(author, one.0, one.1),
            profile(author, other.0, other.1),
        ]
    };
    let (code, after) = judged(empty, both);
    assert_eq!((code, after.room.unwrap().own.documents), (None, 1));
}

#[test]
fn headers_are_kept_to_the_last_byte() {
    let (mut author, state) = started();
    let below = author.height;
    let entry = good(&author, 2);
    let entry = author.append(vec![entry]);
    let batch = author.batch(below, vec![entry]);
    let with = |headers: u64| {
        let mut room = with_left(0);
        let bytes = room.left().headers - headers;
        room.add(crate::log::room::Held {
            documents: 0,
            bytes,
        });
        let mut state = state.clone();
        state.room = Some(room);
        author.gate().admit(&mut state, batch.clone())
    };
    let admission = with(10_000).unwrap().unwrap();
    let header = admission.entries[0].entry.header.encode().len() as u64;
    let void = [Some(VoidCode::Room)];
    assert_eq!(voids(&with(header).unwrap().unwrap()), void);
    assert_eq!(with(header - 1), Err(Refusal::Full));
}

#[test]
fn a_dropped_end_is_void_from_its_first_entry_on() {
    let (mut author, mut state) = started();
    let below = author.height;
    let entries = [2, 3, 4].map(|seq| {
        let draft = good(&author, seq);
        author.append(vec![draft])
    });
    let batch = author.batch(below, entries.to_vec());
    let mut device = author.gate().device.clone();
    device.dropped = Some(3);
    let gate = Gate {
        device: &device,
        ..author.gate()
    };
    let admission = gate.admit(&mut state, batch).unwrap().unwrap();
    let dropped = Some(VoidCode::Dropped);
    assert_eq!(voids(&admission), [None, dropped, dropped]);
}
