//! Copied data directories, and stopped programs.

use std::{fs, path::Path};

use crate::{
    network::{Network, set},
    program::Program,
};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file can be copied");
        }
    }
}

/// Makes a location's node, and copies its data directory after the first sync.
fn copied(network: &Network) -> (Program, Program) {
    let desk = network.founded("FN", "desk");
    desk.run(&set("2022-01", "1000")).ok();
    desk.run(&["sync", "--once"]).ok();
    let folder = network.path("copy");
    copy(&desk.folder, &folder);
    let twin = desk.clone().at(&folder);
    (desk, twin)
}

/// The copy learns that it is one, and keeps what was saved on it.
fn check_told(twin: &Program, saved: &str) {
    twin.run(&["sync", "--once"])
        .ends_with(21)
        .tells(&["this is a copy of \"desk\"", "device invite"]);
    let status = twin.run(&["status"]).ok();
    let stopped = status.lines().filter(|line| line.starts_with("stopped"));
    assert_eq!(stopped.count(), 1, "{status}");
    twin.run(&set("2022-09", "1"))
        .ends_with(3)
        .tells(&["copy of \"desk\""]);
    let list = twin
        .run(&["observation", "list", "--json"])
        .json()
        .to_string();
    assert!(list.contains(saved), "{list}");
    // It runs for its pages, and ends on request.
    let running = twin.start(&["--http", "127.0.0.1:0"], 1);
    running.stop();
}

#[test]
fn a_copy_at_the_same_height_is_told_so() {
    let network = Network::start();
    let (desk, twin) = copied(&network);
    desk.run(&set("2022-02", "1001")).ok();
    twin.run(&set("2022-03", "1002")).ok();
    desk.run(&["sync", "--once"]).ok();
    check_told(&twin, "1002");
    desk.run(&["sync", "--once"]).ok();
}

#[test]
fn a_copy_that_was_edited_first_is_told_so() {
    let network = Network::start();
    let (desk, twin) = copied(&network);
    // The copy has saved more than the hub holds from the original, or less.
    twin.run(&set("2022-03", "1002")).ok();
    twin.run(&set("2022-04", "1003")).ok();
    twin.run(&set("2022-05", "1004")).ok();
    desk.run(&set("2022-02", "1001")).ok();
    desk.run(&["sync", "--once"]).ok();
    let folder = network.path("another copy");
    copy(&twin.folder, &folder);
    let another = twin.clone().at(&folder);
    check_told(&twin, "1003");
    for period in ["2022-06", "2022-07", "2022-08", "2022-10"] {
        desk.run(&set(period, "1005")).ok();
    }
    desk.run(&["sync", "--once"]).ok();
    check_told(&another, "1004");
}

#[cfg(unix)]
#[test]
fn a_stopped_program_is_not_waited_for() {
    let network = Network::start();
    let desk = network.founded("FN", "desk");
    let running = desk.start(&["--http", "127.0.0.1:0"], 1);
    running.signal("STOP");
    desk.run(&["status"])
        .ends_with(1)
        .tells(&["does not answer", "nothing was done"]);
    running.signal("CONT");
    desk.run(&["status"]).ok();
    running.stop();
    network.signal_hub("STOP");
    network
        .hub
        .run(&["status"])
        .ends_with(1)
        .tells(&["does not answer"]);
    network.signal_hub("CONT");
    network.hub.run(&["status"]).ok();
}
