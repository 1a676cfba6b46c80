//! The steps after a commit: closures of its jobs, and emptying the write-ahead log.

use std::time::Instant;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::*;

#[test]
fn what_was_deleted_is_in_no_file() {
    let place = Place::new();
    let writer = place.open_with(|db| Ok(db.pragma_update(None, "secure_delete", true)?));
    let holds = || {
        let files = fs::read_dir(place.dir.path()).unwrap().flatten();
        files
            .filter(|file| {
                let bytes = fs::read(file.path()).unwrap();
                bytes.windows(9).any(|window| window == b"taken out")
            })
            .count()
    };
    let run = |statement: &'static str| {
        let done = writer.run_blocking(move |db| Ok::<_, StoreError>(db.execute(statement, [])?));
        assert_eq!(done.unwrap(), 1);
    };
    run("INSERT INTO line VALUES ('taken out')");
    assert!(holds() > 0);
    // Somebody who reads just then is waited for, by trying again.
    let reader = Connection::open(place.path()).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM line").unwrap();
    forget(&writer).unwrap();
    assert!(holds() > 0, "the log of changes still has it");
    drop(reader);
    until(|| holds() == 0);
    // So is a checkpoint that fails. The caller gets no error, because its job is saved.
    run("INSERT INTO line VALUES ('taken out')");
    fail_checkpoints(&writer, true);
    forget(&writer).unwrap();
    assert!(holds() > 0, "the log of changes still has it");
    fail_checkpoints(&writer, false);
    until(|| holds() == 0);
}

fn forget(writer: &Writer) -> Result<(), StoreError> {
    writer.run_blocking(|db| {
        db.execute("DELETE FROM line", [])?;
        db.scrub();
        Ok(())
    })
}

fn until(there: impl Fn() -> bool) {
    let most = Instant::now() + limits::SCRUB_RETRY_INTERVAL * 20;
    while !there() {
        assert!(Instant::now() < most, "it never comes");
        thread::sleep(Duration::from_millis(20));
    }
}

fn fail_checkpoints(writer: &Writer, fail: bool) {
    let deny = |context: AuthContext<'_>| match context.action {
        AuthAction::Pragma {
            pragma_name: "wal_checkpoint",
            ..
        } => Authorization::Deny,
        _ => Authorization::Allow,
    };
    let set = move |db: &Transaction<'_>| Ok::<_, StoreError>(db.authorizer(fail.then_some(deny))?);
    writer.run_blocking(set).unwrap();
}

#[tokio::test]
async fn what_follows_a_commit_runs_in_order_and_only_if_it_stands() {
    let place = Place::new();
    let writer = place.open();
    let told = Arc::new(Mutex::new(Vec::new()));
    let job = |name: &'static str, stands: bool| {
        let (told, path) = (Arc::clone(&told), place.path());
        writer.run(move |db: &Transaction<'_>| {
            db.execute("INSERT INTO line VALUES (?1)", [name])?;
            db.on_commit(move || {
                let other = Connection::open(path).unwrap();
                let seen = "SELECT count(*) FROM line";
                let seen: i64 = other.query_row(seen, [], |row| row.get(0)).unwrap();
                told.lock().unwrap().push((name, seen));
                assert_ne!(name, "first", "a fault in it harms no one");
            });
            match stands {
                true => Ok(()),
                false => Err(StoreError::Damaged("it")),
            }
        })
    };
    let release = hold(&writer).await;
    let jobs = async { tokio::join!(job("first", true), job("undone", false), job("last", true)) };
    let (first, undone, last) = tokio::join!(jobs, async { release.send(()).unwrap() }).0;
    assert!(first.is_ok() && undone.is_err() && last.is_ok());
    let told = told.lock().unwrap().clone();
    assert_eq!(
        told,
        [("first", 2), ("last", 2)],
        "before anybody is answered"
    );
}

#[tokio::test]
async fn nothing_follows_a_commit_that_fails() {
    let place = Place::new();
    let writer = place.open();
    let followed = Arc::new(AtomicBool::new(false));
    let follow = Arc::clone(&followed);
    let failed = writer.run(move |db: &Transaction<'_>| -> Result<(), StoreError> {
        db.execute_batch(
            "PRAGMA defer_foreign_keys = ON;
             CREATE TABLE above (id INTEGER PRIMARY KEY);
             CREATE TABLE below (above INTEGER REFERENCES above);
             INSERT INTO below VALUES (1);",
        )?;
        db.on_commit(move || follow.store(true, Ordering::Release));
        Ok(())
    });
    failed.await.unwrap_err();
    assert!(!followed.load(Ordering::Acquire));
    writer.run(insert("it goes on")).await.unwrap();
}
