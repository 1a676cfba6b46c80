//! Overwritten pages of a database: those of derived tables stop nothing, others need a backup.

use super::*;

static DERIVED: [&str; 1] = ["sums"];

/// Ground lines, and what is made of them.
fn prepare(db: &mut Connection) -> Result<(), StoreError> {
    db.execute_batch(TABLE)?;
    let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sums')";
    if !db.query_row(known, [], |row| row.get(0))? {
        derive(db)?;
    }
    Ok(())
}

fn derive(db: &Connection) -> Result<(), StoreError> {
    drop_tables(db, &DERIVED)?;
    Ok(db.execute_batch(
        "CREATE TABLE sums (sum TEXT NOT NULL) STRICT;
         CREATE INDEX index_of_sums ON sums (sum);
         INSERT INTO sums SELECT 'of ' || text FROM line;",
    )?)
}

/// The same, where something has to be derived again at each start.
fn prepare_always(db: &mut Connection) -> Result<(), StoreError> {
    db.execute_batch(TABLE)?;
    derive(db)
}

fn open(
    place: &Place,
    prepare: impl FnMut(&mut Connection) -> Result<(), StoreError>,
) -> Result<Writer, StoreError> {
    let options = WriterOptions {
        derived: &DERIVED,
        ..WriterOptions::default()
    };
    Writer::open(&place.path(), Open::Create, options, prepare)
}

/// A store with thirty lines and what is made of them, `beside` it, at rest.
fn at_rest(beside: &str) -> Place {
    let place = Place::new();
    let writer = open(&place, prepare).unwrap();
    for n in 0..30 {
        writer.run_blocking(insert(&format!("{n:0>1000}"))).unwrap();
    }
    writer.begin_again_blocking(derive).unwrap();
    let beside = beside.to_owned();
    let put = move |db: &Transaction<'_>| Ok::<_, StoreError>(db.execute_batch(&beside)?);
    writer.run_blocking(put).unwrap();
    close(&place, writer);
    place
}

/// Ends the writer, with everything in the one file.
fn close(place: &Place, writer: Writer) {
    let scrub = |db: &Transaction<'_>| {
        db.scrub();
        Ok::<_, StoreError>(())
    };
    writer.run_blocking(scrub).unwrap();
    drop(writer);
    let wal = place.dir.path().join("store.db-wal");
    while wal.exists() {
        thread::sleep(Duration::from_millis(5));
    }
}

/// The pages of a table or an index, its root first: the tree of SQLite's file format.
fn pages(place: &Place, name: &str) -> Vec<u64> {
    let db = Connection::open(place.path()).unwrap();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?";
    let mut pages: Vec<u64> = vec![db.query_row(root, [name], |row| row.get(0)).unwrap()];
    let bytes = fs::read(place.path()).unwrap();
    let mut at = 0;
    while let Some(page) = pages.get(at) {
        let page = &bytes[(usize::try_from(*page).unwrap() - 1) * 4096..][..4096];
        let number = |at: usize| u32::from_be_bytes(page[at..at + 4].try_into().unwrap()).into();
        let short = |at: usize| usize::from(u16::from_be_bytes([page[at], page[at + 1]]));
        if [INTERIOR_INDEX, INTERIOR_TABLE].contains(&page[0]) {
            pages.extend((0..short(3)).map(|cell| number(short(12 + 2 * cell))));
            pages.push(number(8));
        }
        at += 1;
    }
    pages
}

const INTERIOR_INDEX: u8 = 2;
const INTERIOR_TABLE: u8 = 5;

fn overwrite(place: &Place, page: u64) {
    let mut file = fs::File::options().write(true).open(place.path()).unwrap();
    file.seek(SeekFrom::Start((page - 1) * 4096)).unwrap();
    file.write_all(&[0xa5; 4096]).unwrap();
    file.sync_all().unwrap();
}

#[track_caller]
fn is_whole(place: &Place, writer: Writer) {
    assert_eq!(place.lines().len(), 30);
    let sums = |db: &Transaction<'_>| -> Result<i64, StoreError> {
        let sums = "SELECT count(*) FROM sums JOIN line ON sum = 'of ' || text";
        Ok(db.query_row(sums, [], |row| row.get(0))?)
    };
    assert_eq!(writer.run_blocking(sums).unwrap(), 30);
    let problems = writer.run_blocking(|db| integrity_problems(db)).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    close(place, writer);
}

#[test]
fn damaged_pages_of_derived_tables_stop_nothing() {
    let place = at_rest("");
    let whole = fs::read(place.path()).unwrap();
    for name in ["sums", "index_of_sums"] {
        let pages = pages(&place, name);
        assert!(pages.len() > 3, "{name} has leaves below its root");
        for page in pages {
            overwrite(&place, page);
            is_whole(&place, open(&place, prepare).unwrap());
            fs::write(place.path(), &whole).unwrap();
        }
    }
}

#[test]
fn damaged_pages_of_other_tables_are_named_and_left_as_they_are() {
    let place = at_rest("");
    let whole = fs::read(place.path()).unwrap();
    let derived = pages(&place, "sums")[1];
    let ground: Vec<u64> = ["line", "sqlite_autoindex_line_1"]
        .into_iter()
        .flat_map(|name| pages(&place, name))
        .collect();
    assert!(ground.len() > 6);
    for page in ground {
        for also in [None, Some(derived)] {
            overwrite(&place, page);
            also.into_iter().for_each(|page| overwrite(&place, page));
            let before = fs::read(place.path()).unwrap();
            let error = open(&place, prepare).unwrap_err();
            assert!(error.is_corrupt(), "page {page}: {error}");
            assert_eq!(fs::read(place.path()).unwrap(), before, "page {page}");
            fs::write(place.path(), &whole).unwrap();
        }
    }
}

#[test]
fn a_damaged_list_of_free_pages_stops_nothing() {
    let place = at_rest("CREATE TABLE gone AS SELECT text FROM line; DROP TABLE gone;");
    let trunk = fs::read(place.path()).unwrap()[32..36].try_into().unwrap();
    let trunk = u32::from_be_bytes(trunk);
    assert!(trunk > 0, "there are free pages");
    overwrite(&place, trunk.into());
    is_whole(&place, open(&place, prepare).unwrap());
}

#[test]
fn a_database_that_is_too_large_to_be_checked_is_mended_once_damage_shows() {
    let large = format!(
        "CREATE TABLE large AS SELECT zeroblob({}) AS bytes",
        limits::CHECKED_AT_OPEN_BYTES_MAX
    );
    let place = at_rest(&large);
    let derived = pages(&place, "sums");
    // While it runs: the first to see it clears the tables.
    overwrite(&place, derived[1]);
    let writer = open(&place, prepare).unwrap();
    writer.begin_again_blocking(derive).unwrap();
    is_whole(&place, writer);
    // At a start that clears them.
    overwrite(&place, pages(&place, "sums")[1]);
    is_whole(&place, open(&place, prepare_always).unwrap());
    // Nothing is cleared while a page of another table is damaged.
    overwrite(&place, pages(&place, "line")[1]);
    let writer = open(&place, prepare).unwrap();
    let error = writer.begin_again_blocking(derive).unwrap_err();
    assert!(error.is_corrupt(), "{error}");
    close(&place, writer);
    assert!(pages(&place, "sums").len() > 3);
}
