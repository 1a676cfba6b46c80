//! The writer against real files.

mod commits;
mod damage;
mod power;

use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc as blocking,
    },
    thread,
    time::Duration,
};

#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};

use rusqlite::ffi;
use rusqlite_migration::{M, Migrations};

use super::*;
use weft_host::data_dir::is_private;

#[test]
fn a_store_is_for_its_owner_alone() {
    let place = Place::new();
    let _writer = place.open();
    for name in ["store.db", "store.db-wal"] {
        assert!(is_private(&place.dir.path().join(name)).unwrap(), "{name}");
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS line (text TEXT NOT NULL UNIQUE) STRICT";

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("store.db")
    }

    fn open(&self) -> Writer {
        self.open_with(|_| Ok(()))
    }

    fn open_with(&self, prepare: impl FnOnce(&mut Connection) -> Result<(), StoreError>) -> Writer {
        let options = WriterOptions::default();
        let mut prepare = Some(prepare);
        let open = Writer::open(&self.path(), Open::Create, options, |db| {
            db.execute_batch(TABLE)?;
            prepare.take().expect("it is called once")(db)
        });
        open.unwrap()
    }

    /// Opens the store as a program would that has been set up long ago.
    fn reopen(&self) -> Result<Writer, StoreError> {
        let options = WriterOptions::default();
        Writer::open(&self.path(), Open::Existing, options, |db| {
            Ok(db.execute_batch(TABLE)?)
        })
    }

    fn lines(&self) -> Vec<String> {
        let db = Connection::open(self.path()).unwrap();
        let mut all = db.prepare("SELECT text FROM line ORDER BY rowid").unwrap();
        let rows = all.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

fn insert(text: &str) -> impl FnOnce(&Transaction<'_>) -> Result<(), StoreError> + Send + use<> {
    let text = text.to_owned();
    move |db| {
        db.prepare_cached("INSERT INTO line VALUES (?1)")?
            .execute([text])?;
        Ok(())
    }
}

/// Keeps the writer thread busy until the returned sender speaks, so that jobs queue up behind.
async fn hold(writer: &Writer) -> blocking::Sender<()> {
    let (release, held) = blocking::channel::<()>();
    let (running, runs) = oneshot::channel();
    let holder = writer.clone();
    tokio::spawn(async move {
        let held = move |_: &Transaction<'_>| {
            running.send(()).unwrap();
            held.recv().unwrap();
            Ok::<_, StoreError>(())
        };
        holder.run(held).await.unwrap();
    });
    runs.await.unwrap();
    release
}

#[tokio::test]
async fn what_queues_up_is_committed_together() {
    let commits = Arc::new(AtomicUsize::new(0));
    let place = Place::new();
    let counter = Arc::clone(&commits);
    let writer = place.open_with(move |db| {
        db.commit_hook(Some(move || {
            counter.fetch_add(1, Ordering::SeqCst);
            false
        }))?;
        Ok(())
    });
    let release = hold(&writer).await;
    let jobs: Vec<_> = (0..300)
        .map(|n| {
            let writer = writer.clone();
            tokio::spawn(async move { writer.run(insert(&format!("{n}"))).await })
        })
        .collect();
    while writer.queue.capacity() > limits::WRITER_QUEUE_JOBS_MAX - 300 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    for job in jobs {
        job.await.unwrap().unwrap();
    }
    assert_eq!(place.lines().len(), 300);
    let commits = commits.load(Ordering::SeqCst);
    assert!(commits <= 60, "300 jobs took {commits} commits");
}

#[tokio::test]
async fn nobody_is_answered_before_the_commit() {
    let answered = Arc::new(AtomicBool::new(false));
    let early = Arc::new(AtomicBool::new(false));
    let place = Place::new();
    let (seen, noted) = (Arc::clone(&answered), Arc::clone(&early));
    let writer = place.open_with(move |db| {
        db.commit_hook(Some(move || {
            thread::sleep(Duration::from_millis(50));
            noted.fetch_or(seen.load(Ordering::SeqCst), Ordering::SeqCst);
            false
        }))?;
        Ok(())
    });
    let job = tokio::spawn(async move {
        writer.run(insert("kia ora")).await.unwrap();
        answered.store(true, Ordering::SeqCst);
    });
    job.await.unwrap();
    assert!(!early.load(Ordering::SeqCst));
    assert_eq!(place.lines(), ["kia ora"]);
}

#[tokio::test]
async fn a_failing_or_panicking_job_leaves_its_neighbours_alone() {
    let place = Place::new();
    let writer = place.open();
    let release = hold(&writer).await;
    let fails = writer.run(|db: &Transaction<'_>| {
        insert("half done")(db)?;
        insert("half done")(db)
    });
    let panics = writer.run(|db: &Transaction<'_>| -> Result<(), StoreError> {
        insert("also half done")(db)?;
        panic!("a bug")
    });
    let queued = async {
        while writer.queue.capacity() > limits::WRITER_QUEUE_JOBS_MAX - 4 {
            tokio::task::yield_now().await;
        }
        release.send(()).unwrap();
    };
    let (first, fails, panics, last, ()) = tokio::join!(
        writer.run(insert("first")),
        fails,
        panics,
        writer.run(insert("last")),
        queued
    );
    first.unwrap();
    last.unwrap();
    assert!(matches!(fails.unwrap_err(), StoreError::Statement(_)));
    assert!(matches!(panics.unwrap_err(), StoreError::Panicked { what } if what == "a bug"));
    assert_eq!(place.lines(), ["first", "last"]);
}

