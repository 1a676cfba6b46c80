//! Numbers as people write them: which of comma and point separates thousands, and which begins the
//! decimals.
//!
//! `1,234.5` and `1.234,5` have one reading each. `7,125` has two, but the rest of its column often
//! decides: next to `24.5` it is seven thousand. If nothing decides, a person is asked. Next to
//! `6,98` it is seven and an eighth; but `6,98` may itself be a slip for `6,980`, so a person is
//! asked before a whole column is read like that.

use super::{
    only_whole,
    question::{Answers, DECIMALS, THOUSANDS},
};
use crate::model::{
    indicator::{Definition, IndicatorType},
    number::Number,
    sign::Sign,
    spelling::without_blanks,
};

/// Digits between two signs that group thousands.
const GROUP: usize = 3;

/// The kind of number that a field is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Whole numbers only, such as people: a sign before three digits separates thousands.
    Whole,
    /// A count that hardly ever has decimals: neither sign is certain alone.
    Count,
    /// Any number: a point begins decimals, as everywhere in Weft.
    Any,
}

impl Expected {
    /// The kinds of an indicator's numerator, denominator and value.
    pub fn of(definition: &Definition) -> [Self; 3] {
        let counts = match definition.kind {
            IndicatorType::Count => [true, false, true],
            IndicatorType::Proportion | IndicatorType::Rate => [true, false, false],
            IndicatorType::Mean | IndicatorType::Index | IndicatorType::Ordinal => [false; 3],
        };
        let mut expected = [Self::Any; 3];
        let whole = only_whole(definition);
        for (one, (whole, count)) in expected.iter_mut().zip(whole.into_iter().zip(counts)) {
            *one = match (whole, count) {
                (true, _) => Self::Whole,
                (false, true) => Self::Count,
                (false, false) => Self::Any,
            };
        }
        expected
    }
}

/// The readings of a text as a number, one for each sign that may begin the decimals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Readings {
    point: Option<Number>,
    comma: Option<Number>,
}

impl Readings {
    fn of(text: &str) -> Self {
        let swapped: String = text
            .chars()
            .map(|sign| match sign {
                '.' => ',',
                ',' => '.',
                other => other,
            })
            .collect();
        Self {
            point: with_point(text),
            comma: with_point(&swapped),
        }
    }
}

/// Parses a number with a decimal point, with or without commas between thousands.
fn with_point(text: &str) -> Option<Number> {
    let (whole, decimals) = text
        .split_once('.')
        .map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.strip_prefix('-').unwrap_or(whole).split(',');
    let first = groups.next()?;
    let grouped = whole.contains(',');
    let well_formed = !grouped
        || (first.len() <= GROUP
            && !first.starts_with('0')
            && digits(first)
            && groups.all(|group| group.len() == GROUP && digits(group)));
    let plain = well_formed && decimals.is_none_or(digits);
    plain.then(|| text.replace(',', "").parse().ok())?
}

/// The evidence of one column's fields about its signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Column {
    /// The first line that can only be read with a decimal point.
    point: Option<u64>,
    /// The first line that can only be read with a decimal comma.
    comma: Option<u64>,
}

/// The readings of a text that leads to a question. Either nothing decides between them, or the
/// column says that a comma begins the decimals, which may be due to a slip of one digit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Doubt {
    /// The reading with a sign between thousands, if there is one.
    pub thousands: Option<Number>,
    /// The reading with a sign that begins the decimals.
    pub decimals: Number,
}

/// A text parsed as a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// The number.
    pub number: Number,
    /// The doubt to ask about.
    pub doubt: Option<Doubt>,
}

impl Written {
    const fn certain(number: Number) -> Self {
        Self {
            number,
            doubt: None,
        }
    }

    const fn doubtful(number: Number, thousands: Option<Number>, decimals: Number) -> Self {
        Self {
            number,
            doubt: Some(Doubt {
                thousands,
                decimals,
            }),
        }
    }

    /// The question about the text in the field called `what`; `None` if it is certain.
    pub fn doubt_words(&self, what: &str, text: &str) -> Option<String> {
        let (doubt, text) = (self.doubt?, text.trim());
        let decimals = doubt.decimals;
        Some(match doubt.thousands {
            Some(thousands) => format!("{what} \"{text}\" is {thousands} or {decimals}"),
            None => format!("{what} \"{text}\" can only be {decimals}"),
        })
    }
}

