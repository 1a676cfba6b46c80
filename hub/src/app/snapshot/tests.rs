//! A read between a commit and the moment at which memory follows.

use std::{
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use tokio::time::timeout;
use weft_shared::model::schema::{self, Container, DocKind};

use super::super::{
    AppHandle,
    own::{Edit, Standing},
};
use crate::kit;

/// Sets the time zone; once it is committed, waits with memory until `go` says so.
async fn set_zone(app: AppHandle, committed: impl FnOnce() + Send + 'static, go: Receiver<()>) {
    let put = move |_: &Standing| {
        let put = |editor: &mut weft_shared::document::Editor<'_>| {
            editor.put_text(Container::Settings, schema::TIME_ZONE, "Pacific/Auckland")
        };
        let (act, subject) = ("network time-zone", "Pacific/Auckland".to_owned());
        let mut edit = Edit::new(DocKind::Network, act, subject, (), put);
        edit.beside = Box::new(move |tx, _| {
            tx.on_commit(move || {
                committed();
                go.recv().unwrap();
            });
            Ok(())
        });
        Ok(edit)
    };
    app.shared.own.edit(&app, put).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_until_memory_is_where_the_store_is() {
    let (_dir, app) = kit::hub().await;
    let seen = async || {
        let read = app.read(|at| Ok((at.ledger(1)?[0].act.clone(), at.time_zone())));
        read.await.unwrap()
    };
    assert_eq!(seen().await, ("definitions import".to_owned(), None));
    let (told, committed) = channel();
    let (go, wait) = channel();
    let editing = tokio::spawn(set_zone(app.clone(), move || told.send(()).unwrap(), wait));
    let committed = tokio::task::spawn_blocking(move || committed.recv().unwrap());
    committed.await.unwrap();
    // The row is in the store, and the zone is not in memory.
    let early = timeout(Duration::from_millis(100), seen()).await;
    assert!(early.is_err(), "{early:?}");
    go.send(()).unwrap();
    let zone = Some("Pacific/Auckland".to_owned());
    assert_eq!(seen().await, ("network time-zone".to_owned(), zone));
    editing.await.unwrap();
}
