//! Prints figures as tables for people: one table per indicator, with a legend of its marks and
//! letters. If there are no figures, says why.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use weft_host::text::{WIDTH, wrapped};
use weft_shared::{
    id::IndicatorCode,
    model::number::Number,
    period::{Frequency, Period, PeriodRange},
    rollup::{
        Cell,
        cell::TABLE_DECIMALS,
        coverage::{WITHOUT_COUNTS, unconfirmed_part},
        interval::apart,
    },
    text::counted,
};

use super::table::{Column, Table};
use crate::{
    app::{AppError, Counted, LocationState},
    figures::{About, Figure, RollupQuery, stream::Figures},
    pages::words::NO_FIGURE,
};

/// Writes figures, which are sorted by indicator. Columns are as wide as what is in them, so the
/// rows of one table are in memory together: an indicator with very many has several.
pub(crate) fn write(
    figures: &mut Figures<'_>,
    _about: &About,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut legend = Legend::default();
    let mut rows: Vec<Figure> = Vec::new();
    for figure in figures {
        let figure = figure?;
        let is_other = rows
            .first()
            .is_some_and(|first| code(first) != code(&figure));
        if is_other || rows.len() == TABLE_ROWS_MAX {
            write_table(&std::mem::take(&mut rows), out)?;
        }
        legend.add(&figure);
        rows.push(figure);
    }
    write_table(&rows, out)?;
    for line in legend.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

const fn code(figure: &Figure) -> &IndicatorCode {
    &figure.cell.key.indicator
}

/// Writes figures of one indicator, with its name and the notes on them.
fn write_table(figures: &[Figure], out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = figures.first() else {
        return Ok(());
    };
    let labels = &first.cell.labels;
    let (name, unit) = (&labels.indicator_name, &labels.unit);
    for line in wrapped(&format!("{}: {name}, in {unit}", code(first)), WIDTH) {
        writeln!(out, "{line}")?;
    }
    table(figures).write(out)?;
    for line in beside(figures) {
        for part in wrapped(&line, WIDTH) {
            writeln!(out, "{part}")?;
        }
    }
    writeln!(out)
}

fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new(&[
        Column::Text("period"),
        Column::Words("breakdown"),
        Column::Text("where"),
        Column::Number("value"),
        Column::Number("numerator"),
        Column::Number("denominator"),
        Column::Number("areas"),
        Column::Text("status"),
    ]);
    let any_partial = figures.iter().any(Figure::is_partial);
    for figure in figures {
        let cell = &figure.cell;
        let number = |number: Option<Number>| number.map_or_else(String::new, |n| n.to_string());
        let mark = match (figure.is_partial(), any_partial) {
            (true, _) => PARTIAL,
            // Keeps the digits of a column aligned.
            (false, true) => " ",
            (false, false) => "",
        };
        table.row([
            cell.key.period.to_string(),
            cell.key.breakdown.to_string(),
            place(figure).to_owned(),
            value(cell) + mark,
            number(cell.numerator),
            number(cell.denominator),
            format!("{}/{}", cell.n_areas, cell.n_areas_expected),
            cell.status.word().to_owned(),
        ]);
    }
    table
}

fn place(figure: &Figure) -> &str {
    match figure.location() {
        "" => "network",
        code => code,
    }
}

/// Collects the notes about comparisons, each once with all the figures it is about.
fn beside(figures: &[Figure]) -> Vec<String> {
    let mut all: BTreeMap<(String, String, String), Vec<&str>> = BTreeMap::new();
    for figure in figures {
        let words = figure.compared.as_ref().and_then(|one| one.words.clone());
        if let Some(words) = words {
            let key = &figure.cell.key;
            let about = (key.period.to_string(), key.breakdown.to_string(), words);
            all.entry(about).or_default().push(place(figure));
        }
    }
    let more = all.len().saturating_sub(BESIDE_MAX);
    let lines = all.into_iter().take(BESIDE_MAX);
    let lines = lines.map(|((period, part, words), places)| {
        format!("{period}, {part}, {}: {words}", places.join(", "))
    });
    let mut lines: Vec<String> = lines.collect();
    if more > 0 {
        lines.push(format!(
            "and {more} more: the column status_reason of --format csv has all"
        ));
    }
    lines
}

