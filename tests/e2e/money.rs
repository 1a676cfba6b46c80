//! Money from files to the hub, to its nodes and to another hub, with the built programs.

use std::fs;

use serde_json::Value;

use crate::{
    network::{Network, data},
    program::Program,
};

/// The other locations of the files; the network begins with FN and RT.
const MORE: [&str; 7] = ["EC", "HV", "IN", "OC", "SA", "WR", "WT"];

fn prepare(hub: &Program) {
    for code in MORE {
        hub.run(&[
            "location",
            "add",
            code,
            "--name",
            &format!("Example: {code}"),
        ])
        .ok();
    }
    hub.run(&["outcome", "add", "VAX", "--name", "Example: protected"])
        .ok();
}

fn listed(hub: &Program) -> Vec<Value> {
    let rows = hub.run(&["investment", "list", "--json"]).json();
    rows.as_array().expect("a list").clone()
}

/// Acceptance 1, 2 and 6 of the money of the network.
#[test]
fn money_is_counted_once_and_its_file_comes_back_unchanged() {
    let network = Network::start();
    let hub = &network.hub;
    prepare(hub);
    let funding = data("hfnz-published-funding.csv");
    let first = hub.run(&["investment", "import", &funding]).ok();
    assert!(first.contains("3 new"), "{first}");
    let second = hub.run(&["investment", "import", &funding]).ok();
    assert!(second.contains("0 new, 0 changed, 3 the same"), "{second}");
    assert!(second.contains("cash NZD 40,000,000"), "{second}");
    assert!(!second.contains("46,596,420"), "{second}");
    let node = network.founded("FN", "desk");
    node.run(&["sync", "--once"]).ok();

    // Grants in the form of 360Giving: a person confirms the columns, and no place is guessed.
    let grants = data("grants-360giving-2015.csv");
    let import = ["investment", "import", &grants];
    hub.run(&import)
        .ends_with(3)
        .tells(&["--yes", "Amount Awarded"]);
    let done = hub.run(&[&import[..], &["--yes"]].concat()).ok();
    assert!(done.contains("96 new"), "{done}");
    assert!(done.contains("cash GBP 3,559,858"), "{done}");
    let rows = listed(hub);
    assert_eq!(rows.len(), 99);
    let foreign = rows.iter().filter(|row| row["currency"] == "GBP");
    let placed = foreign.filter(|row| !row["locations"].is_null());
    assert_eq!(placed.count(), 0);

    // A line, out and in again, here and at another hub.
    let line = ["investment", "line", "HFNZ-WT-2014", "--what", "committed"];
    let of = [
        "--period",
        "FY2016",
        "--amount",
        "1200000",
        "--location",
        "WT",
    ];
    hub.run(&[&line[..], &of, &["--outcome", "VAX"]].concat())
        .ok();
    let more = [
        "--period",
        "FY2017",
        "--amount",
        "3500000",
        "--location",
        "WT",
    ];
    hub.run(&[&line[..], &more].concat())
        .ends_with(2)
        .tells(&["4,696,420"]);
    let out = network.path("out.csv");
    let path = out.to_str().expect("text");
    hub.run(&["investment", "export", "--to", path]).ok();
    let again = hub.run(&["investment", "import", path]).ok();
    assert!(again.contains("0 new, 0 changed, 99 the same"), "{again}");
    assert!(again.contains("1 line: 0 new or changed"), "{again}");
    let other = Network::start();
    prepare(&other.hub);
    let taken = other.hub.run(&["investment", "import", path]).ok();
    assert!(taken.contains("99 new"), "{taken}");
    let back = other.path("back.csv");
    let back = back.to_str().expect("text");
    other.hub.run(&["investment", "export", "--to", back]).ok();
    let read = |path: &str| fs::read_to_string(path).expect("it was written");
    assert_eq!(read(back), read(path));
}

/// Acceptance 15: a location states another amount of its contract, and both stand.
#[test]
fn another_amount_for_our_contract_stands_beside_the_hubs() {
    let network = Network::start();
    let hub = &network.hub;
    let stated = |amount: &'static str| {
        let fields = [
            ("--title", "Example: contract"),
            ("--funder", "Example: ministry"),
            ("--kind", "cash"),
            ("--amount", amount),
            ("--from", "2026-07-01"),
            ("--to", "2027-06-30"),
            ("--status", "committed"),
            ("--identifier", "EX-7"),
            ("--source", "Example: letter"),
            ("--locations", "FN"),
        ];
        let fields = fields.into_iter().flat_map(|(name, text)| [name, text]);
        ["investment", "add"]
            .into_iter()
            .chain(fields)
            .collect::<Vec<_>>()
    };
    hub.run(&stated("100000")).ok();
    let node = network.founded("FN", "desk");
    let own = [stated("90000"), vec!["--audience", "network"]].concat();
    node.run(&own).ok();
    node.run(&["sync", "--once"]).ok();
    let found = hub.run(&["investment", "check", "--json"]).json();
    let found = found.as_array().expect("a list");
    let difference = found.iter().find(|one| one["kind"] == "difference");
    let words = difference.expect("they differ")["words"].to_string();
    assert!(
        words.contains("the national team says 100,000, which counts"),
        "{words}"
    );
    assert!(words.contains("FN says 90,000"), "{words}");
    // Neither changed the other's.
    assert_eq!(listed(hub)[0]["amount"], 100_000);
    let own = node.run(&["investment", "list"]).ok();
    assert!(own.contains("Example: contract"), "{own}");
}
