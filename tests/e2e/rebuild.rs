//! Everything derived can be discarded: a rebuild gives the same, byte for byte.

use std::{collections::BTreeMap, fs, path::PathBuf};

use rusqlite::Connection;

use crate::{
    network::{Network, data, set},
    program::Program,
};

/// Makes a network with something of everything in it, and its two devices.
fn filled() -> (Network, Program, Program) {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    let published = data("nz-vaccination-by-territorial-authority.csv");
    desk.run(&["import", "observations", &published, "--own-areas"])
        .ok();
    let plan = [
        "initiative",
        "add",
        "--name",
        "Example: shade",
        "--audience",
        "network",
    ];
    desk.run(&plan).ok();
    field.run(&plan).ok();
    let insight = [
        "insight",
        "add",
        "--text",
        "Example: water first",
        "--audience",
        "network",
    ];
    let consent = ["--consent", "network", "--attribution", "none"];
    field.run(&[&insight[..], &consent].concat()).ok();
    for node in [&desk, &field, &desk] {
        node.run(&["sync", "--once"]).ok();
    }
    // Also two values for one thing.
    desk.run(&set("2023-06", "49461")).ok();
    field.run(&set("2023-06", "49581")).ok();
    for node in [&desk, &field, &desk] {
        node.run(&["sync", "--once"]).ok();
    }
    (network, desk, field)
}

/// Returns a rebuild's report.
fn rebuild(program: &Program) -> serde_json::Value {
    program.run(&["rebuild", "--json"]).json()
}

/// Returns every exported file with its bytes, except for the time of the export and Automerge's
/// own saves, which depend on the order of arrival.
fn exported(network: &Network, node: &Program, turn: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for format in ["csv", "json", "automerge"] {
        let to = network.path(&format!("{turn}-{format}"));
        let text = to.to_str().expect("the path is text");
        node.run(&["export", "--to", text, "--format", format]).ok();
        let mut folders = vec![to.clone()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).expect("a folder").flatten() {
                let path = path.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = fs::read(&path).expect("a file");
                let text = String::from_utf8_lossy(&bytes);
                let lines = text
                    .lines()
                    .filter(|line| !line.to_lowercase().contains("exported"));
                let kept = lines.collect::<Vec<_>>().join("\n").into_bytes();
                let name = path.strip_prefix(&to).expect("below").to_owned();
                if name.extension().is_none_or(|kind| kind != "automerge") {
                    all.insert(PathBuf::from(format).join(name), kept);
                }
            }
        }
    }
    assert!(all.len() > 8, "{:?}", all.keys());
    all
}

#[test]
fn a_rebuilt_node_is_the_same_byte_by_byte() {
    let (network, desk, field) = filled();
    let before = exported(&network, &desk, "before");
    let lists = || ["history", "conflicts"].map(|list| desk.run(&[list, "--json"]).ok());
    let listed = lists();
    let first = rebuild(&desk);
    assert_eq!(exported(&network, &desk, "after"), before);
    assert_eq!(lists(), listed);
    let running = desk.start(&["--http", "127.0.0.1:0"], 1);
    assert_eq!(rebuild(&desk), first, "while it runs");
    drop(running);
    // Derived state is not trusted: if it is damaged, it is derived again from what is signed.
    let db = Connection::open(desk.folder.join("node.db")).expect("a database");
    db.execute_batch("DELETE FROM snapshots; DELETE FROM touch; DELETE FROM run;")
        .expect("derived tables");
    drop(db);
    assert_eq!(
        rebuild(&desk),
        first,
        "after its derived tables were emptied"
    );
    assert_eq!(exported(&network, &desk, "spoilt"), before);
    assert_eq!(lists(), listed);
    // The other device has the same documents from the same entries in another order.
    assert_eq!(rebuild(&field)["dump_sha256"], first["dump_sha256"]);
    desk.run(&["verify"]).ok();
    desk.run(&["sync", "--once"]).ok();
}

#[test]
fn a_rebuilt_hub_is_the_same_byte_by_byte() {
    let (mut network, desk, _) = filled();
    let hub = network.hub.clone();
    let read = || {
        let rollup = hub
            .run(&["rollup", "--level", "all", "--format", "csv"])
            .ok();
        let lists = [["plan", "list", "--json"], ["insight", "list", "--json"]];
        let lists = lists.map(|list| hub.run(&list).ok());
        let explain = [
            "rollup",
            "explain",
            "VAX_PRIMARY",
            "--period",
            "2023-06",
            "--json",
        ];
        (rollup, lists, hub.run(&explain).ok())
    };
    let before = read();
    assert!(before.0.lines().count() > 20, "{}", before.0);
    let first = rebuild(&hub);
    assert!(first["facts"].as_u64() > Some(20), "{first}");
    assert_eq!(read(), before, "while it runs");
    assert_eq!(rebuild(&hub), first);
    network.kill_hub();
    assert_eq!(rebuild(&hub), first, "while it does not run");
    assert_eq!(read(), before);
    let db = Connection::open(hub.folder.join("hub.db")).expect("a database");
    db.execute_batch(
        "UPDATE facts SET numerator = 1, entry = NULL
         WHERE period = (SELECT max(period) FROM slices);
         DELETE FROM facts WHERE period = (SELECT min(period) FROM slices);
         UPDATE series SET facts = 0; DELETE FROM snapshots; DELETE FROM records;",
    )
    .expect("derived tables");
    drop(db);
    assert_eq!(rebuild(&hub), first, "after its derived tables were spoilt");
    assert_eq!(read(), before);
    network.start_hub();
    assert_eq!(read(), before, "after a restart");
    desk.run(&["sync", "--once"]).ok();
    hub.run(&["doctor"]).ok();
}
