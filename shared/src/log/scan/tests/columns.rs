//! Valid and invalid content for each column of a change.

use super::{check, expected, forged};
use crate::log::kit::{Forged, set_ops, sleb, uleb};
use crate::log::scan::{ScanError, scan};
use crate::wire::limits::{CHANGE_PREDS_MAX, CHANGE_TEXT_BYTES_MAX, CHANGE_VALUE_BYTES_MAX};

/// A run of one repeated item.
fn run(count: i64, item: &[u8]) -> Vec<u8> {
    [&sleb(count), item].concat()
}

fn text(text: &[u8]) -> Vec<u8> {
    [&uleb(text.len() as u64), text].concat()
}

/// A change of one operation whose value has this type and these bytes.
fn value(it: &mut Forged, kind: u64, len: usize, bytes: &[u8]) {
    it.columns = crate::log::kit::columns(1);
    it.set(0x56, run(1, &uleb((len as u64) << 4 | kind)));
    it.set(0x57, bytes.to_vec());
}

/// Three operations with one predecessor each, which have these counters.
fn preds(it: &mut Forged, counters: &[i64]) {
    it.start_op = 10;
    it.set(0x70, run(3, &[1]));
    it.set(0x71, run(3, &[0]));
    it.set(
        0x73,
        [sleb(-3), counters.iter().copied().flat_map(sleb).collect()].concat(),
    );
}

#[test]
fn columns_are_known_ordered_and_plain() {
    let without = |spec: u64| move |it: &mut Forged| it.set(spec, Vec::new());
    check(|it| it.columns.clear(), Ok(0));
    check(without(0x15), Err(ScanError::Key));
    check(without(0x34), Err(ScanError::Rows));
    check(without(0x42), Err(ScanError::Actions));
    check(without(0x56), Err(ScanError::Rows));
    check(without(0x70), Err(ScanError::Rows));
    check(|it| it.columns.swap(0, 1), Err(ScanError::Columns));
    check(
        |it| it.columns.insert(3, (0x42, set_ops(3))),
        Err(ScanError::Columns),
    );
    check(|it| it.columns[2].0 |= 8, Err(ScanError::Columns));
    check(|it| it.columns[3].0 |= 8, Err(ScanError::Columns));
    check(|it| it.set(0xb5, vec![1]), Err(ScanError::Columns));
    check(|it| it.set(0x03, vec![1]), Err(ScanError::Columns));
    check(
        |it| it.columns = vec![(0x42, set_ops(3)); 15],
        Err(ScanError::Columns),
    );
    check(
        |it| it.columns.push((0x94, Vec::new())),
        Err(ScanError::Columns),
    );
}

#[test]
fn run_lengths_of_the_action_column_are_summed() {
    let with = |n: i64, action: &[&[u8]]| {
        let action = action.concat();
        move |it: &mut Forged| {
            it.columns = crate::log::kit::columns(n);
            it.set(0x42, action);
        }
    };
    let mixed: [&[u8]; 5] = [&sleb(2), &[1], &sleb(-3), &[0, 1, 3], &sleb(9_995)];
    check(with(10_000, &[&mixed.concat(), &[3]]), Ok(10_000));
    let wrong = |action: &[&[u8]], error| check(with(3, action), Err(error));
    wrong(&[&sleb(10_001), &[1]], ScanError::Operations);
    wrong(
        &[&sleb(10_000), &[1], &sleb(-1), &[1]],
        ScanError::Operations,
    );
    wrong(&[&sleb(i64::MAX), &[1]], ScanError::Operations);
    wrong(&[&sleb(i64::MIN), &[1]], ScanError::Operations);
    wrong(&[&sleb(1), &[8]], ScanError::Actions);
    wrong(&[&sleb(-2), &[1]], ScanError::Actions);
    wrong(&[&sleb(1)], ScanError::Actions);
    wrong(&[&[0], &uleb(5)], ScanError::Actions);
    wrong(&[&[0x83, 0x00], &[1]], ScanError::Number);
    wrong(&[&[0xff, 0x7f], &[1]], ScanError::Number);
    wrong(&[&[0x80; 11], &[1]], ScanError::Number);
    wrong(&[&[0x83]], ScanError::Length);
}

