//! Batches that are refused as a whole and change nothing.

use super::*;
use crate::identity::{DeviceKey, Seal};

/// Checks that a batch of two good entries is refused and changes nothing once it is altered. The
/// original batch is then admitted.
#[track_caller]
fn check_refused(refusal: Refusal, alter: impl FnOnce(&Author, &mut Batch)) {
    let (mut author, mut state) = started();
    let below = author.height;
    let drafts = [good(&author, 2), good(&author, 3)];
    let entries = drafts.map(|draft| author.append(vec![draft])).to_vec();
    let batch = author.batch(below, entries);
    let mut altered = batch.clone();
    alter(&author, &mut altered);
    let before = state.clone();
    assert_eq!(author.gate().admit(&mut state, altered), Err(refusal));
    assert_eq!(state, before);
    let admission = author.gate().admit(&mut state, batch).unwrap().unwrap();
    assert_eq!(voids(&admission), [None, None]);
    assert_eq!(admission.height(), author.height);
}

fn first_run(batch: &mut Batch) -> &mut ReceivedRun {
    match &mut batch.entries[0] {
        Received::Whole { runs, .. } => &mut runs[0],
        Received::Voided { .. } => unreachable!("an author appends whole entries"),
    }
}

#[test]
fn refused_for_its_place_in_the_log() {
    check_refused(Refusal::Gap { expected: 2 }, |_, batch| {
        batch.first_dseq = 3
    });
    check_refused(Refusal::Gap { expected: 2 }, |_, batch| {
        batch.first_dseq = 1 << 60
    });
    check_refused(Refusal::Fork { dseq: 1 }, |_, batch| {
        batch.prev_tag = [0; 8]
    });
    let malformed = Refusal::Malformed("it holds no entries, or none that can be numbered");
    check_refused(malformed, |_, batch| batch.first_dseq = 0);
    check_refused(malformed, |_, batch| batch.first_dseq = u64::MAX);
    check_refused(malformed, |_, batch| batch.entries.clear());
}

#[test]
fn refused_for_its_signature() {
    check_refused(Refusal::BadTip, |_, batch| {
        batch.tip = Signature::new([0; 64])
    });
    check_refused(Refusal::BadTip, |_, batch| first_run(batch).n_ops += 1);
    check_refused(Refusal::BadTip, |_, batch| first_run(batch).bytes[30] ^= 1);
    check_refused(Refusal::BadTip, |_, batch| batch.entries.truncate(1));
    check_refused(Refusal::BadTip, |_, batch| batch.entries.swap(0, 1));
    check_refused(Refusal::BadTip, |author, batch| {
        let other = DeviceKey::from_seed([9; 32]);
        batch.tip = Tip::sign(&other, 3, author.height.hash).signature;
    });
    // A header of the wrong chain in place of a voided entry.
    check_refused(Refusal::BadTip, |author, batch| {
        let header = voided_header(author, |header| header.prev = EntryHash::new([1; 32]));
        batch.entries[0] = Received::Voided {
            code: VoidCode::Scan,
            header,
        };
    });
}

fn voided_header(author: &Author, alter: impl FnOnce(&mut Header)) -> Box<Header> {
    let (_, state) = started();
    let mut copy = Author::new();
    copy.height = state.height;
    let draft = good(author, 2);
    let received = copy.append(vec![draft]);
    let batch = copy.batch(state.height, vec![received]);
    let mut state = state;
    let admission = copy.gate().admit(&mut state, batch).unwrap().unwrap();
    let mut header = admission.entries[0].entry.header.clone();
    alter(&mut header);
    Box::new(header)
}

#[test]
fn refused_for_what_the_receiver_does_not_know() {
    check_refused(Refusal::RosterStale, |_, batch| {
        let Received::Whole { roster, .. } = &mut batch.entries[1] else {
            unreachable!("an author appends whole entries")
        };
        *roster = RosterHash::new([5; 32]);
    });
    for codec in [2, 9, 99] {
        check_refused(Refusal::UnknownCodec, |_, batch| {
            first_run(batch).codec = codec
        });
    }
    check_refused(Refusal::UnknownCodec, |_, batch| first_run(batch).codec = 1);
    // 1 MiB of zeros packs into 50 bytes: a ratio above 64.
    check_refused(Refusal::UnknownCodec, |_, batch| {
        let run = first_run(batch);
        run.codec = 1;
        run.bytes = zstd::bulk::compress(&vec![0; 1 << 20], 3).unwrap();
    });
    check_refused(Refusal::UnknownCodec, |_, batch| {
        let run = first_run(batch);
        run.codec = 1;
        let numbers = (0..300_000_u32).flat_map(u32::to_le_bytes);
        run.bytes = zstd::bulk::compress(&numbers.collect::<Vec<u8>>(), 3).unwrap();
        assert!(run.bytes.len() * 64 > 1_200_000);
    });
}

#[test]
fn refused_for_its_form() {
    let runs = Refusal::Malformed("an entry has 1 to 128 runs");
    let all_runs = |batch: &mut Batch, count: usize| {
        let run = first_run(batch).clone();
        let Received::Whole { runs, .. } = &mut batch.entries[0] else {
            unreachable!("an author appends whole entries")
        };
        *runs = vec![run; count];
    };
    check_refused(runs, |_, batch| all_runs(batch, 0));
    check_refused(runs, |_, batch| all_runs(batch, 129));
    let name = Refusal::Malformed("the name of a document has at most 128 bytes");
    check_refused(name, |_, batch| {
        first_run(batch).name = Some(DocName::first("n".repeat(129)));
    });
    let place = Refusal::Malformed("the header of a voided entry has another place");
    let alters: [fn(&mut Header); 4] = [
        |header| header.version = 2,
        |header| header.dseq = 7,
        |header| header.location = LocationId::new([0; 16]),
        |header| header.device = DeviceKey::from_seed([9; 32]).id(),
    ];
    for alter in alters {
        check_refused(place, |author, batch| {
            batch.entries[0] = Received::Voided {
                code: VoidCode::Scan,
                header: voided_header(author, alter),
            };
        });
    }
}

#[test]
fn a_sealed_log_ends_at_its_seal() {
    let (mut author, mut state) = started();
    let below = author.height;
    let second = good(&author, 2);
    let second = author.append(vec![second]);
    let batch = author.batch(below, vec![second]);
    let mut device = author.gate().device.clone();
    let seal = |dseq| Seal {
        dseq,
        hash: below.hash,
        at: Timestamp::from_ms(5),
    };
    device.sealed = Some(seal(1));
    let gate = Gate {
        device: &device,
        ..author.gate()
    };
    let refused = gate.admit(&mut state, batch.clone());
    assert_eq!(refused, Err(Refusal::Revoked));
    device.sealed = Some(seal(2));
    let gate = Gate {
        device: &device,
        ..author.gate()
    };
    assert_eq!(
        gate.admit(&mut state, batch.clone()),
        Err(Refusal::Revoked),
        "another hash"
    );
    device.sealed = Some(Seal {
        hash: author.height.hash,
        ..seal(2)
    });
    let gate = Gate {
        device: &device,
        ..author.gate()
    };
    assert!(gate.admit(&mut state, batch).unwrap().is_some());
}
