//! Checks of a target against the definition of its indicator.

use super::breakdown;
use crate::model::{
    indicator::{Definition, IndicatorType},
    number::Number,
    observation::Breakdown,
    record::{FieldProblem, FieldValue, Fields},
};

/// The problem with a target's value and its part of the population. Hub and node refuse the
/// same.
#[must_use]
pub fn target(fields: &Fields, definition: &Definition) -> Vec<FieldProblem> {
    let text = |key: &str| {
        let text = fields.get(key).and_then(FieldValue::text);
        text.unwrap_or_default().trim()
    };
    let part = text("breakdown");
    let declared = definition.breakdowns.keys().map(String::as_str);
    let part = match Breakdown::from_typed(part, declared) {
        Ok(part) => breakdown(&part, definition).map(|wrong| wrong.to_string()),
        Err(error) => Some(error.to_string()),
    };
    let value = text("value").parse().ok();
    let value = value.and_then(|value| range(value, definition));
    let problem = |field: &str, message: Option<String>| {
        message.map(|message| FieldProblem {
            field: field.to_owned(),
            message,
        })
    };
    let problems = [problem("value", value), problem("breakdown", part)];
    problems.into_iter().flatten().collect()
}

/// Says why no figure of the indicator could have this value.
fn range(value: Number, definition: &Definition) -> Option<String> {
    let code = &definition.code;
    let (kind, factor) = (definition.kind, definition.factor);
    let counts = matches!(
        kind,
        IndicatorType::Count | IndicatorType::Proportion | IndicatorType::Rate
    );
    if counts && value.is_negative() {
        return Some(format!(
            "{value} is below zero, and no figure of {code} can be"
        ));
    }
    (kind == IndicatorType::Proportion && value > factor)
        .then(|| format!("{value} is above {factor}, which is all of them"))
}
