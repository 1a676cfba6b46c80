//! Sums that a release kept from an earlier one, with the numbers of then.

use super::*;
use crate::model::release::ReleaseId;

fn earlier() -> ReleaseId {
    "prevention/2025.1".parse().unwrap()
}

/// The check of a release that kept the network's row, with the proofs of the releases before it.
fn kept(files: &ReleaseRow, before: Option<Option<Proof>>) -> (Vec<String>, Vec<String>) {
    let sum = KeptRow {
        release: earlier(),
        row: valued(&row(None, 501, 2)),
    };
    let before = before.map(|proof| (earlier(), proof)).into_iter().collect();
    let (parts, faults) = tables(std::slice::from_ref(files)).kept(&[sum], &before);
    let parts = parts.iter().map(ToString::to_string).collect();
    (parts, faults.iter().map(ToString::to_string).collect())
}

#[test]
fn a_kept_sum_has_what_the_earlier_release_counted_of_us_and_nothing_else() {
    let filed = row(None, 501, 2);
    let of = |proof: Option<Proof>| kept(&filed, Some(proof));
    let row_of = "The row of the network for SMOKING 2018 is as prevention/2025.1 showed it.";
    let then = proof(&rows());
    let said = [format!("{row_of} It has 1 number of ours, as stated then")];
    assert_eq!(of(Some(then.clone())), (said.into(), vec![]));
    // We were counted in another period alone.
    let mut other = then.clone();
    other.counted[0].key = "SMOKING/FAR_NORTH/2017/total".parse().unwrap();
    let none = "No number of ours was counted then, so it has none";
    assert_eq!(of(Some(other)), (vec![format!("{row_of} {none}")], vec![]));
    let unknown = "This computer has no proof that a number of ours was counted then";
    assert_eq!(of(None), (vec![format!("{row_of} {unknown}")], vec![]));
    // A proof with too many rows to be sent has none.
    let unseen = Proof { rows: None, ..then };
    assert_eq!(of(Some(unseen)).1, [""; 0]);
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
