//! Disks that fill up during writes: everything reported as saved stays, and work continues once
//! there is space. Uses separate small disks, if this process may mount them.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    network::{Network, data, set},
    program::{Program, Said},
};

/// A separate file system in memory.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder can be made");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o"]);
        mount
            .args([&format!("size={megabytes}m"), "tmpfs"])
            .arg(dir.path());
        let mounted = mount.stderr(Stdio::null()).status();
        let mounted = mounted.is_ok_and(|status| status.success());
        if !mounted {
            not_tried(
                "Only root may mount a small disk, so the programs on a full one were not tried; \
                 weft-host's a_full_disk_is_said_and_ends_when_there_is_space tries the store \
                 under a limit of pages.",
            );
        }
        mounted.then_some(Self(dir))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Fills it to the last byte, with a file that can be removed again.
    fn fill(&self) {
        let mut ballast = File::options()
            .create(true)
            .append(true)
            .open(self.ballast())
            .expect("a file can be made");
        for piece in [1 << 16, 4096, 1] {
            while ballast.write_all(&vec![0; piece]).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("there is ballast");
    }

    fn ballast(&self) -> PathBuf {
        self.path("ballast")
    }
}

#[expect(clippy::print_stdout, reason = "no test is left out silently")]
fn not_tried(why: &str) {
    println!("{why}");
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

/// Returns numerators by period, as the node lists them.
fn values(node: &Program) -> BTreeMap<String, String> {
    let list = node.run(&["observation", "list", "--json"]).json();
    let rows = list.as_array().expect("a list").iter();
    let text = |value: &serde_json::Value| value.to_string().trim_matches('"').to_owned();
    rows.map(|row| (text(&row["period"]), text(&row["numerator"])))
        .collect()
}

/// Sets month after month until one is not saved; the last one was refused.
fn write_until_full(node: &Program, saved: &mut BTreeMap<String, String>) {
    for turn in 0..240 {
        let month = format!("{}-{:02}", 2001 + turn / 12, 1 + turn % 12);
        let numerator = (10_000 + turn).to_string();
        let said = node.run(&set(&month, &numerator));
        if said.code == 0 {
            saved.insert(month, numerator);
            continue;
        }
        let told = ["disk is full", "not saved", "free some space"];
        said.ends_with(1).tells(&told);
        return;
    }
    panic!("the disk never filled up");
}

#[test]
fn a_node_on_a_full_disk_keeps_what_it_called_saved() {
    let Some(disk) = SmallDisk::mount(16) else {
        return;
    };
    let network = Network::start();
    let node = network.founded_at("FN", network.node("desk").at(&disk.path("node")));
    node.run(&["sync", "--once"]).ok();
    let mut saved = BTreeMap::new();
    node.run(&set("2022-12", "49461")).ok();
    saved.insert("2022-12".to_owned(), "49461".to_owned());
    // First while it runs, then with separate commands.
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    disk.fill();
    write_until_full(&node, &mut saved);
    assert_eq!(values(&node), saved, "on the full disk, while it runs");
    drop(running);
    disk.fill();
    write_until_full(&node, &mut saved);
    disk.make_room();
    assert_eq!(values(&node), saved, "with room again");
    node.run(&set("2023-01", "49999")).ok();
    saved.insert("2023-01".to_owned(), "49999".to_owned());
    node.run(&["verify"]).ok();
    node.run(&["sync", "--once"]).ok();
    node.run(&["doctor"]).ok();
    assert_eq!(values(&node), saved);
    assert_eq!(network_values(&network), saved);
}

#[test]
fn a_node_cannot_join_on_a_full_disk_and_joins_once_there_is_room() {
    let Some(disk) = SmallDisk::mount(16) else {
        return;
    };
    let network = Network::start();
    let node = network.node("desk").at(&disk.path("node"));
    let invite = network.invite("FN");
    let words = network.path("words");
    let join = ["join", &invite, "--recovery-file", path(&words)];
    disk.fill();
    let told = ["disk is full", "free some space"];
    node.run(&join).ends_with(1).tells(&told);
    disk.make_room();
    node.run(&join).ok();
    node.run(&["status"]).ok();
}

/// Returns the network's numerators by month.
fn network_values(network: &Network) -> BTreeMap<String, String> {
    let rows = network.rollup().into_iter();
    let rows = rows.filter(|row| row["level"] == "network");
    let text = |value: &serde_json::Value| value.to_string().trim_matches('"').to_owned();
    rows.map(|row| (text(&row["period"]), text(&row["numerator"])))
        .collect()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

#[test]
fn a_hub_on_a_full_disk_acknowledges_only_what_it_keeps() {
    let Some(disk) = SmallDisk::mount(24) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let hub = Program::hub(&disk.path("hub"));
    let mut network = Network::start_with(folder, hub);
    let node = network.founded("FN", "desk");
    let reader = network.further(&node, "reader");
    node.run(&set("2022-12", "49461")).ok();
    node.run(&["sync", "--once"]).ok();
    disk.fill();
    let published = data("nz-vaccination-by-territorial-authority.csv");
    let import = [
        "import",
        "observations",
        &published,
        "--own-areas",
        "--replace",
    ];
    node.run(&import).ok();
    let words = "Example: said at the market. ".repeat(2_000);
    let insight = [
        "insight",
        "add",
        "--audience",
        "network",
        "--consent",
        "network",
    ];
    let insight = [&insight[..], &["--attribution", "none", "--text", &words]].concat();
    let mut told = 0;
    let refused = loop {
        node.run(&insight).ok();
        told += 1;
        assert!(told < 60, "the hub's disk never filled up");
        let said = node.run(&["sync", "--once"]);
        if said.code != 0 {
            break said;
        }
    };
    refused
        .ends_with(21)
        .tells(&["disk may be full", "safe on this computer", "sync --once"]);
    node.run(&["status"])
        .ok()
        .contains("hub is full")
        .then_some(())
        .expect("status says why it waits");
    // A colleague who only reads is served.
    let reader = reader.run(&["sync", "--once"]);
    reader.ends_with(0).tells(&["hold the same"]);
    says_that_its_disk_is_full(&network.hub);
    let waiting = node.run(&["status", "--json"]).json()["waiting"].clone();
    assert!(waiting.as_u64() > Some(0), "{waiting}");
    let full = network
        .hub
        .run(&["location", "add", "IN", "--name", "x", "--area", "IN=y"]);
    full.ends_with(1)
        .tells(&["disk is full", "not saved", "free some space"]);
    disk.make_room();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(node.run(&["status", "--json"]).json()["waiting"], 0);
    network.hub.run(&["doctor"]).ok();
    let insights = network.hub.run(&["insight", "list", "--json"]).json();
    assert_eq!(insights.as_array().map(Vec::len), Some(told), "each once");
    let before = network.rollup();
    network.kill_hub();
    network.start_hub();
    assert_eq!(network.rollup(), before);
}

/// Checks that all is shown but what must be in the ledger first.
fn what_is_shown_on_a_full_disk(network: &Network) {
    // Needs no row in the ledger.
    for command in ["status", "definitions list", "location list"] {
        let words: Vec<&str> = command.split(' ').collect();
        assert!(!network.hub.run(&words).ok().is_empty(), "{command}");
    }
    for page in ["/insights.csv", "/healthz"] {
        let answer = network.get(page, None);
        assert!(answer.starts_with("HTTP/1.1 200"), "{page}: {answer}");
    }
    // Needs one, which cannot be written.
    let told = [
        "only once the ledger says who read it",
        "disk is full",
        "free some space",
    ];
    for command in [
        "rollup",
        "rollup --level network",
        "plan list",
        "rollup explain VAX_PRIMARY --period 2022-12",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let said = network.hub.run(&words).ends_with(1).tells(&told);
        assert!(
            !said.out.contains("49461") && !said.out.contains("gardens"),
            "{command}"
        );
    }
    for page in [
        "/",
        "/coverage",
        "/definitions",
        "/definitions.csv",
        "/initiatives.csv",
        "/locations.csv",
        "/indicators/VAX_PRIMARY",
    ] {
        let answer = network.get(page, None);
        assert!(answer.starts_with("HTTP/1.1 503"), "{page}: {answer}");
        assert!(
            answer.contains(told[0]) && answer.contains(told[1]),
            "{page}: {answer}"
        );
    }
}

/// Checks that its output has these words, across line breaks.
fn shows(said: &Said, words: &[&str]) {
    let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(text.contains(word), "no \"{word}\" in: {text}");
    }
}

fn says_that_its_disk_is_full(hub: &Program) {
    let words = ["disk is full", "what nodes send is refused"];
    let found = hub.run(&["doctor"]).ends_with(3);
    shows(&found, &[&["BAD"][..], &words[..]].concat());
    shows(&hub.run(&["status"]).ends_with(0), &words);
}

fn what_a_stopped_hub_shows_on_a_full_disk(network: &Network) {
    let hub = &network.hub;
    for command in ["location list", "definitions list"] {
        let words: Vec<&str> = command.split(' ').collect();
        assert!(!hub.run(&words).ok().is_empty(), "{command}");
    }
    says_that_its_disk_is_full(hub);
    let told = ["only once the ledger says who read it", "disk is full"];
    hub.run(&["rollup"]).ends_with(1).tells(&told);
}

#[test]
fn a_hub_on_a_full_disk_serves_whoever_only_reads() {
    let Some(disk) = SmallDisk::mount(24) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut network = Network::start_with(folder, Program::hub(&disk.path("hub")));
    let node = network.founded("FN", "desk");
    let other = network.further(&node, "tablet");
    let adds = ["initiative", "add", "--audience", "network"];
    node.run(&[&adds[..], &["--name", "Example: gardens"]].concat())
        .ok();
    for (month, numerator) in [("2022-11", "49460"), ("2022-12", "49461")] {
        node.run(&set(month, numerator)).ok();
        node.run(&["sync", "--once"]).ok();
    }
    let before = network.rollup();
    disk.fill();
    let mut acts = (0..2_000).map(|turn| {
        let name = format!("T{turn}");
        network.hub.run(&["token", "create", &name])
    });
    let refused = acts.find(|said| said.code != 0);
    let refused = refused.expect("the hub's disk never filled up");
    refused.ends_with(1).tells(&["disk is full", "not saved"]);
    // A device that only reads hears all there is.
    other.run(&["sync", "--once"]).ok();
    assert_eq!(values(&other).len(), 2);
    what_is_shown_on_a_full_disk(&network);
    // A hub that was killed opens its store; it serves again once there is room.
    network.kill_hub();
    assert!(!network.hub.run(&["status"]).ok().is_empty());
    let start = network.hub.run(&["run", "--listen", "127.0.0.1:0"]);
    start
        .ends_with(1)
        .tells(&["disk is full", "free some space"]);
    // Closing the store has freed the index of its log, which needs room to come back.
    disk.fill();
    what_a_stopped_hub_shows_on_a_full_disk(&network);
    disk.make_room();
    network.start_hub();
    assert_eq!(network.rollup(), before);
    assert!(network.get("/", None).starts_with("HTTP/1.1 200"));
    node.run(&set("2023-01", "49999")).ok();
    node.run(&["sync", "--once"]).ok();
    other.run(&["sync", "--once"]).ok();
    assert_eq!(values(&other).len(), 3);
    network.hub.run(&["doctor"]).ok();
}
