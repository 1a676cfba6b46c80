//! Checks whether an observation is acceptable. The keyboard, imports and tests use the same
//! checks; each has a message that says what is wrong and what to do next.

mod impossible;
mod interval;
mod marks;
pub mod question;
mod sentinel;
pub mod signs;
pub mod slips;
mod target;

pub use self::{marks::keep_marks, target::target};

pub use self::impossible::impossible;
pub use self::interval::BadInterval;
use std::iter;

use crate::{
    id::{AreaCode, IndicatorCode},
    model::{
        indicator::{ANY_VALUE, Adjustment, Definition, IndicatorType, RollupRule},
        number::{DECIMALS, Number},
        observation::{
            Breakdown, METHOD_BYTES_MAX, NOTE_BYTES_MAX, ObservationKey, Statement, Status,
        },
    },
    period::{Date, Frequency, Period},
    text::listed,
};

/// The unit of indicators that count people.
const PEOPLE: &str = "people";

/// Maximum number of codes or values in a message.
const LISTED_MAX: usize = 12;

/// A problem with an observation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It is not an area of this location.
    #[error(
        "{area} is not an area of this location in {period}: its areas are {}; the national \
         team assigns areas",
        codes(known)
    )]
    UnknownArea {
        /// The area asked for.
        area: AreaCode,
        /// The period.
        period: Period,
        /// The location's areas.
        known: Vec<String>,
    },
    /// The wrong kind of period.
    #[error(
        "{indicator} is reported by {}, and {period} is a {}: write a {} as {}",
        words(*expected), words(period.frequency()), words(*expected), expected.example()
    )]
    Period {
        /// The indicator.
        indicator: IndicatorCode,
        /// The period given.
        period: Period,
        /// The frequency that its definition requires.
        expected: Frequency,
    },
    /// A breakdown that the definition does not name.
    #[error("{indicator} has no breakdown {breakdown}: it has {}", codes(known))]
    Breakdown {
        /// The indicator.
        indicator: IndicatorCode,
        /// The breakdown given.
        breakdown: Breakdown,
        /// The breakdowns that its definition names.
        known: Vec<String>,
    },
    /// No breakdown, although the definition has some.
    #[error(
        "{indicator} is reported in parts, and none is named: it has {}; for everybody together \
         say total",
        codes(known)
    )]
    WhichBreakdown {
        /// The indicator.
        indicator: IndicatorCode,
        /// The breakdowns that its definition names.
        known: Vec<String>,
    },
    /// The period has not begun.
    #[error(
        "{period} has not begun: it starts on {}, and today is no later than {today}; \
         check the period, and this computer's clock", period.start()
    )]
    Future {
        /// The period given.
        period: Period,
        /// The latest possible current day.
        today: Date,
    },
    /// A figure that cannot be added up, although its parts could.
    #[error(
        "counts stand there, {indicator} is a {kind}, and a value alone cannot be added up: the \
         location would drop out of the network's figure; give numerator and denominator"
    )]
    ValueAlone {
        /// The indicator.
        indicator: IndicatorCode,
        /// Its type.
        kind: IndicatorType,
    },
    /// Below zero.
    #[error("the {what} {number} is below zero, which {indicator} cannot be: check it")]
    Negative {
        /// The indicator.
        indicator: IndicatorCode,
        /// Numerator, denominator or value.
        what: &'static str,
        /// The number given.
        number: Number,
    },
    /// A fraction of something that only comes whole.
    #[error(
        "the {what} {number} is a fraction, and {indicator} counts whole {unit}: write the whole \
         number, with a comma between thousands or none{}",
        thousands(*number)
    )]
    Fraction {
        /// The indicator.
        indicator: IndicatorCode,
        /// Numerator, denominator or value.
        what: &'static str,
        /// The number given.
        number: Number,
        /// The unit that it counts.
        unit: String,
    },
    /// A part that is larger than the whole.
    #[error(
        "the numerator {numerator} is above the denominator {denominator}, and {indicator} is a \
         proportion: check both, they may be swapped"
    )]
    Above {
        /// The indicator.
        indicator: IndicatorCode,
        /// The numerator given.
        numerator: Number,
        /// The denominator given.
        denominator: Number,
    },
    /// A share that is larger than the whole.
    #[error(
        "the value {value} is above {factor}, which is all of them in {indicator}: check it, or \
         give numerator and denominator"
    )]
    AboveAll {
        /// The indicator.
        indicator: IndicatorCode,
        /// The value given.
        value: Number,
        /// The value for the whole.
        factor: Number,
    },
    /// A denominator of zero.
    #[error(
        "a denominator of 0 gives no figure: check it, or leave the numbers out and say why with \
         a status (M: cannot exist, O: missing)"
    )]
    NoneInDenominator,
    /// A ratio with only one half.
    #[error(
        "{indicator} is a {kind}: it needs numerator and denominator, and the {missing} is missing"
    )]
    Half {
        /// The indicator.
        indicator: IndicatorCode,
        /// Its type.
        kind: IndicatorType,
        /// Numerator or denominator.
        missing: &'static str,
    },
    /// A ratio and also a value.
    #[error(
        "numerator and value are both given: leave out the value, it follows from numerator and \
         denominator"
    )]
    Twice,
    /// A numerator for an index.
    #[error("{0} is an index: give its value, not a numerator")]
    IndexNumerator(IndicatorCode),
    /// A figure with a status that says there is none.
    #[error(
        "status {status} ({}) says that there is no figure, and {number} is given: leave the \
         number out, or choose status A (normal)", status.label()
    )]
    FigureWithStatus {
        /// The status.
        status: Status,
        /// The figure.
        number: Number,
    },
    /// No figure with a status that says there is one.
    #[error(
        "no figure is given, and status {status} ({}) says that there is one: give it, or say why \
         it is missing (L: not collected, M: cannot exist, O: missing, Q: suppressed)",
        .0.label(), status = .0
    )]
    NoFigure(Status),
    /// A method that is too long.
    #[error(
        "the method has {0} bytes, and {METHOD_BYTES_MAX} is the most: shorten it, the note \
         has more room"
    )]
    LongMethod(usize),
    /// An invalid interval.
    #[error(transparent)]
    Interval(#[from] BadInterval),
    /// A note that is too long.
    #[error("the note has {0} bytes, and {NOTE_BYTES_MAX} is the most: shorten it")]
    LongNote(usize),
}

