//! Every figure, as files and pages of the API have them: how soon the first one comes, and how
//! much memory and time the rest takes.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{Imported, program};
use crate::{
    figure::{median, percentile},
    memory::{forget_high_water, high_water},
};

/// Rows of one page.
const ROWS: usize = 1_000;
/// The most pages that are asked for, one after another.
const PAGES_MAX: usize = 1_500;
/// The most time that a page may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(60);

impl Imported {
    /// Asks a running hub for every figure of every location.
    pub(super) fn ask_for_every_row(&mut self, pages: &str, hub: u32) -> Result<()> {
        let address = pages.split_once("://").map_or(pages, |(_, rest)| rest);
        let address = address.trim_end_matches('/').to_owned();
        let token = program(&self.folder)?
            .args(["token", "create", "Example: bench"])
            .output()?;
        let token = String::from_utf8(token.stdout)?.trim().to_owned();
        self.print_every_row()?;
        forget_high_water(hub)?;
        let mut first = None;
        let begin = Instant::now();
        let mut lines = 0;
        let path = "/api/v1/rollups?format=csv&level=all";
        let mut body = ask(&address, path, &token)?;
        let mut line = Vec::new();
        while body.read_until(b'\n', &mut line)? > 0 {
            first.get_or_insert_with(|| begin.elapsed());
            lines += 1;
            line.clear();
        }
        let seconds = begin.elapsed().as_secs_f64();
        let first = first.context("the file is empty")?.as_secs_f64();
        self.add("every row as CSV: the first byte", "s", first, Some(1.0));
        self.add("every row as CSV: lines", "", super::count(lines), None);
        self.add("every row as CSV: all of it", "s", seconds, None);
        let memory = high_water(hub)?;
        let name = "every row as CSV: memory of the hub";
        self.add(name, "MiB", memory, Some(200.0));
        self.turn_pages(&address, &token)
    }

    /// Goes from page to page of JSON: those at the end must not take longer than those before.
    fn turn_pages(&mut self, address: &str, token: &str) -> Result<()> {
        let mut times = Vec::new();
        let mut cursor = String::new();
        while times.len() < PAGES_MAX {
            let path = format!("/api/v1/rollups?level=all&limit={ROWS}{cursor}");
            let begin = Instant::now();
            let mut text = String::new();
            ask(address, &path, token)?.read_to_string(&mut text)?;
            times.push(begin.elapsed().as_secs_f64() * 1e3);
            let page: Value = serde_json::from_str(&text).context("a page is no JSON")?;
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let pages = times.len();
        ensure!(pages >= 30, "only {pages} pages");
        let tenth = pages / 10;
        self.add("pages of 1,000 rows", "", super::count(pages), None);
        for (name, part) in [
            ("the first tenth of the pages", &times[..tenth]),
            ("the last tenth of the pages", &times[pages - tenth..]),
        ] {
            self.add(&format!("{name}, p50"), "ms", median(part), None);
            let p99 = percentile(part, 0.99);
            self.add(&format!("{name}, p99"), "ms", p99, None);
        }
        Ok(())
    }

    /// Prints everything with the command.
    fn print_every_row(&mut self) -> Result<()> {
        let begin = Instant::now();
        let mut rollup = program(&self.folder)?
            .args(["rollup", "--level", "all", "--format", "csv"])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = rollup.stdout.take().context("no standard output")?;
        let mut output = BufReader::new(output);
        output.read_until(b'\n', &mut Vec::new())?;
        let first = begin.elapsed().as_secs_f64();
        std::io::copy(&mut output, &mut std::io::sink())?;
        ensure!(rollup.wait()?.success(), "rollup failed");
        let name = "`rollup` of everything: its first line";
        self.add(name, "s", first, Some(1.0));
        let seconds = begin.elapsed().as_secs_f64();
        self.add("`rollup` of everything", "s", seconds, None);
        Ok(())
    }
}

/// Asks for a resource; returns the reader of its body, whose end is the connection's.
fn ask(address: &str, path: &str, token: &str) -> Result<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // Version 1.0 has no chunks.
    let request =
        format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut status = String::new();
    reader.read_line(&mut status)?;
    ensure!(status.contains(" 200 "), "{path}: {status}");
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    Ok(reader)
}