/// Returns the value, or the interval that a contested figure leaves. Quotients are rounded here;
/// CSV and JSON have all their decimals.
fn value(cell: &Cell) -> String {
    let contested = cell.interval;
    let numerator_low = contested.and_then(|one| one.numerator_low);
    let divided = cell.denominator.or(numerator_low).is_some();
    let all = (cell.labels.unit == "percent").then(|| Number::from(100));
    let shown = |number: Number| match divided {
        true => number.shown(TABLE_DECIMALS, all),
        false => number.to_string(),
    };
    if let Some(value) = cell.value {
        let survey = cell.lower.zip(cell.upper);
        let survey = survey.map(|(lower, upper)| format!(" ({lower} to {upper})"));
        return shown(value) + &survey.unwrap_or_default();
    }
    let Some(ends) = contested.and_then(|one| one.value_low.zip(one.value_high)) else {
        return String::new();
    };
    let (low, high) = match divided {
        true => apart(ends, TABLE_DECIMALS, all),
        false => (ends.0.to_string(), ends.1.to_string()),
    };
    let ends = match low == high {
        true => low,
        false => format!("{low}..{high}"),
    };
    match contested.is_some_and(|one| one.or_none) {
        true => format!("{ends} or {NO_FIGURE}"),
        false => ends,
    }
}

/// Explains the marks and letters used in the tables.
#[derive(Default)]
struct Legend {
    any_partial: bool,
    any_without_counts: bool,
    waiting: BTreeSet<String>,
    statuses: BTreeSet<String>,
}

impl Legend {
    fn add(&mut self, figure: &Figure) {
        let (status, reason) = (figure.cell.status, figure.reason());
        self.any_partial |= figure.is_partial();
        self.any_without_counts |= reason.contains(WITHOUT_COUNTS);
        let waiting = unconfirmed_part(&reason).map(|part| format!("{part}."));
        self.waiting.extend(waiting);
        let words = format!("{} {}", status.word(), status.label());
        self.statuses.insert(words);
    }

    fn lines(self) -> Vec<String> {
        let mut sentences = Vec::new();
        if self.any_partial {
            sentences.push(format!(
                "{PARTIAL} partial: an area is missing from the figure. The column areas says how \
                 many are in it; weft-hub rollup explain says which are missing, and why."
            ));
        }
        if self.any_without_counts {
            sentences.push(
                "A value without its counts is in no sum: a figure of several areas, or of the \
                 network, needs its numerator and denominator. weft-hub rollup explain says whose \
                 are missing."
                    .to_owned(),
            );
        }
        sentences.extend(self.waiting);
        if !self.statuses.is_empty() {
            let words: Vec<String> = self.statuses.into_iter().collect();
            sentences.push(format!("Status: {}.", words.join(", ")));
        }
        sentences
            .iter()
            .flat_map(|sentence| wrapped(sentence, WIDTH))
            .collect()
    }
}

/// Explains why nothing was found, and what to do.
pub(super) fn why_none(at: &Counted<'_>, asked: &RollupQuery) -> Result<String, AppError> {
    let locations = at.locations()?;
    let confirmed = |state| state == LocationState::Confirmed;
    if at.definitions().is_empty() {
        return Ok("There are no figures: the network has no indicators yet. \
                   Next: weft-hub definitions import FILE"
            .to_owned());
    }
    if !locations.iter().any(|one| confirmed(one.state)) {
        return Ok(
            "There are no figures: only confirmed locations count, and none is confirmed yet. \
             weft-hub location list shows how far each has come."
                .to_owned(),
        );
    }
    // This is only advice: if it cannot be had now, the empty answer stands without it.
    let periods = at.periods(asked.indicator.as_ref());
    let periods: Vec<Period> = periods.map_or_else(|_| Vec::new(), |all| all.into_iter().collect());
    let of = asked
        .indicator
        .as_ref()
        .map_or_else(String::new, |code| format!(" of {code}"));
    Ok(match span(&periods) {
        Some(span) => {
            let asked_of = asked.indicator.as_ref().zip(asked.period);
            if let Some(text) = asked_of.and_then(|(code, range)| other_kind(code, range, &periods))
            {
                return Ok(text);
            }
            let there_are = asked.period.and_then(|range| gap(range, &periods));
            let there_are = there_are
                .unwrap_or_else(|| format!("{span}: ask for other periods, or leave --period out"));
            format!("No figures match. There are figures{of} {there_are}.")
        }
        None if at.as_of.is_some() => {
            format!("There were no figures{of} then. Name a later moment, or leave --as-of out.")
        }
        None => format!(
            "There are no figures{of} yet: no confirmed location has shared an observation. \
             weft-hub status shows when each was last heard of."
        ),
    })
}

