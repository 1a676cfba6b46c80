//! The agenda from the hub to nine locations and back, with the built programs.

use std::{
    collections::BTreeSet,
    io::{Seek as _, Write as _},
    process::Command,
};

use serde_json::Value;

use crate::{
    aligned::soon,
    network::Network,
    program::{Program, Said, said},
};

/// Example locations; the network begins with FN and RT.
const MORE: [&str; 7] = ["EA", "EB", "EC", "ED", "EE", "EF", "EG"];

fn row<'v>(rows: &'v Value, id: &str) -> &'v Value {
    let mut rows = rows.as_array().expect("a list").iter();
    rows.find(|row| row["id"] == id).expect("it is listed")
}

/// The stances of the locations that count as answers, as the hub shows them.
fn stances(hub: &Program, id: &str) -> Vec<(String, Value)> {
    let rows = hub.run(&["agenda", "show", id, "--json"]).json();
    let rows = rows.as_array().expect("a list").iter();
    rows.map(|row| {
        let code = row["location"].as_str().expect("a code").to_owned();
        (code, row["stance"].clone())
    })
    .filter(|(_, stance)| !stance.is_null())
    .collect()
}

/// Runs a command with a text at its standard input.
fn said_with(command: &mut Command, text: &str) -> Said {
    let mut file = tempfile::tempfile().expect("a file can be made");
    file.write_all(text.as_bytes()).expect("it can be written");
    file.rewind().expect("it can be read again");
    said(command.stdin(file))
}

fn add(hub: &Program, kind: &str, title: &str) -> String {
    let item = ["agenda", "add", "--type", kind, "--title", title];
    hub.run(&[&item[..], &["--outcome", "VAX"]].concat()).ok()
}

#[test]
fn an_item_is_published_answered_reworded_and_waits_for_an_answer_again() {
    let network = Network::start();
    let hub = &network.hub;
    let outcome = ["outcome", "add", "VAX", "--name", "Example: protected"];
    hub.run(&[&outcome[..], &["--headline", "VAX_PRIMARY"]].concat())
        .ok();
    hub.run(&outcome)
        .ends_with(2)
        .tells(&["already", "outcome edit VAX"]);
    let proposal = add(hub, "proposal", "Example: one aim for all");
    let resource = add(hub, "resource", "Example: a guide");
    let node = network.founded("FN", "desk");
    let none = node.run(&["agenda", "list", "--json"]).json();
    assert_eq!(none, Value::Array(Vec::new()), "a draft is sent to no one");
    hub.run(&["agenda", "publish"]).ok();
    node.run(&["sync", "--once"]).ok();
    let rows = node.run(&["agenda", "list", "--json"]).json();
    assert_eq!(row(&rows, &proposal)["state"], "open");
    assert_eq!(row(&rows, &proposal)["stance"], Value::Null);

    // Each type has its own answers, and all problems are said at once.
    let answer = |more: &[&str]| node.run(&[&["agenda", "answer"], more].concat());
    answer(&[&proposal, "--stance", "use", "--until", "soon"])
        .ends_with(2)
        .tells(&["agree, change, disagree, not_for_us", "until"]);
    answer(&[&proposal, "--stance", "change"])
        .ends_with(2)
        .tells(&["say why"]);
    answer(&[&proposal, "--stance", "agree"]).ok();
    answer(&[
        &resource,
        "--stance",
        "tried",
        "--reason",
        "Example: too long",
    ])
    .ok();
    assert_eq!(stances(hub, &proposal), [], "nothing before the sync");
    node.run(&["sync", "--once"]).ok();
    let fn_says = |stance: &str| [("FN".to_owned(), Value::from(stance))];
    assert_eq!(stances(hub, &proposal), fn_says("agree"));
    assert_eq!(stances(hub, &resource), fn_says("tried"));
    let shown = hub.run(&["agenda", "show", &resource]).ok();
    assert!(shown.contains("Example: too long"), "{shown}");

    // Another wording: the answer was to an earlier one, and counts as none.
    // Its text comes from standard input, although the running hub does the work.
    let mut edit = hub.command(&["agenda", "edit", &proposal, "--text", "-"]);
    said_with(&mut edit, "Example: another aim\n").ok();
    assert_eq!(
        stances(hub, &proposal),
        fn_says("agree"),
        "a draft changes nothing"
    );
    hub.run(&["agenda", "publish"]).ok();
    assert_eq!(stances(hub, &proposal), []);
    let shown = hub.run(&["agenda", "show", &proposal]).ok();
    assert!(shown.contains("earlier wording"), "{shown}");
    assert_eq!(stances(hub, &resource), fn_says("tried"));
    node.run(&["sync", "--once"]).ok();
    let waiting = node.run(&["agenda", "list", "--unanswered", "--json"]);
    let waiting = waiting.json();
    let ids = waiting.as_array().expect("a list").iter();
    let ids: Vec<&Value> = ids.map(|row| &row["id"]).collect();
    assert_eq!(ids, [&Value::from(proposal.as_str())]);
    let shown = node.run(&["agenda", "show", &proposal]).ok();
    assert!(shown.contains("it was to"), "{shown}");
    // Once it is closed, it takes no answers.
    hub.run(&["agenda", "close", &proposal, "--reason", "Example: done"])
        .ok();
    node.run(&["sync", "--once"]).ok();
    answer(&[&proposal, "--stance", "agree"])
        .ends_with(3)
        .tells(&["closed"]);
}

