//! Exact decimal numbers: figures of people, dwellings and dollars are added without rounding.

use std::{cmp::Ordering, fmt, iter, ops, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::json;
use crate::text::{BadText, grouped, is_written_as};

/// Number of decimals.
pub const DECIMALS: u32 = 9;

/// Maximum number of significant digits in text: every spreadsheet and JSON parser returns this
/// many unchanged.
pub const DIGITS_MAX: usize = 15;

const ONE: i128 = 10_i128.pow(DECIMALS);

/// One again: nearly all figures fit in 64 bits, in which a division is many times faster.
const ONE_64: i64 = 10_i64.pow(DECIMALS);

/// An exact decimal: at most [`DIGITS_MAX`] significant digits when parsed, and never more than
/// [`DECIMALS`] decimals. Sums of rows that fit in memory are exact too.
///
/// Its text is the shortest: `1311`, `0.5`, `-2.25`; `1.50` and `1.5` are equal and print alike.
///
/// ```
/// use weft_shared::model::number::Number;
/// let sum: Number = ["0.1", "0.2"].iter().map(|text| text.parse::<Number>().unwrap()).sum();
/// assert_eq!(sum.to_string(), "0.3");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Number(i128);

impl Number {
    /// Zero; also the sum of no numbers.
    pub const ZERO: Self = Self(0);

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The number without its sign.
    #[must_use]
    pub const fn size(self) -> Self {
        Self(self.0.saturating_abs())
    }

    /// Whether it is exactly zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it has no decimals.
    pub fn is_whole(self) -> bool {
        match i64::try_from(self.0) {
            Ok(small) => small % ONE_64 == 0,
            Err(_) => self.0 % ONE == 0,
        }
    }

    /// The whole number that it is; `None` if it has decimals or is too large.
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        if !self.is_whole() {
            return None;
        }
        match i64::try_from(self.0) {
            Ok(small) => Some(small / ONE_64),
            Err(_) => i64::try_from(self.0 / ONE).ok(),
        }
    }

    /// Returns `self / denominator x factor`, rounded half to even at `decimals` (at most
    /// [`DECIMALS`]). `None` if the denominator is not above zero, or the result is too large.
    ///
    /// ```
    /// use weft_shared::model::number::Number;
    /// let share = Number::from(1_311).ratio(Number::from(5_357), Number::from(100), 1);
    /// assert_eq!(share.unwrap().to_string(), "24.5");
    /// ```
    #[must_use]
    pub fn ratio(self, denominator: Self, factor: Self, decimals: u32) -> Option<Self> {
        if denominator.0 <= 0 {
            return None;
        }
        let step = 10_u128.pow(DECIMALS - decimals.min(DECIMALS));
        let divisor = denominator.0.unsigned_abs().checked_mul(step)?;
        let (quotient, rest) =
            multiply_divide(self.0.unsigned_abs(), factor.0.unsigned_abs(), divisor)?;
        let up = match rest.cmp(&(divisor - rest)) {
            Ordering::Less => 0,
            Ordering::Equal => quotient % 2,
            Ordering::Greater => 1,
        };
        let size = i128::try_from((quotient + up).checked_mul(step)?).ok()?;
        let negative = self.is_negative() != factor.is_negative();
        Some(Self(if negative { -size } else { size }))
    }

    /// Compares the product of pair `a` with that of pair `b`, exactly.
    pub fn compare_products(a: (Self, Self), b: (Self, Self)) -> Ordering {
        let product = |(x, y): (Self, Self)| {
            let size = multiply(x.0.unsigned_abs(), y.0.unsigned_abs());
            (size != (0, 0) && x.is_negative() != y.is_negative(), size)
        };
        match (product(a), product(b)) {
            ((false, a), (false, b)) => a.cmp(&b),
            ((true, a), (true, b)) => b.cmp(&a),
            ((true, _), (false, _)) => Ordering::Less,
            ((false, _), (true, _)) => Ordering::Greater,
        }
    }

    /// Rounds half to even at `decimals`.
    #[must_use]
    pub fn round(self, decimals: u32) -> Self {
        if self.is_whole() {
            return self;
        }
        self.ratio(Self(ONE), Self(ONE), decimals).unwrap_or(self)
    }

    /// The text with exactly `decimals` decimals, rounded half to even: `24.5` with two is `24.50`.
    pub fn fixed(self, decimals: u32) -> String {
        let decimals = decimals.min(DECIMALS);
        let rounded = self.round(decimals).0;
        let sign = if rounded < 0 { "-" } else { "" };
        let size = rounded.unsigned_abs();
        let (whole, part) = (size / ONE.unsigned_abs(), size % ONE.unsigned_abs());
        if decimals == 0 {
            return format!("{sign}{whole}");
        }
        let part = part / 10_u128.pow(DECIMALS - decimals);
        format!("{sign}{whole}.{part:0width$}", width = decimals as usize)
    }

    /// The text that people read: as [`Number::fixed`], but a number other than zero is never shown
    /// as zero, and a number less than `all` is never shown as `all`.
    ///
    /// ```
    /// use weft_shared::model::number::Number;
    /// let shown = |text: &str| text.parse::<Number>().unwrap().shown(1, Some(100.into()));
    /// assert_eq!(shown("84.803"), "84.8");
    /// assert_eq!(shown("0.04"), "0.04");
    /// assert_eq!(shown("0.0004"), "under 0.01");
    /// assert_eq!(shown("99.9996"), "over 99.99");
    /// ```
    pub fn shown(self, decimals: u32, all: Option<Self>) -> String {
        let all = all.unwrap_or(Self::ZERO);
        let misreads = |decimals: u32| {
            let rounded = self.round(decimals);
            rounded != self && (rounded.is_zero() || rounded == all)
        };
        let finer = decimals + 1;
        if !misreads(decimals) {
            return self.fixed(decimals);
        }
        if !misreads(finer) {
            return self.fixed(finer);
        }
        let least = Self(ONE / 10_i128.pow(finer.min(DECIMALS)));
        match self.round(finer).is_zero() {
            true if self.is_negative() => self.to_string(),
            true => format!("under {}", least.fixed(finer)),
            false if self < all => format!("over {}", (all - least).fixed(finer)),
            false => self.to_string(),
        }
    }

    /// The text with its digits grouped in thousands, as New Zealand writes them: `56,393`.
    pub fn grouped(self) -> String {
        grouped(&self.to_string())
    }

    /// Reads the text that [`Number`] is displayed as, of any length: a sum may have more digits
    /// than a person may enter. `None` for any other text.
    pub fn read_back(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let padded = format!("{whole}{part:0<width$}", width = DECIMALS as usize);
        let number = Self(padded.parse().ok()?);
        is_written_as(&number, text).then_some(number)
    }

    /// The number as JSON: a JSON number that every parser returns unchanged, or text if it has
    /// more digits than that (only sums can).
    pub fn json(self) -> serde_json::Value {
        let text = self.to_string();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if let (true, Ok(whole)) = (digits <= DIGITS_MAX, text.parse::<i64>()) {
            return whole.into();
        }
        match text.parse::<f64>() {
            Ok(float) if digits <= DIGITS_MAX + 1 && float.to_string() == text => float.into(),
            Ok(_) | Err(_) => text.into(),
        }
    }
}

