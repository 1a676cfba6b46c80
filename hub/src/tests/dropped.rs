//! The end of a revoked device's log is dropped: its space is free, and nothing derived contains
//! what it said, as if everything had been derived again.

use std::path::Path;

use weft_host::clock;
use weft_shared::{
    id::EntryHash,
    identity::{Operation, SignedOperation},
    log::gate::VoidCode,
    model::{
        Audience,
        insight::WORDS_SALT_BYTES,
        record::{FieldValue, Fields},
        schema::RecordKind,
    },
};
use weft_store::Open;

use super::{
    figures::{adopt, definition, observe, statement},
    records::{id, put_words},
    shares::{acknowledged, names, room, voids},
    wire::{connect, listening},
};
use crate::{
    app::AppHandle,
    directory::AppendError,
    kit::{self, Device},
    store::{LocationRow, Store, StoreError, dropped, logs, rosters},
};

/// Appends an operation to the location's roster, signed by the admin.
pub(super) async fn operate(
    app: &AppHandle,
    admin: &mut Device,
    operation: Operation,
) -> Result<(), AppendError> {
    let now = clock::now();
    let slot = admin.roster.slot(now);
    let signed = SignedOperation::sign_device(slot, operation, admin.dix, &admin.key);
    kit::operate(app, admin.location, vec![signed.clone()], now).await?;
    admin.roster.apply(&signed).unwrap();
    Ok(())
}

/// Makes a hub where a member has written three entries and was revoked. Also returns the operation
/// that drops the last two.
pub(super) async fn revoked(app: &AppHandle) -> (Device, Device, Operation) {
    let code = kit::add_location(app, "FN", &[]).await;
    let mut admin = Device::found(app, &code).await;
    let mut member = admin.second(app).await;
    for text in ["one", "two", "three"] {
        let admission = names(&mut member, text);
        member.push(app, admission).await;
    }
    let (dix, height) = (member.dix, member.height());
    let (dseq, hash): (u64, EntryHash) = (height.dseq, height.hash);
    operate(app, &mut admin, Operation::RevokeDevice { dix, dseq, hash })
        .await
        .unwrap();
    let drop = Operation::Void {
        dix,
        first: 2,
        last: dseq,
        hash,
    };
    (admin, member, drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_revoked_log_is_dropped_with_all_that_it_filled() {
    let (_dir, app, address) = listening().await;
    let (mut admin, member, drop) = revoked(&app).await;
    // Made offline, on top of entries that are dropped meanwhile.
    admin.learn("profile", &member);
    let orphan = names(&mut admin, "built on it");
    let before = room(&app, &member).await.own.bytes;
    assert_eq!(before, on_disk(&app, &member).await);
    let bodies = bodies_above(&app, &member, 1).await;
    operate(&app, &mut admin, drop).await.unwrap();
    let after = room(&app, &member).await.own;
    assert_eq!(before - after.bytes, bodies, "the headers stay");
    assert_eq!(after.bytes, on_disk(&app, &member).await);
    assert_eq!(after.documents, 1, "its first entry stays");
    let dropped = VoidCode::Dropped;
    assert_eq!(voids(&app, &member).await, [(2, dropped), (3, dropped)]);
    app.rebuild().await.unwrap();
    let dump = format!("{:?}", app.dump().await.unwrap());
    assert!(dump.contains("one") && !dump.contains("three"), "{dump}");
    assert_eq!(
        app.doctor()
            .await
            .unwrap()
            .iter()
            .filter(|one| !one.ok)
            .count(),
        0
    );

    let admin_log = [orphan];
    acknowledged(&mut connect(&app, &address, &admin, &admin_log, 1), 1).await;
    assert_eq!(voids(&app, &admin).await, [(1, VoidCode::Orphan)]);
}

#[tokio::test]
async fn what_others_have_built_on_is_not_dropped() {
    let (_dir, app) = kit::hub().await;
    let (mut admin, member, drop) = revoked(&app).await;
    admin.learn("profile", &member);
    let built = names(&mut admin, "built on it");
    admin.push(&app, built).await;
    let refused = operate(&app, &mut admin, drop).await;
    let Err(AppendError::BuiltOn { names }) = refused else {
        panic!("{refused:?}");
    };
    assert!(!names.is_empty());
    assert_eq!(voids(&app, &member).await, [], "nothing was done");
}

#[tokio::test]
async fn a_document_that_a_dropped_log_began_counts_for_another_that_wrote_in_it() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let begun = names(&mut member, "begun");
    member.push(&app, begun).await;
    let beside = names(&mut admin, "beside it");
    admin.push(&app, beside).await;
    let documents = async |device: &Device| room(&app, device).await.own.documents;
    assert_eq!((documents(&member).await, documents(&admin).await), (1, 0));
    revoke(&app, &mut admin, &member).await;
    let all = drop_above(&member, 0);
    operate(&app, &mut admin, all).await.unwrap();
    assert_eq!((documents(&member).await, documents(&admin).await), (0, 1));
}

/// Returns the size in bytes of a device's log on disk.
async fn on_disk(app: &AppHandle, device: &Device) -> u64 {
    let (location, dix) = (device.location, device.dix);
    let read = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        let log = logs::find(conn, lix, dix)?.unwrap();
        let sum = "SELECT (SELECT sum(length(header) + length(bodies)) FROM entries WHERE log = ?1)
                   + coalesce((SELECT sum(length(bytes)) FROM blobs WHERE log = ?1), 0)";
        Ok::<_, StoreError>(conn.query_row(sum, [log.0], |row| row.get(0))?)
    });
    read.await.unwrap()
}

