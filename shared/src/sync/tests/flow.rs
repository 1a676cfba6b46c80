//! Order and volume of sending: how much of a log is in flight, and which peer goes first.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each function takes the events that it is about"
)]

use super::{play, release, world::World};
use crate::{
    id::DeviceIndex,
    sync::{Event, Local, Session},
    wire::{
        frame,
        limits::BATCHES_IN_FLIGHT_MAX,
        message::{Ack, Scope},
    },
};

const OF_A: DeviceIndex = DeviceIndex(1);
const OF_B: DeviceIndex = DeviceIndex(2);

/// Number of entries of a device's log that the hub holds, and of the batches they came in.
fn held(world: &World, dix: DeviceIndex) -> (usize, usize) {
    let log = world.hub.store.logs.get(&(world.own, dix));
    log.map_or((0, 0), |log| (log.entries.len(), log.tips.len()))
}

#[test]
fn what_is_saved_while_batches_are_on_their_way_travels_together() {
    let mut world = play("a up|run|hub hold");
    for _ in 0..10 {
        world.save("a", 1, 20, super::Kind::Plain);
        world.run(usize::MAX);
    }
    let most = BATCHES_IN_FLIGHT_MAX;
    assert_eq!(held(&world, OF_A), (most, most));
    release(&mut world);
    world.run(usize::MAX);
    assert_eq!(held(&world, OF_A), (10, most + 1));
}

#[test]
fn a_backlog_comes_before_the_news_of_others() {
    let mut world = play("a save 3|a up|run|b save 2|hub hold|b up|run");
    let of_a_at_b = |world: &World| {
        let log = world.nodes[1].store.logs.get(&(world.own, OF_A));
        log.map_or(0, |log| log.entries.len())
    };
    assert_eq!(held(&world, OF_B).0, 2);
    assert_eq!(of_a_at_b(&world), 0, "b's own entries are not durable yet");
    release(&mut world);
    world.run(usize::MAX);
    assert_eq!(of_a_at_b(&world), 3);
}

#[test]
fn an_ack_may_arrive_while_the_store_loads() {
    let world = play("a save 5|a up|run|a down");
    let (own, zero, now) = (world.own, world.zero, world.now);
    let replica = world.nodes[1].store.replica(own, zero);
    let local = Local {
        device: world.nodes[1].key.id(),
        replica,
        outbox: 0,
        wants_zero: true,
    };
    let mut hub = Session::accept(local.device, now);
    let mut node = Session::connect(local, now);
    while let Some(bytes) = node.poll_transmit() {
        hub.handle_bytes(now, &bytes).unwrap();
    }
    let mut loads = Vec::new();
    while let Some(event) = hub.poll_event() {
        match event {
            Event::Hello { ticket, .. } => {
                hub.handle_admitted(now, ticket, Ok(world.hub.store.replica(own, zero)));
            }
            Event::Load { ticket, dix, .. } if dix == OF_A => loads.push(ticket),
            _ => {}
        }
    }
    let ack = Ack {
        scope: Scope::Own,
        dix: OF_A,
        dseq: 3,
        voids: None,
        tag: None,
    };
    let mut bytes = Vec::new();
    frame::encode(&ack.into(), &mut bytes);
    hub.handle_bytes(now, &bytes).unwrap();
    let load = |from| world.hub.store.load((own, OF_A), from, usize::MAX, None);
    hub.handle_loaded(now, loads[0], load(1));
    let mut events = std::iter::from_fn(|| hub.poll_event());
    let again = events.find_map(|event| match event {
        Event::Load {
            ticket, from_dseq, ..
        } => Some((ticket, from_dseq)),
        _ => None,
    });
    let (ticket, from_dseq) = again.expect("the rest is asked for");
    assert_eq!(from_dseq, 4);
    hub.handle_loaded(now, ticket, load(from_dseq));
    assert!(!hub.is_over());
}