#[test]
fn every_column_holds_one_item_for_each_operation() {
    for spec in [0x15, 0x56, 0x70] {
        let item: &[u8] = if spec == 0x15 { b"\x01k" } else { &[0] };
        let with = |count: i64| move |it: &mut Forged| it.set(spec, run(count, item));
        check(with(2), Err(ScanError::Rows));
        check(with(4), Err(ScanError::Rows));
        check(with(i64::MAX), Err(ScanError::Rows));
        check(with(i64::MIN), Err(ScanError::Length));
        let split = [run(1, item), run(2, item)].concat();
        check(move |it| it.set(spec, split), Ok(3));
        let nulls = [run(3, item), vec![0, 1]].concat();
        check(move |it| it.set(spec, nulls), Err(ScanError::Rows));
        check(move |it| it.set(spec, vec![0, 0]), Err(ScanError::Rows));
    }
    check(|it| it.set(0x34, uleb(2)), Err(ScanError::Rows));
    check(|it| it.set(0x34, uleb(4)), Err(ScanError::Rows));
    check(|it| it.set(0x34, uleb(u64::MAX)), Err(ScanError::Rows));
    check(|it| it.set(0x34, vec![0, 3]), Ok(3));
    check(|it| it.set(0x34, vec![1, 1, 1]), Ok(3));
    check(|it| it.set(0x34, vec![1, 0, 2]), Err(ScanError::Rows));
    check(|it| it.set(0x34, vec![0, 0, 3]), Err(ScanError::Rows));
    check(|it| it.set(0x94, uleb(3)), Ok(3));
    check(|it| it.set(0x94, uleb(4)), Err(ScanError::Rows));
    check(|it| it.set(0xa5, vec![0, 3]), Ok(3));
    check(|it| it.set(0xa5, vec![0, 4]), Err(ScanError::Rows));
}

#[test]
fn objects_keys_and_predecessors_come_before() {
    let object = |actor: u64, counter: u64| {
        move |it: &mut Forged| {
            it.start_op = 10;
            it.others = vec![vec![1; 16]];
            it.set(0x01, run(3, &uleb(actor)));
            it.set(0x02, run(3, &uleb(counter)));
        }
    };
    check(object(1, 9), Ok(3));
    check(object(2, 9), Err(ScanError::Reference));
    check(object(u64::MAX, 9), Err(ScanError::Reference));
    check(object(0, 10), Err(ScanError::Reference));
    check(object(0, 0), Err(ScanError::Reference));
    check(|it| it.set(0x01, run(3, &[0])), Err(ScanError::Reference));
    check(|it| it.set(0x02, run(3, &[1])), Err(ScanError::Reference));
    let element = |actor: Option<u64>, counters: &[i64]| {
        let counters = [
            &sleb(-3)[..],
            &counters.iter().copied().flat_map(sleb).collect::<Vec<_>>(),
        ];
        let counters = counters.concat();
        move |it: &mut Forged| {
            it.start_op = 10;
            it.set(
                0x11,
                actor.map_or_else(Vec::new, |actor| run(3, &uleb(actor))),
            );
            it.set(0x13, counters);
            it.set(0x15, Vec::new());
        }
    };
    check(element(None, &[0, 0, 0]), Ok(3));
    check(element(None, &[0, 0, 1]), Err(ScanError::Key));
    check(element(Some(0), &[9, -1, 2]), Ok(3));
    check(element(Some(0), &[9, 1, 2]), Err(ScanError::Reference));
    check(element(Some(0), &[9, -9, 1]), Err(ScanError::Reference));
    check(element(Some(0), &[9, -10, 1]), Err(ScanError::Reference));
    check(
        element(Some(0), &[i64::MAX, 1, 1]),
        Err(ScanError::Reference),
    );
    check(element(Some(1), &[9, -1, 1]), Err(ScanError::Reference));
    check(|it| it.set(0x13, run(3, &[0])), Err(ScanError::Key));
    check(|it| preds(it, &[9, 1, 1]), Ok(3));
    check(|it| preds(it, &[9, 1, 2]), Err(ScanError::Reference));
    check(|it| preds(it, &[0, 1, 1]), Err(ScanError::Reference));
    check(|it| preds(it, &[-1, 1, 1]), Err(ScanError::Reference));
}

