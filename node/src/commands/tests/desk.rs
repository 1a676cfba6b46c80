//! A node to run commands on, and their output.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use expect_test::Expect;
use weft_host::{
    clock,
    output::{Asker, Io},
};
use weft_shared::{
    id::RecordId,
    time::{DAY_MS, Timestamp},
};

use crate::{
    Node,
    app::AppHandle,
    kit::{Kit, example_path},
    replica::Replica,
    run_command,
    store::settings::Key,
};

/// A buffer that gathers output.
#[derive(Clone, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A node without a hub, for running command lines.
pub(super) struct Desk {
    _kit: Kit,
    runtime: tokio::runtime::Runtime,
    folder: std::path::PathBuf,
    node: AppHandle,
}

/// The output of a command.
pub(super) struct Answer {
    pub(super) out: String,
    pub(super) err: String,
    pub(super) code: u8,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::of(Kit::new())
    }

    pub(super) fn of(kit: Kit) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = kit.data_dir();
        let node = Node::open(&folder, runtime.handle()).unwrap();
        Self {
            _kit: kit,
            runtime,
            folder,
            node,
        }
    }

    /// Runs one command line. A space within a word is written `~`.
    pub(super) fn run(&self, line: &str) -> Answer {
        self.give(line, None)
    }

    /// Does the same as [`Desk::run`], at a terminal where a person gives these answers.
    pub(super) fn answered(&self, line: &str, answers: &[&str]) -> Answer {
        let mut answers: Vec<String> = answers.iter().rev().map(|one| (*one).to_owned()).collect();
        self.give(line, Some(Box::new(move |_: &str| Ok(answers.pop()))))
    }

    /// Reads a file that a command wrote.
    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// Writes a file to the folder that paths are relative to.
    pub(super) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    /// Makes a folder in it.
    pub(super) fn folder(&self, name: &str) {
        std::fs::create_dir_all(self.folder.join(name)).unwrap();
    }

    /// Sets the time when the hub was last reached.
    pub(super) fn reached(&self, at_ms: i64) {
        let set = move |replica: &mut Replica| replica.set_setting(Key::LastReached, at_ms);
        self.node.read(set).unwrap().unwrap();
    }

    /// Runs something on the replica itself.
    pub(super) fn with<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> T {
        self.node.read(run).unwrap()
    }

    /// Returns the marks of answers on a period's figure.
    pub(super) fn marks(&self, period: &str) -> Vec<String> {
        let wanted = period.parse().unwrap();
        let row = self.node.read(move |replica| {
            let rows = replica.observations(|key| key.period == wanted).unwrap();
            rows.into_iter().next()
        });
        let row = row.unwrap().expect("there is a figure");
        row.stated[0].statement.confirmed.iter().cloned().collect()
    }

    fn give(&self, line: &str, ask: Option<Asker>) -> Answer {
        let words = line.split(' ').map(|word| word.replace('~', " "));
        let arguments: Vec<String> = std::iter::once("weft-node".to_owned())
            .chain(words)
            .collect();
        let (out, err) = (Sheet::default(), Sheet::default());
        let mut io = Io::new(Box::new(out.clone()), Box::new(err.clone()), ask);
        let code = run_command(&self.node, &arguments, &mut io, &self.folder);
        let text = |sheet: &Sheet| String::from_utf8(sheet.0.lock().unwrap().clone()).unwrap();
        Answer {
            out: text(&out),
            err: text(&err),
            code: code.number(),
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.runtime.block_on(self.node.close());
    }
}

/// Runs command lines one after another. Compares stdout as it is, stderr after `#`, and the exit
/// code if it is not 0. `$1` is the first line of data of the first command, and so on.
pub(super) fn check(script: &str, expected: Expect) {
    let desk = Desk::new();
    let (mut answers, mut told) = (Vec::<String>::new(), String::new());
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let line = line.replace(
            "SET",
            "observation set VAX_PRIMARY --area FAR_NORTH --period",
        );
        let mut line = line.replace(
            "FILE",
            example_path("nz-vaccination-by-territorial-authority.csv")
                .to_str()
                .unwrap(),
        );
        for (n, answer) in (1..).zip(&answers) {
            line = line.replace(&format!("${n}"), answer);
        }
        let Answer { out, err, code } = desk.run(&line);
        answers.push(out.lines().next().unwrap_or_default().to_owned());
        told.extend(out.lines().map(|line| format!("{}\n", steady(line))));
        told.extend(err.lines().map(|line| format!("# {}\n", steady(line))));
        if code != 0 {
            told.push_str(&format!("exit {code}\n"));
        }
    }
    drop(desk);
    expected.assert_eq(&told);
}

/// A line without the parts that differ from run to run.
fn steady(line: &str) -> String {
    let line = &minutes(line);
    let words = line.split_inclusive([' ', '"', ',']).map(|piece| {
        let word = piece.trim_end_matches([' ', '"', ',', '.', ';']);
        if word.parse::<RecordId>().is_ok() {
            piece.replace(word, "ID")
        } else if is_beginning_of_id(word) {
            piece.replace(word, "ID-")
        } else if Timestamp::parse_rfc3339(word).is_ok() {
            piece.replace(word, "TIME")
        } else if is_about_today(word) {
            piece.replace(word, "TODAY")
        } else {
            piece.to_owned()
        }
    });
    words.collect::<String>().trim_end().to_owned()
}

/// Whether a word is what lists show of an id.
fn is_beginning_of_id(word: &str) -> bool {
    let hex = |text: &str, len| text.len() == len && text.chars().all(|c| c.is_ascii_hexdigit());
    word.split_once('-')
        .is_some_and(|(first, second)| hex(first, 8) && hex(second, 4))
}

/// Whether a word is the date of today, yesterday or tomorrow, depending on the time zone.
fn is_about_today(word: &str) -> bool {
    let at = Timestamp::parse_rfc3339(&format!("{word}T12:00:00Z"));
    at.is_ok_and(|at| clock::now().since_ms(at).abs() < 2 * DAY_MS)
}

/// A line with `MINUTE` in place of a time such as `2026-11-21 22:40 UTC`.
fn minutes(line: &str) -> String {
    let Some((before, after)) = line.split_once(" UTC") else {
        return line.to_owned();
    };
    if !before.ends_with(|c: char| c.is_ascii_digit()) {
        return format!("{before} UTC{}", minutes(after));
    }
    let from = before.len().saturating_sub("2026-11-21 22:40".len());
    format!("{}MINUTE{}", &before[..from], minutes(after))
}
