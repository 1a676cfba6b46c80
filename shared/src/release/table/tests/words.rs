//! A row with another name, another year or another state than follows from the documents of the
//! network is caught.

use super::*;

/// The faults of a release after a change of the row at a place.
fn after(at: usize, change: impl Fn(&mut ReleaseRow), knows: impl Fn(&mut Knows)) -> Vec<String> {
    let mut files = rows().map(|row| valued(&row)).to_vec();
    change(&mut files[at]);
    let mut unsent = proof(&[]);
    unsent.rows = None;
    let faults = found(&tables(&files), &unsent, |known| {
        state(known, Status::Normal);
        knows(known);
    });
    faults.iter().map(Fault::to_string).collect()
}

/// Our statements of those that were counted.
fn state(known: &mut Knows, status: Status) {
    let [one] = &proof(&[]).counted[..] else {
        panic!("it is one");
    };
    let stated = Statement {
        numerator: one.numerator,
        denominator: one.denominator,
        ..Statement::without_figure(one.definition, status, Audience::Released)
    };
    known.stated = [(one.key.clone(), stated)].into();
}

fn nothing(_: &mut Knows) {}

#[test]
fn names_that_are_swapped_are_caught() {
    assert_eq!(after(0, |_| {}, nothing), [""; 0]);
    for (at, code, other, name) in [
        (1, "FN", "Invercargill", "Far North"),
        (2, "IC", "Far North", "Invercargill"),
    ] {
        let said = after(
            at,
            |row| row.location_name = Some(other.to_owned()),
            nothing,
        );
        let words = format!(
            "the row of {code} for SMOKING 2018 has location_name \"{other}\", and it should be \
             \"{name}\""
        );
        assert_eq!(said, [words]);
    }
    let said = after(
        0,
        |row| row.location_name = Some("Far North".to_owned()),
        nothing,
    );
    assert!(said[0].ends_with("and it should be empty"), "{said:?}");
}

#[test]
fn areas_that_are_swapped_are_caught() {
    let area = |code: &str, name: &str| {
        let (code, name) = (code.to_owned(), name.to_owned());
        move |row: &mut ReleaseRow| {
            (row.area_code, row.area_name) = (Some(code.clone()), Some(name.clone()));
        }
    };
    let both = |at: usize, code: &str, name: &str| {
        // Invercargill had one area before it had two, and Far North has one.
        after(at, area(code, name), |known| {
            let areas = |code: &str| known.places[&code.parse::<LocationCode>().unwrap()].clone();
            let (mut one, mut before) = (areas("FN"), areas("IC"));
            one[0].areas.truncate(1);
            before.insert(0, before[0].clone());
            before[0].areas.truncate(1);
            known.places = [("FN", one), ("IC", before)]
                .map(|(code, of)| (code.parse().unwrap(), of))
                .into();
        })
    };
    let (ours, other) = (
        ("FN_NORTH", "Far North, NORTH"),
        ("IC_NORTH", "Invercargill, NORTH"),
    );
    assert_eq!(both(1, ours.0, ours.1), [""; 0]);
    let us = "the row of FN for SMOKING 2018 has";
    let code = format!("{us} area_code \"IC_NORTH\", and it should be \"FN_NORTH\"");
    let name =
        format!("{us} area_name \"Invercargill, NORTH\", and it should be \"Far North, NORTH\"");
    assert_eq!(both(1, other.0, other.1), [&*code, &*name]);
    assert_eq!(both(1, other.0, ours.1), [&*code]);
    assert_eq!(both(1, ours.0, other.1), [&*name]);
    // A row without its area, and one of several areas with one of them.
    let said = both(1, "", "");
    assert!(
        said[0].contains("area_code empty, and it should be \"FN_NORTH\""),
        "{said:?}"
    );
    let said = both(2, "IC_SOUTH", "Invercargill, SOUTH");
    let words = "area_code \"IC_SOUTH\", and it should be empty";
    assert!(said.iter().any(|one| one.ends_with(words)), "{said:?}");
    // The network's row is of all areas.
    let said = both(0, ours.0, ours.1);
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[0].starts_with("the row of the network"), "{said:?}");
    // A withheld row looks like any other.
    let said = after(
        2,
        |row| {
            area("IC_NORTH", "Invercargill, NORTH")(row);
            row.conf_status = "C".to_owned();
            row.obs_status = "Q".to_owned();
            row.status_reason = Some("withheld".to_owned());
            (row.value, row.numerator, row.denominator) = (None, None, None);
        },
        |known| {
            let of = known.places.get_mut(&"IC".parse::<LocationCode>().unwrap());
            of.unwrap()[0].areas.truncate(1);
        },
    );
    let words = "has area_code \"IC_NORTH\", and it should be empty";
    assert!(said.iter().any(|one| one.contains(words)), "{said:?}");
}

#[test]
fn a_second_row_of_ours_under_another_spelling_of_our_code_is_caught() {
    for code in ["fn", "Fn", "FN ", "ZZ"] {
        let second = |row: &mut ReleaseRow| row.location_code = Some(code.to_owned());
        let said = after(2, second, nothing);
        let words = format!(
            "the files have the row of {code} for SMOKING 2018, and the network has no location of \
             that code"
        );
        assert!(said.contains(&words), "{said:?}");
    }
}

