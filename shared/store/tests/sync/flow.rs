//! Order and volume of sending: how much of a log is in flight, and which peer goes first.

use weft_shared::{
    id::DeviceIndex,
    sync::{Event, Session},
    wire::{
        frame,
        limits::BATCHES_IN_FLIGHT_MAX,
        message::{Ack, Scope},
    },
};

use crate::{
    scripts::{play, release},
    world::{Kind, World},
};

const OF_A: DeviceIndex = DeviceIndex(1);
const OF_B: DeviceIndex = DeviceIndex(2);

/// Number of entries of a device's log that the hub holds, and of the batches they came in.
fn held(world: &World, dix: DeviceIndex) -> (usize, usize) {
    let (store, log) = (world.hub.store(), (world.own, dix));
    (store.entries(log), store.tips(log).len())
}

#[test]
fn what_is_saved_while_batches_are_on_their_way_travels_together() {
    let mut world = play("a up|run|hub hold");
    for _ in 0..10 {
        world.save("a", 1, 20, Kind::Plain);
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
    let of_a_at_b = |world: &World| world.nodes[1].store().entries((world.own, OF_A));
    assert_eq!(held(&world, OF_B).0, 2);
    assert_eq!(of_a_at_b(&world), 0, "b's own entries are not durable yet");
    release(&mut world);
    world.run(usize::MAX);
    assert_eq!(of_a_at_b(&world), 3);
}

#[test]
fn an_ack_may_arrive_while_the_store_loads() {
    let world = play("a save 5|a up|run|a down");
    let (local, now) = (world.local(1), world.now);
    let mut hub = Session::accept(local.device, now);
    let mut node = Session::connect(local, now);
    while let Some(bytes) = node.poll_transmit() {
        hub.handle_bytes(now, &bytes).unwrap();
    }
    let mut loads = Vec::new();
    while let Some(event) = hub.poll_event() {
        match event {
            Event::Load { dix, .. } if dix == OF_A => loads.push(event),
            asks => answer(&world, asks, &mut hub),
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
    answer(&world, loads.remove(0), &mut hub);
    let mut events = std::iter::from_fn(|| hub.poll_event());
    let again = events.find(|event| matches!(event, Event::Load { .. }));
    let again = again.expect("the rest is asked for");
    assert!(matches!(again, Event::Load { from_dseq: 4, .. }));
    answer(&world, again, &mut hub);
    assert!(!hub.is_over());
}

/// Answers what a session of the hub asks, if it asks anything.
fn answer(world: &World, event: Event, hub: &mut Session) {
    if let Ok(answer) = world.hub.store().answer(event, world.now) {
        answer.give(hub, world.now);
    }
}
