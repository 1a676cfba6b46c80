//! A chart of a report: the released figures of the network, on a page as a drawing and in a file
//! as a picture.

use weft_host::chart::{self, Name, Trend};
use weft_shared::{
    model::{indicator::Definition, number::Number, observation::Breakdown},
    period::Period,
    text::capital,
};

use crate::{
    figures::Figure,
    pages::{
        drawn::{Said, Series, at, float, tick, ticks, turns},
        told::Changed,
        words::Measure,
    },
};

/// An indicator over time.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// Its place among the charts of the report, from 1.
    pub(crate) number: usize,
    pub(crate) definition: Definition,
    pub(crate) part: Breakdown,
    pub(crate) target: Option<(Number, Option<Period>)>,
    /// The released figures, the newest last.
    pub(crate) figures: Vec<Figure>,
}

impl Chart {
    /// The name of the indicator, and of the part of the population if it is not all.
    pub(crate) fn title(&self) -> String {
        match self.part.words() {
            Some(part) => format!("{}: {part}", self.definition.name),
            None => self.definition.name.clone(),
        }
    }

    /// The newest figure and its change in words.
    pub(crate) fn sentence(&self) -> String {
        let measure = Measure::of(&self.definition);
        let newest = self.figures.last();
        let value = newest.and_then(|figure| Some((figure, figure.cell.value?)));
        let Some((figure, value)) = value else {
            return String::new();
        };
        let changed = Changed::of(figure, &self.figures, (&self.definition, &measure));
        let when = figure.cell.key.period.words();
        format!(
            "{} in {when}. {}",
            measure.shown(value),
            capital(&changed.sentence)
        )
    }

    /// The words in place of the picture.
    pub(crate) fn alt(&self) -> String {
        format!("{}: {}", self.title(), self.sentence())
    }

    /// The drawing for a page.
    pub(crate) fn svg(&self) -> String {
        let alt = self.alt();
        self.drawn(|trend| {
            let name = Name::Words(&alt);
            Trend { name, ..trend }.svg()
        })
    }

    /// The picture for a file.
    pub(crate) fn png(&self) -> Vec<u8> {
        self.drawn(|trend| trend.picture().png)
    }

    /// The newest figures, for a table: period, value, counted, of.
    pub(crate) fn rows(&self) -> Vec<[String; 4]> {
        let measure = Measure::of(&self.definition);
        let count = |number: Option<Number>| number.map_or_else(String::new, Number::grouped);
        let newest = self.figures.iter().rev().take(ROWS_MAX);
        let rows = newest.map(|figure| {
            let cell = &figure.cell;
            let value = cell.value.map(|value| measure.shown(value));
            [
                cell.key.period.words(),
                value.unwrap_or_default(),
                count(cell.numerator),
                count(cell.denominator),
            ]
        });
        rows.collect()
    }

    fn drawn<T>(&self, draw: impl FnOnce(Trend<'_>) -> T) -> T {
        let measure = Measure::of(&self.definition);
        let own = Series::of(&self.figures, &measure, Said::Values).own("Network");
        let mut ticks = ticks(&self.figures);
        let until = self.target.and_then(|(_, until)| until);
        let last = ticks.last().map(|tick| tick.at);
        let later = until.map(tick);
        ticks.extend(later.filter(|tick| last.is_none_or(|last| last < tick.at)));
        let target = self.target.and_then(|(value, until)| {
            let by = until.map_or_else(String::new, |until| format!(" by {}", until.words()));
            Some(chart::Target {
                value: float(value)?,
                until: until.map(at),
                words: format!("Target: {}{by}", measure.shown(value)),
            })
        });
        draw(Trend {
            unit: if measure.percent { "%" } else { "" },
            ticks,
            lines: vec![own],
            turns: turns(&self.figures),
            target,
            ..Trend::default()
        })
    }
}

/// Figures in the table below a chart.
const ROWS_MAX: usize = 4;
