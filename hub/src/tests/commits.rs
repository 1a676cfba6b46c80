//! Memory and waiters follow the disk: a commit that fails changes nothing and wakes no one.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use weft_host::clock;
use weft_shared::{
    id::LocationId,
    identity::{DeviceKey, Operation, Role, SignedOperation},
    time::Zone,
};

use crate::{
    app::{AppHandle, Confirmation},
    kit::{self, Device},
    registry::{Mailbox, Pending},
    store::StoreError,
};

/// The news of a session so far, without waiting for any.
fn news(mailbox: &Mailbox) -> Option<Pending> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(mailbox.take()).poll(&mut context) {
        Poll::Ready(pending) => pending,
        Poll::Pending => None,
    }
}

async fn commits_fail(app: &AppHandle, fail: bool) {
    let set = app.shared.store.write(kit::commits_fail(fail)).await;
    assert_eq!(set.is_err(), fail);
}

async fn note_sync(app: &AppHandle, location: LocationId) -> Result<(), StoreError> {
    let synced = Arc::clone(&app.shared.synced);
    let note = app.shared.store.write(move |tx| {
        synced.note(tx, location, clock::now());
        Ok(())
    });
    note.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_tells_nobody_and_changes_no_memory() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["NORTH"]).await;
    let device = Device::unconfirmed(&app, &code).await;
    let seat = app.shared.sessions.sit(device.location, device.key.id(), 3);
    let seed = DeviceKey::from_seed([9; 32]);
    let invite = Operation::Invite {
        key: weft_shared::id::InviteKey::new(*seed.id().as_bytes()),
        role: Role::Member,
        expires: clock::now().plus_ms(60_000),
    };
    let slot = device.roster.slot(clock::now());
    let invite = SignedOperation::sign_device(slot, invite, device.dix, &device.key);
    let positions = async || {
        let known = app.shared.directory.roster(device.location).await;
        known.unwrap().unwrap().roster.len()
    };
    let before = positions().await;
    let zone = Zone::parse("Pacific/Auckland").unwrap();

    commits_fail(&app, true).await;
    let shared = &app.shared;
    let appended = kit::operate(&app, device.location, vec![invite.clone()], clock::now());
    appended.await.unwrap_err();
    app.block_device(device.key.id()).await.unwrap_err();
    app.confirm_location(&code).await.unwrap_err();
    app.set_time_zone(&zone).await.unwrap_err();
    note_sync(&app, device.location).await.unwrap_err();
    assert!(shared.synced.last(&device.location).is_none());
    assert!(news(&seat.mailbox).is_none());
    assert_eq!(positions().await, before);
    assert_eq!(app.time_zone().await, None, "memory is where the disk is");
    let confirmed = app.confirmation(&code).await.unwrap();
    assert!(matches!(confirmed, Confirmation::Waiting { .. }));

    commits_fail(&app, false).await;
    assert_eq!(app.time_zone().await, None);
    note_sync(&app, device.location).await.unwrap();
    assert!(shared.synced.last(&device.location).is_some());
    app.confirm_location(&code).await.unwrap();
    let appended = kit::operate(&app, device.location, vec![invite], clock::now());
    appended.await.unwrap();
    let heard = news(&seat.mailbox).unwrap();
    assert!(heard.rosters.contains_key(&device.location));
    assert!(
        heard
            .heights
            .contains_key(&(shared.identity.zero, weft_shared::id::DeviceIndex(1)))
    );
    assert_eq!(positions().await, before + 1);
    app.block_device(device.key.id()).await.unwrap();
    assert!(news(&seat.mailbox).unwrap().blocked);
}
