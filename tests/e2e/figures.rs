//! Figures that need a note: two versions of a definition, two values for one thing.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::{
    network::{Network, data, set},
    program::Program,
};

const VERSION_2: &str = "indicators-v2.toml";

/// Sets Rotorua's VAX_PRIMARY for 12+ in a month.
fn set_rotorua(node: &Program, period: &str, numerator: &str) {
    let figure = set(period, numerator).map(|word| match word {
        "FAR_NORTH" => "ROTORUA",
        word => word,
    });
    node.run(&figure).ok();
    node.run(&["sync", "--once"]).ok();
}

/// Returns one figure of VAX_PRIMARY, after checking that JSON and CSV agree on it.
fn figure(network: &Network, period: &str, location: Option<&str>) -> BTreeMap<String, Value> {
    let rollup = |format| {
        let level = location.map_or("network", |_| "location");
        let words = ["rollup", "--indicator", "VAX_PRIMARY", "--period", period];
        let words = [&words[..], &["--level", level, "--format", format]].concat();
        network.hub.run(&words)
    };
    let rows = rollup("json").json();
    let wanted = |row: &&Value| row["location_code"] == json!(location);
    let mut found = rows.as_array().expect("rows").iter().filter(wanted);
    let row = found.next().unwrap_or_else(|| panic!("no figure: {rows}"));
    assert_eq!(found.count(), 0, "{rows}");
    let row: BTreeMap<String, Value> = row
        .as_object()
        .expect("a row is an object")
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let text = rollup("csv").ok();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let code = |record: &csv::StringRecord| {
        let at = header.iter().position(|name| name == "location_code");
        record[at.expect("a column")].to_owned()
    };
    let record = reader
        .records()
        .map(|record| record.expect("a record"))
        .find(|record| code(record) == location.unwrap_or_default())
        .expect("the same figure in CSV");
    for (name, field) in header.iter().zip(&record) {
        let value = &row[name];
        let plain = match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(plain, field, "{name}");
    }
    row
}

/// Returns a changed copy of the file of version 2.
fn changed(network: &Network, name: &str, change: impl Fn(String) -> String) -> String {
    let text = fs::read_to_string(data(VERSION_2)).expect("the example is there");
    let path = network.path(name);
    fs::write(&path, change(text)).expect("it can be written");
    path.to_str().expect("the path is text").to_owned()
}

#[test]
fn two_versions_of_a_definition_are_flagged() {
    let network = Network::start();
    let import = |file: &str| network.hub.run(&["definitions", "import", file]);
    let far_north = network.founded("FN", "far-north");
    import(&data(VERSION_2)).ends_with(0).tells(&["1 added"]);
    import(&data(VERSION_2))
        .ends_with(0)
        .tells(&["0 added", "1 already there"]);
    let forged = changed(&network, "forged.toml", |text| {
        text.replace("factor = 100", "factor = 1000")
    });
    import(&forged).ends_with(1).tells(&[
        "nothing was imported",
        "VAX_PRIMARY/2",
        "needs a new version",
    ]);
    let rotorua = network.founded("RT", "rotorua");
    far_north.run(&set("2022-12", "40000")).ok();
    far_north.run(&["sync", "--once"]).ok();
    let list = far_north.run(&["indicator", "list"]).ok();
    assert!(list.contains("adopted v1"), "{list}");
    let newer = "values are entered under v1, and there is v2";
    let show = far_north.run(&["indicator", "show", "VAX_PRIMARY"]).ok();
    assert!(show.contains(newer), "{show}");
    let said = far_north.run(&set("2022-11", "40000")).ends_with(0);
    said.tells(&[newer]);
    far_north.run(&["sync", "--once"]).ok();
    set_rotorua(&rotorua, "2022-12", "50000");

    let both = figure(&network, "2022-12", None);
    assert_eq!(both["numerator"], 90_000);
    assert_eq!(both["denominator"], 120_000);
    assert_eq!(both["obs_status"], "D", "{both:?}");
    assert_eq!(both["definition_version"], 2);
    let reason = both["status_reason"].as_str().expect("a reason");
    for words in ["v1", "v2", "approximately", "rebased its population"] {
        assert!(reason.contains(words), "{reason}");
    }
    let version = |code| figure(&network, "2022-12", Some(code))["definition_version"].clone();
    assert_eq!((version("FN"), version("RT")), (json!(1), json!(2)));
    let explain = ["rollup", "explain", "VAX_PRIMARY", "--period", "2022-12"];
    let explained = network.hub.run(&explain).ok();
    for words in ["v1", "v2", "rebased its population", "90000"] {
        assert!(explained.contains(words), "{explained}");
    }

    // A third version measures something else: it is never added to the others.
    let third = changed(&network, "third.toml", |text| {
        text.replace("\nversion = 2", "\nversion = 3")
            .replace("\nversion = 1", "\nversion = 2")
            .replace("\"approximate\"", "\"break\"")
            .replace(
                "The publisher rebased its population",
                "Example: other people are counted",
            )
    });
    import(&third).ends_with(0).tells(&["1 added"]);
    rotorua.run(&["sync", "--once"]).ok();
    rotorua
        .run(&["indicator", "adopt", "VAX_PRIMARY", "--audience", "network"])
        .ok();
    far_north.run(&set("2023-01", "41000")).ok();
    far_north.run(&["sync", "--once"]).ok();
    set_rotorua(&rotorua, "2023-01", "51000");
    let broken = figure(&network, "2023-01", None);
    assert_eq!(broken["definition_version"], 3);
    assert_eq!(broken["numerator"], 51_000, "{broken:?}");
    let reason = broken["status_reason"].as_str().expect("a reason");
    for words in ["v1 is not added", "other people are counted"] {
        assert!(reason.contains(words), "{reason}");
    }
    // Statements under earlier versions stay as they were.
    assert_eq!(figure(&network, "2022-12", None), both);
}

