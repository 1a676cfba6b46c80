//! An entry point for tests that try all kinds of files on the import. It touches nothing.

use std::collections::BTreeMap;

use weft_shared::{
    id::LocationCode,
    model::{indicator::Definition, profile::Place},
    period::Date,
};

use super::{Context, Indicator, Options};

/// Reads a file of values as `import` would, for a location that has adopted and stated nothing.
/// Returns the number of observations that it would state.
///
/// # Errors
/// Returns the number of reasons if the file is refused.
pub fn try_file(known: &[Definition], place: &Place, bytes: &[u8]) -> Result<usize, usize> {
    let code = LocationCode::parse("FN").map_err(|_| 0_usize)?;
    let indicators = known
        .iter()
        .map(|one| (one.code.clone(), Indicator::new(one, None)));
    let context = Context {
        code: &code,
        place,
        indicators: indicators.collect(),
        existing: &BTreeMap::new(),
        notes: &BTreeMap::new(),
        remembered: &BTreeMap::new(),
        audience: None,
        today: Date::constant(2026, 11, 26),
    };
    // A guess about columns is taken, so that it is tried too.
    let mut options = Options::default();
    options.columns.confirmed = true;
    let plan = super::plan(bytes, &context, &options);
    plan.map(|plan| plan.changes.len())
        .map_err(|refused| refused.problems.len())
}
