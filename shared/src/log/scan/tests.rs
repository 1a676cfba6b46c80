//! Tests of the scan with changes made by hand and by Automerge.

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, AutoCommit, Change, ObjType, ROOT, ReadDoc as _, ScalarValue};
use proptest::prelude::*;

use super::*;
use crate::log::kit::{Forged, chunk, document, sleb, uleb};

mod columns;

const ACTOR: [u8; 16] = [0xaa; 16];

fn forged() -> Forged {
    Forged::new(ACTOR, 1, 1, 3)
}

fn expected(seq: u64) -> Expected {
    Expected { actor: ACTOR, seq }
}

#[track_caller]
fn check(change: impl FnOnce(&mut Forged), outcome: Result<u32, ScanError>) {
    let mut forged = forged();
    change(&mut forged);
    let bytes = forged.bytes();
    assert_eq!(scan(&bytes, &expected(1)).map(|facts| facts.n_ops), outcome);
}

#[test]
fn each_part_of_a_change_is_bounded() {
    check(|_| (), Ok(3));
    check(|it| it.chunk_type = 0, Err(ScanError::ChunkType(0)));
    check(|it| it.chunk_type = 2, Err(ScanError::ChunkType(2)));
    check(|it| it.chunk_type = 3, Err(ScanError::ChunkType(3)));
    check(|it| it.deps = vec![[1; 32]; 64], Ok(3));
    check(
        |it| it.deps = vec![[1; 32]; 65],
        Err(ScanError::Dependencies(65)),
    );
    check(|it| it.actor = vec![0xab; 16], Err(ScanError::Actor));
    check(|it| it.actor = vec![0xaa; 15], Err(ScanError::Actor));
    check(|it| it.actor = vec![0xaa; 33], Err(ScanError::Actor));
    let seq = |found| ScanError::Seq { expected: 1, found };
    check(|it| it.seq = 0, Err(seq(0)));
    check(|it| it.seq = 2, Err(seq(2)));
    check(|it| it.seq = u64::MAX, Err(seq(u64::MAX)));
    check(|it| it.message = vec![b'm'; 256], Ok(3));
    check(|it| it.message = vec![b'm'; 257], Err(ScanError::Message));
    check(|it| it.message = vec![0xff], Err(ScanError::Message));
    let others = |it: &mut Forged, others: &[u8]| {
        it.others = others.iter().map(|other| vec![*other; 16]).collect();
    };
    check(|it| others(it, &[1, 2, 0xbb]), Ok(3));
    check(|it| others(it, &[1, 1]), Err(ScanError::OtherActors));
    check(|it| others(it, &[2, 1]), Err(ScanError::OtherActors));
    check(|it| others(it, &[0xaa]), Err(ScanError::OtherActors));
    check(
        |it| it.others = vec![vec![1; 33]],
        Err(ScanError::OtherActors),
    );
    check(
        |it| it.others = vec![vec![1; 16]; 5_001],
        Err(ScanError::OtherActors),
    );
    check(|it| it.tail = vec![1], Err(ScanError::Length));
}

#[test]
fn operations_are_numbered_from_1_to_500_000() {
    check(|it| it.start_op = 0, Err(ScanError::StartOp));
    check(|it| it.start_op = 499_998, Ok(3));
    check(|it| it.start_op = 499_999, Err(ScanError::StartOp));
    for top in [
        u64::from(u32::MAX) - 2,
        u64::from(u32::MAX),
        u64::MAX - 1,
        u64::MAX,
    ] {
        check(|it| it.start_op = top, Err(ScanError::StartOp));
    }
}

#[test]
fn the_frame_of_a_chunk_is_held_to_its_bytes() {
    let good = forged().bytes();
    assert_eq!(read(&[]).unwrap_err(), ScanError::Length);
    assert_eq!(
        read(&good[..good.len() - 1]).unwrap_err(),
        ScanError::Length
    );
    let longer = [good.as_slice(), &[0]].concat();
    assert_eq!(read(&longer).unwrap_err(), ScanError::Length);
    let mut magic = good.clone();
    magic[0] ^= 1;
    assert_eq!(read(&magic).unwrap_err(), ScanError::Magic);
    let mut checksum = good.clone();
    checksum[4] ^= 1;
    assert_eq!(read(&checksum).unwrap_err(), ScanError::Checksum);
    let mut body = good.clone();
    *body.last_mut().unwrap() ^= 1;
    assert_eq!(read(&body).unwrap_err(), ScanError::Checksum);
    let mut overlong = good[..8].to_vec();
    overlong.extend([1, 0x80 | good[9], 0]);
    overlong.extend(&good[10..]);
    assert_eq!(read(&overlong).unwrap_err(), ScanError::Number);
    let mut huge = good[..8].to_vec();
    huge.extend([
        1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
    ]);
    assert_eq!(read(&huge).unwrap_err(), ScanError::Length);
    assert_eq!(read(&chunk(1, &[])).unwrap_err(), ScanError::Length);
}

