//! The words for a hub that does not serve this device, and a look at the hub that shares nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use weft_host::output::ExitCode;

use super::refusals::{Hub, Scene};
use crate::replica::Replica;

#[test]
fn a_look_at_the_hub_shares_nothing() {
    let scene = Scene::new(Hub::Serving);
    let waiting = || scene.node.read(Replica::brief).unwrap().unwrap().waiting;
    scene.node.probe().unwrap();
    assert_eq!(waiting(), 1);
    scene.node.exchange().unwrap();
    assert_eq!(waiting(), 0);
    // The session that is open answers.
    scene.runtime.block_on(scene.node.live(true));
    scene.node.probe().unwrap();
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_device_that_is_blocked_knows_it_until_the_hub_serves_it_again() {
    let blocks = Arc::new(AtomicBool::new(true));
    let scene = Scene::new(|hub| Hub::Serving(hub.that_blocks(Arc::clone(&blocks))));
    let blocked = || scene.node.read(Replica::brief).unwrap().unwrap().hub_blocks;
    assert!(!blocked());
    scene.node.exchange().unwrap_err();
    assert!(blocked());
    blocks.store(false, Ordering::Release);
    scene.node.exchange().unwrap();
    assert!(!blocked());
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_hub_that_asks_for_the_same_entries_again_and_again_is_said_to() {
    let scene = Scene::new(Hub::Losing);
    let failure = scene.node.exchange().unwrap_err();
    assert_eq!(failure.code(), ExitCode::Refused);
    let told = failure.to_string();
    for words in ["again and again", "safe on this computer", "sync --once"] {
        assert!(told.contains(words), "no \"{words}\" in {told}");
    }
    let status = scene.node.read(Replica::brief).unwrap().unwrap();
    assert!(!status.hub_full, "it has room");
    assert_eq!(status.waiting, 1);
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_hub_that_cannot_read_its_store_is_said_to() {
    let scene = Scene::new(|hub| Hub::Serving(hub.that_is_damaged()));
    let failure = scene.node.exchange().unwrap_err();
    assert_eq!(failure.code(), ExitCode::HubUnreachable);
    let told = failure.to_string();
    for words in ["cannot use its store now", "safe on this computer", "later"] {
        assert!(told.contains(words), "no \"{words}\" in {told}");
    }
    let status = scene.node.read(Replica::brief).unwrap().unwrap();
    assert!(!status.hub_full, "it has room");
    scene.runtime.block_on(scene.node.close());
}