#[test]
fn predecessors_are_as_many_as_their_counts_say() {
    let with = |count: u64, n: i64| {
        move |it: &mut Forged| {
            it.start_op = 10;
            it.set(0x70, [run(2, &[0]), run(1, &uleb(count))].concat());
            it.set(0x71, run(n, &[0]));
            it.set(0x73, [run(1, &[1]), run(n - 1, &[0])].concat());
        }
    };
    check(with(5, 5), Ok(3));
    check(with(5, 4), Err(ScanError::Rows));
    check(with(5, 6), Err(ScanError::Rows));
    check(with(0, 5), Err(ScanError::Rows));
    check(
        with(2_000_000_000, 2_000_000_000),
        Err(ScanError::Predecessors),
    );
    check(with(u64::MAX, 5), Err(ScanError::Predecessors));
    let most = CHANGE_PREDS_MAX;
    check(with(most, most.cast_signed()), Ok(3));
    check(
        with(most + 1, most.cast_signed() + 1),
        Err(ScanError::Predecessors),
    );
    check(
        move |it| {
            it.set(0x71, run(1, &[0]));
        },
        Err(ScanError::Rows),
    );
}

/// Automerge reserves memory for all predecessors that a run length promises: the process aborted.
#[test]
fn a_change_of_110_bytes_with_2_000_000_000_predecessors_is_refused() {
    let mut bomb = forged();
    bomb.columns = crate::log::kit::columns(1);
    bomb.start_op = 5;
    bomb.set(0x70, run(1, &uleb(2_000_000_000)));
    bomb.set(0x71, run(2_000_000_000, &[0]));
    bomb.set(0x73, [run(1, &[1]), run(1_999_999_999, &[0])].concat());
    let bytes = bomb.bytes();
    assert!(bytes.len() <= 110, "{} bytes", bytes.len());
    assert_eq!(scan(&bytes, &expected(1)), Err(ScanError::Predecessors));
}

#[test]
fn a_small_change_of_16_million_operations_is_refused() {
    let mut bomb = Forged::new(super::ACTOR, 1, 1, 16_777_215);
    bomb.columns = vec![(0x15, sleb(16_777_215)), (0x42, set_ops(16_777_215))];
    let bytes = bomb.bytes();
    assert!(bytes.len() < 80, "{} bytes", bytes.len());
    assert_eq!(scan(&bytes, &expected(1)), Err(ScanError::Operations));
}

#[test]
fn keys_are_short_texts_even_when_written_out() {
    let key = |count: i64, key: &[u8]| {
        let column = run(count, &text(key));
        move |it: &mut Forged| {
            it.columns = crate::log::kit::columns(count);
            it.set(0x15, column);
        }
    };
    check(key(3, &[b'k'; 4_096]), Ok(3));
    check(key(3, &[b'k'; 4_097]), Err(ScanError::Key));
    check(key(3, &[0xff]), Err(ScanError::Key));
    check(key(3, &[]), Ok(3));
    let most = i64::try_from(CHANGE_TEXT_BYTES_MAX / 4_096).unwrap();
    check(key(most, &[b'k'; 4_096]), Ok(u32::try_from(most).unwrap()));
    check(key(most + 1, &[b'k'; 4_096]), Err(ScanError::Text));
}

