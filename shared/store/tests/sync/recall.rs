//! The end of a device's own log is written again while its session is open.

use weft_shared::{
    id::DeviceIndex,
    identity::Roster,
    wire::{
        limits::LIVE_ENTRIES_BURST,
        message::{Hello, LogMark, Message, RosterMark},
    },
};

use crate::{
    refusals::{ask, encode, intercept},
    scripts::{play, release},
    world::{HUB, Kind, NODE, World},
};

/// Takes back all entries of the first node but `keep`, which its session has not sent yet.
fn recall(world: &mut World, keep: u64) {
    let (own, now) = (world.own, world.now);
    let height = world.nodes[0].store().cut((own, DeviceIndex(1)), keep);
    for wire in world.wires.iter_mut().filter(|wire| wire.node == 0) {
        wire.ends[NODE].handle_rewritten(now, own, DeviceIndex(1), height);
    }
}

/// Heights of the logs of the location at the first node and at the hub.
fn heights(world: &World) -> [Vec<u64>; 2] {
    [&world.nodes[0], &world.hub].map(|end| {
        let heights = end.store().heights(world.own).into_iter();
        heights.map(|(_, height)| height.dseq).collect()
    })
}

/// Checks that both ends hold the log again after two more entries, and the other one.
fn check_goes_on(mut world: World, keep: u64, case: &str) {
    world.run(usize::MAX);
    world.save("a", 2, 20, Kind::Plain);
    world.run(usize::MAX);
    for end in &world.wires[0].ends {
        assert!(
            !end.is_over() && end.is_settled(),
            "{case}: {}",
            world.report
        );
    }
    let expected = vec![keep + 2, 2];
    assert_eq!(heights(&world), [expected.clone(), expected], "{case}");
}

#[test]
fn a_session_goes_on_after_a_recall_before_welcome() {
    // HELLO, which offers three entries, waits, is on its way, or is answered.
    for steps in [None, Some(0), Some(1)] {
        for keep in [0, 1, 2] {
            let mut world = play("b save 2 | b up | run | b down | a save 3 | a up");
            if let Some(steps) = steps {
                world.run(steps);
            }
            recall(&mut world, keep);
            check_goes_on(world, keep, &format!("{steps:?}, {keep} kept"));
        }
    }
}

#[test]
fn a_session_goes_on_after_a_recall_while_it_is_live() {
    let crowded = "a save | run | a save | run | a save | run | a save | run | a save 2 | run";
    let start = "b save 2 | b up | run | b down | hub hold | a up | run";
    let mut world = play(&format!("{start} | {crowded}"));
    recall(&mut world, 4);
    release(&mut world);
    check_goes_on(world, 4, "four on their way");
}

#[test]
fn a_further_hello_makes_no_backlog_of_live_entries() {
    let mut world = play("a up | run");
    let offered = world.nodes[0].store().replica(world.own, world.zero);
    let mark = |roster: &Roster| {
        let len = u32::try_from(roster.len()).unwrap();
        RosterMark::new(len, &roster.head())
    };
    let hello = Hello {
        version: 1,
        capabilities: 0,
        location: world.own,
        device: world.nodes[0].key.id(),
        roster: mark(&offered.roster),
        heights: vec![LogMark {
            dix: DeviceIndex(1),
            dseq: 100_000,
            tag: [0; 8],
        }],
        zero_roster: mark(&offered.zero),
        zero_heights: Vec::new(),
        outbox: 100_000,
        sealed: None,
    };
    ask(&mut world, hello);
    let more = usize::try_from(LIVE_ENTRIES_BURST).unwrap() + 1;
    world.save("a", more, 20, Kind::Plain);
    world.run(usize::MAX);
    assert!(!world.wires[0].ends[HUB].is_over());
    let [at_node, at_hub] = heights(&world);
    assert_eq!(at_node, [more as u64]);
    assert!(at_hub[0] <= LIVE_ENTRIES_BURST, "{at_hub:?}");
}

/// A device may say anything of its log while entries of it are loaded: its session goes on.
#[test]
fn a_further_hello_while_entries_of_another_session_are_loaded_is_harmless() {
    let mut world = play("hub hold | a save 3 | a up");
    let mut hello = None;
    let mut others = Vec::new();
    for message in intercept(&mut world) {
        match message {
            Message::Hello(first) => hello = Some(first),
            other => others.push(other),
        }
    }
    // The device says that it holds eight, and sends three.
    let mut hello = hello.unwrap();
    hello.heights[0].dseq = 8;
    let way = &mut world.wires[0].way[NODE];
    way.push_back(encode(hello.clone()));
    way.extend(others.into_iter().map(encode));
    world.run(usize::MAX);
    assert_eq!(world.wires[0].held[HUB].len(), 1, "three wait");
    // Another session of the device stores ten.
    let (own, now, log) = (world.own, world.now, (world.own, DeviceIndex(1)));
    let node = &world.nodes[0];
    node.store()
        .save((node.name, own), &node.key, now, 7, (20, Kind::Plain));
    for dseq in 4..=10 {
        let stored = node.store().entry(log, dseq).unwrap();
        world.hub.store().append(log, stored.entry, &node.key);
    }
    let height = world.hub.store().height(log);
    let session = &mut world.wires[0].ends[HUB];
    session.handle_stored(now, own, DeviceIndex(1), height);
    hello.heights[0].dseq = 2;
    session.handle_bytes(now, &encode(hello)).unwrap();
    world.run(usize::MAX);
    assert!(!world.wires[0].ends[HUB].is_over(), "{}", world.report);
}
