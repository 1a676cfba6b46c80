//! Limits on what a peer may have stored before it is charged.

use expect_test::expect;

use super::{
    play,
    refusals::{ask, blob, short},
    wait,
    world::{HUB, Kind, NODE, World},
};
use crate::{
    id::{BlobHash, DeviceIndex, Signature},
    identity::Role,
    log::{
        gate::LogState,
        room::{Held, Room},
    },
    sync::{Inboxes, Session, inbox::Inbox, receive::has_room},
    wire::{
        limits::{BATCH_ENTRIES_MAX, BLOBS_AHEAD_BYTES_MAX, INBOXES_BYTES_MAX},
        message::{Blob, Entries, Scope, Voided, WireEntry},
    },
};

/// Number of blob bytes that the hub keeps for a log.
fn kept(world: &World, dix: DeviceIndex) -> usize {
    let log = world.hub.store.logs.get(&(world.own, dix));
    let blobs = log.into_iter().flat_map(|log| log.blobs.values());
    blobs.map(|(_, bytes)| bytes.len()).sum()
}

#[test]
fn a_blob_stands_beside_one_of_the_next_entries() {
    let mut world = play("a save 2 | a up | run");
    let beyond = 3 + BATCH_ENTRIES_MAX as u64;
    for (dix, dseq) in [(1, 2), (1, beyond), (9, 1)] {
        let dix = DeviceIndex(dix);
        let wrong = Blob {
            dix,
            dseq,
            ..blob(vec![1; 1_000])
        };
        ask(&mut world, wrong);
        assert_eq!(kept(&world, dix), 0, "beside entry {dseq} of log {}", dix.0);
    }
    let next = Blob {
        dseq: 3,
        ..blob(vec![1; 1_000])
    };
    ask(&mut world, next);
    assert_eq!(kept(&world, DeviceIndex(1)), 1_000);
}

#[test]
fn blobs_ahead_of_their_entries_are_bounded() {
    let mut world = play("a up | run");
    let mut answers = Vec::new();
    for n in 0..100 {
        answers.push(short(&ask(&mut world, blob(vec![n; 60_000]))));
    }
    let most = usize::try_from(BLOBS_AHEAD_BYTES_MAX).unwrap();
    assert_eq!(kept(&world, DeviceIndex(1)), most / 60_000 * 60_000);
    let refused: Vec<_> = answers.iter().filter(|one| one.contains("Full")).collect();
    assert_eq!(refused.len(), 1, "then the log is shut: {answers:?}");
}

#[test]
fn a_full_share_takes_no_blob() {
    let hash = BlobHash::new([1; 32]);
    let mut room = Room::empty(Role::Member);
    room.add(Held {
        documents: 0,
        bytes: room.left().bytes - 10,
    });
    let mut view = LogState {
        room: Some(room),
        ..LogState::default()
    };
    assert!(!has_room(&mut view, (1, hash), 11));
    assert!(has_room(&mut view, (1, hash), 10));
    assert!(has_room(&mut view, (1, hash), 10), "it is there already");
}

#[test]
fn entries_without_bodies_cost_tokens_whatever_was_offered() {
    let mut world = play("a save 2048 | a up | run");
    let log = &world.nodes[0].store.logs[&(world.own, DeviceIndex(1))];
    let header = log.entries[0].0.header.encode();
    let voided = WireEntry {
        created_delta: 0,
        runs: Vec::new(),
        seen: None,
        roster: None,
        voided: Some(Voided { code: 2, header }),
    };
    let batch = Entries {
        scope: Scope::Own,
        dix: DeviceIndex(1),
        first_dseq: 1,
        prev_tag: [0; 8],
        documents: Vec::new(),
        entries: vec![voided; 1_400],
        tip: Signature::new([0; 64]),
    };
    let answers = [(); 4].map(|()| short(&ask(&mut world, batch.clone())));
    assert_eq!(answers, ["ACK", "ACK", "ACK", "NACK Limit Some(2049)"]);
}