/// Returns the size in bytes of the bodies of a log above `kept`.
async fn bodies_above(app: &AppHandle, device: &Device, kept: u64) -> u64 {
    let (location, dix) = (device.location, device.dix);
    let read = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        let log = logs::find(conn, lix, dix)?.unwrap();
        let sum = "SELECT sum(length(bodies)) FROM entries WHERE log = ? AND dseq > ?";
        let place = rusqlite::params![log.0, kept];
        Ok::<_, StoreError>(conn.query_row(sum, place, |row| row.get(0))?)
    });
    read.await.unwrap()
}

/// Returns the admin's operation that drops everything above `kept` of a device's log.
pub(super) fn drop_above(device: &Device, kept: u64) -> Operation {
    let height = device.height();
    Operation::Void {
        dix: device.dix,
        first: kept + 1,
        last: height.dseq,
        hash: height.hash,
    }
}

pub(super) async fn revoke(app: &AppHandle, admin: &mut Device, device: &Device) {
    let height = device.height();
    let revocation = Operation::RevokeDevice {
        dix: device.dix,
        dseq: height.dseq,
        hash: height.hash,
    };
    operate(app, admin, revocation).await.unwrap();
}

pub(super) fn titled(title: &str) -> Fields {
    let name = FieldValue::Text(title.to_owned());
    Fields::from([("name".to_owned(), name)])
}

/// Returns the contents of the store's files.
pub(super) fn files(dir: &Path) -> Vec<u8> {
    let log = std::fs::read(dir.join("hub/hub.db-wal")).unwrap_or_default();
    [std::fs::read(dir.join("hub/hub.db")).unwrap(), log].concat()
}

