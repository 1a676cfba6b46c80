//! The columns of a grid: the parts of the population that it has fields for.

use std::collections::BTreeSet;

use weft_shared::{
    model::{
        indicator::{ANY_VALUE, Definition},
        observation::Breakdown,
    },
    period::Period,
};

use super::{super::figure, Line, cell::CellView};
use crate::view::IndicatorRow;

/// Maximum number of columns for crossed breakdowns.
const CROSSED_MAX: usize = 60;

/// Returns the definitions in force for the periods of a grid, or the one in use if there are none.
pub(super) fn definitions<'a>(row: &'a IndicatorRow, periods: &[Period]) -> Vec<&'a Definition> {
    let mut all: Vec<&Definition> = Vec::new();
    for period in periods {
        if let Ok(definition) = row.stating(*period, &[], None)
            && !all.contains(&definition)
        {
            all.push(definition);
        }
    }
    if all.is_empty() {
        all.push(&row.in_use);
    }
    all
}

/// Returns the sets of breakdowns that any of the definitions crosses, as names joined by commas.
pub(super) fn crosses(definitions: &[&Definition]) -> Vec<String> {
    let sets = definitions.iter().flat_map(|one| &one.crossed);
    let sets: BTreeSet<String> = sets.map(|names| names.join(",")).collect();
    sets.into_iter().collect()
}

/// Returns the definitions' breakdowns, those entered before, and the total if requested.
pub(super) fn breakdowns(
    definitions: &[&Definition],
    entered: &BTreeSet<Breakdown>,
    cross: &str,
    total: bool,
) -> Vec<Breakdown> {
    let mut columns: Vec<Breakdown> = Vec::new();
    for definition in definitions {
        if cross.is_empty() {
            let names = definition.breakdowns.iter();
            let named = names.flat_map(|(name, values)| {
                let values = values.iter().filter(|value| *value != ANY_VALUE);
                values.map(|value| Breakdown::by(name, value))
            });
            columns.extend(named);
        } else {
            columns.extend(crossed(definition, cross, entered));
        }
    }
    let mut known = BTreeSet::new();
    columns.retain(|column| known.insert(column.clone()));
    let mut others: Vec<&Breakdown> = entered
        .iter()
        .filter(|one| is_of(one, cross) && !columns.contains(one))
        .collect();
    others.sort_by_cached_key(|one| one.order());
    for breakdown in others {
        // A value that was entered under another spelling keeps that spelling.
        let label = breakdown.folded();
        let unused =
            |column: &&mut Breakdown| column.folded() == label && !entered.contains(*column);
        match columns.iter_mut().find(unused) {
            Some(column) => column.clone_from(breakdown),
            None => columns.push(breakdown.clone()),
        }
    }
    if total {
        columns.push(Breakdown::Total);
    }
    columns
}

/// Whether a breakdown has exactly the crossed names, or one name if none are crossed.
fn is_of(breakdown: &Breakdown, cross: &str) -> bool {
    let parts = breakdown.parts();
    let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    match cross {
        "" => parts.len() == 1,
        cross => names.join(",") == cross,
    }
}

/// Returns every combination of the names' values; for a name of any value, those entered.
fn crossed(definition: &Definition, cross: &str, entered: &BTreeSet<Breakdown>) -> Vec<Breakdown> {
    let mut all: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for name in cross.split(',') {
        let Some(values) = definition.breakdowns.get(name) else {
            return Vec::new();
        };
        let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
        if values.contains(&ANY_VALUE) {
            let entered = entered.iter().flat_map(Breakdown::parts);
            let entered = entered.filter(|(one, _)| one == name);
            let entered: BTreeSet<&str> = entered.map(|(_, value)| value.as_str()).collect();
            values.retain(|value| *value != ANY_VALUE && !entered.contains(value));
            values.extend(entered);
        }
        let with = |parts: &Vec<(String, String)>| {
            let parts = parts.clone();
            let values = values.iter();
            let longer = values.map(move |value| {
                let mut longer = parts.clone();
                longer.push((name.to_owned(), (*value).to_owned()));
                longer
            });
            longer.collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).take(CROSSED_MAX).collect();
    }
    let crossed = all.into_iter().map(Breakdown::crossed);
    crossed.filter_map(Result::ok).collect()
}

/// The columns of one part of the population.
pub(super) struct Column {
    pub(super) heading: String,
    /// Their number.
    pub(super) span: usize,
    pub(super) numerator: bool,
    pub(super) denominator: bool,
    pub(super) value: bool,
    pub(super) interval: bool,
}

/// Gives all cells of a part the same fields, and returns the columns that they make.
pub(super) fn aligned(rows: &mut [Line], breakdowns: &[Breakdown]) -> Vec<Column> {
    let columns = breakdowns.iter().enumerate().map(|(at, breakdown)| {
        let cells = || rows.iter().filter_map(|row| row.cells.get(at));
        let any = |has: fn(&CellView) -> bool| cells().any(has);
        let numerator = any(|cell| cell.has_numerator);
        let denominator = any(|cell| cell.has_denominator);
        let value = any(|cell| cell.has_value);
        let interval = any(|cell| cell.has_interval);
        let fields = [numerator, denominator, value, interval, interval];
        let fields = fields.into_iter().filter(|has| *has).count();
        Column {
            heading: figure::heading(breakdown),
            span: fields + usize::from(denominator),
            numerator,
            denominator,
            value,
            interval,
        }
    });
    let columns: Vec<Column> = columns.collect();
    for row in rows {
        for (cell, column) in row.cells.iter_mut().zip(&columns) {
            cell.has_numerator = column.numerator;
            cell.has_denominator = column.denominator;
            cell.has_value = column.value;
            cell.has_interval = column.interval;
        }
    }
    columns
}
