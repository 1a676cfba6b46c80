//! An admin takes back the last entries of a revoked device.

use crate::{
    network::{Network, set},
    program::Program,
};

fn add(node: &Program, name: &str) {
    let words = ["initiative", "add", "--name", name, "--audience", "network"];
    node.run(&words).ok();
}

fn plan(node: &Program) -> String {
    node.run(&["initiative", "list", "--json"])
        .json()
        .to_string()
}

#[test]
fn the_end_of_a_revoked_device_s_log_leaves_hub_and_nodes() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    add(&field, "Example: honest");
    field.run(&["sync", "--once"]).ok();
    desk.run(&["sync", "--once"]).ok();
    add(&desk, "Example: built on it");
    desk.run(&["sync", "--once"]).ok();
    add(&field, "Example: flood");
    field.run(&set("2022-05", "1234")).ok();
    field.run(&["sync", "--once"]).ok();
    let drop = ["device", "drop", "field"];
    desk.run(&drop).ends_with(3).tells(&["not revoked"]);
    desk.run(&["device", "revoke", "field"]).ok();
    assert!(plan(&desk).contains("flood"));

    // A person must confirm, and what others built on stays.
    desk.run(&drop)
        .ends_with(3)
        .tells(&["drops 2 saves of \"field\" (2 to 3)", "--yes"]);
    desk.run(&["device", "drop", "field", "--keep", "0", "--yes"])
        .ends_with(3)
        .tells(&["\"desk\" wrote builds on entry 1"]);
    desk.run(&["device", "drop", "field", "--yes"])
        .ends_with(0)
        .tells(&["2 saves of \"field\" dropped"]);
    let names = plan(&desk);
    assert!(names.contains("honest") && names.contains("built on it"));
    assert!(!names.contains("flood"), "{names}");
    let hub = network.hub.run(&["plan", "list"]).ok();
    assert!(hub.contains("honest") && !hub.contains("flood"), "{hub}");
    let verified = desk.run(&["verify", "--json"]).json();
    assert_eq!(verified["dropped"], 2, "{verified}");
    assert_eq!(verified["exceptions"].as_array().map(Vec::len), Some(0));
    desk.run(&drop)
        .ends_with(3)
        .tells(&["\"desk\" wrote builds on entry 1"]);
    desk.run(&["rebuild"]).ok();
    network.hub.run(&["rebuild"]).ok();
    assert!(!plan(&desk).contains("flood"));

    // A device that joins afterwards gets only the headers.
    let late = network.further(&desk, "late");
    late.run(&["sync", "--once"]).ok();
    assert!(plan(&late).contains("honest") && !plan(&late).contains("flood"));
    assert_eq!(late.run(&["verify", "--json"]).json()["dropped"], 2);
    desk.run(&["doctor"]).ok();
    network.hub.run(&["doctor"]).ok();
}

#[test]
fn what_was_saved_on_something_that_was_dropped_is_said_again() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    let shed = network.further(&desk, "shed");
    add(&field, "Example: flood");
    field.run(&["sync", "--once"]).ok();
    shed.run(&["sync", "--once"]).ok();
    // Saved on top of it, and not shared yet.
    add(&shed, "Example: from the shed");
    desk.run(&["device", "revoke", "field"]).ok();
    desk.run(&["device", "drop", "field", "--yes"]).ok();
    for node in [&shed, &shed, &desk] {
        node.run(&["sync", "--once"]).ok();
    }
    for node in [&shed, &desk] {
        let names = plan(node);
        assert!(names.contains("from the shed"), "{names}");
        assert!(!names.contains("flood"), "{names}");
        let status = node.run(&["status", "--json"]).json();
        assert_eq!((&status["held"], &status["void"]), (&0.into(), &0.into()));
    }
}