/// Adds the hub's end of the only connection to sessions that hold `bytes` together.
fn crowd(world: &mut World, bytes: usize) -> Inbox {
    let all = Inboxes::default();
    let mut others = Inbox::among(&all);
    others.hold(bytes);
    let peer = world.nodes[0].key.id();
    world.wires[0].ends[HUB] = Session::accept(peer, world.now).among(&all);
    others
}

fn stored(world: &World) -> usize {
    let log = world.hub.store.logs.get(&(world.own, DeviceIndex(1)));
    log.map_or(0, |log| log.entries.len())
}

#[test]
fn nobody_is_granted_credit_while_all_inboxes_are_full() {
    let mut world = play("a save 3 | a up");
    let mut others = crowd(&mut world, INBOXES_BYTES_MAX);
    world.run(usize::MAX);
    assert_eq!(
        stored(&world),
        0,
        "what was granted with WELCOME is nothing"
    );
    wait(&mut world, 1_000);
    world.run(usize::MAX);
    assert_eq!(stored(&world), 0);
    others.hold(INBOXES_BYTES_MAX - 1);
    wait(&mut world, 1_000);
    world.run(usize::MAX);
    assert_eq!(stored(&world), 3);
}

#[test]
fn an_unfinished_frame_has_to_go_while_all_inboxes_are_full() {
    for (bytes, closes) in [(INBOXES_BYTES_MAX, true), (0, false)] {
        let mut world = play("a up");
        let _others = crowd(&mut world, bytes);
        world.run(usize::MAX);
        let begun = [0xff, 0xff, 0x03, 0x06];
        let now = world.now;
        world.wires[0].ends[HUB].handle_bytes(now, &begun).unwrap();
        wait(&mut world, 19_000);
        assert!(!world.wires[0].ends[HUB].is_over());
        wait(&mut world, 2_000);
        assert_eq!(world.wires[0].ends[HUB].is_over(), closes);
    }
}

#[test]
fn a_hub_that_can_store_nothing_serves_what_it_holds_and_takes_more_once_it_can() {
    let mut world = play("b save 2 | b up | run");
    world.hub.full = true;
    world.save("a", 2, 20, Kind::Plain);
    world.up(0);
    world.run(usize::MAX);
    world.save("b", 1, 20, Kind::Plain);
    world.save("hub", 1, 20, Kind::Plain);
    world.run(usize::MAX);
    assert!(!world.wires.iter().any(|wire| wire.ends[NODE].is_over()));
    expect![[r#"
        hub(b): live
        b: log 2 acknowledged to 2
        b: live
        hub(a): refused by Here: Full log 1 at 1
        a: refused by Peer: Full log 1 at 1 it cannot store anything now, so its disk may be full. What was not acknowledged stays safe with its sender: tell the people who run it
        a: live
        hub(a): live
        hub(b): refused by Here: Full log 2 at 3
        b: refused by Peer: Full log 2 at 3 it cannot store anything now, so its disk may be full. What was not acknowledged stays safe with its sender: tell the people who run it
    "#]]
    .assert_eq(&world.report);
    let at_a = |location, dix| world.nodes[0].store.logs[&(location, dix)].entries.len();
    assert_eq!(
        (
            at_a(world.own, DeviceIndex(2)),
            at_a(world.zero, DeviceIndex(1))
        ),
        (2, 1)
    );
    world.hub.full = false;
    world.down(0);
    world.up(0);
    world.run(usize::MAX);
    assert_eq!(stored(&world), 2);
}

#[test]
fn welcome_says_what_is_left() {
    let mut world = play("a up");
    world.left = Some(Room::empty(Role::Member).left());
    world.run(usize::MAX);
    assert!(
        world
            .report
            .contains("a: room above entry 0: 1250 documents, 62914560 bytes"),
        "{}",
        world.report
    );
}
