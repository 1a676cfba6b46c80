//! Series of released figures, as charts draw them.

use std::convert::Infallible;

use weft_shared::{
    model::indicator::Versions,
    period::{Date, Period},
    rollup::{Cell, Coverage},
};

use super::{Figure, compare::Before};

/// The figures of one place and part that have a value of every expected area, in the order of time
/// and of the frequency of the newest, each compared with the one before it.
pub(crate) fn released_series(
    mut cells: Vec<Cell>,
    versions: &Versions,
    today: Date,
) -> Vec<Figure> {
    let order = |period: Period| (period.end(), period);
    cells.retain(|cell| cell.value.is_some() && !cell.is_partial());
    cells.sort_by_key(|cell| order(cell.key.period));
    let newest = cells.last().map(|cell| cell.key.period.frequency());
    cells.retain(|cell| Some(cell.key.period.frequency()) == newest);
    let (mut series, mut last): (Vec<Figure>, Option<Before>) = (Vec::new(), None);
    for cell in cells {
        let now = Before::of(&cell);
        let mut figure = Figure::from(cell);
        figure.stand(Coverage::Whole, today);
        if let Some((before, now)) = last.as_ref().zip(now.as_ref()) {
            // The bases of both are listed, so none are asked for.
            let compared = before.and(now, versions, |_| Ok::<_, Infallible>(Vec::new()));
            figure.compared = compared.ok();
        }
        series.push(figure);
        last = now;
    }
    series
}
