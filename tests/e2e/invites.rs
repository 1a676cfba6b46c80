//! Expired invites have their own message, and nothing is begun or lost.

use std::{thread, time::Duration};

use serde_json::Value;

use crate::{network::Network, program::files};

/// Longer than the invites below are valid.
const LONG_ENOUGH: Duration = Duration::from_millis(2_200);

#[test]
fn an_expired_founding_invite_begins_nothing() {
    let network = Network::start();
    let create = ["invite", "create", "FN", "--expires", "2s"];
    let old = network.hub.run(&create).ok();
    thread::sleep(LONG_ENOUGH);
    let list = network.hub.run(&["invite", "list", "--json"]).json();
    assert_eq!(list[0]["state"], "expired", "{list}");
    let words = network.path("words.txt");
    let recovery = words.to_str().expect("the path is text");
    let node = network.node("desk");
    node.run(&["join", &old, "--recovery-file", recovery])
        .ends_with(3)
        .tells(&["expired", "ask for a new invite", "clock"]);
    assert!(!words.exists(), "no recovery words of a root that is none");
    assert!(files(&node).is_empty(), "nothing was begun");
    let locations = network.hub.run(&["location", "list", "--json"]).json();
    assert!(
        !locations.to_string().contains("unconfirmed"),
        "{locations}"
    );
    let new = network.invite("FN");
    node.run(&["join", &new, "--recovery-file", recovery]).ok();
}

#[test]
fn an_expired_device_invite_admits_nobody() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let invite = desk.run(&["device", "invite", "--expires", "2s"]).ok();
    thread::sleep(LONG_ENOUGH);
    let field = network.node("field");
    field
        .run(&["join", &invite, "--device-name", "Field"])
        .ends_with(3)
        .tells(&["expired", "ask for a new invite", "clock"]);
    assert!(files(&field).is_empty(), "nothing was begun");
    let devices = || desk.run(&["device", "list", "--json"]).json();
    assert_eq!(devices().as_array().map(Vec::len), Some(1));
    let invite = desk.run(&["device", "invite"]).ok();
    field.run(&["join", &invite, "--device-name", "Field"]).ok();
    desk.run(&["sync", "--once"]).ok();
    assert_eq!(devices()[1]["name"], "Field");
}

#[test]
fn a_device_invite_that_was_used_leaves_nothing() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let invite = desk.run(&["device", "invite"]).ok();
    let join = |name: &str| network.node(name).run(&["join", &invite]);
    join("first").ok();
    join("second").ends_with(21).tells(&[
        "nothing of this attempt is left",
        "this device's key was deleted",
    ]);
    assert_eq!(files(&network.node("second")), ["lock"]);
}

#[test]
fn a_length_of_time_has_a_unit_and_an_end() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let create = |expires| {
        network
            .hub
            .run(&["invite", "create", "RT", "--expires", expires])
    };
    let invite = |expires| desk.run(&["device", "invite", "--expires", expires]);
    for wrong in ["8d", "169h", "8", "0s", "soon", "-1d"] {
        create(wrong).ends_with(2);
        invite(wrong).ends_with(2);
    }
    for right in ["30s", "5m", "12h", "7d", "7"] {
        create(right).ok();
        invite(right).ok();
    }
    for help in [
        &network.hub.run(&["invite", "create", "--help"]),
        &desk.run(&["device", "invite", "--help"]),
    ] {
        assert!(help.out.contains("30s"), "{}", help.out);
    }
    let list = network.hub.run(&["invite", "list", "--json"]).json();
    let open = |row: &&Value| row["code"] == "RT";
    assert_eq!(
        list.as_array().expect("a list").iter().filter(open).count(),
        5
    );
}
