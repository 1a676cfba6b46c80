//! Numbers that files use for "no figure", recognised by their form rather than from a list.

use crate::model::number::Number;

/// Minimum digits of a number above zero that looks made up: 999, 888, 9999.
const DIGITS_MIN: usize = 3;
/// Number of equal digits from which any digit looks made up: 11111.
const LONG: usize = 5;
/// Smallest of the digits that, repeated, mean "no figure" in surveys and censuses.
const USUAL: u8 = b'6';
/// Smallest last digit of codes that count down from nines (999, 998, ... 995).
const LAST: u8 = b'5';
/// Powers of two at which integer types end: 32767, 65535, -2147483648.
const WORD_BITS: [u32; 4] = [15, 16, 31, 32];

/// Whether a number has the form of those that mean "no figure":
///
/// - one digit repeated: `999`, `8888`, `-666666666`, `-99`, `9999.9`; below zero any digit and
///   length, above zero 6 to 9 from three digits on, and any digit from five on;
/// - nines with a last digit that counts down: `998`, `9996`, `-98`;
/// - the limits of integer types: `32767`, `-32768`, `-2147483648`.
///
/// A real figure may look like that. Only one that is far from all others leads to a question.
pub(super) fn is_made_up(number: Number) -> bool {
    let text = number.to_string();
    let below = number.is_negative();
    let size = text.trim_start_matches('-');
    if is_end_of_a_word(size) {
        return true;
    }
    let whole = size.split('.').next().unwrap_or(size);
    let digits: Vec<u8> = size.bytes().filter(u8::is_ascii_digit).collect();
    let [first @ .., last] = &digits[..] else {
        return false;
    };
    let digit = *first.first().unwrap_or(last);
    let run = digit != b'0' && first.iter().all(|one| *one == digit);
    if run && digit == *last {
        return below
            || (whole.len() >= DIGITS_MIN && digit >= USUAL)
            || (whole.len() >= LONG && digit > b'0');
    }
    let nines = run && digit == b'9' && !first.is_empty() && number.is_whole();
    nines && *last >= LAST && (below || digits.len() >= DIGITS_MIN)
}

fn is_end_of_a_word(size: &str) -> bool {
    let end = |bits: &u32| {
        let end = 1_u64 << bits;
        size == end.to_string() || size == (end - 1).to_string()
    };
    WORD_BITS.iter().any(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made_up(text: &str) -> bool {
        is_made_up(text.parse().unwrap())
    }

    #[test]
    fn ordinary_figures_are_not_made_up() {
        for text in [
            "0", "9", "99", "66", "111", "2222", "1000", "48950", "99.9", "0.9", "989", "994",
            "9987", "-7.1", "-12", "65537", "100000", "3333", "-90",
        ] {
            assert!(!made_up(text), "{text}");
        }
    }

    #[test]
    fn what_surveys_and_machines_write_is() {
        for text in [
            "-9",
            "-1",
            "-99",
            "-99.9",
            "999.9",
            "-888",
            "998",
            "9995",
            "-97",
            "55555",
            "32767",
            "-32768",
            "65535",
            "-2147483648",
            "4294967295",
            "-222222222",
        ] {
            assert!(made_up(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn one_digit_again_and_again(digit in 6_u8..=9, length in 3_usize..=15, below: bool) {
            let sign = if below { "-" } else { "" };
            let text = format!("{sign}{}", digit.to_string().repeat(length));
            prop_assert!(made_up(&text), "{}", text);
        }

        #[test]
        fn below_zero_each_digit(digit in 1_u8..=9, length in 1_usize..=15) {
            let text = format!("-{}", digit.to_string().repeat(length));
            prop_assert!(made_up(&text), "{}", text);
        }

        #[test]
        fn few_other_numbers(number in 1_000_i64..1_000_000) {
            let text = number.to_string();
            let digits: std::collections::BTreeSet<_> = text.chars().collect();
            prop_assume!(digits.len() > 2);
            prop_assume!(![32_767, 32_768, 65_535, 65_536].contains(&number));
            prop_assert!(!made_up(&text), "{}", text);
        }
    }
}
