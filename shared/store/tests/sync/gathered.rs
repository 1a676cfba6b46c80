//! Batches that arrive together are judged together, and answered as if they had come separately.

use expect_test::{Expect, expect};
use weft_shared::{
    id::{DeviceIndex, Signature},
    wire::message::{Entries, WireRun},
};

use crate::{
    refusals::{ask_bytes, encode, entries, short},
    scripts::play,
    world::{Kind, World},
};

/// A hub that holds one entry of device a, and the next three, each in a batch with its own tip.
fn three_more() -> (World, Vec<Entries>) {
    let mut world = play("a up|run|a save|run");
    let next = |_| {
        world.save("a", 1, 20, Kind::Plain);
        entries(&mut world)
    };
    let batches = (0..3).map(next).collect();
    (world, batches)
}

fn check(mut world: World, batches: Vec<Entries>, expected: &Expect) {
    let bytes: Vec<u8> = batches.into_iter().flat_map(encode).collect();
    let answer = ask_bytes(&mut world, bytes);
    let (store, log) = (world.hub.store(), (world.own, DeviceIndex(1)));
    expected.assert_eq(&format!(
        "{}; {} entries, tips over {:?}",
        short(&answer),
        store.entries(log),
        store.tips(log)
    ));
}

#[test]
fn what_arrives_together_is_stored_under_the_last_tip() {
    let (world, batches) = three_more();
    check(
        world,
        batches,
        &expect!["ACK, CREDIT; 4 entries, tips over [1, 4]"],
    );
}

#[test]
fn a_bad_tip_takes_nothing_from_the_batches_before_it() {
    let (world, mut batches) = three_more();
    batches[2].tip = Signature::new([7; 64]);
    check(
        world,
        batches,
        &expect!["NACK BadTip Some(4), ACK, CREDIT; 3 entries, tips over [1, 2, 3]"],
    );
}

#[test]
fn a_hole_between_batches_is_asked_for() {
    let (world, mut batches) = three_more();
    batches.remove(1);
    check(
        world,
        batches,
        &expect!["NACK Gap Some(3), ACK, CREDIT; 2 entries, tips over [1, 2]"],
    );
}

#[test]
fn what_is_held_already_is_acknowledged_again_and_the_rest_taken() {
    let (mut world, batches) = three_more();
    let first = encode(batches[0].clone());
    ask_bytes(&mut world, first);
    check(
        world,
        batches,
        &expect!["ACK, CREDIT; 4 entries, tips over [1, 2, 4]"],
    );
}

/// This many entries, each with 128 runs without bodies.
fn hollow(first: &Entries, entries: usize) -> Entries {
    let run = &first.entries[0].runs[0];
    let run = WireRun {
        bytes: Vec::new(),
        name: None,
        ..run.clone()
    };
    let mut entry = first.entries[0].clone();
    entry.runs = vec![run; 128];
    Entries {
        entries: vec![entry; entries],
        ..first.clone()
    }
}

#[test]
fn what_nobody_could_pass_on_ends_the_session() {
    let (world, batches) = three_more();
    check(
        world,
        vec![hollow(&batches[0], 46)],
        &expect!["NACK Malformed None; 1 entries, tips over [1]"],
    );
}

#[test]
fn batches_without_entries_are_not_gathered() {
    let (world, batches) = three_more();
    let empty = Entries {
        entries: Vec::new(),
        first_dseq: batches[1].first_dseq,
        ..batches[1].clone()
    };
    let sent = vec![batches[0].clone(), empty.clone(), empty];
    check(
        world,
        sent,
        &expect!["NACK Malformed Some(3), ACK, CREDIT; 2 entries, tips over [1, 2]"],
    );
}
