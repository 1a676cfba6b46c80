//! Lines over time, small: panels side by side on one scale, and strips in a table.

use super::{
    Join, Line, Name, Point, Scale, Target, Tick, Turn, Weight, canvas::Canvas, scale::Span,
};

/// Small charts that share one scale and one span of time, so that they can be compared by eye.
///
/// ```
/// use weft_host::chart::{Line, Name, Point, Small, Tick};
///
/// let north = Line::own("Far North", vec![Point::new(2013.0, 21.9), Point::new(2018.0, 21.0)]);
/// let all = Line::network("Network", vec![Point::new(2013.0, 17.7), Point::new(2018.0, 15.7)]);
/// let ticks = vec![Tick::new(2013.0, "’13"), Tick::new(2018.0, "’18")];
/// let small = Small::over([&north, &all]).unit("%").ticks(ticks);
/// let words = "Far North: 21.9 % in 2013, 21.0 in 2018";
/// let panel = small.panel(&[&all, &north], Name::Words(words));
/// let strip = small.strip(&[&all, &north], Name::Hidden);
/// assert!(panel.contains(">24 %</text>"));
/// assert!(strip.starts_with("<svg height=\"46\" aria-hidden=\"true\">"));
/// ```
#[derive(Clone, Debug)]
pub struct Small {
    values: Vec<f64>,
    times: Vec<f64>,
    unit: String,
    ticks: Vec<Tick>,
    target: Option<f64>,
    turns: Vec<f64>,
}

impl Small {
    /// Makes the scale that holds all of `lines`: give every line that any of the charts draws.
    pub fn over<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let (mut values, mut times) = (Vec::new(), Vec::new());
        for line in lines {
            values.extend(line.values());
            times.extend(line.times());
        }
        Self {
            values,
            times,
            unit: String::new(),
            ticks: Vec::new(),
            target: None,
            turns: Vec::new(),
        }
    }

    /// Sets the sign at the top number of panels.
    #[must_use]
    pub fn unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// Sets the labels of time; panels write the first and the last.
    #[must_use]
    pub fn ticks(mut self, ticks: Vec<Tick>) -> Self {
        self.times.extend(ticks.iter().map(|tick| tick.at));
        self.ticks = ticks;
        self
    }

    /// Makes the span of time hold `times` too, so that charts of several scales share one span.
    #[must_use]
    pub fn times(mut self, times: impl IntoIterator<Item = f64>) -> Self {
        self.times.extend(times);
        self
    }

    /// Draws a target in each chart.
    #[must_use]
    pub fn target(mut self, target: &Target) -> Self {
        self.values.push(target.value);
        self.target = Some(target.value);
        self
    }

    /// Draws breaks of the question in each chart. A changed base shows in dotted pieces alone.
    #[must_use]
    pub fn turns(mut self, turns: &[Turn]) -> Self {
        let breaks = turns
            .iter()
            .filter(|turn| matches!(turn, Turn::Question { .. }));
        self.turns = breaks.map(Turn::at).collect();
        self
    }

    /// Draws a panel, 112 pixels high, with a scale that the stylesheet shows in the first of a
    /// row.
    ///
    /// Put panels into `<ul class="panels">`, each in
    /// `<li class="panel"><a href=".."><span class="tag1">..</span>..</a></li>`.
    pub fn panel(&self, lines: &[&Line], name: Name<'_>) -> String {
        let scale = self.scale();
        let span = Span::over(self.times.iter().copied(), 0.0);
        let mut canvas = Canvas::new(PANEL, name);
        let grid: Vec<f64> = scale.grid().collect();
        for (index, value) in grid.iter().enumerate() {
            let y = scale.y(*value, PANEL);
            let class = if *value == 0.0 { "base" } else { "grid" };
            canvas.across(class, (0.0, 1.0), y);
            let mut words = scale.words(*value);
            if index + 1 == grid.len() && !self.unit.is_empty() {
                words = format!("{words} {}", self.unit);
            }
            canvas.text("end axis", (0.0, y + 4.0), -6.0, &words);
        }
        self.draw(&mut canvas, (scale, span, PANEL), lines);
        if let [first, .., last] = self.ticks.as_slice() {
            canvas.text("yr", (0.0, PANEL + 16.0), 0.0, &first.words);
            canvas.text("yr end", (1.0, PANEL + 16.0), 0.0, &last.words);
        } else if let [only] = self.ticks.as_slice() {
            let x = span.share(only.at);
            // Centred at an edge, half of it would stand outside the panel.
            let class = match x {
                ..0.3 => "yr",
                0.7.. => "yr end",
                _ => "yr mid",
            };
            canvas.text(class, (x, PANEL + 16.0), 0.0, &only.words);
        }
        canvas.svg()
    }

    /// Draws a strip, 46 pixels high, for `<td class="spark">` or `<ul class="minis">`.
    pub fn strip(&self, lines: &[&Line], name: Name<'_>) -> String {
        let scale = self.scale();
        let span = Span::over(self.times.iter().copied(), 1.0 / 14.0);
        let mut canvas = Canvas::new(STRIP, name);
        canvas.across("base", (0.0, 1.0), scale.y(0.0, STRIP));
        self.draw(&mut canvas, (scale, span, STRIP), lines);
        canvas.svg()
    }

    fn scale(&self) -> Scale {
        Scale::over(self.values.iter().copied(), 2)
    }

    fn draw(&self, canvas: &mut Canvas, place: (Scale, Span, f64), lines: &[&Line]) {
        let (scale, span, height) = place;
        for at in &self.turns {
            canvas.down("break", span.share(*at), (0.0, height));
        }
        if let Some(target) = self.target {
            canvas.across("aim", (0.0, 1.0), scale.y(target, height));
        }
        for line in lines {
            draw_line(canvas, place, line);
        }
    }
}

fn draw_line(canvas: &mut Canvas, (scale, span, height): (Scale, Span, f64), line: &Line) {
    let at = |point: &Point| (span.share(point.at), scale.y(point.value, height));
    for pair in line.points.windows(2) {
        let [from, to] = pair else { continue };
        let class = line.weight.class();
        match to.join {
            Join::Apart => {}
            Join::Solid => canvas.line(class, at(from), at(to)),
            Join::Loose => canvas.line(&format!("{class} loose"), at(from), at(to)),
        }
    }
    for (index, point) in line.points.iter().enumerate() {
        if let Some((low, high)) = point.range {
            let ends = (scale.y(high, height), scale.y(low, height));
            let class = format!("range {}", line.weight.class());
            canvas.down(&class, span.share(point.at), ends);
        }
        match line.weight {
            Weight::Own if line.points.len() <= DOTS_MAX || line.stands_alone(index) => {
                canvas.dot("dot", at(point), 3.5);
            }
            Weight::Network if line.stands_alone(index) => canvas.dot("dot old", at(point), 4.5),
            Weight::Other if line.stands_alone(index) => canvas.dot("dot thin", at(point), 2.5),
            Weight::Own | Weight::Network | Weight::Other => {}
        }
    }
    for gone in &line.gone {
        canvas.cross((span.share(*gone), scale.y(0.0, height) - 6.0));
    }
}

/// Pixels.
const PANEL: f64 = 112.0;
const STRIP: f64 = 46.0;
/// More points than this have no dots.
const DOTS_MAX: usize = 4;
