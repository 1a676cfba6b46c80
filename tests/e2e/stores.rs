//! Stores that this version cannot use: damaged, emptied, missing, or from a newer version. Each is
//! reported with what to do, and left byte for byte as it was. Damage to derived state alone is
//! repaired.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{network::Network, program::Program};

/// Returns every file of a store with its bytes.
fn store(folder: &Path, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).expect("a data directory").flatten();
    let files = files.map(|file| file.path());
    files
        .filter(|path| path.to_string_lossy().contains(name))
        .map(|path| (path.clone(), fs::read(path).expect("a file")))
        .collect()
}

/// Returns both programs at rest, hub and node, with something in their stores.
fn at_rest() -> (Network, Program) {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    network.kill_hub();
    // Move what the kill left in the write-ahead logs into the stores, so that these are complete.
    into_one_file(&network.hub.folder.join("hub.db"));
    into_one_file(&node.folder.join("node.db"));
    (network, node)
}

fn into_one_file(store: &Path) {
    let db = Connection::open(store).expect("a database");
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy: i64 = db
        .query_row(checkpoint, [], |row| row.get(0))
        .expect("the store can be read");
    assert_eq!(busy, 0, "no one else has it open");
}

/// Replaces the store with a copy that has one overwritten page.
fn put_holed(store: &Path, whole: &[u8], page: usize) {
    let mut holed = whole.to_vec();
    holed[page..page + PAGE_BYTES].fill(0xa5);
    fs::write(store, holed).expect("it can be written");
    for log in ["db-wal", "db-shm"] {
        // Only a program that was killed leaves these files.
        let _none = fs::remove_file(store.with_extension(log));
    }
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let (network, node) = at_rest();
    for (program, name) in [(&network.hub, "hub.db"), (&node, "node.db")] {
        let path = program.folder.join(name);
        let version = |by: i64| {
            let db = Connection::open(&path).expect("a database");
            let version: i64 = db
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .expect("a version");
            db.pragma_update(None, "user_version", version + by)
                .expect("the store can be written");
        };
        version(1);
        let before = store(&program.folder, name);
        for command in ["status", "doctor", "rebuild", "run"] {
            program.run(&[command]).ends_with(1).tells(&[
                name,
                "newer version",
                "install",
                "nothing was changed",
            ]);
        }
        assert_eq!(store(&program.folder, name), before, "{name}");
        version(-1);
        program.run(&["status"]).ok();
    }
}

#[test]
fn a_data_directory_of_a_newer_layout_is_left_alone() {
    let (network, node) = at_rest();
    for (program, name) in [(&network.hub, "weft-hub"), (&node, "weft-node")] {
        let version = program.folder.join("version");
        let before = fs::read(&version).expect("a version");
        fs::write(&version, format!("{name} 99\n")).expect("it can be written");
        for command in ["status", "run"] {
            let told = ["version 99", "newer", "install", "nothing was changed"];
            program.run(&[command]).ends_with(1).tells(&told);
        }
        fs::write(&version, before).expect("it can be written");
        program.run(&["status"]).ok();
    }
}

#[test]
fn a_damaged_store_is_told_and_not_made_worse() {
    let (network, node) = at_rest();
    for (program, name, signed) in [
        (&network.hub, "hub.db", "entries"),
        (&node, "node.db", "entries"),
    ] {
        let path = program.folder.join(name);
        let whole = fs::read(&path).expect("the store");
        let mut holed = whole.clone();
        let page = pages(&path, signed)[0];
        holed[page..page + PAGE_BYTES].fill(0xa5);
        for (what, bytes) in [
            ("cut", whole[..whole.len() / 3].to_vec()),
            ("cut inside its header", whole[..50].to_vec()),
            ("emptied", Vec::new()),
            ("garbage", vec![0x5a; whole.len()]),
            ("garbage in its entries", holed),
        ] {
            fs::write(&path, &bytes).expect("it can be written");
            for command in ["status", "run"] {
                let told = program.run(&[command]);
                assert_eq!(told.code, 1, "{name} {what}, {command}: {told:?}");
                told.tells(&[name, "damaged", "backup"]);
            }
            let now = fs::read(&path).expect("the store");
            assert!(now == bytes, "{name} {what}: left as it was");
        }
        fs::remove_file(&path).expect("it can be removed");
        program
            .run(&["status"])
            .ends_with(1)
            .tells(&[name, "missing", "backup"]);
        assert!(!path.exists(), "{name}: no empty one in its place");
        fs::write(&path, &whole).expect("it can be written");
        program.run(&["status"]).ok();
    }
}

/// Returns the offsets of a table's pages in the file, its root first.
fn pages(store: &Path, table: &str) -> Vec<usize> {
    let db = Connection::open(store).expect("a database");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?";
    let place = |page: usize| (page - 1) * PAGE_BYTES;
    let root = db.query_row(root, [table], |row| row.get(0));
    let mut pages = vec![place(root.expect("the table is there"))];
    let bytes = fs::read(store).expect("the store");
    let mut at = 0;
    while let Some(page) = pages.get(at) {
        let page = &bytes[*page..][..PAGE_BYTES];
        let short = |at: usize| usize::from(u16::from_be_bytes([page[at], page[at + 1]]));
        let child = |at: usize| place(short(at) << 16 | short(at + 2));
        // The inner pages of an index and of a table, in SQLite's file format.
        if [2, 5].contains(&page[0]) {
            pages.extend((0..short(3)).map(|cell| child(short(12 + 2 * cell))));
            pages.push(child(8));
        }
        at += 1;
    }
    pages
}

