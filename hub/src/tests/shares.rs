//! A location's room is shared out: what one device fills, and what an admin takes back.

use weft_host::clock;
use weft_shared::{
    id::EntryHash,
    identity::{Operation, Role, SignedOperation},
    log::{
        gate::{Admission, VoidCode},
        room::Room,
    },
    model::schema::Container,
};

use super::wire::{Heard, Line, connect, connect_with, listening};
use crate::{
    app::AppHandle,
    directory::AppendError,
    kit::{self, Device},
    store::{StoreError, entries, rosters, shares},
};

fn names(device: &mut Device, text: &str) -> Admission {
    device.edit("profile", |editor| {
        editor.put_text(Container::Names, "en", text)
    })
}

async fn acknowledged(line: &mut Line, last: u64) {
    let reached = |heard: &Heard| match heard {
        Heard::Acknowledged(dseq) if *dseq == last => Some(()),
        _ => None,
    };
    line.until(reached).await;
}

/// As if a device's log held so many bytes.
async fn fill(app: &AppHandle, device: &Device, bytes: u64) {
    let (location, dix) = (device.location, device.dix);
    let filled = app.shared.store.write(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        let log = entries::log(conn, lix, dix)?;
        conn.execute(
            "UPDATE logs SET body_bytes = ? WHERE log = ?",
            rusqlite::params![bytes, log.0],
        )?;
        Ok::<_, StoreError>(())
    });
    filled.await.unwrap();
}

async fn room(app: &AppHandle, device: &Device) -> Room {
    let (location, dix) = (device.location, device.dix);
    let read = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        shares::room(conn, lix, dix, Role::Member)
    });
    read.await
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
}

async fn voids(app: &AppHandle, device: &Device) -> Vec<(u64, VoidCode)> {
    let (location, dix) = (device.location, device.dix);
    let read = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        entries::voids(conn, lix, dix, 0)
    });
    read.await
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_has_filled_its_share_leaves_room_for_the_others() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut full = admin.second(&app).await;
    let mut late = admin.second(&app).await;
    fill(&app, &full, 60 << 20).await;
    let log = [names(&mut full, "one too many")];
    acknowledged(&mut connect(&app, &address, &full, &log, 1), 1).await;
    assert_eq!(voids(&app, &full).await, [(1, VoidCode::Room)]);

    let log = [names(&mut late, "a colleague's")];
    acknowledged(&mut connect(&app, &address, &late, &log, 1), 1).await;
    assert_eq!(voids(&app, &late).await, []);
    // Members together may not fill the last quarter, and an admin may.
    fill(&app, &admin, 122 << 20).await;
    let log = [log, [names(&mut late, "beyond three quarters")]].concat();
    acknowledged(&mut connect(&app, &address, &late, &log, 1), 2).await;
    assert_eq!(voids(&app, &late).await, [(2, VoidCode::Room)]);
    let log = [names(&mut admin, "the admin's")];
    acknowledged(&mut connect(&app, &address, &admin, &log, 1), 1).await;
    assert_eq!(voids(&app, &admin).await, []);
}

#[tokio::test]
async fn what_others_stored_meanwhile_counts_when_an_entry_is_stored() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let location = member.location;
    let takes = |admission: Admission, dix| {
        let read = app.shared.store.read(move |conn| {
            let lix = rosters::lix(conn, &location)?.unwrap();
            shares::takes(conn, (lix, dix, Role::Member), &admission)
        });
        async move {
            read.await
                .unwrap_or_else(|error: StoreError| panic!("{error}"))
        }
    };
    // Judged while there was room.
    let judged = names(&mut member, "judged");
    assert!(takes(judged.clone(), member.dix).await);
    fill(&app, &admin, 180 << 20).await;
    assert!(!takes(judged, member.dix).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_had_room_is_refused_what_no_longer_fits_when_it_is_stored() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let log = [names(&mut member, "one"), names(&mut member, "two")];
    let mut line = connect_with(&app, &address, &member, (&log, 1), 1);
    acknowledged(&mut line, 1).await;
    // The session has looked at the room, and goes on by that.
    fill(&app, &admin, 180 << 20).await;
    line.saved(&member, &log[1]).await;
    acknowledged(&mut line, 2).await;
    assert_eq!(voids(&app, &member).await, [(2, VoidCode::Room)]);
}

/// An operation on the location's roster, signed by the admin.
async fn operate(
    app: &AppHandle,
    admin: &mut Device,
    operation: Operation,
) -> Result<(), AppendError> {
    let now = clock::now();
    let slot = admin.roster.slot(now);
    let signed = SignedOperation::sign_device(slot, operation, admin.dix, &admin.key);
    let directory = &app.shared.directory;
    let known = directory.append(admin.location, vec![signed.clone()], now);
    app.shared.roster_changed(&known.await?);
    admin.roster.apply(&signed).unwrap();
    Ok(())
}

/// A hub where a member has written three entries and was revoked; and the operation that drops
/// the last two.
async fn revoked(app: &AppHandle) -> (Device, Device, Operation) {
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
    // Made offline on what is dropped meanwhile.
    admin.learn("profile", &member);
    let orphan = names(&mut admin, "built on it");
    let before = room(&app, &member).await.own.bytes;
    operate(&app, &mut admin, drop).await.unwrap();
    let after = room(&app, &member).await.own;
    assert!(after.bytes < before / 2, "{} of {before}", after.bytes);
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