/// `a x b / divisor` as quotient and remainder, exact although the product may need 256 bits: it
/// takes the bits of `b` from the top, and the carry stays below the divisor.
fn multiply_divide(a: u128, b: u128, divisor: u128) -> Option<(u128, u128)> {
    if let Some(product) = a.checked_mul(b) {
        let quotient = product / divisor;
        return Some((quotient, product - quotient * divisor));
    }
    let (whole, part) = (a / divisor, a % divisor);
    let (mut quotient, mut rest) = (0_u128, 0_u128);
    for bit in (0..u128::BITS - b.leading_zeros()).rev() {
        quotient = quotient.checked_mul(2)?;
        rest = rest.checked_mul(2)?;
        if b >> bit & 1 == 1 {
            quotient = quotient.checked_add(whole)?;
            rest = rest.checked_add(part)?;
        }
        quotient = quotient.checked_add(rest / divisor)?;
        rest %= divisor;
    }
    Some((quotient, rest))
}

/// The product in 256 bits, the upper half first.
fn multiply(a: u128, b: u128) -> (u128, u128) {
    let halves = |x: u128| (x >> 64, x & u128::from(u64::MAX));
    let ((a_high, a_low), (b_high, b_low)) = (halves(a), halves(b));
    let (low_high, low_low) = halves(a_low * b_low);
    let (cross_high, cross_low) = halves(a_low * b_high);
    let (other_high, other_low) = halves(a_high * b_low);
    let (carry, middle) = halves(low_high + cross_low + other_low);
    (
        a_high * b_high + cross_high + other_high + carry,
        middle << 64 | low_low,
    )
}

