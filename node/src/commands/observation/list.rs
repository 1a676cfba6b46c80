//! `observation list`: the current values.

use std::{collections::BTreeSet, error::Error, str::FromStr};

use weft_host::{
    failure::Failure,
    output::ExitCode,
    reply::Outcome,
    table::{Column, Table},
    text::wrapped,
};
use weft_shared::{
    id::IndicatorCode,
    model::{indicator::Measure, observation::Statement},
    period::PeriodRange,
    text::percent,
};

use super::List;
use crate::{
    commands::{Context, indicator},
    export::{shapes::observation_json, values::in_order},
    replica::DocumentError,
    view::{ObservationRow, StatedRow},
};

/// Indicators whose figures are percentages.
fn percents(context: &Context<'_>) -> Result<BTreeSet<IndicatorCode>, Failure> {
    let codes = context.node.read(|replica| {
        let rows = replica.indicators()?.into_iter();
        let percents = rows.filter(|row| row.in_use.measure() == Measure::Percent);
        Ok::<_, DocumentError>(percents.map(|row| row.in_use.code).collect())
    })??;
    Ok(codes)
}

/// The figure on one line: `48799 of 60463`, or `80%` for a value in percent.
fn figure(said: &Statement, is_percent: bool) -> String {
    let figure = match (said.numerator, said.denominator, said.value) {
        (Some(numerator), Some(denominator), _) => format!("{numerator} of {denominator}"),
        (Some(number), None, _) => number.to_string(),
        (None, _, Some(number)) if is_percent => percent(number),
        (None, _, Some(number)) => number.to_string(),
        (None, Some(denominator), None) => format!("- of {denominator}"),
        (None, None, None) => String::new(),
    };
    match (said.lower, said.upper) {
        (Some(lower), Some(upper)) => format!("{figure} ({lower} to {upper})"),
        _ => figure,
    }
}

pub(super) fn list(context: &mut Context<'_>, args: &List) -> Outcome {
    let indicator: Option<IndicatorCode> = parsed(args.indicator.as_deref())?;
    let periods: Option<PeriodRange> = parsed(args.period.as_deref())?;
    let narrowed = indicator.is_some() || periods.is_some();
    let mut rows = context.node.read(move |replica| {
        replica.observations(|key| {
            indicator.as_ref().is_none_or(|code| key.indicator == *code)
                && periods
                    .as_ref()
                    .is_none_or(|range| range.contains(key.period))
        })
    })??;
    rows.sort_by_cached_key(|row| in_order(&row.key));
    let is_empty = rows.iter().all(|row| row.stated.is_empty());
    if let (true, Some(code)) = (is_empty, &args.indicator) {
        // An empty list would hide a mistyped code: report an unknown indicator instead.
        indicator::wanted(context, code)?;
    }
    if args.json.json {
        return context.io.json_rows(rows.iter().flat_map(observation_json));
    }
    if is_empty {
        return context.io.tell(if narrowed {
            "No value fits. Without --indicator and --period, all there are are listed."
        } else {
            "There are no values yet. Enter one with weft-node observation set, or a file of them \
             with weft-node import observations."
        });
    }
    let percents = percents(context)?;
    let line = |row: &ObservationRow, stated: &StatedRow| {
        let statement = &stated.statement;
        let remark = match (statement.is_retraction(), row.is_contested()) {
            (true, _) => " (taken back)",
            (false, true) => " (contested)",
            (false, false) => "",
        };
        [
            row.key.typed(),
            figure(statement, percents.contains(&row.key.indicator)),
            format!("{}{remark}", statement.status),
            statement.audience.to_string(),
        ]
    };
    let lines: Vec<[String; 4]> = rows
        .iter()
        .flat_map(|row| row.stated.iter().map(|stated| line(row, stated)))
        .collect();
    let mut table = Table::new(&[
        Column::Text("id"),
        Column::Words("figure"),
        Column::Words("status"),
        Column::Words("audience"),
    ]);
    lines.iter().for_each(|cells| table.row(cells.clone()));
    if table.fits() {
        context.io.table(&table)?;
    } else {
        // Ids are copied whole, so if they leave no room for a table, each gets a line.
        for [id, figure, status, audience] in lines {
            context.io.say(id)?;
            context
                .io
                .say(format_args!("  {figure}  {status}  {audience}"))?;
        }
    }
    notes(context, &rows)
}

/// Parses an option, if it is given.
fn parsed<T: FromStr<Err: Error>>(text: Option<&str>) -> Result<Option<T>, Failure> {
    let parsed = text.map(str::parse).transpose();
    parsed.map_err(Failure::usage_error)
}

/// Writes the notes on the values, each with the figure that it was written for.
fn notes(context: &mut Context<'_>, rows: &[ObservationRow]) -> Outcome {
    for row in rows {
        for note in row.notes_in_words() {
            context
                .io
                .say(format_args!("note on {}", row.key.typed()))?;
            for line in wrapped(&note, NOTE_COLUMNS) {
                context.io.say(format_args!("  {line}"))?;
            }
        }
    }
    Ok(ExitCode::Ok)
}

/// Width of a note's lines.
const NOTE_COLUMNS: usize = 78;
