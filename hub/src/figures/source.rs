//! The data that pages read from the hub, in the order in which they show it.

use weft_shared::{id::IndicatorCode, model::indicator::Definition};

use super::{Figure, LevelWord, RollupQuery};
use crate::app::{AppError, AppHandle, Unrecorded};

/// Returns matching figures in the order of their keys. Counts everything acknowledged before.
pub(crate) async fn figures(
    app: &AppHandle,
    query: RollupQuery,
) -> Result<Unrecorded<Vec<Figure>>, AppError> {
    let found = app.rollup(query).await?;
    Ok(found.map(|answer| {
        let mut figures = answer.figures;
        figures.sort_by_cached_key(Figure::key);
        figures
    }))
}

/// Returns the same figures, each with its standing and coverage.
pub(crate) async fn standing(
    app: &AppHandle,
    query: RollupQuery,
) -> Result<Unrecorded<Vec<Figure>>, AppError> {
    let mut figures = figures(app, query).await?.unshown();
    app.stand(&mut figures).await?;
    Ok(Unrecorded::new(figures))
}

/// Returns all figures of one indicator.
pub(crate) async fn of_indicator(
    app: &AppHandle,
    code: &IndicatorCode,
) -> Result<Unrecorded<Vec<Figure>>, AppError> {
    let query = RollupQuery {
        indicator: Some(code.clone()),
        ..RollupQuery::default()
    };
    standing(app, query).await
}

/// Returns the figures of each location.
pub(crate) async fn of_locations(app: &AppHandle) -> Result<Unrecorded<Vec<Figure>>, AppError> {
    let query = RollupQuery {
        level: Some(LevelWord::Location),
        ..RollupQuery::default()
    };
    figures(app, query).await
}

/// Returns the newest version of a definition.
pub(crate) fn newest<'a>(definitions: &'a [Definition], code: &str) -> Option<&'a Definition> {
    let versions = definitions.iter().filter(|one| one.code.as_str() == code);
    versions.max_by_key(|one| one.version)
}
