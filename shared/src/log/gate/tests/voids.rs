//! Entries whose bodies are refused although their place in the log stands.

use super::*;
use crate::identity::{DeviceKey, Operation, Role};
use crate::log::kit::set_ops;
use crate::log::room::Held;
use crate::log::size::DocumentSize;
use crate::wire::limits::{
    DOCUMENT_CHANGES_MAX, DOCUMENT_OPS_MAX, DOCUMENT_RAW_BYTES_MAX, LOCATION_DOCUMENTS_MAX,
};

/// Checks that entry 2, made of `drafts`, is void for `code`: it must keep its header, lose its
/// bodies and leave the actor unchanged, so that entry 3 with change 2 is admitted.
#[track_caller]
fn check_void(
    code: VoidCode,
    prepare: impl FnOnce(&mut LogState),
    drafts: impl FnOnce(&Author) -> Vec<Draft>,
) {
    let (mut author, mut state) = started();
    prepare(&mut state);
    let before = state.clone();
    let below = author.height;
    let drafts = drafts(&author);
    let bad = author.append(drafts);
    let batch = author.batch(below, vec![bad]);
    let admission = author.gate().admit(&mut state, batch).unwrap().unwrap();
    assert_eq!(voids(&admission), [Some(code)]);
    assert_eq!(admission.voids().collect::<Vec<_>>(), [(2, code)]);
    let admitted = &admission.entries[0];
    assert!(admitted.entry.bodies.is_empty() && admitted.seqs.is_empty());
    assert_eq!(admitted.raw().count(), 0);
    assert_eq!(admitted.entry.hash, author.height.hash);
    assert_eq!(state.height, author.height);
    assert_eq!(
        (&state.seqs, &state.documents),
        (&before.seqs, &before.documents)
    );
    let header = admitted.entry.header.encode().len() as u64;
    let bytes = |state: &LogState| state.room.map(|room| room.own.bytes);
    let grown = bytes(&before).map(|bytes| bytes + header);
    assert_eq!(bytes(&state), grown, "the header counts");
    state.room = None;

    let second = good(&author, 2);
    let second = author.append(vec![second]);
    let mut alone = state.clone();
    let batch = author.batch(admission.height(), vec![second.clone()]);
    let next = author.gate().admit(&mut alone, batch).unwrap().unwrap();
    assert_eq!(voids(&next), [None]);
    assert_eq!(alone.height, author.height);

    // The receiver forwards it as a header, and a third replica goes on as well.
    let forwarded = Received::from_entry(admitted.entry.clone(), Some(code));
    let batch = author.batch(below, vec![forwarded, second]);
    let mut third = started().1;
    let next = author.gate().admit(&mut third, batch).unwrap().unwrap();
    assert_eq!(voids(&next), [Some(code), None]);
    assert_eq!(third.height, author.height);
}

/// Like [`check_void`], for a good entry 2 that `change` alters.
#[track_caller]
fn check_altered(code: VoidCode, change: impl FnOnce(&Author, &mut Draft)) {
    check_void(
        code,
        |_| (),
        |author| {
            let mut draft = good(author, 2);
            change(author, &mut draft);
            vec![draft]
        },
    );
}

#[test]
fn void_for_its_size() {
    check_altered(VoidCode::Size, |_, draft| draft.n_changes = 1_001);
    check_altered(VoidCode::Size, |_, draft| draft.n_ops = 20_001);
    check_altered(VoidCode::Size, |_, draft| {
        draft.raw = vec![7; (256 << 10) + 1]
    });
    check_void(
        VoidCode::Size,
        |_| (),
        |author| {
            let mut draft = good(author, 2);
            draft.raw = (0..80_000)
                .flat_map(|n: u32| format!("{n:08}").into_bytes())
                .collect();
            draft.codec = Codec::Zstd;
            vec![draft.clone(), draft]
        },
    );
}

