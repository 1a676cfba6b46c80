//! The command-line contract, from the first command to the analyst's file.

use std::{fs, process::Stdio};

use serde_json::Value;

use crate::{
    network::{Network, data, set},
    program::{Program, Said},
};

const VACCINATION: &str = "nz-vaccination-by-territorial-authority.csv";

#[test]
fn from_the_keyboard_to_the_national_figure() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    node.run(&[
        "import",
        "observations",
        &data(VACCINATION),
        "--own-areas",
        "--dry-run",
    ])
    .ok();
    assert_eq!(
        node.run(&["observation", "list", "--json"]).json(),
        Value::Array(Vec::new())
    );
    node.run(&["import", "observations", &data(VACCINATION), "--own-areas"])
        .ok();
    let status = node.run(&["status", "--json"]).json();
    assert!(status["waiting"].as_u64() > Some(0), "{status}");
    node.run(&["sync", "--once"]).ok();
    let status = node.run(&["status", "--json"]).json();
    assert_eq!(status["waiting"], 0);
    assert_eq!(status["hub_reachable"], true);
    assert_eq!(status["location"], "FN");
    for moment in ["saved", "last_shared"] {
        assert!(
            status[moment]
                .as_str()
                .is_some_and(|text| text.ends_with('Z')),
            "{status}"
        );
    }
    check_figure(&network);
    node.run(&["import", "observations", &data(VACCINATION), "--own-areas"])
        .ok();
    assert_eq!(
        node.run(&["status", "--json"]).json()["waiting"],
        0,
        "the same file again"
    );
    node.run(&["verify"]).ok();
    node.run(&["doctor"]).ok();
    network.hub.run(&["doctor"]).ok();
}

/// Checks one month's national figure, in CSV and explained.
fn check_figure(network: &Network) {
    let csv = network.hub.run(&[
        "rollup",
        "--indicator",
        "VAX_PRIMARY",
        "--period",
        "2023-05",
        "--level",
        "network",
        "--format",
        "csv",
    ]);
    let csv = csv.ok();
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let column = |name: &str| {
        header
            .iter()
            .position(|one| *one == name)
            .expect("a column")
    };
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 2, "{csv}");
    assert_eq!(rows[0][column("breakdown_value")], "12+");
    assert_eq!(rows[0][column("numerator")], "48799");
    assert_eq!(rows[0][column("denominator")], "60463");
    let explained = network.hub.run(&[
        "rollup",
        "explain",
        "VAX_PRIMARY",
        "--period",
        "2023-05",
        "--breakdown",
        "age=12+",
    ]);
    assert!(explained.ok().contains("48799"));
}

#[test]
fn two_devices_two_values_and_a_person() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    desk.run(&set("2022-12", "49461")).ok();
    field.run(&set("2022-12", "49581")).ok();
    for node in [&desk, &field, &desk] {
        node.run(&["sync", "--once"]).ok();
    }
    let conflicts = desk.run(&["conflicts", "--json"]).json();
    assert_eq!(conflicts, field.run(&["conflicts", "--json"]).json());
    let conflict = &conflicts[0];
    let devices: Vec<&str> = conflict["values"]
        .as_array()
        .expect("values")
        .iter()
        .map(|value| value["device"].as_str().expect("a device"))
        .collect();
    assert_eq!(conflict["values"][0]["n"], 1);
    assert!(
        devices.contains(&"Desk") && devices.contains(&"field"),
        "{devices:?}"
    );
    let contested = network.rollup();
    assert!(
        contested.iter().any(|row| row["n_contested"] == 1),
        "{contested:?}"
    );
    let id = conflict["id"].as_str().expect("an id").replace("%2B", "+");
    let settle = ["conflicts", "settle", &id, "--choose", "1", "--audience"];
    desk.run(&[&settle[..], &["team"]].concat())
        .ends_with(2)
        .tells(&["for the audience network", "Nothing was changed"]);
    desk.run(&[&settle[..], &["network"]].concat()).ok();
    let kept = &conflict["values"][0]["value"];
    let other = &conflict["values"][1]["value"];
    let history = desk.run(&["history", "--record", &id, "--json"]).json();
    let history = history.as_array().expect("a list");
    assert_eq!(history.len(), 3, "{history:?}");
    let last = &history[2]["values"][0];
    assert_eq!((&last["value"], &last["not_chosen"][0]), (kept, other));
    desk.run(&["history", "--record", "NOTHING/FAR_NORTH/2022-12/total"])
        .ends_with(2)
        .tells(&["has no record", "observation list"]);
    let left = network.path("left");
    let to = left.to_str().expect("the path is text");
    desk.run(&["export", "--to", to, "--format", "csv"]).ok();
    let csv = fs::read_to_string(left.join("history.csv")).expect("the history was written");
    let settled = format!("{} of 60000, normal", other["numerator"]);
    let line = csv.lines().find(|line| line.contains(&settled));
    let kept = format!("{},60000,,A,", kept["numerator"]);
    assert!(line.is_some_and(|line| line.contains(&kept)), "{csv}");
    for node in [&desk, &field] {
        node.run(&["sync", "--once"]).ok();
        assert_eq!(
            node.run(&["conflicts", "--json"]).json(),
            Value::Array(Vec::new())
        );
    }
    assert!(network.rollup().iter().all(|row| row["n_contested"] == 0));
    let lists = ["observation", "initiative"]
        .map(|list| [&desk, &field].map(|node| node.run(&[list, "list", "--json"]).json()));
    lists.iter().for_each(|[one, other]| assert_eq!(one, other));
}

