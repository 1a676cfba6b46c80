//! A store always opens, whatever it holds, and every command that a person needs then works. Shown
//! on the golden stores in `tests/golden/stores`; their README describes the contents.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use serde_json::Value;
use weft_shared::id::{BlobHash, sha256};

use crate::program::Program;

/// Memory that a program may map, in KiB: far more than any store here needs, and less than one of
/// its entries claims.
const MEMORY_KIB_MAX: u32 = 6_000_000;

fn stores() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/stores")
}

/// Copies a golden store, as its program left it.
fn unpack(name: &str, to: &Path) -> PathBuf {
    let folder = to.join(name);
    fs::create_dir(&folder).expect("a folder can be made");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("the folder is ours");
    for file in fs::read_dir(stores().join(name)).expect("the store is there") {
        let file = file.expect("a folder can be listed").path();
        let bytes = fs::read(&file).expect("a file can be read");
        let packed = file.extension().is_some_and(|kind| kind == "zst");
        let (path, bytes) = if packed {
            let bytes = zstd::decode_all(bytes.as_slice()).expect("it was packed with zstd");
            (folder.join(file.file_stem().expect("it has a name")), bytes)
        } else {
            (folder.join(file.file_name().expect("it has a name")), bytes)
        };
        fs::write(&path, bytes).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    }
    folder
}

fn limited(program: Program) -> Program {
    let script = format!("ulimit -v {MEMORY_KIB_MAX} && exec \"$0\" \"$@\"");
    program.started_by(&["sh".to_owned(), "-c".to_owned(), script])
}

/// Returns the hash of each document's canonical dump before anything changed.
fn golden(name: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(stores().join(format!("{name}.dump"))).expect("a dump");
    let lines = text.lines().map(|line| {
        let (place, dump) = line.split_once('\t').expect("a place and a dump");
        let place = place.strip_prefix("document ").expect("a document");
        let hash = BlobHash::new(sha256("", &[dump.as_bytes()]));
        (place.to_owned(), hash.to_string())
    });
    lines.collect()
}

fn dumps(rebuilt: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let all = rebuilt["dumps"].as_array().expect("dumps").iter();
    let all = all.map(|one| {
        let place = format!("{} {}", text(&one["location"]), text(&one["document"]));
        (place, text(&one["sha256"]))
    });
    all.collect()
}

#[test]
fn the_golden_hub_opens_with_equal_dumps() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let hub = limited(Program::hub(&unpack("hub", folder.path())));
    for command in [&["status"][..], &["doctor"], &["device", "list"]] {
        hub.run(command).ok();
    }
    let doctor = hub.run(&["doctor"]).ok();
    let doctor = doctor.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(doctor.contains("FN device 3 entry 8"), "named: {doctor}");
    let rebuilt = hub.run(&["rebuild", "--json"]).json();
    assert_eq!(dumps(&rebuilt), golden("hub"));
    let status = hub.run(&["status", "--json"]).json();
    assert_eq!(
        (&status["held"], &status["quarantined"]),
        (&1.into(), &2.into())
    );
    assert!(status["newer"].as_u64() >= Some(1), "{status}");
    let figures = hub
        .run(&["rollup", "--level", "all", "--format", "csv"])
        .ok();
    assert!(figures.lines().count() > 10, "{figures}");
    let again = hub.run(&["rebuild", "--json"]).json();
    assert_eq!(again, rebuilt);
}

#[test]
fn golden_nodes_open_with_equal_dumps() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for name in ["desk", "field", "rotorua"] {
        let node = limited(Program::node(&unpack(name, folder.path())));
        node.run(&["status"]).ok();
        node.run(&["device", "list"]).ok();
        // No hub answers here, and the field device is revoked: the doctor reports both.
        let doctor = node.run(&["doctor"]);
        assert!([0, 3].contains(&doctor.code), "{doctor:?}");
        node.run(&["verify"]).ok();
        for format in ["csv", "json", "automerge"] {
            let to = folder.path().join(format!("{name}-{format}"));
            let to = to.to_str().expect("the path is text");
            node.run(&["export", "--to", to, "--format", format]).ok();
        }
        let export = folder.path().join(format!("{name}-automerge"));
        let from = export.to_str().expect("the path is text");
        fs::write(export.join("note.txt"), "beside it").expect("a file can be written");
        let whole = node.run(&["verify", "--from", from, "--json"]).json();
        let others = [
            "README.txt",
            "location/team.automerge",
            "manifest.json",
            "note.txt",
        ];
        for other in others.iter().filter(|other| export.join(other).exists()) {
            let named = whole["not_covered"].as_array().expect("a list");
            assert!(named.iter().any(|one| one == other), "{other}: {whole}");
        }
        let network = export.join("hub/network.json");
        let text = fs::read_to_string(&network).expect("a dump");
        fs::write(
            &network,
            text.replace("Example operator", "Example: another"),
        )
        .expect("a file can be written");
        let damaged = node.run(&["verify", "--from", from]).ends_with(1);
        assert!(damaged.out.contains("hub/network.json"), "{damaged:?}");
        let rebuilt = node.run(&["rebuild", "--json"]).json();
        assert_eq!(dumps(&rebuilt), golden(name), "{name}");
    }
}