/// A hub's change to a row.
type Change = fn(&mut ReleaseRow);

#[test]
fn another_name_of_an_indicator_or_another_year_is_caught_in_each_row() {
    let other: [(&str, Change); 8] = [
        ("indicator_name", |row| {
            row.indicator_name = "Non-smokers".to_owned()
        }),
        ("indicator_name_mi", |row| {
            row.indicator_name_mi = Some("Auahi kore".to_owned())
        }),
        ("period_start", |row| {
            row.period_start = "2023-01-01".to_owned()
        }),
        ("period_end", |row| row.period_end = "2023-12-31".to_owned()),
        ("freq", |row| row.freq = "quarter".to_owned()),
        ("level", |row| row.level = "both".to_owned()),
        ("conf_status", |row| row.conf_status = "N".to_owned()),
        ("status_reason", |row| {
            row.status_reason = Some("contested".to_owned())
        }),
    ];
    for (column, change) in other {
        for at in 0..3 {
            let said = after(at, change, nothing);
            let is_said = said
                .iter()
                .any(|one| one.contains(&format!(" has {column} ")));
            assert!(is_said, "{column} of {at}: {said:?}");
        }
    }
    let said = after(0, |row| row.period = "2018-Q9".to_owned(), nothing);
    assert!(said[0].contains("has period \"2018-Q9\""), "{said:?}");
}

#[test]
fn a_withheld_row_says_nothing_else() {
    let withheld = |reason: &'static str| {
        move |row: &mut ReleaseRow| {
            (row.value, row.numerator, row.denominator) = (None, None, None);
            row.conf_status = "C".to_owned();
            row.obs_status = "Q".to_owned();
            row.status_reason = Some(reason.to_owned());
        }
    };
    let tables_of = |reason: &'static str| {
        let mut files = rows().map(|row| valued(&row));
        withheld(reason)(&mut files[2]);
        let mut tables = Tables::new(head(), 2);
        for row in &files {
            assert!(tables.add(Line::of(row, &head()).0));
        }
        let mut unsent = proof(&[]);
        unsent.rows = None;
        found(&tables, &unsent, |known| state(known, Status::Normal)).len()
    };
    assert_eq!(tables_of("withheld"), 0);
    assert_eq!(tables_of("suppressed by its publisher"), 0);
    assert_eq!(tables_of("a small count"), 1, "the rule is a bound");
}

#[test]
fn our_row_has_the_state_that_we_stated() {
    let provisional = |row: &mut ReleaseRow| row.obs_status = "P".to_owned();
    let said = after(1, provisional, nothing);
    let words = "the row of FN for SMOKING 2018 has obs_status \"P\", and it should be \"A\"";
    assert_eq!(said, [words]);
    let stated = |known: &mut Knows| state(known, Status::Provisional);
    assert_eq!(after(1, provisional, stated), [""; 0]);
    assert_eq!(after(1, |_| {}, stated).len(), 1);
    // Our own figure is not an office's.
    let office = |row: &mut ReleaseRow| row.status_reason = Some("published by an office".into());
    assert_eq!(after(1, office, nothing).len(), 1);
    assert_eq!(after(2, office, nothing), [""; 0]);
}

#[test]
fn the_base_of_our_row_changed_only_if_we_or_the_network_said_so() {
    let changed = |row: &mut ReleaseRow| {
        row.base_changed = true;
        row.obs_status = "B".to_owned();
    };
    let said = after(1, changed, nothing);
    let words =
        "the row of FN for SMOKING 2018 has base_changed \"true\", and it should be \"false\"";
    assert_eq!(said, [words]);
    let network = |known: &mut Knows| {
        let day = Date::constant(2018, 1, 1);
        known.base_changes = [("SMOKING".parse().unwrap(), [day].into())].into();
    };
    assert_eq!(after(1, changed, network), [""; 0]);
    // The network may have said so after the release.
    assert_eq!(after(1, |_| {}, network), [""; 0]);
    let stated = |known: &mut Knows| state(known, Status::Break);
    assert_eq!(after(1, changed, stated), [""; 0]);
    assert_eq!(after(1, |_| {}, stated).len(), 2);
}

#[test]
fn a_version_with_rows_has_one_line_in_the_table_of_meanings() {
    let tables = tables(&rows());
    let line = |code: &str, version: &str| vec![code.to_owned(), version.to_owned()];
    let found = |meanings: &[Texts]| {
        let faults = tables.unexplained(meanings).into_iter();
        faults.map(|fault| fault.to_string()).collect::<Vec<_>>()
    };
    let ours = line("SMOKING", "1");
    assert_eq!(found(&[line("VISITS", "1"), ours.clone()]), [""; 0]);
    let none = "indicators.csv has no line for SMOKING version 1, and the tables have rows of it";
    // A line for another version does not say what the rows count.
    assert_eq!(found(&[line("SMOKING", "2")]), [none]);
    assert_eq!(found(&[]), [none]);
    assert_eq!(found(&[line("VISITS", "1")]), [none]);
    let two = "indicators.csv has 2 lines for SMOKING version 1, and there must be one";
    assert_eq!(found(&[ours.clone(), ours]), [two]);
}
