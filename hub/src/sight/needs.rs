//! Need as rows: outcome, location, indicator and part of the population.

use weft_host::list::{Column, Datum, List};
use weft_shared::{
    alignment::{
        money::{Column as Place, Row},
        need::{Figure, Need},
    },
    model::number::Number,
    time::Timestamp,
};

use super::SightView;

/// The need of one part of the population in one location, under one outcome.
#[derive(Clone, Debug)]
pub struct NeedLine {
    pub(crate) outcome: Row,
    pub(crate) outcome_name: String,
    /// The location; none for the whole network.
    pub(crate) location: Option<Place>,
    pub(crate) location_name: String,
    /// The need.
    pub need: Need,
    pub(crate) asked: String,
    pub(crate) as_of: Option<Timestamp>,
}

impl SightView {
    /// The need of each outcome, location, indicator and part, in the order of the matrix. An
    /// indicator without any figure has a row with the reason.
    pub fn needs(&self) -> Vec<NeedLine> {
        let lines = self.cells().flat_map(|(row, cell)| {
            cell.needs.iter().map(|need| NeedLine {
                outcome: row.head.clone(),
                outcome_name: row.name.clone(),
                location: Some(cell.column.clone()),
                location_name: self.column(&cell.column),
                need: need.clone(),
                asked: self.period.to_string(),
                as_of: self.as_of,
            })
        });
        lines.collect()
    }
}

impl NeedLine {
    /// Its column; none for the whole network.
    pub(crate) const fn column(&self) -> Option<&Place> {
        self.location.as_ref()
    }
}

fn number(number: Option<Number>) -> Datum {
    number.map_or(Datum::Nothing, |number| Datum::Json(number.json()))
}

/// The remarks of a need in words.
fn reason(need: &Need) -> String {
    let remarks: Vec<String> = need.remarks.iter().map(ToString::to_string).collect();
    remarks.join("; ")
}

/// The figure of a need, by one of its numbers.
fn figure(one: &NeedLine, of: fn(&Figure) -> Option<Number>) -> Datum {
    number(one.need.figure.as_ref().and_then(of))
}

/// The earlier figure, by one of its numbers.
fn before(one: &NeedLine, of: fn(&Figure) -> Option<Number>) -> Datum {
    let change = one.need.change.as_ref();
    number(change.and_then(|change| of(&change.before)))
}

/// The columns of need, one row an outcome, location, indicator and part.
pub const NEEDS: List<NeedLine> = List::new(&[
    Column::new("outcome", |one: &NeedLine| Datum::text(&one.outcome)),
    Column::new("outcome_name", |one: &NeedLine| (&*one.outcome_name).into()),
    Column::new("location_code", |one: &NeedLine| {
        one.location.as_ref().map(Datum::text).into()
    }),
    Column::new("location_name", |one: &NeedLine| {
        (&*one.location_name).into()
    }),
    Column::new("asked_period", |one: &NeedLine| (&*one.asked).into()),
    Column::new("indicator_code", |one: &NeedLine| {
        one.need.indicator.as_str().into()
    }),
    Column::new("breakdown", |one: &NeedLine| {
        (&*one.need.part.name()).into()
    }),
    Column::new("breakdown_value", |one: &NeedLine| {
        (&*one.need.part.value()).into()
    }),
    Column::new("period", |one: &NeedLine| {
        let figure = one.need.figure.as_ref();
        figure.map(|figure| Datum::text(figure.period)).into()
    }),
    Column::new("direction", |one: &NeedLine| {
        one.need.direction.word().into()
    }),
    Column::new("n_areas", |one: &NeedLine| {
        one.need.figure.as_ref().map(|figure| figure.n_areas).into()
    }),
    Column::new("n_areas_expected", |one: &NeedLine| {
        let figure = one.need.figure.as_ref();
        figure.map(|figure| figure.n_areas_expected).into()
    }),
    Column::new("numerator", |one: &NeedLine| figure(one, |of| of.numerator)),
    Column::new("denominator", |one: &NeedLine| {
        figure(one, |of| of.denominator)
    }),
    Column::new("value", |one: &NeedLine| figure(one, |of| of.value)).number(),
    Column::new("obs_status", |one: &NeedLine| {
        let figure = one.need.figure.as_ref();
        figure.map(|figure| figure.status.word()).into()
    }),
    Column::new("status_reason", |one: &NeedLine| {
        let figure = one.need.figure.as_ref();
        figure.map(|figure| &*figure.status_reason).into()
    }),
    Column::new("target", |one: &NeedLine| {
        number(one.need.target.as_ref().map(|target| target.value))
    }),
    Column::new("target_by", |one: &NeedLine| {
        one.need
            .target
            .as_ref()
            .map(|target| target.of.word())
            .into()
    }),
    Column::new("target_period", |one: &NeedLine| {
        let period = one.need.target.as_ref().and_then(|target| target.period);
        period.map(Datum::text).into()
    }),
    Column::new("gap", |one: &NeedLine| number(one.need.gap)).number(),
    Column::new("reached", |one: &NeedLine| one.need.is_reached().into()),
    Column::new("previous_period", |one: &NeedLine| {
        let change = one.need.change.as_ref();
        change
            .map(|change| Datum::text(change.before.period))
            .into()
    }),
    Column::new("previous_numerator", |one: &NeedLine| {
        before(one, |of| of.numerator)
    }),
    Column::new("previous_denominator", |one: &NeedLine| {
        before(one, |of| of.denominator)
    }),
    Column::new("previous_value", |one: &NeedLine| {
        before(one, |of| of.value)
    }),
    Column::new("change", |one: &NeedLine| {
        number(one.need.change.as_ref().map(|change| change.by))
    }),
    Column::new("base_change", |one: &NeedLine| {
        number(
            one.need
                .change
                .as_ref()
                .and_then(|change| change.base_percent),
        )
    }),
    Column::new("better", |one: &NeedLine| {
        one.need
            .change
            .as_ref()
            .and_then(|change| change.is_better)
            .into()
    }),
    Column::new("reason", |one: &NeedLine| reason(&one.need).into()),
    Column::new("as_of", |one: &NeedLine| one.as_of.into()),
]);
