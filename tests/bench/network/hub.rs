//! The hub under test, in a separate process, controlled over its standard input and output.

use std::{
    io::{BufRead as _, BufReader, Write as _, stdin, stdout},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use weft_hub::{
    app::{AppHandle, InitOptions},
    figures::RollupQuery,
    serve,
};
use weft_shared::{id::LocationCode, model::indicator::Definition};

use crate::questions;

const INVITE_LIFE_MS: i64 = 60 * 60 * 1_000;
/// One definition, so that observations have something to pin.
pub(crate) const DEFINITIONS: &str = r#"
[[indicator]]
code = "BENCH"
version = 1
name = "Measured"
type = "count"
unit = "things"
numerator = "Things"
direction = "up"
period = "month"
accountability = "performance"
class = "how_much"
rollup = "sum"
person_level = false
source = "The benchmark itself"
[indicator.breakdowns]
part = ["*"]
"#;

/// A hub in another process, which ends when this is dropped.
pub(crate) struct HubProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// One founding invite per location.
    pub(crate) invites: Vec<String>,
    /// The hash of its one definition.
    pub(crate) definition: String,
}

impl HubProcess {
    /// Starts a hub in `folder` that expects `locations` locations.
    pub(crate) fn start(folder: &Path, locations: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--hub", folder.to_str().context("the path is no UTF-8")?])
            .arg(locations.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().context("no standard input")?;
        let output = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut hub = Self {
            child,
            input,
            output,
            invites: Vec::new(),
            definition: String::new(),
        };
        let ready = hub.answer()?;
        let definition = ready["definition"].as_str();
        hub.definition = definition.context("no definition")?.to_owned();
        let invites = ready["invites"].as_array().context("no invites")?;
        hub.invites = invites
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        Ok(hub)
    }

    /// Confirms every location that has joined.
    pub(crate) fn confirm(&mut self) -> Result<()> {
        self.ask("confirm").map(drop)
    }

    /// Returns the network's figure, once everything acknowledged is counted.
    pub(crate) fn figure(&mut self) -> Result<String> {
        let answer = self.ask("figure")?;
        Ok(answer["value"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until everything acknowledged is counted.
    pub(crate) fn settle(&mut self) -> Result<()> {
        while self.ask("figure")?["value"].is_null() {}
        Ok(())
    }

    /// Derives all state again.
    pub(crate) fn rebuild(&mut self) -> Result<()> {
        self.ask("rebuild").map(drop)
    }

    /// Ends it without notice.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the processor time that it has used, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
        // Fields 14 and 15 of proc(5), counted from after the name; a tick is 10 ms.
        let used = ticks(11).zip(ticks(12)).map(|(user, system)| user + system);
        Ok(used.context("no processor time")? * 10.0)
    }

    pub(crate) fn ask(&mut self, question: &str) -> Result<Value> {
        writeln!(self.input, "{question}")?;
        self.input.flush()?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the hub has ended");
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for HubProcess {
    fn drop(&mut self) {
        // It holds nothing that is needed afterwards.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Runs the other process: serves until its standard input ends.
pub(crate) fn serve(folder: &Path, locations: usize) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let options = InitOptions {
        network: "Measured network".to_owned(),
        operator: "No one".to_owned(),
        public_address: None,
        time_zone: None,
    };
    // It is started again to see how long that takes.
    let is_new = !folder.exists();
    let hub = runtime.block_on(async {
        match is_new {
            true => AppHandle::init(folder, options).await,
            false => AppHandle::open(folder).await,
        }
    })?;
    let _listening = runtime.block_on(serve::listen(&hub, "127.0.0.1:0".parse()?))?;
    let codes = codes(locations)?;
    let mut invites = Vec::new();
    if is_new {
        runtime.block_on(hub.import_definitions(DEFINITIONS))?;
    }
    for code in codes.iter().filter(|_| is_new) {
        let name = format!("Location {code}");
        runtime.block_on(hub.add_location(code.clone(), name, None, Vec::new()))?;
        invites.push(runtime.block_on(hub.create_invite(code, INVITE_LIFE_MS))?);
    }
    let definitions = runtime.block_on(hub.read(|at| Ok(at.definitions())))?;
    let definition = definitions.first().map(Definition::hash);
    let definition = definition.context("no definition")?.to_string();
    say(&json!({ "invites": invites, "definition": definition }))?;
    for line in stdin().lock().lines() {
        let line = line?;
        if let Some(answer) = questions::answer(&hub, &runtime, &line) {
            say(&answer?)?;
            continue;
        }
        match line.as_str() {
            "confirm" => {
                for code in &codes {
                    runtime.block_on(hub.confirm_location(code))?;
                }
                say(&json!({}))?;
            }
            "rebuild" => {
                runtime.block_on(hub.rebuild())?;
                say(&json!({}))?;
            }
            _ => {
                let answer = runtime.block_on(hub.counted(|at| at.rollup(&RollupQuery::default())));
                let value = answer.ok().map(|answer| {
                    answer
                        .unshown()
                        .figures
                        .last()
                        .and_then(|figure| figure.cell.value)
                        .map_or_else(String::new, |value| value.to_string())
                });
                say(&json!({ "value": value }))?;
            }
        }
    }
    Ok(())
}

fn say(answer: &Value) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{answer}")?;
    Ok(out.flush()?)
}

/// Returns codes of letters in order: AAA, AAB, ...
pub(crate) fn codes(count: usize) -> Result<Vec<LocationCode>> {
    let letter = |at: usize| char::from(b'A' + u8::try_from(at % 26).unwrap_or(0));
    (0..count)
        .map(|at| {
            let code: String = [letter(at / 676), letter(at / 26), letter(at)]
                .iter()
                .collect();
            Ok(LocationCode::parse(&code)?)
        })
        .collect()
}
