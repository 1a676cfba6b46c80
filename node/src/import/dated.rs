//! Compares the day of a row's source with that of the current value's source.

use weft_shared::{
    model::{label::folded, observation::Statement},
    period::{Date, Period},
    text::counted,
};

/// The words before the source's day in a method.
const AS_AT: &str = "as at ";

/// A statement's method with the day of its source.
pub(super) fn method_of(day: &str) -> String {
    format!("{AS_AT}{day}")
}

/// Returns a warning if the row's day is not the current value's, and not later. Returns `None` if
/// either has no day.
pub(super) fn earlier(as_at: Option<&str>, standing: &[Statement]) -> Option<String> {
    let ours = as_at?;
    let mut stands = standing
        .iter()
        .filter_map(|one| day_of(one.method.as_deref()?));
    stands.find_map(|stands| match (day(ours), day(stands)) {
        (Some(day), Some(later)) => (day < later).then(|| {
            let days = counted(i64::from((later - day).get_days()), "day", "days");
            format!("as at {ours}, {days} before what stands")
        }),
        // If a day is in words, there is no telling which is later.
        (Some(_) | None, Some(_) | None) => {
            let words = format!("as at {ours}, and what stands as at {stands}");
            (folded(ours) != folded(stands)).then_some(words)
        }
    })
}

/// The day in a method, such as `as at 2024-05-03; published as <5`.
fn day_of(method: &str) -> Option<&str> {
    let mut parts = method.split("; ");
    parts.find_map(|part| part.strip_prefix(AS_AT))
}

fn day(text: &str) -> Option<Date> {
    let period = || Some(text.parse::<Period>().ok()?.start());
    text.parse::<Date>().ok().or_else(period)
}

#[cfg(test)]
mod tests {
    use weft_shared::{
        id::DefinitionHash,
        model::{Audience, observation::Status},
    };

    use super::*;

    #[test]
    fn a_row_is_earlier_by_the_day_of_its_source() {
        let stands = |method: &str| Statement {
            method: Some(method.to_owned()),
            ..Statement::without_figure(
                DefinitionHash::new([0; 32]),
                Status::Missing,
                Audience::Team,
            )
        };
        for (ours, method, is_earlier) in [
            ("2024-02-01", "as at 2024-05-03", true),
            (
                "2024-02-01",
                "by hand; as at 2024-05-03; denominator published as c",
                true,
            ),
            ("2024-02", "as at 2024-05", true),
            ("2024-05-03", "as at 2024-05-03", false),
            ("2024-05-04", "as at 2024-05-03", false),
            ("3 May 2024", "as at 3 may 2024", false),
            ("3 May 2024", "as at 4 May 2024", true),
            ("2024-05-04", "by hand", false),
        ] {
            let told = earlier(Some(ours), &[stands(method)]);
            assert_eq!(told.is_some(), is_earlier, "{ours} {method}");
        }
        assert_eq!(earlier(None, &[stands("as at 2024-05-03")]), None);
    }
}
