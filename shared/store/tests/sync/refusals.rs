//! A session's answers to messages that our sessions never send.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use weft_shared::{
    id::{BlobHash, DeviceIndex, RosterHash, Signature},
    identity::DeviceKey,
    sync::Session,
    time::Timestamp,
    wire::{
        Frame, FrameReader, Message, Nack, NackCode, frame,
        limits::{FRAME_BYTES_MAX, RETRY_MS_MAX},
        message::{Blob, Entries, Scope, Sub},
    },
};

use crate::{
    scripts::{play, wait},
    world::{HUB, Kind, NODE, World},
};

pub(super) fn decode(bytes: impl IntoIterator<Item = Vec<u8>>) -> Vec<Message> {
    let mut reader = FrameReader::default();
    bytes.into_iter().for_each(|bytes| reader.push(&bytes));
    let mut messages = Vec::new();
    while let Some((frame, _)) = reader.pull(FRAME_BYTES_MAX).unwrap() {
        match frame {
            Frame::Message(message) => messages.push(*message),
            Frame::Skipped(_) => {}
        }
    }
    messages
}

pub(super) fn encode(message: impl Into<Message>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::encode(&message.into(), &mut bytes);
    bytes
}

/// Takes the messages that the node of the first connection was about to send.
pub(super) fn intercept(world: &mut World) -> Vec<Message> {
    world.run(0);
    decode(world.wires[0].way[NODE].drain(..).collect::<Vec<_>>())
}

/// Sends bytes in the node's name and returns the hub's answer.
pub(super) fn ask_bytes(world: &mut World, bytes: Vec<u8>) -> Vec<Message> {
    world.wires[0].way[NODE].push_back(bytes);
    world.run(1);
    decode(world.wires[0].way[HUB].drain(..).collect::<Vec<_>>())
}

pub(super) fn ask(world: &mut World, message: impl Into<Message>) -> Vec<Message> {
    ask_bytes(world, encode(message))
}

/// The one ENTRIES message that node a sends next.
pub(super) fn entries(world: &mut World) -> Entries {
    let mut messages = intercept(world);
    match messages.pop() {
        Some(Message::Entries(entries)) if messages.is_empty() => entries,
        other => panic!("one ENTRIES was expected, not {other:?}"),
    }
}

/// Refusals in a short form.
pub(super) fn short(messages: &[Message]) -> String {
    let texts = messages.iter().map(|message| match message {
        Message::Nack(Nack { code, dseq, .. }) => format!("NACK {code:?} {dseq:?}"),
        message => message.label().to_owned(),
    });
    texts.collect::<Vec<_>>().join(", ")
}

/// Delivers the hub's refusal to the node, and lets both continue.
fn deliver(world: &mut World, answer: Vec<Message>) {
    for message in answer {
        world.wires[0].way[HUB].push_back(encode(message));
    }
    world.report.clear();
    world.run(usize::MAX);
    world.show();
}

fn check_goes_on(mut world: World, answer: Vec<Message>, expected: &Expect) {
    let refusal = short(&answer);
    deliver(&mut world, answer);
    expected.assert_eq(&format!("{refusal}\n{}", world.report));
}

