//! A hub without space for a location, as the people at its nodes see it.

use rusqlite::Connection;

use crate::network::{Network, set};

/// Pretends that the location's first log holds this many bytes at the hub, which is stopped.
fn fill(network: &Network, bytes: u64) {
    let hub = Connection::open(network.hub.folder.join("hub.db")).expect("the store opens");
    hub.execute(
        "UPDATE logs SET body_bytes = ?1 WHERE lix = 2 AND dix = 1",
        [bytes],
    )
    .expect("the store can be written");
}

#[test]
fn what_the_hub_did_not_take_is_said_plainly_and_again() {
    let mut network = Network::start();
    let desk = network.founded("FN", "desk");
    desk.run(&["sync", "--once"]).ok();
    network.kill_hub();
    desk.run(&set("2022-02", "1001")).ok();
    fill(&network, 250 << 20);
    network.start_hub();
    desk.run(&["sync", "--once"])
        .ends_with(3)
        .tells(&["did not take what 1 save", "no one else has it"]);
    let status = desk.run(&["status"]).ok();
    assert!(
        status.lines().any(|line| line.starts_with("not taken")),
        "{status}"
    );
    desk.run(&set("2022-03", "1002")).ends_with(3).tells(&[
        "nothing was saved",
        "no room for it",
        "device drop",
    ]);
    desk.run(&["doctor"]).ends_with(3);
    desk.run(&["sync", "--once"]).ends_with(3);

    network.kill_hub();
    fill(&network, 1 << 20);
    network.start_hub();
    desk.run(&["sync", "--once"]).ok();
    desk.run(&set("2022-03", "1002")).ok();
    desk.run(&["sync", "--once"]).ok();
    let rollup = format!("{:?}", network.rollup());
    assert!(
        rollup.contains("1001") && rollup.contains("1002"),
        "{rollup}"
    );
    assert_eq!(desk.run(&["status", "--json"]).json()["void"], 0);
}
