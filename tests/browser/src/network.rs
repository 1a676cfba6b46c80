//! A hub and a node that has joined it, run from the built programs.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    ops::Deref,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::SystemTime,
};

use serde_json::Value;
use tempfile::TempDir;

/// A network of one location on this computer.
pub(crate) struct Network {
    folder: TempDir,
    hub: Running,
    node: Running,
}

/// A network with a node that has joined nothing.
pub(crate) struct Unjoined {
    network: Network,
    /// The line that a team is sent.
    pub(crate) invite: String,
}

impl Unjoined {
    /// Confirms the location by the words that its team read out.
    pub(crate) fn confirm(&self, words: &str) {
        confirm(self.folder.path(), words);
    }
}

impl Deref for Unjoined {
    type Target = Network;

    fn deref(&self) -> &Network {
        &self.network
    }
}

/// A running program; killed when this is dropped.
struct Running {
    child: Child,
    ready: Vec<String>,
    /// Kept, so that later output has a reader.
    _out: BufReader<ChildStdout>,
}

impl Network {
    /// Sets everything up with the commands that people type.
    pub(crate) fn start() -> Self {
        refuse_old_programs();
        let folder = TempDir::new().expect("a network needs a folder");
        let (running, invite) = hub(folder.path());
        let node = |arguments: &[&str]| done("weft-node", &folder.path().join("node"), arguments);
        let words = folder.path().join("words");
        let heard = node(&[
            "join",
            &invite,
            "--device-name",
            "Front desk laptop",
            "--recovery-file",
            &words.display().to_string(),
        ]);
        confirm(folder.path(), heard.trim());
        node(&["sync", "--once"]);
        let at_any = ["run", "--http", "127.0.0.1:0"];
        let served = start("weft-node", &folder.path().join("node"), &at_any, 1);
        Self {
            folder,
            hub: running,
            node: served,
        }
    }

    /// Sets up a hub with an invite, and runs a node that has joined nothing.
    pub(crate) fn unjoined() -> Unjoined {
        refuse_old_programs();
        let folder = TempDir::new().expect("a network needs a folder");
        let (hub, invite) = hub(folder.path());
        let at_any = ["run", "--http", "127.0.0.1:0"];
        let node = start("weft-node", &folder.path().join("node"), &at_any, 1);
        Unjoined {
            network: Self { folder, hub, node },
            invite,
        }
    }

    /// Returns the one-time link that the node printed.
    pub(crate) fn link(&self) -> String {
        self.node.line("pages ")
    }

    /// Returns the address of the node's pages, without a final slash.
    pub(crate) fn node(&self) -> String {
        let link = self.link();
        let (base, _) = link
            .split_once("/launch/")
            .expect("the link is a one-time link");
        base.to_owned()
    }

    /// Returns the address of the hub's pages.
    pub(crate) fn hub(&self) -> String {
        self.hub.line("pages ")
    }

    /// Runs a command on the hub.
    pub(crate) fn tell_hub(&self, arguments: &[&str]) -> String {
        done("weft-hub", &self.folder.path().join("hub"), arguments)
    }

    /// Runs a command on the node.
    pub(crate) fn tell(&self, arguments: &[&str]) -> String {
        done("weft-node", &self.folder.path().join("node"), arguments)
    }

    /// Runs a command on the node and returns its JSON.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        let text = self.tell(arguments);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// Sets up a hub with one location and runs it. Returns the location's invite too.
fn hub(folder: &Path) -> (Running, String) {
    let data = folder.join("hub");
    let hub = |arguments: &[&str]| done("weft-hub", &data, arguments);
    hub(&[
        "init",
        "--network",
        "Example network",
        "--operator",
        "Example: Backbone Trust",
    ]);
    hub(&[
        "location",
        "add",
        "OP",
        "--name",
        "Example: Ōpōtiki team",
        "--name-mi",
        "Ōpōtiki",
        "--area",
        "OPOTIKI=Ōpōtiki District",
    ]);
    let definitions = root().join("examples/data/indicators.toml");
    hub(&["definitions", "import", &definitions.display().to_string()]);
    let running = start(
        "weft-hub",
        &data,
        &["run", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"],
        2,
    );
    (running, hub(&["invite", "create", "OP"]))
}

fn confirm(folder: &Path, words: &str) {
    let confirm = ["location", "confirm", "OP", "--words", words];
    done("weft-hub", &folder.join("hub"), &confirm);
}

impl Running {
    fn line(&self, word: &str) -> String {
        let line = self.ready.iter().find_map(|line| line.strip_prefix(word));
        line.unwrap_or_else(|| panic!("no line {word} in {:?}", self.ready))
            .to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the path under which a picture is kept for people.
pub(crate) fn picture_path(name: &str) -> PathBuf {
    let folder = programs().join("browser-pictures");
    fs::create_dir_all(&folder).expect("target/ can be written");
    folder.join(name)
}

fn command(program: &str, data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(programs().join(program));
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(data)
        .stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WEFT_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a command that must succeed, and returns its output.
pub(crate) fn done(program: &str, data: &Path, arguments: &[&str]) -> String {
    let output = command(program, data, arguments)
        .output()
        .expect("the program starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {complaint}"
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Starts a program and waits for the lines that say it is ready.
fn start(program: &str, data: &Path, arguments: &[&str], lines: usize) -> Running {
    let mut command = command(program, data, arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut out = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut ready = Vec::new();
    while ready.len() < lines {
        let mut line = String::new();
        let read = out.read_line(&mut line).expect("the program prints text");
        assert_ne!(read, 0, "{program} ended before it was ready");
        ready.push(line.trim_end().to_owned());
    }
    Running {
        child,
        ready,
        _out: out,
    }
}

/// Returns the folder of the built programs: the test itself is in `deps` below it.
pub(crate) fn programs() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(Path::parent);
    folder.expect("tests lie in target/PROFILE/deps").to_owned()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Refuses programs older than their sources, which would test the past. Cargo lists the sources of
/// each program beside it.
fn refuse_old_programs() {
    for program in ["weft-hub", "weft-node"] {
        let path = programs().join(program);
        let built = changed(&path).unwrap_or_else(|| panic!("no {program}: cargo build --bins"));
        let made_of = fs::read_to_string(path.with_extension("d")).unwrap_or_default();
        let (_, sources) = made_of
            .split_once(": ")
            .expect("Cargo lists a program's sources");
        // A blank within a path is escaped with a backslash.
        for source in sources.replace("\\ ", "\u{1}").split_whitespace() {
            let source = source.replace('\u{1}', " ");
            let newer = changed(Path::new(&source)).is_none_or(|changed| changed > built);
            assert!(
                !newer,
                "{program} is older than {source}: cargo build --bins"
            );
        }
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
