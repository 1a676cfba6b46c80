//! What pages read of the hub, in the order in which they show it.

use weft_shared::{id::IndicatorCode, model::indicator::Definition};

use crate::app::{AppError, AppHandle, Figure, LevelWord, RollupQuery};

/// The figures that fit, in the order of their keys. Counts all that was acknowledged before.
pub(crate) async fn figures(app: &AppHandle, query: RollupQuery) -> Result<Vec<Figure>, AppError> {
    let mut figures = app.rollup(query).await?.figures;
    figures.sort_by_cached_key(Figure::key);
    Ok(figures)
}

/// The same, each with what may be said of it.
pub(crate) async fn shown(app: &AppHandle, query: RollupQuery) -> Result<Vec<Figure>, AppError> {
    let mut figures = figures(app, query).await?;
    app.stand(&mut figures).await?;
    Ok(figures)
}

/// All figures of one indicator.
pub(crate) async fn of_indicator(
    app: &AppHandle,
    code: &IndicatorCode,
) -> Result<Vec<Figure>, AppError> {
    let query = RollupQuery {
        indicator: Some(code.clone()),
        ..RollupQuery::default()
    };
    shown(app, query).await
}

/// The figures of each location.
pub(crate) async fn of_locations(app: &AppHandle) -> Result<Vec<Figure>, AppError> {
    let query = RollupQuery {
        level: Some(LevelWord::Location),
        ..RollupQuery::default()
    };
    figures(app, query).await
}

/// The newest version of a definition.
pub(crate) fn newest<'a>(definitions: &'a [Definition], code: &str) -> Option<&'a Definition> {
    let versions = definitions.iter().filter(|one| one.code.as_str() == code);
    versions.max_by_key(|one| one.version)
}
