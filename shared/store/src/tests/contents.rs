//! The contents of documents: who wrote them, what fills them, and what goes with an end of a log.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use weft_shared::identity::Role;

use super::*;

#[test]
fn a_document_knows_who_wrote_it_what_fills_it_and_how_full_it_is() {
    let mut kit = Kit::new();
    let doc = kit.name.id(&location(2));
    kit.fill(3);
    let log = kit.log();
    kit.run(move |db| undone::set_void(db, log, 2, VoidCode::Size));
    let filling = |up_to| {
        let filling = kit.run(move |db| entries::filling(db, LocationRow::OWN, &doc, up_to));
        let dseqs = filling.iter().map(|(_, one)| one.entry.header.dseq);
        dseqs.collect::<Vec<_>>()
    };
    assert_eq!(
        (filling(1), filling(3)),
        (vec![1], vec![1, 3]),
        "void ones do not count"
    );
    let (actors, code, none) = kit.run(move |db| {
        let code = undone::code(db, LocationRow::OWN, DIX, 2)?;
        Ok((
            logs::actors(db, LocationRow::OWN, &doc)?,
            code,
            undone::code(db, LocationRow::OWN, DIX, 1)?,
        ))
    });
    assert_eq!(
        (actors, code, none),
        (vec![(DIX, 0)], Some(VoidCode::Size), None)
    );
    let names = |percent| {
        let filled = kit.run(move |db| documents::filled(db, percent));
        filled
            .into_iter()
            .map(|(named, _)| named.doc)
            .collect::<Vec<_>>()
    };
    assert_eq!((names(0), names(1)), (vec![doc], vec![]));
    let room = |dix| kit.run(move |db| shares::room(db, LocationRow::OWN, dix, Role::Member));
    let (own, other) = (room(DIX), room(DeviceIndex(2)));
    assert!(
        own.all.bytes > 0 && own.all == own.own,
        "all of it is one device's"
    );
    assert_eq!((own.all.documents, own.all), (1, other.all));
    assert_eq!((other.own.bytes, other.own.documents), (0, 0));
}

#[test]
fn the_end_of_a_log_goes_with_what_it_filled() {
    let mut kit = Kit::new();
    let doc = kit.name.id(&location(2));
    kit.fill(3);
    let size = |kit: &Kit| kit.run(move |db| documents::size(db, LocationRow::OWN, &doc));
    let drop =
        |kit: &Kit, first| kit.run(move |db| undone::drop_end(db, LocationRow::OWN, DIX, first));
    // Another device builds on the last of them, so that nothing happens.
    let key = std::mem::replace(&mut kit.key, DeviceKey::from_seed([8; 32]));
    let entry = kit.entry(Height::ZERO);
    let appended = kit
        .run(move |db| entries::append_own(db, LocationRow::OWN, DeviceIndex(2), &entry, now(6)));
    assert!(matches!(appended, Appended::To(_)));
    kit.key = key;
    assert_eq!(drop(&kit, 2).unwrap_err(), BTreeSet::from([DeviceIndex(2)]));
    assert_eq!(size(&kit).changes, 4);

    let mut kit = Kit::new();
    let all = kit.fill(3);
    let end = drop(&kit, 3).unwrap();
    assert_eq!(
        (end.changes.len(), end.documents),
        (1, BTreeSet::from([doc]))
    );
    assert_eq!(size(&kit).changes, 2);
    let voids = kit.run(|db| undone::voids(db, LocationRow::OWN, DIX, 0));
    assert_eq!(voids, [(3, VoidCode::Dropped)]);
    let log = kit.log();
    let height = kit.run(move |db| logs::height(db, log));
    assert_eq!((height.dseq, height.hash), (3, all[2].hash), "headers stay");

    // A document in which no other entry wrote goes with its last one.
    let mut kit = Kit::new();
    kit.fill(1);
    drop(&kit, 1).unwrap();
    assert_eq!(
        kit.run(move |db| documents::name(db, LocationRow::OWN, &doc)),
        None
    );
    assert!(
        kit.run(move |db| logs::actors(db, LocationRow::OWN, &doc))
            .is_empty()
    );
    assert!(
        drop(&kit, 9).unwrap().changes.is_empty(),
        "nothing is there"
    );
}

#[test]
fn a_location_synced_on_the_day_that_was_noted_last() {
    let kit = Kit::new();
    let read = |kit: &Kit| {
        kit.run(|db| {
            Ok((
                rosters::synced_day(db, LocationRow::OWN)?,
                rosters::synced(db)?,
            ))
        })
    };
    assert_eq!(
        read(&kit),
        (
            None,
            vec![(LocationRow::ZERO, None), (LocationRow::OWN, None)]
        )
    );
    kit.run(|db| rosters::put_synced(db, LocationRow::OWN, now(7)));
    let noted = vec![(LocationRow::ZERO, None), (LocationRow::OWN, Some(now(7)))];
    assert_eq!(read(&kit), (Some(now(7)), noted));
}

/// A list of insights looks the words of each up, so that one look must not read those of all.
#[test]
fn words_are_found_by_their_hash_however_many_there_are() {
    let mut kit = Kit::new();
    kit.fill(1);
    let log = kit.log();
    let named = |n: u32| {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        BlobHash::new(bytes)
    };
    let steps = |kit: &Kit| {
        kit.run(move |db| {
            let steps = Arc::new(AtomicU64::new(0));
            let counted = Arc::clone(&steps);
            db.progress_handler(
                1,
                Some(move || {
                    counted.fetch_add(1, Ordering::Relaxed);
                    false
                }),
            )?;
            let found = blobs::bytes(db, LocationRow::OWN, &named(7))?;
            db.progress_handler(0, None::<fn() -> bool>)?;
            assert_eq!(found.as_deref(), Some(&b"words"[..]));
            Ok(steps.load(Ordering::Relaxed))
        })
    };
    let put = |kit: &Kit, of: std::ops::Range<u32>| {
        kit.run(move |db| {
            let mut all = of.into_iter();
            all.try_for_each(|n| blobs::put(db, log, 1, &named(n), b"words", now(5)))
        });
    };
    put(&kit, 0..10);
    // The first look makes the statement.
    steps(&kit);
    let few = steps(&kit);
    put(&kit, 10..1_000);
    assert_eq!(steps(&kit), few);
}
