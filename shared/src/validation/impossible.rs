//! Impossible figures among those that came without a check; they count nowhere.

use super::{Invalid, observation, words};
use crate::model::{
    indicator::Definition,
    observation::{ObservationKey, Statement},
};

/// Why a figure that was stated cannot be true, in a few words; `None` if it can.
///
/// It applies the rules of [`observation`]: a figure that no node would accept counts nowhere.
pub fn impossible(
    key: &ObservationKey,
    statement: &Statement,
    definition: &Definition,
) -> Option<String> {
    let problems = observation(key, statement, definition);
    problems.iter().find_map(Invalid::in_short)
}

impl Invalid {
    /// Why the figure cannot be true, for people who cannot correct it; `None` if only its form is
    /// wrong, or it says that there is no figure.
    fn in_short(&self) -> Option<String> {
        Some(match self {
            Self::Period {
                period, expected, ..
            } => format!("{period} is no {}", words(*expected)),
            Self::Breakdown { breakdown, .. } => {
                format!("its definition does not name {breakdown}")
            }
            Self::Negative { what, number, .. } => format!("the {what} {number} is below zero"),
            Self::Fraction {
                what, number, unit, ..
            } => format!("the {what} {number} is a fraction of whole {unit}"),
            Self::Above {
                numerator,
                denominator,
                ..
            } => format!("the numerator {numerator} is above the denominator {denominator}"),
            Self::AboveAll { value, factor, .. } => {
                format!("the value {value} is above {factor}, which is all of them")
            }
            Self::NoneInDenominator => "the denominator is 0".to_owned(),
            Self::Half { missing, .. } => format!("the {missing} is missing"),
            Self::Twice => "numerator and value are both given".to_owned(),
            Self::IndexNumerator { .. } => "an index has no numerator".to_owned(),
            Self::Interval(_) => "its interval cannot be one of it".to_owned(),
            Self::UnknownArea { .. }
            | Self::WhichBreakdown { .. }
            | Self::Future { .. }
            | Self::ValueAlone { .. }
            | Self::FigureWithStatus { .. }
            | Self::NoFigure { .. }
            | Self::LongMethod { .. }
            | Self::LongNote { .. } => return None,
        })
    }
}
