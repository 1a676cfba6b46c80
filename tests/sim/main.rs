//! The seeded simulator: several devices of several locations, one hub, an unreliable network,
//! disks that fail, losses of power, revocations, invites and a device that keeps to no rule,
//! compared with a naive model.
//!
//! Everything but the network, the clocks and the disks is the product's: the stores over SQLite,
//! the host of sessions, the replica, the hub with its figures. One thread runs all of it, so that
//! one seed always gives the same run, to the last byte.
//!
//! `WEFT_SEED=N cargo test --test sim` replays only that seed; `WEFT_SEEDS=N` sets how many run,
//! and `WEFT_SEEDS=N..M` which.

mod acts;
mod attacks;
#[path = "../forge/mod.rs"]
mod bytes;
mod check;
mod device;
mod errors;
mod hostile;
mod hub;
mod links;
mod network;
mod oracle;
mod people;
mod setting;
mod world;

use std::{
    cell::{Cell, OnceCell},
    ops::Range,
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use errors::Errors;
use network::Trace;
use setting::Setting;
use world::World;

/// Number of seeds in an ordinary run.
const SEEDS: u64 = 500;
/// Seeds that once failed.
const ONCE_FAILED: [u64; 0] = [];

thread_local! {
    /// The message and place of the last panic in this thread.
    static PANIC: Cell<String> = const { Cell::new(String::new()) };
    static SETTING: OnceCell<Setting> = const { OnceCell::new() };
}

/// Runs a seed; a panic is a failure like any other.
fn run(seed: u64) -> Result<Trace, String> {
    static QUIET: Once = Once::new();
    // The failing seed must come first in the output, so panics do not print.
    QUIET.call_once(|| {
        panic::set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
    });
    let run = || {
        SETTING.with(|setting| {
            let setting = setting.get_or_init(Setting::new);
            let outcome = World::run(setting, seed);
            errors::take();
            outcome
        })
    };
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        tracing::subscriber::with_default(Errors, run)
    }));
    outcome.unwrap_or_else(|_| Err(PANIC.take()))
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} is a number, not \"{text}\"")))
}

/// Returns the seeds that `WEFT_SEEDS` asks for: the first so many, or those of a range.
fn wanted() -> Range<u64> {
    let name = "WEFT_SEEDS";
    let Ok(text) = std::env::var(name) else {
        return 0..SEEDS;
    };
    let (first, end) = text.split_once("..").unwrap_or(("0", &text));
    match (first.parse(), end.parse()) {
        (Ok(first), Ok(end)) if first < end => first..end,
        _ => panic!("{name} is a number above 0 or a range such as 500..1000, not \"{text}\""),
    }
}

/// Runs seeds on all cores. Returns the lowest that failed.
fn first_failure(seeds: &[u64]) -> Option<(u64, String)> {
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let failed: Mutex<Vec<(u64, String)>> = Mutex::new(Vec::new());
    let worker = || {
        while !stop.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let seed = usize::try_from(at).ok().and_then(|at| seeds.get(at));
            let Some(seed) = seed else {
                return;
            };
            if let Err(why) = run(*seed) {
                stop.store(true, Ordering::Relaxed);
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.push((*seed, why));
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        (0..cores).for_each(|_| {
            scope.spawn(worker);
        });
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.into_iter().min()
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing() {
    let seeds: Vec<u64> = match number("WEFT_SEED") {
        Some(seed) => vec![seed],
        None => ONCE_FAILED.into_iter().chain(wanted()).collect(),
    };
    if let Some((seed, why)) = first_failure(&seeds) {
        let replay = "cargo test --test sim";
        let text = format!("seed {seed} failed: {why}\nreplay it: WEFT_SEED={seed} {replay}");
        let _default = panic::take_hook();
        panic!("{text}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in number("WEFT_SEED").map_or(0..6, |seed| seed..seed + 1) {
        let (one, other) = (run(seed), run(seed));
        assert_eq!(one, other, "seed {seed}");
    }
}
