//! `observation list`: the current values.

use std::collections::BTreeSet;

use serde::Serialize;
use weft_host::{
    output::ExitCode,
    table::{Column, Table},
    text::wrapped,
};
use weft_shared::{
    id::{AreaCode, DefinitionHash, IndicatorCode},
    model::{
        Audience,
        indicator::Measure,
        number::Number,
        observation::{ObservationKey, Status},
        percent,
    },
    period::PeriodRange,
    time::Timestamp,
};

use super::List;
use crate::{
    commands::{Context, Outcome, indicator},
    failure::Failure,
    replica::DocumentError,
    view::ObservationRow,
};

/// One line of `observation list --json`; a contested value has one line for each statement.
#[derive(Debug, Serialize)]
pub(crate) struct Shape {
    pub(crate) id: ObservationKey,
    pub(crate) indicator: IndicatorCode,
    pub(crate) area: AreaCode,
    pub(crate) period: String,
    pub(crate) breakdown: String,
    pub(crate) breakdown_value: String,
    pub(crate) numerator: Option<serde_json::Value>,
    pub(crate) denominator: Option<serde_json::Value>,
    pub(crate) value: Option<serde_json::Value>,
    pub(crate) lower: Option<serde_json::Value>,
    pub(crate) upper: Option<serde_json::Value>,
    pub(crate) status: Status,
    pub(crate) sign: Option<String>,
    pub(crate) confirmed: Vec<String>,
    pub(crate) retracted: bool,
    pub(crate) method: Option<String>,
    pub(crate) note: Option<String>,
    /// The figure that the note was written for, if it is not this one.
    pub(crate) note_for: Option<String>,
    pub(crate) audience: Audience,
    pub(crate) definition: DefinitionHash,
    pub(crate) contested: bool,
    pub(crate) device: Option<String>,
    pub(crate) at: Option<Timestamp>,
}

impl Shape {
    /// The shapes of all statements about one key.
    pub(crate) fn of(row: &ObservationRow) -> impl Iterator<Item = Self> {
        row.stated.iter().map(|stated| {
            let statement = &stated.statement;
            let (note, note_for) = row.note(statement).unzip();
            Self {
                id: row.key.clone(),
                indicator: row.key.indicator.clone(),
                area: row.key.area.clone(),
                period: row.key.period.to_string(),
                breakdown: row.key.breakdown.name().into_owned(),
                breakdown_value: row.key.breakdown.value().into_owned(),
                numerator: statement.numerator.map(Number::json),
                denominator: statement.denominator.map(Number::json),
                value: statement.value.map(Number::json),
                lower: statement.lower.map(Number::json),
                upper: statement.upper.map(Number::json),
                status: statement.status,
                sign: statement.sign.clone(),
                confirmed: statement.confirmed.iter().cloned().collect(),
                retracted: statement.is_retraction(),
                method: statement.method.clone(),
                note: note.map(str::to_owned),
                note_for: note_for.flatten().map(ToString::to_string),
                audience: statement.audience,
                definition: statement.definition,
                contested: row.is_contested(),
                device: stated.written.device.clone(),
                at: stated.written.at,
            }
        })
    }

    /// The figure on one line: `48799 of 60463`, or `80%` for a value in percent.
    fn figure(&self, is_percent: bool) -> String {
        let figure = match (&self.numerator, &self.denominator, &self.value) {
            (Some(numerator), Some(denominator), _) => format!("{numerator} of {denominator}"),
            (Some(number), None, _) => number.to_string(),
            (None, _, Some(number)) if is_percent => percent(number),
            (None, _, Some(number)) => number.to_string(),
            (None, Some(denominator), None) => format!("- of {denominator}"),
            (None, None, None) => String::new(),
        };
        match (&self.lower, &self.upper) {
            (Some(lower), Some(upper)) => format!("{figure} ({lower} to {upper})"),
            _ => figure,
        }
    }
}

/// Indicators whose figures are percentages.
fn percents(context: &Context<'_>) -> Result<BTreeSet<IndicatorCode>, Failure> {
    let codes = context.node.read(|replica| {
        let rows = replica.indicators()?.into_iter();
        let percents = rows.filter(|row| row.in_use.measure() == Measure::Percent);
        Ok::<_, DocumentError>(percents.map(|row| row.in_use.code).collect())
    })??;
    Ok(codes)
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
    let shapes = || rows.iter().flat_map(Shape::of);
    let is_empty = shapes().next().is_none();
    if let (true, Some(code)) = (is_empty, &args.indicator) {
        // An empty list would hide a mistyped code: report an unknown indicator instead.
        indicator::wanted(context, code)?;
    }
    if args.json.json {
        return context.json_rows(shapes());
    }
    if is_empty {
        return context.tell(if narrowed {
            "No value fits. Without --indicator and --period, all there are are listed."
        } else {
            "There are no values yet. Enter one with weft-node observation set, or a file of them \
             with weft-node import observations."
        });
    }
    let percents = percents(context)?;
    let row = |shape: Shape| {
        let remark = match (shape.retracted, shape.contested) {
            (true, _) => " (taken back)",
            (false, true) => " (contested)",
            (false, false) => "",
        };
        [
            shape.id.typed(),
            shape.figure(percents.contains(&shape.indicator)),
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
        context.table(&table)?;
    } else {
        // Ids are copied whole, so if they leave no room for a table, each gets a line.
        for [id, figure, status, audience] in shapes().map(row) {
            context.say(id)?;
            context.say(format_args!("  {figure}  {status}  {audience}"))?;
        }
    }
    notes(context, &rows)
}

/// Writes the notes on the values, each with the figure that it was written for.
fn notes(context: &mut Context<'_>, rows: &[ObservationRow]) -> Outcome {
    for row in rows {
        for note in row.notes_in_words() {
            context.say(format_args!("note on {}", row.key.typed()))?;
            for line in wrapped(&note, NOTE_COLUMNS) {
                context.say(format_args!("  {line}"))?;
            }
        }
    }
    Ok(ExitCode::Ok)
}

/// Width of a note's lines.
const NOTE_COLUMNS: usize = 78;
