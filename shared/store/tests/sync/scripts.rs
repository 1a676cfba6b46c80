//! Scripts over sessions: messages for people, and what each end holds.

use expect_test::{Expect, expect};
use weft_shared::{
    id::DeviceIndex,
    identity::{DeviceKey, Operation, SignedOperation},
};

use crate::world::{HUB, Kind, World, rewind, rewind_hub};

/// Runs a script of commands separated by `|`, each `who what [number]`.
pub(super) fn play(script: &str) -> World {
    let mut world = World::new();
    for command in script.split('|') {
        let words: Vec<&str> = command.split_whitespace().collect();
        let number = |n: usize| words.get(n).map_or(1, |word| word.parse().unwrap());
        let node = words
            .first()
            .and_then(|who| world.nodes.iter().position(|end| end.name == *who));
        match (words[..].get(..2).unwrap_or(&words), node) {
            ([who, "save"], _) => world.save(who, number(2), 20, Kind::Plain),
            ([who, "big"], _) => world.save(who, number(2), 60_000, Kind::Plain),
            ([who, "words"], _) => world.save(who, number(2), 20, Kind::Words),
            ([who, "spoil"], _) => world.save(who, number(2), 20, Kind::Spoilt),
            ([_, "up"], Some(node)) => world.up(node),
            ([_, "down"], Some(node)) => world.down(node),
            ([_, "forgets"], Some(node)) => world.nodes[node].acked = 0,
            ([_, "rewind"], Some(node)) => rewind(&mut world, node, number(2) as u64),
            ([_, "revokes"], Some(node)) => revoke(&mut world, node, words[2]),
            (["hub", "hold"], _) => world.hub.hold = true,
            (["hub", "release"], _) => release(&mut world),
            (["hub", "rewind"], _) => rewind_hub(&world, number(2) as u64),
            (["portion", _], _) => world.portion = number(1),
            (["wait", _], _) => wait(&mut world, number(1)),
            (["run"], _) => world.run(usize::MAX),
            (["step", _], _) => world.run(number(1)),
            (["show"], _) => world.show(),
            _ => panic!("no such command: {command}"),
        }
    }
    world
}

pub(super) fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&play(script).report);
}

pub(super) fn release(world: &mut World) {
    world.hub.hold = false;
    let now = world.now;
    for wire in 0..world.wires.len() {
        for answer in std::mem::take(&mut world.wires[wire].held[HUB]) {
            answer.give(&mut world.wires[wire].ends[HUB], now);
        }
    }
    for dix in [DeviceIndex(1), DeviceIndex(2), DeviceIndex(3)] {
        if !world.wires.is_empty() && world.hub.store().has_log((world.own, dix)) {
            world.poke(HUB, 0, world.own, dix);
        }
    }
}

pub(super) fn wait(world: &mut World, ms: usize) {
    world.now = world.now.plus_ms(i64::try_from(ms).unwrap());
    let now = world.now;
    for wire in &mut world.wires {
        for end in &mut wire.ends {
            while end.poll_timeout().is_some_and(|at| at <= now) {
                end.handle_timeout(now);
            }
        }
    }
}

fn revoke(world: &mut World, node: usize, whom: &str) {
    let own = world.own;
    let target = world
        .nodes
        .iter()
        .find(|end| end.name == whom)
        .unwrap()
        .key
        .id();
    let roster = world.nodes[node].store().roster(own);
    let dix = roster.dix_of(&target).unwrap();
    // Both are zero where the hub holds nothing of it.
    let height = world.hub.store().height((own, dix));
    let operation = Operation::RevokeDevice {
        dix,
        dseq: height.dseq,
        hash: height.hash,
    };
    let key: &DeviceKey = &world.nodes[node].key;
    let by = roster.dix_of(&key.id()).unwrap();
    let signed = SignedOperation::sign_device(roster.slot(world.now), operation, by, key);
    let now = world.now;
    let wire = world
        .wires
        .iter_mut()
        .find(|wire| wire.node == node)
        .unwrap();
    wire.ends[0].offer_roster(now, vec![signed]);
}

#[test]
fn nothing_new_is_one_small_round_trip() {
    let script = "a save 3 | hub save 2 | a up | run | a down";
    let before = play(script).bytes;
    let world = play(&format!("{script} | a up | run"));
    let [hello, welcome] = [world.bytes[0] - before[0], world.bytes[1] - before[1]];
    expect!["HELLO and SUB 109 bytes, WELCOME 14"]
        .assert_eq(&format!("HELLO and SUB {hello} bytes, WELCOME {welcome}"));
    assert!(
        hello + welcome <= 200,
        "with QUIC around it at most 400 bytes"
    );
}