#[test]
fn a_value_is_whole_and_of_a_known_type() {
    let ok = |kind, bytes: &[u8]| check(|it| value(it, kind, bytes.len(), bytes), Ok(1));
    let wrong = |kind, len, bytes: &[u8]| {
        check(|it| value(it, kind, len, bytes), Err(ScanError::Value));
    };
    for kind in [0, 1, 2] {
        ok(kind, &[]);
        wrong(kind, 1, &[0]);
    }
    for kind in [3, 4, 8, 9] {
        ok(kind, &[5]);
        ok(kind, &[0xff, 0x01]);
        wrong(kind, 0, &[]);
        wrong(kind, 1, &[]);
        wrong(kind, 2, &[5, 5]);
        wrong(kind, 2, &[0x85, 0x00]);
        wrong(kind, 11, &[0x80; 11]);
    }
    ok(5, &[0; 8]);
    wrong(5, 7, &[0; 7]);
    ok(6, "Ōtautahi".as_bytes());
    ok(6, &[]);
    wrong(6, 2, &[0xc5, 0x41]);
    ok(7, &[0xff]);
    for kind in [6, 7] {
        ok(kind, &[b'a'; CHANGE_VALUE_BYTES_MAX]);
        wrong(
            kind,
            CHANGE_VALUE_BYTES_MAX + 1,
            &[b'a'; CHANGE_VALUE_BYTES_MAX + 1],
        );
    }
    for kind in 10..16 {
        wrong(kind, 1, &[0]);
    }
    wrong(6, usize::MAX >> 4, b"text");
    let rest = |it: &mut Forged| value(it, 6, 3, b"text");
    check(rest, Err(ScanError::Rows));
}

#[test]
fn a_value_stands_where_its_action_takes_one() {
    let with = |action: u8, kind: u64, bytes: &[u8]| {
        let bytes = bytes.to_vec();
        move |it: &mut Forged| {
            value(it, kind, bytes.len(), &bytes);
            it.set(0x42, run(1, &[action]));
        }
    };
    for action in [0, 2, 3, 4, 6] {
        check(with(action, 0, &[]), Ok(1));
        check(with(action, 6, b"text"), Err(ScanError::Value));
    }
    check(with(5, 4, &[1]), Ok(1));
    check(with(5, 3, &[1]), Ok(1));
    check(with(5, 0, &[]), Err(ScanError::Value));
    check(with(5, 6, b"text"), Err(ScanError::Value));
    check(with(7, 6, b"text"), Ok(1));
    let mark = |action: u8| {
        move |it: &mut Forged| {
            it.columns = crate::log::kit::columns(1);
            it.set(0x42, run(1, &[action]));
            it.set(0x94, vec![0, 1]);
            it.set(0xa5, run(1, &text(b"bold")));
        }
    };
    check(mark(7), Ok(1));
    check(mark(1), Err(ScanError::Value));
}

#[test]
fn no_reference_goes_on_behind_the_last_operation() {
    let pairs: [(u64, u64); 3] = [(0x01, 0x02), (0x11, 0x13), (0x71, 0x73)];
    for (actors, counters) in pairs {
        for (n_actors, n_counters) in [(3, 3), (4, 3), (3, 4)] {
            let references = move |it: &mut Forged| {
                it.start_op = 10;
                match actors {
                    0x11 => it.set(0x15, Vec::new()),
                    0x71 => it.set(0x70, run(3, &[1])),
                    _ => {}
                }
                it.set(actors, run(n_actors, &[0]));
                it.set(counters, run(n_counters, &[1]));
            };
            let whole = (n_actors, n_counters) == (3, 3);
            let expected = if whole { Ok(3) } else { Err(ScanError::Rows) };
            check(references, expected);
        }
    }
}
