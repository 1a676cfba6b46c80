//! The words for a hub that does not serve this device, and a look at the hub that shares nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use weft_host::{failure::Failure, output::ExitCode};
use weft_shared::{sync::CloseReason, time::Timestamp, wire::NackCode};

use super::{
    super::error::ending,
    Phase,
    refusals::{Hub, Scene},
};
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
fn a_sync_asks_who_read_us_each_time_while_the_link_is_open_too() {
    let mut asked = Arc::default();
    let scene = Scene::new(|hub| {
        asked = Arc::clone(&hub.asked);
        Hub::Serving(hub)
    });
    scene.runtime.block_on(scene.node.live(true));
    for _ in 0..3 {
        let before = asked.load(Ordering::Acquire);
        scene.node.exchange().unwrap();
        assert!(asked.load(Ordering::Acquire) > before, "after {before}");
    }
    assert_eq!(scene.calls.load(Ordering::Acquire), 1, "one session");
    scene.runtime.block_on(scene.node.close());
}

#[test]
fn a_device_that_is_blocked_knows_it_until_the_hub_serves_it_again() {
    let blocks = Arc::new(AtomicBool::new(true));
    let scene = Scene::new(|hub| Hub::Serving(hub.that_blocks(Arc::clone(&blocks))));
    let blocked = || scene.node.read(Replica::brief).unwrap().unwrap().hub_blocks;
    assert!(!blocked());
    let refused = scene.node.exchange().unwrap_err();
    assert!(blocked(), "{refused}");
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

#[test]
fn every_refusal_without_words_says_why_and_what_to_do() {
    let mut told = std::collections::BTreeSet::new();
    let codes = (0..=u8::MAX).map(NackCode::from_number);
    let (later, known): (Vec<_>, Vec<_>) = codes.partition(|c| matches!(c, NackCode::Other(_)));
    for code in known.into_iter().chain(later.into_iter().take(1)) {
        for words in ["", " . "] {
            let closed = CloseReason::RefusedByPeer(code, words.to_owned());
            let text = Failure::from(ending(&closed, None).unwrap()).to_string();
            assert!(!text.contains("no reason"), "{code:?}: {text}");
            let acts = ["Ask ", "Tell ", "ry again", "pgrade "];
            let act = acts.iter().any(|act| text.contains(act));
            assert!(act, "nothing to do about {code:?}: {text}");
            if words.is_empty() {
                assert!(
                    told.insert(text.clone()),
                    "said of another code too: {text}"
                );
            }
        }
    }
    let closed = CloseReason::RefusedByPeer(NackCode::Gap, "the disk is gone.".to_owned());
    let text = Failure::from(ending(&closed, None).unwrap()).to_string();
    assert_eq!(text, "The hub refused: the disk is gone.");
}

#[test]
fn a_hub_in_the_middle_of_an_exchange_is_not_said_to_have_stopped_answering() {
    let stopped = "stopped answering";
    for phase in [Phase::CatchingUp, Phase::Live] {
        let text = Failure::from(phase.overdue()).to_string();
        assert!(!text.contains(stopped), "{phase:?}: {text}");
        for words in [
            "answered at first",
            "busy",
            "safe on this computer",
            "by itself",
        ] {
            assert!(text.contains(words), "no \"{words}\" in {text}");
        }
    }
    for phase in [
        Phase::Quiet,
        Phase::Connecting,
        Phase::Waiting(Timestamp::from_ms(0)),
    ] {
        let text = Failure::from(phase.overdue()).to_string();
        assert!(text.contains(stopped), "{phase:?}: {text}");
    }
}
