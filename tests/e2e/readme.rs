//! README.md is followed to the letter: its commands, in two terminals, in an empty home.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::program::said;

#[test]
fn the_commands_of_the_readme_work_as_they_are_printed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let desk = Desk::in_folder(folder.path());
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    // In a terminal a question would take the next pasted line as its answer; this test has none.
    let mut joins = readme
        .lines()
        .filter(|line| line.contains("weft-node join"));
    assert!(joins.all(|line| line.contains(" --yes ")), "{readme}");
    let blocks: Vec<&str> = readme.split("```sh\n").skip(1).collect();
    let block = |at: usize| blocks[at].split("```").next().expect("a block ends");
    assert_eq!(blocks.len(), 2, "one block for each terminal");

    let mut hub = desk.terminal(block(0));
    hub.wait_for("pages http://localhost:");
    let mut team = desk.terminal(block(1));
    // The figure, as the published file has it.
    team.wait_for("48799");
    let words = fs::read_to_string(folder.path().join("weft-recovery.txt"));
    assert!(!words.expect("the recovery words").trim().is_empty());
    // The browser writes down what it is given.
    let seen = folder.path().join("seen");
    team.wait_for_file(&seen);
    let link = fs::read_to_string(&seen).expect("a link");
    assert!(link.starts_with("http://localhost:"), "{link}");
    let built = fs::read_to_string(folder.path().join("built")).expect("cargo was called");
    assert_eq!(built.trim(), "build --release --bins");
}

/// A checkout and a home with nothing in it but what was built.
struct Desk {
    folder: PathBuf,
    commands: PathBuf,
    sync: u16,
}

impl Desk {
    fn in_folder(folder: &Path) -> Self {
        let checkout = folder.join("checkout");
        let commands = folder.join("commands");
        fs::create_dir_all(checkout.join("target")).expect("a folder can be made");
        fs::create_dir(&commands).expect("a folder can be made");
        symlink(root().join("examples"), checkout.join("examples")).expect("a link");
        let test = std::env::current_exe().expect("a test has a path");
        let built = test.parent().and_then(Path::parent).expect("target/debug");
        symlink(built, checkout.join("target/release")).expect("a link");
        // These programs were built before the tests were.
        let cargo = "printf '%s\\n' \"$*\" > \"$HOME/built\"";
        let browser = "printf %s \"$1\" > \"$HOME/seen.new\"; mv \"$HOME/seen.new\" \"$HOME/seen\"";
        for (name, script) in [("cargo", cargo), ("xdg-open", browser)] {
            let path = commands.join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("it can be written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
        let listener = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        let sync = listener.local_addr().expect("it is bound").port();
        Self {
            folder: folder.to_owned(),
            commands,
            sync,
        }
    }

    /// Opens a terminal and pastes `lines`. The ports are free ones, as another test, or the person
    /// at this computer, may have the fixed ones.
    fn terminal(&self, lines: &str) -> Terminal {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        for (name, _) in std::env::vars() {
            if name.starts_with("WEFT_") || name.starts_with("XDG_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(["-e", "-u", "-o", "pipefail", "-c", lines])
            .current_dir(self.folder.join("checkout"))
            .env("HOME", &self.folder)
            .env("PATH", format!("{}:{path}", self.commands.display()))
            .env("WEFT_LISTEN", format!("127.0.0.1:{}", self.sync))
            .env("WEFT_HTTP", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            // So that the program in the terminal ends with it.
            .process_group(0)
            .spawn()
            .expect("bash starts");
        let out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Terminal { child, out }
    }
}

/// A terminal; it is closed when this is dropped.
struct Terminal {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Terminal {
    /// Reads up to a line with `text` in it.
    fn wait_for(&mut self, text: &str) {
        let mut read = String::new();
        loop {
            let mut line = String::new();
            let bytes = self.out.read_line(&mut line).expect("stdout is text");
            assert!(bytes > 0, "it ended without \"{text}\": {read}");
            if line.contains(text) {
                return;
            }
            read.push_str(&line);
        }
    }

    /// Waits for a file, for as long as the terminal is busy.
    fn wait_for_file(&mut self, path: &Path) {
        while !path.exists() {
            let ended = self.child.try_wait().expect("bash can be waited for");
            assert_eq!(ended, None, "it ended without {}", path.display());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        // It may have ended already.
        let _ended = said(Command::new("kill").args(["-TERM", "--", &group]));
        let _ended = self.child.wait();
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
