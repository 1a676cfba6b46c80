//! Wrong input gets a clear message: what happened, why, what to do next. Nothing is lost.

use std::fs;

use crate::{
    network::{Network, set},
    program::{Program, files},
};

#[test]
fn commands_without_a_data_directory_say_so() {
    let folder = tempfile::tempdir().unwrap();
    for program in [
        Program::hub(folder.path()),
        Program::node(&folder.path().join("none")),
    ] {
        program
            .run(&["status"])
            .ends_with(10)
            .tells(&["there is no", "--data-dir"]);
    }
}

#[test]
fn mistakes_on_the_command_line_are_usage() {
    let folder = tempfile::tempdir().unwrap();
    let node = Program::node(folder.path());
    node.run(&["observe"]).ends_with(2);
    node.run(&["import"]).ends_with(2);
    fs::write(folder.path().join("node.toml"), "listen_on = 1\n").unwrap();
    let config = folder.path().join("node.toml");
    let config = config.to_str().unwrap();
    node.run(&["status", "--config", config])
        .ends_with(2)
        .tells(&["listen_on"]);
}

#[test]
fn a_founding_join_needs_somewhere_for_the_recovery_words() {
    let network = Network::start();
    let node = network.node("desk");
    node.run(&["join", &network.invite("FN")])
        .ends_with(2)
        .tells(&["--recovery-file"]);
    assert!(!node.folder.join("node.db").exists(), "nothing was begun");
}

/// Simulates a hub that cannot store for a while: the trigger is ours, the refusal is real.
#[test]
fn a_refusal_that_may_pass_costs_no_key_and_no_recovery_words() {
    let mut network = Network::start();
    let invite = network.invite("FN");
    let sql = |text: &str, network: &Network| {
        let hub = rusqlite::Connection::open(network.hub.folder.join("hub.db")).unwrap();
        hub.execute_batch(text).unwrap();
    };
    network.kill_hub();
    let trigger = "CREATE TRIGGER broken BEFORE INSERT ON codes BEGIN
        SELECT RAISE(ABORT, 'no room'); END";
    sql(trigger, &network);
    network.start_hub();
    let words = network.path("words.txt");
    let node = network.node("desk");
    let join = ["join", &invite, "--recovery-file", words.to_str().unwrap()];
    let told = node.run(&join).ends_with(21);
    told.tells(&["another attempt uses them", "belong to it"]);
    let written = fs::read(&words).unwrap();
    network.kill_hub();
    sql("DROP TRIGGER broken", &network);
    network.start_hub();
    node.run(&join).ok();
    assert_eq!(fs::read(&words).unwrap(), written);
}

#[test]
fn invites_that_do_not_open() {
    let network = Network::start();
    let words = network.path("words.txt");
    let words = words.to_str().unwrap();
    let join = |name: &str, invite: &str| {
        // Each try uses its own file for the words.
        let _gone = fs::remove_file(words);
        network
            .node(name)
            .run(&["join", invite, "--recovery-file", words])
    };
    let invite = network.invite("FN");
    let mut typo = invite.clone();
    let last = typo.pop().expect("an invite has characters");
    typo.push(if last == 'A' { 'B' } else { 'A' });
    join("typo", &typo).ends_with(2).tells(&["invite"]);
    join("cut", &invite[..invite.len() - 9])
        .ends_with(2)
        .tells(&["invite"]);
    join("no-invite", "https://example.org/")
        .ends_with(2)
        .tells(&["invite"]);
    join("first", &invite).ok();
    join("used", &invite).ends_with(21).tells(&[
        "invite",
        "nothing of this attempt is left",
        "were deleted",
    ]);
    assert_eq!(files(&network.node("used")), ["lock"]);
    assert!(!network.path("words.txt").exists());
    network
        .node("first")
        .run(&["join", "https://example.org/"])
        .ends_with(3)
        .tells(&["joined already"]);
    // Neither program accepts a directory that a running hub uses.
    let init = ["init", "--network", "Another", "--operator", "Another"];
    network
        .hub
        .run(&init)
        .ends_with(3)
        .tells(&["holds a hub already", "--data-dir"]);
    join("hub", &invite)
        .ends_with(1)
        .tells(&["belongs to weft-hub", "--data-dir"]);
    let taken = network.hub.run(&["invite", "create", "FN"]);
    taken.tells(&["device invite"]);
}

#[test]
fn another_hub_behind_the_address_is_refused() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    node.run(&set("2022-12", "49461")).ok();
    let mut other = Network::start();
    other.kill_hub();
    let address = network.sync_address().to_owned();
    let mut network = network;
    network.kill_hub();
    let pretender = other
        .hub
        .start(&["--listen", &address, "--http", "127.0.0.1:0"], 2);
    let code = node.run(&["sync", "--once"]);
    assert!([20, 21].contains(&code.code), "{code:?}");
    code.tells(&["hub"]);
    drop(pretender);
    network.start_hub();
    node.run(&["sync", "--once"]).ok();
}

