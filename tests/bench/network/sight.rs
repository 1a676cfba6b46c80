//! SIGHT: a network with 10,000 investments and 100,000 lines: the line of sight at the hub, and a
//! node that holds all of them.

use std::{
    fmt::Write as _,
    os::unix::process::CommandExt as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    figure::{Figure, Target, median, percentile},
    http::Served,
    hub::codes,
    memory::high_water,
    workloads::Bench,
};

/// Most milliseconds of the whole matrix.
const MATRIX_MS: f64 = 1_000.0;
/// Most milliseconds of one line of it.
const LINE_MS: f64 = 50.0;
/// Most memory of a node, in MiB.
const NODE_MIB: f64 = 128.0;
const LOCATIONS: usize = 12;
const OUTCOMES: usize = 20;
const LINES: usize = 10;
const VISITS: usize = 20;
/// Changes of which each makes the matrix another.
const CHANGES: usize = 5;
/// Time in which a program reads new documents.
const SETTLED: Duration = Duration::from_secs(10);
/// Longest wait for the money at a node.
const PATIENCE: Duration = Duration::from_secs(300);

/// Figures of a network with so many investments.
struct Measured {
    investments: usize,
    figures: Vec<Figure>,
}

impl Measured {
    fn add(&mut self, name: &str, unit: &'static str, value: f64, target: Option<f64>) {
        let name = format!(
            "{} investments with ten lines each: {name}",
            self.investments
        );
        let figure = Figure::new("SIGHT", name, unit, vec![value]);
        let figure = match target {
            Some(most) => figure.must(Target::AtMost(most)),
            None => figure,
        };
        crate::say(&figure.row());
        self.figures.push(figure);
    }
}

impl Bench<'_> {
    /// Measures so many investments with ten lines each: half for one location and outcome, the
    /// others for several, one in four a part of another.
    pub(crate) fn sight(&self, investments: usize) -> Result<Vec<Figure>> {
        let folder = self.folder.join("sight");
        let mut measured = Measured {
            investments,
            figures: Vec::new(),
        };
        let hub = |line: &[&str]| command(crate::HUB_PROGRAM, &folder, line);
        hub(&["init", "--network", "Measured", "--operator", "No one"])?;
        let codes = codes(LOCATIONS)?;
        for code in &codes {
            let name = format!("Location {code}");
            hub(&["location", "add", code.as_str(), "--name", &name])?;
        }
        for outcome in 0..OUTCOMES {
            let name = format!("Outcome {outcome}");
            hub(&["outcome", "add", &outcome_code(outcome), "--name", &name])?;
        }
        let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
        let file = self.folder.join("sight.csv");
        std::fs::write(&file, money(investments, &codes))?;
        let begin = Instant::now();
        let file = file.to_str().context("the path is no UTF-8")?;
        let told = hub(&["investment", "import", file])?;
        ensure!(told.contains(" new, 0 changed"), "{told}");
        let seconds = begin.elapsed().as_secs_f64();
        measured.add("import of the file", "s", seconds, None);
        let listens = ["--listen", "--http", "--admin"];
        let served = Served::start(crate::HUB_PROGRAM, &folder, &listens)?;
        // The documents of the import are read.
        std::thread::sleep(SETTLED);
        sight_at_hub(&served, &codes, &mut measured)?;
        after_changes(&served, &folder, &mut measured)?;
        self.sight_at_node(&folder, &codes[0], &mut measured)?;
        Ok(measured.figures)
    }

    /// Measures a node that joins and takes all of it.
    fn sight_at_node(&self, folder: &Path, code: &str, measured: &mut Measured) -> Result<()> {
        let hub = |line: &[&str]| command(crate::HUB_PROGRAM, folder, line);
        let invite = hub(&["invite", "create", code])?;
        let (node_folder, words) = (self.folder.join("sight-node"), self.folder.join("s.words"));
        let node = |line: &[&str]| command(crate::NODE_PROGRAM, &node_folder, line);
        let words = words.to_str().context("the path is no UTF-8")?;
        let name = ["--device-name", "Desk", "--recovery-file", words];
        let heard = node(&[&["join", invite.trim()], &name[..]].concat())?;
        hub(&["location", "confirm", code, "--words", heard.trim()])?;
        let begin = Instant::now();
        let at_node = Served::start(crate::NODE_PROGRAM, &node_folder, &["--http"])?;
        while !at_node.text("/money")?.contains("Example: fund") {
            ensure!(begin.elapsed() < PATIENCE, "the node has no money");
            std::thread::sleep(Duration::from_millis(200));
        }
        let seconds = begin.elapsed().as_secs_f64();
        measured.add("the node has the money", "s", seconds, None);
        // The rest arrives, and the documents are read.
        std::thread::sleep(SETTLED);
        for path in ["/", "/money", "/sight?period=FY2027"] {
            let (first, times) = at_node.visits(path, VISITS)?;
            measured.add(&format!("node, {path}, at first"), "ms", first, None);
            measured.add(&format!("node, {path}, p50"), "ms", median(&times), None);
        }
        let memory = high_water(at_node.id())?;
        let name = "memory of the node after that";
        measured.add(name, "MiB", memory, Some(NODE_MIB));
        Ok(())
    }
}

