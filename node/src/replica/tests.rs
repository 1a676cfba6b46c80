//! Two replicas without a hub: edits, logs carried by hand, rebuilds.

mod commits;
mod conflicts;
mod dropped;
mod earlier;
mod ended;
mod epochs;
mod journal;
mod local;
mod memory;
mod parts;
mod power;
mod reads;
mod recall;
mod session;
mod shares;
mod statements;
mod team;
mod voids;
mod words;

use weft_shared::{
    id::{DeviceIndex, RecordId},
    identity::Operation,
    log::gate::{Batch, Gate, Height, Received},
    model::{
        Audience,
        observation::{ObservationKey, Statement, Status},
        record::Fields,
        schema::{DocKind, RecordKind},
    },
};

use super::{Edit, Replica, SaveError, Stopped, receive::After};
use crate::{
    edits::records::Moved,
    kit::{Kit, now},
    store::{LocationRow, Owner, entries, logs},
};

fn observation(value: &str) -> (ObservationKey, Statement) {
    let key = "VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B".parse().unwrap();
    let statement = Statement {
        value: Some(value.parse().unwrap()),
        ..Statement::without_figure(
            weft_shared::id::DefinitionHash::new([1; 32]),
            Status::Normal,
            Audience::Network,
        )
    };
    (key, statement)
}

fn set(replica: &mut Replica, value: &str, at: i64) {
    let (key, statement) = observation(value);
    let mut edit = Edit::default();
    edit.on(DocKind::Observations(2022, 1), move |editor| {
        editor.put_observation(&key, &statement, None)
    });
    replica.save(vec![edit], now(at)).unwrap();
}

fn values(replica: &mut Replica) -> Vec<String> {
    let (key, _) = observation("0");
    let row = replica.observation(&key).unwrap();
    let stated = row.map_or_else(Vec::new, |row| row.stated);
    let mut values: Vec<String> = stated
        .iter()
        .map(|one| one.statement.value.unwrap().to_string())
        .collect();
    values.sort();
    values
}

/// Carries the part of a log of `from` that `to` lacks through the gate, and reads it.
fn carry(from: &mut Replica, to: &mut Replica, dix: DeviceIndex, at: i64) {
    let stored = deliver(from, to, dix, at);
    to.read_soon(stored);
    to.read_in();
}

/// Carries and stores entries, without reading them.
fn deliver(from: &mut Replica, to: &mut Replica, dix: DeviceIndex, at: i64) -> After {
    let height = to.height(Owner::Location, dix);
    let outgoing = session::offered(from, dix, height.dseq + 1);
    let tip = outgoing.tip?;
    let batch = Batch {
        dix,
        first_dseq: height.dseq + 1,
        prev_tag: height.hash.tag(),
        entries: outgoing
            .entries
            .into_iter()
            .map(|entry| {
                let dseq = entry.header.dseq;
                let void = outgoing.voids.iter().find(|(void, _)| *void == dseq);
                Received::from_entry(entry, void.map(|(_, code)| *code))
            })
            .collect(),
        tip: tip.signature,
    };
    let mut state = logs::state(&to.store.reader, LocationRow::OWN, dix).unwrap();
    let roster = to.roster(Owner::Location).clone();
    let gate = Gate {
        location: to.location(Owner::Location),
        zero: false,
        roster: &roster,
        device: roster.device(dix).unwrap(),
    };
    let admission = gate.admit(&mut state, batch).unwrap().unwrap();
    for blob in outgoing.blobs {
        session::store_blob(to, dix, blob);
    }
    session::store(to, dix, admission, at)
}

