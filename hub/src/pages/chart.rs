//! Line charts as inline SVG, without scripts, styles or fonts other than the reader's.

use charts_rs::{LineChart, Series, Symbol, THEME_LIGHT, YAxisConfig};

/// One line of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Its label.
    pub(crate) name: String,
    /// The number of its colour, dashes and marks, which all lines of its group share.
    pub(crate) style: usize,
    /// One value per period; `None` is a gap.
    pub(crate) points: Vec<Option<f32>>,
}

/// A chart of figures over time.
#[derive(Clone, Debug)]
pub(crate) struct Trend {
    /// The description for screen readers.
    pub(crate) title: String,
    /// The unit of the vertical axis.
    pub(crate) unit: String,
    /// All periods, so that a missing one is visible.
    pub(crate) periods: Vec<String>,
    /// Whether values are percentages. Their axis is fixed, so that charts can be compared.
    pub(crate) percent: bool,
    pub(crate) lines: Vec<Line>,
}

impl Trend {
    /// Draws the chart. Returns `None` if no period has a figure.
    pub(crate) fn svg(&self) -> Option<String> {
        let mut points = self.lines.iter().flat_map(|line| &line.points);
        if !points.any(Option::is_some) {
            return None;
        }
        let series = self.lines.iter().map(|line| {
            let at = line.style;
            // The crate measures text in its own font; in wider fonts names need room at the end.
            let name = format!("{}{}", line.name, "\u{a0}".repeat(3 + line.name.len() / 3));
            let mut series = Series::new_nullable(name, line.points.clone());
            // Lines differ by dashes and marks too, for readers who cannot tell the colours apart.
            series.stroke_dash_array = DASHES.get(at).copied().flatten().map(str::to_owned);
            series.symbol = Some(mark(at));
            series.index = Some(at);
            series
        });
        let mut chart =
            LineChart::new_with_theme(series.collect(), self.periods.clone(), THEME_LIGHT);
        chart.compact = true;
        chart.width = WIDTH;
        chart.height = HEIGHT;
        chart.font_family = FONTS.to_owned();
        chart.x_axis.boundary_gap = Some(false);
        chart.margin = (10.0, 40.0, 10.0, 10.0).into();
        chart.series.colors = COLOURS.iter().map(|colour| (*colour).into()).collect();
        let axis = chart.y_axis_configs.first().cloned();
        let mut axis = axis.unwrap_or_else(YAxisConfig::default);
        axis.title = Some(self.unit.clone());
        axis.min = Some(0.0);
        axis.max = self.percent.then_some(100.0);
        axis.split_number = STEPS;
        axis.formatter = Some("{t}".to_owned());
        chart.y_axis_configs = vec![axis];
        let svg = chart.svg().ok()?;
        let rest = svg.strip_prefix("<svg ")?;
        let title = askama::filters::escape(&self.title, askama::filters::Html).ok()?;
        Some(format!("<svg role=\"img\" aria-label=\"{title}\" {rest}"))
    }
}

fn mark(at: usize) -> Symbol {
    match at % 4 {
        0 => Symbol::Circle(3.0, None),
        1 => Symbol::Diamond(4.5, None),
        2 => Symbol::Rect(3.0, None),
        _ => Symbol::Triangle(4.0, None),
    }
}

/// In drawing units; the page scales it to its width.
const WIDTH: f32 = 720.0;
const HEIGHT: f32 = 320.0;
const FONTS: &str = "system-ui, Segoe UI, Roboto, DejaVu Sans, sans-serif";
const DASHES: [Option<&str>; 4] = [None, Some("8,4"), Some("2,3"), Some("10,3,2,3")];
/// Steps of the vertical axis; for percentages, twenty each.
const STEPS: usize = 5;
/// Contrast of at least 4.5 to 1 on white.
const COLOURS: [&str; 4] = ["#0b5394", "#a34700", "#17663a", "#7a2e8e"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_gaps_and_nothing_that_a_strict_page_forbids() {
        let trend = Trend {
            title: "Completed \"primary\" <course>".to_owned(),
            unit: "percent".to_owned(),
            periods: (1..=6).map(|month| format!("2022-{month:02}")).collect(),
            percent: true,
            lines: vec![
                Line {
                    name: "age 12+ <script>".to_owned(),
                    style: 0,
                    points: vec![Some(80.0), None, Some(82.0), Some(83.0), None, Some(84.0)],
                },
                Line {
                    name: "age 5-11".to_owned(),
                    style: 1,
                    points: vec![None, None, Some(12.0), Some(20.0), Some(22.5), Some(25.0)],
                },
            ],
        };
        let svg = trend.svg().unwrap();
        for forbidden in ["<style", "style=", "<script", "href", "<image", "@import"] {
            assert!(!svg.contains(forbidden), "{forbidden}");
        }
        assert!(svg.contains("viewBox"), "{svg}");
        let empty = Trend {
            lines: Vec::new(),
            ..trend
        };
        assert_eq!(empty.svg(), None);
    }
}