const PAGE_BYTES: usize = 4096;

/// Damages each page of these derived tables in turn; a rebuild makes the same of the entries each
/// time.
fn each_page_is_made_again(program: &Program, name: &str, tables: &[&str]) {
    let path = program.folder.join(name);
    let first = program.run(&["rebuild", "--json"]).json();
    into_one_file(&path);
    let whole = fs::read(&path).expect("the store");
    // Tables that are made again stand on other pages.
    let places: Vec<_> = tables.iter().map(|table| pages(&path, table)).collect();
    for (table, places) in tables.iter().zip(&places) {
        for page in places {
            put_holed(&path, &whole, *page);
            let again = program.run(&["rebuild", "--json"]).json();
            assert_eq!(again["dumps"], first["dumps"], "{table}, page at {page}");
        }
    }
}

/// Damages a page of a derived table; whichever of these commands comes first mends it.
fn any_command_mends(program: &Program, name: &str, table: &str, commands: &[&[&str]]) {
    let path = program.folder.join(name);
    let whole = fs::read(&path).expect("the store");
    let page = pages(&path, table)[0];
    for command in commands {
        put_holed(&path, &whole, page);
        for command in [command, &["doctor"][..]] {
            // The doctor of the hub says that it does not run.
            let said = program.run(command);
            assert!([0, 3].contains(&said.code), "{command:?}: {said:?}");
        }
        let doctor = program.run(&["doctor", "--json"]).out;
        assert!(!doctor.contains("damaged"), "{doctor}");
    }
}

#[test]
fn damaged_pages_of_derived_tables_are_made_again_at_the_hub() {
    let (network, _node) = at_rest();
    let tables = [
        "records",
        "quarantine",
        "folded",
        "series",
        "slices",
        "forms",
    ];
    each_page_is_made_again(&network.hub, "hub.db", &tables);
}

#[test]
fn damaged_pages_of_derived_documents_and_facts_are_made_again_at_the_hub() {
    let (network, _node) = at_rest();
    let tables = ["snapshots", "facts", "places", "year_documents"];
    each_page_is_made_again(&network.hub, "hub.db", &tables);
}

#[test]
fn damaged_pages_of_derived_tables_are_made_again_at_a_node() {
    let (_network, node) = at_rest();
    let tables = ["snapshots", "run", "touch", "quarantine"];
    each_page_is_made_again(&node, "node.db", &tables);
}

#[test]
fn damaged_pages_of_derived_tables_are_made_again_by_any_command_of_the_hub() {
    let (network, _node) = at_rest();
    let commands: &[&[&str]] = &[
        &["status"],
        &["doctor"],
        &["device", "list"],
        &["plan", "list"],
    ];
    any_command_mends(&network.hub, "hub.db", "snapshots", commands);
}

#[test]
fn damaged_pages_of_derived_tables_are_made_again_by_any_command_of_a_node() {
    let (mut network, node) = at_rest();
    // A node's doctor looks for its hub, and would wait ten seconds for one that is gone.
    network.start_hub();
    let export = tempfile::tempdir().expect("a folder can be made");
    let export = export.path().join("all");
    let export = export.to_str().expect("the path is text");
    let commands: &[&[&str]] = &[
        &["status"],
        &["doctor"],
        &["device", "list"],
        &["verify"],
        &["export", "--to", export],
    ];
    any_command_mends(&node, "node.db", "snapshots", commands);
}

#[test]
fn one_program_does_not_open_the_directory_of_another() {
    let (network, node) = at_rest();
    let hub = Program::hub(&node.folder);
    hub.run(&["status"])
        .ends_with(1)
        .tells(&["weft-node", "--data-dir"]);
    let wrong = Program::node(&network.hub.folder);
    wrong
        .run(&["status"])
        .ends_with(1)
        .tells(&["weft-hub", "--data-dir"]);
    network.hub.run(&["status"]).ok();
    node.run(&["status"]).ok();
}

#[test]
fn damaged_keys_are_named_and_left_alone() {
    let (network, node) = at_rest();
    let keys = |folder: &Path| {
        let files = fs::read_dir(folder).expect("a data directory").flatten();
        let files = files.map(|file| file.path());
        let files = files.filter(|path| path.extension().is_some_and(|kind| kind == "key"));
        files.collect::<Vec<_>>()
    };
    for program in [&network.hub, &node] {
        let found = keys(&program.folder);
        assert!(!found.is_empty(), "{:?}", program.folder);
        for key in found {
            let name = key
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a name");
            let whole = fs::read(&key).expect("a key");
            fs::write(&key, &whole[..whole.len() / 2]).expect("it can be written");
            program
                .run(&["status"])
                .ends_with(1)
                .tells(&[name, "damaged", "backup"]);
            assert_eq!(fs::read(&key).expect("a key"), whole[..whole.len() / 2]);
            fs::remove_file(&key).expect("it can be removed");
            program
                .run(&["status"])
                .ends_with(1)
                .tells(&[name, "backup"]);
            assert!(!key.exists(), "no new one in its place");
            fs::write(&key, &whole).expect("it can be written");
        }
        program.run(&["status"]).ok();
    }
}
