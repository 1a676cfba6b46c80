//! A device's store loses power at every write and sync, and its disk fails at each in turn.

use std::sync::Arc;

use weft_disk::{Disk, Failure, Operation, Remains, VFS, at_every_point};
use weft_shared::{
    id::{DeviceIndex, EntryHash, RecordId},
    log::gate::{Admission, VoidCode},
    model::{
        Audience,
        record::Fields,
        schema::{DocKind, RecordKind},
    },
    sync::{Event, Persisted, Ticket},
};
use weft_store::{Open, host::HostReply, integrity_problems};

use super::{deliver, observation, set};
use crate::{
    edits::records,
    kit::{Kit, now},
    replica::{Edit, Replica},
    store::{Owner, entries},
};

const OWN: DeviceIndex = DeviceIndex(1);
const SIBLING: DeviceIndex = DeviceIndex(2);
const WORDS: &str = "Example: the path is dark";

type Failed = Box<dyn std::error::Error>;

/// The answers that the person at the device, its sibling and the hub had.
#[derive(Default)]
struct Told {
    /// The hash of each entry that was called saved, by its place in the log. What was not offered
    /// to the hub yet may be replaced.
    saved: Vec<EntryHash>,
    acknowledged: u64,
    received: u64,
    /// The figure that was called saved last, and the one that may be.
    figure: Option<&'static str>,
    maybe: Option<&'static str>,
    local: bool,
    withdrawn: bool,
}

/// The sibling's entries, as they come through the gate.
fn from_sibling(kit: &Kit) -> Arc<Admission> {
    let mut sibling = kit.open(2);
    set(&mut sibling, "7", 20);
    set(&mut sibling, "8", 21);
    let (_, _, admission) = deliver(&mut sibling, &mut kit.open(1), SIBLING, 22).unwrap();
    admission
}

fn open(kit: &Kit, disk: &Disk) -> Result<Replica, crate::replica::OpenError> {
    kit.open_at(disk.path("node.db").as_ref(), Open::Simulated(VFS), 1)
}

fn state(
    replica: &mut Replica,
    told: &mut Told,
    value: &'static str,
    at: i64,
) -> Result<(), Failed> {
    let (key, statement) = observation(value);
    let mut edit = Edit::default();
    edit.on(DocKind::Observations(2022, 1), move |editor| {
        editor.put_observation(&key, &statement, None)
    });
    told.maybe = Some(value);
    replica.save(vec![edit], now(at))?;
    told.figure = told.maybe.take();
    note(replica, told)
}

fn add(
    replica: &mut Replica,
    told: &mut Told,
    kind: RecordKind,
    audience: Audience,
    at: i64,
) -> Result<RecordId, Failed> {
    let id = RecordId::from_parts(now(at), [7; 10]);
    let mut edit = Edit::default();
    let mut fields = Fields::new();
    if kind == RecordKind::Insight {
        fields.insert("consent".to_owned(), "network".into());
        fields.insert("attribution".to_owned(), "none".into());
        fields.extend(records::say(&mut edit, WORDS).map_err(|why| format!("{why:?}"))?);
    } else {
        fields.insert("name".to_owned(), "Example: water fountains".into());
    }
    records::add(replica, &mut edit, kind, id, audience, fields, now(at))
        .map_err(|why| format!("{why:?}"))?;
    replica.save(vec![edit], now(at))?;
    note(replica, told)?;
    Ok(id)
}

/// Notes what the log holds now that the person reads "saved".
fn note(replica: &Replica, told: &mut Told) -> Result<(), Failed> {
    let held = replica.height(Owner::Location, OWN).dseq;
    told.saved.truncate(usize::try_from(held)?);
    for dseq in told.saved.len() as u64 + 1..=held {
        told.saved.push(hash(replica, dseq).ok_or("it is there")?);
    }
    Ok(())
}

fn hash(replica: &Replica, dseq: u64) -> Option<EntryHash> {
    let reader = &replica.store().reader;
    let entry = entries::one(reader, Owner::Location.lix(), OWN, dseq);
    Some(entry.ok()??.entry.hash)
}

