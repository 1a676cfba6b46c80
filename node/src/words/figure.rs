//! The wording of indicator values: in words on pages, as stored in files.

use weft_shared::{
    id::AreaCode,
    model::{
        indicator::{Definition, IndicatorType, Measure},
        number::Number,
        observation::{Breakdown, Statement, Status},
        profile::Area,
        spelling::without_blanks,
    },
    rollup::cell::VALUE_DECIMALS,
    text::{grouped, percent_unbroken},
};

use super::status_words;

/// Decimals of a ratio on a page.
const DECIMALS: u32 = 1;

/// A statement on one line: `51,324 of 59,649 (86.0 %)`.
pub(crate) fn words(statement: &Statement, definition: Option<&Definition>) -> String {
    let number = |number: Number| grouped(&number.to_string());
    let figure = match (statement.numerator, statement.denominator, statement.value) {
        (Some(numerator), Some(denominator), _) => {
            let share = definition.and_then(|definition| ratio(numerator, denominator, definition));
            let share = share.map_or_else(String::new, |share| format!(" ({share})"));
            format!("{} of {}{share}", number(numerator), number(denominator))
        }
        (_, _, Some(value)) => {
            let in_percent = definition.is_some_and(is_percent);
            let value = number(value);
            if in_percent {
                percent_unbroken(value)
            } else {
                value
            }
        }
        (Some(numerator), None, None) => number(numerator),
        (None, Some(denominator), None) => format!("no figure, of {}", number(denominator)),
        (None, None, None) => String::new(),
    };
    let figure = match (statement.lower, statement.upper) {
        (Some(lower), Some(upper)) => format!("{figure} ({} to {})", number(lower), number(upper)),
        _ => figure,
    };
    match (statement.status, figure.is_empty()) {
        (Status::Normal, _) => figure,
        // As the button says that does it; the command is `observation retract`.
        (_, true) if statement.is_retraction() => "taken out".to_owned(),
        (_, true) => status_words(statement).to_owned(),
        (status, false) => format!("{figure}, {}", status.label()),
    }
}

/// A statement on one line, its numbers as they are stored: `51324 of 59649, normal`.
pub(crate) fn as_stored(statement: &Statement) -> String {
    let interval = match (statement.lower, statement.upper) {
        (Some(lower), Some(upper)) => format!(" ({lower} to {upper})"),
        _ => String::new(),
    };
    let status = status_words(statement);
    match (statement.numerator, statement.denominator, statement.value) {
        (Some(numerator), Some(denominator), _) => {
            format!("{numerator} of {denominator}{interval}, {status}")
        }
        (Some(number), None, _) | (None, _, Some(number)) => {
            format!("{number}{interval}, {status}")
        }
        (None, _, None) => match &statement.sign {
            Some(sign) => format!("{status}, published as {sign}"),
            None => status.to_owned(),
        },
    }
}

fn ratio(numerator: Number, denominator: Number, definition: &Definition) -> Option<String> {
    if !definition.kind.is_ratio() {
        return None;
    }
    let ratio = numerator.ratio(denominator, definition.factor, VALUE_DECIMALS)?;
    let in_percent = is_percent(definition);
    let shown = ratio.shown(DECIMALS, in_percent.then_some(definition.factor));
    Some(if in_percent {
        percent_unbroken(shown)
    } else {
        shown
    })
}

fn is_percent(definition: &Definition) -> bool {
    definition.measure() == Measure::Percent
}

/// Words of a figure, such as `48950 of 60463, provisional`, with the digits of each number in
/// groups.
pub(crate) fn grouped_words(words: &str) -> String {
    let of_number = |c: char| c.is_ascii_digit() || ['.', '-'].contains(&c);
    let pieces = words.split_inclusive(|c| !of_number(c)).map(|piece| {
        let (number, rest) = piece.split_at(piece.trim_end_matches(|c| !of_number(c)).len());
        match number.parse::<Number>() {
            Ok(_) => format!("{}{rest}", grouped(number)),
            Err(_) => piece.to_owned(),
        }
    });
    pieces.collect()
}

