//! The aggregation's documents: a few in memory, the others saved with their tails.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use weft_host::intake::Intake;
use weft_shared::{
    document::{Document, Witness},
    id::{DeviceId, DocId, actor},
    identity::TeamKeys,
    model::schema::DocKind,
};
use weft_store::cache::{self, DocumentCache, Run};

use crate::store::{
    LocationRow, StoreError, derived, devices, documents,
    entries::{self, StoredEntry},
    quarantine, rosters,
};

/// A document in memory, with the devices behind its actors.
pub(crate) type Loaded = cache::Loaded<u64, Authors>;

/// The devices behind the actors of a document.
pub(crate) type Authors = BTreeMap<[u8; 16], DeviceId>;

/// The documents in memory. Each run has the place of its entry.
pub(super) type Library = DocumentCache<(LocationRow, DocId), u64, Authors>;

/// Opens a document. Returns `None` if no document of this name is known here. Its tail is noted:
/// it may never have been in a document, only in the facts.
pub(super) fn open<'a>(
    library: &'a mut Library,
    (conn, intake): (&Connection, &mut Intake),
    (lix, doc): (LocationRow, DocId),
) -> Result<Option<&'a mut Loaded>, StoreError> {
    if !library.holds(&(lix, doc)) {
        library.make_room();
        let Some(mut loaded) = load_noted(conn, Some(intake), (lix, &doc))? else {
            return Ok(None);
        };
        for hub_seq in quarantine::held(conn, lix, &doc)? {
            loaded.wait(hub_seq, Vec::new());
        }
        library.put((lix, doc), loaded);
    }
    Ok(library.get_mut(&(lix, doc)))
}

/// The name by which the intake's note knows a document.
pub(super) fn witnessed(lix: LocationRow, doc: &DocId) -> String {
    format!("{}/{doc}", lix.0)
}

/// Starts a document from empty, ignoring its last save. Forgets it if no document of this name is
/// known here.
pub(super) fn begin_again(
    library: &mut Library,
    conn: &Connection,
    (lix, doc): (LocationRow, DocId),
) -> Result<(), StoreError> {
    library.forget(&(lix, doc));
    // It was used last, or it would be the first to leave memory, and the old save read instead.
    if let Some(empty) = read(conn, lix, &doc, None)? {
        library.put((lix, doc), empty);
    }
    Ok(())
}

/// Whether a document is to be saved. A tail may grow with its document, so that the cost of saving
/// per change stays constant.
pub(super) fn is_due(loaded: &Loaded) -> bool {
    loaded.fresh() >= crate::limits::TAIL_CHANGES_MAX.max(loaded.document.changes() / 4)
}

/// Returns an entry's run for a document.
pub(super) fn run_at(conn: &Connection, hub_seq: u64, doc: &DocId) -> Result<Run<u64>, StoreError> {
    Ok(run_of(&entries::at(conn, hub_seq)?, doc))
}

fn run_of(stored: &StoredEntry, doc: &DocId) -> Run<u64> {
    let StoredEntry { hub_seq, entry, .. } = stored;
    let of_doc = entry
        .scanned(&TeamKeys::NONE)
        .into_iter()
        .filter(|run| run.doc == *doc);
    // Changes that the scan refuses are set aside and never in a document.
    let changes = of_doc.filter_map(|run| run.changes.ok()).flatten();
    Run {
        place: *hub_seq,
        created: entry.header.created,
        changes: changes.collect(),
        refused: None,
    }
}

/// Makes a document of its entries up to `hub_seq`, without those at which the program ended.
pub(super) fn load_at(
    conn: &Connection,
    (lix, doc): (LocationRow, DocId),
    hub_seq: u64,
    ended: &BTreeSet<(LocationRow, DocId, u64)>,
) -> Result<Option<Document>, StoreError> {
    let Some(mut loaded) = read(conn, lix, &doc, None)? else {
        return Ok(None);
    };
    let filling = entries::filling(conn, lix, &doc, hub_seq)?;
    let runs = filling.iter().map(|(_, stored)| run_of(stored, &doc));
    let counted = runs.filter(|run| !ended.contains(&(lix, doc, run.place)));
    let queue = loaded.queue(counted.collect(), |_| Ok::<_, StoreError>(None), |_| None)?;
    loaded.take_in(queue, None);
    Ok(Some(loaded.document))
}

