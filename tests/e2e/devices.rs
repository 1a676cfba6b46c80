//! One device is revoked while it is away, another while it is connected.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    network::{Network, set},
    program::Program,
};

/// Maximum time until a connected device hears that it was revoked.
const NEWS_TIME_MAX: Duration = Duration::from_secs(15);

/// Waits until this holds. If it never does, reports the last value.
#[track_caller]
fn wait_for(what: &str, mut look: impl FnMut() -> (bool, Value)) {
    let begun = Instant::now();
    loop {
        let (holds, seen) = look();
        if holds {
            return;
        }
        assert!(begun.elapsed() < NEWS_TIME_MAX, "{what}: {seen}");
        thread::sleep(Duration::from_millis(100));
    }
}

fn add(node: &Program, name: &str) {
    node.run(&["initiative", "add", "--name", name, "--audience", "network"])
        .ok();
}

#[test]
fn a_revoked_device_is_let_go_and_keeps_everything() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let field = network.further(&desk, "field");
    add(&field, "Example: before");
    field.run(&["sync", "--once"]).ok();
    let running = field.start(&["--http", "127.0.0.1:0"], 1);
    let sessions = || network.hub.run(&["status", "--json"]).json()["sessions"].clone();
    wait_for("the field's session is open", || {
        (sessions() == 1, sessions())
    });

    desk.run(&["device", "revoke", "field"]).ok();
    let status = || field.run(&["status", "--json"]).json();
    wait_for("the device hears of it", || {
        (status()["revoked"] == true, status())
    });
    wait_for("its session is closed", || (sessions() == 0, sessions()));

    // Saving still works, with a note that it is not shared; nothing of it reaches the hub.
    let late = [
        "initiative",
        "add",
        "--name",
        "Example: after",
        "--audience",
        "network",
    ];
    field
        .run(&late)
        .ends_with(0)
        .tells(&["revoked", "not shared"]);
    let team = ["initiative", "add", "--name", "Example: for itself"];
    field.run(&team).ok();
    field.run(&["sync", "--once"]).ends_with(21).tells(&[
        "revoked",
        "its work stays on this computer",
        "new invite",
    ]);
    drop(running);
    field.run(&["sync", "--once"]).ends_with(21).tells(&[
        "revoked",
        "its work stays on this computer",
        "new invite",
    ]);
    let told = field.run(&["status"]);
    assert!(
        told.out.contains("revoked") && told.out.contains("invite"),
        "{}",
        told.out
    );
    let names = field
        .run(&["initiative", "list", "--json"])
        .json()
        .to_string();
    assert!(
        names.contains("before") && names.contains("for itself"),
        "{names}"
    );
    let to = network.path("leaving");
    let text = to.to_str().expect("the path is text");
    field
        .run(&["export", "--to", text, "--format", "json"])
        .ok();
    let exported = fs::read_to_string(to.join("weft.json")).expect("an export");
    assert!(exported.contains("Example: before"));
    field.run(&["device", "invite"]).ends_with(21);
    goes_on_without(&network, &desk);
}

/// The location continues, the device's shared work stays, and it can return as a new device.
fn goes_on_without(network: &Network, desk: &Program) {
    desk.run(&["sync", "--once"]).ok();
    let devices = desk.run(&["device", "list", "--json"]).json();
    assert!(devices[1]["revoked"].is_string(), "{devices}");
    let plan = network.hub.run(&["plan", "list"]).ok();
    assert!(plan.contains("before") && !plan.contains("after"), "{plan}");
    let states = network.hub.run(&["device", "list", "--json"]).json();
    let states: Vec<&Value> = states.as_array().expect("a list").iter().collect();
    assert_eq!(
        states
            .iter()
            .filter(|device| device["state"] == "revoked")
            .count(),
        1
    );
    // A revoked device returns as a new one, in a directory of its own.
    let again = network.further(desk, "field again");
    let names = again
        .run(&["initiative", "list", "--json"])
        .json()
        .to_string();
    assert!(names.contains("before"), "{names}");
}

#[test]
fn a_device_that_the_operator_blocks_is_told_and_works_on() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let device = desk.run(&["status", "--json"]).json()["device"].clone();
    let device = device.as_str().expect("an id");
    network.hub.run(&["device", "block", device]).ok();
    desk.run(&set("2022-12", "49461")).ok();
    desk.run(&["sync", "--once"]).ends_with(21).tells(&[
        "has blocked this device",
        "safe",
        "national team",
    ]);
    let status = desk.run(&["status", "--json"]).json();
    assert!(status["waiting"].as_u64() > Some(0), "{status}");
    assert_eq!(status["revoked"], false, "{status}");
    network.hub.run(&["device", "unblock", device]).ok();
    desk.run(&["sync", "--once"]).ok();
    let status = desk.run(&["status", "--json"]).json();
    assert_eq!(status["waiting"], 0, "{status}");
}

#[test]
fn two_programs_never_work_on_one_directory() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    // The hub runs: a second one is refused, and commands go to the running one.
    let flags = ["run", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    network.hub.run(&flags).ends_with(3).tells(&["running on"]);
    let begun = desk.start(&["--http", "127.0.0.1:0"], 1);
    desk.run(&["run"])
        .ends_with(3)
        .tells(&["running already", "weft-node page"]);
    let first = begun.line("pages ").to_owned();
    let (one, two) = (desk.run(&["page"]).ok(), desk.run(&["page"]).ok());
    assert!(
        one != two && one != first && one.contains("/launch/"),
        "{one}"
    );
    let invite = network.invite("RT");
    desk.run(&["join", &invite])
        .ends_with(3)
        .tells(&["joined already"]);
    desk.run(&set("2022-12", "49461")).ok();
    // Many at once: each is done once.
    thread::scope(|scope| {
        for turn in 0..8 {
            let desk = &desk;
            scope.spawn(move || add(desk, &format!("Example: {turn}")));
        }
    });
    drop(begun);
    thread::scope(|scope| {
        for turn in 8..12 {
            let desk = &desk;
            scope.spawn(move || add(desk, &format!("Example: {turn}")));
        }
    });
    let names = desk.run(&["initiative", "list", "--json"]).json();
    assert_eq!(names.as_array().map(Vec::len), Some(12), "{names}");
    desk.run(&["verify"]).ok();
}

#[cfg(unix)]
#[test]
fn a_node_that_is_stopped_says_that_all_is_saved() {
    let mut network = Network::start();
    let desk = network.founded("FN", "desk");
    network.kill_hub();
    add(&desk, "Example: a garden");
    let mut command = desk.command(&["run", "--http", "127.0.0.1:0"]);
    let mut node = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut out = BufReader::new(node.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("stdout is text");
    assert!(line.starts_with("pages "), "{line}");
    let pid = node.id().to_string();
    let stopped = Command::new("kill").args(["-INT", &pid]).status();
    assert!(stopped.expect("kill is there").success());
    let ended = node.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{told}");
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let safe = "The node has stopped. Your work is saved on this computer; ";
    let waits = words.split(safe).nth(1).unwrap_or_default();
    assert!(
        waits.ends_with(" entries wait to be shared at the next start."),
        "{told}"
    );
}
