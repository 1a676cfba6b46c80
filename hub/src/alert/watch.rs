//! Looks at the hub every minute, and gives the operator's command what is new.

use std::collections::BTreeSet;

use weft_host::{clock, hook, output::sentence};
use weft_shared::time::Timestamp;

use super::{News, Seen, judge};
use crate::{
    app::{AppError, AppHandle},
    limits, store,
};

/// Notes that the hub starts. If it ended before without being stopped, notes that too.
pub(crate) async fn began(app: &AppHandle) {
    let now = clock::now();
    let noted = app.shared.store.write(move |conn| {
        if store::meta(conn, RUNNING)?.is_some() {
            let mut crashes = moments(store::meta(conn, CRASHES)?);
            crashes.push(now.ms());
            let old = crashes.len().saturating_sub(limits::ALERT_CRASHES);
            put(conn, CRASHES, &crashes[old..])?;
        }
        store::put_meta(conn, RUNNING, b"1")
    });
    tell(noted.await);
}

/// Notes that the hub was stopped.
pub(crate) async fn stopped(app: &AppHandle) {
    let noted = app.shared.store.write(|conn| {
        conn.execute("DELETE FROM meta WHERE key = ?", [RUNNING])?;
        Ok::<_, store::StoreError>(())
    });
    tell(noted.await);
}

/// Gives `command` what needs a person, until it is dropped.
pub(crate) async fn watch(app: AppHandle, command: String) {
    let mut behind_since = None;
    loop {
        if let Err(error) = look(&app, &command, clock::now(), &mut behind_since).await {
            tracing::error!(
                error = sentence(&error),
                "the hub could not look for alerts"
            );
        }
        tokio::time::sleep(limits::ALERT_LOOK_INTERVAL).await;
    }
}

/// Looks once, as if it were `now`. `behind_since` is the moment since which figures have been
/// behind at each look.
pub(crate) async fn look(
    app: &AppHandle,
    command: &str,
    now: Timestamp,
    behind_since: &mut Option<Timestamp>,
) -> Result<(), AppError> {
    let read = app.read(move |at| {
        let behind = at.behind()?;
        let seen = Seen {
            heard: at.heard(now)?,
            crashes: moments(store::meta(at.conn, CRASHES)?)
                .into_iter()
                .map(Timestamp::from_ms)
                .collect(),
            ..Seen::default()
        };
        let why = behind.why.is_some().then(|| behind.words());
        Ok((seen, why, told(store::meta(at.conn, TOLD)?)))
    });
    let (mut seen, why, told) = read.await?;
    *behind_since = why.is_some().then(|| behind_since.unwrap_or(now));
    seen.behind = behind_since.zip(why);
    seen.disk_percent = app.data_dir().used_percent()?;
    // A plan that cannot be read is on the status.
    seen.backup_days = app
        .backups()
        .plan()
        .ok()
        .and_then(|plan| plan.days_late(now));
    let news = News::of(judge(&seen, &told, now), &told);
    if news.told == told {
        return Ok(());
    }
    if let Some(letter) = news.letter(app.network()) {
        let command = command.to_owned();
        let sent = tokio::task::spawn_blocking(move || hook::run(&command, &letter));
        if let Err(error) = sent.await.expect("a command panics nowhere") {
            // It stays untold, so it is tried again at the next look.
            tracing::error!(
                error = sentence(&error),
                "an alert did not reach the operator"
            );
            return Ok(());
        }
    }
    let keys: Vec<String> = news.told.into_iter().collect();
    let kept = app.shared.store.write(move |conn| put(conn, TOLD, &keys));
    Ok(kept.await?)
}

fn put<T: serde::Serialize>(
    conn: &rusqlite::Connection,
    key: &str,
    list: &[T],
) -> Result<(), store::StoreError> {
    let text = serde_json::to_vec(list).expect("numbers and texts are JSON");
    store::put_meta(conn, key, &text)
}

/// Notes of another version are none.
fn moments(noted: Option<Vec<u8>>) -> Vec<i64> {
    let read = noted.and_then(|text| serde_json::from_slice(&text).ok());
    read.unwrap_or_default()
}

fn told(noted: Option<Vec<u8>>) -> BTreeSet<String> {
    let read = noted.and_then(|text| serde_json::from_slice(&text).ok());
    read.unwrap_or_default()
}

/// A hub whose disk is full goes on: only a note is lost.
fn tell(noted: Result<(), store::StoreError>) {
    if let Err(error) = noted {
        tracing::warn!(%error, "the hub's start or end is not noted");
    }
}

const RUNNING: &str = "running";
const CRASHES: &str = "crashes";
const TOLD: &str = "alerts-told";
