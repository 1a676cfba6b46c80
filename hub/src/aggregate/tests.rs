//! Entries that end the process while it folds them, tested with real processes.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::sync_channel,
    },
    thread,
    time::Duration,
};

use tokio::sync::watch;
use weft_shared::{document::Witness, model::schema::Container, rollup::Network};

use super::{Aggregate, Bell, Message, Progress, seen::Seen};
use crate::{
    app::AppHandle,
    kit::{self, Device},
    store::derived,
};

/// Tells a child process the directory of its hub.
const CHILD_HUB: &str = "WEFT_TEST_HUB";
/// Tells a child process at which entry to abort.
const CHILD_ENDS_AT: &str = "WEFT_TEST_ENDS_AT";

/// A witness that ends the process at the entries that a test names.
pub(super) struct Ending<W>(pub(super) W, pub(super) Vec<u64>);

impl<W: Witness> Witness for Ending<W> {
    fn is_careful(&self) -> bool {
        self.0.is_careful()
    }

    fn note(&mut self, places: &[usize]) {
        self.0.note(places);
        let at = std::env::var(CHILD_ENDS_AT).ok();
        let at: Option<u64> = at.and_then(|at| at.parse().ok());
        if at.is_some_and(|at| places.iter().any(|place| self.1[*place] == at)) {
            std::process::abort();
        }
        if std::env::var_os(CHILD_HUB).is_some() {
            // Slow enough to be killed halfway.
            thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Opens a hub and folds the backlog.
#[tokio::test]
async fn child() {
    let Some(dir) = std::env::var_os(CHILD_HUB) else {
        return;
    };
    let app = kit::reopen(Path::new(&dir)).await;
    app.dump().await.unwrap();
}

fn start(dir: &Path, ends_at: Option<u64>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["aggregate::tests::child", "--exact"])
        .env(CHILD_HUB, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(ends_at) = ends_at {
        command.env(CHILD_ENDS_AT, ends_at.to_string());
    }
    command.spawn().unwrap()
}

pub(super) fn folds(dir: &Path, ends_at: Option<u64>) -> bool {
    start(dir, ends_at).wait().unwrap().success()
}

/// Makes a hub with a location whose device wrote names, and folds nothing. Returns the number of
/// the first of these entries.
async fn unfolded(names: u64) -> (tempfile::TempDir, u64) {
    let (dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let mut device = Device::found(&app, &code).await;
    let first = app.status().await.unwrap().entries + 1;
    for name in 1..=names {
        let admission = device.edit("profile", |editor| {
            editor.put_text(Container::Names, "en", &format!("Example {name}"))
        });
        device.push(&app, admission).await;
    }
    app.shared
        .store
        .write(|conn| derived::clear(conn))
        .await
        .unwrap();
    drop(app);
    // This process's aggregation may have been halfway through when it was cleared.
    let _gone = std::fs::remove_file(dir.path().join("hub/hub.intake"));
    (dir, first)
}

pub(super) async fn quarantined(dir: &Path) -> (u64, Vec<String>, u64) {
    let app: AppHandle = kit::reopen(dir).await;
    app.dump().await.unwrap();
    let status = app.status().await.unwrap();
    let waiting = status.entries - status.derived_through;
    (status.quarantined, status.set_aside, waiting)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_ends_the_process_is_set_aside_and_named() {
    let (dir, first) = unfolded(9).await;
    let bad = first + 8;
    // It fails once among others and three times alone; then the rest goes on without it.
    for _ in 0..4 {
        assert!(!folds(dir.path(), Some(bad)));
    }
    assert!(folds(dir.path(), Some(bad)));
    let (count, named, waiting) = quarantined(dir.path()).await;
    assert_eq!((count, waiting), (1, 0));
    assert!(
        named[0].starts_with(&format!("entry {bad} (profile)")),
        "{named:?}"
    );
    // State derived again because of another version leaves it out too.
    let store = rusqlite::Connection::open(dir.path().join("hub/hub.db")).unwrap();
    let other = "UPDATE meta SET value = x'30' WHERE key = 'derived_version'";
    assert_eq!(store.execute(other, []).unwrap(), 1);
    drop(store);
    assert!(folds(dir.path(), Some(bad)));
    assert_eq!(quarantined(dir.path()).await, (1, named, 0));
    // A rebuild tries it again.
    let app = kit::reopen(dir.path()).await;
    app.rebuild().await.unwrap();
    assert_eq!(app.status().await.unwrap().quarantined, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigkill_while_folding_sets_nothing_aside() {
    let (dir, _) = unfolded(30).await;
    for kill in 0..20 {
        let mut child = start(dir.path(), None);
        thread::sleep(Duration::from_millis(20 + 17 * kill));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (count, named, waiting) = quarantined(dir.path()).await;
    assert_eq!((count, named.len(), waiting), (0, 0, 0));
}

/// While everything is made again fewer entries are counted, and readers of the state before fail.
#[tokio::test]
async fn readers_have_everything_made_again_once_for_a_number_of_entries() {
    let progress = |hub_seq| Progress {
        hub_seq,
        answered: 0,
        failed: None,
        is_rebuilding: false,
        network: Seen::new(Network::default()),
    };
    let (told, seen) = watch::channel(progress(0));
    let (messages, inbox) = sync_channel(8);
    let made = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&made);
    thread::spawn(move || {
        for message in inbox {
            if let Message::Rebuild(answer) = message {
                counted.fetch_add(1, Ordering::Relaxed);
                answer.send(Ok(())).unwrap();
            }
        }
    });
    let aggregate = Aggregate {
        bell: Bell(messages),
        progress: seen,
        waiting: Arc::default(),
        thread: None,
        mended: AtomicU64::new(0),
        worker: None,
    };
    for (hub_seq, times) in [(5, 1), (5, 1), (0, 1), (2, 1), (5, 1), (6, 2), (6, 2)] {
        told.send_replace(progress(hub_seq));
        aggregate.mend().await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), times, "at {hub_seq}");
    }
}
