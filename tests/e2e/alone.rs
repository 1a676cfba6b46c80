//! A computer that starts alone, and joins a network later with what it has.

use std::fs;

use crate::{
    network::Network,
    program::{Program, files},
};

const NAME: [&str; 2] = ["--device-name", "Front desk laptop"];

/// Adds an initiative and an insight for this audience.
fn write(node: &Program, said: &str, audience: &str) {
    let for_it = ["--audience", audience];
    let plan = ["initiative", "add", "--name", said];
    node.run(&[&plan[..], &for_it].concat()).ok();
    let insight = ["insight", "add", "--text", said, "--consent", audience];
    let unnamed = ["--attribution", "none"];
    node.run(&[&insight[..], &unnamed, &for_it].concat()).ok();
}

#[test]
fn a_location_begins_alone_and_its_records_come_along_to_a_network() {
    let network = Network::start();
    let node = network.node("desk");
    let words = network.path("words.txt");
    let recovery = ["--recovery-file", words.to_str().expect("the path is text")];
    let start = [&["start-alone"][..], &NAME, &recovery].concat();
    let told = [
        "works alone",
        "plan and insights",
        "nothing is sent",
        "weft-node join line",
    ];
    node.run(&start).ends_with(0).tells(&told);
    let kept = fs::read_to_string(&words).expect("the words were written");
    assert_eq!(kept.split_whitespace().count(), 24);
    node.run(&start)
        .ends_with(3)
        .tells(&["begun on this computer already"]);

    write(&node, "Example: for the network", "network");
    write(&node, "Example: for the team", "team");
    // Commands that need a network are refused in words, with the next step.
    for needs in [
        &["sync", "--once"][..],
        &["indicator", "list"],
        &["device", "invite"],
        &["report", "--for", "board", "--period", "2026", "--to", "x"],
    ] {
        let told = ["works alone", "weft-node join line", "what is here stays"];
        node.run(needs).ends_with(3).tells(&told);
    }
    let status = node.run(&["status", "--json"]).json();
    assert_eq!(status["alone"], true, "{status}");
    assert_eq!(status["hub"], serde_json::Value::Null, "{status}");
    assert!(!files(&node).contains(&"founding".to_owned()));

    // It restarts, and a page that serves it hands a command to join no further.
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    let invite = network.invite("FN");
    let told = ["its page is open", "join a network"];
    node.run(&["join", &invite]).ends_with(3).tells(&told);
    let told = running.stop();
    assert!(
        told.contains("Your work is saved on this computer."),
        "{told}"
    );
    let initiatives = node.run(&["initiative", "list"]).ok();
    assert!(initiatives.contains("for the team"), "{initiatives}");

    // The invite founds the same location. The hub has what is for the network, and no more.
    let said = node.run(&["join", &invite]).ends_with(0);
    let said = said.tells(&[
        "about to join healthy families nz, run by example operator, as location fn",
        "come along",
        "first exchange with the hub is done",
    ]);
    network.confirm("FN", &said.ok());
    let insights = network.hub.run(&["insight", "list"]).ok();
    assert!(insights.contains("for the network"), "{insights}");
    assert!(!insights.contains("for the team"), "{insights}");
    let colleague = network.further(&node, "field");
    colleague.run(&["sync", "--once"]).ok();
    let there = colleague.run(&["initiative", "list"]).ok();
    assert!(there.contains("for the network"), "{there}");
    assert!(there.contains("for the team"), "{there}");
    let own = node.run(&["insight", "list"]).ok();
    assert!(own.contains("for the team"), "{own}");
    let after = node.run(&["status", "--json"]).json();
    assert_eq!(after["alone"], false, "{after}");
    assert_eq!(after["location_id"], status["location_id"]);
    assert_eq!(after["device"], status["device"]);
    node.run(&["indicator", "list"]).ok();
}

#[test]
fn a_refusal_leaves_a_computer_alone_with_all_that_it_has() {
    let network = Network::start();
    let steward = network.founded("FN", "far-north");
    let node = network.node("desk");
    let words = network.path("words.txt");
    let recovery = ["--recovery-file", words.to_str().expect("the path is text")];
    node.run(&[&["start-alone"][..], &NAME, &recovery].concat())
        .ok();
    write(&node, "Example: ours", "network");
    // A device invite is for another location.
    let further = steward.run(&["device", "invite"]).ok();
    node.run(&["join", &further])
        .ends_with(3)
        .tells(&["further device", "nothing was changed"]);
    // Of an invite that was revoked, the hub says so.
    let revoked = network.invite("RT");
    network.hub.run(&["invite", "revoke", "RT"]).ok();
    node.run(&["join", &revoked])
        .ends_with(21)
        .tells(&["works alone as before", "nothing of it is lost"]);
    let own = node.run(&["insight", "list"]).ok();
    assert!(own.contains("Example: ours"), "{own}");
    // A new one admits it.
    let said = node.run(&["join", &network.invite("RT")]).ok();
    network.confirm("RT", &said);
    let insights = network.hub.run(&["insight", "list"]).ok();
    assert!(insights.contains("Example: ours"), "{insights}");
}
