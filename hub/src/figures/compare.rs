//! Compares figures with those before them when they are read.

use weft_shared::{
    model::{indicator::Versions, number::Number},
    period::Period,
    rollup::{
        Cell, CellKey, Summed,
        series::{Base, Bases, Point, Step, step, step_of_sums},
    },
};

/// The comparison of a figure with the one before it in its series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The period of the figure before it.
    pub before: Period,
    /// Whether the two can be compared.
    pub step: Step,
    /// The value minus the one before it, if they can be compared.
    pub change: Option<Number>,
    /// A note to show beside the figure.
    pub words: Option<String>,
}

/// A figure as the one after it in its series is compared with it.
pub(crate) struct Before {
    key: CellKey,
    point: Point,
    bases: Bases,
    value: Number,
}

impl Before {
    /// Returns a figure made from facts; `None` if it has no value, or a contested one.
    pub(crate) fn of(cell: &Cell) -> Option<Self> {
        Self::with(cell, || Bases::Listed(cell.bases.clone()))
    }

    /// Returns a figure made from sums; `None` if it has no value, or a contested one.
    pub(crate) fn of_sums(Summed { cell, bases }: &Summed) -> Option<Self> {
        Self::with(cell, || bases.clone())
    }

    fn with(cell: &Cell, bases: impl FnOnce() -> Bases) -> Option<Self> {
        let value = cell.value.filter(|_| cell.n_contested == 0)?;
        let point = Point {
            period: cell.key.period,
            version: cell.labels.definition_version,
            bases: Vec::new(),
            says_base_changed: cell.base_changed.is_some(),
        };
        Some(Self {
            key: cell.key.clone(),
            point,
            bases: bases(),
            value,
        })
    }

    /// Compares the next figure of the series with this one. `list` lists the bases of a figure
    /// where sums do not say enough.
    pub(crate) fn and<E>(
        &self,
        next: &Self,
        versions: &Versions,
        list: impl Fn(&CellKey) -> Result<Vec<Base>, E>,
    ) -> Result<Compared, E> {
        let (then, now) = ((&self.point, &self.bases), (&next.point, &next.bases));
        let step = match step_of_sums(then, now, versions) {
            Some(step) => step,
            None => step(&self.listed(&list)?, &next.listed(&list)?, versions),
        };
        let definition = next
            .point
            .version
            .and_then(|version| versions.version(version));
        let unit = definition.map_or("", |(one, _)| one.unit.as_str());
        let before = self.point.period;
        Ok(Compared {
            before,
            change: step.is_comparable().then_some(next.value - self.value),
            words: step.words(before, unit),
            step,
        })
    }

    fn listed<E>(&self, list: impl Fn(&CellKey) -> Result<Vec<Base>, E>) -> Result<Point, E> {
        Ok(Point {
            bases: list(&self.key)?,
            ..self.point.clone()
        })
    }
}