#[test]
fn an_edit_survives_a_restart_and_waits_for_the_hub() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    set(&mut replica, "5", 1);
    set(&mut replica, "6", 2);
    set(&mut replica, "6", 3);
    assert_eq!(replica.waiting(), 2, "the same value again is no change");
    drop(replica);
    let mut replica = kit.open(1);
    assert_eq!(values(&mut replica), ["6"]);
    assert_eq!(replica.waiting(), 2);
    assert_eq!(replica.waiting_since().unwrap(), Some(now(1)));
    replica
        .acknowledged(DeviceIndex(1), 1, &[], now(4))
        .unwrap();
    assert_eq!(replica.waiting(), 1);
    let status = replica.brief().unwrap();
    assert_eq!(status.saved, Some(now(2)));
    assert_eq!(status.last_shared, Some(now(4)));
    assert_eq!(replica.waiting_since().unwrap(), Some(now(2)));
    replica
        .acknowledged(DeviceIndex(1), 2, &[], now(5))
        .unwrap();
    assert_eq!(replica.waiting_since().unwrap(), None);
}

#[test]
fn two_devices_that_wrote_at_once_are_contested_until_somebody_settles() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    set(&mut two, "7", 2);
    carry(&mut one, &mut two, DeviceIndex(1), 3);
    carry(&mut two, &mut one, DeviceIndex(2), 3);
    for replica in [&mut one, &mut two] {
        assert_eq!(values(replica), ["5", "7"]);
        let conflicts = replica.conflicts().unwrap();
        assert_eq!(conflicts.len(), 1);
        assert_eq!(
            conflicts[0].id,
            "observations/VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B"
        );
        let devices: Vec<_> = conflicts[0]
            .values
            .iter()
            .map(|one| one.written.device.clone())
            .collect();
        assert_eq!(
            devices,
            [Some("Device 1".to_owned()), Some("Device 2".to_owned())]
        );
    }
    set(&mut two, "7", 4);
    carry(&mut two, &mut one, DeviceIndex(2), 5);
    assert_eq!(values(&mut one), ["7"]);
    assert!(one.conflicts().unwrap().is_empty());
    assert_eq!(
        one.dumps().unwrap().into_values().collect::<Vec<_>>(),
        two.dumps().unwrap().into_values().collect::<Vec<_>>(),
    );
    let history = one
        .history(Some("VAX_PRIMARY/FAR_NORTH/2022-12/age=12%2B"))
        .unwrap();
    let entries: Vec<_> = history.iter().map(|touch| touch.entry.unwrap()).collect();
    assert_eq!(
        entries,
        [
            (DeviceIndex(1), 1),
            (DeviceIndex(2), 1),
            (DeviceIndex(2), 2)
        ]
    );
}

#[test]
fn what_arrives_before_what_it_builds_on_is_held_and_then_read() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    set(&mut two, "6", 3);
    let mut three = kit.open(3);
    carry(&mut two, &mut three, DeviceIndex(2), 4);
    assert_eq!(values(&mut three), Vec::<String>::new());
    assert_eq!(three.brief().unwrap().held, 1);
    drop(three);
    let mut three = kit.open(3);
    carry(&mut one, &mut three, DeviceIndex(1), 5);
    assert_eq!(values(&mut three), ["6"]);
    assert_eq!(three.brief().unwrap().held, 0);
}

#[test]
fn rebuild_remakes_everything_that_is_derived() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    set(&mut two, "7", 2);
    carry(&mut two, &mut one, DeviceIndex(2), 3);
    add_initiative(&mut one, Audience::Team, 4);
    add_initiative(&mut one, Audience::Network, 5);
    let (dumps, history) = (one.dumps().unwrap(), one.history(None).unwrap());
    one.tidy();
    let first = one.rebuild().unwrap();
    assert_eq!(one.dumps().unwrap(), dumps);
    assert_eq!(one.history(None).unwrap(), history);
    assert_eq!(one.rebuild().unwrap(), first);
    drop(one);
    let mut one = kit.open(1);
    assert_eq!(one.dumps().unwrap(), dumps);
    set(&mut one, "8", 6);
    assert_eq!(values(&mut one), ["8"]);
}

