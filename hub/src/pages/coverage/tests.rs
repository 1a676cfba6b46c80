//! The tables of coverage, and their reasons.

use weft_shared::model::{
    observation::{Breakdown, Status},
    profile::{Area, Place},
};

use super::{table::tables, *};
use crate::figures::Mark;

fn lacking(areas: usize, status: Status, why: &str) -> Mark {
    Mark::Lacking {
        areas,
        of: 2,
        status,
        why: why.to_owned(),
    }
}

fn grid(code: &str, periods: &[&str], rows: &[(&str, &[Mark])]) -> Grid {
    Grid {
        indicator: code.parse().unwrap(),
        breakdown: Breakdown::Total,
        periods: periods.iter().map(|text| text.parse().unwrap()).collect(),
        rows: rows
            .iter()
            .map(|(code, marks)| (LocationCode::parse(code).unwrap(), marks.to_vec()))
            .collect(),
    }
}

fn names() -> Names {
    let area = |code: &str, name: &str| Area {
        code: code.parse().unwrap(),
        name: name.to_owned(),
        from: None,
        to: None,
    };
    let place = |name: &str, areas: Vec<Area>| Place {
        name: name.to_owned(),
        name_mi: None,
        areas,
        aliases: Default::default(),
        areas_changed: None,
        location_id: None,
        confirmed_at: None,
    };
    let places = [
        (
            "HV",
            place("Hutt Valley", vec![area("UPPER_HUTT", "Upper Hutt City")]),
        ),
        ("IN", place("Invercargill", Vec::new())),
    ];
    let places = places.into_iter();
    Names::of(
        places
            .map(|(code, place)| (LocationCode::parse(code).unwrap(), place))
            .collect(),
    )
}

#[test]
fn a_month_that_nobody_reported_has_its_column() {
    let marks = [
        Mark::Whole,
        lacking(0, Status::Suppressed, "UPPER_HUTT suppressed"),
    ];
    let grids = [grid(
        "VAX_PRIMARY",
        &["2023-01", "2023-03"],
        &[("HV", &marks)],
    )];
    let tables = tables(&grids, (&[], &names()), (None, None));
    let [table] = tables.as_slice() else {
        panic!("{tables:?}")
    };
    let words: Vec<&str> = table.rows[0]
        .cells
        .iter()
        .map(|cell| &*cell.words)
        .collect();
    assert_eq!(
        words,
        [
            "all areas",
            "no location reported it",
            Status::Suppressed.label()
        ]
    );
    let periods: Vec<&str> = table.groups[0]
        .periods
        .iter()
        .map(|one| &*one.words)
        .collect();
    assert_eq!(periods, ["January 2023", "February 2023", "March 2023"]);
    assert_eq!(table.notes[0].what, "Hutt Valley, March 2023:");
    assert_eq!(table.notes[0].words, "Upper Hutt City suppressed.");
}

#[test]
fn the_same_reason_is_named_once_with_its_locations_and_periods() {
    let why = "the area is missing";
    let gone = || lacking(0, Status::Missing, why);
    let rows: [(&str, &[Mark]); 2] = [
        ("HV", &[gone(), gone(), Mark::Whole]),
        ("IN", &[gone(), gone(), gone()]),
    ];
    let grids = [grid(
        "VAX_PRIMARY",
        &["2023-01", "2023-02", "2023-03"],
        &rows,
    )];
    let table = tables(&grids, (&[], &names()), (None, None)).remove(0);
    let what: Vec<&str> = table.notes.iter().map(|one| &*one.what).collect();
    assert_eq!(
        what,
        [
            "Hutt Valley, January 2023 and February 2023:",
            "Invercargill, 3 months from January 2023 to March 2023:"
        ]
    );
    let rows: [(&str, &[Mark]); 2] = [("HV", &[gone()]), ("IN", &[gone()])];
    let grids = [grid("VAX_PRIMARY", &["2023-01"], &rows)];
    let table = tables(&grids, (&[], &names()), (None, None)).remove(0);
    assert_eq!(table.notes.len(), 1);
    assert_eq!(
        table.notes[0].what,
        "Hutt Valley, Invercargill, January 2023:"
    );
}

#[test]
fn indicators_of_few_years_share_a_table_and_months_have_their_own() {
    let whole: (&str, &[Mark]) = ("HV", &[Mark::Whole, Mark::Whole]);
    let grids = [
        grid("ACTIVE_COMMUTE", &["2013", "2018"], &[whole]),
        grid("SMOKING", &["2006", "2018"], &[whole]),
        grid("VAX_PRIMARY", &["2023-01", "2023-02"], &[whole]),
    ];
    let tables = tables(&grids, (&[], &names()), (None, None));
    assert_eq!(tables.len(), 2);
    assert_eq!(tables[0].groups.len(), 2);
    // Both have the years of either, and the one without a report says so.
    let words: Vec<&str> = tables[0].rows[0]
        .cells
        .iter()
        .map(|cell| &*cell.words)
        .collect();
    let none = "no location reported it";
    assert_eq!(
        words,
        [
            none,
            "all areas",
            "all areas",
            "all areas",
            none,
            "all areas"
        ]
    );
}

#[test]
fn a_long_series_shows_its_end_and_leads_to_what_is_before() {
    let periods: Vec<String> = (0..30)
        .map(|at| format!("{}-{:02}", 2021 + at / 12, at % 12 + 1))
        .collect();
    let periods: Vec<&str> = periods.iter().map(String::as_str).collect();
    let marks = vec![Mark::Whole; 30];
    let grids = [grid("VAX_PRIMARY", &periods, &[("HV", &marks)])];
    let shown = |until: Option<&str>| {
        let until = until.map(|text| text.parse().unwrap());
        let table = tables(&grids, (&[], &names()), (until, None)).remove(0);
        let last = table.groups[0].periods.last().unwrap().words.clone();
        (table.groups[0].periods.len(), last, table.earlier)
    };
    let earlier = "/coverage?indicator=VAX_PRIMARY&until=2021-12".to_owned();
    assert_eq!(shown(None), (18, "June 2023".to_owned(), Some(earlier)));
    assert_eq!(
        shown(Some("2021-12")),
        (12, "December 2021".to_owned(), None)
    );
}

#[test]
fn what_is_not_collected_is_no_part_of_the_share() {
    let marks = [
        Mark::Whole,
        lacking(1, Status::Normal, ""),
        lacking(0, Status::NotCollected, ""),
    ];
    let grids = [grid(
        "VAX_PRIMARY",
        &["2023-01", "2023-02", "2023-03"],
        &[("HV", &marks)],
    )];
    assert_eq!(table::share(&grids), (1, 2));
}
