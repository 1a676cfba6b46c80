//! The locations whose own figures are whole, from sums alone.

use super::{
    Level,
    expected::Expected,
    found::Found,
    network::Network,
    places::PlaceSet,
    sums::{AmountKind, Parts, Sum},
    tally::{Tally, is_added, is_adjusted},
};
use crate::{id::LocationCode, model::indicator::Definition, period::Frequency};

/// The locations that count, by code, each with whether every one of its areas has its part in the
/// location's own figure. Of the others that is not known: their cells must be made from facts.
/// `None` if no one reported anything about the slice.
#[must_use]
pub fn whole_locations<'e>(
    parts: &Parts,
    expected: &'e Expected,
) -> Option<Vec<(&'e LocationCode, bool)>> {
    let Parts {
        slice,
        sums,
        listed,
    } = parts;
    let network = expected.network();
    let key = slice.at(Level::Network);
    Tally::of_sums(&key, sums, &Found::of(slice, listed, network), expected)?;
    let day = expected.day(slice.period.end());
    let shown = sums.iter().filter(|sum| {
        let definition = shown(sum, network);
        definition.is_some_and(|one| one.code == slice.indicator)
    });
    let shown: Vec<&Sum> = shown.collect();
    let alone = shown.iter().fold(PlaceSet::default(), |all, sum| {
        all.union(&sum.places.common(&day.places))
    });
    // Figures that may be added, of areas that are all counted the same way.
    let is_pooled = slice.period.frequency() == Frequency::PooledYears;
    let together = shown.iter().filter(|sum| {
        let is_figure = matches!(sum.amount, AmountKind::Share | AmountKind::Count);
        let definition = network.definition(&sum.definition);
        let is_added = definition.is_some_and(|one| is_added(one) && !is_adjusted(one));
        is_figure && is_added && !is_pooled
    });
    let together: Vec<&&Sum> = together.collect();
    let locations = (0..expected.n_members()).map(|member| {
        let (code, places) = expected.member(member);
        let mut places = places.filter(|place| day.places.contains(*place));
        let is_whole = match day.areas[member] {
            0 => false,
            1 => places.all(|place| alone.contains(place)),
            _ => together
                .iter()
                .any(|sum| places.clone().all(|place| sum.places.contains(place))),
        };
        (code, is_whole)
    });
    Some(locations.collect())
}

/// The definition of a sum of figures.
fn shown<'n>(sum: &Sum, network: &'n Network) -> Option<&'n Definition> {
    match sum.amount {
        AmountKind::Share | AmountKind::Count | AmountKind::Value | AmountKind::Survey => {
            network.definition(&sum.definition)
        }
        AmountKind::None | AmountKind::Odd => None,
    }
}