#[test]
fn void_for_a_malformed_change() {
    check_altered(VoidCode::Scan, |_, draft| draft.raw[0] ^= 1);
    check_altered(VoidCode::Scan, |_, draft| {
        *draft.raw.last_mut().unwrap() ^= 1
    });
    check_altered(VoidCode::Scan, |_, draft| draft.raw.push(0));
    let forged = |alter: fn(&mut Forged)| {
        move |author: &Author, draft: &mut Draft| forge(author, draft, alter)
    };
    check_altered(VoidCode::Scan, forged(|it| it.chunk_type = 0));
    check_altered(VoidCode::Scan, forged(|it| it.chunk_type = 2));
    check_altered(VoidCode::Scan, forged(|it| it.deps = vec![[0; 32]; 65]));
    check_altered(VoidCode::Scan, forged(|it| it.message = vec![b'm'; 257]));
    check_altered(VoidCode::Scan, forged(|it| it.columns[0].0 |= 8));
    check_altered(VoidCode::Scan, forged(|it| it.others = vec![vec![0; 33]]));
}

#[test]
fn void_for_the_seq_actor_and_numbers_of_a_change() {
    let forged = |alter: fn(&mut Forged)| {
        move |author: &Author, draft: &mut Draft| forge(author, draft, alter)
    };
    check_altered(VoidCode::Seq, forged(|it| it.seq = 1));
    check_altered(VoidCode::Seq, forged(|it| it.seq = 3));
    check_altered(VoidCode::Actor, forged(|it| it.actor[0] ^= 1));
    check_altered(VoidCode::Actor, |_, draft| draft.n = 1);
    let quota = |state: &mut LogState| state.room = Some(Room::empty(Role::Admin));
    check_void(VoidCode::StartOp, quota, |author| {
        let mut draft = good(author, 2);
        forge(author, &mut draft, |it| it.start_op = 250_001);
        vec![draft]
    });
    check_altered(VoidCode::StartOp, forged(|it| it.start_op = 500_001));
    check_altered(
        VoidCode::StartOp,
        forged(|it| it.start_op = u64::from(u32::MAX)),
    );
    check_altered(VoidCode::StartOp, forged(|it| it.start_op = u64::MAX));
    let bomb = |it: &mut Forged| it.set(0x42, set_ops(16_777_215));
    check_altered(VoidCode::Operations, move |author, draft| {
        forge(author, draft, bomb)
    });
}

#[test]
fn void_for_counts_that_the_bodies_do_not_bear_out() {
    check_altered(VoidCode::Counts, |_, draft| draft.n_ops = 3);
    check_altered(VoidCode::Counts, |_, draft| draft.n_ops = 1);
    check_altered(VoidCode::Counts, |_, draft| draft.n_changes = 2);
    check_altered(VoidCode::Counts, |_, draft| draft.n_changes = 0);
    check_altered(VoidCode::Counts, |_, draft| draft.raw.clear());
}

#[test]
fn void_for_the_naming_of_documents() {
    check_altered(VoidCode::Documents, |_, draft| draft.name = Some(plan()));
    let other = |author: &Author, name: Option<DocName>| {
        let profile = DocName::first("profile");
        let forged = Forged::new(author.actor(&profile, 0), 1, 1, 1);
        Draft {
            name,
            ..Draft::new(&profile, author, &[forged], 1)
        }
    };
    check_void(
        VoidCode::Documents,
        |_| (),
        |author| vec![other(author, None)],
    );
    let wrong = Some(DocName::first("team"));
    check_void(
        VoidCode::Documents,
        |_| (),
        |author| vec![other(author, wrong)],
    );
    let crowd = |state: &mut LogState| {
        let ids = 1..u128::try_from(LOCATION_DOCUMENTS_MAX).unwrap();
        state
            .documents
            .extend(ids.map(|id| (DocId::new(id.to_be_bytes()), DocumentSize::default())));
        assert_eq!(state.documents.len(), LOCATION_DOCUMENTS_MAX);
    };
    let profile = Some(DocName::first("profile"));
    check_void(VoidCode::Room, crowd, |author| vec![other(author, profile)]);
}

