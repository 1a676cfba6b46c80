//! Entries that are not in one of their documents.

use super::*;
use crate::quarantine::{self, State};

const TABLES: [&str; 2] = ["snapshots", "quarantine"];

/// The entries in quarantine, by their place in their log, with the state and the reason.
fn listed(kit: &Kit) -> Vec<(u64, State, String)> {
    let all = kit.run(|db| quarantine::all(db, usize::MAX)).into_iter();
    all.map(|one| (one.dseq, one.state, one.reason)).collect()
}

fn at(db: &Transaction<'_>, dseq: u64) -> u64 {
    entries::hub_seq(db, LocationRow::OWN, DIX, dseq)
        .unwrap()
        .unwrap()
}

/// A log of four entries: the first is refused, the second and the fourth wait, and the program
/// ended at the third.
fn filled() -> (Kit, weft_shared::id::DocId) {
    let mut kit = Kit::new();
    kit.fill(4);
    let doc = kit.name.id(&location(2));
    kit.run(move |db| {
        for (dseq, why) in [
            (4, (State::Held, "it waits")),
            (3, (State::Held, "it waits")),
            (3, (State::Ended, "0.1.0")),
            (2, (State::Refused, "at first")),
            (2, (State::Held, "it waits")),
            (1, (State::Refused, "it lies")),
        ] {
            quarantine::put(db, LocationRow::OWN, &doc, at(db, dseq), why)?;
        }
        Ok(())
    });
    (kit, doc)
}

#[test]
fn each_entry_in_quarantine_is_kept_counted_and_named() {
    let (kit, doc) = filled();
    let waits = |dseq| (dseq, State::Held, "it waits".to_owned());
    let refused = (1, State::Refused, "it lies".to_owned());
    let all = listed(&kit);
    assert_eq!(
        [&all[0], &all[1], &all[3]],
        [&refused, &waits(2), &waits(4)]
    );
    let (_, state, why) = &all[2];
    assert_eq!(*state, State::Ended);
    assert!(
        why.starts_with("version 0.1.0 of the program ended"),
        "{why}"
    );
    let held = kit.run(move |db| {
        assert!(quarantine::any(db)?);
        assert_eq!(quarantine::counts(db)?, (2, 2));
        assert!(quarantine::held(db, LocationRow::ZERO, &doc)?.is_empty());
        let first = quarantine::all(db, 1)?.remove(0);
        assert_eq!(
            (first.lix, first.dix, first.doc),
            (LocationRow::OWN, DIX, doc)
        );
        assert_eq!(first.document, "observations/2023");
        assert_eq!(entries::hub_seq(db, LocationRow::OWN, DIX, 5)?, None);
        quarantine::release(db, LocationRow::OWN, &doc, at(db, 2))?;
        quarantine::held(db, LocationRow::OWN, &doc)
    });
    assert_eq!(held, kit.run(|db| Ok(vec![at(db, 4)])));
    assert_eq!(listed(&kit).len(), 3);
}

#[test]
fn an_entry_at_which_the_program_ended_stays_until_somebody_asks() {
    let (kit, doc) = filled();
    let ended = |kit: &Kit| {
        kit.run(|db| quarantine::ended(db))
            .into_iter()
            .map(|one| one.3)
    };
    // No other reason replaces it, and nothing that is made again takes it away.
    kit.run(move |db| {
        quarantine::put(
            db,
            LocationRow::OWN,
            &doc,
            at(db, 3),
            (State::Refused, "it lies"),
        )?;
        quarantine::clear(db, Some((LocationRow::OWN, &doc)))
    });
    assert_eq!(listed(&kit).len(), 1);
    kit.run(|db| quarantine::clear(db, None));
    kit.run(|db| reset_derived(db, &TABLES, ""));
    assert_eq!(ended(&kit).collect::<Vec<_>>(), ["0.1.0"]);
    assert_eq!(kit.run(|db| quarantine::forget_ended(db, Some("0.1.0"))), 0);
    assert_eq!(kit.run(|db| quarantine::forget_ended(db, Some("0.2.0"))), 1);
    let (kit, _) = filled();
    assert_eq!(kit.run(|db| quarantine::forget_ended(db, None)), 1);
    assert_eq!((listed(&kit).len(), ended(&kit).count()), (3, 0));
}

#[test]
fn what_was_taken_back_leaves_the_quarantine() {
    let (kit, _) = filled();
    let log = kit.log();
    let to = kit.run(|db| {
        let first = entries::one(db, LocationRow::OWN, DIX, 1)?.unwrap();
        let hash = first.entry.hash;
        Ok(Height { dseq: 1, hash })
    });
    kit.run(move |db| undone::cut_above(db, log, &to));
    assert_eq!(listed(&kit).len(), 1);
    let count = "SELECT count(*) FROM quarantine";
    let rows: i64 = kit.run(move |db| Ok(db.query_row(count, [], |row| row.get(0))?));
    assert_eq!(rows, 1, "and no row that names nothing");
}
