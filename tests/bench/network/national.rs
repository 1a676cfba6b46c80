//! NAT: what a network of locations shares in eight years, imported through real sessions: how soon
//! the hub has its figures, and how long it takes to answer.

mod streamed;

use std::{
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    device::{Device, Pace},
    figure::{Figure, Target, growth, median, percentile},
    hub::{HubProcess, codes},
    log::Log,
    made_up::{At, GROUPS, INDICATORS, code},
    memory::{forget_high_water, high_water},
    shared_years::{YEARS, hashes, log},
    workloads::Bench,
};

/// The most time that anything may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(300);
/// Wait after which the hub has added up all facts.
const IDLE: Duration = Duration::from_secs(8);

/// A hub that has all of it, with what was measured on the way.
struct Imported {
    hub: HubProcess,
    folder: PathBuf,
    locations: usize,
    figures: Vec<Figure>,
}

impl Bench<'_> {
    /// Measures the hub with so many locations, one size after another.
    pub(crate) fn national(&self, sizes: &[usize]) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        for (number, &locations) in sizes.iter().enumerate() {
            let mut imported = self.import(&format!("nat-{number}"), locations)?;
            imported.weigh()?;
            imported.ask_all()?;
            imported.derive_again()?;
            imported.start_again()?;
            figures.extend(imported.run_commands()?);
            figures.extend(self.all_at_once(number, locations)?);
        }
        figures.extend(self.single_saves()?);
        if sizes.len() > 1 {
            let grown = exponents(&figures, sizes);
            grown.iter().for_each(|figure| crate::say(&figure.row()));
            figures.extend(grown);
        }
        Ok(figures)
    }

    /// Makes the folder of a hub that has everything of so many locations, all confirmed.
    pub(crate) fn whole_network(&self, name: &str, locations: usize) -> Result<PathBuf> {
        let mut imported = self.import(name, locations)?;
        imported
            .hub
            .ask(&format!("confirm-one {}", locations - 1))?;
        check(&mut imported.hub, locations)?;
        // Facts are added up once no entries wait.
        std::thread::sleep(IDLE);
        imported.hub.end()?;
        Ok(imported.folder)
    }

    /// Imports one location after another; all are confirmed but the last.
    fn import(&self, name: &str, locations: usize) -> Result<Imported> {
        let folder = self.folder.join(name);
        let mut hub = HubProcess::start(&folder, locations)?;
        let mut devices = self.devices(&mut hub, locations)?;
        for at in 0..locations - 1 {
            hub.ask(&format!("confirm-one {at}"))?;
        }
        let begin = Instant::now();
        for (device, log) in &mut devices {
            self.push(device, log, Pace::Batches)?;
        }
        let pushed = begin.elapsed().as_secs_f64();
        let (first, behind) = first_figure(&mut hub)?;
        check(&mut hub, locations - 1)?;
        let name = "first figure after the last ACK";
        let mut imported = Imported {
            hub,
            folder,
            locations,
            figures: Vec::new(),
        };
        imported.add("pushing one after another", "s", pushed, None);
        imported.add("behind at the last ACK", "entries", behind, None);
        imported.add(name, "s", first, Some(1.0));
        Ok(imported)
    }

    /// Pushes from all locations at once.
    fn all_at_once(&self, number: usize, locations: usize) -> Result<Vec<Figure>> {
        let folder = self.folder.join(format!("nat-once-{number}"));
        let mut hub = HubProcess::start(&folder, locations)?;
        let (mut devices, logs): (Vec<_>, Vec<_>) =
            self.devices(&mut hub, locations)?.into_iter().unzip();
        hub.confirm()?;
        let (pushed, _) = self.push_all(&mut devices, &logs, Pace::Batches)?;
        let begin = Instant::now();
        let mut backlog = vec![behind(&mut hub)?];
        while backlog.last().is_some_and(|last| *last > 0.0) && begin.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(100));
            backlog.push(behind(&mut hub)?);
        }
        let (first, _) = first_figure(&mut hub)?;
        check(&mut hub, locations)?;
        let first = first + begin.elapsed().as_secs_f64();
        let mut longest = 0;
        for part in backlog.chunk_by(|before, after| after >= before) {
            longest = longest.max(part.len() - 1);
        }
        let figures = [
            ("pushing all at once", "s", pushed, None),
            (
                "all at once: behind at the last ACK",
                "entries",
                backlog[0],
                None,
            ),
            ("all at once: first figure", "s", first, Some(10.0)),
            (
                "all at once: longest time without a smaller backlog",
                "s",
                count(longest) / 10.0,
                None,
            ),
        ];
        let figures =
            figures.map(|(name, unit, value, most)| said(locations, name, unit, value, most));
        Ok(figures.into())
    }

    /// One location that saves one value at a time: the rate at which they are derived again.
    fn single_saves(&self) -> Result<Vec<Figure>> {
        let mut hub = HubProcess::start(&self.folder.join("nat-single"), 1)?;
        let hashes = hashes(&hub.ask("national")?)?;
        let mut device = self.runtime.block_on(Device::found(&hub.invites[0]))?;
        hub.confirm()?;
        let log = Arc::new(log(
            &device,
            &codes(1)?[0].to_string(),
            (0, 7),
            &hashes,
            true,
        )?);
        let saves = log.entries.len() - 1;
        self.push(&mut device, &log, Pace::Batches)?;
        first_figure(&mut hub)?;
        let answer = hub.ask("again")?;
        let rate = count(saves) / (ms(&answer, "folded_ms")? / 1e3);
        let figure = Figure::new(
            "NAT",
            format!("from signed entries, {saves} single saves"),
            "observations/s",
            vec![rate],
        );
        let figures = vec![figure.must(Target::AtLeast(40_000.0))];
        figures.iter().for_each(|figure| crate::say(&figure.row()));
        Ok(figures)
    }

    /// Every location's device, with what it pushes.
    fn devices(&self, hub: &mut HubProcess, locations: usize) -> Result<Vec<(Device, Arc<Log>)>> {
        let hashes = hashes(&hub.ask("national")?)?;
        let mut devices = Vec::new();
        for invite in &hub.invites {
            devices.push(self.runtime.block_on(Device::found(invite))?);
        }
        let codes = codes(locations)?;
        let logs = std::thread::scope(|scope| {
            let half = locations.div_ceil(2);
            let parts = devices.chunks(half).enumerate().map(|(part, devices)| {
                let (codes, hashes) = (&codes, &hashes);
                scope.spawn(move || {
                    let numbered = devices.iter().enumerate();
                    let logs = numbered.map(|(at, device)| {
                        let at = part * half + at;
                        let code = codes[at].to_string();
                        log(device, &code, (at as u64, YEARS), hashes, false).map(Arc::new)
                    });
                    logs.collect::<Result<Vec<_>>>()
                })
            });
            let parts: Vec<_> = parts.collect();
            let joined = parts.into_iter().map(|part| {
                let made = part.join();
                made.unwrap_or_else(|_| anyhow::bail!("making a log panicked"))
            });
            joined.collect::<Result<Vec<_>>>()
        })?;
        Ok(devices
            .into_iter()
            .zip(logs.into_iter().flatten())
            .collect())
    }
}

