//! The demonstration: a hub and nine example teams, with something on nearly every page.

use std::{
    fs,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use std::io::{BufRead as _, BufReader};

use tempfile::TempDir;

use crate::network::programs;

/// The running demonstration; killed when this is dropped.
pub(crate) struct Demo {
    child: Child,
    /// One-time link to a team's pages.
    pub(crate) team: String,
    /// Address of the hub's pages.
    pub(crate) hub: String,
    /// One-time link to the hub's administration.
    pub(crate) admin: String,
    /// Kept, so that later output has a reader.
    _out: BufReader<ChildStdout>,
    folder: TempDir,
}

impl Demo {
    /// Starts the demonstration and waits for its three links.
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().expect("a network needs a folder");
        let mut child = Command::new(program())
            .arg("--data-dir")
            .arg(folder.path().join("network"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demonstration starts: cargo build --examples");
        let mut out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut links = [const { String::new() }; 3];
        let words = [
            "  A team's page  ",
            "  The hub        ",
            "  Its admin      ",
        ];
        while links.iter().any(String::is_empty) {
            let mut line = String::new();
            let read = out.read_line(&mut line).expect("it prints text");
            assert_ne!(read, 0, "the demonstration ended before it was ready");
            for (link, word) in links.iter_mut().zip(words) {
                if let Some(found) = line.strip_prefix(word) {
                    found.trim().clone_into(link);
                }
            }
        }
        let [team, hub, admin] = links;
        Self {
            child,
            team,
            hub,
            admin,
            _out: out,
            folder,
        }
    }

    /// Runs a command of `weft-node` on the data of the team whose page is served.
    pub(crate) fn tell(&self, arguments: &[&str]) -> String {
        let data = self.folder.path().join("network/node-FN");
        crate::network::done("weft-node", &data, arguments)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> PathBuf {
    programs().join("examples/demo")
}

/// Returns the source of axe-core, which `tests/all` installs.
pub(crate) fn axe() -> String {
    let path = crate::network::root().join("tests/oracle/js/node_modules/axe-core/axe.min.js");
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: npm ci --prefix tests/oracle/js",
            path.display()
        )
    })
}