#[test]
fn a_contested_value_is_an_interval_until_a_person_settles_it() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    desk.run(&set("2022-11", "45000")).ok();
    desk.run(&set("2022-12", "49461")).ok();
    field.run(&set("2022-12", "49581")).ok();
    for node in [&desk, &field, &desk] {
        node.run(&["sync", "--once"]).ok();
    }
    let plain = figure(&network, "2022-11", None);
    assert_eq!(plain["n_contested"], 0);
    assert_eq!(plain["numerator_low"], Value::Null);
    for place in [None, Some("FN")] {
        let contested = figure(&network, "2022-12", place);
        assert_eq!(contested["n_contested"], 1, "{contested:?}");
        assert_eq!(contested["numerator_low"], 49_461);
        assert_eq!(contested["numerator_high"], 49_581);
        let bound = |name: &str| contested[name].as_f64().expect("a number");
        assert!((bound("value_low") - 82.435).abs() < 1e-6, "{contested:?}");
        assert!((bound("value_high") - 82.635).abs() < 1e-6, "{contested:?}");
        let reason = contested["status_reason"].as_str().expect("a reason");
        assert!(reason.contains("nobody has settled"), "{reason}");
    }
    let explain = ["rollup", "explain", "VAX_PRIMARY", "--period", "2022-12"];
    let explained = network.hub.run(&explain).ok();
    assert!(
        explained.contains("49461") && explained.contains("49581"),
        "{explained}"
    );

    let conflicts = desk.run(&["conflicts", "--json"]).json();
    let [conflict] = conflicts.as_array().expect("a list").as_slice() else {
        panic!("one conflict: {conflicts}");
    };
    let names: Vec<&String> = conflict.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["id", "record", "field", "about", "part", "values"]);
    let values = conflict["values"].as_array().expect("values");
    for (n, value) in (1..).zip(values) {
        let names: Vec<&String> = value.as_object().expect("an object").keys().collect();
        let expected = ["n", "value", "words", "kept_here", "device", "at"];
        assert_eq!(names, expected);
        assert_eq!(value["n"], n);
        let at = value["at"].as_str();
        assert!(at.is_some_and(|at| at.ends_with('Z')), "{value}");
    }
    let id = conflict["id"].as_str().expect("an id");
    let settle = |node: &Program, n: &str| node.run(&["conflicts", "settle", id, "--choose", n]);
    for wrong in ["0", "3"] {
        settle(&desk, wrong)
            .ends_with(2)
            .tells(&["from 1", "nothing was changed"]);
    }
    desk.run(&["conflicts", "settle", "observations/NONE", "--choose", "1"])
        .ends_with(2);
    let published = values
        .iter()
        .find(|value| value["value"].to_string().contains("49581"))
        .expect("the field's value");
    settle(&desk, &published["n"].to_string()).ok();
    for node in [&desk, &field] {
        node.run(&["sync", "--once"]).ok();
        assert_eq!(node.run(&["conflicts", "--json"]).json(), json!([]));
    }
    settle(&field, "1").ends_with(2).tells(&["settled already"]);
    for place in [None, Some("FN")] {
        let settled = figure(&network, "2022-12", place);
        assert_eq!(settled["numerator"], 49_581, "{settled:?}");
        assert_eq!(settled["n_contested"], 0);
        assert_eq!(settled["numerator_low"], Value::Null);
    }
}
