//! The codes of voided entries reach their device even if an ACK is lost.

use expect_test::expect;
use weft_shared::wire::limits::ACK_VOIDS_MAX;

use crate::scripts::{check, play};

#[test]
fn the_codes_of_a_lost_ack_are_told_at_the_next_hello() {
    check(
        "a save | a spoil | a save | hub hold | a up | run | a down | hub release | a up | run \
         | a down | a up | run",
        &expect![[r#"
            hub(a): live
            a: the same
            a: log 1 acknowledged to 3, void: ["2 Seq", "3 Seq"]
            a: live
            hub(a): live
            a: the same
            a: live
        "#]],
    );
}

#[test]
fn the_codes_of_a_lost_ack_come_with_the_next_batch_too() {
    check(
        "a save | a spoil | hub hold | a up | run | a down | hub release | a save 2 | a up | run",
        &expect![[r#"
            hub(a): live
            a: log 1 acknowledged to 4, void: ["2 Seq", "3 Seq", "4 Seq"]
            a: live
        "#]],
    );
}

#[test]
fn the_codes_of_what_another_session_stored_are_told() {
    check(
        "a spoil | hub hold | a up | a up | run | hub release | run",
        &expect![[r#"
            hub(a): live
            a: log 1 acknowledged to 1, void: ["1 Seq"]
            a: live
            hub(a): live
            a: log 1 acknowledged to 1, void: ["1 Seq"]
            a: live
        "#]],
    );
}

#[test]
fn a_device_that_lost_what_it_heard_is_told_again() {
    check(
        "a spoil | a up | run | a down | a forgets | a save | a up | run",
        &expect![[r#"
            hub(a): live
            a: log 1 acknowledged to 1, void: ["1 Seq"]
            a: live
            hub(a): live
            a: log 1 acknowledged to 2, void: ["1 Seq", "2 Documents"]
            a: live
        "#]],
    );
}

#[test]
fn more_codes_than_one_ack_holds_come_in_several() {
    let count = ACK_VOIDS_MAX + 2;
    let world = play(&format!(
        "a spoil {count} | a up | run | a down | a forgets | b up | run | a up | run"
    ));
    let after = world
        .report
        .lines()
        .skip_while(|line| !line.starts_with("b:"));
    let acknowledged = after.filter_map(|line| {
        let (told, voids) = line.split_once(", void: ")?;
        Some(format!("{told}, {} codes", voids.split(',').count()))
    });
    let acknowledged: Vec<_> = acknowledged.collect();
    expect![[r#"
        a: log 1 acknowledged to 32768, 32768 codes
        a: log 1 acknowledged to 32770, 2 codes"#]]
    .assert_eq(&acknowledged.join("\n"));
}