#[test]
fn gap_is_resent() {
    let mut world = play("a up | run | a save 2");
    let mut sent = entries(&mut world);
    sent.first_dseq = 3;
    let answer = ask(&mut world, sent);
    check_goes_on(
        world,
        answer,
        &expect![[r#"
            NACK Gap Some(1), CREDIT
            a: log 1 acknowledged to 2
            a holds 1:2
            b holds
            c holds
            hub holds 1:2
        "#]],
    );
}

#[test]
fn a_limit_stops_a_log_for_a_quarter_of_an_hour_at_most() {
    let mut world = play("a up | run | a save");
    let mut sent = entries(&mut world);
    sent.first_dseq = 3;
    ask(&mut world, sent);
    let (scope, dix) = (Scope::Own, DeviceIndex(1));
    let limit = Nack {
        wait_ms: Some(u64::MAX),
        ..Nack::of_log(NackCode::Limit, scope, dix, 1)
    };
    world.wires[0].way[HUB].push_back(encode(limit));
    world.run(usize::MAX);
    // Both ends show that they are there meanwhile.
    let step = 15_000;
    let mut waited = 0;
    while world.hub.store().height((world.own, dix)).dseq == 0 {
        assert!(
            waited < RETRY_MS_MAX,
            "the log still waits: {}",
            world.report
        );
        wait(&mut world, step);
        world.run(usize::MAX);
        waited += step as u64;
    }
    assert_eq!(waited, RETRY_MS_MAX);
}

/// Another session has stored the entry meanwhile. By the tag its device learns whether it is the
/// one that it sent.
#[test]
fn an_ack_after_a_conflict_names_the_entry_that_is_held() {
    let mut world = play("a up|run|a save|run|a save");
    let sent = entries(&mut world);
    let log = (world.own, DeviceIndex(1));
    let device = &world.nodes[0];
    let held = device.store().entry(log, 2).unwrap().entry;
    let tag = held.hash.tag();
    world.hub.store().append(log, held, &device.key);
    let answer = ask(&mut world, sent);
    let acks = answer.iter().filter_map(|message| match message {
        Message::Ack(ack) => Some((ack.dseq, ack.tag)),
        _ => None,
    });
    let acks: Vec<_> = acks.collect();
    assert_eq!(acks, [(2, Some(tag))], "{}", short(&answer));
}

#[test]
fn unknown_codec_is_resent_raw() {
    let mut world = play("a up | run | a big 2");
    let mut sent = entries(&mut world);
    sent.entries[0].runs[0].codec = 2;
    let answer = ask(&mut world, sent);
    check_goes_on(
        world,
        answer,
        &expect![[r#"
            NACK UnknownCodec Some(1), CREDIT
            a: log 1 acknowledged to 2
            a holds 1:2
            b holds
            c holds
            hub holds 1:2
        "#]],
    );
}

#[test]
fn bad_tip_closes_and_reports() {
    let mut world = play("a up | run | a save");
    let mut sent = entries(&mut world);
    sent.tip = Signature::new([7; 64]);
    let answer = ask(&mut world, sent);
    check_goes_on(
        world,
        answer,
        &expect![[r#"
            NACK BadTip Some(1), CREDIT
            a: closed by peer: BadTip
            a holds 1:1
            b holds
            c holds
            hub holds
        "#]],
    );
}

#[test]
fn roster_stale_that_no_roster_mends_stops_only_that_log() {
    let mut world = play("a up | run | a save");
    let mut sent = entries(&mut world);
    sent.entries[0].roster = Some(RosterHash::new([9; 32]));
    let answer = ask(&mut world, sent);
    check_goes_on(
        world,
        answer,
        &expect![[r#"
            NACK RosterStale Some(1), CREDIT
            a: refused by Peer: RosterStale log 1 at 1
            a holds 1:1
            b holds
            c holds
            hub holds
        "#]],
    );
}

#[test]
fn a_hub_that_lost_roster_operations_is_brought_them() {
    // Restored from a backup that lacks two devices.
    let mut world = World::new();
    let own = world.own;
    world.hub.store_mut().forget_roster(own, 1);
    assert_eq!(world.hub.store().roster(own).len(), 1);
    world.save("a", 2, 20, Kind::Plain);
    world.up(0);
    world.run(usize::MAX);
    assert_eq!(world.hub.store().roster(own).len(), 3);
    world.show();
    expect![[r#"
        hub(a): live
        a: log 1 acknowledged to 2
        a: live
        a holds 1:2
        b holds
        c holds
        hub holds 1:2
    "#]]
    .assert_eq(&world.report);
}

#[test]
fn a_log_that_no_roster_knows_is_refused() {
    let mut world = play("a up | run | a save");
    let mut sent = entries(&mut world);
    sent.dix = DeviceIndex(9);
    expect!["NACK RosterStale Some(1), CREDIT"].assert_eq(&short(&ask(&mut world, sent)));
}

#[test]
fn another_devices_log_cannot_be_forged() {
    let mut world = play("a up | run | a save");
    let mut sent = entries(&mut world);
    sent.dix = DeviceIndex(2);
    expect!["NACK BadTip Some(1), CREDIT"].assert_eq(&short(&ask(&mut world, sent)));
    assert!(!world.hub.store().has_log((world.own, DeviceIndex(2))));
}

#[test]
fn a_feed_that_is_not_for_a_device_is_refused_and_the_session_goes_on() {
    let mut world = play("a up | run");
    let answer = short(&ask(&mut world, Sub { feed: 1 }));
    world.say(&format!("SUB: {answer}"));
    // A later version's message that may be skipped.
    let skipped = ask_bytes(&mut world, vec![2, 0x90, 0x80]);
    assert!(skipped.is_empty());
    world.save("a", 1, 20, Kind::Plain);
    world.run(usize::MAX);
    expect![[r#"
        hub(a): live
        a: the same
        a: live
        SUB: NACK NotAllowed None
        a: log 1 acknowledged to 1
    "#]]
    .assert_eq(&world.report);
}

#[test]
fn a_reserved_number_is_unsupported() {
    for number in [0x08, 0x0c, 0x0d, 0x0f] {
        let mut world = play("a up | run");
        let answer = short(&ask_bytes(&mut world, vec![2, number, 0x80]));
        assert_eq!(answer, "NACK Unsupported None");
        assert!(world.wires[0].ends[HUB].is_over());
    }
}

/// Checks that the session ends, and what the peer and the host receive.
fn check_ends(message: impl Into<Message>, expected: &Expect) {
    let mut world = play("a up | run");
    world.report.clear();
    let answer = short(&ask(&mut world, message));
    expected.assert_eq(&format!("{answer}\n{}", world.report));
}

pub(super) fn blob(bytes: Vec<u8>) -> Blob {
    Blob {
        scope: Scope::Own,
        dix: DeviceIndex(1),
        dseq: 1,
        hash: BlobHash::of(&bytes),
        bytes,
    }
}

#[test]
fn broken_rules_end_the_session() {
    let zero = Blob {
        scope: Scope::Zero,
        ..blob(vec![1])
    };
    check_ends(
        zero,
        &expect![[r#"
            NACK Malformed None
            hub: the peer broke the protocol: words of location zero only flow from the acceptor
            hub(a): closed here: Malformed
        "#]],
    );
    let other = Blob {
        hash: BlobHash::of(b"other"),
        ..blob(vec![1])
    };
    check_ends(
        other,
        &expect![[r#"
            NACK Malformed None
            hub: the peer broke the protocol: a blob that is not what its hash says
            hub(a): closed here: Malformed
        "#]],
    );
    let beyond = Blob {
        dix: DeviceIndex(u16::MAX),
        ..blob(vec![1])
    };
    check_ends(
        beyond,
        &expect![[r#"
            NACK Malformed None
            hub: the peer broke the protocol: a log with a number out of range
            hub(a): closed here: Malformed
        "#]],
    );
    check_ends(
        blob(vec![1; 70_000]),
        &expect![[r#"
            NACK Malformed None
            hub: the peer broke the protocol: a blob beyond its limit
            hub(a): closed here: Malformed
        "#]],
    );
}

#[test]
fn more_than_the_credit_ends_the_session() {
    let mut world = play("hub hold | a up | run");
    world.report.clear();
    // The blobs are stored at once and their credit is counted back, so none is refused.
    for n in 0..20 {
        assert!(ask(&mut world, blob(vec![n; 60_000])).len() <= 1);
    }
    let mut flood = Vec::new();
    (0..20).for_each(|n| flood.extend(encode(blob(vec![n; 60_000]))));
    expect!["NACK Malformed None"].assert_eq(&short(&ask_bytes(&mut world, flood)));
}

#[test]
fn moments_at_the_ends_of_time_travel() {
    let mut world = World::new();
    let now = world.now;
    for ms in [i64::MIN, i64::MAX, 0, i64::MIN] {
        world.now = Timestamp::from_ms(ms);
        world.save("a", 1, 20, Kind::Plain);
    }
    world.now = now;
    world.up(0);
    world.run(usize::MAX);
    world.report.clear();
    world.show();
    expect![[r#"
        a holds 1:4
        b holds
        c holds
        hub holds 1:4
    "#]]
    .assert_eq(&world.report);
}

#[test]
fn a_hello_for_another_device_ends_the_session() {
    let mut world = play("a up");
    let hello = intercept(&mut world);
    let peer = DeviceKey::from_seed([77; 32]).id();
    let mut hub = Session::accept(peer, world.now);
    let error = hub
        .handle_bytes(world.now, &encode(hello[0].clone()))
        .unwrap_err();
    expect!["the peer broke the protocol: HELLO names another device than the TLS key"]
        .assert_eq(&error.to_string());
}

#[test]
fn an_unknown_device_is_told_to_join() {
    // Of a location that the hub does not know, and of one that has no such device there.
    for (node, keep) in [(0, 0), (1, 1)] {
        let mut world = World::new();
        world.up(node);
        world.hub.store_mut().forget_roster(world.own, keep);
        world.run(usize::MAX);
        let name = world.nodes[node].name;
        let told = "closed here: UnknownDevice";
        let hears = "closed by peer: UnknownDevice";
        assert_eq!(
            world.report,
            format!("hub({name}): {told}\n{name}: {hears}\n")
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Random bytes, and frames with bytes changed at random, are refused or ignored.
    #[test]
    fn garbage_never_panics(
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        kind in 1_u8..0x14,
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut world = play("a up | run | a words | hub words");
        world.run(0);
        let mut framed = vec![u8::try_from(noise.len().min(120) + 1).unwrap(), kind];
        framed.extend(noise.iter().take(120));
        for side in [NODE, HUB] {
            for bytes in [&noise, &framed] {
                let mut world = play("a up | run");
                let now = world.now;
                let _refused = world.wires[0].ends[side].handle_bytes(now, bytes);
                world.run(usize::MAX);
            }
        }
        for side in [NODE, HUB] {
            let mut bytes: Vec<u8> = world.wires[0].way[side].iter().flatten().copied().collect();
            for (at, to) in &flips {
                let at = at.index(bytes.len());
                bytes[at] = *to;
            }
            world.wires[0].way[side] = [bytes].into();
        }
        world.run(usize::MAX);
    }
}
