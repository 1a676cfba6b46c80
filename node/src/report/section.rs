//! The parts of a report under their headings, and their lengths.

use super::{
    COUNTED_MAX, HEARD_MAX, Heard, Initiative, LINES_MAX, LateRow, MEASURES_MAX, Measure,
    PLACE_MAX, Shift, WORK_MAX, WorkRow,
};
use crate::curve::PlaceFigure;

/// A part of a report under its heading.
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) lede: String,
    pub(crate) part: Part,
    /// Words for what was left out for length; empty if nothing was.
    pub(crate) more: String,
}

/// The content of a section.
pub(crate) enum Part {
    /// Work against plan.
    Work(Vec<WorkRow>),
    /// Work in words.
    Doing(Vec<Initiative>),
    Late(Vec<LateRow>),
    Shifted(Vec<Shift>),
    Heard(Vec<Heard>),
    Measures(Vec<Measure>),
    Place(Place),
}

impl Part {
    /// Its charts, in order.
    pub(crate) fn charts(&self) -> &[Measure] {
        match self {
            Self::Measures(all) | Self::Place(Place { counted: all, .. }) => all,
            _ => &[],
        }
    }

    pub(super) fn charts_mut(&mut self) -> &mut [Measure] {
        match self {
            Self::Measures(all) | Self::Place(Place { counted: all, .. }) => all,
            _ => &mut [],
        }
    }
}

/// The part about the place.
pub(crate) struct Place {
    pub(crate) published: Vec<PlaceFigure>,
    /// Indicators that this location counts.
    pub(crate) counted: Vec<Measure>,
}

impl Section {
    pub(super) fn is_empty(&self) -> bool {
        match &self.part {
            Part::Work(rows) => rows.is_empty(),
            Part::Doing(rows) => rows.is_empty(),
            Part::Late(rows) => rows.is_empty(),
            Part::Shifted(rows) => rows.is_empty(),
            Part::Heard(rows) => rows.is_empty(),
            Part::Measures(rows) => rows.is_empty(),
            Part::Place(place) => place.published.is_empty() && place.counted.is_empty(),
        }
    }

    /// Keeps a report within four pages, and says what it leaves out.
    pub(super) fn cut(mut self) -> Self {
        let hidden = match &mut self.part {
            Part::Work(rows) => cut(rows, WORK_MAX),
            Part::Doing(rows) => cut(rows, WORK_MAX),
            Part::Late(rows) => cut(rows, LINES_MAX),
            Part::Shifted(rows) => cut(rows, LINES_MAX),
            Part::Heard(rows) => cut(rows, HEARD_MAX),
            Part::Measures(rows) => cut(rows, MEASURES_MAX),
            Part::Place(place) => {
                cut(&mut place.published, PLACE_MAX) + cut(&mut place.counted, COUNTED_MAX)
            }
        };
        if hidden > 0 {
            self.more = format!("{hidden} more are not in this report, for its length.");
        }
        self
    }
}

fn cut<T>(rows: &mut Vec<T>, max: usize) -> usize {
    let hidden = rows.len().saturating_sub(max);
    rows.truncate(max);
    hidden
}
