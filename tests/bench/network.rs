//! Measures the network on loopback. Hub and clients are separate processes, and every figure is
//! compared with the best this machine can do.
//!
//! `cargo bench --bench network -- [W1] [W2] [W3] [W7] [SLOW] [MEM] [ATT] [NAT] [W8] [PAGES] [W10]
//! [SIGHT] [--runs N] [--quick] [--large] [--json FILE]`; without workloads all of them, five runs
//! each. `--quick` uses only the smaller sizes, `--large` has NAT with 300 locations. SLOW is a
//! slow line, MEM memory with full documents, ATT an honest node beside an attack, NAT the figures
//! of a national network, W8 the same without entries at 10,000 locations, PAGES the pages of a hub
//! of 100 locations, W10 those of a full node, SIGHT the line of sight over 10,000 investments.

#[path = "network/device.rs"]
mod device;
#[path = "network/facts.rs"]
mod facts;
#[path = "network/figure.rs"]
mod figure;
#[path = "network/full.rs"]
mod full;
#[path = "network/http.rs"]
mod http;
#[path = "network/hub.rs"]
mod hub;
#[path = "network/limits.rs"]
mod limits;
#[path = "network/line.rs"]
mod line;
#[path = "network/log.rs"]
mod log;
#[path = "network/made_up.rs"]
mod made_up;
#[path = "network/memory.rs"]
mod memory;
#[path = "network/national.rs"]
mod national;
#[path = "network/pages.rs"]
mod pages;
#[path = "network/questions.rs"]
mod questions;
#[path = "network/shared_years.rs"]
mod shared_years;
#[path = "network/sight.rs"]
mod sight;
#[path = "network/workloads.rs"]
mod workloads;

use std::{
    io::{Write as _, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::Parser;

use self::{figure::Figure, workloads::Bench};

/// The allocator of the programs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the network.
#[derive(Debug, Parser)]
struct Arguments {
    /// W1, W2, W3, W7, SLOW, MEM, ATT, NAT, W8, PAGES, W10, SIGHT; all without any.
    workloads: Vec<String>,
    /// Number of times that each is measured.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The smaller sizes only.
    #[arg(long)]
    quick: bool,
    /// The largest sizes too: NAT with 300 locations takes a quarter of an hour.
    #[arg(long)]
    large: bool,
    /// Write the figures as JSON, too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Be the hub, in this folder, for so many locations.
    #[arg(long, num_args = 2, value_names = ["DIR", "LOCATIONS"], hide = true)]
    hub: Option<Vec<String>>,
    /// Be a node that joins, in this folder, with this invite.
    #[arg(long, num_args = 2, value_names = ["DIR", "INVITE"], hide = true)]
    node: Option<Vec<String>>,
    /// Cargo says so; it means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The names by which this program is the hub's, and the node's.
const HUB_PROGRAM: &str = "weft-hub";
const NODE_PROGRAM: &str = "weft-node";

fn main() -> Result<ExitCode> {
    match std::env::args().next().as_deref() {
        Some(HUB_PROGRAM) => return Ok(weft_hub::program::main().into()),
        Some(NODE_PROGRAM) => return Ok(weft_node::main().into()),
        _ => {}
    }
    bench().map(|()| ExitCode::SUCCESS)
}

fn bench() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(hub) = &arguments.hub {
        return hub::serve(Path::new(&hub[0]), hub[1].parse()?);
    }
    if let Some(node) = &arguments.node {
        return memory::node(Path::new(&node[0]), &node[1]);
    }
    let scratch = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    // Sockets must be made inside the runtime.
    let _inside = runtime.enter();
    let flush = limits::flush(scratch.path())?;
    say("| | what | median | least to most | unit | must reach |");
    say("| --- | --- | --- | --- | --- | --- |");
    let echo = runtime.block_on(limits::echo())?;
    let mut figures = vec![
        limit("flush of 4 KiB, p50", "ms", flush.p50_ms),
        limit("flush of 4 KiB, p99", "ms", flush.p99_ms),
        limit("plain SQLite log, groups of 100", "rows/s", {
            limits::append_rows_per_s(scratch.path())?
        }),
        limit(
            "plain QUIC, round trip of 32 bytes",
            "ms",
            echo.round_trip_ms,
        ),
        limit("plain QUIC, round trip of 32 bytes", "bytes", echo.bytes),
        limit(
            "plain QUIC, ten echoes of 300 bytes, four at a time each",
            "messages/s",
            echo.messages_per_s,
        ),
    ];
    figures.iter().for_each(|figure| say(&figure.row()));
    let bench = Bench {
        folder: scratch.path(),
        runtime: &runtime,
        runs: arguments.runs.max(1),
        flush,
    };
    for name in WORKLOADS {
        let wanted = &arguments.workloads;
        if !wanted.is_empty() && !wanted.iter().any(|one| one.eq_ignore_ascii_case(name)) {
            continue;
        }
        let measured = measure(&bench, name, (arguments.quick, arguments.large))?;
        if !["MEM", "NAT", "W8", "PAGES", "W10", "SIGHT"].contains(&name) {
            measured.iter().for_each(|figure| say(&figure.row()));
        }
        figures.extend(measured);
    }
    say(&format!("\nMachine: {}", machine()));
    say("Durability: SQLite in WAL mode, synchronous=FULL, acknowledged after the commit.");
    if let Some(file) = arguments.json {
        let all: Vec<_> = figures.iter().map(Figure::json).collect();
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

fn limit(name: &'static str, unit: &'static str, value: f64) -> Figure {
    Figure::new("limit", name, unit, vec![value])
}

const WORKLOADS: [&str; 12] = [
    "W1", "W2", "W3", "W7", "SLOW", "MEM", "ATT", "NAT", "W8", "PAGES", "W10", "SIGHT",
];

fn measure(bench: &Bench<'_>, name: &str, (quick, large): (bool, bool)) -> Result<Vec<Figure>> {
    match name {
        "W1" if quick => bench.reconnect(&[1, 20]),
        "W1" => bench.reconnect(&[1, 20, 200, 2_000]),
        "W2" if quick => bench.live(&[1_000, 3_000]),
        "W2" => bench.live(&[1_000, 3_000, 10_000]),
        "W3" if quick => bench.offline_month(&[10_000], true),
        "W3" => bench.offline_month(&[10_000, 100_000, 1_000_000], true),
        "SLOW" => bench.slow_line(),
        "MEM" => bench.memory(quick),
        "ATT" => bench.beside_attack(),
        "NAT" if quick => bench.national(&[6]),
        "NAT" if large => bench.national(&[30, 300]),
        "NAT" => bench.national(&[6, 30]),
        "W8" if quick => bench.facts(&[300]),
        "W8" => bench.facts(&[1_000, 10_000]),
        "PAGES" if quick => bench.pages(9),
        "PAGES" => bench.pages(100),
        "W10" => bench.node_pages(),
        "SIGHT" if quick => bench.sight(1_000),
        "SIGHT" => bench.sight(10_000),
        _ => bench.edit_to_figure(),
    }
}

fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |text| {
        text.trim_start_matches([' ', '\t', ':'])
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{model}, {cores} cores, Linux {}", kernel.trim())
}

fn say(line: &str) {
    // The terminal may be closed; then no one reads this.
    let _closed = writeln!(stdout(), "{line}");
}
