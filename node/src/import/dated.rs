//! How a row compares in time with what stands: a source has a day on which it stood like that.

use weft_shared::{
    model::{counted, label::folded, observation::Statement},
    period::{Date, Period},
};

/// How a method says on which day its source stood like that.
const AS_AT: &str = "as at ";

/// What a statement's method says of the day of its source.
pub(super) fn method_of(day: &str) -> String {
    format!("{AS_AT}{day}")
}

/// Says that a row is not as at the day of what stands, and not as at a later one; nothing where
/// either gives none.
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
        // Which of two days in words is the later one cannot be told.
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