impl Column {
    /// Adds a field to the evidence.
    pub fn see(&mut self, line: u64, text: &str, expected: Expected) {
        let read = Readings::of(&without_blanks(text));
        let first = |seen: &mut Option<u64>| *seen = Some(seen.map_or(line, |one| one.min(line)));
        match (read.point, read.comma) {
            (Some(_), None) => first(&mut self.point),
            // In a count, 4,89 is more likely a slip for 4,890.
            (None, Some(_)) if expected == Expected::Any => first(&mut self.comma),
            // People come whole: their comma can only separate thousands.
            (Some(whole), Some(part)) if expected == Expected::Whole && whole != part => {
                if whole.is_whole() {
                    first(&mut self.point);
                }
            }
            (Some(_) | None, Some(_)) | (None, None) => {}
        }
    }

    /// Parses a field of this column; an answer decides a sign with two readings.
    ///
    /// # Errors
    /// If it is not a number, or not in the form that its column uses. The error is in words.
    pub fn read(
        self,
        text: &str,
        expected: Expected,
        answers: &Answers,
    ) -> Result<Written, String> {
        let text = &*without_blanks(text);
        let read = Readings::of(text);
        let comma_column = self.is_comma() && expected != Expected::Count;
        let thousands_said = answers.says(THOUSANDS);
        match (read.point, read.comma) {
            (Some(point), None) => Ok(Written::certain(point)),
            (Some(point), Some(comma)) if point == comma => Ok(Written::certain(point)),
            (None, Some(comma)) if comma_column && expected == Expected::Any && !thousands_said => {
                Ok(Written::doubtful(comma, None, comma))
            }
            (Some(point), Some(comma)) if comma_column => {
                // A comma in it separates thousands in the one reading, a point in the other. The
                // column decides, unless an answer does.
                let number = if thousands_said { point } else { comma };
                if text.contains(',') {
                    Ok(Written::doubtful(number, Some(point), comma))
                } else {
                    Ok(Written::certain(number))
                }
            }
            (Some(point), Some(comma)) if self.is_in_doubt(text, expected) => {
                let (grouped, decimal) = if text.contains(',') {
                    (point, comma)
                } else {
                    (comma, point)
                };
                let number = if answers.says(DECIMALS) {
                    decimal
                } else {
                    grouped
                };
                Ok(Written::doubtful(number, Some(grouped), decimal))
            }
            (Some(point), Some(_)) => Ok(Written::certain(point)),
            (None, Some(_) | None) => Err(self.refusal(text)),
        }
    }

    /// Whether all evidence says that a comma begins the decimals.
    const fn is_comma(self) -> bool {
        self.comma.is_some() && self.point.is_none()
    }

    fn is_in_doubt(self, text: &str, expected: Expected) -> bool {
        let told = self.point.is_some() && self.comma.is_none();
        match expected {
            Expected::Whole => false,
            Expected::Count => !told,
            Expected::Any => !told && text.contains(','),
        }
    }

    fn refusal(self, text: &str) -> String {
        if let (true, Some(line)) = (Readings::of(text).comma.is_some(), self.point) {
            return format!(
                "\"{text}\" has a decimal comma, and line {line} of the same column is written \
                 with a decimal point: write all of it with a point"
            );
        }
        if text.contains(',') {
            return format!(
                "\"{text}\" is not a number: a comma may only stand between thousands, as in \
                 \"56,393\", and decimals follow a point"
            );
        }
        text.parse::<Number>()
            .err()
            .map_or_else(String::new, |error| error.to_string())
    }
}