/// All problems of a statement under its definition; empty if it is acceptable.
#[must_use]
pub fn observation(
    key: &ObservationKey,
    statement: &Statement,
    definition: &Definition,
) -> Vec<Invalid> {
    let mut problems = Vec::new();
    let indicator = || definition.code.clone();
    if !definition.reports(key.period) {
        problems.push(Invalid::Period {
            indicator: indicator(),
            period: key.period,
            expected: definition.period,
        });
    }
    problems.extend(breakdown(&key.breakdown, definition));
    if let Some(bytes) = statement.method.as_ref().map(String::len)
        && bytes > METHOD_BYTES_MAX
    {
        problems.push(Invalid::LongMethod(bytes));
    }
    problems.extend(status(statement));
    problems.extend(numbers(statement, definition));
    problems.extend(fractions(statement, definition));
    problems.extend(interval::interval(statement, definition).map(Invalid::from));
    problems
}

/// A problem that only the person who enters a figure can solve: a value alone, although the
/// network's figure is a quotient of sums. A publisher's file with no more gets just a warning.
#[must_use]
pub fn value_alone(statement: &Statement, definition: &Definition) -> Option<Invalid> {
    let survey = statement.lower.is_some() || definition.adjustment != Adjustment::None;
    let added_up = definition.rollup == RollupRule::Sum && definition.kind.is_ratio() && !survey;
    let alone = statement.numerator.is_none() && statement.value.is_some();
    (added_up && alone).then(|| Invalid::ValueAlone {
        indicator: definition.code.clone(),
        kind: definition.kind,
    })
}

/// Refuses a part of the population that the definition does not name.
#[must_use]
pub fn breakdown(breakdown: &Breakdown, definition: &Definition) -> Option<Invalid> {
    (!definition.allows(breakdown)).then(|| Invalid::Breakdown {
        indicator: definition.code.clone(),
        breakdown: breakdown.clone(),
        known: breakdowns(definition),
    })
}

/// Refuses a note that is too long.
#[must_use]
pub fn note(text: &str) -> Option<Invalid> {
    let bytes = text.len();
    (bytes > NOTE_BYTES_MAX).then_some(Invalid::LongNote(bytes))
}

/// Refuses a period that begins after `today`.
#[must_use]
pub fn future(period: Period, today: Date) -> Option<Invalid> {
    (period.start() > today).then_some(Invalid::Future { period, today })
}

/// The parts that a definition names, if a person who states a figure must choose among them.
#[must_use]
pub fn which_breakdown(definition: &Definition) -> Option<Invalid> {
    (!definition.breakdowns.is_empty()).then(|| Invalid::WhichBreakdown {
        indicator: definition.code.clone(),
        known: breakdowns(definition),
    })
}

/// Checks that status and figure agree. A denominator is allowed with any status: a publisher who
/// hides the numerator often shows it.
fn status(statement: &Statement) -> Option<Invalid> {
    let status = statement.status;
    match (
        status.is_without_figure(),
        statement.numerator.or(statement.value),
    ) {
        (true, Some(number)) => Some(Invalid::FigureWithStatus { status, number }),
        (false, None) => Some(Invalid::NoFigure(status)),
        (true, None) | (false, Some(_)) => None,
    }
}

