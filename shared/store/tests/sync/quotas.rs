//! Limits on what a peer may have stored before it is charged.

use expect_test::expect;
use weft_shared::{
    id::{DeviceIndex, Signature},
    identity::Role,
    log::room::Room,
    sync::{Inboxes, Session},
    wire::{
        Message,
        limits::{BATCH_ENTRIES_MAX, BLOBS_AHEAD_BYTES_MAX, INBOX_BYTES_MAX, INBOXES_BYTES_MAX},
        message::{Blob, Entries, Scope, Voided, WireEntry},
    },
};

use crate::{
    refusals::{ask, blob, decode, encode, short},
    scripts::{play, wait},
    world::{HUB, Kind, NODE, World},
};

/// Number of blob bytes that the hub keeps for a log.
fn kept(world: &World, dix: DeviceIndex) -> usize {
    world.hub.store().blob_bytes((world.own, dix))
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
fn entries_without_bodies_cost_tokens_whatever_was_offered() {
    let mut world = play("a save 2048 | a up | run");
    let first = world.nodes[0].store().entry((world.own, DeviceIndex(1)), 1);
    let header = first.unwrap().entry.header.encode();
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
    // Entries of the acceptor's own without bodies would be void for good: they are dropped.
    let zero = Entries {
        scope: Scope::Zero,
        ..batch.clone()
    };
    let dropped = short(&ask(&mut world, zero));
    assert!(!dropped.contains("ACK"), "{dropped}");
    let answers = [(); 4].map(|()| short(&ask(&mut world, batch.clone())));
    assert_eq!(answers, ["ACK", "ACK", "ACK", "NACK Limit Some(2049)"]);
}

/// Sessions beside that of the world, whose inboxes are counted together with its own.
struct Crowd {
    all: Inboxes,
    sessions: Vec<Session>,
}

impl Crowd {
    /// Lets them hold `bytes` together, behind a HELLO that the host has not answered.
    fn hold(&mut self, world: &World, bytes: usize) {
        self.sessions.clear();
        let (device, now) = (world.nodes[0].key.id(), world.now);
        let mut greeting = decode(Session::connect(world.local(0), now).poll_transmit());
        greeting.retain(|message| matches!(message, Message::Hello(_)));
        let hello = encode(greeting.remove(0));
        let before = self.all.bytes();
        for at in (0..bytes).step_by(INBOX_BYTES_MAX) {
            let mut session = Session::accept(device, now).among(&self.all);
            session.handle_bytes(now, &hello).unwrap();
            let waiting = vec![0; INBOX_BYTES_MAX.min(bytes - at)];
            session.handle_bytes(now, &waiting).unwrap();
            self.sessions.push(session);
        }
        assert_eq!(self.all.bytes(), before + bytes);
    }
}

/// Adds the hub's end of the only connection to sessions that hold `bytes` together.
fn crowd(world: &mut World, bytes: usize) -> Crowd {
    let mut others = Crowd {
        all: Inboxes::default(),
        sessions: Vec::new(),
    };
    others.hold(world, bytes);
    let peer = world.nodes[0].key.id();
    world.wires[0].ends[HUB] = Session::accept(peer, world.now).among(&others.all);
    others
}

fn stored(world: &World) -> usize {
    world.hub.store().entries((world.own, DeviceIndex(1)))
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
    others.hold(&world, INBOXES_BYTES_MAX - 1);
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
    world.hub.store_mut().full = true;
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
    let at_a = |location, dix| world.nodes[0].store().entries((location, dix));
    assert_eq!(
        (
            at_a(world.own, DeviceIndex(2)),
            at_a(world.zero, DeviceIndex(1))
        ),
        (2, 1)
    );
    world.hub.store_mut().full = false;
    world.down(0);
    world.up(0);
    world.run(usize::MAX);
    assert_eq!(stored(&world), 2);
}

#[test]
fn welcome_says_what_is_left() {
    let mut world = play("a up");
    world.hub.store_mut().side.room = Some(Room::empty(Role::Member));
    world.run(usize::MAX);
    assert!(
        world
            .report
            .contains("a: room above entry 0: 1250 documents, 62914560 bytes"),
        "{}",
        world.report
    );
}
