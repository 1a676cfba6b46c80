//! A bite is read while the one before it is written, and neither is lost or taken in wrongly.

use std::{path::PathBuf, thread};

use tempfile::TempDir;
use weft_shared::{
    id::{DeviceIndex, LocationId},
    log::gate::Admission,
    model::schema::Container,
};
use weft_store::Open;

use super::{Aggregator, catch_up, derived_texts, half_reported, says, state, store_entry};
use crate::{
    aggregate::library::Library,
    kit,
    store::{Store, derived, dropped, rosters},
};

/// A hub's store that no hub runs, three statements about one figure, and where they belong.
async fn three_statements() -> (TempDir, PathBuf, [Admission; 3], (LocationId, DeviceIndex)) {
    let (dir, app) = kit::hub().await;
    let mut device = half_reported(&app).await;
    let definition = app.definitions().unwrap()[0].hash();
    let entries = [21, 22, 23].map(|numerator| state(&mut device, definition, numerator));
    let path = dir.path().join("hub/hub.db");
    (dir, path, entries, (device.location, device.dix))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bite_that_could_not_be_written_while_the_next_was_read_is_read_again() {
    let (_dir, path, entries, place) = three_statements().await;
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        let height = catch_up(&mut folder);
        folder.entries_max = 1;
        for entry in entries {
            store_entry(&store, place, entry);
        }
        let failing = store.writer().run_blocking(kit::commits_fail(true));
        failing.unwrap_err();
        let folded = (folder.fold().unwrap(), folder.folded());
        assert_eq!(
            folded,
            (1, height),
            "it does not count before it is on disk"
        );
        folder.fold().unwrap_err();
        let mended = store.writer().run_blocking(kit::commits_fail(false));
        mended.unwrap();
        assert_eq!(catch_up(&mut folder), height + 3);
        says(&store, &folder, "\"numerator\":23");
        let after = derived_texts(&store, &folder);
        folder.clear().unwrap();
        catch_up(&mut folder);
        assert_eq!(derived_texts(&store, &folder), after);
    });
    tried.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_after_it_was_read_ahead_is_not_taken_in() {
    let (_dir, path, entries, place) = three_statements().await;
    let first_dropped = entries[1].entries[0].entry.header.dseq;
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        catch_up(&mut folder);
        folder.entries_max = 1;
        for entry in entries {
            store_entry(&store, place, entry);
        }
        folder.fold().unwrap();
        let (_, thread) = folder.next.reading.as_ref().unwrap();
        while !thread.is_finished() {
            thread::yield_now();
        }
        let written = store.writer().run_blocking(move |conn| {
            let lix = rosters::lix(conn, &place.0)?.unwrap();
            dropped::drop_end(conn, lix, place.1, first_dropped)
        });
        written.unwrap().unwrap();
        catch_up(&mut folder);
        says(&store, &folder, "\"numerator\":21");
    });
    tried.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_left_memory_unsaved_is_read_from_its_entries() {
    let (dir, app) = kit::hub().await;
    let mut device = half_reported(&app).await;
    let definition = app.definitions().unwrap()[0].hash();
    let entries = [
        state(&mut device, definition, 21),
        device.edit("profile", |editor| {
            editor.put_text(Container::Names, "en", "Example")
        }),
        state(&mut device, definition, 22),
    ];
    let place = (device.location, device.dix);
    drop(app);
    let path = dir.path().join("hub/hub.db");
    let tried = thread::spawn(move || {
        let store = Store::open(&path, Open::Existing).unwrap();
        let mut folder = Aggregator::open(&store).unwrap();
        folder.library = Library::new(1, u64::MAX);
        folder.entries_max = 1;
        folder.clear().unwrap();
        catch_up(&mut folder);
        for entry in entries {
            store_entry(&store, place, entry);
        }
        catch_up(&mut folder);
        let conn = store.reader().unwrap();
        let count = |table| derived::count(&conn, table).unwrap();
        assert_eq!((count("snapshots"), count("quarantine")), (0, 0));
        says(&store, &folder, "\"numerator\":22");
        let after = derived_texts(&store, &folder);
        drop(folder);
        let mut folder = Aggregator::open(&store).unwrap();
        folder.clear().unwrap();
        catch_up(&mut folder);
        assert_eq!(derived_texts(&store, &folder), after);
    });
    tried.join().unwrap();
}
