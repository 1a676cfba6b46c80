//! Networks that block UDP: work continues, and the message says what to check.

use std::{
    io::{BufRead as _, BufReader},
    net::UdpSocket,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    network::{Network, set},
    program::Program,
};

/// Maximum time until a person reads "the hub does not answer".
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_firewall_that_swallows_udp_costs_nothing() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    let invite = network.invite("RT");
    let words = network.path("rt.words");
    let newcomer = network.node("rotorua");
    let join = [
        "join",
        &invite,
        "--recovery-file",
        words.to_str().expect("the path is text"),
    ];
    network.kill_hub();
    let hole = UdpSocket::bind(network.sync_address()).expect("the hub's port is free");
    node.run(&set("2022-12", "49461")).ok();
    let begun = Instant::now();
    thread::scope(|scope| {
        let told = ["does not answer", "udp", "firewall", "safe"];
        scope.spawn(move || newcomer.run(&join).ends_with(20).tells(&told));
        node.run(&["sync", "--once"]).ends_with(20).tells(&told);
    });
    assert!(begun.elapsed() < PATIENCE, "after {:?}", begun.elapsed());
    let status = node.run(&["status", "--json"]).json();
    assert_eq!(status["hub_reachable"], false, "{status}");
    assert!(status["waiting"].as_u64() > Some(0), "{status}");
    drop(hole);
    network.start_hub();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(node.run(&["status", "--json"]).json()["waiting"], 0);
    // The invite was not spent, and the words in the file are the ones that count.
    network.node("rotorua").run(&join).ok();
}

#[test]
fn a_wrong_address_in_an_invite_begins_nothing_that_cannot_go_on() {
    for (address, told) in [
        ("127.0.0.1:9", ["does not answer", "address may be wrong"]),
        (
            "nowhere.invalid:4433",
            ["cannot be found", "check its spelling"],
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let hub = Program::hub(&folder.path().join("hub"));
        let init = [
            "init",
            "--network",
            "N",
            "--operator",
            "O",
            "--public-address",
            address,
        ];
        hub.run(&init).ok();
        let add = [
            "location",
            "add",
            "FN",
            "--name",
            "Far North",
            "--area",
            "FN=Far North",
        ];
        hub.run(&add).ok();
        let invite = hub.run(&["invite", "create", "FN"]).ok();
        assert!(
            invite.starts_with(&format!("weft://{address}/")),
            "{invite}"
        );
        let node = Program::node(&folder.path().join("node"));
        let words = folder.path().join("words");
        let words = words.to_str().expect("the path is text");
        let begun = Instant::now();
        let said = node.run(&["join", &invite, "--recovery-file", words]);
        said.ends_with(20).tells(&told).tells(&[address]);
        assert!(begun.elapsed() < PATIENCE, "after {:?}", begun.elapsed());
        node.run(&["status"]).ends_with(10);
    }
}

/// A separate network for programs, with only a loopback address.
#[cfg(target_os = "linux")]
struct Island(Child);

#[cfg(target_os = "linux")]
impl Island {
    /// Returns `None` if this process may not make one.
    fn make() -> Option<Self> {
        // Look up our own addresses after any other rule, so that a rule can forbid them.
        let setup = "ip link set lo up && ip rule add pref 100 lookup local && \
                     ip rule del pref 0 && echo ready && exec cat";
        let mut shell = Command::new("unshare");
        shell.args(["--net", "sh", "-c", setup]);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        let out = shell.stdout.take().expect("stdout is piped");
        // Output that cannot be read is not "ready".
        let _ = BufReader::new(out).read_line(&mut line);
        let island = Self(shell);
        (line.trim() == "ready").then_some(island)
    }

    fn enter(&self) -> Vec<String> {
        let network = format!("--net=/proc/{}/ns/net", self.0.id());
        vec!["nsenter".to_owned(), network]
    }

    fn rule(&self, what: &str) {
        let enter = self.enter();
        let rule = format!("rule {what} pref 10 ipproto udp prohibit");
        let mut ip = Command::new(&enter[0]);
        ip.arg(&enter[1]).arg("ip").args(rule.split(' '));
        assert!(ip.status().is_ok_and(|status| status.success()), "{rule}");
    }
}

#[cfg(target_os = "linux")]
impl Drop for Island {
    fn drop(&mut self) {
        // It ends with its input at the latest.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_computer_that_may_send_no_udp_says_so_and_goes_on_later() {
    let Some(island) = Island::make() else {
        println!(
            "Only root may make a network with rules of its own, so a system that refuses to send \
             UDP was not tried; a_firewall_that_swallows_udp_costs_nothing tries a silent one."
        );
        return;
    };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let hub = Program::hub(&folder.path().join("hub")).started_by(&island.enter());
    let network = Network::start_with(folder, hub);
    let node = network.founded_at("FN", network.node("desk").started_by(&island.enter()));
    island.rule("add");
    // Commands still reach the running program, because they do not use UDP.
    let running = node.start(&["--http", "127.0.0.1:0"], 1);
    node.run(&set("2022-12", "49461")).ok();
    let begun = Instant::now();
    let told = ["does not answer", "udp", "firewall", "safe"];
    node.run(&["sync", "--once"]).ends_with(20).tells(&told);
    assert!(begun.elapsed() < PATIENCE, "after {:?}", begun.elapsed());
    assert_eq!(
        node.run(&["status", "--json"]).json()["hub_reachable"],
        false
    );
    island.rule("del");
    node.run(&["sync", "--once"]).ok();
    assert_eq!(node.run(&["status", "--json"]).json()["waiting"], 0);
    drop(running);
}
