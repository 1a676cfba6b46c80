//! Acts beside each other: the check and the write of each are one, so nothing is lost or done
//! twice, and the ledger has a row for each act that happened and for no other.

use weft_shared::{id::LocationCode, model::profile::Place, period::Date};

use crate::{
    app::{AppError, AppHandle, AreaTo, AreaWord, Confirmation, Handover, Said, Since},
    kit::{self, DEFINITIONS, Device},
    store::StoreError,
};

const ROUNDS: usize = 24;

fn place(app: &AppHandle, code: &LocationCode) -> Place {
    app.shared.own.standing().places().remove(code).unwrap()
}

async fn rename(app: &AppHandle, code: &LocationCode, name: &str) -> Result<(), AppError> {
    let (code, name) = (code.clone(), name.to_owned());
    app.add_location(code, name, None, Vec::new()).await
}

async fn acts(app: &AppHandle, act: &str) -> usize {
    let rows = app.ledger(1_000).await.unwrap();
    rows.iter().filter(|row| row.act == act).count()
}

/// Codes have no digits.
fn letter(round: usize) -> char {
    ('A'..='Z').nth(round).unwrap()
}

/// Runs both at once on threads of their own.
async fn beside<A, B>(
    one: impl Future<Output = A> + Send + 'static,
    other: impl Future<Output = B> + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let (one, other) = (tokio::spawn(one), tokio::spawn(other));
    (one.await.unwrap(), other.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_is_renamed_beside_its_confirmation() {
    let (_dir, app) = kit::hub().await;
    for round in 0..ROUNDS {
        let code = kit::add_location(&app, &format!("L{}", letter(round)), &[]).await;
        Device::unconfirmed(&app, &code).await;
        let (one, other) = (app.clone(), app.clone());
        let to_confirm = code.clone();
        let plan = app.plan_location(Said {
            code: code.clone(),
            name: "Renamed".to_owned(),
            name_mi: None,
            areas: Vec::new(),
            aliases: Vec::new(),
            since: None,
            ends: false,
        });
        let plan = plan.unwrap();
        let confirm = async move { one.confirm_location(&to_confirm).await };
        let rename = async move { other.put_location(plan).await };
        // The person who renames it waits until it is confirmed, or acts at the same time.
        let (confirmed, renamed) = if round % 2 == 0 {
            (confirm.await, rename.await)
        } else {
            beside(confirm, rename).await
        };
        confirmed.unwrap();
        renamed.unwrap();
        let stands = app.confirmation(&code).await.unwrap();
        assert!(
            matches!(stands, Confirmation::Confirmed { .. }),
            "round {round}"
        );
        assert_eq!(place(&app, &code).name, "Renamed", "round {round}");
    }
    assert_eq!(acts(&app, "location confirm").await, ROUNDS);
    assert_eq!(acts(&app, "location add").await, 2 * ROUNDS);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_area_is_given_to_one_location() {
    let (_dir, app) = kit::hub().await;
    for round in 0..ROUNDS {
        let add = |code: String| {
            let app = app.clone();
            let area = AreaWord::parse(&format!("AREA_{}=Area", letter(round))).unwrap();
            let code = LocationCode::parse(&code).unwrap();
            async move {
                app.add_location(code, "Example".to_owned(), None, vec![area])
                    .await
            }
        };
        let (a, b) = (format!("A{}", letter(round)), format!("B{}", letter(round)));
        let (one, other) = beside(add(a), add(b)).await;
        assert_ne!(one.is_ok(), other.is_ok(), "round {round}");
        let refused = one.err().or_else(|| other.err()).unwrap();
        let sort = matches!(refused, AppError::AreaTaken { .. });
        assert!(sort, "round {round}: {refused}");
    }
    assert_eq!(app.shared.own.standing().places().len(), ROUNDS);
    assert_eq!(acts(&app, "location add").await, ROUNDS);
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_change_hands_beside_other_edits_of_their_locations() {
    let (_dir, app) = kit::hub().await;
    let fn_ = kit::add_location(&app, "FN", &["NORTH", "KEPT"]).await;
    let wt = kit::add_location(&app, "WT", &["WEST"]).await;
    let mut handed = 0;
    for round in 0..ROUNDS {
        let (to, from) = if round % 2 == 0 {
            (&wt, &fn_)
        } else {
            (&fn_, &wt)
        };
        let handover = Handover {
            areas: vec![AreaTo {
                area: "NORTH".parse().unwrap(),
                to: to.clone(),
            }],
            since: Since::Start,
        };
        let plan = app.plan_handover(handover).unwrap();
        let (one, other) = (app.clone(), app.clone());
        let (renamed, name) = (from.clone(), format!("Name {round}"));
        let said = name.clone();
        let hand_over = async move { one.hand_over(plan).await };
        let rename = async move { rename(&other, &renamed, &said).await };
        // Each of them comes first now and then.
        let (hand_over, rename) = if round % 4 < 2 {
            beside(hand_over, rename).await
        } else {
            let (rename, hand_over) = beside(rename, hand_over).await;
            (hand_over, rename)
        };
        hand_over.unwrap();
        handed += 1;
        match rename {
            Ok(()) => assert_eq!(place(&app, from).name, name, "round {round}"),
            // Its own plan named the areas that it had, and these have changed hands.
            Err(AppError::NetworkMoved { .. }) => {}
            Err(error) => panic!("round {round}: {error}"),
        }
        let holds = |code: &LocationCode| {
            let held = place(&app, code).held(code);
            held.iter()
                .any(|area| area.code.as_str() == "NORTH" && area.to.is_none())
        };
        assert!(holds(to) && !holds(from), "round {round}");
    }
    assert_eq!(acts(&app, "location areas").await, handed);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_version_of_a_definition_has_one_content() {
    let (_dir, app) = kit::hub().await;
    for round in 0..ROUNDS {
        let import = |name: &str| {
            let app = app.clone();
            let text = DEFINITIONS.replace("VAX_PRIMARY", &format!("VAX_{round}"));
            let text = text.replace("Completed primary course", name);
            async move { app.import_definitions(&text).await }
        };
        let (one, other) = beside(import("One"), import("Other")).await;
        assert_ne!(one.is_ok(), other.is_ok(), "round {round}");
        let refused = one.err().or_else(|| other.err()).unwrap();
        let sort = matches!(refused, AppError::DefinitionsRefused(_));
        assert!(sort, "round {round}: {refused}");
    }
    // One more is the kit's.
    assert_eq!(app.definitions().unwrap().len(), ROUNDS + 1);
    assert_eq!(acts(&app, "definitions import").await, ROUNDS + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_did_not_happen_leaves_no_row() {
    let (_dir, app) = kit::hub().await;
    let code = kit::add_location(&app, "FN", &["NORTH"]).await;
    app.create_token("Report").await.unwrap();
    let rows = async || app.ledger(1_000).await.unwrap().len();
    let before = rows().await;
    app.create_token("Report").await.unwrap_err();
    assert!(!app.revoke_token("Another").await.unwrap());
    assert_eq!(
        app.revoke_invites(None, Some(code.clone())).await.unwrap(),
        0
    );
    app.import_definitions(DEFINITIONS).await.unwrap();
    app.import_definitions(&DEFINITIONS.replace("Completed", "Another"))
        .await
        .unwrap_err();
    let version = |text: &str| vec![text.to_owned()];
    let vax = "VAX_PRIMARY".parse().unwrap();
    app.set_definition(&vax, 1, &version("nothing=1"))
        .await
        .unwrap_err();
    rename(&app, &code, "Example: FN").await.unwrap();
    // Somebody else changes the network between plan and act.
    let said = Said {
        code: code.clone(),
        name: "Other".to_owned(),
        name_mi: None,
        areas: vec![AreaWord::parse("SOUTH=South").unwrap()],
        aliases: Vec::new(),
        since: Some(Since::Day("2024-01-01".parse::<Date>().unwrap())),
        ends: false,
    };
    let plan = app.plan_location(said.clone()).unwrap();
    assert_eq!(rows().await, before);
    app.put_location(plan.clone()).await.unwrap();
    let moved = app.put_location(plan).await.unwrap_err();
    assert!(matches!(moved, AppError::NetworkMoved { .. }), "{moved}");
    assert_eq!(rows().await, before + 1);
    let device = Device::found(&app, &kit::add_location(&app, "WT", &[]).await).await;
    let before = rows().await;
    app.unblock_device(device.key.id()).await.unwrap();
    app.block_device(device.key.id()).await.unwrap();
    app.block_device(device.key.id()).await.unwrap();
    assert_eq!(rows().await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_cannot_record_does_not_happen() {
    let (_dir, app) = kit::hub().await;
    kit::add_location(&app, "FN", &["NORTH"]).await;
    let broken = async |sql: &'static str| {
        let write = app
            .shared
            .store
            .write(move |tx| Ok::<_, StoreError>(tx.execute_batch(sql)?));
        write.await.unwrap();
    };
    let rows = app.ledger(1_000).await.unwrap().len();
    broken("CREATE TRIGGER broken BEFORE INSERT ON ledger BEGIN SELECT raise(FAIL, 'broken'); END")
        .await;
    app.create_token("Report").await.unwrap_err();
    let other = LocationCode::parse("WT").unwrap();
    rename(&app, &other, "Example").await.unwrap_err();
    broken("DROP TRIGGER broken").await;
    assert!(app.tokens().await.unwrap().is_empty());
    assert_eq!(app.shared.own.standing().places().len(), 1);
    assert_eq!(app.ledger(1_000).await.unwrap().len(), rows);
    app.create_token("Report").await.unwrap();
    rename(&app, &other, "Example").await.unwrap();
    assert_eq!(app.ledger(1_000).await.unwrap().len(), rows + 2);
}
