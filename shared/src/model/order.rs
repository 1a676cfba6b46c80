//! Orders: keys that put records into a list, so that one can be added without changing the rest.

/// Maximum length of an order, in bytes; the rest is cut off where a document is read.
pub const ORDER_BYTES_MAX: usize = 128;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// The greatest digit.
const LAST: u8 = 35;
/// Maximum number of leading greatest digits of a key after which the end of a list is counted on.
const LEADING_MAX: usize = 4;

/// Returns a key that sorts after `last`, so that a record can be put at the end of a list without
/// moving the rest. If two people put records at one place, the keys are equal and the ids decide.
///
/// ```
/// use weft_shared::model::order::order_after;
/// let first = order_after(None);
/// assert!(first < order_after(Some(&first)));
/// ```
pub fn order_after(last: Option<&str>) -> String {
    let last = digits(last.unwrap_or(""));
    text(&next_at_end(&last).unwrap_or_else(|| {
        let kept = last.iter().take_while(|digit| **digit == LAST).count();
        let digit = last.get(kept).copied().unwrap_or(0);
        let mut key = last[..kept].to_vec();
        key.push(digit + (LAST + 1 - digit) / 2);
        key
    }))
}

/// Counts on at the end of a list, so that keys stay short: after `y` comes `z01`, and after `zyz`
/// comes `zz0001`. Each leading `z` doubles the digits that count. `None` if there are too many.
fn next_at_end(before: &[u8]) -> Option<Vec<u8>> {
    let leading = before.iter().take_while(|digit| **digit == LAST).count();
    if leading > LEADING_MAX {
        return None;
    }
    let width = |leading: usize| 1 << leading;
    let mut key = before.to_vec();
    key.resize(leading + width(leading), 0);
    for digit in key[leading..].iter_mut().rev() {
        *digit += 1;
        if *digit <= LAST {
            break;
        }
        *digit = 0;
    }
    if key.last() == Some(&0) {
        key.pop();
        key.push(1);
    }
    if key[leading] == LAST {
        key = vec![LAST; leading + 1];
        key.resize(leading + 1 + width(leading + 1), 0);
        key.pop();
        key.push(1);
    }
    Some(key)
}

fn text(key: &[u8]) -> String {
    key.iter()
        .map(|digit| char::from(DIGITS[usize::from(*digit)]))
        .collect()
}

/// The digits of a key; any other character counts as the lowest digit. A key never ends with the
/// lowest digit, or nothing would fit before it.
fn digits(key: &str) -> Vec<u8> {
    let mut digits: Vec<u8> = key
        .bytes()
        .map(|byte| {
            let at = DIGITS.iter().position(|digit| *digit == byte);
            at.and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
        })
        .collect();
    while digits.last() == Some(&0) {
        digits.pop();
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_at_the_end_of_a_long_list_stay_short() {
        let mut last = order_after(None);
        for _ in 0..100_000 {
            let next = order_after(Some(&last));
            assert!(next > last && !next.ends_with('0'), "{last} {next}");
            last = next;
        }
        assert!(last.len() <= 6, "{last}");
        // Keys of before, and keys that somebody made up.
        for before in [
            "z",
            "zzz",
            "zz5",
            "zyzzzz",
            &"z".repeat(90),
            "y0000001",
            "\u{101}",
        ] {
            let next = order_after(Some(before));
            assert!(digits(&next) > digits(before), "{before} {next}");
            assert!(next.len() <= ORDER_BYTES_MAX);
        }
    }
}