impl Imported {
    fn observations(&self) -> f64 {
        count(self.locations * usize::try_from(YEARS * 12 * 4 * INDICATORS).unwrap_or_default())
    }

    /// Asks for each indicator at network level.
    fn ask_series(&mut self, when: &str, most: Option<f64>) -> Result<()> {
        let mut series = Vec::new();
        for indicator in 0..INDICATORS {
            let answer = self.hub.ask(&format!("series {}", code(indicator)))?;
            series.push(ms(&answer, "ms")?);
        }
        let name = format!("one indicator, network, all periods, {when}");
        self.add(&format!("{name}, p50 of 60"), "ms", median(&series), None);
        let p99 = percentile(&series, 0.99);
        self.add(&format!("{name}, p99"), "ms", p99, most);
        Ok(())
    }

    /// Asks what pages and the API ask.
    fn ask_all(&mut self) -> Result<()> {
        self.ask_series("while sums are made", None)?;
        // Facts are added up once no entries wait.
        std::thread::sleep(IDLE);
        self.ask_series("once idle", Some(5.0))?;
        for (name, question, most) in [
            (
                "data of one indicator's coverage",
                format!("grid {}", code(7)),
                Some(20.0),
            ),
            ("data of the overview", "overview".to_owned(), Some(20.0)),
        ] {
            let mut times = Vec::new();
            for _ in 0..5 {
                times.push(ms(&self.hub.ask(&question)?, "ms")?);
            }
            self.add(&format!("{name}, at first"), "ms", times[0], most);
            self.add(&format!("{name}, p50 of 5"), "ms", median(&times), most);
        }
        let memory = high_water(self.hub.id())?;
        self.add("memory of the hub after that", "MiB", memory, Some(200.0));
        let mut times = Vec::new();
        for _ in 0..5 {
            let answer = self.hub.ask(&format!("of {}", codes(1)?[0]))?;
            times.push(ms(&answer, "ms")?);
        }
        self.add("all of one location, p50 of 5", "ms", median(&times), None);
        let memory = high_water(self.hub.id())?;
        let name = "memory of the hub, all of one location";
        self.add(name, "MiB", memory, Some(200.0));
        let begin = Instant::now();
        let last = self.locations - 1;
        self.hub.ask(&format!("confirm-one {last}"))?;
        check(&mut self.hub, self.locations)?;
        let seconds = begin.elapsed().as_secs_f64();
        self.add(
            "confirming one more, to its figures",
            "s",
            seconds,
            Some(1.0),
        );
        Ok(())
    }

