//! The meaning of a definition, in words.

use weft_shared::model::indicator::{Definition, IndicatorType, RollupRule};

use super::words::Measure;

/// Describes a definition in the words of its form.
pub(super) fn meaning(one: &Definition) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Type", one.kind.label().to_owned()),
        ("Figures in", Measure::of(one).axis),
        ("What is counted", one.unit.clone()),
    ];
    facts.extend(one.numerator.clone().map(|text| ("Numerator", text)));
    facts.extend(one.denominator.clone().map(|text| ("Denominator", text)));
    facts.push(("Better", one.direction.label().to_owned()));
    facts.push(("Reported each", one.period.as_str().replace('_', " ")));
    facts.push(("Answers for", one.accountability.label().to_owned()));
    facts.push(("Asks", one.class.label().to_owned()));
    facts.push((
        "Source",
        one.source.clone().unwrap_or_else(|| "not said".to_owned()),
    ));
    if let Some(from) = &one.from {
        let words = format!(
            "version {}: {}. {}",
            from.version,
            from.kind.label(),
            from.reason
        );
        facts.push(("Follows", words));
    }
    facts
}

/// Describes how figures of several areas are combined.
pub(super) fn rule(one: &Definition) -> String {
    if one.rollup == RollupRule::None {
        return "Its definition says that it is never rolled up.".to_owned();
    }
    match one.kind {
        IndicatorType::Count => "The counts of all areas are added.".to_owned(),
        IndicatorType::Proportion | IndicatorType::Rate => format!(
            "The numerators of all areas are added, and their denominators; one sum is divided by \
             the other and multiplied by {}. A row without a numerator adds neither. Percentages \
             are never averaged.",
            one.factor
        ),
        IndicatorType::Mean => {
            "What was measured is added over all areas and divided by how many were measured."
                .to_owned()
        }
        IndicatorType::Ordinal => {
            "It says how many have which value; ranks are never averaged.".to_owned()
        }
        IndicatorType::Index => "An index is never rolled up.".to_owned(),
    }
}
