//! Line charts as SVG that stands inside a page: no script, no style, no font but the reader's.

use charts_rs::{LineChart, Series, Symbol, THEME_LIGHT, YAxisConfig};

/// One line of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Its label.
    pub(crate) name: String,
    /// Which colour, dashes and marks it has: those of its group, in however many lines it is cut.
    pub(crate) style: usize,
    /// One value a period; `None` is a gap.
    pub(crate) points: Vec<Option<f32>>,
}

/// A chart of figures over time.
#[derive(Clone, Debug)]
pub(crate) struct Trend {
    /// What it shows, for people who hear the page.
    pub(crate) title: String,
    /// What the vertical axis counts.
    pub(crate) unit: String,
    /// The periods, all of them, so that a missing one is seen.
    pub(crate) periods: Vec<String>,
    /// Shares of a hundred have a fixed axis, so that charts can be held against each other.
    pub(crate) percent: bool,
    pub(crate) lines: Vec<Line>,
}

impl Trend {
    /// The chart, or `None` if no period has a figure.
    pub(crate) fn svg(&self) -> Option<String> {
        let mut points = self.lines.iter().flat_map(|line| &line.points);
        if !points.any(Option::is_some) {
            return None;
        }
        let series = self.lines.iter().map(|line| {
            let at = line.style;
            // The crate measures text in its own font; in wider ones names need room at the end.
            let name = format!("{}{}", line.name, "\u{a0}".repeat(3 + line.name.len() / 3));
            let mut series = Series::new_nullable(name, line.points.clone());
            // Lines differ by dashes and marks too, for those who cannot tell colours apart.
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

/// In the units of the drawing; the page scales it to its width.
const WIDTH: f32 = 720.0;
const HEIGHT: f32 = 320.0;
const FONTS: &str = "system-ui, Segoe UI, Roboto, DejaVu Sans, sans-serif";
const DASHES: [Option<&str>; 4] = [None, Some("8,4"), Some("2,3"), Some("10,3,2,3")];
/// Steps of the vertical axis: of shares, twenty each.
const STEPS: usize = 5;
/// At least 4.5 to 1 on white.
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
