//! The figures of one row, and the conclusions from the way they are written.

use weft_shared::model::{
    indicator::{Definition, IndicatorType},
    number::{DECIMALS, Number},
    observation::Status,
    sign::Sign,
};

use super::{
    answers::Answers,
    figure::{Figure, kept, unclear},
    row::Wrong,
};

/// The figures of a row.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) numerator: Figure,
    pub(super) denominator: Figure,
    pub(super) value: Figure,
    pub(super) status: Status,
    /// Whether the row gives no reason for its missing figure.
    pub(super) assumed: bool,
    /// The sign in place of a figure.
    pub(super) sign: Option<String>,
    /// Whether the status follows from that sign alone.
    pub(super) taken_from_sign: bool,
}

impl Figures {
    /// Reads a row's columns of figures, and adds their problems to `problems`.
    pub(super) fn read<'a>(
        field: impl Fn(&str) -> &'a str,
        answers: &Answers,
        problems: &mut Vec<Wrong>,
    ) -> Option<Self> {
        let mut figure = |column: &str| {
            let read = Figure::read(field(column), answers);
            read.map_err(|error| problems.push(format!("{column}: {error}").into()))
                .ok()
        };
        let figures = (figure("numerator"), figure("denominator"), figure("value"));
        let given = status(field("obs_status"), problems)?;
        let (Some(mut numerator), Some(denominator), Some(value)) = figures else {
            return None;
        };
        if (&numerator, &value) == (&Figure::Missing, &Figure::Missing) {
            numerator = printed(field("sign"), given);
        }
        let number = numerator.number().or_else(|| value.number());
        let columns = [
            ("numerator", &numerator),
            ("value", &value),
            ("denominator", &denominator),
        ];
        if !given.is_some_and(Status::is_without_figure) {
            // A value beside its numerator follows from it, whatever the field holds.
            let asked = columns
                .iter()
                .filter(|(column, _)| *column != "value" || number.is_none());
            let asked: Vec<_> = asked
                .filter_map(|(column, figure)| Some(unclear(column, figure.unclear()?)))
                .collect();
            if !asked.is_empty() {
                problems.extend(asked);
                return None;
            }
        }
        let hides = |figure: &&Figure| figure.status() == Some(Status::Suppressed);
        let mut all = columns.iter().map(|(_, figure)| *figure);
        let hidden = all.clone().find(hides).and_then(Figure::sign);
        let said = all.find_map(Figure::status).filter(|_| number.is_none());
        let status = match (given, hidden) {
            (None | Some(Status::Suppressed), Some(_)) => Status::Suppressed,
            (Some(status), Some(sign)) => {
                let message = format!(
                    "{sign} hides a figure, which is status Q, and the row has status {status}: \
                     write Q, or leave the status empty"
                );
                problems.push(message.into());
                return None;
            }
            (Some(status), None) => status,
            (None, None) if number.is_some() => Status::Normal,
            (None, None) => said.unwrap_or(Status::Missing),
        };
        let mut signs = columns.iter().filter_map(|(_, figure)| figure.sign());
        let sign = hidden
            .or_else(|| signs.next())
            .filter(|_| status.is_without_figure());
        let sign = sign.cloned();
        Some(Self {
            assumed: given.is_none() && number.is_none() && sign.is_none(),
            taken_from_sign: given.is_none() && sign.is_some(),
            numerator,
            denominator,
            value,
            status,
            sign,
        })
    }
}

impl Figures {
    /// Describes a value that does not match its numerator and denominator. A value may be rounded,
    /// or cut off, at its last decimal.
    pub(super) fn against_parts(&self, definition: &Definition) -> Option<String> {
        let (numerator, value) = (self.numerator.number()?, self.value.number()?);
        let (parts, given) = match (definition.kind, self.denominator.number()) {
            (
                IndicatorType::Proportion | IndicatorType::Rate | IndicatorType::Mean,
                denominator,
            ) => {
                let denominator = denominator?;
                let given = numerator.ratio(denominator, definition.factor, DECIMALS)?;
                (format!("{numerator} of {denominator} give"), given)
            }
            (IndicatorType::Count | IndicatorType::Index | IndicatorType::Ordinal, _) => {
                ("the numerator is".to_owned(), numerator)
            }
        };
        let last = unit_of_last_decimal(value);
        let apart = if value < given {
            given - value
        } else {
            value - given
        };
        (apart >= last).then(|| {
            let shown = given.round(decimals(value).max(SHOWN_DECIMALS));
            format!("the value is {value}, and {parts} {shown}")
        })
    }
}

/// Minimum number of decimals in a comparison.
const SHOWN_DECIMALS: u32 = 1;

fn decimals(number: Number) -> u32 {
    let text = number.to_string();
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    u32::try_from(decimals).unwrap_or(DECIMALS)
}

fn unit_of_last_decimal(number: Number) -> Number {
    let divisor = Number::from(10_i64.pow(decimals(number)));
    let unit = Number::from(1).ratio(divisor, Number::from(1), DECIMALS);
    unit.unwrap_or(Number::ZERO)
}

/// The sign of a row that has no figure and gives its publisher's sign in a separate column.
fn printed(sign: &str, given: Option<Status>) -> Figure {
    if sign.is_empty() {
        return Figure::Missing;
    }
    let read = match Sign::read(sign) {
        Some(Sign::Suppressed) => Some(Status::Suppressed),
        Some(Sign::Missing) => Some(Status::Missing),
        Some(Sign::Unclear) | None => None,
    };
    Figure::Sign {
        text: kept(sign),
        status: given.or(read),
    }
}

/// Parses the status that a row gives; an unknown one is a problem.
fn status(field: &str, problems: &mut Vec<Wrong>) -> Option<Option<Status>> {
    let given = field.to_ascii_uppercase();
    if given.is_empty() {
        return Some(None);
    }
    let status = given.parse::<Status>();
    status
        .map_err(|_| problems.push(status_words(&given).into()))
        .ok()
        .map(Some)
}

fn status_words(given: &str) -> String {
    let known = Status::ALL
        .iter()
        .map(|status| format!("{status} {}", status.label()));
    let given: String = given.chars().take(40).collect();
    format!(
        "\"{given}\" is not a status; there are {}",
        known.collect::<Vec<_>>().join(", ")
    )
}