#[test]
fn what_is_for_the_team_stays() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let secret = "Example: only for us";
    node.run(&["initiative", "add", "--name", secret]).ok();
    let shared = "Example: for everybody";
    node.run(&[
        "initiative",
        "add",
        "--name",
        shared,
        "--audience",
        "network",
    ])
    .ok();
    let said = "Example: said at the market";
    let refused = node.run(&["insight", "add", "--text", said, "--audience", "network"]);
    refused.ends_with(2).tells(&["consent"]);
    node.run(&[
        "insight",
        "add",
        "--text",
        said,
        "--audience",
        "network",
        "--consent",
        "network",
        "--attribution",
        "none",
    ])
    .ok();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(node.run(&["status", "--json"]).json()["team_only"], 1);
    let plan = network.hub.run(&["plan", "list"]).ok();
    assert!(plan.contains(shared) && !plan.contains(secret), "{plan}");
    assert!(network.hub.run(&["insight", "list"]).ok().contains(said));
    for entry in fs::read_dir(&network.hub.folder)
        .expect("the hub's folder")
        .flatten()
    {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(
            !found,
            "{} holds what was for the team",
            entry.path().display()
        );
    }
    let insights = node.run(&["insight", "list", "--json"]).json();
    let id = insights[0]["id"].as_str().expect("an id").to_owned();
    node.run(&["insight", "withdraw", &id, "--yes"]).ok();
    node.run(&["sync", "--once"]).ok();
    assert!(!network.hub.run(&["insight", "list"]).ok().contains(said));
}

#[test]
fn commands_work_while_the_program_runs() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    let pages = running.line("pages ").to_owned();
    assert!(pages.starts_with("http://localhost:"), "{pages}");
    node.run(&set("2022-12", "49461")).ok();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(node.run(&["status", "--json"]).json()["waiting"], 0);
    drop(running);
    assert_eq!(
        node.run(&["observation", "list", "--json"]).json()[0]["period"],
        "2022-12"
    );
}

#[test]
fn a_revoked_device_stops_and_keeps_its_words() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    desk.run(&["sync", "--once"]).ok();
    desk.run(&["device", "revoke", "field"]).ok();
    // A finished act may be repeated.
    desk.run(&["device", "revoke", "field"])
        .ends_with(0)
        .tells(&["was revoked already"]);
    field
        .run(&[
            "initiative",
            "add",
            "--name",
            "Example: late",
            "--audience",
            "network",
        ])
        .ok();
    field
        .run(&["sync", "--once"])
        .ends_with(21)
        .tells(&["revoked"]);
    let list = field.run(&["initiative", "list", "--json"]).json();
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    assert!(!network.hub.run(&["plan", "list"]).ok().contains("late"));
}

#[test]
fn people_leave_with_plain_files() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    node.run(&["import", "observations", &data(VACCINATION), "--own-areas"])
        .ok();
    for format in ["csv", "json", "automerge"] {
        let to = network.path(format);
        let to = to.to_str().expect("the path is text");
        node.run(&["export", "--to", to, "--format", format]).ok();
        assert!(
            fs::read_dir(to).expect("the export's folder").count() > 0,
            "{format}"
        );
    }
}