/// A number as typed, without the commas and blanks that group its digits.
pub(crate) fn ungrouped(text: &str) -> String {
    let text = without_blanks(text);
    let mut parts = text.split('.').next().unwrap_or("").split(',');
    let first = parts.next().unwrap_or("");
    let grouped = first.len() <= 3 && parts.all(|part| part.len() == 3);
    if grouped {
        text.replace(',', "")
    } else {
        text.into_owned()
    }
}

/// A breakdown as a column's heading.
pub(crate) fn heading(breakdown: &Breakdown) -> String {
    breakdown.words().unwrap_or_else(|| "Total".to_owned())
}

/// An area's name, or its code if the name is not known any more.
pub(crate) fn area_name(areas: &[Area], code: &AreaCode) -> String {
    let known = areas.iter().find(|area| area.code == *code);
    known.map_or_else(|| code.to_string(), |area| area.name.clone())
}

/// The size of a difference before rounding, and whether it is negative; `None` if there is none.
pub(crate) fn difference(definition: &Definition, amount: Number) -> Option<(String, bool)> {
    let size = if amount.is_negative() {
        Number::ZERO - amount
    } else {
        amount
    };
    if size == Number::ZERO {
        return None;
    }
    let words = grouped(&size.shown(value_decimals(definition), None));
    let words = match definition.measure() {
        Measure::Percent => format!("{words} points"),
        _ => words,
    };
    Some((words, amount.is_negative()))
}

/// A value with its unit.
pub(crate) fn with_unit(definition: &Definition, value: Number) -> String {
    let words = shown(definition, value);
    match definition.measure() {
        Measure::Percent => percent_unbroken(words),
        Measure::Share => words,
        Measure::Per(..) | Measure::Unit(_) => format!("{words} {}", definition.measure()),
    }
}

/// A value without its unit.
pub(crate) fn shown(definition: &Definition, value: Number) -> String {
    let all = (definition.measure() == Measure::Percent).then_some(definition.factor);
    grouped(&value.shown(value_decimals(definition), all))
}

fn value_decimals(definition: &Definition) -> u32 {
    match definition.kind {
        IndicatorType::Count => 0,
        IndicatorType::Proportion if definition.measure() == Measure::Share => 2,
        IndicatorType::Proportion | IndicatorType::Rate => 1,
        IndicatorType::Mean | IndicatorType::Index | IndicatorType::Ordinal => 2,
    }
}

#[cfg(test)]
mod tests {
    use weft_shared::{id::DefinitionHash, model::Audience};

    use super::*;

    #[test]
    fn digits_are_grouped_and_read_back() {
        for (plain, people) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("59649", "59,649"),
            ("-1234567.5", "-1,234,567.5"),
        ] {
            assert_eq!(grouped(plain), people);
            if !plain.starts_with('-') {
                assert_eq!(ungrouped(people), plain);
            }
        }
        assert_eq!(
            grouped_words("48950 of 60463 (-1234.5 to 2000), provisional"),
            "48,950 of 60,463 (-1,234.5 to 2,000), provisional"
        );
        assert_eq!(
            grouped_words("another figure - or none."),
            "another figure - or none."
        );
        assert_eq!(ungrouped(" 59 649 "), "59649");
        assert_eq!(ungrouped("5,96"), "5,96");
        assert_eq!(ungrouped("12,3456"), "12,3456");
    }

    #[test]
    fn a_value_that_was_taken_back_is_never_called_missing() {
        let definition = DefinitionHash::new([0; 32]);
        let back = Statement::retraction(definition, Audience::Network);
        let missing = Statement::without_figure(definition, Status::Missing, Audience::Network);
        assert_eq!(words(&back, None), "taken out");
        assert_eq!(as_stored(&back), "taken back");
        assert_eq!(words(&missing, None), "missing");
        assert_eq!(as_stored(&missing), "missing");
    }
}
