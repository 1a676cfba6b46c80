//! Numbers as spreadsheets and offices print them, brought to the form that Weft reads: without
//! currency and percent signs, without blanks between thousands, without exponents.

use weft_shared::model::spelling::without_blanks;

/// The way in which a number was written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Manner {
    /// With a sign of a currency.
    Currency,
    /// With a percent sign.
    Percent,
    /// With blanks between its thousands.
    Blanks,
    /// With a minus that is no hyphen, or with a plus.
    Sign,
    /// With an exponent, such as 1.25E+05.
    Exponent,
    /// Multiplied by a power of ten, as its row says.
    Multiplied,
}

impl Manner {
    /// The way in which it was written, after "with".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Currency => "a currency sign",
            Self::Percent => "a percent sign",
            Self::Blanks => "blanks between thousands",
            Self::Sign => "a printed sign before it",
            Self::Exponent => "an exponent",
            Self::Multiplied => "a power of ten beside it",
        }
    }
}

/// A number in the form that Weft reads, and how it was written if that was another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plain {
    /// The number. Commas and points stay as they are: their column tells which is which.
    pub text: String,
    /// Every way in which it was written otherwise.
    pub manners: Vec<Manner>,
}

/// Blanks that printers put between thousands.
const BLANKS: [char; 6] = [
    '\u{a0}', '\u{202f}', '\u{2009}', '\u{2007}', '\u{2008}', '\u{2005}',
];
/// The signs that mean minus in print.
const MINUSES: [char; 3] = ['\u{2212}', '\u{fe63}', '\u{ff0d}'];
/// Signs and names of currencies. The longest come first.
const CURRENCIES: [&str; 16] = [
    "NZ$", "AU$", "US$", "CA$", "A$", "NZD", "AUD", "USD", "CAD", "GBP", "EUR", "$", "€", "£", "¥",
    "₹",
];
/// Largest exponent, in either direction.
const EXPONENT_MAX: i32 = 15;

/// Reads a text as a number; `None` if it is none.
///
/// ```
/// use weft_tables::number::plain;
/// let text = |text| plain(text).map(|plain| plain.text);
/// assert_eq!(text("$5,678,607"), Some("5,678,607".to_owned()));
/// assert_eq!(text("1.25E+05"), Some("125000".to_owned()));
/// assert_eq!(text("Masked"), None);
/// ```
pub fn plain(text: &str) -> Option<Plain> {
    let mut manners = Vec::new();
    let mut rest = text.trim().replace(BLANKS, " ");
    let mut minus = false;
    loop {
        let before = rest.clone();
        if let Some(after) = rest.strip_prefix(MINUSES) {
            manners.push(Manner::Sign);
            (minus, rest) = (!minus, after.trim_start().to_owned());
        }
        if let Some(after) = rest.strip_prefix('-').filter(|_| !minus) {
            (minus, rest) = (true, after.trim_start().to_owned());
        }
        if let Some(after) = rest.strip_prefix('+') {
            manners.push(Manner::Sign);
            rest = after.to_owned();
        }
        if let Some(bare) = without_currency(&rest) {
            manners.push(Manner::Currency);
            rest = bare.to_owned();
        }
        if let Some(bare) = rest.strip_suffix('%') {
            manners.push(Manner::Percent);
            rest = bare.trim_end().to_owned();
        }
        if rest == before {
            break;
        }
        if manners.len() > MANNERS_MAX {
            return None;
        }
    }
    let tight = without_blanks(&rest);
    if tight != rest.as_str() {
        manners.push(Manner::Blanks);
    }
    let mut number = tight.into_owned();
    if let Some(expanded) = expanded(&number) {
        manners.push(Manner::Exponent);
        number = expanded;
    }
    let digits = number.bytes().any(|byte| byte.is_ascii_digit());
    let others = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b",.".contains(&byte));
    let text = if minus { format!("-{number}") } else { number };
    (digits && others).then_some(Plain { text, manners })
}

/// A number has one sign, one currency and one percent sign.
const MANNERS_MAX: usize = 3;

fn without_currency(text: &str) -> Option<&str> {
    CURRENCIES.iter().find_map(|currency| {
        let before = text.strip_prefix(currency).map(str::trim_start);
        before.or_else(|| text.strip_suffix(currency).map(str::trim_end))
    })
}

/// Writes out a number with an exponent, exactly.
fn expanded(text: &str) -> Option<String> {
    let (digits, exponent) = text.split_once(['e', 'E'])?;
    let exponent: i32 = exponent.parse().ok()?;
    shifted(digits, exponent)
}

/// Multiplies a number with a decimal point, or without decimals, by a power of ten. `None` if it
/// is no such number, or the power is beyond reason.
pub(crate) fn shifted(number: &str, power: i32) -> Option<String> {
    if power.abs() > EXPONENT_MAX || number.len() > 40 {
        return None;
    }
    let (sign, size) = number
        .strip_prefix('-')
        .map_or(("", number), |size| ("-", size));
    let (whole, decimals) = size.split_once('.').unwrap_or((size, ""));
    let all = format!("{whole}{decimals}");
    if whole.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let point = i32::try_from(whole.len()).ok()? + power;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let length = i32::try_from(all.len()).ok()?;
    let (whole, decimals) = if point <= 0 {
        ("0".to_owned(), zeros(-point) + &all)
    } else if point >= length {
        (all + &zeros(point - length), String::new())
    } else {
        let (whole, decimals) = all.split_at(usize::try_from(point).ok()?);
        (whole.to_owned(), decimals.to_owned())
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{decimals}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_spreadsheets_print_them() {
        use Manner::{Blanks, Currency, Exponent, Percent, Sign};
        let cases: [(&str, &str, &[Manner]); 16] = [
            ("1250", "1250", &[]),
            ("-12.5", "-12.5", &[]),
            ("1\u{a0}250", "1250", &[Blanks]),
            ("12\u{2009}345\u{2009}678", "12345678", &[Blanks]),
            ("1 250", "1250", &[Blanks]),
            ("$5,678,607", "5,678,607", &[Currency]),
            ("NZ$ 1,250.50", "1,250.50", &[Currency]),
            ("1.250,50 €", "1.250,50", &[Currency]),
            ("-$12", "-12", &[Currency]),
            ("\u{2212}0.8", "-0.8", &[Sign]),
            ("+3", "3", &[Sign]),
            ("93%", "93", &[Percent]),
            ("9.5 %", "9.5", &[Percent]),
            ("1.25E+05", "125000", &[Exponent]),
            ("1.5e-3", "0.0015", &[Exponent]),
            ("\u{2212}$1.2E3", "-1200", &[Sign, Currency, Exponent]),
        ];
        for (text, number, manners) in cases {
            let read = plain(text).unwrap();
            assert_eq!(
                (read.text.as_str(), &*read.manners),
                (number, manners),
                "{text}"
            );
        }
        for text in [
            "", "NA", ">95%", "..", "1E400", "48 95", "--1", "$", "12/3", "%%5", "E5",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn a_power_of_ten_moves_the_point() {
        for (number, power, expected) in [
            ("8.3", 3, "8300"),
            ("8.3", 0, "8.3"),
            ("-0.05", -2, "-0.0005"),
            ("12", -1, "1.2"),
            ("0", 6, "0"),
        ] {
            assert_eq!(shifted(number, power).as_deref(), Some(expected));
        }
        assert_eq!(shifted("1,000", 3), None);
        assert_eq!(shifted("1", 99), None);
    }
}