pub(super) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_dropped_end_leave_the_files() {
    let (dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let kept = names(&mut member, "kept");
    member.push(&app, kept).await;
    let (told, title) = (
        "Example: told at the market",
        "Example: what no one wants to do",
    );
    let words = put_words(&app, &member, 2, told).await;
    let entry = member.edit("insights/2026", |editor| {
        let fields = words.fields();
        editor.put_record(RecordKind::Insight, &id(1), Audience::Network, &fields)
    });
    member.push(&app, entry).await;
    let entry = member.edit("plan", |editor| {
        let fields = titled(title);
        editor.put_record(RecordKind::Outcome, &id(2), Audience::Network, &fields)
    });
    member.push(&app, entry).await;
    let heard = app.insights(None).await.unwrap().unshown();
    assert_eq!(heard[0].words.as_deref(), Some(told));
    assert_eq!(app.plan(None).await.unwrap().unshown().len(), 1);
    let before = files(dir.path());
    assert!(holds(&before, told) && holds(&before, title));
    let full = room(&app, &member).await.own.bytes;
    assert_eq!(full, on_disk(&app, &member).await);
    let bodies = bodies_above(&app, &member, 1).await;

    revoke(&app, &mut admin, &member).await;
    let end = drop_above(&member, 1);
    operate(&app, &mut admin, end).await.unwrap();
    assert!(!holds(&files(dir.path()), told), "its words");
    let after = room(&app, &member).await.own.bytes;
    assert_eq!(after, on_disk(&app, &member).await);
    let words_bytes = (WORDS_SALT_BYTES + told.len()) as u64;
    assert_eq!(full - after, bodies + words_bytes, "headers go on counting");
    let location = member.location;
    let left = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        let left = "SELECT count(*) FROM logs JOIN blobs USING (log)
                    WHERE lix = ? AND bytes IS NOT NULL";
        Ok::<u64, StoreError>(conn.query_row(left, [lix.0], |row| row.get(0))?)
    });
    assert_eq!(left.await.unwrap(), 0);
    assert!(app.insights(None).await.unwrap().unshown().is_empty());
    assert!(app.plan(None).await.unwrap().unshown().is_empty());
    assert!(!holds(&files(dir.path()), title), "what was made of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_took_headers_for_freed_counts_them_again() {
    let (dir, app) = kit::hub().await;
    let (mut admin, member, drop_end) = revoked(&app).await;
    operate(&app, &mut admin, drop_end).await.unwrap();
    let counted = on_disk(&app, &member).await;
    drop(app);
    let store = rusqlite::Connection::open(dir.path().join("hub/hub.db")).unwrap();
    let earlier = "UPDATE logs SET body_bytes = body_bytes - 99 WHERE body_bytes > 99;
                   ALTER TABLE logs DROP COLUMN offered;
                   ALTER TABLE logs DROP COLUMN acknowledged;
                   ALTER TABLE logs DROP COLUMN derived;
                   DROP INDEX blobs_hash;
                   DROP TABLE reads;
                   DROP TABLE desk;
                   DROP INDEX ledger_at;
                   DROP INDEX ledger_resets;
                   ALTER TABLE codes DROP COLUMN reads;
                   DROP TABLE addresses;
                   DROP TABLE sessions;
                   DROP TABLE password_locks;
                   DROP TABLE credentials;
                   DROP TABLE links;
                   DROP TABLE people;
                   DROP TABLE release_proofs;
                   DROP TABLE shown_cells;
                   DROP TABLE rounded;
                   DROP TABLE releases;
                   ALTER TABLE ledger DROP COLUMN purpose;
                   ALTER TABLE ledger DROP COLUMN chain;
                   ALTER TABLE tokens DROP COLUMN person;
                   ALTER TABLE tokens DROP COLUMN scope;
                   ALTER TABLE tokens DROP COLUMN purpose;
                   ALTER TABLE tokens DROP COLUMN expires_ms;
                   ALTER TABLE tokens DROP COLUMN used_ms;
                   ALTER TABLE tokens ADD COLUMN role TEXT NOT NULL DEFAULT 'national';
                   PRAGMA user_version = 4;";
    store.execute_batch(earlier).unwrap();
    drop(store);
    let app = kit::reopen(dir.path()).await;
    assert_eq!(room(&app, &member).await.own.bytes, counted);
}

/// Returns all derived state that a dump does not show.
async fn tables(app: &AppHandle) -> Vec<String> {
    let read = app.shared.store.read(|conn| {
        let mut rows = Vec::new();
        for query in [
            "SELECT indicator || period || breakdown || places.lix || area || hex(doc) || n
             || hex(definition) || status || coalesce(numerator, '') || coalesce(at_s, '')
             || entry || coalesce(method, '') FROM facts JOIN series USING (series)
             JOIN places USING (place) JOIN year_documents USING (document)
             JOIN forms USING (form)",
            "SELECT indicator || breakdown || facts FROM series WHERE facts > 0",
            "SELECT lix || kind || id || hex(doc) || record FROM records",
            "SELECT lix || hex(doc) || hub_seq || state || reason FROM quarantine",
            "SELECT lix || hex(doc) || container || key FROM unread",
            "SELECT 'again ' || ask FROM again",
        ] {
            let mut query = conn.prepare(query)?;
            let found = query.query_map([], |row| row.get(0))?;
            rows.extend(found.collect::<Result<Vec<String>, _>>()?);
        }
        rows.sort();
        Ok::<_, StoreError>(rows)
    });
    read.await.unwrap()
}

/// Adds rows that nothing writes to those of a location; a whole rebuild removes them.
async fn mark(app: &AppHandle, device: &Device) {
    let location = device.location;
    let marked = app.shared.store.write(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        conn.execute(
            "INSERT INTO snapshots VALUES (?, x'00', x'00', NULL)",
            [lix.0],
        )?;
        Ok::<_, StoreError>(())
    });
    marked.await.unwrap();
}

async fn marks(app: &AppHandle) -> u64 {
    let read = app.shared.store.read(|conn| {
        let count = "SELECT count(*) FROM snapshots WHERE doc = x'00'";
        Ok::<_, StoreError>(conn.query_row(count, [], |row| row.get(0))?)
    });
    read.await.unwrap()
}

/// Returns all derived state as text.
async fn derived(app: &AppHandle) -> String {
    let dump = app.dump().await.unwrap();
    let network = app.network_context().await.unwrap();
    format!("{dump:#?}\n{:#?}\n{network:#?}", tables(app).await)
}