    /// Memory and size.
    fn weigh(&mut self) -> Result<()> {
        let memory = high_water(self.hub.id())?;
        self.add("memory of the hub", "MiB", memory, Some(200.0));
        let bytes = database_bytes(&self.folder)?;
        #[expect(clippy::cast_precision_loss, reason = "some gigabytes")]
        let each = bytes as f64 / self.observations();
        self.add("database, of an observation", "bytes", each, Some(100.0));
        Ok(())
    }

    fn derive_again(&mut self) -> Result<()> {
        let mut rates = Vec::new();
        let mut all = Vec::new();
        forget_high_water(self.hub.id())?;
        for _ in 0..3 {
            let answer = self.hub.ask("again")?;
            rates.push(self.observations() / (ms(&answer, "folded_ms")? / 1e3));
            all.push(ms(&answer, "ms")? / 1e3);
        }
        let name = format!(
            "{} locations: from signed entries, imported together",
            self.locations
        );
        let rate = Figure::new("NAT", name, "observations/s", rates);
        let rate = rate.must(Target::AtLeast(100_000.0));
        crate::say(&rate.row());
        self.figures.push(rate);
        self.add("`rebuild` with its report", "s", median(&all), None);
        let memory = high_water(self.hub.id())?;
        self.add(
            "memory of the hub during a rebuild",
            "MiB",
            memory,
            Some(200.0),
        );
        Ok(())
    }

    /// Ends the hub without notice and starts it again.
    fn start_again(&mut self) -> Result<()> {
        self.hub.end()?;
        let begin = Instant::now();
        self.hub = HubProcess::start(&self.folder, self.locations)?;
        first_figure(&mut self.hub)?;
        let seconds = begin.elapsed().as_secs_f64();
        self.add("restart to first figure", "s", seconds, Some(1.0));
        Ok(())
    }

    /// Runs the hub as its program does, and asks for an indicator with its command.
    fn run_commands(mut self) -> Result<Vec<Figure>> {
        self.hub.end()?;
        let mut program = program(&self.folder)?;
        let free = ["--listen", "--http", "--admin"].map(|flag| [flag, "127.0.0.1:0"]);
        program.arg("run").args(free.as_flattened());
        let mut running = program.stdout(Stdio::piped()).spawn()?;
        let output = running.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let ready = lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("pages")));
        let mut times = Vec::new();
        for indicator in 0..20 {
            let begin = Instant::now();
            let mut rollup = asking(&self.folder, &code(indicator))?;
            let ran = rollup.output()?;
            times.push(begin.elapsed().as_secs_f64() * 1e3);
            ensure!(ran.status.success() && !ran.stdout.is_empty(), "{ran:?}");
        }
        let name = "one indicator, network, as a command, p50 of 20";
        self.add(name, "ms", median(&times), Some(100.0));
        let name = "one indicator, network, as a command, p99";
        self.add(name, "ms", percentile(&times, 0.99), Some(100.0));
        let ready = ready.context("the hub did not start")??;
        let pages = ready.trim_start_matches("pages").trim();
        let asked = self.ask_for_every_row(pages, running.id());
        running.kill()?;
        running.wait()?;
        asked?;
        Ok(self.figures)
    }

    fn add(&mut self, name: &str, unit: &'static str, value: f64, most: Option<f64>) {
        let figure = said(self.locations, name, unit, value, most);
        self.figures.push(figure);
    }
}

