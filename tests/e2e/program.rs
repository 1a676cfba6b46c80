//! The built programs, each in a separate process, used as a script would use them.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Once,
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde_json::Value;

/// Maximum time until a program says that it is ready. It only ends a test that hangs.
const READY_TIME_MAX: Duration = Duration::from_secs(60);
/// Maximum time for any other command. It only ends a test that hangs.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(120);
/// Interval at which it is asked whether it has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The output and exit code of a command.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.out, self.err
        );
        self
    }

    /// Checks that it succeeded. Returns its output without the last line break.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        self.ends_with(0).out.trim_end().to_owned()
    }

    /// The same, as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Checks that its messages contain all these words, in any case and across line breaks.
    #[track_caller]
    pub(crate) fn tells(self, words: &[&str]) -> Self {
        let text = self
            .err
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        for word in words {
            assert!(
                text.contains(&word.to_lowercase()),
                "no \"{word}\" in: {text}"
            );
        }
        assert!(!text.contains("panicked"), "{text}");
        self
    }
}

/// One of the two programs on one data directory.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    name: &'static str,
    pub(crate) folder: PathBuf,
    /// A command that starts the program, if it does not start directly.
    starter: Vec<String>,
    /// Environment variables in addition to our own.
    environment: Vec<(String, String)>,
}

impl Program {
    pub(crate) fn hub(folder: &Path) -> Self {
        Self::new("weft-hub", folder)
    }

    pub(crate) fn node(folder: &Path) -> Self {
        Self::new("weft-node", folder)
    }

    fn new(name: &'static str, folder: &Path) -> Self {
        static FRESH: Once = Once::new();
        FRESH.call_once(|| {
            refuse_old("weft-hub", "hub/src");
            refuse_old("weft-node", "node/src");
        });
        Self {
            name,
            folder: folder.to_owned(),
            starter: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Returns the same program, started by another command with the program's arguments.
    pub(crate) fn started_by(mut self, starter: &[String]) -> Self {
        self.starter = starter.to_vec();
        self
    }

    /// Returns the same program, with this in its environment.
    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the same program on another directory.
    pub(crate) fn at(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.folder);
        self
    }

    /// Runs a command without a terminal, and waits for it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    /// Starts `run` with these arguments, and waits until it is ready.
    pub(crate) fn start(&self, arguments: &[&str], lines: usize) -> Running {
        let mut command = self.command(&[&["run"], arguments].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut stderr = child.stderr.take().expect("stderr is piped");
        let complaints = thread::spawn(move || {
            let mut text = String::new();
            // Output that cannot be read is ignored.
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut out = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut ready = Vec::new();
        let begin = Instant::now();
        while ready.len() < lines {
            let mut line = String::new();
            let read = out.read_line(&mut line).expect("stdout is text");
            if read == 0 || begin.elapsed() > READY_TIME_MAX {
                // It is ending, or it hangs.
                let _ = child.kill();
                let _ = child.wait();
                panic!(
                    "{} did not get ready: {}",
                    self.name,
                    complaints.join().unwrap_or_default()
                );
            }
            ready.push(line.trim_end().to_owned());
        }
        // Later output must find a reader.
        thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Running {
            child,
            ready,
            complaints: Some(complaints),
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.arg("--data-dir").arg(&self.folder);
        command
    }

    /// The same without the data directory.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let program = binary(self.name);
        let mut command = match self.starter.split_first() {
            None => Command::new(program),
            Some((starter, rest)) => {
                let mut command = Command::new(starter);
                command.args(rest).arg(program);
                command
            }
        };
        command.args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars() {
            if name.starts_with("WEFT_") {
                command.env_remove(name);
            }
        }
        command.envs(self.environment.iter().cloned());
        command
    }
}

/// Returns the names of the files in a program's folder; empty if it does not exist.
pub(crate) fn files(program: &Program) -> Vec<String> {
    let entries = fs::read_dir(&program.folder).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("a folder can be listed").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into()).collect();
    names.sort();
    names
}

/// Runs a command to its end. Kills it if it does not end in time.
pub(crate) fn said(command: &mut Command) -> Said {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let out = gather(child.stdout.take().expect("stdout is piped"));
    let err = gather(child.stderr.take().expect("stderr is piped"));
    let begin = Instant::now();
    let status = loop {
        match child.try_wait().expect("the program can be waited for") {
            Some(status) => break Some(status),
            None if begin.elapsed() > COMMAND_TIME_MAX => break None,
            None => thread::sleep(POLL_INTERVAL),
        }
    };
    if status.is_none() {
        // It may be ending just now.
        let _ = child.kill();
        let _ = child.wait();
    }
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        let bytes = reader.join().expect("the reader ends");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (out, err) = (text(out), text(err));
    let Some(status) = status else {
        panic!("{command:?} did not end. stdout: {out}\nstderr: {err}");
    };
    Said {
        code: status.code().unwrap_or(-1),
        out,
        err,
    }
}

fn gather(mut from: impl std::io::Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // Output that cannot be read is ignored.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// A running program; killed, as by a power cut, when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// Its first lines.
    pub(crate) ready: Vec<String>,
    /// Collects its messages to people, to its end.
    complaints: Option<thread::JoinHandle<String>>,
}

impl Running {
    /// Returns the rest of the line that begins with `word`.
    #[track_caller]
    pub(crate) fn line(&self, word: &str) -> &str {
        let line = self.ready.iter().find_map(|line| line.strip_prefix(word));
        line.unwrap_or_else(|| panic!("no line {word} in {:?}", self.ready))
            .trim()
    }

    /// Sends it a signal, such as STOP.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}"))
            .arg(self.child.id().to_string());
        assert!(kill.status().expect("kill starts").success());
    }

    /// Sends SIGTERM, as a system that shuts down does. Returns the program's messages until its
    /// end, which must be successful.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        let status = self.child.wait().expect("the program ends");
        let complaints = self.complaints.take().expect("it stops once");
        let told = complaints.join().expect("stderr can be read");
        assert!(status.success(), "{status}: {told}");
        told
    }

    /// Sends SIGKILL: nothing is flushed or reported.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the program runs");
        self.child.wait().expect("the program has ended");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds the program beside the test's own: target/debug/deps/e2e-... -> target/debug.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("tests lie in target/PROFILE/deps");
    folder.join(name)
}

/// Cargo does not build the programs for tests of another package, so old ones could be tested.
fn refuse_old(name: &str, own: &str) {
    let built = fs::metadata(binary(name)).and_then(|file| file.modified());
    let built = built.unwrap_or_else(|_| panic!("build the programs first: cargo build --bins"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["shared/src", "shared/host/src", own] {
        let newest = newest(&root.join(folder));
        assert!(
            newest <= built,
            "{name} is older than a file in {folder}: cargo build --bins"
        );
    }
}

/// The newest change of a source. Tests within the sources are in no program.
fn newest(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).expect("sources can be read");
    let sources = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        name != "tests" && name != "tests.rs"
    });
    let times = sources.map(|entry| {
        if entry.path().is_dir() {
            return newest(&entry.path());
        }
        let modified = entry.metadata().and_then(|file| file.modified());
        modified.unwrap_or(SystemTime::UNIX_EPOCH)
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}
