//! The seeded simulator: several devices of several locations, one hub, an unreliable network,
//! crashes, revocations and invites, compared with a naive model.
//!
//! The sessions, the gate, rosters, documents and rollups are the product's. Stores, clocks and the
//! network are simulated, so that one seed always gives the same run, to the last byte.
//!
//! `WEFT_SEED=N cargo test --test sim` replays only that seed; `WEFT_SEEDS=N` sets how many run;
//! `WEFT_MUTANT=NAME` looks for only one planted mistake.

mod acts;
mod again;
mod answers;
mod check;
mod commit;
mod derived;
mod host;
mod links;
mod mutant;
mod network;
mod oracle;
mod setting;
mod store;
mod world;

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use mutant::Mutant;
use network::Trace;
use world::World;

/// Number of seeds in an ordinary run.
const SEEDS: u64 = 500;
/// Number of seeds within which each planted mistake must show.
const MUTANT_SEEDS: u64 = 1_000;
/// Seeds that once failed.
const ONCE_FAILED: [u64; 1] = [431];

/// Runs a seed; a panic is a failure like any other.
fn run(seed: u64, mutant: Option<Mutant>) -> Result<Trace, String> {
    static QUIET: Once = Once::new();
    // The failing seed must come first in the output, so panics do not print.
    QUIET.call_once(|| {
        panic::set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
    });
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| World::run(seed, mutant)));
    outcome.unwrap_or_else(|_| Err(PANIC.take()))
}

thread_local! {
    /// The message and place of the last panic in this thread.
    static PANIC: Cell<String> = const { Cell::new(String::new()) };
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not \"{text}\"")),
    )
}

/// Runs seeds on all cores. Returns the lowest that failed.
fn first_failure(seeds: &[u64], mutant: Option<Mutant>) -> Option<(u64, String)> {
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
            if let Err(why) = run(*seed, mutant) {
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
        None => ONCE_FAILED
            .into_iter()
            .chain(0..number("WEFT_SEEDS").unwrap_or(SEEDS))
            .collect(),
    };
    if let Some((seed, why)) = first_failure(&seeds, None) {
        let replay = "cargo test --test sim";
        let text = format!("seed {seed} failed: {why}\nreplay it: WEFT_SEED={seed} {replay}");
        let _default = panic::take_hook();
        panic!("{text}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in number("WEFT_SEED").map_or(0..12, |seed| seed..seed + 1) {
        assert_eq!(run(seed, None), run(seed, None), "seed {seed}");
    }
}

#[test]
fn every_planted_mistake_is_found() {
    let seeds: Vec<u64> = (0..MUTANT_SEEDS).collect();
    let only = std::env::var("WEFT_MUTANT").ok();
    let wanted = |mutant: &Mutant| {
        only.as_ref()
            .is_none_or(|only| *only == format!("{mutant:?}"))
    };
    for mutant in Mutant::ALL.into_iter().filter(wanted) {
        let found = first_failure(&seeds, Some(mutant));
        let Some((seed, why)) = found else {
            panic!("{mutant:?} escaped {MUTANT_SEEDS} seeds");
        };
        println!("{mutant:?}: seed {seed}: {why}");
    }
}
