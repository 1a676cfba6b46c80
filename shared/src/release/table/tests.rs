//! The hub's word for its rows is compared with the files, and the files with what we stated.

use super::*;
use crate::{
    id::{DefinitionHash, DeviceIndex, RosterHash},
    release::{Counted, Heights, Salt},
    time::Timestamp,
};

fn head() -> Head {
    Head {
        dataset: "prevention".parse().unwrap(),
        number: "2026.1".parse().unwrap(),
        at: Timestamp::from_ms(0),
    }
}

fn row(location: Option<&str>, numerator: i64, locations: u32) -> ReleaseRow {
    ReleaseRow {
        level: location.map_or("network", |_| "location").to_owned(),
        indicator_code: "SMOKING".to_owned(),
        indicator_name: "Smoking".to_owned(),
        indicator_name_mi: None,
        definition_version: Some(1),
        location_code: location.map(str::to_owned),
        location_name: location.map(str::to_owned),
        area_code: None,
        area_name: None,
        freq: "year".to_owned(),
        period: "2018".to_owned(),
        period_start: "2018-01-01".to_owned(),
        period_end: "2018-12-31".to_owned(),
        breakdown: String::new(),
        breakdown_value: String::new(),
        value: None,
        unit: "percent".to_owned(),
        numerator: Some(Number::from(numerator)),
        denominator: Some(Number::from(900 * i64::from(locations))),
        obs_status: "A".to_owned(),
        conf_status: "F".to_owned(),
        status_reason: None,
        n_locations: Some(locations),
        n_expected: 2,
        n_areas: Some(locations),
        n_areas_expected: 2,
        base_changed: false,
        lower: None,
        upper: None,
    }
}

/// The network's row, ours and another's.
fn rows() -> [ReleaseRow; 3] {
    [
        row(None, 501, 2),
        row(Some("FN"), 300, 1),
        row(Some("IC"), 201, 1),
    ]
}

fn tables(rows: &[ReleaseRow]) -> Tables {
    let mut tables = Tables::new(head());
    for row in rows {
        assert!(tables.add(Line::of(row, &head()).0));
    }
    tables
}

/// The hub says that it counted 301 of 900, and showed us these rows.
fn proof(shown: &[ReleaseRow]) -> Proof {
    Proof {
        release: "prevention/2026.1".parse().unwrap(),
        code: "FN".parse().unwrap(),
        roster: RosterHash::new([2; 32]),
        heights: Heights::new(),
        salt: Salt::new([5; 32]),
        counted: vec![Counted {
            key: "SMOKING/FAR_NORTH/2018/total".parse().unwrap(),
            definition: DefinitionHash::new([3; 32]),
            entry: (DeviceIndex(1), 4),
            numerator: Some(Number::from(301)),
            denominator: Some(Number::from(900)),
            value: None,
        }],
        left_out: Vec::new(),
        rows: Some(shown.to_vec()),
    }
}

fn said(files: &[ReleaseRow], shown: &[ReleaseRow]) -> Vec<String> {
    let faults = tables(files).check(&proof(shown));
    faults.iter().map(Fault::to_string).collect()
}

#[test]
fn rows_that_the_hub_showed_as_the_files_have_them_have_no_fault() {
    assert_eq!(said(&rows(), &rows()[..2]), [""; 0]);
    let mut unsent = proof(&[]);
    unsent.rows = None;
    assert_eq!(tables(&rows()).check(&unsent), []);
}

#[test]
fn a_row_that_is_altered_in_the_proof_is_caught() {
    let files = rows();
    let mut shown = rows()[..2].to_vec();
    shown[1].numerator = Some(Number::from(302));
    let us = "row of FN for SMOKING 2018";
    assert_eq!(
        said(&files, &shown),
        [format!(
            "the {us} is another in the files than the hub showed us"
        )]
    );
    assert_eq!(
        said(&files, &files[..1]),
        [format!(
            "the files have the {us}, and the hub did not show it to us"
        )]
    );
    assert_eq!(
        said(&files[..1], &files[..2]),
        [format!(
            "the hub showed us the {us}, and the files do not have it"
        )]
    );
    let twice = [&files[..], &files[1..2]].concat();
    assert_eq!(
        said(&twice, &files[..2]),
        [format!("the files have the {us} twice")]
    );
}

#[test]
fn a_row_of_ours_that_is_off_by_three_is_caught() {
    let mut files = rows();
    files[1].numerator = Some(Number::from(304));
    let first = said(&files, &files[..2]);
    let words = "the row of FN for SMOKING 2018 shows the numerator 304, and what was counted of \
                 ours adds up to 301: more than 2 apart";
    assert_eq!(first, [words]);
    files[1].numerator = Some(Number::from(300));
    files[1].denominator = Some(Number::from(903));
    let of = said(&files, &files[..2]);
    assert!(of[0].contains("the denominator 903"), "{of:?}");
}

#[test]
fn a_network_row_that_is_off_from_its_rows_is_caught() {
    let mut files = rows();
    files[0].numerator = Some(Number::from(507));
    assert_eq!(said(&files, &files[..2]), [""; 0]);
    files[0].numerator = Some(Number::from(508));
    let words = "the row of the network for SMOKING 2018 shows the numerator 508, and its 2 rows \
                 of locations add up to 501: more than 6 apart";
    assert_eq!(said(&files, &files[..2]), [words]);
    // If a row of a location is withheld, the sum is not known.
    files[2].numerator = None;
    assert_eq!(said(&files, &files[..2]), [""; 0]);
}
