//! Misplaced quotes, and the rows that must not vanish with them.

use proptest::prelude::*;

use super::*;

const NOTED: &str = "indicator_code,area_code,breakdown,breakdown_value,period,numerator,\
                     denominator,note\n";

fn noted(rows: &str) -> Result<Plan, Refused> {
    let file = format!("{NOTED}{rows}");
    run(file.as_bytes(), &BTreeMap::new(), SKIP, None)
}

fn first_problem(rows: &str) -> (u64, String) {
    let refused = noted(rows).expect_err(rows);
    let problem = &refused.problems[0];
    (problem.line, problem.message.clone())
}

const ROW: &str = "VAX_PRIMARY,WAIROA,age,12+,2023-01,1,2,";
const NEXT: &str = "VAX_PRIMARY,WAIROA,age,12+,2023-02,1,2,";
const LAST: &str = "VAX_PRIMARY,WAIROA,age,12+,2023-03,1,2,";

#[test]
fn a_quote_that_takes_rows_into_a_field_names_its_line() {
    for (rows, line, words) in [
        // It closes in the middle of another row.
        (
            format!("{ROW}\"new pool\n{NEXT}\n{LAST}\"closed\"\n"),
            2,
            "closes on line 4",
        ),
        // It closes where a field ends, so that the record looks whole.
        (
            format!("{ROW}\"new pool\n{NEXT}5\"\n{LAST}\n"),
            2,
            "closes on line 3",
        ),
        (
            format!("{ROW}x\n\"{NEXT}\n{LAST}\"\n"),
            3,
            "closes on line 4",
        ),
        // It is never closed.
        (format!("{ROW}\n{NEXT}\"x\n{LAST}\n"), 3, "never closed"),
        (format!("{ROW}\n{NEXT}\n{LAST}\"x"), 4, "never closed"),
        (
            format!("{ROW}\"first\nsecond\"\n{NEXT}\"x\n{LAST}\n"),
            4,
            "never closed",
        ),
    ] {
        let (at, message) = first_problem(&rows);
        assert_eq!(at, line, "{rows}{message}");
        assert!(message.contains(words), "{rows}{message}");
    }
}

#[test]
fn a_quote_within_a_field_is_text_on_every_line() {
    let plan = noted(&format!("{ROW}4\" hose\n{NEXT}5\" hose\n{LAST}6\"")).unwrap();
    let notes: Vec<_> = plan.changes.iter().map(|one| one.note.as_deref()).collect();
    assert_eq!(notes, [Some("4\" hose"), Some("5\" hose"), Some("6\"")]);
    let plan = noted(&format!("{ROW}\"4\"\" hose\"\n{NEXT}\"one\ntwo, three\"\n")).unwrap();
    let notes: Vec<_> = plan.changes.iter().map(|one| one.note.as_deref()).collect();
    assert_eq!(notes, [Some("4\" hose"), Some("one\ntwo, three")]);
    // There is no telling which quote closes the field, so only this row is left out.
    let plan = noted(&format!("{ROW}\"4\" hose\"\n{NEXT}\n")).unwrap();
    assert_eq!((plan.changes.len(), plan.invalid.len()), (1, 1));
    assert_eq!(plan.invalid[0].line, 2);
    assert!(plan.invalid[0].message.contains("written twice"));
}

#[test]
fn a_row_that_is_in_quotes_as_a_whole_is_a_problem_and_no_footnote() {
    let file = format!("{ROW}\n\"{LAST}two words\"\n");
    let plan = noted(&file).unwrap();
    assert_eq!((plan.changes.len(), plan.invalid.len()), (1, 1));
    let problem = &plan.invalid[0];
    assert_eq!(problem.line, 3);
    let words = "1 field instead of 8";
    assert!(problem.message.contains(words), "{}", problem.message);
    // A sentence has a space after its comma, and a year in it is no figure.
    let plan = noted(&format!("{ROW}\n\"Source: A, b, c, d, e, f, g, 2018\"\n")).unwrap();
    assert_eq!(plan.changes.len(), 1);
}

#[test]
fn a_header_with_an_open_quote_is_refused() {
    for header in [
        "indicator_code,area_code,period,numerator,\"note\n",
        "indicator_code,area_code,period,numerator,\"note\nVAX_PRIMARY,WAIROA,2023-01,1,x\"\n",
    ] {
        let file = format!("{header}VAX_PRIMARY,WAIROA,2023-02,1,x\n");
        let refused = run(file.as_bytes(), &BTreeMap::new(), SKIP, None).unwrap_err();
        assert_eq!(refused.problems[0].line, 1, "{header}");
        assert!(refused.problems[0].message.contains("quote"), "{header}");
    }
}

proptest! {
    /// With one or two quotes anywhere, the file is refused with a line, or each row is counted.
    #[test]
    fn no_row_is_swallowed(
        notes in prop::collection::vec("[a-z ]{0,8}", 1..8),
        places in prop::collection::vec((0_usize..8, 0_usize..60), 1..3),
    ) {
        let mut rows: Vec<String> = notes
            .iter()
            .enumerate()
            .map(|(at, note)| format!("VAX_PRIMARY,WAIROA,age,12+,2023-{:02},1,2,{note}", at + 1))
            .collect();
        for (row, place) in places {
            let row = row % rows.len();
            let text = &mut rows[row];
            text.insert(place.min(text.len()), '"');
        }
        match noted(&(rows.join("\n") + "\n")) {
            Err(refused) => prop_assert!(refused.problems.iter().all(|one| one.line > 1)),
            Ok(plan) => prop_assert_eq!(
                plan.changes.len() + plan.rows_with_problems(),
                rows.len(),
                "{:?}",
                rows
            ),
        }
    }
}