fn numbers(statement: &Statement, definition: &Definition) -> Vec<Invalid> {
    let Statement {
        numerator,
        denominator,
        value,
        ..
    } = *statement;
    let indicator = || definition.code.clone();
    let mut problems = Vec::new();
    // Scores and indices may be below zero.
    let is_signed = matches!(definition.kind, IndicatorType::Mean | IndicatorType::Index);
    let figures = [("numerator", numerator), ("value", value)];
    let figures = figures.into_iter().filter(|_| !is_signed);
    for (what, number) in iter::once(("denominator", denominator)).chain(figures) {
        if let Some(number) = number.filter(|number| number.is_negative()) {
            problems.push(Invalid::Negative {
                indicator: indicator(),
                what,
                number,
            });
        }
    }
    match (numerator, denominator) {
        (Some(_), _) if definition.kind == IndicatorType::Index => {
            problems.push(Invalid::IndexNumerator(indicator()));
        }
        (Some(_), Some(denominator)) if denominator.is_zero() => {
            problems.push(Invalid::NoneInDenominator);
        }
        (Some(numerator), Some(denominator))
            if definition.kind == IndicatorType::Proportion
                && numerator > denominator
                && !denominator.is_negative() =>
        {
            problems.push(Invalid::Above {
                indicator: indicator(),
                numerator,
                denominator,
            });
        }
        (Some(_), None) if definition.kind.is_ratio() => problems.push(Invalid::Half {
            indicator: indicator(),
            kind: definition.kind,
            missing: "denominator",
        }),
        (Some(_) | None, Some(_) | None) => {}
    }
    match (numerator, value) {
        (Some(_), Some(_)) => problems.push(Invalid::Twice),
        (None, Some(value))
            if definition.kind == IndicatorType::Proportion && value > definition.factor =>
        {
            problems.push(Invalid::AboveAll {
                indicator: indicator(),
                value,
                factor: definition.factor,
            });
        }
        (None, Some(_)) | (Some(_) | None, None) => {}
    }
    problems
}

/// Refuses fractions of things that only come whole. A proportion is a count of a count, whatever
/// it counts. For people, counts and the events of a rate are whole too. The divisor of a rate or a
/// mean may be time.
fn fractions(statement: &Statement, definition: &Definition) -> Vec<Invalid> {
    let [numerator, denominator, value] = only_whole(definition);
    let given = [
        ("numerator", statement.numerator, numerator),
        ("denominator", statement.denominator, denominator),
        ("value", statement.value, value),
    ];
    let fraction = |(what, number, whole): (&'static str, Option<Number>, bool)| {
        let number = number.filter(|number| whole && !number.is_whole())?;
        Some(Invalid::Fraction {
            indicator: definition.code.clone(),
            what,
            number,
            unit: definition.unit.clone(),
        })
    };
    given.into_iter().filter_map(fraction).collect()
}

/// Whether numerator, denominator and value can only be whole.
fn only_whole(definition: &Definition) -> [bool; 3] {
    let people = definition.person_level || definition.unit == PEOPLE;
    match definition.kind {
        IndicatorType::Proportion => [true, true, false],
        IndicatorType::Count => [people, false, people],
        IndicatorType::Rate => [people, false, false],
        IndicatorType::Mean | IndicatorType::Index | IndicatorType::Ordinal => [false; 3],
    }
}

/// The probable meaning if a point separates thousands, as in other countries.
fn thousands(number: Number) -> String {
    let meant = number.ratio(Number::from(1), Number::from(1_000), DECIMALS);
    let meant = meant.filter(|meant| meant.is_whole());
    meant.map_or_else(String::new, |meant| {
        format!(
            " (a point begins decimals: {meant} where {} was meant)",
            number.fixed(3)
        )
    })
}

fn breakdowns(definition: &Definition) -> Vec<String> {
    let each = |(name, values): (&String, &Vec<String>)| {
        let name = name.clone();
        values.clone().into_iter().map(move |value| {
            if value == ANY_VALUE {
                format!("{name} with any value")
            } else {
                format!("{name}={value}")
            }
        })
    };
    definition.breakdowns.iter().flat_map(each).collect()
}

/// The codes that there are, or that there are none.
fn codes(known: &[String]) -> String {
    match known {
        [] => "none".to_owned(),
        known => listed(known, LISTED_MAX),
    }
}

const fn words(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::PooledYears => "period of pooled years",
        Frequency::Year => "year",
        Frequency::FiscalYear => "fiscal year",
        Frequency::Quarter => "quarter",
        Frequency::Month => "month",
        Frequency::Week => "week",
    }
}

#[cfg(test)]
mod tests;
