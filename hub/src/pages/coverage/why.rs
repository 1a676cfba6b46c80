//! Why something is missing, in words: the same reason once, with its locations and periods.

use std::collections::BTreeMap;

use weft_shared::{
    id::LocationCode,
    period::{Frequency, Period},
    text::{listed, sentence},
};

use super::table::Names;
use crate::figures::{Grid, Mark};

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The place and the time: "Hutt Valley, 8 months from December 2021 to July 2022".
    pub(super) what: String,
    pub(super) words: String,
}

/// The reasons in a table, and the number of those that are left out.
pub(super) fn notes(
    grids: &[&Grid],
    titles: &[&str],
    names: &Names,
    periods: &[Period],
) -> (Vec<Note>, usize) {
    let mut notes = Vec::new();
    for (grid, title) in grids.iter().zip(titles) {
        let mut reasons: BTreeMap<(&LocationCode, &str), Vec<Period>> = BTreeMap::new();
        for (code, marks) in &grid.rows {
            for (period, mark) in grid.periods.iter().zip(marks) {
                if let Mark::Lacking { why, .. } = mark
                    && !why.is_empty()
                    && periods.contains(period)
                {
                    reasons.entry((code, why)).or_default().push(*period);
                }
            }
        }
        // Locations that share a reason in the same periods share a note.
        let mut together: BTreeMap<(Vec<Period>, &str), Vec<&LocationCode>> = BTreeMap::new();
        for ((code, why), periods) in reasons {
            together.entry((periods, why)).or_default().push(code);
        }
        let mut of_grid: Vec<_> = together.into_iter().collect();
        of_grid.sort_by(|((periods, _), codes), ((other, _), others)| {
            (codes, periods).cmp(&(others, other))
        });
        let several = grids.len() > 1;
        notes.extend(of_grid.into_iter().map(|((periods, why), codes)| {
            let places: Vec<String> = codes.iter().map(|code| names.location(code)).collect();
            let places = listed(&places, PLACES_MAX);
            let indicator = match several {
                true => format!("{title}: "),
                false => String::new(),
            };
            Note {
                what: format!("{indicator}{places}, {}:", span(&periods)),
                words: sentence(&names.in_words(why)),
            }
        }));
    }
    let more = notes.len().saturating_sub(NOTES_MAX);
    notes.truncate(NOTES_MAX);
    (notes, more)
}

/// Names periods: alone, both of two, or their number with the first and the last. Only those
/// without a gap go "from" one "to" the other.
pub(super) fn span(periods: &[Period]) -> String {
    let noun = |frequency: Frequency| match frequency {
        Frequency::PooledYears | Frequency::Year | Frequency::FiscalYear => "years",
        Frequency::Quarter => "quarters",
        Frequency::Month => "months",
        Frequency::Week => "weeks",
    };
    match periods {
        [] => String::new(),
        [only] => only.words(),
        [first, last] => format!("{} and {}", first.words(), last.words()),
        [first, .., last] => {
            let (from, to) = (first.words(), last.words());
            let count = format!("{} {}", periods.len(), noun(first.frequency()));
            let mut pairs = periods.windows(2);
            match pairs.all(|pair| pair[0].next() == Some(pair[1])) {
                true => format!("{count} from {from} to {to}"),
                false => format!("{count} between {from} and {to}"),
            }
        }
    }
}

/// Reasons below one table.
const NOTES_MAX: usize = 12;
/// Locations named in one of them.
const PLACES_MAX: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_with_a_gap_go_from_none_to_none() {
        for (periods, named) in [
            (&["2022-01"][..], "January 2022"),
            (&["2022-01", "2023-01"], "January 2022 and January 2023"),
            (
                &["2022-01", "2022-02", "2022-03"],
                "3 months from January 2022 to March 2022",
            ),
            (
                &["2022-01", "2022-02", "2022-04"],
                "3 months between January 2022 and April 2022",
            ),
        ] {
            let periods: Vec<Period> = periods.iter().map(|one| one.parse().unwrap()).collect();
            assert_eq!(span(&periods), named);
        }
    }
}