/// Loads a document from the store: its last save, and the entries folded since.
pub(crate) fn load(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<Option<Loaded>, StoreError> {
    load_noted(conn, None, (lix, doc))
}

fn load_noted(
    conn: &Connection,
    intake: Option<&mut Intake>,
    (lix, doc): (LocationRow, &DocId),
) -> Result<Option<Loaded>, StoreError> {
    let (bytes, tail) = derived::snapshot(conn, lix, doc)?;
    let Some(mut loaded) = read(conn, lix, doc, bytes)? else {
        return Ok(None);
    };
    let runs = tail.iter().map(|hub_seq| run_at(conn, *hub_seq, doc));
    let runs = runs.collect::<Result<Vec<_>, _>>()?;
    let queue = loaded.queue(runs, |_| Ok::<_, StoreError>(None), |_| None)?;
    let names = tail.iter().map(ToString::to_string).collect();
    let noted = intake.filter(|_| !tail.is_empty());
    let witness = noted.map(|intake| intake.witness(witnessed(lix, doc), names));
    #[cfg(test)]
    let witness = witness.map(|one| super::tests::Ending(one, tail.clone()));
    let mut witness = witness;
    let witness = witness.as_mut().map(|one| one as &mut dyn Witness);
    if loaded.take_in(queue, witness).applied.len() != tail.len() {
        return Err(StoreError::Derived("tails"));
    }
    Ok(Some(loaded))
}

/// Reads a document as it was saved, or empty.
fn read(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
    bytes: Option<Vec<u8>>,
) -> Result<Option<Loaded>, StoreError> {
    let Some(name) = documents::name(conn, lix, doc)? else {
        return Ok(None);
    };
    // A name or an epoch unknown to this version: its entries are kept and derived later.
    if DocKind::of(&name).is_err() {
        return Ok(None);
    }
    let location = rosters::location_id(conn, lix)?;
    let document = match bytes {
        Some(bytes) => Document::load(&location, &name, &bytes)
            .map_err(|_| StoreError::Derived("snapshots"))?,
        None => Document::genesis(&location, &name)
            .map_err(|_| StoreError::Damaged("documents.name"))?,
    };
    Ok(Some(Loaded::new(document, authors(conn, lix, doc)?)))
}

/// The devices that write in a document, by their actors.
pub(super) fn authors(
    conn: &Connection,
    lix: LocationRow,
    doc: &DocId,
) -> Result<Authors, StoreError> {
    let authors = devices::authors(conn, lix, doc)?.into_iter();
    let authors = authors.map(|(device, n)| (actor(&device, doc, n), device));
    Ok(authors.collect())
}

#[cfg(test)]
mod tests {
    use weft_shared::{id::DocName, model::schema::Container};

    use super::*;
    use crate::{
        kit::{self, Device},
        limits,
    };

    /// Otherwise its old save, with what was dropped, would be read in its place.
    #[tokio::test]
    async fn a_document_that_is_begun_again_is_not_the_first_to_leave_memory() {
        let (_dir, app) = kit::hub().await;
        let code = kit::add_location(&app, "FN", &[]).await;
        let mut device = Device::found(&app, &code).await;
        let entry = device.edit("profile", |editor| {
            editor.put_text(Container::Names, "en", "Example")
        });
        device.push(&app, entry).await;
        let conn = app.shared.store.reader().unwrap();
        let lix = rosters::lix(&conn, &device.location).unwrap().unwrap();
        let name = DocName::first("profile");
        let doc = name.id(&device.location);
        let mut library = Library::new(limits::DOCUMENTS_LOADED_MAX, u64::MAX);
        let place = |n: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(n as u64).to_be_bytes());
            (lix, DocId::new(id))
        };
        for n in 0..limits::DOCUMENTS_LOADED_MAX {
            let document = Document::genesis(&device.location, &name).unwrap();
            library.put(place(n), Loaded::new(document, Authors::new()));
            // As after `open`: all others were used.
            library.get_mut(&place(n)).unwrap();
        }
        begin_again(&mut library, &conn, (lix, doc)).unwrap();
        library.make_room();
        assert!(library.holds(&(lix, doc)));
        assert!(!library.holds(&place(0)), "the oldest goes");
    }
}
