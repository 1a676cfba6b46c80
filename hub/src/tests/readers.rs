//! People who may read: every node can know them before they read.

use weft_host::clock;
use weft_shared::model::reader::{Reader, ReaderRole};

use super::web::Scene;
use crate::{
    app::{AppError, AppHandle},
    store::ledger,
};

fn reader() -> Reader {
    Reader {
        roles: [ReaderRole::National].into(),
        organisation: "Example organisation".to_owned(),
        name: None,
        purpose: Some("Example: the yearly report".to_owned()),
        since: clock::now(),
        until: None,
    }
}

async fn announce(app: &AppHandle, reader: Reader) -> Result<(), AppError> {
    let said = app.announce_reader(1, reader, |tx, now| {
        ledger::record(tx, now, "operator", "person confirm", "a person")?;
        Ok(())
    });
    said.await
}

async fn acts(app: &AppHandle) -> usize {
    let rows = app.ledger(1_000).await.unwrap();
    rows.iter()
        .filter(|row| row.act == "person confirm")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_written_with_what_lets_them_in_or_not_at_all() {
    let scene = Scene::new().await;
    let held = || async { scene.app.read(|at| Ok(at.readers())).await.unwrap() };
    let refused = scene.app.announce_reader(1, reader(), |_, _| {
        Err::<(), _>(AppError::Own("the roles changed meanwhile".to_owned()))
    });
    assert!(refused.await.is_err());
    assert!(held().await.is_empty(), "the check of the act failed");
    let without_role = Reader {
        roles: [].into(),
        ..reader()
    };
    assert!(announce(&scene.app, without_role).await.is_err());
    assert_eq!(acts(&scene.app).await, 0);

    let first = reader();
    announce(&scene.app, first.clone()).await.unwrap();
    announce(&scene.app, first.clone()).await.unwrap();
    assert_eq!(
        acts(&scene.app).await,
        2,
        "an act is written though it changes no words"
    );
    let ended = Reader {
        until: Some(clock::now()),
        ..first
    };
    announce(&scene.app, ended.clone()).await.unwrap();
    assert_eq!(held().await.into_iter().collect::<Vec<_>>(), [(1, ended)]);
}
