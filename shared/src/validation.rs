//! What makes an observation acceptable: the same checks at the keyboard, in an import and in a
//! test, each with words that say what is wrong and what to do next.

mod impossible;
mod interval;
mod marks;
pub mod question;
mod sentinel;
pub mod signs;
pub mod slips;

pub use self::marks::keep_marks;

pub use self::impossible::impossible;
pub use self::interval::BadInterval;
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
};

/// The unit of indicators that count people.
const PEOPLE: &str = "people";

/// How many codes or values a message lists.
const LISTED_MAX: usize = 12;

/// What is wrong with an observation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// No such indicator.
    #[error(
        "the network has no indicator {code}: {}; the national team defines indicators",
        listed("it has", known)
    )]
    UnknownIndicator {
        /// What was asked for.
        code: IndicatorCode,
        /// What there is.
        known: Vec<String>,
    },
    /// Not an area of this location.
    #[error(
        "{area} is no area of this location in {period}: {}; the national team assigns areas",
        listed("its areas are", known)
    )]
    UnknownArea {
        /// What was asked for.
        area: AreaCode,
        /// When.
        period: Period,
        /// What there is.
        known: Vec<String>,
    },
    /// Another kind of period.
    #[error(
        "{indicator} is reported by {}, and {period} is a {}: write a {} as {}",
        words(*expected), words(period.frequency()), words(*expected), expected.example()
    )]
    Period {
        /// The indicator.
        indicator: IndicatorCode,
        /// What was given.
        period: Period,
        /// What its definition asks for.
        expected: Frequency,
    },
    /// A breakdown that the definition does not name.
    #[error(
        "{indicator} has no breakdown {breakdown}: {}",
        listed("it has", known)
    )]
    Breakdown {
        /// The indicator.
        indicator: IndicatorCode,
        /// What was given.
        breakdown: Breakdown,
        /// What its definition names.
        known: Vec<String>,
    },
    /// No breakdown, where the definition has some.
    #[error(
        "{indicator} is reported in parts, and none is named: {}; for everybody together say total",
        listed("it has", known)
    )]
    WhichBreakdown {
        /// The indicator.
        indicator: IndicatorCode,
        /// What its definition names.
        known: Vec<String>,
    },
    /// Not begun yet.
    #[error(
        "{period} has not begun: it starts on {}, and today is no later than {today}; \
         check the period, and this computer's clock", period.start()
    )]
    Future {
        /// What was given.
        period: Period,
        /// The day that it is at the latest.
        today: Date,
    },
    /// A figure that cannot be added up, where its parts can.
    #[error(
        "counts stand there, {indicator} is a {kind}, and a value alone cannot be added up: the \
         location would drop out of the network's figure; give numerator and denominator"
    )]
    ValueAlone {
        /// The indicator.
        indicator: IndicatorCode,
        /// Its kind.
        kind: IndicatorType,
    },
    /// Below zero.
    #[error("the {what} {number} is below zero, which {indicator} cannot be: check it")]
    Negative {
        /// The indicator.
        indicator: IndicatorCode,
        /// Numerator, denominator or value.
        what: &'static str,
        /// What was given.
        number: Number,
    },
    /// A part of a person.
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
        /// What was given.
        number: Number,
        /// What it counts.
        unit: String,
    },
    /// More than all.
    #[error(
        "the numerator {numerator} is above the denominator {denominator}, and {indicator} is a \
         proportion: check both, they may be exchanged"
    )]
    Above {
        /// The indicator.
        indicator: IndicatorCode,
        /// What was given.
        numerator: Number,
        /// What was given.
        denominator: Number,
    },
    /// A share of more than all.
    #[error(
        "the value {value} is above {factor}, which is all of them in {indicator}: check it, or \
         give numerator and denominator"
    )]
    AboveAll {
        /// The indicator.
        indicator: IndicatorCode,
        /// What was given.
        value: Number,
        /// What stands for all.
        factor: Number,
    },
    /// Nothing to divide by.
    #[error(
        "a denominator of 0 gives no figure: check it, or leave the numbers out and say why with \
         a status (M: cannot exist, O: missing)"
    )]
    NoneInDenominator,
    /// A ratio with one half.
    #[error(
        "{indicator} is a {kind}: it needs numerator and denominator, and the {missing} is missing"
    )]
    Half {
        /// The indicator.
        indicator: IndicatorCode,
        /// Its kind.
        kind: IndicatorType,
        /// Numerator or denominator.
        missing: &'static str,
    },
    /// A ratio and a value.
    #[error(
        "numerator and value are both given: leave out the value, it follows from numerator and \
         denominator"
    )]
    Twice,
    /// An index without its value.
    #[error("{indicator} is an index: give its value, not a numerator")]
    IndexNumerator {
        /// The indicator.
        indicator: IndicatorCode,
    },
    /// A status that says there is no figure, and a figure.
    #[error(
        "status {status} ({}) says that there is no figure, and {number} is given: leave the \
         number out, or give status A", status.label()
    )]
    FigureWithStatus {
        /// The status.
        status: Status,
        /// The figure.
        number: Number,
    },
    /// A status that says there is a figure, and none.
    #[error(
        "no figure is given, and status {status} ({}) says that there is one: give it, or say why \
         it is missing (L: not collected, M: cannot exist, O: missing, Q: suppressed)",
        status.label()
    )]
    NoFigure {
        /// The status.
        status: Status,
    },
    /// A method of many words.
    #[error(
        "the method has {bytes} bytes, and {METHOD_BYTES_MAX} is the most: shorten it, the note \
         has more room"
    )]
    LongMethod {
        /// What was given.
        bytes: usize,
    },
    /// An interval that cannot be.
    #[error(transparent)]
    Interval(#[from] BadInterval),
    /// A note of very many words.
    #[error("the note has {bytes} bytes, and {NOTE_BYTES_MAX} is the most: shorten it")]
    LongNote {
        /// What was given.
        bytes: usize,
    },
}

