//! Batches of another copy of a device, their charge, and the words of void entries.

use super::*;

/// A batch of entries 2 and 3, with the heights below and after each.
fn batch() -> (Author, Batch, [Height; 3]) {
    let (mut author, _) = started();
    let first = author.height;
    let (second, third) = (good(&author, 2), good(&author, 3));
    let second_entry = author.append(vec![second]);
    let second = author.height;
    let third_entry = author.append(vec![third]);
    let heights = [first, second, author.height];
    let batch = author.batch(first, vec![second_entry, third_entry]);
    (author, batch, heights)
}

#[test]
fn what_a_copy_of_the_device_wrote_is_read_by_its_heights() {
    let (author, batch, [first, second, third]) = batch();
    let read = |batch| author.gate().read_copy(first, batch);
    assert_eq!(read(batch.clone()), Ok(vec![second, third]));
    let elsewhere = Refusal::Gap {
        expected: first.dseq + 1,
    };
    let mut later = batch.clone();
    later.first_dseq += 1;
    assert_eq!(read(later), Err(elsewhere));
    let mut other = batch.clone();
    other.prev_tag = second.hash.tag();
    assert_eq!(read(other), Err(elsewhere));
    let mut unsigned = batch;
    unsigned.entries.pop();
    assert_eq!(read(unsigned), Err(Refusal::BadTip));
}

#[test]
fn an_entry_is_charged_for_its_bodies_and_a_void_one_for_none() {
    let (mut author, _) = started();
    let drafts = [good(&author, 2), good(&author, 3)];
    let bytes: Vec<_> = drafts.iter().map(|draft| draft.raw.len()).collect();
    let whole = author.append(drafts.to_vec());
    assert_eq!(whole.body_bytes(), bytes.iter().sum::<usize>());
    let void = Received::Voided {
        code: VoidCode::Size,
        header: Box::new(author.context()),
    };
    assert_eq!(void.body_bytes(), 0);
}

#[test]
fn each_reason_for_a_void_entry_has_words_of_its_own() {
    let codes = [
        VoidCode::Size,
        VoidCode::Scan,
        VoidCode::Seq,
        VoidCode::Actor,
        VoidCode::StartOp,
        VoidCode::Operations,
        VoidCode::Documents,
        VoidCode::Counts,
        VoidCode::Roster,
        VoidCode::Full,
        VoidCode::Room,
        VoidCode::Dropped,
        VoidCode::Orphan,
        VoidCode::Other(200),
    ];
    let mut words: Vec<_> = codes.iter().map(ToString::to_string).collect();
    words.sort();
    words.dedup();
    assert_eq!(words.len(), codes.len());
    assert!(words.iter().all(|words| words.len() > 20), "{words:?}");
}
