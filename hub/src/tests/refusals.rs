//! Refusals over real QUIC that an honest device can live with, and a busy one cannot outrun.

use weft_shared::{
    id::{DeviceIndex, InviteKey},
    identity::{Operation, Role},
    log::gate::{Admission, Height},
    sync::CloseReason,
    time::DAY_MS,
    wire::NackCode,
};

use super::{
    shares::{acknowledged, names},
    wire::{Heard, Line, connect, connect_with, listening},
};
use crate::{
    app::AppHandle,
    kit::{self, Device},
    store::StoreError,
};

pub(super) async fn live(line: &mut Line) {
    line.until(|heard| matches!(heard, Heard::Live).then_some(()))
        .await;
}

fn revocation(dix: DeviceIndex, height: Height) -> Operation {
    Operation::RevokeDevice {
        dix,
        dseq: height.dseq,
        hash: height.hash,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_device_cannot_outrun_its_revocation() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut first = Device::found(&app, &code).await;
    let mut second = first.second(&app).await;
    let log: Vec<Admission> = (1..=3)
        .map(|n| names(&mut second, &format!("name {n}")))
        .collect();
    let mut busy = connect_with(&app, &address, &second, (&log, 0), 1);
    let mut admin = connect(&app, &address, &first, &[], 1);
    live(&mut busy).await;
    live(&mut admin).await;
    busy.saved(&second, &log[0]).await;
    acknowledged(&mut busy, 1).await;

    // The administrator signed this before it knew of the entry.
    admin
        .offer(&first, revocation(second.dix, Height::ZERO))
        .await;
    let refused = |heard: &Heard| match heard {
        Heard::NotAppended(code) => Some(*code),
        _ => None,
    };
    assert_eq!(admin.until(refused).await, NackCode::RosterStale);
    // The device goes on saving. By the time that it has asked this often, and each time the
    // writer has answered, the entry is judged.
    busy.saved(&second, &log[1]).await;
    busy.until(|heard| matches!(heard, Heard::Sent(2)).then_some(()))
        .await;
    for asked in 1..=8 {
        let invite = Operation::Invite {
            key: InviteKey::new([asked; 32]),
            role: Role::Member,
            expires: weft_host::clock::now().plus_ms(DAY_MS),
        };
        busy.offer(&second, invite).await;
        assert_eq!(busy.until(refused).await, NackCode::RosterRefused);
    }
    // So the height that the administrator has heard of is still the right one.
    let height = log[0].height();
    admin.offer(&first, revocation(second.dix, height)).await;
    let answer = |heard: &Heard| match heard {
        Heard::Accepted => Some(Ok(())),
        Heard::NotAppended(code) => Some(Err(*code)),
        _ => None,
    };
    assert_eq!(admin.until(answer).await, Ok(()));
    let closed = |heard: &Heard| match heard {
        Heard::Closed(reason) => Some(reason.clone()),
        _ => None,
    };
    let reason = busy.until(closed).await;
    let CloseReason::RefusedByPeer(code, _) = reason else {
        panic!("closed for another reason: {reason:?}");
    };
    assert_eq!(code, NackCode::Revoked);
}

/// Lets no entry be stored, or lets them again.
async fn store(app: &AppHandle, works: bool) {
    let change = if works {
        "DROP TRIGGER broken"
    } else {
        "CREATE TRIGGER broken BEFORE INSERT ON entries BEGIN SELECT raise(FAIL, 'full'); END"
    };
    let changed = app.shared.store.write(move |conn| {
        conn.execute_batch(change)?;
        Ok::<_, StoreError>(())
    });
    changed.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_can_store_nothing_serves_devices_that_read() {
    let (_dir, app, address) = listening().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let mut first = Device::found(&app, &code).await;
    let mut second = first.second(&app).await;
    let log = [names(&mut first, "one")];
    acknowledged(&mut connect(&app, &address, &first, &log, 1), 1).await;

    store(&app, false).await;
    let own = [names(&mut second, "two")];
    let mut line = connect(&app, &address, &second, &own, 1);
    let refused = |heard: &Heard| match heard {
        Heard::Refused(code) => Some(*code),
        _ => None,
    };
    assert_eq!(line.until(refused).await, NackCode::Full);
    let (location, dix) = (first.location, first.dix);
    let read = |heard: &Heard| match heard {
        Heard::Stored(of, log, dseq) => Some((*of, *log, *dseq) == (location, dix, 1)),
        _ => None,
    };
    while !line.until(read).await {}
    store(&app, true).await;
    let mut again = connect(&app, &address, &second, &own, 1);
    acknowledged(&mut again, 1).await;
}
