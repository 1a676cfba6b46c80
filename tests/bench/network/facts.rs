//! W8: facts of 10,000 locations, 60 indicators and 48 quarters, without entries: written by what
//! folding writes them with, read by what pages and the API read, and beside it DuckDB.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use weft_hub::figures::measure::{Facts, Stated};
use weft_shared::{
    id::{DefinitionHash, LocationCode, LocationId},
    model::{
        Audience,
        indicator::{Definition, definitions_from_toml},
        number::Number,
        observation::{Breakdown, ObservationKey, Statement, Status},
        profile::{Adoption, AdoptionStatus, Place},
    },
    period::Period,
    rollup::{CellKey, Level, Member, Network, Slice},
    time::Timestamp,
};

use crate::{
    figure::{Figure, Target, growth, median, percentile},
    hub::codes,
    made_up::{At, INDICATORS, code, definitions},
    memory::high_water,
    national::database_bytes,
    workloads::Bench,
};

const YEAR: i16 = 2012;
const YEARS: u64 = 12;
const QUARTERS: u64 = YEARS * 4;
/// Documents that are written in one job: some eight thousand rows.
const BITE: usize = 34;
/// The most time that one kind of query is asked for.
const ASKING: Duration = Duration::from_secs(5);

/// The facts of so many locations.
struct MadeUp {
    codes: Vec<LocationCode>,
    definitions: Vec<Definition>,
    hashes: Vec<DefinitionHash>,
    facts: Facts,
    figures: Vec<Figure>,
    /// The next of a row of numbers without order.
    next: u64,
}

impl Bench<'_> {
    /// Measures each number of locations in turn.
    pub(crate) fn facts(&self, sizes: &[usize]) -> Result<Vec<Figure>> {
        let mut all = Vec::new();
        let mut points = Vec::new();
        for &locations in sizes {
            let folder = self.folder.join(format!("w8-{locations}"));
            std::fs::create_dir(&folder)?;
            let file = folder.join("hub.db");
            let mut made_up = MadeUp::new(&file, locations)?;
            made_up.load()?;
            let totals = made_up.all_figures()?;
            made_up.ask("warm")?;
            made_up.update()?;
            let mut figures = made_up.weigh(&folder)?;
            // Written to the disk and forgotten by the system: what is asked next is read from it.
            std::fs::File::open(&file)?.sync_all()?;
            let forget = format!("if={}", file.display());
            let forgot = Command::new("dd")
                .args([&forget, "iflag=nocache", "count=0", "status=none"])
                .status()?;
            ensure!(forgot.success(), "dd failed");
            let mut cold = MadeUp::new(&file, locations)?;
            cold.ask("cold")?;
            figures.extend(cold.figures);
            let mut of_duck = duck(&folder, locations, totals)?;
            for figure in &mut of_duck {
                figure.name = format!("{locations} locations: {}", figure.name);
                crate::say(&figure.row());
            }
            figures.extend(of_duck);
            points.push((number(locations), figures.clone()));
            all.extend(figures);
            std::fs::remove_dir_all(&folder)?;
        }
        if points.len() > 1 {
            let grown = exponents(&points);
            grown.iter().for_each(|figure| crate::say(&figure.row()));
            all.extend(grown);
        }
        Ok(all)
    }
}

impl MadeUp {
    fn new(file: &Path, locations: usize) -> Result<Self> {
        let text = definitions("quarter", &[]);
        let definitions = definitions_from_toml(&text);
        let definitions = definitions.ok().context("no definitions")?;
        let codes = codes(locations)?;
        let hash = |definition: &Definition| definition.hash();
        let hashes: Vec<_> = definitions.iter().map(hash).collect();
        let adoptions = definitions.iter().zip(&hashes).map(|(definition, hash)| {
            let adoption = Adoption {
                status: AdoptionStatus::Adopted,
                definition: *hash,
                audience: Audience::Network,
                reason: None,
                releases: None,
                open: None,
            };
            (definition.code.clone(), adoption)
        });
        let adoptions: BTreeMap<_, _> = adoptions.collect();
        let members = codes.iter().enumerate().map(|(at, code)| Member {
            code: code.clone(),
            place: Place {
                name: format!("Location {code}"),
                name_mi: None,
                areas: Vec::new(),
                aliases: Vec::new(),
                areas_changed: None,
                location_id: Some(location(at)),
                confirmed_at: Some(Timestamp::from_ms(0)),
            },
            adoptions: adoptions.clone(),
            synced: None,
        });
        let network = Network::new(members, definitions.iter().cloned());
        Ok(Self {
            facts: Facts::open(file, network)?,
            codes,
            definitions,
            hashes,
            figures: Vec::new(),
            next: 1,
        })
    }

    fn n_facts(&self) -> f64 {
        number(self.codes.len()) * number_of(INDICATORS * QUARTERS)
    }