/// Everything that is wrong with a statement under its definition; nothing where it is acceptable.
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
        problems.push(Invalid::LongMethod { bytes });
    }
    problems.extend(status(statement));
    problems.extend(numbers(statement, definition));
    problems.extend(fractions(statement, definition));
    problems.extend(interval::interval(statement, definition).map(Invalid::from));
    problems
}

/// What only whoever enters a figure by hand can set right: a value alone where the network's
/// figure is a quotient of sums. A publisher's file may have no more, and is taken with a warning.
#[must_use]
pub fn value_alone(statement: &Statement, definition: &Definition) -> Option<Invalid> {
    let survey = statement.lower.is_some() || definition.adjustment != Adjustment::None;
    let added_up = definition.rollup == RollupRule::Sum && is_share(definition.kind) && !survey;
    let alone = statement.numerator.is_none() && statement.value.is_some();
    (added_up && alone).then(|| Invalid::ValueAlone {
        indicator: definition.code.clone(),
        kind: definition.kind,
    })
}

/// A part of the population that the definition does not name.
#[must_use]
pub fn breakdown(breakdown: &Breakdown, definition: &Definition) -> Option<Invalid> {
    (!definition.allows(breakdown)).then(|| Invalid::Breakdown {
        indicator: definition.code.clone(),
        breakdown: breakdown.clone(),
        known: breakdowns(definition),
    })
}

/// A note that is too long to be kept.
#[must_use]
pub fn note(text: &str) -> Option<Invalid> {
    let bytes = text.len();
    (bytes > NOTE_BYTES_MAX).then_some(Invalid::LongNote { bytes })
}

/// A period that begins after `today`.
#[must_use]
pub fn future(period: Period, today: Date) -> Option<Invalid> {
    (period.start() > today).then_some(Invalid::Future { period, today })
}

/// The parts that a definition names, where whoever states a figure has to choose among them.
#[must_use]
pub fn which_breakdown(definition: &Definition) -> Option<Invalid> {
    (!definition.breakdowns.is_empty()).then(|| Invalid::WhichBreakdown {
        indicator: definition.code.clone(),
        known: breakdowns(definition),
    })
}

/// Whether status and figure agree. A denominator may stand beside any status: a publisher who
/// hides the numerator often shows it.
fn status(statement: &Statement) -> Option<Invalid> {
    let status = statement.status;
    match (
        status.is_without_figure(),
        statement.numerator.or(statement.value),
    ) {
        (true, Some(number)) => Some(Invalid::FigureWithStatus { status, number }),
        (false, None) => Some(Invalid::NoFigure { status }),
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
    let mut signed = vec![("denominator", denominator)];
    if !may_be_negative(definition.kind) {
        signed.extend([("numerator", numerator), ("value", value)]);
    }
    for (what, number) in signed {
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
            problems.push(Invalid::IndexNumerator {
                indicator: indicator(),
            });
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
        (Some(_), None) if is_share(definition.kind) => problems.push(Invalid::Half {
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

/// Parts of what only comes whole. A proportion is a count of a count, whatever it counts; of
/// people there are no parts either where a count or a rate's events are given. What a rate or a
/// mean divides by may be time.
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

/// Whether numerator, denominator and value only come whole.
fn only_whole(definition: &Definition) -> [bool; 3] {
    let people = definition.person_level || definition.unit == PEOPLE;
    match definition.kind {
        IndicatorType::Proportion => [true, true, false],
        IndicatorType::Count => [people, false, people],
        IndicatorType::Rate => [people, false, false],
        IndicatorType::Mean | IndicatorType::Index | IndicatorType::Ordinal => [false; 3],
    }
}

/// What may have been meant where a point stands between thousands, as other countries write it.
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

const fn may_be_negative(kind: IndicatorType) -> bool {
    match kind {
        IndicatorType::Mean | IndicatorType::Index => true,
        IndicatorType::Count
        | IndicatorType::Proportion
        | IndicatorType::Rate
        | IndicatorType::Ordinal => false,
    }
}

const fn is_share(kind: IndicatorType) -> bool {
    match kind {
        IndicatorType::Proportion | IndicatorType::Rate | IndicatorType::Mean => true,
        IndicatorType::Count | IndicatorType::Index | IndicatorType::Ordinal => false,
    }
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

fn listed(before: &str, codes: &[String]) -> String {
    let shown = codes
        .iter()
        .take(LISTED_MAX)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match codes.len() {
        0 => format!("{before} none"),
        count if count > LISTED_MAX => {
            format!("{before} {shown} and {} more", count - LISTED_MAX)
        }
        _ => format!("{before} {shown}"),
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