#[test]
fn numbers_are_read_like_leb128() {
    for number in [
        0,
        1,
        63,
        64,
        127,
        128,
        300,
        u64::from(u32::MAX),
        u64::MAX - 1,
        u64::MAX,
    ] {
        assert_eq!(Reader(&uleb(number)).uleb(), Ok(number));
    }
    for number in [
        0,
        1,
        -1,
        63,
        64,
        -64,
        -65,
        8_191,
        -8_192,
        i64::MAX,
        i64::MIN,
    ] {
        assert_eq!(Reader(&sleb(number)).sleb(), Ok(number));
    }
    let too_large: [&[u8]; 2] = [
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
        &[
            0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x01,
        ],
    ];
    for bytes in too_large {
        assert_eq!(Reader(bytes).uleb(), Err(ScanError::Number));
        assert_eq!(Reader(bytes).sleb(), Err(ScanError::Number));
    }
}

/// A step of a generated test on a document.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, ScalarValue),
    Delete(u8),
    Object(u8, ObjType),
    Insert(u8, String),
    Increment(u8, i32),
    Commit(String),
    Merge,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = prop_oneof![
        any::<i64>().prop_map(ScalarValue::from),
        any::<bool>().prop_map(ScalarValue::from),
        any::<f64>().prop_map(ScalarValue::from),
        ".{0,40}".prop_map(|text| ScalarValue::from(text.as_str())),
        any::<i32>().prop_map(|by| ScalarValue::counter(by.into())),
        Just(ScalarValue::Null),
    ];
    let object = prop_oneof![Just(ObjType::Map), Just(ObjType::List), Just(ObjType::Text)];
    let step = prop_oneof![
        6 => (0..8_u8, value).prop_map(|(key, value)| Step::Put(key, value)),
        1 => (0..8_u8).prop_map(Step::Delete),
        2 => (0..8_u8, object).prop_map(|(key, object)| Step::Object(key, object)),
        3 => (0..8_u8, ".{1,30}").prop_map(|(key, text)| Step::Insert(key, text)),
        1 => (0..8_u8, any::<i32>()).prop_map(|(key, by)| Step::Increment(key, by)),
        2 => ".{0,60}".prop_map(Step::Commit),
        1 => Just(Step::Merge),
    ];
    proptest::collection::vec(step, 1..40)
}

/// Applies a step. Steps that Automerge refuses are skipped.
fn take(step: Step, document: &mut AutoCommit, other: &mut AutoCommit) {
    let key = |key: u8| format!("key {key}");
    match step {
        Step::Put(at, value) => document.put(ROOT, key(at), value).unwrap(),
        Step::Delete(at) => _ = document.delete(ROOT, key(at)),
        Step::Object(at, object) => _ = document.put_object(ROOT, key(at), object).unwrap(),
        Step::Insert(at, text) => {
            let found = document.get(ROOT, key(at)).unwrap();
            if let Some((automerge::Value::Object(ObjType::Text), id)) = found {
                document.splice_text(&id, 0, 0, &text).unwrap();
            }
        }
        Step::Increment(at, by) => _ = document.increment(ROOT, key(at), by.into()),
        Step::Commit(message) => {
            document.commit_with(CommitOptions::default().with_message(message));
        }
        Step::Merge => {
            document.merge(other).unwrap();
        }
    }
}

fn changes(steps: Vec<Step>) -> Vec<Change> {
    let mut ours = document(ACTOR);
    let mut theirs = document([0x11; 16]);
    for (at, step) in steps.into_iter().enumerate() {
        if at % 3 == 2 {
            take(step, &mut theirs, &mut ours);
        } else {
            take(step, &mut ours, &mut theirs);
        }
    }
    ours.merge(&mut theirs).unwrap();
    ours.get_changes(&[])
}

proptest! {
    #[test]
    fn facts_are_those_that_automerge_reads(steps in steps()) {
        let changes = changes(steps);
        for change in &changes {
            let facts = read(change.raw_bytes()).unwrap();
            prop_assert_eq!(facts.hash, change.hash().0);
            prop_assert_eq!(ActorId::from(facts.actor), change.actor_id().clone());
            prop_assert_eq!(facts.seq, change.seq());
            prop_assert_eq!(facts.start_op, change.start_op().get());
            prop_assert_eq!(facts.n_ops as usize, change.len());
            let deps: Vec<[u8; 32]> = change.deps().iter().map(|dep| dep.0).collect();
            prop_assert_eq!(facts.deps, deps.as_slice());
        }
        let raw: Vec<u8> = changes.iter().flat_map(|it| it.raw_bytes().to_vec()).collect();
        let split: Result<Vec<&[u8]>, ScanError> = split_chunks(&raw).collect();
        let whole: Vec<&[u8]> = changes.iter().map(Change::raw_bytes).collect();
        prop_assert_eq!(split, Ok(whole));
    }

    /// The checksum is corrected, so that the parts after it are reached.
    #[test]
    fn mutated_changes_never_panic(
        steps in steps(),
        mutations in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        for change in changes(steps) {
            let mut bytes = change.raw_bytes().to_vec();
            for (at, value) in &mutations {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let altered = bytes != change.raw_bytes();
            prop_assert!(!altered || read(&bytes).is_err(), "the checksum covers every byte");
            let _ = split_chunks(&bytes).count();
            let data_at = frame(change.raw_bytes()).unwrap().0;
            if let Some(data) = bytes.get(data_at..)
                && let Ok(facts) = read(&chunk(1, data))
            {
                prop_assert!(facts.n_ops <= CHANGE_OPS_MAX);
                prop_assert!(facts.start_op + u64::from(facts.n_ops) <= OP_COUNTER_MAX + 1);
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = read(&chunk(1, &bytes));
        let _ = split_chunks(&bytes).count();
    }
}