    /// Writes all facts, location by location.
    fn load(&mut self) -> Result<()> {
        let begin = Instant::now();
        let mut bite = Vec::new();
        for at in 0..self.codes.len() {
            for year in 0..YEARS {
                bite.push(self.document(at, year)?);
                if bite.len() == BITE {
                    self.facts.stage(std::mem::take(&mut bite))?;
                }
            }
        }
        self.facts.stage(bite)?;
        let seconds = begin.elapsed().as_secs_f64();
        let rate = self.n_facts() / seconds;
        self.add(Figure::new(
            "W8",
            "written as folding does",
            "facts/s",
            vec![rate],
        ));
        Ok(())
    }

    fn document(&self, at: usize, year: u64) -> Result<Stated> {
        let mut stated = Vec::new();
        for indicator in 0..INDICATORS {
            for quarter in 0..4 {
                stated.push(self.observation(at, indicator, year * 4 + quarter, 0)?);
            }
        }
        let year = YEAR + i16::try_from(year)?;
        Ok((location(at), year, stated))
    }

    fn observation(
        &self,
        at: usize,
        indicator: u64,
        period: u64,
        more: i64,
    ) -> Result<(ObservationKey, Statement)> {
        let (numerator, denominator) = At {
            location: at as u64,
            indicator,
            period,
            group: 0,
        }
        .counts();
        let index = usize::try_from(indicator)?;
        let key = ObservationKey {
            indicator: self.definitions[index].code.clone(),
            area: self.codes[at].as_str().parse()?,
            period: quarter(period)?,
            breakdown: Breakdown::Total,
        };
        let hash = self.hashes[index];
        let without = Statement::without_figure(hash, Status::Normal, Audience::Network);
        let statement = Statement {
            numerator: Some((numerator + more).into()),
            denominator: Some((denominator + more).into()),
            ..without
        };
        Ok((key, statement))
    }

    /// Makes the network's figures of all facts; returns the sums of all of them.
    fn all_figures(&mut self) -> Result<(Number, Number)> {
        let begin = Instant::now();
        self.facts.settle()?;
        let (mut numerator, mut denominator) = (Number::from(0), Number::from(0));
        for indicator in 0..INDICATORS {
            let cells = self.facts.series(&code(indicator).parse()?)?;
            ensure!(cells.len() as u64 == QUARTERS, "{} figures", cells.len());
            for cell in cells {
                let sums = cell.numerator.zip(cell.denominator);
                let (n, d) = sums.context("a figure without sums")?;
                numerator += n;
                denominator += d;
            }
        }
        let seconds = begin.elapsed().as_secs_f64();
        let all = Figure::new("W8", "facts to all network figures", "s", vec![seconds]);
        let rate = Figure::new(
            "W8",
            "facts to figures",
            "facts/s",
            vec![self.n_facts() / seconds],
        );
        let is_full = self.codes.len() == 10_000;
        self.add(if is_full {
            all.must(Target::AtMost(15.0))
        } else {
            all
        });
        self.add(rate.must(Target::AtLeast(2_000_000.0)));
        Ok((numerator, denominator))
    }

