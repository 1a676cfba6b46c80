//! Sums that a release kept from an earlier one, with the numbers of then.

use super::*;
use crate::model::release::ReleaseId;

fn earlier() -> ReleaseId {
    "prevention/2025.1".parse().unwrap()
}

/// Each part in a kept sum by its row, its release and the number of our statements.
type Parts = Vec<(String, String, Option<usize>)>;

fn sum() -> KeptRow {
    KeptRow {
        release: earlier(),
        row: valued(&row(None, 501, 2)),
    }
}

/// The proof of a release that kept the network's row and counts nothing of ours.
fn sent(kept: Vec<KeptRow>) -> Proof {
    Proof {
        counted: Vec::new(),
        kept,
        ..proof(&[])
    }
}

fn texts(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

/// The check of a release that kept the network's row, with the proofs of the releases before it.
fn kept(files: &ReleaseRow, before: Option<Option<Proof>>) -> (Parts, Vec<String>) {
    let before = before.map(|proof| (earlier(), proof)).into_iter().collect();
    let files = tables(std::slice::from_ref(files));
    let (parts, faults) = files.kept(Some(&sent(vec![sum()])), &before);
    let part = |one: &KeptPart| (one.row.to_string(), one.release.to_string(), one.counted);
    (parts.iter().map(part).collect(), texts(&faults))
}

#[test]
fn a_kept_sum_has_what_the_earlier_release_counted_of_us_and_nothing_else() {
    let filed = row(None, 501, 2);
    let of = |proof: Option<Proof>| kept(&filed, Some(proof));
    let part = |counted| {
        let (row, release) = ("row of the network for SMOKING 2018", "prevention/2025.1");
        vec![(row.to_owned(), release.to_owned(), counted)]
    };
    let then = proof(&rows());
    assert_eq!(of(Some(then.clone())), (part(Some(1)), vec![]));
    // We were counted in another period alone.
    let mut other = then.clone();
    other.counted[0].key = "SMOKING/FAR_NORTH/2017/total".parse().unwrap();
    assert_eq!(of(Some(other)), (part(Some(0)), vec![]));
    assert_eq!(of(None), (part(None), vec![]));
    // A proof with too many rows to be sent has none.
    let unseen = Proof { rows: None, ..then };
    assert_eq!(of(Some(unseen)).1, [""; 0]);
}

/// The line of a list of changes for a row.
fn change(row: &ReleaseRow, from: Option<&str>) -> Changed {
    Changed {
        row: Line::of(&valued(row), &head()).0,
        is_gone: false,
        kept_from: from.map(|from| from.parse().unwrap()),
    }
}

#[test]
fn each_line_of_the_list_of_changes_is_a_row_of_the_tables_once() {
    let filed = row(None, 501, 2);
    let found = |changes: Vec<Changed>| {
        let mut files = tables(std::slice::from_ref(&filed));
        files.list(changes).map(|row| row.to_string())
    };
    let (line, us) = (change(&filed, None), "row of the network for SMOKING 2018");
    assert_eq!(found(vec![line.clone()]), None);
    assert_eq!(found(vec![line.clone(), line]).unwrap(), us, "twice");
    let other = change(&row(None, 504, 2), None);
    assert_eq!(found(vec![other]).unwrap(), us, "other figures");
    let strange = change(&row(Some("FN"), 501, 1), None);
    assert!(found(vec![strange.clone()]).is_some(), "in no table");
    let gone = Changed {
        is_gone: true,
        ..strange
    };
    assert_eq!(found(vec![gone]), None, "it is gone");
}

/// The faults of a release whose list of changes has the network's row as kept from this release.
fn listed(from: Option<&str>, sent: &Proof, then: Option<Proof>) -> Vec<String> {
    let filed = row(None, 501, 2);
    let mut files = tables(std::slice::from_ref(&filed));
    let changes: Vec<Changed> = from
        .map(|from| change(&filed, Some(from)))
        .into_iter()
        .collect();
    assert_eq!(files.list(changes), None);
    let before = BTreeMap::from([(earlier(), then)]);
    texts(&files.kept(Some(sent), &before).1)
}

#[test]
fn what_the_list_of_changes_keeps_and_what_the_hub_sent_are_the_same() {
    let us = "the row of the network for SMOKING 2018";
    let from = "prevention/2025.1";
    let (then, kept, none) = (proof(&rows()), sent(vec![sum()]), sent(vec![]));
    assert_eq!(listed(Some(from), &kept, Some(then.clone())), [""; 0]);
    // Nothing of ours was counted then, or as far as we know, so nothing must be sent.
    assert_eq!(listed(Some(from), &none, None), [""; 0]);
    let hidden = format!(
        "the list of changes says that {us} is as {from} showed it, with a number of ours, and the \
         hub did not tell us"
    );
    assert_eq!(
        listed(Some(from), &none, Some(then.clone())),
        std::slice::from_ref(&hidden)
    );
    // A number of ours of now would be in the sum if it were made again.
    assert_eq!(listed(Some(from), &proof(&[]), None), [hidden]);
    let unlisted = format!(
        "the hub told us that {us} is as {from} showed it, and the list of changes does not say so"
    );
    for from in [None, Some("prevention/2024.1")] {
        let found = listed(from, &kept, Some(then.clone()));
        assert_eq!(found, std::slice::from_ref(&unlisted));
    }
}

#[test]
fn what_an_earlier_release_of_the_dataset_counted_is_missed_unless_the_hub_says_why() {
    let dataset = "prevention".parse().unwrap();
    let then = proof(&rows());
    let key = then.counted[0].key.clone();
    let before = BTreeMap::from([(earlier(), Some(then))]);
    let gone = |sent: Option<&Proof>| not_any_more(&dataset, sent, &before);
    let missed = [(key.clone(), earlier())];
    assert_eq!(gone(None), missed);
    assert_eq!(gone(Some(&sent(vec![]))), missed);
    let mut left_out = sent(vec![]);
    left_out.left_out = vec![(key, "it said no".to_owned())];
    for said in [&left_out, &sent(vec![sum()]), &proof(&[])] {
        assert_eq!(gone(Some(said)), []);
    }
    let other = "vaccination".parse().unwrap();
    assert_eq!(not_any_more(&other, None, &before), []);
}

#[test]
fn a_sum_that_is_not_as_the_earlier_release_showed_it_is_caught() {
    let us = "the row of the network for SMOKING 2018";
    let filed = row(None, 501, 2);
    let then = proof(&rows());
    let (parts, faults) = kept(&filed, None);
    let none = format!(
        "{us} is said to be as prevention/2025.1 showed it, and no such release went out before"
    );
    assert_eq!((parts, faults), (vec![], vec![none]));
    let said = format!(
        "{us} is said to be as prevention/2025.1 showed it, and prevention/2025.1 did not show it \
         so"
    );
    for shown in [
        vec![],
        vec![row(None, 504, 2)],
        vec![row(None, 501, 3)],
        vec![row(Some("FN"), 501, 2)],
    ] {
        let then = proof(&shown);
        let (parts, faults) = kept(&filed, Some(Some(then)));
        assert_eq!((parts, faults), (vec![], vec![said.clone()]), "{shown:?}");
    }
    // The files have another sum than the hub says.
    let (_, faults) = kept(&row(None, 504, 2), Some(Some(then)));
    let said = format!("{us} is another in the files than the hub showed us");
    assert_eq!(faults, [said]);
}
