//! The data that pages read from the hub, in the order in which they show it.

use weft_shared::{id::IndicatorCode, model::indicator::Definition};

use super::{Figure, LevelWord, RollupQuery};
use crate::app::{AppError, Counted, Unrecorded};

/// Returns matching figures in the order of their keys. Counts everything acknowledged before.
pub(crate) fn figures(
    at: &Counted<'_>,
    query: &RollupQuery,
) -> Result<Unrecorded<Vec<Figure>>, AppError> {
    Ok(at.rollup(query)?.map(|answer| answer.figures))
}

/// Returns the same figures, each with its standing and coverage.
pub(crate) fn standing(
    at: &Counted<'_>,
    query: &RollupQuery,
) -> Result<Unrecorded<Vec<Figure>>, AppError> {
    let mut figures = figures(at, query)?.unshown();
    at.stand(&mut figures)?;
    Ok(Unrecorded::new(figures))
}

/// Returns all figures of one indicator.
pub(crate) fn of_indicator(
    at: &Counted<'_>,
    code: &IndicatorCode,
) -> Result<Unrecorded<Vec<Figure>>, AppError> {
    let query = RollupQuery {
        indicator: Some(code.clone()),
        ..RollupQuery::default()
    };
    standing(at, &query)
}

/// Returns the figures of each location.
pub(crate) fn of_locations(at: &Counted<'_>) -> Result<Unrecorded<Vec<Figure>>, AppError> {
    let query = RollupQuery {
        level: Some(LevelWord::Location),
        ..RollupQuery::default()
    };
    figures(at, &query)
}

/// Returns the definitions that the network has, or had at the moment of the figures.
pub(crate) fn definitions(at: &Counted<'_>) -> Vec<Definition> {
    let mut all = at.definitions();
    if at.as_of.is_some() {
        all.retain(|one| at.network().definition(&one.hash()).is_some());
    }
    all
}

/// Returns the newest version of a definition.
pub(crate) fn newest<'a>(definitions: &'a [Definition], code: &str) -> Option<&'a Definition> {
    let versions = definitions.iter().filter(|one| one.code.as_str() == code);
    versions.max_by_key(|one| one.version)
}