/// Checks whether a first entry that begins a document of this name is admitted.
#[track_caller]
fn check_name(name: &str, zero: bool, void: Option<VoidCode>) {
    let mut author = Author::new();
    let name = DocName::first(name);
    let forged = Forged::new(author.actor(&name, 0), 1, 1, 1);
    let draft = Draft::new(&name, &author, &[forged], 1);
    let first = author.append(vec![draft]);
    let batch = author.batch(Height::ZERO, vec![first]);
    let gate = Gate {
        zero,
        ..author.gate()
    };
    let admission = gate.admit(&mut empty(), batch).unwrap().unwrap();
    assert_eq!(voids(&admission), [void], "{name} in location zero: {zero}");
}

#[test]
fn void_for_a_document_that_has_no_place_there() {
    let void = Some(VoidCode::Documents);
    for zero in [false, true] {
        check_name("team", zero, void);
        check_name("something/of/a/later/version", zero, None);
    }
    for of_a_location in ["profile", "plan/2", "observations/2022", "insights/2022"] {
        check_name(of_a_location, false, None);
        check_name(of_a_location, true, void);
    }
    for of_the_hub in ["network", "definitions"] {
        check_name(of_the_hub, false, void);
        check_name(of_the_hub, true, None);
    }
}

#[test]
fn the_hub_writes_no_answers_and_a_location_no_agenda() {
    let void = Some(VoidCode::Documents);
    for (name, location, hub) in [
        ("answers/2026", None, void),
        ("answers/2026/2", None, void),
        ("agenda", void, None),
        // Both have money; each in a location of its own, which the other's key does not open.
        ("money", None, None),
        ("money/2", None, None),
    ] {
        check_name(name, false, location);
        check_name(name, true, hub);
    }
}

#[test]
fn void_for_want_of_room() {
    let fill = |state: &mut LogState| state.room = Some(with_left(10));
    check_void(VoidCode::Room, fill, |author| vec![good(author, 2)]);
}

/// A member's room with this many bytes left for entries.
pub(super) fn with_left(bytes: u64) -> Room {
    let mut room = Room::empty(Role::Member);
    room.add(Held {
        documents: 0,
        bytes: room.left().bytes - bytes,
    });
    room
}

#[test]
fn void_for_one_document_too_many_of_a_device() {
    let other = |author: &Author| {
        let profile = DocName::first("profile");
        let forged = Forged::new(author.actor(&profile, 0), 1, 1, 1);
        Draft::new(&profile, author, &[forged], 1)
    };
    let fill = |state: &mut LogState| {
        let mut room = Room::empty(Role::Member);
        room.add(Held {
            documents: room.left().documents,
            bytes: 0,
        });
        state.room = Some(room);
    };
    check_void(VoidCode::Room, fill, |author| vec![other(author)]);
}

#[test]
fn void_for_building_on_what_was_dropped() {
    let (author, _) = started();
    let hash = crate::log::scan::read(&change(&author, 1).bytes())
        .unwrap()
        .hash;
    let dropped = |state: &mut LogState| {
        state.dropped.insert(hash);
    };
    check_void(VoidCode::Orphan, dropped, |author| {
        let mut draft = good(author, 2);
        forge(author, &mut draft, |it| it.deps = vec![hash]);
        vec![draft]
    });
}

