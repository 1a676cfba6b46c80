//! The words about a figure that is about ten times its neighbour, or a tenth of it.

use super::{TENFOLD_TIMES, times_of};
use crate::model::number::{DECIMALS, Number};

/// A figure of more than this many hundredths of its neighbour is not about ten times as large: a
/// digit more or less does not explain it. The mirror of [`TENFOLD_TIMES`], which is below ten.
const TENFOLD_HUNDREDTHS_MAX: i64 = 1_250;

/// A figure's comparison with its neighbour, in words before the neighbour.
pub(super) fn how(asked: Number, beside: Number) -> &'static str {
    match (asked > beside, is_about_ten(asked, beside)) {
        (true, true) => "about ten times",
        (true, false) => "more than ten times",
        (false, true) => "about a tenth of",
        (false, false) => "less than a tenth of",
    }
}

/// The figure with a digit more or less, if that is close to the neighbour. Counts come whole.
pub(super) fn meant(asked: Number, beside: Number, what: &str) -> Option<Number> {
    let (ten, one) = (Number::from(10), Number::from(1));
    let meant = match asked > beside {
        true => asked.ratio(ten, one, DECIMALS)?,
        false => asked.ratio(one, ten, DECIMALS)?,
    };
    let fits = what == "value" || meant.is_whole();
    (fits && is_about_ten(asked, beside)).then_some(meant)
}

fn is_about_ten(asked: Number, beside: Number) -> bool {
    let hundred = Number::from(100);
    let (asked, beside) = (asked.size(), beside.size());
    let (larger, smaller) = (asked.max(beside), asked.min(beside));
    let most = Number::compare_products(
        (larger, hundred),
        (smaller, Number::from(TENFOLD_HUNDREDTHS_MAX)),
    );
    times_of(asked, beside, Number::from(TENFOLD_TIMES)).is_ge() && most.is_le()
}