/// Measures the matrix, each outcome in full and single lines at the hub.
fn sight_at_hub(served: &Served, codes: &[String], measured: &mut Measured) -> Result<()> {
    let matrix = "/investment?period=FY2027".to_owned();
    let (first, times) = served.visits(&matrix, VISITS)?;
    let most = Some(MATRIX_MS);
    measured.add("the matrix, at first", "ms", first, most);
    measured.add("the matrix, p50", "ms", median(&times), most);
    measured.add("the matrix, p99", "ms", percentile(&times, 0.99), most);
    let mut times = Vec::new();
    for outcome in 0..VISITS {
        let code = outcome_code(outcome % OUTCOMES);
        let path = format!("/investment/{code}?period=FY2027");
        times.push(served.get(&path)?.ms);
    }
    measured.add("one outcome in full, p50", "ms", median(&times), None);
    let mut times = Vec::new();
    for code in codes.iter().cycle().take(VISITS) {
        let outcome = outcome_code(3);
        let path = format!("/investment.csv?outcome={outcome}&location={code}&period=FY2027");
        let answer = served.get(&path)?;
        ensure!(answer.is_ok(), "{}", answer.head);
        times.push(answer.ms);
    }
    let most = Some(LINE_MS);
    measured.add("one line, p50", "ms", median(&times), most);
    measured.add("one line, p99", "ms", percentile(&times, 0.99), most);
    let memory = high_water(served.id())?;
    measured.add("memory of the hub after that", "MiB", memory, None);
    Ok(())
}

/// Measures the first matrix after each of several changes of one investment.
fn after_changes(served: &Served, folder: &Path, measured: &mut Measured) -> Result<()> {
    let listed = command(
        crate::HUB_PROGRAM,
        folder,
        &["investment", "list", "--json"],
    )?;
    let listed: serde_json::Value = serde_json::from_str(&listed)?;
    let id = listed[0]["id"].as_str().context("no investment")?;
    let mut times = Vec::new();
    for change in 0..CHANGES {
        let note = format!("Example: {change}");
        let edit = ["investment", "edit", id, "--note", &note];
        command(crate::HUB_PROGRAM, folder, &edit)?;
        std::thread::sleep(Duration::from_secs(1));
        let answer = served.get("/investment?period=FY2027")?;
        ensure!(answer.is_ok(), "{}", answer.head);
        times.push(answer.ms);
    }
    let most = Some(MATRIX_MS);
    measured.add("the matrix after a change, p50", "ms", median(&times), most);
    Ok(())
}

/// Runs a command of a program on a folder. Returns its output.
fn command(name: &str, folder: &Path, line: &[&str]) -> Result<String> {
    let said = Command::new(std::env::current_exe()?)
        .arg0(name)
        .arg("--data-dir")
        .arg(folder)
        .args(line)
        .output()?;
    let [out, err] = [said.stdout, said.stderr].map(String::from_utf8);
    let (out, err) = (out?, err?);
    ensure!(said.status.success(), "{line:?}: {out}{err}");
    Ok(out)
}

fn outcome_code(at: usize) -> String {
    format!("O{at}")
}

/// A file of investments with their lines, in Weft's own columns.
fn money(investments: usize, codes: &[String]) -> String {
    let mut text = String::from(
        "record,identifier,title,funder,kind,amount,from,to,locations,outcomes,part_of,status,\
         source,what,period\n",
    );
    for at in 0..investments {
        let code = |next: usize| &codes[(at + next) % codes.len()];
        let outcome = outcome_code(at % OUTCOMES);
        let places = match at % 6 {
            0..3 => code(0).clone(),
            3 => format!("{};{}", code(0), code(1)),
            4 => "ALL".to_owned(),
            _ => String::new(),
        };
        let whole = match at % 4 {
            3 => format!("EX-{}", at - 1),
            _ => String::new(),
        };
        let amount = 1_000_000 + at % 900;
        let amount = if at % 4 == 3 { amount / 100 } else { amount };
        // Text grows in memory.
        let _grows = writeln!(
            text,
            "investment,EX-{at},Example: fund {at},Example: funder {},cash,{amount},2025-07-01,\
             2029-06-30,{places},{outcome},{whole},committed,Example: source,,",
            at % 40
        );
        for line in 0..LINES {
            // Nothing can be spent yet in a year that has not begun.
            let (what, year) = match line % 2 {
                0 => ("committed", 2026 + line % 4),
                _ => ("spent", 2026 + line / 2 % 2),
            };
            let (place, amount) = (code(line), 100 + line);
            let _grows = writeln!(
                text,
                "line,EX-{at},,,,{amount},,,{place},{outcome},,,,{what},FY{year}"
            );
        }
    }
    text
}
