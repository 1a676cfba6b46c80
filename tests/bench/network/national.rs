//! NAT: what a network of locations shares in eight years, imported through real sessions: how soon
//! the hub has its figures, and how long it takes to answer.

use std::{
    path::PathBuf,
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
    memory::high_water,
    shared_years::{YEARS, hashes, log},
    workloads::Bench,
};

/// The most time that anything may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(300);

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
            let mut imported = self.import(number, locations)?;
            imported.ask_all()?;
            imported.weigh()?;
            imported.derive_again()?;
            let mut of_size = imported.start_again()?;
            of_size.extend(self.all_at_once(number, locations)?);
            for figure in &mut of_size {
                figure.name = format!("{locations} locations: {}", figure.name);
            }
            of_size.iter().for_each(|figure| crate::say(&figure.row()));
            figures.extend(of_size);
        }
        figures.extend(self.single_saves()?);
        if sizes.len() > 1 {
            figures.extend(exponents(&figures, sizes));
        }
        Ok(figures)
    }

    /// Imports one location after another; all are confirmed but the last.
    fn import(&self, number: usize, locations: usize) -> Result<Imported> {
        let name = format!("nat-{number}");
        let folder = self.folder.join(&name);
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
        let figures = vec![
            Figure::new("NAT", "pushing one after another", "s", vec![pushed]),
            Figure::new("NAT", "behind at the last ACK", "entries", vec![behind]),
            Figure::new("NAT", name, "s", vec![first]).must(Target::AtMost(1.0)),
        ];
        Ok(Imported {
            hub,
            folder,
            locations,
            figures,
        })
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
        let still = backlog
            .windows(2)
            .filter(|pair| pair[1] >= pair[0] && pair[0] > 0.0);
        let still = count(still.count());
        Ok(vec![
            Figure::new("NAT", "pushing all at once", "s", vec![pushed]),
            Figure::new("NAT", "all at once: first figure", "s", vec![first])
                .must(Target::AtMost(10.0)),
            Figure::new(
                "NAT",
                "all at once: tenths of a second without a smaller backlog",
                "",
                vec![still],
            ),
        ])
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

    /// Asks what pages and the API ask.
    fn ask_all(&mut self) -> Result<()> {
        let mut series = Vec::new();
        for indicator in 0..INDICATORS {
            let answer = self.hub.ask(&format!("series {}", code(indicator)))?;
            series.push(ms(&answer, "ms")?);
        }
        let name = "one indicator, network, all periods";
        self.add(
            Figure::new("NAT", name, "ms", vec![percentile(&series, 0.99)]),
            Some(5.0),
        );
        let of = format!("of {}", codes(1)?[0]);
        let answer = self.hub.ask(&of)?;
        self.add(
            Figure::new("NAT", "all of one location", "ms", vec![ms(&answer, "ms")?]),
            None,
        );
        let grid = self.hub.ask(&format!("grid {}", code(7)))?;
        let name = "data of one indicator's coverage";
        self.add(
            Figure::new("NAT", name, "ms", vec![ms(&grid, "ms")?]),
            Some(20.0),
        );
        let overview = self.hub.ask("overview")?;
        let name = "data of the overview";
        self.add(
            Figure::new("NAT", name, "ms", vec![ms(&overview, "ms")?]),
            Some(20.0),
        );
        let begin = Instant::now();
        let last = self.locations - 1;
        self.hub.ask(&format!("confirm-one {last}"))?;
        check(&mut self.hub, self.locations)?;
        let seconds = begin.elapsed().as_secs_f64();
        let name = "confirming one more, to its figures";
        self.add(Figure::new("NAT", name, "s", vec![seconds]), Some(1.0));
        Ok(())
    }

    /// Memory and size.
    fn weigh(&mut self) -> Result<()> {
        let memory = high_water(self.hub.id())?;
        self.add(
            Figure::new("NAT", "memory of the hub", "MiB", vec![memory]),
            Some(200.0),
        );
        let file = std::fs::read_dir(&self.folder)?;
        let mut bytes = 0;
        for one in file {
            let one = one?;
            if one.path().extension().is_some_and(|kind| kind == "db") {
                bytes += one.metadata()?.len();
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "some gigabytes")]
        let each = bytes as f64 / self.observations();
        self.add(
            Figure::new("NAT", "database, of an observation", "bytes", vec![each]),
            Some(100.0),
        );
        Ok(())
    }

    fn derive_again(&mut self) -> Result<()> {
        let answer = self.hub.ask("again")?;
        let rate = self.observations() / (ms(&answer, "folded_ms")? / 1e3);
        let name = "from signed entries, imported together";
        let rate = Figure::new("NAT", name, "observations/s", vec![rate]);
        self.figures.push(rate.must(Target::AtLeast(100_000.0)));
        let all = ms(&answer, "ms")? / 1e3;
        self.add(
            Figure::new("NAT", "`rebuild` with its report", "s", vec![all]),
            None,
        );
        let memory = high_water(self.hub.id())?;
        let name = "memory of the hub after a rebuild";
        self.add(Figure::new("NAT", name, "MiB", vec![memory]), Some(200.0));
        Ok(())
    }

    /// Ends the hub without notice and starts it again.
    fn start_again(self) -> Result<Vec<Figure>> {
        let Self {
            hub,
            folder,
            locations,
            mut figures,
        } = self;
        drop(hub);
        let begin = Instant::now();
        let mut hub = HubProcess::start(&folder, locations)?;
        first_figure(&mut hub)?;
        let seconds = begin.elapsed().as_secs_f64();
        let figure = Figure::new("NAT", "restart to first figure", "s", vec![seconds]);
        figures.push(figure.must(Target::AtMost(1.0)));
        Ok(figures)
    }

    fn add(&mut self, figure: Figure, most: Option<f64>) {
        self.figures.push(match most {
            Some(most) => figure.must(Target::AtMost(most)),
            None => figure,
        });
    }
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
