//! Orders to drop the end of a device's log.

use weft_shared::{
    document::{EditError, Editor},
    identity::Operation,
    model::answer::{Answer, AnswerKey, Stance},
};

use super::*;
use crate::{kit::aligned::id, replica::Dropped, store::entries};

fn operate(replica: &mut Replica, operation: Operation, at: i64) {
    let signed = replica.sign(operation, now(at)).unwrap();
    session::grow(replica, signed, at);
}

/// Number of an entry's bodies here, and whether it is void.
fn held(replica: &Replica, dix: DeviceIndex, dseq: u64) -> (usize, bool) {
    let db = &replica.store().reader;
    let stored = entries::one(db, Owner::Location.lix(), dix, dseq);
    let stored = stored.unwrap().unwrap();
    (stored.entry.bodies.len(), stored.void.is_some())
}

#[test]
fn a_dropped_end_leaves_only_headers() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let dix = two.dix().unwrap();
    set(&mut two, "5", 1);
    set(&mut two, "6", 2);
    let id = add_insight(&mut two, "Example: the path is dark", 3);
    carry(&mut two, &mut one, dix, 4);
    assert!(one.record(RecordKind::Insight, &id).unwrap().is_some());
    let Height { dseq: last, hash } = one.height(Owner::Location, dix);
    assert_eq!(last, 3);
    let revoked = Operation::RevokeDevice {
        dix,
        dseq: last,
        hash,
    };
    operate(&mut one, revoked, 5);
    let dropped = Operation::Void {
        dix,
        first: 2,
        last,
        hash,
    };
    operate(&mut one, dropped, 6);
    assert_eq!(values(&mut one), ["5"]);
    assert!(one.record(RecordKind::Insight, &id).unwrap().is_none());
    assert_eq!(held(&one, dix, 1), (1, false), "what is kept stays whole");
    for dseq in 2..=last {
        assert_eq!(held(&one, dix, dseq), (0, true), "entry {dseq}");
    }
    assert!(one.verify().unwrap().exceptions.is_empty());
}

#[test]
fn it_is_known_who_dropped_what_and_when() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let dix = DeviceIndex(2);
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
        operate(&mut one, operation, 4);
    }
    let dropped = Dropped {
        device: "Device 2".to_owned(),
        first,
        at: now(4),
        by: Some("Device 1".to_owned()),
    };
    assert_eq!(one.drops().unwrap(), [dropped]);
}

/// The hub's answer to a request of this location.
fn answered(editor: &mut Editor<'_>) -> Result<(), EditError> {
    let answer = Answer {
        stance: Stance::Yes,
        reason: Some("Example: it is in hand".to_owned()),
        by: "national team".to_owned(),
        until: None,
        wording: None,
        due: None,
    };
    editor.say(&AnswerKey::Request("FN".parse().unwrap(), id(9)), &answer)
}

fn ask(replica: &mut Replica, at: i64) {
    let (mut edit, kind) = (Edit::default(), RecordKind::Opportunity);
    let said = [
        ("what", "Example: one form"),
        ("who", "backbone"),
        ("peers", "yes"),
        ("needed_by", "2026-12-01"),
    ];
    let said = said.map(|(key, text)| (key.to_owned(), text.into()));
    let of = Audience::Network;
    let fields = said.into_iter().collect();
    crate::edits::records::add(replica, &mut edit, kind, id(9), of, fields, now(at)).unwrap();
    replica.save(vec![edit], now(at)).unwrap();
}

#[test]
fn the_hub_may_have_answered_what_a_dropped_device_asked() {
    let mut kit = Kit::new();
    kit.more = vec![(DocKind::Agenda, answered)];
    let (mut one, mut two) = (kit.open_published(), kit.open_second());
    let dix = two.dix().unwrap();
    let complaints = |replica: &mut Replica| -> Vec<String> {
        let exceptions = replica.verify().unwrap().exceptions.into_iter();
        exceptions.map(|one| one.what).collect()
    };
    let never = "the hub answers the request";
    assert!(complaints(&mut one)[0].starts_with(never));
    set(&mut two, "5", 1);
    ask(&mut two, 2);
    carry(&mut two, &mut one, dix, 3);
    assert_eq!(complaints(&mut one), [] as [&str; 0]);
    let Height { dseq, hash } = one.height(Owner::Location, dix);
    let (first, last) = (2, dseq);
    operate(&mut one, Operation::RevokeDevice { dix, dseq, hash }, 4);
    let dropped = Operation::Void {
        dix,
        first,
        last,
        hash,
    };
    operate(&mut one, dropped, 5);
    assert!(
        one.record(RecordKind::Opportunity, &id(9))
            .unwrap()
            .is_none()
    );
    assert_eq!(complaints(&mut one), [] as [&str; 0]);
}