/// Makes two locations with figures. A member of the first wrote a name, and then entries to be
/// dropped: in documents of its admin, and in one of its own.
async fn two_locations(app: &AppHandle, adopts: bool) -> (Device, Device, Device) {
    let hash = definition(app).await;
    let code = kit::add_location(app, "OV", &["OVER_THERE"]).await;
    let mut other = Device::found(app, &code).await;
    let entry = other.edit("profile", adopt(hash));
    other.push(app, entry).await;
    let seven = observe("OVER_THERE", "2023-05", statement(hash, 7));
    let entry = other.edit("observations/2023", seven);
    other.push(app, entry).await;

    let code = kit::add_location(app, "FN", &["FAR_NORTH"]).await;
    let mut admin = Device::found(app, &code).await;
    let mut member = admin.second(app).await;
    if adopts {
        let entry = admin.edit("profile", adopt(hash));
        admin.push(app, entry).await;
    }
    let ten = observe("FAR_NORTH", "2023-05", statement(hash, 10));
    let entry = admin.edit("observations/2023", ten);
    admin.push(app, entry).await;
    let kept = member.edit("plan", |editor| {
        let fields = titled("Example: kept");
        editor.put_record(RecordKind::Outcome, &id(1), Audience::Network, &fields)
    });
    member.push(app, kept).await;
    for (document, period, numerator) in [
        ("observations/2023", "2023-05", 20),
        ("observations/2023", "2023-06", 5),
        ("observations/2022", "2022-05", 9),
    ] {
        let stated = observe("FAR_NORTH", period, statement(hash, numerator));
        let entry = member.edit(document, stated);
        member.push(app, entry).await;
    }
    let entry = member.edit("profile", adopt(hash));
    member.push(app, entry).await;
    let entry = member.edit("plan", |editor| {
        let fields = titled("Example: dropped");
        editor.put_record(RecordKind::Outcome, &id(2), Audience::Network, &fields)
    });
    member.push(app, entry).await;
    (admin, member, other)
}

/// Fakes entries that the documents of a location cannot read or take in.
async fn set_aside(app: &AppHandle, device: &Device) {
    let location = device.location;
    let put = app.shared.store.write(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        conn.execute(
            "INSERT INTO unread SELECT lix, doc, 'names', 'of a newer version' FROM documents
             WHERE lix = ?",
            [lix.0],
        )?;
        conn.execute(
            "INSERT INTO quarantine SELECT lix, doc, hub_seq, 'held', 'it waits' FROM tails
             WHERE lix = ?",
            [lix.0],
        )?;
        Ok::<_, StoreError>(())
    });
    put.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_documents_that_were_dropped_from_are_made_again() {
    let (_dir, app) = kit::hub().await;
    let (mut admin, member, other) = two_locations(&app, true).await;
    let before = derived(&app).await;
    set_aside(&app, &admin).await;
    mark(&app, &other).await;
    revoke(&app, &mut admin, &member).await;
    let end = drop_above(&member, 1);
    operate(&app, &mut admin, end).await.unwrap();
    let after = derived(&app).await;
    assert_ne!(after, before);
    assert!(after.contains("kept") && !after.contains("Example: dropped"));
    assert_eq!(marks(&app).await, 1, "the other location is as it was");
    app.rebuild().await.unwrap();
    assert_eq!(marks(&app).await, 0);
    assert_eq!(derived(&app).await, after, "as if all had been made again");
}

/// Drops the end of a log while nothing is being derived.
fn drop_unseen(dir: &Path, device: &Device, kept: u64) {
    let store = Store::open(&dir.join("hub/hub.db"), Open::Existing).unwrap();
    let (location, dix) = (device.location, device.dix);
    let dropped = store.writer().run_blocking(move |conn| {
        let lix: LocationRow = rosters::lix(conn, &location)?.unwrap();
        dropped::drop_end(conn, lix, dix, kept + 1)
    });
    let dropped: Result<_, StoreError> = dropped;
    assert!(dropped.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_dropped_before_a_start_is_out_after_it() {
    // With an adoption by the admin too, and by the member alone; with a profile that stays, and
    // one that only the member wrote.
    for (adopts, kept) in [(true, 1), (false, 1), (false, 0)] {
        let (dir, app) = kit::hub().await;
        let (_admin, member, other) = two_locations(&app, adopts).await;
        let before = derived(&app).await;
        mark(&app, &other).await;
        drop(app);
        let path = dir.path().to_owned();
        let unseen = tokio::task::spawn_blocking(move || drop_unseen(&path, &member, kept));
        unseen.await.unwrap();
        let app = kit::reopen(dir.path()).await;
        let after = derived(&app).await;
        assert_ne!(after, before);
        assert_eq!(marks(&app).await, 1);
        app.rebuild().await.unwrap();
        assert_eq!(derived(&app).await, after);
    }
}
