//! A location's own figure as a release would have it, as far as the location can tell: it knows
//! neither the figures of others nor how its counts are rounded.

use super::{
    cell::{Cell, Kind},
    profile::Profile,
    rows::raw_row_at,
    rules::small,
};
use crate::{
    id::LocationCode,
    model::indicator::{Protect, Rows},
    rollup::Level,
};

/// The numbers of which a release shows one in place of a count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The smallest.
    pub low: u64,
    /// The largest.
    pub high: u64,
}

/// A location's own figure in a release.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ours {
    /// It is in no release: it is no whole number from zero, or lacks its denominator.
    Nothing,
    /// It is added to the sum of all locations, and has no row.
    Added,
    /// Its row is empty, because it says too much about a few people.
    Withheld,
    /// It has a row.
    Row {
        /// The numerator, or the count; a mean shows none.
        numerator: Option<Span>,
        /// The denominator.
        denominator: Option<Span>,
    },
}

/// Returns what a first release would show of a cell's figure for `location`.
///
/// The rules are those of [`protect`](super::protect()) that rest on this figure alone. The audit
/// may withhold a row that this calls shown. If the cell was released before, its shown count may
/// lag: see [`Profile::revision_min`].
pub fn ours(profile: &Profile, cell: &Cell, location: &LocationCode) -> Ours {
    let row = raw_row_at(cell, &Level::Location(location.clone()));
    let Some(counts) = row.and_then(|row| row.counts) else {
        return Ours::Nothing;
    };
    let protects = cell.protect == Protect::Persons;
    match cell.rows {
        Rows::Network => Ours::Added,
        Rows::Locations if protects && small(profile, cell.kind, counts).is_some() => {
            Ours::Withheld
        }
        Rows::Locations => {
            let span = |count: u64| span(profile, count, protects);
            Ours::Row {
                numerator: counts
                    .numerator
                    .filter(|_| cell.kind != Kind::Mean)
                    .map(span),
                denominator: counts.denominator.map(span),
            }
        }
    }
}

/// The numbers that a count may be shown as, which are those that a shown count stands for.
fn span(profile: &Profile, count: u64, protects: bool) -> Span {
    let far = profile.base.saturating_sub(1);
    let least = if protects { profile.count_min } else { 0 };
    Span {
        low: count.saturating_sub(far).max(least),
        high: count.saturating_add(far),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disclosure::{
            Before, CellKey, Contributions, Counts, FRR3, Relations, SECRET_BYTES, Secret, protect,
        },
        model::{number::Number, observation::Breakdown},
    };

    fn code(text: &str) -> LocationCode {
        LocationCode::parse(text).unwrap()
    }

    fn cell(rows: Rows, kind: Kind, (numerator, denominator): (i64, i64)) -> Cell {
        let counts = Counts {
            numerator: numerator.into(),
            denominator: Some(denominator.into()),
        };
        let of = |name: &str| {
            let area = (name.parse().unwrap(), counts);
            (code(name), [area].into())
        };
        Cell {
            key: CellKey::new(
                "EX_VISITS/1".parse().unwrap(),
                "2024".parse().unwrap(),
                &Breakdown::default(),
            ),
            kind,
            factor: Number::from(100),
            rows,
            protect: Protect::Persons,
            contributions: ["FN", "RT", "WT"]
                .map(of)
                .into_iter()
                .collect::<Contributions>()
                .into(),
        }
    }

    #[test]
    fn a_team_sees_what_goes_out_and_what_does_not() {
        let span = |low, high| Some(Span { low, high });
        for (rows, kind, counts, is) in [
            (Rows::Network, Kind::Proportion, (300, 1_200), Ours::Added),
            (Rows::Network, Kind::Proportion, (-3, 1_200), Ours::Nothing),
            (
                Rows::Locations,
                Kind::Proportion,
                (5, 1_200),
                Ours::Withheld,
            ),
            (
                Rows::Locations,
                Kind::Proportion,
                (1_195, 1_200),
                Ours::Withheld,
            ),
            (
                Rows::Locations,
                Kind::Proportion,
                (300, 1_200),
                Ours::Row {
                    numerator: span(298, 302),
                    denominator: span(1_198, 1_202),
                },
            ),
            (
                Rows::Locations,
                Kind::Count,
                (6, 0),
                Ours::Row {
                    numerator: span(6, 8),
                    denominator: None,
                },
            ),
        ] {
            let said = ours(&FRR3, &cell(rows, kind, counts), &code("FN"));
            assert_eq!(said, is, "{rows} {counts:?}");
        }
    }

    #[test]
    fn a_release_keeps_to_what_the_team_was_shown() {
        let secret = Secret::new([7; SECRET_BYTES]);
        for numerator in 0..400 {
            let cell = cell(Rows::Locations, Kind::Proportion, (numerator, 400));
            let said = ours(&FRR3, &cell, &code("FN"));
            let (relations, before) = (Relations::default(), Before::default());
            let released = protect(&FRR3, &secret, &[cell], &relations, &before);
            let row = &released.rows[0];
            if let Ours::Row {
                numerator: Some(span),
                ..
            } = said
            {
                let shown = row.numerator.expect("the row is shown");
                assert!(
                    (span.low..=span.high).contains(&shown),
                    "{numerator}: {shown}"
                );
            } else {
                assert!(said == Ours::Withheld && row.withheld, "{numerator}");
            }
        }
    }
}
