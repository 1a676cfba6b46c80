//! The built programs, each in a process of its own, spoken to as a script would.

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

/// How long a program may take to say that it is ready. It only ends a test that hangs.
const READY_TIME_MAX: Duration = Duration::from_secs(60);
/// How long any other command may take. It only ends a test that hangs.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(120);
/// How often it is asked whether it has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The exit code must be this one.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.out, self.err
        );
        self
    }

    /// It must have succeeded; returns what it printed, without the last line break.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        self.ends_with(0).out.trim_end().to_owned()
    }

    /// The same as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// What it told the person must hold all of these words, in whatever case and line breaks.
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
    /// A command that starts the program, where it does not start by itself.
    starter: Vec<String>,
    /// What its environment says beside what ours says.
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

    /// The same program, started by another command: its arguments are the program's.
    pub(crate) fn started_by(mut self, starter: &[String]) -> Self {
        self.starter = starter.to_vec();
        self
    }

    /// The same program, with this in its environment.
    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same program on another directory.
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
            // What cannot be read is not said.
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
                // It is going, or it hangs.
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
        // Whatever it prints later must find a reader.
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

    /// The same without a word about the data directory.
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

/// Runs a command to its end: what it said. One that should end and does not is killed.
/// The names of what is in a program's folder, where that is there at all.
pub(crate) fn files(program: &Program) -> Vec<String> {
    let entries = fs::read_dir(&program.folder).into_iter().flatten();
    let names = entries.map(|entry| entry.expect("a folder can be listed").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into()).collect();
    names.sort();
    names
}

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
        // It may end by itself just now.
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
        // What cannot be read is not said.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// A program that is running; killed, as by a power cut, when this goes.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// Its first lines.
    pub(crate) ready: Vec<String>,
    /// Gathers what it tells people, to its end.
    complaints: Option<thread::JoinHandle<String>>,
}

impl Running {
    /// The rest of the line that begins with `word`.
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

    /// SIGTERM, as a system that shuts down says it: what the program tells people until its end,
    /// which must be a good one.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        let status = self.child.wait().expect("the program ends");
        let complaints = self.complaints.take().expect("it stops once");
        let told = complaints.join().expect("stderr can be read");
        assert!(status.success(), "{status}: {told}");
        told
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the program runs");
        self.child.wait().expect("the program has ended");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Beside the test's own program: target/debug/deps/e2e-... -> target/debug.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("tests lie in target/PROFILE/deps");
    folder.join(name)
}

/// Cargo does not build the programs for tests of another package: old ones would be tested.
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

fn newest(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).expect("sources can be read");
    let times = entries.flatten().map(|entry| {
        if entry.path().is_dir() {
            return newest(&entry.path());
        }
        let modified = entry.metadata().and_then(|file| file.modified());
        modified.unwrap_or(SystemTime::UNIX_EPOCH)
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}