#[test]
fn catches_up_both_ways() {
    check(
        "a save 3 | b save 2 | hub save 2 | a up | run | b up | run | show",
        &expect![[r#"
            hub(a): live
            a: log 1 acknowledged to 3
            a: live
            b: log 2 acknowledged to 2
            b: live
            hub(b): live
            a holds 1:3 2:2 / 1:2
            b holds 1:3 2:2 / 1:2
            c holds
            hub holds 1:3 2:2 / 1:2
        "#]],
    );
}

#[test]
fn live_entries_are_pushed_to_the_location_and_zero_to_all() {
    check(
        "a up | b up | run | a save 2 | run | hub save | run | b words 2 | run | show",
        &expect![[r#"
            hub(a): live
            hub(b): live
            a: the same
            a: live
            b: the same
            b: live
            a: log 1 acknowledged to 2
            b: log 2 acknowledged to 2
            a holds 1:2 2:2 / 1:1 blobs 2
            b holds 1:2 2:2 / 1:1 blobs 2
            c holds
            hub holds 1:2 2:2 / 1:1 blobs 2
        "#]],
    );
}

#[test]
fn nothing_is_acknowledged_before_it_is_durable() {
    check(
        "a save 2 | hub hold | a up | run | a down | show | a up | hub release | run | show",
        &expect![[r#"
            a holds 1:2
            b holds
            c holds
            hub holds 1:2
            hub(a): live
            a: the same
            a: log 1 acknowledged to 2
            a: live
            a holds 1:2
            b holds
            c holds
            hub holds 1:2
        "#]],
    );
}

#[test]
fn a_lost_acknowledgement_is_made_up_for_at_hello() {
    check(
        "hub hold | a save 3 | a up | run | a down | hub release | a up | run | show",
        &expect![[r#"
            hub(a): live
            a: the same
            a: log 1 acknowledged to 3
            a: live
            a holds 1:3
            b holds
            c holds
            hub holds 1:3
        "#]],
    );
}

#[test]
fn a_cut_in_the_middle_loses_nothing() {
    let mut seen = Vec::new();
    for step in 0..40 {
        let world = play(&format!(
            "portion 700 | a save 9 | b words 3 | hub save 4 | a up | b up | step {step} \
             | a down | b down | a save | a up | b up | run | show"
        ));
        let show: Vec<&str> = world.report.lines().rev().take(4).collect();
        seen.push(show.join("\n"));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1);
    expect![[r#"
        hub holds 1:10 2:3 / 1:4 blobs 3
        c holds
        b holds 1:10 2:3 / 1:4 blobs 3
        a holds 1:10 2:3 / 1:4 blobs 3"#]]
    .assert_eq(&seen[0]);
}

#[test]
fn slow_credit_moves_everything_in_the_end() {
    check(
        "a big 30 | b words 5 | hub big 9 | portion 10000 | a up | b up | run | show",
        &expect![[r#"
            b: log 2 acknowledged to 5
            b: live
            hub(b): live
            a: log 1 acknowledged to 30
            a: live
            hub(a): live
            a holds 1:30 2:5 / 1:9 blobs 5
            b holds 1:30 2:5 / 1:9 blobs 5
            c holds
            hub holds 1:30 2:5 / 1:9 blobs 5
        "#]],
    );
}

#[test]
fn two_sessions_that_carry_the_same_log_agree() {
    check(
        "a save 4 | a up | b up | run | hub rewind 0 | a down | b down | a up | b up | run | show",
        &expect![[r#"
            hub(b): live
            b: the same
            b: live
            hub(a): live
            a: log 1 acknowledged to 4
            a: live
            hub(a): live
            hub(b): live
            a: log 1 acknowledged to 4
            a: live
            b: log 1 acknowledged to 4
            b: live
            a holds 1:4
            b holds 1:4
            c holds
            hub holds 1:4
        "#]],
    );
}

#[test]
fn a_restored_device_stops_writing_its_log() {
    check(
        "a save 4 | a up | run | a down | a rewind 2 | a up | run | a down | show \
         | a rewind 2 | wait 9 | a save 2 | a up | run | a down | a save | a up | run | show",
        &expect![[r#"
            hub(a): live
            a: log 1 acknowledged to 4
            a: live
            a: refused by Here: Fork log 1 at 3
            a: live
            hub(a): live
            a holds 1:4
            b holds
            c holds
            hub holds 1:4
            hub(a): refused by Here: Fork log 1 at 4
            hub(a): live
            a: refused by Here: Fork log 1 at 4
            a: live
            a: log 1 is shown: another copy's
            hub(a): refused by Here: Fork log 1 at 4
            hub(a): live
            a: refused by Peer: Fork log 1 at 4
            a: live
            a: log 1 is shown: another copy's
            a holds 1:5
            b holds
            c holds
            hub holds 1:4
        "#]],
    );
}

#[test]
fn a_copy_is_shown_what_the_other_one_wrote() {
    // Both copies saved after entry 2; then the copy is as high as the hub, higher, or lower.
    for (theirs, ours) in [(1, 1), (1, 3), (3, 1)] {
        let script = format!(
            "a save 2 | a up | run | a down | a save {theirs} | a up | run | a down \
             | a rewind 2 | wait 9 | a save {ours} | a up | run"
        );
        let report = play(&script).report;
        let shown = report.matches("a: log 1 is shown: another copy's").count();
        assert_eq!(shown, 1, "{theirs} and {ours}: {report}");
        assert!(!report.contains("closed"), "{theirs} and {ours}: {report}");
    }
}

#[test]
fn a_hub_restored_from_backup_is_filled_again() {
    check(
        "a save 5 | b save 2 | a up | b up | run | a down | b down | hub rewind 1 \
         | b up | run | show",
        &expect![[r#"
            hub(a): live
            a: log 1 acknowledged to 5
            a: live
            b: log 2 acknowledged to 2
            b: live
            hub(b): live
            hub(b): live
            b: log 1 acknowledged to 5
            b: log 2 acknowledged to 2
            b: live
            a holds 1:5 2:2
            b holds 1:5 2:2
            c holds
            hub holds 1:5 2:2
        "#]],
    );
}

#[test]
fn a_revoked_device_is_let_go_and_what_it_writes_later_is_refused() {
    check(
        "a up | b up | b save 2 | run | a revokes b | run | b save | b down | b up | run \
         | c up | run | show",
        &expect![[r#"
            hub(a): live
            hub(b): live
            a: the same
            a: live
            b: the same
            b: log 2 acknowledged to 2
            b: live
            hub(b): closed here: Revoked
            a: roster accepted
            b: closed by peer: Revoked
            hub(b): closed here: Revoked
            b: closed by peer: Revoked
            c: live
            hub(c): live
            a holds 2:2
            b holds 2:3
            c holds 2:2
            hub holds 2:2
        "#]],
    );
}

#[test]
fn the_second_of_two_roster_operations_is_signed_anew() {
    check(
        "a up | b up | c up | run | a revokes c | b revokes c | run",
        &expect![[r#"
            hub(a): live
            hub(b): live
            hub(c): live
            a: the same
            a: live
            b: the same
            b: live
            c: the same
            c: live
            hub(c): closed here: Revoked
            a: roster accepted
            b: roster refused: RosterStale the roster has moved on since this was signed: take the new operations, sign again
            c: closed by peer: Revoked
        "#]],
    );
}

#[test]
fn a_flood_of_live_entries_waits() {
    check(
        "a up | run | a save 5200 | run | show | wait 21000 | run | show | wait 60000 | run | show",
        &expect![[r#"
            hub(a): live
            a: the same
            a: live
            a: log 1 acknowledged to 3159
            a: log 1 acknowledged to 4737
            a holds 1:5200
            b holds
            c holds
            hub holds 1:4737
            a: log 1 acknowledged to 5200
            a holds 1:5200
            b holds
            c holds
            hub holds 1:5200
            a holds 1:5200
            b holds
            c holds
            hub holds 1:5200
        "#]],
    );
}

#[test]
fn a_backlog_is_not_rate_limited() {
    check(
        "a save 6000 | a up | run | show",
        &expect![[r#"
            a: log 1 acknowledged to 3159
            hub(a): live
            a: log 1 acknowledged to 6000
            a: live
            a holds 1:6000
            b holds
            c holds
            hub holds 1:6000
        "#]],
    );
}

#[test]
fn silence_is_noticed() {
    check(
        "a up | run | a save | wait 20000 | step 0 | wait 20000 | step 0 | a down \
         | c up | wait 10000 | step 0",
        &expect![[r#"
            hub(a): live
            a: the same
            a: live
            a: closed: TimedOut
            c: closed: TimedOut
            hub(c): closed: TimedOut
        "#]],
    );
}

#[test]
fn a_void_entry_is_acknowledged_relayed_and_blocks_nothing() {
    check(
        "a save | a spoil | b up | a up | run | hub save | run | show",
        &expect![[r#"
            hub(b): live
            b: the same
            b: live
            hub(a): live
            a: log 1 acknowledged to 2, void: ["2 Seq"]
            a: live
            a holds 1:2 / 1:1
            b holds 1:2 / 1:1
            c holds
            hub holds 1:2 / 1:1
        "#]],
    );
}
