//! Commas and points in the numbers of a file: each column shows how to read them, before any row
//! is read.

use std::collections::BTreeMap;

use weft_shared::{
    id::IndicatorCode,
    validation::{
        question::Answers,
        signs::{Column, Expected},
    },
};

use super::{Context, sheet::Sheet};

/// The columns of figures, in the order of [`Expected::of`].
const FIGURES: [&str; 3] = ["numerator", "denominator", "value"];

/// The findings about a file, by line.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// Numbers with two readings, in words.
    pub(super) doubts: BTreeMap<u64, Vec<String>>,
}

/// Rewrites the numbers of a file in one notation: a point before decimals, and nothing between
/// thousands. Other text stays as it is.
pub(super) fn settle(sheet: &mut Sheet, context: &Context<'_>, answers: &Answers) -> Signs {
    let mut signs = Signs::default();
    for (at, name) in FIGURES.into_iter().enumerate() {
        let fields: Vec<(u64, String, Expected)> = sheet
            .rows
            .iter()
            .map(|row| {
                let code: Option<IndicatorCode> = sheet.field(row, "indicator_code").parse().ok();
                let indicator = code.and_then(|code| context.indicators.get(&code));
                let expected = indicator.map(|one| Expected::of(one.definition)[at]);
                let field = sheet.field(row, name).to_owned();
                (row.line, field, expected.unwrap_or(Expected::Any))
            })
            .collect();
        let mut column = Column::default();
        for (line, text, expected) in &fields {
            column.see(*line, text, *expected);
        }
        for (place, (line, text, expected)) in fields.iter().enumerate() {
            if !text.contains([',', '.']) {
                continue;
            }
            let Ok(read) = column.read(text, *expected, answers) else {
                continue;
            };
            if let Some(words) = read.doubt_words(name, text) {
                signs.doubts.entry(*line).or_default().push(words);
            }
            sheet.replace(place, name, &read.number.to_string());
        }
    }
    signs
}
