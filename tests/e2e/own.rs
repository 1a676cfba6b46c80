//! Indicators of a location's own: from one device to its hub and to a colleague's, and into no
//! figure of the network.

use crate::network::{Network, set};

const DEFINE: [&str; 18] = [
    "indicator",
    "define",
    "FN_SWIM",
    "--name",
    "Example: children who can swim",
    "--type",
    "proportion",
    "--unit",
    "children",
    "--numerator",
    "children who swam 25 m",
    "--denominator",
    "children who were asked",
    "--period",
    "month",
    "--direction",
    "up",
    "--audience",
];

#[test]
fn a_locations_own_indicator_travels_and_is_counted_nowhere() {
    let network = Network::start();
    let steward = network.founded("FN", "far-north");
    let before = network.hub.run(&["rollup", "--format", "csv"]).ok();
    steward.run(&[&DEFINE[..], &["network"]].concat()).ok();
    let swum = "observation set FN_SWIM --area FAR_NORTH --period 2023-01 --numerator 4321 \
                --denominator 8642";
    let swum: Vec<&str> = swum.split_whitespace().collect();
    steward.run(&swum).ok();
    steward.run(&["sync", "--once"]).ok();
    // The hub holds it, and says so nowhere among figures.
    let after = network.hub.run(&["rollup", "--format", "csv"]).ok();
    assert_eq!(before, after);
    let rows = network.rollup();
    assert!(
        !rows.iter().any(|row| row["indicator_code"] == "FN_SWIM"),
        "{rows:?}"
    );
    // The network's own indicators go on as before.
    steward
        .run(&["indicator", "adopt", "VAX_PRIMARY", "--audience", "network"])
        .ok();
    steward.run(&set("2022-12", "51324")).ok();
    steward.run(&["sync", "--once"]).ok();
    assert!(
        network
            .rollup()
            .iter()
            .any(|row| row["indicator_code"] == "VAX_PRIMARY")
    );
    // A colleague's device has the definition and the value, and so has every export.
    let colleague = network.further(&steward, "field");
    colleague.run(&["sync", "--once"]).ok();
    let list = colleague.run(&["indicator", "list"]).ok();
    assert!(list.contains("FN_SWIM"), "{list}");
    let values = colleague.run(&["observation", "list"]).ok();
    assert!(values.contains("FN_SWIM/FAR_NORTH/2023-01"), "{values}");
    colleague.run(&["verify"]).ok();
    // The hub leaves the prefix to the location, and what it made of the entries is the same again.
    network.hub.run(&["definitions", "list"]).ok();
    network.hub.run(&["status"]).ok();
    let location = ["location", "add", "VAX", "--name", "Example"];
    network
        .hub
        .run(&location)
        .ends_with(2)
        .tells(&["begins with it"]);
}