#[tokio::test]
async fn a_full_disk_is_said_and_ends_when_there_is_space() {
    let place = Place::new();
    let writer = place.open_with(|db| {
        db.pragma_update_and_check(None, "max_page_count", 30, |_| Ok(()))?;
        Ok(())
    });
    let mut saved = Vec::new();
    let full = loop {
        let text = format!("{:0>4000}", saved.len());
        match writer.run(insert(&text)).await {
            Ok(()) => saved.push(text),
            Err(error) => break error,
        }
        assert!(saved.len() < 100, "the limit never took hold");
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    assert!(full.to_string().contains("everything saved before is safe"));
    assert_eq!(place.lines(), saved);

    let space = |db: &Transaction<'_>| {
        db.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))?;
        Ok::<_, StoreError>(())
    };
    writer.run(space).await.unwrap();
    writer.run(insert("after")).await.unwrap();
    saved.push("after".to_owned());
    assert_eq!(place.lines(), saved);
    let problems = writer.run(|db| integrity_problems(db)).await.unwrap();
    assert_eq!(problems, Vec::<String>::new());
}

/// A file system of two megabytes, where this process may mount one.
#[cfg(target_os = "linux")]
struct SmallDisk(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(dir.path());
        let mounted = mount.stderr(Stdio::null()).status();
        mounted
            .is_ok_and(|status| status.success())
            .then_some(Self(dir))
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(unmounted.unwrap().success());
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_really_full_disk_is_said_and_ends_when_there_is_space() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("not tried: only root may mount a small disk");
        return;
    };
    let ballast = disk.0.path().join("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let path = disk.0.path().join("store.db");
    let prepare = |db: &mut Connection| Ok(db.execute_batch(TABLE)?);
    let writer = Writer::open(&path, Open::Create, WriterOptions::default(), prepare).unwrap();
    let mut saved = 0_i64;
    let full = loop {
        match writer.run(insert(&format!("{saved:0>20000}"))).await {
            Ok(()) => saved += 1,
            Err(error) => break error,
        }
        assert!(saved < 200, "the disk never filled up");
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    let count = |db: &Transaction<'_>| -> Result<i64, StoreError> {
        Ok(db.query_row("SELECT count(*) FROM line", [], |row| row.get(0))?)
    };
    assert_eq!(writer.run(count).await.unwrap(), saved);

    fs::remove_file(ballast).unwrap();
    writer.run(insert("after")).await.unwrap();
    assert_eq!(writer.run(count).await.unwrap(), saved + 1);
    assert_eq!(
        writer.run(|db| integrity_problems(db)).await.unwrap(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_failing_disk_ends_everything_once() {
    let place = Place::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let options = WriterOptions {
        on_fatal: Box::new(move |error| listener.lock().unwrap().push(error.to_string())),
        ..WriterOptions::default()
    };
    let prepare = |db: &mut Connection| Ok(db.execute_batch(TABLE)?);
    let writer = Writer::open(&place.path(), Open::Create, options, prepare).unwrap();
    let failed_flush = |db: &Transaction<'_>| -> Result<(), StoreError> {
        insert("never saved")(db)?;
        let failure = ffi::Error::new(ffi::SQLITE_IOERR_FSYNC);
        Err(rusqlite::Error::SqliteFailure(failure, None).into())
    };
    let error = writer.run(failed_flush).await.unwrap_err();
    assert!(error.is_fatal(), "{error}");
    let later = writer.run(insert("too late")).await.unwrap_err();
    assert!(matches!(later, StoreError::Closed), "{later}");
    assert_eq!(told.lock().unwrap().len(), 1);
    assert_eq!(place.lines(), Vec::<String>::new());
}

#[test]
fn a_missing_or_emptied_store_is_no_new_one() {
    let place = Place::new();
    assert!(matches!(
        place.reopen().unwrap_err(),
        StoreError::Missing { .. }
    ));
    place.open().run_blocking(insert("kept")).unwrap();
    place.reopen().unwrap();
    fs::write(place.path(), "").unwrap();
    let error = place.reopen().unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("store.db"), "{error}");
}

/// A store of some twenty pages with nothing left in its write-ahead log.
fn filled() -> Place {
    let place = Place::new();
    let writer = place.open();
    for n in 0..20 {
        writer.run_blocking(insert(&format!("{n:0>3000}"))).unwrap();
    }
    drop(writer);
    let wal = place.dir.path().join("store.db-wal");
    while wal.exists() {
        thread::sleep(Duration::from_millis(5));
    }
    place
}

#[test]
fn damage_is_named_before_anything_is_written() {
    let check = |what: &str, spoil: &dyn Fn(&mut fs::File), expected: &str| {
        let place = filled();
        let mut file = fs::File::options().write(true).open(place.path()).unwrap();
        spoil(&mut file);
        file.sync_all().unwrap();
        let before = fs::read(place.path()).unwrap();
        let error = place.reopen().unwrap_err().to_string();
        assert!(error.contains(expected), "{what}: {error}");
        assert!(error.contains("store.db"), "{what}: {error}");
        assert!(error.contains("backup"), "{what} says what to do: {error}");
        assert_eq!(fs::read(place.path()).unwrap(), before, "{what}");
    };
    check(
        "truncated",
        &|file| file.set_len(3 * 4096).unwrap(),
        "damaged",
    );
    check(
        "cut inside its header",
        &|file| file.set_len(50).unwrap(),
        "damaged",
    );
    check(
        "overwritten at the start",
        &|file| file.write_all(&[0xa5; 8192]).unwrap(),
        "not a database",
    );
    let in_the_middle = |file: &mut fs::File| {
        file.seek(SeekFrom::Start(2 * 4096)).unwrap();
        file.write_all(&[0xa5; 8192]).unwrap();
    };
    check("overwritten in the middle", &in_the_middle, "damaged");
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let place = Place::new();
    let migrated = |steps: usize| {
        let steps = vec![M::up("CREATE TABLE a (b)"); 1]
            .into_iter()
            .chain((1..steps).map(|_| M::up("CREATE TABLE IF NOT EXISTS c (d)")));
        let migrations = Migrations::new(steps.collect());
        let options = WriterOptions::default();
        Writer::open(&place.path(), Open::Create, options, |db| {
            Ok(migrations.to_latest(db)?)
        })
    };
    migrated(2).unwrap();
    let error = migrated(1).unwrap_err();
    assert!(matches!(&error, StoreError::NewerVersion { path } if *path == place.path()));
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn readers_see_commits_and_cannot_write() {
    let place = Place::new();
    let writer = place.open();
    let readers = writer.readers(2).unwrap();
    writer.run(insert("one")).await.unwrap();
    let count = readers.read(|db| -> Result<i64, StoreError> {
        Ok(db.query_row("SELECT count(*) FROM line", [], |row| row.get(0))?)
    });
    assert_eq!(count.await.unwrap(), 1);
    let write =
        |db: &Connection| Ok::<_, StoreError>(db.execute("INSERT INTO line VALUES ('two')", [])?);
    readers.read(write).await.unwrap_err();
    let panics = readers.clone();
    let panics = tokio::spawn(async move {
        panics
            .read(|_| -> Result<(), StoreError> { panic!("a bug") })
            .await
    });
    assert!(panics.await.unwrap_err().is_panic());
    assert_eq!(readers.free(), 2, "a panic costs no connection");
    assert_eq!(place.lines(), ["one"]);
}

/// A store that was closed has no index of its log, and opening it makes one: on a disk without any
/// room nothing could be read.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_closed_store_is_read_on_a_full_disk() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("not tried: only root may mount a small disk");
        return;
    };
    let path = disk.0.path().join("store.db");
    let prepare = |db: &mut Connection| Ok(db.execute_batch(TABLE)?);
    let writer = Writer::open(&path, Open::Create, WriterOptions::default(), prepare).unwrap();
    writer.run(insert("before")).await.unwrap();
    drop(writer);
    let index = path.with_extension("db-shm");
    for _ in 0..500 {
        if !index.exists() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert!(!index.exists(), "the store is closed");
    let ballast = disk.0.path().join("ballast");
    let mut file = fs::File::create(&ballast).unwrap();
    for piece in [1 << 16, 4096, 1] {
        while file.write_all(&vec![0; piece]).is_ok() {}
    }

    let writer = Writer::open(&path, Open::Existing, WriterOptions::default(), prepare).unwrap();
    let readers = writer.readers(2).unwrap();
    let lines = |db: &Connection| -> Result<i64, StoreError> {
        Ok(db.query_row("SELECT count(*) FROM line", [], |row| row.get(0))?)
    };
    assert_eq!(readers.read(lines).await.unwrap(), 1);
    let full = writer.run(insert("refused")).await.unwrap_err();
    assert!(matches!(full, StoreError::Full), "{full}");
    assert_eq!(readers.read(lines).await.unwrap(), 1);
    drop(file);
    fs::remove_file(ballast).unwrap();
    writer.run(insert("after")).await.unwrap();
    assert_eq!(readers.read(lines).await.unwrap(), 2);
}