#[test]
fn a_hub_that_is_down_costs_nothing() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    network.kill_hub();
    node.run(&set("2022-12", "49461")).ok();
    node.run(&["sync", "--once"]).ends_with(20).tells(&["safe"]);
    node.run(&["device", "invite"]).ends_with(20);
    let status = node.run(&["status", "--json"]).json();
    assert_eq!(status["hub_reachable"], false);
    assert!(status["waiting"].as_u64() > Some(0));
    network.start_hub();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(node.run(&["status", "--json"]).json()["waiting"], 0);
}

#[test]
fn what_nobody_defined_or_could_count_is_refused() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let try_set = |code: &str, area: &str, period: &str, breakdown: &str, numerator: &str| {
        node.run(&[
            "observation",
            "set",
            code,
            "--area",
            area,
            "--period",
            period,
            "--breakdown",
            breakdown,
            "--numerator",
            numerator,
            "--denominator",
            "100",
            "--audience",
            "network",
        ])
    };
    try_set("NOTHING", "FAR_NORTH", "2022-12", "age=12+", "1")
        .ends_with(2)
        .tells(&["NOTHING"]);
    try_set("VAX_PRIMARY", "ROTORUA", "2022-12", "age=12+", "1")
        .ends_with(2)
        .tells(&["ROTORUA"]);
    try_set("VAX_PRIMARY", "FAR_NORTH", "2022", "age=12+", "1")
        .ends_with(2)
        .tells(&["month"]);
    try_set("VAX_PRIMARY", "FAR_NORTH", "2022-13", "age=12+", "1").ends_with(2);
    try_set("VAX_PRIMARY", "FAR_NORTH", "2022-12", "age=99+", "1")
        .ends_with(2)
        .tells(&["12+"]);
    try_set("VAX_PRIMARY", "FAR_NORTH", "2022-12", "age=12+", "101")
        .ends_with(2)
        .tells(&["numerator", "denominator"]);
    let undecided = node.run(&[
        "observation",
        "set",
        "HEAT_MAIN",
        "--area",
        "FAR_NORTH",
        "--period",
        "2023",
        "--breakdown",
        "heating=Heat pump",
        "--numerator",
        "1",
        "--denominator",
        "2",
    ]);
    undecided
        .ends_with(3)
        .tells(&["indicator adopt", "--audience"]);
    assert_eq!(
        node.run(&["observation", "list", "--json"]).json(),
        serde_json::json!([])
    );
}

#[test]
fn words_that_differ_confirm_nothing() {
    let network = Network::start();
    let node = network.node("desk");
    let words = network.path("words.txt");
    let invite = network.invite("FN");
    node.run(&["join", &invite, "--recovery-file", words.to_str().unwrap()])
        .ok();
    let wrong = network
        .hub
        .run(&["location", "confirm", "FN", "--words", "zoo zoo zoo zoo"]);
    assert_ne!(wrong.code, 0, "{wrong:?}");
    let list = network.hub.run(&["location", "list", "--json"]).json();
    assert!(!list.to_string().contains("\"confirmed\":true"), "{list}");
}

#[test]
fn a_file_with_problems_is_refused_whole_with_every_line() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let file = network.path("wrong.csv");
    let rows = [
        "FAR_NORTH,VAX_PRIMARY,age,12+,2022-12,49461,60463",
        "FAR_NORTH,NOTHING,age,12+,2022-12,1,2",
        "FAR_NORTH,VAX_PRIMARY,age,12+,2022-13,1,2",
        "NOWHERE,VAX_PRIMARY,age,12+,2022-12,1,2",
        "FAR_NORTH,VAX_PRIMARY,age,12+,2022-11,3,2",
    ];
    let header = "area_code,indicator_code,breakdown,breakdown_value,period,numerator,denominator";
    fs::write(&file, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    let file = file.to_str().unwrap();
    let told = [
        "nothing was imported",
        "line 3: there is no indicator NOTHING",
        "line 4: \"2022-13\" is not a period",
        "line 5: ",
        "NOWHERE",
        "line 6: the numerator 3 is above the denominator 2",
    ];
    let import = ["import", "observations", file];
    node.run(&import).ends_with(1).tells(&told);
    node.run(&[&import[..], &["--dry-run"]].concat())
        .ends_with(1)
        .tells(&told);
    let values = || node.run(&["observation", "list", "--json"]).json();
    assert_eq!(values(), serde_json::json!([]));
    node.run(&[&import[..], &["--skip-invalid"]].concat())
        .ends_with(0)
        .tells(&told[1..]);
    assert_eq!(values().as_array().map(Vec::len), Some(1));
    node.run(&["import", "observations", "nowhere.csv"])
        .ends_with(2)
        .tells(&["nowhere.csv", "cannot be read"]);
}

