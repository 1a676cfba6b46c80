//! SIGKILL at random times: anything reported as saved is there once, and anything acknowledged
//! counts.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crate::network::{Network, set};

const KILLS: usize = 20;
/// A fixed seed: the times differ from kill to kill, but not from run to run.
const SEED: u64 = 0x5eed;

/// Pseudo-random numbers.
struct Moments(u64);

impl Moments {
    fn next_ms(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// Returns values by period from `observation list`; each period must occur once.
fn values(node: &crate::program::Program) -> BTreeMap<String, String> {
    let list = node.run(&["observation", "list", "--json"]).json();
    let mut values = BTreeMap::new();
    for row in list.as_array().expect("a list") {
        let period = row["period"].as_str().expect("a period").to_owned();
        let known = values.insert(period, row["numerator"].to_string());
        assert!(known.is_none(), "twice: {row}");
    }
    values
}

#[test]
fn a_killed_node_keeps_what_it_called_saved() {
    let network = Network::start();
    let node = network.founded("FN", "desk");
    let mut moments = Moments(SEED);
    let mut saved: BTreeMap<String, String> = BTreeMap::new();
    for kill in 0..KILLS {
        let running = node.start(&["--http", "127.0.0.1:0"], 1);
        let stop = AtomicBool::new(false);
        let wait = Duration::from_millis(20 + moments.next_ms(400));
        let written = thread::scope(|scope| {
            let writing = scope.spawn(|| {
                let mut written = Vec::new();
                for turn in 0..40 {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let month = format!("20{:02}-{:02}", 20 + kill % 10, 1 + turn % 12);
                    let numerator = (1_000 * kill + turn).to_string();
                    let said = node.run(&set(&month, &numerator));
                    written.push((month, numerator, said.code));
                }
                written
            });
            thread::sleep(wait);
            stop.store(true, Ordering::Relaxed);
            running.kill();
            writing.join().expect("the writer ends")
        });
        let found = values(&node);
        let mut unsure: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (month, numerator, code) in &written {
            if *code == 0 {
                saved.insert(month.clone(), numerator.clone());
                unsure.remove(month.as_str());
            } else {
                // It was not reported as saved; it may be, whole.
                unsure.entry(month).or_default().push(numerator);
            }
        }
        for (month, numerator) in &mut saved {
            let there = found.get(month).map(|value| value.trim_matches('"'));
            let others = unsure.get(month.as_str());
            let other = others.and_then(|all| all.iter().find(|one| Some(**one) == there));
            if let Some(other) = other {
                (*other).clone_into(numerator);
            }
            assert_eq!(
                there,
                Some(numerator.as_str()),
                "kill {kill}, {month}, seed {SEED:#x}"
            );
        }
    }
    assert!(!saved.is_empty(), "something was saved between the kills");
    node.run(&["verify"]).ok();
    node.run(&["sync", "--once"]).ok();
    assert_eq!(node.run(&["status", "--json"]).json()["waiting"], 0);
}

#[test]
fn a_killed_hub_counts_what_it_acknowledged() {
    let mut network = Network::start();
    let node = network.founded("FN", "desk");
    let mut moments = Moments(SEED);
    let mut acknowledged: BTreeMap<String, String> = BTreeMap::new();
    for kill in 0..KILLS {
        let wait = Duration::from_millis(moments.next_ms(300));
        let month = format!("20{:02}-{:02}", 20 + kill % 4, 1 + kill % 12);
        let numerator = (1_000 + kill).to_string();
        node.run(&set(&month, &numerator)).ok();
        let code = thread::scope(|scope| {
            let syncing = scope.spawn(|| node.run(&["sync", "--once"]).code);
            thread::sleep(wait);
            network.kill_hub();
            syncing.join().expect("the sync ends")
        });
        network.start_hub();
        let waiting = node.run(&["status", "--json"]).json()["waiting"].clone();
        if code == 0 {
            assert_eq!(waiting, 0, "kill {kill}: shared, says the node");
        }
        if waiting == 0 {
            acknowledged.insert(month, numerator);
            check(&network, &acknowledged, kill);
        } else {
            node.run(&["sync", "--once"]).ok();
            acknowledged.insert(month, numerator);
        }
        check(&network, &acknowledged, kill);
    }
    network.hub.run(&["doctor"]).ok();
}

#[track_caller]
fn check(network: &Network, acknowledged: &BTreeMap<String, String>, kill: usize) {
    let rows = network.rollup();
    for (month, numerator) in acknowledged {
        let cells: Vec<_> = rows
            .iter()
            .filter(|row| row["period"] == month.as_str() && row["level"] == "network")
            .collect();
        assert_eq!(cells.len(), 1, "kill {kill}: one figure for {month}");
        let found = cells[0]["numerator"].to_string();
        assert_eq!(
            found.trim_matches('"'),
            numerator,
            "kill {kill}, {month}, seed {SEED:#x}"
        );
    }
}
