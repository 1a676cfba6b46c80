//! Prints figures as tables for people: one table per indicator, with a legend of its marks and
//! letters. If there are no figures, says why.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use weft_host::text::{WIDTH, wrapped};
use weft_shared::{
    model::number::Number,
    period::{Period, PeriodRange},
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
    figures::{Figure, RollupQuery},
    pages::words::NO_FIGURE,
};

/// Writes the figures, which are sorted by indicator.
pub(crate) fn write(figures: &[Figure], out: &mut dyn Write) -> io::Result<()> {
    let code = |figure: &Figure| figure.cell.key.indicator.clone();
    for of_one in figures.chunk_by(|a, b| code(a) == code(b)) {
        let Some(first) = of_one.first() else {
            continue;
        };
        let labels = &first.cell.labels;
        let (name, unit) = (&labels.indicator_name, &labels.unit);
        for line in wrapped(&format!("{}: {name}, in {unit}", code(first)), WIDTH) {
            writeln!(out, "{line}")?;
        }
        table(of_one).write(out)?;
        for line in beside(of_one) {
            for part in wrapped(&line, WIDTH) {
                writeln!(out, "{part}")?;
            }
        }
        writeln!(out)?;
    }
    for line in legend(figures) {
        writeln!(out, "{line}")?;
    }
    Ok(())
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

/// Explains the marks and letters used in the table.
fn legend(figures: &[Figure]) -> Vec<String> {
    let statuses = figures.iter().map(|figure| figure.cell.status);
    let words: BTreeSet<String> = statuses
        .map(|status| format!("{} {}", status.word(), status.label()))
        .collect();
    let mut sentences = Vec::new();
    if figures.iter().any(Figure::is_partial) {
        sentences.push(format!(
            "{PARTIAL} partial: an area is missing from the figure. The column areas says how many \
             are in it; weft-hub rollup explain says which are missing, and why."
        ));
    }
    let reasons = || figures.iter().map(Figure::reason);
    if reasons().any(|reason| reason.contains(WITHOUT_COUNTS)) {
        sentences.push(
            "A value without its counts is in no sum: a figure of several areas, or of the \
             network, needs its numerator and denominator. weft-hub rollup explain says whose \
             are missing."
                .to_owned(),
        );
    }
    let waiting = reasons().filter_map(|one| Some(format!("{}.", unconfirmed_part(&one)?)));
    sentences.extend(waiting.collect::<BTreeSet<String>>());
    if !words.is_empty() {
        let words: Vec<String> = words.into_iter().collect();
        sentences.push(format!("Status: {}.", words.join(", ")));
    }
    sentences
        .iter()
        .flat_map(|sentence| wrapped(sentence, WIDTH))
        .collect()
}

/// Says that figures are as of a moment of the past, if they are.
pub(super) fn as_of_words(at: &Counted<'_>) -> Option<String> {
    let moment = at.network().zone().minute(at.as_of?);
    Some(format!(
        "Figures as of {moment}: they count the entries received by then, without words that were \
         withdrawn since."
    ))
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
    let unfiltered = RollupQuery {
        indicator: asked.indicator.clone(),
        ..RollupQuery::default()
    };
    // This is only advice: if it cannot be had now, the empty answer stands without it.
    let others = at.rollup(&unfiltered);
    let others = others.map_or_else(|_| Vec::new(), |rollup| rollup.unshown().figures);
    let of = asked
        .indicator
        .as_ref()
        .map_or_else(String::new, |code| format!(" of {code}"));
    let mut periods: Vec<_> = others.iter().map(|one| one.cell.key.period).collect();
    periods.sort_unstable();
    periods.dedup();
    Ok(match span(&periods) {
        Some(span) => {
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

/// Maximum number of notes on comparisons below a table.
const BESIDE_MAX: usize = 12;

/// Marks the value of a figure that an area is missing from.
const PARTIAL: &str = "*";

#[cfg(test)]
mod tests {
    use super::*;

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
