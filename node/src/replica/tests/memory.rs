//! The memory that documents take, and snapshots beside the log.

use weft_shared::{
    id::DocName,
    model::schema::{Container, DocKind},
};

use super::*;
use crate::{kit::fill, limits::DOCUMENTS_LOADED_BYTES_MAX};

fn carry_all(from: &mut Replica, to: &mut Replica, dix: DeviceIndex, at: i64) {
    let height = from.height(Owner::Location, dix).dseq;
    while to.height(Owner::Location, dix).dseq < height {
        carry(from, to, dix, at);
    }
}

/// Several documents whose entries wait for others are loaded: their bytes are not in memory.
#[test]
fn what_waits_takes_little_memory() {
    let kit = Kit::new();
    let (mut one, mut two, mut three) = (kit.open(1), kit.open(2), kit.open(3));
    let parts: Vec<DocKind> = (2014..2018)
        .map(|year| DocKind::Observations(year, 1))
        .collect();
    for part in &parts {
        let mut edit = Edit::default();
        edit.on(*part, |editor| {
            editor.put_text(Container::Notes, "begun", "x")
        });
        one.save(vec![edit], now(1)).unwrap();
    }
    carry_all(&mut one, &mut two, DeviceIndex(1), 2);
    for part in &parts {
        fill(&mut two, *part, 10).unwrap();
    }
    carry_all(&mut two, &mut three, DeviceIndex(2), 5);
    let waits = three.brief().unwrap().held;
    assert!(waits > 8, "{waits}");
    for part in &parts {
        three.own_document(*part).unwrap();
    }
    let loaded = three.documents.iter();
    let bytes: Vec<u64> = loaded.map(|(_, one)| one.waiting_bytes()).collect();
    let taken = |bytes: &&u64| (1..4_096).contains(*bytes);
    assert_eq!(bytes.iter().filter(taken).count(), parts.len(), "{bytes:?}");
    carry_all(&mut one, &mut three, DeviceIndex(1), 6);
    assert_eq!(three.brief().unwrap().held, 0);
    assert_eq!(three.dumps().unwrap(), two.dumps().unwrap());
    for (_, loaded) in three.documents.iter() {
        assert_eq!(loaded.waiting_bytes(), 0);
    }
    drop(three);
    assert_eq!(kit.open(3).dumps().unwrap(), two.dumps().unwrap());
}

/// A run that waits is read only if something that it lacks arrives.
#[test]
fn an_arrival_reads_nothing_that_waits_for_something_else() {
    let kit = Kit::new();
    let (mut one, mut two, mut three) = (kit.open(1), kit.open(2), kit.open(3));
    set(&mut one, "5", 1);
    carry(&mut one, &mut two, DeviceIndex(1), 2);
    set(&mut two, "6", 3);
    carry(&mut two, &mut three, DeviceIndex(2), 4);
    let name = DocName::first(DocKind::Observations(2022, 1).to_string());
    let read = |replica: &mut Replica| {
        let loaded = replica.loaded(Owner::Location, &name).unwrap();
        let count = std::cell::Cell::new(0);
        let ready = loaded.queue(
            Vec::new(),
            |_| {
                count.set(count.get() + 1);
                Ok::<_, ()>(None)
            },
            |_| None,
        );
        assert_eq!(ready.unwrap().places().count(), 0);
        count.get()
    };
    assert_eq!(read(&mut three), 0);
    assert_eq!(three.brief().unwrap().held, 1);
    carry(&mut one, &mut three, DeviceIndex(1), 5);
    assert_eq!(values(&mut three), ["6"]);
    assert_eq!(three.brief().unwrap().held, 0);
}

/// The second document of an edit needs the memory of the first, which the disk lacks still.
#[test]
fn a_snapshot_never_gets_ahead_of_the_disk() {
    let kit = Kit::new();
    let mut one = kit.open(1);
    set(&mut one, "5", 1);
    one.tidy();
    for loaded in one.documents.values_mut() {
        loaded.assume_bytes(DOCUMENTS_LOADED_BYTES_MAX);
    }
    let (key, statement) = observation("6");
    let mut edit = Edit::default();
    edit.on(DocKind::Observations(2022, 1), move |editor| {
        editor.put_observation(&key, &statement, None)
    });
    edit.on(DocKind::Profile, |editor| {
        editor.put_text(Container::Notes, "a note", "belongs elsewhere")
    });
    let refused = one.save(vec![edit], now(2));
    assert!(matches!(refused, Err(SaveError::Edit(_))), "{refused:?}");
    assert_eq!(values(&mut one), ["5"]);
    drop(one);
    assert_eq!(values(&mut kit.open(1)), ["5"]);
}
