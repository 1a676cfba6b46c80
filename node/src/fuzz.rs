//! A door for tests that try files of all kinds on the import. It touches nothing.

use std::collections::BTreeMap;

use weft_shared::{
    id::LocationCode,
    model::{indicator::Definition, profile::Place},
    period::Date,
};

use crate::import::{self, Context, Indicator, Options};

/// Reads a file of values as `import` would, for a location that has adopted nothing and stated
/// nothing. Returns how many observations it would state.
///
/// # Errors
/// If the file is refused; the number says for how many reasons.
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
        audience: None,
        today: Date::constant(2026, 11, 26),
    };
    let plan = import::plan(bytes, &context, &Options::default());
    plan.map(|plan| plan.changes.len())
        .map_err(|refused| refused.problems.len())
}
