//! Days of records that do not fit the day on which they are written.

use super::{FieldProblem, Fields, RecordKind};
use crate::{
    model::form::problem,
    period::{Date, Period, day_words},
};

impl RecordKind {
    /// The problems with days of these fields, as of `today`: a day to come that has passed, such
    /// as that of an answer, and a review of a time to come. The next review may have been held
    /// already when an earlier one is written down. Days that the record said `before`
    /// stay as they are, and days that cannot be read have other problems.
    #[must_use]
    pub fn untimely(self, fields: &Fields, before: &Fields, today: Date) -> Vec<FieldProblem> {
        let new = |key: &str| {
            let text = |of: &Fields| of.get(key)?.text().map(|text| text.trim().to_owned());
            text(fields).filter(|said| text(before).as_ref() != Some(said))
        };
        let to_come = [
            (Self::Item, "answer_by"),
            (Self::Item, "closes"),
            (Self::Opportunity, "needed_by"),
        ];
        let to_come = to_come.iter().filter(|(kind, _)| *kind == self);
        let day = |key: &str| new(key)?.parse::<Date>().ok();
        let mut problems = Vec::new();
        for (_, key) in to_come {
            if day(key).is_some_and(|on| on < today) {
                let message = format!("that day has passed: today is {}", day_words(today));
                problems.push(problem(key, message));
            }
        }
        if self == Self::Review {
            if let Some(on) = day("on").filter(|on| *on > today) {
                let message =
                    format!("{on} has not come yet: a review is written once it was held");
                problems.push(problem("on", message));
            }
            let period = new("period").and_then(|text| text.parse::<Period>().ok());
            if let Some(period) = period.filter(|period| period.start() > today) {
                let message = format!(
                    "{period} has not begun: a review looks back, so name a time that has begun"
                );
                problems.push(problem("period", message));
            }
        }
        problems
    }
}

/// The stored form of a day. One of a year such as 26 is a slip, and would lead all lists.
pub(super) fn stored(text: &str) -> Result<String, String> {
    let day = text.parse::<Date>();
    let day = day.map_err(|_| format!("\"{text}\" is not a day: write it as 2026-11-21"))?;
    match day.year() < YEAR_MIN {
        true => Err(format!(
            "\"{text}\" is of the year {}: write the year in full, as in 2026-11-21",
            day.year()
        )),
        false => Ok(day.to_string()),
    }
}

/// The first year of which a record has days.
const YEAR_MIN: i16 = 1800;

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(given: &[(&str, &str)]) -> Fields {
        let given = given.iter();
        given
            .map(|(key, text)| ((*key).to_owned(), (*text).into()))
            .collect()
    }

    #[test]
    fn days_that_have_passed_or_not_begun_are_named_unless_they_were_said_before() {
        let today = "2026-11-28".parse().unwrap();
        let check = |kind: RecordKind, given: &[(&str, &str)], before: &[(&str, &str)]| {
            let found = kind.untimely(&fields(given), &fields(before), today);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            found.join("\n")
        };
        let passed = |key: &str| format!("{key}: that day has passed: today is 28 November 2026");
        for (kind, key) in [
            (RecordKind::Item, "answer_by"),
            (RecordKind::Item, "closes"),
            (RecordKind::Opportunity, "needed_by"),
        ] {
            assert_eq!(check(kind, &[(key, "2026-11-27")], &[]), passed(key));
            assert_eq!(check(kind, &[(key, "2026-11-28")], &[]), "");
            let stood = [(key, "2026-11-27")];
            assert_eq!(check(kind, &stood, &stood), "", "it stood before");
            assert_eq!(check(RecordKind::Action, &[(key, "2026-11-27")], &[]), "");
        }
        let review = |key, text| check(RecordKind::Review, &[(key, text)], &[]);
        assert_eq!(review("on", "2026-11-28"), "");
        assert!(review("on", "2026-11-29").contains("has not come yet"));
        assert_eq!(review("period", "FY2027"), "", "it has begun");
        assert!(review("period", "FY2028").contains("FY2028 has not begun"));
    }

    #[test]
    fn a_review_of_the_past_that_is_written_now_may_name_a_next_day_that_has_passed() {
        let today = "2026-11-28".parse().unwrap();
        let past = fields(&[("on", "2026-05-20"), ("next", "2026-08-20")]);
        let found = RecordKind::Review.untimely(&past, &Fields::new(), today);
        assert_eq!(found, []);
    }

    #[test]
    fn the_next_review_comes_after_this_one() {
        let review = fields(&[
            ("question", "Example: what moved?"),
            ("period", "2026-Q3"),
            ("on", "2026-11-20"),
            ("decided", "Example: more"),
            ("next", "2026-11-20"),
        ]);
        let found = RecordKind::Review.check(&review, true).unwrap_err();
        assert_eq!(
            found[0].to_string(),
            "next: the next review comes after this one"
        );
    }

    #[test]
    fn a_year_is_written_in_full() {
        let words = "\"0026-11-21\" is of the year 26: write the year in full, as in 2026-11-21";
        assert_eq!(stored("0026-11-21").unwrap_err(), words);
        assert!(stored("1799-12-31").is_err());
        for day in ["1800-01-01", "9999-12-31"] {
            assert_eq!(stored(day).as_deref(), Ok(day));
        }
    }
}