impl From<i64> for Number {
    fn from(whole: i64) -> Self {
        Self(i128::from(whole) * ONE)
    }
}

impl ops::Add for Number {
    type Output = Self;

    /// Saturates at values beyond any real figure.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::Sub for Number {
    type Output = Self;

    /// Saturates at values beyond any real figure.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl ops::AddAssign for Number {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl iter::Sum for Number {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, |sum, number| sum + number)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fixed = self.fixed(DECIMALS);
        f.pad(fixed.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        json::number(&number).ok_or_else(|| D::Error::custom("a number has too many digits"))
    }
}

impl FromStr for Number {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let bad = |fault: String| Err(BadText::new(text, fault));
        let form = "is not a number: write digits with a point for decimals, such as 1311 or 24.5";
        let (negative, size) = match text.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, text),
        };
        let (whole, part) = size.split_once('.').unwrap_or((size, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return bad(form.to_owned());
        }
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        let significant = match whole {
            "" => part.trim_start_matches('0').len(),
            _ => whole.len() + part.len(),
        };
        if part.len() > DECIMALS as usize {
            return bad(format!("has more than {DECIMALS} decimals: round it first"));
        }
        if significant > DIGITS_MAX {
            return bad(format!(
                "has more than {DIGITS_MAX} digits: check it, or round it first"
            ));
        }
        let padded = format!("{whole}{part:0<width$}", width = DECIMALS as usize);
        let size: i128 = padded.parse().map_err(|_| BadText::new(text, form))?;
        Ok(Self(if negative { -size } else { size }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn text_is_the_shortest_and_reads_back() {
        for (text, shown) in [
            ("0", "0"),
            ("-0", "0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("0.000000001", "0.000000001"),
            ("-2.25", "-2.25"),
            ("999999999999999", "999999999999999"),
        ] {
            assert_eq!(number(text).to_string(), shown);
            assert_eq!(number(shown), number(text));
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        for text in [
            "", "-", ".", ".5", "5.", "1,000", "1e3", " 1", "+1", "٣", "1.2.3", "--1", "NaN",
        ] {
            let fault = text.parse::<Number>().unwrap_err().fault;
            assert!(fault.starts_with("is not a number"), "{text}");
        }
        let fault = |text: &str| text.parse::<Number>().unwrap_err().fault;
        assert_eq!(
            fault("0.1234567891"),
            "has more than 9 decimals: round it first"
        );
        assert!(fault("1234567890123456").starts_with("has more than 15 digits"));
    }

    #[test]
    fn halves_round_to_even() {
        for (text, decimals, shown) in [
            ("0.5", 0, "0"),
            ("1.5", 0, "2"),
            ("2.5", 0, "2"),
            ("-2.5", 0, "-2"),
            ("-0.4", 0, "0"),
            ("0.25", 1, "0.2"),
            ("0.35", 1, "0.4"),
            ("24.5", 2, "24.50"),
        ] {
            assert_eq!(number(text).fixed(decimals), shown);
        }
    }

    #[test]
    fn what_is_there_never_reads_as_nothing_nor_as_all() {
        for (text, decimals, all, shown) in [
            ("0", 1, 100, "0.0"),
            ("100", 1, 100, "100.0"),
            ("0.05", 1, 100, "0.05"),
            ("0.049", 1, 100, "0.05"),
            ("0.006", 1, 100, "0.01"),
            ("0.004", 1, 100, "under 0.01"),
            ("-0.004", 1, 0, "-0.004"),
            ("99.96", 1, 100, "99.96"),
            ("99.996", 1, 100, "over 99.99"),
            ("100.04", 1, 100, "100.04"),
            ("100.004", 1, 100, "100.004"),
            ("99.96", 1, 0, "100.0"),
            ("0.4", 0, 0, "0.4"),
            ("0.000000001", 9, 0, "0.000000001"),
        ] {
            let all = Some(Number::from(all)).filter(|all| !all.is_zero());
            assert_eq!(number(text).shown(decimals, all), shown, "{text}");
        }
    }

    #[test]
    fn ratios_are_exact_beyond_128_bits() {
        let third = number("1").ratio(number("3"), number("100"), 6).unwrap();
        assert_eq!(third.to_string(), "33.333333");
        let large = number("999999999999999");
        assert_eq!(large.ratio(large, large, 9), Some(large));
        assert_eq!(number("1").ratio(Number::ZERO, number("100"), 1), None);
        assert_eq!(
            number("-1")
                .ratio(number("8"), number("1"), 2)
                .unwrap()
                .to_string(),
            "-0.12"
        );
    }

    #[test]
    fn products_compare_exactly_and_with_their_signs() {
        let large = number("999999999999999");
        let ordering = |a: (&str, &str), b: (&str, &str)| {
            let pair = |(x, y): (&str, &str)| (number(x), number(y));
            Number::compare_products(pair(a), pair(b))
        };
        assert_eq!(
            Number::compare_products((large, large), (large + number("0.000000001"), large)),
            Ordering::Less
        );
        assert_eq!(ordering(("-1", "3"), ("1", "1")), Ordering::Less);
        assert_eq!(ordering(("-1", "3"), ("-2", "1")), Ordering::Less);
        assert_eq!(ordering(("-1", "0"), ("0", "7")), Ordering::Equal);
        assert_eq!(ordering(("-2", "-2"), ("0.5", "8")), Ordering::Equal);
        assert_eq!(ordering(("0", "5"), ("-1", "1")), Ordering::Greater);
    }

    #[test]
    fn json_keeps_every_digit() {
        for text in [
            "0",
            "1311",
            "-2.25",
            "0.00001",
            "123456.789",
            "999999999999999",
        ] {
            assert_eq!(number(text).json().to_string(), text);
        }
        let sum = number("999999999999999") + number("0.000000001");
        for number in [sum, number("-0.5"), number("-12"), Number::ZERO] {
            assert_eq!(Number::read_back(&number.to_string()), Some(number));
        }
        for text in ["", "-", "+1", "1.", "1.50", "01", "1.1234567891", "1e3"] {
            assert_eq!(Number::read_back(text), None, "{text}");
        }
        assert_eq!(sum.json().to_string(), "\"999999999999999.000000001\"");
    }

    proptest! {
        #[test]
        fn sums_agree_with_whole_numbers(
            values in prop::collection::vec(-1_000_000_i64..1_000_000, 0..40),
        ) {
            let thousand = Number::from(1_000);
            let sum: Number = values
                .iter()
                .map(|value| Number::from(*value).ratio(thousand, Number::from(1), 3).unwrap())
                .sum();
            let whole = Number::from(values.iter().sum::<i64>());
            prop_assert_eq!(sum.ratio(Number::from(1), thousand, 0), Some(whole));
        }

        #[test]
        fn any_text_reads_or_refuses(text in ".{0,30}") {
            if let Ok(read) = text.parse::<Number>() {
                prop_assert_eq!(read.to_string().parse::<Number>().unwrap(), read);
            }
        }
    }
}