/// A figure of so many locations, which is printed at once because the whole takes long.
fn said(locations: usize, name: &str, unit: &'static str, value: f64, most: Option<f64>) -> Figure {
    let name = format!("{locations} locations: {name}");
    let figure = Figure::new("NAT", name, unit, vec![value]);
    let figure = match most {
        Some(most) => figure.must(Target::AtMost(most)),
        None => figure,
    };
    crate::say(&figure.row());
    figure
}

/// The hub's program on this folder, which this program becomes by that name.
fn program(folder: &Path) -> Result<Command> {
    let mut program = Command::new(std::env::current_exe()?);
    program
        .arg0(crate::HUB_PROGRAM)
        .arg("--data-dir")
        .arg(folder);
    Ok(program)
}

fn asking(folder: &Path, indicator: &str) -> Result<Command> {
    let mut program = program(folder)?;
    program.args(["rollup", "--level", "network", "--indicator", indicator]);
    Ok(program)
}

/// Asks for a figure until there is one; returns the seconds, and the entries behind at first.
fn first_figure(hub: &mut HubProcess) -> Result<(f64, f64)> {
    let begin = Instant::now();
    let behind = behind(hub)?;
    let question = format!("series {}", code(7));
    while hub.ask(&question)?.get("refused").is_some() {
        ensure!(begin.elapsed() < PATIENCE, "no figure within five minutes");
    }
    Ok((begin.elapsed().as_secs_f64(), behind))
}

fn behind(hub: &mut HubProcess) -> Result<f64> {
    ms(&hub.ask("behind")?, "behind")
}

/// Holds the network's last figure of an indicator against the arithmetic.
fn check(hub: &mut HubProcess, locations: usize) -> Result<()> {
    let indicator = 7;
    let answer = hub.ask(&format!("series {}", code(indicator)))?;
    let sums = (0..locations as u64).map(|location| {
        At {
            location,
            indicator,
            period: YEARS * 12 - 1,
            group: GROUPS.len() as u64 - 1,
        }
        .counts()
    });
    let (numerator, denominator) = sums.fold((0, 0), |(n, d), one| (n + one.0, d + one.1));
    let said = [&answer["numerator"], &answer["denominator"]].map(|one| one.as_str());
    let must = [numerator, denominator].map(|one| one.to_string());
    ensure!(
        said == [Some(must[0].as_str()), Some(must[1].as_str())],
        "the hub says {answer}, not {must:?}"
    );
    Ok(())
}

fn ms(answer: &Value, field: &str) -> Result<f64> {
    answer[field]
        .as_f64()
        .with_context(|| format!("no {field} in {answer}"))
}

#[expect(clippy::cast_precision_loss, reason = "at most some million")]
const fn count(number: usize) -> f64 {
    number as f64
}

/// The growth of each figure with the number of locations.
fn exponents(figures: &[Figure], sizes: &[usize]) -> Vec<Figure> {
    let of = |size: usize| {
        let before = format!("{size} locations: ");
        let figures = figures.iter();
        figures.filter_map(move |one| Some((one.name.strip_prefix(&before)?.to_owned(), one)))
    };
    let Some(first) = sizes.first() else {
        return Vec::new();
    };
    let names = of(*first).map(|(name, _)| name);
    names
        .map(|name| {
            let points = sizes.iter().filter_map(|size| {
                let (_, one) = of(*size).find(|(other, _)| *other == name)?;
                Some((count(*size), median(&one.runs)))
            });
            let points: Vec<_> = points.collect();
            let name = format!("{name}: growth with locations, fitted exponent");
            Figure::new("NAT", name, "", vec![growth(&points)])
        })
        .collect()
}

/// The size of a hub's database with what is still in its log.
pub(crate) fn database_bytes(folder: &Path) -> Result<u64> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let conn = rusqlite::Connection::open_with_flags(folder.join("hub.db"), flags)?;
    let pages: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok((pages * page).cast_unsigned())
}
