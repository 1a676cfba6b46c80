//! The workloads of the network: reconnect, live, offline month, edit to figure.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::runtime::Runtime;
use weft_host::output::{ExitCode, Io};
use weft_node::{AppHandle, Node, enrol, run_command};

use crate::{
    device::{Device, Latencies, Pace},
    figure::{Figure, Target, growth, median, percentile},
    hub::HubProcess,
    limits::Flush,
    log::{self, Log, Shape},
};

/// The folder for workloads, and the number of runs.
pub(crate) struct Bench<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) runtime: &'a Runtime,
    pub(crate) runs: usize,
    pub(crate) flush: Flush,
}

impl Bench<'_> {
    /// W1: reconnect with nothing new, by the number of documents that both ends hold.
    pub(crate) fn reconnect(&self, sizes: &[usize]) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        let (mut cold_points, mut warm_points) = (Vec::new(), Vec::new());
        for &documents in sizes {
            let mut hub = self.hub("w1", documents, 1)?;
            let mut device = self.runtime.block_on(Device::found(&hub.invites[0]))?;
            let log = log::make(
                &device,
                Shape {
                    first_document: 0,
                    documents,
                    changes: 1_000,
                    changes_per_entry: 1_000,
                },
            )?;
            let log = Arc::new(log);
            self.push(&mut device, &log, Pace::Batches)?;
            hub.settle()?;
            let Reconnects {
                cold,
                warm,
                ticket,
                time,
                cpu,
            } = self.reconnects(&hub, &mut device, &log)?;
            #[expect(clippy::cast_precision_loss, reason = "at most 2,000 documents")]
            let size = documents as f64;
            cold_points.push((size, median(&cold)));
            warm_points.push((size, median(&warm)));
            let of = |what: &str| format!("{what}, {documents} documents");
            figures.push(
                Figure::new("W1", of("warm, open connection"), "bytes", warm)
                    .must(Target::AtMost(400.0)),
            );
            figures.push(Figure::new(
                "W1",
                of("new connection with a ticket"),
                "bytes",
                ticket,
            ));
            figures
                .push(Figure::new("W1", of("cold"), "bytes", cold).must(Target::AtMost(5_000.0)));
            figures.push(Figure::new("W1", of("warm, time"), "ms", time));
            figures
                .push(Figure::new("W1", of("warm, hub CPU"), "ms", cpu).must(Target::AtMost(1.0)));
        }
        figures.push(exponent(
            "W1",
            "growth of warm bytes with documents",
            &warm_points,
        ));
        figures.push(exponent(
            "W1",
            "growth of cold bytes with documents",
            &cold_points,
        ));
        Ok(figures)
    }

    fn reconnects(
        &self,
        hub: &HubProcess,
        device: &mut Device,
        log: &Arc<Log>,
    ) -> Result<Reconnects> {
        let mut found = Reconnects::default();
        for _ in 0..self.runs {
            let turns = 200;
            device.forget_ticket()?;
            found.cold.push(self.reconnected(device, log)?.0);
            found.ticket.push(self.reconnected(device, log)?.0);
            let call = self.runtime.block_on(device.call())?;
            let held = log.entries.len() as u64;
            let sync = |device: &mut Device| {
                let log = Arc::clone(log);
                let syncing = device.sync(&call, log, Pace::Batches, held);
                self.runtime.block_on(syncing)
            };
            sync(device)?;
            let (bytes, used, begin) = (call.bytes(), hub.cpu_ms()?, Instant::now());
            for _ in 0..turns {
                sync(device)?;
            }
            let turns = f64::from(turns);
            let ms = begin.elapsed().as_secs_f64() * 1e3;
            found.time.push(ms / turns);
            #[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
            found.warm.push((call.bytes() - bytes) as f64 / turns);
            found.cpu.push((hub.cpu_ms()? - used) / turns);
            call.close();
        }
        Ok(found)
    }

    /// W2: ten devices, one entry and one signature at a time, acknowledged durably.
    pub(crate) fn live(&self, totals: &[usize]) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        let mut points = Vec::new();
        for &total in totals {
            let (mut rates, mut slow) = (Vec::new(), Vec::new());
            for run in 0..self.runs {
                let hub = self.hub("w2", total + run, 10)?;
                let mut devices = self.found_all(&hub)?;
                let logs = logs(&devices, total / 10, 1, Pace::OneByOne)?;
                let (seconds, latencies) = self.push_all(&mut devices, &logs, Pace::OneByOne)?;
                rates.push(per_second(total, seconds));
                slow.push(percentile(&latencies, 0.99));
            }
            #[expect(clippy::cast_precision_loss, reason = "some thousand entries")]
            points.push((total as f64, total as f64 / median(&rates)));
            let most = 4.0 * self.flush.p99_ms + 5.0;
            figures.push(
                Figure::new("W2", format!("{total} live entries"), "entries/s", rates)
                    .must(Target::AtLeast(10_000.0)),
            );
            figures.push(
                Figure::new(
                    "W2",
                    format!("{total} live entries, p99 to ACK"),
                    "ms",
                    slow,
                )
                .must(Target::AtMost(most)),
            );
        }
        figures.push(exponent("W2", "growth of time with entries", &points));
        Ok(figures)
    }

    /// W3: ten devices push a month of single-change entries at once; ten fresh nodes pull it.
    pub(crate) fn offline_month(&self, sizes: &[usize], pulls: bool) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        let mut points = Vec::new();
        for &total in sizes {
            // A million changes are pushed only once: the smaller sizes show the spread.
            let runs = if total > 100_000 { 1 } else { self.runs };
            let (mut push, mut pull) = (Vec::new(), Vec::new());
            for run in 0..runs {
                let mut hub = self.hub("w3", total + run, 1)?;
                let mut devices = self.enter_all(&hub, 10)?;
                let logs = logs(&devices, total / 100, 10, Pace::Batches)?;
                let (seconds, _) = self.push_all(&mut devices, &logs, Pace::Batches)?;
                push.push(per_second(total, seconds));
                hub.settle()?;
                if pulls && total <= 100_000 {
                    let seconds = self.pull(&mut devices[0], total + run)?;
                    pull.push(per_second(10 * total, seconds));
                }
            }
            #[expect(clippy::cast_precision_loss, reason = "at most a million changes")]
            points.push((total as f64, total as f64 / median(&push)));
            figures.push(
                Figure::new("W3", format!("push, {total} changes"), "changes/s", push)
                    .must(Target::AtLeast(100_000.0)),
            );
            if !pull.is_empty() {
                figures.push(
                    Figure::new(
                        "W3",
                        format!("pull by ten, {total} each"),
                        "changes/s",
                        pull,
                    )
                    .must(Target::AtLeast(60_000.0)),
                );
            }
        }
        figures.push(exponent("W3", "growth of push time with changes", &points));
        Ok(figures)
    }

    /// W7: from saving a value at a node to the figure in the hub's rollup.
    pub(crate) fn edit_to_figure(&self) -> Result<Vec<Figure>> {
        let mut hub = self.hub("w7", 0, 1)?;
        let folder = self.folder.join("w7-node");
        let node = self.node(&folder, &hub.invites[0])?;
        hub.confirm()?;
        node.exchange()?;
        run(
            &node,
            &["indicator", "adopt", "BENCH", "--audience", "network"],
        )?;
        self.runtime.block_on(node.live(true));
        let mut medians = Vec::new();
        let mut value = 0;
        for _ in 0..self.runs {
            let mut times = Vec::new();
            for _ in 0..100 {
                value += 1;
                let text = value.to_string();
                let begin = Instant::now();
                run(
                    &node,
                    &[
                        "observation",
                        "set",
                        "BENCH",
                        "--area",
                        "AAA",
                        "--period",
                        "2024-03",
                        "--value",
                        &text,
                    ],
                )?;
                node.exchange()?;
                let figure = hub.figure()?;
                times.push(begin.elapsed().as_secs_f64() * 1e3);
                ensure!(figure == text, "the rollup says {figure}, not {text}");
            }
            medians.push(median(&times));
        }
        self.runtime.block_on(node.close());
        let most = 3.0 * self.flush.p50_ms + 5.0;
        let figure = Figure::new("W7", "edit to figure, p50 of 100", "ms", medians);
        Ok(vec![figure.must(Target::AtMost(most))])
    }

    pub(crate) fn hub(&self, name: &str, number: usize, locations: usize) -> Result<HubProcess> {
        HubProcess::start(&self.folder.join(format!("{name}-hub-{number}")), locations)
    }

    fn found_all(&self, hub: &HubProcess) -> Result<Vec<Device>> {
        let found = hub
            .invites
            .iter()
            .map(|invite| self.runtime.block_on(Device::found(invite)));
        found.collect()
    }

    /// Adds several devices of one location.
    fn enter_all(&self, hub: &HubProcess, count: usize) -> Result<Vec<Device>> {
        self.runtime.block_on(async {
            let mut devices = vec![Device::found(&hub.invites[0]).await?];
            while devices.len() < count {
                let invite = devices[0].invite_device().await?;
                let device = devices[0].enter(&invite).await?;
                devices[0].roster.clone_from(&device.roster);
                devices.push(device);
            }
            Ok(devices)
        })
    }

    pub(crate) fn push(
        &self,
        device: &mut Device,
        log: &Arc<Log>,
        pace: Pace,
    ) -> Result<Latencies> {
        self.runtime.block_on(async {
            let call = device.call().await?;
            let latencies = device.sync(&call, Arc::clone(log), pace, 0).await?;
            call.close();
            Ok(latencies)
        })
    }

    /// Pushes from all devices; returns the seconds until the last ACK, and every latency.
    pub(crate) fn push_all(
        &self,
        devices: &mut Vec<Device>,
        logs: &[Arc<Log>],
        pace: Pace,
    ) -> Result<(f64, Latencies)> {
        self.runtime.block_on(async {
            let mut calls = Vec::new();
            for device in devices.iter() {
                calls.push(device.call().await?);
            }
            let begin = Instant::now();
            let mut pushing = tokio::task::JoinSet::new();
            for ((mut device, call), log) in devices.drain(..).zip(calls).zip(logs) {
                let log = Arc::clone(log);
                pushing.spawn(async move {
                    let pushed = device.sync(&call, log, pace, 0).await;
                    (device, call, pushed)
                });
            }
            let (mut all, mut calls) = (Vec::new(), Vec::new());
            let mut seconds = 0.0;
            while let Some(pushed) = pushing.join_next().await {
                let (device, call, latencies) = pushed?;
                seconds = begin.elapsed().as_secs_f64();
                all.extend(latencies?);
                devices.push(device);
                calls.push(call);
            }
            calls.iter().for_each(crate::device::Call::close);
            devices.sort_by_key(|device| device.dix);
            Ok((seconds, all))
        })
    }

    /// Ten fresh nodes of the location pull everything at once, until it can be read.
    fn pull(&self, steward: &mut Device, number: usize) -> Result<f64> {
        let mut nodes = Vec::new();
        for at in 0..10 {
            let invite = self.runtime.block_on(steward.invite_device())?;
            let folder = self.folder.join(format!("w3-node-{number}-{at}"));
            let invite = enrol::read_invite(&invite)?;
            let recovery = folder.with_extension("words");
            let recovery = enrol::Recovery::File(&recovery);
            enrol::join(
                &folder,
                &invite,
                "Fresh node",
                recovery,
                self.runtime.handle(),
            )?;
            let node = Node::open(&folder, self.runtime.handle())?;
            steward.roster = self.runtime.block_on(steward.current_roster())?;
            nodes.push(node);
        }
        let begin = Instant::now();
        let lists: Vec<Result<String>> = std::thread::scope(|scope| {
            let pulling = nodes.iter().map(|node| {
                scope.spawn(|| {
                    node.exchange()?;
                    run(node, &["initiative", "list", "--json"])
                })
            });
            let pulling: Vec<_> = pulling.collect();
            pulling
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|_| anyhow::bail!("a node panicked"))
                })
                .collect()
        });
        let seconds = begin.elapsed().as_secs_f64();
        for list in lists {
            let list: serde_json::Value = serde_json::from_str(&list?)?;
            ensure!(
                list.as_array().is_some_and(|list| list.len() == 100),
                "documents are missing"
            );
        }
        for node in nodes {
            self.runtime.block_on(node.close());
        }
        Ok(seconds)
    }

    pub(crate) fn node(&self, folder: &Path, invite: &str) -> Result<AppHandle> {
        let invite = enrol::read_invite(invite)?;
        let recovery = folder.with_extension("words");
        let recovery = enrol::Recovery::File(&recovery);
        enrol::join(
            folder,
            &invite,
            "Bench node",
            recovery,
            self.runtime.handle(),
        )?;
        Ok(Node::open(folder, self.runtime.handle())?)
    }

    /// Returns the bytes and milliseconds of a separate connection that finds nothing new.
    fn reconnected(&self, device: &mut Device, log: &Arc<Log>) -> Result<(f64, f64)> {
        self.runtime.block_on(async {
            let begin = Instant::now();
            let call = device.call().await?;
            device
                .sync(
                    &call,
                    Arc::clone(log),
                    Pace::Batches,
                    log.entries.len() as u64,
                )
                .await?;
            #[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
            let bytes = call.bytes() as f64;
            call.close();
            Ok((bytes, begin.elapsed().as_secs_f64() * 1e3))
        })
    }
}

