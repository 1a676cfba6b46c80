//! The disk keeps and loses writes, with SQLite on it and alone.

use rusqlite::{Connection, OpenFlags, Result};

use crate::{Disk, Failure, Operation, Random, Remains, VFS, at_every_point, file::File};

fn open(disk: &Disk) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags_and_vfs(disk.path("a.db"), flags, VFS)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    connection.execute_batch("CREATE TABLE IF NOT EXISTS line (n INTEGER, text TEXT)")?;
    Ok(connection)
}

fn write(connection: &Connection, n: i64) -> Result<usize> {
    connection.execute("INSERT INTO line VALUES (?1, ?2)", (n, "x".repeat(3_000)))
}

fn lines(connection: &Connection) -> Vec<i64> {
    let mut all = connection.prepare("SELECT n FROM line ORDER BY n").unwrap();
    let rows = all.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_>>().unwrap()
}

fn is_sound(connection: &Connection) -> bool {
    let check = "PRAGMA integrity_check";
    let text: String = connection.query_row(check, [], |row| row.get(0)).unwrap();
    text == "ok"
}

#[test]
fn what_was_committed_is_there_after_a_loss_of_power_at_any_point() {
    at_every_point(
        (&Disk::new(0), &Remains::ALL),
        |disk, told: &mut Vec<i64>| {
            let Ok(connection) = open(disk) else {
                return;
            };
            for n in 0..6 {
                if n == 3 && connection.execute_batch("PRAGMA wal_checkpoint").is_err() {
                    return;
                }
                if write(&connection, n).is_ok() {
                    told.push(n);
                }
            }
        },
        |disk, told, when| {
            let connection = open(disk).unwrap();
            assert!(is_sound(&connection), "{when}");
            let found = lines(&connection);
            assert!(found.starts_with(told), "{when}: {told:?}, and {found:?}");
            assert!(
                found.len() <= told.len() + 1,
                "{when}: {told:?}, and {found:?}"
            );
        },
    );
}

#[test]
fn what_was_not_synced_is_lost() {
    let disk = Disk::new(1);
    let connection = open(&disk).unwrap();
    write(&connection, 1).unwrap();
    connection
        .execute_batch("PRAGMA synchronous = OFF")
        .unwrap();
    write(&connection, 2).unwrap();
    disk.restart(Remains::Nothing);
    assert_eq!(lines(&open(&disk).unwrap()), [1]);
}

#[test]
fn a_connection_from_before_a_restart_fails_and_harms_nothing() {
    let disk = Disk::new(1);
    let before = open(&disk).unwrap();
    write(&before, 1).unwrap();
    disk.restart(Remains::Nothing);
    let after = open(&disk).unwrap();
    write(&before, 2).unwrap_err();
    write(&after, 3).unwrap();
    drop(before);
    assert_eq!(lines(&after), [1, 3]);
    assert!(is_sound(&after));
}

#[test]
fn connections_see_what_others_commit_and_wait_for_their_locks() {
    let disk = Disk::new(1);
    let (one, two) = (open(&disk).unwrap(), open(&disk).unwrap());
    write(&one, 1).unwrap();
    assert_eq!(lines(&two), [1]);
    one.execute_batch("BEGIN IMMEDIATE").unwrap();
    write(&two, 2).unwrap_err();
    one.execute_batch("COMMIT").unwrap();
    write(&two, 2).unwrap();
    assert_eq!(lines(&one), [1, 2]);
    drop((one, two));
    assert_eq!(lines(&open(&disk).unwrap()), [1, 2]);
}

#[test]
fn each_kind_of_operation_fails_when_asked() {
    let expected = [
        (Operation::Write, Failure::Io, "disk I/O error"),
        (Operation::Write, Failure::Full, "database or disk is full"),
        (Operation::Write, Failure::Short, "database or disk is full"),
        (Operation::Sync, Failure::Io, "disk I/O error"),
    ];
    for (operation, failure, text) in expected {
        let disk = Disk::new(1);
        let connection = open(&disk).unwrap();
        write(&connection, 1).unwrap();
        disk.fail(operation, 0, failure);
        let error = write(&connection, 2).unwrap_err();
        assert_eq!(error.to_string(), text, "{operation:?} {failure:?}");
        assert!(disk.heal());
        drop(connection);
        let again = open(&disk).unwrap();
        assert!(lines(&again).starts_with(&[1]), "{operation:?} {failure:?}");
        assert!(is_sound(&again), "{operation:?} {failure:?}");
    }
    let disk = Disk::new(1);
    let connection = open(&disk).unwrap();
    write(&connection, 1).unwrap();
    disk.fail(Operation::Checkpoint, 0, Failure::Io);
    connection
        .execute_batch("PRAGMA wal_checkpoint")
        .unwrap_err();
    disk.fail(Operation::Read, 0, Failure::Io);
    open(&disk).unwrap_err();
    assert!(disk.heal());
    assert_eq!(lines(&open(&disk).unwrap()), [1]);
}

#[test]
fn a_loss_of_power_tears_at_sectors_and_reorders() {
    let left = |remains, seed| {
        let mut random = Random::new(seed);
        let mut file = File::default();
        file.write(0, &[1; 1024]);
        file.sync();
        file.write(0, &[2; 700]);
        file.write(512, &[3; 512]);
        file.lose_power(remains, &mut random).unwrap().bytes
    };
    let all = |remains| (0..200).map(|seed| left(remains, seed)).collect::<Vec<_>>();
    assert!(all(Remains::Nothing).iter().all(|left| *left == [1; 1024]));
    let second_alone = |left: &Vec<u8>| left[..512] == [1; 512] && left[512..] == [3; 512];
    let first_half = |left: &Vec<u8>| left[..512] == [2; 512] && left[512..] == [1; 512];
    let torn = all(Remains::Torn);
    assert!(torn.iter().any(first_half) && !torn.iter().any(second_alone));
    let reordered = all(Remains::Reordered);
    assert!(reordered.iter().any(first_half) && reordered.iter().any(second_alone));
    assert_eq!(
        reordered,
        all(Remains::Reordered),
        "the same seeds leave the same"
    );
}