fn add_initiative(replica: &mut Replica, audience: Audience, at: i64) -> RecordId {
    let id = RecordId::from_parts(now(at), [u8::try_from(at).unwrap(); 10]);
    let fields = Fields::from([("name".to_owned(), "Example: water fountains".into())]);
    let mut edit = Edit::default();
    let kind = RecordKind::Initiative;
    crate::edits::records::add(replica, &mut edit, kind, id, audience, fields, now(at)).unwrap();
    replica.save(vec![edit], now(at)).unwrap();
    id
}

#[test]
fn what_is_for_the_team_alone_is_in_a_sealed_entry_of_its_own() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    let id = add_initiative(&mut replica, Audience::Team, 1);
    assert_eq!(replica.waiting(), 1);
    assert_eq!(replica.status().unwrap().team_only, 1);
    let sealed = |replica: &Replica, dseq| {
        let entry = entries::one(
            &replica.store.reader,
            LocationRow::OWN,
            DeviceIndex(1),
            dseq,
        );
        let entry = entry.unwrap().unwrap().entry;
        (entry.header.runs.len(), entry.sealed().is_some())
    };
    assert_eq!(sealed(&replica, 1), (1, true));
    let row = replica
        .record(RecordKind::Initiative, &id)
        .unwrap()
        .unwrap();
    let mut edit = Edit::default();
    let wide = Some(Audience::Network);
    crate::edits::records::change(&mut replica, &mut edit, &row, Fields::new(), wide, now(2))
        .unwrap();
    replica.save(vec![edit], now(2)).unwrap();
    assert_eq!(replica.waiting(), 3);
    assert_eq!(
        [sealed(&replica, 2), sealed(&replica, 3)],
        [(1, false), (1, true)]
    );
    assert_eq!(replica.status().unwrap().team_only, 0);
    let rows = replica.records(RecordKind::Initiative).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].record.audience, Audience::Network);
    assert_eq!(rows[0].record.id, id);
}

#[test]
fn a_copy_that_is_behind_its_own_log_takes_no_more_changes() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    let copy = Kit::new();
    let mut restored = copy.open(1);
    carry(&mut two, &mut restored, DeviceIndex(1), 3);
    assert_eq!(restored.stopped(), Some(Stopped::Cloned));
    let (key, statement) = observation("9");
    let mut edit = Edit::default();
    edit.on(DocKind::Observations(2022, 1), move |editor| {
        editor.put_observation(&key, &statement, None)
    });
    let refused = restored.save(vec![edit], now(4));
    let Err(SaveError::Stopped(halted)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(halted.why, Stopped::Cloned);
    assert_eq!(values(&mut restored), ["5"], "it keeps everything");
}

fn add_insight(replica: &mut Replica, text: &str, at: i64) -> RecordId {
    add_insight_for(replica, text, Audience::Network, at)
}

fn add_insight_for(replica: &mut Replica, text: &str, audience: Audience, at: i64) -> RecordId {
    let id = RecordId::from_parts(now(at), [7; 10]);
    let mut fields = Fields::from([
        ("consent".to_owned(), "network".into()),
        ("attribution".to_owned(), "none".into()),
    ]);
    let mut edit = Edit::default();
    fields.extend(crate::edits::records::say(&mut edit, text).unwrap());
    let kind = RecordKind::Insight;
    crate::edits::records::add(replica, &mut edit, kind, id, audience, fields, now(at)).unwrap();
    replica.save(vec![edit], now(at)).unwrap();
    id
}

#[test]
fn what_was_stored_and_not_yet_read_is_read_after_a_restart() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    set(&mut one, "5", 1);
    let stored = deliver(&mut one, &mut two, DeviceIndex(1), 2);
    assert!(stored.is_some());
    drop(two);
    let mut two = kit.open(2);
    assert_eq!(values(&mut two), ["5"]);
    assert_eq!(two.history(None).unwrap(), one.history(None).unwrap());
}