/// The cost of reconnecting, a value per run.
#[derive(Debug, Default)]
struct Reconnects {
    cold: Vec<f64>,
    warm: Vec<f64>,
    ticket: Vec<f64>,
    time: Vec<f64>,
    cpu: Vec<f64>,
}

/// Makes a log for each device: `changes` single-change entries over `documents` documents each.
/// Logs sent one entry at a time are also signed one at a time, when they are saved.
fn logs(devices: &[Device], changes: usize, documents: usize, pace: Pace) -> Result<Vec<Arc<Log>>> {
    let shape = |at: usize| Shape {
        first_document: at * documents,
        documents,
        changes,
        changes_per_entry: 1,
    };
    let make = |(at, device): (usize, &Device)| {
        let mut log = log::make(device, shape(at))?;
        if pace == Pace::OneByOne {
            log.sign_each(&device.key);
        }
        Ok(Arc::new(log))
    };
    devices.iter().enumerate().map(make).collect()
}

#[expect(clippy::cast_precision_loss, reason = "at most some million")]
fn per_second(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

fn exponent(workload: &'static str, name: &str, points: &[(f64, f64)]) -> Figure {
    let name = format!("{name}, fitted exponent");
    let value = if points.len() > 1 {
        growth(points)
    } else {
        0.0
    };
    Figure::new(workload, name, "", vec![value])
}

/// Runs a command of `weft-node` and returns its output.
pub(crate) fn run(node: &AppHandle, arguments: &[&str]) -> Result<String> {
    let out = tempfile::NamedTempFile::new()?;
    let err = tempfile::NamedTempFile::new()?;
    let mut io = Io::new(Box::new(out.reopen()?), Box::new(err.reopen()?), None);
    let line: Vec<String> = ["weft-node"]
        .iter()
        .chain(arguments)
        .map(ToString::to_string)
        .collect();
    let code = run_command(node, &line, &mut io, Path::new("."));
    io.flush().context("no output")?;
    ensure!(
        code == ExitCode::Ok,
        "{line:?}: {}",
        std::fs::read_to_string(err.path())?
    );
    Ok(std::fs::read_to_string(out.path())?)
}