#[test]
fn a_move_to_the_present_form_is_whole_or_did_not_happen() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, file, table) in [("hub", "hub.db", "logs"), ("desk", "node.db", "entry")] {
        let path = unpack(name, folder.path());
        let program = match name {
            "hub" => Program::hub(&path),
            _ => Program::node(&path),
        };
        let db = Connection::open(path.join(file)).expect("a database");
        let schema = || -> (i64, String) {
            let sql = "SELECT user_version, (SELECT group_concat(sql) FROM sqlite_schema)
                       FROM pragma_user_version";
            let schema = db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
            schema.expect("a schema")
        };
        let rows = format!("SELECT count(*) FROM {table}");
        let rows = || -> i64 { db.query_row(&rows, [], |row| row.get(0)).expect("a count") };
        // The last step cannot be taken: the name of something that it makes is taken.
        let last = "CREATE INDEX blobs_hash ON meta (value)";
        let sql = if name == "hub" {
            last
        } else {
            "CREATE TABLE blobs (blob INTEGER)"
        };
        db.execute_batch(sql).expect("the name is free");
        let before = (schema(), rows());
        assert!(before.1 > 3);
        program.run(&["status"]).ends_with(1);
        assert_eq!(
            (schema(), rows()),
            before,
            "{name}: nothing was done by halves"
        );
        let sql = if name == "hub" {
            "DROP INDEX blobs_hash"
        } else {
            "DROP TABLE blobs"
        };
        db.execute_batch(sql).expect("it was made above");
        program.run(&["status"]).ok();
        assert!(schema().0 > before.0.0);
    }
}

#[test]
fn a_device_of_a_golden_location_is_revoked() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let hub = limited(Program::hub(&unpack("hub", folder.path())));
    let running = hub.start(&["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"], 2);
    let address = running.line("sync ").to_owned();
    let nodes = ["desk", "rotorua"].map(|name| {
        let path = unpack(name, folder.path());
        let db = Connection::open(path.join("node.db")).expect("a database");
        let sql = "UPDATE setting SET value = ?1 WHERE key = 'hub_address'";
        db.execute(sql, [&address]).expect("the hub moved");
        limited(Program::node(&path))
    });
    let [desk, rotorua] = nodes;
    desk.run(&["device", "revoke", "tablet"]).ok();
    desk.run(&["sync", "--once"]);
    rotorua.run(&["sync", "--once"]).ok();
    let devices = hub.run(&["device", "list", "--json"]).json();
    let tablet = devices.as_array().expect("a list").iter();
    let mut tablet = tablet.filter(|one| one["name"] == "tablet");
    assert_eq!(tablet.next().expect("the tablet")["state"], "revoked");
    hub.run(&["doctor"]).ok();
}

#[test]
fn derived_state_that_cannot_be_read_is_made_again() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let hub = Program::hub(&unpack("hub", folder.path()));
    let node = Program::node(&unpack("desk", folder.path()));
    let first = [&hub, &node].map(|one| one.run(&["rebuild", "--json"]).json());
    let figures = hub
        .run(&["rollup", "--level", "all", "--format", "csv"])
        .ok();
    let listed = node.run(&["observation", "list", "--json"]).ok();
    for spoilt in [
        "UPDATE snapshots SET bytes = x'85'",
        "UPDATE series SET breakdown = '?' || breakdown",
        "UPDATE places SET area = '?' WHERE place = 1",
        "UPDATE facts SET numerator = '?'",
        "DROP TABLE facts",
        "DROP TABLE folded",
        "UPDATE meta SET value = x'30' WHERE key = 'derived_version'",
    ] {
        let db = Connection::open(hub.folder.join("hub.db")).expect("a database");
        db.execute_batch(spoilt).expect("derived tables");
        drop(db);
        hub.run(&["status"]).ok();
        hub.run(&["doctor"]).ok();
        let now = hub.run(&["rebuild", "--json"]).json();
        assert_eq!(now, first[0], "{spoilt}");
        assert_eq!(
            hub.run(&["rollup", "--level", "all", "--format", "csv"])
                .ok(),
            figures
        );
    }
    for spoilt in [
        "UPDATE snapshots SET bytes = x'85'",
        "UPDATE snapshots SET reached = x'85'",
        "DROP TABLE snapshots",
        "DROP TABLE quarantine; DROP TABLE run",
        "UPDATE setting SET value = '0' WHERE key = 'derived_version'",
    ] {
        let db = Connection::open(node.folder.join("node.db")).expect("a database");
        db.execute_batch(spoilt).expect("derived tables");
        drop(db);
        node.run(&["status"]).ok();
        assert_eq!(node.run(&["observation", "list", "--json"]).ok(), listed);
        let now = node.run(&["rebuild", "--json"]).json();
        assert_eq!(now["dumps"], first[1]["dumps"], "{spoilt}");
    }
}