#[test]
fn what_was_offered_to_nobody_can_be_taken_back_without_a_trace() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    set(&mut replica, "5", 1);
    session::offered(&mut replica, DeviceIndex(1), 1);
    let kept = add_initiative(&mut replica, Audience::Network, 2);
    let id = add_insight(&mut replica, "Example: the path is dark", 3);
    set(&mut replica, "6", 4);
    let row = replica.record(RecordKind::Insight, &id).unwrap().unwrap();
    let mut edit = Edit::default();
    let team = Some(Audience::Team);
    let moved =
        crate::edits::records::change(&mut replica, &mut edit, &row, Fields::new(), team, now(5))
            .unwrap();
    assert_eq!(moved, Moved::Narrowed { shared: None });
    replica.save(vec![edit], now(5)).unwrap();
    for open_again in [false, true] {
        if open_again {
            drop(replica);
            replica = kit.open(1);
        }
        assert_eq!(
            replica.height(Owner::Location, DeviceIndex(1)).dseq,
            4,
            "an entry for each of the tail that says something still, and a sealed one"
        );
        assert_eq!(values(&mut replica), ["6"]);
        assert!(
            replica
                .record(RecordKind::Initiative, &kept)
                .unwrap()
                .is_some()
        );
        let row = replica.record(RecordKind::Insight, &id).unwrap().unwrap();
        assert_eq!(row.record.audience, Audience::Team);
        assert_eq!(row.words.as_deref(), Some("Example: the path is dark"));
        assert!(replica.verify().unwrap().exceptions.is_empty());
    }
    let mut two = kit.open(2);
    carry(&mut replica, &mut two, DeviceIndex(1), 6);
    assert_eq!(values(&mut two), ["6"]);
    let row = two.record(RecordKind::Insight, &id).unwrap().unwrap();
    assert_eq!(row.record.audience, Audience::Team);
    let shared = two.dumps().unwrap().into_iter();
    let mut shared = shared.filter(|((_, name), _)| *name != two.team());
    assert!(!shared.any(|(_, dump)| dump.contains(&id.to_string())));
    set(&mut replica, "7", 7);
    carry(&mut replica, &mut two, DeviceIndex(1), 8);
    assert_eq!(values(&mut two), ["7"]);
}

#[test]
fn what_was_offered_stays_and_says_so() {
    let kit = Kit::new();
    let mut replica = kit.open(1);
    let id = add_initiative(&mut replica, Audience::Network, 1);
    session::offered(&mut replica, DeviceIndex(1), 1);
    let row = replica
        .record(RecordKind::Initiative, &id)
        .unwrap()
        .unwrap();
    let mut edit = Edit::default();
    let team = Some(Audience::Team);
    let moved =
        crate::edits::records::change(&mut replica, &mut edit, &row, Fields::new(), team, now(2))
            .unwrap();
    assert!(matches!(moved, Moved::Narrowed { shared: Some(_) }));
    replica.save(vec![edit], now(2)).unwrap();
    let rows = replica.records(RecordKind::Initiative).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].record.audience, Audience::Team);
    // One entry marks that it moved, and a sealed one has it.
    assert_eq!(replica.height(Owner::Location, DeviceIndex(1)).dseq, 3);
}

#[test]
fn a_revocation_seals_the_log_where_it_stands_when_it_is_signed() {
    let kit = Kit::new();
    let (mut one, mut two) = (kit.open(1), kit.open(2));
    let dix = two.dix().unwrap();
    let asked = Operation::RevokeDevice {
        dix,
        dseq: 0,
        hash: Height::ZERO.hash,
    };
    for at in 1..=2 {
        set(&mut two, &at.to_string(), at);
        carry(&mut two, &mut one, dix, at);
        let signed = one.sign(asked.clone(), now(at)).unwrap();
        let Height { dseq, hash } = two.height(Owner::Location, dix);
        assert_eq!(
            signed.operation,
            Operation::RevokeDevice { dix, dseq, hash }
        );
    }
}
