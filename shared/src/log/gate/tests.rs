//! Provokes every refusal and every void code, and checks that the log goes on after each.

mod bounds;
mod copies;
mod limits;
mod properties;
mod refusals;
mod voids;

use super::*;
use crate::identity::TeamKeys;
use crate::log::kit::{Author, Draft, Forged, empty};
use crate::log::scan::ScanError;

fn plan() -> DocName {
    DocName::first("plan")
}

/// The next change to the plan, as its only actor makes it.
fn change(author: &Author, seq: u64) -> Forged {
    Forged::new(author.actor(&plan(), 0), seq, seq * 10, 2)
}

/// A good entry: the change with this seq, with the document's name if it is the first.
fn good(author: &Author, seq: u64) -> Draft {
    let mut draft = Draft::new(&plan(), author, &[change(author, seq)], 2);
    if seq > 1 {
        draft.name = None;
    }
    draft
}

/// A receiver that holds entry 1 with change 1 of the plan.
fn started() -> (Author, LogState) {
    let mut author = Author::new();
    let mut state = empty();
    let first = good(&author, 1);
    let first = author.append(vec![first]);
    let batch = author.batch(Height::ZERO, vec![first]);
    author.gate().admit(&mut state, batch).unwrap().unwrap();
    (author, state)
}

fn voids(admission: &Admission) -> Vec<Option<VoidCode>> {
    let entries = admission.entries.iter();
    entries.map(|admitted| admitted.void).collect()
}

fn forge(author: &Author, draft: &mut Draft, alter: impl FnOnce(&mut Forged)) {
    let mut forged = change(author, 2);
    alter(&mut forged);
    draft.raw = forged.bytes();
}

#[test]
fn what_is_held_already_is_skipped() {
    let (mut author, mut state) = started();
    let first = author.height;
    let drafts = [good(&author, 2), good(&author, 3)];
    let entries = drafts.map(|draft| author.append(vec![draft])).to_vec();
    let batch = author.batch(first, entries.clone());
    author
        .gate()
        .admit(&mut state, batch.clone())
        .unwrap()
        .unwrap();
    assert_eq!(author.gate().admit(&mut state, batch), Ok(None), "all held");

    let fourth = good(&author, 4);
    let fourth = author.append(vec![fourth]);
    let overlapping = [entries, vec![fourth]].concat();
    let batch = author.batch(first, overlapping);
    let admission = author.gate().admit(&mut state, batch).unwrap().unwrap();
    assert_eq!(admission.entries.len(), 1);
    assert_eq!(state.height, author.height);
}

#[test]
fn two_copies_of_a_device_are_told_apart() {
    let (mut author, mut state) = started();
    let first = author.height;
    let mut copy = Author::new();
    copy.height = first;
    let ours = good(&author, 2);
    let ours = author.append(vec![ours]);
    author
        .gate()
        .admit(&mut state, author.batch(first, vec![ours]))
        .unwrap();

    let mut other = good(&copy, 2);
    forge(&copy, &mut other, |it| it.message = b"other".to_vec());
    let other = copy.append(vec![other]);
    let same_height = copy.batch(first, vec![other.clone()]);
    let fork = Err(Refusal::Fork { dseq: 2 });
    assert_eq!(copy.gate().admit(&mut state, same_height), fork);

    let second = copy.height;
    let third = good(&copy, 3);
    let third = copy.append(vec![third]);
    let overlapping = copy.batch(first, vec![other, third.clone()]);
    let gap = Err(Refusal::Gap { expected: 3 });
    assert_eq!(
        copy.gate().admit(&mut state, overlapping),
        gap,
        "send from the height"
    );
    let from_height = copy.batch(second, vec![third]);
    assert_eq!(copy.gate().admit(&mut state, from_height), fork);
}

#[test]
fn numbers_of_void_codes_are_kept() {
    for number in 0..=u8::MAX {
        assert_eq!(VoidCode::from_number(number).number(), number);
    }
    assert_eq!(VoidCode::from_number(1), VoidCode::Size);
    assert_eq!(VoidCode::from_number(200), VoidCode::Other(200));
    assert_eq!(VoidCode::from(ScanError::Magic), VoidCode::Scan);
}
