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
    sync::Once,
};

use errors::Errors;
use network::Trace;
use setting::Setting;
use world::World;

/// Number of seeds in an ordinary run.
const SEEDS: u64 = 500;
/// Number of tests that share them.
const PARTS: usize = 10;
/// Seeds that once failed.
const ONCE_FAILED: [u64; 0] = [];

thread_local! {
    /// The message and place of the last panic in this thread.
    static PANIC: Cell<String> = const { Cell::new(String::new()) };
    /// Whether a seed runs in this thread.
    static RUNS: Cell<bool> = const { Cell::new(false) };
    static SETTING: OnceCell<Setting> = const { OnceCell::new() };
}

/// Runs a seed; a panic is a failure like any other.
fn run(seed: u64) -> Result<Trace, String> {
    static QUIET: Once = Once::new();
    // The failing seed must come first in the output, so panics of a run do not print.
    QUIET.call_once(|| {
        let default = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if RUNS.get() {
                PANIC.set(panic.to_string());
            } else {
                default(panic);
            }
        }));
    });
    let run = || {
        SETTING.with(|setting| {
            let setting = setting.get_or_init(Setting::new);
            let outcome = World::run(setting, seed);
            errors::take();
            outcome
        })
    };
    RUNS.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        tracing::subscriber::with_default(Errors, run)
    }));
    RUNS.set(false);
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

/// Runs one of the parts of the seeds, which are numbered from 1. Each has a test of its own, so
/// that no test takes long and the runner shares them out among the cores.
///
/// # Panics
/// With the first seed that failed and how to replay it.
fn run_part(part: usize) {
    let seeds: Vec<u64> = match number("WEFT_SEED") {
        Some(seed) => vec![seed],
        None => ONCE_FAILED.into_iter().chain(wanted()).collect(),
    };
    for seed in seeds.into_iter().skip(part - 1).step_by(PARTS) {
        if let Err(why) = run(seed) {
            let replay = "cargo test --test sim";
            panic!("seed {seed} failed: {why}\nreplay it: WEFT_SEED={seed} {replay}");
        }
    }
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_1() {
    run_part(1);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_2() {
    run_part(2);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_3() {
    run_part(3);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_4() {
    run_part(4);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_5() {
    run_part(5);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_6() {
    run_part(6);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_7() {
    run_part(7);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_8() {
    run_part(8);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_9() {
    run_part(9);
}

#[test]
fn every_seed_ends_equal_with_nothing_acknowledged_missing_10() {
    run_part(10);
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in number("WEFT_SEED").map_or(0..6, |seed| seed..seed + 1) {
        let (one, other) = (run(seed), run(seed));
        assert_eq!(one, other, "seed {seed}");
    }
}
