//! What a peer may have stored before it costs it something.

use super::{
    play,
    refusals::{ask, blob, short},
    world::World,
};
use crate::{
    id::{BlobHash, Dix, Signature},
    log::gate::LogState,
    sync::receive::has_room,
    wire::{
        limits::{BATCH_ENTRIES_MAX, BLOBS_AHEAD_BYTES_MAX, LOCATION_BYTES_MAX},
        message::{Blob, Entries, Scope, Voided, WireEntry},
    },
};

/// Bytes of the blobs that the hub keeps for a log.
fn kept(world: &World, dix: Dix) -> usize {
    let log = world.hub.store.logs.get(&(world.own, dix));
    let blobs = log.into_iter().flat_map(|log| log.blobs.values());
    blobs.map(|(_, bytes)| bytes.len()).sum()
}

#[test]
fn a_blob_stands_beside_one_of_the_next_entries() {
    let mut world = play("a save 2 | a up | run");
    let beyond = 3 + BATCH_ENTRIES_MAX as u64;
    for (dix, dseq) in [(1, 2), (1, beyond), (9, 1)] {
        let dix = Dix(dix);
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
    assert_eq!(kept(&world, Dix(1)), 1_000);
}

#[test]
fn blobs_ahead_of_their_entries_are_bounded() {
    let mut world = play("a up | run");
    let mut answers = Vec::new();
    for n in 0..100 {
        answers.push(short(&ask(&mut world, blob(vec![n; 60_000]))));
    }
    let most = usize::try_from(BLOBS_AHEAD_BYTES_MAX).unwrap();
    assert_eq!(kept(&world, Dix(1)), most / 60_000 * 60_000);
    let refused: Vec<_> = answers.iter().filter(|one| one.contains("Full")).collect();
    assert_eq!(refused.len(), 1, "then the log is shut: {answers:?}");
}

#[test]
fn a_full_location_takes_no_blob() {
    let hash = BlobHash::new([1; 32]);
    let mut view = LogState {
        location_bytes: LOCATION_BYTES_MAX - 10,
        ..LogState::default()
    };
    assert!(!has_room(&mut view, (1, hash), 11));
    assert!(has_room(&mut view, (1, hash), 10));
    assert!(has_room(&mut view, (1, hash), 10), "it is there already");
}

#[test]
fn entries_without_bodies_cost_tokens_whatever_was_offered() {
    let mut world = play("a save 2048 | a up | run");
    let log = &world.nodes[0].store.logs[&(world.own, Dix(1))];
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
        dix: Dix(1),
        first_dseq: 1,
        prev_tag: [0; 8],
        documents: Vec::new(),
        entries: vec![voided; 1_400],
        tip: Signature::new([0; 64]),
    };
    let answers = [(); 4].map(|()| short(&ask(&mut world, batch.clone())));
    assert_eq!(answers, ["ACK", "ACK", "ACK", "NACK Limit Some(2049)"]);
}
