//! Quotes of records that locations let each other see, with the built programs.

use crate::{network::Network, program::Program};

/// Tries until something is so; a quote follows within seconds.
pub(crate) fn soon(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..60 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    panic!("{what} within 30 seconds");
}

fn others(node: &Program) -> String {
    node.run(&["sync", "--once"]).ok();
    let column = node.run(&["line-of-sight", "--json"]).json();
    let outcomes = column["outcomes"].as_array().expect("a list").iter();
    outcomes.map(|row| row["others"].to_string()).collect()
}

#[test]
fn a_quote_is_gone_after_a_sync_once_peers_is_cleared() {
    let network = Network::start();
    let hub = &network.hub;
    hub.run(&["outcome", "add", "VAX", "--name", "Example: protected"])
        .ok();
    let far_north = network.founded("FN", "desk");
    let rotorua = network.founded("RT", "rotorua");
    let node = |words: &[&str]| far_north.run(words).ok();
    let add = ["outcome", "add", "--name", "Example: safe", "--shared"];
    let outcome = node(&[&add[..], &["VAX", "--audience", "network"]].concat());
    let add = ["initiative", "add", "--name", "Example: clinics", "--peers"];
    let of = ["yes", "--outcomes", &outcome, "--audience", "network"];
    let initiative = node(&[&add[..], &of].concat());
    node(&["sync", "--once"]);
    soon("the other location sees it", || {
        others(&rotorua).contains("Example: clinics")
    });
    node(&["sync", "--once"]);
    node(&["verify"]);
    node(&["initiative", "edit", &initiative, "--peers", ""]);
    node(&["sync", "--once"]);
    soon("the quote is gone", || {
        !others(&rotorua).contains("Example: clinics")
    });
}
