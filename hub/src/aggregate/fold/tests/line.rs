//! Values of one person are folded without Automerge; their document is made when it is needed.

use std::thread;

use weft_shared::model::{
    Audience,
    observation::{Statement, Status},
};
use weft_store::Open;

use super::{Aggregator, catch_up, derived_texts, half_reported, says, state, store_entry};
use crate::{
    aggregate::{
        straight::Straights,
        tests::{folds, quarantined},
    },
    kit,
    limits::{STRAIGHTS_BYTES_MAX, TAIL_LEFT_CHANGES_MAX},
    store::{Store, derived},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_one_person_writes_is_saved_once_it_is_much_and_nothing_else_is_to_be_done() {
    let (dir, app) = kit::hub().await;
    let mut device = half_reported(&app).await;
    let definition = app.definitions().unwrap()[0].hash();
    let entries = [21, 22, 23, 24].map(|numerator| state(&mut device, definition, numerator));
    let mut second = device.second(&app).await;
    let beside = state(&mut second, definition, 25);
    let place = (device.location, device.dix);
    let place_beside = (second.location, second.dix);
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        folder.clear().unwrap();
        catch_up(&mut folder);
        for (entry, numerator) in entries.into_iter().zip(21..) {
            store_entry(&store, place, entry);
            catch_up(&mut folder);
            says(&store, &folder, &format!("\"numerator\":{numerator}"));
        }
        let conn = store.reader().unwrap();
        let count = |table| derived::count(&conn, table).unwrap();
        let (before, tails) = (count("snapshots"), count("tails"));
        assert!(tails > TAIL_LEFT_CHANGES_MAX, "{tails}");
        folder.save_tails().unwrap();
        assert!(count("snapshots") > before);
        assert_eq!(count("tails"), 0);
        store_entry(&store, place_beside, beside);
        catch_up(&mut folder);
        says(&store, &folder, "\"numerator\":25");
        let after = derived_texts(&store, &folder);
        for bytes_max in [0, STRAIGHTS_BYTES_MAX] {
            folder.straights = Straights::new(bytes_max);
            folder.clear().unwrap();
            catch_up(&mut folder);
            assert_eq!(derived_texts(&store, &folder), after);
        }
    });
    tried.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_its_own_entry_takes_from_the_network_was_never_there() {
    let (dir, app) = kit::hub().await;
    let mut device = half_reported(&app).await;
    let definition = app.definitions().unwrap()[0].hash();
    let told = |audience| Statement {
        numerator: Some(21.into()),
        denominator: Some(100.into()),
        ..Statement::without_figure(definition, Status::Normal, audience)
    };
    let key = "VAX_PRIMARY/FAR_NORTH/2023-11/age=12%2B".parse().unwrap();
    let entry = device.edit("observations/2023", |editor| {
        editor.put_observation(&key, &told(Audience::Network), None)?;
        editor.put_observation(&key, &told(Audience::Team), None)
    });
    let place = (device.location, device.dix);
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        store_entry(&store, place, entry);
        let all = [0, STRAIGHTS_BYTES_MAX].map(|bytes_max| {
            folder.straights = Straights::new(bytes_max);
            folder.clear().unwrap();
            catch_up(&mut folder);
            let conn = store.reader().unwrap();
            let tables = ["series", "slices", "places", "past_facts", "past_extras"];
            let counts = tables.map(|table| derived::count(&conn, table).unwrap());
            (counts, derived_texts(&store, &folder))
        });
        assert_eq!(all[0], all[1]);
    });
    tried.join().unwrap();
}

/// It was never in a document, only in the facts.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_ends_the_process_when_its_document_is_made_is_set_aside() {
    let (dir, app) = kit::hub().await;
    let mut device = half_reported(&app).await;
    let definition = app.definitions().unwrap()[0].hash();
    let bad = app.status().await.unwrap().entries;
    let mut second = device.second(&app).await;
    let beside = state(&mut second, definition, 25);
    let place = (second.location, second.dix);
    app.dump().await.unwrap();
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let stored = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        store_entry(&store, place, beside);
    });
    stored.join().unwrap();
    let ends = (0..9).take_while(|_| !folds(dir.path(), Some(bad)));
    assert_eq!(ends.count(), 3, "it is noted alone at once");
    let (count, named, waiting) = quarantined(dir.path()).await;
    assert_eq!((count, waiting), (1, 0));
    let name = format!("entry {bad} (observations/2023)");
    assert!(named[0].starts_with(&name), "{named:?}");
}
