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
            let mut series = Series::new_nullable(line.name.clone(), line.points.clone());
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
        let (legend, legend_height) = self.legend()?;
        chart.legend.show = Some(false);
        // On the left, above, on the right and below: the last label is wider than its place.
        chart.margin = (10.0, legend_height + 18.0, 36.0, 10.0).into();
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
        let rest = svg
            .strip_prefix("<svg ")?
            .trim_end()
            .strip_suffix("</svg>")?;
        let title = askama::filters::escape(&self.title, askama::filters::Html).ok()?;
        Some(format!(
            "<svg role=\"img\" aria-label=\"{title}\" {rest}{legend}</svg>"
        ))
    }

    /// Draws the names above the plot, each once, with the colour, dashes and mark of its lines.
    /// Returns the height as well. The crate's own legend names each piece of a line that is cut,
    /// and has the same mark for all.
    fn legend(&self) -> Option<(String, f32)> {
        let mut named: Vec<(&str, usize)> = Vec::new();
        for line in &self.lines {
            if !named.contains(&(&line.name, line.style)) {
                named.push((&line.name, line.style));
            }
        }
        let mut drawn = format!("<g class=\"legend\" font-family=\"{FONTS}\" font-size=\"14\">");
        let (mut x, mut y) = (LEGEND_LEFT, LEGEND_ROW);
        for (name, at) in named {
            let letters = u16::try_from(name.chars().count()).unwrap_or(u16::MAX);
            let width = SAMPLE + LETTER * f32::from(letters) + 30.0;
            if x > LEGEND_LEFT && x + width > WIDTH {
                (x, y) = (LEGEND_LEFT, y + LEGEND_ROW);
            }
            let name = askama::filters::escape(name, askama::filters::Html).ok()?;
            drawn.push_str(&format!(
                "{}<text x=\"{}\" y=\"{y}\" fill=\"#333333\">{name}</text>",
                sample(at, x, y - 5.0),
                x + SAMPLE + 6.0
            ));
            x += width;
        }
        Some((drawn + "</g>", y))
    }
}

/// Draws a piece of a line with its mark, from `x` on.
fn sample(at: usize, x: f32, y: f32) -> String {
    let colour = COLOURS[at % COLOURS.len()];
    let dashes = DASHES.get(at).copied().flatten();
    let dashes = dashes.map_or_else(String::new, |one| format!(" stroke-dasharray=\"{one}\""));
    let (mid, end) = (x + SAMPLE / 2.0, x + SAMPLE);
    let polygon = |points: &[(f32, f32)]| {
        let points = points.iter().map(|(x, y)| format!("{x},{y}"));
        format!(
            "<polygon points=\"{}\"/>",
            points.collect::<Vec<_>>().join(" ")
        )
    };
    let mark = match mark(at) {
        Symbol::Diamond(r, _) => polygon(&[(mid, y - r), (mid + r, y), (mid, y + r), (mid - r, y)]),
        Symbol::Rect(r, _) => polygon(&[
            (mid - r, y - r),
            (mid + r, y - r),
            (mid + r, y + r),
            (mid - r, y + r),
        ]),
        Symbol::Triangle(r, _) => polygon(&[
            (mid, y - r),
            (mid + r * 0.866, y + r * 0.5),
            (mid - r * 0.866, y + r * 0.5),
        ]),
        _ => format!("<circle cx=\"{mid}\" cy=\"{y}\" r=\"3\"/>"),
    };
    format!(
        "<g stroke=\"{colour}\" stroke-width=\"2\" fill=\"none\">\
         <line x1=\"{x}\" y1=\"{y}\" x2=\"{end}\" y2=\"{y}\"{dashes}/>{mark}</g>"
    )
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
/// Start of the legend, the length of its samples, the height of its rows, and the width that a
/// letter takes at most in most fonts.
const LEGEND_LEFT: f32 = 50.0;
const SAMPLE: f32 = 30.0;
const LEGEND_ROW: f32 = 22.0;
const LETTER: f32 = 8.0;
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
        // The second line once more, as if it were cut: the legend names it once, with the mark and
        // the dashes that it has in the plot.
        let mut cut = trend.clone();
        cut.lines.push(trend.lines[1].clone());
        let svg = cut.svg().unwrap();
        let (_, legend) = svg.split_once("<g class=\"legend\"").unwrap();
        assert_eq!(legend.matches("</text>").count(), 2, "{legend}");
        assert!(
            legend.contains(">age 12+ &#60;script&#62;</text>"),
            "{legend}"
        );
        assert_eq!(legend.matches("<circle").count(), 1, "{legend}");
        assert_eq!(legend.matches("<polygon").count(), 1, "{legend}");
        assert_eq!(svg.matches(">age 5-11<").count(), 1, "{svg}");
        let empty = Trend {
            lines: Vec::new(),
            ..trend
        };
        assert_eq!(empty.svg(), None);
    }
}
