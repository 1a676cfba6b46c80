//! The base of a figure's denominators, kept so that figures of two periods can be compared; see
//! [`series`](super::series).

use super::{
    Level,
    coverage::LISTED_MAX,
    network::Network,
    places::PlaceSet,
    series::{Base, Bases},
    tally::{Part, Row, Tally},
};
use crate::{
    model::number::Number,
    text::listed,
    validation::{question::GROWTH, slips::says_base_changed},
};

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

/// The bases of the network's cell that is made from sums.
pub(super) fn summed(tally: &Tally<'_>) -> Bases {
    let groups = || tally.groups.iter().filter(|group| group.part.contributes());
    let rows = || tally.rows.iter().filter(|row| row.contributes());
    let Some(rest) = tally
        .rest
        .as_ref()
        .filter(|_| !rows().any(Row::is_contested))
    else {
        return Bases::Listed(bases(tally));
    };
    let numbers = rows().map(|row| row.denominator);
    let numbers: Vec<_> = numbers
        .chain(groups().map(|group| group.denominator))
        .collect();
    let known: Vec<Number> = numbers.iter().copied().flatten().collect();
    let is_growth = rows()
        .flat_map(|row| &row.stated)
        .any(|stated| stated.statement.confirmed.contains(GROWTH));
    let places: PlaceSet = rows().map(|row| rest.expected.place(row.rank)).collect();
    let places = groups().fold(places, |all, group| all.union(&group.sum.places));
    let areas = rest.expected.as_areas(&places);
    let whole = !is_growth && (known.is_empty() || known.len() == numbers.len());
    if groups().next().is_none() && !(whole && areas.is_some()) {
        return Bases::Listed(bases(tally));
    }
    Bases::Summed {
        whole: whole && areas.is_some(),
        denominator: (!known.is_empty()).then(|| known.into_iter().sum()),
        areas: areas.unwrap_or(places),
    }
}

/// Says that the base changed in this very period, and why; `None` if it did not.
pub(super) fn base_changed(tally: &Tally<'_>, network: &Network) -> Option<String> {
    let settings = tally.definition.and_then(|one| network.settings(one));
    let change = settings.and_then(|one| one.base_changed(None, tally.key.period));
    let mut words: Vec<String> = Vec::new();
    if tally.parts().any(Part::contributes) {
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