    /// Asks for cells, series and locations, drawn over all of them.
    fn ask(&mut self, how: &str) -> Result<()> {
        let mut times = Vec::new();
        let begin = Instant::now();
        while times.len() < 2_000 && begin.elapsed() < ASKING {
            let (indicator, period) = (self.draw(INDICATORS), self.draw(QUARTERS));
            let (key, _) = self.observation(0, indicator, period, 0)?;
            let key: CellKey = Slice::of(&key).at(Level::Network);
            let started = Instant::now();
            let cell = self.facts.cell(&key)?.context("no such figure")?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
            ensure!(cell.n_locations == self.codes.len(), "not all are in it");
        }
        self.asked("a network figure", how, times);
        let (mut times, begin) = (Vec::new(), Instant::now());
        while times.len() < 1_000 && begin.elapsed() < ASKING {
            let code = code(self.draw(INDICATORS)).parse()?;
            let started = Instant::now();
            self.facts.series(&code)?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        self.asked("an indicator's series, network", how, times);
        let (mut times, begin) = (Vec::new(), Instant::now());
        while times.len() < 1_000 && begin.elapsed() < ASKING {
            let at = usize::try_from(self.draw(self.codes.len() as u64))?;
            let started = Instant::now();
            let mut count = 0;
            self.facts.location(&self.codes[at], |cell| {
                count += u64::from(cell.value.is_some());
            })?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
            ensure!(count == INDICATORS * QUARTERS, "not all are there");
        }
        self.asked("all of one location", how, times);
        Ok(())
    }

    fn asked(&mut self, what: &str, how: &str, times: Vec<f64>) {
        let p99 = percentile(&times, 0.99);
        let name = format!("{what}, {how}, p50 of {}", times.len());
        self.add(Figure::new("W8", name, "ms", vec![median(&times)]));
        let name = format!("{what}, {how}, p99");
        self.add(Figure::new("W8", name, "ms", vec![p99]).must(Target::AtMost(5.0)));
    }

    /// Changes 10,000 observations, a hundred at a time, each of another document.
    fn update(&mut self) -> Result<()> {
        let mut times = Vec::new();
        for _ in 0..100 {
            let mut group = Vec::new();
            let mut drawn = BTreeSet::new();
            while drawn.len() < 100 {
                let at = usize::try_from(self.draw(self.codes.len() as u64))?;
                let (indicator, period) = (self.draw(INDICATORS), self.draw(QUARTERS));
                if drawn.insert((at, period / 4)) {
                    let changed = self.observation(at, indicator, period, 1)?;
                    let year = YEAR + i16::try_from(period / 4)?;
                    group.push((location(at), year, vec![changed]));
                }
            }
            let started = Instant::now();
            self.facts.stage(group)?;
            times.push(started.elapsed().as_secs_f64() * 1e6 / 100.0);
        }
        let name = "a changed observation, in groups of 100, p50";
        let figure = Figure::new("W8", name, "us", vec![median(&times)]);
        self.add(figure.must(Target::AtMost(100.0)));
        Ok(())
    }

    fn weigh(mut self, folder: &Path) -> Result<Vec<Figure>> {
        let memory = high_water(std::process::id())?;
        self.add(Figure::new(
            "W8",
            "memory, with this bench",
            "MiB",
            vec![memory],
        ));
        // A log that is still there counts, too.
        let bytes = database_bytes(folder)?;
        #[expect(clippy::cast_precision_loss, reason = "some gigabytes")]
        let each = bytes as f64 / self.n_facts();
        let figure = Figure::new("W8", "database, of a fact", "bytes", vec![each]);
        self.add(figure.must(Target::AtMost(100.0)));
        Ok(self.figures)
    }

    /// Says each at once, because the whole takes long.
    fn add(&mut self, mut figure: Figure) {
        figure.name = format!("{} locations: {}", self.codes.len(), figure.name);
        crate::say(&figure.row());
        self.figures.push(figure);
    }

    /// A number below `most`: the same ones in every run.
    const fn draw(&mut self, most: u64) -> u64 {
        self.next = self
            .next
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.next >> 33) % most
    }
}

/// DuckDB's sums of the same facts, which must be the hub's; nothing if it is not installed.
fn duck(folder: &Path, locations: usize, totals: (Number, Number)) -> Result<Vec<Figure>> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/duck.py");
    let mut duck = Command::new(python);
    duck.arg(script).arg(locations.to_string()).arg(folder);
    let ran = duck.stderr(Stdio::null()).output();
    let Some(ran) = ran.ok().filter(|ran| ran.status.success()) else {
        crate::say("DuckDB was left out: no python3 with duckdb; PYTHON names another one");
        return Ok(Vec::new());
    };
    let said: Value = serde_json::from_slice(&ran.stdout)?;
    for (field, ours) in [("numerator", totals.0), ("denominator", totals.1)] {
        let theirs = said[field].as_str().context("no sum")?;
        ensure!(
            ours.to_string() == theirs,
            "{field}: {ours} here, {theirs} in DuckDB"
        );
    }
    let of = |field: &str| said[field].as_f64().context("no time");
    let version = said["version"].as_str().unwrap_or_default();
    let name = |what: &str| format!("DuckDB {version}, {what}");
    Ok(vec![
        Figure::new("W8", name("sums from memory"), "ms", vec![of("memory_ms")?]),
        Figure::new(
            "W8",
            name("sums from Parquet"),
            "ms",
            vec![of("parquet_ms")?],
        ),
        Figure::new(
            "W8",
            name("Parquet, of a fact"),
            "bytes",
            vec![of("parquet_bytes")? / (number(locations) * number_of(INDICATORS * QUARTERS))],
        ),
    ])
}

fn exponents(points: &[(f64, Vec<Figure>)]) -> Vec<Figure> {
    let plain = |figure: &Figure| {
        let name = figure.name.split_once(": ").map_or("", |(_, name)| name);
        // The number of queries is not the same in each.
        name.split(", p50 of ")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let first = points.first().into_iter().flat_map(|(_, figures)| figures);
    first
        .map(|figure| {
            let name = plain(figure);
            let sizes = points.iter().filter_map(|(size, figures)| {
                let same = figures.iter().find(|one| plain(one) == name)?;
                Some((*size, median(&same.runs)))
            });
            let sizes: Vec<_> = sizes.collect();
            let name = format!("{name}: growth with locations, fitted exponent");
            Figure::new("W8", name, "", vec![growth(&sizes)])
        })
        .collect()
}

fn location(at: usize) -> LocationId {
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&(at as u64).to_be_bytes());
    LocationId::new(bytes)
}

fn quarter(number: u64) -> Result<Period> {
    let (year, quarter) = (YEAR + i16::try_from(number / 4)?, number % 4 + 1);
    Ok(format!("{year}-Q{quarter}").parse()?)
}

#[expect(clippy::cast_precision_loss, reason = "some thousand")]
const fn number(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "some thousand")]
const fn number_of(count: u64) -> f64 {
    count as f64
}
