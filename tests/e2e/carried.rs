//! A stick in place of a line: between the devices of a team, and to the hub.

use std::fs;

use crate::{
    network::{Network, set},
    program::Program,
};

fn create(node: &Program, file: &str) -> String {
    node.run(&["bundle", "create", file]).ok()
}

#[test]
fn a_stick_carries_entries_between_devices_and_to_the_hub() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    field.run(&["sync", "--once"]).ok();
    let file = |name: &str| {
        let path = network.path(name);
        path.to_str().expect("the path is text").to_owned()
    };

    // No one has a line. The desk saves a value, words for the network and words for the team.
    desk.run(&set("2022-01", "1000")).ok();
    let text = "Example: the path by the river is dark";
    desk.run(&["insight", "add", "--text", text]).ok();
    let first = file("first.weft-bundle");
    create(&desk, &first);
    desk.run(&["bundle", "create", &first])
        .ends_with(2)
        .tells(&["already"]);
    let bytes = fs::read(&first).expect("it was written");
    field
        .run(&["bundle", "apply", &first])
        .ends_with(0)
        .tells(&["2 new entries"]);
    let told = field.run(&["insight", "list"]).ok();
    assert!(told.contains(text), "{told}");
    field
        .run(&["bundle", "apply", &first])
        .ends_with(0)
        .tells(&["nothing new"]);
    // It is not called shared with the hub.
    let waiting = desk.run(&["status", "--json"]).json()["waiting"].clone();
    assert_eq!(waiting, 2);

    // The field adds to it, beside the key that it keeps, and the hub takes all in.
    field.run(&set("2022-02", "1100")).ok();
    let second = file("second.weft-bundle");
    create(&field, &second);
    network
        .hub
        .run(&["bundle", "apply", &second])
        .ends_with(0)
        .tells(&["4 new entries"]);
    let listed = network.hub.run(&["insight", "list"]).ok();
    assert!(!listed.contains(text), "{listed}");
    for node in [&desk, &field] {
        node.run(&["sync", "--once"]).ok();
        let status = node.run(&["status", "--json"]).json();
        assert_eq!(status["waiting"], 0, "{status}");
        node.run(&["verify"]).ok();
    }

    // Damaged, shortened, or of another location: nothing is taken.
    let damaged = file("damaged.weft-bundle");
    fs::write(&damaged, &bytes[..bytes.len() - 9]).expect("it can be written");
    field
        .run(&["bundle", "apply", &damaged])
        .ends_with(2)
        .tells(&["cut short"]);
    let other = network.founded("RT", "other");
    other
        .run(&["bundle", "apply", &first])
        .ends_with(2)
        .tells(&["another location"]);
    let foreign = Network::start();
    foreign
        .hub
        .run(&["bundle", "apply", &first])
        .ends_with(2)
        .tells(&["no location that has joined"]);
}