/// A script with an unset variable sends this: it must not name the only record there is.
#[test]
fn an_empty_id_names_no_record() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let add = ["insight", "add", "--text", "Example: water first"];
    let share = [
        "--audience",
        "network",
        "--consent",
        "network",
        "--attribution",
        "none",
    ];
    node.run(&[&add[..], &share].concat()).ok();
    node.run(&["initiative", "add", "--name", "Example: shade"])
        .ok();
    for id in ["", " "] {
        node.run(&["insight", "withdraw", id, "--yes"]).ends_with(2);
        node.run(&["initiative", "remove", id]).ends_with(2);
    }
    let insights = node.run(&["insight", "list", "--json"]).ok();
    assert!(insights.contains("water first"), "{insights}");
}

/// Endless bytes, and a pipe that nothing writes to: each command reports it at once.
#[cfg(unix)]
#[test]
fn devices_and_pipes_are_no_files() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let pipe = network.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let folder = network.path("export");
    fs::create_dir_all(folder.join("log")).unwrap();
    fs::rename(&pipe, folder.join("log/roster.jsonl")).unwrap();
    let from = folder.to_str().unwrap();
    let pipe = folder.join("log/roster.jsonl");
    let pipe = pipe.to_str().unwrap();
    for path in ["/dev/zero", pipe] {
        let told = ["a device or a pipe", "nothing was imported"];
        node.run(&["import", "observations", path])
            .ends_with(2)
            .tells(&told);
        let definitions = ["definitions", "import", path];
        network.hub.run(&definitions).ends_with(2).tells(&told);
        let config = node.run(&["status", "--config", path]);
        assert_ne!(config.code, 0);
        config.tells(&["a device or a pipe"]);
    }
    fs::rename(pipe, folder.join("manifest.json")).unwrap();
    let verify = node.run(&["verify", "--from", from]).ends_with(1);
    verify.tells(&["a device or a pipe"]);
    node.run(&["verify", "--from", "/dev/zero"]).ends_with(2);
}

#[test]
fn what_nobody_knows_is_named_at_the_hub_and_the_node() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let adopt = ["indicator", "adopt", "NOTHING", "--audience", "network"];
    node.run(&adopt)
        .ends_with(2)
        .tells(&["no indicator NOTHING", "VAX_PRIMARY"]);
    node.run(&["device", "revoke", "no one"])
        .ends_with(2)
        .tells(&["no one", "device list"]);
    node.run(&["observation", "retract", "NOTHING/FAR_NORTH/2022-12/total"])
        .ends_with(2);
    let hub = |words: &[&str]| network.hub.run(words);
    hub(&["invite", "create", "XX"])
        .ends_with(2)
        .tells(&["no location XX", "location add"]);
    hub(&["location", "confirm", "XX"])
        .ends_with(2)
        .tells(&["no location XX"]);
    hub(&["definitions", "show", "NOTHING"])
        .ends_with(2)
        .tells(&["NOTHING", "definitions list"]);
    hub(&["rollup", "--period", "2022-13"])
        .ends_with(2)
        .tells(&["2022-13"]);
    let explain = ["rollup", "explain", "NOTHING", "--period", "2022-12"];
    hub(&explain).ends_with(2).tells(&["NOTHING"]);
    let missing = network.path("missing.toml");
    let missing = missing.to_str().unwrap();
    hub(&["definitions", "import", missing])
        .ends_with(2)
        .tells(&["missing.toml", "nothing was imported"]);
    let taken = [
        "location",
        "add",
        "ZZ",
        "--name",
        "Z",
        "--area",
        "FAR_NORTH=Far North District",
    ];
    hub(&taken)
        .ends_with(3)
        .tells(&["FAR_NORTH", "belongs to FN"]);
}

#[test]
fn a_value_that_cannot_be_added_up_is_refused_and_the_counts_stand() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    node.run(&set("2022-12", "49461")).ok();
    let alone = [&set("2022-12", "")[..9], &["--value", "81.8"]].concat();
    node.run(&alone)
        .ends_with(2)
        .tells(&["cannot be added up", "--numerator N --denominator D"]);
    let values = node.run(&["observation", "list", "--json"]).json();
    assert_eq!(values[0]["numerator"], 49461);
    let later = set("2098-12", "49461");
    node.run(&later).ends_with(2).tells(&["has not begun"]);
    let other = ["--area", "ROTORUA", "--value", "90"];
    let target = [&["target", "add", "--indicator", "VAX_PRIMARY"], &other[..]].concat();
    node.run(&target)
        .ends_with(2)
        .tells(&["ROTORUA", "FAR_NORTH"]);
}

#[test]
fn a_member_device_is_told_who_may() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "Field laptop");
    for command in [&["device", "invite"][..], &["device", "revoke", "Desk"]] {
        field
            .run(command)
            .ends_with(3)
            .tells(&["only an admin device", "\"Desk\""]);
    }
}