/// Describes all periods, which are sorted; `None` if there are none.
fn span(periods: &[Period]) -> Option<String> {
    match periods {
        [] => None,
        [one] => Some(format!("for {one} only")),
        [first, .., last] => {
            let all = counted(periods.len(), "period", "periods");
            Some(format!("for {all}, {first} to {last}"))
        }
    }
}

/// Says what kind of periods an indicator has, if it has none of the kind that was asked for.
fn other_kind(code: &IndicatorCode, asked: PeriodRange, periods: &[Period]) -> Option<String> {
    let kind = asked.from().frequency();
    let has = periods.first()?.frequency();
    if periods.iter().any(|period| period.frequency() == kind) {
        return None;
    }
    let within = |period: &&Period| {
        period.start() >= asked.from().start() && period.end() <= asked.to().end()
    };
    let mut within = periods.iter().filter(within);
    let next = match (within.next(), within.next_back()) {
        (Some(first), Some(last)) => format!("write {first}..{last}"),
        (Some(only), None) => format!("write {only}"),
        (None, _) => format!("there are figures {}", span(periods)?),
    };
    let is = match asked.from() == asked.to() {
        true => format!("{asked} is a {}", noun(kind)),
        false => format!("{asked} are {}s", noun(kind)),
    };
    Some(format!(
        "No figures match. {is}, and {code} has {}s: {next}.",
        noun(has)
    ))
}

/// The noun for one such period, whose plural ends in "s".
const fn noun(kind: Frequency) -> &'static str {
    match kind {
        Frequency::PooledYears => "several-year period",
        Frequency::Year => "year",
        Frequency::FiscalYear => "fiscal year",
        Frequency::Quarter => "quarter",
        Frequency::Month => "month",
        Frequency::Week => "week",
    }
}

/// Describes the periods around a gap that contains the requested range.
fn gap(asked: PeriodRange, periods: &[Period]) -> Option<String> {
    let (from, to) = (asked.from(), asked.to());
    if periods.iter().any(|period| asked.contains(*period)) {
        return Some("of these periods, though not of this kind: leave out --level".to_owned());
    }
    let before = periods.iter().filter(|period| period.end() < from.start());
    let after = periods.iter().filter(|period| period.start() > to.end());
    let before = before.max_by_key(|period| period.end())?;
    let after = after.min_by_key(|period| period.start())?;
    let span = span(periods)?;
    Some(format!(
        "{span}; the nearest to {asked} are {before} and {after}"
    ))
}

/// Rows of one table.
const TABLE_ROWS_MAX: usize = 5_000;

/// Maximum number of notes on comparisons below a table.
const BESIDE_MAX: usize = 12;

/// Marks the value of a figure that an area is missing from.
const PARTIAL: &str = "*";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_another_kind_are_named_with_those_there_are() {
        let periods = ["2023-11", "2024-01", "2024-02"].map(|text| text.parse().unwrap());
        let code = "KIDS".parse().unwrap();
        let told = |asked: &str| other_kind(&code, asked.parse().unwrap(), &periods);
        for (asked, says) in [
            (
                "2024",
                "2024 is a year, and KIDS has months: write 2024-01..2024-02.",
            ),
            (
                "2023",
                "2023 is a year, and KIDS has months: write 2023-11.",
            ),
            (
                "2024-Q1..2024-Q2",
                "2024-Q1..2024-Q2 are quarters, and KIDS has months: write",
            ),
            (
                "2022",
                "has months: there are figures for 3 periods, 2023-11 to 2024-02.",
            ),
        ] {
            let told = told(asked).unwrap();
            assert!(told.contains(says), "{asked}: {told}");
        }
        assert_eq!(told("2025-01"), None);
    }

    #[test]
    fn a_period_within_a_gap_is_not_told_to_look_elsewhere() {
        let periods = ["2023-01", "2023-02", "2023-05"].map(|text| text.parse().unwrap());
        let told = |asked: &str| gap(asked.parse().unwrap(), &periods);
        let between = told("2023-03..2023-04").unwrap();
        assert!(
            between.ends_with("the nearest to 2023-03..2023-04 are 2023-02 and 2023-05"),
            "{between}"
        );
        assert_eq!(told("2022-12"), None);
        assert_eq!(told("2023-06"), None);
        assert!(told("2023-02").unwrap().contains("--level"));
    }
}
