//! `observation list`: the current values.

use std::collections::BTreeSet;

use weft_host::{
    failure::Failure,
    output::ExitCode,
    reply::Outcome,
    table::{Column, Table},
    text::wrapped,
};
use weft_shared::{
    id::IndicatorCode, model::indicator::Measure, period::PeriodRange, text::percent,
};

use super::List;
use crate::{
    commands::{Context, indicator},
    export::shapes::ObservationShape,
    replica::DocumentError,
    view::ObservationRow,
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
fn figure(shape: &ObservationShape, is_percent: bool) -> String {
    let figure = match (&shape.numerator, &shape.denominator, &shape.value) {
        (Some(numerator), Some(denominator), _) => format!("{numerator} of {denominator}"),
        (Some(number), None, _) => number.to_string(),
        (None, _, Some(number)) if is_percent => percent(number),
        (None, _, Some(number)) => number.to_string(),
        (None, Some(denominator), None) => format!("- of {denominator}"),
        (None, None, None) => String::new(),
    };
    match (&shape.lower, &shape.upper) {
        (Some(lower), Some(upper)) => format!("{figure} ({lower} to {upper})"),
        _ => figure,
    }
}

pub(super) fn list(context: &mut Context<'_>, args: &List) -> Outcome {
    let indicator: Option<IndicatorCode> = args
        .indicator
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(Failure::usage_error)?;
    let periods: Option<PeriodRange> = args
        .period
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(Failure::usage_error)?;
    let narrowed = indicator.is_some() || periods.is_some();
    let rows = context.node.read(move |replica| {
        replica.observations(|key| {
            indicator.as_ref().is_none_or(|code| key.indicator == *code)
                && periods
                    .as_ref()
                    .is_none_or(|range| range.contains(key.period))
        })
    })??;
    let shapes = || rows.iter().flat_map(ObservationShape::of);
    let is_empty = shapes().next().is_none();
    if let (true, Some(code)) = (is_empty, &args.indicator) {
        // An empty list would hide a mistyped code: report an unknown indicator instead.
        indicator::wanted(context, code)?;
    }
    if args.json.json {
        return context.io.json_rows(shapes());
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
    let row = |shape: ObservationShape| {
        let remark = match (shape.retracted, shape.contested) {
            (true, _) => " (taken back)",
            (false, true) => " (contested)",
            (false, false) => "",
        };
        [
            shape.id.typed(),
            figure(&shape, percents.contains(&shape.indicator)),
            format!("{}{remark}", shape.status),
            shape.audience.to_string(),
        ]
    };
    let mut table = Table::new(&[
        Column::Text("id"),
        Column::Words("figure"),
        Column::Words("status"),
        Column::Words("audience"),
    ]);
    shapes().for_each(|shape| table.row(row(shape)));
    if table.fits() {
        context.io.table(&table)?;
    } else {
        // Ids are copied whole, so if they leave no room for a table, each gets a line.
        for [id, figure, status, audience] in shapes().map(row) {
            context.io.say(id)?;
            context
                .io
                .say(format_args!("  {figure}  {status}  {audience}"))?;
        }
    }
    notes(context, &rows)
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