#[test]
fn the_hub_answers_with_a_token_and_says_what_it_is() {
    let network = Network::start();
    let token = network.hub.run(&["token", "create", "reader"]).ok();
    assert_eq!(token.lines().count(), 1);
    let of_no_one = [
        "token",
        "create",
        "--for",
        "Aroha",
        "--purpose",
        "Quarterly report",
        "--days",
        "90",
    ];
    let of_no_one = network.hub.run(&of_no_one);
    of_no_one.ends_with(2).tells(&[
        "there is no person named \"aroha\"",
        "weft-hub person invite",
    ]);
    let get = |path: &str, token: Option<&str>| network.get(path, token);
    let answer = get("/api/v1/rollups?level=all&format=csv", Some(&token));
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    assert!(
        answer.to_lowercase().contains("not disclosure-controlled"),
        "{answer}"
    );
    assert!(get("/api/v1/rollups?level=all", None).starts_with("HTTP/1.1 401"));
    for open in ["/healthz", "/readyz"] {
        assert!(get(open, None).starts_with("HTTP/1.1 200"), "{open}");
    }
}

/// Runs a command whose reader is gone before it prints anything.
fn unread(program: &Program, arguments: &[&str]) -> Said {
    let mut command = program.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    Said {
        code: ended.status.code().unwrap_or(-1),
        out: String::new(),
        err: String::from_utf8_lossy(&ended.stderr).into_owned(),
    }
}

#[test]
fn a_reader_that_leaves_ends_a_command_quietly() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    let quiet = |program: &Program, arguments: &[&str]| {
        let said = unread(program, arguments).ends_with(0);
        for word in ["ended", "pipe", "could not", "panicked"] {
            assert!(!said.err.contains(word), "{}", said.err);
        }
    };
    let (rollup, list) = (
        ["rollup", "--level", "all", "--format", "csv"],
        ["indicator", "list"],
    );
    quiet(&network.hub, &rollup);
    quiet(&network.hub, &["--help"]);
    quiet(&node, &list);
    running.kill();
    network.kill_hub();
    quiet(&network.hub, &rollup);
    quiet(&node, &list);
}

#[test]
fn output_that_cannot_be_written_is_no_fault_of_the_program() {
    let full = std::path::Path::new("/dev/full");
    if !full.exists() {
        // Only Linux has a file that is always full.
        return;
    }
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    for (program, arguments) in [
        (&network.hub, &["rollup", "--level", "all", "--json"][..]),
        (&node, &["history", "--json"]),
    ] {
        let mut command = program.command(arguments);
        let full = fs::File::options()
            .write(true)
            .open(full)
            .expect("it opens");
        command.stdout(full).stderr(Stdio::piped());
        let ended = command.output().expect("the program starts");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains("output could not be written"), "{said}");
        assert!(!said.contains("ended before"), "{said}");
    }
    running.kill();
}

#[cfg(unix)]
#[test]
fn a_stopped_hub_says_so_and_where_it_was() {
    let network = Network::start();
    let status = network.hub.run(&["status", "--json"]).json();
    assert_eq!(status["running"], true, "{status}");
    let pages = status["pages"].as_str().expect("the pages are served");
    let own = network.path("another");
    let hub = network.hub.at(&own);
    let names = ["init", "--network", "Another", "--operator", "No one"];
    hub.run(&names).ok();
    let any = "127.0.0.1:0";
    let running = hub.start(&["--listen", any, "--http", any], 2);
    assert!(running.line("pages ") != pages);
    let status = hub.run(&["status", "--json"]).json();
    assert_eq!(status["sync"], running.line("sync "));
    assert_eq!(status["pages"], running.line("pages "));
    let told = running.stop();
    assert_eq!(
        told,
        "The hub has stopped. All that it acknowledged is on disk.\n"
    );
    let status = hub.run(&["status", "--json"]).json();
    assert_eq!(status["running"], false);
    assert!(status["pages"].is_null(), "{status}");
    hub.run(&["admin"]).ends_with(3).tells(&["weft-hub run"]);
}