/// Parses a single number, as typed at the keyboard.
///
/// # Errors
/// If it is not a number. The error is in words.
pub fn typed(text: &str, expected: Expected, answers: &Answers) -> Result<Written, String> {
    let read = Column::default().read(text, expected, answers);
    read.map_err(|error| match Sign::read(text) {
        Some(Sign::Suppressed) => format!(
            "\"{}\" hides a figure: leave the number out, and choose status Q (suppressed)",
            text.trim()
        ),
        Some(Sign::Missing | Sign::Unclear) | None => error,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(column: &[&str], expected: Expected, shown: &Expect) {
        let mut signs = Column::default();
        for (line, text) in (2..).zip(column) {
            signs.see(line, text, expected);
        }
        let read = column
            .iter()
            .map(|text| match signs.read(text, expected, &Answers::NONE) {
                Ok(read) if read.doubt.is_some() => {
                    let answered = ["thousands", "decimals"].map(|word| {
                        let answers = Answers::of([word]).unwrap();
                        let read = signs.read(text, expected, &answers);
                        read.map_or_else(|_| "none".to_owned(), |read| read.number.to_string())
                    });
                    format!(
                        "{text}: {}? {} or {}\n",
                        read.number, answered[0], answered[1]
                    )
                }
                Ok(read) => format!("{text}: {}\n", read.number),
                Err(error) => format!("{text}: {error}\n"),
            });
        shown.assert_eq(&read.collect::<String>());
    }

    #[test]
    fn what_stands_beside_it_tells_how_a_comma_is_read() {
        check(
            &["7,125", "6,98"],
            Expected::Any,
            &expect![[r#"
                7,125: 7.125? 7125 or 7.125
                6,98: 6.98? none or 6.98
            "#]],
        );
        check(
            &["7,125", "24.5"],
            Expected::Any,
            &expect![[r#"
            7,125: 7125
            24.5: 24.5
        "#]],
        );
        check(
            &["7,125", "1,234,567"],
            Expected::Any,
            &expect![[r#"
            7,125: 7125
            1,234,567: 1234567
        "#]],
        );
        check(
            &["1.234,5", "7.125", "0,125"],
            Expected::Any,
            &expect![[r#"
                1.234,5: 1234.5? none or 1234.5
                7.125: 7125
                0,125: 0.125? none or 0.125
            "#]],
        );
    }

    #[test]
    fn alone_it_is_in_doubt() {
        check(
            &["7,125", "6,980", "12"],
            Expected::Any,
            &expect![[r#"
                7,125: 7125? 7125 or 7.125
                6,980: 6980? 6980 or 6.98
                12: 12
            "#]],
        );
        check(
            &["7.125", "-1"],
            Expected::Any,
            &expect![[r#"
            7.125: 7.125
            -1: -1
        "#]],
        );
        check(
            &["1.250", "900"],
            Expected::Count,
            &expect![[r#"
                1.250: 1250? 1250 or 1.25
                900: 900
            "#]],
        );
    }

    #[test]
    fn people_come_whole() {
        check(
            &["7,125", "900"],
            Expected::Whole,
            &expect![[r#"
            7,125: 7125
            900: 900
        "#]],
        );
        check(
            &["0,125", "4,89"],
            Expected::Count,
            &expect![[r#"
            0,125: "0,125" is not a number: a comma may only stand between thousands, as in "56,393", and decimals follow a point
            4,89: "4,89" is not a number: a comma may only stand between thousands, as in "56,393", and decimals follow a point
        "#]],
        );
    }

    #[test]
    fn a_column_in_two_ways_is_refused() {
        check(
            &["7.1", "6,98"],
            Expected::Any,
            &expect![[r#"
            7.1: 7.1
            6,98: "6,98" has a decimal comma, and line 2 of the same column is written with a decimal point: write all of it with a point
        "#]],
        );
    }

    fn grouped(number: u32, sign: char) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(sign);
            }
            text.push(digit);
        }
        text
    }

    proptest! {
        /// One number with a certain form decides for its column, in any country's notation.
        #[test]
        fn one_certain_number_tells_of_its_column(
            whole in 1_u32..1_000,
            part in 0_u32..1_000,
            other in 1_u32..1_000,
            certain in 1_u32..10,
            comma: bool,
        ) {
            let (decimal, group) = if comma { (',', '.') } else { ('.', ',') };
            let doubtful = format!("{whole}{decimal}{part:03}");
            let told = format!("{other}{decimal}{certain}");
            let large = grouped(1_000 * whole + part, group);
            let mut column = Column::default();
            for (line, text) in [&doubtful, &told, &large].into_iter().enumerate() {
                column.see(line as u64, text, Expected::Any);
            }
            let read = |text: &str| column.read(text, Expected::Any, &Answers::NONE).unwrap();
            prop_assert_eq!(read(&large).number, Number::from(i64::from(1_000 * whole + part)));
            let meant: Number = format!("{whole}.{part:03}").parse().unwrap();
            prop_assert_eq!(read(&doubtful).number, meant);
            prop_assert!(read(&doubtful).doubt.is_some() == comma && read(&large).doubt.is_none());
        }

        #[test]
        fn one_comma_before_three_digits_is_always_asked_about(
            whole in 1_u32..1_000,
            part in 0_u32..1_000,
            below: bool,
        ) {
            let sign = if below { "-" } else { "" };
            let text = format!("{sign}{whole},{part:03}");
            prop_assert!(typed(&text, Expected::Any, &Answers::NONE).unwrap().doubt.is_some());
            prop_assert!(typed(&text, Expected::Count, &Answers::NONE).unwrap().doubt.is_some());
            prop_assert!(typed(&text, Expected::Whole, &Answers::NONE).unwrap().doubt.is_none());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9.,-]{0,12}", other in "[0-9.,-]{0,12}") {
            let mut column = Column::default();
            column.see(1, &text, Expected::Any);
            column.see(2, &other, Expected::Any);
            if let Err(words) = column.read(&text, Expected::Any, &Answers::NONE) {
                prop_assert!(!words.is_empty());
            }
        }
    }
}
