//! MEM: the peak memory of hub and node with each kind of document at its limit. ATT: the delay of
//! an honest location while others fill the hub with such documents.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use weft_node::{Node, enrol};
use weft_shared::{
    id::DefinitionHash,
    model::{
        Audience,
        observation::{Statement, Status},
    },
};

use crate::{
    device::{Device, Pace},
    figure::{Figure, Target, median},
    full,
    hub::HubProcess,
    workloads::{Bench, run},
};

const HUB_MB: f64 = 256.0;
const NODE_MB: f64 = 128.0;

impl Bench<'_> {
    /// Measures VmHWM of a hub that takes in, folds and rebuilds a full document of each kind, and
    /// of a node that joins; then with all of them in one location.
    pub(crate) fn memory(&self, quick: bool) -> Result<Vec<Figure>> {
        let all = full::documents();
        let mut figures = self.full(all.len() + 1, "nothing", &[])?;
        for (number, one) in all.iter().enumerate() {
            if quick && !one.name.starts_with("observations") {
                continue;
            }
            let what = format!("{} full of {:?}", one.name, one.full);
            figures.extend(self.full(number, &what, std::slice::from_ref(one))?);
        }
        if !quick {
            figures.extend(self.full(all.len(), "all of these", &all)?);
        }
        Ok(figures)
    }

    fn full(
        &self,
        number: usize,
        what: &str,
        documents: &[full::FullDocument],
    ) -> Result<Vec<Figure>> {
        let mut hub = self.hub("mem", number, 1)?;
        let mut device = self.runtime.block_on(Device::found(&hub.invites[0]))?;
        hub.confirm()?;
        let log = Arc::new(full::make(&device, &statement(&hub)?, documents)?);
        self.push(&mut device, &log, Pace::Batches)?;
        hub.settle()?;
        let taken = high_water(hub.id())?;
        hub.rebuild()?;
        let rebuilt = high_water(hub.id())?;
        let invite = self.runtime.block_on(device.invite_device())?;
        let folder = self.folder.join(format!("mem-node-{number}"));
        let node = NodeProcess::start(&folder, &invite)?;
        let of = |step: &str, mb: f64, most: f64| {
            let figure = Figure::new("MEM", format!("{what}: {step}"), "MiB", vec![mb]);
            figure.must(Target::AtMost(most))
        };
        let mut figures = vec![
            of("hub, takes in", taken, HUB_MB),
            of("hub, then rebuild", rebuilt, HUB_MB),
        ];
        for (step, mb) in node.finish()? {
            figures.push(of(&format!("node, {step}"), mb, NODE_MB));
        }
        figures.iter().for_each(|figure| crate::say(&figure.row()));
        Ok(figures)
    }

    /// Measures set-and-sync of an honest node, alone and beside devices that fill the hub.
    pub(crate) fn beside_attack(&self) -> Result<Vec<Figure>> {
        let attackers = 3;
        let hub = self.hub("att", 0, 1 + attackers)?;
        let node = self.node(&self.folder.join("att-node"), &hub.invites[0])?;
        node.exchange()?;
        run(
            &node,
            &["indicator", "adopt", "BENCH", "--audience", "network"],
        )?;
        let mut value = 0;
        let mut times = |done: &AtomicBool| -> Result<f64> {
            let mut times = Vec::new();
            while times.len() < 50 && !done.load(Ordering::Acquire) {
                value += 1;
                let begin = Instant::now();
                let text = value.to_string();
                let line = "observation set BENCH --area AAA --period 2024-03 --value";
                let line: Vec<&str> = line.split(' ').chain([text.as_str()]).collect();
                run(&node, &line)?;
                node.exchange()?;
                times.push(begin.elapsed().as_secs_f64() * 1e3);
            }
            ensure!(times.len() >= 10, "the attack ended too soon");
            Ok(median(&times))
        };
        let done = AtomicBool::new(false);
        let alone = times(&done)?;
        let mut devices = Vec::new();
        let mut full = full::documents();
        full.retain(|one| one.name.starts_with("observations"));
        for invite in &hub.invites[1..] {
            let device = self.runtime.block_on(Device::found(invite))?;
            let log = full::make(&device, &statement(&hub)?, &full)?;
            devices.push((device, Arc::new(log)));
        }
        let beside = std::thread::scope(|scope| -> Result<f64> {
            let pushing = scope.spawn(|| {
                for (device, log) in &mut devices {
                    // A device that the hub turns away has filled its share.
                    let _filled = self.push(device, log, Pace::Batches);
                }
                done.store(true, Ordering::Release);
            });
            let beside = times(&done)?;
            pushing.join().ok().context("the attacker panicked")?;
            Ok(beside)
        })?;
        self.runtime.block_on(node.close());
        Ok(vec![
            Figure::new("ATT", "set and sync, alone", "ms", vec![alone]),
            Figure::new(
                "ATT",
                "set and sync, beside three who fill the hub",
                "ms",
                vec![beside],
            ),
            Figure::new("ATT", "ratio", "", vec![beside / alone]),
        ])
    }
}

/// Makes a statement that pins the one definition.
fn statement(hub: &HubProcess) -> Result<Statement> {
    let definition: DefinitionHash = hub.definition.parse()?;
    Ok(Statement::without_figure(
        definition,
        Status::Normal,
        Audience::Network,
    ))
}

/// Returns the peak memory of a process so far, in MiB.
pub(crate) fn high_water(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kb: f64 = kb.context("no VmHWM")?.trim().parse()?;
    Ok(kb / 1_024.0)
}

/// Lets the peak memory of a process begin again at what it takes now.
pub(crate) fn forget_high_water(process: u32) -> Result<()> {
    Ok(std::fs::write(format!("/proc/{process}/clear_refs"), "5")?)
}

/// A node in another process, which reports its memory after each step.
struct NodeProcess(Child);

impl NodeProcess {
    fn start(folder: &Path, invite: &str) -> Result<Self> {
        let child = Command::new(std::env::current_exe()?)
            .args([
                "--node",
                folder.to_str().context("the path is no UTF-8")?,
                invite,
            ])
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }

    fn finish(mut self) -> Result<Vec<(String, f64)>> {
        let out = BufReader::new(self.0.stdout.take().context("no standard output")?);
        let mut steps = Vec::new();
        for line in out.lines() {
            let line = line?;
            let (what, mb) = line.rsplit_once(' ').context("not as agreed")?;
            steps.push((what.to_owned(), mb.parse()?));
        }
        ensure!(self.0.wait()?.success(), "the node failed");
        Ok(steps)
    }
}

/// Runs the other process.
pub(crate) fn node(folder: &Path, invite: &str) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let words = folder.with_extension("words");
    let invite = enrol::read_invite(invite)?;
    let recovery = enrol::Recovery::File(&words);
    enrol::join(folder, &invite, "Bench node", recovery, runtime.handle())?;
    let node = Node::open(folder, runtime.handle())?;
    let said = |what: &str| -> Result<()> {
        crate::say(&format!("{what} {}", high_water(std::process::id())?));
        Ok(())
    };
    node.exchange()?;
    said("takes in")?;
    for line in [
        &["status"][..],
        &["initiative", "list", "--json"],
        &["observation", "list", "--json"],
        &["conflicts"],
        &["rebuild"],
    ] {
        run(&node, line)?;
        said(&format!("then {}", line.join(" ")))?;
    }
    runtime.block_on(node.close());
    Ok(())
}
