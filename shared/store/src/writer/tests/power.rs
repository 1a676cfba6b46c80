//! The writer on a disk in memory: its jobs run when the test says so, and the power goes at every
//! write and sync.

use std::{
    collections::BTreeSet,
    future::Future as _,
    task::{Context, Poll, Waker},
};

use weft_disk::{Disk, Failure, Operation, Remains, VFS, at_every_point};

use super::*;

/// Opens the store on a disk, with checkpoints every few pages.
fn open(disk: &Disk) -> Result<Writer, StoreError> {
    let path = disk.path("store.db");
    let (open, options) = (Open::Simulated(VFS), WriterOptions::default());
    let writer = Writer::open(path.as_ref(), open, options, |db| {
        db.pragma_update(None, "wal_autocheckpoint", 4)?;
        db.pragma_update(None, "secure_delete", true)?;
        Ok(db.execute_batch(TABLE)?)
    })?;
    writer.hold();
    Ok(writer)
}

/// The answers that the callers had, and the lines that may be there or not.
#[derive(Default)]
struct Told {
    saved: BTreeSet<String>,
    deleted: BTreeSet<String>,
    unknown: BTreeSet<String>,
}

fn lines(writer: &Writer) -> BTreeSet<String> {
    let reader = writer.reader().unwrap();
    let mut all = reader.prepare("SELECT text FROM line").unwrap();
    let rows = all.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Queues `texts`, commits them in groups of `group`, and notes the answers.
fn save(writer: &Writer, texts: &[String], group: usize, told: &mut Told) {
    let mut context = Context::from_waker(Waker::noop());
    let jobs = texts.iter().map(|text| Box::pin(writer.run(insert(text))));
    let mut jobs: Vec<_> = jobs.collect();
    for job in &mut jobs {
        if job.as_mut().poll(&mut context).is_ready() {
            return;
        }
    }
    while writer.commit(group) > 0 {}
    for (job, text) in jobs.iter_mut().zip(texts) {
        match job.as_mut().poll(&mut context) {
            Poll::Ready(Ok(())) => told.saved.insert(text.clone()),
            Poll::Ready(Err(_)) => told.unknown.insert(text.clone()),
            Poll::Pending => panic!("a job without an answer"),
        };
    }
}

fn scenario(disk: &Disk, told: &mut Told) {
    let Ok(writer) = open(disk) else {
        return;
    };
    for round in 0..4_usize {
        let texts = (0..3).map(|n| format!("{round} {n} {}", "x".repeat(900)));
        save(&writer, &texts.collect::<Vec<_>>(), round.max(1), told);
        let Some(first) = told.saved.first().cloned() else {
            continue;
        };
        let text = first.clone();
        let deleted = writer.run_blocking(move |db| {
            db.execute("DELETE FROM line WHERE text = ?1", [text])?;
            db.scrub();
            Ok::<_, StoreError>(())
        });
        told.saved.remove(&first);
        match deleted {
            Ok(()) => told.deleted.insert(first),
            Err(_) => told.unknown.insert(first),
        };
    }
}

#[test]
fn nothing_acknowledged_is_missing_after_a_loss_of_power_at_any_point() {
    at_every_point(
        (&Disk::new(0), &Remains::ALL),
        scenario,
        |disk, told: &Told, when| {
            let writer = open(disk).unwrap();
            let problems = integrity_problems(&writer.reader().unwrap()).unwrap();
            assert_eq!(problems, Vec::<String>::new(), "{when}");
            let found = lines(&writer);
            assert!(
                found.is_superset(&told.saved),
                "{when}: something is missing"
            );
            let mut more = found.difference(&told.saved);
            assert!(
                more.all(|line| told.unknown.contains(line)),
                "{when}: it came back"
            );
            // The log is emptied at the start, whatever came between a deletion and that.
            let gone = told.deleted.iter().chain(&told.unknown);
            for text in gone.filter(|text| !found.contains(*text)) {
                assert!(
                    !disk.holds(text.as_bytes()),
                    "{when}: what is gone is still on the disk"
                );
            }
        },
    );
}

#[test]
fn a_group_is_committed_as_a_whole_or_not_at_all() {
    let disk = Disk::new(3);
    let writer = open(&disk).unwrap();
    let points = disk.points();
    disk.cut_power_at(points + 3);
    let mut told = Told::default();
    let texts: Vec<_> = (0..8).map(|n| format!("{n} {}", "x".repeat(900))).collect();
    save(&writer, &texts, 8, &mut told);
    assert_eq!(
        told.saved.len(),
        0,
        "one sync for all of them, and it failed"
    );
    drop(writer);
    disk.restart(Remains::Torn);
    assert_eq!(lines(&open(&disk).unwrap()).len(), 0);
}

#[test]
fn every_failure_of_the_disk_is_survived() {
    let operations = [
        Operation::Read,
        Operation::Write,
        Operation::Sync,
        Operation::Checkpoint,
    ];
    let mut failures = 0;
    for operation in operations {
        for (failure, after) in [Failure::Io, Failure::Full, Failure::Short]
            .into_iter()
            .flat_map(|failure| (0..40).map(move |after| (failure, after)))
        {
            let disk = Disk::new(after);
            let mut failed = false;
            let mut told = Told::default();
            if let Ok(writer) = open(&disk) {
                disk.fail(operation, after, failure);
                let texts: Vec<_> = (0..9).map(|n| format!("{n} {}", "x".repeat(900))).collect();
                for part in texts.chunks(2) {
                    save(&writer, part, 1, &mut told);
                }
                failed = writer.is_closed();
            }
            failures += usize::from(disk.heal());
            // A process that ends may lose power as well.
            if failed {
                disk.restart(Remains::Reordered);
            }
            let when = format!("{operation:?} {failure:?} after {after}");
            let writer = open(&disk).unwrap();
            let found = lines(&writer);
            assert!(
                found.is_superset(&told.saved),
                "{when}: something is missing"
            );
            let problems = integrity_problems(&writer.reader().unwrap()).unwrap();
            assert_eq!(problems, Vec::<String>::new(), "{when}");
        }
    }
    assert!(failures > 100, "only {failures} failures happened");
}

#[test]
fn a_store_on_a_full_disk_opens_and_is_scrubbed_once_there_is_room() {
    let disk = Disk::new(7);
    let writer = open(&disk).unwrap();
    let mut told = Told::default();
    let texts = ["it stays", "taken out"].map(str::to_owned);
    save(&writer, &texts, 2, &mut told);
    // The program ends before the log is emptied.
    let deleted = writer.run_blocking(|db| -> Result<usize, StoreError> {
        Ok(db.execute("DELETE FROM line WHERE text = 'taken out'", [])?)
    });
    assert_eq!(deleted.unwrap(), 1);
    disk.restart(Remains::Everything);
    drop(writer);

    disk.fail(Operation::Checkpoint, 0, Failure::Full);
    let writer = open(&disk).unwrap();
    assert!(
        disk.heal(),
        "the disk was full when the log was to be emptied"
    );
    assert_eq!(lines(&writer), BTreeSet::from(["it stays".to_owned()]));
    assert!(disk.holds(b"taken out"), "the log of changes still has it");
    writer.commit(0);
    assert!(!disk.holds(b"taken out"));
    assert_eq!(lines(&writer), BTreeSet::from(["it stays".to_owned()]));
}
