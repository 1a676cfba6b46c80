//! A hub and its nodes, set up with the built programs.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Program, Running};

/// Returns the path of a file of published figures.
pub(crate) fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/data")
        .join(name);
    path.to_str().expect("the path is text").to_owned()
}

/// A running hub that expects Far North and Rotorua.
pub(crate) struct Network {
    folder: TempDir,
    pub(crate) hub: Program,
    running: Option<Running>,
    sync: String,
    pub(crate) http: String,
}

impl Network {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let hub = Program::hub(&folder.path().join("hub"));
        Self::start_with(folder, hub)
    }

    /// Starts a network with a hub that the caller prepared.
    pub(crate) fn start_with(folder: TempDir, hub: Program) -> Self {
        hub.run(&[
            "init",
            "--network",
            "Healthy Families NZ",
            "--operator",
            "Example operator",
        ])
        .ok();
        let mut network = Self {
            folder,
            hub,
            running: None,
            sync: "127.0.0.1:0".to_owned(),
            http: String::new(),
        };
        network.start_hub();
        let hub = &network.hub;
        let far_north = ["--name", "Healthy Families Far North", "--area"];
        let area = "FAR_NORTH=Far North District";
        hub.run(&[&["location", "add", "FN"], &far_north[..], &[area]].concat())
            .ok();
        let rotorua = [
            "--name",
            "Healthy Families Rotorua",
            "--area",
            "ROTORUA=Rotorua District",
        ];
        hub.run(&[&["location", "add", "RT"], &rotorua[..]].concat())
            .ok();
        hub.run(&["definitions", "import", &data("indicators.toml")])
            .ok();
        network
    }

    /// Starts the hub at its previous address.
    pub(crate) fn start_hub(&mut self) {
        let running = self
            .hub
            .start(&["--listen", &self.sync, "--http", "127.0.0.1:0"], 2);
        self.sync = running.line("sync ").to_owned();
        self.http = running.line("pages ").to_owned();
        self.running = Some(running);
    }

    /// Kills the hub with SIGKILL.
    pub(crate) fn kill_hub(&mut self) {
        self.running.take().expect("the hub runs").kill();
    }

    /// Stops the hub. Returns all that it told people.
    #[cfg(unix)]
    pub(crate) fn stop_hub(&mut self) -> String {
        self.running.take().expect("the hub runs").stop()
    }

    /// Sends the hub's process a signal.
    #[cfg(unix)]
    pub(crate) fn signal_hub(&self, name: &str) {
        let hub = self.running.as_ref().expect("the hub runs");
        hub.signal(name);
    }

    /// The address it listens on.
    pub(crate) fn sync_address(&self) -> &str {
        &self.sync
    }

    /// Requests a path of the hub's pages or data interface; returns status line, headers and body.
    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> String {
        let auth = token.map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        self.get_with(path, &auth)
    }

    /// The same with these lines of headers.
    pub(crate) fn get_with(&self, path: &str, lines: &str) -> String {
        let address = self.http.trim_start_matches("http://");
        let host = address.split('/').next().expect("an address");
        let mut stream = TcpStream::connect(host).expect("the hub answers");
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// Returns a path in the network's own folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns a node that has not joined.
    pub(crate) fn node(&self, name: &str) -> Program {
        Program::node(&self.path(name))
    }

    /// Creates a founding invite.
    pub(crate) fn invite(&self, code: &str) -> String {
        self.hub.run(&["invite", "create", code]).ok()
    }

    /// Founds a confirmed location that has adopted both vaccination indicators.
    pub(crate) fn founded(&self, code: &str, name: &str) -> Program {
        self.founded_at(code, self.node(name))
    }

    /// The same with a node that the caller prepared.
    pub(crate) fn founded_at(&self, code: &str, node: Program) -> Program {
        let words = self.path(&format!("{code}.words"));
        let words = words.to_str().expect("the path is text");
        let invite = self.invite(code);
        let heard = node
            .run(&[
                "join",
                &invite,
                "--device-name",
                "Desk",
                "--recovery-file",
                words,
            ])
            .ok();
        assert_eq!(
            fs::read_to_string(words)
                .expect("the words were written")
                .split_whitespace()
                .count(),
            24
        );
        self.confirm(code, &heard);
        node.run(&["sync", "--once"]).ok();
        for indicator in ["VAX_PRIMARY", "VAX_PARTIAL"] {
            node.run(&["indicator", "adopt", indicator, "--audience", "network"])
                .ok();
        }
        node
    }

    /// Confirms a location by the words that its node printed.
    pub(crate) fn confirm(&self, code: &str, heard: &str) {
        let words = ["location", "confirm", code, "--words", heard.trim()];
        self.hub.run(&words).ok();
    }

    /// Adds a further device to the node's location.
    pub(crate) fn further(&self, steward: &Program, name: &str) -> Program {
        let invite = steward.run(&["device", "invite", "--role", "member"]).ok();
        assert_eq!(
            invite.lines().count(),
            1,
            "the invite is the only line: {invite}"
        );
        let node = self.node(name);
        node.run(&["join", &invite, "--device-name", name]).ok();
        steward.run(&["sync", "--once"]).ok();
        node
    }

    /// Returns the figures of the network and of the locations.
    pub(crate) fn rollup(&self) -> Vec<Value> {
        let rollup = self
            .hub
            .run(&["rollup", "--level", "all", "--format", "json"])
            .json();
        let rows = rollup.as_array().or_else(|| rollup["data"].as_array());
        rows.unwrap_or_else(|| panic!("no rows: {rollup}")).clone()
    }
}

/// Sets Far North's VAX_PRIMARY for 12+ in a month.
pub(crate) fn set<'a>(period: &'a str, numerator: &'a str) -> [&'a str; 13] {
    [
        "observation",
        "set",
        "VAX_PRIMARY",
        "--area",
        "FAR_NORTH",
        "--period",
        period,
        "--breakdown",
        "age=12+",
        "--numerator",
        numerator,
        "--denominator",
        "60000",
    ]
}
