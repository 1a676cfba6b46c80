//! Automerge reads every change that passes the scan with the same counts, and within 16 MiB. A
//! separate program, because it counts every byte that is allocated.

use automerge::{ActorId, Automerge, Change, ROOT, transaction::Transactable as _};
use peak_alloc::PeakAlloc;
use sha2::{Digest as _, Sha256};
use weft_shared::{
    log::scan,
    wire::limits::{
        CHANGE_ACTORS_MAX, CHANGE_KEY_BYTES_MAX, CHANGE_OPS_MAX, CHANGE_PREDS_MAX,
        CHANGE_TEXT_BYTES_MAX, CHANGE_VALUE_BYTES_MAX,
    },
};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const READ_BYTES_MAX: usize = 16 << 20;

/// Reads a change that passed the scan, as a document does. Returns the peak number of bytes held.
fn read(chunk: &[u8]) -> usize {
    let facts = scan::read(chunk).expect("it passes the scan");
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let change = Change::try_from(chunk).expect("Automerge reads what the scan lets through");
    let expanded = change.decode();
    assert_eq!(change.len(), facts.n_ops as usize);
    assert_eq!(expanded.operations.len(), facts.n_ops as usize);
    assert_eq!(change.deps().len(), facts.deps.len());
    assert_eq!(change.max_op(), facts.start_op + u64::from(facts.n_ops) - 1);
    let again = Change::from(expanded);
    assert_eq!(again.len(), change.len());
    let most = ALLOCATED.peak_usage() - before;
    assert!(
        most <= READ_BYTES_MAX,
        "{most} bytes for {} of a change",
        chunk.len()
    );
    most
}

fn uleb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

fn sleb(mut number: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !(-64..64).contains(&number) {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0] & 0x7f);
    bytes
}

fn run(count: usize, item: &[u8]) -> Vec<u8> {
    [&sleb(i64::try_from(count).expect("a small number")), item].concat()
}

fn text(text: &[u8]) -> Vec<u8> {
    [&uleb(text.len() as u64), text].concat()
}

/// A change with these other actors and columns.
fn forge(actors: usize, columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut data = vec![0, 16];
    data.extend([0xaa; 16]);
    data.extend([1]);
    data.extend(uleb(200_000));
    data.extend([0, 0]);
    data.extend(uleb(actors as u64));
    for actor in 0..actors as u64 {
        data.push(16);
        data.extend(u128::from(actor).to_be_bytes());
    }
    data.extend(uleb(columns.len() as u64));
    for (spec, column) in columns {
        data.extend(uleb(*spec));
        data.extend(uleb(column.len() as u64));
    }
    columns.iter().for_each(|(_, column)| data.extend(column));
    let hashed = [&[1], &uleb(data.len() as u64)[..], &data].concat();
    let sum = Sha256::digest(&hashed);
    [&[0x85, 0x6f, 0x4a, 0x83], &sum[..4], &hashed].concat()
}

/// A change with `ops` puts under one key, each over `preds` others.
fn puts(ops: usize, key: &[u8], preds: usize, actors: usize) -> Vec<u8> {
    let mut columns = vec![
        (0x15, run(ops, &text(key))),
        (0x34, uleb(ops as u64)),
        (0x42, run(ops, &[1])),
        (0x56, run(ops, &[0])),
        (0x70, run(ops, &uleb(preds as u64))),
    ];
    if preds > 0 {
        let all = ops * preds;
        let last = uleb(actors as u64);
        let counters = [sleb(-1), vec![1], run(all - 1, &sleb(1))].concat();
        columns.extend([(0x71, run(all, &last)), (0x73, counters)]);
    }
    forge(actors, &columns)
}

#[test]
fn what_the_scan_lets_through_is_read_within_16_mib() {
    let ops = CHANGE_OPS_MAX as usize;
    let preds = usize::try_from(CHANGE_PREDS_MAX).expect("a small number");
    let long = vec![b'k'; CHANGE_KEY_BYTES_MAX];
    let middling = vec![b'k'; CHANGE_TEXT_BYTES_MAX / ops];
    let worst = [
        puts(1, b"k", preds, 0),
        puts(1, b"k", preds, CHANGE_ACTORS_MAX),
        puts(ops, b"k", preds / ops, CHANGE_ACTORS_MAX),
        puts(ops, &middling, preds / ops, CHANGE_ACTORS_MAX),
        puts(CHANGE_TEXT_BYTES_MAX / long.len(), &long, 0, 0),
    ];
    let most = worst.iter().map(|change| read(change)).max();
    assert!(most > Some(1 << 20), "the counting counts: {most:?}");
    written_by_automerge();
    mutated();
}

/// The greatest values that pass, and as many as fit, in Automerge's own encoding.
fn written_by_automerge() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the actor is set at once, nothing is drawn twice"
    )]
    let mut document = Automerge::new().with_actor(ActorId::from([0xaa; 16]));
    let large = "a".repeat(CHANGE_VALUE_BYTES_MAX);
    for (count, value) in [(3, large.as_str()), (9_000, "some text of a usual length")] {
        let mut transaction = document.transaction();
        for at in 0..count {
            let key = format!("VAX_PRIMARY/FAR_NORTH/2022-12/age={at}");
            transaction.put(ROOT, key, value).expect("a put");
        }
        transaction.commit();
        let change = document.get_last_local_change().expect("a change");
        read(change.raw_bytes());
    }
}

/// Random changes to the bytes of a valid change; the few that still pass must be read too.
fn mutated() {
    let sound = puts(3, b"key", 2, 2);
    let data_at = 10 + usize::from(sound.len() > 137);
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut passed = 0;
    for _ in 0..200_000 {
        let mut data = sound[data_at..].to_vec();
        for _ in 0..2 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let [byte, at, ..] = seed.to_le_bytes();
            let at = usize::from(at) % data.len();
            data[at] = byte;
        }
        let hashed = [&[1], &uleb(data.len() as u64)[..], &data].concat();
        let sum = Sha256::digest(&hashed);
        let chunk = [&[0x85, 0x6f, 0x4a, 0x83], &sum[..4], &hashed].concat();
        if scan::read(&chunk).is_ok() {
            passed += 1;
            read(&chunk);
        }
    }
    assert!(passed > 1_000, "only {passed} passed");
}