fn scenario(
    kit: &Kit,
    disk: &Disk,
    admission: &Arc<Admission>,
    told: &mut Told,
) -> Result<(), Failed> {
    let mut replica = open(kit, disk)?;
    state(&mut replica, told, "5", 1)?;
    add(
        &mut replica,
        told,
        RecordKind::Initiative,
        Audience::Network,
        2,
    )?;
    let insight = add(
        &mut replica,
        told,
        RecordKind::Insight,
        Audience::Network,
        3,
    )?;
    add(
        &mut replica,
        told,
        RecordKind::Initiative,
        Audience::Team,
        4,
    )?;
    told.local = true;
    let location = replica.location(Owner::Location);
    let offer = Event::Load {
        ticket: Ticket(0),
        location,
        dix: OWN,
        from_dseq: 1,
        bytes_aim: usize::MAX,
    };
    replica.answer(offer, now(21))?;
    let persist = Event::Persist {
        ticket: Ticket(0),
        location,
        dix: SIBLING,
        admission: (**admission).clone(),
        beside: Vec::new(),
    };
    let (answer, after) = replica.answer(persist, now(22))?;
    if !matches!(answer, Some(HostReply::Persisted(_, Persisted::Stored))) {
        return Err("the disk failed".into());
    }
    told.received = admission.height().dseq;
    replica.read_soon(after);
    replica.read_in();
    replica.acknowledged(OWN, 2, &[(2, VoidCode::Size)], now(23))?;
    told.acknowledged = 2;
    replica.say_lost_again(now(24))?;
    note(&replica, told)?;
    drop(replica);
    let mut replica = open(kit, disk)?;
    let row = replica
        .record(RecordKind::Insight, &insight)?
        .ok_or("it is there")?;
    let withdrawn = records::withdraw(&mut replica, &row);
    let (edit, _) = withdrawn.map_err(|why| format!("{why:?}"))?;
    replica.save(vec![edit], now(25))?;
    told.withdrawn = true;
    note(&replica, told)?;
    state(&mut replica, told, "9", 26)?;
    replica.rebuild()?;
    replica.tidy();
    Ok(())
}

/// Looks whether everything is there that somebody was told of.
fn check(kit: &Kit, disk: &Disk, told: &Told, when: &str) {
    let mut replica = open(kit, disk).unwrap_or_else(|error| panic!("{when}: {error}"));
    let problems = integrity_problems(&replica.store().reader).unwrap();
    assert_eq!(problems, Vec::<String>::new(), "{when}");
    for (dseq, saved) in (1..).zip(&told.saved) {
        assert_eq!(
            hash(&replica, dseq),
            Some(*saved),
            "{when}: entry {dseq} was saved"
        );
    }
    let log = replica.logs(Owner::Location).get(&OWN);
    assert!(
        log.map_or(0, |log| log.acknowledged) >= told.acknowledged,
        "{when}"
    );
    let received = replica.height(Owner::Location, SIBLING).dseq;
    assert!(
        received >= told.received,
        "{when}: {received} entries of the sibling"
    );
    if let Some(figure) = told.figure {
        let found = super::values(&mut replica);
        let there = |value: &str| found.iter().any(|found| found == value);
        assert!(
            there(figure) || told.maybe.is_some_and(there),
            "{when}: {found:?}"
        );
    }
    let local = replica.status().unwrap().team_only;
    assert!(
        local >= u64::from(told.local),
        "{when}: the team's record is gone"
    );
    if told.withdrawn {
        assert!(
            !disk.holds(WORDS.as_bytes()),
            "{when}: the withdrawn words are still there"
        );
    }
    assert!(replica.verify().unwrap().exceptions.is_empty(), "{when}");
    let dumps = replica.dumps().unwrap();
    replica.rebuild().unwrap();
    assert_eq!(
        replica.dumps().unwrap(),
        dumps,
        "{when}: derived is as rebuilt"
    );
    set(&mut replica, "11", 40);
    assert!(
        super::values(&mut replica).contains(&"11".to_owned()),
        "{when}: work goes on"
    );
}

#[test]
fn nothing_saved_is_missing_after_a_loss_of_power_at_any_point() {
    let kit = Kit::new();
    let admission = from_sibling(&kit);
    at_every_point(
        (&Disk::new(0), &Remains::ALL),
        |disk, told: &mut Told| {
            let done = scenario(&kit, disk, &admission, told);
            assert!(done.is_ok() || disk.is_dead(), "{done:?}");
        },
        |disk, told, when| check(&kit, disk, told, when),
    );
}

#[test]
fn nothing_saved_is_missing_after_a_failure_of_the_disk() {
    let kit = Kit::new();
    let admission = from_sibling(&kit);
    let ways = [
        (Operation::Write, Failure::Full, 70),
        (Operation::Write, Failure::Io, 70),
        (Operation::Sync, Failure::Io, 30),
        (Operation::Checkpoint, Failure::Full, 30),
        (Operation::Checkpoint, Failure::Io, 30),
        (Operation::Read, Failure::Io, 60),
    ];
    let mut failures = 0;
    for (operation, failure, most) in ways {
        for after in (0..most).step_by(3) {
            let disk = Disk::new(after);
            let mut told = Told::default();
            disk.fail(operation, after, failure);
            let _ends_anywhere = scenario(&kit, &disk, &admission, &mut told);
            failures += usize::from(disk.heal());
            disk.restart(Remains::Reordered);
            check(
                &kit,
                &disk,
                &told,
                &format!("{operation:?} {failure:?} after {after}"),
            );
        }
    }
    assert!(failures > 50, "only {failures} failures happened");
}
