//! Computers with a wrong clock, by years: work still syncs, and people are told to set it.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{
    network::{Network, set},
    program::{Program, Said},
};

/// Returns the library that shows a program another time (`tests/all` installs it).
fn false_clock() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").expect("/usr/lib can be listed");
    let places = folders
        .flatten()
        .map(|folder| folder.path())
        .chain(["/usr/lib".into(), "/usr/local/lib".into()]);
    let mut found = places.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    found
        .find(|library| library.exists())
        .expect("libfaketime is missing: install what Debian calls faketime (tests/all does)")
}

/// Returns the same program on a computer with a clock that is off by `off`, such as `+10y`.
fn with_clock(program: Program, off: &str) -> Program {
    program
        .with_env("LD_PRELOAD", false_clock().to_str().expect("a plain path"))
        .with_env("FAKETIME", off)
        // Monotonic clocks and file times stay right.
        .with_env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .with_env("NO_FAKE_STAT", "1")
}

fn year(moment: &Value) -> i32 {
    let text = moment.as_str().expect("a moment");
    text[..4].parse().expect("a year")
}

fn clock_check(node: &Program) -> Value {
    let doctor = node.run(&["doctor", "--json"]);
    let checks: Value = serde_json::from_str(&doctor.out).expect("checks");
    let clock = checks.as_array().expect("a list").iter();
    let clock = clock.filter(|check| check["check"] == "clock");
    let clock: Vec<&Value> = clock.collect();
    assert_eq!(clock.len(), 1, "{checks}");
    clock[0].clone()
}

fn a_clock_that_is_off(off: &str, words: &str) {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let right_year = year(&node.run(&["status", "--json"]).json()["last_reached"]);
    let wrong = with_clock(node.clone(), off);
    wrong.run(&set("2022-12", "49461")).ok();
    let told = ["clock", words, "set the clock"];
    wrong.run(&["sync", "--once"]).ends_with(0).tells(&told);
    let status = wrong.run(&["status", "--json"]).json();
    assert_eq!(status["waiting"], 0, "{status}");
    assert_ne!(year(&status["saved"]), right_year, "the clock was off");
    let behind = status["clock_behind_ms"].as_i64().expect("a number");
    assert!(behind.abs() > 8 * 365 * 86_400_000, "{status}");
    wrong.run(&["status"]).ends_with(0).tells(&told);
    let check = clock_check(&wrong);
    assert_eq!(check["ok"], false, "{check}");
    assert!(check["finding"].to_string().contains("hub"), "{check}");
    wrong.run(&["doctor"]).ends_with(3);
    // The hub counts what arrived.
    let rows = network.rollup();
    let counted = |row: &&Value| row["period"] == "2022-12" && row["level"] == "network";
    assert_eq!(rows.iter().filter(counted).count(), 1, "{rows:?}");
    // It makes no invite that would be invalid by every other clock.
    wrong.run(&["device", "invite"]).ends_with(3).tells(&told);
    // Once the clock is right, there is nothing more to report.
    node.run(&["sync", "--once"]).ok();
    let status = node.run(&["status", "--json"]).json();
    assert_eq!(status["clock_behind_ms"], Value::Null, "{status}");
    node.run(&set("2022-11", "49400")).ok();
    node.run(&["sync", "--once"]).ok();
    network.hub.run(&["doctor"]).ok();
    node.run(&["verify"]).ok();
}

#[test]
fn a_clock_ten_years_fast_is_told_and_stops_nothing() {
    a_clock_that_is_off("+10y", "ahead of");
}

#[test]
fn a_clock_ten_years_slow_is_told_and_stops_nothing() {
    a_clock_that_is_off("-10y", "behind");
}

/// Joins as a new location, with its recovery words in `words`.
fn join(node: &Program, invite: &str, words: &Path) -> Said {
    let words = words.to_str().expect("the path is text");
    node.run(&["join", invite, "--recovery-file", words])
}

#[test]
fn a_slow_clock_prolongs_no_invite() {
    let network = Network::start();
    let create = ["invite", "create", "FN", "--expires", "1s"];
    let old = network.hub.run(&create).ok();
    thread::sleep(Duration::from_millis(1_100));
    let desk = with_clock(network.node("desk"), "-10y");
    let words = network.path("words");
    let refused = join(&desk, &old, &words);
    refused
        .ends_with(21)
        .tells(&["has expired", "ask the national team for a new one"]);
    // The words of the first try would have been useless.
    assert!(!words.exists(), "recovery words of a root that is none");
    let heard = join(&desk, &network.invite("FN"), &words).ok();
    assert!(words.exists());
    network.confirm("FN", &heard);

    let right = network.node("desk");
    let invite = right.run(&["device", "invite", "--expires", "1s"]).ok();
    thread::sleep(Duration::from_millis(1_100));
    let field = with_clock(network.node("field"), "-10y");
    let refused = field.run(&["join", &invite, "--device-name", "Field"]);
    refused.ends_with(21).tells(&["expired", "new one"]);
    let invite = right.run(&["device", "invite"]).ok();
    let joined = field.run(&["join", &invite, "--device-name", "Field"]);
    joined.ends_with(0).tells(&["clock", "behind"]);
}

#[test]
fn a_fast_clock_begins_nothing_with_an_invite_that_stands() {
    let network = Network::start();
    let invite = network.invite("FN");
    let words = network.path("words");
    let node = network.node("desk");
    let refused = join(&with_clock(node.clone(), "+10y"), &invite, &words);
    refused
        .ends_with(3)
        .tells(&["expired", "this computer's clock", "set the clock"]);
    assert!(
        !words.exists() && !node.folder.exists(),
        "nothing was begun"
    );
    join(&node, &invite, &words).ok();
}

#[test]
fn a_hub_whose_clock_is_off_is_told_apart_and_counts_on() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let hub = Program::hub(&folder.path().join("hub"));
    let network = Network::start_with(folder, with_clock(hub, "+10y"));
    let node = network.founded("FN", "desk");
    node.run(&set("2022-12", "49461")).ok();
    let told = ["clock", "behind", "national team", "theirs"];
    node.run(&["sync", "--once"]).ends_with(0).tells(&told);
    assert_eq!(node.run(&["status", "--json"]).json()["waiting"], 0);
    let rows = network.rollup();
    assert!(
        rows.iter().any(|row| row["period"] == "2022-12"),
        "{rows:?}"
    );
    network.hub.run(&["doctor"]).ok();
}
