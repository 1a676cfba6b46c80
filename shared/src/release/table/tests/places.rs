//! The numbers of locations and areas in rows are those of what was counted, and a row has our name
//! only where we said yes to that.

use super::*;

fn by_location(knows: &mut Knows) {
    knows.by_location = ["SMOKING".parse().unwrap()].into();
}

/// The faults of a release after a change of its rows.
fn after(change: impl Fn(&mut [ReleaseRow; 3]), knows: impl Fn(&mut Knows)) -> Vec<String> {
    let mut files = rows();
    change(&mut files);
    let mut unsent = proof(&[]);
    unsent.rows = None;
    let faults = found(&tables(&files), &unsent, knows);
    faults.iter().map(Fault::to_string).collect()
}

fn says(row: &str, shown: &str, expected: &str) -> String {
    format!(
        "the row of {row} for SMOKING 2018 shows {shown}, and what it is made of gives {expected}"
    )
}

/// A sum that says that it has more locations than rows would be held against none of them.
#[test]
fn a_sum_with_other_places_than_its_rows_is_caught() {
    assert_eq!(after(|_| {}, by_location), [""; 0]);
    let lie = |files: &mut [ReleaseRow; 3]| {
        files[0].numerator = Some(Number::from(900));
        files[0].n_locations = Some(3);
    };
    let said = after(lie, by_location);
    assert_eq!(said, [says("the network", "3 locations", "2 locations")]);
    let areas = after(|files| files[0].n_areas = Some(5), by_location);
    assert_eq!(areas, [says("the network", "5 areas", "2 areas")]);
    let none = after(|files| files[0].n_locations = None, by_location);
    let words = "no number of locations";
    assert_eq!(none, [says("the network", words, "2 locations")]);
    // One whose row is withheld may be in the sum, or may have suppressed its figure itself.
    for (locations, expected) in [(1, true), (2, true), (3, false), (0, false)] {
        let withheld = |files: &mut [ReleaseRow; 3]| {
            files[0].n_locations = Some(locations);
            (files[2].numerator, files[2].denominator) = (None, None);
            files[2].conf_status = "C".to_owned();
        };
        let said = after(withheld, by_location);
        assert_eq!(said.is_empty(), expected, "{locations}: {said:?}");
    }
}

#[test]
fn a_sum_alone_has_no_more_locations_than_the_manifest_proves() {
    let sum = |locations: u32| {
        move |files: &mut [ReleaseRow; 3]| {
            // No rows of others.
            for row in &mut files[1..] {
                (row.numerator, row.denominator) = (None, None);
                in_year(row, "2017");
            }
            (files[0].n_locations, files[0].n_expected) = (Some(locations), 9);
            (files[0].n_areas, files[0].n_areas_expected) = (Some(9), 9);
        }
    };
    assert_eq!(after(sum(2), |_| {}), [""; 0]);
    let said = says("the network", "3 locations", "at most 2 locations");
    assert_eq!(after(sum(3), |_| {}), [said]);
    let said = says("the network", "0 locations", "at least 1 location");
    assert_eq!(after(sum(0), |_| {}), [said]);
    // A sum that is kept as it was has those who were in it then.
    let kept = |knows: &mut Knows| knows.earlier.add(Some(&notice(None)), None);
    assert_eq!(after(sum(3), kept), [""; 0]);
}

#[test]
fn our_row_has_the_areas_that_were_counted() {
    let said = after(|files| files[1].n_areas = Some(2), |_| {});
    assert_eq!(said[0], says("FN", "2 areas", "1 area"));
    let said = after(|files| files[1].n_locations = Some(2), |_| {});
    assert_eq!(said, [says("FN", "2 locations", "1 location")]);
}

#[test]
fn a_row_with_our_name_needs_our_yes_to_that() {
    let sum_alone = |knows: &mut Knows| knows.agreed.rows = false;
    let words = "the files have the row of FN for SMOKING 2018, and we did not say yes to a row \
                 with our name";
    assert_eq!(after(|_| {}, sum_alone), [words]);
    // A figure that an office published is ours to refuse as little as anybody else's.
    let empty = |files: &mut [ReleaseRow; 3]| {
        (files[1].numerator, files[1].denominator) = (None, None);
        files[1].conf_status = "C".to_owned();
    };
    assert_eq!(after(empty, sum_alone), [""; 0]);
}
