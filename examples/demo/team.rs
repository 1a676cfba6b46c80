//! A location team: one or more devices, each a real node with its own data directory and keys,
//! driven by the same commands as `weft-node`.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use anyhow::{Context as _, Result, ensure};
use tokio::runtime::Handle;
use weft_host::output::{ExitCode, Io};
use weft_node::{AppHandle, Node, enrol, run_command};
use weft_shared::identity::ConfirmationWords;

/// One device of a team.
#[derive(Debug)]
pub(crate) struct Device {
    /// The open node.
    pub(crate) node: AppHandle,
    folder: PathBuf,
}

impl Device {
    /// Joins with `invite` and opens the node. Returns the words that both ends show.
    pub(crate) fn join(
        folder: &Path,
        invite: &str,
        name: &str,
        runtime: &Handle,
    ) -> Result<(Self, ConfirmationWords)> {
        let invite = enrol::read_invite(invite)?;
        let recovery_file = folder.with_extension("recovery-words.txt");
        let recovery = enrol::Recovery::File(&recovery_file);
        let enrolled = enrol::join(folder, &invite, name, recovery, runtime)?;
        let device = Self::open(folder, runtime)?;
        device.node.exchange()?;
        Ok((device, enrolled.words))
    }

    /// Opens the node in `folder`.
    pub(crate) fn open(folder: &Path, runtime: &Handle) -> Result<Self> {
        let node = Node::open(folder, runtime)?;
        let folder = folder.to_owned();
        Ok(Self { node, folder })
    }

    /// Runs `weft-node` with these arguments on this device. Returns its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        let (code, line, out, err) = self.give(arguments)?;
        ensure!(code == ExitCode::Ok, "{line} failed: {err}");
        Ok(out)
    }

    /// Imports a file. Confirms figures that raise a question; returns these, each with its
    /// question.
    pub(crate) fn import(&self, file: &str) -> Result<Vec<String>> {
        let import = ["import", "observations", file, "--own-areas"];
        let (code, line, out, err) = self.give(&[&import[..], &["--json"]].concat())?;
        if code == ExitCode::Ok {
            return Ok(Vec::new());
        }
        ensure!(code == ExitCode::NeedsAction, "{line} failed: {err}");
        let told: serde_json::Value = serde_json::from_str(&out)?;
        let questions = told["questions"].as_array().context("no questions")?;
        let (mut rows, mut words) = (Vec::new(), Vec::new());
        for question in questions {
            // One answer confirms the figures; a choice of two would need a person who knows.
            if let [answer] = question["answers"]
                .as_array()
                .map_or(&[][..], Vec::as_slice)
            {
                words.push(answer["word"].as_str().context("an answer has no word")?);
                let odd = question["rows"].as_array().into_iter().flatten();
                rows.extend(
                    odd.map(|row| format!("{}: {}", text(&row["id"]), text(&row["words"]))),
                );
            }
        }
        let confirmed = words.iter().flat_map(|word| ["--confirm", *word]);
        self.run(&import.into_iter().chain(confirmed).collect::<Vec<_>>())?;
        Ok(rows)
    }

    /// Adds a record that the national team may read. Returns its id.
    pub(crate) fn add(&self, kind: &str, fields: &[(&str, &str)]) -> Result<String> {
        let mut line = vec![kind.to_owned(), "add".to_owned()];
        for (field, value) in fields {
            line.extend([format!("--{field}"), (*value).to_owned()]);
        }
        line.extend(["--audience", "network"].map(str::to_owned));
        let out = self.run(&line.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(out.lines().last().unwrap_or_default().to_owned())
    }

    fn give(&self, arguments: &[&str]) -> Result<(ExitCode, String, String, String)> {
        let (out, err) = (Sink::default(), Sink::default());
        let mut io = Io::new(Box::new(out.clone()), Box::new(err.clone()), None);
        let line: Vec<String> = ["weft-node"]
            .iter()
            .chain(arguments)
            .map(ToString::to_string)
            .collect();
        let code = run_command(&self.node, &line, &mut io, &self.folder);
        io.flush()?;
        Ok((code, line.join(" "), out.text(), err.text()))
    }

    /// Runs a command that answers in JSON.
    pub(crate) fn read(&self, arguments: &[&str]) -> Result<serde_json::Value> {
        let text = self.run(&[arguments, &["--json"]].concat())?;
        serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))
    }
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Collects the output of a command.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("no one panics while writing");
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("no one panics while writing")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
