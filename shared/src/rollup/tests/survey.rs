//! Survey values are shown with their interval and never added up.

use super::*;
use crate::{
    model::{indicator::Adjustment, observation::Breakdown},
    rollup::{Cell, Slice, cells},
};

/// The cells of two locations, one with two areas, that state `figure` with an interval.
fn check(definition: &Definition, figure: &str, period: &str, interval: bool) -> Vec<Cell> {
    let areas: [&[(&str, &str)]; 2] = [&[("ONE", "One")], &[("TWO", "Two"), ("TRE", "Three")]];
    let members: Vec<Member> = ["AA", "BB"]
        .iter()
        .zip(areas)
        .map(|(code, areas)| member(code, code, areas, &[definition]))
        .collect();
    let mut facts = Vec::new();
    for (code, area) in [("AA", "ONE"), ("BB", "TWO"), ("BB", "TRE")] {
        let mut stated = statement(definition, figure, "A");
        if interval {
            stated.lower = Some("10.5".parse().unwrap());
            stated.upper = Some("30.25".parse().unwrap());
        }
        let key = format!("{}/{area}/{period}/total", definition.code);
        let code = LocationCode::parse(code).unwrap();
        facts.push(fact(&code, key.parse().unwrap(), vec![stated]));
    }
    let slice = Slice {
        indicator: definition.code.clone(),
        period: period.parse().unwrap(),
        breakdown: Breakdown::Total,
    };
    cells(&slice, &facts, &Network::new(members, [definition.clone()]))
}

/// Checks that a value of one area is shown, and that of several there is no figure.
fn is_shown_alone(cells: &[Cell]) {
    let [alone, several, network] = cells else {
        panic!("{cells:?}");
    };
    assert!(alone.value.is_some(), "{alone:?}");
    for added in [several, network] {
        assert_eq!(
            (added.value, added.numerator, added.lower),
            (None, None, None)
        );
        assert_eq!(added.status, Status::CannotExist);
        let reason = &added.status_reason;
        assert!(reason.contains("a value that cannot be added"), "{reason}");
    }
}

#[test]
fn what_a_survey_estimates_is_never_added_up() {
    let all = definitions();
    let share = all
        .iter()
        .find(|one| one.code.as_str() == "HEAT_MAIN")
        .unwrap();
    let added = check(share, "20/80", "2018", false);
    assert!(
        added.iter().all(|cell| cell.value.is_some()),
        "a census is added up"
    );
    for figure in ["20/80", "=25"] {
        let cells = check(share, figure, "2018", true);
        is_shown_alone(&cells);
        let row = cells[0].json();
        assert_eq!(row["lower"].to_string(), "10.5");
        assert_eq!(row["upper"].to_string(), "30.25");
    }
    is_shown_alone(&check(share, "20/80", "Y2017-2020", false));
    let adjusted = Definition {
        adjustment: Adjustment::AgeStandardised,
        ..share.clone()
    };
    is_shown_alone(&check(&adjusted, "20/80", "2018", false));
}