#[test]
fn a_request_is_answered_for_all_to_see() {
    let network = Network::start();
    let hub = &network.hub;
    let node = network.founded("FN", "desk");
    let ask = [
        "opportunity",
        "add",
        "--what",
        "Example: one form",
        "--who",
        "backbone",
    ];
    node.run(&ask)
        .ends_with(2)
        .tells(&["peers", "all locations"]);
    let ask = [&ask[..], &["--peers", "yes", "--audience", "network"]].concat();
    let past = ["--needed-by", "2026-01-31"];
    node.run(&[&ask[..], &past].concat())
        .ends_with(2)
        .tells(&["that day has passed"]);
    let id = node.run(&ask).ok();
    node.run(&["sync", "--once"]).ok();
    let request = format!("FN/{}", &id[..13]);
    let answer = ["request", "answer", &request, "--stance"];
    hub.run(&[&answer[..], &["yes"]].concat())
        .ends_with(2)
        .tells(&["say why"]);
    let why = ["yes", "--reason", "Example: it is in hand"];
    hub.run(&[&answer[..], &why].concat()).ok();
    let rows = hub.run(&["request", "list", "--json"]).json();
    assert_eq!(rows[0]["stance"], Value::Null, "a draft is not said");
    hub.run(&["agenda", "publish"]).ok();
    let rows = hub.run(&["request", "list", "--json"]).json();
    assert_eq!(rows[0]["stance"], "yes");
    let page = network.get("/requests", None);
    assert!(page.contains("answered on "), "{page}");
    // Another location has the request, its days and its answer.
    let rotorua = network.founded("RT", "rotorua");
    soon("the other location sees the answer", || {
        rotorua.run(&["sync", "--once"]).ok();
        let rows = rotorua.run(&["request", "list", "--json"]).json();
        let told = |key: &str| rows[0][key].clone();
        (told("location"), told("what")) == ("FN".into(), "Example: one form".into())
            && (told("days"), told("late")) == (0.into(), false.into())
            && told("stance") == "yes"
    });
    node.run(&["sync", "--once"]).ok();
    node.run(&["verify"]).ok();
    hub.run(&["agenda", "publish"])
        .ends_with(2)
        .tells(&["no drafts"]);
}

#[test]
fn nine_nodes_print_one_digest_of_the_agenda() {
    let network = Network::start();
    let hub = &network.hub;
    for code in MORE {
        let name = format!("Example {code}");
        let area = format!("AREA_{code}=Example area {code}");
        hub.run(&["location", "add", code, "--name", &name, "--area", &area])
            .ok();
    }
    hub.run(&["outcome", "add", "VAX", "--name", "Example: protected"])
        .ok();
    add(hub, "question", "Example: what is missing?");
    hub.run(&["agenda", "publish"]).ok();
    let digest = |program: &Program| {
        let said = program.run(&["agenda", "list"]).ok();
        said.lines().last().expect("it has lines").to_owned()
    };
    let digests: BTreeSet<String> = ["FN", "RT"]
        .into_iter()
        .chain(MORE)
        .map(|code| digest(&network.founded(code, code)))
        .chain([digest(hub)])
        .collect();
    assert_eq!(digests.len(), 1, "{digests:?}");
    let digest = digests.first().expect("there is one");
    assert!(digest.starts_with("Digest of the agenda: "), "{digest}");
}
