//! Values, derived from shown counts alone.

use super::{cell::Kind, profile::Profile};
use crate::model::number::Number;

/// The value of a ratio: shown numerator over shown denominator, times the factor.
pub(super) fn ratio(profile: &Profile, shown: (u64, u64), factor: Number) -> Option<Number> {
    let (numerator, denominator) = (number(shown.0)?, number(shown.1)?);
    numerator.ratio(denominator, factor, profile.value_decimals)
}

/// The value of a mean: the sum over the shown number, to a few significant digits. The digits hide
/// the sum, which is not shown.
pub(super) fn mean(profile: &Profile, sum: Number, shown: u64, factor: Number) -> Option<Number> {
    let shown = number(shown)?;
    let size = sum.ratio(shown, factor, 9)?.size();
    let mut ten = Number::from(1);
    let mut before_point = 0_u32;
    while size >= ten {
        before_point += 1;
        ten = ten.ratio(Number::from(1), Number::from(10), 0)?;
    }
    if before_point > profile.mean_digits {
        let step = Number::from(10_i64.checked_pow(before_point - profile.mean_digits)?);
        let steps = sum.ratio(shown.ratio(Number::from(1), step, 0)?, factor, 0)?;
        return steps.ratio(Number::from(1), step, 0);
    }
    let decimals = if before_point == 0 {
        profile.mean_digits + leading_zeros(size)
    } else {
        profile.mean_digits - before_point
    };
    sum.ratio(shown, factor, decimals.min(crate::model::number::DECIMALS))
}

/// Zeros between the point and the first digit of a number below 1.
fn leading_zeros(size: Number) -> u32 {
    let tenth = |decimals: u32| {
        let ten = Number::from(10_i64.pow(decimals));
        Number::from(1).ratio(ten, Number::from(1), decimals)
    };
    let zeros = (1..crate::model::number::DECIMALS).find(|d| tenth(*d).is_some_and(|t| size >= t));
    zeros.map_or(0, |first| first - 1)
}

/// The value of a row.
pub(crate) fn value(
    profile: &Profile,
    (kind, factor): (Kind, Number),
    sum: Number,
    shown: (Option<u64>, Option<u64>),
) -> Option<Number> {
    match (kind, shown) {
        (Kind::Count, (Some(numerator), _)) => number(numerator),
        (Kind::Proportion | Kind::Rate, (Some(numerator), Some(denominator))) => {
            ratio(profile, (numerator, denominator), factor)
        }
        (Kind::Mean, (_, Some(denominator))) => mean(profile, sum, denominator, factor),
        _ => None,
    }
}

fn number(count: u64) -> Option<Number> {
    i64::try_from(count).ok().map(Number::from)
}
