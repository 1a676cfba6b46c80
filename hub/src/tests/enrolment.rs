//! An invite admits one device, even if requests come at once, twice, late or forged.

use tokio::task::JoinSet;
use weft_host::{clock, random::random_bytes};
use weft_shared::{
    id::LocationCode,
    identity::{
        DeviceKey, FoundingInvite, Invite, Operation, Role, RootKey, Roster, SignedOperation,
    },
    wire::{NackCode, message::Join},
};

use crate::{
    app::{AppError, AppHandle, AreaWord, Said},
    enrol::JoinError,
    kit::{self, Device},
};

#[tokio::test(flavor = "multi_thread")]
async fn of_64_redemptions_at_once_one_admits_a_device() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let invite = kit::invite(&app, &code).await;
    let mut attempts = JoinSet::new();
    for _ in 0..64 {
        let (app, invite) = (app.clone(), invite.clone());
        attempts.spawn(async move {
            let root = RootKey::from_seed(random_bytes());
            let key = DeviceKey::from_seed(random_bytes());
            let join = kit::founding(&invite, &root, &key);
            kit::join(&app, key.id(), &join, clock::now()).await
        });
    }
    let outcomes = attempts.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(
        refused
            .clone()
            .all(|error| error.code() == NackCode::InviteSpent)
    );
    assert_eq!(refused.count(), 63);
    let devices = app.devices().await.unwrap();
    assert_eq!(
        devices
            .iter()
            .filter(|device| device.location == "FN")
            .count(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_whose_answer_was_lost_may_be_repeated() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let invite = kit::invite(&app, &code).await;
    let root = RootKey::from_seed(random_bytes());
    let key = DeviceKey::from_seed(random_bytes());
    let join = kit::founding(&invite, &root, &key);
    for _ in 0..2 {
        let joined = kit::join(&app, key.id(), &join, clock::now()).await;
        assert_eq!(joined.unwrap().roster.len(), 1);
    }
    let ledger = app.ledger(100).await.unwrap();
    let joins = ledger.iter().filter(|row| row.act == "location join");
    assert_eq!(joins.count(), 1, "it joined once");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_invite_is_refused_with_its_reason() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let root = RootKey::from_seed(random_bytes());
    let key = DeviceKey::from_seed(random_bytes());
    let now = clock::now();
    let invite = kit::invite(&app, &code).await;
    let join = kit::founding(&invite, &root, &key);
    let refused = |error: Result<_, JoinError>| error.map(|_| ()).unwrap_err().code();

    let late = now.plus_ms(120_000);
    let outcome = kit::join(&app, key.id(), &join, late).await;
    assert_eq!(refused(outcome), NackCode::InviteExpired);

    let other = DeviceKey::from_seed(random_bytes()).id();
    let outcome = kit::join(&app, other, &join, now).await;
    assert_eq!(refused(outcome), NackCode::Malformed);

    let mut guessed = invite.clone();
    guessed.secret[0] ^= 1;
    let guess = kit::founding(&guessed, &root, &key);
    let outcome = kit::join(&app, key.id(), &guess, now).await;
    assert_eq!(refused(outcome), NackCode::InviteUnknown);

    app.revoke_invites(None, Some(code.clone())).await.unwrap();
    let outcome = kit::join(&app, key.id(), &join, now).await;
    assert_eq!(refused(outcome), NackCode::InviteSpent);

    let invite = kit::invite(&app, &code).await;
    let spare = kit::invite(&app, &code).await;
    Device::join(&app, &invite, &root, DeviceKey::from_seed(random_bytes())).await;
    let join = kit::founding(&spare, &RootKey::from_seed(random_bytes()), &key);
    let outcome = kit::join(&app, key.id(), &join, now).await;
    assert_eq!(refused(outcome), NackCode::CodeBound);
    let again = app.create_invite(&code, 60_000).await;
    assert!(matches!(again, Err(AppError::CodeBound { .. })));
    let unknown = LocationCode::parse("XX").unwrap();
    let unknown = app.create_invite(&unknown, 60_000).await;
    assert!(matches!(unknown, Err(AppError::UnknownLocation { .. })));
}

/// The line alone admits no one, and neither does the root alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_location_comes_back_by_its_own_root_alone() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let nothing = app.create_way_back(&code, 60_000).await;
    assert!(matches!(nothing, Err(AppError::NothingLost { .. })));
    let first = kit::invite(&app, &code).await;
    let root = RootKey::from_seed(random_bytes());
    let old = Device::join(&app, &first, &root, DeviceKey::from_seed(random_bytes())).await;
    let line = app.create_way_back(&code, 60_000).await.unwrap();
    let Ok(Invite::Founding(way)) = line.parse::<Invite>() else {
        panic!("{line} is a founding invite");
    };
    assert!(way.recovers);
    let now = clock::now();
    let ask = |invite: &FoundingInvite, key: &DeviceKey, (root, roster): (&RootKey, &Roster)| {
        let add = Operation::AddDevice {
            device: key.id(),
            name: "New desk".to_owned(),
            role: Role::Admin,
        };
        let signed = SignedOperation::sign_root(roster.slot(now), add, root);
        Join {
            operation: signed.encode(),
            ..kit::founding(invite, root, key)
        }
    };
    let key = DeviceKey::from_seed(random_bytes());
    let refused = |error: Result<_, JoinError>| error.map(|_| ()).unwrap_err().code();
    // A root of somebody else, and a line that the hub did not make.
    let other = RootKey::from_seed(random_bytes());
    let by_other = kit::join(&app, key.id(), &kit::founding(&way, &other, &key), now).await;
    assert_eq!(refused(by_other), NackCode::CodeBound);
    let forged = FoundingInvite {
        secret: random_bytes(),
        ..way.clone()
    };
    let unknown = ask(&forged, &key, (&root, &old.roster));
    let unknown = kit::join(&app, key.id(), &unknown, now).await;
    assert_eq!(refused(unknown), NackCode::InviteUnknown);
    // The device does not know the roster, and hears it. That spends nothing.
    let stale = kit::join(&app, key.id(), &kit::founding(&way, &root, &key), now).await;
    let Err(JoinError::Stale(operations)) = stale else {
        panic!("the device hears the roster");
    };
    let roster = Roster::replay(old.location, &operations).unwrap();
    let request = ask(&way, &key, (&root, &roster));
    for _ in 0..2 {
        let joined = kit::join(&app, key.id(), &request, now).await.unwrap();
        assert_eq!((joined.roster.len(), joined.location), (2, old.location));
    }
    // The line admits one device.
    let known = app
        .shared
        .directory
        .roster(old.location)
        .await
        .unwrap()
        .unwrap();
    let late = DeviceKey::from_seed(random_bytes());
    let again = ask(&way, &late, (&root, &known.roster));
    assert_eq!(
        refused(kit::join(&app, late.id(), &again, now).await),
        NackCode::InviteSpent
    );
    let ledger = app.ledger(100).await.unwrap();
    let ways = ledger.iter().filter(|row| row.act == "location way back");
    assert_eq!(ways.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_roster_operations_on_one_head_one_stands() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &[]).await;
    let device = Device::found(&app, &code).await;
    let now = clock::now();
    let mut attempts = JoinSet::new();
    for _ in 0..16 {
        let operation = Operation::Invite {
            key: weft_shared::id::InviteKey::new(
                *DeviceKey::from_seed(random_bytes()).id().as_bytes(),
            ),
            role: Role::Member,
            expires: now.plus_ms(60_000),
        };
        let slot = device.roster.slot(now);
        let signed = SignedOperation::sign_device(slot, operation, device.dix, &device.key);
        let (app, location) = (app.clone(), device.location);
        attempts.spawn(async move { kit::operate(&app, location, vec![signed], now).await });
    }
    let outcomes = attempts.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let known = app
        .shared
        .directory
        .roster(device.location)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(known.roster.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_is_named_anew_keeps_its_areas() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["FAR_NORTH"]).await;
    let areas = |app: &AppHandle| {
        let app = app.clone();
        async move {
            let [location] = &app.locations().await.unwrap()[..] else {
                panic!("there is one location");
            };
            let codes = location.areas.iter().map(|area| area.to_string());
            (location.name.clone(), codes.collect::<Vec<_>>())
        }
    };
    let name = || "Another name".to_owned();
    let renamed = app.add_location(code.clone(), name(), None, Vec::new());
    renamed.await.unwrap();
    assert_eq!(areas(&app).await, (name(), vec!["FAR_NORTH".to_owned()]));
    let north = AreaWord::parse("NORTH=North").unwrap();
    let changed = app.add_location(code.clone(), name(), None, vec![north.clone()]);
    assert!(matches!(changed.await, Err(AppError::AreasNeedDay { .. })));
    assert_eq!(areas(&app).await, (name(), vec!["FAR_NORTH".to_owned()]));
    let said = Said {
        code,
        name: name(),
        name_mi: None,
        areas: vec![north],
        aliases: Vec::new(),
        since: Some("2024-01-01".parse().unwrap()),
        ends: false,
    };
    let plan = app.plan_location(said).unwrap();
    assert_eq!(plan.changes.len(), 2);
    app.put_location(plan).await.unwrap();
    let spans = ["FAR_NORTH until 2023-12-31", "NORTH from 2024-01-01"];
    assert_eq!(
        areas(&app).await,
        (name(), spans.map(str::to_owned).to_vec())
    );
}
