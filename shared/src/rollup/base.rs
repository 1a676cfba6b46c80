//! The base of a figure's denominators, kept so that figures of two periods can be compared; see
//! [`series`](super::series).

use super::{
    Level,
    coverage::LISTED_MAX,
    network::Network,
    series::Base,
    tally::{Row, Tally},
};
use crate::{text::listed, validation::slips::says_base_changed};

/// The areas that contribute to a figure, sorted by code; none if it is contested.
pub(super) fn bases(tally: &Tally<'_>) -> Vec<Base> {
    let contributing = tally.rows.iter().filter(|row| row.contributes());
    let bases = contributing.map(|row| match row.stated.as_slice() {
        [stated] => Some(Base::of(&row.area, &stated.statement)),
        [] | [_, _, ..] => None,
    });
    let mut bases = bases.collect::<Option<Vec<_>>>().unwrap_or_default();
    bases.sort_by(|a, b| a.area.cmp(&b.area));
    bases
}

/// Says that the base changed in this very period, and why; `None` if it did not.
pub(super) fn base_changed(tally: &Tally<'_>, network: &Network) -> Option<String> {
    let settings = tally.definition.and_then(|one| network.settings(one));
    let change = settings.and_then(|one| one.base_changed(None, tally.key.period));
    let mut words: Vec<String> = Vec::new();
    if tally.rows.iter().any(Row::contributes) {
        words.extend(change.map(|change| change.reason.clone()));
    }
    words.extend(stated(tally));
    (!words.is_empty()).then(|| format!("base changed: {}", words.join(", ")))
}

/// The locations, or areas of one, that stated it with their figures.
fn stated(tally: &Tally<'_>) -> Option<String> {
    let stated = tally
        .rows
        .iter()
        .filter(|row| row.contributes() && says(row));
    let mut names: Vec<String> = stated
        .map(|row| match tally.key.level {
            Level::Network => row.member.code.to_string(),
            Level::Location(_) => row.area.to_string(),
        })
        .collect();
    names.dedup();
    (!names.is_empty()).then(|| format!("as stated for {}", listed(&names, LISTED_MAX)))
}

fn says(row: &Row<'_>) -> bool {
    let mut stated = row.stated.iter();
    stated.any(|one| says_base_changed(&one.statement))
}
