//! The space of a location is shared: what one device may fill, and what an admin reclaims.

use std::sync::Arc;

use weft_host::clock;
use weft_shared::{
    id::BlobHash,
    identity::Role,
    log::{
        gate::{Admission, VoidCode},
        room::Room,
    },
    model::schema::Container,
    sync::{Event, Persisted, Ticket},
    wire::limits::DOCUMENT_RAW_BYTES_MAX,
};
use weft_store::host::{self, HostReply, Wish};

use super::wire::{Heard, Line, connect, connect_with, listening};
use crate::{
    app::AppHandle,
    kit::{self, Device},
    peer::HubHost,
    store::{StoreError, logs, rosters, shares},
};

pub(super) fn names(device: &mut Device, text: &str) -> Admission {
    device.edit("profile", |editor| {
        editor.put_text(Container::Names, "en", text)
    })
}

pub(super) async fn acknowledged(line: &mut Line, last: u64) {
    let reached = |heard: &Heard| match heard {
        Heard::Acknowledged(dseq) if *dseq == last => Some(()),
        _ => None,
    };
    line.until(reached).await;
}

/// Pretends that a device's log holds this many bytes.
async fn fill(app: &AppHandle, device: &Device, bytes: u64) {
    let (location, dix) = (device.location, device.dix);
    let filled = app.shared.store.write(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        let log = logs::log(conn, lix, dix)?;
        conn.execute(
            "UPDATE logs SET body_bytes = ? WHERE log = ?",
            rusqlite::params![bytes, log.0],
        )?;
        Ok::<_, StoreError>(())
    });
    filled.await.unwrap();
}

pub(super) async fn room(app: &AppHandle, device: &Device) -> Room {
    let (location, dix) = (device.location, device.dix);
    let read = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        shares::room(conn, lix, dix, Role::Member)
    });
    read.await
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
}

pub(super) async fn voids(app: &AppHandle, device: &Device) -> Vec<(u64, VoidCode)> {
    let (location, dix) = (device.location, device.dix);
    let read = app.shared.store.read(move |conn| {
        let lix = rosters::lix(conn, &location)?.unwrap();
        weft_store::undone::voids(conn, lix, dix, 0)
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
    // Members together may not fill the last quarter; an admin may.
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
    // It fits while there is room.
    let judged = names(&mut member, "judged");
    assert!(takes(judged.clone(), member.dix).await);
    fill(&app, &admin, 180 << 20).await;
    assert!(!takes(judged, member.dix).await);
}

#[tokio::test]
async fn what_is_void_needs_room_for_its_header() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let location = member.location;
    let mut judged = names(&mut member, "judged");
    judged.entries[0].void = Some(VoidCode::Room);
    for (mib, fits) in [(180, true), (192, false)] {
        fill(&app, &admin, mib << 20).await;
        let (judged, dix) = (judged.clone(), member.dix);
        let read = app.shared.store.read(move |conn| {
            let lix = rosters::lix(conn, &location)?.unwrap();
            shares::takes(conn, (lix, dix, Role::Member), &judged)
        });
        let takes: Result<bool, StoreError> = read.await;
        assert_eq!(takes.unwrap(), fits, "{mib} MiB are used");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_no_longer_fit_are_not_stored() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut admin = Device::found(&app, &code).await;
    let member = admin.second(&app).await;
    // The session has judged them while there was room.
    let bytes = b"what a family said".to_vec();
    let words = Event::PersistBlob {
        ticket: Ticket(0),
        location: member.location,
        dix: member.dix,
        dseq: 1,
        hash: BlobHash::of(&bytes),
        bytes,
    };
    for (mib, fits) in [(180, false), (0, true), (180, true)] {
        fill(&app, &admin, mib << 20).await;
        let link = HubHost::new(Arc::clone(&app.shared), member.key.id());
        let Wish::Write(write) = host::sort(words.clone(), &link) else {
            panic!("words are written");
        };
        let answer = write.commit(app.writer(), link, clock::now()).await;
        let stored = matches!(answer, HostReply::Persisted(_, Persisted::Stored));
        assert_eq!(stored, fits, "{mib} MiB are used");
    }
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
    // The session has read the free space once, and relies on that.
    fill(&app, &admin, 180 << 20).await;
    line.saved(&member, &log[1]).await;
    acknowledged(&mut line, 2).await;
    assert_eq!(voids(&app, &member).await, [(2, VoidCode::Room)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_knew_a_document_with_room_is_refused_once_others_filled_it() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut admin = Device::found(&app, &code).await;
    let mut member = admin.second(&app).await;
    let log = [names(&mut member, "one"), names(&mut member, "two")];
    let mut line = connect_with(&app, &address, &member, (&log, 1), 1);
    acknowledged(&mut line, 1).await;
    // The session has read the documents' sizes once, and relies on them.
    let full = app.shared.store.write(|conn| {
        let sql = "UPDATE documents SET raw_bytes = ? WHERE name = 'profile'";
        let rows = conn.execute(sql, [DOCUMENT_RAW_BYTES_MAX])?;
        assert_eq!(rows, 1);
        Ok::<_, StoreError>(())
    });
    full.await.unwrap();
    line.saved(&member, &log[1]).await;
    acknowledged(&mut line, 2).await;
    assert_eq!(voids(&app, &member).await, [(2, VoidCode::Full)]);
}

#[tokio::test]
async fn doctor_names_the_documents_that_are_half_full() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut device = Device::found(&app, &code).await;
    let entry = names(&mut device, "a name");
    device.push(&app, entry).await;
    let location = device.location;
    let said = async |bytes: u64| {
        let grown = app.shared.store.write(move |conn| {
            let lix = rosters::lix(conn, &location)?.unwrap();
            let rows = conn.execute(
                "UPDATE documents SET raw_bytes = ? WHERE lix = ?",
                rusqlite::params![bytes, lix.0],
            )?;
            assert_eq!(rows, 1);
            Ok::<_, StoreError>(())
        });
        grown.await.unwrap();
        let findings = app.doctor().await.unwrap();
        let sizes = findings.into_iter().find(|one| one.check == "sizes");
        let sizes = sizes.unwrap();
        assert!(sizes.ok, "nothing is wrong yet");
        sizes.finding
    };
    assert_eq!(
        said(DOCUMENT_RAW_BYTES_MAX / 2 - 1).await,
        "every document is less than half full"
    );
    assert_eq!(
        said(DOCUMENT_RAW_BYTES_MAX / 2).await,
        "FN profile 50% full: once it is full, it can only be read"
    );
}