#[test]
fn a_document_has_room_for_so_much_and_no_more() {
    let (mut author, state) = started();
    let below = author.height;
    let entry = good(&author, 2);
    let entry = author.append(vec![entry]);
    let batch = author.batch(below, vec![entry]);
    let with = |room: Option<Room>, (raw_bytes, operations, changes): (u64, u64, u64)| {
        let mut state = state.clone();
        let held = DocumentSize {
            raw_bytes,
            operations,
            changes,
        };
        state.documents.values_mut().for_each(|size| *size = held);
        state.room = room;
        let admission = author.gate().admit(&mut state, batch.clone());
        (voids(&admission.unwrap().unwrap()), state)
    };
    let quota = Some(Room::empty(Role::Admin));
    for held in [
        (DOCUMENT_RAW_BYTES_MAX - 10, 0, 0),
        (0, DOCUMENT_OPS_MAX, 0),
        (0, 0, DOCUMENT_CHANGES_MAX),
    ] {
        assert_eq!(with(quota, held).0, [Some(VoidCode::Full)], "{held:?}");
        // A node takes what its hub took.
        assert_eq!(with(None, held).0, [None], "{held:?}");
    }
    let before = (
        DOCUMENT_RAW_BYTES_MAX - 1_000,
        DOCUMENT_OPS_MAX - 100,
        DOCUMENT_CHANGES_MAX - 1,
    );
    let (taken, after) = with(quota, before);
    assert_eq!(taken, [None]);
    let grown = after.documents.values().next().unwrap();
    assert!((before.0 + 1..=DOCUMENT_RAW_BYTES_MAX).contains(&grown.raw_bytes));
    assert!((before.1 + 1..=DOCUMENT_OPS_MAX).contains(&grown.operations));
    assert_eq!(grown.changes, DOCUMENT_CHANGES_MAX);
}

#[test]
fn headers_alone_do_not_grow_without_end() {
    let (mut author, mut state) = started();
    let below = author.height;
    let entry = good(&author, 2);
    let entry = author.append(vec![entry]);
    let batch = author.batch(below, vec![entry]);
    let with_headers = |headers: u64| {
        let mut room = with_left(0);
        room.add(Held {
            documents: 0,
            bytes: room.left().headers - headers,
        });
        Some(room)
    };
    state.room = with_headers(10);
    let full = author.gate().admit(&mut state, batch.clone());
    assert_eq!(full, Err(Refusal::Full));
    state.room = with_headers(1_000);
    let admission = author.gate().admit(&mut state, batch).unwrap().unwrap();
    assert_eq!(voids(&admission), [Some(VoidCode::Room)]);
    let left = state.room.unwrap().left().headers;
    assert!(
        (1..1_000).contains(&left),
        "{left} bytes of headers are left"
    );
}

#[test]
fn one_void_run_voids_the_whole_entry() {
    check_void(
        VoidCode::Actor,
        |_| (),
        |author| {
            let profile = DocName::first("profile");
            let forged = Forged::new([1; 16], 1, 1, 1);
            vec![good(author, 2), Draft::new(&profile, author, &[forged], 1)]
        },
    );
}

#[test]
fn void_for_a_roster_before_the_device() {
    let mut author = Author::new();
    let early = author.roster.head();
    author.key = DeviceKey::from_seed([9; 32]);
    author.operate(Operation::AddDevice {
        device: author.key.id(),
        name: "Second".to_owned(),
        role: Role::Member,
    });
    let first = good(&author, 1);
    let Received::Whole { roster, .. } = author.append(vec![first]) else {
        unreachable!("an author appends whole entries")
    };
    assert_ne!(roster, early);
    author.height = Height::ZERO;
    let full = author.roster.clone();
    author.roster = Author::new().roster;
    let first = good(&author, 1);
    let first = author.append(vec![first]);
    author.roster = full;
    let gate = Gate {
        device: author.roster.device(DeviceIndex(2)).unwrap(),
        ..author.gate()
    };
    let mut state = empty();
    let batch = author.batch(Height::ZERO, vec![first]);
    let admission = gate.admit(&mut state, batch).unwrap().unwrap();
    assert_eq!(voids(&admission), [Some(VoidCode::Roster)]);
    let below = author.height;
    let first = good(&author, 1);
    let first = author.append(vec![first]);
    let gate = Gate {
        device: author.roster.device(DeviceIndex(2)).unwrap(),
        ..author.gate()
    };
    let next = gate.admit(&mut state, author.batch(below, vec![first]));
    assert_eq!(voids(&next.unwrap().unwrap()), [None]);
}
